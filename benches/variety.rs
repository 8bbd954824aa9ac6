//! What does it cost that neurons differ from each other, are noisy, or are driven by currents?
//!
//! 10,000 neurons with private Poisson input of 1.6 events per tick, which never spike, on one thread: the engine's
//! phase `update` per neuron and tick, the best of three runs of 200 ms.

use std::path::Path;

use spikewheel::definition::parse;
use spikewheel::engine::report::Phase;
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::{BuildOptions, build};

const NEURONS: u32 = 10_000;
const TICKS: u32 = 2_000;

/// What is asked, the model, a weight that is small for it, what the population has besides, and a further stimulus.
const CASES: &[(&str, &str, &str, &str, &str)] = &[
    ("alike", "lif_exp", "\"5 pA\"", "", ""),
    (
        "V_th drawn",
        "lif_exp",
        "\"5 pA\"",
        "params = { V_th = { normal = [\"-50 mV\", \"1 mV\"] } }",
        "",
    ),
    (
        "t_ref drawn",
        "lif_exp",
        "\"5 pA\"",
        "params = { t_ref = { uniform = [\"1 ms\", \"3 ms\"] } }",
        "",
    ),
    (
        "tau_m drawn",
        "lif_exp",
        "\"5 pA\"",
        "params = { tau_m = { uniform = [\"9 ms\", \"11 ms\"] } }",
        "",
    ),
    (
        "adaptive threshold",
        "lif_exp",
        "\"5 pA\"",
        "params = { q_sfa = \"1 mV\" }",
        "",
    ),
    (
        "reset of currents",
        "lif_exp",
        "\"5 pA\"",
        "reset = \"all\"",
        "",
    ),
    (
        "escape noise",
        "lif_exp",
        "\"5 pA\"",
        "escape = { rate = \"0.001 Hz\", width = \"2 mV\" }",
        "",
    ),
    (
        "weights of input drawn",
        "lif_exp",
        "{ normal = [\"5 pA\", \"1 pA\"] }",
        "",
        "",
    ),
    (
        "constant current",
        "lif_exp",
        "\"5 pA\"",
        "",
        "model = \"dc_current\"\namplitude = \"10 pA\"",
    ),
    (
        "sinusoidal current",
        "lif_exp",
        "\"5 pA\"",
        "",
        "model = \"sine_current\"\namplitude = \"10 pA\"\nfrequency = \"10 Hz\"",
    ),
    (
        "noise current, dt 1 ms",
        "lif_exp",
        "\"5 pA\"",
        "",
        "model = \"noise_current\"\nstd = \"10 pA\"",
    ),
    (
        "noise current, dt 0.1 ms",
        "lif_exp",
        "\"5 pA\"",
        "",
        "model = \"noise_current\"\nstd = \"10 pA\"\ndt = \"0.1 ms\"",
    ),
    ("alike", "lif_delta", "\"0.01 mV\"", "", ""),
    (
        "input kept while refractory",
        "lif_delta",
        "\"0.01 mV\"",
        "refractory_input = true",
        "",
    ),
    ("four ports", "lif_multisynapse", "\"5 pA\"", PORTS, ""),
    (
        "four ports, tau_m drawn",
        "lif_multisynapse",
        "\"5 pA\"",
        PORTS_DRAWN,
        "",
    ),
    ("alike", "izhikevich", "\"0.001 mV\"", "", ""),
    (
        "d drawn",
        "izhikevich",
        "\"0.001 mV\"",
        "params = { d = { uniform = [\"2 mV\", \"8 mV\"] } }",
        "",
    ),
    ("alike", "lif_cond_exp", "\"0.01 nS\"", "", ""),
    (
        "C_m drawn",
        "lif_cond_exp",
        "\"0.01 nS\"",
        "params = { C_m = { uniform = [\"200 pF\", \"300 pF\"] } }",
        "",
    ),
    ("alike", "adex", "\"0.01 nS\"", "", ""),
    (
        "b drawn",
        "adex",
        "\"0.01 nS\"",
        "params = { b = { normal = [\"80 pA\", \"1 pA\"] } }",
        "",
    ),
];

const PORTS: &str = "receptors = [{ tau_decay = \"2 ms\" }, { tau_rise = \"1 ms\", tau_decay = \"3 ms\" }, \
    { tau_decay = \"5 ms\" }, { tau_rise = \"2 ms\", tau_decay = \"100 ms\" }]";
const PORTS_DRAWN: &str = "receptors = [{ tau_decay = \"2 ms\" }, { tau_rise = \"1 ms\", tau_decay = \"3 ms\" }, \
    { tau_decay = \"5 ms\" }, { tau_rise = \"2 ms\", tau_decay = \"100 ms\" }]\n\
    params = { tau_m = { uniform = [\"9 ms\", \"11 ms\"] } }";

fn main() {
    println!("model             what                           ns per neuron and tick");
    for (what, model, weight, more, stimulus) in CASES {
        let receptor = if *model == "lif_multisynapse" {
            "receptor = 1\n"
        } else {
            ""
        };
        let mut text = format!(
            "format = 1\n[simulation]\nduration = \"200 ms\"\n\
             [populations.p]\nmodel = \"{model}\"\nsize = {NEURONS}\n{more}\n\
             [stimuli.input]\nmodel = \"poisson\"\nrate = \"16 kHz\"\nto = \"p\"\nweight = {weight}\n{receptor}"
        );
        if !stimulus.is_empty() {
            text += &format!("[stimuli.more]\n{stimulus}\nto = \"p\"\n");
        }
        let loaded = parse(&text, Path::new("bench.toml"), &[]).expect("a right definition");
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let network = build(&loaded.spec, &BuildOptions::default()).expect("it can be built");
            let control = Control {
                profile: true,
                ..Control::default()
            };
            let report = run(network, &mut NullSink, &control).expect("it runs");
            let spent = report.profiles[0].spent(Phase::Update).as_secs_f64();
            best = best.min(spent * 1e9 / f64::from(NEURONS * TICKS));
        }
        println!("{model:<17} {what:<30} {best:>6.2}");
    }
}
