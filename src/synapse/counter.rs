//! First pass of filling a table: how many synapses each row has of each delay.

use crate::simd::{Kernel, vectorized};

/// First pass: how many synapses each row has of each delay.
///
/// Rows are built in groups that follow each other: all synapses of a group's rows are placed before
/// those of the next.
#[derive(Debug)]
pub struct Counter {
    pub(super) rows: std::ops::Range<u32>,
    /// Cell `row << bits | delay - least`, or the row alone if not `by_delay`. Rows count from that
    /// of the group.
    pub(super) cells: Vec<u32>,
    pub(super) bits: u32,
    pub(super) least: u64,
    pub(super) by_delay: bool,
    expected: f64,
    pub(super) total: u64,
    pub(super) shortest: u64,
    pub(super) longest: u64,
}

/// So many cells there may be always.
const CELLS: usize = 1 << 16;
/// And so many synapses there should be for each further one: then what is collected for a cell fills
/// a good part of a cache line when it is brought there.
const PER_CELL: f64 = 1024.0;
/// Up to so many different delays (4 bits), cells need only take less than delays would: rows with so
/// few delays are written in runs all the same.
const FEW: u32 = 4;
const PER_CELL_OF_FEW: f64 = 8.0;

impl Counter {
    /// For a group of rows with about `expected` synapses.
    pub fn new(rows: std::ops::Range<u32>, expected: f64) -> Self {
        Self {
            cells: vec![0; rows.len()],
            rows,
            bits: 0,
            least: 0,
            by_delay: true,
            expected,
            total: 0,
            shortest: u64::MAX,
            longest: 0,
        }
    }

    /// Must delays be told? Else any will do.
    pub fn by_delay(&self) -> bool {
        self.by_delay
    }

    /// Counts synapses with these rows and delays.
    pub fn add(&mut self, rows: &[u32], delays: &[u64]) {
        if rows.is_empty() {
            return;
        }
        if self.by_delay {
            let (low, high) = vectorized(Range(delays));
            if low < self.shortest || high > self.longest {
                self.shortest = self.shortest.min(low);
                self.longest = self.longest.max(high);
                self.widen();
            }
        }
        self.total += rows.len() as u64;
        let (first, cells) = (self.rows.start, &mut self.cells[..]);
        if self.bits == 0 && are_one(rows) {
            cells[(rows[0] - first) as usize] += rows.len() as u32;
        } else if self.bits == 0 {
            for &row in rows {
                cells[(row - first) as usize] += 1;
            }
        } else {
            for (&row, &delay) in rows.iter().zip(delays) {
                cells[cell(row - first, delay, self.bits, self.least) as usize] += 1;
            }
        }
    }

    /// Makes room for delays from `shortest` to `longest`.
    fn widen(&mut self) {
        let span = self.longest - self.shortest;
        if !self.by_delay
            || (self.least <= self.shortest && (self.longest - self.least) >> self.bits == 0)
        {
            return;
        }
        let bits = u64::BITS - span.leading_zeros();
        let each = if bits <= FEW {
            PER_CELL_OF_FEW
        } else {
            PER_CELL
        };
        let most = CELLS
            .max((self.expected / each) as usize)
            .min(u32::MAX as usize);
        let cells = self.rows.len().checked_shl(bits);
        let fits = bits < 32 && cells.is_some_and(|cells| cells <= most);
        if !fits {
            // Rows alone.
            let old = std::mem::take(&mut self.cells);
            self.cells = old
                .chunks_exact(1 << self.bits)
                .map(|c| c.iter().sum())
                .collect();
            (self.by_delay, self.bits, self.least) = (false, 0, 0);
            return;
        }
        // Room that is left over lies below, down to a delay of one, or on both sides.
        let room = (1u64 << bits) - 1 - span;
        let least = if bits > 0 && self.longest >> bits == 0 {
            self.shortest.min(1)
        } else {
            self.shortest - (room / 2).min(self.shortest)
        };
        let old = std::mem::replace(&mut self.cells, vec![0; self.rows.len() << bits]);
        if self.total > 0 {
            for (new, old) in self
                .cells
                .chunks_exact_mut(1 << bits)
                .zip(old.chunks_exact(1 << self.bits))
            {
                for (delay, &n) in (self.least..).zip(old) {
                    if n > 0 {
                        new[(delay - least) as usize] = n;
                    }
                }
            }
        }
        (self.bits, self.least) = (bits, least);
    }

    pub fn total(&self) -> u64 {
        self.total
    }
}

#[inline(always)]
fn cell(row: u32, delay: u64, bits: u32, least: u64) -> u32 {
    row << bits | delay.wrapping_sub(least) as u32
}

/// Are all the same? Rules by source name the synapses of one row after the other: counted one by one, each would
/// wait for the count that the one before has stored.
#[inline]
pub(super) fn are_one(rows: &[u32]) -> bool {
    match rows {
        [] => false,
        [first, .., last] if first != last => false,
        [first, ..] => vectorized(All(*first, rows)),
    }
}

struct All<'a>(u32, &'a [u32]);

impl Kernel for All<'_> {
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut other = 0;
        for row in self.1 {
            other |= row ^ self.0;
        }
        other == 0
    }
}

/// Least and largest of some numbers.
pub(super) struct Range<'a>(pub &'a [u64]);

impl Kernel for Range<'_> {
    type Output = (u64, u64);
    #[inline(always)]
    fn run(self) -> (u64, u64) {
        let (mut low, mut high) = (u64::MAX, 0);
        for &d in self.0 {
            low = low.min(d);
            high = high.max(d);
        }
        (low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_by_delay_ends_where_there_would_be_too_many_cells() {
        let mut counter = Counter::new(100..1124, 0.0);
        counter.add(&[105, 105, 109], &[20, 21, 19]);
        assert!(counter.by_delay && counter.bits < 6);
        counter.add(&[105], &[60]);
        assert!(counter.by_delay && counter.bits == 6);
        counter.add(&[109], &[2000]);
        assert!(!counter.by_delay && counter.cells.len() == 1 << 10);
        assert_eq!(
            (counter.cells[5], counter.cells[9], counter.total),
            (3, 2, 5)
        );
    }
}
