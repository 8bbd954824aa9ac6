//! `spikewheel run`: from a definition to a recording, a picture and a summary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use miette::{Report, miette};
use serde_json::json;

use super::interrupt::stop_on_ctrl_c;
use super::output::{put, put_json, refused, warn};
use super::progress::{Busy, seconds, time, watched};
use super::{Failure, Outcome};
use crate::analysis::stats::RunStats;
use crate::definition::{self, Loaded, Override};
use crate::engine::report::Phase;
use crate::engine::sink::{NullSink, Sink, WeightOf};
use crate::engine::{Control, RunReport, run as simulate};
use crate::network::afford::refuse_if_too_large;
use crate::network::estimate::{self, show_bytes};
use crate::network::fixed::Rounding;
use crate::network::spec::{NetworkSpec, PopulationKind, Slice};
use crate::network::{BuildOptions, Network, build, held};
use crate::plot::raster::RasterOptions;
use crate::plot::traces::TraceOptions;
use crate::plot::weights::WeightOptions;
use crate::record::{RecordOptions, Recorder, Recording, Summary, Weights};

/// Simulate a network and write its recording, a raster picture and a summary
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  spikewheel run networks/brunel.toml
  spikewheel run networks/brunel.toml --threads 2 --set g=6 --set simulation.duration=\"5 s\"
  spikewheel run my.toml --out results/first --profile
  spikewheel run model.nir --input pulses.csv

The recording is an HDF5 file in the SONATA layout. Ctrl-C ends a run with everything up to that
moment intact. Exit code: 0 done, 1 failed or stopped, 2 wrong input.")]
pub struct Args {
    /// Definition file (TOML), or a network in NIR
    pub file: PathBuf,
    /// Another value for a parameter, or for simulation.seed, simulation.duration, ...
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<Override>,
    /// Worker threads; the results are the same for any number [default: one per core, fewer for
    /// small networks]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Directory for the results [default: runs/NAME-001, numbered upwards]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace the results in an existing directory
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Draw no pictures
    #[arg(long)]
    pub no_plot: bool,
    /// Write nothing at all, only print the summary
    #[arg(long, conflicts_with_all = ["out", "force"])]
    pub no_record: bool,
    /// Show where the time went, how populations were updated, and the synapse tables
    #[arg(long)]
    pub profile: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub input: super::nir::InputArgs,
    #[command(flatten)]
    pub dialect: super::nir::DialectArgs,
}

/// Everything that the summary tells.
struct Told<'a> {
    loaded: &'a Loaded,
    report: RunReport,
    threads: usize,
    built: Duration,
    synapses: u64,
    /// Of each projection whose weights are whole numbers.
    rounding: Vec<Option<Rounding>>,
    stats: Option<RunStats>,
    files: Vec<PathBuf>,
    /// Before statistics and pictures, which read the recording back.
    memory: Option<u64>,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (mut loaded, nir) = load(args)?;
    warn(std::mem::take(&mut loaded.warnings));
    let spec = &loaded.spec;
    let needed = estimate::estimate(spec);
    refuse_if_too_large(spec, &needed).map_err(|told| Failure::Input(vec![Report::msg(told)]))?;
    let threads = args
        .threads
        .map_or_else(|| worthwhile_threads(spec, &needed), usize::from);
    let directory = if args.no_record {
        None
    } else {
        Some(results_directory(args)?)
    };

    let started = Instant::now();
    let busy = Busy::new(format!(
        "building {} neurons and about {} synapses",
        short(needed.neurons),
        short(needed.synapses)
    ));
    let network = build(
        spec,
        &BuildOptions {
            shards: threads,
            ..BuildOptions::default()
        },
    )
    .map_err(|e| Failure::Work(miette!("{e}")))?;
    drop(busy);
    let built = started.elapsed();
    let synapses = network.synapse_count();
    let rounding = network.rounding().to_vec();
    if console_is_terminal() {
        eprintln!(
            "built {} neurons and {} synapses in {}",
            short(needed.neurons),
            short(synapses as f64),
            seconds(built.as_secs_f64())
        );
    }

    let control = Arc::new(Control {
        profile: args.profile,
        ..Control::default()
    });
    let stopped = Arc::clone(&control);
    stop_on_ctrl_c(move || stopped.stop.swap(true, Ordering::Relaxed))?;
    let (report, files) = match &directory {
        None => (
            carry_out(spec, network, &mut NullSink, &control)?,
            Vec::new(),
        ),
        Some(directory) => record(args, &loaded, network, &control, directory)?,
    };
    let mut told = Told {
        loaded: &loaded,
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
        if let Some(session) = &nir {
            let steps = directory.join("steps.csv");
            session.write_steps(&recording, &steps)?;
            told.files.push(steps);
        }
        if !args.no_plot {
            let file = &directory.join("spikes.h5");
            let busy = Busy::new("drawing");
            let drawn = pictures(&recording, file);
            drop(busy);
            told.files.extend(drawn?);
            told.files.extend(weight_pictures(&told.files)?);
        }
    }
    if args.json {
        put_json(&to_json(&told))?;
    } else {
        put(&to_text(&told, args.profile))?;
    }
    if told.report.stopped {
        return Err(Failure::Work(miette!(
            "stopped at {} of {}; everything up to there is recorded",
            time(reached_ms(spec, &told.report)),
            time(spec.duration as f64 * spec.tick_ms())
        )));
    }
    Ok(())
}

/// The network of a definition, or of a NIR file.
fn load(args: &Args) -> Result<(Loaded, Option<super::nir::Session>), Failure> {
    if !super::nir::is_nir(&args.file) {
        super::nir::refuse(&args.dialect, &args.input)?;
        let loaded = definition::load(&args.file, &args.set).map_err(refused)?;
        return Ok((loaded, None));
    }
    if let Some(set) = args.set.first() {
        return Err(Failure::Input(vec![miette!(
            help = "`spikewheel convert` makes a definition of it, which can be changed",
            "a NIR file has no parameters to set (--set {}={})",
            set.name,
            set.value
        )]));
    }
    let (loaded, session) = super::nir::load(&args.file, &args.dialect, &args.input)?;
    Ok((loaded, Some(session)))
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

fn reached_ms(spec: &NetworkSpec, report: &RunReport) -> f64 {
    report.reached as f64 * spec.tick_ms()
}

fn console_is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

/// Runs the network, with progress on a terminal.
fn carry_out(
    spec: &NetworkSpec,
    network: Network,
    sink: &mut dyn Sink,
    control: &Control,
) -> Result<RunReport, Failure> {
    watched(control, spec.duration, spec.tick_ms(), || {
        simulate(network, sink, control)
    })
    .map_err(|e| Failure::Work(miette!("{e}")))
}

/// Runs the network into a recording; returns the files that were written.
fn record(
    args: &Args,
    loaded: &Loaded,
    network: Network,
    control: &Arc<Control>,
    directory: &Path,
) -> Result<(RunReport, Vec<PathBuf>), Failure> {
    let file = directory.join("spikes.h5");
    let csv = loaded.output.csv.then(|| directory.join("spikes.csv"));
    let options = RecordOptions {
        overwrite: args.force,
        csv: csv.clone(),
        ..RecordOptions::default()
    };
    let recorder = Recorder::create(&loaded.spec, &file, &loaded.text, &options)
        .map_err(|e| Failure::Work(miette!("{e}")))?;
    let mut sink = Guarded {
        failed: recorder.failure_flag(),
        recorder,
        control: Arc::clone(control),
    };
    let report = carry_out(&loaded.spec, network, &mut sink, control)?;
    sink.recorder
        .finish(&Summary {
            reached: report.reached,
            spike_hash: Some(report.spike_hash),
        })
        .map_err(|e| Failure::Work(miette!("{e}")))?;
    let mut files = vec![file];
    files.extend(csv);
    if !loaded.spec.recording.weights.is_empty() {
        files.push(directory.join("weights.h5"));
    }
    Ok((report, files))
}

/// A recorder that ends the run when it cannot write any more.
struct Guarded {
    recorder: Recorder,
    failed: Arc<AtomicBool>,
    control: Arc<Control>,
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
    fn reached(&mut self, tick: u64) {
        self.recorder.reached(tick);
        if self.failed.load(Ordering::Relaxed) {
            self.control.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// The directory for the results, made and empty unless `--force`.
fn results_directory(args: &Args) -> Result<PathBuf, Failure> {
    let make = |path: &Path| {
        std::fs::create_dir_all(path)
            .map_err(|e| Failure::Work(miette!("cannot create `{}`: {e}", path.display())))
    };
    if let Some(out) = &args.out {
        if out.exists() && !out.is_dir() {
            return Err(Failure::Input(vec![miette!(
                "`{}` exists and is not a directory",
                out.display()
            )]));
        }
        if out.exists() && !args.force {
            return Err(Failure::Input(vec![miette!(
                help = "give another directory, or --force to replace its results",
                "`{}` exists already",
                out.display()
            )]));
        }
        make(out)?;
        // What this run may not write again would look like its results.
        for name in [
            "spikes.h5",
            "spikes.csv",
            "steps.csv",
            "weights.h5",
            "raster.png",
            "traces.png",
            "weights.png",
            "weights_over_time.png",
        ] {
            let old = out.join(name);
            match std::fs::remove_file(&old) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::Work(miette!(
                        "cannot replace `{}`: {e}",
                        old.display()
                    )));
                }
                _ => {}
            }
        }
        return Ok(out.clone());
    }
    let name = args
        .file
        .file_stem()
        .map_or_else(|| "run".into(), |s| s.to_string_lossy().into_owned());
    make(Path::new("runs"))?;
    for number in 1..1_000_000 {
        let path = PathBuf::from(format!("runs/{name}-{number:03}"));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => {
                return Err(Failure::Work(miette!(
                    "cannot create `{}`: {e}",
                    path.display()
                )));
            }
        }
    }
    Err(Failure::Work(miette!("runs/ is full")))
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

/// A number that is meant to be read, not copied: `15.6 M`.
pub(super) fn short(n: f64) -> String {
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if n >= 0.99995 * unit {
            let v = n / unit;
            return format!("{v:.*} {name}", if v < 10.0 { 2 } else { 1 });
        }
    }
    if n >= 1000.0 || n.fract() == 0.0 {
        let digits = format!("{n:.0}");
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(c);
        }
        return out;
    }
    format!("{n:.1}")
}

/// The most memory that this process has held so far, in bytes; where the system does not tell, what
/// it holds now.
fn memory() -> Option<u64> {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:"))
            .and_then(|v| v.trim().strip_suffix("kB"))
            .and_then(|v| v.trim().parse::<u64>().ok());
        if let Some(kib) = peak {
            return Some(kib * 1024);
        }
    }
    let pid = sysinfo::get_current_pid().ok()?;
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), false);
    system.process(pid).map(sysinfo::Process::memory)
}

fn to_text(told: &Told<'_>, profile: bool) -> String {
    let (spec, report) = (&told.loaded.spec, &told.report);
    let (simulated, wall) = (reached_ms(spec, report) / 1000.0, report.wall.as_secs_f64());
    let mut out = format!("{}\n\n", spec.name);
    let mut line = |what: &str, text: String| {
        let _ = writeln!(out, "  {what:<16} {text}");
    };
    line(
        "network",
        format!(
            "{} neurons and sources, {} synapses, built in {}",
            short(spec.offsets().last().copied().unwrap_or(0) as f64),
            short(told.synapses as f64),
            seconds(told.built.as_secs_f64())
        ),
    );
    line(
        "simulated",
        format!(
            "{} in {} on {} thread{}: {:.3} s per simulated second",
            time(simulated * 1000.0),
            seconds(wall),
            told.threads,
            if told.threads == 1 { "" } else { "s" },
            wall / simulated.max(1e-12)
        ),
    );
    line("spikes", short(report.spikes as f64));
    line(
        "synaptic events",
        format!(
            "{}, {} per second of wall time",
            short(report.synaptic_events as f64),
            short(report.synaptic_events as f64 / wall.max(1e-9))
        ),
    );
    if let Some(bytes) = told.memory {
        line("memory", format!("{} at most", show_bytes(bytes as f64)));
    }
    line("spike hash", format!("{:016x}", report.spike_hash));
    if let Some(hash) = report.weight_hash {
        line("weight hash", format!("{hash:016x}"));
    }
    for (i, file) in told.files.iter().enumerate() {
        line(
            if i == 0 { "files" } else { "" },
            file.display().to_string(),
        );
    }
    out.push('\n');
    let name_width = spec
        .populations
        .iter()
        .map(|p| p.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(10);
    let _ = writeln!(
        out,
        "  {:<name_width$} {:>10} {:>12} {:>10} {:>8}",
        "population", "size", "spikes", "rate (Hz)", "CV ISI"
    );
    for (p, population) in spec.populations.iter().enumerate() {
        let spikes = report.spikes_per_population[p];
        let rate = spikes as f64 / (f64::from(population.size) * simulated.max(1e-12));
        let cv = told
            .stats
            .as_ref()
            .and_then(|s| s.populations.iter().find(|q| q.name == population.name))
            .and_then(|q| q.cv)
            .map_or_else(|| "-".into(), |cv| format!("{cv:.3}"));
        let _ = writeln!(
            out,
            "  {:<name_width$} {:>10} {:>12} {:>10.2} {:>8}",
            population.name,
            short(f64::from(population.size)),
            short(spikes as f64),
            rate,
            cv
        );
    }
    if profile {
        out.push_str(&profile_text(told));
    }
    out
}

fn profile_text(told: &Told<'_>) -> String {
    let (spec, report) = (&told.loaded.spec, &told.report);
    let mut out = String::from("\nWhere the time went (seconds per thread)\n  thread");
    for (_, name) in Phase::ALL {
        let _ = write!(out, " {name:>9}");
    }
    out.push('\n');
    for (k, profile) in report.profiles.iter().enumerate() {
        let _ = write!(out, "  {k:<6}");
        for (phase, _) in Phase::ALL {
            let _ = write!(out, " {:>9.3}", profile.spent(phase).as_secs_f64());
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "  {} windows of at most {} ticks ({})",
        short(report.windows as f64),
        report.window,
        time(report.window as f64 * spec.tick_ms())
    );
    let _ = writeln!(
        out,
        "  {} updates of neurons",
        short(report.neuron_updates as f64)
    );
    out.push_str("\nHow populations were updated\n");
    for r in &report.regimes {
        let name = &spec.populations[r.population].name;
        if let Some(step) = spec.step_ms(r.population) {
            let _ = writeln!(
                out,
                "  {name}: clocked, a step every {} ms",
                (step * 1e9).round() / 1e9
            );
            continue;
        }
        let share = 100.0 * r.swept_ticks as f64 / report.reached.max(1) as f64;
        let why = if r.forced {
            "as the definition says".to_string()
        } else {
            format!(
                "{:.3} of its neurons get input per tick; sweeping is cheaper above about {:.2}",
                r.load, r.crossover
            )
        };
        let how = match share {
            s if s > 99.9 => "swept".to_string(),
            s if s < 0.1 => "lazy".to_string(),
            s => format!("swept in {s:.0} % of the ticks, else lazy"),
        };
        let _ = writeln!(out, "  {name}: {how} ({why})");
    }
    out.push_str("\nSynapse tables\n");
    let _ = writeln!(
        out,
        "  {:<6} {:<8} {:>12} {:>12} {:>12} {:>15}",
        "thread", "codec", "synapses", "segments", "bytes", "bytes/synapse"
    );
    for t in &report.tables {
        let _ = writeln!(
            out,
            "  {:<6} {:<8} {:>12} {:>12} {:>12} {:>15.2}",
            t.shard,
            t.codec,
            short(t.synapses as f64),
            short(t.segments as f64),
            show_bytes(t.bytes as f64),
            t.bytes as f64 / t.synapses.max(1) as f64
        );
    }
    out.push_str(&held_text(told));
    out
}

/// Why synapses are held as they are, and what rounding did to their weights.
fn held_text(told: &Told<'_>) -> String {
    let spec = &told.loaded.spec;
    let mut reasons: Vec<String> = Vec::new();
    for h in held(spec) {
        let line = format!("  {}: {}", h.codec, h.why);
        if !reasons.contains(&line) {
            reasons.push(line);
        }
    }
    let mut out = reasons.join("\n");
    out.push('\n');
    let rounded: Vec<(usize, Rounding)> = (0..)
        .zip(&told.rounding)
        .filter_map(|(i, r)| Some((i, (*r)?)))
        .collect();
    if !rounded.is_empty() {
        out.push_str("\nRounding of weights to whole numbers (relative error)\n");
        let _ = writeln!(
            out,
            "  {:<10} {:<32} {:>12} {:>12}",
            "projection", "from -> to", "largest", "mean"
        );
    }
    for (i, r) in rounded {
        let p = &spec.projections[i];
        let names = |side: &[Slice]| {
            let names: Vec<&str> = side
                .iter()
                .map(|s| spec.populations[s.population].name.as_str())
                .collect();
            names.join(", ")
        };
        let _ = writeln!(
            out,
            "  {:<10} {:<32} {:>10.5} % {:>10.5} %",
            i,
            format!("{} -> {}", names(&p.from), names(&p.to)),
            100.0 * r.largest,
            100.0 * r.mean()
        );
    }
    out
}

fn to_json(told: &Told<'_>) -> serde_json::Value {
    let (spec, report) = (&told.loaded.spec, &told.report);
    let simulated = reached_ms(spec, report) / 1000.0;
    let wall = report.wall.as_secs_f64();
    json!({
        "name": spec.name,
        "definition": told.loaded.path.display().to_string(),
        "seed": spec.seed,
        "threads": told.threads,
        "arithmetic": spec.arithmetic.name(),
        "simulated_s": simulated,
        "build_s": told.built.as_secs_f64(),
        "wall_s": wall,
        "real_time_factor": wall / simulated.max(1e-12),
        "spikes": report.spikes,
        "synapses": told.synapses,
        "synaptic_events": report.synaptic_events,
        "neuron_updates": report.neuron_updates,
        "events_per_s": report.synaptic_events as f64 / wall.max(1e-9),
        "memory_bytes": told.memory,
        "spike_hash": format!("{:016x}", report.spike_hash),
        "weight_hash": report.weight_hash.map(|hash| format!("{hash:016x}")),
        "stopped": report.stopped,
        "files": told.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>(),
        "populations": spec.populations.iter().enumerate().map(|(p, population)| json!({
            "name": population.name,
            "size": population.size,
            "source": matches!(population.kind, PopulationKind::Source(_)),
            "spikes": report.spikes_per_population[p],
            "rate_hz": report.spikes_per_population[p] as f64
                / (f64::from(population.size) * simulated.max(1e-12)),
        })).collect::<Vec<_>>(),
        "stats": told.stats,
        "phases_s": report.profiles.iter().map(|profile| {
            Phase::ALL.iter().map(|(phase, name)| {
                ((*name).to_string(), json!(profile.spent(*phase).as_secs_f64()))
            }).collect::<serde_json::Map<_, _>>()
        }).collect::<Vec<_>>(),
        "regimes": report.regimes.iter().map(|r| json!({
            "population": spec.populations[r.population].name,
            "swept_ticks": r.swept_ticks,
            "load": r.load,
            "crossover": r.crossover,
            "forced": r.forced,
            "step_ms": spec.step_ms(r.population),
        })).collect::<Vec<_>>(),
        "projections": held(spec).iter().enumerate().map(|(i, h)| json!({
            "codec": h.codec,
            "why": h.why,
            "rounding": told.rounding.get(i).copied().flatten().map(|r| json!({
                "largest": r.largest,
                "mean": r.mean(),
            })),
        })).collect::<Vec<_>>(),
        "tables": report.tables.iter().map(|t| json!({
            "thread": t.shard,
            "codec": t.codec,
            "synapses": t.synapses,
            "segments": t.segments,
            "bytes": t.bytes,
        })).collect::<Vec<_>>(),
    })
}
