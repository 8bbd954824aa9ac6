//! The learning experiments of networks/learning, shortened where they are long, against the figures their
//! heads state.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use spikewheel::definition;
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, build};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("networks/learning")
        .join(format!("{name}.toml"))
}

fn spec(name: &str, set: &[&str]) -> NetworkSpec {
    let set: Vec<_> = set.iter().map(|s| s.parse().expect("name=value")).collect();
    definition::load(&file(name), &set)
        .unwrap_or_else(|e| panic!("{e:?}"))
        .spec
}

fn simulate(spec: &NetworkSpec, shards: usize) -> MemorySink {
    let options = BuildOptions {
        shards,
        granule: 1,
        ..BuildOptions::default()
    };
    let network = build(spec, &options).expect("the network can be built");
    let mut sink = MemorySink::default();
    run(network, &mut sink, &Control::default()).expect("the run succeeds");
    sink
}

/// The weights at the end, in the order of sources and targets.
fn end(sink: &MemorySink) -> Vec<f64> {
    let mut last = sink.weights.last().expect("a snapshot").2.clone();
    last.sort_by_key(|w| (w.source, w.target));
    last.iter().map(|w| w.weight).collect()
}

/// Ticks at which the first neuron of a population spikes.
fn spikes(spec: &NetworkSpec, sink: &MemorySink, name: &str) -> Vec<u64> {
    let p = spec.populations.iter().position(|p| p.name == name);
    let id = spec.offsets()[p.expect("a population")] as u32;
    let of = sink.spikes.iter().filter(|s| s.1 == id);
    of.map(|s| s.0).collect()
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len() as f64
}

#[test]
fn the_window_is_two_exponentials() {
    let weights = end(&simulate(&spec("stdp_window", &[]), 2));
    assert_eq!(weights.len(), 81);
    for (k, w) in weights.iter().enumerate() {
        let lag = 2.0 * k as f64 - 80.0;
        let wanted = match k {
            40 => 0.5,
            0..40 => 0.5 - 0.03 * (lag / 34.0).exp(),
            _ => 0.5 + 0.06 * (-lag / 17.0).exp(),
        };
        assert!((w - wanted).abs() < 1e-12, "{lag} ms: {w}, not {wanted}");
    }
}

#[test]
fn triplets_turn_depression_into_potentiation_as_the_rate_rises() {
    let weights = end(&simulate(&spec("triplet_frequency", &[]), 2));
    let wanted = [
        0.0, -0.316620, 0.118641, -0.332213, 0.227795, -0.341735, 0.532112, 0.173715, 0.762731,
        0.749177,
    ];
    assert_eq!(weights.len(), wanted.len());
    for (w, by) in weights.iter().zip(wanted) {
        assert!((w - 5.0 - by).abs() < 1e-6, "{w}, not 5 + {by}");
    }
}

/// Rate of the output in the last fifth, and weights as shares of the bound, after 400 s at an input rate.
fn competition(rate: u32) -> (f64, Vec<f64>) {
    let rate = format!("input_rate={rate} Hz");
    let spec = spec("song_exact", &[&rate, "simulation.duration=400 s"]);
    let sink = simulate(&spec, 1);
    let from = (320.0 * 1e3 / spec.tick_ms()) as u64;
    let output = spikes(&spec, &sink, "output");
    let late = output.iter().filter(|t| **t > from).count();
    let weights = end(&sink).iter().map(|w| w / 0.9).collect();
    (late as f64 / 80.0, weights)
}

#[test]
fn inputs_compete_and_the_output_is_kept_in_range() {
    let (rate20, weights20) = competition(20);
    let (rate40, weights40) = competition(40);
    assert!(rate40 / rate20 < 1.5, "{rate20} and {rate40} Hz");
    let ratio = mean(&weights20) / mean(&weights40);
    assert!((1.6..2.4).contains(&ratio), "{ratio}");
    let part = |from: f64, to: f64| {
        weights40.iter().filter(|w| (from..to).contains(*w)).count() as f64 / 1000.0
    };
    let (low, middle, high) = (part(-0.1, 0.1), part(0.1, 0.9), part(0.9, 1.1));
    assert!(
        middle < 0.25 && low > 0.6 && high > 0.02,
        "{low} {middle} {high}"
    );
}

#[test]
fn inhibition_brings_a_neuron_to_its_target() {
    for target in [5.0, 10.0] {
        let set = format!("target={target} Hz");
        let spec = spec("vogels_balance", &[&set]);
        let sink = simulate(&spec, 1);
        let all = spikes(&spec, &sink, "neuron");
        let late = all.iter().filter(|t| **t > 2_100_000).count();
        let share = late as f64 / 90.0 / target;
        assert!((0.95..1.15).contains(&share), "{target} Hz: {share}");
    }
}

/// Afferents as tools/masquelier.py makes them, for some seconds: spikes, and when the pattern begins.
fn afferents(seconds: usize, seed: u64) -> (Vec<(u64, u32)>, Vec<u64>) {
    const N: usize = 2000;
    const SLOT: usize = 50;
    let mut state = seed;
    let mut unit = move || {
        // SplitMix64 (Steele, Lea & Flood 2014).
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut slope: Vec<f64> = (0..N).map(|_| 3600.0 * unit() - 1800.0).collect();
    let mut rate: Vec<f64> = (0..N).map(|_| 90.0 * unit()).collect();
    let mut last: Vec<f64> = (0..N).map(|_| -(SLOT as f64) * unit()).collect();
    let (mut events, mut onsets) = (Vec::new(), Vec::new());
    let mut pattern: Vec<(f64, u32)> = Vec::new();
    let mut pasted = false;
    for slot in 0..seconds * 1000 / SLOT {
        pasted = slot > 0 && !pasted && unit() < 1.0 / 3.0;
        let start = (slot * SLOT) as f64;
        let mut spikes: Vec<(f64, u32)> = Vec::new();
        for ms in 0..SLOT {
            let t = start + ms as f64;
            for i in 0..N {
                slope[i] = (slope[i] + 720.0 * unit() - 360.0).clamp(-1800.0, 1800.0);
                rate[i] = (rate[i] + slope[i] * 1e-3).clamp(0.0, 90.0);
                if unit() < rate[i] * 1e-3 || t - last[i] >= SLOT as f64 {
                    last[i] = t;
                    spikes.push((t + unit(), i as u32));
                }
            }
        }
        if slot == 0 {
            pattern = spikes.iter().filter(|s| s.1 < 1000).copied().collect();
        }
        if pasted {
            onsets.push((start * 10.0) as u64);
            spikes.retain(|s| s.1 >= 1000);
            for &(t, i) in &pattern {
                // The sum of twelve uniform numbers is near enough to normal for a jitter.
                let jitter: f64 = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
                spikes.push((start + t + jitter, i));
            }
        }
        for i in 0..N {
            if unit() < 0.01 * SLOT as f64 {
                spikes.push((start + SLOT as f64 * unit(), i as u32));
            }
        }
        events.extend(
            spikes
                .iter()
                .map(|&(t, i)| ((t * 10.0).round().max(1.0) as u64, i)),
        );
    }
    events.sort_unstable();
    (events, onsets)
}

#[test]
fn a_neuron_finds_the_start_of_a_pattern() {
    // The input is too large to come along: it is put in place of a small file.
    let text = std::fs::read_to_string(file("masquelier_2008")).expect("the definition");
    let text = text
        .replace("masquelier.h5", "triplet_pre.csv")
        .replace("450 s", "30 s");
    let mut spec = definition::parse(&text, &file("masquelier_2008"), &[])
        .unwrap_or_else(|e| panic!("{e:?}"))
        .spec;
    let (events, onsets) = afferents(30, 1);
    let input = spec
        .populations
        .iter_mut()
        .find(|p| p.name == "afferents")
        .expect("afferents");
    input.kind = PopulationKind::Source(SourceSpec::SpikeList(Arc::new(SpikeList { events })));
    let sink = simulate(&spec, 1);
    let mut late = spikes(&spec, &sink, "neuron");
    late.retain(|&t| t > 200_000);
    let shown: Vec<u64> = onsets
        .iter()
        .copied()
        .filter(|&t| (200_000..299_000).contains(&t))
        .collect();
    let answers = |on: u64| {
        late.iter()
            .find(|&&t| (on..on + 550).contains(&t))
            .map(|t| t - on)
    };
    let latencies: Vec<f64> = shown
        .iter()
        .filter_map(|&on| answers(on))
        .map(|t| t as f64 / 10.0)
        .collect();
    let hits = latencies.len() as f64 / shown.len() as f64;
    let outside = |t: &&u64| !onsets.iter().any(|&on| (on..on + 550).contains(*t));
    let false_alarms = late.iter().filter(outside).count();
    println!(
        "hits {hits}, false alarms {false_alarms}, latency {} ms",
        mean(&latencies)
    );
    assert!(shown.len() > 30);
    assert!(hits > 0.9, "{hits}");
    assert_eq!(false_alarms, 0);
    assert!(mean(&latencies) < 15.0, "{}", mean(&latencies));
}

#[test]
fn a_synapse_is_reinforced_by_dopamine_that_comes_seconds_later() {
    let spec = spec("distal_reward_exact", &["simulation.duration=340 s"]);
    let sink = simulate(&spec, 1);
    let tagged = spec
        .recording
        .weights
        .iter()
        .position(|w| w.traces.is_some())
        .expect("a course");
    let course: Vec<f64> = sink
        .traces
        .iter()
        .filter(|t| t.0 == tagged)
        .map(|t| t.2[0])
        .collect();
    assert_eq!(course[0], 0.0);
    let top = course.iter().copied().fold(0.0, f64::max);
    assert!(top > 3.96, "{top}");
    // It is the rewards: the others, which began above it, are weak on average.
    let others = mean(&end(&sink));
    assert!(others < 1.0, "{others}");
}
