//! NEST's spike trains: small explicit networks whose every spike and voltage is known.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

use crate::common::*;
use crate::{engine, twin};

const CASES: [&str; 8] = [
    "delta",
    "delta_fine",
    "delta_reset10_bias",
    "exp",
    "exp_bias",
    "exp_decimal",
    "alpha",
    "multisynapse",
];

/// NEST records the first three neurons.
const RECORDED: u32 = 3;

/// mV or pA; NEST and an independent program agree to 1e-13.
const VOLTAGE_TOLERANCE: f64 = 1e-9;

struct Case {
    name: String,
    spec: NetworkSpec,
    neurons: u32,
    /// NEST's answer: (tick, neuron), sorted.
    spikes: Vec<(u64, u32)>,
    /// (tick, neuron, mV).
    voltages: Vec<(u64, u32, f64)>,
    /// (tick, neuron, pA) of the current of receptor 3, where there are receptors.
    currents: Vec<(u64, u32, f64)>,
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
    assert!(found.len() >= 6, "the repository has six cases of its own");
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
        Some("iaf_psc_exp_multisynapse") => ModelKind::LifMultisynapse,
        other => panic!("no counterpart of {other:?}"),
    };
    let params = case["params"].as_object().expect("params");
    let values: Vec<(&str, f64)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_f64().expect("a number")))
        .collect();

    let mut spec = simulation(resolution_ps, ticks(number("t_stop_ms")));
    spec.name = case["model"].to_string();
    let tau_syn: Vec<(f64, f64)> = case["tau_syn"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tau| (0.0, tau.as_f64().expect("a number")))
        .collect();
    let cells = spec.add(neurons(model, count("n"), &values).receptors(&tau_syn));
    let fired: Vec<(u64, u32)> = table::<2>(&folder.join("inputs.csv"))
        .map(|[ms, input]| (ticks(ms), input as u32))
        .collect();
    let inputs = spec.add(spike_list(count("n_inputs"), &fired));
    for (from, file) in [(inputs, "input_edges.csv"), (cells, "edges.csv")] {
        let edge = |s: f64, t: f64, weight, delay| (s as u32, t as u32, weight, ticks(delay));
        if tau_syn.is_empty() {
            let edges: Vec<Edge> = table::<4>(&folder.join(file))
                .map(|[s, t, weight, delay]| edge(s, t, weight, delay))
                .collect();
            spec.connect(from, cells, &edges);
        }
        for port in 0..tau_syn.len() {
            let edges: Vec<Edge> = table::<5>(&folder.join(file))
                .filter(|row| row[4] == port as f64 + 1.0)
                .map(|[s, t, weight, delay, _]| edge(s, t, weight, delay))
                .collect();
            assert!(!edges.is_empty());
            spec.connect(from, cells, &edges);
            let last = spec.projections.last_mut().expect("just added");
            last.receptor = Some(port);
        }
    }
    spec.record(cells, "V_m", 1);
    if !tau_syn.is_empty() {
        spec.record(cells, "I_syn_3", 1);
    }
    for recording in &mut spec.recording.state {
        recording.of.end = RECORDED;
    }

    let mut spikes: Vec<(u64, u32)> = table::<2>(&folder.join("spikes.csv"))
        .map(|[ms, neuron]| (ticks(ms), neuron as u32))
        .collect();
    spikes.sort_unstable();
    assert_eq!(spikes.len(), count("n_spikes") as usize);
    let trace = |file: &str| -> Vec<(u64, u32, f64)> {
        table::<3>(&folder.join(file))
            .map(|[ms, neuron, value]| (ticks(ms), neuron as u32, value))
            .collect()
    };
    let voltages = trace("vm.csv");
    let currents = if tau_syn.is_empty() {
        vec![]
    } else {
        trace("i_syn_3.csv")
    };
    Case {
        name: folder.display().to_string(),
        neurons: count("n"),
        spec,
        spikes,
        voltages,
        currents,
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
    let mut worst: f64 = 0.0;
    for (recording, wanted) in [&case.voltages, &case.currents].into_iter().enumerate() {
        let samples: Vec<(u64, &Vec<f64>)> = outcome.of_recording(recording).collect();
        for &(tick, neuron, value) in wanted {
            let (sampled, values) = samples[tick as usize - 1];
            assert_eq!(sampled, tick);
            let error = (values[neuron as usize] - value).abs();
            assert!(
                error <= VOLTAGE_TOLERANCE,
                "{}, {who}: neuron {neuron} at tick {tick} is off by {error:e}",
                case.name
            );
            worst = worst.max(error);
        }
    }
    println!(
        "{}, {who}: {} spikes, state to {worst:.1e}",
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
