//! The only place where the truth tests touch the engine.

use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, run as run_engine};
use spikewheel::network::spec::{NetworkSpec, Rule};
use spikewheel::network::{BuildOptions, Network, build};

use crate::common::Outcome;
use crate::twin::TwinSynapse;

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
        ..Default::default()
    };
    build(spec, &options).expect("the network can be built")
}

/// What the engine connected, with the projection of each synapse: they come projection by
/// projection, and the size of each (but of one that draws it) is known.
pub fn synapses(spec: &NetworkSpec) -> Vec<TwinSynapse> {
    let edges = built(spec, 1).synapses();
    let known = |p: &spikewheel::network::spec::ProjectionSpec| -> Option<usize> {
        let (sources, targets) = (p.sources() as usize, p.targets() as usize);
        match &p.rule {
            Rule::AllToAll if p.allow_autapses => Some(sources * targets),
            Rule::OneToOne => Some(sources),
            Rule::FixedIndegree(k) => Some(targets * *k as usize),
            Rule::FixedOutdegree(k) => Some(sources * *k as usize),
            Rule::FixedTotalNumber(n) => Some(*n as usize),
            Rule::List(list) => Some(list.source.len()),
            Rule::AllToAll | Rule::PairwiseBernoulli(_) => None,
        }
    };
    let sizes: Vec<Option<usize>> = spec.projections.iter().map(known).collect();
    assert!(
        sizes.iter().filter(|s| s.is_none()).count() <= 1,
        "at most one projection of unknown size"
    );
    let rest = edges.len() - sizes.iter().flatten().sum::<usize>();
    let mut edges = edges.into_iter();
    let mut all = Vec::new();
    for (projection, size) in sizes.into_iter().enumerate() {
        for edge in edges.by_ref().take(size.unwrap_or(rest)) {
            all.push(TwinSynapse {
                projection,
                source: edge.source,
                target: edge.target,
                weight: edge.weight,
                delay: edge.delay,
            });
        }
    }
    all
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
