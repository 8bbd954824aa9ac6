//! Shards that are gone through part by part, against the same network gone through as a whole.

use std::path::Path;

use proptest::prelude::*;
use spikewheel::definition::parse;
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::NetworkSpec;
use spikewheel::network::{BuildOptions, Network, Synapse, build};

use crate::networks::{Draw, large};
use crate::states::{SHARDS, assert_same, built, go_on_in, kept};

/// In cells of so few neurons that even small networks have several.
fn cut(spec: &NetworkSpec, shards: usize, cell: u32) -> Network {
    let options = BuildOptions {
        shards,
        granule: 1,
        cell,
        uncut: cell,
    };
    build(spec, &options).expect("it can be built")
}

fn cells(network: &Network) -> usize {
    let of =
        |cells: &Option<spikewheel::engine::cells::Cells>| cells.as_ref().map_or(0, |c| c.len());
    match network {
        Network::Double(n) => n.shards.iter().map(|s| of(&s.cells)).sum(),
        Network::Single(n) => n.shards.iter().map(|s| of(&s.cells)).sum(),
    }
}

fn in_order(network: &Network) -> Vec<(u32, u32, u64, u64)> {
    let key = |s: Synapse| (s.source, s.target, s.delay, s.weight.to_bits());
    let mut all: Vec<_> = network.synapses().into_iter().map(key).collect();
    all.sort_unstable();
    all
}

/// Spikes, samples, what is kept at the end, the synapses, and what is gone on with.
fn check(seed: u64) {
    let spec = large(seed);
    let d = &mut Draw::new(seed ^ 0xce11);
    let every = d.between(40, spec.duration / 2);
    let network = built(&spec, d.of(&SHARDS));
    let synapses = in_order(&network);
    let whole = kept(network, every);
    for cell in [64, d.of(&[65, 100, 128, 200])] {
        let shards = d.of(&SHARDS);
        let network = cut(&spec, shards, cell);
        let what = format!("network {seed} in cells of {cell} on {shards}");
        assert_eq!(synapses, in_order(&network), "{what}: synapses");
        let parts = kept(network, every);
        assert_same(&whole, &parts, 0, &what);
        let Some((rest, columns)) = whole.states.iter().find(|s| s.0.tick < spec.duration) else {
            continue;
        };
        let later = go_on_in(cut(&spec, d.of(&SHARDS), cell), columns, rest);
        assert_same(&whole, &later, rest.tick, &format!("{what} after a stop"));
        let later = go_on_in(
            built(&spec, d.of(&SHARDS)),
            &parts.states[0].1,
            &parts.states[0].0,
        );
        assert_same(
            &whole,
            &later,
            rest.tick,
            &format!("{what}, then as a whole"),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 30,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn parts_come_to_what_the_whole_comes_to(seed in 0u64..1 << 40) {
        check(seed);
    }
}

/// The networks of the test above are cut, and spike.
#[test]
fn the_networks_have_cells() {
    let (mut several, mut spiking) = (0, 0);
    for seed in 0..40 {
        let spec = large(seed);
        let network = cut(&spec, 2, 64);
        several += u32::from(cells(&network) > 4);
        spiking += u32::from(kept(network, 1 << 40).report.spikes > 1000);
        assert_eq!(cells(&built(&spec, 2)), 0);
    }
    assert!(several > 20 && spiking > 15, "{several} {spiking}");
}

/// What many neurons come to that nobody has asked to cut.
#[test]
fn very_many_neurons_are_cut_unasked() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/billion.toml");
    let text = std::fs::read_to_string(&file)
        .expect("the network comes along")
        .replace("fixed_indegree = 800", "fixed_indegree = 8")
        .replace("fixed_indegree = 200", "fixed_indegree = 2");
    let sets = ["neurons=350000", "simulation.duration=20 ms"];
    let sets = sets.map(|s| s.parse().expect("name=value"));
    let spec = parse(&text, &file, &sets).expect("right").spec;
    let hash = |options: BuildOptions, is_cut: bool| {
        let network = build(&spec, &options).expect("it can be built");
        assert_eq!(cells(&network) > 1, is_cut);
        let report = run(network, &mut NullSink, &Control::default()).expect("it runs");
        assert!(report.spikes > 1000, "{}", report.spikes);
        (report.spikes, report.spike_hash)
    };
    let whole = BuildOptions {
        shards: 2,
        uncut: u32::MAX,
        ..BuildOptions::default()
    };
    assert_eq!(hash(BuildOptions::default(), true), hash(whole, false));
}
