//! # `r_stdp`: STDP that rewards turn into learning at once
//!
//! ```text
//! event of the modulator:  w <- w + amount c          w between Wmin and Wmax
//! tau_c dc/dt = -c         c <- c + A_plus x at a post spike,  c <- c - A_minus y at a pre spike
//! ```

use super::def::{RuleDef, tau, weight};
use super::stdp_dopamine::{ELIGIBILITY, W_MAX_DEF, W_MIN_DEF};

pub static DEF: RuleDef = RuleDef {
    name: "r_stdp",
    summary: "STDP that leaves an eligibility trace; each reward adds it to the weight at once",
    equations: "\
event of the modulator:  w <- w + amount c          w between Wmin and Wmax
tau_c dc/dt = -c         c <- c + A_plus x at a post spike,  c <- c - A_minus y at a pre spike
x and y as in stdp, all pairs. A_minus = 0 learns from causal pairs only, A_minus = A_plus has a
balanced window.",
    params: &[
        tau("tau_plus", 20.0, "time constant of the trace of pre spikes"),
        tau(
            "tau_minus",
            20.0,
            "time constant of the trace of post spikes",
        ),
        tau("tau_c", 500.0, "time constant of the eligibility"),
        weight("A_plus", 0.01, "eligibility of a pair pre before post"),
        weight(
            "A_minus",
            0.0,
            "eligibility, taken off, of a pair post before pre",
        ),
        W_MIN_DEF,
        W_MAX_DEF,
    ],
    choices: &[ELIGIBILITY],
    sets: &[],
    modulated: true,
    short_term: false,
    reference: "Frémaux & Gerstner (2016), Front Neural Circuits 9:85",
};

/// Places in the table of parameters.
pub const TAU_PLUS: usize = 0;
pub const TAU_MINUS: usize = 1;
pub const TAU_C: usize = 2;
pub const A_PLUS: usize = 3;
pub const A_MINUS: usize = 4;
pub const W_MIN: usize = 5;
pub const W_MAX: usize = 6;
