//! Sources of input: one file each, and the one table that registers them.

pub mod counts;
pub mod current;
pub mod def;
pub mod gamma;
mod inversion;
pub mod keep;
pub mod poisson;
pub mod pulse_packet;
pub mod rate;
pub mod train;
pub mod varying;
pub mod wave;

use def::StimulusDef;

/// Every kind of stimulus, in the order users see.
pub static STIMULI: [&StimulusDef; 11] = [
    &def::POISSON,
    &def::SINUSOIDAL_POISSON,
    &gamma::DEF,
    &pulse_packet::DEF,
    &def::SPIKE_LIST,
    &def::REGULAR,
    &def::IMAGE,
    &current::STEP,
    &current::DC,
    &current::SINE,
    &current::NOISE,
];
