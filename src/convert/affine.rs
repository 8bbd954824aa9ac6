//! What lies between populations: chains of affine layers as links and biases.
//!
//! The weights of a dense layer or a convolution stay what they are, whatever its values went through
//! before: factors are multiplied into them, means are taken on the way (`Kernel::Through`), and what was
//! joined is taken apart. Only layers that mix elements one right behind the other are multiplied out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::choice::{MOST_LISTED, mixes};
use super::parts::{Part, Parts, sliding};
use super::plan::Coded;
use crate::ann::synapses::{self, BySource};
use crate::ann::{Graph, Op};
use crate::spiking::net::place;
use crate::spiking::{ConvRows, First, Kernel, Link, Lists, Shared, Sliding, Table};

/// Where links are looked for: the graph and what of it is coded already.
pub struct Affine<'a> {
    pub graph: &'a Graph,
    pub coded: &'a [Option<Coded>],
    /// Channels, height and width of every population.
    pub planes: &'a [[usize; 3]],
}

/// Links, and how they came about.
#[derive(Default)]
pub struct Drawn {
    pub links: Vec<Link>,
    /// Layers that spikes go through on their way to the next layer's weights.
    pub folded: BTreeSet<usize>,
    /// Layers whose weights were multiplied with each other.
    pub multiplied: BTreeSet<usize>,
}

/// Targets of a row that is held as a whole whatever its weights.
const NARROW: usize = 16;

/// Rows by source element (channels first) of every population that takes part.
pub type Matrix = BTreeMap<usize, Vec<Vec<(u32, f64)>>>;

/// Places that a layer reads, and where targets lie.
struct Slice<'s> {
    /// Elements of the layer's input, from this one on.
    first: usize,
    /// How they lie, channels last.
    cells: [usize; 3],
    /// What each is multiplied with.
    gain: &'s dyn Fn(usize) -> f64,
    to: [usize; 3],
}

impl Affine<'_> {
    /// Links that make node `n` out of populations, times `factor`.
    pub fn links(&self, n: usize, factor: f64) -> Drawn {
        let mut drawn = Drawn::default();
        self.add(n, factor, self.graph.node(n).planes(), &mut drawn);
        drawn
    }

    fn add(&self, n: usize, factor: f64, to: [usize; 3], out: &mut Drawn) {
        let node = self.graph.node(n);
        match &node.op {
            _ if self.coded[n].is_some() => self.moved(n, factor, to, out),
            Op::Sum(coefficients) => {
                for (input, c) in node.inputs.iter().zip(coefficients) {
                    self.add(*input, factor * f64::from(*c), to, out);
                }
            }
            Op::Reshape(_) => self.add(node.inputs[0], factor, to, out),
            Op::Dense(_) | Op::Conv(_) | Op::ConvTranspose(_) => self.layer(n, factor, to, out),
            _ => self.moved(n, factor, to, out),
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            graph: self.graph,
            coded: self.coded,
            planes: self.planes,
        }
    }

    /// Values that come as they are, or their means.
    fn moved(&self, n: usize, factor: f64, to: [usize; 3], out: &mut Drawn) {
        let kernel = |part: &Part| {
            let [gain] = part.gains[..] else { return None };
            if part.len != self.graph.node(n).len() {
                return None;
            }
            match self.parts().windows(part) {
                None => (self.planes[part.population] == to)
                    .then_some(Kernel::Same((gain * factor) as f32)),
                Some(mut pool) => (pool.to == to).then(|| {
                    pool.scale(gain * factor);
                    Kernel::Pool(pool)
                }),
            }
        };
        let parts = self.parts().of(n).unwrap_or_default();
        let kernels: Option<Vec<Kernel>> = parts.iter().map(kernel).collect();
        match kernels {
            Some(kernels) if !parts.is_empty() => {
                for (part, kernel) in parts.iter().zip(kernels) {
                    out.links.push(self.link(part.population, kernel));
                }
            }
            _ => self.matrix_links(n, factor, to, out),
        }
    }

    /// A layer with weights.
    fn layer(&self, n: usize, factor: f64, to: [usize; 3], out: &mut Drawn) {
        let node = self.graph.node(n);
        let input = node.inputs[0];
        let all = self.graph.node(input);
        let parts = self.parts().of(input);
        if let Some(parts) = parts.filter(|all| all.iter().all(|p| self.fits(n, p, to))) {
            // Parts that differ in a factor share a table: the halves of a pair, and addends.
            let mut tables: Vec<(usize, [usize; 3], Arc<Table>)> = Vec::new();
            for part in &parts {
                let pool = self.parts().windows(part);
                let cells = match &pool {
                    Some(pool) => pool.to,
                    None => self.planes[part.population],
                };
                let slice = |gain| Slice {
                    first: part.first,
                    cells,
                    gain,
                    to,
                };
                let then = match part.gains[..] {
                    [0.0] => continue,
                    [gain] => {
                        let same = |t: &&(usize, [usize; 3], Arc<Table>)| {
                            (t.0, t.1) == (part.first, cells)
                        };
                        let table = match tables.iter().find(same) {
                            Some((.., table)) => Arc::clone(table),
                            None => {
                                let table = Arc::new(self.table(n, &slice(&|_| 1.0)));
                                tables.push((part.first, cells, Arc::clone(&table)));
                                table
                            }
                        };
                        let factor = gain * factor;
                        Shared { table, factor }
                    }
                    _ => self.table(n, &slice(&|e| part.gain(e) * factor)).into(),
                };
                let kernel = match pool {
                    Some(pool) => Kernel::Through {
                        first: First::Pool(pool),
                        then,
                    },
                    None => Kernel::Table(then),
                };
                out.links.push(self.link(part.population, kernel));
            }
            self.weighing_before(input, &mut out.folded);
            return;
        }
        let mut before = BTreeSet::new();
        self.weighing_before(input, &mut before);
        let shared = matches!(node.op, Op::Dense(_)) || to == node.planes();
        if !shared
            || before
                .iter()
                .any(|k| mixing_weights(&self.graph.node(*k).op))
        {
            self.matrix_links(n, factor, to, out);
            return;
        }
        // Whatever leads there: few synapses of each source to the places that the layer reads.
        let cells = all.planes();
        let slice = Slice {
            first: 0,
            cells,
            gain: &|_| factor,
            to,
        };
        let then: Shared = self.table(n, &slice).into();
        for (population, rows) in self.matrix(input) {
            let first = First::Lists(self.lists(population, &rows, cells));
            let then = then.clone();
            let kernel = Kernel::Through { first, then };
            out.links.push(self.link(population, kernel));
        }
        out.folded.extend(before);
    }

    /// Can layer `n` take a part of its input by itself?
    fn fits(&self, n: usize, part: &Part, to: [usize; 3]) -> bool {
        let node = self.graph.node(n);
        let groups = match &node.op {
            Op::Conv(c) | Op::ConvTranspose(c) => c.groups,
            _ => return true,
        };
        let [channels, h, w] = self.graph.node(node.inputs[0]).planes();
        let cells = match &part.pool {
            Some((k, _)) => self.graph.node(*k).planes(),
            None => self.planes[part.population],
        };
        to == node.planes()
            && cells[1..] == [h, w]
            && part.first.is_multiple_of(h * w)
            && part.len.is_multiple_of(h * w)
            && part.gains_by_plane(h * w)
            && (groups == 1 || part.len == channels * h * w)
    }

    /// The weights of layer `n` for a slice of what it reads, by place.
    fn table(&self, n: usize, slice: &Slice<'_>) -> Table {
        let op = &self.graph.node(n).op;
        let weights = op.weights();
        let some = weights.iter().filter(|w| **w != 0.0).count();
        // Lists take more than twice the time and memory per synapse; and a narrow row takes no
        // longer than to find out how many synapses a list has.
        let sparse = 3 * some < weights.len();
        let gain = slice.gain;
        match op {
            Op::Dense(d) if !sparse || d.outputs <= NARROW => {
                let len: usize = slice.cells.iter().product();
                let mut weight = vec![0.0; len * d.outputs];
                for e in 0..len {
                    let row = &mut weight[place(slice.cells, e) * d.outputs..][..d.outputs];
                    let gain = gain(e);
                    for o in 0..d.outputs {
                        let w = f64::from(d.weight[o * d.inputs + slice.first + e]) * gain;
                        row[place(slice.to, o)] = w as f32;
                    }
                }
                let width = d.outputs;
                Table::Rows { width, weight }
            }
            Op::Conv(c) | Op::ConvTranspose(c) if !sparse || !self.may_list(n) => {
                let transposed = matches!(op, Op::ConvTranspose(_));
                let [channels, h, w] = slice.cells;
                let groups = if channels == c.inputs { c.groups } else { 1 };
                let (gin, gout) = (channels / groups, c.outputs / groups);
                let area = c.window.area();
                let weight = |o: usize, i: usize, y: usize, x: usize| {
                    let own = o / gout * gin + i;
                    let input = slice.first / (h * w) + own;
                    let row = match transposed {
                        true => input * gout + o % gout,
                        false => o * (c.inputs / c.groups) + input % (c.inputs / c.groups),
                    };
                    let k = row * area + y * c.window.kernel[1] + x;
                    (f64::from(c.weight[k]) * gain(own * h * w)) as f32
                };
                let sliding = Sliding {
                    transposed,
                    ..sliding(&c.window)
                };
                Table::Conv(ConvRows::new(
                    slice.cells,
                    slice.to,
                    groups,
                    sliding,
                    weight,
                ))
            }
            _ => {
                let rows = BySource::of(self.graph, n, 0);
                let len: usize = slice.cells.iter().product();
                let row = |e: usize| -> Vec<(u32, f64)> {
                    let k = slice.first + e;
                    let range = rows.starts[k] as usize..rows.starts[k + 1] as usize;
                    let weights = rows.weights[range.clone()].iter();
                    let gain = gain(e);
                    let both = rows.targets[range].iter().zip(weights);
                    both.map(|(t, w)| (*t, f64::from(*w) * gain)).collect()
                };
                let rows: Vec<Vec<(u32, f64)>> = (0..len).map(row).collect();
                Table::Sparse(lists(slice.cells, &rows, slice.to))
            }
        }
    }

    /// May the synapses of a sparse convolution be listed one by one? Not where that takes more memory than
    /// its weights and zeros.
    fn may_list(&self, n: usize) -> bool {
        let all = synapses::fan_outs(self.graph, n, false);
        let all: usize = all.into_iter().map(|n| n as usize).sum();
        all <= MOST_LISTED.max(self.graph.node(n).op.weights().len() / 2)
    }

    /// Layers from `n` back to populations that bring weights of their own.
    fn weighing_before(&self, n: usize, all: &mut BTreeSet<usize>) {
        if self.coded[n].is_some() {
            return;
        }
        let node = self.graph.node(n);
        if weighs(&node.op) {
            all.insert(n);
        }
        for k in &node.inputs {
            self.weighing_before(*k, all);
        }
    }

    fn matrix_links(&self, n: usize, factor: f64, to: [usize; 3], out: &mut Drawn) {
        let mut weighing = BTreeSet::new();
        self.weighing_before(n, &mut weighing);
        if weighing.len() > 1 {
            out.multiplied.extend(weighing);
        }
        for (population, mut rows) in self.matrix(n) {
            for (_, w) in rows.iter_mut().flatten() {
                *w *= factor;
            }
            let targets: usize = to.iter().product();
            let some: usize = rows.iter().map(Vec::len).sum();
            let table = if 3 * some >= rows.len() * targets && targets > 1 {
                let from = self.planes[population];
                let mut weight = vec![0.0; rows.len() * targets];
                for (e, row) in rows.iter().enumerate() {
                    for (t, w) in row {
                        let at = place(from, e) * targets + place(to, *t as usize);
                        weight[at] = *w as f32;
                    }
                }
                let width = targets;
                Table::Rows { width, weight }
            } else {
                Table::Sparse(self.lists(population, &rows, to))
            };
            out.links
                .push(self.link(population, Kernel::Table(table.into())));
        }
    }

    /// Node `n` as a matrix on populations: layer by layer, each row through the rows of the next.
    pub fn matrix(&self, n: usize) -> Matrix {
        let node = self.graph.node(n);
        let mut all = Matrix::new();
        if let Some(coded) = &self.coded[n] {
            for (population, gains) in &coded.parts {
                let len = node.len();
                let gain = |e: usize| gains[crate::ann::spread(e, len, gains.len())];
                let rows = (0..len).map(|e| vec![(e as u32, gain(e))]);
                all.insert(*population, rows.collect());
            }
            return all;
        }
        let mut sums = vec![0.0; node.len()];
        let mut touched: Vec<u32> = Vec::new();
        for (k, input) in node.inputs.iter().enumerate() {
            let next = BySource::of(self.graph, n, k);
            for (population, rows) in self.matrix(*input) {
                let own = all
                    .entry(population)
                    .or_insert_with(|| vec![Vec::new(); rows.len()]);
                for (row, own) in rows.into_iter().zip(own) {
                    for (to, w) in own.drain(..).chain(row.into_iter().flat_map(|(mid, w)| {
                        let range = next.starts[mid as usize] as usize
                            ..next.starts[mid as usize + 1] as usize;
                        let weights = next.weights[range.clone()].iter();
                        let both = next.targets[range].iter().zip(weights);
                        both.map(move |(to, v)| (*to, w * f64::from(*v)))
                            .collect::<Vec<_>>()
                    })) {
                        if sums[to as usize] == 0.0 {
                            touched.push(to);
                        }
                        sums[to as usize] += w;
                    }
                    touched.sort_unstable();
                    touched.dedup();
                    for to in touched.drain(..) {
                        let w = std::mem::take(&mut sums[to as usize]);
                        if w != 0.0 {
                            own.push((to, w));
                        }
                    }
                }
            }
        }
        all
    }

    fn lists(&self, population: usize, rows: &[Vec<(u32, f64)>], to: [usize; 3]) -> Lists {
        lists(self.planes[population], rows, to)
    }

    fn link(&self, from: usize, kernel: Kernel) -> Link {
        Link::new(from, self.planes[from].iter().product(), kernel)
    }

    /// Node `n` where no population spikes, times `factor`; by neuron.
    pub fn bias(&self, n: usize, factor: f64) -> Vec<f64> {
        let planes = self.graph.node(n).planes();
        let mut all = vec![0.0; self.graph.node(n).len()];
        for (e, v) in self.silent(n).into_iter().enumerate() {
            all[place(planes, e)] = v * factor;
        }
        all
    }

    /// Node `n` where no population spikes, by element.
    pub fn silent(&self, n: usize) -> Vec<f64> {
        let node = self.graph.node(n);
        if let Some(coded) = &self.coded[n] {
            return vec![coded.shift; node.len()];
        }
        let mut out: Vec<f64> = (0..node.len())
            .map(|to| synapses::bias(self.graph, n, to))
            .collect();
        let inputs: Vec<Vec<f64>> = node.inputs.iter().map(|k| self.silent(*k)).collect();
        if inputs.iter().flatten().any(|v| *v != 0.0) {
            synapses::for_each(self.graph, n, |s| {
                out[s.to as usize] += s.weight * inputs[s.input][s.from as usize];
            });
        }
        out
    }
}

/// Rows by element (channels first) on both sides as lists by neuron.
fn lists(from: [usize; 3], rows: &[Vec<(u32, f64)>], to: [usize; 3]) -> Lists {
    let mut order: Vec<usize> = vec![0; rows.len()];
    for e in 0..rows.len() {
        order[place(from, e)] = e;
    }
    Lists::new(order.into_iter().map(|e| {
        let mut row: Vec<(u32, f32)> = rows[e]
            .iter()
            .filter(|(_, w)| *w != 0.0)
            .map(|(t, w)| (place(to, *t as usize) as u32, *w as f32))
            .collect();
        row.sort_unstable_by_key(|(t, _)| *t);
        row
    }))
}

/// Does a layer bring weights of its own?
pub fn weighs(op: &Op) -> bool {
    op.is_affine() && !op.is_wiring() && !matches!(op, Op::Sum(_))
}

/// Does it mix elements by weights that were learned?
fn mixing_weights(op: &Op) -> bool {
    mixes(op) && !matches!(op, Op::AvgPool(_))
}
