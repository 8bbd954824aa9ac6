//! Values from files: a column of a CSV file, a NumPy array, a dataset of an HDF5 file.

use std::path::Path;
use std::sync::Arc;

use super::context::{Context, show_in};
use super::syntax::{Node, Table};
use super::values::{Each, Wanted, list_length};
use super::{arrays, files, h5};
use crate::network::spec::Values;

/// Keys of a value from a file.
pub(super) const KEYS: [&str; 4] = ["file", "column", "dataset", "array"];

/// Reads `{ file, column }`, `{ file, dataset }` or `{ file, array }`.
pub(super) fn read(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    wanted: &Wanted<'_>,
    each: Option<Each>,
) -> Option<Values> {
    let what = wanted.what;
    let (file_node, column) = file_and_column(ctx, node, table, what)?;
    let dataset = match table.get("dataset") {
        Some(n) => Some(ctx.text(n, &format!("{what}: dataset"))?),
        None => None,
    };
    let array_name = match table.get("array") {
        Some(n) => Some(ctx.text(n, &format!("{what}: array"))?),
        None => None,
    };
    if each.is_none() {
        let _ = list_length(ctx, &node.place, 0, wanted, None);
        return None;
    }
    let name = ctx.text(file_node, what)?;
    let path = file_node.place.file.resolve(name);
    let (mut numbers, shape) = match array(&path, column, dataset, array_name) {
        Ok(read) => read,
        Err(errors) => {
            for e in errors {
                ctx.reports.error(&file_node.place, e);
            }
            return None;
        }
    };
    let matrix = each.and_then(|e| e.matrix);
    let fits = match (shape.as_slice(), matrix) {
        ([_], _) | ([], _) => true,
        (&[s, t], Some(m)) => m == [s, t],
        _ => false,
    };
    if !fits {
        let shown: Vec<String> = shape.iter().map(usize::to_string).collect();
        let d = ctx.reports.error(
            &file_node.place,
            format!(
                "{what}: {} holds an array of shape ({})",
                path.display(),
                shown.join(", ")
            ),
        );
        match matrix {
            Some([s, t]) => d.help(format!(
                "one value for each pair is an array [source][target] of shape ({s}, {t})"
            )),
            None => d.help("an array of one dimension is expected"),
        };
        return None;
    }
    list_length(ctx, &file_node.place, numbers.len(), wanted, each)?;
    for (row, v) in numbers.iter_mut().enumerate() {
        *v *= wanted.file_unit;
        if !wanted.allows(*v) {
            let message = format!(
                "{what} must be {}, and value {} of {} is {}",
                wanted.range(),
                row + 1,
                path.display(),
                show_in(*v, wanted.dimension)
            );
            ctx.reports.error(&file_node.place, message);
            return None;
        }
    }
    Some(Values::Array(Arc::new(numbers)))
}

/// Finite numbers and their shape; the ending of the name says what the file is.
fn array(
    path: &Path,
    column: Option<&str>,
    dataset: Option<&str>,
    name: Option<&str>,
) -> Result<(Vec<f64>, Vec<usize>), Vec<String>> {
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let shown = path.display();
    let is_hdf5 = h5::is_extension(&ending);
    let is_numpy = matches!(ending.as_str(), "npy" | "npz");
    if name.is_some() && !is_numpy {
        return Err(vec![format!(
            "{shown} has no named arrays: only .npz files do"
        )]);
    }
    if column.is_some() && (is_hdf5 || is_numpy) {
        return Err(vec![format!("{shown} has no columns: only CSV files do")]);
    }
    if dataset.is_some() && !is_hdf5 {
        return Err(vec![format!(
            "{shown} has no datasets: only HDF5 files (.h5) do"
        )]);
    }
    if is_numpy {
        let array = arrays::read(path, name)?;
        let values = array.values(0..array.len());
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(vec![format!(
                "{shown}: element {i} is not a finite number: {}",
                values[i]
            )]);
        }
        return Ok((values, array.shape));
    }
    if !is_hdf5 {
        let all = files::number_column(path, column)?;
        let n = all.len();
        return Ok((all, vec![n]));
    }
    let file = h5::File::open(path).map_err(|e| vec![e])?;
    let Some(dataset) = dataset else {
        let there = file.datasets("/").map_err(|e| vec![e])?;
        return Err(vec![format!(
            "{shown} is an HDF5 file: say which numbers with dataset = \"path\"; {}",
            if there.is_empty() {
                "there are none outside of groups".to_string()
            } else {
                format!("outside of groups there are {}", there.join(", "))
            }
        )]);
    };
    let column = file.column(dataset).map_err(|e| vec![e])?;
    let shape = column.shape().iter().map(|n| *n as usize).collect();
    Ok((column.reals().map_err(|e| vec![e])?, shape))
}

/// The `file` and the optional `column` of a table.
pub(super) fn file_and_column<'n>(
    ctx: &mut Context,
    node: &Node,
    table: &'n Table,
    what: &str,
) -> Option<(&'n Node, Option<&'n str>)> {
    let column = match table.get("column") {
        Some(n) => Some(ctx.text(n, &format!("{what}: column"))?),
        None => None,
    };
    match table.get("file") {
        Some(n) => Some((n, column)),
        None => {
            ctx.missing(
                &node.place,
                &format!("{what}: file"),
                "file = \"values.csv\"",
            );
            None
        }
    }
}
