//! Hypergeometric numbers of any size, exactly distributed.

use crate::rng::Stream;

/// Fewer draws than this are taken from the urn one by one.
const FEW: u64 = 12;

/// How many of `draws` things, taken without repetition from `good + bad`, are good.
///
/// An urn where few are drawn, else the ratio of uniforms HRUA (Stadlober 1990, J. Comput. Appl.
/// Math. 31:181), with logarithms of ratios of factorials that keep their digits for any size.
pub fn hypergeometric(stream: &mut Stream, good: u64, bad: u64, draws: u64) -> u64 {
    let all = good + bad;
    let draws = draws.min(all);
    // Both the smaller part and the smaller half decide as well, and the bounds get simple.
    if good > bad {
        return draws - hypergeometric(stream, bad, good, draws);
    }
    if draws > all - draws {
        return good - hypergeometric(stream, good, bad, all - draws);
    }
    // Drawing `draws` and counting the good, or marking `good` and counting the drawn: the same.
    let (few, many) = (good.min(draws), good.max(draws));
    if few < FEW {
        let mut hits = 0;
        for taken in 0..few {
            hits += u64::from(stream.below_u64(all - taken) < many - hits);
        }
        return hits;
    }
    ratio_of_uniforms(stream, good as f64, bad as f64, draws as f64) as u64
}

/// For good <= bad and draws <= half of all.
fn ratio_of_uniforms(stream: &mut Stream, good: f64, bad: f64, draws: f64) -> f64 {
    /// 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e).
    const D1: f64 = 1.715_527_769_921_413_5;
    const D2: f64 = 0.898_916_162_058_898_8;
    let all = good + bad;
    let p = good / all;
    let center = draws * p + 0.5;
    let variance = (all - draws) * draws * p * (bad / all) / (all - 1.0);
    let width = (variance + 0.5).sqrt();
    let h = D1 * width + D2;
    let mode = ((draws + 1.0) * (good + 1.0) / (all + 2.0)).floor();
    let end = (draws.min(good) + 1.0).min((center + 16.0 * width).floor());
    loop {
        let u = stream.unit_open();
        let v = stream.unit();
        let x = center + h * (v - 0.5) / u;
        if !(0.0..end).contains(&x) {
            continue;
        }
        let k = x.floor();
        let t = log_odds(good, bad, draws, mode, k - mode);
        if u * (4.0 - u) - 3.0 <= t {
            return k;
        }
        if u * (u - t) < 1.0 && 2.0 * libm::log(u) <= t {
            return k;
        }
    }
}

/// ln of the probability of `mode + d` over that of `mode`.
///
/// Four ratios of factorials, by Stirling's series. Their leading terms d ln b all but cancel at the
/// mode: they are multiplied before the logarithm is taken.
fn log_odds(good: f64, bad: f64, draws: f64, mode: f64, d: f64) -> f64 {
    let (mut rest, mut ratio) = (0.0, 1.0);
    for (b, sign) in [
        (mode, 1.0),
        (good - mode, -1.0),
        (draws - mode, -1.0),
        (bad - draws + mode, 1.0),
    ] {
        let e = sign * d;
        if b.min(b + e) < 16.0 {
            rest += libm::lgamma(b + e + 1.0) - libm::lgamma(b + 1.0);
            continue;
        }
        if sign > 0.0 {
            ratio *= b;
        } else {
            ratio /= b;
        }
        rest += (b + e + 0.5) * libm::log1p(e / b) - e + stirling(b + e) - stirling(b);
    }
    -(rest + d * libm::log(ratio))
}

/// What Stirling's formula leaves of ln x!; below 1e-11 off from x = 16 on.
fn stirling(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    (1.0 / 12.0 - y * (1.0 / 360.0 - y / 1260.0)) / x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;

    fn stream(id: u64) -> Stream {
        Stream::new(5, Domain::Connectivity, id, 0)
    }

    /// Probabilities of all outcomes by the recurrence between neighbours.
    fn exact(good: u64, bad: u64, draws: u64) -> Vec<f64> {
        let (g, b, n) = (good as f64, bad as f64, draws as f64);
        let low = draws.saturating_sub(bad);
        let high = draws.min(good);
        // From the middle outwards, so that nothing underflows.
        let middle = (low + high) / 2;
        let mut p = vec![0.0; high as usize + 1];
        p[middle as usize] = 1.0;
        for k in middle..high {
            let x = k as f64;
            p[k as usize + 1] = p[k as usize] * (g - x) * (n - x) / ((x + 1.0) * (b - n + x + 1.0));
        }
        for k in (low + 1..=middle).rev() {
            let x = k as f64 - 1.0;
            p[k as usize - 1] = p[k as usize] * (x + 1.0) * (b - n + x + 1.0) / ((g - x) * (n - x));
        }
        let sum: f64 = p.iter().sum();
        p.iter().map(|x| x / sum).collect()
    }

    #[test]
    fn outcomes_come_as_often_as_they_should() {
        for (i, (good, bad, draws)) in [
            (30, 50, 20),
            (50, 30, 20),
            (30, 50, 70),
            (20, 20, 20),
            (5, 1000, 300),
            (40, 1000, 15),
            (500, 600, 550),
        ]
        .into_iter()
        .enumerate()
        {
            let p = exact(good, bad, draws);
            let mut seen = vec![0.0f64; p.len()];
            let mut s = stream(i as u64);
            let n = 100_000.0;
            for _ in 0..100_000 {
                seen[hypergeometric(&mut s, good, bad, draws) as usize] += 1.0;
            }
            let (mut chi, mut bins, mut rare) = (0.0, 0.0, (0.0, 0.0));
            for (s, p) in seen.iter().zip(&p) {
                if p * n < 10.0 {
                    rare = (rare.0 + s, rare.1 + p * n);
                } else {
                    chi += (s - p * n).powi(2) / (p * n);
                    bins += 1.0;
                }
            }
            // Five standard deviations of chi-square.
            assert!(
                chi < bins + 5.0 * (2.0f64 * bins).sqrt(),
                "{good} {bad} {draws}: {chi} of {bins} bins"
            );
            assert!(
                (rare.0 - rare.1).abs() < 5.0 * (rare.1 + 1.0).sqrt(),
                "{rare:?}"
            );
        }
    }

    #[test]
    fn ratios_of_probabilities_keep_their_digits() {
        // Against sums of logarithms of neighbours' ratios.
        for (good, bad, draws) in [(1e3f64, 2e3, 1.2e3), (1e12, 3e12, 1e7), (4e17, 4e17, 1e15)] {
            let mode = ((draws + 1.0) * (good + 1.0) / (good + bad + 2.0)).floor();
            let mut sum = 0.0;
            for step in 0..200 {
                let x = mode + f64::from(step);
                let up = ((good - x) / (x + 1.0)) * ((draws - x) / (bad - draws + x + 1.0));
                sum += libm::log(up);
            }
            let got = log_odds(good, bad, draws, mode, 200.0);
            assert!((got - sum).abs() < 1e-9, "{good}: {got} {sum}");
        }
    }

    #[test]
    fn large_numbers_have_their_moments() {
        let (good, bad, draws) = (3_000_000_000u64, 5_000_000_000u64, 1_000_000_000u64);
        let (g, b, n) = (good as f64, bad as f64, draws as f64);
        let mean = n * g / (g + b);
        let variance = mean * (b / (g + b)) * (g + b - n) / (g + b - 1.0);
        let mut s = stream(99);
        let (mut m, mut v) = (0.0, 0.0);
        for _ in 0..20_000 {
            let d = hypergeometric(&mut s, good, bad, draws) as f64 - mean;
            m += d / 20_000.0;
            v += d * d / 20_000.0;
        }
        assert!(m.abs() < 5.0 * (variance / 20_000.0).sqrt(), "{m}");
        assert!((v / variance - 1.0).abs() < 0.05, "{}", v / variance);
        assert_eq!(hypergeometric(&mut s, 7, 0, 5), 5);
        assert_eq!(hypergeometric(&mut s, 0, 7, 5), 0);
        assert_eq!(hypergeometric(&mut s, 4, 3, 7), 4);
    }
}
