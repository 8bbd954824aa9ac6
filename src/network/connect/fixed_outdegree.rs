//! `fixed_outdegree`: every source draws its targets. Unit: the source.
//!
//! Every shard draws the targets of all sources and keeps its own.

use super::sample::{Chosen, distinct};
use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, degree: u32, to: &mut impl Visitor) {
    let n = site.to.len();
    let watch = !site.spec.allow_autapses && site.overlaps();
    let mut chosen = Chosen::new(if site.spec.allow_multapses { 0 } else { n });
    for s in 0..site.from.len() {
        to.unit(u64::from(s));
        let mut stream = site.stream(u64::from(s));
        if site.spec.allow_multapses {
            for _ in 0..degree {
                let mut t = stream.below(n);
                while watch && n > 1 && site.autapse(s, t) {
                    t = stream.below(n);
                }
                if !(watch && site.autapse(s, t)) {
                    to.synapse(s, t, site.owns(t));
                }
            }
        } else {
            let without = if watch { target_of(site, s) } else { None };
            distinct(&mut stream, &mut chosen, n, degree, without, |t| {
                to.synapse(s, t, site.owns(t));
            });
        }
    }
}

/// Index into `to` of the neuron that is source `s`, if it is there.
fn target_of(site: &Site<'_>, s: u32) -> Option<u32> {
    let id = site.from.id(s);
    site.to.within(&(id..id + 1)).first().map(|r| r.start)
}
