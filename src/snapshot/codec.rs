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
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let (value, used) =
        bincode::serde::decode_from_slice(bytes, config).map_err(|e| e.to_string())?;
    if used == bytes.len() {
        Ok(value)
    } else {
        Err(format!("{} bytes are left over", bytes.len() - used))
    }
}
