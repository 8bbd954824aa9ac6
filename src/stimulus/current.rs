//! # Injected currents: `step_current`, `dc_current`, `sine_current`, `noise_current`
//!
//! All are constant between the ticks at which they change. `noise_current` holds a Gaussian number
//! for `dt`:
//!
//! ```text
//! I(t) = mean + sqrt(std^2 + std_mod^2 sin(2 pi frequency t + phase)) N_k
//! ```
//!
//! with N_k standard normal, drawn anew for every interval k and target, and t the beginning of the
//! interval. A membrane dV/dt = -V/tau + I/C is then, at the ends of intervals, normal with
//!
//! ```text
//! <V> = mean tau / C,    var V = (std tau / C)^2 (1 - e) / (1 + e),    e = exp(-dt / tau)
//! ```
//!
//! N_k is a function of (seed, stimulus, target, k) alone (`rng/pairs.rs`).

use std::f64::consts::TAU;
use std::sync::Arc;

use super::def::{KeyDef, START, STOP, Shape, StimulusDef};
use crate::network::spec::{CurrentSpec, PS_PER_MS};
use crate::rng::pairs::normal_pairs;
use crate::rng::{Domain, key};

pub static STEP: StimulusDef = StimulusDef {
    name: "step_current",
    summary: "a current that changes at stated times and stays constant between them",
    keys: &[
        KeyDef {
            name: "times",
            expects: "a rising list of times",
            doc: "from each time on the amplitude of the same place holds; zero before the first",
            shape: Shape::Times,
        },
        KeyDef {
            name: "amplitudes",
            expects: "a list of currents, as long as times",
            doc: "injected current, added to I_e",
            shape: Shape::Quantities,
        },
    ],
    as_source: false,
    as_drive: true,
    reference: "NEST's step_current_generator, without its one-tick delay",
};

pub static DC: StimulusDef = StimulusDef {
    name: "dc_current",
    summary: "a constant current, the same for all targets or one for each",
    keys: &[
        KeyDef {
            name: "amplitude",
            expects: "a current (\"200 pA\"), or one per target (a list, or { file = \"currents.csv\" })",
            doc: "injected current, added to I_e",
            shape: Shape::Values,
        },
        START,
        STOP,
    ],
    as_source: false,
    as_drive: true,
    reference: "NEST's dc_generator, without its one-tick delay",
};

const FREQUENCY: KeyDef = KeyDef {
    name: "frequency",
    expects: "a rate (\"10 Hz\")",
    doc: "revolutions per unit of time",
    shape: Shape::Quantity,
};
const PHASE: KeyDef = KeyDef {
    name: "phase",
    expects: "a plain number, in degrees, 0 unless given",
    doc: "phase of the sinusoid at time 0 of the simulation",
    shape: Shape::Quantity,
};

pub static SINE: StimulusDef = StimulusDef {
    name: "sine_current",
    summary: "a sinusoidal current: offset + amplitude sin(2 pi frequency t + phase)",
    keys: &[
        KeyDef {
            name: "amplitude",
            expects: "a current (\"100 pA\")",
            doc: "amplitude of the sinusoid",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "offset",
            expects: "a current, \"0 pA\" unless given",
            doc: "constant part",
            shape: Shape::Quantity,
        },
        FREQUENCY,
        PHASE,
        KeyDef {
            name: "dt",
            expects: "a time, one tick unless given",
            doc: "how long a value is held: that of the middle of the interval",
            shape: Shape::Quantity,
        },
        START,
        STOP,
    ],
    as_source: false,
    as_drive: true,
    reference: "NEST's ac_generator, sampled, without its one-tick delay",
};

pub static NOISE: StimulusDef = StimulusDef {
    name: "noise_current",
    summary: "a Gaussian current, constant over dt and independent for each target",
    keys: &[
        KeyDef {
            name: "mean",
            expects: "a current, \"0 pA\" unless given",
            doc: "mean of the current",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "std",
            expects: "a current",
            doc: "standard deviation of the current; what it does to a membrane depends on dt",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "dt",
            expects: "a time, \"1 ms\" unless given",
            doc: "how long a value is held",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "std_mod",
            expects: "a current, at most std, \"0 pA\" unless given",
            doc: "modulation: the variance is std^2 + std_mod^2 sin(2 pi frequency t + phase)",
            shape: Shape::Quantity,
        },
        KeyDef {
            expects: "a rate (\"10 Hz\"), needed with std_mod",
            ..FREQUENCY
        },
        PHASE,
        START,
        STOP,
    ],
    as_source: false,
    as_drive: true,
    reference: "NEST's noise_generator, without its one-tick delay; Box & Muller (1958) Ann. Math. Stat. 29:610-611",
};

/// A current that a drive injects, as a function of tick and target.
#[derive(Clone, Debug)]
pub struct Injection {
    spec: CurrentSpec,
    key: u64,
    /// Ticks per second, for frequencies.
    turns_per_hz: f64,
}

impl Injection {
    /// `drive` is the number of the stimulus among the drives.
    pub fn new(spec: &CurrentSpec, seed: u64, drive: u64, resolution_ps: u64) -> Self {
        Self {
            spec: spec.clone(),
            key: key(seed, Domain::NoiseCurrent, drive, 0),
            turns_per_hz: resolution_ps as f64 / (1000.0 * PS_PER_MS),
        }
    }

    /// The first tick >= `from` after which the current is another one.
    pub fn next_change(&self, from: u64) -> Option<u64> {
        match &self.spec {
            CurrentSpec::Table { at, .. } => at.get(at.partition_point(|&a| a < from)).copied(),
            CurrentSpec::Noise {
                dt, start, stop, ..
            }
            | CurrentSpec::Sine {
                dt, start, stop, ..
            } => {
                if from <= *start {
                    return Some(*start);
                }
                if from > *stop {
                    return None;
                }
                let next = start.saturating_add((from - start).div_ceil(*dt).saturating_mul(*dt));
                Some(next.min(*stop))
            }
        }
    }

    /// sin(2 pi frequency t + phase) at `t` ticks.
    fn swing(&self, hz: f64, phase: f64, t: f64) -> f64 {
        let turn = hz * self.turns_per_hz * t + phase / 360.0;
        libm::sin(TAU * (turn - turn.floor()))
    }

    /// Writes the current of targets `first ..` from tick `tick` (exclusive) on.
    pub fn fill(&self, tick: u64, first: u32, out: &mut [f64]) {
        match &self.spec {
            CurrentSpec::Table {
                at,
                row,
                amplitude,
                elements,
            } => {
                let piece = at.partition_point(|&a| a <= tick);
                match piece.checked_sub(1).and_then(|p| row[p]) {
                    None => out.fill(0.0),
                    Some(row) => {
                        let from = row as usize * *elements as usize + first as usize;
                        out.copy_from_slice(&amplitude[from..from + out.len()]);
                    }
                }
            }
            CurrentSpec::Sine {
                offset,
                amplitude,
                hz,
                phase,
                dt,
                start,
                stop,
            } => {
                if tick < *start || tick >= *stop {
                    return out.fill(0.0);
                }
                // A clocked unit may come in the middle of an interval.
                let onset = tick - (tick - start) % dt;
                let middle = onset as f64 + 0.5 * (*dt).min(stop - onset) as f64;
                out.fill(offset + amplitude * self.swing(*hz, *phase, middle));
            }
            CurrentSpec::Noise {
                mean,
                std,
                std_mod,
                hz,
                phase,
                dt,
                start,
                stop,
            } => {
                if tick < *start || tick >= *stop {
                    return out.fill(0.0);
                }
                let std = if *std_mod == 0.0 {
                    *std
                } else {
                    let onset = tick - (tick - start) % dt;
                    let swing = self.swing(*hz, *phase, onset as f64);
                    (std * std + std_mod * std_mod * swing).max(0.0).sqrt()
                };
                normal_pairs(self.key, (tick - start) / dt, first, out);
                for x in out {
                    *x = mean + std * *x;
                }
            }
        }
    }
}

/// A constant current for each target between two ticks.
pub fn constant(amplitude: Vec<f64>, start: u64, stop: u64) -> CurrentSpec {
    let elements = amplitude.len() as u32;
    CurrentSpec::Table {
        at: vec![start, stop],
        row: vec![Some(0), None],
        amplitude: Arc::new(amplitude),
        elements,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: u64 = 100_000_000;

    fn noise(std: f64, std_mod: f64, dt: u64, start: u64, stop: u64) -> Injection {
        let spec = CurrentSpec::Noise {
            mean: 0.0,
            std,
            std_mod,
            hz: 10.0,
            phase: 0.0,
            dt,
            start,
            stop,
        };
        Injection::new(&spec, 5, 3, TENTH)
    }

    #[test]
    fn the_numbers_are_normal_and_independent_of_neighbours_and_of_the_interval_before() {
        let n = noise(1.0, 0.0, 10, 0, u64::MAX);
        let (mut sums, mut bins, mut before) = ([0.0f64; 6], [0f64; 40], vec![0.0; 100]);
        let mut out = vec![0.0; 100];
        for k in 0..2000u64 {
            n.fill(k * 10, 0, &mut out);
            for (i, x) in out.iter().enumerate() {
                sums[0] += x;
                sums[1] += x * x;
                sums[2] += x.powi(4);
                sums[3] += x * out[(i + 1) % 100];
                sums[4] += x * before[i];
                let p = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
                bins[(p * 40.0) as usize] += 1.0;
            }
            before.copy_from_slice(&out);
        }
        let count = 200_000.0f64;
        let sd = 1.0 / count.sqrt();
        let [m, v, k, n1, n2, _] = sums.map(|s| s / count);
        assert!(
            m.abs() < 4.0 * sd && (v - 1.0).abs() < 4.0 * sd * 2f64.sqrt(),
            "{m} {v}"
        );
        assert!((k - 3.0).abs() < 4.0 * sd * 96f64.sqrt(), "{k}");
        assert!(n1.abs() < 4.0 * sd && n2.abs() < 4.0 * sd, "{n1} {n2}");
        let chi: f64 = bins.iter().map(|b| (b - 5000.0).powi(2) / 5000.0).sum();
        assert!(chi < 39.0 + 4.0 * 78f64.sqrt(), "{chi}");
    }

    #[test]
    fn a_part_of_the_targets_gets_what_the_whole_gets_there() {
        let n = noise(100.0, 0.0, 10, 0, u64::MAX);
        let mut all = vec![0.0; 9];
        n.fill(70, 0, &mut all);
        for first in 0..9 {
            for end in first + 1..=9 {
                let mut part = vec![0.0; end - first];
                n.fill(70, first as u32, &mut part);
                assert_eq!(part, all[first..end]);
            }
        }
    }

    #[test]
    fn the_variance_follows_its_modulation() {
        // 10 Hz: a quarter revolution after 250 ticks, three quarters after 750.
        let n = noise(10.0, 8.0, 10, 0, u64::MAX);
        let mut out = vec![0.0; 50_000];
        for (tick, want) in [(0, 100.0), (250, 164.0), (750, 36.0)] {
            n.fill(tick, 0, &mut out);
            let v = out.iter().map(|x| x * x).sum::<f64>() / 50_000.0;
            assert!(
                (v / want - 1.0).abs() < 4.0 * (2.0f64 / 50_000.0).sqrt(),
                "{tick}: {v}"
            );
        }
    }

    #[test]
    fn changes_come_at_every_interval_and_at_the_end() {
        let n = noise(1.0, 0.0, 10, 25, 48);
        let mut at = Vec::new();
        let mut from = 0;
        while let Some(t) = n.next_change(from) {
            at.push(t);
            from = t + 1;
        }
        assert_eq!(at, [25, 35, 45, 48]);
        let mut out = [1.0; 3];
        n.fill(48, 0, &mut out);
        assert_eq!(out, [0.0; 3]);
    }

    #[test]
    fn a_table_holds_its_rows_and_nothing_between() {
        let spec = CurrentSpec::Table {
            at: vec![0, 10, 20],
            row: vec![Some(1), None, Some(0)],
            amplitude: Arc::new(vec![1.0, 2.0, 3.0, 4.0]),
            elements: 2,
        };
        let i = Injection::new(&spec, 1, 0, TENTH);
        let at = |tick, first, n| {
            let mut out = vec![9.0; n];
            i.fill(tick, first, &mut out);
            out
        };
        assert_eq!(at(0, 0, 2), [3.0, 4.0]);
        assert_eq!(at(10, 0, 2), [0.0, 0.0]);
        assert_eq!(at(20, 1, 1), [2.0]);
        assert_eq!(
            [0, 1, 11, 21].map(|t| i.next_change(t)),
            [Some(0), Some(10), Some(20), None]
        );
    }

    #[test]
    fn a_sine_is_sampled_in_the_middle() {
        let spec = CurrentSpec::Sine {
            offset: 5.0,
            amplitude: 100.0,
            hz: 10.0,
            phase: 90.0,
            dt: 1,
            start: 0,
            stop: u64::MAX,
        };
        let i = Injection::new(&spec, 1, 0, TENTH);
        for t in [0u64, 1, 333, 5000] {
            let mut out = [0.0];
            i.fill(t, 7, &mut out);
            let want = 5.0 + 100.0 * libm::cos(TAU * 10.0 * (t as f64 + 0.5) * 1e-4);
            assert!((out[0] - want).abs() < 1e-9, "{t}: {} {want}", out[0]);
        }
    }
}
