//! Injected currents: steps of the definition, and courses that are computed when they change.

use super::agenda::Kind;
use super::shard::{Run, Shard};
use crate::neuron::real::Real;
use crate::stimulus::current::Injection;

/// A change of the constant current of some neurons, after `tick`.
#[derive(Clone, Debug)]
pub struct CurrentStep {
    pub tick: u64,
    pub unit: usize,
    pub neurons: std::ops::Range<u32>,
    pub by: f64,
}

/// A current that is computed when it changes.
#[derive(Debug)]
pub struct CurrentFeed {
    pub(super) injection: Injection,
    /// `slot` is the place of the first target within its unit.
    pub(super) run: Run,
    /// What each target gets at present. Changed by `Shard::change_current` only.
    pub(super) now: Vec<f64>,
    /// Scratch: what each will get, then by how much that is more.
    new: Vec<f64>,
}

impl CurrentFeed {
    pub fn new(injection: Injection, run: Run) -> Self {
        let n = (run.end - run.first) as usize;
        Self {
            injection,
            run,
            now: vec![0.0; n],
            new: vec![0.0; n],
        }
    }
}

impl<R: Real> Shard<R> {
    pub(super) fn step_current(&mut self, step: usize, tick: u64) {
        let CurrentStep {
            unit, neurons, by, ..
        } = self.steps[step].clone();
        for i in neurons {
            if self.units[unit].swept {
                self.units[unit].block.inject_swept(i as usize, by);
            } else {
                self.units[unit].block.inject(i as usize, tick, by);
                self.predict(unit, i);
            }
        }
    }

    /// Currents come behind the steps among the actions, so a neuron under several has them added
    /// in the same order in every shard.
    pub(super) fn schedule_current(&mut self, current: usize, tick: Option<u64>) {
        let id = (self.steps.len() + current) as u64;
        let cell = self.units[self.currents[current].run.unit].cell;
        self.agendas[cell].schedule(Kind::Action, id, tick);
    }

    /// A clocked unit feels a change from its next step on.
    pub(super) fn next_current_change(&self, current: usize, from: u64) -> Option<u64> {
        let feed = &self.currents[current];
        let period = self.units[feed.run.unit].period;
        let change = feed.injection.next_change(from)?;
        change.checked_next_multiple_of(period)
    }

    /// Gives the targets of a current what holds after `tick`. A lazily updated target whose current stays is not
    /// touched.
    pub(super) fn change_current(&mut self, current: usize, tick: u64) {
        let feed = &mut self.currents[current];
        let (run, n) = (feed.run, feed.now.len());
        feed.injection.fill(tick, run.first, &mut feed.new);
        if self.units[run.unit].swept {
            for (now, new) in feed.now.iter_mut().zip(&mut feed.new) {
                let before = std::mem::replace(now, *new);
                *new -= before;
            }
            let block = &mut self.units[run.unit].block;
            block.inject_all(run.slot, &feed.new);
        } else {
            for k in 0..n {
                let feed = &mut self.currents[current];
                let by = feed.new[k] - feed.now[k];
                if by == 0.0 {
                    continue;
                }
                feed.now[k] = feed.new[k];
                let i = run.slot + k;
                self.units[run.unit].block.inject(i, tick, by);
                self.predict(run.unit, i as u32);
            }
        }
        let next = self.next_current_change(current, tick + 1);
        self.schedule_current(current, next);
    }
}
