//! `pairwise_poisson`: each pair has a Poisson number of synapses. Unit: the target.
//!
//! The number of synapses of a target is Poisson, and given the number each is of any source with the
//! same chance, independently: the work goes with the synapses, not with the pairs.

use super::batch::Visitor;
use super::fixed_indegree::Sources;
use super::poisson::poisson;
use super::site::Site;

pub fn visit(site: &Site<'_>, mean: f64, to: &mut impl Visitor) {
    let watch = !site.spec.allow_autapses && site.overlaps();
    let mut draw = Sources::new(site);
    if mean <= 0.0 {
        return;
    }
    for t in site.own.iter().cloned().flatten() {
        let itself = watch && site.as_source(t).is_some();
        let pairs = f64::from(site.from.len()) - f64::from(u8::from(itself));
        let k = poisson(&mut site.stream(u64::from(t)), mean * pairs);
        let k = u32::try_from(k).unwrap_or(u32::MAX);
        to.target(u64::from(t), t, draw.of(site, t, k));
    }
}
