//! Makers of rows that are not held, for rules that draw by source.

use super::connect::batch::{Batch, Visitor};
use super::connect::site::Site;
use super::connect::{fixed_outdegree, most_per_target};
use super::placing::{Finder, Place};
use super::spec::{Delay, ProjectionSpec, Rule, Values, Weight};
use crate::synapse::procedural::MakeRow;

/// Why the rows of a statement cannot be made anew at each spike.
pub(super) fn no_procedure(p: &ProjectionSpec) -> Option<&'static str> {
    if !matches!(p.rule, Rule::FixedOutdegree(_) | Rule::AllToAll) {
        return Some(
            "rows can be made anew only by rules that draw by source: fixed_outdegree and all_to_all",
        );
    }
    if !matches!(&p.weight, Weight::Values(Values::Constant(_))) {
        return Some("synapses that are made anew have one weight");
    }
    if !matches!(p.delay, Delay::Ticks(_)) {
        return Some("synapses that are made anew have one delay");
    }
    let most = most_per_target(&p.rule, p.sources(), p.allow_multapses);
    (most == u64::MAX).then_some("nothing bounds what a target gets")
}

/// Draws the row of a source of one statement.
pub(super) struct Maker {
    site: Site<'static>,
    places: Vec<Place>,
    scratch: fixed_outdegree::Scratch,
    /// Index of the first element of each run of sources: (global id, length, index).
    runs: Vec<(u32, u32, u32)>,
}

impl Maker {
    pub(super) fn new(site: Site<'static>, places: Vec<Place>) -> Self {
        let mut at = 0;
        let runs = site
            .from
            .runs()
            .into_iter()
            .map(|(id, len)| {
                let run = (id, len, at);
                at += len;
                run
            })
            .collect();
        Self {
            scratch: fixed_outdegree::Scratch::new(&site),
            runs,
            site,
            places,
        }
    }
}

/// Collects slots.
struct Row<'a> {
    finder: Finder<'a>,
    slots: &'a mut Vec<u32>,
}

impl Visitor for Row<'_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        for i in 0..batch.len {
            self.slots.push(self.finder.slot(batch.targets.get(i)));
        }
    }
}

impl MakeRow for Maker {
    fn row(&mut self, source: u32, slots: &mut Vec<u32>) {
        let Self {
            site,
            places,
            scratch,
            runs,
        } = self;
        if places.is_empty() {
            return;
        }
        // A slice may name a source that another one names too: each has synapses of its own.
        for &(id, len, first) in runs.iter() {
            let at = source.wrapping_sub(id);
            if at >= len {
                continue;
            }
            let mut row = Row {
                finder: Finder::new(places),
                slots,
            };
            match site.spec.rule {
                Rule::FixedOutdegree(degree) => {
                    fixed_outdegree::source(site, degree, first + at, scratch, &mut row);
                }
                _ => {
                    let watch = !site.spec.allow_autapses && site.overlaps();
                    for t in site.own.iter().cloned().flatten() {
                        if !(watch && site.autapse(first + at, t)) {
                            row.slots.push(row.finder.slot(t));
                        }
                    }
                }
            }
        }
    }
}
