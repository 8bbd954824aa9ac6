//! Traces of the spikes of a source, and a spike as its synapses will meet it.
//!
//! Several spikes of a source may be under way. Each carries what its synapses need to learn as if at the
//! moment at which they are met: when it was sent, when the one before was, and the traces.

use super::decay::Decay;
use super::history::NEVER;
use super::short_term::{Resources, ShortTerm};

/// How traces of pre spikes run.
#[derive(Clone, Debug)]
pub struct PreTraces {
    pub x: Decay<f64>,
    /// A second one, for rules that have it.
    pub r: Option<Decay<f64>>,
    /// Traces are set to 1 at a spike instead of rising by 1.
    pub nearest: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// Tick of its last spike, or of none that its synapses have not met.
    pub last: i64,
    /// Its traces just before that spike, and just after.
    before: f64,
    after: f64,
    second: f64,
    /// Tick of the spike that short-term plasticity knows.
    used: i64,
    resources: Resources,
}

/// A spike under way.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Flight {
    pub source: u32,
    /// When it was sent.
    pub tick: i64,
    /// When the spike before was, or `NEVER`.
    pub previous: i64,
    /// The first trace at the spike before: just before it and just after.
    pub before: f64,
    pub after: f64,
    /// The second trace just before this spike.
    pub second: f64,
    /// What it transmits of a weight.
    pub share: f64,
}

impl Source {
    pub fn new(short_term: Option<&ShortTerm>) -> Self {
        Self {
            last: NEVER,
            before: 0.0,
            after: 0.0,
            second: 0.0,
            used: NEVER,
            resources: short_term.map(ShortTerm::initial).unwrap_or_default(),
        }
    }

    /// It spikes.
    pub fn spike(
        &mut self,
        source: u32,
        tick: i64,
        traces: Option<&PreTraces>,
        short_term: Option<&ShortTerm>,
    ) -> Flight {
        let mut flight = Flight {
            source,
            tick,
            ..self.waiting()
        };
        if let Some(traces) = traces {
            let since = tick - self.last;
            self.before = self.after * traces.x.after(since);
            self.after = if traces.nearest {
                1.0
            } else {
                self.before + 1.0
            };
            if let Some(r) = &traces.r {
                flight.second = self.second * r.after(since);
                self.second = if traces.nearest {
                    1.0
                } else {
                    flight.second + 1.0
                };
            }
            self.last = tick;
        }
        if let Some(short_term) = short_term {
            let since = (self.used != NEVER).then(|| tick - self.used);
            flight.share = short_term.spike(&mut self.resources, since);
            self.used = tick;
        }
        flight
    }

    /// The spike that has not come yet: it knows what was before.
    pub fn waiting(&self) -> Flight {
        Flight {
            source: u32::MAX,
            tick: i64::MAX / 4,
            previous: self.last,
            before: self.before,
            after: self.after,
            second: 0.0,
            share: 1.0,
        }
    }

    /// All of its synapses have met all of its spikes so long ago that its traces are gone.
    pub fn forget(&mut self) {
        self.last = NEVER;
        (self.before, self.after, self.second) = (0.0, 0.0, 0.0);
    }
}

/// The spikes under way, by number.
#[derive(Clone, Debug)]
pub struct Flights {
    /// A ring of 2^n places.
    ring: Vec<Flight>,
    first: u64,
    next: u64,
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            ring: vec![Source::new(None).waiting(); 64],
            first: 0,
            next: 0,
        }
    }
}

impl Flights {
    /// Takes off; returns its number.
    pub fn push(&mut self, flight: Flight) -> u64 {
        let n = self.ring.len() as u64;
        if self.next - self.first == n {
            let mut ring = Vec::with_capacity(2 * n as usize);
            // Numbers modulo the new size: the first half holds even turns, the second odd ones.
            ring.extend_from_slice(&self.ring);
            ring.extend_from_slice(&self.ring);
            self.ring = ring;
        }
        let at = self.next & (self.ring.len() as u64 - 1);
        self.ring[at as usize] = flight;
        self.next += 1;
        self.next - 1
    }

    #[inline(always)]
    pub fn get(&self, number: u64) -> &Flight {
        &self.ring[(number & (self.ring.len() as u64 - 1)) as usize]
    }

    /// What was sent before `tick` has arrived everywhere.
    pub fn land_before(&mut self, tick: i64) {
        while self.first < self.next && self.get(self.first).tick < tick {
            self.first += 1;
        }
    }

    /// Those that may still be under way, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Flight)> {
        (self.first..self.next).map(|n| (n, self.get(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_keep_their_numbers_when_the_ring_grows() {
        let mut flights = Flights::default();
        let mut source = Source::new(None);
        for tick in 0..1000 {
            let n = flights.push(source.spike(0, tick, None, None));
            assert_eq!(n, tick as u64);
            flights.land_before(tick / 2);
            for (n, f) in flights.iter() {
                assert_eq!(n, f.tick as u64);
            }
        }
        assert_eq!(flights.iter().count(), 501);
    }
}
