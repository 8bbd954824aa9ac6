//! Golden vectors, computed outside by independent programs. Times in ms; a tick is 0.1 ms.

use std::sync::Arc;

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;
use spikewheel::plasticity::RuleKind;

use crate::network::{Driven, learning, rule};

const PRE: [f64; 5] = [10.0, 30.0, 31.5, 60.0, 61.0];
const POST: [f64; 6] = [12.0, 28.0, 33.0, 33.5, 58.0, 60.0];

fn ticks(ms: &[f64], shift: i64) -> Vec<(u64, u32)> {
    ms.iter()
        .map(|t| (((t * 10.0).round() as i64 + shift) as u64, 0))
        .collect()
}

/// One synapse with a dendritic delay. A hidden one is taken off the times of post spikes: the synapse
/// sees them as stated.
fn driven(plasticity: PlasticitySpec, w0: f64, post: &[f64], delay: u64, hidden: bool) -> Driven {
    Driven {
        pre: ticks(&PRE, 0),
        sources: 1,
        post: ticks(post, if hidden { -(delay as i64) } else { 0 }),
        targets: 1,
        synapses: vec![(0, 0, w0, delay)],
        plasticity,
        modulators: vec![],
        duration: 1000,
        arithmetic: Arithmetic::Double,
        model: ModelKind::LifDelta,
    }
}

fn change(d: &Driven) -> f64 {
    let weights = d.weights(&[d.duration], 1);
    weights[0][0].weight - d.synapses[0].2
}

#[track_caller]
fn close(got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 1e-9, "{got} instead of {wanted}");
}

fn stdp(values: &[(&str, f64)], pairing: &str) -> PlasticitySpec {
    learning(rule(RuleKind::Stdp, values, &[("pairing", pairing)]))
}

/// A weight far from its bounds: amplitudes are shares of Wmax.
fn free(pairing: &str) -> PlasticitySpec {
    let values = [
        ("lambda", 0.001),
        ("alpha", 1.05),
        ("mu_plus", 0.0),
        ("mu_minus", 0.0),
        ("Wmax", 10.0),
    ];
    stdp(&values, pairing)
}

#[test]
fn additive_pairs() {
    close(
        change(&driven(free("all_to_all"), 5.0, &POST, 1, true)),
        -0.005638322411,
    );
    close(
        change(&driven(free("nearest_symmetric"), 5.0, &POST, 1, true)),
        -0.001300799410,
    );
}

#[test]
fn weight_dependent_pairs_without_and_with_a_dendritic_delay() {
    let without = [
        (0.0, 0.494361677589),
        (0.4, 0.494944659469),
        (1.0, 0.496333079456),
    ];
    let with = [
        (0.0, 0.513781899231),
        (0.4, 0.510233787587),
        (1.0, 0.506666092078),
    ];
    for (golden, delay, hidden) in [(without, 1, true), (with, 15, false)] {
        for (mu, w) in golden {
            let values = [
                ("lambda", 0.01),
                ("alpha", 1.05),
                ("mu_plus", mu),
                ("mu_minus", mu),
                ("Wmax", 1.0),
            ];
            let d = driven(stdp(&values, "all_to_all"), 0.5, &POST, delay, hidden);
            close(0.5 + change(&d), w);
        }
    }
}

fn triplet(set: &str) -> PlasticitySpec {
    let def = RuleKind::StdpTriplet.def();
    let set = def.sets.iter().find(|s| s.name == set).expect("a set");
    let mut values = set.values.to_vec();
    values.push(("Wmax", 100.0));
    learning(rule(RuleKind::StdpTriplet, &values, set.choices))
}

#[test]
fn triplets_of_the_published_sets() {
    let post = &POST[..5];
    let full = driven(
        triplet("visual_cortex_all_to_all_full"),
        50.0,
        post,
        1,
        true,
    );
    close(change(&full), 0.007957786917);
    let minimal = driven(
        triplet("visual_cortex_all_to_all_minimal"),
        50.0,
        post,
        1,
        true,
    );
    close(change(&minimal), 0.013497391297);
}

/// 60 pairs at some rate, 10 ms apart either way: depression turns into potentiation as the rate rises.
#[test]
fn triplets_see_the_rate() {
    let golden = [
        (0.1, 0.0, -0.316620),
        (10.0, 0.118641, -0.332213),
        (20.0, 0.227795, -0.341735),
        (40.0, 0.532112, 0.173715),
        (50.0, 0.762731, 0.749177),
    ];
    for (rate, causal, acausal) in golden {
        for (lag, wanted) in [(100i64, causal), (-100, acausal)] {
            let interval = (10_000.0 / rate) as u64;
            let pre = |k: u64| 200 + k * interval;
            let mut d = driven(
                triplet("visual_cortex_all_to_all_minimal"),
                50.0,
                &[],
                1,
                true,
            );
            d.pre = (0..60).map(|k| (pre(k), 0)).collect();
            d.post = (0..60)
                .map(|k| ((pre(k) as i64 + lag - 1) as u64, 0))
                .collect();
            d.duration = pre(60);
            let got = change(&d);
            assert!(
                (got - wanted).abs() < 1e-6,
                "{rate} Hz, {lag}: {got} instead of {wanted}"
            );
        }
    }
}

#[test]
fn inhibitory_plasticity() {
    let values = [
        ("eta", 0.001),
        ("alpha", 0.12),
        ("tau", 20.0),
        ("Wmax", 1.0),
    ];
    let plasticity = learning(rule(RuleKind::Vogels, &values, &[]));
    let d = driven(plasticity, 0.5, &POST[..5], 1, true);
    close(0.5 + change(&d), 0.511361766197);
    // The same with negative weights.
    let values = [
        ("eta", 0.001),
        ("alpha", 0.12),
        ("tau", 20.0),
        ("Wmax", -1.0),
    ];
    let plasticity = learning(rule(RuleKind::Vogels, &values, &[]));
    let d = driven(plasticity, -0.5, &POST[..5], 1, true);
    close(-0.5 + change(&d), -0.511361766197);
}

#[test]
fn dopamine_half_a_second_after_a_pair() {
    let values = [
        ("A_plus", 1.0),
        ("A_minus", 1.5),
        ("Wmax", 200.0),
        ("Wmin", -200.0),
    ];
    let plasticity = learning(rule(RuleKind::StdpDopamine, &values, &[]));
    let mut d = driven(plasticity, 1.0, &[15.0], 1, true);
    d.pre = ticks(&[10.0], 0);
    d.modulators = vec![ModulatorSpec {
        name: "dopamine".into(),
        events: Arc::new(vec![(5000, 1.0)]),
        release: None,
    }];
    d.duration = 20_000;
    close(change(&d), 0.399538569417);
    d.duration = 600_000;
    close(change(&d), 0.399587882479);
}

/// The window: one pair for each lag, far apart.
#[test]
fn the_window_of_pairs_is_two_exponentials() {
    for lag in -80i64..=80 {
        let mut d = driven(free("all_to_all"), 5.0, &[], 1, true);
        d.pre = vec![(1000, 0)];
        d.post = vec![((1000 + lag * 10 - 1) as u64, 0)];
        d.duration = 3000;
        let t = lag as f64;
        let wanted = match lag {
            0 => 0.0,
            1.. => 0.01 * (-t / 20.0).exp(),
            _ => -0.0105 * (t / 20.0).exp(),
        };
        let got = change(&d);
        assert!((got - wanted).abs() < 1e-12, "{lag}: {got} {wanted}");
    }
}
