//! The schedule of a sample.
//!
//! For each population in order, for each step t: spikes of the sources' step arrive (those of steps
//! up to min(t + wait, T) that did not before), then every neuron that may have crossed decides. On
//! entry to a population all trains before it are complete; on exit its own is.

use super::cells::Cells;
use super::{Form, Layer, Rate, Regime, Room, leader};
use crate::rng::{Domain, Stream};
use crate::simd;
use crate::spiking::faults::Faults;
use crate::spiking::net::{Kind, Population};

/// A population of n neurons with less than n over this many synaptic events in a step is looked at event by
/// event: a look with a prediction costs about as much as sweeping over ten neurons.
const NEURONS_PER_EVENT: u64 = 8;

pub(super) struct Show<'a, F> {
    pub rate: &'a Rate,
    pub sample: &'a [f32],
    pub number: u64,
    /// So many populations, from the first on.
    pub populations: usize,
    pub room: &'a mut Room,
    pub faults: &'a F,
}

impl<F: Faults> simd::Kernel for Show<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        for i in 0..self.populations {
            let layer = &mut self.room.layers[i];
            layer.train.clear();
            self.room.details.operations[i].clear();
            self.room.details.analog[i] = 0;
            self.room.counts.clipped[i] = 0;
            match &self.rate.forms[i] {
                Form::Analog => self.stay(i),
                Form::Chance => self.chance(i),
                Form::Neurons | Form::Readout => self.integrate(i),
                Form::Leader | Form::FallingLeader(_) => self.lead(i),
            }
            if !F::HARMLESS && !self.room.layers[i].train.ends.is_empty() {
                self.befall(i);
            }
            let Room {
                counts,
                details,
                layers,
                ..
            } = &mut *self.room;
            counts.spikes[i] = layers[i].train.spikes.len() as u64;
            counts.operations[i] = details.operations[i].iter().sum::<u64>() + details.analog[i];
        }
    }
}

impl<F: Faults> Show<'_, F> {
    /// What befalls the spikes of a population.
    fn befall(&mut self, i: usize) {
        let steps = self.rate.settings.steps;
        let moved = &mut self.room.moved;
        moved.resize(steps as usize, Vec::new());
        moved.iter_mut().for_each(Vec::clear);
        let train = &mut self.room.layers[i].train;
        for t in 1..=steps {
            for spike in train.step(t) {
                let arrives = self.faults.step(i, (spike >> 1) as usize, t, steps);
                if arrives > 0 {
                    moved[arrives as usize - 1].push(*spike);
                }
            }
        }
        train.clear();
        for spikes in moved {
            spikes.sort_unstable();
            train.spikes.extend_from_slice(spikes);
            train.close();
        }
    }

    /// Values that stay, or their maxima.
    fn stay(&mut self, i: usize) {
        let p = &self.rate.net.populations[i];
        let (before, rest) = self.room.layers.split_at_mut(i);
        let own = &mut rest[0].analog;
        if let Kind::Input { sign } = p.kind {
            values(self.sample, sign, p, own);
            return;
        }
        own.clear();
        own.resize(p.len(), 0.0);
        for link in &p.links {
            for (id, x) in before[link.from].analog.iter().enumerate() {
                if *x > 0.0 {
                    self.room.details.analog[i] += u64::from(link.fan_out[id]);
                    link.kernel.row(id, |to, _| own[to] = x.max(own[to]));
                }
            }
        }
    }

    /// Input spikes by chance.
    fn chance(&mut self, i: usize) {
        let p = &self.rate.net.populations[i];
        let Kind::Input { sign } = p.kind else {
            return;
        };
        let Layer { analog, train, .. } = &mut self.room.layers[i];
        values(self.sample, sign, p, analog);
        let seed = self.rate.settings.seed;
        let mut stream = Stream::new(seed, Domain::RateInput, self.number, i as u64);
        for _ in 0..self.rate.settings.steps {
            for (id, (x, theta)) in analog.iter().zip(&self.rate.theta[i]).enumerate() {
                if *x > 0.0 && stream.unit() * theta < *x {
                    train.spikes.push((id as u32) << 1);
                }
            }
            train.close();
        }
        self.room.details.operations[i].resize(self.rate.settings.steps as usize, 0);
    }

    /// Neurons, and the read-out, which never fires.
    #[inline(always)]
    fn integrate(&mut self, i: usize) {
        let rate = self.rate;
        let p = &rate.net.populations[i];
        let (links, sign) = rate.net.inputs(i);
        let steps = rate.settings.steps;
        let readout = p.kind == Kind::Readout;
        let (before, rest) = self.room.layers.split_at_mut(i);
        let Layer {
            s, c, count, train, ..
        } = &mut rest[0];
        let operations = &mut self.room.details.operations[i];
        let agenda = &mut self.room.agenda;

        // At rest, with the currents of this sample.
        s.clear();
        if readout {
            s.resize(p.len(), 0.0);
        } else {
            s.extend_from_slice(&rate.start[i]);
        }
        count.clear();
        if rate.settings.negative {
            count.resize(p.len(), 0);
        }
        match p.kind {
            Kind::Input { sign } => values(self.sample, sign, p, c),
            _ => {
                c.clear();
                c.extend_from_slice(&p.bias);
                c.resize(p.len(), 0.0);
            }
        }
        for link in links {
            if rate.is_analog(link.from) {
                for (id, x) in before[link.from].analog.iter().enumerate() {
                    if *x != 0.0 {
                        self.room.details.analog[i] += u64::from(link.fan_out[id]);
                        link.kernel.deliver(id, sign * x, c);
                    }
                }
            }
        }

        let wait = if readout || links.is_empty() {
            0
        } else {
            rate.settings.wait
        };
        let mut cells = Cells {
            s,
            c,
            theta: &rate.theta[i],
            count,
            reset: rate.settings.reset,
            negative: rate.settings.negative,
            steps,
            wait,
        };
        if readout {
            self.room.outputs.clear();
        }
        // Steps of the sources that have arrived.
        let mut arrived = 0;
        // Predictions are there?
        let mut predicted = false;
        // Little came in at the step before?
        let mut quiet = true;
        for t in 1..=steps {
            let from = arrived + 1;
            arrived = (t + wait).min(steps);
            let mut events = 0u64;
            for u in from..=arrived {
                for link in links.iter().filter(|l| !rate.is_analog(l.from)) {
                    let theta = &rate.theta[link.from];
                    for spike in before[link.from].train.step(u) {
                        let id = (spike >> 1) as usize;
                        let x = if spike & 1 == 0 {
                            sign * theta[id]
                        } else {
                            -sign * theta[id]
                        };
                        events += u64::from(link.fan_out[id]);
                        link.kernel.deliver(id, x, cells.s);
                    }
                }
            }
            operations.push(events);
            if readout {
                let tau = f64::from(t);
                let now = cells.s.iter().zip(cells.c).map(|(s, c)| s + c * tau);
                self.room.outputs.extend(now);
                continue;
            }
            let few = match rate.regime {
                Regime::ByLoad => events * NEURONS_PER_EVENT < cells.s.len() as u64,
                Regime::All => false,
                Regime::Events => true,
            };
            let out = &mut train.spikes;
            if few && predicted {
                for u in from..=arrived {
                    for link in links.iter().filter(|l| !rate.is_analog(l.from)) {
                        for spike in before[link.from].train.step(u) {
                            let id = (spike >> 1) as usize;
                            link.kernel.row(id, |to, _| agenda.touch(to, t));
                        }
                    }
                }
                agenda.visit(&mut cells, t, out);
            } else if few && quiet {
                agenda.build(&mut cells, t, out);
                predicted = true;
            } else {
                cells.sweep(t, out);
                predicted = false;
            }
            quiet = few;
            train.close();
        }
        if !readout {
            let last = f64::from(steps);
            let left = cells.s.iter().zip(cells.c).zip(cells.theta);
            let over = left.filter(|((s, c), theta)| **s + **c * last >= **theta);
            self.room.counts.clipped[i] = over.count() as u64;
        }
    }

    /// Maxima of counts.
    #[inline(always)]
    fn lead(&mut self, i: usize) {
        let p = &self.rate.net.populations[i];
        let room = &mut *self.room;
        let (before, rest) = room.layers.split_at_mut(i);
        let Layer { count, train, .. } = &mut rest[0];
        count.clear();
        count.resize(p.len(), 0);
        let seen = &mut room.seen;
        seen.resize(seen.len().max(p.links.len()), Vec::new());
        for (seen, link) in seen.iter_mut().zip(&p.links) {
            seen.clear();
            seen.resize(self.rate.net.populations[link.from].len(), 0);
        }
        for t in 1..=self.rate.settings.steps {
            let out = &mut train.spikes;
            let start = out.len();
            let mut operations = 0;
            if let Form::FallingLeader(inputs) = &self.rate.forms[i] {
                operations += leader::follow(
                    inputs,
                    &p.links,
                    before,
                    t,
                    (seen, &mut room.touched),
                    count,
                    out,
                );
            } else {
                for (l, link) in p.links.iter().enumerate() {
                    let spikes = before[link.from].train.step(t);
                    operations += leader::grow(link, spikes, &mut seen[l], count, out);
                }
                out[start..].sort_unstable();
            }
            train.close();
            room.details.operations[i].push(operations);
        }
    }
}

/// The part of the sample's values with a sign, by neuron.
fn values(sample: &[f32], sign: f64, p: &Population, out: &mut Vec<f64>) {
    out.clear();
    out.resize(p.len(), 0.0);
    let [c, h, w] = p.planes;
    for (channel, plane) in sample.chunks_exact(h * w).enumerate() {
        for (k, x) in plane.iter().enumerate() {
            out[k * c + channel] = (f64::from(*x) * sign).max(0.0);
        }
    }
}
