//! What shards leave for each other at the end of a window.
//!
//! Double-buffered by the parity of the window: what was written in window w is read after the barrier of w,
//! and written again in w + 2, after the barrier of w + 1, which nobody reaches who has not read it. With one
//! buffer a fast shard would write over what a slow one still reads (`tests/window_model.rs` shows both).

use crossbeam::utils::CachePadded;

use super::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// [parity][shard]
#[derive(Debug)]
pub struct Outboxes<T> {
    boxes: [Vec<CachePadded<RwLock<T>>>; 2],
}

/// The outboxes of one window.
pub type Boxes<T> = [CachePadded<RwLock<T>>];

impl<T: Default> Outboxes<T> {
    pub fn new(shards: usize) -> Self {
        let empty = |_| (0..shards).map(|_| CachePadded::new(RwLock::new(T::default())));
        Self {
            boxes: [0, 1].map(|parity| empty(parity).collect()),
        }
    }
}

impl<T> Outboxes<T> {
    /// That of shard `me`, to write into.
    pub fn write(&self, parity: usize, me: usize) -> RwLockWriteGuard<'_, T> {
        self.boxes[parity][me]
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// All of a window, in the order of shards.
    pub fn of(&self, parity: usize) -> &Boxes<T> {
        &self.boxes[parity]
    }
}

/// One of a window, to read.
pub fn read<T>(outbox: &CachePadded<RwLock<T>>) -> RwLockReadGuard<'_, T> {
    outbox.read().unwrap_or_else(PoisonError::into_inner)
}
