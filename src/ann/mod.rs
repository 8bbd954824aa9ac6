//! Trained networks of artificial neurons: a graph of layers and its forward pass.
//!
//! A [`Graph`] is what the importers make of files, in one canonical form: tensors channels first,
//! few kinds of layers (`op`), shapes checked when a node is added. `passes` simplify it (batch norm
//! folded, rearrangements resolved); `forward` computes it and is the reference that a converted
//! network is held against; `synapses` lists what an affine layer connects to what. No file and no
//! spike is known here.

pub mod cost;
pub mod finish;
pub mod forward;
pub mod graph;
pub mod op;
pub mod passes;
pub mod shape;
pub mod synapses;

#[cfg(test)]
mod plain;

pub use cost::{Cost, LayerCost};
pub use finish::{Finish, largest_of};
pub use forward::{Activations, Forward};
pub use graph::{Graph, Node};
pub use op::{Activation, AvgPool, Conv, Dense, Op, Scale, Select, Window, planes, spread};
