//! From trained networks to spiking ones.
//!
//! `calibrate` looks at the values of all layers on samples; `plan` decides which layers become
//! populations, and `affine` writes what lies between two of them as links and biases. The result is
//! a net for `spiking`. No file is known here.

mod affine;
pub mod calibrate;
pub mod plan;

pub use calibrate::Calibration;
pub use plan::{Coded, Plan, Source, plan};
