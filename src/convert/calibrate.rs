//! What the values of a network's layers are like on samples.

use serde::{Deserialize, Serialize};

use crate::ann::{Forward, Graph};
use crate::parallel::Progress;

/// Of every node of the graph, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub samples: usize,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
    /// Share of values that are not 0.
    pub active: Vec<f64>,
}

impl Calibration {
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
        let n = graph.nodes().len();
        let forward = Forward::<f32>::new(graph);
        let parts = forward.for_blocks_while(samples, threads, progress, |_, room| {
            let one = |i: usize| {
                room.of(i)
                    .iter()
                    .fold((f32::INFINITY, f32::NEG_INFINITY, 0u64), |m, v| {
                        (m.0.min(*v), m.1.max(*v), m.2 + u64::from(*v != 0.0))
                    })
            };
            (0..n).map(one).collect::<Vec<_>>()
        })?;
        let count = samples.len() / graph.input().len();
        let mut all = Self {
            samples: count,
            ..Self::default()
        };
        for (i, node) in graph.nodes().iter().enumerate() {
            let of = |f: fn(&(f32, f32, u64)) -> f32| parts.iter().map(move |p| f(&p[i]));
            all.low
                .push(f64::from(of(|p| p.0).fold(f32::INFINITY, f32::min)));
            all.high
                .push(f64::from(of(|p| p.1).fold(f32::NEG_INFINITY, f32::max)));
            let active: u64 = parts.iter().map(|p| p[i].2).sum();
            all.active
                .push(active as f64 / (count * node.len()).max(1) as f64);
        }
        Some(all)
    }
}
