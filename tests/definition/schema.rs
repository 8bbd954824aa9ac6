//! The schema knows what the reader knows.

use super::*;

// ------------------------------------------------------------------ schema

fn to_json(text: &str) -> serde_json::Value {
    let table: toml::Table = text.parse().unwrap();
    serde_json::to_value(table).unwrap()
}

#[test]
fn the_schema_knows_what_the_reader_knows() {
    let schema = definition::schema::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let check = |text: &str| {
        validator
            .validate(&to_json(text))
            .map_err(|e| e.to_string())
    };
    check(BRUNEL).unwrap();
    check(EVERYTHING).unwrap();
    ok(EVERYTHING);
    for (old, new) in [
        ("tau_rise = ", "tau_ris = "),
        ("width = \"1 mV\"", "breadth = \"1 mV\""),
        ("receptor = 2", "receptor = [2]"),
        ("I_syn_1 = ", "I_sin_1 = "),
        ("update = \"sweep\"", "receptors = [{}]"),
        ("refractory_input = true", "currents = \"together\""),
    ] {
        let text = EVERYTHING.replacen(old, new, 1);
        assert_ne!(text, EVERYTHING, "{old}");
        assert!(check(&text).is_err(), "{new} passes the schema");
        assert!(parse(&text).is_err(), "{new} passes the reader");
    }
    for (old, new) in [
        ("g = 5.0", "g = true"),
        ("format = 1", "format = 2"),
        ("seed = 1", "sead = 1"),
        ("size = 10000", "sise = 10000"),
        ("tau_m = \"tau_m\"", "tau_syn_ex = \"tau_m\""),
        ("tau_m = \"tau_m\"", "tau_n = \"tau_m\""),
        ("fixed_indegree", "fixed_indegre"),
        ("model = \"poisson\"", "model = \"poison\""),
        ("rate = \"nu_ext\"", "rait = \"nu_ext\""),
        ("spikes = \"all\"", "spike = \"all\""),
        ("every = \"1 ms\"", "evry = \"1 ms\""),
    ] {
        let text = BRUNEL.replacen(old, new, 1);
        assert_ne!(text, BRUNEL, "{old}");
        assert!(check(&text).is_err(), "{new} passes the schema");
    }
}

/// Every form of the format that needs no other file.
const EVERYTHING: &str = r#"
format = 1
name = "everything"
simulation = { duration = "100 ms", resolution = "10 us", seed = 7, arithmetic = "single" }

[parameters]
tau = "20 ms"
k = "floor(tau / 3 ms)"

[populations.a]
model = "lif_exp"
size = "2 * k"
reset = "subtract"
threshold_test = "strict"
update = "sweep"
params = { tau_m = { normal = ["tau", "1 ms"], min = "10 ms", max = "30 ms" } }
initial = { V_m = { uniform = ["-70 mV", "-60 mV"] } }

[populations.b]
model = "lif_delta"
size = 3
refractory_input = true
labels = ["x", "y", "z"]
params = { I_e = ["1 pA", "2 pA", "3 pA"] }

[populations.c]
like = "b"
escape = { rate = "50 Hz", width = "1 mV" }

[populations.together]
model = "lif_alpha"
size = 2
currents = "together"

[populations.d]
model = "lif_multisynapse"
size = 2
receptors = [{ name = "ampa" }, { name = "nmda", tau_rise = "2 ms", tau_decay = ["90 ms", "100 ms"] }]
initial = { I_syn_1 = "1 pA", I_syn_nmda = "2 pA" }

[stimuli.r]
model = "regular"
to = "d"
weight = "-3 pA"
receptor = "nmda"
interval = "5 ms"

[stimuli.p]
model = "poisson"
size = 2
rate = { times = ["0 ms", "50 ms"], values = ["10 Hz", "20 Hz"] }

[stimuli.q]
model = "step_current"
to = ["a[0..4]", "b.x"]
times = ["10 ms"]
amplitudes = ["10 pA"]

[stimuli.l]
model = "spike_list"
times = [["1 ms", "2 ms"], ["3 ms"]]

[stimuli.g]
model = "regular"
to = "c"
weight = { lognormal = ["1 mV", 0.3] }
interval = "5 ms"
start = "1 ms"
stop = "90 ms"

[[projections]]
from = ["p", "l"]
to = "a"
rule = { pairwise_bernoulli = 0.5 }
weight = { normal = ["1 pA", "0.1 pA"], min = "0 pA" }
delay = { uniform = ["1 ms", "2 ms"] }
allow_autapses = false

[[projections]]
from = "b[0..2]"
to = "c.y"
rule = "all_to_all"
weight = "-1 mV"
delay = "1 ms"

[[projections]]
from = "b"
to = "d"
rule = "all_to_all"
weight = "1 pA"
delay = "1 ms"
receptor = 2

[recording]
spikes = ["a", "b.z"]
state = [{ of = "a[0]", variable = "I_syn_ex", every = "1 ms" }, { of = "d", variable = "I_syn_ampa", every = "1 ms" }]
csv = true
"#;

// ------------------------------------------------------------------ no input panics

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_file_panics(
        which in 0..2usize,
        cuts in prop::collection::vec((0usize..10_000, 0usize..10_000, 0usize..40, 0u8..5, any::<u8>()), 1..6),
    ) {
        let mut bytes = [BRUNEL, EVERYTHING][which].as_bytes().to_vec();
        for (at, from, length, kind, byte) in cuts {
            if bytes.is_empty() {
                break;
            }
            let at = at % bytes.len();
            let from = from % bytes.len();
            let end = (from + length).min(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => { bytes.drain(from..end); }
                3 => { let part = bytes[from..end].to_vec(); bytes.splice(at..at, part); }
                _ => {
                    let odd = ["nan", "1e400", "-1", "\"\"", "[]", "{}", "99999999999999999999999999", "\"(\"", "\"1 ms\"", "\u{b5}"];
                    let part = odd[usize::from(byte) % odd.len()].bytes();
                    bytes.splice(from..end, part);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        match parse(&text) {
            Ok(loaded) => {
                let e = spikewheel::network::estimate::estimate(&loaded.spec);
                prop_assert!(e.memory() >= 0.0);
            }
            Err(all) => {
                prop_assert!(all.iter().any(|d| d.severity == Severity::Error));
                for d in &all {
                    let mut drawn = String::new();
                    prop_assert!(miette::GraphicalReportHandler::new().render_report(&mut drawn, d).is_ok());
                }
            }
        }
    }

    #[test]
    fn no_expression_panics(text in "[-+*/^(),. 0-9a-z_\u{b5}]{0,40}") {
        let _ = definition::expression::evaluate(&text, &definition::expression::Scope::new());
    }
}
