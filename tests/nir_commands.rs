//! `spikewheel run` of NIR files as a user calls it: golden spikes, and what is wrong with input.

mod commanded;

use std::path::{Path, PathBuf};

use crate::commanded::{refused, spikewheel, told};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/nir")
        .join(name)
}

/// Files that are no part of the repository are looked for beside it.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = ["../shared", "../../shared"].map(|p| root.join(p));
    found.into_iter().find(|p| p.join("models").is_dir())
}

/// node, neuron, step.
fn steps_of(file: &Path) -> Vec<(String, u32, u64)> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("node,neuron,step"));
    lines
        .map(|l| {
            let c: Vec<&str> = l.split(',').collect();
            (
                c[0].to_string(),
                c[1].parse().unwrap(),
                c[2].parse().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_neuron_of_the_paper_by_command() {
    let dir = tempfile::tempdir().unwrap();
    let file = data("lif_norse.nir").display().to_string();
    let mut tables = vec![data("lif_norse.csv")];
    tables.extend(shared().map(|s| s.join("models/nir/lif_exact.csv")));
    for table in tables {
        let table = table.display().to_string();
        let mut args = vec!["run", &file, "--input", &table, "--columns", "0..1"];
        args.extend(["--potential", "1", "--force", "--out", "run"]);
        let ran = spikewheel(dir.path(), &args);
        assert!(ran.status.success(), "{}", told(&ran));
        let out = dir.path().join("run");
        let steps: Vec<u64> = steps_of(&out.join("steps.csv"))
            .iter()
            .map(|s| s.2)
            .collect();
        assert_eq!(steps, [460, 510, 710, 760], "{table}");
        for name in ["spikes.h5", "raster.png", "traces.png"] {
            assert!(out.join(name).is_file(), "{name}");
        }
    }
}

#[test]
fn wrong_input_of_a_nir_file_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = data("lif_norse.nir").display().to_string();
    let fails = |more: &[&str], why: &str| {
        let mut args = vec!["run", &file, "--no-record"];
        args.extend(more);
        refused(&spikewheel(dir.path(), &args), why);
    };
    fails(&[], "--input");
    let table = data("lif_norse.csv").display().to_string();
    fails(&["--input", &table], "3 columns");
    fails(
        &["--input", &table, "--columns", "0..1", "--potential", "lf"],
        "no neuron node",
    );
    fails(&["--input", "absent.csv"], "no file");
    fails(&["--set", "g=1"], "no parameters");
    std::fs::write(dir.path().join("far.csv"), "time_ms,neuron\n1,4\n").unwrap();
    fails(&["--input", "far.csv"], "element 4");
    std::fs::write(dir.path().join("one.csv"), "0.5\n").unwrap();
    fails(&["--input", "one.csv"], "--duration");
    let network = format!("{}/networks/two_neurons.toml", env!("CARGO_MANIFEST_DIR"));
    let args = ["run", &network, "--nir-dt", "0.1 ms"];
    refused(&spikewheel(dir.path(), &args), "belongs to NIR");
}
