//! The specification of a lowered network.
//!
//! Potentials keep their numbers, as mV; the file's unit of time is a second, or a step, which is taken
//! as 1 ms. A value that is held for a step (a bias, an analog input) comes as a spike at every step that
//! carries it: this is what the tools compute, so potentials are equal at every step, whatever the model. Where
//! spikes are pulses of area 1, a constant value is a current.
//!
//! A neuron with a synaptic current is integrated by the tools step by step,
//! v(n+1) = b v(n) + (dt r / tau_mem) I(n), I(n+1) = a I(n). A spike then moves v after m steps by a multiple of
//! (b^m - a^m) / (b - a), and so does an exponential current that decays by a and a potential that
//! decays by b per step: with weights divided by the logarithmic mean (b - a) / (ln b - ln a), both are the
//! same after every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Bundle, From, Layer, Lowered};
use crate::import::nir::{Dialect, Feed, Kind, Neurons, Reset, Spike};
use crate::network::spec::{
    Arithmetic, Delay, EdgeList, NetworkSpec, NeuronOptions, NeuronSpec, PS_PER_MS, PopulationKind,
    PopulationSpec, ProjectionSpec, RecordingSpec, ResetMode, Rule, Slice, SourceSpec, SpikeList,
    StateRecording, TableChoice, ThresholdTest, Update, Values, Weight,
};
use crate::neuron::ModelKind;
use crate::neuron::def::StateDefault;

/// Where a neuron without threshold would spike.
const NEVER: f64 = 1e300;

/// Decays per step of what the tools forget from step to step: nothing measurable is left.
const FORGETS: f64 = 800.0;
/// The same where two decays are compared.
const FORGETS_CURRENT: f64 = 30.0;

/// What a run is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub name: String,
    /// One for each entry.
    pub feeds: Vec<Feed>,
    pub steps: u64,
    /// Layers whose potential is recorded at every step; those without spikes are anyway.
    pub potentials: Vec<usize>,
}

/// Milliseconds of the file's unit of time.
pub(super) fn unit_ms(d: &Dialect) -> f64 {
    if d.in_steps { 1.0 / d.time_step } else { 1e3 }
}

/// Length of a step.
pub fn step_ms(d: &Dialect) -> f64 {
    d.time_step * unit_ms(d)
}

/// The specification.
///
/// # Errors
/// The time step is no whole number of picoseconds.
pub fn network(low: &Lowered, d: &Dialect, plan: &Plan) -> Result<NetworkSpec, String> {
    let step_ms = step_ms(d);
    let ps = step_ms * PS_PER_MS / low.ticks_per_step as f64;
    if !((ps - ps.round()).abs() <= 1e-9 * ps && (1.0..1e18).contains(&ps.round())) {
        return Err(format!(
            "a time step of {} s in {} ticks is no whole number of picoseconds",
            step_ms / 1e3,
            low.ticks_per_step
        ));
    }
    let mut out = Writer {
        low,
        d,
        step_ms,
        tick_ms: step_ms / low.ticks_per_step as f64,
        spec: NetworkSpec {
            name: plan.name.clone(),
            seed: 1,
            resolution_ps: ps.round() as u64,
            duration: low.last_tick(plan.steps.max(1)),
            arithmetic: Arithmetic::Double,
            populations: Vec::new(),
            projections: Vec::new(),
            drives: Vec::new(),
            modulators: Vec::new(),
            recording: RecordingSpec::default(),
        },
        layers: Vec::new(),
    };
    for layer in &low.layers {
        let at = out.spec.populations.len();
        out.layers.push(at);
        let population = out.layer(layer);
        out.spec.populations.push(population);
    }
    for (entry, feed) in plan.feeds.iter().enumerate() {
        out.entry(entry, feed);
    }
    for b in &low.bundles {
        if let From::Layer(from) = b.from {
            out.bundle(out.layers[from], b);
        }
    }
    for (i, layer) in low.layers.iter().enumerate() {
        // Where spikes are pulses, biases are currents of the neurons.
        if d.spike == Spike::Box {
            let values = layer.constant.iter().enumerate();
            let values = values.map(|(t, x)| ((t as u32, layer.takes), *x)).collect();
            out.constant(i, format!("{}_bias", layer.name), &values);
        }
    }
    out.record(plan);
    Ok(out.spec)
}

/// Does the resting potential have to be a current? A reset that subtracts takes off what the threshold is
/// above rest, and should take off the threshold: so rest is put to 0, and a current holds V where it was.
fn lifted(n: &Neurons) -> bool {
    n.reset == Reset::Subtract && n.v_leak.iter().any(|v| *v != 0.0)
}

fn values(list: impl Iterator<Item = f64>) -> Values {
    let list: Vec<f64> = list.collect();
    match list.first() {
        Some(first) if list.iter().all(|v| v == first) => Values::Constant(*first),
        _ => Values::Array(Arc::new(list)),
    }
}

struct Writer<'n> {
    low: &'n Lowered,
    d: &'n Dialect,
    step_ms: f64,
    tick_ms: f64,
    spec: NetworkSpec,
    /// Index of the population of each layer.
    layers: Vec<usize>,
}

impl Writer<'_> {
    fn model(&self, layer: &Layer) -> ModelKind {
        match layer.neurons.as_ref().map(|n| n.kind) {
            Some(Kind::Lif | Kind::Li) => ModelKind::LifDelta,
            Some(Kind::CubaLif | Kind::CubaLi) => ModelKind::LifExp,
            _ => ModelKind::If,
        }
    }

    /// Time constants in ms; what is forgotten from step to step gets a very short one.
    fn tau_ms(&self, tau: f64, forgets: f64) -> f64 {
        if tau == 0.0 {
            self.step_ms / forgets
        } else {
            tau * unit_ms(self.d)
        }
    }

    /// Membrane and synaptic time constant of a neuron with a current.
    fn taus(&self, n: &Neurons, i: usize) -> [f64; 2] {
        let syn = n.tau_syn.as_ref().map_or(0.0, |t| t[i]);
        [n.tau_m[i], syn].map(|t| self.tau_ms(t, FORGETS_CURRENT))
    }

    /// What a spike of weight 1 is to the engine's neuron `i`.
    fn jump(&self, layer: &Layer, i: usize) -> f64 {
        let Some(n) = &layer.neurons else { return 1.0 };
        let Some(r) = n.coupling.get(i) else {
            return n.jump[i];
        };
        // Slope of the potential, in mV per ms, for a current of 1.
        let slope = r / unit_ms(self.d);
        if self.d.spike == Spike::Dirac || !self.d.step_equivalent {
            return n.jump[i] * slope;
        }
        // Decays per step and their logarithmic mean.
        let [m, s] = self.taus(n, i).map(|tau| -self.step_ms / tau);
        let (b, a) = (m.exp(), s.exp());
        let mean = if ((m - s) / m).abs() < 1e-9 {
            b
        } else {
            (b - a) / (m - s)
        };
        n.jump[i] * slope / mean
    }

    /// The same for a value held for one step.
    fn held(&self, layer: &Layer, i: usize) -> f64 {
        self.jump(layer, i) * self.d.time_step / self.d.area()
    }

    fn layer(&self, layer: &Layer) -> PopulationSpec {
        let model = self.model(layer);
        let def = model.def();
        let each = |f: &dyn Fn(usize) -> f64| values((0..layer.size).map(f));
        let neurons = layer.neurons.as_ref();
        let lift = neurons.is_some_and(lifted);
        let rest = |i: usize| neurons.map_or(0.0, |n| n.v_leak[i]);
        let current = model == ModelKind::LifExp;
        let tau = |n: &Neurons, i: usize| {
            let forgets = if current { FORGETS_CURRENT } else { FORGETS };
            self.tau_ms(n.tau_m[i], forgets)
        };
        // As a constant current: where spikes are pulses, biases are not given step by step.
        let drive = |i: usize| {
            let Some(n) = neurons else { return 0.0 };
            let hold = if lift { rest(i) / tau(n, i) } else { 0.0 };
            let x = match self.d.spike {
                Spike::Box => 0.0,
                Spike::Dirac => layer.constant.get(i).copied().unwrap_or(0.0),
            };
            let per_ms = 1.0 / unit_ms(self.d);
            let slope = match n.coupling.get(i) {
                Some(c) => c * n.drive[i] * per_ms,
                None => n.drive[i] * per_ms,
            };
            hold + if x == 0.0 { 0.0 } else { slope * x }
        };
        let param = |name: &str, default: f64| match (name, neurons) {
            ("C_m", _) => 1.0.into(),
            ("t_ref", _) => 0.0.into(),
            ("E_L", _) if lift => 0.0.into(),
            ("E_L", Some(_)) => each(&rest),
            ("tau_m", Some(n)) => each(&|i| tau(n, i)),
            ("tau_syn_ex" | "tau_syn_in", Some(n)) => each(&|i| self.taus(n, i)[1]),
            ("V_th", Some(n)) => each(&|i| n.v_threshold[i].min(NEVER)),
            ("V_th", None) => NEVER.into(),
            ("V_reset", Some(n)) => each(&|i| n.v_reset[i]),
            ("V_reset", None) => 0.0.into(),
            ("I_e", Some(_)) => each(&drive),
            ("I_e", None) => 0.0.into(),
            _ => Values::Constant(default),
        };
        let params: Vec<Values> = def
            .params
            .iter()
            .map(|p| param(p.name, p.default))
            .collect();
        // Ticks before the first step must not move a potential that does not begin at rest.
        let start = |i: usize| {
            let Some(n) = neurons else { return 0.0 };
            let ahead = layer.late as f64 * self.tick_ms;
            let grown = (ahead / tau(n, i)).exp();
            let away = n.start(i) - rest(i);
            if away == 0.0 || !grown.is_finite() {
                rest(i)
            } else {
                rest(i) + away * grown
            }
        };
        let initial = def
            .state
            .iter()
            .map(|s| match s.default {
                _ if s.name == "V_m" => each(&start),
                StateDefault::Value(v) => v.into(),
                StateDefault::Param(p) => def
                    .param(p)
                    .map_or(Values::Constant(0.0), |k| params[k].clone()),
            })
            .collect();
        let subtract = neurons.is_some_and(|n| n.reset == Reset::Subtract);
        PopulationSpec {
            name: layer.name.clone(),
            size: layer.size as u32,
            kind: PopulationKind::Neurons(NeuronSpec {
                model,
                params,
                initial,
                options: NeuronOptions {
                    reset: if subtract {
                        ResetMode::Subtract
                    } else {
                        ResetMode::Value
                    },
                    threshold_test: ThresholdTest::Strict,
                    ..NeuronOptions::default()
                },
                update: Update::Auto,
                receptors: Vec::new(),
            }),
            labels: None,
            positions: None,
        }
    }

    fn source(&mut self, name: String, size: usize, source: SourceSpec) -> usize {
        self.spec.populations.push(PopulationSpec {
            name,
            size: size as u32,
            kind: PopulationKind::Source(source),
            labels: None,
            positions: None,
        });
        self.spec.populations.len() - 1
    }

    fn all(&self, population: usize) -> Slice {
        Slice {
            population,
            start: 0,
            end: self.spec.populations[population].size,
        }
    }

    fn project(&mut self, from: usize, layer: usize, edges: EdgeList, delay: Delay) {
        if edges.source.is_empty() {
            return;
        }
        self.spec.projections.push(ProjectionSpec {
            from: vec![self.all(from)],
            to: vec![self.all(self.layers[layer])],
            rule: Rule::List(Arc::new(edges)),
            allow_autapses: true,
            allow_multapses: true,
            weight: Weight::FromList,
            delay,
            receptor: None,
            table: TableChoice::Auto,
            plasticity: None,
        });
    }

    /// The synapses of a bundle.
    fn bundle(&mut self, from: usize, b: &Bundle) {
        let layer = &self.low.layers[b.to];
        let ticks = self.low.ticks(b);
        let mut edges = EdgeList::default();
        let delayed = !b.links.delay.is_empty();
        for s in 0..b.links.sources {
            for (t, w, delay) in b.links.row(s) {
                let w = w * self.jump(layer, t as usize);
                edges.source.push(s as u32);
                edges.target.push(t);
                edges.weight.push(w);
                if delayed {
                    edges.delay.push(self.ticks(b, delay));
                }
            }
        }
        let delay = if delayed {
            Delay::FromList
        } else {
            Delay::Ticks(ticks)
        };
        self.project(from, b.to, edges, delay);
    }

    /// Edges from one source of a series for what its values are behind links: (target, ticks), value.
    fn values_behind(&self, b: &Bundle, x: &[f64]) -> BTreeMap<(u32, u64), f64> {
        let mut out = BTreeMap::new();
        for (s, x) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            for (t, w, delay) in b.links.row(s) {
                *out.entry((t, self.ticks(b, delay))).or_insert(0.0) += w * x;
            }
        }
        out
    }

    /// Ticks of a link with this delay of the file's.
    fn ticks(&self, b: &Bundle, delay: f64) -> u64 {
        let more = (delay * unit_ms(self.d) / self.tick_ms).round();
        self.low.ticks(b).saturating_add(more as u64)
    }

    /// Synapses that bring values held for a step to a layer; those of a row come from source `row`.
    fn hold(&self, layer: usize, row: u32, values: &BTreeMap<(u32, u64), f64>, to: &mut EdgeList) {
        let of = &self.low.layers[layer];
        for ((t, ticks), x) in values.iter().filter(|(_, x)| **x != 0.0) {
            to.source.push(row);
            to.target.push(*t);
            to.weight.push(x * self.held(of, *t as usize));
            to.delay.push(*ticks);
        }
    }

    /// Values that come in at every step.
    fn constant(&mut self, layer: usize, name: String, values: &BTreeMap<(u32, u64), f64>) {
        let mut edges = EdgeList::default();
        self.hold(layer, 0, values, &mut edges);
        if edges.source.is_empty() {
            return;
        }
        let source = SourceSpec::Regular {
            interval: self.low.ticks_per_step,
            start: 0,
            stop: u64::MAX,
        };
        let from = self.source(name, 1, source);
        self.project(from, layer, edges, Delay::FromList);
    }

    fn entry(&mut self, entry: usize, feed: &Feed) {
        let low = self.low;
        let name = low.entries[entry].name.clone();
        let mine = || {
            let all = low.bundles.iter();
            all.filter(move |b| b.from == From::Entry(entry))
        };
        let tick = |step: u64| (step + 1).saturating_mul(low.ticks_per_step);
        match feed {
            Feed::Nothing => {}
            Feed::Spikes(list) => {
                let events = list.iter().map(|(s, e)| (tick(*s), *e)).collect();
                let source = SourceSpec::SpikeList(Arc::new(SpikeList { events }));
                let from = self.source(name, low.entries[entry].size, source);
                for b in mine() {
                    self.bundle(from, b);
                }
            }
            Feed::Constant(x) => {
                for b in mine() {
                    let values = self.values_behind(b, x);
                    let to = format!("{name}_to_{}", low.layers[b.to].name);
                    self.constant(b.to, to, &values);
                }
            }
            Feed::Series { rows, at } => {
                let mut events: Vec<(u64, u32)> = at
                    .iter()
                    .enumerate()
                    .map(|(step, row)| (tick(step as u64), *row))
                    .collect();
                events.sort_unstable();
                let source = SourceSpec::SpikeList(Arc::new(SpikeList { events }));
                let from = self.source(name, rows.len(), source);
                for b in mine() {
                    let mut edges = EdgeList::default();
                    for (r, row) in rows.iter().enumerate() {
                        self.hold(b.to, r as u32, &self.values_behind(b, row), &mut edges);
                    }
                    self.project(from, b.to, edges, Delay::FromList);
                }
            }
        }
    }

    fn record(&mut self, plan: &Plan) {
        self.spec.recording.spikes = (0..self.spec.populations.len())
            .filter(|p| {
                let own = self.layers.iter().position(|l| l == p);
                own.is_none_or(|l| self.low.layers[l].spikes())
            })
            // Constant values are no spikes that anybody wants to see.
            .filter(|p| {
                !matches!(
                    self.spec.populations[*p].kind,
                    PopulationKind::Source(SourceSpec::Regular { .. })
                )
            })
            .map(|p| self.all(p))
            .collect();
        for (i, layer) in self.low.layers.iter().enumerate() {
            if layer.spikes() && !plan.potentials.contains(&i) {
                continue;
            }
            self.spec.recording.state.push(StateRecording {
                of: self.all(self.layers[i]),
                variable: 0,
                every: self.low.ticks_per_step,
            });
        }
    }
}
