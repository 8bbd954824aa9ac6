//! The spikes as text: one line per spike, as BMTK writes them beside its HDF5 files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes `timestamps population node_ids`, separated by spaces, in the order of time.
pub(super) struct CsvWriter {
    out: BufWriter<File>,
}

impl CsvWriter {
    /// Refuses an existing file unless `overwrite`.
    pub(super) fn create(path: &Path, overwrite: bool) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 18, super::hdf5_file::create(path, overwrite)?);
        out.write_all(b"timestamps population node_ids\n")?;
        Ok(Self { out })
    }

    /// `ms` is written with as many digits as it takes to read the same number back.
    pub(super) fn spike(&mut self, ms: f64, population: &str, id: u64) -> io::Result<()> {
        writeln!(self.out, "{ms:?} {population} {id}")
    }

    /// A line as it stood in another file.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// What has come is on the disk when this returns.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.out.get_ref().sync_all()
    }
}
