//! Which neurons of a lazily updated unit are visited, and with what input.
//!
//! Input of a tick per channel is a sum of a fixed order: individually weighted input first
//! (floating-point sums, then whole-number ones), then counts times weights in the order of the
//! definition. Planes without input at the tick are left out, since adding nothing changes no bit; in
//! most visits one plane is left, whose values are taken one by one. The sums of several planes are
//! put together plane by plane for a chunk of neurons, which takes no decisions per neuron.

use super::unit::{CHANNELS, CHUNK, CountPlane, FixedPlane, PlaneWeight, Unit};
use crate::lines::Lines;
use crate::neuron::block::{BATCH, Batch, Hits};
use crate::neuron::real::Real;
use crate::synapse::table::Accumulators;

/// A kind of accumulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Sums,
    Fixed(usize),
    Counts16,
    Counts32,
}

impl<R: Real> Unit<R> {
    /// Notes that the plane of this kind that starts at `base` has input at this tick. Returns its number.
    pub(super) fn activate(&mut self, kept: Kept, base: usize) -> Option<usize> {
        let counted = |wide| {
            let mut planes = self.counts.iter();
            Some(2 * CHANNELS + planes.position(|p| p.wide == wide && p.base == base)?)
        };
        let plane = match kept {
            Kept::Sums => self.sums.iter().position(|p| *p == Some(base)),
            Kept::Fixed(group) => {
                let mut planes = self.fixed.iter();
                planes
                    .position(|p| p.is_some_and(|p| p.group == group && p.base == base))
                    .map(|channel| CHANNELS + channel)
            }
            Kept::Counts16 => counted(false),
            Kept::Counts32 => counted(true),
        };
        if let Some(plane) = plane
            && !self.active.contains(&plane)
        {
            self.active.push(plane);
            // Numbers of planes rise in the order in which input is summed.
            self.active.sort_unstable();
        }
        plane
    }

    /// Do the active planes go to channels of their own? Then their input need not be put together first.
    pub(super) fn are_apart(&self) -> bool {
        let mut seen = [false; CHANNELS];
        self.active.iter().all(|&plane| {
            let channel = match plane {
                p if p < CHANNELS => p,
                p if p < 2 * CHANNELS => p - CHANNELS,
                p => match self.counts[p - 2 * CHANNELS].weight {
                    PlaneWeight::One { channel, .. } => channel,
                    PlaneWeight::Each { .. } => return false,
                },
            };
            !std::mem::replace(&mut seen[channel], true)
        })
    }

    /// Visits neurons, given by slots of a plane that starts at `base`, with what input they have in the
    /// active planes. `after` hears of those that must be looked at again, and of their tick on
    /// the agenda. Returns the number of visits.
    pub(super) fn visit_slots(
        &mut self,
        t: u64,
        slots: &[u32],
        base: usize,
        from: &mut Accumulators<R>,
        after: impl FnMut(&mut u64, u32, u64),
    ) -> u64 {
        match self.active[..] {
            [plane] => self.visit_plane(t, plane, slots, base, from, after),
            _ => self.visit_sums_of_planes(t, slots, base, from, after),
        }
    }

    /// The same if what they have in this plane, whose slots they are, is all that is to be brought to them.
    pub(super) fn visit_plane(
        &mut self,
        t: u64,
        plane: usize,
        slots: &[u32],
        base: usize,
        from: &mut Accumulators<R>,
        mut after: impl FnMut(&mut u64, u32, u64),
    ) -> u64 {
        let after = &mut after;
        if plane < CHANNELS {
            let values = &mut from.sums.values[..];
            let hits = Taken::new(slots, base, plane, values, |sum| sum);
            self.visit_hits(t, hits, after)
        } else if plane < 2 * CHANNELS {
            if let Some(FixedPlane { group, scale, .. }) = self.fixed[plane - CHANNELS] {
                let values = &mut from.fixed[group].values[..];
                let worth = move |sum| R::of_whole(sum) * scale;
                let hits = Taken::new(slots, base, plane - CHANNELS, values, worth);
                self.visit_hits(t, hits, after)
            } else {
                0
            }
        } else {
            match &self.counts[plane - 2 * CHANNELS] {
                CountPlane {
                    wide,
                    weight: PlaneWeight::One { weight, channel },
                    ..
                } => {
                    let (weight, channel) = (*weight, *channel);
                    if *wide {
                        let values = &mut from.counts32.values[..];
                        let worth = move |n| R::of_count(n) * weight;
                        self.visit_hits(t, Taken::new(slots, base, channel, values, worth), after)
                    } else {
                        let values = &mut from.counts16.values[..];
                        let worth = move |n| R::of_count(u32::from(n)) * weight;
                        self.visit_hits(t, Taken::new(slots, base, channel, values, worth), after)
                    }
                }
                _ => self.visit_sums_of_planes(t, slots, base, from, after),
            }
        }
    }

    /// Visits the neurons on the list of those with input in several planes or parts of a log.
    pub(super) fn visit_pending(
        &mut self,
        t: u64,
        from: &mut Accumulators<R>,
        after: impl FnMut(&mut u64, u32, u64),
    ) -> u64 {
        let neurons = std::mem::take(&mut self.pending);
        let visits = self.visit_sums_of_planes(t, &neurons, 0, from, after);
        self.pending = neurons;
        self.pending.clear();
        visits
    }

    fn visit_sums_of_planes(
        &mut self,
        t: u64,
        slots: &[u32],
        base: usize,
        from: &mut Accumulators<R>,
        mut after: impl FnMut(&mut u64, u32, u64),
    ) -> u64 {
        let mut visits = 0;
        for slots in slots.chunks(CHUNK) {
            let mut input = std::mem::take(&mut self.input);
            for column in &mut input {
                column[..slots.len()].fill(R::ZERO);
            }
            for &plane in &self.active {
                self.take_plane(plane, slots, base, from, &mut input);
            }
            let hits = Summed {
                slots,
                base: base as u32,
                at: 0,
                input: &input[..self.channels],
            };
            visits += self.visit_hits(t, hits, &mut after);
            self.input = input;
        }
        visits
    }

    /// Adds what the neurons have in a plane to `input`, and empties it there.
    fn take_plane(
        &self,
        plane: usize,
        slots: &[u32],
        base: usize,
        from: &mut Accumulators<R>,
        input: &mut [Lines<R>],
    ) {
        let neurons = slots.iter().map(|&slot| slot as usize - base);
        if let Some(base) = self.sums.get(plane).copied().flatten() {
            let values: &mut [R] = &mut from.sums.values;
            for (to, i) in input[plane].iter_mut().zip(neurons) {
                *to = std::mem::take(&mut values[base + i]);
            }
            return;
        }
        if let Some(FixedPlane { group, base, scale }) = plane
            .checked_sub(CHANNELS)
            .and_then(|c| self.fixed.get(c).copied().flatten())
        {
            let values: &mut [i32] = &mut from.fixed[group].values;
            for (to, i) in input[plane - CHANNELS].iter_mut().zip(neurons) {
                *to += R::of_whole(std::mem::take(&mut values[base + i])) * scale;
            }
            return;
        }
        let Some(plane) = plane
            .checked_sub(2 * CHANNELS)
            .and_then(|k| self.counts.get(k))
        else {
            return;
        };
        let wide: &mut [u32] = &mut from.counts32.values;
        let narrow: &mut [u16] = &mut from.counts16.values;
        let mut take = |i: usize| {
            if plane.wide {
                std::mem::take(&mut wide[plane.base + i])
            } else {
                u32::from(std::mem::take(&mut narrow[plane.base + i]))
            }
        };
        match &plane.weight {
            PlaneWeight::One { weight, channel } => {
                for (to, i) in input[*channel].iter_mut().zip(neurons) {
                    *to += R::of_count(take(i)) * *weight;
                }
            }
            PlaneWeight::Each { weights, route } => {
                for (k, i) in neurons.enumerate() {
                    let w = weights[i];
                    input[route.channel(w)][k] += R::of_count(take(i)) * w;
                }
            }
        }
    }

    /// Visits the neurons on the list of wake-ups, for which there is no input.
    pub(super) fn visit_woken(&mut self, t: u64, mut after: impl FnMut(&mut u64, u32, u64)) -> u64 {
        let Self {
            block,
            scheduled,
            fired,
            wakes,
            ..
        } = self;
        let n = block.wake(t, wakes, &mut Woken(wakes), fired, |i, wake| {
            after(&mut scheduled[i as usize], i, wake);
        });
        wakes.clear();
        n
    }

    /// Returns the number of visits. Neurons that have been swept at the tick only take their input.
    pub(super) fn visit_hits(
        &mut self,
        t: u64,
        mut hits: impl Hits<R>,
        mut after: impl FnMut(&mut u64, u32, u64),
    ) -> u64 {
        let Self {
            block,
            scheduled,
            fired,
            swept,
            ..
        } = self;
        if *swept {
            block.take_each(&mut hits);
            return 0;
        }
        block.visit_each(t, &mut hits, fired, |i, wake| {
            after(&mut scheduled[i as usize], i, wake);
        })
    }
}

/// Neurons of a plane, whose values are taken and are worth something each.
struct Taken<'a, T, F> {
    slots: &'a [u32],
    base: u32,
    channel: usize,
    values: &'a mut [T],
    worth: F,
}

impl<'a, T, F> Taken<'a, T, F> {
    fn new(slots: &'a [u32], base: usize, channel: usize, values: &'a mut [T], worth: F) -> Self {
        Self {
            slots,
            base: base as u32,
            channel,
            values,
            worth,
        }
    }
}

impl<T: Default, R: Real, F: Fn(T) -> R> Hits<R> for Taken<'_, T, F> {
    fn next(&mut self, batch: &mut Batch<R>) -> usize {
        let slots = next_batch(&mut self.slots);
        let column = only_column(&mut batch.input, self.channel, slots.len());
        let (base, values) = (self.base, &mut *self.values);
        for ((&slot, i), to) in slots.iter().zip(&mut batch.neurons).zip(column) {
            *i = slot - base;
            // -0 becomes +0, as it does in a sum that starts at +0.
            *to = R::ZERO + (self.worth)(std::mem::take(&mut values[slot as usize]));
        }
        slots.len()
    }
}

/// Up to a batch off the front.
#[inline(always)]
fn next_batch<'a, T>(all: &mut &'a [T]) -> &'a [T] {
    let (batch, rest) = all.split_at(all.len().min(BATCH));
    *all = rest;
    batch
}

/// The column of the only channel that has input; the others are made zero for `n` neurons.
#[inline(always)]
fn only_column<R: Real>(input: &mut [[R; BATCH]], channel: usize, n: usize) -> &mut [R; BATCH] {
    for (c, column) in input.iter_mut().enumerate() {
        if c != channel {
            column[..n].fill(R::ZERO);
        }
    }
    &mut input[channel]
}

/// Neurons of a plane, with a column of input for each channel.
struct Summed<'a, R> {
    slots: &'a [u32],
    base: u32,
    at: usize,
    input: &'a [Lines<R>],
}

impl<R: Real> Hits<R> for Summed<'_, R> {
    fn next(&mut self, batch: &mut Batch<R>) -> usize {
        let slots = next_batch(&mut self.slots);
        let n = slots.len();
        for (&slot, i) in slots.iter().zip(&mut batch.neurons) {
            *i = slot - self.base;
        }
        for (c, to) in batch.input.iter_mut().enumerate() {
            match self.input.get(c) {
                Some(column) => to[..n].copy_from_slice(&column[self.at..self.at + n]),
                None => to[..n].fill(R::ZERO),
            }
        }
        self.at += n;
        n
    }
}

/// Neurons that get nothing.
struct Woken<'a>(&'a [u32]);

impl<R: Real> Hits<R> for Woken<'_> {
    fn next(&mut self, batch: &mut Batch<R>) -> usize {
        let neurons = next_batch(&mut self.0);
        batch.neurons[..neurons.len()].copy_from_slice(neurons);
        for column in &mut batch.input {
            column[..neurons.len()].fill(R::ZERO);
        }
        neurons.len()
    }
}

/// The number of a slot.
pub trait Slot: Copy + Ord + Into<u32> {}
impl Slot for u16 {}
impl Slot for u32 {}

/// Neurons of ascending slots of one plane that counts, a slot standing there once for every count.
pub struct CountRow<'a, S, R> {
    pub slots: &'a [S],
    /// Neuron of slot 0; below zero it wraps.
    pub first: u32,
    pub weight: R,
    pub channel: usize,
}

impl<S: Slot, R: Real> Hits<R> for CountRow<'_, S, R> {
    fn next(&mut self, batch: &mut Batch<R>) -> usize {
        let most = self.slots.len().min(BATCH);
        let column = only_column(&mut batch.input, self.channel, most);
        let mut n = 0;
        while n < BATCH
            && let Some((&slot, mut rest)) = self.slots.split_first()
        {
            let mut count = 1;
            while let Some((&next, others)) = rest.split_first()
                && next == slot
            {
                count += 1;
                rest = others;
            }
            self.slots = rest;
            batch.neurons[n] = slot.into().wrapping_add(self.first);
            column[n] = R::ZERO + R::of_count(count) * self.weight;
            n += 1;
        }
        n
    }
}

/// Neurons with the sum of their input.
pub struct SummedRow<'a> {
    pub hits: &'a [(u32, f64)],
    pub channel: usize,
}

impl<R: Real> Hits<R> for SummedRow<'_> {
    fn next(&mut self, batch: &mut Batch<R>) -> usize {
        let hits = next_batch(&mut self.hits);
        let column = only_column(&mut batch.input, self.channel, hits.len());
        for ((&(neuron, sum), i), to) in hits.iter().zip(&mut batch.neurons).zip(column) {
            *i = neuron;
            *to = R::ZERO + R::of(sum);
        }
        hits.len()
    }
}
