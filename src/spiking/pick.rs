//! Who spikes, out of all neurons: the one step of the exact code that compilers do not find.
//!
//! AVX-512 moves the chosen lanes of a vector together; elsewhere a plain loop does the same.

#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};

/// Neurons that are looked at together; keys need so many places more than there are neurons.
pub const GROUP: usize = 16;

/// Keys of the neurons that have any of the window's ticks `left`, by number: the tick of the spike in the upper
/// half, the neuron in the lower one. Returns how many they are, and the most ticks that are left.
///
/// # Panics
/// If there are less than `left.len() + GROUP` places for keys.
#[inline]
pub fn pick(left: &[u32], window: u32, keys: &mut [u64]) -> (usize, u32) {
    assert!(keys.len() >= left.len() + GROUP, "places for all keys");
    #[cfg(target_arch = "x86_64")]
    if level() == Level::Avx512 {
        // SAFETY: `level` has just found the features, and there are places for all keys.
        return unsafe { compressed(left, window, keys) };
    }
    plain(left, 0, window, keys)
}

/// `keys` has `GROUP` places more than there are neurons.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn compressed(left: &[u32], window: u32, keys: &mut [u64]) -> (usize, u32) {
    use std::arch::x86_64::{
        __m256i, _mm512_add_epi32, _mm512_castsi512_si256, _mm512_cvtepu32_epi64,
        _mm512_extracti64x4_epi64, _mm512_loadu_si512, _mm512_maskz_compress_epi32,
        _mm512_max_epu32, _mm512_or_si512, _mm512_reduce_max_epu32, _mm512_set1_epi32,
        _mm512_setr_epi32, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_storeu_si512,
        _mm512_sub_epi32, _mm512_test_epi32_mask,
    };
    let end = _mm512_set1_epi32(window.cast_signed());
    let mut ids = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut most = _mm512_setzero_si512();
    let mut n = 0;
    let (groups, rest) = left.as_chunks::<GROUP>();
    for group in groups {
        // SAFETY: a group is the 64 bytes of a vector, which needs no alignment.
        let left = unsafe { _mm512_loadu_si512(group.as_ptr().cast()) };
        let spiking = _mm512_test_epi32_mask(left, left);
        most = _mm512_max_epu32(most, left);
        let ticks = _mm512_maskz_compress_epi32(spiking, _mm512_sub_epi32(end, left));
        let own = _mm512_maskz_compress_epi32(spiking, ids);
        let key = |ticks: __m256i, id: __m256i| {
            let upper = _mm512_slli_epi64::<32>(_mm512_cvtepu32_epi64(ticks));
            _mm512_or_si512(upper, _mm512_cvtepu32_epi64(id))
        };
        let eight = [
            key(_mm512_castsi512_si256(ticks), _mm512_castsi512_si256(own)),
            key(
                _mm512_extracti64x4_epi64::<1>(ticks),
                _mm512_extracti64x4_epi64::<1>(own),
            ),
        ];
        // SAFETY: no more than the neurons of the groups before have a key, so there are places for a group's.
        unsafe {
            let to = keys.as_mut_ptr().add(n);
            _mm512_storeu_si512(to.cast(), eight[0]);
            _mm512_storeu_si512(to.add(GROUP / 2).cast(), eight[1]);
        }
        n += spiking.count_ones() as usize;
        ids = _mm512_add_epi32(ids, _mm512_set1_epi32(GROUP as i32));
    }
    let more = plain(rest, left.len() - rest.len(), window, &mut keys[n..]);
    (n + more.0, more.1.max(_mm512_reduce_max_epu32(most)))
}

/// Of neurons from number `first` on.
#[inline(always)]
fn plain(left: &[u32], first: usize, window: u32, keys: &mut [u64]) -> (usize, u32) {
    let (mut n, mut most) = (0, 0);
    for (k, group) in left.chunks(GROUP).enumerate() {
        let latest = group.iter().fold(0, |m, left| m.max(*left));
        // Where nothing is shown, all of a group are silent.
        if latest == 0 {
            continue;
        }
        most = most.max(latest);
        for (id, left) in (first + k * GROUP..).zip(group) {
            // Written in any case, so that nothing hangs on a guess; the next one overwrites silence.
            keys[n] = (u64::from(window - left) << 32) | id as u64;
            n += usize::from(*left > 0);
        }
    }
    (n, most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::simd::tests::on_a_machine_of;

    proptest! {
        #[test]
        fn every_way_picks_those_that_spike(
            left in proptest::collection::vec(prop_oneof![2 => Just(0), 1 => 1u32..1000, 1 => any::<u32>()], 0..300),
        ) {
            let window = u32::MAX;
            let numbered = left.iter().enumerate().filter(|(_, left)| **left > 0);
            let expected: Vec<u64> =
                numbered.map(|(id, left)| u64::from(window - left) << 32 | id as u64).collect();
            let most = left.iter().copied().max().unwrap_or(0);
            for level in [crate::simd::Level::Portable, crate::simd::Level::Avx512] {
                let mut keys = vec![7; left.len() + GROUP];
                let found = on_a_machine_of(level, || pick(&left, window, &mut keys));
                prop_assert_eq!(found, (expected.len(), most));
                prop_assert_eq!(&keys[..found.0], &expected[..]);
            }
        }
    }
}
