//! What commands write, and where: never over what they read, not half, and with a word if it cannot be done.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory with something for every command to read.
struct Place {
    directory: tempfile::TempDir,
}

const DEFINITION: &str = r#"
format = 1
[simulation]
duration = "60 ms"
[stimuli.in]
model = "poisson"
size = 20
rate = "200 Hz"
[populations.out]
model = "lif_delta"
size = 5
[[projections]]
name = "ff"
from = "in"
to = "out"
rule = "all_to_all"
weight = { uniform = ["0 mV", "1 mV"] }
delay = "1 ms"
plasticity = { rule = "stdp", Wmax = "1 mV" }
[recording]
state = [{ of = "out[0..2]", variable = "V_m", every = "1 ms" }]
weights = [{ projection = "ff", at = ["start", "end"] }]
"#;

/// The samples, and how they are read.
const DATA: &str = "--data digits.npz --divide-by 16 --limit 20";

impl Place {
    fn new() -> Self {
        let place = Self {
            directory: tempfile::tempdir().expect("a directory"),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (from, to) in [
            ("networks/models/digits_mlp.onnx", "net.onnx"),
            ("networks/models/digits.npz", "digits.npz"),
            ("tests/data/nir/lif_norse.nir", "net.nir"),
        ] {
            std::fs::copy(root.join(from), place.at(to)).expect("copied");
        }
        std::fs::write(place.at("net.toml"), DEFINITION).expect("written");
        std::fs::write(place.at("file"), "no directory").expect("written");
        place.done("run net.toml --out run --checkpoint-every 1s --no-plot");
        place.done("convert net.onnx --calibrate digits.npz --divide-by 16 -o net.snn");
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("spikewheel"));
        command
            .current_dir(self.directory.path())
            .args(line.split_whitespace())
            .stdin(Stdio::null());
        command
    }

    fn call(&self, line: &str) -> Output {
        self.command(line).output().expect("it starts")
    }

    fn done(&self, line: &str) {
        let output = self.call(line);
        assert!(output.status.success(), "{line}: {}", told(&output));
    }

    /// Every file there is, with what it holds.
    fn all(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all = Vec::new();
        let mut left = vec![self.directory.path().to_path_buf()];
        while let Some(directory) = left.pop() {
            for entry in std::fs::read_dir(directory).expect("read") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => left.push(path),
                    false => all.push((path.clone(), std::fs::read(path).expect("read"))),
                }
            }
        }
        all.sort();
        all
    }
}

/// A message without the breaks of its lines.
fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr)
        .split_whitespace()
        .filter(|w| *w != "│")
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whatever is forced.
#[test]
fn no_command_writes_over_what_it_reads() {
    let place = Place::new();
    // Files of several inputs by the names under which results are written.
    std::fs::create_dir(place.at("inputs")).expect("made");
    std::fs::write(place.at("inputs/steps.csv"), "time_ms,neuron\n1,0\n").expect("written");
    std::fs::copy(place.at("net.nir"), place.at("inputs/net.nir")).expect("copied");
    std::fs::copy(place.at("digits.npz"), place.at("net.snn/own.npz")).expect("copied");
    let reading = DEFINITION.replace(
        "model = \"poisson\"\nsize = 20\nrate = \"200 Hz\"",
        "model = \"spike_list\"\nsize = 20\nfile = \"run/spikes.h5\"\npopulation = \"in\"",
    );
    std::fs::write(place.at("again.toml"), reading).expect("written");
    place.done("check again.toml");
    let before = place.all();
    for line in [
        "run again.toml --out run --force",
        "run net.nir --input inputs/steps.csv --duration 5ms --out inputs --force",
        "resume run --until 1s --out run --force",
        "raster run -o run/spikes.h5",
        "raster run/spikes.h5 -o ./run/../run/spikes.h5",
        "traces run -o run/spikes.h5",
        "convert net.nir -o net.nir --force",
        "convert net.nir -o inputs/../net.nir --force",
        "convert net.onnx -o net.onnx --force",
        "convert net.onnx --calibrate net.snn/own.npz --divide-by 16 -o net.snn --force",
        &format!("evaluate net.snn {DATA} --csv digits.npz --force"),
        &format!("evaluate net.snn {DATA} --record digits.npz --force"),
        &format!("evaluate net.snn {DATA} --csv net.snn/weights.npz --force"),
        &format!("evaluate net.snn {DATA} --record net.snn/model.toml --force"),
        &format!("study precision net.snn {DATA} --plot digits.npz --force"),
        &format!("study robustness net.snn {DATA} --plot net.snn/weights.npz --force"),
        "study sparsity net.snn --data digits.npz --calibrate net.snn/own.npz --divide-by 16 --plot net.snn/own.npz --force",
    ] {
        let output = place.call(line);
        assert_eq!(output.status.code(), Some(2), "{line}: {}", told(&output));
        assert!(place.all() == before, "{line}");
    }
    // A name that the definition would be written under.
    let line = "convert inputs/net.nir --input inputs/net.nir --duration 5ms -o inputs --force";
    assert_eq!(place.call(line).status.code(), Some(2));
    assert!(place.all() == before, "{line}");
}

/// A directory that is none, a name that is taken by a directory, a file that has no room.
#[test]
fn what_cannot_be_written_is_told() {
    let place = Place::new();
    let before = place.all();
    let lines = |out: &str| {
        [
            format!("run net.toml --out {out}"),
            format!("run net.toml --out {out} --checkpoint-every 1s"),
            format!("resume run --until 1s --out {out}"),
            format!("resume run --weights-only --out {out}"),
            format!("raster run -o {out}.png"),
            format!("traces run -o {out}.png"),
            format!("weights run -o {out}"),
            format!("convert net.onnx -o {out}"),
            format!("convert net.nir -o {out}.nir"),
            format!("convert net.nir --duration 5ms -o {out}"),
            format!("evaluate net.snn {DATA} --csv {out}.csv"),
            format!("evaluate net.snn {DATA} --record {out}.h5"),
            format!("evaluate net.snn {DATA} --plot {out}"),
            format!("study precision net.snn {DATA} --plot {out}.png"),
            format!("man {out}"),
        ]
    };
    for out in ["file/x", "file/x/y"] {
        for line in lines(out) {
            let output = place.call(&line);
            let told = told(&output);
            assert!(
                matches!(output.status.code(), Some(1 | 2)),
                "{line}: {told}"
            );
            assert!(told.contains("file"), "{line}: {told}");
            assert!(!told.contains("panicked"), "{line}: {told}");
            assert!(place.all() == before, "{line}");
        }
    }
}

/// `spikewheel ... | head` is no error, and a full disk behind a redirection is one.
#[test]
fn readers_that_go_away() {
    let place = Place::new();
    for line in [
        "describe",
        "describe lif_exp",
        "schema",
        "completions bash",
        "--help",
        "run --help",
        "check net.toml",
        "check net.toml --json",
        "run net.toml --no-record",
        "resume run --until 70ms --out on --force",
        "stats run --per-neuron --csv",
        "weights run --csv --synapses",
        "raster run",
        "traces run",
        "inspect net.onnx",
        "inspect net.nir",
        "convert net.onnx --calibrate digits.npz --divide-by 16 -o other.snn --force",
        "convert net.nir -o other.nir --force",
        &format!("evaluate net.snn {DATA}"),
        &format!("evaluate net.snn {DATA} --json"),
        &format!("study precision net.snn {DATA}"),
    ] {
        let mut child = place
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{line}: {}", told(&output));
        let full = Path::new("/dev/full");
        if full.exists() && !line.contains("--help") {
            let full = std::fs::File::create(full).expect("it opens");
            let output = place
                .command(line)
                .stdout(full)
                .output()
                .expect("it starts");
            let told = told(&output);
            assert_eq!(output.status.code(), Some(1), "{line}: {told}");
            assert!(
                told.contains("cannot write to standard output"),
                "{line}: {told}"
            );
        }
    }
}

/// What a command does not write for its kind of file, it refuses.
#[test]
fn outputs_that_nir_files_do_not_have() {
    let place = Place::new();
    let before = place.all();
    for asked in ["--csv x.csv", "--record x.h5", "--plot x"] {
        let output = place.call(&format!("evaluate net.nir {DATA} {asked}"));
        assert_eq!(output.status.code(), Some(2), "{asked}");
        assert!(told(&output).contains("not for NIR files"), "{asked}");
    }
    assert!(place.all() == before);
}

/// A disk that is full, by a limit on the size of files: what was there stays, and nothing half-written is left.
#[cfg(unix)]
#[test]
fn a_full_disk_takes_nothing_away() {
    let place = Place::new();
    place.done("raster run -o raster.png");
    place.done("traces run -o traces.png");
    place.done("weights run -o drawn");
    place.done("convert net.nir -o other.nir");
    let all = format!("evaluate net.snn {DATA}");
    place.done(&format!("{all} --csv out.csv --record out.h5 --plot drawn"));
    place.done(&format!("study precision net.snn {DATA} --plot study.png"));
    let before = place.all();
    let binary = assert_cmd::cargo::cargo_bin("spikewheel");
    for line in [
        "raster run -o raster.png",
        "traces run -o traces.png",
        "weights run -o drawn",
        "convert net.nir -o other.nir --force",
        "convert net.onnx --calibrate digits.npz --divide-by 16 -o net.snn --force",
        &format!("{all} --csv out.csv --force"),
        &format!("{all} --record out.h5 --force"),
        &format!("{all} --plot drawn --force"),
        &format!("study precision net.snn {DATA} --plot study.png --force"),
    ] {
        // One block of 512 bytes.
        let line = format!(
            "trap '' XFSZ; ulimit -f 1; exec '{}' {line}",
            binary.display()
        );
        let output = Command::new("sh")
            .current_dir(place.directory.path())
            .args(["-c", &line])
            .output()
            .expect("it starts");
        let told = told(&output);
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{line}: {told}"
        );
        assert!(!told.contains("panicked"), "{line}: {told}");
        let now = place.all();
        let names = |all: &[(PathBuf, Vec<u8>)]| -> Vec<PathBuf> {
            all.iter().map(|f| f.0.clone()).collect()
        };
        assert_eq!(names(&now), names(&before), "{line}: {told}");
        assert!(now == before, "{line}: {told}");
    }
}
