//! Graphs against what is published and proven about them.

use spikewheel::network::spec::Rule;

use crate::edges::{Graph, moments, spec};

fn graph(n: u32, rule: Rule, seed: u64) -> Graph {
    let g = Graph::of(&spec(&[n], rule, seed));
    assert!(g.is_simple());
    g
}

fn ring(p: f64, seed: u64) -> Graph {
    let g = graph(
        1000,
        Rule::SmallWorld {
            k: 10,
            p,
            directed: false,
        },
        seed,
    );
    assert!(g.is_symmetric());
    assert_eq!(g.edges(), 10_000);
    g
}

#[test]
fn the_unmoved_ring_has_the_clustering_and_the_paths_of_a_lattice() {
    let g = ring(0.0, 1);
    assert!(g.out.iter().all(|row| row.len() == 10));
    // 3 (k - 2) / (4 (k - 1)), exactly.
    assert!((g.clustering() - 2.0 / 3.0).abs() < 1e-12);
    // A neuron d places off is d / 5 links away, rounded up: twice 1 to 100 five times, less the
    // antipode that would count twice, over the 999 others.
    let (length, connected) = g.path_length();
    let exact = (2.0 * 5.0 * 5050.0 - 100.0) / 999.0;
    assert!(
        connected && (length - exact).abs() < 1e-9,
        "{length} {exact}"
    );
    assert!((length - 1000.0 / 20.0).abs() < 1.0);
}

#[test]
fn few_moved_links_make_the_world_small_and_leave_it_clustered() {
    // Watts & Strogatz (1998), figure 2: at p = 0.01 the paths are a small part of the lattice's,
    // the clustering almost its own. For small p, C(p) = C(0) (1 - p)^3 (Barrat & Weigt 2000).
    let g = ring(0.01, 2);
    let (length, connected) = g.path_length();
    assert!(connected && length < 0.3 * 50.0, "{length}");
    let c = g.clustering() / (2.0 / 3.0);
    assert!((c - 0.99f64.powi(3)).abs() < 0.01, "{c}");
    let c = ring(0.1, 3).clustering() / (2.0 / 3.0);
    assert!((c - 0.9f64.powi(3)).abs() < 0.02, "{c}");
}

#[test]
fn with_every_link_moved_it_is_a_random_graph_whose_links_all_have_one_end_left() {
    let g = ring(1.0, 4);
    let (length, _) = g.path_length();
    // C about k / n = 0.01 and L about ln n / ln k = 3; the degrees still vary less than Poisson's,
    // for half of the ends stay: k / 2 plus Poisson of mean k / 2 (Barrat & Weigt 2000).
    assert!(
        (0.006..0.014).contains(&g.clustering()),
        "{}",
        g.clustering()
    );
    assert!((length - 3.0).abs() < 0.4, "{length}");
    let degrees = g.out.iter().map(|row| row.len() as f64);
    assert!(degrees.clone().all(|k| k >= 5.0));
    let (mean, variance) = moments(degrees);
    assert_eq!(mean, 10.0);
    assert!((variance - 5.0).abs() < 0.8, "{variance}");
    // No link is where it was, unless another has been moved there.
    let left = (0..1000u32)
        .flat_map(|i| (1..=5).map(move |step| (i, (i + step) % 1000)))
        .filter(|&(a, b)| g.has(a, b))
        .count();
    assert!(left < 5000 / 20, "{left}");
}

#[test]
fn a_one_way_ring_keeps_every_in_degree() {
    for p in [0.0, 0.3, 1.0] {
        let rule = Rule::SmallWorld {
            k: 10,
            p,
            directed: true,
        };
        let g = graph(1000, rule, 5);
        assert!(g.in_degrees().iter().all(|&k| k == 10));
        let local = (0..1000u32)
            .flat_map(|t| {
                (1..=5).flat_map(move |d| [(t + d) % 1000, (t + 1000 - d) % 1000].map(|s| (s, t)))
            })
            .filter(|&(s, t)| g.has(s, t))
            .count() as f64;
        // 10,000 links stay with probability 1 - p; hardly any is moved onto a place that was left.
        let expected = 10_000.0 * (1.0 - p);
        let spread = (10_000.0 * p * (1.0 - p)).sqrt();
        assert!(
            (local - expected).abs() <= 5.0 * spread + 120.0 * p,
            "{p} {local}"
        );
        if p == 0.0 {
            assert!(g.is_symmetric() && (g.clustering() - 2.0 / 3.0).abs() < 1e-12);
        } else {
            let (_, variance) = moments(g.out.iter().map(|row| row.len() as f64));
            // Each source keeps its links with 1 - p and gains Poisson of mean p k.
            let expected = 10.0 * p * (1.0 - p) + 10.0 * p;
            assert!(
                (variance / expected - 1.0).abs() < 0.2,
                "{p} {variance} {expected}"
            );
        }
    }
}

#[test]
fn rings_that_are_nearly_full_end() {
    for directed in [false, true] {
        for (n, k) in [(3, 2), (5, 4), (7, 4), (7, 6), (20, 18)] {
            let g = graph(
                n,
                Rule::SmallWorld {
                    k,
                    p: 1.0,
                    directed,
                },
                6,
            );
            assert_eq!(g.edges(), (n * k) as usize);
        }
    }
}

#[test]
fn the_random_graph_has_exactly_its_links_and_is_clustered_by_chance() {
    for directed in [true, false] {
        let (n, m) = (1000u32, 20_000u64);
        let g = graph(n, Rule::RandomGraph { edges: m, directed }, 7);
        let synapses = if directed { m } else { 2 * m };
        assert_eq!(g.edges() as u64, synapses);
        assert_eq!(g.is_symmetric(), !directed);
        // Mean degree p (n - 1), C = p.
        let p = synapses as f64 / f64::from(n * (n - 1));
        let (mean, variance) = moments(g.in_degrees().into_iter().map(|k| k as f64));
        assert!((mean - p * 999.0).abs() < 1e-9);
        // Degrees are hypergeometric, all but binomial.
        let binomial = 999.0 * p * (1.0 - p);
        assert!(
            (variance / binomial - 1.0).abs() < 0.2,
            "{variance} {binomial}"
        );
        let c = g.clustering();
        assert!((c / p - 1.0).abs() < 0.1, "{c} {p}");
    }
}

#[test]
fn every_graph_of_the_same_size_is_equally_likely() {
    // All C(6, 2) = 15 choices of two of three unordered pairs and of two of six ordered pairs.
    for (directed, edges, choices) in [
        (false, 1u64, 3usize),
        (true, 2, 15),
        (true, 4, 15),
        (false, 2, 3),
    ] {
        let mut seen = std::collections::BTreeMap::new();
        let draws = 600 * choices;
        for seed in 0..draws as u64 {
            let g = graph(3, Rule::RandomGraph { edges, directed }, seed);
            *seen.entry(g.out).or_insert(0.0) += 1.0;
        }
        assert_eq!(seen.len(), choices);
        let chi: f64 = seen
            .values()
            .map(|s: &f64| (s - 600.0).powi(2) / 600.0)
            .sum();
        let free = choices as f64 - 1.0;
        assert!(chi < free + 5.0 * (2.0 * free).sqrt(), "{chi} of {free}");
    }
    // The full and the empty graph.
    assert_eq!(
        graph(
            9,
            Rule::RandomGraph {
                edges: 72,
                directed: true
            },
            1
        )
        .edges(),
        72
    );
    assert_eq!(
        graph(
            9,
            Rule::RandomGraph {
                edges: 36,
                directed: false
            },
            1
        )
        .edges(),
        72
    );
    assert_eq!(
        graph(
            9,
            Rule::RandomGraph {
                edges: 0,
                directed: true
            },
            1
        )
        .edges(),
        0
    );
}

/// Maximum-likelihood exponent of degrees from `least` on (Clauset, Shalizi & Newman 2009, SIAM Rev.
/// 51:661, equation 3.7).
fn exponent(degrees: &[usize], least: usize) -> f64 {
    let low = least as f64 - 0.5;
    let tail: Vec<f64> = degrees
        .iter()
        .filter(|&&k| k >= least)
        .map(|&k| (k as f64 / low).ln())
        .collect();
    assert!(tail.len() > 500);
    1.0 + tail.len() as f64 / tail.iter().sum::<f64>()
}

#[test]
fn growth_gives_the_published_degrees() {
    let (n, m) = (20_000u32, 5u32);
    let g = graph(n, Rule::ScaleFree { m, directed: false }, 8);
    assert!(g.is_symmetric());
    assert_eq!(g.edges(), 2 * (n - m) as usize * m as usize);
    let degrees: Vec<usize> = g.out.iter().map(Vec::len).collect();
    // The first m begin without links; all others have at least m.
    assert!(degrees[m as usize..].iter().all(|&k| k >= m as usize));
    let (mean, _) = moments(degrees.iter().map(|&k| k as f64));
    assert!((mean - 2.0 * f64::from(m)).abs() < 0.01, "{mean}");
    // P(k) = 2 m (m + 1) / (k (k + 1) (k + 2)) (Dorogovtsev, Mendes & Samukhin 2000).
    let at = |k: f64| {
        let m = f64::from(m);
        2.0 * m * (m + 1.0) / (k * (k + 1.0) * (k + 2.0))
    };
    for k in 5..12usize {
        let seen = degrees.iter().filter(|&&d| d == k).count() as f64;
        let expected = at(k as f64) * f64::from(n);
        assert!(
            (seen - expected).abs() < 5.0 * expected.sqrt(),
            "{k}: {seen} {expected}"
        );
    }
    let gamma = exponent(&degrees, 20);
    assert!((gamma - 3.0).abs() < 0.2, "{gamma}");
    // The oldest are the hubs: degree of neuron i about m (n / i)^(1/2).
    let first = degrees[..20].iter().sum::<usize>() as f64 / 20.0;
    let late = degrees[10_000..].iter().sum::<usize>() as f64 / 10_000.0;
    assert!(first > 30.0 * late, "{first} {late}");

    // One way: each later neuron sends m, the earlier gather.
    let g = graph(n, Rule::ScaleFree { m, directed: true }, 8);
    assert!(g.out.iter().enumerate().all(|(i, row)| {
        row.len() == if i < m as usize { 0 } else { m as usize }
            && row.iter().all(|&t| (t as usize) < i)
    }));
    let undirected: Vec<usize> = g
        .in_degrees()
        .iter()
        .zip(&g.out)
        .map(|(k, row)| k + row.len())
        .collect();
    assert_eq!(undirected, degrees, "the same graph, one of its directions");
}

#[test]
fn small_growths_are_trees_and_full_graphs() {
    // m = 1 is a tree; n = m + 1 is a star.
    let g = graph(
        200,
        Rule::ScaleFree {
            m: 1,
            directed: false,
        },
        9,
    );
    assert_eq!(g.edges(), 2 * 199);
    assert!(g.path_length().1, "connected");
    let g = graph(
        6,
        Rule::ScaleFree {
            m: 5,
            directed: false,
        },
        9,
    );
    assert_eq!(g.out[5], [0, 1, 2, 3, 4]);
    assert_eq!(g.edges(), 10);
    // The third of three with m = 1 takes either with probability 1/2.
    let hits = (0..4000)
        .filter(|&seed| {
            graph(
                3,
                Rule::ScaleFree {
                    m: 1,
                    directed: true,
                },
                seed,
            )
            .has(2, 0)
        })
        .count() as f64;
    assert!((hits - 2000.0).abs() < 5.0 * 1000f64.sqrt(), "{hits}");
    // The fourth takes the middle of the three with probability 1/2, its share of the link ends.
    let (mut middle, all) = (0.0, 4000);
    for seed in 0..all {
        let g = graph(
            4,
            Rule::ScaleFree {
                m: 1,
                directed: true,
            },
            seed,
        );
        let hub = if g.has(2, 0) { 0 } else { 1 };
        middle += f64::from(u8::from(g.has(3, hub)));
    }
    assert!((middle - 2000.0).abs() < 5.0 * 1000f64.sqrt(), "{middle}");
}
