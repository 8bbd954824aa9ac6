//! `fixed_outdegree`: every source draws its targets. Unit: a source and a range of targets.
//!
//! How many of the synapses of a source go to which range of targets is found by halving
//! (`divide.rs`) until few are left; so a shard draws little more than its own.

use super::batch::{Gather, Visitor};
use super::divide::Dealing;
use super::sample::Distinct;
use super::site::Site;

/// Ranges with at most so many synapses are not halved: it would cost more than drawing them.
const FEW: u64 = 256;

pub fn visit(site: &Site<'_>, degree: u32, to: &mut impl Visitor) {
    if site.own.is_empty() {
        return;
    }
    let mut scratch = Scratch::new(site);
    for s in 0..site.from.len() {
        source(site, degree, s, &mut scratch, to);
    }
}

/// Buffers that serve one source after the other.
#[derive(Debug)]
pub struct Scratch {
    /// For no multapses.
    distinct: Distinct,
    gather: Gather,
    targets: Vec<u32>,
    watch: bool,
}

impl Scratch {
    pub fn new(site: &Site<'_>) -> Self {
        let multapses = site.spec.allow_multapses;
        Self {
            distinct: Distinct::new(if multapses { 0 } else { site.to.len() }),
            gather: Gather::default(),
            targets: Vec::new(),
            watch: !site.spec.allow_autapses && site.overlaps(),
        }
    }
}

/// The own synapses of source `s`.
pub fn source(site: &Site<'_>, degree: u32, s: u32, scratch: &mut Scratch, to: &mut impl Visitor) {
    let n = site.to.len();
    let multapses = site.spec.allow_multapses;
    let Scratch {
        distinct,
        gather,
        targets,
        watch,
    } = scratch;
    let watch = *watch;
    {
        let without = if watch { site.as_target(s) } else { None };
        let before = |t: u32| u64::from(t) - u64::from(without.is_some_and(|w| w < t));
        let unit = |node: u64| u64::from(s) << 32 | node;
        let dealing = Dealing {
            before: &before,
            multapses,
            stream: &|node| site.stream(unit(node)),
            wanted: &|lo, hi| site.owns_any(lo, hi),
            few: FEW,
        };
        let free = before(n);
        let degree = match multapses {
            true if free == 0 => 0,
            true => u64::from(degree),
            false => free.min(u64::from(degree)),
        };
        dealing.deal(0, n, degree, &mut |share| {
            let (lo, here) = (share.lo, share.hi - share.lo);
            let without = without.filter(|w| (lo..share.hi).contains(w));
            let mut stream = site.run(unit(share.node));
            let targets = if multapses {
                targets.clear();
                targets.resize(share.count as usize, 0);
                match without {
                    None => stream.fill_below(here, targets),
                    // The last stands for the one that is left out.
                    Some(w) => {
                        stream.fill_below(here - 1, targets);
                        for t in targets.iter_mut().filter(|t| **t == w - lo) {
                            *t = here - 1;
                        }
                    }
                }
                &mut *targets
            } else {
                let without = without.map(|w| w - lo);
                distinct.draw(&mut stream, here, share.count as u32, without)
            };
            for t in targets.iter_mut() {
                *t += lo;
            }
            if site.owns_all(lo, share.hi) {
                to.source(unit(share.node), s, targets);
            } else {
                gather.source(site, unit(share.node), s, targets, to);
            }
        });
    }
}
