//! A run that is cut and gone on with, on any number of shards, against the run that was not.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use spikewheel::columns::{Get, Memory, Part};
use spikewheel::definition::parse;
use spikewheel::engine::keep::{MemoryKeeper, Rest, Return};
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Checkpoints, Control, RunReport, run, run_kept};
use spikewheel::network::spec::{DriveKind, NetworkSpec, PopulationKind, Rate, SourceSpec};
use spikewheel::network::{BuildOptions, Network, build};

use crate::networks::{Draw, network};

pub const SHARDS: [usize; 4] = [1, 2, 3, 5];

pub fn built(spec: &NetworkSpec, shards: usize) -> Network {
    build(
        spec,
        &BuildOptions {
            shards,
            granule: 1,
            ..BuildOptions::default()
        },
    )
    .expect("it can be built")
}

/// What a run gives: all that a sink hears, and the report.
pub struct Outcome {
    pub sink: MemorySink,
    pub report: RunReport,
    pub states: Vec<(Rest, Memory)>,
}

/// A run with checkpoints every so many ticks, and one at its end.
pub fn kept(network: Network, every: u64) -> Outcome {
    let (mut sink, mut keeper) = (MemorySink::default(), MemoryKeeper::default());
    let checkpoints = Checkpoints {
        every: Some(every),
        every_wall: None,
        keeper: &mut keeper,
    };
    let report = run_kept(network, &mut sink, &Control::default(), Some(checkpoints))
        .expect("the run succeeds");
    Outcome {
        sink,
        report,
        states: keeper.states,
    }
}

pub fn go_on(spec: &NetworkSpec, shards: usize, columns: &dyn Get, rest: &Rest) -> Outcome {
    go_on_in(built(spec, shards), columns, rest)
}

pub fn go_on_in(mut network: Network, columns: &dyn Get, rest: &Rest) -> Outcome {
    network
        .take_back(&Return {
            rest,
            columns,
            changed: None,
        })
        .expect("the state fits");
    kept(network, 211)
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The part of `whole` after tick `after` must be what `part` is.
pub fn assert_same(whole: &Outcome, part: &Outcome, after: u64, what: &str) {
    let (a, b) = (&whole.sink, &part.sink);
    let spikes: Vec<_> = a.spikes.iter().filter(|s| s.0 > after).collect();
    assert_eq!(
        spikes,
        b.spikes.iter().collect::<Vec<_>>(),
        "{what}: spikes"
    );
    type Samples = Vec<(usize, u64, Vec<f64>)>;
    let rows = |all: &Samples| -> Vec<(usize, u64, Vec<u64>)> {
        all.iter()
            .filter(|s| s.1 > after)
            .map(|(r, t, v)| (*r, *t, bits(v)))
            .collect()
    };
    assert_eq!(rows(&a.samples), rows(&b.samples), "{what}: samples");
    assert_eq!(
        rows(&a.traces),
        rows(&b.traces),
        "{what}: traces of weights"
    );
    let weights = |s: &MemorySink| -> Vec<(usize, u64, Vec<u64>)> {
        s.weights
            .iter()
            .filter(|w| w.1 > after)
            .map(|(r, t, w)| (*r, *t, w.iter().map(|w| w.weight.to_bits()).collect()))
            .collect()
    };
    assert_eq!(weights(a), weights(b), "{what}: weights");
    let (a, b) = (&whole.report, &part.report);
    assert_eq!(a.spike_hash, b.spike_hash, "{what}: spike hash");
    assert_eq!(a.weight_hash, b.weight_hash, "{what}: weight hash");
    assert_eq!(
        (
            a.spikes,
            &a.spikes_per_population,
            a.synaptic_events,
            a.reached
        ),
        (
            b.spikes,
            &b.spikes_per_population,
            b.synaptic_events,
            b.reached
        ),
        "{what}: report"
    );
    let regimes = |r: &RunReport| -> Vec<(usize, u64)> {
        let all = r.regimes.iter();
        all.map(|r| (r.population, r.swept_ticks)).collect()
    };
    assert_eq!(regimes(a), regimes(b), "{what}: regimes");
    // The state at the end, as far as it does not say how it was put together.
    let ((rest, columns), (rest_b, columns_b)) = (
        whole.states.last().expect("a state at the end"),
        part.states.last().expect("a state at the end"),
    );
    assert_eq!(rest.spikes, rest_b.spikes, "{what}: under way");
    assert_eq!(rest.projections, rest_b.projections, "{what}: projections");
    assert_eq!(rest.modulators, rest_b.modulators, "{what}: modulators");
    for name in columns.names() {
        let lists = [
            "waiting",
            "spike",
            "process",
            "next",
            "generator",
            "fraction",
        ];
        if lists.iter().any(|l| name.contains(l)) {
            continue;
        }
        assert!(
            columns.bytes(name) == columns_b.bytes(name),
            "{what}: column {name}"
        );
    }
}

/// One network, cut at every checkpoint.
fn check(seed: u64) {
    let spec = network(seed);
    let d = &mut Draw::new(seed ^ 0x5eed);
    let mut sink = MemorySink::default();
    let plain =
        run(built(&spec, d.of(&SHARDS)), &mut sink, &Control::default()).expect("the run succeeds");
    let every = d.between(40, spec.duration / 2);
    let whole = kept(built(&spec, d.of(&SHARDS)), every);
    assert_eq!(
        plain.spike_hash, whole.report.spike_hash,
        "{seed}: checkpoints change nothing"
    );
    assert_eq!(plain.weight_hash, whole.report.weight_hash);
    assert_eq!(plain.neuron_updates, whole.report.neuron_updates);
    assert_eq!(sink.spikes, whole.sink.spikes);
    assert!(!whole.states.is_empty());
    for (rest, columns) in &whole.states {
        if rest.tick == spec.duration {
            continue;
        }
        let shards = d.of(&SHARDS);
        let part = go_on(&spec, shards, columns, rest);
        let what = format!("network {seed} after tick {} on {shards}", rest.tick);
        assert_same(&whole, &part, rest.tick, &what);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]
    #[test]
    fn what_is_gone_on_with_is_what_would_have_been(seed in 0u64..1 << 40) {
        check(seed);
    }
}

/// The state at the end says nothing of when a shard was last busy: here some are silent while others go on.
#[test]
fn shards_that_have_been_silent_for_long_keep_the_same_state() {
    for seed in [597_706_786_475, 23, 24, 25, 26, 27, 28, 29] {
        check(seed);
    }
}

/// The networks do what they are for: they spike, they learn, and every model and rule comes about.
#[test]
fn the_networks_are_of_everything() {
    use std::collections::BTreeSet;
    let (mut models, mut rules) = (BTreeSet::new(), BTreeSet::new());
    let (mut spikes, mut learnt) = (0, 0);
    for seed in 0..120 {
        let spec = network(seed);
        for p in &spec.populations {
            if let spikewheel::network::spec::PopulationKind::Neurons(n) = &p.kind {
                models.insert(n.model.def().name);
            }
        }
        for p in spec
            .projections
            .iter()
            .filter_map(|p| p.plasticity.as_ref())
        {
            rules.extend(p.learning.as_ref().map(|l| l.rule.rule.def().name));
            rules.extend(p.short_term.as_ref().map(|s| s.rule.def().name));
        }
        let report = run(
            built(&spec, 1),
            &mut MemorySink::default(),
            &Control::default(),
        );
        let report = report.expect("the run succeeds");
        spikes += u64::from(report.spikes > 100);
        learnt += u64::from(report.weight_hash.is_some());
    }
    assert_eq!(models.len(), spikewheel::neuron::MODELS.len());
    assert_eq!(rules.len(), spikewheel::plasticity::RULES.len());
    assert!(spikes > 80 && learnt > 40, "{spikes} {learnt}");
}

/// A longer run from the end of a shorter one.
#[test]
fn an_extended_run_is_the_longer_run() {
    for seed in 200..212 {
        let mut long = network(seed);
        // What is expected of lists, volleys and sources hangs on the length of the run.
        long.drives
            .retain(|d| matches!(d.kind, DriveKind::Poisson { .. } | DriveKind::Gamma { .. }));
        for p in &mut long.populations {
            if let PopulationKind::Source(source) = &mut p.kind {
                let (hz, start, stop) = (40.0, 0, u64::MAX);
                let rate = Rate::Constant { hz, start, stop };
                *source = SourceSpec::Poisson { rate };
            }
        }
        let mut short = long.clone();
        // The end is a tick at which populations may change their regime.
        short.duration = 100;
        short.recording.weights.clear();
        long.recording.weights.clear();
        let whole = kept(built(&long, 2), 1 << 40);
        let first = kept(built(&short, 3), 1 << 40);
        let (rest, columns) = first.states.last().expect("a state at the end");
        assert_eq!(rest.tick, 100);
        let part = go_on(&long, 1, columns, rest);
        assert_same(&whole, &part, 100, &format!("network {seed}"));
    }
}

/// Nothing of a state fits another network.
#[test]
fn states_of_other_networks_are_refused() {
    let spec = network(3);
    let whole = kept(built(&spec, 1), 100);
    let (rest, columns) = &whole.states[0];
    let mut other = spec.clone();
    other.populations[0].size += 1;
    let mut network = built(&other, 1);
    let refused = network.take_back(&Return {
        rest,
        columns,
        changed: None,
    });
    assert!(refused.is_err());
    let part = Part::new("population.0.", columns);
    assert!(part.has("v"));
    let empty = Memory::default();
    let refused = built(&spec, 2).take_back(&Return {
        rest,
        columns: &empty,
        changed: None,
    });
    assert!(refused.is_err());
}

/// Currents that were kept one by one go on as their sum; parts of a sum are not to be had.
#[test]
fn currents_that_were_kept_apart_go_on_together() {
    for (model, update) in [
        ("lif_exp", "lazy"),
        ("lif_exp", "sweep"),
        ("lif_alpha", "lazy"),
        ("lif_alpha", "sweep"),
    ] {
        let spec = |currents: &str| {
            let stimulus = |name: &str, weight: i32| {
                format!(
                    "[stimuli.{name}]\nmodel = \"poisson\"\nto = \"cells\"\n\
                     rate = \"2 kHz\"\nweight = \"{weight} pA\"\n"
                )
            };
            let text = format!(
                "format = 1\n[simulation]\nduration = \"40 ms\"\nresolution = \"0.1 ms\"\n\
                 [populations.cells]\nmodel = \"{model}\"\nsize = 30\nupdate = \"{update}\"\n\
                 currents = \"{currents}\"\n{}{}[recording]\nstate = [\
                 {{ of = \"cells\", variable = \"V_m\", every = \"1 ms\" }},\
                 {{ of = \"cells\", variable = \"I_syn\", every = \"1 ms\" }}]\n",
                stimulus("up", 400),
                stimulus("down", -150)
            );
            let loaded = parse(&text, Path::new("x.toml"), &[]);
            loaded.expect("a right definition").spec
        };
        let (apart, together) = (spec("apart"), spec("together"));
        let whole = kept(built(&apart, 2), 150);
        let (rest, columns) = &whole.states[0];
        let part = go_on(&together, 3, columns, rest);
        let late = whole.sink.samples.iter().filter(|s| s.1 > rest.tick);
        let (mut largest, mut compared) = (0.0f64, 0);
        for (a, b) in late.zip(&part.sink.samples) {
            assert_eq!((a.0, a.1), (b.0, b.1));
            for (a, b) in a.2.iter().zip(&b.2) {
                assert!((a - b).abs() < 1e-9, "{model} {update}: {a} {b}");
                largest = largest.max(b.abs());
                compared += 1;
            }
        }
        assert!(largest > 300.0 && compared == 6 * (400 - rest.tick));
        assert!(whole.report.spikes > 30 && whole.report.spikes == part.report.spikes);
        let (rest, columns) = &part.states[0];
        let refused = built(&apart, 1).take_back(&Return {
            rest,
            columns,
            changed: None,
        });
        assert!(refused.is_err());
    }
}

#[test]
fn a_run_that_is_stopped_leaves_a_state_to_go_on_from() {
    use std::sync::atomic::Ordering;
    for seed in [3, 11, 12] {
        let spec = network(seed);
        let whole = kept(built(&spec, 1), 1 << 40);
        let (mut sink, mut keeper) = (MemorySink::default(), MemoryKeeper::default());
        let checkpoints = Checkpoints {
            every: None,
            every_wall: None,
            keeper: &mut keeper,
        };
        let control = Control::default();
        control.stop.store(true, Ordering::Relaxed);
        let report = run_kept(built(&spec, 2), &mut sink, &control, Some(checkpoints));
        let reached = report.expect("the run succeeds").reached;
        let (rest, columns) = keeper.states.last().expect("a state");
        assert_eq!(rest.tick, reached);
        let part = go_on(&spec, 3, columns, rest);
        assert_same(&whole, &part, reached, &format!("network {seed}"));
    }
}
