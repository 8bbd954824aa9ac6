//! Binomial numbers of any size, exactly distributed.

use crate::rng::Stream;

/// Number of successes in `n` trials of probability `p`.
///
/// Inversion where few successes are expected, else the transformed rejection BTRS (Hörmann 1993,
/// J. Stat. Comput. Simul. 46:101).
pub fn binomial(stream: &mut Stream, n: u64, p: f64) -> u64 {
    if n == 0 || p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    if p > 0.5 {
        return n - binomial(stream, n, 1.0 - p);
    }
    let nf = n as f64;
    if nf * p < 10.0 {
        return inversion(stream, n, p);
    }
    let spq = (nf * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * spq;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let c = nf * p + 0.5;
    let v_r = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * spq;
    let m = ((nf + 1.0) * p).floor();
    let log_odds = libm::log(p / (1.0 - p));
    let h = libm::lgamma(m + 1.0) + libm::lgamma(nf - m + 1.0);
    loop {
        let v = stream.unit_open();
        let u = stream.unit() - 0.5;
        let us = 0.5 - u.abs();
        if us <= 0.0 {
            continue;
        }
        let k = ((2.0 * a / us + b) * u + c).floor();
        if k < 0.0 || k > nf {
            continue;
        }
        if us >= 0.07 && v <= v_r {
            return k as u64;
        }
        let accept = h - libm::lgamma(k + 1.0) - libm::lgamma(nf - k + 1.0) + (k - m) * log_odds;
        if libm::log(v * alpha / (a / (us * us) + b)) <= accept {
            return k as u64;
        }
    }
}

/// Counts geometric gaps: the work goes with the successes.
fn inversion(stream: &mut Stream, n: u64, p: f64) -> u64 {
    let log_q = libm::log1p(-p);
    let (mut k, mut trials) = (0, 0.0);
    loop {
        trials += (libm::log(stream.unit_open()) / log_q).floor() + 1.0;
        if trials > n as f64 {
            return k;
        }
        k += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;

    #[test]
    fn mean_and_variance_are_those_of_the_distribution() {
        for (n, p) in [(20u64, 0.1), (1000, 0.3), (1000, 0.9), (10_000_000, 0.4)] {
            let mut s = Stream::new(9, Domain::Connectivity, n, 0);
            let draws = 40_000;
            let (mut m, mut v) = (0.0, 0.0);
            let e = n as f64 * p;
            let var = e * (1.0 - p);
            for _ in 0..draws {
                let d = binomial(&mut s, n, p) as f64 - e;
                m += d;
                v += d * d;
            }
            let draws = f64::from(draws);
            assert!((m / draws).abs() < 5.0 * (var / draws).sqrt(), "{n} {p}");
            assert!(
                (v / draws / var - 1.0).abs() < 0.05,
                "{n} {p} {}",
                v / draws / var
            );
        }
    }
}
