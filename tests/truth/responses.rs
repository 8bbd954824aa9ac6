//! The response of every model to an input, against its closed form.

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind::{self, *};

use crate::closed_forms::*;
use crate::common::*;

/// The response of a membrane at rest to one input of weight 1 at time 0.
#[derive(Clone, Copy, Debug)]
pub struct Psp {
    pub model: ModelKind,
    pub c_m: f64,
    pub tau_m: f64,
    pub tau_syn: f64,
}

impl Psp {
    /// Synaptic current (pA) after `t` ms.
    pub fn current(&self, t: f64) -> f64 {
        let s = t / self.tau_syn;
        match self.model {
            LifExp => (-s).exp(),
            LifAlpha => s * (1.0 - s).exp(),
            _ => unreachable!("no current"),
        }
    }

    /// V (mV) after `t` ms from the differential equation by quadrature, which knows nothing of
    /// equal or nearly equal time constants.
    pub fn at(&self, t: f64) -> f64 {
        let panel = 0.5 * self.tau_m.min(self.tau_syn);
        let kernel = |s: f64| (-(t - s) / self.tau_m).exp() * self.current(s);
        integral(0.0, t, panel, kernel) / self.c_m
    }

    /// V after `t` ms in closed form; for time constants that are equal or clearly different.
    pub fn closed_form(&self, t: f64) -> f64 {
        let (m, s) = (self.tau_m, self.tau_syn);
        let per_c = 1.0 / self.c_m;
        let e = std::f64::consts::E;
        match self.model {
            LifDelta => (-t / m).exp(),
            LifExp if m == s => per_c * t * (-t / m).exp(),
            LifExp => per_c * m * s / (m - s) * ((-t / m).exp() - (-t / s).exp()),
            LifAlpha if m == s => per_c * e / s * t * t / 2.0 * (-t / m).exp(),
            LifAlpha => {
                let d = 1.0 / s - 1.0 / m;
                let inner = (-t / m).exp() - (1.0 + d * t) * (-t / s).exp();
                per_c * e / s * inner / (d * d)
            }
            _ => unreachable!("no potential"),
        }
    }

    pub fn population(&self, n: u32) -> NeuronPopulation {
        let rest = [
            ("E_L", 0.0),
            ("V_reset", 0.0),
            ("V_th", 15.0),
            ("tau_m", self.tau_m),
            ("C_m", self.c_m),
        ];
        let population = neurons(self.model, n, &rest);
        if self.model == LifDelta {
            return population;
        }
        population
            .with("tau_syn_ex", self.tau_syn)
            .with("tau_syn_in", self.tau_syn)
    }
}

fn psps() -> Vec<Psp> {
    let tau_m = 10.0;
    let mut all = vec![Psp {
        model: LifDelta,
        c_m: 250.0,
        tau_m,
        tau_syn: 0.0,
    }];
    for model in [LifExp, LifAlpha] {
        for tau_syn in [
            0.5,
            2.0,
            5.0,
            tau_m,
            tau_m * (1.0 + 1e-9),
            tau_m * (1.0 - 1e-6),
            tau_m * (1.0 + 1e-3),
            20.0,
        ] {
            all.push(Psp {
                model,
                c_m: 250.0,
                tau_m,
                tau_syn,
            });
        }
    }
    all
}

#[test]
fn quadrature_and_closed_form_of_a_psp_agree() {
    for psp in psps() {
        let clear = psp.tau_m == psp.tau_syn || (psp.tau_m / psp.tau_syn - 1.0).abs() > 0.1;
        if psp.model != LifDelta && clear {
            // The closed form cancels at short times, the quadrature does not.
            for t in [1.0, 7.3, 40.0] {
                let want = psp.closed_form(t);
                near(psp.at(t), want, 2e-13 * want, &format!("{psp:?} at {t}"));
            }
        }
    }
}

// Constant current.

#[test]
fn the_psp_of_every_model_has_its_closed_form_also_at_nearly_equal_time_constants() {
    for psp in psps() {
        // Lazy updates have no reason to be worse on a finer grid.
        for (resolution, every) in [(TENTH_MS, 7), (MICROSECOND, 999)] {
            let mut spec = simulation(resolution, ticks(40, resolution));
            let cell = spec.add(psp.population(1));
            spec.drive(cell, spike_drive(&[(5, 0)], 1.0));
            let trace = spec.record(cell, "V_m", every);
            let check = |who: &str, outcome: &Outcome| {
                for (tick, v) in outcome.trace(trace) {
                    let t = (tick as f64 - 5.0) * spec.tick_ms();
                    let want = match psp.model {
                        _ if t < 0.0 => 0.0,
                        LifDelta => psp.closed_form(t),
                        _ => psp.at(t),
                    };
                    let what = format!("{who}, {psp:?} at {t} ms");
                    near(v, want, 1e-12 * want, &what);
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
fn responses_to_many_inputs_superpose() {
    for model in [LifDelta, LifExp, LifAlpha] {
        let response = |tau_syn| Psp {
            model,
            c_m: 250.0,
            tau_m: 10.0,
            tau_syn,
        };
        let (ex, inh) = (response(2.0), response(7.5));
        let mut spec = simulation(TENTH_MS, 600);
        let mut population = ex.population(1).with("V_th", 1e9);
        if model != LifDelta {
            population = population.with("tau_syn_in", 7.5);
        }
        let cell = spec.add(population);
        // A fixed scatter of 400 inputs of both signs, several of them at one tick.
        let scatter = |k: u64, of: u64| (k * 2_654_435_761 % 1_000_003) % of;
        let events: Vec<(u64, f64)> = (1..=400)
            .map(|k| {
                (
                    1 + scatter(k, 590),
                    scatter(k + 1000, 2001) as f64 / 7.0 - 90.0,
                )
            })
            .collect();
        let fired: Vec<(u64, u32)> = (0u32..).zip(&events).map(|(i, e)| (e.0, i)).collect();
        let input = spec.add(spike_list(400, &fired));
        let edges: Vec<Edge> = (0u32..)
            .zip(&events)
            .map(|(i, e)| (i, 0, e.1, 1 + u64::from(i % 9)))
            .collect();
        spec.connect(input, cell, &edges);
        let trace = spec.record(cell, "V_m", 29);
        by_everyone(&spec, |who, outcome| {
            for (tick, v) in outcome.trace(trace) {
                let (mut want, mut scale) = (0.0, 0.0);
                for (i, (at, weight)) in (0u64..).zip(&events) {
                    let arrival = at + 1 + i % 9;
                    if arrival <= tick {
                        let t = (tick - arrival) as f64 * 0.1;
                        let psp = if *weight > 0.0 { ex } else { inh };
                        want += weight * psp.closed_form(t);
                        scale += (weight * psp.closed_form(t)).abs();
                    }
                }
                near(
                    v,
                    want,
                    1e-12 * scale,
                    &format!("{who}, {model:?} at {tick}"),
                );
            }
        });
    }
}

/// Alpha currents whose time constant is about that of the membrane.
fn is_nearly_degenerate(psp: &Psp) -> bool {
    psp.model == LifAlpha && (psp.tau_syn / psp.tau_m - 1.0).abs() < 0.01
}

#[test]
fn the_smallest_weight_that_fires_is_the_threshold_over_the_peak() {
    for resolution in [TENTH_MS, MICROSECOND, NANOSECOND] {
        for psp in psps().into_iter().filter(|p| p.model != LifDelta) {
            if resolution != NANOSECOND || !is_nearly_degenerate(&psp) {
                smallest_weight_that_fires(psp, resolution);
            }
        }
    }
}

#[test]
fn the_smallest_weight_is_also_found_at_once_where_alpha_and_membrane_time_nearly_agree() {
    for psp in psps().into_iter().filter(is_nearly_degenerate) {
        smallest_weight_that_fires(psp, NANOSECOND);
    }
}

fn smallest_weight_that_fires(psp: Psp, resolution: u64) {
    let h = resolution as f64 / PS_PER_MS;
    // The peak in continuous time lies where V has risen to R I.
    let slope = |t: f64| psp.at(t) / psp.tau_m - psp.current(t) / psp.c_m;
    let peak = root(1e-3 * psp.tau_syn, 60.0, slope);
    let around = (peak / h).round() as u64;
    let best = (around - 2..=around + 2)
        .max_by(|a, b| psp.at(*a as f64 * h).total_cmp(&psp.at(*b as f64 * h)))
        .expect("five ticks");
    let weight = 15.0 / psp.at(best as f64 * h);
    let mut spec = simulation(resolution, ticks(60, resolution));
    let cell = spec.add(psp.population(2));
    // A delay of a millisecond, as networks on a fine grid have them.
    let input = spec.add(spike_list(1, &[(3, 0)]));
    let delay = ticks(1, resolution);
    let edges = [
        (0, 0, weight * (1.0 + 1e-9), delay),
        (0, 1, weight * (1.0 - 1e-9), delay),
    ];
    spec.connect(input, cell, &edges);
    at_resolution(&spec, |who, outcome| {
        let what = format!("{who}, {psp:?}, {resolution} ps");
        assert!(outcome.ticks_of(1).is_empty(), "{what}");
        let got = outcome.ticks_of(0);
        assert_eq!(got.len(), 1, "{what}");
        // A billionth above the peak is wide on a very fine grid.
        let width = peak.max(10.0) * 1e-4 / h + 1.0;
        let off = got[0].abs_diff(best + 3 + delay) as f64;
        assert!(off <= width, "{what}: at {} instead of {best}", got[0]);
    });
}

#[test]
fn a_narrow_excursion_over_the_threshold_counts_if_a_tick_falls_into_it() {
    // Krishnan et al. (2018) Front. Neuroinform. 11:75: near threshold, one PSC at 4 ms decides.
    // V(2 ms) = -49.001 mV is the equilibrium of 52.4975 pA.
    let cases = [
        (55.0, None),
        (70.0, Some(4.014415459912289)),
        (90.0, Some(4.006586385666146)),
    ];
    let values = [
        ("tau_m", 100.0),
        ("tau_syn_ex", 1.0),
        ("C_m", 250.0),
        ("E_L", -70.0),
        ("V_th", -49.0),
        ("V_m", -49.001),
    ];
    for resolution in [MICROSECOND, 100 * NANOSECOND, NANOSECOND] {
        let mut spec = simulation(resolution, ticks(6, resolution));
        let cells = spec.add(neurons(LifExp, 3, &values));
        let (two, four) = (ticks(2, resolution), ticks(4, resolution));
        spec.drive(
            cells,
            step_current(&[(0, 52.4975), (two, 52.5), (four, 0.0)]),
        );
        let input = spec.add(spike_list(1, &[(four - ticks(1, resolution), 0)]));
        let one_ms = ticks(1, resolution);
        let edges: Vec<Edge> = (0u32..)
            .zip(cases)
            .map(|(i, c)| (0, i, c.0, one_ms))
            .collect();
        spec.connect(input, cells, &edges);
        at_resolution(&spec, |who, outcome| {
            for (id, (weight, at)) in cases.into_iter().enumerate() {
                let want: Vec<u64> = at
                    .map(|ms| (ms / spec.tick_ms()).ceil() as u64)
                    .into_iter()
                    .collect();
                if resolution == MICROSECOND {
                    let ticks = [None, Some(4015), Some(4007)];
                    assert_eq!(want.first().copied(), ticks[id], "the anchor");
                }
                let got = outcome.ticks_of(id as u32);
                assert_eq!(got, want, "{who}, w {weight}, {resolution} ps");
            }
        });
    }
}
