//! Cutting a network into shards.
//!
//! Shards are contiguous ranges of global ids. A cut lies between two populations or at a multiple
//! of the granule within one, and shards get about equal load: what a neuron costs to update, plus
//! what arrives at it. The cut changes no result.

use super::spec::{NetworkSpec, PopulationKind};

/// Cost of updating a neuron, in units of one synapse's share of the delivery.
const NEURON_COST: f64 = 200.0;

/// Ranges of global ids, one per shard; some may be empty. `expected`: synapses of each projection.
pub fn partition(
    spec: &NetworkSpec,
    expected: &[f64],
    shards: usize,
    granule: u32,
) -> Vec<std::ops::Range<u32>> {
    let offsets = spec.offsets();
    let total = offsets.last().copied().unwrap_or(0) as u32;
    let load = load_per_element(spec, expected);
    // Places where a cut may be made, and the load up to there.
    let mut places = vec![(0u32, 0.0)];
    let mut sum = 0.0;
    for (p, population) in spec.populations.iter().enumerate() {
        let mut at = 0;
        while at < population.size {
            let end = (at.saturating_add(granule.max(1))).min(population.size);
            sum += load[p] * f64::from(end - at);
            at = end;
            places.push((offsets[p] as u32 + at, sum));
        }
    }
    let mut cuts = vec![0u32];
    for k in 1..shards {
        let goal = sum * k as f64 / shards as f64;
        let i = places.partition_point(|&(_, l)| l < goal);
        let best = match (places.get(i.wrapping_sub(1)), places.get(i)) {
            (Some(a), Some(b)) if goal - a.1 < b.1 - goal => a.0,
            (_, Some(b)) => b.0,
            _ => total,
        };
        cuts.push(best.max(*cuts.last().unwrap_or(&0)));
    }
    cuts.push(total);
    cuts.windows(2).map(|w| w[0]..w[1]).collect()
}

fn load_per_element(spec: &NetworkSpec, expected: &[f64]) -> Vec<f64> {
    let mut load: Vec<f64> = spec
        .populations
        .iter()
        .map(|p| match p.kind {
            PopulationKind::Neurons(_) => NEURON_COST,
            PopulationKind::Source(_) => 1.0,
        })
        .collect();
    for (projection, n) in spec.projections.iter().zip(expected) {
        let per_target = n / (projection.targets().max(1)) as f64;
        for slice in &projection.to {
            let share = f64::from(slice.len()) / f64::from(spec.populations[slice.population].size);
            load[slice.population] += per_target * share;
        }
    }
    load
}
