//! Writing to standard output, and findings to standard error.

use std::io::{ErrorKind, Write};
use std::path::Path;

use miette::{Report, miette};

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

/// Says something beside the output.
pub(super) fn say(text: std::fmt::Arguments<'_>) {
    // Nothing can be done about a standard error that cannot be written.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Draws warnings.
pub(super) fn warn(warnings: Vec<Diagnostic>) {
    for w in warnings {
        say(format_args!("{:?}", Report::new(w)));
    }
}

/// Findings as a failure of input.
pub(super) fn refused(findings: Vec<Diagnostic>) -> Failure {
    Failure::Input(findings.into_iter().map(Report::new).collect())
}

/// May a file be written there? An existing one only if `force` was given.
pub(super) fn writable(path: &Path, force: bool) -> Outcome {
    if path.is_dir() {
        return Err(Failure::Input(vec![miette!(
            "`{}` is a directory, and a file is to be written",
            path.display()
        )]));
    }
    if path.exists() && !force {
        return Err(Failure::Input(vec![miette!(
            help = "give another name, or --force to replace it",
            "`{}` exists already",
            path.display()
        )]));
    }
    Ok(())
}

/// Whatever is forced: what is being read is not written over, nor a directory that it lies in.
pub(super) fn spares(out: &Path, inputs: &[&Path]) -> Outcome {
    let Ok(own) = out.canonicalize() else {
        // Nothing is there.
        return Ok(());
    };
    let all = inputs
        .iter()
        .filter_map(|i| Some((i, i.canonicalize().ok()?)));
    for (input, read) in all {
        let (out, input) = (out.display(), input.display());
        let told = match (own.starts_with(&read), read.starts_with(&own)) {
            (true, true) => format!("`{out}` is what is read"),
            (true, false) => format!("`{out}` belongs to `{input}`, which is read"),
            (false, true) => format!("`{out}` holds `{input}`, which is read"),
            (false, false) => continue,
        };
        return Err(Failure::Input(vec![miette!(
            help = "choose another name for what is written",
            "{told}"
        )]));
    }
    Ok(())
}

/// Writes a file as a whole: under another name first, so that it is never seen half-written.
pub(super) fn write_whole(path: &Path, force: bool, bytes: &[u8]) -> Outcome {
    writable(path, force)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.partial"));
    let parent = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    parent
        .and_then(|()| std::fs::write(&partial, bytes))
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|e| {
            let _ = std::fs::remove_file(&partial);
            Failure::Work(miette!("`{}` cannot be written: {e}", path.display()))
        })
}
