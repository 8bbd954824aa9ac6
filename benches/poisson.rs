//! What does a private Poisson count cost, by mean and by how the rate is stated?
//!
//! ns per draw of 12,800 elements; the best of several short runs.

use std::sync::Arc;
use std::time::Instant;

use spikewheel::network::spec::Rate;
use spikewheel::stimulus::counts::Counts;
use spikewheel::stimulus::rate::Course;

const ELEMENTS: u32 = 12_800;
const TICKS: u64 = 300;
const RESOLUTION_PS: u64 = 100_000_000;

fn ns_per_draw(rate: &Rate) -> f64 {
    let course = Course::new(rate, RESOLUTION_PS);
    let rows = course.rows(rate, RESOLUTION_PS);
    let mut out = vec![0; ELEMENTS as usize];
    let mut best = f64::INFINITY;
    for _ in 0..9 {
        let mut counts = Counts::new(1, 0, 0, ELEMENTS, course.clone(), rows.clone());
        counts.draw(1, &mut out);
        let started = Instant::now();
        for t in 2..TICKS + 2 {
            counts.draw(t, &mut out);
        }
        best = best.min(started.elapsed().as_secs_f64());
    }
    best * 1e9 / (f64::from(ELEMENTS) * TICKS as f64)
}

fn main() {
    println!("mean   constant   sinusoidal   own rates   own rates, changing every tick");
    for mean in [0.05, 0.5, 2.0, 10.0, 50.0] {
        let hz = mean * 1e4;
        let own = |k: u32| hz * (0.9 + 0.2 * f64::from(k % 101) / 101.0);
        let rows: Vec<f64> = (0..2 * ELEMENTS).map(own).collect();
        let rates = [
            Rate::Constant {
                hz,
                start: 0,
                stop: u64::MAX,
            },
            Rate::Sinusoid {
                hz,
                amplitude: 0.2 * hz,
                frequency: 10.0,
                phase: 0.0,
                start: 0,
                stop: u64::MAX,
            },
            Rate::PerElement {
                hz: Arc::new(rows[..ELEMENTS as usize].to_vec()),
                start: 0,
                stop: u64::MAX,
            },
            Rate::Table {
                at: (0..TICKS + 2).collect(),
                row: (0..TICKS as u32 + 2).map(|k| Some(k % 2)).collect(),
                hz: Arc::new(rows),
                elements: ELEMENTS,
            },
        ]
        .map(|rate| ns_per_draw(&rate));
        println!(
            "{mean:<6} {:>8.2} {:>12.2} {:>11.2} {:>32.2}",
            rates[0], rates[1], rates[2], rates[3]
        );
    }
}
