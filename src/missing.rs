//! What to say of a file that is not there.

use std::fs;
use std::io;
use std::path::Path;

use crate::definition::diagnostics::nearest;

/// That it is not, and the name beside it that was probably meant.
pub(crate) fn told(path: &Path) -> String {
    let shown = path.display();
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return format!(
            "there is no file {shown}: there is no folder {}",
            folder.display()
        );
    }
    let wanted = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
    let entries = fs::read_dir(folder).into_iter().flatten();
    // A link that leads nowhere has the name that was asked for.
    let mut names: Vec<String> = entries
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|name| name != wanted)
        .collect();
    // Of names that are equally near, the same is told everywhere.
    names.sort_unstable();
    match nearest(wanted, names.iter().map(String::as_str)) {
        Some(name) => format!(
            "there is no file {shown}; did you mean `{}`?",
            path.with_file_name(name).display()
        ),
        None => format!("there is no file {shown}"),
    }
}

/// Why a file cannot be opened or read (`verb`).
pub(crate) fn or(verb: &str, path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => told(path),
        _ => format!("cannot {verb} `{}`: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_beside_it_that_was_meant_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["brunel.toml", "sparse.toml"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let said = |name: &str| told(&dir.path().join(name));
        assert!(said("brunell.toml").ends_with("brunel.toml`?"));
        assert!(said("Sparse.toml").ends_with("sparse.toml`?"));
        assert!(said("zebra").ends_with("zebra"));
        let folder = dir.path().join("none").display().to_string();
        assert!(said("none/brunel.toml").ends_with(&format!(": there is no folder {folder}")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
            assert!(said("link").ends_with("link"));
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(or("open", Path::new("x.h5"), &denied).starts_with("cannot open `x.h5`: "));
    }
}
