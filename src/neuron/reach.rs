//! When may a smooth course first reach its target? For courses of many exponentials, where taking
//! the sum apart (`crossing`) would cost digits and time.
//!
//! At any moment the course g (V less its target) has a value, a slope, and a bound M on its
//! curvature from then on, so
//!
//! ```text
//! g(s + x) <= g(s) + g'(s) x + M x^2 / 2
//! ```
//!
//! and g cannot reach zero before this parabola does. The course is advanced to there, exactly, and
//! looked at again. Near a crossing the steps shrink quadratically, as in Newton's method; since
//! they never pass it, the answer is never late. It is early where steps get shorter than a tick,
//! which is as fine as anybody needs it, and after `STEPS` steps: an early look costs little.

use super::membrane::Target;

/// Most steps; few courses need more than a dozen.
const STEPS: usize = 60;

/// What is known of V at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub v: f64,
    pub slope: f64,
    /// An upper bound of the second derivative from now on; at least 0.
    pub curvature: f64,
    /// An upper bound of V from now on.
    pub bound: f64,
}

/// The first time in ms at which V may reach the target, at most a tick early near a crossing.
///
/// `memory`: time after which nothing of `state` is left. `look` and `advance` know the course.
pub fn first_reach<T>(
    mut state: T,
    target: &Target,
    memory: f64,
    look: impl Fn(&T) -> Moment,
    advance: impl Fn(&T, f64) -> T,
) -> Option<f64> {
    let mut at = 0.0;
    for _ in 0..STEPS {
        let m = look(&state);
        let rise = if target.rise == 0.0 {
            0.0
        } else {
            target.rise * libm::exp(-target.rate * at)
        };
        let gap = m.v - target.theta - rise;
        if gap.is_nan() || gap >= 0.0 {
            return Some(at);
        }
        if m.bound < target.theta + rise.min(0.0) {
            return None;
        }
        let slope = m.slope + target.rate * rise;
        let bend = m.curvature + (-rise * target.rate * target.rate).max(0.0);
        let x = earliest(-gap, slope, bend);
        if x.is_nan() {
            return Some(at);
        }
        if x < target.tick_ms {
            return Some(at + x);
        }
        // A hair less than the parabola says: its coefficients are rounded.
        let x = (x * (1.0 - 1e-9)).min(memory);
        state = advance(&state, x);
        at += x;
    }
    Some(at)
}

/// The smallest x > 0 with slope x + bend x^2 / 2 >= gap, for gap > 0 and bend >= 0.
fn earliest(gap: f64, slope: f64, bend: f64) -> f64 {
    if bend == 0.0 && slope <= 0.0 {
        return f64::INFINITY;
    }
    let root = (slope * slope + 2.0 * bend * gap).sqrt();
    // Without cancellation, whichever sign the slope has.
    if slope >= 0.0 {
        2.0 * gap / (slope + root)
    } else {
        (root - slope) / bend
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_meets_its_gap() {
        for (gap, slope, bend) in [
            (1.0, 2.0, 3.0),
            (1.0, -2.0, 3.0),
            (1e-12, -1.0, 1e-6),
            (5.0, 0.5, 0.0),
            (5.0, 0.0, 0.5),
        ] {
            let x = earliest(gap, slope, bend);
            let reached: f64 = slope * x + 0.5 * bend * x * x;
            assert!(
                (reached / gap - 1.0).abs() < 1e-6 || slope < 0.0,
                "{reached}"
            );
            assert!(x > 0.0 && reached > gap - 1e-9, "{gap} {slope} {bend}: {x}");
        }
        assert_eq!(earliest(1.0, -1.0, 0.0), f64::INFINITY);
    }

    /// V = u + (v - u) exp(-t / 10): the crossing of a driven membrane is at a logarithm.
    fn membrane(from: f64, steady: f64, target: &Target) -> Option<f64> {
        first_reach(
            from,
            target,
            600.0,
            |v| Moment {
                v: *v,
                slope: (steady - v) / 10.0,
                curvature: ((v - steady) / 100.0).max(0.0),
                bound: v.max(steady),
            },
            |v, dt| steady + (v - steady) * (-dt / 10.0f64).exp(),
        )
    }

    #[test]
    fn a_crossing_is_found_to_the_tick_and_never_late() {
        for tick_ms in [0.1, 1e-3, 1e-6, 1e-9] {
            let target = Target {
                theta: 15.0,
                rise: 0.0,
                rate: 0.0,
                tick_ms,
            };
            let s = membrane(0.0, 20.0, &target).unwrap();
            let exact = 10.0 * 4.0f64.ln();
            assert!(s <= exact && s > exact - tick_ms - 1e-7, "{s} {exact}");
            assert_eq!(membrane(0.0, 14.9, &target), None);
            assert_eq!(membrane(15.0, 14.9, &target), Some(0.0));
        }
    }

    #[test]
    fn a_threshold_that_comes_down_is_met() {
        // V rests at 10; the threshold 8 + 5 exp(-t / 20) meets it where exp(-t / 20) = 0.4.
        let target = Target {
            theta: 8.0,
            rise: 5.0,
            rate: 0.05,
            tick_ms: 1e-6,
        };
        let s = membrane(10.0, 10.0, &target).unwrap();
        let exact = -20.0 * 0.4f64.ln();
        assert!(s <= exact && s > exact - 1e-5, "{s} {exact}");
    }
}
