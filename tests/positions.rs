//! Definitions of networks in space: what they mean, and what is said about wrong ones.

use std::path::Path;

use spikewheel::definition::{self, Diagnostic, Loaded, Severity};
use spikewheel::network::spec::*;

/// Populations a (a grid of 3 x 2), b (like a, but random) and c (without positions), 6 lines, and
/// `more`.
fn with(more: &str) -> String {
    format!(
        "format = 1\n\
         simulation = {{ duration = \"1 s\" }}\n\
         parameters = {{ reach = \"0.2 mm\" }}\n\
         populations.a = {{ model = \"lif_exp\", positions = {{ grid = [3, 2], extent = [\"3 mm\", \"2 mm\"] }} }}\n\
         populations.b = {{ like = \"a\", size = 50, positions = {{ random = [\"3 mm\", \"2 mm\"], origin = [\"1 mm\", \"0 mm\"] }} }}\n\
         populations.c = {{ model = \"lif_exp\", size = 6 }}\n{more}"
    )
}
const FIRST: usize = 7;

fn parse(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    definition::parse(text, Path::new("test.toml"), &[])
}

fn ok(text: &str) -> NetworkSpec {
    match parse(text) {
        Ok(loaded) => loaded.spec,
        Err(all) => panic!("{text}\n{}", show(&all)),
    }
}

fn show(all: &[Diagnostic]) -> String {
    all.iter()
        .map(|d| format!("{:?}: {d} [{:?}]\n", d.line(), d.help))
        .collect()
}

/// The one error of `with(more)`, on that line of `more`, with that in its message or help.
#[track_caller]
fn wrong(more: &str, line: usize, part: &str) {
    let mut all = parse(&with(more)).expect_err(more);
    all.retain(|d| d.severity == Severity::Error);
    let told = |d: &Diagnostic| format!("{d} {}", d.help.clone().unwrap_or_default());
    assert_eq!(all.len(), 1, "{more}\n{}", show(&all));
    assert!(
        told(&all[0]).contains(part) && all[0].line() == Some(FIRST + line),
        "no `{part}` on line {line} in\n{}",
        show(&all)
    );
}

fn positions<'s>(spec: &'s NetworkSpec, name: &str) -> &'s Positions {
    let p = &spec.populations[spec.population(name).unwrap()];
    p.positions.as_ref().unwrap()
}

/// A projection from b to a with this rule, weight and delay.
fn projection(rule: &str, weight: &str, delay: &str) -> String {
    format!(
        "[[projections]]\nfrom = \"b\"\nto = \"a\"\nrule = {rule}\nweight = {weight}\ndelay = {delay}\n"
    )
}

fn with_rule(rule: &str) -> String {
    projection(rule, "\"1 pA\"", "\"1 ms\"")
}

#[test]
fn positions_mean_what_they_say() {
    let spec = ok(&with(
        "populations.d = { like = \"a\" }\n\
         populations.e = { model = \"if\", positions = [\"1 mm\", \"-2 um\"] }\n\
         populations.f = { model = \"if\", positions = { points = [[\"1 mm\", \"2 mm\", \"3 mm\"]], extent = [\"9 mm\", \"8 mm\", \"7 mm\"], periodic = true } }\n\
         populations.g = { model = \"if\", positions = { grid = 4, extent = \"reach\", center = \"1 mm\", periodic = true } }\n\
         stimuli.s = { model = \"poisson\", rate = \"1 Hz\", positions = { grid = [2, 2], extent = [\"3 mm\", \"2 mm\"] } }\n",
    ));
    let sizes: Vec<u32> = spec.populations.iter().map(|p| p.size).collect();
    assert_eq!(sizes, [6, 50, 6, 6, 2, 1, 4, 4]);
    let a = positions(&spec, "a");
    assert_eq!(a, positions(&spec, "d"));
    assert_eq!((a.dimensions, a.period), (2, [OPEN; 3]));
    assert_eq!(a.at(1, 0, 1), [-1000.0, 500.0, 0.0]);
    for x in positions(&spec, "b").all(spec.seed, 1, 50) {
        assert!((1000.0..4000.0).contains(&x[0]) && (0.0..2000.0).contains(&x[1]));
    }
    assert_eq!(
        positions(&spec, "e").all(1, 4, 2),
        [[1000.0, 0.0, 0.0], [-2.0, 0.0, 0.0]]
    );
    assert_eq!(positions(&spec, "f").period, [9000.0, 8000.0, 7000.0]);
    assert_eq!(positions(&spec, "f").at(1, 5, 0), [1000.0, 2000.0, 3000.0]);
    let g = positions(&spec, "g");
    assert_eq!((g.dimensions, g.period[0]), (1, 200.0));
    assert!((g.at(1, 6, 0)[0] - 925.0).abs() < 1e-9);
    assert_eq!(positions(&spec, "s").at(1, 7, 3), [750.0, 500.0, 0.0]);
    assert!(spec.populations[2].positions.is_none());
}

#[test]
fn random_positions_follow_from_the_seed() {
    let at = |seed: u64| {
        let text = with("").replace("\"1 s\"", &format!("\"1 s\", seed = {seed}"));
        let spec = ok(&text);
        positions(&spec, "b").at(spec.seed, 1, 7)
    };
    assert_eq!(at(3), at(3));
    assert_ne!(at(3), at(4));
}

#[test]
fn positions_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let load = |csv: &str| {
        std::fs::write(dir.path().join("p.csv"), csv).unwrap();
        let text = "format = 1\nsimulation = { duration = \"1 s\" }\npopulations.a = { model = \"if\", positions = { file = \"p.csv\" } }\n";
        definition::parse(text, &dir.path().join("main.toml"), &[])
    };
    let spec = load("id,y,x\n0,2.5,1\n1,-3,4\n").unwrap().spec;
    let p = positions(&spec, "a");
    assert_eq!((spec.populations[0].size, p.dimensions), (2, 2));
    assert_eq!(p.all(1, 0, 2), [[1.0, 2.5, 0.0], [4.0, -3.0, 0.0]]);
    for (csv, part) in [
        ("y,z\n1,2\n", "needs a header with x, y, z"),
        ("x,z\n1,2\n", "needs a header with x, y, z"),
        ("x,y\n1,b\n", "row 2: `b` is not a number"),
        ("x,y\n", "no positions"),
        ("x,y\n1,inf\n", "finite"),
    ] {
        let all = load(csv).unwrap_err();
        assert!(
            all.len() == 1 && all[0].to_string().contains(part),
            "{}",
            show(&all)
        );
        assert_eq!(all[0].line(), Some(3));
    }
}

#[test]
fn wrong_positions_are_told_where_they_stand() {
    let d = |positions: &str| {
        format!("populations.d = {{ model = \"if\", positions = {positions} }}\n")
    };
    let sized = |positions: &str| d(positions).replace("model", "size = 5, model");
    for (positions, part) in [
        ("{ grid = [40, 40] }", "extent"),
        (
            "{ grid = [40, 0], extent = [\"1 mm\", \"1 mm\"] }",
            "from 1",
        ),
        ("{ grid = [4, 4], extent = [\"1 mm\"] }", "2 dimensions"),
        (
            "{ grid = [4, 4], extent = [\"1 mm\", \"-1 mm\"] }",
            "must be positive",
        ),
        (
            "{ grid = [4, 4], extent = [\"1 mm\", \"1 s\"] }",
            "must be a length",
        ),
        (
            "{ grid = [4, 4, 4, 4], extent = \"1 mm\" }",
            "one to three dimensions",
        ),
        (
            "{ grid = [99999, 99999], extent = [\"1 mm\", \"1 mm\"] }",
            "too large",
        ),
        (
            "{ grid = 4, extent = \"1 mm\", periodc = true }",
            "periodic",
        ),
        (
            "{ grid = 4, extent = \"1 mm\", origin = \"0 m\", center = \"0 m\" }",
            "not both",
        ),
        ("{ grid = 4, random = \"1 mm\" }", "exactly one of"),
        ("{ grids = 4 }", "exactly one of"),
        (
            "{ random = \"1 mm\" }",
            "the size of population `d` is missing",
        ),
        ("{ random = 3 }", "needs a unit"),
        ("{ file = \"nowhere.csv\" }", "there is no file"),
        ("{ points = [\"1 mm\"], periodic = true }", "extent"),
        ("{ points = [\"1 mm\"], extent = \"1 mm\" }", "periodic"),
        ("[\"1 mm\", [\"1 mm\", \"2 mm\"]]", "2 coordinates"),
        ("[]", "empty list"),
        ("3", "a table, or a list of points"),
    ] {
        wrong(&d(positions), 0, part);
    }
    wrong(
        &sized("{ grid = 4, extent = \"1 mm\" }"),
        0,
        "4 positions for 5 elements",
    );
    wrong(&sized("[\"1 mm\"]"), 0, "1 positions for 5 elements");
    wrong(
        "stimuli.s = { model = \"poisson\", rate = \"1 Hz\", to = \"a\", weight = \"1 pA\", positions = [\"1 mm\"] }\n",
        0,
        "no positions",
    );
    wrong(
        "stimuli.s = { model = \"poisson\", rate = \"1 Hz\", positions = { random = \"1 mm\" } }\n",
        0,
        "the size of stimulus `s` is missing",
    );
}

#[test]
fn rules_weights_and_delays_by_distance_mean_what_they_say() {
    let spec = ok(&with(&projection(
        "{ pairwise_bernoulli = { gaussian = \"reach\", peak = 0.5, offset = 0.1, within = \"1 mm\" } }",
        "{ linear = \"1 mm\", peak = { normal = [\"1 nA\", \"10 pA\"] }, offset = \"2 pA\" }",
        "{ speed = \"0.5 m/s\", offset = \"0.5 ms\" }",
    )));
    let p = &spec.projections[0];
    let Rule::BernoulliByDistance(k) = p.rule else {
        panic!("{:?}", p.rule);
    };
    assert_eq!(
        k,
        Kernel {
            shape: Shape::Gaussian { sigma: 200.0 },
            peak: 0.5,
            offset: 0.1,
            within: 1000.0
        }
    );
    let Weight::ByDistance(w) = &p.weight else {
        panic!("{:?}", p.weight);
    };
    assert_eq!(
        (w.shape, &w.offset),
        (Shape::Linear { reach: 1000.0 }, &Values::Constant(2.0))
    );
    assert!(matches!(w.peak, Values::Normal { mean, std, .. } if mean == 1000.0 && std == 10.0));
    let Delay::ByDistance(d) = &p.delay else {
        panic!("{:?}", p.delay);
    };
    assert_eq!(
        (d.shape, &d.offset),
        (Shape::Travel { speed: 500.0 }, &Values::Constant(0.5))
    );
    let spec = ok(&with(&projection(
        "{ fixed_indegree = { indegree = 4, exponential = \"5 mm\" } }",
        "{ boxcar = \"1 mm\", peak = \"-3 pA\" }",
        "{ exponential = \"1 mm\", peak = \"-1 ms\", offset = \"2 ms\" }",
    )));
    assert!(matches!(
        spec.projections[0].rule,
        Rule::IndegreeByDistance { indegree: 4, kernel } if kernel.peak == 1.0 && kernel.offset == 0.0
    ));
}

#[test]
fn tables_of_pairs_may_hold_kernels() {
    let spec = ok(&with(
        "populations.d = { like = \"a\" }\n\
         [[projections]]\nfrom = [\"a\", \"b\"]\nto = [\"a\", \"d\"]\n\
         rule = { pairwise_bernoulli = { gaussian = \"reach\", peak = 0.5 } }\n\
         weight = [[{ gaussian = \"reach\", peak = \"1 pA\" }, \"2 pA\"], [\"3 pA\", \"4 pA\"]]\n\
         delay = { speed = \"0.5 m/s\", offset = \"0.5 ms\" }\n",
    ));
    assert_eq!(spec.projections.len(), 4);
    assert!(matches!(spec.projections[0].weight, Weight::ByDistance(_)));
    for p in &spec.projections {
        assert!(matches!(p.rule, Rule::BernoulliByDistance(_)));
        assert!(matches!(p.delay, Delay::ByDistance(_)));
    }
    wrong(
        "[[projections]]\nfrom = [\"a\", \"c\"]\nto = [\"a\", \"b\"]\n\
         rule = { pairwise_bernoulli = { gaussian = \"reach\", peak = 0.5 } }\n\
         weight = [[\"1 pA\", \"2 pA\"], [\"3 pA\", \"4 pA\"]]\n\
         delay = \"1 ms\"\n",
        1,
        "`c` has no positions",
    );
}

#[test]
fn wrong_kernels_are_told_where_they_stand() {
    let bernoulli = |inner: &str| with_rule(&format!("{{ pairwise_bernoulli = {{ {inner} }} }}"));
    for (inner, part) in [
        ("gausian = \"1 mm\", peak = 0.5", "did you mean `gaussian`"),
        ("peak = 0.5", "one of gaussian, exponential, linear, boxcar"),
        ("gaussian = \"1 mm\"", "peak is missing"),
        (
            "gaussian = \"1 mm\", boxcar = \"1 mm\", peak = 0.1",
            "only one of",
        ),
        ("gaussian = \"1 mm\", peak = 1.5", "between 0 and 1"),
        (
            "gaussian = \"1 mm\", peak = 0.9, offset = 0.2",
            "between 0 and 1, not at 1.1",
        ),
        ("gaussian = \"1 mm\", peak = -0.1", "between 0 and 1"),
        ("gaussian = \"0 mm\", peak = 0.1", "must be positive"),
        ("gaussian = \"1 ms\", peak = 0.1", "must be a length"),
        (
            "gaussian = \"1 mm\", peak = 0.1, within = \"-1 mm\"",
            "within must be positive",
        ),
        ("speed = \"1 m/s\", peak = 0.1", "unknown key `speed`"),
    ] {
        wrong(&bernoulli(inner), 3, part);
    }
    let indegree = |inner: &str| with_rule(&format!("{{ fixed_indegree = {{ {inner} }} }}"));
    for (inner, part) in [
        ("gaussian = \"1 mm\"", "indegree is missing"),
        ("indegree = 3", "one of gaussian"),
        (
            "indegree = 3, gaussian = \"1 mm\", peak = 1",
            "unknown key `peak`",
        ),
        (
            "indegree = 3, boxcar = \"1 um\"",
            "a[0] has 0 sources within reach",
        ),
        ("indegree = 3, gaussian = \"1 um\"", "within reach"),
    ] {
        wrong(&indegree(inner), 3, part);
    }
    let one = "\"all_to_all\"";
    for (weight, part) in [
        (
            "{ gaussian = \"1 mm\", peak = \"1 mV\" }",
            "must be a current",
        ),
        ("{ gaussian = \"1 mm\" }", "peak is missing"),
        (
            "{ speed = \"1 m/s\", peak = \"1 pA\" }",
            "unknown key `speed`",
        ),
        (
            "{ gaussian = \"1 mm\", peak = \"1 pA\", within = \"1 mm\" }",
            "unknown key `within`",
        ),
    ] {
        wrong(&projection(one, weight, "\"1 ms\""), 4, part);
    }
    for (delay, part) in [
        ("{ speed = \"1 mm\" }", "must be a speed"),
        ("{ speed = \"0 m/s\" }", "must be positive"),
        (
            "{ speed = \"1 m/s\", offset = \"-1 ms\" }",
            "must not be negative",
        ),
        (
            "{ gaussian = \"1 mm\", peak = \"-2 ms\", offset = \"1 ms\" }",
            "must not be negative",
        ),
        (
            "{ speed = \"1 m/s\", offset = { normal = [\"1 ms\", \"1 ms\"] } }",
            "min and max",
        ),
        (
            "{ speed = \"1 m/s\", peak = \"1 ms\" }",
            "unknown key `peak`",
        ),
    ] {
        wrong(&projection(one, "\"1 pA\"", delay), 5, part);
    }
}

#[test]
fn both_ends_must_lie_in_one_space() {
    let rule = "rule = { pairwise_bernoulli = { boxcar = \"1 mm\", peak = 1 } }\nweight = \"1 pA\"\ndelay = \"1 ms\"\n";
    let between = |more: &str, from: &str, to: &str| {
        format!("{more}[[projections]]\nfrom = \"{from}\"\nto = \"{to}\"\n{rule}")
    };
    wrong(&between("", "c", "a"), 1, "`c` has no positions");
    wrong(&between("", "a", "c"), 2, "`c` has no positions");
    let line =
        "populations.d = { like = \"a\", positions = { grid = [6], extent = [\"3 mm\"] } }\n";
    wrong(
        &between(line, "d", "a"),
        3,
        "`d` has 1 dimension, `a` has 2 dimensions",
    );
    let torus = "populations.d = { like = \"a\", positions = { grid = [3, 2], extent = [\"3 mm\", \"2 mm\"], periodic = true } }\n";
    wrong(&between(torus, "a", "d"), 3, "periodic over 3000 x 2000 um");
    // A weight or a delay alone needs positions as well.
    wrong(
        "[[projections]]\nfrom = \"a\"\nto = \"c\"\nrule = \"all_to_all\"\nweight = \"1 pA\"\ndelay = { speed = \"1 m/s\" }\n",
        2,
        "`c` has no positions",
    );
    // Positions in error are told once.
    wrong(
        &between(
            "populations.d = { model = \"lif_exp\", positions = 3 }\n",
            "d",
            "a",
        ),
        0,
        "positions must be",
    );
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema = definition::schema::schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let text = with(
        "populations.d = { model = \"if\", positions = [[\"1 um\", \"2 um\"]] }\n\
         populations.e = { model = \"if\", positions = { file = \"p.csv\" } }\n\
         stimuli.s = { model = \"poisson\", rate = \"1 Hz\", positions = { grid = 3, extent = \"1 mm\", periodic = true } }\n\
         [[projections]]\nfrom = \"a\"\nto = \"b\"\n\
         rule = { pairwise_bernoulli = { gaussian = \"1 mm\", peak = 0.5, within = \"2 mm\" } }\n\
         weight = { linear = \"1 mm\", peak = { normal = [\"1 pA\", \"1 pA\"] }, offset = \"1 pA\" }\n\
         delay = { speed = \"1 m/s\", offset = { uniform = [\"1 ms\", \"2 ms\"] } }\n\
         [[projections]]\nfrom = \"a\"\nto = \"b\"\n\
         rule = { fixed_indegree = { indegree = 3, boxcar = \"1 mm\" } }\n\
         weight = \"1 pA\"\ndelay = { exponential = \"1 mm\", peak = \"1 ms\" }\n",
    );
    let valid = |text: &str| {
        let value: serde_json::Value = toml::from_str(text).expect("TOML");
        validator.is_valid(&value)
    };
    assert!(valid(&text));
    for (good, bad) in [
        (
            "gaussian = \"1 mm\", peak = 0.5",
            "gausian = \"1 mm\", peak = 0.5",
        ),
        ("indegree = 3, boxcar", "boxcar"),
        ("{ grid = 3, extent", "{ grids = 3, extent"),
        (
            "speed = \"1 m/s\", offset",
            "speed = \"1 m/s\", peak = 1, offset",
        ),
    ] {
        assert!(
            text.contains(good) && !valid(&text.replace(good, bad)),
            "{bad}"
        );
    }
}
