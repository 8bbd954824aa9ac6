//! Spikes of a window in the order of time.
//!
//! A key has the tick in its upper half and the neuron in its lower one (`pick`), so keys in order are spikes in
//! the order of time, those of a tick in that of their neurons. A window has a billion ticks, but few spikes: they
//! are sorted by some leading bits of the time since the first one, lower half before upper half, each half in one
//! go over all keys and without a comparison that nobody could foresee; few keys are then not in their place yet.

use super::pick::{GROUP, pick};

/// Fewer keys than these are sorted as they are.
const FEW: usize = 12;
/// Steps to their places that are spent on a key, on average, before another way is taken.
const STEPS: usize = 8;

/// Working memory.
#[derive(Debug, Default)]
pub struct InTime {
    /// Never cleared: what is beyond the spikes of a window is of no account.
    keys: Vec<u64>,
    halfway: Vec<u64>,
}

impl InTime {
    /// The spikes of neurons that have any of the window's ticks `left`.
    #[inline(always)]
    pub fn order(&mut self, left: &[u32], window: u32, spikes: &mut Vec<u64>) {
        if self.keys.len() < left.len() + GROUP {
            self.keys.resize(left.len() + GROUP, 0);
        }
        let (n, most) = pick(left, window, &mut self.keys);
        spikes.clear();
        if n < FEW {
            spikes.extend_from_slice(&self.keys[..n]);
            put_in_place(spikes, usize::MAX);
        } else {
            spikes.resize(n, 0);
            self.sort(n, window, most, spikes);
        }
    }

    /// Sorts the first `n` keys, of which one has the `most` ticks left.
    fn sort(&mut self, n: usize, window: u32, most: u32, sorted: &mut [u64]) {
        let first = window - most;
        let bits = u32::BITS - most.leading_zeros();
        match n {
            ..64 => self.sort_by::<6, 64>(n, first, bits, sorted),
            64..400 => self.sort_by::<7, 128>(n, first, bits, sorted),
            400..4000 => self.sort_by::<9, 512>(n, first, bits, sorted),
            _ => self.sort_by::<11, 2048>(n, first, bits, sorted),
        }
    }

    /// By twice `HALF` of so many `bits` of the time since `first`; a half has so many values.
    fn sort_by<const HALF: u32, const VALUES: usize>(
        &mut self,
        n: usize,
        first: u32,
        bits: u32,
        sorted: &mut [u64],
    ) {
        let keys = &self.keys[..n];
        let shift = bits.saturating_sub(2 * HALF);
        let halves = |key: u64| {
            let leading = (((key >> 32) as u32 - first) >> shift) as usize;
            [leading % VALUES, (leading >> HALF) % VALUES]
        };
        // How many keys have each value, then where the next one goes.
        let (mut lower, mut upper) = ([0u32; VALUES], [0u32; VALUES]);
        for key in keys {
            let [l, u] = halves(*key);
            lower[l] += 1;
            upper[u] += 1;
        }
        let mut before = [0; 2];
        for (lower, upper) in lower.iter_mut().zip(&mut upper) {
            before[0] += std::mem::replace(lower, before[0]);
            before[1] += std::mem::replace(upper, before[1]);
        }
        if self.halfway.len() < n {
            self.halfway.resize(n, 0);
        }
        let halfway = &mut self.halfway[..n];
        for key in keys {
            let place = &mut lower[halves(*key)[0]];
            halfway[*place as usize] = *key;
            *place += 1;
        }
        for key in &*halfway {
            let place = &mut upper[halves(*key)[1]];
            sorted[*place as usize] = *key;
            *place += 1;
        }
        put_in_place(sorted, STEPS * n);
    }
}

/// Sorts keys of which few are far from their place. Where so many steps do not suffice, they are sorted as any are.
fn put_in_place(keys: &mut [u64], mut steps: usize) {
    for k in 1..keys.len() {
        let key = keys[k];
        if keys[k - 1] <= key {
            continue;
        }
        let mut to = k;
        while to > 0 && keys[to - 1] > key {
            keys[to] = keys[to - 1];
            to -= 1;
        }
        keys[to] = key;
        if k - to > steps {
            keys.sort_unstable();
            return;
        }
        steps -= k - to;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn spikes_come_as_any_sort_gives_them(
            (window, left) in (1u32..=u32::MAX).prop_flat_map(|window| {
                let near = 1..=window.min(300);
                let one = prop_oneof![1 => Just(0), 2 => 0..=window, 2 => near];
                (Just(window), proptest::collection::vec(one, 0..900))
            }),
        ) {
            let numbered = left.iter().enumerate().filter(|(_, left)| **left > 0);
            let mut expected: Vec<u64> =
                numbered.map(|(id, left)| u64::from(window - left) << 32 | id as u64).collect();
            expected.sort_unstable();
            let (mut in_time, mut spikes) = (InTime::default(), Vec::new());
            // What is left of another window changes nothing.
            in_time.order(&[3; 1000], 3, &mut spikes);
            prop_assert!(spikes.is_sorted() && spikes.len() == 1000);
            in_time.order(&left, window, &mut spikes);
            prop_assert_eq!(spikes, expected);
        }
    }

    /// All but one in a small part of the window, against the order of neurons.
    #[test]
    fn a_crowd_is_sorted_too() {
        let left: Vec<u32> = (0..3000)
            .map(|k| if k == 0 { 1 << 31 } else { k })
            .collect();
        let (mut in_time, mut spikes) = (InTime::default(), Vec::new());
        in_time.order(&left, 1 << 31, &mut spikes);
        assert!(spikes.is_sorted() && spikes.len() == 3000);
    }
}
