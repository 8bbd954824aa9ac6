//! What does a spike cost in the queue, pushed and taken, and what does an agenda entry cost?

use std::hint::black_box;
use std::time::Instant;

use spikewheel::engine::agenda::{Agenda, Kind};
use spikewheel::engine::wheel::{Entry, Wheel};

fn wheel(max_delay: u64, per_tick: usize, ticks: u64) -> f64 {
    let mut wheel = Wheel::new(max_delay);
    let mut due = Vec::new();
    let mut state = 1u64;
    let started = Instant::now();
    let mut taken = 0u64;
    for tick in 1..=ticks {
        wheel.take(tick, &mut due);
        taken += due.len() as u64;
        for k in 0..per_tick {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let delay = 1 + (state >> 33) % max_delay;
            wheel.push(
                tick + delay,
                Entry {
                    start: k as u64,
                    len: 1,
                    table: 0,
                    block: 0,
                },
            );
        }
    }
    black_box(taken);
    started.elapsed().as_secs_f64() * 1e9 / (ticks as f64 * per_tick as f64)
}

fn agenda(entries: u64, rounds: u64) -> f64 {
    let mut agenda = Agenda::default();
    for id in 0..entries {
        agenda.schedule(Kind::Wake, id, Some(1 + id % 1000));
    }
    let started = Instant::now();
    let mut state = 1u64;
    for _ in 0..rounds {
        if let Some((tick, kind, id)) = agenda.pop_due(u64::MAX) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            agenda.schedule(kind, id, Some(tick + 1 + (state >> 33) % 1000));
        }
    }
    started.elapsed().as_secs_f64() * 1e9 / rounds as f64
}

fn main() {
    for per_tick in [10, 1000] {
        println!(
            "wheel of ticks, delays to 150 ticks, {per_tick} spikes a tick: {:.1} ns a spike",
            wheel(150, per_tick, 2_000_000 / per_tick as u64)
        );
    }
    for per_tick in [1, 10] {
        println!(
            "wheel of spans, delays to 1,500,000 ticks, {per_tick} a tick: {:.1} ns a spike",
            wheel(1_500_000, per_tick, 3_000_000)
        );
    }
    for entries in [1_000, 100_000] {
        println!(
            "agenda of {entries} entries: {:.0} ns to take one and schedule it anew",
            agenda(entries, 1_000_000)
        );
    }
}
