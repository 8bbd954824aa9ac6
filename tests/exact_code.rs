//! The exact one-spike code against the forward pass and against stored outputs of trained networks.

use std::path::{Path, PathBuf};

use spikewheel::ann::{Activation, AvgPool, Conv, Dense, Forward, Graph, Op, Window, largest_of};
use spikewheel::convert::{Calibration, plan};
use spikewheel::import::{DataOptions, Options, data as read, expected, model as import};
use spikewheel::model::{self, Calibrated, CodeSpec, Model, Origin};
use spikewheel::spiking::{Kind, Ramp};

/// Picoseconds in a millisecond: a fine tick.
const WINDOW: u32 = 1_000_000_000;
const HEADROOM: f64 = 1.5;

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

#[test]
fn every_kind_of_layer_is_computed_exactly() {
    let g = of_everything();
    let samples = numbers(20 * g.input().len(), 77);
    let seen = Calibration::of(&g, &samples, 1);
    let inputs: Vec<f64> = samples.iter().map(|v| f64::from(*v)).collect();
    let want = Forward::<f64>::new(&g).outputs(&inputs, 1);
    for units in [false, true] {
        let planned = plan(&g, &seen, units).unwrap();
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
fn what_is_larger_than_the_scale_is_clipped_and_counted() {
    let g = of_everything();
    let samples = numbers(g.input().len(), 77);
    let planned = plan(&g, &Calibration::of(&g, &samples, 1), true).unwrap();
    let ramp = Ramp::new(planned.net, WINDOW, 0.5);
    let mut room = ramp.room();
    ramp.run(&samples, &mut room);
    assert!(room.counts.clipped[0] > 0);
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
            network: code.network(planned.net),
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

struct Shown {
    same: usize,
    samples: usize,
    deviation: f64,
    operations: f64,
    spikes_per_neuron: f64,
    clipped: u64,
}

fn show(
    model: &Path,
    calibrate: (&Path, Option<&str>),
    test: &Path,
    logits: &Path,
    by: f64,
) -> Shown {
    let g = import(model, &Options::default()).unwrap();
    let options = |samples: Option<&str>, limit| DataOptions {
        samples: samples.map(String::from),
        divide_by: Some(by),
        limit,
        ..DataOptions::default()
    };
    let some = read(calibrate.0, &g, &options(calibrate.1, Some(300))).unwrap();
    let set = read(test, &g, &options(None, None)).unwrap();
    let (_, want) = expected(logits).unwrap();
    let planned = plan(&g, &Calibration::of(&g, &some.values, 2), true).unwrap();
    let ramp = Ramp::new(planned.net, WINDOW, HEADROOM);
    let mut room = ramp.room();
    let mut all = Shown {
        same: 0,
        samples: set.count,
        deviation: 0.0,
        operations: 0.0,
        spikes_per_neuron: 0.0,
        clipped: 0,
    };
    let n = set.count as f64;
    for (sample, want) in set
        .values
        .chunks_exact(g.input().len())
        .zip(want.chunks_exact(10))
    {
        ramp.run(sample, &mut room);
        let have: Vec<f64> = ramp.outputs(&room).collect();
        all.same += usize::from(largest_of(&have) == largest_of(want));
        let top = want.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (h, w) in have.iter().zip(want) {
            all.deviation = all.deviation.max((h - w).abs() / top);
        }
        all.operations += room.counts.operations.iter().sum::<u64>() as f64 / n;
        all.clipped += room.counts.clipped.iter().sum::<u64>();
        for (p, spikes) in ramp.net.populations.iter().zip(&room.counts.spikes) {
            if !matches!(p.kind, Kind::Input { .. }) {
                all.spikes_per_neuron += *spikes as f64 / n / ramp.net.hidden() as f64;
            }
        }
    }
    all
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("networks/models")
        .join(name)
}

#[test]
fn the_digits_network_decides_as_it_was_trained() {
    let shown = show(
        &shipped("digits_mlp.onnx"),
        (&shipped("digits.npz"), Some("x_train")),
        &shipped("digits.npz"),
        &shipped("digits_mlp.logits.npy"),
        16.0,
    );
    assert_eq!((shown.same, shown.samples, shown.clipped), (450, 450, 0));
    assert!(shown.deviation < 1e-5, "{}", shown.deviation);
    assert!(shown.operations < 3101.0, "{}", shown.operations);
}

/// Larger networks are no part of the repository; they are looked for beside it.
#[test]
fn larger_networks_decide_as_they_were_trained_where_they_are_at_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = ["../shared", "../../shared"].map(|p| root.join(p));
    let Some(shared) = shared.iter().find(|p| p.join("models").is_dir()) else {
        return;
    };
    let mnist = ("mnist_calib_1000", None, "mnist", 255.0);
    let cifar = (
        "cifar10_test_2000",
        Some("images"),
        "cifar10_test_2000",
        1.0,
    );
    // Synaptic operations per sample and spikes per hidden neuron, at most.
    let cases = [
        ("mlp_300_100.op17", mnist, 53_404.0, 0.34),
        ("mlp_300_100_pruned.op17", mnist, 1_884.0, 1.0),
        ("lenet5_avg_bn.op17", mnist, 172_010.0, 1.0),
        ("mlperf_resnet8.op17", cifar, 12_501_632.0, 1.0),
    ];
    for (model, (some, array, test, by), operations, spikes) in cases {
        let at = |name: String| shared.join(name);
        let network = model.split('.').next().unwrap_or(model);
        let shown = show(
            &at(format!("models/{model}.onnx")),
            (&at(format!("data/{some}.npz")), array),
            &at(format!("data/{test}.npz")),
            &at(format!("models/{network}.logits.npy")),
            by,
        );
        assert_eq!((shown.same, shown.clipped), (shown.samples, 0), "{model}");
        assert!(shown.deviation < 1e-5, "{model}: {}", shown.deviation);
        assert!(
            shown.operations <= operations,
            "{model}: {}",
            shown.operations
        );
        assert!(
            shown.spikes_per_neuron <= spikes,
            "{model}: {}",
            shown.spikes_per_neuron
        );
    }
}
