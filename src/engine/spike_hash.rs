//! XXH3 (64 bits, no seed) over the spikes of a run, with a state that can be kept.
//!
//! The library that computes it elsewhere does not give its state away, and a run that goes on after a
//! checkpoint has to have the hash of the whole. So the long form of the algorithm stands here (XXH3 by
//! Y. Collet, xxhash.com, specification 0.2, section 5); the library is its judge in the tests, and
//! does the short inputs.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

const STRIPE: usize = 64;
/// Stripes after which the accumulators are scrambled.
const BLOCK: u64 = 16;
/// Inputs up to this length have algorithms of their own.
const SHORT: usize = 240;
/// Bytes that are collected; room for a short input as a whole.
const COLLECT: usize = 512;

const P32: [u32; 3] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d];
const P64: [u64; 5] = [
    0x9e37_79b1_85eb_ca87,
    0xc2b2_ae3d_27d4_eb4f,
    0x1656_67b1_9e37_79f9,
    0x85eb_ca77_c2b2_ae63,
    0x27d4_eb2f_1656_67c5,
];

/// The secret that the specification states.
#[rustfmt::skip]
const SECRET: [u8; 192] = [
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
];

/// The hash so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikeHash {
    accumulators: [u64; 8],
    /// Stripes that are in the accumulators.
    stripes: u64,
    /// Bytes of all spikes.
    total: u64,
    /// The last bytes: all that are not in the accumulators yet, and those of the last stripe that is.
    bytes: Vec<u8>,
}

impl Default for SpikeHash {
    fn default() -> Self {
        Self {
            accumulators: [
                P32[2].into(),
                P64[0],
                P64[1],
                P64[2],
                P64[3],
                P32[1].into(),
                P64[4],
                P32[0].into(),
            ],
            stripes: 0,
            total: 0,
            bytes: Vec::with_capacity(COLLECT),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut all = [0; 8];
    all.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(all)
}

fn accumulate(to: &mut [u64; 8], stripe: &[u8], secret: usize) {
    for i in 0..8 {
        let data = word(stripe, 8 * i);
        let key = data ^ word(&SECRET, secret + 8 * i);
        to[i ^ 1] = to[i ^ 1].wrapping_add(data);
        to[i] = to[i].wrapping_add((key & 0xffff_ffff).wrapping_mul(key >> 32));
    }
}

/// Stripe number `n` of the input.
fn take(to: &mut [u64; 8], stripe: &[u8], n: u64) {
    accumulate(to, stripe, 8 * (n % BLOCK) as usize);
    if n % BLOCK == BLOCK - 1 {
        for (i, a) in to.iter_mut().enumerate() {
            *a ^= *a >> 47;
            *a ^= word(&SECRET, SECRET.len() - STRIPE + 8 * i);
            *a = a.wrapping_mul(P32[0].into());
        }
    }
}

impl SpikeHash {
    /// Spikes, each as tick and id in little-endian order.
    pub fn update(&mut self, spikes: &[[u64; 2]]) {
        for part in spikes.chunks(COLLECT / 16) {
            self.bytes.extend_from_slice(bytemuck::cast_slice(part));
            self.total += 16 * part.len() as u64;
            if self.bytes.len() >= COLLECT {
                self.shrink();
            }
        }
    }

    /// Bytes at the front that are in the accumulators already.
    fn done(&self) -> usize {
        self.bytes.len() - (self.total - self.stripes * STRIPE as u64) as usize
    }

    /// The last stripe, and what is not a whole one, wait.
    fn shrink(&mut self) {
        let mut at = self.done();
        while at + STRIPE < self.bytes.len() {
            take(
                &mut self.accumulators,
                &self.bytes[at..at + STRIPE],
                self.stripes,
            );
            self.stripes += 1;
            at += STRIPE;
        }
        self.bytes.drain(..at - STRIPE);
    }

    /// The hash of all spikes up to here.
    pub fn digest(&self) -> u64 {
        if self.total as usize <= SHORT {
            return xxh3_64(&self.bytes);
        }
        let mut to = self.accumulators;
        let (mut at, mut n) = (self.done(), self.stripes);
        while at + STRIPE < self.bytes.len() {
            take(&mut to, &self.bytes[at..at + STRIPE], n);
            (at, n) = (at + STRIPE, n + 1);
        }
        let last = &self.bytes[self.bytes.len() - STRIPE..];
        accumulate(&mut to, last, SECRET.len() - STRIPE - 7);
        let mut sum = self.total.wrapping_mul(P64[0]);
        for i in 0..4 {
            let a = to[2 * i] ^ word(&SECRET, 11 + 16 * i);
            let b = to[2 * i + 1] ^ word(&SECRET, 11 + 16 * i + 8);
            let product = u128::from(a) * u128::from(b);
            sum = sum.wrapping_add(product as u64 ^ (product >> 64) as u64);
        }
        sum ^= sum >> 37;
        sum = sum.wrapping_mul(0x1656_6791_9e37_79f9);
        sum ^ sum >> 32
    }

    /// Could this be a state? A damaged one must not be gone on with.
    pub fn is_sound(&self) -> bool {
        let taken = self.stripes.checked_mul(STRIPE as u64);
        let waiting = taken.and_then(|taken| self.total.checked_sub(taken));
        let Some(waiting) = waiting.and_then(|n| usize::try_from(n).ok()) else {
            return false;
        };
        let kept = if self.stripes > 0 { STRIPE } else { 0 };
        self.total.is_multiple_of(16)
            && self.bytes.len() < COLLECT
            && self.bytes.len() == waiting + kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::Xxh3;

    #[test]
    fn it_is_the_hash_of_the_library_at_every_length() {
        let (mut own, mut library) = (SpikeHash::default(), Xxh3::new());
        for k in 0..5000u64 {
            assert_eq!(own.digest(), library.digest(), "{k} spikes");
            assert!(own.is_sound(), "{k}");
            let (tick, id) = (k * k, (k * 7919 % 1013) as u32);
            own.update(&[[tick.to_le(), u64::from(id).to_le()]]);
            library.update(&tick.to_le_bytes());
            library.update(&u64::from(id).to_le_bytes());
        }
        // The same in parts of any length.
        let all: Vec<[u64; 2]> = (0..5000u64)
            .map(|k| [(k * k).to_le(), (k * 7919 % 1013).to_le()])
            .collect();
        for length in [1, 3, 31, 32, 33, 700, 5000] {
            let mut parts = SpikeHash::default();
            all.chunks(length).for_each(|part| parts.update(part));
            assert_eq!(parts.digest(), own.digest(), "{length}");
        }
    }
}
