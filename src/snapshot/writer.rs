//! Writing checkpoints while a run goes on: to a temporary name, synced, then renamed. Until the last
//! moment the checkpoint before stands where it did.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::{ABOUT, About, HEADER, Header, REST, Section, SnapshotError, VERSION, codec};
use crate::columns::{Kind, Put};
use crate::engine::keep::{Keeper, Rest};

/// How many spikes of each recorded population are safe; `None`: writing them has failed.
pub type Recorded = Arc<Mutex<Option<Vec<u64>>>>;

/// Is told when writing begins to fail, and when it works again.
type Told = Box<dyn Fn(Option<&SnapshotError>) + Send>;

/// Writes checkpoints to one path, each in place of the one before. If one cannot be written, the one before stays,
/// and the next is tried all the same: a disk may have room again.
pub struct Writer {
    path: PathBuf,
    about: About,
    files: Vec<Arc<Vec<u8>>>,
    /// What the recording holds, from whoever writes it.
    recorded: Recorded,
    open: Option<Open>,
    /// Why the last one could not be written.
    failure: Option<SnapshotError>,
    told: Option<Told>,
    /// Of the last checkpoint.
    bytes: u64,
    written: u64,
}

struct Open {
    out: BufWriter<File>,
    sections: Vec<Section>,
    at: u64,
}

impl Open {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        // A header of zeros is none: what is cut off here is no checkpoint.
        out.write_all(&[0; HEADER])?;
        Ok(Self {
            out,
            sections: Vec::new(),
            at: HEADER as u64,
        })
    }

    fn section(&mut self, name: &str, kind: Option<Kind>, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.sections.push(Section {
            name: name.to_string(),
            kind,
            offset: self.at,
            bytes: bytes.len() as u64,
            hash: xxh3_64(bytes),
        });
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Returns the length of the file.
    fn finish(mut self, tick: u64) -> io::Result<u64> {
        let directory = codec::encode(&self.sections).map_err(io::Error::other)?;
        self.out.write_all(&directory)?;
        let length = self.at + directory.len() as u64;
        let header = Header {
            version: VERSION,
            length,
            directory: (self.at, directory.len() as u64),
            directory_hash: xxh3_64(&directory),
            tick,
        };
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.encode())?;
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        Ok(length)
    }
}

impl Writer {
    /// `files`: the contents of `about.files`.
    pub fn new(path: &Path, about: About, files: Vec<Arc<Vec<u8>>>) -> Self {
        Self {
            path: path.into(),
            about,
            files,
            recorded: Arc::new(Mutex::new(Some(Vec::new()))),
            open: None,
            failure: None,
            told: None,
            bytes: 0,
            written: 0,
        }
    }

    /// Where whoever writes the recording says how much of it is safe, before a checkpoint begins.
    pub fn recorded(&self) -> Recorded {
        Arc::clone(&self.recorded)
    }

    /// What is said of the run from the next checkpoint on.
    pub fn about(&mut self) -> &mut About {
        &mut self.about
    }

    /// A checkpoint before the beginning: the definition alone.
    pub fn write_beginning(&mut self, sizes: Vec<u64>) -> Result<(), SnapshotError> {
        self.begin(0);
        self.end(&Rest {
            sizes,
            ..Rest::default()
        });
        self.check()
    }

    /// Who is told when writing begins to fail, and when it works again.
    pub fn when_that_changes(&mut self, tell: impl Fn(Option<&SnapshotError>) + Send + 'static) {
        self.told = Some(Box::new(tell));
    }

    /// The failure of the last checkpoint, if it could not be written.
    pub fn check(&mut self) -> Result<(), SnapshotError> {
        self.failure.take().map_or(Ok(()), Err)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checkpoints written, and bytes of the last one.
    pub fn written(&self) -> (u64, u64) {
        (self.written, self.bytes)
    }

    fn temporary(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    fn attempt<T>(&mut self, done: io::Result<T>) -> Option<T> {
        let source = match done {
            Ok(value) => return Some(value),
            Err(source) => source,
        };
        if self.open.take().is_some() {
            // It holds nothing that could be gone on from.
            let _ = std::fs::remove_file(self.temporary());
        }
        let path = self.path.clone();
        let failure = SnapshotError::Write { path, source };
        if let (None, Some(tell)) = (&self.failure, &self.told) {
            tell(Some(&failure));
        }
        self.failure = Some(failure);
        None
    }

    fn section(&mut self, name: &str, kind: Option<Kind>, bytes: &[u8]) {
        if let Some(open) = &mut self.open {
            let done = open.section(name, kind, bytes);
            self.attempt(done);
        }
    }

    fn structure<T: serde::Serialize>(&mut self, name: &str, value: &T) {
        let bytes = codec::encode(value).map_err(io::Error::other);
        if let Some(bytes) = self.attempt(bytes) {
            self.section(name, None, &bytes);
        }
    }

    fn replace(&mut self, open: Open, tick: u64) -> io::Result<()> {
        let temporary = self.temporary();
        let done = open.finish(tick);
        let done = done.and_then(|n| std::fs::rename(&temporary, &self.path).map(|()| n));
        let bytes = done.inspect_err(|_| {
            let _ = std::fs::remove_file(&temporary);
        })?;
        sync_directory(&self.path);
        self.bytes = bytes;
        self.written += 1;
        Ok(())
    }
}

/// Makes a renaming last. Where directories cannot be synced, the system sees to it in time.
fn sync_directory(of: &Path) {
    let directory = of.parent().filter(|d| !d.as_os_str().is_empty());
    if let Ok(directory) = File::open(directory.unwrap_or(Path::new("."))) {
        let _ = directory.sync_all();
    }
}

impl Put for Writer {
    fn put(&mut self, name: &str, kind: Kind, bytes: &[u8]) {
        self.section(name, Some(kind), bytes);
    }
}

impl Keeper for Writer {
    fn begin(&mut self, _: u64) {
        let open = Open::create(&self.temporary());
        self.open = self.attempt(open);
    }

    fn end(&mut self, rest: &Rest) {
        let recorded = self.recorded.lock();
        let recorded = recorded.unwrap_or_else(PoisonError::into_inner).clone();
        let Some(recorded) = recorded else {
            // What could not be recorded must not be gone on from.
            self.open = None;
            let _ = std::fs::remove_file(self.temporary());
            return;
        };
        self.about.recorded = recorded;
        let about = self.about.clone();
        self.structure(ABOUT, &about);
        self.structure(REST, rest);
        for (k, file) in self.files.clone().iter().enumerate() {
            self.section(&format!("file.{k}"), None, file);
        }
        let Some(open) = self.open.take() else {
            return;
        };
        let done = self.replace(open, rest.tick);
        if self.attempt(done).is_some()
            && let (Some(_), Some(tell)) = (self.failure.take(), &self.told)
        {
            tell(None);
        }
    }
}
