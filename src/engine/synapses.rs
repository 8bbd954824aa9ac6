//! The synapses of a shard, for those who ask: whom they reach, and with what weight.

use super::shard::Shard;
use super::sink::WeightOf;
use super::unit::PlaneWeight;
use crate::neuron::real::Real;
use crate::synapse::table::{Codec, Table};

impl<R: Real> Shard<R> {
    /// The synapses of a learner as they stand at the end of tick `now`, up to which everything must have
    /// been processed and told; those of some sources, or of all. Changes nothing.
    pub fn each_weight(
        &self,
        learner: usize,
        now: u64,
        sources: Option<&[u32]>,
        mut f: impl FnMut(WeightOf),
    ) {
        self.learners[learner].each_weight(now, sources, |source, delay, slot, weight| {
            let (unit, base) = self.slots.sums.owner(slot);
            let target = self.units[unit].first_id + (slot - base) as u32;
            f(WeightOf {
                source,
                target,
                delay,
                weight,
            });
        });
    }

    /// Target (global id) and weight of each synapse in a segment of a table.
    pub fn each_synapse(
        &self,
        table: &Table,
        (start, len, block): (u64, u32, u16),
        mut f: impl FnMut(u32, f64),
    ) {
        let source = start as u32;
        let each = |slot| {
            if let Some((target, weight)) = self.describe(table, 0, slot) {
                f(target, weight);
            }
        };
        match &table.codec {
            Codec::Bitmap(rows) => return rows.each_slot(source, each),
            Codec::Procedural(rows) => return rows.each_slot(source, each),
            _ => {}
        }
        for k in start as usize..start as usize + len as usize {
            if let Some((target, weight)) = self.describe(table, k, table.targets.get(k, block)) {
                f(target, weight);
            }
        }
    }

    /// The same of synapse `k`, which adds to `slot`.
    fn describe(&self, table: &Table, k: usize, slot: usize) -> Option<(u32, f64)> {
        let (unit, base, neuron) = self.owner(&table.codec, slot);
        let unit = &self.units[unit];
        let weight = match &table.codec {
            Codec::F32(w) => f64::from(w[k]),
            Codec::F64(w) => w[k],
            Codec::Packed(group) => {
                let plane = unit.fixed.iter().flatten();
                let plane = plane
                    .clone()
                    .find(|p| p.group == *group && p.base == base)?;
                f64::from(table.targets.whole(k)?) * plane.scale.f64()
            }
            codec => {
                let wide = match codec {
                    Codec::Procedural(rows) => rows.wide,
                    codec => matches!(codec, Codec::Count32),
                };
                let plane = unit
                    .counts
                    .iter()
                    .find(|p| p.wide == wide && p.base == base)?;
                match &plane.weight {
                    PlaneWeight::One { weight, .. } => weight.f64(),
                    PlaneWeight::Each { .. } => return None,
                }
            }
        };
        Some((unit.first_id + neuron as u32, weight))
    }

    /// Unit of a slot of a table, first slot of its plane as the unit knows it, and the neuron.
    fn owner(&self, codec: &Codec, slot: usize) -> (usize, usize, usize) {
        if let Some(cells) = &self.cells {
            let maps = cells.maps();
            return match codec {
                Codec::Count16 | Codec::Bitmap(_) => maps.counts16.owner(slot),
                Codec::Procedural(rows) if !rows.wide => maps.counts16.owner(slot),
                Codec::Procedural(_) | Codec::Count32 => maps.counts32.owner(slot),
                Codec::F32(_) | Codec::F64(_) => maps.sums.owner(slot),
                Codec::Packed(group) => maps.fixed[*group].owner(slot),
            };
        }
        let (unit, base) = match codec {
            Codec::Count16 | Codec::Bitmap(_) => self.slots.counts16.owner(slot),
            Codec::Procedural(rows) if !rows.wide => self.slots.counts16.owner(slot),
            Codec::Procedural(_) | Codec::Count32 => self.slots.counts32.owner(slot),
            Codec::F32(_) | Codec::F64(_) => self.slots.sums.owner(slot),
            Codec::Packed(group) => self.slots.fixed[*group].owner(slot),
        };
        (unit, base, slot - base)
    }
}
