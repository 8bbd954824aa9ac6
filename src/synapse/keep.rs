//! What learning synapses have to keep, and how it comes back on any number of shards.
//!
//! Synapses are kept by target: (target, source, delay, place in the row). So a range of targets is a
//! range of the columns, however many shards there are, and rows need not be kept: the network is built
//! anew and its synapses take their values back in that order. In-degrees, and where synapses come from,
//! tell whether it is the same network. Weights and what is the synapses' own are raw, as the last arrival left them.
//!
//! Bringing rows into that order costs a buffer, so it is done for some targets at a time (`PART`).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::column::Column;
use super::learner::Learner;
use crate::columns::{Group, Misfit, Number, Part, Put};
use crate::neuron::real::Real;
use crate::plasticity::eligibility::Level;
use crate::plasticity::history::Post;
use crate::plasticity::source::{Flight, Source};

/// Synapses that are brought into order at a time, at least; and the share of all, at least.
const PART: u64 = 1 << 22;
const SHARE: u64 = 16;
/// Values that are handed out at a time.
const PIECE: usize = 1 << 16;

/// What a statement keeps once, whatever the number of shards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Common {
    /// Sources with synapses anywhere, by id.
    pub sources: Vec<(u32, Source)>,
    /// Spikes under way, by (tick, source).
    pub flights: Vec<Flight>,
    pub level: Level,
    pub next_settling: u64,
    /// Spikes of targets before this tick may have been dropped.
    pub needed_from: i64,
    /// Sources that a shard has told already. Filled and emptied while a state is put together.
    #[serde(skip)]
    told: Vec<bool>,
}

impl Common {
    /// After the last shard.
    pub fn finish(&mut self) {
        self.told = Vec::new();
        self.sources.sort_by_key(|s| s.0);
        self.flights.sort_by_key(|f| (f.tick, f.source));
    }
}

/// Beginning of the names of a statement's columns.
pub fn prefix(statement: usize) -> String {
    format!("projection.{statement}.")
}

/// Names of the columns of what is the synapses' own.
const OWN: [&str; 2] = ["own", "own2"];

/// Targets with synapses of a statement, in a shard: ranges of ids and the slot of the first of each.
#[derive(Clone, Debug, Default)]
pub struct TargetIds {
    ranges: Vec<(Range<u32>, usize)>,
    /// Those without a synapse have been left out.
    narrowed: bool,
}

impl TargetIds {
    /// From ranges in any order, which may overlap where a population is named twice.
    pub fn new(mut ranges: Vec<(Range<u32>, usize)>) -> Self {
        ranges.sort_by_key(|(ids, _)| ids.start);
        let mut all: Vec<(Range<u32>, usize)> = Vec::new();
        for (ids, slot) in ranges {
            let from = all.last().map_or(0, |(last, _)| last.end).max(ids.start);
            if from < ids.end {
                all.push((from..ids.end, slot + (from - ids.start) as usize));
            }
        }
        Self {
            ranges: all,
            narrowed: false,
        }
    }

    /// Those of which there is a synapse, by their in-degrees.
    fn narrowed(&self, degrees: &[u32]) -> Self {
        let mut ranges: Vec<(Range<u32>, usize)> = Vec::new();
        for ((id, slot), _) in (self.ids().zip(self.slots()).zip(degrees)).filter(|(_, d)| **d > 0)
        {
            match ranges.last_mut() {
                Some((ids, first)) if ids.end == id && *first + ids.len() == slot => {
                    ids.end = id + 1
                }
                _ => ranges.push((id..id + 1, slot)),
            }
        }
        Self {
            ranges,
            narrowed: true,
        }
    }

    fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(ids, _)| ids.clone())
    }

    fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        let slots = |(ids, slot): &(Range<u32>, usize)| *slot..*slot + ids.len();
        self.ranges.iter().flat_map(slots)
    }
}

/// The targets of a learner in the order of ids.
struct Targets {
    degrees: Vec<u32>,
    origins: Vec<u64>,
    /// By place in the history.
    target_of: Vec<u32>,
}

impl<R: Real> Learner<R> {
    /// Leaves out targets without a synapse. A shard in which no target has one has no learner that could
    /// tell of them, and columns must be the same however many shards there are.
    fn narrow(&mut self) {
        if !self.target_ids.narrowed {
            self.target_ids = self.target_ids.narrowed(&self.targets().degrees);
        }
    }

    /// In-degree of each target, a number that tells where its synapses come from, and the target (counted
    /// in the shard) of each place in `history`.
    fn targets(&self) -> Targets {
        let slots: Vec<usize> = self.target_ids.slots().collect();
        let places = slots.iter().map(|s| s - self.first_slot + 1).max();
        let mut target_of = vec![u32::MAX; places.unwrap_or(0)];
        for (k, slot) in slots.iter().enumerate() {
            target_of[slot - self.first_slot] = k as u32;
        }
        let mut degrees = vec![0u32; slots.len()];
        let mut origins = vec![0u64; slots.len()];
        for source in 0..self.sources.len() {
            self.rows.each_segment(source, |delay, start, len, block| {
                for k in start as usize..start as usize + len as usize {
                    let place = self.targets.get(k, block) - self.first_slot;
                    let target = target_of[place] as usize;
                    degrees[target] += 1;
                    let from = (source as u64) << 32 ^ delay;
                    let mixed =
                        (origins[target].rotate_left(5) ^ from).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    origins[target] = mixed;
                }
            });
        }
        Targets {
            degrees,
            origins,
            target_of,
        }
    }

    /// Calls `f` with the number of every synapse and the place of its target, by source and delay.
    fn each_synapse(&self, mut f: impl FnMut(usize, usize)) {
        for source in 0..self.sources.len() {
            self.rows.each_segment(source, |_, start, len, block| {
                for k in start as usize..start as usize + len as usize {
                    f(k, self.targets.get(k, block) - self.first_slot);
                }
            });
        }
    }

    /// Cuts targets into parts of some synapses each and calls `f` with the numbers of a part's synapses in
    /// the order in which they are kept, the first of which is the given one among those of the shard.
    fn each_part(
        &self,
        of: &Targets,
        mut f: impl FnMut(u64, &[u64]) -> Result<(), Misfit>,
    ) -> Result<(), Misfit> {
        let Targets {
            degrees, target_of, ..
        } = of;
        let all: u64 = degrees.iter().map(|&d| u64::from(d)).sum();
        let most = PART.max(all / SHARE);
        let mut parts: Vec<(Range<usize>, u64)> = Vec::new();
        for (target, degree) in degrees.iter().map(|&d| u64::from(d)).enumerate() {
            match parts.last_mut() {
                Some((targets, n)) if *n + degree <= most => {
                    targets.end = target + 1;
                    *n += degree;
                }
                _ => parts.push((target..target + 1, degree)),
            }
        }
        // Given back to the system at the end, which an allocator would not do with a block of some megabytes.
        let longest = parts.iter().map(|p| p.1).max().unwrap_or(0);
        let mut numbers = Column::<u64>::zeroed(longest as usize);
        let mut next: Vec<u64> = Vec::new();
        let mut first = 0;
        for (targets, n) in parts {
            next.clear();
            let mut before = 0;
            for &degree in &degrees[targets.clone()] {
                next.push(before);
                before += u64::from(degree);
            }
            self.each_synapse(|k, place| {
                let target = target_of[place] as usize;
                if targets.contains(&target) {
                    let at = &mut next[target - targets.start];
                    numbers[*at as usize] = k as u64;
                    *at += 1;
                }
            });
            f(first, &numbers[..n as usize])?;
            first += n;
        }
        Ok(())
    }

    /// Hands out the state at the end of tick `t`, by which everything has arrived and been told.
    pub fn keep(&mut self, t: u64, common: &mut Common, to: &mut dyn Put) {
        self.narrow();
        self.keep_common(t, common);
        let mut to = Group::new(prefix(self.statement), to);
        let targets = self.targets();
        to.put("target", &self.target_ids.ids().collect::<Vec<u32>>());
        to.put("indegree", &targets.degrees);
        to.put("origin", &targets.origins);
        let mut values: Vec<R> = Vec::new();
        // Columns are as long as the synapses are many, so that nothing can be amiss.
        let _ = self.each_part(&targets, |_, numbers| {
            let mut put = |name: &str, all: &[R]| {
                for piece in numbers.chunks(PIECE) {
                    values.clear();
                    values.extend(piece.iter().map(|&k| all[k as usize]));
                    to.put(name, &values);
                }
            };
            put("weight", &self.weights);
            for (name, own) in OWN.iter().zip(&self.own) {
                if !own.is_empty() {
                    put(name, own);
                }
            }
            Ok(())
        });
        if self.learns() {
            self.keep_history(&mut to);
        }
        if let Some(gains) = &mut self.gains {
            gains.reach(t as i64);
            let places = self.target_ids.slots().map(|s| s - self.first_slot);
            let kept: Vec<(f64, f64, i64)> = places.map(|i| gains.kept(i)).collect();
            to.put("gain", &kept.iter().map(|k| k.0).collect::<Vec<f64>>());
            to.put(
                "gain.state",
                &kept.iter().map(|k| k.1).collect::<Vec<f64>>(),
            );
            to.put("gain.tick", &kept.iter().map(|k| k.2).collect::<Vec<i64>>());
        }
    }

    /// Shards know the same of a source that has synapses in several of them: the first one tells.
    fn keep_common(&self, t: u64, common: &mut Common) {
        common.told.resize(self.sources.len(), false);
        let since = t as i64 - self.longest as i64;
        for (_, flight) in self.flights.iter() {
            if flight.tick > since && !common.told[flight.source as usize] {
                common.flights.push(*flight);
            }
        }
        for (id, source) in self.sources.iter().enumerate() {
            if !self.rows.is_row_empty(id) && !std::mem::replace(&mut common.told[id], true) {
                common.sources.push((id as u32, *source));
            }
        }
        common.level = self.level.clone();
        common.next_settling = self.next_settling;
        common.needed_from = self.history.needed_from();
    }

    fn keep_history(&self, to: &mut Group<'_>) {
        let (mut ticks, mut len) = (Vec::new(), Vec::new());
        let (mut y, mut z) = (Vec::new(), Vec::new());
        let mut last: [Vec<i64>; 3] = Default::default();
        let mut traces: [Vec<R>; 2] = Default::default();
        for slot in self.target_ids.slots() {
            let head = &self.history.heads()[slot - self.first_slot];
            for (all, tick) in last
                .iter_mut()
                .zip([head.last.tick, head.before, head.third])
            {
                all.push(tick);
            }
            traces[0].push(head.last.y);
            traces[1].push(head.last.z);
            let from = ticks.len();
            for post in self.history.spikes(head) {
                ticks.push(post.tick);
                y.push(post.y);
                z.push(post.z);
            }
            len.push((ticks.len() - from) as u32);
        }
        for (name, all) in LAST.iter().zip(&last) {
            to.put(name, all);
        }
        to.put("post.y", &traces[0]);
        to.put("post.z", &traces[1]);
        to.put("spikes", &len);
        to.put("spike.tick", &ticks);
        to.put("spike.y", &y);
        to.put("spike.z", &z);
    }

    /// The way back of `keep`. The learner is as it was built.
    pub fn take_back(&mut self, common: &Common, from: &Part<'_>) -> Result<(), Misfit> {
        self.take_weights(from)?;
        let Some((first, n)) = self.own_targets(from)? else {
            return Ok(());
        };
        let targets = self.targets();
        let synapses = self.first_synapse(from, first)?;
        for (which, name) in OWN.iter().enumerate() {
            let mut own = std::mem::take(&mut self.own[which]);
            if !own.is_empty() {
                self.take_column(name, synapses, &targets, &mut own, from)?;
            }
            self.own[which] = own;
        }
        if self.learns() {
            self.take_history(first, n, from)?;
        }
        self.history.forget_before(common.needed_from);
        if let Some(gains) = &mut self.gains {
            let gain: Vec<f64> = from.range("gain", first, n)?;
            let state: Vec<f64> = from.range("gain.state", first, n)?;
            let tick: Vec<i64> = from.range("gain.tick", first, n)?;
            for (k, slot) in self.target_ids.slots().enumerate() {
                gains.put_back(slot - self.first_slot, (gain[k], state[k], tick[k]));
            }
        }
        for (id, source) in &common.sources {
            if let Some(to) = self.sources.get_mut(*id as usize) {
                *to = *source;
            }
        }
        self.level = common.level.clone();
        self.next_settling = common.next_settling;
        Ok(())
    }

    /// Gains go on after tick `t`.
    pub fn pass(&mut self, t: u64) {
        if let Some(gains) = &mut self.gains {
            gains.pass(t as i64);
        }
    }

    /// Weights alone.
    pub fn take_weights(&mut self, from: &Part<'_>) -> Result<(), Misfit> {
        self.narrow();
        let Some((first, _)) = self.own_targets(from)? else {
            return Ok(());
        };
        let targets = self.targets();
        let synapses = self.first_synapse(from, first)?;
        let mut weights = std::mem::replace(&mut self.weights, Column::zeroed(0));
        let done = self.take_column("weight", synapses, &targets, &mut weights, from);
        self.weights = weights;
        done
    }

    /// Place of the first own target among all, and the number of own ones, whose synapses must be
    /// those of the columns; `None` without targets.
    fn own_targets(&self, from: &Part<'_>) -> Result<Option<(u64, usize)>, Misfit> {
        let own: Vec<u32> = self.target_ids.ids().collect();
        let Some(&least) = own.first() else {
            return Ok(None);
        };
        let all: Vec<u32> = from.all("target")?;
        let first = all.partition_point(|&id| id < least);
        let targets = self.targets();
        let degrees: Vec<u32> = from.range("indegree", first as u64, own.len())?;
        let origins: Vec<u64> = from.range("origin", first as u64, own.len())?;
        let same = all.get(first..first + own.len()) == Some(&own[..])
            && degrees == targets.degrees
            && origins == targets.origins;
        if !same {
            return Err(Misfit::Network(format!(
                "the synapses of projection {} are not those of the network",
                self.statement
            )));
        }
        Ok(Some((first as u64, own.len())))
    }

    /// Place of the first synapse onto target `first`.
    fn first_synapse(&self, from: &Part<'_>, first: u64) -> Result<u64, Misfit> {
        let before: Vec<u32> = from.range("indegree", 0, first as usize)?;
        Ok(before.iter().map(|&d| u64::from(d)).sum())
    }

    fn take_column<T: Number>(
        &self,
        name: &str,
        synapses: u64,
        of: &Targets,
        to: &mut [T],
        from: &Part<'_>,
    ) -> Result<(), Misfit> {
        let mut values: Vec<T> = Vec::new();
        self.each_part(of, |first, numbers| {
            let mut first = synapses + first;
            for piece in numbers.chunks(PIECE) {
                from.read(name, first, piece.len(), &mut values)?;
                for (&k, value) in piece.iter().zip(&values) {
                    to[k as usize] = *value;
                }
                first += piece.len() as u64;
            }
            Ok(())
        })
    }

    fn take_history(&mut self, first: u64, n: usize, from: &Part<'_>) -> Result<(), Misfit> {
        let before: Vec<u32> = from.range("spikes", 0, first as usize)?;
        let at: u64 = before.iter().map(|&s| u64::from(s)).sum();
        let len: Vec<u32> = from.range("spikes", first, n)?;
        let ticks: [Vec<i64>; 3] = [
            from.range(LAST[0], first, n)?,
            from.range(LAST[1], first, n)?,
            from.range(LAST[2], first, n)?,
        ];
        let (y, z): (Vec<R>, Vec<R>) = (
            from.range("post.y", first, n)?,
            from.range("post.z", first, n)?,
        );
        let spikes = len.iter().map(|&s| s as usize).sum();
        let tick: Vec<i64> = from.range("spike.tick", at, spikes)?;
        let ys: Vec<R> = from.range("spike.y", at, spikes)?;
        let zs: Vec<R> = from.range("spike.z", at, spikes)?;
        let slots: Vec<usize> = self.target_ids.slots().collect();
        let mut at = 0;
        for (k, slot) in slots.into_iter().enumerate() {
            let own = at..at + len[k] as usize;
            at = own.end;
            let all: Vec<Post<R>> = own
                .map(|i| Post {
                    tick: tick[i],
                    y: ys[i],
                    z: zs[i],
                })
                .collect();
            let last = Post {
                tick: ticks[0][k],
                y: y[k],
                z: z[k],
            };
            let earlier = [ticks[1][k], ticks[2][k]];
            self.history
                .put_back(slot - self.first_slot, last, earlier, &all);
        }
        Ok(())
    }

    /// A flight that was under way; returns its number.
    pub fn take_off_again(&mut self, flight: &Flight) -> u64 {
        self.flights.push(*flight)
    }

    /// Weights as they stand at the end of tick `now` become what they are: nothing is deferred any more,
    /// and everything else is as if nothing had happened. Handed out in the order of the columns.
    pub fn settled_weights(&mut self, now: u64, to: &mut dyn Put) {
        self.narrow();
        let targets = self.targets();
        // By synapse, in the order of `each_weight`, which is that of `each_synapse`.
        let mut current: Vec<R> = Vec::new();
        self.each_weight(now, None, |_, _, _, w| current.push(R::of(w) * self.sign));
        let mut numbered = vec![R::ZERO; current.len()];
        let mut at = 0;
        self.each_synapse(|k, _| {
            numbered[k] = current[at];
            at += 1;
        });
        let mut to = Group::new(prefix(self.statement), to);
        to.put("target", &self.target_ids.ids().collect::<Vec<u32>>());
        to.put("indegree", &targets.degrees);
        to.put("origin", &targets.origins);
        let _ = self.each_part(&targets, |_, numbers| {
            let part: Vec<R> = numbers.iter().map(|&k| numbered[k as usize]).collect();
            to.put("weight", &part);
            Ok(())
        });
    }
}

/// Columns of ticks of the last spikes of a target.
const LAST: [&str; 3] = ["post.last", "post.before", "post.third"];
