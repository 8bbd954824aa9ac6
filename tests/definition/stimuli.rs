//! Stimuli and recordings are checked, and findings are drawn.

use super::*;

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
