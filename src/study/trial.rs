//! Samples shown to a network, and what is counted.

use serde::Serialize;

use crate::ann::{Forward, Graph, largest_of};
use crate::parallel::{Progress, in_blocks};
use crate::spiking::{Faults, Kind, Network, Session};

/// Samples that are dealt to a thread at once: so few that whoever stops the work does not wait.
const BLOCK: usize = 4;

/// What networks are shown, with what the trained network makes of it.
#[derive(Clone, Debug)]
pub struct Set<'a> {
    /// One sample after the other.
    pub samples: &'a [f32],
    /// The right class of each.
    pub labels: Option<&'a [u32]>,
    pub count: usize,
    /// Outputs of the trained network, sample after sample.
    pub reference: Vec<f32>,
    width: usize,
}

impl<'a> Set<'a> {
    /// Computes the trained network for all samples.
    pub fn new(
        graph: &Graph,
        samples: &'a [f32],
        labels: Option<&'a [u32]>,
        threads: usize,
    ) -> Self {
        let reference = Forward::<f32>::new(graph).outputs(samples, threads);
        Self::with(graph, samples, labels, reference)
    }

    /// The same, watched; `None` if it was stopped.
    pub fn new_while(
        graph: &Graph,
        samples: &'a [f32],
        labels: Option<&'a [u32]>,
        threads: usize,
        progress: &Progress,
    ) -> Option<Self> {
        let reference = Forward::<f32>::new(graph).outputs_while(samples, threads, progress)?;
        Some(Self::with(graph, samples, labels, reference))
    }

    fn with(
        graph: &Graph,
        samples: &'a [f32],
        labels: Option<&'a [u32]>,
        reference: Vec<f32>,
    ) -> Self {
        Self {
            samples,
            labels,
            count: samples.len() / graph.input().len(),
            reference,
            width: graph.node(graph.output()).len(),
        }
    }

    /// The same labels and reference for changed samples.
    pub fn with_samples<'b>(&self, samples: &'b [f32]) -> Set<'b>
    where
        'a: 'b,
    {
        Set {
            samples,
            labels: self.labels,
            count: self.count,
            reference: self.reference.clone(),
            width: self.width,
        }
    }

    fn row(&self, sample: usize) -> &[f32] {
        &self.reference[sample * self.width..][..self.width]
    }

    /// What outputs given for all samples count.
    pub fn judge(&self, outputs: &[f32]) -> Shown {
        let mut sums = Sums::default();
        for (k, row) in outputs.chunks_exact(self.width).enumerate() {
            let row: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
            sums.decide(self, k, &row);
        }
        sums.shown(self, 0)
    }
}

/// What was counted, as means per sample where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shown {
    pub samples: usize,
    /// Share of right decisions, if labels are known.
    pub accuracy: Option<f64>,
    /// Share of decisions that are those of the trained network.
    pub agreement: f64,
    /// Largest deviation of an output over the sample's largest output of the trained network: mean over
    /// samples, and the largest.
    pub deviation: f64,
    pub largest_deviation: f64,
    /// Spikes of inputs, and of all others per neuron.
    pub input_spikes: f64,
    pub spikes_per_neuron: f64,
    /// Synapses that spikes went along.
    pub operations: f64,
    /// Spikes that were clipped, in all samples.
    pub clipped: u64,
}

#[derive(Default)]
struct Sums {
    right: usize,
    same: usize,
    deviation: f64,
    largest: f64,
    input_spikes: u64,
    spikes: u64,
    operations: u64,
    clipped: u64,
}

impl Sums {
    fn decide(&mut self, set: &Set<'_>, sample: usize, outputs: &[f64]) {
        let want = set.row(sample);
        let decision = largest_of(outputs);
        if let Some(labels) = set.labels {
            self.right += usize::from(labels[sample] as usize == decision);
        }
        let mut best = 0;
        for (i, v) in want.iter().enumerate() {
            if *v > want[best] {
                best = i;
            }
        }
        self.same += usize::from(best == decision);
        let (mut off, mut top) = (0.0f64, f64::MIN_POSITIVE);
        for (have, want) in outputs.iter().zip(want) {
            let want = f64::from(*want);
            off = off.max((have - want).abs());
            top = top.max(want.abs());
        }
        self.deviation += off / top;
        self.largest = self.largest.max(off / top);
    }

    fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.same += other.same;
        self.deviation += other.deviation;
        self.largest = self.largest.max(other.largest);
        self.input_spikes += other.input_spikes;
        self.spikes += other.spikes;
        self.operations += other.operations;
        self.clipped += other.clipped;
    }

    fn shown(&self, set: &Set<'_>, hidden: usize) -> Shown {
        let n = set.count.max(1) as f64;
        Shown {
            samples: set.count,
            accuracy: set.labels.map(|_| self.right as f64 / n),
            agreement: self.same as f64 / n,
            deviation: self.deviation / n,
            largest_deviation: self.largest,
            input_spikes: self.input_spikes as f64 / n,
            spikes_per_neuron: self.spikes as f64 / n / hidden.max(1) as f64,
            operations: self.operations as f64 / n,
            clipped: self.clipped,
        }
    }
}

/// Shows a set to a network; `faults` gives what befalls the spikes of a sample. `None` if it was stopped.
pub fn show<F: Faults>(
    network: &Network,
    set: &Set<'_>,
    faults: impl Fn(usize) -> F + Sync,
    threads: usize,
    progress: &Progress,
) -> Option<Shown> {
    show_at(network, &[], set, faults, threads, progress)?.pop()
}

/// The same for a network with the rate code, after each of these steps, and at the end.
pub fn show_at<F: Faults>(
    network: &Network,
    steps: &[u32],
    set: &Set<'_>,
    faults: impl Fn(usize) -> F + Sync,
    threads: usize,
    progress: &Progress,
) -> Option<Vec<Shown>> {
    let width = set.samples.len() / set.count.max(1);
    let populations = network.net().populations.iter();
    let inputs: Vec<bool> = populations
        .map(|p| matches!(p.kind, Kind::Input { .. }))
        .collect();
    let looks = steps.len() + 1;
    let parts = in_blocks(
        set.count,
        BLOCK,
        threads,
        progress,
        || (network.session(), Vec::new()),
        |(session, outputs), samples| {
            let mut sums: Vec<Sums> = Vec::new();
            sums.resize_with(looks, Sums::default);
            for k in samples {
                session.show_with(&set.samples[k * width..][..width], k as u64, &faults(k));
                for (step, sums) in steps.iter().zip(&mut sums) {
                    sums.look(session, &inputs, Some(*step), outputs);
                    sums.decide(set, k, outputs);
                }
                let last = &mut sums[looks - 1];
                last.look(session, &inputs, None, outputs);
                last.decide(set, k, outputs);
            }
            sums
        },
    )?;
    let of = |i: usize| {
        let mut sums = Sums::default();
        parts.iter().for_each(|p| sums.add(&p[i]));
        sums.shown(set, network.net().hidden())
    };
    Some((0..looks).map(of).collect())
}

impl Sums {
    /// Counts what happened in the sample that a session was shown, up to a step of the rate code or to the end, and
    /// reads its outputs.
    fn look(
        &mut self,
        session: &Session<'_>,
        inputs: &[bool],
        step: Option<u32>,
        outputs: &mut Vec<f64>,
    ) {
        let count = |sums: &mut Self, population: usize, spikes: u64| {
            let of = match inputs[population] {
                true => &mut sums.input_spikes,
                false => &mut sums.spikes,
            };
            *of += spikes;
        };
        if let (Some(step), Session::Rate(rate, room)) = (step, session) {
            outputs.clear();
            outputs.extend(rate.outputs(room, step));
            for p in 0..inputs.len() {
                let spikes = (1..=step).map(|t| rate.spikes_in(p, t, room));
                count(self, p, spikes.sum());
                let steps = room.details.operations[p].iter().take(step as usize);
                self.operations += room.details.analog[p] + steps.sum::<u64>();
            }
            return;
        }
        session.outputs(outputs);
        let counts = session.counts();
        for (p, spikes) in counts.spikes.iter().enumerate() {
            count(self, p, *spikes);
        }
        self.operations += counts.operations.iter().sum::<u64>();
        self.clipped += counts.clipped.iter().sum::<u64>();
    }
}
