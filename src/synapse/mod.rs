//! Rows of synapses and the codecs that hold them. Knows no threads and no files.

pub mod bitmap;
pub mod builder;
pub mod column;
pub mod counter;
pub mod dealt;
pub mod gain;
pub mod keep;
pub mod learner;
mod learning;
pub mod local;
mod loose;
pub mod procedural;
pub mod rows;
mod runs;
pub mod slots;
mod sorting;
mod spread;
pub mod table;
