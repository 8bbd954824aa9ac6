//! The `spikewheel` command.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use spikewheel::cli::{App, Failure};

fn main() -> ExitCode {
    let app = App::parse();
    match app.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(reports)) => {
            for report in reports {
                tell(&report);
            }
            ExitCode::from(2)
        }
        Err(Failure::Work(report)) => {
            tell(&report);
            ExitCode::from(1)
        }
    }
}

/// A standard error that is closed is no reason to panic.
fn tell(report: &miette::Report) {
    let _ = writeln!(std::io::stderr(), "{report:?}");
}
