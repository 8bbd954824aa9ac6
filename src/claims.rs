//! What a file of others may claim of the numbers in it, before any of them is read: a damaged length, or one that
//! means harm, must not become an allocation.

use crate::network::estimate::{available_memory, show_bytes};

/// The best that deflate can do: a file cannot hold more elements than this times its bytes.
pub(crate) const MOST_PER_BYTE: u64 = 1032;

/// Elements of a chunk that may be longer than its dataset, as one is that is meant to grow. A chunk is
/// unpacked as a whole, however little of it is used.
const ROOM_TO_GROW: u64 = 1 << 22;

/// Bytes of an element while a chunk is unpacked and its numbers are converted.
const BYTES_PER_ELEMENT: u64 = 16;

/// Elements of an array.
pub(crate) fn elements(shape: &[u64]) -> u64 {
    shape.iter().fold(1, |a, b| a.saturating_mul(*b))
}

/// Why a dataset of that shape and chunks is not read from a file of so many bytes.
pub(crate) fn refusal(bytes: u64, shape: &[u64], chunk: Option<&[u64]>) -> Option<String> {
    let all = elements(shape);
    if all > bytes.saturating_mul(MOST_PER_BYTE) {
        return Some("it claims more elements than the file can hold".into());
    }
    let chunk = elements(chunk?);
    if chunk > all.max(ROOM_TO_GROW) {
        return Some(format!(
            "it has {all} elements in chunks of {chunk}, which would be unpacked in vain"
        ));
    }
    let needed = chunk.saturating_mul(BYTES_PER_ELEMENT);
    available_memory()
        .is_some_and(|available| needed > available)
        .then(|| {
            format!(
                "a chunk of it takes {}, more than is available",
                show_bytes(needed as f64)
            )
        })
}

/// Why chunks at those (place, bytes) are not read from a file of so many bytes.
pub(crate) fn outside(bytes: u64, chunks: &[(u64, u64)]) -> Option<String> {
    let within = |(place, length): &(u64, u64)| place.saturating_add(*length) <= bytes;
    (!chunks.iter().all(within)).then(|| "a chunk of it is said to lie beyond the end".into())
}
