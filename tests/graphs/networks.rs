//! The networks of graphs that come along do what their heads say.

use std::path::Path;

use spikewheel::definition::{self, Override};
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::NetworkSpec;

use crate::edges::built;

fn load(name: &str, set: &[&str]) -> NetworkSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("networks/{name}.toml"));
    let set: Vec<Override> = set.iter().map(|s| s.parse().unwrap()).collect();
    definition::load(&path, &set)
        .unwrap_or_else(|all| panic!("{all:#?}"))
        .spec
}

/// Spikes as (tick, id), and their hash.
fn spikes(spec: &NetworkSpec, shards: usize) -> (Vec<(u64, u32)>, u64) {
    let mut sink = MemorySink::default();
    let report = run(built(spec, shards), &mut sink, &Control::default()).unwrap();
    (sink.spikes, report.spike_hash)
}

/// Ticks of the spikes of each neuron of a population.
fn trains(spec: &NetworkSpec, spikes: &[(u64, u32)], population: &str) -> Vec<Vec<u64>> {
    let at = spec.population(population).unwrap();
    let (first, last) = (spec.offsets()[at] as u32, spec.offsets()[at + 1] as u32);
    let mut all = vec![Vec::new(); (last - first) as usize];
    for &(tick, id) in spikes {
        if (first..last).contains(&id) {
            all[(id - first) as usize].push(tick);
        }
    }
    all
}

#[test]
fn a_kick_lives_on_in_the_small_world_alone() {
    let spec = load("small_world", &[]);
    let (all, hash) = spikes(&spec, 1);
    assert_eq!(spikes(&spec, 3), (all.clone(), hash));
    // The kick arrives at 11 ms, and each ms takes the fronts two neurons further on.
    let lattice = trains(&spec, &all, "lattice");
    for (i, train) in lattice.iter().enumerate() {
        let away = (i as i64 - 500).unsigned_abs();
        assert_eq!(
            train[..],
            [110 + 10 * away.min(1000 - away).div_ceil(2)],
            "{i}"
        );
    }
    let random = trains(&spec, &all, "random");
    assert!(random.iter().all(|t| t.len() == 1));
    assert_eq!(random.iter().flatten().max(), Some(&180));
    let small = trains(&spec, &all, "small_world");
    let rate = small.iter().map(Vec::len).sum::<usize>() as f64 / 1000.0 / 0.4;
    assert!((60.0..64.0).contains(&rate), "{rate}");
    let alive = small.iter().flatten().filter(|&&t| t > 3900).count();
    assert!(alive > 300, "{alive}");
}

#[test]
fn more_shortcuts_take_the_kick_everywhere_sooner() {
    let mut before = u64::MAX;
    for (shortcuts, lives_on) in [
        ("0.002", None),
        ("0.02", Some(true)),
        ("0.2", Some(false)),
        ("1", Some(false)),
    ] {
        let spec = load("small_world", &[&format!("shortcuts={shortcuts}")]);
        let (all, _) = spikes(&spec, 1);
        let trains = trains(&spec, &all, "small_world");
        let spread = trains.iter().map(|t| t[0]).max().unwrap();
        assert!(spread < before, "{shortcuts}: {spread} {before}");
        before = spread;
        let last = trains.iter().flatten().max().copied();
        if let Some(lives_on) = lives_on {
            assert_eq!(last > Some(3900), lives_on, "{shortcuts}: {last:?}");
        }
    }
    assert!(before <= 180);
}

#[test]
fn hubs_fire_most() {
    let spec = load("scale_free", &[]);
    let (all, hash) = spikes(&spec, 1);
    assert_eq!(spikes(&spec, 3), (all.clone(), hash));
    let mut counts = vec![0.0; 1000];
    for &(_, id) in &all {
        counts[id as usize] += 1.0;
    }
    let mut degrees = vec![0.0; 1000];
    for s in built(&spec, 1).synapses() {
        degrees[s.target as usize] += 1.0;
    }
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let rates = [
        mean(&counts[..20]),
        mean(&counts[20..200]),
        mean(&counts[200..]),
    ];
    assert!(
        (30.0..38.0).contains(&rates[0])
            && (10.0..14.0).contains(&rates[1])
            && (4.0..6.5).contains(&rates[2]),
        "{rates:?}"
    );
    let (c, d) = (mean(&counts), mean(&degrees));
    let (mut cd, mut cc, mut dd) = (0.0, 0.0, 0.0);
    for (x, y) in counts.iter().zip(&degrees) {
        cd += (x - c) * (y - d);
        cc += (x - c).powi(2);
        dd += (y - d).powi(2);
    }
    let correlation = cd / f64::sqrt(cc * dd);
    let largest = degrees.iter().copied().fold(0.0, f64::max) / d;
    assert!(correlation > 0.85, "{correlation}");
    assert!((10.0..20.0).contains(&largest), "{largest}");

    let alone = load("scale_free", &["w=0 mV"]);
    let rate = spikes(&alone, 1).0.len() as f64 / 1000.0;
    assert!(rate < 2.0, "{rate}");
}
