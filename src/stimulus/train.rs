//! Spike trains that are known ahead of the network: what a source or a private stimulus emits.

use super::poisson::Gaps;

/// Events of some elements, asked for window by window.
#[derive(Debug)]
pub enum Train {
    /// A block of Poisson elements.
    Gaps(Box<Gaps>),
    /// Stated events, sorted; `at` is the next one.
    List { events: Vec<(u64, u32)>, at: usize },
    /// Elements `first .. end`, all at start + k interval, k = 1, 2, …, up to `stop`.
    Regular {
        next: u64,
        interval: u64,
        stop: u64,
        first: u32,
        end: u32,
    },
}

impl Train {
    /// Tick of the next event.
    pub fn next(&self) -> Option<u64> {
        match self {
            Self::Gaps(g) => g.peek().map(|e| e.0),
            Self::List { events, at } => events.get(*at).map(|e| e.0),
            Self::Regular { next, stop, .. } => (next <= stop).then_some(*next),
        }
    }

    /// Takes all events before tick `end`, in the order of ticks.
    pub fn take_before(&mut self, end: u64, mut f: impl FnMut(u64, u32)) {
        match self {
            Self::Gaps(g) => {
                while let Some((t, e)) = g.peek()
                    && t < end
                {
                    f(t, e);
                    g.advance();
                }
            }
            Self::List { events, at } => {
                while let Some(&(t, e)) = events.get(*at)
                    && t < end
                {
                    f(t, e);
                    *at += 1;
                }
            }
            Self::Regular {
                next,
                interval,
                stop,
                first,
                end: last,
            } => {
                while *next < end && *next <= *stop {
                    for e in *first..*last {
                        f(*next, e);
                    }
                    *next = next.saturating_add(*interval);
                }
            }
        }
    }
}
