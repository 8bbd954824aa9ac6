//! Between which values layers lie for any sample whose values are in a range: interval arithmetic.
//!
//! Safe but loose, and the looser the deeper the network: what cannot happen at the same time is taken
//! for possible. It is for networks without samples to calibrate with.

use super::calibrate::Calibration;
use super::intervals::Intervals;
use crate::ann::Graph;

/// Bounds of all nodes as what calibration would have seen, for inputs from `low` to `high`.
pub fn bounds(graph: &Graph, low: f64, high: f64) -> Calibration {
    let all = Intervals::of(graph, (low, high));
    let fold = |of: &[f64], with: fn(f64, f64) -> f64| of.iter().copied().fold(of[0], with);
    Calibration {
        samples: 0,
        low: all.low.iter().map(|of| fold(of, f64::min)).collect(),
        high: all.high.iter().map(|of| fold(of, f64::max)).collect(),
        // Nobody knows which neurons are silent.
        active: vec![1.0; all.low.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ann::{Activation, Dense, Forward, Op, Window};

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
        // They are widened by what rounding may add.
        let just =
            |outer: f64, inner: f64| outer.abs() >= inner.abs() && (outer - inner).abs() < 1e-13;
        assert!(just(b.low[d], -7.0) && just(b.high[d], 5.25));
        assert!(b.low[d + 1] == 0.0 && just(b.high[d + 1], 5.25));
        let corner = |i: usize, k: usize| if i >> k & 1 == 1 { 2.0 } else { -1.0 };
        let samples: Vec<f32> = (0..16)
            .flat_map(|i| (0..4).map(move |k| corner(i, k)))
            .collect();
        let seen = Calibration::of(&g, &samples, 1);
        assert_eq!((seen.low[d], seen.high[d]), (-7.0, 5.25));
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
