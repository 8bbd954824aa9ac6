//! A network of the engine as a NIR graph: the way back from `network`.
//!
//! NIR has no refractory time, no adaptation, no noise and no plasticity: networks with these are refused, by
//! name. Parameters are written so that a tool that computes in steps of the resolution does what the
//! engine does: time constants whose 1 - dt / tau is the exact decay, and gains for which a spike of weight w
//! moves the potential (or the current) by w. Synapses take a tick in the engine, and in tools none, or a step
//! where they close a loop: what a delay has beyond a tick becomes a Delay node.

use std::collections::BTreeMap;

use crate::import::nir::{Array, Edge, Kind, Meta, Nir, Node};
use crate::network::Synapse;
use crate::network::estimate::{available_memory, show_bytes};
use crate::network::spec::{
    NetworkSpec, NeuronSpec, PopulationKind, PopulationSpec, ResetMode, ThresholdTest,
};
use crate::neuron::ModelKind;
use crate::rng::Domain;

/// Different delays between two populations: each becomes a matrix of its own.
const MOST_DELAYS: usize = 16;

/// The graph of a network whose synapses are these.
///
/// # Errors
/// All that NIR cannot say.
pub fn export(spec: &NetworkSpec, synapses: &[Synapse]) -> Result<Nir, Vec<String>> {
    let mut out = Exporter {
        spec,
        dt: spec.tick_ms() / 1e3,
        errors: Vec::new(),
        nir: Nir {
            version: None,
            nodes: Vec::new(),
            edges: Vec::new(),
            metadata: Vec::new(),
            notes: Vec::new(),
        },
        subtract: Vec::new(),
    };
    for p in &spec.populations {
        out.population(p);
    }
    if let Some(d) = spec.drives.first() {
        out.errors.push(format!(
            "the stimulus `{}` goes straight to its targets, and NIR has no such input: give it a size and \
             a projection",
            d.name
        ));
    }
    if spec.projections.iter().any(|p| p.plasticity.is_some()) {
        out.errors
            .push("its synapses change while it runs, and those of NIR do not".into());
    }
    if out.subtract.windows(2).any(|w| w[0] != w[1]) {
        out.errors.push(
            "some populations are reset by subtraction and others to a value; the mark is one of a whole file"
                .into(),
        );
    }
    if out.errors.is_empty() {
        out.connect(synapses);
        out.exits();
    }
    if !out.errors.is_empty() {
        return Err(out.errors);
    }
    let reset = match out.subtract.first() {
        Some(true) => "subtract",
        _ => "value",
    };
    out.nir.metadata = vec![
        ("dt".into(), Meta::Numbers(vec![out.dt])),
        ("reset".into(), Meta::Text(reset.into())),
    ];
    out.nir.edges.sort_unstable();
    Ok(out.nir)
}

struct Exporter<'n> {
    spec: &'n NetworkSpec,
    /// Seconds.
    dt: f64,
    errors: Vec<String>,
    nir: Nir,
    /// Of each neuron population: is it reset by subtraction?
    subtract: Vec<bool>,
}

impl Exporter<'_> {
    fn node(
        &mut self,
        name: String,
        kind: Kind,
        shape: [usize; 2],
        parameters: Vec<(&'static str, Array)>,
    ) -> usize {
        self.nir.nodes.push(Node {
            name,
            kind,
            parameters,
            input: vec![shape[0]],
            output: vec![shape[1]],
            metadata: Vec::new(),
        });
        self.nir.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize) {
        self.nir.edges.push(Edge {
            from,
            to,
            recurrent: false,
        });
    }

    fn population(&mut self, p: &PopulationSpec) {
        let n = p.size as usize;
        let PopulationKind::Neurons(neurons) = &p.kind else {
            let shape = Array::list(vec![n as f64]);
            self.node(p.name.clone(), Kind::Input, [n, n], vec![("shape", shape)]);
            return;
        };
        let index = self.nir.nodes.len();
        let param = |name: &str| -> Vec<f64> {
            let def = neurons.model.def();
            let Some(k) = def.param(name) else {
                return vec![0.0; n];
            };
            let of = (index as u64) << 16 | k as u64;
            let each = |i| neurons.params[k].element(self.spec.seed, Domain::Parameter, of, i);
            (0..n).map(each).collect()
        };
        for problem in cannot_say(neurons, &param) {
            self.errors
                .push(format!("population `{}`: {problem}", p.name));
        }
        let tick = self.spec.tick_ms();
        // 1 - dt / tau is the decay over a tick.
        let steps = |tau_ms: f64| -self.dt / libm::expm1(-tick / tau_ms);
        let list = |v: Vec<f64>| Array::list(v);
        let taus = |name: &str| param(name).into_iter().map(steps).collect::<Vec<f64>>();
        let gains = |tau: &[f64]| tau.iter().map(|t| t / self.dt).collect::<Vec<f64>>();
        let ends = |v: &mut Vec<(&'static str, Array)>| {
            v.push(("v_threshold", list(param("V_th"))));
            v.push(("v_reset", list(param("V_reset"))));
        };
        let mut parameters = Vec::new();
        let kind = match neurons.model {
            ModelKind::If => {
                parameters.push(("r", list(vec![1.0 / self.dt; n])));
                ends(&mut parameters);
                Kind::If
            }
            ModelKind::LifDelta => {
                let tau = taus("tau_m");
                parameters.push(("r", list(gains(&tau))));
                parameters.push(("tau", list(tau)));
                parameters.push(("v_leak", list(param("E_L"))));
                ends(&mut parameters);
                Kind::Lif
            }
            _ => {
                let (mem, syn) = (taus("tau_m"), taus("tau_syn_ex"));
                // Between steps the current decays: what the tool adds per step is the logarithmic mean of
                // both decays, per pF.
                let (m, s, c) = (param("tau_m"), param("tau_syn_ex"), param("C_m"));
                let gain = |i: usize| {
                    let (m, s) = (-tick / m[i], -tick / s[i]);
                    let mean = if ((m - s) / m).abs() < 1e-9 {
                        m.exp()
                    } else {
                        (m.exp() - s.exp()) / (m - s)
                    };
                    mem[i] / self.dt * mean * tick / c[i]
                };
                parameters.push(("r", list((0..n).map(gain).collect())));
                parameters.push(("w_in", list(gains(&syn))));
                parameters.push(("tau_mem", list(mem)));
                parameters.push(("tau_syn", list(syn)));
                parameters.push(("v_leak", list(param("E_L"))));
                ends(&mut parameters);
                Kind::CubaLif
            }
        };
        self.subtract
            .push(neurons.options.reset == ResetMode::Subtract);
        self.node(p.name.clone(), kind, [n, n], parameters);
        if neurons.options.threshold_test == ThresholdTest::NonStrict {
            self.nir.notes.push(format!(
                "population `{}` spikes where V reaches its threshold, and neurons of NIR where V exceeds it",
                p.name
            ));
        }
    }

    /// Matrices between populations, one for each delay.
    fn connect(&mut self, synapses: &[Synapse]) {
        let offsets = self.spec.offsets();
        let of = |id: u32| {
            let p = offsets.partition_point(|o| *o <= u64::from(id)) - 1;
            (p, (u64::from(id) - offsets[p]) as usize)
        };
        let mut groups: BTreeMap<(usize, usize, u64), Vec<&Synapse>> = BTreeMap::new();
        for s in synapses {
            let key = (of(s.source).0, of(s.target).0, s.delay);
            groups.entry(key).or_default().push(s);
        }
        let size = |p: usize| self.spec.populations[p].size as usize;
        let name = |p: usize| self.spec.populations[p].name.as_str();
        let mut needed = 0.0;
        let mut delays: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (from, to, _) in groups.keys() {
            needed += size(*from) as f64 * size(*to) as f64 * 8.0;
            *delays.entry((*from, *to)).or_default() += 1;
        }
        for ((from, to), n) in delays.iter().filter(|(_, n)| **n > MOST_DELAYS) {
            self.errors.push(format!(
                "`{}` to `{}` has {n} different delays; at most {MOST_DELAYS} can be written, each a matrix",
                name(*from),
                name(*to)
            ));
        }
        if available_memory().is_some_and(|a| needed > a as f64) {
            self.errors.push(format!(
                "its synapses as matrices take {}, more than is available",
                show_bytes(needed)
            ));
        }
        if !self.errors.is_empty() {
            return;
        }
        for ((from, to, delay), list) in groups {
            let (n, m) = (size(from), size(to));
            let mut weight = vec![0.0; n * m];
            for s in list {
                weight[of(s.target).1 * n + of(s.source).1] += s.weight;
            }
            let base = format!("{}_to_{}", name(from), name(to));
            let mut title = match delays[&(from, to)] {
                1 => base,
                _ => format!("{base}_{delay}"),
            };
            let taken = |nir: &Nir, t: &str| nir.nodes.iter().any(|n| n.name == t);
            while taken(&self.nir, &title) || self.spec.population(&title).is_some() {
                title.push('_');
            }
            let matrix = vec![("weight", Array::new(vec![m, n], weight))];
            let linear = self.node(title.clone(), Kind::Linear, [n, m], matrix);
            self.edge(from, linear);
            let more = delay.saturating_sub(1) as f64 * self.dt;
            if more == 0.0 {
                self.edge(linear, to);
            } else {
                let late = vec![("delay", Array::list(vec![more; m]))];
                let late = self.node(format!("{title}_delay"), Kind::Delay, [m, m], late);
                self.edge(linear, late);
                self.edge(late, to);
            }
        }
    }

    /// Currents, and exits for populations that nothing reads.
    fn exits(&mut self) {
        for (p, population) in self.spec.populations.iter().enumerate() {
            let n = population.size as usize;
            if let PopulationKind::Neurons(neurons) = &population.kind {
                let def = neurons.model.def();
                let k = def.param("I_e");
                let value = |i: usize| {
                    k.map_or(0.0, |k| {
                        let of = (p as u64) << 16 | k as u64;
                        neurons.params[k].element(self.spec.seed, Domain::Parameter, of, i)
                    })
                };
                let drive: Vec<f64> = (0..n).map(value).collect();
                if drive.iter().any(|d| *d != 0.0) {
                    self.bias(p, neurons, &drive);
                }
            }
            let read = self.nir.edges.iter().any(|e| e.from == p);
            let recurrent_only = self.nir.edges.iter().filter(|e| e.from == p).all(|e| {
                let after = self.nir.edges.iter().filter(|f| f.from == e.to);
                after.clone().all(|f| f.to == p)
            });
            if matches!(population.kind, PopulationKind::Neurons(_)) && (!read || recurrent_only) {
                let shape = Array::list(vec![n as f64]);
                let name = format!("output_{}", population.name);
                let exit = self.node(name, Kind::Output, [n, n], vec![("shape", shape)]);
                self.edge(p, exit);
            }
        }
    }

    /// A constant current as the bias of a matrix without weights, behind an input that is silent.
    fn bias(&mut self, p: usize, neurons: &NeuronSpec, drive: &[f64]) {
        let n = drive.len();
        let tick = self.spec.tick_ms();
        let name = self.spec.populations[p].name.clone();
        if neurons.model == ModelKind::LifExp {
            self.errors.push(format!(
                "population `{name}`: a constant current past the synaptic current (I_e) is not in NIR"
            ));
            return;
        }
        let c = |i: usize, what: &str, missing: f64| {
            let k = neurons.model.def().param(what);
            k.map_or(missing, |k| {
                let of = (p as u64) << 16 | k as u64;
                neurons.params[k].element(self.spec.seed, Domain::Parameter, of, i)
            })
        };
        // What a step adds to the potential.
        let bias: Vec<f64> = drive
            .iter()
            .enumerate()
            .map(|(i, d)| match neurons.model {
                ModelKind::If => d * tick,
                _ => {
                    let tau = c(i, "tau_m", 1.0);
                    -tau * libm::expm1(-tick / tau) * d / c(i, "C_m", 1.0)
                }
            })
            .collect();
        let shape = Array::list(vec![1.0]);
        let silent = format!("{name}_no_input");
        let silent = self.node(silent, Kind::Input, [1, 1], vec![("shape", shape)]);
        let parameters = vec![
            ("weight", Array::new(vec![n, 1], vec![0.0; n])),
            ("bias", Array::list(bias)),
        ];
        let affine = self.node(format!("{name}_bias"), Kind::Affine, [1, n], parameters);
        self.edge(silent, affine);
        self.edge(affine, p);
    }
}

/// What of a population NIR has no word for.
fn cannot_say(n: &NeuronSpec, param: &dyn Fn(&str) -> Vec<f64>) -> Vec<String> {
    let mut out = Vec::new();
    if !matches!(
        n.model,
        ModelKind::If | ModelKind::LifDelta | ModelKind::LifExp
    ) {
        out.push(format!(
            "the model `{}` is not in NIR; if, lif_delta and lif_exp are",
            n.model.def().name
        ));
        return out;
    }
    if param("t_ref").iter().any(|t| *t != 0.0) {
        out.push("NIR has no refractory time (t_ref = 0 is expected)".into());
    }
    if param("q_sfa").iter().any(|q| *q != 0.0) {
        out.push("NIR has no adaptation (q_sfa = 0 is expected)".into());
    }
    if n.model == ModelKind::LifExp && param("tau_syn_ex") != param("tau_syn_in") {
        out.push(
            "a neuron of NIR has one synaptic time constant (tau_syn_ex = tau_syn_in is expected)"
                .into(),
        );
    }
    if n.options.escape.is_some() {
        out.push("spikes of NIR do not come by chance (escape)".into());
    }
    match n.options.reset {
        ResetMode::Value => {}
        ResetMode::Subtract => {
            if param("E_L").iter().any(|e| *e != 0.0) {
                out.push("a reset that subtracts takes off V_th - E_L here, and V_th in NIR (E_L = 0 is expected)".into());
            }
        }
        ResetMode::All => out.push("a reset of synaptic currents is not in NIR".into()),
    }
    let rest = param("E_L");
    let def = n.model.def();
    let at = def.state.iter().position(|s| s.name == "V_m");
    let initial = at.and_then(|k| n.initial[k].constant());
    if initial.is_none_or(|v| rest.iter().any(|e| *e != v)) {
        out.push("neurons of NIR begin at rest (V_m = E_L is expected)".into());
    }
    out
}
