//! The meeting of shards after every window, in every order in which threads may go: the barrier and the
//! outboxes of the engine, compiled with the types of a model checker (loom), which also lets loads see what the
//! memory model allows them to see. The loop is that of `engine/run.rs`, with numbers for spikes.

/// In place of `engine/sync.rs`.
mod sync {
    pub use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    pub use loom::sync::{Condvar, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub use loom::thread::yield_now;
    pub use std::sync::PoisonError;

    /// A round before sleep is as good as thousands.
    pub const SPIN: u32 = 1;
    pub const YIELD: u32 = 1;
    pub const PATIENCE: u32 = 0;

    /// A checker goes on with the same thread unless this one gives way.
    pub fn spin_loop() {
        yield_now();
    }

    pub fn cores() -> Option<usize> {
        None
    }
}

#[path = "../src/engine/barrier.rs"]
mod barrier;
#[path = "../src/engine/outboxes.rs"]
mod outboxes;

use std::panic::{AssertUnwindSafe, catch_unwind};

use barrier::{Barrier, Poisoned};
use loom::sync::Arc;
use outboxes::{Outboxes, read};

/// What every shard sees of every window.
type Seen = Vec<Vec<u64>>;

/// What may be broken, to show that the model would find it.
#[derive(Clone, Copy, PartialEq)]
enum Schedule {
    Right,
    /// One list where two are needed.
    SingleBuffer,
    /// Lists are read before everybody has written.
    NoBarrier,
}

/// A shard: fills its list of each window, meets the others, reads all lists.
fn work(
    me: usize,
    windows: usize,
    schedule: Schedule,
    outboxes: &Outboxes<Vec<u64>>,
    barrier: &Barrier,
) -> Result<Seen, Poisoned> {
    let mut parity = 0;
    let mut seen = Vec::new();
    for w in 0..windows {
        {
            let mut out = outboxes.write(parity, me);
            out.clear();
            out.push(10 * w as u64 + me as u64);
        }
        if schedule != Schedule::NoBarrier {
            barrier.wait()?;
        }
        let lists = outboxes.of(parity).iter();
        seen.push(lists.flat_map(|b| read(b).clone()).collect());
        if schedule != Schedule::SingleBuffer {
            parity ^= 1;
        }
    }
    Ok(seen)
}

/// All interleavings with at most so many switches that nobody asked for.
fn explore(shards: usize, windows: usize, preemptions: usize, schedule: Schedule) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(move || {
        let outboxes = Arc::new(Outboxes::<Vec<u64>>::new(shards));
        let barrier = Arc::new(Barrier::new(shards));
        let threads: Vec<_> = (1..shards)
            .map(|me| {
                let (outboxes, barrier) = (outboxes.clone(), barrier.clone());
                loom::thread::spawn(move || work(me, windows, schedule, &outboxes, &barrier))
            })
            .collect();
        let mut all = vec![work(0, windows, schedule, &outboxes, &barrier)];
        all.extend(threads.into_iter().map(|t| t.join().unwrap()));
        for seen in all {
            for (w, lists) in seen.unwrap().into_iter().enumerate() {
                let want: Vec<u64> = (0..shards).map(|k| (10 * w + k) as u64).collect();
                assert_eq!(lists, want, "window {w}");
            }
        }
    });
}

#[test]
fn every_shard_reads_the_lists_of_its_window() {
    explore(2, 3, 3, Schedule::Right);
    explore(3, 2, 1, Schedule::Right);
}

/// What the model is worth: each of the two rules, left out, is found.
#[test]
fn a_broken_order_is_found() {
    for schedule in [Schedule::SingleBuffer, Schedule::NoBarrier] {
        let broken = catch_unwind(AssertUnwindSafe(|| explore(2, 3, 3, schedule)));
        assert!(broken.is_err());
    }
}

/// A worker that panics sends the others home, wherever they are: nobody waits for ever.
#[test]
fn nobody_waits_for_one_who_has_failed() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = barrier.clone();
        let waiting = loom::thread::spawn(move || other.wait().and_then(|()| other.wait()));
        let _ = barrier.wait();
        barrier.poison();
        assert_eq!(waiting.join().unwrap(), Err(Poisoned));
    });
}
