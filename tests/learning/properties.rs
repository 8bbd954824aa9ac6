//! Random trains, delays and bounds: learning that waits for the next spike is learning at every event.

use std::sync::Arc;

use proptest::prelude::*;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;
use spikewheel::plasticity::RuleKind;

use crate::network::{Driven, learning, rule, run};
use crate::twin::Synapse;

const SOURCES: u32 = 3;
const TARGETS: u32 = 4;

fn rules() -> Vec<RuleSpec> {
    let short = [("tau_plus", 12.0), ("tau_minus", 15.0)];
    let with = |kind, more: &[(&str, f64)], choices: &[(&str, &str)]| {
        let mut values = short.to_vec();
        values.extend_from_slice(more);
        rule(kind, &values, choices)
    };
    let mut all = Vec::new();
    for pairing in [
        "all_to_all",
        "nearest_symmetric",
        "nearest_restricted",
        "pre_centred",
    ] {
        for (plus, minus) in [(0.0, 0.0), (1.0, 1.0), (0.4, 0.4), (0.0, 1.0)] {
            let values = [
                ("lambda", 0.1),
                ("alpha", 1.1),
                ("mu_plus", plus),
                ("mu_minus", minus),
                ("Wmax", 1.0),
            ];
            all.push(with(RuleKind::Stdp, &values, &[("pairing", pairing)]));
        }
    }
    all.push(with(
        RuleKind::StdpPowerLaw,
        &[("lambda", 0.1), ("W0", 0.7)],
        &[],
    ));
    for pairing in ["all_to_all", "nearest"] {
        let values = [
            ("A2_plus", 0.02),
            ("A3_plus", 0.05),
            ("A2_minus", 0.04),
            ("A3_minus", 0.03),
            ("tau_x", 30.0),
            ("tau_y", 40.0),
            ("Wmax", 1.0),
        ];
        all.push(with(
            RuleKind::StdpTriplet,
            &values,
            &[("pairing", pairing)],
        ));
    }
    let values = [("tau", 14.0), ("eta", 0.05), ("alpha", 0.8), ("Wmax", 1.0)];
    all.push(rule(RuleKind::Vogels, &values, &[]));
    for eligibility in ["exponential", "alpha"] {
        for b in [0.0, 0.02, -0.01] {
            let values = [
                ("tau_c", 60.0),
                ("tau_n", 25.0),
                ("A_plus", 0.4),
                ("A_minus", 0.5),
                ("b", b),
                ("Wmin", 0.2),
                ("Wmax", 1.0),
            ];
            let choices = [("eligibility", eligibility)];
            all.push(with(RuleKind::StdpDopamine, &values, &choices));
        }
        let values = [
            ("tau_c", 60.0),
            ("A_plus", 0.1),
            ("A_minus", 0.08),
            ("Wmin", 0.2),
            ("Wmax", 1.0),
        ];
        all.push(with(
            RuleKind::RStdp,
            &values,
            &[("eligibility", eligibility)],
        ));
    }
    all
}

/// Spikes of some elements: at most one per element and tick.
fn trains(elements: u32, last: u64) -> impl Strategy<Value = Vec<(u64, u32)>> {
    prop::collection::vec((5..last, 0..elements), 0..60).prop_map(|mut all| {
        all.sort_unstable();
        all.dedup();
        all
    })
}

fn parts(axonal: Axonal, delay: u64) -> (i64, i64) {
    let axon = match axonal {
        Axonal::None => 0,
        Axonal::All => delay,
        Axonal::Ticks(t) => t.min(delay),
    };
    (axon as i64, (delay - axon) as i64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn waiting_for_the_next_spike_changes_nothing(
        which in 0..rules().len(),
        pre in trains(SOURCES, 1500),
        post in trains(TARGETS, 1500),
        synapses in prop::collection::vec(
            (0..SOURCES, 0..TARGETS, 0.2f64..1.0, 1u64..60), 1..12),
        axonal in prop::sample::select(vec![Axonal::None, Axonal::All, Axonal::Ticks(7)]),
        rewards in prop::collection::vec((1u64..1600, -1.0f64..2.0), 0..6),
        mut at in prop::collection::vec(1u64..1700, 1..4),
        // Long silence between: histories are cleared, sources forgotten.
        stretch in prop::sample::select(vec![1u64, 1, 40]),
    ) {
        let rule = rules()[which].clone();
        let far = |t: u64| if t > 700 { t + 700 * (stretch - 1) } else { t };
        let moved = |all: Vec<(u64, u32)>| all.into_iter().map(|(t, i)| (far(t), i)).collect();
        let (pre, post): (Vec<_>, Vec<_>) = (moved(pre), moved(post));
        let mut rewards: Vec<(u64, f64)> = rewards.into_iter().map(|(t, r)| (far(t), r)).collect();
        rewards.sort_by_key(|r| r.0);
        at.iter_mut().for_each(|t| *t = far(*t));
        at.sort_unstable();
        at.dedup();
        let modulated = rule.rule.def().modulated;
        let d = Driven {
            pre: pre.clone(),
            sources: SOURCES,
            post: post.clone(),
            targets: TARGETS,
            synapses: synapses.clone(),
            plasticity: PlasticitySpec { axonal, ..learning(rule.clone()) },
            modulators: if modulated {
                vec![ModulatorSpec {
                    name: "m".into(),
                    events: Arc::new(rewards.clone()),
                    release: None,
                }]
            } else {
                vec![]
            },
            duration: far(1700),
            arithmetic: Arithmetic::Double,
            model: ModelKind::LifDelta,
        };
        let mut wanted = synapses;
        wanted.sort_by_key(|s| (s.0, s.1, s.3));
        let rewards: Vec<(i64, f64)> = rewards.iter().map(|r| (r.0 as i64, r.1)).collect();
        let tolerance = 1e-12;
        for (tick, got) in at.iter().zip(d.weights(&at, 1)) {
            prop_assert_eq!(got.len(), wanted.len());
            for (g, &(source, target, w0, delay)) in got.iter().zip(&wanted) {
                let (axon, dendrite) = parts(axonal, delay);
                let of = |all: &[(u64, u32)], id: u32, shift: i64| -> Vec<i64> {
                    all.iter().filter(|s| s.1 == id).map(|s| s.0 as i64 + shift).collect()
                };
                let synapse = Synapse {
                    rule: &rule,
                    pre: of(&pre, source, axon),
                    post: of(&post, target, dendrite),
                    pre_first: dendrite == 0,
                    rewards: &rewards,
                };
                let w = synapse.weight(w0, *tick as i64);
                prop_assert!((g.weight - w).abs() <= tolerance,
                    "{} {:?}: {} instead of {w}", rule.rule.def().name, rule.choices, g.weight);
            }
        }
        // Looking at weights changes nothing, nor does the number of shards.
        let (_, reference) = run(&d.spec(&[]), 1);
        for shards in [1, 2, 3, 5] {
            let (_, report) = run(&d.spec(&at), shards);
            prop_assert_eq!(report.weight_hash, reference.weight_hash);
            prop_assert_eq!(report.spike_hash, reference.spike_hash);
        }
    }
}
