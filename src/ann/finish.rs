//! What files do with the output at the very end.
//!
//! A spiking network decides by the largest output, so these functions are left out of the graph and
//! applied to its result where values are compared with those of the file.

use serde::{Deserialize, Serialize};

/// The last step of a classifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// exp(x) / sum exp(x), over all outputs.
    Softmax,
    /// Its logarithm.
    LogSoftmax,
    /// 1 / (1 + exp(-x)), each output for itself.
    Sigmoid,
    /// Number of the largest output.
    ArgMax,
}

impl Finish {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::LogSoftmax => "log-softmax",
            Self::Sigmoid => "sigmoid",
            Self::ArgMax => "argmax",
        }
    }

    /// Number of values for a sample of `n` outputs.
    pub fn width(&self, n: usize) -> usize {
        if *self == Self::ArgMax { 1 } else { n }
    }

    /// The outputs of one sample, finished.
    pub fn apply(&self, outputs: &[f64]) -> Vec<f64> {
        let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = outputs.iter().map(|x| libm::exp(x - largest)).sum();
        match self {
            Self::Softmax => outputs
                .iter()
                .map(|x| libm::exp(x - largest) / sum)
                .collect(),
            Self::LogSoftmax => outputs
                .iter()
                .map(|x| x - largest - libm::log(sum))
                .collect(),
            Self::Sigmoid => outputs
                .iter()
                .map(|x| 1.0 / (1.0 + libm::exp(-x)))
                .collect(),
            Self::ArgMax => vec![largest_of(outputs) as f64],
        }
    }
}

/// Number of the largest value, the first of equals.
pub fn largest_of(values: &[f64]) -> usize {
    let mut best = 0;
    for (i, v) in values.iter().enumerate() {
        if *v > values[best] {
            best = i;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finishing_changes_no_decision() {
        let x = [1.0, 3.0, -2.0];
        let soft = Finish::Softmax.apply(&x);
        // exp(-2), 1, exp(-5), over their sum.
        let sum = 0.135_335_283_236_612_7 + 1.0 + 0.006_737_946_999_085_467;
        assert!((soft[0] - 0.135_335_283_236_612_7 / sum).abs() < 1e-15);
        assert!((soft[1] - 1.0 / sum).abs() < 1e-15);
        let log = Finish::LogSoftmax.apply(&x);
        assert!((libm::exp(log[2]) - soft[2]).abs() < 1e-15);
        assert_eq!(Finish::ArgMax.apply(&x), [1.0]);
        assert_eq!(Finish::Sigmoid.apply(&[0.0]), [0.5]);
        for finish in [Finish::Softmax, Finish::LogSoftmax, Finish::Sigmoid] {
            assert_eq!(largest_of(&finish.apply(&x)), 1);
        }
        // Large outputs do not overflow.
        assert_eq!(Finish::Softmax.apply(&[1000.0, 0.0]), [1.0, 0.0]);
    }
}
