//! The incomplete gamma function, for the chance of a draw between two limits.

/// Chance that a gamma variate of this shape and scale 1 is below `x`: P(shape, x).
///
/// By the series below shape + 1, by the continued fraction above (Abramowitz & Stegun 6.5.29 and
/// 6.5.31, evaluated by Lentz's method).
pub(super) fn gamma_below(shape: f64, x: f64) -> f64 {
    const MOST: usize = 100_000;
    if x <= 0.0 {
        return 0.0;
    }
    if x == f64::INFINITY {
        return 1.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let (mut term, mut n) = (1.0 / shape, shape);
        let mut sum = term;
        for _ in 0..MOST {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return (sum * front).min(1.0);
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..MOST {
        let i = i as f64;
        let a = -i * (i - shape);
        b += 2.0;
        let nonzero = |v: f64| if v.abs() < tiny { tiny } else { v };
        d = 1.0 / nonzero(a * d + b);
        c = nonzero(b + a / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (1.0 - front * h).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_half_shapes_have_closed_forms() {
        for x in [0.01, 0.3, 1.0, 2.5, 7.0, 30.0] {
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-13, "{x}: {a} {b}");
            close(gamma_below(1.0, x), -libm::expm1(-x));
            close(gamma_below(0.5, x), libm::erf(libm::sqrt(x)));
            let three = 1.0 - libm::exp(-x) * (1.0 + x + 0.5 * x * x);
            close(gamma_below(3.0, x), three);
        }
        assert_eq!(gamma_below(2.0, f64::INFINITY), 1.0);
        assert!((gamma_below(1e5, 1e5) - 0.5).abs() < 1e-3);
    }
}
