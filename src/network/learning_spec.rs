//! The parts of a specification that say how synapses change.

use std::sync::Arc;

use super::spec::Slice;
use crate::plasticity::RuleSpec;

/// How the synapses of a statement change while the network runs.
#[derive(Clone, Debug, PartialEq)]
pub struct PlasticitySpec {
    /// What changes the weights.
    pub learning: Option<LearningSpec>,
    /// What scales each spike on its way (a rule with `short_term` in its table).
    pub short_term: Option<RuleSpec>,
    /// Which part of a delay is that of the axon; the rest is that of the dendrite.
    pub axonal: Axonal,
}

/// A rule that changes weights, and what holds them in check.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningSpec {
    pub rule: RuleSpec,
    /// Index into `NetworkSpec::modulators`, for rules that need one.
    pub modulator: Option<usize>,
    pub homeostasis: Homeostasis,
}

/// A gain of each target neuron by which its plastic input from the statement is multiplied. Weights
/// and their bounds are those before the gain.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Homeostasis {
    #[default]
    None,
    /// The weights of a neuron times its gain sum to this (in units of the weight). The gain follows at
    /// every tick that is a multiple of `every`.
    Normalise { sum: f64, every: u64 },
    /// dg/dt = eta g (rate - r): r is a trace of the neuron's own spikes with time constant `tau_ms`, in
    /// Hz, that `rate` (Hz) is to be. eta in 1 / (Hz ms).
    Scale { rate: f64, tau_ms: f64, eta: f64 },
}

/// The part of each delay that lies before the synapse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Axonal {
    /// Delays are dendritic, as in NEST.
    #[default]
    None,
    /// Delays are axonal, as in Auryn.
    All,
    /// So many ticks, or the whole delay if it is shorter.
    Ticks(u64),
}

/// Events with amounts that learning rules listen to: rewards, dopamine.
#[derive(Clone, Debug, PartialEq)]
pub struct ModulatorSpec {
    pub name: String,
    /// (tick, amount) in order of ticks, which are at least 1.
    pub events: Arc<Vec<(u64, f64)>>,
    /// Spikes that are events too.
    pub release: Option<ReleaseSpec>,
}

/// Every spike of some elements is an event, or every one that follows a spike of others.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseSpec {
    pub of: Vec<Slice>,
    pub amount: f64,
    /// Ticks from spike to event, at least 1: drawn between these two for each event, both included.
    pub delay: (u64, u64),
    /// Only spikes count that come later than a spike of one of these, by at most so many ticks.
    pub after: Option<(Vec<Slice>, u64)>,
}
