//! Spikewheel: an event-driven simulator of spiking neural networks.
//!
//! A definition (`definition`) becomes a `network::spec::NetworkSpec`, which is built into synapse
//! tables (`network`, `synapse`) and run by the `engine`. What it produces goes to a recorder
//! (`record`), and from there to statistics (`analysis`) and pictures (`plot`).

pub mod analysis;
pub mod ann;
mod claims;
pub mod cli;
pub mod columns;
pub mod convert;
pub mod definition;
pub mod engine;
pub mod evaluate;
pub mod import;
pub mod lines;
mod missing;
pub mod model;
pub mod network;
pub mod neuron;
pub mod parallel;
pub mod plasticity;
pub mod plot;
pub(crate) mod prefetch;
pub mod record;
pub mod rng;
pub mod simd;
pub mod snapshot;
pub mod spiking;
pub mod stimulus;
pub mod study;
pub mod synapse;
pub mod units;
