//! The tables from which `describe`, the JSON schema, the checks and the manual of the learning rules
//! are made.

use crate::neuron::def::Bound;
use crate::units::Dimension;

/// What a parameter is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Of(Dimension),
    /// Whatever a weight onto the targets is: mV, pA, nS, or a plain number.
    Weight,
}

/// A parameter of a rule.
#[derive(Debug)]
pub struct RuleParam {
    pub name: &'static str,
    pub unit: Unit,
    /// Canonical unit; `None`: it must be stated.
    pub default: Option<f64>,
    pub min: Bound,
    pub max: Bound,
    pub doc: &'static str,
}

/// A choice among names.
#[derive(Debug)]
pub struct ChoiceDef {
    pub name: &'static str,
    /// The first one is the default.
    pub among: &'static [&'static str],
    pub doc: &'static str,
}

/// Published amplitudes and time constants under a name: `set = "..."` gives them, with `scale` as the
/// weight that amplitudes are multiples of.
#[derive(Debug)]
pub struct ParamSet {
    pub name: &'static str,
    /// (parameter, value); amplitudes as multiples of `scale`.
    pub values: &'static [(&'static str, f64)],
    /// Choices that go with it.
    pub choices: &'static [(&'static str, &'static str)],
    pub reference: &'static str,
}

/// A whole rule as users see it.
#[derive(Debug)]
pub struct RuleDef {
    pub name: &'static str,
    pub summary: &'static str,
    /// Equations and exact meaning, plain text.
    pub equations: &'static str,
    pub params: &'static [RuleParam],
    pub choices: &'static [ChoiceDef],
    pub sets: &'static [ParamSet],
    /// It needs a modulator (`modulator = "name"`).
    pub modulated: bool,
    /// It scales what a spike transmits, and leaves the weight alone: it may stand beside a rule that
    /// does not.
    pub short_term: bool,
    pub reference: &'static str,
}

impl RuleDef {
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }
    pub fn choice(&self, name: &str) -> Option<usize> {
        self.choices.iter().position(|c| c.name == name)
    }
}

const fn time(name: &'static str, default: f64, doc: &'static str) -> RuleParam {
    RuleParam {
        name,
        unit: Unit::Of(Dimension::TIME),
        default: Some(default),
        min: Bound::Exclusive(0.0),
        max: Bound::None,
        doc,
    }
}

/// A time constant.
pub(super) const fn tau(name: &'static str, default: f64, doc: &'static str) -> RuleParam {
    time(name, default, doc)
}

/// A plain number that is not negative.
pub(super) const fn number(name: &'static str, default: f64, doc: &'static str) -> RuleParam {
    RuleParam {
        name,
        unit: Unit::Of(Dimension::NONE),
        default: Some(default),
        min: Bound::Inclusive(0.0),
        max: Bound::None,
        doc,
    }
}

/// A weight of any sign.
pub(super) const fn weight(name: &'static str, default: f64, doc: &'static str) -> RuleParam {
    RuleParam {
        name,
        unit: Unit::Weight,
        default: Some(default),
        min: Bound::None,
        max: Bound::None,
        doc,
    }
}

/// The bound of a weight, which must be stated.
pub(super) const WMAX: RuleParam = RuleParam {
    name: "Wmax",
    unit: Unit::Weight,
    default: None,
    min: Bound::None,
    max: Bound::None,
    doc: "the weight stays between 0 and this; negative for inhibitory synapses",
};
