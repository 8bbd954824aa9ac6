//! A NIR network computed step by step, as the tools do that write such files: one sample after the other.
//!
//! With x what comes in (spikes of value 1 times weights, and biases), per step of length dt:
//!
//! | kind | step |
//! | --- | --- |
//! | I, IF | v += dt r x |
//! | LI, LIF | v += dt / tau (v_leak - v + r x) |
//! | CubaLI, CubaLIF | v += dt / tau_mem (v_leak - v + r I), I += dt / tau_syn (-I + w_in x); snnTorch: I first |
//!
//! and a spike where v > v_threshold. Only what spikes is followed: rows of weights are added, no matrix
//! is multiplied. Numbers are those of the file, in double precision.

use super::{From, Lowered};
use crate::import::nir::{Dialect, Kind, Nir, Node, Reset};

/// State of a layer.
#[derive(Clone, Debug, Default)]
struct State {
    v: Vec<f64>,
    current: Vec<f64>,
    /// Spikes of the present step and of the one before.
    spikes: Vec<u32>,
    before: Vec<u32>,
    count: Vec<u32>,
    /// What arrives in later steps: a ring, empty without delays.
    later: Vec<Vec<f64>>,
}

/// A network that can be run on samples.
#[derive(Debug)]
pub struct Steps<'n> {
    nir: &'n Nir,
    low: &'n Lowered,
    d: &'n Dialect,
    /// An order in which layers read what others have made in the same step.
    order: Vec<usize>,
    states: Vec<State>,
    input: Vec<f64>,
    step: usize,
    /// Weights added so far: synaptic operations.
    pub operations: u64,
}

impl<'n> Steps<'n> {
    pub fn new(nir: &'n Nir, low: &'n Lowered, d: &'n Dialect) -> Self {
        let mut order: Vec<usize> = (0..low.layers.len()).collect();
        order.sort_by_key(|i| low.layers[*i].takes);
        let mut steps = Self {
            nir,
            low,
            d,
            order,
            states: Vec::new(),
            input: Vec::new(),
            step: 0,
            operations: 0,
        };
        steps.restart();
        steps
    }

    /// Back to rest, before the first step.
    pub fn restart(&mut self) {
        self.step = 0;
        let ring = |i: usize| {
            let into = self.low.bundles.iter().filter(|b| b.to == i);
            let delays = into.flat_map(|b| b.links.delay.iter().copied());
            let most = delays.fold(0.0, f64::max) / self.d.time_step;
            if most > 0.0 {
                most.round() as usize + 2
            } else {
                0
            }
        };
        self.states = (0..self.low.layers.len())
            .map(|i| {
                let layer = &self.low.layers[i];
                let start = |k| layer.neurons.as_ref().map_or(0.0, |n| n.start(k));
                State {
                    v: (0..layer.size).map(start).collect(),
                    current: vec![0.0; layer.size],
                    count: vec![0; layer.size],
                    later: vec![vec![0.0; layer.size]; ring(i)],
                    ..State::default()
                }
            })
            .collect();
    }

    /// One step. `inputs` has a value for each element of each entry.
    pub fn step(&mut self, inputs: &[&[f64]]) {
        for s in &mut self.states {
            std::mem::swap(&mut s.spikes, &mut s.before);
        }
        for i in self.order.clone() {
            self.gather(i, inputs);
            self.advance(i);
        }
        self.step += 1;
    }

    /// What comes into a layer, to `self.input`.
    fn gather(&mut self, i: usize, inputs: &[&[f64]]) {
        let layer = &self.low.layers[i];
        self.input.clear();
        self.input.resize(layer.size, 0.0);
        let ring = self.states[i].later.len();
        if let Some(due) = self.step.checked_rem(ring) {
            std::mem::swap(&mut self.input, &mut self.states[i].later[due]);
            self.states[i].later[due] = vec![0.0; layer.size];
        }
        for (x, c) in self.input.iter_mut().zip(&layer.constant) {
            *x += c;
        }
        let mut operations = 0;
        for b in self.low.bundles.iter().filter(|b| b.to == i) {
            let mut later = std::mem::take(&mut self.states[i].later);
            let mut add = |s: usize, x: f64| {
                for (t, w, delay) in b.links.row(s) {
                    operations += 1;
                    let steps = (delay / self.d.time_step).round() as usize;
                    if steps == 0 {
                        self.input[t as usize] += w * x;
                    } else {
                        later[(self.step + steps) % ring][t as usize] += w * x;
                    }
                }
            };
            match b.from {
                From::Entry(e) => {
                    let values = inputs[e].iter().enumerate();
                    values
                        .filter(|(_, x)| **x != 0.0)
                        .for_each(|(s, x)| add(s, *x));
                }
                From::Layer(l) => {
                    let state = &self.states[l];
                    let list = if b.back { &state.before } else { &state.spikes };
                    list.iter().for_each(|s| add(*s as usize, 1.0));
                }
            }
            self.states[i].later = later;
        }
        self.operations += operations;
    }

    fn advance(&mut self, i: usize) {
        let layer = &self.low.layers[i];
        let state = &mut self.states[i];
        let Some(neurons) = &layer.neurons else {
            state
                .v
                .iter_mut()
                .zip(&self.input)
                .for_each(|(v, x)| *v += x);
            return;
        };
        let node: &Node = &self.nir.nodes[layer.node];
        let dt = self.d.time_step;
        let subtract = neurons.reset == Reset::Subtract;
        state.spikes.clear();
        for k in 0..layer.size {
            let at = |p: &str| node.get(p)[k];
            let x = self.input[k];
            let v = &mut state.v[k];
            match node.kind {
                Kind::I | Kind::If => *v += dt * at("r") * x,
                Kind::Li | Kind::Lif => {
                    *v += dt / at("tau") * (at("v_leak") - *v + at("r") * x);
                }
                _ => {
                    let c = &mut state.current[k];
                    let next = *c + dt / at("tau_syn") * (at("w_in") * x - *c);
                    let acts = if self.low.current_first { next } else { *c };
                    *v += dt / at("tau_mem") * (at("v_leak") - *v + at("r") * acts);
                    *c = next;
                }
            }
            if *v > neurons.v_threshold[k] {
                *v = if subtract {
                    *v - neurons.v_threshold[k]
                } else {
                    neurons.v_reset[k]
                };
                state.spikes.push(k as u32);
                state.count[k] += 1;
            }
        }
    }

    /// Neurons of a layer that spiked in the last step.
    pub fn spikes(&self, layer: usize) -> &[u32] {
        &self.states[layer].spikes
    }

    /// Spikes of each neuron of a layer so far.
    pub fn counts(&self, layer: usize) -> &[u32] {
        &self.states[layer].count
    }

    /// Potentials of a layer, after a reset.
    pub fn potentials(&self, layer: usize) -> &[f64] {
        &self.states[layer].v
    }
}
