//! Weights of a projection at a time, in a few figures.

use serde::Serialize;

use crate::record::{RecordError, RecordedWeights, Snapshot, Weights};

/// Shares of the weights that lie below `WeightSummary::quantiles`.
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A weight this close to a bound, as a share of the distance of the bounds, is at it: weights held in
/// single precision are rounded ones.
const AT_BOUND: f64 = 1e-6;

/// What there is to say about the weights of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightSummary {
    pub recording: String,
    pub snapshot: String,
    pub time_ms: f64,
    pub unit: String,
    pub count: u64,
    /// NaN (null in JSON) where there are no synapses; so are the others.
    pub mean: f64,
    /// Over all synapses: the divisor is their number.
    pub std: f64,
    pub min: f64,
    pub max: f64,
    /// At `QUANTILES`, interpolated between neighbours.
    pub quantiles: [f64; 5],
    /// Share of the weights at the bound of their rule; `None` if there is none.
    pub at_lower: Option<f64>,
    pub at_upper: Option<f64>,
}

impl WeightSummary {
    /// Reads a snapshot and sums it up.
    pub fn of(
        file: &Weights,
        recording: &RecordedWeights,
        snapshot: &Snapshot,
    ) -> Result<Self, RecordError> {
        let mut all = file.weights(snapshot)?;
        Ok(Self {
            recording: recording.name.clone(),
            snapshot: snapshot.label.clone(),
            time_ms: snapshot.time,
            unit: recording.unit.clone(),
            ..Self::from_weights(&mut all, recording.lower, recording.upper)
        })
    }

    /// The figures alone. Reorders the weights.
    pub fn from_weights(all: &mut [f64], lower: Option<f64>, upper: Option<f64>) -> Self {
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>() / n;
        let span = match (lower, upper) {
            (Some(l), Some(u)) => u - l,
            (Some(b), None) | (None, Some(b)) => b.abs(),
            (None, None) => 0.0,
        };
        let at = |bound: Option<f64>| {
            let bound = bound.filter(|_| !all.is_empty())?;
            let there = all
                .iter()
                .filter(|w| (**w - bound).abs() <= AT_BOUND * span);
            Some(there.count() as f64 / n)
        };
        let (at_lower, at_upper) = (at(lower), at(upper));
        let fold = |f: fn(f64, f64) -> f64| all.iter().copied().fold(f64::NAN, f);
        let (min, max) = (fold(f64::min), fold(f64::max));
        Self {
            recording: String::new(),
            snapshot: String::new(),
            time_ms: 0.0,
            unit: String::new(),
            count: all.len() as u64,
            mean,
            std: libm::sqrt(variance),
            min,
            max,
            quantiles: QUANTILES.map(|q| quantile(all, q)),
            at_lower,
            at_upper,
        }
    }
}

/// The value below which a share `q` lies, on the straight line between its neighbours.
fn quantile(all: &mut [f64], q: f64) -> f64 {
    let Some(last) = all.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = q * last as f64;
    let below = (at.floor() as usize).min(last);
    let (_, low, above) = all.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    if above.is_empty() {
        return low;
    }
    low + (at - below as f64) * (next - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_numpy() {
        // numpy.quantile(x, q), x.mean(), x.std() of x = [0, 1, 0.25, 0.5, 1, 0.125].
        let mut all = [0.0, 1.0, 0.25, 0.5, 1.0, 0.125];
        let s = WeightSummary::from_weights(&mut all, Some(0.0), Some(1.0));
        assert_eq!(s.quantiles, [0.03125, 0.15625, 0.375, 0.875, 1.0]);
        assert!((s.mean - 0.479_166_666_666_666_7).abs() < 1e-15);
        assert!((s.std - 0.398_020_274_469_641_67).abs() < 1e-15);
        assert_eq!((s.min, s.max, s.count), (0.0, 1.0, 6));
        assert_eq!((s.at_lower, s.at_upper), (Some(1.0 / 6.0), Some(2.0 / 6.0)));
    }

    #[test]
    fn no_synapses_have_no_figures() {
        let s = WeightSummary::from_weights(&mut [], Some(0.0), None);
        assert!(s.mean.is_nan() && s.min.is_nan() && s.quantiles[2].is_nan());
        assert_eq!((s.count, s.at_lower, s.at_upper), (0, None, None));
    }

    #[test]
    fn a_bound_in_single_precision_is_reached() {
        let mut all = [f64::from(0.1f32), 0.0999];
        let s = WeightSummary::from_weights(&mut all, Some(0.0), Some(0.1));
        assert_eq!((s.at_lower, s.at_upper), (Some(0.0), Some(0.5)));
    }
}
