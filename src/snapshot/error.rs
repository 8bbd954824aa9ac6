//! What can be wrong with a checkpoint.

use std::path::PathBuf;

use crate::missing;

/// Why a checkpoint cannot be written or gone on with.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("cannot write the checkpoint `{}`: {source}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", missing::or("read", path, source))]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{}` is not a checkpoint", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "`{}` is a checkpoint of format version {found}; this program reads version {}",
        path.display(),
        super::VERSION
    )]
    Version { path: PathBuf, found: u32 },
    #[error("`{}` is cut off: it has {found} bytes and should have {expected}", path.display())]
    Truncated {
        path: PathBuf,
        expected: u64,
        found: u64,
    },
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
}
