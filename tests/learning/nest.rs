//! NEST's plastic networks: every spike, and the weights as of the last spike of each source.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;
use spikewheel::plasticity::RuleKind;

use crate::network::{TENTH_MS, deaf, learning, rule, run};

const CASES: [&str; 4] = ["stdp_additive", "stdp_guetig", "stdp_triplet", "tsodyks2"];

fn table<const N: usize>(path: &Path) -> Vec<[f64; N]> {
    let mut reader = csv::Reader::from_path(path).expect("a file");
    let row = |r: csv::StringRecord| std::array::from_fn(|i| r[i].parse().expect("a number"));
    reader.records().map(|r| row(r.expect("a row"))).collect()
}

fn folder(case: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join("tests/data/nest").join(case);
    let other = root.join("../shared/reference/nest").join(case);
    [own, other]
        .into_iter()
        .find(|f| f.join("case.json").exists())
}

fn plasticity(case: &Value) -> PlasticitySpec {
    let (neuron, synapse) = (&case["params"], &case["synapse"]);
    let minus = neuron["tau_minus"].as_f64().expect("tau_minus");
    let of = |name: &str| synapse[name].as_f64().expect("a number");
    match synapse["synapse_model"].as_str() {
        Some("stdp_synapse") => learning(rule(
            RuleKind::Stdp,
            &[
                ("tau_plus", of("tau_plus")),
                ("tau_minus", minus),
                ("lambda", of("lambda")),
                ("alpha", of("alpha")),
                ("mu_plus", of("mu_plus")),
                ("mu_minus", of("mu_minus")),
                ("Wmax", of("Wmax")),
            ],
            &[],
        )),
        Some("stdp_triplet_synapse") => learning(rule(
            RuleKind::StdpTriplet,
            &[
                ("tau_plus", of("tau_plus")),
                ("tau_x", of("tau_plus_triplet")),
                ("tau_minus", minus),
                (
                    "tau_y",
                    neuron["tau_minus_triplet"].as_f64().expect("a number"),
                ),
                ("A2_plus", of("Aplus")),
                ("A3_plus", of("Aplus_triplet")),
                ("A2_minus", of("Aminus")),
                ("A3_minus", of("Aminus_triplet")),
                ("Wmax", of("Wmax")),
            ],
            &[],
        )),
        Some("tsodyks2_synapse") => PlasticitySpec {
            learning: None,
            short_term: Some(rule(
                RuleKind::Tsodyks2,
                &[
                    ("U", of("U")),
                    ("tau_rec", of("tau_rec")),
                    ("tau_fac", of("tau_fac")),
                ],
                &[],
            )),
            axonal: Axonal::None,
        },
        other => panic!("no counterpart of {other:?}"),
    }
}

fn edges(path: &Path) -> Rule {
    let all = table::<4>(path);
    Rule::List(Arc::new(EdgeList {
        source: all.iter().map(|e| e[0] as u32).collect(),
        target: all.iter().map(|e| e[1] as u32).collect(),
        weight: all.iter().map(|e| e[2]).collect(),
        delay: all.iter().map(|e| (e[3] * 10.0).round() as u64).collect(),
    }))
}

#[test]
fn plastic_networks_are_those_of_nest_with_any_shards() {
    let mut found = 0;
    for name in CASES {
        let Some(folder) = folder(name) else {
            continue;
        };
        found += 1;
        let text = fs::read_to_string(folder.join("case.json")).expect("case.json");
        let case: Value = serde_json::from_str(&text).expect("JSON");
        let count = |key: &str| case[key].as_u64().expect(key) as u32;
        let tick = |ms: f64| (ms * 10.0).round() as u64;
        let mut cells = deaf(ModelKind::LifDelta, count("n"));
        if let PopulationKind::Neurons(n) = &mut cells.kind {
            for (p, v) in n.model.def().params.iter().zip(&mut n.params) {
                if let Some(stated) = case["params"][p.name].as_f64() {
                    *v = stated.into();
                }
            }
        }
        let mut events: Vec<(u64, u32)> = table::<2>(&folder.join("inputs.csv"))
            .into_iter()
            .map(|r| (tick(r[0]), r[1] as u32))
            .collect();
        events.sort_unstable();
        let mut spikes: Vec<(u64, u32)> = table::<2>(&folder.join("spikes.csv"))
            .into_iter()
            .map(|r| (tick(r[0]), r[1] as u32))
            .collect();
        spikes.sort_unstable();
        let inputs = PopulationSpec {
            name: "inputs".into(),
            size: count("n_inputs"),
            kind: PopulationKind::Source(SourceSpec::SpikeList(Arc::new(SpikeList { events }))),
            labels: None,
            positions: None,
        };
        let whole = |population: usize, end: u32| Slice {
            population,
            start: 0,
            end,
        };
        let statement = |from, file: &str, plasticity| ProjectionSpec {
            from: vec![from],
            to: vec![whole(0, count("n"))],
            rule: edges(&folder.join(file)),
            allow_autapses: true,
            allow_multapses: true,
            weight: Weight::FromList,
            delay: Delay::FromList,
            receptor: None,
            table: TableChoice::Auto,
            plasticity,
        };
        let duration = tick(case["t_stop_ms"].as_f64().expect("a number"));
        // Weights as NEST holds them: up to date to the last spike of their source that was sent before
        // the run ended.
        let mut last = vec![0; count("n") as usize];
        for &(t, i) in spikes.iter().filter(|s| s.0 < duration) {
            last[i as usize] = t;
        }
        let mut at: Vec<u64> = last.clone();
        at.sort_unstable();
        at.dedup();
        let spec = NetworkSpec {
            name: name.into(),
            seed: 1,
            resolution_ps: TENTH_MS,
            duration,
            arithmetic: Arithmetic::Double,
            projections: vec![
                statement(whole(0, count("n")), "edges.csv", Some(plasticity(&case))),
                statement(whole(1, count("n_inputs")), "input_edges.csv", None),
            ],
            populations: vec![cells, inputs],
            drives: vec![],
            modulators: vec![],
            recording: RecordingSpec {
                spikes: vec![],
                state: vec![],
                weights: vec![WeightRecording {
                    name: "w".into(),
                    projection: 0,
                    at: at.clone(),
                    traces: None,
                }],
            },
        };
        let mut hash = None;
        for update in [Update::Lazy, Update::Sweep] {
            for shards in [1, 2, 3, 5] {
                let mut spec = spec.clone();
                if let PopulationKind::Neurons(n) = &mut spec.populations[0].kind {
                    n.update = update;
                }
                let (sink, report) = run(&spec, shards);
                let own: Vec<_> = sink
                    .spikes
                    .iter()
                    .filter(|s| s.1 < count("n"))
                    .copied()
                    .collect();
                assert_eq!(own.len(), spikes.len(), "{name}, {shards} shards");
                assert_eq!(own, spikes, "{name}, {shards} shards");
                assert_eq!(*hash.get_or_insert(report.weight_hash), report.weight_hash);
                if name == "tsodyks2" {
                    continue;
                }
                let mut wanted = table::<3>(&folder.join("weights.csv"));
                wanted.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
                let mut got: Vec<[f64; 3]> = Vec::new();
                for (_, tick, all) in &sink.weights {
                    let of_tick = all.iter().filter(|w| last[w.source as usize] == *tick);
                    got.extend(of_tick.map(|w| [w.source.into(), w.target.into(), w.weight]));
                }
                got.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
                assert_eq!(got.len(), wanted.len());
                let mut worst: f64 = 0.0;
                for (a, b) in got.iter().zip(&wanted) {
                    assert_eq!(a[..2], b[..2]);
                    worst = worst.max((a[2] - b[2]).abs());
                }
                assert!(worst < 1e-9, "{name}: weights off by {worst:e}");
                println!(
                    "{name}, {shards} shards: {} spikes, weights to {worst:.1e}",
                    own.len()
                );
            }
        }
    }
    assert!(found >= 2, "two cases are part of the repository");
}
