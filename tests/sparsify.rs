//! Networks that are made cheaper: what must not change does not, and what is cut is what was asked for.

use spikewheel::ann::{
    Activation, AvgPool, Conv, Dense, Forward, Graph, Op, Scale, Select, Window,
};
use spikewheel::convert::dead::remove_dead;
use spikewheel::convert::prune::{Amount, Measure, prune};
use spikewheel::convert::quantise::{Fit, Grid, quantise};
use spikewheel::convert::structured::{Structured, prune_units};
use spikewheel::convert::{Intervals, Moments};
use spikewheel::rng::{Domain, Stream};

const RELU: Op = Op::Activation(Activation::Relu);
const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// Which numbers weights and biases are.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    /// Halves: sums and products of a few layers are exact in single precision.
    Coarse,
    /// Any.
    Fine,
    /// Any, with biases that let neurons be silent, but never constant and not 0.
    Silent,
}

struct Maker {
    stream: Stream,
    numbers: Numbers,
}

impl Maker {
    fn below(&mut self, n: usize) -> usize {
        self.stream.below(n as u32) as usize
    }

    fn number(&mut self) -> f32 {
        match self.numbers {
            Numbers::Coarse => (self.below(5) as f32 - 2.0) / 2.0,
            _ => (self.stream.unit() * 2.0 - 1.0) as f32,
        }
    }

    /// Rows of weights: some all 0, the others partly, some of one sign.
    fn weights(&mut self, rows: usize, width: usize) -> Vec<f32> {
        let mut all = Vec::new();
        for _ in 0..rows {
            let kind = self.below(4);
            for _ in 0..width {
                let w = self.number();
                let zero = kind == 0 || self.below(2) == 0;
                all.push(match kind {
                    _ if zero => 0.0,
                    1 => -w.abs(),
                    _ => w,
                });
            }
        }
        all
    }

    fn biases(&mut self, n: usize) -> Vec<f32> {
        (0..n)
            .map(|_| match (self.numbers, self.below(3)) {
                (Numbers::Silent, _) => -self.number().abs(),
                (_, 0) => 0.0,
                (_, 1) => -self.number().abs(),
                _ => self.number(),
            })
            .collect()
    }

    fn dense(&mut self, inputs: usize, outputs: usize) -> Op {
        Op::Dense(Dense {
            inputs,
            outputs,
            weight: self.weights(outputs, inputs),
            bias: self.biases(outputs),
        })
    }

    fn conv(&mut self, inputs: usize, outputs: usize, groups: usize, window: Window) -> Conv {
        Conv {
            inputs,
            outputs,
            groups,
            weight: self.weights(outputs, inputs / groups * window.area()),
            bias: self.biases(outputs),
            window,
            output_padding: [0, 0],
        }
    }

    fn activation(&mut self) -> Op {
        let kinds = if self.numbers == Numbers::Silent {
            2
        } else {
            5
        };
        Op::Activation(match self.below(kinds) {
            0 | 1 => Activation::Relu,
            2 => Activation::Clip {
                low: 0.0,
                high: 0.75,
            },
            3 => Activation::Clip {
                low: -0.5,
                high: 1.5,
            },
            _ => Activation::LeakyRelu(vec![0.5]),
        })
    }

    /// Some layer behind a node with planes.
    fn layer(&mut self, g: &Graph, from: usize) -> Op {
        let [c, h, w] = g.node(from).planes();
        let padded = Window {
            pads: [1; 4],
            ..Window::new([3, 3])
        };
        let pool = Window {
            stride: [2, 2],
            ..Window::new([2, 2])
        };
        let outputs = 2 + self.below(4);
        match self.below(9) {
            0 if h > 2 && w > 2 => {
                let conv = self.conv(c, outputs, 1, Window::new([2, 2]));
                Op::Conv(conv)
            }
            1 | 2 => Op::Conv(self.conv(c, outputs, 1, padded)),
            3 => Op::Conv(self.conv(c, 2 * c, c, padded)),
            4 if c % 2 == 0 => Op::Conv(self.conv(c, 4, 2, padded)),
            5 if h > 3 && w > 3 => Op::MaxPool(pool),
            6 if h > 3 && w > 3 => Op::AvgPool(AvgPool {
                window: pool,
                include_pad: true,
            }),
            7 if h < 6 => {
                let mut conv = self.conv(c, c * outputs, c, pool);
                conv.outputs = outputs;
                conv.groups = 1;
                conv.bias.truncate(outputs);
                conv.weight = self.weights(c, outputs * pool.area());
                Op::ConvTranspose(conv)
            }
            _ if self.numbers == Numbers::Silent => RELU,
            _ => Op::Scale(Scale {
                scale: (0..c).map(|_| self.number()).collect(),
                shift: self.biases(c),
            }),
        }
    }

    /// A graph of all kinds of layers, with branches.
    fn graph(&mut self) -> Graph {
        let mut g = Graph::new("random", "input", &[2, 5, 6]).unwrap();
        let mut last = 0;
        // The more layers, the more digits a constant has.
        let most = if self.numbers == Numbers::Coarse {
            2
        } else {
            5
        };
        for _ in 0..4 + self.below(most) {
            let op = self.layer(&g, last);
            let before = last;
            last = g.push("layer", op, &[last]).unwrap();
            if self.numbers == Numbers::Silent || self.below(3) > 0 {
                let op = self.activation();
                last = g.push("act", op, &[last]).unwrap();
            }
            let same = g.node(last).shape == g.node(before).shape;
            if same && self.below(2) == 0 {
                let op = [Op::Sum(vec![1.0, 0.5]), Op::Max, Op::Concat(0)][self.below(3)].clone();
                last = g.push("join", op, &[last, before]).unwrap();
            } else if self.below(4) == 0 {
                // Two branches of the same kind.
                let [c, ..] = g.node(last).planes();
                let padded = Window {
                    pads: [1; 4],
                    ..Window::new([3, 3])
                };
                let branch = |m: &mut Self, g: &mut Graph| {
                    let op = Op::Conv(m.conv(c, 3, 1, padded));
                    let n = g.push("branch", op, &[last]).unwrap();
                    g.push("branch act", RELU, &[n]).unwrap()
                };
                let (a, b) = (branch(self, &mut g), branch(self, &mut g));
                let op = [
                    Op::Sum(vec![1.0, -0.5]),
                    Op::Max,
                    Op::Concat(1),
                    Op::Concat(0),
                ][self.below(4)]
                .clone();
                last = g.push("join", op, &[a, b]).unwrap();
            }
        }
        let len = g.node(last).len();
        last = g.push("flat", Op::Reshape(vec![len]), &[last]).unwrap();
        if self.below(4) == 0 {
            let from = (0..len).map(|_| Some(self.below(len) as u32)).collect();
            let select = Select {
                shape: vec![len],
                from,
                fill: 0.0,
            };
            last = g.push("select", Op::Select(select), &[last]).unwrap();
        }
        let hidden = 4 + self.below(6);
        let op = self.dense(len, hidden);
        last = g.push("hidden", op, &[last]).unwrap();
        let op = self.activation();
        last = g.push("hidden act", op, &[last]).unwrap();
        let op = self.dense(hidden, 3);
        g.push("out", op, &[last]).unwrap();
        g
    }
}

fn outputs(g: &Graph, x: &[f64]) -> Vec<f64> {
    Forward::<f64>::new(g).outputs(x, 1)
}

fn elements(g: &Graph) -> usize {
    g.nodes().iter().map(|n| n.len()).sum()
}

/// Removes from random graphs; gives the largest deviation relative to the largest output, and the share
/// of elements that are gone.
fn removed(numbers: Numbers, range: (f64, f64), count: u64) -> (f64, f64) {
    let (mut deviation, mut before, mut after) = (0.0f64, 0, 0);
    for seed in 0..count {
        let mut m = Maker {
            stream: Stream::new(seed, Domain::Weight, 7, 0),
            numbers,
        };
        let g = m.graph();
        let (smaller, _) = remove_dead(&g, range).unwrap();
        let (low, high) = (range.0.max(-4.0), range.1.min(4.0));
        let x: Vec<f64> = (0..5 * g.input().len())
            .map(|_| low + (high - low) * m.below(65) as f64 / 64.0)
            .collect();
        let (want, have) = (outputs(&g, &x), outputs(&smaller, &x));
        let top = want.iter().fold(1e-3f64, |t, v| t.max(v.abs()));
        for (w, h) in want.iter().zip(&have) {
            deviation = deviation.max((w - h).abs() / top);
        }
        before += elements(&g);
        after += elements(&smaller);
        // Nothing is left to remove.
        let again = remove_dead(&smaller, range).unwrap().0;
        assert!(elements(&again) <= elements(&smaller), "seed {seed}");
    }
    (deviation, 1.0 - after as f64 / before as f64)
}

#[test]
fn removing_what_is_silent_or_unread_changes_no_output() {
    for range in [ANY, (0.0, 1.0), (-0.25, 0.5)] {
        let (deviation, gone) = removed(Numbers::Silent, range, 300);
        assert!(deviation < 1e-12, "{deviation}");
        assert!(gone > 0.1, "{gone}");
    }
}

#[test]
fn constants_are_folded_without_a_change_where_biases_can_hold_them() {
    for range in [ANY, (0.0, 1.0)] {
        let (deviation, gone) = removed(Numbers::Coarse, range, 300);
        assert!(deviation < 1e-12, "{deviation}");
        assert!(gone > 0.1, "{gone}");
    }
}

#[test]
fn constants_are_folded_within_the_rounding_of_a_bias() {
    let (deviation, gone) = removed(Numbers::Fine, (0.0, 1.0), 300);
    assert!(deviation < 2e-6, "{deviation}");
    assert!(gone > 0.1, "{gone}");
}

#[test]
fn every_value_lies_within_its_bounds() {
    for seed in 0..100 {
        let mut m = Maker {
            stream: Stream::new(seed, Domain::Weight, 7, 0),
            numbers: Numbers::Fine,
        };
        let g = m.graph();
        let bounds = Intervals::of(&g, (-0.5, 1.0));
        let x: Vec<f64> = (0..20 * g.input().len())
            .map(|_| [-0.5, 1.0, m.stream.unit() * 1.5 - 0.5][m.below(3)])
            .collect();
        let pass = Forward::<f64>::new(&g);
        let mut room = pass.room();
        pass.run(&x, &mut room);
        for n in 0..g.nodes().len() {
            let len = g.node(n).len();
            for (k, v) in room.of(n).iter().enumerate() {
                let (low, high) = (bounds.low[n][k % len], bounds.high[n][k % len]);
                let slack = 1e-12 * (1.0 + low.abs().max(high.abs()));
                assert!(low - slack <= *v && *v <= high + slack, "{low} {v} {high}");
            }
        }
    }
}

fn dense(inputs: usize, outputs: usize, weight: &[f32], bias: &[f32]) -> Op {
    Op::Dense(Dense {
        inputs,
        outputs,
        weight: weight.to_vec(),
        bias: bias.to_vec(),
    })
}

#[test]
fn silent_constant_and_unread_neurons_go_and_others_stay() {
    let mut g = Graph::new("g", "input", &[2]).unwrap();
    // In this order: silent (nothing comes in), constant 0.5, unread, silent for inputs from 0 on
    // (negative weights), alive.
    let weight = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, -1.0, -2.0, 1.0, -1.0];
    g.push(
        "a",
        dense(2, 5, &weight, &[-1.0, 0.5, 0.0, 0.0, 0.25]),
        &[0],
    )
    .unwrap();
    g.push("a.relu", RELU, &[1]).unwrap();
    // The second neuron is silent since only the silent ones excite it.
    let weight = [7.0, 4.0, 0.0, 3.0, 2.0, 9.0, -1.0, 0.0, 9.0, 0.0];
    g.push("b", dense(5, 2, &weight, &[1.0, 0.5]), &[2])
        .unwrap();
    g.push("b.relu", RELU, &[3]).unwrap();
    g.push("c", dense(2, 1, &[1.0, 5.0], &[0.125]), &[4])
        .unwrap();
    let (s, layers) = remove_dead(&g, (0.0, f64::INFINITY)).unwrap();
    assert_eq!(s.node(1).op, dense(2, 1, &[1.0, -1.0], &[0.25]));
    assert_eq!(s.node(3).op, dense(1, 1, &[2.0], &[1.0 + 4.0 * 0.5]));
    assert_eq!(s.node(5).op, dense(1, 1, &[1.0], &[0.125]));
    let a = &layers[0];
    assert_eq!((a.name.as_str(), a.before, a.after), ("a.relu", 5, 1));
    assert_eq!((a.silent, a.constant, a.unread), (2, 1, 1));
    assert_eq!(layers[1].silent, 1);
    // Inputs may be negative: negative weights can excite.
    let (s, _) = remove_dead(&g, ANY).unwrap();
    assert_eq!(s.node(1).len(), 2);
}

#[test]
fn a_constant_channel_folds_only_where_padding_does_not_show_it() {
    for pad in [0, 1] {
        let mut g = Graph::new("g", "input", &[1, 4, 4]).unwrap();
        let one = Conv {
            inputs: 1,
            outputs: 2,
            groups: 1,
            window: Window::new([1, 1]),
            weight: vec![1.0, 0.0],
            bias: vec![0.0, 2.0],
            output_padding: [0, 0],
        };
        g.push("a", Op::Conv(one), &[0]).unwrap();
        let two = Conv {
            inputs: 2,
            outputs: 1,
            groups: 1,
            window: Window {
                pads: [pad; 4],
                ..Window::new([3, 3])
            },
            weight: vec![0.5; 18],
            bias: vec![1.0],
            output_padding: [0, 0],
        };
        g.push("b", Op::Conv(two), &[1]).unwrap();
        let (s, _) = remove_dead(&g, ANY).unwrap();
        let Op::Conv(c) = &s.node(2).op else {
            unreachable!()
        };
        if pad == 0 {
            assert_eq!((c.inputs, c.bias[0]), (1, 1.0 + 9.0 * 0.5 * 2.0));
        } else {
            assert_eq!((c.inputs, c.bias[0]), (2, 1.0));
        }
    }
}

fn some_graph() -> (Graph, Vec<f32>) {
    let mut m = Maker {
        stream: Stream::new(3, Domain::Weight, 7, 0),
        numbers: Numbers::Fine,
    };
    let mut g = Graph::new("net", "input", &[2, 6, 6]).unwrap();
    let dense_weights =
        |m: &mut Maker, n: usize| -> Vec<f32> { (0..n).map(|_| m.number()).collect() };
    let mut conv = m.conv(2, 8, 1, Window::new([3, 3]));
    conv.weight = dense_weights(&mut m, 8 * 2 * 9);
    g.push("conv", Op::Conv(conv), &[0]).unwrap();
    g.push("relu1", RELU, &[1]).unwrap();
    g.push("flat", Op::Reshape(vec![128]), &[2]).unwrap();
    let weight = dense_weights(&mut m, 20 * 128);
    g.push("dense", dense(128, 20, &weight, &[0.1; 20]), &[3])
        .unwrap();
    g.push("relu2", RELU, &[4]).unwrap();
    let weight = dense_weights(&mut m, 60);
    g.push("out", dense(20, 3, &weight, &[0.0; 3]), &[5])
        .unwrap();
    let samples = (0..50 * 72).map(|_| m.stream.unit() as f32).collect();
    (g, samples)
}

fn weights(g: &Graph) -> Vec<f32> {
    g.nodes()
        .iter()
        .flat_map(|n| n.op.weights())
        .copied()
        .collect()
}

#[test]
fn what_is_kept_is_what_is_largest_and_exactly_as_many() {
    let (g, samples) = some_graph();
    let all = weights(&g);
    let moments = Moments::of(&g, &samples, 1);
    for share in [0.0, 0.025, 0.3, 0.999, 1.0] {
        let wanted = (share * all.len() as f64).round() as usize;
        for by in [Measure::Magnitude, Measure::Lamp, Measure::Effect] {
            let (p, layers) = prune(&g, Amount::Keep(share), by, Some(&moments)).unwrap();
            let left = weights(&p);
            assert_eq!(left.iter().filter(|w| **w != 0.0).count(), wanted, "{by:?}");
            assert_eq!(layers.iter().map(|l| l.after).sum::<usize>(), wanted);
            assert!(left.iter().zip(&all).all(|(a, b)| *a == 0.0 || a == b));
            if by == Measure::Magnitude {
                let gone = all.iter().zip(&left).filter(|(_, l)| **l == 0.0);
                let largest = gone.fold(0.0f32, |m, (w, _)| m.max(w.abs()));
                let kept = left.iter().filter(|w| **w != 0.0);
                assert!(kept.fold(f32::INFINITY, |m, w| m.min(w.abs())) >= largest);
            }
        }
        let (p, layers) = prune(&g, Amount::Keep(share), Measure::Layer, None).unwrap();
        for (l, n) in layers.iter().zip([1, 4, 6]) {
            let all = g.node(n).op.weights();
            assert_eq!(l.after, (share * all.len() as f64).round() as usize);
            let mut sorted: Vec<f32> = all.iter().map(|w| w.abs()).collect();
            sorted.sort_by(|a, b| b.total_cmp(a));
            for (w, p) in all.iter().zip(p.node(n).op.weights()) {
                let stays = l.after > 0 && w.abs() >= sorted[l.after.max(1) - 1];
                assert_eq!(*p, if stays { *w } else { 0.0 });
            }
        }
    }
    let (p, _) = prune(&g, Amount::Below(0.4), Measure::Magnitude, None).unwrap();
    for (a, b) in all.iter().zip(weights(&p)) {
        assert_eq!(b, if a.abs() < 0.4 { 0.0 } else { *a });
    }
    // Biases are no weights, and without moments they stay.
    let (Op::Dense(a), Op::Dense(b)) = (&g.node(4).op, &p.node(4).op) else {
        unreachable!()
    };
    assert_eq!(a.bias, b.bias);
    for bad in [f64::NAN, -0.1, 1.1] {
        assert!(prune(&g, Amount::Keep(bad), Measure::Magnitude, None).is_err());
    }
    assert!(prune(&g, Amount::Keep(0.5), Measure::Effect, None).is_err());
}

#[test]
fn biases_take_up_the_mean_of_what_is_cut() {
    let (g, samples) = some_graph();
    let moments = Moments::of(&g, &samples, 2);
    assert_eq!(moments, Moments::of(&g, &samples, 1));
    let (p, _) = prune(&g, Amount::Keep(0.1), Measure::Effect, Some(&moments)).unwrap();
    // The first layer reads what it read before: its mean output over samples and places is as it was.
    let mean = |g: &Graph| {
        let parts = Forward::<f32>::new(g).for_blocks(&samples, 1, |_, room| {
            let mut sums = vec![0.0; 8];
            for (k, plane) in room.of(1).chunks_exact(16).enumerate() {
                sums[k % 8] += plane.iter().map(|v| f64::from(*v)).sum::<f64>();
            }
            sums
        });
        (0..8)
            .map(|c| parts.iter().map(|p| p[c]).sum::<f64>() / 800.0)
            .collect::<Vec<_>>()
    };
    for (a, b) in mean(&g).iter().zip(mean(&p)) {
        // Corners are seen less often than the middle, so means over places differ a little.
        assert!((a - b).abs() < 0.02, "{a} {b}");
    }
}

fn without_units(g: &Graph, share: f64, moments: &Moments) -> (Graph, Structured) {
    let (cut, mut report) = prune_units(g, share, moments).unwrap();
    let smaller = report.remove(g, &cut).unwrap();
    (smaller, report)
}

#[test]
fn units_that_go_are_those_of_least_energy_and_shapes_follow() {
    let (g, samples) = some_graph();
    let moments = Moments::of(&g, &samples, 1);
    let (p, report) = without_units(&g, 0.5, &moments);
    // 8 channels and 20 neurons may go.
    assert_eq!((report.groups, report.removed), (28, 14));
    let sizes: Vec<usize> = [1, 4].map(|n| p.node(n).shape[0]).to_vec();
    assert_eq!(sizes.iter().sum::<usize>(), 14);
    assert_eq!(p.node(3).len(), sizes[0] * 16);
    assert_eq!(p.node(6).len(), 3);
    // None of those that stayed brings less than one that went: by hand for the second layer.
    let Op::Dense(out) = &g.node(6).op else {
        unreachable!()
    };
    let energy = |u: usize| {
        let of = |o: usize| f64::from(out.weight[o * 20 + u]).powi(2);
        (0..3).map(of).sum::<f64>() * moments.square[5][u]
    };
    let Op::Dense(left) = &p.node(6).op else {
        unreachable!()
    };
    let stayed: Vec<usize> = (0..20)
        .filter(|u| (0..left.inputs).any(|k| left.weight[k] == out.weight[*u]))
        .collect();
    assert_eq!(stayed.len(), sizes[1]);
    let least = stayed
        .iter()
        .map(|u| energy(*u))
        .fold(f64::INFINITY, f64::min);
    for u in (0..20).filter(|u| !stayed.contains(u)) {
        assert!(energy(u) <= least);
    }
    let (all, report) = without_units(&g, 0.0, &moments);
    assert_eq!((all, report.removed), (g.clone(), 0));
    assert!(prune_units(&g, 1.0, &moments).is_err());
    let (one, _) = without_units(&g, 0.999, &moments);
    assert_eq!([1, 4].map(|n| one.node(n).shape[0]), [1, 1]);
}

#[test]
fn residual_channels_go_together() {
    let mut m = Maker {
        stream: Stream::new(5, Domain::Weight, 7, 0),
        numbers: Numbers::Fine,
    };
    let mut g = Graph::new("res", "input", &[3, 6, 6]).unwrap();
    let w = Window {
        pads: [1; 4],
        ..Window::new([3, 3])
    };
    let add = |g: &mut Graph, op, inputs: &[usize]| g.push("n", op, inputs).unwrap();
    let mut full = |i: usize, o: usize| {
        let mut c = m.conv(i, o, 1, w);
        c.weight = (0..c.weight.len()).map(|_| m.number()).collect();
        Op::Conv(c)
    };
    let a = add(&mut g, full(3, 6), &[0]);
    let a = add(&mut g, RELU, &[a]);
    let b = add(&mut g, full(6, 5), &[a]);
    let b = add(&mut g, RELU, &[b]);
    let c = add(&mut g, full(5, 6), &[b]);
    let sum = add(&mut g, Op::Sum(vec![1.0, 1.0]), &[c, a]);
    let relu = add(&mut g, RELU, &[sum]);
    add(&mut g, full(6, 2), &[relu]);
    let samples: Vec<f32> = (0..20 * 108).map(|k| (k % 7) as f32 / 7.0).collect();
    let moments = Moments::of(&g, &samples, 1);
    let (p, report) = without_units(&g, 0.4, &moments);
    // 6 channels of the residual stream, 5 within the block.
    assert_eq!((report.groups, report.removed), (11, 4));
    let [stream, inner, end] = [1, 3, 5].map(|n| p.node(n).shape[0]);
    assert_eq!((stream, stream + inner), (end, 7));
}

#[test]
fn quantised_weights_lie_on_the_grid_and_are_off_by_half_a_step() {
    let (g, _) = some_graph();
    for bits in [2, 3, 4, 8, 12] {
        let most = f64::from((1 << (bits - 1)) - 1);
        for grid in [Grid::Layer, Grid::Channel] {
            let mut errors = Vec::new();
            for fit in [Fit::Largest, Fit::Squares] {
                let (q, layers) = quantise(&g, bits, grid, fit).unwrap();
                let mut squares = 0.0;
                for (layer, n) in layers.iter().zip([1, 4, 6]) {
                    let (old, new) = (g.node(n).op.weights(), q.node(n).op.weights());
                    let per = old.len() / layer.steps.len();
                    assert_eq!(
                        layer.steps.len(),
                        if grid == Grid::Layer {
                            1
                        } else {
                            g.node(n).shape[0]
                        }
                    );
                    for (k, (a, b)) in old.iter().zip(new).enumerate() {
                        let (a, b) = (f64::from(*a), f64::from(*b));
                        let step = layer.steps[k / per];
                        let number = b / step;
                        assert!((number - number.round()).abs() < 1e-6 * number.abs().max(1.0));
                        assert!(number.abs() < most + 0.5);
                        if fit == Fit::Largest {
                            assert!((a - b).abs() <= step * 0.500_001);
                        }
                        squares += (a - b) * (a - b);
                    }
                    if fit == Fit::Largest {
                        assert!(layer.largest_error <= 0.5 + 1e-9);
                    }
                }
                errors.push(squares);
            }
            assert!(errors[1] <= errors[0] * 1.000_001);
        }
    }
    assert!(quantise(&g, 1, Grid::Layer, Fit::Largest).is_err());
    assert!(quantise(&g, 25, Grid::Layer, Fit::Largest).is_err());
}
