//! How large is a checkpoint, and how long does it take to write it and to go on from it?
//!
//! A tenth of a second of simulated time on two threads, then a checkpoint: written (with what the system
//! needs to have it on the disk), opened with all checksums, and taken back into a network that was built
//! anew. An argument picks networks by name.

use std::path::Path;
use std::time::Instant;

use spikewheel::columns::{Kind, Put};
use spikewheel::definition::load;
use spikewheel::engine::keep::{Keeper, Rest, Return};
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Checkpoints, Control, run_kept};
use spikewheel::network::{BuildOptions, build};
use spikewheel::snapshot::{About, Snapshot, Writer};

/// A writer that is watched.
struct Timed {
    writer: Writer,
    began: Option<Instant>,
    seconds: f64,
}

impl Put for Timed {
    fn put(&mut self, name: &str, kind: Kind, bytes: &[u8]) {
        self.writer.put(name, kind, bytes);
    }
}

impl Keeper for Timed {
    fn begin(&mut self, tick: u64) {
        self.began = Some(Instant::now());
        self.writer.begin(tick);
    }
    fn end(&mut self, rest: &Rest) {
        self.writer.end(rest);
        self.seconds = self.began.map_or(0.0, |b| b.elapsed().as_secs_f64());
    }
}

fn one(name: &str, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let file = format!("{}/networks/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let set = ["simulation.duration=100 ms".parse()?];
    let loaded = load(Path::new(&file), &set).map_err(|e| format!("{e:?}"))?;
    let mut spec = loaded.spec;
    spec.recording = Default::default();
    let options = BuildOptions {
        shards: 2,
        ..BuildOptions::default()
    };
    let network = build(&spec, &options)?;
    let synapses = network.synapse_count();
    let about = About {
        text: loaded.text,
        ..About::default()
    };
    let mut timed = Timed {
        writer: Writer::new(path, about, Vec::new()),
        began: None,
        seconds: 0.0,
    };
    let checkpoints = Checkpoints {
        every: None,
        every_wall: None,
        keeper: &mut timed,
    };
    run_kept(
        network,
        &mut NullSink,
        &Control::default(),
        Some(checkpoints),
    )?;
    timed.writer.check()?;
    let (_, bytes) = timed.writer.written();
    let at = Instant::now();
    let snapshot = Snapshot::open(path)?;
    let opened = at.elapsed().as_secs_f64();
    let at = Instant::now();
    let mut network = build(&spec, &options)?;
    let built = at.elapsed().as_secs_f64();
    let at = Instant::now();
    network.take_back(&Return {
        rest: &snapshot.rest,
        columns: &snapshot,
        changed: None,
    })?;
    let taken = at.elapsed().as_secs_f64();
    println!(
        "{name:<28} {:>12} {:>10.2} {:>9.3} {opened:>9.3} {built:>9.3} {taken:>9.3}",
        synapses,
        bytes as f64 / 1e6,
        timed.seconds
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    println!(
        "{:<28} {:>12} {:>10} {:>9} {:>9} {:>9} {:>9}",
        "network", "synapses", "MB", "written s", "opened s", "built s", "taken s"
    );
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    for name in ["brunel", "microcircuit", "learning/brunel_stdp", "billion"] {
        // A network of the last one's size is asked for by name.
        let asked = wanted.iter().any(|w| name.contains(w.as_str()));
        if asked || (wanted.is_empty() && name != "billion") {
            one(name, &directory.path().join("run.checkpoint"))?;
        }
    }
    Ok(())
}
