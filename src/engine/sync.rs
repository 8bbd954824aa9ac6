//! What the threads of a run synchronise with. `tests/window_model.rs` compiles the barrier and the
//! outboxes with the types of a model checker in this place.

pub use std::hint::spin_loop;
pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub use std::sync::{Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::thread::yield_now;

/// Rounds of spinning before a thread goes to sleep: about a few microseconds.
pub const SPIN: u32 = 4000;
/// With more members than cores, spinning would keep those away who are waited for: rounds of giving
/// up the core instead.
pub const YIELD: u32 = 50;

/// Cores of this machine, if it tells.
pub fn cores() -> Option<usize> {
    std::thread::available_parallelism().ok().map(usize::from)
}
