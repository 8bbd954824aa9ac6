//! Every rule that NEST has, too: weights between given spike trains, made by tools/nest_plasticity.py.
//!
//! A dopamine spike counts when it has reached the volume transmitter; the times kept are those.
//!
//! A post spike that meets a pre spike exactly makes no pair. With restricted pairing NEST yet takes it for a
//! sign that there was a post spike since the pre spike before, and depresses by an older one, which had
//! its pair already; here it does not count. Synapses that see such a meeting are left out of that case.

use std::sync::Arc;

use serde_json::Value;
use spikewheel::network::spec::{Arithmetic, ModulatorSpec, PlasticitySpec};
use spikewheel::neuron::ModelKind;
use spikewheel::plasticity::RuleKind;

use crate::network::{Driven, learning, rule};

fn numbers(v: &Value) -> Vec<f64> {
    let all = v.as_array().expect("a list");
    all.iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn rows(v: &Value) -> Vec<Vec<f64>> {
    v.as_array().expect("a list").iter().map(numbers).collect()
}

fn tick(ms: f64) -> u64 {
    (ms * 10.0).round() as u64
}

fn trains(v: &Value) -> Vec<(u64, u32)> {
    let of = |(i, train): (usize, &Vec<f64>)| -> Vec<(u64, u32)> {
        train.iter().map(|&t| (tick(t), i as u32)).collect()
    };
    rows(v).iter().enumerate().flat_map(of).collect()
}

/// Does a spike of target `j` reach the synapse when source `i` spikes?
fn meet(pre: &[(u64, u32)], post: &[(u64, u32)], i: u32, j: u32, delay: u64) -> bool {
    let arrives = |t: u64| pre.iter().any(|s| *s == (t + delay, i));
    post.iter().any(|s| s.1 == j && arrives(s.0))
}

fn plasticity(case: &Value) -> PlasticitySpec {
    let mut values: Vec<(&str, f64)> = case["params"]
        .as_object()
        .expect("parameters")
        .iter()
        .map(|(name, v)| (name.as_str(), v.as_f64().expect("a number")))
        .collect();
    let minus = ("tau_minus", case["tau_minus"].as_f64().expect("a number"));
    let model = case["synapse_model"].as_str().expect("a name");
    let (kind, choices): (_, &[(&str, &str)]) = match model {
        "stdp_nn_symm_synapse" => (RuleKind::Stdp, &[("pairing", "nearest_symmetric")]),
        "stdp_nn_restr_synapse" => (RuleKind::Stdp, &[("pairing", "nearest_restricted")]),
        "stdp_nn_pre_centered_synapse" => (RuleKind::Stdp, &[("pairing", "pre_centred")]),
        "stdp_pl_synapse_hom" => (RuleKind::StdpPowerLaw, &[]),
        "vogels_sprekeler_synapse" => (RuleKind::Vogels, &[]),
        "stdp_dopamine_synapse" => (RuleKind::StdpDopamine, &[]),
        other => panic!("no counterpart of {other}"),
    };
    if kind != RuleKind::Vogels {
        values.push(minus);
    }
    learning(rule(kind, &values, choices))
}

#[test]
fn rules_are_those_of_nest() {
    let kept: Value = serde_json::from_str(include_str!("../data/nest/rules.json")).expect("JSON");
    let (pre, post) = (trains(&kept["pre"]), trains(&kept["post"]));
    let delays = rows(&kept["delays"]);
    let dopamine: Vec<(u64, f64)> = numbers(&kept["dopamine"])
        .iter()
        .map(|&t| (tick(t), 1.0))
        .collect();
    let last = pre.iter().map(|s| s.0).max().expect("spikes");
    let cases = kept["cases"].as_object().expect("cases");
    assert_eq!(cases.len(), 7);
    for (name, case) in cases {
        let first = case["first"].as_f64().expect("a number");
        let plasticity = plasticity(case);
        let modulated = plasticity
            .learning
            .as_ref()
            .is_some_and(|l| l.modulator.is_some());
        let mut synapses = Vec::new();
        for (i, row) in delays.iter().enumerate() {
            for (j, &delay) in row.iter().enumerate() {
                synapses.push((i as u32, j as u32, first, tick(delay)));
            }
        }
        let wanted: Vec<f64> = rows(&case["weights"]).concat();
        assert!(wanted.iter().all(|w| (w - first).abs() > 1e-3));
        let driven = Driven {
            pre: pre.clone(),
            sources: delays.len() as u32,
            post: post.clone(),
            targets: delays[0].len() as u32,
            synapses,
            plasticity,
            modulators: if modulated {
                vec![ModulatorSpec {
                    name: "dopamine".into(),
                    events: Arc::new(dopamine.clone()),
                    release: None,
                }]
            } else {
                vec![]
            },
            duration: 100_000,
            arithmetic: Arithmetic::Double,
            model: ModelKind::LifDelta,
        };
        for shards in [1, 3] {
            let got = driven.weights(&[last], shards);
            let mut got = got[0].clone();
            got.sort_by_key(|w| (w.source, w.target));
            assert_eq!(got.len(), wanted.len());
            let mut worst: f64 = 0.0;
            let mut compared = 0;
            for (w, wanted) in got.iter().zip(&wanted) {
                let (i, j) = (w.source, w.target - driven.sources);
                if name == "stdp_nn_restr" && meet(&pre, &post, i, j, w.delay) {
                    continue;
                }
                compared += 1;
                worst = worst.max((w.weight - wanted).abs());
            }
            assert!(compared >= 6);
            println!("{name}, {shards} shards: to {worst:.1e}");
            assert!(worst < 1e-9, "{name}, {shards} shards: off by {worst:e}");
        }
    }
}
