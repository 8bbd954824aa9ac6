//! `list`: exactly the stated synapses. Unit: the whole list.

use super::site::{Site, Visitor};
use crate::network::spec::EdgeList;

pub fn visit(site: &Site<'_>, edges: &EdgeList, to: &mut impl Visitor) {
    to.unit(0);
    for (&s, &t) in edges.source.iter().zip(&edges.target) {
        to.synapse(s, t, site.owns(t));
    }
}
