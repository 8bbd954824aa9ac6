//! What does a finer resolution cost? A sparsely active network (`networks/sparse.toml`), updated
//! lazily at every resolution, with one delay for all synapses and with a delay drawn for each; and,
//! for comparison, with the update that the engine chooses.

use std::path::Path;
use std::time::Instant;

use spikewheel::definition::parse;
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::{BuildOptions, build};

/// (building, wall per simulated second, synaptic events, bytes of the tables), median of three.
fn measure(text: &str, resolution: &str) -> (f64, f64, u64, usize) {
    let overrides = [format!("simulation.resolution={resolution}")
        .parse()
        .expect("name=value")];
    let spec = parse(text, Path::new("sparse.toml"), &overrides)
        .expect("a right definition")
        .spec;
    let mut runs: Vec<_> = (0..3)
        .map(|_| {
            let started = Instant::now();
            let network = build(&spec, &BuildOptions::default()).expect("it can be built");
            let built = started.elapsed().as_secs_f64();
            let bytes = network.table_bytes();
            let report = run(network, &mut NullSink, &Control::default()).expect("it runs");
            let seconds = spec.duration as f64 * spec.tick_ms() / 1000.0;
            let wall = report.wall.as_secs_f64() / seconds;
            (built, wall, report.synaptic_events, bytes)
        })
        .collect();
    runs.sort_by(|a, b| a.1.total_cmp(&b.1));
    runs[1]
}

fn main() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/networks/sparse.toml");
    let chosen = std::fs::read_to_string(file).expect("the network comes along");
    let lazy = chosen.replace(
        "model = \"lif_delta\"",
        "model = \"lif_delta\"\nupdate = \"lazy\"",
    );
    let drawn = lazy.replace(
        "delay = \"delay\"",
        "delay = { uniform = [\"0.5 ms\", \"2.5 ms\"] }",
    );
    assert!(
        lazy != chosen && drawn != lazy,
        "the definition is as expected"
    );
    println!("update, delays           resolution  built s  s per s  events/s (M)  tables (MB)");
    for (what, text) in [
        ("as chosen, one delay", &chosen),
        ("lazy, one delay", &lazy),
        ("lazy, drawn delays", &drawn),
    ] {
        for resolution in ["0.1 ms", "0.01 ms", "1 us", "1 ns"] {
            let (built, wall, events, bytes) = measure(text, resolution);
            println!(
                "{what:<24} {resolution:>10}  {built:>7.2}  {wall:>7.3}  {:>12.1}  {:>11.1}",
                events as f64 / wall / 1e6,
                bytes as f64 / 1e6
            );
        }
    }
}
