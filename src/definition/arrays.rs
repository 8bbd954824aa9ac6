//! Arrays of numbers beside the definition: NumPy files (.npy, .npz), images (.png), and tables
//! (.csv).
//!
//! The numbers stay as they are in the file until they are asked for: a data set may be large and
//! only a few of its samples shown. The order is row by row (C order), the last axis fastest.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::diagnostics::suggest;
use super::files;
use crate::claims;
use crate::network::estimate::{available_memory, show_bytes};

/// Numbers with a shape.
#[derive(Debug)]
pub(crate) struct Array {
    pub shape: Vec<usize>,
    /// Names of the columns of a CSV file, if its first row has names.
    pub header: Option<Vec<String>>,
    bytes: Vec<u8>,
    kind: Kind,
    big_endian: bool,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    U(usize),
    I(usize),
    F(usize),
}

impl Kind {
    fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::U(n) | Self::I(n) | Self::F(n) => n,
        }
    }
}

impl Array {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// `2 x 3`.
    pub fn shape_text(&self) -> String {
        if self.shape.is_empty() {
            return "that of a single number".into();
        }
        let axes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        axes.join(" x ")
    }

    /// What stands for full intensity if nobody says otherwise: the largest value of an unsigned
    /// type of up to 16 bits, 1 of floats. `None`: it has to be said.
    pub fn full(&self) -> Option<f64> {
        match self.kind {
            Kind::U(1) => Some(255.0),
            Kind::U(2) => Some(65_535.0),
            Kind::Bool | Kind::F(_) => Some(1.0),
            _ => None,
        }
    }

    /// Are the numbers stored as whole ones?
    pub fn is_whole(&self) -> bool {
        !matches!(self.kind, Kind::F(_))
    }

    /// Some of the numbers, counted in their order.
    pub fn values(&self, range: std::ops::Range<usize>) -> Vec<f64> {
        let size = self.kind.size();
        self.bytes[range.start * size..range.end * size]
            .chunks_exact(size)
            .map(|b| self.number(b))
            .collect()
    }

    fn number(&self, bytes: &[u8]) -> f64 {
        let mut word = [0u8; 8];
        let n = bytes.len();
        for (i, b) in bytes.iter().enumerate() {
            word[if self.big_endian { n - 1 - i } else { i }] = *b;
        }
        let word = u64::from_le_bytes(word);
        match self.kind {
            Kind::Bool => f64::from(u8::from(word != 0)),
            Kind::U(_) => word as f64,
            // Shifted up and down again, the sign fills the upper bytes.
            Kind::I(n) => {
                let unused = 64 - 8 * n as u32;
                (((word << unused) as i64) >> unused) as f64
            }
            Kind::F(4) => f64::from(f32::from_bits(word as u32)),
            Kind::F(_) => f64::from_bits(word),
        }
    }
}

/// Reads the array of a file. `name` chooses one of a .npz file that holds several.
pub(crate) fn read(path: &Path, name: Option<&str>) -> Result<Array, Vec<String>> {
    let shown = path.display();
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    if path.is_dir() {
        return Err(vec![format!("{shown} is a directory, not a file")]);
    }
    if name.is_some() && extension != "npz" {
        return Err(vec![format!(
            "{shown} holds one array, which has no name: only a .npz file holds several"
        )]);
    }
    match extension.as_str() {
        "csv" | "txt" => csv(path),
        "npy" => npy(&mut open(path)?).map_err(|e| vec![format!("{shown}: {e}")]),
        "npz" => npz(path, name).map_err(|e| vec![e]),
        "png" => png(path).map_err(|e| vec![e]),
        _ => Err(vec![format!(
            "{shown}: the kind of file is unknown; known are .npy, .npz, .png and .csv"
        )]),
    }
}

fn open(path: &Path) -> Result<BufReader<File>, Vec<String>> {
    files::holdable(path).map_err(|e| vec![e])?;
    files::open(path).map(BufReader::new).map_err(|e| vec![e])
}

fn csv(path: &Path) -> Result<Array, Vec<String>> {
    let table = files::number_table(path)?;
    let columns = table.columns;
    let bytes = table.numbers.iter().flat_map(|v| v.to_le_bytes()).collect();
    Ok(Array {
        shape: vec![table.numbers.len() / columns.max(1), columns],
        header: table.header,
        bytes,
        kind: Kind::F(8),
        big_endian: false,
    })
}

type Archive = zip::ZipArchive<BufReader<File>>;

/// A .npz file with the names of its arrays, sorted.
fn archive(path: &Path) -> Result<(Archive, Vec<String>), String> {
    let shown = path.display();
    let file = open(path).map_err(|e| e.join("; "))?;
    let archive =
        zip::ZipArchive::new(file).map_err(|e| format!("{shown} is no .npz file: {e}"))?;
    let mut names: Vec<String> = archive
        .file_names()
        .filter_map(|n| n.ok()?.strip_suffix(".npy").map(str::to_string))
        .collect();
    names.sort_unstable();
    Ok((archive, names))
}

/// Names of the arrays of a .npz file, sorted.
pub(crate) fn names(path: &Path) -> Result<Vec<String>, String> {
    Ok(archive(path)?.1)
}

fn npz(path: &Path, name: Option<&str>) -> Result<Array, String> {
    let shown = path.display();
    let (mut archive, names) = archive(path)?;
    let wanted = match (name, &names[..]) {
        (Some(name), _) if names.iter().any(|n| n == name) => name,
        (None, [only]) => only,
        (given, _) => {
            let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
            sorted.sort_unstable();
            return Err(match given {
                Some(name) => format!(
                    "{shown} has no array `{}`; {}",
                    name.escape_debug(),
                    suggest(name, &sorted)
                ),
                None => format!(
                    "{shown} holds several arrays: say which one with array = \"name\" ({})",
                    sorted.join(", ")
                ),
            });
        }
    };
    let mut entry = archive
        .by_name(&format!("{wanted}.npy"))
        .map_err(|e| format!("{shown}: {wanted}: {e}"))?;
    npy(&mut entry).map_err(|e| format!("{shown}: {wanted}: {e}"))
}

/// The format of NumPy's `save`, versions 1 to 3 (NumPy Enhancement Proposal 1).
fn npy(from: &mut impl Read) -> Result<Array, String> {
    let broken = |e: std::io::Error| format!("cannot be read: {e}");
    let mut start = [0u8; 8];
    from.read_exact(&mut start)
        .map_err(|_| "is no .npy file".to_string())?;
    if &start[..6] != b"\x93NUMPY" {
        return Err("is no .npy file".into());
    }
    let mut length = [0u8; 4];
    let bytes = if start[6] == 1 { 2 } else { 4 };
    from.read_exact(&mut length[..bytes]).map_err(broken)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > 1 << 20 {
        return Err("is no .npy file: its header is too long".into());
    }
    let mut header = vec![0u8; length];
    from.read_exact(&mut header).map_err(broken)?;
    let header = String::from_utf8_lossy(&header).into_owned();
    let (kind, big_endian) = kind_of(&header)?;
    let shape = shape_of(&header).ok_or("has a header without a shape")?;
    let count = shape
        .iter()
        .try_fold(kind.size(), |n, axis| n.checked_mul(*axis))
        .ok_or("has an impossible shape")?;
    // A small packed file may unpack to anything.
    if available_memory().is_some_and(|available| count as u64 > available) {
        return Err(format!(
            "takes {}, more than is available",
            show_bytes(count as f64)
        ));
    }
    let mut bytes = Vec::new();
    from.take(count as u64)
        .read_to_end(&mut bytes)
        .map_err(broken)?;
    if bytes.len() != count {
        return Err(format!("is cut off: {} of {count} bytes", bytes.len()));
    }
    if after(&header, "fortran_order").is_some_and(|v| v.starts_with("True")) {
        bytes = row_by_row(&bytes, &shape, kind.size());
    }
    Ok(Array {
        shape,
        header: None,
        bytes,
        kind,
        big_endian,
    })
}

/// What follows the colon behind a key of the header, a Python dictionary.
fn after<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let at = header.find(&format!("'{key}'"))? + key.len() + 2;
    Some(header[at..].trim_start_matches([':', ' ']))
}

fn kind_of(header: &str) -> Result<(Kind, bool), String> {
    let descr = after(header, "descr").ok_or("has a header without a type")?;
    let Some(text) = descr.strip_prefix('\'').and_then(|d| d.split('\'').next()) else {
        return Err("holds records, not numbers".into());
    };
    let (order, code) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    let kind = match code {
        "b1" => Kind::Bool,
        "u1" => Kind::U(1),
        "u2" => Kind::U(2),
        "u4" => Kind::U(4),
        "u8" => Kind::U(8),
        "i1" => Kind::I(1),
        "i2" => Kind::I(2),
        "i4" => Kind::I(4),
        "i8" => Kind::I(8),
        "f4" => Kind::F(4),
        "f8" => Kind::F(8),
        _ => {
            return Err(format!(
                "holds the type `{}`; integers, f4 and f8 can be read",
                text.escape_debug()
            ));
        }
    };
    Ok((kind, order == ">"))
}

fn shape_of(header: &str) -> Option<Vec<usize>> {
    let shape = after(header, "shape")?.strip_prefix('(')?;
    let (inside, _) = shape.split_once(')')?;
    inside
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty())
        .map(|axis| axis.parse().ok())
        .collect()
}

/// From column by column (Fortran order) to row by row.
fn row_by_row(bytes: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = vec![0usize; shape.len()];
    for _ in 0..bytes.len() / size.max(1) {
        let (mut at, mut stride) = (0, 1);
        for (i, n) in index.iter().zip(shape) {
            at += i * stride;
            stride *= n;
        }
        out.extend_from_slice(&bytes[at * size..(at + 1) * size]);
        for (i, n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < *n {
                break;
            }
            *i = 0;
        }
    }
    out
}

/// An image as rows of grey values. Colours become their luma (ITU-R BT.601); transparency is
/// ignored.
fn png(path: &Path) -> Result<Array, String> {
    let shown = path.display();
    let mut decoder = png::Decoder::new(open(path).map_err(|e| e.join("; "))?);
    decoder.set_transformations(png::Transformations::EXPAND);
    let broken = |e: png::DecodingError| format!("{shown} is no image that can be read: {e}");
    let mut reader = decoder.read_info().map_err(broken)?;
    let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
    let stored = reader.info().raw_bytes() as u64;
    if let Some(told) = claims::refusal(bytes, &[stored], None) {
        return Err(format!("{shown}: {told}"));
    }
    // As bytes of all colours, then grey.
    let needed = reader.output_buffer_size() as u64 * 2;
    if available_memory().is_some_and(|available| needed > available) {
        return Err(format!(
            "{shown} takes {}, more than is available",
            show_bytes(needed as f64)
        ));
    }
    let mut buffer = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut buffer).map_err(broken)?;
    buffer.truncate(info.buffer_size());
    let wide = info.bit_depth == png::BitDepth::Sixteen;
    let size = if wide { 2 } else { 1 };
    let samples = info.color_type.samples();
    let grey: Vec<u8> = buffer
        .chunks_exact(samples * size)
        .flat_map(|pixel| {
            let at = |k: usize| match pixel[k * size..(k + 1) * size] {
                [high, low] => f64::from(u16::from_be_bytes([high, low])),
                [byte] => f64::from(byte),
                _ => 0.0,
            };
            let luma = if samples >= 3 {
                (0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2)).round() as u16
            } else {
                at(0) as u16
            };
            let [high, low] = luma.to_be_bytes();
            [high, low].into_iter().skip(2 - size)
        })
        .collect();
    Ok(Array {
        shape: vec![info.height as usize, info.width as usize],
        header: None,
        bytes: grey,
        kind: Kind::U(size),
        big_endian: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut all = b"\x93NUMPY\x01\x00".to_vec();
        all.extend((header.len() as u16).to_le_bytes());
        all.extend(header.as_bytes());
        all.extend(data);
        all
    }

    fn load(bytes: &[u8]) -> Result<Array, String> {
        npy(&mut &bytes[..])
    }

    #[test]
    fn every_type_is_read_in_either_order_of_bytes() -> Result<(), String> {
        let cases: [(&str, Vec<u8>, f64); 9] = [
            ("|u1", vec![200], 200.0),
            ("|i1", vec![200], -56.0),
            ("|b1", vec![1], 1.0),
            ("<u2", vec![1, 2], 513.0),
            (">i2", vec![255, 254], -2.0),
            ("<i4", (-70_000i32).to_le_bytes().to_vec(), -70_000.0),
            (">f4", 1.5f32.to_be_bytes().to_vec(), 1.5),
            ("<f8", (-0.1f64).to_le_bytes().to_vec(), -0.1),
            ("<i8", (-3i64).to_le_bytes().to_vec(), -3.0),
        ];
        for (descr, bytes, want) in cases {
            let a = load(&saved(descr, "False", "(1,)", &bytes))?;
            assert_eq!(a.values(0..1), [want], "{descr}");
            assert_eq!(a.shape, [1]);
        }
        Ok(())
    }

    #[test]
    fn fortran_order_is_turned_into_rows() -> Result<(), String> {
        // [[1, 2, 3], [4, 5, 6]] column by column.
        let a = load(&saved("|u1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 6]))?;
        assert_eq!(a.values(0..6), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(a.shape_text(), "2 x 3");
        Ok(())
    }

    #[test]
    fn broken_files_are_told_apart() {
        let told = |bytes: &[u8]| load(bytes).err().unwrap_or_default();
        assert_eq!(told(b"PK"), "is no .npy file");
        assert!(told(&saved("|u1", "False", "(4,)", &[1])).contains("cut off: 1 of 4"));
        assert!(told(&saved("<c16", "False", "(1,)", &[0; 16])).contains("`<c16`"));
        assert!(told(&saved("|u1", "False", "(99999999999, 99999999999)", &[])).contains("shape"));
        let records =
            b"\x93NUMPY\x01\x00\x30\x00{'descr': [('a', '<f4')], 'shape': (1,)         }\n";
        assert!(told(records).contains("records"), "{}", told(records));
    }
}
