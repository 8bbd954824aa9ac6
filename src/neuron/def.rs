//! The tables from which `describe`, the JSON schema, the checks and the manual are made.

use crate::units::Dimension;

/// A parameter of a model.
#[derive(Debug)]
pub struct ParamDef {
    pub name: &'static str,
    pub dimension: Dimension,
    /// Canonical unit.
    pub default: f64,
    pub min: Bound,
    pub max: Bound,
    pub doc: &'static str,
}

/// A limit of an allowed range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    None,
    /// The limit itself is allowed.
    Inclusive(f64),
    /// Only values beyond the limit are.
    Exclusive(f64),
}

impl Bound {
    /// Is `v` allowed, with `self` as a lower limit?
    pub fn allows_above(self, v: f64) -> bool {
        match self {
            Self::None => true,
            Self::Inclusive(b) => v >= b,
            Self::Exclusive(b) => v > b,
        }
    }
    /// Is `v` allowed, with `self` as an upper limit?
    pub fn allows_below(self, v: f64) -> bool {
        match self {
            Self::None => true,
            Self::Inclusive(b) => v <= b,
            Self::Exclusive(b) => v < b,
        }
    }
}

/// A state variable: it can be given an initial value.
#[derive(Debug)]
pub struct StateDef {
    pub name: &'static str,
    pub dimension: Dimension,
    pub default: StateDefault,
    pub doc: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StateDefault {
    Value(f64),
    /// The value of that parameter, neuron by neuron.
    Param(&'static str),
}

/// A variable that can be recorded.
#[derive(Debug)]
pub struct RecordableDef {
    pub name: &'static str,
    pub dimension: Dimension,
    pub doc: &'static str,
}

/// A pair of parameters of which the first must be lower.
#[derive(Debug)]
pub struct Order {
    pub low: &'static str,
    pub high: &'static str,
    pub may_be_equal: bool,
    pub why: &'static str,
}

/// What there is to say of a model that is integrated with a local step instead of being solved.
#[derive(Debug)]
pub struct ClockDef {
    /// How it is integrated.
    pub method: &'static str,
    /// Longest step in ms unless another is stated.
    pub default_ms: f64,
    /// A resolution coarser than the default is the step, instead of being divided.
    pub follows_resolution: bool,
    /// `consistent_integration = false` may be given.
    pub has_consistent_integration: bool,
    pub orders: &'static [Order],
}

/// A whole model as users see it.
#[derive(Debug)]
pub struct ModelDef {
    pub name: &'static str,
    pub summary: &'static str,
    /// Equations and exact meaning, plain text.
    pub equations: &'static str,
    pub params: &'static [ParamDef],
    pub state: &'static [StateDef],
    pub recordables: &'static [RecordableDef],
    /// Dimension of a synaptic weight onto this model; `None`: the weight is ignored.
    pub weight: Option<Dimension>,
    /// `reset`, `threshold_test` and, where it has a meaning, `refractory_input` may be given.
    pub has_threshold: bool,
    pub has_refractory_input: bool,
    /// An excitatory and an inhibitory current, which can be held as one (`currents`).
    pub has_two_currents: bool,
    /// Spikes can be made to come by chance (`escape`).
    pub has_escape: bool,
    /// Most receptor ports; 0: the sign of a weight chooses where it acts.
    pub ports: usize,
    /// A constant current can be injected (`step_current`).
    pub takes_current: bool,
    /// `None`: solved exactly.
    pub clock: Option<ClockDef>,
    pub reference: &'static str,
}

impl ModelDef {
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }
    pub fn recordable(&self, name: &str) -> Option<usize> {
        self.recordables.iter().position(|p| p.name == name)
    }
}
