//! Everything that makes a graph cheaper before it is converted, in one order: units that matter least go,
//! then weights, then what does nothing any more; what is left comes onto a grid.

use serde::Serialize;

use super::dead::{self, remove_dead};
use super::moments::Moments;
use super::prune::{self, Amount, Measure, prune};
use super::quantise::{self, Fit, Grid, quantise};
use super::refit::refit;
use super::structured::{Structured, prune_units};
use crate::ann::Graph;
use crate::parallel::Progress;

/// What is to be done; nothing by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sparsify {
    /// Share of neurons and channels that goes.
    pub units: Option<f64>,
    /// Weights that stay.
    pub weights: Option<Amount>,
    pub by: Measure,
    /// What is left is fitted to the outputs of the layers as they were.
    pub refit: bool,
    /// What does nothing is taken out.
    pub dead: bool,
    pub bits: Option<u32>,
    pub grid: Grid,
    pub fit: Fit,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    pub structured: Option<Structured>,
    pub pruned: Vec<prune::Layer>,
    /// Layers of neurons that lost some because they did nothing.
    pub removed: Vec<dead::Layer>,
    /// Values of inputs for which outputs stay as they were when these were removed.
    pub inputs: Option<(f64, f64)>,
    pub quantised: Vec<quantise::Layer>,
    /// Weights other than 0 before and after.
    pub before: usize,
    pub after: usize,
}

impl Sparsify {
    /// Is there anything to do?
    pub fn any(&self) -> bool {
        self.units.is_some() || self.weights.is_some() || self.dead || self.bits.is_some()
    }

    /// Makes `graph` cheaper. `samples` are what the network is calibrated with, if there are any; values
    /// of inputs lie from `inputs.0` to `inputs.1`.
    ///
    /// # Errors
    /// Impossible shares and bits; what needs samples and has none.
    pub fn apply(
        &self,
        graph: &Graph,
        samples: Option<&[f32]>,
        inputs: (f64, f64),
        threads: usize,
    ) -> Result<(Graph, Report), String> {
        let all = self.apply_while(graph, samples, inputs, threads, &Progress::default())?;
        // Nobody stops it.
        all.ok_or_else(|| "it was stopped".into())
    }

    /// The same, watched; `None` if it was stopped.
    ///
    /// # Errors
    /// As `apply`.
    pub fn apply_while(
        &self,
        graph: &Graph,
        samples: Option<&[f32]>,
        inputs: (f64, f64),
        threads: usize,
        progress: &Progress,
    ) -> Result<Option<(Graph, Report)>, String> {
        let moments = |g: &Graph, s: &[f32]| Moments::of_while(g, s, threads, progress);
        let fitted = |old: &Graph, cut: Graph| match samples.filter(|_| self.refit) {
            Some(samples) => refit(old, &cut, samples, threads, progress),
            None => Some(cut),
        };
        let mut report = Report {
            before: some(graph),
            ..Report::default()
        };
        let mut now = graph.clone();
        if let Some(share) = self.units {
            let samples = samples.ok_or(
                "which neurons and channels matter least shows only on samples: name some to \
                 calibrate with",
            )?;
            let Some(moments) = moments(&now, samples) else {
                return Ok(None);
            };
            let (cut, mut what) = prune_units(&now, share, &moments)?;
            let Some(cut) = fitted(&now, cut) else {
                return Ok(None);
            };
            let smaller = what.remove(&now, &cut)?;
            (now, report.structured) = (smaller, Some(what));
        }
        if let Some(amount) = self.weights {
            let seen = match samples {
                Some(samples) => match moments(&now, samples) {
                    None => return Ok(None),
                    seen => seen,
                },
                None => None,
            };
            let (thin, layers) = prune(&now, amount, self.by, seen.as_ref())?;
            let Some(thin) = fitted(&now, thin) else {
                return Ok(None);
            };
            (now, report.pruned) = (thin, layers);
        }
        if self.dead {
            (now, report.removed) = remove_dead(&now, inputs)?;
            report.inputs = Some(inputs);
        }
        if let Some(bits) = self.bits {
            (now, report.quantised) = quantise(&now, bits, self.grid, self.fit)?;
        }
        report.after = some(&now);
        Ok(Some((now, report)))
    }
}

/// Least and largest value.
pub fn range_of(samples: &[f32]) -> (f64, f64) {
    samples
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |r, v| {
            (r.0.min(f64::from(*v)), r.1.max(f64::from(*v)))
        })
}

fn some(graph: &Graph) -> usize {
    let weights = graph.nodes().iter().flat_map(|n| n.op.weights());
    weights.filter(|w| **w != 0.0).count()
}

impl Report {
    /// What was done, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(s) = &self.structured {
            let layers: Vec<String> = s
                .layers
                .iter()
                .map(|(name, before, after)| format!("{name} {before} to {after}"))
                .collect();
            notes.push(format!(
                "{} of {} neurons and channels were taken out: {}",
                s.removed,
                s.groups,
                layers.join(", ")
            ));
        }
        if !self.pruned.is_empty() {
            let sum = |of: fn(&prune::Layer) -> usize| self.pruned.iter().map(of).sum::<usize>();
            let (all, left) = (sum(|l| l.weights), sum(|l| l.after));
            notes.push(format!(
                "{left} of {all} weights are left ({:.2} %)",
                100.0 * left as f64 / all.max(1) as f64
            ));
        }
        for l in &self.removed {
            let (low, high) = self.inputs.unwrap_or_default();
            notes.push(format!(
                "{}: {} of {} neurons or channels were removed, which do nothing for inputs from {low} to \
                 {high} ({} never fire, {} are constant, {} are read by none)",
                l.name,
                l.before - l.after,
                l.before,
                l.silent,
                l.constant,
                l.unread
            ));
        }
        if let Some(worst) = self
            .quantised
            .iter()
            .max_by(|a, b| a.relative_error.total_cmp(&b.relative_error))
        {
            notes.push(format!(
                "weights are on a grid; root-mean-square error at most {:.2} % of the weights' ({})",
                100.0 * worst.relative_error,
                worst.name
            ));
        }
        notes
    }
}
