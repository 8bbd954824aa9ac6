//! The command line: one file per command. Only this module prints.

pub mod raster;
mod recorded;
pub mod stats;
pub mod traces;

/// Why a command ends without success.
#[derive(Debug)]
pub enum Failure {
    /// The user's input is wrong: exit code 2.
    Input(Vec<miette::Report>),
    /// The work itself failed: exit code 1.
    Work(miette::Report),
}

pub type Outcome = Result<(), Failure>;
