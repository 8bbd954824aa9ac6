//! Reading HDF5 files that others wrote: every call guarded, every length checked, every number
//! read as what it is.
//!
//! Errors are texts that name the file and the dataset. A damaged file may make the library panic,
//! so its calls are guarded; a damaged length must not become an allocation, so it is compared with
//! the size of the file first. This is the only file of the definition layer that knows the library.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use hdf5::DType;

use super::files;
use crate::claims::{self, MOST_PER_BYTE, elements};
use crate::network::estimate::{available_memory, show_bytes};

/// Rows that are read at a time, unless the chunks of the dataset are longer.
const BLOCK: u64 = 1 << 20;

/// An HDF5 file being read.
pub(crate) struct File {
    file: hdf5::File,
    path: PathBuf,
    bytes: u64,
}

/// How the numbers of a dataset are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unsigned,
    Signed,
    Real,
}

/// A dataset of numbers.
pub(crate) struct Column<'f> {
    of: &'f File,
    name: String,
    set: hdf5::Dataset,
    kind: Kind,
    shape: Vec<u64>,
    /// Rows per read.
    block: u64,
}

/// Is this the ending of an HDF5 file?
pub(super) fn is_extension(extension: &str) -> bool {
    matches!(extension, "h5" | "hdf5" | "sonata")
}

fn guard<T, E: Display>(f: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(v)) => Ok(v),
        Ok(Err(e)) => Err(e.to_string()),
        Err(_) => Err("its structure cannot be followed".into()),
    }
}

impl File {
    pub fn open(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let bytes = files::regular(path)?;
        let is_hdf5 = hdf5::is_hdf5(path).map_err(|e| format!("{shown} cannot be read: {e}"))?;
        if !is_hdf5 {
            return Err(format!(
                "{shown} is not a readable HDF5 file: it does not begin like one"
            ));
        }
        let file = guard(|| hdf5::File::open_streaming(path))
            .map_err(|e| format!("{shown}: not a readable HDF5 file: {e}"))?;
        Ok(Self {
            file,
            path: path.into(),
            bytes,
        })
    }

    fn fail(&self, what: &str, e: impl Display) -> String {
        format!("{}: {what}: {e}", self.path.display())
    }

    /// Names of the groups in a group, sorted; `None` if there is no such group.
    pub fn groups(&self, of: &str) -> Result<Option<Vec<String>>, String> {
        let Ok(group) = guard(|| self.file.group(of)) else {
            return Ok(None);
        };
        let mut names = guard(|| group.groups()).map_err(|e| self.fail(of, e))?;
        names.sort_unstable();
        Ok(Some(names))
    }

    /// Names of the datasets in a group, sorted; none if there is no such group.
    pub fn datasets(&self, of: &str) -> Result<Vec<String>, String> {
        let Ok(group) = guard(|| self.file.group(of)) else {
            return Ok(Vec::new());
        };
        let mut names = guard(|| group.datasets()).map_err(|e| self.fail(of, e))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Is there a dataset of that path?
    pub fn has(&self, dataset: &str) -> bool {
        guard(|| self.file.dataset(dataset)).is_ok()
    }

    /// A text that a group or dataset has as an attribute; `None` also if it is no text.
    pub fn text(&self, of: &str, attribute: &str) -> Option<String> {
        let all = guard(|| match self.file.group(of) {
            Ok(group) => group.attrs(),
            Err(_) => self.file.dataset(of)?.attrs(),
        });
        Some(all.ok()?.get(attribute)?.as_str()?.to_string())
    }

    /// A whole number that a group has as an attribute.
    pub fn number(&self, of: &str, attribute: &str) -> Option<u64> {
        let all = guard(|| self.file.group(of)?.attrs());
        all.ok()?.get(attribute)?.as_u64()
    }

    /// Is it a dataset of texts?
    pub fn is_text(&self, dataset: &str) -> bool {
        let dtype = guard(|| self.file.dataset(dataset)?.dtype());
        matches!(dtype, Ok(DType::VariableLengthString | DType::String))
    }

    /// The texts of a dataset, row by row, with its shape. Fixed and variable lengths are read; empty
    /// ones of any type too, since some writers know no empty list of texts.
    pub fn texts(&self, dataset: &str) -> Result<(Vec<u64>, Vec<String>), String> {
        let set = guard(|| self.file.dataset(dataset)).map_err(|e| self.fail(dataset, e))?;
        let (dtype, shape) = guard(|| Ok::<_, hdf5::Error>((set.dtype()?, set.shape()?)))
            .map_err(|e| self.fail(dataset, e))?;
        let n = elements(&shape);
        if n == 0 {
            return Ok((shape, Vec::new()));
        }
        if n > self.bytes.saturating_mul(MOST_PER_BYTE) {
            return Err(self.fail(dataset, "it claims more elements than the file can hold"));
        }
        let most = usize::try_from(self.bytes.saturating_mul(MOST_PER_BYTE)).unwrap_or(usize::MAX);
        let texts = match dtype {
            DType::VariableLengthString => {
                let limits = hdf5::VlenStringReadOptions::new().with_max_payload_bytes(most);
                guard(|| set.read_vlen_strings(limits))
            }
            DType::String => guard(|| set.read_string()),
            other => Err(format!("texts are expected, not {other}")),
        };
        let texts = texts.map_err(|e| self.fail(dataset, e))?;
        if texts.len() as u64 != n {
            return Err(self.fail(dataset, "texts are missing"));
        }
        Ok((shape, texts))
    }

    /// A dataset of numbers. A missing one is told with what there is.
    pub fn column(&self, dataset: &str) -> Result<Column<'_>, String> {
        let set = match guard(|| self.file.dataset(dataset)) {
            Ok(set) => set,
            Err(e) => {
                let (group, name) = dataset.rsplit_once('/').unwrap_or(("", dataset));
                let group = if group.is_empty() { "/" } else { group };
                let there = self.datasets(group)?;
                if there.iter().any(|n| n == name) {
                    return Err(self.fail(dataset, e));
                }
                let there: Vec<&str> = there.iter().map(String::as_str).collect();
                return Err(format!(
                    "{} has no dataset {dataset}; {}",
                    self.path.display(),
                    super::diagnostics::suggest(name, &there)
                ));
            }
        };
        let (dtype, shape, chunk) =
            guard(|| Ok::<_, hdf5::Error>((set.dtype()?, set.shape()?, set.chunk_shape()?)))
                .map_err(|e| self.fail(dataset, e))?;
        let kind = match dtype {
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Kind::Unsigned,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => Kind::Signed,
            DType::F32 | DType::F64 => Kind::Real,
            other => {
                return Err(self.fail(dataset, format!("numbers are expected, not {other}")));
            }
        };
        let places = match chunk {
            Some(_) => guard(|| set.chunks()).unwrap_or_default(),
            None => Vec::new(),
        };
        let places: Vec<_> = places.iter().map(|c| (c.address, c.storage_size)).collect();
        let told = claims::refusal(self.bytes, &shape, chunk.as_deref());
        if let Some(told) = told.or_else(|| claims::outside(self.bytes, &places)) {
            return Err(self.fail(dataset, told));
        }
        let long = chunk
            .and_then(|c| c.first().copied())
            .filter(|c| *c > 0)
            .unwrap_or(1);
        Ok(Column {
            of: self,
            name: dataset.into(),
            set,
            kind,
            shape,
            // Whole chunks, so that none is unpacked twice.
            block: BLOCK.div_ceil(long).saturating_mul(long),
        })
    }
}

impl Column<'_> {
    /// Number of elements.
    pub fn len(&self) -> u64 {
        elements(&self.shape)
    }

    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// An error about this dataset.
    pub fn wrong(&self, what: impl Display) -> String {
        self.of.fail(&self.name, what)
    }

    /// Must have one dimension.
    pub fn one_dimensional(self) -> Result<Self, String> {
        match self.shape.len() {
            1 => Ok(self),
            n => Err(self.wrong(format!("one dimension is expected, but it has {n}"))),
        }
    }

    /// All blocks of rows in order, each as (first row, values).
    fn blocks<T>(
        &self,
        read: impl Fn(u64, u64) -> Result<Vec<T>, hdf5::Error>,
        mut take: impl FnMut(u64, Vec<T>) -> Result<(), String>,
    ) -> Result<(), String> {
        let rows = self.shape.first().copied().unwrap_or(1);
        let width: u64 = self.shape.iter().skip(1).product();
        let block = (self.block / width.max(1)).max(1);
        let mut at = 0;
        while at < rows {
            let n = block.min(rows - at);
            let values = guard(|| read(at, n)).map_err(|e| self.wrong(e))?;
            if values.len() as u64 != n * width {
                return Err(self.wrong("rows are missing"));
            }
            take(at, values)?;
            at += n;
        }
        Ok(())
    }

    /// Whole numbers from 0. What exceeds 32 bits comes as `u32::MAX`, which is no id and no index
    /// of anything: the range is the caller's to check, and then to tell.
    pub fn each_whole(
        &self,
        mut take: impl FnMut(u64, &[u32]) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut narrow: Vec<u32> = Vec::new();
        match self.kind {
            Kind::Unsigned => self.blocks(
                |at, n| self.set.read_u64_rows(at, n),
                |at, values| {
                    narrow.clear();
                    narrow.extend(values.iter().map(|v| u32::try_from(*v).unwrap_or(u32::MAX)));
                    take(at, &narrow)
                },
            ),
            Kind::Signed => self.blocks(
                |at, n| self.set.read_i64_rows(at, n),
                |at, values| {
                    if let Some(i) = values.iter().position(|v| *v < 0) {
                        return Err(self.wrong(format!(
                            "element {} is negative: {}",
                            at + i as u64,
                            values[i]
                        )));
                    }
                    narrow.clear();
                    narrow.extend(values.iter().map(|v| u32::try_from(*v).unwrap_or(u32::MAX)));
                    take(at, &narrow)
                },
            ),
            Kind::Real => Err(self.wrong("whole numbers are expected, not floats")),
        }
    }

    /// The same in one list.
    pub fn wholes(&self) -> Result<Vec<u32>, String> {
        let mut all = self.room()?;
        self.each_whole(|_, values| {
            all.extend_from_slice(values);
            Ok(())
        })?;
        Ok(all)
    }

    /// Signed whole numbers, such as types that may be -1.
    pub fn each_integer(
        &self,
        mut take: impl FnMut(u64, &[i64]) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.kind == Kind::Real {
            return Err(self.wrong("whole numbers are expected, not floats"));
        }
        self.blocks(
            |at, n| self.set.read_i64_rows(at, n),
            |at, values| take(at, &values),
        )
    }

    /// Finite numbers of any type, row by row.
    pub fn reals(&self) -> Result<Vec<f64>, String> {
        let mut all = self.room()?;
        self.blocks(
            |at, n| self.set.read_f64_rows(at, n),
            |at, values| {
                if let Some(i) = values.iter().position(|v| !v.is_finite()) {
                    return Err(self.wrong(format!(
                        "element {} is not a finite number: {}",
                        at + i as u64,
                        values[i]
                    )));
                }
                all.extend_from_slice(&values);
                Ok(())
            },
        )?;
        Ok(all)
    }

    /// All numbers as they are, infinite ones too; of scalars the only one.
    pub fn numbers(&self) -> Result<Vec<f64>, String> {
        if self.len() == 0 {
            return Ok(Vec::new());
        }
        self.affordable()?;
        let all = guard(|| self.set.read_f64()).map_err(|e| self.wrong(e))?;
        if all.len() as u64 != self.len() {
            return Err(self.wrong("numbers are missing"));
        }
        Ok(all)
    }

    /// What is packed, or never written, may unpack to anything: it must fit the memory, twice, since the
    /// library may hold the bytes beside the numbers.
    fn affordable(&self) -> Result<(), String> {
        let needed = self.len().saturating_mul(16);
        match available_memory() {
            Some(available) if needed > available => Err(self.wrong(format!(
                "it takes {}, and {} of memory are available",
                show_bytes(needed as f64),
                show_bytes(available as f64)
            ))),
            _ => Ok(()),
        }
    }

    /// An empty list with room for all elements. A length that does not fit is an error, no abort.
    fn room<T>(&self) -> Result<Vec<T>, String> {
        self.affordable()?;
        let mut all = Vec::new();
        let n = usize::try_from(self.len()).unwrap_or(usize::MAX);
        all.try_reserve_exact(n).map_err(|e| self.wrong(e))?;
        Ok(all)
    }
}
