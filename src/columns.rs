//! State as named columns of numbers, on its way out of a run and back into one.
//!
//! Whatever has a value per neuron, target or synapse goes into a column in the order of *global* ids,
//! so that a state says nothing of how the network was cut into shards: shards hand out their parts
//! one after the other, and parts of one name follow each other. Numbers are bytes in little-endian
//! order, whatever the machine.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Type of the numbers of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Kind {
    U32,
    U64,
    I32,
    I64,
    F32,
    F64,
}

impl Kind {
    /// Bytes of a number.
    pub const fn size(self) -> usize {
        match self {
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A number that a column can hold.
pub trait Number: bytemuck::Pod {
    const KIND: Kind;
    /// The same number with its bytes in little-endian order, and back.
    #[must_use]
    fn ordered(self) -> Self;
}

macro_rules! number {
    ($($t:ident $kind:ident $via:ident),*) => {$(
        impl Number for $t {
            const KIND: Kind = Kind::$kind;
            #[inline(always)]
            fn ordered(self) -> Self {
                bytemuck::cast(bytemuck::cast::<$t, $via>(self).to_le())
            }
        }
    )*};
}

number!(u32 U32 u32, u64 U64 u64, i32 I32 u32, i64 I64 u64, f32 F32 u32, f64 F64 u64);

fn bytes_of<T: Number>(values: &[T]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        return Cow::Borrowed(bytemuck::cast_slice(values));
    }
    let ordered: Vec<T> = values.iter().map(|v| v.ordered()).collect();
    Cow::Owned(bytemuck::cast_slice(&ordered).to_vec())
}

/// Takes columns.
pub trait Put {
    /// Appends a part to a column.
    fn put(&mut self, name: &str, kind: Kind, bytes: &[u8]);
}

/// Gives columns.
pub trait Get: Sync {
    /// Type and number of elements of a column; `None`: there is none of that name.
    fn find(&self, name: &str) -> Option<(Kind, u64)>;
    /// The bytes of the elements from `from` on. Only what `find` has told is asked for.
    fn get(&self, name: &str, from: u64, bytes: &mut [u8]) -> Result<(), String>;
}

/// Why a state does not fit a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Misfit {
    #[error("it lacks `{0}`")]
    Missing(String),
    #[error("`{name}` has {found} values, and the network needs {expected}")]
    Length {
        name: String,
        expected: u64,
        found: u64,
    },
    #[error("`{name}` holds numbers of type {found}, and the network needs {expected}")]
    Kind {
        name: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error("{0}")]
    Network(String),
    #[error("`{name}` cannot be read: {reason}")]
    Unreadable { name: String, reason: String },
}

/// Columns whose names begin alike, on their way out.
pub struct Group<'a> {
    prefix: String,
    to: &'a mut dyn Put,
}

impl<'a> Group<'a> {
    pub fn new(prefix: impl Into<String>, to: &'a mut dyn Put) -> Self {
        Self {
            prefix: prefix.into(),
            to,
        }
    }

    /// Appends to the column of that name; nothing begins no column.
    pub fn put<T: Number>(&mut self, name: &str, values: &[T]) {
        if !values.is_empty() {
            let name = format!("{}{name}", self.prefix);
            self.to.put(&name, T::KIND, &bytes_of(values));
        }
    }
}

/// Columns whose names begin alike, on their way back.
#[derive(Clone)]
pub struct Part<'a> {
    prefix: String,
    from: &'a dyn Get,
}

impl<'a> Part<'a> {
    pub fn new(prefix: impl Into<String>, from: &'a dyn Get) -> Self {
        Self {
            prefix: prefix.into(),
            from,
        }
    }

    /// Number of elements of a column; 0 if there is none.
    pub fn len(&self, name: &str) -> u64 {
        let found = self.from.find(&format!("{}{name}", self.prefix));
        found.map_or(0, |f| f.1)
    }

    pub fn has(&self, name: &str) -> bool {
        self.len(name) > 0
    }

    /// `n` elements from `from` on.
    pub fn range<T: Number>(&self, name: &str, from: u64, n: usize) -> Result<Vec<T>, Misfit> {
        let mut values = Vec::new();
        self.read(name, from, n, &mut values)?;
        Ok(values)
    }

    /// `range` into a buffer, which takes memory only after it is known that the column holds as much.
    pub fn read<T: Number>(
        &self,
        name: &str,
        from: u64,
        n: usize,
        values: &mut Vec<T>,
    ) -> Result<(), Misfit> {
        values.clear();
        if n == 0 {
            return Ok(());
        }
        let name = format!("{}{name}", self.prefix);
        let Some((kind, len)) = self.from.find(&name) else {
            return Err(Misfit::Missing(name));
        };
        if kind != T::KIND {
            return Err(Misfit::Kind {
                name,
                expected: T::KIND.name(),
                found: kind.name(),
            });
        }
        let end = from.saturating_add(n as u64);
        if end > len {
            return Err(Misfit::Length {
                name,
                expected: end,
                found: len,
            });
        }
        values.resize(n, T::zeroed());
        if let Err(reason) = self.from.get(&name, from, bytemuck::cast_slice_mut(values)) {
            return Err(Misfit::Unreadable { name, reason });
        }
        if cfg!(target_endian = "big") {
            for v in values {
                *v = v.ordered();
            }
        }
        Ok(())
    }

    /// A whole column; an empty one need not be there.
    pub fn all<T: Number>(&self, name: &str) -> Result<Vec<T>, Misfit> {
        let n = self.len(name);
        self.range(name, 0, usize::try_from(n).unwrap_or(usize::MAX))
    }
}

/// Columns in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    columns: BTreeMap<String, (Kind, Vec<u8>)>,
}

impl Memory {
    /// Names of the columns, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// The bytes of a column.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        Some(&self.columns.get(name)?.1)
    }
}

impl Put for Memory {
    fn put(&mut self, name: &str, kind: Kind, bytes: &[u8]) {
        let column = self.columns.entry(name.to_string());
        column
            .or_insert((kind, Vec::new()))
            .1
            .extend_from_slice(bytes);
    }
}

impl Get for Memory {
    fn find(&self, name: &str) -> Option<(Kind, u64)> {
        let (kind, bytes) = self.columns.get(name)?;
        Some((*kind, (bytes.len() / kind.size()) as u64))
    }

    fn get(&self, name: &str, from: u64, bytes: &mut [u8]) -> Result<(), String> {
        let (kind, all) = self.columns.get(name).ok_or("it is not there")?;
        let from = from as usize * kind.size();
        let part = all.get(from..from + bytes.len()).ok_or("it is too short")?;
        bytes.copy_from_slice(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_one_another_and_come_back_as_they_were() {
        let mut memory = Memory::default();
        Group::new("a.", &mut memory).put("x", &[1.5f64, -0.0]);
        Group::new("a.", &mut memory).put("x", &[f64::NAN]);
        Group::new("a.", &mut memory).put::<u32>("nothing", &[]);
        let part = Part::new("a.", &memory);
        let back: Vec<u64> = part
            .all::<f64>("x")
            .unwrap()
            .iter()
            .map(|v| v.to_bits())
            .collect();
        assert_eq!(back, [1.5, -0.0, f64::NAN].map(f64::to_bits));
        assert_eq!(part.range::<f64>("x", 1, 1), Ok(vec![-0.0]));
        assert!(!part.has("nothing") && part.all::<u32>("nothing") == Ok(vec![]));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let mut memory = Memory::default();
        Group::new("", &mut memory).put("x", &[1u32, 2]);
        let part = Part::new("", &memory);
        assert!(matches!(
            part.range::<u32>("x", 1, 2),
            Err(Misfit::Length { found: 2, .. })
        ));
        assert!(matches!(
            part.range::<f64>("x", 0, 2),
            Err(Misfit::Kind { .. })
        ));
        assert!(matches!(
            part.range::<u32>("y", 0, 1),
            Err(Misfit::Missing(_))
        ));
    }
}
