//! The discrete-event engine.

pub mod sink;
