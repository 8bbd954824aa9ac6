//! Lists of synapses as plain text, without a header: `source target [weight [delay_ms]]`, separated
//! by blanks, tabs, commas or semicolons. Lines that begin with `#` or `%` are comments.

use std::io::{BufRead, BufReader};
use std::path::Path;

use super::super::files::{self, RowErrors};
use super::{EdgeRows, End, Numbering, Options};

/// The lines of a file in one buffer that is used again.
pub(super) struct Lines {
    reader: BufReader<std::fs::File>,
    buffer: Vec<u8>,
    number: u64,
}

impl Lines {
    pub fn open(path: &Path) -> Result<Self, String> {
        Ok(Self {
            reader: BufReader::with_capacity(1 << 20, files::open(path)?),
            buffer: Vec::new(),
            number: 0,
        })
    }

    /// The next line with its number, counted from 1.
    pub fn next(&mut self) -> Result<Option<(u64, &str)>, String> {
        self.buffer.clear();
        self.number += 1;
        let n = self
            .reader
            .read_until(b'\n', &mut self.buffer)
            .map_err(|e| format!("row {}: it cannot be read: {e}", self.number))?;
        if n == 0 {
            return Ok(None);
        }
        let line = str::from_utf8(&self.buffer)
            .map_err(|_| format!("row {} is not UTF-8 text", self.number))?;
        let line = line.trim_start_matches('\u{feff}');
        Ok(Some((self.number, line.trim_end_matches(['\n', '\r']))))
    }
}

/// The cells of a line.
fn split(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t', ',', ';']).filter(|c| !c.is_empty())
}

/// Reads the file.
pub(super) fn read(path: &Path, options: Options<'_>) -> Result<EdgeRows, Vec<String>> {
    let fail = |e: String| vec![format!("{}: {e}", path.display())];
    let mut lines = Lines::open(path).map_err(|e| vec![e])?;
    let mut out = EdgeRows {
        numbering: Numbering::new("row"),
        ..EdgeRows::default()
    };
    let mut errors = RowErrors::default();
    // The first line says how many cells all of them have.
    let mut width: Option<usize> = None;
    while let Some((number, line)) = lines.next().map_err(fail)? {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '%']) {
            continue;
        }
        let wide = match width {
            Some(w) => w,
            None => {
                let w = split(line).count();
                if !(2..=4).contains(&w) {
                    return Err(fail(format!(
                        "row {number} has {w} columns; a list without header has source target [weight [delay_ms]]"
                    )));
                }
                out.weight = (w > 2).then(Vec::new);
                out.delay_ms = (w > 3).then(Vec::new);
                *width.insert(w)
            }
        };
        let mut cells = split(line);
        let mut one = || -> Result<(u32, u32, f64, f64), String> {
            let source = options.id(cells.next().unwrap_or_default(), End::Source)?;
            let target = options.id(cells.next().unwrap_or_default(), End::Target)?;
            let mut optional = |column: usize| {
                if column < wide {
                    files::number(cells.next())
                } else {
                    Ok(0.0)
                }
            };
            let (weight, delay) = (optional(2)?, optional(3)?);
            match cells.next() {
                Some(_) => Err(format!("more than the {wide} columns of the first row")),
                None => Ok((source, target, weight, delay)),
            }
        };
        match one() {
            Ok((s, t, w, d)) => {
                out.numbering.note(out.source.len(), number);
                out.source.push(s);
                out.target.push(t);
                if let Some(all) = &mut out.weight {
                    all.push(w);
                }
                if let Some(all) = &mut out.delay_ms {
                    all.push(d);
                }
            }
            Err(e) if out.source.is_empty() => {
                return Err(fail(format!(
                    "row {number}: {e}; a list with a header is called .csv"
                )));
            }
            Err(e) => errors.add(path, number, &e),
        }
    }
    if width.is_none() {
        return Err(fail("it has no rows".into()));
    }
    errors.finish(out)
}
