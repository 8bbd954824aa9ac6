//! Weights that matter least become 0 (unstructured pruning).
//!
//! Dense layers and convolutions take part; biases do not. Weights of different layers are compared by
//! one of four measures:
//!
//! | measure | a weight w counts as |
//! | --- | --- |
//! | `magnitude` | \|w\|, over all layers (Han et al. 2015, arXiv:1506.02626) |
//! | `layer` | \|w\|, every layer for itself: the same share of each |
//! | `lamp` | w² over the sum of squares of all weights of its layer that are not smaller (Lee et al. 2021, arXiv:2010.07611) |
//! | `effect` | the same with w² E\[x²\], x being what the weight is multiplied with on the samples |
//!
//! `lamp` and `effect` need no retraining to leave every layer enough. What a weight contributed on
//! average goes into the bias.

use std::cmp::Ordering;

use serde::Serialize;

use super::moments::Moments;
use crate::ann::{Graph, Op};

/// How weights are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    Magnitude,
    Layer,
    Lamp,
    #[default]
    Effect,
}

/// How many weights stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// This share of all weights, rounded to a whole number of them: the ones that count most.
    Keep(f64),
    /// Those that are at least this large.
    Below(f32),
}

/// What became of a layer's weights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    pub name: String,
    pub weights: usize,
    /// Other than 0, before and after.
    pub before: usize,
    pub after: usize,
}

/// Sets weights to 0. With `moments`, biases take up what these contributed on average.
///
/// Of equals the first are kept, so the number that is kept is exact; weights that were 0 count as the
/// smallest.
///
/// # Errors
/// If the amount is impossible, or the measure needs `moments` and they are not there.
pub fn prune(
    graph: &Graph,
    amount: Amount,
    by: Measure,
    moments: Option<&Moments>,
) -> Result<(Graph, Vec<Layer>), String> {
    let layers: Vec<usize> = (0..graph.nodes().len())
        .filter(|n| !graph.node(*n).op.weights().is_empty())
        .collect();
    let kept = match amount {
        Amount::Below(least) if least.is_nan() || least < 0.0 => {
            return Err(format!(
                "weights below {least} are none: it must be at least 0"
            ));
        }
        Amount::Below(least) => layers
            .iter()
            .map(|n| {
                let weights = graph.node(*n).op.weights().iter();
                weights.map(|w| w.abs() >= least).collect()
            })
            .collect(),
        Amount::Keep(share) if !(0.0..=1.0).contains(&share) => {
            return Err(format!("a share of {share}: it must be from 0 to 1"));
        }
        Amount::Keep(share) => keep(graph, &layers, share, by, moments)?,
    };
    let mut pruned = graph.clone();
    let mut report = Vec::new();
    for (n, kept) in layers.iter().zip(&kept) {
        let weights = graph.node(*n).op.weights();
        let some = |of: &[f32]| of.iter().filter(|w| **w != 0.0).count();
        if let Some(moments) = moments {
            let from = graph.node(*n).inputs[0];
            let missing = contributions(&graph.node(*n).op, kept, &moments.mean[from]);
            for (b, m) in pruned.biases_mut(*n).iter_mut().zip(missing) {
                *b = (f64::from(*b) + m) as f32;
            }
        }
        for (w, kept) in pruned.weights_mut(*n).iter_mut().zip(kept) {
            if !kept {
                *w = 0.0;
            }
        }
        report.push(Layer {
            name: graph.node(*n).name.clone(),
            weights: weights.len(),
            before: some(weights),
            after: some(pruned.node(*n).op.weights()),
        });
    }
    Ok((pruned, report))
}

/// Which weights of each layer are among those that count most.
fn keep(
    graph: &Graph,
    layers: &[usize],
    share: f64,
    by: Measure,
    moments: Option<&Moments>,
) -> Result<Vec<Vec<bool>>, String> {
    let mut scores: Vec<Vec<f64>> = Vec::new();
    for n in layers {
        let op = &graph.node(*n).op;
        let mut score: Vec<f64> = op
            .weights()
            .iter()
            .map(|w| f64::from(*w) * f64::from(*w))
            .collect();
        if by == Measure::Effect {
            let moments =
                moments.ok_or("the effect of weights needs samples to be computed for")?;
            let square = &moments.square[graph.node(*n).inputs[0]];
            for (k, s) in score.iter_mut().enumerate() {
                *s *= square[ends(op, k).1];
            }
        }
        if matches!(by, Measure::Lamp | Measure::Effect) {
            relate(&mut score);
        }
        scores.push(score);
    }
    let total: usize = scores.iter().map(Vec::len).sum();
    let number = |of: usize| (share * of as f64).round() as usize;
    let groups: Vec<(std::ops::Range<usize>, usize)> = if by == Measure::Layer {
        (0..scores.len())
            .map(|l| (l..l + 1, number(scores[l].len())))
            .collect()
    } else {
        vec![(0..scores.len(), number(total))]
    };
    let mut kept: Vec<Vec<bool>> = scores.iter().map(|s| vec![false; s.len()]).collect();
    for (layers, most) in groups {
        let mut all: Vec<(f64, u32, u32)> = Vec::new();
        for l in layers {
            all.extend(
                scores[l]
                    .iter()
                    .enumerate()
                    .map(|(k, s)| (*s, l as u32, k as u32)),
            );
        }
        let order = |a: &(f64, u32, u32), b: &(f64, u32, u32)| {
            b.0.total_cmp(&a.0)
                .then((a.1, a.2).cmp(&(b.1, b.2)))
                .then(Ordering::Equal)
        };
        if most > 0 && most < all.len() {
            all.select_nth_unstable_by(most - 1, order);
        }
        for (_, l, k) in all.into_iter().take(most) {
            kept[l as usize][k as usize] = true;
        }
    }
    Ok(kept)
}

/// Every score over the sum of those that are not smaller.
fn relate(scores: &mut [f64]) {
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_unstable_by(|a, b| {
        let (x, y) = (scores[*a as usize], scores[*b as usize]);
        y.total_cmp(&x).then(a.cmp(b))
    });
    let mut sum = 0.0;
    for k in order {
        let score = &mut scores[k as usize];
        sum += *score;
        if sum > 0.0 {
            *score /= sum;
        }
    }
}

/// Output and input unit of weight `k` of a layer.
pub(super) fn ends(op: &Op, k: usize) -> (usize, usize) {
    match op {
        Op::Dense(d) => (k / d.inputs, k % d.inputs),
        Op::Conv(c) => {
            let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
            let k = k / c.window.area();
            (k / gin, k / gin / gout * gin + k % gin)
        }
        Op::ConvTranspose(c) => {
            let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
            let k = k / c.window.area();
            (k / gout / gin * gout + k % gout, k / gout)
        }
        _ => (0, 0),
    }
}

/// What the weights that go contribute to each output unit if every input is at its mean. How often a
/// transposed convolution reaches an element depends on the place: there it is left out.
pub(super) fn contributions(op: &Op, kept: &[bool], mean: &[f64]) -> Vec<f64> {
    let outputs = match op {
        Op::Dense(d) => d.outputs,
        Op::Conv(c) => c.outputs,
        _ => 0,
    };
    let mut sums = vec![0.0; outputs];
    if outputs > 0 {
        for (k, w) in op.weights().iter().enumerate().filter(|(k, _)| !kept[*k]) {
            let (to, from) = ends(op, k);
            sums[to] += f64::from(*w) * mean[from];
        }
    }
    sums
}
