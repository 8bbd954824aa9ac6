//! Checkpoint files: a run as it stands, to go on from.
//!
//! ```text
//! header      64 bytes: magic, format version, length of the file, place and checksum of the directory,
//!             tick, checksum of the header
//! sections    one after the other: raw little-endian columns, data files of the definition, and two
//!             structures (`rest`, `about`)
//! directory   name, type, place, length and checksum of every section
//! ```
//!
//! The definition is in the file as text, with the files that it names, so that a checkpoint can be moved.
//! The network is built from it anew; only what has changed since the beginning is kept
//! (`engine::keep`). Structures are encoded by bincode, which nothing else here uses; checksums are XXH3.
//!
//! Nothing is decoded before all checksums have been found right, and no length is believed that the
//! file could not hold.

mod codec;
mod error;
mod reader;
mod writer;

pub use error::SnapshotError;
pub use reader::Snapshot;
pub use writer::{Recorded, Writer};

use serde::{Deserialize, Serialize};

/// The first bytes of every checkpoint.
pub const MAGIC: [u8; 8] = *b"SPWHEELC";

/// The version of the format that is written, and the only one that is read: states hang on how networks
/// are built, so that an old one could be read but not gone on with.
pub const VERSION: u32 = 3;

/// Bytes of the header.
const HEADER: usize = 64;

/// Names of the structures among the sections.
const REST: &str = "rest";
const ABOUT: &str = "about";

/// What a checkpoint says of its run, beside the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Version of the program that wrote it.
    pub program: String,
    /// The definition: where it was, its text, and what was set otherwise.
    pub path: String,
    pub text: String,
    pub overrides: Vec<(String, String)>,
    /// Files that the definition names, as they were resolved; each is a section `file.NUMBER`.
    pub files: Vec<String>,
    /// If the definition was made of a NIR file: which of the files that is, and how its numbers are meant.
    pub nir: Option<NirFile>,
    /// Synapses of the network.
    pub synapses: u64,
    /// Spikes that the recording held, of each population that is recorded.
    pub recorded: Vec<u64>,
    /// Ticks and wall seconds between checkpoints.
    pub every: Option<u64>,
    pub every_wall: Option<f64>,
}

/// A NIR file among the files of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirFile {
    pub number: usize,
    /// Options as on the command line.
    pub options: Vec<String>,
}

/// A section as the directory has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Section {
    name: String,
    /// `None`: bytes.
    kind: Option<crate::columns::Kind>,
    offset: u64,
    bytes: u64,
    hash: u64,
}

/// The fields of the header.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Header {
    version: u32,
    length: u64,
    directory: (u64, u64),
    directory_hash: u64,
    tick: u64,
}

impl Header {
    fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.version.to_le_bytes());
        let words = [
            self.length,
            self.directory.0,
            self.directory.1,
            self.directory_hash,
            self.tick,
        ];
        for (k, word) in words.into_iter().enumerate() {
            bytes[16 + 8 * k..24 + 8 * k].copy_from_slice(&word.to_le_bytes());
        }
        let hash = xxhash_rust::xxh3::xxh3_64(&bytes[..HEADER - 8]);
        bytes[HEADER - 8..].copy_from_slice(&hash.to_le_bytes());
        bytes
    }

    /// The fields, and whether the checksum is right.
    fn decode(bytes: &[u8; HEADER]) -> (Self, bool) {
        let word = |at: usize| {
            let mut all = [0; 8];
            all.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(all)
        };
        let header = Self {
            version: word(8) as u32,
            length: word(16),
            directory: (word(24), word(32)),
            directory_hash: word(40),
            tick: word(48),
        };
        let hash = xxhash_rust::xxh3::xxh3_64(&bytes[..HEADER - 8]);
        (header, hash == word(HEADER - 8))
    }
}
