//! Sources of input: what they are drawn for decides their draws, and nothing else does; their
//! effect on neurons has closed forms.

use std::sync::Arc;

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind::*;

use crate::common::*;
use crate::engine;

const ELEMENTS: u32 = 13;

/// Every kind of train, by name.
fn trains() -> Vec<(&'static str, SourceSpec)> {
    let rates: Vec<f64> = (0..2 * ELEMENTS).map(|k| f64::from(k % 7) * 40.0).collect();
    let (start, stop) = (30, 2_500);
    let sinusoid = |hz: f64| Rate::Sinusoid {
        hz,
        amplitude: 1.5 * hz,
        frequency: 25.0,
        phase: 40.0,
        start,
        stop,
    };
    let poisson = |rate| SourceSpec::Poisson { rate };
    let gamma = |n_proc, equilibrium, dead_ms| {
        SourceSpec::Gamma(GammaSpec {
            hz: Values::Array(Arc::new(
                (0..ELEMENTS).map(|k| f64::from(k) * 8.0).collect(),
            )),
            shape: 2.5,
            dead_ms,
            n_proc,
            equilibrium,
            start,
            stop,
        })
    };
    vec![
        ("sinusoid", poisson(sinusoid(60.0))),
        // Above 1/32 per tick, where private input is drawn as counts.
        ("fast sinusoid", poisson(sinusoid(900.0))),
        (
            "linear",
            poisson(Rate::Linear {
                at: vec![10, 700, 1400, 2000],
                hz: vec![0.0, 150.0, 0.0, 60.0],
            }),
        ),
        (
            "table",
            poisson(Rate::Table {
                at: vec![100, 900, 1200, 2200],
                row: vec![Some(1), None, Some(0), None],
                hz: Arc::new(rates),
                elements: ELEMENTS,
            }),
        ),
        ("gamma", gamma(1, true, 0.0)),
        (
            "sum of gamma processes with dead time",
            gamma(4, false, 3.0),
        ),
        (
            "volleys",
            SourceSpec::PulsePacket(PacketSpec {
                at_ms: vec![0.0, 50.0, 55.5, 180.0],
                activity: 3,
                sdev_ms: 4.0,
            }),
        ),
    ]
}

fn private(train: SourceSpec, weight: f64) -> DriveKind {
    let weight = Values::Constant(weight);
    match train {
        SourceSpec::Poisson { rate } => DriveKind::Poisson { rate, weight },
        SourceSpec::Gamma(gamma) => DriveKind::Gamma { gamma, weight },
        SourceSpec::PulsePacket(packet) => DriveKind::PulsePacket { packet, weight },
        other => panic!("{other:?}"),
    }
}

fn noise(std: f64, dt: u64) -> DriveKind {
    DriveKind::Current(CurrentSpec::Noise {
        mean: 150.0,
        std,
        std_mod: 0.5 * std,
        hz: 20.0,
        phase: 0.0,
        dt,
        start: 15,
        stop: 2_900,
    })
}

/// Source `train` with a projection of this delay onto neurons that are under the same train in
/// private, under noise, and under a table of currents.
fn network(train: &SourceSpec, delay: u64) -> NetworkSpec {
    let mut spec = simulation(TENTH_MS, 3_000);
    let lif = spec.add(neurons(LifExp, ELEMENTS, &[("tau_m", 12.0)]));
    let relays = spec.add(neurons(Relay, ELEMENTS, &[]));
    let source = spec.add(Anything::Source(ELEMENTS, train.clone()));
    spec.connect_by(source, lif, Rule::AllToAll, 20.0, delay);
    spec.drive(lif, private(train.clone(), 90.0));
    spec.drive(relays, private(train.clone(), 1.0));
    spec.drive(lif, noise(120.0, 7));
    spec.drive(
        lif,
        DriveKind::Current(CurrentSpec::Table {
            at: vec![0, 600, 1100],
            row: vec![Some(0), None, Some(1)],
            amplitude: Arc::new((0..2 * ELEMENTS).map(|k| f64::from(k) * 9.0).collect()),
            elements: ELEMENTS,
        }),
    );
    spec.record(lif, "V_m", 50);
    spec
}

#[test]
fn any_number_of_shards_and_any_window_gives_the_same_trains_and_bits() {
    let ways: [(u64, Update, &[usize]); 4] = [
        (1, Update::Auto, &[3]),
        (7, Update::Lazy, &[2, 3, 5]),
        (7, Update::Sweep, &[2, 3, 5]),
        (40, Update::Auto, &[5]),
    ];
    for (name, train) in trains() {
        let mut of_sources: Option<Vec<(u64, u32)>> = None;
        for (delay, update, all_shards) in ways {
            let mut spec = network(&train, delay);
            spec.update_all(update);
            let one = engine::run(&spec, 1);
            for shards in all_shards {
                let run = engine::run(&spec, *shards);
                let who = format!("{name}, {update:?}, delay {delay}, {shards} shards");
                assert_eq!(run.spike_hash, one.spike_hash, "{who}");
                assert_eq!(run.outcome.samples, one.outcome.samples, "{who}");
            }
            // Relays and sources do not feel the delay: windows are all that is different.
            let free = one.outcome.spikes.iter().filter(|s| s.1 >= ELEMENTS);
            let free: Vec<(u64, u32)> = free.copied().collect();
            assert!(free.len() > 100, "{name} has {} spikes", free.len());
            let neurons = one.outcome.spikes.len() - free.len();
            assert!(neurons > 20, "{name}: {neurons} spikes of neurons");
            match &of_sources {
                None => of_sources = Some(free),
                Some(first) => assert_eq!(first_difference(&free, first), None, "{name}"),
            }
        }
    }
}

#[test]
fn the_two_ways_of_updating_agree_under_every_current() {
    let (_, train) = trains().swap_remove(4);
    let mut spec = network(&train, 10);
    spec.update_all(Update::Lazy);
    let lazy = engine::run(&spec, 1).outcome;
    spec.update_all(Update::Sweep);
    let swept = engine::run(&spec, 1).outcome;
    assert_eq!(first_difference(&swept.spikes, &lazy.spikes), None);
    for (a, b) in swept.of_recording(0).zip(lazy.of_recording(0)) {
        for (x, y) in a.1.iter().zip(b.1) {
            assert!((x - y).abs() < 1e-9, "{x} {y} at {}", a.0);
        }
    }
}

/// Mean and variance of V at the ends of intervals of the noise, over neurons and time.
fn passive_membrane(dt: u64, update: Update) -> (f64, f64, f64) {
    let far = [
        ("tau_m", 10.0),
        ("C_m", 250.0),
        ("E_L", -70.0),
        ("V_th", 1e6),
    ];
    let mut spec = simulation(TENTH_MS, 60_000);
    let lif = spec.add(neurons(LifDelta, 300, &far));
    spec.drive(
        lif,
        DriveKind::Current(CurrentSpec::Noise {
            mean: 100.0,
            std: 200.0,
            std_mod: 0.0,
            hz: 0.0,
            phase: 0.0,
            dt,
            start: 0,
            stop: 60_000,
        }),
    );
    spec.update_all(update);
    // 50 ms are five time constants: samples are as good as independent.
    spec.record(lif, "V_m", 500);
    let outcome = engine::run(&spec, 2).outcome;
    let all: Vec<f64> = outcome
        .of_recording(0)
        .filter(|(t, _)| *t >= 2_000)
        .flat_map(|(_, v)| v.iter().map(|v| v + 70.0))
        .collect();
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let variance = all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance, n)
}

#[test]
fn noise_makes_the_variance_of_a_membrane_that_the_discretised_equation_has() {
    for (dt, update) in [
        (10, Update::Sweep),
        (10, Update::Lazy),
        (1, Update::Sweep),
        (50, Update::Lazy),
    ] {
        let (mean, variance, n) = passive_membrane(dt, update);
        let e = libm::exp(-(dt as f64) * 0.1 / 10.0);
        let sd: f64 = 200.0 * 10.0 / 250.0;
        let want = sd * sd * (1.0 - e) / (1.0 + e);
        // Neighbouring samples correlate by exp(-5).
        assert!(
            (mean - 4.0).abs() < 4.5 * (want / n).sqrt(),
            "{dt} {update:?}: mean {mean}"
        );
        assert!(
            (variance / want - 1.0).abs() < 4.5 * (2.0 / n).sqrt(),
            "{dt} {update:?}: variance {variance}, {want} expected"
        );
    }
}

/// Chi-square of the counts of relays under private sinusoids, folded by phase.
#[test]
fn private_counts_follow_the_integral_of_the_sinusoid_tick_by_tick() {
    // Up to 0.5 per tick: drawn as counts. 100 ticks per revolution.
    let (hz, amplitude) = (1500.0, 3500.0);
    let mut spec = simulation(TENTH_MS, 20_000);
    let relays = spec.add(neurons(Relay, 200, &[]));
    let rate = Rate::Sinusoid {
        hz,
        amplitude,
        frequency: 100.0,
        phase: 0.0,
        start: 0,
        stop: 20_000,
    };
    spec.drive(relays, private(SourceSpec::Poisson { rate }, 1.0));
    let spikes = engine::run(&spec, 2).outcome.spikes;
    let mut folded = [0f64; 100];
    for (t, _) in &spikes {
        folded[(t % 100) as usize] += 1.0;
    }
    let (mut chi, mut bins) = (0.0, 0.0);
    for (phase, n) in folded.iter().enumerate() {
        // Midpoint rule with 1,000 points in the tick (phase - 1, phase].
        let mean: f64 = (0..1000)
            .map(|k| {
                let t = phase as f64 - 1.0 + (f64::from(k) + 0.5) / 1000.0;
                let r = hz + amplitude * libm::sin(std::f64::consts::TAU * t / 100.0);
                r.max(0.0) * 1e-4 / 1000.0
            })
            .sum::<f64>()
            * 200.0
            * 200.0;
        if mean < 5.0 {
            assert!(*n <= 20.0, "{n} at phase {phase}");
            continue;
        }
        chi += (n - mean).powi(2) / mean;
        bins += 1.0;
    }
    assert!(
        (chi - bins).abs() < 4.0 * (2.0f64 * bins).sqrt(),
        "{chi} in {bins}"
    );
}

#[test]
fn a_table_of_currents_is_the_constant_current_of_each_neuron_while_it_is_on() {
    let values: Vec<f64> = (0..40).map(|k| f64::from(k) * 25.0).collect();
    let mut by_table = simulation(TENTH_MS, 5_000);
    let lif = by_table.add(neurons(LifDelta, 40, &[]));
    by_table.drive(
        lif,
        DriveKind::Current(CurrentSpec::Table {
            at: vec![0, 5_000],
            row: vec![Some(0), None],
            amplitude: Arc::new(values.clone()),
            elements: 40,
        }),
    );
    let mut by_parameter = simulation(TENTH_MS, 5_000);
    by_parameter.add(neurons(LifDelta, 40, &[]).with_each("I_e", values));
    for update in [Update::Lazy, Update::Sweep] {
        by_table.update_all(update);
        by_parameter.update_all(update);
        let (a, b) = (engine::run(&by_table, 3), engine::run(&by_parameter, 2));
        assert_eq!(first_difference(&a.outcome.spikes, &b.outcome.spikes), None);
        assert!(a.spikes > 300);
    }
}

#[test]
fn a_clocked_neuron_feels_a_current_from_its_next_step_on() {
    // The step of 1 ms begins at multiples of 10 ticks; the current changes every 3 ticks.
    let run = |drive: DriveKind| {
        let mut spec = simulation(TENTH_MS, 300);
        let mut izhikevich = neurons(Izhikevich, 5, &[]);
        izhikevich.spec.options.clock.ticks = 10;
        let cells = spec.add(izhikevich);
        spec.drive(cells, drive);
        spec.record(cells, "V_m", 10);
        let one = engine::run(&spec, 1);
        let five = engine::run(&spec, 5);
        assert_eq!(one.outcome.samples, five.outcome.samples);
        one.outcome
    };
    let at: Vec<u64> = (0..100).map(|k| 3 * k).collect();
    let fast = CurrentSpec::Table {
        row: (0..100).map(Some).collect(),
        amplitude: Arc::new((0..500).map(|k| f64::from(k / 5)).collect()),
        at,
        elements: 5,
    };
    // What holds at the beginning of each step: the row of the last change.
    let held = CurrentSpec::Table {
        at: (0..30).map(|k| 10 * k).collect(),
        row: (0..30).map(|k| Some(10 * k / 3)).collect(),
        amplitude: Arc::new((0..500).map(|k| f64::from(k / 5)).collect()),
        elements: 5,
    };
    let (a, b) = (run(DriveKind::Current(fast)), run(DriveKind::Current(held)));
    assert_eq!(a.samples, b.samples);
    assert!(a.trace(0).windows(2).any(|w| w[0].1 != w[1].1));
}

fn figures() -> serde_json::Value {
    serde_json::from_str(include_str!("../data/nest_sources/figures.json")).expect("valid JSON")
}

fn numbers(v: &serde_json::Value) -> Vec<f64> {
    let all = v.as_array().expect("a list");
    all.iter().map(|n| n.as_f64().expect("a number")).collect()
}

/// The closed forms that the stimuli are tested against are those of NEST's generators.
#[test]
fn nest_means_the_same_by_these_names() {
    let nest = figures();
    let of = |kind: &str, key: &str| nest[kind][key].as_f64().expect("a number");

    // 20 bins of 50 ticks; 1,000 elements, 100 revolutions.
    let rate = Rate::Sinusoid {
        hz: of("sinusoid", "rate"),
        amplitude: of("sinusoid", "amplitude"),
        frequency: of("sinusoid", "frequency"),
        phase: of("sinusoid", "phase"),
        start: 0,
        stop: u64::MAX,
    };
    let course = spikewheel::stimulus::rate::Course::new(&rate, TENTH_MS);
    let mut chi = 0.0;
    for (k, n) in numbers(&nest["sinusoid"]["counts"]).iter().enumerate() {
        let mean = course.expected(50 * k as u64, 50 * (k as u64 + 1)) * 1e5;
        // NEST takes the rate at the end of a tick, not its mean over the tick.
        chi += (n - mean).powi(2) / mean.max(1.0);
    }
    assert!(chi < 20.0 + 5.0 * 40f64.sqrt(), "sinusoid: {chi}");

    let (cv, n) = (of("gamma", "cv"), of("gamma", "intervals"));
    let want = 1.0 / of("gamma", "gamma_shape").sqrt();
    assert!((cv - want).abs() < 4.0 / (2.0 * n).sqrt(), "gamma: {cv}");
    // 8 components of 20 Hz, 1,000 elements: 3,200 in every 20 ms.
    for n in numbers(&nest["gamma_sum"]["per_20_ms"]) {
        assert!(
            (n - 3200.0).abs() < 4.5 * 3200f64.sqrt(),
            "sum of gamma processes: {n}"
        );
    }

    let (n, sd) = (of("packet", "spikes"), of("packet", "deviation_ms"));
    assert_eq!(n, of("packet", "activity") * of("packet", "elements"));
    let off = of("packet", "mean_ms") - 100.0;
    assert!(
        (-0.1..=0.1 + 4.0 * 5.0 / n.sqrt()).contains(&off),
        "packet: {off}"
    );
    assert!(
        (sd - 5.0).abs() < 4.0 * 5.0 / (2.0 * n).sqrt(),
        "packet: {sd}"
    );

    let e = libm::exp(-of("noise", "dt") / of("noise", "tau_m"));
    let gain = of("noise", "tau_m") / of("noise", "C_m");
    let want = (of("noise", "std") * gain).powi(2) * (1.0 - e) / (1.0 + e);
    // The values of a neuron count as one in two time constants.
    let n = of("noise", "neurons") * of("noise", "intervals") * of("noise", "dt") / 20.0;
    let got = of("noise", "variance_mV2");
    assert!(
        (got / want - 1.0).abs() < 4.0 * (2.0 / n).sqrt(),
        "noise: {got} {want}"
    );
    let off = of("noise", "mean_mV") - of("noise", "mean") * gain;
    assert!(off.abs() < 4.0 * (want / n).sqrt(), "noise: {off}");
}
