//! # `if`: integrate-and-fire without leak, dimensionless
//!
//! ```text
//! dV/dt = I_e                       V a plain number, I_e per ms
//! V <- V + sum of the weights that arrive at the tick
//! V >= V_th: spike, V <- V_reset, held for t_ref
//! ```
//!
//! The neuron of converted networks; with `reset = "subtract"` its spike count is the rounded
//! integral of its input.

use super::crossing::ExpSum;
use super::def::{Bound, ModelDef, ParamDef, RecordableDef, StateDef, StateDefault};
use super::lif_delta::Step;
use super::lif_delta::{T_REF, TAU_SFA};
use super::membrane::{Dynamics, Limits, SYN, Target};
use super::real::Real;
use crate::units::Dimension;

const fn number(name: &'static str, default: f64, doc: &'static str) -> ParamDef {
    ParamDef {
        name,
        dimension: Dimension::NONE,
        default,
        min: Bound::None,
        max: Bound::None,
        doc,
    }
}

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "if",
    summary: "integrate-and-fire neuron without leak; dimensionless, as converted networks use it",
    equations: "\
dV/dt = I_e
V <- V + sum of the weights that arrive at a tick; lost while refractory unless refractory_input = true
V >= V_th (V > V_th with threshold_test = \"strict\"): spike; V <- V_reset (V <- V - V_th with reset = \"subtract\"), held for t_ref
threshold = V_th + a;  tau_sfa da/dt = -a;  a <- a + q_sfa at each own spike
with escape = { rate, width }: a spike at a tick with the chance 1 - exp(-h rate exp((V - threshold) / width))",
    params: &[
        ParamDef {
            default: 0.0,
            ..T_REF
        },
        number("V_th", 1.0, "spike threshold"),
        number(
            "V_reset",
            0.0,
            "potential after a spike; must be below V_th",
        ),
        ParamDef {
            name: "I_e",
            dimension: Dimension::RATE,
            default: 0.0,
            min: Bound::None,
            max: Bound::None,
            doc: "constant drive: rise of V per unit of time",
        },
        ParamDef {
            min: Bound::Inclusive(0.0),
            ..number(
                "q_sfa",
                0.0,
                "rise of the threshold at each own spike; 0 switches adaptation off",
            )
        },
        TAU_SFA,
    ],
    state: &[
        StateDef {
            name: "V_m",
            dimension: Dimension::NONE,
            default: StateDefault::Value(0.0),
            doc: "potential",
        },
        StateDef {
            name: "threshold_rise",
            dimension: Dimension::NONE,
            default: StateDefault::Value(0.0),
            doc: "how far the threshold stands above V_th",
        },
    ],
    recordables: &[
        RecordableDef {
            name: "V_m",
            dimension: Dimension::NONE,
            doc: "potential",
        },
        RecordableDef {
            name: "threshold",
            dimension: Dimension::NONE,
            doc: "momentary spike threshold, V_th + threshold_rise",
        },
    ],
    weight: Some(Dimension::NONE),
    has_threshold: true,
    has_refractory_input: true,
    has_two_currents: false,
    has_escape: true,
    ports: 0,
    takes_current: false,
    clock: None,
    reference: "Lapicque (1907); Diehl et al. (2015) IJCNN for its use in converted networks",
};

/// V a plain number; drive its rise per ms.
pub struct If;

impl<R: Real> Dynamics<R> for If {
    const CHANNELS: usize = 1;
    const SYN: usize = 0;
    type Constants = ();
    type Step = Step<R>;
    type State = [R; 0];

    fn constants(_: &dyn Fn(&str) -> f64) {}
    fn step((): &(), dt: f64) -> Step<R> {
        Step {
            keep: R::of(1.0),
            gain: R::of(dt),
        }
    }
    fn memory((): &()) -> f64 {
        // The propagator is linear in time: beyond a few table levels it is computed directly.
        1e4
    }
    #[inline(always)]
    fn advance(p: &Step<R>, v: R, s: [R; SYN], drive: R) -> (R, [R; SYN]) {
        (p.gain * drive + v, s)
    }
    #[inline(always)]
    fn advance_syn(_: &Step<R>, s: [R; SYN]) -> [R; SYN] {
        s
    }
    #[inline(always)]
    fn receive(_: &Step<R>, s: [R; SYN], input: [R; 2]) -> (R, [R; SYN]) {
        (input[0], s)
    }
    fn first_reach(c: &(), v: f64, s: [f64; SYN], drive: f64, target: &Target) -> Option<f64> {
        target.reached_by(course(c, v, s, drive))
    }
    #[inline(always)]
    fn bound((): &(), v: f64, _: [f64; SYN], drive: f64) -> f64 {
        if drive > 0.0 { f64::INFINITY } else { v }
    }
    fn relaxation((): &(), drive: f64) -> Option<(f64, f64)> {
        (drive == 0.0).then_some((0.0, 0.0))
    }
    fn limits((): &(), drive: f64) -> Limits<R> {
        Limits {
            steady: R::of(if drive > 0.0 {
                f64::INFINITY
            } else {
                f64::NEG_INFINITY
            }),
            ..Limits::default()
        }
    }
    #[inline(always)]
    fn surely_calm(l: &Limits<R>, v: R, _: [R; SYN]) -> bool {
        (v > l.low) & (v < l.high) & (l.steady < l.high)
    }
}

/// V from now on without further input, as a sum of exponentials of the time in ms.
fn course((): &(), v: f64, _: [f64; SYN], drive: f64) -> ExpSum {
    let mut sum = ExpSum::default();
    sum.add(0.0, v, drive);
    sum
}
