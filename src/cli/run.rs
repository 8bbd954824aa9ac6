//! `spikewheel run`: from a definition to a recording, a picture and a summary.

use std::path::{Path, PathBuf};

use miette::miette;

use super::job::{Begin, CHECKPOINT, Job, carry_out};
use super::output::{refused, warn};
use super::recorded::time;
use super::{Failure, Outcome, checkpoints};
use crate::definition::{self, Loaded, Override};

/// Simulate a network and write its recording, a raster picture and a summary
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  spikewheel run networks/brunel.toml
  spikewheel run networks/brunel.toml --threads 2 --set g=6 --set simulation.duration=\"5 s\"
  spikewheel run my.toml --out results/first --profile
  spikewheel run model.nir --input pulses.csv
  spikewheel run my.toml --checkpoint-every '10 s'

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
    #[arg(long, conflicts_with_all = ["out", "force", "checkpoint_every", "checkpoint_every_wall"])]
    pub no_record: bool,
    /// Keep the state of the run every so much simulated time, such as '10 s', and at its end;
    /// `spikewheel resume` goes on from there
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub checkpoint_every: Option<f64>,
    /// Keep it every so much wall time, such as '600 s'
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub checkpoint_every_wall: Option<f64>,
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

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (mut loaded, nir) = load(args)?;
    warn(std::mem::take(&mut loaded.warnings));
    let checkpoints = match (args.checkpoint_every, args.checkpoint_every_wall) {
        (None, None) => None,
        (every, wall) => Some(checkpoints::plan(&loaded, &args.set, every, wall)?),
    };
    let directory = match args.no_record {
        true => None,
        false => Some(results_directory(
            args.out.as_deref(),
            args.force,
            &args.file,
            &loaded.files,
        )?),
    };
    carry_out(&Job {
        loaded: &loaded,
        threads: args.threads,
        directory,
        replace: args.force,
        plot: !args.no_plot,
        profile: args.profile,
        json: args.json,
        checkpoints,
        begin: Begin::Fresh,
        nir,
    })
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
    if args.checkpoint_every.is_some() || args.checkpoint_every_wall.is_some() {
        return Err(Failure::Input(vec![miette!(
            help = "`spikewheel convert` makes a definition of it, which can be kept",
            "a checkpoint holds a definition, and a NIR file is none"
        )]));
    }
    let (loaded, session) = super::nir::load(&args.file, &args.dialect, &args.input)?;
    Ok((loaded, Some(session)))
}

/// A time that is more than none, in ms.
pub(super) fn positive_time(text: &str) -> Result<f64, String> {
    match time(text)? {
        ms if ms > 0.0 => Ok(ms),
        _ => Err("a time above zero is expected".into()),
    }
}

/// Files of a run.
const RESULTS: [&str; 9] = [
    "spikes.h5",
    "spikes.csv",
    "steps.csv",
    "weights.h5",
    "raster.png",
    "traces.png",
    "weights.png",
    "weights_over_time.png",
    CHECKPOINT,
];

/// The directory for the results, made and empty unless `--force`.
pub(super) fn results_directory(
    out: Option<&Path>,
    force: bool,
    definition: &Path,
    inputs: &[PathBuf],
) -> Result<PathBuf, Failure> {
    let make = |path: &Path| {
        std::fs::create_dir_all(path)
            .map_err(|e| Failure::Work(miette!("cannot create `{}`: {e}", path.display())))
    };
    if let Some(out) = out {
        if out.exists() && !out.is_dir() {
            return Err(Failure::Input(vec![miette!(
                "`{}` exists and is not a directory",
                out.display()
            )]));
        }
        if out.exists() && !force {
            return Err(Failure::Input(vec![miette!(
                help = "give another directory, or --force to replace its results",
                "`{}` exists already",
                out.display()
            )]));
        }
        make(out)?;
        let there = |path: &Path| path.canonicalize().ok();
        for input in inputs {
            let mut written = RESULTS.iter().map(|name| out.join(name));
            if there(input).is_some() && written.any(|path| there(&path) == there(input)) {
                return Err(Failure::Input(vec![miette!(
                    help = "give another directory with --out",
                    "`{}` would be written over, and the definition reads it",
                    input.display()
                )]));
            }
        }
        // What this run may not write again would look like its results.
        for name in RESULTS {
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
        return Ok(out.to_path_buf());
    }
    let name = definition
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
