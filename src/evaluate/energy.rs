//! Energy by published figures per operation: a proxy, for comparing, not a measurement.
//!
//! Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014: in 45 nm at 0.9 V a
//! 32-bit floating-point addition takes 0.9 pJ and a multiplication 3.7 pJ. A synaptic operation is
//! counted as an addition, as on hardware where a spike switches a current; moving weights and state,
//! which usually costs more than arithmetic, is left out on both sides, and so are clocks and leakage.

/// Joules of a 32-bit floating-point addition.
pub const ADDITION: f64 = 0.9e-12;
/// Of a multiplication with an addition.
pub const MULTIPLICATION: f64 = 4.6e-12;

/// What stands beside every figure.
pub const CAVEAT: &str = "32-bit arithmetic alone (0.9 pJ per addition, 4.6 pJ per MAC at 45 nm; \
                          Horowitz, ISSCC 2014), no memory traffic: on a CPU a spike costs a MAC as well";
