//! Neurons with constants of their own: each of a population behaves, spike for spike, as one that is alone in a
//! population, whose constants are no columns at all.

use std::path::Path;

use spikewheel::definition;

use crate::engine;

/// More than vectors and groups have lanes, and no multiple of them.
const N: usize = 43;

/// (model, weights of the two inputs, parameters that differ, each from one value to another, what else is set)
type Case<'a> = (
    &'a str,
    [&'a str; 2],
    &'a [(&'a str, f64, f64, &'a str)],
    &'a str,
);

const CASES: &[Case] = &[
    (
        "lif_delta",
        ["1.5 mV", "-0.5 mV"],
        &[("tau_m", 8.0, 14.0, "ms"), ("V_th", -57.0, -53.0, "mV")],
        "",
    ),
    (
        "lif_delta",
        ["1.5 mV", "-0.5 mV"],
        &[("t_ref", 1.0, 6.0, "ms")],
        "refractory_input = true",
    ),
    (
        "lif_exp",
        ["90 pA", "-30 pA"],
        &[
            ("tau_m", 8.0, 14.0, "ms"),
            ("tau_syn_ex", 1.0, 4.0, "ms"),
            ("tau_syn_in", 2.0, 9.0, "ms"),
        ],
        "",
    ),
    (
        "lif_exp",
        ["90 pA", "-30 pA"],
        &[
            ("C_m", 200.0, 300.0, "pF"),
            ("q_sfa", 0.5, 2.0, "mV"),
            ("tau_sfa", 30.0, 90.0, "ms"),
        ],
        "threshold_test = \"strict\"",
    ),
    (
        "lif_exp",
        ["90 pA", "-30 pA"],
        &[("I_e", 0.0, 90.0, "pA"), ("V_reset", -75.0, -65.0, "mV")],
        "reset = \"all\"",
    ),
    (
        "lif_alpha",
        ["60 pA", "-20 pA"],
        &[
            ("tau_m", 8.0, 14.0, "ms"),
            ("tau_syn_ex", 1.0, 4.0, "ms"),
            ("E_L", -71.0, -66.0, "mV"),
        ],
        "",
    ),
    (
        "lif_multisynapse",
        ["70 pA", "-20 pA"],
        &[("tau_m", 8.0, 14.0, "ms"), ("C_m", 200.0, 300.0, "pF")],
        "receptors = [{ tau_decay = \"2 ms\" }, { tau_rise = \"1 ms\", tau_decay = \"5 ms\" }]",
    ),
    (
        "if",
        ["0.09", "-0.03"],
        &[("V_th", 0.8, 1.6, ""), ("I_e", 0.0, 0.02, "kHz")],
        "reset = \"subtract\"",
    ),
    (
        "lif_cond_exp",
        ["9 nS", "-2 nS"],
        &[
            ("C_m", 200.0, 300.0, "pF"),
            ("g_L", 12.0, 20.0, "nS"),
            ("tau_syn_in", 1.0, 4.0, "ms"),
            ("E_in", -90.0, -75.0, "mV"),
        ],
        "",
    ),
    (
        "lif_cond_alpha",
        ["9 nS", "-2 nS"],
        &[
            ("tau_syn_ex", 0.2, 0.9, "ms"),
            ("I_e", 0.0, 90.0, "pA"),
            ("t_ref", 1.0, 6.0, "ms"),
        ],
        "",
    ),
    (
        "izhikevich",
        ["3 mV", "-1 mV"],
        &[
            ("a", 0.02, 0.1, ""),
            ("b", 0.2, 0.25, ""),
            ("c", -65.0, -50.0, "mV"),
            ("d", 2.0, 8.0, "mV"),
        ],
        "",
    ),
    (
        "izhikevich",
        ["40 mV", "-10 mV"],
        &[("d", 2.0, 8.0, "mV")],
        "consistent_integration = false",
    ),
    (
        "adex",
        ["30 nS", "-5 nS"],
        &[
            ("a", 0.0, 6.0, "nS"),
            ("b", 40.0, 90.0, "pA"),
            ("tau_w", 80.0, 200.0, "ms"),
            ("Delta_T", 1.0, 3.0, "mV"),
        ],
        "",
    ),
    (
        "adex_alpha",
        ["20 nS", "-5 nS"],
        &[
            ("C_m", 200.0, 300.0, "pF"),
            ("V_th", -52.0, -48.0, "mV"),
            ("tau_syn_ex", 0.2, 0.9, "ms"),
        ],
        "",
    ),
];

fn value(at: &(&str, f64, f64, &str), i: usize) -> String {
    let (_, low, high, unit) = at;
    // In an order that is not that of the neurons.
    let share = (i * 17 % N) as f64 / N as f64;
    let value = low + share * (high - low);
    if unit.is_empty() {
        format!("{value}")
    } else {
        format!("\"{value} {unit}\"")
    }
}

/// A population of `N`, and as many of one neuron, all of which hear the same sources.
fn network((model, weights, params, more): &Case, arithmetic: &str) -> String {
    let list = |p: &(&str, f64, f64, &str)| {
        let all: Vec<String> = (0..N).map(|i| value(p, i)).collect();
        format!("{} = [{}]", p.0, all.join(", "))
    };
    let mut text = format!(
        "format = 1\n[simulation]\nduration = \"400 ms\"\nseed = 3\narithmetic = \"{arithmetic}\"\n\
         [stimuli.up]\nmodel = \"poisson\"\nrate = \"2 kHz\"\nsize = 4\n\
         [stimuli.down]\nmodel = \"poisson\"\nrate = \"1 kHz\"\nsize = 4\n"
    );
    let clocked = ["cond", "adex", "izh"].iter().any(|m| model.contains(m));
    let update = if clocked { "" } else { "update = \"sweep\"" };
    let mut population = |name: &str, size: usize, params: Vec<String>| {
        text += &format!(
            "[populations.{name}]\nmodel = \"{model}\"\nsize = {size}\n{update}\n{more}\nparams = {{ {} }}\n",
            params.join(", ")
        );
    };
    population("many", N, params.iter().map(list).collect());
    for i in 0..N {
        let own = params.iter().map(|p| format!("{} = {}", p.0, value(p, i)));
        population(&format!("one_{i}"), 1, own.collect());
    }
    let to: Vec<String> = (0..N).map(|i| format!("\"one_{i}\"")).collect();
    for (port, (from, weight)) in ["up", "down"].iter().zip(weights).enumerate() {
        let weight = if weight.contains(' ') {
            format!("\"{weight}\"")
        } else {
            weight.to_string()
        };
        let receptor = if *model == "lif_multisynapse" {
            format!("receptor = {}", port + 1)
        } else {
            String::new()
        };
        text += &format!(
            "[[projections]]\nfrom = \"{from}\"\nto = [\"many\", {}]\nrule = \"all_to_all\"\nweight = {weight}\ndelay = \"1 ms\"\n{receptor}\n",
            to.join(", ")
        );
    }
    text
}

#[test]
fn a_neuron_with_constants_of_its_own_is_as_one_that_is_alone() {
    for case in CASES {
        for arithmetic in ["double", "single"] {
            let text = network(case, arithmetic);
            let loaded = definition::parse(&text, Path::new("own.toml"), &[])
                .unwrap_or_else(|e| panic!("{}: {e:?}", case.0));
            let first = |name: &str| {
                let mut id = 0;
                for p in &loaded.spec.populations {
                    if p.name == name {
                        return id;
                    }
                    id += p.size;
                }
                panic!("{name}");
            };
            let outcome = engine::run(&loaded.spec, 2).outcome;
            let many = first("many");
            let (mut spikes, mut different) = (0, 0);
            let mut before = Vec::new();
            for i in 0..N {
                let together = outcome.ticks_of(many + i as u32);
                let alone = outcome.ticks_of(first(&format!("one_{i}")));
                assert_eq!(together, alone, "{} {} {i}", case.0, case.3);
                spikes += alone.len();
                different += usize::from(alone != before);
                before = alone;
            }
            assert!(
                spikes > 3 * N && different > N / 2,
                "{} {}: {spikes} spikes, {different}",
                case.0,
                case.3
            );
        }
    }
}
