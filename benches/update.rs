//! From which input rate on is sweeping a population cheaper than visiting its neurons?
//!
//! One population with private Poisson input, forced to either way, at several input rates; wall
//! time per neuron and tick, and per input event. Then the sweep alone: by model, arithmetic and
//! number of neurons, with input on one tick in a hundred.

use std::sync::Arc;
use std::time::Instant;

use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, build};
use spikewheel::neuron::ModelKind;

const NEURONS: u32 = 12_800;
const TICKS: u64 = 4_000;

/// ns per neuron and tick: the best of three runs.
fn ns(
    (model, arithmetic): (ModelKind, Arithmetic),
    (neurons, ticks): (u32, u64),
    update: Update,
    drive: DriveKind,
) -> f64 {
    let def = model.def();
    let of = |name: &str, default: f64| match name {
        // Never a spike: only updates are measured.
        "V_th" => 1e6,
        "V_reset" | "E_L" => 0.0,
        _ => default,
    };
    let spec = NetworkSpec {
        name: String::new(),
        seed: 1,
        resolution_ps: 100_000_000,
        duration: ticks,
        arithmetic,
        populations: vec![PopulationSpec {
            name: "cells".into(),
            size: neurons,
            labels: None,
            positions: None,
            kind: PopulationKind::Neurons(NeuronSpec {
                model,
                params: def
                    .params
                    .iter()
                    .map(|p| of(p.name, p.default).into())
                    .collect(),
                initial: def.state.iter().map(|_| 0.0.into()).collect(),
                options: NeuronOptions::default(),
                update,
                receptors: vec![],
            }),
        }],
        projections: vec![],
        drives: vec![DriveSpec {
            name: "events".into(),
            to: vec![Slice {
                population: 0,
                start: 0,
                end: neurons,
            }],
            kind: drive,
            receptor: None,
        }],
        recording: RecordingSpec::default(),
        modulators: Vec::new(),
    };
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let network = build(&spec, &BuildOptions::default()).expect("it can be built");
        let started = Instant::now();
        run(network, &mut NullSink, &Control::default()).expect("it runs");
        best = best.min(started.elapsed().as_secs_f64());
    }
    best * 1e9 / (f64::from(neurons) * ticks as f64)
}

/// The same events for both ways: `per_tick` of the neurons, spread evenly.
fn events(per_tick: f64) -> SpikeList {
    let mut list = SpikeList::default();
    let (mut due, mut at) = (0.0, 0u64);
    for tick in 1..=TICKS {
        due += per_tick * f64::from(NEURONS);
        let mut now = Vec::new();
        while due >= 1.0 {
            due -= 1.0;
            at = (at + 7919) % u64::from(NEURONS);
            now.push((tick, at as u32));
        }
        now.sort_unstable();
        list.events.extend(now);
    }
    list
}

fn main() {
    println!("model      events per neuron and tick   lazy ns/neuron-tick   swept ns/neuron-tick");
    for model in [ModelKind::LifDelta, ModelKind::LifExp, ModelKind::LifAlpha] {
        for per_tick in [0.005, 0.02, 0.05, 0.1, 0.2, 0.5] {
            let list = Arc::new(events(per_tick));
            let cost = |update| {
                let drive = DriveKind::SpikeList {
                    list: list.clone(),
                    weight: 0.1.into(),
                };
                let kind = (model, Arithmetic::Double);
                ns(kind, (NEURONS, TICKS), update, drive)
            };
            println!(
                "{:<10} {per_tick:>26} {:>21.2} {:>22.2}",
                model.def().name,
                cost(Update::Lazy),
                cost(Update::Sweep),
            );
        }
    }
    println!("\nswept ns/neuron-tick        12,800   77,000   1,000,000 neurons");
    for model in [
        ModelKind::LifDelta,
        ModelKind::If,
        ModelKind::LifExp,
        ModelKind::LifAlpha,
        ModelKind::LifCondExp,
        ModelKind::Izhikevich,
    ] {
        for arithmetic in [Arithmetic::Double, Arithmetic::Single] {
            let [a, b, c] = [(12_800, 8_000), (77_000, 1_400), (1_000_000, 100)].map(|size| {
                let drive = DriveKind::Regular {
                    interval: 100,
                    start: 0,
                    stop: u64::MAX,
                    weight: 0.1.into(),
                };
                ns((model, arithmetic), size, Update::Sweep, drive)
            });
            let name = model.def().name;
            println!("{name:<14} {arithmetic:?} {a:>14.2} {b:>8.2} {c:>11.2}");
        }
    }
}
