//! Sources of input: one file each, and the one table that registers them.

pub mod def;
pub mod poisson;
pub mod rate;
pub mod train;

use def::StimulusDef;

/// Every kind of stimulus, in the order users see.
pub static STIMULI: [&StimulusDef; 4] = [
    &def::POISSON,
    &def::SPIKE_LIST,
    &def::REGULAR,
    &def::STEP_CURRENT,
];
