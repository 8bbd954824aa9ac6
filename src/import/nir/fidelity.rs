//! How well each node can be simulated exactly, and why.

use super::dialect::{Dialect, Spike};
use super::graph::{Nir, Node};
use super::neurons::neurons;
use super::primitives::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Exact,
    Approximate,
    Unsupported,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Approximate => "approximate",
            Self::Unsupported => "unsupported",
        }
    }
}

/// The verdict on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fidelity {
    pub node: String,
    pub kind: &'static str,
    pub verdict: Verdict,
    pub reason: String,
}

/// A verdict for every node, in their order.
pub fn fidelity(nir: &Nir, d: &Dialect) -> Vec<Fidelity> {
    nir.nodes
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let (verdict, reason) = verdict(nir, i, node, d);
            Fidelity {
                node: node.name.clone(),
                kind: node.kind.name(),
                verdict,
                reason: reason.into(),
            }
        })
        .collect()
}

fn verdict(nir: &Nir, i: usize, node: &Node, d: &Dialect) -> (Verdict, &'static str) {
    use Verdict::{Approximate, Exact, Unsupported};
    match node.kind {
        Kind::Input | Kind::Output => (Exact, "a port"),
        Kind::Affine | Kind::Conv1d | Kind::Conv2d => {
            (Exact, "synapses; the bias is a constant current")
        }
        Kind::Linear | Kind::Scale | Kind::SumPool2d | Kind::AvgPool2d | Kind::Flatten => {
            (Exact, "linear, folded into synapses")
        }
        Kind::Delay => {
            let whole = |t: &f64| {
                (t / d.time_step)
                    .fract()
                    .min(1.0 - (t / d.time_step).fract())
                    < 1e-6
            };
            if node.get("delay").iter().all(whole) {
                (Exact, "delays of synapses, whole steps")
            } else {
                (Approximate, "delays of synapses, rounded to the resolution")
            }
        }
        Kind::Threshold => {
            let spikes = |k: usize| nir.nodes[k].kind.spikes();
            let after_spikes = nir
                .edges
                .iter()
                .filter(|e| e.to == i)
                .all(|e| spikes(e.from));
            if after_spikes && node.get("threshold").iter().all(|t| (0.0..1.0).contains(t)) {
                (Exact, "it passes every spike on")
            } else {
                (
                    Unsupported,
                    "a threshold of a signal that is no potential of a neuron",
                )
            }
        }
        _ => {
            let Some(n) = neurons(node, d) else {
                return (Unsupported, "it has no state");
            };
            let gone = |t: &f64| *t == 0.0;
            let negative = |t: &f64| t.is_nan() || *t < 0.0;
            let syn = n.tau_syn.as_deref().unwrap_or(&[]);
            if n.tau_m.iter().chain(syn).any(negative) {
                (Unsupported, "a time constant is negative")
            } else if n.tau_m.iter().any(gone) || syn.iter().any(gone) {
                (
                    Approximate,
                    "a time constant is no longer than the step: nothing is left from step to step",
                )
            } else if d.spike == Spike::Box && n.tau_syn.is_some() {
                (
                    Approximate,
                    "the tool adds the current once per step; between steps the exact course differs",
                )
            } else if d.spike == Spike::Box
                && !d.step_equivalent
                && n.kind != Kind::If
                && n.kind != Kind::I
            {
                (Approximate, "exact decay instead of 1 - dt / tau per step")
            } else {
                (Exact, "the same potential after every step")
            }
        }
    }
}
