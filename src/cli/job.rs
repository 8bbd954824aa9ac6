//! From a definition that has been read to a recording, pictures and a summary: what `run` and `resume`
//! share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use miette::{Report, miette};

use super::interrupt::stop_on_ctrl_c;
use super::output::{put, put_json, say};
use super::progress::{Busy, seconds, time, watched};
use super::results::Results;
use super::summary::{Told, memory, reached_ms, short, to_json, to_text};
use super::{Failure, Outcome};
use crate::analysis::stats::RunStats;
use crate::columns::{Memory, Misfit};
use crate::definition::Loaded;
use crate::engine::keep::Return;
use crate::engine::sink::{NullSink, Sink, WeightOf};
use crate::engine::{Checkpoints, Control, RunReport, run_kept};
use crate::network::afford::refuse_if_too_large;
use crate::network::estimate;
use crate::network::spec::NetworkSpec;
use crate::network::{BuildOptions, Network, build};
use crate::plot::raster::RasterOptions;
use crate::plot::traces::TraceOptions;
use crate::plot::weights::WeightOptions;
use crate::record::{Earlier, RecordError, RecordOptions, Recorder, Recording, Summary, Weights};
use crate::snapshot::{About, SnapshotError, Writer};

/// Name of the checkpoint in a directory of results.
pub(super) const CHECKPOINT: &str = "run.checkpoint";

/// How a run is carried out, and what is told of it.
#[derive(clap::Args, Clone, Debug)]
pub struct HowArgs {
    /// Worker threads; the results are the same for any number [default: one per core, fewer for
    /// small networks]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Draw no pictures
    #[arg(long)]
    pub no_plot: bool,
    /// Show where the time went, how populations were updated, and the synapse tables
    #[arg(long)]
    pub profile: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What is to be done.
pub(super) struct Job<'a> {
    pub loaded: &'a Loaded,
    pub how: &'a HowArgs,
    /// Where the results go; nowhere if nothing is recorded.
    pub results: Option<Results>,
    /// Files in it may be written over.
    pub replace: bool,
    pub checkpoints: Option<CheckpointPlan>,
    pub begin: Begin<'a>,
    /// The NIR file that the network is of.
    pub nir: Option<super::nir::Session>,
}

/// Where a run begins.
pub(super) enum Begin<'a> {
    Fresh,
    /// With other weights than those of the definition.
    Weights(&'a Memory),
    /// Where an earlier run was, with what that recorded, and the synapses that it had.
    From(Return<'a>, Earlier, u64),
}

/// Checkpoints that are to be written.
pub(super) struct CheckpointPlan {
    pub about: About,
    pub files: Vec<Arc<Vec<u8>>>,
    /// Leaves the checkpoint in place that there is, until there is a new one.
    pub keep_first: bool,
}

/// Carries it out.
pub(super) fn carry_out(job: &Job<'_>) -> Outcome {
    let spec = &job.loaded.spec;
    let needed = estimate::estimate(spec);
    refuse_if_too_large(spec, &needed).map_err(|told| Failure::Input(vec![Report::msg(told)]))?;
    let threads = job
        .how
        .threads
        .map_or_else(|| worthwhile_threads(spec, &needed), usize::from);
    let started = Instant::now();
    let busy = Busy::new(format!(
        "building {} neurons and about {} synapses",
        short(needed.neurons),
        short(needed.synapses)
    ));
    let mut network = build(
        spec,
        &BuildOptions {
            shards: threads,
            ..BuildOptions::default()
        },
    )
    .map_err(|e| Failure::Work(miette!("{e}")))?;
    let misfit = |e: Misfit| {
        Failure::Input(vec![miette!(
            "the checkpoint does not fit the network: {e}"
        )])
    };
    match &job.begin {
        Begin::Fresh => {}
        Begin::Weights(weights) => network.take_weights(*weights).map_err(misfit)?,
        Begin::From(state, ..) if state.rest.tick == 0 => {}
        Begin::From(state, _, synapses) => {
            let (there, now) = (*synapses, network.synapse_count());
            if state.changed.is_none() && there != now {
                return Err(misfit(Misfit::Network(format!(
                    "it was of {there} synapses, and {now} have been built: another version of the program may build another network"
                ))));
            }
            network.take_back(state).map_err(misfit)?;
        }
    }
    drop(busy);
    let built = started.elapsed();
    let synapses = network.synapse_count();
    let rounding = network.rounding().to_vec();
    if console_is_terminal() {
        say(format_args!(
            "built {} neurons and {} synapses in {}",
            short(needed.neurons),
            short(synapses as f64),
            seconds(built.as_secs_f64())
        ));
    }

    let control = Arc::new(Control {
        profile: job.how.profile,
        ..Control::default()
    });
    let stopped = Arc::clone(&control);
    stop_on_ctrl_c(move || stopped.stop.swap(true, Ordering::Relaxed))?;
    let directory = job.results.as_ref().map(Results::path);
    let Recorded {
        report,
        files,
        unkept,
    } = match directory {
        None => Recorded {
            report: simulate(spec, network, &mut NullSink, &control, None)?,
            files: Vec::new(),
            unkept: None,
        },
        Some(directory) => record(job, network, &control, directory)?,
    };
    let mut told = Told {
        loaded: job.loaded,
        report,
        threads,
        built,
        synapses,
        rounding,
        stats: None,
        files,
        memory: memory(),
    };
    if let Some(file) = told.files.first() {
        let recording = Recording::open(file).map_err(|e| Failure::Work(miette!("{e}")))?;
        told.stats = Some(RunStats::of(
            &recording,
            0.0,
            reached_ms(spec, &told.report),
        ));
        let directory = file.parent().unwrap_or(Path::new("")).to_path_buf();
        if let Some(session) = &job.nir {
            let steps = directory.join("steps.csv");
            session.write_steps(&recording, &steps)?;
            told.files.push(steps);
        }
        if !job.how.no_plot {
            let file = &directory.join("spikes.h5");
            let busy = Busy::new("drawing");
            let drawn = pictures(&recording, file);
            drop(busy);
            told.files.extend(drawn?);
            told.files.extend(weight_pictures(&told.files)?);
        }
    }
    if let Some(directory) = directory
        && job.checkpoints.is_some()
    {
        told.files.push(directory.join(CHECKPOINT));
    }
    if job.how.json {
        put_json(&to_json(&told))?;
    } else {
        put(&to_text(&told, job.how.profile))?;
    }
    if let Some(told) = unkept {
        return Err(Failure::Work(miette!(
            help = "everything else is done; the checkpoint before stays where it was",
            "{told}"
        )));
    }
    if told.report.stopped {
        let how = match directory {
            Some(directory) if job.checkpoints.is_some() => {
                format!("go on with: spikewheel resume {}", directory.display())
            }
            _ => "everything up to there is recorded".into(),
        };
        return Err(Failure::Work(miette!(
            "stopped at {} of {}; {how}",
            time(reached_ms(spec, &told.report)),
            time(spec.duration as f64 * spec.tick_ms())
        )));
    }
    Ok(())
}

/// One thread per core, but only as many as have enough to do between two meetings: they meet once
/// per window, and a meeting costs some microseconds.
fn worthwhile_threads(spec: &NetworkSpec, needed: &estimate::Estimate) -> usize {
    /// Neuron updates and input events per thread and window.
    const WORTH_A_MEETING: f64 = 5_000.0;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let ticks = needed.window.unwrap_or(1_000_000).min(1_000_000) as f64;
    let seconds = ticks * spec.tick_ms() / 1000.0;
    let work = needed.events() * seconds + (needed.neurons * ticks).min(needed.neurons * 100.0);
    cores.min((work / WORTH_A_MEETING) as usize).max(1)
}

fn console_is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

/// Runs the network, with progress on a terminal.
fn simulate(
    spec: &NetworkSpec,
    network: Network,
    sink: &mut dyn Sink,
    control: &Control,
    checkpoints: Option<Checkpoints<'_>>,
) -> Result<RunReport, Failure> {
    watched(control, spec.duration, spec.tick_ms(), || {
        run_kept(network, sink, control, checkpoints)
    })
    .map_err(|e| Failure::Work(miette!("{e}")))
}

/// What has become of a run.
struct Recorded {
    report: RunReport,
    /// Files that were written.
    files: Vec<PathBuf>,
    /// Why its end could not be kept.
    unkept: Option<SnapshotError>,
}

/// Runs the network into a recording.
fn record(
    job: &Job<'_>,
    network: Network,
    control: &Arc<Control>,
    directory: &Path,
) -> Result<Recorded, Failure> {
    let loaded = job.loaded;
    let file = directory.join("spikes.h5");
    let csv = loaded.output.csv.then(|| directory.join("spikes.csv"));
    let mut keeper = job.checkpoints.as_ref().map(|plan| {
        let about = About {
            synapses: network.synapse_count(),
            ..plan.about.clone()
        };
        Writer::new(&directory.join(CHECKPOINT), about, plan.files.clone())
    });
    if let Some(keeper) = &mut keeper
        && !job.checkpoints.as_ref().is_some_and(|p| p.keep_first)
    {
        // Before anything else: whatever happens from here on, there is something to go on from.
        keeper
            .write_beginning(network.plan().sizes())
            .map_err(|e| Failure::Work(miette!("{e}")))?;
    }
    if let Some(keeper) = &mut keeper {
        keeper.when_that_changes(tell_of_checkpoints);
    }
    let options = RecordOptions {
        overwrite: job.replace,
        csv: csv.clone(),
        continues: match &job.begin {
            Begin::From(_, earlier, _) => Some(earlier.clone()),
            _ => None,
        },
        ..RecordOptions::default()
    };
    let mut recorder =
        Recorder::create(&loaded.spec, &file, &loaded.text, &options).map_err(|e| {
            Failure::Work(match e {
                RecordError::Create { .. } => {
                    miette!(help = "--out DIR puts the results elsewhere", "{e}")
                }
                _ => miette!("{e}"),
            })
        })?;
    if let Some(keeper) = &keeper {
        recorder.tell(keeper.recorded());
    }
    let mut sink = Guarded {
        failed: recorder.failure_flag(),
        recorder,
        control: Arc::clone(control),
        ended: ended_by_others()?,
    };
    let wall = |about: &About| about.every_wall.map(Duration::from_secs_f64);
    let checkpoints = match (&mut keeper, &job.checkpoints) {
        (Some(keeper), Some(plan)) => Some(Checkpoints {
            every: plan.about.every,
            every_wall: wall(&plan.about),
            keeper,
        }),
        _ => None,
    };
    let report = simulate(&loaded.spec, network, &mut sink, control, checkpoints)?;
    sink.recorder
        .finish(&Summary {
            reached: report.reached,
            spike_hash: Some(report.spike_hash),
        })
        .map_err(|e| Failure::Work(miette!("{e}")))?;
    let unkept = keeper.as_mut().and_then(|keeper| keeper.check().err());
    let mut files = vec![file];
    files.extend(csv);
    if !loaded.spec.recording.weights.is_empty() {
        files.push(directory.join("weights.h5"));
    }
    Ok(Recorded {
        report,
        files,
        unkept,
    })
}

/// At once: a run may go on for days, and whoever looks after it can do something.
fn tell_of_checkpoints(failure: Option<&SnapshotError>) {
    match failure {
        Some(e) => say(format_args!(
            "warning: {e}; the run goes on, and the checkpoint before stays"
        )),
        None => say(format_args!("checkpoints are written again")),
    }
}

/// A recorder that ends the run when it cannot write any more.
struct Guarded {
    recorder: Recorder,
    failed: Arc<AtomicBool>,
    control: Arc<Control>,
    /// The system wants the run to end.
    ended: Arc<AtomicBool>,
}

impl Sink for Guarded {
    fn spikes(&mut self, spikes: &[(u64, u32)]) {
        self.recorder.spikes(spikes);
    }
    fn sample(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.recorder.sample(recording, tick, values);
    }
    fn weights(&mut self, recording: usize, tick: u64, synapses: &[WeightOf]) {
        self.recorder.weights(recording, tick, synapses);
    }
    fn weight_trace_synapses(&mut self, recording: usize, synapses: &[WeightOf]) {
        self.recorder.weight_trace_synapses(recording, synapses);
    }
    fn weight_traces(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.recorder.weight_traces(recording, tick, values);
    }
    fn checkpoint(&mut self, tick: u64) {
        self.recorder.checkpoint(tick);
    }
    fn reached(&mut self, tick: u64) {
        self.recorder.reached(tick);
        if self.failed.load(Ordering::Relaxed) || self.ended.load(Ordering::Relaxed) {
            self.control.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// A flag that is set when a batch system ends the program or its terminal is closed. Who asked for
/// that to be ignored (`nohup`) is obeyed, as far as the system tells.
fn ended_by_others() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGTERM};
        let ignored = std::fs::read_to_string("/proc/self/status")
            .ok()
            .and_then(|status| {
                let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"))?;
                u64::from_str_radix(mask.trim(), 16).ok()
            });
        for signal in [SIGTERM, SIGHUP] {
            if ignored.unwrap_or(0) >> (signal - 1) & 1 == 0 {
                signal_hook::flag::register(signal, Arc::clone(&flag))
                    .map_err(|e| Failure::Work(miette!("cannot listen for signals: {e}")))?;
            }
        }
    }
    Ok(flag)
}

/// Draws what there is to draw beside the recording.
fn pictures(recording: &Recording, file: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut drawn = Vec::new();
    let failed = |e: crate::plot::PlotError| Failure::Work(miette!("{e}"));
    if !recording.populations.is_empty() {
        let path = file.with_file_name("raster.png");
        crate::plot::raster::draw(recording, &RasterOptions::default(), &path).map_err(failed)?;
        drawn.push(path);
    }
    if !recording.traces.is_empty() {
        let path = file.with_file_name("traces.png");
        crate::plot::traces::draw(recording, &TraceOptions::default(), &path).map_err(failed)?;
        drawn.push(path);
    }
    Ok(drawn)
}

/// Draws the weights, if there are any among the files of the run.
fn weight_pictures(files: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let Some(path) = files.iter().find(|f| f.ends_with("weights.h5")) else {
        return Ok(Vec::new());
    };
    let weights = Weights::open(path).map_err(|e| Failure::Work(miette!("{e}")))?;
    let directory = path.parent().unwrap_or(Path::new(""));
    super::weights::pictures(&weights, &WeightOptions::default(), directory)
        .map_err(|e| Failure::Work(miette!("{e}")))
}
