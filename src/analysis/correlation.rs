//! Pearson correlation of spike counts between neurons. Definitions and sources: see
//! [the module](super).

use super::counts::{Bins, Moments};
use super::trains::Trains;

/// Mean correlations, over all pairs of neurons whose count varies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correlation {
    /// Mean over all pairs; `None` with fewer than two neurons.
    pub mean: Option<f64>,
    /// Number of neurons that form the pairs.
    pub neurons: usize,
    /// Mean of each neuron with all others.
    pub of_neuron: Vec<Option<f64>>,
}

impl Correlation {
    /// Costs of the order of spikes + bins, however many pairs there are.
    pub fn of(trains: &Trains, bins: &Bins) -> Self {
        let moments: Vec<Moments> = trains.iter().map(|t| bins.moments(t)).collect();
        let varying = |m: &&Moments| m.spread() > 0;
        let neurons = moments.iter().filter(varying).count();
        let mut of_neuron = vec![None; trains.len()];
        if neurons < 2 {
            return Self {
                mean: None,
                neurons,
                of_neuron,
            };
        }
        // The sum of the z-scores of all neurons. A bin without spikes of a neuron adds -mean/std, the
        // same for all bins, so only bins with spikes are visited.
        let rest: f64 = moments
            .iter()
            .filter(varying)
            .map(|m| m.mean() / m.variance().sqrt())
            .sum();
        let mut z = vec![-rest; bins.number];
        for (train, m) in trains.iter().zip(&moments) {
            if m.spread() > 0 {
                let scale = 1.0 / m.variance().sqrt();
                for (bin, count) in bins.counts(train) {
                    z[bin] += f64::from(count) * scale;
                }
            }
        }
        let n = neurons as f64;
        let b = bins.number as f64;
        let squares: f64 = z.iter().map(|v| v * v).sum();
        // Zero but for rounding.
        let sum: f64 = z.iter().sum();
        for ((train, m), of) in trains.iter().zip(&moments).zip(&mut of_neuron) {
            if m.spread() > 0 {
                let product: f64 = bins
                    .counts(train)
                    .map(|(bin, count)| f64::from(count) * z[bin])
                    .sum();
                let with_all = (product - m.mean() * sum) / (b * m.variance().sqrt());
                *of = Some((with_all - 1.0) / (n - 1.0));
            }
        }
        Self {
            mean: Some((squares / b - n) / (n * (n - 1.0))),
            neurons,
            of_neuron,
        }
    }
}

/// Rows of at most `most` neurons whose count varies, evenly spaced among these.
pub fn subset(trains: &Trains, bins: &Bins, most: usize) -> Vec<usize> {
    let varying: Vec<usize> = (0..trains.len())
        .filter(|row| bins.moments(trains.train(*row)).spread() > 0)
        .collect();
    let chosen = most.min(varying.len());
    (0..chosen)
        .map(|k| varying[k * varying.len() / chosen])
        .collect()
}

/// Correlations of all pairs of the rows, in the order (0, 1), (0, 2), ..., (1, 2), ... Every row's count
/// must vary.
pub fn pairs(trains: &Trains, bins: &Bins, rows: &[usize]) -> Vec<f64> {
    let sparse: Vec<Vec<(usize, u32)>> = rows
        .iter()
        .map(|row| bins.counts(trains.train(*row)).collect())
        .collect();
    let moments: Vec<Moments> = rows
        .iter()
        .map(|row| bins.moments(trains.train(*row)))
        .collect();
    let mut all = Vec::with_capacity(rows.len() * rows.len().saturating_sub(1) / 2);
    // The counts of the first of the pair laid out over the bins.
    let mut first = vec![0u32; bins.number];
    for (i, own) in sparse.iter().enumerate() {
        own.iter().for_each(|(bin, count)| first[*bin] = *count);
        for (j, other) in sparse.iter().enumerate().skip(i + 1) {
            let product: u64 = other
                .iter()
                .map(|(bin, count)| u64::from(*count) * u64::from(first[*bin]))
                .sum();
            let (a, b) = (&moments[i], &moments[j]);
            let covariance = (u128::from(a.bins) * u128::from(product)) as i128
                - (u128::from(a.sum) * u128::from(b.sum)) as i128;
            let spread = (a.spread() as f64).sqrt() * (b.spread() as f64).sqrt();
            all.push(covariance as f64 / spread);
        }
        own.iter().for_each(|(bin, _)| first[*bin] = 0);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Population;

    fn trains(rows: &[&[u32]]) -> (Trains, Bins) {
        let mut spikes = vec![];
        for (id, counts) in rows.iter().enumerate() {
            for (bin, count) in counts.iter().enumerate() {
                for _ in 0..*count {
                    spikes.push((bin as f64 + 0.5, id as u32));
                }
            }
        }
        let (times, ids) = spikes.into_iter().unzip();
        let p = Population::new("p", rows.len() as u32, times, ids);
        let end = rows[0].len() as f64;
        let bins = Bins::new(0.0, end, 1.0).expect("bins");
        (Trains::of(&p, 0.0, end), bins)
    }

    #[test]
    fn hand_made_pairs() {
        // Opposite, equal, and no variance.
        let (t, bins) = trains(&[
            &[1, 0, 1, 0],
            &[0, 1, 0, 1],
            &[3, 1, 3, 1],
            &[1, 1, 1, 1],
            &[0; 4],
        ]);
        let rows = subset(&t, &bins, 10);
        assert_eq!(rows, [0, 1, 2]);
        assert_eq!(pairs(&t, &bins, &rows), [-1.0, 1.0, -1.0]);
        let c = Correlation::of(&t, &bins);
        assert_eq!(c.neurons, 3);
        assert!((c.mean.expect("pairs") + 1.0 / 3.0).abs() < 1e-14);
        let expected = [Some(0.0), Some(-1.0), Some(0.0), None, None];
        for (a, b) in c.of_neuron.iter().zip(expected) {
            assert_eq!(a.is_some(), b.is_some());
            assert!((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-14);
        }
    }

    #[test]
    fn the_mean_over_all_pairs_is_that_of_the_pairs_one_by_one() {
        let mut state = 3u64;
        let counts: Vec<Vec<u32>> = (0..30)
            .map(|_| {
                (0..200)
                    .map(|b| {
                        state = state
                            .wrapping_mul(6364136223846793005)
                            .wrapping_add(1442695040888963407);
                        ((state >> 60) as u32 + b % 3) / 8
                    })
                    .collect()
            })
            .collect();
        let rows: Vec<&[u32]> = counts.iter().map(Vec::as_slice).collect();
        let (t, bins) = trains(&rows);
        let all: Vec<usize> = (0..30).collect();
        let singly = pairs(&t, &bins, &all);
        assert_eq!(singly.len(), 435);
        let c = Correlation::of(&t, &bins);
        let mean = singly.iter().sum::<f64>() / 435.0;
        assert!((c.mean.expect("pairs") - mean).abs() < 1e-13);
        assert!(mean > 0.02, "{mean}: the common part is seen");
        let first = singly[..29].iter().sum::<f64>() / 29.0;
        assert!((c.of_neuron[0].expect("varies") - first).abs() < 1e-13);
    }

    #[test]
    fn a_subset_is_evenly_spaced() {
        let rows = vec![&[1u32, 0][..]; 10];
        let (t, bins) = trains(&rows);
        assert_eq!(subset(&t, &bins, 4), [0, 2, 5, 7]);
        assert_eq!(subset(&t, &bins, 100).len(), 10);
        let (one, bins) = trains(&[&[1, 0]]);
        assert_eq!(Correlation::of(&one, &bins).mean, None);
        assert!(pairs(&one, &bins, &[0]).is_empty() && subset(&one, &bins, 0).is_empty());
    }
}
