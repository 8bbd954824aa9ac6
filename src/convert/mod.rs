//! From trained networks to spiking ones.
//!
//! `calibrate` looks at the values of all layers on samples, `bounds` computes what they can be without
//! any; `plan` decides which layers become populations (`choice`: which of those without an activation), and
//! `affine` writes what lies between two of them as links and biases (`parts`: what a layer reads). The result is a net for `spiking`, to which `rate` adds thresholds; `account` says what
//! became of which layer. `nir` does the same for graphs of spiking neurons, as
//! networks for the engine. No file is known here.
//!
//! Before that, a graph may be made cheaper (`sparsify`): `structured` cuts off whole neurons and
//! channels, `prune` sets weights to 0, `refit` lets what is left make up for it, `dead` takes out what
//! does nothing, and `quantise` puts weights on a grid.

pub mod account;
mod affine;
mod bounds;
pub mod calibrate;
mod choice;
pub mod dead;
mod intervals;
mod moments;
pub mod nir;
mod parts;
pub mod plan;
pub mod prune;
pub mod quantise;
pub mod rate;
pub mod refit;
pub mod sparsify;
pub mod structured;
mod units;

pub use account::{Fate, account};
pub use bounds::bounds;
pub use calibrate::Calibration;
pub use choice::Units;
pub use intervals::Intervals;
pub use moments::Moments;
pub use plan::{Coded, Plan, Source, plan, plan_with};
