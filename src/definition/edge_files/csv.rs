//! CSV with the header `source,target` and optionally `weight`, `delay_ms`; the order of the columns
//! is free. Both ends are ids or labels.

use std::path::Path;
use std::str;

use super::super::files::{self, RowErrors};
use super::{EdgeRows, End, Numbering, Options};

/// Stands for a cell that is no text.
const NO_TEXT: &str = "\u{fffd}";

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
    for name in ["source", "target", "weight", "delay_ms"] {
        if header.iter().filter(|h| *h == name).count() > 1 {
            return Err(vec![format!(
                "{}: the column {name} occurs twice",
                path.display()
            )]);
        }
    }
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
                options.id(cell(source).unwrap_or(NO_TEXT), End::Source)?,
                options.id(cell(target).unwrap_or(NO_TEXT), End::Target)?,
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
