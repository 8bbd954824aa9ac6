//! Units of layers, the parts that can be taken out of a network: neurons of dense layers, channels of
//! others. A unit is an index of the first axis.
//!
//! Some layers tie their units to those before them: an activation has the channels of its input, a sum
//! those of all its inputs. Dense layers and convolutions do not: each of their units has rows of
//! weights of its own.

use crate::ann::{Graph, Node, Op};

/// Number of units.
pub fn count(node: &Node) -> usize {
    node.shape.first().copied().unwrap_or(1)
}

/// Elements of a unit.
pub fn size(node: &Node) -> usize {
    node.len() / count(node)
}

/// How the units of a node hang on those of one of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// By weights only.
    Free,
    /// Unit c of the input and unit j of the node come and go together where c / `before` is
    /// (j - `offset`) / `behind`.
    Tied {
        offset: usize,
        before: usize,
        behind: usize,
    },
    /// All stay.
    Whole,
}

/// The tie of node `n` to its input number `k`.
pub fn tie(graph: &Graph, n: usize, k: usize) -> Tie {
    let node = graph.node(n);
    let input = graph.node(node.inputs[k]);
    let same = |offset| Tie::Tied {
        offset,
        before: 1,
        behind: 1,
    };
    match &node.op {
        Op::Dense(_) | Op::Select(_) => Tie::Free,
        Op::Conv(c) | Op::ConvTranspose(c) if c.groups == 1 => Tie::Free,
        Op::Conv(c) | Op::ConvTranspose(c) if c.groups == c.inputs => Tie::Tied {
            offset: 0,
            before: 1,
            behind: c.outputs / c.groups,
        },
        Op::Conv(_) | Op::ConvTranspose(_) => Tie::Whole,
        Op::Concat(0) => same(node.inputs[..k].iter().map(|i| count(graph.node(*i))).sum()),
        Op::Reshape(_) => {
            let (from, to) = (count(input), count(node));
            if to.is_multiple_of(from) {
                Tie::Tied {
                    offset: 0,
                    before: 1,
                    behind: to / from,
                }
            } else if from.is_multiple_of(to) {
                Tie::Tied {
                    offset: 0,
                    before: from / to,
                    behind: 1,
                }
            } else {
                Tie::Whole
            }
        }
        _ => same(0),
    }
}

/// Hands out the pairs (unit of node `n`, unit of its input) of a node that is tied by weights only,
/// where some weight is not 0.
pub fn connected(graph: &Graph, n: usize, mut take: impl FnMut(usize, usize)) {
    let node = graph.node(n);
    match &node.op {
        Op::Dense(d) => {
            for (o, row) in d.weight.chunks_exact(d.inputs).enumerate() {
                for (i, w) in row.iter().enumerate() {
                    if *w != 0.0 {
                        take(o, i);
                    }
                }
            }
        }
        Op::Conv(c) => {
            for (k, kernel) in c.weight.chunks_exact(c.window.area()).enumerate() {
                if kernel.iter().any(|w| *w != 0.0) {
                    take(k / c.inputs, k % c.inputs);
                }
            }
        }
        Op::ConvTranspose(c) => {
            for (k, kernel) in c.weight.chunks_exact(c.window.area()).enumerate() {
                if kernel.iter().any(|w| *w != 0.0) {
                    take(k % c.outputs, k / c.outputs);
                }
            }
        }
        Op::Select(s) => {
            let (own, before) = (size(node), size(graph.node(node.inputs[0])));
            for (to, from) in s.from.iter().enumerate() {
                if let Some(from) = from {
                    take(to / own, *from as usize / before);
                }
            }
        }
        _ => {}
    }
}
