//! Weights in files: that they come back as they were, to the last bit, as synapses of another network
//! too, that other programs read them, and that a killed run leaves what is whole.

use std::path::{Path, PathBuf};

use spikewheel::definition;
use spikewheel::engine::sink::{Sink, WeightOf};
use spikewheel::network::spec::{Delay, EdgeList, NetworkSpec, Rule, Weight};
use spikewheel::record::{RecordError, RecordOptions, Recorder, SavedSynapse, Summary, Weights};

/// Sources s (30) and t (10) onto a (20 neurons) and b[2..5], in that order of ids: a 0..20, b 20..26,
/// s 26..56, t 56..66. `first` connects s to a; `second` s[10..20] and t to a[5..] and b[2..5].
const NETWORK: &str = r#"
format = 1
name = "weights"
[simulation]
duration = "2 s"
[populations.a]
model = "lif_delta"
size = 20
[populations.b]
model = "lif_delta"
size = 6
[stimuli.s]
model = "poisson"
rate = "1 Hz"
size = 30
[stimuli.t]
model = "poisson"
rate = "1 Hz"
size = 10
[[projections]]
name = "first"
from = "s"
to = "a"
rule = { fixed_indegree = 5 }
weight = "0.1 mV"
delay = "1 ms"
plasticity = { rule = "stdp", Wmax = "1 mV" }
[[projections]]
name = "second"
from = ["s[10..20]", "t"]
to = ["a[5..20]", "b[2..5]"]
rule = { fixed_total_number = 50 }
weight = "-0.1 mV"
delay = "1 ms"
plasticity = { rule = "stdp", Wmax = "-1 mV" }
[recording]
weights = [
    { projection = "first", at = ["start", "1.5 s", "end"] },
    { projection = "second", at = ["300 ms"] },
    { projection = "first", of = [["s[3]", "a[0]"], ["s[4]", "a[19]"]], every = "10 ms" },
]
"#;

fn network() -> NetworkSpec {
    definition::parse(NETWORK, Path::new("n.toml"), &[])
        .unwrap_or_else(|e| panic!("{e:?}"))
        .spec
}

/// Synapses between the given global ids, weights that need all bits of an f64, sorted, with multapses.
fn synapses(sources: std::ops::Range<u32>, targets: &[u32], n: u64, sign: f64) -> Vec<WeightOf> {
    let mut all: Vec<WeightOf> = (0..n)
        .map(|k| {
            let mixed = k.wrapping_mul(6364136223846793005).wrapping_add(n) >> 20;
            WeightOf {
                source: sources.start + (mixed % (sources.end - sources.start) as u64) as u32,
                target: targets[(mixed / 1000) as usize % targets.len()],
                delay: 1 + mixed / 7 % 40,
                weight: sign * ((k as f64) * 0.7).sin().abs() / 3.0,
            }
        })
        .collect();
    all.sort_by_key(|s| (s.source, s.target, s.delay));
    all
}

fn first(n: u64) -> Vec<WeightOf> {
    synapses(26..56, &(0..20).collect::<Vec<_>>(), n, 1.0)
}

fn second() -> Vec<WeightOf> {
    let mut all = synapses(36..46, &[5, 9, 19, 22, 24], 40, -1.0);
    all.extend(synapses(56..66, &[5, 6, 23, 24], 30, -1.0));
    all
}

fn traced() -> Vec<WeightOf> {
    [(29, 0), (30, 19), (30, 19)]
        .map(|(source, target)| WeightOf {
            source,
            target,
            delay: 10,
            weight: 0.1,
        })
        .to_vec()
}

fn recorder(spec: &NetworkSpec, dir: &Path) -> Recorder {
    Recorder::create(
        spec,
        &dir.join("spikes.h5"),
        NETWORK,
        &RecordOptions::default(),
    )
    .unwrap()
}

/// A run: snapshots of `n` synapses of `first`, one of `second`, and traces.
fn feed(sink: &mut dyn Sink, n: u64) {
    sink.weights(0, 0, &first(n));
    sink.weight_trace_synapses(0, &traced());
    for k in 1..=200u64 {
        let w = k as f64;
        sink.weight_traces(0, 100 * k, &[w / 3.0, w / 7.0, -w]);
        if k == 30 {
            sink.weights(1, 3000, &second());
        }
        if k == 150 {
            let mut all = first(n);
            all.iter_mut().for_each(|s| s.weight *= 0.5);
            sink.weights(0, 15_000, &all);
        }
        sink.reached(100 * k);
    }
    sink.weights(0, 20_000, &first(n));
}

fn written(n: u64) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let spec = network();
    let mut recorder = recorder(&spec, dir.path());
    feed(&mut recorder, n);
    recorder
        .finish(&Summary {
            reached: spec.duration,
            spike_hash: None,
        })
        .unwrap();
    let path = dir.path().join("weights.h5");
    (dir, path)
}

fn saved(all: &[WeightOf]) -> Vec<SavedSynapse> {
    let end = |id: u32| {
        let (name, first) = [("t", 56), ("s", 26), ("b", 20), ("a", 0)]
            .into_iter()
            .find(|(_, first)| *first <= id)
            .unwrap();
        (name.to_string(), id - first)
    };
    all.iter()
        .map(|s| SavedSynapse {
            source: end(s.source),
            target: end(s.target),
            delay: s.delay as f64 / 10.0,
            weight: s.weight,
        })
        .collect()
}

/// Sorted by everything but the weight, as a set of synapses.
fn ordered(mut all: Vec<SavedSynapse>) -> Vec<SavedSynapse> {
    all.sort_by(|a, b| {
        (&a.source, &a.target, a.delay.to_bits(), a.weight.to_bits()).cmp(&(
            &b.source,
            &b.target,
            b.delay.to_bits(),
            b.weight.to_bits(),
        ))
    });
    all
}

#[test]
fn snapshots_and_traces_come_back_to_the_last_bit() {
    // More than one part on the way to the recorder's thread, and chunks that are not full.
    let n = 150_001;
    let (_dir, path) = written(n);
    let file = Weights::open(&path).unwrap();
    assert!(file.completed);
    assert_eq!((file.name.as_str(), file.t_stop), ("weights", Some(2000.0)));
    let names: Vec<&str> = file.recordings.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
    let r = file.recording("first").unwrap();
    assert_eq!((r.rule.as_str(), r.unit.as_str()), ("stdp", "mV"));
    assert_eq!((r.lower, r.upper), (Some(0.0), Some(1.0)));
    let told: Vec<(&str, u64, f64)> = r
        .snapshots
        .iter()
        .map(|s| (s.label.as_str(), s.tick, s.time))
        .collect();
    assert_eq!(
        told,
        [
            ("start", 0, 0.0),
            ("1.5s", 15_000, 1500.0),
            ("end", 20_000, 2000.0)
        ]
    );
    assert_eq!(file.synapses(&r.snapshots[0]).unwrap(), saved(&first(n)));
    let half: Vec<f64> = first(n).iter().map(|s| s.weight * 0.5).collect();
    assert_eq!(file.weights(&r.snapshots[1]).unwrap(), half);
    let traces = r.traces.as_ref().unwrap();
    assert_eq!(traces.synapses.len(), 3);
    assert_eq!(traces.synapses[1].source, ("s".to_string(), 4));
    assert_eq!(traces.times.len(), 200);
    let course: Vec<(f64, f64)> = traces.course(1).collect();
    assert_eq!(course[29], (300.0, 30.0 / 7.0));

    let r = file.recording("second").unwrap();
    assert_eq!((r.lower, r.upper), (Some(-1.0), Some(0.0)));
    assert_eq!(r.snapshots[0].label, "300ms");
    let all = file.synapses(&r.snapshots[0]).unwrap();
    assert_eq!(ordered(all), ordered(saved(&second())));
    assert!(r.traces.is_none());
}

/// The network that takes its synapses from snapshots of another.
fn from_file(dir: &Path, from: &str, to: &str, population: &str) -> Result<EdgeList, String> {
    let head = NETWORK.split("[[projections]]").next().unwrap();
    let text = format!(
        "{head}[[projections]]\nfrom = {from}\nto = {to}\nrule = {{ list = {{ file = \"weights.h5\", population = \"{population}\" }} }}\n"
    );
    let path = dir.join("again.toml");
    let loaded = definition::parse(&text, &path, &[]).map_err(|all| {
        all.iter()
            .map(|d| format!("{d} {:?}\n", d.help))
            .collect::<String>()
    })?;
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let p = loaded.spec.projections.into_iter().next().unwrap();
    assert!(matches!(p.weight, Weight::FromList) && matches!(p.delay, Delay::FromList));
    match p.rule {
        Rule::List(edges) => Ok((*edges).clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_network_begins_with_the_weights_of_another() {
    let (dir, _) = written(500);
    let edges = from_file(dir.path(), "\"s\"", "\"a\"", "first.end").unwrap();
    let all = first(500);
    let column = |f: fn(&WeightOf) -> u64| all.iter().map(f).collect::<Vec<u64>>();
    let wide = |ids: &[u32]| ids.iter().map(|i| u64::from(*i)).collect::<Vec<u64>>();
    assert_eq!(wide(&edges.source), column(|s| u64::from(s.source) - 26));
    assert_eq!(wide(&edges.target), column(|s| u64::from(s.target)));
    assert_eq!(edges.delay, column(|s| s.delay));
    let bits: Vec<u64> = edges.weight.iter().map(|w| w.to_bits()).collect();
    assert_eq!(bits, column(|s| s.weight.to_bits()));
    // Ids count within populations, wherever these stand in the lists.
    let edges = from_file(
        dir.path(),
        "[\"t\", \"s\"]",
        "[\"b\", \"a\"]",
        "first.start",
    )
    .unwrap();
    assert_eq!(
        wide(&edges.source),
        column(|s| u64::from(s.source) - 26 + 10)
    );
    assert_eq!(wide(&edges.target), column(|s| u64::from(s.target) + 6));
}

#[test]
fn a_projection_between_several_populations_is_read_as_one() {
    let (dir, _) = written(10);
    let (from, to) = ("[\"s[10..20]\", \"t\"]", "[\"a[5..20]\", \"b[2..5]\"]");
    let edges = from_file(dir.path(), from, to, "second.300ms").unwrap();
    let key = |source: u32, target: u32, delay: u64, w: f64| (source, target, delay, w.to_bits());
    let mut got: Vec<_> = (0..edges.source.len())
        .map(|k| {
            key(
                edges.source[k],
                edges.target[k],
                edges.delay[k],
                edges.weight[k],
            )
        })
        .collect();
    let mut wanted: Vec<_> = second()
        .iter()
        .map(|s| {
            let source = if s.source < 56 {
                s.source - 36
            } else {
                s.source - 56 + 10
            };
            let target = if s.target < 20 {
                s.target - 5
            } else {
                s.target - 22 + 15
            };
            key(source, target, s.delay, s.weight)
        })
        .collect();
    got.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(got, wanted);
    // One of its parts alone has a name, too.
    let part = from_file(dir.path(), "\"t\"", "\"b\"", "second.t_to_b.300ms").unwrap();
    assert!(!part.source.is_empty() && part.source.iter().all(|s| *s < 10));
    let told = from_file(dir.path(), "\"t\"", to, "second.300ms").unwrap_err();
    assert!(told.contains("which `from` does not name"), "{told}");
    let told = from_file(dir.path(), from, to, "second.end").unwrap_err();
    assert!(told.contains("no edge population `second.end`"), "{told}");
}

#[test]
fn a_run_that_ends_early_leaves_what_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let spec = network();
    let mut recorder = recorder(&spec, dir.path());
    recorder.weights(0, 0, &first(1000));
    recorder.weight_trace_synapses(0, &traced());
    recorder.weight_traces(0, 100, &[1.0, 2.0, 3.0]);
    drop(recorder);
    let file = Weights::open(&dir.path().join("weights.h5")).unwrap();
    assert!(!file.completed);
    let r = file.recording("first").unwrap();
    assert_eq!(r.snapshots.len(), 1);
    assert_eq!(file.weights(&r.snapshots[0]).unwrap().len(), 1000);
    assert_eq!(r.traces.as_ref().unwrap().values, [1.0, 2.0, 3.0]);
}

#[test]
fn files_are_kept_unless_asked_and_others_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let spec = network();
    let path = dir.path().join("weights.h5");
    std::fs::write(&path, "mine").unwrap();
    let made = Recorder::create(
        &spec,
        &dir.path().join("spikes.h5"),
        NETWORK,
        &RecordOptions::default(),
    );
    assert!(matches!(made, Err(RecordError::Exists { path: p }) if p == path));
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    assert!(!dir.path().join("spikes.h5").exists());
    assert!(matches!(
        Weights::open(&path),
        Err(RecordError::NotHdf5 { .. })
    ));
    let (dir, _) = written(3);
    assert!(matches!(
        Weights::open(&dir.path().join("spikes.h5")),
        Err(RecordError::NoWeights { .. })
    ));
}

#[test]
fn no_weights_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut spec = network();
    spec.recording.weights.clear();
    drop(recorder(&spec, dir.path()));
    assert!(!dir.path().join("weights.h5").exists());
}
