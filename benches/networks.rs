//! How long does a network take from end to end? Each definition in `networks/` that is large enough
//! to time, on one and two threads, in both arithmetics: building, and wall time per simulated
//! second. Also: what a finer resolution costs, and a brain of which hardly anything fires: the fly's
//! on a made-up connectome of its size, 20 neurons stimulated.

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use std::path::Path;
use std::time::Instant;

use spikewheel::definition::{Override, load};
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::NetworkSpec;
use spikewheel::network::{BuildOptions, build};

fn spec(name: &str, sets: &[&str]) -> NetworkSpec {
    let file = format!("{}/networks/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let overrides: Vec<Override> = sets
        .iter()
        .map(|s| s.parse().expect("name=value"))
        .collect();
    load(Path::new(&file), &overrides)
        .expect("a right definition")
        .spec
}

/// Median of three: (building, wall per simulated second, spike hash).
fn measure(spec: &NetworkSpec, threads: usize) -> (f64, f64, u64) {
    let mut runs: Vec<(f64, f64, u64)> = (0..3)
        .map(|_| {
            let started = Instant::now();
            let options = BuildOptions {
                shards: threads,
                ..BuildOptions::default()
            };
            let network = build(spec, &options).expect("it can be built");
            let built = started.elapsed().as_secs_f64();
            let report = run(network, &mut NullSink, &Control::default()).expect("it runs");
            let simulated = spec.duration as f64 * spec.tick_ms() / 1000.0;
            (
                built,
                report.wall.as_secs_f64() / simulated,
                report.spike_hash,
            )
        })
        .collect();
    runs.sort_by(|a, b| a.1.total_cmp(&b.1));
    runs[1]
}

fn tell(what: &str, spec: &NetworkSpec) {
    for threads in [1, 2] {
        let (built, wall, hash) = measure(spec, threads);
        println!("{what:<48} {threads:>7} {built:>9.3} {wall:>13.4}  {hash:016x}");
    }
}

fn main() {
    println!(
        "{:<48} {:>7} {:>9} {:>13}  hash",
        "network", "threads", "build s", "s per s"
    );
    let double = "simulation.arithmetic=double";
    let single = "simulation.arithmetic=single";
    for (name, sets) in [
        ("brunel", vec![double]),
        ("brunel", vec![single]),
        ("winner_take_all", vec!["simulation.duration=10 s"]),
        ("synfire_chain", vec![]),
        ("synfire_chain", vec!["simulation.resolution=0.01 ms"]),
        ("vogels_abbott_cuba", vec![]),
        ("vogels_abbott_coba", vec![]),
        ("sparse", vec![]),
        ("microcircuit", vec!["scale=0.1"]),
        ("microcircuit", vec!["simulation.duration=1 s"]),
        ("fi_curve", vec!["simulation.resolution=0.1 ms"]),
        ("fi_curve", vec!["simulation.resolution=1 us"]),
        ("fi_curve", vec!["simulation.resolution=1 ns"]),
    ] {
        tell(&format!("{name} {}", sets.join(" ")), &spec(name, &sets));
    }
    let fly = synthetic::fly(
        synthetic::FLY_NEURONS,
        synthetic::FLY_CONNECTIONS,
        0,
        1000.0,
    );
    tell("fly_brain, made-up connectome", &fly);
}
