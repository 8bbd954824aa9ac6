//! The rate code against a slow obvious twin, closed forms, and the decisions of trained networks.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use spikewheel::ann::{Activation, AvgPool, Conv, Dense, Forward, Graph, Op, Window, largest_of};
use spikewheel::convert::rate::{
    self, Agreement, BiasCalibration, Options, Threshold, Wish, choose,
};
use spikewheel::convert::{Calibration, plan};
use spikewheel::import::{DataOptions, Options as Opening, data as read, model as import};
use spikewheel::parallel::Progress;
use spikewheel::spiking::rate::{Encoding, Regime, Reset, Room, Settings};
use spikewheel::spiking::{Kernel, Kind, Link, Net, Population, Rate};

/// The twin: every neuron at every step of one clock for all layers, synapses as lists, potentials added up
/// step by step. Spikes of each population as (step of its own, neuron, sign), and the read-out's potentials after
/// each step.
type Spikes = Vec<Vec<(u32, u32, bool)>>;

fn twin(rate: &Rate, sample: &[f32]) -> (Spikes, Vec<Vec<f64>>) {
    let net = &rate.net;
    let n = net.populations.len();
    let Settings {
        steps,
        wait,
        negative,
        reset,
        ..
    } = rate.settings;
    let value = |p: &Population, sign: f64| {
        let mut all = vec![0.0; p.len()];
        for (e, x) in sample.iter().enumerate() {
            all[p.place(e)] = (f64::from(*x) * sign).max(0.0);
        }
        all
    };
    // What stays, in the order of populations.
    let mut stays: Vec<Option<Vec<f64>>> = Vec::new();
    for (i, p) in net.populations.iter().enumerate() {
        stays.push(rate.is_analog(i).then(|| match p.kind {
            Kind::Input { sign } => value(p, sign),
            _ => {
                let mut most = vec![0.0f64; p.len()];
                for link in &p.links {
                    for (id, x) in stays[link.from].as_ref().unwrap().iter().enumerate() {
                        link.kernel.row(id, |to, _| most[to] = most[to].max(*x));
                    }
                }
                most
            }
        }));
    }
    // First step of a population on the common clock, less 1, and the same for what it integrates.
    let (mut opens, mut hears) = (vec![0u32; n], vec![0u32; n]);
    for (i, p) in net.populations.iter().enumerate() {
        let (links, _) = net.inputs(i);
        hears[i] = links.iter().map(|l| opens[l.from]).max().unwrap_or(0);
        let later = matches!(p.kind, Kind::Neurons { .. });
        opens[i] = hears[i] + if later { wait } else { 0 };
    }
    let theta = |i: usize, id: usize| rate.thresholds[i][id % rate.thresholds[i].len()];
    let mut v: Vec<Vec<f64>> = (0..n)
        .map(|i| match net.populations[i].kind {
            Kind::Readout => vec![0.0; net.populations[i].len()],
            _ => rate.start[i].clone(),
        })
        .collect();
    let mut count: Vec<Vec<i64>> = net.populations.iter().map(|p| vec![0; p.len()]).collect();
    let mut spikes: Spikes = vec![Vec::new(); n];
    let mut outputs = Vec::new();
    for clock in 1..=steps + opens[n - 1] {
        for (i, p) in net.populations.iter().enumerate() {
            if stays[i].is_some() {
                continue;
            }
            if clock > hears[i] && clock - hears[i] <= steps {
                let u = clock - hears[i];
                if p.kind != Kind::Largest {
                    if let Kind::Input { sign } = p.kind {
                        v[i] = v[i]
                            .iter()
                            .zip(value(p, sign))
                            .map(|(v, x)| v + x)
                            .collect();
                    }
                    for (v, b) in v[i].iter_mut().zip(&p.bias) {
                        *v += b;
                    }
                }
                let (links, sign) = net.inputs(i);
                for link in links {
                    let from = &net.populations[link.from];
                    if p.kind == Kind::Largest {
                        continue;
                    }
                    let mut arriving = vec![0.0; from.len()];
                    match &stays[link.from] {
                        Some(x) => arriving.clone_from(x),
                        None => {
                            for (t, id, minus) in &spikes[link.from] {
                                if *t == u {
                                    let x = theta(link.from, *id as usize);
                                    arriving[*id as usize] += if *minus { -x } else { x };
                                }
                            }
                        }
                    }
                    for (id, x) in arriving.iter().enumerate() {
                        link.kernel
                            .row(id, |to, w| v[i][to] += sign * f64::from(w) * x);
                    }
                }
                if p.kind == Kind::Readout {
                    outputs.push(v[i].clone());
                }
                if p.kind == Kind::Largest {
                    let mut most = vec![0; p.len()];
                    for link in &p.links {
                        for id in 0..net.populations[link.from].len() {
                            let so_far = spikes[link.from].iter().filter(|s| s.0 <= u);
                            let own = so_far.filter(|s| s.1 as usize == id);
                            let own: i64 = own.map(|s| if s.2 { -1 } else { 1 }).sum();
                            link.kernel.row(id, |to, _| most[to] = own.max(most[to]));
                        }
                    }
                    for (id, most) in most.into_iter().enumerate() {
                        assert!((most - count[i][id]).abs() <= 1);
                        if most != count[i][id] {
                            spikes[i].push((u, id as u32, most < count[i][id]));
                            count[i][id] = most;
                        }
                    }
                }
            }
            let neurons = matches!(p.kind, Kind::Neurons { .. } | Kind::Input { .. });
            if neurons && clock > opens[i] && clock - opens[i] <= steps {
                for id in 0..p.len() {
                    let v = &mut v[i][id];
                    let minus = negative && *v < 0.0 && count[i][id] > 0;
                    if *v >= theta(i, id) {
                        *v = match reset {
                            Reset::Subtract => *v - theta(i, id),
                            Reset::Zero => 0.0,
                        };
                        count[i][id] += 1;
                    } else if minus {
                        *v += theta(i, id);
                        count[i][id] -= 1;
                    } else {
                        continue;
                    }
                    spikes[i].push((clock - opens[i], id as u32, minus));
                }
            }
        }
    }
    (spikes, outputs)
}

/// Whole numbers without a pattern.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// Sums of multiples of a power of two are exact in any order, so twins must agree to the last spike.
fn eighths(state: &mut u64, n: usize) -> Vec<f32> {
    (0..n).map(|_| draw(state, 17) as f32 / 8.0 - 1.0).collect()
}

fn window(kernel: usize, stride: usize, pad: usize) -> Window {
    Window {
        stride: [stride; 2],
        pads: [pad; 4],
        ..Window::new([kernel; 2])
    }
}

/// A network with branches, skips, pools and all kinds of activations.
fn network(seed: u64) -> Graph {
    let mut s = seed;
    let channels = 1 + draw(&mut s, 2) as usize;
    let mut g = Graph::new("random", "input", &[channels, 6, 6]).unwrap();
    let mut live = vec![0usize];
    for _ in 0..3 + draw(&mut s, 5) {
        let n = live[draw(&mut s, live.len() as u64) as usize];
        let shape = g.node(n).shape.clone();
        let (op, inputs) = match draw(&mut s, 9) {
            0..=2 => {
                let outputs = 1 + draw(&mut s, 3) as usize;
                let kernel = 1 + draw(&mut s, shape[1].min(3) as u64) as usize;
                let conv = Op::Conv(Conv {
                    inputs: shape[0],
                    outputs,
                    groups: 1,
                    weight: eighths(&mut s, outputs * shape[0] * kernel * kernel),
                    bias: eighths(&mut s, outputs),
                    window: window(kernel, 1 + draw(&mut s, 2) as usize, kernel / 2),
                    output_padding: [0, 0],
                });
                let c = g.push("conv", conv, &[n]).unwrap();
                let a = match draw(&mut s, 4) {
                    0 => Activation::LeakyRelu(vec![0.25]),
                    1 => Activation::Clip {
                        low: 0.0,
                        high: 1.5,
                    },
                    _ => Activation::Relu,
                };
                (Op::Activation(a), vec![c])
            }
            3 | 4 if shape[1] >= 2 => (Op::MaxPool(window(2, 2, 0)), vec![n]),
            5 if shape[1] >= 2 => {
                let mean = AvgPool {
                    window: window(2, 1, 0),
                    include_pad: true,
                };
                (Op::AvgPool(mean), vec![n])
            }
            8 => {
                let [_, h, w] = g.node(n).planes();
                let all = live.iter().copied();
                let beside = all.filter(|m| g.node(*m).planes()[1..] == [h, w]);
                (Op::Concat(0), beside.take(2).collect())
            }
            k => {
                let other = live
                    .iter()
                    .copied()
                    .find(|m| *m != n && g.node(*m).shape == shape);
                match other {
                    Some(m) if k == 6 => (Op::Sum(vec![1.0, -0.5]), vec![n, m]),
                    Some(m) => (Op::Max, vec![n, m]),
                    None => (Op::Activation(Activation::Relu), vec![n]),
                }
            }
        };
        live.push(g.push("n", op, &inputs).unwrap());
    }
    let last = g.output();
    let inputs = g.node(last).len();
    let flat = g.push("flat", Op::Reshape(vec![inputs]), &[last]).unwrap();
    let dense = Dense {
        inputs,
        outputs: 3,
        weight: eighths(&mut s, 3 * inputs),
        bias: eighths(&mut s, 3),
    };
    g.push("out", Op::Dense(dense), &[flat]).unwrap();
    g
}

fn samples(g: &Graph, seed: u64, n: usize, signed: bool) -> Vec<f32> {
    let mut s = seed ^ 0x5555;
    let mut all = eighths(&mut s, n * g.input().len());
    if !signed {
        all.iter_mut().for_each(|x| *x = x.abs());
    }
    all
}

fn options(settings: Settings, threshold: Threshold) -> Options {
    Options {
        settings,
        threshold,
        per_channel: true,
        start: 0.5,
    }
}

fn of(rate: &Rate, room: &Room) -> Spikes {
    let n = rate.net.populations.len();
    (0..n).map(|p| rate.spikes(p, room).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_networks_spike_as_the_twin_does(
        seed in any::<u64>(), steps in 1u32..12, wait in 0u32..12, negative in any::<bool>(),
        zero in any::<bool>(), spikes in any::<bool>(), units in any::<bool>(), signed in any::<bool>(),
    ) {
        let g = network(seed);
        let shown = samples(&g, seed, 3, signed);
        let planned = plan(&g, &Calibration::of(&g, &shown, 1), units).unwrap();
        let settings = Settings {
            reset: if zero { Reset::Zero } else { Reset::Subtract },
            negative: negative && !zero,
            wait: wait.min(steps - 1),
            encoding: if spikes { Encoding::Spikes } else { Encoding::Current },
            ..Settings::new(steps)
        };
        let options = options(settings, Threshold::Percentile(90.0));
        let values = rate::look(&g, &planned, &shown, 1, &Progress::default()).unwrap();
        // Thresholds that are multiples of a power of two, see `eighths`.
        let mut thresholds = values.thresholds(&planned, &options);
        for t in thresholds.iter_mut().flatten() {
            *t = (*t * 4.0).ceil() / 4.0;
        }
        let mut rate = Rate::new(planned.net, thresholds, settings).unwrap();
        let mut room = rate.room();
        for sample in shown.chunks_exact(g.input().len()) {
            let (mut spikes, outputs) = twin(&rate, sample);
            for s in &mut spikes {
                s.sort_unstable();
            }
            for regime in [Regime::ByLoad, Regime::All, Regime::Events] {
                rate.regime = regime;
                rate.run(sample, 0, &mut room);
                prop_assert_eq!(&of(&rate, &room), &spikes, "{:?}", regime);
                for (t, want) in (1..=steps).zip(&outputs) {
                    let have: Vec<f64> = rate.outputs(&room, t).collect();
                    let want: Vec<f64> = want.iter().map(|v| v / f64::from(t)).collect();
                    prop_assert_eq!(have, want);
                }
            }
        }
    }

    #[test]
    fn a_constant_current_gives_counts_in_closed_form(
        x in 0u32..=64, theta in 1u32..=64, start in 0u32..64, steps in 1u32..200, wait in 0u32..200,
    ) {
        let (x, theta) = (f64::from(x) / 64.0, f64::from(theta) / 64.0);
        let start = (f64::from(start) / 64.0).min(theta * 63.0 / 64.0);
        let settings = Settings { wait: wait.min(steps - 1), ..Settings::new(steps) };
        let mut rate = relays(&[1], theta, settings);
        rate.start[1][0] = start;
        let mut room = rate.room();
        for regime in [Regime::All, Regime::Events] {
            rate.regime = regime;
            rate.run(&[x as f32], 0, &mut room);
            let mut count = 0;
            for t in 1..=steps {
                count += rate.spikes_in(1, t, &room);
                // One spike per step at most, and nothing is lost.
                let taken = f64::from((t + settings.wait).min(steps));
                let want = ((start + taken * x) / theta).floor().min(f64::from(t));
                if settings.wait == 0 || x <= theta {
                    prop_assert_eq!(count as f64, want, "{} {:?}", t, regime);
                }
            }
        }
    }
}

/// An input neuron, and populations of one neuron one after the other, each with one threshold.
fn relays(layers: &[usize], theta: f64, settings: Settings) -> Rate {
    let population = |kind, from: Option<usize>| Population {
        name: "n".into(),
        kind,
        planes: [1, 1, 1],
        bias: Vec::new(),
        links: from
            .map(|from| Link {
                from,
                kernel: Kernel::Same(1.0),
                fan_out: vec![1],
            })
            .into_iter()
            .collect(),
        opposite: None,
        largest: 1.0,
        read: Vec::new(),
    };
    let mut populations = vec![population(Kind::Input { sign: 1.0 }, None)];
    for i in 0..layers.len() {
        let cap = f64::INFINITY;
        populations.push(population(Kind::Neurons { cap }, Some(i)));
    }
    populations.push(population(Kind::Readout, Some(layers.len())));
    let n = populations.len();
    Rate::new(Net { populations }, vec![vec![theta]; n], settings).unwrap()
}

#[test]
fn potentials_that_rounding_touches_are_the_same_however_often_one_looks() {
    // No powers of two here: predictions must stand by the very operations of the potential.
    for case in 0..2000u64 {
        let mut s = case;
        let mut part = || draw(&mut s, 1 << 20) as f64 / (1u64 << 20) as f64;
        let theta = 0.01 + part();
        let x = theta * part();
        let settings = Settings::new(100);
        let mut rate = relays(&[1, 1], theta, settings);
        rate.start[1][0] = theta * part();
        let mut room = rate.room();
        let mut all = [Regime::All, Regime::Events, Regime::ByLoad].map(|regime| {
            rate.regime = regime;
            rate.run(&[x as f32], 0, &mut room);
            of(&rate, &room)
        });
        let first = std::mem::take(&mut all[0]);
        assert!(all[1..].iter().all(|s| *s == first));
    }
}

#[test]
fn who_waits_for_all_input_only_rounds() {
    // With all input known before the first spike, every layer of values between 0 and its
    // threshold is rounded to the nearest count.
    let settings = Settings {
        wait: 15,
        ..Settings::new(16)
    };
    let rate = relays(&[1, 1, 1], 1.0, settings);
    let mut room = rate.room();
    for k in 0..=100 {
        let x = k as f32 / 100.0;
        rate.run(&[x], 0, &mut room);
        let out = rate.outputs(&room, 16).next().unwrap();
        assert_eq!(out, (f64::from(x) * 16.0 + 0.5).floor() / 16.0);
    }
    assert_eq!(rate.latency(16), 16 + 3 * 15);
}

#[test]
fn a_spike_by_chance_has_the_stated_probability_and_belongs_to_seed_and_sample() {
    let settings = |seed| Settings {
        encoding: Encoding::Poisson,
        seed,
        ..Settings::new(20_000)
    };
    let rate = relays(&[1], 2.0, settings(1));
    let mut room = rate.room();
    let trains = |rate: &Rate, number: u64, room: &mut Room| {
        rate.run(&[0.6], number, room);
        of(rate, room)[0].clone()
    };
    let first = trains(&rate, 7, &mut room);
    // 20,000 draws of probability 0.3: four standard deviations are 259.
    assert!((first.len() as f64 - 6000.0).abs() < 259.0);
    assert_ne!(first, trains(&rate, 8, &mut room));
    assert_eq!(first, trains(&rate, 7, &mut rate.room()));
    assert_ne!(first, trains(&relays(&[1], 2.0, settings(2)), 7, &mut room));
    // At the threshold and above, in every step; at 0, never.
    rate.run(&[2.5], 0, &mut room);
    assert_eq!(rate.spikes(0, &room).count(), 20_000);
    rate.run(&[0.0], 0, &mut room);
    assert_eq!(rate.spikes(0, &room).count(), 0);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let net = || relays(&[1], 1.0, Settings::new(1)).net;
    let some = vec![vec![1.0]; 3];
    let fails = |thresholds: Vec<Vec<f64>>, settings| {
        Rate::new(net(), thresholds, settings)
            .map(|_| ())
            .unwrap_err()
    };
    assert!(fails(some.clone(), Settings::new(0)).contains("steps"));
    let wait = Settings {
        wait: 4,
        ..Settings::new(4)
    };
    assert!(fails(some.clone(), wait).contains("at most 3"));
    let after = Settings {
        after: 4,
        ..Settings::new(4)
    };
    assert!(fails(some.clone(), after).contains("read-out"));
    let both = Settings {
        negative: true,
        reset: Reset::Zero,
        ..Settings::new(4)
    };
    assert!(fails(some.clone(), both).contains("subtraction"));
    assert!(fails(vec![vec![1.0]; 2], Settings::new(4)).contains("thresholds"));
    assert!(fails(vec![vec![0.0]; 3], Settings::new(4)).contains("above 0"));
}

/// What a trained network and its coded form have in common on test samples.
struct Shown {
    /// Right decisions of the trained network, and after each step of the coded one.
    trained: usize,
    right: Vec<usize>,
    /// Same decisions after the last step.
    same: usize,
}

struct Files<'a> {
    model: &'a Path,
    /// File, array, samples that are left out, samples that are used.
    calibrate: (&'a Path, &'a str, usize, usize),
    test: (&'a Path, &'a str, usize),
    divide_by: f64,
}

fn shown(files: &Files, options: &Options, how: BiasCalibration) -> Shown {
    let g = import(files.model, &Opening::default()).unwrap();
    let len = g.input().len();
    let open = |path: &Path, samples: &str, limit: usize| {
        let options = DataOptions {
            samples: Some(samples.into()),
            divide_by: Some(files.divide_by),
            limit: Some(limit),
            ..DataOptions::default()
        };
        read(path, &g, &options).unwrap()
    };
    let (path, name, skip, n) = files.calibrate;
    let some = open(path, name, skip + n).values[skip * len..].to_vec();
    let set = open(files.test.0, files.test.1, files.test.2);
    let labels = set.labels.unwrap();
    let watched = Progress::default();
    let planned = plan(&g, &Calibration::of(&g, &some, 2), false).unwrap();
    let values = rate::look(&g, &planned, &some, 2, &watched).unwrap();
    let mut rate = rate::code(&planned, &values, options).unwrap();
    rate::calibrate(&g, &planned, &mut rate, &some, how, 2, &watched).unwrap();
    let outputs = Forward::<f32>::new(&g).outputs(&set.values, 2);
    let width = outputs.len() / set.count;
    let steps = options.settings.steps;
    let mut all = Shown {
        trained: 0,
        right: vec![0; steps as usize + 1],
        same: 0,
    };
    let mut room = rate.room();
    for (i, sample) in set.values.chunks_exact(len).enumerate() {
        let want: Vec<f64> = outputs[i * width..][..width]
            .iter()
            .map(|v| f64::from(*v))
            .collect();
        let label = labels[i] as usize;
        all.trained += usize::from(largest_of(&want) == label);
        rate.run(sample, i as u64, &mut room);
        for t in 1..=steps {
            let have: Vec<f64> = rate.outputs(&room, t).collect();
            all.right[t as usize] += usize::from(largest_of(&have) == label);
            if t == steps {
                all.same += usize::from(largest_of(&have) == largest_of(&want));
            }
        }
    }
    all
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("networks/models")
        .join(name)
}

#[test]
fn the_digits_network_keeps_its_accuracy_in_few_steps() {
    let digits = data("digits.npz");
    let files = Files {
        model: &data("digits_mlp.onnx"),
        calibrate: (&digits, "x_train", 0, 500),
        test: (&digits, "x_test", 450),
        divide_by: 16.0,
    };
    // Right of 450; the trained network has 437. SpikingJelly 2.0's best recipe needs 64 steps for 435.
    let at_least = [(4, 427), (8, 430), (16, 435), (64, 435)];
    for (steps, right) in at_least {
        let options = options(Settings::new(steps), Threshold::SquaredError);
        let shown = shown(&files, &options, BiasCalibration::Advanced);
        assert_eq!(shown.trained, 437);
        assert!(
            shown.right[steps as usize] >= right,
            "{steps}: {:?}",
            shown.right
        );
    }
}

/// What is needed is found on the calibration samples: nothing where decisions agree anyhow, and never what makes
/// fewer of them agree.
#[test]
fn deep_networks_in_few_steps_get_what_they_need() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models");
    let watched = Progress::default();
    let (mut plain, mut signed) = (0, 0);
    for name in ["digits_residual", "digits_concat", "digits_leaky"] {
        let g = import(&files.join(format!("{name}.onnx")), &Opening::default()).unwrap();
        let reading = DataOptions {
            samples: Some("x_train".into()),
            divide_by: Some(16.0),
            limit: Some(300),
            ..DataOptions::default()
        };
        let some = read(&data("digits.npz"), &g, &reading).unwrap().values;
        let planned = plan(&g, &Calibration::of(&g, &some, 2), false).unwrap();
        let values = rate::look(&g, &planned, &some, 2, &watched).unwrap();
        let outputs = Forward::<f32>::new(&g).outputs(&some, 2);
        let same = |rate: &Rate| {
            let of = Agreement::of(rate, &some, &outputs, 2, &watched).unwrap();
            of.same
        };
        for steps in [2, 4, 8, 64] {
            let options = options(Settings::new(steps), Threshold::SquaredError);
            let chosen = |wish: Wish, threads: usize| {
                let seen = (&values, &some[..]);
                choose(&g, &planned, seen, &options, wish, threads, &watched)
                    .unwrap()
                    .unwrap()
            };
            let before = same(&rate::code(&planned, &values, &options).unwrap());
            let auto = chosen(Wish::default(), 2);
            let after = same(&auto.rate);
            assert!(after >= before, "{name} {steps}: {after} of {before}");
            if before * 100 >= 98 * 300 {
                plain += 1;
                assert!(auto.notes.is_empty() && !auto.rate.settings.negative);
            } else {
                assert!(
                    auto.notes[0].starts_with("negative spikes: "),
                    "{:?}",
                    auto.notes
                );
                let text = format!("{before} of 300 decisions agree without");
                assert!(auto.notes[0].contains(&text), "{:?}", auto.notes);
                signed += usize::from(auto.rate.settings.negative);
            }
            let alone = chosen(Wish::default(), 1);
            assert_eq!(alone.notes, auto.notes);
            assert_eq!(alone.rate.start, auto.rate.start);
            let none = Wish {
                negative: Some(false),
                bias: Some(BiasCalibration::None),
            };
            assert_eq!(same(&chosen(none, 2).rate), before);
        }
    }
    assert!(plain > 1 && signed > 1, "{plain} {signed}");
}

/// Larger networks are no part of the repository; they are looked for beside it.
#[test]
fn larger_networks_keep_their_accuracy_where_they_are_at_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = ["../shared", "../../shared"].map(|p| root.join(p));
    let Some(shared) = shared.iter().find(|p| p.join("models").is_dir()) else {
        return;
    };
    let calibrate = shared.join("data/mnist_calib_1000.npz");
    let test = shared.join("data/mnist.npz");
    // Network, samples, steps, right at least: 98.3 and 99.2 per cent.
    for (model, n, steps, right) in [
        ("mlp_300_100.op17", 2000, 4, 1966),
        ("lenet5_avg_bn.op17", 500, 8, 496),
    ] {
        let files = Files {
            model: &shared.join(format!("models/{model}.onnx")),
            calibrate: (&calibrate, "images", 0, 1000),
            test: (&test, "x_test", n),
            divide_by: 255.0,
        };
        let options = options(Settings::new(steps), Threshold::SquaredError);
        let shown = shown(&files, &options, BiasCalibration::None);
        assert!(
            shown.right[steps as usize] >= right,
            "{model}: {:?}",
            shown.right
        );
        assert!(shown.same * 100 >= n * 99, "{model}: {}", shown.same);
    }
}
