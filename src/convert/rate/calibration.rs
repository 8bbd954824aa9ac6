//! Calibration of biases and potentials, layer by layer (Li et al. 2022, arXiv:2205.10121).
//!
//! Rounding and what comes late shift the mean of a layer's values. *Light*: the bias of every channel is
//! raised by the mean difference to the trained network's values. *Advanced*: after that the potential at which
//! each neuron starts is raised by T times its own mean difference. (The paper's advanced pipeline
//! also trains weights; that is not done here.) Layers are done in order, so each makes up for what
//! those before it left.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::samples::{Agreement, for_samples};
use crate::ann::{Forward, Graph};
use crate::convert::plan::Plan;
use crate::parallel::Progress;
use crate::spiking::{Kind, Population, Rate};

/// How far it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BiasCalibration {
    #[default]
    None,
    Light,
    Advanced,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    pub before: Agreement,
    pub after: Agreement,
    /// It raised the number of samples with the same decision, so it was kept.
    pub kept: bool,
}

/// Sums over samples are of whole numbers, so that they hang on no order: a value counts in steps of
/// its population's largest value over this.
fn unit(largest: f64) -> f64 {
    (1u64 << 30) as f64 / if largest > 0.0 { largest } else { 1.0 }
}

/// Passes through all samples that `calibrate` takes at most, for whoever shows how far it is.
pub fn passes(plan: &Plan, how: BiasCalibration) -> usize {
    let neurons = |p: &&Population| matches!(p.kind, Kind::Neurons { .. } | Kind::Readout);
    let layers = plan.net.populations.iter().filter(neurons).count();
    match how {
        BiasCalibration::None => 2,
        BiasCalibration::Light => 4 + layers,
        BiasCalibration::Advanced => 3 + 2 * layers,
    }
}

/// More samples are not calibrated on: what is looked for are means, and every layer takes a pass.
pub const MOST_SAMPLES: usize = 1024;

/// So many of the samples at most, evenly chosen.
pub fn thinned(samples: &[f32], len: usize) -> Vec<f32> {
    let step = (samples.len() / len).div_ceil(MOST_SAMPLES).max(1);
    let some = samples.chunks_exact(len).step_by(step);
    some.flatten().copied().collect()
}

/// Calibrates a network on samples, and keeps the result if more decisions agree with those of
/// the trained network. `None` if it was stopped.
pub fn calibrate(
    graph: &Graph,
    plan: &Plan,
    rate: &mut Rate,
    samples: &[f32],
    how: BiasCalibration,
    threads: usize,
    progress: &Progress,
) -> Option<Calibrated> {
    let outputs = Forward::<f32>::new(graph).outputs_while(samples, threads, progress)?;
    let before = Agreement::of(rate, samples, &outputs, threads, progress)?;
    if how == BiasCalibration::None {
        return Some(Calibrated {
            before,
            after: before,
            kept: false,
        });
    }
    let kept = rate.clone();
    let want = means(graph, plan, samples, threads, progress)?;
    let steps = f64::from(rate.settings.steps);
    for (i, want) in want.iter().enumerate() {
        let p = &plan.net.populations[i];
        if !matches!(p.kind, Kind::Neurons { .. } | Kind::Readout) {
            continue;
        }
        let channels = p.planes[0];
        let lacks = |rate: &Rate| -> Option<Vec<f64>> {
            let have = counted(rate, samples, i, threads, progress)?;
            Some(want.iter().zip(have).map(|(w, h)| w - h).collect())
        };
        let lack = lacks(rate)?;
        let places = (p.len() / channels) as f64;
        let mut shift = vec![0.0; channels];
        for (id, d) in lack.iter().enumerate() {
            shift[id % channels] += d / places;
        }
        let bias = &mut rate.net.populations[i].bias;
        bias.resize(p.len(), 0.0);
        for (id, b) in bias.iter_mut().enumerate() {
            *b += shift[id % channels];
        }
        if how == BiasCalibration::Advanced && p.kind != Kind::Readout {
            let lack = lacks(rate)?;
            for (v, d) in rate.start[i].iter_mut().zip(lack) {
                *v += steps * d;
            }
        }
    }
    let later = Agreement::of(rate, samples, &outputs, threads, progress)?;
    let better = later.same > before.same;
    if !better {
        *rate = kept;
    }
    Some(Calibrated {
        before,
        after: later,
        kept: better,
    })
}

/// The trained network's mean values of every population, by neuron.
fn means(
    graph: &Graph,
    plan: &Plan,
    samples: &[f32],
    threads: usize,
    progress: &Progress,
) -> Option<Vec<Vec<f64>>> {
    let populations = &plan.net.populations;
    let sums: Vec<Mutex<Vec<i64>>> = populations
        .iter()
        .map(|p| Mutex::new(vec![0; p.len()]))
        .collect();
    let unit = |i: usize| unit(populations[i].largest);
    Forward::<f32>::new(graph).for_blocks_while(samples, threads, progress, |_, room| {
        for (i, sums) in sums.iter().enumerate() {
            let (p, source) = (&populations[i], plan.sources[i]);
            let Ok(mut sums) = sums.lock() else { continue };
            for sample in room.of(source.node).chunks_exact(p.len()) {
                for (e, x) in sample.iter().enumerate() {
                    let x = f64::from(*x);
                    let v = match p.kind {
                        Kind::Readout => x,
                        _ => source.value(x),
                    };
                    sums[p.place(e)] += (v * unit(i)).round() as i64;
                }
            }
        }
    })?;
    let count = (samples.len() / graph.input().len()) as f64;
    let mean = |(i, sums): (usize, Mutex<Vec<i64>>)| {
        let sums = sums.into_inner().unwrap_or_else(|e| e.into_inner());
        sums.iter().map(|s| *s as f64 / unit(i) / count).collect()
    };
    Some(sums.into_iter().enumerate().map(mean).collect())
}

/// The same of a coded network.
fn counted(
    rate: &Rate,
    samples: &[f32],
    i: usize,
    threads: usize,
    progress: &Progress,
) -> Option<Vec<f64>> {
    let p = &rate.net.populations[i];
    let count = (samples.len() / rate.net.populations[0].len()) as f64;
    let steps = rate.settings.steps;
    let unit = unit(p.largest);
    let sums: Mutex<Vec<i64>> = Mutex::new(vec![0; p.len()]);
    for_samples(rate, samples, i + 1, threads, progress, |_, room| {
        let Ok(mut sums) = sums.lock() else { return };
        if p.kind == Kind::Readout {
            for (e, v) in rate.outputs(room, steps).enumerate() {
                sums[p.place(e)] += (v * unit).round() as i64;
            }
        } else {
            for (_, id, negative) in rate.spikes(i, room) {
                sums[id as usize] += if negative { -1 } else { 1 };
            }
        }
    })?;
    let sums = sums.into_inner().unwrap_or_else(|e| e.into_inner());
    let channels = p.planes[0];
    let value = |(id, s): (usize, &i64)| {
        let one = match p.kind {
            Kind::Readout => 1.0 / unit,
            _ => rate.thresholds[i][id % channels] / f64::from(steps),
        };
        *s as f64 * one / count
    };
    Some(sums.iter().enumerate().map(value).collect())
}
