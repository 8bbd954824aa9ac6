//! Matrices whose entries are synapses: MatrixMarket (`.mtx`) and dense NumPy arrays (`.npy`).
//!
//! MatrixMarket: Boisvert, Pozo & Remington 1996, NISTIR 5935. Read are coordinate matrices of reals,
//! integers or patterns, general, symmetric or skew-symmetric. Indices count from 1 there. Every
//! stored entry is a synapse, zeros included; a pattern has no weights. An entry of a symmetric
//! matrix off the diagonal is two synapses, one after the other.
//!
//! Of a dense array, the entries other than zero are synapses, row by row.

use std::path::Path;

use super::super::arrays;
use super::super::files::{self, RowErrors};
use super::text::Lines;
use super::{EdgeRows, Numbering, Options};

/// What is counted as the row of an entry.
fn oriented(options: Options<'_>, row: u32, column: u32) -> (u32, u32) {
    if options.rows_are_targets {
        (column, row)
    } else {
        (row, column)
    }
}

fn shape(options: Options<'_>, rows: u64, columns: u64) -> Option<(u64, u64)> {
    Some(if options.rows_are_targets {
        (columns, rows)
    } else {
        (rows, columns)
    })
}

/// Reads a MatrixMarket file.
pub(super) fn market(path: &Path, options: Options<'_>) -> Result<EdgeRows, Vec<String>> {
    let fail = |e: String| vec![format!("{}: {e}", path.display())];
    let mut lines = Lines::open(path).map_err(|e| vec![e])?;
    let first = lines.next().map_err(fail)?.map(|(_, l)| l.to_lowercase());
    let words: Vec<&str> = first.as_deref().unwrap_or("").split_whitespace().collect();
    let (field, symmetry) = match words.as_slice() {
        ["%%matrixmarket", "matrix", "coordinate", field, symmetry] => (*field, *symmetry),
        ["%%matrixmarket", "matrix", "array", ..] => {
            return Err(fail(
                "only coordinate matrices are read; a dense one is read as .npy".into(),
            ));
        }
        _ => {
            return Err(fail(
                "the first line must be %%MatrixMarket matrix coordinate FIELD SYMMETRY".into(),
            ));
        }
    };
    let has_values = match field {
        "real" | "integer" => true,
        "pattern" => false,
        other => {
            return Err(fail(format!(
                "entries are real, integer or pattern, not `{other}`"
            )));
        }
    };
    let mirrored = match symmetry {
        "general" => None,
        "symmetric" => Some(1.0),
        "skew-symmetric" => Some(-1.0),
        other => {
            return Err(fail(format!(
                "a matrix is general, symmetric or skew-symmetric, not `{other}`"
            )));
        }
    };
    let mut size: Option<[u64; 3]> = None;
    let mut out = EdgeRows {
        weight: has_values.then(Vec::new),
        numbering: Numbering::new("row"),
        ..EdgeRows::default()
    };
    let mut errors = RowErrors::default();
    let mut entries = 0u64;
    while let Some((number, line)) = lines.next().map_err(fail)? {
        if line.starts_with('%') || line.trim().is_empty() {
            continue;
        }
        let mut cells = line.split_ascii_whitespace();
        let Some([rows, columns, _]) = size else {
            let numbers: Vec<u64> = cells.filter_map(|c| c.parse().ok()).collect();
            let Ok([rows, columns, all]) = <[u64; 3]>::try_from(numbers) else {
                return Err(fail(format!(
                    "row {number}: the size is three whole numbers, ROWS COLUMNS ENTRIES"
                )));
            };
            size = Some([rows, columns, all]);
            out.shape = shape(options, rows, columns);
            continue;
        };
        entries += 1;
        let mut one = || -> Result<(u32, u32, f64), String> {
            let mut index = |most: u64| -> Result<u32, String> {
                let cell = cells.next().unwrap_or_default();
                match cell.parse::<u64>() {
                    // From 1 here, from 0 everywhere else.
                    Ok(i) if (1..=most).contains(&i) => {
                        Ok(u32::try_from(i - 1).unwrap_or(u32::MAX))
                    }
                    _ => Err(format!("`{cell}` is no index from 1 to {most}")),
                }
            };
            let (row, column) = (index(rows)?, index(columns)?);
            let value = if has_values {
                files::number(cells.next())?
            } else {
                1.0
            };
            match cells.next() {
                Some(more) => Err(format!("`{more}` is more than an entry has")),
                None => Ok((row, column, value)),
            }
        };
        match one() {
            Ok((row, column, value)) => {
                let mut add = |row, column, value| {
                    let (source, target) = oriented(options, row, column);
                    out.numbering.note(out.source.len(), number);
                    out.source.push(source);
                    out.target.push(target);
                    if let Some(all) = &mut out.weight {
                        all.push(value);
                    }
                };
                add(row, column, value);
                if let Some(sign) = mirrored
                    && row != column
                {
                    add(column, row, sign * value);
                }
            }
            Err(e) => errors.add(path, number, &e),
        }
    }
    match size {
        None => Err(fail("the size of the matrix is missing".into())),
        Some([_, _, all]) if all != entries => Err(fail(format!(
            "it announces {all} entries and has {entries}"
        ))),
        Some(_) => errors.finish(out),
    }
}

/// Reads a dense array: its entries other than zero.
pub(super) fn dense(path: &Path, options: Options<'_>) -> Result<EdgeRows, String> {
    let array = arrays::read(path, None).map_err(|e| e.join("; "))?;
    let [rows, columns] = array.shape[..] else {
        return Err(format!(
            "{}: a matrix has two dimensions, this array has {}",
            path.display(),
            array.shape.len()
        ));
    };
    if rows >= u32::MAX as usize || columns >= u32::MAX as usize {
        return Err(format!("{}: the matrix is too large", path.display()));
    }
    let mut out = EdgeRows {
        weight: Some(Vec::new()),
        numbering: Numbering::new("entry"),
        shape: shape(options, rows as u64, columns as u64),
        ..EdgeRows::default()
    };
    for row in 0..rows {
        let line = array.values(row * columns..(row + 1) * columns);
        for (column, value) in line.iter().enumerate().filter(|(_, v)| **v != 0.0) {
            if !value.is_finite() {
                return Err(format!(
                    "{}: entry [{row}][{column}] is not a finite number: {value}",
                    path.display()
                ));
            }
            let (source, target) = oriented(options, row as u32, column as u32);
            out.source.push(source);
            out.target.push(target);
            if let Some(all) = &mut out.weight {
                all.push(*value);
            }
        }
    }
    Ok(out)
}
