//! Zeros around a tensor become the padding of the layers that read it.

use super::edit::Edit;
use crate::ann::op::{Activation, Op, Window};

/// Folds a pad into its readers, if all of them can take it.
pub fn fold(edit: &mut Edit) -> bool {
    for i in edit.used() {
        let Op::Pad(pads) = edit.nodes[i].op else {
            continue;
        };
        let readers = edit.readers(i);
        let from = edit.nodes[i].inputs[0];
        let never_negative = never_negative(edit, from);
        let all = edit.output != i
            && readers
                .iter()
                .all(|r| takes(&edit.nodes[*r].op, &pads, never_negative));
        if !all {
            continue;
        }
        for r in &readers {
            let win = match &mut edit.nodes[*r].op {
                Op::Conv(c) => &mut c.window,
                Op::AvgPool(p) => &mut p.window,
                Op::MaxPool(w) => w,
                _ => continue,
            };
            for (has, more) in win.pads.iter_mut().zip(pads) {
                *has = has.saturating_add(more);
            }
        }
        edit.bypass(i, from);
        edit.folded(i, readers[0]);
        return true;
    }
    false
}

/// Would the layer compute the same if the zeros were its own padding?
fn takes(op: &Op, pads: &[usize; 4], never_negative: bool) -> bool {
    // A pool's window must touch the input.
    let touches = |w: &Window| {
        (0..2)
            .all(|a| w.pads[a] + pads[a] < w.extent(a) && w.pads[a + 2] + pads[a + 2] < w.extent(a))
    };
    match op {
        Op::Conv(_) => true,
        Op::AvgPool(p) => p.include_pad && !p.window.ceil && touches(&p.window),
        // Padding never wins in a max pool, and a zero among numbers from 0 on need not either.
        Op::MaxPool(w) => never_negative && !w.ceil && touches(w),
        _ => false,
    }
}

fn never_negative(edit: &Edit, i: usize) -> bool {
    let node = &edit.nodes[i];
    match &node.op {
        Op::Activation(Activation::Relu) => true,
        Op::Activation(Activation::Clip { low, .. }) => *low >= 0.0,
        Op::MaxPool(_) | Op::AvgPool(_) | Op::Max | Op::Concat(_) | Op::Reshape(_) => {
            node.inputs.iter().all(|k| never_negative(edit, *k))
        }
        _ => false,
    }
}
