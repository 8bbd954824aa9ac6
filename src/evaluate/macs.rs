//! Multiplications of the trained network: all of them, and those in which neither factor is 0.

use crate::ann::{Activations, Graph, Op, synapses};

/// For each layer with weights, how many weights that are not 0 each element of its input meets.
pub struct Macs {
    layers: Vec<(usize, Vec<u32>)>,
    /// All multiplications of a sample, zeros and padding too.
    pub dense: u64,
    /// Those with weights that are not 0, padding left out.
    pub weights: u64,
}

impl Macs {
    pub fn of(graph: &Graph) -> Self {
        let mut layers = Vec::new();
        for (i, node) in graph.nodes().iter().enumerate() {
            if let Op::Dense(_) | Op::Conv(_) | Op::ConvTranspose(_) = node.op {
                layers.push((node.inputs[0], synapses::fan_outs(graph, i, false)));
            }
        }
        let all = layers.iter().flat_map(|(_, fan)| fan);
        Self {
            weights: all.map(|n| u64::from(*n)).sum(),
            dense: graph.total_macs(),
            layers,
        }
    }

    /// Effective multiplications of sample `s` of a block.
    pub fn of_sample(&self, graph: &Graph, room: &Activations<f64>, s: usize) -> u64 {
        debug_assert!(self.layers.iter().all(|(n, _)| *n < graph.nodes().len()));
        let mut all = 0;
        for (input, fan) in &self.layers {
            for (x, n) in room.of_sample(*input, s).iter().zip(fan) {
                if *x != 0.0 {
                    all += u64::from(*n);
                }
            }
        }
        all
    }
}
