//! # `tsodyks`: short-term plasticity with three states of resources
//!
//! ```text
//! recovered x, active y, inactive z = 1 - x - y
//! dx/dt = z / tau_rec,  dy/dt = -y / tau_psc,  dz/dt = y / tau_psc - z / tau_rec,  du/dt = -u / tau_fac
//! at a spike:  u <- u + U (1 - u);  r = u x;  x <- x - r;  y <- y + r;  it transmits w r
//! ```

use super::def::{RuleDef, RuleParam, Unit, tau};
use super::tsodyks2::{TAU_FAC_DEF, TAU_REC_DEF, U_DEF, X_DEF};
use crate::neuron::def::Bound;
use crate::units::Dimension;

const fn state(name: &'static str, doc: &'static str) -> RuleParam {
    RuleParam {
        name,
        unit: Unit::Of(Dimension::NONE),
        default: Some(0.0),
        min: Bound::Inclusive(0.0),
        max: Bound::Inclusive(1.0),
        doc,
    }
}

pub static DEF: RuleDef = RuleDef {
    name: "tsodyks",
    summary: "short-term plasticity with recovered, active and inactive resources",
    equations: "\
recovered x, active y, inactive z = 1 - x - y
dx/dt = z / tau_rec,  dy/dt = -y / tau_psc,  dz/dt = y / tau_psc - z / tau_rec,  du/dt = -u / tau_fac
at a spike:  u <- u + U (1 - u);  r = u x;  x <- x - r;  y <- y + r;  it transmits w r",
    params: &[
        U_DEF,
        X_DEF,
        TAU_REC_DEF,
        TAU_FAC_DEF,
        tau("tau_psc", 3.0, "time constant of inactivation: that of the synaptic current"),
        state("y", "active share at the beginning"),
        state("u", "utilisation at the beginning"),
    ],
    choices: &[],
    sets: &[],
    modulated: false,
    short_term: true,
    reference: "Tsodyks, Uziel & Markram (2000), J Neurosci 20:RC50",
};

/// Places in the table of parameters.
pub const U: usize = 0;
pub const X: usize = 1;
pub const TAU_REC: usize = 2;
pub const TAU_FAC: usize = 3;
pub const TAU_PSC: usize = 4;
pub const Y0: usize = 5;
pub const U0: usize = 6;
