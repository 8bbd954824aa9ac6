//! The `spikewheel` command.

use std::process::ExitCode;

use clap::Parser;
use spikewheel::cli::{App, Failure};

fn main() -> ExitCode {
    let app = App::parse();
    match app.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(reports)) => {
            for report in reports {
                eprintln!("{report:?}");
            }
            ExitCode::from(2)
        }
        Err(Failure::Work(report)) => {
            eprintln!("{report:?}");
            ExitCode::from(1)
        }
    }
}
