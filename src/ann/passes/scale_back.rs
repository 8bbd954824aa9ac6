//! Factors and offsets behind a layer go into its weights: batch norm after a convolution or a dense
//! layer, with pools, ReLUs (factors only) and new shapes between them.

use super::affine::Affine;
use super::edit::Edit;
use crate::ann::op::{Activation, Op};

/// Folds a scale into the layer before it.
pub fn fold(edit: &mut Edit) -> bool {
    let mut changed = false;
    for i in edit.used() {
        let Op::Scale(s) = &edit.nodes[i].op else {
            continue;
        };
        let affine = Affine::of(s, edit.nodes[i].len());
        let from = edit.nodes[i].inputs[0];
        if let Some((into, op)) = search(edit, from, affine) {
            edit.nodes[into].op = op;
            edit.bypass(i, from);
            edit.folded(i, into);
            changed = true;
        }
    }
    changed
}

/// The layer that takes `a`, which acts on the output of node `p`, and what it becomes.
fn search(edit: &Edit, mut p: usize, mut a: Affine) -> Option<(usize, Op)> {
    let reads = edit.reads();
    loop {
        let node = &edit.nodes[p];
        // Whoever else reads it would see the change.
        if reads[p] != 1 {
            return None;
        }
        match &node.op {
            Op::Dense(d) => {
                let mut d = d.clone();
                for (o, row) in d.weight.chunks_exact_mut(d.inputs).enumerate() {
                    for w in row {
                        *w = (f64::from(*w) * a.scale[o]) as f32;
                    }
                    d.bias[o] = (f64::from(d.bias[o]) * a.scale[o] + a.shift[o]) as f32;
                }
                return Some((p, Op::Dense(d)));
            }
            Op::Conv(c) | Op::ConvTranspose(c) => {
                let a = a.per_channel(c.outputs)?;
                let mut c = c.clone();
                let transposed = matches!(node.op, Op::ConvTranspose(_));
                let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
                let area = c.window.area();
                for (k, w) in c.weight.iter_mut().enumerate() {
                    let o = if transposed {
                        k / (gout * area) / gin * gout + k / area % gout
                    } else {
                        k / (gin * area)
                    };
                    *w = (f64::from(*w) * a.scale[o]) as f32;
                }
                for (o, b) in c.bias.iter_mut().enumerate() {
                    *b = (f64::from(*b) * a.scale[o] + a.shift[o]) as f32;
                }
                let op = if transposed {
                    Op::ConvTranspose(c)
                } else {
                    Op::Conv(c)
                };
                return Some((p, op));
            }
            Op::Scale(s) => {
                let mut both = Affine::of(s, node.len());
                for i in 0..both.scale.len() {
                    both.scale[i] *= a.scale[i];
                    both.shift[i] = both.shift[i] * a.scale[i] + a.shift[i];
                }
                return Some((p, Op::Scale(both.into_scale(node.shape[0]))));
            }
            Op::Reshape(_) => {}
            Op::Activation(Activation::Relu | Activation::LeakyRelu(_)) => {
                if a.shifts() || !a.all_positive() {
                    return None;
                }
            }
            Op::AvgPool(pool) => {
                let len = edit.nodes[node.inputs[0]].len();
                a = a.through_avg_pool(pool, &node.shape, len)?;
            }
            Op::MaxPool(_) => {
                let len = edit.nodes[node.inputs[0]].len();
                a = a.through_max_pool(&node.shape, len)?;
            }
            _ => return None,
        }
        p = node.inputs[0];
    }
}
