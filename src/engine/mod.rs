//! The discrete-event engine. It does no I/O: what a run produces goes to a `sink::Sink`.

pub mod agenda;
pub mod barrier;
#[cfg(test)]
mod barrier_tests;
pub mod cells;
pub mod currents;
mod hits;
pub mod keep;
#[cfg(test)]
mod levels;
pub mod modulator;
mod outboxes;
mod receive;
pub mod regime;
pub mod report;
mod run;
pub mod shard;
pub mod sink;
pub mod spike_hash;
mod synapses;
mod sync;
pub mod unit;
mod visits;
pub mod weights;
pub mod wheel;

pub use report::RunReport;
pub use run::{Checkpoints, Control, Plan, RunError, run, run_kept};
