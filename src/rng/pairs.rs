//! Standard normal numbers by number, two to a block of the counter generator (Box & Muller 1958, Ann. Math.
//! Stat. 29:610-611):
//!
//! ```text
//! r = sqrt(-2 ln(1 - u)),    x_2b = r cos(2 pi w),    x_2b+1 = r sin(2 pi w)
//! ```
//!
//! with u from the first two words of block b and w from the last two. Many are drawn side by side: logarithm, sine
//! and cosine are plain IEEE operations without branches, so that the loop becomes vector code and gives the same
//! bits for every instruction set.

use super::philox::{Blocks, LANES, philox_wide};
use crate::simd::{Kernel, vectorized};
use std::f64::consts::{LN_2, TAU};

/// Blocks that are worked on together.
const TOGETHER: usize = 8 * LANES;

/// Writes the numbers `first ..` of `unit` under `key`.
pub fn normal_pairs(key: u64, unit: u64, first: u32, out: &mut [f64]) {
    vectorized(Fill {
        key,
        unit,
        first,
        out,
    });
}

struct Fill<'a> {
    key: u64,
    unit: u64,
    first: u32,
    out: &'a mut [f64],
}

impl Kernel for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (mut rest, mut at) = (self.out, self.first as usize);
        let (mut u, mut w) = ([0; TOGETHER], [0; TOGETHER]);
        let mut all = [[0.0; 2]; TOGETHER];
        while !rest.is_empty() {
            let block = at / 2;
            let skipped = at % 2;
            let len = rest.len().min(2 * TOGETHER - skipped);
            let blocks = (skipped + len).div_ceil(2);
            let words = u.chunks_mut(LANES).zip(w.chunks_mut(LANES));
            for (k, (u, w)) in words.enumerate().take(blocks.div_ceil(LANES)) {
                let mut both = [0; 2 * LANES];
                let from = Blocks::From((block + k * LANES) as u64);
                philox_wide(from, self.unit, 0, self.key, &mut both);
                u.copy_from_slice(&both[..LANES]);
                w.copy_from_slice(&both[LANES..]);
            }
            for ((pair, u), w) in all[..blocks].iter_mut().zip(&u).zip(&w) {
                let radius = (-2.0 * ln(1.0 - unit(*u))).sqrt();
                let [sin, cos] = sin_cos(unit(*w));
                *pair = [radius * cos, radius * sin];
            }
            let (now, later) = rest.split_at_mut(len);
            now.copy_from_slice(&all.as_flattened()[skipped..skipped + len]);
            (rest, at) = (later, at + len);
        }
    }
}

/// A number in [0, 1) from two words, the first of which lies in the lower half.
#[inline(always)]
fn unit(words: u64) -> f64 {
    // Whole numbers below 2^52 stand in the lower bits of 2^52 and more.
    const WHOLE: f64 = (1u64 << 52) as f64;
    let word = words.rotate_left(32) >> 11;
    let high = f64::from_bits(word >> 1 | WHOLE.to_bits()) - WHOLE;
    let low = f64::from_bits(word & 1 | WHOLE.to_bits()) - WHOLE;
    (2.0 * high + low) * (1.0 / (1u64 << 53) as f64)
}

/// ln x for x from 2^-1022 to 1: with x = 2^k m, m from sqrt(1/2) to sqrt(2), and s = (m - 1) / (m + 1) it is
/// k ln 2 + 2 (s + s^3 / 3 + s^5 / 5 + …), of which the first 11 members leave less than 2^-59 of the whole.
#[inline(always)]
fn ln(x: f64) -> f64 {
    const LEAST: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const WHOLE: f64 = 1.5 * (1u64 << 52) as f64;
    let raised = x.to_bits().wrapping_sub(LEAST).wrapping_add(1 << 62);
    // k + 1024: what was added keeps it positive.
    let k = raised >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub(k.wrapping_sub(1 << 10) << 52));
    let k = f64::from_bits(WHOLE.to_bits() + k) - (WHOLE + 1024.0);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut sum = 1.0 / 21.0;
    for n in (1..10).rev() {
        sum = 1.0 / f64::from(2 * n + 1) + z * sum;
    }
    k * LN_2 + 2.0 * (s + s * (z * sum))
}

/// Sine and cosine of 2 pi w for w from 0 to 1, by their series in an eighth of the circle on both sides of the
/// nearest quarter; members up to the 18th power leave less than 2^-57.
#[inline(always)]
fn sin_cos(w: f64) -> [f64; 2] {
    const WHOLE: f64 = 1.5 * (1u64 << 52) as f64;
    let shifted = 4.0 * w + WHOLE;
    // Exact: few bits are left.
    let a = (w - 0.25 * (shifted - WHOLE)) * TAU;
    let z = a * a;
    let (mut sin, mut cos) = (1.0, 1.0);
    for n in (1..9).rev() {
        sin = 1.0 - z * sin * (1.0 / f64::from(2 * n * (2 * n + 1)));
    }
    for n in (1..10).rev() {
        cos = 1.0 - z * cos * (1.0 / f64::from(2 * n * (2 * n - 1)));
    }
    let sin = a * sin;
    let quarter = shifted.to_bits();
    let (odd, back) = (quarter & 1 != 0, quarter & 2 != 0);
    let (x, y) = if odd { (-sin, cos) } else { (cos, sin) };
    if back { [-y, -x] } else { [y, x] }
}

#[cfg(test)]
mod tests {
    use super::super::philox::philox;
    use super::*;
    use crate::simd::Level;
    use crate::simd::tests::on_a_machine_of;

    #[test]
    fn logarithm_sine_and_cosine_are_right_to_the_last_places() {
        let ulp = f64::EPSILON;
        for i in 0..400_000u32 {
            let w = f64::from(i) / 400_000.0;
            let [sin, cos] = sin_cos(w);
            assert!((sin - libm::sin(TAU * w)).abs() < 4.0 * ulp, "sin {w}");
            assert!((cos - libm::cos(TAU * w)).abs() < 4.0 * ulp, "cos {w}");
            let small = libm::pow(0.5, f64::from(i) / 7500.0);
            for x in [1.0 - w, small, 1.0 - small * ulp.sqrt()] {
                let exact = libm::log(x);
                assert!((ln(x) - exact).abs() <= 3.0 * ulp * exact.abs(), "ln {x}");
            }
        }
        assert_eq!((ln(1.0), sin_cos(0.0)), (0.0, [0.0, 1.0]));
        // The largest number that is drawn.
        assert!((ln(ulp / 2.0) + 53.0 * LN_2).abs() < 1e-14);
    }

    /// Against the formula, number by number; for any part of them and on every machine.
    #[test]
    fn numbers_side_by_side_are_those_of_their_blocks() {
        let (key, of) = (0x0123_4567_89ab_cdef, 7 << 32 | 5);
        let plain = |i: u32| {
            let words = philox([i / 2, of as u32, (of >> 32) as u32, 0], key).map(u64::from);
            let part =
                |a: usize| ((words[a] << 32 | words[a + 1]) >> 11) as f64 / (1u64 << 53) as f64;
            let radius = (-2.0 * libm::log(1.0 - part(0))).sqrt();
            let angle = TAU * part(2);
            radius
                * if i.is_multiple_of(2) {
                    libm::cos(angle)
                } else {
                    libm::sin(angle)
                }
        };
        let mut whole = vec![0.0; 1500];
        normal_pairs(key, of, 0, &mut whole);
        for (i, x) in (0..).zip(&whole) {
            assert!((x - plain(i)).abs() < 1e-14, "{i}: {x}");
        }
        for level in [Level::Portable, Level::Avx2, Level::Avx512] {
            for (first, n) in [
                (0, 1500),
                (1, 2),
                (77, 600),
                (256, 1),
                (255, 257),
                (1499, 1),
            ] {
                let mut part = vec![0.0; n];
                on_a_machine_of(level, || normal_pairs(key, of, first as u32, &mut part));
                let bits = |all: &[f64]| all.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&part), bits(&whole[first..first + n]), "{first} {n}");
            }
        }
    }
}
