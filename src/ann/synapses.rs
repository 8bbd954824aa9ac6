//! What an affine layer connects to what, synapse by synapse.

use super::forward::windows::{each, target};
use super::graph::Graph;
use super::op::{Conv, Op, Window, spread};

/// A synapse of a node: the output element `to` gets `weight` times element `from` of input number
/// `input` of the node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synapse {
    pub input: usize,
    pub from: u32,
    pub to: u32,
    pub weight: f64,
}

/// Hands out every synapse of an affine node. Weights that are 0 are handed out too; padding is not.
/// The order is fixed, but otherwise a matter of the kind of layer. Nothing comes of nodes that are
/// not affine.
pub fn for_each(graph: &Graph, node: usize, mut take: impl FnMut(Synapse)) {
    let n = graph.node(node);
    let len = n.len();
    let Some(first) = n.inputs.first() else {
        return;
    };
    let before = graph.node(*first);
    let mut put = |input: usize, from: usize, to: usize, weight: f64| {
        take(Synapse {
            input,
            from: from as u32,
            to: to as u32,
            weight,
        });
    };
    match &n.op {
        Op::Dense(d) => {
            for (to, row) in d.weight.chunks_exact(d.inputs).enumerate() {
                for (from, w) in row.iter().enumerate() {
                    put(0, from, to, f64::from(*w));
                }
            }
        }
        Op::Conv(c) => conv(c, before.planes(), n.planes(), |f, t, w| put(0, f, t, w)),
        Op::ConvTranspose(c) => {
            conv_transpose(c, before.planes(), n.planes(), |f, t, w| put(0, f, t, w))
        }
        Op::AvgPool(p) => {
            let from = before.planes();
            let ([_, h, w], [_, oh, ow]) = (from, n.planes());
            for c in 0..from[0] {
                for oy in 0..oh {
                    for ox in 0..ow {
                        let share = 1.0 / p.divisor(oy, ox, from) as f64;
                        each(&p.window, oy, ox, h, w, |at| {
                            put(0, c * h * w + at, (c * oh + oy) * ow + ox, share);
                        });
                    }
                }
            }
        }
        Op::Scale(s) => {
            for i in 0..len {
                put(0, i, i, f64::from(s.scale[spread(i, len, s.scale.len())]));
            }
        }
        Op::Sum(coefficients) => {
            for (input, c) in coefficients.iter().enumerate() {
                for i in 0..len {
                    put(input, i, i, f64::from(*c));
                }
            }
        }
        Op::Concat(axis) => {
            let outer: usize = n.shape[..*axis].iter().product();
            let row = len / outer;
            let mut at = 0;
            for (input, k) in n.inputs.iter().enumerate() {
                let part = graph.node(*k).len() / outer;
                for o in 0..outer {
                    for i in 0..part {
                        put(input, o * part + i, o * row + at + i, 1.0);
                    }
                }
                at += part;
            }
        }
        Op::Reshape(_) => (0..len).for_each(|i| put(0, i, i, 1.0)),
        Op::Select(s) => {
            for (to, from) in s.from.iter().enumerate() {
                if let Some(from) = from {
                    put(0, *from as usize, to, 1.0);
                }
            }
        }
        Op::Pad([top, left, ..]) => {
            let ([c, h, w], [_, oh, ow]) = (before.planes(), n.planes());
            for i in 0..c * h * w {
                let (plane, y, x) = (i / (h * w), i / w % h, i % w);
                put(0, i, (plane * oh + y + top) * ow + x + left, 1.0);
            }
        }
        Op::Input | Op::Max | Op::MaxPool(_) | Op::Activation(_) => {}
    }
}

/// What an affine node adds to its output element `to`, whatever comes in.
pub fn bias(graph: &Graph, node: usize, to: usize) -> f64 {
    let n = graph.node(node);
    let len = n.len();
    f64::from(match &n.op {
        Op::Dense(d) => d.bias[to],
        Op::Conv(c) | Op::ConvTranspose(c) => c.bias[to / (len / c.outputs)],
        Op::Scale(s) => s.shift[spread(to, len, s.shift.len())],
        Op::Select(s) if s.from[to].is_none() => s.fill,
        _ => 0.0,
    })
}

fn conv(
    c: &Conv,
    [_, h, w]: [usize; 3],
    [_, oh, ow]: [usize; 3],
    mut put: impl FnMut(usize, usize, f64),
) {
    let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
    let win = &c.window;
    for o in 0..c.outputs {
        let g = o / gout;
        for oy in 0..oh {
            for ox in 0..ow {
                for i in 0..gin {
                    for ky in 0..win.kernel[0] {
                        for kx in 0..win.kernel[1] {
                            let at = (win.source(0, oy, ky, h), win.source(1, ox, kx, w));
                            if let (Some(y), Some(x)) = at {
                                let k = (o * gin + i) * win.area() + ky * win.kernel[1] + kx;
                                put(
                                    ((g * gin + i) * h + y) * w + x,
                                    (o * oh + oy) * ow + ox,
                                    f64::from(c.weight[k]),
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

fn conv_transpose(
    c: &Conv,
    [_, h, w]: [usize; 3],
    [_, oh, ow]: [usize; 3],
    mut put: impl FnMut(usize, usize, f64),
) {
    let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
    let win = &c.window;
    for from in 0..c.inputs * h * w {
        let (i, y, x) = (from / (h * w), from / w % h, from % w);
        for o in 0..gout {
            for ky in 0..win.kernel[0] {
                for kx in 0..win.kernel[1] {
                    let at = (target(win, 0, y, ky, oh), target(win, 1, x, kx, ow));
                    if let (Some(oy), Some(ox)) = at {
                        let k = (i * gout + o) * win.area() + ky * win.kernel[1] + kx;
                        let channel = i / gin * gout + o;
                        put(from, (channel * oh + oy) * ow + ox, f64::from(c.weight[k]));
                    }
                }
            }
        }
    }
}

/// How many synapses of a node each element of its first input has, counted by geometry: no synapse is
/// looked at by itself. `zeros`: those of weight 0 too.
pub fn fan_outs(graph: &Graph, node: usize, zeros: bool) -> Vec<u32> {
    let n = graph.node(node);
    let before = graph.node(n.inputs[0]);
    let some = |w: &f32| u32::from(zeros || *w != 0.0);
    let (from, to) = (before.planes(), n.planes());
    match &n.op {
        Op::Dense(d) => {
            let mut all = vec![0; d.inputs];
            for row in d.weight.chunks_exact(d.inputs) {
                for (n, w) in all.iter_mut().zip(row) {
                    *n += some(w);
                }
            }
            all
        }
        Op::Conv(c) | Op::ConvTranspose(c) => {
            let transposed = matches!(n.op, Op::ConvTranspose(_));
            let (gin, gout, area) = (c.inputs / c.groups, c.outputs / c.groups, c.window.area());
            // Weights of each input channel at each place of the kernel.
            let mut counts = vec![0; c.inputs * area];
            for (k, w) in c.weight.iter().enumerate() {
                let (row, place) = (k / area, k % area);
                let input = match transposed {
                    true => row / gout,
                    false => row / gin / gout * gin + row % gin,
                };
                counts[input * area + place] += some(w);
            }
            let meets = [0, 1].map(|a| meets(&c.window, a, from[a + 1], to[a + 1], transposed));
            spread_counts(&counts, from, c.window.kernel, &meets)
        }
        Op::AvgPool(p) => {
            let meets = [0, 1].map(|a| meets(&p.window, a, from[a + 1], to[a + 1], false));
            spread_counts(
                &vec![1; from[0] * p.window.area()],
                from,
                p.window.kernel,
                &meets,
            )
        }
        _ => {
            let mut all = vec![0; before.len()];
            for_each(graph, node, |s| {
                all[s.from as usize] += u32::from(s.input == 0 && (zeros || s.weight != 0.0));
            });
            all
        }
    }
}

/// For each place of a kernel along an axis: does it lead from each place of the input to the output?
fn meets(win: &Window, axis: usize, from: usize, to: usize, transposed: bool) -> Vec<Vec<bool>> {
    let of = |k: usize| {
        let mut all = vec![false; from];
        if transposed {
            for (at, meets) in all.iter_mut().enumerate() {
                *meets = target(win, axis, at, k, to).is_some();
            }
        } else {
            for at in (0..to).filter_map(|o| win.source(axis, o, k, from)) {
                all[at] = true;
            }
        }
        all
    };
    (0..win.kernel[axis]).map(of).collect()
}

/// For each element of the input, the counts of the places of the kernel that meet it, summed.
fn spread_counts(
    counts: &[u32],
    [channels, h, w]: [usize; 3],
    [kh, kw]: [usize; 2],
    [down, along]: &[Vec<Vec<bool>>; 2],
) -> Vec<u32> {
    let mut all = vec![0; channels * h * w];
    for (plane, counts) in all
        .chunks_exact_mut(h * w)
        .zip(counts.chunks_exact(kh * kw))
    {
        for (counts, down) in counts.chunks_exact(kw).zip(down) {
            let mut row = vec![0; w];
            for (n, along) in counts.iter().zip(along) {
                for (sum, meets) in row.iter_mut().zip(along) {
                    *sum += n * u32::from(*meets);
                }
            }
            for (own, meets) in plane.chunks_exact_mut(w).zip(down) {
                for (sum, n) in own.iter_mut().zip(&row) {
                    *sum += n * u32::from(*meets);
                }
            }
        }
    }
    all
}

/// Synapses of a node by the element that sends: for each element of input number `input`, where it
/// goes and with what weight, zeros left out.
#[derive(Clone, Debug, PartialEq)]
pub struct BySource {
    /// Where the targets of each element begin; one more entry than elements.
    pub starts: Vec<u32>,
    pub targets: Vec<u32>,
    pub weights: Vec<f32>,
}

impl BySource {
    /// Two passes over the synapses, count and place.
    pub fn of(graph: &Graph, node: usize, input: usize) -> Self {
        let from = graph.node(graph.node(node).inputs[input]).len();
        let mut starts = vec![0u32; from + 1];
        let wanted = |s: &Synapse| s.input == input && s.weight != 0.0;
        for_each(graph, node, |s| {
            if wanted(&s) {
                starts[s.from as usize + 1] += 1;
            }
        });
        for i in 0..from {
            starts[i + 1] += starts[i];
        }
        let all = starts[from] as usize;
        let mut next = starts.clone();
        let mut targets = vec![0; all];
        let mut weights = vec![0.0; all];
        for_each(graph, node, |s| {
            if wanted(&s) {
                let at = &mut next[s.from as usize];
                targets[*at as usize] = s.to;
                weights[*at as usize] = s.weight as f32;
                *at += 1;
            }
        });
        Self {
            starts,
            targets,
            weights,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ann::op::{AvgPool, Dense};
    use crate::ann::plain::numbers;

    #[test]
    fn fan_outs_are_what_for_each_hands_out() {
        let mut cases = 0;
        for case in 0..200usize {
            let pick = |n: usize, of: usize| 1 + case / n % of;
            let groups = pick(1, 2);
            let window = Window {
                kernel: [pick(2, 3), pick(3, 2)],
                stride: [pick(5, 2), pick(7, 3)],
                dilation: [pick(11, 2), pick(13, 2)],
                pads: [case % 2, case / 3 % 2, case / 5 % 2, 0],
                ceil: false,
            };
            let mut weight = numbers(4 * 2 / groups * window.area(), case);
            weight.iter_mut().step_by(3).for_each(|w| *w = 0.0);
            let conv = |inputs, outputs| Conv {
                inputs,
                outputs,
                groups,
                window,
                weight: weight.clone(),
                bias: vec![0.0; outputs],
                output_padding: [0, 0],
            };
            let mean = AvgPool {
                window,
                include_pad: case % 2 == 0,
            };
            let dense = Dense {
                inputs: 60,
                outputs: 3,
                weight: numbers(180, case),
                bias: vec![0.0; 3],
            };
            let flat = Op::Reshape(vec![60]);
            for ops in [
                vec![Op::Conv(conv(2, 4))],
                vec![Op::ConvTranspose(conv(2, 4))],
                vec![Op::AvgPool(mean)],
                vec![flat, Op::Dense(dense)],
            ] {
                let mut g = Graph::new("t", "input", &[2, 6, 5]).unwrap();
                let mut last = Ok(0);
                for op in ops {
                    last = last.and_then(|n| g.push("n", op, &[n]));
                }
                // Pools whose padding could be all that a window sees.
                let Ok(node) = last else { continue };
                cases += 1;
                for zeros in [false, true] {
                    let mut want = vec![0; 60];
                    for_each(&g, node, |s| {
                        want[s.from as usize] += u32::from(zeros || s.weight != 0.0);
                    });
                    assert_eq!(fan_outs(&g, node, zeros), want, "case {case}");
                }
            }
        }
        assert!(cases > 600, "{cases}");
    }

    #[test]
    fn by_source_holds_what_for_each_hands_out_without_zeros() {
        let mut g = Graph::new("t", "input", &[2, 5, 4]).unwrap();
        let window = Window {
            stride: [2, 1],
            pads: [1, 0, 1, 2],
            ..Window::new([3, 2])
        };
        let mut weight = numbers(4 * window.area(), 2);
        weight[3] = 0.0;
        let layer = Conv {
            inputs: 2,
            outputs: 4,
            groups: 2,
            window,
            weight,
            bias: vec![0.0; 4],
            output_padding: [0, 0],
        };
        let conv = g.push("conv", Op::Conv(layer), &[0]).unwrap();
        let pool = AvgPool {
            window: Window::new([2, 2]),
            include_pad: true,
        };
        let pool = g.push("pool", Op::AvgPool(pool), &[conv]).unwrap();
        let sum = g
            .push("sum", Op::Sum(vec![1.0, -2.0]), &[pool, pool])
            .unwrap();
        for (node, input) in [(conv, 0), (pool, 0), (sum, 1)] {
            let rows = BySource::of(&g, node, input);
            let mut held = Vec::new();
            for from in 0..rows.starts.len() - 1 {
                for k in rows.starts[from]..rows.starts[from + 1] {
                    held.push((
                        from as u32,
                        rows.targets[k as usize],
                        rows.weights[k as usize],
                    ));
                }
            }
            let mut listed = Vec::new();
            for_each(&g, node, |s| {
                if s.input == input && s.weight != 0.0 {
                    listed.push((s.from, s.to, s.weight as f32));
                }
            });
            assert!(listed.len() > 8);
            listed.sort_by_key(|s| s.0);
            assert_eq!(held, listed);
        }
    }
}
