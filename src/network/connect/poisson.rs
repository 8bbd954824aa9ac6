//! Poisson numbers of any mean, exactly distributed.

use super::binomial::binomial;
use crate::network::samplers::gamma;
use crate::rng::Stream;

/// Number of events of a Poisson process of rate 1 up to time `mean` (Ahrens & Dieter 1974, Computing
/// 12:223): the m-th event comes after a gamma time; if that is too late, the m - 1 events before it
/// are spread evenly, else the rest goes on from there.
pub fn poisson(stream: &mut Stream, mut mean: f64) -> u64 {
    let mut events = 0;
    while mean > 16.0 {
        let m = (mean * 0.875).floor();
        let x = gamma(stream, m);
        if x > mean {
            return events + binomial(stream, m as u64 - 1, mean / x);
        }
        events += m as u64;
        mean -= x;
    }
    let mut time = stream.exponential();
    while time < mean {
        events += 1;
        time += stream.exponential();
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;

    #[test]
    fn numbers_come_as_often_as_they_should() {
        for mean in [0.3f64, 5.0, 15.9, 16.1, 40.0, 400.0] {
            let mut s = Stream::new(3, Domain::Connectivity, mean as u64, 1);
            let draws = 100_000;
            let mut seen = vec![0.0f64; (mean + 12.0 * mean.sqrt()) as usize + 12];
            for _ in 0..draws {
                seen[poisson(&mut s, mean) as usize] += 1.0;
            }
            let (mut chi, mut bins) = (0.0, 0.0f64);
            for (k, seen) in seen.iter().enumerate() {
                let k = k as f64;
                let e = f64::from(draws)
                    * libm::exp(k * libm::log(mean) - mean - libm::lgamma(k + 1.0));
                if e >= 10.0 {
                    chi += (seen - e).powi(2) / e;
                    bins += 1.0;
                }
            }
            // Five standard deviations of chi-square.
            assert!(
                chi < bins + 5.0 * (2.0 * bins).sqrt(),
                "{mean}: {chi} of {bins} bins"
            );
        }
    }

    #[test]
    fn large_means_have_their_moments() {
        let mean = 3e9;
        let mut s = Stream::new(4, Domain::Connectivity, 0, 1);
        let (mut m, mut v) = (0.0, 0.0);
        for _ in 0..20_000 {
            let d = poisson(&mut s, mean) as f64 - mean;
            m += d / 20_000.0;
            v += d * d / 20_000.0;
        }
        assert!(m.abs() < 5.0 * (mean / 20_000.0).sqrt(), "{m}");
        assert!((v / mean - 1.0).abs() < 0.05, "{v}");
    }
}
