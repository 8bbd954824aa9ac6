//! Where the shards meet once per window: spin for a moment, let others have the core for a while, then sleep.
//!
//! A worker that panics poisons the barrier, so that the others leave instead of waiting for ever.

use super::sync::{
    AtomicBool, AtomicU64, AtomicUsize, Condvar, Mutex, Ordering, PATIENCE, SPIN, YIELD, cores,
    spin_loop, yield_now,
};

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
            crowded: cores().is_some_and(|cores| members > cores),
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
                let (spin, rounds) = if self.crowded {
                    (0, YIELD)
                } else {
                    (SPIN, SPIN + PATIENCE)
                };
                if spins < rounds {
                    spins += 1;
                    if spins <= spin {
                        spin_loop();
                    } else {
                        yield_now();
                    }
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
