//! Converted networks on disk: a directory with a description for people and a file of arrays.
//!
//! ```text
//! NAME.snn/model.toml     format, origin, code, layers of the trained network, populations
//! NAME.snn/weights.npz    the large lists of both, as NumPy arrays (shapes in model.toml)
//! ```
//!
//! The directory holds both networks: the trained one, so that every evaluation has something to
//! compare with, and the spiking one as it was converted, so that what is evaluated does not depend
//! on how a later version would convert. `ann.3.weight` is an array of layer 3, `snn.2.bias` of population
//! 2, `snn.2.0.weight` of its first link.
//!
//! Directories are foreign input: the version is looked at first, `weights.npz` must have the hash
//! that `model.toml` states, and every number is checked before memory is taken or an index is used.

mod arrays;
mod description;
mod directory;
mod kernels;
mod layers;
mod populations;

pub use description::{Calibrated, CodeSpec, Origin};
pub use directory::{hash_of, read, writable, write};

use crate::ann::Graph;
use crate::convert::{Calibration, Source};
use crate::spiking::{Net, Network, Ramp, Rate};

/// Version of the directories that are written; older ones are read too.
pub const FORMAT: u32 = 2;

/// A converted network with what it was converted from.
pub struct Model {
    /// The trained network.
    pub graph: Graph,
    pub network: Network,
    pub code: CodeSpec,
    /// What the values of each population are in the trained network.
    pub sources: Vec<Source>,
    /// What calibration saw of each node of the graph.
    pub seen: Calibration,
    pub origin: Origin,
    /// How samples were read for calibration; `None` if bounds were computed instead.
    pub calibrated: Option<Calibrated>,
}

/// What the rate code adds to a net; empty for other codes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// Of each population: a threshold for each channel.
    pub thresholds: Vec<Vec<f64>>,
    /// Of each population: where the potential of each neuron starts.
    pub start: Vec<Vec<f64>>,
}

impl CodeSpec {
    /// Ticks of a window or step that are possible.
    pub const MOST_TICKS: u32 = 1 << 31;

    /// A net under this code. `levels`: thresholds and starts of each population, for the rate code.
    ///
    /// # Errors
    /// Levels that do not fit.
    pub fn network(&self, net: Net, levels: Levels) -> Result<Network, String> {
        Ok(match self {
            Self::Exact {
                window, headroom, ..
            } => Network::Exact(Ramp::new(net, *window, *headroom)),
            Self::Rate { settings, .. } => {
                let mut rate = Rate::new(net, levels.thresholds, *settings)?;
                if rate
                    .start
                    .iter()
                    .map(Vec::len)
                    .ne(levels.start.iter().map(Vec::len))
                {
                    return Err("starts and neurons differ in number".into());
                }
                rate.start = levels.start;
                Network::Rate(rate)
            }
        })
    }

    /// Picoseconds of a tick.
    pub fn tick_ps(&self) -> u64 {
        match self {
            Self::Exact { tick_ps, .. } | Self::Rate { tick_ps, .. } => *tick_ps,
        }
    }

    /// What is impossible about it.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=1_000_000_000_000).contains(&self.tick_ps()) {
            return Err(format!(
                "a tick of {} ps: 1 ps to 1 s are possible",
                self.tick_ps()
            ));
        }
        match self {
            Self::Rate {
                settings,
                threshold,
                ..
            } => {
                settings.check()?;
                threshold.check()
            }
            Self::Exact {
                window, headroom, ..
            } => {
                if !(1..=Self::MOST_TICKS).contains(window) {
                    return Err(format!(
                        "a window of {window} ticks: 1 to {} are possible",
                        Self::MOST_TICKS
                    ));
                }
                if !(headroom.is_finite() && *headroom > 0.0) {
                    return Err(format!("a headroom of {headroom}: it must be above 0"));
                }
                Ok(())
            }
        }
    }
}
