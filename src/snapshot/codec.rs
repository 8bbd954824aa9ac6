//! The only user of bincode.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// No structure takes more than this when it is decoded: 4 GiB, some ten million sources that learn.
const LIMIT: usize = if usize::BITS >= 64 { 4 << 30 } else { 1 << 30 };

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    bincode::serde::encode_to_vec(value, bincode::config::standard()).map_err(|e| e.to_string())
}

/// All of the bytes must be used.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // A number takes eight bytes and may be written in one. A text whose length is claimed is given its memory
    // before it is read, so few bytes must not be able to claim much.
    let (value, used) = match bytes.len() {
        0..0x1_0000 => within::<T, 0x10_0000>(bytes),
        0x1_0000..0x10_0000 => within::<T, 0x100_0000>(bytes),
        0x10_0000..0x100_0000 => within::<T, 0x1000_0000>(bytes),
        _ => within::<T, LIMIT>(bytes),
    }?;
    if used == bytes.len() {
        Ok(value)
    } else {
        Err(format!("{} bytes are left over", bytes.len() - used))
    }
}

fn within<T: DeserializeOwned, const MOST: usize>(bytes: &[u8]) -> Result<(T, usize), String> {
    let config = bincode::config::standard().with_limit::<MOST>();
    bincode::serde::decode_from_slice(bytes, config).map_err(|e| e.to_string())
}
