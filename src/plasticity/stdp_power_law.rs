//! # `stdp_power_law`: STDP with a power-law dependence on the weight
//!
//! ```text
//! post spike:  w <- w + lambda W0 (w / W0)^mu x
//! pre spike:   w <- w - alpha lambda w y            not below 0
//! ```

use super::def::{RuleDef, RuleParam, Unit, number, tau};
use crate::neuron::def::Bound;

pub static DEF: RuleDef = RuleDef {
    name: "stdp_power_law",
    summary: "STDP whose potentiation grows with a power of the weight, without an upper bound",
    equations: "\
post spike:  w <- w + lambda W0 (w / W0)^mu x
pre spike:   w <- w - alpha lambda w y            not below 0
x and y as in stdp, all pairs.",
    params: &[
        tau("tau_plus", 20.0, "time constant of the trace of pre spikes"),
        tau(
            "tau_minus",
            20.0,
            "time constant of the trace of post spikes",
        ),
        number("lambda", 0.1, "step of learning"),
        number("alpha", 1.0, "depression as a multiple of potentiation"),
        number("mu", 0.4, "exponent of the weight in potentiation"),
        RuleParam {
            name: "W0",
            unit: Unit::Weight,
            default: Some(1.0),
            min: Bound::None,
            max: Bound::None,
            doc: "reference weight; negative for inhibitory synapses",
        },
    ],
    choices: &[],
    sets: &[],
    modulated: false,
    short_term: false,
    reference: "Morrison, Aertsen & Diesmann (2007), Neural Comput 19:1437",
};

/// Places in the table of parameters.
pub const TAU_PLUS: usize = 0;
pub const TAU_MINUS: usize = 1;
pub const LAMBDA: usize = 2;
pub const ALPHA: usize = 3;
pub const MU: usize = 4;
pub const W0: usize = 5;
