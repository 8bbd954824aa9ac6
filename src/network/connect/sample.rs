//! Drawing k of n without repetition.

use crate::rng::Stream;
use crate::rng::numbered::Run;

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

    /// Adds `i`, which only `forget` takes out again; false if it is there already.
    #[inline(always)]
    fn fresh(&mut self, i: u32) -> bool {
        let word = &mut self.bits[i as usize / 64];
        let old = *word >> (i % 64) & 1;
        *word |= 1u64 << (i % 64);
        old == 0
    }

    fn forget(&mut self, all: &[u32]) {
        for &i in all {
            self.bits[i as usize / 64] = 0;
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

/// `k` different numbers below `n`, none of them `without`, in `out`. Rejection while at most half of
/// the numbers are wanted; else the unwanted ones are drawn. `chosen` is empty before and after.
pub fn distinct(
    stream: &mut Stream<Run>,
    chosen: &mut Chosen,
    n: u32,
    k: u32,
    without: Option<u32>,
    out: &mut Vec<u32>,
) {
    if let Some(w) = without {
        chosen.fresh(w);
    }
    let free = n - u32::from(without.is_some());
    let k = k.min(free);
    let drawn = k.min(free - k) as usize;
    out.clear();
    out.resize(drawn, 0);
    let mut kept = 0;
    while kept < drawn {
        // As many as are missing; those that are new move up.
        let from = kept;
        stream.fill_below(n, &mut out[from..]);
        for i in from..drawn {
            let c = out[i];
            out[kept] = c;
            kept += usize::from(chosen.fresh(c));
        }
    }
    if k > free / 2 {
        let unwanted = std::mem::take(out);
        out.reserve_exact(k as usize);
        for (first, &word) in (0..).step_by(64).zip(&chosen.bits) {
            let mut left = !word;
            if n - first < 64 {
                left &= (1 << (n - first)) - 1;
            }
            while left != 0 {
                out.push(first + left.trailing_zeros());
                left &= left - 1;
            }
            if n - first <= 64 {
                break;
            }
        }
        chosen.forget(&unwanted);
    } else {
        chosen.forget(out);
    }
    if let Some(w) = without {
        chosen.forget(&[w]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;
    use crate::rng::numbered::Numbered;

    #[test]
    fn all_numbers_differ_and_every_number_is_equally_likely() {
        let mut chosen = Chosen::new(20);
        for k in [0, 1, 5, 15, 19] {
            let mut hits = [0u32; 20];
            for unit in 0..4000 {
                let mut s = Numbered::new(1, Domain::Connectivity, 0).unit(unit);
                let mut got = Vec::new();
                distinct(&mut s, &mut chosen, 20, k, Some(7), &mut got);
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

    #[test]
    fn samples_of_any_share_are_different_numbers_and_leave_nothing_behind() {
        let mut chosen = Chosen::new(1000);
        for n in [1u32, 63, 64, 65, 128, 1000] {
            for k in [0, 1, n / 3, n / 2, n / 2 + 1, n - 1, n, n + 5] {
                let mut s = Numbered::new(2, Domain::Connectivity, u64::from(n)).unit(u64::from(k));
                let mut got = vec![7; 3];
                distinct(&mut s, &mut chosen, n, k, None, &mut got);
                assert_eq!(got.len() as u32, k.min(n));
                got.sort_unstable();
                assert!(got.windows(2).all(|w| w[0] < w[1]) && got.iter().all(|&i| i < n));
                assert!(chosen.bits.iter().all(|&w| w == 0));
            }
        }
    }
}
