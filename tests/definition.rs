//! Definition files: what they mean, and what is said about wrong ones.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use spikewheel::definition::{self, Diagnostic, Loaded, Override, Severity};
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

const BRUNEL: &str = include_str!("data/brunel.toml");

fn parse(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    definition::parse(text, Path::new("test.toml"), &[])
}

/// A definition with two populations (a: 10 lif_delta, b: 5 lif_exp), 7 lines long, and `more`.
fn with(more: &str) -> String {
    format!(
        "format = 1\n\
         simulation = {{ duration = \"1 s\" }}\n\
         parameters = {{ w = \"0.1 mV\", n = 4 }}\n\
         populations.a = {{ model = \"lif_delta\", size = 10 }}\n\
         populations.b = {{ model = \"lif_exp\", size = 5 }}\n\
         populations.r = {{ model = \"relay\", size = 3 }}\n\
         populations.i = {{ model = \"if\", size = 2 }}\n{more}"
    )
}
/// Line on which `more` of `with` begins.
const FIRST: usize = 8;

fn ok(text: &str) -> Loaded {
    match parse(text) {
        Ok(loaded) => loaded,
        Err(all) => panic!("{text}\n{}", show(&all)),
    }
}

fn show(all: &[Diagnostic]) -> String {
    all.iter()
        .map(|d| format!("{:?}: {d} [{:?}]\n", d.line(), d.help))
        .collect()
}

/// The errors of `text`: exactly one, on that line, with that in its message or help.
#[track_caller]
fn one_error(text: &str, line: usize, part: &str) -> Diagnostic {
    let all = errors(text);
    assert_eq!(all.len(), 1, "{text}\n{}", show(&all));
    has(&all, line, part);
    all.into_iter().next().unwrap()
}

#[track_caller]
fn errors(text: &str) -> Vec<Diagnostic> {
    let mut all = parse(text).expect_err(text);
    all.retain(|d| d.severity == Severity::Error);
    all
}

#[track_caller]
fn has(all: &[Diagnostic], line: usize, part: &str) {
    let told = |d: &Diagnostic| format!("{d} {}", d.help.clone().unwrap_or_default());
    assert!(
        all.iter()
            .any(|d| told(d).contains(part) && d.line().unwrap_or(0) == line),
        "no `{part}` on line {line} in\n{}",
        show(all)
    );
}

/// The one error of `with(more)`, `line` counted within `more` from 0.
#[track_caller]
fn wrong(more: &str, line: usize, part: &str) {
    one_error(&with(more), FIRST + line, part);
}

fn scratch(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let main = dir.path().join("main.toml");
    (dir, main)
}

fn load(path: &Path) -> Result<Loaded, Vec<Diagnostic>> {
    definition::load(path, &[])
}

fn neurons(spec: &NetworkSpec, name: &str) -> NeuronSpec {
    match &spec.populations[spec.population(name).unwrap()].kind {
        PopulationKind::Neurons(n) => n.clone(),
        PopulationKind::Source(_) => panic!("{name} is a source"),
    }
}

fn param(spec: &NetworkSpec, population: &str, name: &str) -> Values {
    let n = neurons(spec, population);
    n.params[n.model.def().param(name).unwrap()].clone()
}

// ------------------------------------------------------------------ what definitions mean

#[test]
fn the_brunel_network_becomes_the_expected_specification() {
    let loaded = ok(BRUNEL);
    assert!(loaded.warnings.is_empty(), "{}", show(&loaded.warnings));
    let spec = &loaded.spec;
    assert_eq!(
        (spec.seed, spec.resolution_ps, spec.duration),
        (1, 100_000_000, 10_000)
    );
    let sizes: Vec<(&str, u32)> = spec
        .populations
        .iter()
        .map(|p| (p.name.as_str(), p.size))
        .collect();
    assert_eq!(sizes, [("excitatory", 10_000), ("inhibitory", 2500)]);
    let n = neurons(spec, "inhibitory");
    assert_eq!(n.model, ModelKind::LifDelta);
    assert_eq!(
        n.initial[0],
        Values::Uniform {
            low: 0.0,
            high: 20.0
        }
    );
    for (name, value) in [
        ("tau_m", 20.0),
        ("V_th", 20.0),
        ("V_reset", 10.0),
        ("E_L", 0.0),
        ("t_ref", 2.0),
        ("C_m", 250.0),
    ] {
        assert_eq!(
            param(spec, "inhibitory", name),
            Values::Constant(value),
            "{name}"
        );
    }
    let DriveKind::Poisson {
        rate: Rate::Constant { hz, start, stop },
        weight,
    } = &spec.drives[0].kind
    else {
        panic!("{:?}", spec.drives)
    };
    assert_eq!((*hz, *start, *stop), (20_000.0, 0, u64::MAX));
    assert_eq!(*weight, Values::Constant(0.1));
    assert_eq!(spec.drives[0].to.len(), 2);
    assert_eq!(spec.projections.len(), 2);
    let p = &spec.projections[1];
    assert!(matches!(p.rule, Rule::FixedIndegree(250)));
    assert!(matches!(p.weight, Weight::Values(Values::Constant(w)) if w == -0.5));
    assert!(matches!(p.delay, Delay::Ticks(15)));
    assert!(p.allow_autapses && p.allow_multapses);
    assert_eq!((p.sources(), p.targets()), (2500, 12_500));
    assert_eq!(spec.recording.spikes.len(), 2);
    let s = &spec.recording.state[0];
    assert_eq!((s.of.start, s.of.end, s.variable, s.every), (0, 10, 0, 10));
    let e = spikewheel::network::estimate::estimate(spec);
    assert_eq!(e.synapses, 15_625_000.0);
    assert_eq!(e.external_events, 20_000.0 * 12_500.0);
}

#[test]
fn like_inherits_what_is_not_restated_in_any_order_and_through_chains() {
    let spec = ok(&with(
        "[populations.x]\nlike = \"y\"\nparams = { V_th = \"-50 mV\" }\n\
         [populations.y]\nlike = \"a\"\nsize = 3\nparams = { tau_m = \"5 ms\", V_th = \"-40 mV\" }\n",
    ))
    .spec;
    assert_eq!(param(&spec, "x", "tau_m"), Values::Constant(5.0));
    assert_eq!(param(&spec, "x", "V_th"), Values::Constant(-50.0));
    assert_eq!(spec.populations[4].size, 3);
}

#[test]
fn values_take_all_their_forms() {
    let (_dir, main) = scratch(&[
        ("p.csv", "id,tau\n0,5\n1,6\n2,7\n"),
        ("one.csv", "1\n2\n3\n"),
        (
            "main.toml",
            &with(
                "[populations.x]\nmodel = \"lif_exp\"\nsize = 3\n\
             params = { tau_m = { file = \"p.csv\", column = \"tau\" }, C_m = [\"200 pF\", \"0.25 nF\", \"n * 50 pF\"], I_e = { file = \"one.csv\" }, tau_syn_ex = { lognormal = [\"2 ms\", 0.5], max = \"20 ms\" }, tau_syn_in = { normal = [\"2 ms\", \"0.5 ms\"], min = \"0.5 ms\" } }\n",
            ),
        ),
    ]);
    let spec = load(&main).unwrap_or_else(|e| panic!("{}", show(&e))).spec;
    let array = |name: &str| match param(&spec, "x", name) {
        Values::Array(a) => a.to_vec(),
        other => panic!("{other:?}"),
    };
    assert_eq!(array("tau_m"), [5.0, 6.0, 7.0]);
    assert_eq!(array("C_m"), [200.0, 250.0, 200.0]);
    assert_eq!(array("I_e"), [1.0, 2.0, 3.0]);
    assert_eq!(
        param(&spec, "x", "tau_syn_ex"),
        Values::Lognormal {
            mu: 0.0,
            sigma: 0.5,
            scale: 2.0,
            min: f64::NEG_INFINITY,
            max: 20.0
        }
    );
    assert_eq!(
        param(&spec, "x", "tau_syn_in"),
        Values::Normal {
            mean: 2.0,
            std: 0.5,
            min: 0.5,
            max: f64::INFINITY
        }
    );
}

#[test]
fn sized_stimuli_come_after_all_neurons_and_can_be_connected_from() {
    let spec = ok(&with(
        "[stimuli.p]\nmodel = \"poisson\"\nsize = 4\nrate = [\"1 Hz\", \"2 Hz\", \"3 Hz\", \"8 spikes/s\"]\n\
         [stimuli.l]\nmodel = \"spike_list\"\ntimes = [[\"1 ms\"], [], [\"3 ms\", \"2 ms\"]]\n\
         [[projections]]\nfrom = [\"p[0..2]\", \"l\", \"p[3]\"]\nto = \"r\"\nrule = \"all_to_all\"\ndelay = \"1 ms\"\n",
    ))
    .spec;
    let names: Vec<&str> = spec.populations.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "r", "i", "p", "l"]);
    let PopulationKind::Source(SourceSpec::SpikeList(l)) = &spec.populations[5].kind else {
        panic!()
    };
    assert_eq!(l.events, [(10, 0), (20, 2), (30, 2)]);
    assert_eq!(spec.populations[5].size, 3);
    let PopulationKind::Source(SourceSpec::Poisson {
        rate: Rate::PerElement { hz, .. },
    }) = &spec.populations[4].kind
    else {
        panic!()
    };
    assert_eq!(hz.to_vec(), [1.0, 2.0, 3.0, 8.0]);
    assert_eq!(
        spec.projections[0].from[2],
        Slice {
            population: 4,
            start: 3,
            end: 4
        }
    );
}

#[test]
fn stepped_rates_and_currents_and_regular_trains_are_on_the_grid() {
    let spec = ok(&with(
        "[stimuli.p]\nmodel = \"poisson\"\nto = \"a\"\nweight = \"w\"\nrate = { times = [\"0 ms\", \"500 ms\"], values = [\"10 Hz\", \"20 Hz\"] }\n\
         [stimuli.c]\nmodel = \"step_current\"\nto = [\"a\", \"b\"]\ntimes = [\"100 ms\", \"0.2 s\"]\namplitudes = [\"0.2 nA\", \"0 pA\"]\n\
         [stimuli.g]\nmodel = \"regular\"\nto = \"b\"\nweight = { uniform = [\"1 pA\", \"2 pA\"] }\ninterval = \"10 ms\"\nstart = \"5 ms\"\n",
    ))
    .spec;
    assert!(
        matches!(&spec.drives[0].kind, DriveKind::Poisson { rate: Rate::Steps { at, hz }, .. } if *at == [0, 5000] && *hz == [10.0, 20.0])
    );
    assert!(
        matches!(&spec.drives[1].kind, DriveKind::StepCurrent { at, amplitude } if *at == [1000, 2000] && *amplitude == [200.0, 0.0])
    );
    assert!(matches!(
        &spec.drives[2].kind,
        DriveKind::Regular {
            interval: 100,
            start: 50,
            stop: u64::MAX,
            ..
        }
    ));
}

#[test]
fn lists_of_synapses_and_spikes_come_from_files() {
    let (_dir, main) = scratch(&[
        (
            "e.csv",
            "delay_ms,note,target,source,weight\n1.5,x,0,1,2.5\n0.1,y,2,0,-1\n",
        ),
        ("s.csv", "time_ms,neuron\n2.0,1\n1.04,0\n"),
        (
            "main.toml",
            &with(
                "[stimuli.s]\nmodel = \"spike_list\"\nto = \"a\"\nweight = \"w\"\nfile = \"s.csv\"\n\
             [[projections]]\nfrom = \"a\"\nto = \"b\"\nrule = { list = \"e.csv\" }\n",
            ),
        ),
    ]);
    let loaded = load(&main).unwrap_or_else(|e| panic!("{}", show(&e)));
    let Rule::List(l) = &loaded.spec.projections[0].rule else {
        panic!()
    };
    assert_eq!(
        (l.source.clone(), l.target.clone()),
        (vec![1, 0], vec![0, 2])
    );
    assert_eq!(
        (l.weight.clone(), l.delay.clone()),
        (vec![2.5, -1.0], vec![15, 1])
    );
    assert!(matches!(
        loaded.spec.projections[0].weight,
        Weight::FromList
    ));
    assert!(matches!(loaded.spec.projections[0].delay, Delay::FromList));
    let DriveKind::SpikeList { list, .. } = &loaded.spec.drives[0].kind else {
        panic!()
    };
    assert_eq!(list.events, [(10, 0), (20, 1)]);
    has(&loaded.warnings, FIRST + 4, "1 of 2 spike times");
    has(&loaded.warnings, FIRST + 8, "note");
}

#[test]
fn sonata_spikes_are_read_in_the_new_and_the_old_layout() {
    let (dir, main) = scratch(&[(
        "main.toml",
        &with(
            "[stimuli.s]\nmodel = \"spike_list\"\nfile = \"new.h5\"\n[stimuli.o]\nmodel = \"spike_list\"\nfile = \"old.h5\"\nsize = 9\n",
        ),
    )]);
    write_sonata(&dir.path().join("new.h5"), Some("cells"), "node_ids");
    write_sonata(&dir.path().join("old.h5"), None, "gids");
    let spec = load(&main).unwrap_or_else(|e| panic!("{}", show(&e))).spec;
    for (i, size) in [(4, 3), (5, 9)] {
        assert_eq!(spec.populations[i].size, size);
        let PopulationKind::Source(SourceSpec::SpikeList(l)) = &spec.populations[i].kind else {
            panic!()
        };
        assert_eq!(l.events, [(10, 2), (25, 0)]);
    }
}

#[test]
fn labels_name_single_neurons() {
    let (_dir, main) = scratch(&[
        ("l.csv", "AVAL\nAVAR\n"),
        (
            "main.toml",
            &with(
                "[populations.x]\nlike = \"a\"\nsize = 2\nlabels = { file = \"l.csv\" }\n\
             [recording]\nspikes = [\"x.AVAR\", \"b\"]\ncsv = true\n",
            ),
        ),
    ]);
    let loaded = load(&main).unwrap_or_else(|e| panic!("{}", show(&e)));
    assert!(loaded.output.csv);
    assert_eq!(
        loaded.spec.recording.spikes[0],
        Slice {
            population: 4,
            start: 1,
            end: 2
        }
    );
}

#[test]
fn lists_name_neurons_by_label() {
    let files = |e: &str| {
        scratch(&[
            ("e.csv", e),
            (
                "main.toml",
                &with(
                    "[populations.x]\nlike = \"a\"\nsize = 2\nlabels = [\"AVAL\", \"AVAR\"]\n\
                     [populations.y]\nlike = \"x\"\nsize = 3\nlabels = [\"DA1\", \"DA2\", \"AVAR\"]\n\
                     [[projections]]\nfrom = [\"b\", \"y[0..2]\", \"x\"]\nto = [\"x\", \"y\"]\n\
                     rule = { list = { file = \"e.csv\", weight_scale = \"2 mV\" } }\ndelay = \"1 ms\"\n",
                ),
            ),
        ])
    };
    let (_dir, main) = files("source,target,weight\nAVAL,DA1,3\nDA2,0,1\n1,DA2,0\nAVAR,AVAL,12\n");
    let loaded = load(&main).unwrap_or_else(|e| panic!("{}", show(&e)));
    let b = loaded.spec.populations[1].size;
    let Rule::List(l) = &loaded.spec.projections[0].rule else {
        panic!()
    };
    assert_eq!(l.source, [b + 2, b + 1, 1, b + 3]);
    assert_eq!(l.target, [2, 0, 3, 0]);
    assert_eq!(l.weight, [6.0, 2.0, 0.0, 24.0]);

    let (_dir, main) =
        files("source,target,weight\nAVAM,DA1,1\nDA1,AVAR,1\n,DA1,1\nDA2,DA3,1\n-1,DA1,1\n");
    let all = show(&load(&main).unwrap_err());
    for part in [
        "row 2: `AVAM` is neither an id (a whole number from 0) nor the label of a neuron; did you mean `AVA",
        "row 3: several neurons have the label `AVAR`",
        "row 4: `` is not an id",
        "row 5: `DA3` is neither",
        "row 6: `-1` is neither",
    ] {
        assert!(all.contains(part), "{part}\n{all}");
    }
}

#[test]
fn include_takes_parameters_and_populations_and_errors_point_into_that_file() {
    let (_dir, main) = scratch(&[
        (
            "cells.toml",
            "format = 1\ninclude = [\"main.toml\"]\n[parameters]\ntau = \"7 ms\"\n[populations.c]\nmodel = \"lif_delta\"\nsize = 4\nparams = { tau_m = \"tau\" }\n",
        ),
        (
            "main.toml",
            "format = 1\ninclude = [\"cells.toml\"]\n[simulation]\nduration = \"1 s\"\n[populations.d]\nlike = \"c\"\n",
        ),
        (
            "bad.toml",
            "format = 1\ninclude = [\"cells.toml\", \"broken.toml\", \"none.toml\"]\n[simulation]\nduration = \"1 s\"\n",
        ),
        (
            "broken.toml",
            "format = 1\n\n[populations.c]\nmodel = \"lif\"\nsize = 4\n",
        ),
    ]);
    let spec = load(&main).unwrap_or_else(|e| panic!("{}", show(&e))).spec;
    assert_eq!(param(&spec, "d", "tau_m"), Values::Constant(7.0));
    let all = load(&main.with_file_name("bad.toml")).unwrap_err();
    has(&all, 2, "there is no file");
    has(&all, 4, "no neuron model `lif`");
    has(&all, 3, "used twice");
    let inner = all
        .iter()
        .find(|d| d.message.contains("neuron model"))
        .unwrap();
    assert!(
        inner
            .place
            .as_ref()
            .unwrap()
            .file
            .name
            .ends_with("broken.toml")
    );
}

#[test]
fn overrides_replace_parameters_and_simulation_keys() {
    let set = |name: &str, value: &str| Override {
        name: name.into(),
        value: value.into(),
    };
    let run = |o: &[Override]| definition::parse(BRUNEL, Path::new("b.toml"), o);
    let spec = run(&[
        set("g", "4.5"),
        set("simulation.seed", "3"),
        set("simulation.duration", "20 ms"),
        set("simulation.arithmetic", "single"),
    ])
    .unwrap()
    .spec;
    assert_eq!(
        (spec.seed, spec.duration, spec.arithmetic),
        (3, 200, Arithmetic::Single)
    );
    assert!(
        matches!(spec.projections[1].weight, Weight::Values(Values::Constant(w)) if (w + 0.45).abs() < 1e-12)
    );
    let all = run(&[
        set("gg", "1"),
        set("simulation.sed", "1"),
        set("J", "0.1 mx"),
    ])
    .unwrap_err();
    assert_eq!(all.len(), 3, "{}", show(&all));
    has(&all, 0, "did you mean `g`");
    has(&all, 0, "did you mean `simulation.seed`");
    has(&all, 1, "`mx` is not a unit");
    assert_eq!(all[2].place.as_ref().unwrap().file.text, "0.1 mx");
    assert_eq!("g = 4.5".parse(), Ok(set("g", "4.5")));
    assert!("g".parse::<Override>().is_err());
}

#[test]
fn what_is_off_the_grid_is_rounded_and_told() {
    let loaded = ok(&with(
        "[populations.x]\nmodel = \"lif_delta\"\nsize = 1\nparams = { t_ref = \"2.04 ms\" }\n\
         [[projections]]\nfrom = \"a\"\nto = \"x\"\nrule = \"all_to_all\"\nweight = \"w\"\ndelay = \"1.53 ms\"\n",
    ));
    has(&loaded.warnings, FIRST + 3, "rounded to 2 ms");
    has(&loaded.warnings, FIRST + 9, "rounded to 1.5 ms");
    assert_eq!(param(&loaded.spec, "x", "t_ref"), Values::Constant(2.0));
    assert!(matches!(loaded.spec.projections[0].delay, Delay::Ticks(15)));
}

#[test]
fn drawn_delays_never_round_to_less_than_a_tick() {
    let spec = ok(&with(&link(
        "rule = \"all_to_all\"\nweight = \"w\"\ndelay = { normal = [\"1 ms\", \"0.5 ms\"] }",
    )))
    .spec;
    assert!(
        matches!(&spec.projections[0].delay, Delay::Drawn(Values::Normal { min, .. }) if *min == 0.05)
    );
}

#[test]
fn the_step_of_a_clocked_population_is_a_multiple_or_a_fraction_of_the_resolution() {
    let clock = |resolution: &str, cell: &str| {
        let text = format!(
            "format = 1\nsimulation = {{ duration = \"1 s\", resolution = \"{resolution}\" }}\n\
             populations.c = {{ size = 2, {cell} }}"
        );
        let loaded = ok(&text);
        assert!(loaded.warnings.is_empty(), "{}", show(&loaded.warnings));
        let c = neurons(&loaded.spec, "c").options.clock;
        assert_eq!(loaded.spec.step_ms(0).is_some(), !cell.contains("lif_exp"));
        (c.ticks, c.substeps)
    };
    let lif = "model = \"lif_cond_exp\"";
    let izhikevich = "model = \"izhikevich\"";
    for (resolution, cell, expected) in [
        ("0.1 ms", lif, (1, 1)),
        ("1 us", lif, (100, 1)),
        ("0.04 ms", lif, (2, 1)),
        ("1 ms", lif, (1, 10)),
        ("1 ms", izhikevich, (1, 1)),
        ("1 ns", izhikevich, (100_000, 1)),
        ("0.1 ms", "model = \"adex\"", (1, 4)),
        ("0.1 ms", "model = \"adex\", step = \"0.1 ms\"", (1, 1)),
        (
            "0.1 ms",
            "model = \"adex_alpha\", step = \"0.5 ms\"",
            (5, 1),
        ),
        (
            "0.1 ms",
            "model = \"lif_cond_alpha\", step = \"12.5 us\"",
            (1, 8),
        ),
        ("0.1 ms", "model = \"lif_exp\"", (1, 1)),
    ] {
        assert_eq!(clock(resolution, cell), expected, "{resolution} {cell}");
    }
    let halves = ok(&with(
        "populations.z = { model = \"izhikevich\", size = 1, consistent_integration = false }",
    ));
    assert!(neurons(&halves.spec, "z").options.two_half_steps);
}

#[test]
fn clocked_populations_are_checked() {
    let cell = |s: &str| format!("populations.z = {{ size = 2, {s} }}");
    for (text, part) in [
        (
            "model = \"lif_exp\", step = \"0.1 ms\"",
            "has no step: it is solved exactly",
        ),
        (
            "model = \"adex\", step = \"0.25 ms\"",
            "the nearest are 0.2 ms and 0.3 ms",
        ),
        (
            "model = \"adex\", step = \"0.04 ms\"",
            "neither a whole multiple nor a whole fraction",
        ),
        ("model = \"adex\", step = \"0 ms\"", "must be positive"),
        (
            "model = \"adex\", step = \"1 ns\"",
            "10000 steps to a tick are allowed",
        ),
        ("model = \"adex\", step = \"1 mV\"", "time"),
        (
            "model = \"adex\", update = \"lazy\"",
            "cannot be updated lazily",
        ),
        ("model = \"adex\", reset = \"subtract\"", "has no reset"),
        (
            "model = \"adex\", consistent_integration = false",
            "only izhikevich",
        ),
        (
            "model = \"lif_cond_exp\", params = { V_reset = \"-50 mV\" }",
            "V_reset must be below V_th",
        ),
        (
            "model = \"izhikevich\", params = { c = \"30 mV\" }",
            "c must be below V_th",
        ),
        (
            "model = \"adex\", params = { V_peak = \"-51 mV\" }",
            "V_th must not be above V_peak",
        ),
        (
            "model = \"adex\", params = { V_reset = [\"-60 mV\", \"1 mV\"] }",
            "V_reset of neuron 1 must be below V_peak",
        ),
        (
            "model = \"adex\", params = { Delta_T = \"0.05 mV\" }",
            "(V_peak - V_th) / Delta_T is 1008",
        ),
        (
            "model = \"adex\", params = { Delta_T = [\"0 mV\", \"0.07 mV\"] }",
            "raise Delta_T",
        ),
        (
            "model = \"adex\", initial = { g_ex = \"-1 nS\" }",
            "at least 0",
        ),
    ] {
        wrong(&cell(text), 0, part);
    }
    ok(&with(&cell(
        "model = \"adex\", params = { Delta_T = \"0 mV\", V_peak = \"-50.4 mV\" }",
    )));
    let long = ok(&with(&cell("model = \"adex\", step = \"2 s\"")));
    assert!(show(&long.warnings).contains("longer than the simulation"));
    let rounded = ok(&with(&cell(
        "model = \"lif_cond_exp\", step = \"1 ms\", params = { t_ref = \"2.3 ms\" }",
    )));
    assert!(show(&rounded.warnings).contains("no multiple of the step"));
    assert_eq!(param(&rounded.spec, "z", "t_ref"), Values::Constant(2.0));
}

#[test]
fn relays_need_no_weight_and_ignore_one() {
    let loaded = ok(&with(
        "[[projections]]\nfrom = \"a\"\nto = \"r\"\nrule = \"all_to_all\"\nweight = 3\ndelay = \"1 ms\"\n",
    ));
    has(&loaded.warnings, FIRST + 4, "ignored");
}

#[test]
fn a_picosecond_is_a_resolution() {
    let text = "format = 1\nsimulation = { duration = \"1 s\", resolution = \"1 ps\", seed = 18446744073709551615 }\npopulations.a = { model = \"relay\", size = 1 }";
    let spec = ok(text).spec;
    assert_eq!(
        (spec.resolution_ps, spec.duration, spec.seed),
        (1, 1_000_000_000_000, u64::MAX)
    );
}

// ------------------------------------------------------------------ what is said about wrong ones

#[test]
fn all_errors_of_a_file_are_told_at_once_in_order() {
    let all = errors(&with(
        "[populations.x]\nmodel = \"lif_dleta\"\nsize = 0\n\
         [stimuli.p]\nmodel = \"poisson\"\nto = \"aa\"\nrate = \"10 mV\"\nweight = \"w\"\n\
         [[projections]]\nfrom = \"a\"\nto = \"b\"\nrule = { fixed_indegre = 3 }\nweight = \"w\"\ndelay = \"0 ms\"\n",
    ));
    for (line, part) in [
        (1, "did you mean `lif_delta`"),
        (2, "from 1 to 4294967295, not 0"),
        (5, "there is no population `aa`"),
        (6, "must be a rate, but this is a voltage"),
        (11, "did you mean `fixed_indegree`"),
        (12, "must be a current, but this is a voltage"),
        (13, "less than one tick"),
    ] {
        has(&all, FIRST + line, part);
    }
    assert_eq!(all.len(), 7, "{}", show(&all));
    assert!(all.windows(2).all(|p| p[0].line() <= p[1].line()));
}

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let said = |path: &Path| load(path).unwrap_err()[0].message.clone();
    assert!(said(dir.path()).contains("is a directory"));
    assert!(said(&dir.path().join("x.toml")).contains("there is no file"));
    let bad = dir.path().join("bad.toml");
    std::fs::write(&bad, b"format = 1\nname = \"\xff\"\n").unwrap();
    assert!(said(&bad).contains("byte 19"), "{}", said(&bad));
    std::fs::write(&bad, b" \n").unwrap();
    assert!(said(&bad).contains("is empty"));
}

#[test]
fn syntax_errors_of_toml_have_their_place() {
    let all = errors("format = 1\n[simulation\nduration = ");
    assert!(
        all.iter()
            .any(|d| d.line() == Some(2) && d.message.contains("not valid TOML")),
        "{}",
        show(&all)
    );
    has(
        &errors("format = 1\nname = \"a\"\nname = \"b\"\n"),
        3,
        "duplicate key",
    );
}

#[test]
fn the_format_and_the_top_are_checked() {
    one_error(
        &with("").replacen("format = 1", "", 1),
        1,
        "format number is missing",
    );
    one_error(
        &with("").replacen("format = 1", "format = 2", 1),
        1,
        "format 2 is not known",
    );
    one_error(
        &with("").replacen("format = 1", "format = \"1\"", 1),
        1,
        "must be the number 1",
    );
    one_error(
        "format = 1\nsimulation.duration = \"1 s\"\n",
        1,
        "no populations",
    );
    one_error(
        &with("").replacen("format = 1", "format = 1\npopulation = 3", 1),
        2,
        "did you mean `populations`",
    );
    one_error(
        &with("").replacen("parameters =", "projections =", 1),
        3,
        "must be a list of tables",
    );
    one_error(
        &with("").replacen("format = 1", "format = 1\nstimuli = 3", 1),
        2,
        "stimuli must be a table, not a number",
    );
}

#[test]
fn the_simulation_is_checked() {
    let sim = |s: &str| {
        format!(
            "format = 1\npopulations.a = {{ model = \"relay\", size = 1 }}\n[simulation]\n{s}\n"
        )
    };
    one_error(&sim(""), 3, "the duration of the simulation is missing");
    one_error(&sim("duration = 100"), 4, "needs a unit");
    one_error(&sim("duration = \"-1 ms\""), 4, "must be positive");
    one_error(&sim("duration = \"0.01 ms\""), 4, "less than one tick");
    one_error(
        &sim("duration = \"1e300 s\""),
        4,
        "more ticks than can be counted",
    );
    one_error(&sim("duration = inf"), 4, "not a finite number");
    one_error(
        &sim("duration = \"1 s\"\nresolution = \"0.5 ps\""),
        5,
        "whole number of picoseconds",
    );
    one_error(
        &sim("duration = \"1 s\"\nresolution = \"-1 ms\""),
        5,
        "whole number of picoseconds",
    );
    one_error(
        &sim("duration = \"1 s\"\nseed = -1"),
        5,
        "the seed must be a whole number",
    );
    one_error(
        &sim("duration = \"1 s\"\narithmetic = \"doubel\""),
        5,
        "did you mean `double`",
    );
    one_error(
        &sim("duration = \"1 s\"\nthreads = 3"),
        5,
        "unknown key `threads`",
    );
    one_error(&sim("duration = 2024-01-01"), 4, "not a date");
}

#[test]
fn parameters_are_checked() {
    let params = |s: &str| {
        format!(
            "format = 1\nsimulation.duration = \"1 s\"\npopulations.a = {{ model = \"relay\", size = 1 }}\n[parameters]\n{s}\n"
        )
    };
    one_error(
        &params("a = \"b\"\nb = \"c + 1\"\nc = \"a\"\nd = \"2 * a\""),
        5,
        "circle: a -> b -> c -> a",
    );
    one_error(&params("a = \"a\""), 5, "circle: a -> a");
    one_error(
        &params("tau = \"1 ms\"\nb = \"tua * 2\""),
        6,
        "did you mean `tau`",
    );
    one_error(&params("ms = 3"), 5, "`ms` is a unit");
    one_error(&params("exp = 3"), 5, "`exp` is a function");
    one_error(&params("\"a b\" = 3"), 5, "is not a name");
    one_error(&params("a = nan"), 5, "not a finite number");
    one_error(&params("a = \"1 / 0\""), 5, "not a finite number");
    one_error(&params("a = true"), 5, "not true or false");
    one_error(&params("a = \"1 ms + 1 mV\""), 5, "different kinds");
    let d = one_error(&params("a = \"1 + 2 mx\""), 5, "`mx` is not a unit");
    assert_eq!(d.column(), Some(12));
    // What hangs on an error is not told again.
    one_error(&params("a = \"1 mx\"\nb = \"2 * a\"\nc = \"b\""), 5, "`mx`");
    ok(&params("c = \"2 * b\"\nb = \"a + 1 ms\"\na = \"1 ms\""));
}

#[test]
fn a_long_chain_of_parameters_is_no_problem() {
    let mut text = with("");
    text.push_str("[populations.x]\nlike = \"a\"\nsize = \"p0\"\n");
    let mut params = String::new();
    for i in 0..20_000 {
        params.push_str(&format!("p{i} = \"p{}\"\n", i + 1));
    }
    params.push_str("p20000 = 3\n");
    let text = text.replacen("parameters = { w = \"0.1 mV\", n = 4 }\n", "", 1)
        + "[parameters]\n"
        + &params;
    assert_eq!(ok(&text).spec.populations[4].size, 3);
}

fn cells(s: &str) -> String {
    format!("[populations.x]\n{s}\n")
}

#[test]
fn populations_are_checked() {
    let lif = "model = \"lif_delta\"\n";
    let p = |s: &str, line: usize, part: &str| wrong(&cells(&format!("{lif}{s}")), line + 1, part);
    wrong(
        &cells("size = 1"),
        0,
        "the model of population `x` is missing",
    );
    wrong(&cells(lif), 0, "the size of population `x` is missing");
    p("size = 4294967296", 1, "from 1 to 4294967295");
    p("size = -3", 1, "not -3");
    p("size = 2.5", 1, "not 2.5");
    p("size = \"3 ms\"", 1, "must be a plain number");
    p("size = 1\nsise = 2", 2, "did you mean `size`");
    p(
        "size = 1\nparams = { tau_n = \"1 ms\" }",
        2,
        "did you mean `tau_m`",
    );
    p(
        "size = 1\nparams = { tau_m = 20 }",
        2,
        "write for example \"20 ms\"",
    );
    p(
        "size = 1\nparams = { tau_m = \"20 mV\" }",
        2,
        "must be a time, but this is a voltage",
    );
    p(
        "size = 1\nparams = { tau_m = \"0 ms\" }",
        2,
        "greater than 0 ms",
    );
    p(
        "size = 1\nparams = { tau_m = \"1 ms\", t_ref = \"-1 ms\" }",
        2,
        "at least 0 ms",
    );
    p("size = 1\nparams = 3", 2, "a table of names and values");
    p(
        "size = 1\nparams = { tau_m = { uniform = [\"0 ms\", \"3 ms\"] } }",
        2,
        "this draws from 0 to 3",
    );
    p(
        "size = 1\nparams = { tau_m = { uniform = [\"4 ms\", \"3 ms\"] } }",
        2,
        "greater than the upper limit",
    );
    p(
        "size = 1\nparams = { tau_m = { normal = [\"4 ms\", \"1 ms\"] } }",
        2,
        "can leave that range",
    );
    p(
        "size = 1\nparams = { tau_m = { normal = [\"4 ms\", \"-1 ms\"] } }",
        2,
        "must not be negative",
    );
    p(
        "size = 1\nparams = { E_L = { normal = [\"4 mV\", \"1 mV\"], min = \"50 mV\" } }",
        2,
        "almost no draw",
    );
    p(
        "size = 1\nparams = { E_L = { normal = [\"4 mV\", \"1 mV\"], min = \"5 mV\", max = \"3 mV\" } }",
        2,
        "min is greater than max",
    );
    p(
        "size = 1\nparams = { E_L = { lognormal = [\"0 mV\", 1] } }",
        2,
        "median",
    );
    p(
        "size = 1\nparams = { E_L = { normal = [\"4 mV\"] } }",
        2,
        "a list of two values",
    );
    p(
        "size = 1\nparams = { E_L = { gauss = [1, 2] } }",
        2,
        "exactly one of uniform",
    );
    p(
        "size = 1\nparams = { E_L = { uniform = [\"1 mV\", \"2 mV\"], min = \"1 mV\" } }",
        2,
        "unknown key `min`",
    );
    p(
        "size = 3\nparams = { E_L = [\"1 mV\", \"2 mV\"] }",
        2,
        "2 values for 3 neurons",
    );
    p(
        "size = 2\nparams = { tau_m = [\"1 ms\", \"-2 ms\"] }",
        2,
        "not -2 ms",
    );
    p(
        "size = 1\nparams = { V_reset = \"-50 mV\" }",
        2,
        "V_reset must be below V_th: -50 mV is not below -55 mV",
    );
    p(
        "size = 2\nparams = { V_th = [\"-50 mV\", \"-70 mV\"] }",
        2,
        "V_reset of neuron 1 must be below",
    );
    p(
        "size = 2\nparams = { V_th = { uniform = [\"-75 mV\", \"-50 mV\"] } }",
        2,
        "must be below V_th",
    );
    p(
        "size = 2\nreset = \"subtract\"\nparams = { V_th = \"-75 mV\" }",
        3,
        "E_L must be below V_th",
    );
    p(
        "size = 1\ninitial = { V = \"1 mV\" }",
        2,
        "no state variable `V`",
    );
    p(
        "size = 1\ninitial = { V_m = \"1 ms\" }",
        2,
        "must be a voltage",
    );
    p(
        "size = 1\nreset = \"substract\"",
        2,
        "did you mean `subtract`",
    );
    p(
        "size = 1\nthreshold_test = \"x\"",
        2,
        "valid: nonstrict, strict",
    );
    p("size = 1\nupdate = \"x\"", 2, "valid: auto, lazy, sweep");
    p("size = 1\nrefractory_input = 1", 2, "must be true or false");
    p("size = 2\nlabels = [\"q\"]", 2, "1 names for 2 neurons");
    p(
        "size = 2\nlabels = [\"q\", \"q\"]",
        2,
        "the label `q` is given twice",
    );
    p("size = 2\nlabels = []", 2, "empty list");
    p("size = 2\nlabels = [1, 2]", 2, "must be a text");
    wrong(
        &cells("model = \"lif_exp\"\nsize = 1\nrefractory_input = true"),
        3,
        "lif_exp has no refractory_input",
    );
    wrong(
        &cells("model = \"relay\"\nsize = 1\nreset = \"value\""),
        3,
        "relay has no reset",
    );
    wrong(&cells("like = \"aa\""), 1, "no population `aa`");
    wrong(
        &format!("{}[populations.y]\nlike = \"x\"", cells("like = \"y\"")),
        1,
        "circle: x -> y -> x",
    );
    wrong(
        "populations.\"x.y\" = { like = \"a\" }",
        0,
        "cannot be a name",
    );
    wrong("populations.x = 3", 0, "must be a table");
    wrong(
        "[stimuli.a]\nmodel = \"poisson\"\nsize = 1\nrate = \"1 Hz\"",
        0,
        "`a` is used twice",
    );
}

#[test]
fn files_of_values_are_checked_with_their_rows() {
    let (_dir, main) = scratch(&[
        ("t.csv", "# taus\ntau\n1\n2x\nnan\n"),
        ("two.csv", "a,b\n1,2\n"),
        ("neg.csv", "-3\n"),
        (
            "main.toml",
            &with(
                "[populations.x]\nmodel = \"lif_delta\"\nsize = 1\n[populations.x.params]\n\
             tau_m = { file = \"t.csv\" }\nC_m = { file = \"two.csv\" }\nE_L = { file = \"two.csv\", column = \"c\" }\n\
             tau_sfa = { file = \"neg.csv\" }\nI_e = { file = \".\" }\nq_sfa = { file = \"none.csv\" }\nV_th = { column = \"q\" }\n",
            ),
        ),
    ]);
    let all = load(&main).unwrap_err();
    for (line, part) in [
        (4, "row 4: `2x` is not a number"),
        (4, "row 5: `nan` is not a finite number"),
        (5, "say which one with column"),
        (6, "has no column `c`"),
        (7, "greater than 0 ms, and value 1"),
        (8, "is a directory"),
        (9, "there is no file"),
        (10, "exactly one of"),
    ] {
        has(&all, FIRST + line, part);
    }
}

fn link(s: &str) -> String {
    format!("[[projections]]\nfrom = \"a\"\nto = \"a\"\n{s}\n")
}

#[test]
fn projections_are_checked() {
    let wd = "weight = \"w\"\ndelay = \"1 ms\"\n";
    let p = |s: &str, line: usize, part: &str| wrong(&link(&format!("{wd}{s}")), line + 4, part);
    wrong(&link(wd), 0, "projection: `rule` is missing");
    wrong(
        &link("rule = \"all_to_all\"\ndelay = \"1 ms\""),
        0,
        "the weight is missing",
    );
    wrong(
        &link("rule = \"all_to_all\"\nweight = \"w\""),
        0,
        "projection: `delay` is missing",
    );
    wrong(
        "[[projections]]\nfrom = \"a\"\nrule = \"all_to_all\"\ndelay = \"1 ms\"\nweight = \"w\"",
        0,
        "projection: `to` is missing",
    );
    p("rule = \"all_to_al\"", 1, "did you mean `all_to_all`");
    p("rule = \"fixed_indegree\"", 1, "needs its argument");
    p("rule = { all_to_all = 3 }", 1, "takes no argument");
    p(
        "rule = { fixed_indegree = 3, list = \"x\" }",
        1,
        "exactly one name",
    );
    p("rule = 3", 1, "must be a name");
    p("rule = { fixed_indegree = 2.5 }", 1, "whole number");
    p(
        "rule = { fixed_indegree = \"n * 1 ms\" }",
        1,
        "must be a plain number",
    );
    p(
        "allow_multapses = false\nrule = { fixed_indegree = 11 }",
        2,
        "in-degree of 11 is more than the 10 sources",
    );
    p(
        "allow_multapses = false\nallow_autapses = false\nrule = { fixed_indegree = 10 }",
        3,
        "the 9 sources",
    );
    p(
        "allow_multapses = false\nrule = { fixed_outdegree = 11 }",
        2,
        "out-degree of 11 is more than the 10 targets",
    );
    p(
        "allow_multapses = false\nallow_autapses = false\nrule = { fixed_total_number = 91 }",
        3,
        "only 90 different",
    );
    p(
        "rule = { pairwise_bernoulli = 1.5 }",
        1,
        "between 0 and 1, not at 1.5",
    );
    p(
        "rule = \"all_to_all\"\nallow_autapses = 1",
        2,
        "must be true or false",
    );
    p(
        "rule = \"all_to_all\"\ndealy = 1",
        2,
        "did you mean `delay`",
    );
    let r = |s: &str, line: usize, part: &str| {
        wrong(
            &link(&format!("rule = \"all_to_all\"\n{s}")),
            line + 3,
            part,
        )
    };
    r(
        "weight = \"w\"\ndelay = \"0.04 ms\"",
        2,
        "less than one tick",
    );
    r(
        "weight = \"w\"\ndelay = \"-1 ms\"",
        2,
        "must not be negative",
    );
    r(
        "weight = \"w\"\ndelay = { uniform = [\"-1 ms\", \"1 ms\"] }",
        2,
        "must not be negative",
    );
    r(
        "weight = \"w\"\ndelay = { normal = [\"-1 ms\", \"1 ms\"] }",
        2,
        "must not be negative",
    );
    r(
        "weight = \"w\"\ndelay = [\"1 ms\"]",
        2,
        "1 values for 100 synapses",
    );
    r(
        "weight = 0.1\ndelay = \"1 ms\"",
        1,
        "is a voltage and needs a unit",
    );
    r("weight = nan\ndelay = \"1 ms\"", 1, "not a finite number");
    let ends = |from: &str, to: &str, part: &str| {
        let line = if from == "\"a\"" { 2 } else { 1 };
        wrong(
            &format!("[[projections]]\nfrom = {from}\nto = {to}\nrule = \"all_to_all\"\n{wd}"),
            line,
            part,
        );
    };
    ends("\"c\"", "\"a\"", "there is no population `c`");
    ends("[]", "\"a\"", "empty list");
    ends("\"a[0..11]\"", "\"a\"", "out of range: `a` has 10 elements");
    ends("\"a[3..3]\"", "\"a\"", "is empty");
    ends("\"a[x..3]\"", "\"a\"", "no bound of a slice");
    ends("\"a[0..3\"", "\"a\"", "not closed");
    ends("\"a[]\"", "\"a\"", "brackets are empty");
    ends("\"a.soma\"", "\"a\"", "has no neuron labelled `soma`");
    ends("[\"a[0..5]\", \"a[4..6]\"]", "\"a\"", "same neurons twice");
    ends("3", "\"a\"", "the name of a population");
    ends(
        "\"a\"",
        "[\"a\", \"b\"]",
        "one weight cannot serve all targets",
    );
    wrong(
        "[[projections]]\nfrom = \"a\"\nto = \"b\"\nrule = \"one_to_one\"\nweight = \"1 pA\"\ndelay = \"1 ms\"",
        3,
        "10 sources and 5 targets",
    );
    wrong(
        "[stimuli.s]\nmodel = \"poisson\"\nsize = 1\nrate = \"1 Hz\"\n[[projections]]\nfrom = \"a\"\nto = \"s\"\nrule = \"all_to_all\"\ndelay = \"1 ms\"\nweight = 1",
        6,
        "takes no input",
    );
    wrong(
        "[stimuli.s]\nmodel = \"poisson\"\nto = \"a\"\nweight = \"w\"\nrate = \"1 Hz\"\n[[projections]]\nfrom = \"s\"\nto = \"a\"\nrule = \"all_to_all\"\ndelay = \"1 ms\"\nweight = \"w\"",
        6,
        "acts on its own targets",
    );
}

#[test]
fn lists_of_synapses_are_checked_with_their_rows() {
    let many: String = (0..9).map(|i| format!("{},0\n", i + 10)).collect();
    let (_dir, main) = scratch(&[
        ("range.csv", &format!("source,target\n0,0\n{many}")),
        (
            "bad.csv",
            "source,target,weight\n0,0,1\n0,x,1\n0,0,inf\n0,0\n-1,0,1\n",
        ),
        ("head.csv", "from,to\n0,0\n"),
        (
            "delay.csv",
            "source,target,delay_ms\n0,0,1\n0,0,0\n0,0,-1\n",
        ),
        ("twice.csv", "source,target,weight\n0,0,1\n1,0,1\n0,0,1\n"),
        (
            "main.toml",
            &with(
                "[[projections]]\nfrom = \"a\"\nto = \"a\"\nrule = { list = \"range.csv\" }\nweight = \"w\"\ndelay = \"1 ms\"\n\
             [[projections]]\nfrom = \"a\"\nto = \"a\"\nrule = { list = \"bad.csv\" }\ndelay = \"1 ms\"\n\
             [[projections]]\nfrom = \"a\"\nto = \"a\"\nrule = { list = \"head.csv\" }\nweight = \"w\"\ndelay = \"1 ms\"\n\
             [[projections]]\nfrom = \"a\"\nto = \"a\"\nrule = { list = \"delay.csv\" }\nweight = \"w\"\n\
             [[projections]]\nfrom = \"a\"\nto = \"a\"\nallow_multapses = false\nrule = { list = \"twice.csv\" }\nweight = \"w\"\ndelay = \"1 ms\"\n",
            ),
        ),
    ]);
    let all = load(&main).unwrap_err();
    for (line, part) in [
        (
            3,
            "source ids are out of range in row 3, 4, 5, 6, 7 and 4 more",
        ),
        (9, "row 3: `x` is not an id"),
        (9, "row 4: `inf` is not a finite number"),
        (9, "row 5: 2 cells under a header of 3"),
        (9, "row 6: `-1` is not an id"),
        (14, "needs a header with source and target"),
        (20, "less than one tick or too long in row 3, 4"),
        (26, "repeats a synapse in row 4"),
        (27, "the weight is stated here and in the file"),
    ] {
        has(&all, FIRST + line, part);
    }
}

#[test]
fn a_list_may_not_hold_the_autapses_that_are_forbidden() {
    let (_dir, main) = scratch(&[
        ("self.csv", "source,target\n0,1\n3,0\n"),
        (
            "main.toml",
            &with(
                "[[projections]]\nfrom = [\"b\", \"a[2..5]\"]\nto = \"b\"\nallow_autapses = false\nrule = { list = \"self.csv\" }\nweight = \"1 pA\"\ndelay = \"1 ms\"\n\
                 [[projections]]\nfrom = [\"a[2..5]\", \"b[1..3]\"]\nto = \"b[2..5]\"\nallow_autapses = false\nrule = { list = \"own.csv\" }\nweight = \"1 pA\"\ndelay = \"1 ms\"\n",
            ),
        ),
        ("own.csv", "source,target\n4,0\n"),
    ]);
    let all = load(&main).unwrap_err();
    assert_eq!(all.len(), 1, "{}", show(&all));
    has(&all, FIRST + 11, "an autapse in row 2");
}

#[test]
fn stimuli_are_checked() {
    let s =
        |body: &str, line: usize, part: &str| wrong(&format!("[stimuli.s]\n{body}\n"), line, part);
    s("size = 1", 0, "the model of stimulus `s` is missing");
    s("model = \"poison\"", 1, "did you mean `poisson`");
    s(
        "model = \"poisson\"\nrate = \"1 Hz\"",
        0,
        "`to` or `size` is missing",
    );
    s(
        "model = \"poisson\"\nrate = \"1 Hz\"\nto = \"a\"\nsize = 3",
        4,
        "not both",
    );
    s("model = \"poisson\"\nsize = 3", 0, "`rate` is missing");
    s(
        "model = \"poisson\"\nsize = 3\nrate = \"-1 Hz\"",
        3,
        "at least 0 kHz",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = 10",
        3,
        "needs a unit",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = { uniform = [\"1 Hz\", \"2 Hz\"] }",
        3,
        "rate must be a rate, a rate over time",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = [\"1 Hz\"]",
        3,
        "1 values for 3 elements",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = { times = [\"0 ms\", \"0 ms\"], values = [\"1 Hz\", \"2 Hz\"] }",
        3,
        "times must rise",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = { times = [\"0 ms\"], values = [\"1 Hz\", \"2 Hz\"] }",
        3,
        "1 times but 2 values",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = { times = [\"-1 ms\"], values = [\"1 Hz\"] }",
        3,
        "must not be negative",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = { times = [], values = [\"1 Hz\"] }",
        3,
        "empty list",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = \"1 Hz\"\nstart = \"2 ms\"\nstop = \"1 ms\"",
        5,
        "stop is not after start",
    );
    s(
        "model = \"poisson\"\nsize = 3\nrate = \"1 Hz\"\nweight = \"w\"",
        4,
        "has no weight",
    );
    s(
        "model = \"poisson\"\nto = \"a\"\nrate = \"1 Hz\"",
        0,
        "the weight is missing",
    );
    s(
        "model = \"poisson\"\nto = \"a\"\nrate = \"1 Hz\"\nweight = \"1 pA\"",
        4,
        "must be a voltage, but this is a current",
    );
    s(
        "model = \"poisson\"\nto = \"a\"\nrate = \"1 Hz\"\nweight = \"w\"\ninterval = 3",
        5,
        "unknown key `interval`",
    );
    s(
        "model = \"regular\"\nsize = 1\ninterval = \"0 ms\"",
        3,
        "less than one tick",
    );
    s(
        "model = \"step_current\"\nto = \"a\"\ntimes = [\"1 ms\"]",
        0,
        "`amplitudes` is missing",
    );
    s(
        "model = \"step_current\"\nto = \"a\"\ntimes = [\"1 ms\"]\namplitudes = [\"1 mV\"]",
        4,
        "must be a current",
    );
    s(
        "model = \"step_current\"\nto = \"i\"\ntimes = [\"1 ms\"]\namplitudes = [\"1 pA\"]",
        2,
        "if takes no current",
    );
    s(
        "model = \"step_current\"\nsize = 2\ntimes = [\"1 ms\"]\namplitudes = [\"1 pA\"]",
        2,
        "unknown key `size`",
    );
    s("model = \"spike_list\"", 0, "`times` or `file` is missing");
    s(
        "model = \"spike_list\"\ntimes = [\"0 ms\"]",
        2,
        "before the first tick",
    );
    s(
        "model = \"spike_list\"\ntimes = [\"1 ms\", \"-2 ms\"]",
        2,
        "spike 2: the time -2 ms is negative",
    );
    s(
        "model = \"spike_list\"\ntimes = [nan]",
        2,
        "not a finite number",
    );
    s(
        "model = \"spike_list\"\ntimes = [[\"1 ms\"], \"2 ms\"]",
        2,
        "a list of times for every element",
    );
    s(
        "model = \"spike_list\"\nsize = 1\ntimes = [[\"1 ms\"], [\"2 ms\"]]",
        2,
        "name 2 elements",
    );
    s(
        "model = \"spike_list\"\nto = \"i\"\nweight = 1\ntimes = [[\"1 ms\"], [], [\"2 ms\"]]",
        2,
        "3 elements, but there are 2 targets",
    );
    s(
        "model = \"spike_list\"\ntimes = [\"1 ms\"]\nfile = \"x\"",
        3,
        "not both",
    );
    s(
        "model = \"spike_list\"\nfile = \"none.h5\"",
        2,
        "there is no file",
    );
}

#[test]
fn files_of_spikes_are_checked_with_their_rows() {
    let (_dir, main) = scratch(&[
        ("neg.csv", "time_ms,neuron\n1,0\n-1,0\n0,0\n"),
        ("bad.csv", "time_ms,neuron\nx,0\n1,y\ninf,0\n"),
        ("head.csv", "t,n\n1,0\n"),
        ("no.h5", "not hdf5"),
        (
            "main.toml",
            &with(
                "[stimuli.s]\nmodel = \"spike_list\"\nfile = \"neg.csv\"\n[stimuli.t]\nmodel = \"spike_list\"\nfile = \"bad.csv\"\n\
             [stimuli.u]\nmodel = \"spike_list\"\nfile = \"head.csv\"\n[stimuli.v]\nmodel = \"spike_list\"\nfile = \"no.h5\"\n",
            ),
        ),
    ]);
    let all = load(&main).unwrap_err();
    for (line, part) in [
        (
            2,
            "row 3: the time -1 ms is negative; row 4: the time 0 ms comes before the first tick",
        ),
        (5, "row 2: `x` is not a number"),
        (5, "row 3: `y` is not an id"),
        (5, "row 4: `inf` is not a finite number"),
        (8, "needs a header with time_ms"),
        (11, "not a readable HDF5 file"),
    ] {
        has(&all, FIRST + line, part);
    }
}

#[test]
fn recordings_are_checked() {
    let r =
        |body: &str, line: usize, part: &str| wrong(&format!("[recording]\n{body}\n"), line, part);
    r("spike = 3", 1, "did you mean `spikes`");
    r("spikes = \"som\"", 1, "no population `som`");
    r("spikes = []", 1, "write spikes = \"none\"");
    r("csv = 1", 1, "must be true or false");
    r("state = []", 1, "empty list");
    r("state = [3]", 1, "must be a table");
    r(
        "state = [{ of = \"a\", variable = \"V_m\" }]",
        1,
        "`every` is missing",
    );
    r(
        "state = [{ of = \"a\", variable = \"v\", every = \"1 ms\" }]",
        1,
        "no variable `v`",
    );
    r(
        "state = [{ of = \"a\", variable = \"V_m\", every = \"0.01 ms\" }]",
        1,
        "less than one tick",
    );
    r(
        "state = [{ of = \"a\", variable = \"V_m\", every = \"1 ms\", x = 1 }]",
        1,
        "unknown key `x`",
    );
}

#[test]
fn findings_are_drawn_with_file_line_and_snippet() {
    let all = errors(&with(
        "[populations.x]\nmodel = \"lif_delta\"\nsize = 1\nparams = { tau_n = \"1 ms\" }\n",
    ));
    let mut drawn = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none())
        .render_report(&mut drawn, &all[0])
        .unwrap();
    for part in [
        "test.toml:11:12",
        "tau_n",
        "did you mean `tau_m`",
        "params = {",
    ] {
        assert!(drawn.contains(part), "{part} in\n{drawn}");
    }
}

// ------------------------------------------------------------------ receptors and escape noise

/// Two populations with ports behind those of `with`, on lines `FIRST` to `PORTED` - 1.
fn ported(more: &str) -> String {
    with(&format!(
        "populations.m = {{ model = \"lif_multisynapse\", size = 4, receptors = [{{ name = \"ampa\" }}, \
         {{ name = \"nmda\", tau_rise = \"2 ms\", tau_decay = \"100 ms\" }}, {{ tau_decay = \"10 ms\" }}] }}\n\
         populations.n = {{ like = \"m\", receptors = [{{ name = \"nmda\" }}] }}\n{more}"
    ))
}
const PORTED: usize = FIRST + 2;

/// A projection from a to the targets.
fn onto(to: &str, receptor: &str) -> String {
    format!(
        "[[projections]]\nfrom = \"a\"\nto = {to}\nrule = \"all_to_all\"\nweight = \"1 pA\"\ndelay = \"1 ms\"\n{receptor}\n"
    )
}

#[test]
fn receptors_are_named_or_numbered_by_projections_stimuli_and_variables() {
    let spec = ok(&ported(&format!(
        "{}{}{}{}",
        onto("\"m\"", "receptor = \"nmda\""),
        onto("[\"m[0..2]\", \"n\"]", "receptor = 1"),
        onto("\"b\"", ""),
        "[stimuli.s]\nmodel = \"regular\"\ninterval = \"5 ms\"\nto = \"m\"\nweight = \"-1 pA\"\nreceptor = 3\n\
         [recording]\nstate = [{ of = \"m\", variable = \"I_syn_nmda\", every = \"1 ms\" }, { of = \"m\", variable = \"I_syn_3\", every = \"1 ms\" }]\n"
    )))
    .spec;
    let ports: Vec<Option<usize>> = spec.projections.iter().map(|p| p.receptor).collect();
    assert_eq!(ports, [Some(1), Some(0), None]);
    assert_eq!(spec.drives[0].receptor, Some(2));
    let m = neurons(&spec, "m");
    let times: Vec<(Option<&str>, Option<f64>, Option<f64>)> = m
        .receptors
        .iter()
        .map(|r| {
            (
                r.name.as_deref(),
                r.tau_rise.constant(),
                r.tau_decay.constant(),
            )
        })
        .collect();
    assert_eq!(
        times,
        [
            (Some("ampa"), Some(0.0), Some(2.0)),
            (Some("nmda"), Some(2.0), Some(100.0)),
            (None, Some(0.0), Some(10.0)),
        ]
    );
    let names: Vec<Option<String>> = spec
        .recording
        .state
        .iter()
        .map(|r| m.recordable_name(r.variable))
        .collect();
    assert_eq!(names, [Some("I_syn_nmda".into()), Some("I_syn_3".into())]);
    // One statement for pairs of populations finds the port of each target.
    let spec = ok(&ported(
        "[[projections]]\nfrom = [\"a\", \"b\"]\nto = [\"m\", \"n\"]\nrule = { fixed_indegree = [[1, 2], [3, 4]] }\n\
         weight = { per_target = [\"1 pA\", \"2 pA\"] }\ndelay = \"1 ms\"\nreceptor = \"nmda\"\n",
    ))
    .spec;
    let ports: Vec<Option<usize>> = spec.projections.iter().map(|p| p.receptor).collect();
    assert_eq!(ports, [Some(1), Some(1), Some(0), Some(0)]);
    let spec = ok(&ported(
        "[populations.o]\nlike = \"m\"\ninitial = { I_syn_nmda = \"5 pA\", I_syn_1 = \"2 pA\" }\n\
         [populations.p]\nmodel = \"lif_multisynapse\"\nsize = 2\nreceptors = [{ tau_decay = [\"1 ms\", \"2 ms\"], tau_rise = { uniform = [\"1 ms\", \"2 ms\"] } }]\n",
    ))
    .spec;
    let o = neurons(&spec, "o");
    let currents: Vec<f64> = o.initial[2..].iter().filter_map(Values::constant).collect();
    assert_eq!(currents, [2.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let p = neurons(&spec, "p");
    assert!(matches!(p.receptors[0].tau_decay, Values::Array(_)));
    assert!(matches!(p.receptors[0].tau_rise, Values::Uniform { .. }));
}

#[test]
fn receptors_are_checked() {
    let wrong = |more: &str, line: usize, part: &str| {
        one_error(&ported(more), PORTED + line, part);
    };
    // Who names a port.
    wrong(
        &onto("\"m\"", "receptor = \"nmdaa\""),
        6,
        "did you mean `nmda`",
    );
    wrong(&onto("\"m\"", "receptor = 4"), 6, "receptors 1 to 3");
    wrong(&onto("\"m\"", "receptor = 0"), 6, "receptors 1 to 3");
    wrong(&onto("\"n\"", "receptor = 2"), 6, "one receptor, number 1");
    wrong(&onto("\"m\"", "receptor = 1.5"), 6, "a name or a number");
    wrong(&onto("\"m\"", ""), 0, "receptor = \"ampa\"");
    wrong(
        &onto("\"b\"", "receptor = 1"),
        6,
        "no receptor ports: its model is lif_exp",
    );
    wrong(
        &onto("[\"m\", \"b\"]", "receptor = 1"),
        6,
        "`b` has no receptor ports",
    );
    wrong(
        &onto("[\"m\", \"n\"]", "receptor = \"nmda\""),
        6,
        "number 2 of `m` and number 1 of `n`",
    );
    let drive = |more: &str| {
        format!(
            "[stimuli.s]\nmodel = \"poisson\"\nrate = \"1 Hz\"\nto = \"m\"\nweight = \"1 pA\"\n{more}\n"
        )
    };
    wrong(&drive(""), 0, "the receptor of `m`");
    wrong(&drive("receptor = \"gaba\""), 5, "no receptor `gaba`");
    wrong(
        "[stimuli.s]\nmodel = \"poisson\"\nrate = \"1 Hz\"\nsize = 3\nreceptor = 1\n",
        4,
        "the receptor belongs to the projection",
    );
    wrong(
        "[stimuli.s]\nmodel = \"step_current\"\nto = \"m\"\ntimes = [\"1 ms\"]\namplitudes = [\"1 pA\"]\nreceptor = 1\n",
        5,
        "receptor",
    );
    // The ports themselves.
    let ports =
        |list: &str| format!("[populations.x]\nmodel = \"lif_multisynapse\"\nsize = 2\n{list}\n");
    wrong(&ports(""), 0, "`receptors` of population `x` is missing");
    wrong(&ports("receptors = []"), 3, "empty list");
    wrong(&ports("receptors = 3"), 3, "must be a list");
    wrong(
        &ports("receptors = [\"2 ms\"]"),
        3,
        "a receptor must be a table",
    );
    wrong(&ports("receptors = [{ tau = \"2 ms\" }]"), 3, "tau_rise");
    wrong(
        &ports("receptors = [{ tau_decay = \"0 ms\" }]"),
        3,
        "greater than 0 ms",
    );
    wrong(
        &ports("receptors = [{ tau_rise = \"-1 ms\" }]"),
        3,
        "at least 0 ms",
    );
    wrong(
        &ports("receptors = [{ tau_decay = \"2 mV\" }]"),
        3,
        "must be a time",
    );
    wrong(
        &ports("receptors = [{ tau_decay = [\"2 ms\"] }]"),
        3,
        "1 values for 2 neurons",
    );
    wrong(
        &ports("receptors = [{ name = \"2\" }]"),
        3,
        "beginning with a letter",
    );
    wrong(
        &ports("receptors = [{ name = \"x\" }, { name = \"x\" }]"),
        3,
        "two receptors are called `x`",
    );
    wrong(
        &ports("receptors = [{}, {}, {}, {}, {}, {}, {}, {}, {}]"),
        3,
        "9 receptors: the model lif_multisynapse has up to 8",
    );
    wrong(
        "[populations.x]\nmodel = \"lif_exp\"\nsize = 2\nreceptors = [{}]\n",
        3,
        "models with ports: lif_multisynapse",
    );
    // Variables of ports that are not there.
    wrong(
        "[recording]\nstate = [{ of = \"m\", variable = \"I_syn_4\", every = \"1 ms\" }]\n",
        1,
        "no variable `I_syn_4`",
    );
    wrong(
        "[recording]\nstate = [{ of = \"m\", variable = \"I_syn_nmdb\", every = \"1 ms\" }]\n",
        1,
        "did you mean `I_syn_nmda`",
    );
    wrong(
        "[populations.x]\nlike = \"n\"\ninitial = { I_syn_2 = \"1 pA\" }\n",
        2,
        "no state variable `I_syn_2`",
    );
    wrong(
        "[populations.x]\nlike = \"n\"\ninitial = { I_syn_1 = \"1 pA\", I_syn_nmda = \"1 pA\" }\n",
        2,
        "given already",
    );
}

#[test]
fn escape_noise_is_read_and_checked() {
    let escape = |model: &str, more: &str| {
        with(&format!(
            "[populations.x]\nmodel = \"{model}\"\nsize = 2\n{more}\n"
        ))
    };
    let noise = "escape = { rate = \"100 Hz\", width = \"2 mV\" }";
    let spec = ok(&escape("lif_delta", noise)).spec;
    let told = neurons(&spec, "x").options.escape;
    assert_eq!(
        told,
        Some(EscapeNoise {
            rate: 100.0,
            width: 2.0
        })
    );
    assert_eq!(neurons(&spec, "a").options.escape, None);
    ok(&escape("if", "escape = { rate = \"1 kHz\", width = 0.1 }"));
    let wrong = |model: &str, more: &str, line: usize, part: &str| {
        one_error(&escape(model, more), FIRST + line, part);
    };
    wrong("relay", noise, 3, "the model relay has no escape noise");
    wrong("if", noise, 3, "width");
    wrong(
        "lif_exp",
        "escape = { rate = \"100 Hz\" }",
        3,
        "width = \"2 mV\"",
    );
    wrong(
        "lif_exp",
        "escape = { rate = 100, width = \"2 mV\" }",
        3,
        "needs a unit",
    );
    wrong(
        "lif_exp",
        "escape = { rate = \"0 Hz\", width = \"2 mV\" }",
        3,
        "greater than 0",
    );
    wrong(
        "lif_exp",
        "escape = { rate = \"1 Hz\", width = \"0 mV\" }",
        3,
        "greater than 0 mV",
    );
    wrong(
        "lif_exp",
        "escape = { rate = \"1 Hz\", width = { uniform = [\"1 mV\", \"2 mV\"] } }",
        3,
        "one value",
    );
    wrong(
        "lif_exp",
        "escape = { rate = \"1 Hz\", width = \"2 mV\", v = 1 }",
        3,
        "`v`",
    );
    wrong("lif_exp", "escape = 3", 3, "must be a table");
    wrong(
        "lif_exp",
        &format!("{noise}\nupdate = \"lazy\""),
        4,
        "at every tick chance",
    );
    wrong(
        "lif_exp",
        &format!("{noise}\nthreshold_test = \"strict\""),
        4,
        "no meaning",
    );
    ok(&escape("lif_exp", &format!("{noise}\nupdate = \"sweep\"")));
}

// ------------------------------------------------------------------ schema

fn to_json(text: &str) -> serde_json::Value {
    let table: toml::Table = text.parse().unwrap();
    serde_json::to_value(table).unwrap()
}

#[test]
fn the_schema_knows_what_the_reader_knows() {
    let schema = definition::schema::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let check = |text: &str| {
        validator
            .validate(&to_json(text))
            .map_err(|e| e.to_string())
    };
    check(BRUNEL).unwrap();
    check(EVERYTHING).unwrap();
    ok(EVERYTHING);
    for (old, new) in [
        ("tau_rise = ", "tau_ris = "),
        ("width = \"1 mV\"", "breadth = \"1 mV\""),
        ("receptor = 2", "receptor = [2]"),
        ("I_syn_1 = ", "I_sin_1 = "),
        ("update = \"sweep\"", "receptors = [{}]"),
    ] {
        let text = EVERYTHING.replacen(old, new, 1);
        assert_ne!(text, EVERYTHING, "{old}");
        assert!(check(&text).is_err(), "{new} passes the schema");
        assert!(parse(&text).is_err(), "{new} passes the reader");
    }
    for (old, new) in [
        ("g = 5.0", "g = true"),
        ("format = 1", "format = 2"),
        ("seed = 1", "sead = 1"),
        ("size = 10000", "sise = 10000"),
        ("tau_m = \"tau_m\"", "tau_syn_ex = \"tau_m\""),
        ("tau_m = \"tau_m\"", "tau_n = \"tau_m\""),
        ("fixed_indegree", "fixed_indegre"),
        ("model = \"poisson\"", "model = \"poison\""),
        ("rate = \"nu_ext\"", "rait = \"nu_ext\""),
        ("spikes = \"all\"", "spike = \"all\""),
        ("every = \"1 ms\"", "evry = \"1 ms\""),
    ] {
        let text = BRUNEL.replacen(old, new, 1);
        assert_ne!(text, BRUNEL, "{old}");
        assert!(check(&text).is_err(), "{new} passes the schema");
    }
}

/// Every form of the format that needs no other file.
const EVERYTHING: &str = r#"
format = 1
name = "everything"
simulation = { duration = "100 ms", resolution = "10 us", seed = 7, arithmetic = "single" }

[parameters]
tau = "20 ms"
k = "floor(tau / 3 ms)"

[populations.a]
model = "lif_exp"
size = "2 * k"
reset = "subtract"
threshold_test = "strict"
update = "sweep"
params = { tau_m = { normal = ["tau", "1 ms"], min = "10 ms", max = "30 ms" } }
initial = { V_m = { uniform = ["-70 mV", "-60 mV"] } }

[populations.b]
model = "lif_delta"
size = 3
refractory_input = true
labels = ["x", "y", "z"]
params = { I_e = ["1 pA", "2 pA", "3 pA"] }

[populations.c]
like = "b"
escape = { rate = "50 Hz", width = "1 mV" }

[populations.d]
model = "lif_multisynapse"
size = 2
receptors = [{ name = "ampa" }, { name = "nmda", tau_rise = "2 ms", tau_decay = ["90 ms", "100 ms"] }]
initial = { I_syn_1 = "1 pA", I_syn_nmda = "2 pA" }

[stimuli.r]
model = "regular"
to = "d"
weight = "-3 pA"
receptor = "nmda"
interval = "5 ms"

[stimuli.p]
model = "poisson"
size = 2
rate = { times = ["0 ms", "50 ms"], values = ["10 Hz", "20 Hz"] }

[stimuli.q]
model = "step_current"
to = ["a[0..4]", "b.x"]
times = ["10 ms"]
amplitudes = ["10 pA"]

[stimuli.l]
model = "spike_list"
times = [["1 ms", "2 ms"], ["3 ms"]]

[stimuli.g]
model = "regular"
to = "c"
weight = { lognormal = ["1 mV", 0.3] }
interval = "5 ms"
start = "1 ms"
stop = "90 ms"

[[projections]]
from = ["p", "l"]
to = "a"
rule = { pairwise_bernoulli = 0.5 }
weight = { normal = ["1 pA", "0.1 pA"], min = "0 pA" }
delay = { uniform = ["1 ms", "2 ms"] }
allow_autapses = false

[[projections]]
from = "b[0..2]"
to = "c.y"
rule = "all_to_all"
weight = "-1 mV"
delay = "1 ms"

[[projections]]
from = "b"
to = "d"
rule = "all_to_all"
weight = "1 pA"
delay = "1 ms"
receptor = 2

[recording]
spikes = ["a", "b.z"]
state = [{ of = "a[0]", variable = "I_syn_ex", every = "1 ms" }, { of = "d", variable = "I_syn_ampa", every = "1 ms" }]
csv = true
"#;

// ------------------------------------------------------------------ no input panics

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_file_panics(
        which in 0..2usize,
        cuts in prop::collection::vec((0usize..10_000, 0usize..10_000, 0usize..40, 0u8..5, any::<u8>()), 1..6),
    ) {
        let mut bytes = [BRUNEL, EVERYTHING][which].as_bytes().to_vec();
        for (at, from, length, kind, byte) in cuts {
            if bytes.is_empty() {
                break;
            }
            let at = at % bytes.len();
            let from = from % bytes.len();
            let end = (from + length).min(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => { bytes.drain(from..end); }
                3 => { let part = bytes[from..end].to_vec(); bytes.splice(at..at, part); }
                _ => {
                    let odd = ["nan", "1e400", "-1", "\"\"", "[]", "{}", "99999999999999999999999999", "\"(\"", "\"1 ms\"", "\u{b5}"];
                    let part = odd[usize::from(byte) % odd.len()].bytes();
                    bytes.splice(from..end, part);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        match parse(&text) {
            Ok(loaded) => {
                let e = spikewheel::network::estimate::estimate(&loaded.spec);
                prop_assert!(e.memory() >= 0.0);
            }
            Err(all) => {
                prop_assert!(all.iter().any(|d| d.severity == Severity::Error));
                for d in &all {
                    let mut drawn = String::new();
                    prop_assert!(miette::GraphicalReportHandler::new().render_report(&mut drawn, d).is_ok());
                }
            }
        }
    }

    #[test]
    fn no_expression_panics(text in "[-+*/^(),. 0-9a-z_\u{b5}]{0,40}") {
        let _ = definition::expression::evaluate(&text, &definition::expression::Scope::new());
    }
}

fn write_sonata(path: &Path, population: Option<&str>, ids: &str) {
    let mut file = hdf5::FileBuilder::new();
    let mut spikes = file.create_group("spikes");
    let fill = |group: &mut hdf5::GroupBuilder| {
        group
            .create_dataset("timestamps")
            .with_f64_data(&[2.5, 1.0])
            .with_shape(&[2]);
        group
            .create_dataset(ids)
            .with_u64_data(&[0, 2])
            .with_shape(&[2]);
    };
    match population {
        Some(name) => {
            let mut inner = spikes.create_group(name);
            fill(&mut inner);
            spikes.add_group(inner.finish());
        }
        None => fill(&mut spikes),
    }
    file.add_group(spikes.finish());
    file.write(path).unwrap();
}
