//! Spike trains that are known ahead of the network: what a source or a private stimulus emits.

use super::gamma::Renewal;
use super::poisson::Gaps;
use super::pulse_packet::Packets;
use super::varying::Varying;

/// Events of some elements, asked for window by window.
#[derive(Debug)]
pub enum Train {
    /// A block of Poisson elements whose rates are constant in pieces.
    Gaps(Box<Gaps>),
    /// A block of Poisson elements whose common rate changes all the time.
    Varying(Box<Varying>),
    /// Gamma trains.
    Renewal(Box<Renewal>),
    /// Volleys.
    Packets(Box<Packets>),
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
    /// Tick of the next event, or an earlier one.
    pub fn next(&self) -> Option<u64> {
        match self {
            Self::Gaps(g) => g.peek().map(|e| e.0),
            Self::Varying(v) => v.peek().map(|e| e.0),
            Self::Renewal(r) => r.peek().map(|e| e.0),
            Self::Packets(p) => p.next(),
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
            Self::Varying(v) => {
                while let Some((t, e)) = v.peek()
                    && t < end
                {
                    f(t, e);
                    v.advance();
                }
            }
            Self::Renewal(r) => {
                while let Some((t, e)) = r.peek()
                    && t < end
                {
                    f(t, e);
                    r.advance();
                }
            }
            Self::Packets(p) => p.take_before(end, f),
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
