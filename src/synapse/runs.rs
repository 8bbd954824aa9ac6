//! Bringing what was collected for a block to its rows in runs.
//!
//! Where a block holds many synapses for each of its cells, they are sorted by cell first, near at hand, and then
//! written to each row one after the other: a line of the table is touched once, and by vector code.

use super::loose::Layout;
use crate::prefetch::prefetch;
use crate::simd::{Kernel, vectorized};

/// Synapses for a cell from which on sorting is worth it.
const LEAST: usize = 6;
/// Runs between asking for the lines of one and writing it.
const AHEAD: usize = 4;

/// Synapses of a block by cell.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Where the run of each cell ends.
    ends: Vec<u32>,
    /// Items, one after the other.
    sorted: Vec<u32>,
}

impl Runs {
    /// Sorts items by cell, stably. False if that is not worth it: there are few for a cell, or they come row by
    /// row already.
    pub fn sort<const STRIDE: usize, const HEAD: usize>(
        &mut self,
        layout: Layout,
        items: &[[u32; STRIDE]],
        cells: usize,
    ) -> bool {
        let parts = layout.parts::<STRIDE, HEAD>();
        let cell = |item: &[u32; STRIDE]| parts.cell(item);
        let first = items.first().map(&cell);
        if items.len() < LEAST * cells || items.iter().take(4).all(|i| Some(cell(i)) == first) {
            return false;
        }
        self.ends.clear();
        self.ends.resize(cells, 0);
        self.sorted.resize(items.len() * STRIDE, 0);
        let (sorted, _) = self.sorted.as_chunks_mut::<STRIDE>();
        by_cell(items, cell, &mut self.ends, sorted);
        true
    }

    /// Writes a field of each item to a column, from the next free places of the cells on.
    pub fn write<T, const STRIDE: usize>(
        &self,
        next: &[u32],
        to: &mut [T],
        field: impl Fn(&[u32; STRIDE]) -> T,
    ) {
        let (sorted, _) = self.sorted.as_chunks();
        vectorized(Write {
            sorted,
            ends: &self.ends,
            next,
            to,
            field,
        });
    }

    /// Moves the next free places behind the runs.
    pub fn advance(&self, next: &mut [u32]) {
        let mut from = 0;
        for (next, &end) in next.iter_mut().zip(&self.ends) {
            *next += end - from;
            from = end;
        }
    }
}

/// Sorts by counting. `ends`: zeros, one for each cell. Slices of their own, or where they lie would be looked up
/// for every item.
fn by_cell<I: Copy>(items: &[I], cell: impl Fn(&I) -> u32, ends: &mut [u32], sorted: &mut [I]) {
    for item in items {
        ends[cell(item) as usize] += 1;
    }
    let mut at = 0;
    for end in ends.iter_mut() {
        at += std::mem::replace(end, at);
    }
    for item in items {
        let end = &mut ends[cell(item) as usize];
        sorted[*end as usize] = *item;
        *end += 1;
    }
}

struct Write<'a, T, F, const STRIDE: usize> {
    sorted: &'a [[u32; STRIDE]],
    ends: &'a [u32],
    next: &'a [u32],
    to: &'a mut [T],
    field: F,
}

impl<T, F: Fn(&[u32; STRIDE]) -> T, const STRIDE: usize> Kernel for Write<'_, T, F, STRIDE> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let mut from = 0;
        for (c, (&end, &at)) in self.ends.iter().zip(self.next).enumerate() {
            if let Some(&later) = self.next.get(c + AHEAD) {
                (0..3).for_each(|k| prefetch(self.to, later as usize + k * 64 / size_of::<T>()));
            }
            let run = &self.sorted[from..end as usize];
            from = end as usize;
            for (to, item) in self.to[at as usize..][..run.len()].iter_mut().zip(run) {
                *to = (self.field)(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against placing one synapse after the other.
        #[test]
        fn synapses_come_to_their_rows_in_their_order(
            synapses in proptest::collection::vec((0u32..16, 0u32..32, any::<u32>()), 0..600),
        ) {
            let layout = Layout::new(4, 0, 5, 1);
            let items: Vec<[u32; 2]> = (synapses.iter())
                .map(|&(cell, word, weight)| [cell << 5 | word, weight])
                .collect();
            let mut runs = Runs::default();
            // Of what was there before, nothing is left.
            let before: Vec<[u32; 2]> = (0..300).map(|i| [(i % 16) << 5, i]).collect();
            prop_assert!(runs.sort::<2, 1>(layout, &before, 16));
            let same = synapses.len() < 4 || synapses[..4].iter().all(|s| s.0 == synapses[0].0);
            let worth = synapses.len() >= LEAST * 16 && !same;
            prop_assert_eq!(runs.sort::<2, 1>(layout, &items, 16), worth);
            if worth {
                let first: Vec<u32> = (0..16).map(|c| 1000 * c + 3).collect();
                let (mut next, mut want) = (first.clone(), vec![(0, 0); 17_000]);
                for &(cell, word, weight) in &synapses {
                    want[next[cell as usize] as usize] = (word as u16, weight);
                    next[cell as usize] += 1;
                }
                let (mut words, mut weights) = (vec![0u16; 17_000], vec![0u32; 17_000]);
                let parts = layout.parts::<2, 1>();
                runs.write(&first, &mut words, |item| parts.word(item) as u16);
                runs.write(&first, &mut weights, |item| parts.weight(item) as u32);
                let got: Vec<_> = words.into_iter().zip(weights).collect();
                prop_assert_eq!(got, want);
                let mut moved = first;
                runs.advance(&mut moved);
                prop_assert_eq!(moved, next);
            }
        }
    }
}
