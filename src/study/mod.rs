//! What becomes of a converted network when something about it is changed: weights that are left,
//! bits of weights and times, noise of values, spikes and weights.
//!
//! Every study shows the same samples to networks that differ in one or two respects, and counts right
//! decisions, decisions equal to those of the trained network as it was, and what it cost. Answers
//! depend on networks, samples and seed only, never on threads.

pub mod precision;
pub mod robustness;
pub mod sparsity;
mod subject;
mod trial;

pub use subject::{Code, Subject};
pub use trial::{Set, Shown, show, show_at};
