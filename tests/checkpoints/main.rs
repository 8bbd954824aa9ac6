//! Checkpoints: what is gone on with is what would have been.

mod cells;
mod commands;
#[cfg(unix)]
mod faults;
mod files;
mod networks;
mod place;
mod states;
