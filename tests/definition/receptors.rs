//! Receptors with numbers, and escape noise.

use super::*;

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
