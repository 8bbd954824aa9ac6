//! Outside truth: a slow obvious twin of the engine, NEST's spike trains and closed forms.

mod brunel;
mod closed_forms;
mod common;
mod nest;
mod properties;
mod twin;

// Until the engine exists, the twin stands in for it. To enable: delete the next line and
// `engine_standin.rs`.
#[path = "engine_standin.rs"]
mod engine;
