//! Refractory neurons of a swept population. Their potential is no number meanwhile: nothing that a tick does to all
//! potentials makes it one again, and it is at no threshold. So the loop over neurons asks nobody whether it is
//! refractory; who has waited long enough is put back before the loop, at the first tick after.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::lines::Lines;

use super::real::{Real, is_none};

/// A neuron and the first tick at which it goes on.
type Back = (u64, u32);

/// What is known of them besides their last refractory tick.
#[derive(Debug)]
pub(super) struct Halted<R> {
    /// Those that come back in the order in which they stopped, as all do whose refractory times are equal.
    in_turn: VecDeque<Back>,
    others: BinaryHeap<Reverse<Back>>,
    /// V at which they stand and go on.
    v: Lines<R>,
}

impl<R: Real> Halted<R> {
    /// Nobody of `n` neurons.
    pub(super) fn nobody(n: usize) -> Self {
        Self {
            in_turn: VecDeque::new(),
            others: BinaryHeap::new(),
            v: Lines::zeroed(n),
        }
    }

    /// Neuron `i` stands where it is until the end of tick `until`.
    #[inline]
    pub(super) fn stop(&mut self, i: usize, v: &mut R, until: u64) {
        self.v[i] = *v;
        *v = R::of(f64::NAN);
        let back = (until + 1, i as u32);
        match self.in_turn.back() {
            Some(last) if last.0 > back.0 => self.others.push(Reverse(back)),
            _ => self.in_turn.push_back(back),
        }
    }

    /// V of neuron `i` after a tick, whose column says `v`. A number that has become none for other reasons stays so.
    #[inline(always)]
    pub(super) fn potential(&self, i: usize, v: R, is_refractory: bool) -> R {
        if is_none(v) && is_refractory {
            self.v[i]
        } else {
            v
        }
    }

    /// Puts those back that go on at tick `t`, in the potentials of all neurons. Before anybody is brought over that
    /// tick.
    #[inline]
    pub(super) fn put_back(&mut self, t: u64, v: &mut [R]) {
        while let Some(&(_, i)) = self.in_turn.front().filter(|back| back.0 <= t) {
            v[i as usize] = self.v[i as usize];
            self.in_turn.pop_front();
        }
        while let Some(&Reverse((_, i))) = self.others.peek().filter(|back| back.0.0 <= t) {
            v[i as usize] = self.v[i as usize];
            self.others.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against asking each neuron at each tick.
        #[test]
        fn neurons_stand_still_for_as_long_as_they_should(
            stops in prop::collection::vec((0usize..150, 1u64..40, 0u64..12), 0..60),
        ) {
            let n = 150;
            let (mut halted, mut until) = (Halted::<f64>::nobody(n), vec![0u64; n]);
            let (mut v, mut plain) = (vec![0.0; n], vec![0.0; n]);
            for t in 1..60 {
                // In two parts, as sweeps of long populations come.
                for part in [0..100, 100..n] {
                    halted.put_back(t, &mut v);
                    for i in part {
                        v[i] = v[i] * 0.5 + 1.0;
                        if t > until[i] {
                            plain[i] = plain[i] * 0.5 + 1.0;
                        }
                    }
                }
                for &(i, at, ticks) in &stops {
                    if at == t && until[i] < t {
                        until[i] = t + ticks;
                        v[i] -= 3.0;
                        plain[i] -= 3.0;
                        if ticks > 0 {
                            halted.stop(i, &mut v[i], until[i]);
                        }
                    }
                }
                for i in 0..n {
                    prop_assert_eq!(halted.potential(i, v[i], until[i] >= t), plain[i]);
                }
            }
        }
    }
}
