//! Whole neurons and channels are taken out, those that matter least (structured pruning).
//!
//! Units that are tied (the channels of a residual sum, a channel and its elements behind a flattening)
//! are one group and go together. A group counts by the energy that it brings to the layers that read it,
//! w² E\[x²\] summed over its weights, relative to all that comes to such a layer. What it brought on
//! average goes into the biases, its outgoing weights become 0, and what is unread then is removed.

use serde::Serialize;

use super::dead::remove_dead;
use super::moments::Moments;
use super::prune::{contributions, ends};
use super::units::{Tie, count, tie};
use crate::ann::{Graph, Op};

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Structured {
    /// Groups of units that could go, and those that went.
    pub groups: usize,
    pub removed: usize,
    /// Neurons or channels of the layers that lost some: name, before, after.
    pub layers: Vec<(String, usize, usize)>,
}

/// Cuts off the `share` of all groups that counts least; the last one of a layer stays. The shapes stay, too:
/// units that are cut off are read by nothing, until [`Structured::remove`].
///
/// # Errors
/// If the share is impossible.
pub fn prune_units(
    graph: &Graph,
    share: f64,
    moments: &Moments,
) -> Result<(Graph, Structured), String> {
    if !(0.0..1.0).contains(&share) {
        return Err(format!(
            "a share of {share}: it must be at least 0 and less than 1"
        ));
    }
    let groups = Groups::of(graph);
    let candidates = groups.candidates(graph, moments);
    let wanted = (share * candidates.len() as f64).round() as usize;
    // The layers of each group, and the groups that are left in each layer.
    let mut layers = vec![Vec::new(); groups.number];
    let mut left = vec![0usize; graph.nodes().len()];
    for (n, members) in groups.members.iter().enumerate() {
        for group in members {
            if layers[*group].last() != Some(&n) {
                layers[*group].push(n);
                left[n] += 1;
            }
        }
    }
    let mut going = vec![false; groups.number];
    let mut removed = 0;
    for (_, group) in &candidates {
        if removed == wanted {
            break;
        }
        let layers = &layers[*group];
        if layers.iter().all(|n| left[*n] > 1) {
            layers.iter().for_each(|n| left[*n] -= 1);
            going[*group] = true;
            removed += 1;
        }
    }
    let mut cut = graph.clone();
    for n in 0..graph.nodes().len() {
        let node = graph.node(n);
        if !reads_by_weights(graph, n) {
            continue;
        }
        let from = node.inputs[0];
        let kept: Vec<bool> = (0..node.op.weights().len())
            .map(|k| !going[groups.members[from][ends(&node.op, k).1]])
            .collect();
        let missing = contributions(&node.op, &kept, &moments.mean[from]);
        for (b, m) in cut.biases_mut(n).iter_mut().zip(missing) {
            *b = (f64::from(*b) + m) as f32;
        }
        for (w, kept) in cut.weights_mut(n).iter_mut().zip(kept) {
            if !kept {
                *w = 0.0;
            }
        }
    }
    let report = Structured {
        groups: candidates.len(),
        removed,
        layers: Vec::new(),
    };
    Ok((cut, report))
}

impl Structured {
    /// Removes the units that nothing reads any more from `cut`, and notes which layers of `graph` lost some.
    ///
    /// # Errors
    /// None are known: shapes are checked anew.
    pub fn remove(&mut self, graph: &Graph, cut: &Graph) -> Result<Graph, String> {
        let (smaller, _) = remove_dead(cut, (f64::NEG_INFINITY, f64::INFINITY))?;
        self.layers = (1..graph.nodes().len())
            .filter(|n| !graph.node(*n).op.weights().is_empty())
            .map(|n| {
                let name = graph.node(n).name.clone();
                (name, count(graph.node(n)), count(smaller.node(n)))
            })
            .filter(|l| l.1 != l.2)
            .collect();
        Ok(smaller)
    }
}

/// Dense layers and convolutions of one group: units of theirs have weights of their own.
fn reads_by_weights(graph: &Graph, n: usize) -> bool {
    !graph.node(n).op.weights().is_empty() && tie(graph, n, 0) == Tie::Free
}

struct Groups {
    number: usize,
    /// Of each node, by unit: the number of its group.
    members: Vec<Vec<usize>>,
}

impl Groups {
    fn of(graph: &Graph) -> Self {
        let mut first = Vec::new();
        let mut units = 0;
        for node in graph.nodes() {
            first.push(units);
            units += count(node);
        }
        let mut parent: Vec<usize> = (0..units).collect();
        for (n, node) in graph.nodes().iter().enumerate() {
            for (k, from) in node.inputs.iter().enumerate() {
                let (own, before_units) = (count(node), count(graph.node(*from)));
                match tie(graph, n, k) {
                    Tie::Free => {}
                    Tie::Whole => {
                        for u in 0..own {
                            join(&mut parent, first[n], first[n] + u);
                        }
                        for u in 0..before_units {
                            join(&mut parent, first[n], first[*from] + u);
                        }
                    }
                    Tie::Tied {
                        offset,
                        before,
                        behind,
                    } => {
                        for u in 0..before_units {
                            for j in 0..behind {
                                let to = offset + u / before * behind + j;
                                join(&mut parent, first[*from] + u, first[n] + to);
                            }
                        }
                    }
                }
            }
        }
        let mut numbers = vec![usize::MAX; units];
        let mut number = 0;
        let mut of = |unit: usize, parent: &mut Vec<usize>| {
            let root = find(parent, unit);
            if numbers[root] == usize::MAX {
                numbers[root] = number;
                number += 1;
            }
            numbers[root]
        };
        let members = graph
            .nodes()
            .iter()
            .zip(&first)
            .map(|(node, at)| (0..count(node)).map(|u| of(at + u, &mut parent)).collect())
            .collect();
        Self { number, members }
    }

    /// Groups that may go with what they count as, the least first.
    fn candidates(&self, graph: &Graph, moments: &Moments) -> Vec<(f64, usize)> {
        let mut barred = vec![false; self.number];
        let mut score = vec![None; self.number];
        for (n, node) in graph.nodes().iter().enumerate() {
            if n == 0 || n == graph.output() || whole(graph, n) {
                self.members[n].iter().for_each(|g| barred[*g] = true);
            }
            if matches!(node.op, Op::Select(_)) || whole(graph, n) {
                let before = &self.members[node.inputs[0]];
                before.iter().for_each(|g| barred[*g] = true);
            }
            if reads_by_weights(graph, n) {
                let from = node.inputs[0];
                let mut energy = vec![0.0f64; count(graph.node(from))];
                for (k, w) in node.op.weights().iter().enumerate() {
                    let unit = ends(&node.op, k).1;
                    energy[unit] += f64::from(*w) * f64::from(*w) * moments.square[from][unit];
                }
                let all: f64 = energy.iter().sum();
                for (unit, e) in energy.into_iter().enumerate() {
                    let share = if all > 0.0 { e / all } else { 0.0 };
                    *score[self.members[from][unit]].get_or_insert(0.0) += share;
                }
            }
        }
        let mut all: Vec<(f64, usize)> = (0..self.number)
            .filter(|g| !barred[*g])
            .filter_map(|g| Some((score[g]?, g)))
            .collect();
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all
    }
}

fn whole(graph: &Graph, n: usize) -> bool {
    (0..graph.node(n).inputs.len()).any(|k| tie(graph, n, k) == Tie::Whole)
}

fn find(parent: &mut [usize], mut unit: usize) -> usize {
    while parent[unit] != unit {
        parent[unit] = parent[parent[unit]];
        unit = parent[unit];
    }
    unit
}

/// The root of both is the smaller one, so that numbers do not depend on the order of joining.
fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(parent, a), find(parent, b));
    let (low, high) = (a.min(b), a.max(b));
    parent[high] = low;
}
