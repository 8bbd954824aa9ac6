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
use super::rows::{Cuts, Rows};
use super::sorting::{Delays, sort};
use super::table::{Codec, Table, Targets};
use crate::simd::{Kernel, vectorized};

/// First pass: how many synapses each row has of each delay.
///
/// Rows are built in groups that follow each other: all synapses of a group's rows are placed before
/// those of the next.
#[derive(Debug)]
pub struct Counter {
    rows: std::ops::Range<u32>,
    /// Cell `row << bits | delay - least`, or the row alone if not `by_delay`. Rows count from that
    /// of the group.
    cells: Vec<u32>,
    bits: u32,
    least: u64,
    by_delay: bool,
    expected: f64,
    total: u64,
    shortest: u64,
    longest: u64,
}

/// So many cells there may be always.
const CELLS: usize = 1 << 16;
/// And so many synapses there should be for each further one: then what is collected for a cell fills
/// a good part of a cache line when it is brought there.
const PER_CELL: f64 = 1024.0;
/// Up to so many different delays (4 bits), cells need only take less than delays would: rows with so
/// few delays are written in runs all the same.
const FEW: u32 = 4;
const PER_CELL_OF_FEW: f64 = 8.0;

impl Counter {
    /// For a group of rows with about `expected` synapses.
    pub fn new(rows: std::ops::Range<u32>, expected: f64) -> Self {
        Self {
            cells: vec![0; rows.len()],
            rows,
            bits: 0,
            least: 0,
            by_delay: true,
            expected,
            total: 0,
            shortest: u64::MAX,
            longest: 0,
        }
    }

    /// Must delays be told? Else any will do.
    pub fn by_delay(&self) -> bool {
        self.by_delay
    }

    /// Counts synapses with these rows and delays.
    pub fn add(&mut self, rows: &[u32], delays: &[u64]) {
        if rows.is_empty() {
            return;
        }
        if self.by_delay {
            let (low, high) = vectorized(Range(delays));
            if low < self.shortest || high > self.longest {
                self.shortest = self.shortest.min(low);
                self.longest = self.longest.max(high);
                self.widen();
            }
        }
        self.total += rows.len() as u64;
        let (first, cells) = (self.rows.start, &mut self.cells[..]);
        if self.bits == 0 {
            for &row in rows {
                cells[(row - first) as usize] += 1;
            }
        } else {
            for (&row, &delay) in rows.iter().zip(delays) {
                cells[cell(row - first, delay, self.bits, self.least) as usize] += 1;
            }
        }
    }

    /// Makes room for delays from `shortest` to `longest`.
    fn widen(&mut self) {
        let span = self.longest - self.shortest;
        if !self.by_delay
            || (self.least <= self.shortest && (self.longest - self.least) >> self.bits == 0)
        {
            return;
        }
        let bits = u64::BITS - span.leading_zeros();
        let each = if bits <= FEW {
            PER_CELL_OF_FEW
        } else {
            PER_CELL
        };
        let most = CELLS
            .max((self.expected / each) as usize)
            .min(u32::MAX as usize);
        let cells = self.rows.len().checked_shl(bits);
        let fits = bits < 32 && cells.is_some_and(|cells| cells <= most);
        if !fits {
            // Rows alone.
            let old = std::mem::take(&mut self.cells);
            self.cells = old
                .chunks_exact(1 << self.bits)
                .map(|c| c.iter().sum())
                .collect();
            (self.by_delay, self.bits, self.least) = (false, 0, 0);
            return;
        }
        // Room that is left over lies below, down to a delay of one, or on both sides.
        let room = (1u64 << bits) - 1 - span;
        let least = if bits > 0 && self.longest >> bits == 0 {
            self.shortest.min(1)
        } else {
            self.shortest - (room / 2).min(self.shortest)
        };
        let old = std::mem::replace(&mut self.cells, vec![0; self.rows.len() << bits]);
        if self.total > 0 {
            for (new, old) in self
                .cells
                .chunks_exact_mut(1 << bits)
                .zip(old.chunks_exact(1 << self.bits))
            {
                for (delay, &n) in (self.least..).zip(old) {
                    if n > 0 {
                        new[(delay - least) as usize] = n;
                    }
                }
            }
        }
        (self.bits, self.least) = (bits, least);
    }

    pub fn total(&self) -> u64 {
        self.total
    }
}

#[inline(always)]
fn cell(row: u32, delay: u64, bits: u32, least: u64) -> u32 {
    row << bits | delay.wrapping_sub(least) as u32
}

/// Least and largest of some numbers.
struct Range<'a>(&'a [u64]);

impl Kernel for Range<'_> {
    type Output = (u64, u64);
    #[inline(always)]
    fn run(self) -> (u64, u64) {
        let (mut low, mut high) = (u64::MAX, 0);
        for &d in self.0 {
            low = low.min(d);
            high = high.max(d);
        }
        (low, high)
    }
}

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

/// Blocks of rows for which synapses are collected.
const BLOCKS: usize = 256;
/// Synapses that are collected for a block before they are brought to their rows: dozens per row of a
/// large network, so that rows are written in runs.
const COLLECTED: usize = 8192;
/// In small networks fewer: this share of all synapses, in all blocks together.
const SHARE: usize = 96;
/// Synapses whose places are found together.
const TOGETHER: usize = 256;

/// Synapses on their way to their rows, by block of cells.
#[derive(Debug, Default)]
struct Loose {
    /// Cells of a block: 2^`shift`.
    shift: u32,
    /// Places of a block.
    capacity: usize,
    /// Of each block: places taken.
    taken: Vec<u32>,
    /// A synapse is `STRIDE` numbers: its cell; what will stand in the targets; then, if they are
    /// held, its weight in single precision, and its delay.
    items: Column<u32>,
    /// Used for weights in double precision, and for delays beyond 32 bits.
    weights: Vec<f64>,
    delays: Vec<u64>,
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
    loose: Loose,
    cuts: Cuts,
    /// The delay that all synapses have, if it is one.
    uniform: Option<u64>,
    shortest: u64,
    longest: u64,
    /// Scratch of `place`.
    cells: Vec<u32>,
    words: Vec<u32>,
}

impl Placer {
    /// For `sources` rows, of which the groups are parts without common rows, in rising order.
    pub fn new(sources: usize, groups: Vec<Counter>, kind: WeightKind, narrow: bool) -> Self {
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
            loose: Loose::default(),
            cuts: Cuts::default(),
            shortest: u64::MAX,
            longest: 0,
            cells: Vec::new(),
            words: Vec::new(),
        }
    }

    /// Ends the group at hand, if any, and begins the next.
    pub fn group(&mut self) {
        self.end();
        let Some(group) = self.groups.pop() else {
            return;
        };
        // Counts become first places.
        let mut next = group.cells;
        for row in next.chunks_exact_mut(1 << group.bits) {
            let mut here = 0;
            for cell in row {
                here += std::mem::replace(cell, here);
            }
        }
        let rows_shift = group
            .rows
            .len()
            .div_ceil(BLOCKS)
            .next_power_of_two()
            .trailing_zeros();
        let blocks = (group.rows.len() >> rows_shift) + 1;
        let capacity = (self.targets.len() / SHARE / blocks).clamp(64, COLLECTED);
        let size = |held: bool| if held { blocks * capacity } else { 0 };
        let stride =
            2 + usize::from(matches!(self.codec, Codec::F32(_))) + usize::from(!group.by_delay);
        // What is dropped first makes room for the new.
        self.loose = Loose::default();
        self.loose = Loose {
            shift: rows_shift + group.bits,
            capacity,
            taken: vec![0; blocks],
            items: Column::zeroed(blocks * capacity * stride),
            weights: vec![0.0; size(matches!(self.codec, Codec::F64(_)))],
            delays: Vec::new(),
        };
        self.delays = (!group.by_delay).then(|| Delays::zeroed(group.total as usize));
        if group.by_delay {
            self.shortest = self.shortest.min(group.shortest);
            self.longest = self.longest.max(group.longest);
        }
        (self.rows, self.next) = (group.rows, next);
        (self.bits, self.least) = (group.bits, group.least);
    }

    /// Places synapses of the group with these rows, slots, weights (none if they are not held) and
    /// delays.
    pub fn place(&mut self, rows: &[u32], slots: &[u32], weights: &[f64], delays: &[u64]) {
        let (first, bits, least) = (self.rows.start, self.bits, self.least);
        self.cells.clear();
        if bits == 0 {
            self.cells.extend(rows.iter().map(|&r| r - first));
        } else {
            let pairs = rows.iter().zip(delays);
            self.cells
                .extend(pairs.map(|(&r, &d)| cell(r - first, d, bits, least)));
        }
        self.words.clear();
        match &self.targets {
            Targets::Packed { bits, .. } => {
                let pairs = slots.iter().zip(weights);
                self.words
                    .extend(pairs.map(|(s, &w)| (w as i32 as u32) << bits | s));
            }
            _ => self.words.extend_from_slice(slots),
        }
        if let Some(all) = &mut self.delays {
            let (low, high) = vectorized(Range(delays));
            self.shortest = self.shortest.min(low);
            self.longest = self.longest.max(high);
            all.reach(high);
            if high > u64::from(u32::MAX) && self.loose.delays.is_empty() {
                // Those that are collected already are shorter.
                self.settle_all();
                self.loose.delays = vec![0; self.loose.taken.len() * self.loose.capacity];
            }
        }
        let single = matches!(self.codec, Codec::F32(_));
        match (single, self.delays.is_some()) {
            (false, false) => self.collect::<2>(weights, delays),
            (true, false) => self.collect::<3>(weights, delays),
            (false, true) => self.collect::<3>(weights, delays),
            (true, true) => self.collect::<4>(weights, delays),
        }
    }

    fn collect<const STRIDE: usize>(&mut self, weights: &[f64], delays: &[u64]) {
        let single = matches!(self.codec, Codec::F32(_));
        for i in 0..self.cells.len() {
            let cell = self.cells[i];
            let block = (cell >> self.loose.shift) as usize;
            if self.loose.taken[block] as usize == self.loose.capacity {
                self.settle(block);
            }
            let loose = &mut self.loose;
            let at = block * loose.capacity + loose.taken[block] as usize;
            loose.taken[block] += 1;
            let mut item = [cell; STRIDE];
            item[1] = self.words[i];
            if STRIDE == 4 || (STRIDE == 3 && single) {
                item[2] = (weights[i] as f32).to_bits();
            }
            if STRIDE == 4 || (STRIDE == 3 && !single) {
                item[STRIDE - 1] = delays[i] as u32;
            }
            loose.items[at * STRIDE..][..STRIDE].copy_from_slice(&item);
            if !loose.weights.is_empty() {
                loose.weights[at] = weights[i];
            }
            if !loose.delays.is_empty() {
                loose.delays[at] = delays[i];
            }
        }
    }

    fn settle_all(&mut self) {
        for block in 0..self.loose.taken.len() {
            self.settle(block);
        }
    }

    fn settle(&mut self, block: usize) {
        match (&self.codec, self.delays.is_some()) {
            (Codec::F32(_), true) => self.bring::<4>(block),
            (Codec::F32(_), false) | (_, true) => self.bring::<3>(block),
            (_, false) => self.bring::<2>(block),
        }
    }

    /// Brings what was collected for a block to its rows, column by column.
    #[inline(never)]
    fn bring<const STRIDE: usize>(&mut self, block: usize) {
        let loose = &mut self.loose;
        let from = block * loose.capacity;
        let end = from + std::mem::take(&mut loose.taken[block]) as usize;
        let first = self.rows.start as usize;
        let start = &self.start[first..];
        let mut places = [0usize; TOGETHER];
        for lo in (from..end).step_by(TOGETHER) {
            let span = lo..end.min(lo + TOGETHER);
            let places = &mut places[..span.len()];
            let (items, _) = loose.items[lo * STRIDE..span.end * STRIDE].as_chunks::<STRIDE>();
            for (at, item) in places.iter_mut().zip(items) {
                let next = &mut self.next[item[0] as usize];
                *at = (start[(item[0] >> self.bits) as usize] + u64::from(*next)) as usize;
                *next += 1;
            }
            let each = || places.iter().zip(items);
            match &mut self.targets {
                Targets::Within(t) => {
                    let t = &mut t[..];
                    each().for_each(|(&at, item)| t[at] = item[1] as u16);
                }
                Targets::Wide(t) | Targets::Packed { words: t, .. } => {
                    let t = &mut t[..];
                    each().for_each(|(&at, item)| t[at] = item[1]);
                }
            }
            match &mut self.codec {
                Codec::Count16
                | Codec::Count32
                | Codec::Packed(_)
                | Codec::Bitmap(_)
                | Codec::Procedural(_) => {}
                Codec::F32(all) => {
                    let all = &mut all[..];
                    // Weights stand behind the words.
                    each().for_each(|(&at, item)| all[at] = f32::from_bits(item[2 % STRIDE]));
                }
                Codec::F64(all) => {
                    let (all, w) = (&mut all[..], &loose.weights[span.clone()]);
                    places.iter().zip(w).for_each(|(&at, &w)| all[at] = w);
                }
            }
            if let Some(all) = &mut self.delays {
                let base = start[0] as usize;
                if loose.delays.is_empty() {
                    let delays = items.iter().map(|item| u64::from(item[STRIDE - 1]));
                    all.take(places.iter().map(|at| at - base).zip(delays));
                } else {
                    let delays = loose.delays[span].iter().copied();
                    all.take(places.iter().map(|at| at - base).zip(delays));
                }
            }
        }
    }

    /// Settles what is left of the group at hand, and cuts its rows by delay.
    fn end(&mut self) {
        self.settle_all();
        self.loose.taken.clear();
        if self.rows.is_empty() || self.uniform.is_some() {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        self.cuts.skip_to(rows.start as usize);
        let next = std::mem::take(&mut self.next);
        let Some(delays) = self.delays.take() else {
            // Where the places of a cell end is where its segment does.
            self.cuts.reserve(count_segments(&next, self.bits));
            for row in next.chunks_exact(1 << self.bits) {
                self.cuts.row();
                let mut at = 0;
                for (delay, &end) in (self.least..).zip(row) {
                    if end > at {
                        self.cuts.segment(delay, end);
                        at = end;
                    }
                }
            }
            return;
        };
        drop(next);
        let start = &self.start[rows.start as usize..=rows.end as usize];
        sort(start, delays, &mut self.cuts, |lo, order| {
            permute(&mut self.targets, &mut self.codec, lo, order);
        });
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

fn count_segments(ends: &[u32], bits: u32) -> usize {
    let of_row = |row: &[u32]| {
        let mut at = 0;
        row.iter()
            .filter(|&&end| std::mem::replace(&mut at, end) < end)
            .count()
    };
    ends.chunks_exact(1 << bits).map(of_row).sum()
}

/// Moves the k-th synapse of the row that starts at `lo` to place `order[k]` of the row.
fn permute(targets: &mut Targets, codec: &mut Codec, lo: usize, order: &[u32]) {
    fn apply<T: Copy + Default>(all: &mut [T], lo: usize, order: &[u32]) {
        super::sorting::apply(&mut all[lo..lo + order.len()], order);
    }
    match targets {
        Targets::Within(t) => apply(t, lo, order),
        Targets::Wide(t) => apply(t, lo, order),
        Targets::Packed { words, .. } => apply(words, lo, order),
    }
    match codec {
        Codec::Count16
        | Codec::Count32
        | Codec::Packed(_)
        | Codec::Bitmap(_)
        | Codec::Procedural(_) => {}
        Codec::F32(w) => apply(w, lo, order),
        Codec::F64(w) => apply(w, lo, order),
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
        let mut placer = Placer::new(40, counters, kind, true);
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
        ) {
            let synapses: Vec<Listed> = synapses
                .iter()
                .map(|&(s, t, w, d)| (s + 2 + s / 17 * 4, t, w, offset + d * stretch))
                .collect();
            check(&synapses, kind, expected)?;
        }
    }

    #[test]
    fn counting_by_delay_ends_where_there_would_be_too_many_cells() {
        let mut counter = Counter::new(100..1124, 0.0);
        counter.add(&[105, 105, 109], &[20, 21, 19]);
        assert!(counter.by_delay && counter.bits < 6);
        counter.add(&[105], &[60]);
        assert!(counter.by_delay && counter.bits == 6);
        counter.add(&[109], &[2000]);
        assert!(!counter.by_delay && counter.cells.len() == 1 << 10);
        assert_eq!(
            (counter.cells[5], counter.cells[9], counter.total),
            (3, 2, 5)
        );
    }
}
