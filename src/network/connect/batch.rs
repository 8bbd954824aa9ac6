//! Synapses on their way from a rule to a visitor: some hundred at a time, as columns.

use super::site::Site;
use crate::rng::numbered::{GROUP, Numbers};

/// Synapses of a batch, at most: their columns stay in the innermost cache.
pub const BATCH: usize = 16 * GROUP;

/// One end of the synapses of a batch, as indices into a side.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    One(u32),
    Each(&'a [u32]),
}

impl End<'_> {
    #[inline(always)]
    pub fn get(&self, i: usize) -> u32 {
        match self {
            Self::One(index) => *index,
            Self::Each(all) => all[i],
        }
    }
}

/// Synapses of one unit whose targets are all own.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub unit: u64,
    /// Numbers of the synapses within their unit. Weights and delays are drawn by unit and number, so
    /// they are the same whoever makes the synapse, and whatever other synapses are made.
    pub numbers: Numbers<'a>,
    pub sources: End<'a>,
    pub targets: End<'a>,
    pub len: usize,
}

/// Takes the synapses that a rule makes. Rules come in *units*: all synapses of one target, of one
/// source, or of a part of the statement.
pub trait Visitor {
    /// At most `BATCH` synapses.
    fn batch(&mut self, batch: &Batch<'_>);

    /// All synapses of a unit that belong to one own target.
    fn target(&mut self, unit: u64, target: u32, sources: &[u32]) {
        for (first, part) in (0..).step_by(BATCH).zip(sources.chunks(BATCH)) {
            self.batch(&Batch {
                unit,
                numbers: Numbers::From(first),
                sources: End::Each(part),
                targets: End::One(target),
                len: part.len(),
            });
        }
    }

    /// All synapses of a unit that come from one source, to own targets.
    fn source(&mut self, unit: u64, source: u32, targets: &[u32]) {
        for (first, part) in (0..).step_by(BATCH).zip(targets.chunks(BATCH)) {
            self.batch(&Batch {
                unit,
                numbers: Numbers::From(first),
                sources: End::One(source),
                targets: End::Each(part),
                len: part.len(),
            });
        }
    }
}

/// Gathers the own ones among the synapses of a unit that come in any order.
#[derive(Debug, Default)]
pub struct Gather {
    unit: u64,
    /// Number of the next synapse.
    next: u32,
    numbers: Vec<u32>,
    sources: Vec<u32>,
    targets: Vec<u32>,
}

impl Gather {
    /// Begins a unit, after handing over what is left of the one before.
    pub fn unit(&mut self, unit: u64, to: &mut impl Visitor) {
        self.flush(to);
        self.unit = unit;
        self.next = 0;
    }

    /// The next synapse of the unit; `own`: does its target belong to this shard?
    #[inline(always)]
    pub fn synapse(&mut self, source: u32, target: u32, own: bool, to: &mut impl Visitor) {
        if own {
            self.push(self.next, source, target, to);
        }
        self.next += 1;
    }

    /// An own synapse with its unit and number.
    #[inline(always)]
    pub fn at(&mut self, unit: u64, number: u32, source: u32, target: u32, to: &mut impl Visitor) {
        if unit != self.unit {
            self.unit(unit, to);
        }
        self.push(number, source, target, to);
    }

    #[inline(always)]
    fn push(&mut self, number: u32, source: u32, target: u32, to: &mut impl Visitor) {
        if self.numbers.len() == BATCH {
            self.flush(to);
        }
        self.numbers.push(number);
        self.sources.push(source);
        self.targets.push(target);
    }

    /// Those of the synapses of a source, as one unit, whose targets are own.
    pub fn source(
        &mut self,
        site: &Site<'_>,
        unit: u64,
        source: u32,
        targets: &[u32],
        to: &mut impl Visitor,
    ) {
        self.unit(unit, to);
        for &t in targets {
            self.synapse(source, t, site.owns(t), to);
        }
        self.flush(to);
    }

    /// Hands over what has come so far.
    pub fn flush(&mut self, to: &mut impl Visitor) {
        if !self.numbers.is_empty() {
            to.batch(&Batch {
                unit: self.unit,
                numbers: Numbers::Each(&self.numbers),
                sources: End::Each(&self.sources),
                targets: End::Each(&self.targets),
                len: self.numbers.len(),
            });
        }
        self.numbers.clear();
        self.sources.clear();
        self.targets.clear();
    }
}
