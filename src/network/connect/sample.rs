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

/// Draws different numbers below a bound.
#[derive(Debug)]
pub struct Distinct {
    chosen: Chosen,
    /// What came out of the stream.
    drawn: Vec<u32>,
    /// Which of it had come before, or is not wanted: places, from the first on. They drop out together at the end;
    /// to move up what follows each of them, while looking through the list that is read, took twice as long.
    repeats: Vec<u32>,
}

impl Distinct {
    /// For numbers below `n`.
    pub fn new(n: u32) -> Self {
        Self {
            chosen: Chosen::new(n),
            drawn: Vec::new(),
            repeats: Vec::new(),
        }
    }

    /// `k` different numbers below `n`, none of them `without`. Rejection while at most half of the numbers
    /// are wanted; else the unwanted ones are drawn.
    pub fn draw(
        &mut self,
        stream: &mut Stream<Run>,
        n: u32,
        k: u32,
        without: Option<u32>,
    ) -> &mut Vec<u32> {
        let Self {
            chosen,
            drawn,
            repeats,
        } = self;
        chosen.clear();
        if let Some(w) = without {
            chosen.insert(w);
        }
        let free = n - u32::from(without.is_some());
        let k = k.min(free);
        let (mut missing, mut found) = (k.min(free - k) as usize, 0);
        drawn.clear();
        while missing > 0 {
            let from = drawn.len();
            drawn.resize(from + missing, 0);
            repeats.resize(drawn.len(), 0);
            stream.fill_below(n, &mut drawn[from..]);
            let before = found;
            let repeats = &mut repeats[..];
            for (i, &c) in (from..).zip(&drawn[from..]) {
                repeats[found] = i as u32;
                found += usize::from(!chosen.insert(c));
            }
            missing = found - before;
        }
        if k > free / 2 {
            drawn.clear();
            drawn.extend((0..n).filter(|&i| !chosen.contains(i)));
        } else {
            drop_out(drawn, &repeats[..found]);
        }
        drawn
    }
}

/// Takes out what stands at these places; all else keeps its order.
fn drop_out(list: &mut Vec<u32>, places: &[u32]) {
    let Some(&first) = places.first() else {
        return;
    };
    let mut to = first as usize;
    let ends = places.iter().skip(1).map(|&end| end as usize);
    for (&place, end) in places.iter().zip(ends.chain([list.len()])) {
        let from = place as usize + 1;
        list.copy_within(from..end, to);
        to += end - from;
    }
    list.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Domain;
    use crate::rng::numbered::Numbered;
    use proptest::prelude::*;

    /// One number after the other, those that were there already refused.
    fn one_by_one(stream: &mut Stream<Run>, n: u32, k: u32, without: Option<u32>) -> Vec<u32> {
        let free = n - u32::from(without.is_some());
        let k = k.min(free);
        let (mut got, wanted) = (Vec::new(), k.min(free - k) as usize);
        while got.len() < wanted {
            let mut c = [0];
            stream.fill_below(n, &mut c);
            if !got.contains(&c[0]) && without != Some(c[0]) {
                got.push(c[0]);
            }
        }
        if k > free / 2 {
            got = (0..n)
                .filter(|i| !got.contains(i) && without != Some(*i))
                .collect();
        }
        got
    }

    proptest! {
        #[test]
        fn drawn_at_once_or_one_by_one_the_numbers_are_the_same(
            draws in prop::collection::vec(
                (1u32..300, 0.0..1.1f64, prop::option::of(any::<prop::sample::Index>())), 1..20,
            ),
        ) {
            let mut distinct = Distinct::new(300);
            for (unit, (n, share, without)) in (0..).zip(draws) {
                let k = (f64::from(n) * share) as u32;
                let without = without.map(|w| w.index(n as usize) as u32);
                let stream = || Numbered::new(3, Domain::Connectivity, 0).unit(unit);
                let got = distinct.draw(&mut stream(), n, k, without);
                prop_assert_eq!(&*got, &one_by_one(&mut stream(), n, k, without));
            }
        }
    }

    #[test]
    fn all_numbers_differ_and_every_number_is_equally_likely() {
        let mut distinct = Distinct::new(20);
        for k in [0, 1, 5, 15, 19] {
            let mut hits = [0u32; 20];
            for unit in 0..4000 {
                let mut s = Numbered::new(1, Domain::Connectivity, 0).unit(unit);
                let got = distinct.draw(&mut s, 20, k, Some(7));
                assert_eq!(got.len(), k as usize);
                for i in got {
                    hits[*i as usize] += 1;
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
        let mut distinct = Distinct::new(1000);
        for n in [1u32, 63, 64, 65, 128, 1000] {
            for k in [0, 1, n / 3, n / 2, n / 2 + 1, n - 1, n, n + 5] {
                let mut s = Numbered::new(2, Domain::Connectivity, u64::from(n)).unit(u64::from(k));
                let got = distinct.draw(&mut s, n, k, None);
                assert_eq!(got.len() as u32, k.min(n));
                got.sort_unstable();
                assert!(got.windows(2).all(|w| w[0] < w[1]) && got.iter().all(|i| *i < n));
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
