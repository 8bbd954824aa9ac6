//! `one_to_one`: source i to target i. Unit: 2^16 targets.

use super::batch::{Gather, Visitor};
use super::site::Site;

/// Targets of a unit: 2^16.
const UNIT: u32 = 16;

pub fn visit(site: &Site<'_>, to: &mut impl Visitor) {
    let watch = !site.spec.allow_autapses && site.overlaps();
    let mut gather = Gather::default();
    for t in site.own.iter().cloned().flatten() {
        if t < site.from.len() && !(watch && site.autapse(t, t)) {
            gather.at(u64::from(t >> UNIT), t & ((1 << UNIT) - 1), t, t, to);
        }
    }
    gather.flush(to);
}
