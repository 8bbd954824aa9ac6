//! A converted network beside the trained one, sample by sample.
//!
//! Every sample goes through the forward pass in double precision, which is the reference, and through the
//! spiking network. Blocks of samples are dealt to threads; what is counted is whole numbers, or sums in
//! the order of the samples, so results do not depend on the number of threads.

pub mod energy;
mod fit;
mod flags;
mod macs;
mod neurobench;
mod summary;

pub use fit::Fit;
pub use macs::Macs;
pub use neurobench::{NeuroBench, Snn};
pub use summary::{Confusion, Spread, Step, Summary};

use std::time::{Duration, Instant};

use self::flags::Flags;
use crate::ann::{Forward, Graph, largest_of};
use crate::convert::Source;
use crate::parallel::{Progress, in_blocks};
use crate::spiking::{Kind, Network, Session};

/// What is compared with what.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The trained network.
    pub graph: &'a Graph,
    pub network: &'a Network,
    /// What the values of each population are in the trained network.
    pub sources: &'a [Source],
}

/// What happened in all samples.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    pub samples: usize,
    /// Outputs of a sample.
    pub width: usize,
    /// The spiking network's outputs, one sample after the other.
    pub outputs: Vec<f64>,
    /// The trained network's.
    pub reference: Vec<f64>,
    pub of_samples: Vec<OfSample>,
    pub of_populations: Vec<OfPopulation>,
    /// What there is at every step of the rate code.
    pub course: Option<Course>,
    /// Time in which spiking networks were run, added up over threads.
    pub busy: Duration,
}

/// What happened in one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OfSample {
    /// Of inputs, and of neurons behind them.
    pub input_spikes: u64,
    pub spikes: u64,
    /// Synapses that spikes of inputs, and of other neurons, went along.
    pub input_operations: u64,
    pub operations: u64,
    /// Values that were larger than their scale.
    pub clipped: u64,
    /// Multiplications of the trained network in which neither factor is 0.
    pub macs: u64,
    /// Largest difference of an output from the trained network's.
    pub deviation: f64,
    /// The same, over the largest output of the trained network.
    pub relative: f64,
    /// The first population with a value that is wrong by more than rounding, if the decision differs.
    pub first_wrong: Option<usize>,
}

/// A network with the rate code over its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Decisions after each step, sample by sample: `decisions[sample * steps + step]`.
    pub decisions: Vec<u32>,
    /// Of all samples, in each step: spikes, and synaptic operations without those of values that stay.
    pub spikes: Vec<u64>,
    pub operations: Vec<u64>,
}

/// What happened in one population, over all samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfPopulation {
    pub spikes: u64,
    /// Synapses that were gone along to it.
    pub operations: u64,
    pub clipped: u64,
    /// Samples with a clipped value.
    pub clipped_samples: u64,
    /// Neurons that never spiked, of those that are read.
    pub dead: usize,
    /// Neurons that were clipped at least once.
    pub saturated: usize,
    /// Neurons that are read.
    pub read: usize,
    /// Largest difference between a value and the trained network's.
    pub largest_error: f64,
    /// Sum of all differences; over samples times `read` it is the mean.
    pub summed_error: f64,
    /// Samples whose first wrong value is here.
    pub first_wrong: u64,
}

impl OfPopulation {
    /// Mean difference between a value and the trained network's.
    pub fn mean_error(&self, samples: usize) -> f64 {
        self.summed_error / (samples * self.read).max(1) as f64
    }
}

/// Values that differ by no more than this part of the scale are right, however fine the time.
const ROUNDING: f64 = 1e-6;

/// Runs both networks for `samples`, which lie one after the other as the network's input has them.
/// `None` if it was stopped.
pub fn evaluate(
    pair: Pair<'_>,
    samples: &[f32],
    threads: usize,
    progress: &Progress,
) -> Option<Evaluation> {
    let len = pair.graph.input().len();
    let count = samples.len() / len;
    let forward = Forward::<f64>::new(pair.graph);
    let macs = Macs::of(pair.graph);
    let populations = &pair.network.net().populations;
    let (spiked, full): (Vec<Flags>, Vec<Flags>) = populations
        .iter()
        .map(|p| (Flags::new(p.len()), Flags::new(p.len())))
        .unzip();
    let begin = || Worker {
        pair,
        forward: &forward,
        macs: &macs,
        spiked: &spiked,
        full: &full,
        room: forward.room(),
        session: pair.network.session(),
        values: Vec::new(),
        outputs: Vec::new(),
    };
    let blocks = in_blocks(
        count,
        forward.block(),
        threads,
        progress,
        begin,
        |w, range| w.block(&samples[range.start * len..range.end * len], range.start),
    )?;
    let mut all = Evaluation {
        samples: count,
        width: pair.graph.node(pair.graph.output()).len(),
        of_populations: vec![OfPopulation::default(); populations.len()],
        course: pair.network.course(),
        ..Evaluation::default()
    };
    for block in blocks {
        all.outputs.extend(block.outputs);
        all.reference.extend(block.reference);
        all.of_samples.extend(block.of_samples);
        all.busy += block.busy;
        if let (Some(sum), Some(part)) = (&mut all.course, block.course) {
            sum.decisions.extend(part.decisions);
            let both = sum.spikes.iter_mut().zip(part.spikes);
            both.for_each(|(a, b)| *a += b);
            let both = sum.operations.iter_mut().zip(part.operations);
            both.for_each(|(a, b)| *a += b);
        }
        for (sum, part) in all.of_populations.iter_mut().zip(block.of_populations) {
            sum.spikes += part.spikes;
            sum.operations += part.operations;
            sum.clipped += part.clipped;
            sum.clipped_samples += part.clipped_samples;
            sum.first_wrong += part.first_wrong;
            sum.largest_error = sum.largest_error.max(part.largest_error);
            sum.summed_error += part.summed_error;
        }
    }
    for (i, of) in all.of_populations.iter_mut().enumerate() {
        let read = &populations[i].read;
        of.read = read.iter().filter(|r| **r).count();
        of.dead = spiked[i].missing(read);
        of.saturated = full[i].count();
    }
    // The read-out has no spikes: nothing in it is dead, and all of it is read.
    if let Some(last) = all.of_populations.last_mut() {
        last.dead = 0;
        last.read = all.width;
    }
    Some(all)
}

/// The decision that outputs stand for: the largest of several, or whether the only one is above 0.
pub fn decision(outputs: &[f64]) -> usize {
    match outputs {
        [only] => usize::from(*only > 0.0),
        _ => largest_of(outputs),
    }
}

/// What a block of samples answers.
#[derive(Default)]
struct Block {
    outputs: Vec<f64>,
    reference: Vec<f64>,
    of_samples: Vec<OfSample>,
    of_populations: Vec<OfPopulation>,
    course: Option<Course>,
    busy: Duration,
}

/// The working memory of a thread.
struct Worker<'a> {
    pair: Pair<'a>,
    forward: &'a Forward<'a, f64>,
    macs: &'a Macs,
    spiked: &'a [Flags],
    full: &'a [Flags],
    room: crate::ann::Activations<f64>,
    session: Session<'a>,
    values: Vec<f64>,
    outputs: Vec<f64>,
}

impl Worker<'_> {
    /// A block of samples that begins with number `first` of the data.
    fn block(&mut self, samples: &[f32], first: usize) -> Block {
        let wide: Vec<f64> = samples.iter().map(|v| f64::from(*v)).collect();
        self.forward.run(&wide, &mut self.room);
        let mut block = Block {
            of_populations: vec![OfPopulation::default(); self.pair.sources.len()],
            course: self.pair.network.course(),
            ..Block::default()
        };
        let len = self.pair.graph.input().len();
        for (s, sample) in samples.chunks_exact(len).enumerate() {
            let started = Instant::now();
            self.session.show_numbered(sample, (first + s) as u64);
            block.busy += started.elapsed();
            if let Some(course) = &mut block.course {
                self.follow(course);
            }
            self.look(s, &mut block);
        }
        block
    }

    /// The steps of the sample that was just shown.
    fn follow(&mut self, course: &mut Course) {
        let Session::Rate(rate, room) = &self.session else {
            return;
        };
        for t in 1..=rate.settings.steps {
            self.outputs.clear();
            self.outputs.extend(rate.outputs(room, t));
            course.decisions.push(decision(&self.outputs) as u32);
            let all = 0..rate.net.populations.len();
            let spikes = all.map(|p| rate.spikes_in(p, t, room));
            course.spikes[t as usize - 1] += spikes.sum::<u64>();
            let operations = room.details.operations.iter();
            let now = operations.filter_map(|o| o.get(t as usize - 1));
            course.operations[t as usize - 1] += now.sum::<u64>();
        }
    }

    /// Compares sample `s` of the block, which was just shown.
    fn look(&mut self, s: usize, block: &mut Block) {
        let pair = self.pair;
        let reference = self.room.of_sample(pair.graph.output(), s);
        self.session.outputs(&mut self.outputs);
        let mut of = OfSample {
            macs: self.macs.of_sample(pair.graph, &self.room, s),
            ..OfSample::default()
        };
        let top = reference.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (have, want) in self.outputs.iter().zip(reference) {
            of.deviation = of.deviation.max((have - want).abs());
        }
        of.relative = if of.deviation > 0.0 {
            of.deviation / top.max(f64::MIN_POSITIVE)
        } else {
            0.0
        };
        let differs = decision(&self.outputs) != decision(reference);
        let counts = self.session.counts();
        let mut first_wrong = None;
        for (i, p) in pair.network.net().populations.iter().enumerate() {
            let sum = &mut block.of_populations[i];
            sum.spikes += counts.spikes[i];
            sum.operations += counts.operations[i];
            sum.clipped += counts.clipped[i];
            sum.clipped_samples += u64::from(counts.clipped[i] > 0);
            of.clipped += counts.clipped[i];
            let from_input = |l: &&crate::spiking::Link| {
                matches!(
                    pair.network.net().populations[l.from].kind,
                    Kind::Input { .. }
                )
            };
            if matches!(p.kind, Kind::Input { .. }) {
                of.input_spikes += counts.spikes[i];
            } else {
                of.spikes += counts.spikes[i];
            }
            if pair
                .network
                .net()
                .inputs(i)
                .0
                .iter()
                .all(|l| from_input(&l))
            {
                of.input_operations += counts.operations[i];
            }
            of.operations += counts.operations[i];
            let error = if p.kind == Kind::Readout {
                block_error(&self.outputs, reference, sum);
                continue;
            } else {
                self.session.decode(i, &mut self.values);
                let seen = self.room.of_sample(pair.sources[i].node, s);
                let scale = pair.network.scale(i);
                let mut largest = 0.0f64;
                let mut summed = 0.0;
                for (e, x) in seen.iter().enumerate() {
                    let id = p.place(e);
                    if !p.read[id] {
                        continue;
                    }
                    let value = self.values[id];
                    let error = (value - pair.sources[i].value(*x)).abs();
                    largest = largest.max(error);
                    summed += error;
                    if value > 0.0 {
                        self.spiked[i].set(id);
                        if counts.clipped[i] > 0 && value >= scale {
                            self.full[i].set(id);
                        }
                    }
                }
                sum.largest_error = sum.largest_error.max(largest);
                sum.summed_error += summed;
                largest
            };
            let bound = (2.0 * pair.network.step(i)).max(ROUNDING * pair.network.scale(i));
            if differs && error > bound && first_wrong.is_none() {
                first_wrong = Some(i);
            }
        }
        if differs {
            let at = first_wrong.unwrap_or(pair.sources.len() - 1);
            of.first_wrong = Some(at);
            block.of_populations[at].first_wrong += 1;
        }
        block.outputs.extend_from_slice(&self.outputs);
        block.reference.extend_from_slice(reference);
        block.of_samples.push(of);
    }
}

impl Network {
    /// Room for what there is at every step, if there are steps.
    fn course(&self) -> Option<Course> {
        let Self::Rate(rate) = self else { return None };
        let steps = rate.settings.steps as usize;
        Some(Course {
            decisions: Vec::new(),
            spikes: vec![0; steps],
            operations: vec![0; steps],
        })
    }
}

/// Differences of outputs.
fn block_error(outputs: &[f64], reference: &[f64], sum: &mut OfPopulation) {
    for (have, want) in outputs.iter().zip(reference) {
        let error = (have - want).abs();
        sum.largest_error = sum.largest_error.max(error);
        sum.summed_error += error;
    }
}
