//! The exact code: one spike per neuron, and its time is the value (Stanojevic et al. 2022,
//! arXiv:2212.12522; 2024, arXiv:2306.08744).
//!
//! Population p has a window of D ticks. A value a between 0 and its scale S is a spike at
//!
//! t = t_open + D (1 - a / S),
//!
//! the larger the earlier; 0 is no spike. An input spike adds w S_src / D to the slope of a target's
//! potential until the source's window closes, so at that time the potential is w a, summed, plus
//! bias: exactly what the layer computes. Then the gate event of the target's window adds the slope
//! S / D, and the neuron fires where the potential reaches S - a closed form, found once per neuron,
//! since nothing more comes in. Links that skip windows have a delay of as many D.
//!
//! A potential over S at the gate fires at once: the value is clipped, and counted. With a cap
//! (ReLU6) the scale is the cap, and the earliest time is what the function says. A time is rounded
//! to the nearest tick, i.e. the threshold is lower by half a tick of the ramp.
//!
//! Spikes of a window go through a table in the order of time. Potentials are looked at only at gates, so
//! a spike's share (slope times the ticks that are left) is added in one go. Shares are rounded to a common
//! quantum, 2^-51 or less of what a neuron of the population can reach, so that sums are exact: spikes at
//! one tick may come in any order, and it does not matter which of two tables is walked first.

use super::faults::{Faults, Unharmed};
use super::in_time::InTime;
use super::net::{Kind, Net, Population};
use super::table::share;
use crate::simd;

/// A network with its windows.
pub struct Ramp {
    pub net: Net,
    /// Ticks of a window.
    pub window: u32,
    /// Of each population: the value of a spike at the opening of the window.
    pub scales: Vec<f64>,
    /// Of each population: number of its window.
    pub stages: Vec<usize>,
    /// Of each population: the most ticks that are left at a spike, by neuron, where that is not the
    /// whole window for all. Neurons that nobody reads have none.
    limits: Vec<Option<Vec<f64>>>,
    /// Of each population: a number so large that adding and subtracting it rounds to its quantum.
    rounders: Vec<f64>,
    /// Biases of each population, rounded to it.
    biases: Vec<Vec<f64>>,
}

/// What happened in one sample, by population.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub spikes: Vec<u64>,
    pub clipped: Vec<u64>,
    /// Synapses that spikes went along, counted at their targets.
    pub operations: Vec<u64>,
}

/// Working memory for a sample; nothing is taken anew from sample to sample.
#[derive(Debug, Default)]
pub struct Room {
    v: Vec<Vec<f64>>,
    /// Ticks from the window's opening in the upper half, number of the neuron in the lower; in order.
    spikes: Vec<Vec<u64>>,
    /// Ticks that are left at the spike of each neuron of a population; filled and read at its gate.
    left: Vec<u32>,
    in_time: InTime,
    pub counts: Counts,
}

impl Ramp {
    /// Scales are `headroom` times the largest value that calibration saw.
    pub fn new(net: Net, window: u32, headroom: f64) -> Self {
        let n = net.populations.len();
        let mut stages = vec![0; n];
        let mut scales = vec![1.0; n];
        for (i, p) in net.populations.iter().enumerate() {
            let before = p.links.iter().map(|l| stages[l.from]).max();
            stages[i] = match (p.kind, p.opposite) {
                (_, Some(other)) => stages[other],
                (Kind::Largest, _) => before.unwrap_or(0),
                _ => before.map_or(0, |s| s + 1),
            };
            scales[i] = match p.kind {
                Kind::Neurons { cap } if cap.is_finite() => cap,
                Kind::Largest => 0.0,
                _ if p.largest > 0.0 => headroom * p.largest,
                _ => 1.0,
            };
        }
        // What is compared spike by spike must be on one scale, whatever the caps; and so must
        // comparisons of what was compared.
        let mut changed = true;
        while changed {
            changed = false;
            for (i, p) in net.populations.iter().enumerate() {
                if p.kind == Kind::Largest {
                    let all = p.links.iter().map(|l| l.from).chain([i]);
                    let most = all.clone().fold(0.0f64, |m, k| m.max(scales[k]));
                    for k in all {
                        changed |= scales[k] < most;
                        scales[k] = most;
                    }
                }
            }
        }
        let all = net.populations.iter().zip(&scales);
        let rounders: Vec<f64> = (0..n).map(|i| rounder(&net, i, &scales)).collect();
        let rounded = |(p, r): (&Population, &f64)| p.bias.iter().map(|b| share(*b, *r)).collect();
        Self {
            limits: all.map(|(p, scale)| limits(p, *scale, window)).collect(),
            biases: net.populations.iter().zip(&rounders).map(rounded).collect(),
            rounders,
            net,
            window,
            scales,
            stages,
        }
    }

    /// Windows until the output is there.
    pub fn windows(&self) -> usize {
        self.stages.last().copied().unwrap_or(0)
    }

    pub fn room(&self) -> Room {
        let n = self.net.populations.len();
        Room {
            v: vec![Vec::new(); n],
            spikes: vec![Vec::new(); n],
            left: Vec::new(),
            in_time: InTime::default(),
            counts: Counts {
                spikes: vec![0; n],
                clipped: vec![0; n],
                operations: vec![0; n],
            },
        }
    }

    /// Shows one sample (channels first).
    pub fn run(&self, sample: &[f32], room: &mut Room) {
        self.run_with(sample, room, &Unharmed);
    }

    /// The same, with what befalls spikes on their way. A spike that is lost is not counted.
    pub fn run_with<F: Faults>(&self, sample: &[f32], room: &mut Room, faults: &F) {
        simd::vectorized(Show {
            ramp: self,
            sample,
            room,
            faults,
        });
    }

    /// The outputs of the sample that was shown last, as the network's output has them.
    pub fn outputs<'a>(&'a self, room: &'a Room) -> impl Iterator<Item = f64> + 'a {
        let last = self.net.populations.len() - 1;
        let p = &self.net.populations[last];
        (0..p.len()).map(move |e| room.v[last][p.place(e)])
    }

    /// The values that spikes of a population stand for, by neuron.
    pub fn decode(&self, population: usize, room: &Room, values: &mut Vec<f64>) {
        values.clear();
        values.resize(self.net.populations[population].len(), 0.0);
        let unit = self.scales[population] / f64::from(self.window);
        for key in &room.spikes[population] {
            values[*key as u32 as usize] = f64::from(self.left(*key)) * unit;
        }
    }

    /// Spikes of a population in the last sample, in the order of time: ticks since the sample began,
    /// and neuron.
    pub fn spikes<'a>(
        &self,
        population: usize,
        room: &'a Room,
    ) -> impl Iterator<Item = (u64, u32)> + use<'a> {
        let open = self.stages[population] as u64 * u64::from(self.window);
        let keys = room.spikes[population].iter();
        keys.map(move |key| (open + (key >> 32), *key as u32))
    }

    #[inline(always)]
    fn left(&self, key: u64) -> u32 {
        self.window - (key >> 32) as u32
    }
}

/// What a spike of each neuron may have left of its window, see `Ramp::limits`.
fn limits(p: &Population, scale: f64, window: u32) -> Option<Vec<f64>> {
    let whole = f64::from(window);
    let cap = match p.kind {
        // Below the scale where spikes are compared with those of larger values.
        Kind::Neurons { cap } if cap < scale => cap * (whole / scale),
        _ => whole,
    };
    let limit = |read: &bool| if *read { cap } else { 0.0 };
    let all: Vec<f64> = p.read.iter().map(limit).collect();
    all.iter().any(|l| *l != whole).then_some(all)
}

/// 6 times a power of two that no potential of a population exceeds, see `Ramp::rounders`: numbers
/// around it are multiples of 2^-50 of that power, and sums of such multiples are exact up to 8 times it.
fn rounder(net: &Net, population: usize, scales: &[f64]) -> f64 {
    let p = &net.populations[population];
    let bias = p.bias.iter().fold(0.0f64, |m, b| m.max(b.abs()));
    let reach = p.links.iter().map(|l| {
        let sources = net.populations[l.from].len();
        scales[l.from] * l.kernel.reach(sources, p.len())
    });
    let most = bias + reach.sum::<f64>();
    // The exponent, with its offset, of the next power of two.
    let exponent = ((most.to_bits() >> 52) + 1).min(2000);
    6.0 * f64::from_bits(exponent << 52)
}

/// The opening of a window.
struct Gate<'a> {
    window: u32,
    /// Ticks per unit of value.
    per: f64,
    limits: Option<&'a [f64]>,
}

impl Gate<'_> {
    /// The ticks that are left at the spike of each neuron, 0 for none; how many values were above the
    /// scale.
    #[inline(always)]
    fn times(&self, v: &[f64], left: &mut Vec<u32>) -> u64 {
        // The sum of this and a smaller number is a whole number, whose lower half are its bits.
        const WHOLE: f64 = (1u64 << 52) as f64;
        let whole = f64::from(self.window);
        left.resize(v.len(), 0);
        let mut clipped = 0u64;
        let mut one = |left: &mut u32, x: f64, limit: f64| {
            let ticks = x * self.per;
            clipped += u64::from((ticks >= whole + 0.5) & (limit > 0.0));
            let ticks = if ticks > 0.0 { ticks } else { 0.0 };
            let ticks = if ticks < limit { ticks } else { limit };
            *left = (ticks + WHOLE).to_bits() as u32;
        };
        match self.limits {
            Some(limits) => {
                for ((left, x), limit) in left.iter_mut().zip(v).zip(limits) {
                    one(left, *x, *limit);
                }
            }
            None => {
                for (left, x) in left.iter_mut().zip(v) {
                    one(left, *x, whole);
                }
            }
        }
        clipped
    }
}

struct Show<'a, F> {
    ramp: &'a Ramp,
    sample: &'a [f32],
    room: &'a mut Room,
    faults: &'a F,
}

impl<F: Faults> simd::Kernel for Show<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            ramp,
            sample,
            room,
            faults,
        } = self;
        for (i, p) in ramp.net.populations.iter().enumerate() {
            let (before, rest) = room.spikes.split_at_mut(i);
            let own = &mut rest[0];
            let (potentials, rest) = room.v.split_at_mut(i);
            let v = &mut rest[0];
            let gate = Gate {
                window: ramp.window,
                per: f64::from(ramp.window) / ramp.scales[i],
                limits: ramp.limits[i].as_deref(),
            };
            let links = match p.opposite {
                Some(_) => &[][..],
                None => &p.links[..],
            };
            let (mut operations, mut clipped) = (0, 0);
            for link in links {
                let fan_out = |key: &u64| u64::from(link.fan_out[*key as u32 as usize]);
                operations += before[link.from].iter().map(fan_out).sum::<u64>();
            }
            if p.kind == Kind::Largest {
                room.left.clear();
                room.left.resize(p.len(), 0);
                for link in links {
                    for key in &before[link.from] {
                        let left = ramp.left(*key);
                        link.kernel.row(*key as u32 as usize, |to, _| {
                            let first = &mut room.left[to];
                            *first = left.max(*first);
                        });
                    }
                }
                if let Some(limits) = gate.limits {
                    for (left, limit) in room.left.iter_mut().zip(limits) {
                        *left = if *limit > 0.0 { *left } else { 0 };
                    }
                }
            } else {
                let rounder = ramp.rounders[i];
                v.clear();
                match (p.kind, p.opposite) {
                    (Kind::Input { sign }, _) => shown(sample, sign, p.planes, v),
                    // One potential with a threshold above and one below.
                    (_, Some(other)) => v.extend(potentials[other].iter().map(|x| -x)),
                    _ => v.extend_from_slice(&ramp.biases[i]),
                }
                for link in links {
                    let unit = ramp.scales[link.from] / f64::from(ramp.window);
                    let of = |key: &u64| (*key as u32 as usize, f64::from(ramp.left(*key)) * unit);
                    link.kernel.deliver_all(&before[link.from], of, rounder, v);
                }
                if p.kind != Kind::Readout {
                    clipped = gate.times(v, &mut room.left);
                }
            }
            if p.kind == Kind::Readout {
                own.clear();
            } else {
                if !F::HARMLESS {
                    let sent = room.left.iter_mut().enumerate();
                    for (id, left) in sent.filter(|(_, left)| **left > 0) {
                        *left = faults.spike(i, id, *left, ramp.window);
                    }
                }
                room.in_time.order(&room.left, ramp.window, own);
            }
            let capped = matches!(p.kind, Kind::Neurons { cap } if cap.is_finite());
            room.counts.clipped[i] = if capped { 0 } else { clipped };
            room.counts.spikes[i] = own.len() as u64;
            room.counts.operations[i] = operations;
        }
    }
}

/// The values of a sample by neuron.
#[inline(always)]
fn shown(sample: &[f32], sign: f64, [c, h, w]: [usize; 3], v: &mut Vec<f64>) {
    v.resize(c * h * w, 0.0);
    if c == 1 {
        for (v, x) in v.iter_mut().zip(sample) {
            *v = f64::from(*x) * sign;
        }
        return;
    }
    for (channel, plane) in sample.chunks_exact(h * w).enumerate() {
        for (k, x) in plane.iter().enumerate() {
            v[k * c + channel] = f64::from(*x) * sign;
        }
    }
}
