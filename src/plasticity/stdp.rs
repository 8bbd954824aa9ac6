//! # `stdp`: pair-based spike-timing-dependent plasticity
//!
//! ```text
//! post spike:  v <- v + lambda (1 - v)^mu_plus x              v = w / Wmax, kept in [0, 1]
//! pre spike:   v <- v - alpha lambda v^mu_minus y
//! tau_plus dx/dt = -x,   x <- x + 1 at pre spikes;   tau_minus dy/dt = -y,   y <- y + 1 at post spikes
//! ```
//!
//! mu = 0: additive; 1: multiplicative; between: Gütig; mu_plus = 0 and mu_minus = 1: van Rossum.

use super::def::{ChoiceDef, RuleDef, WMAX, number, tau};

pub const PAIRINGS: [&str; 4] = [
    "all_to_all",
    "nearest_symmetric",
    "nearest_restricted",
    "pre_centred",
];

pub static DEF: RuleDef = RuleDef {
    name: "stdp",
    summary: "pair-based STDP: additive, multiplicative and all between, with any pairing",
    equations: "\
post spike:  v <- v + lambda (1 - v)^mu_plus x            v = w / Wmax, kept in [0, 1]
pre spike:   v <- v - alpha lambda v^mu_minus y
tau_plus dx/dt = -x,    x <- x + 1 at a pre spike
tau_minus dy/dt = -y,   y <- y + 1 at a post spike

A pre spike acts when it has passed the axonal delay, a post spike when it has passed the dendritic one.
Two spikes that meet exactly make no pair. At its arrival a spike learns first, then it is transmitted.
Pairings: all_to_all as above; nearest_symmetric sets traces to 1 instead of adding 1; nearest_restricted
pairs a post spike with a pre spike only if it is the first after it, and a pre spike with a post spike
only if there was one since the pre spike before; pre_centred pairs every pre spike with the next post
spike and with the last one.",
    params: &[
        tau("tau_plus", 20.0, "time constant of the trace of pre spikes"),
        tau("tau_minus", 20.0, "time constant of the trace of post spikes"),
        number("lambda", 0.01, "step of potentiation, as a share of Wmax"),
        number("alpha", 1.0, "depression as a multiple of potentiation"),
        number("mu_plus", 1.0, "exponent of (1 - v) in potentiation"),
        number("mu_minus", 1.0, "exponent of v in depression"),
        WMAX,
    ],
    choices: &[ChoiceDef {
        name: "pairing",
        among: &PAIRINGS,
        doc: "which spikes make pairs",
    }],
    sets: &[],
    modulated: false,
    short_term: false,
    reference: "Gütig, Aharonov, Rotter & Sompolinsky (2003), J Neurosci 23:3697; Morrison, Diesmann & Gerstner (2008), Biol Cybern 98:459",
};

/// Places in the table of parameters.
pub const TAU_PLUS: usize = 0;
pub const TAU_MINUS: usize = 1;
pub const LAMBDA: usize = 2;
pub const ALPHA: usize = 3;
pub const MU_PLUS: usize = 4;
pub const MU_MINUS: usize = 5;
pub const W_MAX: usize = 6;
