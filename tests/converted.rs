//! `spikewheel convert` and `spikewheel evaluate` as a user calls them.

mod commanded;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use spikewheel::model;
use spikewheel::record::Recording;

use crate::commanded::{json, refused, shipped, spikewheel, told};

/// A directory with the converted digits network.
fn digits(more: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let mut args = vec!["convert", &model, "--calibrate", &data, "--divide-by", "16"];
    args.extend(["-o", "net.snn"]);
    args.extend(more);
    let out = spikewheel(dir.path(), &args);
    assert!(out.status.success(), "{}", told(&out));
    let path = dir.path().join("net.snn");
    (dir, path)
}

fn evaluate(dir: &Path, more: &[&str]) -> Output {
    let data = shipped("digits.npz");
    let mut args = vec!["evaluate", "net.snn", "--data", &data, "--divide-by", "16"];
    args.extend(more);
    spikewheel(dir, &args)
}

#[test]
fn every_test_digit_is_decided_as_by_the_trained_network() {
    let (dir, path) = digits(&["--verify"]);
    // The exporter called it `main_graph`.
    let named = fs::read_to_string(path.join("model.toml")).unwrap();
    assert!(named.contains("name = \"digits_mlp\""), "{named}");
    let report = json(&evaluate(dir.path(), &["--json", "--verify"]));
    let s = &report["summary"];
    assert_eq!(s["samples"], 450);
    assert_eq!(s["same_decision"], 450);
    assert_eq!(s["clipped"], 0);
    assert_eq!(s["accuracy"], s["ann_accuracy"]);
    assert!((s["accuracy"].as_f64().unwrap() - 437.0 / 450.0).abs() < 1e-12);
    assert!(s["largest_relative_deviation"].as_f64().unwrap() < 1e-7);
    // Zeros of the ANN send no spikes, and nothing else is left out.
    assert_eq!(s["operations"], s["ann_effective_macs"]);
    assert!(s["spikes_per_neuron"].as_f64().unwrap() <= 1.0);
    assert_eq!(s["ann_macs"], 4928);
    let confusion = s["confusion"]["counts"].as_array().unwrap();
    let right: u64 = (0..10).map(|k| confusion[k][k].as_u64().unwrap()).sum();
    assert_eq!(right, 437);
    for p in report["populations"].as_array().unwrap() {
        let (mean, largest) = (p["mean_error"].as_f64(), p["largest_error"].as_f64());
        assert!(mean <= largest && largest < Some(1e-6), "{p}");
    }
}

#[test]
fn results_are_the_same_for_any_number_of_threads() {
    let (dir, _) = digits(&["--window-bits", "5"]);
    let mut all = Vec::new();
    for threads in ["1", "2", "3", "5"] {
        let csv = format!("{threads}.csv");
        let args = ["--threads", threads, "--json", "--csv", &csv];
        let mut report = json(&evaluate(dir.path(), &args));
        let report = report.as_object_mut().unwrap();
        report.remove("time");
        report.remove("files");
        let rows = fs::read(dir.path().join(csv)).unwrap();
        all.push((report.clone(), rows));
    }
    assert!(all.iter().all(|one| *one == all[0]));
    // Coarse enough that something differs, and that it is told where.
    let first = &all[0].0;
    assert!(first["summary"]["largest_relative_deviation"].as_f64() > Some(1e-3));
}

#[test]
fn a_model_that_was_written_again_is_the_same_bytes() {
    let (_a, one) = digits(&[]);
    let (_b, two) = digits(&["--threads", "1"]);
    for name in ["model.toml", "weights.npz"] {
        assert_eq!(
            fs::read(one.join(name)).unwrap(),
            fs::read(two.join(name)).unwrap()
        );
    }
}

#[test]
fn verification_fails_where_time_is_coarse_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let mut args = vec!["convert", &model, "--calibrate", &data, "--divide-by", "16"];
    args.extend(["-o", "net.snn", "--window-bits", "4", "--verify", "1e-3"]);
    let out = spikewheel(dir.path(), &args);
    assert_eq!(out.status.code(), Some(1));
    assert!(told(&out).contains("verification failed"), "{}", told(&out));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let (dir, _) = digits(&["--window-bits", "4"]);
    let out = evaluate(dir.path(), &["--verify"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(told(&out).contains("verification failed"), "{}", told(&out));
}

#[test]
fn what_is_there_is_not_replaced_unasked() {
    let (dir, path) = digits(&[]);
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let mut args = vec!["convert", &model, "--calibrate", &data, "--divide-by", "16"];
    args.extend(["-o", "net.snn", "--headroom", "2"]);
    refused(&spikewheel(dir.path(), &args), "--force");
    args.push("--force");
    assert!(spikewheel(dir.path(), &args).status.success());
    assert!(
        fs::read_to_string(path.join("model.toml"))
            .unwrap()
            .contains("headroom = 2")
    );
    // A directory of something else is not replaced at all.
    fs::create_dir(dir.path().join("work")).unwrap();
    fs::write(dir.path().join("work/thesis.txt"), "years").unwrap();
    let at = args.iter().position(|a| *a == "net.snn").unwrap();
    args[at] = "work";
    refused(
        &spikewheel(dir.path(), &args),
        "something else than a model",
    );
    assert!(dir.path().join("work/thesis.txt").is_file());
    // Nothing is left over.
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let out = evaluate(dir.path(), &["--csv", "out.csv"]);
    assert!(out.status.success());
    refused(&evaluate(dir.path(), &["--csv", "out.csv"]), "--force");
}

#[test]
fn damaged_foreign_and_later_models_are_refused() {
    let (dir, path) = digits(&[]);
    let description = path.join("model.toml");
    let text = fs::read_to_string(&description).unwrap();
    let weights = path.join("weights.npz");
    let bytes = fs::read(&weights).unwrap();
    let with = |from: &str, to: &str, why: &str| {
        assert!(text.contains(from), "{from}");
        fs::write(&description, text.replacen(from, to, 1)).unwrap();
        refused(&evaluate(dir.path(), &[]), why);
    };
    with("format = 2", "format = 3", "a later version");
    with("format = 2", "", "it says no `format`");
    with("format = 2", "format = 0", "there is no format 0");
    with("format = 2", "format = 2\nspeed = 3", "speed");
    with("kind = \"exact\"", "kind = \"exactly\"", "exactly");
    with("window = 1000000000", "window = 0", "window of 0 ticks");
    with("inputs = [1]", "inputs = [7]", "not before it");
    with("outputs = 48", "outputs = 47", "model.toml asks for");
    with("planes = [48, 1, 1]", "planes = [49, 1, 1]", "49 neurons");
    with("from = 0", "from = 5", "no population before it");
    with("[[layers]]", "[[layer]]", "layer");
    fs::write(&description, &text[..text.len() / 2]).unwrap();
    assert_eq!(evaluate(dir.path(), &[]).status.code(), Some(2));
    fs::write(&description, &text).unwrap();
    assert!(evaluate(dir.path(), &[]).status.success());
    let mut wrong = bytes.clone();
    wrong[bytes.len() / 2] ^= 1;
    fs::write(&weights, &wrong).unwrap();
    refused(
        &evaluate(dir.path(), &[]),
        "not the file that model.toml describes",
    );
    fs::remove_file(&weights).unwrap();
    assert_eq!(evaluate(dir.path(), &[]).status.code(), Some(2));
    fs::remove_file(&description).unwrap();
    refused(&evaluate(dir.path(), &[]), "it is no model");
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let out = spikewheel(dir.path(), &["evaluate", &model, "--data", &data]);
    refused(&out, "a model is a directory");
    let out = spikewheel(dir.path(), &["evaluate", "none.snn", "--data", &data]);
    refused(&out, "there is no such directory");
}

#[test]
fn samples_that_do_not_fit_are_refused_with_what_would() {
    let (dir, _) = digits(&[]);
    let data = shipped("digits.npz");
    let run = |more: &[&str]| {
        let mut args = vec!["evaluate", "net.snn", "--data", &data];
        args.extend(more);
        spikewheel(dir.path(), &args)
    };
    refused(&run(&[]), "--divide-by 16");
    refused(&run(&["--divide-by", "1"]), "calibrated with 0 to 1");
    refused(&run(&["--divide-by", "1000"]), "calibrated with 0 to 1");
    assert!(
        run(&["--divide-by", "1000", "--any-range"])
            .status
            .success()
    );
    refused(
        &run(&["--divide-by", "16", "--samples", "y_test"]),
        "the network takes 1 x 8 x 8",
    );
    refused(
        &run(&["--divide-by", "16", "--samples", "x_tset"]),
        "x_test",
    );
    refused(
        &run(&["--divide-by", "16", "--labels", "y_train"]),
        "450 samples",
    );
    refused(
        &run(&["--divide-by", "16", "--record", "a.h5", "--sample", "450"]),
        "no sample 450",
    );
    let missing = spikewheel(dir.path(), &["evaluate", "net.snn", "--data", "none.npz"]);
    refused(&missing, "none.npz");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let run = |more: &[&str]| {
        let mut args = vec!["convert", &model, "-o", "net.snn"];
        args.extend(more);
        spikewheel(dir.path(), &args)
    };
    refused(&run(&["--headroom", "0"]), "headroom");
    refused(
        &run(&["--window", "1 s"]),
        "a window of 1000000000000 ticks",
    );
    refused(&run(&["--window", "1"]), "a time needs its unit");
    refused(
        &run(&["--window", "1 ms", "--tick", "0.3 ms"]),
        "no whole number of ticks",
    );
    refused(&run(&["--window-bits", "40"]), "40");
    refused(&run(&["--verify"]), "--calibrate");
    refused(&run(&["--input-range", "1,0"]), "1 is not below 0");
    refused(&run(&["--code", "morse"]), "exact");
    refused(&run(&["--calibrate", &data]), "--divide-by 16");
    let out = spikewheel(dir.path(), &["convert", "none.onnx", "-o", "net.snn"]);
    refused(&out, "none.onnx");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn without_samples_bounds_are_computed_and_decisions_stay() {
    let dir = tempfile::tempdir().unwrap();
    let out = spikewheel(
        dir.path(),
        &["convert", &shipped("digits_mlp.onnx"), "-o", "net.snn"],
    );
    assert!(out.status.success(), "{}", told(&out));
    assert!(
        told(&out).contains("without samples for calibration"),
        "{}",
        told(&out)
    );
    let report = json(&evaluate(dir.path(), &["--json", "--verify"]));
    assert_eq!(report["summary"]["same_decision"], 450);
    assert_eq!(report["summary"]["clipped"], 0);
}

#[test]
fn spikes_of_single_samples_are_a_recording() {
    let (dir, _) = digits(&[]);
    let args = [
        "--record",
        "out/spikes.h5",
        "--sample",
        "3",
        "--sample",
        "0",
        "--json",
    ];
    let report = json(&evaluate(dir.path(), &args));
    let recording = Recording::open(&dir.path().join("out/spikes.h5")).unwrap();
    assert_eq!(recording.completed, Some(true));
    let latency = report["code"]["latency_ms"].as_f64().unwrap();
    assert_eq!(latency, 3.0);
    let sizes: Vec<u32> = recording.populations.iter().map(|p| p.size).collect();
    assert_eq!(sizes, [64, 48, 32]);
    // Each layer spikes in its own window of each sample, each neuron at most once.
    for (i, p) in recording.populations.iter().enumerate() {
        for sample in 0..2 {
            let open = f64::from(sample) * latency + i as f64;
            let of = p.span(open, open + 1.0 + 1e-6);
            let mut ids = p.ids[of.clone()].to_vec();
            assert!(!ids.is_empty());
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), of.len());
        }
        let inside = |t: &f64| (t % latency).floor() as usize == i;
        assert!(p.times.iter().all(inside));
    }
    let out = spikewheel(dir.path(), &["raster", "out/spikes.h5"]);
    assert!(out.status.success(), "{}", told(&out));
}

fn npz(path: &Path, arrays: &[(&str, &[usize], Vec<f32>)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, shape, values) in arrays {
        let axes: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
        let header = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}\n",
            axes.join(" ")
        );
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn regressions_and_autoencoders_are_held_to_values() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    // y = relu(x0 - x1) + relu(x1 - x0) = |x0 - x1|, for inputs of either sign.
    let distance = [
        ("w0", &[2, 2][..], vec![1.0, -1.0, -1.0, 1.0]),
        ("w1", &[1, 2], vec![1.0, 1.0]),
    ];
    npz(&at("distance.npz"), &distance);
    let x = vec![0.5, -1.0, -0.25, 0.75, 1.0, 1.0];
    let data = [
        ("x", &[3, 2][..], x.clone()),
        ("y", &[3], vec![1.5, 1.0, 0.5]),
    ];
    npz(&at("data.npz"), &data);
    let run = |args: &[&str]| spikewheel(dir.path(), args);
    let out = run(&[
        "convert",
        "distance.npz",
        "-c",
        "data.npz",
        "-o",
        "net.snn",
        "--verify",
    ]);
    assert!(out.status.success(), "{}", told(&out));
    let evaluate = [
        "evaluate", "net.snn", "-d", "data.npz", "--verify", "--json",
    ];
    let report = json(&run(&[&evaluate[..], &["--targets", "y"]].concat()));
    assert_eq!(report["task"], "values");
    // One of three is wrong, by a half: of the targets' variance 1/6 that is a half.
    for who in ["own", "ann"] {
        let fit = &report["fit"][who];
        let near = |k: &str, v: f64| (fit[k].as_f64().unwrap() - v).abs() < 1e-6;
        assert!(near("mean_square_error", 0.25 / 3.0), "{fit}");
        assert!(near("mean_absolute_error", 0.5 / 3.0), "{fit}");
        assert!(near("r2", 0.5), "{fit}");
    }
    assert!(report["summary"]["accuracy"].is_null());
    refused(
        &run(&[&evaluate[..], &["--targets", "x"]].concat()),
        "1 values for 3 samples",
    );
    refused(
        &run(&[&evaluate[..], &["--targets", "z"]].concat()),
        "no array `z`",
    );
    // Back to the input through one number: x0 - x1 is kept, the rest is lost.
    let auto = [
        ("w0", &[2, 2][..], vec![1.0, -1.0, -1.0, 1.0]),
        ("w1", &[2, 2], vec![0.5, -0.5, -0.5, 0.5]),
    ];
    npz(&at("auto.npz"), &auto);
    let out = run(&["convert", "auto.npz", "-c", "data.npz", "-o", "auto.snn"]);
    assert!(out.status.success(), "{}", told(&out));
    let report = json(&run(&["evaluate", "auto.snn", "-d", "data.npz", "--json"]));
    assert_eq!(report["task"], "values");
    // What is lost is the mean of both: its square, on average.
    let lost: f64 = x
        .chunks(2)
        .map(|x| f64::from((x[0] + x[1]) / 2.0).powi(2))
        .sum::<f64>()
        / 3.0;
    let error = report["fit"]["own"]["mean_square_error"].as_f64().unwrap();
    assert!((error - lost).abs() < 1e-6, "{error} {lost}");
}

/// Whatever a damaged description says, it is an error or a network that runs.
#[test]
fn a_thousand_damaged_descriptions_do_no_harm() {
    let (_dir, path) = digits(&[]);
    let file = path.join("model.toml");
    let text = fs::read(&file).unwrap();
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut read = 0;
    for _ in 0..1000 {
        let mut wrong = text.clone();
        for _ in 0..=next(3) {
            let at = next(wrong.len());
            match next(4) {
                0 => wrong[at] = b"0123456789-[]\"=.,en"[next(19)],
                1 => {
                    let end = (at + 1 + next(40)).min(wrong.len());
                    wrong.drain(at..end);
                }
                2 => wrong.insert(at, b"0123456789-."[next(12)]),
                _ => {
                    // Digits only, which is what most numbers are made of.
                    if let Some(k) = (at..wrong.len()).find(|k| wrong[*k].is_ascii_digit()) {
                        wrong[k] = b"0123456789"[next(10)];
                    }
                }
            }
        }
        fs::write(&file, &wrong).unwrap();
        if let Ok(model) = model::read(&path) {
            read += 1;
            let mut session = model.network.session();
            session.show(&vec![0.5; model.graph.input().len()]);
            let mut outputs = Vec::new();
            session.outputs(&mut outputs);
            assert_eq!(outputs.len(), 10);
        }
    }
    // Some numbers may have other values, most may not.
    assert!((20..900).contains(&read), "{read}");
}

#[test]
fn the_rate_code_tells_accuracy_over_time_and_keeps_it() {
    let (dir, path) = digits(&["--code", "rate", "--steps", "16", "--limit", "500"]);
    let out = json(&evaluate(dir.path(), &["--json", "--threads", "1"]));
    assert_eq!(out["code"]["kind"], "rate");
    assert_eq!(out["code"]["latency_ms"], 16.0);
    let summary = &out["summary"];
    let steps = summary["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 16);
    // The last step is what the summary says, and figures add up.
    assert_eq!(steps[15]["accuracy"], summary["accuracy"]);
    let same = summary["same_decision"].as_f64().unwrap() / 450.0;
    assert_eq!(steps[15]["agreement"].as_f64().unwrap(), same);
    assert!(summary["accuracy"].as_f64().unwrap() >= 435.0 / 450.0);
    let sum: f64 = steps.iter().map(|s| s["spikes"].as_f64().unwrap()).sum();
    let so_far = steps[15]["spikes_so_far"].as_f64().unwrap();
    assert!((sum - so_far).abs() < 1e-9 * sum);
    assert!((so_far - summary["spikes"]["mean"].as_f64().unwrap()).abs() < 1e-9 * sum);
    // Read back to the same bits, whatever the threads.
    let again = json(&evaluate(dir.path(), &["--json", "--threads", "3"]));
    assert_eq!(again["summary"], out["summary"]);
    let model = model::read(&path).unwrap();
    model::write(&model, &dir.path().join("copy.snn"), false).unwrap();
    for file in ["model.toml", "weights.npz"] {
        let one = fs::read(path.join(file)).unwrap();
        assert!(one == fs::read(dir.path().join("copy.snn").join(file)).unwrap());
    }
    // A picture of it, and a table for people.
    let out = evaluate(dir.path(), &["--plot", "pictures"]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("Over time") && text.contains("operations so far"));
    assert!(dir.path().join("pictures/steps.png").is_file());
}

#[test]
fn random_input_hangs_on_the_seed_and_not_on_threads() {
    let rate = [
        "--code", "rate", "--steps", "20", "--input", "poisson", "--limit", "200",
    ];
    let run = |seed: &str, threads: &str| {
        let mut args = rate.to_vec();
        args.extend(["--seed", seed]);
        let (dir, _) = digits(&args);
        let more = ["--json", "--limit", "100", "--threads", threads];
        json(&evaluate(dir.path(), &more))["summary"].clone()
    };
    let one = run("1", "1");
    assert_eq!(one, run("1", "3"));
    assert_ne!(one, run("2", "1"));
    assert!(one["input_spikes"]["mean"].as_f64().unwrap() > 0.0);
}

#[test]
fn options_of_the_rate_code_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (model, data) = (shipped("digits_mlp.onnx"), shipped("digits.npz"));
    let convert = |more: &[&str]| {
        let mut args = vec!["convert", &model, "--code", "rate", "-o", "net.snn"];
        args.extend(more);
        spikewheel(dir.path(), &args)
    };
    refused(&convert(&[]), "needs samples");
    let with = ["--calibrate", &data, "--divide-by", "16"];
    for (more, why) in [
        (vec!["--steps", "0"], "1 to 1048576"),
        (vec!["--threshold", "percentile:101"], "at most 100"),
        (vec!["--threshold", "mean"], "no rule for thresholds"),
        (vec!["--start", "2"], "no share of a threshold"),
        (vec!["--steps", "4", "--wait", "4"], "at most 3"),
        (vec!["--negative-spikes", "--reset", "zero"], "subtraction"),
    ] {
        refused(&convert(&[&with[..], &more].concat()), why);
    }
    assert!(!dir.path().join("net.snn").exists());
}
