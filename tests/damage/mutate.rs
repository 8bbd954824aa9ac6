//! How files are damaged.

/// A number that follows another without a pattern (SplitMix64).
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Texts and numbers at which parsers have gone wrong.
const ODD: [&[u8]; 14] = [
    b"nan",
    b"1e400",
    b"-1",
    b"[]",
    b"{}",
    b"99999999999999999999999999",
    b"(",
    b"\"",
    b"\xc2\xb5",
    b"\n",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x00\x00\x00\x00\x80",
    b"\x00\x00\x00\x00",
];

/// Bytes changed, put in, left out, doubled, or cut off: one to six times.
pub fn damaged(good: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..1 + next(state) % 6 {
        if bytes.is_empty() {
            break;
        }
        let mut below = |n: usize| (next(state) % n.max(1) as u64) as usize;
        let at = below(bytes.len());
        let end = (at + 1 + below(24)).min(bytes.len());
        match below(16) {
            0..4 => bytes[at] ^= 1 << below(8),
            4..7 => bytes[at] = below(256) as u8,
            7 => bytes[at] = 0xff,
            8 => bytes[at] = 0,
            9 => bytes.truncate(at),
            10 => bytes.insert(at, below(256) as u8),
            11 => {
                bytes.drain(at..end);
            }
            12 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            13 => {
                let part = ODD[below(ODD.len())];
                bytes.splice(at..end, part.iter().copied());
            }
            14 => {
                // In its place, so that what follows keeps its offset.
                let part = ODD[below(ODD.len())];
                let n = part.len().min(bytes.len() - at);
                bytes[at..at + n].copy_from_slice(&part[..n]);
            }
            _ => {
                let other = below(bytes.len());
                let n = (end - at).min(bytes.len() - other);
                let to = at.min(bytes.len() - n);
                bytes.copy_within(other..other + n, to);
            }
        }
    }
    bytes
}
