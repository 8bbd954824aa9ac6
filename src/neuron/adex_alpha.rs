//! # `adex_alpha`: adaptive exponential integrate-and-fire with alpha-shaped conductances
//!
//! The equations of `adex`, with the conductances of `lif_cond_alpha`. Clocked: not exact.

use super::adex::{Adex, CLOCK, PARAMS, REC_W, STATE_W};
use super::conductance::Alpha;
use super::def::ModelDef;
use super::lif_cond_alpha::{STATE_DG_EX, STATE_DG_IN};
use super::lif_cond_exp::{REC_G_EX, REC_G_IN, STATE_G_EX, STATE_G_IN};
use super::lif_delta::{REC_V, STATE_V};
use crate::units::Dimension;

/// Parameters in the order of `PARAMS`.
pub static DEF: ModelDef = ModelDef {
    name: "adex_alpha",
    summary: "adaptive exponential integrate-and-fire neuron with conductances that rise and fall (clocked)",
    equations: "\
C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - g_ex (V - E_ex) - g_in (V - E_in) - w + I_e
tau_w dw/dt = a (V - E_L) - w
dg_ex/dt = dg_ex - g_ex / tau_syn_ex;  tau_syn_ex d(dg_ex)/dt = -dg_ex;  the same for g_in
dg_ex <- dg_ex + w e / tau_syn_ex for each arriving w > 0 (nS): g_ex rises by w, tau_syn_ex later
dg_in <- dg_in + |w| e / tau_syn_in for each arriving w < 0 (nS)
V >= V_peak: spike; V <- V_reset, w <- w + b; V is held for t_ref, the rest goes on
On the right-hand sides V counts as at most V_peak. Delta_T = 0: no exponential, spike at V_th.",
    params: &PARAMS,
    state: &[
        STATE_V,
        STATE_W,
        STATE_G_EX,
        STATE_G_IN,
        STATE_DG_EX,
        STATE_DG_IN,
    ],
    recordables: &[REC_V, REC_W, REC_G_EX, REC_G_IN],
    weight: Some(Dimension::CONDUCTANCE),
    has_threshold: false,
    has_refractory_input: false,
    has_two_currents: false,
    has_escape: false,
    ports: 0,
    takes_current: true,
    clock: Some(CLOCK),
    reference: "Brette & Gerstner (2005) J. Neurophysiol. 94:3637; equations and defaults of NEST's aeif_cond_alpha",
};

pub type AdexAlpha = Adex<Alpha>;
