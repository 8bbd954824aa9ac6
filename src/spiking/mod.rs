//! Layered spiking networks that are shown one sample after another.
//!
//! A [`Net`] is a list of populations, each with the links that drive it, in an order in which sources
//! come first. What a spike stands for is a matter of the code: `ramp` has one spike per neuron, whose
//! time is the value; in `rate` the number of spikes is. `network` is a net under any of the codes. A
//! spike walks along its row (`kernel`), and a neuron without a spike costs nothing
//! at its targets. Neither trained networks nor files are known here.

mod conv_rows;
pub mod faults;
mod in_time;
pub mod kernel;
mod lists;
pub mod net;
pub mod network;
mod pick;
mod pool_rows;
pub mod ramp;
pub mod rate;
mod table;

pub use conv_rows::{ConvRows, Sliding};
pub use faults::{Faults, Noise, Unharmed};
pub use kernel::{First, Kernel, Shared};
pub use lists::Lists;
pub use net::{Kind, Link, Net, Population};
pub use network::{Network, Session};
pub use pool_rows::PoolRows;
pub use ramp::Ramp;
pub use rate::Rate;
pub use table::Table;
