//! `convert --keep` and its like, and `spikewheel study`, as a user calls them.

mod commanded;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::commanded::{json, refused, shipped, spikewheel, told};

fn convert(directory: &Path, more: &[&str]) -> Output {
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let mut args = vec!["convert", &model, "--calibrate", &data, "--divide-by", "16"];
    args.extend(["-o", "net.snn", "--force", "--json"]);
    args.extend(more);
    spikewheel(directory, &args)
}

fn evaluate(directory: &Path) -> Value {
    let data = shipped("digits.npz");
    let args = [
        "evaluate",
        "net.snn",
        "--data",
        &data,
        "--divide-by",
        "16",
        "--json",
    ];
    json(&spikewheel(directory, &args))
}

fn study(directory: &Path, what: &str, more: &[&str]) -> Output {
    let data = shipped("digits.npz");
    let mut args = vec![
        "study",
        what,
        "net.snn",
        "--data",
        &data,
        "--divide-by",
        "16",
    ];
    args.extend(more);
    spikewheel(directory, &args)
}

#[test]
fn a_tenth_of_the_weights_is_a_tenth_and_costs_a_fraction() {
    let dir = tempfile::tempdir().unwrap();
    let whole = json(&convert(dir.path(), &[]));
    assert!(whole["sparsify"].is_null());
    let full = evaluate(dir.path());
    let report = json(&convert(dir.path(), &["--keep", "0.2", "--remove-dead"]));
    let s = &report["sparsify"];
    assert_eq!(s["before"], 4928);
    // What does nothing takes its weights along.
    let after = s["after"].as_u64().unwrap();
    assert!(after <= 986 && after > 900, "{after}");
    assert!(s["same_decision"].as_f64().unwrap() > 0.9);
    let thin = evaluate(dir.path());
    let operations = |v: &Value| v["summary"]["operations"]["mean"].as_f64().unwrap();
    assert!(operations(&thin) < 0.35 * operations(&full));
    assert!(thin["summary"]["accuracy"].as_f64().unwrap() > 0.9);
    // The code is exact for what is left.
    assert_eq!(thin["summary"]["same_decision"], 450);
    let bench = &thin["neurobench"];
    assert_eq!(
        bench["snn"]["effective_acs"].as_f64(),
        Some(operations(&thin))
    );
    let macs = bench["ann"]["effective_macs"].as_f64().unwrap();
    let acs = bench["ann"]["effective_acs"].as_f64().unwrap();
    assert!((macs + acs - operations(&thin)).abs() < 1e-3 * macs);
    assert!(bench["ann"]["connection_sparsity"].as_f64().unwrap() > 0.7);
}

#[test]
fn units_weights_and_bits_are_cut_together() {
    let dir = tempfile::tempdir().unwrap();
    let more = [
        "--prune-structured",
        "0.25",
        "--prune-below",
        "0.02",
        "--weight-bits",
        "6",
    ];
    let report = json(&convert(dir.path(), &more));
    let s = &report["sparsify"];
    // 48 and 32 neurons, a quarter of which goes.
    assert_eq!(
        (&s["structured"]["groups"], &s["structured"]["removed"]),
        (&80.into(), &20.into())
    );
    assert_eq!(s["quantised"].as_array().unwrap().len(), 3);
    assert_eq!(report["neurons"], 60);
    let evaluation = evaluate(dir.path());
    assert!(evaluation["summary"]["accuracy"].as_f64().unwrap() > 0.9);
    // The same model again is the same bytes, for any number of threads.
    let bytes = std::fs::read(dir.path().join("net.snn/weights.npz")).unwrap();
    let mut again = more.to_vec();
    again.extend(["--threads", "1"]);
    json(&convert(dir.path(), &again));
    assert!(bytes == std::fs::read(dir.path().join("net.snn/weights.npz")).unwrap());
}

#[test]
fn impossible_wishes_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (wish, why) in [
        (vec!["--keep", "1.5"], "from 0 to 1"),
        (
            vec!["--keep", "0.5", "--prune-below", "0.1"],
            "cannot be used with",
        ),
        (vec!["--prune-structured", "1"], "would leave nothing"),
        (vec!["--weight-bits", "1"], "2..=24"),
        (vec!["--prune-by", "lamp"], "--keep"),
        (vec!["--keep", "0.5", "--prune-by", "effects"], "effect"),
        (vec!["--prune-below=-1"], "at least 0"),
    ] {
        refused(&convert(dir.path(), &wish), why);
    }
    let (model, out) = (shipped("digits_mlp.onnx"), "net.snn");
    let args = [
        "convert",
        &model,
        "-o",
        out,
        "--keep",
        "0.5",
        "--prune-by",
        "effect",
    ];
    refused(&spikewheel(dir.path(), &args), "--calibrate");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn studies_tell_tables_json_and_pictures() {
    let dir = tempfile::tempdir().unwrap();
    json(&convert(dir.path(), &[]));
    let bits = ["--time-bits", "4,full", "--weight-bits", "4,full"];
    let mut args = vec!["--json", "--plot", "precision.png"];
    args.extend(bits);
    let all = json(&study(dir.path(), "precision", &args));
    let cells = all["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 4);
    assert_eq!(cells[3]["agreement"], 1.0);
    assert!(cells[0]["deviation"].as_f64() > cells[3]["deviation"].as_f64());
    let text = study(dir.path(), "precision", &bits);
    assert!(String::from_utf8_lossy(&text.stdout).contains("97.11"));

    let strengths = [
        "--spike-loss",
        "0,0.2",
        "--weight-noise",
        "0.3",
        "--trials",
        "2",
    ];
    let mut args = vec!["--json", "--plot", "noise.png", "--limit", "100"];
    args.extend(strengths);
    let all = json(&study(dir.path(), "robustness", &args));
    let points = all["points"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    assert_eq!(points[0]["agreement"], 1.0);
    assert!(points[1]["agreement"].as_f64() < Some(1.0));
    assert!(points[2]["deviation_over_trials"].is_number());
    let one = json(&study(dir.path(), "robustness", &{
        let mut args = vec!["--json", "--limit", "100", "--threads", "1"];
        args.extend(strengths);
        args
    }));
    assert_eq!(one["points"], all["points"]);

    let data = shipped("digits.npz");
    let args = [
        "--calibrate",
        &data,
        "--keep",
        "1,0.3",
        "--structured",
        "none",
        "--plot",
        "sparsity.png",
        "--json",
        "--limit",
        "100",
    ];
    let all = json(&study(dir.path(), "sparsity", &args));
    let points = all["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    assert!(points[1]["operations"].as_f64() < points[0]["operations"].as_f64());
    for name in ["precision.png", "noise.png", "sparsity.png"] {
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        assert!(
            bytes.starts_with(b"\x89PNG") && bytes.len() > 5000,
            "{name}"
        );
    }
    // A picture that is there stays.
    let args = ["--plot", "noise.png", "--spike-loss", "0"];
    refused(&study(dir.path(), "robustness", &args), "--force");
    for (what, wrong, why) in [
        (
            "precision",
            ["--time-bits", "40"],
            "neither `full` nor a number",
        ),
        ("robustness", ["--spike-loss", "2"], "from 0 to 1"),
        ("robustness", ["--input-noise", "-1"], "unexpected argument"),
    ] {
        refused(&study(dir.path(), what, &wrong), why);
    }
    refused(
        &study(dir.path(), "precision", &["--steps", "4"]),
        "--time-bits",
    );
}

#[test]
fn networks_with_the_rate_code_are_studied_too() {
    let dir = tempfile::tempdir().unwrap();
    let rate = [
        "--code",
        "rate",
        "--steps",
        "8",
        "--bias-calibration",
        "light",
    ];
    json(&convert(dir.path(), &rate));
    let args = ["--weight-bits", "3,full", "--json", "--plot", "bits.png"];
    let all = json(&study(dir.path(), "precision", &args));
    assert_eq!(all["code"], "rate");
    let cells = all["cells"].as_array().unwrap();
    let steps: Vec<_> = cells.iter().map(|c| c["steps"].as_u64()).collect();
    assert_eq!(steps, [1, 2, 4, 8, 1, 2, 4, 8].map(Some));
    let text = study(dir.path(), "precision", &args[..2]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("rows: steps, columns: bits"), "{text}");
    let args = ["--spike-jitter", "0,2", "--json", "--plot", "noise.png"];
    let all = json(&study(dir.path(), "robustness", &args));
    let points = all["points"].as_array().unwrap();
    assert_eq!(points[0]["agreement"], cells[7]["agreement"]);
    assert!(points[1]["agreement"].as_f64() < points[0]["agreement"].as_f64());
    let text = study(dir.path(), "robustness", &args[..2]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("spike times (steps)"), "{text}");
    let data = shipped("digits.npz");
    let args = [
        "--calibrate",
        &data,
        "--keep",
        "0.3",
        "--by",
        "effect",
        "--structured",
        "none",
    ];
    let text = study(dir.path(), "sparsity", &args);
    assert!(text.status.success(), "{}", told(&text));
    for name in ["bits.png", "noise.png"] {
        assert!(dir.path().join(name).is_file(), "{name}");
    }
    refused(
        &study(dir.path(), "precision", &["--time-bits", "4"]),
        "--steps",
    );
    refused(
        &study(dir.path(), "precision", &["--steps", "9"]),
        "the network has 8",
    );
    let seed = ["--code", "rate", "--seed", "9223372036854775808"];
    refused(&convert(dir.path(), &seed), "9223372036854775807");
}
