//! What an evaluation comes to.

use serde::Serialize;

use super::{Course, Evaluation, Pair, decision, energy};

/// A number per sample: its mean and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub mean: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut n, mut sum, mut min, mut max) = (0u64, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for v in values {
            n += 1;
            sum += v;
            min = v.min(min);
            max = v.max(max);
        }
        if n == 0 {
            return Self::default();
        }
        Self {
            mean: sum / n as f64,
            min,
            max,
        }
    }
}

/// How often class `label` was decided as class `decided`: `counts[label][decided]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    pub counts: Vec<Vec<u64>>,
}

/// The figures of all samples.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    pub samples: usize,
    /// Shares of samples that were decided as their labels say.
    pub accuracy: Option<f64>,
    pub ann_accuracy: Option<f64>,
    /// Samples that both networks decide alike.
    pub same_decision: usize,
    /// Largest difference of an output from the trained network's, over that sample's largest output.
    pub largest_relative_deviation: f64,
    pub largest_deviation: f64,
    /// Root of the mean square of all differences.
    pub rms_deviation: f64,
    /// Neurons that may spike, inputs left out.
    pub neurons: usize,
    pub synapses: u64,
    /// Spikes of a sample, and per neuron; inputs apart.
    pub spikes: Spread,
    pub spikes_per_neuron: f64,
    pub input_spikes: Spread,
    /// Synaptic operations of a sample: those of input spikes, and all.
    pub input_operations: Spread,
    pub operations: Spread,
    /// The trained network's multiplications: all, and those without a zero.
    pub ann_macs: u64,
    pub ann_effective_macs: Spread,
    /// Values that were larger than their scale.
    pub clipped: u64,
    pub clipped_samples: usize,
    /// Joules per sample (`energy`).
    pub energy: f64,
    pub ann_energy: f64,
    pub ann_effective_energy: f64,
    pub confusion: Option<Confusion>,
    /// Step by step, with the rate code.
    pub steps: Option<Vec<Step>>,
}

/// What there is after a step of the rate code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Step {
    /// From 1.
    pub step: u32,
    /// Share of samples that are decided as their labels say.
    pub accuracy: Option<f64>,
    /// Share of samples that are decided as by the trained network.
    pub agreement: f64,
    /// Spikes and synaptic operations of this step, and of all up to it, per sample. Values that stay
    /// are multiplied once, before the first step, and are not among them.
    pub spikes: f64,
    pub operations: f64,
    pub spikes_so_far: f64,
    pub operations_so_far: f64,
}

/// Decisions of the trained network, and labels, against what there is after each step.
fn steps(course: &Course, wanted: &[usize], labels: Option<&[u32]>) -> Vec<Step> {
    let n = wanted.len().max(1) as f64;
    let width = course.spikes.len();
    let mut all: Vec<Step> = Vec::new();
    for t in 0..width {
        let decided = || course.decisions.iter().skip(t).step_by(width.max(1));
        let same = decided().zip(wanted).filter(|(d, w)| **d as usize == **w);
        let right = labels.map(|l| decided().zip(l).filter(|(d, l)| d == l).count() as f64 / n);
        let before = all.last().copied().unwrap_or_default();
        let (spikes, operations) = (course.spikes[t] as f64 / n, course.operations[t] as f64 / n);
        all.push(Step {
            step: t as u32 + 1,
            accuracy: right,
            agreement: same.count() as f64 / n,
            spikes,
            operations,
            spikes_so_far: before.spikes_so_far + spikes,
            operations_so_far: before.operations_so_far + operations,
        });
    }
    all
}

impl Summary {
    /// Sums up. Labels, if there are any, must be one for each sample.
    pub fn of(pair: Pair<'_>, e: &Evaluation, labels: Option<&[u32]>) -> Self {
        let rows =
            |of: &[f64]| -> Vec<usize> { of.chunks_exact(e.width.max(1)).map(decision).collect() };
        let (decided, wanted) = (rows(&e.outputs), rows(&e.reference));
        let share = |decided: &[usize]| {
            labels.map(|l| {
                let right = decided.iter().zip(l).filter(|(d, l)| **d == **l as usize);
                right.count() as f64 / e.samples.max(1) as f64
            })
        };
        let of =
            |f: fn(&super::OfSample) -> u64| Spread::of(e.of_samples.iter().map(|s| f(s) as f64));
        let most = |f: fn(&super::OfSample) -> f64| e.of_samples.iter().map(f).fold(0.0, f64::max);
        let net = pair.network.net();
        let hidden = net.hidden();
        let spikes = of(|s| s.spikes);
        let operations = of(|s| s.operations);
        let effective = of(|s| s.macs);
        let dense = pair.graph.total_macs();
        let squares: f64 = e
            .outputs
            .iter()
            .zip(&e.reference)
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        Self {
            samples: e.samples,
            accuracy: share(&decided),
            ann_accuracy: share(&wanted),
            same_decision: decided.iter().zip(&wanted).filter(|(a, b)| a == b).count(),
            largest_relative_deviation: most(|s| s.relative),
            largest_deviation: most(|s| s.deviation),
            rms_deviation: (squares / e.outputs.len().max(1) as f64).sqrt(),
            neurons: hidden,
            synapses: net.synapses(),
            spikes,
            spikes_per_neuron: spikes.mean / hidden.max(1) as f64,
            input_spikes: of(|s| s.input_spikes),
            input_operations: of(|s| s.input_operations),
            operations,
            ann_macs: dense,
            ann_effective_macs: effective,
            clipped: e.of_samples.iter().map(|s| s.clipped).sum(),
            clipped_samples: e.of_samples.iter().filter(|s| s.clipped > 0).count(),
            energy: operations.mean * energy::ADDITION,
            ann_energy: dense as f64 * energy::MULTIPLICATION,
            ann_effective_energy: effective.mean * energy::MULTIPLICATION,
            confusion: labels.map(|l| Confusion::of(e.width, l, &decided)),
            steps: e.course.as_ref().map(|c| steps(c, &wanted, labels)),
        }
    }
}

impl Confusion {
    fn of(classes: usize, labels: &[u32], decided: &[usize]) -> Self {
        let classes = classes.max(labels.iter().max().map_or(0, |l| *l as usize + 1));
        let mut counts = vec![vec![0; classes]; classes];
        for (label, decided) in labels.iter().zip(decided) {
            counts[*label as usize][*decided] += 1;
        }
        Self { counts }
    }
}
