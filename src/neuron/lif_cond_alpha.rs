//! # `lif_cond_alpha`: leaky integrate-and-fire with alpha-shaped synaptic conductances
//!
//! ```text
//! C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I_e + I
//! dg/dt = dg - g / tau_syn;  tau_syn d(dg)/dt = -dg      for each channel
//! dg_ex <- dg_ex + w e / tau_syn_ex    for w > 0   nS
//! dg_in <- dg_in + |w| e / tau_syn_in  for w < 0   nS
//! V >= V_th: spike, V <- V_reset, held for t_ref; the conductances go on
//! ```
//!
//! A single input of weight w has its maximum, w, at tau_syn after its arrival. Clocked: not exact;
//! the step is that of `lif_cond_exp.rs`.

use super::conductance::Alpha;
use super::def::{ModelDef, ParamDef, StateDef, StateDefault};
use super::lif_cond_exp::{
    CLOCK, E_EX, E_IN, G_L, LifCond, REC_G_EX, REC_G_IN, STATE_G_EX, STATE_G_IN, STEPPED_T_REF,
    TAU_EX, TAU_IN,
};
use super::lif_delta::{C_M, E_L, I_E, REC_V, STATE_V, V_RESET, V_TH};
use crate::units::Dimension;

pub(super) const STATE_DG_EX: StateDef = StateDef {
    name: "dg_ex",
    dimension: Dimension::new(-1, -1, 1, 0),
    default: StateDefault::Value(0.0),
    doc: "drive of the excitatory conductance",
};
pub(super) const STATE_DG_IN: StateDef = StateDef {
    name: "dg_in",
    doc: "drive of the inhibitory conductance",
    ..STATE_DG_EX
};

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_cond_alpha",
    summary: "leaky integrate-and-fire neuron; an input spike opens a conductance that rises and falls (clocked)",
    equations: "\
C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I_e
dg_ex/dt = dg_ex - g_ex / tau_syn_ex;  tau_syn_ex d(dg_ex)/dt = -dg_ex;  the same for g_in
dg_ex <- dg_ex + w e / tau_syn_ex for each arriving w > 0 (nS): g_ex rises by w, tau_syn_ex later
dg_in <- dg_in + |w| e / tau_syn_in for each arriving w < 0 (nS)
V >= V_th: spike; V <- V_reset, held for t_ref; the conductances go on",
    params: &[
        E_L,
        C_M,
        G_L,
        STEPPED_T_REF,
        V_TH,
        ParamDef {
            default: -60.0,
            ..V_RESET
        },
        I_E,
        E_EX,
        E_IN,
        TAU_EX,
        TAU_IN,
    ],
    state: &[STATE_V, STATE_G_EX, STATE_G_IN, STATE_DG_EX, STATE_DG_IN],
    recordables: &[REC_V, REC_G_EX, REC_G_IN],
    weight: Some(Dimension::CONDUCTANCE),
    has_threshold: false,
    has_refractory_input: false,
    has_two_currents: false,
    has_escape: false,
    ports: 0,
    takes_current: true,
    clock: Some(CLOCK),
    reference: "Meffin, Burkitt & Grayden (2004) J. Comput. Neurosci. 16:159; equations and defaults of NEST's iaf_cond_alpha",
};

pub type LifCondAlpha = LifCond<Alpha>;
