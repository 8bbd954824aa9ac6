//! Statistics of recordings.

pub mod stats;
