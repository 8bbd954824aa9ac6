//! Clocked models against NEST: the Izhikevich neuron spike for spike, the others with an error that
//! falls with the step as the method's order says.

use std::fs;
use std::path::Path;

use serde_json::Value;
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

use crate::common::*;
use crate::engine;

/// A reference network with NEST's answer; see tests/data/nest_clocked/README.md.
struct Case {
    json: Value,
    model: ModelKind,
    n: u32,
    /// Times of the case are in these ticks of 0.1 or 1 ms.
    tick_ps: u64,
    duration: u64,
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let list = value.as_array().expect("a list of lists");
    list.iter().map(numbers).collect()
}

impl Case {
    fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nest_clocked");
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).expect(name);
        let json: Value = serde_json::from_str(&text).expect(name);
        let model = json["model"].as_str().expect("a model");
        let ms = json["resolution"].as_f64().expect("resolution");
        Self {
            model: ModelKind::from_name(model).expect("a model of ours"),
            n: json["params"].as_array().expect("params").len() as u32,
            tick_ps: (ms * PS_PER_MS).round() as u64,
            duration: json["duration"].as_u64().expect("duration"),
            json,
        }
    }

    /// The network at `finer` times the resolution of the case, in steps of a `substeps`th tick.
    fn network(&self, finer: u64, substeps: u32, changed: &Value) -> NetworkSpec {
        let mut spec = simulation(self.tick_ps / finer, self.duration * finer);
        let ticks = |t: f64| t as u64 * finer;
        let mut cells = neurons(self.model, self.n, &[]);
        let all = self.json["params"].as_array().expect("params");
        let def = self.model.def();
        let params = def.params.iter().map(|p| (p.name, p.default));
        let state = def.state.iter().filter(|s| all[0].get(s.name).is_some());
        for (name, default) in params.chain(state.map(|s| (s.name, 0.0))) {
            let value = |p: &Value| changed.get(name).or(p.get(name)).and_then(Value::as_f64);
            let each = all.iter().map(|p| value(p).unwrap_or(default)).collect();
            cells = cells.with_each(name, each);
        }
        cells.spec.options.clock.substeps = substeps;
        cells.spec.options.two_half_steps = self.json["consistent_integration"] == false;
        let cells = spec.add(cells);

        let inputs = self.json["inputs"].as_array().expect("inputs");
        let mut fired = Vec::new();
        for (input, times) in inputs.iter().enumerate() {
            fired.extend(numbers(times).iter().map(|t| (ticks(*t), input as u32)));
        }
        let inputs = spec.add(spike_list(inputs.len() as u32, &fired));
        let delay = (PS_PER_MS as u64 / self.tick_ps) * finer;
        let mut edges: Vec<Edge> = Vec::new();
        let lists = self.json["input_edges"].as_array().expect("input edges");
        for (input, list) in lists.iter().enumerate() {
            let list = rows(list).into_iter();
            edges.extend(list.map(|e| (input as u32, e[0] as u32, e[1], delay)));
        }
        spec.connect(inputs, cells, &edges);
        let recurrent: Vec<Edge> = rows(&self.json["edges"])
            .iter()
            .map(|e| (e[0] as u32, e[1] as u32, e[2], ticks(e[3])))
            .collect();
        spec.connect(cells, cells, &recurrent);
        let currents = self.json["currents"].as_array().expect("currents");
        for (neuron, steps) in (0..).zip(currents) {
            let steps: Vec<(u64, f64)> = rows(steps).iter().map(|s| (ticks(s[0]), s[1])).collect();
            if !steps.is_empty() {
                spec.drive(cells, step_current(&steps));
                let to = &mut spec.drives.last_mut().expect("a drive").to[0];
                (to.start, to.end) = (neuron, neuron + 1);
            }
        }
        spec.record(cells, "V_m", finer);
        spec
    }

    fn spikes(&self, outcome: &Outcome) -> Vec<(u64, u32)> {
        let own = outcome.spikes.iter().filter(|s| s.1 < self.n);
        own.copied().collect()
    }

    /// (tick, neuron) of NEST at the case's resolution.
    fn nest_spikes(&self) -> Vec<(u64, u32)> {
        let spikes = rows(&self.json["spikes"]).into_iter();
        spikes.map(|s| (s[0] as u64, s[1] as u32)).collect()
    }

    /// The largest difference to NEST's potentials, in mV.
    fn error(&self, outcome: &Outcome) -> f64 {
        let own: Vec<&Vec<f64>> = outcome.of_recording(0).map(|(_, values)| values).collect();
        let mut worst: f64 = 0.0;
        for row in rows(&self.json["vm"]) {
            let ours = own[row[0] as usize - 1];
            for (v, nest) in ours.iter().zip(&row[1..]) {
                assert!(v.is_finite());
                worst = worst.max((v - nest).abs());
            }
        }
        worst
    }
}

#[test]
fn izhikevich_neurons_are_those_of_nest_spike_for_spike() {
    for name in ["izhikevich", "izhikevich_2003"] {
        let case = Case::load(name);
        let spec = case.network(1, 1, &Value::Null);
        for shards in [1, 2, 3, 5] {
            let outcome = engine::run(&spec, shards).outcome;
            let difference = first_difference(&case.spikes(&outcome), &case.nest_spikes());
            assert_eq!(difference, None, "{name}");
            let error = case.error(&outcome);
            println!("{name}, {shards} shards: V to {error:.1e} mV");
            assert!(error < 1e-12, "{name}: {error:e}");
        }
    }
}

#[test]
fn potentials_go_to_those_of_nest_with_the_order_of_the_method() {
    // Order, and error in mV allowed with steps of 0.1 ms.
    for (name, order, allowed) in [
        ("lif_cond_exp", 4.0, 1e-3),
        ("lif_cond_alpha", 4.0, 1e-3),
        ("adex", 2.0, 1e-1),
        ("adex_alpha", 2.0, 1e-1),
    ] {
        let case = Case::load(name);
        let error = |substeps| {
            let spec = case.network(1, substeps, &case.json["quiet"]);
            let outcome = engine::run(&spec, 1).outcome;
            assert!(case.spikes(&outcome).is_empty());
            case.error(&outcome)
        };
        let errors = [1, 4, 16].map(error);
        println!("{name}: {errors:?} mV");
        assert!(errors[0] < allowed, "{name}: {errors:?}");
        let fall = (errors[0] / errors[1]).log(4.0);
        assert!((fall - order).abs() < 0.5, "{name}: order {fall}");
        // NEST's own error and rounding are a floor.
        assert!(
            errors[2] < errors[1] / 10.0 || errors[2] < 1e-9,
            "{name}: {errors:?}"
        );
    }
}

/// Mean distance in ms between the k-th spikes of each neuron in both lists; `None` if the numbers of
/// spikes differ.
fn spike_time_error(n: u32, ours: &[(f64, u32)], exact: &[(f64, u32)]) -> Option<f64> {
    let of = |all: &[(f64, u32)], i: u32| -> Vec<f64> {
        let own = all.iter().filter(|s| s.1 == i);
        own.map(|s| s.0).collect()
    };
    let mut sum = 0.0;
    for i in 0..n {
        let (a, b) = (of(ours, i), of(exact, i));
        if a.len() != b.len() {
            println!("neuron {i}: {} spikes instead of {}", a.len(), b.len());
            return None;
        }
        sum += a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>();
    }
    Some(sum / exact.len() as f64)
}

/// Our spikes with steps of a `finer`th of the case's resolution, and their error.
fn spikes_at(case: &Case, finer: u64) -> (Vec<(u64, u32)>, Option<f64>) {
    let spec = case.network(finer, 1, &Value::Null);
    let ticks = case.spikes(&engine::run(&spec, 1).outcome);
    let ms = |s: &(u64, u32)| (s.0 as f64 * spec.tick_ms(), s.1);
    let ours: Vec<(f64, u32)> = ticks.iter().map(ms).collect();
    let exact = rows(&case.json["exact_spikes"]).into_iter();
    let exact: Vec<(f64, u32)> = exact.map(|s| (s[0], s[1] as u32)).collect();
    let error = spike_time_error(case.n, &ours, &exact);
    (ticks, error)
}

#[test]
fn neurons_with_a_threshold_spike_when_those_of_nest_do() {
    for name in ["lif_cond_exp", "lif_cond_alpha"] {
        let case = Case::load(name);
        let (spikes, _) = spikes_at(&case, 1);
        assert_eq!(
            first_difference(&spikes, &case.nest_spikes()),
            None,
            "{name}"
        );
        let (_, finest) = spikes_at(&case, 64);
        assert!(finest.is_some_and(|e| e < 1e-9), "{name}: {finest:?} ms");
    }
}

#[test]
fn spike_times_of_adex_neurons_go_to_those_of_nest_in_proportion_to_the_step() {
    // A spike is told, and V reset, at the end of a step: each adds about half a step.
    for name in ["adex", "adex_alpha"] {
        let case = Case::load(name);
        let (_, coarse) = spikes_at(&case, 16);
        let (_, fine) = spikes_at(&case, 64);
        println!("{name}: {coarse:?}, {fine:?} ms");
        let (Some(coarse), Some(fine)) = (coarse, fine) else {
            panic!("{name}: the numbers of spikes differ");
        };
        assert!(coarse < 0.12, "{name}: {coarse} ms");
        assert!(
            (3.0..7.0).contains(&(coarse / fine)),
            "{name}: {coarse} {fine} ms"
        );
    }
}
