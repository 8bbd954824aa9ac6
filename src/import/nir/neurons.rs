//! Neurons of a NIR node as exact neurons: decays, jumps, drives.
//!
//! With a spike of area A and weight w (the jump formulas keep the time constants of the file):
//!
//! | node | jump of |
//! | --- | --- |
//! | I, IF | v: r w A |
//! | LI, LIF | v: r w A / tau |
//! | CubaLI, CubaLIF | I: w_in w A / tau_syn, with tau_mem dv/dt = v_leak - v + r I |
//!
//! A tool that computes in steps decays by 1 - dt / tau per step, which is exp(-dt / tau_eff) with
//! tau_eff = -dt / ln(1 - dt / tau).

use super::dialect::{Dialect, Reset};
use super::graph::Node;
use super::primitives::Kind;

/// The time constant whose exact decay over `dt` is 1 - dt / tau. `None` if nothing is left after a
/// step: dt >= tau.
pub fn effective_tau(tau: f64, dt: f64) -> Option<f64> {
    (tau > dt).then(|| -dt / libm::log1p(-dt / tau))
}

/// One number for each neuron of a layer. Times are in the unit of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Neurons {
    pub kind: Kind,
    /// Time constant of the potential; infinite without leak, 0 if nothing is left after a step.
    pub tau_m: Vec<f64>,
    /// Time constant of the synaptic current, of the kinds that have one.
    pub tau_syn: Option<Vec<f64>>,
    /// Where the potential goes without input.
    pub v_leak: Vec<f64>,
    /// A spike where v exceeds it; infinite for neurons that do not spike. The test is strict.
    pub v_threshold: Vec<f64>,
    pub v_reset: Vec<f64>,
    pub reset: Reset,
    /// What a spike of weight 1 adds to the potential, or to the synaptic current.
    pub jump: Vec<f64>,
    /// Slope of the potential (per unit of time) for a constant input of 1, such as a bias: r, or
    /// r / tau; of the kinds with a synaptic current where the current settles, w_in.
    pub drive: Vec<f64>,
    /// Slope of the potential for a synaptic current of 1: r / tau_mem. Empty for other kinds.
    pub coupling: Vec<f64>,
}

impl Neurons {
    /// Where the potential begins: at rest, or at v_reset where rest lies above the threshold.
    pub fn start(&self, i: usize) -> f64 {
        if self.v_leak[i] > self.v_threshold[i] {
            self.v_reset[i]
        } else {
            self.v_leak[i]
        }
    }
}

/// Parameters of the neurons of a node; `None` for nodes without state.
pub fn neurons(node: &Node, d: &Dialect) -> Option<Neurons> {
    let kind = node.kind;
    if !kind.is_neuron() {
        return None;
    }
    let n = node.len();
    let get = |p: &str, i: usize, missing: f64| node.get(p).get(i).copied().unwrap_or(missing);
    let tau = |t: f64| {
        if d.step_equivalent && t.is_finite() {
            effective_tau(t, d.time_step).unwrap_or(0.0)
        } else {
            t
        }
    };
    let each = |f: &dyn Fn(usize) -> f64| (0..n).map(f).collect::<Vec<f64>>();
    let area = d.area();
    let cuba = matches!(kind, Kind::CubaLi | Kind::CubaLif);
    let leaky = !matches!(kind, Kind::I | Kind::If);
    let membrane = if cuba { "tau_mem" } else { "tau" };
    let raw_tau = |i: usize| get(membrane, i, f64::INFINITY);
    let r = |i: usize| get("r", i, 1.0);
    Some(Neurons {
        kind,
        tau_m: each(&|i| {
            if leaky {
                tau(raw_tau(i))
            } else {
                f64::INFINITY
            }
        }),
        tau_syn: cuba.then(|| each(&|i| tau(get("tau_syn", i, 0.0)))),
        v_leak: each(&|i| get("v_leak", i, 0.0)),
        v_threshold: each(&|i| get("v_threshold", i, f64::INFINITY)),
        v_reset: each(&|i| get("v_reset", i, 0.0)),
        reset: d.reset,
        jump: each(&|i| match kind {
            Kind::I | Kind::If => r(i) * area,
            Kind::Li | Kind::Lif => r(i) * area / raw_tau(i),
            _ => get("w_in", i, 1.0) * area / get("tau_syn", i, 1.0),
        }),
        drive: each(&|i| match kind {
            Kind::I | Kind::If => r(i),
            Kind::Li | Kind::Lif => r(i) / raw_tau(i),
            _ => get("w_in", i, 1.0),
        }),
        coupling: if cuba {
            each(&|i| r(i) / raw_tau(i))
        } else {
            Vec::new()
        },
    })
}
