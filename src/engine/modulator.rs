//! Events of modulators: stated ones, and those that spikes release.

use std::collections::VecDeque;
use std::sync::Arc;

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
    pub ids: Vec<std::ops::Range<u32>>,
    pub amount: f64,
    pub delay: u64,
    waiting: VecDeque<u64>,
}

impl Release {
    pub fn new(ids: Vec<std::ops::Range<u32>>, amount: f64, delay: u64) -> Self {
        Self {
            ids,
            amount,
            delay,
            waiting: VecDeque::new(),
        }
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
            if let Some(release) = &mut modulator.release
                && release.ids.iter().any(|r| r.contains(&id))
            {
                release.waiting.push_back(tick + release.delay);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_and_released_events_come_in_order_of_time_once() {
        let events = Arc::new(vec![(5, 1.0), (20, 2.0), (20, 3.0)]);
        let release = Release::new(vec![10..11, 11..12], 0.5, 10);
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
