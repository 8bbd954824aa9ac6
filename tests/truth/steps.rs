//! The local step: when input arrives, what is recorded in between, and that neither shards nor
//! neighbours notice.

use proptest::prelude::*;
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, Network, build};
use spikewheel::neuron::ModelKind::{self, *};

use crate::common::*;
use crate::engine;

const CLOCKED: [ModelKind; 5] = [LifCondExp, LifCondAlpha, Izhikevich, Adex, AdexAlpha];

fn stepped(mut population: NeuronPopulation, ticks: u64, substeps: u32) -> NeuronPopulation {
    population.spec.options.clock = Clock { ticks, substeps };
    population
}

/// Neurons that spike under the input of the tests.
fn cells(model: ModelKind, n: u32) -> NeuronPopulation {
    match model {
        Izhikevich => neurons(model, n, &[("I_e", 6.0)]),
        LifCondExp | LifCondAlpha => neurons(model, n, &[("I_e", 260.0), ("t_ref", 1.0)]),
        _ => neurons(model, n, &[("I_e", 700.0)]),
    }
}

fn weight_of(model: ModelKind) -> f64 {
    if model == Izhikevich { 6.0 } else { 12.0 }
}

fn constant_rate(hz: f64) -> Rate {
    Rate::Constant {
        hz,
        start: 0,
        stop: u64::MAX,
    }
}

/// The network at a resolution of 0.1 / `finer` ms with steps of 0.1 ms. Input comes at `offset`
/// fine ticks before a multiple of 0.1 ms.
fn driven(model: ModelKind, finer: u64, offset: u64) -> NetworkSpec {
    let mut spec = simulation(TENTH_MS / finer, 600 * finer);
    let cell = spec.add(stepped(cells(model, 6), finer, 1));
    let events: Vec<(u64, u32)> = (3..500)
        .map(|k| (k * finer - offset, (k * k % 4) as u32))
        .collect();
    let inputs = spec.add(spike_list(4, &events));
    let w = weight_of(model);
    let edges: Vec<Edge> = (0..24u32)
        .map(|e| (e % 4, e % 6, if e % 5 == 4 { -w } else { w }, finer))
        .collect();
    spec.connect(inputs, cell, &edges);
    spec.connect_by(inputs, cell, Rule::AllToAll, 0.2 * w, 2 * finer);
    let steps = [(100, 90.0), (200, -40.0)].map(|(t, pa)| (t * finer - offset, pa));
    spec.drive(cell, step_current(&steps));
    spec.record(cell, "V_m", finer);
    spec.connect_by(cell, cell, Rule::AllToAll, -0.1 * w, 15 * finer);
    spec
}

#[test]
fn input_that_comes_between_steps_takes_effect_at_the_end_of_the_step() {
    for model in CLOCKED {
        let coarse = engine::run(&driven(model, 1, 0), 1).outcome;
        assert!(coarse.spikes.iter().any(|s| s.1 < 6), "{model:?}");
        for (finer, offset) in [(10, 0), (10, 3), (10, 9), (1000, 1), (1000, 999)] {
            let fine = engine::run(&driven(model, finer, offset), 2).outcome;
            let own = |o: &Outcome, scale: u64| -> Vec<(u64, u32)> {
                let own = o.spikes.iter().filter(|s| s.1 < 6);
                own.map(|s| (s.0 * scale, s.1)).collect()
            };
            let difference = first_difference(&own(&fine, 1), &own(&coarse, finer));
            assert_eq!(difference, None, "{model:?} {finer} {offset}");
            let values = |o: &Outcome| -> Vec<Vec<f64>> {
                o.of_recording(0).map(|(_, v)| v.clone()).collect()
            };
            assert_eq!(values(&fine), values(&coarse), "{model:?} {finer} {offset}");
        }
    }
}

#[test]
fn between_steps_a_recording_shows_the_last_step() {
    let mut spec = driven(LifCondExp, 10, 3);
    spec.recording.state[0].every = 1;
    let trace = engine::run(&spec, 1).outcome.trace(0);
    assert_eq!(trace.len(), 6000);
    let start = -70.0;
    let mut last = start;
    for (tick, v) in trace {
        if tick % 10 != 0 {
            assert_eq!(v, last, "tick {tick}");
        }
        last = v;
    }
    assert_ne!(last, start);
}

#[test]
fn a_tick_between_steps_is_skipped() {
    let mut spec = simulation(MICROSECOND, 100_000);
    spec.add(stepped(cells(Adex, 3), 100, 1));
    spec.add(stepped(cells(Izhikevich, 3), 250, 1));
    let network = build(&spec, &BuildOptions::default()).expect("built");
    let Network::Double(mut network) = network else {
        panic!("double is the default");
    };
    let shard = &mut network.shards[0];
    shard.prepare();
    let next: Vec<_> = [1, 100, 101, 201, 251, 500]
        .map(|t| shard.next_event(t))
        .into();
    assert_eq!(next, [100, 100, 200, 250, 300, 500].map(Some));
}

#[test]
fn more_inputs_than_sixteen_bits_hold_are_gathered_between_steps() {
    let mut spec = simulation(MICROSECOND, 300);
    let values = [("tau_syn_ex", 5.0), ("V_th", 1e3)];
    let cell = spec.add(stepped(neurons(LifCondExp, 3, &values), 100, 1));
    let sources = spec.add(regular(700, 1, 0, u64::MAX));
    spec.connect_by(sources, cell, Rule::AllToAll, 0.001, 1);
    let g = spec.record(cell, "g_ex", 100);
    for shards in [1, 3] {
        let got = engine::run(&spec, shards).outcome;
        let values: Vec<f64> = got.of_recording(g).map(|(_, v)| v[2]).collect();
        // Sent at ticks 1, 2, ..., so 99 arrive in the first step and 100 in each further one.
        let fade = libm::exp(-0.1 / 5.0);
        let first = 99.0 * 700.0 * 0.001;
        let second = first * fade + 70.0;
        for (v, want) in values.iter().zip([first, second, second * fade + 70.0]) {
            assert!((v / want - 1.0).abs() < 1e-12, "{v} {want}");
        }
    }
}

#[test]
fn private_poisson_counts_are_those_that_an_exact_neuron_gets_at_every_tick() {
    // From gaps, from counts, and more than 16 bits in a step.
    for hz in [50.0, 5_000.0, 9e7] {
        let mut spec = simulation(TENTH_MS, 1000);
        let counter = spec.add(neurons(If, 70, &[("V_th", 1e12)]));
        let values = [("tau_syn_ex", 1e15), ("V_th", 1e3)];
        let cell = stepped(neurons(LifCondExp, 70, &values), 10, 1);
        let rate = constant_rate(hz);
        let poisson = |rate: &Rate| DriveKind::Poisson {
            rate: rate.clone(),
            weight: 1.0.into(),
        };
        let mut other = simulation(TENTH_MS, 1000);
        let cell = other.add(cell);
        spec.drive(counter, poisson(&rate));
        other.drive(cell, poisson(&rate));
        spec.record(counter, "V_m", 10);
        other.record(cell, "g_ex", 10);
        let want = engine::run(&spec, 1).outcome;
        let got = engine::run(&other, 3).outcome;
        assert_eq!(want.samples.len(), 100);
        for (a, b) in got.samples.iter().zip(&want.samples) {
            assert_eq!(a.1, b.1);
            for (x, y) in a.2.iter().zip(&b.2) {
                assert!((x - y).abs() <= 1e-9 * y, "{hz} Hz, tick {}: {x} {y}", a.1);
            }
        }
        assert!(want.samples[99].2.iter().sum::<f64>() > 70.0);
    }
}

#[test]
fn neighbours_that_are_solved_exactly_are_not_disturbed() {
    let network = |with_clocked: bool| {
        let mut spec = simulation(MICROSECOND, 60_000);
        let cell = spec.add(neurons(LifExp, 5, &[("tau_syn_ex", 3.0)]));
        let inputs = spec.add(spike_list(
            3,
            &(1..300)
                .map(|k| (k * 199, (k % 3) as u32))
                .collect::<Vec<_>>(),
        ));
        spec.connect_by(inputs, cell, Rule::AllToAll, 420.0, 1000);
        spec.record(cell, "V_m", 777);
        if with_clocked {
            let clocked = spec.add(stepped(cells(Adex, 4), 100, 1));
            spec.connect_by(inputs, clocked, Rule::AllToAll, 8.0, 1000);
            spec.connect_by(cell, clocked, Rule::AllToAll, 8.0, 1500);
        }
        let outcome = engine::run(&spec, 2).outcome;
        let spikes: Vec<(u64, u32)> = outcome.spikes.iter().filter(|s| s.1 < 5).copied().collect();
        (spikes, outcome.samples)
    };
    let alone = network(false);
    assert!(!alone.0.is_empty());
    assert!(alone == network(true));
}

/// A population as the strategy draws it.
#[derive(Clone, Debug)]
struct Part {
    model: ModelKind,
    size: u32,
    /// Steps of this many ticks, or that many to a tick.
    ticks: u64,
    substeps: u32,
    update: Update,
    individual: bool,
}

fn part() -> impl Strategy<Value = Part> {
    let models = vec![
        LifCondExp,
        LifCondAlpha,
        Izhikevich,
        Adex,
        AdexAlpha,
        LifDelta,
        LifExp,
        LifAlpha,
        Relay,
    ];
    let ticks = prop_oneof![Just(1u64), Just(2), Just(7), Just(100), Just(250)];
    (
        prop::sample::select(models),
        1u32..7,
        ticks,
        1u32..4,
        prop::sample::select(vec![Update::Auto, Update::Lazy, Update::Sweep]),
        any::<bool>(),
    )
        .prop_map(|(model, size, ticks, substeps, update, individual)| Part {
            model,
            size,
            ticks,
            substeps: if ticks == 1 { substeps } else { 1 },
            update,
            individual,
        })
}

fn scale(model: ModelKind) -> f64 {
    match model {
        LifDelta | Izhikevich => 5.0,
        LifExp | LifAlpha => 400.0,
        _ => 20.0,
    }
}

fn mixture(parts: &[Part], fine: bool, single: bool, seed: u64) -> NetworkSpec {
    let (resolution, ticks_per_ms) = if fine {
        (MICROSECOND, 1000)
    } else {
        (TENTH_MS, 10)
    };
    let mut spec = simulation(resolution, 40 * ticks_per_ms);
    spec.seed = seed;
    if single {
        spec.arithmetic = Arithmetic::Single;
    }
    let step = |ms10: u64| ms10 * ticks_per_ms / 10;
    let inputs_at: Vec<(u64, u32)> = (1..200u64)
        .map(|k| (k * step(2) - (k % 7) * (step(2) / 7), (k % 5) as u32))
        .collect();
    for p in parts {
        let clocked = CLOCKED.contains(&p.model);
        let mut population = if clocked {
            cells(p.model, p.size)
        } else {
            neurons(p.model, p.size, &[])
        };
        if p.individual && p.model != Relay {
            population = population.with(
                "V_m",
                Values::Uniform {
                    low: -70.0,
                    high: -60.0,
                },
            );
        }
        if p.individual && clocked {
            population = population.with(
                "I_e",
                Values::Uniform {
                    low: 0.0,
                    high: 500.0,
                },
            );
        }
        population.spec.update = p.update;
        if clocked {
            population = stepped(population, p.ticks, p.substeps);
        }
        spec.add(population);
    }
    let inputs = spec.add(spike_list(5, &inputs_at));
    for (to, p) in parts.iter().enumerate() {
        let w = scale(p.model);
        let drawn = Weight::Values(Values::Normal {
            mean: w,
            std: w,
            min: -w,
            max: 3.0 * w,
        });
        let mut from_inputs = ProjectionSpec {
            from: vec![spec.whole(inputs)],
            to: vec![spec.whole(to)],
            rule: Rule::FixedIndegree(3),
            receptor: None,
            table: TableChoice::Auto,
            plasticity: None,
            allow_autapses: true,
            allow_multapses: true,
            weight: drawn,
            delay: Delay::Drawn(Values::Uniform {
                low: 0.3,
                high: 2.0,
            }),
        };
        spec.projections.push(from_inputs.clone());
        // Relays that hear each other would multiply their spikes without end.
        for from in (0..parts.len()).filter(|&f| parts[f].model != Relay) {
            let sign = if from % 2 == 0 { 0.3 } else { -0.3 };
            spec.connect_by(from, to, Rule::AllToAll, sign * w, step(5 + from as u64));
        }
        from_inputs.weight = Weight::Values((0.5 * w).into());
        from_inputs.delay = Delay::Ticks(step(7) + 1);
        spec.projections.push(from_inputs);
        for hz in [300.0, 4_000.0] {
            spec.drive(
                to,
                DriveKind::Poisson {
                    rate: constant_rate(hz),
                    weight: (0.1 * w).into(),
                },
            );
        }
        let weight = Values::Uniform {
            low: -0.2 * w,
            high: 0.2 * w,
        };
        spec.drive(
            to,
            DriveKind::Poisson {
                rate: constant_rate(500.0),
                weight,
            },
        );
        if p.model.def().takes_current {
            spec.drive(to, step_current(&[(step(31) + 1, 50.0), (step(77), -20.0)]));
        }
        for r in p.model.def().recordables {
            spec.record(to, r.name, step(3) + 1);
        }
    }
    spec
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mixtures_of_clocked_and_exact_populations_are_the_same_for_any_shards(
        parts in prop::collection::vec(part(), 1..6),
        fine in any::<bool>(),
        single in any::<bool>(),
        seed in 0u64..1000,
    ) {
        let spec = mixture(&parts, fine, single, seed);
        let one = engine::run(&spec, 1);
        for (_, _, values) in &one.outcome.samples {
            prop_assert!(values.iter().all(|v| v.is_finite()));
        }
        for (at, p) in parts.iter().enumerate() {
            if CLOCKED.contains(&p.model) {
                let first: u32 = parts[..at].iter().map(|p| p.size).sum();
                let own = one.outcome.spikes.iter().filter(|s| (first..first + p.size).contains(&s.1));
                let own: Vec<_> = own.collect();
                prop_assert!(own.iter().all(|s| s.0 % p.ticks == 0));
                prop_assert!(own.windows(2).all(|w| w[0] != w[1]), "twice in a tick");
            }
        }
        for shards in [2, 3, 5] {
            let run = engine::run(&spec, shards);
            prop_assert_eq!(run.spike_hash, one.spike_hash);
            prop_assert!(run.outcome.samples == one.outcome.samples);
        }
    }

    #[test]
    fn nothing_makes_a_clocked_neuron_leave_the_numbers(
        model in prop::sample::select(CLOCKED.to_vec()),
        clock in prop::sample::select(vec![(1u64, 1u32), (1, 7), (10, 1)]),
        weights in prop::collection::vec(-1e6f64..1e6, 4),
        exponents in prop::collection::vec(-8i32..1, 4),
        amps in -1e5f64..1e5,
        slope in prop::sample::select(vec![0.0, 0.08, 0.5, 2.0, 30.0]),
    ) {
        let mut spec = simulation(TENTH_MS, 400);
        let mut cell = stepped(neurons(model, 4, &[]), clock.0, clock.1);
        if matches!(model, Adex | AdexAlpha) {
            cell = cell.with("Delta_T", slope);
        }
        let cell = spec.add(cell);
        let events: Vec<(u64, u32)> = (1..380).map(|k| (k, (k % 4) as u32)).collect();
        let inputs = spec.add(spike_list(4, &events));
        // Weights of all sizes between a hundredth and a million.
        let edges: Vec<Edge> = (0..4)
            .map(|i| (i, i, weights[i as usize] * libm::pow(10.0, f64::from(exponents[i as usize])), 1))
            .collect();
        spec.connect(inputs, cell, &edges);
        spec.drive(cell, step_current(&[(50, amps), (200, -amps), (300, 0.0)]));
        for r in model.def().recordables {
            spec.record(cell, r.name, 1);
        }
        let outcome = engine::run(&spec, 1).outcome;
        for (recording, tick, values) in &outcome.samples {
            for v in values {
                prop_assert!(v.is_finite(), "{:?} {recording} at {tick}: {v}", model);
            }
        }
        prop_assert!(outcome.spikes.windows(2).all(|w| w[0] != w[1]), "twice in a tick");
    }
}
