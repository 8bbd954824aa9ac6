//! Tensors as they lie in a file: typed lists, raw bytes, or another file.

use std::path::{Component, Path};

use bytes::Bytes;

use super::proto::TensorProto;
use super::tensor::{Int, Numbers, Tensor};
use crate::ann::shape;

/// Element types by their numbers in the format.
fn type_name(kind: i32) -> &'static str {
    const NAMES: [&str; 17] = [
        "undefined",
        "float",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "double",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
    ];
    usize::try_from(kind)
        .ok()
        .and_then(|k| NAMES.get(k).copied())
        .unwrap_or("of an unknown type")
}

/// Reads a tensor; `beside` is the directory of the model file.
pub fn read(t: &TensorProto, beside: &Path) -> Result<Tensor, String> {
    let dims: Vec<usize> = t
        .dims
        .iter()
        .map(|d| usize::try_from(*d).map_err(|_| format!("it has an axis of {d}")))
        .collect::<Result<_, _>>()?;
    let n = shape::count(&dims)?;
    let raw = match t.data_location {
        0 => t.raw_data.clone(),
        1 => external(t, beside)?,
        other => return Err(format!("its data is in place {other}, which is unknown")),
    };
    let numbers = if raw.is_empty() && t.data_location == 0 {
        typed(t)?
    } else {
        from_bytes(t.data_type, &raw, n)?
    };
    let tensor = Tensor {
        shape: dims,
        numbers,
    };
    if tensor.len() != n {
        return Err(format!(
            "it has {} numbers, and its shape {} asks for {n}",
            tensor.len(),
            shape::text(&tensor.shape)
        ));
    }
    if let Numbers::Real(v) = &tensor.numbers
        && let Some(bad) = v.iter().position(|x| x.is_nan())
    {
        return Err(format!("element {bad} is not a number (NaN)"));
    }
    Ok(tensor)
}

fn ints<T: Copy + Into<i64>>(v: &[T]) -> Numbers {
    Numbers::Whole(v.iter().map(|x| Int::known((*x).into())).collect())
}

fn typed(t: &TensorProto) -> Result<Numbers, String> {
    let bits = |x: &i32| *x as u16;
    Ok(match t.data_type {
        1 => Numbers::Real(t.float_data.clone()),
        11 => Numbers::Real(t.double_data.iter().map(|x| *x as f32).collect()),
        10 => Numbers::Real(t.int32_data.iter().map(|x| half(bits(x))).collect()),
        16 => Numbers::Real(t.int32_data.iter().map(|x| brain(bits(x))).collect()),
        2..=6 | 9 => ints(&t.int32_data),
        7 => ints(&t.int64_data),
        12 | 13 => Numbers::Whole(
            t.uint64_data
                .iter()
                .map(|x| i64::try_from(*x).map(Int::known).map_err(|_| too_large(*x)))
                .collect::<Result<_, _>>()?,
        ),
        other => return Err(unread(other)),
    })
}

fn too_large(x: u64) -> String {
    format!("the number {x} is too large")
}

fn unread(kind: i32) -> String {
    format!(
        "its elements are {}; real and whole numbers can be read",
        type_name(kind)
    )
}

fn from_bytes(kind: i32, raw: &[u8], n: usize) -> Result<Numbers, String> {
    let size = match kind {
        2 | 3 | 9 => 1,
        4 | 5 | 10 | 16 => 2,
        1 | 6 | 12 => 4,
        7 | 11 | 13 => 8,
        other => return Err(unread(other)),
    };
    if raw.len() != n * size {
        return Err(format!(
            "it has {} bytes, and {n} numbers of type {} take {}",
            raw.len(),
            type_name(kind),
            n * size
        ));
    }
    let word = |b: &[u8]| {
        let mut w = [0; 8];
        w[..b.len()].copy_from_slice(b);
        u64::from_le_bytes(w)
    };
    let each = raw.chunks_exact(size).map(word);
    let signed = |unused: u32| move |w: u64| Int::known(((w << unused) as i64) >> unused);
    Ok(match kind {
        1 => Numbers::Real(each.map(|w| f32::from_bits(w as u32)).collect()),
        10 => Numbers::Real(each.map(|w| half(w as u16)).collect()),
        11 => Numbers::Real(each.map(|w| f64::from_bits(w) as f32).collect()),
        16 => Numbers::Real(each.map(|w| brain(w as u16)).collect()),
        3 => Numbers::Whole(each.map(signed(56)).collect()),
        5 => Numbers::Whole(each.map(signed(48)).collect()),
        6 => Numbers::Whole(each.map(signed(32)).collect()),
        _ => Numbers::Whole(
            each.map(|w| {
                if kind == 7 {
                    Ok(Int::known(w as i64))
                } else {
                    i64::try_from(w).map(Int::known).map_err(|_| too_large(w))
                }
            })
            .collect::<Result<_, _>>()?,
        ),
    })
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 31);
    let fraction = f32::from(bits & 1023);
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        e => (1.0 + fraction / 1024.0) * 2f32.powi(e - 15),
    }
}

/// The upper half of a single-precision number.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The bytes of a tensor that lies in another file, which must be at or below the model's place.
fn external(t: &TensorProto, beside: &Path) -> Result<Bytes, String> {
    let entry = |key: &str| {
        t.external_data
            .iter()
            .find(|e| e.key == key)
            .map(|e| e.value.as_str())
    };
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| {
            format!(
                "the {key} of its external data is `{}`",
                text.escape_debug()
            )
        }),
    };
    let location = entry("location").ok_or("its external data has no location")?;
    let relative = Path::new(location);
    let stays = !location.is_empty()
        && !location.contains('\\')
        && relative
            .components()
            .all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if !stays {
        return Err(format!(
            "its external data is at `{}`; only files beside the model are read",
            location.escape_debug()
        ));
    }
    let path = beside.join(relative);
    let shown = path.display();
    let size = crate::definition::files::regular(&path)?;
    // A link may lead away even where the name does not.
    let real = |p: &Path| std::fs::canonicalize(p).map_err(|e| format!("{shown}: {e}"));
    let home = if beside.as_os_str().is_empty() {
        Path::new(".")
    } else {
        beside
    };
    if !real(&path)?.starts_with(real(home)?) {
        return Err(format!(
            "its external data {shown} is a link to a file elsewhere; only files beside the model are read"
        ));
    }
    let offset = number("offset")?.unwrap_or(0);
    let length = number("length")?.unwrap_or(size.saturating_sub(offset));
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(format!(
            "{length} bytes from {offset} on are wanted of {shown}, which has {size}"
        ));
    }
    let read = || -> std::io::Result<Vec<u8>> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = std::fs::File::open(&path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    Ok(read().map_err(|e| format!("{shown}: {e}"))?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_floats_are_widened() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x3555), 0.333_251_95);
        assert_eq!(half(0x0001), 5.960_464_5e-8);
        assert_eq!(half(0x7c00), f32::INFINITY);
        assert!(half(0x7e00).is_nan());
        assert_eq!(brain(0x3fc0), 1.5);
    }

    fn raw(kind: i32, bytes: &[u8]) -> Result<Tensor, String> {
        let t = TensorProto {
            dims: vec![1],
            data_type: kind,
            raw_data: Bytes::copy_from_slice(bytes),
            ..TensorProto::default()
        };
        read(&t, Path::new(""))
    }

    #[test]
    fn raw_numbers_of_every_type() {
        let known = |n| Ok(Tensor::ints(vec![Int::known(n)]));
        assert_eq!(raw(2, &[200]), known(200));
        assert_eq!(raw(3, &[200]), known(-56));
        assert_eq!(raw(4, &[1, 255]), known(65_281));
        assert_eq!(raw(5, &[254, 255]), known(-2));
        assert_eq!(raw(6, &(-70_000i32).to_le_bytes()), known(-70_000));
        assert_eq!(raw(7, &(-3i64).to_le_bytes()), known(-3));
        assert_eq!(raw(9, &[1]), known(1));
        assert_eq!(raw(12, &u32::MAX.to_le_bytes()), known(i64::from(u32::MAX)));
        assert!(raw(13, &u64::MAX.to_le_bytes()).is_err());
        let real = |x| Ok(Tensor::real(vec![1], vec![x]));
        assert_eq!(raw(1, &1.5f32.to_le_bytes()), real(1.5));
        assert_eq!(raw(11, &1.5f64.to_le_bytes()), real(1.5));
        assert_eq!(raw(10, &0x3c00u16.to_le_bytes()), real(1.0));
        assert_eq!(raw(16, &0x3fc0u16.to_le_bytes()), real(1.5));
        assert!(raw(1, &[0, 0]).is_err_and(|e| e.contains("2 bytes")));
        assert!(raw(8, &[0]).is_err_and(|e| e.contains("string")));
        assert!(raw(1, &f32::NAN.to_le_bytes()).is_err());
    }

    #[test]
    fn external_data_stays_beside_the_model() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("model");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("w.bin"), [0, 0, 0, 0, 0, 0, 192, 63]).unwrap();
        std::fs::write(dir.path().join("secret"), [0; 8]).unwrap();
        let at = |location: &str, offset: &str, length: &str| {
            let entry = |key: &str, value: &str| super::super::proto::Entry {
                key: key.into(),
                value: value.into(),
            };
            let t = TensorProto {
                dims: vec![1],
                data_type: 1,
                data_location: 1,
                external_data: vec![
                    entry("location", location),
                    entry("offset", offset),
                    entry("length", length),
                ],
                ..TensorProto::default()
            };
            read(&t, &inside)
        };
        assert_eq!(at("w.bin", "4", "4"), Ok(Tensor::real(vec![1], vec![1.5])));
        assert_eq!(
            at("./w.bin", "4", "4"),
            Ok(Tensor::real(vec![1], vec![1.5]))
        );
        for outside in [
            "../secret",
            "/etc/passwd",
            "a/../../secret",
            "..\\secret",
            "",
        ] {
            let told = at(outside, "0", "4").unwrap_err();
            assert!(told.contains("beside the model"), "{told}");
        }
        assert!(at("w.bin", "6", "4").unwrap_err().contains("which has 8"));
        assert!(at("w.bin", "18446744073709551615", "4").is_err());
        assert!(at("w.bin", "x", "4").unwrap_err().contains("offset"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.path().join("secret"), inside.join("link")).unwrap();
            assert!(at("link", "0", "4").unwrap_err().contains("link"));
        }
    }
}
