//! What lies between populations: chains of affine layers as links and biases.

use std::collections::BTreeMap;

use super::plan::Coded;
use crate::ann::synapses::{self, BySource};
use crate::ann::{Graph, Op};
use crate::spiking::net::place;
use crate::spiking::{ConvRows, Kernel, Link, Lists};

/// Where links are looked for: the graph and what of it is coded already.
pub struct Affine<'a> {
    pub graph: &'a Graph,
    pub coded: &'a [Option<Coded>],
    /// Channels, height and width of every population.
    pub planes: &'a [[usize; 3]],
}

/// Targets of a row that is held as a whole whatever its weights.
const NARROW: usize = 16;

/// Rows by source element (channels first) of every population that takes part.
pub type Matrix = BTreeMap<usize, Vec<Vec<(u32, f64)>>>;

impl Affine<'_> {
    /// Links that make node `n` out of populations, times `factor`.
    pub fn links(&self, n: usize, factor: f64) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        self.add(n, factor, n, &mut links);
        links
    }

    fn add(&self, n: usize, factor: f64, of: usize, out: &mut Vec<Link>) {
        let node = self.graph.node(n);
        let to = self.graph.node(of).planes();
        if self.coded[n].is_some() {
            for (population, gain) in self.plain(n).unwrap_or_default() {
                if self.planes[population] == to {
                    let kernel = Kernel::Same((gain * factor) as f32);
                    out.push(self.link(population, kernel));
                } else {
                    let rows = (0..node.len() as u32).map(|e| vec![(e, gain * factor)]);
                    out.push(self.sparse(population, &rows.collect::<Vec<_>>(), to));
                }
            }
            if self.plain(n).is_none() {
                self.matrix_links(n, factor, to, out);
            }
            return;
        }
        match &node.op {
            Op::Sum(coefficients) => {
                for (input, c) in node.inputs.iter().zip(coefficients) {
                    self.add(*input, factor * f64::from(*c), of, out);
                }
            }
            Op::Reshape(_) => self.add(node.inputs[0], factor, of, out),
            Op::Dense(_) | Op::Conv(_) if self.shared(n, factor, to, out).is_some() => {}
            _ => self.matrix_links(n, factor, to, out),
        }
    }

    /// A dense layer or convolution right behind populations. `None` if it is not, or not worth it.
    fn shared(&self, n: usize, factor: f64, to: [usize; 3], out: &mut Vec<Link>) -> Option<()> {
        let node = self.graph.node(n);
        let sources = self.plain(node.inputs[0])?;
        let before = self.graph.node(node.inputs[0]);
        let weights = node.op.weights();
        let some = weights.iter().filter(|w| **w != 0.0).count();
        match &node.op {
            // Lists take more than twice the time and memory per synapse; and a narrow row takes no
            // longer than to find out how many synapses a list has.
            Op::Dense(d)
                if (3 * some >= weights.len() || d.outputs <= NARROW) && to == node.planes() =>
            {
                for (population, gain) in sources {
                    let planes = self.planes[population];
                    let mut weight = vec![0.0; weights.len()];
                    for e in 0..d.inputs {
                        for o in 0..d.outputs {
                            let w = f64::from(d.weight[o * d.inputs + e]) * gain * factor;
                            weight[place(planes, e) * d.outputs + place(to, o)] = w as f32;
                        }
                    }
                    let width = d.outputs;
                    out.push(self.link(population, Kernel::Rows { width, weight }));
                }
                Some(())
            }
            Op::Conv(c)
                if 3 * some >= weights.len()
                    && to == node.planes()
                    && c.window.dilation == [1, 1]
                    && sources
                        .iter()
                        .all(|(p, _)| self.planes[*p] == before.planes()) =>
            {
                let area = c.window.area();
                let gin = c.inputs / c.groups;
                for (population, gain) in sources {
                    let weight = |o: usize, i: usize, y: usize, x: usize| {
                        let k = (o * gin + i) * area + y * c.window.kernel[1] + x;
                        (f64::from(c.weight[k]) * gain * factor) as f32
                    };
                    let [top, left, ..] = c.window.pads;
                    let rows = ConvRows::new(
                        before.planes(),
                        to,
                        c.groups,
                        c.window.kernel,
                        c.window.stride,
                        [top, left],
                        weight,
                    );
                    out.push(self.link(population, Kernel::Conv(rows)));
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Populations whose weighted sum is node `n`, element by element, if it is one.
    fn plain(&self, n: usize) -> Option<Vec<(usize, f64)>> {
        if let Some(coded) = &self.coded[n] {
            let one = |(p, gains): &(usize, Vec<f64>)| {
                Some((*p, *<&[f64; 1]>::try_from(&gains[..]).ok()?))
            };
            return coded
                .parts
                .iter()
                .map(|part| one(part).map(|(p, [g])| (p, g)))
                .collect();
        }
        let node = self.graph.node(n);
        match &node.op {
            Op::Reshape(_) => self.plain(node.inputs[0]),
            Op::Sum(coefficients) => {
                let mut all: Vec<(usize, f64)> = Vec::new();
                for (input, c) in node.inputs.iter().zip(coefficients) {
                    for (p, g) in self.plain(*input)? {
                        let g = g * f64::from(*c);
                        match all.iter_mut().find(|a| a.0 == p) {
                            Some(a) => a.1 += g,
                            None => all.push((p, g)),
                        }
                    }
                }
                Some(all)
            }
            _ => None,
        }
    }

    fn matrix_links(&self, n: usize, factor: f64, to: [usize; 3], out: &mut Vec<Link>) {
        for (population, mut rows) in self.matrix(n) {
            for (_, w) in rows.iter_mut().flatten() {
                *w *= factor;
            }
            out.push(self.sparse(population, &rows, to));
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

    fn sparse(&self, population: usize, rows: &[Vec<(u32, f64)>], to: [usize; 3]) -> Link {
        let planes = self.planes[population];
        let mut order: Vec<usize> = vec![0; rows.len()];
        for e in 0..rows.len() {
            order[place(planes, e)] = e;
        }
        let lists = order.into_iter().map(|e| {
            let mut row: Vec<(u32, f32)> = rows[e]
                .iter()
                .filter(|(_, w)| *w != 0.0)
                .map(|(t, w)| (place(to, *t as usize) as u32, *w as f32))
                .collect();
            row.sort_unstable_by_key(|(t, _)| *t);
            row
        });
        self.link(population, Kernel::Sparse(Lists::new(lists)))
    }

    fn link(&self, from: usize, kernel: Kernel) -> Link {
        let neurons: usize = self.planes[from].iter().product();
        Link {
            from,
            fan_out: (0..neurons).map(|i| kernel.fan_out(i)).collect(),
            kernel,
        }
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
