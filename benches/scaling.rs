//! What does a second thread gain, and how much of its time does a shard wait for the other?
//!
//! End to end with recording, in turn with one thread and with two; the shares of waiting come from a
//! run with the stop-watches on.

mod end_to_end;

use end_to_end::{Job, Outcome, from_file, serve, take_median, wanted};
use spikewheel::engine::report::Phase;

const RUNS: usize = 3;
const THREADS: [usize; 2] = [1, 2];

fn main() {
    serve(from_file);
    println!(
        "network                      threads  built s   s per s   gain   waiting, per shard      windows  us/window"
    );
    for (name, sets) in [
        ("brunel", &[][..]),
        ("microcircuit", &["scale=0.1"]),
        ("microcircuit", &[]),
        ("sparse", &[]),
        ("sparse", &["input_rate=1 Hz"]),
    ] {
        let what = [&[name], sets].concat().join(" ");
        if !wanted(&what) {
            continue;
        }
        let job = |threads: usize, profile: bool| Job {
            definition: format!("networks/{name}.toml"),
            sets: sets.iter().map(ToString::to_string).collect(),
            threads,
            warm_up_ms: 100.0,
            simulated_ms: 1000.0,
            profile,
        };
        let mut runs = THREADS.map(|_| Vec::new());
        for _ in 0..RUNS {
            for (threads, runs) in THREADS.into_iter().zip(&mut runs) {
                match job(threads, false).run() {
                    Ok(outcome) => runs.push(outcome),
                    Err(e) => println!("{name}: {e}"),
                }
            }
        }
        if runs.iter().any(Vec::is_empty) {
            continue;
        }
        let runs = runs.map(|mut all| take_median(&mut all, |o: &Outcome| o.s_per_s));
        assert_eq!(runs[0].spike_hash, runs[1].spike_hash, "the same spikes");
        for (threads, outcome) in THREADS.into_iter().zip(&runs) {
            let waiting = job(threads, true).run().map_or_else(|e| e, |o| waits(&o));
            println!(
                "{what:<28} {threads:>7} {:>8.3} {:>9.4} {:>6.2}   {waiting:<20} {:>10} {:>10.1}",
                outcome.build_s,
                outcome.s_per_s,
                runs[0].s_per_s / outcome.s_per_s,
                outcome.windows,
                outcome.s_per_s * 1.1e6 / outcome.windows.max(1) as f64,
            );
        }
    }
}

/// Of the time of each shard, how much it waited.
fn waits(outcome: &Outcome) -> String {
    let share = |spent: &Vec<f64>| {
        let wait = Phase::ALL
            .iter()
            .zip(spent)
            .filter(|((phase, _), _)| *phase == Phase::Wait)
            .map(|(_, s)| s)
            .sum::<f64>();
        format!(
            "{:.1} %",
            100.0 * wait / spent.iter().sum::<f64>().max(1e-12)
        )
    };
    let all: Vec<String> = outcome.phases.iter().map(share).collect();
    all.join("  ")
}
