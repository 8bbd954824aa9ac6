//! Escape noise: intervals and rates against closed forms. All draws have fixed seeds, so a test
//! either holds or does not.

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind::*;

use crate::common::*;
use crate::engine;

/// Spike ticks of each neuron of a network with one population.
fn trains(spec: &NetworkSpec, n: u32) -> Vec<Vec<u64>> {
    let run = engine::run(spec, 2);
    let mut all = vec![vec![]; n as usize];
    for (tick, id) in run.outcome.spikes {
        all[id as usize].push(tick);
    }
    all
}

/// sqrt(n) times the Kolmogorov-Smirnov distance between samples in ticks and the survivor function
/// P(interval > k). Of the continuous law, 1.95 is passed by chance once in 1000 times; of a law on
/// ticks less often.
fn distance(samples: &[u64], survivor: impl Fn(u64) -> f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let most = sorted.last().copied().unwrap_or(0);
    let mut worst: f64 = 0.0;
    for k in 0..=most {
        let below = sorted.partition_point(|&s| s <= k) as f64 / n;
        worst = worst.max((below - (1.0 - survivor(k))).abs());
    }
    worst * n.sqrt()
}

/// Expected spikes per tick at V.
fn hazard(rate: f64, width: f64, above: f64, tick_ms: f64) -> f64 {
    rate * tick_ms / 1000.0 * (above / width).exp()
}

#[test]
fn intervals_at_constant_potential_have_the_closed_survivor_function() {
    let (rate, width, v) = (100.0, 2.0, -56.0);
    for arithmetic in [Arithmetic::Double, Arithmetic::Single] {
        let mut spec = simulation(TENTH_MS, 8_000);
        spec.arithmetic = arithmetic;
        // At rest and reset to rest: V never moves. 1 mV below the threshold.
        let cells = neurons(
            LifDelta,
            500,
            &[("E_L", v), ("V_reset", v), ("V_th", -55.0)],
        );
        spec.add(cells.with("t_ref", 2.0).escape(rate, width));
        let trains = trains(&spec, 500);
        // Twenty of each, or those that happen to be long would be left out.
        let mut intervals = vec![];
        for train in &trains {
            assert!(train.len() > 20, "{}", train.len());
            intervals.extend(train[..21].windows(2).map(|w| w[1] - w[0]));
        }
        let p = hazard(rate, width, -1.0, 0.1);
        let survivor = |p: f64| move |k: u64| (-p * k.saturating_sub(20) as f64).exp();
        let (got, off) = (
            distance(&intervals, survivor(p)),
            distance(&intervals, survivor(1.1 * p)),
        );
        println!(
            "{} intervals: {got:.2}, with 10 % more hazard {off:.2}",
            intervals.len()
        );
        assert!(got < 1.95, "{got}");
        // The test would see a hazard that is off by a tenth.
        assert!(off > 1.95, "{off}");
    }
}

#[test]
fn intervals_of_an_adapting_neuron_follow_its_course() {
    let (rate, width, tick) = (200.0, 1.5, 0.1);
    let (tau_m, tau_sfa, q, theta) = (10.0, 25.0, 2.0, 15.0);
    let (n, held) = (4_000, 30);
    let mut spec = simulation(TENTH_MS, 6_000);
    // 300 pA over 250 pF take V to 12 mV.
    let drive = 300.0 * tau_m / 250.0;
    spec.add(
        neurons(
            LifDelta,
            n,
            &[("E_L", 0.0), ("V_reset", -3.0), ("V_th", theta)],
        )
        .with("tau_m", tau_m)
        .with("I_e", 300.0)
        .with("t_ref", 3.0)
        .with("q_sfa", q)
        .with("tau_sfa", tau_sfa)
        .escape(rate, width),
    );
    let trains = trains(&spec, n);
    let first: Vec<u64> = trains.iter().map(|t| t[0]).collect();
    let second: Vec<u64> = trains.iter().map(|t| t[1] - t[0]).collect();
    // From rest, then from reset, held for 30 ticks, against a threshold that comes down.
    let law = |from: f64, held: u64, rise: f64| {
        let mut expected = vec![0.0];
        for k in 1..=6_000u64 {
            let now = if k > held {
                let free = (k - held) as f64 * tick;
                let v = drive + (from - drive) * (-free / tau_m).exp();
                let above = v - theta - rise * (-(k as f64) * tick / tau_sfa).exp();
                hazard(rate, width, above, tick)
            } else {
                0.0
            };
            expected.push(expected[k as usize - 1] + now);
        }
        move |k: u64| (-expected[k as usize]).exp()
    };
    let got = [
        distance(&first, law(0.0, 0, 0.0)),
        distance(&second, law(-3.0, held, q)),
    ];
    let off = distance(&second, law(-3.0, held, 0.6 * q));
    println!("{got:.2?}, with less adaptation {off:.2}");
    assert!(got.iter().all(|d| *d < 1.95), "{got:?}");
    assert!(off > 1.95, "{off}");
}

#[test]
fn the_rate_rises_with_the_potential_as_the_hazard_says_in_every_model() {
    let (rate, width, ticks, n) = (100.0, 4.0, 4_000u64, 50);
    for model in [LifDelta, LifExp, LifAlpha, LifMultisynapse, If] {
        let mut spec = simulation(TENTH_MS, ticks);
        let levels = [-20.0, -8.0, -2.0, 0.0, 2.0, 8.0, 14.0, 30.0];
        for above in levels {
            // Without leak V stays where it is put, too.
            let v = 15.0 + above;
            let rest = if model == If {
                vec![("V_m", v)]
            } else {
                vec![("E_L", v)]
            };
            let cells = neurons(model, n, &rest)
                .with("V_th", 15.0)
                .with("V_reset", v)
                .with("t_ref", 0.0);
            spec.add(cells.escape(rate, width));
        }
        let spikes = engine::run(&spec, 1).outcome.spikes;
        let mut last = 0.0;
        for (at, above) in levels.into_iter().enumerate() {
            let ids = at as u32 * n..(at as u32 + 1) * n;
            let count = spikes.iter().filter(|s| ids.contains(&s.1)).count() as f64;
            let trials = ticks as f64 * f64::from(n);
            let p = 1.0 - (-hazard(rate, width, above, 0.1)).exp();
            let sd = (trials * p * (1.0 - p)).sqrt();
            assert!(
                (count - trials * p).abs() <= 4.0 * sd,
                "{model:?} at {above}: {count} instead of {} +- {sd}",
                trials * p
            );
            assert!(count > last || count == trials, "{model:?} at {above}");
            last = count;
        }
        assert_eq!(
            last,
            ticks as f64 * f64::from(n),
            "no more than once per tick"
        );
    }
}
