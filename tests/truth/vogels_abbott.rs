//! The two networks of Vogels and Abbott (2005): figures of NEST on the same parameters
//! (`tools/nest_vogels_abbott.py`), which the heads of the definitions state.

use std::path::Path;

use spikewheel::definition;
use spikewheel::network::spec::NetworkSpec;

use crate::engine;

fn load(kind: &str) -> NetworkSpec {
    let file = format!("networks/vogels_abbott_{kind}.toml");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    definition::load(&path, &[]).expect("a definition").spec
}

/// Rate in Hz and mean CV of intervals after 0.2 s.
fn figures(kind: &str, shards: usize) -> (f64, f64) {
    let spec = load(kind);
    let run = engine::run(&spec, shards);
    let mut trains: Vec<Vec<f64>> = vec![vec![]; 4000];
    for &(tick, id) in run.outcome.spikes.iter().filter(|s| s.0 > 2000) {
        trains[id as usize].push(tick as f64);
    }
    let rate = trains.iter().map(Vec::len).sum::<usize>() as f64 / 4000.0 / 0.8;
    let cvs: Vec<f64> = trains.iter().filter_map(|t| cv(t)).collect();
    let mean = cvs.iter().sum::<f64>() / cvs.len() as f64;
    println!("{kind}: {rate:.2} Hz, CV {mean:.3}");
    (rate, mean)
}

/// Standard deviation over mean of the intervals, where there are at least two.
fn cv(train: &[f64]) -> Option<f64> {
    let intervals: Vec<f64> = train.windows(2).map(|w| w[1] - w[0]).collect();
    let n = intervals.len() as f64;
    let mean = intervals.iter().sum::<f64>() / n;
    let variance = intervals.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / n;
    (intervals.len() >= 2).then(|| variance.sqrt() / mean)
}

#[test]
fn activity_keeps_itself_going_at_the_rate_and_irregularity_that_nest_finds() {
    // Three of NEST's standard deviations between seeds on either side.
    for (kind, rates, cvs) in [
        ("cuba", (5.2, 6.2), (0.44, 0.52)),
        ("coba", (17.0, 21.0), (1.36, 1.52)),
    ] {
        let (rate, cv) = figures(kind, 2);
        let (low, high): (f64, f64) = rates;
        assert!((low..high).contains(&rate), "{kind}: {rate} Hz");
        let (low, high): (f64, f64) = cvs;
        assert!((low..high).contains(&cv), "{kind}: CV {cv}");
    }
}
