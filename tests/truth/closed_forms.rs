//! What must come out, from equations alone: no simulator, no recorded run.

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind::*;

use crate::common::*;
use crate::responses::Psp;
use crate::{engine, twin};

// Who has to agree.

/// Runs the engine in every way of updating, and hands each outcome to the check.
pub fn by_engine(spec: &NetworkSpec, updates: &[Update], check: &dyn Fn(&str, &Outcome)) {
    let mut spec = spec.clone();
    for (update, shards) in [(Update::Lazy, 1), (Update::Sweep, 2), (Update::Auto, 3)] {
        if updates.contains(&update) {
            spec.update_all(update);
            let run = engine::run(&spec, shards);
            check(&format!("engine, {update:?}"), &run.outcome);
        }
    }
}

/// For short runs on a coarse grid: the twin and the engine in every way of updating.
pub fn by_everyone(spec: &NetworkSpec, check: impl Fn(&str, &Outcome)) {
    let run = twin::run(spec, &twin::explicit_synapses(spec));
    check("twin", &run.outcome);
    if engine::IS_THE_ENGINE {
        let all = [Update::Lazy, Update::Sweep, Update::Auto];
        by_engine(spec, &all, &check);
    }
}

/// For fine grids, where only a simulator that skips silence comes to an end.
pub fn by_the_lazy_engine(spec: &NetworkSpec, check: impl Fn(&str, &Outcome)) {
    if engine::IS_THE_ENGINE {
        by_engine(spec, &[Update::Lazy, Update::Auto], &check);
    }
}

/// The twin takes part where it can.
pub fn at_resolution(spec: &NetworkSpec, check: impl Fn(&str, &Outcome)) {
    if spec.duration <= 200_000 {
        by_everyone(spec, check);
    } else {
        by_the_lazy_engine(spec, check);
    }
}

// Arithmetic of the grid.

/// Number of ticks in whole milliseconds.
pub fn ticks(ms: u64, resolution_ps: u64) -> u64 {
    ms * MILLISECOND / resolution_ps
}

/// The first tick at or after `ms`; the caller's numbers must not put it on the edge of a tick.
pub fn first_tick_after(ms: f64, resolution_ps: u64) -> u64 {
    let exact = ms / (resolution_ps as f64 / PS_PER_MS);
    let beyond = exact.fract();
    assert!(
        beyond > 1e-4 && beyond < 1.0 - 1e-4,
        "{ms} ms is too near a tick for a test"
    );
    exact.ceil() as u64
}

pub fn near(got: f64, want: f64, tolerance: f64, what: &str) {
    let error = (got - want).abs();
    assert!(
        error <= tolerance,
        "{what}: {got} instead of {want}, off by {error:e}"
    );
}

// Analysis.

/// ∫_a^b f by Gauss-Legendre quadrature with 16 nodes on panels no longer than `panel`: for smooth
/// f of that scale exact to rounding.
pub fn integral(a: f64, b: f64, panel: f64, f: impl Fn(f64) -> f64) -> f64 {
    const N: usize = 16;
    let mut nodes = [(0.0, 0.0); N];
    for (k, node) in nodes.iter_mut().enumerate() {
        // Newton's method on the Legendre polynomial of degree N.
        let mut x = (std::f64::consts::PI * (k as f64 + 0.75) / (N as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (mut p0, mut p1) = (1.0, x);
            for n in 2..=N {
                let n = n as f64;
                (p0, p1) = (p1, ((2.0 * n - 1.0) * x * p1 - (n - 1.0) * p0) / n);
            }
            slope = N as f64 * (x * p1 - p0) / (x * x - 1.0);
            x -= p1 / slope;
        }
        *node = (x, 2.0 / ((1.0 - x * x) * slope * slope));
    }
    let panels = ((b - a) / panel).ceil().max(1.0);
    let half = (b - a) / panels / 2.0;
    let mut sum = 0.0;
    for p in 0..panels as u64 {
        let middle = a + half * (2.0 * p as f64 + 1.0);
        let values = nodes.iter().map(|(x, w)| w * f(middle + half * x));
        sum += values.sum::<f64>() * half;
    }
    sum
}

/// tau_m 10 ms and C_m 250 pF make 25 pA worth 1 mV.
fn driven(n: u32) -> NeuronPopulation {
    let values = [
        ("E_L", 0.0),
        ("V_reset", 0.0),
        ("V_th", 15.0),
        ("tau_m", 10.0),
        ("C_m", 250.0),
        ("t_ref", 2.0),
    ];
    neurons(LifDelta, n, &values)
}

#[test]
fn the_interval_of_a_driven_neuron_is_that_of_the_f_i_curve_rounded_up_to_a_tick() {
    let drives = [15.1, 16.0, 20.0, 33.0, 100.0];
    let rise = |ri: f64| 10.0 * (ri / (ri - 15.0)).ln();
    near(2.0 + rise(20.0), 15.862943611198906, 1e-14, "the anchor");
    for resolution in [TENTH_MS, MICROSECOND, NANOSECOND] {
        for model in [LifDelta, LifExp, LifAlpha] {
            let mut spec = simulation(resolution, ticks(100, resolution));
            let amplitudes = drives.iter().map(|ri| ri * 25.0).collect();
            let params = [
                ("E_L", 0.0),
                ("V_reset", 0.0),
                ("V_th", 15.0),
                ("t_ref", 2.0),
            ];
            spec.add(neurons(model, 5, &params).with_each("I_e", amplitudes));
            at_resolution(&spec, |who, outcome| {
                for (id, ri) in drives.into_iter().enumerate() {
                    let first = first_tick_after(rise(ri), resolution);
                    let interval = ticks(2, resolution) + first;
                    let want: Vec<u64> = (0..)
                        .map(|k| first + k * interval)
                        .take_while(|t| *t <= spec.duration)
                        .collect();
                    let got = outcome.ticks_of(id as u32);
                    assert_eq!(got, want, "{who}, {model:?}, RI {ri}, {resolution} ps");
                }
            });
        }
    }
}

#[test]
fn the_first_spike_under_direct_current_comes_at_its_time_at_every_resolution() {
    for resolution in [
        TENTH_MS,
        HUNDREDTH_MS,
        MICROSECOND,
        100 * NANOSECOND,
        NANOSECOND,
        PICOSECOND,
    ] {
        for model in [LifDelta, LifExp, LifAlpha] {
            let mut spec = simulation(resolution, ticks(5, resolution));
            let values = [("E_L", 0.0), ("V_reset", 0.0), ("V_th", 15.0)];
            spec.add(neurons(model, 1, &values).with("I_e", 1000.0));
            let want = first_tick_after(4.700036292457356, resolution);
            at_resolution(&spec, |who, outcome| {
                assert_eq!(
                    outcome.ticks_of(0),
                    [want],
                    "{who}, {model:?}, {resolution} ps"
                );
            });
        }
    }
}

#[test]
fn the_voltage_under_direct_current_is_the_exponential_approach() {
    for (resolution, tolerance) in [(TENTH_MS, 1e-12), (MICROSECOND, 1e-9), (NANOSECOND, 1e-12)] {
        for model in [LifDelta, LifExp, LifAlpha] {
            let mut spec = simulation(resolution, ticks(500, resolution));
            let values = [("E_L", 0.0), ("V_th", 2000.0), ("I_e", 1000.0)];
            let cell = spec.add(neurons(model, 1, &values));
            let trace = spec.record(cell, "V_m", ticks(5, resolution));
            let check = |who: &str, outcome: &Outcome| {
                let trace = outcome.trace(trace);
                assert_eq!(trace.len(), 100);
                for (tick, v) in trace {
                    let t = tick as f64 * spec.tick_ms();
                    let want = -40.0 * (-t / 10.0).exp_m1();
                    near(v, want, tolerance, &format!("{who}, {model:?} at {t} ms"));
                }
            };
            if resolution == TENTH_MS {
                by_everyone(&spec, check);
            } else {
                by_the_lazy_engine(&spec, check);
            }
        }
    }
}

#[test]
fn a_step_of_current_acts_from_its_tick_on_and_not_before() {
    let mut spec = simulation(TENTH_MS, 400);
    let cell = spec.add(driven(1).with("V_th", 2000.0));
    spec.drive(
        cell,
        step_current(&[(100, 250.0), (200, -125.0), (300, 0.0)]),
    );
    let trace = spec.record(cell, "V_m", 1);
    let mut want = vec![0.0; 401];
    let decay = |ticks: usize| (-(ticks as f64) * 0.01).exp();
    for t in 1..=400 {
        // (beginning of the piece, its target voltage)
        let (from, goal) = match t {
            0..=100 => (0, 0.0),
            101..=200 => (100, 10.0),
            201..=300 => (200, -5.0),
            _ => (300, 0.0),
        };
        want[t] = goal + (want[from] - goal) * decay(t - from);
    }
    by_everyone(&spec, |who, outcome| {
        for (tick, v) in outcome.trace(trace) {
            near(v, want[tick as usize], 1e-12, &format!("{who} at {tick}"));
        }
    });
}

#[test]
fn a_neuron_whose_rest_lies_above_threshold_fires_without_any_input() {
    let mut spec = simulation(TENTH_MS, 1000);
    spec.add(driven(1).with("E_L", 20.0).with("V_m", 0.0));
    by_everyone(&spec, |who, outcome| {
        let want: Vec<u64> = (0..6).map(|k| 139 + k * 159).collect();
        assert_eq!(outcome.ticks_of(0), want, "{who}");
    });
}

#[test]
fn a_neuron_that_starts_above_threshold_fires_at_the_first_tick_if_it_is_still_above() {
    let decay = (-0.01f64).exp();
    let mut spec = simulation(TENTH_MS, 10);
    let start = vec![
        16.0,
        15.0 / decay * (1.0 + 1e-9),
        15.0 / decay * (1.0 - 1e-9),
        15.0,
    ];
    spec.add(driven(4).with_each("V_m", start.clone()));
    // Without a leak there is nothing to lose before the first test.
    let flat = spec.add(neurons(If, 3, &[]).with_each("V_m", vec![1.0, 2.5, 1.0 - 1e-9]));
    let offset = spec.offsets()[flat] as u32;
    by_everyone(&spec, |who, outcome| {
        let want = [(1, 0), (1, 1), (1, offset), (1, offset + 1)];
        assert_eq!(outcome.spikes, want, "{who}");
    });
}

// Refractory time, threshold and reset.

#[test]
fn refractory_ticks_are_the_t_ref_ticks_after_the_spike_and_no_more() {
    for t_ref in [0, 1, 2, 7, 20] {
        let mut spec = simulation(TENTH_MS, 100);
        let t_ref_ms = t_ref as f64 * spec.tick_ms();
        let lif = spec.add(driven(1).with("t_ref", t_ref_ms));
        let flat = spec.add(neurons(If, 1, &[("t_ref", t_ref_ms), ("V_th", 15.0)]));
        for cell in [lif, flat] {
            let every_tick = DriveKind::Regular {
                interval: 1,
                start: 0,
                stop: 100,
                weight: 20.0.into(),
            };
            spec.drive(cell, every_tick);
        }
        let want: Vec<u64> = (1..=100).step_by(t_ref + 1).collect();
        by_everyone(&spec, |who, outcome| {
            assert_eq!(outcome.ticks_of(0), want, "{who}, lif_delta, {t_ref}");
            assert_eq!(outcome.ticks_of(1), want, "{who}, if, {t_ref}");
        });
    }
}

#[test]
fn kept_refractory_input_acts_as_if_it_had_decayed_since_it_arrived() {
    // A spike at tick 1, refractory in ticks 2 to 6; inputs at 1 (the spike), 3 and 6.
    let mut spec = simulation(TENTH_MS, 20);
    let kept = spec.add(driven(1).with("t_ref", 0.5).refractory_input());
    let lost = spec.add(driven(1).with("t_ref", 0.5));
    let mut recordings = vec![];
    for cell in [kept, lost] {
        spec.drive(cell, spike_drive(&[(1, 0)], 20.0));
        spec.drive(cell, spike_drive(&[(3, 0), (6, 0)], 4.0));
        recordings.push(spec.record(cell, "V_m", 1));
    }
    by_everyone(&spec, |who, outcome| {
        assert_eq!(outcome.spikes, [(1, 0), (1, 1)], "{who}");
        for (tick, v) in outcome.trace(recordings[0]) {
            let since = |arrival: u64| (-0.01 * (tick - arrival) as f64).exp();
            let want = if tick <= 6 {
                0.0
            } else {
                4.0 * (since(3) + since(6))
            };
            near(v, want, 1e-12, &format!("{who} at {tick}"));
        }
        for (tick, v) in outcome.trace(recordings[1]) {
            assert_eq!(v, 0.0, "{who}: lost input at {tick}");
        }
    });
}

#[test]
fn synaptic_currents_go_on_while_the_potential_is_held() {
    // Released after t_ref, the membrane follows what is left of a current that began before.
    let mut spec = simulation(TENTH_MS, 300);
    let psp = Psp {
        model: LifExp,
        c_m: 250.0,
        tau_m: 10.0,
        tau_syn: 5.0,
    };
    let cell = spec.add(psp.population(1).with("V_m", 100.0).with("t_ref", 3.0));
    spec.drive(cell, spike_drive(&[(11, 0)], 500.0));
    let (v, i) = (
        spec.record(cell, "V_m", 1),
        spec.record(cell, "I_syn_ex", 1),
    );
    by_everyone(&spec, |who, outcome| {
        assert_eq!(outcome.spikes, [(1, 0)], "{who}");
        let current = |tick: u64| 500.0 * (-0.1 * (tick as f64 - 11.0) / 5.0).exp();
        for (tick, i) in outcome.trace(i) {
            let want = if tick < 11 { 0.0 } else { current(tick) };
            near(i, want, 1e-10, &format!("{who}: current at {tick}"));
        }
        for (tick, v) in outcome.trace(v) {
            let free = tick.saturating_sub(31) as f64 * 0.1;
            let want = current(31) * psp.closed_form(free);
            near(v, want, 1e-12, &format!("{who}: V at {tick}"));
        }
    });
}

#[test]
fn a_tie_fires_at_a_threshold_that_need_only_be_reached_and_not_at_one_to_be_exceeded() {
    let above = f64::from_bits(16f64.to_bits() + 1);
    let below = f64::from_bits(16f64.to_bits() - 1);
    for model in [LifDelta, If] {
        let rest = match model {
            LifDelta => vec![("E_L", 0.0), ("V_reset", 0.0)],
            _ => vec![],
        };
        let cell = || neurons(model, 3, &rest).with("V_th", 16.0);
        let mut spec = simulation(TENTH_MS, 100);
        let reached = spec.add(cell());
        let exceeded = spec.add(cell().strict());
        let input = spec.add(spike_list(1, &[(10, 0)]));
        for to in [reached, exceeded] {
            // In two parts, one of them late: their sum at one tick is the tie.
            spec.connect(
                input,
                to,
                &[(0, 0, below, 5), (0, 1, 16.0, 5), (0, 2, above, 5)],
            );
        }
        by_everyone(&spec, |who, outcome| {
            let want = [(10, 6), (15, 1), (15, 2), (15, 5)];
            assert_eq!(outcome.spikes, want, "{who}, {model:?}");
        });
    }
}

#[test]
fn sums_that_hit_the_threshold_exactly_fire() {
    let mut spec = simulation(TENTH_MS, 200);
    let lif = spec.add(driven(1).with("V_th", 16.0));
    let flat = spec.add(neurons(If, 1, &[("V_th", 16.0)]));
    let input = spec.add(spike_list(3, &[(10, 0), (12, 1), (14, 2), (100, 0)]));
    // 5.25 + 10.5 + 0.25 = 16 at tick 20, and only 5.25 at tick 110.
    let edges = [(0, 0, 5.25, 10), (1, 0, 10.5, 8), (2, 0, 0.25, 6)];
    for to in [lif, flat] {
        spec.connect(input, to, &edges);
    }
    by_everyone(&spec, |who, outcome| {
        assert_eq!(outcome.ticks_of(0), [20], "{who}");
        assert_eq!(outcome.ticks_of(1), [20], "{who}");
    });
}

#[test]
fn the_reset_by_subtraction_keeps_what_was_above_threshold() {
    let mut spec = simulation(TENTH_MS, 10);
    let cell = driven(1).with("E_L", -70.0).with("V_th", -55.0);
    let cell = spec.add(cell.with("V_m", -70.0).with("t_ref", 0.2).subtract());
    spec.drive(cell, spike_drive(&[(1, 0)], 18.0));
    let trace = spec.record(cell, "V_m", 1);
    by_everyone(&spec, |who, outcome| {
        assert_eq!(outcome.spikes, [(1, 0)], "{who}");
        for (tick, v) in outcome.trace(trace) {
            // 18 mV above rest is 3 above what is subtracted; held in ticks 2 and 3.
            let free = tick.saturating_sub(3) as f64;
            let want = -70.0 + 3.0 * (-0.01 * free).exp();
            near(v, want, 1e-12, &format!("{who} at {tick}"));
        }
    });
}

#[test]
fn integrate_and_fire_with_subtraction_counts_the_integral_of_its_input() {
    // Weights of k/1024: sums are exact; inputs above 1 leave a backlog that fires tick by tick.
    let mut spec = simulation(TENTH_MS, 4000);
    let cells = spec.add(neurons(If, 3, &[]).subtract());
    let input = spec.add(spike_list(
        1,
        &(1..500).map(|k| (7 * k, 0)).collect::<Vec<_>>(),
    ));
    let weights = [333.0 / 1024.0, 1.0, 2567.0 / 1024.0];
    let edges: Vec<Edge> = (0u32..).zip(weights).map(|(i, w)| (0, i, w, 3)).collect();
    spec.connect(input, cells, &edges);
    by_everyone(&spec, |who, outcome| {
        for (id, weight) in weights.into_iter().enumerate() {
            let count = outcome.ticks_of(id as u32).len();
            assert_eq!(count, (499.0 * weight).floor() as usize, "{who}, {weight}");
        }
    });
}

#[test]
fn integrate_and_fire_under_constant_drive_fires_when_the_line_meets_the_threshold() {
    for resolution in [TENTH_MS, MICROSECOND, NANOSECOND] {
        let mut spec = simulation(resolution, ticks(50, resolution));
        spec.add(neurons(If, 1, &[("I_e", 0.3), ("t_ref", 1.0)]));
        let interval = first_tick_after(1.0 / 0.3, resolution);
        at_resolution(&spec, |who, outcome| {
            let want: Vec<u64> = (0..)
                .map(|k| interval + k * (interval + ticks(1, resolution)))
                .take_while(|t| *t <= spec.duration)
                .collect();
            assert_eq!(outcome.ticks_of(0), want, "{who}, {resolution} ps");
        });
    }
}

// Adaptive threshold.

/// Where the rising `f` becomes positive in (from, to).
pub fn root(mut from: f64, mut to: f64, f: impl Fn(f64) -> f64) -> f64 {
    assert!(f(from) < 0.0 && f(to) > 0.0);
    for _ in 0..200 {
        let middle = 0.5 * (from + to);
        if f(middle) < 0.0 {
            from = middle;
        } else {
            to = middle;
        }
    }
    from
}

#[test]
fn intervals_lengthen_as_the_adaptive_threshold_says() {
    for resolution in [TENTH_MS, MICROSECOND, NANOSECOND] {
        let h = resolution as f64 / PS_PER_MS;
        let mut spec = simulation(resolution, ticks(200, resolution));
        let adapting = |model| {
            let values = [
                ("E_L", 0.0),
                ("V_reset", 0.0),
                ("V_th", 15.0),
                ("t_ref", 2.0),
                ("I_e", 30.0 * 25.0),
                ("q_sfa", 2.5),
                ("tau_sfa", 70.0),
            ];
            neurons(model, 1, &values)
        };
        spec.add(adapting(LifDelta));
        spec.add(adapting(LifExp));
        spec.add(adapting(LifAlpha));
        // Time of each spike from the one before: a single root of monotone functions.
        let (mut want, mut last, mut rise, mut held) = (vec![], 0, 0.0, 0.0);
        loop {
            let gap = |t: f64| {
                let v = -30.0 * (-(t - held) / 10.0f64).exp_m1();
                v - 15.0 - rise * (-t / 70.0).exp()
            };
            let n = first_tick_after(root(held, 1000.0, gap), resolution);
            last += n;
            if last > spec.duration {
                break;
            }
            want.push(last);
            rise = rise * (-(n as f64) * h / 70.0).exp() + 2.5;
            held = 2.0;
        }
        assert!(want.len() > 8 && want[3] - want[2] > want[2] - want[1]);
        at_resolution(&spec, |who, outcome| {
            for id in 0..3 {
                let got = outcome.ticks_of(id);
                assert_eq!(got, want, "{who}, neuron {id}, {resolution} ps");
            }
        });
    }
}

#[test]
fn a_sinking_threshold_alone_makes_a_neuron_fire() {
    for resolution in [TENTH_MS, MICROSECOND, NANOSECOND] {
        let mut spec = simulation(resolution, ticks(60, resolution));
        let values = [("V_m", 1.5), ("threshold_rise", 2.0), ("tau_sfa", 20.0)];
        let cell = spec.add(neurons(If, 1, &values));
        let trace = spec.record(cell, "threshold", ticks(10, resolution));
        let want = first_tick_after(20.0 * 4f64.ln(), resolution);
        at_resolution(&spec, |who, outcome| {
            assert_eq!(outcome.ticks_of(0), [want], "{who}, {resolution} ps");
            for (tick, threshold) in outcome.trace(trace) {
                let t = tick as f64 * spec.tick_ms();
                let want = 1.0 + 2.0 * (-t / 20.0).exp();
                near(threshold, want, 1e-10, &format!("{who} at {t} ms"));
            }
        });
    }
}

// Shapes of synaptic responses.

#[test]
fn the_sign_of_a_weight_chooses_the_channel() {
    for model in [LifExp, LifAlpha] {
        let mut spec = simulation(TENTH_MS, 100);
        let values = [("tau_syn_ex", 2.0), ("tau_syn_in", 8.0), ("V_th", 1e9)];
        let cell = spec.add(neurons(model, 1, &values));
        spec.drive(cell, spike_drive(&[(10, 0)], 300.0));
        spec.drive(cell, spike_drive(&[(10, 0)], -50.0));
        let (ex, inh) = (
            spec.record(cell, "I_syn_ex", 1),
            spec.record(cell, "I_syn_in", 1),
        );
        by_everyone(&spec, |who, outcome| {
            for (recording, tau_syn, weight) in [(ex, 2.0, 300.0), (inh, 8.0, -50.0)] {
                let psp = Psp {
                    model,
                    c_m: 250.0,
                    tau_m: 10.0,
                    tau_syn,
                };
                for (tick, i) in outcome.trace(recording) {
                    let t = (tick as f64 - 10.0) * 0.1;
                    let want = if t < 0.0 {
                        0.0
                    } else {
                        weight * psp.current(t)
                    };
                    near(i, want, 1e-10, &format!("{who}, {model:?} at {tick}"));
                }
            }
        });
    }
}

// Sources, delays and relays.

#[test]
fn a_spike_arrives_exactly_its_delay_later() {
    let delays = [1, 2, 3, 15, 63, 64, 65, 1000, 20_000];
    let mut spec = simulation(TENTH_MS, 25_000);
    let relays = spec.add(neurons(Relay, delays.len() as u32, &[]));
    let input = spec.add(spike_list(1, &[(1, 0), (2, 0), (4_321, 0)]));
    let edges: Vec<Edge> = (0u32..).zip(delays).map(|(i, d)| (0, i, 1.0, d)).collect();
    spec.connect(input, relays, &edges);
    by_everyone(&spec, |who, outcome| {
        for (id, delay) in delays.into_iter().enumerate() {
            let want = [1 + delay, 2 + delay, 4_321 + delay];
            assert_eq!(outcome.ticks_of(id as u32), want, "{who}");
        }
    });
}

#[test]
fn a_relay_repeats_every_spike_as_often_as_it_arrives() {
    let mut spec = simulation(TENTH_MS, 100);
    let relay = spec.add(neurons(Relay, 1, &[]));
    let counter = spec.add(neurons(If, 1, &[("V_th", 1e6)]));
    let input = spec.add(spike_list(2, &[(10, 0), (11, 1), (40, 0), (40, 0)]));
    // Three synapses from input 0, one of weight 0 (weights are ignored), two from input 1 that
    // arrive together with the first.
    let edges = [
        (0, 0, 1.0, 5),
        (0, 0, 0.0, 5),
        (0, 0, -2.0, 5),
        (1, 0, 1.0, 4),
        (1, 0, 1.0, 4),
    ];
    spec.connect(input, relay, &edges);
    spec.connect(relay, counter, &[(0, 0, 0.25, 1)]);
    spec.drive(relay, spike_drive(&[(70, 0), (70, 0)], 9.0));
    let trace = spec.record(counter, "V_m", 1);
    by_everyone(&spec, |who, outcome| {
        let got = outcome.ticks_of(0);
        let want = [[15; 5].as_slice(), &[45; 6], &[70; 2]].concat();
        assert_eq!(got, want, "{who}");
        for (tick, v) in outcome.trace(trace) {
            let repeated = want.iter().filter(|t| **t < tick).count();
            assert_eq!(v, repeated as f64 * 0.25, "{who} at {tick}");
        }
    });
}

#[test]
fn sources_are_handed_out_like_neurons_and_fire_when_they_are_told() {
    let mut spec = simulation(TENTH_MS, 50);
    let listed = [(1, 1), (7, 0), (7, 0), (50, 1)];
    spec.add(spike_list(2, &listed));
    // One interval after start for the first time; at stop for the last.
    spec.add(regular(1, 10, 5, 35));
    spec.add(regular(1, 20, 0, 39));
    by_everyone(&spec, |who, outcome| {
        let mut want = listed.to_vec();
        want.extend([(15, 2), (25, 2), (35, 2), (20, 3)]);
        want.sort_unstable();
        assert_eq!(outcome.spikes, want, "{who}");
    });
}

#[test]
fn private_drives_act_at_the_tick_they_are_stamped_with() {
    let mut spec = simulation(TENTH_MS, 50);
    let cells = spec.add(neurons(If, 2, &[("V_th", 100.0)]));
    spec.drive(cells, spike_drive(&[(5, 0), (5, 1), (9, 1), (9, 1)], 2.0));
    let regular = DriveKind::Regular {
        interval: 10,
        start: 10,
        stop: 40,
        weight: 0.5.into(),
    };
    spec.drive(cells, regular);
    let recording = spec.record(cells, "V_m", 1);
    by_everyone(&spec, |who, outcome| {
        for (tick, values) in outcome.of_recording(recording) {
            let count = |ticks: &[u64]| ticks.iter().filter(|t| **t <= tick).count() as f64;
            let beats = 0.5 * count(&[20, 30, 40]);
            let want = [2.0 * count(&[5]) + beats, 2.0 * count(&[5, 9, 9]) + beats];
            assert_eq!(*values, want, "{who} at {tick}");
        }
    });
}

#[test]
fn a_spike_at_the_last_tick_is_kept_and_samples_come_at_multiples_of_their_interval() {
    let mut spec = simulation(TENTH_MS, 30);
    let cell = spec.add(neurons(If, 1, &[]));
    spec.drive(cell, spike_drive(&[(30, 0)], 1.0));
    let trace = spec.record(cell, "V_m", 7);
    by_everyone(&spec, |who, outcome| {
        assert_eq!(outcome.spikes, [(30, 0)], "{who}");
        let ticks: Vec<u64> = outcome.trace(trace).iter().map(|s| s.0).collect();
        assert_eq!(ticks, [7, 14, 21, 28], "{who}");
    });
}
