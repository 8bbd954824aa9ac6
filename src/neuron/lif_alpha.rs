//! # `lif_alpha`: leaky integrate-and-fire with alpha-shaped synaptic currents
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (I_ex + I_in + I_e + I)
//! I_x(t) = w (e / tau_syn_x) t exp(-t / tau_syn_x) after an input of weight w at t = 0   pA
//!   (peak w at t = tau_syn_x), that is
//! dI_x/dt = y_x - I_x / tau_syn_x;   dy_x/dt = -y_x / tau_syn_x;   y_x <- y_x + w e / tau_syn_x
//! V >= V_th: spike, V <- V_reset, held for t_ref; the currents go on
//! ```

use super::columnar::columnar;
use super::crossing::ExpSum;
use super::def::{ModelDef, StateDef, StateDefault};
use super::lif_delta::{
    C_M, E_L, I_E, Q_SFA, REC_TH, REC_V, STATE_A, STATE_V, T_REF, TAU_M, TAU_SFA, V_RESET, V_TH,
};
use super::lif_exp::Constants;
use super::lif_exp::{REC_EX, REC_IN, REC_SYN, TAU_SYN_EX, TAU_SYN_IN, initial, names, whole};
use super::membrane::{Dynamics, SYN, Target};
use super::propagator::{Propagator, filtered_alpha, filtered_exponential};
use super::real::Real;
use crate::units::Dimension;
use std::array::from_fn;

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
    recordables: &[REC_V, REC_TH, REC_EX, REC_IN, REC_SYN],
    weight: Some(Dimension::CURRENT),
    has_threshold: true,
    has_refractory_input: false,
    has_two_currents: true,
    has_escape: true,
    ports: 0,
    takes_current: true,
    clock: None,
    reference: "Rotter & Diesmann (1999) Biol. Cybern. 81:381; convention of NEST's iaf_psc_alpha",
};

/// V in mV relative to E_L; currents and drive in pA.
/// Synaptic state: I_syn_ex, I_syn_in, then their driving terms y; of both together where there is `N` = 1
/// current.
pub struct LifAlpha<const N: usize = 2>;

/// V <- keep V + from[x] I_x + from_y[x] y_x + gain drive;
/// I_x <- fade[x] (I_x + time y_x);  y_x <- fade[x] y_x;  an input w adds w start[x] to y_x.
#[derive(Clone, Copy, Debug)]
pub struct Step<R, const N: usize> {
    keep: R,
    gain: R,
    from: [R; N],
    from_y: [R; N],
    fade: [R; N],
    rise: [R; N],
    start: [R; N],
}

columnar!(Step<R: Real, const N: usize> {
    keep: R,
    gain: R,
    from: [R; N],
    from_y: [R; N],
    fade: [R; N],
    rise: [R; N],
    start: [R; N],
});

impl<R: Real, const N: usize> Propagator for Step<R, N> {
    #[inline(always)]
    fn then(self, next: Self) -> Self {
        let each = |f: &dyn Fn(usize) -> R| from_fn(f);
        Self {
            keep: self.keep * next.keep,
            gain: self.gain * next.keep + next.gain,
            from: each(&|x| self.from[x] * next.keep + self.fade[x] * next.from[x]),
            from_y: each(&|x| {
                self.from_y[x] * next.keep
                    + self.rise[x] * next.from[x]
                    + self.fade[x] * next.from_y[x]
            }),
            fade: each(&|x| self.fade[x] * next.fade[x]),
            rise: each(&|x| self.rise[x] * next.fade[x] + self.fade[x] * next.rise[x]),
            start: self.start,
        }
    }
}

impl<R: Real, const N: usize> Dynamics<R> for LifAlpha<N> {
    const CHANNELS: usize = N;
    const LATE: bool = true;
    const TOGETHER: bool = N == 1;
    const SYN: usize = 2 * N;
    const NAMES: &'static [&'static str] = names(N);
    type Constants = Constants;
    type Step = Step<R, N>;
    type State = [R; 4];

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
        let a = 1.0 / c.tau_m;
        let each = |f: &dyn Fn(f64) -> f64| from_fn(|x| R::of(f(c.tau_syn[x])));
        Step {
            keep: R::of(libm::exp(-dt * a)),
            gain: R::of(-libm::expm1(-dt * a) * c.tau_m / c.c_m),
            from: each(&|tau| filtered_exponential(a, 1.0 / tau, dt) / c.c_m),
            from_y: each(&|tau| filtered_alpha(a, 1.0 / tau, dt) / c.c_m),
            fade: each(&|tau| libm::exp(-dt / tau)),
            rise: each(&|tau| dt * libm::exp(-dt / tau)),
            start: each(&|tau| std::f64::consts::E / tau),
        }
    }
    fn memory(c: &Constants) -> f64 {
        60.0 * c.slowest()
    }
    #[inline(always)]
    fn advance(p: &Step<R, N>, v: R, s: [R; SYN], drive: R) -> (R, [R; SYN]) {
        let mut v = v * p.keep;
        for x in 0..N {
            v = v + s[x] * p.from[x] + s[N + x] * p.from_y[x];
        }
        let v = v + drive * p.gain;
        (v, <Self as Dynamics<R>>::advance_syn(p, s))
    }
    #[inline(always)]
    fn advance_syn(p: &Step<R, N>, mut s: [R; SYN]) -> [R; SYN] {
        for x in 0..N {
            s[x] = s[x] * p.fade[x] + s[N + x] * p.rise[x];
            s[N + x] *= p.fade[x];
        }
        s
    }
    #[inline(always)]
    fn receive(p: &Step<R, N>, mut s: [R; SYN], input: [R; 2]) -> (R, [R; SYN]) {
        for x in 0..N {
            s[N + x] += input[x] * p.start[x];
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
        target.reached_by(course::<N>(c, v, s, drive))
    }
    #[inline(always)]
    fn bound(c: &Constants, v: f64, s: [f64; SYN], drive: f64) -> f64 {
        let r = 1.0 / c.c_m;
        let mut most = v.max(drive * c.tau_m * r);
        for x in 0..N {
            most += lift(c, s[x] * r, s[N + x] * r, x);
        }
        most
    }
}

/// V from now on without further input, as a sum of exponentials of the time in ms.
fn course<const N: usize>(c: &Constants, v: f64, s: [f64; SYN], drive: f64) -> ExpSum {
    let mut sum = ExpSum::default();
    let steady = drive * c.tau_m / c.c_m;
    sum.add(0.0, steady, 0.0);
    let mut own = v - steady;
    for x in 0..N {
        let (i, y) = (s[x] / c.c_m, s[N + x] / c.c_m);
        if i == 0.0 && y == 0.0 {
            continue;
        }
        // dV/dt + a V = (i + y t) exp(-b t). The solution for different rates loses its digits
        // by cancellation where they are close; there they are taken as equal, and the error of
        // either is added, so that a crossing is never predicted late.
        let (a, b) = (1.0 / c.tau_m, 1.0 / c.tau_syn[x]);
        let d = a - b;
        let most = lift(c, i.abs(), y.abs(), x);
        if d.abs() <= 1e-4 * a.max(b) {
            sum.add_quadratic(a, 0.0, i, 0.5 * y);
            sum.add(0.0, 2e-4 * most, 0.0);
            continue;
        }
        if d.abs() <= 0.1 * a.max(b) {
            sum.add(0.0, 1e-7 * most, 0.0);
        }
        let (slope, level) = (y / d, i / d - y / (d * d));
        sum.add(b, level, slope);
        own -= level;
    }
    sum.add(1.0 / c.tau_m, own, 0.0);
    sum
}

/// Most that a current (i + y t) exp(-t / tau), divided by C_m, can raise V: its charge.
fn lift(c: &Constants, i: f64, y: f64, x: usize) -> f64 {
    let tau = c.tau_syn[x];
    i.max(0.0) * tau + y.max(0.0) * tau * tau
}
