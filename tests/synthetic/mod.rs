//! A made-up connectome of any size, for tests and benches of networks as large as a brain.
//!
//! Log-normal numbers of connections per neuron on both sides, log-normal numbers of synapses per
//! connection, 30 % inhibitory neurons. `tools/synthetic_connectome.py` makes files of the kind.

use std::path::Path;
use std::sync::Arc;

use spikewheel::definition::{self, Override};
use spikewheel::network::spec::{EdgeList, NetworkSpec, Rule, Weight};

/// FlyWire, version 783, as tabulated for Shiu et al. (2024).
pub const FLY_NEURONS: u32 = 138_639;
pub const FLY_CONNECTIONS: usize = 15_091_983;

/// SplitMix64: the connectome must be the same everywhere and for ever.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In (0, 1).
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    fn lognormal(&mut self, mu: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * libm::log(self.unit())).sqrt();
        let normal = radius * libm::cos(std::f64::consts::TAU * self.unit());
        libm::exp(mu + sigma * normal)
    }
}

/// `connections` of `neurons`, sorted by source; the weight of each is its number of synapses times
/// `per_synapse`, negative for inhibitory sources. Without delays.
pub fn connectome(neurons: u32, connections: usize, per_synapse: f64, seed: u64) -> EdgeList {
    let mut draw = Draw(seed);
    let n = neurons as usize;
    // Out-degrees: shares of the total, rounded so that the sum is exact.
    let shares: Vec<f64> = (0..n).map(|_| draw.lognormal(0.0, 1.0)).collect();
    let total: f64 = shares.iter().sum();
    let mut sum = 0.0;
    // Targets are drawn with a chance in proportion to their number of tickets.
    let tickets: Vec<u32> = (0..neurons)
        .flat_map(|i| {
            let own = draw.lognormal(1.5, 1.0).ceil() as usize;
            std::iter::repeat_n(i, own)
        })
        .collect();
    // Drawn once: numbers of synapses are whatever stands at a random place here.
    let synapses: Vec<f64> = (0..1 << 16)
        .map(|_| draw.lognormal(0.75, 0.9).ceil())
        .collect();
    let mut edges = EdgeList::default();
    edges.source.reserve_exact(connections);
    edges.target.reserve_exact(connections);
    edges.weight.reserve_exact(connections);
    for (source, share) in shares.iter().enumerate() {
        sum += share;
        let until = (sum / total * connections as f64).round() as usize;
        let sign = if draw.unit() < 0.3 {
            -per_synapse
        } else {
            per_synapse
        };
        while edges.source.len() < until.min(connections) {
            edges.source.push(source as u32);
            edges.target.push(tickets[draw.below(tickets.len())]);
            edges
                .weight
                .push(sign * synapses[draw.below(synapses.len())]);
        }
    }
    edges
}

/// `networks/fly_brain.toml` on the tables of 24 neurons in `tests/data/flywire`.
pub fn small_fly(set: &[&str]) -> NetworkSpec {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().expect("dir");
    let data = dir.path().join("data/flywire");
    std::fs::create_dir_all(&data).expect("dir");
    for name in ["neurons.csv", "edges.h5"] {
        let from = here.join("tests/data/flywire").join(name);
        std::fs::copy(from, data.join(name)).expect("copied");
    }
    let main = dir.path().join("fly_brain.toml");
    std::fs::copy(here.join("networks/fly_brain.toml"), &main).expect("copied");
    let set: Vec<Override> = std::iter::once(&"neurons=24")
        .chain(set)
        .map(|s| s.parse().expect("NAME=VALUE"))
        .collect();
    match definition::load(&main, &set) {
        Ok(loaded) => loaded.spec,
        Err(e) => panic!("{e:?}"),
    }
}

/// The fly's network on a made-up connectome, and neurons besides that nothing is connected to.
pub fn fly(neurons: u32, connections: usize, silent: u32, ms: f64) -> NetworkSpec {
    let mut spec = small_fly(&["simulation.seed=5"]);
    spec.duration = (ms / spec.tick_ms()).round() as u64;
    spec.populations[0].size = neurons + silent;
    spec.populations[0].labels = None;
    let projection = &mut spec.projections[0];
    // 0.275 mV are 27.5 pA.
    projection.rule = Rule::List(Arc::new(connectome(neurons, connections, 27.5, 1)));
    projection.weight = Weight::FromList;
    let slices = projection.from.iter_mut().chain(&mut projection.to);
    for slice in slices.chain(&mut spec.recording.spikes) {
        slice.end = neurons + silent;
    }
    spec
}
