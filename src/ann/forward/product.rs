//! Matrix product: out = a b + bias, the only costly loop of a forward pass.
//!
//! `b` lies in panels of `LANES` columns, so that a step along the inner dimension reads one vector.
//! Every element is summed from its bias on in the order of the inner dimension, whatever the level,
//! the block it lies in, or the number of rows: the bits depend on nothing else.

use super::number::Number;
use crate::simd::{self, Level};

/// Rows that are computed together, for use of each vector of `b`.
const ROWS: usize = 4;

/// Operands. `a` has `rows` rows of `inner` numbers; `out` has `rows` rows of `columns`.
pub struct Product<'a, T> {
    pub a: &'a [T],
    pub panels: &'a [T],
    pub out: &'a mut [T],
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
    pub bias: Bias<'a, T>,
}

/// What a sum begins with.
#[derive(Clone, Copy)]
pub enum Bias<'a, T> {
    OfRow(&'a [T]),
    OfColumn(&'a [T]),
}

/// Numbers that panels for a matrix of that size take.
pub fn panels_len(inner: usize, columns: usize, lanes: usize) -> usize {
    columns.div_ceil(lanes) * inner * lanes
}

/// Puts element (k, column) at its place in panels.
#[inline(always)]
pub fn panel_index(k: usize, column: usize, inner: usize, lanes: usize) -> usize {
    (column / lanes * inner + k) * lanes + column % lanes
}

struct Run<'a, T, const N: usize>(Product<'a, T>);

impl<T: Number, const N: usize> simd::Kernel for Run<'_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let p = self.0;
        if p.inner == 0 || p.columns == 0 {
            return;
        }
        let size = p.inner * N;
        for (j, panel) in p.panels.chunks_exact(size).enumerate() {
            let first = j * N;
            let width = N.min(p.columns - first);
            let mut row = 0;
            while row + ROWS <= p.rows {
                block::<T, N, ROWS>(
                    p.a, panel, p.out, row, p.inner, p.columns, first, width, p.bias,
                );
                row += ROWS;
            }
            while row < p.rows {
                block::<T, N, 1>(
                    p.a, panel, p.out, row, p.inner, p.columns, first, width, p.bias,
                );
                row += 1;
            }
        }
    }
}

/// `R` rows of one panel.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn block<T: Number, const N: usize, const R: usize>(
    a: &[T],
    panel: &[T],
    out: &mut [T],
    row: usize,
    inner: usize,
    columns: usize,
    first: usize,
    width: usize,
    bias: Bias<'_, T>,
) {
    // Only whole arrays at fixed places: a variable length or index anywhere would keep the sums in
    // memory instead of registers, at a tenth of the speed.
    let mut sums: [[T; N]; R] = match bias {
        Bias::OfRow(b) => std::array::from_fn(|r| [b[row + r]; N]),
        Bias::OfColumn(b) => [start(&b[first..first + width]); R],
    };
    let rows: [&[T]; R] = std::array::from_fn(|r| &a[(row + r) * inner..][..inner]);
    for (k, lanes) in panel.as_chunks::<N>().0.iter().enumerate() {
        for r in 0..R {
            let x = rows[r][k];
            for n in 0..N {
                sums[r][n] = sums[r][n] + x * lanes[n];
            }
        }
    }
    for (r, sums) in sums.into_iter().enumerate() {
        let at = (row + r) * columns + first;
        if width == N {
            out[at..at + N].copy_from_slice(&sums);
        } else {
            some(&mut out[at..at + width], sums);
        }
    }
}

/// What the sums of a panel begin with; columns that it lacks with 0.
#[inline(never)]
fn start<T: Number, const N: usize>(bias: &[T]) -> [T; N] {
    let mut all = [T::default(); N];
    all[..bias.len()].copy_from_slice(bias);
    all
}

/// The columns that the last panel has.
#[inline(never)]
fn some<T: Number, const N: usize>(out: &mut [T], sums: [T; N]) {
    out.copy_from_slice(&sums[..out.len()]);
}

/// The product, compiled for a level.
pub fn kernel<T: Number, const N: usize>(level: Level, p: Product<'_, T>) {
    simd::vectorized_for(level, Run::<T, N>(p));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product<T: Number>(level: Level, rows: usize, inner: usize, columns: usize) -> Vec<T> {
        let number = |i: usize| T::of_f64(((i * 7919 + 13) % 1009) as f64 / 331.0 - 1.5);
        let a: Vec<T> = (0..rows * inner).map(number).collect();
        let mut panels = vec![T::default(); panels_len(inner, columns, T::LANES)];
        for k in 0..inner {
            for c in 0..columns {
                panels[panel_index(k, c, inner, T::LANES)] = number(31 + k * columns + c);
            }
        }
        let bias: Vec<T> = (0..columns).map(|c| number(c + 5)).collect();
        let mut out = vec![T::default(); rows * columns];
        T::multiply(
            level,
            Product {
                a: &a,
                panels: &panels,
                out: &mut out,
                rows,
                inner,
                columns,
                bias: Bias::OfColumn(&bias),
            },
        );
        for r in 0..rows {
            for c in 0..columns {
                let mut sum = bias[c];
                for k in 0..inner {
                    sum = sum + a[r * inner + k] * number(31 + k * columns + c);
                }
                assert_eq!(
                    out[r * columns + c].to_f64().to_bits(),
                    sum.to_f64().to_bits()
                );
            }
        }
        out
    }

    #[test]
    fn the_product_is_that_of_the_plain_loop_bit_by_bit_at_every_level() {
        for (rows, inner, columns) in [(1, 1, 1), (4, 25, 16), (7, 30, 33), (9, 3, 100), (5, 64, 7)]
        {
            let portable: Vec<f32> = product(Level::Portable, rows, inner, columns);
            assert_eq!(portable, product::<f32>(Level::Avx2, rows, inner, columns));
            assert_eq!(
                portable,
                product::<f32>(Level::Avx512, rows, inner, columns)
            );
            let portable: Vec<f64> = product(Level::Portable, rows, inner, columns);
            assert_eq!(portable, product::<f64>(Level::Avx2, rows, inner, columns));
            assert_eq!(
                portable,
                product::<f64>(Level::Avx512, rows, inner, columns)
            );
        }
    }
}
