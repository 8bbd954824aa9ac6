//! What the targets of learning synapses remember of their own spikes.
//!
//! Learning waits until a spike arrives at the synapse, so a neuron keeps its spikes, with its traces,
//! until no synapse can ask for them any more. A ring per neuron lies in one arena; rings that are full
//! drop what is old, or move to a place of twice the size.

use super::decay::Decay;
use crate::neuron::real::Real;

/// The tick of what has never been.
pub const NEVER: i64 = i64::MIN / 4;

/// A spike of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Post<R> {
    pub tick: i64,
    /// The trace just after the spike.
    pub y: R,
    /// The second trace just before it, for rules that have one.
    pub z: R,
}

/// How traces of post spikes run.
#[derive(Clone, Debug)]
pub struct PostTraces<R> {
    pub y: Decay<R>,
    pub z: Option<Decay<R>>,
    /// Traces are set to 1 at a spike instead of rising by 1.
    pub nearest: bool,
}

/// What is looked at first: the last spikes, and where all are.
#[derive(Clone, Copy, Debug)]
pub struct Head<R> {
    pub last: Post<R>,
    /// Ticks of the two spikes before.
    pub before: i64,
    pub third: i64,
    /// First place of the ring in the arena.
    at: u32,
    /// Places: 2^`bits`.
    bits: u8,
    /// Oldest spike, as a place in the ring, and how many there are.
    oldest: u32,
    len: u32,
}

#[derive(Clone, Debug)]
pub struct History<R> {
    traces: PostTraces<R>,
    heads: Vec<Head<R>>,
    arena: Vec<Post<R>>,
    /// Rings that were left for larger ones, by `bits`.
    free: Vec<Vec<u32>>,
    /// Nobody asks for spikes before this tick any more.
    needed_from: i64,
}

/// Places of a new ring: 2^this.
const FIRST: u8 = 2;

impl<R: Real> History<R> {
    /// For `n` neurons that have not spiked.
    pub fn new(n: usize, traces: PostTraces<R>) -> Self {
        let none = Post {
            tick: NEVER,
            y: R::ZERO,
            z: R::ZERO,
        };
        let head = |i: usize| Head {
            last: none,
            before: NEVER,
            third: NEVER,
            at: (i << FIRST) as u32,
            bits: FIRST,
            oldest: 0,
            len: 0,
        };
        Self {
            traces,
            heads: (0..n).map(head).collect(),
            arena: vec![none; n << FIRST],
            free: vec![Vec::new(); 32],
            needed_from: NEVER,
        }
    }

    /// Spikes before `tick` may be dropped.
    pub fn forget_before(&mut self, tick: i64) {
        self.needed_from = tick;
    }

    pub fn heads(&self) -> &[Head<R>] {
        &self.heads
    }

    pub fn decay(&self) -> &Decay<R> {
        &self.traces.y
    }

    pub fn bytes(&self) -> usize {
        self.heads.len() * size_of::<Head<R>>() + self.arena.len() * size_of::<Post<R>>()
    }

    /// Neuron `i` spikes.
    pub fn push(&mut self, i: usize, tick: i64) {
        let one = R::of_count(1);
        let head = self.heads[i];
        let since = tick - head.last.tick;
        let y = match self.traces.nearest {
            true => one,
            false => head.last.y * self.traces.y.after(since) + one,
        };
        let z = match &self.traces.z {
            Some(_) if head.last.tick == NEVER => R::ZERO,
            Some(decay) if self.traces.nearest => decay.after(since),
            Some(decay) => (head.last.z + one) * decay.after(since),
            None => R::ZERO,
        };
        if head.len == 1 << head.bits {
            self.make_room(i);
        }
        let head = &mut self.heads[i];
        let post = Post { tick, y, z };
        let place = (head.oldest + head.len) & ((1 << head.bits) - 1);
        self.arena[(head.at + place) as usize] = post;
        head.len += 1;
        head.third = head.before;
        head.before = head.last.tick;
        head.last = post;
    }

    /// Drops what nobody needs; if that is nothing, the ring moves.
    #[cold]
    fn make_room(&mut self, i: usize) {
        let head = &mut self.heads[i];
        let mask = (1 << head.bits) - 1;
        while head.len > 0 && self.arena[(head.at + head.oldest) as usize].tick < self.needed_from {
            head.oldest = (head.oldest + 1) & mask;
            head.len -= 1;
        }
        // A ring that stays nearly full would be tidied at every spike.
        if head.len <= 3 << head.bits >> 2 {
            return;
        }
        let (old, bits) = (*head, head.bits + 1);
        let at = self.free[bits as usize].pop().unwrap_or_else(|| {
            let at = self.arena.len() as u32;
            let none = self.arena[0];
            self.arena.resize(self.arena.len() + (1 << bits), none);
            at
        });
        for k in 0..old.len {
            self.arena[(at + k) as usize] =
                self.arena[(old.at + ((old.oldest + k) & mask)) as usize];
        }
        self.free[old.bits as usize].push(old.at);
        let head = &mut self.heads[i];
        (head.at, head.bits, head.oldest) = (at, bits, 0);
    }

    /// Spikes before this tick may have been dropped.
    pub fn needed_from(&self) -> i64 {
        self.needed_from
    }

    /// The spikes of a neuron that are still there, the oldest first.
    pub fn spikes<'a>(&'a self, head: &'a Head<R>) -> impl Iterator<Item = &'a Post<R>> {
        (0..head.len).rev().filter_map(|k| self.back(head, k))
    }

    /// Puts a neuron in the state in which it was left: its last spikes, and all that are still there.
    pub fn put_back(
        &mut self,
        i: usize,
        last: Post<R>,
        [before, third]: [i64; 2],
        all: &[Post<R>],
    ) {
        let head = &mut self.heads[i];
        (head.last, head.before, head.third) = (last, before, third);
        (head.oldest, head.len) = (0, all.len() as u32);
        while all.len() > 1 << head.bits {
            head.bits += 1;
        }
        if head.bits > FIRST {
            self.free[FIRST as usize].push(head.at);
            head.at = self.arena.len() as u32;
            let none = Post {
                tick: NEVER,
                y: R::ZERO,
                z: R::ZERO,
            };
            self.arena.resize(self.arena.len() + (1 << head.bits), none);
        }
        let at = head.at as usize;
        self.arena[at..at + all.len()].copy_from_slice(all);
    }

    /// The k-th of the spikes of a neuron that are still there, counted from the last one.
    #[inline(always)]
    pub fn back(&self, head: &Head<R>, k: u32) -> Option<&Post<R>> {
        if k >= head.len {
            return None;
        }
        let place = (head.oldest + head.len - 1 - k) & ((1 << head.bits) - 1);
        Some(&self.arena[(head.at + place) as usize])
    }

    /// How many of the last spikes lie after `upper`, and how many after `lower`.
    #[inline]
    pub fn range(&self, head: &Head<R>, lower: i64, upper: i64) -> (u32, u32) {
        let mut k = 0;
        while self.back(head, k).is_some_and(|p| p.tick > upper) {
            k += 1;
        }
        let newer = k;
        while self.back(head, k).is_some_and(|p| p.tick > lower) {
            k += 1;
        }
        (newer, k)
    }

    /// The trace of a neuron just before `tick`.
    #[inline]
    pub fn trace_before(&self, head: &Head<R>, tick: i64) -> R {
        let mut k = 0;
        while let Some(post) = self.back(head, k) {
            if post.tick < tick {
                return post.y * self.traces.y.after(tick - post.tick);
            }
            k += 1;
        }
        R::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a list of all spikes: what is asked for of the time that is needed is there.
        #[test]
        fn spikes_that_are_needed_are_there_with_their_traces(
            steps in prop::collection::vec((0usize..3, 1i64..40), 1..300),
        ) {
            let decay = |tau| Decay::<f64>::new(tau, 0.1);
            let traces = PostTraces { y: decay(2.0), z: Some(decay(5.0)), nearest: false };
            let mut history = History::new(3, traces);
            let mut all: Vec<Vec<i64>> = vec![Vec::new(); 3];
            let mut tick = 0;
            for (i, step) in steps {
                tick += step;
                history.push(i, tick);
                all[i].push(tick);
                // As long as traces last.
                let from = tick - 801;
                history.forget_before(from);
                let head = history.heads()[i];
                let after = all[i].iter().filter(|t| **t > from).count() as u32;
                let (newer, older) = history.range(&head, from, tick - 1);
                prop_assert_eq!((newer, older), (1, after));
                let sum = |tau: f64, before: i64| -> f64 {
                    let lags = all[i].iter().filter(|t| **t < before).map(|t| before - t);
                    lags.map(|k| (-(k as f64) * 0.1 / tau).exp()).sum()
                };
                prop_assert!((history.trace_before(&head, tick) - sum(2.0, tick)).abs() < 1e-12);
                prop_assert!((history.back(&head, 0).unwrap().z - sum(5.0, tick)).abs() < 1e-12);
            }
        }
    }
}
