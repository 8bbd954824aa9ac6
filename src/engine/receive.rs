//! How the spikes of a window take their places in a shard's queue.

use super::shard::{Emitted, FLIGHT, FLIGHTS, Shard};
use super::wheel::Entry;
use crate::neuron::real::Real;

/// Spikes of a list between asking where a row is and receiving the spike, and between asking for its segments and that.
const FAR: usize = 32;
const NEAR: usize = 16;

impl<R: Real> Shard<R> {
    /// Begins to bring the rows of the first spikes near that are about to be received, and their places in the queue.
    pub fn announce<'a>(&self, lists: impl Iterator<Item = &'a [Emitted]> + Clone) {
        self.wheel.announce(lists.clone().map(<[_]>::len).sum());
        for (segments, first) in [(false, FAR), (true, NEAR)] {
            for list in lists.clone() {
                for &(_, id) in list.iter().take(first) {
                    self.prefetch_row(id, segments);
                }
            }
        }
    }

    /// The same for spikes of a list some way behind the one that is being received.
    #[inline]
    pub fn foresee(&self, later: &[Emitted]) {
        for (segments, ahead) in [(false, FAR), (true, NEAR)] {
            if let Some(&(_, id)) = later.get(ahead - 1) {
                self.prefetch_row(id, segments);
            }
        }
    }

    #[inline]
    fn prefetch_row(&self, id: u32, segments: bool) {
        for table in &self.tables {
            table.rows.prefetch(id as usize, segments);
        }
    }

    /// A spike of `id` at `tick`, of whatever shard: its segments take their places in the queue.
    #[inline]
    pub fn receive(&mut self, tick: u64, id: u32) {
        for (k, table) in self.tables.iter().enumerate() {
            table
                .rows
                .each_segment(id as usize, |delay, start, len, block| {
                    self.wheel.push(
                        tick + delay,
                        Entry {
                            start,
                            len,
                            table: k as u16,
                            block,
                        },
                    );
                });
        }
        for (k, learner) in (self.tables.len()..).zip(&mut self.learners) {
            let Some(flight) = learner.send(tick, id) else {
                continue;
            };
            let wheel = &mut self.wheel;
            learner
                .rows
                .each_segment(id as usize, |delay, start, len, block| {
                    wheel.push(
                        tick + delay,
                        Entry {
                            start: start | ((flight % FLIGHTS) * FLIGHT),
                            len,
                            table: k as u16,
                            block,
                        },
                    );
                });
        }
        self.modulators.hear(tick, id);
    }
}
