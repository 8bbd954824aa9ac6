//! # `lif_alpha`: leaky integrate-and-fire with alpha-shaped synaptic currents
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_ex + I_in + I_e + I)
//! I_x(t) = w (e / tau_syn_x) t exp(-t / tau_syn_x) after an input of weight w at t = 0   pA
//!   (peak w at t = tau_syn_x), that is
//! dI_x/dt = y_x - I_x / tau_syn_x;   dy_x/dt = -y_x / tau_syn_x;   y_x <- y_x + w e / tau_syn_x
//! V >= V_th: spike, V <- V_reset, held for t_ref; the currents go on
//! ```

use super::def::{ModelDef, StateDef, StateDefault};
use super::lif_delta::{
    C_M, E_L, I_E, Q_SFA, REC_TH, REC_V, STATE_A, STATE_V, T_REF, TAU_M, TAU_SFA, V_RESET, V_TH,
};
use super::lif_exp::{REC_EX, REC_IN, TAU_SYN_EX, TAU_SYN_IN};
use crate::units::Dimension;

const fn state(name: &'static str, dimension: Dimension, doc: &'static str) -> StateDef {
    StateDef {
        name,
        dimension,
        default: StateDefault::Value(0.0),
        doc,
    }
}

const CURRENT_PER_TIME: Dimension = Dimension::new(-1, 0, 1, 0);

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_alpha",
    summary: "leaky integrate-and-fire neuron; an input spike starts a current that rises and falls as an alpha function",
    equations: "\
tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_syn_ex + I_syn_in + I_e)
I_syn(t) = w (e / tau_syn) t exp(-t / tau_syn) after an input w (pA) at t = 0: peak w at t = tau_syn
w > 0 goes to I_syn_ex (tau_syn_ex), w < 0 to I_syn_in (tau_syn_in)
V >= V_th (V > V_th with threshold_test = \"strict\"): spike; V <- V_reset (V <- V - (V_th - E_L) with reset = \"subtract\"), held for t_ref; the currents go on
threshold = V_th + a;  tau_sfa da/dt = -a;  a <- a + q_sfa at each own spike
Solved in closed form between events; exact on the grid of ticks.",
    params: &[
        E_L, C_M, TAU_M, T_REF, V_TH, V_RESET, I_E, Q_SFA, TAU_SFA, TAU_SYN_EX, TAU_SYN_IN,
    ],
    state: &[
        STATE_V,
        STATE_A,
        state("I_syn_ex", Dimension::CURRENT, "excitatory synaptic current"),
        state("I_syn_in", Dimension::CURRENT, "inhibitory synaptic current"),
        state(
            "dI_syn_ex",
            CURRENT_PER_TIME,
            "driving term y of the excitatory current",
        ),
        state(
            "dI_syn_in",
            CURRENT_PER_TIME,
            "driving term y of the inhibitory current",
        ),
    ],
    recordables: &[REC_V, REC_TH, REC_EX, REC_IN],
    weight: Some(Dimension::CURRENT),
    has_threshold: true,
    has_refractory_input: false,
    takes_current: true,
    reference: "Rotter & Diesmann (1999) Biol. Cybern. 81:381; convention of NEST's iaf_psc_alpha",
};
