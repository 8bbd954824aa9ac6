//! # `tsodyks2`: short-term depression and facilitation
//!
//! ```text
//! at a spike, h after the one before:   x <- 1 + (x - x u - 1) exp(-h / tau_rec)
//!                                       u <- U + u (1 - U) exp(-h / tau_fac)      (tau_fac = 0: u = U)
//! it transmits w u x
//! ```

use super::def::{RuleDef, RuleParam, Unit, tau};
use crate::neuron::def::Bound;
use crate::units::Dimension;

const fn share(name: &'static str, default: f64, doc: &'static str) -> RuleParam {
    RuleParam {
        name,
        unit: Unit::Of(Dimension::NONE),
        default: Some(default),
        min: Bound::Inclusive(0.0),
        max: Bound::Inclusive(1.0),
        doc,
    }
}

pub(super) const U_DEF: RuleParam = share("U", 0.5, "share of the resources that a spike uses");
pub(super) const X_DEF: RuleParam = share("x", 1.0, "resources at the beginning");
pub(super) const TAU_REC_DEF: RuleParam = tau(
    "tau_rec",
    800.0,
    "time constant of recovery from depression",
);
pub(super) const TAU_FAC_DEF: RuleParam = RuleParam {
    name: "tau_fac",
    unit: Unit::Of(Dimension::TIME),
    default: Some(0.0),
    min: Bound::Inclusive(0.0),
    max: Bound::None,
    doc: "time constant of facilitation; 0: none",
};

pub static DEF: RuleDef = RuleDef {
    name: "tsodyks2",
    summary: "short-term depression and facilitation with two states per source",
    equations: "\
at a spike, h after the one before:   x <- 1 + (x - x u - 1) exp(-h / tau_rec)
                                      u <- U + u (1 - U) exp(-h / tau_fac)      (tau_fac = 0: u = U)
it transmits w u x. The first spike finds x as stated and u = U.",
    params: &[U_DEF, X_DEF, TAU_REC_DEF, TAU_FAC_DEF],
    choices: &[],
    sets: &[],
    modulated: false,
    short_term: true,
    reference: "Tsodyks & Markram (1997), PNAS 94:719; Maass & Markram (2002), Neural Networks 15:155",
};

/// Places in the table of parameters.
pub const U: usize = 0;
pub const X: usize = 1;
pub const TAU_REC: usize = 2;
pub const TAU_FAC: usize = 3;
