//! Events of modulators: stated ones, and those that spikes release.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::rng::Stream;

/// All modulators of a network, as a shard sees them: every shard hears every spike, so all know the same.
#[derive(Debug, Default)]
pub struct Modulators {
    pub all: Vec<Modulator>,
}

#[derive(Debug)]
pub struct Modulator {
    /// (tick, amount), by rising ticks; those before `next` have been told.
    events: Arc<Vec<(u64, f64)>>,
    next: usize,
    release: Option<Release>,
}

/// Spikes that are events some ticks later.
#[derive(Debug)]
pub struct Release {
    /// Global ids.
    ids: Vec<Range<u32>>,
    amount: f64,
    /// Shortest and longest time from spike to event.
    delay: (u64, u64),
    after: Option<After>,
    /// Delays are drawn spike by spike: every shard hears the same spikes in the same order.
    stream: Stream,
    /// Ticks of events to come, in order.
    waiting: VecDeque<u64>,
}

/// Spikes that others must follow.
#[derive(Debug)]
struct After {
    ids: Vec<Range<u32>>,
    within: u64,
    /// Tick of the last spike, and of the last one at an earlier tick than that.
    last: Option<u64>,
    earlier: Option<u64>,
}

fn holds(ids: &[Range<u32>], id: u32) -> bool {
    ids.iter().any(|r| r.contains(&id))
}

impl After {
    fn hear(&mut self, tick: u64, id: u32) {
        if holds(&self.ids, id) && self.last != Some(tick) {
            self.earlier = self.last;
            self.last = Some(tick);
        }
    }

    /// Was there a spike before `tick` that is near enough?
    fn allows(&self, tick: u64) -> bool {
        let before = self.last.filter(|t| *t < tick).or(self.earlier);
        before.is_some_and(|t| tick - t <= self.within)
    }
}

impl Release {
    /// `after`: ids of which one must have spiked so many ticks before, at most.
    pub fn new(
        ids: Vec<Range<u32>>,
        amount: f64,
        (shortest, longest): (u64, u64),
        after: Option<(Vec<Range<u32>>, u64)>,
        stream: Stream,
    ) -> Self {
        Self {
            ids,
            amount,
            delay: (shortest.max(1), longest.max(shortest).max(1)),
            after: after.map(|(ids, within)| After {
                ids,
                within,
                last: None,
                earlier: None,
            }),
            stream,
            waiting: VecDeque::new(),
        }
    }

    fn hear(&mut self, tick: u64, id: u32) {
        if let Some(after) = &mut self.after {
            after.hear(tick, id);
        }
        if !holds(&self.ids, id) || self.after.as_ref().is_some_and(|a| !a.allows(tick)) {
            return;
        }
        let (shortest, longest) = self.delay;
        let delay = match longest - shortest {
            0 => shortest,
            span => shortest + self.stream.below_u64(span + 1),
        };
        let due = tick + delay;
        let at = self.waiting.partition_point(|t| *t <= due);
        self.waiting.insert(at, due);
    }
}

impl Modulator {
    pub fn new(events: Arc<Vec<(u64, f64)>>, release: Option<Release>) -> Self {
        Self {
            events,
            next: 0,
            release,
        }
    }
}

impl Modulators {
    /// A spike of `id`. Spikes come in order of ticks.
    #[inline]
    pub fn hear(&mut self, tick: u64, id: u32) {
        for modulator in &mut self.all {
            if let Some(release) = &mut modulator.release {
                release.hear(tick, id);
            }
        }
    }

    /// Tells the events before tick `end`, by rising ticks: modulator, tick and amount. Windows are no
    /// longer than the shortest delay of a release, so all of them are known.
    pub fn tell_before(&mut self, end: u64, mut f: impl FnMut(usize, u64, f64)) {
        for (m, modulator) in self.all.iter_mut().enumerate() {
            loop {
                let stated = modulator.events.get(modulator.next).copied();
                let released = modulator.release.as_ref().and_then(|r| {
                    let tick = r.waiting.front()?;
                    Some((*tick, r.amount))
                });
                let first = match (stated, released) {
                    (Some(a), Some(b)) if b.0 < a.0 => (b, true),
                    (Some(a), _) => (a, false),
                    (None, Some(b)) => (b, true),
                    (None, None) => break,
                };
                let ((tick, amount), is_release) = first;
                if tick >= end {
                    break;
                }
                match &mut modulator.release {
                    Some(release) if is_release => {
                        release.waiting.pop_front();
                    }
                    _ => modulator.next += 1,
                }
                f(m, tick, amount);
            }
        }
    }
}

/// What a modulator keeps: its stated events are found again by their ticks.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ModulatorState {
    release: Option<ReleaseState>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct ReleaseState {
    generator: [u64; 4],
    waiting: Vec<u64>,
    /// `After::last` and `After::earlier`.
    after: [Option<u64>; 2],
}

impl Modulators {
    /// Hands out what is not known otherwise.
    pub fn keep(&self) -> Vec<ModulatorState> {
        let release = |r: &Release| ReleaseState {
            generator: r.stream.words(),
            waiting: r.waiting.iter().copied().collect(),
            after: r.after.as_ref().map_or([None; 2], |a| [a.last, a.earlier]),
        };
        self.all
            .iter()
            .map(|m| ModulatorState {
                release: m.release.as_ref().map(release),
            })
            .collect()
    }

    /// The way back of `keep`: everything up to tick `t` has been told.
    pub fn take_back(&mut self, states: &[ModulatorState], t: u64) {
        for (modulator, state) in self.all.iter_mut().zip(states) {
            modulator.next = modulator.events.partition_point(|e| e.0 <= t);
            let (Some(release), Some(state)) = (&mut modulator.release, &state.release) else {
                continue;
            };
            release.stream = Stream::of_words(state.generator);
            release.waiting = state.waiting.iter().copied().collect();
            if let Some(after) = &mut release.after {
                [after.last, after.earlier] = state.after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;

    fn stream() -> Stream {
        Stream::new(1, Domain::Release, 0, 0)
    }

    #[test]
    fn spikes_count_only_after_others_and_at_once_or_later() {
        let ids = |id: u32| vec![id..id + 1, 90..91];
        let after = Some((ids(1), 5));
        let release = Release::new(ids(2), 1.0, (20, 30), after, stream());
        let mut all = Modulators {
            all: vec![Modulator::new(Arc::default(), Some(release))],
        };
        // Counts: 12 after 10, 15 after 10. Not: 3 (none before), 10 itself at the tick of 10, 16.
        for (tick, id) in [(3, 2), (10, 1), (10, 2), (12, 2), (15, 2), (16, 2)] {
            all.hear(tick, id);
        }
        let mut got = Vec::new();
        all.tell_before(100, |_, tick, _| got.push(tick));
        assert_eq!(got.len(), 2);
        assert!(got.is_sorted() && got[0] >= 32 && got[1] <= 45, "{got:?}");
        // A spike at the same tick as another of those it follows.
        for (tick, id) in [(50, 1), (53, 1), (53, 2)] {
            all.hear(tick, id);
        }
        got.clear();
        all.tell_before(200, |_, tick, _| got.push(tick));
        assert_eq!(got.len(), 1);
    }

    #[test]
    fn stated_and_released_events_come_in_order_of_time_once() {
        let events = Arc::new(vec![(5, 1.0), (20, 2.0), (20, 3.0)]);
        let release = Release::new(vec![10..11, 11..12], 0.5, (10, 10), None, stream());
        let mut all = Modulators {
            all: vec![Modulator::new(events, Some(release))],
        };
        for (tick, id) in [(1, 10), (2, 12), (10, 11)] {
            all.hear(tick, id);
        }
        let mut got = Vec::new();
        for end in [1, 12, 12, 20, 30] {
            all.tell_before(end, |m, tick, amount| got.push((m, tick, amount, end)));
        }
        let expected = [
            (0, 5, 1.0, 12),
            (0, 11, 0.5, 12),
            (0, 20, 2.0, 30),
            (0, 20, 3.0, 30),
            (0, 20, 0.5, 30),
        ];
        assert_eq!(got, expected);
    }
}
