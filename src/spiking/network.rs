//! A net under one of the codes, and what every code can be asked.
//!
//! A [`Network`] does not change; a [`Session`] has the working memory of one thread and is shown sample
//! after sample.

use super::faults::{Faults, Unharmed};
use super::net::Net;
use super::ramp::{self, Counts, Ramp};
use super::rate::{self, Rate};

/// A spiking network with its code.
pub enum Network {
    /// One spike per neuron, whose time is the value.
    Exact(Ramp),
    /// The number of spikes is the value.
    Rate(Rate),
}

/// A network that is being shown samples.
pub enum Session<'n> {
    Exact(&'n Ramp, ramp::Room),
    Rate(&'n Rate, Box<rate::Room>),
}

impl Network {
    /// Name of the code, as the command line has it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
            Self::Rate(_) => "rate",
        }
    }

    pub fn net(&self) -> &Net {
        match self {
            Self::Exact(ramp) => &ramp.net,
            Self::Rate(rate) => &rate.net,
        }
    }

    pub fn session(&self) -> Session<'_> {
        match self {
            Self::Exact(ramp) => Session::Exact(ramp, ramp.room()),
            Self::Rate(rate) => Session::Rate(rate, Box::new(rate.room())),
        }
    }

    /// The largest value that neurons of a population can stand for.
    pub fn scale(&self, population: usize) -> f64 {
        match self {
            Self::Exact(ramp) => ramp.scales[population],
            Self::Rate(rate) => rate.thresholds[population]
                .iter()
                .copied()
                .fold(0.0, f64::max),
        }
    }

    /// Distance of neighbouring values that neurons of a population can stand for.
    pub fn step(&self, population: usize) -> f64 {
        match self {
            Self::Exact(ramp) => ramp.scales[population] / f64::from(ramp.window),
            Self::Rate(rate) => self.scale(population) / f64::from(rate.settings.steps),
        }
    }

    /// Ticks from the beginning of a sample until the output is there.
    pub fn ticks(&self) -> u64 {
        match self {
            Self::Exact(ramp) => ramp.windows() as u64 * u64::from(ramp.window),
            Self::Rate(rate) => u64::from(rate.latency(rate.settings.steps)),
        }
    }

    /// The same in windows (exact code); a tick of the rate code is a step.
    pub fn windows(&self) -> usize {
        match self {
            Self::Exact(ramp) => ramp.windows(),
            Self::Rate(_) => 1,
        }
    }
}

impl Session<'_> {
    /// Shows one sample (channels first).
    pub fn show(&mut self, sample: &[f32]) {
        self.show_numbered(sample, 0);
    }

    /// The same; random input belongs to the number of a sample in its data.
    pub fn show_numbered(&mut self, sample: &[f32], number: u64) {
        self.show_with(sample, number, &Unharmed);
    }

    /// The same, with what befalls spikes on their way.
    pub fn show_with<F: Faults>(&mut self, sample: &[f32], number: u64, faults: &F) {
        match self {
            Self::Exact(ramp, room) => ramp.run_with(sample, room, faults),
            Self::Rate(rate, room) => rate.run_with(sample, number, room, faults),
        }
    }

    /// What happened in the sample that was shown last, by population.
    pub fn counts(&self) -> &Counts {
        match self {
            Self::Exact(_, room) => &room.counts,
            Self::Rate(_, room) => &room.counts,
        }
    }

    /// Its outputs, in the order of the trained network's.
    pub fn outputs(&self, out: &mut Vec<f64>) {
        out.clear();
        match self {
            Self::Exact(ramp, room) => out.extend(ramp.outputs(room)),
            Self::Rate(rate, room) => out.extend(rate.outputs(room, rate.settings.steps)),
        }
    }

    /// The values that the neurons of a population stand for.
    pub fn decode(&self, population: usize, values: &mut Vec<f64>) {
        match self {
            Self::Exact(ramp, room) => ramp.decode(population, room, values),
            Self::Rate(rate, room) => rate.decode(population, rate.settings.steps, room, values),
        }
    }

    /// Spikes of a population: ticks since the sample began, and neuron.
    pub fn spikes(&self, population: usize, out: &mut Vec<(u64, u32)>) {
        out.clear();
        match self {
            Self::Exact(ramp, room) => out.extend(ramp.spikes(population, room)),
            Self::Rate(rate, room) => {
                let begin = rate.latency_of(population, 0);
                let all = rate.spikes(population, room);
                out.extend(all.map(|(t, id, _)| (u64::from(begin + t - 1), id)));
            }
        }
    }
}
