//! Philox4x32-10 (Salmon et al. 2011, SC11): four words for each counter, whichever were asked for before.
//!
//! Mostly 16 counters go side by side. As a plain loop that is vector code on every machine, but what compilers
//! make of it with AVX-512 goes through memory in every round, and takes half as long again.

use crate::lines::OnLine;
use crate::simd::{Level, level};

/// Counters side by side.
pub const LANES: usize = 16;

const FACTORS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;

/// The words of a 128-bit counter under a 64-bit key.
#[inline(always)]
pub fn philox(counter: [u32; 4], key: u64) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let (mut k0, mut k1) = (key as u32, (key >> 32) as u32);
    for _ in 0..ROUNDS {
        let p0 = u64::from(c0) * u64::from(FACTORS[0]);
        let p1 = u64::from(c2) * u64::from(FACTORS[1]);
        (c0, c1, c2, c3) = (
            (p1 >> 32) as u32 ^ c1 ^ k0,
            p1 as u32,
            (p0 >> 32) as u32 ^ c3 ^ k1,
            p0 as u32,
        );
        k0 = k0.wrapping_add(STEPS[0]);
        k1 = k1.wrapping_add(STEPS[1]);
    }
    [c0, c1, c2, c3]
}

/// First words of the counters. Their upper halves mean nothing.
#[derive(Clone, Copy, Debug)]
pub enum Blocks {
    /// This one and those that follow.
    From(u64),
    Each([u64; LANES]),
}

/// Words of the counters (block, low and high half of `unit`, `tag`): `out[i]` has the first two of counter
/// i, the lower first, and `out[LANES + i]` its last two.
#[inline(always)]
pub fn philox_wide(blocks: Blocks, unit: u64, tag: u32, key: u64, out: &mut [u64; 2 * LANES]) {
    match (level(), blocks) {
        // SAFETY: `level` has found the feature.
        #[cfg(target_arch = "x86_64")]
        (Level::Avx512, Blocks::From(first)) => unsafe { from_on(first, unit, tag, key, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Level::Avx512, Blocks::Each(blocks)) => unsafe { of_each(&blocks, unit, tag, key, out) },
        (_, Blocks::From(first)) => {
            plain(
                std::array::from_fn(|i| first + i as u64),
                unit,
                tag,
                key,
                out,
            );
        }
        (_, Blocks::Each(blocks)) => plain(blocks, unit, tag, key, out),
    }
}

/// Each word is in the lower half of 64 bits, where vector units want it for multiplication. A round is done for
/// all counters before the next: so multiplications need not wait for one another. The words do not all fit
/// registers; where they did not begin at a line of the cache, all took twice as long.
#[inline(always)]
fn plain(blocks: [u64; LANES], unit: u64, tag: u32, key: u64, out: &mut [u64; 2 * LANES]) {
    const LOW: u64 = 0xffff_ffff;
    let mut words = [
        OnLine(blocks),
        OnLine([unit; LANES]),
        OnLine([unit >> 32; LANES]),
        OnLine([tag.into(); LANES]),
    ];
    let [OnLine(c0), OnLine(c1), OnLine(c2), OnLine(c3)] = &mut words;
    let (mut k0, mut k1) = (key as u32, (key >> 32) as u32);
    for _ in 0..ROUNDS {
        for i in 0..LANES {
            let p0 = (c0[i] & LOW) * u64::from(FACTORS[0]);
            let p1 = (c2[i] & LOW) * u64::from(FACTORS[1]);
            (c0[i], c1[i], c2[i], c3[i]) = (
                (p1 >> 32) ^ c1[i] ^ u64::from(k0),
                p1,
                (p0 >> 32) ^ c3[i] ^ u64::from(k1),
                p0,
            );
        }
        k0 = k0.wrapping_add(STEPS[0]);
        k1 = k1.wrapping_add(STEPS[1]);
    }
    for i in 0..LANES {
        out[i] = c0[i] & LOW | c1[i] << 32;
        out[LANES + i] = c2[i] & LOW | c3[i] << 32;
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn from_on(first: u64, unit: u64, tag: u32, key: u64, out: &mut [u64; 2 * LANES]) {
    use std::arch::x86_64::{_mm512_add_epi64, _mm512_set1_epi64, _mm512_setr_epi64};
    let lanes = [
        _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7),
        _mm512_setr_epi64(8, 9, 10, 11, 12, 13, 14, 15),
    ];
    let first = _mm512_set1_epi64(first as i64);
    wide(
        lanes.map(|l| _mm512_add_epi64(first, l)),
        unit,
        tag,
        key,
        out,
    );
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn of_each(blocks: &[u64; LANES], unit: u64, tag: u32, key: u64, out: &mut [u64; 2 * LANES]) {
    use std::arch::x86_64::_mm512_loadu_si512;
    let (low, high) = blocks.split_at(LANES / 2);
    // SAFETY: eight words are the 64 bytes of a vector, and this needs no alignment.
    let halves = [low, high].map(|half| unsafe { _mm512_loadu_si512(half.as_ptr().cast()) });
    wide(halves, unit, tag, key, out);
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn wide(
    blocks: [std::arch::x86_64::__m512i; 2],
    unit: u64,
    tag: u32,
    key: u64,
    out: &mut [u64; 2 * LANES],
) {
    use std::arch::x86_64::{
        _mm512_add_epi64, _mm512_mask_shuffle_epi32, _mm512_mul_epu32, _mm512_set1_epi64,
        _mm512_srli_epi64, _mm512_storeu_si512, _mm512_xor_si512,
    };
    let all = |v: u64| _mm512_set1_epi64(v as i64);
    let factors = FACTORS.map(|f| all(f.into()));
    let steps = STEPS.map(|s| all(s.into()));
    // What is carried into the upper halves of keys means nothing either.
    let mut keys = [all(key), all(key >> 32)];
    let mut halves = blocks.map(|b| [b, all(unit), all(unit >> 32), all(tag.into())]);
    for _ in 0..ROUNDS {
        for half in &mut halves {
            let [c0, c1, c2, c3] = *half;
            let p0 = _mm512_mul_epu32(c0, factors[0]);
            let p1 = _mm512_mul_epu32(c2, factors[1]);
            let mixed =
                |p, c, k| _mm512_xor_si512(_mm512_srli_epi64::<32>(p), _mm512_xor_si512(c, k));
            *half = [mixed(p1, c1, keys[0]), p1, mixed(p0, c3, keys[1]), p0];
        }
        for (key, step) in keys.iter_mut().zip(steps) {
            *key = _mm512_add_epi64(*key, step);
        }
    }
    for (h, words) in halves.into_iter().enumerate() {
        for (pair, out) in out.chunks_exact_mut(LANES).enumerate() {
            /// Words 0 and 2 of every four go to places 1 and 3.
            const UP: i32 = 0b10_10_00_00;
            let (low, high) = (words[2 * pair], words[2 * pair + 1]);
            let both = _mm512_mask_shuffle_epi32::<UP>(low, 0xaaaa, high);
            let out = &mut out[h * LANES / 2..][..LANES / 2];
            // SAFETY: eight words are the 64 bytes of a vector, and this needs no alignment.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), both) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::tests::on_a_machine_of;
    use crate::simd::{Kernel, vectorized};

    #[test]
    fn philox_gives_the_published_known_answers() {
        // Random123 distribution, kat_vectors, philox4x32 with 10 rounds.
        assert_eq!(
            philox([0; 4], 0),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox([u32::MAX; 4], u64::MAX),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                0x299f_31d0_a409_3822
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    /// As kernels call it: compiled for the level.
    struct Wide<'a>(Blocks, u64, u32, u64, &'a mut [u64; 2 * LANES]);

    impl Kernel for Wide<'_> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            philox_wide(self.0, self.1, self.2, self.3, self.4);
        }
    }

    #[test]
    fn counters_side_by_side_give_what_they_give_alone_on_every_machine() {
        let each = std::array::from_fn(|i| 0xffff_ff00 + 77 * i as u64);
        let key = 0xfedc_ba98_7654_3210;
        for (unit, tag) in [(0, 0), (5 << 32 | 3, 1), (u64::MAX, u32::MAX)] {
            for blocks in [Blocks::From(0), Blocks::From(1 << 31), Blocks::Each(each)] {
                for level in [Level::Portable, Level::Avx2, Level::Avx512] {
                    let mut words = [0; 2 * LANES];
                    on_a_machine_of(level, || {
                        vectorized(Wide(blocks, unit, tag, key, &mut words))
                    });
                    for i in 0..LANES {
                        let block = match blocks {
                            Blocks::From(first) => first + i as u64,
                            Blocks::Each(each) => each[i],
                        };
                        let counter = [block as u32, unit as u32, (unit >> 32) as u32, tag];
                        let alone = philox(counter, key).map(u64::from);
                        assert_eq!(words[i], alone[0] | alone[1] << 32);
                        assert_eq!(words[LANES + i], alone[2] | alone[3] << 32);
                    }
                }
            }
        }
    }
}
