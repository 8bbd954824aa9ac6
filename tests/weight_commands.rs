//! `spikewheel weights`: figures and pictures of recorded weights, as a user calls it.
//!
//! `SPIKEWHEEL_PICTURES=dir cargo test --test weight_commands` keeps the pictures to look at.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use spikewheel::definition;
use spikewheel::engine::sink::{Sink, WeightOf};
use spikewheel::plot::weights::{self, WeightOptions};
use spikewheel::plot::{PlotError, Theme, weights_over_time};
use spikewheel::record::{RecordOptions, Recorder, Summary, Weights};

const SYNAPSES: u32 = 400;

fn definition(weights: &str) -> String {
    format!(
        "format = 1\nname = \"bimodal\"\n[simulation]\nduration = \"10 s\"\n\
         [populations.output]\nmodel = \"lif_delta\"\nsize = 1\n\
         [stimuli.input]\nmodel = \"poisson\"\nrate = \"10 Hz\"\nsize = {SYNAPSES}\n\
         [[projections]]\nname = \"ff\"\nfrom = \"input\"\nto = \"output\"\nrule = \"all_to_all\"\nweight = \"0.5 mV\"\ndelay = \"1 ms\"\n\
         plasticity = {{ rule = \"stdp\", Wmax = \"1 mV\" }}\n\
         [[projections]]\nname = \"open\"\nfrom = \"input\"\nto = \"output\"\nrule = \"all_to_all\"\nweight = \"-0.5 mV\"\ndelay = \"1 ms\"\n\
         plasticity = {{ rule = \"stdp_power_law\", W0 = \"-1 mV\" }}\n\
         [recording]\nweights = [{weights}]\n"
    )
}

const ALL: &str = "{ projection = \"ff\", at = { every = \"2 s\" } }, { projection = \"ff\", of = [[\"input[0..3]\", \"output[0]\"]], every = \"10 ms\" }, { projection = \"open\", at = [\"start\", \"end\"] }";

/// The weight of a synapse that goes to one bound or the other: a quarter ends at the upper.
fn weight(synapse: u32, share: f64) -> f64 {
    let end = if synapse.is_multiple_of(4) { 1.0 } else { 0.0 };
    let start = f64::from(synapse * 7919 % SYNAPSES) / f64::from(SYNAPSES);
    start + share * (end - start)
}

fn write(dir: &Path, recorded: &str) -> PathBuf {
    let text = definition(recorded);
    let spec = definition::parse(&text, Path::new("n.toml"), &[])
        .unwrap_or_else(|e| panic!("{e:?}"))
        .spec;
    std::fs::create_dir_all(dir).unwrap();
    let file = dir.join("spikes.h5");
    let mut recorder = Recorder::create(&spec, &file, &text, &RecordOptions::default()).unwrap();
    let snapshot = |sign: f64, share: f64| -> Vec<WeightOf> {
        (0..SYNAPSES)
            .map(|k| WeightOf {
                source: 1 + k,
                target: 0,
                delay: 10,
                weight: sign * weight(k, share),
            })
            .collect()
    };
    for (k, r) in spec.recording.weights.iter().enumerate() {
        let sign = if r.projection == 0 { 1.0 } else { -1.0 };
        for tick in &r.at {
            recorder.weights(k, *tick, &snapshot(sign, *tick as f64 / 1e5));
        }
        if let Some(t) = &r.traces {
            recorder.weight_trace_synapses(k, &snapshot(sign, 0.0)[..t.pairs.len()]);
            for sample in 1..=1000u64 {
                let share = sample as f64 / 1e3;
                let wave = 0.02 * (share * 300.0).sin();
                let values: Vec<f64> = (0..t.pairs.len() as u32)
                    .map(|k| (weight(k, share) + wave).clamp(0.0, 1.0))
                    .collect();
                recorder.weight_traces(k, sample * t.every, &values);
            }
        }
    }
    let reached = spec.duration;
    let summary = Summary {
        reached,
        spike_hash: None,
    };
    recorder.finish(&summary).unwrap();
    dir.join("weights.h5")
}

fn spikewheel(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("spikewheel").expect("the binary is built");
    command.current_dir(directory);
    command
}

#[test]
fn figures_are_printed_and_pictures_are_drawn() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("run"), ALL);
    spikewheel(dir.path())
        .args(["weights", "run"])
        .assert()
        .success()
        .stderr(predicate::str::is_empty())
        .stdout(
            predicate::str::contains("ff: stdp, lower bound 0 mV, upper bound 1 mV")
                .and(predicate::str::contains("25.0 %"))
                .and(predicate::str::contains("75.0 %"))
                .and(predicate::str::contains("run/weights_over_time.png")),
        );
    for name in ["weights.png", "weights_over_time.png"] {
        assert!(dir.path().join("run").join(name).is_file(), "{name}");
    }
}

#[test]
fn json_and_csv_have_the_figures_of_the_weights() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), ALL);
    let output = spikewheel(dir.path())
        .args(["weights", "weights.h5", "--json"])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["files"], serde_json::json!([]));
    assert!(!dir.path().join("weights.png").exists());
    let ff = &told["recordings"][0];
    assert_eq!(
        (ff["name"].as_str(), ff["traced_synapses"].as_u64()),
        (Some("ff"), Some(3))
    );
    let last = &ff["snapshots"][5];
    assert_eq!(last["snapshot"], "end");
    assert_eq!(last["count"], 400);
    assert_eq!(
        (last["at_lower"].as_f64(), last["at_upper"].as_f64()),
        (Some(0.75), Some(0.25))
    );
    assert_eq!(last["mean"], 0.25);
    assert_eq!(
        last["quantiles"],
        serde_json::json!([0.0, 0.0, 0.0, 0.25, 1.0])
    );
    let open = &told["recordings"][1];
    assert_eq!(open["upper"], 0.0);
    assert!(open["lower"].is_null() && open["snapshots"][0]["at_lower"].is_null());

    let output = spikewheel(dir.path())
        .args([
            "weights",
            "weights.h5",
            "--csv",
            "--of",
            "ff",
            "--at",
            "end",
            "--at",
            "start",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows[0].starts_with("recording,snapshot,time_ms,unit,count,mean,std,min,max,q0.05"));
    assert!(rows[2].starts_with("ff,end,10000,mV,400,0.25,"), "{text}");

    // What is exported can be read as a list of synapses, to the last bit.
    let output = spikewheel(dir.path())
        .args([
            "weights",
            "weights.h5",
            "--csv",
            "--synapses",
            "--of",
            "ff",
            "--at",
            "6s",
        ])
        .output()
        .unwrap();
    std::fs::write(dir.path().join("edges.csv"), &output.stdout).unwrap();
    let text = definition(ALL).replacen(
        "rule = \"all_to_all\"\nweight = \"0.5 mV\"\ndelay = \"1 ms\"\n",
        "rule = { list = \"edges.csv\" }\n",
        1,
    );
    let loaded = definition::parse(&text, &dir.path().join("n.toml"), &[]).unwrap();
    let spikewheel::network::spec::Rule::List(edges) = &loaded.spec.projections[0].rule else {
        panic!();
    };
    let weights = Weights::open(&file).unwrap();
    let snapshot = &weights.recording("ff").unwrap().snapshots[3];
    assert_eq!(edges.weight, weights.weights(snapshot).unwrap());
}

#[test]
fn wrong_calls_are_told_what_would_be_right() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), ALL);
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    for (args, part) in [
        (&["weights", "empty"][..], "holds no weights"),
        (
            &["weights", "spikes.h5"],
            "holds no weights that this program recorded",
        ),
        (&["weights", ".", "--of", "fff"], "did you mean `ff`"),
        (
            &["weights", ".", "--at", "3s"],
            "there are: start, 2s, 4s, 6s, 8s, end",
        ),
        (&["weights", ".", "--synapses"], "--csv"),
    ] {
        spikewheel(dir.path())
            .args(args)
            .assert()
            .code(2)
            .stderr(predicate::str::contains(part));
    }
}

fn picture(name: &str) -> (PathBuf, Option<tempfile::TempDir>) {
    match std::env::var_os("SPIKEWHEEL_PICTURES") {
        Some(dir) => {
            std::fs::create_dir_all(&dir).unwrap();
            (Path::new(&dir).join(name), None)
        }
        None => {
            let dir = tempfile::tempdir().unwrap();
            (dir.path().join(name), Some(dir))
        }
    }
}

/// Every pixel of a picture.
fn pixels(path: &Path) -> (u32, u32, Vec<[u8; 3]>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let all = bytes.chunks_exact(3).map(|p| [p[0], p[1], p[2]]);
    (info.width, info.height, all.collect())
}

#[test]
fn each_snapshot_has_its_colour_and_later_ones_are_nearer_to_blue() {
    let dir = tempfile::tempdir().unwrap();
    let file = Weights::open(&write(dir.path(), ALL)).unwrap();
    for (theme, ground, first, last) in [
        (Theme::Light, [255; 3], [232, 168, 40], [0, 107, 172]),
        (Theme::Dark, [19, 22, 29], [250, 205, 95], [86, 180, 240]),
    ] {
        let (path, _dir) = picture(&format!("weights_{theme:?}.png"));
        let options = WeightOptions {
            theme,
            ..WeightOptions::default()
        };
        weights::draw(&file, &options, &path).unwrap();
        let (w, h, all) = pixels(&path);
        assert_eq!((w, h), (1200, 780));
        let count = |c: [u8; 3]| all.iter().filter(|p| **p == c).count();
        assert!(count(ground) > all.len() / 2);
        assert!(count(first) > 100 && count(last) > 100);
    }
}

#[test]
fn traces_and_quantiles_are_drawn_over_time() {
    let dir = tempfile::tempdir().unwrap();
    let file = Weights::open(&write(dir.path(), ALL)).unwrap();
    let (path, _dir) = picture("weights_over_time.png");
    let options = WeightOptions {
        size: Some((1000, 700)),
        ..WeightOptions::default()
    };
    weights_over_time::draw(&file, &options, &path).unwrap();
    let (w, h, all) = pixels(&path);
    assert_eq!((w, h), (1000, 700));
    // Three traces, of which the second has the colour of the means, too.
    for colour in [[0, 107, 172], [205, 84, 0], [0, 142, 104]] {
        assert!(
            all.iter().filter(|p| **p == colour).count() > 100,
            "{colour:?}"
        );
    }
    // The outer band alone: 14 % of the blue on white.
    let mixed = [0.0, 107.0, 172.0].map(|c: f64| (255.0 + 0.14 * (c - 255.0)).round() as u8);
    assert!(all.iter().filter(|p| **p == mixed).count() > 1000);
}

#[test]
fn pairs_without_a_synapse_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let text = definition(ALL);
    let spec = definition::parse(&text, Path::new("n.toml"), &[])
        .unwrap()
        .spec;
    let options = RecordOptions::default();
    let file = dir.path().join("spikes.h5");
    let mut recorder = Recorder::create(&spec, &file, &text, &options).unwrap();
    recorder.weight_trace_synapses(0, &[]);
    recorder.weight_traces(0, 100, &[]);
    drop(recorder);
    spikewheel(dir.path())
        .args(["weights", "."])
        .assert()
        .success()
        .stdout(
            predicate::str::contains("no synapse connects the pairs")
                .and(predicate::str::contains("did not come to its end")),
        );
}

#[test]
fn what_was_not_recorded_is_not_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let traces = "{ projection = \"ff\", of = [[\"input[0]\", \"output[0]\"]], every = \"10 ms\" }";
    let file = Weights::open(&write(&dir.path().join("t"), traces)).unwrap();
    let (path, _dir) = picture("traces_only.png");
    let options = WeightOptions::default();
    let drawn = weights::draw(&file, &options, &path);
    assert!(matches!(drawn, Err(PlotError::Nothing(_))), "{drawn:?}");
    weights_over_time::draw(&file, &options, &path).unwrap();

    let once = "{ projection = \"ff\", at = \"end\" }";
    let file = Weights::open(&write(&dir.path().join("s"), once)).unwrap();
    let drawn = weights_over_time::draw(&file, &options, &path);
    assert!(matches!(drawn, Err(PlotError::Nothing(_))), "{drawn:?}");
    let (path, _dir) = picture("one_snapshot.png");
    weights::draw(&file, &options, &path).unwrap();
}
