//! NEST's spike trains: small explicit networks whose every spike and voltage is known.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

use crate::common::*;
use crate::{engine, twin};

const CASES: [&str; 7] = [
    "delta",
    "delta_fine",
    "delta_reset10_bias",
    "exp",
    "exp_bias",
    "exp_decimal",
    "alpha",
];

/// NEST records the first three neurons.
const RECORDED: u32 = 3;

/// mV; NEST and an independent program agree to 1e-13.
const VOLTAGE_TOLERANCE: f64 = 1e-9;

struct Case {
    name: String,
    spec: NetworkSpec,
    neurons: u32,
    /// NEST's answer: (tick, neuron), sorted.
    spikes: Vec<(u64, u32)>,
    /// (tick, neuron, mV).
    voltages: Vec<(u64, u32, f64)>,
}

/// Cases of this repository, and from a reference collection beside it, if there is one, those that
/// are not copied here.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join("tests/data/nest");
    let folders = [own, root.join("../shared/reference/nest")];
    let found: Vec<PathBuf> = CASES
        .iter()
        .filter_map(|case| {
            let mut places = folders.iter().map(|folder| folder.join(case));
            places.find(|place| place.join("case.json").exists())
        })
        .collect();
    assert!(found.len() >= 5, "the repository has five cases of its own");
    found.iter().map(|folder| load(folder)).collect()
}

fn load(folder: &Path) -> Case {
    let text = fs::read_to_string(folder.join("case.json")).expect("case.json");
    let case: Value = serde_json::from_str(&text).expect("case.json is JSON");
    let number = |key: &str| case[key].as_f64().expect(key);
    let count = |key: &str| case[key].as_u64().expect(key) as u32;

    let h = number("resolution_ms");
    let resolution_ps = (h * PS_PER_MS).round() as u64;
    let ticks = |ms: f64| (ms / h).round() as u64;
    let model = match case["model"].as_str() {
        Some("iaf_psc_delta") => ModelKind::LifDelta,
        Some("iaf_psc_exp") => ModelKind::LifExp,
        Some("iaf_psc_alpha") => ModelKind::LifAlpha,
        other => panic!("no counterpart of {other:?}"),
    };
    let params = case["params"].as_object().expect("params");
    let values: Vec<(&str, f64)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_f64().expect("a number")))
        .collect();

    let mut spec = simulation(resolution_ps, ticks(number("t_stop_ms")));
    spec.name = case["model"].to_string();
    let cells = spec.add(neurons(model, count("n"), &values));
    let fired: Vec<(u64, u32)> = table::<2>(&folder.join("inputs.csv"))
        .map(|[ms, input]| (ticks(ms), input as u32))
        .collect();
    let inputs = spec.add(spike_list(count("n_inputs"), &fired));
    for (from, file) in [(inputs, "input_edges.csv"), (cells, "edges.csv")] {
        let edges: Vec<Edge> = table::<4>(&folder.join(file))
            .map(|[s, t, weight, delay]| (s as u32, t as u32, weight, ticks(delay)))
            .collect();
        spec.connect(from, cells, &edges);
    }
    spec.record(cells, "V_m", 1);
    spec.recording.state[0].of.end = RECORDED;

    let mut spikes: Vec<(u64, u32)> = table::<2>(&folder.join("spikes.csv"))
        .map(|[ms, neuron]| (ticks(ms), neuron as u32))
        .collect();
    spikes.sort_unstable();
    assert_eq!(spikes.len(), count("n_spikes") as usize);
    let voltages = table::<3>(&folder.join("vm.csv"))
        .map(|[ms, neuron, mv]| (ticks(ms), neuron as u32, mv))
        .collect();
    Case {
        name: folder.display().to_string(),
        neurons: count("n"),
        spec,
        spikes,
        voltages,
    }
}

/// Rows of a CSV file of numbers with a header.
fn table<const N: usize>(path: &Path) -> impl Iterator<Item = [f64; N]> + use<N> {
    let file = fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let rows = csv::Reader::from_reader(std::io::BufReader::new(file)).into_records();
    rows.map(|row| {
        let row = row.expect("a row");
        assert_eq!(row.len(), N);
        std::array::from_fn(|i| row[i].parse().expect("a number"))
    })
}

fn agrees_with_nest(case: &Case, outcome: &Outcome, who: &str) {
    let own: Vec<(u64, u32)> = outcome
        .spikes
        .iter()
        .filter(|s| s.1 < case.neurons)
        .copied()
        .collect();
    if let Some(difference) = first_difference(&own, &case.spikes) {
        panic!("{}, {who}: {difference}", case.name);
    }
    let samples: Vec<&(usize, u64, Vec<f64>)> = outcome.samples.iter().collect();
    let mut worst: f64 = 0.0;
    for &(tick, neuron, mv) in &case.voltages {
        let (_, sampled, values) = samples[tick as usize - 1];
        assert_eq!(*sampled, tick);
        let error = (values[neuron as usize] - mv).abs();
        assert!(
            error <= VOLTAGE_TOLERANCE,
            "{}, {who}: neuron {neuron} at tick {tick} is off by {error:e} mV",
            case.name
        );
        worst = worst.max(error);
    }
    println!(
        "{}, {who}: {} spikes, V to {worst:.1e} mV",
        case.name,
        own.len()
    );
}

#[test]
fn the_twin_reproduces_nest_spike_for_spike() {
    for case in cases() {
        let run = twin::run(&case.spec, &twin::explicit_synapses(&case.spec));
        agrees_with_nest(&case, &run.outcome, "twin");
        // Otherwise the agreement of spikes would be luck.
        assert!(run.closest > 1e-12, "{}: {:e}", case.name, run.closest);
    }
}

#[test]
fn the_engine_reproduces_nest_spike_for_spike_with_any_shards_and_any_way_of_updating() {
    for mut case in cases() {
        for update in [Update::Lazy, Update::Sweep, Update::Auto] {
            case.spec.update_all(update);
            for shards in [1, 2, 3, 5] {
                let run = engine::run(&case.spec, shards);
                agrees_with_nest(&case, &run.outcome, &format!("{update:?}, {shards} shards"));
            }
        }
    }
}
