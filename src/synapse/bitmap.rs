//! Rows as bitmaps: one bit per target, for dense statements with one weight and one delay.
//!
//! All rows that arrive at a tick are counted together, 64 targets a word: *planes* of bits hold the
//! counts of all targets (plane b has bit b of each), and a row is added to them like a number to a
//! sum, by carry-save adders that take eight rows at a time (Harley & Seal, in Warren, Hacker's
//! Delight, 5-2). Then the planes are spread to the 16-bit counts of the slots. Counts are whole
//! numbers, so this is equal to adding synapse by synapse.
//!
//! Where two synapses of a source share a target, the second and further ones stand in a list.

use super::column::Column;
use super::rows::starts;
use super::slots::{NARROW, Slots};
use super::spread::{LANES, PLANES, SPAN, spread};
use super::table::Targets;
use crate::prefetch::prefetch;
use crate::simd::{Kernel, Level, level, vectorized};

/// Rows of a batch: as many as the planes can count.
const BATCH: usize = (1 << PLANES) - 1;
/// Rows that one pass over the planes takes.
const GROUP: usize = 8;

type Words<const W: usize> = [u64; W];

/// A synapse whose bit is set already.
fn further(row: u32, bit: usize) -> u64 {
    u64::from(row) << 32 | bit as u64
}

/// Bitmaps of the sources of one statement, over the slots of one shard.
#[derive(Debug)]
pub struct BitRows {
    /// First global id, length and first row of each run of sources.
    runs: Vec<(u32, u32, u32)>,
    /// Slot of the first bit; a multiple of 64.
    base: usize,
    /// Words per row, a multiple of `LANES`.
    words: usize,
    bits: Column<u64>,
    /// Word `open` of every row, of synapses that have come for it and are not in `bits` yet. Rules that draw by target
    /// bring those of 64 targets one after the other: here they stay near.
    column: Vec<u64>,
    open: usize,
    /// Further synapses, as row (upper half) and bit: sorted when all are there.
    extra: Vec<u64>,
    /// Start of each row's further synapses in `more`; one more entry than rows.
    extra_start: Vec<u32>,
    more: Targets,
    /// Synapses per row.
    degree: Vec<u32>,
}

impl BitRows {
    /// `sources`: runs of global ids as (first, length). `slots`: first slot and number of slots of the
    /// statement's targets.
    pub fn new(sources: &[(u32, u32)], base: usize, slots: usize) -> Self {
        let mut rows = 0;
        let runs = sources
            .iter()
            .map(|&(first, len)| {
                let run = (first, len, rows);
                rows += len;
                run
            })
            .collect();
        let words = slots.div_ceil(SPAN) * LANES;
        Self {
            runs,
            base,
            words,
            bits: Column::zeroed(rows as usize * words),
            column: vec![0; rows as usize],
            open: 0,
            extra: Vec::new(),
            extra_start: Vec::new(),
            more: Targets::zeroed(0, true),
            degree: vec![0; rows as usize],
        }
    }

    /// Slots that the accumulators must have so that whole spans can be spread.
    pub fn slots_needed(&self) -> usize {
        self.base + self.words * 64
    }

    #[inline(always)]
    fn row(&self, source: u32) -> u32 {
        let mut runs = self.runs.iter();
        let run = runs.find(|r| source.wrapping_sub(r.0) < r.1);
        run.map_or(0, |r| r.2 + (source - r.0))
    }

    /// Adds synapses from row `row` (in the order of the statement's sources) to these slots.
    pub fn place_row(&mut self, row: u32, slots: impl Iterator<Item = usize>) {
        let base = self.base;
        let words = &mut self.bits[row as usize * self.words..][..self.words];
        for slot in slots {
            let bit = slot - base;
            let (word, mask) = (&mut words[bit / 64], 1u64 << (bit % 64));
            if *word & mask != 0 {
                self.extra.push(further(row, bit));
            }
            *word |= mask;
        }
    }

    /// Adds synapses from these rows to a slot.
    pub fn place_column(&mut self, rows: &[u32], slot: usize) {
        let bit = slot - self.base;
        if bit / 64 != self.open {
            self.close();
            self.open = bit / 64;
        }
        let column = &mut self.column[..];
        let mask = 1u64 << (bit % 64);
        for &row in rows {
            let word = &mut column[row as usize];
            if *word & mask != 0 {
                self.extra.push(further(row, bit));
            }
            *word |= mask;
        }
    }

    /// Brings the open words to their rows.
    fn close(&mut self) {
        let rows = self.bits.chunks_exact_mut(self.words.max(1));
        for ((row, bits), new) in (0..).zip(rows).zip(&mut self.column) {
            let new = std::mem::take(new);
            if new == 0 {
                continue;
            }
            let word = &mut bits[self.open];
            let mut both = *word & new;
            *word |= new;
            while both != 0 {
                let bit = self.open * 64 + both.trailing_zeros() as usize;
                self.extra.push(further(row, bit));
                both &= both - 1;
            }
        }
    }

    /// After the last synapse.
    pub fn finish(&mut self) {
        self.close();
        self.column = Vec::new();
        let mut extra = std::mem::take(&mut self.extra);
        extra.sort_unstable();
        self.more = Targets::zeroed(extra.len(), self.words * 64 <= NARROW);
        for (k, &further) in extra.iter().enumerate() {
            self.more.set(k, further as u32);
        }
        let rows = self.degree.len() as u64;
        self.extra_start = (0..=rows)
            .map(|row| extra.partition_point(|e| e >> 32 < row) as u32)
            .collect();
        let starts = self.extra_start.windows(2);
        let bits = self.bits.chunks_exact(self.words.max(1));
        for ((degree, own), bits) in self.degree.iter_mut().zip(starts).zip(bits) {
            *degree = own[1] - own[0] + bits.iter().map(|w| w.count_ones()).sum::<u32>();
        }
    }

    /// Number of synapses of each element of a network of `elements`, as starts of rows.
    pub fn starts(&self, elements: usize) -> Vec<u64> {
        let mut degree = vec![0u32; elements];
        for &(first, len, row) in &self.runs {
            let (first, len, row) = (first as usize, len as usize, row as usize);
            for (all, own) in degree[first..first + len]
                .iter_mut()
                .zip(&self.degree[row..row + len])
            {
                *all += own;
            }
        }
        starts(&degree)
    }

    pub fn bytes(&self) -> usize {
        self.bits.len() * 8 + self.more.bytes() + self.extra_start.len() * 4 + self.degree.len() * 4
    }

    /// Calls `f` with the slot of every synapse of `source`.
    pub fn each_slot(&self, source: u32, mut f: impl FnMut(usize)) {
        let row = self.row(source) as usize;
        for (k, &word) in self.bits[row * self.words..(row + 1) * self.words]
            .iter()
            .enumerate()
        {
            let mut rest = word;
            while rest != 0 {
                f(self.base + k * 64 + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
        for k in self.extra_start[row]..self.extra_start[row + 1] {
            f(self.base + self.more.get(k as usize, 0));
        }
    }

    /// Adds one to the count of every target of each listed source.
    pub fn count(&self, sources: &mut [u32], to: &mut Slots<u16>, planes: &mut Planes) {
        for source in sources.iter_mut() {
            *source = self.row(*source);
            prefetch(&self.extra_start, *source as usize);
        }
        planes.0.resize(self.words * PLANES, 0);
        let counts = &mut to.values[self.base..self.base + self.words * 64];
        for batch in sources.chunks(BATCH) {
            let (bits, words, planes) = (&self.bits[..], self.words, &mut planes.0[..]);
            // Words that fit the registers beside each other: planes, and the rows that are added to them.
            match level() {
                Level::Avx512 => vectorized(Count::<8> {
                    bits,
                    words,
                    rows: batch,
                    planes,
                }),
                Level::Avx2 | Level::Portable => vectorized(Count::<4> {
                    bits,
                    words,
                    rows: batch,
                    planes,
                }),
            }
            // No count is larger than the number of rows.
            let used = (usize::BITS - batch.len().leading_zeros()) as usize;
            spread(planes, used, counts);
        }
        match &self.more {
            Targets::Within(more) => self.add_more(sources, more, counts),
            Targets::Wide(more) => self.add_more(sources, more, counts),
            Targets::Packed { .. } => {}
        }
    }

    /// Counts the synapses beyond the bitmaps of the listed rows.
    #[inline]
    fn add_more<T: Copy + Into<u32>>(&self, rows: &[u32], more: &[T], counts: &mut [u16]) {
        if more.is_empty() {
            return;
        }
        for (k, &row) in rows.iter().enumerate() {
            if let Some(&later) = rows.get(k + 6) {
                let start = self.extra_start[later as usize] as usize;
                (0..3).for_each(|line| prefetch(more, start + 64 / size_of::<T>() * line));
            }
            let row = row as usize;
            let (a, b) = (self.extra_start[row], self.extra_start[row + 1]);
            for &bit in &more[a as usize..b as usize] {
                let bit: u32 = bit.into();
                counts[bit as usize] += 1;
            }
        }
    }
}

/// Scratch of `count`: [span][plane][lane].
#[derive(Debug, Default)]
pub struct Planes(Vec<u64>);

/// `W`: words taken at a time, a part of `LANES`.
struct Count<'a, const W: usize> {
    bits: &'a [u64],
    words: usize,
    /// At most `BATCH`.
    rows: &'a [u32],
    planes: &'a mut [u64],
}

impl<const W: usize> Kernel for Count<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            bits,
            words,
            rows,
            planes,
        } = self;
        let mut first = true;
        let mut groups = rows.chunks(GROUP).peekable();
        while let Some(group) = groups.next() {
            let next = groups.peek().copied().unwrap_or(&[]);
            let spans = planes.chunks_exact_mut(PLANES * LANES).enumerate();
            for (k, planes) in spans {
                for &row in next {
                    prefetch(bits, row as usize * words + k * LANES);
                }
                for part in (0..LANES).step_by(W) {
                    let at = |j: usize| load(bits, group[j] as usize * words + k * LANES + part);
                    let mut sum = [[0u64; W]; PLANES];
                    if !first {
                        for (b, plane) in sum.iter_mut().enumerate() {
                            *plane = load(planes, b * LANES + part);
                        }
                    }
                    if group.len() == GROUP {
                        let mut rows = [[0u64; W]; GROUP];
                        for (j, row) in rows.iter_mut().enumerate() {
                            *row = at(j);
                        }
                        add_eight(&mut sum, &rows);
                    } else {
                        for j in 0..group.len() {
                            ripple(&mut sum, 0, at(j));
                        }
                    }
                    for (to, plane) in planes.chunks_exact_mut(LANES).zip(&sum) {
                        to[part..part + W].copy_from_slice(plane);
                    }
                }
            }
            first = false;
        }
    }
}

// Plain loops, not `array::from_fn`: a closure that is not inlined would keep the loops from becoming
// vector code.

#[inline(always)]
fn load<const W: usize>(from: &[u64], at: usize) -> Words<W> {
    let mut words = [0; W];
    words.copy_from_slice(&from[at..at + W]);
    words
}

/// (carry, sum) of three bits each.
#[inline(always)]
fn add_three<const W: usize>(a: Words<W>, b: Words<W>, c: Words<W>) -> (Words<W>, Words<W>) {
    let (mut carry, mut sum) = ([0; W], [0; W]);
    for i in 0..W {
        carry[i] = (a[i] & b[i]) | (c[i] & (a[i] | b[i]));
        sum[i] = a[i] ^ b[i] ^ c[i];
    }
    (carry, sum)
}

/// Adds `x` to the number whose lowest bit is that of plane `from`.
#[inline(always)]
fn ripple<const W: usize>(sum: &mut [Words<W>; PLANES], from: usize, x: Words<W>) {
    let mut carry = x;
    for plane in &mut sum[from..] {
        for i in 0..W {
            (plane[i], carry[i]) = (plane[i] ^ carry[i], plane[i] & carry[i]);
        }
    }
}

/// Adds eight rows: seven adders for their low bits, then a carry of eights.
#[inline(always)]
fn add_eight<const W: usize>(sum: &mut [Words<W>; PLANES], x: &[Words<W>; GROUP]) {
    let (a, ones) = add_three(sum[0], x[0], x[1]);
    let (b, ones) = add_three(ones, x[2], x[3]);
    let (c, ones) = add_three(ones, x[4], x[5]);
    let (d, ones) = add_three(ones, x[6], x[7]);
    let (e, twos) = add_three(sum[1], a, b);
    let (f, twos) = add_three(twos, c, d);
    let (eights, fours) = add_three(sum[2], e, f);
    (sum[0], sum[1], sum[2]) = (ones, twos, fours);
    ripple(sum, 3, eights);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::vectorized_for;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Against counting synapse by synapse; every level of vector code gives the same.
        #[test]
        fn rows_counted_together_are_rows_counted_one_by_one(
            slots in 1usize..1200,
            synapses in proptest::collection::vec((0u32..30, any::<u32>()), 0..2000),
            fired in proptest::collection::vec(0u32..30, 0..200),
        ) {
            let base = 128;
            // Two runs of ids: 100..120 and 7..17.
            let id = |row: u32| if row < 20 { 100 + row } else { 7 + row - 20 };
            let mut rows = BitRows::new(&[(100, 20), (7, 10)], base, slots);
            let mut twin = vec![vec![]; 30];
            for (k, &(row, t)) in synapses.iter().enumerate() {
                let slot = base + t as usize % slots;
                // In any order, and by rows and slots mixed.
                match k % 3 {
                    0 => rows.place_row(row, [slot, slot].into_iter()),
                    _ => rows.place_column(&[row, row], slot),
                }
                twin[row as usize].extend([slot, slot]);
            }
            rows.finish();
            let mut to = Slots::<u16>::default();
            to.plane(0, rows.slots_needed());
            to.seal();
            let mut want = to.values.to_vec();
            for &row in &fired {
                for &slot in &twin[row as usize] {
                    want[slot] += 1;
                }
            }
            let mut sources: Vec<u32> = fired.iter().map(|&r| id(r)).collect();
            rows.count(&mut sources, &mut to, &mut Planes::default());
            prop_assert_eq!(&to.values[..], &want[..]);
            for (row, slots) in (0..).zip(&mut twin) {
                let mut got = Vec::new();
                rows.each_slot(id(row), |s| got.push(s));
                got.sort();
                slots.sort();
                prop_assert_eq!(&got, slots);
            }
            let n = fired.len().min(BATCH);
            let planes = |level, wide| {
                let mut planes = vec![0; rows.words * PLANES];
                let (bits, words, rows) = (&rows.bits[..], rows.words, &fired[..n]);
                if wide {
                    vectorized_for(level, Count::<8> { bits, words, rows, planes: &mut planes });
                } else {
                    vectorized_for(level, Count::<4> { bits, words, rows, planes: &mut planes });
                }
                planes
            };
            let portable = planes(Level::Portable, false);
            prop_assert_eq!(&portable, &planes(Level::Portable, true));
            prop_assert_eq!(&portable, &planes(Level::Avx2, false));
            prop_assert_eq!(&portable, &planes(Level::Avx512, true));
        }
    }
}
