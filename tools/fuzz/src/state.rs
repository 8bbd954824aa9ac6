//! Checkpoints of a network with something of everything that has a state.

use std::path::Path;
use std::sync::atomic::Ordering;

use spikewheel::definition;
use spikewheel::engine::keep::Return;
use spikewheel::engine::sink::{NullSink, Sink};
use spikewheel::engine::{Checkpoints, Control, run, run_kept};
use spikewheel::network::spec::NetworkSpec;
use spikewheel::network::{BuildOptions, Network, build};
use spikewheel::snapshot::{About, Snapshot, Writer};

const TEXT: &str = r#"
format = 1
name = "kept"
[simulation]
duration = "60 ms"
[stimuli.in]
model = "poisson"
size = 8
rate = "300 Hz"
[stimuli.trains]
model = "gamma"
size = 3
rate = "200 Hz"
shape = 2
[stimuli.theta]
model = "sinusoidal_poisson"
size = 3
rate = "300 Hz"
amplitude = "200 Hz"
frequency = "50 Hz"
[stimuli.hum]
model = "noise_current"
to = "lazy"
std = "80 pA"
dt = "1 ms"
[populations.lazy]
model = "lif_exp"
size = 4
update = "lazy"
params = { I_e = "600 pA" }
[populations.swept]
model = "lif_exp"
size = 3
update = "sweep"
params = { I_e = "500 pA" }
[populations.clocked]
model = "izhikevich"
size = 3
step = "0.5 ms"
[modulators.reward]
from = "lazy"
amount = 0.5
delay = "1 ms"
[[projections]]
from = "in"
to = "lazy"
rule = "all_to_all"
weight = "100 pA"
delay = { uniform = ["1 ms", "5 ms"] }
plasticity = [{ rule = "stdp", Wmax = "300 pA" }, "tsodyks2"]
[[projections]]
from = "lazy"
to = "swept"
rule = "all_to_all"
weight = "200 pA"
delay = "2 ms"
plasticity = { rule = "r_stdp", modulator = "reward", Wmax = "300 pA", A_plus = "1 pA" }
[[projections]]
from = ["trains", "theta"]
to = "clocked"
rule = "all_to_all"
weight = "5 mV"
delay = "1 ms"
"#;

fn spec() -> NetworkSpec {
    let loaded = definition::parse(TEXT, Path::new("kept.toml"), &[]);
    loaded.expect("a definition").spec
}

fn built(spec: &NetworkSpec) -> Network {
    build(spec, &BuildOptions::default()).expect("a network")
}

/// Ends a run at a tick, or soon after.
struct StopAt<'a>(&'a Control, u64);

impl Sink for StopAt<'_> {
    fn spikes(&mut self, _: &[(u64, u32)]) {}
    fn sample(&mut self, _: usize, _: u64, _: &[f64]) {}
    fn reached(&mut self, tick: u64) {
        if tick >= self.1 {
            self.0.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// The checkpoint of a run that was stopped at a tick.
pub fn kept(tick: u64) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.checkpoint");
    let about = About {
        text: TEXT.into(),
        files: vec!["a.csv".into()],
        ..About::default()
    };
    let mut writer = Writer::new(&path, about, vec![b"1,2\n".to_vec().into()]);
    let control = Control::default();
    let checkpoints = Checkpoints {
        every: None,
        every_wall: None,
        keeper: &mut writer,
    };
    run_kept(
        built(&spec()),
        &mut StopAt(&control, tick),
        &control,
        Some(checkpoints),
    )
    .expect("a run");
    writer.check().expect("written");
    std::fs::read(&path).expect("a checkpoint")
}

/// Opens a checkpoint and goes on from it to the end of its run, as far as it is one of this network.
pub fn goes_on(path: &Path) -> bool {
    let Ok(snapshot) = Snapshot::open(path) else {
        return false;
    };
    for k in 0..snapshot.about.files.len() {
        let _ = snapshot.file(k);
    }
    let spec = spec();
    if snapshot.rest.tick > spec.duration {
        return false;
    }
    let mut network = built(&spec);
    let state = Return {
        rest: &snapshot.rest,
        columns: &snapshot,
        changed: None,
    };
    if network.take_back(&state).is_err() {
        return false;
    }
    // Whoever makes checksums right for a state that no run was in may see a run fail, but as an error and in time.
    let _ = run(network, &mut NullSink, &Control::default());
    true
}
