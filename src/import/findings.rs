//! How findings about model files are told.

use std::path::Path;

use crate::definition::Diagnostic;
pub use crate::definition::diagnostics::suggest;

/// An error about a file.
pub fn error(path: &Path, message: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(format!("{}: {message}", path.display()))
}

/// The same with what to do about it.
pub fn error_with(path: &Path, message: impl std::fmt::Display, help: &str) -> Diagnostic {
    let mut d = error(path, message);
    if !help.is_empty() {
        d.help(help);
    }
    d
}

/// Names as a sentence shows them: quoted, the last ones left out if there are many.
pub fn names<S: AsRef<str>>(list: &[S]) -> String {
    const MOST: usize = 6;
    if list.is_empty() {
        return "nothing".into();
    }
    let mut text: Vec<String> = list
        .iter()
        .take(MOST)
        .map(|n| format!("`{}`", n.as_ref().escape_debug()))
        .collect();
    if list.len() > MOST {
        text.push(format!("{} more", list.len() - MOST));
    }
    text.join(", ")
}
