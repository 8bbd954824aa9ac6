//! # `lif_delta`: leaky integrate-and-fire with delta-shaped synaptic input
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_e + I)       between inputs
//! V <- V + sum of the weights that arrive at the tick       mV
//! V >= V_th: spike, V <- V_reset, held for t_ref
//! ```
//!
//! The textbook neuron tau dV/dt = -V, V <- V + w, V <- 0 is this model with E_L = V_reset = 0.

use super::columnar::columnar;
use super::crossing::{ExpSum, relaxing};
use super::def::{Bound, ModelDef, ParamDef, RecordableDef, StateDef, StateDefault};
use super::membrane::{Dynamics, Limits, SYN, Target};
use super::propagator::Propagator;
use super::real::Real;
use crate::units::Dimension;

pub(super) const E_L: ParamDef = ParamDef {
    name: "E_L",
    dimension: Dimension::VOLTAGE,
    default: -70.0,
    min: Bound::None,
    max: Bound::None,
    doc: "resting potential",
};
pub(super) const C_M: ParamDef = ParamDef {
    name: "C_m",
    dimension: Dimension::CAPACITANCE,
    default: 250.0,
    min: Bound::Exclusive(0.0),
    max: Bound::None,
    doc: "membrane capacitance",
};
pub(super) const TAU_M: ParamDef = ParamDef {
    name: "tau_m",
    dimension: Dimension::TIME,
    default: 10.0,
    min: Bound::Exclusive(0.0),
    max: Bound::None,
    doc: "membrane time constant",
};
pub(super) const T_REF: ParamDef = ParamDef {
    name: "t_ref",
    dimension: Dimension::TIME,
    default: 2.0,
    min: Bound::Inclusive(0.0),
    max: Bound::None,
    doc: "absolute refractory time, rounded to ticks",
};
pub(super) const V_TH: ParamDef = ParamDef {
    name: "V_th",
    dimension: Dimension::VOLTAGE,
    default: -55.0,
    min: Bound::None,
    max: Bound::None,
    doc: "spike threshold",
};
pub(super) const V_RESET: ParamDef = ParamDef {
    name: "V_reset",
    dimension: Dimension::VOLTAGE,
    default: -70.0,
    min: Bound::None,
    max: Bound::None,
    doc: "potential after a spike; must be below V_th",
};
pub(super) const I_E: ParamDef = ParamDef {
    name: "I_e",
    dimension: Dimension::CURRENT,
    default: 0.0,
    min: Bound::None,
    max: Bound::None,
    doc: "constant input current",
};
pub(super) const Q_SFA: ParamDef = ParamDef {
    name: "q_sfa",
    dimension: Dimension::VOLTAGE,
    default: 0.0,
    min: Bound::Inclusive(0.0),
    max: Bound::None,
    doc: "rise of the threshold at each own spike; 0 switches adaptation off",
};
pub(super) const TAU_SFA: ParamDef = ParamDef {
    name: "tau_sfa",
    dimension: Dimension::TIME,
    default: 100.0,
    min: Bound::Exclusive(0.0),
    max: Bound::None,
    doc: "time constant with which the risen threshold decays back to V_th",
};

pub(super) const STATE_V: StateDef = StateDef {
    name: "V_m",
    dimension: Dimension::VOLTAGE,
    default: StateDefault::Param("E_L"),
    doc: "membrane potential",
};
pub(super) const STATE_A: StateDef = StateDef {
    name: "threshold_rise",
    dimension: Dimension::VOLTAGE,
    default: StateDefault::Value(0.0),
    doc: "how far the threshold stands above V_th",
};
pub(super) const REC_V: RecordableDef = RecordableDef {
    name: "V_m",
    dimension: Dimension::VOLTAGE,
    doc: "membrane potential",
};
pub(super) const REC_TH: RecordableDef = RecordableDef {
    name: "threshold",
    dimension: Dimension::VOLTAGE,
    doc: "momentary spike threshold, V_th + threshold_rise",
};

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_delta",
    summary: "leaky integrate-and-fire neuron; an input spike moves the potential at once",
    equations: "\
tau_m dV/dt = -(V - E_L) + (tau_m / C_m) I_e
V <- V + sum of the weights (mV) that arrive at a tick; lost while refractory unless refractory_input = true
V >= V_th (V > V_th with threshold_test = \"strict\"): spike; V <- V_reset (V <- V - (V_th - E_L) with reset = \"subtract\"), held for t_ref
threshold = V_th + a;  tau_sfa da/dt = -a;  a <- a + q_sfa at each own spike
with escape = { rate, width }: a spike at a tick with the chance 1 - exp(-h rate exp((V - threshold) / width))
Solved in closed form between events; exact on the grid of ticks.",
    params: &[E_L, C_M, TAU_M, T_REF, V_TH, V_RESET, I_E, Q_SFA, TAU_SFA],
    state: &[STATE_V, STATE_A],
    recordables: &[REC_V, REC_TH],
    weight: Some(Dimension::VOLTAGE),
    has_threshold: true,
    has_refractory_input: true,
    has_two_currents: false,
    has_escape: true,
    ports: 0,
    takes_current: true,
    clock: None,
    reference: "Rotter & Diesmann (1999) Biol. Cybern. 81:381; convention of NEST's iaf_psc_delta",
};

/// V in mV relative to E_L; drive in pA.
pub struct LifDelta;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    pub(super) tau_m: f64,
    pub(super) c_m: f64,
}

/// V <- keep V + gain drive.
#[derive(Clone, Copy, Debug)]
pub struct Step<R> {
    pub(super) keep: R,
    pub(super) gain: R,
}

columnar!(Step<R: Real> { keep: R, gain: R });

impl<R: Real> Propagator for Step<R> {
    #[inline(always)]
    fn then(self, next: Self) -> Self {
        Self {
            keep: self.keep * next.keep,
            gain: self.gain * next.keep + next.gain,
        }
    }
}

impl<R: Real> Dynamics<R> for LifDelta {
    const CHANNELS: usize = 1;
    const SYN: usize = 0;
    type Constants = Constants;
    type Step = Step<R>;
    type State = [R; 0];

    fn constants(param: &dyn Fn(&str) -> f64) -> Constants {
        Constants {
            tau_m: param("tau_m"),
            c_m: param("C_m"),
        }
    }
    fn step(c: &Constants, dt: f64) -> Step<R> {
        Step {
            keep: R::of(libm::exp(-dt / c.tau_m)),
            gain: R::of(-libm::expm1(-dt / c.tau_m) * c.tau_m / c.c_m),
        }
    }
    fn memory(c: &Constants) -> f64 {
        50.0 * c.tau_m
    }
    #[inline(always)]
    fn advance(p: &Step<R>, v: R, s: [R; SYN], drive: R) -> (R, [R; SYN]) {
        (p.gain * drive + p.keep * v, s)
    }
    #[inline(always)]
    fn advance_syn(_: &Step<R>, s: [R; SYN]) -> [R; SYN] {
        s
    }
    #[inline(always)]
    fn receive(_: &Step<R>, s: [R; SYN], input: [R; 2]) -> (R, [R; SYN]) {
        (input[0], s)
    }
    fn first_reach(
        c: &Constants,
        v: f64,
        s: [f64; SYN],
        drive: f64,
        target: &Target,
    ) -> Option<f64> {
        if target.rise == 0.0 {
            return relaxing(v, drive * c.tau_m / c.c_m, c.tau_m, target.theta);
        }
        target.reached_by(course(c, v, s, drive))
    }
    #[inline(always)]
    fn bound(c: &Constants, v: f64, _: [f64; SYN], drive: f64) -> f64 {
        v.max(drive * c.tau_m / c.c_m)
    }
    fn relaxation(c: &Constants, drive: f64) -> Option<(f64, f64)> {
        Some((1.0 / c.tau_m, drive * c.tau_m / c.c_m))
    }
    fn limits(c: &Constants, drive: f64) -> Limits<R> {
        Limits {
            steady: R::of(drive * c.tau_m / c.c_m),
            ..Limits::default()
        }
    }
    #[inline(always)]
    fn surely_calm(l: &Limits<R>, v: R, _: [R; SYN]) -> bool {
        (v > l.low) & (v < l.high) & (l.steady < l.high)
    }
}

/// V from now on without further input, as a sum of exponentials of the time in ms.
fn course(c: &Constants, v: f64, _: [f64; SYN], drive: f64) -> ExpSum {
    let steady = drive * c.tau_m / c.c_m;
    let mut sum = ExpSum::default();
    sum.add(0.0, steady, 0.0);
    sum.add(1.0 / c.tau_m, v - steady, 0.0);
    sum
}
