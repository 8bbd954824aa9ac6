//! Cutting a network into shards.
//!
//! Shards are contiguous ranges of global ids. A cut lies between two populations or at a multiple
//! of the granule within one, and shards get about equal load: what it costs per second to update a
//! neuron, to draw its private input and to deliver what arrives at it. The cut changes no result.

use super::load::mean_per_tick;
use super::spec::{DriveKind, NetworkSpec, PopulationKind};
use crate::engine::regime::Regime;

/// Costs in ns, measured (benches/README.md): a swept neuron per tick, a visit of a lazily updated
/// one, private Poisson input per tick or, where it is rare, per event, and a synaptic event.
const SWEEP: f64 = 0.5;
const VISIT: f64 = 8.0;
const COUNT: f64 = 0.5;
const PRIVATE: f64 = 30.0;
const SYNAPSE: f64 = 1.2;

/// Ranges of global ids, one per shard; some may be empty. `expected`: synapses of each projection.
pub fn partition(
    spec: &NetworkSpec,
    expected: &[f64],
    regime: &Regime,
    shards: usize,
    granule: u32,
) -> Vec<std::ops::Range<u32>> {
    let offsets = spec.offsets();
    let total = offsets.last().copied().unwrap_or(0) as u32;
    let load = load_per_element(spec, expected, regime);
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

/// ns per second of simulated time for an element of each population.
fn load_per_element(spec: &NetworkSpec, expected: &[f64], regime: &Regime) -> Vec<f64> {
    let ticks = 1000.0 / spec.tick_ms();
    let mut load: Vec<f64> = spec
        .populations
        .iter()
        .enumerate()
        .map(|(p, population)| match population.kind {
            PopulationKind::Neurons(_) if regime.swept(p) => ticks * SWEEP,
            PopulationKind::Neurons(_) => ticks * regime.load(p) * VISIT,
            PopulationKind::Source(_) => PRIVATE * regime.assumed_hz(p),
        })
        .collect();
    for drive in &spec.drives {
        if let DriveKind::Poisson { rate, .. } = &drive.kind {
            let per_tick = mean_per_tick(rate, spec.resolution_ps, spec.duration);
            let cost = ticks * COUNT.min(per_tick * PRIVATE);
            for slice in &drive.to {
                let size = f64::from(spec.populations[slice.population].size.max(1));
                load[slice.population] += cost * f64::from(slice.len()) / size;
            }
        }
    }
    for (projection, n) in spec.projections.iter().zip(expected) {
        let per_target = n / (projection.targets().max(1)) as f64;
        let sources = (projection.sources().max(1)) as f64;
        let rate: f64 = projection
            .from
            .iter()
            .map(|s| regime.assumed_hz(s.population) * f64::from(s.len()) / sources)
            .sum();
        for slice in &projection.to {
            let share = f64::from(slice.len()) / f64::from(spec.populations[slice.population].size);
            load[slice.population] += per_target * share * rate * SYNAPSE;
        }
    }
    load
}
