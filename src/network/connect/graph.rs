//! A graph that has to be grown as a whole: built once, read by all shards.

use super::site::{Site, Visitor};

/// Links between the neurons of a statement, `per` of them made by each neuron from `first` on.
///
/// Only the far ends are held: four bytes for each link, which becomes one or two synapses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub first: u32,
    pub per: u32,
    pub far: Vec<u32>,
}

/// Shows every link as a synapse to its far end and, if `both`, one back. Unit: the neuron that made
/// the link. Every shard goes through all links and keeps its own synapses.
pub fn visit(site: &Site<'_>, both: bool, to: &mut impl Visitor) {
    let Some(graph) = site.graph.filter(|g| g.per > 0) else {
        return;
    };
    for (node, links) in (graph.first..).zip(graph.far.chunks_exact(graph.per as usize)) {
        to.unit(u64::from(node));
        let own = site.owns(node);
        for &far in links {
            to.synapse(node, far, site.owns(far));
            if both {
                to.synapse(far, node, own);
            }
        }
    }
}
