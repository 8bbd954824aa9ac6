//! Which layers become populations of spiking neurons.
//!
//! A population codes values that are not negative; a layer is a weighted sum of populations plus a
//! constant:
//!
//! | layer | populations |
//! | --- | --- |
//! | ReLU | relu(x) |
//! | Clip to (l, h) | l + relu(x - l), never above h - l |
//! | LeakyReLU | a pair: relu(x) and, times -slope, relu(-x) |
//! | input with negative values | one for each sign |
//! | MaxPool, Max | the first of its inputs; what may be negative is shifted up before |
//! | AvgPool before an affine layer | none, spikes go through it; or units of its own, if that takes fewer operations |
//! | other affine layers before an affine layer | none, they are multiplied out; or units, if that takes fewer operations or much less memory |
//! | Add, Concat, Reshape, Pad, ... | none: they say where links go |

use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::calibrate::Calibration;
use super::choice::{Choice, Units, choose, mixes};
use super::parts::sliding;
use crate::ann::{Activation, Graph, Op};
use crate::spiking::net::place;
use crate::spiking::{Kernel, Kind, Link, Lists, Net, PoolRows, Population, Table};
use std::collections::BTreeSet;

/// How a node is made of populations: sum of gain times value, plus `shift`.
#[derive(Clone, Debug)]
pub struct Coded {
    /// Population, and gains: one, one for each channel, or one for each element.
    pub parts: Vec<(usize, Vec<f64>)>,
    pub shift: f64,
}

/// What the values of a population are in the trained network: `sign` times the node's value plus
/// `shift`, if that is above 0, and at most `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub node: usize,
    pub sign: f64,
    pub shift: f64,
    pub cap: f64,
}

impl Source {
    pub fn value(&self, x: f64) -> f64 {
        (self.sign * x + self.shift).max(0.0).min(self.cap)
    }
}

/// A network with the reasons.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub net: Net,
    /// Of each population.
    pub sources: Vec<Source>,
    /// Of each node of the graph: the populations that code it, if any do.
    pub coded: Vec<Option<Coded>>,
    /// Affine layers that are populations.
    pub units: Vec<usize>,
    /// Layers that spikes go through on their way to the next layer's weights.
    pub folded: BTreeSet<usize>,
    /// Layers whose weights were multiplied with each other.
    pub multiplied: BTreeSet<usize>,
    /// What was chosen, for the report.
    pub notes: Vec<String>,
}

/// Room above the lowest value that was seen, where values are shifted up.
const HEADROOM: f64 = 1.5;

/// Plans populations. `units`: affine layers become populations of their own where that takes fewer
/// operations, and not only where they would need too much memory otherwise.
pub fn plan(graph: &Graph, seen: &Calibration, units: bool) -> Result<Plan, String> {
    let how = if units {
        Units::ByCost
    } else {
        Units::IfNeeded
    };
    plan_with(graph, seen, how)
}

/// Plans populations; which affine layers are populations is said.
pub fn plan_with(graph: &Graph, seen: &Calibration, how: Units<'_>) -> Result<Plan, String> {
    let mut p = Planner {
        graph,
        seen,
        coded: vec![None; graph.nodes().len()],
        planes: Vec::new(),
        plan: Plan::default(),
    };
    p.input();
    let readers = graph.readers();
    let needed = needed(graph);
    for n in 1..graph.nodes().len() {
        if p.coded[n].is_some() || !needed[n] {
            continue;
        }
        let node = graph.node(n);
        match &node.op {
            Op::Activation(a) => {
                let coded = p.activation(node.inputs[0], n, a)?;
                p.coded[n] = Some(coded);
            }
            Op::MaxPool(_) | Op::Max => {
                // max(relu(x)) is relu(max(x)), and relu(x) need not be shifted.
                let behind = match readers[n][..] {
                    [r] if n != graph.output() => Some(r),
                    _ => None,
                };
                let rises = behind.and_then(|r| match &graph.node(r).op {
                    Op::Activation(Activation::LeakyRelu(_)) => None,
                    Op::Activation(a @ Activation::Relu) => Some((r, a)),
                    Op::Activation(a @ Activation::Clip { low, .. }) if low.is_finite() => {
                        Some((r, a))
                    }
                    _ => None,
                });
                match rises {
                    Some((r, a)) => p.coded[r] = Some(p.largest(n, Some(a))?),
                    None => p.coded[n] = Some(p.largest(n, None)?),
                }
            }
            op if mixes(op) => match choose(graph, seen, n, &readers, how) {
                Choice::Units(note) => {
                    let a = p.signed(n)?;
                    p.coded[n] = Some(a);
                    p.plan.units.push(n);
                    p.plan.notes.push(note);
                }
                Choice::Through(note) => p.plan.notes.extend(note),
            },
            _ => {}
        }
    }
    let out = graph.output();
    let kind = Kind::Readout;
    let source = Source {
        node: out,
        sign: 1.0,
        shift: 0.0,
        cap: f64::INFINITY,
    };
    p.neurons(out, &graph.node(out).name, kind, source, out);
    p.plan.net.find_readers();
    p.plan.coded = p.coded;
    Ok(p.plan)
}

/// Nodes that the output hangs on.
fn needed(graph: &Graph) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes().len()];
    needed[graph.output()] = true;
    for n in (0..graph.nodes().len()).rev() {
        if needed[n] {
            for i in &graph.node(n).inputs {
                needed[*i] = true;
            }
        }
    }
    needed
}

struct Planner<'a> {
    graph: &'a Graph,
    seen: &'a Calibration,
    coded: Vec<Option<Coded>>,
    planes: Vec<[usize; 3]>,
    plan: Plan,
}

impl Planner<'_> {
    fn push(&mut self, population: Population, source: Source) -> usize {
        self.planes.push(population.planes);
        self.plan.net.populations.push(population);
        self.plan.sources.push(source);
        self.planes.len() - 1
    }

    fn input(&mut self) {
        let node = self.graph.input();
        let (low, high) = (self.seen.low[0], self.seen.high[0]);
        let mut parts = Vec::new();
        for (sign, largest) in [(1.0, high), (-1.0, -low)] {
            if sign > 0.0 || largest > 0.0 {
                let name = if sign > 0.0 {
                    node.name.clone()
                } else {
                    format!("{}-", node.name)
                };
                let population = Population {
                    name,
                    kind: Kind::Input { sign },
                    planes: node.planes(),
                    bias: Vec::new(),
                    links: Vec::new(),
                    opposite: None,
                    largest: largest.max(0.0),
                    read: Vec::new(),
                };
                let source = Source {
                    node: 0,
                    sign,
                    shift: 0.0,
                    cap: f64::INFINITY,
                };
                parts.push((self.push(population, source), vec![sign]));
            }
        }
        self.coded[0] = Some(Coded { parts, shift: 0.0 });
    }

    fn affine(&self) -> Affine<'_> {
        Affine {
            graph: self.graph,
            coded: &self.coded,
            planes: &self.planes,
        }
    }

    /// A population driven by node `n`. `seen` is the node whose values calibration looked at.
    fn neurons(&mut self, n: usize, name: &str, kind: Kind, source: Source, seen: usize) -> usize {
        let drawn = self.affine().links(n, source.sign);
        self.plan.folded.extend(drawn.folded);
        self.plan.multiplied.extend(drawn.multiplied);
        self.half(n, name, kind, source, seen, drawn.links)
    }

    /// The same with given links.
    fn half(
        &mut self,
        n: usize,
        name: &str,
        kind: Kind,
        source: Source,
        seen: usize,
        links: Vec<Link>,
    ) -> usize {
        let affine = self.affine();
        let mut bias = affine.bias(n, source.sign);
        for b in &mut bias {
            *b += source.shift;
        }
        let (low, high) = (self.seen.low[seen], self.seen.high[seen]);
        let population = Population {
            name: name.into(),
            kind,
            planes: self.graph.node(n).planes(),
            bias,
            links,
            opposite: None,
            largest: source.value(low).max(source.value(high)),
            read: Vec::new(),
        };
        self.push(population, source)
    }

    /// An activation of node `n`; `named` gives the name.
    fn activation(&mut self, n: usize, named: usize, a: &Activation) -> Result<Coded, String> {
        let name = self.graph.node(named).name.clone();
        let source = |sign: f64, shift: f64, cap: f64| Source {
            node: n,
            sign,
            shift,
            cap,
        };
        let mut add = |name: &str, s: Source| {
            let kind = Kind::Neurons { cap: s.cap };
            self.neurons(n, name, kind, s, n)
        };
        Ok(match a {
            Activation::Relu => Coded {
                parts: vec![(add(&name, source(1.0, 0.0, f64::INFINITY)), vec![1.0])],
                shift: 0.0,
            },
            Activation::LeakyRelu(slopes) => {
                let up = add(&name, source(1.0, 0.0, f64::INFINITY));
                let name = format!("{name}-");
                let (kind, s) = (
                    Kind::Neurons { cap: f64::INFINITY },
                    source(-1.0, 0.0, f64::INFINITY),
                );
                let down = self.half(n, &name, kind, s, n, Vec::new());
                self.plan.net.populations[down].opposite = Some(up);
                let slopes = slopes.iter().map(|s| -f64::from(*s)).collect();
                Coded {
                    parts: vec![(up, vec![1.0]), (down, slopes)],
                    shift: 0.0,
                }
            }
            Activation::Clip { low, high } => {
                let (low, high) = (f64::from(*low), f64::from(*high));
                if low.is_finite() {
                    let p = add(&name, source(1.0, -low, high - low));
                    Coded {
                        parts: vec![(p, vec![1.0])],
                        shift: low,
                    }
                } else if high.is_finite() {
                    let p = add(&name, source(-1.0, high, f64::INFINITY));
                    Coded {
                        parts: vec![(p, vec![-1.0])],
                        shift: high,
                    }
                } else {
                    return Err(format!("{name} clips nothing"));
                }
            }
        })
    }

    /// The value of a node as it is: a pair of populations, or one where nothing is negative.
    fn signed(&mut self, n: usize) -> Result<Coded, String> {
        let positive = matches!(self.graph.node(n).op, Op::AvgPool(_))
            && self.coded[self.graph.node(n).inputs[0]]
                .as_ref()
                .is_some_and(|c| {
                    c.shift >= 0.0 && c.parts.iter().all(|(_, g)| g.iter().all(|g| *g >= 0.0))
                });
        let a = if positive {
            Activation::Relu
        } else {
            Activation::LeakyRelu(vec![1.0])
        };
        self.activation(n, n, &a)
    }

    /// A population of the first spikes of what node `n` compares, behind an activation of it.
    fn largest(&mut self, n: usize, behind: Option<&Activation>) -> Result<Coded, String> {
        let node = self.graph.node(n).clone();
        // What already spikes is compared as it is, wherever it was led to.
        let ready: Option<Vec<Routed>> = node.inputs.iter().map(|i| self.routed(*i)).collect();
        let ready =
            ready.filter(|all| behind.is_none() && all.iter().all(|r| r.shift == all[0].shift));
        let inputs = match ready {
            Some(all) => all,
            None => {
                let low = node
                    .inputs
                    .iter()
                    .fold(0.0f64, |m, i| m.min(self.seen.low[*i]));
                let raise = Activation::Clip {
                    low: (HEADROOM * low) as f32,
                    high: f32::INFINITY,
                };
                let mut all = Vec::new();
                for i in &node.inputs {
                    let c = self.activation(*i, *i, behind.unwrap_or(&raise))?;
                    all.push(Routed {
                        rows: vec![(c.parts[0].0, None)],
                        shift: c.shift,
                    });
                }
                all
            }
        };
        let planes = node.planes();
        let (mut links, mut largest) = (Vec::new(), 0.0f64);
        for (k, input) in inputs.iter().enumerate() {
            let before = self.graph.node(node.inputs[k]);
            for (p, rows) in &input.rows {
                largest = largest.max(self.plan.net.populations[*p].largest);
                let from = self.planes[*p];
                let kernel = match (rows, &node.op) {
                    (None, Op::MaxPool(win)) if from == before.planes() => {
                        let ones = [vec![1.0; planes[1]], vec![1.0; planes[2]]];
                        Kernel::Pool(PoolRows::new(from, sliding(win), ones))
                    }
                    (None, Op::Max) if from == planes => Kernel::Same(1.0),
                    _ => {
                        let one_to_one = || (0..before.len() as u32).map(|e| vec![e]).collect();
                        let rows = rows.clone().unwrap_or_else(one_to_one);
                        let targets = compared(&node.op, before.planes(), planes);
                        comparison(from, &rows, &targets)
                    }
                };
                links.push(Link::new(*p, from.iter().product(), kernel));
            }
        }
        let (first, shift) = (inputs[0].rows[0].0, inputs[0].shift);
        let all = inputs.iter().flat_map(|i| &i.rows);
        let source = Source {
            node: n,
            cap: all.fold(0.0, |m, (p, _)| self.plan.sources[*p].cap.max(m)),
            ..self.plan.sources[first]
        };
        let population = Population {
            name: node.name.clone(),
            kind: Kind::Largest,
            planes,
            bias: Vec::new(),
            links,
            opposite: None,
            largest,
            read: Vec::new(),
        };
        Ok(Coded {
            parts: vec![(self.push(population, source), vec![1.0])],
            shift,
        })
    }

    /// Where the elements of node `n` come from, if they are values of populations, each of one.
    fn routed(&self, n: usize) -> Option<Routed> {
        if let Some(c) = &self.coded[n]
            && let [(p, gains)] = &c.parts[..]
            && gains[..] == [1.0]
        {
            return Some(Routed {
                rows: vec![(*p, None)],
                shift: c.shift,
            });
        }
        let affine = self.affine();
        let mut leads = vec![n];
        while let Some(k) = leads.pop() {
            let node = self.graph.node(k);
            match (&self.coded[k], &node.op) {
                (Some(c), _) if matches!(&c.parts[..], [(_, g)] if g[..] == [1.0]) => {}
                (None, op) if op.is_wiring() => leads.extend(&node.inputs),
                _ => return None,
            }
        }
        // A place that nothing leads to has the value that stands for silence, or is none of ours.
        let silent = affine.silent(n);
        if silent.iter().any(|v| *v != silent[0]) {
            return None;
        }
        let targets = |row: Vec<(u32, f64)>| row.into_iter().map(|(to, _)| to).collect();
        let rows = affine.matrix(n).into_iter();
        let rows: Vec<(usize, Option<Vec<Vec<u32>>>)> = rows
            .map(|(p, rows)| (p, Some(rows.into_iter().map(targets).collect())))
            .collect();
        let shift = silent[0];
        (!rows.is_empty()).then_some(Routed { rows, shift })
    }
}

/// Populations whose values are the elements of a node: for each element of a population (channels
/// first) those of the node that it is; `None` if it is the node, element for element.
struct Routed {
    rows: Vec<(usize, Option<Vec<Vec<u32>>>)>,
    shift: f64,
}

/// For each element that a pool (or a maximum of tensors) compares: the neurons that it may win.
fn compared(op: &Op, from: [usize; 3], to: [usize; 3]) -> Vec<Vec<u32>> {
    let [c, h, w] = from;
    let [_, oh, ow] = to;
    let Op::MaxPool(win) = op else {
        return (0..c * h * w).map(|e| vec![place(to, e) as u32]).collect();
    };
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); c * h * w];
    for e in 0..c * oh * ow {
        let (plane, oy, ox) = (e / (oh * ow), e / ow % oh, e % ow);
        for ky in 0..win.kernel[0] {
            for kx in 0..win.kernel[1] {
                let at = (win.source(0, oy, ky, h), win.source(1, ox, kx, w));
                if let (Some(y), Some(x)) = at {
                    rows[(plane * h + y) * w + x].push(place(to, e) as u32);
                }
            }
        }
    }
    rows
}

/// A population to the neurons of a comparison, by what it is element for element.
fn comparison(planes: [usize; 3], elements: &[Vec<u32>], targets: &[Vec<u32>]) -> Kernel {
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); elements.len()];
    for (e, own) in elements.iter().enumerate() {
        let row = &mut rows[place(planes, e)];
        row.extend(own.iter().flat_map(|k| &targets[*k as usize]));
        row.sort_unstable();
        // The same value twice in a comparison is as good as once.
        row.dedup();
    }
    let lists = rows.iter().map(|row| row.iter().map(|to| (*to, 1.0)));
    Kernel::Table(Table::Sparse(Lists::new(lists)).into())
}
