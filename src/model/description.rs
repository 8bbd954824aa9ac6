//! What `model.toml` says.

use serde::{Deserialize, Serialize};

use crate::ann::{Finish, Op};
use crate::convert::Source;
use crate::convert::rate::{BiasCalibration, Threshold};
use crate::spiking::Kind;
use crate::spiking::rate::Settings;

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub format: u32,
    /// Who wrote it.
    pub program: String,
    /// XXH3 (128 bits) of `weights.npz`.
    pub weights_xxh3: String,
    pub origin: Origin,
    pub code: CodeSpec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrated: Option<Calibrated>,
    pub network: Trained,
    pub layers: Vec<Layer>,
    pub populations: Vec<PopulationSpec>,
}

/// Where a network comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Name of the file of the trained network.
    pub file: String,
    /// XXH3 (128 bits) of that file.
    pub xxh3: String,
    /// What was chosen and changed on the way.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// How values are coded, with the code's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CodeSpec {
    /// One spike per neuron, whose time is the value.
    Exact {
        /// Ticks of a layer's window.
        window: u32,
        /// Length of a tick in picoseconds.
        tick_ps: u64,
        /// Scales are so many times the largest value that calibration saw.
        headroom: f64,
    },
    /// The number of spikes is the value.
    Rate {
        settings: Settings,
        /// Length of a step in picoseconds.
        tick_ps: u64,
        /// How thresholds were found: a rule, for each channel or for layers.
        threshold: Threshold,
        per_channel: bool,
        /// The calibration of biases that was kept.
        bias_calibration: BiasCalibration,
    },
}

/// The samples of calibration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibrated {
    /// Name of the file.
    pub file: String,
    pub samples: usize,
    /// What its values were divided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divide_by: Option<f64>,
}

/// The trained network as a whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trained {
    pub name: String,
    /// Number of the layer that is the output.
    pub output: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Vec<usize>>,
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A node of the graph. Layer 0 is the input.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    pub name: String,
    pub op: Op,
    pub inputs: Vec<usize>,
    pub shape: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<String>,
    /// What calibration saw.
    pub low: f64,
    pub high: f64,
    pub active: f64,
}

/// Neurons of one kind.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PopulationSpec {
    pub name: String,
    pub kind: Kind,
    /// Channels, height, width.
    pub planes: [usize; 3],
    /// Largest value that calibration saw.
    pub largest: f64,
    /// What it is in the trained network.
    pub source: Source,
    /// The population whose potential it has with the opposite sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opposite: Option<usize>,
    #[serde(default)]
    pub links: Vec<LinkSpec>,
}

/// Synapses from another population.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkSpec {
    pub from: usize,
    pub kernel: KernelSpec,
}

/// A table of synapses without its weights.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum KernelSpec {
    /// Each neuron to the one of the same number.
    Same { weight: f32 },
    /// `weight`: a row for each source.
    Rows,
    /// `starts`, `targets`, `weight`.
    Sparse,
    /// `weight`: (outputs, inputs of a group, height, width).
    Conv {
        groups: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        #[serde(default = "ones", skip_serializing_if = "are_ones")]
        dilation: [usize; 2],
        /// Top and left.
        pads: [usize; 2],
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        transposed: bool,
    },
    /// A source has the weight `shares.0` (of the row of windows) times `shares.1` (of the column) in each window
    /// that it lies in.
    Pool {
        kernel: [usize; 2],
        stride: [usize; 2],
        #[serde(default = "ones", skip_serializing_if = "are_ones")]
        dilation: [usize; 2],
        pads: [usize; 2],
    },
    /// Through sums with these channels, height and width: to them by `first.` and from them by `then.`.
    Through {
        places: [usize; 3],
        first: Box<KernelSpec>,
        then: Box<KernelSpec>,
    },
    /// The weights of a table times a factor.
    Times { factor: f64, table: Box<KernelSpec> },
    /// The table of an earlier link of the same population.
    TableOf { link: usize },
}

fn ones() -> [usize; 2] {
    [1, 1]
}

fn are_ones(pair: &[usize; 2]) -> bool {
    *pair == [1, 1]
}
