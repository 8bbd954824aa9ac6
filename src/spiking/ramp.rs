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
//! Because potentials are looked at only at gates, a spike's share (slope times the ticks that are left)
//! is added in one go; spikes come by time, then number, and links one after the other.

use super::faults::{Faults, Unharmed};
use super::net::{Kind, Net, Population};
use super::order;
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
    /// Neurons of a population that are worth looking at, if they are far from all.
    some: Vec<Option<Vec<u32>>>,
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
    /// Ticks from the window's opening in the upper half, number of the neuron in the lower.
    spikes: Vec<Vec<u64>>,
    spare: Vec<u64>,
    first: Vec<u32>,
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
            stages[i] = match p.kind {
                Kind::Largest => before.unwrap_or(0),
                _ => before.map_or(0, |s| s + 1),
            };
            scales[i] = match p.kind {
                Kind::Neurons { cap } if cap.is_finite() => cap,
                _ if p.largest > 0.0 => headroom * p.largest,
                _ => 1.0,
            };
        }
        // What is compared spike by spike must be on one scale. Seen from the end, so that a chain of
        // comparisons ends up on one.
        for _ in 0..n {
            let mut changed = false;
            for (i, p) in net.populations.iter().enumerate() {
                if p.kind == Kind::Largest {
                    let all = p.links.iter().map(|l| l.from);
                    let most = all.clone().fold(0.0f64, |m, k| m.max(scales[k]));
                    for k in all.chain([i]) {
                        changed |= scales[k] != most;
                        scales[k] = most;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        let some = |p: &Population| {
            let ids: Vec<u32> = (0..p.len() as u32)
                .filter(|i| p.read.get(*i as usize) == Some(&true))
                .collect();
            (ids.len() * 8 < p.len() * 7).then_some(ids)
        };
        Self {
            some: net.populations.iter().map(some).collect(),
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
            spare: Vec::new(),
            first: Vec::new(),
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

    /// Spikes of a population in the last sample: ticks since the sample began, and neuron.
    pub fn spikes<'a>(
        &'a self,
        population: usize,
        room: &'a Room,
    ) -> impl Iterator<Item = (u64, u32)> + 'a {
        let open = self.stages[population] as u64 * u64::from(self.window);
        room.spikes[population]
            .iter()
            .map(move |key| (open + (key >> 32), *key as u32))
    }

    #[inline(always)]
    fn left(&self, key: u64) -> u32 {
        self.window - (key >> 32) as u32
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
        // Ticks that are left when a spike comes, out of those when it was sent.
        let comes = |population: usize, id: usize, left: u32| {
            if F::HARMLESS {
                left
            } else {
                faults.spike(population, id, left, ramp.window)
            }
        };
        for (i, p) in ramp.net.populations.iter().enumerate() {
            let (before, rest) = room.spikes.split_at_mut(i);
            let own = &mut rest[0];
            own.clear();
            let v = &mut room.v[i];
            let mut operations = 0;
            if p.kind == Kind::Largest {
                room.first.clear();
                room.first.resize(p.len(), 0);
                for link in &p.links {
                    for key in &before[link.from] {
                        let (id, left) = (*key as u32 as usize, ramp.left(*key));
                        operations += u64::from(link.fan_out[id]);
                        link.kernel.row(id, |to, _| {
                            let first = &mut room.first[to];
                            *first = left.max(*first);
                        });
                    }
                }
                for (id, left) in room.first.iter().enumerate() {
                    if *left > 0 {
                        let left = comes(i, id, *left);
                        if F::HARMLESS || left > 0 {
                            own.push((u64::from(ramp.window - left) << 32) | id as u64);
                        }
                    }
                }
            } else {
                match p.kind {
                    Kind::Input { sign } => {
                        v.resize(p.len(), 0.0);
                        let [c, h, w] = p.planes;
                        for (channel, plane) in sample.chunks_exact(h * w).enumerate() {
                            for (k, x) in plane.iter().enumerate() {
                                v[k * c + channel] = f64::from(*x) * sign;
                            }
                        }
                    }
                    _ => {
                        v.clear();
                        v.extend_from_slice(&p.bias);
                    }
                }
                for link in &p.links {
                    let unit = ramp.scales[link.from] / f64::from(ramp.window);
                    for key in &before[link.from] {
                        let id = *key as u32 as usize;
                        operations += u64::from(link.fan_out[id]);
                        link.kernel
                            .deliver(id, f64::from(ramp.left(*key)) * unit, v);
                    }
                }
                if p.kind != Kind::Readout {
                    let per = f64::from(ramp.window) / ramp.scales[i];
                    let mut clipped = 0;
                    let mut fire = |id: usize, x: f64| {
                        let left = x * per + 0.5;
                        if left >= 1.0 {
                            let whole = f64::from(ramp.window);
                            clipped += u64::from(left >= whole + 1.0);
                            let left = comes(i, id, left.min(whole) as u32);
                            if F::HARMLESS || left > 0 {
                                own.push((u64::from(ramp.window - left) << 32) | id as u64);
                            }
                        }
                    };
                    match &ramp.some[i] {
                        Some(ids) => ids
                            .iter()
                            .for_each(|id| fire(*id as usize, v[*id as usize])),
                        None => v.iter().enumerate().for_each(|(id, x)| fire(id, *x)),
                    }
                    let capped = matches!(p.kind, Kind::Neurons { cap } if cap.is_finite());
                    room.counts.clipped[i] = if capped { 0 } else { clipped };
                }
            }
            order::sort(own, (u64::from(ramp.window) + 1) << 32, &mut room.spare);
            room.counts.spikes[i] = own.len() as u64;
            room.counts.operations[i] = operations;
        }
    }
}
