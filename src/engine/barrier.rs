//! Where the shards meet once per window: spin for a moment, then sleep.
//!
//! A worker that panics poisons the barrier, so that the others leave instead of waiting for ever.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

/// Rounds of spinning before a thread goes to sleep: about a few microseconds.
const SPIN: u32 = 4000;
/// With more members than cores, spinning would keep those away who are waited for: rounds of giving
/// up the core instead.
const YIELD: u32 = 50;

/// Someone panicked: nobody will come any more.
#[derive(Debug, PartialEq, Eq)]
pub struct Poisoned;

#[derive(Debug)]
pub struct Barrier {
    members: usize,
    crowded: bool,
    arrived: AtomicUsize,
    round: AtomicU64,
    poisoned: AtomicBool,
    /// How many sleep. The lock keeps a wake-up from falling between the check of `round` and the
    /// sleep; nobody is woken where nobody sleeps, since that is a system call.
    lock: Mutex<usize>,
    wake: Condvar,
}

impl Barrier {
    pub fn new(members: usize) -> Self {
        Self {
            members,
            crowded: std::thread::available_parallelism().is_ok_and(|cores| members > cores.get()),
            arrived: AtomicUsize::new(0),
            round: AtomicU64::new(0),
            poisoned: AtomicBool::new(false),
            lock: Mutex::new(0),
            wake: Condvar::new(),
        }
    }

    /// Returns when all members have called it. What they wrote before is visible after.
    pub fn wait(&self) -> Result<(), Poisoned> {
        if self.members == 1 {
            return Ok(());
        }
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.members {
            self.arrived.store(0, Ordering::Relaxed);
            let sleeping = self.lock.lock();
            self.round.store(round + 1, Ordering::Release);
            let anyone = sleeping.is_ok_and(|n| *n > 0);
            if anyone {
                self.wake.notify_all();
            }
        } else {
            let mut spins = 0;
            while self.round.load(Ordering::Acquire) == round {
                if self.poisoned.load(Ordering::Acquire) {
                    return Err(Poisoned);
                }
                if self.crowded && spins < YIELD {
                    spins += 1;
                    std::thread::yield_now();
                    continue;
                }
                if !self.crowded && spins < SPIN {
                    spins += 1;
                    std::hint::spin_loop();
                    continue;
                }
                let Ok(mut sleeping) = self.lock.lock() else {
                    return Err(Poisoned);
                };
                if self.round.load(Ordering::Acquire) == round
                    && !self.poisoned.load(Ordering::Acquire)
                {
                    *sleeping += 1;
                    match self.wake.wait(sleeping) {
                        Ok(mut sleeping) => *sleeping -= 1,
                        Err(_) => return Err(Poisoned),
                    }
                }
            }
        }
        if self.poisoned.load(Ordering::Acquire) {
            Err(Poisoned)
        } else {
            Ok(())
        }
    }

    /// Sends everybody home.
    pub fn poison(&self) {
        self.poisoned.store(true, Ordering::Release);
        drop(self.lock.lock());
        self.wake.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_passes_before_all_have_arrived() {
        let barrier = Barrier::new(3);
        let count = AtomicUsize::new(0);
        std::thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    for round in 1..=500 {
                        count.fetch_add(1, Ordering::SeqCst);
                        barrier.wait().unwrap();
                        assert_eq!(count.load(Ordering::SeqCst), 3 * round);
                        barrier.wait().unwrap();
                    }
                });
            }
        });
    }

    #[test]
    fn a_poisoned_barrier_lets_sleepers_go() {
        let barrier = Barrier::new(2);
        std::thread::scope(|s| {
            let waiting = s.spawn(|| barrier.wait());
            std::thread::sleep(std::time::Duration::from_millis(20));
            barrier.poison();
            assert_eq!(waiting.join().unwrap(), Err(Poisoned));
        });
    }
}
