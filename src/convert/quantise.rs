//! Weights on a grid of n bits, as hardware would hold them.
//!
//! Symmetric: w becomes q step with whole q from -(2^(n-1) - 1) to 2^(n-1) - 1, rounded to the nearest,
//! so 0 stays 0. A step belongs to a layer or to an output channel. With `Fit::Largest` it is the largest |w|
//! over the largest q: no weight is off by more than half a step. `Fit::Squares` looks for the step with the
//! least sum of squared errors instead, where the largest weights may be clipped. With 2 bits, of which a weight
//! is -step, 0 or step, it is far better (MNIST with 784-300-100-10: 85.8 % instead of 21.7, LeNet-5: 80.6 instead
//! of 9.7), with 3 it is better for one network and worse for the other, from 4 on hardly different: so
//! `Fit::Auto` takes it with 2 only. Biases stay as they are, since hardware holds them apart from synapses.

use serde::Serialize;

use super::prune::ends;
use crate::ann::{Graph, Op};

/// What shares a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grid {
    Layer,
    #[default]
    Channel,
}

/// How the step is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// `Squares` with 2 bits, `Largest` with more.
    #[default]
    Auto,
    Largest,
    Squares,
}

impl Fit {
    /// What it is for so many bits.
    fn with(self, bits: u32) -> Self {
        match self {
            Self::Auto if bits == 2 => Self::Squares,
            Self::Auto => Self::Largest,
            other => other,
        }
    }
}

/// What became of a layer's weights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    pub name: String,
    /// One for the layer, or one for each output channel.
    pub steps: Vec<f64>,
    /// Largest error of a weight, in steps.
    pub largest_error: f64,
    /// Root of the mean squared error over that of the mean squared weight.
    pub relative_error: f64,
}

/// Fewer or more bits are no grid of this kind, or none at all in single precision.
pub const BITS: std::ops::RangeInclusive<u32> = 2..=24;

/// Puts the weights of dense layers and convolutions on a grid.
///
/// # Errors
/// If there is no such grid.
pub fn quantise(
    graph: &Graph,
    bits: u32,
    grid: Grid,
    fit: Fit,
) -> Result<(Graph, Vec<Layer>), String> {
    if !BITS.contains(&bits) {
        return Err(format!(
            "weights of {bits} bits: {} to {} are possible",
            BITS.start(),
            BITS.end()
        ));
    }
    let (most, fit) = (f64::from((1u32 << (bits - 1)) - 1), fit.with(bits));
    let mut quantised = graph.clone();
    let mut layers = Vec::new();
    for n in 0..graph.nodes().len() {
        let op = &graph.node(n).op;
        if op.weights().is_empty() {
            continue;
        }
        let mut parts: Vec<Vec<usize>> = match grid {
            Grid::Layer => vec![Vec::new()],
            Grid::Channel => vec![Vec::new(); outputs(op)],
        };
        for k in 0..op.weights().len() {
            let part = if grid == Grid::Layer {
                0
            } else {
                ends(op, k).0
            };
            parts[part].push(k);
        }
        let mut steps = Vec::new();
        let (mut largest, mut error, mut size) = (0.0f64, 0.0, 0.0);
        for part in parts {
            let weights: Vec<f64> = part.iter().map(|k| f64::from(op.weights()[*k])).collect();
            let step = step(&weights, most, fit);
            for (k, w) in part.iter().zip(weights) {
                let on = on_grid(w, step, most);
                quantised.weights_mut(n)[*k] = on as f32;
                if step > 0.0 {
                    largest = largest.max((w - on).abs() / step);
                }
                error += (w - on) * (w - on);
                size += w * w;
            }
            steps.push(step);
        }
        layers.push(Layer {
            name: graph.node(n).name.clone(),
            steps,
            largest_error: largest,
            relative_error: if size > 0.0 {
                (error / size).sqrt()
            } else {
                0.0
            },
        });
    }
    Ok((quantised, layers))
}

fn outputs(op: &Op) -> usize {
    match op {
        Op::Dense(d) => d.outputs,
        Op::Conv(c) | Op::ConvTranspose(c) => c.outputs,
        _ => 0,
    }
}

fn on_grid(w: f64, step: f64, most: f64) -> f64 {
    if step > 0.0 {
        (w / step).round().clamp(-most, most) * step
    } else {
        0.0
    }
}

/// Steps that are tried between a part of the largest and the largest.
const TRIALS: usize = 100;

fn step(weights: &[f64], most: f64, fit: Fit) -> f64 {
    let largest = weights.iter().fold(0.0f64, |m, w| m.max(w.abs())) / most;
    if fit == Fit::Largest || largest == 0.0 {
        return largest;
    }
    let error = |step: f64| -> f64 {
        let of = |w: &f64| (w - on_grid(*w, step, most)).powi(2);
        weights.iter().map(of).sum()
    };
    (1..TRIALS)
        .map(|i| largest * (i as f64 / TRIALS as f64))
        .fold((largest, error(largest)), |best, step| {
            let e = error(step);
            if e < best.1 { (step, e) } else { best }
        })
        .0
}
