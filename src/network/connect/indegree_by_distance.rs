//! `fixed_indegree` with a kernel: every target draws its sources, each in proportion to the kernel
//! at its distance. Unit: the target.
//!
//! A draw chooses a group of sources (`Cells::cover`) by size × bound, a source in it evenly, and
//! takes it with probability kernel / bound; else the draw is repeated. Without multapses sources
//! that are chosen already are refused in the same way, so each draw is among the others in
//! proportion to the kernel, as in NEST. When refusals pile up (few sources are left, or the kernel
//! is far below its bounds) the rest is drawn from the full list of kernel values. The number of
//! refusals tells nothing about which source comes next, so the change of method changes no
//! distribution.

use super::batch::Visitor;
use super::sample::Chosen;
use super::site::Site;
use crate::network::space::{Cells, Cover, Kernel, Space};
use crate::rng::Stream;

/// Groups are not split below this size × bound.
const FINE: f64 = 0.5;
/// Refusals after which the full list is made.
const PATIENCE: u32 = 1000;

pub fn visit(site: &Site<'_>, indegree: u32, kernel: &Kernel, to: &mut impl Visitor) {
    let Some(space) = &site.space else {
        return;
    };
    if site.own.is_empty() {
        return;
    }
    let watch = !site.spec.allow_autapses && site.overlaps();
    let mut draw = Draw {
        cells: Cells::new(&space.from, space.period),
        kernel,
        distinct: !site.spec.allow_multapses,
        chosen: Chosen::new(space.from.len()),
        groups: Vec::new(),
        upto: Vec::new(),
    };
    let mut sources = Vec::new();
    for t in site.own.iter().cloned().flatten() {
        sources.clear();
        let mut stream = site.stream(u64::from(t));
        let without = if watch { site.as_source(t) } else { None };
        draw.of(space, t, indegree, without, &mut stream, |s| {
            sources.push(s);
        });
        to.target(u64::from(t), t, &sources);
    }
}

struct Draw<'a> {
    cells: Cells,
    kernel: &'a Kernel,
    distinct: bool,
    /// Sources that cannot be drawn (again).
    chosen: Chosen,
    /// Groups of the target at hand, and the sums of size × bound up to each.
    groups: Vec<Cover>,
    upto: Vec<f64>,
}

impl Draw<'_> {
    fn of(
        &mut self,
        space: &Space<'_>,
        target: u32,
        indegree: u32,
        without: Option<u32>,
        stream: &mut Stream,
        mut f: impl FnMut(u32),
    ) {
        let x = *space.to.at(target);
        self.chosen.clear();
        if let Some(w) = without {
            self.chosen.insert(w);
        }
        self.groups.clear();
        self.upto.clear();
        let (groups, upto) = (&mut self.groups, &mut self.upto);
        let mut sum = 0.0;
        self.cells.cover(&x, self.kernel, FINE, |c| {
            sum += f64::from(c.end - c.start) * c.bound;
            groups.push(c);
            upto.push(sum);
        });
        let (mut left, mut refusals) = (indegree, 0);
        while left > 0 && refusals < PATIENCE && sum > 0.0 {
            let at = stream.unit() * sum;
            let g = self.upto.partition_point(|&u| u <= at);
            let group = self.groups[g.min(self.groups.len() - 1)];
            let place = group.start + stream.below(group.end - group.start);
            let s = self.cells.source(place);
            let taken = group.flat
                || stream.unit() * group.bound < self.kernel.at(self.cells.distance(place, &x));
            if !taken || self.chosen.contains(s) {
                refusals += 1;
                continue;
            }
            if self.distinct {
                self.chosen.insert(s);
            }
            f(s);
            left -= 1;
        }
        if left > 0 {
            self.rest(space, target, left, stream, f);
        }
    }

    /// The same draws from the list of all sources.
    fn rest(
        &self,
        space: &Space<'_>,
        target: u32,
        left: u32,
        stream: &mut Stream,
        mut f: impl FnMut(u32),
    ) {
        let free = (0..space.from.len())
            .filter(|&s| !self.chosen.contains(s))
            .map(|s| (s, self.kernel.at(space.distance(s, target))))
            .filter(|&(_, k)| k > 0.0);
        if self.distinct {
            // Drawing without replacement in proportion to k is taking the smallest of exponential
            // times with rates k (Efraimidis & Spirakis 2006, Inf. Process. Lett. 97:181).
            let mut times: Vec<(f64, u32)> =
                free.map(|(s, k)| (stream.exponential() / k, s)).collect();
            times.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            times.iter().take(left as usize).for_each(|&(_, s)| f(s));
            return;
        }
        let mut sum = 0.0;
        let upto: Vec<(f64, u32)> = free
            .map(|(s, k)| {
                sum += k;
                (sum, s)
            })
            .collect();
        let Some(last) = upto.len().checked_sub(1) else {
            return;
        };
        for _ in 0..left {
            let at = stream.unit() * sum;
            f(upto[upto.partition_point(|u| u.0 <= at).min(last)].1);
        }
    }
}

/// The first target in whose reach there are fewer sources than it must draw, and how many there
/// are. `itself`: is this target a source that it may not choose?
pub fn first_without_sources(
    space: &Space<'_>,
    kernel: &Kernel,
    wanted: u32,
    itself: impl Fn(u32) -> bool,
) -> Option<(u32, u32)> {
    let cells = Cells::new(&space.from, space.period);
    (0..space.to.len()).find_map(|t| {
        // A neuron always lies within its own reach.
        let itself = u32::from(itself(t));
        let enough = wanted.saturating_add(itself);
        let found = cells.reached(space.to.at(t), kernel, enough);
        (found < enough).then(|| (t, found.saturating_sub(itself)))
    })
}
