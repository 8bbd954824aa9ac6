//! Refractory neurons of a swept population. Their potential is no number meanwhile: nothing that a tick does to all
//! potentials makes it one again, and it is at no threshold. So the loop over neurons asks nobody whether it is
//! refractory; who has waited long enough is put back before the loop, at the first tick after.

use crate::lines::Lines;

use super::real::{Real, is_none};

/// Neurons that are looked through together for those to be put back.
const GROUP: usize = 64;

/// What is known of them besides their last refractory tick.
#[derive(Debug)]
pub(super) struct Halted<R> {
    /// Of each group, the next tick at which one of its neurons is put back.
    next: Vec<u64>,
    /// V at which they stand and go on.
    v: Lines<R>,
}

impl<R: Real> Halted<R> {
    /// Nobody of `n` neurons.
    pub(super) fn nobody(n: usize) -> Self {
        Self {
            next: vec![u64::MAX; n.div_ceil(GROUP)],
            v: Lines::zeroed(n),
        }
    }

    /// Neuron `i` stands where it is until the end of tick `until`.
    #[inline]
    pub(super) fn stop(&mut self, i: usize, v: &mut R, until: u64) {
        self.v[i] = *v;
        *v = R::of(f64::NAN);
        let next = &mut self.next[i / GROUP];
        *next = (*next).min(until + 1);
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

    /// Puts those of the neurons `lo .. hi` back whose first tick is `t`; for all neurons once a tick. `until` has their
    /// last refractory ticks, `v` their potentials.
    #[inline]
    pub(super) fn put_back(&mut self, t: u64, lo: usize, hi: usize, until: &[u64], v: &mut [R]) {
        for group in lo / GROUP..hi.div_ceil(GROUP) {
            if self.next[group] <= t {
                self.put_back_of(group, t, until, v);
            }
        }
    }

    #[inline(never)]
    fn put_back_of(&mut self, group: usize, t: u64, until: &[u64], v: &mut [R]) {
        let span = group * GROUP..((group + 1) * GROUP).min(v.len());
        let neurons = v[span.clone()].iter_mut().zip(&until[span.clone()]);
        let mut next = u64::MAX;
        for ((v, &until), &stood) in neurons.zip(&self.v[span]) {
            if is_none(*v) && until + 1 == t {
                *v = stood;
            } else if is_none(*v) && until >= t {
                next = next.min(until + 1);
            }
        }
        self.next[group] = next;
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
                    halted.put_back(t, part.start, part.end, &until, &mut v);
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
