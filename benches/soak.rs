//! Does a long run stay as it is: the same memory after an hour as after a minute, and the right spikes?
//!
//! ```text
//! cargo bench --bench soak -- 30        # minutes
//! ```
//!
//! A network with synapses that learn runs for half of the time on two shards and is recorded, then as long in
//! simulated time on three. What the process holds is looked at every second; it must not grow from the first
//! fifth of a run to the last, and both runs must have the same spikes and weights.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use spikewheel::definition::{self, Override};
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, RunReport, run};
use spikewheel::network::spec::{NetworkSpec, PS_PER_MS};
use spikewheel::network::{BuildOptions, build};
use spikewheel::record::{RecordOptions, Recorder, Summary};

/// Growth beyond this is a leak; allocators and buffers that fill up stay below.
const MOST_GROWTH: f64 = 0.03;

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

/// Runs, and tells what the process held meanwhile.
fn watched(spec: &NetworkSpec, shards: usize, file: Option<&Path>) -> (RunReport, Vec<u64>) {
    let options = BuildOptions {
        shards,
        ..BuildOptions::default()
    };
    let network = build(spec, &options).expect("built");
    let control = Control::default();
    let done = Arc::new(AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let done = Arc::clone(&done);
        move || watch(&done)
    });
    let report = match file {
        Some(path) => {
            let options = RecordOptions {
                overwrite: true,
                ..RecordOptions::default()
            };
            let mut recorder = Recorder::create(spec, path, "", &options).expect("a recorder");
            let report = run(network, &mut recorder, &control).expect("run");
            let summary = Summary {
                reached: report.reached,
                spike_hash: Some(report.spike_hash),
            };
            recorder.finish(&summary).expect("written");
            report
        }
        None => run(network, &mut NullSink, &control).expect("run"),
    };
    done.store(true, Ordering::Relaxed);
    (report, watcher.join().expect("watched"))
}

/// Mean of the first fifth (without its first half, in which buffers find their size) and of the last.
fn ends(held: &[u64]) -> (f64, f64) {
    let fifth = (held.len() / 5).max(1);
    let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len().max(1) as f64;
    (
        mean(&held[fifth / 2..fifth.max(fifth / 2 + 1)]),
        mean(&held[held.len() - fifth..]),
    )
}

fn main() {
    let minutes: f64 = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(1.0);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/learning/brunel_stdp.toml");
    let spec = |ms: f64| {
        let set = Override {
            name: "simulation.duration".into(),
            value: format!("{} ms", ms.round().max(1.0)),
        };
        let mut spec = definition::load(&file, &[set]).expect("a definition").spec;
        // Ten million weights put in order at the end would look like growth.
        spec.recording.weights.clear();
        spec
    };
    // How fast it is here.
    let short = spec(200.0);
    let started = Instant::now();
    watched(&short, 2, None);
    let speed = 200.0 / started.elapsed().as_secs_f64();
    let long = spec(speed * minutes * 30.0);
    let simulated = long.duration as f64 * long.resolution_ps as f64 / PS_PER_MS / 1e3;
    println!("{simulated:.1} s of {}", long.name);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("spikes.h5");
    let mut failed = false;
    let mut hashes = Vec::new();
    for (shards, file) in [(2, Some(path.as_path())), (3, None)] {
        let started = Instant::now();
        let (report, held) = watched(&long, shards, file);
        let (first, last) = ends(&held);
        let grown = last / first - 1.0;
        println!(
            "{shards} shards: {:.0} s, {} spikes, hash {:016x}, weights {:016x}; held {:.1} MB, at the end {:.1} MB ({:+.2} %)",
            started.elapsed().as_secs_f64(),
            report.spikes,
            report.spike_hash,
            report.weight_hash.unwrap_or(0),
            first / 1e6,
            last / 1e6,
            100.0 * grown
        );
        if held.len() < 10 {
            println!("too short to tell: take more minutes");
        }
        failed |= grown > MOST_GROWTH || held.len() < 10;
        hashes.push((report.spike_hash, report.weight_hash));
    }
    failed |= hashes[0] != hashes[1];
    println!(
        "{}",
        if failed {
            "FAILED"
        } else {
            "memory flat, hashes equal"
        }
    );
    std::process::exit(i32::from(failed));
}
