//! # `pulse_packet`: volleys of spikes around stated times
//!
//! ```text
//! t = pulse_time + sdev N(0, 1),   `activity` times per pulse and element
//! ```
//!
//! Spikes are rounded to the nearest tick; those that would come before the first tick are left out.
//! Draws beyond ten standard deviations (a chance of 1e-23) are repeated, so that a pulse can be
//! drawn when its first spike may come, and not before.

use super::def::{KeyDef, Shape, StimulusDef};
use crate::network::spec::{PS_PER_MS, PacketSpec};
use crate::rng::{Domain, Stream};

pub static DEF: StimulusDef = StimulusDef {
    name: "pulse_packet",
    summary: "volleys: a number of spikes, normally distributed around stated times",
    keys: &[
        KeyDef {
            name: "pulse_times",
            expects: "a list of times",
            doc: "centres of the volleys",
            shape: Shape::Quantities,
        },
        KeyDef {
            name: "activity",
            expects: "a whole number from 1",
            doc: "spikes of each element per volley",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "sdev",
            expects: "a time, \"0 ms\" or more",
            doc: "standard deviation of the spike times around the centre",
            shape: Shape::Quantity,
        },
    ],
    as_source: true,
    as_drive: true,
    reference: "NEST's pulsepacket_generator, with an independent train per element; Diesmann et al. (1999) Nature 402:529-533",
};

/// Standard deviations at which a volley begins and ends.
const REACH: f64 = 10.0;

/// Trains of consecutive elements.
#[derive(Clone, Debug)]
pub struct Packets {
    seed: u64,
    of: u64,
    first: u32,
    end: u32,
    activity: u32,
    /// Ticks.
    sdev: f64,
    /// Tick at which a volley may begin, its centre in ticks, and its number; sorted.
    pulses: Vec<(u64, f64, u32)>,
    /// The next volley to be drawn.
    pulse: usize,
    /// Spikes of the volleys that have begun, sorted; `at` is the next one.
    drawn: Vec<(u64, u32)>,
    at: usize,
}

impl Packets {
    /// Elements `first .. end` of the stimulus with key `of` (see `rng::of_stimulus`).
    pub fn new(
        spec: &PacketSpec,
        seed: u64,
        of: u64,
        resolution_ps: u64,
        first: u32,
        end: u32,
    ) -> Self {
        let ticks = |ms: f64| ms * (PS_PER_MS / resolution_ps as f64);
        let sdev = ticks(spec.sdev_ms);
        let mut pulses: Vec<(u64, f64, u32)> = spec
            .at_ms
            .iter()
            .enumerate()
            .map(|(k, &ms)| {
                let centre = ticks(ms);
                (
                    (centre - REACH * sdev).floor().max(1.0) as u64,
                    centre,
                    k as u32,
                )
            })
            .collect();
        pulses.sort_by_key(|p| (p.0, p.2));
        Self {
            seed,
            of,
            first,
            end,
            activity: spec.activity,
            sdev,
            pulses,
            pulse: 0,
            drawn: Vec::new(),
            at: 0,
        }
    }

    /// The tick of the next spike, or an earlier one at which a volley may begin.
    pub fn next(&self) -> Option<u64> {
        let drawn = self.drawn.get(self.at).map(|e| e.0);
        let begins = self.pulses.get(self.pulse).map(|p| p.0);
        match (drawn, begins) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Takes all spikes before tick `end`, in the order of ticks.
    pub fn take_before(&mut self, end: u64, mut f: impl FnMut(u64, u32)) {
        let mut more = false;
        while let Some(&(begins, centre, number)) = self.pulses.get(self.pulse)
            && begins < end
        {
            if !more {
                self.drawn.drain(..self.at);
                self.at = 0;
                more = true;
            }
            self.pulse += 1;
            self.draw(centre, number);
        }
        if more {
            self.drawn.sort_unstable();
        }
        while let Some(&(t, e)) = self.drawn.get(self.at)
            && t < end
        {
            f(t, e);
            self.at += 1;
        }
    }

    /// Passes over all spikes up to tick `t`. Volleys that are over by then need not be drawn.
    pub fn pass(&mut self, t: u64) {
        (self.pulse, self.at) = (0, 0);
        self.drawn.clear();
        while let Some(&(begins, centre, number)) = self.pulses.get(self.pulse)
            && begins <= t
        {
            self.pulse += 1;
            if centre + REACH * self.sdev + 1.0 >= t as f64 {
                self.draw(centre, number);
            }
        }
        self.drawn.sort_unstable();
        self.at = self.drawn.partition_point(|e| e.0 <= t);
    }

    fn draw(&mut self, centre: f64, number: u32) {
        for e in self.first..self.end {
            let key = u64::from(number) << 32 | u64::from(e);
            let mut stream = Stream::new(self.seed, Domain::PulsePacket, self.of, key);
            for _ in 0..self.activity {
                let shift = loop {
                    let z = stream.normal();
                    if z.abs() < REACH {
                        break z * self.sdev;
                    }
                };
                let tick = (centre + shift).round();
                if tick >= 1.0 {
                    self.drawn.push((tick as u64, e));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: u64 = 100_000_000;

    fn all(spec: &PacketSpec, first: u32, end: u32, window: u64) -> Vec<(u64, u32)> {
        let mut p = Packets::new(spec, 9, 2, TENTH, first, end);
        let mut all = Vec::new();
        let mut from = 1;
        while let Some(next) = p.next() {
            assert!(next >= from);
            from = next + window;
            p.take_before(from, |t, e| all.push((t, e)));
        }
        all
    }

    #[test]
    fn volleys_have_their_number_mean_and_deviation() {
        let spec = PacketSpec {
            at_ms: vec![100.0, 40.05, 300.0],
            activity: 30,
            sdev_ms: 3.0,
        };
        let spikes = all(&spec, 0, 1000, 15);
        assert_eq!(spikes.len(), 90_000);
        for (low, high, centre) in [(0, 701, 400.5), (701, 1999, 1000.0), (2000, 9999, 3000.0)] {
            let of: Vec<f64> = spikes
                .iter()
                .filter(|s| (low..high).contains(&s.0))
                .map(|s| s.0 as f64)
                .collect();
            let n = of.len() as f64;
            let mean = of.iter().sum::<f64>() / n;
            let sd = (of.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / n).sqrt();
            assert_eq!(n, 30_000.0);
            assert!(
                (mean - centre).abs() < 4.0 * 30.0 / n.sqrt(),
                "{mean} {centre}"
            );
            // Rounding to ticks adds 1/12.
            assert!(
                (sd - 30.0).abs() < 4.0 * 30.0 / (2.0 * n).sqrt() + 0.002,
                "{sd}"
            );
        }
        for e in 0..1000 {
            assert_eq!(spikes.iter().filter(|s| s.1 == e).count(), 90);
        }
    }

    #[test]
    fn neither_windows_nor_parts_change_a_spike() {
        let spec = PacketSpec {
            at_ms: vec![5.0, 6.0, 20.0, 0.0],
            activity: 4,
            sdev_ms: 2.0,
        };
        let mut whole = all(&spec, 0, 50, 1);
        assert!(whole.is_sorted_by_key(|s| s.0));
        let mut parts = all(&spec, 0, 17, 7);
        parts.extend(all(&spec, 17, 50, 1000));
        whole.sort_unstable();
        parts.sort_unstable();
        assert_eq!(whole, parts);
        // Of the volley at 0 about half lies before the first tick.
        assert!((650..750).contains(&whole.len()), "{}", whole.len());
        assert!(whole[0].0 >= 1);
    }

    #[test]
    fn without_deviation_a_volley_is_one_tick() {
        let spec = PacketSpec {
            at_ms: vec![100.0, 0.3],
            activity: 2,
            sdev_ms: 0.0,
        };
        assert_eq!(all(&spec, 0, 1, 3), [(3, 0), (3, 0), (1000, 0), (1000, 0)]);
    }
}
