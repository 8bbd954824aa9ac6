//! Networks in space: where elements are, how far apart they are, and what follows from it.
//!
//! Coordinates and distances are in micrometres. Positions have one, two or three dimensions; those
//! that are not used are zero everywhere, so that every distance is one formula.

mod cells;
mod kernel;
mod positions;

pub use cells::{Cells, Cover};
pub use kernel::{ByDistance, KERNELS, Kernel, KernelDef, SPEED, Shape};
pub use positions::{Layout, OPEN, Point, Points, Positions, Space, distance};
