//! When does a sum of exponentials first reach zero from below?
//!
//! Between inputs the distance of a neuron from its threshold is
//!
//! ```text
//! g(s) = sum over j of (c_j + d_j s + e_j s^2) exp(-a_j s),     a_j >= 0
//! ```
//!
//! with one term for the constant part, one for the membrane, one for each synaptic current and one
//! for an adaptive threshold. All its zeros are isolated by a generalised Rolle argument: multiply
//! by exp(a s) of the slowest term and differentiate; that term loses a degree, and the zeros of
//! the result are the turning points of the function before. After as many steps as there are
//! coefficients nothing is left. Going back up, every interval between turning points is monotone
//! and holds at most one zero, found by bracketing. So also a narrow excursion over the threshold is
//! found, which a test at the ends of an interval would miss (Krishnan et al. 2018).

/// At most: constant, membrane, two currents, adaptive threshold.
const TERMS: usize = 5;
/// At most three coefficients a term, and fewer zeros than coefficients.
const ZEROS: usize = 3 * TERMS;

/// Time constants after which a decaying term is gone: exp(-60) = 9e-27 is below rounding.
const HORIZON: f64 = 60.0;

#[derive(Clone, Copy, Debug, Default)]
struct Term {
    rate: f64,
    c: f64,
    d: f64,
    e: f64,
}

/// A sum of exponentials with polynomial factors of degree at most 2.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpSum {
    terms: [Term; TERMS],
    len: usize,
}

/// A small ordered list of zeros.
#[derive(Clone, Copy, Debug, Default)]
struct Zeros {
    at: [f64; ZEROS],
    len: usize,
}

impl Zeros {
    fn push(&mut self, s: f64) {
        if self.len < ZEROS {
            self.at[self.len] = s;
            self.len += 1;
        }
    }
}

impl ExpSum {
    /// Adds (c + d s) exp(-rate s). Terms of one rate are merged.
    pub fn add(&mut self, rate: f64, c: f64, d: f64) {
        self.add_quadratic(rate, c, d, 0.0);
    }

    /// Adds (c + d s + e s^2) exp(-rate s).
    pub fn add_quadratic(&mut self, rate: f64, c: f64, d: f64, e: f64) {
        if c == 0.0 && d == 0.0 && e == 0.0 {
            return;
        }
        for t in &mut self.terms[..self.len] {
            if t.rate == rate {
                t.c += c;
                t.d += d;
                t.e += e;
                return;
            }
        }
        debug_assert!(self.len < TERMS);
        if self.len < TERMS {
            self.terms[self.len] = Term { rate, c, d, e };
            self.len += 1;
        }
    }

    /// The value at s.
    pub fn at(&self, s: f64) -> f64 {
        self.terms[..self.len]
            .iter()
            .map(|t| (t.c + (t.d + t.e * s) * s) * libm::exp(-t.rate * s))
            .sum()
    }

    /// The first s >= 0 at which the sum is >= 0, if it ever is.
    ///
    /// Where the numbers are beyond what f64 can hold, the answer is the earliest possible.
    pub fn first_at_or_above_zero(mut self) -> Option<f64> {
        let finite = |t: &Term| t.rate.is_finite() && (t.c + t.d + t.e).is_finite();
        // Written so that a NaN counts as reached.
        if !(self.at(0.0) < 0.0 && self.terms[..self.len].iter().all(finite)) {
            return Some(0.0);
        }
        self.terms[..self.len].sort_by(|x, y| x.rate.total_cmp(&y.rate));
        let slowest = self.terms[..self.len]
            .iter()
            .map(|t| t.rate)
            .find(|&r| r > 0.0);
        // Without a decaying term the sum is c + d s.
        let horizon = match slowest {
            Some(rate) => HORIZON / rate,
            None => f64::INFINITY,
        };
        let linear = self.len > 0 && self.terms[0].rate == 0.0 && self.terms[0].d > 0.0;
        let horizon = if linear {
            // A rising line gets over zero in the end, after the rest has died away.
            let t = self.terms[0];
            let line = (-t.c / t.d).max(0.0);
            if horizon.is_finite() {
                horizon.max(2.0 * line)
            } else {
                return Some(line);
            }
        } else if horizon.is_infinite() {
            return None;
        } else {
            horizon
        };
        // The zeros are in order, and g < 0 at 0: the first one is a rise.
        let zeros = self.zeros(horizon, 3 * TERMS);
        (zeros.len > 0).then(|| zeros.at[0])
    }

    /// All zeros in (0, horizon), ascending. Terms are sorted by rate. `depth`: coefficients left;
    /// more steps are taken only if a derivative has overflowed, and then there is nothing to find.
    fn zeros(&self, horizon: f64, depth: usize) -> Zeros {
        let mut out = Zeros::default();
        if self.len == 0 || depth == 0 {
            return out;
        }
        // exp(slowest s) g(s) has the same zeros and a polynomial as its slowest term.
        let mut shifted = *self;
        let slowest = self.terms[0].rate;
        for t in &mut shifted.terms[..self.len] {
            t.rate -= slowest;
        }
        let first = shifted.terms[0];
        if self.len == 1 {
            for s in roots(first) {
                if s > 0.0 && s < horizon {
                    out.push(s);
                }
            }
            return out;
        }
        let mut slope = ExpSum::default();
        for t in &shifted.terms[..self.len] {
            // d/ds (c + d s + e s^2) exp(-r s) = (d - r c + (2 e - r d) s - r e s^2) exp(-r s)
            slope.add_quadratic(
                t.rate,
                t.d - t.rate * t.c,
                2.0 * t.e - t.rate * t.d,
                -t.rate * t.e,
            );
        }
        let turns = slope.zeros(horizon, depth - 1);
        let mut lo = 0.0;
        let mut g_lo = shifted.at(lo);
        for i in 0..=turns.len {
            let hi = if i < turns.len { turns.at[i] } else { horizon };
            let g_hi = shifted.at(hi);
            if (g_lo < 0.0) != (g_hi < 0.0) {
                out.push(shifted.bracketed(lo, g_lo, hi, g_hi));
            }
            lo = hi;
            g_lo = g_hi;
        }
        out
    }

    /// The zero in [lo, hi], on which the sum is monotone and changes sign: regula falsi with the
    /// Illinois correction, bisecting where that is slow. Ends on the side of `hi` only by rounding.
    fn bracketed(&self, mut lo: f64, mut g_lo: f64, mut hi: f64, mut g_hi: f64) -> f64 {
        for step in 0..200 {
            let width = hi - lo;
            if width <= 1e-15 * hi.abs() {
                break;
            }
            let mut mid = if step % 3 == 2 {
                0.5 * (lo + hi)
            } else {
                (lo * g_hi - hi * g_lo) / (g_hi - g_lo)
            };
            if !(mid > lo && mid < hi) {
                mid = 0.5 * (lo + hi);
            }
            if mid <= lo || mid >= hi {
                break;
            }
            let g = self.at(mid);
            if g == 0.0 {
                return mid;
            }
            if (g < 0.0) == (g_lo < 0.0) {
                lo = mid;
                g_lo = g;
                g_hi *= 0.5;
            } else {
                hi = mid;
                g_hi = g;
                g_lo *= 0.5;
            }
        }
        lo
    }
}

/// Real roots of c + d s + e s^2, ascending; NaN where there is none.
fn roots(t: Term) -> [f64; 2] {
    if t.e == 0.0 {
        return [if t.d == 0.0 { f64::NAN } else { -t.c / t.d }, f64::NAN];
    }
    let disc = t.d * t.d - 4.0 * t.e * t.c;
    if disc < 0.0 {
        return [f64::NAN; 2];
    }
    // Without cancellation: one root by the sum of equal signs, the other by the product.
    let q = -0.5 * (t.d + disc.sqrt().copysign(t.d));
    let (x, y) = (q / t.e, if q == 0.0 { 0.0 } else { t.c / q });
    [x.min(y), x.max(y)]
}

/// The first time at which V reaches `theta` on its way from `v` to `steady` with time constant `tau`,
/// if it does so within what `ExpSum` looks at.
pub fn relaxing(v: f64, steady: f64, tau: f64, theta: f64) -> Option<f64> {
    // A NaN counts as reached.
    if v >= theta || v.is_nan() || theta.is_nan() {
        return Some(0.0);
    }
    if steady <= theta {
        return None;
    }
    let s = tau * libm::log((steady - v) / (steady - theta));
    (s < HORIZON * tau).then_some(s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(terms: &[(f64, f64, f64)]) -> ExpSum {
        let mut g = ExpSum::default();
        for &(rate, c, d) in terms {
            g.add(rate, c, d);
        }
        g
    }

    #[test]
    fn a_driven_membrane_crosses_at_the_logarithm() {
        // V = 20 (1 - exp(-t/10)), threshold 15.
        let s = sum(&[(0.0, 5.0, 0.0), (0.1, -20.0, 0.0)])
            .first_at_or_above_zero()
            .unwrap();
        assert!((s - 10.0 * 4.0f64.ln()).abs() < 1e-12, "{s}");
    }

    #[test]
    fn relaxation_agrees_with_the_sum() {
        for (v, steady, theta) in [
            (0.0, 20.0, 15.0),
            (0.0, 15.0 + 1e-9, 15.0),
            (0.0, 14.0, 15.0),
            (15.0, 3.0, 15.0),
            (-3.0, 1e9, 15.0),
            (-3.0, 15.0 * (1.0 + 1e-16), 15.0),
        ] {
            let by_sum =
                sum(&[(0.0, steady - theta, 0.0), (0.1, v - steady, 0.0)]).first_at_or_above_zero();
            match (relaxing(v, steady, 10.0, theta), by_sum) {
                (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-7 * b, "{a} {b}"),
                (a, b) => assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn a_line_and_a_sum_that_stays_below() {
        assert_eq!(sum(&[(0.0, -3.0, 1.5)]).first_at_or_above_zero(), Some(2.0));
        assert_eq!(sum(&[(0.0, -3.0, -1.5)]).first_at_or_above_zero(), None);
        assert_eq!(
            sum(&[(0.0, -1.0, 0.0), (0.1, 0.5, 0.0)]).first_at_or_above_zero(),
            None
        );
    }

    #[test]
    fn numbers_out_of_range_give_the_earliest_answer_and_not_an_endless_search() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(
                sum(&[(0.0, -1.0, 0.0), (0.1, bad, 0.0)]).first_at_or_above_zero(),
                Some(0.0)
            );
        }
        let huge = sum(&[
            (0.0, -1.0, 0.0),
            (1e300, -1e300, 1e300),
            (1e-300, -1e300, 0.0),
        ]);
        let _ = huge.first_at_or_above_zero();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// Against a scan in small steps: the scan never finds a crossing before the solver does,
        /// and where the solver says never, the scan finds none.
        #[test]
        fn no_crossing_is_missed(
            v in -20.0..0.0f64, drive in -20.0..20.0f64,
            i1 in -60.0..60.0f64, i2 in -60.0..60.0f64, q in 0.0..30.0f64,
            k1 in -3.0..3.0f64,
            r in prop::array::uniform4(0.01..3.0f64),
            e in prop_oneof![Just(0.0), -1.0..1.0f64],
        ) {
            let theta = 1.0;
            let mut g = sum(&[
                (0.0, drive - theta, 0.0), (r[0], v - drive, 0.0), (r[1], i1, k1), (r[2], i2, 0.0), (r[3], -q, 0.0),
            ]);
            g.add_quadratic(r[0], 0.0, 0.0, e);
            let found = g.first_at_or_above_zero();
            let scale = 1e-9 * (drive.abs() + v.abs() + i1.abs() + i2.abs() + q + 1.0);
            let mut s = 0.0;
            while s < 400.0 {
                if let Some(f) = found && s >= f { break; }
                prop_assert!(g.at(s) < scale, "missed at {s}: {} found {found:?}", g.at(s));
                s += 0.01 + s * 1e-3;
            }
            if let Some(f) = found {
                prop_assert!(g.at(f).abs() < scale * 1e2 || f == 0.0);
            }
        }
    }
}
