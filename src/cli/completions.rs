//! `spikewheel completions` and `spikewheel man`: generated from the commands themselves.

use std::path::PathBuf;

use clap::CommandFactory;
use miette::miette;

use super::app::App;
use super::output::put;
use super::{Failure, Outcome};

/// Print a completion script for a shell
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel completions bash > ~/.local/share/bash-completion/completions/spikewheel"
)]
pub struct Args {
    pub shell: clap_complete::Shell,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut App::command(), "spikewheel", &mut text);
    put(&String::from_utf8_lossy(&text))
}

/// Write the man pages of all commands
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  spikewheel man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Directory to write them to
    pub directory: PathBuf,
}

/// Runs the command.
pub fn man(args: &ManArgs) -> Outcome {
    std::fs::create_dir_all(&args.directory)
        .and_then(|()| clap_mangen::generate_to(App::command(), &args.directory))
        .map_err(|e| {
            Failure::Work(miette!(
                "cannot write to `{}`: {e}",
                args.directory.display()
            ))
        })?;
    put(&args.directory.display().to_string())
}
