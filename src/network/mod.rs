//! From a specification to shards with their synapse tables.

pub mod advice;
pub mod afford;
mod build;
mod class;
pub mod connect;
pub mod degrees;
mod draw;
pub mod estimate;
mod feeds;
pub mod fixed;
mod learners;
mod learning_spec;
mod load;
pub mod partition;
mod placing;
pub mod plastic_bytes;
mod practical;
mod procedural;
mod rates;
mod reserve;
mod samplers;
pub mod space;
pub mod spec;
mod statements;
mod synapses;
mod units;
mod weight_bounds;

pub use build::{BuildError, BuildOptions, Network, NetworkOf, Synapse, build};
pub use class::{Held, held, impossible};
