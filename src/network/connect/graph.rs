//! A graph that has to be grown as a whole: built once, read by all shards.

use super::batch::{Gather, Visitor};
use super::site::Site;

/// Links between the neurons of a statement, `per` of them made by each neuron from `first` on.
///
/// Only the far ends are held: four bytes for each link, which becomes one or two synapses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub first: u32,
    pub per: u32,
    pub far: Vec<u32>,
}

/// Neurons whose links make up a unit: so many that batches are full, so few that numbers fit.
const NODES: u32 = 1 << 8;

/// Shows every link as a synapse to its far end and, if `both`, one back. Unit: 256 neurons that made
/// links. Every shard goes through all links and keeps its own synapses.
pub fn visit(site: &Site<'_>, both: bool, to: &mut impl Visitor) {
    let Some(graph) = site.graph.filter(|g| g.per > 0) else {
        return;
    };
    let mut gather = Gather::default();
    for (node, links) in (graph.first..).zip(graph.far.chunks_exact(graph.per as usize)) {
        if (node - graph.first).is_multiple_of(NODES) {
            gather.unit(u64::from(node), to);
        }
        let own = site.owns(node);
        for &far in links {
            gather.synapse(node, far, site.owns(far), to);
            if both {
                gather.synapse(far, node, own, to);
            }
        }
    }
    gather.flush(to);
}
