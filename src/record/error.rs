//! What can go wrong between a run and its file.

use std::path::PathBuf;

use crate::missing;

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("`{}` exists already; it is not overwritten unless asked for", path.display())]
    Exists { path: PathBuf },
    #[error("cannot create `{}`: {source}", path.display())]
    Create {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write `{}`: {reason}", path.display())]
    Write { path: PathBuf, reason: String },
    #[error("{}", missing::or("open", path, source))]
    Open {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{}` is not an HDF5 file", path.display())]
    NotHdf5 { path: PathBuf },
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("`{}` holds no spikes in the SONATA layout (/spikes/POPULATION/timestamps and node_ids)", path.display())]
    NoSpikes { path: PathBuf },
    #[error("`{}` holds no weights that this program recorded", path.display())]
    NoWeights { path: PathBuf },
    #[error(
        "a population named `{name}` cannot be recorded: `/` and leading dots have a meaning in HDF5"
    )]
    Name { name: String },
    #[error("the recording asks for {what}, which the network does not have")]
    Unknown { what: String },
    #[error("the recorder's thread ended early: {reason}")]
    Thread { reason: String },
}
