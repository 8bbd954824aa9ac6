//! Files of trained networks and of the data they are shown.
//!
//! `model` reads a network of artificial neurons as a layer graph (`ann`), whatever the format. Files
//! are foreign input: sizes are compared with what is there before memory is taken, and whatever is
//! wrong is a finding that names the file, the node and what to do.

mod data;
pub(crate) mod findings;
pub mod nir;
pub mod onnx;
mod weights;

pub use data::{DataOptions, DataSet, data, expected, targets};

use std::io::Read;
use std::path::Path;

use crate::ann::Graph;
use crate::definition::{Diagnostic, files};

/// What a file may leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The output to use, if there are several.
    pub output: Option<String>,
    /// Shape of one sample, for axes that the file leaves open.
    pub input_shape: Option<Vec<usize>>,
}

/// The formats, told apart by how their files begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Onnx,
    /// Spiking networks; they are no layer graphs.
    Nir,
    /// Arrays of weights.
    Npz,
}

/// The format of a file, by its first bytes; an ONNX file has no mark of its own.
pub fn format(path: &Path) -> Result<Format, Vec<Diagnostic>> {
    let fail = |message: String| vec![Diagnostic::error(message)];
    files::holdable(path).map_err(fail)?;
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(8).read_to_end(&mut start));
    read.map_err(|e| fail(format!("{} cannot be read: {e}", path.display())))?;
    Ok(match start.as_slice() {
        [0x89, b'H', b'D', b'F', ..] => Format::Nir,
        [b'P', b'K', ..] => Format::Npz,
        _ => Format::Onnx,
    })
}

/// Reads a trained network of artificial neurons: ONNX, or a list of weights (.npz).
///
/// # Errors
/// Everything that cannot be converted, each node by name, with what could be done.
pub fn model(path: &Path, options: &Options) -> Result<Graph, Vec<Diagnostic>> {
    match format(path)? {
        Format::Npz => weights::read(path),
        Format::Nir => Err(vec![findings::error_with(
            path,
            "an HDF5 file is no network of artificial neurons",
            "NIR files hold spiking networks, which need no conversion; export Keras networks (.h5) \
             as ONNX with tf2onnx",
        )]),
        Format::Onnx => {
            let bytes = std::fs::read(path)
                .map_err(|e| vec![findings::error(path, format!("it cannot be read: {e}"))])?;
            onnx::read(path, bytes, options)
        }
    }
}
