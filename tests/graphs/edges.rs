//! Networks of one rule, read back from the tables of the built network, and figures of graphs.

use std::collections::{BTreeSet, VecDeque};

use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, Network, build};
use spikewheel::neuron::ModelKind;
use spikewheel::neuron::def::StateDefault;

/// Numbers of shards that must agree.
pub const SHARDS: [usize; 4] = [1, 2, 3, 5];

/// `sizes` populations of `if` neurons, connected among each other by one statement.
pub fn spec(sizes: &[u32], rule: Rule, seed: u64) -> NetworkSpec {
    let def = ModelKind::If.def();
    let params: Vec<Values> = def.params.iter().map(|p| p.default.into()).collect();
    let initial = def
        .state
        .iter()
        .map(|s| match s.default {
            StateDefault::Value(v) => v.into(),
            StateDefault::Param(name) => params[def.param(name).unwrap()].clone(),
        })
        .collect();
    let neurons = NeuronSpec {
        model: ModelKind::If,
        params,
        initial,
        receptors: vec![],
        options: NeuronOptions::default(),
        update: Update::Auto,
    };
    let all: Vec<Slice> = (0..sizes.len())
        .map(|population| Slice {
            population,
            start: 0,
            end: sizes[population],
        })
        .collect();
    NetworkSpec {
        name: "graph".into(),
        seed,
        resolution_ps: 100_000_000,
        duration: 100,
        arithmetic: Arithmetic::Double,
        populations: sizes
            .iter()
            .enumerate()
            .map(|(i, &size)| PopulationSpec {
                name: format!("p{i}"),
                size,
                kind: PopulationKind::Neurons(neurons.clone()),
                labels: None,
                positions: None,
            })
            .collect(),
        projections: vec![ProjectionSpec {
            from: all.clone(),
            to: all,
            rule,
            receptor: None,
            table: TableChoice::Auto,
            plasticity: None,
            allow_autapses: false,
            allow_multapses: true,
            weight: Weight::Values(Values::Constant(1.0)),
            delay: Delay::Ticks(10),
        }],
        drives: vec![],
        recording: RecordingSpec::default(),
        modulators: Vec::new(),
    }
}

pub fn built(spec: &NetworkSpec, shards: usize) -> Network {
    let options = BuildOptions {
        shards,
        granule: 1,
        ..BuildOptions::default()
    };
    build(spec, &options).unwrap_or_else(|e| panic!("{e}"))
}

/// A directed graph: targets of each neuron, sorted.
pub struct Graph {
    pub out: Vec<Vec<u32>>,
}

impl Graph {
    pub fn of(spec: &NetworkSpec) -> Self {
        let total = *spec.offsets().last().unwrap() as usize;
        let mut out = vec![Vec::new(); total];
        for s in built(spec, 1).synapses() {
            out[s.source as usize].push(s.target);
        }
        Self { out }
    }

    pub fn n(&self) -> usize {
        self.out.len()
    }

    pub fn edges(&self) -> usize {
        self.out.iter().map(Vec::len).sum()
    }

    pub fn has(&self, a: u32, b: u32) -> bool {
        self.out[a as usize].binary_search(&b).is_ok()
    }

    pub fn in_degrees(&self) -> Vec<usize> {
        let mut degrees = vec![0; self.n()];
        for &t in self.out.iter().flatten() {
            degrees[t as usize] += 1;
        }
        degrees
    }

    /// Neither a neuron with itself nor a pair twice.
    pub fn is_simple(&self) -> bool {
        self.out.iter().enumerate().all(|(i, row)| {
            !row.contains(&(i as u32)) && row.iter().collect::<BTreeSet<_>>().len() == row.len()
        })
    }

    pub fn is_symmetric(&self) -> bool {
        (0..self.n() as u32).all(|a| self.out[a as usize].iter().all(|&b| self.has(b, a)))
    }

    /// Mean over the neurons of the connected part of the pairs of their neighbours.
    pub fn clustering(&self) -> f64 {
        let of = |row: &Vec<u32>| {
            let k = row.len();
            if k < 2 {
                return 0.0;
            }
            let pairs = row.iter().enumerate();
            let linked: usize = pairs
                .map(|(i, &a)| row[i + 1..].iter().filter(|&&b| self.has(a, b)).count())
                .sum();
            2.0 * linked as f64 / (k * (k - 1)) as f64
        };
        self.out.iter().map(of).sum::<f64>() / self.n() as f64
    }

    /// Mean length of the shortest path over all pairs that have one, and whether all have.
    pub fn path_length(&self) -> (f64, bool) {
        let (mut sum, mut pairs) = (0u64, 0u64);
        for start in 0..self.n() {
            let mut distance = vec![u64::MAX; self.n()];
            distance[start] = 0;
            let mut queue = VecDeque::from([start]);
            while let Some(at) = queue.pop_front() {
                for &next in &self.out[at] {
                    let next = next as usize;
                    if distance[next] == u64::MAX {
                        distance[next] = distance[at] + 1;
                        sum += distance[next];
                        pairs += 1;
                        queue.push_back(next);
                    }
                }
            }
        }
        let all = (self.n() * (self.n() - 1)) as u64;
        (sum as f64 / pairs as f64, pairs == all)
    }
}

/// Mean and variance.
pub fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (mean, values.map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}
