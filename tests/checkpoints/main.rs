//! Checkpoints: what is gone on with is what would have been.

mod commands;
mod files;
mod networks;
mod states;
