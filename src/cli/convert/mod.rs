//! `spikewheel convert`: from a trained network to a spiking one in a directory.

mod exact;
mod rate;
mod report;
mod sparsify;

pub(super) use report::row;
pub(super) use sparsify::{GridArgs, MeasureArg, share};

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::ValueEnum;
use miette::miette;

use super::convert_nir;
use super::data_args::{DataArgs, NetworkArgs, ThreadArgs};
use super::evaluate::{task, verify};
use super::interrupt::stop_on_ctrl_c;
use super::output::{put, put_json, refused, spares, warn};
use super::progress::{Busy, counted};
use super::{Failure, Outcome};
use crate::ann::Graph;
use crate::convert::{Calibration, Fate, account, bounds, plan};
use crate::definition::Diagnostic;
use crate::evaluate::{Evaluation, Pair, Summary, evaluate};
use crate::import::{self, DataSet};
use crate::model::{self, Calibrated, Model, Origin};
use crate::parallel::Progress;

/// Convert a trained network (ONNX, weights in .npz) to a spiking one; NIR to a definition and back
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  spikewheel convert net.onnx --calibrate train.npz --divide-by 255 -o net.snn
  spikewheel convert net.onnx --input-range=-1,1 -o net.snn --window-bits 8
  spikewheel convert net.nir --input pulses.csv -o net      (net/network.toml, for `spikewheel run`)
  spikewheel convert network.toml -o network.nir
  spikewheel convert net.onnx --calibrate train.npz --keep 0.1 --remove-dead --weight-bits 8 -o small.snn
  spikewheel convert net.onnx --calibrate train.npz --code rate --steps 16 -o net.snn

Samples for calibration say how large the values of each layer get; a few hundred, without labels,
are enough. Without them bounds are computed: safe, but loose. The directory has the network in
readable form (model.toml) and its arrays (weights.npz); `spikewheel evaluate` runs it.")]
pub struct Args {
    /// File of the trained network
    pub model: PathBuf,
    /// Directory for the converted network, such as net.snn
    #[arg(short = 'o', long, value_name = "DIR")]
    pub out: PathBuf,
    /// Samples that show how large values get: .npz, .npy or .csv, by default the first 10,000
    #[arg(short, long, value_name = "FILE")]
    pub calibrate: Option<PathBuf>,
    #[command(flatten)]
    pub samples: DataArgs,
    /// Lowest and highest value of inputs, if there are no samples
    #[arg(long, value_name = "LOW,HIGH", value_parser = parse_range, default_value = "0,1", allow_hyphen_values = true, conflicts_with = "calibrate")]
    pub input_range: Range,
    #[command(flatten)]
    pub network: NetworkArgs,
    /// How values become spikes
    #[arg(long, value_enum, default_value_t = Code::Exact)]
    pub code: Code,
    /// Fail, and write nothing, if outputs for the calibration samples differ from the trained
    /// network's by more than this part of the sample's largest output, or a decision differs
    #[arg(long, value_name = "TOLERANCE", num_args = 0..=1, default_missing_value = "1e-5", requires = "calibrate", value_parser = super::evaluate::tolerance)]
    pub verify: Option<f64>,
    /// Replace an existing model
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    // Groups with headings come last: a heading holds for all options after it.
    #[command(flatten)]
    pub exact: exact::ExactArgs,
    #[command(flatten)]
    pub rate: rate::RateArgs,
    #[command(flatten)]
    pub sparsify: sparsify::SparsifyArgs,
    #[command(flatten)]
    pub input: super::nir::InputArgs,
    #[command(flatten)]
    pub dialect: super::nir::DialectArgs,
}

/// The codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Code {
    /// At most one spike per neuron, whose time is the value: loses nothing
    Exact,
    /// As many spikes in --steps steps as the value is large: needs --calibrate
    Rate,
}

/// Two numbers.
#[derive(Clone, Copy, Debug)]
pub struct Range(f64, f64);

fn parse_range(text: &str) -> Result<Range, String> {
    let wrong = || "two numbers with a comma between them are expected, such as -1,1".to_string();
    let (low, high) = text.split_once(',').ok_or_else(wrong)?;
    let number = |t: &str| t.trim().parse::<f64>().ok().filter(|v| v.is_finite());
    let (low, high) = number(low).zip(number(high)).ok_or_else(wrong)?;
    if low >= high {
        return Err(format!("{low} is not below {high}"));
    }
    Ok(Range(low, high))
}

/// Samples of calibration unless --limit says another number.
const CALIBRATE: usize = 10_000;
/// Samples of them that the converted network is run for, so that the report can say what it does.
const CHECK: usize = 1_000;

/// What a conversion came to.
struct Converted {
    model: Model,
    fates: Vec<Fate>,
    /// How samples were read.
    data: Vec<String>,
    /// What was left out or rounded before, if something was.
    cheaper: Option<sparsify::Cheaper>,
    checked: Option<(Evaluation, Summary)>,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    if convert_nir::concerns(&args.model) {
        args.sparsify.refuse()?;
        return convert_nir::run(&convert_nir::Asked {
            model: &args.model,
            out: &args.out,
            dialect: &args.dialect,
            input: &args.input,
            force: args.force,
            json: args.json,
        });
    }
    let encoding = match args.code {
        Code::Exact => None,
        Code::Rate => rate::encoding(&args.input.input),
    };
    let mut input = args.input.clone();
    if encoding.is_some() {
        input.input.clear();
    }
    super::nir::refuse(&args.dialect, &input)?;
    let rate = rate::RateArgs {
        encoding: encoding.unwrap_or(args.rate.encoding),
        ..args.rate.clone()
    };
    model::writable(&args.out, args.force).map_err(refused)?;
    let read = args.calibrate.iter().chain([&args.model]);
    spares(&args.out, &read.map(PathBuf::as_path).collect::<Vec<_>>())?;
    let code = match args.code {
        Code::Exact => args.exact.code()?,
        Code::Rate => rate.code()?,
    };
    if args.code == Code::Rate && args.calibrate.is_none() {
        return Err(super::recorded::refuse(
            "the rate code needs samples, --calibrate FILE: thresholds come from the values that they give",
        ));
    }
    let graph = import::model(&args.model, &args.network.options()).map_err(refused)?;
    let samples = samples(args, &graph)?;
    let progress = Arc::new(Progress::default());
    let ask = Arc::clone(&progress);
    stop_on_ctrl_c(move || ask.stop.swap(true, Ordering::Relaxed))?;
    let stopped = || Failure::Work(miette!("stopped; nothing was written"));
    let threads = args.threads.count();
    let (graph, cheaper) = {
        let _busy = Busy::new("pruning");
        let inputs = (args.input_range.0, args.input_range.1);
        let set = samples.as_ref();
        sparsify::apply(&args.sparsify, graph, set, inputs, threads, &progress)?
            .ok_or_else(stopped)?
    };
    let seen = match &samples {
        Some(set) => counted(&progress, set.count, "calibrating", || {
            Calibration::of_while(&graph, &set.values, threads, &progress)
        })
        .ok_or_else(stopped)?,
        None => {
            warn(vec![loose(&args.input_range)]);
            bounds(&graph, args.input_range.0, args.input_range.1)
        }
    };
    let units = args.code == Code::Exact || rate.units;
    let mut plan = plan(&graph, &seen, units).map_err(super::recorded::refuse)?;
    let fates = account(&graph, &plan);
    let (code, network) = match (args.code, &samples) {
        (Code::Rate, Some(set)) => rate
            .network(&graph, &mut plan, set, threads, &progress)
            .ok_or_else(stopped)??,
        _ => {
            let network = code.network(plan.net, model::Levels::default());
            (code, network.map_err(super::recorded::refuse)?)
        }
    };
    let file_name = |p: &PathBuf| {
        p.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let calibrated = samples.as_ref().zip(args.calibrate.as_ref());
    let model = Model {
        network,
        code,
        sources: plan.sources,
        seen,
        origin: Origin {
            file: file_name(&args.model),
            xxh3: model::hash_of(&args.model).map_err(refused)?,
            notes: plan.notes,
        },
        calibrated: calibrated.map(|(set, file)| Calibrated {
            file: file_name(file),
            samples: set.count,
            divide_by: args.samples.divide_by,
        }),
        graph,
    };
    let checked = match &samples {
        Some(set) => {
            let len = model.graph.input().len();
            let some = &set.values[..set.count.min(CHECK) * len];
            let pair = pair(&model);
            let evaluation = counted(&progress, some.len() / len, "checking", || {
                evaluate(pair, some, threads, &progress)
            })
            .ok_or_else(stopped)?;
            let summary = Summary::of(pair, &evaluation, None);
            Some((evaluation, summary))
        }
        None => None,
    };
    let labelled = samples.as_ref().is_some_and(|s| s.labels.is_some());
    let converted = Converted {
        model,
        fates,
        data: samples.map(|s| s.notes).unwrap_or_default(),
        cheaper,
        checked,
    };
    let failed = match (&converted.checked, args.verify) {
        (Some((_, summary)), Some(tolerance)) => {
            verify(task(&converted.model.graph, labelled), summary, tolerance).err()
        }
        _ => None,
    };
    if failed.is_none() {
        model::write(&converted.model, &args.out, args.force).map_err(refused)?;
    }
    if args.json {
        put_json(&report::to_json(args, &converted))?;
    } else {
        put(&report::to_text(args, &converted))?;
    }
    match failed {
        Some(why) => Err(Failure::Work(miette!("{why}; nothing was written"))),
        None => Ok(()),
    }
}

/// Both networks of a model, to be compared.
pub(super) fn pair(model: &Model) -> Pair<'_> {
    Pair {
        graph: &model.graph,
        network: &model.network,
        sources: &model.sources,
    }
}

fn samples(args: &Args, graph: &Graph) -> Result<Option<DataSet>, Failure> {
    let Some(path) = &args.calibrate else {
        return Ok(None);
    };
    let mut options = args.samples.options();
    options.training = true;
    options.limit = Some(options.limit.unwrap_or(CALIBRATE));
    import::data(path, graph, &options)
        .map(Some)
        .map_err(refused)
}

fn loose(range: &Range) -> Diagnostic {
    let mut d = Diagnostic::warning(format!(
        "without samples for calibration, bounds are computed for inputs from {} to {}: they are safe, \
         but much wider than what happens, so spike times are coarser for the values that do",
        range.0, range.1
    ));
    d.help(
        "give some with --calibrate FILE; if inputs have another range, say --input-range LOW,HIGH",
    );
    d
}
