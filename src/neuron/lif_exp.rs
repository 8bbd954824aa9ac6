//! # `lif_exp`: leaky integrate-and-fire with exponentially decaying synaptic currents
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_ex + I_in + I_e + I)
//! tau_syn_ex dI_ex/dt = -I_ex      I_ex <- I_ex + w   for w > 0   pA
//! tau_syn_in dI_in/dt = -I_in      I_in <- I_in + w   for w < 0   pA
//! V >= V_th: spike, V <- V_reset, held for t_ref; the currents go on
//! ```

use super::columnar::columnar;
use super::crossing::{ExpSum, relaxing};
use super::def::{Bound, ModelDef, ParamDef, RecordableDef, StateDef, StateDefault};
use super::lif_delta::{
    C_M, E_L, I_E, Q_SFA, REC_TH, REC_V, STATE_A, STATE_V, T_REF, TAU_M, TAU_SFA, V_RESET, V_TH,
};
use super::membrane::{Dynamics, Limits, SYN, SYN_NAMES, Target};
use super::propagator::{Propagator, filtered_exponential};
use super::real::Real;
use crate::units::Dimension;
use std::array::from_fn;

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

pub(super) const REC_SYN: RecordableDef = RecordableDef {
    name: "I_syn",
    dimension: Dimension::CURRENT,
    doc: "synaptic current, excitatory and inhibitory together",
};

/// Parameters in the order of `DEF.params`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_exp",
    summary: "leaky integrate-and-fire neuron; an input spike starts a current that decays exponentially",
    equations: "\
tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_syn_ex + I_syn_in + I_e)
tau_syn_ex dI_syn_ex/dt = -I_syn_ex;  I_syn_ex <- I_syn_ex + w for each arriving w > 0 (pA)
tau_syn_in dI_syn_in/dt = -I_syn_in;  I_syn_in <- I_syn_in + w for each arriving w < 0 (pA)
V >= V_th (V > V_th with threshold_test = \"strict\"): spike; V <- V_reset (V <- V - (V_th - E_L) with reset = \"subtract\"), held for t_ref; the currents go on (with reset = \"all\" they are set to 0 and take no input until then)
threshold = V_th + a;  tau_sfa da/dt = -a;  a <- a + q_sfa at each own spike
with escape = { rate, width }: a spike at a tick with the chance 1 - exp(-h rate exp((V - threshold) / width))
with currents = \"together\", for tau_syn_ex = tau_syn_in: I_syn = I_syn_ex + I_syn_in alone is held
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
    recordables: &[REC_V, REC_TH, REC_EX, REC_IN, REC_SYN],
    weight: Some(Dimension::CURRENT),
    has_threshold: true,
    has_refractory_input: false,
    has_two_currents: true,
    has_escape: true,
    ports: 0,
    takes_current: true,
    clock: None,
    reference: "Rotter & Diesmann (1999) Biol. Cybern. 81:381; convention of NEST's iaf_psc_exp",
};

/// V in mV relative to E_L; currents and drive in pA. Synaptic state: I_syn_ex, I_syn_in, or their sum where
/// there is `N` = 1 current: with one time constant the sum decays as its parts do.
pub struct LifExp<const N: usize = 2>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    pub(super) tau_m: f64,
    pub(super) c_m: f64,
    pub(super) tau_syn: [f64; 2],
}

impl Constants {
    pub(super) fn read(param: &dyn Fn(&str) -> f64) -> Self {
        Self {
            tau_m: param("tau_m"),
            c_m: param("C_m"),
            tau_syn: [param("tau_syn_ex"), param("tau_syn_in")],
        }
    }
    pub(super) fn slowest(&self) -> f64 {
        self.tau_m.max(self.tau_syn[0]).max(self.tau_syn[1])
    }
}

/// V <- keep V + from[x] I_x + gain drive;  I_x <- fade[x] I_x.
#[derive(Clone, Copy, Debug)]
pub struct Step<R, const N: usize> {
    keep: R,
    gain: R,
    from: [R; N],
    fade: [R; N],
}

columnar!(Step<R: Real, const N: usize> {
    keep: R,
    gain: R,
    from: [R; N],
    fade: [R; N],
});

impl<R: Real, const N: usize> Propagator for Step<R, N> {
    #[inline(always)]
    fn then(self, next: Self) -> Self {
        Self {
            keep: self.keep * next.keep,
            gain: self.gain * next.keep + next.gain,
            from: from_fn(|x| self.from[x] * next.keep + self.fade[x] * next.from[x]),
            fade: from_fn(|x| self.fade[x] * next.fade[x]),
        }
    }
}

impl<R: Real, const N: usize> Dynamics<R> for LifExp<N> {
    const CHANNELS: usize = N;
    const LATE: bool = true;
    const TOGETHER: bool = N == 1;
    const SYN: usize = N;
    const NAMES: &'static [&'static str] = names(N);
    type Constants = Constants;
    type Step = Step<R, N>;
    type State = [R; N];

    fn constants(param: &dyn Fn(&str) -> f64) -> Constants {
        Constants::read(param)
    }
    fn initial(k: usize, of: &dyn Fn(&str) -> f64) -> f64 {
        initial::<N>(k, of)
    }
    fn whole(s: [R; SYN]) -> f64 {
        whole::<R, N>(s)
    }
    fn step(c: &Constants, dt: f64) -> Step<R, N> {
        Step {
            keep: R::of(libm::exp(-dt / c.tau_m)),
            gain: R::of(-libm::expm1(-dt / c.tau_m) * c.tau_m / c.c_m),
            from: from_fn(|x| {
                R::of(filtered_exponential(1.0 / c.tau_m, 1.0 / c.tau_syn[x], dt) / c.c_m)
            }),
            fade: from_fn(|x| R::of(libm::exp(-dt / c.tau_syn[x]))),
        }
    }
    fn memory(c: &Constants) -> f64 {
        50.0 * c.slowest()
    }
    #[inline(always)]
    fn advance(p: &Step<R, N>, v: R, s: [R; SYN], drive: R) -> (R, [R; SYN]) {
        let mut v = v * p.keep;
        for (s, from) in s.iter().zip(&p.from) {
            v += *s * *from;
        }
        let v = v + drive * p.gain;
        (v, <Self as Dynamics<R>>::advance_syn(p, s))
    }
    #[inline(always)]
    fn advance_syn(p: &Step<R, N>, mut s: [R; SYN]) -> [R; SYN] {
        for (s, fade) in s.iter_mut().zip(&p.fade) {
            *s *= *fade;
        }
        s
    }
    #[inline(always)]
    fn receive(_: &Step<R, N>, mut s: [R; SYN], input: [R; 2]) -> (R, [R; SYN]) {
        for (s, input) in s.iter_mut().zip(input).take(N) {
            *s += input;
        }
        (R::ZERO, s)
    }
    fn first_reach(
        c: &Constants,
        v: f64,
        s: [f64; SYN],
        drive: f64,
        target: &Target,
    ) -> Option<f64> {
        if target.rise == 0.0 && s[0] == 0.0 && s[1] == 0.0 {
            return relaxing(v, drive * c.tau_m / c.c_m, c.tau_m, target.theta);
        }
        target.reached_by(course(c, v, s, drive))
    }
    #[inline]
    fn earliest(c: &Constants, v: f64, s: [f64; SYN], drive: f64, theta: f64) -> f64 {
        if s[0] == 0.0 && s[1] == 0.0 {
            return 0.0;
        }
        let (r, steady) = (1.0 / c.c_m, drive * c.tau_m / c.c_m);
        let [ex, inh] = [s[0].max(0.0), s[1].max(0.0)];
        let lift = (ex * c.tau_syn[0].min(c.tau_m) + inh * c.tau_syn[1].min(c.tau_m)) * r;
        not_before(v, theta, steady, c.tau_m, (ex + inh) * r, lift)
    }
    #[inline(always)]
    fn bound(c: &Constants, v: f64, s: [f64; SYN], drive: f64) -> f64 {
        // A current I that decays with tau_syn moves V by less than I tau_m / C_m (it does not
        // decay) and by less than I tau_syn / C_m (all of its charge arrives at once).
        let r = 1.0 / c.c_m;
        let push =
            s[0].max(0.0) * c.tau_syn[0].min(c.tau_m) + s[1].max(0.0) * c.tau_syn[1].min(c.tau_m);
        v.max(drive * c.tau_m * r) + push * r
    }
    fn limits(c: &Constants, drive: f64) -> Limits<R> {
        Limits {
            steady: R::of(drive * c.tau_m / c.c_m),
            lift: c.tau_syn.map(|tau| R::of(tau.min(c.tau_m) / c.c_m)),
            ..Limits::default()
        }
    }
    #[inline(always)]
    fn surely_calm(l: &Limits<R>, v: R, s: [R; SYN]) -> bool {
        let larger = |a: R, b: R| if a > b { a } else { b };
        let mut push = larger(s[0], R::ZERO) * l.lift[0];
        if N > 1 {
            push += larger(s[1], R::ZERO) * l.lift[1];
        }
        (v > l.low) & (larger(v, l.steady) + push < l.high)
    }
}

/// Names of the state variables of models with `n` currents.
pub(super) const fn names(n: usize) -> &'static [&'static str] {
    match n {
        1 => &["I_syn", "dI_syn"],
        _ => &SYN_NAMES,
    }
}

/// The first value of state variable `k` of models with `N` currents: two, or their sum.
pub(super) fn initial<const N: usize>(k: usize, of: &dyn Fn(&str) -> f64) -> f64 {
    match N {
        1 => of(SYN_NAMES[2 * k]) + of(SYN_NAMES[2 * k + 1]),
        _ => of(SYN_NAMES[k]),
    }
}

/// The synaptic current, of which `N` parts are held.
pub(super) fn whole<R: Real, const N: usize>(s: [R; SYN]) -> f64 {
    s[..N].iter().map(|i| i.f64()).sum()
}

/// V from now on without further input, as a sum of exponentials of the time in ms.
fn course(c: &Constants, v: f64, s: [f64; SYN], drive: f64) -> ExpSum {
    let mut sum = ExpSum::default();
    let steady = drive * c.tau_m / c.c_m;
    sum.add(0.0, steady, 0.0);
    let mut own = v - steady;
    for (current, tau_syn) in s.into_iter().zip(c.tau_syn) {
        if current == 0.0 {
            continue;
        }
        let (a, b) = (1.0 / c.tau_m, 1.0 / tau_syn);
        if close(a, b) {
            sum.add(a, 0.0, current / c.c_m);
        } else {
            let part = current / (c.c_m * (a - b));
            sum.add(b, part, 0.0);
            own -= part;
        }
    }
    sum.add(1.0 / c.tau_m, own, 0.0);
    if (0..2).any(|x| s[x] != 0.0 && close(1.0 / c.tau_m, 1.0 / c.tau_syn[x])) {
        // Treating close rates as equal is wrong by this much at the most.
        sum.add(0.0, 1e-6 * (s[0].abs() + s[1].abs()) * c.tau_m / c.c_m, 0.0);
    }
    sum
}

/// A time before which a membrane cannot reach `theta`: currents drive it by at most `push` per ms, and
/// will lift it by at most `lift` in all.
pub(super) fn not_before(v: f64, theta: f64, steady: f64, tau: f64, push: f64, lift: f64) -> f64 {
    let way = steady - v;
    // V(s) <= v + s (way / tau + push): the steepest it can get, unless it sinks first, and then it
    // comes later.
    let tangent = (theta - v) / (way.max(0.0) / tau + push);
    // V(s) <= steady + lift - way exp(-s / tau).
    let rest = steady + lift - theta;
    if way > rest && rest > 0.0 {
        tangent.max(tau * libm::log(way / rest))
    } else {
        tangent
    }
}

/// Rates so close that the difference of their exponentials cancels.
pub(super) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.max(b)
}
