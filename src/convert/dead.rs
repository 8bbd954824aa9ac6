//! Neurons and channels that do nothing are taken out, with all that follows from it.
//!
//! A unit goes if nothing reads it with a weight that is not 0, or if it is the same for every sample: a
//! neuron that can never fire (nothing comes in and the bias is not above 0, or bounds of what comes in
//! say so), or one that is constant. What a constant brings to the units behind it goes into their
//! biases. Outputs stay as they are for every input within the stated range; only a bias that took up a
//! constant was rounded once.
//!
//! Shapes of inputs and outputs stay. Where layers are tied (a residual sum), a unit goes only if it may
//! go everywhere.

use serde::Serialize;

use super::intervals::Intervals;
use super::units::{Tie, connected, count, size, tie};
use crate::ann::{Activation, Conv, Dense, Graph, Op, Scale, Select};

/// What was taken out of a layer of neurons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    pub name: String,
    /// Neurons or channels.
    pub before: usize,
    pub after: usize,
    /// Of those that are gone: never above 0; always the same; not read by anything that stays.
    pub silent: usize,
    pub constant: usize,
    pub unread: usize,
}

/// Takes units out that do nothing for inputs from `input.0` to `input.1`, and says of which layers.
///
/// # Errors
/// None are known: the new shapes are checked as those of a file are.
pub fn remove_dead(graph: &Graph, input: (f64, f64)) -> Result<(Graph, Vec<Layer>), String> {
    let bounds = Intervals::of(graph, input);
    let state = State::of(graph, &bounds);
    let ops = (0..graph.nodes().len()).map(|n| state.op(n)).collect();
    let smaller = graph.with_ops(ops)?;
    let layers = (1..graph.nodes().len())
        .filter(|n| matches!(graph.node(*n).op, Op::Activation(_)))
        .map(|n| state.layer(n))
        .filter(|l| l.after < l.before)
        .collect();
    Ok((smaller, layers))
}

struct State<'a> {
    graph: &'a Graph,
    bounds: &'a Intervals,
    /// Of each node, by unit: does it not depend on the sample? Does it stay?
    fixed: Vec<Vec<bool>>,
    kept: Vec<Vec<bool>>,
}

impl<'a> State<'a> {
    fn of(graph: &'a Graph, bounds: &'a Intervals) -> Self {
        let nodes = graph.nodes();
        let fixed = nodes.iter().enumerate().map(|(n, node)| {
            let size = size(node);
            let same = |e: usize| bounds.constant(n, e).is_some();
            (0..count(node))
                .map(|u| (u * size..(u + 1) * size).all(same))
                .collect()
        });
        let whole = |n: usize| n == 0 || n == graph.output();
        let mut state = Self {
            graph,
            bounds,
            fixed: fixed.collect(),
            kept: nodes
                .iter()
                .enumerate()
                .map(|(n, node)| vec![whole(n); count(node)])
                .collect(),
        };
        while state.grow() {}
        state
    }

    /// Adds what must stay because of what stays. Backwards, since most reasons lie behind a node.
    fn grow(&mut self) -> bool {
        let mut changed = false;
        for n in (0..self.graph.nodes().len()).rev() {
            // A layer of nothing is no layer.
            if !self.kept[n].contains(&true) {
                self.kept[n][0] = true;
                changed = true;
            }
            for k in 0..self.graph.node(n).inputs.len() {
                changed |= match tie(self.graph, n, k) {
                    Tie::Free => self.by_weights(n),
                    tie => self.together(n, k, tie),
                };
            }
        }
        changed
    }

    fn by_weights(&mut self, n: usize) -> bool {
        let from = self.graph.node(n).inputs[0];
        let mut needed = vec![false; self.kept[from].len()];
        connected(self.graph, n, |to, unit| {
            needed[unit] |= self.kept[n][to] && self.frozen(n, to).is_none();
        });
        let mut changed = false;
        for (unit, needed) in needed.into_iter().enumerate() {
            if needed && !self.kept[from][unit] && !self.folds(n, from, unit) {
                self.kept[from][unit] = true;
                changed = true;
            }
        }
        changed
    }

    fn together(&mut self, n: usize, k: usize, tie: Tie) -> bool {
        let from = self.graph.node(n).inputs[k];
        let groups = match tie {
            Tie::Tied {
                offset,
                before,
                behind,
            } => (0..self.kept[from].len() / before)
                .map(|g| {
                    let own = offset + g * behind;
                    (g * before..(g + 1) * before, own..own + behind)
                })
                .collect(),
            _ => vec![(0..self.kept[from].len(), 0..self.kept[n].len())],
        };
        let mut changed = false;
        for (before, own) in groups {
            let some = tie == Tie::Whole
                || self.kept[from][before.clone()].contains(&true)
                || self.kept[n][own.clone()].contains(&true);
            if some {
                for stays in &mut self.kept[from][before] {
                    changed |= !std::mem::replace(stays, true);
                }
                for stays in &mut self.kept[n][own] {
                    changed |= !std::mem::replace(stays, true);
                }
            }
        }
        changed
    }

    /// The value of a unit of rows that stays although it does not depend on the sample: its weights go.
    fn frozen(&self, n: usize, unit: usize) -> Option<f64> {
        let rows = matches!(
            self.graph.node(n).op,
            Op::Dense(_) | Op::Conv(_) | Op::ConvTranspose(_)
        );
        self.uniform(n, unit).filter(|_| rows)
    }

    /// The value that all elements of a unit always have.
    fn uniform(&self, n: usize, unit: usize) -> Option<f64> {
        let size = size(self.graph.node(n));
        let first = self.bounds.constant(n, unit * size)?;
        let same = |e: usize| self.bounds.constant(n, e) == Some(first);
        (unit * size..(unit + 1) * size).all(same).then_some(first)
    }

    /// Can what a unit brings to node `n` go into the biases of `n`?
    fn folds(&self, n: usize, from: usize, unit: usize) -> bool {
        if !self.fixed[from][unit] {
            return false;
        }
        let value = self.uniform(from, unit);
        match &self.graph.node(n).op {
            Op::Dense(_) => true,
            // Padding is 0 whatever the constant.
            Op::Conv(c) if c.window.unpadded() => value.is_some(),
            Op::Conv(_) | Op::ConvTranspose(_) => value == Some(0.0),
            _ => false,
        }
    }

    /// What unit `unit` of node `from`, of one element, or of equal ones, adds for each unit of weight.
    /// Units that stay bring it themselves.
    fn brings(&self, from: usize, unit: usize) -> Option<f64> {
        (!self.kept[from][unit]).then(|| self.uniform(from, unit).unwrap_or(0.0))
    }

    fn units(&self, n: usize) -> Vec<usize> {
        (0..self.kept[n].len())
            .filter(|u| self.kept[n][*u])
            .collect()
    }

    /// Numbers of the elements of node `n` that stay.
    fn elements(&self, n: usize) -> impl Iterator<Item = usize> + '_ {
        let size = size(self.graph.node(n));
        self.units(n)
            .into_iter()
            .flat_map(move |u| u * size..(u + 1) * size)
    }

    /// A list of one number, one for each unit, or one for each element.
    fn list(&self, n: usize, list: &[f32]) -> Vec<f32> {
        if list.len() == 1 {
            list.to_vec()
        } else if list.len() == self.kept[n].len() {
            self.units(n).into_iter().map(|u| list[u]).collect()
        } else {
            self.elements(n).map(|e| list[e]).collect()
        }
    }

    /// The layer with the units that stay.
    fn op(&self, n: usize) -> Op {
        let node = self.graph.node(n);
        let first = node.inputs.first().copied().unwrap_or(0);
        match &node.op {
            Op::Dense(d) => Op::Dense(self.dense(n, first, d)),
            Op::Conv(c) if c.groups == 1 => {
                let at = |o: usize, i: usize| o * c.inputs + i;
                Op::Conv(self.conv(n, first, c, at, true))
            }
            Op::ConvTranspose(c) if c.groups == 1 => {
                let at = |o: usize, i: usize| i * c.outputs + o;
                Op::ConvTranspose(self.conv(n, first, c, at, false))
            }
            Op::Conv(c) if c.groups == c.inputs => Op::Conv(self.depthwise(n, first, c)),
            Op::ConvTranspose(c) if c.groups == c.inputs => {
                Op::ConvTranspose(self.depthwise(n, first, c))
            }
            Op::Scale(s) => Op::Scale(Scale {
                scale: self.list(n, &s.scale),
                shift: self.list(n, &s.shift),
            }),
            Op::Activation(Activation::LeakyRelu(s)) => {
                Op::Activation(Activation::LeakyRelu(self.list(n, s)))
            }
            Op::Reshape(shape) => Op::Reshape(self.shape(n, shape)),
            Op::Select(s) => {
                let mut place = vec![None; self.graph.node(first).len()];
                for (new, old) in (0u32..).zip(self.elements(first)) {
                    place[old] = Some(new);
                }
                Op::Select(Select {
                    shape: self.shape(n, &s.shape),
                    from: self
                        .elements(n)
                        .map(|e| s.from[e].and_then(|old| place[old as usize]))
                        .collect(),
                    fill: s.fill,
                })
            }
            other => other.clone(),
        }
    }

    fn shape(&self, n: usize, shape: &[usize]) -> Vec<usize> {
        let mut shape = shape.to_vec();
        if let Some(axis) = shape.first_mut() {
            *axis = self.units(n).len();
        }
        shape
    }

    fn dense(&self, n: usize, from: usize, d: &Dense) -> Dense {
        let (outs, ins) = (self.units(n), self.units(from));
        let mut new = Dense {
            inputs: ins.len(),
            outputs: outs.len(),
            weight: Vec::with_capacity(ins.len() * outs.len()),
            bias: Vec::with_capacity(outs.len()),
        };
        for o in outs {
            let row = &d.weight[o * d.inputs..][..d.inputs];
            if let Some(value) = self.frozen(n, o) {
                new.weight.extend(ins.iter().map(|_| 0.0f32));
                new.bias.push(value as f32);
                continue;
            }
            let more: f64 = row
                .iter()
                .enumerate()
                .filter(|(_, w)| **w != 0.0)
                .filter_map(|(i, w)| Some(f64::from(*w) * self.brings(from, i)?))
                .sum();
            new.weight.extend(ins.iter().map(|i| row[*i]));
            new.bias.push((f64::from(d.bias[o]) + more) as f32);
        }
        new
    }

    /// A convolution of one group; `at` is the number of the kernel from an input to an output. `folds`:
    /// every output sees all of the kernel, so constants go into the bias.
    fn conv(
        &self,
        n: usize,
        from: usize,
        c: &Conv,
        at: impl Fn(usize, usize) -> usize,
        folds: bool,
    ) -> Conv {
        let (outs, ins) = (self.units(n), self.units(from));
        let area = c.window.area();
        let kernel = |o: usize, i: usize| &c.weight[at(o, i) * area..][..area];
        let mut weight = vec![0.0; ins.len() * outs.len() * area];
        let mut bias = Vec::with_capacity(outs.len());
        for (new_o, o) in outs.iter().enumerate() {
            if let Some(value) = self.frozen(n, *o) {
                bias.push(value as f32);
                continue;
            }
            for (new_i, i) in ins.iter().enumerate() {
                let place = if folds {
                    new_o * ins.len() + new_i
                } else {
                    new_i * outs.len() + new_o
                };
                weight[place * area..][..area].copy_from_slice(kernel(*o, *i));
            }
            let mut sum = f64::from(c.bias[*o]);
            for i in (0..c.inputs).filter(|_| folds) {
                if let Some(value) = self.brings(from, i) {
                    let all: f64 = kernel(*o, i).iter().map(|w| f64::from(*w)).sum();
                    sum += all * value;
                }
            }
            bias.push(sum as f32);
        }
        Conv {
            inputs: ins.len(),
            outputs: outs.len(),
            weight,
            bias,
            ..c.clone()
        }
    }

    fn depthwise(&self, n: usize, from: usize, c: &Conv) -> Conv {
        let (outs, area) = (self.units(n), c.window.area());
        let inputs = self.units(from).len();
        Conv {
            inputs,
            outputs: outs.len(),
            groups: inputs,
            weight: outs
                .iter()
                .flat_map(|o| &c.weight[o * area..][..area])
                .copied()
                .collect(),
            bias: outs.iter().map(|o| c.bias[*o]).collect(),
            ..c.clone()
        }
    }

    fn layer(&self, n: usize) -> Layer {
        let gone = |u: &usize| !self.kept[n][*u];
        let all = 0..self.kept[n].len();
        let mut layer = Layer {
            name: self.graph.node(n).name.clone(),
            before: all.len(),
            after: self.units(n).len(),
            silent: 0,
            constant: 0,
            unread: 0,
        };
        for u in all.filter(gone) {
            if !self.fixed[n][u] {
                layer.unread += 1;
            } else if self.uniform(n, u) == Some(0.0) {
                layer.silent += 1;
            } else {
                layer.constant += 1;
            }
        }
        layer
    }
}
