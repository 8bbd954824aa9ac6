//! Drawing k of n without repetition.

use crate::rng::Stream;

/// A set of numbers below n that is emptied in time proportional to what it holds.
#[derive(Debug, Default)]
pub struct Chosen {
    bits: Vec<u64>,
    list: Vec<u32>,
}

impl Chosen {
    pub fn new(n: u32) -> Self {
        Self {
            bits: vec![0; (n as usize).div_ceil(64)],
            list: Vec::new(),
        }
    }

    /// Adds `i`; false if it is there already.
    pub fn insert(&mut self, i: u32) -> bool {
        let (word, bit) = (i as usize / 64, 1u64 << (i % 64));
        if self.bits[word] & bit != 0 {
            return false;
        }
        self.bits[word] |= bit;
        self.list.push(i);
        true
    }

    pub fn contains(&self, i: u32) -> bool {
        self.bits[i as usize / 64] & (1u64 << (i % 64)) != 0
    }

    /// Takes `i` out, if it is there.
    pub fn remove(&mut self, i: u32) {
        // The list may go on naming it: it only says which words may hold bits.
        self.bits[i as usize / 64] &= !(1u64 << (i % 64));
    }

    pub fn clear(&mut self) {
        for i in self.list.drain(..) {
            self.bits[i as usize / 64] = 0;
        }
    }
}

/// Calls `f` for `k` different numbers below `n`, none of them `without`. Rejection while at most
/// half of the numbers are wanted; else the unwanted ones are drawn.
pub fn distinct(
    stream: &mut Stream,
    chosen: &mut Chosen,
    n: u32,
    k: u32,
    without: Option<u32>,
    mut f: impl FnMut(u32),
) {
    chosen.clear();
    if let Some(w) = without {
        chosen.insert(w);
    }
    let free = n - u32::from(without.is_some());
    let k = k.min(free);
    if k <= free / 2 {
        let mut left = k;
        while left > 0 {
            let i = stream.below(n);
            if chosen.insert(i) {
                f(i);
                left -= 1;
            }
        }
    } else {
        let mut left = free - k;
        while left > 0 {
            if chosen.insert(stream.below(n)) {
                left -= 1;
            }
        }
        for i in 0..n {
            if !chosen.contains(i) {
                f(i);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;

    #[test]
    fn all_numbers_differ_and_every_number_is_equally_likely() {
        let mut chosen = Chosen::new(20);
        for k in [0, 1, 5, 15, 19] {
            let mut hits = [0u32; 20];
            for unit in 0..4000 {
                let mut s = Stream::new(1, Domain::Connectivity, 0, unit);
                let mut got = Vec::new();
                distinct(&mut s, &mut chosen, 20, k, Some(7), |i| got.push(i));
                assert_eq!(got.len(), k as usize);
                for i in got {
                    hits[i as usize] += 1;
                }
            }
            assert_eq!(hits[7], 0);
            let e = 4000.0 * f64::from(k) / 19.0;
            for (i, &h) in hits.iter().enumerate() {
                assert!(
                    i == 7 || (f64::from(h) - e).abs() <= 5.0 * e.sqrt(),
                    "{k} {i} {h} {e}"
                );
            }
        }
    }
}
