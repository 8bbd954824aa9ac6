//! `all_to_all`: every source to every target. Unit: the target.

use super::batch::Visitor;
use super::site::Site;

pub fn visit(site: &Site<'_>, to: &mut impl Visitor) {
    let watch = !site.spec.allow_autapses && site.overlaps();
    let all: Vec<u32> = (0..site.from.len()).collect();
    let mut others = Vec::new();
    for t in site.own.iter().cloned().flatten() {
        if watch {
            others.clear();
            others.extend(all.iter().filter(|&&s| !site.autapse(s, t)));
            to.target(u64::from(t), t, &others);
        } else {
            to.target(u64::from(t), t, &all);
        }
    }
}
