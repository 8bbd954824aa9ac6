//! The time-ordered queue of spikes in flight.
//!
//! An entry is one delay segment of one spike's row. Entries are pushed in the order (emission
//! tick, source id), and the entries of a tick come out in the order of pushing: so the addends of
//! a target arrive in an order that does not depend on how the network is cut into shards.
//!
//! Two forms of one queue: a wheel of ticks, and, where the longest delay has so many ticks that
//! slots would be mostly empty, a wheel of time spans each of which is sorted when it opens.

use crate::prefetch::prefetch;

/// A segment on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// First synapse in the table.
    pub start: u64,
    pub len: u32,
    pub table: u16,
    /// Of slots (`Rows`).
    pub block: u16,
}

/// Longest delay in ticks up to which every tick gets a slot.
pub const MAX_TICK_SLOTS: u64 = 1 << 14;

#[derive(Debug)]
pub enum Wheel {
    Ticks(TickWheel),
    Spans(SpanWheel),
}

impl Wheel {
    /// A wheel for delays of up to `max_delay` ticks.
    pub fn new(max_delay: u64) -> Self {
        if max_delay <= MAX_TICK_SLOTS {
            Self::Ticks(TickWheel::new(max_delay))
        } else {
            Self::Spans(SpanWheel::new(max_delay))
        }
    }

    /// Adds an entry due at `tick`, which is not before any tick already taken.
    #[inline(always)]
    pub fn push(&mut self, tick: u64, entry: Entry) {
        match self {
            Self::Ticks(w) => w.push(tick, entry),
            Self::Spans(w) => w.push(tick, entry),
        }
    }

    /// The first tick >= `from` with an entry. Nothing before `from` may be left.
    #[inline]
    pub fn next(&mut self, from: u64) -> Option<u64> {
        match self {
            Self::Ticks(w) => w.next(from),
            Self::Spans(w) => w.next(from),
        }
    }

    /// Moves the entries due at `tick` to `out` (which is emptied first).
    #[inline]
    pub fn take(&mut self, tick: u64, out: &mut Vec<Entry>) {
        match self {
            Self::Ticks(w) => w.take(tick, out),
            Self::Spans(w) => w.take(tick, out),
        }
    }

    /// The entries due at `tick`, as far as that is known without work.
    #[inline]
    pub fn waiting(&self, tick: u64) -> &[Entry] {
        match self {
            Self::Ticks(w) => &w.slots[(tick & w.mask) as usize],
            Self::Spans(_) => &[],
        }
    }

    /// Begins to bring the places near to which `spikes` rows are about to be pushed.
    #[inline]
    pub fn announce(&self, spikes: usize) {
        match self {
            Self::Ticks(w) => w.announce(spikes),
            Self::Spans(_) => {}
        }
    }

    /// Entries waiting.
    pub fn len(&self) -> usize {
        match self {
            Self::Ticks(w) => w.len,
            Self::Spans(w) => w.len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Entries of a wheel that do not stay in the first-level cache.
const FAR: usize = 4096;
/// Slots of a wheel whose ends are asked for, and lines of each, before spikes are pushed.
const MOST_ANNOUNCED: usize = 512;
const LINES: usize = 8;

/// Which slots of a wheel hold anything: silence is skipped 64 slots at a time.
#[derive(Debug)]
struct Occupied {
    words: Vec<u64>,
    mask: u64,
}

impl Occupied {
    /// `slots` is a power of two of at least 64.
    fn new(slots: u64) -> Self {
        Self {
            words: vec![0; (slots / 64) as usize],
            mask: slots - 1,
        }
    }

    #[inline(always)]
    fn set(&mut self, slot: usize) {
        self.words[slot >> 6] |= 1 << (slot & 63);
    }

    #[inline(always)]
    fn clear(&mut self, slot: usize) -> bool {
        let bit = 1u64 << (slot & 63);
        let was = self.words[slot >> 6] & bit != 0;
        self.words[slot >> 6] &= !bit;
        was
    }

    /// The first number >= `from` whose slot is in use, going once round the wheel.
    fn next(&self, from: u64) -> Option<u64> {
        let first = (from & self.mask) as usize;
        let n = self.words.len();
        // The word of `from` is looked at twice: its upper part first, its lower part last.
        for k in 0..=n {
            let w = ((first >> 6) + k) % n;
            let mut bits = self.words[w];
            if k == 0 {
                bits &= u64::MAX << (first & 63);
            } else if k == n {
                bits &= !(u64::MAX << (first & 63));
            }
            if bits != 0 {
                let slot = ((w << 6) + bits.trailing_zeros() as usize) as u64;
                return Some(from + (slot.wrapping_sub(from) & self.mask));
            }
        }
        None
    }
}

/// One slot per tick.
#[derive(Debug)]
pub struct TickWheel {
    slots: Vec<Vec<Entry>>,
    occupied: Occupied,
    mask: u64,
    len: usize,
}

impl TickWheel {
    fn new(max_delay: u64) -> Self {
        let n = (max_delay + 1).next_power_of_two().max(64);
        Self {
            slots: (0..n).map(|_| Vec::new()).collect(),
            occupied: Occupied::new(n),
            mask: n - 1,
            len: 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, tick: u64, entry: Entry) {
        let slot = (tick & self.mask) as usize;
        self.slots[slot].push(entry);
        self.occupied.set(slot);
        self.len += 1;
    }

    /// Where many entries wait, the ends of slots have left the near cache since they were last written to.
    fn announce(&self, spikes: usize) {
        const PER_LINE: usize = 64 / size_of::<Entry>();
        if self.len < FAR || self.slots.len() > MOST_ANNOUNCED {
            return;
        }
        let lines = (spikes / PER_LINE).min(LINES);
        for slot in self.slots.iter().filter(|s| !s.is_empty()) {
            (0..=lines).for_each(|k| prefetch(slot, slot.len() + k * PER_LINE));
        }
    }

    fn next(&self, from: u64) -> Option<u64> {
        if self.len == 0 {
            return None;
        }
        self.occupied.next(from)
    }

    #[inline]
    fn take(&mut self, tick: u64, out: &mut Vec<Entry>) {
        out.clear();
        let slot = (tick & self.mask) as usize;
        if self.occupied.clear(slot) {
            // Swapping keeps both allocations alive: nothing is allocated once they have grown.
            std::mem::swap(out, &mut self.slots[slot]);
            self.len -= out.len();
        }
    }
}

/// One slot per span of ticks; the entries of a span are sorted by tick when it is reached.
#[derive(Debug)]
pub struct SpanWheel {
    slots: Vec<Vec<(u64, Entry)>>,
    occupied: Occupied,
    mask: u64,
    /// log2 of the ticks of a span.
    shift: u32,
    /// The open span; its entries are in `sorted`, those before `at` have been taken.
    open: Option<u64>,
    sorted: Vec<(u64, Entry)>,
    at: usize,
    /// `sorted` has got entries since it was sorted.
    dirty: bool,
    len: usize,
}

impl SpanWheel {
    const SLOTS: u64 = 1 << 12;

    fn new(max_delay: u64) -> Self {
        // All of max_delay lies within fewer than SLOTS spans.
        let span = (max_delay / (Self::SLOTS / 2)).next_power_of_two();
        Self {
            slots: (0..Self::SLOTS).map(|_| Vec::new()).collect(),
            occupied: Occupied::new(Self::SLOTS),
            mask: Self::SLOTS - 1,
            shift: span.trailing_zeros(),
            open: None,
            sorted: Vec::new(),
            at: 0,
            dirty: false,
            len: 0,
        }
    }

    /// Not a part of the loop over segments, which is then small enough to be one with the other wheel's.
    #[inline(never)]
    fn push(&mut self, tick: u64, entry: Entry) {
        self.len += 1;
        let span = tick >> self.shift;
        match self.open {
            Some(open) if open == span => {
                self.sorted.push((tick, entry));
                self.dirty = true;
                return;
            }
            // `next` looked ahead to a later span: it must wait again.
            Some(open) if open > span => self.close(open),
            _ => {}
        }
        let slot = (span & self.mask) as usize;
        self.slots[slot].push((tick, entry));
        self.occupied.set(slot);
    }

    /// Puts what is left of the open span back. Entries of one tick keep their order.
    fn close(&mut self, open: u64) {
        let slot = (open & self.mask) as usize;
        self.slots[slot].extend(self.sorted.drain(..).skip(self.at));
        if !self.slots[slot].is_empty() {
            self.occupied.set(slot);
        }
        self.open = None;
        self.at = 0;
        self.dirty = false;
    }

    fn next(&mut self, from: u64) -> Option<u64> {
        if self.len == 0 {
            return None;
        }
        if self.at == self.sorted.len() {
            let span = self.occupied.next(from >> self.shift)?;
            let slot = (span & self.mask) as usize;
            self.occupied.clear(slot);
            self.sorted.clear();
            std::mem::swap(&mut self.slots[slot], &mut self.sorted);
            self.open = Some(span);
            self.at = 0;
            self.dirty = true;
        }
        if self.dirty {
            // Stable: entries of one tick stay in the order of pushing.
            self.sorted[self.at..].sort_by_key(|e| e.0);
            self.dirty = false;
        }
        Some(self.sorted[self.at].0)
    }

    fn take(&mut self, tick: u64, out: &mut Vec<Entry>) {
        out.clear();
        if self.next(tick) != Some(tick) {
            return;
        }
        while let Some(&(t, entry)) = self.sorted.get(self.at)
            && t == tick
        {
            out.push(entry);
            self.at += 1;
        }
        self.len -= out.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(n: u64) -> Entry {
        Entry {
            start: n,
            len: 0,
            table: 0,
            block: 0,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        /// Against a sorted list: same ticks, and within a tick the order of pushing.
        #[test]
        fn both_wheels_give_entries_in_time_order_and_ties_in_the_order_of_pushing(
            spans in any::<bool>(),
            max_delay in 1u64..300,
            rounds in prop::collection::vec((0u64..40, prop::collection::vec(1u64..300, 0..20)), 1..60),
        ) {
            let scale = if spans { 1 << 20 } else { 1 };
            let max_delay = max_delay * scale;
            let mut wheel = Wheel::new(max_delay);
            prop_assert_eq!(matches!(wheel, Wheel::Spans(_)), spans);
            let mut twin: Vec<(u64, u64)> = Vec::new();
            let (mut now, mut n) = (0u64, 0u64);
            let mut got = Vec::new();
            for (advance, delays) in rounds {
                for d in delays {
                    let tick = now + (d * scale + n % 3).clamp(1, max_delay);
                    wheel.push(tick, entry(n));
                    twin.push((tick, n));
                    n += 1;
                }
                let end = now + advance * scale.min(1000);
                twin.sort();
                let mut t = now + 1;
                while let Some(due) = wheel.next(t) {
                    prop_assert_eq!(due, twin[0].0);
                    if due > end { break; }
                    wheel.take(due, &mut got);
                    for e in &got {
                        prop_assert_eq!((due, e.start), twin.remove(0));
                    }
                    t = due + 1;
                }
                prop_assert_eq!(wheel.len(), twin.len());
                now = end.max(now);
            }
        }
    }
}
