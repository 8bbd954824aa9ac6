//! Options that make a network cheaper before it is converted.

use clap::ValueEnum;

use crate::ann::{Forward, Graph, largest_of};
use crate::cli::recorded::refuse;
use crate::cli::{Failure, Outcome};
use crate::convert::prune::{Amount, Measure};
use crate::convert::quantise::{BITS, Fit, Grid};
use crate::convert::sparsify::{Report, Sparsify, range_of};
use crate::import::DataSet;
use crate::parallel::Progress;
use serde::Serialize;

/// Fewer weights, neurons and bits
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fewer weights, neurons and bits")]
pub struct SparsifyArgs {
    /// Keep this part of the weights, those that matter most: 0.1 is a tenth
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "prune_below")]
    pub keep: Option<f64>,
    /// Drop weights of smaller magnitude
    #[arg(long, value_name = "WEIGHT")]
    pub prune_below: Option<f32>,
    /// How weights are compared for --keep [default: effect with --calibrate, else lamp]
    #[arg(long, value_enum, value_name = "MEASURE", requires = "keep")]
    pub prune_by: Option<MeasureArg>,
    /// Take out this part of the neurons and channels, those that matter least
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "calibrate")]
    pub prune_structured: Option<f64>,
    /// Leave the weights that are kept as they are; by default they are fitted, so that each layer gives
    /// for the calibration samples what it gave
    #[arg(long)]
    pub no_refit: bool,
    /// Take out neurons and channels that can never fire, are constant, or are read by none
    #[arg(long)]
    pub remove_dead: bool,
    /// Round weights to so many bits, the sign included (symmetric)
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(*BITS.start() as i64..=*BITS.end() as i64))]
    pub weight_bits: Option<u32>,
    #[command(flatten)]
    pub grid: GridArgs,
}

/// How weights are rounded.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct GridArgs {
    /// What shares a step of the rounded weights
    #[arg(long, value_enum, default_value_t)]
    pub weight_step: StepArg,
    /// How large the step is
    #[arg(long, value_enum, default_value_t)]
    pub weight_fit: FitArg,
}

/// How weights are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MeasureArg {
    /// By magnitude, over all layers
    Magnitude,
    /// By magnitude, the same part of each layer
    Layer,
    /// Relative to the weights of the layer that are not smaller
    Lamp,
    /// The same, of weight times what it is multiplied with on the calibration samples
    Effect,
}

/// What shares a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StepArg {
    /// The weights of an output neuron or channel
    #[default]
    Channel,
    /// All weights of a layer
    Layer,
}

/// How large a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FitArg {
    /// As `squares` with 2 bits, as `largest` with more
    #[default]
    Auto,
    /// The largest weight is the last of the grid: no weight is off by more than half a step
    Largest,
    /// The least sum of squared errors; the largest weights may be clipped
    Squares,
}

impl MeasureArg {
    pub fn measure(self) -> Measure {
        match self {
            Self::Magnitude => Measure::Magnitude,
            Self::Layer => Measure::Layer,
            Self::Lamp => Measure::Lamp,
            Self::Effect => Measure::Effect,
        }
    }
}

impl GridArgs {
    pub fn grid(self) -> Grid {
        match self.weight_step {
            StepArg::Channel => Grid::Channel,
            StepArg::Layer => Grid::Layer,
        }
    }

    pub fn fit(self) -> Fit {
        match self.weight_fit {
            FitArg::Auto => Fit::Auto,
            FitArg::Largest => Fit::Largest,
            FitArg::Squares => Fit::Squares,
        }
    }
}

/// A part of a whole.
pub fn share(text: &str) -> Result<f64, String> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|s| (0.0..=1.0).contains(s))
        .ok_or_else(|| format!("`{text}` is no number from 0 to 1"))
}

impl SparsifyArgs {
    /// Spiking networks are taken as they are.
    pub fn refuse(&self) -> Outcome {
        if self.what(true)?.any() {
            return Err(refuse(
                "weights, neurons and bits are made fewer in trained networks, not in spiking ones",
            ));
        }
        Ok(())
    }

    /// What is to be done. `samples`: are there any to calibrate with?
    pub fn what(&self, samples: bool) -> Result<Sparsify, Failure> {
        if self.prune_by == Some(MeasureArg::Effect) && !samples {
            return Err(refuse(
                "--prune-by effect needs samples: name some with --calibrate FILE",
            ));
        }
        if self.prune_structured == Some(1.0) {
            return Err(refuse("--prune-structured 1 would leave nothing"));
        }
        let below = self.prune_below.map(Amount::Below);
        let usual = if samples {
            Measure::Effect
        } else {
            Measure::Lamp
        };
        Ok(Sparsify {
            units: self.prune_structured,
            weights: self.keep.map(Amount::Keep).or(below),
            by: self.prune_by.map_or(usual, MeasureArg::measure),
            refit: !self.no_refit,
            dead: self.remove_dead,
            bits: self.weight_bits,
            grid: self.grid.grid(),
            fit: self.grid.fit(),
        })
    }
}

/// What was left out, and what that did to the calibration samples.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cheaper {
    #[serde(flatten)]
    pub report: Report,
    /// Share of decisions that are as before.
    pub same_decision: Option<f64>,
    /// Shares of right decisions, before and after.
    pub accuracy: Option<(f64, f64)>,
}

/// Does what the options say to a network. `None` if it was stopped.
pub(super) fn apply(
    args: &SparsifyArgs,
    graph: Graph,
    samples: Option<&DataSet>,
    inputs: (f64, f64),
    threads: usize,
    progress: &Progress,
) -> Result<Option<(Graph, Option<Cheaper>)>, Failure> {
    let what = args.what(samples.is_some())?;
    if !what.any() {
        return Ok(Some((graph, None)));
    }
    let values = samples.map(|s| s.values.as_slice());
    let inputs = values.map_or(inputs, range_of);
    let done = what
        .apply_while(&graph, values, inputs, threads, progress)
        .map_err(refuse)?;
    let Some((mut cheaper, report)) = done else {
        return Ok(None);
    };
    cheaper.notes.extend(report.notes());
    cheaper
        .notes
        .push("the trained network that is compared with is the one that is left".into());
    let mut told = Cheaper {
        report,
        same_decision: None,
        accuracy: None,
    };
    if let Some(set) = samples {
        let decisions = |g: &Graph| -> Option<Vec<usize>> {
            let width = g.node(g.output()).len();
            let outputs = Forward::<f32>::new(g).outputs_while(&set.values, threads, progress)?;
            let row = |row: &[f32]| -> Vec<f64> { row.iter().map(|v| f64::from(*v)).collect() };
            let rows = outputs.chunks_exact(width);
            Some(rows.map(|r| largest_of(&row(r))).collect())
        };
        let Some((old, new)) = decisions(&graph).zip(decisions(&cheaper)) else {
            return Ok(None);
        };
        let n = set.count.max(1) as f64;
        let same = old.iter().zip(&new).filter(|(a, b)| a == b).count();
        told.same_decision = Some(same as f64 / n);
        told.accuracy = set.labels.as_ref().map(|labels| {
            let right = |of: &[usize]| {
                let right = of.iter().zip(labels).filter(|(d, l)| **d == **l as usize);
                right.count() as f64 / n
            };
            (right(&old), right(&new))
        });
    }
    Ok(Some((cheaper, Some(told))))
}
