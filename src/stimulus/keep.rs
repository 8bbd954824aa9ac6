//! Where trains stand: what has to be kept of them to go on, and how they are brought to a tick.
//!
//! What is a function of time alone is found again; what draws one number after the other keeps its
//! generator. Keys are those of the stimulus and of its elements, never of a shard.

use serde::{Deserialize, Serialize};

use super::gamma::Renewal;
use super::poisson::Gaps;
use super::train::Train;
use super::varying::Varying;
use crate::columns::{Group, Misfit, Part};
use crate::rng::Stream;

/// Which stimulus a train belongs to: a private one, or a source, by its number among the drives or the
/// populations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Of {
    pub drive: bool,
    pub number: u32,
}

impl Of {
    pub fn source(population: usize) -> Self {
        Self {
            drive: false,
            number: population as u32,
        }
    }

    pub fn drive(number: usize) -> Self {
        Self {
            drive: true,
            number: number as u32,
        }
    }

    /// Beginning of the names of its columns.
    pub fn prefix(self) -> String {
        let kind = if self.drive { "drive" } else { "source" };
        format!("{kind}.{}.", self.number)
    }
}

/// Words of a generator.
const WORDS: usize = 4;

/// Where a block of Poisson elements stands. Shards that share a block hold the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockState {
    /// First element.
    pub first: u32,
    pub generator: [u64; WORDS],
    pub piece: u64,
    pub tick: u64,
    /// Fraction of the tick, or what is still expected of it.
    pub rest: f64,
    pub next: Option<(u64, u32)>,
}

impl Train {
    /// Hands out where it stands, as a block or as columns.
    pub fn keep(&self, of: Of, to: &mut dyn crate::columns::Put) -> Option<BlockState> {
        match self {
            Self::Gaps(g) => Some(g.keep()),
            Self::Varying(v) => Some(v.keep()),
            Self::Renewal(r) => {
                r.keep(&mut Group::new(of.prefix(), to));
                None
            }
            Self::Packets(_) | Self::List { .. } | Self::Regular { .. } => None,
        }
    }

    /// Goes on after tick `t`, where it stood when it was kept. `block`: finds the state of the block
    /// that begins with an element.
    pub fn take_back(
        &mut self,
        t: u64,
        of: Of,
        from: &dyn crate::columns::Get,
        block: impl Fn(u32) -> Option<BlockState>,
    ) -> Result<(), Misfit> {
        let taken = match self {
            Self::Gaps(g) => block(g.first()).and_then(|state| g.take_back(t, state)),
            Self::Varying(v) => block(v.first()).and_then(|state| v.take_back(t, state)),
            Self::Renewal(r) => Some(r.take_back(t, &Part::new(of.prefix(), from))?),
            _ => None,
        };
        if taken.is_none() {
            // Found again from the beginning: what hangs on time alone, and what is not as it was.
            self.pass(t);
        }
        Ok(())
    }

    /// Passes over all events up to tick `t`, as if they had been taken.
    pub fn pass(&mut self, t: u64) {
        match self {
            Self::Packets(p) => p.pass(t),
            Self::List { events, at } => *at = events.partition_point(|e| e.0 <= t),
            Self::Regular { next, interval, .. } => {
                if *next <= t {
                    let steps = (t - *next) / (*interval).max(1) + 1;
                    *next = next.saturating_add(steps.saturating_mul(*interval));
                }
            }
            drawn => drawn.take_before(t.saturating_add(1), |_, _| {}),
        }
    }
}

impl BlockState {
    /// The piece that it stands in after tick `t`, if it is one of a block of `elements` over a course of so many
    /// pieces that end at `end`.
    fn piece_in(
        &self,
        t: u64,
        elements: u32,
        pieces: usize,
        end: impl Fn(usize) -> u64,
    ) -> Option<usize> {
        let piece = usize::try_from(self.piece).ok().filter(|p| *p < pieces)?;
        let (own, end) = (self.first..self.first + elements, end(piece));
        let next = |(tick, element): (u64, u32)| own.contains(&element) && t < tick && tick <= end;
        (self.tick <= end && self.next.is_none_or(next)).then_some(piece)
    }
}

impl Gaps {
    fn keep(&self) -> BlockState {
        BlockState {
            first: self.first(),
            generator: self.stream.words(),
            piece: self.piece as u64,
            tick: self.tick,
            rest: self.fraction,
            next: self.next,
        }
    }

    fn take_back(&mut self, t: u64, state: BlockState) -> Option<()> {
        let course = &self.course;
        let piece = state.piece_in(t, self.elements, course.pieces(), |p| course.end(p))?;
        if !(0.0..=1.0).contains(&state.rest) {
            return None;
        }
        self.stream = Stream::of_words(state.generator);
        (self.piece, self.tick, self.fraction) = (piece, state.tick, state.rest);
        self.next = state.next;
        self.enter_piece();
        Some(())
    }
}

impl Varying {
    fn keep(&self) -> BlockState {
        BlockState {
            first: self.first(),
            generator: self.stream.words(),
            piece: self.piece as u64,
            tick: self.tick,
            rest: self.left,
            next: self.next,
        }
    }

    fn take_back(&mut self, t: u64, state: BlockState) -> Option<()> {
        let course = &self.course;
        let piece = state.piece_in(t, self.elements, course.pieces(), |p| course.end(p))?;
        if state.rest.is_nan() || state.rest < 0.0 {
            return None;
        }
        self.stream = Stream::of_words(state.generator);
        (self.piece, self.tick, self.left) = (piece, state.tick, state.rest);
        self.next = state.next;
        Some(())
    }
}

impl Renewal {
    fn keep(&self, to: &mut Group<'_>) {
        let n = self.all.len();
        let (mut next, mut words) = (vec![0u64; n], Vec::with_capacity(WORDS * n));
        for std::cmp::Reverse((tick, k)) in &self.next {
            next[*k as usize] = *tick;
        }
        for p in &self.all {
            words.extend(p.stream.words());
        }
        let number = u64::from(self.first) * u64::from(self.n_proc);
        to.put("process", &(number..number + n as u64).collect::<Vec<_>>());
        // 0: it has no event any more.
        to.put("next", &next);
        to.put("generator", &words);
        let fractions: Vec<f64> = self.all.iter().map(|p| p.fraction).collect();
        to.put("fraction", &fractions);
    }

    fn take_back(&mut self, t: u64, from: &Part<'_>) -> Result<(), Misfit> {
        let process: Vec<u64> = from.all("process")?;
        let n = process.len();
        let next: Vec<u64> = from.range("next", 0, n)?;
        let words: Vec<u64> = from.range("generator", 0, n.saturating_mul(WORDS))?;
        let fraction: Vec<f64> = from.range("fraction", 0, n)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_unstable_by_key(|&i| process[i]);
        let first = u64::from(self.first) * u64::from(self.n_proc);
        self.next.clear();
        for (k, p) in self.all.iter_mut().enumerate() {
            let number = first + k as u64;
            let at = order.binary_search_by_key(&number, |&i| process[i]);
            let at = at.map(|i| order[i]).map_err(|_| {
                Misfit::Network(format!("it lacks gamma process {number} of a stimulus"))
            })?;
            let own: [u64; WORDS] = std::array::from_fn(|w| words[WORDS * at + w]);
            p.stream = Stream::of_words(own);
            p.fraction = fraction[at];
            if (1..=t).contains(&next[at]) {
                return Err(Misfit::Network(format!(
                    "the next event of gamma process {number} of a stimulus is in the past"
                )));
            }
            if next[at] > 0 && next[at] <= self.stop {
                self.next.push(std::cmp::Reverse((next[at], k as u32)));
            }
        }
        Ok(())
    }
}
