//! Factors and offsets before a layer go into its weights: batch norm between a ReLU and the next
//! layer, normalisation of the input, dense blocks (concat).

use super::affine::Affine;
use super::edit::Edit;
use crate::ann::op::{Activation, Op};

/// Folds a scale into the layer behind it.
pub fn fold(edit: &mut Edit) -> bool {
    let mut changed = false;
    for i in edit.used() {
        let Op::Scale(s) = &edit.nodes[i].op else {
            continue;
        };
        let affine = Affine::of(s, edit.nodes[i].len());
        if let Some((into, op)) = search(edit, i, affine) {
            let from = edit.nodes[i].inputs[0];
            edit.nodes[into].op = op;
            edit.bypass(i, from);
            edit.folded(i, into);
            changed = true;
        }
    }
    changed
}

/// The layer that takes `a`, the affine function by which the output of node `i` will lack, and what
/// it becomes.
fn search(edit: &Edit, mut i: usize, mut a: Affine) -> Option<(usize, Op)> {
    loop {
        let r = edit.only_reader(i)?;
        let node = &edit.nodes[r];
        let before = &edit.nodes[i];
        match &node.op {
            Op::Dense(d) => {
                let mut d = d.clone();
                for (o, row) in d.weight.chunks_exact_mut(d.inputs).enumerate() {
                    let mut more = 0.0;
                    for (k, w) in row.iter_mut().enumerate() {
                        more += f64::from(*w) * a.shift[k];
                        *w = (f64::from(*w) * a.scale[k]) as f32;
                    }
                    d.bias[o] = (f64::from(d.bias[o]) + more) as f32;
                }
                return Some((r, Op::Dense(d)));
            }
            Op::Conv(c) => {
                // Padding is zero in what the layer reads, not in what stands before the offset.
                if a.shifts() && !c.window.unpadded() {
                    return None;
                }
                let a = a.per_channel(c.inputs)?;
                let mut c = c.clone();
                let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
                let area = c.window.area();
                for o in 0..c.outputs {
                    let mut more = 0.0;
                    for k in 0..gin * area {
                        let channel = o / gout * gin + k / area;
                        let w = &mut c.weight[o * gin * area + k];
                        more += f64::from(*w) * a.shift[channel];
                        *w = (f64::from(*w) * a.scale[channel]) as f32;
                    }
                    c.bias[o] = (f64::from(c.bias[o]) + more) as f32;
                }
                return Some((r, Op::Conv(c)));
            }
            Op::ConvTranspose(c) => {
                if a.shifts() {
                    return None;
                }
                let a = a.per_channel(c.inputs)?;
                let mut c = c.clone();
                let per = c.weight.len() / c.inputs;
                for (k, w) in c.weight.iter_mut().enumerate() {
                    *w = (f64::from(*w) * a.scale[k / per]) as f32;
                }
                return Some((r, Op::ConvTranspose(c)));
            }
            Op::Reshape(_) => {}
            Op::Activation(Activation::Relu | Activation::LeakyRelu(_)) => {
                if a.shifts() || !a.all_positive() {
                    return None;
                }
            }
            Op::AvgPool(p) => a = a.through_avg_pool(p, &before.shape, node.len())?,
            Op::MaxPool(_) => a = a.through_max_pool(&before.shape, node.len())?,
            Op::Concat(axis) => {
                let outer: usize = node.shape[..*axis].iter().product();
                let row = node.len() / outer;
                let part = before.len() / outer;
                let at: usize = node
                    .inputs
                    .iter()
                    .take_while(|k| **k != i)
                    .map(|k| edit.nodes[*k].len() / outer)
                    .sum();
                let mut whole = Affine::neutral(node.len());
                for o in 0..outer {
                    let (from, to) = (o * part, o * row + at);
                    whole.scale[to..to + part].copy_from_slice(&a.scale[from..from + part]);
                    whole.shift[to..to + part].copy_from_slice(&a.shift[from..from + part]);
                }
                a = whole;
            }
            _ => return None,
        }
        i = r;
    }
}
