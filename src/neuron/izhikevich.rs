//! # `izhikevich`: the simple model of Izhikevich (2003)
//!
//! ```text
//! dV/dt = 0.04 V^2 + 5 V + 140 - U + I_e + I      V in mV, t in ms, currents in pA (as if R = 1 GOhm)
//! dU/dt = a (b V - U)
//! V <- V + sum of the weights that arrive        mV
//! V >= V_th: spike, V <- c, U <- U + d
//! ```
//!
//! Clocked: not exact, and its behaviour depends on the step. As NEST integrates it: forward Euler
//! with both derivatives taken at the start of the step; or, with `consistent_integration = false`,
//! as the paper's program does with a step of 1 ms: V in two half steps with the input of the step
//! as a current, then U from the new V.

use super::clocked::{Model, State};
use super::def::{
    Bound, ClockDef, ModelDef, Order, ParamDef, RecordableDef, StateDef, StateDefault,
};
use super::lif_delta::{I_E, REC_V, STATE_V, V_TH};
use crate::network::spec::NeuronOptions;
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
    name: "izhikevich",
    summary: "the simple spiking model of Izhikevich (2003); an input spike moves the potential at once (clocked)",
    equations: "\
dV/dt = 0.04 V^2 + 5 V + 140 - U + I_e;  dU/dt = a (b V - U)      V in mV, t in ms
V <- V + sum of the weights (mV) that arrive;  V <- max(V, V_min)
V >= V_th: spike; V <- c, U <- U + d
consistent_integration = false: V in two half steps, with the weights as a current during them, then U from the new V",
    params: &[
        number("a", 0.02, "rate of recovery, per ms"),
        number("b", 0.2, "sensitivity of the recovery to the potential"),
        ParamDef {
            dimension: Dimension::VOLTAGE,
            ..number("c", -65.0, "potential after a spike; must be below V_th")
        },
        ParamDef {
            dimension: Dimension::VOLTAGE,
            ..number("d", 8.0, "rise of the recovery at each own spike")
        },
        I_E,
        ParamDef {
            default: 30.0,
            doc: "potential at which a spike is detected",
            ..V_TH
        },
        ParamDef {
            dimension: Dimension::VOLTAGE,
            ..number("V_min", -f64::MAX, "V is not let below this")
        },
    ],
    state: &[
        StateDef {
            default: StateDefault::Value(-65.0),
            ..STATE_V
        },
        StateDef {
            name: "U_m",
            dimension: Dimension::VOLTAGE,
            default: StateDefault::Value(-13.0),
            doc: "recovery",
        },
    ],
    recordables: &[
        REC_V,
        RecordableDef {
            name: "U_m",
            dimension: Dimension::VOLTAGE,
            doc: "recovery",
        },
    ],
    weight: Some(Dimension::VOLTAGE),
    has_threshold: false,
    has_refractory_input: false,
    has_two_currents: false,
    has_escape: false,
    ports: 0,
    takes_current: true,
    clock: Some(ClockDef {
        method: "forward Euler, as NEST does",
        default_ms: 0.1,
        follows_resolution: true,
        has_consistent_integration: true,
        orders: &[Order {
            low: "c",
            high: "V_th",
            may_be_equal: false,
            why: "a neuron that is reset to its threshold would fire for ever; for drawn values state min and max",
        }],
    }),
    reference: "Izhikevich (2003) IEEE Trans. Neural Netw. 14:1569; convention of NEST's izhikevich",
};

/// State: V, U.
pub struct Izhikevich;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    h: f64,
    half: f64,
    ha: f64,
    b: f64,
    c: f64,
    d: f64,
    threshold: f64,
    lowest: f64,
    two_halves: bool,
}

impl Model for Izhikevich {
    const CHANNELS: usize = 1;
    const NAMES: &'static [&'static str] = &["V_m", "U_m"];
    const REST: Option<&'static str> = None;
    type Constants = Constants;

    fn constants(param: &dyn Fn(&str) -> f64, h: f64, options: NeuronOptions) -> Constants {
        Constants {
            h,
            half: h * 0.5,
            ha: h * param("a"),
            b: param("b"),
            c: param("c"),
            d: param("d"),
            threshold: param("V_th"),
            lowest: param("V_min"),
            two_halves: options.two_half_steps,
        }
    }

    /// The order of the operations is NEST's, so that the bits are.
    #[inline(always)]
    fn step(c: &Constants, s: State, drive: f64, input: [f64; 2], _: bool) -> State {
        let (v, u, jump) = (s[0], s[1], input[0]);
        let euler = v + (c.h * (0.04 * v * v + 5.0 * v + 140.0 - u + drive) + jump);
        let u_euler = u + c.ha * (c.b * v - u);
        let first = v + c.half * (0.04 * v * v + 5.0 * v + 140.0 - u + drive + jump);
        let second =
            first + c.half * (0.04 * first * first + 5.0 * first + 140.0 - u + drive + jump);
        let u_halves = u + c.ha * (c.b * second - u);
        let (v, u) = if c.two_halves {
            (second, u_halves)
        } else {
            (euler, u_euler)
        };
        let v = if v < c.lowest { c.lowest } else { v };
        [v, u, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn threshold(c: &Constants) -> f64 {
        c.threshold
    }

    fn fire(c: &Constants, mut s: State) -> State {
        s[0] = c.c;
        s[1] += c.d;
        s
    }
}
