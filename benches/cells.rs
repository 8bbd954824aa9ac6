//! From how many neurons on is a shard faster in cells, and in cells of which size?
//!
//! `networks/billion.toml` with a tenth of its synapses, each four times as strong, which gives it the same rate: one
//! thread, 200 ms. Cells of none: the shard is gone through as a whole.

use std::path::Path;

use spikewheel::definition::parse;
use spikewheel::engine::report::Phase;
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::{BuildOptions, build};

const NEURONS: [u32; 4] = [150_000, 300_000, 500_000, 1_000_000];
const CELLS: [Option<u32>; 4] = [None, Some(1 << 13), Some(1 << 14), Some(1 << 15)];
const RUNS: usize = 3;

fn main() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/networks/billion.toml");
    let whole = std::fs::read_to_string(file).expect("the network comes along");
    let text = whole
        .replace("fixed_indegree = 800", "fixed_indegree = 80")
        .replace("fixed_indegree = 200", "fixed_indegree = 20")
        .replace("J = \"0.1 mV\"", "J = \"0.4 mV\"");
    assert!(text != whole, "the definition is as expected");
    println!("neurons    cells of  s per s  ns per event: deliver  update  exchange");
    for neurons in NEURONS {
        let overrides = [
            format!("neurons={neurons}"),
            "simulation.duration=200 ms".into(),
        ]
        .map(|o| o.parse().expect("name=value"));
        let spec = parse(&text, Path::new("billion.toml"), &overrides)
            .expect("a right definition")
            .spec;
        let mut best = [(f64::INFINITY, [0.0; 3]); CELLS.len()];
        let mut hashes = Vec::new();
        // In turn, since the machine is not always as fast.
        for _ in 0..RUNS {
            for (cell, best) in CELLS.into_iter().zip(&mut best) {
                let options = BuildOptions {
                    cell: cell.unwrap_or(u32::MAX),
                    uncut: cell.map_or(u32::MAX, |_| 0),
                    ..BuildOptions::default()
                };
                let network = build(&spec, &options).expect("it can be built");
                let control = Control {
                    profile: true,
                    ..Control::default()
                };
                let report = run(network, &mut NullSink, &control).expect("it runs");
                hashes.push(report.spike_hash);
                let seconds = spec.duration as f64 * spec.tick_ms() / 1000.0;
                let wall = report.wall.as_secs_f64() / seconds;
                let each = [Phase::Deliver, Phase::Update, Phase::Exchange].map(|phase| {
                    report.profiles[0].spent(phase).as_secs_f64() * 1e9
                        / report.synaptic_events as f64
                });
                if wall < best.0 {
                    *best = (wall, each);
                }
            }
        }
        hashes.dedup();
        assert_eq!(hashes.len(), 1, "cells change nothing");
        for (cell, (wall, [deliver, update, exchange])) in CELLS.into_iter().zip(best) {
            let cell = cell.map_or("none".into(), |c| c.to_string());
            println!(
                "{neurons:>9} {cell:>9} {wall:>8.2} {deliver:>22.1} {update:>7.1} {exchange:>9.1}"
            );
        }
    }
}
