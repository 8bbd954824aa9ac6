//! Terse construction of networks, from the model tables: a test states only what it is about.

use std::sync::Arc;

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;
use spikewheel::neuron::def::StateDefault;

pub const MILLISECOND: u64 = 1_000_000_000;
pub const TENTH_MS: u64 = MILLISECOND / 10;
pub const HUNDREDTH_MS: u64 = MILLISECOND / 100;
pub const MICROSECOND: u64 = MILLISECOND / 1_000;
pub const NANOSECOND: u64 = 1_000;
pub const PICOSECOND: u64 = 1;

/// What a simulation produced, whoever ran it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// (tick, global id), sorted.
    pub spikes: Vec<(u64, u32)>,
    /// (recording, tick, values).
    pub samples: Vec<(usize, u64, Vec<f64>)>,
}

impl Outcome {
    /// Ticks of the spikes of one element.
    pub fn ticks_of(&self, id: u32) -> Vec<u64> {
        let of = |&(tick, i): &(u64, u32)| (i == id).then_some(tick);
        self.spikes.iter().filter_map(of).collect()
    }

    /// (tick, value of the slice's first neuron) of one recording.
    pub fn trace(&self, recording: usize) -> Vec<(u64, f64)> {
        self.of_recording(recording)
            .map(|(tick, values)| (tick, values[0]))
            .collect()
    }

    pub fn of_recording(&self, recording: usize) -> impl Iterator<Item = (u64, &Vec<f64>)> {
        self.samples
            .iter()
            .filter(move |(r, _, _)| *r == recording)
            .map(|(_, tick, values)| (*tick, values))
    }
}

/// An empty simulation in double arithmetic.
pub fn simulation(resolution_ps: u64, duration: u64) -> NetworkSpec {
    NetworkSpec {
        name: "truth".into(),
        seed: 1,
        resolution_ps,
        duration,
        arithmetic: Arithmetic::Double,
        populations: vec![],
        projections: vec![],
        drives: vec![],
        recording: RecordingSpec::default(),
        modulators: Vec::new(),
    }
}

/// Neurons of one model. A name is looked up among the parameters, then among the state variables
/// (initial value); whatever is not named has the default of the model's table.
pub fn neurons(model: ModelKind, size: u32, values: &[(&str, f64)]) -> NeuronPopulation {
    let def = model.def();
    let params: Vec<Values> = def.params.iter().map(|p| p.default.into()).collect();
    let mut population = NeuronPopulation {
        size,
        explicit_state: vec![false; def.state.len()],
        spec: NeuronSpec {
            model,
            params,
            initial: vec![Values::Constant(0.0); def.state.len()],
            options: NeuronOptions::default(),
            update: Update::Auto,
            // One port, for tests that ask for no particular ones.
            receptors: if def.ports > 0 {
                vec![receptor(0.0, 2.0)]
            } else {
                vec![]
            },
        },
    };
    population.resolve_state_defaults();
    for (name, value) in values {
        population = population.with(name, *value);
    }
    population
}

/// A receptor port without a name; times in ms.
pub fn receptor(tau_rise: f64, tau_decay: f64) -> ReceptorSpec {
    ReceptorSpec {
        name: None,
        tau_rise: tau_rise.into(),
        tau_decay: tau_decay.into(),
    }
}

/// A population under construction.
#[derive(Clone, Debug)]
pub struct NeuronPopulation {
    pub size: u32,
    pub spec: NeuronSpec,
    /// Which initial values were stated; the others follow the parameter they default to.
    explicit_state: Vec<bool>,
}

impl NeuronPopulation {
    pub fn with(mut self, name: &str, value: impl Into<Values>) -> Self {
        let def = self.spec.model.def();
        if let Some(at) = def.param(name) {
            self.spec.params[at] = value.into();
        } else if let Some(at) = def.state.iter().position(|s| s.name == name) {
            self.spec.initial[at] = value.into();
            self.explicit_state[at] = true;
        } else {
            panic!("{} has neither parameter nor state {name}", def.name);
        }
        self.resolve_state_defaults();
        self
    }

    pub fn with_each(self, name: &str, values: Vec<f64>) -> Self {
        assert_eq!(values.len(), self.size as usize);
        self.with(name, Values::Array(Arc::new(values)))
    }

    pub fn receptors(mut self, ports: &[(f64, f64)]) -> Self {
        self.spec.receptors = ports.iter().map(|p| receptor(p.0, p.1)).collect();
        self
    }

    pub fn escape(mut self, rate: f64, width: f64) -> Self {
        self.spec.options.escape = Some(EscapeNoise { rate, width });
        self
    }

    pub fn strict(mut self) -> Self {
        self.spec.options.threshold_test = ThresholdTest::Strict;
        self
    }

    pub fn subtract(mut self) -> Self {
        self.spec.options.reset = ResetMode::Subtract;
        self
    }

    pub fn refractory_input(mut self) -> Self {
        self.spec.options.refractory_input = true;
        self
    }

    fn resolve_state_defaults(&mut self) {
        let def = self.spec.model.def();
        for (at, state) in def.state.iter().enumerate() {
            if !self.explicit_state[at] {
                self.spec.initial[at] = match state.default {
                    StateDefault::Value(v) => v.into(),
                    StateDefault::Param(p) => {
                        self.spec.params[def.param(p).expect("a parameter of the model")].clone()
                    }
                };
            }
        }
    }
}

/// What can be added to a network as a population.
pub enum Anything {
    Neurons(NeuronPopulation),
    Source(u32, SourceSpec),
}

impl From<NeuronPopulation> for Anything {
    fn from(p: NeuronPopulation) -> Self {
        Self::Neurons(p)
    }
}

/// A source that fires at the listed (tick, element).
pub fn spike_list(size: u32, events: &[(u64, u32)]) -> Anything {
    Anything::Source(size, SourceSpec::SpikeList(spike_events(events)))
}

pub fn regular(size: u32, interval: u64, start: u64, stop: u64) -> Anything {
    Anything::Source(
        size,
        SourceSpec::Regular {
            interval,
            start,
            stop,
        },
    )
}

pub fn spike_events(events: &[(u64, u32)]) -> Arc<SpikeList> {
    let mut events = events.to_vec();
    events.sort_unstable();
    Arc::new(SpikeList { events })
}

/// A synapse: (source, target, weight, delay in ticks). Ids count within the projection where one
/// is listed and globally where a built network hands them out.
pub type Edge = (u32, u32, f64, u64);

/// Additions to a network that tests make; populations are referred to by index.
pub trait Construct {
    /// Adds a population and returns its index.
    fn add(&mut self, population: impl Into<Anything>) -> usize;
    fn whole(&self, population: usize) -> Slice;
    fn connect(&mut self, from: usize, to: usize, edges: &[Edge]);
    fn connect_by(&mut self, from: usize, to: usize, rule: Rule, weight: f64, delay: u64);
    fn drive(&mut self, to: usize, kind: DriveKind);
    /// Records a variable of a whole population and returns the index of the recording.
    fn record(&mut self, population: usize, variable: &str, every: u64) -> usize;
    fn update_all(&mut self, update: Update);
    /// Receptor of input onto a population that is not told any: the first, if it has ports.
    fn first_receptor(&self, population: usize) -> Option<usize>;
    /// The model of a population of neurons.
    fn model(&self, population: usize) -> Option<ModelKind>;
}

impl Construct for NetworkSpec {
    fn add(&mut self, population: impl Into<Anything>) -> usize {
        let (size, kind) = match population.into() {
            Anything::Neurons(p) => (p.size, PopulationKind::Neurons(p.spec)),
            Anything::Source(size, source) => (size, PopulationKind::Source(source)),
        };
        let at = self.populations.len();
        self.populations.push(PopulationSpec {
            name: format!("p{at}"),
            size,
            kind,
            labels: None,
            positions: None,
        });
        let all = self.whole(at);
        self.recording.spikes.push(all);
        at
    }

    fn whole(&self, population: usize) -> Slice {
        Slice {
            population,
            start: 0,
            end: self.populations[population].size,
        }
    }

    fn connect(&mut self, from: usize, to: usize, edges: &[Edge]) {
        let list = EdgeList {
            source: edges.iter().map(|e| e.0).collect(),
            target: edges.iter().map(|e| e.1).collect(),
            weight: edges.iter().map(|e| e.2).collect(),
            delay: edges.iter().map(|e| e.3).collect(),
        };
        self.projections.push(ProjectionSpec {
            from: vec![self.whole(from)],
            to: vec![self.whole(to)],
            rule: Rule::List(Arc::new(list)),
            allow_autapses: true,
            allow_multapses: true,
            weight: Weight::FromList,
            delay: Delay::FromList,
            receptor: self.first_receptor(to),
            table: TableChoice::Auto,
            plasticity: None,
        });
    }

    fn connect_by(&mut self, from: usize, to: usize, rule: Rule, weight: f64, delay: u64) {
        self.projections.push(ProjectionSpec {
            from: vec![self.whole(from)],
            to: vec![self.whole(to)],
            rule,
            allow_autapses: true,
            allow_multapses: true,
            weight: Weight::Values(weight.into()),
            delay: Delay::Ticks(delay),
            receptor: self.first_receptor(to),
            table: TableChoice::Auto,
            plasticity: None,
        });
    }

    fn drive(&mut self, to: usize, kind: DriveKind) {
        let name = format!("d{}", self.drives.len());
        self.drives.push(DriveSpec {
            name,
            to: vec![self.whole(to)],
            kind,
            receptor: self.first_receptor(to),
        });
    }

    fn record(&mut self, population: usize, variable: &str, every: u64) -> usize {
        let model = self.model(population).expect("sources have no state");
        let of = self.whole(population);
        let variable = model.def().recordable(variable).expect("a recordable");
        self.recording.state.push(StateRecording {
            of,
            variable,
            every,
        });
        self.recording.state.len() - 1
    }

    fn update_all(&mut self, update: Update) {
        for p in &mut self.populations {
            if let PopulationKind::Neurons(n) = &mut p.kind {
                n.update = update;
            }
        }
    }

    fn first_receptor(&self, population: usize) -> Option<usize> {
        let model = self.model(population)?;
        (model.def().ports > 0).then_some(0)
    }

    fn model(&self, population: usize) -> Option<ModelKind> {
        match &self.populations[population].kind {
            PopulationKind::Neurons(n) => Some(n.model),
            PopulationKind::Source(_) => None,
        }
    }
}

/// A private train for every target: the listed (tick, target) with one weight.
pub fn spike_drive(events: &[(u64, u32)], weight: f64) -> DriveKind {
    DriveKind::SpikeList {
        list: spike_events(events),
        weight: weight.into(),
    }
}

pub fn step_current(steps: &[(u64, f64)]) -> DriveKind {
    DriveKind::StepCurrent {
        at: steps.iter().map(|s| s.0).collect(),
        amplitude: steps.iter().map(|s| s.1).collect(),
    }
}

/// The first difference between two sorted spike lists, in words.
pub fn first_difference(got: &[(u64, u32)], want: &[(u64, u32)]) -> Option<String> {
    if got == want {
        return None;
    }
    let at = got.iter().zip(want).take_while(|(a, b)| a == b).count();
    Some(format!(
        "{} spikes instead of {}; spike {at} is {:?} instead of {:?} (tick, id)",
        got.len(),
        want.len(),
        got.get(at),
        want.get(at)
    ))
}
