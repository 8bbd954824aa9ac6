//! Between which values layers lie for any sample whose values are in a range: interval arithmetic.
//!
//! Safe but loose, and the looser the deeper the network: what cannot happen at the same time is taken
//! for possible. It is for networks without samples to calibrate with.

use super::calibrate::Calibration;
use crate::ann::forward::windows::each;
use crate::ann::{Activation, Graph, Op, spread, synapses};

/// Bounds of all nodes as what calibration would have seen, for inputs from `low` to `high`.
pub fn bounds(graph: &Graph, low: f64, high: f64) -> Calibration {
    let mut all: Vec<Vec<(f64, f64)>> = vec![vec![(low, high); graph.input().len()]];
    for (i, node) in graph.nodes().iter().enumerate().skip(1) {
        let before = |k: usize| &all[node.inputs[k]];
        let len = node.len();
        let both = |f: &dyn Fn(f64, usize) -> f64| -> Vec<(f64, f64)> {
            before(0)
                .iter()
                .enumerate()
                .map(|(e, (l, h))| (f(*l, e), f(*h, e)))
                .collect()
        };
        let most = |a: (f64, f64), b: &(f64, f64)| (a.0.max(b.0), a.1.max(b.1));
        const NOTHING: (f64, f64) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        let out = match &node.op {
            Op::Activation(Activation::Relu) => both(&|x, _| x.max(0.0)),
            Op::Activation(Activation::Clip { low, high }) => {
                both(&|x, _| x.max(f64::from(*low)).min(f64::from(*high)))
            }
            Op::Activation(Activation::LeakyRelu(slopes)) => {
                let slope = |e: usize| f64::from(slopes[spread(e, len, slopes.len())]);
                let f = |x: f64, e: usize| if x > 0.0 { x } else { x * slope(e) };
                before(0)
                    .iter()
                    .enumerate()
                    .map(|(e, (l, h))| {
                        // With a negative slope the least is at 0 or at an end.
                        let (a, b) = (f(*l, e), f(*h, e));
                        let least = if *l < 0.0 && *h > 0.0 { 0.0 } else { a };
                        (a.min(b).min(least), a.max(b))
                    })
                    .collect()
            }
            Op::Max => (0..len)
                .map(|e| {
                    (0..node.inputs.len())
                        .map(|k| &before(k)[e])
                        .fold(NOTHING, most)
                })
                .collect(),
            Op::MaxPool(w) => {
                let ([c, oh, ow], [_, h, width]) =
                    (node.planes(), graph.node(node.inputs[0]).planes());
                let window = |e: usize| {
                    let plane = &before(0)[e / (oh * ow) * h * width..][..h * width];
                    let mut best = NOTHING;
                    each(w, e / ow % oh, e % ow, h, width, |at| {
                        best = most(best, &plane[at])
                    });
                    best
                };
                (0..c * oh * ow).map(window).collect()
            }
            _ => {
                let start = |to| synapses::bias(graph, i, to);
                let mut out: Vec<(f64, f64)> = (0..len).map(|to| (start(to), start(to))).collect();
                synapses::for_each(graph, i, |s| {
                    let (l, h) = before(s.input)[s.from as usize];
                    let (a, b) = (s.weight * l, s.weight * h);
                    let to = &mut out[s.to as usize];
                    to.0 += a.min(b);
                    to.1 += a.max(b);
                });
                out
            }
        };
        all.push(out);
    }
    let least = |of: &Vec<(f64, f64)>| of.iter().fold(f64::INFINITY, |m, b| m.min(b.0));
    let most = |of: &Vec<(f64, f64)>| of.iter().fold(f64::NEG_INFINITY, |m, b| m.max(b.1));
    Calibration {
        samples: 0,
        low: all.iter().map(least).collect(),
        high: all.iter().map(most).collect(),
        // Nobody knows which neurons are silent.
        active: vec![1.0; all.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ann::{Dense, Forward, Window};

    #[test]
    fn no_sample_leaves_the_bounds_and_some_reach_them() {
        let mut g = Graph::new("t", "input", &[1, 2, 2]).unwrap();
        let flat = g.push("f", Op::Reshape(vec![4]), &[0]).unwrap();
        let dense = Dense {
            inputs: 4,
            outputs: 2,
            weight: vec![1.0, -2.0, 0.5, 0.0, -1.0, -1.0, -1.0, -1.0],
            bias: vec![0.25, 1.0],
        };
        let d = g.push("d", Op::Dense(dense), &[flat]).unwrap();
        let leaky = Op::Activation(Activation::LeakyRelu(vec![-0.5]));
        g.push("l", leaky, &[d]).unwrap();
        let b = bounds(&g, -1.0, 2.0);
        // Elements: 0.25 + [-1 - 4 - 0.5, 2 + 2 + 1] and 1 + [-8, 4].
        assert_eq!((b.low[d], b.high[d]), (-7.0, 5.25));
        assert_eq!((b.low[d + 1], b.high[d + 1]), (0.0, 5.25));
        let corner = |i: usize, k: usize| if i >> k & 1 == 1 { 2.0 } else { -1.0 };
        let samples: Vec<f32> = (0..16)
            .flat_map(|i| (0..4).map(move |k| corner(i, k)))
            .collect();
        let seen = Calibration::of(&g, &samples, 1);
        assert_eq!((seen.low[d], seen.high[d]), (b.low[d], b.high[d]));
        assert!(
            Forward::<f32>::new(&g)
                .outputs(&samples, 1)
                .iter()
                .all(|v| *v >= 0.0)
        );
    }

    #[test]
    fn pools_take_the_bounds_of_their_windows() {
        let mut g = Graph::new("t", "input", &[1, 2, 2]).unwrap();
        let p = g.push("p", Op::MaxPool(Window::new([2, 2])), &[0]).unwrap();
        let b = bounds(&g, -1.0, 3.0);
        assert_eq!((b.low[p], b.high[p]), (-1.0, 3.0));
    }
}
