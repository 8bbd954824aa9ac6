//! One run of a network from end to end, in a process of its own: built, simulated and recorded to an
//! HDF5 file as `spikewheel run` does it, after a warm-up that is neither timed nor counted.
//!
//! The process is the bench's own executable, which finds its job in the environment. So memory is
//! that of one network alone, and no run sees what another left behind.

#![allow(dead_code, reason = "not every bench reads everything")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use spikewheel::definition::{Override, load};
use spikewheel::engine::report::Phase;
use spikewheel::engine::sink::Sink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::{NetworkSpec, PopulationKind};
use spikewheel::network::{BuildOptions, build};
use spikewheel::record::{RecordOptions, Recorder, Summary};

const JOB: &str = "SPIKEWHEEL_BENCH_JOB";

/// What is to be run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Path of the definition, from the root of the project.
    pub definition: String,
    /// As for `run --set`.
    pub sets: Vec<String>,
    pub threads: usize,
    pub warm_up_ms: f64,
    pub simulated_ms: f64,
    /// Measure where the time goes, which costs time itself.
    pub profile: bool,
}

/// What came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub neurons: u64,
    pub synapses: u64,
    pub build_s: f64,
    /// Wall and processor time per simulated second, the closing of the recording included.
    pub s_per_s: f64,
    pub cpu_s_per_s: Option<f64>,
    /// Of the neurons, without sources.
    pub rate_hz: f64,
    /// Resident memory after the warm-up less that before building.
    pub bytes_per_synapse: Option<f64>,
    /// Synapse tables alone.
    pub table_bytes_per_synapse: f64,
    pub codecs: Vec<String>,
    pub peak_bytes: Option<u64>,
    pub spike_hash: String,
    pub windows: u64,
    /// Seconds per shard and phase (`Phase::ALL`), if asked for.
    pub phases: Vec<Vec<f64>>,
}

impl Job {
    /// The overrides, with the duration.
    pub fn overrides(&self) -> Vec<Override> {
        let duration = format!(
            "simulation.duration={} ms",
            self.warm_up_ms + self.simulated_ms
        );
        self.sets
            .iter()
            .map(String::as_str)
            .chain([duration.as_str()])
            .map(|s| s.parse().expect("name=value"))
            .collect()
    }

    /// Runs it in a process of its own; a message if that fails.
    pub fn run(&self) -> Result<Outcome, String> {
        let exe = std::env::current_exe().map_err(|e| e.to_string())?;
        let job = serde_json::to_string(self).map_err(|e| e.to_string())?;
        let out = Command::new(exe)
            .env(JOB, job)
            .output()
            .map_err(|e| e.to_string())?;
        if !out.status.success() {
            return Err(String::from_utf8_lossy(&out.stderr).trim().to_string());
        }
        serde_json::from_slice(&out.stdout).map_err(|e| e.to_string())
    }

    /// Runs it `times` times; the run in the middle by time, or the first failure.
    pub fn median(&self, times: usize) -> Result<Outcome, String> {
        let mut all = (0..times.max(1))
            .map(|_| self.run())
            .collect::<Result<Vec<_>, _>>()?;
        let all_alike = all.iter().all(|o| o.spike_hash == all[0].spike_hash);
        assert!(all_alike, "the same network gives the same spikes");
        Ok(take_median(&mut all, |o| o.s_per_s))
    }
}

/// The one in the middle.
pub fn take_median<T: Clone>(all: &mut [T], of: impl Fn(&T) -> f64) -> T {
    all.sort_by(|a, b| of(a).total_cmp(&of(b)));
    all[all.len() / 2].clone()
}

/// Is a line asked for? `cargo bench --bench NAME -- TEXT` runs those in which the text occurs.
pub fn wanted(line: &str) -> bool {
    let texts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    texts.is_empty() || texts.iter().any(|t| line.contains(t))
}

/// The definition of a job and its text.
pub fn from_file(job: &Job) -> Result<(NetworkSpec, String), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(&job.definition);
    load(&file, &job.overrides())
        .map(|l| (l.spec, l.text))
        .map_err(|all| {
            all.iter()
                .map(|d| d.to_string())
                .collect::<Vec<_>>()
                .join("; ")
        })
}

/// If this process was started for a job: does it and ends. Call it first in `main`.
pub fn serve(network: impl Fn(&Job) -> Result<(NetworkSpec, String), String>) {
    let Ok(job) = std::env::var(JOB) else {
        return;
    };
    let job: Job = serde_json::from_str(&job).expect("a job");
    match network(&job).and_then(|(spec, text)| measure(&spec, &text, &job)) {
        Ok(outcome) => {
            println!("{}", serde_json::to_string(&outcome).expect("numbers"));
            std::process::exit(0);
        }
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(1);
        }
    }
}

fn measure(spec: &NetworkSpec, text: &str, job: &Job) -> Result<Outcome, String> {
    let before = status("VmRSS:");
    let started = Instant::now();
    let options = BuildOptions {
        shards: job.threads,
        ..BuildOptions::default()
    };
    let network = build(spec, &options).map_err(|e| e.to_string())?;
    let build_s = started.elapsed().as_secs_f64();
    let synapses = network.synapse_count();
    let directory = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = directory.path().join("spikes.h5");
    let recorder = Recorder::create(spec, &file, text, &RecordOptions::default())
        .map_err(|e| e.to_string())?;
    let offsets = spec.offsets();
    let neurons = |p: usize| matches!(spec.populations[p].kind, PopulationKind::Neurons(_));
    let mut sink = Timed {
        recorder,
        warm_up: (job.warm_up_ms / spec.tick_ms()).round() as u64,
        warm: None,
        last: spec.duration,
        end: None,
        neurons: (0..spec.populations.len())
            .filter(|&p| neurons(p))
            .map(|p| offsets[p] as u32..offsets[p + 1] as u32)
            .collect(),
        spikes: 0,
    };
    if sink.warm_up == 0 {
        sink.warm = Some(Moment::now());
    }
    let control = Control {
        profile: job.profile,
        ..Control::default()
    };
    let report = run(network, &mut sink, &control).map_err(|e| e.to_string())?;
    // Between the last tick and here the memory of the network is given back, which is nobody's time.
    let closing = Moment::now();
    sink.recorder
        .finish(&Summary {
            reached: report.reached,
            spike_hash: Some(report.spike_hash),
        })
        .map_err(|e| e.to_string())?;
    let closed = Moment::now();
    let (warm, end) = Option::zip(sink.warm, sink.end).ok_or("the run ended too early")?;
    let wall = (end.wall - warm.wall) + (closed.wall - closing.wall);
    let cpu = || Some(end.cpu? - warm.cpu? + closed.cpu? - closing.cpu?);
    let seconds = job.simulated_ms / 1000.0;
    let size: u64 = sink.neurons.iter().map(|r| r.len() as u64).sum();
    let each = 1.0 / synapses.max(1) as f64;
    let mut codecs: Vec<String> = report.tables.iter().map(|t| t.codec.to_string()).collect();
    codecs.sort();
    codecs.dedup();
    Ok(Outcome {
        neurons: size,
        synapses,
        build_s,
        s_per_s: wall.as_secs_f64() / seconds,
        cpu_s_per_s: cpu().map(|s| s / seconds),
        rate_hz: sink.spikes as f64 / size.max(1) as f64 / seconds,
        bytes_per_synapse: Option::zip(before, warm.resident)
            .map(|(a, b)| b.saturating_sub(a) as f64 * each),
        table_bytes_per_synapse: report.tables.iter().map(|t| t.bytes as f64).sum::<f64>() * each,
        codecs,
        peak_bytes: status("VmHWM:"),
        spike_hash: format!("{:016x}", report.spike_hash),
        windows: report.windows,
        phases: report
            .profiles
            .iter()
            .map(|p| {
                Phase::ALL
                    .iter()
                    .map(|(phase, _)| p.spent(*phase).as_secs_f64())
                    .collect()
            })
            .collect(),
    })
}

/// The recorder, and a note of when the warm-up was over and when the run.
struct Timed {
    recorder: Recorder,
    /// Last tick of it.
    warm_up: u64,
    warm: Option<Moment>,
    /// Last tick of the run.
    last: u64,
    end: Option<Moment>,
    /// Global ids.
    neurons: Vec<std::ops::Range<u32>>,
    /// Of neurons, after the warm-up.
    spikes: u64,
}

impl Sink for Timed {
    fn spikes(&mut self, spikes: &[(u64, u32)]) {
        let late = spikes.partition_point(|s| s.0 <= self.warm_up);
        for (_, id) in &spikes[late..] {
            self.spikes += u64::from(self.neurons.iter().any(|r| r.contains(id)));
        }
        self.recorder.spikes(spikes);
    }
    fn sample(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.recorder.sample(recording, tick, values);
    }
    fn reached(&mut self, tick: u64) {
        self.recorder.reached(tick);
        if self.warm.is_none() && tick >= self.warm_up {
            self.warm = Some(Moment::now());
        }
        if tick >= self.last {
            self.end = Some(Moment::now());
        }
    }
}

struct Moment {
    wall: Instant,
    cpu: Option<f64>,
    resident: Option<u64>,
}

impl Moment {
    fn now() -> Self {
        Self {
            resident: status("VmRSS:"),
            cpu: cpu_seconds(),
            wall: Instant::now(),
        }
    }
}

/// A line of /proc/self/status, in bytes; `None` on other systems.
fn status(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Processor time of all threads so far; the system counts in hundredths of a second.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold spaces.
    let mut rest = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = rest.next()?.parse().ok()?;
    let system: f64 = rest.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}
