//! # `stdp_triplet`: STDP of triplets of spikes
//!
//! ```text
//! pre spike:   w <- w - o1 (A2_minus + A3_minus r2)     r2 just before;  then r1 <- r1 + 1, r2 <- r2 + 1
//! post spike:  w <- w + r1 (A2_plus + A3_plus o2)       o2 just before;  then o1 <- o1 + 1, o2 <- o2 + 1
//! r1: tau_plus, r2: tau_x, o1: tau_minus, o2: tau_y
//! ```

use super::def::{ChoiceDef, ParamSet, RuleDef, WMAX, tau, weight};

pub const PAIRINGS: [&str; 2] = ["all_to_all", "nearest"];

const PAPER: &str = "Pfister & Gerstner (2006), J Neurosci 26:9673, tables 3 and 4";

macro_rules! set {
    ($name:literal, $pairing:literal, $a2p:literal, $a3p:literal, $a2m:literal, $a3m:literal, $tx:literal, $ty:literal) => {
        ParamSet {
            name: $name,
            values: &[
                ("A2_plus", $a2p),
                ("A3_plus", $a3p),
                ("A2_minus", $a2m),
                ("A3_minus", $a3m),
                ("tau_plus", 16.8),
                ("tau_x", $tx),
                ("tau_minus", 33.7),
                ("tau_y", $ty),
            ],
            choices: &[("pairing", $pairing)],
            reference: PAPER,
        }
    };
}

pub static DEF: RuleDef = RuleDef {
    name: "stdp_triplet",
    summary: "STDP of triplets: pairs whose effect depends on the spike before them, hence on rates",
    equations: "\
pre spike:   w <- w - o1 (A2_minus + A3_minus r2)     with r2 just before; then r1 <- r1 + 1, r2 <- r2 + 1
post spike:  w <- w + r1 (A2_plus + A3_plus o2)       with o2 just before; then o1 <- o1 + 1, o2 <- o2 + 1
r1, r2, o1, o2 decay with tau_plus, tau_x, tau_minus, tau_y. Weights stay between 0 and Wmax.
pairing = nearest sets traces to 1 instead of adding 1.",
    params: &[
        tau("tau_plus", 16.8, "time constant of r1"),
        tau("tau_x", 101.0, "time constant of r2"),
        tau("tau_minus", 33.7, "time constant of o1"),
        tau("tau_y", 125.0, "time constant of o2"),
        weight("A2_plus", 5e-10, "potentiation of pairs"),
        weight("A3_plus", 6.2e-3, "potentiation of triplets"),
        weight("A2_minus", 7e-3, "depression of pairs"),
        weight("A3_minus", 2.3e-4, "depression of triplets"),
        WMAX,
    ],
    choices: &[ChoiceDef {
        name: "pairing",
        among: &PAIRINGS,
        doc: "which spikes make triplets",
    }],
    sets: &[
        set!("visual_cortex_all_to_all_full", "all_to_all", 5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0),
        set!("visual_cortex_all_to_all_minimal", "all_to_all", 0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0),
        set!("visual_cortex_nearest_full", "nearest", 8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0),
        set!("hippocampus_all_to_all_full", "all_to_all", 6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0),
        set!("hippocampus_all_to_all_minimal", "all_to_all", 5.3e-3, 8.0e-3, 3.5e-3, 0.0, 946.0, 40.0),
        set!("hippocampus_nearest_full", "nearest", 4.6e-3, 9.1e-3, 3.0e-3, 7.5e-9, 575.0, 47.0),
    ],
    modulated: false,
    short_term: false,
    reference: "Pfister & Gerstner (2006), J Neurosci 26:9673",
};

/// Places in the table of parameters.
pub const TAU_PLUS: usize = 0;
pub const TAU_X: usize = 1;
pub const TAU_MINUS: usize = 2;
pub const TAU_Y: usize = 3;
pub const A2_PLUS: usize = 4;
pub const A3_PLUS: usize = 5;
pub const A2_MINUS: usize = 6;
pub const A3_MINUS: usize = 7;
pub const W_MAX: usize = 8;
