//! Layers that spikes go through, against their weights multiplied out; and what large networks hold.

use proptest::prelude::*;
use spikewheel::ann::{Activation, AvgPool, Conv, Dense, Graph, Op, Scale, Window, synapses};
use spikewheel::convert::{Calibration, Fate, account, plan};
use spikewheel::spiking::{Net, Shared, Table};

/// Whole numbers without a pattern.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn numbers(&mut self, n: usize) -> Vec<f32> {
        (0..n)
            .map(|_| self.below(2001) as f32 / 1000.0 - 1.0)
            .collect()
    }

    fn window(&mut self, most: usize) -> Window {
        let kernel = [1 + self.below(most), 1 + self.below(most)];
        let pad = |d: &mut Self, k: usize| {
            let most = k.min(2 * d.below(2) + 1);
            d.below(most)
        };
        Window {
            kernel,
            stride: [1 + self.below(3), 1 + self.below(3)],
            dilation: [1, 1],
            pads: [
                pad(self, kernel[0]),
                pad(self, kernel[1]),
                pad(self, kernel[0]),
                pad(self, kernel[1]),
            ],
            ceil: self.below(2) == 0,
        }
    }
}

/// Values of one or two populations, means of them, factors, and a layer with weights.
fn chain(seed: u64) -> Option<Graph> {
    let d = &mut Draws(seed);
    let channels = 2 * (1 + d.below(2));
    let (h, w) = (3 + d.below(6), 3 + d.below(6));
    let mut g = Graph::new("chain", "input", &[channels, h, w]).ok()?;
    let mut last = match d.below(3) {
        0 => 0,
        1 => {
            let slopes = if d.below(2) == 0 { 1 } else { channels };
            let slopes = d.numbers(slopes);
            let leaky = Op::Activation(Activation::LeakyRelu(slopes));
            g.push("leaky", leaky, &[0]).ok()?
        }
        _ => {
            let relu = g
                .push("relu", Op::Activation(Activation::Relu), &[0])
                .ok()?;
            g.push("join", Op::Concat(0), &[relu, 0]).ok()?
        }
    };
    if d.below(3) == 0 {
        let n = g.node(last).shape[0];
        let scale = Scale {
            scale: d.numbers(n),
            shift: vec![0.0],
        };
        last = g.push("scale", Op::Scale(scale), &[last]).ok()?;
    }
    if d.below(4) > 0 {
        let mean = AvgPool {
            window: d.window(3),
            include_pad: d.below(2) == 0,
        };
        last = g.push("mean", Op::AvgPool(mean), &[last]).ok()?;
    }
    let inputs = g.node(last).shape[0];
    let groups = [1, 2, inputs][d.below(3)];
    let kind = d.below(4);
    if kind == 0 {
        let inputs = g.node(last).len();
        let flat = g.push("flat", Op::Reshape(vec![inputs]), &[last]).ok()?;
        let dense = Dense {
            inputs,
            outputs: 20,
            weight: d.numbers(20 * inputs),
            bias: d.numbers(20),
        };
        g.push("dense", Op::Dense(dense), &[flat]).ok()?;
        return Some(g);
    }
    let outputs = groups * (1 + d.below(3));
    let window = Window {
        dilation: [1 + d.below(3), 1 + d.below(3)],
        ceil: false,
        ..d.window(3)
    };
    let conv = Conv {
        inputs,
        outputs,
        groups,
        weight: d.numbers(inputs * outputs / groups * window.area()),
        bias: d.numbers(outputs),
        window,
        output_padding: [0, 0],
    };
    let op = match kind {
        1 => Op::ConvTranspose(conv),
        _ => Op::Conv(conv),
    };
    g.push("conv", op, &[last]).ok()?;
    Some(g)
}

/// A layer as a matrix on the input of the network, times `sign`: the part that the population of that sign
/// drives. Row by row of the input.
fn multiplied_out(g: &Graph, n: usize, slope: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>> {
    let len = g.node(n).len();
    if n == 0 {
        let row = |i: usize| (0..len).map(|k| f64::from(u8::from(i == k))).collect();
        return (0..len).map(row).collect();
    }
    let mut all = vec![vec![0.0; len]; g.input().len()];
    let before: Vec<_> = g
        .node(n)
        .inputs
        .iter()
        .map(|k| multiplied_out(g, *k, slope))
        .collect();
    if let Op::Activation(_) = g.node(n).op {
        // On the side of its sign it multiplies.
        for (all, row) in all.iter_mut().zip(&before[0]) {
            for (k, v) in row.iter().enumerate() {
                all[k] = v * slope(k);
            }
        }
        return all;
    }
    synapses::for_each(g, n, |s| {
        for (all, row) in all.iter_mut().zip(&before[s.input]) {
            all[s.to as usize] += s.weight * row[s.from as usize];
        }
    });
    all
}

/// The net as a matrix from the values of inputs to outputs, by elements.
fn held(net: &Net, population: usize) -> Vec<Vec<f64>> {
    let last = net.populations.last().unwrap();
    let from = &net.populations[population];
    let mut all = vec![vec![0.0; last.len()]; from.len()];
    for link in last.links.iter().filter(|l| l.from == population) {
        let (mut most, mut sums) = (0.0f64, vec![0.0; last.len()]);
        for (source, all) in all.iter_mut().enumerate() {
            let id = from.place(source);
            let (mut row, mut some) = (vec![0.0f64; last.len()], 0);
            link.kernel.row(id, |to, w| {
                row[to] += f64::from(w);
                sums[to] += f64::from(w.abs());
                some += u32::from(w != 0.0);
            });
            assert_eq!(link.fan_out[id], some, "fan-out");
            let mut delivered = vec![0.0; last.len()];
            link.kernel.deliver(id, 2.0, &mut delivered);
            for (e, sum) in all.iter_mut().enumerate() {
                let (twice, w) = (delivered[last.place(e)], row[last.place(e)]);
                assert!((twice - 2.0 * w).abs() < 1e-5, "{twice} {w}");
                *sum += w;
            }
        }
        most = sums.into_iter().fold(most, f64::max);
        let reach = link.kernel.reach(from.len(), last.len());
        assert!(reach >= most * (1.0 - 1e-5), "{reach} {most}");
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_spikes_go_through_is_as_good_as_multiplied_out(seed in any::<u64>()) {
        let Some(g) = chain(seed) else { return Ok(()) };
        // A population for each sign of the input, and of an activation behind it.
        let n = g.nodes().len();
        let seen = Calibration {
            samples: 1,
            low: vec![-1.0; n],
            high: vec![1.0; n],
            active: vec![0.5; n],
        };
        let planned = plan(&g, &seen, false).unwrap();
        let slopes = match &g.node(1).op {
            Op::Activation(Activation::LeakyRelu(s)) => Some(s.clone()),
            _ => None,
        };
        let relu = matches!(g.node(1).op, Op::Activation(Activation::Relu));
        let len = g.input().len();
        for (i, p) in planned.net.populations.iter().enumerate() {
            let sign = planned.sources[i].sign;
            let held = held(&planned.net, i);
            let behind = planned.sources[i].node == 0 && slopes.is_none() && !relu;
            // Which of the branches the population is, by what the activation does to it.
            let slope = |k: usize| -> f64 {
                match &slopes {
                    Some(s) if sign < 0.0 => f64::from(s[k / (len / s.len())]),
                    _ => 1.0,
                }
            };
            if behind || (slopes.is_some() && p.name.starts_with("leaky")) {
                let want = multiplied_out(&g, g.output(), &slope);
                for (have, want) in held.iter().zip(&want) {
                    for (have, want) in have.iter().zip(want) {
                        prop_assert!((have - sign * want).abs() < 1e-5, "{} and {}", have, want);
                    }
                }
            }
        }
        if relu {
            // The joined branches: what both populations of positive values drive together is the whole
            // for a positive input.
            let zero = |_: usize| 1.0;
            let want = multiplied_out(&g, g.output(), &zero);
            let both: Vec<_> = (0..planned.net.populations.len() - 1)
                .filter(|i| planned.sources[*i].sign > 0.0)
                .map(|i| held(&planned.net, i))
                .collect();
            prop_assert_eq!(both.len(), 2);
            for (i, want) in want.iter().enumerate() {
                for (k, want) in want.iter().enumerate() {
                    let have = both[0][i][k] + both[1][i][k];
                    prop_assert!((have - want).abs() < 1e-5, "{} and {}", have, want);
                }
            }
        }
        // Weights are held once for each population that drives them.
        let last = planned.net.populations.last().unwrap();
        let weights = g.node(g.output()).op.weights().len();
        for link in &last.links {
            let Some(Shared { table, .. }) = link.kernel.table() else {
                panic!("{:?}", link.kernel)
            };
            let listed = matches!(**table, Table::Sparse(_));
            prop_assert!(table.held() <= weights && !listed, "{} of {}", table.held(), weights);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Pool {
    Max,
    Average,
}

/// VGG-16 with all widths divided by `thin`; behind the last pool, means over whole planes or two wide layers.
fn vgg(size: usize, thin: usize, pool: Pool, wide: usize, activation: &Activation) -> Graph {
    let d = &mut Draws(7);
    let mut g = Graph::new("vgg", "input", &[3, size, size]).unwrap();
    let mut last = 0;
    let blocks = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];
    for (block, (width, layers)) in blocks.into_iter().enumerate() {
        for layer in 0..layers {
            let name = format!("conv{block}_{layer}");
            let (inputs, outputs) = (g.node(last).shape[0], width / thin);
            let window = Window {
                pads: [1; 4],
                ..Window::new([3; 2])
            };
            let conv = Conv {
                inputs,
                outputs,
                groups: 1,
                weight: d.numbers(9 * inputs * outputs),
                bias: d.numbers(outputs),
                window,
                output_padding: [0, 0],
            };
            let c = g.push(&name, Op::Conv(conv), &[last]).unwrap();
            let act = Op::Activation(activation.clone());
            last = g.push(format!("act{block}_{layer}"), act, &[c]).unwrap();
        }
        let window = Window {
            stride: [2; 2],
            ..Window::new([2; 2])
        };
        let op = match pool {
            Pool::Max => Op::MaxPool(window),
            Pool::Average => Op::AvgPool(AvgPool {
                window,
                include_pad: true,
            }),
        };
        last = g.push(format!("pool{block}"), op, &[last]).unwrap();
    }
    if wide == 0 {
        let [_, h, w] = g.node(last).planes();
        let all = AvgPool {
            window: Window::new([h, w]),
            include_pad: true,
        };
        last = g.push("mean", Op::AvgPool(all), &[last]).unwrap();
    }
    let inputs = g.node(last).len();
    last = g.push("flat", Op::Reshape(vec![inputs]), &[last]).unwrap();
    let widths: &[usize] = if wide == 0 {
        &[1000]
    } else {
        &[wide, wide, 1000]
    };
    for (k, outputs) in widths.iter().enumerate() {
        let inputs = g.node(last).len();
        let dense = Dense {
            inputs,
            outputs: *outputs,
            weight: d.numbers(inputs * outputs),
            bias: d.numbers(*outputs),
        };
        last = g
            .push(format!("dense{k}"), Op::Dense(dense), &[last])
            .unwrap();
        if k + 1 < widths.len() {
            let act = Op::Activation(activation.clone());
            last = g.push(format!("act{k}"), act, &[last]).unwrap();
        }
    }
    g
}

/// As if samples had been seen.
fn looked_at(g: &Graph) -> Calibration {
    let n = g.nodes().len();
    let mut low = vec![-1.0; n];
    low[0] = 0.0;
    Calibration {
        samples: 1,
        low,
        high: vec![1.0; n],
        active: vec![0.3; n],
    }
}

/// A large network takes little more than its parameters, and some bytes for each neuron.
fn holds_what_it_had(g: &Graph) {
    let parameters: usize = g.nodes().iter().map(|n| n.op.parameters()).sum();
    for units in [false, true] {
        let planned = plan(g, &looked_at(g), units).unwrap();
        let neurons: usize = planned.net.populations.iter().map(|p| p.len()).sum();
        let (tables, of_neurons) = (planned.net.bytes(), planned.net.neuron_bytes());
        println!(
            "{} units {units}: {parameters} parameters, {neurons} neurons, {tables} bytes of tables, \
             {of_neurons} bytes of neurons",
            g.input().planes()[1]
        );
        // Of a neuron: bias and fan-out by link, and whether it is read.
        let most = 1.2 * 4.0 * parameters as f64 + 16.0 * neurons as f64;
        assert!(
            (tables + of_neurons) as f64 <= most,
            "{tables} and {of_neurons} bytes for {parameters} parameters and {neurons} neurons"
        );
        for (node, fate) in g.nodes().iter().zip(account(g, &planned)) {
            // Means of means may be.
            let weights = !node.op.weights().is_empty();
            assert!(!(weights && matches!(fate, Fate::MultipliedOut(_))));
        }
    }
}

#[test]
fn a_network_as_large_as_vgg_16_is_not_expanded() {
    for pool in [Pool::Max, Pool::Average] {
        holds_what_it_had(&vgg(32, 1, pool, 512, &Activation::Relu));
        holds_what_it_had(&vgg(32, 1, pool, 0, &Activation::LeakyRelu(vec![0.1])));
        // The geometry of large images, with thinner layers.
        holds_what_it_had(&vgg(224, 8, pool, 512, &Activation::Relu));
        holds_what_it_had(&vgg(224, 8, pool, 0, &Activation::Relu));
    }
}

#[test]
fn weights_behind_weights_become_units_where_their_product_would_be_large() {
    let d = &mut Draws(3);
    let mut dense = |inputs: usize, outputs: usize| {
        Op::Dense(Dense {
            inputs,
            outputs,
            weight: d.numbers(inputs * outputs),
            bias: vec![0.0; outputs],
        })
    };
    let mut g = Graph::new("narrow", "input", &[2000]).unwrap();
    let a = g.push("narrow", dense(2000, 8), &[0]).unwrap();
    g.push("wide", dense(8, 3000), &[a]).unwrap();
    let planned = plan(&g, &looked_at(&g), false).unwrap();
    assert!(planned.net.bytes() < 4 * 200_000, "{}", planned.net.bytes());
    let fates = account(&g, &planned);
    assert!(matches!(fates[a], Fate::Units(_)), "{:?}", fates[a]);
    assert!(
        planned.notes[0].contains("6000000 synapses instead of 40000 weights"),
        "{:?}",
        planned.notes
    );
    // A small product stays one.
    let mut g = Graph::new("small", "input", &[20]).unwrap();
    let a = g.push("narrow", dense(20, 8), &[0]).unwrap();
    g.push("wide", dense(8, 30), &[a]).unwrap();
    let planned = plan(&g, &looked_at(&g), false).unwrap();
    assert!(matches!(account(&g, &planned)[a], Fate::MultipliedOut(_)));
}
