//! Sorts the rows of a table by delay, where the delays were kept beside the synapses.

use super::rows::Cuts;

/// Delays of synapses, in the narrowest form that holds all so far.
#[derive(Debug)]
pub(super) enum Delays {
    Byte(Vec<u8>),
    Short(Vec<u16>),
    Long(Vec<u64>),
}

impl Delays {
    pub fn zeroed(n: usize) -> Self {
        Self::Byte(vec![0; n])
    }

    /// Makes delays up to this one fit.
    pub fn reach(&mut self, longest: u64) {
        if longest > u64::from(u16::MAX) {
            match self {
                Self::Byte(all) => *self = Self::Long(all.iter().map(|&d| d.into()).collect()),
                Self::Short(all) => *self = Self::Long(all.iter().map(|&d| d.into()).collect()),
                Self::Long(_) => {}
            }
        } else if longest > u64::from(u8::MAX)
            && let Self::Byte(all) = self
        {
            *self = Self::Short(all.iter().map(|&d| u16::from(d)).collect());
        }
    }

    /// Sets delays that `reach` made fit, by place.
    pub fn take(&mut self, each: impl Iterator<Item = (usize, u64)>) {
        match self {
            Self::Byte(all) => each.for_each(|(at, d)| all[at] = d as u8),
            Self::Short(all) => each.for_each(|(at, d)| all[at] = d as u16),
            Self::Long(all) => each.for_each(|(at, d)| all[at] = d),
        }
    }
}

/// Ranges of delays up to this many ticks are sorted by counting.
const COUNTED: u64 = 1 << 12;

/// Sorts rows by delay, stably, and cuts them. `start`: where they start, and where the last one ends;
/// `delays`: those of their synapses; `permute(lo, order)` moves the synapses: the k-th of the row
/// that starts at `lo` goes to place `order[k]` of the row.
pub(super) fn sort(
    start: &[u64],
    delays: Delays,
    cuts: &mut Cuts,
    permute: impl FnMut(usize, &[u32]),
) {
    match delays {
        Delays::Byte(all) => sorted(start, all, cuts, permute),
        Delays::Short(all) => sorted(start, all, cuts, permute),
        Delays::Long(all) => sorted(start, all, cuts, permute),
    }
}

fn sorted<D: Copy + Ord + Into<u64>>(
    start: &[u64],
    mut delays: Vec<D>,
    cuts: &mut Cuts,
    mut permute: impl FnMut(usize, &[u32]),
) {
    let span_of = |row: &[u64]| (row[0] - start[0]) as usize..(row[1] - start[0]) as usize;
    let (mut order, mut scratch, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let mut segments = 0;
    for row in start.windows(2) {
        let lo = row[0] as usize;
        let of_row = &mut delays[span_of(row)];
        if of_row.is_sorted() {
            segments += segments_of(of_row).count();
            continue;
        }
        let each = || of_row.iter().map(|&d| d.into());
        let least = each().min().unwrap_or(0);
        let span = each().max().unwrap_or(0) - least;
        order.clear();
        if span < COUNTED {
            // counts[d]: first how many synapses have delay d, then where the next one goes.
            counts.clear();
            counts.resize(span as usize + 1, 0u32);
            each().for_each(|d: u64| counts[(d - least) as usize] += 1);
            let mut at = 0;
            for count in &mut counts {
                at += std::mem::replace(count, at);
            }
            order.extend(each().map(|d: u64| {
                let place = &mut counts[(d - least) as usize];
                *place += 1;
                *place - 1
            }));
        } else {
            scratch.clear();
            scratch.extend(each().zip(0u32..));
            scratch.sort_unstable();
            order.resize(scratch.len(), 0);
            for (place, &(_, k)) in (0u32..).zip(&scratch) {
                order[k as usize] = place;
            }
        }
        permute(lo, &order);
        apply(of_row, &order);
        segments += segments_of(of_row).count();
    }
    cuts.reserve(segments);
    for row in start.windows(2) {
        cuts.row();
        for (delay, end) in segments_of(&delays[span_of(row)]) {
            cuts.segment(delay.into(), end);
        }
    }
}

/// Delay and end of each segment of a sorted row.
fn segments_of<D: Copy + PartialEq>(row: &[D]) -> impl Iterator<Item = (D, u32)> {
    let mut end = 0;
    row.chunk_by(|a, b| a == b).map(move |segment| {
        end += segment.len() as u32;
        (segment[0], end)
    })
}

/// Moves the k-th of a row to place `order[k]`.
pub(super) fn apply<T: Copy>(row: &mut [T], order: &[u32]) {
    let old = row.to_vec();
    for (&place, value) in order.iter().zip(old) {
        row[place as usize] = value;
    }
}
