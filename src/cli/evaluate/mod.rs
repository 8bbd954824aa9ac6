//! `spikewheel evaluate`: a converted network beside the trained one, on samples.

mod about;
mod fit;
mod json;
mod pictures;
mod predictions;
mod recording;
mod text;

pub(super) use about::{code_json, code_text, error, figure, percent};
pub(super) use fit::check as fits;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use miette::miette;

use super::convert::pair;
use super::data_args::{DataArgs, ThreadArgs};
use super::evaluate_nir;
use super::interrupt::stop_on_ctrl_c;
use super::output::{put, put_json, refused, spares, writable};
use super::progress::counted;
use super::{Failure, Outcome};
use crate::ann::Graph;
use crate::evaluate::{Evaluation, Fit, NeuroBench, Summary, evaluate};
use crate::import::{self, DataSet};
use crate::model::{self, Model};
use crate::parallel::Progress;

/// Run a converted network on samples: accuracy, agreement with the trained network, spikes, operations
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  spikewheel evaluate net.snn --data test.npz --divide-by 255
  spikewheel evaluate net.snn --data test.npz --plot pictures --sample 0 --sample 17
  spikewheel evaluate net.nir --data test.npz --divide-by 255 --nir-steps 32

Every sample also goes through the trained network, in double precision. Results are the same for
any number of threads. Exit code: 0 done, 1 failed (also --verify), 2 wrong input.")]
pub struct Args {
    /// Directory of the converted network, or a NIR file
    pub model: PathBuf,
    /// Samples: .npz, .npy or .csv
    #[arg(short, long, value_name = "FILE")]
    pub data: PathBuf,
    #[command(flatten)]
    pub samples: DataArgs,
    /// Array of a .npz file with the values that outputs should have (regression)
    #[arg(long, value_name = "NAME")]
    pub targets: Option<String>,
    /// Take the samples as they are, though their range is not that of calibration
    #[arg(long)]
    pub any_range: bool,
    /// What the outputs are [default: decisions if there are labels or a softmax, else by their number]
    #[arg(long, value_enum)]
    pub task: Option<Task>,
    /// Fail if outputs differ from the trained network's by more than this part of the sample's largest
    /// output, or a decision differs
    #[arg(long, value_name = "TOLERANCE", num_args = 0..=1, default_missing_value = "1e-5", value_parser = tolerance)]
    pub verify: Option<f64>,
    /// Write what came out for each sample to this file (.csv)
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Record the spikes of the samples named by --sample in this file (.h5), for `spikewheel raster`
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Draw decisions, costs, and rasters of the samples named by --sample into this directory
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
    /// Number of a sample to record or draw, counted from 0; may be repeated [default: 0]
    #[arg(long = "sample", value_name = "NUMBER")]
    pub sample: Vec<usize>,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub shown: evaluate_nir::ShownArgs,
    #[command(flatten)]
    pub dialect: super::nir::DialectArgs,
}

/// What outputs are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// The largest output is the answer
    Classify,
    /// The outputs are the answer
    Values,
}

/// A tolerance: a number from 0 on.
pub(super) fn tolerance(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|t| t.is_finite() && *t >= 0.0)
        .ok_or_else(|| format!("`{text}` is no number from 0 on"))
}

/// Everything that is told.
struct Told<'a> {
    args: &'a Args,
    model: &'a Model,
    set: &'a DataSet,
    task: Task,
    evaluation: Evaluation,
    summary: Summary,
    /// How near both networks' outputs are to their targets.
    fit: Option<(Fit, Fit)>,
    bench: NeuroBench,
    threads: usize,
    wall: Duration,
    files: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    if super::nir::is_nir(&args.model) {
        not_of_nir(args)?;
        return evaluate_nir::run(&evaluate_nir::Asked {
            model: &args.model,
            dialect: &args.dialect,
            data: &args.data,
            options: args.samples.options(),
            steps: args.shown.nir_steps,
            frames: args.shown.nir_frames,
            threads: args.threads.count(),
            json: args.json,
        });
    }
    let model = model::read(&args.model).map_err(refused)?;
    let set = import::data(&args.data, &model.graph, &args.samples.options()).map_err(refused)?;
    fit::check(&args.data, &args.samples, args.any_range, &model, &set)?;
    let width = model.graph.node(model.graph.output()).len();
    let targets = match &args.targets {
        Some(name) => Some(import::targets(&args.data, name, set.count, width).map_err(refused)?),
        None => None,
    };
    let chosen = chosen(args, set.count)?;
    for file in args.csv.iter().chain(&args.record) {
        spares(file, &[&args.model, &args.data])?;
        writable(file, args.force)?;
    }
    if let Some(directory) = &args.plot {
        pictures::possible(directory, &chosen, args.force)?;
    }
    let progress = Arc::new(Progress::default());
    let ask = Arc::clone(&progress);
    stop_on_ctrl_c(move || ask.stop.swap(true, Ordering::Relaxed))?;
    let threads = args.threads.count();
    let started = Instant::now();
    let evaluation = counted(&progress, set.count, "evaluating", || {
        evaluate(pair(&model), &set.values, threads, &progress)
    })
    .ok_or_else(|| Failure::Work(miette!("stopped; nothing was written")))?;
    let wall = started.elapsed();
    let summary = Summary::of(pair(&model), &evaluation, set.labels.as_deref());
    let task = task_of(args, &model, &set);
    let bench = NeuroBench::of(pair(&model), &summary, &set.values, threads);
    let mut told = Told {
        fit: fit_of(task, &model, &set, targets, &evaluation),
        task,
        args,
        model: &model,
        set: &set,
        evaluation,
        summary,
        bench,
        threads,
        wall,
        files: Vec::new(),
    };
    if let Some(file) = &args.csv {
        predictions::write(&told, file)?;
        told.files.push(file.clone());
    }
    if let Some(file) = &args.record {
        recording::write(&told, &chosen, file)?;
        told.files.push(file.clone());
    }
    if let Some(directory) = &args.plot {
        let files = pictures::draw(&told, &chosen, directory)?;
        told.files.extend(files);
    }
    if args.json {
        put_json(&json::to_json(&told))?;
    } else {
        put(&text::to_text(&told))?;
    }
    match args.verify {
        Some(tolerance) => verify(told.task, &told.summary, tolerance)
            .map_err(|why| Failure::Work(miette!("{why}"))),
        None => Ok(()),
    }
}

/// What is not done for NIR files is refused, not left out.
fn not_of_nir(args: &Args) -> Outcome {
    let given = [
        ("--csv", args.csv.is_some()),
        ("--record", args.record.is_some()),
        ("--plot", args.plot.is_some()),
        ("--targets", args.targets.is_some()),
        ("--task", args.task.is_some()),
        ("--verify", args.verify.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => Err(super::recorded::refuse(format_args!(
            "{name} is for networks that `spikewheel convert` made of trained ones, not for NIR files"
        ))),
    }
}

/// The samples that are shown one by one.
fn chosen(args: &Args, count: usize) -> Result<Vec<usize>, Failure> {
    if !args.sample.is_empty() && args.record.is_none() && args.plot.is_none() {
        return Err(super::recorded::refuse("--sample needs --record or --plot"));
    }
    if let Some(bad) = args.sample.iter().find(|s| **s >= count) {
        return Err(super::recorded::refuse(format_args!(
            "there is no sample {bad}: {count} were read, counted from 0"
        )));
    }
    Ok(if args.sample.is_empty() {
        vec![0]
    } else {
        args.sample.clone()
    })
}

fn task_of(args: &Args, model: &Model, set: &DataSet) -> Task {
    match (args.task, &args.targets) {
        (Some(task), _) => task,
        (None, Some(_)) => Task::Values,
        (None, None) => task(&model.graph, set.labels.is_some()),
    }
}

/// How near outputs are to targets, or, of an autoencoder, to the samples.
fn fit_of(
    task: Task,
    model: &Model,
    set: &DataSet,
    targets: Option<Vec<f64>>,
    e: &Evaluation,
) -> Option<(Fit, Fit)> {
    let again = e.width == model.graph.input().len() && task == Task::Values;
    let samples = || set.values.iter().map(|v| f64::from(*v)).collect();
    let targets: Vec<f64> = targets.or_else(|| again.then(samples))?;
    let fit = |outputs: &[f64]| Fit::of(outputs, &targets, e.width);
    Some((fit(&e.outputs), fit(&e.reference)))
}

/// What the outputs are for, if nobody says.
pub(super) fn task(graph: &Graph, labelled: bool) -> Task {
    let outputs = graph.node(graph.output()).len();
    let values = outputs == 1 || outputs == graph.input().len();
    if labelled || graph.finish.is_some() || !values {
        Task::Classify
    } else {
        Task::Values
    }
}

/// Is the spiking network what the trained one is?
pub(super) fn verify(task: Task, summary: &Summary, tolerance: f64) -> Result<(), String> {
    let differ = summary.samples - summary.same_decision;
    if task == Task::Classify && differ > 0 {
        return Err(format!(
            "verification failed: {differ} of {} samples are decided otherwise than by the trained network",
            summary.samples
        ));
    }
    let most = summary.largest_relative_deviation;
    if most > tolerance {
        return Err(format!(
            "verification failed: outputs differ from the trained network's by up to {most:.3e} of the \
             sample's largest, and {tolerance:.3e} is allowed"
        ));
    }
    Ok(())
}
