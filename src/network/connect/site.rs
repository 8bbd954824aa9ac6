//! Where a connection statement is carried out: its two sides, and which targets are ours.

use super::batch::End;
use super::graph::Graph;
use std::sync::Arc;

use crate::network::space::Space;
use crate::network::spec::{ProjectionSpec, Slice};
use crate::rng::numbered::{Numbered, Run};
use crate::rng::{Domain, Stream};

/// A list of slices as one range of indices.
#[derive(Clone, Debug)]
pub struct Side {
    parts: Vec<Part>,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    /// First index of the part within the side.
    first: u32,
    len: u32,
    /// Global id of its first element.
    id: u32,
}

impl Side {
    pub fn new(slices: &[Slice], offsets: &[u64]) -> Self {
        let mut first = 0;
        let parts = slices
            .iter()
            .map(|s| {
                let part = Part {
                    first,
                    len: s.len(),
                    id: offsets[s.population] as u32 + s.start,
                };
                first += s.len();
                part
            })
            .collect();
        Self { parts, len: first }
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    /// The range of global ids in which all elements lie.
    pub fn span(&self) -> std::ops::Range<u32> {
        let start = self.parts.iter().map(|p| p.id).min().unwrap_or(0);
        let end = self.parts.iter().map(|p| p.id + p.len).max();
        start..end.unwrap_or(start)
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Global id of index `i`.
    #[inline(always)]
    pub fn id(&self, i: u32) -> u32 {
        if let [only] = self.parts[..] {
            return only.id + i;
        }
        let k = self.parts.partition_point(|p| p.first <= i) - 1;
        self.parts[k].id + (i - self.parts[k].first)
    }

    /// Global id of the first element and length of each slice, in order.
    pub fn runs(&self) -> Vec<(u32, u32)> {
        self.parts.iter().map(|p| (p.id, p.len)).collect()
    }

    /// Global ids of an end of a batch.
    pub fn ids(&self, end: End<'_>, out: &mut [u32]) {
        match (end, &self.parts[..]) {
            (End::One(i), _) => out.fill(self.id(i)),
            (End::Each(all), [only]) => {
                for (id, &i) in out.iter_mut().zip(all) {
                    *id = only.id + i;
                }
            }
            (End::Each(all), _) => {
                for (id, &i) in out.iter_mut().zip(all) {
                    *id = self.id(i);
                }
            }
        }
    }

    /// Ranges of indices whose global ids lie in `ids`, in the order of the side.
    pub fn within(&self, ids: &std::ops::Range<u32>) -> Vec<std::ops::Range<u32>> {
        self.parts
            .iter()
            .filter_map(|p| {
                let lo = ids.start.max(p.id);
                let hi = ids.end.min(p.id + p.len);
                (lo < hi).then(|| p.first + (lo - p.id)..p.first + (hi - p.id))
            })
            .collect()
    }
}

/// A statement as one shard carries it out.
pub struct Site<'a> {
    pub seed: u64,
    /// Number of the statement: part of the key of every draw.
    pub index: u64,
    pub spec: Arc<ProjectionSpec>,
    pub from: Side,
    pub to: Side,
    /// The targets that belong to this shard, as ranges of indices into `to`.
    pub own: Vec<std::ops::Range<u32>>,
    /// Where both sides are, if anything in the statement depends on it.
    pub space: Option<Space<'a>>,
    /// What was grown before the shards were built, for rules that need it.
    pub graph: Option<&'a Graph>,
}

impl Site<'_> {
    /// The same without what only building needs: positions and graphs.
    pub fn alone(&self) -> Site<'static> {
        Site {
            seed: self.seed,
            index: self.index,
            spec: self.spec.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            own: self.own.clone(),
            space: None,
            graph: None,
        }
    }

    /// The stream that decides who is connected, for unit `unit` (a target, a source, or the whole).
    pub fn stream(&self, unit: u64) -> Stream {
        Stream::new(self.seed, Domain::Connectivity, self.index, unit)
    }

    /// The same for rules that draw many numbers at once.
    pub fn run(&self, unit: u64) -> Stream<Run> {
        Numbered::new(self.seed, Domain::Connectivity, self.index).unit(unit)
    }

    #[inline(always)]
    pub fn owns(&self, target: u32) -> bool {
        self.own.iter().any(|r| r.contains(&target))
    }

    #[inline(always)]
    pub fn autapse(&self, source: u32, target: u32) -> bool {
        self.from.id(source) == self.to.id(target)
    }

    /// Is any neuron on both sides?
    pub fn overlaps(&self) -> bool {
        self.from.parts.iter().any(|a| {
            self.to
                .parts
                .iter()
                .any(|b| a.id < b.id + b.len && b.id < a.id + a.len)
        })
    }

    /// Are all targets of this range own?
    pub fn owns_all(&self, lo: u32, hi: u32) -> bool {
        self.own.iter().any(|r| r.start <= lo && hi <= r.end)
    }

    /// Does any own target lie in this range?
    pub fn owns_any(&self, lo: u32, hi: u32) -> bool {
        self.own.iter().any(|r| r.start < hi && lo < r.end)
    }

    /// Index into `to` of the neuron that is source `source`, if it is there.
    pub fn as_target(&self, source: u32) -> Option<u32> {
        let id = self.from.id(source);
        self.to.within(&(id..id + 1)).first().map(|r| r.start)
    }

    /// Targets that are sources as well, as ranges of indices into `to`.
    pub fn both(&self) -> Vec<std::ops::Range<u32>> {
        let ids = self.from.parts.iter().map(|p| p.id..p.id + p.len);
        ids.flat_map(|ids| self.to.within(&ids)).collect()
    }

    /// Index into `from` of the neuron that is target `target`, if it is there.
    pub fn as_source(&self, target: u32) -> Option<u32> {
        let id = self.to.id(target);
        self.from
            .parts
            .iter()
            .find(|p| id >= p.id && id < p.id + p.len)
            .map(|p| p.first + (id - p.id))
    }
}
