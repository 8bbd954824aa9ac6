//! A network of everything that needs a rule of its own.

use spikewheel::ann::{Activation, Activations, AvgPool, Conv, Dense, Forward, Graph, Op, Window};
use spikewheel::convert::{Calibration, Plan, plan};
use spikewheel::model::{self, Calibrated, CodeSpec, Model, Origin};
use spikewheel::spiking::{Kind, Net, Population, Ramp};

use crate::{HEADROOM, WINDOW};

/// Numbers between -1 and 1 without a pattern.
fn numbers(n: usize, salt: usize) -> Vec<f32> {
    let one = |i: usize| {
        let x = (i + 1).wrapping_mul(2_654_435_761) + salt * 40_503;
        ((x >> 7) % 2001) as f32 / 1000.0 - 1.0
    };
    (0..n).map(one).collect()
}

fn conv(inputs: usize, outputs: usize, groups: usize, window: Window) -> Op {
    Op::Conv(Conv {
        inputs,
        outputs,
        groups,
        weight: numbers(outputs * inputs / groups * window.area(), outputs),
        bias: numbers(outputs, 5),
        window,
        output_padding: [0, 0],
    })
}

/// Everything that needs a rule of its own: signs at the input, strides, uneven padding, groups, skip
/// links over several windows, pools, both sides of an activation, multiplied-out layers.
fn of_everything() -> Graph {
    let window = |kernel, stride, pads, dilation| Window {
        kernel,
        stride: [stride; 2],
        dilation: [dilation; 2],
        pads,
        ceil: false,
    };
    let mut g = Graph::new("all", "input", &[2, 9, 8]).unwrap();
    let mut add = |op, inputs: &[usize]| g.push("n", op, inputs).unwrap();
    let same = window([3, 3], 1, [1, 1, 1, 1], 1);
    let a = add(conv(2, 4, 1, same), &[0]);
    let r = add(Op::Activation(Activation::Relu), &[a]);
    let b = add(conv(4, 4, 2, same), &[r]);
    let leaky = add(
        Op::Activation(Activation::LeakyRelu(vec![0.1, 0.2, 0.3, 0.4])),
        &[b],
    );
    let c = add(conv(4, 4, 4, same), &[leaky]);
    let sum = add(Op::Sum(vec![1.0, -0.5]), &[c, r]);
    let clip = Activation::Clip {
        low: -0.25,
        high: 1.5,
    };
    let clip = add(Op::Activation(clip), &[sum]);
    let join = add(Op::Concat(0), &[clip, r]);
    let down = add(conv(8, 6, 1, window([3, 2], 2, [1, 0, 0, 1], 1)), &[join]);
    let pool = add(Op::MaxPool(window([2, 2], 2, [0; 4], 1)), &[down]);
    let relu = add(Op::Activation(Activation::Relu), &[pool]);
    let wide = add(conv(2, 6, 1, window([2, 2], 4, [0; 4], 2)), &[0]);
    let signed = add(Op::MaxPool(window([1, 1], 1, [0; 4], 1)), &[wide]);
    let max = add(Op::Max, &[relu, signed]);
    let mean = AvgPool {
        window: window([2, 2], 1, [0; 4], 1),
        include_pad: true,
    };
    let mean = add(Op::AvgPool(mean), &[max]);
    let len = g.node(mean).len();
    let mut add = |op, inputs: &[usize]| g.push("n", op, inputs).unwrap();
    let flat = add(Op::Reshape(vec![len]), &[mean]);
    let dense = Dense {
        inputs: len,
        outputs: 7,
        weight: numbers(7 * len, 9),
        bias: numbers(7, 2),
    };
    add(Op::Dense(dense), &[flat]);
    g
}

/// Pools of what has a cap, and of branches that were joined, moved and padded before.
fn of_comparisons() -> Graph {
    let mut g = Graph::new("pools", "input", &[2, 6, 6]).unwrap();
    let mut add = |op, inputs: &[usize]| g.push("n", op, inputs).unwrap();
    let window = |kernel: usize, stride: usize, pads: usize| Window {
        stride: [stride; 2],
        pads: [pads; 4],
        ..Window::new([kernel; 2])
    };
    let six = Activation::Clip {
        low: 0.0,
        high: 0.75,
    };
    let a = add(conv(2, 3, 1, window(3, 1, 1)), &[0]);
    let a = add(Op::Activation(six.clone()), &[a]);
    let b = add(conv(2, 2, 1, window(1, 1, 0)), &[0]);
    let b = add(Op::Activation(Activation::Relu), &[b]);
    let join = add(Op::Concat(0), &[a, b]);
    let wide = add(Op::Pad([1, 0, 1, 2]), &[join]);
    let joined = add(Op::MaxPool(window(2, 2, 0)), &[wide]);
    let single = add(Op::MaxPool(window(3, 2, 0)), &[a]);
    let flat = [joined, single].map(|p| {
        let len = g.node(p).len();
        g.push("n", Op::Reshape(vec![len]), &[p]).unwrap()
    });
    let all = g.push("n", Op::Concat(0), &flat).unwrap();
    let inputs = g.node(all).len();
    let dense = Dense {
        inputs,
        outputs: 7,
        weight: numbers(7 * inputs, 9),
        bias: numbers(7, 2),
    };
    g.push("n", Op::Dense(dense), &[all]).unwrap();
    g
}

#[test]
fn every_kind_of_layer_is_computed_exactly() {
    is_exact(&of_everything());
}

#[test]
fn spikes_are_compared_where_they_lie_and_keep_their_caps() {
    let g = of_comparisons();
    is_exact(&g);
    let samples = numbers(20 * g.input().len(), 77);
    let seen = Calibration::of(&g, &samples, 1);
    let planned = plan(&g, &seen, true).unwrap();
    // Two signs of the input, two branches, two pools, the output: nothing is passed on only to be
    // compared.
    assert_eq!(planned.net.populations.len(), 7);
}

fn is_exact(g: &Graph) {
    let samples = numbers(20 * g.input().len(), 77);
    let seen = Calibration::of(g, &samples, 1);
    let inputs: Vec<f64> = samples.iter().map(|v| f64::from(*v)).collect();
    let want = Forward::<f64>::new(g).outputs(&inputs, 1);
    for units in [false, true] {
        let planned = plan(g, &seen, units).unwrap();
        let ramp = Ramp::new(planned.net, WINDOW, HEADROOM);
        let mut room = ramp.room();
        let mut largest = 0.0f64;
        for (sample, want) in samples
            .chunks_exact(g.input().len())
            .zip(want.chunks_exact(7))
        {
            ramp.run(sample, &mut room);
            let top = want.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            for (have, want) in ramp.outputs(&room).zip(want) {
                largest = largest.max((have - want).abs() / top);
            }
            assert_eq!(room.counts.clipped.iter().sum::<u64>(), 0);
        }
        assert!(largest < 1e-5, "{units}: {largest}");
    }
}

#[test]
fn sums_hang_on_no_order_of_spikes() {
    let (inputs, outputs) = (211, 7);
    // Element k of the second network is element 100 k of the first: 211 is a prime.
    let moved: Vec<usize> = (0..inputs).map(|k| 100 * k % inputs).collect();
    let weight = numbers(outputs * inputs, 9);
    let sample = numbers(inputs, 4);
    let mut bits = Vec::new();
    for order in [(0..inputs).collect(), moved] {
        let mut g = Graph::new("sums", "input", &[inputs]).unwrap();
        let row = |o: usize| order.iter().map(move |k| (o, *k));
        let dense = Dense {
            inputs,
            outputs,
            weight: (0..outputs)
                .flat_map(row)
                .map(|(o, k)| weight[o * inputs + k])
                .collect(),
            bias: numbers(outputs, 2),
        };
        g.push("n", Op::Dense(dense), &[0]).unwrap();
        let sample: Vec<f32> = order.iter().map(|k| sample[*k]).collect();
        let planned = plan(&g, &Calibration::of(&g, &sample, 1), true).unwrap();
        let ramp = Ramp::new(planned.net, WINDOW, HEADROOM);
        let mut room = ramp.room();
        ramp.run(&sample, &mut room);
        bits.push(ramp.outputs(&room).map(f64::to_bits).collect::<Vec<_>>());
    }
    assert_eq!(bits[0], bits[1]);
}

/// The values of a population's neurons as the trained network has them.
fn wanted(planned: &Plan, p: usize, values: &Activations<f64>) -> Vec<f64> {
    let (source, population) = (planned.sources[p], &planned.net.populations[p]);
    let node = values.of_sample(source.node, 0);
    let mut all = vec![0.0; population.len()];
    for (e, x) in node.iter().enumerate() {
        all[population.place(e)] = source.value(*x);
    }
    // Neurons that nobody reads need not spike.
    for (v, read) in all.iter_mut().zip(&population.read) {
        *v *= f64::from(u8::from(*read));
    }
    all
}

/// Populations that must share a scale, since their spikes are compared.
fn compared_with(net: &Net, p: usize) -> Vec<usize> {
    let mut group = vec![p];
    let mut at = 0;
    while at < group.len() {
        for (i, q) in net.populations.iter().enumerate() {
            if q.kind == Kind::Largest {
                let one: Vec<usize> = q.links.iter().map(|l| l.from).chain([i]).collect();
                if one.contains(&group[at]) {
                    group.extend(
                        one.iter()
                            .filter(|k| !group.contains(k))
                            .collect::<Vec<_>>(),
                    );
                }
            }
        }
        at += 1;
    }
    group
}

#[test]
fn what_is_larger_than_the_scale_of_any_layer_is_clipped_and_counted() {
    let g = of_everything();
    let sample = numbers(g.input().len(), 77);
    let planned = plan(&g, &Calibration::of(&g, &sample, 1), true).unwrap();
    let forward = Forward::<f64>::new(&g);
    let mut values = forward.room();
    let inputs: Vec<f64> = sample.iter().map(|v| f64::from(*v)).collect();
    forward.run(&inputs, &mut values);
    let (mut inner, mut capped) = (0, 0);
    for (p, population) in planned.net.populations.iter().enumerate() {
        let want = wanted(&planned, p, &values);
        let top = want.iter().fold(0.0f64, |m, v| m.max(*v));
        let bounded = match population.kind {
            Kind::Neurons { cap } if cap.is_finite() => true,
            Kind::Neurons { .. } | Kind::Input { .. } => false,
            _ => continue,
        };
        if top == 0.0 {
            continue;
        }
        let group = compared_with(&planned.net, p);
        let mut net = planned.net.clone();
        for k in &group {
            net.populations[*k].largest = 0.4 * top / HEADROOM;
        }
        let ramp = Ramp::new(net, WINDOW, HEADROOM);
        let mut room = ramp.room();
        ramp.run(&sample, &mut room);
        let scale = ramp.scales[p];
        let mut have = Vec::new();
        ramp.decode(p, &room, &mut have);
        for (have, want) in have.iter().zip(&want) {
            assert!(
                (have - want.min(scale)).abs() < 1e-6 * scale,
                "{p}: {have}, not {want}"
            );
        }
        let over = want.iter().filter(|v| **v > scale * (1.0 + 1e-6)).count() as u64;
        if bounded {
            // A cap is what the function says; nothing is lost there.
            assert_eq!(
                (scale, room.counts.clipped[p]),
                (population_cap(population), 0)
            );
            capped += want.iter().filter(|v| **v == scale).count();
        } else {
            assert!(over > 0 && room.counts.clipped[p] == over, "{p}: {over}");
            inner += usize::from(!matches!(population.kind, Kind::Input { .. }));
        }
        for q in (0..p).filter(|q| !group.contains(q)) {
            assert_eq!(room.counts.clipped[q], 0, "{p}: {q}");
        }
    }
    assert!(inner >= 8 && capped > 0, "{inner}, {capped}");
}

fn population_cap(p: &Population) -> f64 {
    match p.kind {
        Kind::Neurons { cap } => cap,
        _ => f64::INFINITY,
    }
}

#[test]
fn a_model_that_is_written_and_read_again_is_the_same() {
    let g = of_everything();
    let samples = numbers(5 * g.input().len(), 77);
    let dir = tempfile::tempdir().unwrap();
    let code = CodeSpec::Exact {
        window: 1 << 20,
        tick_ps: 1000,
        headroom: 1.25,
    };
    for units in [false, true] {
        let seen = Calibration::of(&g, &samples, 1);
        let planned = plan(&g, &seen, units).unwrap();
        let written = Model {
            graph: g.clone(),
            network: code.network(planned.net, Default::default()).unwrap(),
            code: code.clone(),
            sources: planned.sources,
            seen,
            origin: Origin::default(),
            calibrated: Some(Calibrated {
                samples: 5,
                ..Calibrated::default()
            }),
        };
        let path = dir.path().join(format!("{units}.snn"));
        model::write(&written, &path, false).unwrap();
        let read = model::read(&path).unwrap();
        assert_eq!(read.graph, written.graph);
        assert_eq!((&read.seen, &read.code), (&written.seen, &code));
        assert_eq!(read.sources, written.sources);
        let (mut one, mut two) = (written.network.session(), read.network.session());
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for sample in samples.chunks_exact(g.input().len()) {
            one.show(sample);
            two.show(sample);
            one.outputs(&mut a);
            two.outputs(&mut b);
            assert_eq!(a, b);
            assert_eq!(one.counts().operations, two.counts().operations);
            assert_eq!(one.counts().spikes, two.counts().spikes);
        }
    }
}
