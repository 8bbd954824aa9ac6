//! The exact one-spike code against the forward pass and against stored outputs of trained networks.

mod everything;
mod networks;
mod shown;

/// Picoseconds in a millisecond: a fine tick.
const WINDOW: u32 = 1_000_000_000;
const HEADROOM: f64 = 1.5;
