//! Sorts the rows of a table by delay, where the delays were kept beside the synapses.

use super::column::Column;
use super::rows::Cuts;
use crate::simd::{Kernel, vectorized};
use bytemuck::Pod;

/// Delays of synapses, in the narrowest form that holds all so far.
#[derive(Debug)]
pub(super) enum Delays {
    Byte(Column<u8>),
    Short(Column<u16>),
    Long(Column<u64>),
}

impl Delays {
    /// Room for `n` delays. What is in it means nothing: every place is set before it is read. The room
    /// of `old` is taken if it is large enough.
    pub fn room(n: usize, old: Option<Self>) -> Self {
        match old {
            Some(old) if old.len() >= n => old,
            // What is dropped first makes room for the new.
            old => {
                drop(old);
                Self::Byte(Column::zeroed(n))
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Byte(all) => all.len(),
            Self::Short(all) => all.len(),
            Self::Long(all) => all.len(),
        }
    }

    /// Makes delays up to this one fit.
    pub fn reach(&mut self, longest: u64) {
        fn copy<T: Pod + Into<U>, U: Pod>(all: &[T]) -> Column<U> {
            let mut wider = Column::zeroed(all.len());
            for (to, &from) in wider.iter_mut().zip(all) {
                *to = from.into();
            }
            wider
        }
        if longest > u64::from(u16::MAX) {
            match self {
                Self::Byte(all) => *self = Self::Long(copy(all)),
                Self::Short(all) => *self = Self::Long(copy(all)),
                Self::Long(_) => {}
            }
        } else if longest > u64::from(u8::MAX)
            && let Self::Byte(all) = self
        {
            *self = Self::Short(copy(all));
        }
    }

    /// Some of them, by place.
    pub fn part(&mut self, span: std::ops::Range<usize>) -> DelaysOf<'_> {
        match self {
            Self::Byte(all) => DelaysOf::Byte(&mut all[span]),
            Self::Short(all) => DelaysOf::Short(&mut all[span]),
            Self::Long(all) => DelaysOf::Long(&mut all[span]),
        }
    }
}

/// A part of the delays.
pub(super) enum DelaysOf<'a> {
    Byte(&'a mut [u8]),
    Short(&'a mut [u16]),
    Long(&'a mut [u64]),
}

/// What is sorted: the columns of a table, of which a row is a part.
pub(super) trait Sorted {
    /// Brings the synapses of the row that starts at `lo` into order: each goes to the next place that is free for its
    /// delay, which is `places[delay - least]` of the row.
    fn deal<D: Copy + Into<u64>>(
        &mut self,
        lo: usize,
        delays: &[D],
        least: u64,
        places: &mut [u32],
    );
    /// The k-th synapse of the row that starts at `lo` goes to place `order[k]` of the row.
    fn permute(&mut self, lo: usize, order: &[u32]);
}

/// Sorts rows by delay, stably, and cuts them. `start`: where they start, and where the last one ends;
/// `delays`: those of their synapses.
pub(super) fn sort(start: &[u64], delays: &Delays, cuts: &mut Cuts, columns: &mut impl Sorted) {
    match delays {
        Delays::Byte(all) => sorted(start, all, cuts, columns),
        Delays::Short(all) => sorted(start, all, cuts, columns),
        Delays::Long(all) => sorted(start, all, cuts, columns),
    }
}

/// A row is sorted by counting if its delays lie in a range of no more ticks than this for each synapse,
/// and this many beside.
const COUNTED: u64 = 4;
const COUNTED_ALWAYS: u64 = 256;

fn sorted<D: Copy + Ord + Into<u64>>(
    start: &[u64],
    delays: &[D],
    cuts: &mut Cuts,
    columns: &mut impl Sorted,
) {
    let (mut order, mut scratch, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for row in start.windows(2) {
        let (lo, n) = (row[0] as usize, row[1] - row[0]);
        let of_row = &delays[(row[0] - start[0]) as usize..][..n as usize];
        cuts.row();
        let Some((least, most)) = vectorized(Extremes(of_row)) else {
            continue;
        };
        let (least, span) = (least.into(), most.into() - least.into());
        if span == 0 {
            cuts.segment(least, n as u32);
            continue;
        }
        if span < COUNTED * n + COUNTED_ALWAYS {
            // counts[d]: first how many synapses have delay d, then where the next one goes.
            counts.clear();
            counts.resize(span as usize + 1, 0u32);
            let each = || of_row.iter().map(|&d| (d.into() - least) as usize);
            each().for_each(|d| counts[d] += 1);
            let mut at = 0;
            for (delay, count) in (least..).zip(&mut counts) {
                let end = at + *count;
                if *count > 0 {
                    cuts.segment(delay, end);
                }
                *count = at;
                at = end;
            }
            columns.deal(lo, of_row, least, &mut counts);
        } else {
            order.clear();
            scratch.clear();
            scratch.extend(of_row.iter().copied().zip(0u32..));
            scratch.sort_unstable();
            order.resize(scratch.len(), 0);
            for (place, &(_, k)) in (0u32..).zip(&scratch) {
                order[k as usize] = place;
            }
            let mut end = 0;
            for segment in scratch.chunk_by(|a, b| a.0 == b.0) {
                end += segment.len() as u32;
                cuts.segment(segment[0].0.into(), end);
            }
            columns.permute(lo, &order);
        }
    }
}

/// Least and largest of some numbers.
struct Extremes<'a, D>(&'a [D]);

impl<D: Copy + Ord> Kernel for Extremes<'_, D> {
    type Output = Option<(D, D)>;
    #[inline(always)]
    fn run(self) -> Option<(D, D)> {
        let first = *self.0.first()?;
        let (mut low, mut high) = (first, first);
        for &d in self.0 {
            low = low.min(d);
            high = high.max(d);
        }
        Some((low, high))
    }
}

/// `Sorted::deal` for a row of two columns. `new`: scratch. One pass for both: so what is read of a row, and what is
/// written, stays near.
pub(super) fn deal<T: Copy + Default, W: Copy + Default, D: Copy + Into<u64>>(
    (targets, weights): (&mut [T], &mut [W]),
    (delays, least): (&[D], u64),
    places: &mut [u32],
    new: (&mut Vec<T>, &mut Vec<W>),
) {
    let n = targets.len();
    new.0.resize(n.max(new.0.len()), T::default());
    new.1.resize(n.max(new.1.len()), W::default());
    let (new_targets, new_weights) = (&mut new.0[..n], &mut new.1[..n]);
    for ((&delay, &target), &weight) in delays.iter().zip(&*targets).zip(&*weights) {
        let next = &mut places[(delay.into() - least) as usize];
        let place = *next as usize;
        *next += 1;
        new_targets[place] = target;
        new_weights[place] = weight;
    }
    targets.copy_from_slice(new_targets);
    weights.copy_from_slice(new_weights);
}

/// Moves the k-th of a row to place `order[k]`. `old`: scratch.
pub(super) fn apply<T: Copy>(row: &mut [T], order: &[u32], old: &mut Vec<T>) {
    old.clear();
    old.extend_from_slice(row);
    for (&place, &value) in order.iter().zip(&*old) {
        row[place as usize] = value;
    }
}
