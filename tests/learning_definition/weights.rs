//! Recorded weights, the schema, descriptions and estimates.

use proptest::prelude::*;

use super::*;

fn recorded(entries: &str) -> String {
    format!(
        "{}{}[recording]\nweights = [{entries}]",
        projection(
            "name = \"ff\"\nweight = \"w\"\nplasticity = { rule = \"stdp\", Wmax = \"1 mV\" }"
        ),
        projection("weight = \"w\"")
    )
}

#[test]
fn snapshots_and_traces_of_a_projection_are_one_recording() {
    let weights = |entries: &str| ok(&recorded(entries)).spec.recording.weights;
    let all = weights(
        "{ projection = \"ff\", at = [\"start\", \"end\"] }, { projection = 0, of = [[\"s[3]\", \"d[0]\"], [\"s[0..2]\", \"d[9]\"]], every = \"10 ms\" }",
    );
    // s comes after the 21 neurons.
    assert_eq!(
        all,
        [WeightRecording {
            name: "ff".into(),
            projection: 0,
            at: vec![0, 100_000],
            traces: Some(WeightTraces {
                pairs: vec![(24, 0), (21, 9), (22, 9)],
                every: 100
            }),
        }]
    );
    let all = weights("{ projection = \"ff\", at = { every = \"4 s\" }, name = \"mine\" }");
    assert_eq!(all[0].name, "mine");
    assert_eq!(all[0].at, [0, 40_000, 80_000, 100_000]);
    let two = "{ projection = 0, of = [[\"s[0]\", \"d[0]\"]], every = \"10 ms\" }, { projection = 0, of = [[\"s[1]\", \"d[0]\"]], every = \"1 ms\" }";
    let names: Vec<String> = weights(two).into_iter().map(|w| w.name).collect();
    assert_eq!(names, ["ff", "ff_2"]);
}

#[test]
fn wrong_recordings_of_weights_are_refused() {
    let at = 15;
    let wrong = |entries: &str, part: &str| wrong(&recorded(entries), at, part);
    wrong("{ at = \"end\" }", "`projection` is missing");
    wrong(
        "{ projection = \"fff\", at = \"end\" }",
        "did you mean `ff`",
    );
    wrong("{ projection = 2, at = \"end\" }", "from 0 to 1");
    wrong("{ projection = 1, at = \"end\" }", "stay as they are");
    wrong("{ projection = 0 }", "`at` or `of` is missing");
    wrong(
        "{ projection = 0, at = \"11 s\" }",
        "after the end of the run",
    );
    wrong(
        "{ projection = 0, at = \"end\", every = \"1 s\" }",
        "at = { every",
    );
    wrong(
        "{ projection = 0, of = [[\"s[0]\", \"d[0]\"]] }",
        "`every` is missing",
    );
    wrong(
        "{ projection = 0, of = [[\"d[1]\", \"d[0]\"]], every = \"1 ms\" }",
        "connects no d[1] to d[0]",
    );
    wrong(
        "{ projection = 0, of = [\"s[1]\"], every = \"1 ms\" }",
        "must be a list [",
    );
    wrong(
        "{ projection = 0, of = [[\"s[20]\", \"d[0]\"]], every = \"1 ms\" }",
        "out of range",
    );
    wrong(
        "{ projection = 0, at = \"end\", name = \"a.b\" }",
        "cannot be the name",
    );
}

proptest! {
    /// Whatever a text that speaks of learning says after a mistake: an answer, no panic.
    #[test]
    fn no_mistake_brings_the_reader_down(at in 0usize..4000, length in 0usize..30, with in "[a-z0-9\\[\\]{}\"=., -]{0,6}") {
        let text = everything();
        let from = at % text.len();
        let to = (from + length).min(text.len());
        let mut text = text;
        text.replace_range(from..to, &with);
        let _ = parse(&text, &[]);
    }
}

#[test]
fn names_of_projections_are_their_own() {
    let more = format!(
        "{}{}",
        projection("weight = \"w\"\nname = \"x\""),
        projection("weight = \"w\"\nname = \"x\"")
    );
    wrong(&more, 13, "two projections are called `x`");
}

// ------------------------------------------------------------------ schema and pages

/// A definition with everything that learning brings.
fn everything() -> String {
    with(
        "[plasticity.pair]\nrule = \"stdp\"\nWmax = \"1 mV\"\npairing = \"pre_centred\"\n\
         [modulators.dopamine]\ntimes = [\"1 s\"]\namounts = [1]\nfrom = \"d\"\namount = 1\ndelay = \"1 ms\"\nbaseline = { rate = 0.1 }\n\
         [[projections]]\nname = \"ff\"\nfrom = \"s\"\nto = \"d\"\nrule = \"all_to_all\"\nweight = \"w\"\ndelay = \"1 ms\"\n\
         plasticity = [\"pair\", { rule = \"tsodyks2\", U = 0.1 }]\naxonal_delay = \"all\"\n\
         [[projections]]\nfrom = \"s\"\nto = \"d\"\nrule = \"all_to_all\"\nweight = \"w\"\ndelay = \"1 ms\"\n\
         plasticity = { rule = \"stdp_triplet\", set = \"hippocampus_nearest_full\", scale = \"1 mV\", Wmax = \"1 mV\", scaling = { rate = \"5 Hz\", tau = \"1 s\", eta = 1e-3 } }\n\
         [recording]\nweights = [{ projection = \"ff\", at = [\"start\", \"1 s\"] }, { projection = 1, at = { every = \"1 s\" } }, { projection = 1, of = [[\"s[0]\", \"d\"]], every = \"1 ms\" }]",
    )
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema = definition::schema::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let check = |text: &str| {
        let value: toml::Value = toml::from_str(text).unwrap();
        validator.is_valid(&serde_json::to_value(value).unwrap())
    };
    let full = everything();
    parse(&full, &[]).unwrap();
    assert!(check(&full));
    for (old, new) in [
        ("rule = \"tsodyks2\", U", "rule = \"tsodyks2\", V"),
        ("pairing = \"pre_centred\"", "pairing = \"x\""),
        ("amounts", "amuonts"),
        ("axonal_delay", "axonal_dely"),
        ("{ every = \"1 s\" }", "{ evry = \"1 s\" }"),
        ("tau = \"1 s\", eta", "tua = \"1 s\", eta"),
        (
            "of = [[\"s[0]\", \"d\"]], every",
            "of = [[\"s[0]\"]], every",
        ),
        (", scale = \"1 mV\", Wmax = \"1 mV\"", ", scale = \"1 mV\""),
    ] {
        let text = full.replace(old, new);
        assert_ne!(text, full, "{old}");
        assert!(!check(&text), "{new} passes the schema");
        assert!(parse(&text, &[]).is_err(), "{new} is read");
    }
}

#[test]
fn every_learning_rule_has_a_page_with_everything_in_its_table() {
    for (_, def) in RULES {
        let page = definition::describe::find(def.name).unwrap();
        let text = page.text();
        for p in def.params {
            assert!(text.contains(p.name) && text.contains(p.doc), "{}", p.name);
        }
        for c in def.choices {
            assert!(c.among.iter().all(|name| text.contains(name)));
        }
        assert!(def.sets.iter().all(|s| text.contains(s.name)));
        assert!(text.contains(def.reference));
        assert_eq!(text.contains("modulators.dopamine"), def.modulated);
    }
    assert!(definition::describe::overview().contains("Learning rules\n"));
}

#[test]
fn the_estimate_counts_what_a_rule_keeps_of_each_synapse() {
    use spikewheel::network::estimate::estimate;
    use spikewheel::network::plastic_bytes::plastic_bytes;
    let bytes = |plasticity: &str, arithmetic: &str| {
        let text = with(&projection(&format!(
            "weight = \"w\"\nplasticity = {plasticity}"
        )));
        let set: Override = format!("simulation.arithmetic={arithmetic}")
            .parse()
            .unwrap();
        let spec = parse(&text, &[set]).unwrap().spec;
        let b = plastic_bytes(&spec, &spec.projections[0]).unwrap();
        let table = estimate(&spec).projections[0].table_bytes;
        assert_eq!(table, f64::from(b.per_synapse) * 200.0 + 64.0 * 30.0);
        (b.per_synapse, b.parts)
    };
    let stdp =
        |pairing: &str| format!("{{ rule = \"stdp\", Wmax = \"1 mV\", pairing = \"{pairing}\" }}");
    assert_eq!(
        bytes(&stdp("all_to_all"), "double"),
        (12, "weight 8, target 4".into())
    );
    assert_eq!(bytes(&stdp("all_to_all"), "single").0, 8);
    assert_eq!(bytes(&stdp("pre_centred"), "single").0, 12);
    let r = |e: &str| {
        format!(
            "{{ rule = \"r_stdp\", Wmax = \"1 mV\", modulator = \"reward\", eligibility = \"{e}\" }}"
        )
    };
    assert_eq!(bytes(&r("exponential"), "fixed").0, 12);
    assert_eq!(
        bytes(&r("alpha"), "double"),
        (28, "weight 8, target 4, eligibility 16".into())
    );
    assert_eq!(bytes("\"tsodyks2\"", "double").0, 12);
}
