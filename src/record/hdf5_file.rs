//! The only place that knows the HDF5 library.
//!
//! Traps of the library and of its readers, each found by trying:
//!
//! - A chunk dimension beyond 32,768 is written in a way that HDF5 2.0 refuses.
//! - Only one-dimensional datasets grow in place.
//! - libsonata's Python package is built without zlib and cannot read deflate at all. So what it
//!   reads is stored plain, or packed by the filter that every HDF5 library has (scale-offset, which
//!   keeps only the bits that the numbers of a chunk differ in); what only we read is deflated.
//! - A string attribute must be of variable length to arrive in Python as `str`.
//! - `sorting` must be an HDF5 enum (libsonata refuses a string), and an attribute of that type
//!   cannot be built with the library. A group that carries it can be *copied* from another file,
//!   which is what `by_time.h5` beside this file is for: one group `by_time` with the attribute
//!   `sorting`, an enum over u8 of none 0, by_id 1, by_time 2. h5py wrote it with
//!   `libver=("v110", "v110")`; "latest" gives a form that HDF5 1.14 does not know.
//! - A damaged file may make the library panic, so every call on a foreign file is guarded.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hdf5::{
    AttrValue, File, FileAccessProperties, FileBuilder, MaxExtent, ScaleOffset, SyncPolicy,
};

use super::error::RecordError;
use crate::claims::{self, elements};
use crate::network::estimate::{available_memory, show_bytes};

/// Elements per chunk. A flush in the middle of a chunk leaves the old copy of that chunk behind as
/// dead bytes, so chunks are small: an hour of flushes costs some 20 MB per population at most.
const CHUNK: u64 = 8192;

/// Frames of more values than this stay in the `values` column alone, because the library takes a
/// two-dimensional dataset only as a whole.
const MAX_BLOCK: usize = 64 << 20;

static BY_TIME: &[u8] = include_bytes!("by_time.h5");

/// A value of an attribute, whatever its width in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    Text(String),
    Texts(Vec<String>),
    Int(u64),
    Ints(Vec<u64>),
    Real(f64),
    Reals(Vec<f64>),
    /// A 32-bit unsigned number.
    Word(u32),
    Words(Vec<u32>),
}

impl Attribute {
    pub(super) fn value(&self) -> AttrValue {
        match self.clone() {
            Self::Text(v) => AttrValue::VarLenString(v),
            Self::Texts(v) => AttrValue::VarLenStringArray(v),
            Self::Int(v) => AttrValue::U64(v),
            Self::Ints(v) => AttrValue::U64Array(v),
            Self::Real(v) => AttrValue::F64(v),
            Self::Reals(v) => AttrValue::F64Array(v),
            Self::Word(v) => AttrValue::U32(v),
            Self::Words(v) => AttrValue::U32Array(v),
        }
    }

    fn read(value: &AttrValue) -> Option<Self> {
        if let Some(v) = value.as_str() {
            return Some(Self::Text(v.to_owned()));
        }
        if let Some(v) = value.as_strings() {
            return Some(Self::Texts(v.to_vec()));
        }
        if let Some(v) = value.as_u64() {
            return Some(Self::Int(v));
        }
        if let Some(v) = value.to_u64s() {
            return Some(Self::Ints(v));
        }
        if let Some(v) = value.as_f64() {
            return Some(Self::Real(v));
        }
        value.to_f64s().map(Self::Reals)
    }
}

/// Named attributes in the order in which they are written.
pub(super) type Attributes = Vec<(&'static str, Attribute)>;

/// What a file is called until it can be opened by anybody.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.to_path_buf().into_os_string();
    name.push(".part");
    name.into()
}

/// Opens a file for writing; an existing one only with `overwrite`.
pub(super) fn create(path: &Path, overwrite: bool) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    if overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(path)
}

/// Opens a file that this process alone has to do with. A process that is just being started elsewhere in
/// the program holds copies of our files, and with them their locks, until it becomes another program.
pub(super) fn patient<T>(open: impl Fn() -> Result<T, hdf5::Error>) -> Result<T, hdf5::Error> {
    for _ in 0..100 {
        match open() {
            Err(hdf5::Error::FileLocked(_)) => std::thread::sleep(Duration::from_millis(10)),
            done => return done,
        }
    }
    open()
}

/// What a new file is to hold.
pub(super) struct Layout {
    pub root: Attributes,
    /// Each population whose spikes are recorded.
    pub spikes: Vec<SpikeGroup>,
    pub reports: Vec<Report>,
    /// Deflate also what libsonata could then not read.
    pub compress: bool,
}

/// A population whose spikes are recorded, as the file sees it.
pub(super) struct SpikeGroup {
    pub name: String,
    pub attributes: Attributes,
    /// One name per element, if the definition gives any.
    pub labels: Option<Arc<Vec<String>>>,
}

/// A state recording as the file sees it.
pub(super) struct Report {
    pub name: String,
    pub attributes: Attributes,
    pub unit: String,
    pub ids: Vec<u64>,
    /// ms between frames.
    pub step: f64,
}

/// A file being written.
pub(super) struct Output {
    file: File,
    path: PathBuf,
    spikes: Vec<SpikeColumns>,
    reports: Vec<ReportColumns>,
}

struct SpikeColumns {
    timestamps: hdf5::Dataset,
    node_ids: hdf5::Dataset,
    ticks: hdf5::Dataset,
}

struct ReportColumns {
    values: hdf5::Dataset,
    group: String,
    unit: String,
    width: usize,
    count: usize,
    step: f64,
    start: Option<f64>,
}

impl Output {
    /// Writes the empty file under the name of what is `unfinished`: from here on it can be opened by
    /// anybody at any time, and may get its own.
    pub(super) fn create(path: &Path, layout: &Layout) -> Result<Self, RecordError> {
        let unnamed = &unfinished(path);
        let mut handle = create(unnamed, true).map_err(|source| RecordError::Create {
            path: path.into(),
            source,
        })?;
        let fail = |e: hdf5::Error| RecordError::Write {
            path: path.into(),
            reason: e.to_string(),
        };
        let bytes = skeleton(layout).map_err(fail)?;
        handle
            .write_all(&bytes)
            .map_err(|source| RecordError::Create {
                path: path.into(),
                source,
            })?;
        drop(handle);
        (|| {
            add_populations(unnamed, layout)?;
            let options = || FileAccessProperties::new().with_sync_policy(SyncPolicy::OnClose);
            let file = patient(|| File::open_rw_with_options(unnamed, options()))?;
            let mut spikes = Vec::new();
            for SpikeGroup { name, .. } in &layout.spikes {
                spikes.push(SpikeColumns {
                    timestamps: file.dataset(&format!("spikes/{name}/timestamps"))?,
                    node_ids: file.dataset(&format!("spikes/{name}/node_ids"))?,
                    ticks: file.dataset(&format!("spikes/{name}/ticks"))?,
                });
            }
            let mut reports = Vec::new();
            for r in &layout.reports {
                reports.push(ReportColumns {
                    values: file.dataset(&format!("report/{}/values", r.name))?,
                    group: format!("report/{}", r.name),
                    unit: r.unit.clone(),
                    width: r.ids.len(),
                    count: 0,
                    step: r.step,
                    start: None,
                });
            }
            Ok(Self {
                file,
                path: path.into(),
                spikes,
                reports,
            })
        })()
        .map_err(fail)
    }

    fn fail(&self, e: hdf5::Error) -> RecordError {
        RecordError::Write {
            path: self.path.clone(),
            reason: e.to_string(),
        }
    }

    /// What has been appended is on the disk when this returns.
    pub(super) fn sync(&mut self) -> Result<(), RecordError> {
        let done = self.file.sync();
        done.map_err(|e| self.fail(e))
    }

    /// Appends to the columns of population `at` of the layout. The three have one length.
    pub(super) fn spikes(
        &mut self,
        at: usize,
        ms: &[f64],
        ids: &[u32],
        ticks: &[u64],
    ) -> Result<(), RecordError> {
        let to = &mut self.spikes[at];
        let done = (|| {
            to.timestamps.append(ms)?;
            to.node_ids.append(ids)?;
            to.ticks.append(ticks)
        })();
        done.map_err(|e| self.fail(e))
    }

    /// Appends whole frames to report `at`; the first of them was taken at `ms`.
    pub(super) fn frames(&mut self, at: usize, ms: f64, values: &[f64]) -> Result<(), RecordError> {
        let to = &mut self.reports[at];
        to.start.get_or_insert(ms);
        to.count += values.len();
        let done = to.values.append(values);
        done.map_err(|e| self.fail(e))
    }

    /// Closes the file with what is known at the end.
    pub(super) fn finish(mut self, last: &Attributes) -> Result<(), RecordError> {
        let done = self.write_blocks().and_then(|()| {
            let root = self.file.root();
            for (name, value) in last {
                root.set_attr(name, value.value())?;
            }
            self.file.commit()
        });
        done.map_err(|e| self.fail(e))?;
        let path = self.path;
        self.spikes.clear();
        self.reports.clear();
        self.file.close().map_err(|e| RecordError::Write {
            path,
            reason: e.to_string(),
        })
    }

    /// The two-dimensional frames and their time axis, from the column that grew during the run.
    fn write_blocks(&mut self) -> Result<(), hdf5::Error> {
        for r in &self.reports {
            if r.count == 0 || r.width == 0 || r.count > MAX_BLOCK {
                continue;
            }
            let data: Vec<f32> = r.values.read_f64()?.iter().map(|v| *v as f32).collect();
            let frames = data.len() / r.width;
            let rows = (CHUNK as usize / r.width).clamp(1, frames) as u64;
            let columns = (r.width as u64).min(CHUNK);
            self.file
                .root()
                .create_dataset(&format!("{}/data", r.group), |d| {
                    d.with_f32_data(&data)
                        .with_shape(&[frames as u64, r.width as u64])
                        .with_chunks(&[rows, columns])
                        .set_attr("units", AttrValue::VarLenString(r.unit.clone()));
                })?;
            let start = r.start.unwrap_or(r.step);
            self.file
                .dataset(&format!("{}/mapping/time", r.group))?
                .write(&[start, start + r.step * frames as f64, r.step])?;
            self.file.commit()?;
        }
        Ok(())
    }
}

/// The bytes of a file with all that has a fixed size.
fn skeleton(layout: &Layout) -> Result<Vec<u8>, hdf5::Error> {
    let mut file = FileBuilder::new();
    for (name, value) in &layout.root {
        file.set_attr(name, value.value());
    }
    let spikes = file.create_group("spikes");
    file.add_group(spikes.finish());
    if layout.reports.is_empty() {
        return file.finish();
    }
    let mut all = file.create_group("report");
    for r in &layout.reports {
        let mut group = all.create_group(&r.name);
        for (name, value) in &r.attributes {
            group.set_attr(name, value.value());
        }
        column(
            group.create_dataset("values").with_f64_data(&[]),
            Packing::Deflate,
        )
        .set_attr("units", AttrValue::VarLenString(r.unit.clone()));
        let mut mapping = group.create_group("mapping");
        mapping
            .create_dataset("node_ids")
            .with_u64_data(&r.ids)
            .set_attr("sorted", AttrValue::U8(1));
        let pointers: Vec<u64> = (0..=r.ids.len() as u64).collect();
        mapping
            .create_dataset("index_pointers")
            .with_u64_data(&pointers);
        mapping
            .create_dataset("element_ids")
            .with_u32_data(&vec![0; r.ids.len()]);
        mapping
            .create_dataset("time")
            .with_f64_data(&[r.step, r.step, r.step])
            .set_attr("units", AttrValue::VarLenString("ms".into()));
        group.add_group(mapping.finish());
        all.add_group(group.finish());
    }
    file.add_group(all.finish());
    file.finish()
}

/// How a column is packed.
#[derive(Clone, Copy)]
pub(super) enum Packing {
    None,
    /// Lossless for integers; every HDF5 library has it.
    Bits,
    Deflate,
    /// Deflate for numbers that often stand several times in a row, which need not be shuffled for it.
    Runs,
}

pub(super) fn column(d: &mut hdf5::DatasetBuilder, packing: Packing) -> &mut hdf5::DatasetBuilder {
    column_of(d, packing, CHUNK)
}

/// A column of which it is known that it gets no more than `most` elements: it takes no more room.
pub(super) fn column_of(
    d: &mut hdf5::DatasetBuilder,
    packing: Packing,
    most: u64,
) -> &mut hdf5::DatasetBuilder {
    let d = d
        .with_shape(&[0])
        .with_maxshape(&[MaxExtent::Unlimited])
        .with_chunks(&[most.clamp(1, CHUNK)]);
    match packing {
        Packing::None => d,
        Packing::Bits => d.with_scale_offset(ScaleOffset::Integer(0)),
        Packing::Deflate => d.with_shuffle().with_deflate(1),
        Packing::Runs => d.with_deflate(1),
    }
}

/// The population groups: copies of the one that says `sorting = by_time`, then filled.
fn add_populations(path: &Path, layout: &Layout) -> Result<(), hdf5::Error> {
    if layout.spikes.is_empty() {
        return Ok(());
    }
    // Packing ids would take off 2 bytes a spike, and add two thirds to the time that is spent on one.
    let (packing, ticks) = if layout.compress {
        (Packing::Deflate, Packing::Deflate)
    } else {
        (Packing::None, Packing::Runs)
    };
    let template = File::from_bytes(BY_TIME.to_vec())?;
    let file = patient(|| File::open_rw(path))?;
    for SpikeGroup { name, .. } in &layout.spikes {
        file.copy_from(&template, "by_time", &format!("spikes/{name}"))?;
    }
    file.commit()?;
    for all in &layout.spikes {
        let group = file.group(&format!("spikes/{}", all.name))?;
        if let Some(labels) = &all.labels {
            let texts: Vec<&str> = labels.iter().map(String::as_str).collect();
            group.create_dataset("labels", |d| {
                d.with_vlen_strings(&texts);
            })?;
        }
        for (name, value) in &all.attributes {
            group.set_attr(name, value.value())?;
        }
        group.create_dataset("timestamps", |d| {
            column(d.with_f64_data(&[]), packing)
                .set_attr("units", AttrValue::VarLenString("ms".into()));
        })?;
        group.create_dataset("node_ids", |d| {
            column(d.with_u32_data(&[]), packing);
        })?;
        group.create_dataset("ticks", |d| {
            column(d.with_u64_data(&[]), ticks);
        })?;
    }
    file.commit()?;
    file.close()
}

/// A file being read. Every call is guarded against panics of the library.
pub(super) struct Input {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Input {
    pub(super) fn open(path: &Path) -> Result<Self, RecordError> {
        let io = |source| RecordError::Open {
            path: path.into(),
            source,
        };
        let bytes = fs::metadata(path).map_err(io)?;
        if bytes.is_dir() {
            return Err(io(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a directory",
            )));
        }
        fs::File::open(path).map_err(io)?;
        if !hdf5::is_hdf5(path).map_err(io)? {
            return Err(RecordError::NotHdf5 { path: path.into() });
        }
        let file = guard(path, || File::open_streaming(path))?;
        Ok(Self {
            file,
            path: path.into(),
            bytes: bytes.len(),
        })
    }

    /// Names of the groups in a group, sorted; nothing if there is no such group.
    pub(super) fn groups(&self, of: &str) -> Result<Vec<String>, RecordError> {
        guard(&self.path, || {
            let Ok(group) = self.file.group(of) else {
                return Ok(Vec::new());
            };
            let mut names = group.groups()?;
            names.sort();
            Ok(names)
        })
    }

    /// Is there a dataset of that path?
    pub(super) fn has(&self, dataset: &str) -> bool {
        guard(&self.path, || Ok(self.file.dataset(dataset).is_ok())).unwrap_or(false)
    }

    /// Attributes of a group (`/` for the root), as far as we have a use for their types.
    pub(super) fn attributes(&self, of: &str) -> Result<HashMap<String, Attribute>, RecordError> {
        guard(&self.path, || {
            let group = if of == "/" {
                self.file.root()
            } else {
                self.file.group(of)?
            };
            Ok(convert(group.attrs()?))
        })
    }

    /// The unit that a dataset states, or nothing.
    pub(super) fn unit(&self, dataset: &str) -> String {
        self.attribute(dataset, "units")
    }

    /// A text that a dataset has as an attribute, or nothing.
    pub(super) fn attribute(&self, dataset: &str, name: &str) -> String {
        let attributes = guard(&self.path, || {
            Ok(convert(self.file.dataset(dataset)?.attrs()?))
        });
        match attributes.ok().and_then(|mut a| a.remove(name)) {
            Some(Attribute::Text(text)) => text,
            _ => String::new(),
        }
    }

    pub(super) fn reals(&self, dataset: &str) -> Result<Vec<f64>, RecordError> {
        self.sized(dataset)?;
        guard(&self.path, || self.file.dataset(dataset)?.read_f64())
    }

    /// Number of elements of a one-dimensional dataset.
    pub(super) fn len(&self, dataset: &str) -> Result<u64, RecordError> {
        Ok(self.shape(dataset)?.first().copied().unwrap_or(0))
    }

    /// `n` elements from `from` on.
    pub(super) fn reals_in(
        &self,
        dataset: &str,
        from: u64,
        n: u64,
    ) -> Result<Vec<f64>, RecordError> {
        guard(&self.path, || {
            self.file.dataset(dataset)?.read_f64_rows(from, n)
        })
    }

    /// `n` numbers that cannot be negative, from `from` on.
    pub(super) fn ints_in(
        &self,
        dataset: &str,
        from: u64,
        n: u64,
    ) -> Result<Vec<u64>, RecordError> {
        guard(&self.path, || {
            self.file.dataset(dataset)?.read_u64_rows(from, n)
        })
    }

    pub(super) fn texts(&self, dataset: &str) -> Result<Vec<String>, RecordError> {
        self.sized(dataset)?;
        guard(&self.path, || self.file.dataset(dataset)?.read_string())
    }

    /// Numbers that cannot be negative, such as ids.
    pub(super) fn ints(&self, dataset: &str) -> Result<Vec<u64>, RecordError> {
        self.sized(dataset)?;
        // Read as signed, because the library turns a negative number into an unsigned 0.
        let all = guard(&self.path, || self.file.dataset(dataset)?.read_i64())?;
        let negative = |_| RecordError::Damaged {
            path: self.path.clone(),
            reason: format!("`{dataset}` holds a negative number"),
        };
        all.into_iter()
            .map(|i| u64::try_from(i).map_err(negative))
            .collect()
    }

    /// The shape of a dataset, if its file can hold as much as it claims.
    fn shape(&self, dataset: &str) -> Result<Vec<u64>, RecordError> {
        let (shape, chunk, places) = guard(&self.path, || {
            let d = self.file.dataset(dataset)?;
            let chunk = d.chunk_shape()?;
            let places = match chunk {
                Some(_) => d.chunks().unwrap_or_default(),
                None => Vec::new(),
            };
            Ok((d.shape()?, chunk, places))
        })?;
        let places: Vec<_> = places.iter().map(|c| (c.address, c.storage_size)).collect();
        let told = claims::refusal(self.bytes, &shape, chunk.as_deref());
        match told.or_else(|| claims::outside(self.bytes, &places)) {
            None => Ok(shape),
            Some(told) => Err(RecordError::Damaged {
                path: self.path.clone(),
                reason: format!("`{dataset}`: {told}"),
            }),
        }
    }

    /// Refuses a dataset that cannot be read as a whole.
    fn sized(&self, dataset: &str) -> Result<(), RecordError> {
        // What was never written reads as zeros, however much of it there is said to be.
        let needed = elements(&self.shape(dataset)?).saturating_mul(16);
        if available_memory().is_some_and(|available| needed > available) {
            return Err(RecordError::Damaged {
                path: self.path.clone(),
                reason: format!(
                    "`{dataset}` takes {}, more than is available",
                    show_bytes(needed as f64)
                ),
            });
        }
        Ok(())
    }
}

fn convert(all: HashMap<String, AttrValue>) -> HashMap<String, Attribute> {
    all.into_iter()
        .filter_map(|(name, v)| Some((name, Attribute::read(&v)?)))
        .collect()
}

fn guard<T>(path: &Path, f: impl FnOnce() -> Result<T, hdf5::Error>) -> Result<T, RecordError> {
    let damaged = |reason| RecordError::Damaged {
        path: path.into(),
        reason,
    };
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(v)) => Ok(v),
        Ok(Err(e)) => Err(damaged(e.to_string())),
        Err(_) => Err(damaged("its structure cannot be followed".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Recording;
    use super::*;

    fn read(build: impl FnOnce(&mut FileBuilder)) -> Result<Recording, RecordError> {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("spikes.h5");
        let mut file = FileBuilder::new();
        build(&mut file);
        file.write(&path).expect("written");
        Recording::open(&path)
    }

    #[test]
    fn spike_files_of_others_are_read_unsorted_and_in_other_types() {
        let back = read(|f| {
            let mut all = f.create_group("spikes");
            let mut p = all.create_group("cortex");
            p.set_attr("sorting", AttrValue::String("by_id".into()));
            p.create_dataset("timestamps")
                .with_f32_data(&[3.5, 1.5, 1.5, 2.0, 9.0]);
            p.create_dataset("node_ids").with_i64_data(&[7, 2, 1, 0]);
            all.add_group(p.finish());
            f.add_group(all.finish());
        })
        .expect("read");
        let p = back.population("cortex").expect("there");
        assert_eq!(p.times, [1.5, 1.5, 2.0, 3.5], "the shorter column counts");
        assert_eq!(p.ids, [1, 2, 0, 7]);
        assert_eq!((p.size, back.completed), (8, None));
    }

    #[test]
    fn the_layout_without_populations_is_read() {
        let back = read(|f| {
            let mut all = f.create_group("spikes");
            all.create_dataset("timestamps").with_f64_data(&[2.0, 1.0]);
            all.create_dataset("gids").with_u32_data(&[5, 6]);
            f.add_group(all.finish());
        })
        .expect("read");
        assert_eq!(back.populations[0].ids, [6, 5]);
    }

    #[test]
    fn what_is_not_a_recording_is_said_to_be_none() {
        let other = read(|f| {
            f.create_dataset("weights").with_f64_data(&[1.0]);
        });
        assert!(
            matches!(other, Err(RecordError::NoSpikes { .. })),
            "{other:?}"
        );
        let wrong = |times: &[f64], ids: &[i64]| {
            read(|f| {
                let mut all = f.create_group("spikes");
                let mut p = all.create_group("p");
                p.create_dataset("timestamps").with_f64_data(times);
                p.create_dataset("node_ids").with_i64_data(ids);
                all.add_group(p.finish());
                f.add_group(all.finish());
            })
        };
        for other in [wrong(&[f64::NAN], &[1]), wrong(&[1.0], &[-1])] {
            assert!(
                matches!(other, Err(RecordError::Damaged { .. })),
                "{other:?}"
            );
        }
    }
}
