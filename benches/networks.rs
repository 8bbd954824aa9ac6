//! How long do the networks that come along take from end to end?
//!
//! Building, simulating at least a second, and recording to HDF5 as `run` does it; the middle one of
//! three runs on one and on two threads. Networks that are compared with other simulators are in the
//! bench `peers`, and what a second thread gains on the largest in `scaling`. Also a brain of which
//! hardly anything fires: the fly's on a made-up connectome of its size, 20 neurons stimulated.

mod end_to_end;
#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use end_to_end::{Job, from_file, serve, wanted};

const FLY: &str = "fly_brain, made-up connectome";

fn main() {
    serve(|job| {
        if job.definition != FLY {
            return from_file(job);
        }
        let spec = synthetic::fly(
            synthetic::FLY_NEURONS,
            synthetic::FLY_CONNECTIONS,
            0,
            job.simulated_ms,
        );
        Ok((spec, String::new()))
    });
    println!(
        "{:<52} {:>7} {:>8} {:>9} {:>9} {:>9} {:>10} {:>10}  hash",
        "network", "threads", "built s", "s per s", "rate Hz", "peak MB", "B/syn", "in tables"
    );
    for (name, sets, seconds) in [
        ("vogels_abbott_coba", "", 1),
        ("winner_take_all", "", 10),
        ("synfire_chain", "", 1),
        ("synfire_chain", "simulation.resolution=0.01 ms", 1),
        ("ring_attractor", "", 2),
        ("liquid_state", "", 1),
        ("celegans", "", 1),
        ("small_world", "", 1),
        ("scale_free", "", 1),
        ("fi_curve", "simulation.resolution=0.1 ms", 1),
        ("fi_curve", "simulation.resolution=1 us", 1),
        ("fi_curve", "simulation.resolution=1 ns", 1),
        (FLY, "", 1),
    ] {
        let what = format!("{name} {sets}");
        if !wanted(&what) {
            continue;
        }
        for threads in [1, 2] {
            let job = Job {
                definition: if name == FLY {
                    FLY.into()
                } else {
                    format!("networks/{name}.toml")
                },
                sets: sets.split_terminator(';').map(Into::into).collect(),
                threads,
                // Most of these networks do what they do from the first moment on.
                warm_up_ms: 0.0,
                simulated_ms: f64::from(seconds) * 1000.0,
                profile: false,
            };
            match job.median(3) {
                Ok(o) => println!(
                    "{what:<52} {threads:>7} {:>8.3} {:>9.4} {:>9.2} {:>9.0} {:>10.1} {:>10.1}  {}",
                    o.build_s,
                    o.s_per_s,
                    o.rate_hz,
                    o.peak_bytes.unwrap_or(0) as f64 / 1e6,
                    o.bytes_per_synapse.unwrap_or(f64::NAN),
                    o.table_bytes_per_synapse,
                    o.spike_hash
                ),
                Err(e) => println!("{what:<52} {threads:>7} {e}"),
            }
        }
    }
}
