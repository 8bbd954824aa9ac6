//! Outside truth: a slow obvious twin of the engine, NEST's spike trains and closed forms.

mod brunel;
mod clocked;
mod closed_forms;
mod common;
mod engine;
mod escape;
mod late_input;
mod nest;
mod own_constants;
mod properties;
mod recipes;
mod responses;
mod sources;
mod space;
mod space_networks;
mod steps;
mod twin;
mod vogels_abbott;
