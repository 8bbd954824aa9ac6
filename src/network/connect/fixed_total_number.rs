//! `fixed_total_number`: N synapses, both ends drawn. Unit: the target.
//!
//! How many of the N end at each target is found by halving the range of targets (`divide.rs`):
//! multinomial if a pair may have several synapses, else hypergeometric, as for drawing pairs without
//! repetition. No shard ever lists all synapses, and none looks for duplicates.

use super::batch::Visitor;
use super::divide::Dealing;
use super::fixed_indegree::Sources;
use super::site::Site;

pub fn visit(site: &Site<'_>, total: u64, to: &mut impl Visitor) {
    let (sources, targets) = (site.from.len(), site.to.len());
    if sources == 0 || targets == 0 {
        return;
    }
    let multapses = site.spec.allow_multapses;
    // Targets that cannot choose one of the sources: themselves.
    let narrowed = if !site.spec.allow_autapses && !multapses {
        site.both()
    } else {
        Vec::new()
    };
    let before = |t: u32| {
        let lost = narrowed.iter().map(|r| t.clamp(r.start, r.end) - r.start);
        u64::from(t) * u64::from(sources) - lost.map(u64::from).sum::<u64>()
    };
    let dealing = Dealing {
        before: &before,
        multapses,
        stream: &|node| site.stream(node),
        wanted: &|lo, hi| site.owns_any(lo, hi),
        few: 0,
    };
    let mut draw = Sources::new(site);
    dealing.deal(0, targets, total, &mut |share| {
        let count = u32::try_from(share.count).unwrap_or(u32::MAX);
        let t = share.lo;
        to.target(u64::from(t), t, draw.of(site, t, count));
    });
}
