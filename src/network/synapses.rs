//! Synapses read back from the tables, for inspection and tests.

use super::build::{Network, NetworkOf, Synapse};
use super::fixed::Rounding;
use crate::engine::Plan;
use crate::engine::shard::Shard;
use crate::neuron::real::Real;

impl Network {
    /// All synapses, read back from the tables: for inspection and tests. Sorted by source, target
    /// and delay; those of one statement stay in its order.
    pub fn synapses(&self) -> Vec<Synapse> {
        let mut all = match self {
            Self::Double(n) => n.synapses(),
            Self::Single(n) => n.synapses(),
        };
        all.sort_by_key(|s| (s.source, s.target, s.delay));
        all
    }

    /// Bytes of all synapse tables.
    pub fn table_bytes(&self) -> usize {
        match self {
            Self::Double(n) => n.shards.iter().map(Shard::bytes).sum(),
            Self::Single(n) => n.shards.iter().map(Shard::bytes).sum(),
        }
    }

    /// Number of synapses.
    pub fn synapse_count(&self) -> u64 {
        fn count<R: Real>(n: &NetworkOf<R>) -> u64 {
            let tables = n.shards.iter().flat_map(|s| &s.tables);
            let learners = n.shards.iter().flat_map(|s| &s.learners);
            tables.map(|t| t.rows.synapses()).sum::<u64>()
                + learners.map(|l| l.rows.synapses()).sum::<u64>()
        }
        match self {
            Self::Double(n) => count(n),
            Self::Single(n) => count(n),
        }
    }

    /// What rounding to whole numbers did to the weights of each projection, if they are held so.
    pub fn rounding(&self) -> &[Option<Rounding>] {
        match self {
            Self::Double(n) => &n.rounding,
            Self::Single(n) => &n.rounding,
        }
    }

    pub fn plan(&self) -> &Plan {
        match self {
            Self::Double(n) => &n.plan,
            Self::Single(n) => &n.plan,
        }
    }
}

impl<R: Real> NetworkOf<R> {
    fn synapses(&self) -> Vec<Synapse> {
        let total = self.plan.offsets.last().copied().unwrap_or(0) as usize;
        let mut all = Vec::new();
        for shard in &self.shards {
            for table in &shard.tables {
                for source in 0..total {
                    table.rows.each_segment(source, |delay, start, len, block| {
                        shard.each_synapse(table, (start, len, block), |target, weight| {
                            all.push(Synapse {
                                source: source as u32,
                                target,
                                weight,
                                delay,
                            });
                        });
                    });
                }
            }
            for l in 0..shard.learners.len() {
                shard.each_weight(l, 0, None, |w| {
                    all.push(Synapse {
                        source: w.source,
                        target: w.target,
                        weight: w.weight,
                        delay: w.delay,
                    });
                });
            }
        }
        all
    }
}
