//! Trained networks, each shown all samples of its test set.

use std::path::{Path, PathBuf};

use crate::shown::{Shown, Shows};

fn at(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(name)
}

/// A network of `folder` for one of the data sets that come along.
fn shipped(name: &str, folder: &str, data: PathBuf, divide_by: f64) -> Shows {
    Shows {
        model: at(folder, &format!("{name}.onnx")),
        logits: at(folder, &format!("{name}.logits.npy")),
        calibrate: (data.clone(), Some("x_train")),
        data,
        samples: None,
        divide_by,
    }
}

fn for_digits(name: &str, folder: &str) -> Shown {
    let digits = at("networks/models", "digits.npz");
    let shown = shipped(name, folder, digits, 16.0).run();
    assert_eq!(shown.samples, 450);
    is_exact(name, &shown);
    shown
}

/// Every decision as in the trained network, and outputs as near as its own arithmetic; at most as many
/// operations.
fn is_exact(name: &str, shown: &Shown) {
    println!(
        "{name}: {:.2e} off, {:.1} operations for {:.1} products ({:.1} with sums and comparisons), \
         {:.3} spikes per neuron",
        shown.deviation,
        shown.operations,
        shown.effective[0],
        shown.effective[1],
        shown.spikes_per_neuron
    );
    assert_eq!((shown.same, shown.clipped), (shown.samples, 0), "{name}");
    assert!(shown.deviation < 1e-5, "{name}: {}", shown.deviation);
    assert!(
        shown.operations <= shown.effective[1] + 1e-6,
        "{name}: {} operations, {:?} of the trained network",
        shown.operations,
        shown.effective
    );
}

#[test]
fn the_digits_network_decides_as_it_was_trained() {
    let shown = for_digits("digits_mlp", "networks/models");
    assert!(shown.operations < 3101.0, "{}", shown.operations);
}

#[test]
fn networks_of_every_kind_of_layer_decide_as_they_were_trained() {
    for_digits("digits_maxpool", "networks/models");
    for kind in ["relu6_depthwise", "leaky", "concat", "residual"] {
        for_digits(&format!("digits_{kind}"), "tests/data/models");
    }
}

#[test]
fn a_network_of_time_series_decides_as_it_was_trained() {
    let vowels = at("tests/data/models", "vowels.npz");
    let shown = shipped("vowels_conv1d", "tests/data/models", vowels, 1e4).run();
    assert_eq!(shown.samples, 124);
    is_exact("vowels_conv1d", &shown);
}

/// Larger networks are no part of the repository; they are looked for beside it.
#[test]
fn larger_networks_decide_as_they_were_trained_where_they_are_at_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = ["../shared", "../../shared"].map(|p| root.join(p));
    let Some(shared) = shared.iter().find(|p| p.join("models").is_dir()) else {
        return;
    };
    let at = |name: String| -> PathBuf { shared.join(name) };
    let mnist = (("mnist_calib_1000", None), ("mnist", None), 255.0);
    let images = Some("images");
    let cifar = "cifar10_test_2000";
    let cifar = ((cifar, Some("calib_images")), (cifar, images), 1.0);
    // Synaptic operations per sample and spikes per hidden neuron, at most.
    let cases = [
        ("mlp_300_100.op17", mnist, 53_404.0, 0.34),
        ("mlp_300_100_pruned.op17", mnist, 1_884.0, 1.0),
        ("lenet5_avg_bn.op17", mnist, 172_010.0, 1.0),
        ("mlperf_resnet8.op17", cifar, 12_501_632.0, 1.0),
    ];
    for (model, (calibrate, test, divide_by), operations, spikes) in cases {
        let network = model.split('.').next().unwrap_or(model);
        let shown = Shows {
            model: at(format!("models/{model}.onnx")),
            logits: at(format!("models/{network}.logits.npy")),
            data: at(format!("data/{}.npz", test.0)),
            calibrate: (at(format!("data/{}.npz", calibrate.0)), calibrate.1),
            samples: test.1,
            divide_by,
        }
        .run();
        is_exact(network, &shown);
        assert!(
            shown.operations <= operations,
            "{network}: {}",
            shown.operations
        );
        assert!(
            shown.spikes_per_neuron <= spikes,
            "{network}: {}",
            shown.spikes_per_neuron
        );
    }
}

/// Networks of every kind for MNIST, as `tools/train_kinds.py` makes them, in the folder that the
/// environment names: `SPIKEWHEEL_MNIST_KINDS=FOLDER cargo test --release --test exact_code -- --ignored`.
#[test]
#[ignore = "needs networks that have to be trained first"]
fn networks_of_every_kind_decide_as_they_were_trained_on_all_of_mnist() {
    let folder = std::env::var("SPIKEWHEEL_MNIST_KINDS").expect("a folder with the networks");
    let folder = Path::new(&folder);
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "onnx") {
            continue;
        }
        let shown = Shows {
            logits: path.with_extension("logits.npy"),
            data: folder.join("mnist.npz"),
            calibrate: (folder.join("mnist.npz"), Some("x_train")),
            samples: None,
            divide_by: 255.0,
            model: path.clone(),
        }
        .run();
        is_exact(&path.display().to_string(), &shown);
        seen += 1;
    }
    assert!(seen > 0, "no network in {}", folder.display());
}
