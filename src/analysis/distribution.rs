//! A set of values in a few numbers.

use serde::Serialize;

/// The least, the quartiles, the greatest. All 0 without values.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
pub struct Quantiles {
    pub min: f64,
    pub q25: f64,
    pub median: f64,
    pub q75: f64,
    pub max: f64,
}

impl Quantiles {
    /// Linear between the two nearest of the values, as numpy's default.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |q| quantile(&values, q);
        Self {
            min: at(0.0),
            q25: at(0.25),
            median: at(0.5),
            q75: at(0.75),
            max: at(1.0),
        }
    }
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = q * last as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    sorted[low] + (sorted[(low + 1).min(last)] - sorted[low]) * share
}

/// Number, mean, standard deviation (over n) and quantiles.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
pub struct Distribution {
    pub number: usize,
    pub mean: f64,
    pub sd: f64,
    #[serde(flatten)]
    pub quantiles: Quantiles,
}

impl Distribution {
    /// `None` without values.
    pub fn of(values: Vec<f64>) -> Option<Self> {
        let mean = mean(values.iter().copied())?;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        Some(Self {
            number: values.len(),
            mean,
            sd: (squares / values.len() as f64).sqrt(),
            quantiles: Quantiles::of(values),
        })
    }
}

/// `None` without values.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut number) = (0.0, 0u64);
    for v in values {
        sum += v;
        number += 1;
    }
    (number > 0).then(|| sum / number as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_values() {
        let d = Distribution::of(vec![4.0, 1.0, 2.0, 3.0]).expect("values");
        assert_eq!((d.number, d.mean, d.sd), (4, 2.5, 1.25f64.sqrt()));
        let q = d.quantiles;
        assert_eq!(
            [q.min, q.q25, q.median, q.q75, q.max],
            [1.0, 1.75, 2.5, 3.25, 4.0]
        );
        assert_eq!(Distribution::of(vec![]), None);
        assert_eq!(Quantiles::of(vec![]), Quantiles::default());
        assert_eq!(mean([].into_iter()), None);
    }
}
