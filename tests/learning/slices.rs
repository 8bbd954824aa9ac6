//! A statement may reach a slice of a population: what the others do does not matter to its synapses.

use spikewheel::network::spec::{Arithmetic, Slice};
use spikewheel::neuron::ModelKind;
use spikewheel::plasticity::RuleKind;

use crate::network::{Driven, learning, rule, run};

#[test]
fn synapses_onto_a_slice_learn_as_onto_the_whole_population() {
    let values = [("lambda", 0.05), ("Wmax", 1.0)];
    let driven = Driven {
        pre: (1..40).map(|k| (97 * k, 0)).collect(),
        sources: 1,
        post: (1..30)
            .flat_map(|k| (0..5).map(move |i| (131 * k + 17 * u64::from(i), i)))
            .collect(),
        targets: 5,
        synapses: (0..5).map(|i| (0, i, 0.5, 3)).collect(),
        plasticity: learning(rule(RuleKind::Stdp, &values, &[])),
        modulators: vec![],
        duration: 5000,
        arithmetic: Arithmetic::Double,
        model: ModelKind::LifDelta,
    };
    let whole = &driven.weights(&[5000], 1)[0];
    assert!(whole.iter().all(|w| (w.weight - 0.5).abs() > 0.01));
    for (start, end) in [(0, 1), (2, 3), (1, 4), (4, 5)] {
        let part = Driven {
            synapses: (0..end - start).map(|i| (0, i, 0.5, 3)).collect(),
            ..driven.clone()
        };
        let mut spec = part.spec(&[5000]);
        spec.projections[0].to = vec![Slice {
            population: 1,
            start,
            end,
        }];
        for shards in [1, 2, 3, 5] {
            let (sink, _) = run(&spec, shards);
            let mut got = sink.weights[0].2.clone();
            got.sort_by_key(|w| w.target);
            let of: Vec<_> = whole
                .iter()
                .filter(|w| (start + 1..end + 1).contains(&w.target))
                .map(|w| w.weight)
                .collect();
            let got: Vec<_> = got.iter().map(|w| w.weight).collect();
            assert_eq!(got, of, "{start}..{end}, {shards} shards");
        }
    }
}
