//! Files of trained networks: every operator against ONNX Runtime, whole networks against stored outputs,
//! and errors.

use std::io::Read;
use std::path::{Path, PathBuf};

use spikewheel::ann::{Forward, Graph, largest_of};
use spikewheel::definition::Diagnostic;
use spikewheel::import::{self, DataOptions, Options};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/models")
        .join(name)
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("networks/models")
        .join(name)
}

/// All files of `operators.zip`, in a directory that goes away.
fn operators() -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::open(data("operators.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut names = Vec::new();
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let name = entry.name().unwrap().to_string();
        std::fs::write(dir.path().join(&name), bytes).unwrap();
        if let Some(name) = name.strip_suffix(".onnx") {
            names.push(name.to_string());
        }
    }
    (dir, names)
}

fn told(e: &[Diagnostic]) -> String {
    let one = |d: &Diagnostic| format!("{} | {}", d.message, d.help.clone().unwrap_or_default());
    e.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// The outputs in double precision, one row for each sample.
fn outputs(graph: &Graph, samples: &Path, options: &DataOptions) -> Vec<Vec<f64>> {
    let set = import::data(samples, graph, options).unwrap_or_else(|e| panic!("{}", told(&e)));
    let input: Vec<f64> = set.values.iter().map(|v| f64::from(*v)).collect();
    let width = graph.node(graph.output()).len();
    let out = Forward::<f64>::new(graph).outputs(&input, 1);
    out.chunks_exact(width)
        .map(|row| match &graph.finish {
            Some(f) => f.apply(row),
            None => row.to_vec(),
        })
        .collect()
}

#[test]
fn every_operator_is_computed_as_by_onnx_runtime() {
    let (dir, names) = operators();
    assert!(names.len() > 100, "{}", names.len());
    let mut wrong = Vec::new();
    for name in names {
        let at = |ending: &str| dir.path().join(format!("{name}.{ending}"));
        let graph = match import::model(&at("onnx"), &Options::default()) {
            Ok(g) => g,
            Err(e) => {
                wrong.push(told(&e));
                continue;
            }
        };
        let have = outputs(&graph, &at("x.npy"), &DataOptions::default()).concat();
        let (_, want) = import::expected(&at("y.npy")).unwrap();
        let largest = want.iter().fold(0.1f64, |m, v| m.max(v.abs()));
        let off = have
            .iter()
            .zip(&want)
            .fold(0.0f64, |m, (h, w)| m.max((h - w).abs()));
        if have.len() != want.len() || off > 2e-6 * largest {
            wrong.push(format!(
                "{name}: {} outputs, {} expected, off by {off}",
                have.len(),
                want.len()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Deviation of the logits over the sample's largest, and how many decide alike.
fn against_logits(
    model: &Path,
    samples: &Path,
    logits: &Path,
    divide_by: f64,
) -> (f64, usize, usize) {
    let graph =
        import::model(model, &Options::default()).unwrap_or_else(|e| panic!("{}", told(&e)));
    let options = DataOptions {
        divide_by: Some(divide_by),
        ..DataOptions::default()
    };
    let set = import::data(samples, &graph, &options).unwrap();
    let have = Forward::<f32>::new(&graph).outputs(&set.values, 2);
    let (shape, want) = import::expected(logits).unwrap();
    assert_eq!(shape, [set.count, 10]);
    let mut largest = 0.0f64;
    let mut same = 0;
    for (h, w) in have.chunks_exact(10).zip(want.chunks_exact(10)) {
        let h: Vec<f64> = h.iter().map(|v| f64::from(*v)).collect();
        let top = w.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (h, w) in h.iter().zip(w) {
            largest = largest.max((h - w).abs() / top);
        }
        same += usize::from(largest_of(&h) == largest_of(w));
    }
    (largest, same, set.count)
}

#[test]
fn the_digits_network_gives_its_stored_logits() {
    let (off, same, all) = against_logits(
        &shipped("digits_mlp.onnx"),
        &shipped("digits.npz"),
        &shipped("digits_mlp.logits.npy"),
        16.0,
    );
    assert!(off < 1e-5, "{off}");
    assert_eq!((same, all), (450, 450));
}

/// Larger networks are no part of the repository; they are looked for beside it.
#[test]
fn larger_networks_give_their_stored_logits_where_they_are_at_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = ["../shared", "../../shared"].map(|p| root.join(p));
    let Some(shared) = shared.iter().find(|p| p.join("models").is_dir()) else {
        return;
    };
    let cases = [
        ("mlp_300_100.op13", "mnist", 255.0),
        ("mlp_300_100.op17", "mnist", 255.0),
        ("mlp_300_100_pruned.op17", "mnist", 255.0),
        ("lenet5_avg_bn.op13", "mnist", 255.0),
        ("lenet5_avg_bn.op17", "mnist", 255.0),
        ("mlperf_resnet8.op13", "cifar10_test_2000", 1.0),
        ("mlperf_resnet8.op17", "cifar10_test_2000", 1.0),
        ("mlperf_resnet8.nhwc.op13", "cifar10_test_2000", 1.0),
    ];
    for (model, samples, by) in cases {
        let network = model.split('.').next().unwrap_or(model);
        let (off, same, all) = against_logits(
            &shared.join(format!("models/{model}.onnx")),
            &shared.join(format!("data/{samples}.npz")),
            &shared.join(format!("models/{network}.logits.npy")),
            by,
        );
        assert!(off < 1e-5, "{model}: {off}");
        assert_eq!(same, all, "{model}");
    }
}

#[test]
fn everything_that_cannot_be_converted_is_told_at_once() {
    let errors = |name: &str, options: &Options| {
        let path = data("errors").join(format!("{name}.onnx"));
        import::model(&path, options).unwrap_err()
    };
    let all = errors("several_errors", &Options::default());
    let expected = [
        "node `squash` (Tanh): cannot be converted; so do `squash2`",
        "node `gate` (Softmax): softmax stands inside the network",
        "node `typo` (LeekyRelu): cannot be converted",
        "node `fine` (Relu): has attributes that are unknown: `alhpa`",
    ];
    assert_eq!(all.len(), expected.len(), "{}", told(&all));
    for (d, e) in all.iter().zip(expected) {
        assert!(d.message.contains(e), "{}", d.message);
    }
    // Where it is, and what to do.
    assert!(told(&all).contains("it reads `x` and gives `a`; train the network with ReLU"));
    assert!(told(&all).contains("did you mean `LeakyRelu`?"));
    for (name, text) in [
        ("loop", "node `one` reads its own result, by way of `b`"),
        (
            "misfit",
            "node `dense` (Gemm): its weights take 5 inputs, and what comes in is 4",
        ),
        ("open_shape", "axis 2 of its input `x` is open (`height`)"),
        ("two_outputs", "it has several outputs: `y`, `z`"),
    ] {
        let all = errors(name, &Options::default());
        assert!(
            all.len() == 1 && all[0].message.contains(text),
            "{}",
            told(&all)
        );
    }
    let shaped = Options {
        input_shape: Some(vec![3, 8, 8]),
        output: None,
    };
    let graph = import::model(&data("errors/open_shape.onnx"), &shaped).unwrap();
    assert_eq!(graph.node(graph.output()).shape, [2, 6, 6]);
    let second = Options {
        output: Some("z".into()),
        input_shape: None,
    };
    let graph = import::model(&data("errors/two_outputs.onnx"), &second).unwrap();
    assert_eq!(graph.node(graph.output()).op.name(), "scale");
}

#[test]
fn inspect_shows_layers_and_checks_outputs() {
    let run = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("spikewheel").unwrap();
        command.arg("inspect").args(args).output().unwrap()
    };
    let path = |name: &str| shipped(name).display().to_string();
    let (model, samples) = (path("digits_mlp.onnx"), path("digits.npz"));
    let logits = path("digits_mlp.logits.npy");
    let out = run(&[
        &model,
        "--data",
        &samples,
        "--divide-by",
        "16",
        "--expect",
        &logits,
        "--json",
    ]);
    assert!(out.status.success());
    let shown: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(shown["macs"], 4928);
    assert_eq!(shown["check"]["same_decision"], 450);
    assert!((shown["check"]["accuracy"].as_f64().unwrap() - 437.0 / 450.0).abs() < 1e-12);
    assert!(shown["check"]["relative_deviation"].as_f64().unwrap() < 1e-5);
    // Pixels as they are: said, not computed.
    let out = run(&[&model, "--data", &samples]);
    assert_eq!(out.status.code(), Some(2));
    let told = String::from_utf8_lossy(&out.stderr).replace("\n  │", "");
    assert!(told.contains("whole numbers from 0 to 16"), "{told}");
    let nir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nir/lif_norse.nir");
    let out = run(&[&nir.display().to_string(), "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(shown["dialect"]["time_step"], 1e-4);
    assert_eq!(shown["nodes"][1]["verdict"], "exact");
}
