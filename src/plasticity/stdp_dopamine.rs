//! # `stdp_dopamine`: STDP that a modulator turns into learning
//!
//! ```text
//! dw/dt = c (n - b)          w between Wmin and Wmax
//! tau_c dc/dt = -c           c <- c + A_plus x at a post spike,  c <- c - A_minus y at a pre spike
//! tau_n dn/dt = -n           n <- n + amount / tau_n at an event of the modulator
//! ```
//!
//! Solved in closed form between events; where weights are bounded, an interval is cut where n crosses b.

use super::def::{ChoiceDef, RuleDef, RuleParam, Unit, tau, weight};
use crate::neuron::def::Bound;
use crate::units::Dimension;

pub const ELIGIBILITIES: [&str; 2] = ["exponential", "alpha"];

pub(super) const W_MIN_DEF: RuleParam = RuleParam {
    name: "Wmin",
    unit: Unit::Weight,
    default: Some(0.0),
    min: Bound::None,
    max: Bound::None,
    doc: "lower bound of the weight",
};
pub(super) const W_MAX_DEF: RuleParam = RuleParam {
    name: "Wmax",
    unit: Unit::Weight,
    default: None,
    min: Bound::None,
    max: Bound::None,
    doc: "upper bound of the weight",
};
pub(super) const ELIGIBILITY: ChoiceDef = ChoiceDef {
    name: "eligibility",
    among: &ELIGIBILITIES,
    doc: "exponential: c jumps and decays; alpha: c rises and falls like (t / tau_c) exp(-t / tau_c)",
};

pub static DEF: RuleDef = RuleDef {
    name: "stdp_dopamine",
    summary: "STDP that leaves an eligibility trace, which dopamine turns into learning",
    equations: "\
dw/dt = c (n - b)          w between Wmin and Wmax
tau_c dc/dt = -c           c <- c + A_plus x at a post spike,  c <- c - A_minus y at a pre spike
tau_n dn/dt = -n           n <- n + amount / tau_n at an event of the modulator
x and y as in stdp, all pairs. Solved in closed form between events. A_minus = 0 learns from causal pairs
only. With eligibility = alpha, what is added to c is convolved with (t / tau_c) exp(-t / tau_c).",
    params: &[
        tau("tau_plus", 20.0, "time constant of the trace of pre spikes"),
        tau("tau_minus", 20.0, "time constant of the trace of post spikes"),
        tau("tau_c", 1000.0, "time constant of the eligibility"),
        tau("tau_n", 200.0, "time constant of the modulator"),
        weight("A_plus", 1.0, "eligibility of a pair pre before post"),
        weight("A_minus", 1.5, "eligibility, taken off, of a pair post before pre"),
        RuleParam {
            name: "b",
            unit: Unit::Of(Dimension::RATE),
            default: Some(0.0),
            min: Bound::None,
            max: Bound::None,
            doc: "level of the modulator at which nothing is learnt: a rate of events of amount 1; a tonic level is negative",
        },
        W_MIN_DEF,
        W_MAX_DEF,
    ],
    choices: &[ELIGIBILITY],
    sets: &[],
    modulated: true,
    short_term: false,
    reference: "Izhikevich (2007), Cereb Cortex 17:2443; Potjans, Morrison & Diesmann (2010), Front Comput Neurosci 4:141; Legenstein, Pecevski & Maass (2008), PLoS Comput Biol 4:e1000180",
};

/// Places in the table of parameters.
pub const TAU_PLUS: usize = 0;
pub const TAU_MINUS: usize = 1;
pub const TAU_C: usize = 2;
pub const TAU_N: usize = 3;
pub const A_PLUS: usize = 4;
pub const A_MINUS: usize = 5;
/// In kHz.
pub const B: usize = 6;
pub const W_MIN: usize = 7;
pub const W_MAX: usize = 8;
