//! Random small networks: the engine against its twin, and against itself under everything that
//! must not matter.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind::{self, *};
use xxhash_rust::xxh3::Xxh3;

use crate::common::*;
use crate::{engine, twin};

/// Where a potential comes nearer to its threshold than this, two correct programs may decide
/// differently; the twin tells, and tells apart the ties that are exact.
const UNDECIDABLE: f64 = 1e-9;

const SHARDS: [usize; 4] = [1, 2, 3, 5];
const UPDATES: [Update; 3] = [Update::Lazy, Update::Sweep, Update::Auto];

fn cases(n: u32) -> Config {
    Config {
        cases: n,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

// Random networks.

/// A network as the strategy draws it: plain numbers that shrink well.
#[derive(Clone, Debug)]
struct Recipe {
    resolution_ps: u64,
    populations: Vec<PopulationRecipe>,
    inputs: u32,
    /// (when as a fraction of 65536 of the run, input)
    events: Vec<(u16, u32)>,
    edges: Vec<EdgeRecipe>,
    blocks: Vec<BlockRecipe>,
    /// Private spikes, (when, which neuron), of a weight as in `EdgeRecipe`.
    private: Vec<(u16, u32)>,
    private_weight: i32,
    beat: Option<u64>,
    steps: Vec<(u16, f64)>,
    /// Multiples of 1/1024 only.
    dyadic: bool,
    /// Added to every delay, so that the shortest is not always one tick.
    distance: u64,
}

#[derive(Clone, Debug)]
struct PopulationRecipe {
    model: ModelKind,
    size: u32,
    rest: f64,
    /// Above rest, for leaky models.
    reset: f64,
    t_ref: u64,
    /// Equilibrium under the constant current, as a multiple of the threshold.
    drive: f64,
    q_sfa: f64,
    tau_m: f64,
    tau_ex: f64,
    tau_in: f64,
    options: NeuronOptions,
    /// Rise and decay of each receptor port, for models that have them.
    ports: Vec<(f64, f64)>,
    /// What differs from neuron to neuron: a set of bits, see `INDIVIDUAL`.
    individual: u16,
}

/// What a bit of `PopulationRecipe::individual` makes differ; the first three stay exact.
const INDIVIDUAL: [&str; 12] = [
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
const RECEPTORS: &str = "receptors";

/// Neurons and inputs are chosen modulo their number. The weight is in 1/1024 of about one
/// threshold.
#[derive(Clone, Debug)]
struct EdgeRecipe {
    from_input: bool,
    source: u32,
    target: u32,
    weight: i32,
    delay: u64,
    /// Modulo the number of ports, like the others.
    port: usize,
}

/// All to all with one weight, between populations (or from the inputs).
#[derive(Clone, Debug)]
struct BlockRecipe {
    from: Option<usize>,
    to: usize,
    weight: i32,
    delay: u64,
    port: usize,
}

impl Recipe {
    fn duration(&self) -> u64 {
        match self.resolution_ps {
            TENTH_MS => 800,
            HUNDREDTH_MS => 4_000,
            _ => 20_000,
        }
    }

    fn tick(&self, when: u16) -> u64 {
        1 + u64::from(when) * self.duration() / 65_536
    }

    /// From 1/1024 of a threshold to the unit of the model's input.
    fn weight(&self, model: ModelKind, weight: i32) -> f64 {
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

    fn spec(&self) -> NetworkSpec {
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
    fn relays(&self, source: u32) -> bool {
        let mut end = 0;
        let home = self.populations.iter().find(|p| {
            end += p.size;
            source < end
        });
        home.is_some_and(|p| p.model == Relay)
    }
}

impl PopulationRecipe {
    fn port(&self, number: usize) -> Option<usize> {
        (self.model == LifMultisynapse).then(|| number % self.ports.len())
    }

    fn population(&self, resolution_ps: u64) -> NeuronPopulation {
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

fn weight() -> impl Strategy<Value = i32> {
    // Quarters of a threshold make sums that hit it.
    prop_oneof![(-2i32..=5).prop_map(|q| q * 256), -512i32..=1536]
}

fn options() -> impl Strategy<Value = NeuronOptions> {
    (0..3usize, any::<bool>(), any::<bool>()).prop_map(|(reset, strict, kept)| NeuronOptions {
        reset: [ResetMode::Value, ResetMode::Subtract, ResetMode::All][reset],
        threshold_test: [ThresholdTest::NonStrict, ThresholdTest::Strict][usize::from(strict)],
        refractory_input: kept,
        ..NeuronOptions::default()
    })
}

fn population(
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
                tau_ex: near.map_or(tau_ex, |factor| tau_m * factor),
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

fn edge() -> impl Strategy<Value = EdgeRecipe> {
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

fn block() -> impl Strategy<Value = BlockRecipe> {
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

fn input() -> impl Strategy<Value = (u32, Vec<(u16, u32)>)> {
    (
        1u32..=8,
        prop::collection::vec((any::<u16>(), 0u32..8), 1..120),
    )
}

/// Anything the specification can state without drawing random numbers.
fn network() -> impl Strategy<Value = Recipe> {
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
fn exact_network() -> impl Strategy<Value = Recipe> {
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
struct Grazing {
    model: ModelKind,
    taus: [f64; 3],
    current: f64,
    rise: f64,
    q_sfa: f64,
    inputs: Vec<Input>,
    /// How far the highest point lies above the threshold, in mV.
    excess: f64,
}

impl Grazing {
    /// With a rise, of equal times, and at once.
    fn ports(&self) -> [(f64, f64); 3] {
        let [_, a, b] = self.taus;
        [(a, b), (a, a), (0.0, b)]
    }
}

fn grazing() -> impl Strategy<Value = Grazing> {
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
const FREE: f64 = 8192.0;

/// The neurons side by side at a fine resolution, first with thresholds out of reach, then with
/// thresholds put where the excess says.
fn grazing_network(all: &[Grazing]) -> NetworkSpec {
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

fn same_spikes(got: &Outcome, want: &Outcome, who: &str) -> Result<(), TestCaseError> {
    match first_difference(&got.spikes, &want.spikes) {
        Some(difference) => Err(TestCaseError::fail(format!("{who}: {difference}"))),
        None => Ok(()),
    }
}

/// Every sample of every recording to a billionth, times what rounding allows.
fn same_state(
    got: &Outcome,
    truth: &twin::TwinRun,
    recordings: usize,
) -> Result<(), TestCaseError> {
    let (want, billionth) = (&truth.outcome, 1e-9 * truth.looseness);
    for recording in 0..recordings {
        let got: Vec<_> = got.of_recording(recording).collect();
        let want: Vec<_> = want.of_recording(recording).collect();
        prop_assert_eq!(got.len(), want.len());
        for ((tick, values), (at, expected)) in got.into_iter().zip(want) {
            prop_assert_eq!(tick, at);
            prop_assert_eq!(values.len(), expected.len());
            for (i, (value, expected)) in values.iter().zip(expected).enumerate() {
                prop_assert!(
                    (value - expected).abs() <= billionth * (1.0 + expected.abs()),
                    "recording {recording}, element {i} at tick {tick}: {value}, not {expected}"
                );
            }
        }
    }
    Ok(())
}

/// For tests that run a network dozens of times on more threads than there are cores, where every
/// window costs a meeting.
fn shortened(mut spec: NetworkSpec) -> NetworkSpec {
    spec.duration = spec.duration.min(1_000);
    spec
}

fn record_everything(spec: &mut NetworkSpec, every: u64) -> usize {
    let mut recordings = 0;
    for population in 0..spec.populations.len() {
        if let Some(model) = spec.model(population) {
            for variable in model.def().recordables {
                spec.record(population, variable.name, every);
                recordings += 1;
            }
        }
    }
    recordings
}

/// The hash of a run as it is defined: XXH3 over (tick, id), both little-endian u64, in order.
fn hash_of(spikes: &[(u64, u32)]) -> u64 {
    let mut hash = Xxh3::new();
    for (tick, id) in spikes {
        hash.update(&tick.to_le_bytes());
        hash.update(&u64::from(*id).to_le_bytes());
    }
    hash.digest()
}

/// Adds a synapse of weight 0 from every element to every neuron but the relays, at odd delays.
fn with_null_synapses(spec: &NetworkSpec) -> NetworkSpec {
    let mut spec = spec.clone();
    for to in 0..spec.populations.len() {
        if spec.model(to).is_none_or(|model| model == Relay) {
            continue;
        }
        for from in 0..spec.populations.len() {
            spec.connect_by(from, to, Rule::AllToAll, 0.0, 1 + (3 * from + to) as u64);
            spec.connect(from, to, &[(0, 0, 0.0, 2), (0, 0, -0.0, 3)]);
        }
    }
    spec
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn the_engine_fires_as_its_twin_does_in_every_way_of_updating(recipe in network()) {
        let mut spec = recipe.spec();
        let recordings = record_everything(&mut spec, 13);
        let truth = twin::run(&spec, &twin::explicit_synapses(&spec));
        if truth.closest < UNDECIDABLE {
            return Ok(());
        }
        for update in UPDATES {
            spec.update_all(update);
            let run = engine::run(&spec, 1);
            same_spikes(&run.outcome, &truth.outcome, &format!("{update:?}"))?;
            same_state(&run.outcome, &truth, recordings)?;
        }
    }

    #[test]
    fn a_potential_that_grazes_its_threshold_fires_at_the_tick_that_touches_it(
        all in prop::collection::vec(grazing(), 1..6)
    ) {
        let mut spec = grazing_network(&all);
        let truth = twin::run(&spec, &twin::explicit_synapses(&spec));
        if truth.closest < UNDECIDABLE {
            return Ok(());
        }
        for update in UPDATES {
            spec.update_all(update);
            let run = engine::run(&spec, 1);
            same_spikes(&run.outcome, &truth.outcome, &format!("{update:?}"))?;
        }
    }

    #[test]
    fn exact_sums_leave_no_room_for_difference(recipe in exact_network()) {
        let mut spec = recipe.spec();
        let truth = twin::run(&spec, &twin::explicit_synapses(&spec));
        prop_assert_eq!(truth.closest, f64::INFINITY, "the twin must know that it is exact");
        for update in UPDATES {
            spec.update_all(update);
            let run = engine::run(&spec, 1);
            same_spikes(&run.outcome, &truth.outcome, &format!("{update:?}"))?;
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn whole_number_sums_and_exact_sums_in_single_precision_are_the_same(recipe in exact_network()) {
        let mut spec = recipe.spec();
        for update in UPDATES {
            spec.update_all(update);
            spec.arithmetic = Arithmetic::Single;
            let single = engine::run(&spec, 1);
            spec.arithmetic = Arithmetic::Fixed;
            let fixed = engine::run(&spec, 2);
            same_spikes(&fixed.outcome, &single.outcome, &format!("{update:?}"))?;
        }
    }

    #[test]
    fn whole_number_weights_are_the_stated_ones_rounded_as_the_report_says(recipe in network()) {
        let mut spec = recipe.spec();
        spec.arithmetic = Arithmetic::Single;
        let by_weight = |mut all: Vec<Edge>| {
            all.sort_by(|a, b| (a.0, a.1, a.3).cmp(&(b.0, b.1, b.3)).then(a.2.total_cmp(&b.2)));
            all
        };
        let stated = by_weight(engine::synapses(&spec));
        spec.arithmetic = Arithmetic::Fixed;
        let held = by_weight(engine::synapses(&spec));
        prop_assert_eq!(stated.len(), held.len());
        let (mut largest, mut heaviest) = (0.0f64, 0.0f64);
        let mut off = 0.0f64;
        for (a, b) in stated.iter().zip(&held) {
            prop_assert_eq!((a.0, a.1, a.3), (b.0, b.1, b.3));
            heaviest = heaviest.max(a.2.abs());
            off = off.max((a.2 - b.2).abs());
            if a.2 != b.2 {
                largest = largest.max(((a.2 - b.2) / a.2).abs());
            }
        }
        let told = engine::rounding(&spec).iter().flatten().fold(0.0, |m: f64, r| {
            assert!(r.mean() <= r.largest);
            m.max(r.largest)
        });
        prop_assert!((told - largest).abs() <= 1e-12, "{told} {largest}");
        // Fifteen bits and a sign for the heaviest weight: half a quantum is at most this.
        prop_assert!(off <= heaviest / 32767.0, "{off} of {heaviest}");
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn any_number_of_shards_gives_the_same_bits(recipe in network()) {
        let mut spec = shortened(recipe.spec());
        record_everything(&mut spec, 50);
        for arithmetic in [Arithmetic::Double, Arithmetic::Single, Arithmetic::Fixed] {
            for update in UPDATES {
                spec.arithmetic = arithmetic;
                spec.update_all(update);
                let one = engine::run(&spec, SHARDS[0]);
                prop_assert_eq!(one.spike_hash, hash_of(&one.outcome.spikes));
                prop_assert_eq!(one.spikes, one.outcome.spikes.len() as u64);
                prop_assert!(one.outcome.spikes.is_sorted());
                for shards in &SHARDS[1..] {
                    let run = engine::run(&spec, *shards);
                    let who = format!("{arithmetic:?}, {update:?}, {shards} shards");
                    same_spikes(&run.outcome, &one.outcome, &who)?;
                    prop_assert_eq!(run.spike_hash, one.spike_hash, "{}", &who);
                    // Bits of the state, too: NaN would compare unequal and is no state.
                    prop_assert!(by_recording(&run.outcome) == by_recording(&one.outcome), "{who}");
                }
            }
        }
    }

    #[test]
    fn the_tables_that_hold_the_synapses_change_nothing(recipe in network()) {
        let mut spec = shortened(recipe.spec());
        record_everything(&mut spec, 50);
        let mut bare = spec.clone();
        bare.projections.iter_mut().for_each(|p| p.table = TableChoice::Index);
        let lists = engine::run(&bare, 1);
        let connected = engine::synapses(&bare);
        for table in TableChoice::ALL {
            spec.projections.iter_mut().for_each(|p| p.table = table);
            for shards in [1, 3] {
                let run = engine::run(&spec, shards);
                let who = format!("{table:?}, {shards} shards");
                prop_assert_eq!(run.spike_hash, lists.spike_hash, "{}", &who);
                prop_assert!(by_recording(&run.outcome) == by_recording(&lists.outcome), "{who}");
                let mut a = engine::synapses_of(&spec, shards);
                let mut b = connected.clone();
                for all in [&mut a, &mut b] {
                    all.sort_by(|a, b| (a.0, a.1, a.3).cmp(&(b.0, b.1, b.3)).then(a.2.total_cmp(&b.2)));
                }
                prop_assert_eq!(a, b);
            }
        }
    }

    #[test]
    fn what_is_recorded_changes_nothing(recipe in network()) {
        let mut bare = shortened(recipe.spec());
        bare.recording.spikes.clear();
        let mut full = shortened(recipe.spec());
        record_everything(&mut full, 1);
        for arithmetic in [Arithmetic::Double, Arithmetic::Single, Arithmetic::Fixed] {
            for update in UPDATES {
                for spec in [&mut bare, &mut full] {
                    spec.arithmetic = arithmetic;
                    spec.update_all(update);
                }
                let (bare, full) = (engine::run(&bare, 2), engine::run(&full, 2));
                let who = format!("{arithmetic:?}, {update:?}");
                same_spikes(&full.outcome, &bare.outcome, &who)?;
                prop_assert_eq!(full.spike_hash, bare.spike_hash, "{}", who);
            }
        }
    }

    #[test]
    fn synapses_of_weight_zero_change_nothing(recipe in network()) {
        let spec = recipe.spec();
        let truth = twin::run(&spec, &twin::explicit_synapses(&spec));
        if truth.closest < UNDECIDABLE {
            return Ok(());
        }
        let mut split = with_null_synapses(&spec);
        for update in UPDATES {
            split.update_all(update);
            let run = engine::run(&split, 1);
            same_spikes(&run.outcome, &truth.outcome, &format!("{update:?}"))?;
        }
    }

    #[test]
    fn the_built_network_has_exactly_the_stated_synapses(recipe in network()) {
        let spec = recipe.spec();
        let sorted = |mut all: Vec<Edge>| {
            all.sort_by(|a, b| {
                let key = |s: &Edge| (s.0, s.1, s.3);
                key(a).cmp(&key(b)).then(a.2.total_cmp(&b.2))
            });
            all
        };
        // A relay ignores its weights, so nobody need remember them.
        let mut weightless = Vec::new();
        for (at, p) in spec.populations.iter().enumerate() {
            let relay = spec.model(at) == Some(Relay);
            weightless.extend((0..p.size).map(|_| relay));
        }
        let plain = |edge: Edge| {
            let weight = if weightless[edge.1 as usize] { 1.0 } else { edge.2 };
            (edge.0, edge.1, weight, edge.3)
        };
        let got = engine::synapses(&spec).into_iter().map(plain).collect();
        let want = twin::explicit_synapses(&spec).into_iter();
        let want = want.map(|s| plain((s.source, s.target, s.weight, s.delay))).collect();
        prop_assert_eq!(sorted(got), sorted(want));
    }
}

/// The network with spikes by chance.
fn by_chance(mut spec: NetworkSpec, rate: f64, width: f64) -> NetworkSpec {
    for p in &mut spec.populations {
        if let PopulationKind::Neurons(n) = &mut p.kind
            && n.model.def().has_escape
        {
            let unit = if n.model == If { 1.0 } else { 16.0 };
            n.options.threshold_test = ThresholdTest::NonStrict;
            n.options.escape = Some(EscapeNoise {
                rate,
                width: width * unit,
            });
        }
    }
    spec
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn chance_depends_on_the_seed_and_nothing_else(recipe in network()) {
        let mut spec = by_chance(shortened(recipe.spec()), 40.0, 0.125);
        record_everything(&mut spec, 50);
        for arithmetic in [Arithmetic::Double, Arithmetic::Single, Arithmetic::Fixed] {
            spec.arithmetic = arithmetic;
            spec.update_all(Update::Auto);
            let one = engine::run(&spec, SHARDS[0]);
            // Such populations are swept whatever is asked; relays may be either.
            for (update, shards) in UPDATES.into_iter().zip(&SHARDS[1..]) {
                spec.update_all(update);
                let run = engine::run(&spec, *shards);
                let who = format!("{arithmetic:?}, {update:?}, {shards} shards");
                same_spikes(&run.outcome, &one.outcome, &who)?;
                prop_assert_eq!(run.spike_hash, one.spike_hash, "{}", &who);
                prop_assert!(by_recording(&run.outcome) == by_recording(&one.outcome), "{who}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_narrow_escape_is_a_sharp_threshold(recipe in network()) {
        // The hazard falls from certainty to nothing within 1e-8 of the threshold.
        let chance = by_chance(recipe.spec(), 1e12, 1e-10);
        let mut sharp = chance.clone();
        for p in &mut sharp.populations {
            if let PopulationKind::Neurons(n) = &mut p.kind {
                n.options.escape = None;
            }
        }
        let truth = twin::run(&sharp, &twin::explicit_synapses(&sharp));
        if truth.closest < 1e-6 {
            return Ok(());
        }
        let run = engine::run(&chance, 1);
        same_spikes(&run.outcome, &truth.outcome, "a narrow escape")?;
    }
}

/// Samples recording by recording; how recordings interleave is the sink's affair.
fn by_recording(outcome: &Outcome) -> Vec<(usize, u64, Vec<f64>)> {
    let mut samples = outcome.samples.clone();
    samples.sort_by_key(|s| (s.0, s.1));
    samples
}

#[test]
fn a_network_that_the_engine_has_drawn_runs_as_its_twin_on_the_same_synapses() {
    if !engine::IS_THE_ENGINE {
        return;
    }
    for rule in [
        Rule::FixedIndegree(7),
        Rule::FixedOutdegree(7),
        Rule::FixedTotalNumber(300),
        Rule::PairwiseBernoulli(0.2),
    ] {
        for model in [LifDelta, LifExp, LifAlpha, If] {
            let mut spec = simulation(TENTH_MS, 1_000);
            let excitable: Vec<(&str, f64)> = match model {
                If => vec![("I_e", 0.0937), ("t_ref", 0.5)],
                _ => vec![
                    ("E_L", 0.0),
                    ("V_reset", 0.0),
                    ("V_th", 15.0),
                    ("I_e", 400.0),
                ],
            };
            let spread = (0..40).map(|i| f64::from(i) / 41.0).collect();
            let cells = spec.add(neurons(model, 40, &excitable).with_each("V_m", spread));
            let weight = match model {
                LifExp => 300.0,
                LifAlpha => 100.0,
                LifDelta => 0.7,
                _ => 0.03,
            };
            // Once with one weight, once with drawn weights and delays.
            spec.connect_by(cells, cells, rule.clone(), weight, 12);
            if !matches!(rule, Rule::PairwiseBernoulli(_)) {
                spec.connect_by(cells, cells, rule.clone(), 0.0, 1);
                let drawn = &mut spec.projections[1];
                drawn.weight = Weight::Values(Values::Normal {
                    mean: -weight,
                    std: weight / 3.0,
                    min: f64::NEG_INFINITY,
                    max: 0.0,
                });
                drawn.delay = Delay::Drawn(Values::Uniform {
                    low: 0.5,
                    high: 2.5,
                });
            }
            let truth = twin::run(&spec, &twin::drawn_synapses(engine::synapses(&spec)));
            assert!(truth.outcome.spikes.len() > 40, "{rule:?}, {model:?}");
            if truth.closest < UNDECIDABLE {
                continue;
            }
            for update in UPDATES {
                spec.update_all(update);
                let run = engine::run(&spec, 3);
                let difference = first_difference(&run.outcome.spikes, &truth.outcome.spikes);
                assert_eq!(difference, None, "{rule:?}, {model:?}, {update:?}");
            }
        }
    }
}

#[test]
fn the_random_networks_are_active_and_hardly_ever_undecidable() {
    let mut runner = TestRunner::deterministic();
    let (mut active, mut skipped) = (0, 0);
    for _ in 0..60 {
        let recipe = network()
            .new_tree(&mut runner)
            .expect("a network")
            .current();
        let spec = recipe.spec();
        let truth = twin::run(&spec, &twin::explicit_synapses(&spec));
        let neurons = spec.offsets()[recipe.populations.len()] as u32;
        let own = truth.outcome.spikes.iter().filter(|s| s.1 < neurons);
        active += usize::from(own.count() > 20);
        skipped += usize::from(truth.closest < UNDECIDABLE);
    }
    println!("{active} of 60 active, {skipped} undecidable");
    let mut fired = 0;
    for _ in 0..20 {
        let some = prop::collection::vec(grazing(), 5..6);
        let all = some.new_tree(&mut runner).expect("neurons").current();
        let spec = grazing_network(&all);
        let run = twin::run(&spec, &twin::explicit_synapses(&spec));
        skipped += usize::from(run.closest < UNDECIDABLE);
        for (id, g) in (0..).zip(&all) {
            let fires = !run.outcome.ticks_of(id).is_empty();
            fired += usize::from(fires);
            assert_eq!(fires, g.excess > 0.0, "{g:?}");
        }
    }
    println!("{fired} of 100 graze and fire, {skipped} undecidable");
    assert!(active >= 45, "only {active} of 60 networks fire");
    assert!(skipped <= 6, "{skipped} of 60 cannot be compared");
}
