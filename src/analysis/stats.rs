//! Rates, regularity and synchrony of populations.
//!
//! - **rate**: spikes per recorded neuron and second.
//! - **CV**: standard deviation over mean of the intervals between the spikes of a neuron, with the
//!   deviation taken over n intervals, not n - 1; 0 for a regular train, 1 for a Poisson process. It
//!   is averaged over the neurons with at least three spikes (two intervals) in the time range. Few
//!   intervals make it too small: read it beside the number of neurons behind it.
//! - **synchrony**: variance over mean of the number of spikes in bins of 3 ms; 1 for independent
//!   Poisson neurons, below 1 for regular ones, up to the number of neurons for synchronous ones.

use std::fmt::Write as _;

use serde::Serialize;

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

/// Rates of single neurons: the least, the quartiles, the greatest. All 0 without neurons.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
pub struct Quantiles {
    pub min: f64,
    pub q25: f64,
    pub median: f64,
    pub q75: f64,
    pub max: f64,
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

    /// A table for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let widest = self
            .populations
            .iter()
            .map(|p| p.name.chars().count())
            .fold("population".len(), usize::max);
        let heads = [
            "neurons",
            "spikes",
            "rate (Hz)",
            "CV",
            "silent",
            "synchrony",
        ];
        let _ = write!(out, "{:widest$}", "population");
        for h in heads {
            let _ = write!(out, "  {h:>10}");
        }
        out.push_str("  rate quartiles (Hz)\n");
        let optional = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{v:.3}"));
        for p in &self.populations {
            let _ = write!(out, "{:widest$}", p.name);
            let q = p.rate_quantiles_hz;
            for cell in [
                p.neurons.to_string(),
                p.spikes.to_string(),
                format!("{:.3}", p.rate_hz),
                optional(p.cv),
                format!("{:.1} %", 100.0 * p.silent),
                optional(p.synchrony),
            ] {
                let _ = write!(out, "  {cell:>10}");
            }
            let _ = writeln!(out, "  {:.2} {:.2} {:.2}", q.q25, q.median, q.q75);
        }
        let _ = writeln!(
            out,
            "{} spikes in {} ms to {} ms; CV: neurons with at least 3 spikes; synchrony: variance/mean in 3 ms",
            self.spikes, self.from_ms, self.to_ms
        );
        out
    }
}

impl PopulationStats {
    /// Figures over the spikes with `from < t <= to` (ms).
    pub fn of(population: &Population, from: f64, to: f64) -> Self {
        let neurons = population.recorded_size();
        let seconds = ((to - from) / 1e3).max(f64::MIN_POSITIVE);
        let span = population.span(from, to);
        let times = &population.times[span.clone()];
        let ids = &population.ids[span];
        let mut trains = vec![Train::default(); population.size as usize];
        for (t, id) in times.iter().zip(ids) {
            if let Some(train) = trains.get_mut(*id as usize) {
                train.spike(*t);
            }
        }
        let recorded = || {
            let ranges = population.recorded.iter();
            ranges.flat_map(|&(a, b)| trains.get(a as usize..b as usize).unwrap_or_default())
        };
        let (mut sum, mut cv_neurons) = (0.0, 0);
        for cv in recorded().filter_map(Train::cv) {
            sum += cv;
            cv_neurons += 1;
        }
        let mut rates: Vec<f64> = recorded().map(|t| f64::from(t.spikes) / seconds).collect();
        rates.sort_by(f64::total_cmp);
        let n = f64::from(neurons.max(1));
        let silent = recorded().filter(|t| t.spikes == 0).count() as f64;
        Self {
            name: population.name.clone(),
            neurons,
            spikes: times.len() as u64,
            rate_hz: times.len() as f64 / n / seconds,
            cv: (cv_neurons > 0).then(|| sum / f64::from(cv_neurons)),
            cv_neurons,
            silent: silent / n,
            synchrony: synchrony(times, from, to),
            rate_quantiles_hz: Quantiles {
                min: quantile(&rates, 0.0),
                q25: quantile(&rates, 0.25),
                median: quantile(&rates, 0.5),
                q75: quantile(&rates, 0.75),
                max: quantile(&rates, 1.0),
            },
        }
    }
}

/// Running moments of the intervals of one neuron. Welford's form: the plain sum of squares loses
/// all digits for a regular train.
#[derive(Clone, Copy, Default)]
struct Train {
    spikes: u32,
    last: f64,
    mean: f64,
    squares: f64,
}

impl Train {
    fn spike(&mut self, t: f64) {
        if self.spikes > 0 {
            let interval = t - self.last;
            let delta = interval - self.mean;
            self.mean += delta / f64::from(self.spikes);
            self.squares += delta * (interval - self.mean);
        }
        self.spikes += 1;
        self.last = t;
    }

    fn cv(&self) -> Option<f64> {
        if self.spikes < 3 || self.mean <= 0.0 {
            return None;
        }
        let variance = self.squares / f64::from(self.spikes - 1);
        Some(variance.max(0.0).sqrt() / self.mean)
    }
}

/// Only whole bins count; spikes lie in (start, end] of their bin.
fn synchrony(times: &[f64], from: f64, to: f64) -> Option<f64> {
    let bins = ((to - from) / SYNCHRONY_BIN + 1e-9).floor();
    if times.is_empty() || !(2.0..1e9).contains(&bins) {
        return None;
    }
    let bins = bins as u64;
    // Times ascend, so the bins are met one after the other and need no table.
    let (mut sum, mut squares) = (0.0, 0.0);
    let (mut bin, mut count) = (0u64, 0.0f64);
    for t in times {
        let at = (((t - from) / SYNCHRONY_BIN - 1e-9).ceil().max(1.0) as u64) - 1;
        if at >= bins {
            break;
        }
        if at != bin {
            sum += count;
            squares += count * count;
            (bin, count) = (at, 0.0);
        }
        count += 1.0;
    }
    sum += count;
    squares += count * count;
    let mean = sum / bins as f64;
    (mean > 0.0).then(|| (squares / bins as f64 - mean * mean) / mean)
}

/// Linear between the two nearest of the sorted values.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = q * last as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    sorted[low] + (sorted[(low + 1).min(last)] - sorted[low]) * share
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
        assert!(run.text().contains("0 spikes"));
    }
}
