//! Nodes that do nothing, and nodes that are a simpler one.

use super::edit::Edit;
use crate::ann::op::{Activation, Op, Window};

/// Drops what does nothing and renames what is simpler than it looks.
pub fn drop(edit: &mut Edit) -> bool {
    let mut changed = false;
    for i in edit.used() {
        if i == 0 {
            continue;
        }
        let input = edit.nodes[i].inputs[0];
        let before = edit.nodes[input].shape.clone();
        if does_nothing(&edit.nodes[i].op, &before, edit.nodes[i].inputs.len()) {
            edit.bypass(i, input);
            edit.folded(i, input);
            changed = true;
            continue;
        }
        // A shape given after another forgets it.
        if matches!(edit.nodes[i].op, Op::Reshape(_))
            && matches!(edit.nodes[input].op, Op::Reshape(_))
        {
            edit.nodes[i].inputs[0] = edit.nodes[input].inputs[0];
            changed = true;
            continue;
        }
        if let Some(op) = simpler(&edit.nodes[i].op) {
            edit.nodes[i].op = op;
            changed = true;
        }
    }
    changed
}

fn still(w: &Window) -> bool {
    w.kernel == [1, 1] && w.stride == [1, 1] && w.pads == [0; 4]
}

fn does_nothing(op: &Op, before: &[usize], inputs: usize) -> bool {
    match op {
        Op::Scale(s) => s.scale.iter().all(|v| *v == 1.0) && s.shift.iter().all(|v| *v == 0.0),
        Op::Sum(c) => c == &[1.0],
        Op::Max | Op::Concat(_) => inputs == 1,
        Op::Activation(Activation::Clip { low, high }) => {
            *low == f32::NEG_INFINITY && *high == f32::INFINITY
        }
        Op::Activation(Activation::LeakyRelu(s)) => s.iter().all(|v| *v == 1.0),
        Op::AvgPool(p) => still(&p.window),
        Op::MaxPool(w) => still(w),
        Op::Reshape(shape) => shape == before,
        Op::Select(s) => {
            s.shape == before && (0u32..).zip(&s.from).all(|(i, from)| *from == Some(i))
        }
        Op::Pad(pads) => *pads == [0; 4],
        _ => false,
    }
}

fn simpler(op: &Op) -> Option<Op> {
    match op {
        Op::Activation(Activation::Clip { low, high }) if *low == 0.0 && *high == f32::INFINITY => {
            Some(Op::Activation(Activation::Relu))
        }
        Op::Activation(Activation::LeakyRelu(s)) if s.iter().all(|v| *v == 0.0) => {
            Some(Op::Activation(Activation::Relu))
        }
        Op::Activation(Activation::LeakyRelu(s)) if s.len() > 1 && s.iter().all(|v| *v == s[0]) => {
            Some(Op::Activation(Activation::LeakyRelu(vec![s[0]])))
        }
        _ => None,
    }
}
