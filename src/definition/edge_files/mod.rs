//! Synapses as they stand in a file: one reader per format, chosen by the ending of the name.
//!
//! A reader goes through its file once and leaves columns, nothing per synapse besides: a list may
//! have many millions. Errors are texts that name the file and the place in it.

mod csv;
mod matrix;
mod sonata;
mod text;

use std::path::Path;

use rustc_hash::FxHashMap;

use super::diagnostics::{nearest, suggest};
use super::{files, h5};

/// What users need to know of these files.
pub(super) const HELP: &str = "\
rule = { list = \"edges.csv\" }
rule = { list = { file = \"edges.h5\", population = \"a_to_b\", types = \"edge_types.csv\" } }

The ending of the name says what the file is:

  .csv            header source,target and optionally weight, delay_ms, in any order
  .h5 .hdf5 .sonata
                  SONATA edges: /edges/POPULATION with source_node_id, target_node_id and
                  per-edge syn_weight, delay; weights.h5 of a run as well, with population =
                  \"NAME.end\": there ids count within the populations
  .mtx            MatrixMarket, coordinate real, integer or pattern; general or symmetric.
                  Entry (i, j) is a synapse from source i - 1 to target j - 1: a row for each
                  source, as in an adjacency matrix. rows = \"target\" turns that around.
  .npy            a dense two-dimensional array [source][target]; entries other than 0 are
                  synapses. rows = \"target\" for [target][source].
  .txt .tsv .dat .edges .edgelist .el
                  rows without header: source target [weight [delay_ms]], separated by blanks,
                  tabs or commas; # and % begin comments

Ids count from 0 within `from` and `to`, each taken as one list. In .csv and plain text a cell that
is no number is a label of the populations there; ids = \"label\" takes numbers for labels too. Weights are in the unit of the
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
    /// Sources and targets that the file says there are.
    pub shape: Option<(u64, u64)>,
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
    /// The rows of a matrix are targets, its columns sources.
    pub rows_are_targets: bool,
    /// Sources and targets by label, if both are known.
    pub labels: Option<&'a [Places<'a>; 2]>,
    /// What looks like a number is a label as well.
    pub only_labels: bool,
    /// Sources and targets by population, if both are known.
    pub populations: Option<&'a [Vec<Part<'a>>; 2]>,
}

/// A part of the list of sources or of targets: elements `start..end` of a population.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub population: &'a str,
    pub start: u32,
    pub end: u32,
}

/// Places of labelled elements in the list of sources or of targets; `None`: several have the label.
pub(super) type Places<'a> = FxHashMap<&'a str, Option<u32>>;

/// A side of a synapse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Target,
}

impl Options<'_> {
    /// The neuron that a cell of a text names. A whole number is its id, and what exceeds 32 bits is
    /// `u32::MAX`; anything else is a label, or everything is if that is said.
    fn id(&self, cell: &str, end: End) -> Result<u32, String> {
        let id = files::id(Some(cell)).map(|i| u32::try_from(i).unwrap_or(u32::MAX));
        if (id.is_ok() && !self.only_labels) || cell.is_empty() {
            return id;
        }
        // Nobody knows what labels there are, because `from` or `to` is in error.
        let Some(labels) = self.labels else {
            return Ok(0);
        };
        let places = &labels[end as usize];
        if places.is_empty() && !self.only_labels {
            return id;
        }
        match places.get(cell) {
            Some(Some(place)) => Ok(*place),
            Some(None) => Err(format!("several neurons have the label `{cell}`")),
            None => {
                // Among very many labels the search takes too long.
                const MOST: usize = 2000;
                let near = (places.len() <= MOST)
                    .then(|| nearest(cell, places.keys().copied()))
                    .flatten()
                    .map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
                let what = if self.only_labels {
                    "not"
                } else {
                    "neither an id (a whole number from 0) nor"
                };
                Err(format!("`{cell}` is {what} the label of a neuron{near}"))
            }
        }
    }
}

/// Endings of plain text without a header.
const PLAIN: [&str; 6] = ["txt", "tsv", "dat", "edges", "edgelist", "el"];

/// Endings that are understood.
const ENDINGS: [&str; 12] = [
    "csv", "h5", "hdf5", "sonata", "mtx", "npy", "txt", "tsv", "dat", "edges", "edgelist", "el",
];

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
    let is_text = ending == "csv" || PLAIN.contains(&ending.as_str());
    if options.only_labels && !is_text {
        return Err(vec![format!(
            "{} is no text, so it cannot name neurons by label",
            path.display()
        )]);
    }
    if options.rows_are_targets && !matches!(ending.as_str(), "mtx" | "npy") {
        return Err(vec![format!(
            "{} is no matrix (.mtx, .npy), so rows has no meaning",
            path.display()
        )]);
    }
    match ending.as_str() {
        _ if is_sonata => sonata::read(path, options).map_err(|e| vec![e]),
        "csv" => csv::read(path, options),
        "mtx" => matrix::market(path, options),
        "npy" => matrix::dense(path, options).map_err(|e| vec![e]),
        _ if is_text => text::read(path, options),
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
