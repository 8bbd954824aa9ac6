//! Weights on their way out: at which ticks they are asked for, and how the parts of shards come together.

use xxhash_rust::xxh3::xxh3_64;

use super::shard::Shard;
use super::sink::{Sink, WeightOf};
use crate::neuron::real::Real;

/// What is asked for of the weights of one statement.
#[derive(Clone, Debug)]
pub struct WeightPlan {
    /// Index of the statement.
    pub statement: usize,
    /// Ticks at which all synapses are wanted, in order; 0 is before the run.
    pub at: Vec<u64>,
    /// Sources and targets (global ids, sorted) between which every synapse is wanted, at every multiple
    /// of some ticks.
    pub traces: Option<(Vec<(u32, u32)>, u64)>,
}

impl WeightPlan {
    /// The first tick >= `from` at which anything is wanted.
    pub fn next(&self, from: u64) -> Option<u64> {
        let at = self.at.get(self.at.partition_point(|&t| t < from));
        let trace = self
            .traces
            .as_ref()
            .and_then(|(_, every)| from.checked_next_multiple_of(*every));
        [at.copied(), trace].into_iter().flatten().min()
    }
}

/// The first tick >= `from` at which any weights are wanted.
pub fn next(plans: &[WeightPlan], from: u64) -> Option<u64> {
    plans.iter().filter_map(|p| p.next(from)).min()
}

/// What a shard has of the weights that are wanted at a tick: all synapses, and those of traces.
pub type Part = Vec<(usize, Vec<WeightOf>, Vec<WeightOf>)>;

/// The part of a shard at tick `now`. `last`: whoever wants the end of the run gets it now.
pub fn part<R: Real>(
    shard: &mut Shard<R>,
    plans: &[WeightPlan],
    now: u64,
    last: Option<u64>,
) -> Part {
    shard.tell_before(now + 1);
    let mut parts = Part::new();
    for (recording, plan) in plans.iter().enumerate() {
        let is_end = last.is_some() && plan.at.last().copied() == last;
        let whole = plan.at.binary_search(&now).is_ok() || is_end;
        let traced = plan
            .traces
            .as_ref()
            .filter(|(_, every)| now.is_multiple_of(*every));
        if !whole && traced.is_none() {
            continue;
        }
        let (mut all, mut some) = (Vec::new(), Vec::new());
        for l in 0..shard.learners.len() {
            if shard.learners[l].statement != plan.statement {
                continue;
            }
            if whole {
                shard.each_weight(l, now, None, |w| all.push(w));
            }
            if let Some((pairs, _)) = traced {
                let mut sources: Vec<u32> = pairs.iter().map(|p| p.0).collect();
                sources.dedup();
                shard.each_weight(l, now, Some(&sources), |w| {
                    if pairs.binary_search(&(w.source, w.target)).is_ok() {
                        some.push(w);
                    }
                });
            }
        }
        parts.push((recording, all, some));
    }
    parts
}

/// Puts the parts of all shards together and hands them out. `traced` says of which recordings the
/// synapses of traces have been told.
pub fn hand_out(
    sink: &mut dyn Sink,
    plans: &[WeightPlan],
    now: u64,
    parts: Vec<Part>,
    traced: &mut Vec<bool>,
) {
    traced.resize(plans.len(), false);
    let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
    loop {
        let mut found = None;
        let (mut all, mut some) = (Vec::new(), Vec::new());
        for part in &mut parts {
            if let Some((recording, whole, few)) = part.next() {
                found = Some(recording);
                all.extend(whole);
                some.extend(few);
            }
        }
        let Some(recording) = found else {
            return;
        };
        // Parallel synapses keep the order of their row.
        let order = |w: &WeightOf| (w.source, w.target, w.delay);
        all.sort_by_key(order);
        some.sort_by_key(order);
        let plan = &plans[recording];
        if !all.is_empty() || plan.traces.is_none() {
            sink.weights(recording, now, &all);
        }
        if let Some((_, every)) = &plan.traces
            && now.is_multiple_of(*every)
        {
            if !std::mem::replace(&mut traced[recording], true) {
                sink.weight_trace_synapses(recording, &some);
            }
            let values: Vec<f64> = some.iter().map(|w| w.weight).collect();
            sink.weight_traces(recording, now, &values);
        }
    }
}

/// A number that two runs share if all their learnt weights are the same: a sum over synapses, so that
/// their order does not matter. `None` if nothing learns.
pub fn hash<R: Real>(shards: &[Shard<R>], now: u64) -> Option<u64> {
    let mut hash = None;
    for shard in shards {
        for (l, learner) in shard.learners.iter().enumerate() {
            if !learner.learns() {
                continue;
            }
            let sum: &mut u64 = hash.get_or_insert(0);
            let statement = learner.statement as u64;
            shard.each_weight(l, now, None, |w| {
                let mut bytes = [0u8; 32];
                bytes[..8].copy_from_slice(&statement.to_le_bytes());
                bytes[8..12].copy_from_slice(&w.source.to_le_bytes());
                bytes[12..16].copy_from_slice(&w.target.to_le_bytes());
                bytes[16..24].copy_from_slice(&w.delay.to_le_bytes());
                bytes[24..].copy_from_slice(&w.weight.to_bits().to_le_bytes());
                *sum = sum.wrapping_add(xxh3_64(&bytes));
            });
        }
    }
    hash
}
