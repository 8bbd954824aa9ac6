//! Simplifications that change no output beyond rounding.
//!
//! Each pass looks for one pattern and rewrites every place where it occurs; `simplify` runs them
//! until none finds anything. What is folded keeps its name in the node that took it.

mod affine;
mod edit;
mod identities;
mod pads;
mod scale_back;
mod scale_forward;
mod selects;
#[cfg(test)]
mod tests;

use self::edit::Edit;
use super::graph::Graph;

/// A pass: true if it changed something.
type Pass = fn(&mut Edit) -> bool;

/// In this order: what stands behind a layer goes into it before anything is pushed on to the next.
const PASSES: [Pass; 5] = [
    identities::drop,
    pads::fold,
    selects::sink,
    scale_back::fold,
    scale_forward::fold,
];

/// More rounds than this would be a pass that undoes another.
const MOST_ROUNDS: usize = 1000;

/// The graph in its simplest form.
pub fn simplify(graph: Graph) -> Result<Graph, String> {
    let mut edit = Edit::of(graph);
    for _ in 0..MOST_ROUNDS {
        let mut changed = false;
        for pass in PASSES {
            while pass(&mut edit) {
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    edit.finish()
}
