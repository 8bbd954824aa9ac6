//! `spikewheel resume`: goes on with a run from its checkpoint.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::miette;

use super::job::{Begin, CHECKPOINT, CheckpointPlan, Job, carry_out};
use super::output::{refused, warn};
use super::recorded::refuse;
use super::run::{positive_time, results_directory};
use super::{Failure, Outcome, checkpoints};
use crate::columns::Memory;
use crate::definition::{self, Loaded, Override};
use crate::engine::keep::Return;
use crate::network::spec::{DriveKind, NetworkSpec};
use crate::network::{BuildOptions, build};
use crate::record::{Earlier, Recording};
use crate::snapshot::Snapshot;

/// Go on with a run from its checkpoint
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  spikewheel resume runs/brunel-001
  spikewheel resume runs/brunel-001 --until '20 s' --threads 4
  spikewheel resume runs/brunel-001 --set eta=1.5 --out runs/weaker
  spikewheel resume runs/learned-001 --weights-only --out runs/again

A run that goes on gives the same bits as one that was never stopped, on any number of threads, and its
recording becomes that of the whole. With --set it goes on as another run, in a directory of its own:
from the saved state, with other parameters or input. Exit code: 0 done, 1 failed or stopped, 2 wrong
input.")]
pub struct Args {
    /// Checkpoint, or the directory of a run
    pub file: PathBuf,
    /// Simulate until this time, such as '20 s' [default: as planned]
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub until: Option<f64>,
    /// Another value for a parameter from here on
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<Override>,
    /// Begin anew at time 0, with the weights of the checkpoint
    #[arg(long)]
    pub weights_only: bool,
    /// Worker threads; the results are the same for any number [default: one per core, fewer for
    /// small networks]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Directory for the results [default: that of the checkpoint; with --set or --weights-only
    /// runs/NAME-001, numbered upwards]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace the results in an existing directory
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Checkpoints every so much simulated time [default: as before]
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub checkpoint_every: Option<f64>,
    /// Checkpoints every so much wall time [default: as before]
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub checkpoint_every_wall: Option<f64>,
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

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let path = match args.file.is_dir() {
        true => args.file.join(CHECKPOINT),
        false => args.file.clone(),
    };
    let snapshot = Snapshot::open(&path).map_err(refuse)?;
    let saved: Vec<Override> = snapshot
        .about
        .overrides
        .iter()
        .map(|(name, value)| Override {
            name: name.clone(),
            value: value.clone(),
        })
        .collect();
    let before = load(&snapshot, &saved)?;
    let mut set = saved.clone();
    for o in &args.set {
        set.retain(|s| s.name != o.name);
        set.push(o.clone());
    }
    if let Some(ms) = args.until {
        set.retain(|s| s.name != DURATION);
        set.push(Override {
            name: DURATION.into(),
            value: format!("{ms} ms"),
        });
    }
    let mut loaded = load(&snapshot, &set)?;
    warn(std::mem::take(&mut loaded.warnings));
    let changed = args.set.iter().any(|o| o.name != DURATION);
    let tick = snapshot.rest.tick;
    let source = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let elsewhere = args.out.is_some() || changed || args.weights_only;
    // A run that was killed while it closed its files is brought to its end.
    let unfinished =
        !elsewhere && !Recording::says_completed(&source.join("spikes.h5")).unwrap_or(true);
    if !args.weights_only {
        check_end(&loaded.spec, tick, unfinished)?;
    }
    check_grid(&before.spec, &loaded.spec)?;

    let directory = if elsewhere {
        if args.out.as_deref().is_some_and(|out| is_same(out, &source)) {
            return Err(Failure::Input(vec![miette!(
                help = "give another directory, or leave --out away to go on in this one",
                "`{}` holds the run that is gone on with",
                source.display()
            )]));
        }
        let definition = PathBuf::from(&snapshot.about.path);
        results_directory(args.out.as_deref(), args.force, &definition, &[])?
    } else {
        source.clone()
    };
    let plan = plan(args, &snapshot, &loaded, &set, !elsewhere)?;
    let earlier = Earlier {
        spikes: source.join("spikes.h5"),
        csv: source.join("spikes.csv"),
        weights: source.join("weights.h5"),
        tick: if args.weights_only { 0 } else { tick },
        recorded: snapshot.about.recorded.clone(),
    };
    let mut settled = Memory::default();
    if args.weights_only {
        settled = weights_of(&before.spec, &snapshot)?;
    } else if changed && tick > 0 {
        settled = neurons_of(&before.spec, &snapshot)?;
    }
    let begin = match args.weights_only {
        true => Begin::Weights(&settled),
        false => Begin::From(
            Return {
                rest: &snapshot.rest,
                columns: &snapshot,
                changed: changed.then_some(&settled),
            },
            earlier,
            snapshot.about.synapses,
        ),
    };
    carry_out(&Job {
        loaded: &loaded,
        threads: args.threads,
        directory: Some(directory),
        replace: !elsewhere || args.force,
        plot: !args.no_plot,
        profile: args.profile,
        json: args.json,
        checkpoints: Some(plan),
        begin,
        nir: None,
    })
}

const DURATION: &str = "simulation.duration";

/// The definition in the checkpoint, with its files.
fn load(snapshot: &Snapshot, set: &[Override]) -> Result<Loaded, Failure> {
    let about = &snapshot.about;
    let failed = |e: std::io::Error| Failure::Work(miette!("cannot unpack the checkpoint: {e}"));
    let directory = tempfile::tempdir().map_err(failed)?;
    let mut instead = HashMap::new();
    for (k, name) in about.files.iter().enumerate() {
        let path = PathBuf::from(name);
        let own = directory.path().join(k.to_string());
        std::fs::create_dir(&own).map_err(failed)?;
        // The ending of a name says how to read the file.
        let place = own.join(path.file_name().unwrap_or("file".as_ref()));
        std::fs::write(&place, snapshot.file(k).map_err(refuse)?).map_err(failed)?;
        instead.insert(path, place);
    }
    definition::parse_among(&about.text, Path::new(&about.path), set, instead).map_err(refused)
}

/// A state is in the numbers and on the grid of its network.
fn check_grid(before: &NetworkSpec, now: &NetworkSpec) -> Result<(), Failure> {
    if before.resolution_ps != now.resolution_ps {
        return Err(refuse(
            "the state is on the grid of its resolution: simulation.resolution must stay",
        ));
    }
    if before.arithmetic != now.arithmetic {
        return Err(refuse(
            "the state is in the numbers of its arithmetic: simulation.arithmetic must stay",
        ));
    }
    Ok(())
}

/// Is there anything left to do?
fn check_end(now: &NetworkSpec, tick: u64, unfinished: bool) -> Result<(), Failure> {
    let shown = |ticks: u64| super::progress::time(ticks as f64 * now.tick_ms());
    if tick < now.duration || (tick == now.duration && unfinished) {
        return Ok(());
    }
    if tick == now.duration {
        return Err(refuse(format_args!(
            "the run is complete at {}; --until '{}' would go on with it",
            shown(tick),
            shown(2 * tick)
        )));
    }
    Err(refuse(format_args!(
        "the checkpoint is at {}, behind the end at {}",
        shown(tick),
        shown(now.duration)
    )))
}

fn is_same(a: &Path, b: &Path) -> bool {
    let b = if b.as_os_str().is_empty() {
        Path::new(".")
    } else {
        b
    };
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn plan(
    args: &Args,
    snapshot: &Snapshot,
    loaded: &Loaded,
    set: &[Override],
    keep_first: bool,
) -> Result<CheckpointPlan, Failure> {
    let about = &snapshot.about;
    let mut files = Vec::new();
    for k in 0..about.files.len() {
        files.push(Arc::new(snapshot.file(k).map_err(refuse)?));
    }
    let mut plan = checkpoints::plan(
        &Loaded {
            // Those of the checkpoint, wherever it is now.
            files: Vec::new(),
            ..loaded.clone()
        },
        set,
        args.checkpoint_every,
        args.checkpoint_every_wall,
    )?;
    if args.checkpoint_every.is_none() && args.checkpoint_every_wall.is_none() {
        plan.about.every = about.every;
        plan.about.every_wall = about.every_wall;
    }
    plan.about.files.clone_from(&about.files);
    plan.files = files;
    plan.keep_first = keep_first;
    Ok(plan)
}

/// The weights at the checkpoint, brought up to date.
fn weights_of(spec: &NetworkSpec, snapshot: &Snapshot) -> Result<Memory, Failure> {
    let mut network = rebuild(spec)?;
    take_back(&mut network, snapshot)?;
    Ok(network.settled_weights())
}

/// The neurons at the checkpoint, brought to its tick with the parameters that held up to there. That
/// needs no synapses.
fn neurons_of(spec: &NetworkSpec, snapshot: &Snapshot) -> Result<Memory, Failure> {
    let alone = NetworkSpec {
        projections: Vec::new(),
        drives: spec
            .drives
            .iter()
            .filter(|d| {
                matches!(
                    d.kind,
                    DriveKind::StepCurrent { .. } | DriveKind::Current(_)
                )
            })
            .cloned()
            .collect(),
        ..spec.clone()
    };
    let mut network = rebuild(&alone)?;
    let state = Return {
        rest: &snapshot.rest,
        columns: snapshot,
        changed: None,
    };
    network
        .take_neurons(&state)
        .map_err(|e| refuse(format_args!("the checkpoint does not fit its network: {e}")))?;
    Ok(network.settled())
}

fn rebuild(spec: &NetworkSpec) -> Result<crate::network::Network, Failure> {
    build(spec, &BuildOptions::default()).map_err(|e| Failure::Work(miette!("{e}")))
}

fn take_back(network: &mut crate::network::Network, snapshot: &Snapshot) -> Outcome {
    if snapshot.rest.tick == 0 {
        return Ok(());
    }
    let state = Return {
        rest: &snapshot.rest,
        columns: snapshot,
        changed: None,
    };
    network
        .take_back(&state)
        .map_err(|e| refuse(format_args!("the checkpoint does not fit its network: {e}")))
}
