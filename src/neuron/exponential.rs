//! The exponential function for loops over neurons: plain IEEE operations, so that it becomes vector
//! code and gives the same bits for every instruction set.
//!
//! exp(x) = 2^k exp(r) with k = round(x / ln 2) and |r| <= ln 2 / 2; exp(r) - 1 is its Taylor series
//! up to r^13, whose remainder is below 4e-18. Errors are at most 2 units in the last place (see the
//! tests). `libm::exp` is as exact, but its branches and tables keep a loop from being vectorised.

/// Adding and subtracting it rounds a number below 2^51 to a whole one.
const ROUND: f64 = 1.5 * (1u64 << 52) as f64;
/// ln 2 in two parts: products of the first with whole numbers below 2^11 are exact.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Arguments are cut to where the result is a normal number.
const LOWEST: f64 = -708.0;
const HIGHEST: f64 = 709.0;

/// 2^k and exp(r) - 1.
#[inline(always)]
fn parts(x: f64) -> (f64, f64) {
    let x = if x > LOWEST { x } else { LOWEST };
    let x = if x < HIGHEST { x } else { HIGHEST };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = x - k * LN2_HIGH - k * LN2_LOW;
    // The lowest bits of the shifted number are k, and stay so up to the exponent's place.
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0f64.to_bits()));
    const C: [f64; 12] = [
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
    ];
    // In pairs: shorter chains of operations than from the highest power down.
    let (r2, pair) = (r * r, |i: usize| C[i] + C[i + 1] * r);
    let r4 = r2 * r2;
    let low = pair(0) + r2 * pair(2);
    let middle = pair(4) + r2 * pair(6);
    let high = pair(8) + r2 * pair(10);
    (scale, r + r2 * (low + r4 * (middle + r4 * high)))
}

/// exp(x); x is cut to [-708, 709], where results are about 3e-308 and 8e307.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let (scale, small) = parts(x);
    scale + scale * small
}

/// (1 - exp(-x)) / x, the mean of an exponential decay over its time; 1 at 0. For x >= 0.
#[inline(always)]
pub fn mean_decay(x: f64) -> f64 {
    // Where the quotient is 1 to the last bit already.
    let x = if x > 1e-30 { x } else { 1e-30 };
    let (scale, small) = parts(-x);
    -(scale * small + (scale - 1.0)) / x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Level, vectorized_for};

    fn arguments() -> impl Iterator<Item = f64> {
        let fine = (0..200_000).map(|i| (f64::from(i) - 100_000.0) * 7.1e-4);
        let wide = (0..20_000).map(|i| (f64::from(i) - 10_000.0) * 0.0708);
        let tiny = (0..300).map(|i| libm::pow(10.0, -f64::from(i)));
        fine.chain(wide).chain(tiny)
    }

    #[test]
    fn the_error_is_at_most_two_units_in_the_last_place() {
        let mut worst: (f64, f64) = (0.0, 0.0);
        for x in arguments() {
            let exact = libm::exp(x);
            worst.0 = worst.0.max((exp(x) / exact - 1.0).abs());
            if x > 0.0 {
                let exact = -libm::expm1(-x) / x;
                worst.1 = worst.1.max((mean_decay(x) / exact - 1.0).abs());
            }
        }
        let ulp = f64::EPSILON;
        assert!(worst.0 <= 2.0 * ulp, "exp: {:e}", worst.0);
        assert!(worst.1 <= 3.0 * ulp, "mean_decay: {:e}", worst.1);
        assert_eq!(exp(0.0).to_bits(), 1.0f64.to_bits());
        assert_eq!(mean_decay(0.0).to_bits(), 1.0f64.to_bits());
    }

    #[test]
    fn arguments_beyond_the_range_give_finite_results() {
        for x in [
            f64::NEG_INFINITY,
            -1e300,
            -709.0,
            710.0,
            1e300,
            f64::INFINITY,
        ] {
            assert!(exp(x).is_finite() && exp(x) > 0.0, "{x}");
        }
        assert!((mean_decay(1e6) - 1e-6).abs() < 1e-20);
        assert!(mean_decay(1e300) > 0.0);
    }

    struct All<'a>(&'a [f64], &'a mut [f64]);

    impl Kernel for All<'_> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            for (y, &x) in self.1.iter_mut().zip(self.0) {
                *y = exp(x) + mean_decay(x * x);
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let x: Vec<f64> = arguments().collect();
        let run = |level| {
            let mut y = vec![0.0; x.len()];
            vectorized_for(level, All(&x, &mut y));
            y.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let portable = run(Level::Portable);
        assert_eq!(portable, run(Level::Avx2));
        assert_eq!(portable, run(Level::Avx512));
    }
}
