//! `spikewheel stats`: rates, regularity and synchrony of a recording.

use std::path::PathBuf;

use miette::miette;

use super::recorded::{open, refuse, time};
use super::{Failure, Outcome};
use crate::analysis::stats::RunStats;

/// Show rate, CV of inter-spike intervals, silent share and synchrony per population.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    spikewheel stats runs/brunel-001 --from '200 ms'\n  \
    spikewheel stats spikes.h5 --json")]
pub struct Args {
    /// Recording (.h5) or run directory
    pub recording: PathBuf,
    /// Leave out what happens until this time, such as '200 ms'
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<f64>,
    /// Leave out what happens after this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<f64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (_, recording) = open(&args.recording)?;
    let (from, to) = (args.from.unwrap_or(0.0), args.to.unwrap_or(recording.end()));
    if from >= to {
        return Err(refuse(format_args!(
            "the time range from {from} ms to {to} ms is empty"
        )));
    }
    let stats = RunStats::of(&recording, from, to);
    if args.json {
        let text = serde_json::to_string_pretty(&stats).map_err(|e| Failure::Work(miette!(e)))?;
        println!("{text}");
    } else {
        print!("{}", stats.text());
    }
    Ok(())
}
