//! Rows of synapses and the codecs that hold them. Knows no threads and no files.

pub mod bitmap;
pub mod builder;
pub mod column;
<<<<<<< HEAD
pub mod counter;
mod loose;
=======
pub mod gain;
pub mod learner;
mod learning;
>>>>>>> ce59146 (Learners: synapses that change at their arrivals)
mod prefetch;
pub mod procedural;
pub mod rows;
pub mod slots;
mod sorting;
mod spread;
pub mod table;
