//! Options of the rate code.

use clap::ValueEnum;

use crate::ann::Graph;
use crate::cli::Failure;
use crate::cli::progress::counted;
use crate::cli::recorded::{refuse, time};
use crate::convert::Plan;
use crate::convert::rate::{
    BiasCalibration, Chosen, Options, Threshold, Wish, choose, look, passes, thinned,
};
use crate::import::DataSet;
use crate::model::CodeSpec;
use crate::parallel::Progress;
use crate::spiking::Network;
use crate::spiking::rate::{Encoding, Reset, Settings};

/// The rate code
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Rate code")]
pub struct RateArgs {
    /// Steps that a sample is shown for
    #[arg(long, value_name = "STEPS", default_value_t = 32)]
    pub steps: u32,
    /// The value that a spike in every step stands for: max, percentile:P of the values above 0, or mse,
    /// the one with the least squared error for so many steps
    #[arg(long, value_name = "RULE", default_value = "mse")]
    pub threshold: Threshold,
    /// One threshold for a whole layer instead of one for each channel
    #[arg(long)]
    pub per_layer: bool,
    /// What a spike does to the potential
    #[arg(long, value_enum, default_value_t = ResetArg::Subtract)]
    pub reset: ResetArg,
    /// How samples come in; `--input poisson` says the same
    #[arg(long, value_enum, default_value_t = InputArg::Current)]
    pub encoding: InputArg,
    /// Where potentials start, in thresholds: 0.5 rounds to the nearest
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pub start: f64,
    /// Raise biases (light) and starts (advanced) by what layers lack on the calibration samples; kept
    /// only if more decisions agree with the trained network's
    #[arg(long, value_enum, default_value_t)]
    pub bias_calibration: CalibrationArg,
    /// Neurons below 0 take back a spike by a negative one: deep networks need fewer steps
    #[arg(long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "yes", default_value_t)]
    pub negative_spikes: NegativeArg,
    /// Steps by which each layer starts to fire later than the one before
    #[arg(long, value_name = "STEPS", default_value_t = 0)]
    pub wait: u32,
    /// Steps that the output does not count
    #[arg(long, value_name = "STEPS", default_value_t = 0)]
    pub readout_after: u32,
    /// Seed of random input
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: u64,
    /// Let pools and other layers without an activation be neurons of their own where that takes fewer
    /// operations, and not only where they would take too much memory otherwise: it costs accuracy
    #[arg(long)]
    pub units: bool,
    /// Length of a step
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "1 ms")]
    pub step: f64,
}

/// What a spike does to the potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResetArg {
    /// Takes the threshold off
    Subtract,
    /// Makes it 0
    Zero,
}

/// How samples come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputArg {
    /// As constant currents
    Current,
    /// As regular spikes
    Spikes,
    /// As spikes by chance, one in a step at most
    Poisson,
}

/// How far biases are calibrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CalibrationArg {
    /// Light if, negative spikes or not, fewer than 98 % of decisions agree with the trained network's
    #[default]
    Auto,
    None,
    /// Bias of each channel
    Light,
    /// And the start of each neuron
    Advanced,
}

/// Whether there are negative spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum NegativeArg {
    /// If fewer than 98 % of decisions agree with the trained network's, and more do with them
    #[default]
    Auto,
    Yes,
    No,
}

/// What `--input`, which names files for NIR networks, says about the rate code.
pub fn encoding(input: &[String]) -> Option<InputArg> {
    match input {
        [one] => InputArg::from_str(one, false).ok(),
        _ => None,
    }
}

impl RateArgs {
    fn settings(&self) -> Settings {
        Settings {
            reset: match self.reset {
                ResetArg::Subtract => Reset::Subtract,
                ResetArg::Zero => Reset::Zero,
            },
            encoding: match self.encoding {
                InputArg::Current => Encoding::Current,
                InputArg::Spikes => Encoding::Spikes,
                InputArg::Poisson => Encoding::Poisson,
            },
            negative: self.negative_spikes == NegativeArg::Yes,
            wait: self.wait,
            after: self.readout_after,
            seed: self.seed,
            ..Settings::new(self.steps)
        }
    }

    /// The code with these parameters, before calibration.
    pub fn code(&self) -> Result<CodeSpec, Failure> {
        if !(self.start.is_finite() && (0.0..=1.0).contains(&self.start)) {
            return Err(refuse(format_args!(
                "--start {} is no share of a threshold: 0 to 1",
                self.start
            )));
        }
        let code = CodeSpec::Rate {
            settings: self.settings(),
            tick_ps: self.tick_ps(),
            threshold: self.threshold,
            per_channel: !self.per_layer,
            bias_calibration: BiasCalibration::None,
        };
        code.check().map_err(refuse)?;
        Ok(code)
    }

    /// Codes a plan; `None` if it was stopped. A sentence says what became of the calibration.
    pub fn network(
        &self,
        graph: &Graph,
        plan: &mut Plan,
        set: &DataSet,
        threads: usize,
        progress: &Progress,
    ) -> Option<Result<(CodeSpec, Network), Failure>> {
        let values = counted(progress, 2 * set.count, "thresholds", || {
            look(graph, plan, &set.values, threads, progress)
        })?;
        let options = Options {
            settings: self.settings(),
            threshold: self.threshold,
            per_channel: !self.per_layer,
            start: self.start,
        };
        let wish = Wish {
            negative: match self.negative_spikes {
                NegativeArg::Auto => None,
                NegativeArg::Yes => Some(true),
                NegativeArg::No => Some(false),
            },
            bias: match self.bias_calibration {
                CalibrationArg::Auto => None,
                CalibrationArg::None => Some(BiasCalibration::None),
                CalibrationArg::Light => Some(BiasCalibration::Light),
                CalibrationArg::Advanced => Some(BiasCalibration::Advanced),
            },
        };
        let len = graph.input().len();
        let some = thinned(&set.values, len);
        // At most: what is needed shows on the way.
        let work = passes(plan, wish.bias.unwrap_or(BiasCalibration::Light)) * (some.len() / len);
        let chosen = counted(progress, work, "calibrating", || {
            let seen = (&values, &some[..]);
            choose(graph, plan, seen, &options, wish, threads, progress)
        });
        let Chosen { rate, bias, notes } = match chosen {
            Ok(chosen) => chosen?,
            Err(e) => return Some(Err(refuse(e))),
        };
        plan.notes.extend(notes);
        let code = CodeSpec::Rate {
            settings: rate.settings,
            tick_ps: self.tick_ps(),
            threshold: self.threshold,
            per_channel: !self.per_layer,
            bias_calibration: bias,
        };
        Some(Ok((code, Network::Rate(rate))))
    }

    /// Length of a step in picoseconds.
    fn tick_ps(&self) -> u64 {
        (self.step * 1e9).round() as u64
    }
}
