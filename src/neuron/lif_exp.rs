//! # `lif_exp`: leaky integrate-and-fire with exponentially decaying synaptic currents
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_ex + I_in + I_e + I)
//! tau_syn_ex dI_ex/dt = -I_ex      I_ex <- I_ex + w   for w > 0   pA
//! tau_syn_in dI_in/dt = -I_in      I_in <- I_in + w   for w < 0   pA
//! V >= V_th: spike, V <- V_reset, held for t_ref; the currents go on
//! ```

use super::def::{Bound, ModelDef, ParamDef, RecordableDef, StateDef, StateDefault};
use super::lif_delta::{
    C_M, E_L, I_E, Q_SFA, REC_TH, REC_V, STATE_A, STATE_V, T_REF, TAU_M, TAU_SFA, V_RESET, V_TH,
};
use crate::units::Dimension;

pub(super) const TAU_SYN_EX: ParamDef = ParamDef {
    name: "tau_syn_ex",
    dimension: Dimension::TIME,
    default: 2.0,
    min: Bound::Exclusive(0.0),
    max: Bound::None,
    doc: "time constant of the excitatory current (weights > 0)",
};
pub(super) const TAU_SYN_IN: ParamDef = ParamDef {
    name: "tau_syn_in",
    dimension: Dimension::TIME,
    default: 2.0,
    min: Bound::Exclusive(0.0),
    max: Bound::None,
    doc: "time constant of the inhibitory current (weights < 0)",
};
pub(super) const REC_EX: RecordableDef = RecordableDef {
    name: "I_syn_ex",
    dimension: Dimension::CURRENT,
    doc: "excitatory synaptic current",
};
pub(super) const REC_IN: RecordableDef = RecordableDef {
    name: "I_syn_in",
    dimension: Dimension::CURRENT,
    doc: "inhibitory synaptic current (negative)",
};

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_exp",
    summary: "leaky integrate-and-fire neuron; an input spike starts a current that decays exponentially",
    equations: "\
tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_syn_ex + I_syn_in + I_e)
tau_syn_ex dI_syn_ex/dt = -I_syn_ex;  I_syn_ex <- I_syn_ex + w for each arriving w > 0 (pA)
tau_syn_in dI_syn_in/dt = -I_syn_in;  I_syn_in <- I_syn_in + w for each arriving w < 0 (pA)
V >= V_th (V > V_th with threshold_test = \"strict\"): spike; V <- V_reset (V <- V - (V_th - E_L) with reset = \"subtract\"), held for t_ref; the currents go on
threshold = V_th + a;  tau_sfa da/dt = -a;  a <- a + q_sfa at each own spike
Solved in closed form between events; exact on the grid of ticks.",
    params: &[
        E_L, C_M, TAU_M, T_REF, V_TH, V_RESET, I_E, Q_SFA, TAU_SFA, TAU_SYN_EX, TAU_SYN_IN,
    ],
    state: &[
        STATE_V,
        STATE_A,
        StateDef {
            name: "I_syn_ex",
            dimension: Dimension::CURRENT,
            default: StateDefault::Value(0.0),
            doc: "excitatory synaptic current",
        },
        StateDef {
            name: "I_syn_in",
            dimension: Dimension::CURRENT,
            default: StateDefault::Value(0.0),
            doc: "inhibitory synaptic current",
        },
    ],
    recordables: &[REC_V, REC_TH, REC_EX, REC_IN],
    weight: Some(Dimension::CURRENT),
    has_threshold: true,
    has_refractory_input: false,
    takes_current: true,
    reference: "Rotter & Diesmann (1999) Biol. Cybern. 81:381; convention of NEST's iaf_psc_exp",
};
