//! Networks whose neurons and connections are measured ones.

use std::collections::BTreeMap;
use std::path::Path;

use spikewheel::definition::{self, Override};
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, RunReport, run};
use spikewheel::network::spec::{NetworkSpec, Rule};
use spikewheel::network::{BuildOptions, build};

fn load(name: &str, set: &[&str]) -> NetworkSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("networks/{name}.toml"));
    let set: Vec<Override> = set.iter().map(|s| s.parse().expect("NAME=VALUE")).collect();
    match definition::load(&path, &set) {
        Ok(loaded) => loaded.spec,
        Err(e) => panic!("{e:?}"),
    }
}

/// Spikes as (tick, global id).
fn simulate(spec: &NetworkSpec, shards: usize) -> (Vec<(u64, u32)>, RunReport) {
    let options = BuildOptions { shards, granule: 1 };
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
