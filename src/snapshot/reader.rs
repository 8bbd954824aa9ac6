//! Reading checkpoints: everything is checked before anything is believed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{ABOUT, About, HEADER, Header, MAGIC, REST, Section, SnapshotError, VERSION, codec};
use crate::columns::{Get, Kind};
use crate::engine::keep::Rest;

/// Bytes that are looked at at a time.
const BUFFER: usize = 1 << 20;

/// A checkpoint whose checksums were right.
pub struct Snapshot {
    path: PathBuf,
    file: Mutex<File>,
    bytes: u64,
    pub about: About,
    pub rest: Rest,
    columns: HashMap<String, Column>,
    /// Place and length of each data file.
    files: Vec<(u64, u64)>,
}

/// Parts of a column, in order.
struct Column {
    kind: Kind,
    len: u64,
    /// First element and place of each part.
    parts: Vec<(u64, u64)>,
}

impl Snapshot {
    /// Opens a checkpoint and verifies all of it.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let read = |source| SnapshotError::Read {
            path: path.into(),
            source,
        };
        let damaged = |reason: String| SnapshotError::Damaged {
            path: path.into(),
            reason,
        };
        let about = std::fs::metadata(path).map_err(read)?;
        if !about.is_file() {
            return Err(SnapshotError::Foreign { path: path.into() });
        }
        let mut file = File::open(path).map_err(read)?;
        let found = file.metadata().map_err(read)?.len();
        let mut header = [0; HEADER];
        let foreign = || SnapshotError::Foreign { path: path.into() };
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != MAGIC {
            return Err(foreign());
        }
        header[..MAGIC.len()].copy_from_slice(&magic);
        file.read_exact(&mut header[MAGIC.len()..])
            .map_err(|_| SnapshotError::Truncated {
                path: path.into(),
                expected: HEADER as u64,
                found,
            })?;
        let (header, sound) = Header::decode(&header);
        // Told first: another version may have another header.
        if header.version != VERSION {
            return Err(SnapshotError::Version {
                path: path.into(),
                found: header.version,
            });
        }
        if !sound {
            return Err(damaged("the checksum of its header is wrong".into()));
        }
        if header.length != found {
            return Err(SnapshotError::Truncated {
                path: path.into(),
                expected: header.length,
                found,
            });
        }
        let sections = directory(&mut file, &header).map_err(damaged)?;
        verify(&mut file, &sections).map_err(damaged)?;
        let mut snapshot = Self {
            path: path.into(),
            file: Mutex::new(file),
            bytes: found,
            about: About::default(),
            rest: Rest::default(),
            columns: HashMap::new(),
            files: Vec::new(),
        };
        snapshot.about = snapshot.structure(&sections, ABOUT).map_err(damaged)?;
        snapshot.rest = snapshot.structure(&sections, REST).map_err(damaged)?;
        if snapshot.rest.tick != header.tick {
            return Err(damaged("its header and its state are of two ticks".into()));
        }
        for k in 0..snapshot.about.files.len() {
            let name = format!("file.{k}");
            let section = sections.iter().find(|s| s.name == name && s.kind.is_none());
            let section = section.ok_or_else(|| damaged(format!("it lacks `{name}`")))?;
            snapshot.files.push((section.offset, section.bytes));
        }
        for section in sections {
            let Some(kind) = section.kind else { continue };
            let column = snapshot
                .columns
                .entry(section.name)
                .or_insert_with(|| Column {
                    kind,
                    len: 0,
                    parts: Vec::new(),
                });
            if column.kind != kind {
                return Err(damaged("a column has parts of several types".into()));
            }
            column.parts.push((column.len, section.offset));
            column.len += section.bytes / kind.size() as u64;
        }
        Ok(snapshot)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Contents of data file `k` of the definition.
    pub fn file(&self, k: usize) -> Result<Vec<u8>, SnapshotError> {
        let (offset, bytes) = self.files.get(k).copied().unwrap_or_default();
        let mut all = vec![0; bytes as usize];
        self.read_at(offset, &mut all)
            .map_err(|source| SnapshotError::Read {
                path: self.path.clone(),
                source,
            })?;
        Ok(all)
    }

    fn structure<T: serde::de::DeserializeOwned>(
        &self,
        sections: &[Section],
        name: &str,
    ) -> Result<T, String> {
        let section = sections.iter().find(|s| s.name == name && s.kind.is_none());
        let section = section.ok_or_else(|| format!("it lacks `{name}`"))?;
        let mut bytes = vec![0; section.bytes as usize];
        self.read_at(section.offset, &mut bytes)
            .map_err(|e| e.to_string())?;
        codec::decode(&bytes).map_err(|e| format!("`{name}` cannot be decoded: {e}"))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(bytes)
    }
}

/// The directory, whose sections must fill the file without a gap.
fn directory(file: &mut File, header: &Header) -> Result<Vec<Section>, String> {
    let (offset, length) = header.directory;
    if offset < HEADER as u64 || offset.checked_add(length) != Some(header.length) {
        return Err("its directory is not where it should be".into());
    }
    let mut bytes = vec![0; length as usize];
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.read_exact(&mut bytes))
        .map_err(|e| e.to_string())?;
    if xxh3_64(&bytes) != header.directory_hash {
        return Err("the checksum of its directory is wrong".into());
    }
    let sections: Vec<Section> =
        codec::decode(&bytes).map_err(|e| format!("its directory cannot be decoded: {e}"))?;
    let mut at = HEADER as u64;
    for section in &sections {
        let whole = section
            .kind
            .is_none_or(|kind| section.bytes.is_multiple_of(kind.size() as u64));
        let end = section.offset.checked_add(section.bytes);
        match end {
            Some(end) if section.offset == at && end <= offset && whole => at = end,
            _ => return Err(format!("`{}` does not fit its place", section.name)),
        }
    }
    if at == offset {
        Ok(sections)
    } else {
        Err("its sections do not fill it".into())
    }
}

/// Compares the checksum of every section.
fn verify(file: &mut File, sections: &[Section]) -> Result<(), String> {
    let mut buffer = vec![0; BUFFER];
    for section in sections {
        file.seek(SeekFrom::Start(section.offset))
            .map_err(|e| e.to_string())?;
        let mut hash = Xxh3::new();
        let mut left = section.bytes;
        while left > 0 {
            let n = left.min(BUFFER as u64) as usize;
            file.read_exact(&mut buffer[..n])
                .map_err(|e| e.to_string())?;
            hash.update(&buffer[..n]);
            left -= n as u64;
        }
        if hash.digest() != section.hash {
            return Err(format!("the checksum of `{}` is wrong", section.name));
        }
    }
    Ok(())
}

impl Get for Snapshot {
    fn find(&self, name: &str) -> Option<(Kind, u64)> {
        let column = self.columns.get(name)?;
        Some((column.kind, column.len))
    }

    fn get(&self, name: &str, from: u64, mut bytes: &mut [u8]) -> Result<(), String> {
        let column = self.columns.get(name).ok_or("it is not there")?;
        let size = column.kind.size() as u64;
        let mut from = from;
        let mut k = column.parts.partition_point(|p| p.0 <= from).max(1) - 1;
        while !bytes.is_empty() {
            let &(first, offset) = column.parts.get(k).ok_or("it is too short")?;
            let end = column.parts.get(k + 1).map_or(column.len, |p| p.0);
            let n = (end.saturating_sub(from) * size).min(bytes.len() as u64) as usize;
            let (own, others) = bytes.split_at_mut(n);
            self.read_at(offset + (from - first) * size, own)
                .map_err(|e| e.to_string())?;
            bytes = others;
            from = end;
            k += 1;
        }
        Ok(())
    }
}
