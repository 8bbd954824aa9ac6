//! One node for a block of samples.

use super::number::Number;
use super::product::{Bias, Product, panel_index, panels_len};
use super::windows;
use crate::ann::graph::Node;
use crate::ann::op::planes;
use crate::ann::op::{Activation, Op, spread};
use crate::simd::Level;

/// Weights of a node as the loops want them.
pub(super) struct Packed<T> {
    /// Dense: panels of the transposed matrix. Convolutions: as they are.
    weight: Vec<T>,
    bias: Vec<T>,
}

impl<T: Number> Packed<T> {
    pub fn of(op: &Op) -> Self {
        let all = |v: &[f32]| v.iter().map(|x| T::of(*x)).collect::<Vec<T>>();
        match op {
            Op::Dense(d) => {
                let mut weight = vec![T::default(); panels_len(d.inputs, d.outputs, T::LANES)];
                for (to, row) in d.weight.chunks_exact(d.inputs.max(1)).enumerate() {
                    for (from, w) in row.iter().enumerate() {
                        weight[panel_index(from, to, d.inputs, T::LANES)] = T::of(*w);
                    }
                }
                Self {
                    weight,
                    bias: all(&d.bias),
                }
            }
            Op::Conv(c) | Op::ConvTranspose(c) => Self {
                weight: all(&c.weight),
                bias: all(&c.bias),
            },
            Op::Scale(s) => Self {
                weight: all(&s.scale),
                bias: all(&s.shift),
            },
            _ => Self {
                weight: Vec::new(),
                bias: Vec::new(),
            },
        }
    }
}

/// What `node` makes of its inputs, each with its shape. All have `samples` samples.
pub(super) fn compute<T: Number>(
    level: Level,
    node: &Node,
    packed: &Packed<T>,
    inputs: &[(&[T], &[usize])],
    samples: usize,
    out: &mut [T],
    scratch: &mut Vec<T>,
) {
    let Some((x, shape)) = inputs.first().copied() else {
        return;
    };
    let len = node.len();
    let before: usize = shape.iter().product();
    let (from, to) = (planes(shape), node.planes());
    let each_sample = || x.chunks_exact(before).take(samples).zip(0..samples);
    match &node.op {
        Op::Input => {}
        Op::Dense(d) => T::multiply(
            level,
            Product {
                a: x,
                panels: &packed.weight,
                out,
                rows: samples,
                inner: d.inputs,
                columns: d.outputs,
                bias: Bias::OfColumn(&packed.bias),
            },
        ),
        Op::Conv(c) => {
            for (x, s) in each_sample() {
                let out = &mut out[s * len..][..len];
                let (w, b) = (&packed.weight, &packed.bias);
                windows::conv(level, c, w, b, x, from, out, to, scratch);
            }
        }
        Op::ConvTranspose(c) => {
            for (x, s) in each_sample() {
                let out = &mut out[s * len..][..len];
                windows::conv_transpose(c, &packed.weight, &packed.bias, x, from, out, to);
            }
        }
        Op::AvgPool(p) => {
            for (x, s) in each_sample() {
                windows::avg_pool(p, x, from, &mut out[s * len..][..len], to);
            }
        }
        Op::MaxPool(w) => {
            for (x, s) in each_sample() {
                windows::max_pool(w, x, from, &mut out[s * len..][..len], to);
            }
        }
        Op::Scale(_) => {
            let (w, b) = (&packed.weight, &packed.bias);
            for (i, (o, x)) in out.iter_mut().zip(x).enumerate() {
                let i = i % len;
                *o = *x * w[spread(i, len, w.len())] + b[spread(i, len, b.len())];
            }
        }
        Op::Sum(coefficients) => {
            out.fill(T::default());
            for ((x, _), c) in inputs.iter().zip(coefficients) {
                let c = T::of(*c);
                for (o, x) in out.iter_mut().zip(*x) {
                    *o = *o + c * *x;
                }
            }
        }
        Op::Max => {
            out.copy_from_slice(x);
            for (x, _) in &inputs[1..] {
                for (o, x) in out.iter_mut().zip(*x) {
                    if *x > *o {
                        *o = *x;
                    }
                }
            }
        }
        Op::Activation(a) => activate(a, x, len, out),
        Op::Concat(axis) => {
            let outer: usize = node.shape[..*axis].iter().product();
            let row = len / outer;
            let mut at = 0;
            for (x, shape) in inputs {
                let part = shape.iter().product::<usize>() / outer;
                for (piece, target) in x.chunks_exact(part).zip(out.chunks_exact_mut(row)) {
                    target[at..at + part].copy_from_slice(piece);
                }
                at += part;
            }
        }
        Op::Reshape(_) => out.copy_from_slice(x),
        Op::Select(sel) => {
            let fill = T::of(sel.fill);
            for (x, s) in each_sample() {
                for (o, from) in out[s * len..][..len].iter_mut().zip(&sel.from) {
                    *o = from.map_or(fill, |i| x[i as usize]);
                }
            }
        }
        Op::Pad([top, left, ..]) => {
            out.fill(T::default());
            let ([_, h, w], [_, oh, ow]) = (from, to);
            for (p, plane) in x.chunks_exact(h * w).enumerate() {
                for y in 0..h {
                    let at = (p * oh + y + top) * ow + left;
                    out[at..at + w].copy_from_slice(&plane[y * w..][..w]);
                }
            }
        }
    }
}

fn activate<T: Number>(a: &Activation, x: &[T], len: usize, out: &mut [T]) {
    let zero = T::default();
    match a {
        Activation::Relu => {
            for (o, x) in out.iter_mut().zip(x) {
                *o = if *x > zero { *x } else { zero };
            }
        }
        Activation::LeakyRelu(slopes) => {
            for (i, (o, x)) in out.iter_mut().zip(x).enumerate() {
                let slope = slopes[spread(i % len, len, slopes.len())];
                *o = if *x > zero { *x } else { *x * T::of(slope) };
            }
        }
        Activation::Clip { low, high } => {
            let (low, high) = (T::of(*low), T::of(*high));
            for (o, x) in out.iter_mut().zip(x) {
                *o = if *x < low {
                    low
                } else if *x > high {
                    high
                } else {
                    *x
                };
            }
        }
    }
}
