//! The few figures of a run that its summary tells: [`report`](super::report) has all of them, and
//! [the module](super) defines them.

use serde::Serialize;

use super::counts::{Bins, synchrony};
use super::distribution::{Quantiles, mean};
use super::intervals::cv;
use super::trains::Trains;
use crate::record::{Population, Recording};

/// Width of the bins of the synchrony index.
const SYNCHRONY_BIN: f64 = 3.0;

/// Figures of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunStats {
    pub name: String,
    /// Time range in ms: spikes with `from < t <= to` count.
    pub from_ms: f64,
    pub to_ms: f64,
    pub spikes: u64,
    pub populations: Vec<PopulationStats>,
}

/// Figures of a population.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct PopulationStats {
    pub name: String,
    /// Recorded neurons.
    pub neurons: u32,
    pub spikes: u64,
    pub rate_hz: f64,
    /// Mean CV of inter-spike intervals; `None` if no neuron has three spikes.
    pub cv: Option<f64>,
    /// Number of neurons that `cv` is the mean of.
    pub cv_neurons: u32,
    /// Share of recorded neurons without a spike.
    pub silent: f64,
    /// Variance over mean of the spikes in bins of 3 ms; `None` without spikes or with fewer than
    /// two whole bins.
    pub synchrony: Option<f64>,
    pub rate_quantiles_hz: Quantiles,
}

impl RunStats {
    /// Figures of all populations over the spikes with `from < t <= to` (ms).
    pub fn of(recording: &Recording, from: f64, to: f64) -> Self {
        let populations: Vec<_> = recording
            .populations
            .iter()
            .map(|p| PopulationStats::of(p, from, to))
            .collect();
        Self {
            name: recording.name.clone(),
            from_ms: from,
            to_ms: to,
            spikes: populations.iter().map(|p| p.spikes).sum(),
            populations,
        }
    }
}

impl PopulationStats {
    /// Figures over the spikes with `from < t <= to` (ms).
    pub fn of(population: &Population, from: f64, to: f64) -> Self {
        let trains = Trains::of(population, from, to);
        let cvs: Vec<f64> = trains.iter().filter_map(cv).collect();
        let silent = trains.iter().filter(|t| t.is_empty()).count() as f64;
        Self {
            name: population.name.clone(),
            neurons: trains.len() as u32,
            spikes: trains.spikes() as u64,
            rate_hz: trains.rate().unwrap_or(0.0),
            cv: mean(cvs.iter().copied()),
            cv_neurons: cvs.len() as u32,
            silent: silent / trains.len().max(1) as f64,
            synchrony: Bins::new(from, to, SYNCHRONY_BIN).and_then(|b| synchrony(&trains, &b)),
            rate_quantiles_hz: Quantiles::of(trains.rates()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population(size: u32, spikes: &[(f64, u32)]) -> Population {
        let (times, ids) = spikes.iter().copied().unzip();
        Population::new("p", size, times, ids)
    }

    #[test]
    fn a_regular_train_has_no_variation() {
        let spikes: Vec<_> = (1..=100).map(|i| (f64::from(i) * 10.0, 0)).collect();
        let s = PopulationStats::of(&population(2, &spikes), 0.0, 1000.0);
        assert_eq!((s.spikes, s.neurons), (100, 2));
        assert!((s.rate_hz - 50.0).abs() < 1e-12);
        assert!(s.cv.expect("a train") < 1e-12);
        assert_eq!(s.cv_neurons, 1);
        assert_eq!(s.silent, 0.5);
        assert_eq!(s.rate_quantiles_hz.median, 50.0);
    }

    #[test]
    fn a_poisson_process_has_a_variation_of_one_and_no_synchrony() {
        let mut state = 5u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        let mut spikes = vec![];
        for id in 0..50 {
            let mut t = 0.0;
            loop {
                t -= draw().ln() * 20.0;
                if t > 20_000.0 {
                    break;
                }
                spikes.push((t, id));
            }
        }
        let s = PopulationStats::of(&population(50, &spikes), 0.0, 20_000.0);
        assert!((s.rate_hz - 50.0).abs() < 1.0, "{}", s.rate_hz);
        assert!((s.cv.expect("trains") - 1.0).abs() < 0.02, "{:?}", s.cv);
        let f = s.synchrony.expect("bins");
        assert!((f - 1.0).abs() < 0.08, "{f}");
    }

    #[test]
    fn hand_made_intervals() {
        // Intervals 1 and 3: mean 2, deviation 1.
        let p = population(3, &[(1.0, 0), (2.0, 0), (5.0, 0), (4.0, 1), (6.0, 1)]);
        let s = PopulationStats::of(&p, 0.0, 10.0);
        assert_eq!(s.cv, Some(0.5));
        assert_eq!(s.cv_neurons, 1, "two spikes are one interval");
        assert!((s.silent - 1.0 / 3.0).abs() < 1e-12);
        // Whole bins (0,3], (3,6], (6,9] hold 2, 3, 0.
        let mean: f64 = 5.0 / 3.0;
        let expected = ((4.0 + 9.0) / 3.0 - mean * mean) / mean;
        assert!((s.synchrony.expect("bins") - expected).abs() < 1e-12);
        let late = PopulationStats::of(&p, 2.0, 10.0);
        assert_eq!(late.spikes, 3, "the start of the range is not part of it");
        assert_eq!(late.cv, None);
    }

    #[test]
    fn only_recorded_neurons_count() {
        let mut p = population(100, &[(1.0, 10), (2.0, 11)]);
        p.recorded = vec![(10, 14)];
        let s = PopulationStats::of(&p, 0.0, 1000.0);
        assert_eq!((s.neurons, s.silent, s.rate_hz), (4, 0.5, 0.5));
    }

    #[test]
    fn nothing_gives_no_numbers_rather_than_wrong_ones() {
        let s = PopulationStats::of(&population(0, &[]), 0.0, 10.0);
        assert_eq!((s.cv, s.synchrony, s.rate_hz), (None, None, 0.0));
        let run = RunStats::of(&Recording::default(), 0.0, 1.0);
        assert_eq!((run.spikes, run.populations.len()), (0, 0));
    }
}
