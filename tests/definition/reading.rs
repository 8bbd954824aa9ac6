//! What definitions say: every form of values, files, includes and overrides.

use super::*;

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
