//! Poisson trains, in two forms that are chosen when the network is built.
//!
//! *Counts* (`counts.rs`): where many events fall on a tick, each target's number of events in a tick
//! is drawn by itself. *Gaps*: where few do, a block of elements shares one stream of exponential gaps
//! at their summed rate, and each event is dealt to one of them at random; the trains that result
//! are independent Poisson processes (thinning). Blocks are fixed by the stimulus, not by the
//! shards: a shard that owns a part of a block draws all of it and keeps its own.

use super::rate::{Course, Rows};
use crate::rng::{Domain, Stream};

/// Elements per block of a gap train.
pub const BLOCK: u32 = 512;

/// Expected events per element and tick above which counts are drawn instead of gaps.
pub const COUNTS_ABOVE: f64 = 1.0 / 32.0;

/// Largest expectation per element and tick: counts have 16 bits, and a tenth of their range is
/// hundreds of standard deviations away from it.
pub const MOST_PER_TICK: f64 = 10_000.0;

/// Exponential gaps at the summed rate of a block of elements.
#[derive(Clone, Debug)]
pub struct Gaps {
    pub(super) stream: Stream,
    pub(super) course: Course,
    pub(super) piece: usize,
    pub(super) elements: u32,
    /// First element of the block within the stimulus or source.
    first: u32,
    rows: Option<Rows>,
    /// Summed rates of the elements up to each in this piece, if they differ.
    cumulated: Vec<f64>,
    /// Where the process stands, in ticks: whole part and fraction.
    pub(super) tick: u64,
    pub(super) fraction: f64,
    /// The next event: tick and element.
    pub(super) next: Option<(u64, u32)>,
}

impl Gaps {
    /// Block `block` of the stimulus or source `of`, with `total` elements in all.
    pub fn new(
        seed: u64,
        domain: Domain,
        of: u64,
        block: u32,
        total: u32,
        course: Course,
        rows: Option<Rows>,
    ) -> Self {
        let first = block * BLOCK;
        let elements = BLOCK.min(total - first);
        let mut gaps = Self {
            stream: Stream::new(seed, domain, of, u64::from(block)),
            course,
            piece: 0,
            elements,
            first,
            cumulated: Vec::with_capacity(if rows.is_some() { elements as usize } else { 0 }),
            rows,
            tick: 0,
            fraction: 0.0,
            next: None,
        };
        gaps.enter_piece();
        gaps.advance();
        gaps
    }

    /// First element of the block.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// Sums up the rates that hold in this piece.
    pub(super) fn enter_piece(&mut self) {
        let Some(rows) = &self.rows else {
            return;
        };
        self.cumulated.clear();
        let (a, b) = (self.first as usize, (self.first + self.elements) as usize);
        let mut sum = 0.0;
        self.cumulated
            .extend(rows.of(self.piece)[a..b].iter().map(|r| {
                sum += r;
                sum
            }));
    }

    /// Summed rate of the block, as a multiple of the course.
    fn block_rate(&self) -> f64 {
        match &self.rows {
            None => f64::from(self.elements),
            Some(_) => self.cumulated.last().copied().unwrap_or(0.0),
        }
    }

    /// The next event, (tick, element), without taking it.
    pub fn peek(&self) -> Option<(u64, u32)> {
        self.next
    }

    /// Draws the event after the present one.
    pub fn advance(&mut self) {
        let mut budget = self.stream.exponential();
        loop {
            let block_rate = self.block_rate();
            let rate = self.course.value(self.piece) * block_rate;
            let end = self.course.end(self.piece);
            let left = (end - self.tick) as f64 - self.fraction;
            if rate > 0.0 {
                let step = budget / rate;
                if step < left {
                    let at = self.fraction + step;
                    self.tick += at.floor() as u64;
                    self.fraction = at - at.floor();
                    let element = if self.rows.is_none() {
                        self.stream.below(self.elements)
                    } else {
                        let u = self.stream.unit() * block_rate;
                        let sums = &self.cumulated;
                        (sums.partition_point(|&s| s <= u) as u32).min(self.elements - 1)
                    };
                    // An event within (k - 1, k] belongs to tick k.
                    self.next = Some((self.tick + 1, self.first + element));
                    return;
                }
                budget -= left * rate;
            }
            if end == u64::MAX {
                self.next = None;
                return;
            }
            self.tick = end;
            self.fraction = 0.0;
            self.piece += 1;
            self.enter_piece();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::spec::Rate;
    use std::sync::Arc;

    fn course(per_tick: f64) -> Course {
        Course::new(
            &Rate::Constant {
                hz: per_tick * 1e4,
                start: 0,
                stop: u64::MAX,
            },
            100_000_000,
        )
    }

    /// Chi-square of counts against the Poisson distribution; returns (chi, bins).
    fn chi(counts: &[u64], mean: f64) -> (f64, f64) {
        let n: u64 = counts.iter().sum();
        let (mut p, mut chi, mut bins) = (libm::exp(-mean), 0.0, 0.0);
        for (k, &c) in counts.iter().enumerate() {
            let e = p * n as f64;
            if e > 20.0 {
                chi += (c as f64 - e).powi(2) / e;
                bins += 1.0;
            }
            p *= mean / (k as f64 + 1.0);
        }
        (chi, bins)
    }

    #[test]
    fn gap_trains_have_the_stated_rate_and_poisson_counts() {
        let mut g = Gaps::new(5, Domain::PoissonDrive, 0, 0, 100, course(0.01), None);
        let mut per_element = vec![0u64; 100];
        let mut hist = vec![0u64; 60];
        let (mut in_tick, mut tick) = (0usize, 1u64);
        while let Some((t, e)) = g.peek() {
            if t > 200_000 {
                break;
            }
            while tick < t {
                hist[in_tick] += 1;
                in_tick = 0;
                tick += 1;
            }
            in_tick += 1;
            per_element[e as usize] += 1;
            g.advance();
        }
        let total: u64 = per_element.iter().sum();
        assert!((total as f64 / 200_000.0 - 1.0).abs() < 0.02, "{total}");
        let (x, bins) = chi(&hist, 1.0);
        assert!(x < bins + 5.0 * (2.0 * bins).sqrt(), "{x} in {bins}");
        assert!(per_element.iter().all(|&n| (1700..2300).contains(&n)));
    }

    #[test]
    fn individual_rates_are_kept() {
        let rates: Vec<f64> = (0..100).map(|i| 0.002 * f64::from(i)).collect();
        let rate = Rate::PerElement {
            hz: Arc::new(rates.iter().map(|r| r * 1e4).collect()),
            start: 0,
            stop: u64::MAX,
        };
        let course = Course::new(&rate, 100_000_000);
        let rows = course.rows(&rate, 100_000_000);
        let mut g = Gaps::new(5, Domain::PoissonDrive, 0, 0, 100, course, rows);
        let mut by_gap = vec![0f64; 100];
        while let Some((t, e)) = g.peek().filter(|e| e.0 <= 50_000) {
            assert!(t > 0);
            by_gap[e as usize] += 1.0;
            g.advance();
        }
        for i in 0..100 {
            let e = rates[i] * 50_000.0;
            assert!(
                (by_gap[i] - e).abs() < 5.0 * e.sqrt() + 1.0,
                "{i} {} {e}",
                by_gap[i]
            );
        }
    }
}
