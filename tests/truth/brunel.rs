//! The balanced random network of Brunel (2000) in the four regimes of his Fig. 8, next to NEST: what
//! needs connection rules, Poisson input and the engine at once.

use std::path::Path;

use serde_json::Value;
use spikewheel::definition::load;

use crate::engine;

const SETTLING_MS: f64 = 200.0;

/// Mean rate per population (Hz) and mean CV of intervals over `seconds` after the settling time.
fn simulate(g: f64, eta: f64, seconds: f64) -> (Vec<f64>, f64) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/brunel.toml");
    let duration = SETTLING_MS + 1000.0 * seconds;
    let overrides = [
        format!("g={g}"),
        format!("eta={eta}"),
        format!("simulation.duration={duration} ms"),
    ]
    .map(|s| s.parse().expect("name=value"));
    let spec = load(&file, &overrides).expect("a right definition").spec;
    let offsets = spec.offsets();
    let settling = (SETTLING_MS / spec.tick_ms()).round() as u64;
    let mut trains = vec![Vec::new(); *offsets.last().expect("an end") as usize];
    for (tick, id) in engine::run(&spec, 2).outcome.spikes {
        if tick > settling {
            trains[id as usize].push(tick);
        }
    }
    let rates = offsets
        .windows(2)
        .map(|w| {
            let spikes: usize = trains[w[0] as usize..w[1] as usize]
                .iter()
                .map(Vec::len)
                .sum();
            spikes as f64 / (w[1] - w[0]) as f64 / seconds
        })
        .collect();
    let cvs: Vec<f64> = trains.iter().filter_map(|t| cv(t)).collect();
    (rates, cvs.iter().sum::<f64>() / cvs.len() as f64)
}

#[test]
fn the_balanced_random_network_fires_in_all_regimes_as_in_nest() {
    if !engine::IS_THE_ENGINE {
        return;
    }
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nest_brunel/regimes.json");
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(kept).expect("kept figures")).expect("JSON");
    // In the slow oscillation the rate of a single second varies by 5 %; in the regular regime a few
    // periods tell it.
    for (name, seconds) in [
        ("SR", 0.3),
        ("SI_fast", 1.0),
        ("AI", 1.0),
        ("SI_slow", 10.0),
    ] {
        let nest = &kept["regimes"][name];
        let number = |v: &Value| v.as_f64().expect("a number");
        let (rates, cv) = simulate(number(&nest["g"]), number(&nest["eta"]), seconds);
        println!("{name}: {rates:.2?} Hz, CV {cv:.3}");
        for (rate, population) in rates.into_iter().zip(["excitatory", "inhibitory"]) {
            let theirs = number(&nest[population]["rate_hz"]);
            assert!(
                (rate / theirs - 1.0).abs() < 0.05,
                "{name}, {population}: {rate} Hz, NEST {theirs} Hz"
            );
        }
        if name == "AI" {
            assert!((cv - 0.42).abs() <= 0.02, "CV {cv}");
        }
    }
}

/// Standard deviation over mean of the intervals, where there are at least two.
fn cv(train: &[u64]) -> Option<f64> {
    let intervals: Vec<f64> = train.windows(2).map(|w| (w[1] - w[0]) as f64).collect();
    if intervals.len() < 2 {
        return None;
    }
    let n = intervals.len() as f64;
    let mean = intervals.iter().sum::<f64>() / n;
    let variance = intervals.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / n;
    Some(variance.sqrt() / mean)
}
