//! `fixed_indegree`: every target draws its sources. Unit: the target.

use super::sample::{Chosen, distinct};
use super::site::{Site, Visitor};
use crate::rng::Stream;

pub fn visit(site: &Site<'_>, degree: u32, to: &mut impl Visitor) {
    let mut draw = Sources::new(site);
    for t in site.own.iter().cloned().flatten() {
        to.unit(u64::from(t));
        let mut stream = site.stream(u64::from(t));
        draw.of(site, t, degree, &mut stream, |s| to.synapse(s, t, true));
    }
}

/// Draws the sources of one target, as the options of the statement allow.
pub(super) struct Sources {
    n: u32,
    distinct: bool,
    /// Autapses are forbidden and could occur.
    watch: bool,
    chosen: Chosen,
}

impl Sources {
    pub(super) fn new(site: &Site<'_>) -> Self {
        let distinct = !site.spec.allow_multapses;
        Self {
            n: site.from.len(),
            distinct,
            watch: !site.spec.allow_autapses && site.overlaps(),
            chosen: Chosen::new(if distinct { site.from.len() } else { 0 }),
        }
    }

    #[inline]
    pub(super) fn of(
        &mut self,
        site: &Site<'_>,
        target: u32,
        degree: u32,
        stream: &mut Stream,
        mut f: impl FnMut(u32),
    ) {
        let without = if self.watch {
            site.as_source(target)
        } else {
            None
        };
        if self.distinct {
            distinct(stream, &mut self.chosen, self.n, degree, without, f);
            return;
        }
        if self.n == 0 || (self.n == 1 && without.is_some()) {
            return;
        }
        for _ in 0..degree {
            let mut s = stream.below(self.n);
            while without == Some(s) {
                s = stream.below(self.n);
            }
            f(s);
        }
    }
}
