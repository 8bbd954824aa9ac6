//! `all_to_all`: every source to every target. Unit: the target.

use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, to: &mut impl Visitor) {
    for t in site.own.iter().cloned().flatten() {
        to.unit(u64::from(t));
        for s in 0..site.from.len() {
            if site.spec.allow_autapses || !site.autapse(s, t) {
                to.synapse(s, t, true);
            }
        }
    }
}
