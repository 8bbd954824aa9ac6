//! What the rules promise of every network, whoever builds it.

use std::collections::BTreeMap;

use spikewheel::network::spec::*;

use crate::edges::{Graph, SHARDS, built, spec};

#[test]
fn multiplicities_of_pairs_are_poisson() {
    for mean in [0.05f64, 0.7, 3.0] {
        for autapses in [true, false] {
            let n = 300u32;
            let mut s = spec(&[n], Rule::PairwisePoisson(mean), 3);
            s.projections[0].allow_autapses = autapses;
            let mut count: BTreeMap<(u32, u32), usize> = BTreeMap::new();
            for s in built(&s, 1).synapses() {
                *count.entry((s.source, s.target)).or_default() += 1;
            }
            let selves = count.keys().filter(|(s, t)| s == t).count();
            assert_eq!(selves > 0, autapses);
            let pairs = f64::from(n * if autapses { n } else { n - 1 });
            let mut seen = vec![0.0f64; 40];
            seen[0] = pairs - count.len() as f64;
            for &c in count.values() {
                seen[c.min(39)] += 1.0;
            }
            let (mut p, mut chi, mut free) = ((-mean).exp(), 0.0, -1.0f64);
            for (k, &s) in seen.iter().enumerate() {
                if k > 0 {
                    p *= mean / k as f64;
                }
                if p * pairs >= 5.0 {
                    chi += (s - p * pairs).powi(2) / (p * pairs);
                    free += 1.0;
                }
            }
            assert!(
                free >= 2.0 && chi < free + 5.0 * (2.0 * free).sqrt(),
                "{mean}: {chi} of {free}"
            );
            // Sources and targets are hit evenly: chi-square of the degrees.
            let mut degrees = vec![0.0f64; 2 * n as usize];
            for (&(s, t), &c) in &count {
                degrees[s as usize] += c as f64;
                degrees[(n + t) as usize] += c as f64;
            }
            let expected = pairs * mean / f64::from(n);
            let chi: f64 = degrees
                .iter()
                .map(|d| (d - expected).powi(2) / expected)
                .sum();
            assert!((chi - 600.0).abs() < 5.0 * 1200f64.sqrt(), "{mean}: {chi}");
        }
    }
    assert_eq!(
        built(&spec(&[50], Rule::PairwisePoisson(0.0), 1), 2).synapse_count(),
        0
    );
}

#[test]
fn symmetric_pairs_come_with_their_probability_and_in_both_directions() {
    for p in [0.0, 0.02, 0.5, 0.98, 1.0] {
        // Over two populations, too: the sides count as one list.
        let g = Graph::of(&spec(&[150, 50], Rule::SymmetricPairwiseBernoulli(p), 4));
        assert!(g.is_simple() && g.is_symmetric());
        let pairs = 200.0 * 199.0 / 2.0;
        let got = g.edges() as f64 / 2.0;
        assert!(
            (got - p * pairs).abs() <= 5.0 * (pairs * p * (1.0 - p)).sqrt(),
            "{p} {got}"
        );
        let chi: f64 = g
            .out
            .iter()
            .map(|row| (row.len() as f64 - 199.0 * p).powi(2))
            .sum::<f64>();
        let expected = 200.0 * 199.0 * p * (1.0 - p);
        assert!(
            (chi - expected).abs() <= 0.6 * expected,
            "{p} {chi} {expected}"
        );
    }
}

fn all_rules() -> Vec<Rule> {
    let mut all = vec![
        Rule::PairwisePoisson(0.3),
        Rule::SymmetricPairwiseBernoulli(0.2),
    ];
    for directed in [true, false] {
        all.push(Rule::RandomGraph {
            edges: 700,
            directed,
        });
        all.push(Rule::SmallWorld {
            k: 6,
            p: 0.3,
            directed,
        });
        all.push(Rule::ScaleFree { m: 3, directed });
    }
    all
}

#[test]
fn weights_and_delays_of_graphs_are_the_same_for_any_number_of_shards() {
    for rule in all_rules() {
        for (weight, delay) in [
            (Values::Constant(1.0), Delay::Ticks(10)),
            (
                Values::Normal {
                    mean: 1.0,
                    std: 0.1,
                    min: 0.0,
                    max: f64::INFINITY,
                },
                Delay::Drawn(Values::Uniform {
                    low: 1.0,
                    high: 9.0,
                }),
            ),
        ] {
            let mut s = spec(&[40, 25], rule.clone(), 11);
            s.projections[0].weight = Weight::Values(weight);
            s.projections[0].delay = delay;
            let one = built(&s, 1).synapses();
            assert!(!one.is_empty());
            for shards in SHARDS {
                assert!(
                    built(&s, shards).synapses() == one,
                    "{rule:?}, {shards} shards"
                );
            }
            // Another statement and another seed draw something else.
            let mut other = s.clone();
            other.seed += 1;
            assert!(built(&other, 1).synapses() != one, "{rule:?}");
            let first = other.projections[0].clone();
            other.seed = s.seed;
            other.projections.insert(
                0,
                ProjectionSpec {
                    rule: Rule::OneToOne,
                    ..first
                },
            );
            assert!(built(&other, 1).synapses()[..] != one[..], "{rule:?}");
        }
    }
}

#[test]
fn both_directions_of_a_link_are_drawn_apart() {
    let mut s = spec(
        &[60],
        Rule::ScaleFree {
            m: 3,
            directed: false,
        },
        2,
    );
    s.projections[0].weight = Weight::Values(Values::Uniform {
        low: 0.0,
        high: 1.0,
    });
    let all = built(&s, 3).synapses();
    let weight: BTreeMap<(u32, u32), f64> = all
        .iter()
        .map(|s| ((s.source, s.target), s.weight))
        .collect();
    assert!(weight.iter().all(|(&(a, b), w)| weight[&(b, a)] != *w));
    let mean = weight.values().sum::<f64>() / weight.len() as f64;
    assert!((mean - 0.5).abs() < 0.08, "{mean}");
}

#[test]
fn what_is_estimated_is_what_is_built() {
    for rule in all_rules() {
        let s = spec(&[40, 25], rule.clone(), 1);
        let e = spikewheel::network::estimate::estimate(&s);
        let got = built(&s, 2).synapse_count() as f64;
        if e.projections[0].exact {
            assert_eq!(got, e.synapses, "{rule:?}");
        } else {
            // Twice as far as five deviations of single synapses: pairs come together.
            assert!(
                (got - e.synapses).abs() < 10.0 * e.synapses.sqrt(),
                "{rule:?} {got}"
            );
        }
    }
}
