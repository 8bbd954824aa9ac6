//! Shards of very many neurons, gone through part by part.
//!
//! A *cell* is a run of units whose numbers fit a near cache together. Within a window nobody waits for anybody, so a
//! cell may go through all ticks of the window before the next one begins. What the queue holds for the window is dealt to
//! the cells first (`synapse::dealt`). Between ticks accumulators are empty, so all cells use the same ones.

use super::shard::{AHEAD, Into, Shard};
use super::unit::Unit;
use crate::neuron::real::Real;
use crate::synapse::dealt::{Dealt, Maps};
use crate::synapse::local::Map;
use crate::synapse::table::{Accumulators, Targets};

/// The cells of a shard, and what the present window brings them.
#[derive(Debug)]
pub struct Cells {
    /// One behind the last unit of each.
    ends: Vec<usize>,
    dealt: Dealt,
    /// Bits of slots in packed words.
    bits: [u32; 2],
}

impl Cells {
    /// Cuts a built shard into the cells that its units name. `None` if it is gone through as a whole: there is one
    /// cell, there is what cannot be dealt, or input waits in accumulators from tick to tick.
    pub fn cut<R: Real>(shard: &mut Shard<R>) -> Option<Self> {
        let last = shard.units.last()?.cell;
        let waits = shard.units.iter().any(|u| u.period > 1);
        let whole = waits || !shard.learners.is_empty();
        let units = &shard.units;
        let cell_of = |unit: usize| units[unit].cell;
        if last == 0 || whole || !Dealt::suits(&shard.tables, &mut shard.slots, last + 1, cell_of) {
            return None;
        }
        let ends = (0..=last)
            .map(|cell| shard.units.partition_point(|u| u.cell <= cell))
            .collect();
        let mut bits = [0; 2];
        for table in &shard.tables {
            if let (Some(group), Targets::Packed { bits: own, .. }) =
                (table.codec.group(), &table.targets)
            {
                bits[group] = *own;
            }
        }
        let dealt = Dealt::new(&mut shard.slots, last + 1, cell_of);
        let maps = &dealt.maps;
        let local = |map: &Map, slot: usize| map.of(slot as u32).1 as usize;
        let counts = |wide| if wide { &maps.counts32 } else { &maps.counts16 };
        for unit in &mut shard.units {
            for base in unit.sums.iter_mut().flatten() {
                *base = local(&maps.sums, *base);
            }
            for plane in unit.fixed.iter_mut().flatten() {
                plane.base = local(&maps.fixed[plane.group], plane.base);
            }
            for plane in &mut unit.counts {
                plane.base = local(counts(plane.wide), plane.base);
            }
        }
        for feed in &mut shard.feeds {
            if let Into::Input { wide, runs } = &mut feed.into {
                for run in runs {
                    run.slot = local(counts(*wide), run.slot);
                }
            }
        }
        for feed in &mut shard.count_feeds {
            feed.run.slot = local(counts(feed.wide), feed.run.slot);
        }
        Some(Self { ends, dealt, bits })
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where the slots of each kind lie in the cells.
    pub(super) fn maps(&self) -> &Maps {
        &self.dealt.maps
    }

    /// The first tick for which a cell has input left.
    #[inline]
    pub(super) fn next(&self, cell: usize) -> Option<u64> {
        self.dealt.next(cell)
    }

    /// Synapses whose input comes to a cell at a tick.
    #[inline]
    pub(super) fn due(&self, cell: usize, tick: u64) -> usize {
        self.dealt.due(cell, tick)
    }

    /// Synapses whose input comes to a cell in the window.
    fn in_window(&self, cell: usize) -> usize {
        self.dealt.in_window(cell)
    }

    /// Adds what is due to the accumulators; `mark`: notes who gets any. Returns the number of synapses.
    pub(super) fn add<R: Real>(
        &mut self,
        cell: usize,
        tick: u64,
        mark: bool,
        to: &mut Accumulators<R>,
    ) -> u64 {
        let due = self.due(cell, tick) as u64;
        if due > 0 && mark {
            self.dealt.add::<R, true>(cell, tick, self.bits, to);
        } else if due > 0 {
            self.dealt.add::<R, false>(cell, tick, self.bits, to);
        }
        due
    }
}

impl<R: Real> Shard<R> {
    /// The units of a cell.
    pub(super) fn units_of(&self, cell: usize) -> std::ops::Range<usize> {
        match &self.cells {
            Some(cells) => cell.checked_sub(1).map_or(0, |c| cells.ends[c])..cells.ends[cell],
            None => 0..self.units.len(),
        }
    }

    /// Makes the accumulators those of a cell; the same again when it is left.
    pub(super) fn swap_slots(&mut self, cell: usize) {
        if let Some(cells) = &mut self.cells {
            cells.dealt.swap(cell, &mut self.slots);
        }
    }

    /// Begins to bring the neurons of a cell near that input will be brought to.
    pub(super) fn expect(&self, cell: usize) {
        let Some(cells) = &self.cells else {
            return;
        };
        let units = &self.units[self.units_of(cell)];
        let neurons: usize = units.iter().map(Unit::len).sum();
        let input = cells.in_window(cell);
        for unit in units.iter().filter(|u| !u.swept) {
            unit.block.expect(input * unit.len() / neurons.max(1));
        }
    }

    /// Deals everything in the queue that is due in the ticks `start .. end`, of which nothing is left behind.
    pub(super) fn deal_window(&mut self, start: u64, end: u64) {
        let Some(cells) = &mut self.cells else {
            return;
        };
        cells.dealt.clear();
        let mut from = start;
        while let Some(tick) = self.wheel.next(from)
            && tick < end
        {
            let due = &mut self.scratch.due;
            self.wheel.take(tick, due);
            for (k, entry) in due.iter().enumerate() {
                if let Some(later) = due.get(k + AHEAD) {
                    self.tables[usize::from(later.table)].prefetch(later.start, later.len);
                }
                let table = &self.tables[usize::from(entry.table)];
                cells.dealt.deal(table, entry.start, entry.len, entry.block);
            }
            cells.dealt.close(tick);
            from = tick + 1;
        }
    }
}
