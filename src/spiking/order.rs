//! Spikes of a window into the order of time.

/// Buckets of the first pass.
const BUCKETS: usize = 256;
/// Fewer spikes are sorted at once.
const FEW: usize = 48;

/// Sorts keys that lie below `end`: one pass deals them to buckets by their upper part, then each
/// bucket, of a few keys, is sorted for itself. `spare` is working memory.
pub fn sort(keys: &mut Vec<u64>, end: u64, spare: &mut Vec<u64>) {
    if keys.len() <= FEW {
        keys.sort_unstable();
        return;
    }
    let shift = (64 - end.leading_zeros()).saturating_sub(BUCKETS.trailing_zeros());
    let bucket = |key: u64| ((key >> shift) as usize).min(BUCKETS - 1);
    let mut starts = [0u32; BUCKETS + 1];
    for k in keys.iter() {
        starts[bucket(*k) + 1] += 1;
    }
    for b in 0..BUCKETS {
        starts[b + 1] += starts[b];
    }
    let mut next = starts;
    spare.clear();
    spare.resize(keys.len(), 0);
    for k in keys.iter() {
        let at = &mut next[bucket(*k)];
        spare[*at as usize] = *k;
        *at += 1;
    }
    for b in 0..BUCKETS {
        let part = &mut spare[starts[b] as usize..starts[b + 1] as usize];
        if part.len() > 1 {
            part.sort_unstable();
        }
    }
    std::mem::swap(keys, spare);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_order_whatever_their_range() {
        for (n, end) in [
            (10, 1u64 << 62),
            (1000, 7),
            (5000, 1_000_000_007),
            (300, (1 << 62) + 5),
        ] {
            let mut keys: Vec<u64> = (0..n as u64)
                .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % end)
                .collect();
            let mut want = keys.clone();
            want.sort_unstable();
            sort(&mut keys, end, &mut Vec::new());
            assert_eq!(keys, want);
        }
    }
}
