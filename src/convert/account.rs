//! What became of each layer of a trained network, for reports.

use super::affine::weighs;
use super::plan::Plan;
use crate::ann::{Graph, Op};
use crate::spiking::Kind;

/// The fate of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is the sample.
    Input(Vec<usize>),
    /// Its values are spikes of these populations (two of them for values of either sign).
    Population(Vec<usize>),
    /// An affine layer as a population of its own.
    Units(Vec<usize>),
    /// A maximum: the first spikes of a population.
    FirstSpike(usize),
    /// Its weights are the synapses of these populations.
    Synapses(Vec<usize>),
    /// Spikes go through it on their way to the next layer's weights, which drive these populations: it
    /// costs neither neurons nor synapses.
    Folded(Vec<usize>),
    /// Its weights were multiplied with those of other layers; the products are the synapses of these
    /// populations.
    MultipliedOut(Vec<usize>),
    /// It only says where synapses go.
    Wiring(Vec<usize>),
    /// The output hangs on it in no way.
    Unused,
}

impl Fate {
    /// In a few words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Input(of) | Self::Population(of) if of.len() > 1 => "pair of populations",
            Self::Units(of) if of.len() > 1 => "pair of units",
            Self::Input(_) => "input",
            Self::Population(_) => "population",
            Self::Units(_) => "units",
            Self::FirstSpike(_) => "first spike",
            Self::Synapses(_) => "synapses",
            Self::Folded(_) => "folded",
            Self::MultipliedOut(_) => "multiplied out",
            Self::Wiring(_) => "wiring",
            Self::Unused => "unused",
        }
    }

    /// The populations that it is, or whose synapses it is part of.
    pub fn populations(&self) -> &[usize] {
        match self {
            Self::Input(p)
            | Self::Population(p)
            | Self::Units(p)
            | Self::Synapses(p)
            | Self::Folded(p)
            | Self::MultipliedOut(p)
            | Self::Wiring(p) => p,
            Self::FirstSpike(p) => std::slice::from_ref(p),
            Self::Unused => &[],
        }
    }
}

/// The fates of all layers, in their order.
pub fn account(graph: &Graph, plan: &Plan) -> Vec<Fate> {
    let n = graph.nodes().len();
    // Which populations a layer drives.
    let mut drives: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (p, population) in plan.net.populations.iter().enumerate() {
        let own = plan.sources[p].node;
        let mut next = match population.kind {
            Kind::Neurons { .. } | Kind::Readout => vec![own],
            Kind::Input { .. } => Vec::new(),
            // What it compares may have been led there from several populations.
            Kind::Largest => {
                let inputs = graph.node(own).inputs.iter().copied();
                let led = inputs.filter(|k| {
                    let mut from = population.links.iter().map(|l| l.from);
                    plan.coded[*k].is_none() && !from.any(|f| plan.sources[f].node == *k)
                });
                led.collect()
            }
        };
        while let Some(m) = next.pop() {
            if !drives[m].contains(&p) {
                drives[m].push(p);
                let inputs = graph.node(m).inputs.iter();
                next.extend(inputs.filter(|k| plan.coded[**k].is_none()));
            }
        }
    }
    (0..n)
        .map(|m| {
            let node = graph.node(m);
            let largest = || {
                let of = |p: &usize| {
                    plan.net.populations[*p].kind == Kind::Largest && plan.sources[*p].node == m
                };
                (0..plan.sources.len()).find(of)
            };
            if let Op::MaxPool(_) | Op::Max = node.op {
                return largest().map_or(Fate::Unused, Fate::FirstSpike);
            }
            if let Some(coded) = &plan.coded[m] {
                let parts: Vec<usize> = coded.parts.iter().map(|(p, _)| *p).collect();
                return match &node.op {
                    Op::Input => Fate::Input(parts),
                    op if op.is_affine() => Fate::Units(parts),
                    _ => Fate::Population(parts),
                };
            }
            let of = std::mem::take(&mut drives[m]);
            match &node.op {
                _ if of.is_empty() => Fate::Unused,
                op if !weighs(op) => Fate::Wiring(of),
                _ if plan.multiplied.contains(&m) => Fate::MultipliedOut(of),
                _ if plan.folded.contains(&m) => Fate::Folded(of),
                _ => Fate::Synapses(of),
            }
        })
        .collect()
}
