//! Runs that learn, as a user calls them: what is written of weights, and what becomes of it.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use spikewheel::record::{SavedSynapse, Weights};

const NETWORK: &str = r#"
format = 1
name = "learning"
[simulation]
duration = "2 s"
[stimuli.input]
model = "poisson"
size = 100
rate = "15 Hz"
[populations.output]
model = "lif_delta"
size = 20
[[projections]]
name = "ff"
from = "input"
to = "output"
rule = RULE
plasticity = { rule = "stdp", lambda = 0.05, alpha = 1.05, mu_plus = 0, mu_minus = 0, Wmax = "2 mV" }
[recording]
weights = [
    { projection = "ff", at = { every = "500 ms" } },
    { projection = "ff", of = [["input[0..3]", "output"]], every = "1 ms" },
]
"#;
const DRAWN: &str = "{ fixed_indegree = 50 }\nweight = { uniform = [\"0 mV\", \"2 mV\"] }\ndelay = { uniform = [\"1 ms\", \"4 ms\"] }";

fn spikewheel(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("spikewheel").expect("the binary is built");
    command.current_dir(directory);
    command
}

fn write(directory: &Path, name: &str, rule: &str) {
    std::fs::write(directory.join(name), NETWORK.replace("RULE", rule)).unwrap();
}

/// Runs a definition and returns what it tells.
fn run(directory: &Path, args: &[&str]) -> serde_json::Value {
    let output = spikewheel(directory)
        .arg("run")
        .args(args)
        .arg("--json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn snapshot(directory: &Path, run: &str, at: usize) -> Vec<SavedSynapse> {
    let file = Weights::open(&directory.join(run).join("weights.h5")).unwrap();
    assert!(file.completed);
    let all = &file.recording("ff").unwrap().snapshots;
    let at = if at == usize::MAX { all.len() - 1 } else { at };
    file.synapses(&all[at]).unwrap()
}

#[test]
fn a_run_writes_the_same_weights_for_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "n.toml", DRAWN);
    let mut first: Option<(serde_json::Value, Vec<SavedSynapse>, Vec<f64>)> = None;
    for threads in ["1", "2", "3"] {
        let out = format!("run{threads}");
        let told = run(dir.path(), &["n.toml", "--threads", threads, "--out", &out]);
        let hash = told["weight_hash"].clone();
        assert!(hash.is_string());
        for name in ["weights.h5", "weights.png", "weights_over_time.png"] {
            assert!(dir.path().join(&out).join(name).is_file(), "{name}");
            assert!(told["files"].to_string().contains(name));
        }
        let end = snapshot(dir.path(), &out, usize::MAX);
        assert_eq!(end.len(), 1000);
        let file = Weights::open(&dir.path().join(&out).join("weights.h5")).unwrap();
        let recording = file.recording("ff").unwrap();
        let labels: Vec<&str> = recording
            .snapshots
            .iter()
            .map(|s| s.label.as_str())
            .collect();
        assert_eq!(labels, ["start", "500ms", "1s", "1.5s", "end"]);
        let traces = recording.traces.clone().unwrap();
        assert_eq!(traces.times.len(), 2001);
        assert!(!traces.synapses.is_empty());
        // The courses end where the last snapshot is.
        for (k, s) in traces.synapses.iter().enumerate() {
            let (_, last) = traces.course(k).last().unwrap();
            let same = end.iter().any(|e| {
                (&e.source, &e.target, e.delay) == (&s.source, &s.target, s.delay)
                    && e.weight == last
            });
            assert!(same, "{s:?}");
        }
        let start = snapshot(dir.path(), &out, 0);
        assert_ne!(start, end, "nothing was learnt");
        match &first {
            None => first = Some((hash, end, traces.values)),
            Some(f) => assert_eq!(*f, (hash, end, traces.values)),
        }
    }
}

#[test]
fn a_run_goes_on_from_the_weights_of_another_and_can_be_frozen() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "n.toml", DRAWN);
    run(dir.path(), &["n.toml", "--out", "first", "--no-plot"]);
    let saved = "{ list = { file = \"first/weights.h5\", population = \"ff.end\" } }";
    write(dir.path(), "again.toml", saved);
    run(dir.path(), &["again.toml", "--out", "second", "--no-plot"]);
    let end = snapshot(dir.path(), "first", usize::MAX);
    assert_eq!(snapshot(dir.path(), "second", 0), end);
    let frozen = run(
        dir.path(),
        &[
            "again.toml",
            "--out",
            "third",
            "--set",
            "simulation.plasticity=frozen",
        ],
    );
    assert!(frozen["weight_hash"].is_null());
    assert!(!dir.path().join("third/weights.h5").exists());
    let output = |told: &serde_json::Value| told["populations"][0]["spikes"].as_u64();
    assert!(output(&frozen) > Some(0));
    // What was frozen is a network whose weights are those of the list.
    let text = std::fs::read_to_string(dir.path().join("again.toml")).unwrap();
    let text = text.split("plasticity").next().unwrap();
    std::fs::write(dir.path().join("plain.toml"), text).unwrap();
    let plain = run(dir.path(), &["plain.toml", "--no-record"]);
    assert_eq!(plain["spike_hash"], frozen["spike_hash"]);
}

#[test]
fn results_are_replaced_only_on_request() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "n.toml", DRAWN);
    run(dir.path(), &["n.toml", "--out", "run", "--no-plot"]);
    spikewheel(dir.path())
        .args(["run", "n.toml", "--out", "run"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("exists already"));
    // What a run does not write again does not stay behind as if it were its own.
    let frozen = "simulation.plasticity=frozen";
    run(
        dir.path(),
        &["n.toml", "--out", "run", "--force", "--set", frozen],
    );
    assert!(!dir.path().join("run/weights.h5").exists());
    spikewheel(dir.path())
        .args(["run", "n.toml", "--no-record"])
        .assert()
        .success()
        .stdout(predicate::str::contains("weight hash"));
}
