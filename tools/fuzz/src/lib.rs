//! Every parser as a function of bytes: what the fuzzer calls, and what `tests/damage` feeds with damaged
//! files. A target says whether it read the bytes; it must not panic, and must not take memory that
//! the bytes do not justify.

mod seal;
mod seeds;
mod state;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use seeds::Seeds;

use spikewheel::definition::{self, expression};
use spikewheel::import::{self, DataOptions, Options, nir};
use spikewheel::network::estimate;
use spikewheel::record::{Recording, Weights};

/// A parser.
pub struct Target {
    pub name: &'static str,
    /// Ending of the file that the bytes go to; empty: they are text and no file.
    ending: &'static str,
    /// What its corpus begins with.
    pub seeds: Seeds,
    read: fn(&Path, &[u8]) -> bool,
}

const fn target(
    name: &'static str,
    ending: &'static str,
    seeds: Seeds,
    read: fn(&Path, &[u8]) -> bool,
) -> Target {
    Target {
        name,
        ending,
        seeds,
        read,
    }
}

pub const TARGETS: &[Target] = &[
    target(
        "definition",
        "",
        Seeds::Files(&[
            "networks/brunel.toml",
            "networks/encoders.toml",
            "networks/ring_attractor.toml",
            "networks/learning/distal_reward.toml",
            "networks/small_world.toml",
        ]),
        |_, bytes| {
            let text = String::from_utf8_lossy(bytes);
            // Beside the networks, so that the files they name are found.
            let path = seeds::root().join("networks/fuzzed.toml");
            definition::parse(&text, &path, &[]).is_ok_and(|loaded| {
                let needed = estimate::estimate(&loaded.spec);
                needed.memory() >= 0.0
            })
        },
    ),
    target("expression", "", Seeds::Expressions, |_, bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.lines()
            .filter(|l| expression::evaluate(l, &expression::Scope::new()).is_ok())
            .count()
            > 0
    }),
    target(
        "edges_csv",
        "csv",
        Seeds::Files(&["tests/data/wiring/edges.csv"]),
        edges,
    ),
    target(
        "edges_text",
        "txt",
        Seeds::Files(&["tests/data/wiring/edges.txt"]),
        edges,
    ),
    target(
        "edges_mtx",
        "mtx",
        Seeds::Files(&["tests/data/wiring/edges.mtx"]),
        matrix,
    ),
    target(
        "edges_npy",
        "npy",
        Seeds::Files(&["tests/data/wiring/edges.npy"]),
        matrix,
    ),
    target(
        "edges_hdf5",
        "h5",
        Seeds::Files(&["tests/data/wiring/edges.h5"]),
        |path, _| {
            let with = |population: &str| {
                definition_with(
                    path,
                    &format!(
                        "rule = {{ list = {{ file = FILE, population = \"{population}\" }} }}"
                    ),
                    "",
                )
            };
            with("packed") | with("grouped")
        },
    ),
    target(
        "edge_types",
        "csv",
        Seeds::Files(&["tests/data/wiring/edge_types.csv"]),
        |path, _| {
            let edges = seeds::root().join("tests/data/wiring/edges.h5");
            let rule = format!(
                "rule = {{ list = {{ file = {:?}, population = \"grouped\", types = FILE }} }}",
                edges.display().to_string()
            );
            definition_with(path, &rule, "")
        },
    ),
    target("spikes_csv", "csv", Seeds::SpikeTable, spikes),
    target("spikes_hdf5", "h5", Seeds::Recording, spikes),
    target(
        "values_npy",
        "npy",
        Seeds::Files(&["tests/data/wiring/v_f8.npy", "tests/data/wiring/v_i2.npy"]),
        |path, _| values(path, ""),
    ),
    target(
        "values_hdf5",
        "h5",
        Seeds::Files(&["tests/data/wiring/values.h5"]),
        |path, _| values(path, ", dataset = \"state/v\""),
    ),
    target(
        "samples_npz",
        "npz",
        Seeds::Files(&["networks/models/digits.npz"]),
        |path, _| {
            // Pixels from 0 to 16.
            let options = DataOptions {
                divide_by: Some(16.0),
                ..DataOptions::default()
            };
            let graph = spikewheel::ann::Graph::new("fuzzed", "input", &[1, 8, 8]);
            graph.is_ok_and(|g| import::data(path, &g, &options).is_ok())
        },
    ),
    target("weights_npz", "npz", Seeds::WeightList, |path, _| {
        import::model(path, &Options::default()).is_ok()
    }),
    target("onnx", "onnx", Seeds::Operators, |path, _| {
        import::model(path, &Options::default()).is_ok()
    }),
    target(
        "nir",
        "nir",
        Seeds::Files(&[
            "tests/data/nir/lif_norse.nir",
            "tests/data/nir/two_lif_neurons.nir",
            "tests/data/nir/lif_rockpool.nir",
        ]),
        |path, _| {
            let Ok(net) = nir::read(path) else {
                return false;
            };
            // What is read can be asked about and simulated, or is refused.
            let d = nir::detect(&net);
            nir::fidelity(&net, &d);
            let _ = spikewheel::convert::nir::lower(&net, &d);
            true
        },
    ),
    target("nir_input", "csv", Seeds::InputTables, |path, _| {
        let wanted = nir::input::Wanted {
            shape: &[2],
            step_ms: 0.1,
            columns: None,
        };
        nir::input::read(path, wanted).is_ok()
    }),
    target("recording", "h5", Seeds::Recording, |path, _| {
        Recording::open(path).is_ok()
    }),
    target("weights_hdf5", "h5", Seeds::Weights, |path, _| {
        Weights::open(path).is_ok_and(|file| {
            file.recordings
                .iter()
                .flat_map(|r| &r.snapshots)
                .all(|s| file.weights(s).is_ok() && file.synapses(s).is_ok())
        })
    }),
    target("picture", "png", Seeds::Picture, |path, _| {
        let text = format!(
            "format = 1\n[simulation]\nduration = \"100 ms\"\n[stimuli.s]\nmodel = \"image\"\nsize = 16\n\
             file = {:?}\nduration = \"50 ms\"\nencode = \"rate\"\nmax_rate = \"100 Hz\"\n",
            path.display().to_string()
        );
        definition::parse(&text, Path::new("fuzzed.toml"), &[]).is_ok()
    }),
    target(
        "checkpoint",
        "checkpoint",
        Seeds::Checkpoints,
        |path, bytes| {
            // As it is, and with checksums that are right whatever stands in it.
            state::goes_on(path)
                || (std::fs::write(path, seal::sealed(bytes)).is_ok() && state::goes_on(path))
        },
    ),
];

/// A small network with one projection; `FILE` in `rule` is the file.
fn definition_with(path: &Path, rule: &str, more: &str) -> bool {
    let file = format!("{:?}", path.display().to_string());
    let mut text = format!(
        "format = 1\n[simulation]\nduration = \"100 ms\"\n[populations.s]\nmodel = \"lif_exp\"\nsize = 30\n\
         [populations.t]\nmodel = \"lif_exp\"\nsize = 40\n{more}\n"
    );
    if !rule.is_empty() {
        text.push_str(&format!(
            "[[projections]]\nfrom = \"s\"\nto = \"t\"\n{rule}\n"
        ));
    }
    let text = text.replace("FILE", &file);
    definition::parse(&text, Path::new("fuzzed.toml"), &[]).is_ok()
}

/// A list of synapses with weights and delays of its own.
fn edges(path: &Path, _: &[u8]) -> bool {
    definition_with(path, "rule = { list = FILE }", "")
}

/// A matrix of weights.
fn matrix(path: &Path, _: &[u8]) -> bool {
    definition_with(path, "rule = { list = FILE }\ndelay = \"1 ms\"", "")
}

fn spikes(path: &Path, _: &[u8]) -> bool {
    let population = if path.extension().is_some_and(|e| e == "h5") {
        "population = \"in\""
    } else {
        ""
    };
    let stimulus =
        format!("[stimuli.l]\nmodel = \"spike_list\"\nfile = FILE\nsize = 30\n{population}");
    definition_with(path, "", &stimulus)
}

fn values(path: &Path, more: &str) -> bool {
    definition_with(
        path,
        "",
        &format!("params = {{ I_e = {{ file = FILE{more} }} }}"),
    )
}

impl Target {
    /// The parser of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|t| t.name == name)
    }

    /// Reads bytes; they go to a file in `directory` if the parser reads files.
    pub fn read(&self, bytes: &[u8], directory: &Path) -> bool {
        if self.ending.is_empty() {
            return (self.read)(Path::new(""), bytes);
        }
        let path: PathBuf = directory.join(format!("{}.{}", self.name, self.ending));
        if std::fs::write(&path, bytes).is_err() {
            return false;
        }
        (self.read)(&path, bytes)
    }
}

/// A directory for the inputs, in memory where the system has such a place: every input is written to a file,
/// and a disk would be what is measured.
pub fn directory() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// Of the last panic: what it said, and where.
static LAST: Mutex<String> = Mutex::new(String::new());

thread_local! {
    static DIRECTORY: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
}

/// Where the corpora lie, each in a directory of its target's name.
const CORPUS: &str = "SPIKEWHEEL_CORPUS";

/// Before the first input: what the corpus begins with, if its place is told.
pub fn begin(name: &str) {
    let Some(root) = std::env::var_os(CORPUS) else {
        return;
    };
    let directory = PathBuf::from(root).join(name);
    let target = Target::named(name).expect("a target of this name");
    std::fs::create_dir_all(&directory).expect("a directory");
    for (k, bytes) in target.seeds.bytes().iter().enumerate() {
        std::fs::write(directory.join(format!("seed{k:03}")), bytes).expect("written");
    }
}

/// One input of the fuzzer.
pub fn once(name: &str, bytes: &[u8]) {
    DIRECTORY.with(|cell| {
        // Libraries whose panics are caught would otherwise end the process: libFuzzer aborts in the hook.
        let directory = cell.get_or_init(|| {
            std::panic::set_hook(Box::new(|info| {
                if let Ok(mut last) = LAST.lock() {
                    *last = info.to_string();
                }
            }));
            directory().expect("a directory for the inputs")
        });
        let target = Target::named(name).expect("a target of this name");
        if std::panic::catch_unwind(|| target.read(bytes, directory.path())).is_err() {
            eprintln!(
                "{name}: {}",
                LAST.lock().map(|l| l.clone()).unwrap_or_default()
            );
            std::process::abort();
        }
    });
}
