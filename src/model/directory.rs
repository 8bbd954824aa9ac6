//! Writing and reading model directories.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::arrays::{Arrays, Stored, hash};
use super::description::Description;
use super::{CodeSpec, FORMAT, Levels, Model, layers, populations};
use crate::definition::Diagnostic;
use crate::definition::files;
use crate::spiking::Network;

const DESCRIPTION: &str = "model.toml";
const WEIGHTS: &str = "weights.npz";

/// More text than this is no description.
const MOST_TEXT: u64 = 64 << 20;

fn error(path: &Path, message: impl std::fmt::Display) -> Vec<Diagnostic> {
    vec![Diagnostic::error(format!("{}: {message}", path.display()))]
}

fn helped(path: &Path, message: impl std::fmt::Display, help: &str) -> Vec<Diagnostic> {
    let mut all = error(path, message);
    all[0].help(help);
    all
}

/// May a model be written there? An existing directory must be a model, and `force` be given.
pub fn writable(path: &Path, force: bool) -> Result<(), Vec<Diagnostic>> {
    let Ok(there) = fs::symlink_metadata(path) else {
        return match path.file_name() {
            Some(_) => Ok(()),
            None => Err(error(path, "it is no name for a directory")),
        };
    };
    if !there.is_dir() {
        return Err(error(path, "it exists and is not a directory"));
    }
    let empty = fs::read_dir(path).is_ok_and(|mut d| d.next().is_none());
    if !(empty || path.join(DESCRIPTION).is_file()) {
        return Err(helped(
            path,
            "it exists and holds something else than a model",
            "give another name",
        ));
    }
    if !force {
        return Err(helped(
            path,
            "it exists already",
            "give another name, or --force to replace it",
        ));
    }
    Ok(())
}

/// A directory that is removed again unless it was brought to its place.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It may have been moved, and nothing can be done about one that cannot be removed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A sibling of that name, hidden.
fn sibling(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.{ending}", std::process::id()))
}

/// Writes a model: first under another name, then brought to its place as a whole.
pub fn write(model: &Model, path: &Path, force: bool) -> Result<(), Vec<Diagnostic>> {
    writable(path, force)?;
    let failed = |e: std::io::Error| error(path, format!("it cannot be written: {e}"));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let partial = Unfinished(sibling(path, "partial"));
    fs::create_dir(&partial.0).map_err(failed)?;
    write_into(model, &partial.0).map_err(failed)?;
    if path.is_dir() {
        let old = Unfinished(sibling(path, "old"));
        fs::rename(path, &old.0).map_err(failed)?;
        if let Err(e) = fs::rename(&partial.0, path) {
            // Back to what was there.
            let _ = fs::rename(&old.0, path);
            return Err(failed(e));
        }
        return Ok(());
    }
    fs::rename(&partial.0, path).map_err(failed)
}

fn write_into(model: &Model, directory: &Path) -> std::io::Result<()> {
    let mut arrays = Arrays::default();
    let (network, layers) = layers::describe(&model.graph, &model.seen, &mut arrays);
    let populations = populations::describe(model.network.net(), &model.sources, &mut arrays);
    if let Network::Rate(rate) = &model.network {
        populations::describe_levels(rate, &mut arrays);
    }
    let weights = directory.join(WEIGHTS);
    let mut file = BufWriter::new(File::create(&weights)?);
    arrays.write(&mut file)?;
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    let description = Description {
        format: FORMAT,
        program: format!("spikewheel {}", env!("CARGO_PKG_VERSION")),
        weights_xxh3: hash(&weights)?,
        origin: model.origin.clone(),
        code: model.code.clone(),
        calibrated: model.calibrated.clone(),
        network,
        layers,
        populations,
    };
    let text = toml::to_string(&description).map_err(std::io::Error::other)?;
    fs::write(directory.join(DESCRIPTION), text)
}

/// Reads a model.
///
/// # Errors
/// What is not there, damaged, impossible, or from a later version.
pub fn read(path: &Path) -> Result<Model, Vec<Diagnostic>> {
    if !path.is_dir() {
        let what = if path.exists() {
            "it is a file, and a model is a directory"
        } else {
            "there is no such directory"
        };
        return Err(helped(
            path,
            what,
            "`spikewheel convert` makes models of trained networks (ONNX)",
        ));
    }
    let file = path.join(DESCRIPTION);
    if !file.is_file() {
        return Err(helped(
            path,
            format!("it is no model: it has no {DESCRIPTION}"),
            "`spikewheel convert` makes models of trained networks (ONNX)",
        ));
    }
    if fs::metadata(&file).is_ok_and(|m| m.len() > MOST_TEXT) {
        return Err(error(&file, "it is too large for a description"));
    }
    let text =
        fs::read_to_string(&file).map_err(|e| error(&file, format!("it cannot be read: {e}")))?;
    let damaged =
        |e: toml::de::Error| error(&file, format!("it is damaged: {}", e.to_string().trim()));
    let table: toml::Table = text.parse().map_err(damaged)?;
    match table.get("format").and_then(toml::Value::as_integer) {
        None => return Err(error(&file, "it says no `format`: it is no model")),
        Some(n) if n > i64::from(FORMAT) => {
            return Err(helped(
                &file,
                format!("it has format {n}, and this program reads formats up to {FORMAT}"),
                "a later version of spikewheel wrote it",
            ));
        }
        Some(n) if n < 1 => return Err(error(&file, format!("there is no format {n}"))),
        Some(_) => {}
    }
    let d: Description = toml::from_str(&text).map_err(damaged)?;
    let weights = path.join(WEIGHTS);
    files::holdable(&weights).map_err(|e| vec![Diagnostic::error(e)])?;
    let has = hash(&weights).map_err(|e| error(&weights, format!("it cannot be read: {e}")))?;
    if has != d.weights_xxh3 {
        return Err(helped(
            &weights,
            format!("it is not the file that {DESCRIPTION} describes: its hash is {has}"),
            "it is damaged, or from another model; convert the network again",
        ));
    }
    let stored = Stored(weights);
    let wrong = |e: String| error(&file, e);
    d.code.check().map_err(wrong)?;
    let samples = d.calibrated.as_ref().map_or(0, |c| c.samples);
    let (graph, seen) = layers::restore(d.network, d.layers, samples, &stored).map_err(wrong)?;
    let (net, sources) = populations::restore(d.populations, &graph, &stored).map_err(wrong)?;
    let levels = match &d.code {
        CodeSpec::Exact { .. } => Levels::default(),
        CodeSpec::Rate { .. } => populations::restore_levels(&net, &stored).map_err(wrong)?,
    };
    Ok(Model {
        graph,
        network: d.code.network(net, levels).map_err(wrong)?,
        code: d.code,
        sources,
        seen,
        origin: d.origin,
        calibrated: d.calibrated,
    })
}

/// XXH3 (128 bits) of a file, in hexadecimal.
pub fn hash_of(path: &Path) -> Result<String, Vec<Diagnostic>> {
    hash(path).map_err(|e| error(path, format!("it cannot be read: {e}")))
}
