//! The networks in space that come with the program do what their heads say.

use std::path::Path;

use spikewheel::definition;
use spikewheel::network::spec::NetworkSpec;

use crate::engine;

fn network(name: &str) -> NetworkSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("networks")
        .join(name);
    let loaded = definition::load(&path, &[]).unwrap_or_else(|e| panic!("{e:?}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    loaded.spec
}

/// Angle in degrees and length of the mean of exp(i direction) over the spikes of 800 neurons on a
/// ring between two times, and the mean rate in Hz.
fn vector(spikes: &[(u64, u32)], from_ms: u64, to_ms: u64) -> (f64, f64, f64) {
    let (mut x, mut y, mut n) = (0.0, 0.0, 0.0);
    for (tick, id) in spikes {
        if *id < 800 && (from_ms * 10..to_ms * 10).contains(tick) {
            let angle = (f64::from(*id) + 0.5) / 800.0 * std::f64::consts::TAU;
            x += angle.cos();
            y += angle.sin();
            n += 1.0;
        }
    }
    let angle = f64::atan2(y, x).to_degrees().rem_euclid(360.0);
    let rate = n / 800.0 / ((to_ms - from_ms) as f64 / 1000.0);
    (angle, x.hypot(y) / f64::max(n, 1.0), rate)
}

#[test]
fn a_bump_stays_where_its_cue_was_until_it_is_wiped_out() {
    let spec = network("ring_attractor.toml");
    let run = engine::run(&spec, 2);
    let spikes = &run.outcome.spikes;
    let (_, length, rate) = vector(spikes, 200, 1000);
    assert!(
        length < 0.3 && rate < 3.0,
        "before the cue: {length} {rate}"
    );
    for (cue, from, to) in [(90.0, 1250, 3500), (250.0, 4500, 7000)] {
        for at in (from..to).step_by(250) {
            let (angle, length, rate) = vector(spikes, at, at + 250);
            assert!(
                (angle - cue).abs() < 10.0 && length > 0.8 && (5.0..40.0).contains(&rate),
                "{at} ms: {angle} degrees instead of {cue}, length {length}, {rate} Hz"
            );
        }
    }
    let (_, length, rate) = vector(spikes, 3950, 4250);
    assert!(length < 0.35 && rate < 3.0, "wiped out: {length} {rate}");
}

/// Spike counts of the column in bins of 25 ms during one showing.
fn state(spikes: &[(u64, u32)], showing: u64) -> Vec<f64> {
    let mut counts = vec![0.0; 20 * 135];
    let start = 1000 + 8000 * showing;
    for (tick, id) in spikes {
        if *id < 135 && (start..start + 5000).contains(tick) {
            counts[((tick - start) / 250) as usize * 135 + *id as usize] += 1.0;
        }
    }
    counts
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let product = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt()
}

/// The least correlation between showings of the same trains, the largest between different ones.
fn separation(spikes: &[(u64, u32)]) -> (f64, f64) {
    let states: Vec<Vec<f64>> = (0..6).map(|n| state(spikes, n)).collect();
    let (mut same, mut different) = (1.0f64, -1.0f64);
    for a in 0..3 {
        for b in 3..6 {
            let c = correlation(&states[a], &states[b]);
            if b - 3 == a {
                same = same.min(c);
            } else {
                different = different.max(c);
            }
        }
    }
    (same, different)
}

#[test]
fn a_liquid_tells_spike_trains_apart_and_knows_them_again() {
    let spec = network("liquid_state.toml");
    // Sources per excitatory neuron, against the sum over all pairs.
    let synapses = engine::synapses(&spec);
    let recurrent = synapses.iter().filter(|s| s.0 < 108 && s.1 < 108).count() as f64;
    assert!(
        (recurrent - 421.0).abs() < 5.0 * 421f64.sqrt(),
        "{recurrent}"
    );
    let run = engine::run(&spec, 2);
    let spikes = &run.outcome.spikes;
    for showing in 0..6 {
        let rate = state(spikes, showing).iter().sum::<f64>() / 135.0 / 0.5;
        assert!((8.0..15.0).contains(&rate), "{rate} Hz");
    }
    let late = |t: u64| t > 1000 && (t - 1000) % 8000 > 5500 && t < 48_000;
    let after = spikes.iter().filter(|s| s.1 < 135 && late(s.0)).count();
    assert!(after < 100, "{after} spikes in the pauses");
    let (same, different) = separation(spikes);
    assert!(same > 0.75 && different < 0.5, "{same} {different}");
}

#[test]
fn a_liquid_that_excites_itself_too_much_forgets_its_input() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/liquid_state.toml");
    let strong = "w_ee=15 nA".parse().expect("an override");
    let loaded = definition::load(&path, &[strong]).expect("a definition");
    let run = engine::run(&loaded.spec, 1);
    let (same, different) = separation(&run.outcome.spikes);
    assert!(
        different > 0.75 && same - different < 0.2,
        "{same} {different}"
    );
}
