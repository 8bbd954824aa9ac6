//! Statistics against elephant's, and `spikewheel stats` as a user sees it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use assert_cmd::Command;
use serde_json::Value;
use spikewheel::analysis::correlation::{Correlation, pairs, subset};
use spikewheel::analysis::counts::{Bins, chi, synchrony};
use spikewheel::analysis::intervals::Irregularity;
use spikewheel::analysis::ks::two_sample;
use spikewheel::analysis::spectrum::Spectrum;
use spikewheel::analysis::trains::Trains;
use spikewheel::engine::sink::Sink;
use spikewheel::network::spec::{
    Arithmetic, NetworkSpec, PopulationKind, PopulationSpec, Rate, RecordingSpec, Slice, SourceSpec,
};
use spikewheel::record::{Population, RecordOptions, Recorder, Summary};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/elephant")
}

fn expected() -> Value {
    let text = std::fs::read_to_string(data().join("expected.json")).expect("figures");
    serde_json::from_str(&text).expect("JSON")
}

fn shared_trains(sizes: &BTreeMap<String, usize>) -> BTreeMap<String, Trains> {
    let text = std::fs::read_to_string(data().join("trains.csv")).expect("trains");
    let mut spikes: BTreeMap<String, (Vec<f64>, Vec<u32>)> = sizes
        .keys()
        .map(|name| (name.clone(), (vec![], vec![])))
        .collect();
    for line in text.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let of = spikes.get_mut(cells[0]).expect("a population");
        of.0.push(cells[2].parse().expect("a time"));
        of.1.push(cells[1].parse().expect("an id"));
    }
    spikes
        .into_iter()
        .map(|(name, (times, ids))| {
            let p = Population::new(name.clone(), sizes[&name] as u32, times, ids);
            (name, Trains::of(&p, 0.0, 4000.0))
        })
        .collect()
}

#[track_caller]
fn same(what: &str, ours: Option<f64>, theirs: &Value) {
    match (ours, theirs.as_f64()) {
        (None, None) => {}
        // The second part: CV 0 of a regular train is only rounding on either side.
        (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-3), "{what}: {a} {b}"),
        (a, b) => panic!("{what}: {a:?} {b:?}"),
    }
}

fn list(v: &Value) -> &[Value] {
    v.as_array().expect("a list")
}

#[test]
fn figures_are_those_of_elephant() {
    let expected = expected();
    let populations = expected["populations"].as_object().expect("populations");
    let sizes = populations
        .iter()
        .map(|(name, p)| (name.clone(), list(&p["neurons"]).len()))
        .collect();
    let bins = |key: &str| {
        let width = expected[key].as_f64().expect("a width");
        Bins::new(0.0, 4000.0, width).expect("bins")
    };
    let (fine, coarse, of_rate) = (bins("bin_ms"), bins("fano_bin_ms"), bins("rate_bin_ms"));
    let segment = expected["segment_bins"].as_f64().expect("bins") * of_rate.width;
    let (mut intervals, mut correlated) = (0, 0);
    for (name, trains) in shared_trains(&sizes) {
        let theirs = &populations[&name];
        for (row, train) in trains.iter().enumerate() {
            let theirs = &theirs["neurons"][row];
            assert_eq!(Some(train.len() as u64), theirs["spikes"].as_u64());
            let ours = Irregularity::of(train);
            for (key, ours) in [
                ("cv", ours.cv),
                ("cv2", ours.cv2),
                ("lv", ours.lv),
                ("lvr", ours.lvr),
            ] {
                same(&format!("{name}[{row}] {key}"), ours, &theirs[key]);
                intervals += u32::from(ours.is_some());
            }
            let fano = coarse.moments(train).fano();
            same(&format!("{name}[{row}] fano"), fano, &theirs["fano"]);
        }
        let rows = subset(&trains, &fine, 1000);
        let mut ours = pairs(&trains, &fine, &rows).into_iter();
        for (k, &i) in rows.iter().enumerate() {
            for &j in &rows[k + 1..] {
                let what = format!("correlation of {name}[{i}] and [{j}]");
                same(&what, ours.next(), &theirs["correlation"][i][j]);
                correlated += 1;
            }
        }
        for i in (0..trains.len()).filter(|i| !rows.contains(i)) {
            assert!(theirs["correlation"][i][i].is_null(), "{name}[{i}]");
        }
        let c = Correlation::of(&trains, &fine);
        same(
            &format!("{name} correlation"),
            c.mean,
            &theirs["mean_correlation"],
        );
        same(&format!("{name} chi"), chi(&trains, &fine), &theirs["chi"]);
        let s = synchrony(&trains, &fine);
        same(&format!("{name} synchrony"), s, &theirs["synchrony"]);
        let ours = Spectrum::of(&trains, &of_rate, Some(segment)).expect("a spectrum");
        same("step", Some(ours.step_hz), &theirs["step_hz"]);
        let power = list(&theirs["power_hz2_per_hz"]);
        assert_eq!(ours.power_hz2_per_hz.len(), power.len());
        let most = ours.peak_hz2_per_hz;
        for (k, (a, b)) in ours.power_hz2_per_hz.iter().zip(power).enumerate() {
            let b = b.as_f64().expect("a power");
            // A power that is zero by symmetry is rounding of the others.
            assert!(
                (a - b).abs() <= 1e-9 * b.max(1e-4 * most),
                "{name} {k}: {a} {b}"
            );
        }
        if name == "oscillating" {
            assert!((ours.peak_hz - 25.0).abs() <= 2.0, "{}", ours.peak_hz);
        }
    }
    assert!(
        intervals > 100 && correlated > 60,
        "{intervals} {correlated}"
    );
}

#[test]
fn kolmogorov_smirnov_is_that_of_scipy() {
    let expected = expected();
    let of = |v: &Value| -> Vec<f64> { list(v).iter().map(|x| x.as_f64().expect("x")).collect() };
    assert_eq!(list(&expected["ks"]).len(), 3);
    for k in list(&expected["ks"]) {
        let ours = two_sample(&of(&k["a"]), &of(&k["b"])).expect("samples");
        same("D", Some(ours.statistic), &k["statistic"]);
        let (p, theirs) = (ours.p_value, k["p_value"].as_f64().expect("p"));
        assert!((p / theirs - 1.0).abs() < 1e-9, "{p} {theirs}");
    }
}

/// A child that is being started holds the files that are open here, and with them their locks: writing and
/// starting take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A recording of `a` (6 neurons, ids 0 to 4 recorded) and `b` (4 neurons, silent), 1000 ticks of 1 ms.
fn record(path: &Path, spikes: &[(u64, u32)]) {
    let _turn = turn();
    let population = |name: &str, size| PopulationSpec {
        name: name.into(),
        size,
        kind: PopulationKind::Source(SourceSpec::Poisson {
            rate: Rate::Constant {
                hz: 1.0,
                start: 0,
                stop: 1000,
            },
        }),
        labels: None,
        positions: None,
    };
    let slice = |population, end| Slice {
        population,
        start: 0,
        end,
    };
    let spec = NetworkSpec {
        name: "hand made".into(),
        seed: 1,
        resolution_ps: 1_000_000_000,
        duration: 1000,
        arithmetic: Arithmetic::Double,
        populations: vec![population("a", 6), population("b", 4)],
        projections: vec![],
        drives: vec![],
        recording: RecordingSpec {
            spikes: vec![slice(0, 5), slice(1, 4)],
            state: vec![],
            weights: Vec::new(),
        },
        modulators: Vec::new(),
    };
    let mut r = Recorder::create(&spec, path, "", &RecordOptions::default()).expect("created");
    for spike in spikes {
        r.spikes(&[*spike]);
    }
    r.finish(&Summary {
        reached: 1000,
        spike_hash: None,
    })
    .expect("finished");
}

/// Neuron 0 spikes every 10 ms, 1 with it, 2 between; 3 once; 4 never.
fn trains() -> Vec<(u64, u32)> {
    let mut all = vec![];
    for k in 1..=100 {
        if k > 1 {
            all.push((10 * k - 5, 2));
        }
        all.extend([(10 * k, 0), (10 * k, 1)]);
        if k == 30 {
            all.push((301, 3));
        }
    }
    all
}

fn program(args: &[&str]) -> std::process::Output {
    let _turn = turn();
    let mut command = Command::cargo_bin("spikewheel").expect("program");
    command.arg("stats").args(args).output().expect("ran")
}

fn stats(args: &[&str]) -> String {
    let done = program(args);
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{args:?}: {error}");
    String::from_utf8(done.stdout).expect("text")
}

fn refusal(args: &[&str]) -> String {
    let done = program(args);
    assert_eq!(done.status.code(), Some(2), "{args:?}");
    String::from_utf8(done.stderr).expect("text")
}

#[test]
fn every_form_says_the_same() {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("spikes.h5");
    record(&file, &trains());
    let run = dir.path().to_str().expect("text");
    let json: Value = serde_json::from_str(&stats(&[run, "--json"])).expect("JSON");
    let a = &json["populations"][0];
    assert_eq!(
        (&a["name"], &a["neurons"], &a["spikes"]),
        (&"a".into(), &5.into(), &300.into())
    );
    assert_eq!(
        (a["rate_hz"].as_f64(), a["silent"].as_f64()),
        (Some(60.0), Some(0.2))
    );
    assert_eq!(a["cv_neurons"], 3);
    assert!(a["cv"].as_f64().expect("cv") < 1e-12);
    assert_eq!(a["fano_neurons"], 4);
    assert_eq!(
        a["correlation_neurons"], 4,
        "a neuron without spikes has none"
    );
    assert_eq!(a["correlation_distribution"]["number"], 6);
    assert_eq!(a["correlation_distribution"]["max"], 1.0);
    // A silent population has a rate, and nothing else.
    let b = &json["populations"][1];
    assert_eq!(
        (b["rate_hz"].as_f64(), b["silent"].as_f64()),
        (Some(0.0), Some(1.0))
    );
    for key in [
        "cv",
        "cv2",
        "lv",
        "lvr",
        "fano",
        "correlation",
        "correlation_distribution",
        "chi",
        "synchrony",
    ] {
        assert!(b[key].is_null(), "{key}: {}", b[key]);
    }
    let text = stats(&[run]);
    assert!(
        text.contains("60.000") && text.contains("20.0 %") && !text.contains("NaN"),
        "{text}"
    );
    let csv = stats(&[run, "--csv"]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].starts_with("a,5,300,60,0,1,99,100,100,0.2,"),
        "{csv}"
    );
    assert_eq!(lines[2], "b,4,0,0,0,0,0,0,0,1,,,,,0,,0,,0,0,,,,,,", "{csv}");
    assert_eq!(lines[0].split(',').count(), lines[2].split(',').count());
}

#[test]
fn neurons_and_spectra_are_tables_of_their_own() {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("spikes.h5");
    record(&file, &trains());
    let run = file.to_str().expect("text");
    let csv = stats(&[
        run,
        "--per-neuron",
        "--csv",
        "--of",
        "a[1..6]",
        "--bin",
        "10 ms",
    ]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "population,neuron,spikes,rate_hz,cv,cv2,lv,lvr,fano,correlation"
    );
    assert_eq!(lines.len(), 5, "recorded neurons only: {csv}");
    // One spike in each of 100 bins: no variance.
    assert_eq!(lines[1], "a[1..6],1,100,100,0,0,0,0,0,", "{csv}");
    assert!(lines[3].starts_with("a[1..6],3,1,1,,,,,0.99,"), "{csv}");
    assert_eq!(lines[4], "a[1..6],4,0,0,,,,,,", "{csv}");
    let spectrum = ["--spectrum", "--segment", "100 ms", "--of", "a[0..2]"];
    let csv = stats(&[&[run, "--csv"], &spectrum[..]].concat());
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        (lines[0], lines.len()),
        ("population,frequency_hz,power_hz2_per_hz", 52)
    );
    assert!(lines[11].starts_with("a[0..2],100,"), "{}", lines[11]);
    let json: Value =
        serde_json::from_str(&stats(&[&[run, "--json"], &spectrum[..]].concat())).expect("JSON");
    let s = &json["populations"][0]["spectrum"];
    assert_eq!(
        (s["segments"].as_u64(), s["step_hz"].as_f64()),
        (Some(19), Some(10.0))
    );
    let text = stats(&[run, "--spectrum", "--per-neuron"]);
    assert!(
        text.contains("peak (Hz)") && text.contains("correlation"),
        "{text}"
    );
    // Nobody spiked: no spectrum, no peak.
    let text = stats(&[run, "--spectrum", "--of", "b"]);
    assert!(!text.contains("peak"), "{text}");
}

#[test]
fn distances_of_two_recordings() {
    let dir = tempfile::tempdir().expect("dir");
    let (one, other) = (dir.path().join("one.h5"), dir.path().join("other.h5"));
    record(&one, &trains());
    // The same without the spikes of neuron 2: its rate falls from 99 Hz to 0.
    let less: Vec<_> = trains().into_iter().filter(|s| s.1 != 2).collect();
    record(&other, &less);
    let (one, other) = (one.to_str().expect("text"), other.to_str().expect("text"));
    let json: Value =
        serde_json::from_str(&stats(&[one, "--against", other, "--json"])).expect("JSON");
    let rate = &json["populations"][0]["rate_hz"];
    assert!((rate["statistic"].as_f64().expect("D") - 0.2).abs() < 1e-12);
    assert_eq!(
        (rate["number"].as_u64(), rate["other_number"].as_u64()),
        (Some(5), Some(5))
    );
    assert!((rate["mean"].as_f64().expect("mean") - 60.0).abs() < 1e-9);
    assert!((rate["other_mean"].as_f64().expect("mean") - 40.2).abs() < 1e-9);
    assert!(json["populations"][1]["cv"]["statistic"].is_null());
    let csv = stats(&[one, "--against", one, "--csv"]);
    assert!(
        csv.contains("a,rate_hz,0,1,5,5,60,60\n") && csv.contains("b,cv,,,0,0,,\n"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 7);
    let text = stats(&[one, "--against", other]);
    assert!(text.contains("KS distance"), "{text}");
}

#[test]
fn wrong_options_are_refused() {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("spikes.h5");
    record(&file, &trains());
    let run = file.to_str().expect("text");
    for (args, said) in [
        (&["--bin", "0.5 ms"][..], "shorter than a tick"),
        (&["--bin", "600 ms"], "2 to 1e8 bins"),
        (&["--bin", "0 ms"], "shorter than a tick"),
        (&["--to", "2 s"], "ends at 1000 ms"),
        (&["--spectrum", "--segment", "3 ms"], "at least 8 bins"),
        (&["--spectrum", "--segment", "2 s"], "no longer than"),
        (&["--segment", "100 ms"], "--spectrum"),
        (&["--csv", "--spectrum", "--per-neuron"], "one table"),
        (&["--of", "c"], "no population `c`"),
        (&["--of", "a[5..9]"], "6 elements"),
        (&["--pairs", "1"], "2..=10000"),
        (&["--against", "none.h5"], "none.h5"),
        (&["--against", run, "--spectrum"], "cannot be used with"),
    ] {
        let answer = refusal(&[&[run], args].concat());
        // Messages are wrapped to the width of the terminal.
        let flat = answer.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said), "{args:?}: {answer}");
    }
}

#[test]
fn the_help_defines_the_figures() {
    let help = stats(&["--help"]);
    for source in [
        "Holt et al. 1996",
        "Shinomoto et al. 2003",
        "Golomb and Rinzel",
        "Welch",
    ] {
        assert!(
            help.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(source),
            "{source}"
        );
    }
    assert!(!stats(&["-h"]).contains("Holt"));
}
