//! `spikewheel run`: from a definition to a recording, a picture and a summary.

use std::path::PathBuf;

use miette::miette;

use super::checkpoints::{Every, files, plan, plan_nir};
use super::job::{Begin, HowArgs, Job, carry_out};
use super::output::{refused, warn};
use super::recorded::time;
use super::results::Results;
use super::{Failure, Outcome};
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
    /// Directory for the results [default: runs/NAME-001, numbered upwards]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace the results in an existing directory
    #[arg(long, requires = "out")]
    pub force: bool,
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
    #[command(flatten)]
    pub how: HowArgs,
    #[command(flatten)]
    pub input: super::nir::InputArgs,
    #[command(flatten)]
    pub dialect: super::nir::DialectArgs,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (mut loaded, nir) = load(args)?;
    warn(std::mem::take(&mut loaded.warnings));
    let inputs = loaded.files.clone();
    let every = Every {
        simulated: args.checkpoint_every,
        wall: args.checkpoint_every_wall,
    };
    let checkpoints = match (&nir, every.simulated.or(every.wall)) {
        (_, None) => None,
        (None, _) => Some(plan(&loaded, &args.set, files(&loaded)?, every)),
        (Some(session), _) => {
            let (definition, plan) = plan_nir(&loaded, session, &args.dialect, every)?;
            loaded = definition;
            Some(plan)
        }
    };
    let results = match args.no_record {
        true => None,
        false => Some(Results::new(
            args.out.as_deref(),
            args.force,
            &args.file,
            &inputs,
        )?),
    };
    carry_out(&Job {
        loaded: &loaded,
        how: &args.how,
        results,
        replace: args.force,
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
