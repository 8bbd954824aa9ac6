//! NIR networks on the event engine: held to the step-by-step computation that the tools do, and to
//! themselves on the way through definitions and back to NIR.

use std::path::{Path, PathBuf};

use spikewheel::convert::nir::{Lowered, Plan, Steps, export, lower, network, written};
use spikewheel::definition;
use spikewheel::engine::sink::MemorySink;
use spikewheel::engine::{Control, run};
use spikewheel::import::nir::{
    self, Array, Choice, Dialect, Edge, Feed, Kind, Meta, Nir, Node, Reset,
};
use spikewheel::network::spec::NetworkSpec;
use spikewheel::network::{BuildOptions, build};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/nir")
        .join(name)
}

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = ["../shared", "../../shared"].map(|p| root.join(p));
    found.into_iter().find(|p| p.join("models").is_dir())
}

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(state: &mut u64) -> f64 {
    (next(state) >> 11) as f64 / (1u64 << 53) as f64
}

/// (layer, step, neuron), sorted.
type Spikes = Vec<(usize, u64, u32)>;

fn engine(spec: &NetworkSpec, shards: usize) -> MemorySink {
    let options = BuildOptions {
        shards,
        ..BuildOptions::default()
    };
    let mut sink = MemorySink::default();
    run(
        build(spec, &options).unwrap(),
        &mut sink,
        &Control::default(),
    )
    .unwrap();
    sink
}

/// Spikes of the engine within so many steps.
fn by_engine(low: &Lowered, spec: &NetworkSpec, steps: u64, shards: usize) -> Spikes {
    let offsets = spec.offsets();
    let mut out = Vec::new();
    for (tick, id) in engine(spec, shards).spikes {
        let p = offsets.partition_point(|o| *o <= u64::from(id)) - 1;
        if p < low.layers.len()
            && let Some(step) = low.step_of(p, tick).filter(|s| *s < steps)
        {
            out.push((p, step, id - offsets[p] as u32));
        }
    }
    out.sort_unstable();
    out
}

fn by_steps(net: &Nir, low: &Lowered, d: &Dialect, inputs: &[Vec<Vec<f64>>], steps: u64) -> Spikes {
    let mut twin = Steps::new(net, low, d);
    let mut out = Vec::new();
    for n in 0..steps {
        let now: Vec<&[f64]> = inputs.iter().map(|i| &i[n as usize][..]).collect();
        twin.step(&now);
        for l in 0..low.layers.len() {
            out.extend(twin.spikes(l).iter().map(|k| (l, n, *k)));
        }
    }
    out.sort_unstable();
    out
}

fn feed(rows: &[Vec<f64>]) -> Feed {
    if rows.windows(2).all(|w| w[0] == w[1]) {
        return Feed::Constant(rows[0].clone());
    }
    let set = |v: &f64| *v == 0.0 || *v == 1.0;
    if rows.iter().flatten().all(set) {
        let mut list = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let on = row.iter().enumerate().filter(|(_, v)| **v == 1.0);
            list.extend(on.map(|(k, _)| (n as u64, k as u32)));
        }
        return Feed::Spikes(list);
    }
    Feed::Series {
        rows: rows.to_vec(),
        at: (0..rows.len() as u32).collect(),
    }
}

fn plan(inputs: &[Vec<Vec<f64>>], steps: u64) -> Plan {
    Plan {
        name: "net".into(),
        feeds: inputs.iter().map(|i| feed(i)).collect(),
        steps,
        potentials: Vec::new(),
    }
}

fn pulses(size: usize, steps: u64, chance: f64, state: &mut u64) -> Vec<Vec<f64>> {
    (0..steps)
        .map(|_| {
            let each = (0..size).map(|_| f64::from(u8::from(unit(state) < chance)));
            each.collect()
        })
        .collect()
}

/// What a network of random weights is made of.
struct Sketch {
    net: Nir,
    state: u64,
}

impl Sketch {
    fn new(seed: u64, dt: f64, reset: &str) -> Self {
        Self {
            net: Nir {
                version: None,
                nodes: Vec::new(),
                edges: Vec::new(),
                metadata: vec![
                    ("dt".into(), Meta::Numbers(vec![dt])),
                    ("reset".into(), Meta::Text(reset.into())),
                ],
                notes: Vec::new(),
            },
            state: seed,
        }
    }

    fn add(
        &mut self,
        name: &str,
        kind: Kind,
        ends: [usize; 2],
        own: Vec<(&'static str, Vec<f64>)>,
    ) -> usize {
        let [n, m] = ends;
        let shape = |p: &str, v: &Vec<f64>| match p {
            "weight" => vec![m, n],
            _ => vec![v.len()],
        };
        self.net.nodes.push(Node {
            name: name.into(),
            kind,
            parameters: own
                .into_iter()
                .map(|(p, v)| (p, Array::new(shape(p, &v), v)))
                .collect(),
            input: vec![n],
            output: vec![m],
            metadata: Vec::new(),
        });
        self.net.nodes.len() - 1
    }

    fn port(&mut self, name: &str, kind: Kind, n: usize) -> usize {
        self.add(name, kind, [n, n], vec![("shape", vec![n as f64])])
    }

    fn each(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        (0..n)
            .map(|_| low + (high - low) * unit(&mut self.state))
            .collect()
    }

    fn dense(&mut self, name: &str, ends: [usize; 2], scale: f64, bias: f64) -> usize {
        let weight = self.each(ends[0] * ends[1], -0.4 * scale, scale);
        let own = vec![
            ("weight", weight),
            ("bias", self.each(ends[1], -bias, bias)),
        ];
        self.add(name, Kind::Affine, ends, own)
    }

    /// Neurons whose spike moves the potential by about its weight.
    fn neurons(&mut self, name: &str, kind: Kind, n: usize, dt: f64) -> usize {
        let tau = self.each(n, 5.0 * dt, 40.0 * dt);
        let syn = self.each(n, 3.0 * dt, 20.0 * dt);
        let gain = |t: &[f64]| t.iter().map(|t| t / dt).collect::<Vec<f64>>();
        let leak = self.each(n, -0.1, 0.2);
        let mut own = match kind {
            Kind::If => vec![("r", vec![1.0 / dt; n])],
            Kind::Lif => vec![("r", gain(&tau)), ("tau", tau), ("v_leak", leak)],
            _ => vec![
                ("r", self.each(n, 1.0, 3.0)),
                ("w_in", gain(&syn)),
                ("tau_mem", tau),
                ("tau_syn", syn),
                ("v_leak", leak),
            ],
        };
        own.push(("v_threshold", self.each(n, 0.8, 1.2)));
        own.push(("v_reset", self.each(n, -0.2, 0.1)));
        self.add(name, kind, [n, n], own)
    }

    fn link(&mut self, chain: &[usize]) {
        for w in chain.windows(2) {
            self.net.edges.push(Edge {
                from: w[0],
                to: w[1],
                recurrent: false,
            });
        }
    }
}

/// Two hidden layers, a way round them, a delay, biases, an exit that sums.
fn two_layers(seed: u64, kinds: [Kind; 2], reset: &str, bias: f64, back: bool) -> Nir {
    let dt = 1e-3;
    let mut s = Sketch::new(seed, dt, reset);
    let input = s.port("input", Kind::Input, 6);
    let fc1 = s.dense("fc1", [6, 9], 0.5, bias);
    let a = s.neurons("a", kinds[0], 9, dt);
    let fc2 = s.dense("fc2", [9, 5], 0.5, bias);
    let b = s.neurons("b", kinds[1], 5, dt);
    let round = s.dense("round", [6, 5], 0.3, 0.0);
    let wait = s.add(
        "wait",
        Kind::Delay,
        [5, 5],
        vec![("delay", vec![0.0, dt, 2.0 * dt, 3.0 * dt, dt])],
    );
    let last = s.dense("last", [5, 3], 0.5, bias);
    let output = s.port("output", Kind::Output, 3);
    s.link(&[input, fc1, a, fc2, b, last, output]);
    s.link(&[input, round, wait, b]);
    if back {
        let own = s.dense("own", [9, 9], 0.2, 0.0);
        s.link(&[a, own, a]);
        let up = s.dense("up", [5, 9], 0.2, 0.0);
        s.link(&[b, up, a]);
    }
    s.net.edges.sort_unstable();
    s.net
}

fn lowered(net: &Nir) -> (Dialect, Lowered) {
    let d = nir::detect(net);
    let low = lower(net, &d).unwrap_or_else(|e| panic!("{e:?}"));
    (d, low)
}

#[test]
fn the_engine_spikes_as_step_by_step_tools_do() {
    let mut total = 0;
    let (steps, kinds) = (120, [Kind::If, Kind::Lif, Kind::CubaLif]);
    for seed in 0..54u64 {
        let pair = [kinds[seed as usize % 3], kinds[seed as usize / 3 % 3]];
        let reset = if seed % 2 == 0 { "subtract" } else { "value" };
        let bias = if seed % 4 < 2 { 0.0 } else { 0.05 };
        let net = two_layers(seed, pair, reset, bias, false);
        let (d, low) = lowered(&net);
        assert_eq!(d.reset == Reset::Subtract, seed % 2 == 0);
        let mut state = seed ^ 0xabc;
        let inputs = match seed / 9 % 3 {
            0 => vec![pulses(6, steps, 0.15, &mut state)],
            // Values that stay, and values that change.
            1 => vec![vec![
                (0..6).map(|_| 0.3 * unit(&mut state)).collect();
                steps as usize
            ]],
            _ => vec![
                (0..steps)
                    .map(|_| (0..6).map(|_| 0.4 * unit(&mut state)).collect())
                    .collect(),
            ],
        };
        let spec = network(&low, &d, &plan(&inputs, steps)).unwrap();
        let want = by_steps(&net, &low, &d, &inputs, steps);
        for shards in [1, 3] {
            let got = by_engine(&low, &spec, steps, shards);
            assert_eq!(got, want, "seed {seed}: {pair:?} {reset} {bias}");
        }
        total += want.len();
    }
    assert!(total > 3_000, "{total}");
}

/// Links back: those within a layer take a step, as tools have it; so do those over layers, by finer ticks.
#[test]
fn loops_take_a_step() {
    let steps = 150;
    let mut total = 0;
    for seed in 100..118u64 {
        let kinds = [Kind::Lif, Kind::If];
        let net = two_layers(
            seed,
            [kinds[seed as usize % 2], kinds[seed as usize / 2 % 2]],
            "value",
            0.0,
            true,
        );
        let mut net = net;
        // Without a resting potential of their own, potentials cross nothing between steps.
        for n in &mut net.nodes {
            for (p, a) in &mut n.parameters {
                if *p == "v_leak" || *p == "v_reset" {
                    a.values.fill(0.0);
                }
                if *p == "bias" {
                    a.values.fill(0.0);
                }
            }
        }
        let (d, low) = lowered(&net);
        assert!(low.ticks_per_step > 1 && low.bundles.iter().filter(|b| b.back).count() == 2);
        let inputs = vec![pulses(6, steps, 0.15, &mut (seed ^ 0x77))];
        let spec = network(&low, &d, &plan(&inputs, steps)).unwrap();
        let want = by_steps(&net, &low, &d, &inputs, steps);
        assert_eq!(by_engine(&low, &spec, steps, 2), want, "seed {seed}");
        total += want.len();
    }
    assert!(total > 1_000, "{total}");
}

#[test]
fn potentials_and_sums_are_those_of_the_tools() {
    let steps = 80;
    for (seed, kind) in [(1, Kind::Lif), (2, Kind::CubaLif), (3, Kind::If)] {
        let net = two_layers(seed, [kind, kind], "value", 0.03, false);
        let (d, low) = lowered(&net);
        let inputs = vec![pulses(6, steps, 0.2, &mut seed.clone())];
        let mut plan = plan(&inputs, steps);
        plan.potentials = vec![0, 1];
        let spec = network(&low, &d, &plan).unwrap();
        let sink = engine(&spec, 1);
        let mut twin = Steps::new(&net, &low, &d);
        let mut compared = 0;
        for n in 0..steps {
            twin.step(&[&inputs[0][n as usize]]);
            for (recording, tick, values) in &sink.samples {
                let layer = spec.recording.state[*recording].of.population;
                if low.step_of(layer, *tick) == Some(n) {
                    for (a, b) in values.iter().zip(twin.potentials(layer)) {
                        assert!(
                            (a - b).abs() < 1e-9,
                            "{kind:?} layer {layer} step {n}: {a} {b}"
                        );
                    }
                    compared += values.len();
                }
            }
        }
        assert!(compared > 1_000, "{compared}");
    }
}

#[test]
fn recurrent_files_of_snntorch_spike_as_often_as_there() {
    for name in [
        "braille_noDelay_bias_zero.nir",
        "braille_noDelay_bias_zero_subgraph.nir",
    ] {
        let net = nir::read(&data(name)).unwrap();
        let (d, low) = lowered(&net);
        assert!(
            low.notes.iter().any(|n| n.contains("loops")),
            "{:?}",
            low.notes
        );
        let steps = 256;
        let inputs = vec![pulses(12, steps, 0.05, &mut 3)];
        let spec = network(&low, &d, &plan(&inputs, steps)).unwrap();
        let (want, got) = (
            by_steps(&net, &low, &d, &inputs, steps).len() as f64,
            by_engine(&low, &spec, steps, 1).len() as f64,
        );
        assert!(
            want > 100.0 && (got - want).abs() < 0.1 * want,
            "{name}: {got} and {want}"
        );
    }
}

#[test]
fn every_file_at_hand_can_be_run() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(data(""))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    if let Some(shared) = shared() {
        let more = std::fs::read_dir(shared.join("models/nir")).unwrap();
        files.extend(more.map(|e| e.unwrap().path()));
        files.push(shared.join("models/mlp_300_100.rate.nir"));
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "nir"));
    assert!(files.len() >= 5);
    for file in files {
        let net = nir::read(&file).unwrap_or_else(|e| panic!("{}: {e:?}", file.display()));
        let (d, low) = lowered(&net);
        let steps = 20;
        let inputs: Vec<Vec<Vec<f64>>> = low
            .entries
            .iter()
            .map(|e| pulses(e.size, steps, 0.3, &mut 5))
            .collect();
        let spec = network(&low, &d, &plan(&inputs, steps)).unwrap();
        assert!(!engine(&spec, 2).samples.is_empty() || !spec.recording.spikes.is_empty());
        let loops = low.bundles.iter().any(|b| b.back);
        if !loops {
            let got = by_engine(&low, &spec, steps, 1);
            assert_eq!(
                got,
                by_steps(&net, &low, &d, &inputs, steps),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn the_definition_that_is_written_is_the_same_network() {
    let net = two_layers(5, [Kind::Lif, Kind::CubaLif], "value", 0.05, false);
    let (d, low) = lowered(&net);
    let inputs = vec![pulses(6, 60, 0.3, &mut 9)];
    let mut plan = plan(&inputs, 60);
    plan.potentials = vec![0];
    let spec = network(&low, &d, &plan).unwrap();
    let text = written(&spec, &["two\nlines".into()]);
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in &text.files {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    let path = dir.path().join("network.toml");
    let again = definition::parse(&text.definition, &path, &[])
        .unwrap_or_else(|e| panic!("{}\n{e:?}", text.definition));
    let (a, b) = (engine(&spec, 1), engine(&again.spec, 2));
    assert!(a.spikes.len() > 100);
    assert_eq!(a.spikes, b.spikes);
    assert_eq!(a.samples, b.samples);
}

#[test]
fn a_network_goes_to_nir_and_back() {
    let text = r#"
format = 1
name = "out and back"
[simulation]
duration = "200 ms"
resolution = "0.5 ms"
seed = 4
[populations.hidden]
model = "lif_delta"
size = 12
params = { E_L = "0 mV", V_th = { uniform = ["0.8 mV", "1.2 mV"] }, V_reset = "0 mV", t_ref = "0 ms", tau_m = { uniform = ["5 ms", "15 ms"] } }
threshold_test = "strict"
[populations.slow]
model = "lif_exp"
size = 5
params = { E_L = "0 mV", V_th = "0.5 mV", V_reset = "-0.1 mV", t_ref = "0 ms", tau_syn_ex = "3 ms", tau_syn_in = "3 ms", C_m = "5 pF" }
threshold_test = "strict"
[populations.sum]
model = "if"
size = 4
params = { V_reset = -1 }
threshold_test = "strict"
[stimuli.pulses]
model = "spike_list"
size = 3
times = [["1 ms", "20 ms", "21 ms", "61 ms"], ["2 ms", "20 ms", "30.5 ms", "61 ms"], ["20 ms", "60 ms", "61 ms", "62 ms"]]
[[projections]]
from = "pulses"
to = "hidden"
rule = "all_to_all"
weight = { uniform = ["0 mV", "0.8 mV"] }
delay = "0.5 ms"
[[projections]]
from = "hidden"
to = "slow"
rule = { pairwise_bernoulli = 0.5 }
weight = { uniform = ["-2 pA", "9 pA"] }
delay = "2 ms"
[[projections]]
from = "hidden"
to = "sum"
rule = { fixed_indegree = 4 }
weight = { uniform = [0.5, 1.1] }
delay = { uniform = ["0.5 ms", "1.5 ms"] }
"#;
    let loaded = definition::parse(text, Path::new("net.toml"), &[]).unwrap();
    let synapses = build(&loaded.spec, &BuildOptions::default())
        .unwrap()
        .synapses();
    let net = export(&loaded.spec, &synapses).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("net.nir");
    nir::write(&net, &path, false).unwrap();
    if let Ok(keep) = std::env::var("SPIKEWHEEL_KEEP_NIR") {
        std::fs::copy(&path, keep).unwrap();
    }
    let back = nir::read(&path).unwrap();
    let (d, low) = lowered(&back);
    assert_eq!(d.time_step, 5e-4);
    let plan = Plan {
        name: "net".into(),
        feeds: low
            .entries
            .iter()
            .map(|e| match e.name.as_str() {
                // The same ticks: step n is tick n + 1.
                "pulses" => {
                    let of = |t: &[f64], k: u32| {
                        t.iter()
                            .map(|t| ((t * 2.0) as u64 - 1, k))
                            .collect::<Vec<_>>()
                    };
                    let mut all = of(&[1.0, 20.0, 21.0, 61.0], 0);
                    all.extend(of(&[2.0, 20.0, 30.5, 61.0], 1));
                    all.extend(of(&[20.0, 60.0, 61.0, 62.0], 2));
                    all.sort_unstable();
                    Feed::Spikes(all)
                }
                _ => Feed::Nothing,
            })
            .collect(),
        steps: 390,
        potentials: Vec::new(),
    };
    let spec = network(&low, &d, &plan).unwrap();
    // Ticks of the file's network, which knows no time from layer to layer, with what is so late there
    // taken off: a tick for each layer, and two for those behind hidden.
    let old = engine(&loaded.spec, 1).spikes;
    let offsets = loaded.spec.offsets();
    let mut want: Vec<(String, u64, u32)> = Vec::new();
    for (tick, id) in old {
        let p = offsets.partition_point(|o| *o <= u64::from(id)) - 1;
        let name = loaded.spec.populations[p].name.clone();
        let late = match name.as_str() {
            "pulses" => continue,
            "hidden" => 1,
            _ => 2,
        };
        if tick > late && tick < 380 {
            want.push((name, tick - 1 - late, id - offsets[p] as u32));
        }
    }
    let mut got: Vec<(String, u64, u32)> = by_engine(&low, &spec, 390, 1)
        .into_iter()
        .map(|(l, step, k)| (low.layers[l].name.clone(), step, k))
        .filter(|(name, step, _)| step + 1 + if name == "hidden" { 1 } else { 2 } < 380)
        .collect();
    want.sort();
    got.sort();
    for layer in ["hidden", "slow", "sum"] {
        let n = want.iter().filter(|w| w.0 == layer).count();
        assert!(n > 3, "{layer}: {n}");
    }
    assert_eq!(got, want);
}

#[test]
fn what_nir_cannot_say_is_told_all_at_once() {
    let text = r#"
format = 1
[simulation]
duration = "10 ms"
[populations.a]
model = "lif_delta"
size = 2
[populations.b]
model = "izhikevich"
size = 2
[[projections]]
from = "a"
to = "b"
rule = "all_to_all"
weight = "1 mV"
delay = "1 ms"
[stimuli.noise]
model = "poisson"
to = "a"
rate = "10 Hz"
weight = "1 mV"
"#;
    let loaded = definition::parse(text, Path::new("net.toml"), &[]).unwrap();
    let told = export(&loaded.spec, &[]).unwrap_err().join("\n");
    for part in ["refractory", "izhikevich", "`noise`"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn what_cannot_be_simulated_is_named() {
    let mut net = two_layers(1, [Kind::Lif, Kind::If], "value", 0.0, false);
    // A leaky integrator that a matrix reads.
    net.nodes[2].kind = Kind::Li;
    net.nodes[4].parameters.iter_mut().for_each(|(p, a)| {
        if *p == "v_reset" {
            a.values[3] = 5.0;
        }
    });
    let d = nir::detect(&net);
    let told: Vec<String> = lower(&net, &d)
        .unwrap_err()
        .iter()
        .map(|e| e.message.clone())
        .collect();
    assert!(
        told.iter()
            .any(|t| t.contains("`b`") && t.contains("neuron 3")),
        "{told:?}"
    );
    net.nodes[4]
        .parameters
        .iter_mut()
        .for_each(|(_, a)| a.values.fill(0.5));
    net.nodes[4]
        .parameters
        .iter_mut()
        .filter(|p| p.0 == "v_reset")
        .for_each(|(_, a)| a.values.fill(0.0));
    let told: Vec<String> = lower(&net, &d)
        .unwrap_err()
        .iter()
        .map(|e| e.message.clone())
        .collect();
    assert!(
        told.iter()
            .any(|t| t.contains("`a`") && t.contains("potential")),
        "{told:?}"
    );
    // Two matrices that read each other.
    let mut net = two_layers(1, [Kind::Lif, Kind::If], "value", 0.0, false);
    net.edges.push(Edge {
        from: 7,
        to: 7,
        recurrent: false,
    });
    let told = lower(&net, &d).unwrap_err();
    assert!(told[0].message.contains("loop"), "{told:?}");
}

#[test]
fn pulses_of_area_one_move_by_r_over_tau() {
    let net = nir::read(&data("lif_norse.nir")).unwrap();
    let choice = Choice {
        spike: Some(nir::Spike::Dirac),
        ..Choice::default()
    };
    let d = Dialect::chosen(&net, &choice);
    let low = lower(&net, &d).unwrap();
    let plan = Plan {
        name: "net".into(),
        feeds: vec![Feed::Spikes(vec![(3, 0)])],
        steps: 10,
        potentials: vec![0],
    };
    let spec = network(&low, &d, &plan).unwrap();
    // Without a threshold in the way: the jump is far beyond it, so each pulse is a spike.
    let spikes = by_engine(&low, &spec, 10, 1);
    assert_eq!(spikes, [(0, 3, 0)]);
}

#[test]
fn a_constant_current_becomes_a_bias() {
    for (model, current) in [("lif_delta", "\"0.4 pA\""), ("if", "\"150 Hz\"")] {
        let rest = if model == "if" {
            "V_reset = 0"
        } else {
            "E_L = \"0 mV\", V_th = \"1 mV\", V_reset = \"0 mV\", C_m = \"1 pF\", t_ref = \"0 ms\""
        };
        let text = format!(
            "format = 1\n[simulation]\nduration = \"300 ms\"\nresolution = \"1 ms\"\n[populations.p]\n\
             model = \"{model}\"\nsize = 2\nthreshold_test = \"strict\"\n\
             params = {{ {rest}, I_e = {current} }}\n"
        );
        let loaded = definition::parse(&text, Path::new("net.toml"), &[])
            .unwrap_or_else(|e| panic!("{e:?}"));
        let net = export(&loaded.spec, &[]).unwrap();
        let (d, low) = lowered(&net);
        let plan = Plan {
            name: "net".into(),
            feeds: vec![Feed::Nothing],
            steps: 300,
            potentials: Vec::new(),
        };
        let spec = network(&low, &d, &plan).unwrap();
        let got: Vec<u64> = by_engine(&low, &spec, 300, 1).iter().map(|s| s.1).collect();
        // Step n is the n + 1-th time that the current has moved V.
        let want: Vec<u64> = {
            let all = engine(&loaded.spec, 1).spikes;
            all.iter().map(|s| s.0 - 1).collect()
        };
        assert!(want.len() > 20, "{model}: {want:?}");
        assert_eq!(got, want, "{model}");
    }
}
