//! What befalls spikes on their way, for measuring how much of it a network bears.

use crate::rng::philox::philox;
use crate::rng::{Domain, key};

/// Something that may happen to a spike.
pub trait Faults {
    /// Nothing ever happens: the code for it is left out.
    const HARMLESS: bool = false;

    /// Ticks that are left of the window of `window` ticks when a spike is there, if `left` were when it
    /// was sent. 0: it is lost. Must not depend on the order of calls.
    fn spike(&self, population: usize, neuron: usize, left: u32, window: u32) -> u32;

    /// The same for the rate code: the step, of `steps`, in which a spike of step `step` arrives. 0: it is
    /// lost.
    fn step(&self, population: usize, neuron: usize, step: u32, steps: u32) -> u32;
}

/// Every spike comes when it was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unharmed;

impl Faults for Unharmed {
    const HARMLESS: bool = true;

    #[inline(always)]
    fn spike(&self, _: usize, _: usize, left: u32, _: u32) -> u32 {
        left
    }

    #[inline(always)]
    fn step(&self, _: usize, _: usize, step: u32, _: u32) -> u32 {
        step
    }
}

/// Spikes are lost by chance, each for itself, and come too early or too late.
///
/// Draws are keyed by seed, sample, population and neuron (and, in the rate code, the step in which the neuron
/// fired), so they depend neither on threads nor on what else is drawn: a spike that is lost at one probability
/// is lost at every higher one.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    seed: u64,
    sample: u64,
    loss: f64,
    jitter: f64,
}

impl Noise {
    /// For one sample: the probability that a spike is lost, and the standard deviation of its time as a
    /// share of the window, or in steps of the rate code (normally distributed, and rounded to the nearest
    /// tick or step). A spike moved before the opening of its window (the first step) comes at the opening,
    /// one moved behind its end (the last step) never.
    pub fn new(seed: u64, sample: u64, loss: f64, jitter: f64) -> Self {
        Self {
            seed,
            sample,
            loss,
            jitter,
        }
    }

    /// By how much a spike of a step (0 in the exact code) is late; `None` if it is lost.
    fn late(&self, population: usize, neuron: usize, step: u32) -> Option<f64> {
        let counter = [
            neuron as u32,
            population as u32,
            self.sample as u32,
            (self.sample >> 32) as u32,
        ];
        let key = key(self.seed, Domain::SpikeFault, step.into(), 0);
        let words = philox(counter, key);
        let unit = |word: u32| (f64::from(word) + 0.5) / 4_294_967_296.0;
        if unit(words[0]) < self.loss {
            return None;
        }
        if self.jitter == 0.0 {
            return Some(0.0);
        }
        // Box and Muller 1958.
        let radius = (-2.0 * libm::log(unit(words[1]))).sqrt();
        Some(self.jitter * radius * libm::cos(std::f64::consts::TAU * unit(words[2])))
    }
}

impl Faults for Noise {
    fn spike(&self, population: usize, neuron: usize, left: u32, window: u32) -> u32 {
        let window = f64::from(window);
        self.late(population, neuron, 0).map_or(0, |late| {
            let moved = f64::from(left) - late * window;
            moved.round().clamp(0.0, window) as u32
        })
    }

    fn step(&self, population: usize, neuron: usize, step: u32, steps: u32) -> u32 {
        let moved = |late: f64| (f64::from(step) + late).round().max(1.0);
        let arrives = self.late(population, neuron, step).map(moved);
        arrives
            .filter(|t| *t <= f64::from(steps))
            .map_or(0, |t| t as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_lost_as_stated_and_more_of_the_same_at_a_higher_probability() {
        let lost = |loss: f64| -> Vec<usize> {
            let noise = Noise::new(5, 3, loss, 0.0);
            (0..20_000)
                .filter(|id| noise.spike(2, *id, 10, 100) == 0)
                .collect()
        };
        let (few, many) = (lost(0.1), lost(0.3));
        // Four standard deviations.
        assert!((few.len() as f64 - 2000.0).abs() < 170.0, "{}", few.len());
        assert!((many.len() as f64 - 6000.0).abs() < 260.0);
        assert!(few.iter().all(|id| many.binary_search(id).is_ok()));
        assert_eq!(lost(0.0).len(), 0);
        assert_eq!(lost(1.0).len(), 20_000);
    }

    #[test]
    fn times_scatter_by_the_stated_share_of_the_window() {
        let noise = Noise::new(5, 3, 0.0, 0.01);
        let window = 1_000_000u32;
        let off: Vec<f64> = (0..20_000)
            .map(|id| f64::from(noise.spike(1, id, window / 2, window)) - 5e5)
            .collect();
        let mean = off.iter().sum::<f64>() / 2e4;
        let deviation = (off.iter().map(|x| x * x).sum::<f64>() / 2e4).sqrt();
        assert!(mean.abs() < 300.0, "{mean}");
        assert!((deviation - 1e4).abs() < 250.0, "{deviation}");
        // Samples, populations and neurons are independent of each other.
        let other = Noise::new(5, 4, 0.0, 0.01);
        assert_ne!(noise.spike(1, 1, 500, 1000), 500);
        let same = (0..1000).filter(|id| {
            noise.spike(1, *id, 1 << 20, 1 << 21) == other.spike(1, *id, 1 << 20, 1 << 21)
        });
        assert!(same.count() < 3);
        // At the edges.
        let wild = Noise::new(5, 4, 0.0, 100.0);
        assert!((0..100).all(|id| wild.spike(0, id, 50, 100) <= 100));
    }

    #[test]
    fn steps_scatter_by_the_stated_number_and_those_behind_the_last_are_lost() {
        let noise = Noise::new(5, 3, 0.0, 2.0);
        let off: Vec<f64> = (0..20_000)
            .map(|id| f64::from(noise.step(1, id, 50, 100)) - 50.0)
            .collect();
        let mean = off.iter().sum::<f64>() / 2e4;
        let square = off.iter().map(|x| x * x).sum::<f64>() / 2e4;
        assert!(mean.abs() < 0.06, "{mean}");
        // Rounding to whole steps adds a twelfth.
        assert!((square - 4.0 - 1.0 / 12.0).abs() < 0.17, "{square}");
        // From the last step on, about half comes too late, nothing before the first.
        let at = |step: u32| (0..1000).map(move |id| noise.step(1, id, step, 100));
        let lost = at(100).filter(|t| *t == 0).count();
        assert!((lost as f64 - 401.0).abs() < 70.0, "{lost}");
        assert!(at(1).all(|t| t >= 1));
        // Every step of a neuron is drawn for itself.
        assert!((1..90).any(|t| noise.step(1, 7, t, 100) != t));
        let lossy = Noise::new(5, 3, 0.25, 0.0);
        let kept = (1..=20_000).filter(|t| lossy.step(1, 7, *t, 20_000) == *t);
        let kept = kept.count() as f64;
        assert!((kept - 15_000.0).abs() < 250.0, "{kept}");
    }
}
