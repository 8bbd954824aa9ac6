//! Accumulators of the current tick.
//!
//! Every place that synaptic input can go in a shard (a receptor channel of a block of neurons, or
//! the counter of a projection with one weight) is a *plane*: a run of slots, one per neuron,
//! starting at a multiple of 64. Synapses hold slot numbers, so one row may serve several
//! populations and channels. Only the current tick is held: delays wait in the queue, not here.

/// 16-bit targets index a block of exactly this many slots, so the index needs no check.
pub const NARROW: usize = 1 << 16;

/// The slots of one kind (weighted sums, 16-bit counts or 32-bit counts) of a shard.
#[derive(Debug, Default)]
pub struct Slots<T> {
    /// Filled by delivery, emptied by the update of the neuron.
    pub values: Vec<T>,
    /// One bit per slot that got input this tick, kept if some population is updated lazily.
    pub(super) bits: Vec<u64>,
    /// Those slots in the order of their first input. Filled by delivery, emptied by `drain`.
    pub(super) touched: Vec<u32>,
    used: usize,
    /// Owner of each group of 64 slots: (block, first slot of the plane).
    owner: Vec<(u32, u32)>,
}

impl<T: Copy + Default> Slots<T> {
    /// Reserves a plane of `n` slots for `block`; returns its first slot.
    pub fn plane(&mut self, block: usize, n: usize) -> usize {
        let base = self.used;
        let words = n.div_ceil(64);
        self.used += words * 64;
        self.owner
            .extend((0..words).map(|_| (block as u32, base as u32)));
        base
    }

    /// Slots in use.
    pub fn len(&self) -> usize {
        self.used
    }

    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Blocks that 16-bit targets reach; at least one.
    pub fn blocks(&self) -> usize {
        self.used.div_ceil(NARROW).max(1)
    }

    /// Places that `seal` allocates.
    pub fn places(&self) -> usize {
        self.blocks() * NARROW
    }

    /// After the last plane: allocates.
    pub fn seal(&mut self) {
        self.seal_to(self.places());
    }

    /// `seal` with this many places, at least those that are used.
    pub fn seal_to(&mut self, len: usize) {
        if self.used == 0 {
            return;
        }
        self.values = vec![T::default(); len];
        self.bits = vec![0; len.div_ceil(64)];
        self.touched = Vec::with_capacity(self.used);
    }

    /// Notes input to `slot`.
    #[inline(always)]
    pub fn touch(&mut self, slot: usize) {
        let bit = 1u64 << (slot & 63);
        let word = &mut self.bits[slot >> 6];
        if *word & bit == 0 {
            *word |= bit;
            self.touched.push(slot as u32);
        }
    }

    /// Calls `f(block, neuron)` for each slot touched since the last time, and forgets them. A
    /// neuron with several touched planes comes several times.
    pub fn drain(&mut self, mut f: impl FnMut(usize, u32)) {
        for &slot in &self.touched {
            let word = slot as usize >> 6;
            self.bits[word] = 0;
            let (block, base) = self.owner[word];
            f(block as usize, slot - base);
        }
        self.touched.clear();
    }

    /// Block and first slot of the plane in which a slot lies.
    pub fn owner(&self, slot: usize) -> (usize, usize) {
        let (block, base) = self.owner[slot >> 6];
        (block as usize, base as usize)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<T>() + self.bits.len() * 8
    }
}
