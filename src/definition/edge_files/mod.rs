//! Synapses as they stand in a file: one reader per format, chosen by the ending of the name.
//!
//! A reader goes through its file once and leaves columns, nothing per synapse besides: a list may
//! have many millions. Errors are texts that name the file and the place in it.

mod csv;
mod sonata;

use std::path::Path;

use rustc_hash::FxHashMap;

use super::diagnostics::suggest;
use super::h5;

/// What users need to know of these files.
pub(super) const HELP: &str = "\
rule = { list = \"edges.csv\" }
rule = { list = { file = \"edges.h5\", population = \"a_to_b\", types = \"edge_types.csv\" } }

The ending of the name says what the file is:

  .csv            header source,target and optionally weight, delay_ms, in any order
  .h5 .hdf5 .sonata
                  SONATA edges: /edges/POPULATION with source_node_id, target_node_id and
                  per-edge syn_weight, delay

Ids count from 0 within `from` and `to`, each taken as one list. In a .csv a label may stand for the
id of a neuron; what consists of digits is an id. Weights are in the unit of the
targets (mV onto delta input, pA onto currents), negative for inhibition. Delays are in ms. What the
file does not have, the projection states with weight and delay.
";

/// Synapses in the order of the file.
#[derive(Debug, Default)]
pub(super) struct EdgeRows {
    /// Ids as they stand there. What exceeds 32 bits is `u32::MAX`, which is no id.
    pub source: Vec<u32>,
    pub target: Vec<u32>,
    pub weight: Option<Vec<f64>>,
    pub delay_ms: Option<Vec<f64>>,
    pub numbering: Numbering,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// What messages call synapse number k of a list: its row in a text, its index in an array.
#[derive(Debug)]
pub(super) struct Numbering {
    pub word: &'static str,
    /// (first k, number of it), rising in both: rows count on by one between these.
    jumps: Vec<(usize, u64)>,
}

impl Default for Numbering {
    fn default() -> Self {
        Self::new("row")
    }
}

impl Numbering {
    pub fn new(word: &'static str) -> Self {
        Self {
            word,
            jumps: Vec::new(),
        }
    }

    /// Synapse `k`, which is the next, has this number.
    fn note(&mut self, k: usize, number: u64) {
        if self.of(k) != number || self.jumps.is_empty() {
            self.jumps.push((k, number));
        }
    }

    /// The number of synapse `k`.
    pub fn of(&self, k: usize) -> u64 {
        match self.jumps.partition_point(|(first, _)| *first <= k) {
            0 => k as u64,
            i => {
                let (first, number) = self.jumps[i - 1];
                number + (k - first) as u64
            }
        }
    }
}

/// What the definition says besides the file's name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options<'a> {
    /// Population of a SONATA file.
    pub population: Option<&'a str>,
    /// Edge types of a SONATA file.
    pub types: Option<&'a Path>,
    /// Sources and targets by label, if both are known.
    pub labels: Option<&'a [Places<'a>; 2]>,
}

/// Places of labelled elements in the list of sources or of targets; `None`: several have the label.
pub(super) type Places<'a> = FxHashMap<&'a str, Option<u32>>;

/// Endings that are understood.
const ENDINGS: [&str; 4] = ["csv", "h5", "hdf5", "sonata"];

/// Reads a list of synapses.
pub(super) fn read(path: &Path, options: Options<'_>) -> Result<EdgeRows, Vec<String>> {
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let is_sonata = h5::is_extension(&ending);
    if !is_sonata {
        for (key, given) in [
            ("population", options.population.is_some()),
            ("types", options.types.is_some()),
        ] {
            if given {
                return Err(vec![format!(
                    "{} is no SONATA file (.h5), so {key} has no meaning",
                    path.display()
                )]);
            }
        }
    }
    match ending.as_str() {
        _ if is_sonata => sonata::read(path, options).map_err(|e| vec![e]),
        "csv" => csv::read(path, options),
        other => Err(vec![format!(
            "{}: a list of synapses cannot be read from a file that ends in `.{other}`; {}",
            path.display(),
            suggest(other, &ENDINGS)
        )]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_over_gaps() {
        let mut n = Numbering::default();
        for (k, row) in [2, 3, 4, 7, 8, 12].into_iter().enumerate() {
            n.note(k, row);
        }
        let all: Vec<u64> = (0..6).map(|k| n.of(k)).collect();
        assert_eq!(all, [2, 3, 4, 7, 8, 12]);
        assert_eq!(n.jumps.len(), 3);
        assert_eq!(Numbering::new("edge").of(5), 5);
    }
}
