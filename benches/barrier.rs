//! What does it cost the shards to meet once per window?
//!
//! Members that come at once, and members that each have some work to do before they come, as shards
//! have: then the cost is what a round takes beyond the work. A member more than there are cores shows
//! what becomes of it when somebody who is waited for has no core.

use std::hint::black_box;
use std::time::Instant;

use spikewheel::engine::barrier::Barrier;

/// Works for about this long: a chain of multiplications, which takes the same time everywhere.
fn work(steps: u32) -> u64 {
    (0..steps).fold(1u64, |x, _| {
        x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)
    })
}

/// Nanoseconds per round.
fn round(members: usize, rounds: u32, steps: u32) -> f64 {
    let barrier = Barrier::new(members);
    let run = |barrier: &Barrier| {
        for _ in 0..rounds {
            black_box(work(black_box(steps)));
            assert_eq!(barrier.wait(), Ok(()), "nobody panics");
        }
    };
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 1..members {
            scope.spawn(|| run(&barrier));
        }
        run(&barrier);
    });
    started.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
}

fn best(members: usize, rounds: u32, steps: u32) -> f64 {
    (0..5)
        .map(|_| round(members, rounds, steps))
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{cores} cores; ns per round, best of 5");
    println!("members   at once   beyond 3 us of work   beyond 30 us of work");
    for members in [1, 2, 3] {
        let rounds = if members > cores { 4_000 } else { 20_000 };
        // A member more than cores: the work of all must fit on the cores.
        let shared = members.div_ceil(cores) as f64;
        let beyond = |steps: u32| {
            let alone = best(1, rounds, steps) - best(1, rounds, 0);
            best(members, rounds, steps) - shared * alone
        };
        println!(
            "{members:>7} {:>9.0} {:>21.0} {:>22.0}",
            best(members, rounds, 0),
            beyond(3_000),
            beyond(30_000)
        );
    }
}
