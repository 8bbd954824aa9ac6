//! What does it cost the shards to meet once per window?
//!
//! Members that come at once, and members that each have some work to do before they come, as shards
//! have: then the cost is what a round takes beyond that. A member more than there are cores shows
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

fn best(measured: impl Fn() -> f64) -> f64 {
    (0..5).map(|_| measured()).fold(f64::INFINITY, f64::min)
}

/// Nanoseconds of the work alone.
fn alone(rounds: u32, steps: u32) -> f64 {
    let started = Instant::now();
    for _ in 0..rounds {
        black_box(work(black_box(steps)));
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
}

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{cores} cores; ns per round beyond the work of a member, best of 5");
    println!("members   no work   work (us): cost   work (us): cost");
    for members in [1, 2, 3] {
        let at_once = best(|| round(members, 10_000, 0));
        print!("{members:>7} {at_once:>9.0}");
        for (rounds, steps) in [(3_000, 10_000), (300, 100_000)] {
            let work = best(|| alone(rounds, steps));
            // If members share a core, so does their work.
            let all = work * members.div_ceil(cores) as f64;
            let cost = best(|| round(members, rounds, steps)) - all;
            print!("   {:>9.1}: {cost:>4.0}", work / 1000.0);
        }
        println!();
    }
}
