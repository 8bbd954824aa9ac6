//! Wake-ups that can be re-scheduled: predicted threshold crossings, next events of sources, timed
//! actions.
//!
//! Ordered by (tick, kind, id), so ties are decided by us and not by the order of insertion.

use std::cmp::Reverse;
use std::hash::BuildHasherDefault;

use priority_queue::PriorityQueue;
use rustc_hash::FxHasher;

/// What is to happen. The order is that in which things of one tick happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A source has an event in the window.
    Source,
    /// A neuron may cross its threshold.
    Wake,
    /// A current changes.
    Action,
}

type Priority = Reverse<(u64, Kind, u64)>;

/// A priority queue with change of priority in place, keyed by (kind, id).
#[derive(Debug, Default)]
pub struct Agenda {
    queue: PriorityQueue<(Kind, u64), Priority, BuildHasherDefault<FxHasher>>,
}

impl Agenda {
    /// Sets the tick of (kind, id), whether it was scheduled or not; `None` takes it off.
    pub fn schedule(&mut self, kind: Kind, id: u64, tick: Option<u64>) {
        match tick {
            Some(tick) => {
                self.queue.push((kind, id), Reverse((tick, kind, id)));
            }
            None => {
                self.queue.remove(&(kind, id));
            }
        }
    }

    /// The earliest tick on the agenda.
    #[inline]
    pub fn next(&self) -> Option<u64> {
        self.queue.peek().map(|(_, p)| p.0.0)
    }

    /// Takes the earliest entry if it is due at or before `tick`.
    #[inline]
    pub fn pop_due(&mut self, tick: u64) -> Option<(u64, Kind, u64)> {
        match self.queue.peek() {
            Some((_, p)) if p.0.0 <= tick => self.queue.pop().map(|(_, p)| p.0),
            _ => None,
        }
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BinaryHeap};

    proptest! {
        /// Against a binary heap with lazy deletion.
        #[test]
        fn the_agenda_agrees_with_a_binary_heap(
            ops in prop::collection::vec((0u64..20, prop::option::of(0u64..50), any::<bool>()), 1..200)
        ) {
            let mut agenda = Agenda::default();
            let mut heap = BinaryHeap::new();
            let mut valid: BTreeMap<(Kind, u64), u64> = BTreeMap::new();
            for (id, tick, pop) in ops {
                let kind = if id % 2 == 0 { Kind::Wake } else { Kind::Action };
                if pop {
                    let bound = tick.unwrap_or(10);
                    let expected = loop {
                        match heap.peek() {
                            Some(&Reverse((t, k, i))) if valid.get(&(k, i)) != Some(&t) => { heap.pop(); }
                            Some(&Reverse((t, k, i))) if t <= bound => {
                                heap.pop();
                                valid.remove(&(k, i));
                                break Some((t, k, i));
                            }
                            _ => break None,
                        }
                    };
                    prop_assert_eq!(agenda.pop_due(bound), expected);
                } else {
                    agenda.schedule(kind, id, tick);
                    match tick {
                        Some(t) => { valid.insert((kind, id), t); heap.push(Reverse((t, kind, id))); }
                        None => { valid.remove(&(kind, id)); }
                    }
                }
                prop_assert_eq!(agenda.len(), valid.len());
            }
        }
    }
}
