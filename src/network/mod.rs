//! From a specification to synapse tables.

pub mod connect;
pub mod estimate;
pub mod spec;
