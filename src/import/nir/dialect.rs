//! Which tool wrote a file: NIR is in continuous time, but every tool counts steps.
//!
//! The equations take a spike as a pulse of area 1; all tools that compute in steps hold the value 1 for
//! one step, area dt. The file does not say so, nor what dt is. It shows in the numbers: snnTorch
//! writes tau / r = tau_syn / w_in = dt, SpikingJelly r = 1 / dt, Sinabs counts time in steps.

use super::graph::{Nir, Node};
use super::primitives::Kind;

/// What a spike on an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spike {
    /// The value 1 for one time step.
    Box,
    /// A pulse of area 1.
    Dirac,
}

/// What happens to the potential at a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// v := v_reset, as NIR has it.
    ToValue,
    /// v := v - v_threshold. NIR cannot say it; networks trained so are exported all the same.
    Subtract,
}

/// How the numbers of a file are to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialect {
    /// The tool, or the family of files.
    pub producer: &'static str,
    /// Time step behind the file, in the file's unit of time.
    pub time_step: f64,
    /// Does the file count time in steps instead of seconds?
    pub in_steps: bool,
    pub spike: Spike,
    pub reset: Reset,
    /// Replace each time constant by the one whose exact decay over a step is the tool's 1 - dt / tau?
    pub step_equivalent: bool,
    /// What it was told from, for the report.
    pub evidence: Vec<String>,
}

/// What a user knows better than the numbers tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Choice {
    /// In the file's unit of time; 1 means that it counts steps.
    pub time_step: Option<f64>,
    pub spike: Option<Spike>,
    pub reset: Option<Reset>,
}

impl Dialect {
    /// The dialect of a file, but for what is chosen.
    pub fn chosen(nir: &Nir, choice: &Choice) -> Self {
        let mut d = detect(nir);
        if let Some(dt) = choice.time_step {
            d.time_step = dt;
            d.in_steps = dt == 1.0;
            d.evidence.push(format!("the time step {dt} was asked for"));
        }
        if let Some(spike) = choice.spike {
            d.spike = spike;
            d.evidence.push(
                match spike {
                    Spike::Box => "spikes held for a step were asked for",
                    Spike::Dirac => "spikes of area 1 were asked for",
                }
                .into(),
            );
        }
        // Pulses have no step that a tool's decay could belong to.
        d.step_equivalent = d.spike == Spike::Box;
        if let Some(reset) = choice.reset {
            d.reset = reset;
            d.evidence.push(
                match reset {
                    Reset::ToValue => "a reset to v_reset was asked for",
                    Reset::Subtract => "a reset that subtracts was asked for",
                }
                .into(),
            );
        }
        d
    }

    /// Area of a spike of weight 1.
    pub fn area(&self) -> f64 {
        match self.spike {
            Spike::Box => self.time_step,
            Spike::Dirac => 1.0,
        }
    }
}

/// The step that the paper's files and most exporters use.
pub const USUAL_STEP: f64 = 1e-4;

/// A typical jump larger than this many thresholds means the wrong reading.
const MOST_THRESHOLDS: f64 = 100.0;

/// The same number over all of a list, within single precision.
fn constant(list: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut list = list.into_iter();
    let first = list.next().filter(|x| x.is_finite() && *x > 0.0)?;
    list.all(|x| (x / first - 1.0).abs() < 1e-4)
        .then_some(first)
}

/// A number of at most two digits, such as 1e-4 or 2.5e-3: nobody chooses another step.
fn round(x: f64) -> Option<f64> {
    let scale = 10f64.powi(x.log10().floor() as i32 - 1);
    let near = (x / scale).round() * scale;
    let near: f64 = format!("{near:.3e}").parse().ok()?;
    ((x / near - 1.0).abs() < 1e-4).then_some(near)
}

fn ratio(node: &Node, a: &str, b: &str) -> Option<f64> {
    constant(node.get(a).iter().zip(node.get(b)).map(|(x, y)| x / y))
}

/// The dialect of a file, with the reasons.
pub fn detect(nir: &Nir) -> Dialect {
    let mut d = Dialect {
        producer: "unknown (the usual step of NIR's paper is taken)",
        time_step: USUAL_STEP,
        in_steps: false,
        spike: Spike::Box,
        reset: Reset::ToValue,
        step_equivalent: true,
        evidence: Vec::new(),
    };
    let neurons: Vec<&Node> = nir.nodes.iter().filter(|n| n.kind.is_neuron()).collect();
    step(&mut d, nir, &neurons);
    reset(&mut d, nir, &neurons);
    plausible(&mut d, nir, &neurons);
    d
}

fn step(d: &mut Dialect, nir: &Nir, neurons: &[&Node]) {
    let stated = ["dt", "time_step", "timestep"].iter().find_map(|key| {
        let all = nir
            .nodes
            .iter()
            .flat_map(|n| &n.metadata)
            .chain(&nir.metadata);
        let found = all.into_iter().find_map(|(k, v)| match v {
            super::graph::Meta::Numbers(list) if k == key => list.first().copied(),
            _ => None,
        });
        found.filter(|dt| dt.is_finite() && *dt > 0.0)
    });
    if let Some(dt) = stated {
        d.producer = "stated in the file";
        d.time_step = dt;
        d.in_steps = dt == 1.0;
        d.evidence.push(format!("metadata say that a step is {dt}"));
        return;
    }
    // snnTorch: two ratios of the same round step, in all layers.
    let of_snntorch = |n: &&Node| match n.kind {
        Kind::CubaLif => {
            let a = ratio(n, "tau_syn", "w_in")?;
            let b = ratio(n, "tau_mem", "r")?;
            constant([a, b])
        }
        Kind::Lif | Kind::Li if n.get("r").iter().any(|r| *r != 1.0) => ratio(n, "tau", "r"),
        _ => None,
    };
    let with_tau: Vec<&&Node> = neurons
        .iter()
        .filter(|n| !matches!(n.kind, Kind::I | Kind::If))
        .collect();
    let steps: Option<Vec<f64>> = with_tau.iter().map(|n| of_snntorch(n)).collect();
    if let Some(dt) = steps.and_then(constant).and_then(round) {
        d.producer = "snnTorch";
        d.time_step = dt;
        d.evidence.push(format!(
            "tau / r (and tau_syn / w_in) is {dt:e} s in every layer"
        ));
        return;
    }
    let integrators: Vec<&&Node> = neurons
        .iter()
        .filter(|n| matches!(n.kind, Kind::I | Kind::If))
        .collect();
    let rate = constant(integrators.iter().flat_map(|n| n.get("r").iter().copied()));
    match rate {
        Some(r) if r >= 100.0 && round(1.0 / r).is_some() => {
            d.producer = "SpikingJelly";
            d.time_step = round(1.0 / r).unwrap_or(1.0 / r);
            d.evidence
                .push(format!("r of integrators is 1 / {:e}", d.time_step));
            return;
        }
        Some(r) if with_tau.is_empty() => {
            d.producer = "time in steps (Sinabs and converters of rates)";
            d.time_step = 1.0;
            d.in_steps = true;
            d.evidence.push(format!(
                "integrators with r = {r} and no time constant anywhere: a step is the unit of time"
            ));
            return;
        }
        _ => {}
    }
    let taus = || {
        with_tau.iter().flat_map(|n| {
            ["tau", "tau_mem", "tau_syn"]
                .iter()
                .flat_map(|p| n.get(p).iter().copied())
        })
    };
    if !with_tau.is_empty() && taus().all(|t| t >= 1.0) {
        d.producer = "time in steps (Sinabs)";
        d.time_step = 1.0;
        d.in_steps = true;
        d.evidence.push(
            "every time constant is 1 or more: no neuron takes seconds, so these are steps".into(),
        );
        return;
    }
    if !with_tau.is_empty() {
        d.evidence.push(format!(
            "time constants are in seconds, and nothing tells the step: {USUAL_STEP:e} s is taken"
        ));
    }
}

fn reset(d: &mut Dialect, nir: &Nir, neurons: &[&Node]) {
    let of_graph = nir.metadata.iter().filter(|(k, _)| k == "reset");
    let of_graph = of_graph.filter_map(|(_, v)| match v {
        super::graph::Meta::Text(t) => Some(t.as_str()),
        super::graph::Meta::Numbers(_) => None,
    });
    let words: Vec<&str> = neurons
        .iter()
        .filter_map(|n| n.meta_text("reset"))
        .chain(of_graph)
        .collect();
    if words
        .iter()
        .any(|w| w.eq_ignore_ascii_case("subtract") || w.eq_ignore_ascii_case("soft"))
    {
        d.reset = Reset::Subtract;
        d.evidence
            .push("metadata say that the reset subtracts".into());
    }
}

/// Looks at the jump of a typical spike: far beyond the threshold, or far below, the other reading is
/// tried.
fn plausible(d: &mut Dialect, nir: &Nir, neurons: &[&Node]) {
    let mut jumps = Vec::new();
    for (i, n) in nir.nodes.iter().enumerate() {
        let threshold = n.get("v_threshold").first().copied().unwrap_or(0.0).abs();
        if !neurons.iter().any(|k| k.name == n.name) || threshold == 0.0 {
            continue;
        }
        // The mean size of the weights that reach it.
        let weights = nir.edges.iter().filter(|e| e.to == i).filter_map(|e| {
            let list = nir.nodes[e.from].get("weight");
            (!list.is_empty())
                .then(|| list.iter().map(|w| w.abs()).sum::<f64>() / list.len() as f64)
        });
        let weight = weights.fold(0.0, f64::max);
        let weight = if weight == 0.0 { 1.0 } else { weight };
        let first = |p: &str| n.get(p).first().copied().unwrap_or(1.0);
        let gain = match n.kind {
            Kind::Lif => first("r") / first("tau"),
            Kind::CubaLif => first("r") * first("w_in") / first("tau_mem"),
            _ => first("r"),
        };
        jumps.push(gain * weight / threshold);
    }
    jumps.sort_by(f64::total_cmp);
    let Some(typical) = jumps
        .get(jumps.len() / 2)
        .copied()
        .filter(|j| j.is_finite())
    else {
        return;
    };
    let as_box = typical * d.time_step;
    if as_box * 1e4 < 1.0 && typical <= MOST_THRESHOLDS && d.producer.starts_with("unknown") {
        d.spike = Spike::Dirac;
        d.evidence.push(format!(
            "a spike held for a step would move the potential by {as_box:.1e} thresholds, a pulse of \
             area 1 by {typical:.1e}: pulses are meant"
        ));
    } else {
        d.evidence.push(format!(
            "a spike held for one step moves the potential by about {as_box:.1e} thresholds"
        ));
    }
}
