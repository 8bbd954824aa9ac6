//! The only place where the truth tests touch the engine.

use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, run as run_engine};
use spikewheel::network::fixed::Rounding;
use spikewheel::network::spec::NetworkSpec;
use spikewheel::network::{BuildOptions, Network, build};

use crate::common::{Edge, Outcome};

pub const IS_THE_ENGINE: bool = true;

pub struct EngineRun {
    pub outcome: Outcome,
    pub spike_hash: u64,
    pub spikes: u64,
}

/// A granule of one neuron lets small networks be split anywhere.
fn built(spec: &NetworkSpec, shards: usize) -> Network {
    let options = BuildOptions {
        shards,
        granule: 1,
        ..BuildOptions::default()
    };
    build(spec, &options).expect("the network can be built")
}

/// What the engine connected.
pub fn synapses(spec: &NetworkSpec) -> Vec<Edge> {
    synapses_of(spec, 1)
}

/// What several shards connected together.
pub fn synapses_of(spec: &NetworkSpec, shards: usize) -> Vec<Edge> {
    let edges = built(spec, shards).synapses().into_iter();
    edges
        .map(|s| (s.source, s.target, s.weight, s.delay))
        .collect()
}

/// What whole numbers did to the weights.
pub fn rounding(spec: &NetworkSpec) -> Vec<Option<Rounding>> {
    built(spec, 3).rounding().to_vec()
}

pub fn run(spec: &NetworkSpec, shards: usize) -> EngineRun {
    let mut sink = MemorySink::default();
    let network = built(spec, shards);
    let report = run_engine(network, &mut sink, &Control::default()).expect("the run succeeds");
    assert_eq!(sink.reached, spec.duration, "everything was handed over");
    EngineRun {
        outcome: Outcome {
            spikes: sink.spikes,
            samples: sink.samples,
        },
        spike_hash: report.spike_hash,
        spikes: report.spikes,
    }
}
