//! The forward pass: what a network computes, for many samples.
//!
//! Samples are computed in blocks, and blocks on several threads. Every element is summed in one
//! order, so results are the same bits for any number of threads, any size of block and any
//! instruction set.

mod layer;
mod number;
mod product;
pub(crate) mod windows;

use self::layer::{Packed, compute};
pub use self::number::Number;
use super::graph::Graph;
use crate::parallel::{Progress, in_blocks};
use crate::simd;

/// A block of samples takes about this many numbers in all layers together, so that most of it stays
/// in the cache.
const BLOCK_ELEMENTS: usize = 1 << 19;
const MOST_SAMPLES: usize = 32;

/// A graph with its weights laid out for computing.
pub struct Forward<'g, T> {
    graph: &'g Graph,
    packed: Vec<Packed<T>>,
    level: simd::Level,
    /// The last node that is computed.
    last: usize,
}

/// The outputs of all nodes for a block of samples.
#[derive(Debug)]
pub struct Activations<T> {
    values: Vec<Vec<T>>,
    samples: usize,
    /// The windows of one sample and group; filled and read within a node.
    scratch: Vec<T>,
}

impl<T> Activations<T> {
    /// Number of samples in the block.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The output of a node for all samples, one after the other.
    pub fn of(&self, node: usize) -> &[T] {
        &self.values[node]
    }

    /// The output of a node for one sample.
    pub fn of_sample(&self, node: usize, sample: usize) -> &[T] {
        let len = self.values[node].len() / self.samples.max(1);
        &self.values[node][sample * len..][..len]
    }
}

impl<'g, T: Number> Forward<'g, T> {
    pub fn new(graph: &'g Graph) -> Self {
        Self::at_level(graph, simd::level())
    }

    /// The same, with the instructions of a level.
    pub fn at_level(graph: &'g Graph, level: simd::Level) -> Self {
        Self {
            graph,
            packed: graph.nodes().iter().map(|n| Packed::of(&n.op)).collect(),
            level,
            last: graph.nodes().len() - 1,
        }
    }

    /// Only nodes up to this one are computed.
    pub fn until(mut self, node: usize) -> Self {
        self.last = node;
        self
    }

    pub fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// Room for the outputs of all nodes; it grows with the first block.
    pub fn room(&self) -> Activations<T> {
        Activations {
            values: self.graph.nodes().iter().map(|_| Vec::new()).collect(),
            samples: 0,
            scratch: Vec::new(),
        }
    }

    /// Computes all nodes for the samples in `input`, which lie one after the other as the input node
    /// has them.
    ///
    /// # Panics
    /// If `input` is not a whole number of samples.
    pub fn run(&self, input: &[T], room: &mut Activations<T>) {
        let nodes = self.graph.nodes();
        let samples = input.len() / nodes[0].len();
        assert_eq!(samples * nodes[0].len(), input.len(), "samples are whole");
        room.samples = samples;
        room.values[0].clear();
        room.values[0].extend_from_slice(input);
        for (i, node) in nodes.iter().enumerate().take(self.last + 1).skip(1) {
            let (before, rest) = room.values.split_at_mut(i);
            let out = &mut rest[0];
            out.resize(samples * node.len(), T::default());
            let inputs: Vec<(&[T], &[usize])> = node
                .inputs
                .iter()
                .map(|k| (before[*k].as_slice(), nodes[*k].shape.as_slice()))
                .collect();
            compute(
                self.level,
                node,
                &self.packed[i],
                &inputs,
                samples,
                out,
                &mut room.scratch,
            );
        }
    }

    /// Samples per block: a matter of memory, never of results.
    pub fn block(&self) -> usize {
        let all: usize = self.graph.nodes().iter().map(|n| n.len()).sum();
        (BLOCK_ELEMENTS / all.max(1)).clamp(1, MOST_SAMPLES)
    }

    /// Computes all samples in blocks on `threads` threads and hands each block to `look`, with the
    /// number of its first sample. Answers come in the order of the blocks.
    pub fn for_blocks<R: Send>(
        &self,
        input: &[T],
        threads: usize,
        look: impl Fn(usize, &Activations<T>) -> R + Sync,
    ) -> Vec<R> {
        // Nobody stops it.
        self.for_blocks_while(input, threads, &Progress::default(), look)
            .unwrap_or_default()
    }

    /// The same, watched; `None` if it was stopped.
    pub fn for_blocks_while<R: Send>(
        &self,
        input: &[T],
        threads: usize,
        progress: &Progress,
        look: impl Fn(usize, &Activations<T>) -> R + Sync,
    ) -> Option<Vec<R>> {
        let len = self.graph.input().len();
        assert_eq!(input.len() % len, 0, "samples are whole");
        in_blocks(
            input.len() / len,
            self.block(),
            threads,
            progress,
            || self.room(),
            |room, samples| {
                self.run(&input[samples.start * len..samples.end * len], room);
                look(samples.start, room)
            },
        )
    }

    /// The outputs of the network (before `finish`), one sample after the other.
    pub fn outputs(&self, input: &[T], threads: usize) -> Vec<T> {
        // Nobody stops it.
        self.outputs_while(input, threads, &Progress::default())
            .unwrap_or_default()
    }

    /// The same, watched; `None` if it was stopped.
    pub fn outputs_while(
        &self,
        input: &[T],
        threads: usize,
        progress: &Progress,
    ) -> Option<Vec<T>> {
        let out = self.graph.output();
        let parts =
            self.for_blocks_while(input, threads, progress, |_, room| room.of(out).to_vec());
        Some(parts?.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ann::op::{Activation, AvgPool, Conv, Dense, Op, Scale, Select, Window};
    use crate::ann::plain::{self, numbers};
    use crate::simd::Level;

    fn window(kernel: [usize; 2], stride: usize, pads: [usize; 4], dilation: [usize; 2]) -> Window {
        Window {
            kernel,
            stride: [stride; 2],
            dilation,
            pads,
            ceil: false,
        }
    }

    fn conv(inputs: usize, outputs: usize, groups: usize, window: Window) -> Conv {
        Conv {
            inputs,
            outputs,
            groups,
            weight: numbers(outputs * inputs / groups * window.area(), 3),
            bias: numbers(outputs, 4),
            window,
            output_padding: [0, 0],
        }
    }

    /// One of every kind of layer, with everything that layers can have.
    fn of_everything() -> Graph {
        let mut g = Graph::new("all", "input", &[4, 9, 7]).unwrap();
        let mut add = |op, inputs: &[usize]| g.push("n", op, inputs).unwrap();
        let a = add(
            Op::Conv(conv(4, 6, 2, window([3, 2], 2, [1, 0, 2, 1], [1, 2]))),
            &[0],
        );
        let b = add(
            Op::Conv(conv(4, 6, 1, window([3, 2], 2, [1, 0, 2, 1], [1, 2]))),
            &[0],
        );
        let s = add(Op::Sum(vec![1.0, -0.5]), &[a, b]);
        let m = add(Op::Max, &[s, a]);
        let r = add(Op::Activation(Activation::LeakyRelu(numbers(6, 8))), &[m]);
        let c = add(
            Op::Activation(Activation::Clip {
                low: -0.5,
                high: 2.0,
            }),
            &[r],
        );
        let mut up = conv(6, 4, 2, window([3, 3], 2, [1, 1, 0, 1], [1, 1]));
        up.output_padding = [1, 0];
        let t = add(Op::ConvTranspose(up), &[c]);
        let scale = Scale {
            scale: numbers(4, 1),
            shift: numbers(4, 2),
        };
        let n = add(Op::Scale(scale), &[t]);
        let hanging = Window {
            ceil: true,
            ..window([3, 3], 2, [1, 1, 1, 1], [1, 1])
        };
        let p = add(
            Op::AvgPool(AvgPool {
                window: hanging,
                include_pad: true,
            }),
            &[n],
        );
        let q = add(
            Op::AvgPool(AvgPool {
                window: hanging,
                include_pad: false,
            }),
            &[n],
        );
        let x = add(Op::MaxPool(hanging), &[n]);
        let j = add(Op::Concat(0), &[p, q, x]);
        let k = add(Op::Concat(2), &[j, j]);
        let d = add(Op::Pad([1, 0, 0, 2]), &[k]);
        let len: usize = g.node(d).len();
        let mut add = |op, inputs: &[usize]| g.push("n", op, inputs).unwrap();
        let f = add(Op::Reshape(vec![len]), &[d]);
        let from = (0..50)
            .map(|i| (i % 7 > 0).then_some((len as u32 - 1) * i / 49))
            .collect();
        let e = add(
            Op::Select(Select {
                shape: vec![50],
                from,
                fill: 0.25,
            }),
            &[f],
        );
        let dense = Dense {
            inputs: 50,
            outputs: 21,
            weight: numbers(50 * 21, 5),
            bias: numbers(21, 6),
        };
        let y = add(Op::Dense(dense), &[e]);
        add(Op::Activation(Activation::Relu), &[y]);
        g
    }

    fn samples(n: usize) -> Vec<f32> {
        numbers(4 * 9 * 7 * n, 11)
    }

    #[test]
    fn every_layer_is_what_its_synapses_say() {
        let g = of_everything();
        let x: Vec<f64> = samples(3).iter().map(|v| f64::from(*v)).collect();
        let pass = Forward::<f64>::new(&g);
        let mut room = pass.room();
        pass.run(&x, &mut room);
        for (s, x) in x.chunks(g.input().len()).enumerate() {
            for (i, want) in plain::all(&g, x).iter().enumerate() {
                let have = room.of_sample(i, s);
                assert_eq!(have.len(), want.len());
                let largest = want.iter().fold(1.0f64, |m, v| m.max(v.abs()));
                for (h, w) in have.iter().zip(want) {
                    assert!(
                        (h - w).abs() <= 1e-13 * largest,
                        "node {i} {}: {h} and {w}",
                        g.node(i).op.name()
                    );
                }
            }
        }
    }

    #[test]
    fn results_are_the_same_bits_for_any_threads_blocks_and_levels() {
        let g = of_everything();
        let x = samples(70);
        let pass = Forward::<f32>::at_level(&g, Level::Portable);
        // One sample at a time.
        let mut room = pass.room();
        let mut alone = Vec::new();
        for x in x.chunks(g.input().len()) {
            pass.run(x, &mut room);
            alone.extend(room.of(g.output()).iter().map(|v| v.to_bits()));
        }
        for level in [Level::Portable, Level::Avx2, Level::Avx512] {
            let pass = Forward::<f32>::at_level(&g, level);
            for threads in [1, 2, 3, 5] {
                let bits: Vec<u32> = pass
                    .outputs(&x, threads)
                    .iter()
                    .map(|v| v.to_bits())
                    .collect();
                assert!(bits == alone, "{level:?}, {threads} threads");
            }
        }
    }

    #[test]
    fn single_precision_is_near_double() {
        let g = of_everything();
        let x = samples(5);
        let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let single = Forward::<f32>::new(&g).outputs(&x, 1);
        let double = Forward::<f64>::new(&g).outputs(&wide, 1);
        let largest = double.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        assert!(largest > 1.0);
        for (s, d) in single.iter().zip(double) {
            assert!((f64::from(*s) - d).abs() < 1e-6 * largest);
        }
    }

    #[test]
    fn blocks_answer_in_order() {
        let g = of_everything();
        let pass = Forward::<f32>::new(&g);
        let firsts = pass.for_blocks(&samples(100), 3, |first, room| (first, room.samples()));
        let mut at = 0;
        for (first, n) in firsts {
            assert_eq!(first, at);
            at += n;
        }
        assert_eq!(at, 100);
    }
}
