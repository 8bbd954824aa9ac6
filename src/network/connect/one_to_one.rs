//! `one_to_one`: source i to target i. Unit: the target.

use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, to: &mut impl Visitor) {
    for t in site.own.iter().cloned().flatten() {
        if t < site.from.len() && (site.spec.allow_autapses || !site.autapse(t, t)) {
            to.unit(u64::from(t));
            to.synapse(t, t, true);
        }
    }
}
