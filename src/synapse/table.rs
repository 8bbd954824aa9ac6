//! Synapse tables: one per codec and shard. Dispatch happens once per segment, never per synapse.
//!
//! | codec | bytes per synapse | holds |
//! | --- | --- | --- |
//! | bitmap | 1 / (8 density) | a bit per target; one weight and one delay, dense (`bitmap`) |
//! | procedural | 0 | nothing: rows are made anew at each spike; one weight and one delay (`procedural`) |
//! | count, 16-bit | 2 | target; one weight per projection, applied when the neuron is updated |
//! | count, 32-bit | 2 | the same where a neuron's count in a tick may exceed 65,535 |
//! | f32 | 6 or 8 | target and weight; drawn weights, and listed ones that f32 holds exactly |
//! | f64 | 10 or 12 | target and weight; listed weights in double arithmetic |
//! | packed | 4 | target and whole-number weight in one word; `fixed` arithmetic |
//!
//! Which of the exact codecs holds a weight never changes a result: f32 is chosen only where it loses
//! nothing. All weighted synapses of a source population lie in one table, so that the addends of a
//! target come in the order (emission tick, source, projection, position). Sums of whole numbers hang
//! on no order: packed synapses lie in two tables, one for even and one for odd channels, so that
//! fewer bits have to say which slot is meant.

use super::bitmap::BitRows;
use super::column::Column;
use super::procedural::ProceduralRows;
use super::rows::Rows;
use super::slots::{NARROW, Slots};
use crate::neuron::real::Real;
use crate::prefetch::prefetch;

/// Slot numbers of synapses.
#[derive(Debug)]
pub enum Targets {
    /// Within a block of 65,536 slots; which block is a matter of the segment (`Rows`).
    Within(Column<u16>),
    Wide(Column<u32>),
    /// The slot in the low `bits`, and the weight of the synapse above, with its sign.
    Packed {
        words: Column<u32>,
        bits: u32,
    },
}

impl Targets {
    pub fn zeroed(n: usize, narrow: bool) -> Self {
        if narrow {
            Self::Within(Column::zeroed(n))
        } else {
            Self::Wide(Column::zeroed(n))
        }
    }
    pub fn packed(n: usize, bits: u32) -> Self {
        Self::Packed {
            words: Column::zeroed(n),
            bits,
        }
    }
    /// Sets the target of a synapse that is not packed.
    pub fn set(&mut self, at: usize, slot: u32) {
        match self {
            Self::Within(all) => all[at] = slot as u16,
            Self::Wide(all) => all[at] = slot,
            Self::Packed { .. } => {}
        }
    }
    /// The slot of synapse `at`, which lies in a segment of this block.
    pub fn get(&self, at: usize, block: u16) -> usize {
        match self {
            Self::Within(all) => usize::from(block) * NARROW + usize::from(all[at]),
            Self::Wide(all) => all[at] as usize,
            Self::Packed { words, bits } => (words[at] & ((1 << bits) - 1)) as usize,
        }
    }
    /// Weight of a packed synapse, in quanta.
    pub fn whole(&self, at: usize) -> Option<i32> {
        match self {
            Self::Packed { words, bits } => Some(words[at] as i32 >> bits),
            _ => None,
        }
    }
    pub fn len(&self) -> usize {
        match self {
            Self::Within(all) => all.len(),
            Self::Wide(all) => all.len(),
            Self::Packed { words, .. } => words.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn bytes(&self) -> usize {
        match self {
            Self::Within(all) => all.len() * 2,
            Self::Wide(all) => all.len() * 4,
            Self::Packed { words, .. } => words.len() * 4,
        }
    }
    /// Begins to bring the targets of `len` synapses from `start` on near.
    #[inline(always)]
    pub(super) fn prefetch(&self, start: usize, len: usize) {
        match self {
            Self::Within(all) => lines(all, start, len),
            Self::Wide(all) => lines(all, start, len),
            Self::Packed { words, .. } => lines(words, start, len),
        }
    }
}

/// Lines of a row that are asked for ahead; the machine's own prefetching follows from there.
const AHEAD: usize = 16;

#[inline(always)]
pub(super) fn lines<T>(all: &[T], start: usize, len: usize) {
    let per_line = 64 / size_of::<T>();
    let mut at = start;
    // One more than the length says: a row need not begin at a line.
    while at < start + len.min(AHEAD * per_line) + per_line {
        prefetch(all, at);
        at += per_line;
    }
}

/// What a synapse adds.
#[derive(Debug)]
pub enum Codec {
    Count16,
    Count32,
    F32(Column<f32>),
    F64(Column<f64>),
    /// Whole numbers, held with the targets, for the sums of this group.
    Packed(usize),
    /// For 16-bit counts.
    Bitmap(Box<BitRows>),
    /// Nothing is held.
    Procedural(Box<ProceduralRows>),
}

impl Codec {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count16 => "count16",
            Self::Count32 => "count32",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Packed(_) => "packed",
            Self::Bitmap(_) => "bitmap",
            Self::Procedural(_) => "procedural",
        }
    }
    /// The group of packed synapses.
    pub fn group(&self) -> Option<usize> {
        match self {
            Self::Packed(group) => Some(*group),
            _ => None,
        }
    }
    pub fn bytes(&self) -> usize {
        match self {
            Self::Count16 | Self::Count32 | Self::Packed(_) | Self::Procedural(_) => 0,
            Self::F32(w) => w.len() * 4,
            Self::F64(w) => w.len() * 8,
            Self::Bitmap(rows) => rows.bytes(),
        }
    }
}

#[derive(Debug)]
pub struct Table {
    pub rows: Rows,
    pub targets: Targets,
    pub codec: Codec,
}

/// The accumulators of a shard, by kind.
#[derive(Debug, Default)]
pub struct Accumulators<R: bytemuck::Pod> {
    pub sums: Slots<R>,
    /// Sums of whole-number weights, of even and of odd channels.
    pub fixed: [Slots<i32>; 2],
    pub counts16: Slots<u16>,
    pub counts32: Slots<u32>,
}

impl Table {
    pub fn bytes(&self) -> usize {
        self.rows.bytes() + self.targets.bytes() + self.codec.bytes()
    }

    /// The largest sum of absolute whole-number weights of any slot: no sum of a tick can be larger
    /// if every source spikes once. 0 for other codecs.
    pub fn heaviest(&self) -> u64 {
        let Targets::Packed { words, bits } = &self.targets else {
            return 0;
        };
        let mut sums = vec![0u64; 1 << bits];
        for &word in words.iter() {
            let weight = word as i32 >> bits;
            sums[(word & ((1 << bits) - 1)) as usize] += u64::from(weight.unsigned_abs());
        }
        sums.into_iter().max().unwrap_or(0)
    }

    /// Delivers the row of `source` if it has to be made first. `row`: scratch. False: it is held.
    #[inline]
    pub fn deliver_row<R: Real, const MARK: bool>(
        &mut self,
        source: u64,
        row: &mut Vec<u32>,
        to: &mut Accumulators<R>,
    ) -> bool {
        let Codec::Procedural(rows) = &mut self.codec else {
            return false;
        };
        rows.row(source as u32, row);
        if rows.wide {
            wide::<_, _, MARK>(row, &mut to.counts32, |_, c| *c += 1);
        } else {
            wide::<_, _, MARK>(row, &mut to.counts16, |_, c| *c += 1);
        }
        true
    }

    /// Begins to bring `len` synapses from `start` on near.
    #[inline(always)]
    pub fn prefetch(&self, start: u64, len: u32) {
        if matches!(self.codec, Codec::Bitmap(_) | Codec::Procedural(_)) {
            return;
        }
        let (start, len) = (start as usize, len as usize);
        self.targets.prefetch(start, len);
        match &self.codec {
            Codec::F32(w) => lines(w, start, len),
            Codec::F64(w) => lines(w, start, len),
            _ => {}
        }
    }

    /// Delivers `len` synapses from `start` on to the accumulators of the current tick. `MARK`:
    /// note the touched slots for lazily updated populations.
    #[inline]
    pub fn deliver<R: Real, const MARK: bool>(
        &self,
        start: u64,
        len: u32,
        block: u16,
        to: &mut Accumulators<R>,
    ) {
        if let Codec::Bitmap(rows) = &self.codec {
            rows.each_slot(start as u32, |slot| {
                if MARK {
                    to.counts16.touch(slot);
                }
                to.counts16.values[slot] += 1;
            });
            return;
        }
        let span = start as usize..start as usize + len as usize;
        match (&self.codec, &self.targets) {
            (Codec::Count16, Targets::Within(t)) => {
                narrow::<_, _, MARK>(&t[span], block, &mut to.counts16, |_, c| *c += 1);
            }
            (Codec::Count16, Targets::Wide(t)) => {
                wide::<_, _, MARK>(&t[span], &mut to.counts16, |_, c| *c += 1);
            }
            (Codec::Count32, Targets::Within(t)) => {
                narrow::<_, _, MARK>(&t[span], block, &mut to.counts32, |_, c| *c += 1);
            }
            (Codec::Count32, Targets::Wide(t)) => {
                wide::<_, _, MARK>(&t[span], &mut to.counts32, |_, c| *c += 1);
            }
            (Codec::F32(w), Targets::Within(t)) => {
                let w = &w[span.clone()];
                narrow::<_, _, MARK>(&t[span], block, &mut to.sums, |k, s| {
                    *s += R::of(f64::from(w[k]));
                });
            }
            (Codec::F32(w), Targets::Wide(t)) => {
                let w = &w[span.clone()];
                wide::<_, _, MARK>(&t[span], &mut to.sums, |k, s| {
                    *s += R::of(f64::from(w[k]));
                });
            }
            (Codec::F64(w), Targets::Within(t)) => {
                let w = &w[span.clone()];
                narrow::<_, _, MARK>(&t[span], block, &mut to.sums, |k, s| *s += R::of(w[k]));
            }
            (Codec::F64(w), Targets::Wide(t)) => {
                let w = &w[span.clone()];
                wide::<_, _, MARK>(&t[span], &mut to.sums, |k, s| *s += R::of(w[k]));
            }
            (Codec::Packed(group), Targets::Packed { words, bits }) => {
                packed::<MARK>(&words[span], *bits, &mut to.fixed[*group]);
            }
            // Words are packed for that codec and for no other; bitmaps are dealt with above, rows that are
            // not held in `deliver_row`.
            (Codec::Packed(_) | Codec::Bitmap(_) | Codec::Procedural(_), _)
            | (_, Targets::Packed { .. }) => {}
        }
    }
}

/// 16-bit slots into a block of exactly 65,536: no bounds check is needed or made.
#[inline(always)]
fn narrow<T: bytemuck::Pod + Default + PartialEq, F: FnMut(usize, &mut T), const MARK: bool>(
    targets: &[u16],
    block: u16,
    slots: &mut Slots<T>,
    mut add: F,
) {
    let base = usize::from(block) * NARROW;
    if MARK {
        let (values, mut log) = slots.with_log(targets.len());
        let Some(values) = values
            .get_mut(base..)
            .and_then(|rest| rest.first_chunk_mut::<NARROW>())
        else {
            return;
        };
        for (k, &slot) in targets.iter().enumerate() {
            let value = &mut values[usize::from(slot)];
            log.note(base as u32 + u32::from(slot), *value == T::default());
            add(k, value);
        }
        return;
    }
    let Some(values) = slots
        .values
        .get_mut(base..)
        .and_then(|rest| rest.first_chunk_mut::<NARROW>())
    else {
        return;
    };
    for (k, &slot) in targets.iter().enumerate() {
        add(k, &mut values[usize::from(slot)]);
    }
}

#[inline(always)]
fn wide<T: bytemuck::Pod + Default + PartialEq, F: FnMut(usize, &mut T), const MARK: bool>(
    targets: &[u32],
    slots: &mut Slots<T>,
    mut add: F,
) {
    if MARK {
        let (values, mut log) = slots.with_log(targets.len());
        for (k, &slot) in targets.iter().enumerate() {
            let value = &mut values[slot as usize];
            log.note(slot, *value == T::default());
            add(k, value);
        }
        return;
    }
    // Taken once: where the column lies is not looked up for each synapse.
    let values: &mut [T] = &mut slots.values;
    for (k, &slot) in targets.iter().enumerate() {
        add(k, &mut values[slot as usize]);
    }
}

/// Words of a slot in the low `bits` and a weight above. A shift by a number that is known when this is compiled
/// takes a third of the time, where the accumulators are near.
#[inline(always)]
fn packed<const MARK: bool>(words: &[u32], bits: u32, slots: &mut Slots<i32>) {
    match bits {
        16 => packed_by::<MARK, 16, { 1 << 16 }>(words, slots),
        17 => packed_by::<MARK, 17, { 1 << 17 }>(words, slots),
        18 => packed_by::<MARK, 18, { 1 << 18 }>(words, slots),
        19 => packed_by::<MARK, 19, { 1 << 19 }>(words, slots),
        20 => packed_by::<MARK, 20, { 1 << 20 }>(words, slots),
        21 => packed_by::<MARK, 21, { 1 << 21 }>(words, slots),
        22 => packed_by::<MARK, 22, { 1 << 22 }>(words, slots),
        23 => packed_by::<MARK, 23, { 1 << 23 }>(words, slots),
        24 => packed_by::<MARK, 24, { 1 << 24 }>(words, slots),
        _ => debug_assert!(false, "{bits} bits for a slot"),
    }
}

/// `packed` into an array of exactly 2^`BITS` slots, so that no bounds check is needed or made. The sums cannot
/// overflow: see `network::fixed`.
#[inline(always)]
fn packed_by<const MARK: bool, const BITS: u32, const SLOTS: usize>(
    words: &[u32],
    slots: &mut Slots<i32>,
) {
    const { assert!(SLOTS == 1 << BITS) };
    if MARK {
        let (values, mut log) = slots.with_log(words.len());
        let Some(values) = values.first_chunk_mut::<SLOTS>() else {
            return;
        };
        for &word in words {
            let slot = word as usize % SLOTS;
            let sum = &mut values[slot];
            log.note(slot as u32, *sum == 0);
            *sum = sum.wrapping_add(word as i32 >> BITS);
        }
        return;
    }
    let Some(values) = slots.values.first_chunk_mut::<SLOTS>() else {
        return;
    };
    for &word in words {
        let sum = &mut values[word as usize % SLOTS];
        *sum = sum.wrapping_add(word as i32 >> BITS);
    }
}
