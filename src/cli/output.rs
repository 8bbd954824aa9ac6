//! Writing to standard output, and findings to standard error.

use std::io::{ErrorKind, Write};

use miette::Report;

use super::{Failure, Outcome};
use crate::definition::Diagnostic;

/// Writes `text` and a line end. A reader that has gone away (`| head`) is no error.
pub(super) fn put(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::Work(Report::msg(format!(
            "cannot write to standard output: {e}"
        )))),
        _ => Ok(()),
    }
}

/// Writes JSON, indented.
pub(super) fn put_json(value: &serde_json::Value) -> Outcome {
    match serde_json::to_string_pretty(value) {
        Ok(text) => put(&text),
        Err(e) => Err(Failure::Work(Report::msg(e.to_string()))),
    }
}

/// Draws warnings.
pub(super) fn warn(warnings: Vec<Diagnostic>) {
    for w in warnings {
        // Nothing can be done about a standard error that cannot be written.
        let _ = writeln!(std::io::stderr(), "{:?}", Report::new(w));
    }
}

/// Findings as a failure of input.
pub(super) fn refused(findings: Vec<Diagnostic>) -> Failure {
    Failure::Input(findings.into_iter().map(Report::new).collect())
}
