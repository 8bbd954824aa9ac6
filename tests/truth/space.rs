//! Networks in space against a twin that looks at every pair.

use std::collections::{BTreeMap, BTreeSet};

use spikewheel::network::estimate::estimate;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

use crate::common::*;
use crate::engine;

type P = [f64; 3];

/// Neurons without input of their own, at these places.
fn placed(spec: &mut NetworkSpec, size: u32, positions: Positions) -> usize {
    let cells = spec.add(neurons(ModelKind::LifExp, size, &[]));
    spec.populations[cells].positions = Some(positions);
    cells
}

fn grid(shape: &[u32], extent: &[f64], periodic: bool) -> Positions {
    let mut all = ([1; 3], [0.0; 3], [OPEN; 3]);
    for k in 0..shape.len() {
        all.0[k] = shape[k];
        all.1[k] = extent[k];
        if periodic {
            all.2[k] = extent[k];
        }
    }
    Positions {
        dimensions: shape.len(),
        layout: Layout::Grid {
            shape: all.0,
            extent: all.1,
            corner: all.1.map(|e| -0.5 * e),
        },
        period: all.2,
    }
}

fn scattered(extent: &[f64], periodic: bool) -> Positions {
    let shape = vec![1; extent.len()];
    let mut p = grid(&shape, extent, periodic);
    if let Layout::Grid { extent, corner, .. } = p.layout {
        p.layout = Layout::Random { extent, corner };
    }
    p
}

/// Distance, written down once more: the nearest of the neighbouring images.
fn twin_distance(a: P, b: P, period: P) -> f64 {
    let mut squares = 0.0;
    for k in 0..3 {
        let d = a[k] - b[k];
        let least = if period[k].is_finite() {
            (-3..=3)
                .map(|turn| (d + f64::from(turn) * period[k]).abs())
                .fold(f64::INFINITY, f64::min)
        } else {
            d.abs()
        };
        squares += least * least;
    }
    squares.sqrt()
}

fn twin_shape(shape: Shape, d: f64) -> f64 {
    match shape {
        Shape::Gaussian { sigma } => (-d * d / (2.0 * sigma * sigma)).exp(),
        Shape::Exponential { beta } => (-d / beta).exp(),
        Shape::Linear { reach } if d < reach => 1.0 - d / reach,
        Shape::Boxcar { radius } if d <= radius * (1.0 + 1e-9) => 1.0,
        Shape::Travel { speed } => d / speed,
        _ => 0.0,
    }
}

fn twin_kernel(k: &Kernel, d: f64) -> f64 {
    if d <= k.within * (1.0 + 1e-9) {
        k.offset + k.peak * twin_shape(k.shape, d)
    } else {
        0.0
    }
}

fn points(spec: &NetworkSpec, population: usize) -> (Vec<P>, P) {
    let p = spec.populations[population].positions.as_ref().unwrap();
    let size = spec.populations[population].size;
    (p.all(spec.seed, population, size), p.period)
}

fn kernel(shape: Shape, peak: f64) -> Kernel {
    Kernel {
        shape,
        peak,
        offset: 0.0,
        within: f64::INFINITY,
    }
}

const SHAPES: [Shape; 4] = [
    Shape::Gaussian { sigma: 150.0 },
    Shape::Exponential { beta: 120.0 },
    Shape::Linear { reach: 400.0 },
    Shape::Boxcar { radius: 260.0 },
];

/// Every space that positions can make.
fn spaces() -> Vec<(u32, Positions)> {
    let mut all = Vec::new();
    for periodic in [false, true] {
        all.push((60, grid(&[60], &[1500.0], periodic)));
        all.push((108, grid(&[12, 9], &[1000.0, 700.0], periodic)));
        all.push((120, grid(&[5, 4, 6], &[700.0, 600.0, 900.0], periodic)));
        all.push((70, scattered(&[1500.0], periodic)));
        all.push((110, scattered(&[1000.0, 700.0], periodic)));
        all.push((110, scattered(&[700.0, 600.0, 900.0], periodic)));
    }
    all
}

#[test]
fn every_pair_is_connected_with_the_probability_of_its_distance() {
    const SEEDS: u64 = 25;
    for (n, positions) in spaces() {
        for (i, shape) in SHAPES.into_iter().enumerate() {
            let mut spec = simulation(TENTH_MS, 10);
            let cells = placed(&mut spec, n, positions.clone());
            let kernel = Kernel {
                within: [f64::INFINITY, 480.0][i % 2],
                offset: [0.0, 0.05][i / 2],
                ..kernel(shape, 0.7)
            };
            spec.connect_by(cells, cells, Rule::BernoulliByDistance(kernel), 1.0, 1);
            // Synapses and their expectation and variance in rings of 40 um.
            let mut rings: BTreeMap<u64, [f64; 3]> = BTreeMap::new();
            for seed in 0..SEEDS {
                spec.seed = seed;
                let (at, period) = points(&spec, cells);
                let ring = |d: f64| (d / 40.0) as u64;
                for (s, t, _, _) in engine::synapses(&spec) {
                    let d = twin_distance(at[s as usize], at[t as usize], period);
                    assert!(twin_kernel(&kernel, d) > 0.0, "{shape:?} {d}");
                    rings.entry(ring(d)).or_default()[0] += 1.0;
                }
                for a in &at {
                    for b in &at {
                        let d = twin_distance(*a, *b, period);
                        let p = twin_kernel(&kernel, d);
                        let r = rings.entry(ring(d)).or_default();
                        r[1] += p;
                        r[2] += p * (1.0 - p);
                    }
                }
            }
            // Rings in which hardly anything happens are no normal numbers: they are put together.
            let (mut chi, mut freedom, mut rest) = (0.0, 0.0, [0.0; 3]);
            for r in rings.values() {
                if r[2] < 10.0 {
                    (0..3).for_each(|k| rest[k] += r[k]);
                } else {
                    chi += (r[0] - r[1]).powi(2) / r[2];
                    freedom += 1.0;
                }
            }
            if rest[2] > 0.0 {
                chi += (rest[0] - rest[1]).powi(2) / rest[2].max(1.0);
                freedom += 1.0;
            }
            // Five standard deviations of chi-square.
            let limit = freedom + 5.0 * (2.0f64 * freedom).sqrt() + 8.0;
            assert!(
                freedom >= 4.0 && chi < limit,
                "{shape:?} {n}: {chi} of {freedom}"
            );
        }
    }
}

#[test]
fn single_pairs_have_their_probability_and_do_not_hang_together() {
    // 49 neurons: each pair over 1500 seeds, and the correlation of neighbouring sources of a target.
    const SEEDS: u64 = 1500;
    let mut spec = simulation(TENTH_MS, 10);
    let cells = placed(&mut spec, 49, grid(&[7, 7], &[700.0, 700.0], false));
    let kernel = kernel(Shape::Gaussian { sigma: 130.0 }, 0.8);
    spec.connect_by(cells, cells, Rule::BernoulliByDistance(kernel), 1.0, 1);
    let (at, period) = points(&spec, cells);
    let p = |s: usize, t: usize| twin_kernel(&kernel, twin_distance(at[s], at[t], period));
    let mut hits = vec![0.0; 49 * 49];
    // Both 24 -> 25 and 31 -> 25, and the degrees of 24.
    let (mut both, mut degrees, mut squares) = (0.0, 0.0, 0.0);
    for seed in 0..SEEDS {
        spec.seed = seed;
        let all = engine::synapses(&spec);
        let has: BTreeSet<(u32, u32)> = all.iter().map(|e| (e.0, e.1)).collect();
        assert_eq!(has.len(), all.len(), "no pair twice");
        for (s, t) in &has {
            hits[*s as usize * 49 + *t as usize] += 1.0;
        }
        both += f64::from(u8::from(has.contains(&(24, 25)) && has.contains(&(31, 25))));
        let degree = has.iter().filter(|e| e.1 == 24).count() as f64;
        degrees += degree;
        squares += degree * degree;
    }
    let n = SEEDS as f64;
    let mut chi = 0.0;
    for s in 0..49 {
        for t in 0..49 {
            let e = p(s, t) * n;
            let v = e * (1.0 - p(s, t));
            let z2 = (hits[s * 49 + t] - e).powi(2) / v.max(1.0);
            assert!(z2 < 30.0, "{s} -> {t}: {} of {e}", hits[s * 49 + t]);
            chi += z2;
        }
    }
    // 2401 pairs, standard deviation 69.
    assert!(chi < 2401.0 + 5.0 * 69.3, "{chi}");
    let e = p(24, 25) * p(31, 25) * n;
    assert!((both - e).abs() < 5.0 * e.sqrt(), "{both} {e}");
    // Variance of a degree is that of independent pairs.
    let variance: f64 = (0..49).map(|s| p(s, 24) * (1.0 - p(s, 24))).sum();
    let got = squares / n - (degrees / n).powi(2);
    assert!((got / variance - 1.0).abs() < 0.15, "{got} {variance}");
}

#[test]
fn the_mean_degree_is_the_integral_of_the_kernel() {
    use std::f64::consts::PI;
    // (dimensions, shape, integral over space in um^dimensions); far below half the torus.
    let cases: [(usize, Shape, f64); 8] = [
        (1, Shape::Gaussian { sigma: 60.0 }, (2.0 * PI).sqrt() * 60.0),
        (1, Shape::Exponential { beta: 30.0 }, 2.0 * 30.0),
        (1, Shape::Linear { reach: 200.0 }, 200.0),
        (2, Shape::Gaussian { sigma: 60.0 }, 2.0 * PI * 3600.0),
        (2, Shape::Exponential { beta: 30.0 }, 2.0 * PI * 900.0),
        (2, Shape::Linear { reach: 200.0 }, PI * 40_000.0 / 3.0),
        (2, Shape::Boxcar { radius: 150.0 }, PI * 22_500.0),
        (
            3,
            Shape::Gaussian { sigma: 60.0 },
            (2.0 * PI).powf(1.5) * 216_000.0,
        ),
    ];
    for (dimensions, shape, integral) in cases {
        let n = 3000;
        let side = 1000.0;
        let mut spec = simulation(TENTH_MS, 10);
        let positions = scattered(&vec![side; dimensions], true);
        let cells = placed(&mut spec, n, positions);
        let rule = Rule::BernoulliByDistance(kernel(shape, 0.6));
        spec.connect_by(cells, cells, rule, 1.0, 1);
        spec.projections[0].allow_autapses = false;
        let mut count = 0.0;
        for seed in 1..=2 {
            spec.seed = seed;
            count += engine::synapses(&spec).len() as f64;
        }
        let others = f64::from(n - 1);
        let want = 0.6 * others * integral / side.powi(dimensions as i32);
        let got = count / 2.0 / f64::from(n);
        assert!(
            (got / want - 1.0).abs() < 0.02,
            "{dimensions} {shape:?}: {got} {want}"
        );
        // The estimate knows the positions.
        let told = estimate(&spec).synapses;
        let now = engine::synapses(&spec).len() as f64;
        assert!((told - now).abs() < 5.0 * now.sqrt(), "{told} {now}");
    }
}

#[test]
fn estimates_of_large_networks_come_from_a_sample() {
    let mut spec = simulation(TENTH_MS, 10);
    let cells = placed(&mut spec, 1_000_000, grid(&[1000, 1000], &[1e4, 1e4], true));
    let rule = Rule::BernoulliByDistance(kernel(Shape::Gaussian { sigma: 50.0 }, 0.5));
    spec.connect_by(cells, cells, rule, 1.0, 1);
    // Density 0.01 per um^2, integral of the kernel 2 pi 50^2 / 2.
    let want = 1e6 * 0.01 * std::f64::consts::PI * 2500.0;
    let got = estimate(&spec).synapses;
    assert!((got / want - 1.0).abs() < 0.05, "{got} {want}");
}

#[test]
fn a_boxcar_of_certain_connection_is_exactly_all_pairs_within_its_radius() {
    for (n, positions) in spaces() {
        for (radius, within) in [(130.0, f64::INFINITY), (1e9, 210.0), (333.0, 250.0)] {
            let mut spec = simulation(TENTH_MS, 10);
            let cells = placed(&mut spec, n, positions.clone());
            let k = Kernel {
                within,
                ..kernel(Shape::Boxcar { radius }, 1.0)
            };
            spec.connect_by(cells, cells, Rule::BernoulliByDistance(k), 1.0, 1);
            spec.projections[0].allow_autapses = false;
            let (at, period) = points(&spec, cells);
            let mut want = BTreeSet::new();
            for s in 0..n {
                for t in (0..n).filter(|t| *t != s) {
                    let d = twin_distance(at[s as usize], at[t as usize], period);
                    if d <= radius.min(within) * (1.0 + 1e-9) {
                        want.insert((s, t));
                    }
                }
            }
            let all = engine::synapses(&spec);
            let got: BTreeSet<(u32, u32)> = all.iter().map(|e| (e.0, e.1)).collect();
            assert_eq!(got.len(), all.len());
            assert!(
                got == want,
                "{n} {radius} {within}: {} of {}",
                got.len(),
                want.len()
            );
            let told = estimate(&spec).synapses;
            assert!(
                (told - want.len() as f64).abs() < 1e-6,
                "{told} {}",
                want.len()
            );
        }
    }
}

#[test]
fn slices_of_several_populations_have_the_places_of_their_elements() {
    let mut spec = simulation(TENTH_MS, 10);
    let a = placed(&mut spec, 40, scattered(&[900.0, 900.0], false));
    let b = placed(&mut spec, 36, grid(&[6, 6], &[900.0, 900.0], false));
    let k = kernel(Shape::Boxcar { radius: 200.0 }, 1.0);
    spec.connect_by(a, b, Rule::BernoulliByDistance(k), 1.0, 1);
    let part = |population, start, end| Slice {
        population,
        start,
        end,
    };
    spec.projections[0].from = vec![part(b, 5, 30), part(a, 10, 35)];
    spec.projections[0].to = vec![part(a, 2, 20), part(b, 0, 9), part(a, 30, 40)];
    let (mut at, period) = points(&spec, a);
    at.extend(points(&spec, b).0);
    let ids = |slices: &[Slice]| -> Vec<u32> {
        let offset = [0, 40];
        let one = |s: &Slice| (offset[s.population] + s.start)..(offset[s.population] + s.end);
        slices.iter().flat_map(one).collect()
    };
    let (from, to) = (ids(&spec.projections[0].from), ids(&spec.projections[0].to));
    let mut want: Vec<(u32, u32)> = Vec::new();
    for &s in &from {
        for &t in &to {
            if twin_distance(at[s as usize], at[t as usize], period) <= 200.0 {
                want.push((s, t));
            }
        }
    }
    want.sort_unstable();
    let mut got: Vec<(u32, u32)> = engine::synapses(&spec).iter().map(|e| (e.0, e.1)).collect();
    got.sort_unstable();
    assert!(want.len() > 100);
    assert_eq!(got, want);
}

/// All rules between two populations of 36.
fn all_rules() -> Vec<Rule> {
    let list = EdgeList {
        source: vec![0, 3, 35, 7],
        target: vec![1, 3, 0, 30],
        ..EdgeList::default()
    };
    let k = kernel(Shape::Gaussian { sigma: 150.0 }, 0.9);
    vec![
        Rule::AllToAll,
        Rule::OneToOne,
        Rule::FixedIndegree(9),
        Rule::FixedOutdegree(9),
        Rule::FixedTotalNumber(200),
        Rule::PairwiseBernoulli(0.3),
        Rule::BernoulliByDistance(k),
        Rule::IndegreeByDistance {
            indegree: 9,
            kernel: k,
        },
        Rule::List(std::sync::Arc::new(list)),
    ]
}

#[test]
fn weights_and_delays_are_what_their_formulas_say_under_every_rule() {
    for rule in all_rules() {
        for (shape, periodic) in SHAPES.into_iter().zip([false, true, false, true]) {
            let mut spec = simulation(TENTH_MS, 10);
            let a = placed(&mut spec, 36, grid(&[6, 6], &[900.0, 900.0], periodic));
            let b = placed(&mut spec, 36, scattered(&[900.0, 900.0], periodic));
            spec.connect_by(a, b, rule.clone(), 0.0, 1);
            let p = &mut spec.projections[0];
            p.weight = Weight::ByDistance(ByDistance {
                shape,
                peak: (-40.0).into(),
                offset: 3.5.into(),
            });
            p.delay = Delay::ByDistance(ByDistance {
                shape: Shape::Travel { speed: 300.0 },
                peak: 1.0.into(),
                offset: 0.25.into(),
            });
            let (mut at, period) = points(&spec, a);
            at.extend(points(&spec, b).0);
            let all = engine::synapses(&spec);
            assert!(all.len() >= 4, "{rule:?}");
            for (s, t, weight, delay) in all {
                let d = twin_distance(at[s as usize], at[t as usize], period);
                let want = 3.5 - 40.0 * twin_shape(shape, d);
                // One rounding to f32.
                assert!(
                    (weight - want).abs() < 4e-6,
                    "{rule:?} {shape:?} {weight} {want}"
                );
                let ticks = (0.25 + d / 300.0) / 0.1;
                // Where the formula lies in the middle between two ticks rounding may go either way.
                assert!((delay as f64 - ticks).abs() < 0.5 + 1e-9, "{delay} {ticks}");
                assert!(delay >= 1);
            }
            let (low, high) = estimate(&spec).projections[0].delay;
            assert!((3..=50).contains(&high) && low == 3, "{low} {high}");
        }
    }
}

#[test]
fn jitter_multiplies_the_peak_and_adds_to_the_offset() {
    let mut spec = simulation(TENTH_MS, 10);
    let cells = placed(&mut spec, 100, grid(&[100], &[1000.0], true));
    spec.connect_by(cells, cells, Rule::AllToAll, 0.0, 1);
    let p = &mut spec.projections[0];
    let uniform = |low, high| Values::Uniform { low, high };
    let shape = Shape::Exponential { beta: 100.0 };
    p.weight = Weight::ByDistance(ByDistance {
        shape,
        peak: uniform(50.0, 70.0),
        offset: 0.0.into(),
    });
    p.delay = Delay::ByDistance(ByDistance {
        shape: Shape::Travel { speed: 1000.0 },
        peak: 1.0.into(),
        offset: uniform(1.0, 3.0),
    });
    let (at, period) = points(&spec, cells);
    let (mut factor, mut offset, mut n) = (0.0, 0.0, 0.0);
    for (s, t, weight, delay) in engine::synapses(&spec) {
        let d = twin_distance(at[s as usize], at[t as usize], period);
        let f = weight / twin_shape(shape, d);
        assert!((50.0 - 1e-4..70.0 + 1e-4).contains(&f), "{f}");
        factor += f;
        let o = delay as f64 * 0.1 - d / 1000.0;
        assert!((0.95 - 1e-9..3.05 + 1e-9).contains(&o), "{o}");
        offset += o;
        n += 1.0;
    }
    assert!((factor / n - 60.0).abs() < 0.3 && (offset / n - 2.0).abs() < 0.03);
}

#[test]
fn the_network_is_the_same_for_any_number_of_shards() {
    for rule in all_rules() {
        for positions in [
            grid(&[6, 6], &[900.0, 900.0], true),
            scattered(&[900.0, 900.0], false),
        ] {
            let mut spec = simulation(TENTH_MS, 3_000);
            let model = neurons(ModelKind::LifExp, 36, &[("I_e", 410.0)]);
            let spread = (0..36).map(|i| -70.0 + f64::from(i) / 2.5).collect();
            let cells = spec.add(model.with_each("V_m", spread));
            spec.populations[cells].positions = Some(positions);
            spec.connect_by(cells, cells, rule.clone(), 0.0, 1);
            let p = &mut spec.projections[0];
            p.allow_autapses = matches!(rule, Rule::List(_));
            p.weight = Weight::ByDistance(ByDistance {
                shape: Shape::Gaussian { sigma: 200.0 },
                peak: Values::Normal {
                    mean: 30.0,
                    std: 10.0,
                    min: 0.0,
                    max: f64::INFINITY,
                },
                offset: (-5.0).into(),
            });
            p.delay = Delay::ByDistance(ByDistance {
                shape: Shape::Travel { speed: 200.0 },
                peak: 1.0.into(),
                offset: 0.3.into(),
            });
            let one = engine::run(&spec, 1);
            let edges = engine::synapses_of(&spec, 1);
            assert!(one.spikes > 100, "{rule:?}: {}", one.spikes);
            for shards in [2, 3, 5] {
                assert_eq!(
                    engine::synapses_of(&spec, shards),
                    edges,
                    "{rule:?} {shards}"
                );
                let run = engine::run(&spec, shards);
                assert_eq!(run.spike_hash, one.spike_hash, "{rule:?} {shards}");
            }
        }
    }
}

#[test]
fn sources_by_distance_are_drawn_in_proportion_to_the_kernel() {
    for (shape, within) in [
        (Shape::Gaussian { sigma: 120.0 }, f64::INFINITY),
        (Shape::Exponential { beta: 60.0 }, 450.0),
        (Shape::Boxcar { radius: 300.0 }, f64::INFINITY),
    ] {
        let mut spec = simulation(TENTH_MS, 10);
        let from = placed(&mut spec, 400, scattered(&[1000.0, 1000.0], true));
        let to = placed(&mut spec, 1, grid(&[1, 1], &[1000.0, 1000.0], true));
        let k = Kernel {
            within,
            ..kernel(shape, 1.0)
        };
        let indegree = 60_000;
        let rule = Rule::IndegreeByDistance {
            indegree,
            kernel: k,
        };
        spec.connect_by(from, to, rule, 1.0, 1);
        let (at, period) = points(&spec, from);
        let mut hits = vec![0.0; 400];
        let all = engine::synapses(&spec);
        assert_eq!(all.len(), indegree as usize);
        for (s, _, _, _) in all {
            hits[s as usize] += 1.0;
        }
        let p: Vec<f64> = at
            .iter()
            .map(|a| twin_kernel(&k, twin_distance(*a, [0.0; 3], period)))
            .collect();
        let sum: f64 = p.iter().sum();
        let (mut chi, mut freedom) = (0.0, 0.0);
        for (h, p) in hits.iter().zip(&p) {
            let e = f64::from(indegree) * p / sum;
            if e >= 5.0 {
                chi += (h - e).powi(2) / e;
                freedom += 1.0;
            } else {
                assert!(*h <= e + 20.0 && (*p > 0.0 || *h == 0.0));
            }
        }
        assert!(
            chi < freedom + 5.0 * (2.0f64 * freedom).sqrt(),
            "{shape:?} {chi} {freedom}"
        );
    }
}

/// Chance of every set of `left` more of these, drawn one after the other in proportion to `k`.
fn sets(k: &[f64], taken: u32, left: u32, chance: f64, out: &mut BTreeMap<u32, f64>) {
    if left == 0 {
        *out.entry(taken).or_default() += chance;
        return;
    }
    let free = |i: &usize| taken & (1 << i) == 0;
    let sum: f64 = (0..k.len()).filter(free).map(|i| k[i]).sum();
    for i in (0..k.len()).filter(free) {
        sets(k, taken | 1 << i, left - 1, chance * k[i] / sum, out);
    }
}

#[test]
fn without_multapses_sources_are_drawn_one_after_the_other_in_proportion_to_the_kernel() {
    // A steep kernel: the last sources are so rare that they come from the full list.
    for (beta, indegree) in [(60.0, 3), (8.0, 4)] {
        const SEEDS: u64 = 1500;
        let mut spec = simulation(TENTH_MS, 10);
        let from = placed(&mut spec, 7, grid(&[7], &[140.0], false));
        let to = placed(&mut spec, 1, grid(&[1], &[120.0], false));
        let k = kernel(Shape::Exponential { beta }, 1.0);
        let rule = Rule::IndegreeByDistance {
            indegree,
            kernel: k,
        };
        spec.connect_by(from, to, rule, 1.0, 1);
        spec.projections[0].allow_multapses = false;
        let (at, period) = points(&spec, from);
        let weights: Vec<f64> = at
            .iter()
            .map(|a| twin_kernel(&k, twin_distance(*a, [0.0; 3], period)))
            .collect();
        let mut want = BTreeMap::new();
        sets(&weights, 0, indegree, 1.0, &mut want);
        let mut got: BTreeMap<u32, f64> = BTreeMap::new();
        for seed in 0..SEEDS {
            spec.seed = seed;
            let all = engine::synapses(&spec);
            let set = all.iter().fold(0, |set, e| set | 1u32 << e.0);
            assert_eq!(set.count_ones(), indegree);
            *got.entry(set).or_default() += 1.0;
        }
        for (set, chance) in want {
            let e = chance * SEEDS as f64;
            let g = got.get(&set).copied().unwrap_or(0.0);
            assert!((g - e).abs() < 5.0 * e.sqrt() + 3.0, "{set:b}: {g} {e}");
        }
    }
}

#[test]
fn a_space_that_is_missing_is_an_error_and_not_an_empty_network() {
    let mut spec = simulation(TENTH_MS, 10);
    let a = placed(&mut spec, 4, grid(&[4], &[100.0], false));
    let b = placed(&mut spec, 4, grid(&[2, 2], &[100.0, 100.0], false));
    let k = kernel(Shape::Boxcar { radius: 50.0 }, 1.0);
    spec.connect_by(a, b, Rule::BernoulliByDistance(k), 1.0, 1);
    let build = |spec: &NetworkSpec| spikewheel::network::build(spec, &Default::default()).is_ok();
    assert!(!build(&spec), "different dimensions");
    spec.populations[b].positions = None;
    assert!(!build(&spec), "no positions");
    spec.populations[b].positions = Some(grid(&[4], &[100.0], true));
    assert!(!build(&spec), "one of them periodic");
    spec.populations[b].positions = Some(grid(&[4], &[100.0], false));
    assert!(build(&spec));
}

#[test]
fn nest_draws_as_many_connections_at_every_distance() {
    const SEEDS: u64 = 20;
    let mut spec = simulation(TENTH_MS, 10);
    let cells = placed(&mut spec, 576, grid(&[24, 24], &[1000.0, 1000.0], true));
    let k = Kernel {
        shape: Shape::Gaussian { sigma: 120.0 },
        peak: 0.6,
        offset: 0.05,
        within: 400.0,
    };
    spec.connect_by(cells, cells, Rule::BernoulliByDistance(k), 1.0, 1);
    spec.projections[0].delay = Delay::ByDistance(ByDistance {
        shape: Shape::Travel { speed: 500.0 },
        peak: 1.0.into(),
        offset: 0.5.into(),
    });
    let (at, period) = points(&spec, cells);
    let mut rings = [(0.0, 0.0); 9];
    for seed in 1..=SEEDS {
        spec.seed = seed;
        for (s, t, _, delay) in engine::synapses(&spec) {
            let d = twin_distance(at[s as usize], at[t as usize], period);
            let ring = &mut rings[((d + 1e-6) / 50.0) as usize];
            ring.0 += 1.0;
            ring.1 += delay as f64 * 0.1;
        }
    }
    // 40 seeds of NEST: see tests/data/nest_space/README.md.
    let theirs = include_str!("../data/nest_space/rings.csv");
    let rows: Vec<Vec<f64>> = theirs
        .lines()
        .skip(1)
        .map(|l| l.split(',').map(|x| x.parse().expect("a number")).collect())
        .collect();
    assert_eq!(rows.len(), rings.len());
    for (row, (count, delays)) in rows.iter().zip(rings) {
        let ours = count / SEEDS as f64;
        let error = (row[2] / 40.0 + row[2] / SEEDS as f64).sqrt();
        assert!((ours - row[1]).abs() <= 5.0 * error, "{row:?}: {ours}");
        if count > 0.0 {
            // At 125 and 375 um the delay lies midway between two ticks, and NEST takes the other one.
            assert!(
                (delays / count - row[3]).abs() < 0.01,
                "{row:?}: {}",
                delays / count
            );
        }
    }
}
