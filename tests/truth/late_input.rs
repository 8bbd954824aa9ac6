//! Input reaches swept neurons in one of two ways: gathered for all of them at once, or, at ticks with little of it,
//! after the sweep for those that get some. Here the first way is enforced by private input of weight 0 at
//! every tick, and nothing may change.

use std::path::Path;

use spikewheel::definition;
use spikewheel::network::spec::NetworkSpec;

use crate::engine;

/// Swept neurons with several planes of input for a channel, by counts and by sums, and a population
/// beside them that is updated lazily.
fn network(model: &str, params: &str, arithmetic: &str, more: &str) -> NetworkSpec {
    let text = format!(
        r#"
        format = 1
        [simulation]
        duration = "150 ms"
        seed = 5
        arithmetic = "{arithmetic}"
        [populations.a]
        model = "{model}"
        size = 600
        update = "sweep"
        params = {{ C_m = "200 pF", tau_m = "20 ms", E_L = "-49 mV", V_th = "-50 mV", V_reset = "-60 mV", t_ref = "3 ms" {params} }}
        initial = {{ V_m = {{ uniform = ["-60 mV", "-50 mV"] }} }}
        [populations.b]
        like = "a"
        size = 300
        [populations.c]
        model = "lif_exp"
        size = 100
        update = "lazy"
        [stimuli.s]
        model = "poisson"
        rate = "30 Hz"
        size = 20
        [stimuli.private]
        model = "poisson"
        rate = "5 Hz"
        to = "a"
        weight = "20 pA"
        {more}
        [[projections]]
        from = "a"
        to = ["a", "b", "c"]
        rule = {{ fixed_outdegree = 7 }}
        weight = "16 pA"
        delay = "0.1 ms"
        [[projections]]
        from = "a"
        to = "a"
        rule = {{ fixed_outdegree = 4 }}
        weight = "11 pA"
        delay = {{ uniform = ["0.1 ms", "0.5 ms"] }}
        [[projections]]
        from = "b"
        to = ["a", "b"]
        rule = {{ fixed_outdegree = 6 }}
        weight = {{ normal = ["-90 pA", "20 pA"], max = "0 pA" }}
        delay = "0.3 ms"
        [[projections]]
        from = "b"
        to = ["a"]
        rule = {{ fixed_outdegree = 3 }}
        weight = "-30 pA"
        delay = "0.2 ms"
        [[projections]]
        from = "s"
        to = ["a", "b", "c"]
        rule = {{ fixed_outdegree = 10 }}
        weight = {{ uniform = ["10 pA", "60 pA"] }}
        delay = "0.1 ms"
        "#
    );
    match definition::parse(&text, Path::new("late.toml"), &[]) {
        Ok(loaded) => loaded.spec,
        Err(all) => panic!(
            "{}",
            all.iter().map(|d| format!("{d}\n")).collect::<String>()
        ),
    }
}

#[test]
fn input_after_the_sweep_is_input_of_the_sweep() {
    const ALWAYS: &str = "[stimuli.always]\nmodel = \"poisson\"\nrate = \"8 kHz\"\nto = [\"a\", \"b\"]\nweight = \"0 pA\"\n";
    let currents = ", tau_syn_ex = \"5 ms\", tau_syn_in = \"10 ms\"";
    let drawn = ", tau_syn_ex = { uniform = [\"3 ms\", \"6 ms\"] }, tau_syn_in = \"10 ms\"";
    let adapting = ", q_sfa = \"1 mV\", tau_sfa = \"50 ms\"";
    for (model, params) in [
        ("lif_exp", currents),
        ("lif_exp", drawn),
        ("lif_alpha", currents),
        ("lif_alpha", adapting),
    ] {
        for arithmetic in ["double", "single", "fixed"] {
            let who = format!("{model} {params} {arithmetic}");
            let gathered = engine::run(&network(model, params, arithmetic, ALWAYS), 1);
            assert!(gathered.spikes > 400, "{who}: {}", gathered.spikes);
            let spec = network(model, params, arithmetic, "");
            for shards in [1, 2, 3, 5] {
                let late = engine::run(&spec, shards);
                assert!(
                    late.outcome.spikes == gathered.outcome.spikes,
                    "{who}, {shards} shards: {} spikes, not {}",
                    late.spikes,
                    gathered.spikes
                );
            }
        }
    }
}
