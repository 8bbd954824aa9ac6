//! Directories of results: found or made, emptied of what an earlier run left, and for one run at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use miette::miette;

use super::Failure;
use super::job::CHECKPOINT;
use super::output::spares;

/// Files of a run.
const RESULTS: [&str; 9] = [
    "spikes.h5",
    "spikes.csv",
    "steps.csv",
    "weights.h5",
    "raster.png",
    "traces.png",
    "weights.png",
    "weights_over_time.png",
    CHECKPOINT,
];

/// A directory that no other run writes into as long as this is there. What holds it is a lock of the system on the
/// directory itself, which is gone with the process, however that ends.
pub(super) struct Results {
    path: PathBuf,
    _held: Option<File>,
}

/// Opens a directory and has `lock` lock it. Where that cannot be done at all, nothing is held.
fn held(
    path: &Path,
    lock: impl Fn(&File) -> Result<(), TryLockError>,
    otherwise: &str,
) -> Result<Option<File>, Failure> {
    let named = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    let Ok(directory) = File::open(named) else {
        return Ok(None);
    };
    match lock(&directory) {
        Ok(()) => Ok(Some(directory)),
        Err(TryLockError::Error(_)) => Ok(None),
        Err(TryLockError::WouldBlock) => Err(Failure::Work(miette!(
            help = format!("wait for its end{otherwise}"),
            "another run has its results in `{}` and is not done",
            named.display()
        ))),
    }
}

/// While it lives, no run writes into the directory.
pub(super) struct Reading {
    _held: Option<File>,
}

impl Reading {
    pub fn of(path: &Path) -> Result<Self, Failure> {
        let _held = held(path, File::try_lock_shared, ", or stop it")?;
        Ok(Self { _held })
    }
}

impl Results {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A directory as it is.
    pub fn of(path: PathBuf) -> Result<Self, Failure> {
        let _held = held(
            &path,
            File::try_lock,
            ", or choose another directory with --out",
        )?;
        Ok(Self { path, _held })
    }

    /// `out`, without the results that may be in it if that is `force`d, or the next free one in `runs`.
    /// `inputs` are read, and stay.
    pub fn new(
        out: Option<&Path>,
        force: bool,
        definition: &Path,
        inputs: &[PathBuf],
    ) -> Result<Self, Failure> {
        match out {
            Some(out) => Self::named(out, force, inputs),
            None => Self::numbered(definition),
        }
    }

    fn named(out: &Path, force: bool, inputs: &[PathBuf]) -> Result<Self, Failure> {
        if out.exists() && !out.is_dir() {
            return Err(Failure::Input(vec![miette!(
                "`{}` exists and is not a directory",
                out.display()
            )]));
        }
        if out.exists() && !force {
            return Err(Failure::Input(vec![miette!(
                help = "give another directory, or --force to replace its results",
                "`{}` exists already",
                out.display()
            )]));
        }
        make(out)?;
        let results = Self::of(out.into())?;
        let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
        for name in RESULTS {
            spares(&out.join(name), &inputs)?;
        }
        // What this run may not write again would look like its results.
        for name in RESULTS {
            let old = out.join(name);
            match std::fs::remove_file(&old) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::Work(miette!(
                        "cannot replace `{}`: {e}",
                        old.display()
                    )));
                }
                _ => {}
            }
        }
        Ok(results)
    }

    fn numbered(definition: &Path) -> Result<Self, Failure> {
        let name = definition
            .file_stem()
            .map_or_else(|| "run".into(), |s| s.to_string_lossy().into_owned());
        make(Path::new("runs"))?;
        for number in 1..1_000_000 {
            let path = PathBuf::from(format!("runs/{name}-{number:03}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Self::of(path),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(cannot_make(&path, &e)),
            }
        }
        Err(Failure::Work(miette!("runs/ is full")))
    }
}

fn make(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| cannot_make(path, &e))
}

fn cannot_make(path: &Path, e: &std::io::Error) -> Failure {
    Failure::Work(miette!(
        help = "--out DIR puts the results elsewhere",
        "cannot create `{}`: {e}",
        path.display()
    ))
}
