//! Accuracy under noise: of the values that are shown, of spikes that are lost or come at a wrong time, of
//! weights.
//!
//! | disturbance | strength |
//! | --- | --- |
//! | input noise | standard deviation of what is added to every value, as a share of the range of inputs; values stay in that range |
//! | spike loss | probability that a spike is lost |
//! | spike jitter | standard deviation of a spike's time: a share of the window (exact code), or steps (rate code) |
//! | weight noise | standard deviation of a weight relative to its size (device mismatch); zeros stay |
//!
//! All noise is normal. Draws are keyed by seed, sample or trial, layer and neuron (and step of the rate
//! code), and the same draws serve every strength, so that curves are smooth. A spike of the rate code that is
//! jittered comes the nearest whole number of steps earlier or later: not before the first step, and never if
//! that is after the last. Inputs that are currents have no spikes, so nothing of them is lost or jittered.

use serde::Serialize;

use super::subject::Subject;
use super::trial::{Set, Shown, show};
use crate::ann::{Forward, Graph};
use crate::parallel::Progress;
use crate::rng::{Domain, Stream};
use crate::spiking::{Network, Noise, Unharmed};

/// What is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disturbance {
    InputNoise,
    SpikeLoss,
    SpikeJitter,
    WeightNoise,
}

impl Disturbance {
    pub const ALL: [Self; 4] = [
        Self::InputNoise,
        Self::SpikeLoss,
        Self::SpikeJitter,
        Self::WeightNoise,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::InputNoise => "input noise",
            Self::SpikeLoss => "spike loss",
            Self::SpikeJitter => "spike jitter",
            Self::WeightNoise => "weight noise",
        }
    }

    /// What its strength is.
    pub fn strength(self, network: &Network) -> &'static str {
        match (self, network) {
            (Self::InputNoise, _) => "deviation of inputs (share of their range)",
            (Self::SpikeLoss, _) => "probability of losing a spike",
            (Self::SpikeJitter, Network::Exact(_)) => {
                "deviation of spike times (share of a window)"
            }
            (Self::SpikeJitter, Network::Rate(_)) => "deviation of spike times (steps)",
            (Self::WeightNoise, _) => "relative deviation of weights",
        }
    }

    /// Strengths that show where it begins to matter.
    pub fn usual(self, network: &Network) -> &'static [f64] {
        match self {
            Self::InputNoise => &[0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5],
            Self::SpikeLoss => &[0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3],
            Self::SpikeJitter if matches!(network, Network::Rate(_)) => {
                &[0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
            }
            Self::SpikeJitter => &[0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
            Self::WeightNoise => &[0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5],
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    pub disturbances: Vec<(Disturbance, Vec<f64>)>,
    pub seed: u64,
    /// Sets of weights that are drawn for each strength of weight noise.
    pub trials: u32,
    pub threads: usize,
}

/// One strength of one disturbance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    pub disturbance: Disturbance,
    pub strength: f64,
    /// Means over trials.
    #[serde(flatten)]
    pub shown: Shown,
    /// The trained network under the same disturbance, where it has one: noise of inputs and of weights.
    pub ann_accuracy: Option<f64>,
    /// Standard deviation of the accuracy (or agreement) over trials, if there are several.
    pub deviation_over_trials: Option<f64>,
}

/// All strengths of all disturbances. `None` if it was stopped.
///
/// # Errors
/// Strengths that are impossible, and networks that cannot be converted.
pub fn study(
    subject: &Subject<'_>,
    set: &Set<'_>,
    options: &Options,
    progress: &Progress,
) -> Result<Option<Vec<Point>>, String> {
    check(options)?;
    let Subject {
        graph,
        seen,
        network,
        ..
    } = *subject;
    let threads = options.threads;
    let mut points = Vec::new();
    for (disturbance, strengths) in &options.disturbances {
        for strength in strengths {
            let strength = *strength;
            let mut point = Point {
                disturbance: *disturbance,
                strength,
                shown: Shown::default(),
                ann_accuracy: None,
                deviation_over_trials: None,
            };
            let shown = match disturbance {
                Disturbance::InputNoise => {
                    let range = (seen.low[0] as f32, seen.high[0] as f32);
                    let noisy = noisy_samples(graph, set.samples, range, strength, options.seed);
                    let set = set.with_samples(&noisy);
                    let outputs = Forward::<f32>::new(graph).outputs(&noisy, threads);
                    point.ann_accuracy = set.judge(&outputs).accuracy;
                    show(network, &set, |_| Unharmed, threads, progress)
                }
                Disturbance::SpikeLoss => {
                    let noise = |k| Noise::new(options.seed, k as u64, strength, 0.0);
                    show(network, set, noise, threads, progress)
                }
                Disturbance::SpikeJitter => {
                    let noise = |k| Noise::new(options.seed, k as u64, 0.0, strength);
                    show(network, set, noise, threads, progress)
                }
                Disturbance::WeightNoise => {
                    weight_noise(subject, set, options, &mut point, progress)?
                }
            };
            let Some(shown) = shown else {
                return Ok(None);
            };
            point.shown = shown;
            points.push(point);
        }
    }
    Ok(Some(points))
}

fn check(options: &Options) -> Result<(), String> {
    for (disturbance, strengths) in &options.disturbances {
        let most = if *disturbance == Disturbance::SpikeLoss {
            1.0
        } else {
            1e6
        };
        if let Some(bad) = strengths.iter().find(|s| !(0.0..=most).contains(*s)) {
            return Err(format!(
                "{} of strength {bad}: it must be from 0 to {most}",
                disturbance.name()
            ));
        }
    }
    if options.trials == 0 {
        return Err("weight noise needs at least one trial".into());
    }
    Ok(())
}

fn weight_noise(
    subject: &Subject<'_>,
    set: &Set<'_>,
    options: &Options,
    point: &mut Point,
    progress: &Progress,
) -> Result<Option<Shown>, String> {
    // Without noise all trials are the same.
    let trials = if point.strength == 0.0 {
        1
    } else {
        options.trials
    };
    let mut all = Vec::new();
    let mut ann = 0.0;
    for trial in 0..trials {
        let noisy = noisy_weights(
            subject.graph,
            point.strength,
            options.seed,
            u64::from(trial),
        );
        let outputs = Forward::<f32>::new(&noisy).outputs(set.samples, options.threads);
        ann += set.judge(&outputs).accuracy.unwrap_or(0.0) / f64::from(trials);
        let network = subject.with_weights(&noisy)?;
        let Some(shown) = show(&network, set, |_| Unharmed, options.threads, progress) else {
            return Ok(None);
        };
        all.push(shown);
    }
    point.ann_accuracy = set.labels.map(|_| ann);
    let n = all.len() as f64;
    let mean = |of: fn(&Shown) -> f64| all.iter().map(of).sum::<f64>() / n;
    let middle = mean(score);
    if all.len() > 1 {
        let squares: f64 = all.iter().map(|s| (score(s) - middle).powi(2)).sum();
        point.deviation_over_trials = Some((squares / (n - 1.0)).sqrt());
    }
    Ok(Some(Shown {
        samples: set.count,
        accuracy: set.labels.map(|_| mean(|s| s.accuracy.unwrap_or(0.0))),
        agreement: mean(|s| s.agreement),
        deviation: mean(|s| s.deviation),
        largest_deviation: all.iter().fold(0.0, |m, s| m.max(s.largest_deviation)),
        input_spikes: mean(|s| s.input_spikes),
        spikes_per_neuron: mean(|s| s.spikes_per_neuron),
        operations: mean(|s| s.operations),
        clipped: all.iter().map(|s| s.clipped).sum(),
    }))
}

/// What a deviation over trials is of.
fn score(s: &Shown) -> f64 {
    s.accuracy.unwrap_or(s.agreement)
}

/// Samples with noise of `strength` times the range of values, kept in that range.
pub fn noisy_samples(
    graph: &Graph,
    samples: &[f32],
    (low, high): (f32, f32),
    strength: f64,
    seed: u64,
) -> Vec<f32> {
    let size = f64::from(high - low) * strength;
    let mut noisy = Vec::with_capacity(samples.len());
    for (k, sample) in samples.chunks_exact(graph.input().len()).enumerate() {
        let mut stream = Stream::new(seed, Domain::InputNoise, k as u64, 0);
        for x in sample {
            // Values that were out of the range already stay there.
            let (low, high) = (low.min(*x), high.max(*x));
            let moved = (f64::from(*x) + size * stream.normal()) as f32;
            noisy.push(moved.clamp(low, high));
        }
    }
    noisy
}

/// The network with every weight times 1 + `strength` times a normal number.
pub fn noisy_weights(graph: &Graph, strength: f64, seed: u64, trial: u64) -> Graph {
    let mut noisy = graph.clone();
    for n in 0..graph.nodes().len() {
        let mut stream = Stream::new(seed, Domain::WeightNoise, trial, n as u64);
        for w in noisy.weights_mut(n) {
            *w = (f64::from(*w) * (1.0 + strength * stream.normal())) as f32;
        }
    }
    noisy
}
