//! Networks whose neurons and connections are measured ones.

mod synthetic;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spikewheel::definition::{self, Override};
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, RunReport, run};
use spikewheel::network::spec::{EdgeList, NetworkSpec, PopulationKind, ResetMode, Rule};
use spikewheel::network::{BuildOptions, build};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn load(name: &str, set: &[&str]) -> NetworkSpec {
    read(&here(&format!("networks/{name}.toml")), set)
}

fn read(path: &Path, set: &[&str]) -> NetworkSpec {
    let set: Vec<Override> = set.iter().map(|s| s.parse().expect("NAME=VALUE")).collect();
    match definition::load(path, &set) {
        Ok(loaded) => loaded.spec,
        Err(e) => panic!("{e:?}"),
    }
}

/// Spikes as (tick, global id).
fn simulate(spec: &NetworkSpec, shards: usize) -> (Vec<(u64, u32)>, RunReport) {
    let options = BuildOptions {
        shards,
        granule: 1,
        ..BuildOptions::default()
    };
    let network = build(spec, &options).expect("built");
    let mut sink = MemorySink::default();
    let report = run(network, &mut sink, &Control::default()).expect("run");
    (sink.spikes, report)
}

/// First spike in ms of each labelled neuron that fires in (from, to] ms.
fn first_spikes(
    spec: &NetworkSpec,
    spikes: &[(u64, u32)],
    (from, to): (f64, f64),
) -> BTreeMap<String, f64> {
    let offsets = spec.offsets();
    let mut first = BTreeMap::new();
    for &(tick, id) in spikes {
        let ms = tick as f64 * spec.tick_ms();
        if ms > from && ms <= to {
            let p = offsets.partition_point(|&o| o <= u64::from(id)) - 1;
            let labels = spec.populations[p].labels.as_ref().expect("labels");
            let label = labels[id as usize - offsets[p] as usize].clone();
            first.entry(label).or_insert(ms - from);
        }
    }
    first
}

/// Of the neurons DA1, DA2, ... of some classes, those that are in `first`.
fn of<'a>(first: &'a BTreeMap<String, f64>, classes: &[&str]) -> Vec<(&'a str, f64)> {
    let is_of = |l: &str| {
        let rest = classes.iter().find_map(|c| l.strip_prefix(c));
        rest.is_some_and(|r| !r.is_empty() && r.chars().all(|c| c.is_ascii_digit()))
    };
    let all = first.iter().filter(|(l, _)| is_of(l));
    all.map(|(l, t)| (l.as_str(), *t)).collect()
}

/// Chalfie et al. (1985): touch at the head goes by AVD and AVA to the motor neurons DA and VA of
/// backward movement, touch at the tail by PVC and AVB to DB and VB.
#[test]
fn the_worm_answers_touch_at_the_head_backward_and_at_the_tail_forward() {
    let spec = load("celegans", &[]);
    let neurons: u64 = *spec.offsets().last().expect("populations");
    assert_eq!(neurons, 300);
    let (spikes, report) = simulate(&spec, 1);
    for shards in [2, 3, 5] {
        assert_eq!(simulate(&spec, shards).1.spike_hash, report.spike_hash);
    }

    assert!(first_spikes(&spec, &spikes, (0.0, 100.0)).is_empty());
    let head = first_spikes(&spec, &spikes, (100.0, 400.0));
    for named in ["AVDL", "AVDR", "AVAL", "AVAR"] {
        assert!(head.contains_key(named), "{named} in {head:?}");
    }
    for named in ["AVBL", "AVBR", "PVCL", "PVCR"] {
        assert!(!head.contains_key(named), "{named} in {head:?}");
    }
    assert!(
        head["AVDL"] < head["AVAL"] && head["AVAL"] < 35.0,
        "{head:?}"
    );
    let backward = of(&head, &["DA", "VA"]);
    assert!(backward.len() >= 18, "{backward:?}");
    assert!(backward.iter().all(|(_, ms)| (25.0..60.0).contains(ms)));
    assert!(of(&head, &["DB", "VB"]).is_empty());

    let tail = first_spikes(&spec, &spikes, (400.0, 600.0));
    for named in ["PVCL", "PVCR", "AVBL", "AVBR"] {
        assert!(tail.contains_key(named), "{named} in {tail:?}");
    }
    for named in ["AVAL", "AVAR", "AVDL", "AVDR"] {
        assert!(!tail.contains_key(named), "{named} in {tail:?}");
    }
    assert_eq!(of(&tail, &["DB"]).len(), 7);
    assert!(of(&tail, &["DB", "VB"]).len() >= 10);
    assert!(of(&tail, &["DA", "VA"]).len() <= 4);
}

#[test]
fn the_worm_is_silent_without_touch() {
    let spec = load("celegans", &["touch=0 pA"]);
    let (spikes, report) = simulate(&spec, 2);
    assert!(spikes.is_empty());
    assert_eq!(report.synaptic_events, 0);
}

/// Numbers and sums of the published matrices (Cook et al. 2019, corrected July 2020) between the
/// 300 neurons: 20,905 sections of 3,707 chemical connections.
#[test]
fn every_connection_of_the_worm_is_there() {
    let spec = load("celegans", &["w=1 pA", "w_inhibitory=1 pA", "w_gap=1 pA"]);
    let sum = |p: usize| match &spec.projections[p].rule {
        Rule::List(l) => (l.weight.len(), l.weight.iter().sum::<f64>()),
        other => panic!("{other:?}"),
    };
    let (excitatory, inhibitory, gaps) = (sum(0), sum(1), sum(2));
    assert_eq!(excitatory.0 + inhibitory.0, 3707);
    assert_eq!(excitatory.1 - inhibitory.1, 20905.0);
    assert_eq!(gaps, (2174, 9484.0));
    let network = build(&spec, &BuildOptions::default()).expect("built");
    let id = |population: &str, label: &str| {
        let p = spec.population(population).expect("there");
        let labels = spec.populations[p].labels.as_ref().expect("labels");
        let at = labels.iter().position(|l| l == label).expect("there");
        spec.offsets()[p] as u32 + at as u32
    };
    let between = |from: u32, to: u32| -> Vec<f64> {
        let all = network.synapses();
        let some = all.iter().filter(|s| (s.source, s.target) == (from, to));
        some.map(|s| s.weight).collect()
    };
    let (avdr, avar) = (id("command", "AVDR"), id("command", "AVAR"));
    let (avm, dd1) = (id("touch", "AVM"), id("motor", "DD01"));
    assert_eq!(between(avdr, avar), [52.0, 15.0]);
    assert_eq!(between(avm, id("command", "AVDL")), [-1.0, 8.0]);
    assert!(
        network
            .synapses()
            .iter()
            .any(|s| s.source == dd1 && s.weight < 0.0)
    );
}

fn small_fly(set: &[&str]) -> NetworkSpec {
    synthetic::small_fly(set)
}

#[test]
fn the_fly_is_read_from_its_tables() {
    let spec = small_fly(&[]);
    let brain = &spec.populations[0];
    let labels = brain.labels.as_ref().expect("labels");
    assert_eq!(labels[1], "720575940600007919");
    let Rule::List(list) = &spec.projections[0].rule else {
        panic!("{:?}", spec.projections[0].rule)
    };
    // The rows of the table: indices, and its last column times 27.5 pA.
    let table = std::fs::read_to_string(here("tests/data/flywire/connectivity.csv")).expect("text");
    let rows: Vec<Vec<i64>> = table
        .lines()
        .skip(1)
        .map(|l| l.split(',').map(|c| c.parse().expect("a number")).collect())
        .collect();
    assert_eq!(rows.len(), list.source.len());
    for (k, row) in rows.iter().enumerate() {
        assert_eq!(i64::from(list.source[k]), row[2]);
        assert_eq!(i64::from(list.target[k]), row[3]);
        assert!((list.weight[k] - 27.5 * row[6] as f64).abs() < 1e-9);
        assert_eq!(labels[row[2] as usize], row[0].to_string());
    }

    let (spikes, report) = simulate(&spec, 1);
    assert_eq!(simulate(&spec, 3).1.spike_hash, report.spike_hash);
    let rate = |ids: std::ops::Range<u32>| {
        let n = ids.len() as f64;
        spikes.iter().filter(|s| ids.contains(&s.1)).count() as f64 / n
    };
    // 3,000 events at 150 Hz with a dead time: standard deviation about 2 per neuron.
    assert!((rate(0..20) - 150.0).abs() < 6.0, "{}", rate(0..20));
    assert!(rate(20..21) > 100.0 && rate(22..23) > 10.0);
    assert_eq!(rate(23..24), 0.0);
    let (quiet, _) = simulate(&small_fly(&["r_poi=0 Hz"]), 1);
    assert!(quiet.is_empty());
}

/// Every spike of the published equations as Brian 2 integrates them (`tests/data/brian2`).
#[test]
fn the_equations_of_the_fly_are_those_of_its_published_code() {
    let spec = read(&here("tests/data/brian2/network.toml"), &[]);
    let text = std::fs::read_to_string(here("tests/data/brian2/spikes.csv")).expect("text");
    let expected: Vec<(u64, u32)> = text
        .lines()
        .skip(1)
        .map(|l| {
            let (tick, neuron) = l.split_once(',').expect("two columns");
            (tick.parse().expect("tick"), neuron.parse().expect("neuron"))
        })
        .collect();
    assert!(expected.len() > 2000);
    for shards in [1, 3] {
        let (spikes, _) = simulate(&spec, shards);
        let same = spikes
            .iter()
            .zip(&expected)
            .take_while(|(a, b)| a == b)
            .count();
        assert_eq!(
            (spikes.len(), spikes.get(same)),
            (expected.len(), expected.get(same)),
            "spike {same}"
        );
    }
    // Without the reset of the currents they are others: the test would notice.
    let mut other = spec;
    if let PopulationKind::Neurons(n) = &mut other.populations[0].kind {
        n.options.reset = ResetMode::Value;
    }
    assert_ne!(simulate(&other, 1).0, expected);
}

fn list(spec: &NetworkSpec) -> &EdgeList {
    match &spec.projections[0].rule {
        Rule::List(l) => l,
        other => panic!("{other:?}"),
    }
}

/// What the spikes must have delivered: the connections of each, if they arrive before the end.
fn deliveries(spec: &NetworkSpec, spikes: &[(u64, u32)]) -> u64 {
    let mut degree = vec![0u64; spec.populations[0].size as usize];
    for &s in &list(spec).source {
        degree[s as usize] += 1;
    }
    let delay = 18;
    let arrived = spikes
        .iter()
        .filter(|(tick, _)| tick + delay <= spec.duration);
    arrived.map(|&(_, id)| degree[id as usize]).sum()
}

/// The work of a trial is counted, not timed: it is the same, to the last update, however many
/// silent neurons there are besides.
#[test]
fn silent_neurons_cost_nothing() {
    let small = synthetic::fly(10_000, 1_000_000, 0, 300.0);
    let (spikes, report) = simulate(&small, 1);
    assert!(spikes.len() > 500, "{}", spikes.len());
    assert!(spikes.iter().any(|s| s.1 >= 20), "somebody answers");
    for (silent, shards) in [(400_000, 1), (90_000, 3)] {
        let large = synthetic::fly(10_000, 1_000_000, silent, 300.0);
        let options = BuildOptions {
            shards,
            granule: 64,
            ..BuildOptions::default()
        };
        let mut sink = MemorySink::default();
        let network = build(&large, &options).expect("built");
        let other = run(network, &mut sink, &Control::default()).expect("run");
        assert!(sink.spikes == spikes);
        assert_eq!(other.neuron_updates, report.neuron_updates);
        assert_eq!(other.synaptic_events, report.synaptic_events);
        assert_eq!(other.windows, report.windows);
    }
}

/// A trial on a connectome of full size: 20 of 138,639 neurons stimulated for a second.
#[test]
fn a_trial_of_the_whole_fly_costs_its_spikes() {
    let spec = synthetic::fly(
        synthetic::FLY_NEURONS,
        synthetic::FLY_CONNECTIONS,
        0,
        1000.0,
    );
    let options = BuildOptions {
        shards: 2,
        ..BuildOptions::default()
    };
    let network = build(&spec, &options).expect("built");
    assert_eq!(network.synapse_count(), synthetic::FLY_CONNECTIONS as u64);
    let mut sink = MemorySink::default();
    let report = run(network, &mut sink, &Control::default()).expect("run");
    assert!(report.regimes.iter().all(|r| r.swept_ticks == 0));
    assert!(
        (2_700..20_000).contains(&report.spikes),
        "{}",
        report.spikes
    );
    assert_eq!(report.synaptic_events, deliveries(&spec, &sink.spikes));
    // An update for each synaptic event at the most, one for each input and spike of the
    // stimulated, and few wake-ups besides.
    let events = report.synaptic_events + 20 * 300;
    assert!(report.neuron_updates < events + events / 4, "{report:?}");
    // A sweep of all neurons would be a thousand times as many.
    let all = u64::from(synthetic::FLY_NEURONS) * spec.duration;
    assert!(report.neuron_updates < all / 500);
}
