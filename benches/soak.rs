//! Does a long run stay as it is: the same memory after an hour as after a minute, and the right spikes?
//!
//! ```text
//! cargo bench --bench soak -- 30        # minutes
//! ```
//!
//! Two networks, each for half of the time: one of ten million synapses that learn, and one of clocked neurons whose
//! synapses learn by rewards. Each runs on two shards, is recorded, and is kept every fortieth of the run; then
//! it goes on from the checkpoint at its half on three shards, without a recording. What the process holds is looked at
//! every second: it must not grow from the first fifth of a run to the last. Both runs must come to the same spikes
//! and weights, and the recording must hold the spikes that were counted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use spikewheel::columns::{Kind, Put};
use spikewheel::definition::{self, Override};
use spikewheel::engine::keep::{Keeper, Rest, Return};
use spikewheel::engine::sink::{NullSink, Sink};
use spikewheel::engine::{Checkpoints, Control, RunReport, run_kept};
use spikewheel::network::spec::{NetworkSpec, PS_PER_MS, PopulationSpec, Slice};
use spikewheel::network::{BuildOptions, Network, build};
use spikewheel::record::{RecordOptions, Recorder, Recording, Summary};
use spikewheel::snapshot::{About, Snapshot, Writer};

/// Growth beyond both is a leak; allocators and buffers that fill up stay below, and so do the places of what was
/// written, of which the file of a recording holds some bytes in memory for every 8,192 spikes.
const MOST_GROWTH: f64 = 0.03;
const MOST_BYTES: f64 = 8e6;

/// Checkpoints of a run.
const CHECKPOINTS: u64 = 40;

const NETWORKS: [&str; 2] = [
    "networks/learning/brunel_stdp.toml",
    "networks/learning/distal_reward.toml",
];

/// Bytes that the process holds.
fn resident() -> Option<u64> {
    let pid = sysinfo::get_current_pid().ok()?;
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), false);
    system.process(pid).map(sysinfo::Process::memory)
}

/// Bytes held, once a second until `done`.
fn watch(done: &AtomicBool) -> Vec<u64> {
    let mut held = Vec::new();
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_secs(1));
        held.extend(resident());
    }
    held
}

/// Writes checkpoints, and leaves the first one from the half of the run on under another name.
struct Keeping {
    writer: Writer,
    path: PathBuf,
    half: u64,
    kept: bool,
}

impl Keeping {
    fn in_half(path: &Path) -> PathBuf {
        path.with_extension("half")
    }
}

impl Put for Keeping {
    fn put(&mut self, name: &str, kind: Kind, bytes: &[u8]) {
        self.writer.put(name, kind, bytes);
    }
}

impl Keeper for Keeping {
    fn begin(&mut self, tick: u64) {
        self.writer.begin(tick);
    }
    fn end(&mut self, rest: &Rest) {
        self.writer.end(rest);
        if rest.tick >= self.half && !self.kept {
            std::fs::copy(&self.path, Self::in_half(&self.path)).expect("copied");
            self.kept = true;
        }
    }
}

fn built(spec: &NetworkSpec, shards: usize) -> Network {
    let options = BuildOptions {
        shards,
        ..BuildOptions::default()
    };
    build(spec, &options).expect("built")
}

/// Runs, and tells what the process held meanwhile.
fn watched(
    network: Network,
    sink: &mut dyn Sink,
    checkpoints: Option<Checkpoints<'_>>,
) -> (RunReport, Vec<u64>) {
    let done = Arc::new(AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let done = Arc::clone(&done);
        move || watch(&done)
    });
    let report = run_kept(network, sink, &Control::default(), checkpoints).expect("run");
    done.store(true, Ordering::Relaxed);
    (report, watcher.join().expect("watched"))
}

/// A run from its beginning, recorded and kept.
fn whole(spec: &NetworkSpec, shards: usize, directory: &Path) -> (RunReport, Vec<u64>) {
    let options = RecordOptions {
        overwrite: true,
        ..RecordOptions::default()
    };
    let file = directory.join("spikes.h5");
    let path = directory.join("run.checkpoint");
    let mut recorder = Recorder::create(spec, &file, "", &options).expect("a recorder");
    let mut keeping = Keeping {
        writer: Writer::new(&path, About::default(), Vec::new()),
        path,
        half: spec.duration / 2,
        kept: false,
    };
    recorder.tell(keeping.writer.recorded());
    let checkpoints = Checkpoints {
        every: Some((spec.duration / CHECKPOINTS).max(1)),
        every_wall: None,
        keeper: &mut keeping,
    };
    let (report, held) = watched(built(spec, shards), &mut recorder, Some(checkpoints));
    let summary = Summary {
        reached: report.reached,
        spike_hash: Some(report.spike_hash),
    };
    recorder.finish(&summary).expect("written");
    keeping.writer.check().expect("checkpoints");
    (report, held)
}

/// The second half, from its checkpoint.
fn half(spec: &NetworkSpec, shards: usize, directory: &Path) -> (RunReport, Vec<u64>) {
    let path = Keeping::in_half(&directory.join("run.checkpoint"));
    let snapshot = Snapshot::open(&path).expect("a checkpoint");
    let mut network = built(spec, shards);
    let state = Return {
        rest: &snapshot.rest,
        columns: &snapshot,
        changed: None,
    };
    network.take_back(&state).expect("it fits");
    watched(network, &mut NullSink, None)
}

/// Median of the first fifth (without its first half, in which buffers find their size) and of the last: a checkpoint
/// takes some memory for its time.
fn ends(held: &[u64]) -> (f64, f64) {
    let fifth = (held.len() / 5).max(1);
    let median = |part: &[u64]| {
        let mut sorted = part.to_vec();
        sorted.sort_unstable();
        sorted[sorted.len() / 2] as f64
    };
    (
        median(&held[fifth / 2..fifth.max(fifth / 2 + 1)]),
        median(&held[held.len() - fifth..]),
    )
}

/// A definition for so many ms.
fn spec(file: &str, ms: f64) -> NetworkSpec {
    let set = Override {
        name: "simulation.duration".into(),
        value: format!("{} ms", ms.round().max(1.0)),
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut spec = definition::load(&file, &[set]).expect("a definition").spec;
    // Ten million weights put in order at the end would look like growth.
    spec.recording.weights.clear();
    let whole = |(population, p): (usize, &PopulationSpec)| Slice {
        population,
        start: 0,
        end: p.size,
    };
    spec.recording.spikes = spec.populations.iter().enumerate().map(whole).collect();
    spec
}

/// Tells of a run; is it as it should be?
fn tell(what: &str, (report, held): &(RunReport, Vec<u64>), seconds: f64) -> bool {
    if held.len() < 10 {
        println!("{what}: too short to tell, take more minutes");
        return false;
    }
    let (first, last) = ends(held);
    let grown = last - first;
    println!(
        "{what}: {seconds:.0} s, {} spikes, hash {:016x}, weights {:016x}; held {:.1} MB, at the end {:.1} MB ({:+.2} %)",
        report.spikes,
        report.spike_hash,
        report.weight_hash.unwrap_or(0),
        first / 1e6,
        last / 1e6,
        100.0 * grown / first
    );
    grown <= MOST_BYTES || grown <= MOST_GROWTH * first
}

/// One network for so many minutes.
fn soak(file: &str, minutes: f64) -> bool {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let directory = directory.path();
    // How fast it is here: what is measured gets longer until it takes some seconds.
    let mut ms = 200.0;
    let speed = loop {
        let (report, _) = watched(built(&spec(file, ms), 2), &mut NullSink, None);
        let seconds = report.wall.as_secs_f64();
        if seconds > 3.0 {
            break ms / seconds;
        }
        ms *= 4.0;
    };
    // A whole run and a half.
    let spec = spec(file, speed * minutes * 60.0 / 1.5);
    let simulated = spec.duration as f64 * spec.resolution_ps as f64 / PS_PER_MS / 1e3;
    println!("{simulated:.1} s of {}", spec.name);
    let started = Instant::now();
    let a = whole(&spec, 2, directory);
    let mut good = tell(
        "recorded and kept, 2 shards",
        &a,
        started.elapsed().as_secs_f64(),
    );
    let started = Instant::now();
    let b = half(&spec, 3, directory);
    good &= tell(
        "from its half, 3 shards",
        &b,
        started.elapsed().as_secs_f64(),
    );
    let results = |r: &RunReport| (r.spikes, r.spike_hash, r.weight_hash);
    if results(&a.0) != results(&b.0) {
        println!("spikes or weights differ");
        good = false;
    }
    let recording = Recording::open(&directory.join("spikes.h5")).expect("a recording");
    let recorded: usize = recording.populations.iter().map(|p| p.times.len()).sum();
    if recorded as u64 != a.0.spikes {
        println!(
            "{recorded} spikes are recorded, and {} were counted",
            a.0.spikes
        );
        good = false;
    }
    good
}

fn main() {
    let minutes: f64 = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(2.0);
    let share = minutes / NETWORKS.len() as f64;
    let mut good = true;
    for file in NETWORKS {
        good &= soak(file, share);
    }
    println!(
        "{}",
        match good {
            true => "memory flat, spikes and weights the same",
            false => "FAILED",
        }
    );
    std::process::exit(i32::from(!good));
}
