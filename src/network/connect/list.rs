//! `list`: exactly the stated synapses. Unit: 2^32 of them, so mostly the whole list.
//!
//! Every shard looks through the targets of the list and takes its own.

use super::batch::{BATCH, Batch, End, Gather, Visitor};
use super::site::Site;
use crate::network::spec::EdgeList;
use crate::rng::numbered::Numbers;

pub fn visit(site: &Site<'_>, edges: &EdgeList, to: &mut impl Visitor) {
    // Units end where batches do.
    const { assert!((1u64 << 32).is_multiple_of(BATCH as u64)) };
    let mut gather = Gather::default();
    let parts = edges.source.chunks(BATCH).zip(edges.target.chunks(BATCH));
    for (first, (sources, targets)) in (0u64..).step_by(BATCH).zip(parts) {
        let (unit, number) = (first >> 32, first as u32);
        let own = targets.iter().filter(|&&t| site.owns(t)).count();
        if own == targets.len() {
            gather.flush(to);
            to.batch(&Batch {
                unit,
                numbers: Numbers::From(number),
                sources: End::Each(sources),
                targets: End::Each(targets),
                len: own,
            });
        } else if own > 0 {
            for ((k, &s), &t) in (number..).zip(sources).zip(targets) {
                if site.owns(t) {
                    gather.at(unit, k, s, t, to);
                }
            }
        }
    }
    gather.flush(to);
}
