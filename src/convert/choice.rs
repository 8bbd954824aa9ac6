//! Should an affine layer without an activation be a population of its own?
//!
//! Where it is not, spikes go through it: means are taken on the way to the next layer's weights, which
//! costs nothing that is held; weights behind weights are multiplied out, which may be many more.

use super::calibrate::Calibration;
use crate::ann::{Graph, Op, synapses};

/// Single synapses that are listed whatever else would do: some ten megabytes.
pub const MOST_LISTED: usize = 1 << 20;

/// Which affine layers become populations.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    /// None, except where multiplying out would take too much memory.
    IfNeeded,
    /// Those that take fewer operations as populations.
    ByCost,
    /// These nodes.
    These(&'a [usize]),
}

/// Layers that bring several elements together.
pub fn mixes(op: &Op) -> bool {
    matches!(
        op,
        Op::Dense(_) | Op::Conv(_) | Op::ConvTranspose(_) | Op::AvgPool(_)
    )
}

/// What is to become of a layer, and why, if there was a choice.
pub enum Choice {
    Units(String),
    Through(Option<String>),
}

/// Should affine node `n` be a population?
pub fn choose(
    graph: &Graph,
    seen: &Calibration,
    n: usize,
    readers: &[Vec<usize>],
    how: Units<'_>,
) -> Choice {
    let node = graph.node(n);
    if let Units::These(all) = how {
        return match all.contains(&n) {
            true => Choice::Units(format!("{} is a layer of units, as before", node.name)),
            false => Choice::Through(None),
        };
    }
    let mut next: Vec<usize> = readers[n].clone();
    let mut mixing = Vec::new();
    while let Some(r) = next.pop() {
        let op = &graph.node(r).op;
        if mixes(op) {
            mixing.push(r);
        } else if op.is_affine() {
            next.extend(&readers[r]);
        }
    }
    if mixing.is_empty() {
        return Choice::Through(None);
    }
    let fan = |r: usize| {
        let all = synapses::fan_outs(graph, r, false);
        all.iter().map(|n| f64::from(*n)).sum::<f64>() / all.len() as f64
    };
    let before = node.inputs[0];
    let own_fan = fan(n);
    let fans: Vec<f64> = mixing.iter().map(|r| fan(*r)).collect();
    // Means cost nothing that is held.
    let pool = matches!(node.op, Op::AvgPool(_));
    if !pool {
        let sources = graph.node(before).len() as f64;
        for (r, fan) in mixing.iter().zip(&fans) {
            let reader = graph.node(*r);
            let product = sources * (own_fan * fan).min(reader.len() as f64);
            let weights = (node.op.weights().len() + reader.op.weights().len()) as f64;
            if product > (2.0 * weights).max(MOST_LISTED as f64) {
                return Choice::Units(format!(
                    "{} is a layer of units: multiplied out with {} it would be about {product:.0} \
                     synapses instead of {weights:.0} weights",
                    node.name, reader.name
                ));
            }
        }
    }
    let readers: Vec<&str> = mixing.iter().map(|r| &graph.node(*r).name[..]).collect();
    let readers = readers.join(", ");
    let without = if pool {
        "folded into"
    } else {
        "multiplied out with"
    };
    if let Units::IfNeeded = how {
        return Choice::Through(Some(format!(
            "{} is {without} {readers}: units between them would round once more",
            node.name
        )));
    }
    let spikes = seen.active[before] * graph.node(before).len() as f64;
    let own = seen.active[n] * node.len() as f64;
    let behind: f64 = fans.iter().sum();
    let most: f64 = mixing.iter().map(|r| graph.node(*r).len() as f64).sum();
    let folded = spikes * (own_fan * behind).min(most);
    let units = spikes * own_fan + own * behind;
    if units < folded {
        Choice::Units(format!(
            "{} is a layer of units: about {units:.0} operations per sample instead of {folded:.0} \
             {without} {readers}",
            node.name
        ))
    } else {
        Choice::Through(Some(format!(
            "{} is {without} {readers}: about {folded:.0} operations per sample instead of {units:.0} \
             as units",
            node.name
        )))
    }
}
