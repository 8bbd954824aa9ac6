//! NIR graphs as spiking networks: neurons of the engine, and synapses for all that lies between them.
//!
//! `lower` folds what has no state into weights, delays and constants, and says which population is when
//! at which step: the tools compute a step layer by layer, so a spike passes through all layers within a
//! step, while a spike of the engine takes at least a tick from layer to layer. Step n (from 0) of a
//! population is the tick `(n + 1) * ticks_per_step + late`. `network` writes the specification, `steps` computes the
//! file step by step as the tools do, which is the truth that the engine is held to.

mod export;
mod links;
mod network;
mod steps;
mod text;

use rustc_hash::FxHashMap;

pub use export::export;
pub use links::Links;
pub use network::{Plan, network, step_ms};
pub use steps::Steps;
pub use text::{Written, written};

use crate::definition::Diagnostic;
use crate::import::findings::names;
use crate::import::nir::{
    Dialect, Fidelity, Kind, Neurons, Nir, Node, Spike, Verdict, fidelity, neurons::neurons,
};

/// An entry of the graph.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The node's name as populations may have it.
    pub name: String,
    pub shape: Vec<usize>,
    pub size: usize,
}

/// A layer of neurons, or the sum that an exit reads from spikes.
#[derive(Clone, Debug)]
pub struct Layer {
    pub name: String,
    /// Index of its node; of a sum, that of the exit.
    pub node: usize,
    pub size: usize,
    /// `None`: a sum of all that has come in.
    pub neurons: Option<Neurons>,
    /// What comes in at every step from biases.
    pub constant: Vec<f64>,
    /// Ticks by which its step n comes after tick `(n + 1) * ticks_per_step`.
    pub late: u64,
    /// The same for what it takes in: earlier by a step if a current acts in the step in which it came.
    pub takes: u64,
}

impl Layer {
    pub fn spikes(&self) -> bool {
        self.neurons.as_ref().is_some_and(|n| n.kind.spikes())
    }
}

/// Where synapses come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum From {
    Entry(usize),
    Layer(usize),
}

/// All links between two ends.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub from: From,
    pub to: usize,
    pub links: Links,
    /// It arrives in the step after.
    pub back: bool,
}

/// A network of layers.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub entries: Vec<Entry>,
    pub layers: Vec<Layer>,
    pub bundles: Vec<Bundle>,
    /// Exits by name, and the layers that they show.
    pub exits: Vec<(String, usize)>,
    pub ticks_per_step: u64,
    /// A current acts in the step in which its spike came.
    pub current_first: bool,
    /// What is not as in the tool that wrote the file.
    pub notes: Vec<String>,
}

fn is_linear(kind: Kind) -> bool {
    !kind.is_neuron() && !matches!(kind, Kind::Input | Kind::Output)
}

fn told(node: &Node, what: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(format!(
        "node {} ({}): {what}",
        names(&[&node.name]),
        node.kind.name()
    ))
}

/// Names of nodes as names of populations: letters, digits and underscores, each once.
fn population_names(nir: &Nir) -> Vec<String> {
    let mut taken: FxHashMap<String, usize> = FxHashMap::default();
    nir.nodes
        .iter()
        .map(|node| {
            let mut name: String = node
                .name
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
                .collect();
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                name.insert_str(0, "n_");
            }
            let n = taken.entry(name.clone()).or_insert(0);
            *n += 1;
            if *n > 1 {
                name = format!("{name}_{n}");
            }
            name
        })
        .collect()
}

/// The network of a file.
///
/// # Errors
/// Every node that cannot be simulated, and why.
pub fn lower(nir: &Nir, d: &Dialect) -> Result<Lowered, Vec<Diagnostic>> {
    let mut errors = unsupported(nir, &fidelity(nir, d));
    let order = match order(nir) {
        Ok(order) => order,
        Err(e) => {
            errors.extend(e);
            return Err(errors);
        }
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut walk = Walk {
        nir,
        order,
        own: FxHashMap::default(),
    };
    let named = population_names(nir);
    let mut low = Lowered {
        entries: Vec::new(),
        layers: Vec::new(),
        bundles: Vec::new(),
        exits: Vec::new(),
        ticks_per_step: 1,
        current_first: d.producer == "snnTorch",
        notes: Vec::new(),
    };
    let mut layer_of: FxHashMap<usize, usize> = FxHashMap::default();
    for (i, node) in nir.nodes.iter().enumerate() {
        if node.kind == Kind::Input {
            low.entries.push(Entry {
                name: named[i].clone(),
                shape: node.output.clone(),
                size: node.len(),
            });
        } else if node.kind.is_neuron() {
            layer_of.insert(i, low.layers.len());
            low.layers.push(Layer {
                name: named[i].clone(),
                node: i,
                size: node.len(),
                neurons: neurons(node, d),
                constant: Vec::new(),
                late: 0,
                takes: 0,
            });
        }
    }
    let constants = walk.constants()?;
    let mut arrived: Vec<(usize, usize, Links)> = Vec::new();
    for (i, node) in nir.nodes.iter().enumerate() {
        if !(node.kind == Kind::Input || node.kind.is_neuron()) {
            continue;
        }
        let ends = walk.from(i)?;
        for (end, links) in ends {
            if node.kind.is_neuron() && !node.kind.spikes() {
                let plain = nir.nodes[end].kind == Kind::Output && is_identity(&links);
                if !plain {
                    errors.push(told(
                        node,
                        "its potential is read by other nodes all the time, and synapses carry spikes only",
                    ));
                    break;
                }
            }
            arrived.push((i, end, links));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (i, node) in nir.nodes.iter().enumerate() {
        if node.kind != Kind::Output {
            continue;
        }
        let into: Vec<&(usize, usize, Links)> = arrived.iter().filter(|a| a.1 == i).collect();
        let [(from, _, links)] = into[..] else {
            add_sum(&mut low, &mut layer_of, nir, i, &named, &constants);
            continue;
        };
        match layer_of.get(from) {
            Some(layer) if is_identity(links) => low.exits.push((node.name.clone(), *layer)),
            _ => add_sum(&mut low, &mut layer_of, nir, i, &named, &constants),
        }
    }
    for (i, layer) in &layer_of {
        if constants[*i].iter().any(|c| *c != 0.0) {
            low.layers[*layer].constant.clone_from(&constants[*i]);
        }
    }
    let mut entry = 0;
    let entry_of: FxHashMap<usize, usize> = (0..nir.nodes.len())
        .filter(|i| nir.nodes[*i].kind == Kind::Input)
        .map(|i| {
            entry += 1;
            (i, entry - 1)
        })
        .collect();
    for (from, end, links) in arrived {
        let Some(to) = layer_of.get(&end) else {
            continue;
        };
        let from = match layer_of.get(&from) {
            Some(layer) => From::Layer(*layer),
            None => From::Entry(entry_of[&from]),
        };
        low.bundles.push(Bundle {
            from,
            to: *to,
            links,
            back: false,
        });
    }
    schedule(&mut low, d);
    Ok(low)
}

fn unsupported(nir: &Nir, verdicts: &[Fidelity]) -> Vec<Diagnostic> {
    let mut errors: Vec<Diagnostic> = nir
        .nodes
        .iter()
        .zip(verdicts)
        .filter(|(_, v)| v.verdict == Verdict::Unsupported)
        .map(|(node, v)| told(node, &v.reason))
        .collect();
    for node in &nir.nodes {
        if node.is_empty() || node.input.contains(&0) {
            errors.push(told(node, "it has no elements"));
        }
        let odd = node
            .kind
            .per_element()
            .iter()
            .find(|p| node.get(p).iter().any(|v| !v.is_finite()));
        if let Some(p) = odd {
            errors.push(told(
                node,
                format!("`{p}` holds a number that is not finite"),
            ));
        }
        let weights = ["weight", "bias"].map(|p| node.get(p));
        if weights.iter().any(|w| w.iter().any(|v| !v.is_finite())) {
            errors.push(told(node, "a weight is no finite number"));
        }
        let (th, reset) = (node.get("v_threshold"), node.get("v_reset"));
        if let Some(i) = th.iter().zip(reset).position(|(t, r)| r >= t) {
            errors.push(told(
                node,
                format!(
                    "neuron {i} is reset to {}, which is not below its threshold {}",
                    reset[i], th[i]
                ),
            ));
        }
    }
    errors
}

/// Nodes without state in an order in which each comes after what it reads.
fn order(nir: &Nir) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let linear = |i: usize| is_linear(nir.nodes[i].kind);
    let mut waiting = vec![0usize; nir.nodes.len()];
    for e in nir.edges.iter().filter(|e| linear(e.from)) {
        waiting[e.to] += 1;
    }
    let mut ready: Vec<usize> = (0..nir.nodes.len())
        .filter(|i| linear(*i) && waiting[*i] == 0)
        .collect();
    let mut order = Vec::new();
    while let Some(i) = ready.pop() {
        order.push(i);
        for e in nir.edges.iter().filter(|e| e.from == i && linear(e.to)) {
            waiting[e.to] -= 1;
            if waiting[e.to] == 0 {
                ready.push(e.to);
            }
        }
    }
    let all = (0..nir.nodes.len()).filter(|i| linear(*i));
    match all.into_iter().find(|i| !order.contains(i)) {
        None => Ok(order),
        Some(i) => Err(vec![told(
            &nir.nodes[i],
            "it lies in a loop without neurons, so what it gives is not defined",
        )]),
    }
}

/// Goes through the nodes without state.
struct Walk<'n> {
    nir: &'n Nir,
    order: Vec<usize>,
    own: FxHashMap<usize, Links>,
}

impl Walk<'_> {
    fn links(&mut self, i: usize) -> Result<&Links, Vec<Diagnostic>> {
        if !self.own.contains_key(&i) {
            let node = &self.nir.nodes[i];
            let links = Links::of(node).map_err(|e| vec![told(node, e)])?;
            self.own.insert(i, links);
        }
        Ok(&self.own[&i])
    }

    fn after(&self, i: usize) -> Vec<usize> {
        let from = self.nir.edges.iter().filter(|e| e.from == i);
        from.map(|e| e.to).collect()
    }

    /// What comes into each node all the time, from biases.
    fn constants(&mut self) -> Result<Vec<Vec<f64>>, Vec<Diagnostic>> {
        let size = |n: &Node| n.input.iter().product::<usize>();
        let mut into: Vec<Vec<f64>> = vec![Vec::new(); self.nir.nodes.len()];
        for i in self.order.clone() {
            let node = &self.nir.nodes[i];
            let mut out = Vec::new();
            if into[i].iter().any(|v| *v != 0.0) {
                let values = std::mem::take(&mut into[i]);
                out = self.links(i)?.apply(&values);
            }
            let bias = node.get("bias");
            if bias.iter().any(|b| *b != 0.0) {
                out.resize(node.len(), 0.0);
                let each = node.len() / bias.len();
                out.iter_mut()
                    .enumerate()
                    .for_each(|(k, v)| *v += bias[k / each.max(1)]);
            }
            if out.is_empty() {
                continue;
            }
            for k in self.after(i) {
                into[k].resize(size(&self.nir.nodes[k]), 0.0);
                into[k].iter_mut().zip(&out).for_each(|(a, b)| *a += b);
            }
        }
        Ok(into)
    }

    /// Every neuron and exit that a node reaches, with the links to it.
    fn from(&mut self, start: usize) -> Result<Vec<(usize, Links)>, Vec<Diagnostic>> {
        let n = self.nir.nodes[start].len();
        let mut arriving: FxHashMap<usize, Links> = FxHashMap::default();
        let put = |arriving: &mut FxHashMap<usize, Links>, to: usize, links: &Links| {
            let sum = match arriving.remove(&to) {
                Some(before) => before.and(links),
                None => links.clone(),
            };
            arriving.insert(to, sum);
        };
        for to in self.after(start) {
            put(&mut arriving, to, &Links::identity(n));
        }
        for i in self.order.clone() {
            let Some(links) = arriving.remove(&i) else {
                continue;
            };
            let kind = self.nir.nodes[i].kind;
            let plain = matches!(kind, Kind::Flatten | Kind::Threshold);
            let out = if plain {
                links
            } else {
                let node = &self.nir.nodes[i];
                let own = self.links(i)?;
                if is_identity(&links) && links.sources == own.sources {
                    own.clone()
                } else {
                    links.then(own).map_err(|e| vec![told(node, e)])?
                }
            };
            for to in self.after(i) {
                put(&mut arriving, to, &out);
            }
        }
        let mut ends: Vec<(usize, Links)> = arriving.into_iter().collect();
        ends.sort_by_key(|e| e.0);
        Ok(ends)
    }
}

fn is_identity(links: &Links) -> bool {
    links.sources == links.targets
        && links.delay.is_empty()
        && links.len() == links.sources
        && links.weight.iter().all(|w| *w == 1.0)
        && links.to.iter().enumerate().all(|(i, t)| i == *t as usize)
}

/// An exit that reads weighted spikes shows their sum over time.
fn add_sum(
    low: &mut Lowered,
    layer_of: &mut FxHashMap<usize, usize>,
    nir: &Nir,
    i: usize,
    named: &[String],
    constants: &[Vec<f64>],
) {
    let layer = low.layers.len();
    layer_of.insert(i, layer);
    low.layers.push(Layer {
        name: named[i].clone(),
        node: i,
        size: nir.nodes[i].len(),
        neurons: None,
        constant: constants[i].clone(),
        late: 0,
        takes: 0,
    });
    low.exits.push((nir.nodes[i].name.clone(), layer));
}

/// Steps on the shortest way from `near` along links, for each layer; as many as there are layers where
/// there is none.
fn distances(layers: usize, mut near: Vec<usize>, links: &[(usize, usize)]) -> Vec<usize> {
    let mut distance = vec![layers; layers];
    near.iter().for_each(|i| distance[*i] = 0);
    let mut at = 0;
    while let Some(i) = near.get(at).copied() {
        at += 1;
        for (from, to) in links {
            if *from == i && distance[*to] == layers {
                distance[*to] = distance[i] + 1;
                near.push(*to);
            }
        }
    }
    distance
}

/// Where layers lie between entries and exits: a link of a loop that does not lead on in this order goes
/// back. Files do not say in which order a tool computes the layers of a step.
fn ranks(low: &Lowered) -> Vec<i64> {
    let n = low.layers.len();
    let between = |b: &Bundle| match b.from {
        From::Layer(from) => Some((from, b.to)),
        From::Entry(_) => None,
    };
    let links: Vec<(usize, usize)> = low.bundles.iter().filter_map(between).collect();
    let turned: Vec<(usize, usize)> = links.iter().map(|(a, b)| (*b, *a)).collect();
    let mut first: Vec<usize> = low
        .bundles
        .iter()
        .filter(|b| matches!(b.from, From::Entry(_)))
        .map(|b| b.to)
        .collect();
    let mut last: Vec<usize> = low.exits.iter().map(|e| e.1).collect();
    for list in [&mut first, &mut last] {
        list.sort_unstable();
        list.dedup();
    }
    let (after, before) = (distances(n, first, &links), distances(n, last, &turned));
    (0..n).map(|i| after[i] as i64 - before[i] as i64).collect()
}

/// Which links go back, and how late each layer is.
fn schedule(low: &mut Lowered, d: &Dialect) {
    let n = low.layers.len();
    let rank = ranks(low);
    let edges: Vec<crate::import::nir::Edge> = low
        .bundles
        .iter()
        .filter_map(|b| match b.from {
            From::Layer(from) => Some(crate::import::nir::Edge {
                from,
                to: b.to,
                recurrent: false,
            }),
            From::Entry(_) => None,
        })
        .collect();
    let component = crate::import::nir::graph::components(n, &edges);
    for b in &mut low.bundles {
        if let From::Layer(from) = b.from {
            b.back = component[from] == component[b.to] && rank[b.to] <= rank[from];
        }
    }
    let first = |layer: &Layer| {
        let cuba = layer.neurons.as_ref().is_some_and(|n| n.tau_syn.is_some());
        low.current_first && cuba && d.spike == Spike::Box
    };
    let early: Vec<bool> = low.layers.iter().map(first).collect();
    // Without links back the layers form no circle, so this ends after at most as many rounds.
    let mut takes = vec![1u64; n];
    let mut late = vec![0u64; n];
    let mut span = |per_step: u64| {
        takes.fill(1);
        for _ in 0..=n {
            for i in 0..n {
                late[i] = takes[i] + if early[i] { per_step } else { 0 };
            }
            for b in low.bundles.iter().filter(|b| !b.back) {
                if let From::Layer(from) = b.from {
                    takes[b.to] = takes[b.to].max(late[from] + 1);
                }
            }
        }
        (takes.clone(), late.clone())
    };
    let (mut takes, mut late) = span(1);
    // A link back takes a step less what its source is later than its target.
    let lack = |takes: &[u64], late: &[u64]| {
        let back = low.bundles.iter().filter(|b| b.back);
        back.filter_map(|b| match b.from {
            From::Layer(from) => Some(late[from].saturating_sub(takes[b.to])),
            From::Entry(_) => None,
        })
        .max()
        .unwrap_or(0)
    };
    let any_early = early.iter().any(|e| *e);
    let short = lack(&takes, &late);
    if short > 0 && !any_early {
        // Ticks per step that divide the step into whole picoseconds, as round as it goes.
        let least = short + 1;
        let step = (d.time_step * network::unit_ms(d) * crate::network::spec::PS_PER_MS).round();
        let divides = |k: &u64| step % *k as f64 == 0.0;
        low.ticks_per_step = (least..least + 1000).find(divides).unwrap_or(least);
        (takes, late) = span(low.ticks_per_step);
    }
    if low.bundles.iter().any(|b| b.back) && any_early {
        low.notes.push(
            "loops: the tool lets a spike act on the next step, where a current has already moved the \
             potential; here it does so a step later"
                .into(),
        );
    }
    for (i, layer) in low.layers.iter_mut().enumerate() {
        layer.takes = takes[i];
        layer.late = late[i];
    }
}

impl Lowered {
    /// Ticks from the moment at which a spike is stamped to the one at which it arrives, without stated
    /// delays.
    pub fn ticks(&self, b: &Bundle) -> u64 {
        let from = match b.from {
            From::Entry(_) => 0,
            From::Layer(i) => self.layers[i].late,
        };
        let back = if b.back { self.ticks_per_step } else { 0 };
        (self.layers[b.to].takes + back).saturating_sub(from).max(1)
    }

    /// The step (from 0) that a tick of a layer is; `None` before the first.
    pub fn step_of(&self, layer: usize, tick: u64) -> Option<u64> {
        // A crossing between two steps is seen at the second.
        let since = (tick + self.ticks_per_step - 1).checked_sub(self.layers[layer].late)?;
        (since / self.ticks_per_step).checked_sub(1)
    }

    /// The last tick that a number of steps takes.
    pub fn last_tick(&self, steps: u64) -> u64 {
        let late = self.layers.iter().map(|l| l.late).max().unwrap_or(0);
        steps
            .saturating_mul(self.ticks_per_step)
            .saturating_add(late)
    }
}
