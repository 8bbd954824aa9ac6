//! Definition files: TOML with units, expressions and named parts, checked and turned into a
//! `NetworkSpec`.
//!
//! `load` reads a file, `parse` a text. Whatever is wrong is found in one go: every reader reports
//! and goes on. What a value in error would have decided is left unsaid, so that one mistake gives
//! one message.

pub(crate) mod arrays;
mod by_distance;
mod clock;
mod context;
mod currents;
mod delay;
pub mod describe;
mod describe_learning;
pub mod diagnostics;
pub mod distribution;
mod edge_files;
mod edges;
mod escape;
pub mod expression;
pub(crate) mod files;
mod graph;
pub(crate) mod h5;
mod include;
mod incomplete;
mod learning;
mod lower;
mod modulators;
mod names;
mod overrides;
mod pairs;
mod parameters;
mod population;
mod positions;
mod projection;
mod receptors;
mod recording;
mod rule;
pub mod schema;
mod schema_learning;
mod schema_population;
mod simulation;
pub mod source;
mod stimulus;
mod syntax;
pub mod units;
mod value_files;
mod values;
mod weight;
mod weights;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use diagnostics::{Diagnostic, Severity};

use crate::network::spec::NetworkSpec;

/// A definition without errors.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub spec: NetworkSpec,
    /// The file as it was read.
    pub text: String,
    pub path: PathBuf,
    /// What is allowed but may not be what was meant, such as rounded times.
    pub warnings: Vec<Diagnostic>,
    pub output: OutputOptions,
    /// Files that it names, includes and data, as they were resolved.
    pub files: Vec<PathBuf>,
}

/// How results are written, as far as the definition says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputOptions {
    /// Also write spikes as CSV.
    pub csv: bool,
}

/// Another value for a parameter or for a key of `[simulation]` (`simulation.seed`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub name: String,
    pub value: String,
}

impl std::str::FromStr for Override {
    type Err = String;

    /// Reads `name=value`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok(Self {
                name: name.trim().to_string(),
                value: value.trim().to_string(),
            }),
            _ => Err("expected name=value, for example g=4.5".into()),
        }
    }
}

/// Reads a definition from a file.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Loaded, Vec<Diagnostic>> {
    let text = files::read_text(path).map_err(|e| vec![Diagnostic::error(e)])?;
    parse(&text, path, overrides)
}

/// Reads a definition from its text. `path` is what messages call it, and files named in it are
/// relative to its directory.
pub fn parse(text: &str, path: &Path, overrides: &[Override]) -> Result<Loaded, Vec<Diagnostic>> {
    lower::lower(text, path, overrides, &Arc::default())
}

/// `parse`, where the contents of files that the definition names may lie elsewhere: by the path to which
/// a name is resolved.
pub fn parse_among(
    text: &str,
    path: &Path,
    overrides: &[Override],
    instead: HashMap<PathBuf, PathBuf>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let files = Arc::new(source::Files::instead(instead));
    lower::lower(text, path, overrides, &files)
}
