//! From planes of bits to counts: the one step of counting bitmaps that compilers do not find.
//!
//! AVX-512 takes 32 bits of a plane as the mask of an addition; elsewhere a plain loop does the same.

use crate::simd::{Kernel, vectorized};
#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};

/// Words of a plane in a span.
pub const LANES: usize = 8;
/// Planes of a span: counts below 64.
pub const PLANES: usize = 6;
/// Counts of a span.
pub const SPAN: usize = 64 * LANES;

/// Adds the numbers in `planes` ([span][plane][lane], of which the lowest `used` planes hold anything)
/// to `counts`, which has `SPAN` of them for each span.
pub fn spread(planes: &[u64], used: usize, counts: &mut [u16]) {
    #[cfg(target_arch = "x86_64")]
    if level() == Level::Avx512 {
        // SAFETY: `level` has just found the features.
        return unsafe { masked(planes, used, counts) };
    }
    vectorized(Plain {
        planes,
        used,
        counts,
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn masked(planes: &[u64], used: usize, counts: &mut [u16]) {
    use std::arch::x86_64::{
        __m512i, _mm512_loadu_si512, _mm512_mask_add_epi16, _mm512_set1_epi16, _mm512_storeu_si512,
    };
    let values: [__m512i; PLANES] = std::array::from_fn(|b| _mm512_set1_epi16(1 << b));
    for (planes, counts) in planes
        .chunks_exact(PLANES * LANES)
        .zip(counts.chunks_exact_mut(SPAN))
    {
        for (lane, counts) in counts.chunks_exact_mut(64).enumerate() {
            let (low, high) = counts.split_at_mut(32);
            // SAFETY: 32 counts are the 64 bytes of a vector, and these two need no alignment.
            let mut sum = unsafe {
                [
                    _mm512_loadu_si512(low.as_ptr().cast()),
                    _mm512_loadu_si512(high.as_ptr().cast()),
                ]
            };
            for (b, value) in values[..used].iter().enumerate() {
                let bits = planes[b * LANES + lane];
                sum[0] = _mm512_mask_add_epi16(sum[0], bits as u32, sum[0], *value);
                sum[1] = _mm512_mask_add_epi16(sum[1], (bits >> 32) as u32, sum[1], *value);
            }
            // SAFETY: as above.
            unsafe {
                _mm512_storeu_si512(low.as_mut_ptr().cast(), sum[0]);
                _mm512_storeu_si512(high.as_mut_ptr().cast(), sum[1]);
            }
        }
    }
}

/// The plain loop, 16 counts at a time.
struct Plain<'a> {
    planes: &'a [u64],
    used: usize,
    counts: &'a mut [u16],
}

impl Kernel for Plain<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (span, planes) in self.planes.chunks_exact(PLANES * LANES).enumerate() {
            for part in 0..SPAN / 16 {
                let counts = &mut self.counts[span * SPAN + 16 * part..][..16];
                let mut sum = [0u16; 16];
                sum.copy_from_slice(counts);
                for b in 0..self.used {
                    let bits = (planes[b * LANES + part / 4] >> (16 * (part % 4))) as u16;
                    for (k, sum) in sum.iter_mut().enumerate() {
                        *sum += if bits & (1 << k) != 0 { 1 << b } else { 0 };
                    }
                }
                counts.copy_from_slice(&sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::vectorized_for;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_way_adds_the_bits_of_the_planes(
            planes in proptest::collection::vec(any::<u64>(), 3 * PLANES * LANES),
            start in proptest::collection::vec(0u16..1000, 3 * SPAN),
            used in 0..=PLANES,
        ) {
            let mut want = start.clone();
            for (i, count) in want.iter_mut().enumerate() {
                for b in 0..used {
                    let word = planes[(i / SPAN * PLANES + b) * LANES + i % SPAN / 64];
                    *count += (((word >> (i % 64)) & 1) as u16) << b;
                }
            }
            let mut got = start.clone();
            spread(&planes, used, &mut got);
            prop_assert_eq!(&got, &want);
            for level in [crate::simd::Level::Portable, crate::simd::Level::Avx2, crate::simd::Level::Avx512] {
                let mut got = start.clone();
                vectorized_for(level, Plain { planes: &planes, used, counts: &mut got });
                prop_assert_eq!(&got, &want);
            }
        }
    }
}
