//! The metrics of NeuroBench for both networks, by its definitions (`ann::cost`).
//!
//! A sample of the exact code is one time step: each neuron gives a spike or none. Spikes are 1, so what
//! they bring along synapses are accumulations; on a CPU, where a spike's share depends on its time, each is
//! a multiplication with an addition, as one of the trained network's effective MACs is.

use serde::Serialize;

use super::{Pair, Summary};
use crate::ann::Cost;

/// Means per sample where nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeuroBench {
    pub snn: Snn,
    pub ann: Cost,
}

/// The spiking network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snn {
    /// Bytes of synapse tables, biases, potentials and spikes of all neurons.
    pub footprint: usize,
    /// Weights that are held and 0, over all that are held.
    pub connection_sparsity: f64,
    /// Neurons that do not spike, over all that may.
    pub activation_sparsity: f64,
    /// Synapses, those of weight 0 counted too.
    pub dense: u64,
    pub effective_macs: f64,
    pub effective_acs: f64,
}

/// Bytes of a neuron's potential and of its bias, and of its spike.
const NEURON: usize = 8;

impl NeuroBench {
    /// Computes the trained network for all samples again, in single precision.
    pub fn of(pair: Pair<'_>, summary: &Summary, samples: &[f32], threads: usize) -> Self {
        let net = pair.network.net();
        let (mut dense, mut some, mut bytes) = (0u64, 0u64, net.bytes());
        for p in &net.populations {
            bytes += NEURON * (2 * p.len() + p.bias.len());
            for link in &p.links {
                dense += link.kernel.pairs(net.populations[link.from].len());
                some += link.fan_out.iter().map(|n| u64::from(*n)).sum::<u64>();
            }
        }
        Self {
            snn: Snn {
                footprint: bytes,
                connection_sparsity: (dense - some) as f64 / dense.max(1) as f64,
                activation_sparsity: 1.0 - summary.spikes_per_neuron,
                dense,
                effective_macs: 0.0,
                effective_acs: summary.operations.mean,
            },
            ann: Cost::of(pair.graph, samples, threads),
        }
    }
}
