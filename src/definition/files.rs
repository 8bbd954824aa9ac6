//! Data beside the definition: columns of numbers and names, lists of synapses and of spikes.
//!
//! Errors are texts that name the file and the row as a text editor numbers it; the caller adds
//! the place in the definition. Lines that start with `#` are comments.

use std::fs;
use std::path::Path;

use crate::missing;
use crate::network::estimate::{available_memory, show_bytes};

use super::h5::{self, File};

/// Rows that are reported one by one; the rest is counted.
pub(super) const MOST_ROWS: usize = 5;

/// Bytes of a file: what is missing, a directory, or a device that never ends is refused.
pub(crate) fn regular(path: &Path) -> Result<u64, String> {
    let shown = path.display();
    let meta = fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => missing::told(path),
        _ => format!("{shown} cannot be read: {e}"),
    })?;
    if meta.is_dir() {
        return Err(format!("{shown} is a directory, not a file"));
    }
    if !meta.is_file() {
        return Err(format!("{shown} is no regular file"));
    }
    Ok(meta.len())
}

/// `regular` for a file that is read as a whole: it must fit the memory.
pub(crate) fn holdable(path: &Path) -> Result<(), String> {
    let bytes = regular(path)?;
    match available_memory() {
        Some(available) if bytes > available => Err(format!(
            "{} has {}, and {} of memory are available",
            path.display(),
            show_bytes(bytes as f64),
            show_bytes(available as f64)
        )),
        _ => Ok(()),
    }
}

/// Text of a file: missing files, directories and other encodings are told apart.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let shown = path.display();
    holdable(path)?;
    let bytes = fs::read(path).map_err(|e| format!("{shown} cannot be read: {e}"))?;
    String::from_utf8(bytes).map_err(|e| {
        format!(
            "{shown} is not UTF-8 text: byte {} does not belong to a character",
            e.utf8_error().valid_up_to()
        )
    })
}

/// Collects errors of rows: the first few in full, then a count.
#[derive(Default)]
pub(super) struct RowErrors {
    list: Vec<String>,
    more: usize,
}

impl RowErrors {
    pub fn add(&mut self, path: &Path, row: u64, message: &str) {
        if self.list.len() < MOST_ROWS {
            self.list
                .push(format!("{}, row {row}: {message}", path.display()));
        } else {
            self.more += 1;
        }
    }

    pub fn finish<T>(mut self, value: T) -> Result<T, Vec<String>> {
        if self.list.is_empty() {
            return Ok(value);
        }
        if self.more > 0 {
            self.list
                .push(format!("and {} more rows like these", self.more));
        }
        Err(self.list)
    }
}

/// The first few of `count` faulty rows in words.
pub(super) fn first_rows(rows: &[u64], count: usize) -> String {
    let shown: Vec<String> = rows.iter().take(MOST_ROWS).map(u64::to_string).collect();
    let more = count.saturating_sub(shown.len());
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}

/// Opens a file: missing files and directories are told apart.
pub(super) fn open(path: &Path) -> Result<fs::File, String> {
    regular(path)?;
    fs::File::open(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))
}

/// A reader of a CSV file that is not taken into memory as a whole, header and all.
pub(super) fn csv_reader(path: &Path) -> Result<csv::Reader<fs::File>, String> {
    let file = open(path)?;
    Ok(csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .buffer_capacity(1 << 20)
        .from_reader(file))
}

/// Rows of a CSV file: row number and cells.
type Rows = Vec<(u64, csv::StringRecord)>;

fn rows(path: &Path) -> Result<Rows, String> {
    let text = read_text(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut all = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| format!("{}: {e}", path.display()))?;
        let row = record.position().map_or(0, csv::Position::line);
        all.push((row, record));
    }
    if all.is_empty() {
        return Err(format!("{} has no rows", path.display()));
    }
    Ok(all)
}

/// The rows behind the header, and which column is wanted. Without a name the file must have one
/// column, and its first row is a header if `is_value` does not take it.
fn column(
    path: &Path,
    name: Option<&str>,
    is_value: impl Fn(&str) -> bool,
) -> Result<(Rows, usize), String> {
    let mut all = rows(path)?;
    let Some(name) = name else {
        let wide = all.iter().find(|(_, r)| r.len() != 1);
        if let Some((row, record)) = wide {
            return Err(format!(
                "{}, row {row} has {} columns: say which one with column = \"name\"",
                path.display(),
                record.len()
            ));
        }
        let header = all
            .first()
            .and_then(|(_, r)| r.get(0))
            .is_some_and(|cell| !is_value(cell));
        if header {
            all.remove(0);
        }
        return Ok((all, 0));
    };
    let (_, header) = all.remove(0);
    match header.iter().position(|h| h == name) {
        Some(i) => Ok((all, i)),
        None => {
            let names: Vec<&str> = header.iter().collect();
            Err(format!(
                "{} has no column `{name}`; {}",
                path.display(),
                super::diagnostics::suggest(name, &names)
            ))
        }
    }
}

/// A column of finite numbers.
pub(super) fn number_column(path: &Path, name: Option<&str>) -> Result<Vec<f64>, Vec<String>> {
    let (rows, index) =
        column(path, name, |cell| cell.parse::<f64>().is_ok()).map_err(|e| vec![e])?;
    let mut errors = RowErrors::default();
    let mut values = Vec::with_capacity(rows.len());
    for (row, record) in &rows {
        match number(record.get(index)) {
            Ok(v) => values.push(v),
            Err(e) => errors.add(path, *row, &e),
        }
    }
    errors.finish(values)
}

/// A table of finite numbers, row by row.
#[derive(Debug)]
pub(super) struct NumberTable {
    /// The first row, if it is not all numbers.
    pub header: Option<Vec<String>>,
    pub columns: usize,
    pub numbers: Vec<f64>,
}

/// Reads a CSV file whose rows are all of the same length.
pub(super) fn number_table(path: &Path) -> Result<NumberTable, Vec<String>> {
    let mut all = rows(path).map_err(|e| vec![e])?;
    let names = all[0].1.iter().any(|cell| cell.parse::<f64>().is_err());
    let header = names.then(|| {
        all.remove(0)
            .1
            .iter()
            .map(str::to_string)
            .collect::<Vec<_>>()
    });
    let columns = match (&header, all.first()) {
        (Some(h), _) => h.len(),
        (None, Some((_, first))) => first.len(),
        (None, None) => 0,
    };
    let mut errors = RowErrors::default();
    let mut numbers = Vec::with_capacity(all.len() * columns);
    for (row, record) in &all {
        if record.len() != columns {
            let told = format!("{} cells instead of {columns}", record.len());
            errors.add(path, *row, &told);
            continue;
        }
        for cell in record {
            match number(Some(cell)) {
                Ok(v) => numbers.push(v),
                Err(e) => errors.add(path, *row, &e),
            }
        }
    }
    errors.finish(NumberTable {
        header,
        columns,
        numbers,
    })
}

/// A column of texts. A one-column file has a header only if its first cell says `label`.
pub(super) fn text_column(path: &Path, name: Option<&str>) -> Result<Vec<String>, Vec<String>> {
    let (rows, index) =
        column(path, name, |cell| !matches!(cell, "label" | "labels")).map_err(|e| vec![e])?;
    let mut errors = RowErrors::default();
    let mut values = Vec::with_capacity(rows.len());
    for (row, record) in &rows {
        match record.get(index) {
            Some(cell) if !cell.is_empty() => values.push(cell.to_string()),
            _ => errors.add(path, *row, "the cell is empty"),
        }
    }
    errors.finish(values)
}

pub(super) fn number(cell: Option<&str>) -> Result<f64, String> {
    let cell = cell.unwrap_or_default();
    if cell.is_empty() {
        return Err("a number is missing".into());
    }
    match cell.parse::<f64>() {
        Ok(v) if v.is_finite() => Ok(v),
        Ok(_) => Err(format!("`{cell}` is not a finite number")),
        Err(_) => Err(format!("`{cell}` is not a number")),
    }
}

/// An id: a whole number from 0.
pub(super) fn id(cell: Option<&str>) -> Result<u64, String> {
    let cell = cell.unwrap_or_default();
    cell.parse::<u64>()
        .map_err(|_| format!("`{cell}` is not an id (a whole number from 0)"))
}

/// Positions in um from the columns x, y, z, as many of them as there are; and that number.
pub(super) fn points(path: &Path) -> Result<(usize, Vec<[f64; 3]>), Vec<String>> {
    let mut all = rows(path).map_err(|e| vec![e])?;
    let (_, header) = all.remove(0);
    let columns: Vec<usize> = ["x", "y", "z"]
        .iter()
        .map_while(|name| header.iter().position(|h| h == *name))
        .collect();
    let wanted = header
        .iter()
        .filter(|h| ["x", "y", "z"].contains(h))
        .count();
    if columns.is_empty() || columns.len() != wanted {
        return Err(vec![format!(
            "{} needs a header with x, y, z (or x, y; or x); it has {}",
            path.display(),
            header.iter().collect::<Vec<_>>().join(", ")
        )]);
    }
    if all.is_empty() {
        return Err(vec![format!("{} has no positions", path.display())]);
    }
    let mut errors = RowErrors::default();
    let mut points = Vec::with_capacity(all.len());
    for (row, record) in &all {
        let mut point = [0.0; 3];
        for (x, column) in point.iter_mut().zip(&columns) {
            match number(record.get(*column)) {
                Ok(v) => *x = v,
                Err(e) => errors.add(path, *row, &e),
            }
        }
        points.push(point);
    }
    errors.finish((columns.len(), points))
}

/// Spikes as they stand in a file.
#[derive(Debug, Default)]
pub(crate) struct SpikeRows {
    pub row: Vec<u64>,
    pub time_ms: Vec<f64>,
    pub element: Vec<u64>,
}

/// Reads spikes from a CSV file with `time_ms` and one of `neuron`, `input`, `node_id`, or from a
/// SONATA file (`.h5`).
pub(crate) fn spikes(path: &Path, population: Option<&str>) -> Result<SpikeRows, Vec<String>> {
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    if h5::is_extension(&extension) {
        let spikes = read_sonata_spikes(path, population).map_err(|e| vec![e])?;
        let mut out = SpikeRows::default();
        for (row, (time, element)) in spikes.into_iter().enumerate() {
            out.row.push(row as u64);
            out.time_ms.push(time);
            out.element.push(element);
        }
        return Ok(out);
    }
    if population.is_some() {
        return Err(vec![format!(
            "{} is a CSV file, which has no populations",
            path.display()
        )]);
    }
    let mut all = rows(path).map_err(|e| vec![e])?;
    let (_, header) = all.remove(0);
    let time = header.iter().position(|h| h == "time_ms");
    let element = header
        .iter()
        .position(|h| matches!(h, "neuron" | "input" | "node_id"));
    let (Some(time), Some(element)) = (time, element) else {
        return Err(vec![format!(
            "{} needs a header with time_ms and neuron (or input, node_id); it has {}",
            path.display(),
            header.iter().collect::<Vec<_>>().join(", ")
        )]);
    };
    let mut out = SpikeRows::default();
    let mut errors = RowErrors::default();
    for (row, record) in &all {
        match (number(record.get(time)), id(record.get(element))) {
            (Ok(t), Ok(e)) => {
                out.row.push(*row);
                out.time_ms.push(t);
                out.element.push(e);
            }
            (Err(e), _) | (_, Err(e)) => errors.add(path, *row, &e),
        }
    }
    errors.finish(out)
}

/// Spikes (ms, id) of one population of a SONATA spike file.
///
/// Tolerant: any `sorting` or none, f32 times, ids of any integer type, and the old layout with
/// `/spikes/timestamps` and `/spikes/gids`. `population` may be left out if there is one.
pub(super) fn read_sonata_spikes(
    path: &Path,
    population: Option<&str>,
) -> Result<Vec<(f64, u64)>, String> {
    let shown = path.display();
    let file = File::open(path)?;
    let names = file
        .groups("/spikes")?
        .ok_or_else(|| format!("{shown} has no group /spikes, so it is no SONATA spike file"))?;
    let old = file.datasets("/spikes")?.iter().any(|d| d == "gids");
    let (group, ids) = match (population, names.as_slice()) {
        (None, []) if old => ("/spikes".to_string(), "gids"),
        (None, [only]) => (format!("/spikes/{only}"), "node_ids"),
        (None, []) => return Err(format!("{shown} has no populations in /spikes")),
        (None, several) => {
            return Err(format!(
                "{shown} holds several populations: say which with population = \"name\" ({})",
                several.join(", ")
            ));
        }
        (Some(name), all) => {
            if !all.iter().any(|n| n == name) {
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                return Err(format!(
                    "{shown} has no population `{name}`; {}",
                    super::diagnostics::suggest(name, &all)
                ));
            }
            (format!("/spikes/{name}"), "node_ids")
        }
    };
    let times = file.column(&format!("{group}/timestamps"))?.reals()?;
    let ids = file.column(&format!("{group}/{ids}"))?.wholes()?;
    if times.len() != ids.len() {
        return Err(format!(
            "{shown}: {} timestamps but {} ids",
            times.len(),
            ids.len()
        ));
    }
    Ok(times
        .into_iter()
        .zip(ids.into_iter().map(u64::from))
        .collect())
}
