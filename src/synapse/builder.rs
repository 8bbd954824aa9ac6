//! Fills a table in two passes over the same synapses: count, then place.
//!
//! Counted are the synapses of each row and delay, so that each is brought to its final place at once,
//! without a column of delays and without sorting. Where there are too many pairs of row and delay for
//! that, rows alone are counted, delays are kept (mostly in a byte each), and rows are sorted. All this
//! is done for one group of sources after the other, so what is kept is that of the largest group.
//!
//! Rules that draw per target name the sources of a synapse in no order, and a table of many rows is
//! far larger than a cache: placed one by one, every synapse would cost several cache misses. So they
//! are collected by blocks of rows first, and a block is brought to its rows when enough have come.
//! What is collected is bounded, and the order within a row and delay is that of placing.

use super::column::Column;
use super::counter::{Counter, Range, are_one};
use super::loose::{Cells, Layout, Loose, Part, Split, TOGETHER};
use super::rows::{Cuts, Rows};
use super::runs::Runs;
use super::slots::NARROW;
use super::sorting::{Delays, DelaysOf, Sorted, apply, deal, sort};
use super::table::{Codec, Table, Targets};
use crate::prefetch::prefetch;
use crate::simd::{Kernel, vectorized};

/// What the weights of the table will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightKind {
    Count16,
    Count32,
    F32,
    F64,
    /// Whole numbers of at most 32 - `bits` bits, with `bits` for the slot, for the sums of `group`.
    Packed {
        group: usize,
        bits: u32,
    },
}

/// The part of the columns that belongs to a block of rows.
struct Columns<'a> {
    targets: Narrow<'a>,
    weights: Weights<'a>,
    delays: Option<DelaysOf<'a>>,
}

enum Narrow<'a> {
    Yes(&'a mut [u16]),
    No(&'a mut [u32]),
}

enum Weights<'a> {
    None,
    Single(&'a mut [f32]),
    Double(&'a mut [f64]),
}

impl Columns<'_> {
    /// Begins to bring the places of a part near.
    #[inline(always)]
    fn prefetch(&self, part: &Part) {
        fn ask<T>(all: &[T], part: &Part) {
            for &at in part.places() {
                prefetch(all, at as usize);
            }
        }
        match &self.targets {
            Narrow::Yes(all) => ask(all, part),
            Narrow::No(all) => ask(all, part),
        }
        match &self.weights {
            Weights::None => {}
            Weights::Single(all) => ask(all, part),
            Weights::Double(all) => ask(all, part),
        }
        match &self.delays {
            None => {}
            Some(DelaysOf::Byte(all)) => ask(all, part),
            Some(DelaysOf::Short(all)) => ask(all, part),
            Some(DelaysOf::Long(all)) => ask(all, part),
        }
    }

    /// Brings a block that has been sorted by cell to the `next` free places.
    fn write_runs<const STRIDE: usize, const HEAD: usize>(
        &mut self,
        layout: Layout,
        runs: &Runs,
        next: &[u32],
    ) {
        let parts = layout.parts::<STRIDE, HEAD>();
        match &mut self.targets {
            Narrow::Yes(all) => runs.write(next, all, |i| parts.word(i) as u16),
            Narrow::No(all) => runs.write(next, all, |i| parts.word(i)),
        }
        match &mut self.weights {
            Weights::None => {}
            Weights::Single(all) => {
                runs.write(next, all, |i| f32::from_bits(parts.weight(i) as u32))
            }
            Weights::Double(all) => {
                runs.write(next, all, |i| f64::from_bits(parts.weight(i)));
            }
        }
        match &mut self.delays {
            None => {}
            Some(DelaysOf::Byte(all)) => {
                runs.write(next, all, |i| parts.delay(i) as u8);
            }
            Some(DelaysOf::Short(all)) => {
                runs.write(next, all, |i| parts.delay(i) as u16);
            }
            Some(DelaysOf::Long(all)) => runs.write(next, all, |i| parts.delay(i)),
        }
    }

    #[inline(always)]
    fn write(&mut self, part: &Part) {
        fn each<T, U: Copy>(all: &mut [T], part: &Part, from: &[U], f: impl Fn(U) -> T) {
            for (&at, &v) in part.places().iter().zip(from) {
                all[at as usize] = f(v);
            }
        }
        match &mut self.targets {
            Narrow::Yes(all) => each(all, part, &part.words, |w| w as u16),
            Narrow::No(all) => each(all, part, &part.words, |w| w),
        }
        match &mut self.weights {
            Weights::None => {}
            Weights::Single(all) => each(all, part, &part.weights, |w| f32::from_bits(w as u32)),
            Weights::Double(all) => each(all, part, &part.weights, f64::from_bits),
        }
        match &mut self.delays {
            None => {}
            Some(DelaysOf::Byte(all)) => each(all, part, &part.delays, |d| d as u8),
            Some(DelaysOf::Short(all)) => each(all, part, &part.delays, |d| d as u16),
            Some(DelaysOf::Long(all)) => each(all, part, &part.delays, |d| d),
        }
    }
}

/// Second pass: synapses take their places in the order in which they come.
#[derive(Debug)]
pub struct Placer {
    start: Vec<u64>,
    targets: Targets,
    codec: Codec,
    /// Groups that are still to come, the last one first.
    groups: Vec<Counter>,
    /// Rows of the group at hand.
    rows: std::ops::Range<u32>,
    /// Next free place of each cell, counted from the start of its row.
    next: Vec<u32>,
    bits: u32,
    least: u64,
    /// Of each synapse of the group, if cells do not know them.
    delays: Option<Delays>,
    /// Those of a group that is done, for the next.
    spare: Option<Delays>,
    loose: Loose,
    cuts: Cuts,
    /// The delay that all synapses have, if it is one.
    uniform: Option<u64>,
    shortest: u64,
    longest: u64,
    /// Scratch of `place`.
    words: Vec<u32>,
    /// Scratch of `bring`.
    parts: Box<[Part; 2]>,
    runs: Runs,
}

impl Placer {
    /// For `sources` rows, of which the groups are parts without common rows, in rising order, and for
    /// slots below `slots`. `narrow`: 16-bit targets; slots and blocks are told apart.
    pub fn new(
        sources: usize,
        groups: Vec<Counter>,
        kind: WeightKind,
        slots: usize,
        narrow: bool,
    ) -> Self {
        let mut start = Vec::with_capacity(sources + 1);
        let mut at = 0u64;
        for group in &groups {
            start.resize(group.rows.start as usize, at);
            for cells in group.cells.chunks_exact(1 << group.bits) {
                start.push(at);
                at += cells.iter().map(|&n| u64::from(n)).sum::<u64>();
            }
        }
        start.resize(sources + 1, at);
        let n = at as usize;
        let mut uniform = groups
            .iter()
            .filter(|g| g.total > 0)
            .map(|g| (g.by_delay && g.bits == 0).then_some(g.least));
        let first = uniform.next().flatten();
        let slots = if narrow { slots.min(NARROW) } else { slots };
        let word = match kind {
            WeightKind::Packed { .. } => u32::BITS,
            _ => slots.next_power_of_two().trailing_zeros(),
        };
        let weight = match kind {
            WeightKind::F32 => 1,
            WeightKind::F64 => 2,
            _ => 0,
        };
        Self {
            uniform: first.filter(|_| uniform.all(|other| other == first)),
            targets: match kind {
                WeightKind::Packed { bits, .. } => Targets::packed(n, bits),
                _ => Targets::zeroed(n, narrow),
            },
            codec: match kind {
                WeightKind::Count16 => Codec::Count16,
                WeightKind::Count32 => Codec::Count32,
                WeightKind::F32 => Codec::F32(Column::zeroed(n)),
                WeightKind::F64 => Codec::F64(Column::zeroed(n)),
                WeightKind::Packed { group, .. } => Codec::Packed(group),
            },
            start,
            groups: groups.into_iter().rev().collect(),
            rows: 0..0,
            next: Vec::new(),
            bits: 0,
            least: 0,
            delays: None,
            spare: None,
            loose: Loose::new(n, word, weight),
            cuts: Cuts::default(),
            shortest: u64::MAX,
            longest: 0,
            words: Vec::new(),
            parts: Box::new([const { Part::new() }; 2]),
            runs: Runs::default(),
        }
    }

    /// Ends the group at hand, if any, and begins the next.
    pub fn group(&mut self) {
        self.end();
        let Some(group) = self.groups.pop() else {
            return;
        };
        let mut next = group.cells;
        let n = next.len();
        self.loose.begin(
            &self.start[group.rows.start as usize..=group.rows.end as usize],
            Cells {
                first: group.rows.start,
                bits: group.bits,
                least: group.least,
            },
            if group.by_delay { 0 } else { group.longest },
        );
        self.delays =
            (!group.by_delay).then(|| Delays::room(group.total as usize, self.spare.take()));
        // Counts become first places.
        if group.by_delay {
            self.shortest = self.shortest.min(group.shortest);
            self.longest = self.longest.max(group.longest);
        }
        for block in 0..self.loose.blocks() {
            let mut here = 0;
            for cell in &mut next[self.loose.cells_of(block, n)] {
                here += std::mem::replace(cell, here);
            }
        }
        (self.rows, self.next) = (group.rows, next);
        (self.bits, self.least) = (group.bits, group.least);
    }

    /// Places synapses of the group with these rows, slots, weights (none if they are not held) and
    /// delays.
    pub fn place(&mut self, rows: &[u32], slots: &[u32], weights: &[f64], delays: &[u64]) {
        if let Some(all) = &mut self.delays {
            let (low, high) = vectorized(Range(delays));
            self.shortest = self.shortest.min(low);
            self.longest = self.longest.max(high);
            all.reach(high);
            if !self.loose.reaches(high) {
                // Those that are collected already are shorter.
                self.settle_all();
                self.loose.arrange(high);
            }
        }
        let words = match &self.targets {
            Targets::Packed { bits, .. } => {
                self.words.resize(slots.len(), 0);
                vectorized(Pack {
                    slots,
                    weights,
                    bits: *bits,
                    words: &mut self.words,
                });
                &self.words[..]
            }
            _ => slots,
        };
        self.loose.ready(rows, words, weights, delays);
        let mut at = 0;
        while let Some(full) = self.loose.collect(&mut at) {
            self.settle(full);
        }
    }

    fn settle_all(&mut self) {
        for block in 0..self.loose.blocks() {
            self.settle(block);
        }
    }

    fn settle(&mut self, block: usize) {
        let layout = self.loose.layout();
        match (layout.head, layout.weight) {
            (1, 0) => self.bring::<1, 1>(block),
            (1, 1) => self.bring::<2, 1>(block),
            (1, _) => self.bring::<3, 1>(block),
            (2, 0) => self.bring::<2, 2>(block),
            (2, 1) => self.bring::<3, 2>(block),
            (2, _) => self.bring::<4, 2>(block),
            (_, 0) => self.bring::<4, 4>(block),
            (_, 1) => self.bring::<5, 4>(block),
            (_, _) => self.bring::<6, 4>(block),
        }
    }

    /// Brings what was collected for a block to its rows, column by column. Places are found, and asked
    /// for, ahead of their use.
    #[inline(never)]
    fn bring<const STRIDE: usize, const HEAD: usize>(&mut self, block: usize) {
        let layout = self.loose.layout();
        let cells = self.loose.cells_of(block, self.next.len());
        let rows = self.rows.start as usize;
        let start = self.start[rows + (cells.start >> self.bits)] as usize;
        let end = self.start[rows + (cells.end >> self.bits)] as usize;
        let base = self.start[rows] as usize;
        let next = &mut self.next[cells];
        let mut columns = Columns {
            targets: match &mut self.targets {
                Targets::Within(t) => Narrow::Yes(&mut t[start..end]),
                Targets::Wide(t) | Targets::Packed { words: t, .. } => {
                    Narrow::No(&mut t[start..end])
                }
            },
            weights: match &mut self.codec {
                Codec::F32(w) => Weights::Single(&mut w[start..end]),
                Codec::F64(w) => Weights::Double(&mut w[start..end]),
                _ => Weights::None,
            },
            delays: self
                .delays
                .as_mut()
                .map(|d| d.part(start - base..end - base)),
        };
        let items = self.loose.take::<STRIDE>(block);
        let runs = &mut self.runs;
        if HEAD < 4 && runs.sort::<STRIDE, HEAD>(layout, items, next.len()) {
            columns.write_runs::<STRIDE, HEAD>(layout, runs, next);
            runs.advance(next);
            return;
        }
        let [mut found, mut here] = self.parts.each_mut();
        here.len = 0;
        for part in items.chunks(TOGETHER) {
            vectorized(Split::<STRIDE, HEAD> {
                layout,
                items: part,
                to: found,
            });
            found.len = part.len();
            let places = &mut found.places[..part.len()];
            if are_one(places) {
                let next = &mut next[places[0] as usize];
                for (place, at) in places.iter_mut().zip(*next..) {
                    *place = at;
                }
                *next += part.len() as u32;
            } else {
                for place in places {
                    let next = &mut next[*place as usize];
                    *place = *next;
                    *next += 1;
                }
            }
            columns.prefetch(found);
            columns.write(here);
            std::mem::swap(&mut found, &mut here);
        }
        columns.write(here);
    }

    /// Settles what is left of the group at hand, and cuts its rows by delay.
    fn end(&mut self) {
        self.settle_all();
        if self.rows.is_empty() || self.uniform.is_some() {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        self.cuts.skip_to(rows.start as usize);
        let next = std::mem::take(&mut self.next);
        let n = next.len();
        let Some(delays) = self.delays.take() else {
            // Where the places of a cell end is where its segment does.
            let segments = |next: &[u32]| {
                let mut at = 0;
                let new = |&&end: &&u32| std::mem::replace(&mut at, end) < end;
                next.iter().filter(new).count()
            };
            let blocks = || (0..self.loose.blocks()).map(|b| &next[self.loose.cells_of(b, n)]);
            self.cuts.reserve(blocks().map(segments).sum());
            for block in blocks() {
                let mut at = 0;
                for row in block.chunks_exact(1 << self.bits) {
                    let first = at;
                    self.cuts.row();
                    for (delay, &end) in (self.least..).zip(row) {
                        if end > at {
                            self.cuts.segment(delay, end - first);
                            at = end;
                        }
                    }
                }
            }
            return;
        };
        drop(next);
        let start = &self.start[rows.start as usize..=rows.end as usize];
        let span = self.longest - self.shortest;
        self.cuts.reserve(
            (start[rows.len()] - start[0])
                .min((rows.len() as u64).saturating_mul(span.saturating_add(1)))
                as usize,
        );
        let mut columns = Whole {
            targets: &mut self.targets,
            codec: &mut self.codec,
            scratch: Scratch::default(),
        };
        sort(start, &delays, &mut self.cuts, &mut columns);
        self.spare = Some(delays);
    }

    /// The table, its shortest and its longest delay, as they were told.
    pub fn finish(mut self) -> (Table, u64, u64) {
        self.end();
        let rows = match self.uniform {
            Some(delay) => Rows::uniform(self.start, delay),
            None => self.cuts.rows(self.start),
        };
        let table = Table {
            rows,
            targets: self.targets,
            codec: self.codec,
        };
        (table, self.shortest, self.longest)
    }
}

/// Words of slots, in the low bits, and whole-number weights, of which there are as many.
struct Pack<'a> {
    slots: &'a [u32],
    weights: &'a [f64],
    bits: u32,
    words: &'a mut [u32],
}

impl Kernel for Pack<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        /// What is added to it ends up in its low bits. Conversions that saturate are not vector code.
        const WHOLE: f64 = 1.5 * (1u64 << 52) as f64;
        let pairs = self.slots.iter().zip(self.weights);
        for (word, (slot, weight)) in self.words.iter_mut().zip(pairs) {
            *word = ((weight + WHOLE).to_bits() as u32) << self.bits | slot;
        }
    }
}

#[derive(Default)]
struct Scratch {
    short: Vec<u16>,
    word: Vec<u32>,
    single: Vec<f32>,
    double: Vec<f64>,
}

/// The columns of a table, row by row.
struct Whole<'a> {
    targets: &'a mut Targets,
    codec: &'a mut Codec,
    scratch: Scratch,
}

/// What `deal` needs beside the targets of a row.
struct Dealing<'a, D> {
    codec: &'a mut Codec,
    /// Where the row lies.
    span: std::ops::Range<usize>,
    by: (&'a [D], u64),
    places: &'a mut [u32],
    /// Scratch for the weights.
    new: (&'a mut Vec<f32>, &'a mut Vec<f64>),
}

impl<D: Copy + Into<u64>> Dealing<'_, D> {
    fn deal<T: Copy + Default>(self, targets: &mut [T], new: &mut Vec<T>) {
        let Self { by, places, .. } = self;
        match self.codec {
            Codec::F32(w) => deal((targets, &mut w[self.span]), by, places, (new, self.new.0)),
            Codec::F64(w) => deal((targets, &mut w[self.span]), by, places, (new, self.new.1)),
            // Nothing for each.
            _ => {
                let nothing: &mut [()] = &mut vec![(); targets.len()];
                deal((targets, nothing), by, places, (new, &mut Vec::new()));
            }
        }
    }
}

impl Sorted for Whole<'_> {
    fn deal<D: Copy + Into<u64>>(
        &mut self,
        lo: usize,
        delays: &[D],
        least: u64,
        places: &mut [u32],
    ) {
        let span = lo..lo + delays.len();
        let Scratch {
            short,
            word,
            single,
            double,
        } = &mut self.scratch;
        let dealing = Dealing {
            codec: self.codec,
            span: span.clone(),
            by: (delays, least),
            places,
            new: (single, double),
        };
        match self.targets {
            Targets::Within(t) => dealing.deal(&mut t[span], short),
            Targets::Wide(t) | Targets::Packed { words: t, .. } => dealing.deal(&mut t[span], word),
        }
    }

    fn permute(&mut self, lo: usize, order: &[u32]) {
        let span = lo..lo + order.len();
        let scratch = &mut self.scratch;
        match self.targets {
            Targets::Within(t) => apply(&mut t[span.clone()], order, &mut scratch.short),
            Targets::Wide(t) => apply(&mut t[span.clone()], order, &mut scratch.word),
            Targets::Packed { words, .. } => {
                apply(&mut words[span.clone()], order, &mut scratch.word);
            }
        }
        match self.codec {
            Codec::Count16
            | Codec::Count32
            | Codec::Packed(_)
            | Codec::Bitmap(_)
            | Codec::Procedural(_) => {}
            Codec::F32(w) => apply(&mut w[span], order, &mut scratch.single),
            Codec::F64(w) => apply(&mut w[span], order, &mut scratch.double),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Listed = (u32, u32, i32, u64);

    /// Against the obvious way: rows as lists, sorted by delay with a stable sort.
    fn check(synapses: &[Listed], kind: WeightKind, expected: f64) -> Result<(), TestCaseError> {
        let column = |part: &[Listed]| {
            (
                part.iter().map(|s| s.0).collect::<Vec<_>>(),
                part.iter().map(|s| s.1).collect::<Vec<_>>(),
                part.iter().map(|s| f64::from(s.2)).collect::<Vec<_>>(),
                part.iter().map(|s| s.3).collect::<Vec<_>>(),
            )
        };
        // Two groups with rows before, between and after them that have no synapses.
        let groups = [2u32..19, 23..38];
        let of_group = |g: usize| -> Vec<Listed> {
            synapses
                .iter()
                .filter(|s| groups[g].contains(&s.0))
                .copied()
                .collect()
        };
        let mut rows = vec![Vec::new(); 40];
        let counters = (0..2).map(|g| {
            let mut counter = Counter::new(groups[g].clone(), expected);
            for part in of_group(g).chunks(17) {
                let (rows, _, _, delays) = column(part);
                counter.add(&rows, &delays);
            }
            counter
        });
        let counters = counters.collect();
        for &(source, slot, weight, delay) in synapses {
            rows[source as usize].push((delay, slot as usize, f64::from(weight)));
        }
        let mut placer = Placer::new(40, counters, kind, 500, true);
        for g in 0..2 {
            placer.group();
            for (k, part) in of_group(g).chunks(23).enumerate() {
                let (rows, slots, weights, delays) = column(part);
                placer.place(&rows, &slots, &weights, &delays);
                if k % 3 == 1 {
                    placer.settle(0);
                }
            }
        }
        let (table, shortest, longest) = placer.finish();
        let delays = || synapses.iter().map(|s| s.3);
        prop_assert_eq!(shortest, delays().min().unwrap_or(u64::MAX));
        prop_assert_eq!(longest, delays().max().unwrap_or(0));
        for (source, row) in rows.iter_mut().enumerate() {
            row.sort_by_key(|s| s.0);
            let (mut got, mut start) = (Vec::new(), None);
            table.rows.each_segment(source, |delay, first, len, _| {
                let start = *start.get_or_insert(first as usize);
                let span = first as usize..first as usize + len as usize;
                got.extend(span.map(|k| {
                    let weight = match &table.codec {
                        Codec::F32(w) => f64::from(w[k]),
                        Codec::F64(w) => w[k],
                        _ => row[k - start].2,
                    };
                    (delay, table.targets.get(k, 0), weight)
                }));
            });
            prop_assert_eq!(&got, row);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn rows_are_cut_by_delay_and_keep_the_order_of_placing(
            synapses in proptest::collection::vec((0u32..32, 0u32..500, -9i32..9, 0u64..4), 0..2000),
            stretch in prop::sample::select(vec![1u64, 7, 300, 100_000, 10_000_000_000]),
            offset in prop::sample::select(vec![1u64, 37, 12_000]),
            kind in prop::sample::select(vec![WeightKind::F32, WeightKind::F64, WeightKind::Count16]),
            expected in prop::sample::select(vec![0.0, 1e7]),
            by_source in any::<bool>(),
        ) {
            let mut synapses: Vec<Listed> = synapses
                .iter()
                .map(|&(s, t, w, d)| (s + 2 + s / 17 * 4, t, w, offset + d * stretch))
                .collect();
            if by_source {
                synapses.sort_by_key(|s| s.0);
            }
            check(&synapses, kind, expected)?;
        }
    }
}
