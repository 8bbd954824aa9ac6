//! Definition files: what they mean, and what is said about wrong ones.

mod checks;
mod reading;
mod receptors;
mod schema;
mod stimuli;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use spikewheel::definition::{self, Diagnostic, Loaded, Override, Severity};
use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

const BRUNEL: &str = include_str!("../data/brunel.toml");

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

fn cells(s: &str) -> String {
    format!("[populations.x]\n{s}\n")
}

fn link(s: &str) -> String {
    format!("[[projections]]\nfrom = \"a\"\nto = \"a\"\n{s}\n")
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
