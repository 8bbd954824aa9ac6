//! Random networks, and networks whose potentials graze their thresholds.

use std::sync::Arc;

use proptest::prelude::*;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind::{self, *};

use crate::common::*;
use crate::twin;

/// A network as the strategy draws it: plain numbers that shrink well.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub resolution_ps: u64,
    pub populations: Vec<PopulationRecipe>,
    pub inputs: u32,
    /// (when as a fraction of 65536 of the run, input)
    pub events: Vec<(u16, u32)>,
    pub edges: Vec<EdgeRecipe>,
    pub blocks: Vec<BlockRecipe>,
    /// Private spikes, (when, which neuron), of a weight as in `EdgeRecipe`.
    pub private: Vec<(u16, u32)>,
    pub private_weight: i32,
    pub beat: Option<u64>,
    pub steps: Vec<(u16, f64)>,
    /// Multiples of 1/1024 only.
    pub dyadic: bool,
    /// Added to every delay, so that the shortest is not always one tick.
    pub distance: u64,
}

#[derive(Clone, Debug)]
pub struct PopulationRecipe {
    pub model: ModelKind,
    pub size: u32,
    pub rest: f64,
    /// Above rest, for leaky models.
    pub reset: f64,
    pub t_ref: u64,
    /// Equilibrium under the constant current, as a multiple of the threshold.
    pub drive: f64,
    pub q_sfa: f64,
    pub tau_m: f64,
    pub tau_ex: f64,
    pub tau_in: f64,
    pub options: NeuronOptions,
    /// Rise and decay of each receptor port, for models that have them.
    pub ports: Vec<(f64, f64)>,
    /// What differs from neuron to neuron: a set of bits, see `INDIVIDUAL`.
    pub individual: u16,
}

/// What a bit of `PopulationRecipe::individual` makes differ; the first three stay exact.
pub const INDIVIDUAL: [&str; 12] = [
    "V_th",
    "V_m",
    "t_ref",
    "tau_m",
    "C_m",
    "E_L",
    "I_e",
    "q_sfa",
    "tau_sfa",
    "tau_syn_ex",
    "tau_syn_in",
    RECEPTORS,
];

/// Stands for the time constants of all ports.
pub const RECEPTORS: &str = "receptors";

/// Neurons and inputs are chosen modulo their number. The weight is in 1/1024 of about one
/// threshold.
#[derive(Clone, Debug)]
pub struct EdgeRecipe {
    pub from_input: bool,
    pub source: u32,
    pub target: u32,
    pub weight: i32,
    pub delay: u64,
    /// Modulo the number of ports, like the others.
    pub port: usize,
}

/// All to all with one weight, between populations (or from the inputs).
#[derive(Clone, Debug)]
pub struct BlockRecipe {
    pub from: Option<usize>,
    pub to: usize,
    pub weight: i32,
    pub delay: u64,
    pub port: usize,
}

impl Recipe {
    pub fn duration(&self) -> u64 {
        match self.resolution_ps {
            TENTH_MS => 800,
            HUNDREDTH_MS => 4_000,
            _ => 20_000,
        }
    }

    pub fn tick(&self, when: u16) -> u64 {
        1 + u64::from(when) * self.duration() / 65_536
    }

    /// From 1/1024 of a threshold to the unit of the model's input.
    pub fn weight(&self, model: ModelKind, weight: i32) -> f64 {
        let scale = match model {
            LifDelta => 16.0,
            LifExp => 4096.0,
            LifAlpha => 2048.0,
            LifMultisynapse => 2048.0,
            _ => 1.0,
        };
        let inexact = if self.dyadic { 1.0 } else { 0.937 };
        f64::from(weight) / 1024.0 * scale * inexact
    }

    pub fn spec(&self) -> NetworkSpec {
        let mut spec = simulation(self.resolution_ps, self.duration());
        for p in &self.populations {
            spec.add(p.population(self.resolution_ps));
        }
        let n = self.populations.len();
        let events: Vec<(u64, u32)> = self
            .events
            .iter()
            .map(|(when, i)| (self.tick(*when), i % self.inputs))
            .collect();
        let inputs = spec.add(spike_list(self.inputs, &events));

        let total = spec.offsets()[n] as u32;
        let everything: Vec<Slice> = (0..=n).map(|p| spec.whole(p)).collect();
        for (at, p) in self.populations.iter().enumerate() {
            let (first, end) = (spec.offsets()[at] as u32, spec.offsets()[at + 1] as u32);
            let mut lists = vec![EdgeList::default(); p.ports.len().max(1)];
            let ports = lists.len();
            for e in &self.edges {
                let list = &mut lists[e.port % ports];
                let target = e.target % total;
                let source = match e.from_input {
                    true => total + e.source % self.inputs,
                    false => e.source % total,
                };
                if target < first || target >= end || self.relays(source) && p.model == Relay {
                    continue;
                }
                list.source.push(source);
                list.target.push(target - first);
                list.weight.push(self.weight(p.model, e.weight));
                list.delay.push(e.delay + self.distance);
            }
            for (port, list) in lists.into_iter().enumerate() {
                spec.projections.push(ProjectionSpec {
                    from: everything.clone(),
                    to: vec![spec.whole(at)],
                    rule: Rule::List(Arc::new(list)),
                    allow_autapses: true,
                    allow_multapses: true,
                    weight: Weight::FromList,
                    delay: Delay::FromList,
                    receptor: p.port(port),
                    table: TableChoice::Auto,
                    plasticity: None,
                });
            }
        }
        for block in &self.blocks {
            let to = block.to % n;
            let from = block.from.map_or(inputs, |p| p % n);
            if spec.model(from) == Some(Relay) && spec.model(to) == Some(Relay) {
                continue;
            }
            let weight = self.weight(self.populations[to].model, block.weight);
            spec.connect_by(
                from,
                to,
                Rule::AllToAll,
                weight,
                block.delay + self.distance,
            );
            let last = spec.projections.last_mut().expect("just added");
            last.receptor = self.populations[to].port(block.port);
        }

        for (at, p) in self.populations.iter().enumerate() {
            let (first, end) = (spec.offsets()[at] as u32, spec.offsets()[at + 1] as u32);
            let own: Vec<(u64, u32)> = self
                .private
                .iter()
                .map(|(when, i)| (self.tick(*when), i % total))
                .filter(|e| (first..end).contains(&e.1))
                .map(|(tick, i)| (tick, i - first))
                .collect();
            let weight = self.weight(p.model, self.private_weight);
            if !own.is_empty() {
                spec.drive(at, spike_drive(&own, weight));
                let last = spec.drives.last_mut().expect("just added");
                last.receptor = p.port(own.len());
            }
            if let Some(interval) = self.beat {
                let regular = DriveKind::Regular {
                    interval,
                    start: 3,
                    stop: self.duration() / 2,
                    weight: weight.into(),
                };
                spec.drive(at, regular);
            }
            if p.model.def().takes_current && !self.steps.is_empty() {
                let mut steps: Vec<(u64, f64)> = self
                    .steps
                    .iter()
                    .map(|(when, amplitude)| (self.tick(*when), *amplitude))
                    .collect();
                steps.sort_by_key(|s| s.0);
                steps.dedup_by_key(|s| s.0);
                spec.drive(at, step_current(&steps));
            }
        }
        spec
    }

    /// A relay that feeds a relay may feed itself, and then spikes multiply without bound.
    pub fn relays(&self, source: u32) -> bool {
        let mut end = 0;
        let home = self.populations.iter().find(|p| {
            end += p.size;
            source < end
        });
        home.is_some_and(|p| p.model == Relay)
    }
}

impl PopulationRecipe {
    pub fn port(&self, number: usize) -> Option<usize> {
        (self.model == LifMultisynapse).then(|| number % self.ports.len())
    }

    pub fn population(&self, resolution_ps: u64) -> NeuronPopulation {
        let mut p = neurons(self.model, self.size, &[]);
        if self.model == Relay {
            return p;
        }
        let rest = if self.model == If { 0.0 } else { self.rest };
        let unit = if self.model == If { 1.0 } else { 16.0 };
        p = p
            .with(
                "t_ref",
                self.t_ref as f64 * resolution_ps as f64 / PS_PER_MS,
            )
            .with("V_th", rest + unit)
            .with("V_reset", rest + unit * self.reset)
            .with("q_sfa", self.q_sfa * unit)
            .with("tau_sfa", 13.0);
        if self.model == If {
            // Not a decimal, so that the line does not meet the threshold at a tick by design.
            p = p.with("I_e", self.drive * 0.0937);
        } else {
            p = p
                .with("E_L", rest)
                .with("tau_m", self.tau_m)
                .with("I_e", self.drive * 16.0 * 250.0 / self.tau_m);
        }
        if matches!(self.model, LifExp | LifAlpha) {
            p = p
                .with("tau_syn_ex", self.tau_ex)
                .with("tau_syn_in", self.tau_in);
        }
        if self.model == LifMultisynapse {
            p = p.receptors(&self.ports);
        }
        let tick_ms = resolution_ps as f64 / PS_PER_MS;
        for (bit, name) in INDIVIDUAL.into_iter().enumerate() {
            let def = self.model.def();
            let at = def.param(name);
            if name == RECEPTORS && self.individual >> bit & 1 == 1 {
                for r in &mut p.spec.receptors {
                    for tau in [&mut r.tau_rise, &mut r.tau_decay] {
                        let base = tau.constant().expect("as above");
                        let all = (0..self.size).map(|i| base * (1.0 + f64::from(i) / 32.0));
                        *tau = Values::Array(Arc::new(all.collect()));
                    }
                }
            }
            if self.individual >> bit & 1 == 0 || at.is_none() && name != "V_m" {
                continue;
            }
            let base = at.map_or(0.0, |at| p.spec.params[at].constant().expect("as above"));
            let value = |i: f64| match name {
                "V_th" => rest + unit * (1.0 + i / 16.0),
                "V_m" => rest + unit * (i / 8.0 - 0.25),
                "t_ref" => (self.t_ref as f64 + i) * tick_ms,
                "E_L" => rest - unit * i / 32.0,
                _ => base * (1.0 + i / 32.0),
            };
            let values = (0..self.size).map(|i| value(f64::from(i))).collect();
            p = p.with_each(name, values);
        }
        p.spec.options = self.options;
        p
    }
}

pub fn weight() -> impl Strategy<Value = i32> {
    // Quarters of a threshold make sums that hit it.
    prop_oneof![(-2i32..=5).prop_map(|q| q * 256), -512i32..=1536]
}

pub fn options() -> impl Strategy<Value = NeuronOptions> {
    let flag = any::<bool>;
    (0..3usize, flag(), flag(), flag()).prop_map(|(reset, strict, kept, together)| NeuronOptions {
        reset: [ResetMode::Value, ResetMode::Subtract, ResetMode::All][reset],
        threshold_test: [ThresholdTest::NonStrict, ThresholdTest::Strict][usize::from(strict)],
        refractory_input: kept,
        together,
        ..NeuronOptions::default()
    })
}

pub fn population(
    models: Vec<ModelKind>,
    quiet_and_exact: bool,
) -> impl Strategy<Value = PopulationRecipe> {
    let tau = || prop::sample::select(vec![1.0, 2.0, 5.0, 8.0, 10.0, 13.7]);
    let near = prop::sample::select(vec![None, None, None, Some(1.0), Some(1.0 + 1e-9)]);
    let rise = prop::sample::select(vec![0.0, 0.0, 0.4, 1.0, 2.0, 8.0]);
    let ports = prop::collection::vec((rise, tau()), 1..=8);
    let drive = prop::sample::select(vec![0.0, 0.0, 0.5, 0.97, 1.03, 1.6]);
    let q_sfa = prop::sample::select(vec![0.0, 0.0, 0.013, 0.3]);
    let rest = prop::sample::select(vec![0.0, 0.0, -70.0]);
    let reset = prop::sample::select(vec![0.0, 0.0, 0.5, -0.25]);
    (
        (prop::sample::select(models), 1u32..=10, rest, reset),
        (0u64..=30, drive, q_sfa),
        (tau(), tau(), tau(), near, ports),
        (options(), prop_oneof![Just(0), any::<u16>()]),
    )
        .prop_map(move |(what, dynamics, taus, (mut options, individual))| {
            let (model, size, rest, reset) = what;
            let (t_ref, drive, q_sfa) = dynamics;
            let (tau_m, tau_ex, tau_in, near, ports) = taus;
            options.refractory_input &= model.def().has_refractory_input;
            options.together &= model.def().has_two_currents;
            let tau_ex = near.map_or(tau_ex, |factor| tau_m * factor);
            let tau_in = if options.together { tau_ex } else { tau_in };
            // Held together, they decay alike.
            let unlike: u16 = if options.together { 0b11 << 9 } else { 0 };
            let individual = individual & !unlike;
            let active = if quiet_and_exact { 0.0 } else { 1.0 };
            PopulationRecipe {
                model,
                size,
                rest: rest * active,
                reset: reset * active,
                t_ref,
                drive: drive * active,
                q_sfa: q_sfa * active,
                tau_m,
                tau_ex,
                tau_in,
                ports: if model == LifMultisynapse {
                    ports
                } else {
                    vec![]
                },
                options,
                individual: if quiet_and_exact {
                    individual & 0b111
                } else {
                    individual
                },
            }
        })
}

pub fn edge() -> impl Strategy<Value = EdgeRecipe> {
    // Rarely a long delay: powers of two are where wheels turn.
    let delay = prop_oneof![
        30 => 1u64..=50,
        1 => prop::sample::select(vec![63, 64, 65, 127, 128, 129, 1_000, 17_000]),
    ];
    (
        any::<bool>(),
        0u32..1000,
        0u32..1000,
        weight(),
        (delay, 0usize..8),
    )
        .prop_map(
            |(from_input, source, target, weight, (delay, port))| EdgeRecipe {
                from_input,
                source,
                target,
                weight,
                delay,
                port,
            },
        )
}

pub fn block() -> impl Strategy<Value = BlockRecipe> {
    (
        prop::option::of(0usize..4),
        0usize..4,
        weight(),
        1u64..=50,
        0usize..8,
    )
        .prop_map(|(from, to, weight, delay, port)| BlockRecipe {
            from,
            to,
            weight: weight / 4,
            delay,
            port,
        })
}

pub fn input() -> impl Strategy<Value = (u32, Vec<(u16, u32)>)> {
    (
        1u32..=8,
        prop::collection::vec((any::<u16>(), 0u32..8), 1..120),
    )
}

/// Anything the specification can state without drawing random numbers.
pub fn network() -> impl Strategy<Value = Recipe> {
    let models = vec![
        LifDelta,
        LifExp,
        LifAlpha,
        If,
        LifDelta,
        LifExp,
        Relay,
        LifMultisynapse,
        LifMultisynapse,
    ];
    let resolutions = vec![TENTH_MS, TENTH_MS, HUNDREDTH_MS, MICROSECOND];
    (
        (
            prop::sample::select(resolutions),
            prop::collection::vec(population(models, false), 1..=4),
            input(),
        ),
        prop::collection::vec(edge(), 1..160),
        prop::collection::vec(block(), 0..3),
        (
            prop::collection::vec((any::<u16>(), 0u32..40), 0..20),
            weight(),
            prop::option::weighted(0.2, 20u64..200),
            prop::collection::vec((any::<u16>(), -200.0..600.0f64), 0..3),
        ),
        (any::<bool>(), prop::sample::select(vec![0, 0, 6, 40])),
    )
        .prop_map(|(size, edges, blocks, drives, (dyadic, distance))| {
            let (resolution_ps, populations, (inputs, events)) = size;
            let (private, private_weight, beat, steps) = drives;
            Recipe {
                resolution_ps,
                populations,
                inputs,
                events,
                edges,
                blocks,
                private,
                private_weight,
                beat,
                steps,
                dyadic,
                distance,
            }
        })
}

/// Networks whose every potential is a sum of multiples of 1/1024: nothing may be off by anything,
/// and threshold ties abound.
pub fn exact_network() -> impl Strategy<Value = Recipe> {
    (
        network(),
        prop::collection::vec(population(vec![If], true), 1..=4),
    )
        .prop_map(|(mut recipe, populations)| {
            recipe.populations = populations;
            recipe.dyadic = true;
            recipe
        })
}

/// One input to a neuron that has no other: (when, weight in pA, how long a delay).
type Input = (u16, f64, u64);

/// A leaky neuron whose potential only just passes its threshold, or only just does not.
#[derive(Clone, Debug)]
pub struct Grazing {
    pub model: ModelKind,
    pub taus: [f64; 3],
    pub current: f64,
    pub rise: f64,
    pub q_sfa: f64,
    pub inputs: Vec<Input>,
    /// How far the highest point lies above the threshold, in mV.
    pub excess: f64,
}

impl Grazing {
    /// With a rise, of equal times, and at once.
    pub fn ports(&self) -> [(f64, f64); 3] {
        let [_, a, b] = self.taus;
        [(a, b), (a, a), (0.0, b)]
    }
}

pub fn grazing() -> impl Strategy<Value = Grazing> {
    let tau = || {
        prop_oneof![
            prop::sample::select(vec![1.0, 2.0, 10.0, 20.0]),
            0.3..30.0f64
        ]
    };
    let rise = prop::sample::select(vec![0.0, 0.0, 3.0]);
    (
        prop::sample::select(vec![LifExp, LifAlpha, LifDelta, LifMultisynapse]),
        [tau(), tau(), tau()],
        prop_oneof![Just(0.0), -100.0..300.0f64],
        (rise, prop::sample::select(vec![0.0, 0.5])),
        prop::collection::vec((any::<u16>(), -600.0..1_500.0f64, 1u64..=50), 1..5),
        (1.0..8.0f64, any::<bool>()),
    )
        .prop_map(
            |(model, taus, current, (rise, q_sfa), inputs, (digits, over))| Grazing {
                model,
                taus,
                current,
                rise,
                q_sfa,
                inputs,
                excess: 10f64.powf(-digits) * if over { 1.0 } else { -1.0 },
            },
        )
}

/// A threshold that no potential reaches.
pub const FREE: f64 = 8192.0;

/// The neurons side by side at a fine resolution, first with thresholds out of reach, then with
/// thresholds put where the excess says.
pub fn grazing_network(all: &[Grazing]) -> NetworkSpec {
    let build = |thresholds: &[f64]| {
        let mut spec = simulation(MICROSECOND, 12_000);
        for (g, threshold) in all.iter().zip(thresholds) {
            let mut p = neurons(
                g.model,
                1,
                &[("E_L", 0.0), ("V_reset", -5.0), ("t_ref", 0.3)],
            )
            .with("V_th", *threshold)
            .with("tau_m", g.taus[0])
            .with("I_e", g.current)
            .with("threshold_rise", g.rise)
            .with("q_sfa", g.q_sfa)
            .with("tau_sfa", 4.0);
            if g.model == LifMultisynapse {
                p = p.receptors(&g.ports());
            } else if g.model != LifDelta {
                p = p
                    .with("tau_syn_ex", g.taus[1])
                    .with("tau_syn_in", g.taus[2]);
            }
            spec.add(p);
        }
        let fired: Vec<(u64, u32)> = all
            .iter()
            .flat_map(|g| &g.inputs)
            .zip(0u32..)
            .map(|((when, ..), i)| (1 + u64::from(*when) / 8, i))
            .collect();
        let source = spec.add(spike_list(fired.len() as u32, &fired));
        let mut next = 0u32;
        for (to, g) in all.iter().enumerate() {
            let scale = if g.model == LifDelta { 0.01 } else { 1.0 };
            let mut edges: Vec<Edge> = vec![];
            for (_, weight, delay) in &g.inputs {
                edges.push((next, 0, weight * scale, *delay));
                next += 1;
            }
            if g.model == LifMultisynapse {
                let ports = g.ports().len();
                for (k, edge) in edges.iter().enumerate() {
                    spec.connect(source, to, &[*edge]);
                    let last = spec.projections.last_mut().expect("just added");
                    last.receptor = Some(k % ports);
                }
            } else {
                spec.connect(source, to, &edges);
            }
        }
        spec
    };
    // Out of reach, but not so high that the sum with the rise loses digits.
    let mut free = build(&vec![FREE; all.len()]);
    for to in 0..all.len() {
        free.record(to, "V_m", 1);
        free.record(to, "threshold", 1);
    }
    let seen = twin::run(&free, &twin::explicit_synapses(&free)).outcome;
    let mut peaks = vec![f64::NEG_INFINITY; all.len()];
    let mut potentials = vec![0.0; all.len()];
    for (recording, _, values) in &seen.samples {
        let neuron = recording / 2;
        if recording % 2 == 0 {
            potentials[neuron] = values[0];
        } else {
            let rise = values[0] - FREE;
            peaks[neuron] = f64::max(peaks[neuron], potentials[neuron] - rise);
        }
    }
    let thresholds: Vec<f64> = peaks.iter().zip(all).map(|(v, g)| v - g.excess).collect();
    build(&thresholds)
}

// Comparisons.
