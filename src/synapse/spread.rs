//! From planes of bits to counts: the one step of counting bitmaps that compilers do not find.
//!
//! AVX-512 takes 32 bits of a plane as the mask of an addition. AVX2 brings each of 32 bits to a byte of
//! its own and adds up bytes, from the highest plane down. Elsewhere a plain loop does the same.

use crate::simd::{Kernel, Level, level, vectorized};

/// Words of a plane in a span.
pub const LANES: usize = 8;
/// Planes of a span: counts below 64.
pub const PLANES: usize = 6;
/// Counts of a span.
pub const SPAN: usize = 64 * LANES;

/// Adds the numbers in `planes` ([span][plane][lane], of which the lowest `used` planes hold anything)
/// to `counts`, which has `SPAN` of them for each span.
pub fn spread(planes: &[u64], used: usize, counts: &mut [u16]) {
    match level() {
        // SAFETY: `level` has just found the features.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { masked(planes, used, counts) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe {
            match used {
                0 => {}
                1 => by_bytes::<1>(planes, counts),
                2 => by_bytes::<2>(planes, counts),
                3 => by_bytes::<3>(planes, counts),
                4 => by_bytes::<4>(planes, counts),
                5 => by_bytes::<5>(planes, counts),
                _ => by_bytes::<PLANES>(planes, counts),
            }
        },
        _ => vectorized(Plain {
            planes,
            used,
            counts,
        }),
    }
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

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn by_bytes<const USED: usize>(planes: &[u64], counts: &mut [u16]) {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_add_epi16, _mm256_and_si256, _mm256_castsi256_si128,
        _mm256_cmpeq_epi8, _mm256_cvtepu8_epi16, _mm256_extracti128_si256, _mm256_loadu_si256,
        _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setr_epi64x, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_storeu_si256, _mm256_sub_epi8,
    };
    // Byte k of a vector gets the byte that bit k lies in, of which that bit is left.
    const ONES: i64 = 0x0101_0101_0101_0101;
    let byte_of = _mm256_setr_epi64x(0, ONES, 2 * ONES, 3 * ONES);
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    for (planes, counts) in planes
        .chunks_exact(PLANES * LANES)
        .zip(counts.chunks_exact_mut(SPAN))
    {
        for (part, counts) in counts.chunks_exact_mut(32).enumerate() {
            let mut sum = _mm256_setzero_si256();
            for b in (0..USED).rev() {
                let bits = (planes[b * LANES + part / 2] >> (32 * (part % 2))) as i32;
                let each = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of);
                let set = _mm256_cmpeq_epi8(_mm256_and_si256(each, bit), bit);
                // -1 where the bit is set.
                sum = _mm256_sub_epi8(_mm256_add_epi8(sum, sum), set);
            }
            let halves = [
                _mm256_castsi256_si128(sum),
                _mm256_extracti128_si256::<1>(sum),
            ];
            for (half, counts) in halves.into_iter().zip(counts.chunks_exact_mut(16)) {
                let at: *mut __m256i = counts.as_mut_ptr().cast();
                // SAFETY: 16 counts are the 32 bytes of a vector, and these two need no alignment.
                unsafe {
                    let old = _mm256_loadu_si256(at);
                    _mm256_storeu_si256(at, _mm256_add_epi16(old, _mm256_cvtepu8_epi16(half)));
                }
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
    use crate::simd::tests::on_a_machine_of;
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
            for level in [Level::Portable, Level::Avx2, Level::Avx512] {
                let mut got = start.clone();
                on_a_machine_of(level, || spread(&planes, used, &mut got));
                prop_assert_eq!(&got, &want);
                let mut got = start.clone();
                vectorized_for(level, Plain { planes: &planes, used, counts: &mut got });
                prop_assert_eq!(&got, &want);
            }
        }
    }
}
