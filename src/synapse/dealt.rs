//! Input of a window, dealt to cells: the neurons of a shard in parts whose numbers fit a near cache.
//!
//! ```text
//! deal      synapses of what is due, tick by tick, in the order of the queue  ->  one list per cell
//! add       cell by cell, tick by tick: its part of the list  ->  accumulators
//! ```
//!
//! A network of a million neurons has accumulators and potentials far from the processor: every synapse brings a
//! line of memory in and sends one out. Dealt first, synapses are written and read in order, and a cell goes through
//! all ticks of a window while its numbers are near. A list keeps the order of the queue, so the addends of a slot come in
//! the same order as without.

use bytemuck::{Pod, Zeroable};

use super::local::{MOST_CELLS, Map};
use super::slots::{NARROW, Slots};
use super::table::{Accumulators, Codec, Table, Targets};
use crate::neuron::real::Real;

/// Rows of so many synapses for a run of slots are dealt run by run: most rows are in the order of slots.
const LONG: usize = 4;

/// A synapse with a weight in single or double precision.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
struct Short {
    slot: u32,
    weight: f32,
}

#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
struct Long {
    slot: u32,
    unused: u32,
    weight: f64,
}

/// Elements of a piece of a list.
const PIECE: usize = 256;

/// Lists of one kind, one per cell, in pieces from one store, so that what is written lies close together.
#[derive(Debug)]
struct Lists<T> {
    store: Vec<T>,
    /// Pieces of the store that are in use.
    used: usize,
    /// Of each cell: where its next element goes. At the begin of a piece: nowhere yet.
    end: Box<[u32; MOST_CELLS]>,
    /// Of each cell: where its pieces begin.
    pieces: Vec<Vec<u32>>,
    /// Of each cell: ticks that have anything, with the length of the list up to there.
    ticks: Vec<Vec<(u64, u32)>>,
    /// Of each cell: the first of these that has not been taken, and the length of what has.
    at: Vec<(usize, u32)>,
}

impl<T: Pod> Lists<T> {
    fn new(cells: usize) -> Self {
        Self {
            store: Vec::new(),
            used: 0,
            end: Box::new([0; MOST_CELLS]),
            pieces: vec![Vec::new(); cells],
            ticks: vec![Vec::new(); cells],
            at: vec![(0, 0); cells],
        }
    }

    /// Sees to it that the store has room for `n` more.
    #[inline]
    fn reserve(&mut self, n: usize) {
        let pieces = self.used + n / PIECE + n.min(self.at.len()) + 1;
        if self.store.len() < pieces * PIECE {
            self.store
                .resize((pieces * PIECE).next_power_of_two(), T::zeroed());
        }
    }

    /// Begins a piece for a cell.
    #[inline]
    fn begin(used: &mut usize, pieces: &mut Vec<u32>) -> usize {
        let first = *used * PIECE;
        pieces.push(first as u32);
        *used += 1;
        first
    }

    /// Appends synapses to the lists of their cells. `hold`: what is held of one that has this slot in its cell.
    #[inline(always)]
    fn deal<S>(
        &mut self,
        map: &Map,
        synapses: impl ExactSizeIterator<Item = (u32, S)>,
        hold: impl Fn(u32, S) -> T,
    ) {
        let n = synapses.len();
        self.reserve(n);
        let Self {
            store,
            used,
            end,
            pieces,
            ..
        } = self;
        let store = &mut store[..];
        if n < LONG * map.runs.len() {
            for (slot, synapse) in synapses {
                let (cell, local) = map.of(slot);
                let end = &mut end[cell % MOST_CELLS];
                let mut at = *end as usize;
                if at.is_multiple_of(PIECE) {
                    at = Self::begin(used, &mut pieces[cell]);
                }
                store[at] = hold(local, synapse);
                *end = at as u32 + 1;
            }
            return;
        }
        let (mut k, mut run) = (0, map.runs[0]);
        let mut at = end[run.cell as usize % MOST_CELLS] as usize;
        for (slot, synapse) in synapses {
            let mut within = slot.wrapping_sub(run.first);
            if within >= run.len {
                end[run.cell as usize % MOST_CELLS] = at as u32;
                k = map.run(slot, k);
                run = map.runs[k];
                at = end[run.cell as usize % MOST_CELLS] as usize;
                within = slot - run.first;
            }
            if at.is_multiple_of(PIECE) {
                at = Self::begin(used, &mut pieces[run.cell as usize]);
            }
            store[at] = hold(run.local + within, synapse);
            at += 1;
        }
        end[run.cell as usize % MOST_CELLS] = at as u32;
    }

    /// Length of the list of a cell.
    fn len(&self, cell: usize) -> usize {
        let within = self.end[cell] as usize % PIECE;
        match self.pieces[cell].len() {
            0 => 0,
            n if within == 0 => n * PIECE,
            n => (n - 1) * PIECE + within,
        }
    }

    /// What follows is of later ticks than `tick`.
    fn close(&mut self, tick: u64) {
        if self.used == 0 {
            return;
        }
        for cell in 0..self.ticks.len() {
            let len = self.len(cell) as u32;
            let ticks = &mut self.ticks[cell];
            if len > ticks.last().map_or(0, |t| t.1) {
                ticks.push((tick, len));
            }
        }
    }

    /// The first tick for which the list of a cell has anything left.
    fn next(&self, cell: usize) -> Option<u64> {
        Some(self.ticks[cell].get(self.at[cell].0)?.0)
    }

    /// How much is due at a tick, nothing before which is left.
    fn due(&self, cell: usize, tick: u64) -> usize {
        let (next, from) = self.at[cell];
        match self.ticks[cell].get(next) {
            Some(&(t, to)) if t == tick => (to - from) as usize,
            _ => 0,
        }
    }

    /// Calls `f` with what is due at a tick, part by part.
    #[inline(always)]
    fn take(&mut self, cell: usize, tick: u64, mut f: impl FnMut(&[T])) {
        let mut left = self.due(cell, tick);
        if left == 0 {
            return;
        }
        let (next, taken) = &mut self.at[cell];
        let mut from = *taken as usize;
        *taken += left as u32;
        *next += 1;
        while left > 0 {
            let (piece, within) = (from / PIECE, from % PIECE);
            let n = left.min(PIECE - within);
            let first = self.pieces[cell][piece] as usize + within;
            f(&self.store[first..first + n]);
            (from, left) = (from + n, left - n);
        }
    }

    fn clear(&mut self) {
        if self.used == 0 {
            return;
        }
        self.used = 0;
        self.end.fill(0);
        self.pieces.iter_mut().for_each(Vec::clear);
        self.ticks.iter_mut().for_each(Vec::clear);
        self.at.fill((0, 0));
    }
}

/// Places among the lists of words.
const COUNTS16: usize = 0;
const COUNTS32: usize = 1;
const PACKED: usize = 2;

/// What a window brings to each cell.
#[derive(Debug)]
pub struct Dealt {
    pub maps: Maps,
    /// Of counts of 16 and of 32 bits, then of packed synapses of both groups.
    words: [Lists<u32>; 4],
    short: Lists<Short>,
    long: Lists<Long>,
}

/// Where the slots of each kind lie in the cells.
#[derive(Debug)]
pub struct Maps {
    pub counts16: Map,
    pub counts32: Map,
    pub fixed: [Map; 2],
    pub sums: Map,
}

impl Dealt {
    /// For so many cells. `cell_of`: the cell of a block of neurons, by the number under which it reserved slots. These
    /// become those of a single cell. They must suit.
    pub fn new<R: Real>(
        slots: &mut Accumulators<R>,
        cells: usize,
        cell_of: impl Fn(usize) -> usize,
    ) -> Self {
        let [even, odd] = &mut slots.fixed;
        Self {
            maps: Maps {
                counts16: Map::cut(&mut slots.counts16, cells, &cell_of),
                counts32: Map::cut(&mut slots.counts32, cells, &cell_of),
                fixed: [
                    Map::cut(even, cells, &cell_of),
                    Map::cut(odd, cells, &cell_of),
                ],
                sums: Map::cut(&mut slots.sums, cells, &cell_of),
            },
            words: std::array::from_fn(|_| Lists::new(cells)),
            short: Lists::new(cells),
            long: Lists::new(cells),
        }
    }

    /// Makes the accumulators those of a cell; the same again when it is left.
    pub fn swap<R: Real>(&mut self, cell: usize, slots: &mut Accumulators<R>) {
        let maps = &mut self.maps;
        maps.counts16.swap(cell, &mut slots.counts16);
        maps.counts32.swap(cell, &mut slots.counts32);
        for (map, slots) in maps.fixed.iter_mut().zip(&mut slots.fixed) {
            map.swap(cell, slots);
        }
        maps.sums.swap(cell, &mut slots.sums);
    }

    /// Can what these tables hold be dealt to so many cells? All weights of a sum must stand in one list.
    pub fn suits<R: Real>(
        tables: &[Table],
        slots: &mut Accumulators<R>,
        cells: usize,
        cell_of: impl Fn(usize) -> usize,
    ) -> bool {
        let any = |f: fn(&Codec) -> bool| tables.iter().any(|t| f(&t.codec));
        let whole = any(|c| matches!(c, Codec::Bitmap(_) | Codec::Procedural(_)));
        let mixed = any(|c| matches!(c, Codec::F32(_))) && any(|c| matches!(c, Codec::F64(_)));
        !whole
            && !mixed
            && Map::fits(&mut slots.counts16, cells, &cell_of)
            && Map::fits(&mut slots.counts32, cells, &cell_of)
            && (slots.fixed.iter_mut()).all(|s| Map::fits(s, cells, &cell_of))
            && Map::fits(&mut slots.sums, cells, &cell_of)
    }

    /// Deals `len` synapses of a table from `start` on.
    #[inline]
    pub fn deal(&mut self, table: &Table, start: u64, len: u32, block: u16) {
        let span = start as usize..start as usize + len as usize;
        let base = u32::from(block) * NARROW as u32;
        let narrow = |slot: &u16| base + u32::from(*slot);
        let plain = |slot| (slot, ());
        let alone = |slot, ()| slot;
        let short = |slot, weight| Short { slot, weight };
        let long = |slot, weight| {
            let unused = 0;
            Long {
                slot,
                unused,
                weight,
            }
        };
        let maps = &self.maps;
        match (&table.codec, &table.targets) {
            (Codec::Count16, Targets::Within(t)) => {
                let slots = t[span].iter().map(narrow);
                self.words[COUNTS16].deal(&maps.counts16, slots.map(plain), alone);
            }
            (Codec::Count16, Targets::Wide(t)) => {
                let slots = t[span].iter().copied();
                self.words[COUNTS16].deal(&maps.counts16, slots.map(plain), alone);
            }
            (Codec::Count32, Targets::Within(t)) => {
                let slots = t[span].iter().map(narrow);
                self.words[COUNTS32].deal(&maps.counts32, slots.map(plain), alone);
            }
            (Codec::Count32, Targets::Wide(t)) => {
                let slots = t[span].iter().copied();
                self.words[COUNTS32].deal(&maps.counts32, slots.map(plain), alone);
            }
            (Codec::F32(w), Targets::Within(t)) => {
                let synapses = t[span.clone()]
                    .iter()
                    .map(narrow)
                    .zip(w[span].iter().copied());
                self.short.deal(&maps.sums, synapses, short);
            }
            (Codec::F32(w), Targets::Wide(t)) => {
                let slots = t[span.clone()].iter().copied();
                let synapses = slots.zip(w[span].iter().copied());
                self.short.deal(&maps.sums, synapses, short);
            }
            (Codec::F64(w), Targets::Within(t)) => {
                let synapses = t[span.clone()]
                    .iter()
                    .map(narrow)
                    .zip(w[span].iter().copied());
                self.long.deal(&maps.sums, synapses, long);
            }
            (Codec::F64(w), Targets::Wide(t)) => {
                let slots = t[span.clone()].iter().copied();
                let synapses = slots.zip(w[span].iter().copied());
                self.long.deal(&maps.sums, synapses, long);
            }
            (Codec::Packed(group), Targets::Packed { words, bits }) => {
                let mask = (1 << bits) - 1;
                let words = words[span].iter().map(|&word| (word & mask, word & !mask));
                self.words[PACKED + group]
                    .deal(&maps.fixed[*group], words, |slot, word| word | slot);
            }
            // See `suits`; and words are packed for that codec and for no other.
            (Codec::Packed(_) | Codec::Bitmap(_) | Codec::Procedural(_), _)
            | (_, Targets::Packed { .. }) => {}
        }
    }

    /// What follows is of later ticks than `tick`.
    pub fn close(&mut self, tick: u64) {
        self.words.iter_mut().for_each(|lists| lists.close(tick));
        self.short.close(tick);
        self.long.close(tick);
    }

    /// The first tick for which a cell has input left.
    #[inline]
    pub fn next(&self, cell: usize) -> Option<u64> {
        let words = self.words.iter().filter_map(|lists| lists.next(cell));
        words
            .chain(self.short.next(cell))
            .chain(self.long.next(cell))
            .min()
    }

    /// Synapses whose input comes to a cell at a tick.
    pub fn due(&self, cell: usize, tick: u64) -> usize {
        let words = self.words.iter().map(|lists| lists.due(cell, tick));
        words.sum::<usize>() + self.short.due(cell, tick) + self.long.due(cell, tick)
    }

    /// Synapses whose input comes to a cell in the window.
    pub fn in_window(&self, cell: usize) -> usize {
        let words = self.words.iter().map(|lists| lists.len(cell));
        words.sum::<usize>() + self.short.len(cell) + self.long.len(cell)
    }

    /// Adds what is due to the accumulators. `bits`: of the slots of packed words. `MARK`: see `Table::deliver`.
    pub fn add<R: Real, const MARK: bool>(
        &mut self,
        cell: usize,
        tick: u64,
        bits: [u32; 2],
        to: &mut Accumulators<R>,
    ) {
        let slot = |s: &u32| *s;
        let [counts16, counts32, packed @ ..] = &mut self.words;
        counts16.take(cell, tick, |part| {
            add::<_, _, MARK>(part, &mut to.counts16, slot, |_, c| *c += 1);
        });
        counts32.take(cell, tick, |part| {
            add::<_, _, MARK>(part, &mut to.counts32, slot, |_, c| *c += 1);
        });
        for ((words, bits), sums) in packed.iter_mut().zip(bits).zip(&mut to.fixed) {
            let mask = (1u32 << bits) - 1;
            words.take(cell, tick, |part| {
                // The sums cannot overflow: see `network::fixed`.
                add::<_, _, MARK>(
                    part,
                    sums,
                    |word| word & mask,
                    |word, sum| *sum = sum.wrapping_add(*word as i32 >> bits),
                );
            });
        }
        let weight = |s: &Short| R::of(f64::from(s.weight));
        self.short.take(cell, tick, |part| {
            add::<_, _, MARK>(part, &mut to.sums, |s| s.slot, |s, sum| *sum += weight(s));
        });
        self.long.take(cell, tick, |part| {
            add::<_, _, MARK>(
                part,
                &mut to.sums,
                |s| s.slot,
                |s, sum| *sum += R::of(s.weight),
            );
        });
    }

    /// Empties all lists.
    pub fn clear(&mut self) {
        self.words.iter_mut().for_each(Lists::clear);
        self.short.clear();
        self.long.clear();
    }
}

/// Adds synapses to their slots.
#[inline(always)]
fn add<S, T: Pod + Default + PartialEq, const MARK: bool>(
    synapses: &[S],
    slots: &mut Slots<T>,
    slot: impl Fn(&S) -> u32,
    add: impl Fn(&S, &mut T),
) {
    if MARK {
        let (values, mut log) = slots.with_log(synapses.len());
        for synapse in synapses {
            let slot = slot(synapse);
            let value = &mut values[slot as usize];
            log.note(slot, *value == T::default());
            add(synapse, value);
        }
        return;
    }
    let values: &mut [T] = &mut slots.values;
    for synapse in synapses {
        add(synapse, &mut values[slot(synapse) as usize]);
    }
}
