//! # `vogels`: inhibitory plasticity that balances excitation
//!
//! ```text
//! pre spike:   w <- w + eta (y - alpha),   x <- x + 1
//! post spike:  w <- w + eta x,             y <- y + 1          w between 0 and Wmax
//! tau dx/dt = -x,  tau dy/dt = -y,  alpha = 2 rho0 tau for a target rate rho0
//! ```

use super::def::{RuleDef, WMAX, number, tau, weight};

pub static DEF: RuleDef = RuleDef {
    name: "vogels",
    summary: "symmetric plasticity of inhibitory synapses that drives their targets to a rate",
    equations: "\
pre spike:   w <- w + eta (y - alpha),   then x <- x + 1
post spike:  w <- w + eta x,             then y <- y + 1
tau dx/dt = -x,  tau dy/dt = -y;  w stays between 0 and Wmax.
alpha = 2 rho0 tau makes rho0 the rate at which nothing changes on average. With a negative Wmax, eta is
the step of the absolute weight.",
    params: &[
        tau("tau", 20.0, "time constant of both traces"),
        weight("eta", 1e-3, "step of learning; positive"),
        number("alpha", 0.12, "depression by each pre spike, in steps"),
        WMAX,
    ],
    choices: &[],
    sets: &[],
    modulated: false,
    short_term: false,
    reference: "Vogels, Sprekeler, Zenke, Clopath & Gerstner (2011), Science 334:1569",
};

/// Places in the table of parameters.
pub const TAU: usize = 0;
pub const ETA: usize = 1;
pub const ALPHA: usize = 2;
pub const W_MAX: usize = 3;
