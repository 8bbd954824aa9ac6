//! How long does a converted network take for a sample in the exact one-spike code?
//!
//! One thread, sample after sample, the networks in turn. Samples are timed in blocks, so that what
//! else the machine does stays out of the best time of each block. The digits come along; larger networks are looked for in a folder beside the project, or in the one that is
//! named: `cargo bench --bench exact_code -- FOLDER`, with `models/` and `data/` in it.
//! Names of networks choose some. `-- --tsv` prints a line of figures for each network instead of the
//! table (name, microseconds at best, microseconds in the middle, synaptic operations, spikes).

use std::path::{Path, PathBuf};
use std::time::Instant;

use spikewheel::convert::{Calibration, plan};
use spikewheel::import::{DataOptions, Options, data, model};
use spikewheel::spiking::Ramp;

const ROUNDS: usize = 15;
const BLOCKS: usize = 20;
/// A microsecond's thousandth: a fine tick for a window of a millisecond.
const WINDOW: u32 = 1_000_000_000;

struct Case {
    name: &'static str,
    /// Data file, array to calibrate with, what values are divided by, samples to show.
    data: (&'static str, &'static str, f64, usize),
}

const CASES: [Case; 5] = [
    case("digits_mlp", ("digits", "x_train", 16.0, 450)),
    case("mlp_300_100", ("mnist", "x_train", 255.0, 1000)),
    case("mlp_300_100_pruned", ("mnist", "x_train", 255.0, 1000)),
    case("lenet5_avg_bn", ("mnist", "x_train", 255.0, 1000)),
    case(
        "mlperf_resnet8",
        ("cifar10_test_2000", "calib_images", 1.0, 60),
    ),
];

const fn case(name: &'static str, data: (&'static str, &'static str, f64, usize)) -> Case {
    Case { name, data }
}

struct Ready {
    name: &'static str,
    ramp: Ramp,
    samples: Vec<f32>,
    /// Microseconds of each block, by round.
    took: Vec<Vec<f64>>,
    operations: f64,
    spikes: f64,
}

/// `None` if the network is not there.
fn ready(case: &Case, folders: &[PathBuf]) -> Option<Ready> {
    let (file, calibrate, by, count) = case.data;
    let found = |name: String| folders.iter().map(|f| f.join(&name)).find(|p| p.is_file());
    let file_of = |ending: &str| found(format!("{}{ending}", case.name));
    let graph = model(
        &file_of(".onnx").or_else(|| file_of(".op17.onnx"))?,
        &Options::default(),
    );
    let graph = graph.expect("a network that can be read");
    let read = |samples: Option<&str>, limit| {
        let options = DataOptions {
            samples: samples.map(String::from),
            divide_by: Some(by),
            limit: Some(limit),
            ..DataOptions::default()
        };
        let file = found(format!("{file}.npz")).expect("the data of the network");
        data(&file, &graph, &options).expect("data that fit the network")
    };
    let seen = Calibration::of(&graph, &read(Some(calibrate), 300).values, 1);
    let test = if file.starts_with("cifar") {
        Some("images")
    } else {
        None
    };
    let planned = plan(&graph, &seen, true).expect("a network that can be converted");
    Some(Ready {
        name: case.name,
        ramp: Ramp::new(planned.net, WINDOW, 1.5),
        samples: read(test, count).values,
        took: Vec::new(),
        operations: 0.0,
        spikes: 0.0,
    })
}

fn round(case: &mut Ready) {
    let mut room = case.ramp.room();
    let len = case.ramp.net.populations[0].len();
    let count = case.samples.len() / len;
    let (mut operations, mut spikes) = (0, 0);
    let mut took = Vec::new();
    for block in case.samples.chunks(count.div_ceil(BLOCKS) * len) {
        let started = Instant::now();
        for sample in block.chunks_exact(len) {
            case.ramp.run(sample, &mut room);
            operations += room.counts.operations.iter().sum::<u64>();
            spikes += room.counts.spikes.iter().sum::<u64>();
        }
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    case.took.push(took);
    case.operations = operations as f64 / count as f64;
    case.spikes = spikes as f64 / count as f64;
}

/// Microseconds per sample: each block at its best, and each block as in the middle of the rounds.
fn figures(case: &Ready) -> (f64, f64) {
    let count = (case.samples.len() / case.ramp.net.populations[0].len()) as f64;
    let (mut best, mut middle) = (0.0, 0.0);
    for b in 0..case.took[0].len() {
        let mut block: Vec<f64> = case.took.iter().map(|round| round[b]).collect();
        block.sort_by(f64::total_cmp);
        best += block[0] / count;
        middle += block[block.len() / 2] / count;
    }
    (best, middle)
}

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let tsv = arguments.iter().any(|a| a == "--tsv");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (chosen, named): (Vec<&String>, Vec<&String>) = arguments
        .iter()
        .filter(|a| !a.starts_with("--"))
        .partition(|a| CASES.iter().any(|c| c.name == **a));
    let named = named.into_iter().map(PathBuf::from);
    let mut folders = vec![root.join("networks/models")];
    for folder in named.chain(["../shared", "../../shared"].map(|p| root.join(p))) {
        folders.extend([folder.join("models"), folder.join("data")]);
    }
    let wanted = |c: &&Case| chosen.is_empty() || chosen.iter().any(|n| *n == c.name);
    let mut cases: Vec<Ready> = CASES
        .iter()
        .filter(wanted)
        .filter_map(|c| ready(c, &folders))
        .collect();
    for _ in 0..ROUNDS {
        cases.iter_mut().for_each(round);
    }
    if !tsv {
        println!("network              best us  middle us  operations  spikes  ns per operation");
    }
    for case in &cases {
        let (best, middle) = figures(case);
        let (operations, spikes) = (case.operations, case.spikes);
        if tsv {
            println!("{}\t{best}\t{middle}\t{operations}\t{spikes}", case.name);
        } else {
            println!(
                "{:<20} {best:>8.2}  {middle:>9.2}  {operations:>10.0}  {spikes:>6.0}  {:>16.2}",
                case.name,
                best * 1e3 / operations
            );
        }
    }
}
