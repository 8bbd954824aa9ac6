//! `fixed_total_number`: N synapses, both ends drawn. Unit: the target.
//!
//! With multapses, how many of the N end at each target is multinomial. It is found by halving the
//! range of targets again and again, the share of the left half being binomial, each with a stream
//! of its own: a shard goes down only where its targets are, and no shard ever lists all synapses.
//! Without multapses the N pairs are drawn one after the other by every shard.

use rustc_hash::FxHashSet;

use super::binomial::binomial;
use super::fixed_indegree::Sources;
use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, total: u64, to: &mut impl Visitor) {
    let (sources, targets) = (site.from.len(), site.to.len());
    if sources == 0 || targets == 0 {
        return;
    }
    if site.spec.allow_multapses {
        let mut draw = Sources::new(site);
        divide(site, 0, targets, total, 1, &mut |t, count| {
            to.unit(u64::from(t));
            let mut stream = site.stream(u64::from(t));
            draw.of(site, t, count, &mut stream, |s| to.synapse(s, t, true));
        });
        return;
    }
    let watch = !site.spec.allow_autapses && site.overlaps();
    let mut seen: FxHashSet<u64> = FxHashSet::default();
    let mut stream = site.stream(0);
    to.unit(0);
    while (seen.len() as u64) < total {
        let pair = stream.below_u64(u64::from(sources) * u64::from(targets));
        let (s, t) = (
            (pair % u64::from(sources)) as u32,
            (pair / u64::from(sources)) as u32,
        );
        if (watch && site.autapse(s, t)) || !seen.insert(pair) {
            continue;
        }
        to.synapse(s, t, site.owns(t));
    }
}

/// Streams of the halving lie beyond those of the targets.
const HALVING: u64 = 1 << 32;

/// Deals `count` synapses to targets `lo .. hi`; `node` numbers the ranges like a binary heap.
fn divide(site: &Site<'_>, lo: u32, hi: u32, count: u64, node: u64, f: &mut dyn FnMut(u32, u32)) {
    if count == 0 || !site.own.iter().any(|r| r.start < hi && lo < r.end) {
        return;
    }
    if hi - lo == 1 {
        f(lo, u32::try_from(count).unwrap_or(u32::MAX));
        return;
    }
    let mid = lo + (hi - lo) / 2;
    let share = f64::from(mid - lo) / f64::from(hi - lo);
    let left = binomial(&mut site.stream(HALVING + node), count, share);
    divide(site, lo, mid, left, 2 * node, f);
    divide(site, mid, hi, count - left, 2 * node + 1, f);
}
