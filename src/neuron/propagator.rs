//! Exact propagation over any number of ticks by table.
//!
//! Each model solves its linear equations in closed form: the state after k ticks is a linear
//! function of the state now (Rotter & Diesmann 1999). The coefficients for k = 0 … 511, 512 × (0 …
//! 511), … are tabulated, and any k is composed from one entry per level that it needs. Composing
//! adds and multiplies numbers of one sign, so it is accurate also for nearly equal time constants.

const BITS: u32 = 9;
const SIZE: u64 = 1 << BITS;

/// Coefficients of a linear step that can be applied one after the other.
pub trait Propagator: Copy + Send + Sync + 'static {
    /// First `self`, then `next`.
    fn then(self, next: Self) -> Self;
}

/// Propagators of one set of constants for every number of ticks.
#[derive(Clone, Debug)]
pub struct PropagatorTable<P> {
    levels: Vec<Level<P>>,
}

impl<P: Propagator> PropagatorTable<P> {
    /// `exact(k)` gives the propagator over k ticks; `reach` is the number of ticks beyond which
    /// the table need not be fast.
    pub fn new(reach: u64, exact: impl Fn(u64) -> P) -> Self {
        let level = |unit: u64| Box::new(std::array::from_fn(|i| exact(i as u64 * unit)));
        let mut levels = vec![level(1)];
        let mut unit = SIZE;
        while unit < reach && unit < 1 << 54 {
            levels.push(level(unit));
            unit <<= BITS;
        }
        Self { levels }
    }

    /// The propagator over `k` ticks; the same bits for the same k on every path. `None` if k lies
    /// beyond the table.
    #[inline]
    pub fn get(&self, k: u64) -> Option<P> {
        let mut p = self.levels[0][(k & (SIZE - 1)) as usize];
        let mut rest = k >> BITS;
        let mut level = 1;
        while rest != 0 {
            let table = self.levels.get(level)?;
            let digit = (rest & (SIZE - 1)) as usize;
            if digit != 0 {
                p = p.then(table[digit]);
            }
            rest >>= BITS;
            level += 1;
        }
        Some(p)
    }

    /// The table for times that it reaches: quicker than `get`.
    #[inline]
    pub fn levels(&self) -> Levels<'_, P> {
        Levels {
            first: &self.levels[0],
            // A level beyond the table is only asked for its first entry, which does nothing.
            second: self.levels.get(1).unwrap_or(&self.levels[0]),
            others: self.levels.get(2..).unwrap_or(&[]),
            reach: (1 << (BITS * self.levels.len() as u32).min(63)) - 1,
        }
    }
}

type Level<P> = Box<[P; SIZE as usize]>;

/// A table whose first two levels are composed without a branch: the entry for no ticks at all leaves
/// every bit of the other as it is.
#[derive(Clone, Copy)]
pub struct Levels<'a, P> {
    first: &'a [P; SIZE as usize],
    second: &'a [P; SIZE as usize],
    others: &'a [Level<P>],
    reach: u64,
}

impl<'a, P: Propagator> Levels<'a, P> {
    /// The tables of a reach below 2^18, where two levels are all.
    #[inline(always)]
    pub fn both(self) -> Option<[&'a [P; SIZE as usize]; 2]> {
        self.others.is_empty().then_some([self.first, self.second])
    }
}

impl<P: Propagator> Levels<'_, P> {
    /// The largest number of ticks that `get` may be asked for.
    #[inline(always)]
    pub fn reach(&self) -> u64 {
        self.reach
    }

    /// The same bits as `PropagatorTable::get`, for up to `reach` ticks.
    #[inline(always)]
    pub fn get(&self, k: u64) -> P {
        let digit = |x: u64| (x & (SIZE - 1)) as usize;
        let p = self.first[digit(k)].then(self.second[digit(k >> BITS)]);
        match k >> (2 * BITS) {
            0 => p,
            rest => self.beyond(p, rest),
        }
    }

    #[inline(never)]
    fn beyond(&self, mut p: P, mut rest: u64) -> P {
        for level in self.others {
            p = p.then(level[(rest & (SIZE - 1)) as usize]);
            rest >>= BITS;
        }
        p
    }
}

/// (1 - exp(-x)) / x, accurate for every x >= 0; 1 at 0.
pub fn mean_decay(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { -libm::expm1(-x) / x }
}

/// Response at time t of a leaky integrator (rate `a`) to exp(-b t) started at 0:
/// (exp(-b t) - exp(-a t)) / (a - b), written so that nothing cancels when a and b are close.
pub fn filtered_exponential(a: f64, b: f64, t: f64) -> f64 {
    let (slow, fast) = if a < b { (a, b) } else { (b, a) };
    libm::exp(-slow * t) * t * mean_decay((fast - slow) * t)
}

/// Response at time t of a leaky integrator (rate `a`) to t exp(-b t) started at 0:
/// the integral over s from 0 to t of exp(-a (t - s)) s exp(-b s).
pub fn filtered_alpha(a: f64, b: f64, t: f64) -> f64 {
    let d = (a - b) * t;
    // exp(-b t) t^2 phi(d) with phi(d) = (d - 1 + exp(-d)) / d^2.
    let phi = if d.abs() < 0.5 {
        // Taylor series of phi; 18 terms reach full accuracy for |d| < 0.5.
        let mut term = 0.5;
        let mut sum = term;
        for n in 3..20 {
            term *= -d / f64::from(n);
            sum += term;
        }
        sum
    } else if d < -600.0 {
        // exp(-d) would overflow before exp(-b t) takes it back.
        return libm::exp(-a * t) * t * t / (d * d);
    } else {
        (d + libm::expm1(-d)) / (d * d)
    };
    libm::exp(-b * t) * t * t * phi
}

/// Response at time t of a leaky integrator (rate `a`) to `filtered_exponential(b, c, t)`: three
/// decays in a row. Symmetric in the rates, and nothing cancels however close they are.
pub fn filtered_twice(a: f64, b: f64, c: f64, t: f64) -> f64 {
    let mut rates = [a, b, c];
    rates.sort_by(f64::total_cmp);
    let [slow, middle, fast] = rates;
    if (fast - slow) * t > 1.0 {
        // The difference of two responses, of which the first is clearly the larger.
        let first = filtered_exponential(slow, middle, t);
        return (first - filtered_exponential(middle, fast, t)) / (fast - slow);
    }
    // exp(-slow t) t^2 times the sum over n of (-1)^n h_n(p, q) / (n + 2)!, where h_n is the complete
    // homogeneous symmetric polynomial in p = (middle - slow) t and q = (fast - slow) t, at most 1.
    let (p, q) = ((middle - slow) * t, (fast - slow) * t);
    let (mut h, mut power, mut factor, mut sum) = (1.0, 1.0, 0.5, 0.0);
    for n in 0..22 {
        sum += h * factor;
        power *= p;
        h = q * h + power;
        factor /= -f64::from(n + 3);
    }
    libm::exp(-slow * t) * t * t * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Decay(f64);
    impl Propagator for Decay {
        fn then(self, next: Self) -> Self {
            Self(self.0 * next.0)
        }
    }

    #[test]
    fn any_number_of_ticks_is_composed_to_the_exact_value() {
        let table = PropagatorTable::new(1 << 40, |k| Decay(libm::exp(-(k as f64) * 1e-9)));
        for k in [
            0u64,
            1,
            511,
            512,
            513,
            262_143,
            262_144,
            1_000_000_007,
            (1 << 33) + 5,
        ] {
            let exact = libm::exp(-(k as f64) * 1e-9);
            let got = table.get(k).unwrap().0;
            assert!((got / exact - 1.0).abs() < 1e-14, "{k}: {got} {exact}");
        }
    }

    #[test]
    fn levels_give_the_same_bits_as_the_table() {
        for reach in [100, 1 << 9, 1 << 17, 1 << 20, 1 << 33] {
            let table = PropagatorTable::new(reach, |k| Decay(libm::exp(-(k as f64) * 1e-5)));
            let levels = table.levels();
            let mut k = 0;
            while k <= levels.reach() {
                let bits = |d: Decay| d.0.to_bits();
                assert_eq!(
                    bits(levels.get(k)),
                    bits(table.get(k).unwrap()),
                    "{reach} {k}"
                );
                k += 1 + k / 7;
            }
            assert!(table.get(levels.reach() + 1).is_none());
        }
    }

    #[test]
    fn beyond_the_table_there_is_no_entry_instead_of_a_wrong_one() {
        let table = PropagatorTable::new(100, |k| Decay(k as f64));
        assert!(table.get(511).is_some());
        assert!(table.get(512).is_none());
    }

    #[test]
    fn filters_agree_with_a_numerical_integral_also_for_close_rates() {
        for (a, b) in [
            (0.1, 0.5),
            (0.5, 0.1),
            (0.1, 0.1),
            (0.1, 0.100000001),
            (0.05, 2.0),
        ] {
            for t in [0.1f64, 1.0, 7.0, 30.0] {
                let n = 20_000;
                let (mut e, mut al) = (0.0, 0.0);
                let h = t / f64::from(n);
                // Simpson.
                for i in 0..=n {
                    let s = h * f64::from(i);
                    let w = if i == 0 || i == n {
                        1.0
                    } else if i % 2 == 1 {
                        4.0
                    } else {
                        2.0
                    };
                    let k = w * libm::exp(-a * (t - s) - b * s) * h / 3.0;
                    e += k;
                    al += k * s;
                }
                let (fe, fa) = (filtered_exponential(a, b, t), filtered_alpha(a, b, t));
                assert!((fe / e - 1.0).abs() < 1e-9, "{a} {b} {t}: {fe} {e}");
                assert!((fa / al - 1.0).abs() < 1e-9, "{a} {b} {t}: {fa} {al}");
            }
        }
    }

    #[test]
    fn three_decays_in_a_row_agree_with_a_numerical_integral_also_for_close_rates() {
        for (a, b, c) in [
            (0.1, 0.5, 0.02),
            (0.5, 0.1, 0.1),
            (0.1, 0.1, 0.1),
            (0.1, 0.1 + 1e-9, 0.1 - 1e-9),
            (0.1, 0.3, 0.1 * (1.0 + 1e-6)),
            (1.0, 20.0, 20.5),
            (20.0, 1.0, 1.0),
        ] {
            for t in [1e-3, 0.1, 1.0, 7.3, 40.0] {
                let n = 60_000;
                let h = t / f64::from(n);
                let mut sum = 0.0;
                for i in 0..=n {
                    let x = f64::from(i) * h;
                    let w = if i == 0 || i == n {
                        1.0
                    } else if i % 2 == 1 {
                        4.0
                    } else {
                        2.0
                    };
                    sum += w * (-a * (t - x)).exp() * filtered_exponential(b, c, x);
                }
                let simpson = sum * h / 3.0;
                let got = filtered_twice(a, b, c, t);
                assert!(
                    (got / simpson - 1.0).abs() < 1e-9,
                    "{a} {b} {c} {t}: {got} {simpson}"
                );
                for (x, y, z) in [(b, a, c), (c, b, a), (a, c, b)] {
                    assert_eq!(filtered_twice(x, y, z, t), got);
                }
                let alpha = filtered_alpha(a, b, t);
                assert!(
                    (filtered_twice(a, b, b, t) / alpha - 1.0).abs() < 1e-12,
                    "{a} {b} {t}"
                );
            }
        }
        // No seam where the two ways meet.
        let near = |x: f64| filtered_twice(0.1, 0.1 + 0.5 * x, 0.1 + x, 1.0);
        assert!((near(1.0 - 1e-13) / near(1.0 + 1e-13) - 1.0).abs() < 1e-12);
        assert_eq!(filtered_twice(0.1, 0.2, 0.3, 0.0), 0.0);
        assert_eq!(filtered_twice(0.1, 0.2, 0.3, 1e9), 0.0);
    }
}
