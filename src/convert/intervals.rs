//! Between which values every element of a network lies, whatever the sample (interval arithmetic).
//!
//! Input values lie in a stated range, which may be infinite; an element whose bounds are equal is a
//! constant. Synapses of weight 0 carry nothing, so bounds of what was pruned are tight. Sums of
//! inputs that vary are widened by what rounding may add.

use crate::ann::forward::windows::each;
use crate::ann::{Activation, Graph, Op, spread, synapses};

/// Intervals of every node, element by element.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    pub low: Vec<Vec<f64>>,
    pub high: Vec<Vec<f64>>,
}

impl Intervals {
    /// Intervals for inputs from `input.0` to `input.1`.
    pub fn of(graph: &Graph, input: (f64, f64)) -> Self {
        let mut all = Self {
            low: vec![vec![input.0; graph.input().len()]],
            high: vec![vec![input.1; graph.input().len()]],
        };
        for n in 1..graph.nodes().len() {
            let (low, high) = if graph.node(n).op.is_affine() {
                all.affine(graph, n)
            } else {
                all.other(graph, n)
            };
            all.low.push(low);
            all.high.push(high);
        }
        all
    }

    /// The value of an element that does not depend on the sample.
    pub fn constant(&self, node: usize, element: usize) -> Option<f64> {
        let low = self.low[node][element];
        (low == self.high[node][element]).then_some(low)
    }

    fn affine(&self, graph: &Graph, n: usize) -> (Vec<f64>, Vec<f64>) {
        let node = graph.node(n);
        let len = node.len();
        let start: Vec<f64> = (0..len).map(|to| synapses::bias(graph, n, to)).collect();
        let mut sums = [start.clone(), start];
        // What rounding may be: number of addends, and the sum of their sizes.
        let mut sizes = [vec![0.0f64; len], vec![0.0f64; len]];
        let mut addends = vec![0u32; len];
        let mut varies = vec![false; len];
        synapses::for_each(graph, n, |s| {
            if s.weight == 0.0 {
                return;
            }
            let (from, to) = (s.from as usize, s.to as usize);
            let input = node.inputs[s.input];
            let ends = [self.low[input][from], self.high[input][from]];
            varies[to] |= ends[0] != ends[1];
            addends[to] += 1;
            for side in 0..2 {
                let end = if s.weight > 0.0 { side } else { 1 - side };
                // An end at 0 stays there; infinite ends have the sign of their side.
                let share = s.weight * ends[end];
                sums[side][to] += share;
                sizes[side][to] += share.abs();
            }
        });
        for to in (0..len).filter(|to| varies[*to]) {
            let step = f64::from(addends[to] + 2) * f64::EPSILON;
            if sizes[0][to].is_finite() {
                sums[0][to] -= step * sizes[0][to];
            }
            if sizes[1][to].is_finite() {
                sums[1][to] += step * sizes[1][to];
            }
        }
        let [low, high] = sums;
        (low, high)
    }

    fn other(&self, graph: &Graph, n: usize) -> (Vec<f64>, Vec<f64>) {
        let node = graph.node(n);
        let len = node.len();
        let first = node.inputs[0];
        let ends = |input: usize, e: usize| (self.low[input][e], self.high[input][e]);
        let of = |e: usize| -> (f64, f64) {
            match &node.op {
                Op::Activation(a) => {
                    let (low, high) = ends(first, e);
                    activation(a, low, high, e, len)
                }
                Op::Max => node
                    .inputs
                    .iter()
                    .map(|k| ends(*k, e))
                    .fold((f64::NEG_INFINITY, f64::NEG_INFINITY), larger),
                Op::MaxPool(win) => {
                    let [_, h, w] = graph.node(first).planes();
                    let [_, oh, ow] = node.planes();
                    let (plane, oy, ox) = (e / (oh * ow), e / ow % oh, e % ow);
                    let mut most = (f64::NEG_INFINITY, f64::NEG_INFINITY);
                    each(win, oy, ox, h, w, |at| {
                        most = larger(most, ends(first, plane * h * w + at));
                    });
                    most
                }
                _ => ends(first, e),
            }
        };
        (0..len).map(of).unzip()
    }
}

fn larger(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0.max(b.0), a.1.max(b.1))
}

fn activation(a: &Activation, low: f64, high: f64, e: usize, len: usize) -> (f64, f64) {
    match a {
        Activation::Relu => (low.max(0.0), high.max(0.0)),
        Activation::Clip { low: l, high: h } => {
            let (l, h) = (f64::from(*l), f64::from(*h));
            (low.max(l).min(h), high.max(l).min(h))
        }
        Activation::LeakyRelu(slopes) => {
            let slope = f64::from(slopes[spread(e, len, slopes.len())]);
            let f = |x: f64| {
                if x > 0.0 {
                    x
                } else if slope == 0.0 {
                    0.0
                } else {
                    slope * x
                }
            };
            let (a, b) = (f(low), f(high));
            // With a negative slope the least value is at 0, if that is between the ends.
            let least = if low < 0.0 && high > 0.0 {
                a.min(b).min(0.0)
            } else {
                a.min(b)
            };
            (least, a.max(b))
        }
    }
}
