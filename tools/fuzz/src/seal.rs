//! Checksums made right: a damaged checkpoint would otherwise be refused by the first one, and nothing behind it
//! would ever be reached. What cannot be found any more stays as it is.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the header, the last eight of them its checksum.
const HEADER: usize = 64;
/// Fields of the header: length of the file, place and length of the directory, and its checksum.
const LENGTH: usize = 16;
const DIRECTORY: usize = 24;
const DIRECTORY_HASH: usize = 40;

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let own = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
    usize::try_from(u64::from_le_bytes(own)).ok()
}

/// A number of bincode's variable length.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    *at += 1;
    let length = match first {
        0..=250 => return Some(first.into()),
        251 => 2,
        252 => 4,
        253 => 8,
        _ => return None,
    };
    let mut all = [0; 8];
    all[..length].copy_from_slice(bytes.get(*at..*at + length)?);
    *at += length;
    Some(u64::from_le_bytes(all))
}

/// Puts the checksum of each section into the directory at `at`.
fn seal_sections(bytes: &mut [u8], mut at: usize) -> Option<()> {
    for _ in 0..number(bytes, &mut at)? {
        let name = usize::try_from(number(bytes, &mut at)?).ok()?;
        at = at.checked_add(name)?;
        let typed = *bytes.get(at)? == 1;
        at += 1;
        if typed {
            number(bytes, &mut at)?;
        }
        let offset = usize::try_from(number(bytes, &mut at)?).ok()?;
        let length = usize::try_from(number(bytes, &mut at)?).ok()?;
        let hash = xxh3_64(bytes.get(offset..offset.checked_add(length)?)?);
        let place = at + 1;
        number(bytes, &mut at)?;
        // Shorter ones are as good as never there.
        if at == place + 8 {
            bytes[place..at].copy_from_slice(&hash.to_le_bytes());
        }
    }
    Some(())
}

/// The bytes with checksums and length as they should be.
pub fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    if all.len() < HEADER {
        return all;
    }
    let length = all.len() as u64;
    all[LENGTH..LENGTH + 8].copy_from_slice(&length.to_le_bytes());
    if let (Some(at), Some(n)) = (word(&all, DIRECTORY), word(&all, DIRECTORY + 8)) {
        let _ = seal_sections(&mut all, at);
        if let Some(own) = at.checked_add(n).and_then(|end| all.get(at..end)) {
            let hash = xxh3_64(own);
            all[DIRECTORY_HASH..DIRECTORY_HASH + 8].copy_from_slice(&hash.to_le_bytes());
        }
    }
    let hash = xxh3_64(&all[..HEADER - 8]);
    all[HEADER - 8..HEADER].copy_from_slice(&hash.to_le_bytes());
    all
}
