//! The spikes of a part of a recording, sorted by neuron.

use super::report::Options;
use crate::record::{Part, Population};

/// Spike trains of the recorded neurons of a part, within a time range.
#[derive(Clone, Debug)]
pub struct Trains {
    /// The part, such as `excitatory[0..100]`.
    pub label: String,
    /// Element of each row; a row is a recorded neuron, silent ones included.
    pub neurons: Vec<u32>,
    /// Time range in ms: spikes with `from < t <= to`.
    pub from: f64,
    pub to: f64,
    /// Row r has the times `offsets[r]..offsets[r + 1]`.
    offsets: Vec<usize>,
    times: Vec<f64>,
}

impl Trains {
    /// Trains of a whole population.
    pub fn of(population: &Population, from: f64, to: f64) -> Self {
        let all = Part {
            population,
            start: 0,
            end: population.size,
        };
        Self::of_part(&all, from, to)
    }

    /// Trains of a part. A counting sort: two passes over the spikes, whatever their number.
    pub(crate) fn of_part(part: &Part, from: f64, to: f64) -> Self {
        const NO_ROW: u32 = u32::MAX;
        let mut neurons = Vec::with_capacity(part.recorded() as usize);
        for &(a, b) in &part.population.recorded {
            neurons.extend(a.max(part.start)..b.min(part.end));
        }
        let mut row_of = vec![NO_ROW; (part.end - part.start) as usize];
        for (row, &id) in neurons.iter().enumerate() {
            row_of[(id - part.start) as usize] = row as u32;
        }
        let rows = || {
            part.spikes(from, to).filter_map(|(t, id)| {
                let row = row_of[(id - part.start) as usize];
                (row != NO_ROW).then_some((t, row as usize))
            })
        };
        let mut offsets = vec![0; neurons.len() + 1];
        for (_, row) in rows() {
            offsets[row + 1] += 1;
        }
        for row in 0..neurons.len() {
            offsets[row + 1] += offsets[row];
        }
        let mut times = vec![0.0; offsets[neurons.len()]];
        let mut next = offsets.clone();
        for (t, row) in rows() {
            times[next[row]] = t;
            next[row] += 1;
        }
        Self {
            label: part.label(),
            neurons,
            from,
            to,
            offsets,
            times,
        }
    }

    /// Trains of each of the parts that are asked for, or of each population, by its name, if none is.
    pub(super) fn each<'a>(
        parts: &'a [Part<'a>],
        options: &Options,
    ) -> impl Iterator<Item = Self> + 'a {
        let (from, to) = (options.from, options.to);
        let whole = options.select.is_empty();
        parts.iter().map(move |part| {
            let mut trains = Self::of_part(part, from, to);
            if whole {
                trains.label.clone_from(&part.population.name);
            }
            trains
        })
    }

    /// Number of neurons.
    pub fn len(&self) -> usize {
        self.neurons.len()
    }

    /// Whether there are no neurons.
    pub fn is_empty(&self) -> bool {
        self.neurons.is_empty()
    }

    /// Number of spikes.
    pub fn spikes(&self) -> usize {
        self.times.len()
    }

    /// Length of the time range.
    pub fn seconds(&self) -> f64 {
        (self.to - self.from) / 1e3
    }

    /// Spike times of a row in ms, ascending.
    pub fn train(&self, row: usize) -> &[f64] {
        &self.times[self.offsets[row]..self.offsets[row + 1]]
    }

    /// The trains of all rows.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.offsets.windows(2).map(|w| &self.times[w[0]..w[1]])
    }

    /// Rates in spikes/s, one per neuron. Empty if the time range is.
    pub fn rates(&self) -> Vec<f64> {
        let seconds = self.seconds();
        if seconds <= 0.0 {
            return Vec::new();
        }
        self.iter().map(|t| t.len() as f64 / seconds).collect()
    }

    /// Mean rate in spikes/s.
    pub fn rate(&self) -> Option<f64> {
        let exposure = self.len() as f64 * self.seconds();
        (exposure > 0.0).then(|| self.spikes() as f64 / exposure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_go_to_the_rows_of_recorded_neurons() {
        let mut p = Population::new("p", 10, vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![7, 2, 7, 3, 9]);
        p.recorded = vec![(2, 4), (6, 8)];
        let all = Trains::of(&p, 0.0, 10.0);
        assert_eq!(all.neurons, [2, 3, 6, 7]);
        let trains: Vec<_> = all.iter().collect();
        assert_eq!(trains, [&[2.0][..], &[4.0], &[], &[1.0, 3.0]]);
        let part = Part {
            population: &p,
            start: 3,
            end: 8,
        };
        let some = Trains::of_part(&part, 1.0, 3.0);
        assert_eq!((some.label.as_str(), some.spikes()), ("p[3..8]", 1));
        assert_eq!(some.train(2), [3.0], "a range is (from, to]");
        assert_eq!(some.rates(), [0.0, 0.0, 500.0]);
    }
}
