//! A flag for each neuron that many threads may set: what is set does not depend on their order.

use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct Flags(Vec<AtomicU64>);

impl Flags {
    pub fn new(n: usize) -> Self {
        Self((0..n.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    pub fn set(&self, i: usize) {
        let (word, bit) = (&self.0[i / 64], 1 << (i % 64));
        // Nearly always it is set already, and reading costs other threads nothing.
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn is_set(&self, i: usize) -> bool {
        self.0[i / 64].load(Ordering::Relaxed) >> (i % 64) & 1 == 1
    }

    pub fn count(&self) -> usize {
        let ones = |w: &AtomicU64| w.load(Ordering::Relaxed).count_ones() as usize;
        self.0.iter().map(ones).sum()
    }

    /// How many of the wanted ones are not set.
    pub fn missing(&self, wanted: &[bool]) -> usize {
        (0..wanted.len())
            .filter(|i| wanted[*i] && !self.is_set(*i))
            .count()
    }
}
