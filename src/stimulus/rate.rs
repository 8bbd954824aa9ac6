//! A rate over time, as expected events per tick in pieces.

use std::sync::Arc;

use super::wave::Wave;
use crate::network::spec::{PS_PER_MS, Rate};

/// Expectation per tick and element over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// First tick (exclusive) of each piece; rises; starts at 0.
    at: Vec<u64>,
    pieces: Vec<Piece>,
}

/// What holds during a piece, in events per tick.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Flat(f64),
    /// `from` at the beginning of the piece, and how much it rises per tick.
    Ramp {
        from: f64,
        slope: f64,
    },
    Wave(Wave),
}

/// Rates of single elements, in events per tick: rows of one rate per element, and which of them
/// holds in each piece of the course (whose value is then 1, or 0 for silence).
#[derive(Clone, Debug)]
pub struct Rows {
    per_tick: Arc<Vec<f64>>,
    elements: usize,
    of_piece: Vec<u32>,
}

impl Rows {
    /// The rates of the elements in a piece.
    pub fn of(&self, piece: usize) -> &[f64] {
        let from = self.of_piece.get(piece).map_or(0, |r| *r as usize) * self.elements;
        &self.per_tick[from..from + self.elements]
    }

    pub fn largest(&self) -> f64 {
        self.per_tick.iter().copied().fold(0.0, f64::max)
    }
}

/// Events per tick of a rate in Hz.
pub fn per_tick(hz: f64, resolution_ps: u64) -> f64 {
    hz * (resolution_ps as f64 / (1000.0 * PS_PER_MS))
}

impl Course {
    /// The course of a rate; where elements have rates of their own, only when they are on
    /// (expectation 1).
    pub fn new(rate: &Rate, resolution_ps: u64) -> Self {
        let mut course = Self {
            at: vec![0],
            pieces: vec![Piece::Flat(0.0)],
        };
        let of = |hz: f64| per_tick(hz, resolution_ps);
        match rate {
            Rate::Constant { hz, start, stop } => {
                course.step(*start, Piece::Flat(of(*hz)));
                course.step(*stop, Piece::Flat(0.0));
            }
            Rate::Steps { at, hz } => {
                for (t, r) in at.iter().zip(hz) {
                    course.step(*t, Piece::Flat(of(*r)));
                }
            }
            Rate::PerElement { start, stop, .. } => {
                course.step(*start, Piece::Flat(1.0));
                course.step(*stop, Piece::Flat(0.0));
            }
            Rate::Linear { at, hz } => {
                for (k, (t, r)) in at.iter().zip(hz).enumerate() {
                    let slope = match (at.get(k + 1), hz.get(k + 1)) {
                        (Some(end), Some(to)) => (of(*to) - of(*r)) / (end - t) as f64,
                        _ => 0.0,
                    };
                    course.step(
                        *t,
                        if slope == 0.0 {
                            Piece::Flat(of(*r))
                        } else {
                            Piece::Ramp {
                                from: of(*r),
                                slope,
                            }
                        },
                    );
                }
            }
            Rate::Sinusoid {
                hz,
                amplitude,
                frequency,
                phase,
                start,
                stop,
            } => {
                let wave = if *frequency > 0.0 {
                    let turns = of(*frequency);
                    Piece::Wave(Wave::new(of(*hz), of(*amplitude), turns, phase / 360.0))
                } else {
                    let still = hz + amplitude * libm::sin(phase.to_radians());
                    Piece::Flat(of(still.max(0.0)))
                };
                course.step(*start, wave);
                course.step(*stop, Piece::Flat(0.0));
            }
            Rate::Table { at, row, .. } => {
                for (t, row) in at.iter().zip(row) {
                    course.step(*t, Piece::Flat(if row.is_some() { 1.0 } else { 0.0 }));
                }
            }
        }
        course
    }

    /// The course of the mean over the elements of a table; of anything else, its course.
    pub fn of_mean(rate: &Rate, resolution_ps: u64) -> Self {
        let Rate::Table {
            at,
            row,
            hz,
            elements,
        } = rate
        else {
            return Self::new(rate, resolution_ps);
        };
        let n = *elements as usize;
        let mean = |row: &Option<u32>| match row {
            Some(r) => hz[*r as usize * n..][..n].iter().sum::<f64>() / n.max(1) as f64,
            None => 0.0,
        };
        let means = Rate::Steps {
            at: at.clone(),
            hz: row.iter().map(mean).collect(),
        };
        Self::new(&means, resolution_ps)
    }

    /// From tick `t` on (exclusive) `piece` holds.
    fn step(&mut self, t: u64, piece: Piece) {
        if self.at.last() == Some(&t) {
            self.pieces.pop();
            self.at.pop();
        }
        self.at.push(t);
        self.pieces.push(piece);
    }

    /// The rates of single elements, if they have rates of their own.
    pub fn rows(&self, rate: &Rate, resolution_ps: u64) -> Option<Rows> {
        let convert =
            |hz: &[f64]| Arc::new(hz.iter().map(|r| per_tick(*r, resolution_ps)).collect());
        match rate {
            Rate::PerElement { hz, .. } => Some(Rows {
                per_tick: convert(hz),
                elements: hz.len(),
                of_piece: vec![0; self.at.len()],
            }),
            Rate::Table {
                at,
                row,
                hz,
                elements,
            } => {
                // Before the first time there is a silent piece, unless that time is 0.
                let silent = usize::from(at.first() != Some(&0));
                let rows = row.iter().map(|r| r.unwrap_or(0));
                Some(Rows {
                    per_tick: convert(hz),
                    elements: *elements as usize,
                    of_piece: std::iter::repeat_n(0, silent).chain(rows).collect(),
                })
            }
            _ => None,
        }
    }

    /// Is every piece flat?
    pub fn is_flat(&self) -> bool {
        self.pieces.iter().all(|p| matches!(p, Piece::Flat(_)))
    }

    /// Index of the piece that holds during tick `t` (t >= 1).
    pub fn piece(&self, t: u64) -> usize {
        self.at.partition_point(|&a| a < t).saturating_sub(1)
    }

    /// Expectation per tick of a flat piece, and the largest of any other.
    pub fn value(&self, piece: usize) -> f64 {
        match &self.pieces[piece] {
            Piece::Flat(v) => *v,
            Piece::Ramp { from, slope } => {
                let end = self.end(piece);
                from.max(from + slope * (end - self.at[piece]) as f64)
            }
            Piece::Wave(w) => w.largest(),
        }
    }

    /// Tick after which a piece begins.
    pub fn start(&self, piece: usize) -> u64 {
        self.at[piece]
    }

    /// Last tick of a piece.
    pub fn end(&self, piece: usize) -> u64 {
        self.at.get(piece + 1).copied().unwrap_or(u64::MAX)
    }

    pub fn pieces(&self) -> usize {
        self.at.len()
    }

    pub fn largest(&self) -> f64 {
        (0..self.at.len())
            .map(|p| self.value(p))
            .fold(0.0, f64::max)
    }

    /// Expected events in ticks `from + 1 ..= to`, all of which lie in the piece.
    pub fn within(&self, piece: usize, from: u64, to: u64) -> f64 {
        let ticks = (to - from) as f64;
        match &self.pieces[piece] {
            Piece::Flat(v) => *v * ticks,
            Piece::Ramp { from: r, slope } => {
                let middle = (from - self.at[piece]) as f64 + 0.5 * ticks;
                ((r + slope * middle) * ticks).max(0.0)
            }
            Piece::Wave(w) => w.integral(from, to),
        }
    }

    /// Expected events in ticks `from + 1 ..= to`.
    pub fn expected(&self, from: u64, to: u64) -> f64 {
        let mut sum = 0.0;
        for k in 0..self.at.len() {
            let (lo, hi) = (self.at[k].max(from), self.end(k).min(to));
            if hi > lo {
                sum += self.within(k, lo, hi);
            }
        }
        sum
    }

    /// The first tick >= `t` (t >= 1) at which anything is expected, or one before it at which
    /// nothing is.
    pub fn next_active(&self, t: u64) -> Option<u64> {
        let mut piece = self.piece(t);
        let mut from = t;
        while piece < self.at.len() {
            let next = match &self.pieces[piece] {
                Piece::Flat(v) => (*v > 0.0).then_some(from),
                Piece::Ramp { .. } => Some(from),
                Piece::Wave(w) => w.next_active(from),
            };
            if let Some(next) = next
                && next <= self.end(piece)
            {
                return Some(next);
            }
            from = self.end(piece).saturating_add(1);
            piece += 1;
        }
        None
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

    #[test]
    fn a_linear_rate_has_the_integral_of_its_line() {
        let c = Course::new(
            &Rate::Linear {
                at: vec![10, 20, 30],
                hz: vec![0.0, 1000.0, 500.0],
            },
            100_000_000,
        );
        // 0 to 0.1 per tick: the first tick has 0.005, the last 0.095.
        assert!((c.expected(10, 11) - 0.005).abs() < 1e-15);
        assert!((c.expected(19, 20) - 0.095).abs() < 1e-15);
        assert!((c.expected(0, 20) - 0.5).abs() < 1e-12);
        assert!((c.expected(20, 30) - 0.75).abs() < 1e-12);
        // The last value stays.
        assert!((c.expected(30, 50) - 1.0).abs() < 1e-12);
        assert_eq!(c.next_active(3), Some(11));
        assert!((c.largest() - 0.1).abs() < 1e-12 && !c.is_flat());
    }

    #[test]
    fn a_table_finds_the_row_of_each_piece() {
        let rate = |at: Vec<u64>| Rate::Table {
            at,
            row: vec![Some(1), None, Some(0)],
            hz: Arc::new(vec![1e4, 2e4, 3e4, 4e4]),
            elements: 2,
        };
        for first in [0, 5] {
            let rate = rate(vec![first, 10, 20]);
            let c = Course::new(&rate, 100_000_000);
            let rows = c.rows(&rate, 100_000_000).unwrap_or_else(|| unreachable!());
            assert_eq!(rows.of(c.piece(10)), [3.0, 4.0]);
            assert_eq!(rows.of(c.piece(21)), [1.0, 2.0]);
            assert_eq!(c.value(c.piece(15)), 0.0);
            assert_eq!(c.next_active(11), Some(21));
            let mean = Course::of_mean(&rate, 100_000_000);
            assert!((mean.expected(first, 30) - 3.5 * (10 - first) as f64 - 15.0).abs() < 1e-9);
        }
    }
}
