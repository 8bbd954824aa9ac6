//! A sinusoid that is cut off at zero, and its integral in closed form.
//!
//! ```text
//! r(t) = max(0, mean + amplitude sin(2 pi (turns t + phase)))
//! ```
//!
//! Time is counted in ticks, `turns` is revolutions per tick. Where |amplitude| > mean the sinusoid is
//! positive on one arc of each revolution only; it begins where sin = -mean / amplitude.

use std::f64::consts::{PI, TAU};

use libm::sin;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    mean: f64,
    amplitude: f64,
    turns: f64,
    phase: f64,
    /// Where the positive arc begins, in revolutions.
    rise: f64,
    /// Its length in revolutions: 1 where the sinusoid never is negative, 0 where it always is.
    arc: f64,
}

impl Wave {
    /// `turns` must be positive; `phase` is in revolutions.
    pub fn new(mean: f64, amplitude: f64, turns: f64, phase: f64) -> Self {
        let (amplitude, phase) = if amplitude < 0.0 {
            (-amplitude, phase + 0.5)
        } else {
            (amplitude, phase)
        };
        let (rise, arc) = if mean >= amplitude {
            (0.0, 1.0)
        } else if mean <= -amplitude {
            (0.0, 0.0)
        } else {
            let rise = libm::asin(-mean / amplitude) / TAU;
            (rise, 0.5 - 2.0 * rise)
        };
        Self {
            mean,
            amplitude,
            turns,
            phase,
            rise,
            arc,
        }
    }

    /// The largest value.
    pub fn largest(&self) -> f64 {
        (self.mean + self.amplitude).max(0.0)
    }

    /// Revolutions since the beginning of the arc at tick `t`, in [0, 1).
    fn turn(&self, t: u64) -> f64 {
        let turn = self.turns * t as f64 + self.phase - self.rise;
        turn - turn.floor()
    }

    /// Integral of the sinusoid itself between two places of a revolution, in ticks. The difference
    /// of two cosines is written as a product, since over one tick they nearly agree.
    fn stretch(&self, from: f64, to: f64) -> f64 {
        let (from, to) = (from + self.rise, to + self.rise);
        let swing = sin(PI * (from + to)) * sin(PI * (to - from)) / PI;
        (self.mean * (to - from) + self.amplitude * swing) / self.turns
    }

    /// Integral of r from tick `from` to tick `to`.
    pub fn integral(&self, from: u64, to: u64) -> f64 {
        if self.arc == 0.0 || to <= from {
            return 0.0;
        }
        let a = self.turn(from);
        let b = a + self.turns * (to - from) as f64;
        let whole = b.floor();
        let sum = if self.arc == 1.0 || whole == 0.0 {
            self.part(a, b)
        } else {
            self.part(a, 1.0) + (whole - 1.0) * self.part(0.0, 1.0) + self.part(0.0, b - whole)
        };
        sum.max(0.0)
    }

    /// The same within one revolution that begins with the arc.
    fn part(&self, from: f64, to: f64) -> f64 {
        if self.arc == 1.0 {
            self.stretch(from, to)
        } else if from >= self.arc {
            0.0
        } else {
            self.stretch(from, to.min(self.arc))
        }
    }

    /// The first tick >= `t` (t >= 1) in which r is positive somewhere, or a little before it.
    pub fn next_active(&self, t: u64) -> Option<u64> {
        if self.arc == 0.0 {
            return None;
        }
        if self.arc == 1.0 || self.integral(t - 1, t) > 0.0 {
            return Some(t);
        }
        let ahead = (1.0 - self.turn(t - 1)) / self.turns;
        Some(t.saturating_add(ahead as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simpson's rule on the definition, split where it is cut off as finely as needed.
    fn by_quadrature(w: [f64; 4], from: u64, to: u64) -> f64 {
        let [mean, amplitude, turns, phase] = w;
        let r = |t: f64| (mean + amplitude * sin(TAU * (turns * t + phase))).max(0.0);
        let n = (to - from) as usize * 2000;
        let h = (to - from) as f64 / n as f64;
        let mut sum = 0.0;
        for k in 0..n {
            let a = from as f64 + h * k as f64;
            sum += h / 6.0 * (r(a) + 4.0 * r(a + 0.5 * h) + r(a + h));
        }
        sum
    }

    const WAVES: [[f64; 4]; 6] = [
        [1.0, 0.5, 0.013, 0.1],
        [1.0, 1.0, 0.2, 0.0],
        [1.0, 3.0, 0.013, 0.7],
        [-1.0, 3.0, 0.07, 0.3],
        [0.0, 2.0, 1.7, 0.25],
        [0.5, -2.0, 0.05, -0.4],
    ];

    #[test]
    fn the_closed_form_is_the_integral() {
        for w in WAVES {
            let wave = Wave::new(w[0], w[1], w[2], w[3]);
            for (from, to) in [(0, 1), (3, 4), (17, 18), (0, 50), (33, 34), (12, 400)] {
                let (got, want) = (wave.integral(from, to), by_quadrature(w, from, to));
                assert!(
                    (got - want).abs() < 1e-6 * (1.0 + want),
                    "{w:?} {from}..{to}: {got} {want}"
                );
            }
        }
    }

    #[test]
    fn integrals_of_neighbouring_stretches_add_up() {
        for w in WAVES {
            let wave = Wave::new(w[0], w[1], w[2], w[3]);
            let parts: f64 = (0..1000).map(|t| wave.integral(t, t + 1)).sum();
            let whole = wave.integral(0, 1000);
            assert!(
                (parts - whole).abs() < 1e-9 * whole,
                "{w:?}: {parts} {whole}"
            );
        }
    }

    #[test]
    fn nothing_is_expected_before_the_next_active_tick() {
        for w in WAVES {
            let wave = Wave::new(w[0], w[1], w[2], w[3]);
            for t in 1..300 {
                let next = wave.next_active(t).unwrap_or(u64::MAX);
                let first = (t..).find(|&k| wave.integral(k - 1, k) > 0.0);
                assert!(
                    Some(next) <= first && first.is_some_and(|f| f <= next + 1),
                    "{w:?} {t}"
                );
            }
        }
        assert_eq!(Wave::new(-2.0, 1.0, 0.1, 0.0).next_active(5), None);
        assert_eq!(Wave::new(-2.0, 1.0, 0.1, 0.0).integral(0, 100), 0.0);
    }
}
