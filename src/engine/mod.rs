//! The discrete-event engine.

pub mod agenda;
pub mod barrier;
pub mod sink;
pub mod wheel;
