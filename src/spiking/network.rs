//! A net under one of the codes, and what every code can be asked.
//!
//! A [`Network`] does not change; a [`Session`] has the working memory of one thread and is shown sample
//! after sample.

use super::net::Net;
use super::ramp::{self, Counts, Ramp};

/// A spiking network with its code.
pub enum Network {
    /// One spike per neuron, whose time is the value.
    Exact(Ramp),
}

/// A network that is being shown samples.
pub enum Session<'n> {
    Exact(&'n Ramp, ramp::Room),
}

impl Network {
    /// Name of the code, as the command line has it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
        }
    }

    pub fn net(&self) -> &Net {
        match self {
            Self::Exact(ramp) => &ramp.net,
        }
    }

    pub fn session(&self) -> Session<'_> {
        match self {
            Self::Exact(ramp) => Session::Exact(ramp, ramp.room()),
        }
    }

    /// The largest value that neurons of a population can stand for.
    pub fn scale(&self, population: usize) -> f64 {
        match self {
            Self::Exact(ramp) => ramp.scales[population],
        }
    }

    /// Distance of neighbouring values that neurons of a population can stand for.
    pub fn step(&self, population: usize) -> f64 {
        match self {
            Self::Exact(ramp) => ramp.scales[population] / f64::from(ramp.window),
        }
    }

    /// Ticks from the beginning of a sample until the output is there.
    pub fn ticks(&self) -> u64 {
        match self {
            Self::Exact(ramp) => ramp.windows() as u64 * u64::from(ramp.window),
        }
    }

    /// The same as windows (exact code).
    pub fn windows(&self) -> usize {
        match self {
            Self::Exact(ramp) => ramp.windows(),
        }
    }
}

impl Session<'_> {
    /// Shows one sample (channels first).
    pub fn show(&mut self, sample: &[f32]) {
        match self {
            Self::Exact(ramp, room) => ramp.run(sample, room),
        }
    }

    /// What happened in the sample that was shown last, by population.
    pub fn counts(&self) -> &Counts {
        match self {
            Self::Exact(_, room) => &room.counts,
        }
    }

    /// Its outputs, in the order of the trained network's.
    pub fn outputs(&self, out: &mut Vec<f64>) {
        out.clear();
        match self {
            Self::Exact(ramp, room) => out.extend(ramp.outputs(room)),
        }
    }

    /// The values that the neurons of a population stand for.
    pub fn decode(&self, population: usize, values: &mut Vec<f64>) {
        match self {
            Self::Exact(ramp, room) => ramp.decode(population, room, values),
        }
    }

    /// Spikes of a population: ticks since the sample began, and neuron.
    pub fn spikes(&self, population: usize, out: &mut Vec<(u64, u32)>) {
        out.clear();
        match self {
            Self::Exact(ramp, room) => out.extend(ramp.spikes(population, room)),
        }
    }
}
