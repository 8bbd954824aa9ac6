//! The text of a file, and places in it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// The files that a definition names.
#[derive(Debug, Default)]
pub struct Files {
    /// Where the contents of some are, if not where the definition says: those of a checkpoint.
    instead: HashMap<PathBuf, PathBuf>,
    /// All that were asked for, as they were resolved.
    named: Mutex<BTreeSet<PathBuf>>,
}

impl Files {
    pub fn instead(instead: HashMap<PathBuf, PathBuf>) -> Self {
        Self {
            instead,
            named: Mutex::default(),
        }
    }

    /// Where to read what the definition calls `path`.
    pub fn place(&self, path: PathBuf) -> PathBuf {
        let place = self.instead.get(&path).cloned();
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.insert(path.clone());
        place.unwrap_or(path)
    }

    /// All that were asked for, sorted.
    pub fn named(&self) -> Vec<PathBuf> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.iter().cloned().collect()
    }
}

/// A text that errors can point into: a definition file, or the value of an override.
#[derive(Debug)]
pub struct SourceFile {
    /// What messages call it.
    pub name: String,
    /// Where it lies; files named inside it are relative to this.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
    /// Where the files are that it names.
    pub files: Arc<Files>,
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.path, &self.text) == (&other.name, &other.path, &other.text)
    }
}

impl Eq for SourceFile {}

impl SourceFile {
    /// The text of a file on disk.
    pub fn new(path: &Path, text: &str) -> Arc<Self> {
        Self::among(path, text, &Arc::default())
    }

    /// The same, with the files of a definition.
    pub fn among(path: &Path, text: &str, files: &Arc<Files>) -> Arc<Self> {
        Arc::new(Self {
            name: path.display().to_string(),
            path: path.to_path_buf(),
            text: text.to_string(),
            files: Arc::clone(files),
        })
    }

    /// `file` as seen from this file's directory.
    pub fn beside(&self, file: &str) -> PathBuf {
        match self.path.parent() {
            Some(directory) => directory.join(file),
            None => PathBuf::from(file),
        }
    }

    /// Where to read `file`.
    pub fn resolve(&self, file: &str) -> PathBuf {
        self.files.place(self.beside(file))
    }
}

impl SourceCode for SourceFile {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.as_str().read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// A stretch of a source text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: Arc<SourceFile>,
    pub start: usize,
    pub end: usize,
}

impl Place {
    /// A place in `file`, cut to the text so that it can always be drawn.
    pub fn new(file: &Arc<SourceFile>, start: usize, end: usize) -> Self {
        let length = file.text.len();
        let start = start.min(length);
        Self {
            file: Arc::clone(file),
            start,
            end: end.clamp(start, length),
        }
    }

    /// Line and column, both counted from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = self.file.text.get(..self.start).unwrap_or_default();
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let last = before.rsplit('\n').next().unwrap_or_default();
        (line, last.chars().count() + 1)
    }

    /// `file:line`, for pointing to a second place from the text of a message.
    pub fn short(&self) -> String {
        format!("{}:{}", self.file.name, self.line_column().0)
    }
}
