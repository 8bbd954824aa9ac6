//! `spikewheel resume`: goes on with a run from its checkpoint.

use std::path::{Path, PathBuf};

use miette::miette;

use super::checkpoints::{Every, definition_among, files_in, plan, session};
use super::job::{Begin, CHECKPOINT, HowArgs, Job, carry_out};
use super::output::warn;
use super::recorded::refuse;
use super::results::{Reading, Results};
use super::run::positive_time;
use super::{Failure, Outcome};
use crate::columns::Memory;
use crate::definition::Override;
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
    #[command(flatten)]
    pub how: HowArgs,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let path = match args.file.is_dir() {
        true => args.file.join(CHECKPOINT),
        false => args.file.clone(),
    };
    let source = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let changed = args.set.iter().any(|o| o.name != DURATION);
    let elsewhere = args.out.is_some() || changed || args.weights_only;
    // Before anything is read: what is read must stay as it is.
    let own = match elsewhere {
        true => None,
        false => Some(Results::of(source.clone())?),
    };
    let _reading = match elsewhere && !args.weights_only {
        true => Some(Reading::of(&source)?),
        false => None,
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
    let files = files_in(&snapshot)?;
    let load = |set: &[Override]| {
        let about = &snapshot.about;
        definition_among(&about.text, Path::new(&about.path), set, &files)
    };
    let before = load(&saved)?;
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
    let mut loaded = load(&set)?;
    warn(std::mem::take(&mut loaded.warnings));
    let tick = snapshot.rest.tick;
    // A run that was killed while it closed its files is brought to its end.
    let unfinished =
        !elsewhere && !Recording::says_completed(&source.join("spikes.h5")).unwrap_or(true);
    if !args.weights_only {
        check_end(&loaded.spec, tick, unfinished)?;
    }
    check_grid(&before.spec, &loaded.spec)?;

    let earlier = Earlier {
        spikes: source.join("spikes.h5"),
        csv: source.join("spikes.csv"),
        weights: source.join("weights.h5"),
        tick: if args.weights_only { 0 } else { tick },
        recorded: snapshot.about.recorded.clone(),
    };
    let results = match own {
        Some(own) => own,
        None => another(args, &path, &source, &snapshot, &earlier)?,
    };
    let mut plan = plan(
        &loaded,
        &set,
        files,
        Every {
            simulated: args.checkpoint_every,
            wall: args.checkpoint_every_wall,
        },
    );
    if args.checkpoint_every.is_none() && args.checkpoint_every_wall.is_none() {
        plan.about.every = snapshot.about.every;
        plan.about.every_wall = snapshot.about.every_wall;
    }
    plan.about.nir.clone_from(&snapshot.about.nir);
    plan.keep_first = !elsewhere;
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
        how: &args.how,
        results: Some(results),
        replace: !elsewhere || args.force,
        checkpoints: Some(plan),
        begin,
        nir: session(&snapshot)?,
    })
}

/// A directory of its own, for a run that goes on as another one.
fn another(
    args: &Args,
    checkpoint: &Path,
    source: &Path,
    snapshot: &Snapshot,
    earlier: &Earlier,
) -> Result<Results, Failure> {
    if args.out.as_deref().is_some_and(|out| is_same(out, source)) {
        return Err(Failure::Input(vec![miette!(
            help = "give another directory, or leave --out away to go on in this one",
            "`{}` holds the run that is gone on with",
            source.display()
        )]));
    }
    // A link may lead to the checkpoint from elsewhere.
    let read = [checkpoint, &earlier.spikes, &earlier.csv, &earlier.weights];
    Results::new(
        args.out.as_deref(),
        args.force,
        Path::new(&snapshot.about.path),
        &read.map(PathBuf::from),
    )
}

const DURATION: &str = "simulation.duration";

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
