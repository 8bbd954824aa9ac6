//! Pictures of an evaluation: rasters of single samples, decisions, costs.

use std::path::{Path, PathBuf};

use miette::miette;

use super::{Task, Told, recording};
use crate::cli::convert::pair;
use crate::cli::output::writable;
use crate::cli::{Failure, Outcome};
use crate::evaluate::{Step, decision};
use crate::plot::cost::Cost;
use crate::plot::curves::{Curve, Curves};
use crate::plot::raster::RasterOptions;
use crate::plot::{PlotError, Theme, confusion, cost, curves, raster};

/// Names of the pictures, so that existing ones are found before the work begins.
pub(super) fn names(chosen: &[usize]) -> Vec<String> {
    let samples = chosen.iter().map(|s| format!("sample-{s}.png"));
    [
        "confusion.png".into(),
        "cost.png".into(),
        "steps.png".into(),
    ]
    .into_iter()
    .chain(samples)
    .collect()
}

/// May they be written?
pub(super) fn possible(directory: &Path, chosen: &[usize], force: bool) -> Outcome {
    if directory.exists() && !directory.is_dir() {
        return Err(Failure::Input(vec![miette!(
            "`{}` exists and is not a directory",
            directory.display()
        )]));
    }
    names(chosen)
        .iter()
        .try_for_each(|name| writable(&directory.join(name), force))
}

/// Draws them into a directory.
pub(super) fn draw(
    told: &Told<'_>,
    chosen: &[usize],
    directory: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: PlotError| Failure::Work(miette!("{e}"));
    std::fs::create_dir_all(directory)
        .map_err(|e| Failure::Work(miette!("cannot create `{}`: {e}", directory.display())))?;
    let mut files = Vec::new();
    let name = &told.model.origin.file;
    if let (Some(c), Task::Classify) = (&told.summary.confusion, told.task) {
        let file = directory.join("confusion.png");
        confusion::draw(&c.counts, name, Theme::Light, &file).map_err(failed)?;
        files.push(file);
    }
    let file = directory.join("cost.png");
    cost::draw(&costs(told), &file).map_err(failed)?;
    files.push(file);
    if let (Some(all), Task::Classify) = (&told.summary.steps, told.task) {
        let file = directory.join("steps.png");
        curves::draw(&over_time(told, all), &file).map_err(failed)?;
        files.push(file);
    }
    let mut session = pair(told.model).network.session();
    for sample in chosen {
        let file = directory.join(format!("sample-{sample}.png"));
        let recording = recording::in_memory(told, *sample, &mut session);
        let options = RasterOptions {
            to: recording.t_stop,
            title: Some(title(told, *sample)),
            ..RasterOptions::default()
        };
        raster::draw(&recording, &options, &file).map_err(failed)?;
        files.push(file);
    }
    Ok(files)
}

/// Network and sample, with what it is and what it was taken for.
fn title(told: &Told<'_>, sample: usize) -> String {
    let mut title = format!("{}, sample {sample}", told.model.origin.file);
    if told.task == Task::Classify {
        let width = told.evaluation.width;
        let decided = decision(&told.evaluation.outputs[sample * width..][..width]);
        match &told.set.labels {
            Some(l) => title.push_str(&format!(": label {}, decision {decided}", l[sample])),
            None => title.push_str(&format!(": decision {decided}")),
        }
    }
    title
}

/// Accuracy, or else agreement, after each step.
fn over_time(told: &Told<'_>, all: &[Step]) -> Curves {
    let curve = |name: &str, of: &dyn Fn(&Step) -> Option<f64>| {
        let points = all
            .iter()
            .filter_map(|s| Some((f64::from(s.step), 100.0 * of(s)?)));
        Curve {
            name: name.into(),
            points: points.collect(),
        }
    };
    let both = [
        curve("accuracy", &|s| s.accuracy),
        curve("agreement", &|s| Some(s.agreement)),
    ];
    let ann = told.summary.ann_accuracy;
    Curves {
        title: format!("{} over time", told.model.origin.file),
        facts: format!("{} samples", told.summary.samples),
        x_label: "step".into(),
        y_label: "per cent of samples".into(),
        doubling: all.len() > 1,
        y_bounds: Some((0.0, 100.0)),
        curves: both.into_iter().filter(|c| !c.points.is_empty()).collect(),
        reference: ann.map(|a| ("trained network".into(), 100.0 * a)),
        ..Curves::default()
    }
}

fn costs(told: &Told<'_>) -> Cost {
    let e = &told.evaluation;
    let n = e.samples.max(1) as f64;
    let net = told.model.network.net();
    Cost {
        title: told.model.origin.file.clone(),
        populations: net
            .populations
            .iter()
            .zip(&e.of_populations)
            .map(|(p, of)| {
                (
                    p.name.clone(),
                    of.operations as f64 / n,
                    of.spikes as f64 / n,
                    p.len(),
                )
            })
            .collect(),
        operations: e.of_samples.iter().map(|s| s.operations as f64).collect(),
        macs: told.summary.ann_macs as f64,
        effective_macs: told.summary.ann_effective_macs.mean,
        theme: Theme::Light,
    }
}
