//! The slow obvious twin of the engine: what a tick means, written down once more.
//!
//! One heap entry per synaptic event, every neuron advanced at every tick by the propagators of one
//! tick, in f64, one after the other. Nothing here is shared with the engine but the specification
//! of a network. At tick t, for every neuron in turn:
//!
//! 1. what arrives at t (emission tick + delay = t, or an external event stamped t) is summed per
//!    channel: individually weighted synapses in the order (emission tick, source, projection,
//!    position), then count × weight of each projection with one constant weight, then the drives;
//! 2. the state is advanced from t - 1 to t with the constant drive of that interval;
//! 3. delta input is added to V, current input to the currents (they act on V after t);
//! 4. in the refractory ticks t_spike + 1 ... t_spike + t_ref V is held and delta input is lost;
//! 5. a neuron that is not refractory and reaches its threshold fires at t and is reset.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

use crate::common::{Edge, Outcome};

/// One synapse between global ids.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwinSynapse {
    /// `DRAWN` for a synapse taken from a built network.
    pub projection: usize,
    pub source: u32,
    pub target: u32,
    pub weight: f64,
    pub delay: u64,
}

/// Of unknown projection: the weight counts as individual, which moves the last bit of a sum.
const DRAWN: usize = usize::MAX;

/// The synapses of a built network, for rules that draw them.
pub fn drawn_synapses(edges: Vec<Edge>) -> Vec<TwinSynapse> {
    edges
        .into_iter()
        .map(|(source, target, weight, delay)| TwinSynapse {
            projection: DRAWN,
            source,
            target,
            weight,
            delay,
        })
        .collect()
}

/// What the twin saw, and how far it can be trusted.
#[derive(Clone, Debug)]
pub struct TwinRun {
    pub outcome: Outcome,
    /// Smallest |V - threshold| at any threshold test whose V carries rounding errors. Another
    /// correct program may decide differently only where this is tiny. Potentials that are sums of
    /// multiples of 1/1024 and nothing else are exact, so their ties are not counted: there every
    /// program must agree.
    /// Distances count less where much has flowed into V, and been subtracted again: rounding goes
    /// with what flowed (see `flow`), 1e-12 of it at most.
    pub closest: f64,
    /// The greatest such factor by which errors may be larger than usual; at least 1.
    pub looseness: f64,
}

/// The synapses of a network whose projections leave nothing to draw.
pub fn explicit_synapses(spec: &NetworkSpec) -> Vec<TwinSynapse> {
    let offsets = spec.offsets();
    let ids = |slices: &[Slice]| -> Vec<u32> {
        let of = |s: &Slice| {
            let base = offsets[s.population] as u32;
            base + s.start..base + s.end
        };
        slices.iter().flat_map(of).collect()
    };
    let mut all = Vec::new();
    for (projection, p) in spec.projections.iter().enumerate() {
        let (from, to) = (ids(&p.from), ids(&p.to));
        let pairs: Vec<(u32, u32)> = match &p.rule {
            Rule::AllToAll => from
                .iter()
                .flat_map(|s| to.iter().map(move |t| (*s, *t)))
                .filter(|(s, t)| p.allow_autapses || s != t)
                .collect(),
            Rule::OneToOne => from.iter().copied().zip(to.iter().copied()).collect(),
            Rule::List(list) => list
                .source
                .iter()
                .zip(&list.target)
                .map(|(s, t)| (from[*s as usize], to[*t as usize]))
                .collect(),
            other => panic!("{other:?} is drawn: take the synapses from the built network"),
        };
        for (position, (source, target)) in pairs.into_iter().enumerate() {
            let weight = match (&p.weight, &p.rule) {
                (Weight::Values(values), _) => values.constant().expect("no drawn weights"),
                (Weight::FromList, Rule::List(list)) => list.weight[position],
                _ => panic!("weights from a list need a list"),
            };
            let delay = match (&p.delay, &p.rule) {
                (Delay::Ticks(ticks), _) => *ticks,
                (Delay::FromList, Rule::List(list)) => list.delay[position],
                _ => panic!("no drawn delays"),
            };
            all.push(TwinSynapse {
                projection,
                source,
                target,
                weight,
                delay,
            });
        }
    }
    all
}

/// A spike on its way through one synapse, ordered as the definition of the sum wants it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    arrival: u64,
    emission: u64,
    source: u32,
    projection: usize,
    position: usize,
}

/// What arrives at one neuron at one tick.
#[derive(Clone, Default)]
struct Input {
    /// Delta models: everything in the first. Current-based: w > 0 and w < 0. Models with receptor
    /// ports: one for each.
    sum: [f64; 8],
    /// Spikes, for the relay.
    count: u64,
    /// Every addend was a multiple of 1/1024.
    rounded: bool,
}

impl Input {
    fn add(&mut self, count: u64, weight: f64, channel: usize) {
        self.sum[channel] += count as f64 * weight;
        self.count += count;
        self.rounded |= !is_short(weight);
    }
}

/// Sums of a few thousand of these are exact in f64.
fn is_short(x: f64) -> bool {
    (x * 1024.0).fract() == 0.0 && x.abs() < 1e9
}

/// Runs a network to its end.
pub fn run(spec: &NetworkSpec, synapses: &[TwinSynapse]) -> TwinRun {
    let offsets = spec.offsets();
    let total = offsets[spec.populations.len()] as usize;
    let h = spec.tick_ms();

    let mut neurons: Vec<Option<Neuron>> = Vec::with_capacity(total);
    for p in &spec.populations {
        for i in 0..p.size as usize {
            neurons.push(match &p.kind {
                PopulationKind::Neurons(n) => Some(Neuron::new(n, i, h)),
                PopulationKind::Source(_) => None,
            });
        }
    }
    let mut outgoing: Vec<Vec<usize>> = vec![vec![]; total];
    for (at, s) in synapses.iter().enumerate() {
        outgoing[s.source as usize].push(at);
    }
    let constant: Vec<Option<f64>> = spec
        .projections
        .iter()
        .map(|p| match &p.weight {
            Weight::Values(values) => values.constant(),
            Weight::FromList | Weight::ByDistance(_) => None,
        })
        .collect();

    let mut queue: BinaryHeap<Reverse<Event>> = BinaryHeap::new();
    let mut outcome = Outcome::default();
    let mut closest = f64::INFINITY;
    let mut looseness: f64 = 1.0;

    for tick in 1..=spec.duration {
        // 1. Sum what arrives.
        let mut inputs: Vec<Input> = vec![Input::default(); total];
        let mut counted: BTreeMap<(usize, u32), u64> = BTreeMap::new();
        while queue.peek().is_some_and(|e| e.0.arrival == tick) {
            let event = queue.pop().expect("just seen").0;
            let s = &synapses[event.position];
            if matches!(constant.get(s.projection), Some(Some(_))) {
                *counted.entry((s.projection, s.target)).or_default() += 1;
            } else {
                let receptor = spec.projections.get(s.projection).and_then(|p| p.receptor);
                let channel = channel(&neurons, s.target, s.weight, receptor);
                inputs[s.target as usize].add(1, s.weight, channel);
            }
        }
        for ((projection, target), count) in counted {
            let weight = constant[projection].expect("counted because it is constant");
            let receptor = spec.projections[projection].receptor;
            let channel = channel(&neurons, target, weight, receptor);
            inputs[target as usize].add(count, weight, channel);
        }
        let mut current = vec![0.0; total];
        for drive in &spec.drives {
            let targets = drive.to.iter().flat_map(|s| {
                let base = offsets[s.population] as u32;
                base + s.start..base + s.end
            });
            for (i, target) in targets.enumerate() {
                let channel = |weight| channel(&neurons, target, weight, drive.receptor);
                let input = &mut inputs[target as usize];
                match &drive.kind {
                    DriveKind::SpikeList { list, weight } => {
                        let count = times_listed(list, tick, i as u32) as u64;
                        if count > 0 {
                            let weight = value_of(weight, i);
                            input.add(count, weight, channel(weight));
                        }
                    }
                    DriveKind::Regular {
                        interval,
                        start,
                        stop,
                        weight,
                    } => {
                        if fires_regularly(tick, *interval, *start, *stop) {
                            let weight = value_of(weight, i);
                            input.add(1, weight, channel(weight));
                        }
                    }
                    DriveKind::StepCurrent { at, amplitude } => {
                        // The interval (tick - 1, tick] has the amplitude of the last step before
                        // `tick`.
                        if let Some(step) = at.iter().rposition(|a| *a < tick) {
                            current[target as usize] += amplitude[step];
                        }
                    }
                    DriveKind::Poisson { .. }
                    | DriveKind::Gamma { .. }
                    | DriveKind::PulsePacket { .. }
                    | DriveKind::Current(_) => panic!("the twin draws no random numbers"),
                }
            }
        }

        // 2 to 5, neuron by neuron; a source fires as it is told.
        let mut fired: Vec<u32> = Vec::new();
        for (at, p) in spec.populations.iter().enumerate() {
            for i in 0..p.size {
                let id = offsets[at] as u32 + i;
                let times = match &p.kind {
                    PopulationKind::Source(source) => times_fired(source, tick, i),
                    PopulationKind::Neurons(_) => {
                        let neuron = neurons[id as usize].as_mut().expect("a neuron");
                        let input = &inputs[id as usize];
                        let times = neuron.step(input, current[id as usize], &mut closest);
                        looseness = looseness.max(neuron.looseness());
                        times
                    }
                };
                for _ in 0..times {
                    fired.push(id);
                }
            }
        }
        for id in fired {
            outcome.spikes.push((tick, id));
            for &position in &outgoing[id as usize] {
                let s = &synapses[position];
                queue.push(Reverse(Event {
                    arrival: tick + s.delay,
                    emission: tick,
                    source: id,
                    projection: s.projection,
                    position,
                }));
            }
        }

        for (at, recording) in spec.recording.state.iter().enumerate() {
            if tick % recording.every == 0 {
                let of = recording.of;
                let base = offsets[of.population] as usize;
                let values = (of.start as usize..of.end as usize)
                    .map(|i| neurons[base + i].as_ref().expect("a neuron"))
                    .map(|n| n.recordable(recording.variable))
                    .collect();
                outcome.samples.push((at, tick, values));
            }
        }
    }
    TwinRun {
        outcome,
        closest,
        looseness,
    }
}

fn channel(neurons: &[Option<Neuron>], target: u32, weight: f64, receptor: Option<usize>) -> usize {
    let neuron = neurons[target as usize].as_ref();
    match neuron.expect("a source takes no input").model {
        ModelKind::LifExp | ModelKind::LifAlpha => usize::from(weight < 0.0),
        ModelKind::LifMultisynapse => receptor.unwrap_or(0),
        _ => 0,
    }
}

fn times_fired(source: &SourceSpec, tick: u64, element: u32) -> usize {
    match source {
        SourceSpec::SpikeList(list) => times_listed(list, tick, element),
        SourceSpec::Regular {
            interval,
            start,
            stop,
        } => usize::from(fires_regularly(tick, *interval, *start, *stop)),
        SourceSpec::Poisson { .. } | SourceSpec::Gamma(_) | SourceSpec::PulsePacket(_) => {
            panic!("the twin draws no random numbers")
        }
    }
}

fn times_listed(list: &SpikeList, tick: u64, element: u32) -> usize {
    let first = list.events.partition_point(|e| *e < (tick, element));
    let end = list.events.partition_point(|e| *e <= (tick, element));
    end - first
}

/// The first spike comes one interval after `start`; `stop` itself still counts.
fn fires_regularly(tick: u64, interval: u64, start: u64, stop: u64) -> bool {
    tick > start && tick <= stop && (tick - start).is_multiple_of(interval)
}

fn value_of(values: &Values, i: usize) -> f64 {
    match values {
        Values::Constant(v) => *v,
        Values::Array(all) => all[i],
        drawn => panic!("{drawn:?} is drawn: the twin draws no random numbers"),
    }
}

/// What one tick does to one synaptic channel and through it to V.
#[derive(Clone, Copy, Default)]
struct Channel {
    /// Current (pA) and, for alpha, its driving term y (pA/ms).
    i: f64,
    y: f64,
    /// I and y after one tick: I' = decay (I + h y), y' = decay y.
    decay: f64,
    h: f64,
    /// Rise of V over one tick per unit of I and of y at its beginning.
    v_per_i: f64,
    v_per_y: f64,
    /// What an input of weight 1 adds to I (exponential) and y (alpha).
    jump_i: f64,
    jump_y: f64,
    /// Which input it takes.
    input: usize,
}

impl Channel {
    /// With d = 1/tau_syn - 1/tau_m and x = d h, variation of constants gives
    ///   V(h) = (1/C) e^(-h/tau_m) [ I ∫_0^h e^(-d s) ds + y ∫_0^h s e^(-d s) ds ]
    ///        = (1/C) e^(-h/tau_m) [ I h φ(x) + y h² ψ(x) ],
    /// which has no pole at equal time constants (x = 0: φ = 1, ψ = 1/2).
    fn new(h: f64, c_m: f64, tau_m: f64, tau_syn: f64) -> Self {
        // As a quotient of the difference, because 1/tau_syn - 1/tau_m cancels when they are close.
        let x = h * ((tau_m - tau_syn) / (tau_m * tau_syn));
        let decay_m = (-h / tau_m).exp();
        Self {
            decay: (-h / tau_syn).exp(),
            h,
            v_per_i: decay_m * h * phi(x) / c_m,
            v_per_y: decay_m * h * h * psi(x) / c_m,
            ..Self::default()
        }
    }

    fn advance(&mut self, input: f64) {
        self.i = self.decay * (self.i + self.h * self.y) + self.jump_i * input;
        self.y = self.decay * self.y + self.jump_y * input;
    }

    /// A receptor port as the sum of one or two of these: w norm (e^(-t/decay) - e^(-t/rise)) with
    /// a peak of w, or its limits.
    fn port(h: f64, c_m: f64, tau_m: f64, tau_rise: f64, tau_decay: f64) -> Vec<Self> {
        let mut decay = Self::new(h, c_m, tau_m, tau_decay);
        if tau_rise == 0.0 {
            decay.jump_i = 1.0;
            vec![decay]
        } else if tau_rise == tau_decay {
            decay.jump_y = std::f64::consts::E / tau_decay;
            vec![decay]
        } else {
            let peak = (tau_decay / tau_rise).ln() * tau_decay * tau_rise / (tau_decay - tau_rise);
            let norm = 1.0 / ((-peak / tau_decay).exp() - (-peak / tau_rise).exp());
            let mut rise = Self::new(h, c_m, tau_m, tau_rise);
            decay.jump_i = norm;
            rise.jump_i = -norm;
            vec![decay, rise]
        }
    }

    fn push_on_v(&self) -> f64 {
        self.v_per_i * self.i + self.v_per_y * self.y
    }

    fn is_silent(&self) -> bool {
        self.i == 0.0 && self.y == 0.0
    }
}

/// ∫_0^1 e^(-x u) du
fn phi(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { -(-x).exp_m1() / x }
}

/// ∫_0^1 u e^(-x u) du
fn psi(x: f64) -> f64 {
    if x.abs() > 1.0 {
        return (1.0 - (1.0 + x) * (-x).exp()) / (x * x);
    }
    // Σ (-x)^k / (k! (k + 2)): the closed form cancels for small x.
    let (mut power, mut sum) = (1.0, 0.0);
    for k in 0..30 {
        sum += power / f64::from(k + 2);
        power *= -x / f64::from(k + 1);
    }
    sum
}

/// A neuron with its parameters, state and one-tick propagators. Potentials count from E_L.
struct Neuron {
    model: ModelKind,
    options: NeuronOptions,
    e_l: f64,
    v_th: f64,
    v_reset: f64,
    t_ref: u64,
    i_e: f64,
    q_sfa: f64,
    /// V' = V decay + (I_e + I) v_per_current
    decay: f64,
    v_per_current: f64,
    threshold_decay: f64,
    /// h / tau_m; 0 without a leak.
    h_over_tau: f64,

    v: f64,
    /// Threshold - V_th.
    rise: f64,
    channels: Vec<Channel>,
    refractory: u64,
    kept_input: f64,
    /// What |V| would be had nothing been subtracted by resets and nothing cancelled.
    flow: f64,
    /// V is a sum of multiples of 1/1024, without any rounding.
    exact: bool,
}

impl Neuron {
    fn new(spec: &NeuronSpec, i: usize, h: f64) -> Self {
        let def = spec.model.def();
        let param = |name: &str| def.param(name).map(|at| value_of(&spec.params[at], i));
        let state = |name: &str| {
            let at = def.state.iter().position(|s| s.name == name);
            at.map_or(0.0, |at| value_of(&spec.initial[at], i))
        };
        let e_l = param("E_L").unwrap_or(0.0);
        // Of the models here only `if` has no leak; the relay has no potential at all.
        let (decay, v_per_current, h_over_tau) = match (param("tau_m"), param("C_m")) {
            (Some(tau_m), Some(c_m)) => (
                (-h / tau_m).exp(),
                -(-h / tau_m).exp_m1() * tau_m / c_m,
                h / tau_m,
            ),
            _ => (1.0, h, 0.0),
        };
        let mut channels = vec![];
        let names = [
            ("tau_syn_ex", "I_syn_ex", "dI_syn_ex"),
            ("tau_syn_in", "I_syn_in", "dI_syn_in"),
        ];
        let leak = || (param("C_m").expect("leaky"), param("tau_m").expect("leaky"));
        for (input, receptor) in spec.receptors.iter().enumerate() {
            let (c_m, tau_m) = leak();
            let rise = value_of(&receptor.tau_rise, i);
            let decay = value_of(&receptor.tau_decay, i);
            let mut parts = Channel::port(h, c_m, tau_m, rise, decay);
            parts[0].i = state(&format!("I_syn_{}", input + 1));
            channels.extend(parts.into_iter().map(|part| Channel { input, ..part }));
        }
        for (input, (tau, current, slope)) in names.into_iter().enumerate() {
            if let Some(tau_syn) = param(tau) {
                let (c_m, tau_m) = leak();
                let mut channel = Channel::new(h, c_m, tau_m, tau_syn);
                channel.input = input;
                channel.i = state(current);
                if spec.model == ModelKind::LifAlpha {
                    channel.y = state(slope);
                    channel.jump_y = std::f64::consts::E / tau_syn;
                } else {
                    channel.jump_i = 1.0;
                }
                channels.push(channel);
            }
        }
        let v_th = param("V_th").unwrap_or(f64::INFINITY);
        Self {
            model: spec.model,
            options: spec.options,
            e_l,
            v_th: v_th - e_l,
            v_reset: param("V_reset").unwrap_or(0.0) - e_l,
            t_ref: (param("t_ref").unwrap_or(0.0) / h).round() as u64,
            i_e: param("I_e").unwrap_or(0.0),
            q_sfa: param("q_sfa").unwrap_or(0.0),
            decay,
            v_per_current,
            threshold_decay: (-h / param("tau_sfa").unwrap_or(1.0)).exp(),
            h_over_tau,
            v: state("V_m") - e_l,
            rise: state("threshold_rise"),
            channels,
            refractory: 0,
            kept_input: 0.0,
            flow: 0.0,
            exact: is_short(state("V_m")) && is_short(e_l) && is_short(v_th),
        }
    }

    /// One tick; returns how often the neuron fires.
    fn step(&mut self, input: &Input, current: f64, closest: &mut f64) -> usize {
        if self.model == ModelKind::Relay {
            return input.count as usize;
        }
        let is_delta = matches!(self.model, ModelKind::LifDelta | ModelKind::If);
        let refractory = self.refractory > 0;
        self.rise *= self.threshold_decay;
        if refractory {
            if self.options.refractory_input && is_delta {
                let remaining = self.refractory as f64;
                self.kept_input += input.sum[0] * (-remaining * self.h_over_tau).exp();
                self.exact &= self.h_over_tau == 0.0 && !input.rounded;
            }
            self.refractory -= 1;
        } else {
            let drive = self.i_e + current;
            let moves = drive != 0.0
                || (self.v != 0.0 && self.decay != 1.0)
                || !self.channels.iter().all(Channel::is_silent);
            self.exact &= !moves && !input.rounded;
            self.flow = self.flow * self.decay
                + self
                    .channels
                    .iter()
                    .map(|c| c.push_on_v().abs())
                    .sum::<f64>()
                + (drive * self.v_per_current).abs()
                + if is_delta { input.sum[0].abs() } else { 0.0 };
            self.v *= self.decay;
            for channel in &self.channels {
                self.v += channel.push_on_v();
            }
            self.v += drive * self.v_per_current;
            if is_delta {
                self.v += input.sum[0];
                self.v += std::mem::take(&mut self.kept_input);
            }
        }
        for channel in &mut self.channels {
            let lost = refractory && self.options.reset == ResetMode::All;
            channel.advance(if lost { 0.0 } else { input.sum[channel.input] });
        }
        if refractory {
            return 0;
        }
        let threshold = self.v_th + self.rise;
        if !(self.exact && self.rise == 0.0) {
            *closest = closest.min((self.v - threshold).abs() / self.looseness());
        }
        let reached = match self.options.threshold_test {
            ThresholdTest::NonStrict => self.v >= threshold,
            ThresholdTest::Strict => self.v > threshold,
        };
        if !reached {
            return 0;
        }
        match self.options.reset {
            ResetMode::Value | ResetMode::All => {
                if self.options.reset == ResetMode::All {
                    for channel in &mut self.channels {
                        (channel.i, channel.y) = (0.0, 0.0);
                    }
                }
                self.v = self.v_reset;
                self.exact = is_short(self.v) && is_short(self.v_th) && is_short(self.e_l);
            }
            ResetMode::Subtract => self.v -= self.v_th,
        }
        self.rise += self.q_sfa;
        self.refractory = self.t_ref;
        1
    }

    /// Up to a flow of a volt, 1e-9 mV is far more than rounding.
    fn looseness(&self) -> f64 {
        (self.flow / 1000.0).max(1.0)
    }

    /// In the order of the models' tables: V_m, threshold, I_syn_ex and I_syn_in, or I_syn_1 and so
    /// on.
    fn recordable(&self, variable: usize) -> f64 {
        match variable {
            0 => self.v + self.e_l,
            1 => self.v_th + self.e_l + self.rise,
            // Both together, behind the two of these models.
            4 if self.model.def().has_two_currents => self.channels.iter().map(|c| c.i).sum(),
            of => {
                let parts = self.channels.iter().filter(|c| c.input == of - 2);
                parts.map(|c| c.i).sum()
            }
        }
    }
}

#[test]
fn the_integrals_of_the_twin_have_no_seam() {
    for sign in [-1.0, 1.0] {
        let (below, above) = (psi(sign * 0.999_999_999), psi(sign * 1.000_000_001));
        assert!((below / above - 1.0).abs() < 1e-8);
    }
    assert_eq!(psi(0.0), 0.5);
    assert_eq!(phi(0.0), 1.0);
    assert!((phi(1e-12) - 1.0).abs() < 1e-12);
}
