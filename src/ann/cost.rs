//! What a trained network costs as it is, by the definitions of NeuroBench (Yik et al. 2025, Nature
//! Communications 16:1545; release 2.3).
//!
//! A synaptic operation is a weight that meets an input. *Dense* operations count every pair of an output
//! and an input that some weight connects (padding is none); *effective* ones those where weight and
//! input are both not 0. Effective operations of a layer are accumulations (ACs) in a sample in which all
//! its inputs are -1, 0 or 1, and multiplications with accumulation (MACs) otherwise. Biases are not
//! counted. Layers are dense layers and convolutions.

use serde::Serialize;

use super::forward::Forward;
use super::graph::Graph;
use super::op::Op;
use super::synapses;

/// Means per sample where nothing else is said.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    pub samples: usize,
    /// Numbers that were learned, and their bytes in single precision.
    pub parameters: usize,
    pub footprint: usize,
    /// Weights that are 0, over all weights.
    pub connection_sparsity: f64,
    /// Outputs of activations that are 0, over all of them; `None` if there are no activations.
    pub activation_sparsity: Option<f64>,
    pub dense: u64,
    pub effective_macs: f64,
    pub effective_acs: f64,
    pub layers: Vec<LayerCost>,
}

/// The same for one layer with weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerCost {
    pub name: String,
    pub dense: u64,
    pub effective_macs: f64,
    pub effective_acs: f64,
}

/// A layer with weights: for each element that it reads, weights that are not 0.
struct Fan {
    node: usize,
    input: usize,
    dense: u64,
    some: Vec<u32>,
}

/// Counts of one block of samples.
#[derive(Default)]
struct Counts {
    zeros: u64,
    outputs: u64,
    /// Multiplications and accumulations of each layer.
    layers: Vec<[u64; 2]>,
}

impl Cost {
    /// Computes the network for all samples.
    pub fn of(graph: &Graph, samples: &[f32], threads: usize) -> Self {
        let fans: Vec<Fan> = (0..graph.nodes().len())
            .filter(|n| !graph.node(*n).op.weights().is_empty())
            .map(|n| fan(graph, n))
            .collect();
        let activations: Vec<usize> = (0..graph.nodes().len())
            .filter(|n| matches!(graph.node(*n).op, Op::Activation(_)))
            .collect();
        let parts = Forward::<f32>::new(graph).for_blocks(samples, threads, |_, room| {
            let mut counts = Counts::default();
            for n in &activations {
                let zeros = room.of(*n).iter().filter(|v| **v == 0.0).count();
                counts.zeros += zeros as u64;
                counts.outputs += room.of(*n).len() as u64;
            }
            for fan in &fans {
                let mut sums = [0; 2];
                for s in 0..room.samples() {
                    let (mut operations, mut binary) = (0u64, true);
                    for (x, some) in room.of_sample(fan.input, s).iter().zip(&fan.some) {
                        if *x != 0.0 {
                            operations += u64::from(*some);
                            binary &= x.abs() == 1.0;
                        }
                    }
                    sums[usize::from(binary)] += operations;
                }
                counts.layers.push(sums);
            }
            counts
        });
        let count = samples.len() / graph.input().len();
        let n = count.max(1) as f64;
        let layers: Vec<LayerCost> = fans
            .iter()
            .enumerate()
            .map(|(i, fan)| {
                let sum = |kind: usize| parts.iter().map(|p| p.layers[i][kind]).sum::<u64>();
                LayerCost {
                    name: graph.node(fan.node).name.clone(),
                    dense: fan.dense,
                    effective_macs: sum(0) as f64 / n,
                    effective_acs: sum(1) as f64 / n,
                }
            })
            .collect();
        let weights = || graph.nodes().iter().flat_map(|n| n.op.weights());
        let zero = weights().filter(|w| **w == 0.0).count();
        let parameters: usize = graph.nodes().iter().map(|n| n.op.parameters()).sum();
        let outputs: u64 = parts.iter().map(|p| p.outputs).sum();
        let zeros: u64 = parts.iter().map(|p| p.zeros).sum();
        Self {
            samples: count,
            parameters,
            footprint: 4 * parameters,
            connection_sparsity: zero as f64 / weights().count().max(1) as f64,
            activation_sparsity: (outputs > 0).then(|| zeros as f64 / outputs as f64),
            dense: layers.iter().map(|l| l.dense).sum(),
            effective_macs: layers.iter().map(|l| l.effective_macs).sum(),
            effective_acs: layers.iter().map(|l| l.effective_acs).sum(),
            layers,
        }
    }
}

fn fan(graph: &Graph, node: usize) -> Fan {
    let input = graph.node(node).inputs[0];
    let all = synapses::fan_outs(graph, node, true);
    Fan {
        node,
        input,
        dense: all.into_iter().map(u64::from).sum(),
        some: synapses::fan_outs(graph, node, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ann::op::{Activation, Conv, Dense, Window};

    #[test]
    fn a_network_counted_by_hand() {
        let mut g = Graph::new("g", "input", &[2]).unwrap();
        let dense = |inputs, outputs, weight: &[f32], bias: &[f32]| {
            Op::Dense(Dense {
                inputs,
                outputs,
                weight: weight.to_vec(),
                bias: bias.to_vec(),
            })
        };
        let weight = [1.0, 0.0, -1.0, 2.0, 0.0, 0.5];
        g.push("a", dense(2, 3, &weight, &[0.0; 3]), &[0]).unwrap();
        g.push("relu", Op::Activation(Activation::Relu), &[1])
            .unwrap();
        g.push("b", dense(3, 1, &[1.0, 0.0, 3.0], &[1.0]), &[2])
            .unwrap();
        // First sample: inputs 1 and 0 meet two weights, as accumulations; 1, -1, 0 become 1, 0, 0, and
        // one weight is met, as an accumulation. Second: 0 and 2 meet two weights, as multiplications;
        // 0, 4, 1 meet one (the middle weight is 0), since 4 is none of -1, 0, 1.
        let cost = Cost::of(&g, &[1.0, 0.0, 0.0, 2.0], 1);
        assert_eq!((cost.dense, cost.parameters, cost.footprint), (9, 13, 52));
        assert_eq!(cost.effective_acs, (2.0 + 1.0) / 2.0);
        assert_eq!(cost.effective_macs, (2.0 + 1.0) / 2.0);
        assert_eq!(cost.connection_sparsity, 3.0 / 9.0);
        assert_eq!(cost.activation_sparsity, Some(3.0 / 6.0));
        assert_eq!(cost.layers[0].effective_macs, 1.0);
        assert_eq!(cost, Cost::of(&g, &[1.0, 0.0, 0.0, 2.0], 3));
    }

    #[test]
    fn padding_is_no_operation() {
        let mut g = Graph::new("g", "input", &[1, 2, 2]).unwrap();
        let mut weight = vec![1.0; 9];
        weight[4] = 0.0;
        let conv = Conv {
            inputs: 1,
            outputs: 1,
            groups: 1,
            window: Window {
                pads: [1; 4],
                ..Window::new([3, 3])
            },
            weight,
            bias: vec![0.0],
            output_padding: [0, 0],
        };
        g.push("c", Op::Conv(conv), &[0]).unwrap();
        // Each of the four outputs sees all four inputs, with its own one under the weight that is 0.
        let cost = Cost::of(&g, &[0.5, 0.0, 1.0, 1.0], 1);
        assert_eq!(cost.dense, 16);
        assert_eq!((cost.effective_macs, cost.effective_acs), (9.0, 0.0));
    }
}
