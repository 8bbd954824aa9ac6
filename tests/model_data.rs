//! Lists of weights and data sets for networks: names, shapes, ranges and labels.

use std::io::Write;
use std::path::{Path, PathBuf};

use spikewheel::ann::{Dense, Forward, Graph, Op};
use spikewheel::definition::Diagnostic;
use spikewheel::import::{self, DataOptions, DataSet, Options};

fn told(e: &[Diagnostic]) -> String {
    let one = |d: &Diagnostic| format!("{} | {}", d.message, d.help.clone().unwrap_or_default());
    e.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A .npy file.
fn npy(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let header = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}\n",
        axes.join(" ")
    );
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend((header.len() as u16).to_le_bytes());
    all.extend(header.as_bytes());
    all.extend(data);
    all
}

fn floats(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    npy("<f4", shape, &bytes)
}

fn npz(dir: &Path, name: &str, arrays: &[(&str, Vec<u8>)]) -> PathBuf {
    let path = dir.join(name);
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in arrays {
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn outputs(g: &Graph, x: &[f64]) -> Vec<f64> {
    Forward::<f64>::new(g).outputs(x, 1)
}

// y = W1 relu(W0 x + b0) + b1 by hand: x = (1, 2), W0 = [[1, -1], [0, 2], [1, 1]], b0 = (0.5, 0, -4)
// gives (-0.5, 4, -1), relu (0, 4, 0); W1 = [[9, 2, 9]], b1 = (-1) gives 7.
const W0: [f32; 6] = [1.0, -1.0, 0.0, 2.0, 1.0, 1.0];
const W0_BY_INPUT: [f32; 6] = [1.0, 0.0, 1.0, -1.0, 2.0, 1.0];
const B0: [f32; 3] = [0.5, 0.0, -4.0];
const W1: [f32; 3] = [9.0, 2.0, 9.0];

#[test]
fn lists_of_weights_become_dense_layers_under_all_usual_names() {
    let dir = tempfile::tempdir().unwrap();
    let names = [
        ["w0", "b0", "w1", "b1"],
        ["W1", "b1", "W2", "b2"],
        ["weight9", "bias9", "weight10", "bias10"],
        ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
        ["0.weight", "0.bias", "2.weight", "2.bias"],
        [
            "dense_1/kernel",
            "dense_1/bias",
            "dense_2/kernel",
            "dense_2/bias",
        ],
        ["arr_0", "arr_1", "arr_2", "arr_3"],
        ["hidden_W", "hidden_b", "out_W", "out_b"],
    ];
    for [w0, b0, w1, b1] in names {
        for by_input in [false, true] {
            let first = if by_input {
                floats(&[2, 3], &W0_BY_INPUT)
            } else {
                floats(&[3, 2], &W0)
            };
            let second = floats(if by_input { &[3, 1] } else { &[1, 3] }, &W1);
            let arrays = [
                (w0, first),
                (b0, floats(&[3], &B0)),
                (w1, second),
                (b1, floats(&[1], &[-1.0])),
            ];
            let path = npz(dir.path(), "net.npz", &arrays);
            let g = import::model(&path, &Options::default())
                .unwrap_or_else(|e| panic!("{w0}: {}", told(&e)));
            assert_eq!(outputs(&g, &[1.0, 2.0]), [7.0], "{w0}, {by_input}");
        }
    }
}

#[test]
fn lists_that_make_no_network_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |arrays: &[(&str, Vec<u8>)]| {
        let path = npz(dir.path(), "bad.npz", arrays);
        told(&import::model(&path, &Options::default()).unwrap_err())
    };
    let chain = refused(&[
        ("w0", floats(&[3, 2], &W0)),
        ("w1", floats(&[1, 4], &[0.0; 4])),
    ]);
    assert!(
        chain.contains("do not make a chain") && chain.contains("`w1` 1 x 4"),
        "{chain}"
    );
    let alone = refused(&[("w0", floats(&[3, 2], &W0)), ("b7", floats(&[3], &B0))]);
    assert!(alone.contains("`b7`"), "{alone}");
    let conv = refused(&[("w0", floats(&[2, 1, 1, 3], &W0))]);
    assert!(conv.contains("ONNX"), "{conv}");
    let nan = refused(&[("w0", floats(&[1, 2], &[f32::NAN, 0.0]))]);
    assert!(nan.contains("NaN"), "{nan}");
    assert!(refused(&[("b", floats(&[3], &B0))]).contains("no matrix"));
}

/// A network of the input shape given: a reshape and a dense layer that adds up, for three classes.
fn net(shape: &[usize]) -> Graph {
    let mut g = Graph::new("net", "input", shape).unwrap();
    let n = shape.iter().product();
    g.push("flat", Op::Reshape(vec![n]), &[0]).unwrap();
    let dense = Dense {
        inputs: n,
        outputs: 3,
        weight: vec![1.0; 3 * n],
        bias: vec![0.0; 3],
    };
    g.push("sum", Op::Dense(dense), &[1]).unwrap();
    g
}

fn samples(path: &Path, g: &Graph, options: &DataOptions) -> DataSet {
    import::data(path, g, options).unwrap_or_else(|e| panic!("{}", told(&e)))
}

fn refused(path: &Path, g: &Graph, options: &DataOptions) -> String {
    told(&import::data(path, g, options).unwrap_err())
}

#[test]
fn samples_and_labels_are_found_by_usual_names_and_belong_together() {
    let dir = tempfile::tempdir().unwrap();
    let g = net(&[2]);
    let x = |v: f32| floats(&[2, 2], &[v; 4]);
    let y = |v: u8| npy("|u1", &[2], &[v, v]);
    let all = [
        ("x_train", x(0.25)),
        ("y_train", y(0)),
        ("X_test", x(0.5)),
        ("y_test", y(1)),
    ];
    let path = npz(dir.path(), "a.npz", &all);
    let set = samples(&path, &g, &DataOptions::default());
    assert_eq!(
        (set.count, set.values, set.labels),
        (2, vec![0.5; 4], Some(vec![1, 1]))
    );
    let train = DataOptions {
        samples: Some("x_train".into()),
        limit: Some(1),
        ..DataOptions::default()
    };
    let set = samples(&path, &g, &train);
    assert_eq!(
        (set.count, set.values, set.labels),
        (1, vec![0.25; 2], Some(vec![0]))
    );
    let path = npz(dir.path(), "b.npz", &[("images", x(0.5)), ("labels", y(2))]);
    assert_eq!(
        samples(&path, &g, &DataOptions::default()).labels,
        Some(vec![2, 2])
    );
    let one_hot = floats(&[2, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let path = npz(
        dir.path(),
        "c.npz",
        &[("data", x(0.5)), ("targets", one_hot)],
    );
    assert_eq!(
        samples(&path, &g, &DataOptions::default()).labels,
        Some(vec![1, 2])
    );
    let path = npz(dir.path(), "d.npz", &[("foo", x(0.5)), ("bar", y(2))]);
    let text = refused(&path, &g, &DataOptions::default());
    assert!(
        text.contains("`bar`, `foo`") && text.contains("--samples"),
        "{text}"
    );
    let wrong = DataOptions {
        samples: Some("fo".into()),
        ..DataOptions::default()
    };
    assert!(refused(&path, &g, &wrong).contains("did you mean `foo`"));
    let three = npy("|u1", &[3], &[0; 3]);
    let path = npz(dir.path(), "e.npz", &[("x", x(0.5)), ("y", three)]);
    // Labels that only have a usual name may belong to other samples; those that are asked for may not.
    let set = samples(&path, &g, &DataOptions::default());
    assert_eq!((set.count, set.labels), (2, None));
    assert!(
        set.notes
            .iter()
            .any(|n| n.contains("3 of them for 2 samples"))
    );
    let named = DataOptions {
        labels: Some("y".into()),
        ..DataOptions::default()
    };
    assert!(refused(&path, &g, &named).contains("there are 2 samples"));
    let reals = floats(&[2], &[0.5, 1.5]);
    let path = npz(dir.path(), "f.npz", &[("x", x(0.5)), ("targets", reals)]);
    let set = samples(&path, &g, &DataOptions::default());
    assert!(
        set.labels.is_none() && set.notes[1].contains("no classes"),
        "{:?}",
        set.notes
    );
}

#[test]
fn calibration_takes_what_is_for_training() {
    let dir = tempfile::tempdir().unwrap();
    let g = net(&[2]);
    let x = |v: f32| floats(&[2, 2], &[v; 4]);
    let all = [
        ("x_test", x(0.5)),
        ("x_train", x(0.25)),
        ("y_train", npy("|u1", &[2], &[1, 0])),
    ];
    let path = npz(dir.path(), "a.npz", &all);
    let training = DataOptions {
        training: true,
        ..DataOptions::default()
    };
    let set = samples(&path, &g, &training);
    assert_eq!((set.values, set.labels), (vec![0.25; 4], Some(vec![1, 0])));
    assert_eq!(samples(&path, &g, &DataOptions::default()).values, [0.5; 4]);
}

#[test]
fn whole_numbers_beyond_one_ask_for_a_range() {
    let dir = tempfile::tempdir().unwrap();
    let g = net(&[2]);
    let path = dir.path().join("x.npy");
    std::fs::write(&path, npy("|u1", &[1, 2], &[0, 255])).unwrap();
    let text = refused(&path, &g, &DataOptions::default());
    assert!(
        text.contains("from 0 to 255") && text.contains("--divide-by 255"),
        "{text}"
    );
    let by = |by: f64| DataOptions {
        divide_by: Some(by),
        ..DataOptions::default()
    };
    assert_eq!(samples(&path, &g, &by(255.0)).values, [0.0, 1.0]);
    assert_eq!(samples(&path, &g, &by(1.0)).values, [0.0, 255.0]);
    assert!(refused(&path, &g, &by(0.0)).contains("divided by 0"));
    // Floats that are whole tell the same; others are taken as they are.
    std::fs::write(&path, floats(&[1, 2], &[0.0, 16.0])).unwrap();
    assert!(refused(&path, &g, &DataOptions::default()).contains("--divide-by 16"));
    std::fs::write(&path, floats(&[1, 2], &[-2.5, 3.0])).unwrap();
    assert_eq!(
        samples(&path, &g, &DataOptions::default()).values,
        [-2.5, 3.0]
    );
    std::fs::write(&path, floats(&[1, 2], &[f32::INFINITY, 3.0])).unwrap();
    assert!(refused(&path, &g, &DataOptions::default()).contains("no finite number"));
}

#[test]
fn channels_come_first_or_last() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.npy");
    let mut g = net(&[3, 2, 2]);
    // Channel c of pixel p is p + c / 4.
    let first: Vec<f32> = (0..12)
        .map(|i| (i % 4) as f32 + (i / 4) as f32 / 4.0)
        .collect();
    let last: Vec<f32> = (0..12)
        .map(|i| (i / 3) as f32 + (i % 3) as f32 / 4.0)
        .collect();
    let o = DataOptions::default();
    for shape in [vec![1, 3, 2, 2], vec![1, 12]] {
        std::fs::write(&path, floats(&shape, &first)).unwrap();
        assert_eq!(samples(&path, &g, &o).values, first, "{shape:?}");
    }
    std::fs::write(&path, floats(&[1, 2, 2, 3], &last)).unwrap();
    let set = samples(&path, &g, &o);
    assert_eq!(set.values, first);
    assert!(set.notes.iter().any(|n| n.contains("turned")));
    // The network's file wants them last: flat samples lie as the file has them.
    g.layout = Some(vec![1, 2, 0]);
    for shape in [vec![1, 2, 2, 3], vec![1, 12], vec![2, 2, 3]] {
        std::fs::write(&path, floats(&shape, &last)).unwrap();
        assert_eq!(samples(&path, &g, &o).values, first, "{shape:?}");
    }
    std::fs::write(&path, floats(&[1, 3, 2, 2], &first)).unwrap();
    assert_eq!(samples(&path, &g, &o).values, first);
    std::fs::write(&path, floats(&[1, 3, 4], &first)).unwrap();
    let text = refused(&path, &g, &o);
    assert!(
        text.contains("3 x 4, and the network takes 2 x 2 x 3"),
        "{text}"
    );
}

#[test]
fn tables_may_have_a_column_of_labels() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.csv");
    let g = net(&[2]);
    let o = DataOptions::default();
    for (text, labels) in [
        ("a,b\n0.5,0.25\n0.5,0.75\n", None),
        ("a,label,b\n0.5,2,0.25\n0.5,0,0.75\n", Some(vec![2, 0])),
        ("2,0.5,0.25\n0,0.5,0.75\n", Some(vec![2, 0])),
        ("0.5,0.25,2\n0.5,0.75,0\n", Some(vec![2, 0])),
    ] {
        std::fs::write(&path, text).unwrap();
        let set = samples(&path, &g, &o);
        assert_eq!(set.values, [0.5, 0.25, 0.5, 0.75], "{text}");
        assert_eq!(set.labels, labels, "{text}");
    }
    std::fs::write(&path, "0.5,0.25,0.1,0.2\n").unwrap();
    assert!(refused(&path, &g, &o).contains("4 columns"));
    std::fs::write(&path, "a,class\n0.5,1\n").unwrap();
    let named = DataOptions {
        labels: Some("clas".into()),
        ..DataOptions::default()
    };
    assert!(refused(&path, &g, &named).contains("did you mean `class`"));
}
