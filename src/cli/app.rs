//! The commands and how they are called.

use clap::{Parser, Subcommand};

use super::{
    Outcome, check, completions, convert, describe, evaluate, inspect, raster, resume, run, schema,
    stats, study, traces, weights,
};

/// Event-driven simulator of spiking neural networks
///
/// Exact on the grid, the same bits for any number of threads, and no cost where nothing happens.
#[derive(Parser, Debug)]
#[command(
    name = "spikewheel",
    version,
    after_help = "Start with:  spikewheel run networks/brunel.toml\nEvery command:  spikewheel COMMAND --help"
)]
pub struct App {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    Run(run::Args),
    Resume(resume::Args),
    Check(check::Args),
    Describe(describe::Args),
    Inspect(inspect::Args),
    Convert(Box<convert::Args>),
    Evaluate(evaluate::Args),
    Study(study::Args),
    Raster(raster::Args),
    Traces(traces::Args),
    Weights(weights::Args),
    Stats(stats::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(completions::ManArgs),
}

impl App {
    /// Runs the command.
    pub fn run(&self) -> Outcome {
        match &self.command {
            Command::Run(args) => run::run(args),
            Command::Resume(args) => resume::run(args),
            Command::Check(args) => check::run(args),
            Command::Describe(args) => describe::run(args),
            Command::Inspect(args) => inspect::run(args),
            Command::Convert(args) => convert::run(args),
            Command::Evaluate(args) => evaluate::run(args),
            Command::Study(args) => study::run(args),
            Command::Raster(args) => raster::run(args),
            Command::Traces(args) => traces::run(args),
            Command::Weights(args) => weights::run(args),
            Command::Stats(args) => stats::run(args),
            Command::Schema(args) => schema::run(args),
            Command::Completions(args) => completions::run(args),
            Command::Man(args) => completions::man(args),
        }
    }
}
