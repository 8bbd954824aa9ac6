//! The two-sample Kolmogorov-Smirnov test: how far two distributions are apart.
//!
//! D = sup_x |F_a(x) - F_b(x)| of the two empirical distribution functions. The p-value is the
//! probability of a D at least as great if both samples came from one continuous distribution. For small
//! samples it is exact: the share of lattice paths from (0, 0) to (n, m) that reach the distance
//! (J. L. Hodges (1958), Ark. Mat. 3:469-486). For others it is the limiting distribution of
//! A. N. Kolmogorov at (√e + 0.12 + 0.11/√e) D, e = n m / (n + m), after M. A. Stephens (1970),
//! J. R. Stat. Soc. B 32:115-122. Equal values in both samples make it too large, and values that are not
//! independent (correlations of pairs that share a neuron) too small: then D itself is the figure to read.

use serde::Serialize;

/// Beyond this number of lattice points the limiting distribution is used.
const MOST_POINTS: usize = 4_000_000;

/// Distance of two samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KolmogorovSmirnov {
    /// D, between 0 and 1.
    pub statistic: f64,
    pub p_value: f64,
}

/// Compares two samples; `None` if one is empty or holds a value that is not a number.
pub fn two_sample(a: &[f64], b: &[f64]) -> Option<KolmogorovSmirnov> {
    if a.is_empty() || b.is_empty() || a.iter().chain(b).any(|v| v.is_nan()) {
        return None;
    }
    let sorted = |v: &[f64]| {
        let mut v = v.to_vec();
        v.sort_by(f64::total_cmp);
        v
    };
    let (a, b) = (sorted(a), sorted(b));
    let (n, m) = (a.len(), b.len());
    let (mut i, mut j) = (0, 0);
    // n m D, a whole number.
    let mut greatest = 0u64;
    while i < n && j < m {
        // Both functions step over all values that are equal before they are compared.
        let x = a[i].min(b[j]);
        while i < n && a[i] <= x {
            i += 1;
        }
        while j < m && b[j] <= x {
            j += 1;
        }
        greatest = greatest.max((i as u64 * m as u64).abs_diff(j as u64 * n as u64));
    }
    let statistic = greatest as f64 / (n as f64 * m as f64);
    let p_value = if n.saturating_mul(m) <= MOST_POINTS {
        reaching(n, m, greatest)
    } else {
        let e = n as f64 * m as f64 / (n as f64 + m as f64);
        kolmogorov((e.sqrt() + 0.12 + 0.11 / e.sqrt()) * statistic)
    };
    Some(KolmogorovSmirnov { statistic, p_value })
}

/// Probability that a random lattice path to (n, m) reaches a point (i, j) with |i m - j n| >= distance.
///
/// `reached[j]` is that of a path to (i, j), over the order of i + j draws without replacement: the last
/// step came from (i - 1, j) with probability i / (i + j). Summing what reaches, not what does not, keeps
/// the digits of small probabilities.
fn reaching(n: usize, m: usize, distance: u64) -> f64 {
    let far = |i: usize, j: usize| (i as u64 * m as u64).abs_diff(j as u64 * n as u64) >= distance;
    let mut reached = vec![0.0f64; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            reached[j] = if far(i, j) {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                let across = i as f64 / (i + j) as f64;
                let up = if j > 0 { reached[j - 1] } else { 0.0 };
                across * reached[j] + (1.0 - across) * up
            };
        }
    }
    reached[m].min(1.0)
}

/// Probability that the limiting distribution exceeds x: 2 Σ (-1)^(k-1) exp(-2 k² x²), k >= 1.
fn kolmogorov(x: f64) -> f64 {
    // The series converges slowly near 0, where the probability is 1 to all digits.
    if x < 0.2 {
        return 1.0;
    }
    let (mut sum, mut sign) = (0.0, 1.0);
    for k in 1..=100 {
        let term = libm::exp(-2.0 * f64::from(k * k) * x * x);
        sum += sign * term;
        sign = -sign;
        if term < 1e-17 * sum {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ks(a: &[f64], b: &[f64]) -> (f64, f64) {
        let k = two_sample(a, b).expect("samples");
        (k.statistic, k.p_value)
    }

    #[test]
    fn hand_made_samples() {
        let a = [1.0, 2.0, 3.0];
        assert_eq!(ks(&a, &a), (0.0, 1.0));
        // Apart: 2 of the 20 orders of three and three.
        let (d, p) = ks(&a, &[4.0, 5.0, 6.0]);
        assert!(d == 1.0 && (p - 0.1).abs() < 1e-15, "{d} {p}");
        // One against three: it must lie outside of all, 2 of 4 places.
        let (d, p) = ks(&[0.0], &a);
        assert!(d == 1.0 && (p - 0.5).abs() < 1e-15, "{d} {p}");
        // Equal values are stepped over together.
        assert_eq!(ks(&[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0]).0, 1.0 / 3.0);
        assert_eq!(ks(&[5.0, 1.0], &[1.0, 5.0]).0, 0.0, "order of values");
    }

    #[test]
    fn nothing_is_not_compared() {
        assert_eq!(two_sample(&[], &[1.0]), None);
        assert_eq!(two_sample(&[1.0], &[]), None);
        assert_eq!(two_sample(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn the_limit_meets_the_exact_probability() {
        // Known values of the limiting distribution.
        assert!((kolmogorov(1.0) - 0.269_999_671_677_354_5).abs() < 1e-14);
        assert!((kolmogorov(1.3581) - 0.05).abs() < 1e-5);
        assert_eq!(kolmogorov(0.0), 1.0);
        let (n, m) = (1500usize, 1400);
        let e = (n * m) as f64 / (n + m) as f64;
        for d in [0.02, 0.04, 0.06] {
            let exact = reaching(n, m, (d * (n * m) as f64) as u64);
            let limit = kolmogorov((e.sqrt() + 0.12 + 0.11 / e.sqrt()) * d);
            assert!((exact / limit - 1.0).abs() < 0.05, "{d}: {exact} {limit}");
        }
    }
}
