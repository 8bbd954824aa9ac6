//! Small networks of everything there is, drawn from a number.

use std::sync::Arc;

use spikewheel::network::spec::*;
use spikewheel::neuron::def::StateDefault;
use spikewheel::neuron::{MODELS, ModelKind};
use spikewheel::plasticity::{RULES, RuleKind};
use spikewheel::rng::{Domain, Stream};

pub struct Draw(Stream);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(Stream::new(seed, Domain::Estimate, 77, 0))
    }
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.below(n)
    }
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.below_u64(high - low + 1)
    }
    pub fn real(&mut self, low: f64, high: f64) -> f64 {
        low + self.0.unit() * (high - low)
    }
    pub fn chance(&mut self, p: f64) -> bool {
        self.0.unit() < p
    }
    pub fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize].clone()
    }
    fn values(&mut self, low: f64, high: f64) -> Values {
        match self.below(3) {
            0 => Values::Constant(self.real(low, high)),
            _ => Values::Uniform { low, high },
        }
    }
}

/// What an input has to weigh to matter.
fn scale(model: ModelKind) -> f64 {
    match model {
        ModelKind::LifDelta => 4.0,
        ModelKind::If => 0.25,
        ModelKind::LifCondExp | ModelKind::LifCondAlpha => 8.0,
        ModelKind::Adex | ModelKind::AdexAlpha => 15.0,
        ModelKind::Izhikevich => 8.0,
        _ => 400.0,
    }
}

fn neurons(d: &mut Draw, model: ModelKind) -> NeuronSpec {
    let def = model.def();
    let receptors: Vec<ReceptorSpec> = (0..if def.ports > 0 { d.between(1, 3) } else { 0 })
        .map(|_| ReceptorSpec {
            name: None,
            tau_rise: d.of(&[0.0, 0.5, 1.0]).into(),
            tau_decay: d.real(1.0, 8.0).into(),
        })
        .collect();
    let varied = d.chance(0.3);
    let params: Vec<Values> = def
        .params
        .iter()
        .map(|p| match p.name {
            "V_th" if varied && model != ModelKind::If => Values::Uniform {
                low: p.default - 1.0,
                high: p.default + 1.0,
            },
            "q_sfa" if d.chance(0.3) => d.real(0.1, 1.0).into(),
            "tau_sfa" => d.real(5.0, 60.0).into(),
            "I_e" if d.chance(0.4) => match model {
                ModelKind::If => 0.02.into(),
                ModelKind::Izhikevich => 8.0.into(),
                _ => d.real(100.0, 500.0).into(),
            },
            _ => p.default.into(),
        })
        .collect();
    let clocked = def.clock.is_some();
    let initial = def
        .state
        .iter()
        .map(|s| match s.default {
            StateDefault::Value(v) => v.into(),
            StateDefault::Param(p) => params[def.param(p).expect("a parameter")].clone(),
        })
        .collect();
    NeuronSpec {
        model,
        initial,
        params,
        options: NeuronOptions {
            reset: match def.has_threshold {
                true => d.of(&[ResetMode::Value, ResetMode::Subtract, ResetMode::All]),
                false => ResetMode::Value,
            },
            threshold_test: ThresholdTest::NonStrict,
            refractory_input: def.has_refractory_input && d.chance(0.4),
            together: def.has_two_currents && d.chance(0.4),
            clock: match clocked {
                true => d.of(&[
                    Clock::default(),
                    Clock {
                        ticks: 3,
                        substeps: 1,
                    },
                    Clock {
                        ticks: 7,
                        substeps: 1,
                    },
                    Clock {
                        ticks: 1,
                        substeps: 2,
                    },
                ]),
                false => Clock::default(),
            },
            two_half_steps: false,
            escape: (def.has_escape && d.chance(0.15)).then_some(EscapeNoise {
                rate: 20.0,
                width: 2.0,
            }),
        },
        update: d.of(&[Update::Auto, Update::Auto, Update::Lazy, Update::Sweep]),
        receptors,
    }
}

fn rate(d: &mut Draw, elements: u32, last: u64) -> Rate {
    let hz = d.of(&[5.0, 40.0, 400.0, 5000.0]);
    let (start, stop) = (d.between(0, 50), d.of(&[u64::MAX, last / 2]));
    match d.below(6) {
        0 | 1 => Rate::Constant { hz, start, stop },
        2 => Rate::Steps {
            at: vec![0, last / 3, last / 2],
            hz: vec![hz, 0.0, 2.0 * hz],
        },
        3 => Rate::Sinusoid {
            hz,
            amplitude: 1.2 * hz,
            frequency: 20.0,
            phase: 30.0,
            start,
            stop,
        },
        4 => Rate::PerElement {
            hz: Arc::new((0..elements).map(|i| hz * f64::from(i % 3)).collect()),
            start,
            stop,
        },
        _ => Rate::Table {
            at: vec![3, last / 4, last / 2],
            row: vec![Some(1), None, Some(0)],
            hz: Arc::new((0..2 * elements).map(|i| hz * f64::from(i % 4)).collect()),
            elements,
        },
    }
}

fn listed(d: &mut Draw, elements: u32, last: u64) -> Arc<SpikeList> {
    let mut events: Vec<(u64, u32)> = (0..d.between(0, 80))
        .map(|_| (d.between(1, last), d.below(elements)))
        .collect();
    events.sort_unstable();
    Arc::new(SpikeList { events })
}

fn gamma(d: &mut Draw, elements: u32, last: u64) -> GammaSpec {
    GammaSpec {
        hz: match d.chance(0.5) {
            true => d.of(&[30.0, 300.0]).into(),
            false => Values::Array(Arc::new(
                (0..elements).map(|i| 20.0 * f64::from(i % 5)).collect(),
            )),
        },
        shape: d.of(&[1.0, 3.0, 0.7]),
        dead_ms: d.of(&[0.0, 1.0]),
        n_proc: d.between(1, 2) as u32,
        equilibrium: d.chance(0.5),
        start: d.between(0, 20),
        stop: d.of(&[u64::MAX, last / 2]),
    }
}

fn packets(d: &mut Draw, last: u64) -> PacketSpec {
    PacketSpec {
        at_ms: (0..d.between(1, 4))
            .map(|_| d.real(0.0, last as f64 / 10.0))
            .collect(),
        activity: d.between(1, 3) as u32,
        sdev_ms: d.of(&[0.0, 1.0, 4.0]),
    }
}

fn source(d: &mut Draw, size: u32, last: u64) -> SourceSpec {
    match d.below(6) {
        0 | 1 => SourceSpec::Poisson {
            rate: rate(d, size, last),
        },
        2 => SourceSpec::SpikeList(listed(d, size, last)),
        3 => SourceSpec::Regular {
            interval: d.between(1, 40),
            start: d.between(0, 30),
            stop: last,
        },
        4 => SourceSpec::Gamma(gamma(d, size, last)),
        _ => SourceSpec::PulsePacket(packets(d, last)),
    }
}

fn drive(d: &mut Draw, number: usize, spec: &NetworkSpec) -> Option<DriveSpec> {
    let population = d.below(spec.populations.len() as u32) as usize;
    let PopulationKind::Neurons(neurons) = &spec.populations[population].kind else {
        return None;
    };
    let size = spec.populations[population].size;
    let start = d.below(size);
    let mut to = vec![Slice {
        population,
        start,
        end: size,
    }];
    if d.chance(0.3) {
        to.push(Slice {
            population,
            start: 0,
            end: size,
        });
    }
    let elements: u32 = to.iter().map(Slice::len).sum();
    let (model, last) = (neurons.model, spec.duration);
    let def = model.def();
    let w = scale(model);
    let weight = d.values(-0.3 * w, w);
    let current = def.takes_current;
    let kind = match d.below(if current { 9 } else { 5 }) {
        0 => DriveKind::Poisson {
            rate: rate(d, elements, last),
            weight,
        },
        1 => DriveKind::SpikeList {
            list: listed(d, elements, last),
            weight,
        },
        2 => DriveKind::Regular {
            interval: d.between(2, 60),
            start: d.between(0, 9),
            stop: last,
            weight,
        },
        3 => DriveKind::Gamma {
            gamma: gamma(d, elements, last),
            weight,
        },
        4 => DriveKind::PulsePacket {
            packet: packets(d, last),
            weight,
        },
        5 => DriveKind::StepCurrent {
            at: vec![0, last / 3, last / 2],
            amplitude: vec![100.0, -50.3, 200.1],
        },
        6 => DriveKind::Current(CurrentSpec::Noise {
            mean: 100.0,
            std: 150.0,
            std_mod: d.of(&[0.0, 50.0]),
            hz: 30.0,
            phase: 0.0,
            dt: d.of(&[1, 5, 10]),
            start: d.of(&[0, 3]),
            stop: last / 2 + d.between(0, last / 2),
        }),
        7 => DriveKind::Current(CurrentSpec::Sine {
            offset: 50.0,
            amplitude: 250.0,
            hz: 25.0,
            phase: 10.0,
            dt: d.of(&[1, 4, 9]),
            start: 2,
            stop: last,
        }),
        _ => DriveKind::Current(CurrentSpec::Table {
            at: vec![4, last / 3, last / 2 + 1],
            row: vec![Some(0), None, Some(1)],
            amplitude: Arc::new((0..2 * elements).map(|i| 40.0 * f64::from(i % 9)).collect()),
            elements,
        }),
    };
    Some(DriveSpec {
        name: format!("drive {number}"),
        to,
        kind,
        receptor: (def.ports > 0).then_some(0),
    })
}

fn rule(d: &mut Draw, kind: RuleKind, w: f64) -> RuleSpec {
    let def = kind.def();
    let params = def
        .params
        .iter()
        .map(|p| match p.name {
            "Wmax" => 2.0 * w,
            "W0" => w,
            "Wmin" => 0.0,
            "A_plus" | "A_minus" | "A2_plus" | "A3_plus" | "A2_minus" | "A3_minus" => 0.02 * w,
            "eta" => 0.02 * w,
            "lambda" => 0.05,
            "tau_c" => 30.0,
            "b" => d.of(&[0.0, 0.01, -0.01]),
            _ => p.default.unwrap_or(1.0),
        })
        .collect();
    let choices = def
        .choices
        .iter()
        .map(|c| d.below(c.among.len() as u32) as usize)
        .collect();
    RuleSpec {
        rule: kind,
        params,
        choices,
    }
}

fn plasticity(d: &mut Draw, w: f64, modulators: usize) -> PlasticitySpec {
    let learning: Vec<RuleKind> = RULES
        .iter()
        .filter(|(_, def)| !def.short_term)
        .map(|r| r.0)
        .collect();
    let short = [RuleKind::Tsodyks2, RuleKind::Tsodyks];
    let kind = d.of(&learning);
    let learn = d.chance(0.85);
    PlasticitySpec {
        learning: learn.then(|| LearningSpec {
            rule: rule(d, kind, w),
            modulator: kind
                .def()
                .modulated
                .then(|| d.below(modulators as u32) as usize),
            homeostasis: match d.below(6) {
                0 => Homeostasis::Normalise {
                    sum: 8.0 * w,
                    every: d.of(&[100, 37]),
                },
                1 => Homeostasis::Scale {
                    rate: 20.0,
                    tau_ms: 200.0,
                    eta: 1e-4,
                },
                _ => Homeostasis::None,
            },
        }),
        short_term: (!learn || d.chance(0.3)).then(|| {
            let kind = d.of(&short);
            rule(d, kind, w)
        }),
        axonal: d.of(&[Axonal::None, Axonal::All, Axonal::Ticks(7)]),
    }
}

fn projection(d: &mut Draw, spec: &NetworkSpec, plastic: bool) -> Option<ProjectionSpec> {
    let n = spec.populations.len() as u32;
    let (from, to) = (d.below(n) as usize, d.below(n) as usize);
    let PopulationKind::Neurons(target) = &spec.populations[to].kind else {
        return None;
    };
    if plastic && (target.model == ModelKind::Relay || spec.arithmetic == Arithmetic::Fixed) {
        return None;
    }
    let whole = |population: usize| Slice {
        population,
        start: 0,
        end: spec.populations[population].size,
    };
    let mut targets = vec![whole(to)];
    if d.chance(0.3) && spec.populations[to].size > 4 {
        targets = vec![
            Slice {
                population: to,
                start: 1,
                end: 3,
            },
            Slice {
                population: to,
                start: 3,
                end: spec.populations[to].size,
            },
        ];
    }
    let w = scale(target.model);
    let sources = spec.populations[from].size;
    let reach: u32 = targets.iter().map(Slice::len).sum();
    let sign = if plastic || d.chance(0.7) { 1.0 } else { -1.0 };
    Some(ProjectionSpec {
        from: vec![whole(from)],
        to: targets,
        rule: match d.below(5) {
            0 => Rule::FixedIndegree(d.between(1, 12) as u32),
            1 => Rule::PairwiseBernoulli(d.real(0.1, 0.6)),
            2 => Rule::FixedOutdegree(d.between(1, 8) as u32),
            3 => Rule::FixedTotalNumber(d.between(1, u64::from(3 * sources.max(reach)))),
            _ => Rule::AllToAll,
        },
        allow_autapses: true,
        allow_multapses: true,
        weight: Weight::Values(match d.chance(0.4) && !plastic {
            true => Values::Constant(sign * d.real(0.05, 0.6) * w),
            false => Values::Uniform {
                low: (0.02 * w * sign).min(0.5 * w * sign),
                high: (0.02 * w * sign).max(0.5 * w * sign),
            },
        }),
        delay: match d.below(3) {
            0 => Delay::Ticks(d.between(1, 30)),
            _ => Delay::Drawn(Values::Uniform {
                low: 0.2,
                high: d.of(&[1.0, 6.0, 20.0]),
            }),
        },
        receptor: (target.model.def().ports > 0)
            .then(|| d.below(target.receptors.len() as u32) as usize),
        table: TableChoice::Auto,
        plasticity: plastic.then(|| plasticity(d, w, spec.modulators.len())),
    })
}

/// The network of a number.
pub fn network(seed: u64) -> NetworkSpec {
    network_of(seed, false)
}

/// The network of a number with hundreds of neurons that have no local step, and with synapses that do not learn and
/// are held one by one.
pub fn large(seed: u64) -> NetworkSpec {
    let mut spec = network_of(seed, true);
    for p in &mut spec.projections {
        p.table = TableChoice::Index;
        if matches!(p.rule, Rule::AllToAll) {
            p.rule = Rule::FixedIndegree(9);
        }
    }
    spec
}

fn network_of(seed: u64, large: bool) -> NetworkSpec {
    let d = &mut Draw::new(seed);
    let stretch = if large { 10 } else { 1 };
    let duration = d.between(300, 1500);
    let mut spec = NetworkSpec {
        name: format!("network {seed}"),
        seed,
        resolution_ps: 100_000_000,
        duration,
        arithmetic: d.of(&[
            Arithmetic::Double,
            Arithmetic::Double,
            Arithmetic::Single,
            Arithmetic::Fixed,
        ]),
        populations: Vec::new(),
        projections: Vec::new(),
        drives: Vec::new(),
        modulators: Vec::new(),
        recording: RecordingSpec::default(),
    };
    let n = d.between(1, 4);
    for k in 0..n {
        let models: Vec<ModelKind> = (MODELS.iter().map(|m| m.0))
            .filter(|m| !large || m.def().clock.is_none() && *m != ModelKind::Relay)
            .collect();
        let model = d.of(&models);
        spec.populations.push(PopulationSpec {
            name: format!("neurons{k}"),
            size: stretch * d.between(3, 40) as u32,
            kind: PopulationKind::Neurons(neurons(d, model)),
            labels: None,
            positions: None,
        });
    }
    for k in 0..d.between(0, 3) {
        let size = d.between(2, 30) as u32;
        spec.populations.push(PopulationSpec {
            name: format!("source{k}"),
            size,
            kind: PopulationKind::Source(source(d, size, duration)),
            labels: None,
            positions: None,
        });
    }
    let all = |p: usize, spec: &NetworkSpec| Slice {
        population: p,
        start: 0,
        end: spec.populations[p].size,
    };
    for k in 0..2 {
        let mut events: Vec<(u64, f64)> = (0..d.between(0, 12))
            .map(|_| (d.between(1, duration), d.real(-0.5, 1.0)))
            .collect();
        events.sort_by_key(|e| e.0);
        let of = d.below(spec.populations.len() as u32) as usize;
        let after = d.below(spec.populations.len() as u32) as usize;
        spec.modulators.push(ModulatorSpec {
            name: format!("m{k}"),
            events: Arc::new(events),
            release: d.chance(0.5).then(|| ReleaseSpec {
                of: vec![all(of, &spec)],
                amount: 0.05,
                delay: (5, d.of(&[5, 60])),
                after: d.chance(0.5).then(|| (vec![all(after, &spec)], 20)),
            }),
        });
    }
    for k in 0..d.between(1, 5) {
        spec.drives.extend(drive(d, k as usize, &spec));
    }
    for k in 0..d.between(1, 6) {
        let plastic = k % 2 == 0 && d.chance(0.8) && !large;
        spec.projections.extend(projection(d, &spec, plastic));
    }
    for (p, population) in spec.populations.iter().enumerate() {
        spec.recording.spikes.push(all(p, &spec));
        if let PopulationKind::Neurons(neurons) = &population.kind {
            for variable in 0..neurons.model.def().recordables.len().min(3) {
                // A receptor that is not there is not recorded.
                if neurons.model.def().ports > 0 && variable > 2
                    || !neurons.has_recordable(variable)
                {
                    continue;
                }
                spec.recording.state.push(StateRecording {
                    of: all(p, &spec),
                    variable,
                    every: 1 + (seed + variable as u64) % 37,
                });
            }
        }
    }
    // Relays that excite each other multiply their spikes without end.
    let relays: Vec<bool> = (spec.populations.iter())
        .map(|p| matches!(&p.kind, PopulationKind::Neurons(n) if n.model == ModelKind::Relay))
        .collect();
    for p in &mut spec.projections {
        let of = |all: &[Slice]| all.iter().any(|s| relays[s.population]);
        if of(&p.from) && of(&p.to) {
            p.rule = Rule::FixedTotalNumber(0);
        }
    }
    for (k, p) in spec.projections.iter().enumerate() {
        if p.plasticity.as_ref().is_some_and(|p| p.learning.is_some()) {
            let offsets = spec.offsets();
            let pair = |i: u32| {
                let (from, to) = (p.from[0], p.to[0]);
                let source = offsets[from.population] as u32 + i % from.len();
                (
                    source,
                    offsets[to.population] as u32 + to.start + i % to.len(),
                )
            };
            spec.recording.weights.push(WeightRecording {
                name: format!("w{k}"),
                projection: k,
                at: vec![0, duration / 3, duration],
                traces: Some(WeightTraces {
                    pairs: (0..5).map(pair).collect(),
                    every: 53,
                }),
            });
        }
    }
    spec
}
