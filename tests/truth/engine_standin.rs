//! The twin in the engine's place, behind the interface of `engine.rs`, so that the tests
//! themselves are tested before there is an engine.

use spikewheel::network::spec::{NetworkSpec, PopulationKind, SourceSpec};
use xxhash_rust::xxh3::Xxh3;

use crate::common::{Edge, Outcome};
use crate::twin;

/// Very fine resolutions and drawn networks need the engine.
pub const IS_THE_ENGINE: bool = false;

pub struct EngineRun {
    pub outcome: Outcome,
    pub spike_hash: u64,
    pub spikes: u64,
}

pub fn synapses(spec: &NetworkSpec) -> Vec<Edge> {
    let all = twin::explicit_synapses(spec).into_iter();
    all.map(|s| (s.source, s.target, s.weight, s.delay))
        .collect()
}

pub fn run(spec: &NetworkSpec, _shards: usize) -> EngineRun {
    for p in &spec.populations {
        let poisson = matches!(&p.kind, PopulationKind::Source(SourceSpec::Poisson { .. }));
        assert!(!poisson, "the stand-in draws no random numbers");
    }
    let outcome = twin::run(spec, &twin::explicit_synapses(spec)).outcome;
    let mut hash = Xxh3::new();
    for (tick, id) in &outcome.spikes {
        hash.update(&tick.to_le_bytes());
        hash.update(&u64::from(*id).to_le_bytes());
    }
    EngineRun {
        spike_hash: hash.digest(),
        spikes: outcome.spikes.len() as u64,
        outcome,
    }
}
