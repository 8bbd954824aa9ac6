//! Studies of converted networks: precision of times and weights, robustness, sparsity.

use std::path::{Path, PathBuf};

use spikewheel::ann::{Activation, Conv, Dense, Forward, Graph, Op, Window};
use spikewheel::convert::prune::{Amount, Measure};
use spikewheel::convert::quantise::{Fit, Grid};
use spikewheel::convert::rate::{self, BiasCalibration, Threshold};
use spikewheel::convert::sparsify::Sparsify;
use spikewheel::convert::{Calibration, Source, plan};
use spikewheel::import::{DataOptions, Options, data as read, model as import};
use spikewheel::parallel::Progress;
use spikewheel::spiking::rate::Settings;
use spikewheel::spiking::{Faults, Network, Noise, Ramp, Unharmed};
use spikewheel::study::robustness::{Disturbance, noisy_samples, noisy_weights};
use spikewheel::study::{Code, Set, Subject, precision, robustness, show, sparsity};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("networks/models")
        .join(name)
}

struct Digits {
    graph: Graph,
    calibration: Vec<f32>,
    samples: Vec<f32>,
    labels: Vec<u32>,
}

fn digits() -> Digits {
    let graph = import(&data("digits_mlp.onnx"), &Options::default()).unwrap();
    let options = |samples: Option<&str>, limit| DataOptions {
        samples: samples.map(String::from),
        divide_by: Some(16.0),
        limit,
        ..DataOptions::default()
    };
    let path = data("digits.npz");
    let some = read(&path, &graph, &options(Some("x_train"), Some(300))).unwrap();
    let set = read(&path, &graph, &options(None, None)).unwrap();
    Digits {
        graph,
        calibration: some.values,
        samples: set.values,
        labels: set.labels.unwrap(),
    }
}

/// A converted network with what it was made of.
struct Converted {
    graph: Graph,
    seen: Calibration,
    network: Network,
    sources: Vec<Source>,
    code: Code,
}

impl Converted {
    fn exact(d: &Digits) -> Self {
        let seen = Calibration::of(&d.graph, &d.calibration, 2);
        let planned = plan(&d.graph, &seen, true).unwrap();
        let window = 1_000_000_000;
        let headroom = 1.5;
        Self {
            graph: d.graph.clone(),
            network: Network::Exact(Ramp::new(planned.net, window, headroom)),
            sources: planned.sources,
            seen,
            code: Code::Exact { window, headroom },
        }
    }

    fn rate(d: &Digits, steps: u32, how: BiasCalibration) -> Self {
        let seen = Calibration::of(&d.graph, &d.calibration, 2);
        let planned = plan(&d.graph, &seen, false).unwrap();
        let watch = Progress::default();
        let values = rate::look(&d.graph, &planned, &d.calibration, 2, &watch).unwrap();
        let options = rate::Options {
            settings: Settings::new(steps),
            threshold: Threshold::SquaredError,
            per_channel: true,
            start: 0.5,
        };
        let mut rate = rate::code(&planned, &values, &options).unwrap();
        let (graph, samples) = (&d.graph, &d.calibration);
        rate::calibrate(graph, &planned, &mut rate, samples, how, 2, &watch).unwrap();
        Self {
            graph: d.graph.clone(),
            network: Network::Rate(rate),
            sources: planned.sources,
            seen,
            code: Code::Rate(options),
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            graph: &self.graph,
            seen: &self.seen,
            network: &self.network,
            sources: &self.sources,
            code: self.code,
        }
    }
}

fn numbers(n: usize, salt: usize) -> Vec<f32> {
    let one = |i: usize| {
        let x = (i + 1).wrapping_mul(2_654_435_761) + salt * 40_503;
        ((x >> 7) % 2001) as f32 / 1000.0 - 1.0
    };
    (0..n).map(one).collect()
}

/// Signed inputs, a max pool, a cap and a skip: everything that the bound must hold through.
fn small() -> (Graph, Vec<f32>) {
    let mut g = Graph::new("small", "input", &[1, 6, 6]).unwrap();
    let conv = |i: usize, o: usize, salt| {
        let window = Window {
            pads: [1; 4],
            ..Window::new([3, 3])
        };
        Op::Conv(Conv {
            inputs: i,
            outputs: o,
            groups: 1,
            weight: numbers(i * o * 9, salt),
            bias: numbers(o, salt + 1),
            window,
            output_padding: [0, 0],
        })
    };
    let a = g.push("a", conv(1, 4, 1), &[0]).unwrap();
    let a = g
        .push("a.relu", Op::Activation(Activation::Relu), &[a])
        .unwrap();
    let b = g.push("b", conv(4, 4, 3), &[a]).unwrap();
    let cap = Activation::Clip {
        low: 0.0,
        high: 2.0,
    };
    let b = g.push("b.clip", Op::Activation(cap), &[b]).unwrap();
    let sum = g.push("sum", Op::Sum(vec![1.0, 1.0]), &[a, b]).unwrap();
    let pool = Window {
        stride: [2, 2],
        ..Window::new([2, 2])
    };
    let p = g.push("pool", Op::MaxPool(pool), &[sum]).unwrap();
    let f = g.push("flat", Op::Reshape(vec![36]), &[p]).unwrap();
    let dense = Dense {
        inputs: 36,
        outputs: 5,
        weight: numbers(180, 7),
        bias: numbers(5, 8),
    };
    g.push("out", Op::Dense(dense), &[f]).unwrap();
    let samples = numbers(40 * 36, 9);
    (g, samples)
}

#[test]
fn coarse_times_are_within_the_bound_and_converge() {
    let (g, samples) = small();
    let seen = Calibration::of(&g, &samples, 1);
    let net = plan(&g, &seen, true).unwrap().net;
    let inputs: Vec<f64> = samples.iter().map(|v| f64::from(*v)).collect();
    let want = Forward::<f64>::new(&g).outputs(&inputs, 1);
    let mut largest_before = f64::INFINITY;
    for bits in [2, 4, 6, 8, 12, 16, 20] {
        let ramp = Ramp::new(net.clone(), 1 << bits, 1.5);
        let bounds = precision::bounds(&ramp);
        let mut room = ramp.room();
        let mut largest = 0.0f64;
        for (x, want) in samples.chunks_exact(36).zip(want.chunks_exact(5)) {
            ramp.run(x, &mut room);
            assert_eq!(room.counts.clipped.iter().sum::<u64>(), 0);
            let outputs = ramp.outputs(&room);
            for ((have, want), bound) in outputs.zip(want).zip(&bounds) {
                let off = (have - want).abs();
                assert!(
                    off <= bound * (1.0 + 1e-6) + 1e-5,
                    "{bits}: {off} over {bound}"
                );
                largest = largest.max(off);
            }
        }
        assert!(largest < 0.5 * largest_before, "{bits}: {largest}");
        largest_before = largest;
    }
    assert!(largest_before < 1e-4, "{largest_before}");
}

#[test]
fn the_bound_of_coarse_times_is_reached() {
    let mut g = Graph::new("one", "input", &[1]).unwrap();
    let dense = Dense {
        inputs: 1,
        outputs: 1,
        weight: vec![-3.0],
        bias: vec![0.5],
    };
    g.push("out", Op::Dense(dense), &[0]).unwrap();
    let seen = Calibration::of(&g, &[1.0, 0.0], 1);
    let ramp = Ramp::new(plan(&g, &seen, true).unwrap().net, 16, 1.0);
    // A tick is a 16th: half of it, three times.
    assert_eq!(precision::bounds(&ramp), [3.0 / 32.0]);
    let mut room = ramp.room();
    ramp.run(&[5.499 / 16.0], &mut room);
    let off = ramp.outputs(&room).next().unwrap() - (0.5 - 3.0 * 5.499 / 16.0);
    assert!(off > 0.99 * 3.0 / 32.0 && off < 3.0 / 32.0, "{off}");
}

#[test]
fn fine_times_and_weights_are_the_trained_network() {
    let d = digits();
    let set = Set::new(&d.graph, &d.samples, Some(&d.labels), 2);
    let converted = Converted::exact(&d);
    let subject = converted.subject();
    let options = precision::Options {
        time_bits: vec![Some(3), Some(6), None],
        steps: Vec::new(),
        weight_bits: vec![Some(3), Some(8), None],
        grid: Grid::Channel,
        fit: Fit::Largest,
        threads: 2,
    };
    let watch = Progress::default();
    let cells = precision::study(&subject, &set, &options, &watch)
        .unwrap()
        .unwrap();
    assert_eq!(cells.len(), 9);
    let last = &cells[8];
    assert_eq!((last.time_bits, last.weight_bits), (None, None));
    assert_eq!(last.shown.agreement, 1.0);
    assert_eq!(last.shown.accuracy, Some(437.0 / 450.0));
    assert!(last.shown.largest_deviation < 1e-5);
    // Coarser is further off, in both directions.
    let off = |i: usize| cells[i].shown.deviation;
    assert!(off(6) > off(7) && off(7) > off(8));
    assert!(off(2) > off(5) && off(5) > off(8));
    assert!(cells[7].shown.accuracy.unwrap() > 0.95);
    assert!(
        cells
            .iter()
            .all(|c| c.shown.largest_deviation >= c.shown.deviation)
    );
    // Threads are no part of an answer.
    let alone = precision::Options {
        threads: 1,
        ..options.clone()
    };
    let again = precision::study(&subject, &set, &alone, &watch).unwrap();
    assert_eq!(again, Some(cells));
    for bad in [Some(0), Some(32)] {
        let options = precision::Options {
            time_bits: vec![bad],
            ..options.clone()
        };
        assert!(precision::study(&subject, &set, &options, &watch).is_err());
    }
}

#[test]
fn noise_of_strength_zero_changes_nothing_and_more_of_it_more() {
    let d = digits();
    let set = Set::new(&d.graph, &d.samples, Some(&d.labels), 2);
    let converted = Converted::exact(&d);
    let options = robustness::Options {
        disturbances: Disturbance::ALL.map(|k| (k, vec![0.0, 0.05, 0.4])).to_vec(),
        seed: 1,
        trials: 3,
        threads: 2,
    };
    let watch = Progress::default();
    let run = |options: &robustness::Options| {
        robustness::study(&converted.subject(), &set, options, &watch)
            .unwrap()
            .unwrap()
    };
    let points = run(&options);
    assert_eq!(points.len(), 12);
    for of in points.chunks(3) {
        let name = of[0].disturbance.name();
        assert_eq!(of[0].shown.accuracy, Some(437.0 / 450.0), "{name}");
        assert_eq!(of[0].shown.agreement, 1.0);
        assert!(of[1].shown.agreement > of[2].shown.agreement, "{name}");
        assert!(of[1].shown.accuracy.unwrap() > 0.8, "{name}");
        assert!(of[2].shown.accuracy.unwrap() < 0.96, "{name}");
        assert!(of[1].shown.deviation < of[2].shown.deviation, "{name}");
    }
    // The code is exact: noise before it shows in the trained network in the same way.
    for p in &points {
        if let Some(ann) = p.ann_accuracy {
            assert!((ann - p.shown.accuracy.unwrap()).abs() < 0.004, "{p:?}");
        }
    }
    let one = robustness::Options {
        threads: 1,
        ..options.clone()
    };
    assert_eq!(run(&one), points);
    let other = robustness::Options { seed: 2, ..options };
    assert_ne!(run(&other), points);
}

#[test]
fn lost_spikes_are_missing_from_counts_and_outputs() {
    let d = digits();
    let seen = Calibration::of(&d.graph, &d.calibration, 2);
    let net = plan(&d.graph, &seen, true).unwrap().net;
    let ramp = Ramp::new(net, 1 << 20, 1.5);
    let x = &d.samples[..64];
    let mut room = ramp.room();
    ramp.run(x, &mut room);
    let whole = room.counts.spikes.clone();
    ramp.run_with(x, &mut room, &Noise::new(1, 0, 1.0, 0.0));
    assert!(room.counts.spikes.iter().all(|n| *n == 0));
    // Without spikes the outputs are what biases make of them: those of the read-out alone.
    let silent: Vec<f64> = ramp.outputs(&room).collect();
    let readout = ramp.net.populations.last().unwrap();
    assert_eq!(silent, readout.bias);
    ramp.run_with(x, &mut room, &Noise::new(1, 0, 0.0, 0.0));
    assert_eq!(room.counts.spikes, whole);
    ramp.run_with(x, &mut room, &Noise::new(1, 0, 0.25, 0.0));
    assert!(room.counts.spikes[0] < whole[0] && room.counts.spikes[0] > 0);
    ramp.run_with(x, &mut room, &Unharmed);
    assert_eq!(room.counts.spikes, whole);
}

#[test]
fn noise_has_the_stated_size_and_keeps_ranges_and_zeros() {
    let d = digits();
    let noisy = noisy_samples(&d.graph, &d.samples, (0.0, 1.0), 0.1, 7);
    assert!(noisy.iter().all(|v| (0.0..=1.0).contains(v)));
    let inner = d.samples.iter().zip(&noisy).filter(|(a, _)| **a == 0.5);
    let off: Vec<f64> = inner.map(|(a, b)| f64::from(b - a)).collect();
    let deviation = (off.iter().map(|x| x * x).sum::<f64>() / off.len() as f64).sqrt();
    assert!(
        off.len() > 500 && (deviation - 0.1).abs() < 0.01,
        "{deviation}"
    );
    assert_eq!(
        noisy_samples(&d.graph, &d.samples, (0.0, 1.0), 0.0, 7),
        d.samples
    );
    let mut cut = d.graph.clone();
    let n = (0..)
        .find(|n| !cut.node(*n).op.weights().is_empty())
        .unwrap();
    cut.weights_mut(n)[3] = 0.0;
    let noisy = noisy_weights(&cut, 0.2, 7, 0);
    let (a, b) = (cut.node(n).op.weights(), noisy.node(n).op.weights());
    assert_eq!(b[3], 0.0);
    let ratios: Vec<f64> = a
        .iter()
        .zip(b)
        .filter(|(a, _)| **a != 0.0)
        .map(|(a, b)| f64::from(b / a) - 1.0)
        .collect();
    let deviation = (ratios.iter().map(|x| x * x).sum::<f64>() / ratios.len() as f64).sqrt();
    assert!((deviation - 0.2).abs() < 0.02, "{deviation}");
    assert_ne!(noisy, noisy_weights(&cut, 0.2, 7, 1));
}

#[test]
fn fewer_weights_are_fewer_operations_and_refitted_ones_decide_better() {
    let d = digits();
    let set = Set::new(&d.graph, &d.samples, Some(&d.labels), 2);
    let curve = |refit: bool| -> Vec<(f64, Sparsify)> {
        [1.0, 0.5, 0.2, 0.1]
            .map(|share| {
                let what = Sparsify {
                    weights: Some(Amount::Keep(share)),
                    by: Measure::Effect,
                    refit,
                    dead: true,
                    ..Sparsify::default()
                };
                (share, what)
            })
            .to_vec()
    };
    let curves = [
        ("as they were".to_string(), curve(false)),
        ("refitted".to_string(), curve(true)),
    ];
    let watch = Progress::default();
    let converted = Converted::exact(&d);
    let subject = converted.subject();
    let points = sparsity::study(&subject, &d.calibration, &set, &curves, 2, &watch)
        .unwrap()
        .unwrap();
    let (plain, refitted) = points.split_at(4);
    assert_eq!(plain[0].shown.accuracy, Some(437.0 / 450.0));
    assert!(
        points
            .windows(2)
            .all(|w| { w[0].curve != w[1].curve || w[1].shown.operations < w[0].shown.operations })
    );
    for p in &points {
        assert!(p.weights <= (4928.0 * p.share).round() as usize);
        assert!((p.ann_accuracy.unwrap() - p.shown.accuracy.unwrap()).abs() < 0.003);
    }
    // Half of the weights are nearly enough; of a fifth, what is left must be fitted.
    assert!(plain[1].shown.accuracy.unwrap() > 0.95);
    let gain = |i: usize| refitted[i].shown.accuracy.unwrap() - plain[i].shown.accuracy.unwrap();
    assert!(gain(2) > 0.05 && gain(3) > 0.5, "{points:#?}");
    assert!(refitted[2].shown.accuracy.unwrap() > 0.92, "{points:#?}");
    let shown = |threads| show(&converted.network, &set, |_| Unharmed, threads, &watch);
    assert_eq!(shown(1), shown(5));
    // The rate code: fewer weights are fewer operations there too.
    let converted = Converted::rate(&d, 16, BiasCalibration::None);
    let subject = converted.subject();
    let points = sparsity::study(&subject, &d.calibration, &set, &curves[1..], 2, &watch)
        .unwrap()
        .unwrap();
    assert!(points[0].shown.accuracy.unwrap() > 0.95, "{points:#?}");
    assert!(points[2].shown.accuracy.unwrap() > 0.9, "{points:#?}");
    let operations = |i: usize| points[i].shown.operations;
    assert!(
        (1..4).all(|i| operations(i) < operations(i - 1)),
        "{points:#?}"
    );
}

#[test]
fn the_bound_of_coarse_times_holds_for_both_halves_of_a_pair() {
    let mut g = Graph::new("pair", "input", &[1]).unwrap();
    let dense = |weight: f32, bias: f32| {
        Op::Dense(Dense {
            inputs: 1,
            outputs: 1,
            weight: vec![weight],
            bias: vec![bias],
        })
    };
    let a = g.push("a", dense(-2.0, -0.06), &[0]).unwrap();
    let leaky = Op::Activation(Activation::LeakyRelu(vec![0.5]));
    let a = g.push("leaky", leaky, &[a]).unwrap();
    g.push("out", dense(1.0, 0.0), &[a]).unwrap();
    let seen = Calibration::of(&g, &[1.0, 0.0], 1);
    let ramp = Ramp::new(plan(&g, &seen, true).unwrap().net, 16, 1.0);
    // The second half has no links of its own, but errs as its potential does: a tick of the input is a 16th,
    // so the potential is off by up to 2/32, and the time of the pair's spike by half a tick more.
    let half = 0.5 * ramp.scales[2] / 16.0;
    let bound = precision::bounds(&ramp)[0];
    let first = 0.5 * ramp.scales[1] / 16.0;
    let want = (first + 2.0 / 32.0) + 0.5 * (half + 2.0 / 32.0);
    assert!((bound - want).abs() < 1e-9, "{bound} and {want}");
    let mut room = ramp.room();
    let x = 5.499f32 / 16.0;
    ramp.run(&[x], &mut room);
    let off = ramp.outputs(&room).next().unwrap() - 0.5 * (-2.0 * f64::from(x) - 0.06);
    // More than the half tick of the pair alone allows.
    assert!(off.abs() > 1.3 * 0.5 * half && off.abs() < bound, "{off}");
}

/// Every spike is two steps late, and those of neuron 0 of population 1 are lost.
struct Known;

impl Faults for Known {
    fn spike(&self, _: usize, _: usize, left: u32, _: u32) -> u32 {
        left
    }

    fn step(&self, population: usize, neuron: usize, step: u32, steps: u32) -> u32 {
        let lost = population == 1 && neuron == 0 || step + 2 > steps;
        if lost { 0 } else { step + 2 }
    }
}

#[test]
fn spikes_of_the_rate_code_are_lost_and_late_as_it_is_said() {
    let d = digits();
    let converted = Converted::rate(&d, 12, BiasCalibration::None);
    let Network::Rate(rate) = &converted.network else {
        panic!("the rate code")
    };
    let (mut room, mut late) = (rate.room(), rate.room());
    for sample in d.samples.chunks_exact(64).take(20) {
        rate.run(sample, 0, &mut room);
        rate.run_with(sample, 0, &mut late, &Known);
        // What the first layer fires hangs on currents alone; it arrives later, or not at all.
        let want: Vec<(u32, u32, bool)> = rate
            .spikes(1, &room)
            .filter(|(t, id, _)| *id != 0 && t + 2 <= 12)
            .map(|(t, id, sign)| (t + 2, id, sign))
            .collect();
        let have: Vec<_> = rate.spikes(1, &late).collect();
        assert!(want.len() > 20);
        assert_eq!(have, want);
        assert_eq!(late.counts.spikes[1], want.len() as u64);
        // The second layer, step by step: currents and what has arrived.
        let p = &rate.net.populations[2];
        let mut v = rate.start[2].clone();
        let mut fired = Vec::new();
        for t in 1..=12 {
            for (v, b) in v.iter_mut().zip(&p.bias) {
                *v += b;
            }
            for (_, id, _) in want.iter().filter(|s| s.0 == t) {
                let theta = rate.thresholds[1][*id as usize];
                let kernel = &p.links[0].kernel;
                kernel.row(*id as usize, |to, w| v[to] += f64::from(w) * theta);
            }
            for (id, v) in v.iter_mut().enumerate() {
                if *v >= rate.thresholds[2][id] {
                    *v -= rate.thresholds[2][id];
                    if t + 2 <= 12 {
                        fired.push((t + 2, id as u32, false));
                    }
                }
            }
        }
        // Sums in another order may differ in the last bit, and so may a spike by a step.
        let have: Vec<_> = rate.spikes(2, &late).collect();
        let differ = have.iter().filter(|s| !fired.contains(s)).count();
        assert!(differ <= 1, "{have:?} {fired:?}");
    }
    rate.run_with(&d.samples[..64], 0, &mut late, &Noise::new(1, 0, 1.0, 0.0));
    assert!(late.counts.spikes.iter().all(|n| *n == 0));
    rate.run_with(&d.samples[..64], 0, &mut late, &Noise::new(1, 0, 0.0, 0.0));
    rate.run(&d.samples[..64], 0, &mut room);
    assert_eq!(late.counts.spikes, room.counts.spikes);
}

#[test]
fn networks_with_the_rate_code_are_studied_as_they_are() {
    let d = digits();
    let set = Set::new(&d.graph, &d.samples, Some(&d.labels), 2);
    let watch = Progress::default();
    for how in [BiasCalibration::None, BiasCalibration::Advanced] {
        let converted = Converted::rate(&d, 16, how);
        let subject = converted.subject();
        let whole = show(&converted.network, &set, |_| Unharmed, 2, &watch).unwrap();
        assert!(whole.accuracy.unwrap() > 0.95);
        let options = robustness::Options {
            disturbances: Disturbance::ALL.map(|k| (k, vec![0.0, 0.1, 0.5])).to_vec(),
            seed: 1,
            trials: 2,
            threads: 3,
        };
        let points = robustness::study(&subject, &set, &options, &watch)
            .unwrap()
            .unwrap();
        for of in points.chunks(3) {
            // Weights that are off by nothing make the network anew, with what calibration did to it.
            assert_eq!(of[0].shown, whole, "{how:?} {}", of[0].disturbance.name());
            // Of jitter half a step is little, a tenth of one nothing.
            let jitter = of[0].disturbance == Disturbance::SpikeJitter;
            assert!(jitter || of[2].shown.agreement < of[0].shown.agreement);
            assert!(jitter || of[1].shown.deviation < of[2].shown.deviation);
        }
        let one = robustness::Options {
            threads: 1,
            ..options
        };
        let again = robustness::study(&subject, &set, &one, &watch).unwrap();
        assert_eq!(again.unwrap(), points);
        let options = precision::Options {
            time_bits: Vec::new(),
            steps: vec![2, 16],
            weight_bits: vec![Some(2), Some(6), None],
            grid: Grid::Channel,
            fit: Fit::Squares,
            threads: 2,
        };
        let cells = precision::study(&subject, &set, &options, &watch)
            .unwrap()
            .unwrap();
        assert_eq!(cells.len(), 6);
        assert_eq!((cells[5].steps, cells[5].weight_bits), (Some(16), None));
        assert_eq!(cells[5].shown.agreement, whole.agreement);
        assert_eq!(cells[5].shown.operations, whole.operations);
        assert!(cells[4].shown.operations < 0.5 * whole.operations);
        assert!(cells[4].shown.accuracy < cells[5].shown.accuracy);
        assert!(cells[1].shown.deviation > cells[5].shown.deviation);
        let options = precision::Options {
            steps: vec![17],
            ..options
        };
        assert!(precision::study(&subject, &set, &options, &watch).is_err());
    }
}
