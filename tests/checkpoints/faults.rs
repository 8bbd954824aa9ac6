//! What may happen to a run and its files from outside.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use spikewheel::columns::{Kind, Put};
use spikewheel::engine::keep::{Keeper, Rest};
use spikewheel::engine::sink::{NullSink, Sink};
use spikewheel::engine::{Checkpoints, Control, run_kept};
use spikewheel::record::Recording;
use spikewheel::snapshot::Snapshot;

use crate::networks::network;
use crate::place::{Place, QUIET, assert_same_files, hashes};
use crate::states::{SHARDS, built};

/// Waits until a file is there.
fn wait_for(path: &Path) {
    let until = Instant::now() + Duration::from_secs(120);
    while !path.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(path.exists(), "{}", path.display());
}

/// Ctrl-C, the end of a batch job, and a closed terminal leave a checkpoint to go on from.
#[test]
fn a_signal_leaves_a_checkpoint() {
    let place = Place::new();
    let long = ["--set", "simulation.duration=4 s", "--no-plot", "--json"];
    let wanted = hashes(&place.done(&[&["run", "net.toml", "--out", "whole"], &long[..]].concat()));
    for signal in ["INT", "TERM", "HUP"] {
        let out = format!("stopped-{signal}");
        let words = [
            &[
                "run",
                "net.toml",
                "--out",
                &out,
                "--checkpoint-every",
                "1000 s",
            ],
            &long[..],
        ];
        let child = place
            .command(&words.concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        wait_for(&place.at(&out).join("spikes.h5"));
        let sent = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(sent.expect("sent").success());
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            // It was faster.
            continue;
        }
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("spikewheel resume"), "{told}");
        let told = place.done(&["resume", &out, "--json", "--no-plot"]);
        assert_eq!(hashes(&told), wanted);
        assert_same_files(&place.at("whole"), &place.at(&out));
    }
}

/// A disk that is full, by a limit on the size of files: the error is told, and what was there is not
/// destroyed.
#[test]
fn a_full_disk_destroys_nothing() {
    let place = Place::new();
    let binary = assert_cmd::cargo::cargo_bin("spikewheel");
    let limited = |blocks: u32, words: &str| {
        let line = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec '{}' {words}",
            binary.display()
        );
        let output = Command::new("sh")
            .current_dir(place.directory.path())
            .args(["-c", &line])
            .output()
            .expect("it starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    };
    place.kept("part", 300);
    let read = |name: &str| std::fs::read(place.at("part").join(name)).expect("read");
    let before = (read("spikes.h5"), read("run.checkpoint"));
    // From no room at all to nearly enough: blocks are of 512 bytes.
    for blocks in [1, 40, 200, 400] {
        let (code, told) = limited(blocks, "resume part --until '20 s' --no-plot");
        assert_eq!(code, Some(1), "{blocks}: {told}");
        let reasons = ["cannot write", "cannot create", "cannot unpack"];
        assert!(reasons.iter().any(|r| told.contains(r)), "{told}");
        assert!(!told.contains("panic"), "{told}");
        assert!(Snapshot::open(&place.at("part/run.checkpoint")).is_ok());
        let now = Recording::open(&place.at("part/spikes.h5")).expect("it opens");
        assert!(!now.populations[0].times.is_empty());
        for (name, bytes) in [("spikes.h5", &before.0), ("run.checkpoint", &before.1)] {
            std::fs::write(place.at("part").join(name), bytes).expect("put back");
        }
    }
    // A pipe that is closed, and a closed standard error, are no panics.
    for words in [
        "resume part --until '400 ms' --no-plot >&-",
        "resume foreign 2>&-",
    ] {
        let (code, told) = limited(1 << 20, words);
        assert!(matches!(code, Some(0..=2)), "{words}: {code:?} {told}");
        assert!(!told.contains("panic"), "{told}");
    }
}

/// A run that would take minutes, when it has begun to write.
fn started(place: &Place, more: &[&str], out: &str) -> Child {
    let words = [
        &["run", "net.toml", "--set", "simulation.duration=1000 s"],
        &["--out", out, "--no-plot"][..],
        more,
    ];
    let child = place
        .command(&words.concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    wait_for(&place.at(out).join("spikes.h5"));
    child
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("sent").success());
}

/// A checkpoint that cannot be written is told while the run goes on, and so is that it can be again.
#[test]
fn checkpoints_that_cannot_be_written_are_told_at_once() {
    let place = Place::new();
    let every = ["--checkpoint-every", "1 ms"];
    let mut child = started(&place, &every, "part");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut next = || lines.next().expect("a line").expect("a text");
    // A directory under the name that checkpoints are first written to stands for a disk that is full.
    let name = place.at("part/run.checkpoint.part");
    while std::fs::create_dir(&name).is_err() {}
    let told = next();
    assert!(
        told.contains("warning: cannot write the checkpoint `part/run.checkpoint`"),
        "{told}"
    );
    let kept = Snapshot::open(&place.at("part/run.checkpoint")).expect("the one before is there");
    std::fs::remove_dir(&name).expect("removed");
    let told = next();
    assert!(told.contains("checkpoints are written again"), "{told}");
    while std::fs::create_dir(&name).is_err() {}
    let told = next();
    assert!(told.contains("warning: cannot write"), "{told}");
    // At the end it is told again, and is an error; the run itself is as it should be.
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    let told: String = lines.map(|l| l.expect("a text")).collect();
    assert!(told.contains("cannot write the checkpoint"), "{told}");
    assert!(told.contains("the checkpoint before stays"), "{told}");
    std::fs::remove_dir(&name).expect("removed");
    let last = Snapshot::open(&place.at("part/run.checkpoint")).expect("it opens");
    assert!(last.rest.tick >= kept.rest.tick);
    let until = (last.rest.tick / 10 + 50).to_string() + " ms";
    let told = place.done(&[&["resume", "part", "--until", &until], &QUIET[..]].concat());
    let set = format!("simulation.duration={until}");
    let whole = ["run", "net.toml", "--out", "whole", "--set", &set];
    assert_eq!(
        hashes(&place.done(&[&whole[..], &QUIET].concat())),
        hashes(&told)
    );
}

/// Two runs in one directory would mix their files.
#[test]
fn a_directory_is_for_one_run_at_a_time() {
    let place = Place::new();
    let mut child = started(&place, &["--checkpoint-every", "10 s"], "part");
    for words in [
        &["run", "net.toml", "--out", "part", "--force"][..],
        &["resume", "part", "--until", "2000 s"],
        &["resume", "part", "--until", "2000 s", "--out", "other"],
    ] {
        let told = place.refused(words, 1);
        assert!(told.contains("`part` and is not done"), "{words:?}: {told}");
    }
    assert!(!place.at("other").exists());
    interrupt(&child);
    child.wait().expect("it ends");
    // Weights alone do not hang on the recording.
    assert!(place.at("part/run.checkpoint").exists());
    let last = Snapshot::open(&place.at("part/run.checkpoint")).expect("it opens");
    assert!(last.rest.tick > 0);
}

/// Whoever has no right to write is told, and what there is stays.
#[test]
fn checkpoints_in_places_that_cannot_be_written() {
    let place = Place::new();
    place.kept("part", 300);
    let files = ["part/run.checkpoint", "part/spikes.h5", "part/weights.h5"];
    let read = || files.map(|f| std::fs::read(place.at(f)).expect("read"));
    let before = read();
    let allow = |mode: u32, own: u32| {
        for file in files {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(place.at(file), mode).expect("set");
        }
        let mode = std::fs::Permissions::from_mode(own);
        std::fs::set_permissions(place.at("part"), mode).expect("set");
    };
    allow(0o444, 0o555);
    let on = ["resume", "part", "--until", "400 ms"];
    let told = place.done(&[&on[..], &["--out", "other"], &QUIET].concat());
    assert!(before == read());
    std::fs::write(place.at("file"), "no directory").expect("written");
    for out in ["file/x", "/dev/null/x"] {
        let refused = place.refused(&[&on[..], &["--out", out]].concat(), 1);
        assert!(
            refused.contains(&format!("cannot create `{out}`")),
            "{refused}"
        );
        let run = ["run", "net.toml", "--checkpoint-every", "1 s", "--out", out];
        let refused = place.refused(&run, 1);
        assert!(
            refused.contains(&format!("cannot create `{out}`")),
            "{refused}"
        );
    }
    for out in ["file", "/dev/null"] {
        let refused = place.refused(&[&on[..], &["--out", out, "--force"]].concat(), 2);
        assert!(refused.contains("is not a directory"), "{refused}");
    }
    assert!(before == read());
    allow(0o644, 0o755);
    let whole = [
        "run",
        "net.toml",
        "--out",
        "whole",
        "--set",
        "simulation.duration=400 ms",
    ];
    let whole = place.done(&[&whole[..], &QUIET].concat());
    assert_eq!(hashes(&whole), hashes(&told));
}

/// A link leads to the checkpoint from another directory: what it leads to is not cleared away.
#[test]
fn a_checkpoint_is_not_written_over_by_what_goes_on_from_it() {
    let place = Place::new();
    place.kept("part", 300);
    std::os::unix::fs::symlink(place.at("part/run.checkpoint"), place.at("link")).expect("a link");
    let before = std::fs::read(place.at("part/run.checkpoint")).expect("read");
    let words = [
        "resume", "link", "--until", "1 s", "--out", "part", "--force",
    ];
    let told = place.refused(&words, 2);
    assert!(
        told.contains("`part/run.checkpoint` is what is read"),
        "{told}"
    );
    assert!(before == std::fs::read(place.at("part/run.checkpoint")).expect("read"));
    assert!(place.at("part/spikes.h5").exists());
}

/// Spikes in steps of the NIR file.
fn steps(place: &Place, out: &str) -> String {
    std::fs::read_to_string(place.at(out).join("steps.csv")).expect("steps")
}

/// A run of a NIR file is that of the definition which it can be converted to, and is kept as such.
#[test]
fn a_run_of_a_nir_file_is_kept_and_goes_on() {
    let place = Place::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nir/lif_norse.nir");
    std::fs::copy(file, place.at("net.nir")).expect("copied");
    // One value that stays, for so many steps that there is time to stop it.
    std::fs::write(place.at("in.csv"), "1.5\n").expect("written");
    let run = ["run", "net.nir", "--input", "in.csv", "--nir-dt", "0.0001"];
    let long = ["--nir-steps", "300000"];
    let words =
        |more: &[&'static str]| -> Vec<&'static str> { [&run[..], &long, &QUIET, more].concat() };
    let told = place.done(&words(&["--out", "whole"]));
    let wanted = told["spike_hash"].clone();
    assert!(steps(&place, "whole").lines().count() > 1000);
    let every = ["--checkpoint-every", "1000 s"];
    let told = place.done(&words(&[&every[..], &["--out", "kept"]].concat()));
    assert_eq!(told["spike_hash"], wanted);
    assert_eq!(steps(&place, "kept"), steps(&place, "whole"));
    let child = place
        .command(&words(&[&every[..], &["--out", "part"]].concat()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    wait_for(&place.at("part/spikes.h5"));
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("spikewheel resume part"), "{told}");
    assert!(steps(&place, "part").len() < steps(&place, "whole").len());
    for name in ["net.nir", "in.csv"] {
        std::fs::remove_file(place.at(name)).expect("removed");
    }
    let told = place.done(&[&["resume", "part", "--threads", "2"], &QUIET[..]].concat());
    assert_eq!(told["spike_hash"], wanted);
    assert_eq!(steps(&place, "part"), steps(&place, "whole"));
}

/// Panics in the thread that comes so late.
struct Panics {
    after: usize,
}

impl Put for Panics {
    fn put(&mut self, _: &str, _: Kind, _: &[u8]) {
        assert!(self.after > 0, "a fault of this test");
        self.after -= 1;
    }
}

impl Keeper for Panics {
    fn begin(&mut self, _: u64) {}
    fn end(&mut self, _: &Rest) {}
}

impl Sink for Panics {
    fn spikes(&mut self, _: &[(u64, u32)]) {}
    fn sample(&mut self, _: usize, _: u64, _: &[f64]) {}
    fn reached(&mut self, _: u64) {
        assert!(self.after > 0, "a fault of this test");
        self.after -= 1;
    }
}

/// Whichever thread it is: the others do not wait for it for ever.
#[test]
fn a_worker_that_panics_ends_the_run_with_its_message() {
    let spec = network(7);
    for shards in SHARDS {
        for after in [0, 1, 2, 3, 5, 8, 13] {
            let mut keeper = Panics { after };
            let checkpoints = Checkpoints {
                every: Some(20),
                every_wall: None,
                keeper: &mut keeper,
            };
            let control = Control::default();
            let kept = run_kept(
                built(&spec, shards),
                &mut NullSink,
                &control,
                Some(checkpoints),
            );
            let mut sink = Panics { after };
            let recorded = run_kept(built(&spec, shards), &mut sink, &control, None);
            for outcome in [kept, recorded] {
                let told = outcome.expect_err("it panics").to_string();
                assert!(told.contains("a fault of this test"), "{shards}: {told}");
            }
        }
    }
}
