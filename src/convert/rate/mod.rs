//! From a plan to a network with the rate code: thresholds, and what makes up for rounding.

mod calibration;
mod recipe;
mod samples;
mod thresholds;

use serde::{Deserialize, Serialize};

pub use self::calibration::{BiasCalibration, Calibrated, calibrate, passes, thinned};
pub use self::recipe::{Chosen, Wish, choose};
pub use self::samples::{Agreement, for_samples};
pub use self::thresholds::Values;
use super::plan::Plan;
use crate::ann::Graph;
use crate::parallel::Progress;
use crate::spiking::Rate;
use crate::spiking::rate::Settings;

/// How a population's threshold comes from the values that calibration saw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// The largest value (Diehl et al. 2015, IJCNN).
    Max,
    /// The value that so many per cent of the values above 0 do not pass (Rueckauer et al. 2017).
    Percentile(f64),
    /// The threshold of least squared error when values are rounded to counts of T steps (Li et al.
    /// 2022, arXiv:2205.10121).
    SquaredError,
}

/// How a network is coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub settings: Settings,
    pub threshold: Threshold,
    /// A threshold for each channel, or one for a layer.
    pub per_channel: bool,
    /// Where potentials start, as a share of the threshold.
    pub start: f64,
}

/// Codes a planned network.
///
/// # Errors
/// Settings that make no sense.
pub fn code(plan: &Plan, values: &Values, options: &Options) -> Result<Rate, String> {
    options.threshold.check()?;
    let thresholds = values.thresholds(plan, options);
    let mut rate = Rate::new(plan.net.clone(), thresholds, options.settings)?;
    rate.start_at(options.start);
    Ok(rate)
}

/// Looks at what `code` has to know; `None` if it was stopped.
pub fn look(
    graph: &Graph,
    plan: &Plan,
    samples: &[f32],
    threads: usize,
    progress: &Progress,
) -> Option<Values> {
    Values::of(graph, plan, samples, threads, progress)
}

impl Threshold {
    /// What is impossible about it.
    pub fn check(self) -> Result<(), String> {
        match self {
            Self::Percentile(p) if !(p > 0.0 && p <= 100.0) => {
                Err(format!("{p} is no percentile: above 0, and at most 100"))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::Percentile(p) => write!(f, "percentile:{p}"),
            Self::SquaredError => f.write_str("mse"),
        }
    }
}

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = match text.split_once(':') {
            None if text == "max" => Self::Max,
            None if text == "mse" => Self::SquaredError,
            None if text == "percentile" => Self::Percentile(99.9),
            Some(("percentile", p)) => {
                let p: f64 = p
                    .parse()
                    .map_err(|_| format!("`{p}` is no number of per cent"))?;
                Self::Percentile(p)
            }
            _ => {
                return Err(format!(
                    "`{text}` is no rule for thresholds: max, percentile:99.9 or mse"
                ));
            }
        };
        rule.check()?;
        Ok(rule)
    }
}
