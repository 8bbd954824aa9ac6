//! The state of a run at the end of a tick: on its way out, and back into a network that was built anew.
//!
//! ```text
//! columns     neurons, synapses that learn, histories of targets, gamma processes    (`columns`)
//! `Rest`      everything that is not one number per neuron, synapse or spike of a target
//! ```
//!
//! A network is a function of its specification, so only what has changed is kept. The queue is kept as
//! the spikes of the last ticks, as many as the longest delay has: sent again, they fill the queue of any
//! shard, in the order in which they did. Predicted crossings and next events follow from the rest.
//!
//! A state may be taken back into a network with other parameters or stimuli, as long as it has the same
//! populations and the same synapses that learn. Then neurons come as they would be at that tick if they
//! had been swept (`Return::settled`), and stimuli as if they had been there from the beginning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agenda::Kind;
use super::currents::CurrentStep;
use super::modulator::ModulatorState;
use super::regime::RegimeState;
use super::shard::{FLIGHT, FLIGHTS, Shard};
use super::spike_hash::SpikeHash;
use super::visits::rescheduling;
use super::wheel::Entry;
use crate::columns::{Get, Group, Memory, Misfit, Part, Put};
use crate::network::{Network, NetworkOf};
use crate::neuron::lazy::Look;
use crate::neuron::real::Real;
use crate::plasticity::source::Flight;
use crate::stimulus::keep::{BlockState, Of};
use crate::synapse::keep::{Common, prefix};

/// What a run keeps that is no column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// Everything up to this tick is done; 0: nothing is, and there are no columns.
    pub tick: u64,
    /// Elements of each population.
    pub sizes: Vec<u64>,
    pub regime: RegimeState,
    pub modulators: Vec<ModulatorState>,
    pub blocks: Vec<(Of, BlockState)>,
    /// By number of the statement.
    pub projections: BTreeMap<usize, Common>,
    /// Spikes that may still be under way, in the order (tick, id).
    pub spikes: Vec<(u64, u32)>,
    pub done: Done,
}

/// What the run has done so far, for its report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub hash: SpikeHash,
    pub spikes: u64,
    pub per_population: Vec<u64>,
    pub windows: u64,
    /// Of which recordings of weights the traced synapses have been told.
    pub traced: Vec<bool>,
    pub delivered: u64,
    pub updated: u64,
}

/// Receives states while a run goes on. Parts of columns come between `begin` and `end`.
pub trait Keeper: Put + Send {
    /// The state at the end of a tick follows.
    fn begin(&mut self, tick: u64);
    /// All columns have come.
    fn end(&mut self, rest: &Rest);
}

/// A state to go on from.
#[derive(Clone, Copy)]
pub struct Return<'a> {
    pub rest: &'a Rest,
    pub columns: &'a dyn Get,
    /// The network is not the one that was kept: its neurons, as `settled` gives them.
    pub changed: Option<&'a dyn Get>,
}

/// Keeps states in memory: for tests, and for programs that use the library.
#[derive(Clone, Debug, Default)]
pub struct MemoryKeeper {
    /// The last state, and all that were asked for.
    pub states: Vec<(Rest, Memory)>,
    open: Memory,
}

impl Put for MemoryKeeper {
    fn put(&mut self, name: &str, kind: crate::columns::Kind, bytes: &[u8]) {
        self.open.put(name, kind, bytes);
    }
}

impl Keeper for MemoryKeeper {
    fn begin(&mut self, _: u64) {
        self.open = Memory::default();
    }
    fn end(&mut self, rest: &Rest) {
        self.states
            .push((rest.clone(), std::mem::take(&mut self.open)));
    }
}

/// Beginning of the names of a population's columns.
fn population(number: usize) -> String {
    format!("population.{number}.")
}

fn other_populations() -> Misfit {
    Misfit::Network("its populations are not those of the network".into())
}

impl<R: Real> Shard<R> {
    /// Hands out the state at the end of tick `t`, behind those of the shards before. Changes nothing.
    pub(super) fn keep(&mut self, t: u64, rest: &mut Rest, to: &mut dyn Put) {
        self.tell_before(t + 1);
        rest.regime = self.regime.keep();
        rest.modulators = self.modulators.keep();
        rest.done.delivered += self.delivered;
        rest.done.updated += self.updated;
        for u in 0..self.units.len() {
            let unit = &self.units[u];
            let mut group = Group::new(population(unit.population), to);
            unit.block.keep(unit.swept, t, &mut group);
            if unit.period > 1 {
                self.keep_waiting(u, &mut group);
            }
        }
        for feed in &self.feeds {
            if let Some(block) = feed.train.keep(feed.of, to) {
                let known = |(of, b): &(Of, BlockState)| *of == feed.of && b.first == block.first;
                // Only the last block of a shard may be shared with the next one.
                if !rest.blocks.iter().any(known) {
                    rest.blocks.push((feed.of, block));
                }
            }
        }
        for learner in &mut self.learners {
            let common = rest.projections.entry(learner.statement).or_default();
            learner.keep(t, common, to);
        }
    }

    /// Input that waits for the next step of a clocked unit.
    fn keep_waiting(&self, u: usize, to: &mut Group<'_>) {
        let unit = &self.units[u];
        let n = unit.len();
        let neurons = |i: usize| unit.start + i as u32;
        let (mut neuron, mut channel) = (Vec::new(), Vec::new());
        let mut sums: Vec<R> = Vec::new();
        for (c, base) in unit.sums.iter().enumerate() {
            let Some(base) = base else { continue };
            for (i, sum) in self.slots.sums.values[*base..base + n].iter().enumerate() {
                if *sum != R::ZERO {
                    neuron.push(neurons(i));
                    channel.push(c as u32);
                    sums.push(*sum);
                }
            }
        }
        to.put("waiting.sum.neuron", &neuron);
        to.put("waiting.sum.channel", &channel);
        to.put("waiting.sum", &sums);
        let (mut neuron, mut channel) = (Vec::new(), Vec::new());
        let mut sums: Vec<i32> = Vec::new();
        for (c, plane) in unit.fixed.iter().enumerate() {
            let Some(plane) = plane else { continue };
            let values = &self.slots.fixed[plane.group].values[plane.base..plane.base + n];
            for (i, sum) in values.iter().enumerate().filter(|(_, sum)| **sum != 0) {
                neuron.push(neurons(i));
                channel.push(c as u32);
                sums.push(*sum);
            }
        }
        to.put("waiting.fixed.neuron", &neuron);
        to.put("waiting.fixed.channel", &channel);
        to.put("waiting.fixed", &sums);
        let (mut neuron, mut statement) = (Vec::new(), Vec::new());
        let mut counts: Vec<u32> = Vec::new();
        for plane in &unit.counts {
            for i in 0..n {
                let count = match plane.wide {
                    true => self.slots.counts32.values[plane.base + i],
                    false => self.slots.counts16.values[plane.base + i].into(),
                };
                if count != 0 {
                    neuron.push(neurons(i));
                    statement.push(u64::from(plane.of.0) << 32 | u64::from(plane.of.1));
                    counts.push(count);
                }
            }
        }
        to.put("waiting.count.neuron", &neuron);
        to.put("waiting.count.statement", &statement);
        to.put("waiting.count", &counts);
    }

    /// The way back of `keep_waiting`.
    fn take_waiting(&mut self, u: usize, from: &Part<'_>) -> Result<(), Misfit> {
        let unit = &self.units[u];
        let own = |neuron: u32| {
            let i = neuron.checked_sub(unit.start)? as usize;
            (i < unit.len()).then_some(i)
        };
        let lost = || Misfit::Network("input waits for a receptor that is not there".into());
        let neuron: Vec<u32> = from.all("waiting.sum.neuron")?;
        let channel: Vec<u32> = from.range("waiting.sum.channel", 0, neuron.len())?;
        let sums: Vec<R> = from.range("waiting.sum", 0, neuron.len())?;
        for (k, &neuron) in neuron.iter().enumerate() {
            if let Some(i) = own(neuron) {
                let base = unit.sums.get(channel[k] as usize).copied().flatten();
                self.slots.sums.values[base.ok_or_else(lost)? + i] = sums[k];
            }
        }
        let neuron: Vec<u32> = from.all("waiting.fixed.neuron")?;
        let channel: Vec<u32> = from.range("waiting.fixed.channel", 0, neuron.len())?;
        let sums: Vec<i32> = from.range("waiting.fixed", 0, neuron.len())?;
        for (k, &neuron) in neuron.iter().enumerate() {
            if let Some(i) = own(neuron) {
                let plane = unit.fixed.get(channel[k] as usize).copied().flatten();
                let plane = plane.ok_or_else(lost)?;
                self.slots.fixed[plane.group].values[plane.base + i] = sums[k];
            }
        }
        let neuron: Vec<u32> = from.all("waiting.count.neuron")?;
        let statement: Vec<u64> = from.range("waiting.count.statement", 0, neuron.len())?;
        let counts: Vec<u32> = from.range("waiting.count", 0, neuron.len())?;
        for (k, &neuron) in neuron.iter().enumerate() {
            if let Some(i) = own(neuron) {
                let of = ((statement[k] >> 32) as u32, statement[k] as u32);
                let plane = unit.counts.iter().find(|p| p.of == of);
                let plane = plane.ok_or_else(lost)?;
                if plane.wide {
                    self.slots.counts32.values[plane.base + i] = counts[k];
                } else {
                    let count = u16::try_from(counts[k]).map_err(|_| lost())?;
                    self.slots.counts16.values[plane.base + i] = count;
                }
            }
        }
        Ok(())
    }

    /// Takes the place of `prepare`.
    fn take_back(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        let (rest, t) = (from.rest, from.rest.tick);
        self.scratch.prepare(self.tables.len(), self.agendas.len());
        self.take_neurons(from)?;
        for u in 0..self.units.len() {
            if self.units[u].period > 1 {
                let name = population(self.units[u].population);
                self.take_waiting(u, &Part::new(name, from.columns))?;
            }
        }
        for learner in &mut self.learners {
            let common = rest.projections.get(&learner.statement);
            let common = common.ok_or_else(|| {
                Misfit::Network(format!(
                    "it has nothing of projection {}, which learns",
                    learner.statement
                ))
            })?;
            let part = Part::new(prefix(learner.statement), from.columns);
            learner.take_back(common, &part)?;
            learner.pass(t);
        }
        self.fill_queue(rest)?;
        self.modulators.take_back(&rest.modulators, t);
        self.take_stimuli(from)?;
        for u in 0..self.units.len() {
            if !self.units[u].swept {
                if from.changed.is_some() {
                    self.units[u].block.become_lazy(t);
                }
                self.look_at_all(u, t);
            }
        }
        Ok(())
    }

    fn take_neurons(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        let (rest, t) = (from.rest, from.rest.tick);
        let taken = self.regime.take_back(&rest.regime, t);
        taken.ok_or_else(other_populations)?;
        if from.changed.is_some() {
            self.regime.enforce();
        }
        for unit in &mut self.units {
            unit.swept = self.regime.swept(unit.population);
            let (first, name) = (u64::from(unit.start), population(unit.population));
            match from.changed {
                None => {
                    let part = Part::new(name, from.columns);
                    unit.block.take_back(unit.swept, t, first, true, &part)?;
                }
                Some(settled) => {
                    let part = Part::new(name, settled);
                    unit.block.take_back(true, t, first, false, &part)?;
                }
            }
        }
        Ok(())
    }

    /// What is under way takes its place in the queue again.
    fn fill_queue(&mut self, rest: &Rest) -> Result<(), Misfit> {
        let mut flights: Vec<&[Flight]> = self
            .learners
            .iter()
            .map(|l| &rest.projections[&l.statement].flights[..])
            .collect();
        for &(tick, id) in &rest.spikes {
            let wanted = (tick as i64, id);
            let carried = |learner: usize| {
                let own = &mut flights[learner];
                while let Some((flight, others)) = own.split_first()
                    && (flight.tick, flight.source) <= wanted
                {
                    *own = others;
                    if (flight.tick, flight.source) == wanted {
                        return Some(*flight);
                    }
                }
                None
            };
            self.send_again(tick, id, rest.tick, carried)
                .ok_or_else(|| {
                    Misfit::Network(format!(
                        "it lacks what the spike of {id} at tick {tick} carries"
                    ))
                })?;
        }
        Ok(())
    }

    /// Puts every neuron of a lazily updated unit on the agenda that may cross its threshold after
    /// tick `t`, at which it has been looked at.
    fn look_at_all(&mut self, u: usize, t: u64) {
        let unit = &mut self.units[u];
        for i in 0..unit.len() {
            let at = match unit.block.look(i, t) {
                Look::Visit => Some(t + 1),
                Look::Again(at) => at,
            };
            if let Some(at) = at {
                let at = at.max(t + 1);
                let agenda = &mut self.agendas[unit.cell];
                rescheduling(agenda, u)(&mut unit.scheduled[i], i as u32, at);
            }
        }
    }

    /// Currents go on after tick `t`: what they have done to the neurons is in their state, unless they
    /// were `changed`. Then all of it is done now, to neurons that are as if swept.
    fn take_currents(&mut self, t: u64, changed: bool) {
        for i in 0..self.steps.len() {
            let tick = self.steps[i].tick;
            if tick > t {
                let cell = self.units[self.steps[i].unit].cell;
                self.agendas[cell].schedule(Kind::Action, i as u64, Some(tick));
            } else if changed {
                let CurrentStep {
                    unit, neurons, by, ..
                } = self.steps[i].clone();
                for neuron in neurons {
                    self.units[unit].block.inject_swept(neuron as usize, by);
                }
            }
        }
        for c in 0..self.currents.len() {
            let feed = &mut self.currents[c];
            let (run, period) = (feed.run, self.units[feed.run.unit].period);
            // The last tick at which the unit has felt a change.
            let felt = t - t % period;
            feed.injection.fill(felt, run.first, &mut feed.now);
            if changed {
                for (k, by) in feed.now.iter().enumerate().filter(|(_, by)| **by != 0.0) {
                    self.units[run.unit].block.inject_swept(run.slot + k, *by);
                }
            }
            let next = self.next_current_change(c, felt + 1);
            self.schedule_current(c, next);
        }
    }

    /// A spike of the past takes the places in the queue that it still has after tick `now`. `carried`:
    /// what it carries to a learner. `None`: that is not known.
    fn send_again(
        &mut self,
        tick: u64,
        id: u32,
        now: u64,
        mut carried: impl FnMut(usize) -> Option<Flight>,
    ) -> Option<()> {
        let Self {
            tables,
            learners,
            wheel,
            ..
        } = self;
        let mut push = |delay: u64, start, len, table: usize, block| {
            if tick.saturating_add(delay) > now {
                let table = table as u16;
                wheel.push(
                    tick + delay,
                    Entry {
                        start,
                        len,
                        table,
                        block,
                    },
                );
            }
        };
        for (k, table) in tables.iter().enumerate() {
            table
                .rows
                .each_segment(id as usize, |delay, start, len, block| {
                    push(delay, start, len, k, block);
                });
        }
        for (l, learner) in learners.iter_mut().enumerate() {
            if learner.rows.is_row_empty(id as usize) {
                continue;
            }
            let flight = learner.take_off_again(&carried(l)?);
            let high = (flight % FLIGHTS) * FLIGHT;
            learner
                .rows
                .each_segment(id as usize, |delay, start, len, block| {
                    push(delay, start | high, len, tables.len() + l, block);
                });
        }
        Some(())
    }

    fn take_stimuli(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        let (rest, t) = (from.rest, from.rest.tick);
        for (i, feed) in self.feeds.iter_mut().enumerate() {
            if from.changed.is_some() {
                feed.train.pass(t);
            } else {
                let of = feed.of;
                let block = |first: u32| {
                    let mut blocks = rest.blocks.iter();
                    let found = blocks.find(|(o, b)| *o == of && b.first == first);
                    found.map(|(_, b)| b.clone())
                };
                feed.train.take_back(t, of, from.columns, block)?;
            }
            self.sources.schedule(
                Kind::Source,
                i as u64,
                feed.train.next().map(|next| next.max(t + 1)),
            );
        }
        for feed in &mut self.count_feeds {
            feed.counts.pass(t);
        }
        self.take_currents(t, from.changed.is_some());
        Ok(())
    }
}

impl Network {
    /// Goes on from a state instead of from the beginning. An error leaves the network as it should not
    /// be run.
    pub fn take_back(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        match self {
            Self::Double(n) => n.take_back(from),
            Self::Single(n) => n.take_back(from),
        }
    }

    /// Takes back the neurons alone, of a network that may lack everything else.
    pub fn take_neurons(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        match self {
            Self::Double(n) => n.take_neurons(from),
            Self::Single(n) => n.take_neurons(from),
        }
    }

    /// The neurons of a network that has taken a state back, as they are at that tick.
    pub fn settled(&mut self) -> Memory {
        match self {
            Self::Double(n) => n.settled(),
            Self::Single(n) => n.settled(),
        }
    }

    /// The weights of a network that has taken a state back, with all that was deferred.
    pub fn settled_weights(&mut self) -> Memory {
        match self {
            Self::Double(n) => n.settled_weights(),
            Self::Single(n) => n.settled_weights(),
        }
    }

    /// Begins with weights that `settled_weights` gave.
    pub fn take_weights(&mut self, from: &dyn Get) -> Result<(), Misfit> {
        match self {
            Self::Double(n) => n.take_weights(from),
            Self::Single(n) => n.take_weights(from),
        }
    }
}

impl<R: Real> NetworkOf<R> {
    fn take_neurons(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        if self.plan.sizes() != from.rest.sizes {
            return Err(other_populations());
        }
        for shard in &mut self.shards {
            shard.take_neurons(from)?;
        }
        self.start = Some((from.rest.tick, from.rest.done.clone()));
        Ok(())
    }

    fn take_back(&mut self, from: &Return<'_>) -> Result<(), Misfit> {
        let rest = from.rest;
        let sizes = self.plan.sizes();
        if sizes != rest.sizes || rest.done.per_population.len() != sizes.len() {
            return Err(other_populations());
        }
        if !rest.done.hash.is_sound() {
            return Err(Misfit::Network("its spike hash is no state of one".into()));
        }
        let total = self.plan.offsets.last().copied().unwrap_or(0);
        let in_order = rest.spikes.is_sorted()
            && rest
                .spikes
                .iter()
                .all(|s| s.0 <= rest.tick && u64::from(s.1) < total);
        if !in_order {
            return Err(Misfit::Network("its spikes are not in order".into()));
        }
        for shard in &mut self.shards {
            shard.take_back(from)?;
        }
        self.start = Some((rest.tick, rest.done.clone()));
        self.plan.recent.clone_from(&rest.spikes);
        Ok(())
    }

    fn settled(&mut self) -> Memory {
        let mut memory = Memory::default();
        let t = self.start.as_ref().map_or(0, |s| s.0);
        for shard in &mut self.shards {
            for unit in &mut shard.units {
                if !std::mem::replace(&mut unit.swept, true) {
                    unit.block.become_swept(t);
                }
                let mut group = Group::new(population(unit.population), &mut memory);
                unit.block.keep(true, t, &mut group);
                let rest: Vec<f64> = (0..unit.len()).map(|i| unit.block.rest(i)).collect();
                group.put("rest", &rest);
            }
        }
        memory
    }

    fn settled_weights(&mut self) -> Memory {
        let mut memory = Memory::default();
        let t = self.start.as_ref().map_or(0, |s| s.0);
        for shard in &mut self.shards {
            shard.tell_before(t + 1);
            for learner in &mut shard.learners {
                learner.settled_weights(t, &mut memory);
            }
        }
        memory
    }

    fn take_weights(&mut self, from: &dyn Get) -> Result<(), Misfit> {
        for shard in &mut self.shards {
            for learner in &mut shard.learners {
                let part = Part::new(prefix(learner.statement), from);
                learner.take_weights(&part)?;
            }
        }
        Ok(())
    }
}
