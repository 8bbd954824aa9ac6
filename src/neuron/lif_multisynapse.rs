//! # `lif_multisynapse`: leaky integrate-and-fire with numbered receptor ports
//!
//! ```text
//! tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (sum over ports k of I_k + I_e)
//! tau_decay_k dI_k/dt = -I_k + tau_decay_k y_k      an input w (pA) at port k:
//! tau_rise_k dy_k/dt = -y_k                         y_k <- y_k + w g_k
//! ```
//!
//! so that an input at t = 0 gives a current that peaks at w, whatever the time constants:
//!
//! ```text
//! I_k(t) = w (exp(-t/tau_decay) - exp(-t/tau_rise)) / (exp(-t_p/tau_decay) - exp(-t_p/tau_rise))
//! t_p = tau_decay tau_rise / (tau_decay - tau_rise) ln(tau_decay / tau_rise)      time of the peak
//! g_k = exp(t_p / tau_rise) / tau_decay
//! ```
//!
//! With tau_rise = tau_decay this is the alpha function w (e t / tau) exp(-t / tau). With
//! tau_rise = 0 the current is there at once and decays: I_k <- I_k + w (NEST's
//! iaf_psc_exp_multisynapse). The shape is symmetric in the two time constants.

use super::columnar::{Columnar, columnar};
use super::def::{Bound, ModelDef, ParamDef, RecordableDef, StateDef, StateDefault};
use super::lif_delta::{
    C_M, E_L, I_E, Q_SFA, REC_TH, REC_V, STATE_A, STATE_V, T_REF, TAU_M, TAU_SFA, V_RESET, V_TH,
};
use super::membrane::{Columns, Dynamics, Target};
use super::propagator::{Propagator, filtered_exponential, filtered_twice};
use super::reach::{Moment, first_reach};
use super::real::Real;
use crate::lines::Lines;
use crate::units::Dimension;

/// Most ports of a population.
pub const PORTS: usize = 8;
/// Places for state variables: a current and its driving term for each port.
pub const STATE: usize = 2 * PORTS;

/// What shapes the current of a port, in the order of the keys that users see.
pub static RECEPTOR: [ParamDef; 2] = [
    ParamDef {
        name: "tau_decay",
        dimension: Dimension::TIME,
        default: 2.0,
        min: Bound::Exclusive(0.0),
        max: Bound::None,
        doc: "time constant with which the current decays",
    },
    ParamDef {
        name: "tau_rise",
        dimension: Dimension::TIME,
        default: 0.0,
        min: Bound::Inclusive(0.0),
        max: Bound::None,
        doc: "time constant with which the current rises; 0: it is there at once",
    },
];

/// The port, counted from 0, whose current has this name.
pub fn port_of(variable: &str) -> Option<usize> {
    NAMES[..PORTS].iter().position(|n| *n == variable)
}

/// Time constants of the ports, as columns of parameters.
pub const TAU_DECAY: [&str; PORTS] = [
    "tau_decay_1",
    "tau_decay_2",
    "tau_decay_3",
    "tau_decay_4",
    "tau_decay_5",
    "tau_decay_6",
    "tau_decay_7",
    "tau_decay_8",
];
pub const TAU_RISE: [&str; PORTS] = [
    "tau_rise_1",
    "tau_rise_2",
    "tau_rise_3",
    "tau_rise_4",
    "tau_rise_5",
    "tau_rise_6",
    "tau_rise_7",
    "tau_rise_8",
];
const NAMES: [&str; STATE] = [
    "I_syn_1", "I_syn_2", "I_syn_3", "I_syn_4", "I_syn_5", "I_syn_6", "I_syn_7", "I_syn_8",
    "dI_syn_1", "dI_syn_2", "dI_syn_3", "dI_syn_4", "dI_syn_5", "dI_syn_6", "dI_syn_7", "dI_syn_8",
];
const SHAPING: [&str; 2 + STATE] = {
    let mut all = ["tau_m"; 2 + STATE];
    all[1] = "C_m";
    let mut k = 0;
    while k < PORTS {
        all[2 + k] = TAU_DECAY[k];
        all[2 + PORTS + k] = TAU_RISE[k];
        k += 1;
    }
    all
};

const fn current(k: usize) -> StateDef {
    StateDef {
        name: NAMES[k],
        dimension: Dimension::CURRENT,
        default: StateDefault::Value(0.0),
        doc: "synaptic current of the receptor with this number; also I_syn_NAME",
    }
}

const fn recordable(k: usize) -> RecordableDef {
    RecordableDef {
        name: NAMES[k],
        dimension: Dimension::CURRENT,
        doc: "synaptic current of the receptor with this number; also I_syn_NAME",
    }
}

/// Parameters in the order of `DEF.params`; those of the ports are given by `receptors`.
pub static DEF: ModelDef = ModelDef {
    name: "lif_multisynapse",
    summary: "leaky integrate-and-fire neuron with up to 8 receptor ports, each with rise and decay times of its own",
    equations: "\
tau_m dV/dt = -(V - E_L) + (tau_m / C_m) (sum of I_syn_k + I_e)
receptors = [{ name = \"ampa\", tau_decay = \"2 ms\" }, { name = \"nmda\", tau_rise = \"2 ms\", tau_decay = \"100 ms\" }]
A projection or private stimulus names its port: receptor = \"nmda\", or by number from 1: receptor = 2. Any sign of weight.
I_syn(t) = w (exp(-t/tau_decay) - exp(-t/tau_rise)) / (exp(-t_p/tau_decay) - exp(-t_p/tau_rise)) after an input w (pA) at t = 0:
peak w at t_p = tau_decay tau_rise / (tau_decay - tau_rise) ln(tau_decay / tau_rise)
tau_rise = tau_decay: alpha function w (e / tau) t exp(-t / tau);  tau_rise = 0 (default): w exp(-t / tau_decay)
V >= V_th (V > V_th with threshold_test = \"strict\"): spike; V <- V_reset (V <- V - (V_th - E_L) with reset = \"subtract\"), held for t_ref; the currents go on (with reset = \"all\" they are set to 0 and take no input until then)
threshold = V_th + a;  tau_sfa da/dt = -a;  a <- a + q_sfa at each own spike
with escape = { rate, width }: a spike at a tick with the chance 1 - exp(-h rate exp((V - threshold) / width))
Solved in closed form between events; exact on the grid of ticks.",
    params: &[
        E_L, C_M, TAU_M, T_REF, V_TH, V_RESET, I_E, Q_SFA, TAU_SFA,
    ],
    state: &[
        STATE_V,
        STATE_A,
        current(0),
        current(1),
        current(2),
        current(3),
        current(4),
        current(5),
        current(6),
        current(7),
    ],
    recordables: &[
        REC_V,
        REC_TH,
        recordable(0),
        recordable(1),
        recordable(2),
        recordable(3),
        recordable(4),
        recordable(5),
        recordable(6),
        recordable(7),
    ],
    weight: Some(Dimension::CURRENT),
    has_threshold: true,
    has_refractory_input: false,
    has_two_currents: false,
    has_escape: true,
    ports: PORTS,
    takes_current: true,
    clock: None,
    reference: "Rotter & Diesmann (1999) Biol. Cybern. 81:381; convention of NEST's iaf_psc_exp_multisynapse; Roth & van Rossum (2009) for the shape with a rise time",
};

/// V in mV relative to E_L; currents and drive in pA. State: the currents of all ports, then their
/// driving terms.
pub struct LifMultisynapse;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    tau_m: f64,
    c_m: f64,
    ports: usize,
    port: [Port; PORTS],
}

/// Rates in 1/ms, and what an input of weight 1 adds to the current and to its driving term.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Port {
    decay: f64,
    /// 0: no rise time.
    rise: f64,
    to_current: f64,
    to_drive: f64,
}

/// A rise time below a thousandth of the finest tick is none.
const NO_RISE: f64 = 1e-12;

impl Port {
    fn new(tau_decay: f64, tau_rise: f64) -> Self {
        let decay = 1.0 / tau_decay;
        if tau_rise < NO_RISE {
            return Self {
                decay,
                rise: 0.0,
                to_current: 1.0,
                to_drive: 0.0,
            };
        }
        // t_p / tau_rise = ln(1 + x) (1 + x) / x with 1 + x = tau_decay / tau_rise: 1 at x = 0.
        let x = (tau_decay - tau_rise) / tau_rise;
        let peak = if x == 0.0 {
            1.0
        } else {
            libm::log1p(x) * (1.0 + x) / x
        };
        Self {
            decay,
            rise: 1.0 / tau_rise,
            to_current: 0.0,
            to_drive: libm::exp(peak) * decay,
        }
    }
}

/// V <- keep V + sum of (from I + from_y y) + gain drive;
/// I <- fade I + rise y + to_current w;  y <- fade_y y + to_drive w.
#[derive(Clone, Copy, Debug)]
pub struct Step<R> {
    ports: usize,
    keep: R,
    gain: R,
    port: [PortStep<R>; PORTS],
}

#[derive(Clone, Copy, Debug, Default)]
pub struct PortStep<R> {
    fade: R,
    from: R,
    fade_y: R,
    from_y: R,
    rise: R,
    to_current: R,
    to_drive: R,
}

columnar!(PortStep<R: Real> {
    fade: R,
    from: R,
    fade_y: R,
    from_y: R,
    rise: R,
    to_current: R,
    to_drive: R,
});

columnar!(Step<R: Real> {
    ports: usize,
    keep: R,
    gain: R,
    port: [PortStep<R>; PORTS],
});

/// Constants of a port by columns.
type Ports<'a, R> = <PortStep<R> as Columnar>::Part<'a>;

/// A tick of a port whose current is there at once; what it moves V by is added to `free`. Columns are arguments of
/// their own: so the compiler knows that they do not overlap.
#[inline(always)]
fn port_of_one<R: Real, const VARIED: bool>(
    free: &mut [R],
    s: &mut [R],
    input: &[R],
    common: &PortStep<R>,
    each: Ports<'_, R>,
) {
    let n = free.len();
    let (s, input) = (&mut s[..n], &input[..n]);
    let each = <PortStep<R>>::first(each, if VARIED { n } else { 0 });
    for i in 0..n {
        let p = if VARIED {
            PortStep::at(&each, i)
        } else {
            *common
        };
        free[i] += s[i] * p.from;
        s[i] = s[i] * p.fade + input[i] * p.to_current;
    }
}

/// The same where the current rises.
#[inline(always)]
fn port_of_two<R: Real, const VARIED: bool>(
    free: &mut [R],
    s: &mut [R],
    y: &mut [R],
    input: &[R],
    common: &PortStep<R>,
    each: Ports<'_, R>,
) {
    let n = free.len();
    let (s, y, input) = (&mut s[..n], &mut y[..n], &input[..n]);
    let each = <PortStep<R>>::first(each, if VARIED { n } else { 0 });
    for i in 0..n {
        let p = if VARIED {
            PortStep::at(&each, i)
        } else {
            *common
        };
        free[i] += s[i] * p.from + y[i] * p.from_y;
        s[i] = s[i] * p.fade + y[i] * p.rise + input[i] * p.to_current;
        y[i] = y[i] * p.fade_y + input[i] * p.to_drive;
    }
}

impl<R: Real> Propagator for Step<R> {
    #[inline(always)]
    fn then(self, next: Self) -> Self {
        let mut both = self;
        both.keep = self.keep * next.keep;
        both.gain = self.gain * next.keep + next.gain;
        for k in 0..self.ports.min(PORTS) {
            let (a, b) = (&self.port[k], &next.port[k]);
            both.port[k] = PortStep {
                fade: a.fade * b.fade,
                from: a.from * next.keep + a.fade * b.from,
                fade_y: a.fade_y * b.fade_y,
                from_y: a.from_y * next.keep + a.rise * b.from + a.fade_y * b.from_y,
                rise: a.rise * b.fade + a.fade_y * b.rise,
                ..*a
            };
        }
        both
    }
}

impl<R: Real> Dynamics<R, STATE, PORTS> for LifMultisynapse {
    const CHANNELS: usize = PORTS;
    const SYN: usize = STATE;
    const NAMES: &'static [&'static str] = &NAMES;
    const SHAPING: &'static [&'static str] = &SHAPING;
    const COLUMNS: bool = true;
    type Constants = Constants;
    type Step = Step<R>;
    type State = [R; 0];

    fn constants(param: &dyn Fn(&str) -> f64) -> Constants {
        let mut port = [Port::default(); PORTS];
        let mut ports = 0;
        while ports < PORTS && param(TAU_DECAY[ports]) > 0.0 {
            port[ports] = Port::new(param(TAU_DECAY[ports]), param(TAU_RISE[ports]));
            ports += 1;
        }
        Constants {
            tau_m: param("tau_m"),
            c_m: param("C_m"),
            ports,
            port,
        }
    }

    fn uses(k: usize, columns: &Columns<'_>) -> bool {
        let there = |name| columns.param_varies(name) || columns.param(name, 0) > 0.0;
        // By the definition, not by the values in this shard.
        if k < PORTS {
            there(TAU_DECAY[k])
        } else {
            there(TAU_RISE[k - PORTS])
        }
    }

    fn step(c: &Constants, dt: f64) -> Step<R> {
        let a = 1.0 / c.tau_m;
        let mut port = [PortStep::default(); PORTS];
        for (step, p) in port.iter_mut().zip(&c.port).take(c.ports) {
            step.fade = R::of(libm::exp(-dt * p.decay));
            step.from = R::of(filtered_exponential(a, p.decay, dt) / c.c_m);
            if p.rise > 0.0 {
                step.fade_y = R::of(libm::exp(-dt * p.rise));
                step.rise = R::of(filtered_exponential(p.decay, p.rise, dt));
                step.from_y = R::of(filtered_twice(a, p.decay, p.rise, dt) / c.c_m);
            }
            step.to_current = R::of(p.to_current);
            step.to_drive = R::of(p.to_drive);
        }
        Step {
            ports: c.ports,
            keep: R::of(libm::exp(-dt / c.tau_m)),
            gain: R::of(-libm::expm1(-dt / c.tau_m) * c.tau_m / c.c_m),
            port,
        }
    }

    fn memory(c: &Constants) -> f64 {
        let slowest = |rates: f64, p: &Port| {
            let rise = if p.rise > 0.0 { p.rise } else { p.decay };
            rates.min(p.decay).min(rise)
        };
        60.0 / c.port[..c.ports].iter().fold(1.0 / c.tau_m, slowest)
    }

    #[inline(always)]
    fn advance(p: &Step<R>, v: R, s: [R; STATE], drive: R) -> (R, [R; STATE]) {
        let mut v = v * p.keep + drive * p.gain;
        for (k, port) in p.port.iter().take(p.ports).enumerate() {
            v += s[k] * port.from + s[PORTS + k] * port.from_y;
        }
        (v, Self::advance_syn(p, s))
    }

    #[inline(always)]
    fn advance_syn(p: &Step<R>, mut s: [R; STATE]) -> [R; STATE] {
        for (k, port) in p.port.iter().take(p.ports).enumerate() {
            s[k] = s[k] * port.fade + s[PORTS + k] * port.rise;
            s[PORTS + k] *= port.fade_y;
        }
        s
    }

    #[inline(always)]
    fn receive(p: &Step<R>, mut s: [R; STATE], input: [R; PORTS]) -> (R, [R; STATE]) {
        for (k, port) in p.port.iter().take(p.ports).enumerate() {
            s[k] += input[k] * port.to_current;
            s[PORTS + k] += input[k] * port.to_drive;
        }
        (R::ZERO, s)
    }

    #[inline(always)]
    fn advance_columns<const VARIED: bool, const DRIVEN: bool>(
        step: &Step<R>,
        steps: <Step<R> as Columnar>::Part<'_>,
        drive: &[R],
        v: &[R],
        syn: &mut [&mut [R]; STATE],
        input: &[Lines<R>],
        free: &mut [R],
    ) {
        let n = v.len();
        let free = &mut free[..n];
        let steps = if VARIED {
            <Step<R>>::first(steps, n)
        } else {
            steps
        };
        let (_, keep, gain, port) = steps;
        let drive = &drive[..if DRIVEN { n } else { 1 }];
        for i in 0..n {
            let (keep, gain) = if VARIED {
                (R::at(&keep, i), R::at(&gain, i))
            } else {
                (step.keep, step.gain)
            };
            free[i] = v[i] * keep + drive[if DRIVEN { i } else { 0 }] * gain;
        }
        let ports = step.ports;
        let (currents, drives) = syn.split_at_mut(PORTS);
        for (k, (s, y)) in currents.iter_mut().zip(drives).take(ports).enumerate() {
            let (common, each) = (&step.port[k], port[k]);
            if y.is_empty() {
                port_of_one::<R, VARIED>(free, s, &input[k], common, each);
            } else {
                port_of_two::<R, VARIED>(free, s, y, &input[k], common, each);
            }
        }
    }

    fn first_reach(
        c: &Constants,
        v: f64,
        s: [f64; STATE],
        drive: f64,
        target: &Target,
    ) -> Option<f64> {
        first_reach(
            (v, s),
            target,
            <Self as Dynamics<f64, STATE, PORTS>>::memory(c),
            |(v, s)| moment(c, *v, s, drive),
            |(v, s), dt| {
                let step = <Self as Dynamics<f64, STATE, PORTS>>::step(c, dt);
                <Self as Dynamics<f64, STATE, PORTS>>::advance(&step, *v, *s, drive)
            },
        )
    }

    fn bound(c: &Constants, v: f64, s: [f64; STATE], drive: f64) -> f64 {
        let mut lift = 0.0;
        for (k, p) in c.port[..c.ports].iter().enumerate() {
            lift += s[k].max(0.0) * least([1.0 / p.decay, c.tau_m]);
            if s[PORTS + k] > 0.0 {
                lift += s[PORTS + k] * twice(c.tau_m, p);
            }
        }
        v.max(drive * c.tau_m / c.c_m) + lift / c.c_m
    }
}

fn least<const N: usize>(all: [f64; N]) -> f64 {
    all.into_iter().fold(f64::INFINITY, f64::min)
}

/// Most that a driving term of 1 pA/ms can lift C_m V: a chain of three decays is at most the
/// product of the times of two of them (the integrals of those) and 1 (the height of the third).
fn twice(tau_m: f64, p: &Port) -> f64 {
    let (x, y) = (1.0 / p.decay, 1.0 / p.rise);
    least([x * y, x * tau_m, y * tau_m])
}

/// V, its slope, a bound of V and one of its curvature from now on.
fn moment(c: &Constants, v: f64, s: &[f64; STATE], drive: f64) -> Moment {
    let a = 1.0 / c.tau_m;
    let (mut current, mut slope, mut bend) = (0.0, 0.0, 0.0);
    for (k, p) in c.port[..c.ports].iter().enumerate() {
        let (i, y, b) = (s[k], s[PORTS + k], p.decay);
        current += i;
        slope += y - b * i;
        // W = V'' obeys W' = -a W + I''/C, where I'' = b^2 I exp(-b t) for the part of I that is
        // there, and y (b^2 F - (b + c) exp(-c t)) for that of y, F being the response of I; it is
        // the same with b and c exchanged.
        bend += b * b * i.max(0.0) * least([1.0 / b, c.tau_m]);
        if y > 0.0 {
            let slower = b.min(p.rise);
            bend += y * slower * slower * twice(c.tau_m, p);
        } else if y < 0.0 {
            bend -= y * (b + p.rise) * least([1.0 / b, 1.0 / p.rise, c.tau_m]);
        }
    }
    let rate = a * (drive * c.tau_m / c.c_m - v) + current / c.c_m;
    let now = slope / c.c_m - a * rate;
    Moment {
        v,
        slope: rate,
        curvature: now.max(0.0) + bend / c.c_m,
        bound: <LifMultisynapse as Dynamics<f64, STATE, PORTS>>::bound(c, v, *s, drive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Model = LifMultisynapse;

    fn constants(tau_m: f64, ports: &[(f64, f64)]) -> Constants {
        let find = |names: [&str; PORTS], name: &str| names.iter().position(|n| *n == name);
        <Model as Dynamics<f64, STATE, PORTS>>::constants(&|name| match name {
            "tau_m" => tau_m,
            "C_m" => 250.0,
            _ => {
                let rise = find(TAU_RISE, name).and_then(|k| ports.get(k)).map(|p| p.0);
                let decay = find(TAU_DECAY, name)
                    .and_then(|k| ports.get(k))
                    .map(|p| p.1);
                rise.or(decay).unwrap_or(0.0)
            }
        })
    }

    fn step(c: &Constants, dt: f64) -> Step<f64> {
        <Model as Dynamics<f64, STATE, PORTS>>::step(c, dt)
    }

    /// State after an input of 1 pA at port 0.
    fn hit(c: &Constants) -> [f64; STATE] {
        let mut input = [0.0; PORTS];
        input[0] = 1.0;
        Model::receive(&step(c, 0.1), [0.0; STATE], input).1
    }

    const SHAPES: [(f64, f64); 9] = [
        (2.0, 100.0),
        (0.5, 2.0),
        (2.0, 0.5),
        (5.0, 5.0),
        (5.0, 5.0 + 1e-10),
        (5.0 - 1e-7, 5.0),
        (5.0, 5.001),
        (1e-3, 5.0),
        (0.0, 5.0),
    ];

    #[test]
    fn the_weight_is_the_peak_of_the_current_whatever_its_shape() {
        for (rise, decay) in SHAPES {
            let c = constants(10.0, &[(rise, decay)]);
            let start = hit(&c);
            let at = |t: f64| Model::advance_syn(&step(&c, t), start)[0];
            let peak = match (rise, decay) {
                (0.0, _) => 0.0,
                (r, d) if (d - r).abs() < 1e-5 => d,
                (r, d) => d * r / (d - r) * (d / r).ln(),
            };
            assert!(
                (at(peak) - 1.0).abs() < 1e-9,
                "{rise} {decay}: {}",
                at(peak)
            );
            for k in 1..400 {
                assert!(at(f64::from(k) * 0.01 * (peak + decay)) <= 1.0 + 1e-12);
            }
            // The stated formula, where its digits do not cancel.
            if rise > 0.0 && (rise - decay).abs() > 1e-2 {
                let form = |t: f64| (-t / decay).exp() - (-t / rise).exp();
                for t in [0.1, 1.0, 10.0] {
                    assert!((at(t) - form(t) / form(peak)).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn the_potential_is_the_integral_of_the_current() {
        for tau_m in [10.0, 5.0, 2.0, 5.0 + 1e-8] {
            for (rise, decay) in SHAPES {
                let c = constants(tau_m, &[(rise, decay)]);
                let start = hit(&c);
                for t in [0.05, 1.0, 8.0, 60.0] {
                    // A rise of a microsecond is too fine for the rule over a long time.
                    if rise == 1e-3 && t > 10.0 {
                        continue;
                    }
                    let n = 40_000;
                    let h = t / f64::from(n);
                    let mut sum = 0.0;
                    for i in 0..=n {
                        let x = f64::from(i) * h;
                        let weight = match i {
                            0 => 1.0,
                            i if i == n => 1.0,
                            i if i % 2 == 1 => 4.0,
                            _ => 2.0,
                        };
                        // The current alone, whose form the test above has.
                        let p = &c.port[0];
                        let current = start[0] * libm::exp(-x * p.decay)
                            + if p.rise > 0.0 {
                                start[PORTS] * filtered_exponential(p.decay, p.rise, x)
                            } else {
                                0.0
                            };
                        sum += weight * current * libm::exp(-(t - x) / tau_m);
                    }
                    let want = sum * h / 3.0 / 250.0;
                    let (v, _) = Model::advance(&step(&c, t), 0.0, start, 0.0);
                    assert!(
                        (v / want - 1.0).abs() < 2e-7,
                        "{tau_m} {rise} {decay} {t}: {v} {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn two_steps_are_one_of_their_sum() {
        let c = constants(10.0, &SHAPES[..PORTS]);
        let mut s = [0.0; STATE];
        for (k, s) in s.iter_mut().enumerate() {
            *s = 100.0 - 13.0 * k as f64;
        }
        let once = Model::advance(&step(&c, 3.7), 5.0, s, 200.0);
        let both = Model::advance(&step(&c, 1.2).then(step(&c, 2.5)), 5.0, s, 200.0);
        assert!((once.0 - both.0).abs() < 1e-12);
        for k in 0..STATE {
            assert!((once.1[k] - both.1[k]).abs() < 1e-10, "{k}");
        }
    }

    /// A state of up to 8 ports whose V may or may not pass its threshold of 15 mV.
    fn state() -> impl Strategy<Value = (Vec<(f64, f64)>, [f64; STATE], f64, f64)> {
        let rise = prop_oneof![Just(0.0), 0.2..8.0f64];
        let ports = prop::collection::vec((rise, 0.3..60.0f64), 1..=PORTS);
        let currents = prop::array::uniform8(-400.0..600.0f64);
        let terms = prop::array::uniform8(-200.0..300.0f64);
        let drive = prop_oneof![Just(0.0), -200.0..420.0f64];
        (ports, currents, terms, -20.0..14.9f64, drive).prop_map(
            |(ports, currents, terms, v, drive)| {
                let mut s = [0.0; STATE];
                for (k, (rise, _)) in ports.iter().enumerate() {
                    s[k] = currents[k];
                    s[PORTS + k] = if *rise > 0.0 { terms[k] } else { 0.0 };
                }
                (ports, s, v, drive)
            },
        )
    }

    /// (predicted tick, first tick at which V is there).
    fn crossing(
        (ports, s, v, drive): &(Vec<(f64, f64)>, [f64; STATE], f64, f64),
        rise: f64,
    ) -> (Option<u64>, Option<u64>) {
        let c = constants(10.0, ports);
        let tick_ms = 0.01;
        let target = Target {
            theta: 15.0,
            rise,
            rate: 0.05,
            tick_ms,
        };
        let found =
            <Model as Dynamics<f64, STATE, PORTS>>::first_reach(&c, *v, *s, *drive, &target)
                .map(|t| (t / tick_ms).ceil() as u64);
        let one = step(&c, tick_ms);
        let (mut v, mut s) = (*v, *s);
        let mut scan = None;
        for k in 0..60_000u64 {
            if v >= 15.0 + rise * libm::exp(-0.05 * tick_ms * k as f64) + 1e-9 {
                scan = Some(k);
                break;
            }
            (v, s) = Model::advance(&one, v, s, *drive);
        }
        (found, scan)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn no_crossing_is_missed(state in state(), rise in prop_oneof![Just(0.0), -3.0..6.0f64]) {
            let (found, scan) = crossing(&state, rise);
            if let Some(scan) = scan {
                prop_assert!(found.is_some_and(|f| f <= scan), "{found:?} {scan}");
            }
        }
    }

    #[test]
    fn predictions_are_hardly_ever_early() {
        use proptest::strategy::ValueTree;
        use proptest::test_runner::TestRunner;
        let mut runner = TestRunner::deterministic();
        let (mut right, mut early, mut never) = (0, 0, 0);
        for _ in 0..400 {
            let state = state().new_tree(&mut runner).unwrap().current();
            match crossing(&state, 0.0) {
                (Some(found), Some(scan)) if found + 1 >= scan => right += 1,
                (None, None) => never += 1,
                _ => early += 1,
            }
        }
        println!("{right} to the tick, {never} never, {early} early");
        assert!(
            right > 100 && never > 50 && early < 20,
            "{right} {never} {early}"
        );
    }
}
