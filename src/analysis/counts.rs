//! Numbers of spikes in bins, and what follows from their variance. Definitions and sources: see
//! [the module](super).
//!
//! The counts of a neuron are never laid out over all bins: 77,000 neurons times a minute in bins of
//! 2 ms would be nine gigabytes of zeros.

use super::trains::Trains;

/// More bins than this are not counted: the dense sums over a population would not fit.
pub const MOST_BINS: f64 = 1e8;

/// A spike may lie this part of a bin behind a border and still be counted as on it: multiples of a tick
/// and of a bin are rounded differently.
const ON_BORDER: f64 = 1e-7;

/// Whole bins of one width: bin k is `(from + k width, from + (k + 1) width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bins {
    /// ms
    pub from: f64,
    /// ms
    pub width: f64,
    pub number: usize,
}

impl Bins {
    /// `None` with fewer than two whole bins, or more than [`MOST_BINS`].
    pub fn new(from: f64, to: f64, width: f64) -> Option<Self> {
        let number = ((to - from) / width + ON_BORDER).floor();
        (2.0..=MOST_BINS).contains(&number).then_some(Self {
            from,
            width,
            number: number as usize,
        })
    }

    /// The bin of a time after `from`; `None` behind the last whole bin.
    pub fn index(&self, t: f64) -> Option<usize> {
        let end = ((t - self.from) / self.width - ON_BORDER).ceil().max(1.0);
        (end <= self.number as f64).then(|| end as usize - 1)
    }

    /// (bin, spikes in it) of ascending times, bins without spikes left out.
    pub fn counts(&self, times: &[f64]) -> impl Iterator<Item = (usize, u32)> {
        let mut rest = times.iter().map_while(|t| self.index(*t)).peekable();
        std::iter::from_fn(move || {
            let bin = rest.next()?;
            let mut count = 1;
            while rest.next_if_eq(&bin).is_some() {
                count += 1;
            }
            Some((bin, count))
        })
    }

    /// Sum over bins and sum of squares of the counts of a train.
    pub fn moments(&self, times: &[f64]) -> Moments {
        let mut m = Moments {
            bins: self.number as u64,
            ..Moments::default()
        };
        for (_, count) in self.counts(times) {
            m.add(count);
        }
        m
    }

    /// Spikes of all trains per bin.
    pub fn total(&self, trains: &Trains) -> Vec<u32> {
        let mut total = vec![0; self.number];
        for train in trains.iter() {
            for (bin, count) in self.counts(train) {
                total[bin] += count;
            }
        }
        total
    }
}

/// Mean and variance of counts, from whole numbers: nothing is lost to rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    pub bins: u64,
    pub sum: u64,
    pub squares: u64,
}

impl Moments {
    /// Moments of one count per bin.
    pub fn of(counts: &[u32]) -> Self {
        let mut m = Self {
            bins: counts.len() as u64,
            ..Self::default()
        };
        counts.iter().for_each(|c| m.add(*c));
        m
    }

    fn add(&mut self, count: u32) {
        self.sum += u64::from(count);
        self.squares += u64::from(count) * u64::from(count);
    }

    pub fn mean(&self) -> f64 {
        self.sum as f64 / self.bins as f64
    }

    /// bins² times the variance, exactly.
    pub fn spread(&self) -> u128 {
        u128::from(self.bins) * u128::from(self.squares) - u128::from(self.sum).pow(2)
    }

    pub fn variance(&self) -> f64 {
        self.spread() as f64 / (self.bins as f64).powi(2)
    }

    /// Variance over mean; `None` without spikes.
    pub fn fano(&self) -> Option<f64> {
        (self.sum > 0).then(|| self.spread() as f64 / (self.bins as f64 * self.sum as f64))
    }
}

/// Golomb and Rinzel's chi of the counts of single neurons; `None` if no neuron's count varies.
pub fn chi(trains: &Trains, bins: &Bins) -> Option<f64> {
    let single: f64 = trains.iter().map(|t| bins.moments(t).variance()).sum();
    let whole = Moments::of(&bins.total(trains)).variance();
    (single > 0.0).then(|| (whole / (single * trains.len() as f64)).sqrt())
}

/// Variance over mean of the spikes of all neurons per bin; `None` without spikes.
pub fn synchrony(trains: &Trains, bins: &Bins) -> Option<f64> {
    Moments::of(&bins.total(trains)).fano()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Population;

    fn trains(size: u32, spikes: &[(f64, u32)]) -> Trains {
        let (times, ids) = spikes.iter().copied().unzip();
        Trains::of(&Population::new("p", size, times, ids), 0.0, 10.0)
    }

    #[test]
    fn a_bin_holds_its_end_and_not_its_start() {
        let bins = Bins::new(0.0, 10.0, 3.0).expect("bins");
        assert_eq!(bins.number, 3, "the rest of the range is left out");
        let counts: Vec<_> = bins.counts(&[0.5, 3.0, 3.1, 9.0, 9.1]).collect();
        assert_eq!(counts, [(0, 2), (1, 1), (2, 1)]);
        // 0.1 * 3 is above 0.3.
        let bins = Bins::new(0.0, 1.0, 0.1).expect("bins");
        for tick in 1..=10 {
            assert_eq!(bins.index(f64::from(tick) * 0.1), Some(tick as usize - 1));
        }
        assert_eq!(Bins::new(0.0, 10.0, 6.0), None, "one bin has no variance");
        assert_eq!(Bins::new(0.0, 10.0, 1e-9), None);
    }

    #[test]
    fn hand_made_counts() {
        // Counts 2, 0 and 1, 1 in two bins of 5.
        let t = trains(3, &[(1.0, 0), (2.0, 0), (3.0, 1), (7.0, 1)]);
        let bins = Bins::new(0.0, 10.0, 5.0).expect("bins");
        let fano: Vec<_> = t.iter().map(|x| bins.moments(x).fano()).collect();
        assert_eq!(fano, [Some(1.0), Some(0.0), None]);
        // Totals 3, 1: variance 1, mean 2; variances of single neurons 1, 0, 0.
        assert_eq!(synchrony(&t, &bins), Some(0.5));
        assert_eq!(chi(&t, &bins), Some((1.0f64 / 3.0).sqrt()));
    }

    #[test]
    fn chi_is_one_if_all_do_the_same() {
        let same: Vec<_> = (0..40u32)
            .map(|i| (f64::from(i / 4 / 3 * 3), i % 4))
            .collect();
        let t = trains(4, &same);
        let bins = Bins::new(0.0, 10.0, 1.0).expect("bins");
        assert!((chi(&t, &bins).expect("chi") - 1.0).abs() < 1e-14);
        let silent = trains(4, &[]);
        assert_eq!(
            (chi(&silent, &bins), synchrony(&silent, &bins)),
            (None, None)
        );
    }
}
