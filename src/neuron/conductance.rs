//! Membranes with synaptic conductances: one step of
//!
//! ```text
//! C dV/dt = -(g_L + g_ex(t) + g_in(t)) V + g_ex(t) E_ex + g_in(t) E_in + I      V relative to E_L
//! ```
//!
//! Conductances decay exactly. The equation is linear in V with coefficients that change over time,
//! V' = -a(t) V + b(t), and is solved by the Magnus expansion to fourth order (Magnus 1954; Blanes et
//! al. 2009, Phys. Rep. 470:151, section 5.4): V(h) is what constant coefficients would give, with
//!
//! ```text
//! alpha = integral of a                                    exact, from the integrals of g
//! beta  = integral of b + (sqrt(3)/12) h^2 (a1 b2 - a2 b1)  a1, b1, a2, b2 at the two Gauss points
//! V(h)  = V + (beta - alpha V) (1 - exp(-alpha)) / alpha
//! ```
//!
//! No conductance can make it unstable: V goes towards beta / alpha and not beyond. Where alpha is 1
//! or more, the second term of beta is left out.

use super::exponential::mean_decay;
use super::propagator::filtered_alpha;
use crate::simd::either;

/// Places of the Gauss points in a step.
const EARLY: f64 = 0.211_324_865_405_187_13;
const LATE: f64 = 0.788_675_134_594_812_9;
/// sqrt(3) / 12.
const WEIGHT: f64 = 0.144_337_567_297_406_43;

/// What a step needs to know of a conductance, in nS (and nS ms).
#[derive(Clone, Copy)]
pub struct Course {
    pub integral: f64,
    pub early: f64,
    pub late: f64,
}

/// How a conductance goes on after its input.
pub trait Kinetics: Copy + PartialEq + Send + Sync + 'static {
    /// State variables per channel: g, or g and its drive.
    const SIZE: usize;
    /// For a time constant and a step in ms.
    fn new(tau: f64, h: f64) -> Self;
    /// The course of a conductance from its value (and drive) at the start of the step.
    fn course(&self, g: f64, drive: f64) -> Course;
    /// Value and drive at the end of the step.
    fn advance(&self, g: f64, drive: f64) -> (f64, f64);
    /// Takes a weight in nS.
    fn receive(&self, g: f64, drive: f64, weight: f64) -> (f64, f64);
}

/// g jumps by the weight and decays: tau dg/dt = -g.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    fade: f64,
    integral: f64,
    early: f64,
    late: f64,
}

impl Kinetics for Exponential {
    const SIZE: usize = 1;

    fn new(tau: f64, h: f64) -> Self {
        Self {
            fade: libm::exp(-h / tau),
            integral: -tau * libm::expm1(-h / tau),
            early: libm::exp(-EARLY * h / tau),
            late: libm::exp(-LATE * h / tau),
        }
    }
    #[inline(always)]
    fn course(&self, g: f64, _: f64) -> Course {
        Course {
            integral: g * self.integral,
            early: g * self.early,
            late: g * self.late,
        }
    }
    #[inline(always)]
    fn advance(&self, g: f64, drive: f64) -> (f64, f64) {
        (g * self.fade, drive)
    }
    #[inline(always)]
    fn receive(&self, g: f64, drive: f64, weight: f64) -> (f64, f64) {
        (g + weight, drive)
    }
}

/// g rises and falls, with its maximum, the weight, a time tau after the input:
/// dg/dt = s - g / tau, tau ds/dt = -s, s <- s + w e / tau.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alpha {
    of_g: Exponential,
    h: f64,
    /// Integral of t exp(-t / tau).
    integral: f64,
    early: f64,
    late: f64,
    input: f64,
}

impl Kinetics for Alpha {
    const SIZE: usize = 2;

    fn new(tau: f64, h: f64) -> Self {
        let of_g = Exponential::new(tau, h);
        Self {
            h,
            integral: filtered_alpha(0.0, 1.0 / tau, h),
            early: EARLY * h * of_g.early,
            late: LATE * h * of_g.late,
            input: std::f64::consts::E / tau,
            of_g,
        }
    }
    #[inline(always)]
    fn course(&self, g: f64, drive: f64) -> Course {
        let own = self.of_g.course(g, 0.0);
        Course {
            integral: own.integral + drive * self.integral,
            early: own.early + drive * self.early,
            late: own.late + drive * self.late,
        }
    }
    #[inline(always)]
    fn advance(&self, g: f64, drive: f64) -> (f64, f64) {
        let fade = self.of_g.fade;
        ((g + drive * self.h) * fade, drive * fade)
    }
    #[inline(always)]
    fn receive(&self, g: f64, drive: f64, weight: f64) -> (f64, f64) {
        (g, drive + weight * self.input)
    }
}

/// Leak, capacitance and reversal potentials of a membrane for one step length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Membrane {
    leak: f64,
    /// Relative to E_L.
    reversal: [f64; 2],
    h_over_c: f64,
    one_over_c: f64,
    commutator: f64,
}

/// alpha, and what is added to V, from its value at the start of the step.
#[derive(Clone, Copy)]
pub struct Linear {
    pub alpha: f64,
    pub beta: f64,
}

impl Membrane {
    pub fn read(param: &dyn Fn(&str) -> f64, h: f64) -> Self {
        let (c, rest) = (param("C_m"), param("E_L"));
        Self {
            leak: param("g_L"),
            reversal: [param("E_ex") - rest, param("E_in") - rest],
            h_over_c: h / c,
            one_over_c: 1.0 / c,
            commutator: WEIGHT * (h / c) * (h / c),
        }
    }

    /// h / C: what a current of 1 pA during the step brings in mV.
    #[inline(always)]
    pub fn gain(&self) -> f64 {
        self.h_over_c
    }

    /// alpha and beta of a step with these conductances and the constant current `i`.
    #[inline(always)]
    pub fn linear(&self, ex: Course, inh: Course, i: f64) -> Linear {
        let [e, f] = self.reversal;
        let (a1, b1) = (
            self.leak + ex.early + inh.early,
            i + e * ex.early + f * inh.early,
        );
        let (a2, b2) = (
            self.leak + ex.late + inh.late,
            i + e * ex.late + f * inh.late,
        );
        let alpha = self.leak * self.h_over_c + (ex.integral + inh.integral) * self.one_over_c;
        // The expansion converges for small alpha only; beyond that its second term would grow with
        // the square of the conductances.
        let second = either(alpha < 1.0, self.commutator * (a1 * b2 - a2 * b1), 0.0);
        Linear {
            alpha,
            beta: i * self.h_over_c
                + (e * ex.integral + f * inh.integral) * self.one_over_c
                + second,
        }
    }
}

impl Linear {
    /// (1 - exp(-alpha)) / alpha.
    #[inline(always)]
    pub fn mean_decay(self) -> f64 {
        mean_decay(self.alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V after `ms` with the conductances started at `g`, in steps of `h`.
    fn integrate<K: Kinetics>(h: f64, ms: f64, g: [f64; 2]) -> f64 {
        let param = |name: &str| match name {
            "C_m" => 250.0,
            "g_L" => 16.6667,
            "E_L" => -70.0,
            "E_ex" => 0.0,
            _ => -85.0,
        };
        let membrane = Membrane::read(&param, h);
        let k = [K::new(0.7, h), K::new(2.0, h)];
        let mut v = 5.0;
        let mut state = [k[0].receive(0.0, 0.0, g[0]), k[1].receive(0.0, 0.0, g[1])];
        for _ in 0..(ms / h).round() as usize {
            let [ex, inh] = [0, 1].map(|x| k[x].course(state[x].0, state[x].1));
            let l = membrane.linear(ex, inh, 100.0);
            v += (l.beta - l.alpha * v) * l.mean_decay();
            for (s, k) in state.iter_mut().zip(&k) {
                *s = k.advance(s.0, s.1);
            }
        }
        v
    }

    fn falls_with_the_fourth_power<K: Kinetics>() {
        let g = [150.0, 60.0];
        let exact = integrate::<K>(1.0 / 1024.0, 4.0, g);
        let error = |h: f64| (integrate::<K>(h, 4.0, g) - exact).abs();
        let (coarse, fine) = (error(0.25), error(0.125));
        let order = (coarse / fine).log2();
        assert!((3.7..4.3).contains(&order), "{coarse:e} {fine:e}: {order}");
        assert!(error(0.1) < 2e-4, "{:e}", error(0.1));
    }

    #[test]
    fn the_error_falls_with_the_fourth_power_of_the_step() {
        falls_with_the_fourth_power::<Exponential>();
        falls_with_the_fourth_power::<Alpha>();
    }

    #[test]
    fn the_finest_steps_agree_with_a_runge_kutta_method() {
        let (h, n) = (1e-3, 4_000);
        let f = |t: f64, v: f64| {
            let (ex, inh) = (150.0 * libm::exp(-t / 0.7), 60.0 * libm::exp(-t / 2.0));
            (-16.6667 * v - ex * (v - 70.0) - inh * (v + 15.0) + 100.0) / 250.0
        };
        let mut v = 5.0;
        for i in 0..n {
            let t = h * f64::from(i);
            let k1 = f(t, v);
            let k2 = f(t + h / 2.0, v + h / 2.0 * k1);
            let k3 = f(t + h / 2.0, v + h / 2.0 * k2);
            let k4 = f(t + h, v + h * k3);
            v += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
        }
        let magnus = integrate::<Exponential>(1.0 / 1024.0, 4.0, [150.0, 60.0]);
        assert!((v - magnus).abs() < 1e-9, "{v} {magnus}");
    }

    #[test]
    fn no_conductance_throws_the_potential_beyond_the_reversal_potentials() {
        for g in [1e3, 1e5, 1e8] {
            for g in [[g, 0.0], [0.0, g], [g, g]] {
                let v = integrate::<Exponential>(0.1, 0.1, g);
                assert!((-16.0..=71.0).contains(&v), "{g:?}: {v}");
            }
        }
    }
}
