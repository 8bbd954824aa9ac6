//! Fills a table in two passes over the same synapses: count, then place.
//!
//! Rules that draw per target name the sources of a synapse in no order, and a table of many rows is
//! far larger than a cache: placed one by one, every synapse would cost several cache misses. So they
//! are collected by blocks of rows first, and each block is brought to its rows when enough have
//! come. What is collected is bounded, and the order within a row stays that of placing.

use super::column::Column;
use super::rows::Rows;
use super::table::{Codec, Table, Targets};

/// First pass: how long each row will be.
#[derive(Debug)]
pub struct Counter {
    lengths: Vec<u32>,
    total: u64,
}

impl Counter {
    pub fn new(sources: usize) -> Self {
        Self {
            lengths: vec![0; sources],
            total: 0,
        }
    }
    #[inline(always)]
    pub fn add(&mut self, source: u32) {
        self.lengths[source as usize] += 1;
        self.total += 1;
    }
    pub fn total(&self) -> u64 {
        self.total
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

/// A synapse on its way to its row.
#[derive(Clone, Copy, Debug)]
struct Loose {
    row: u32,
    slot: u32,
    delay: u64,
    weight: f64,
}

/// Blocks of rows for which synapses are collected.
const BLOCKS: usize = 256;

/// Synapses that are collected before they are brought to their rows: dozens per row of a
/// large network, so that rows are written in runs; 100 MB at the most, growing lists included.
const COLLECTED: usize = 1 << 21;

/// Delay of each synapse, until the rows are sorted.
#[derive(Debug)]
enum Delays {
    /// All synapses of the table have this one.
    Uniform(u64),
    /// While none is longer than 16 bits say.
    Short(Vec<u16>),
    Long(Vec<u64>),
}

/// Second pass: synapses take their places in the order in which they come.
#[derive(Debug)]
pub struct Placer {
    start: Vec<u64>,
    /// Next free place of each row.
    next: Vec<u64>,
    targets: Targets,
    codec: Codec,
    delays: Delays,
    /// Collected synapses by block of 2^`shift` rows. Filled by `place`, emptied by `settle`.
    loose: Vec<Vec<Loose>>,
    shift: u32,
    collected: usize,
    /// Scratch of `settle`: places of the synapses of a block.
    places: Vec<usize>,
}

impl Placer {
    /// `uniform`: the delay that all synapses of the table have, if it is known to be one.
    pub fn new(counter: &Counter, kind: WeightKind, narrow: bool, uniform: Option<u64>) -> Self {
        let n = counter.total as usize;
        let rows = counter.lengths.len();
        let mut start = Vec::with_capacity(rows + 1);
        let mut at = 0u64;
        for &len in &counter.lengths {
            start.push(at);
            at += u64::from(len);
        }
        start.push(at);
        let shift = rows.div_ceil(BLOCKS).next_power_of_two().trailing_zeros();
        Self {
            next: start[..rows].to_vec(),
            start,
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
            delays: match uniform {
                Some(delay) => Delays::Uniform(delay),
                None => Delays::Short(vec![0; n]),
            },
            loose: vec![Vec::new(); (rows >> shift) + 1],
            shift,
            collected: 0,
            places: Vec::new(),
        }
    }

    #[inline(always)]
    pub fn place(&mut self, source: u32, slot: usize, weight: f64, delay: u64) {
        self.loose[(source >> self.shift) as usize].push(Loose {
            row: source,
            slot: slot as u32,
            delay,
            weight,
        });
        self.collected += 1;
        if self.collected == COLLECTED {
            self.settle();
        }
    }

    /// Brings what was collected to its rows, block by block and column by column.
    #[inline(never)]
    fn settle(&mut self) {
        for block in &mut self.loose {
            self.places.clear();
            self.places.extend(block.iter().map(|s| {
                let next = &mut self.next[s.row as usize];
                *next += 1;
                *next as usize - 1
            }));
            let each = || self.places.iter().zip(block.iter());
            match &mut self.targets {
                Targets::Narrow(t) => {
                    let t = &mut t[..];
                    each().for_each(|(&at, s)| t[at] = s.slot as u16);
                }
                Targets::Wide(t) => {
                    let t = &mut t[..];
                    each().for_each(|(&at, s)| t[at] = s.slot);
                }
                Targets::Packed { words, bits } => {
                    let (words, bits) = (&mut words[..], *bits);
                    each().for_each(|(&at, s)| {
                        words[at] = (s.weight as i32 as u32) << bits | s.slot;
                    });
                }
            }
            match &mut self.codec {
                Codec::Count16 | Codec::Count32 | Codec::Packed(_) | Codec::Bitmap(_) => {}
                Codec::F32(w) => {
                    let w = &mut w[..];
                    each().for_each(|(&at, s)| w[at] = s.weight as f32);
                }
                Codec::F64(w) => {
                    let w = &mut w[..];
                    each().for_each(|(&at, s)| w[at] = s.weight);
                }
            }
            if let Delays::Short(d) = &self.delays
                && block.iter().any(|s| s.delay > u64::from(u16::MAX))
            {
                self.delays = Delays::Long(d.iter().map(|&d| u64::from(d)).collect());
            }
            match &mut self.delays {
                Delays::Uniform(_) => {}
                Delays::Short(d) => each().for_each(|(&at, s)| d[at] = s.delay as u16),
                Delays::Long(d) => each().for_each(|(&at, s)| d[at] = s.delay),
            }
            block.clear();
        }
        self.collected = 0;
    }

    /// Sorts each row by delay, keeping the order of placing within a delay, and cuts it.
    pub fn finish(mut self) -> Table {
        self.settle();
        let Self {
            start,
            mut targets,
            mut codec,
            delays,
            ..
        } = self;
        let mut cuts = Cuts::new(start.len());
        match delays {
            Delays::Uniform(delay) => {
                return Table {
                    rows: Rows::uniform(start, delay),
                    targets,
                    codec,
                };
            }
            Delays::Short(d) => cuts.make(&start, &d, |lo, order| {
                permute(&mut targets, &mut codec, lo, order);
            }),
            Delays::Long(d) => cuts.make(&start, &d, |lo, order| {
                permute(&mut targets, &mut codec, lo, order);
            }),
        }
        Table {
            rows: Rows::segmented(start, cuts.first, cuts.delay, cuts.end),
            targets,
            codec,
        }
    }
}

/// Segments of all rows, as `Rows` holds them.
struct Cuts {
    first: Vec<u32>,
    delay: Vec<u64>,
    end: Vec<u32>,
}

/// Ranges of delays up to this many ticks are sorted by counting.
const COUNTED: usize = 1 << 12;

impl Cuts {
    fn new(rows: usize) -> Self {
        Self {
            first: Vec::with_capacity(rows),
            delay: Vec::new(),
            end: Vec::new(),
        }
    }

    /// Sorts every row by delay, stably; `permute(lo, order)` moves the synapses: the k-th of the row
    /// that starts at `lo` goes to `order[k]`.
    fn make<D: Copy + Into<u64>>(
        &mut self,
        start: &[u64],
        delays: &[D],
        mut permute: impl FnMut(usize, &[u32]),
    ) {
        let (mut order, mut sorted, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for row in start.windows(2) {
            self.first.push(self.delay.len() as u32);
            let (lo, hi) = (row[0] as usize, row[1] as usize);
            let of_row = &delays[lo..hi];
            let each = || of_row.iter().map(|&d| d.into());
            let (Some(least), Some(most)) = (each().min(), each().max()) else {
                continue;
            };
            if least == most {
                self.delay.push(least);
                self.end.push(of_row.len() as u32);
                continue;
            }
            order.clear();
            if most - least < COUNTED as u64 {
                // counts[d]: first how many synapses have delay d, then where the next one goes.
                counts.clear();
                counts.resize((most - least) as usize + 1, 0u32);
                each().for_each(|d: u64| counts[(d - least) as usize] += 1);
                let mut at = 0;
                for (delay, count) in (least..).zip(&mut counts) {
                    let here = *count;
                    *count = at;
                    at += here;
                    if here > 0 {
                        self.delay.push(delay);
                        self.end.push(at);
                    }
                }
                order.extend(each().map(|d: u64| {
                    let place = &mut counts[(d - least) as usize];
                    *place += 1;
                    *place - 1
                }));
            } else {
                sorted.clear();
                sorted.extend(each().zip(0u32..));
                sorted.sort_unstable();
                order.resize(sorted.len(), 0);
                for (place, &(delay, k)) in (0u32..).zip(&sorted) {
                    order[k as usize] = place;
                    if place > 0 && sorted[place as usize - 1].0 == delay {
                        if let Some(end) = self.end.last_mut() {
                            *end = place + 1;
                        }
                    } else {
                        self.delay.push(delay);
                        self.end.push(place + 1);
                    }
                }
            }
            permute(lo, &order);
        }
        self.first.push(self.delay.len() as u32);
    }
}

/// Moves the k-th synapse of the row that starts at `lo` to place `order[k]` of the row.
fn permute(targets: &mut Targets, codec: &mut Codec, lo: usize, order: &[u32]) {
    fn apply<T: Copy + Default>(all: &mut [T], lo: usize, order: &[u32]) {
        let row = &mut all[lo..lo + order.len()];
        let old = row.to_vec();
        for (&place, value) in order.iter().zip(old) {
            row[place as usize] = value;
        }
    }
    match targets {
        Targets::Narrow(t) => apply(t, lo, order),
        Targets::Wide(t) => apply(t, lo, order),
        Targets::Packed { words, .. } => apply(words, lo, order),
    }
    match codec {
        Codec::Count16 | Codec::Count32 | Codec::Packed(_) | Codec::Bitmap(_) => {}
        Codec::F32(w) => apply(w, lo, order),
        Codec::F64(w) => apply(w, lo, order),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the obvious way: rows as lists, sorted by delay with a stable sort.
        #[test]
        fn rows_are_sorted_by_delay_and_keep_the_order_of_placing(
            synapses in proptest::collection::vec((0u32..40, 0usize..500, -9i32..9, 0usize..4), 0..400),
            stretch in prop::sample::select(vec![1u64, 300, 100_000, 10_000_000_000]),
        ) {
            let mut counter = Counter::new(40);
            let mut rows = vec![Vec::new(); 40];
            for &(source, slot, weight, d) in &synapses {
                counter.add(source);
                let delay = 1 + d as u64 * stretch;
                rows[source as usize].push((delay, slot, f64::from(weight)));
            }
            let mut placer = Placer::new(&counter, WeightKind::F32, true, None);
            for (k, &(source, slot, weight, d)) in synapses.iter().enumerate() {
                placer.place(source, slot, f64::from(weight), 1 + d as u64 * stretch);
                if k % 100 == 7 {
                    placer.settle();
                }
            }
            let table = placer.finish();
            let Codec::F32(weights) = &table.codec else { panic!("not asked for") };
            for (source, row) in rows.iter_mut().enumerate() {
                row.sort_by_key(|s| s.0);
                let mut got = Vec::new();
                table.rows.each_segment(source, |delay, first, len| {
                    let span = first as usize..first as usize + len as usize;
                    got.extend(span.map(|k| (delay, table.targets.get(k), f64::from(weights[k]))));
                });
                prop_assert_eq!(&got, row);
            }
        }
    }
}
