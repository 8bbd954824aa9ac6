//! Accumulators of the current tick.
//!
//! Every place that synaptic input can go in a shard (a receptor channel of a block of neurons, or
//! the counter of a projection with one weight) is a *plane*: a run of slots, one per neuron,
//! starting at a multiple of 64. Synapses hold slot numbers, so one row may serve several
//! populations and channels. Only the current tick is held: delays wait in the queue, not here.

use bytemuck::Pod;

use super::column::Column;

/// Slots that are reserved together.
pub(super) const GROUP: usize = 64;

/// 16-bit targets index a block of exactly this many slots, so the index needs no check.
pub const NARROW: usize = 1 << 16;

/// The slots of one kind (weighted sums, 16-bit counts or 32-bit counts) of a shard.
#[derive(Debug, Default)]
pub struct Slots<T: Pod> {
    /// Filled by delivery, emptied by the update of the neuron.
    pub values: Column<T>,
    /// Slots that were empty when they got input, in that order: the first `logged` are those since the
    /// last `forget_log`. Kept if some population is updated lazily. A slot whose sum came back to zero
    /// may stand here twice.
    log: Vec<u32>,
    logged: usize,
    used: usize,
    /// Owner of each group of slots: (block, first slot of the plane).
    owner: Vec<(u32, u32)>,
}

impl<T: Pod> Slots<T> {
    /// Reserves a plane of `n` slots for `block`; returns its first slot.
    pub fn plane(&mut self, block: usize, n: usize) -> usize {
        let base = self.used;
        let groups = n.div_ceil(GROUP);
        self.used += groups * GROUP;
        self.owner
            .extend((0..groups).map(|_| (block as u32, base as u32)));
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
        self.values = Column::busy(len);
        self.log = vec![0; self.used];
    }

    /// Values, and room in the log for `n` more slots: whoever adds to an empty one writes it there.
    #[inline(always)]
    pub(super) fn with_log(&mut self, n: usize) -> (&mut [T], Log<'_>) {
        if self.log.len() < self.logged + n {
            self.log.resize(self.logged + n, 0);
        }
        let log = Log {
            room: &mut self.log[self.logged..self.logged + n],
            at: 0,
            logged: &mut self.logged,
        };
        (&mut self.values, log)
    }

    /// Notes input to `slot`.
    #[inline(always)]
    pub fn touch(&mut self, slot: usize) {
        let (_, mut log) = self.with_log(1);
        log.note(slot as u32, true);
    }

    /// The slots that got input since `forget_log`.
    pub fn logged(&self) -> &[u32] {
        &self.log[..self.logged]
    }

    /// A part of what was in the log when it was forgotten.
    pub fn logged_in(&self, part: std::ops::Range<usize>) -> &[u32] {
        &self.log[part]
    }

    /// What is in the log stays there until it is written over.
    pub fn forget_log(&mut self) {
        self.logged = 0;
    }

    /// Lends the log out; nothing must be delivered before `return_log`.
    pub fn take_log(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.log)
    }

    pub fn return_log(&mut self, log: Vec<u32>) {
        self.log = log;
    }

    /// Block and first slot of the plane in which a slot lies.
    pub fn owner(&self, slot: usize) -> (usize, usize) {
        let (block, base) = self.owner[slot / GROUP];
        (block as usize, base as usize)
    }

    pub(super) fn owners(&mut self) -> &mut Vec<(u32, u32)> {
        &mut self.owner
    }

    /// Goes on with so many slots, which hold nothing.
    pub(super) fn shrink_to(&mut self, n: usize) {
        self.used = n;
        self.values = Column::busy(n);
        self.log = vec![0; n];
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<T>() + self.log.len() * 4
    }
}

/// The part of a log that is being written. What was noted counts when this is dropped.
pub(super) struct Log<'a> {
    room: &'a mut [u32],
    at: usize,
    logged: &'a mut usize,
}

impl Log<'_> {
    /// Notes `slot` if it was `empty`, without a branch.
    #[inline(always)]
    pub fn note(&mut self, slot: u32, empty: bool) {
        self.room[self.at] = slot;
        self.at += usize::from(empty);
    }
}

impl Drop for Log<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.logged += self.at;
    }
}
