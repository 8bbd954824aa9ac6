//! # `adex`: adaptive exponential integrate-and-fire with exponentially decaying conductances
//!
//! ```text
//! C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T)
//!             - g_ex (V - E_ex) - g_in (V - E_in) - w + I_e + I
//! tau_w dw/dt = a (V - E_L) - w
//! tau_syn_ex dg_ex/dt = -g_ex      g_ex <- g_ex + w    for w > 0   nS
//! tau_syn_in dg_in/dt = -g_in      g_in <- g_in + |w|  for w < 0   nS
//! V >= V_peak: spike, V <- V_reset, w <- w + b, V held for t_ref
//! ```
//!
//! As in NEST, V counts as at most V_peak on the right-hand sides, and with Delta_T = 0 there is no
//! exponential and the neuron spikes at V_th.
//!
//! Clocked: not exact. What is linear in V is solved as in `conductance.rs`; the exponential current
//! and w enter as they are at the start of the step and at a predicted end (Cox & Matthews 2002, J.
//! Comput. Phys. 176:430, eq. 22). Second order, and stable for any conductance. Spikes are found at
//! the ends of steps, of which a tick may hold several.

use std::marker::PhantomData;

use super::clocked::{Model, State};
use super::conductance::{Exponential, Kinetics, Membrane};
use super::def::{
    Bound, ClockDef, ModelDef, Order, ParamDef, RecordableDef, StateDef, StateDefault,
};
use super::exponential::exp;
use super::lif_cond_exp::{
    E_EX, E_IN, G_L, REC_G_EX, REC_G_IN, STATE_G_EX, STATE_G_IN, STEPPED_T_REF, TAU_EX, TAU_IN,
};
use super::lif_delta::{C_M, E_L, I_E, REC_V, STATE_V, V_RESET, V_TH};
use crate::network::spec::NeuronOptions;
use crate::simd::either;
use crate::units::Dimension;

/// Largest (V_peak - V_th) / Delta_T: beyond it the exponential could leave the range of numbers.
pub const MOST_EXPONENT: f64 = 663.0;

pub(super) const STATE_W: StateDef = StateDef {
    name: "w",
    dimension: Dimension::CURRENT,
    default: StateDefault::Value(0.0),
    doc: "adaptation current",
};
pub(super) const REC_W: RecordableDef = RecordableDef {
    name: "w",
    dimension: Dimension::CURRENT,
    doc: "adaptation current",
};

pub(super) const CLOCK: ClockDef = ClockDef {
    method: "exponential Runge-Kutta method of second order, exact decay of the conductances; spikes and resets at the ends of steps",
    default_ms: 0.025,
    follows_resolution: false,
    has_consistent_integration: false,
    orders: &[
        Order {
            low: "V_reset",
            high: "V_peak",
            may_be_equal: false,
            why: "a neuron that is reset to where it spikes would fire for ever; for drawn values state min and max",
        },
        Order {
            low: "V_th",
            high: "V_peak",
            may_be_equal: true,
            why: "the spike is cut off above the threshold of its upswing",
        },
    ],
};

/// Parameters in the order of `DEF.params`, which `adex_alpha` shares.
pub(super) const PARAMS: [ParamDef; 16] = [
    ParamDef {
        default: -70.6,
        ..E_L
    },
    ParamDef {
        default: 281.0,
        ..C_M
    },
    ParamDef {
        default: 30.0,
        ..G_L
    },
    ParamDef {
        default: 0.0,
        ..STEPPED_T_REF
    },
    ParamDef {
        default: -50.4,
        doc: "threshold of the upswing, where the exponential current reaches g_L Delta_T",
        ..V_TH
    },
    ParamDef {
        name: "V_peak",
        default: 0.0,
        doc: "potential at which a spike is detected and V is reset; not below V_th",
        ..V_TH
    },
    ParamDef {
        default: -60.0,
        doc: "potential after a spike; must be below V_peak",
        ..V_RESET
    },
    I_E,
    ParamDef {
        name: "Delta_T",
        dimension: Dimension::VOLTAGE,
        default: 2.0,
        min: Bound::Inclusive(0.0),
        max: Bound::None,
        doc: "slope factor: how sharp the upswing is; 0 switches the exponential off",
    },
    ParamDef {
        name: "a",
        dimension: Dimension::CONDUCTANCE,
        default: 4.0,
        min: Bound::None,
        max: Bound::None,
        doc: "adaptation to the potential",
    },
    ParamDef {
        name: "b",
        dimension: Dimension::CURRENT,
        default: 80.5,
        min: Bound::None,
        max: Bound::None,
        doc: "rise of the adaptation current at each own spike",
    },
    ParamDef {
        name: "tau_w",
        dimension: Dimension::TIME,
        default: 144.0,
        min: Bound::Exclusive(0.0),
        max: Bound::None,
        doc: "time constant of the adaptation current",
    },
    E_EX,
    E_IN,
    TAU_EX,
    TAU_IN,
];

/// Parameters in the order of `PARAMS`.
pub static DEF: ModelDef = ModelDef {
    name: "adex",
    summary: "adaptive exponential integrate-and-fire neuron with exponentially decaying conductances (clocked)",
    equations: "\
C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th) / Delta_T) - g_ex (V - E_ex) - g_in (V - E_in) - w + I_e
tau_w dw/dt = a (V - E_L) - w
tau_syn_ex dg_ex/dt = -g_ex;  g_ex <- g_ex + w for each arriving w > 0 (nS)
tau_syn_in dg_in/dt = -g_in;  g_in <- g_in + |w| for each arriving w < 0 (nS)
V >= V_peak: spike; V <- V_reset, w <- w + b; V is held for t_ref, the rest goes on
On the right-hand sides V counts as at most V_peak. Delta_T = 0: no exponential, spike at V_th.",
    params: &PARAMS,
    state: &[STATE_V, STATE_W, STATE_G_EX, STATE_G_IN],
    recordables: &[REC_V, REC_W, REC_G_EX, REC_G_IN],
    weight: Some(Dimension::CONDUCTANCE),
    has_threshold: false,
    has_refractory_input: false,
    has_two_currents: false,
    has_escape: false,
    ports: 0,
    takes_current: true,
    clock: Some(CLOCK),
    reference: "Brette & Gerstner (2005) J. Neurophysiol. 94:3637; equations and defaults of NEST's aeif_cond_exp",
};

/// State: V, w, g_ex, g_in, and the drives of the conductances where they have one.
pub struct Adex<K>(PhantomData<K>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants<K> {
    membrane: Membrane,
    synapse: [K; 2],
    /// Where a spike is detected, relative to E_L like all potentials here.
    peak: f64,
    /// V_peak: bound of V on the right-hand sides.
    bound: f64,
    threshold: f64,
    reset: f64,
    /// 1 / Delta_T and g_L Delta_T; both 0 without an exponential.
    steepness: f64,
    upswing: f64,
    a: f64,
    b: f64,
    /// Decay of w over a step, and the weights of V at its start and end in what w goes towards.
    fade: f64,
    toward: [f64; 2],
}

impl<K> Constants<K> {
    /// Current that does not depend linearly on V, and V as the equations see it.
    #[inline(always)]
    fn current(&self, v: f64, w: f64) -> (f64, f64) {
        let v = if v < self.bound { v } else { self.bound };
        let swing = self.upswing * exp((v - self.threshold) * self.steepness);
        (swing - w, v)
    }
}

pub type AdexExp = Adex<Exponential>;

impl<K: Kinetics> Model for Adex<K> {
    const CHANNELS: usize = 2;
    const NAMES: &'static [&'static str] = match K::SIZE {
        1 => &["V_m", "w", "g_ex", "g_in"],
        _ => &["V_m", "w", "g_ex", "g_in", "dg_ex", "dg_in"],
    };
    const REST: Option<&'static str> = Some("E_L");
    type Constants = Constants<K>;

    fn constants(param: &dyn Fn(&str) -> f64, h: f64, _: NeuronOptions) -> Constants<K> {
        let rest = param("E_L");
        let (slope, tau_w) = (param("Delta_T"), param("tau_w"));
        let bound = param("V_peak") - rest;
        let threshold = param("V_th") - rest;
        // The integral of exp(-(h - t) / tau) / tau over the step, and of its product with t / h.
        let whole = -libm::expm1(-h / tau_w);
        let late = 1.0 - whole * tau_w / h;
        Constants {
            membrane: Membrane::read(param, h),
            synapse: ["tau_syn_ex", "tau_syn_in"].map(|tau| K::new(param(tau), h)),
            peak: if slope > 0.0 { bound } else { threshold },
            bound,
            threshold,
            reset: param("V_reset") - rest,
            steepness: if slope > 0.0 { 1.0 / slope } else { 0.0 },
            upswing: param("g_L") * slope,
            a: param("a"),
            b: param("b"),
            fade: 1.0 - whole,
            toward: [whole - late, late],
        }
    }

    #[inline(always)]
    fn step(c: &Constants<K>, s: State, drive: f64, input: [f64; 2], held: bool) -> State {
        let [v, w, ex, inh, d_ex, d_in] = s;
        let [e, i] = &c.synapse;
        let gain = c.membrane.gain();
        let l = c
            .membrane
            .linear(e.course(ex, d_ex), i.course(inh, d_in), drive);
        let decay = l.mean_decay();
        let (now, v_now) = c.current(v, w);
        let predicted = v + (l.beta + gain * now - l.alpha * v) * decay;
        // During the refractory time w goes towards what the held V asks for.
        let predicted = either(held, v, predicted);
        let w_kept = w * c.fade;
        let [first, last] = c.toward;
        let (then, v_then) = c.current(predicted, w_kept + c.a * v_now * (first + last));
        // Integral of the second current's share: (1 - decay) / alpha, which is 1/2 for alpha = 0.
        let alpha = if l.alpha > 1e-8 { l.alpha } else { 1e-8 };
        let share = either(l.alpha > 1e-8, (1.0 - decay) / alpha, 0.5);
        let moved = predicted + gain * (then - now) * share;
        let w = w_kept + c.a * (v_now * first + v_then * last);
        let (ex, d_ex) = e.advance(ex, d_ex);
        let (inh, d_in) = i.advance(inh, d_in);
        let (ex, d_ex) = e.receive(ex, d_ex, input[0]);
        let (inh, d_in) = i.receive(inh, d_in, -input[1]);
        [either(held, v, moved), w, ex, inh, d_ex, d_in]
    }

    #[inline(always)]
    fn threshold(c: &Constants<K>) -> f64 {
        c.peak
    }

    fn fire(c: &Constants<K>, mut s: State) -> State {
        s[0] = c.reset;
        s[1] += c.b;
        s
    }
}
