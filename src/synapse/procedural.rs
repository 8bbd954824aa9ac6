//! Rows that are not held: they are made anew at each spike, from the random numbers that they were
//! first made from (Knight & Nowotny 2021, Nat. Comput. Sci. 1:136). No bytes per synapse, for networks
//! larger than memory.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Makes the rows of one statement with one weight.
pub trait MakeRow: Send {
    /// Adds the slot of every synapse of `source` (a global id) that this shard has.
    fn row(&mut self, source: u32, slots: &mut Vec<u32>);
}

/// Rows of a statement of which nothing is held.
pub struct ProceduralRows {
    /// For 32-bit counts, else 16-bit ones.
    pub wide: bool,
    /// Behind a lock for those who only look; delivery owns it.
    maker: Mutex<Box<dyn MakeRow>>,
}

impl fmt::Debug for ProceduralRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProceduralRows")
            .field("wide", &self.wide)
            .finish_non_exhaustive()
    }
}

impl ProceduralRows {
    pub fn new(wide: bool, maker: Box<dyn MakeRow>) -> Self {
        Self {
            wide,
            maker: Mutex::new(maker),
        }
    }

    /// Writes the slots of a source's synapses to `slots`.
    #[inline]
    pub fn row(&mut self, source: u32, slots: &mut Vec<u32>) {
        slots.clear();
        let maker = self.maker.get_mut();
        maker
            .unwrap_or_else(PoisonError::into_inner)
            .row(source, slots);
    }

    /// Calls `f` with the slot of every synapse of a source.
    pub fn each_slot(&self, source: u32, f: impl FnMut(usize)) {
        let mut slots = Vec::new();
        let maker = self.maker.lock();
        maker
            .unwrap_or_else(PoisonError::into_inner)
            .row(source, &mut slots);
        slots.into_iter().map(|s| s as usize).for_each(f);
    }
}
