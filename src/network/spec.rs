//! `NetworkSpec`: a network stated completely, with nothing left to look up.
//!
//! This is what the definition layer produces from a TOML file, what a Rust program can write by
//! hand, and what `network::build` turns into tables. All values are in canonical units (ms, mV,
//! pA, pF, nS; rates in Hz); all times on the grid are ticks.

use std::sync::Arc;

pub use super::learning_spec::{
    Axonal, Homeostasis, LearningSpec, ModulatorSpec, PlasticitySpec, ReleaseSpec,
};
pub use super::space::{ByDistance, Kernel, Layout, OPEN, Positions, Shape};
use crate::neuron::ModelKind;
use crate::neuron::block::channels;
use crate::neuron::lif_multisynapse::PORTS;
pub use crate::plasticity::RuleSpec;

/// Picoseconds in a millisecond.
pub const PS_PER_MS: f64 = 1e9;

/// A whole simulation: network, input, duration, and what is to be recorded.
#[derive(Clone, Debug)]
pub struct NetworkSpec {
    /// One line that says what this is.
    pub name: String,
    /// Everything random follows from this number and the network.
    pub seed: u64,
    /// Length of one tick in picoseconds (0.1 ms = 100,000,000).
    pub resolution_ps: u64,
    /// Last tick of the run; the first is 1.
    pub duration: u64,
    pub arithmetic: Arithmetic,
    /// Neurons and sized sources. Global ids count through this list in order.
    pub populations: Vec<PopulationSpec>,
    /// Connection statements in the order of the definition.
    pub projections: Vec<ProjectionSpec>,
    /// Private, undelayed input: each target has its own.
    pub drives: Vec<DriveSpec>,
    /// What learning rules take their rewards from.
    pub modulators: Vec<ModulatorSpec>,
    pub recording: RecordingSpec,
}

impl NetworkSpec {
    /// Length of a tick in ms.
    pub fn tick_ms(&self) -> f64 {
        self.resolution_ps as f64 / PS_PER_MS
    }

    /// Global id of the first element of each population, and the total at the end.
    pub fn offsets(&self) -> Vec<u64> {
        let mut at = 0u64;
        let mut all = Vec::with_capacity(self.populations.len() + 1);
        for p in &self.populations {
            all.push(at);
            at += u64::from(p.size);
        }
        all.push(at);
        all
    }

    /// Length of the local step of a clocked population; `None` for others.
    pub fn step_ms(&self, population: usize) -> Option<f64> {
        match &self.populations.get(population)?.kind {
            PopulationKind::Neurons(n) if n.model.def().clock.is_some() => {
                Some(n.options.clock.step_ms(self.tick_ms()))
            }
            _ => None,
        }
    }

    /// Index of the population of that name.
    pub fn population(&self, name: &str) -> Option<usize> {
        self.populations.iter().position(|p| p.name == name)
    }
}

/// Number format of state, accumulators and constant weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Arithmetic {
    #[default]
    /// f64.
    Double,
    /// f32.
    Single,
    /// f32 state; individual weights are whole numbers and summed as such (`network::fixed`).
    Fixed,
}

impl Arithmetic {
    pub const NAMES: [&'static str; 3] = ["double", "single", "fixed"];
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Single => "single",
            Self::Fixed => "fixed",
        }
    }
}

/// How a population is updated. `Auto` decides from expected and measured input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Update {
    #[default]
    Auto,
    Lazy,
    Sweep,
}

impl Update {
    pub const NAMES: [&'static str; 3] = ["auto", "lazy", "sweep"];
}

/// Neurons of one model, or a source with elements of its own.
#[derive(Clone, Debug)]
pub struct PopulationSpec {
    pub name: String,
    pub size: u32,
    pub kind: PopulationKind,
    /// One name per element, if the user gave any.
    pub labels: Option<Arc<Vec<String>>>,
    /// Where the elements are, if they are in space.
    pub positions: Option<Positions>,
}

#[derive(Clone, Debug)]
pub enum PopulationKind {
    Neurons(NeuronSpec),
    Source(SourceSpec),
}

/// Parameters and initial state of a neuron population.
#[derive(Clone, Debug)]
pub struct NeuronSpec {
    pub model: ModelKind,
    /// One entry per parameter of the model's table, in its order.
    pub params: Vec<Values>,
    /// One entry per state variable of the model's table, in its order.
    pub initial: Vec<Values>,
    pub options: NeuronOptions,
    pub update: Update,
    /// Receptor ports of a model that has them; empty for the others.
    pub receptors: Vec<ReceptorSpec>,
}

impl NeuronSpec {
    /// Is there this variable of the table of recordables? Currents that are held together have no parts.
    pub fn has_recordable(&self, variable: usize) -> bool {
        let all = self.model.def().recordables;
        let is_part = |name: &str| PARTS.contains(&name);
        (all.get(variable)).is_some_and(|r| !(self.options.together && is_part(r.name)))
    }

    /// Receptor channels in use.
    pub fn channels(&self) -> usize {
        match self.model.def().ports {
            0 if self.options.together => 1,
            0 => channels(self.model),
            _ => self.receptors.len().clamp(1, PORTS),
        }
    }

    /// Name under which a variable of the table of recordables is written down: the current of a
    /// receptor goes by the name that the user gave it.
    pub fn recordable_name(&self, variable: usize) -> Option<String> {
        let name = self.model.def().recordables.get(variable)?.name;
        let receptor = crate::neuron::lif_multisynapse::port_of(name)
            .and_then(|port| self.receptors.get(port)?.name.as_ref());
        Some(match receptor {
            Some(receptor) => format!("I_syn_{receptor}"),
            None => name.into(),
        })
    }
}

/// A receptor port: an arriving weight starts a current of this shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceptorSpec {
    pub name: Option<String>,
    /// ms; 0: the current is there at once.
    pub tau_rise: Values,
    /// ms
    pub tau_decay: Values,
}

/// Variables of models with two currents that are not there where these are held together.
pub const PARTS: [&str; 2] = ["I_syn_ex", "I_syn_in"];

/// What applies to a population as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct NeuronOptions {
    pub reset: ResetMode,
    pub threshold_test: ThresholdTest,
    /// Keep delta input that arrives while refractory, decayed to the end of the refractory time.
    pub refractory_input: bool,
    /// Excitatory and inhibitory current are held as one, which is the same where both have one time constant; for
    /// models that have two.
    pub together: bool,
    /// The local step of a clocked model.
    pub clock: Clock,
    /// `consistent_integration = false` of the Izhikevich neuron.
    pub two_half_steps: bool,
    /// Spikes come by chance, the more so the higher V; such a population is always swept.
    pub escape: Option<EscapeNoise>,
}

/// The local step of a clocked population: a whole number of ticks, or a whole fraction of one. It
/// takes its input at ticks that are multiples of `ticks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Ticks from step to step, at least 1.
    pub ticks: u64,
    /// Steps within a tick, at least 1; more only if `ticks` is 1.
    pub substeps: u32,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            ticks: 1,
            substeps: 1,
        }
    }
}

impl Clock {
    /// Length of a step.
    pub fn step_ms(self, tick_ms: f64) -> f64 {
        tick_ms * self.ticks as f64 / f64::from(self.substeps)
    }
}

/// Escape noise: hazard `rate` exp((V - threshold) / `width`), see `neuron::escape`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EscapeNoise {
    /// Hz, at the threshold; positive.
    pub rate: f64,
    /// Unit of V; positive.
    pub width: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ResetMode {
    /// V := V_reset.
    #[default]
    Value,
    /// V := V - (V_th - E_L).
    Subtract,
    /// V := V_reset and synaptic currents := 0; they take no input while refractory.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ThresholdTest {
    /// V >= V_th.
    #[default]
    NonStrict,
    /// V > V_th.
    Strict,
}

/// A number for each element of something, from one rule.
///
/// Drawn values come from a counter stream keyed by (seed, domain, element), so they do not depend
/// on how the elements are divided among shards.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Constant(f64),
    /// Uniform in [low, high).
    Uniform {
        low: f64,
        high: f64,
    },
    /// Normal, redrawn until it lies in [min, max].
    Normal {
        mean: f64,
        std: f64,
        min: f64,
        max: f64,
    },
    /// exp(N(mu, sigma)) times `scale`, redrawn until it lies in [min, max].
    Lognormal {
        mu: f64,
        sigma: f64,
        scale: f64,
        min: f64,
        max: f64,
    },
    /// Exponential with this mean, under the condition that it lies in [min, max]. A negative mean
    /// mirrors it.
    Exponential {
        mean: f64,
        min: f64,
        max: f64,
    },
    /// Gamma, redrawn until it lies in [min, max]. A negative scale mirrors it.
    Gamma {
        shape: f64,
        scale: f64,
        min: f64,
        max: f64,
    },
    /// Normal under the condition that it lies in [min, max], of which one at least is finite.
    TruncatedNormal {
        mean: f64,
        std: f64,
        min: f64,
        max: f64,
    },
    /// One value per element, in the order of ids.
    Array(Arc<Vec<f64>>),
}

impl Values {
    /// The value if every element has the same.
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(v) => Some(*v),
            _ => None,
        }
    }
}

impl From<f64> for Values {
    fn from(v: f64) -> Self {
        Self::Constant(v)
    }
}

/// A half-open range of one population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Index into `NetworkSpec::populations`.
    pub population: usize,
    pub start: u32,
    pub end: u32,
}

impl Slice {
    pub fn len(&self) -> u32 {
        self.end - self.start
    }
    pub fn is_empty(&self) -> bool {
        self.end == self.start
    }
}

/// One connection statement: `from` and `to` are lists of slices taken as one concatenated list.
#[derive(Clone, Debug)]
pub struct ProjectionSpec {
    pub from: Vec<Slice>,
    pub to: Vec<Slice>,
    pub rule: Rule,
    pub allow_autapses: bool,
    pub allow_multapses: bool,
    /// mV for models with delta input, pA for current-based ones, nS for conductances, a plain number
    /// for `if`.
    pub weight: Weight,
    pub delay: Delay,
    /// Port of the targets, counted from 0; `None` where the targets have none.
    pub receptor: Option<usize>,
    pub table: TableChoice,
    /// How its synapses change; `None`: they do not.
    pub plasticity: Option<PlasticitySpec>,
}

/// How the synapses of a statement are held. Changes no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TableChoice {
    /// By rule (`class`).
    #[default]
    Auto,
    /// Lists of targets.
    Index,
    /// A bit for each target.
    Bitmap,
    /// Nothing: rows are made anew at each spike.
    Procedural,
}

impl TableChoice {
    pub const NAMES: [&'static str; 4] = ["auto", "index", "bitmap", "procedural"];
    pub const ALL: [Self; 4] = [Self::Auto, Self::Index, Self::Bitmap, Self::Procedural];
}

impl ProjectionSpec {
    pub fn sources(&self) -> u64 {
        self.from.iter().map(|s| u64::from(s.len())).sum()
    }
    pub fn targets(&self) -> u64 {
        self.to.iter().map(|s| u64::from(s.len())).sum()
    }
    /// Does anything here depend on the distance between source and target?
    pub fn needs_positions(&self) -> bool {
        matches!(
            self.rule,
            Rule::BernoulliByDistance(_) | Rule::IndegreeByDistance { .. }
        ) || matches!(self.weight, Weight::ByDistance(_))
            || matches!(self.delay, Delay::ByDistance(_))
    }
}

/// Connection rules under their NEST names.
#[derive(Clone, Debug)]
pub enum Rule {
    AllToAll,
    OneToOne,
    /// Every target draws this many sources.
    FixedIndegree(u32),
    /// Every source draws this many targets.
    FixedOutdegree(u32),
    /// This many synapses, both ends drawn.
    FixedTotalNumber(u64),
    /// Every pair with this probability.
    PairwiseBernoulli(f64),
    /// Every pair with the probability that its distance gives.
    BernoulliByDistance(Kernel),
    /// Every target draws `indegree` sources, each in proportion to the kernel at its distance.
    IndegreeByDistance {
        indegree: u32,
        kernel: Kernel,
    },
    /// Every pair has a Poisson number of synapses with this mean.
    PairwisePoisson(f64),
    /// Every unordered pair with this probability, in both directions. Like the next three, it needs
    /// `from` and `to` to be the same list of slices, and makes neither autapses nor multapses.
    SymmetricPairwiseBernoulli(f64),
    /// The Erdős–Rényi graph of this many connections; undirected ones are two synapses each.
    RandomGraph {
        edges: u64,
        directed: bool,
    },
    /// The ring of Watts and Strogatz: `k` neighbours (even, below the number of neurons), each link
    /// moved with probability `p`.
    SmallWorld {
        k: u32,
        p: f64,
        directed: bool,
    },
    /// Growth with preferential attachment: `m` links (from 1, below the number of neurons).
    ScaleFree {
        m: u32,
        directed: bool,
    },
    /// Exactly these; indices count within the concatenated `from` and `to`.
    List(Arc<EdgeList>),
}

/// Explicit synapses, one entry per synapse in each column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeList {
    pub source: Vec<u32>,
    pub target: Vec<u32>,
    /// Canonical unit of the target's input; empty if the projection states the weight.
    pub weight: Vec<f64>,
    /// Ticks; empty if the projection states the delay.
    pub delay: Vec<u64>,
}

#[derive(Clone, Debug)]
pub enum Weight {
    /// Drawn, constant, or one for each synapse (`Values::Array`, in the order of
    /// `connect::position`). Drawn values are rounded to f32: the rounded value *is* the weight.
    Values(Values),
    FromList,
    /// From the distance, and rounded to f32 like drawn values.
    ByDistance(ByDistance),
}

#[derive(Clone, Debug)]
pub enum Delay {
    /// The same number of ticks (at least 1) for every synapse.
    Ticks(u64),
    /// Drawn in ms, or one for each synapse (`Values::Array`, as for weights); rounded to ticks,
    /// never below one tick.
    Drawn(Values),
    FromList,
    /// From the distance in ms, rounded to ticks, never below one tick.
    ByDistance(ByDistance),
}

/// A source as a population: its spikes travel over projections.
#[derive(Clone, Debug)]
pub enum SourceSpec {
    Poisson {
        rate: Rate,
    },
    SpikeList(Arc<SpikeList>),
    Regular {
        interval: u64,
        start: u64,
        stop: u64,
    },
    Gamma(GammaSpec),
    PulsePacket(PacketSpec),
}

/// Renewal trains with gamma-distributed intervals (`stimulus::gamma`), active in (start, stop].
#[derive(Clone, Debug, PartialEq)]
pub struct GammaSpec {
    /// Rate of one component process: `Constant`, or an `Array` with one per element.
    pub hz: Values,
    pub shape: f64,
    /// Below the mean interval.
    pub dead_ms: f64,
    /// Component processes per element, at least 1.
    pub n_proc: u32,
    /// Stationary from the start on; else an interval begins at the start.
    pub equilibrium: bool,
    pub start: u64,
    pub stop: u64,
}

/// Volleys of spikes (`stimulus::pulse_packet`).
#[derive(Clone, Debug, PartialEq)]
pub struct PacketSpec {
    pub at_ms: Vec<f64>,
    /// Spikes per element and volley.
    pub activity: u32,
    pub sdev_ms: f64,
}

/// Explicit spike times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikeList {
    /// (tick, element), sorted; ticks are at least 1.
    pub events: Vec<(u64, u32)>,
}

/// Rate over time and elements, in Hz. Times are ticks.
#[derive(Clone, Debug)]
pub enum Rate {
    /// The same for all elements and all times in (start, stop].
    Constant { hz: f64, start: u64, stop: u64 },
    /// From tick `at[i]` on (exclusive), `hz[i]`; 0 before the first.
    Steps { at: Vec<u64>, hz: Vec<f64> },
    /// `hz[i]` at tick `at[i]`, on straight lines between them; 0 before the first, and the last
    /// stays.
    Linear { at: Vec<u64>, hz: Vec<f64> },
    /// max(0, hz + amplitude sin(2 pi frequency t + phase)) in (start, stop]; frequency in Hz, at
    /// least 0, phase in degrees, t from the beginning of the run.
    Sinusoid {
        hz: f64,
        amplitude: f64,
        frequency: f64,
        phase: f64,
        start: u64,
        stop: u64,
    },
    /// Steps with a rate for each element: from tick `at[i]` on (exclusive) row `row[i]` of `hz`,
    /// which has `elements` rates per row; silent without a row and before the first.
    Table {
        at: Vec<u64>,
        row: Vec<Option<u32>>,
        hz: Arc<Vec<f64>>,
        elements: u32,
    },
    /// One rate per element, constant in (start, stop].
    PerElement {
        hz: Arc<Vec<f64>>,
        start: u64,
        stop: u64,
    },
}

/// Private input without delay: one independent source per target element.
#[derive(Clone, Debug)]
pub struct DriveSpec {
    /// Name of the stimulus in the definition.
    pub name: String,
    pub to: Vec<Slice>,
    pub kind: DriveKind,
    /// Port of the targets, counted from 0; `None` where the targets have none.
    pub receptor: Option<usize>,
}

#[derive(Clone, Debug)]
pub enum DriveKind {
    /// An independent Poisson train per target.
    Poisson { rate: Rate, weight: Values },
    /// Element i of the list drives target i of the concatenated `to`.
    SpikeList {
        list: Arc<SpikeList>,
        weight: Values,
    },
    /// Every target receives the same regular train.
    Regular {
        interval: u64,
        start: u64,
        stop: u64,
        weight: Values,
    },
    /// Extra constant current: `amplitude[i]` (pA) from tick `at[i]` (exclusive) on, 0 before.
    StepCurrent { at: Vec<u64>, amplitude: Vec<f64> },
    /// Gamma trains, one per target.
    Gamma { gamma: GammaSpec, weight: Values },
    /// Volleys, drawn for each target.
    PulsePacket { packet: PacketSpec, weight: Values },
    /// A current that changes at ticks known ahead.
    Current(CurrentSpec),
}

impl DriveKind {
    /// Does it change the constant current of its targets?
    pub fn is_current(&self) -> bool {
        matches!(self, Self::StepCurrent { .. } | Self::Current(_))
    }
}

/// A current over time and targets, in pA (`stimulus::current`), held for `dt` ticks from `start`
/// on; zero outside (start, stop].
#[derive(Clone, Debug, PartialEq)]
pub enum CurrentSpec {
    /// Normal with this mean and standard deviation, independent per target and interval; the
    /// variance is std^2 + std_mod^2 sin(2 pi hz t + phase). Phase in degrees, t from the beginning of
    /// the run to that of the interval.
    Noise {
        mean: f64,
        std: f64,
        std_mod: f64,
        hz: f64,
        phase: f64,
        dt: u64,
        start: u64,
        stop: u64,
    },
    /// offset + amplitude sin(2 pi hz t + phase), t at the middle of the interval.
    Sine {
        offset: f64,
        amplitude: f64,
        hz: f64,
        phase: f64,
        dt: u64,
        start: u64,
        stop: u64,
    },
    /// From tick `at[i]` on (exclusive) row `row[i]` of `amplitude`, which has `elements` values per
    /// row; zero without a row and before the first.
    Table {
        at: Vec<u64>,
        row: Vec<Option<u32>>,
        amplitude: Arc<Vec<f64>>,
        elements: u32,
    },
}

/// What is written down.
#[derive(Clone, Debug, Default)]
pub struct RecordingSpec {
    /// Slices whose spikes are recorded.
    pub spikes: Vec<Slice>,
    pub state: Vec<StateRecording>,
    pub weights: Vec<WeightRecording>,
}

/// Weights of a statement at some ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightRecording {
    /// Name under which it is written.
    pub name: String,
    /// Index into `NetworkSpec::projections`.
    pub projection: usize,
    /// All synapses at these ticks, in order; 0 is before the run.
    pub at: Vec<u64>,
    /// Some synapses at every multiple of `every`.
    pub traces: Option<WeightTraces>,
}

/// A few synapses, watched closely.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightTraces {
    /// Global ids of source and target; every synapse between them is meant.
    pub pairs: Vec<(u32, u32)>,
    pub every: u64,
}

/// One state variable of some neurons at a fixed interval.
#[derive(Clone, Debug)]
pub struct StateRecording {
    pub of: Slice,
    /// Index into the model's table of recordable variables.
    pub variable: usize,
    /// Ticks between samples; samples are taken after the ticks that are multiples of it.
    pub every: u64,
}
