//! Mean and mean square of what layers read, unit by unit: by these the effect of a weight is judged,
//! and what is missing without it is made up for.

use super::units::{count, size};
use crate::ann::{Forward, Graph};
use crate::parallel::Progress;

/// Of every node, by unit, over samples and places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    pub mean: Vec<Vec<f64>>,
    pub square: Vec<Vec<f64>>,
}

impl Moments {
    /// Computes the network for all samples.
    pub fn of(graph: &Graph, samples: &[f32], threads: usize) -> Self {
        // Nobody stops it.
        Self::of_while(graph, samples, threads, &Progress::default()).unwrap_or_default()
    }

    /// The same, watched; `None` if it was stopped.
    pub fn of_while(
        graph: &Graph,
        samples: &[f32],
        threads: usize,
        progress: &Progress,
    ) -> Option<Self> {
        let nodes = graph.nodes();
        let forward = Forward::<f32>::new(graph);
        let parts = forward.for_blocks_while(samples, threads, progress, |_, room| {
            let sums = |n: usize| {
                let (units, size) = (count(&nodes[n]), size(&nodes[n]));
                let mut sums = vec![(0.0f64, 0.0f64); units];
                for (k, unit) in room.of(n).chunks_exact(size).enumerate() {
                    let sum = &mut sums[k % units];
                    for v in unit {
                        let v = f64::from(*v);
                        sum.0 += v;
                        sum.1 += v * v;
                    }
                }
                sums
            };
            (0..nodes.len()).map(sums).collect::<Vec<_>>()
        })?;
        let samples = samples.len() / graph.input().len();
        let mut all = Self::default();
        for (n, node) in nodes.iter().enumerate() {
            let places = (samples * size(node)).max(1) as f64;
            // Blocks in their order, so that sums are the same for any number of threads.
            let of = |pick: fn(&(f64, f64)) -> f64| {
                let unit = |u: usize| parts.iter().map(|p| pick(&p[n][u])).sum::<f64>() / places;
                (0..count(node)).map(unit).collect::<Vec<_>>()
            };
            all.mean.push(of(|s| s.0));
            all.square.push(of(|s| s.1));
        }
        Some(all)
    }
}
