//! A rate over time, as expected events per tick in pieces.

use crate::network::spec::{PS_PER_MS, Rate};

/// Piecewise constant expectation per tick and element.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// First tick (exclusive) of each piece; rises; starts at 0.
    at: Vec<u64>,
    per_tick: Vec<f64>,
}

/// Events per tick of a rate in Hz.
pub fn per_tick(hz: f64, resolution_ps: u64) -> f64 {
    hz * (resolution_ps as f64 / (1000.0 * PS_PER_MS))
}

impl Course {
    /// The course of a rate; of `PerElement` rates, only when they are on (expectation 1).
    pub fn new(rate: &Rate, resolution_ps: u64) -> Self {
        let (mut at, mut values) = (vec![0], vec![0.0]);
        let mut step = |tick: u64, value: f64| {
            if at.last() == Some(&tick) {
                values.pop();
                at.pop();
            }
            at.push(tick);
            values.push(value);
        };
        match rate {
            Rate::Constant { hz, start, stop } => {
                step(*start, per_tick(*hz, resolution_ps));
                step(*stop, 0.0);
            }
            Rate::Steps { at, hz } => {
                for (t, r) in at.iter().zip(hz) {
                    step(*t, per_tick(*r, resolution_ps));
                }
            }
            Rate::PerElement { start, stop, .. } => {
                step(*start, 1.0);
                step(*stop, 0.0);
            }
        }
        Self {
            at,
            per_tick: values,
        }
    }

    /// Index of the piece that holds during tick `t` (t >= 1).
    pub fn piece(&self, t: u64) -> usize {
        self.at.partition_point(|&a| a < t).saturating_sub(1)
    }

    pub fn value(&self, piece: usize) -> f64 {
        self.per_tick[piece]
    }

    /// Last tick of a piece.
    pub fn end(&self, piece: usize) -> u64 {
        self.at.get(piece + 1).copied().unwrap_or(u64::MAX)
    }

    pub fn pieces(&self) -> usize {
        self.at.len()
    }

    pub fn largest(&self) -> f64 {
        self.per_tick.iter().copied().fold(0.0, f64::max)
    }

    /// Expected events in ticks `from + 1 ..= to`.
    pub fn expected(&self, from: u64, to: u64) -> f64 {
        let mut sum = 0.0;
        for k in 0..self.at.len() {
            let (lo, hi) = (self.at[k].max(from), self.end(k).min(to));
            if hi > lo {
                sum += self.per_tick[k] * (hi - lo) as f64;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_from_their_start_exclusive_to_their_end_inclusive() {
        let c = Course::new(
            &Rate::Steps {
                at: vec![10, 20],
                hz: vec![1000.0, 0.0],
            },
            100_000_000,
        );
        assert_eq!(c.value(c.piece(10)), 0.0);
        assert!((c.value(c.piece(11)) - 0.1).abs() < 1e-15);
        assert!((c.value(c.piece(20)) - 0.1).abs() < 1e-15);
        assert_eq!(c.value(c.piece(21)), 0.0);
        assert!((c.expected(0, 100) - 1.0).abs() < 1e-12);
        assert!((c.expected(15, 18) - 0.3).abs() < 1e-12);
    }
}
