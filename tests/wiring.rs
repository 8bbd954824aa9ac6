//! Wiring and values from files: the same network from every format, and what is said about files
//! that are wrong. Where the files come from: `data/wiring/README.md`.

use std::path::{Path, PathBuf};

use spikewheel::definition::{self, Diagnostic, Loaded, Severity};
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, Synapse, build};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/wiring")
        .join(name)
}

/// A definition in the directory of the files, of 30 sources and 40 targets.
fn text(projection: &str) -> String {
    format!(
        "format = 1\n\
         simulation = {{ duration = \"100 ms\" }}\n\
         populations.s = {{ model = \"lif_exp\", size = 30, params = {{ I_e = \"600 pA\" }}, initial = {{ V_m = {{ uniform = [\"-70 mV\", \"-55 mV\"] }} }} }}\n\
         populations.t = {{ model = \"lif_exp\", size = 40, params = {{ I_e = \"380 pA\" }} }}\n\
         [[projections]]\nfrom = \"s\"\nto = \"t\"\n{projection}\n"
    )
}

fn parse(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    definition::parse(text, &data("test.toml"), &[])
}

fn loaded(projection: &str) -> Loaded {
    parse(&text(projection)).unwrap_or_else(|all| panic!("{projection}\n{all:?}"))
}

fn list(loaded: &Loaded) -> &EdgeList {
    match &loaded.spec.projections[0].rule {
        Rule::List(edges) => edges,
        other => panic!("{other:?}"),
    }
}

fn synapses(loaded: &Loaded) -> Vec<Synapse> {
    let options = BuildOptions {
        shards: 2,
        granule: 1,
        ..BuildOptions::default()
    };
    build(&loaded.spec, &options).expect("built").synapses()
}

fn spike_hash(loaded: &Loaded, shards: usize) -> (u64, u64) {
    let network = build(
        &loaded.spec,
        &BuildOptions {
            shards,
            granule: 1,
            ..BuildOptions::default()
        },
    )
    .expect("built");
    let report = run(network, &mut MemorySink::default(), &Control::default()).expect("run");
    (report.spike_hash, report.spikes)
}

/// The messages and help of the errors of a projection.
#[track_caller]
fn wrong(projection: &str, part: &str) {
    let all = parse(&text(projection)).expect_err(projection);
    let told: Vec<String> = all
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| format!("{d} {}", d.help.clone().unwrap_or_default()))
        .collect();
    assert!(
        told.iter().any(|m| m.contains(part)),
        "no `{part}` in {told:#?}"
    );
}

/// Every way to state the sample network with its weights and delays.
const WHOLE: [&str; 7] = [
    "rule = { list = \"edges.csv\" }",
    "rule = { list = \"edges.txt\" }",
    "rule = { list = { file = \"edges.h5\", population = \"plain\" } }",
    "rule = { list = { file = \"edges.h5\", population = \"packed\" } }",
    "rule = { list = { file = \"edges.h5\", population = \"grouped\", types = \"edge_types.csv\" } }",
    "rule = { list = \"edges.mtx\" }\ndelay = { file = \"delays.npy\" }",
    "rule = { list = { file = \"turned.mtx\", rows = \"target\" } }\ndelay = { file = \"delays.npy\" }",
];

#[test]
fn the_same_network_from_every_format_gives_the_same_spikes() {
    let first = loaded(WHOLE[0]);
    let edges = list(&first);
    assert_eq!((edges.source.len(), edges.delay.len()), (200, 200));
    assert!(edges.weight.iter().any(|w| *w < 0.0));
    let (expected, spikes) = spike_hash(&first, 1);
    assert!(spikes > 100, "{spikes}");
    let wired = synapses(&first);
    for projection in WHOLE {
        let other = loaded(projection);
        assert_eq!(list(&other).source, edges.source, "{projection}");
        assert_eq!(list(&other).target, edges.target, "{projection}");
        assert_eq!(list(&other).weight, edges.weight, "{projection}");
        assert_eq!(synapses(&other), wired, "{projection}");
        for shards in [1, 2, 3, 5] {
            let (hash, _) = spike_hash(&other, shards);
            assert_eq!(hash, expected, "{projection} on {shards}");
        }
    }
    // The hash knows the wiring: without one synapse it is another.
    let mut less = loaded(WHOLE[0]);
    let Rule::List(edges) = &mut less.spec.projections[0].rule else {
        panic!();
    };
    let edges = std::sync::Arc::make_mut(edges);
    edges.weight[100] += 300.0;
    assert_ne!(spike_hash(&less, 1).0, expected);
}

#[test]
fn matrices_give_the_entries_that_are_not_zero() {
    let delay = "delay = \"1.5 ms\"";
    let wired = |rule: &str| synapses(&loaded(&format!("rule = {{ list = {rule} }}\n{delay}")));
    let sparse = wired("\"edges.mtx\"");
    assert_eq!(sparse.len(), 200);
    assert_eq!(wired("\"edges.npy\""), sparse);
    assert_eq!(
        wired("{ file = \"turned.npy\", rows = \"target\" }"),
        sparse
    );
}

#[test]
fn a_symmetric_pattern_is_connected_both_ways() {
    let definition = "format = 1\nsimulation = { duration = \"1 ms\" }\n\
        populations.n = { model = \"lif_delta\", size = 10 }\n\
        [[projections]]\nfrom = \"n\"\nto = \"n\"\nrule = { list = \"ring.mtx\" }\nweight = \"1 mV\"\ndelay = \"1 ms\"\n";
    let loaded = parse(definition).expect("right");
    let mut pairs: Vec<(u32, u32)> = synapses(&loaded)
        .iter()
        .map(|s| (s.source, s.target))
        .collect();
    let mut expected: Vec<(u32, u32)> = (0..10)
        .flat_map(|i| [(i, (i + 1) % 10), ((i + 1) % 10, i)])
        .chain([(3, 3), (5, 5)])
        .collect();
    pairs.sort_unstable();
    expected.sort_unstable();
    assert_eq!(pairs, expected);
}

#[test]
fn weights_of_a_list_are_scaled() {
    let plain = loaded(WHOLE[2]);
    let scaled = |scale: &str| {
        loaded(&format!(
            "rule = {{ list = {{ file = \"edges.h5\", population = \"plain\", weight_scale = {scale} }} }}"
        ))
    };
    let twice: Vec<f64> = list(&plain).weight.iter().map(|w| 2.0 * w).collect();
    for scale in ["2", "\"2 pA\"", "\"0.002 nA\"", "\"1 pA + 1 pA\""] {
        assert_eq!(list(&scaled(scale)).weight, twice, "{scale}");
    }
    wrong(
        "rule = { list = { file = \"edges.h5\", population = \"plain\", weight_scale = \"2 mV\" } }",
        "weight_scale must be a current",
    );
    wrong(
        "rule = { list = { file = \"ring.mtx\", weight_scale = 2 } }\ndelay = \"1 ms\"",
        "has no weights to scale",
    );
}

#[test]
fn neurons_are_named_by_label() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "edges.csv",
        "source,target,weight\nAVAL,720575940621039145,1\nAVAR,12,2\n1,1,3\n",
    );
    write(
        "edges.txt",
        "# pre post\nAVAL 720575940621039145 1\nAVAR 12 2\n",
    );
    write(
        "wrong.csv",
        "source,target,weight\nAVAM,0,1\nAVAL,0,1\nAVAX,0,1\n",
    );
    write("twice.csv", "source,target,weight\nAVAL,X,1\n");
    let definition = |populations: &str, list: &str| {
        let text = format!(
            "format = 1\nsimulation = {{ duration = \"1 ms\" }}\n{populations}\
             populations.b = {{ model = \"lif_delta\", size = 2, labels = [\"720575940621039145\", \"12\"] }}\n\
             [[projections]]\nfrom = \"a\"\nto = \"b\"\nrule = {{ list = {list} }}\ndelay = \"1 ms\"\n"
        );
        definition::parse(&text, &dir.path().join("main.toml"), &[])
    };
    let a = "populations.a = { model = \"lif_delta\", size = 2, labels = [\"AVAL\", \"AVAR\"] }\n";
    // Numbers are indices unless it is said that they are labels.
    let all = definition(a, "\"edges.csv\"").expect_err("range");
    assert!(
        all.iter()
            .any(|d| d.to_string().contains("out of range in row 2, 3"))
    );
    let by_label = definition(a, "{ file = \"edges.txt\", ids = \"label\" }").expect("right");
    let edges = list(&by_label);
    assert_eq!(
        (&edges.source[..], &edges.target[..]),
        (&[0, 1][..], &[0, 1][..])
    );
    let all = definition(a, "{ file = \"edges.csv\", ids = \"label\" }").expect_err("1");
    assert!(all.iter().any(|d| {
        d.to_string()
            .contains("row 4: `1` is not the label of a neuron")
    }));
    let all = definition(a, "\"wrong.csv\"").expect_err("labels");
    assert!(
        all.iter().any(|d| d
            .to_string()
            .contains("row 2: `AVAM` is neither an id (a whole number from 0) nor the label of a neuron; did you mean")),
        "{all:?}"
    );
    let all = definition(a, "{ file = \"edges.h5\", ids = \"label\" }").expect_err("no text");
    assert!(all.iter().any(|d| d.to_string().contains("is no text")));
}

#[test]
fn values_of_neurons_come_from_every_kind_of_file() {
    let v = |value: &str| {
        let text = format!(
            "format = 1\nsimulation = {{ duration = \"1 ms\" }}\n\
             populations.t = {{ model = \"lif_exp\", size = 40, initial = {{ V_m = {value} }} }}\n"
        );
        let loaded = parse(&text).unwrap_or_else(|e| panic!("{value}: {e:?}"));
        let PopulationKind::Neurons(n) = &loaded.spec.populations[0].kind else {
            panic!();
        };
        n.initial[0].clone()
    };
    let expected = v("{ file = \"v.csv\", column = \"v\" }");
    assert!(matches!(&expected, Values::Array(all) if all.len() == 40 && all[3] < -50.0));
    for value in [
        "{ file = \"v.csv\" }",
        "{ file = \"v_f8.npy\" }",
        "{ file = \"v_i2.npy\" }",
        "{ file = \"values.h5\", dataset = \"state/v\" }",
        "{ file = \"values.h5\", dataset = \"/state/v_big\" }",
    ] {
        assert_eq!(v(value), expected, "{value}");
    }
}

#[test]
fn one_weight_and_delay_for_each_synapse() {
    let listed = synapses(&loaded(WHOLE[0]));
    // Of a list that brings none of its own.
    let dir = tempfile::tempdir().unwrap();
    let pairs: String = std::fs::read_to_string(data("edges.csv"))
        .unwrap()
        .lines()
        .map(|l| l.split(',').take(2).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    std::fs::write(dir.path().join("pairs.csv"), pairs).unwrap();
    let rule = format!("rule = {{ list = \"{}/pairs.csv\" }}", dir.path().display());
    let other = loaded(&format!(
        "{rule}\nweight = {{ file = \"weights.npy\" }}\ndelay = {{ file = \"delays.npy\" }}"
    ));
    assert_eq!(synapses(&other), listed);

    // A matrix [source][target]: what the dense list has, and zeros.
    for weight in [
        "{ file = \"edges.npy\" }",
        "{ file = \"values.h5\", dataset = \"dense\" }",
    ] {
        let all = synapses(&loaded(&format!(
            "rule = \"all_to_all\"\nweight = {weight}\ndelay = \"1.5 ms\""
        )));
        assert_eq!(all.len(), 30 * 40);
        let (some, none): (Vec<_>, Vec<_>) = all.into_iter().partition(|s| s.weight != 0.0);
        assert_eq!(none.len(), 1000);
        let expected = synapses(&loaded(
            "rule = { list = \"edges.npy\" }\ndelay = \"1.5 ms\"",
        ));
        assert_eq!(some, expected, "{weight}");
    }

    // One after the other, also where an autapse is left out: the diagonal is passed over.
    let square = |more: &str| {
        let text = format!(
            "format = 1\nsimulation = {{ duration = \"1 ms\" }}\npopulations.n = {{ model = \"if\", size = 3 }}\n\
             [[projections]]\nfrom = \"n\"\nto = \"n\"\n{more}\n"
        );
        let loaded = parse(&text).unwrap_or_else(|e| panic!("{e:?}"));
        let all = synapses(&loaded).into_iter();
        all.map(|s| (s.source, s.target, s.weight, s.delay))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        square(
            "rule = \"all_to_all\"\nallow_autapses = false\nweight = [0.1, 1, 2, 3, 4, 5, 6, 7, 8]\ndelay = \"1 ms\""
        ),
        [
            (0, 1, 1.0, 10),
            (0, 2, 2.0, 10),
            (1, 0, 3.0, 10),
            (1, 2, 5.0, 10),
            (2, 0, 6.0, 10),
            (2, 1, 7.0, 10)
        ]
    );
    assert_eq!(
        square(
            "rule = \"one_to_one\"\nweight = [0.1, 0.2, 0.3]\ndelay = [\"1 ms\", \"2 ms\", \"0.31 ms\"]"
        ),
        [(0, 0, 0.1, 10), (1, 1, 0.2, 20), (2, 2, 0.3, 3)]
    );
}

#[test]
fn stated_weights_are_the_same_for_any_number_of_shards() {
    for projection in [
        "rule = \"all_to_all\"\nweight = { file = \"edges.npy\" }\ndelay = { normal = [\"2 ms\", \"0.5 ms\"] }",
        "rule = { list = \"edges.mtx\" }\ndelay = { gamma = { shape = 2, mean = \"2 ms\" }, max = \"8 ms\" }",
        "rule = \"all_to_all\"\nweight = { exponential = \"-3 pA\" }\ndelay = { truncated_normal = [\"0 ms\", \"1 ms\"], min = \"0.5 ms\" }",
    ] {
        let loaded = loaded(projection);
        let expected = spike_hash(&loaded, 1);
        for shards in [2, 3, 5] {
            assert_eq!(spike_hash(&loaded, shards), expected, "{projection}");
        }
    }
}

#[test]
fn rounded_delays_are_told_once() {
    let other = loaded("rule = { list = \"edges.mtx\" }\ndelay = { file = \"delays.npy\" }");
    assert!(other.warnings.is_empty(), "{:?}", other.warnings);
    let text = text("rule = { list = \"edges.mtx\" }\ndelay = { file = \"delays.npy\" }")
        .replace("\"100 ms\"", "\"100 ms\", resolution = \"0.25 ms\"");
    let coarse = parse(&text).expect("right");
    let told: Vec<String> = coarse.warnings.iter().map(|d| d.to_string()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("of 200 delays are no multiples"),
        "{told:?}"
    );
}

#[test]
fn wrong_lists_are_told_with_what_is_there() {
    let delay = "\ndelay = \"1 ms\"";
    for (list, part) in [
        (
            "\"edges.h5\"",
            "say which with population = \"name\" (grouped, packed, plain)",
        ),
        (
            "{ file = \"edges.h5\", population = \"plaim\" }",
            "did you mean `plain`?",
        ),
        (
            "{ file = \"edges.h5\", population = \"grouped\" }",
            "100 of 200 edges have no delay, edge 1 first",
        ),
        ("{ file = \"values.h5\" }", "has no group /edges"),
        (
            "{ file = \"edges.h5\", population = \"plain\", types = \"edges.csv\" }",
            "needs a blank-separated header with edge_type_id",
        ),
        (
            "{ file = \"edges.csv\", population = \"plain\" }",
            "so population has no meaning",
        ),
        (
            "{ file = \"edges.csv\", rows = \"target\" }",
            "so rows has no meaning",
        ),
        (
            "{ file = \"edges.mtx\", rows = \"sauce\" }",
            "valid: source, target",
        ),
        (
            "{ file = \"edges.mtx\", rows = \"target\" }",
            "from 40 sources to 30 targets, but there are 30 sources and 40 targets",
        ),
        (
            "{ file = \"v_f8.npy\" }",
            "a matrix has two dimensions, this array has 1",
        ),
        (
            "{ file = \"edges.mtz\" }",
            "ends in `.mtz`; did you mean `mtx`?",
        ),
        ("{ file = \"none.h5\" }", "there is no file"),
        ("{ fil = \"edges.csv\" }", "did you mean `file`?"),
        ("3", "the name of a file"),
    ] {
        wrong(&format!("rule = {{ list = {list} }}{delay}"), part);
    }
}

#[test]
fn wrong_text_files_are_told_with_their_rows() {
    let dir = tempfile::tempdir().unwrap();
    let check = |name: &str, text: &str, part: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let rule = format!(
            "rule = {{ list = \"{}\" }}\ndelay = \"1 ms\"",
            path.display()
        );
        wrong(&rule, part);
    };
    let head = "%%MatrixMarket matrix coordinate real general\n";
    check("a.mtx", "1 2 3\n", "the first line must be");
    check("a.mtx", "", "the first line must be");
    check(
        "a.mtx",
        "%%MatrixMarket matrix array real general\n",
        "read as .npy",
    );
    check(
        "a.mtx",
        "%%MatrixMarket matrix coordinate complex general\n",
        "not `complex`",
    );
    check(
        "a.mtx",
        "%%MatrixMarket matrix coordinate real hermitian\n",
        "not `hermitian`",
    );
    check("a.mtx", head, "size of the matrix is missing");
    check(
        "a.mtx",
        &format!("{head}% c\n30 40\n"),
        "row 3: the size is three",
    );
    check(
        "a.mtx",
        &format!("{head}30 40 2\n1 1 1\n"),
        "announces 2 entries and has 1",
    );
    check(
        "a.mtx",
        &format!("{head}30 40 1\n0 1 1\n"),
        "row 3: `0` is no index from 1 to 30",
    );
    check(
        "a.mtx",
        &format!("{head}30 40 1\n1 41 1\n"),
        "row 3: `41` is no index from 1 to 40",
    );
    check(
        "a.mtx",
        &format!("{head}30 40 1\n1 4 nan\n"),
        "row 3: `nan` is not a finite number",
    );
    check(
        "a.mtx",
        &format!("{head}30 40 1\n1 4\n"),
        "row 3: a number is missing",
    );
    check(
        "a.mtx",
        &format!("{head}30 40 1\n1 4 1 1\n"),
        "more than an entry has",
    );
    check("b.txt", "", "it has no rows");
    check(
        "b.txt",
        "source target\n0 1\n",
        "a list with a header is called .csv",
    );
    check("b.txt", "0\n", "row 1 has 1 columns");
    check("b.txt", "0 1 2 3 4\n", "row 1 has 5 columns");
    check(
        "b.txt",
        "0 1 2\n0,1\n0;2;3\n1 2 3 4\n",
        "row 2: a number is missing",
    );
    check(
        "b.txt",
        "0 1 2\n1 2 3 4\n",
        "row 2: more than the 3 columns",
    );
    check(
        "b.txt",
        "0 1 2\n\n# c\n99 1 2\n",
        "source ids are out of range in row 4",
    );
    check(
        "b.txt",
        "0 1 2 1\n0 1 2 0.001\n",
        "less than one tick or too long in row 2",
    );
    std::fs::write(dir.path().join("c.txt"), [b'0', b' ', 0xff, b'\n']).unwrap();
    wrong(
        &format!("rule = {{ list = \"{}/c.txt\" }}", dir.path().display()),
        "row 1 is not UTF-8",
    );
}

#[test]
fn wrong_values_are_told_with_what_is_there() {
    let weight = |value: &str, part: &str| {
        wrong(
            &format!("rule = \"all_to_all\"\ndelay = \"1 ms\"\nweight = {value}"),
            part,
        );
    };
    weight("{ file = \"turned.npy\" }", "shape (40, 30)");
    weight(
        "{ file = \"turned.npy\" }",
        "[source][target] of shape (30, 40)",
    );
    weight(
        "{ file = \"weights.npy\" }",
        "has 200 values for 1200 synapses",
    );
    weight("{ file = \"edges.npy\", column = \"w\" }", "has no columns");
    weight(
        "{ file = \"edges.npy\", dataset = \"w\" }",
        "has no datasets",
    );
    weight(
        "{ file = \"values.h5\" }",
        "outside of groups there are dense, name",
    );
    weight(
        "{ file = \"values.h5\", dataset = \"dence\" }",
        "did you mean `dense`?",
    );
    weight(
        "{ file = \"values.h5\", dataset = \"state/w\" }",
        "valid: v, v_big",
    );
    weight(
        "{ file = \"values.h5\", dataset = \"name\" }",
        "numbers are expected",
    );
    weight(
        "{ file = \"edges.csv\", column = \"weigth\" }",
        "did you mean `weight`?",
    );
    wrong(
        "rule = \"one_to_one\"\nweight = { file = \"edges.npy\" }\ndelay = \"1 ms\"",
        "sides of equal size",
    );
    wrong(
        "rule = { pairwise_bernoulli = 0.1 }\nweight = { file = \"weights.npy\" }\ndelay = \"1 ms\"",
        "cannot be a list of values",
    );
    wrong(
        "rule = { list = \"edges.mtx\" }\ndelay = [\"1 ms\"]",
        "delay has 1 values for 200 synapses",
    );
    wrong(
        "rule = { list = \"edges.csv\" }\nweight = { file = \"weights.npy\" }",
        "the weight is stated here and in the file",
    );
}

#[test]
fn distributions_are_checked() {
    let tau = |value: &str| {
        parse(&format!(
            "format = 1\nsimulation = {{ duration = \"1 ms\" }}\n\
             populations.a = {{ model = \"lif_exp\", size = 4, params = {{ tau_m = {value} }} }}\n"
        ))
    };
    let drawn = |value: &str| {
        let loaded = tau(value).unwrap_or_else(|e| panic!("{value}: {e:?}"));
        let PopulationKind::Neurons(n) = &loaded.spec.populations[0].kind else {
            panic!();
        };
        let at = n.model.def().param("tau_m").expect("tau_m");
        n.params[at].clone()
    };
    let (none, inf) = (f64::NEG_INFINITY, f64::INFINITY);
    let gamma = Values::Gamma {
        shape: 2.0,
        scale: 5.0,
        min: none,
        max: inf,
    };
    assert_eq!(drawn("{ gamma = { shape = 2, scale = \"5 ms\" } }"), gamma);
    assert_eq!(drawn("{ gamma = { shape = 2, mean = \"10 ms\" } }"), gamma);
    assert_eq!(
        drawn("{ exponential = \"0.01 s\", min = \"1 ms\" }"),
        Values::Exponential {
            mean: 10.0,
            min: 1.0,
            max: inf
        }
    );
    assert_eq!(
        drawn("{ truncated_normal = [\"1 ms\", \"2 ms\"], min = \"30 ms\" }"),
        Values::TruncatedNormal {
            mean: 1.0,
            std: 2.0,
            min: 30.0,
            max: inf
        }
    );
    for (value, part) in [
        ("{ gamma = [2, \"5 ms\"] }", "a table { shape, scale }"),
        ("{ gamma = { shape = 2 } }", "needs one of scale and mean"),
        ("{ gamma = { scale = \"1 ms\" } }", "shape is missing"),
        (
            "{ gamma = { shape = 0, scale = \"1 ms\" } }",
            "greater than 0, not 0",
        ),
        (
            "{ gamma = { shape = 2, scal = \"1 ms\" } }",
            "did you mean `scale`?",
        ),
        (
            "{ gamma = { shape = 2, scale = \"1 mV\" } }",
            "must be a time",
        ),
        (
            "{ gamma = { shape = 2, scale = \"0 ms\" } }",
            "the scale cannot be zero",
        ),
        (
            "{ gamma = { shape = 2, scale = \"-1 ms\" } }",
            "can leave that range",
        ),
        (
            "{ gamma = { shape = 2, mean = \"1 ms\" }, min = \"30 ms\" }",
            "almost no draw",
        ),
        ("{ exponential = [\"1 ms\"] }", "one value, the mean"),
        ("{ exponential = \"0 ms\" }", "the mean cannot be zero"),
        (
            "{ exponential = \"1 ms\", max = \"-1 ms\" }",
            "almost no draw",
        ),
        (
            "{ exponential = \"1 ms\", min = \"2 ms\", max = \"1 ms\" }",
            "min is greater than max",
        ),
        (
            "{ truncated_normal = [\"1 ms\", \"1 ms\"] }",
            "needs min or max",
        ),
        (
            "{ truncated_normal = [\"1 ms\", \"1 ms\"], max = \"9 ms\" }",
            "can leave that range",
        ),
        (
            "{ truncated_normal = [\"1 ms\", \"-1 ms\"], min = \"1 ms\" }",
            "must not be negative",
        ),
        (
            "{ truncated_normal = [\"1 ms\"], min = \"1 ms\" }",
            "a list of two values, [mean, std]",
        ),
    ] {
        let all = tau(value).expect_err(value);
        let told = |d: &Diagnostic| format!("{d} {}", d.help.clone().unwrap_or_default());
        assert!(
            all.iter().any(|d| told(d).contains(part)),
            "{value}: {all:?}"
        );
    }
    for (delay, part) in [
        ("{ exponential = \"-1 ms\" }", "the mean is -1 ms"),
        (
            "{ gamma = { shape = 1, scale = \"-1 ms\" } }",
            "the scale is -1 ms",
        ),
        ("{ exponential = \"0.001 ms\" }", "less than one tick"),
    ] {
        wrong(
            &format!("rule = \"all_to_all\"\nweight = \"1 pA\"\ndelay = {delay}"),
            part,
        );
    }
    let delay =
        loaded("rule = \"all_to_all\"\nweight = \"1 pA\"\ndelay = { exponential = \"1 ms\" }");
    assert!(
        matches!(&delay.spec.projections[0].delay, Delay::Drawn(Values::Exponential { min, .. }) if *min == 0.05)
    );
}
