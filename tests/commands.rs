//! The commands as a user calls them: results, exit codes, and what is left behind.

use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

use assert_cmd::Command;
use predicates::prelude::*;
use spikewheel::record::Recording;

fn spikewheel(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("spikewheel").expect("the binary is built");
    command.current_dir(directory);
    command
}

fn network(name: &str) -> String {
    format!("{}/networks/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// The spike hash that a run prints.
fn hash(directory: &Path, args: &[&str]) -> String {
    let output = spikewheel(directory)
        .arg("run")
        .args(args)
        .arg("--json")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    told["spike_hash"].as_str().expect("a hash").to_string()
}

#[test]
fn results_go_to_numbered_directories_and_the_hash_is_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = network("two_neurons");
    for number in ["001", "002"] {
        spikewheel(dir.path())
            .args(["run", &file])
            .assert()
            .success()
            .stdout(predicate::str::contains("spike hash"))
            .stderr(predicate::str::is_empty());
        let run = dir.path().join(format!("runs/two_neurons-{number}"));
        for name in ["spikes.h5", "raster.png", "traces.png"] {
            assert!(run.join(name).is_file(), "{name}");
        }
        let recording = Recording::open(&run.join("spikes.h5")).unwrap();
        assert_eq!(recording.completed, Some(true));
        assert!(
            format!("{:?}", recording.attributes["spike_hash"])
                .contains(&hash(dir.path(), &[&file, "--no-record"]))
        );
    }
}

#[test]
fn the_hash_is_the_same_for_any_number_of_threads_and_whatever_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    for arithmetic in ["double", "single"] {
        for name in ["winner_take_all", "synfire_chain"] {
            let file = network(name);
            let set = format!("simulation.arithmetic={arithmetic}");
            let run = |threads: &str, more: &[&str]| {
                let mut args = vec![file.as_str(), "--set", &set, "--threads", threads];
                args.extend(more);
                hash(dir.path(), &args)
            };
            let one = run("1", &["--no-record"]);
            for threads in ["2", "3", "5"] {
                assert_eq!(run(threads, &["--no-record"]), one, "{name} {threads}");
            }
            assert_eq!(run("2", &["--no-plot"]), one);
            assert_eq!(run("1", &[]), one);
        }
    }
}

#[test]
fn every_network_that_comes_along_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let all = concat!(env!("CARGO_MANIFEST_DIR"), "/networks");
    let learning = concat!(env!("CARGO_MANIFEST_DIR"), "/networks/learning");
    let entries = [all, learning].map(|d| std::fs::read_dir(d).unwrap());
    for entry in entries.into_iter().flatten() {
        let path = entry.unwrap().path();
        // Its input is made by a script.
        if path.ends_with("masquelier_2008.toml") {
            continue;
        }
        let data_is_missing = path.ends_with("fly_brain.toml")
            && !path.with_file_name("data/flywire/edges.h5").exists();
        if data_is_missing {
            // Its tables are too large to come along: the message says which file is not there.
            spikewheel(dir.path())
                .arg("check")
                .arg(&path)
                .assert()
                .code(2)
                .stderr(predicate::str::contains("flywire"));
        } else if path.extension().is_some_and(|e| e == "toml") {
            spikewheel(dir.path())
                .arg("check")
                .arg(&path)
                .assert()
                .success()
                .stderr(predicate::str::is_empty());
        }
    }
}

#[test]
fn the_example_networks_do_what_their_heads_say() {
    let dir = tempfile::tempdir().unwrap();
    let rates = |name: &str, from: &str, to: &str| -> Vec<f64> {
        let out = dir.path().join(name);
        if !out.exists() {
            spikewheel(dir.path())
                .args(["run", &network(name), "--no-plot", "--out"])
                .arg(&out)
                .assert()
                .success();
        }
        let stats = spikewheel(dir.path())
            .arg("stats")
            .arg(&out)
            .args(["--json", "--from", from, "--to", to])
            .output()
            .unwrap();
        let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).unwrap();
        stats["populations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["rate_hz"].as_f64().unwrap())
            .collect()
    };
    let first = rates("winner_take_all", "400 ms", "700 ms");
    assert!(
        (90.0..120.0).contains(&first[0]) && first[1] < 2.0 && first[2] < 2.0,
        "{first:?}"
    );
    let second = rates("winner_take_all", "800 ms", "1100 ms");
    assert!(
        (90.0..120.0).contains(&second[2]) && second[0] < 2.0 && second[1] < 2.0,
        "{second:?}"
    );
    // A wave is one spike of each of the 1,000 neurons within 40 ms.
    let wave = rates("synfire_chain", "100 ms", "140 ms")[0];
    assert!((25.0..26.0).contains(&wave), "{wave}");
    assert!(rates("synfire_chain", "200 ms", "240 ms")[0] < 4.0);
    // The closed form at 10 pA steps, summed over all neurons.
    let expected: f64 = (0..100)
        .map(|i| f64::from(i) * 10.0 * 0.04)
        .filter(|v| *v > 15.0)
        .map(|v| 1000.0 / (2.0 + 10.0 * (v / (v - 15.0)).ln()))
        .sum::<f64>()
        / 100.0;
    let curve = rates("fi_curve", "0 ms", "1 s")[0];
    assert!((curve - expected).abs() < 0.5, "{curve} {expected}");
    let pair = rates("two_neurons", "300 ms", "500 ms")[0];
    assert!((55.0..60.0).contains(&pair), "{pair}");
}

#[test]
fn an_existing_directory_is_replaced_only_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let file = network("two_neurons");
    let run = |more: &[&str]| {
        spikewheel(dir.path())
            .args(["run", &file, "--no-plot", "--out", "mine"])
            .args(more)
            .assert()
    };
    run(&[]).success();
    let before = std::fs::metadata(dir.path().join("mine/spikes.h5"))
        .unwrap()
        .len();
    run(&[])
        .code(2)
        .stderr(predicate::str::contains("exists already"));
    assert_eq!(
        std::fs::metadata(dir.path().join("mine/spikes.h5"))
            .unwrap()
            .len(),
        before
    );
    run(&["--force"]).success();
}

#[test]
fn wrong_input_ends_with_code_2_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = dir.path().join("wrong.toml");
    let text = std::fs::read_to_string(network("brunel"))
        .unwrap()
        .replace("V_reset = \"10 mV\"", "V_rest = \"10 ms\"")
        .replace("from = \"inhibitory\"", "from = \"inhibitry\"");
    std::fs::write(&wrong, text).unwrap();
    spikewheel(dir.path())
        .args(["run", "wrong.toml"])
        .assert()
        .code(2)
        .stdout(predicate::str::is_empty())
        .stderr(
            predicate::str::contains("V_reset")
                .and(predicate::str::contains("inhibitory"))
                .and(predicate::str::contains("wrong.toml:")),
        );
    assert!(!dir.path().join("runs").exists());
    for args in [
        &["run", "missing.toml"][..],
        &["run", "wrong.toml", "--threads", "0"],
        &["run"],
        &["simulate", "wrong.toml"],
        &["describe", "lif_dleta"],
        &["check", "."],
        &["raster", "wrong.toml"],
    ] {
        spikewheel(dir.path()).args(args).assert().code(2);
    }
}

#[test]
fn a_network_larger_than_the_machine_is_refused_with_the_estimate() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(network("brunel"))
        .unwrap()
        .replace("size = 10000", "size = 1000000000")
        .replace("C_E = 1000 ", "C_E = 1000000 ");
    std::fs::write(dir.path().join("huge.toml"), text).unwrap();
    spikewheel(dir.path())
        .args(["run", "huge.toml"])
        .timeout(Duration::from_secs(20))
        .assert()
        .code(2)
        .stderr(predicate::str::contains("memory"));
}

/// Starts a run that would take minutes, and waits until it has written something.
#[cfg(unix)]
fn long_run(directory: &Path) -> std::process::Child {
    let child = Process::new(assert_cmd::cargo::cargo_bin("spikewheel"))
        .current_dir(directory)
        .args(["run", &network("winner_take_all"), "--out", "long"])
        .args(["--set", "simulation.duration=10000 s", "--threads", "2"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(4));
    child
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_run_in_order_with_everything_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = long_run(dir.path());
    Process::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let recording = Recording::open(&dir.path().join("long/spikes.h5")).unwrap();
    assert_eq!(recording.completed, Some(false));
    assert!(recording.attributes.contains_key("spike_hash"));
    let last = recording
        .populations
        .iter()
        .filter_map(|p| p.times.last())
        .fold(0.0, |a: f64, b| a.max(*b));
    assert!(last > 1000.0, "{last}");
    assert!(dir.path().join("long/raster.png").is_file());
}

#[test]
#[cfg(unix)]
fn a_killed_run_leaves_a_prefix_that_opens() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = long_run(dir.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let recording = Recording::open(&dir.path().join("long/spikes.h5")).unwrap();
    assert_eq!(recording.completed, Some(false));
    // The same run up to 300 ms, undisturbed.
    spikewheel(dir.path())
        .args([
            "run",
            &network("winner_take_all"),
            "--no-plot",
            "--out",
            "short",
        ])
        .args(["--set", "simulation.duration=300 ms", "--threads", "1"])
        .assert()
        .success();
    let short = Recording::open(&dir.path().join("short/spikes.h5")).unwrap();
    for (killed, whole) in recording.populations.iter().zip(&short.populations) {
        let n = whole.times.len();
        assert!(n > 0 && killed.times.len() > n, "{}", killed.name);
        assert_eq!(killed.times[..n], whole.times[..]);
        assert_eq!(killed.ids[..n], whole.ids[..]);
    }
}

#[test]
fn a_profile_says_where_the_time_went_and_why_populations_were_swept() {
    let dir = tempfile::tempdir().unwrap();
    spikewheel(dir.path())
        .args([
            "run",
            &network("winner_take_all"),
            "--no-record",
            "--profile",
        ])
        .assert()
        .success()
        .stdout(
            predicate::str::contains("deliver")
                .and(predicate::str::contains("swept"))
                .and(predicate::str::contains("bytes/synapse")),
        );
}

#[test]
fn completions_man_pages_and_schema_come_from_the_program_itself() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        spikewheel(dir.path())
            .args(["completions", shell])
            .assert()
            .success()
            .stdout(predicate::str::contains("spikewheel"));
    }
    spikewheel(dir.path())
        .args(["man", "man1"])
        .assert()
        .success();
    assert!(dir.path().join("man1/spikewheel-run.1").is_file());
    spikewheel(dir.path())
        .arg("schema")
        .assert()
        .success()
        .stdout(predicate::str::contains("\"$schema\""));
}

#[test]
fn a_recovery_that_the_step_cannot_follow_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (a, step, fine) in [
        ("30", "0.1 ms", false),
        ("30", "0.05 ms", true),
        ("-1", "0.1 ms", false),
    ] {
        let text = format!(
            "format = 1\n[simulation]\nduration = \"1 s\"\n[populations.p]\nmodel = \"izhikevich\"\n\
             size = 2\nstep = \"{step}\"\nparams = {{ a = {a} }}\n"
        );
        std::fs::write(dir.path().join("a.toml"), text).unwrap();
        let told = spikewheel(dir.path()).args(["check", "a.toml"]).assert();
        if fine {
            told.success();
        } else {
            told.code(2)
                .stderr(predicate::str::contains("a must lie between 0"));
        }
    }
}

#[test]
fn input_that_will_not_come_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for (stimulus, told) in [
        (
            "model = \"spike_list\"\nsize = 3\ntimes = [\"5 ms\"]",
            "the other 2 are silent",
        ),
        (
            "model = \"image\"\nsize = 2\nvalues = [[0.1, 0.9]]\nscale = [0, 1]\nencode = \"latency\"\n\
             duration = \"5 ms\"\nspan = \"20 ms\"",
            "1 of 2 latencies",
        ),
    ] {
        let text = format!(
            "format = 1\n[simulation]\nduration = \"1 s\"\n[populations.p]\nmodel = \"lif_exp\"\n\
             size = 2\n[stimuli.s]\n{stimulus}\n"
        );
        std::fs::write(dir.path().join("a.toml"), text).unwrap();
        spikewheel(dir.path())
            .args(["check", "a.toml"])
            .assert()
            .success()
            .stderr(predicate::str::contains(told));
    }
}

/// A definition of one projection of 400 neurons upon themselves.
fn one_projection(dir: &std::path::Path, population: &str, projection: &str) -> String {
    let text = format!(
        "format = 1\n[simulation]\nduration = \"1 ms\"\n\
         [populations.a]\nmodel = \"lif_exp\"\n{population}\n\
         [[projections]]\nfrom = \"a\"\nto = \"a\"\ndelay = \"1 ms\"\n{projection}\n"
    );
    let path = dir.join("one.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn a_small_world_in_which_nearly_all_are_linked_is_built_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for directed in [false, true] {
        let rule = format!(
            "rule = {{ small_world = {{ k = 398, p = 1.0, directed = {directed} }} }}\nweight = \"1 pA\""
        );
        let file = one_projection(dir.path(), "size = 400", &rule);
        spikewheel(dir.path())
            .args(["run", &file, "--no-record"])
            .assert()
            .success()
            .stdout(predicate::str::contains("159,200 synapses"));
    }
}

#[test]
fn what_would_become_infinite_ambiguous_or_endless_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("huge.txt", "0 1 -1e39\n");
    write("twice.csv", "source,source,target,weight\n1,2,0,1\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", dir.path().join("zero.csv")).unwrap();
    let all = "rule = \"all_to_all\"\n";
    let closed =
        "positions = { points = [[\"0 mm\"], [\"5 mm\"]], periodic = true, extent = [\"1 mm\"] }";
    for (population, projection, told) in [
        (
            "size = 9",
            "rule = { list = \"huge.txt\" }".to_string(),
            "row 1",
        ),
        (
            "size = 9",
            "rule = { list = \"twice.csv\" }".to_string(),
            "occurs twice",
        ),
        (
            "size = 9",
            format!("{all}weight = {{ lognormal = [\"1 pA\", 1000] }}"),
            "this large",
        ),
        (
            "size = 9",
            "rule = { random_graph = { m = 5 } }\nallow_autapses = true\nweight = \"1 pA\""
                .to_string(),
            "never makes such",
        ),
        (
            closed,
            format!("{all}weight = \"1 pA\""),
            "space closes after 1000 um",
        ),
        #[cfg(unix)]
        (
            "size = 9",
            "rule = { list = \"zero.csv\" }\nweight = \"1 pA\"".to_string(),
            "no regular file",
        ),
    ] {
        let file = one_projection(dir.path(), population, &projection);
        spikewheel(dir.path())
            .args(["check", &file])
            .assert()
            .code(2)
            .stderr(predicate::str::contains(told));
    }
}
