//! CSV with the header `source,target` and optionally `weight`, `delay_ms`; the order of the columns
//! is free. Both ends are ids or labels.

use std::path::Path;
use std::str;

use super::super::diagnostics::nearest;
use super::super::files::{self, RowErrors};
use super::{EdgeRows, Numbering, Options, Places};

/// Reads the file row by row into columns.
pub(super) fn read(path: &Path, options: Options<'_>) -> Result<EdgeRows, Vec<String>> {
    let mut reader = files::csv_reader(path).map_err(|e| vec![e])?;
    let mut record = csv::ByteRecord::new();
    let fail = |e: csv::Error| vec![format!("{}: {e}", path.display())];
    if !reader.read_byte_record(&mut record).map_err(fail)? {
        return Err(vec![format!("{} has no rows", path.display())]);
    }
    let header: Vec<String> = record
        .iter()
        .map(|h| String::from_utf8_lossy(h).into_owned())
        .collect();
    let find = |name: &str| header.iter().position(|h| h == name);
    let (Some(source), Some(target)) = (find("source"), find("target")) else {
        return Err(vec![format!(
            "{} needs a header with source and target (and optionally weight, delay_ms); it has {}",
            path.display(),
            header.join(", ")
        )]);
    };
    let (weight, delay) = (find("weight"), find("delay_ms"));
    let mut out = EdgeRows {
        weight: weight.map(|_| Vec::new()),
        delay_ms: delay.map(|_| Vec::new()),
        ignored: header
            .iter()
            .filter(|h| !["source", "target", "weight", "delay_ms"].contains(&h.as_str()))
            .cloned()
            .collect(),
        numbering: Numbering::new("row"),
        ..EdgeRows::default()
    };
    let mut errors = RowErrors::default();
    while reader.read_byte_record(&mut record).map_err(fail)? {
        let row = record.position().map_or(0, csv::Position::line);
        let one = || -> Result<(u32, u32, f64, f64), String> {
            if record.len() != header.len() {
                return Err(format!(
                    "{} cells under a header of {}",
                    record.len(),
                    header.len()
                ));
            }
            let cell = |column: usize| str::from_utf8(record.get(column).unwrap_or_default());
            let optional = |column: Option<usize>| match column {
                Some(i) => files::number(cell(i).ok()),
                None => Ok(0.0),
            };
            Ok((
                end(
                    cell(source).unwrap_or_default(),
                    options.labels.map(|l| &l[0]),
                )?,
                end(
                    cell(target).unwrap_or_default(),
                    options.labels.map(|l| &l[1]),
                )?,
                optional(weight)?,
                optional(delay)?,
            ))
        };
        match one() {
            Ok((s, t, w, d)) => {
                out.numbering.note(out.source.len(), row);
                out.source.push(s);
                out.target.push(t);
                if let Some(all) = &mut out.weight {
                    all.push(w);
                }
                if let Some(all) = &mut out.delay_ms {
                    all.push(d);
                }
            }
            Err(e) => errors.add(path, row, &e),
        }
    }
    errors.finish(out)
}

/// A whole number is an id, and what exceeds 32 bits is `u32::MAX`; anything else is a label.
fn end(cell: &str, places: Option<&Places<'_>>) -> Result<u32, String> {
    let id = files::id(Some(cell)).map(|i| u32::try_from(i).unwrap_or(u32::MAX));
    if id.is_ok() || cell.is_empty() {
        return id;
    }
    match places {
        // Nobody knows what labels there are, because `from` or `to` is in error.
        None => Ok(0),
        Some(places) if places.is_empty() => id,
        Some(places) => match places.get(cell) {
            Some(Some(place)) => Ok(*place),
            Some(None) => Err(format!("several neurons have the label `{cell}`")),
            None => {
                let near = nearest(cell, places.keys().copied())
                    .map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
                Err(format!(
                    "`{cell}` is neither an id (a whole number from 0) nor the label of a neuron{near}"
                ))
            }
        },
    }
}
