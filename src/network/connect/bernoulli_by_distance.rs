//! `pairwise_bernoulli` with a kernel: each pair with the probability of its distance. Unit: the
//! target.
//!
//! The sources come in groups with a bound on their probabilities (`Cells::cover`). Within a group
//! the sources that are skipped until the next candidate are a geometric number, as if all had the
//! bound for probability; a candidate is taken with probability kernel / bound (thinning, Lewis &
//! Shedler 1979, Naval Res. Logist. 26:403). This is exact for every pair.

use super::batch::Visitor;
use super::site::Site;
use crate::network::space::{Cells, Kernel};

/// Groups are not split for less than this many candidates: one look at a group costs about as
/// much as a candidate.
const FINE: f64 = 1.0;

pub fn visit(site: &Site<'_>, kernel: &Kernel, to: &mut impl Visitor) {
    let Some(space) = &site.space else {
        return;
    };
    if site.own.is_empty() {
        return;
    }
    let cells = Cells::new(&space.from, space.period);
    let mut sources = Vec::new();
    let watch = !site.spec.allow_autapses && site.overlaps();
    for t in site.own.iter().cloned().flatten() {
        sources.clear();
        let mut stream = site.stream(u64::from(t));
        let x = *space.to.at(t);
        cells.cover(&x, kernel, FINE, |group| {
            let log_q = libm::log1p(-group.bound);
            let end = f64::from(group.end);
            let mut place = group.start;
            while place < group.end {
                if group.bound < 1.0 {
                    let skip = (libm::log(stream.unit_open()) / log_q).floor();
                    if f64::from(place) + skip >= end {
                        break;
                    }
                    place += skip as u32;
                }
                let taken = group.flat
                    || stream.unit() * group.bound < kernel.at(cells.distance(place, &x));
                let s = cells.source(place);
                if taken && !(watch && site.autapse(s, t)) {
                    sources.push(s);
                }
                place += 1;
            }
        });
        to.target(u64::from(t), t, &sources);
    }
}
