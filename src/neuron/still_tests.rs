//! Passes, visits, and a twin that takes one tick after the other.

use super::super::block::{BATCH, Batch};
use super::super::if_neuron::If;
use super::super::lif_delta::LifDelta;
use super::super::membrane::{Column, Columns, SYN};
use super::*;
use crate::network::spec::NeuronOptions;
use proptest::prelude::*;

const N: usize = 150;

/// Neurons one by one, with their input.
struct List<'a>(&'a [(u32, f64)]);
impl<R: Real> Hits<R> for List<'_> {
    fn next(&mut self, batch: &mut Batch<R>) -> usize {
        let (now, later) = self.0.split_at(self.0.len().min(BATCH));
        self.0 = later;
        for (k, &(i, input)) in now.iter().enumerate() {
            batch.neurons[k] = i;
            batch.input[0][k] = R::of(input);
        }
        now.len()
    }
}

#[derive(Clone, Debug)]
struct Case {
    /// V_th, V_reset, tau_m, t_ref, I_e, E_L and C_m.
    params: Vec<f64>,
    options: NeuronOptions,
    /// Ticks since the last input, and who gets how much.
    input: Vec<(u64, Vec<(u32, f64)>)>,
    initial: Vec<f64>,
}

fn population<D: Dynamics<R>, R: Real>(case: &Case, names: &[&'static str]) -> Lif<D, R> {
    let params: Vec<Column> = case.params.iter().map(|&p| Column::One(p)).collect();
    let state = [Column::Each(case.initial.clone())];
    let columns = Columns {
        params: &params,
        param_names: names,
        state: &state,
        state_names: &["V_m"],
        first_id: 0,
        seed: 1,
    };
    let mut lif = Lif::new(N, 0.1, case.options, &columns, false);
    lif.become_lazy(0);
    assert!(lif.is_still());
    lif
}

/// Spikes as (tick, neuron), and V at the end.
type Outcome = (Vec<(u64, u32)>, Vec<u64>);

/// Input by visits or by passes, as `dense` says for each tick.
fn run<D: Dynamics<R, SYN, 2>, R: Real>(
    case: &Case,
    names: &[&'static str],
    dense: impl Fn(u64) -> bool,
) -> Outcome {
    let mut lif = population::<D, R>(case, names);
    let mut spikes = Vec::new();
    let mut wakes = std::collections::BTreeSet::new();
    for i in 0..N {
        wakes.extend(lif.predict(i).map(|at| (at, i as u32)));
    }
    let mut t = 0;
    for (gap, input) in &case.input {
        let next = t + gap;
        while t < next {
            let first = wakes.first().map_or(next, |w| w.0.min(next));
            t = first;
            let mut fired = Vec::new();
            if t == next {
                let wake = |i, at| {
                    wakes.insert((at, i));
                };
                if dense(t) {
                    let mut all = [R::ZERO; N];
                    for &(i, x) in input {
                        all[i as usize] += R::of(x);
                    }
                    let (low, high) = all.split_at(70);
                    let mut wake = wake;
                    lif.pass(t, 0, low, &mut fired, &mut wake);
                    lif.pass(t, 70, high, &mut fired, &mut wake);
                } else {
                    lif.visit_each(t, &mut List(input), &mut fired, wake);
                }
            }
            while let Some(&(at, i)) = wakes.first()
                && at <= t
            {
                wakes.pop_first();
                match lif.look(i as usize, t) {
                    Look::Visit => {
                        lif.wake_still(t, &[i], &mut fired, |i, at| {
                            wakes.insert((at, i));
                        });
                    }
                    Look::Again(at) => wakes.extend(at.map(|at| (at, i))),
                }
            }
            fired.sort_unstable();
            spikes.extend(fired.iter().map(|&i| (t, i)));
        }
    }
    let v = (0..N)
        .map(|i| lif.peek(i, t + 3, "V_m").to_bits())
        .collect();
    (spikes, v)
}

/// The same, tick by tick and in the plainest way.
fn twin(case: &Case, tau: f64, steady: f64) -> (Vec<(u64, u32)>, Vec<f64>) {
    let (theta, reset, rest) = (case.params[0], case.params[1], case.params[5]);
    let held = (case.params[3] / 0.1).round() as u64;
    let keep = libm::exp(-0.1 / tau);
    let mut v: Vec<f64> = case.initial.iter().map(|v| v - rest).collect();
    let mut until = vec![0; N];
    let (mut t, mut spikes) = (0, Vec::new());
    let last: u64 = case.input.iter().map(|i| i.0).sum();
    let mut waiting = case.input.iter().map(|i| (i.0, &i.1));
    let mut next = waiting.next();
    while t < last + 3 {
        t += 1;
        let mut now = vec![0.0; N];
        if let Some((at, input)) = next
            && at == t
        {
            input.iter().for_each(|&(i, x)| now[i as usize] += x);
            next = waiting.next().map(|(gap, input)| (t + gap, input));
        }
        for i in 0..N {
            if t <= until[i] {
                continue;
            }
            v[i] = steady + (v[i] - steady) * keep + now[i];
            let above = v[i] - (theta - rest);
            let fires = match case.options.threshold_test {
                ThresholdTest::Strict => above > 0.0,
                ThresholdTest::NonStrict => above >= 0.0,
            };
            if fires && t <= last {
                spikes.push((t, i as u32));
                until[i] = t + held;
                v[i] = match case.options.reset {
                    ResetMode::Subtract => above,
                    _ => reset - rest,
                };
            }
        }
    }
    (spikes, v.iter().map(|v| v + rest).collect())
}

const NAMES: [&str; 7] = ["V_th", "V_reset", "tau_m", "t_ref", "I_e", "E_L", "C_m"];

fn cases() -> impl Strategy<Value = Case> {
    let gap = prop_oneof![1..4u64, 1..60u64, 300..5000u64];
    let hits = prop::collection::btree_map(0..N as u32, -9.0..14.0f64, 0..60);
    let input = prop::collection::vec((gap, hits), 1..40);
    let constants = (0.3..15.0f64, 0..25u64, -20.0..14.0f64);
    let options = (0..3usize, any::<bool>());
    let initial = prop::collection::vec(-80.0..-51.0f64, N);
    (input, constants, options, initial).prop_map(
        |(input, (tau, t_ref, steady), (reset, strict), initial)| Case {
            params: vec![
                -55.0,
                -68.0,
                tau,
                t_ref as f64 * 0.1,
                steady * 250.0 / tau,
                -70.0,
                250.0,
            ],
            options: NeuronOptions {
                reset: [ResetMode::Value, ResetMode::All, ResetMode::Subtract][reset],
                threshold_test: [ThresholdTest::NonStrict, ThresholdTest::Strict]
                    [usize::from(strict)],
                ..NeuronOptions::default()
            },
            input: input
                .into_iter()
                .map(|(gap, hits)| (gap, hits.into_iter().collect()))
                .collect(),
            initial,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn passes_and_visits_give_the_same_bits_and_the_spikes_of_a_plain_twin(case in cases()) {
        let visited = run::<LifDelta, f64>(&case, &NAMES, |_| false);
        prop_assert_eq!(&visited, &run::<LifDelta, f64>(&case, &NAMES, |_| true));
        prop_assert_eq!(&visited, &run::<LifDelta, f64>(&case, &NAMES, |t| t % 3 == 0));
        let single = run::<LifDelta, f32>(&case, &NAMES, |_| false);
        prop_assert_eq!(&single, &run::<LifDelta, f32>(&case, &NAMES, |t| t % 2 == 0));
        let steady = case.params[4] * case.params[2] / 250.0;
        let (spikes, v) = twin(&case, case.params[2], steady);
        prop_assert_eq!(&visited.0, &spikes);
        for (ours, twin) in visited.1.iter().zip(v) {
            prop_assert!((f64::from_bits(*ours) - twin).abs() < 1e-9, "{} {twin}", f64::from_bits(*ours));
        }
        // An integrator without leak.
        let mut case = case;
        case.params = vec![-55.0, -68.0, 10.0, case.params[3], 0.0, -70.0, 250.0];
        let visited = run::<If, f64>(&case, &NAMES, |_| false);
        prop_assert_eq!(&visited, &run::<If, f64>(&case, &NAMES, |_| true));
        let (spikes, _) = twin(&case, 1e300, 0.0);
        prop_assert_eq!(&visited.0, &spikes);
    }
}

#[test]
fn a_weight_as_large_as_the_way_to_the_threshold_is_enough_at_any_tick() {
    for t in [1, 2, 3, 77, 1_000, 65_537, 3_000_001] {
        let case = Case {
            params: vec![-55.0, -68.0, 10.0, 2.0, 0.0, -70.0, 250.0],
            options: NeuronOptions::default(),
            input: vec![(t, vec![(3, 15.0), (4, 15.0 - 1e-13)])],
            initial: vec![-70.0; N],
        };
        assert_eq!(run::<LifDelta, f64>(&case, &NAMES, |_| false).0, [(t, 3)]);
        assert_eq!(run::<LifDelta, f64>(&case, &NAMES, |_| true).0, [(t, 3)]);
    }
}
