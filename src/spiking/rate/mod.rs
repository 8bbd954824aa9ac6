//! The rate code: a value is a number of spikes of integrate-and-fire neurons in T steps.
//!
//! A neuron has a threshold S, which is the value that a spike in every step stands for: after t steps
//! with N spikes its value is N S / t. Every step its potential grows by its bias and by w S_src for each
//! spike of a source; at S or above it fires once, and S is taken off (`Reset::Subtract`; Rueckauer et al.
//! 2017, Front. Neurosci. 11:682) or the potential becomes 0 (`Reset::Zero`; Diehl et al. 2015). With a
//! constant current x between 0 and S, N = floor((V_0 + t x) / S); V_0 = S / 2 rounds to the nearest
//! (Bu et al. 2022, AAAI).
//!
//! **What a step is.** All layers take part in a step, one after the other: a spike of step t is there
//! at its targets in step t. So T steps are what the literature counts, and a chip with one step of
//! delay per layer has the same spikes, each layer one step later than the one before. With
//! [`Settings::wait`] = d a layer starts to fire d steps after its sources did, and takes in their T steps meanwhile:
//! step t of a layer comes after step min(t + d, T) of its sources. Then the output is there d steps later for
//! each layer of neurons, see [`Rate::latency`]; with d = T - 1 every layer knows its whole input first, and
//! what is lost is rounding alone. Links that skip layers are as much later, so all sources of a neuron
//! are in the same step.
//!
//! **What is analog.** Inputs are currents that stay (`Encoding::Current`), and so are biases: they are
//! no events. The potential is s + c tau after tau steps of current c; s changes with spikes only, so
//! nothing happens to a neuron between its events (`cells`).
//!
//! **Maxima** are taken of counts: the neuron of a pool fires when the largest count of its inputs grows.
//! So its count is that largest count at every step, where a maximum of spikes of a step would be too large.
//!
//! Layers are carried out one after the other for all steps, which changes nothing of the above: what a layer
//! does in a step hangs on steps of layers before it. Spikes of a step arrive in the order of links, then
//! of numbers.

mod cells;
mod leader;
mod run;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::faults::{Faults, Unharmed};
use super::kernel::Kernel;
use super::net::{Kind, Net};
use super::ramp::Counts;
use crate::simd;

/// What firing does to the potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reset {
    /// Takes the threshold off: nothing is lost.
    #[default]
    Subtract,
    /// Makes it 0: what was above the threshold is lost.
    Zero,
}

/// How samples come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As currents that stay.
    #[default]
    Current,
    /// As spikes of neurons that these currents drive.
    Spikes,
    /// As spikes by chance, in every step with probability value / threshold (at most 1), keyed by
    /// (seed, number of the sample).
    Poisson,
}

/// How a network is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// T, at least 1.
    pub steps: u32,
    pub reset: Reset,
    pub encoding: Encoding,
    /// A neuron whose potential is below 0 takes back a spike, if there is one, by a negative spike
    /// (signed neurons with memory: Wang et al. 2022, IJCAI).
    pub negative: bool,
    /// Steps by which a layer starts to fire later than its sources; below T.
    pub wait: u32,
    /// The read-out counts from the step after this one on; below T.
    pub after: u32,
    /// Of random input.
    pub seed: u64,
}

impl Settings {
    /// T steps with the usual choices.
    pub fn new(steps: u32) -> Self {
        Self {
            steps,
            reset: Reset::Subtract,
            encoding: Encoding::Current,
            negative: false,
            wait: 0,
            after: 0,
            seed: 0,
        }
    }

    /// What is impossible about them.
    pub fn check(&self) -> Result<(), String> {
        let steps = self.steps;
        if steps == 0 || steps > MOST_STEPS {
            return Err(format!("{steps} steps: 1 to {MOST_STEPS} are possible"));
        }
        for (what, value) in [
            ("layers wait", self.wait),
            ("the read-out waits", self.after),
        ] {
            if value >= steps {
                return Err(format!(
                    "{what} {value} of {steps} steps; at most {}",
                    steps - 1
                ));
            }
        }
        if self.negative && self.reset == Reset::Zero {
            return Err("negative spikes need reset by subtraction".into());
        }
        Ok(())
    }
}

/// Steps that are possible.
const MOST_STEPS: u32 = 1 << 20;

/// Who is looked at in a step. It changes no spike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Regime {
    /// All neurons where much comes in, else those that have events.
    #[default]
    ByLoad,
    All,
    Events,
}

/// A network with its thresholds.
#[derive(Clone, Debug)]
pub struct Rate {
    pub net: Net,
    pub settings: Settings,
    pub regime: Regime,
    /// Of each population: one threshold for each channel.
    pub thresholds: Vec<Vec<f64>>,
    /// Of each population: the potential before the first step, by neuron.
    pub start: Vec<Vec<f64>>,
    /// Thresholds by neuron.
    theta: Vec<Vec<f64>>,
    forms: Vec<Form>,
    /// Steps of a population's neurons before its own first, counted from the first of the sample.
    delays: Vec<u32>,
}

/// How a population is carried out.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// Values that stay.
    Analog,
    /// Spikes by chance.
    Chance,
    /// Neurons that integrate; a population without links is driven by the sample.
    Neurons,
    Leader,
    /// The same where counts may fall: who is compared by each neuron, as (link, source).
    FallingLeader(leader::Inputs),
    Readout,
}

/// What happened in one sample beside the spikes, by population.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Synapses that spikes went along, by step, counted at their targets.
    pub operations: Vec<Vec<u64>>,
    /// Multiplications with values that stay; once in a sample.
    pub analog: Vec<u64>,
}

/// Spikes of a population: twice the number of the neuron, plus 1 if negative; ordered within a step.
#[derive(Clone, Debug, Default)]
struct Train {
    spikes: Vec<u32>,
    /// Where each step ends.
    ends: Vec<u32>,
}

impl Train {
    fn clear(&mut self) {
        self.spikes.clear();
        self.ends.clear();
    }

    /// Ends a step.
    fn close(&mut self) {
        self.ends.push(self.spikes.len() as u32);
    }

    /// Spikes of a step; steps count from 1.
    #[inline(always)]
    fn step(&self, t: u32) -> &[u32] {
        let t = t as usize;
        let start = if t > 1 { self.ends[t - 2] } else { 0 };
        &self.spikes[start as usize..self.ends[t - 1] as usize]
    }
}

/// State of a population.
#[derive(Clone, Debug, Default)]
struct Layer {
    /// Potential without what currents brought.
    s: Vec<f64>,
    /// Current.
    c: Vec<f64>,
    /// Values that stay.
    analog: Vec<f64>,
    /// Spikes less negative ones, where there may be such; counts of a leader.
    count: Vec<u32>,
    train: Train,
}

/// Working memory for a sample; nothing is taken anew from sample to sample.
#[derive(Debug, Default)]
pub struct Room {
    layers: Vec<Layer>,
    agenda: cells::Agenda,
    /// Counts of each source of a leader, by link.
    seen: Vec<Vec<i32>>,
    /// Spikes by the step in which they arrive, while they are disturbed.
    moved: Vec<Vec<u32>>,
    /// Neurons of a leader that something came in for; empty between steps.
    touched: Vec<u32>,
    /// Potentials of the read-out after each step, by neuron.
    outputs: Vec<f64>,
    /// In `operations` are those with values that stay. A value is clipped if its neuron's potential
    /// is still at the threshold or above after the last step: it is too large, or came too late.
    pub counts: Counts,
    pub details: Details,
}

impl Rate {
    /// `thresholds`: of each population one for each channel, above 0. Those of populations that are
    /// compared must be the same. Every neuron starts at half its threshold.
    ///
    /// # Errors
    /// Settings that make no sense, thresholds that do not fit.
    pub fn new(net: Net, thresholds: Vec<Vec<f64>>, settings: Settings) -> Result<Self, String> {
        settings.check()?;
        for (i, p) in net.populations.iter().enumerate() {
            let fits = thresholds.get(i).is_some_and(|s| {
                s.len() == p.planes[0] && s.iter().all(|v| *v > 0.0 && v.is_finite())
            });
            if !fits {
                return Err(format!(
                    "{} needs {} thresholds above 0",
                    p.name, p.planes[0]
                ));
            }
            if p.kind == Kind::Largest {
                let differ = |(from, theirs, own): &(usize, usize, usize)| {
                    thresholds[*from].get(*theirs) != thresholds[i].get(*own)
                };
                if let Some((from, ..)) = compared(&net, i).iter().find(|c| differ(c)) {
                    return Err(format!(
                        "{} compares counts, so {} must have its thresholds",
                        p.name, net.populations[*from].name
                    ));
                }
            }
        }
        let theta: Vec<Vec<f64>> = net
            .populations
            .iter()
            .zip(&thresholds)
            .map(|(p, s)| s.iter().copied().cycle().take(p.len()).collect())
            .collect();
        let start = theta
            .iter()
            .map(|s| s.iter().map(|s| 0.5 * s).collect())
            .collect();
        let forms = forms(&net, &settings);
        Ok(Self {
            delays: delays(&net, &forms, settings.wait),
            forms,
            net,
            settings,
            regime: Regime::ByLoad,
            thresholds,
            start,
            theta,
        })
    }

    /// Lets every neuron start at this share of its threshold.
    pub fn start_at(&mut self, share: f64) {
        for (start, theta) in self.start.iter_mut().zip(&self.theta) {
            for (v, s) in start.iter_mut().zip(theta) {
                *v = share * s;
            }
        }
    }

    /// The share of the threshold at which most neurons start.
    pub fn start_share(&self) -> f64 {
        let neurons = self.start.iter().flatten().zip(self.theta.iter().flatten());
        let mut shares: Vec<f64> = neurons.map(|(v, s)| v / s).collect();
        shares.sort_by(f64::total_cmp);
        shares[shares.len() / 2]
    }

    pub fn room(&self) -> Room {
        let n = self.net.populations.len();
        Room {
            layers: vec![Layer::default(); n],
            counts: Counts {
                spikes: vec![0; n],
                clipped: vec![0; n],
                operations: vec![0; n],
            },
            details: Details {
                operations: vec![Vec::new(); n],
                analog: vec![0; n],
            },
            ..Room::default()
        }
    }

    /// Shows one sample (channels first). `number` is its number in the data, by which random input is
    /// drawn.
    pub fn run(&self, sample: &[f32], number: u64, room: &mut Room) {
        self.run_until(sample, number, self.net.populations.len(), room);
    }

    /// The same, for the first `populations` only.
    pub fn run_until(&self, sample: &[f32], number: u64, populations: usize, room: &mut Room) {
        self.show(sample, number, populations, room, &Unharmed);
    }

    /// `run`, with what befalls spikes on their way. A spike that is lost is not counted.
    pub fn run_with<F: Faults>(&self, sample: &[f32], number: u64, room: &mut Room, faults: &F) {
        self.show(sample, number, self.net.populations.len(), room, faults);
    }

    fn show<F: Faults>(
        &self,
        sample: &[f32],
        number: u64,
        populations: usize,
        room: &mut Room,
        faults: &F,
    ) {
        simd::vectorized(run::Show {
            rate: self,
            sample,
            number,
            populations,
            room,
            faults,
        });
    }

    /// Steps after which the output of step t is there.
    pub fn latency(&self, step: u32) -> u32 {
        self.latency_of(self.net.populations.len() - 1, step)
    }

    /// Steps from the beginning of a sample to the end of a population's own step.
    pub fn latency_of(&self, population: usize, step: u32) -> u32 {
        step + self.delays[population]
    }

    /// The mean output up to a step, of the sample that was shown last, as the network's output has it:
    /// what corresponds to the trained network's output. Steps that the read-out does not count are
    /// left out as soon as there are others.
    pub fn outputs<'a>(&'a self, room: &'a Room, step: u32) -> impl Iterator<Item = f64> + 'a {
        let after = match self.settings.after {
            after if step > after => after,
            _ => 0,
        };
        let p = &self.net.populations[self.net.populations.len() - 1];
        let n = p.len();
        let at = move |t: u32, k: usize| {
            if t == 0 {
                0.0
            } else {
                room.outputs[(t as usize - 1) * n + k]
            }
        };
        (0..n).map(move |e| {
            let k = p.place(e);
            (at(step, k) - at(after, k)) / f64::from(step - after)
        })
    }

    /// The values that a population's spikes up to a step stand for, by neuron.
    pub fn decode(&self, population: usize, step: u32, room: &Room, values: &mut Vec<f64>) {
        values.clear();
        let layer = &room.layers[population];
        if self.forms[population] == Form::Analog {
            values.extend_from_slice(&layer.analog);
            return;
        }
        values.resize(self.net.populations[population].len(), 0.0);
        let spikes = &layer.train.spikes[..layer.train.ends[step as usize - 1] as usize];
        for spike in spikes {
            values[(spike >> 1) as usize] += 1.0 - 2.0 * f64::from(spike & 1);
        }
        for (v, s) in values.iter_mut().zip(&self.theta[population]) {
            *v *= s / f64::from(step);
        }
    }

    /// Spikes of a population in the last sample: step (from 1), neuron, and whether it is a negative one.
    pub fn spikes<'a>(
        &'a self,
        population: usize,
        room: &'a Room,
    ) -> impl Iterator<Item = (u32, u32, bool)> + 'a {
        let train = &room.layers[population].train;
        (1..=train.ends.len() as u32).flat_map(move |t| {
            let all = train.step(t).iter();
            all.map(move |spike| (t, spike >> 1, spike & 1 == 1))
        })
    }

    /// Number of spikes of a population in a step of the last sample.
    pub fn spikes_in(&self, population: usize, step: u32, room: &Room) -> u64 {
        match room.layers[population].train.ends.is_empty() {
            true => 0,
            false => room.layers[population].train.step(step).len() as u64,
        }
    }

    /// Does a population hold values that stay instead of spikes?
    pub fn is_analog(&self, population: usize) -> bool {
        self.forms[population] == Form::Analog
    }
}

/// Whose counts a maximum compares: population, its channel, and the channel of the maximum, each
/// triple once.
pub fn compared(net: &Net, population: usize) -> Vec<(usize, usize, usize)> {
    let own = net.populations[population].planes[0];
    let mut all = BTreeSet::new();
    for link in &net.populations[population].links {
        let from = &net.populations[link.from];
        if matches!(link.kernel, Kernel::Same(_) | Kernel::Pool(_)) {
            // Channel by channel.
            all.extend((0..own).map(|c| (link.from, c, c)));
            continue;
        }
        for id in 0..from.len() {
            link.kernel.row(id, |to, _| {
                all.insert((link.from, id % from.planes[0], to % own));
            });
        }
    }
    all.into_iter().collect()
}

/// See `Rate::delays`.
fn delays(net: &Net, forms: &[Form], wait: u32) -> Vec<u32> {
    let mut all: Vec<u32> = Vec::new();
    for (i, form) in forms.iter().enumerate() {
        let (links, _) = net.inputs(i);
        let behind = |from: usize| match forms[from] {
            Form::Analog => 0,
            _ => all[from],
        };
        let before = links.iter().map(|l| behind(l.from)).max().unwrap_or(0);
        all.push(match form {
            Form::Neurons if !links.is_empty() => before + wait,
            _ => before,
        });
    }
    all
}

/// Values stay as long as nothing but maxima is taken of them. Where they are compared with counts,
/// they become spikes.
fn forms(net: &Net, settings: &Settings) -> Vec<Form> {
    let n = net.populations.len();
    let mut stays = vec![false; n];
    let mut counted = vec![settings.encoding != Encoding::Current; n];
    loop {
        for (i, p) in net.populations.iter().enumerate() {
            stays[i] = !counted[i]
                && match p.kind {
                    Kind::Input { .. } => true,
                    Kind::Largest => p.links.iter().all(|l| stays[l.from]),
                    _ => false,
                };
        }
        let mut changed = false;
        for (i, p) in net.populations.iter().enumerate() {
            if p.kind == Kind::Largest && !stays[i] {
                for l in &p.links {
                    changed |= stays[l.from];
                    counted[l.from] |= stays[l.from];
                }
            }
        }
        if !changed {
            break;
        }
    }
    let form = |(i, p): (usize, &super::Population)| match p.kind {
        _ if stays[i] => Form::Analog,
        Kind::Input { .. } if settings.encoding == Encoding::Poisson => Form::Chance,
        Kind::Input { .. } | Kind::Neurons { .. } => Form::Neurons,
        Kind::Largest if settings.negative => Form::FallingLeader(leader::Inputs::of(net, i)),
        Kind::Largest => Form::Leader,
        Kind::Readout => Form::Readout,
    };
    net.populations.iter().enumerate().map(form).collect()
}
