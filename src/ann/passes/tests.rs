//! Every pass against the forward pass of the graph as it was.

use super::simplify;
use crate::ann::Graph;
use crate::ann::op::{Activation, AvgPool, Conv, Dense, Op, Scale, Select, Window};
use crate::ann::plain::{self, numbers};

pub fn conv(inputs: usize, outputs: usize, groups: usize, window: Window, salt: usize) -> Conv {
    Conv {
        inputs,
        outputs,
        groups,
        weight: numbers(outputs * inputs / groups * window.area(), salt),
        bias: numbers(outputs, salt + 1),
        window,
        output_padding: [0, 0],
    }
}

fn dense(inputs: usize, outputs: usize, salt: usize) -> Op {
    Op::Dense(Dense {
        inputs,
        outputs,
        weight: numbers(inputs * outputs, salt),
        bias: numbers(outputs, salt + 1),
    })
}

/// Like a batch norm: factors from 0.2 on.
fn norm(channels: usize, salt: usize) -> Op {
    Op::Scale(Scale {
        scale: numbers(channels, salt)
            .iter()
            .map(|x| x.abs() + 0.2)
            .collect(),
        shift: numbers(channels, salt + 1),
    })
}

fn factors(channels: usize, salt: usize) -> Op {
    let Op::Scale(mut s) = norm(channels, salt) else {
        unreachable!()
    };
    s.shift = vec![0.0];
    Op::Scale(s)
}

const RELU: Op = Op::Activation(Activation::Relu);

fn padded(kernel: usize, pad: usize) -> Window {
    Window {
        pads: [pad; 4],
        ..Window::new([kernel; 2])
    }
}

/// A chain of layers behind an input.
fn chain(shape: &[usize], ops: Vec<Op>) -> Graph {
    let mut g = Graph::new("test", "input", shape).unwrap();
    for (i, op) in ops.into_iter().enumerate() {
        g.push(format!("n{i}"), op, &[i]).unwrap();
    }
    g
}

/// Simplifies, compares the outputs and gives the names of what is left.
fn simplified(g: &Graph) -> (Graph, Vec<&'static str>) {
    let s = simplify(g.clone()).unwrap();
    for salt in 0..3 {
        let x: Vec<f64> = numbers(g.input().len(), 77 + salt)
            .iter()
            .map(|x| f64::from(*x))
            .collect();
        let want = &plain::all(g, &x)[g.output()];
        let have = &plain::all(&s, &x)[s.output()];
        let largest = want.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
        assert_eq!(want.len(), have.len());
        for (w, h) in want.iter().zip(have) {
            assert!((w - h).abs() <= 2e-6 * largest, "{w} became {h}");
        }
    }
    let names = s.nodes().iter().map(|n| n.op.name()).collect();
    (s, names)
}

#[test]
fn a_norm_behind_a_layer_goes_into_it() {
    let w = padded(3, 1);
    let g = chain(
        &[2, 5, 5],
        vec![Op::Conv(conv(2, 4, 1, w, 1)), norm(4, 5), RELU],
    );
    let (s, names) = simplified(&g);
    assert_eq!(names, ["input", "conv", "relu"]);
    assert_eq!(s.node(1).folded, ["n1"]);
    let g = chain(&[6], vec![dense(6, 4, 1), norm(4, 5), RELU]);
    assert_eq!(simplified(&g).1, ["input", "dense", "relu"]);
    let mut up = conv(
        4,
        6,
        2,
        Window {
            stride: [2, 2],
            ..padded(3, 1)
        },
        3,
    );
    up.output_padding = [1, 1];
    let g = chain(&[4, 3, 3], vec![Op::ConvTranspose(up), norm(6, 5)]);
    assert_eq!(simplified(&g).1, ["input", "conv transpose"]);
    let g = chain(&[4, 6, 6], vec![Op::Conv(conv(4, 4, 4, w, 1)), norm(4, 5)]);
    assert_eq!(simplified(&g).1, ["input", "depthwise conv"]);
}

#[test]
fn a_norm_before_a_layer_goes_into_it_unless_padding_would_show() {
    let g = chain(
        &[2, 5, 5],
        vec![RELU, norm(2, 5), Op::Conv(conv(2, 4, 1, padded(3, 0), 1))],
    );
    assert_eq!(simplified(&g).1, ["input", "relu", "conv"]);
    let g = chain(
        &[2, 5, 5],
        vec![RELU, norm(2, 5), Op::Conv(conv(2, 4, 1, padded(3, 1), 1))],
    );
    assert_eq!(simplified(&g).1, ["input", "relu", "scale", "conv"]);
    let g = chain(
        &[2, 5, 5],
        vec![factors(2, 5), Op::Conv(conv(2, 4, 1, padded(3, 1), 1))],
    );
    assert_eq!(simplified(&g).1, ["input", "conv"]);
    let g = chain(
        &[4, 3, 3],
        vec![
            factors(4, 5),
            Op::ConvTranspose(conv(4, 2, 2, padded(3, 1), 3)),
        ],
    );
    assert_eq!(simplified(&g).1, ["input", "conv transpose"]);
    let g = chain(
        &[4, 5, 5],
        vec![RELU, norm(4, 5), Op::Conv(conv(4, 4, 2, padded(3, 0), 1))],
    );
    assert_eq!(simplified(&g).1, ["input", "relu", "conv"]);
}

#[test]
fn a_norm_passes_pools_and_new_shapes() {
    let pool = |include_pad, pad| {
        Op::AvgPool(AvgPool {
            window: Window {
                stride: [2, 2],
                ..padded(2, pad)
            },
            include_pad,
        })
    };
    for (p, left) in [
        (pool(true, 0), vec!["input", "conv", "average pool"]),
        (pool(false, 1), vec!["input", "conv", "average pool"]),
        // Zeros of the padding take part in the mean, and the offset would be added to them.
        (
            pool(true, 1),
            vec!["input", "conv", "average pool", "scale"],
        ),
        (Op::MaxPool(padded(2, 1)), vec!["input", "conv", "max pool"]),
    ] {
        let g = chain(
            &[1, 6, 6],
            vec![Op::Conv(conv(1, 3, 1, padded(3, 1), 1)), p, norm(3, 4)],
        );
        assert_eq!(simplified(&g).1, left);
    }
    let g = chain(
        &[3, 4, 4],
        vec![
            RELU,
            norm(3, 4),
            Op::MaxPool(Window {
                stride: [2, 2],
                ..padded(2, 0)
            }),
            Op::Reshape(vec![12]),
            dense(12, 5, 3),
        ],
    );
    assert_eq!(
        simplified(&g).1,
        ["input", "relu", "max pool", "reshape", "dense"]
    );
    // A negative factor turns the order around.
    let turned = Op::Scale(Scale {
        scale: vec![-1.0],
        shift: vec![0.0],
    });
    let g = chain(
        &[3, 4, 4],
        vec![
            RELU,
            turned,
            Op::MaxPool(padded(2, 0)),
            Op::Reshape(vec![27]),
            dense(27, 5, 3),
        ],
    );
    assert_eq!(
        simplified(&g).1,
        ["input", "relu", "scale", "max pool", "reshape", "dense"]
    );
}

#[test]
fn a_layer_that_others_read_is_left_alone() {
    let mut g = Graph::new("t", "input", &[4]).unwrap();
    let a = g.push("a", dense(4, 4, 1), &[0]).unwrap();
    let b = g.push("b", norm(4, 9), &[a]).unwrap();
    let r = g.push("r", RELU, &[b]).unwrap();
    g.push("sum", Op::Sum(vec![1.0, -1.0]), &[a, r]).unwrap();
    assert_eq!(simplified(&g).1, ["input", "dense", "scale", "relu", "add"]);
}

#[test]
fn norms_of_branches_pass_a_concat() {
    let mut g = Graph::new("t", "input", &[2, 4, 4]).unwrap();
    let a = g.push("a", RELU, &[0]).unwrap();
    let b = g.push("b", norm(2, 9), &[a]).unwrap();
    let c = g.push("c", Op::Concat(0), &[a, b]).unwrap();
    g.push("d", Op::Conv(conv(4, 3, 1, padded(3, 0), 1)), &[c])
        .unwrap();
    assert_eq!(simplified(&g).1, ["input", "relu", "concat", "conv"]);
}

#[test]
fn zeros_around_become_padding() {
    let pads = [0, 1, 2, 1];
    let g = chain(
        &[2, 5, 5],
        vec![Op::Pad(pads), Op::Conv(conv(2, 4, 1, padded(3, 1), 1))],
    );
    let (s, names) = simplified(&g);
    assert_eq!(names, ["input", "conv"]);
    let Op::Conv(c) = &s.node(1).op else { panic!() };
    assert_eq!(c.window.pads, [1, 2, 3, 2]);
    let g = chain(
        &[2, 5, 5],
        vec![RELU, Op::Pad([0, 0, 1, 1]), Op::MaxPool(padded(2, 0))],
    );
    assert_eq!(simplified(&g).1, ["input", "relu", "max pool"]);
    // Without the ReLU the zero may be the largest.
    let g = chain(
        &[2, 5, 5],
        vec![Op::Pad([0, 0, 1, 1]), Op::MaxPool(padded(2, 0))],
    );
    assert_eq!(simplified(&g).1, ["input", "pad", "max pool"]);
}

/// The transposition of (c, h, w) to (h, w, c).
fn channels_last(c: usize, h: usize, w: usize) -> Op {
    let from = (0..h * w * c)
        .map(|i| Some(((i % c) * h * w + i / c) as u32))
        .collect();
    Op::Select(Select {
        shape: vec![h, w, c],
        from,
        fill: 0.0,
    })
}

#[test]
fn rearrangements_go_into_a_dense_layer() {
    let g = chain(
        &[2, 3, 4],
        vec![
            channels_last(2, 3, 4),
            RELU,
            Op::Reshape(vec![24]),
            dense(24, 5, 2),
        ],
    );
    assert_eq!(simplified(&g).1, ["input", "relu", "reshape", "dense"]);
    let back = (0..24)
        .map(|i| Some((i % 12 * 2 + i / 12) as u32))
        .collect();
    let back = Op::Select(Select {
        shape: vec![2, 3, 4],
        from: back,
        fill: 0.0,
    });
    let g = chain(
        &[2, 3, 4],
        vec![
            channels_last(2, 3, 4),
            RELU,
            back,
            Op::Conv(conv(2, 2, 1, padded(3, 1), 1)),
        ],
    );
    assert_eq!(simplified(&g).1, ["input", "relu", "conv"]);
    let some = Op::Select(Select {
        shape: vec![3],
        from: vec![Some(5), None, Some(0)],
        fill: 0.75,
    });
    let g = chain(&[6], vec![some, dense(3, 4, 1)]);
    assert_eq!(simplified(&g).1, ["input", "dense"]);
}

#[test]
fn what_does_nothing_goes() {
    let g = chain(
        &[6],
        vec![
            Op::Reshape(vec![2, 3]),
            Op::Reshape(vec![6]),
            Op::Scale(Scale {
                scale: vec![1.0],
                shift: vec![0.0; 6],
            }),
            Op::Sum(vec![1.0]),
            Op::Activation(Activation::Clip {
                low: 0.0,
                high: f32::INFINITY,
            }),
        ],
    );
    assert_eq!(simplified(&g).1, ["input", "relu"]);
}
