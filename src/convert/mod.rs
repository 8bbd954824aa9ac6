//! From trained networks to spiking ones.
//!
//! `calibrate` looks at the values of all layers on samples, `bounds` computes what they can be without
//! any; `plan` decides which layers become populations, and `affine` writes what lies between two of them
//! as links and biases. The result is a net for `spiking`, to which `rate` adds thresholds; `account` says what
//! became of which layer. `nir` does the same for graphs of spiking neurons, as
//! networks for the engine. No file is known here.

pub mod account;
mod affine;
mod bounds;
pub mod calibrate;
pub mod nir;
pub mod plan;
pub mod rate;

pub use account::{Fate, account};
pub use bounds::bounds;
pub use calibrate::Calibration;
pub use plan::{Coded, Plan, Source, plan};
