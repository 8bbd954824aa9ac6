//! Slots by cells: numbers that count from the first slot of a cell, so that all cells use the same accumulators, which
//! stay near.

use bytemuck::Pod;

use super::slots::{GROUP, Slots};

/// Cells of a shard at most: their numbers have eight bits.
pub const MOST_CELLS: usize = 256;

/// Bits of the number of a slot within its cell.
const LOCAL: u32 = 24;

/// Slots that follow one another in a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub first: u32,
    pub len: u32,
    pub cell: u32,
    /// Number of the first in the cell.
    pub local: u32,
}

/// Where the slots of a shard lie in its cells.
#[derive(Debug)]
pub struct Map {
    /// Of slots that follow one another in a cell: the number of the first of them there, and above it the cell.
    entries: Vec<u32>,
    /// log2 of the slots of an entry.
    shift: u32,
    /// The same by runs of slots that follow one another in a cell, in order.
    pub(super) runs: Vec<Run>,
    /// Owners of the slots of each cell, as `Slots` has them.
    owners: Vec<Vec<(u32, u32)>>,
}

impl Map {
    /// Can the slots of these cells be told? `cell_of`: the cell of a block of neurons.
    pub fn fits<T: Pod>(
        slots: &mut Slots<T>,
        cells: usize,
        cell_of: impl Fn(usize) -> usize,
    ) -> bool {
        let mut of_cell = vec![0; cells];
        for (block, _) in slots.owners() {
            of_cell[cell_of(*block as usize)] += GROUP;
        }
        cells <= MOST_CELLS && of_cell.iter().all(|n| *n <= 1 << LOCAL)
    }

    /// Cuts what has been reserved in `slots`, which become those of a single cell: of the one that has the most.
    /// They must fit.
    pub fn cut<T: Pod>(
        slots: &mut Slots<T>,
        cells: usize,
        cell_of: impl Fn(usize) -> usize,
    ) -> Self {
        let owner = std::mem::take(slots.owners());
        let mut owners: Vec<Vec<(u32, u32)>> = vec![Vec::new(); cells];
        let mut entries = Vec::with_capacity(owner.len());
        let mut runs: Vec<Run> = Vec::new();
        for (group, &(block, base)) in owner.iter().enumerate() {
            let cell = cell_of(block as usize);
            let own = &mut owners[cell];
            let first = own.len() * GROUP;
            let begins = base as usize == group * GROUP;
            let base = match own.last() {
                Some(&(_, base)) if !begins => base,
                _ => first as u32,
            };
            own.push((block, base));
            entries.push((cell as u32) << LOCAL | first as u32);
            let here = Run {
                first: (group * GROUP) as u32,
                len: GROUP as u32,
                cell: cell as u32,
                local: first as u32,
            };
            match runs.last_mut() {
                Some(run) if (run.cell, run.local + run.len) == (here.cell, here.local) => {
                    run.len += here.len;
                }
                _ => runs.push(here),
            }
        }
        let most = owners.iter().map(Vec::len).max().unwrap_or(0);
        slots.shrink_to(most * GROUP);
        let mut shift = GROUP.trailing_zeros();
        // A smaller table stays nearer.
        let joins = |pair: &[u32], shift: u32| match pair {
            [a, b] => *b == a + (1 << shift),
            _ => true,
        };
        while entries.len() > 256 && entries.chunks(2).all(|pair| joins(pair, shift)) {
            entries = entries.chunks(2).map(|pair| pair[0]).collect();
            shift += 1;
        }
        Self {
            entries,
            shift,
            runs,
            owners,
        }
    }

    /// Cell of a slot, and its number there.
    #[inline(always)]
    pub fn of(&self, slot: u32) -> (usize, u32) {
        let entry = self.entries[(slot >> self.shift) as usize];
        let within = slot & ((1 << self.shift) - 1);
        (
            (entry >> LOCAL) as usize,
            (entry & ((1 << LOCAL) - 1)) + within,
        )
    }

    /// The run of a slot, which is mostly the one after `before`.
    #[inline]
    pub(super) fn run(&self, slot: u32, before: usize) -> usize {
        match self.runs.get(before + 1) {
            Some(run) if slot.wrapping_sub(run.first) < run.len => before + 1,
            _ => self.runs.partition_point(|r| r.first <= slot) - 1,
        }
    }

    /// Block of the neuron of a slot, first slot of the plane in its cell, and place of the slot in the plane.
    pub fn owner(&self, slot: usize) -> (usize, usize, usize) {
        let (cell, local) = self.of(slot as u32);
        let (block, base) = self.owners[cell][local as usize / GROUP];
        (block as usize, base as usize, (local - base) as usize)
    }

    /// Makes the slots those of a cell; the same again when it is left.
    #[inline]
    pub fn swap<T: Pod>(&mut self, cell: usize, slots: &mut Slots<T>) {
        std::mem::swap(slots.owners(), &mut self.owners[cell]);
    }
}
