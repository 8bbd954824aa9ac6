//! What is wrong with a definition is told with its line, all of it at once.

use super::*;

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
fn what_is_wrong_in_a_list_of_the_wrong_length_is_told_too() {
    let all = errors(&with(
        "[populations.x]\nmodel = \"lif_delta\"\nsize = 3\n\
         params = { E_L = [\"1 mV\", \"2 ms\"] }\n",
    ));
    has(&all, FIRST + 3, "2 values for 3 neurons");
    has(&all, FIRST + 3, "must be a voltage, but this is a time");
    assert_eq!(all.len(), 2, "{}", show(&all));
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
        &cells("model = \"lif_delta\"\nsize = 1\ncurrents = \"together\""),
        3,
        "lif_delta has no two currents",
    );
    let exp = |more: &str| cells(&format!("model = \"lif_exp\"\nsize = 2\n{more}"));
    wrong(&exp("currents = \"one\""), 3, "valid: apart, together");
    let unlike = "currents = \"together\"\nparams = { tau_syn_in = ";
    wrong(
        &exp(&format!("{unlike}\"5 ms\" }}")),
        3,
        "tau_syn_ex is 2 ms, tau_syn_in 5 ms",
    );
    wrong(
        &exp(&format!("{unlike}[\"2 ms\", \"3 ms\"] }}")),
        3,
        "differ from neuron to neuron",
    );
    wrong(
        &format!(
            "{}[recording]\nstate = [{{ of = \"x\", variable = \"I_syn_in\", every = \"1 ms\" }}]",
            exp("currents = \"together\"")
        ),
        5,
        "there is no I_syn_in to record",
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
