//! Gains of targets: what they transmit, and that they hang on nothing but the network.

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;
use spikewheel::plasticity::RuleKind;

use crate::network::{Driven, learning, rule, run};

fn additive(homeostasis: Homeostasis) -> PlasticitySpec {
    let values = [("mu_plus", 0.0), ("mu_minus", 0.0), ("Wmax", 1.0)];
    let mut plasticity = learning(rule(RuleKind::Stdp, &values, &[]));
    if let Some(learning) = &mut plasticity.learning {
        learning.homeostasis = homeostasis;
    }
    plasticity
}

fn driven(homeostasis: Homeostasis) -> Driven {
    let trains = |n: u32, step: u64| -> Vec<(u64, u32)> {
        (0..n)
            .flat_map(|i| (1..40).map(move |k| (10 + k * step + u64::from(i) * 7, i)))
            .collect()
    };
    Driven {
        pre: trains(4, 31),
        sources: 4,
        post: trains(5, 43),
        targets: 5,
        synapses: (0..20)
            .map(|k| (k % 4, k % 5, 0.2 + 0.03 * f64::from(k), 1 + u64::from(k)))
            .collect(),
        plasticity: additive(homeostasis),
        modulators: vec![],
        duration: 2000,
        arithmetic: Arithmetic::Double,
        model: ModelKind::LifDelta,
    }
}

/// The potential of every target jumps by weight times gain, and so does its recording, for any shards.
#[test]
fn what_is_transmitted_is_multiplied_and_hangs_on_the_network_alone() {
    let kinds = [
        Homeostasis::None,
        Homeostasis::Normalise {
            sum: 3.0,
            every: 200,
        },
        Homeostasis::Scale {
            rate: 20.0,
            tau_ms: 50.0,
            eta: 1e-3,
        },
    ];
    let mut seen = Vec::new();
    for kind in kinds {
        let mut spec = driven(kind).spec(&[]);
        spec.recording.state.push(StateRecording {
            of: Slice {
                population: 1,
                start: 0,
                end: 5,
            },
            variable: ModelKind::LifDelta.def().recordable("V_m").unwrap(),
            every: 1,
        });
        let (one, report) = run(&spec, 1);
        let trace: Vec<u64> = one
            .samples
            .iter()
            .flat_map(|s| &s.2)
            .map(|v| v.to_bits())
            .collect();
        for shards in [2, 3, 5] {
            let (sink, other) = run(&spec, shards);
            assert_eq!(other.weight_hash, report.weight_hash);
            let again = sink.samples.iter().flat_map(|s| &s.2).map(|v| v.to_bits());
            assert!(again.eq(trace.iter().copied()), "{kind:?}, {shards} shards");
        }
        seen.push((trace, report.weight_hash));
    }
    // Gains leave weights alone, and change what arrives.
    assert_eq!(seen[0].1, seen[1].1);
    assert_eq!(seen[0].1, seen[2].1);
    assert_ne!(seen[0].0, seen[1].0);
    assert_ne!(seen[0].0, seen[2].0);
}

/// From the beginning the input of a neuron sums to what is asked.
#[test]
fn a_normalised_neuron_gets_the_sum_when_all_of_its_sources_spike_at_once() {
    let mut d = driven(Homeostasis::Normalise {
        sum: 3.0,
        every: 100,
    });
    d.pre = (0..4).map(|i| (10, i)).collect();
    d.post = vec![];
    d.synapses = (0..4).map(|i| (i, 0, 0.1 * f64::from(i + 1), 5)).collect();
    d.targets = 1;
    let mut spec = d.spec(&[]);
    spec.recording.state.push(StateRecording {
        of: Slice {
            population: 1,
            start: 0,
            end: 1,
        },
        variable: ModelKind::LifDelta.def().recordable("V_m").unwrap(),
        every: 1,
    });
    let (sink, _) = run(&spec, 1);
    let at = |tick: u64| sink.samples.iter().find(|s| s.1 == tick).unwrap().2[0];
    assert!((at(15) - at(14) - 3.0).abs() < 1e-12, "{}", at(15));
}
