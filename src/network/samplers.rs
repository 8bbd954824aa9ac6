//! Exact samplers of continuous distributions, beside the uniform, normal and exponential draws that a
//! stream has itself. Transcendental functions are those of `libm`, so draws are the same everywhere.

use crate::rng::{Stream, Words};

/// Exponential with this mean, under the condition that it lies in [min, max]. A negative mean mirrors
/// it. One draw by inversion: after `low` the distribution is the same as from 0 on, so
/// x = low - m ln(1 - u (1 - exp(-(high - low) / m))) with u in (0, 1).
pub(super) fn exponential<G: Words>(stream: &mut Stream<G>, mean: f64, min: f64, max: f64) -> f64 {
    let (sign, low, high) = if mean > 0.0 {
        (1.0, min.max(0.0), max)
    } else {
        (-1.0, (-max).max(0.0), -min)
    };
    let m = mean.abs();
    // Zero would give `low` itself, which may be a limit that is not allowed.
    let u = loop {
        let u = stream.unit();
        if u > 0.0 {
            break u;
        }
    };
    let x = low - m * libm::log1p(u * libm::expm1(-(high - low) / m));
    sign * x.min(high)
}

/// Gamma with this shape and scale 1 (Marsaglia & Tsang 2000, ACM Trans. Math. Softw. 26:363). Below
/// shape 1, a draw of shape + 1 times U^(1 / shape), as they propose. Never 0.
pub(super) fn gamma<G: Words>(stream: &mut Stream<G>, shape: f64) -> f64 {
    if shape < 1.0 {
        let power = libm::exp(-stream.exponential() / shape);
        return (gamma(stream, shape + 1.0) * power).max(f64::MIN_POSITIVE);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = stream.normal();
        let t = 1.0 + c * x;
        if t <= 0.0 {
            continue;
        }
        let v = t * t * t;
        let u = stream.unit_open();
        let x2 = x * x;
        // The first test accepts nearly all without a logarithm.
        if u < 1.0 - 0.0331 * x2 * x2 || libm::log(u) < 0.5 * x2 + d * (1.0 - v + libm::log(v)) {
            return d * v;
        }
    }
}

/// Standard normal under the condition that it lies in [a, b], a < b (Robert 1995, Stat. Comput.
/// 5:121). Whatever the limits, some two draws in five are accepted at least.
pub(super) fn normal_between<G: Words>(stream: &mut Stream<G>, a: f64, b: f64) -> f64 {
    if a > 0.0 {
        return beyond(stream, a, b);
    }
    if b < 0.0 {
        return -beyond(stream, -b, -a);
    }
    // The width at which normal and even proposals are accepted equally often: sqrt(2 pi).
    const WIDE: f64 = 2.506_628_274_631_000_5;
    loop {
        if b - a > WIDE {
            let z = stream.normal();
            if (a..=b).contains(&z) {
                return z;
            }
        } else {
            let z = a + (b - a) * stream.unit();
            if stream.unit() <= libm::exp(-0.5 * z * z) {
                return z;
            }
        }
    }
}

/// The part in [a, b] with a > 0: even proposals if it is narrow, else exponential ones from `a` on
/// with the best rate.
fn beyond<G: Words>(stream: &mut Stream<G>, a: f64, b: f64) -> f64 {
    let root = libm::sqrt(a * a + 4.0);
    let rate = 0.5 * (a + root);
    // (a^2 - a root) / 4 without cancellation, since root - a = 4 / (root + a).
    let narrow = libm::exp(0.5 - a / (a + root)) / rate;
    if b - a <= narrow {
        loop {
            let z = a + (b - a) * stream.unit();
            if stream.unit() <= libm::exp(0.5 * (a - z) * (a + z)) {
                return z;
            }
        }
    }
    loop {
        let z = a + stream.exponential() / rate;
        let off = z - rate;
        if z <= b && stream.unit() <= libm::exp(-0.5 * off * off) {
            return z;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::network::spec::Values;
    use crate::rng::Domain;

    const INF: f64 = f64::INFINITY;
    const N: usize = 40_000;

    fn draws(values: &Values) -> Vec<f64> {
        let mut all: Vec<f64> = (0..N)
            .map(|i| values.element(11, Domain::Parameter, 3, i))
            .collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Kolmogorov-Smirnov: beyond 1.95 / sqrt(n) a right sampler lands once in a thousand times.
    fn agrees(values: &Values, cdf: impl Fn(f64) -> f64) {
        let all = draws(values);
        let n = N as f64;
        let worst = all
            .iter()
            .enumerate()
            .map(|(i, x)| {
                let f = cdf(*x);
                (f - i as f64 / n).abs().max((f - (i + 1) as f64 / n).abs())
            })
            .fold(0.0, f64::max);
        assert!(worst < 1.95 / n.sqrt(), "{values:?}: {worst}");
    }

    fn moments(values: &Values) -> (f64, f64) {
        let all = draws(values);
        let mean = all.iter().sum::<f64>() / N as f64;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / N as f64;
        (mean, variance)
    }

    /// Chance of a standard normal draw above x.
    fn above(x: f64) -> f64 {
        0.5 * libm::erfc(x / std::f64::consts::SQRT_2)
    }

    #[test]
    fn exponential_draws_have_the_distribution_function_with_and_without_limits() {
        for (mean, min, max) in [
            (2.0, -INF, INF),
            (2.0, 1.0, INF),
            (2.0, -3.0, 0.5),
            (0.1, 40.0, 41.0),
            (-2.0, -INF, INF),
            (-2.0, -3.0, -1.0),
        ] {
            let values = Values::Exponential { mean, min, max };
            let (m, low, high): (f64, f64, f64) = if mean > 0.0 {
                (mean, min.max(0.0), max)
            } else {
                (-mean, (-max).max(0.0), -min)
            };
            let below = |x: f64| libm::expm1(-(x - low) / m) / libm::expm1(-(high - low) / m);
            agrees(&values, |x| {
                if mean > 0.0 {
                    below(x)
                } else {
                    1.0 - below(-x)
                }
            });
            let all = draws(&values);
            assert!(all[0] >= min && all[N - 1] <= max && all.iter().all(|x| *x != 0.0));
        }
        let (mean, variance) = moments(&Values::Exponential {
            mean: 3.0,
            min: -INF,
            max: INF,
        });
        assert!(
            (mean - 3.0).abs() < 0.06 && (variance - 9.0).abs() < 0.6,
            "{mean} {variance}"
        );
    }

    #[test]
    fn gamma_draws_have_the_distribution_function_and_moments() {
        let gamma = |shape, scale, min, max| Values::Gamma {
            shape,
            scale,
            min,
            max,
        };
        // Closed forms: half-integer by the error function, integer by a finite sum.
        let half = |x: f64| libm::erf(libm::sqrt(x / 2.0));
        let three = |x: f64| 1.0 - libm::exp(-x) * (1.0 + x + 0.5 * x * x);
        agrees(&gamma(0.5, 2.0, -INF, INF), half);
        agrees(&gamma(1.0, 2.0, -INF, INF), |x| -libm::expm1(-x / 2.0));
        agrees(&gamma(3.0, 1.0, -INF, INF), three);
        agrees(&gamma(3.0, -1.0, -INF, INF), |x| 1.0 - three(-x));
        agrees(&gamma(3.0, 1.0, 1.0, 4.0), |x| {
            (three(x) - three(1.0)) / (three(4.0) - three(1.0))
        });
        for (shape, scale) in [
            (0.1, 5.0),
            (0.9, 1.0),
            (2.5, 0.4),
            (30.0, 0.1),
            (500.0, 2.0),
        ] {
            let (mean, variance) = moments(&gamma(shape, scale, -INF, INF));
            let (m, v) = (shape * scale, shape * scale * scale);
            // Standard errors: of the mean sqrt(v / n), of the variance v sqrt((2 + 6 / shape) / n).
            let n = N as f64;
            assert!((mean - m).abs() < 4.0 * (v / n).sqrt(), "{shape}: {mean}");
            let error = v * ((2.0 + 6.0 / shape) / n).sqrt();
            assert!((variance - v).abs() < 4.0 * error, "{shape}: {variance}");
        }
        assert!(draws(&gamma(0.001, 1.0, -INF, INF))[0] > 0.0);
    }

    #[test]
    fn truncated_normal_draws_have_the_distribution_function_wherever_the_limits_are() {
        for (min, max) in [
            (-1.0, 1.0),
            (-0.2, 0.1),
            (-INF, 0.5),
            (-3.0, 9.0),
            (0.5, INF),
            (0.5, 0.6),
            (8.0, INF),
            (8.0, 8.05),
            (3.0, 3.4),
            (-INF, -5.0),
            (-6.5, -6.0),
            (30.0, INF),
        ] {
            let values = Values::TruncatedNormal {
                mean: 10.0,
                std: 2.0,
                min: 10.0 + 2.0 * min,
                max: 10.0 + 2.0 * max,
            };
            // Measured from the side on which the tails do not cancel.
            let below = |z: f64| {
                if min >= 0.0 {
                    1.0 - (above(z) - above(max)) / (above(min) - above(max))
                } else {
                    (above(-z) - above(-min)) / (above(-max) - above(-min))
                }
            };
            agrees(&values, |x| below((x - 10.0) / 2.0));
            let all = draws(&values);
            assert!(all[0] >= 10.0 + 2.0 * min && all[N - 1] <= 10.0 + 2.0 * max);
        }
        // It is the distribution that redrawing gives.
        let redrawn = Values::Normal {
            mean: 0.0,
            std: 1.0,
            min: 0.3,
            max: 2.0,
        };
        agrees(&redrawn, |z| {
            1.0 - (above(z) - above(2.0)) / (above(0.3) - above(2.0))
        });
    }
}
