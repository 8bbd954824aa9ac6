//! Synapses on their way to their rows.
//!
//! They are collected by blocks of rows, so that a block brings many to each of its rows at a time. A
//! synapse is packed as tightly as the network allows: mostly its cell within the block, its delay and
//! its slot fit one word of 32 bits, and its weight another. So twice as many can wait in the same
//! memory, and less of it is written and read.

use super::column::Column;
use super::counter::are_one;
use crate::prefetch::prefetch;
use crate::simd::{Kernel, vectorized};

/// Blocks of rows, at most.
const BLOCKS: usize = 256;
/// Bytes for all blocks together: one for so many synapses of the table, and no more than that
/// (`network/estimate.rs` counts on both).
const SHARE: usize = 6;
const MOST: usize = 32 << 20;
/// Synapses that are collected for a block: dozens per row of a large network, so that rows are
/// written in runs.
const COLLECTED: std::ops::RangeInclusive<usize> = 64..=16384;
/// Bytes of a line of the cache.
const LINE: usize = 64;

/// How a synapse lies among the others: `head` words with its cell within the block, its delay and what
/// will stand in the targets, and `weight` words behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// 1, 2 or 4.
    pub head: usize,
    /// 0, or 1 for single and 2 for double precision.
    pub weight: usize,
    /// Bits of the parts of the head, from the lowest on; in heads of 4 words every part has words of its
    /// own.
    word: u32,
    delay: u32,
}

impl Layout {
    pub fn new(cell: u32, delay: u32, word: u32, weight: usize) -> Self {
        let head = match (cell + delay + word, delay + word) {
            (..=32, _) => 1,
            (..=64, ..=63) => 2,
            _ => 4,
        };
        Self {
            head,
            weight,
            word,
            delay,
        }
    }

    fn stride(self) -> usize {
        self.head + self.weight
    }

    /// Takes items apart.
    #[inline(always)]
    pub fn parts<const STRIDE: usize, const HEAD: usize>(self) -> Parts<STRIDE, HEAD> {
        Parts {
            above: self.word + self.delay,
            word: self.word,
            words: ((1u64 << self.word) - 1),
            delays: ((1u128 << self.delay) - 1) as u64,
        }
    }
}

/// How items of so many words with so many for their heads are taken apart.
#[derive(Clone, Copy)]
pub(super) struct Parts<const STRIDE: usize, const HEAD: usize> {
    above: u32,
    word: u32,
    words: u64,
    delays: u64,
}

impl<const STRIDE: usize, const HEAD: usize> Parts<STRIDE, HEAD> {
    #[inline(always)]
    fn double(item: &[u32; STRIDE], k: usize) -> u64 {
        u64::from(item[k % STRIDE]) | u64::from(item[(k + 1) % STRIDE]) << 32
    }

    #[inline(always)]
    fn head(item: &[u32; STRIDE]) -> u64 {
        match HEAD {
            2 => Self::double(item, 0),
            _ => u64::from(item[0]),
        }
    }

    /// Within the block.
    #[inline(always)]
    pub fn cell(self, item: &[u32; STRIDE]) -> u32 {
        match HEAD {
            4 => item[0],
            _ => (Self::head(item) >> self.above) as u32,
        }
    }

    /// What will stand in the targets.
    #[inline(always)]
    pub fn word(self, item: &[u32; STRIDE]) -> u32 {
        match HEAD {
            4 => item[1 % STRIDE],
            _ => (Self::head(item) & self.words) as u32,
        }
    }

    #[inline(always)]
    pub fn delay(self, item: &[u32; STRIDE]) -> u64 {
        match HEAD {
            4 => Self::double(item, 2),
            _ => Self::head(item) >> self.word & self.delays,
        }
    }

    /// As bits; 0 if there is none.
    #[inline(always)]
    pub fn weight(self, item: &[u32; STRIDE]) -> u64 {
        match STRIDE - HEAD {
            0 => 0,
            1 => u64::from(item[HEAD % STRIDE]),
            _ => Self::double(item, HEAD),
        }
    }
}

/// Synapses that are unpacked together.
pub(super) const TOGETHER: usize = 256;

/// Some synapses, unpacked.
#[derive(Debug)]
pub(super) struct Part {
    pub len: usize,
    /// Cells within the block; then places, when these have been found.
    pub places: [u32; TOGETHER],
    pub words: [u32; TOGETHER],
    pub delays: [u64; TOGETHER],
    /// As bits.
    pub weights: [u64; TOGETHER],
}

impl Part {
    pub const fn new() -> Self {
        Self {
            len: 0,
            places: [0; TOGETHER],
            words: [0; TOGETHER],
            delays: [0; TOGETHER],
            weights: [0; TOGETHER],
        }
    }

    pub fn places(&self) -> &[u32] {
        &self.places[..self.len]
    }
}

/// Unpacks synapses.
pub(super) struct Split<'a, const STRIDE: usize, const HEAD: usize> {
    pub layout: Layout,
    pub items: &'a [[u32; STRIDE]],
    pub to: &'a mut Part,
}

impl<const STRIDE: usize, const HEAD: usize> Kernel for Split<'_, STRIDE, HEAD> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let parts = self.layout.parts::<STRIDE, HEAD>();
        for (i, item) in self.items.iter().take(TOGETHER).enumerate() {
            self.to.places[i] = parts.cell(item);
            self.to.words[i] = parts.word(item);
            self.to.delays[i] = parts.delay(item);
            if STRIDE > HEAD {
                self.to.weights[i] = parts.weight(item);
            }
        }
    }
}

fn bits(most: u64) -> u32 {
    u64::BITS - most.leading_zeros()
}

/// Which cell a synapse belongs to: `row - first << bits | delay - least`, or the row alone if `bits` is
/// zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cells {
    pub first: u32,
    pub bits: u32,
    pub least: u64,
}

/// Synapses by block of cells.
#[derive(Debug, Default)]
pub(super) struct Loose {
    cells: Cells,
    layout: Layout,
    /// Cells of a block: 2^`shift`.
    shift: u32,
    /// Places of a block.
    capacity: usize,
    /// Of each block: places taken.
    taken: Vec<u32>,
    items: Column<u32>,
    /// Bytes of `items` that are used.
    bytes: usize,
    /// The batch at hand: blocks of its synapses, and the synapses.
    blocks: Vec<u32>,
    ready: Vec<u32>,
}

impl Loose {
    /// For a table of `synapses`, with words of so many bits and weights of so many words.
    pub fn new(synapses: usize, word: u32, weight: usize) -> Self {
        Self {
            layout: Layout::new(0, 0, word, weight),
            bytes: (synapses / SHARE).min(MOST),
            ..Self::default()
        }
    }

    /// Begins a group of rows that start at `start`, where the last one ends too. `longest`: the longest
    /// delay that must be told so far, or 0 if none is kept. Nothing must be left of the group before.
    pub fn begin(&mut self, start: &[u64], cells: Cells, longest: u64) {
        let rows = start.len() - 1;
        let mut of_rows = rows.div_ceil(BLOCKS).next_power_of_two().trailing_zeros();
        // Places within a block have 32 bits.
        let fits = |block: &[u64]| block[block.len() - 1] - block[0] <= u64::from(u32::MAX);
        while of_rows > 0
            && !(0..rows)
                .step_by(1 << of_rows)
                .all(|first| fits(&start[first..=(first + (1 << of_rows)).min(rows)]))
        {
            of_rows -= 1;
        }
        self.cells = cells;
        self.shift = of_rows + cells.bits;
        self.taken.clear();
        self.taken.resize((rows >> of_rows) + 1, 0);
        self.arrange(longest);
    }

    /// Can this delay be told?
    pub fn reaches(&self, delay: u64) -> bool {
        self.layout.head == 4 || bits(delay) <= self.layout.delay
    }

    /// Makes delays up to this one fit. Nothing must be collected.
    pub fn arrange(&mut self, longest: u64) {
        let Layout { word, weight, .. } = self.layout;
        self.layout = Layout::new(self.shift, bits(longest), word, weight);
        let stride = self.layout.stride();
        let each = self.bytes / (size_of::<u32>() * stride * self.taken.len());
        self.capacity = each.clamp(*COLLECTED.start(), *COLLECTED.end());
        let places = self.capacity * self.taken.len() * stride;
        if self.items.len() < places {
            // What is dropped first makes room for the new.
            self.items = Column::default();
            self.items = Column::zeroed(places);
        }
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    pub fn blocks(&self) -> usize {
        self.taken.len()
    }

    /// Cells of a block, as far as there are so many.
    pub fn cells_of(&self, block: usize, cells: usize) -> std::ops::Range<usize> {
        (block << self.shift).min(cells)..((block + 1) << self.shift).min(cells)
    }

    /// Empties a block: what was collected for it.
    pub fn take<const STRIDE: usize>(&mut self, block: usize) -> &[[u32; STRIDE]] {
        let taken = std::mem::take(&mut self.taken[block]) as usize;
        let (items, _) = self.items.as_chunks();
        &items[block * self.capacity..][..taken]
    }

    /// Makes synapses with these rows, words, weights and delays the batch at hand.
    pub fn ready(&mut self, rows: &[u32], words: &[u32], weights: &[f64], delays: &[u64]) {
        self.blocks.resize(rows.len(), 0);
        self.ready.resize(rows.len() * self.layout.stride(), 0);
        match (self.layout.head, self.layout.weight) {
            (1, 0) => self.assemble::<1, 1>(rows, words, weights, delays),
            (1, 1) => self.assemble::<2, 1>(rows, words, weights, delays),
            (1, _) => self.assemble::<3, 1>(rows, words, weights, delays),
            (2, 0) => self.assemble::<2, 2>(rows, words, weights, delays),
            (2, 1) => self.assemble::<3, 2>(rows, words, weights, delays),
            (2, _) => self.assemble::<4, 2>(rows, words, weights, delays),
            (_, 0) => self.assemble::<4, 4>(rows, words, weights, delays),
            (_, 1) => self.assemble::<5, 4>(rows, words, weights, delays),
            (_, _) => self.assemble::<6, 4>(rows, words, weights, delays),
        }
    }

    fn assemble<const STRIDE: usize, const HEAD: usize>(
        &mut self,
        rows: &[u32],
        words: &[u32],
        weights: &[f64],
        delays: &[u64],
    ) {
        let (ready, _) = self.ready.as_chunks_mut();
        vectorized(Assemble::<STRIDE, HEAD> {
            cells: self.cells,
            layout: self.layout,
            shift: self.shift,
            rows,
            words,
            weights,
            delays,
            blocks: &mut self.blocks,
            ready,
        });
    }

    /// Collects the batch at hand from its synapse `at` on. If a block is full, that is returned: once it
    /// has been emptied, the rest can be collected.
    pub fn collect(&mut self, at: &mut usize) -> Option<usize> {
        match self.layout.stride() {
            1 => self.spread::<1>(at),
            2 => self.spread::<2>(at),
            3 => self.spread::<3>(at),
            4 => self.spread::<4>(at),
            5 => self.spread::<5>(at),
            _ => self.spread::<6>(at),
        }
    }

    fn spread<const STRIDE: usize>(&mut self, at: &mut usize) -> Option<usize> {
        let (items, _) = self.items.as_chunks_mut::<STRIDE>();
        let (ready, _) = self.ready.as_chunks::<STRIDE>();
        let (taken, capacity) = (&mut self.taken[..], self.capacity);
        if are_one(&self.blocks[*at..]) {
            let block = self.blocks[*at] as usize;
            let taken = &mut taken[block];
            let n = (ready.len() - *at).min(capacity - *taken as usize);
            let first = block * capacity + *taken as usize;
            items[first..first + n].copy_from_slice(&ready[*at..*at + n]);
            *taken += n as u32;
            *at += n;
            return (*at < ready.len()).then_some(block);
        }
        let ahead = LINE / size_of::<[u32; STRIDE]>();
        for (item, &block) in ready[*at..].iter().zip(&self.blocks[*at..]) {
            let taken = &mut taken[block as usize];
            if *taken as usize == capacity {
                return Some(block as usize);
            }
            let place = block as usize * capacity + *taken as usize;
            prefetch(items, place + ahead);
            items[place] = *item;
            *taken += 1;
            *at += 1;
        }
        None
    }
}

/// Packs synapses.
struct Assemble<'a, const STRIDE: usize, const HEAD: usize> {
    cells: Cells,
    layout: Layout,
    shift: u32,
    rows: &'a [u32],
    words: &'a [u32],
    weights: &'a [f64],
    delays: &'a [u64],
    blocks: &'a mut [u32],
    ready: &'a mut [[u32; STRIDE]],
}

impl<const STRIDE: usize, const HEAD: usize> Kernel for Assemble<'_, STRIDE, HEAD> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let n = self.rows.len();
        let (words, delays) = (&self.words[..n], &self.delays[..n]);
        let weights = if STRIDE > HEAD {
            &self.weights[..n]
        } else {
            &[]
        };
        let (blocks, ready) = (&mut self.blocks[..n], &mut self.ready[..n]);
        let Cells { first, bits, least } = self.cells;
        let (by_delay, within) = ((1u32 << bits) - 1, (1u32 << self.shift) - 1);
        let Layout { word, delay, .. } = self.layout;
        let told = if HEAD == 4 { 0 } else { (1u64 << delay) - 1 };
        let (above, word) = (if HEAD == 4 { 0 } else { word + delay }, word % 64);
        for i in 0..n {
            let of_delay = delays[i].wrapping_sub(least) as u32 & by_delay;
            let cell = (self.rows[i] - first) << bits | of_delay;
            blocks[i] = cell >> self.shift;
            let cell = cell & within;
            let mut item = [0; STRIDE];
            if HEAD == 4 {
                item[0] = cell;
                item[1 % STRIDE] = words[i];
                item[2 % STRIDE] = delays[i] as u32;
                item[3 % STRIDE] = (delays[i] >> 32) as u32;
            } else {
                let head =
                    u64::from(cell) << above | (delays[i] & told) << word | u64::from(words[i]);
                item[0] = head as u32;
                if HEAD == 2 {
                    item[1 % STRIDE] = (head >> 32) as u32;
                }
            }
            if STRIDE == HEAD + 1 {
                item[HEAD % STRIDE] = (weights[i] as f32).to_bits();
            }
            if STRIDE == HEAD + 2 {
                let bits = weights[i].to_bits();
                item[HEAD % STRIDE] = bits as u32;
                item[(HEAD + 1) % STRIDE] = (bits >> 32) as u32;
            }
            ready[i] = item;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip<const STRIDE: usize, const HEAD: usize>(
        loose: &mut Loose,
        synapses: &[(u32, u32, f64, u64)],
    ) -> Result<(), TestCaseError> {
        let column = |f: fn(&(u32, u32, f64, u64)) -> u32| synapses.iter().map(f).collect();
        let (rows, words): (Vec<u32>, Vec<u32>) = (column(|s| s.0), column(|s| s.1));
        let weights: Vec<f64> = synapses.iter().map(|s| s.2).collect();
        let delays: Vec<u64> = synapses.iter().map(|s| s.3).collect();
        loose.ready(&rows, &words, &weights, &delays);
        let (mut at, mut got) = (0, vec![Vec::new(); loose.blocks()]);
        let layout = loose.layout();
        let mut empty = |loose: &mut Loose, block: usize| {
            let shift = loose.shift;
            for items in loose.take::<STRIDE>(block).chunks(TOGETHER) {
                let mut to = Part::new();
                vectorized(Split::<STRIDE, HEAD> {
                    layout,
                    items,
                    to: &mut to,
                });
                for i in 0..items.len() {
                    let weight = match STRIDE - HEAD {
                        0 => 0.0,
                        1 => f64::from(f32::from_bits(to.weights[i] as u32)),
                        _ => f64::from_bits(to.weights[i]),
                    };
                    let cell = (block << shift) + to.places[i] as usize;
                    got[block].push((cell, to.words[i], weight, to.delays[i]));
                }
            }
        };
        while let Some(full) = loose.collect(&mut at) {
            empty(loose, full);
        }
        (0..loose.blocks()).for_each(|block| empty(loose, block));
        let mut wanted = vec![Vec::new(); got.len()];
        let Cells { first, bits, least } = loose.cells;
        for &(row, word, weight, delay) in synapses {
            let cell = (row - first) << bits | if bits > 0 { (delay - least) as u32 } else { 0 };
            let told = if layout.delay > 0 || HEAD == 4 {
                delay
            } else {
                0
            };
            let weight = if STRIDE > HEAD { weight } else { 0.0 };
            wanted[(cell >> loose.shift) as usize].push((cell as usize, word, weight, told));
        }
        prop_assert_eq!(got, wanted);
        Ok(())
    }

    proptest! {
        #[test]
        fn what_is_collected_comes_back_in_order(
            synapses in proptest::collection::vec((0u32..700, any::<u32>(), -9i32..9, any::<u64>()), 0..3000),
            word in prop::sample::select(vec![9u32, 16, 32]),
            longest in prop::sample::select(vec![0u64, 100, 70_000, 1 << 40, u64::MAX]),
            weight in 0usize..3,
            bits in prop::sample::select(vec![0u32, 4]),
        ) {
            let cells = Cells { first: 7, bits, least: 3 };
            let synapses: Vec<_> = synapses
                .iter()
                .map(|&(row, w, weight, delay)| {
                    let delay = if bits > 0 { 3 + delay % 16 } else { delay % longest.max(1) };
                    let w = if word == 32 { w } else { w % (1 << word) };
                    (row + 7, w, f64::from(weight) / 4.0, delay)
                })
                .collect();
            let longest = if bits > 0 { 0 } else { longest };
            let mut loose = Loose::new(0, word, weight);
            let start: Vec<u64> = (0..=700).collect();
            loose.begin(&start, cells, 0);
            if !loose.reaches(longest) {
                loose.arrange(longest);
            }
            let layout = loose.layout();
            match (layout.head, layout.weight) {
                (1, 0) => round_trip::<1, 1>(&mut loose, &synapses)?,
                (1, 1) => round_trip::<2, 1>(&mut loose, &synapses)?,
                (1, _) => round_trip::<3, 1>(&mut loose, &synapses)?,
                (2, 0) => round_trip::<2, 2>(&mut loose, &synapses)?,
                (2, 1) => round_trip::<3, 2>(&mut loose, &synapses)?,
                (2, _) => round_trip::<4, 2>(&mut loose, &synapses)?,
                (_, 0) => round_trip::<4, 4>(&mut loose, &synapses)?,
                (_, 1) => round_trip::<5, 4>(&mut loose, &synapses)?,
                (_, _) => round_trip::<6, 4>(&mut loose, &synapses)?,
            }
        }
    }
}
