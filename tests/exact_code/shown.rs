//! A converted network that is shown a whole data set.

use std::path::PathBuf;

use spikewheel::ann::synapses::for_each;
use spikewheel::ann::{Forward, Graph, Op, largest_of};
use spikewheel::convert::{Calibration, Source, plan};
use spikewheel::import::{DataOptions, Options, data as read, expected, model as import};
use spikewheel::spiking::{Kind, Ramp};

use crate::{HEADROOM, WINDOW};

/// A network with its data.
pub struct Shows {
    pub model: PathBuf,
    pub logits: PathBuf,
    pub data: PathBuf,
    /// File and array of samples to calibrate with, which are none of those that are shown.
    pub calibrate: (PathBuf, Option<&'static str>),
    /// Array of samples to show, if it has no usual name.
    pub samples: Option<&'static str>,
    pub divide_by: f64,
}

/// What came out.
pub struct Shown {
    pub same: usize,
    pub samples: usize,
    /// Largest deviation of an output, as a share of the sample's largest.
    pub deviation: f64,
    pub operations: f64,
    /// Of the trained network, per sample: products of a weight and an input that are both not 0, and
    /// the same with sums and comparisons counted too.
    pub effective: [f64; 2],
    pub spikes_per_neuron: f64,
    pub clipped: u64,
}

impl Shows {
    pub fn run(&self) -> Shown {
        let g = import(&self.model, &Options::default()).unwrap();
        let options = |samples: Option<&str>, limit| DataOptions {
            samples: samples.map(String::from),
            divide_by: Some(self.divide_by),
            limit,
            ..DataOptions::default()
        };
        let some = read(
            &self.calibrate.0,
            &g,
            &options(self.calibrate.1, Some(1000)),
        )
        .unwrap();
        let set = read(&self.data, &g, &options(self.samples, None)).unwrap();
        let (shape, want) = expected(&self.logits).unwrap();
        assert_eq!(shape, [set.count, g.node(g.output()).len()]);
        let planned = plan(&g, &Calibration::of(&g, &some.values, 2), true).unwrap();
        let ramp = Ramp::new(planned.net, WINDOW, HEADROOM);
        every_neuron_has_its_value(&g, &planned.sources, &ramp, &set.values);
        let mut room = ramp.room();
        let n = set.count as f64;
        let mut all = Shown {
            same: 0,
            samples: set.count,
            deviation: 0.0,
            operations: 0.0,
            effective: effective(&g, &set.values).map(|e| e / n),
            spikes_per_neuron: 0.0,
            clipped: 0,
        };
        let each = set.values.chunks_exact(g.input().len());
        for (sample, want) in each.zip(want.chunks_exact(shape[1])) {
            ramp.run(sample, &mut room);
            let have: Vec<f64> = ramp.outputs(&room).collect();
            all.same += usize::from(largest_of(&have) == largest_of(want));
            let top = want.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            for (h, w) in have.iter().zip(want) {
                all.deviation = all.deviation.max((h - w).abs() / top);
            }
            all.operations += room.counts.operations.iter().sum::<u64>() as f64 / n;
            all.clipped += room.counts.clipped.iter().sum::<u64>();
            for (p, spikes) in ramp.net.populations.iter().zip(&room.counts.spikes) {
                if !matches!(p.kind, Kind::Input { .. }) {
                    all.spikes_per_neuron += *spikes as f64 / n / ramp.net.hidden() as f64;
                }
            }
        }
        all
    }
}

/// Spikes of the first samples decoded, against the values of the trained network's layers.
fn every_neuron_has_its_value(g: &Graph, sources: &[Source], ramp: &Ramp, samples: &[f32]) {
    let forward = Forward::<f64>::new(g);
    let (mut values, mut room, mut have) = (forward.room(), ramp.room(), Vec::new());
    for sample in samples.chunks_exact(g.input().len()).take(10) {
        ramp.run(sample, &mut room);
        let inputs: Vec<f64> = sample.iter().map(|v| f64::from(*v)).collect();
        forward.run(&inputs, &mut values);
        for (p, population) in ramp.net.populations.iter().enumerate() {
            if population.kind == Kind::Readout {
                continue;
            }
            let spikes: Vec<(u64, u32)> = ramp.spikes(p, &room).collect();
            assert!(spikes.is_sorted(), "{}: not by time", population.name);
            ramp.decode(p, &room, &mut have);
            let node = values.of_sample(sources[p].node, 0);
            for (e, x) in node.iter().enumerate() {
                let k = population.place(e);
                let want = if population.read[k] {
                    sources[p].value(*x)
                } else {
                    0.0
                };
                assert!(
                    (have[k] - want).abs() < 1e-5 * ramp.scales[p],
                    "{}, neuron {k}: {} instead of {want}",
                    population.name,
                    have[k]
                );
            }
        }
    }
}

/// Operations of the trained network for all samples, synapse by synapse.
fn effective(g: &Graph, samples: &[f32]) -> [f64; 2] {
    // Of each node that counts, and of each of its inputs: synapses by element.
    let mut fans: Vec<(usize, bool, Vec<u64>)> = Vec::new();
    for (n, node) in g.nodes().iter().enumerate() {
        let product = matches!(
            node.op,
            Op::Dense(_) | Op::Conv(_) | Op::ConvTranspose(_) | Op::AvgPool(_)
        );
        let other = matches!(node.op, Op::Sum(_) | Op::MaxPool(_) | Op::Max);
        for (k, input) in node.inputs.iter().enumerate().filter(|_| product || other) {
            let mut fan = vec![0; g.node(*input).len()];
            if let Op::MaxPool(window) = &node.op {
                let ([c, h, w], [_, oh, ow]) = (g.node(*input).planes(), node.planes());
                let meets = |axis: usize, at: usize, outs: usize, len: usize| {
                    let taps =
                        (0..outs).flat_map(|o| (0..window.kernel[axis]).map(move |t| (o, t)));
                    taps.filter(|(o, t)| window.source(axis, *o, *t, len) == Some(at))
                        .count() as u64
                };
                assert_eq!(fan.len(), c * h * w);
                for (e, fan) in fan.iter_mut().enumerate() {
                    *fan = meets(0, e / w % h, oh, h) * meets(1, e % w, ow, w);
                }
            } else if node.op == Op::Max {
                fan.fill(1);
            } else {
                for_each(g, n, |s| {
                    if s.input == k && s.weight != 0.0 {
                        fan[s.from as usize] += 1;
                    }
                });
            }
            fans.push((*input, product, fan));
        }
    }
    let parts = Forward::<f32>::new(g).for_blocks(samples, 2, |_, values| {
        let mut all = [0u64; 2];
        for (input, product, fan) in &fans {
            let active = values.of(*input).chunks_exact(fan.len());
            let sum = |x: &[f32]| {
                x.iter()
                    .zip(fan)
                    .filter(|(x, _)| **x != 0.0)
                    .map(|(_, f)| f)
                    .sum::<u64>()
            };
            let sum: u64 = active.map(sum).sum::<u64>();
            all[0] += sum * u64::from(*product);
            all[1] += sum;
        }
        all
    });
    [0, 1].map(|k| parts.iter().map(|p| p[k]).sum::<u64>() as f64)
}
