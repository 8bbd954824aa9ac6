//! From which input rate on is sweeping a population cheaper than visiting its neurons?
//!
//! One population with private Poisson input, forced to either way, at several input rates; wall
//! time per neuron and tick, and per input event.

use std::sync::Arc;
use std::time::Instant;

use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, build};
use spikewheel::neuron::ModelKind;

const NEURONS: u32 = 12_800;
const TICKS: u64 = 4_000;

fn seconds(model: ModelKind, update: Update, per_tick: f64) -> f64 {
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
        duration: TICKS,
        arithmetic: Arithmetic::Double,
        populations: vec![PopulationSpec {
            name: "cells".into(),
            size: NEURONS,
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
                end: NEURONS,
            }],
            kind: DriveKind::SpikeList {
                list: Arc::new(events(per_tick)),
                weight: 0.1.into(),
            },
            receptor: None,
        }],
        recording: RecordingSpec::default(),
    };
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let network = build(&spec, &BuildOptions::default()).expect("it can be built");
        let started = Instant::now();
        run(network, &mut NullSink, &Control::default()).expect("it runs");
        best = best.min(started.elapsed().as_secs_f64());
    }
    best
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
            let unit = 1e9 / (f64::from(NEURONS) * TICKS as f64);
            println!(
                "{:<10} {per_tick:>26} {:>21.2} {:>22.2}",
                model.def().name,
                seconds(model, Update::Lazy, per_tick) * unit,
                seconds(model, Update::Sweep, per_tick) * unit,
            );
        }
    }
}
