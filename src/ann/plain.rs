//! The slow obvious twin of the forward pass, for tests: affine layers synapse by synapse, the others
//! from their definition, all in double.

use super::forward::windows::each;
use super::graph::Graph;
use super::op::{Activation, Op, spread};
use super::synapses;

/// The outputs of all nodes for one sample.
pub fn all(graph: &Graph, input: &[f64]) -> Vec<Vec<f64>> {
    let mut values: Vec<Vec<f64>> = vec![input.to_vec()];
    for (i, node) in graph.nodes().iter().enumerate().skip(1) {
        let len = node.len();
        let input = |k: usize| &values[node.inputs[k]];
        let out = match &node.op {
            Op::Max => (0..len)
                .map(|e| {
                    (0..node.inputs.len())
                        .map(|k| input(k)[e])
                        .fold(f64::NEG_INFINITY, f64::max)
                })
                .collect(),
            Op::Activation(a) => input(0)
                .iter()
                .enumerate()
                .map(|(e, x)| match a {
                    Activation::Relu => x.max(0.0),
                    Activation::LeakyRelu(s) => {
                        x.max(0.0) + x.min(0.0) * f64::from(s[spread(e, len, s.len())])
                    }
                    Activation::Clip { low, high } => x.max(f64::from(*low)).min(f64::from(*high)),
                })
                .collect(),
            Op::MaxPool(w) => {
                let [_, h, width] = graph.node(node.inputs[0]).planes();
                let [c, oh, ow] = node.planes();
                let mut out = Vec::new();
                for c in 0..c {
                    for o in 0..oh * ow {
                        let mut best = f64::NEG_INFINITY;
                        each(w, o / ow, o % ow, h, width, |at| {
                            best = best.max(input(0)[c * h * width + at]);
                        });
                        out.push(best);
                    }
                }
                out
            }
            _ => {
                let mut out: Vec<f64> = (0..len).map(|to| synapses::bias(graph, i, to)).collect();
                synapses::for_each(graph, i, |s| {
                    out[s.to as usize] += s.weight * input(s.input)[s.from as usize];
                });
                out
            }
        };
        values.push(out);
    }
    values
}

/// Fixed numbers between -1.5 and 1.5 without a pattern.
pub fn numbers(n: usize, salt: usize) -> Vec<f32> {
    (0..n)
        .map(|i| {
            let x = (i + 1)
                .wrapping_mul(2_654_435_761)
                .wrapping_add(salt * 40_503)
                >> 7;
            (x % 3001) as f32 / 1000.0 - 1.5
        })
        .collect()
}
