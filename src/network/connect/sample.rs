//! Drawing k of n without repetition.

use crate::rng::Stream;
use crate::rng::numbered::Run;

/// A set of numbers below n that is emptied at once.
#[derive(Debug)]
pub struct Chosen {
    /// Of each number, the round in which it was added last. Bytes would do as well, but would have to be set back
    /// so often that a few synapses each of millions of neurons would cost more than all else.
    rounds: Vec<u16>,
    /// The round at hand, never 0.
    round: u16,
}

impl Chosen {
    pub fn new(n: u32) -> Self {
        Self {
            rounds: vec![0; n as usize],
            round: 1,
        }
    }

    /// Adds `i`; false if it is there already.
    #[inline(always)]
    pub fn insert(&mut self, i: u32) -> bool {
        std::mem::replace(&mut self.rounds[i as usize], self.round) != self.round
    }

    #[inline(always)]
    pub fn contains(&self, i: u32) -> bool {
        self.rounds[i as usize] == self.round
    }

    /// Takes `i` out, if it is there.
    pub fn remove(&mut self, i: u32) {
        self.rounds[i as usize] = 0;
    }

    #[inline]
    pub fn clear(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.rounds.fill(0);
            self.round = 1;
        }
    }
}

/// `k` different numbers below `n`, none of them `without`, in `out`. Rejection while at most half of
/// the numbers are wanted; else the unwanted ones are drawn. `chosen`: scratch.
pub fn distinct(
    stream: &mut Stream<Run>,
    chosen: &mut Chosen,
    n: u32,
    k: u32,
    without: Option<u32>,
    out: &mut Vec<u32>,
) {
    chosen.clear();
    if let Some(w) = without {
        chosen.insert(w);
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
            kept += usize::from(chosen.insert(c));
        }
    }
    if k > free / 2 {
        out.clear();
        out.extend((0..n).filter(|&i| !chosen.contains(i)));
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
    fn samples_of_any_share_are_different_numbers_whatever_was_chosen_before() {
        let mut chosen = Chosen::new(1000);
        for n in [1u32, 63, 64, 65, 128, 1000] {
            for k in [0, 1, n / 3, n / 2, n / 2 + 1, n - 1, n, n + 5] {
                let mut s = Numbered::new(2, Domain::Connectivity, u64::from(n)).unit(u64::from(k));
                let mut got = vec![7; 3];
                distinct(&mut s, &mut chosen, n, k, None, &mut got);
                assert_eq!(got.len() as u32, k.min(n));
                got.sort_unstable();
                assert!(got.windows(2).all(|w| w[0] < w[1]) && got.iter().all(|&i| i < n));
            }
        }
    }

    #[test]
    fn a_set_that_is_emptied_again_and_again_holds_what_was_added_since() {
        let mut chosen = Chosen::new(3);
        for _ in 0..70_000 {
            assert!(!(0..3).any(|i| chosen.contains(i)));
            assert!(chosen.insert(1) && chosen.insert(2) && !chosen.insert(1));
            chosen.remove(2);
            assert!(chosen.contains(1) && !chosen.contains(2));
            chosen.clear();
        }
    }
}
