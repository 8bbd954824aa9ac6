//! Learning in definition files: what it means, and what is said about wrong ones.

mod weights;

use std::path::Path;

use spikewheel::definition::{self, Diagnostic, Loaded, Override, Severity};
use spikewheel::network::spec::*;
use spikewheel::plasticity::{RULES, RuleKind};

/// A source `s` (20), `d` (10 lif_delta), `e` (5 lif_exp), `r` (3 relay), 9 lines long, and `more`.
fn with(more: &str) -> String {
    format!(
        "format = 1\n\
         simulation = {{ duration = \"10 s\" }}\n\
         parameters = {{ w = \"0.5 mV\" }}\n\
         populations.d = {{ model = \"lif_delta\", size = 10 }}\n\
         populations.e = {{ model = \"lif_exp\", size = 5 }}\n\
         populations.r = {{ model = \"relay\", size = 3 }}\n\
         populations.m = {{ model = \"lif_multisynapse\", size = 3, receptors = [{{ name = \"a\", tau_decay = \"2 ms\" }}] }}\n\
         stimuli.s = {{ model = \"poisson\", size = 20, rate = \"10 Hz\" }}\n\
         modulators.reward = {{ times = [\"1 s\"], amount = 1 }}\n{more}"
    )
}
/// Line on which `more` of `with` begins.
const FIRST: usize = 10;

/// A projection from `s` to `d` with these further lines, four lines behind its header.
fn projection(more: &str) -> String {
    format!(
        "[[projections]]\nfrom = \"s\"\nto = \"d\"\nrule = \"all_to_all\"\ndelay = \"1 ms\"\n{more}\n"
    )
}

fn parse(text: &str, set: &[Override]) -> Result<Loaded, Vec<Diagnostic>> {
    definition::parse(text, Path::new("test.toml"), set)
}

fn show(all: &[Diagnostic]) -> String {
    all.iter()
        .map(|d| format!("{:?}: {d} [{:?}]\n", d.line(), d.help))
        .collect()
}

#[track_caller]
fn ok(more: &str) -> Loaded {
    let text = with(more);
    match parse(&text, &[]) {
        Ok(loaded) => loaded,
        Err(all) => panic!("{text}\n{}", show(&all)),
    }
}

/// The spec of a projection whose weights are 0.5 mV.
#[track_caller]
fn plastic(plasticity: &str, before: &str) -> PlasticitySpec {
    let more = format!(
        "{before}{}",
        projection(&format!("weight = \"w\"\nplasticity = {plasticity}"))
    );
    ok(&more).spec.projections[0].plasticity.clone().unwrap()
}

fn learning(plasticity: &str) -> LearningSpec {
    plastic(plasticity, "").learning.unwrap()
}

/// Exactly one error, on line `line` of `more` from 0, with `part` in its message or help.
#[track_caller]
fn wrong(more: &str, line: usize, part: &str) {
    let mut all = parse(&with(more), &[]).expect_err(more);
    all.retain(|d| d.severity == Severity::Error);
    let told = |d: &Diagnostic| format!("{d} {}", d.help.clone().unwrap_or_default());
    assert!(
        all.len() == 1 && told(&all[0]).contains(part) && all[0].line() == Some(FIRST + line),
        "no `{part}` on line {} alone:\n{}",
        FIRST + line,
        show(&all)
    );
}

/// The same for the plasticity of a projection whose weights are 0.5 mV.
#[track_caller]
fn wrong_rule(plasticity: &str, part: &str) {
    let more = projection(&format!("weight = \"w\"\nplasticity = {plasticity}"));
    wrong(&more, 6, part);
}

// ------------------------------------------------------------------ what it means

#[test]
fn every_rule_has_the_values_of_its_table_unless_they_are_stated() {
    for (kind, def) in RULES {
        let needed: String = def
            .params
            .iter()
            .filter(|p| p.default.is_none())
            .map(|p| format!(", {} = \"2 mV\"", p.name))
            .collect();
        let modulator = if def.modulated {
            ", modulator = \"reward\""
        } else {
            ""
        };
        let spec = plastic(
            &format!("{{ rule = \"{}\"{needed}{modulator} }}", def.name),
            "",
        );
        let rule = match (&spec.learning, &spec.short_term) {
            (Some(l), None) => {
                assert_eq!(l.modulator, def.modulated.then_some(0));
                assert_eq!(l.homeostasis, Homeostasis::None);
                &l.rule
            }
            (None, Some(rule)) => rule,
            other => panic!("{other:?}"),
        };
        assert_eq!(rule.rule, kind);
        assert_eq!(def.short_term, spec.short_term.is_some());
        for (p, value) in def.params.iter().zip(&rule.params) {
            assert_eq!(*value, p.default.unwrap_or(2.0), "{} {}", def.name, p.name);
        }
        assert_eq!(rule.choices, vec![0; def.choices.len()]);
    }
}

#[test]
fn parameters_choices_and_units_are_read() {
    let rule = learning(
        "{ rule = \"stdp\", tau_plus = \"0.0168 s\", lambda = 0.02, Wmax = \"2 * w\", pairing = \"pre_centred\" }",
    )
    .rule;
    assert_eq!(rule.param("tau_plus"), Some(16.8));
    assert_eq!(rule.param("lambda"), Some(0.02));
    assert_eq!(rule.param("Wmax"), Some(1.0));
    assert_eq!(rule.choices, [3]);
    // b is a rate, held in kHz.
    let rule = learning(
        "{ rule = \"stdp_dopamine\", modulator = \"reward\", Wmax = \"1 mV\", b = \"5 Hz\", eligibility = \"alpha\" }",
    )
    .rule;
    assert_eq!(
        (rule.param("b"), &rule.choices[..]),
        (Some(0.005), &[1][..])
    );
}

#[test]
fn a_set_gives_amplitudes_times_scale_and_what_is_stated_goes_before_it() {
    let set = "set = \"visual_cortex_nearest_full\", scale = \"2 mV\", Wmax = \"1 mV\"";
    let rule = learning(&format!("{{ rule = \"stdp_triplet\", {set} }}")).rule;
    assert_eq!(rule.param("A3_plus"), Some(5.3e-2 * 2.0));
    assert_eq!(rule.param("tau_x"), Some(714.0));
    assert_eq!(rule.choices, [1]);
    let rule = learning(&format!(
        "{{ rule = \"stdp_triplet\", {set}, A3_plus = \"1 mV\", tau_x = \"7 ms\", pairing = \"all_to_all\" }}"
    ))
    .rule;
    assert_eq!(
        (rule.param("A3_plus"), rule.param("tau_x")),
        (Some(1.0), Some(7.0))
    );
    assert_eq!(rule.choices, [0]);
    let triplet = |more: &str| format!("{{ rule = \"stdp_triplet\", Wmax = \"1 mV\", {more} }}");
    wrong_rule(
        &triplet("set = \"hippocampus_nearest_full\""),
        "the scale of a set",
    );
    wrong_rule(&triplet("scale = \"1 mV\""), "no meaning without set");
    wrong_rule(
        &triplet("set = \"hippocampus_nearest_ful\", scale = \"1 mV\""),
        "did you mean `hippocampus_nearest_full`",
    );
    wrong_rule(
        &triplet("set = \"hippocampus_nearest_full\", scale = \"-1 mV\""),
        "scale must be positive",
    );
    wrong_rule(
        &triplet("set = \"hippocampus_nearest_full\", scale = \"1 pA\""),
        "scale must be a voltage",
    );
}

#[test]
fn rules_are_shared_by_name_and_stand_side_by_side() {
    let named = "[plasticity.pair]\nrule = \"stdp\"\nWmax = \"1 mV\"\n";
    let one = plastic("\"pair\"", named);
    assert_eq!(one.learning.clone().unwrap().rule.rule, RuleKind::Stdp);
    let both = plastic("[\"tsodyks2\", \"pair\"]", named);
    assert_eq!(both.learning, one.learning);
    assert_eq!(both.short_term.unwrap().rule, RuleKind::Tsodyks2);
    wrong_rule(
        "[{ rule = \"stdp\", Wmax = \"1 mV\" }, { rule = \"vogels\", Wmax = \"1 mV\" }]",
        "two rules of one kind",
    );
    wrong_rule("\"tsodyks3\"", "did you mean `tsodyks2`");
    wrong_rule("3", "must be a table");
    wrong(
        "plasticity.stdp = { rule = \"stdp\", Wmax = 1 }",
        0,
        "something already",
    );
    // A rule that nobody uses is checked as far as its targets do not matter.
    wrong(
        "plasticity.unused = { rule = \"stdp\", Wmax = 1, tau_plus = \"3 mV\" }",
        0,
        "tau_plus must be a time",
    );
}

#[test]
fn an_included_file_may_bring_rules() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("rules.toml"),
        "format = 1\n[plasticity.pair]\nrule = \"stdp\"\nWmax = \"1 mV\"\n",
    )
    .unwrap();
    let main = dir.path().join("main.toml");
    let more = projection("weight = \"w\"\nplasticity = \"pair\"");
    std::fs::write(&main, with(&format!("include = [\"rules.toml\"]\n{more}"))).unwrap();
    let spec = definition::load(&main, &[]).unwrap().spec;
    assert!(spec.projections[0].plasticity.is_some());
}

#[test]
fn weights_can_be_frozen_by_projection_and_for_the_whole_file() {
    let stdp = "weight = \"w\"\nplasticity = { rule = \"stdp\", Wmax = \"1 mV\" }";
    let both = "weight = \"w\"\nplasticity = [{ rule = \"stdp\", Wmax = \"1 mV\" }, \"tsodyks2\"]";
    let frozen = "weight = \"w\"\nplasticity = \"frozen\"\naxonal_delay = \"0.5 ms\"";
    let text = with(&format!(
        "{}{}{}[recording]\nweights = [{{ projection = 0, at = \"end\" }}]",
        projection(stdp),
        projection(both),
        projection(frozen)
    ));
    let spec = parse(&text, &[]).unwrap().spec;
    assert!(spec.projections[0].plasticity.is_some());
    assert_eq!(spec.projections[2].plasticity, None);
    assert_eq!(spec.recording.weights.len(), 1);
    let set: Override = "simulation.plasticity=frozen".parse().unwrap();
    let loaded = parse(&text, &[set]).unwrap();
    let spec = &loaded.spec;
    assert_eq!(spec.projections[0].plasticity, None);
    let kept = spec.projections[1].plasticity.as_ref().unwrap();
    assert!(kept.learning.is_none() && kept.short_term.is_some());
    assert_eq!(spec.recording.weights, []);
    assert!(show(&loaded.warnings).contains("learning is frozen"));
    let set: Override = "simulation.plasticity=frosen".parse().unwrap();
    assert!(show(&parse(&text, &[set]).unwrap_err()).contains("did you mean `frozen`"));
}

#[test]
fn delays_are_dendritic_unless_said_otherwise() {
    let axonal = |text: &str| {
        let more =
            format!("weight = \"w\"\nplasticity = {{ rule = \"stdp\", Wmax = \"1 mV\" }}\n{text}");
        ok(&projection(&more)).spec.projections[0]
            .plasticity
            .clone()
            .unwrap()
            .axonal
    };
    assert_eq!(axonal(""), Axonal::None);
    assert_eq!(axonal("axonal_delay = \"0 ms\""), Axonal::None);
    assert_eq!(axonal("axonal_delay = \"all\""), Axonal::All);
    assert_eq!(axonal("axonal_delay = \"0.5 ms\""), Axonal::Ticks(5));
    let stdp = "weight = \"w\"\nplasticity = { rule = \"stdp\", Wmax = \"1 mV\" }\n";
    wrong(
        &projection(&format!("{stdp}axonal_delay = \"1.1 ms\"")),
        7,
        "longer than the delay of 1 ms",
    );
    wrong(
        &projection("weight = \"w\"\naxonal_delay = \"0.5 ms\""),
        6,
        "no meaning without plasticity",
    );
    wrong(
        &projection("weight = \"w\"\nplasticity = \"tsodyks2\"\naxonal_delay = \"0.5 ms\""),
        7,
        "no meaning for short-term",
    );
}

#[test]
fn homeostasis_comes_with_units() {
    let of = |more: &str| {
        learning(&format!("{{ rule = \"stdp\", Wmax = \"1 mV\", {more} }}")).homeostasis
    };
    assert_eq!(
        of("normalise = { sum = \"78 mV\", every = \"1 s\" }"),
        Homeostasis::Normalise {
            sum: 78.0,
            every: 10_000
        }
    );
    // A plain eta is the change per missing spike: 1e-4 per spike is 1e-7 per Hz and ms.
    let scale = Homeostasis::Scale {
        rate: 5.0,
        tau_ms: 10_000.0,
        eta: 1e-4 / 1e3,
    };
    assert_eq!(
        of("scaling = { rate = \"5 Hz\", tau = \"10 s\", eta = 1e-4 }"),
        scale
    );
    assert_eq!(
        of("scaling = { rate = \"5 Hz\", tau = \"10 s\", eta = \"1e-4 / (1 Hz * 1 s)\" }"),
        scale
    );
    let stdp = |more: &str| format!("{{ rule = \"stdp\", Wmax = \"1 mV\", {more} }}");
    wrong_rule(
        &stdp("normalise = { sum = \"-78 mV\", every = \"1 s\" }"),
        "must be positive",
    );
    wrong_rule(
        &stdp("normalise = { sum = \"78 mV\" }"),
        "`every` is missing",
    );
    wrong_rule(
        &stdp("scaling = { rate = \"5 Hz\", tau = \"10 s\", eta = 0 }"),
        "greater than 0",
    );
    wrong_rule(
        &stdp(
            "scaling = { rate = \"5 Hz\", tau = \"10 s\", eta = 1 }, normalise = { sum = \"78 mV\", every = \"1 s\" }",
        ),
        "either normalise or scaling",
    );
    wrong_rule(
        "{ rule = \"tsodyks2\", normalise = { sum = \"78 mV\", every = \"1 s\" } }",
        "leaves weights alone",
    );
    wrong_rule(
        "{ rule = \"r_stdp\", modulator = \"reward\", Wmin = \"-1 mV\", Wmax = \"1 mV\", normalise = { sum = \"78 mV\", every = \"1 s\" } }",
        "weights of one sign",
    );
}

#[test]
fn matrix_notation_gives_each_pair_its_plasticity() {
    let spec = ok("[[projections]]\nfrom = [\"s\", \"d\"]\nto = [\"d\"]\n\
         rule = { pairwise_bernoulli = [[0.5, 0.2]] }\nweight = { per_source = [\"0.1 mV\", \"0.2 mV\"] }\n\
         delay = \"1 ms\"\nplasticity = { rule = \"stdp\", Wmax = \"1 mV\" }\n\
         [recording]\nweights = [{ projection = 0, at = [\"end\", \"1 s\", \"start\", \"1 s\"] }]")
    .spec;
    assert_eq!(spec.projections.len(), 2);
    assert!(spec.projections.iter().all(|p| p.plasticity.is_some()));
    let names: Vec<(&str, usize)> = spec
        .recording
        .weights
        .iter()
        .map(|w| (w.name.as_str(), w.projection))
        .collect();
    assert_eq!(names, [("s_d", 0), ("d_d", 1)]);
    assert_eq!(spec.recording.weights[0].at, [0, 10_000, 100_000]);
}

// ------------------------------------------------------------------ what is refused

#[test]
fn parameters_are_checked_by_the_table_of_the_rule() {
    wrong_rule("{ Wmax = \"1 mV\" }", "`rule` is missing");
    wrong_rule(
        "{ rule = \"stpd\", Wmax = \"1 mV\" }",
        "did you mean `stdp`",
    );
    wrong_rule("{ rule = \"stdp\" }", "Wmax of the rule stdp is missing");
    let stdp = |more: &str| format!("{{ rule = \"stdp\", Wmax = \"1 mV\", {more} }}");
    wrong_rule(&stdp("tau_plsu = \"1 ms\""), "did you mean `tau_plus`");
    wrong_rule(&stdp("tau_plus = \"0 ms\""), "greater than 0 ms");
    wrong_rule(&stdp("tau_plus = \"1 mV\""), "tau_plus must be a time");
    wrong_rule(&stdp("pairing = \"nearest\""), "pairing cannot be");
    wrong_rule(&stdp("set = \"x\""), "no named sets");
    wrong_rule(&stdp("modulator = \"reward\""), "no modulator");
    wrong_rule(
        "{ rule = \"stdp\", Wmax = \"1 pA\" }",
        "Wmax must be a voltage",
    );
    wrong_rule("{ rule = \"stdp\", Wmax = \"0 mV\" }", "must not be zero");
    wrong_rule(
        "{ rule = \"stdp_power_law\", W0 = \"0 mV\" }",
        "W0 must not be zero",
    );
    wrong_rule(
        "{ rule = \"vogels\", Wmax = \"1 mV\", eta = \"-1 mV\" }",
        "eta must be positive",
    );
    wrong_rule("{ rule = \"tsodyks\", y = 0.5 }", "x + y");
    wrong_rule(
        "{ rule = \"r_stdp\", modulator = \"reward\", Wmin = \"1 mV\", Wmax = \"0.9 mV\" }",
        "Wmin must be below Wmax",
    );
    wrong_rule(
        "{ rule = \"r_stdp\", Wmax = \"0.9 mV\" }",
        "modulator = \"reward\"",
    );
    wrong_rule(
        "{ rule = \"r_stdp\", modulator = \"rewards\", Wmax = \"0.9 mV\" }",
        "did you mean `reward`",
    );
}

#[test]
fn all_errors_are_told_at_once() {
    let more = projection(
        "weight = \"2 mV\"\nplasticity = { rule = \"stdp\", tau_plus = \"1 mV\", lamda = 2, pairing = \"x\", Wmax = \"1 pA\" }\naxonal_delay = \"1 mV\"",
    );
    assert_eq!(parse(&with(&more), &[]).unwrap_err().len(), 5);
}

#[test]
fn weights_must_lie_within_the_bounds() {
    let with_weight = |weight: &str, wmax: &str| {
        projection(&format!(
            "weight = {weight}\nplasticity = {{ rule = \"stdp\", Wmax = \"{wmax}\" }}"
        ))
    };
    for (weight, wmax) in [
        ("\"1 mV\"", "1 mV"),
        ("\"0 mV\"", "1 mV"),
        ("\"-1 mV\"", "-2 mV"),
        ("{ uniform = [\"0 mV\", \"1 mV\"] }", "1 mV"),
        (
            "{ normal = [\"1 mV\", \"1 mV\"], min = \"0 mV\", max = \"2 mV\" }",
            "2 mV",
        ),
    ] {
        ok(&with_weight(weight, wmax));
    }
    for (weight, wmax, part) in [
        ("\"1.1 mV\"", "1 mV", "between 0 mV and 1 mV"),
        ("\"-1 mV\"", "1 mV", "are positive"),
        ("\"1 mV\"", "-1 mV", "are negative"),
        (
            "{ uniform = [\"0 mV\", \"1.5 mV\"] }",
            "1 mV",
            "reach 1.5 mV",
        ),
        (
            "{ normal = [\"0.5 mV\", \"0.2 mV\"] }",
            "5 mV",
            "reach -0.7 mV",
        ),
    ] {
        wrong(&with_weight(weight, wmax), 5, part);
    }
    wrong(
        &projection(
            "weight = \"-0.1 mV\"\nplasticity = { rule = \"stdp_power_law\", W0 = \"1 mV\" }",
        ),
        5,
        "are positive",
    );
    // Listed weights: what rounding to single precision left above the bound is brought back.
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("main.toml");
    let listed = |weight: &str| {
        std::fs::write(
            dir.path().join("e.csv"),
            format!("source,target,weight\n0,0,0.05\n1,1,{weight}\n"),
        )
        .unwrap();
        let more = "[[projections]]\nfrom = \"s\"\nto = \"d\"\nrule = { list = \"e.csv\" }\ndelay = \"1 ms\"\n\
                    plasticity = { rule = \"stdp\", Wmax = \"0.1 mV\" }";
        std::fs::write(&main, with(more)).unwrap();
        definition::load(&main, &[])
    };
    let rounded = f64::from(0.1f32);
    assert!(rounded > 0.1);
    let spec = listed(&rounded.to_string()).unwrap().spec;
    let Rule::List(edges) = &spec.projections[0].rule else {
        panic!();
    };
    assert_eq!(edges.weight, [0.05, 0.1]);
    assert!(show(&listed("0.11").unwrap_err()).contains("reach 0.11 mV"));
    assert!(show(&listed("-0.01").unwrap_err()).contains("are positive"));
}

#[test]
fn targets_must_be_able_to_learn() {
    let to = |to: &str, more: &str| {
        format!(
            "[[projections]]\nfrom = \"s\"\nto = {to}\nrule = \"all_to_all\"\ndelay = \"1 ms\"\n{more}"
        )
    };
    wrong(
        &to("\"r\"", "plasticity = \"tsodyks2\""),
        2,
        "relay ignores weights",
    );
    wrong(
        &to(
            "[\"d\", \"e\"]",
            "weight = \"1 mV\"\nplasticity = \"tsodyks2\"",
        ),
        2,
        "one weight cannot serve all targets",
    );
    let both = |unit: &str| {
        format!(
            "weight = \"1 {unit}\"\nplasticity = {{ rule = \"r_stdp\", modulator = \"reward\", Wmin = \"-1 {unit}\", Wmax = \"1 {unit}\" }}"
        )
    };
    wrong(&to("\"e\"", &both("pA")), 6, "the sign of a weight chooses");
    ok(&to("\"d\"", &both("mV")));
    ok(&to("\"m\"", &format!("receptor = \"a\"\n{}", both("pA"))));
    for table in ["bitmap", "procedural"] {
        let stdp = "weight = \"w\"\nplasticity = { rule = \"stdp\", Wmax = \"1 mV\" }";
        wrong(
            &projection(&format!("{stdp}\ntable = \"{table}\"")),
            7,
            "weights of their own",
        );
        // What is said of all projections holds where it is possible.
        let text = with(&projection(stdp));
        let set: Override = format!("simulation.table={table}").parse().unwrap();
        let spec = parse(&text, &[set]).unwrap().spec;
        assert_eq!(spec.projections[0].table, TableChoice::Auto);
    }
}

// ------------------------------------------------------------------ modulators

#[test]
fn modulators_are_times_files_and_spikes() {
    let spec = ok("[modulators.a]\ntimes = [\"2 s\", \"1 s\"]\namounts = [2, -1]\n\
         [modulators.b]\nfrom = \"d[2..4]\"\namount = 0.5\ndelay = \"2 ms\"\n\
         [modulators.c]\ntimes = [\"1 s\", \"2 s\", \"3 s\"]\namount = 1\nbaseline = { rate = 0.5 }")
    .spec;
    let [reward, a, b, c] = spec.modulators.as_slice() else {
        panic!("{:?}", spec.modulators);
    };
    assert_eq!(
        (reward.name.as_str(), &reward.events[..]),
        ("reward", &[(10_000, 1.0)][..])
    );
    assert_eq!(a.events[..], [(10_000, -1.0), (20_000, 2.0)]);
    let release = b.release.clone().unwrap();
    assert_eq!((release.amount, release.delay), (0.5, (20, 20)));
    assert_eq!((release.of[0].start, release.of[0].end), (2, 4));
    let amounts: Vec<f64> = c.events.iter().map(|e| e.1).collect();
    assert_eq!(amounts, [1.0, 0.5, 0.25]);
}

#[test]
fn spikes_may_count_only_after_others_and_with_drawn_delays() {
    let with = |rest: &str| format!("[modulators.a]\nfrom = \"d[2]\"\namount = 0.5\n{rest}");
    let spec = ok(&with(
        "delay = [\"1 s\", \"3 s\"]\nafter = \"d[1]\"\nwithin = \"20 ms\"",
    ))
    .spec;
    let release = spec.modulators[1].release.clone().unwrap();
    assert_eq!(release.delay, (10_000, 30_000));
    let (after, within) = release.after.unwrap();
    assert_eq!((after[0].start, after[0].end, within), (1, 2, 200));
}

#[test]
fn the_baseline_of_a_file_is_kept_for_each_stimulus() {
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("main.toml");
    let load = |rows: &str| {
        std::fs::write(dir.path().join("r.csv"), rows).unwrap();
        let more = "[modulators.a]\nfile = \"r.csv\"\nbaseline = { rate = 0.1, start = 0.5 }";
        std::fs::write(&main, with(more)).unwrap();
        definition::load(&main, &[])
    };
    let spec = load("amount,time_ms,stimulus\n1,3000,x\n1,1000,x\n0,2000,y\n")
        .unwrap()
        .spec;
    // By hand: B of x is 0.5, then 0.55; that of y stays 0.5 until its first event.
    assert_eq!(
        spec.modulators[1].events[..],
        [(10_000, 0.5), (20_000, -0.5), (30_000, 1.0 - 0.55)]
    );
    for (rows, part) in [
        ("time_ms\n1\n", "needs a header with time_ms and amount"),
        (
            "time_ms,amount\n0,1\n",
            "before the first tick or too long in row 2",
        ),
        ("time_ms,amount\n1,x\n", "row 2: `x` is not a number"),
    ] {
        let told = show(&load(rows).unwrap_err());
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn wrong_modulators_are_refused() {
    let of = |more: &str| format!("[modulators.a]\n{more}");
    wrong(&of("amount = 1"), 0, "`times`, `file` or `from`");
    wrong(&of("times = [\"1 s\"]"), 1, "the amount of these events");
    wrong(
        &of("times = [\"1 s\"]\namounts = [1, 2]"),
        2,
        "2 amounts for 1 times",
    );
    wrong(
        &of("times = [\"0 s\"]\namount = 1"),
        1,
        "less than one tick",
    );
    wrong(
        &of("times = [\"1 s\"]\namount = \"1 mV\""),
        2,
        "plain number",
    );
    wrong(&of("from = \"d\"\namount = 1"), 1, "`delay` is missing");
    wrong(
        &of("from = \"d\"\ndelay = \"1 ms\""),
        1,
        "what each spike releases",
    );
    wrong(
        &of("from = \"dd\"\ndelay = \"1 ms\"\namount = 1"),
        1,
        "no population `dd`",
    );
    wrong(
        &of("from = \"d\"\ndelay = \"1 ms\"\namount = 1\nbaseline = { rate = 0.1 }"),
        4,
        "needs times or file",
    );
    wrong(
        &of("times = [\"1 s\"]\namount = 1\nbaseline = { rate = 2 }"),
        3,
        "at most 1",
    );
    wrong(
        &of("times = [\"1 s\"]\namount = 1\ndelay = \"1 ms\""),
        3,
        "belongs to `from`",
    );
    wrong(
        &of("times = [\"1 s\"]\namount = 1\namuonts = [1]"),
        3,
        "did you mean `amounts`",
    );
}

// ------------------------------------------------------------------ recording
