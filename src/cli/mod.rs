//! The command line: one file per command. Only this module prints.

mod advice;
mod app;
pub mod check;
mod checkpoints;
pub mod completions;
pub mod convert;
mod convert_nir;
mod data_args;
pub mod describe;
pub mod evaluate;
mod evaluate_nir;
pub mod inspect;
mod inspect_nir;
mod interrupt;
mod job;
mod nir;
mod output;
mod progress;
pub mod raster;
mod recorded;
mod results;
pub mod resume;
pub mod run;
pub mod schema;
pub mod stats;
pub mod study;
mod summary;
pub mod traces;
pub mod weights;

pub use app::{App, Command};

/// Why a command ends without success.
#[derive(Debug)]
pub enum Failure {
    /// The user's input is wrong: exit code 2.
    Input(Vec<miette::Report>),
    /// The work itself failed: exit code 1.
    Work(miette::Report),
}

pub type Outcome = Result<(), Failure>;
