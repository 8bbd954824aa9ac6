//! What the threads of a run synchronise with. `tests/window_model.rs` compiles the barrier and the
//! outboxes with the types of a model checker in this place.

pub use std::hint::spin_loop;
pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub use std::sync::{Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::thread::yield_now;

/// Rounds of spinning before a thread lets others have its core: some ten microseconds.
pub const SPIN: u32 = 4000;
/// Rounds of letting others before it goes to sleep: some milliseconds where there are none, as long as a writer
/// of recordings keeps a shard from its core. If the others slept meanwhile, the shard would be moved to their
/// core, away from its cache.
pub const PATIENCE: u32 = 20_000;
/// With more members than cores, spinning would keep those away who are waited for: rounds of giving
/// up the core instead.
pub const YIELD: u32 = 50;

/// Cores of this machine, if it tells.
pub fn cores() -> Option<usize> {
    std::thread::available_parallelism().ok().map(usize::from)
}
