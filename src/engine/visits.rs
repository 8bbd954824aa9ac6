//! Visits of lazily updated neurons: whose turn it is at a tick, and with what input.
//!
//! In general input is added up in the accumulators, which note the slots that get any, and then the
//! neurons of those slots are visited. At a fine resolution nearly every tick brings one segment and
//! nothing else. Then the accumulators are passed by: the row says at once who is to be visited, and
//! with what, provided that it lists its slots in order, so that all synapses of a neuron come in a
//! row, and that no unit has two planes in it.
//!
//! Swept neurons whose input comes late (`is_late`) get theirs by the same ways, after the sweep.

use super::agenda::{Agenda, Kind};
use super::hits::{CountRow, Kept, Slot, SummedRow};
use super::shard::{CountFeed, Shard, pack, unpack};
use super::unit::{NEVER, PlaneWeight, Unit};
use super::wheel::Entry;
use crate::neuron::lazy::Look;
use crate::neuron::real::Real;
use crate::simd::{Kernel, vectorized};
use crate::synapse::slots::{NARROW, Slots};
use crate::synapse::table::{Accumulators, Codec, Targets};

/// A visit costs as much as going past so many neurons.
const DENSE: usize = 16;

/// Bringing an input event to a swept neuron afterwards costs as much as gathering the input of so many.
const LATE: usize = 12;

/// Consecutive slots of a log that lie in one plane of a lazily updated unit.
#[derive(Clone, Copy, Debug)]
pub struct Touched {
    kept: Kept,
    unit: usize,
    /// See `Unit::activate`.
    plane: Option<usize>,
    base: usize,
    from: usize,
    to: usize,
}

/// Consecutive synapses of a segment whose slots lie in one plane.
#[derive(Clone, Copy, Debug)]
pub struct RowRun {
    unit: usize,
    base: usize,
    from: usize,
    to: usize,
    /// What the plane's counts or quanta are worth, and where they go.
    scale: f64,
    channel: usize,
}

impl<R: Real> Shard<R> {
    /// Visits the neurons of lazily updated units that got input. `late`: also brings that of swept neurons to
    /// them, who have gone through the tick without it.
    pub(super) fn visit_touched(&mut self, tick: u64, late: bool) {
        let mut runs = std::mem::take(&mut self.scratch.touched);
        runs.clear();
        self.cut_log(Kept::Sums, late, |s| &mut s.sums, &mut runs);
        self.cut_log(Kept::Fixed(0), late, |s| &mut s.fixed[0], &mut runs);
        self.cut_log(Kept::Fixed(1), late, |s| &mut s.fixed[1], &mut runs);
        self.cut_log(Kept::Counts16, late, |s| &mut s.counts16, &mut runs);
        self.cut_log(Kept::Counts32, late, |s| &mut s.counts32, &mut runs);
        // Only now is it known in which planes of a unit there is input, and in how many parts. Where many
        // segments of few synapses come together there are about as many parts as synapses: such a
        // unit is visited once, with all of its neurons.
        for run in &runs {
            let unit = &mut self.units[run.unit];
            let alone = run.plane.filter(|_| unit.swept && unit.are_apart());
            if unit.parts > 1 && alone.is_none() {
                let log = match run.kept {
                    Kept::Sums => self.slots.sums.logged_in(run.from..run.to),
                    Kept::Fixed(group) => self.slots.fixed[group].logged_in(run.from..run.to),
                    Kept::Counts16 => self.slots.counts16.logged_in(run.from..run.to),
                    Kept::Counts32 => self.slots.counts32.logged_in(run.from..run.to),
                };
                unit.pending.extend(log.iter().map(|s| s - run.base as u32));
                continue;
            }
            let log = match run.kept {
                Kept::Sums => self.slots.sums.take_log(),
                Kept::Fixed(group) => self.slots.fixed[group].take_log(),
                Kept::Counts16 => self.slots.counts16.take_log(),
                Kept::Counts32 => self.slots.counts32.take_log(),
            };
            let after = rescheduling(&mut self.agendas[self.at_hand.0], run.unit);
            let unit = &mut self.units[run.unit];
            let slots = &log[run.from..run.to];
            let from = &mut self.slots;
            self.updated += match alone {
                Some(plane) => unit.visit_plane(tick, plane, slots, run.base, from, after),
                None => unit.visit_slots(tick, slots, run.base, from, after),
            };
            match run.kept {
                Kept::Sums => self.slots.sums.return_log(log),
                Kept::Fixed(group) => self.slots.fixed[group].return_log(log),
                Kept::Counts16 => self.slots.counts16.return_log(log),
                Kept::Counts32 => self.slots.counts32.return_log(log),
            }
        }
        for run in &runs {
            let unit = &mut self.units[run.unit];
            if !unit.pending.is_empty() {
                let after = rescheduling(&mut self.agendas[self.at_hand.0], run.unit);
                self.updated += unit.visit_pending(tick, &mut self.slots, after);
            }
            unit.active.clear();
            unit.parts = 0;
        }
        self.scratch.touched = runs;
    }

    /// Is so much due at this tick that it is cheaper to go through all lazily updated neurons than to visit
    /// those with input? The outcome is the same. `events`: of the tick, without counts that are drawn for everybody.
    pub(super) fn is_dense(&self, tick: u64, mut events: usize) -> bool {
        let own = self.at_hand.1.clone();
        let mut neurons = 0;
        for unit in self.units[own.clone()].iter().filter(|u| !u.swept) {
            if !unit.block.is_still() {
                return false;
            }
            neurons += unit.len();
        }
        for feed in self
            .count_feeds
            .iter()
            .filter(|f| own.contains(&f.run.unit))
        {
            if feed.counts.active_from(tick) == Some(tick) {
                events += (feed.run.end - feed.run.first) as usize;
            }
        }
        events * DENSE >= neurons
    }

    /// Do swept neurons get so little at this tick that it is cheaper to sweep them without input and to bring it
    /// to those who get some afterwards? The outcome is the same. `events`: of the tick.
    pub(super) fn is_late(&self, tick: u64, events: usize) -> bool {
        let own = self.at_hand.1.clone();
        let mut neurons = 0;
        for unit in self.units[own.clone()].iter().filter(|u| u.swept) {
            if unit.period > 1 || !unit.block.takes_late() {
                return false;
            }
            neurons += unit.len();
        }
        let counting =
            |f: &CountFeed| own.contains(&f.run.unit) && f.counts.active_from(tick) == Some(tick);
        if neurons == 0 || self.count_feeds.iter().any(counting) {
            return false;
        }
        events * LATE <= neurons
    }

    /// Sweeps the units that are swept, with the input of the tick or without it; see `is_late`.
    pub(super) fn sweep(&mut self, tick: u64, late: bool) {
        for unit in &mut self.units[self.at_hand.1.clone()] {
            if unit.swept && unit.due(tick) {
                self.updated += unit.len() as u64;
                unit.sweep(tick, &mut self.slots, late);
            }
        }
    }

    /// Brings the input of the tick to all lazily updated neurons.
    pub(super) fn pass(&mut self, tick: u64) {
        let (cell, own) = self.at_hand.clone();
        for (u, unit) in own.clone().zip(&mut self.units[own]) {
            if !unit.swept {
                let after = rescheduling(&mut self.agendas[cell], u);
                self.updated += unit.pass(tick, &mut self.slots, after);
            }
        }
    }

    /// Cuts the log of one kind of accumulators into planes, and tells lazily updated units (`all`: all units)
    /// which of their planes have input. The log counts as empty afterwards.
    fn cut_log<T: bytemuck::Pod + Default + PartialEq>(
        &mut self,
        kept: Kept,
        all: bool,
        slots: impl Fn(&mut Accumulators<R>) -> &mut Slots<T>,
        runs: &mut Vec<Touched>,
    ) {
        let slots = slots(&mut self.slots);
        let log = slots.logged();
        let mut from = 0;
        while from < log.len() {
            let (u, base) = slots.owner(log[from] as usize);
            let unit = &mut self.units[u];
            let plane = base as u32..(base + unit.len()) as u32;
            let others = log[from..].iter().position(|s| !plane.contains(s));
            let to = others.map_or(log.len(), |n| from + n.max(1));
            if all || !unit.swept {
                let plane = unit.activate(kept, base);
                unit.parts += 1;
                runs.push(Touched {
                    kept,
                    unit: u,
                    plane,
                    base,
                    from,
                    to,
                });
            }
            from = to;
        }
        slots.forget_log();
    }

    /// Takes what is due off the agenda, and visits neurons that were to be looked at.
    pub(super) fn take_wakes(&mut self, tick: u64) {
        let (cell, own) = self.at_hand.clone();
        let agenda = &mut self.agendas[cell];
        if agenda.next().is_none_or(|next| next > tick) {
            return;
        }
        while let Some((_, kind, id)) = agenda.pop_due(tick) {
            match kind {
                Kind::Wake => {
                    let (u, neuron) = unpack(id);
                    let unit = &mut self.units[u];
                    unit.scheduled[neuron as usize] = NEVER;
                    match unit.block.look(neuron as usize, tick) {
                        Look::Visit => unit.wakes.push(neuron),
                        Look::Again(None) => {}
                        Look::Again(Some(at)) => {
                            let scheduled = &mut unit.scheduled[neuron as usize];
                            rescheduling(agenda, u)(scheduled, neuron, at);
                        }
                    }
                }
                Kind::Action => self.scratch.actions.push(id),
                Kind::Source => {}
            }
        }
        for (u, unit) in own.clone().zip(&mut self.units[own]) {
            if !unit.wakes.is_empty() {
                let after = rescheduling(agenda, u);
                self.updated += unit.visit_woken(tick, after);
            }
        }
    }

    /// What fired in any unit is appended to `out` with its global id.
    pub(super) fn take_fired(&mut self, tick: u64, start: u64, out: &mut Vec<(u32, u32)>) {
        let dt = (tick - start) as u32;
        for unit in &mut self.units[self.at_hand.1.clone()] {
            if unit.fired.is_empty() {
                continue;
            }
            // Visits come in any order; spikes leave in the order of ids.
            if !unit.swept {
                unit.fired.sort_unstable();
            }
            for &(learner, base) in &unit.learns {
                for &i in &unit.fired {
                    self.learners[learner].post(base + i as usize, tick);
                }
            }
            out.extend(unit.fired.drain(..).map(|i| (dt, unit.first_id + i)));
        }
    }

    /// Visits the targets of the only segment of a tick without a detour by the accumulators. False if
    /// that cannot be done; then nothing has been done.
    pub(super) fn visit_row(&mut self, tick: u64, entry: Entry) -> bool {
        let Self {
            tables,
            units,
            slots,
            agendas,
            scratch,
            updated,
            ..
        } = self;
        let agenda = &mut agendas[self.at_hand.0];
        let table = &tables[entry.table as usize];
        let span = entry.start as usize..entry.start as usize + entry.len as usize;
        let mut row = Row {
            tick,
            // Wide targets are of one block.
            offset: u32::from(entry.block) * NARROW as u32,
            units,
            agenda,
            runs: &mut scratch.runs,
            hits: &mut scratch.hits,
            updated,
        };
        let slots = &*slots;
        let done = match (&table.codec, &table.targets) {
            (Codec::Count16, Targets::Within(t)) => row.counted(&t[span], &slots.counts16, false),
            (Codec::Count16, Targets::Wide(t)) => row.counted(&t[span], &slots.counts16, false),
            (Codec::Count32, Targets::Within(t)) => row.counted(&t[span], &slots.counts32, true),
            (Codec::Count32, Targets::Wide(t)) => row.counted(&t[span], &slots.counts32, true),
            (Codec::F32(w), Targets::Within(t)) => {
                let w = &w[span.clone()];
                row.summed(&t[span], &slots.sums, |k| R::of(f64::from(w[k])))
            }
            (Codec::F32(w), Targets::Wide(t)) => {
                let w = &w[span.clone()];
                row.summed(&t[span], &slots.sums, |k| R::of(f64::from(w[k])))
            }
            (Codec::F64(w), Targets::Within(t)) => {
                let w = &w[span.clone()];
                row.summed(&t[span], &slots.sums, |k| R::of(w[k]))
            }
            (Codec::F64(w), Targets::Wide(t)) => {
                let w = &w[span.clone()];
                row.summed(&t[span], &slots.sums, |k| R::of(w[k]))
            }
            _ => false,
        };
        if done {
            self.delivered += u64::from(entry.len);
        }
        done
    }
}

/// Sees to it that a neuron of unit `u` is looked at at tick `at` or before. An earlier place on the
/// agenda is kept: then it turns out what has become of the neuron.
pub(super) fn rescheduling(agenda: &mut Agenda, u: usize) -> impl FnMut(&mut u64, u32, u64) {
    move |scheduled, neuron, at| {
        if at < *scheduled {
            agenda.schedule(Kind::Wake, pack(u, neuron), Some(at));
            *scheduled = at;
        }
    }
}

/// The only segment of a tick on its way to the neurons.
struct Row<'a, R: Real> {
    tick: u64,
    /// What the targets' numbers are counted from.
    offset: u32,
    units: &'a mut [Unit<R>],
    agenda: &'a mut Agenda,
    runs: &'a mut Vec<RowRun>,
    hits: &'a mut Vec<(u32, f64)>,
    updated: &'a mut u64,
}

impl<R: Real> Row<'_, R> {
    /// Cuts the row into runs. False if it is not in order, if a unit has two planes in it, if a unit is
    /// swept, or if `worth` does not know the plane (unit, first slot).
    fn cut<S: Slot, T: bytemuck::Pod + Default + PartialEq>(
        &mut self,
        row: &[S],
        slots: &Slots<T>,
        worth: impl Fn(&Unit<R>, usize) -> Option<(f64, usize)>,
    ) -> bool {
        self.runs.clear();
        if !vectorized(Ascending(row)) {
            return false;
        }
        let mut from = 0;
        while from < row.len() {
            let (u, base) = slots.owner((self.offset + row[from].into()) as usize);
            let unit = &mut self.units[u];
            let Some((scale, channel)) = worth(unit, base) else {
                return false;
            };
            if unit.swept || std::mem::replace(&mut unit.cut_at, self.tick) == self.tick {
                return false;
            }
            let end = (base + unit.len()) as u32;
            let to = match row.last() {
                Some(&last) if self.offset + last.into() >= end => {
                    from + row[from..].partition_point(|&s| self.offset + s.into() < end)
                }
                _ => row.len(),
            };
            self.runs.push(RowRun {
                unit: u,
                base,
                from,
                to,
                scale,
                channel,
            });
            from = to;
        }
        true
    }

    /// Synapses of one weight.
    fn counted<S: Slot, T: bytemuck::Pod + Default + PartialEq>(
        &mut self,
        row: &[S],
        slots: &Slots<T>,
        wide: bool,
    ) -> bool {
        let worth = |unit: &Unit<R>, base| {
            let mut planes = unit.counts.iter();
            let plane = planes.find(|p| p.wide == wide && p.base == base)?;
            match &plane.weight {
                PlaneWeight::One { weight, channel } => Some((weight.f64(), *channel)),
                PlaneWeight::Each { .. } => None,
            }
        };
        if !self.cut(row, slots, worth) {
            return false;
        }
        for run in self.runs.iter() {
            let hits = CountRow {
                slots: &row[run.from..run.to],
                first: self.offset.wrapping_sub(run.base as u32),
                weight: R::of(run.scale),
                channel: run.channel,
            };
            let after = rescheduling(self.agenda, run.unit);
            *self.updated += self.units[run.unit].visit_hits(self.tick, hits, after);
        }
        true
    }

    /// Synapses with weights of their own.
    fn summed<S: Slot, T: bytemuck::Pod + Default + PartialEq>(
        &mut self,
        row: &[S],
        slots: &Slots<T>,
        weight: impl Fn(usize) -> R,
    ) -> bool {
        let worth = |unit: &Unit<R>, base| {
            let channel = unit.sums.iter().position(|plane| *plane == Some(base))?;
            Some((1.0, channel))
        };
        if !self.cut(row, slots, worth) {
            return false;
        }
        for run in self.runs.iter() {
            self.hits.clear();
            let mut k = run.from;
            while k < run.to {
                let slot = row[k];
                let mut sum = R::ZERO;
                while k < run.to && row[k] == slot {
                    sum += weight(k);
                    k += 1;
                }
                self.hits
                    .push((self.offset + slot.into() - run.base as u32, sum.f64()));
            }
            let hits = SummedRow {
                hits: self.hits,
                channel: run.channel,
            };
            let after = rescheduling(self.agenda, run.unit);
            *self.updated += self.units[run.unit].visit_hits(self.tick, hits, after);
        }
        true
    }
}

/// Do slots come in order?
struct Ascending<'a, S>(&'a [S]);

impl<S: Slot> Kernel for Ascending<'_, S> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Some(later) = self.0.get(1..) else {
            return true;
        };
        let mut falls = false;
        for (a, b) in self.0.iter().zip(later) {
            falls |= a > b;
        }
        !falls
    }
}
