//! A definition with its files, and commands that are given there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use spikewheel::record::{Recording, Weights};

/// Words that most commands are given.
pub const QUIET: [&str; 2] = ["--json", "--no-plot"];

const DEFINITION: &str = r#"
format = 1
name = "Two populations that learn"
include = ["common.toml"]

[simulation]
duration = "1500 ms"
seed = 4

[stimuli.input]
model = "poisson"
size = 60
rate = "20 Hz"

[stimuli.push]
model = "spike_list"
file = "data/push.csv"
to = ["cells"]
weight = "1 mV"

[stimuli.noise]
model = "poisson"
rate = "noise"
to = ["cells"]
weight = "0.4 mV"

[[projections]]
name = "learns"
from = "input"
to = "cells"
rule = { fixed_indegree = 20 }
weight = { uniform = ["0 mV", "1 mV"] }
delay = { uniform = ["0.5 ms", "4 ms"] }
plasticity = { rule = "stdp", lambda = "rate_of_learning", Wmax = "1 mV" }

[[projections]]
from = "cells"
to = "cells"
rule = { fixed_indegree = 10 }
weight = "-0.2 mV"
delay = "1.5 ms"

[recording]
spikes = "all"
csv = true
state = [{ of = "cells[0..5]", variable = "V_m", every = "1 ms" }]
weights = [
    { projection = "learns", at = ["start", "50 ms", "end"] },
    { projection = "learns", of = [["input[0..60]", "cells[0]"]], every = "10 ms" },
]
"#;

const COMMON: &str = r#"
format = 1

[parameters]
noise = "5 kHz"
rate_of_learning = 0.01

[populations.cells]
model = "lif_delta"
size = 200
"#;

/// A directory with the definition and its files.
pub struct Place {
    pub directory: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("data")).expect("made");
        let rows: String = (1..300)
            .map(|k| format!("{},{}\n", 5 * k, k % 200))
            .collect();
        std::fs::write(at("net.toml"), DEFINITION).expect("written");
        std::fs::write(at("common.toml"), COMMON).expect("written");
        std::fs::write(at("data/push.csv"), format!("time_ms,neuron\n{rows}")).expect("written");
        Self { directory }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("spikewheel"));
        command
            .current_dir(self.directory.path())
            .args(words)
            .stdin(Stdio::null());
        command
    }

    pub fn call(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it starts")
    }

    pub fn done(&self, words: &[&str]) -> serde_json::Value {
        let output = self.call(words);
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// A run of so many ms whose end is kept.
    pub fn kept(&self, out: &str, ms: u32) -> serde_json::Value {
        let duration = format!("simulation.duration={ms} ms");
        let words = ["run", "net.toml", "--set", &duration, "--out", out];
        self.done(&[&words[..], &QUIET, &["--checkpoint-every", "1 s"]].concat())
    }

    pub fn refused(&self, words: &[&str], code: i32) -> String {
        let output = self.call(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        // Messages are broken into lines.
        told.split_whitespace()
            .filter(|w| *w != "│")
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a run is known by.
pub fn hashes(told: &serde_json::Value) -> (String, String) {
    let text = |name: &str| told[name].as_str().expect("a hash").to_string();
    (text("spike_hash"), text("weight_hash"))
}

/// What the files of two runs hold must be the same.
pub fn assert_same_files(a: &Path, b: &Path) {
    let open = |p: &Path| Recording::open(&p.join("spikes.h5")).expect("it opens");
    let (one, other) = (open(a), open(b));
    assert_eq!(one.completed, Some(true));
    assert_eq!(other.completed, Some(true));
    for (p, q) in one.populations.iter().zip(&other.populations) {
        assert_eq!((&p.times, &p.ids), (&q.times, &q.ids), "{}", p.name);
        assert!(!p.times.is_empty());
    }
    for (p, q) in one.traces.iter().zip(&other.traces) {
        assert_eq!((&p.values, p.start, p.step), (&q.values, q.start, q.step));
        assert!(!p.values.is_empty());
    }
    for name in ["spike_hash", "recorded_spikes", "reached_ticks"] {
        assert_eq!(one.attributes.get(name), other.attributes.get(name));
    }
    let text = |p: &Path| std::fs::read_to_string(p.join("spikes.csv")).expect("it is there");
    assert!(text(a) == text(b), "the texts differ");
    let open = |p: &Path| Weights::open(&p.join("weights.h5")).expect("it opens");
    let (one, other) = (open(a), open(b));
    assert_eq!(one.recordings.len(), other.recordings.len());
    for (p, q) in one.recordings.iter().zip(&other.recordings) {
        assert_eq!(p.snapshots.len(), q.snapshots.len());
        assert!(p.snapshots.len() > 1);
        for (s, t) in p.snapshots.iter().zip(&q.snapshots) {
            assert_eq!(s.label, t.label);
            assert_eq!(
                one.synapses(s).expect("read"),
                other.synapses(t).expect("read")
            );
        }
        let (s, t) = (p.traces.as_ref(), q.traces.as_ref());
        let (s, t) = (s.expect("traces"), t.expect("traces"));
        assert_eq!((&s.times, &s.values), (&t.times, &t.values));
        assert!(s.times.len() > 100);
    }
}
