//! Whole networks on machines with and without vector units.

use std::sync::Arc;

use super::shard::Sample;
use crate::network::spec::*;
use crate::network::{BuildOptions, Network, build};
use crate::neuron::real::Real;
use crate::neuron::{MODELS, ModelKind};
use crate::plasticity::RuleKind;
use crate::rng::{Domain, Stream};
use crate::simd::{Level, tests::on_a_machine_of};

const NEURONS: u32 = 701;
const TICKS: u64 = 600;

/// Neurons that get their input in every form: drawn counts, listed events with weights of their own,
/// and from each other.
fn network(model: ModelKind, arithmetic: Arithmetic, varied: bool) -> NetworkSpec {
    let def = model.def();
    let all = Slice {
        population: 0,
        start: 0,
        end: NEURONS,
    };
    // Weights that move V by about a twentieth of what a spike needs.
    let weight = match model {
        ModelKind::LifDelta => 1.0,
        ModelKind::If => 0.1,
        ModelKind::LifCondExp | ModelKind::LifCondAlpha => 10.0,
        ModelKind::Izhikevich => 3.0,
        _ => 60.0,
    };
    let mut stream = Stream::new(5, Domain::Parameter, 0, 0);
    let mut each = |mean: f64, width: f64| {
        let values = (0..NEURONS)
            .map(|_| mean + width * stream.normal())
            .collect();
        Values::Array(Arc::new(values))
    };
    let params = def.params.iter().map(|p| match p.name {
        "V_th" | "tau_m" | "C_m" | "a" if varied => each(p.default, 0.01 * p.default.abs()),
        "q_sfa" if varied => (p.default + 0.5).into(),
        _ => p.default.into(),
    });
    let initial = |name: &str| match name {
        "V_m" if model == ModelKind::If => 0.0,
        "V_m" => -70.0,
        _ => 0.0,
    };
    let list = |list: Vec<(u64, u32)>| {
        let mut events = SpikeList::default();
        events.events.extend(list);
        Arc::new(events)
    };
    let params = params.collect();
    let port = |tau_rise: f64, tau_decay: f64| ReceptorSpec {
        name: None,
        tau_rise: tau_rise.into(),
        tau_decay: tau_decay.into(),
    };
    let events = (1..=TICKS).map(|t| (t, (t * 7919 % u64::from(NEURONS)) as u32));
    let drive = |name: &str, kind| DriveSpec {
        name: name.into(),
        to: vec![all],
        kind,
        receptor: None,
    };
    let poisson = |per_tick: f64, weight: f64| DriveKind::Poisson {
        rate: Rate::Constant {
            hz: per_tick * 1e4,
            start: 0,
            stop: u64::MAX,
        },
        weight: weight.into(),
    };
    NetworkSpec {
        name: String::new(),
        seed: 1,
        resolution_ps: 100_000_000,
        duration: TICKS,
        arithmetic,
        populations: vec![PopulationSpec {
            name: "cells".into(),
            size: NEURONS,
            labels: None,
            positions: None,
            kind: PopulationKind::Neurons(NeuronSpec {
                model,
                params,
                initial: def.state.iter().map(|s| initial(s.name).into()).collect(),
                options: NeuronOptions::default(),
                update: Update::Sweep,
                receptors: vec![port(0.0, 2.0), port(0.5, 5.0), port(1.0, 8.0)]
                    .into_iter()
                    .filter(|_| def.ports > 0)
                    .collect(),
            }),
        }],
        projections: vec![],
        drives: vec![
            drive("many", poisson(0.5, weight)),
            drive("few", poisson(0.2, -0.3 * weight)),
            drive(
                "listed",
                DriveKind::SpikeList {
                    list: list(events.collect()),
                    weight: each(weight, weight),
                },
            ),
        ],
        recording: RecordingSpec {
            spikes: vec![],
            state: def
                .recordables
                .iter()
                .enumerate()
                .map(|(variable, _)| StateRecording {
                    of: all,
                    variable,
                    every: 50,
                })
                .collect(),
            weights: Vec::new(),
        },
        modulators: Vec::new(),
    }
}

/// Spikes, and the bits of what is recorded.
type Outcome = (Vec<(u32, u32)>, Vec<u64>);

fn outcome(spec: &NetworkSpec) -> Outcome {
    fn all<R: Real>(shard: &mut super::shard::Shard<R>) -> Outcome {
        let (mut spikes, mut samples) = (Vec::new(), Vec::<Sample>::new());
        shard.prepare();
        shard.process(1, TICKS + 1, &mut spikes, &mut samples);
        let values = samples.iter().flat_map(|s| &s.values);
        (spikes, values.map(|v| v.to_bits()).collect())
    }
    match build(spec, &BuildOptions::default()).unwrap() {
        Network::Double(mut n) => all(&mut n.shards[0]),
        Network::Single(mut n) => all(&mut n.shards[0]),
    }
}

#[test]
fn every_model_gives_the_same_bits_on_every_machine() {
    for (model, def) in MODELS {
        for arithmetic in [Arithmetic::Double, Arithmetic::Single] {
            for varied in [false, true] {
                let spec = network(model, arithmetic, varied);
                let on = |level| on_a_machine_of(level, || outcome(&spec));
                let (spikes, values) = on(Level::Portable);
                assert!(spikes.len() > 20, "{}: {}", def.name, spikes.len());
                assert!(
                    on(Level::Avx2) == (spikes.clone(), values.clone()),
                    "{}",
                    def.name
                );
                assert!(on(Level::Avx512) == (spikes, values), "{}", def.name);
            }
        }
    }
}

/// Additive pairs are vector code, with the rest done one by one: long delays leave post spikes that have
/// not come to the synapse yet, and rates so high that there are often more than two.
#[test]
fn learning_gives_the_same_bits_on_every_machine() {
    let sink = || crate::engine::sink::NullSink;
    for (rule, bound) in [(RuleKind::Stdp, "Wmax"), (RuleKind::Vogels, "Wmax")] {
        for arithmetic in [Arithmetic::Double, Arithmetic::Single] {
            for axonal in [Axonal::None, Axonal::All] {
                let mut spec = network(ModelKind::LifDelta, arithmetic, true);
                let def = rule.def();
                let mut params: Vec<f64> = def
                    .params
                    .iter()
                    .map(|p| p.default.unwrap_or(1.0))
                    .collect();
                params[def.param(bound).unwrap()] = 0.2;
                for name in ["mu_plus", "mu_minus"] {
                    if let Some(k) = def.param(name) {
                        params[k] = 0.0;
                    }
                }
                let all = vec![Slice {
                    population: 0,
                    start: 0,
                    end: NEURONS,
                }];
                spec.projections.push(ProjectionSpec {
                    from: all.clone(),
                    to: all,
                    rule: Rule::FixedIndegree(40),
                    allow_autapses: true,
                    allow_multapses: true,
                    weight: Weight::Values(Values::Uniform {
                        low: 0.0,
                        high: 0.2,
                    }),
                    delay: Delay::Drawn(Values::Uniform {
                        low: 0.1,
                        high: 6.0,
                    }),
                    receptor: None,
                    table: TableChoice::Auto,
                    plasticity: Some(PlasticitySpec {
                        learning: Some(LearningSpec {
                            rule: RuleSpec {
                                rule,
                                params,
                                choices: vec![0; def.choices.len()],
                            },
                            modulator: None,
                            homeostasis: Homeostasis::None,
                        }),
                        short_term: None,
                        axonal,
                    }),
                });
                let on = |level| {
                    on_a_machine_of(level, || {
                        let network = build(&spec, &BuildOptions::default()).unwrap();
                        let report =
                            crate::engine::run(network, &mut sink(), &Default::default()).unwrap();
                        (report.spikes, report.spike_hash, report.weight_hash)
                    })
                };
                let portable = on(Level::Portable);
                assert!(portable.0 > 1000, "{portable:?}");
                assert_eq!(on(Level::Avx2), portable);
                assert_eq!(on(Level::Avx512), portable);
            }
        }
    }
}
