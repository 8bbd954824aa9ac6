//! Do the samples fit the network?

use std::path::Path;

use miette::miette;

use super::about::figure;
use crate::cli::Failure;
use crate::cli::data_args::DataArgs;
use crate::import::DataSet;
use crate::model::Model;

/// Values that are so many times larger, or all so many times smaller, than any of calibration have
/// another unit.
const FACTOR: f64 = 8.0;
const FRACTION: f64 = 10.0;

/// Labels must be outputs, and values in the range of calibration.
pub(in crate::cli) fn check(
    file: &Path,
    samples: &DataArgs,
    any_range: bool,
    model: &Model,
    set: &DataSet,
) -> Result<(), Failure> {
    let outputs = model.graph.node(model.graph.output()).len().max(2);
    let wrong = set.labels.as_ref().and_then(|labels| {
        let mut all = labels.iter().enumerate();
        all.find(|(_, label)| **label as usize >= outputs)
    });
    if let Some((i, label)) = wrong {
        return Err(Failure::Input(vec![miette!(
            help = "labels count classes from 0; --labels NAME chooses other ones",
            "{}: the label of sample {i} is {label}, and the network tells {outputs} classes apart",
            file.display()
        )]));
    }
    if any_range {
        return Ok(());
    }
    let (low, high) = (model.seen.low[0], model.seen.high[0]);
    let known = low.abs().max(high.abs());
    let has = set
        .values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |m, v| {
            (m.0.min(f64::from(*v)), m.1.max(f64::from(*v)))
        });
    let largest = has.0.abs().max(has.1.abs());
    if known <= 0.0
        || (largest <= FACTOR * known && (largest == 0.0 || largest * FRACTION >= known))
    {
        return Ok(());
    }
    let by = model.calibrated.as_ref().and_then(|c| c.divide_by);
    let own = samples.divide_by;
    let help = match (by, own) {
        (Some(by), None) => format!("say --divide-by {by}, as for calibration"),
        (Some(by), Some(own)) if by != own => {
            format!("calibration divided by {by}, and --divide-by {own} was given")
        }
        (None, Some(_)) => "calibration divided by nothing: leave --divide-by out".into(),
        (_, None) if largest > known => format!(
            "say --divide-by {} if these are the same values before scaling, or --any-range",
            figure((largest / known).round())
        ),
        _ => "say --any-range if they are meant so".into(),
    };
    Err(Failure::Input(vec![miette!(
        help = help,
        "{}: its samples lie between {} and {}, and the network was calibrated with {} to {}",
        file.display(),
        figure(has.0),
        figure(has.1),
        figure(low),
        figure(high)
    )]))
}
