//! The arrays of a model as a .npz file.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;

use crate::definition::arrays;

/// Numbers with a shape, on their way into a file.
pub(super) struct Array {
    /// NumPy's name of the type.
    kind: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Arrays by name, in which order they are written.
#[derive(Default)]
pub(super) struct Arrays(BTreeMap<String, Array>);

impl Arrays {
    fn add(&mut self, name: String, kind: &'static str, shape: &[usize], bytes: Vec<u8>) {
        let shape = shape.to_vec();
        let array = Array { kind, shape, bytes };
        self.0.insert(name, array);
    }

    pub fn f32(&mut self, name: String, shape: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add(name, "<f4", shape, bytes);
    }

    pub fn f64(&mut self, name: String, shape: &[usize], values: &[f64]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add(name, "<f8", shape, bytes);
    }

    pub fn i64(&mut self, name: String, shape: &[usize], values: impl Iterator<Item = i64>) {
        let bytes = values.flat_map(i64::to_le_bytes).collect();
        self.add(name, "<i8", shape, bytes);
    }

    pub fn u32(&mut self, name: String, shape: &[usize], values: &[u32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add(name, "<u4", shape, bytes);
    }

    /// Writes them all. The same arrays give the same bytes.
    pub fn write(&self, to: impl Write + Seek) -> std::io::Result<()> {
        let mut zip = zip::ZipWriter::new(to);
        if let Err(e) = self.fill(&mut zip) {
            // Dropped, it would try to end the archive, and print that it cannot.
            std::mem::forget(zip);
            return Err(e);
        }
        zip.finish()?;
        Ok(())
    }

    fn fill<W: Write + Seek>(&self, zip: &mut zip::ZipWriter<W>) -> std::io::Result<()> {
        for (name, array) in &self.0 {
            let options = SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated)
                .compression_level(Some(3))
                .last_modified_time(zip::DateTime::default())
                .large_file(array.bytes.len() > 1 << 30);
            zip.start_file(format!("{name}.npy"), options)?;
            zip.write_all(&header(array))?;
            zip.write_all(&array.bytes)?;
        }
        Ok(())
    }
}

/// The beginning of a .npy file, version 1 (NumPy Enhancement Proposal 1): a multiple of 64 bytes.
fn header(array: &Array) -> Vec<u8> {
    let axes: Vec<String> = array.shape.iter().map(|n| format!("{n},")).collect();
    let mut text = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
        array.kind,
        axes.join(" ")
    );
    let before = 10;
    let gap = (64 - (before + text.len() + 1) % 64) % 64;
    text.push_str(&" ".repeat(gap));
    text.push('\n');
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend((text.len() as u16).to_le_bytes());
    all.extend(text.as_bytes());
    all
}

/// The arrays of a file, read one after the other. Whatever is wrong is said with the array's name.
pub(super) struct Stored(pub PathBuf);

impl Stored {
    fn read(&self, name: &str, shape: &[usize]) -> Result<arrays::Array, String> {
        let array = arrays::read(&self.0, Some(name)).map_err(|e| e.join("; "))?;
        if array.shape != shape {
            return Err(format!(
                "{}: array `{name}` is {}, and model.toml asks for {}",
                self.0.display(),
                array.shape_text(),
                crate::ann::shape::text(shape)
            ));
        }
        Ok(array)
    }

    /// Finite numbers.
    pub fn f64(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, String> {
        let array = self.read(name, shape)?;
        let values = array.values(0..array.len());
        match values.iter().find(|v| !v.is_finite()) {
            Some(bad) => Err(format!(
                "{}: array `{name}` has the value {bad}",
                self.0.display()
            )),
            None => Ok(values),
        }
    }

    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let values = self.f64(name, shape)?;
        Ok(values.into_iter().map(|v| v as f32).collect())
    }

    /// Whole numbers from 0 to below `end`; `None` for those below 0.
    pub fn indices(
        &self,
        name: &str,
        shape: &[usize],
        end: u64,
    ) -> Result<Vec<Option<u32>>, String> {
        let one = |v: f64| {
            if v < 0.0 {
                Ok(None)
            } else if v.fract() == 0.0 && v < end as f64 {
                Ok(Some(v as u32))
            } else {
                Err(format!(
                    "{}: array `{name}` has the number {v}, and there are {end}",
                    self.0.display()
                ))
            }
        };
        self.f64(name, shape)?.into_iter().map(one).collect()
    }

    /// A list of any length.
    pub fn list(&self, name: &str, end: u64) -> Result<Vec<u32>, String> {
        let shape = arrays::read(&self.0, Some(name))
            .map_err(|e| e.join("; "))?
            .shape;
        if shape.len() != 1 {
            return Err(format!("{}: array `{name}` is no list", self.0.display()));
        }
        let all = self.indices(name, &shape, end)?.into_iter();
        let all: Option<Vec<u32>> = all.collect();
        all.ok_or_else(|| format!("{}: array `{name}` has a number below 0", self.0.display()))
    }
}

/// The file's hash.
pub(super) fn hash(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut file = std::fs::File::open(path)?;
    let mut state = xxhash_rust::xxh3::Xxh3::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(format!("{:032x}", state.digest128())),
            n => state.update(&buffer[..n]),
        }
    }
}
