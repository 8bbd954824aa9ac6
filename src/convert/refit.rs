//! Weights that are left after pruning make up for those that are gone.
//!
//! Layer by layer from the input on, the weights that are not 0 and the biases are fitted by least squares,
//! so that the layer gives, from what the pruned network brings to it, what it gave in the network as it
//! was (layer-wise reconstruction: He et al. 2017, arXiv:1707.06168; Hubara et al. 2021,
//! arXiv:2102.08124). No labels and no training are needed, only samples.

use crate::ann::{Forward, Graph, Op, Window};
use crate::parallel::{Progress, in_blocks};

/// Rows of a fit: places of samples, evenly chosen if there are more.
const MOST_ROWS: usize = 8192;
/// Samples that a convolution is fitted on, evenly chosen if there are more: each has many places.
const MOST_SAMPLES: usize = 1024;
/// Layers whose outputs read more than this stay as they are: products of all pairs are needed.
const MOST_INNER: usize = 8192;
/// Pull towards the weights as they are, relative to the mean square of what weights are multiplied with.
const DAMPING: f64 = 1e-2;
const MOST_STEPS: usize = 60;

/// Fits `pruned` to `original`, which has the same layers; weights that are 0 stay 0. Dense layers and
/// convolutions take part; transposed ones stay, and so do those that are too wide. `None` if it was stopped.
pub fn refit(
    original: &Graph,
    pruned: &Graph,
    samples: &[f32],
    threads: usize,
    progress: &Progress,
) -> Option<Graph> {
    let len = pruned.input().len();
    let step = (samples.len() / len).div_ceil(MOST_SAMPLES).max(1);
    let some: Vec<f32> = samples
        .chunks_exact(len)
        .step_by(step)
        .flatten()
        .copied()
        .collect();
    let mut fitted = pruned.clone();
    let first = first_layer(pruned);
    for n in 0..pruned.nodes().len() {
        let groups = match &pruned.node(n).op {
            Op::Dense(_) => 1,
            Op::Conv(c) => c.groups,
            _ => continue,
        };
        if n == first && original.node(n).op == pruned.node(n).op {
            continue;
        }
        let views: Vec<View> = (0..groups).map(|g| View::of(&fitted, n, g)).collect();
        if views[0].inner > MOST_INNER {
            continue;
        }
        let samples = if views[0].places > 1 { &some } else { samples };
        let rows = |graph: &Graph, node: usize, row: Row| {
            gather(&views, graph, node, samples, row, threads, progress)
        };
        let inputs = rows(&fitted, fitted.node(n).inputs[0], View::inputs)?;
        let outputs = rows(original, n, View::outputs)?;
        for (g, (x, y)) in inputs.iter().zip(&outputs).enumerate() {
            let view = &views[g];
            let rows = fit(view, &fitted, n, x, y, threads, progress)?;
            for (o, row) in rows.into_iter().enumerate() {
                let o = g * view.outputs + o;
                let (weights, bias) = row.split_at(view.inner);
                let own = &mut fitted.weights_mut(n)[o * view.inner..][..view.inner];
                for (w, v) in own.iter_mut().zip(weights) {
                    *w = *v as f32;
                }
                fitted.biases_mut(n)[o] = bias[0] as f32;
            }
        }
    }
    Some(fitted)
}

/// Writes what a view sees at a place of a sample.
type Row = fn(&View, &[f32], usize, &mut Vec<f64>);

/// Rows of one node for all samples, or evenly chosen ones, for each view. `None` if it was stopped.
fn gather(
    views: &[View],
    graph: &Graph,
    node: usize,
    samples: &[f32],
    row: Row,
    threads: usize,
    progress: &Progress,
) -> Option<Vec<Vec<f64>>> {
    let places = views[0].places;
    let count = samples.len() / graph.input().len();
    let step = (count * places).div_ceil(MOST_ROWS).max(1);
    let forward = Forward::<f32>::new(graph).until(node);
    let parts = forward.for_blocks_while(samples, threads, progress, |first, room| {
        let mut rows = vec![Vec::new(); views.len()];
        for s in 0..room.samples() {
            let start = (first + s) * places;
            let values = room.of_sample(node, s);
            for id in (start.next_multiple_of(step)..start + places).step_by(step) {
                for (view, rows) in views.iter().zip(&mut rows) {
                    row(view, values, id - start, rows);
                }
            }
        }
        rows
    })?;
    let of = |g: usize| parts.iter().flat_map(|p| &p[g]).copied().collect();
    Some((0..views.len()).map(of).collect())
}

/// The first layer with weights: what it reads is as it was.
fn first_layer(graph: &Graph) -> usize {
    let weights = |n: &usize| !graph.node(*n).op.weights().is_empty();
    (0..graph.nodes().len()).find(weights).unwrap_or(0)
}

/// A group of a layer as a matrix product: rows are places of samples.
struct View {
    /// Of a convolution: its window, and input channels of a group.
    conv: Option<(Window, usize)>,
    group: usize,
    /// Planes of what comes in and what goes out.
    from: [usize; 3],
    to: [usize; 3],
    inner: usize,
    outputs: usize,
    places: usize,
}

impl View {
    fn of(graph: &Graph, n: usize, group: usize) -> Self {
        let node = graph.node(n);
        let from = graph.node(node.inputs[0]).planes();
        let to = node.planes();
        let (conv, inner, outputs, places) = match &node.op {
            Op::Conv(c) => {
                let gin = c.inputs / c.groups;
                (
                    Some((c.window, gin)),
                    gin * c.window.area(),
                    c.outputs / c.groups,
                    to[1] * to[2],
                )
            }
            _ => (None, from.iter().product(), node.len(), 1),
        };
        Self {
            conv,
            group,
            from,
            to,
            inner,
            outputs,
            places,
        }
    }

    /// What the weights of an output are multiplied with at a place, and 1 for the bias.
    fn inputs(&self, x: &[f32], place: usize, out: &mut Vec<f64>) {
        match self.conv {
            None => out.extend(x.iter().map(|v| f64::from(*v))),
            Some((win, gin)) => {
                let [_, h, w] = self.from;
                let (oy, ox) = (place / self.to[2], place % self.to[2]);
                for i in self.group * gin..(self.group + 1) * gin {
                    for ky in 0..win.kernel[0] {
                        for kx in 0..win.kernel[1] {
                            let at = (win.source(0, oy, ky, h), win.source(1, ox, kx, w));
                            out.push(match at {
                                (Some(y), Some(xx)) => f64::from(x[(i * h + y) * w + xx]),
                                _ => 0.0,
                            });
                        }
                    }
                }
            }
        }
        out.push(1.0);
    }

    fn outputs(&self, y: &[f32], place: usize, out: &mut Vec<f64>) {
        let first = self.group * self.outputs;
        let of = |o: usize| f64::from(y[(first + o) * self.places + place]);
        out.extend((0..self.outputs).map(of));
    }
}

/// Weights and bias of each output of a view. `None` if it was stopped.
fn fit(
    view: &View,
    graph: &Graph,
    n: usize,
    x: &[f64],
    y: &[f64],
    threads: usize,
    progress: &Progress,
) -> Option<Vec<Vec<f64>>> {
    let width = view.inner + 1;
    let rows: Vec<&[f64]> = x.chunks_exact(width).collect();
    // Products of inputs with inputs: row by row of the matrix, each summed in the order of the samples.
    let product = |i: usize| {
        let mut sums = vec![0.0; width];
        for row in rows.iter().filter(|row| row[i] != 0.0) {
            let v = row[i];
            for (s, x) in sums.iter_mut().zip(*row) {
                *s += v * x;
            }
        }
        sums
    };
    let all = |count: usize, work: &(dyn Fn(usize) -> Vec<f64> + Sync)| {
        let some = |(): &mut (), items: std::ops::Range<usize>| items.map(work).collect::<Vec<_>>();
        Some(in_blocks(count, 4, threads, progress, || (), some)?.concat())
    };
    let products: Vec<Vec<f64>> = all(width, &product)?;
    let trace: f64 = (0..view.inner).map(|i| products[i][i]).sum();
    let damping = DAMPING * trace / view.inner as f64;
    let (weights, biases) = match &graph.node(n).op {
        Op::Dense(d) => (&d.weight, &d.bias),
        Op::Conv(c) => (&c.weight, &c.bias),
        _ => return Some(Vec::new()),
    };
    all(view.outputs, &|o| {
        let global = view.group * view.outputs + o;
        let own = &weights[global * view.inner..][..view.inner];
        let mut now: Vec<f64> = own
            .iter()
            .chain([&biases[global]])
            .map(|w| f64::from(*w))
            .collect();
        let mut wanted = vec![0.0; width];
        for (row, y) in rows.iter().zip(y.chunks_exact(view.outputs)) {
            for (s, x) in wanted.iter_mut().zip(*row) {
                *s += y[o] * x;
            }
        }
        let free: Vec<usize> = (0..width)
            .filter(|i| *i == view.inner || now[*i] != 0.0)
            .collect();
        let matrix: Vec<Vec<f64>> = free
            .iter()
            .map(|i| free.iter().map(|j| products[*i][*j]).collect())
            .collect();
        let rest: Vec<f64> = free
            .iter()
            .map(|i| {
                let have: f64 = free.iter().map(|j| products[*i][*j] * now[*j]).sum();
                wanted[*i] - have
            })
            .collect();
        for (i, change) in free.iter().zip(solve(&matrix, damping, &rest)) {
            now[*i] += change;
        }
        now
    })
}

/// Solves (A + damping) v = b by conjugate gradients (Hestenes & Stiefel 1952), A being symmetric and not
/// negative.
fn solve(a: &[Vec<f64>], damping: f64, b: &[f64]) -> Vec<f64> {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let scale: Vec<f64> = (0..b.len())
        .map(|i| 1.0 / (a[i][i] + damping).max(f64::MIN_POSITIVE))
        .collect();
    let pulled = |r: &[f64]| -> Vec<f64> { r.iter().zip(&scale).map(|(r, s)| r * s).collect() };
    let mut v = vec![0.0; b.len()];
    let mut rest = b.to_vec();
    let mut direction = pulled(&rest);
    let mut size = dot(&rest, &direction);
    let enough = 1e-16 * size;
    for _ in 0..MOST_STEPS {
        if size <= enough {
            break;
        }
        let through: Vec<f64> = a
            .iter()
            .zip(&direction)
            .map(|(row, d)| dot(row, &direction) + damping * d)
            .collect();
        let step = size / dot(&direction, &through);
        for i in 0..v.len() {
            v[i] += step * direction[i];
            rest[i] -= step * through[i];
        }
        let next = pulled(&rest);
        let new = dot(&rest, &next);
        let share = new / size;
        for (d, n) in direction.iter_mut().zip(next) {
            *d = n + share * *d;
        }
        size = new;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conjugate_gradients_solve_small_systems() {
        let a = vec![
            vec![4.0, 1.0, 0.0],
            vec![1.0, 3.0, -1.0],
            vec![0.0, -1.0, 2.0],
        ];
        let want = [1.0, -2.0, 0.5];
        let damping = 0.5;
        let b: Vec<f64> = (0..3)
            .map(|i| (0..3).map(|j| a[i][j] * want[j]).sum::<f64>() + damping * want[i])
            .collect();
        for (v, w) in solve(&a, damping, &b).iter().zip(want) {
            assert!((v - w).abs() < 1e-9);
        }
        assert_eq!(solve(&a, damping, &[0.0; 3]), [0.0; 3]);
    }
}
