//! Rearrangements move towards the layer that can take them: two in a row become one, functions of
//! single elements are computed before, and a dense layer has its columns rearranged.

use super::edit::Edit;
use crate::ann::op::{Activation, Op, Select};

/// Moves a rearrangement on by one node.
pub fn sink(edit: &mut Edit) -> bool {
    for i in edit.used() {
        let Op::Select(select) = &edit.nodes[i].op else {
            continue;
        };
        let select = select.clone();
        let from = edit.nodes[i].inputs[0];
        // A shape before it says nothing.
        if matches!(edit.nodes[from].op, Op::Reshape(_)) {
            edit.nodes[i].inputs[0] = edit.nodes[from].inputs[0];
            return true;
        }
        if (0u32..).zip(&select.from).all(|(k, f)| *f == Some(k))
            && select.from.len() == edit.nodes[from].len()
        {
            edit.nodes[i].op = Op::Reshape(select.shape);
            return true;
        }
        let Some(r) = edit.only_reader(i) else {
            continue;
        };
        match edit.nodes[r].op.clone() {
            Op::Select(next) => {
                if select.fill != next.fill && fills(&select) && fills(&next) {
                    continue;
                }
                edit.nodes[r].op = Op::Select(after(&select, &next));
                edit.nodes[r].inputs[0] = from;
                edit.folded(i, r);
                return true;
            }
            Op::Reshape(shape) => {
                edit.nodes[r].op = Op::Select(Select { shape, ..select });
                edit.nodes[r].inputs[0] = from;
                return true;
            }
            Op::Activation(a) => {
                let Some(fill) = of_one(&a, select.fill) else {
                    continue;
                };
                // The two nodes change places: the earlier one becomes the function.
                let shape = edit.nodes[from].shape.clone();
                let name = edit.nodes[i].name.clone();
                edit.nodes[i].name = std::mem::replace(&mut edit.nodes[r].name, name);
                edit.nodes[i].op = Op::Activation(a);
                edit.nodes[i].shape = shape;
                edit.nodes[r].op = Op::Select(Select { fill, ..select });
                let folded = std::mem::take(&mut edit.nodes[i].folded);
                edit.nodes[i].folded = std::mem::replace(&mut edit.nodes[r].folded, folded);
                return true;
            }
            Op::Dense(d) => {
                // What a dense layer reads is flat.
                if edit.nodes[from].shape.len() != 1 {
                    let n = edit.nodes[from].len();
                    // Flatten in place of the rearrangement; the columns take that over.
                    edit.nodes[i].op = Op::Reshape(vec![n]);
                    edit.nodes[i].shape = vec![n];
                } else {
                    edit.nodes[r].inputs[0] = from;
                    edit.folded(i, r);
                }
                let inputs: usize = edit.nodes[from].len();
                let mut new = crate::ann::op::Dense {
                    inputs,
                    outputs: d.outputs,
                    weight: vec![0.0; inputs * d.outputs],
                    bias: d.bias.clone(),
                };
                for o in 0..d.outputs {
                    let row = &d.weight[o * d.inputs..][..d.inputs];
                    let mut more = 0.0;
                    for (w, from) in row.iter().zip(&select.from) {
                        match from {
                            Some(k) => new.weight[o * inputs + *k as usize] += w,
                            None => more += f64::from(*w) * f64::from(select.fill),
                        }
                    }
                    new.bias[o] = (f64::from(d.bias[o]) + more) as f32;
                }
                edit.nodes[r].op = Op::Dense(new);
                return true;
            }
            _ => {}
        }
    }
    false
}

/// Does it put constants between elements?
fn fills(s: &Select) -> bool {
    s.from.iter().any(Option::is_none)
}

/// `first`, then `next`, as one.
fn after(first: &Select, next: &Select) -> Select {
    let fill = if fills(first) { first.fill } else { next.fill };
    Select {
        shape: next.shape.clone(),
        from: next
            .from
            .iter()
            .map(|k| k.and_then(|k| first.from[k as usize]))
            .collect(),
        fill,
    }
}

/// The function of one number, if it is the same for all elements.
fn of_one(a: &Activation, x: f32) -> Option<f32> {
    match a {
        Activation::Relu => Some(x.max(0.0)),
        Activation::LeakyRelu(s) if s.len() == 1 => Some(if x > 0.0 { x } else { x * s[0] }),
        Activation::LeakyRelu(_) => None,
        Activation::Clip { low, high } => Some(x.max(*low).min(*high)),
    }
}
