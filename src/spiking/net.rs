//! Populations and the links between them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kernel::Kernel;
use super::table::Table;

/// Synapses of one source population onto one target population.
#[derive(Clone, Debug)]
pub struct Link {
    /// Number of the source population, which is before the target.
    pub from: usize,
    pub kernel: Kernel,
    /// Synapses of each source; those of weight 0 do not count.
    pub fan_out: Vec<u32>,
}

impl Link {
    /// From population `from`, which has `sources` neurons.
    pub fn new(from: usize, sources: usize, kernel: Kernel) -> Self {
        Self {
            from,
            fan_out: kernel.fan_outs(sources),
            kernel,
        }
    }
}

/// What makes a population spike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// The sample: the part of its values with this sign.
    Input { sign: f64 },
    /// Weighted sum of what comes in, plus bias: values from 0 to `cap` are coded.
    Neurons { cap: f64 },
    /// The largest of what comes in: its first spike (ramp), or the count that leads (rate).
    Largest,
    /// Sums and spikes not: the output.
    Readout,
}

/// Neurons of one kind; they lie channels last.
#[derive(Clone, Debug)]
pub struct Population {
    pub name: String,
    pub kind: Kind,
    /// Channels, height, width.
    pub planes: [usize; 3],
    /// Of each neuron; empty if it has none.
    pub bias: Vec<f64>,
    /// Those of a pair's second half are in the first, see [`Net::inputs`].
    pub links: Vec<Link>,
    /// The other half of a pair: what comes in is what comes to this earlier population, times -1, so a
    /// code that only sums needs to do so once.
    pub opposite: Option<usize>,
    /// Largest value that calibration saw.
    pub largest: f64,
    /// Some link reads each of them? Others need not spike.
    pub read: Vec<bool>,
}

impl Population {
    pub fn len(&self) -> usize {
        self.planes.iter().product()
    }

    /// Never: a population has neurons.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The tables of its links, each once, however many links use it.
    fn tables(&self) -> Vec<&Arc<Table>> {
        let mut all: Vec<&Arc<Table>> = Vec::new();
        for shared in self.links.iter().filter_map(|l| l.kernel.table()) {
            if !all.iter().any(|t| Arc::ptr_eq(t, &shared.table)) {
                all.push(&shared.table);
            }
        }
        all
    }

    /// Numbers that are held for its links.
    pub fn held(&self) -> usize {
        let tables = self.tables().into_iter().map(|t| t.held());
        let links = self.links.iter().map(|l| l.kernel.held());
        links.sum::<usize>() + tables.sum::<usize>()
    }

    /// Number of the neuron for element `e` of a tensor, which is channels first.
    pub fn place(&self, e: usize) -> usize {
        place(self.planes, e)
    }
}

/// Number of the neuron that stands for element `e` of a tensor of these planes.
pub fn place([c, h, w]: [usize; 3], e: usize) -> usize {
    e % (h * w) * c + e / (h * w)
}

/// A network. The last population is the read-out; sources come before targets.
#[derive(Clone, Debug, Default)]
pub struct Net {
    pub populations: Vec<Population>,
}

impl Net {
    /// The links that drive a population, and by what their weights are multiplied: 1, or -1 for the second
    /// half of a pair.
    pub fn inputs(&self, population: usize) -> (&[Link], f64) {
        match self.populations[population].opposite {
            Some(other) => (&self.populations[other].links, -1.0),
            None => (&self.populations[population].links, 1.0),
        }
    }

    /// Marks which neurons are read; to be called when all links are there.
    pub fn find_readers(&mut self) {
        for i in 0..self.populations.len() {
            let mut read = vec![false; self.populations[i].len()];
            for p in &self.populations[i + 1..] {
                for link in p.links.iter().filter(|l| l.from == i) {
                    for (r, n) in read.iter_mut().zip(&link.fan_out) {
                        *r |= *n > 0;
                    }
                }
            }
            self.populations[i].read = read;
        }
    }

    /// Neurons that may spike, inputs left out.
    pub fn hidden(&self) -> usize {
        let hidden = |p: &&Population| matches!(p.kind, Kind::Neurons { .. } | Kind::Largest);
        self.populations
            .iter()
            .filter(hidden)
            .map(Population::len)
            .sum()
    }

    /// Synapses, shared weights counted at every place where they work.
    pub fn synapses(&self) -> u64 {
        let links = self.populations.iter().flat_map(|p| &p.links);
        links.flat_map(|l| &l.fan_out).map(|n| u64::from(*n)).sum()
    }

    /// Bytes of all tables of synapses, those that several links use counted once.
    pub fn bytes(&self) -> usize {
        let links = self.populations.iter().flat_map(|p| &p.links);
        let tables = self.populations.iter().flat_map(Population::tables);
        links.map(|l| l.kernel.bytes()).sum::<usize>() + tables.map(|t| t.bytes()).sum::<usize>()
    }

    /// Bytes of what is held for neurons: biases, fan-outs by link, and who is read.
    pub fn neuron_bytes(&self) -> usize {
        let of = |p: &Population| {
            let fans = p.links.iter().map(|l| 4 * l.fan_out.len()).sum::<usize>();
            8 * p.bias.len() + fans + p.read.len()
        };
        self.populations.iter().map(of).sum()
    }
}
