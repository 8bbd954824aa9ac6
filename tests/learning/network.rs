//! Networks in which spikes come when a test says: sources from lists, and targets that are driven over
//! their threshold by inputs of their own.

use std::sync::Arc;

use spikewheel::engine::sink::{MemorySink, WeightOf};
use spikewheel::engine::{Control, RunReport, run as run_engine};
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, build};
use spikewheel::neuron::ModelKind;
use spikewheel::neuron::def::StateDefault;
use spikewheel::plasticity::RuleKind;

pub const TENTH_MS: u64 = 100_000_000;

/// A rule with the defaults of its table, except for what is named.
pub fn rule(kind: RuleKind, values: &[(&str, f64)], choices: &[(&str, &str)]) -> RuleSpec {
    let def = kind.def();
    let mut params: Vec<f64> = def
        .params
        .iter()
        .map(|p| p.default.unwrap_or(1.0))
        .collect();
    for (name, value) in values {
        params[def.param(name).expect("a parameter of the rule")] = *value;
    }
    let mut chosen = vec![0; def.choices.len()];
    for (name, value) in choices {
        let k = def.choice(name).expect("a choice of the rule");
        chosen[k] = def.choices[k]
            .among
            .iter()
            .position(|n| n == value)
            .expect("one of them");
    }
    RuleSpec {
        rule: kind,
        params,
        choices: chosen,
    }
}

/// Synapses from list sources onto driven targets.
#[derive(Clone, Debug)]
pub struct Driven {
    /// (tick, source).
    pub pre: Vec<(u64, u32)>,
    pub sources: u32,
    /// (tick, target): when targets spike.
    pub post: Vec<(u64, u32)>,
    pub targets: u32,
    /// (source, target, weight, delay in ticks).
    pub synapses: Vec<(u32, u32, f64, u64)>,
    pub plasticity: PlasticitySpec,
    pub modulators: Vec<ModulatorSpec>,
    pub duration: u64,
    pub arithmetic: Arithmetic,
    pub model: ModelKind,
}

pub fn learning(rule: RuleSpec) -> PlasticitySpec {
    let modulator = rule.rule.def().modulated.then_some(0);
    PlasticitySpec {
        learning: Some(LearningSpec {
            rule,
            modulator,
            homeostasis: Homeostasis::None,
        }),
        short_term: None,
        axonal: Axonal::None,
    }
}

fn source(name: &str, size: u32, events: &[(u64, u32)]) -> PopulationSpec {
    let mut events = events.to_vec();
    events.sort_unstable();
    PopulationSpec {
        name: name.into(),
        size,
        kind: PopulationKind::Source(SourceSpec::SpikeList(Arc::new(SpikeList { events }))),
        labels: None,
        positions: None,
    }
}

/// Neurons that only a hammer drives over their threshold.
pub fn deaf(model: ModelKind, size: u32) -> PopulationSpec {
    let def = model.def();
    let value = |name: &str, default: f64| match name {
        "V_th" => 1e9,
        "E_L" | "V_reset" | "I_e" => 0.0,
        "t_ref" => 0.0,
        _ => default,
    };
    let params: Vec<f64> = def
        .params
        .iter()
        .map(|p| value(p.name, p.default))
        .collect();
    let initial = def.state.iter().map(|s| match s.default {
        StateDefault::Value(v) => v.into(),
        StateDefault::Param(p) => params[def.param(p).expect("a parameter")].into(),
    });
    PopulationSpec {
        name: "targets".into(),
        size,
        kind: PopulationKind::Neurons(NeuronSpec {
            model,
            initial: initial.collect(),
            params: params.into_iter().map(Values::from).collect(),
            options: NeuronOptions::default(),
            update: Update::Auto,
            receptors: vec![],
        }),
        labels: None,
        positions: None,
    }
}

fn list(from: Slice, to: Slice, edges: &[(u32, u32, f64, u64)]) -> ProjectionSpec {
    ProjectionSpec {
        from: vec![from],
        to: vec![to],
        rule: Rule::List(Arc::new(EdgeList {
            source: edges.iter().map(|e| e.0).collect(),
            target: edges.iter().map(|e| e.1).collect(),
            weight: edges.iter().map(|e| e.2).collect(),
            delay: edges.iter().map(|e| e.3).collect(),
        })),
        allow_autapses: true,
        allow_multapses: true,
        weight: Weight::FromList,
        delay: Delay::FromList,
        receptor: None,
        table: TableChoice::Auto,
        plasticity: None,
    }
}

impl Driven {
    /// Global ids: sources, then targets, then hammers.
    pub fn spec(&self, at: &[u64]) -> NetworkSpec {
        let hammers: Vec<(u64, u32)> = self.post.iter().map(|&(t, i)| (t - 1, i)).collect();
        let whole = |population, end| Slice {
            population,
            start: 0,
            end,
        };
        let blow: Vec<_> = (0..self.targets).map(|i| (i, i, 1e12, 1)).collect();
        let mut plastic = list(
            whole(0, self.sources),
            whole(1, self.targets),
            &self.synapses,
        );
        plastic.plasticity = Some(self.plasticity.clone());
        NetworkSpec {
            name: "driven".into(),
            seed: 1,
            resolution_ps: TENTH_MS,
            duration: self.duration,
            arithmetic: self.arithmetic,
            populations: vec![
                source("sources", self.sources, &self.pre),
                deaf(self.model, self.targets),
                source("hammers", self.targets, &hammers),
            ],
            projections: vec![
                plastic,
                list(whole(2, self.targets), whole(1, self.targets), &blow),
            ],
            drives: vec![],
            modulators: self.modulators.clone(),
            recording: RecordingSpec {
                spikes: vec![whole(1, self.targets)],
                state: vec![],
                weights: vec![WeightRecording {
                    name: "w".into(),
                    projection: 0,
                    at: at.to_vec(),
                    traces: None,
                }],
            },
        }
    }

    /// The weights at the stated ticks, in the order of sources, targets and delays.
    pub fn weights(&self, at: &[u64], shards: usize) -> Vec<Vec<WeightOf>> {
        let (sink, _) = run(&self.spec(at), shards);
        let mut spiked: Vec<(u64, u32)> = sink.spikes;
        let targets = self.sources..self.sources + self.targets;
        spiked.retain(|s| targets.contains(&s.1));
        let mut wanted: Vec<(u64, u32)> = self
            .post
            .iter()
            .map(|&(t, i)| (t, i + self.sources))
            .collect();
        wanted.sort_unstable();
        assert_eq!(spiked, wanted, "targets spike when they are told to");
        sink.weights.into_iter().map(|w| w.2).collect()
    }
}

pub fn run(spec: &NetworkSpec, shards: usize) -> (MemorySink, RunReport) {
    let options = BuildOptions {
        shards,
        granule: 1,
        ..BuildOptions::default()
    };
    let network = build(spec, &options).expect("the network can be built");
    let mut sink = MemorySink::default();
    let report = run_engine(network, &mut sink, &Control::default()).expect("the run succeeds");
    (sink, report)
}
