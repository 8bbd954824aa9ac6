//! Commands from end to end.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use spikewheel::record::{Recording, Weights};
use spikewheel::snapshot::Snapshot;

use crate::networks::Draw;
use crate::place::{Place, assert_same_files, hashes};

/// What is recorded must be the beginning of what a whole run records.
fn assert_prefix(file: &Path, whole: &Recording) {
    let part = Recording::open(file).expect("a recording that was cut off opens");
    for (p, q) in part.populations.iter().zip(&whole.populations) {
        let n = p.times.len();
        assert!(n <= q.times.len());
        assert_eq!((&p.times[..], &p.ids[..]), (&q.times[..n], &q.ids[..n]));
    }
    for (p, q) in part.traces.iter().zip(&whole.traces) {
        let n = p.frames() * p.ids.len();
        assert_eq!(&p.values[..n], &q.values[..n]);
    }
}

/// Kills, over and over, a run and whatever goes on with it, until it has come to its end; then begins
/// again. `SPIKEWHEEL_KILLS` says how often in all.
#[test]
fn a_run_may_be_killed_at_any_moment_and_goes_on_to_the_same_end() {
    let place = Place::new();
    let told = place.done(&["run", "net.toml", "--out", "whole", "--no-plot", "--json"]);
    let (wanted, whole) = (hashes(&told), place.at("whole"));
    let recording = Recording::open(&whole.join("spikes.h5")).expect("it opens");
    let kills: u32 = std::env::var("SPIKEWHEEL_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(50);
    // As long as a run takes: kills come about evenly at all of its moments.
    let started = Instant::now();
    let first = place.at("first");
    place.done(&[
        "run",
        "net.toml",
        "--out",
        "first",
        "--json",
        "--checkpoint-every",
        "150 ms",
        "--no-plot",
    ]);
    assert_same_files(&whole, &first);
    let length = started.elapsed();
    let d = &mut Draw::new(9);
    let (mut killed, mut finished) = (0, 0);
    while killed < kills || finished == 0 {
        let threads = d.of(&["1", "2", "3"]);
        let checkpoint = place.at("part/run.checkpoint");
        let mut words: Vec<&str> = match checkpoint.exists() {
            true => vec!["resume", "part"],
            false => vec![
                "run",
                "net.toml",
                "--out",
                "part",
                "--force",
                "--checkpoint-every",
                "150 ms",
            ],
        };
        words.extend(["--json", "--no-plot", "--threads", threads]);
        let mut child = place
            .command(&words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        if killed < kills {
            let wait = length.mul_f64(d.real(0.0, 1.1));
            let until = Instant::now() + wait;
            while Instant::now() < until && child.try_wait().expect("asked").is_none() {
                std::thread::sleep(Duration::from_millis(2));
            }
            let ended = child.try_wait().expect("asked").is_some();
            if !ended {
                child.kill().expect("killed");
                child.wait().expect("gone");
                killed += 1;
                let file = place.at("part/spikes.h5");
                if file.exists() {
                    assert_prefix(&file, &recording);
                }
                continue;
            }
        }
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let got = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(hashes(&got), wanted, "{words:?}");
        } else {
            // It was killed between its last deed and its end.
            assert!(told.contains("is complete"), "{words:?}: {told}");
        }
        finished += 1;
        assert_same_files(&whole, &place.at("part"));
        std::fs::remove_dir_all(place.at("part")).expect("removed");
    }
    assert!(killed >= kills && finished > 0, "{killed} {finished}");
}

#[test]
fn a_run_goes_on_longer_elsewhere_and_without_the_files_of_its_definition() {
    let place = Place::new();
    let long = ["--set", "simulation.duration=1500 ms"];
    let run = ["run", "net.toml", "--json", "--no-plot", "--out"];
    let words = [&run[..], &["whole"], &long].concat();
    let wanted = hashes(&place.done(&words));
    place.kept("part", 600);
    let refused = place.refused(&["resume", "part"], 2);
    assert!(
        refused.contains("the run is complete at 600 ms; --until '1.2 s'"),
        "{refused}"
    );
    // A checkpoint is moved with its recording; the definition is in it.
    let elsewhere = tempfile::tempdir().expect("a directory");
    for file in std::fs::read_dir(place.at("part")).expect("read") {
        let file = file.expect("read");
        std::fs::copy(file.path(), elsewhere.path().join(file.file_name())).expect("copied");
    }
    for name in ["net.toml", "common.toml", "data/push.csv"] {
        std::fs::remove_file(place.at(name)).expect("removed");
    }
    let moved = elsewhere.path().to_str().expect("a name");
    let told = place.done(&["resume", moved, "--until", "1500 ms", "--json", "--no-plot"]);
    assert_eq!(hashes(&told), wanted);
    assert_same_files(&place.at("whole"), elsewhere.path());
    // With --out what is gone on with stays as it was.
    let before = std::fs::read(place.at("part/spikes.h5")).expect("read");
    let told = place.done(&[
        "resume",
        "part",
        "--until",
        "1500 ms",
        "--out",
        "other",
        "--json",
        "--no-plot",
        "--threads",
        "3",
    ]);
    assert_eq!(hashes(&told), wanted);
    assert_same_files(&place.at("whole"), &place.at("other"));
    assert!(before == std::fs::read(place.at("part/spikes.h5")).expect("read"));
}

#[test]
fn a_saved_state_goes_on_with_other_parameters_or_with_its_weights_alone() {
    let place = Place::new();
    place.kept("part", 700);
    let (spikes, weights) = (place.at("part/spikes.h5"), place.at("part/weights.h5"));
    let before = Recording::open(&spikes).expect("it opens");
    // The same parameters under --set: exact but for the last bit, since neurons are brought up to date.
    let go_on = |set: &str, out: &str| {
        let words = [
            "resume",
            "part",
            "--until",
            "1200 ms",
            "--set",
            set,
            "--out",
            out,
            "--json",
            "--no-plot",
        ];
        place.done(&words);
        Recording::open(&place.at(out).join("spikes.h5")).expect("it opens")
    };
    let count = |r: &Recording, from: f64| {
        let all = r.population("cells").expect("there").times.iter();
        all.filter(|t| **t > from).count()
    };
    let same = go_on("noise=5 kHz", "same");
    let quiet = go_on("noise=0 kHz", "quiet");
    let loud = go_on("noise=9 kHz", "loud");
    let n = before.population("cells").expect("there").times.len();
    for other in [&same, &quiet, &loud] {
        let cells = other.population("cells").expect("there");
        assert_eq!(
            cells.times[..n],
            before.population("cells").expect("there").times[..]
        );
    }
    let [same, quiet, loud] = [&same, &quiet, &loud].map(|r| count(r, 720.0));
    assert!(
        quiet < same / 4 && loud > same * 5 / 4,
        "{quiet} {same} {loud}"
    );
    // Weights alone: a run from time 0 that begins with what was learnt.
    place.done(&[
        "resume",
        "part",
        "--weights-only",
        "--out",
        "again",
        "--json",
        "--no-plot",
    ]);
    let open = |p: &Path| Weights::open(p).expect("it opens");
    let (old, new) = (open(&weights), open(&place.at("again/weights.h5")));
    let last = old.recordings[0].snapshots.last().expect("the end");
    let first = new.recordings[0].snapshots.first().expect("the start");
    assert_eq!(
        (last.label.as_str(), first.label.as_str()),
        ("end", "start")
    );
    assert_eq!(
        old.weights(last).expect("read"),
        new.weights(first).expect("read")
    );
    assert_ne!(
        old.weights(&old.recordings[0].snapshots[0]).expect("read"),
        new.weights(first).expect("read")
    );
    // What cannot be changed is said.
    for (set, what) in [
        ("simulation.resolution=0.2 ms", "resolution must stay"),
        ("simulation.arithmetic=single", "arithmetic must stay"),
        ("simulation.seed=5", "the synapses of projection 0"),
        ("nois=1 Hz", "`noise`"),
    ] {
        let told = place.refused(
            &[
                "resume", "part", "--until", "2 s", "--set", set, "--out", "refused", "--force",
            ],
            2,
        );
        assert!(told.contains(what), "{set}: {told}");
    }
}

#[test]
fn wrong_calls_are_answered() {
    let place = Place::new();
    std::fs::write(place.at("foreign"), "not a checkpoint").expect("written");
    let told = place.refused(&["resume", "foreign"], 2);
    assert!(told.contains("`foreign` is not a checkpoint"), "{told}");
    let told = place.refused(&["resume", "nothing"], 2);
    assert!(told.contains("there is no file nothing"), "{told}");
    let told = place.refused(&["resume", "foriegn"], 2);
    assert!(told.contains("did you mean `foreign`"), "{told}");
    let told = place.refused(&["run", "net.toml", "--checkpoint-every", "10"], 2);
    assert!(told.contains("a time needs its unit"), "{told}");
    place.kept("part", 300);
    let told = place.refused(&["resume", "part", "--until", "100 ms"], 2);
    assert!(told.contains("behind the end at 100 ms"), "{told}");
    let told = place.refused(
        &[
            "resume", "part", "--until", "1 s", "--out", "part", "--force",
        ],
        2,
    );
    assert!(
        told.contains("holds the run that is gone on with"),
        "{told}"
    );
    // A recording that is gone, or not the one.
    std::fs::rename(place.at("part/spikes.h5"), place.at("part/old.h5")).expect("renamed");
    let told = place.refused(&["resume", "part", "--until", "1 s"], 1);
    assert!(told.contains("spikes.h5"), "{told}");
    assert!(Snapshot::open(&place.at("part/run.checkpoint")).is_ok());
}

#[test]
fn what_a_definition_reads_is_not_written_over() {
    let place = Place::new();
    let to = [
        "run",
        "net.toml",
        "--out",
        "part",
        "--json",
        "--no-plot",
        "--set",
        "simulation.duration=100 ms",
    ];
    place.done(&to);
    let text = std::fs::read_to_string(place.at("net.toml")).expect("read");
    let reading = text.replace(
        "file = \"data/push.csv\"",
        "file = \"part/spikes.h5\"\npopulation = \"cells\"",
    );
    assert_ne!(text, reading);
    std::fs::write(place.at("net.toml"), reading).expect("written");
    let before = std::fs::read(place.at("part/spikes.h5")).expect("read");
    let told = place.refused(&[&to[..], &["--force"]].concat(), 2);
    assert!(told.contains("`part/spikes.h5` is what is read"), "{told}");
    assert!(before == std::fs::read(place.at("part/spikes.h5")).expect("read"));
}
