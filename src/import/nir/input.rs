//! What an entry of a network is given: spikes, values step by step, or one set of values.
//!
//! | file | read as |
//! | --- | --- |
//! | table with `time_ms`, `time_s` or `step`, and `neuron` (`input`, `node_id`) | spikes |
//! | table with a column for each element, a row for each step | values; 0 and 1 only: spikes |
//! | the same with one row; an array in the shape of the entry | values that stay |
//! | array (steps, shape of the entry) | values, or spikes |
//! | SONATA spike file (.h5) | spikes |
//!
//! Row n (from 0) is what comes in at step n. A time is that of the beginning of its step.

use std::path::Path;

use rustc_hash::FxHashMap;

use crate::definition::arrays::{self, Array};
use crate::definition::{Diagnostic, files};
use crate::import::findings::{error, error_with, suggest};

/// What comes in.
#[derive(Clone, Debug, PartialEq)]
pub enum Feed {
    /// (step, element), sorted.
    Spikes(Vec<(u64, u32)>),
    /// Row `at[n]` of `rows` at step n; a row has a value for each element.
    Series {
        rows: Vec<Vec<f64>>,
        at: Vec<u32>,
    },
    /// The same values at every step.
    Constant(Vec<f64>),
    Nothing,
}

impl Feed {
    /// Steps that it has something for; `None` if it has no end of its own.
    pub fn steps(&self) -> Option<u64> {
        match self {
            Self::Spikes(list) => list.last().map(|(step, _)| step + 1),
            Self::Series { at, .. } => Some(at.len() as u64),
            Self::Constant(_) | Self::Nothing => None,
        }
    }
}

/// An entry, and how time counts in it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub shape: &'a [usize],
    /// Length of a step.
    pub step_ms: f64,
    /// Columns of a table that are the elements, if it has others.
    pub columns: Option<(usize, usize)>,
}

/// Steps beyond this are no data but a slip in a unit.
const MOST_STEPS: f64 = 1e15;

/// Reads a file.
///
/// # Errors
/// What does not fit the entry, with what was expected.
pub fn read(path: &Path, wanted: Wanted<'_>) -> Result<Feed, Vec<Diagnostic>> {
    let size: usize = wanted.shape.iter().product();
    let tell = |e: Vec<String>| e.into_iter().map(Diagnostic::error).collect::<Vec<_>>();
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    if matches!(ending.as_deref(), Some("h5" | "hdf5" | "sonata")) {
        let rows = files::spikes(path, None).map_err(tell)?;
        let times = rows.time_ms.iter().map(|t| t / wanted.step_ms);
        let pairs = times.zip(rows.element.iter().map(|e| *e as f64));
        return spikes(path, pairs, size);
    }
    let a = arrays::read(path, None).map_err(tell)?;
    if a.header.is_some() || matches!(ending.as_deref(), Some("csv" | "txt")) {
        return table(path, &a, wanted, size);
    }
    let fits = |shape: &[usize]| shape.iter().product::<usize>() == size;
    let steps = match a.shape[..] {
        _ if fits(&a.shape) && squeezed(&a.shape) == squeezed(wanted.shape) => 1,
        // The same, row by row.
        [n] if n == size && size > 1 => 1,
        [steps, ref rest @ ..] if fits(rest) && steps > 0 => steps,
        _ => {
            return Err(vec![error_with(
                path,
                format!(
                    "its array is {}, and the input takes {}",
                    a.shape_text(),
                    crate::ann::shape::text(wanted.shape)
                ),
                "an array in the shape of the input, or one with an axis for steps before it",
            )]);
        }
    };
    let values = a.values(0..a.len());
    series(path, &values, steps, size)
}

fn squeezed(of: &[usize]) -> Vec<usize> {
    of.iter().copied().filter(|n| *n != 1).collect()
}

fn table(path: &Path, a: &Array, wanted: Wanted<'_>, size: usize) -> Result<Feed, Vec<Diagnostic>> {
    let [rows, columns] = a.shape[..] else {
        return Err(vec![error(path, "it is no table")]);
    };
    let values = a.values(0..a.len());
    let header = a.header.clone().unwrap_or_default();
    let named = |names: &[&str]| {
        header
            .iter()
            .position(|h| names.contains(&h.trim().to_lowercase().as_str()))
    };
    let time = [("time_ms", 1.0), ("time_s", 1e3), ("step", wanted.step_ms)]
        .into_iter()
        .find_map(|(name, ms)| Some((named(&[name])?, ms / wanted.step_ms)));
    let element = named(&["neuron", "input", "node_id", "element"]);
    if let (Some((t, per_step)), Some(e)) = (time, element) {
        let all = values.chunks_exact(columns.max(1));
        let pairs = all.map(|row| (row[t] * per_step, row[e]));
        return spikes(path, pairs, size);
    }
    let (from, to) = wanted.columns.unwrap_or((0, columns));
    if to > columns || from >= to || to - from != size {
        let what = if wanted.columns.is_some() {
            format!("columns {from}..{to} of {columns} are asked for")
        } else {
            format!("its rows have {columns} columns")
        };
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        let help = if header.is_empty() {
            format!(
                "a row for each step with a column for each element (--columns FIRST..END chooses \
                 {size} of them), or a header with time_ms and neuron"
            )
        } else {
            format!(
                "spikes have the columns time_ms (or time_s, step) and neuron; {}",
                suggest("time_ms", &names)
            )
        };
        return Err(vec![error_with(
            path,
            format!("{what}, and the input has {size} elements"),
            &help,
        )]);
    }
    let chosen: Vec<f64> = values
        .chunks_exact(columns)
        .flat_map(|row| row[from..to].iter().copied())
        .collect();
    series(path, &chosen, rows, size)
}

fn spikes(
    path: &Path,
    pairs: impl Iterator<Item = (f64, f64)>,
    size: usize,
) -> Result<Feed, Vec<Diagnostic>> {
    let mut list = Vec::new();
    for (k, (step, element)) in pairs.enumerate() {
        // A time that is written with few digits may come out just below its step.
        let step = (step + 1e-6).floor();
        if !(0.0..MOST_STEPS).contains(&step) {
            return Err(vec![error(path, format!("spike {k} is at step {step}"))]);
        }
        if !(element.fract() == 0.0 && (0.0..size as f64).contains(&element)) {
            return Err(vec![error_with(
                path,
                format!("spike {k} is one of element {element}"),
                &format!("the input has {size} elements, counted from 0"),
            )]);
        }
        list.push((step as u64, element as u32));
    }
    list.sort_unstable();
    if let Some(k) = list.windows(2).position(|w| w[0] == w[1]) {
        let (step, element) = list[k];
        return Err(vec![error(
            path,
            format!("element {element} spikes twice at step {step}"),
        )]);
    }
    Ok(Feed::Spikes(list))
}

fn series(path: &Path, values: &[f64], steps: usize, size: usize) -> Result<Feed, Vec<Diagnostic>> {
    if let Some(k) = values.iter().position(|v| !v.is_finite()) {
        return Err(vec![error(
            path,
            format!("value {} of step {} is not finite", k % size, k / size),
        )]);
    }
    if steps == 1 {
        return Ok(Feed::Constant(values.to_vec()));
    }
    if values.iter().all(|v| *v == 0.0 || *v == 1.0) {
        let set = values.iter().enumerate().filter(|(_, v)| **v != 0.0);
        return Ok(Feed::Spikes(
            set.map(|(k, _)| ((k / size) as u64, (k % size) as u32))
                .collect(),
        ));
    }
    // Rows that recur are held once.
    let mut seen: FxHashMap<Vec<u64>, u32> = FxHashMap::default();
    let mut rows = Vec::new();
    let at = values
        .chunks_exact(size)
        .map(|row| {
            let bits: Vec<u64> = row.iter().map(|v| v.to_bits()).collect();
            *seen.entry(bits).or_insert_with(|| {
                rows.push(row.to_vec());
                rows.len() as u32 - 1
            })
        })
        .collect();
    Ok(Feed::Series { rows, at })
}
