//! Irregularity of single trains from the intervals between their spikes. Definitions and sources: see
//! [the module](super).

/// R of LvR in ms, the value that S. Shinomoto et al. (2009) found best over their recordings.
pub const LVR_R: f64 = 5.0;

/// Measures of one train. `None` with fewer than three spikes, or if all intervals are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Irregularity {
    pub cv: Option<f64>,
    pub cv2: Option<f64>,
    pub lv: Option<f64>,
    pub lvr: Option<f64>,
}

impl Irregularity {
    /// Measures of the train with these ascending spike times (ms).
    pub fn of(times: &[f64]) -> Self {
        Self {
            cv: cv(times),
            cv2: local(times, |difference, sum| 2.0 * difference.abs() / sum),
            lv: local(times, |difference, sum| 3.0 * (difference / sum).powi(2)),
            // 1 - 4 I J / (I + J)² is ((I - J) / (I + J))².
            lvr: local(times, |difference, sum| {
                3.0 * (difference / sum).powi(2) * (1.0 + 4.0 * LVR_R / sum)
            }),
        }
    }
}

/// Coefficient of variation, in two passes: a plain sum of squares loses all digits of a regular train.
pub fn cv(times: &[f64]) -> Option<f64> {
    let n = times.len().checked_sub(1).filter(|n| *n >= 2)? as f64;
    let mean = (times.last()? - times.first()?) / n;
    let squares: f64 = times.windows(2).map(|w| (w[1] - w[0] - mean).powi(2)).sum();
    (mean > 0.0).then(|| (squares / n).sqrt() / mean)
}

/// Mean over neighbouring intervals of `f(difference, sum)`. Neighbours that are both 0 (a source may
/// spike several times per tick) have no ratio and are left out.
fn local(times: &[f64], f: impl Fn(f64, f64) -> f64) -> Option<f64> {
    let (mut total, mut pairs) = (0.0, 0u32);
    for w in times.windows(3) {
        let (first, second) = (w[1] - w[0], w[2] - w[1]);
        if first + second > 0.0 {
            total += f(second - first, first + second);
            pairs += 1;
        }
    }
    (pairs > 0).then(|| total / f64::from(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Option<f64>, b: f64) {
        let a = a.expect("a value");
        assert!((a - b).abs() < 1e-14, "{a} {b}");
    }

    #[test]
    fn hand_made_intervals() {
        // Intervals 1, 3, 2.
        let m = Irregularity::of(&[1.0, 2.0, 5.0, 7.0]);
        near(m.cv, (2.0f64 / 3.0).sqrt() / 2.0);
        near(m.cv2, (2.0 * 2.0 / 4.0 + 2.0 * 1.0 / 5.0) / 2.0);
        near(m.lv, 3.0 * (0.25 + 0.04) / 2.0);
        near(m.lvr, 3.0 * (0.25 * 6.0 + 0.04 * 5.0) / 2.0);
    }

    #[test]
    fn a_regular_train_has_no_variation_and_an_alternating_one_only_a_local_one() {
        let regular: Vec<f64> = (0..50).map(|i| 3.0 + 0.1 * f64::from(i)).collect();
        let m = Irregularity::of(&regular);
        for v in [m.cv, m.cv2, m.lv, m.lvr] {
            near(v, 0.0);
        }
        // Intervals 1, 3, 1, 3: CV 1/2; neighbours always differ by half of their sum.
        let m = Irregularity::of(&[0.0, 1.0, 4.0, 5.0, 8.0]);
        near(m.cv, 0.5);
        near(m.cv2, 1.0);
        near(m.lv, 0.75);
    }

    #[test]
    fn too_few_spikes_have_no_measure() {
        for few in [&[][..], &[1.0], &[1.0, 2.0], &[2.0, 2.0, 2.0]] {
            assert_eq!(Irregularity::of(few), Irregularity::default(), "{few:?}");
        }
        let m = Irregularity::of(&[2.0, 2.0, 2.0, 4.0]);
        near(m.cv2, 2.0);
    }
}
