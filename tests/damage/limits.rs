//! Definitions that no machine could hold: told apart at once, from the text alone, with the name of what needs
//! the memory.

use std::path::Path;

use spikewheel::definition::{self, Loaded};
use spikewheel::network::afford::refuse_above;
use spikewheel::network::estimate::estimate;

use super::{MEMORY, alone};

/// What reading and estimating may take.
const MOST_BYTES: usize = 32 << 20;

/// A machine of 64 GB.
const MACHINE: f64 = 64e9;

fn load(directory: &Path, text: &str) -> Result<Loaded, String> {
    definition::parse(text, &directory.join("net.toml"), &[]).map_err(|all| {
        let told: Vec<String> = all.into_iter().map(|d| d.message).collect();
        told.join("\n")
    })
}

/// Why it is refused, whether by the definition or for want of memory.
fn refusal(directory: &Path, text: &str) -> String {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let told = match load(directory, text) {
        Err(told) => told,
        Ok(loaded) => {
            let needed = estimate(&loaded.spec);
            assert!(needed.memory() >= 0.0, "{text}");
            refuse_above(&loaded.spec, &needed, MACHINE).expect_err(text)
        }
    };
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken < MOST_BYTES, "{text}: {taken} bytes");
    told
}

/// Two populations of `n` neurons and a projection between them.
fn with(n: &str, rule: &str, more: &str) -> String {
    format!(
        "format = 1\n[simulation]\nduration = \"1 s\"\n[parameters]\nn = {n}\n\
         [populations.left]\nmodel = \"lif_delta\"\nsize = \"n\"\n[populations.right]\nmodel = \"lif_delta\"\nsize = \"n\"\n\
         [[projections]]\nfrom = \"left\"\nto = \"right\"\n{rule}\n{more}"
    )
}

const PLAIN: &str = "weight = \"1 mV\"\ndelay = \"1 ms\"";

#[test]
fn a_trillion_synapses_are_refused_by_name() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    for rule in [
        "rule = \"all_to_all\"",
        "rule = { pairwise_bernoulli = 1.0 }",
        "rule = { pairwise_poisson = 2.0 }",
        "rule = { fixed_indegree = \"n\" }",
        "rule = { fixed_outdegree = \"n / 2\" }",
        "rule = { fixed_total_number = \"n * n\" }",
    ] {
        let text = with("1000000", &format!("{rule}\n{PLAIN}"), "");
        let told = refusal(dir.path(), &text);
        assert!(
            told.contains("projection 1 from `left` to `right`"),
            "{rule}: {told}"
        );
        // Of individual weights there are more bytes, and the same name.
        let drawn = with(
            "1000000",
            &format!(
                "{rule}\nweight = {{ uniform = [\"0 mV\", \"1 mV\"] }}\ndelay = {{ uniform = [\"1 ms\", \"9 ms\"] }}"
            ),
            "",
        );
        assert!(
            refusal(dir.path(), &drawn).contains("projection 1"),
            "{rule}"
        );
    }
    // Slices, and the same population as both ends.
    let told = refusal(
        dir.path(),
        &with("4000000", &format!("rule = \"all_to_all\"\n{PLAIN}"), "").replace(
            "from = \"left\"\nto = \"right\"",
            "from = \"left[0..2000000]\"\nto = [\"left[1000000..3000000]\", \"right\"]",
        ),
    );
    assert!(told.contains("from `left` to `left` and `right`"), "{told}");
    for rule in [
        "rule = { random_graph = { m = 400000000000 } }",
        "rule = { small_world = { k = 999998, p = 0.1 } }",
        "rule = { scale_free = { m = 500000 } }",
        "rule = { symmetric_pairwise_bernoulli = 1.0 }",
    ] {
        let text = with("1000000", &format!("{rule}\n{PLAIN}"), "")
            .replace("to = \"right\"", "to = \"left\"");
        let told = refusal(dir.path(), &text);
        assert!(
            told.contains("projection 1") || told.contains("symmetric"),
            "{rule}: {told}"
        );
    }
}

#[test]
fn what_an_include_makes_huge_is_refused() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("big.toml"),
        "format = 1\n[parameters]\nbig = 3e6\n[populations.crowd]\nmodel = \"lif_delta\"\nsize = \"big\"\n",
    )
    .unwrap();
    let text = format!(
        "format = 1\ninclude = [\"big.toml\"]\n[simulation]\nduration = \"1 s\"\n[[projections]]\nfrom = \"crowd\"\nto = \"crowd\"\n\
         rule = \"all_to_all\"\n{PLAIN}\n"
    );
    let told = refusal(dir.path(), &text);
    assert!(told.contains("from `crowd` to `crowd`"), "{told}");
    // A file that includes itself, and others in a circle, end by themselves.
    std::fs::write(
        dir.path().join("a.toml"),
        "format = 1\ninclude = [\"b.toml\", \"a.toml\"]\n",
    )
    .unwrap();
    std::fs::write(
        dir.path().join("b.toml"),
        "format = 1\ninclude = [\"a.toml\"]\n",
    )
    .unwrap();
    let text = "format = 1\ninclude = [\"a.toml\"]\n[simulation]\nduration = \"1 s\"\n[populations.p]\nmodel = \"lif_exp\"\nsize = 1\n";
    assert!(load(dir.path(), text).is_ok());
}

#[test]
fn a_billion_elements_are_refused_by_name() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let of = |model: &str, more: &str| {
        format!(
            "format = 1\n[simulation]\nduration = \"1 s\"\n[populations.crowd]\nmodel = \"{model}\"\nsize = 4000000000\n{more}"
        )
    };
    for model in ["lif_delta", "lif_exp", "izhikevich", "adex", "if", "relay"] {
        let told = refusal(dir.path(), &of(model, ""));
        assert!(told.contains("`crowd`"), "{model}: {told}");
    }
    let source = "format = 1\n[simulation]\nduration = \"1 s\"\n[stimuli.noise]\nmodel = \"poisson\"\nsize = 4000000000\nrate = \"10 Hz\"\n";
    assert!(refusal(dir.path(), source).contains("`noise`"));
    // In space: a random scatter, and a grid that gives the size.
    let scattered = "positions = { random = [\"1 mm\", \"1 mm\"] }\n";
    assert!(refusal(dir.path(), &of("lif_delta", scattered)).contains("`crowd`"));
    let grid = "format = 1\n[simulation]\nduration = \"1 s\"\n[populations.crowd]\nmodel = \"lif_delta\"\npositions = { grid = [60000, 60000], extent = [\"1 mm\", \"1 mm\"] }\n";
    assert!(refusal(dir.path(), grid).contains("`crowd`"));
    // Many populations of many: no single one is too large.
    let mut many = String::from("format = 1\n[simulation]\nduration = \"1 s\"\n");
    for k in 0..600 {
        many.push_str(&format!(
            "[populations.p{k}]\nmodel = \"lif_delta\"\nsize = 3000000\n"
        ));
    }
    assert!(refusal(dir.path(), &many).contains("1.8 billion neurons"));
    for size in ["1e30", "-1", "\"1e9 * 1e9\"", "0"] {
        let text = of("lif_delta", "").replace("4000000000", size);
        assert!(
            refusal(dir.path(), &text).contains("whole number"),
            "{size}"
        );
    }
}

#[test]
fn recordings_that_no_memory_holds_are_refused_by_name() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    // A frame of 80 million values at each of the 10 million ticks of a window.
    let text = "format = 1\n[simulation]\nduration = \"1 s\"\nresolution = \"1 ns\"\n[populations.crowd]\nmodel = \"lif_delta\"\nsize = 8000000\n\
                [recording]\nstate = [{ of = \"crowd\", variable = \"V_m\", every = \"1 ns\" }]\n";
    let told = refusal(dir.path(), text);
    assert!(told.contains("recorded state of `crowd`"), "{told}");
    let text = with("1000", &format!("name = \"w\"\nrule = \"all_to_all\"\n{PLAIN}\nplasticity = {{ rule = \"stdp\", Wmax = \"2 mV\" }}"), "[recording]\nweights = [{ projection = \"w\", at = { every = \"0.1 ms\" } }]\n")
        .replace("duration = \"1 s\"", "duration = \"1000000 s\"");
    assert!(refusal(dir.path(), &text).contains("snapshots"));
}

/// Odd times cost nothing: a resolution of a picosecond, delays of years, a run without end.
#[test]
fn absurd_times_are_counted_or_refused() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let timed = |resolution: &str, duration: &str, delay: &str| {
        with(
            "10",
            &format!("rule = \"all_to_all\"\nweight = \"1 mV\"\ndelay = \"{delay}\""),
            "",
        )
        .replace(
            "duration = \"1 s\"",
            &format!("duration = \"{duration}\"\nresolution = \"{resolution}\""),
        )
    };
    // Within what can be counted: a network of a few kilobytes, and its queue too.
    let text = timed("0.000000001 ms", "100 s", "50 s");
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let loaded = load(dir.path(), &text).unwrap_or_else(|e| panic!("{e}"));
    assert!(estimate(&loaded.spec).memory() < 1e6);
    let network = spikewheel::network::build(&loaded.spec, &Default::default()).unwrap();
    assert!(MEMORY.peak_usage().saturating_sub(before) < MOST_BYTES);
    drop(network);
    for (resolution, duration, delay) in [
        ("0.000000001 ms", "1e300 s", "1 ms"),
        ("0.000000001 ms", "10000000000 s", "1 ms"),
        ("0.0000000001 ms", "1 s", "1 ms"),
        ("0.1 ms", "1 s", "1e300 s"),
        ("1e300 ms", "1 s", "1 ms"),
    ] {
        let told = refusal(dir.path(), &timed(resolution, duration, delay));
        assert!(
            told.contains("ticks") || told.contains("picosecond") || told.contains("tick"),
            "{resolution} {duration} {delay}: {told}"
        );
    }
}

/// Input that would come faster than it could be counted.
#[test]
fn absurd_rates_are_refused() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    for stimulus in [
        "model = \"poisson\"\nto = \"left\"\nrate = \"1e18 Hz\"\nweight = \"1 mV\"",
        "model = \"pulse_packet\"\nto = \"left\"\nat = [\"1 ms\"]\nactivity = 4000000000\nsdev = \"1 ms\"\nweight = \"1 mV\"",
        "model = \"gamma\"\nto = \"left\"\nrate = \"10 Hz\"\nshape = 2\nn_proc = 4000000000\nweight = \"1 mV\"",
    ] {
        let text = with(
            "10",
            &format!("rule = \"all_to_all\"\n{PLAIN}"),
            &format!("[stimuli.s]\n{stimulus}\n"),
        );
        match load(dir.path(), &text) {
            Err(_) => {}
            Ok(loaded) => {
                let built = spikewheel::network::build(&loaded.spec, &Default::default());
                assert!(built.is_err(), "{stimulus}");
            }
        }
    }
}
