//! # `lif_cond_exp`: leaky integrate-and-fire with exponentially decaying synaptic conductances
//!
//! ```text
//! C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I_e + I
//! tau_syn_ex dg_ex/dt = -g_ex      g_ex <- g_ex + w    for w > 0   nS
//! tau_syn_in dg_in/dt = -g_in      g_in <- g_in + |w|  for w < 0   nS
//! V >= V_th: spike, V <- V_reset, held for t_ref; the conductances go on
//! ```
//!
//! Clocked: not exact. The step is that of `conductance.rs`, of fourth order; threshold and reset
//! are tested at the ends of steps.

use std::marker::PhantomData;

use super::clocked::{Model, State};
use super::conductance::{Exponential, Kinetics, Membrane};
use super::def::{
    Bound, ClockDef, ModelDef, Order, ParamDef, RecordableDef, StateDef, StateDefault,
};
use super::lif_delta::{C_M, E_L, I_E, REC_V, STATE_V, T_REF, V_RESET, V_TH};
use super::lif_exp::{TAU_SYN_EX, TAU_SYN_IN};
use crate::network::spec::NeuronOptions;
use crate::simd::either;
use crate::units::Dimension;

pub(super) const G_L: ParamDef = ParamDef {
    name: "g_L",
    dimension: Dimension::CONDUCTANCE,
    default: 16.6667,
    min: Bound::Inclusive(0.0),
    max: Bound::None,
    doc: "leak conductance",
};
pub(super) const E_EX: ParamDef = ParamDef {
    name: "E_ex",
    dimension: Dimension::VOLTAGE,
    default: 0.0,
    min: Bound::None,
    max: Bound::None,
    doc: "reversal potential of excitation",
};
pub(super) const E_IN: ParamDef = ParamDef {
    name: "E_in",
    default: -85.0,
    doc: "reversal potential of inhibition",
    ..E_EX
};
pub(super) const TAU_EX: ParamDef = ParamDef {
    default: 0.2,
    doc: "time constant of the excitatory conductance (weights > 0)",
    ..TAU_SYN_EX
};
pub(super) const TAU_IN: ParamDef = ParamDef {
    default: 2.0,
    doc: "time constant of the inhibitory conductance (weights < 0)",
    ..TAU_SYN_IN
};
pub(super) const STEPPED_T_REF: ParamDef = ParamDef {
    doc: "absolute refractory time, rounded to ticks, or to steps where these are longer",
    ..T_REF
};
pub(super) const STATE_G_EX: StateDef = StateDef {
    name: "g_ex",
    dimension: Dimension::CONDUCTANCE,
    default: StateDefault::Value(0.0),
    doc: "excitatory conductance",
};
pub(super) const STATE_G_IN: StateDef = StateDef {
    name: "g_in",
    doc: "inhibitory conductance",
    ..STATE_G_EX
};
pub(super) const REC_G_EX: RecordableDef = RecordableDef {
    name: "g_ex",
    dimension: Dimension::CONDUCTANCE,
    doc: "excitatory conductance",
};
pub(super) const REC_G_IN: RecordableDef = RecordableDef {
    name: "g_in",
    dimension: Dimension::CONDUCTANCE,
    doc: "inhibitory conductance",
};

pub(super) const CLOCK: ClockDef = ClockDef {
    method: "Magnus expansion of fourth order for V, exact decay of the conductances; spikes and resets at the ends of steps",
    default_ms: 0.1,
    follows_resolution: false,
    has_consistent_integration: false,
    orders: &[Order {
        low: "V_reset",
        high: "V_th",
        may_be_equal: false,
        why: "a neuron that is reset to its threshold would fire for ever; for drawn values state min and max",
    }],
};

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_cond_exp",
    summary: "leaky integrate-and-fire neuron; an input spike opens a conductance that decays exponentially (clocked)",
    equations: "\
C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I_e
tau_syn_ex dg_ex/dt = -g_ex;  g_ex <- g_ex + w for each arriving w > 0 (nS)
tau_syn_in dg_in/dt = -g_in;  g_in <- g_in + |w| for each arriving w < 0 (nS)
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
    state: &[STATE_V, STATE_G_EX, STATE_G_IN],
    recordables: &[REC_V, REC_G_EX, REC_G_IN],
    weight: Some(Dimension::CONDUCTANCE),
    has_threshold: false,
    has_refractory_input: false,
    has_two_currents: false,
    has_escape: false,
    ports: 0,
    takes_current: true,
    clock: Some(CLOCK),
    reference: "Meffin, Burkitt & Grayden (2004) J. Comput. Neurosci. 16:159; equations and defaults of NEST's iaf_cond_exp",
};

/// State: V, g_ex, g_in, and the drives of the conductances where they have one.
pub struct LifCond<K>(PhantomData<K>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants<K> {
    membrane: Membrane,
    synapse: [K; 2],
    threshold: f64,
    reset: f64,
}

pub type LifCondExp = LifCond<Exponential>;

impl<K: Kinetics> Model for LifCond<K> {
    const CHANNELS: usize = 2;
    const NAMES: &'static [&'static str] = match K::SIZE {
        1 => &["V_m", "g_ex", "g_in"],
        _ => &["V_m", "g_ex", "g_in", "dg_ex", "dg_in"],
    };
    const REST: Option<&'static str> = Some("E_L");
    type Constants = Constants<K>;

    fn constants(param: &dyn Fn(&str) -> f64, h: f64, _: NeuronOptions) -> Constants<K> {
        Constants {
            membrane: Membrane::read(param, h),
            synapse: ["tau_syn_ex", "tau_syn_in"].map(|tau| K::new(param(tau), h)),
            threshold: param("V_th") - param("E_L"),
            reset: param("V_reset") - param("E_L"),
        }
    }

    #[inline(always)]
    fn step(c: &Constants<K>, s: State, drive: f64, input: [f64; 2], held: bool) -> State {
        let [v, ex, inh, d_ex, d_in, _] = s;
        let [e, i] = &c.synapse;
        let l = c
            .membrane
            .linear(e.course(ex, d_ex), i.course(inh, d_in), drive);
        let moved = v + (l.beta - l.alpha * v) * l.mean_decay();
        let (ex, d_ex) = e.advance(ex, d_ex);
        let (inh, d_in) = i.advance(inh, d_in);
        let (ex, d_ex) = e.receive(ex, d_ex, input[0]);
        let (inh, d_in) = i.receive(inh, d_in, -input[1]);
        [either(held, v, moved), ex, inh, d_ex, d_in, 0.0]
    }

    #[inline(always)]
    fn threshold(c: &Constants<K>) -> f64 {
        c.threshold
    }

    fn fire(c: &Constants<K>, mut s: State) -> State {
        s[0] = c.reset;
        s
    }
}
