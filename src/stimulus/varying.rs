//! Poisson events of a block of elements whose common rate changes within a tick.
//!
//! An event is due where the integral of the block's rate has grown by an exponential number since
//! the one before. That place is looked for among whole ticks, with the closed form of the integral
//! (`Course::within`): the counts per tick and element are independent and Poisson with the mean of
//! the rate over the tick, and stretches in which the rate is zero are stepped over.

use super::poisson::BLOCK;
use super::rate::Course;
use crate::rng::{Domain, Stream};

#[derive(Clone, Debug)]
pub struct Varying {
    pub(super) stream: Stream,
    pub(super) course: Course,
    pub(super) piece: usize,
    pub(super) elements: u32,
    /// First element of the block within the stimulus or source.
    first: u32,
    /// The tick of the last event, and what is expected of it after that event.
    pub(super) tick: u64,
    pub(super) left: f64,
    pub(super) next: Option<(u64, u32)>,
}

impl Varying {
    /// Block `block` of the stimulus or source `of`, with `total` elements in all.
    pub fn new(seed: u64, domain: Domain, of: u64, block: u32, total: u32, course: Course) -> Self {
        let first = block * BLOCK;
        let mut train = Self {
            stream: Stream::new(seed, domain, of, u64::from(block)),
            course,
            piece: 0,
            elements: BLOCK.min(total - first),
            first,
            tick: 0,
            left: 0.0,
            next: None,
        };
        train.advance();
        train
    }

    /// First element of the block.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The next event, (tick, element), without taking it.
    pub fn peek(&self) -> Option<(u64, u32)> {
        self.next
    }

    /// Draws the event after the present one.
    pub fn advance(&mut self) {
        let need = self.stream.exponential();
        self.next = if need <= self.left {
            self.left -= need;
            Some((self.tick, self.deal()))
        } else {
            self.search(need - self.left)
        };
    }

    /// To whom the event belongs.
    fn deal(&mut self) -> u32 {
        self.first + self.stream.below(self.elements)
    }

    /// The first tick up to which `need` events are expected after the present tick.
    fn search(&mut self, mut need: f64) -> Option<(u64, u32)> {
        let block = f64::from(self.elements);
        loop {
            let end = self.course.end(self.piece);
            let expected = |to: u64| self.course.within(self.piece, self.tick, to) * block;
            let all = if end > self.tick { expected(end) } else { 0.0 };
            if all < need {
                if end == u64::MAX {
                    return None;
                }
                need -= all;
                self.tick = end;
                self.piece += 1;
                continue;
            }
            // Strides that double until one is too long, then the place within it.
            let (mut low, mut stride) = (self.tick, 1u64);
            let mut high = low.saturating_add(stride).min(end);
            while high < end && expected(high) < need {
                low = high;
                stride = stride.saturating_mul(2);
                high = low.saturating_add(stride).min(end);
            }
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if expected(middle) < need {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            self.left = (expected(high) - need).max(0.0);
            self.tick = high;
            return Some((high, self.deal()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::spec::Rate;

    const TENTH: u64 = 100_000_000;

    fn counts(rate: &Rate, elements: u32, ticks: u64) -> Vec<u32> {
        let course = Course::new(rate, TENTH);
        let mut train = Varying::new(3, Domain::PoissonSource, 0, 0, elements, course);
        let mut all = vec![0u32; ticks as usize + 1];
        while let Some((t, e)) = train.peek().filter(|e| e.0 <= ticks) {
            assert!(e < elements);
            all[t as usize] += 1;
            train.advance();
        }
        all
    }

    /// Chi-square of all ticks against their own mean, by groups of ticks of equal phase.
    #[test]
    fn folded_by_phase_the_counts_are_the_integral_of_the_rectified_sinusoid() {
        for (hz, amplitude) in [(20.0, 15.0), (10.0, 40.0), (-5.0, 30.0)] {
            // 200 ticks per revolution, 2,000 revolutions.
            let rate = Rate::Sinusoid {
                hz,
                amplitude,
                frequency: 50.0,
                phase: 30.0,
                start: 0,
                stop: u64::MAX,
            };
            let ticks = 400_000;
            let all = counts(&rate, 40, ticks);
            let course = Course::new(&rate, TENTH);
            let mut folded = [0f64; 200];
            for t in 1..=ticks {
                folded[(t % 200) as usize] += f64::from(all[t as usize]);
            }
            let (mut chi, mut bins) = (0.0, 0.0);
            for (phase, n) in folded.iter().enumerate() {
                let t = if phase == 0 { 200 } else { phase as u64 };
                let mean = course.within(course.piece(t), t - 1, t) * 40.0 * 2000.0;
                if mean < 5.0 {
                    assert!(*n <= mean + 12.0, "{phase}: {n} of {mean}");
                    continue;
                }
                chi += (n - mean).powi(2) / mean;
                bins += 1.0;
            }
            assert!(
                (chi - bins).abs() < 4.0 * (2.0f64 * bins).sqrt(),
                "{chi} in {bins}"
            );
        }
    }

    #[test]
    fn counts_of_a_tick_are_poisson_and_those_of_neighbours_independent() {
        // Steep: from 0 to 2,000 Hz within 10 ms and again down, 20 times; 4 elements.
        let (mut at, mut hz) = (Vec::new(), Vec::new());
        for k in 0..2000 {
            at.push(k * 100);
            hz.push(if k % 2 == 0 { 0.0 } else { 2000.0 });
        }
        let rate = Rate::Linear { at, hz };
        let all = counts(&rate, 4, 199_800);
        let course = Course::new(&rate, TENTH);
        let (mut fano, mut together, mut n) = (0.0, 0.0, 0.0);
        let mut before = 0.0;
        for t in 1..=199_800u64 {
            let mean = course.expected(t - 1, t) * 4.0;
            let z = (f64::from(all[t as usize]) - mean) / mean.sqrt();
            fano += z * z;
            together += z * before;
            before = z;
            n += 1.0;
        }
        // The variance of z^2 is 2 + 1 / mean, largest at the first tick of a ramp (mean 0.004).
        assert!((fano / n - 1.0).abs() < 0.03, "{}", fano / n);
        assert!((together / n).abs() < 0.01, "{}", together / n);
    }

    #[test]
    fn silence_costs_one_step_and_an_end_ends() {
        let rate = Rate::Sinusoid {
            hz: -0.999,
            amplitude: 1.0,
            frequency: 1e-6,
            phase: 0.0,
            start: 5,
            stop: 1_000_000_000_000,
        };
        let course = Course::new(&rate, TENTH);
        let mut train = Varying::new(1, Domain::PoissonSource, 0, 0, 512, course);
        let mut last = 0;
        while let Some((t, _)) = train.peek() {
            assert!(t >= last && t <= 1_000_000_000_000);
            last = t;
            train.advance();
        }
        assert!(last > 0);
    }
}
