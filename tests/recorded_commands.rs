//! The commands that work on recordings, called as a user would.

use std::path::Path;

use clap::Parser;
use spikewheel::cli::{Failure, Outcome, raster, stats, traces};
use spikewheel::engine::sink::Sink;
use spikewheel::network::spec::{
    Arithmetic, NetworkSpec, PopulationKind, PopulationSpec, Rate, RecordingSpec, Slice, SourceSpec,
};
use spikewheel::record::{RecordOptions, Recorder, Summary};

#[derive(Parser)]
enum Program {
    Raster(raster::Args),
    Stats(stats::Args),
    Traces(traces::Args),
}

fn call(words: &[&str]) -> Outcome {
    let all = std::iter::once("spikewheel").chain(words.iter().copied());
    match Program::try_parse_from(all).unwrap_or_else(|e| panic!("{e}")) {
        Program::Raster(a) => raster::run(&a),
        Program::Stats(a) => stats::run(&a),
        Program::Traces(a) => traces::run(&a),
    }
}

fn refusal(words: &[&str]) -> String {
    match call(words) {
        Err(Failure::Input(all)) if all.len() == 1 => all[0].to_string(),
        other => panic!("{other:?}"),
    }
}

fn record(path: &Path) {
    let spec = NetworkSpec {
        name: "source".into(),
        seed: 1,
        resolution_ps: 100_000_000,
        duration: 1000,
        arithmetic: Arithmetic::Double,
        populations: vec![PopulationSpec {
            name: "input".into(),
            size: 10,
            kind: PopulationKind::Source(SourceSpec::Poisson {
                rate: Rate::Constant {
                    hz: 1.0,
                    start: 0,
                    stop: 1000,
                },
            }),
            labels: None,
            positions: None,
        }],
        projections: vec![],
        drives: vec![],
        recording: RecordingSpec {
            spikes: vec![Slice {
                population: 0,
                start: 0,
                end: 10,
            }],
            state: vec![],
            weights: Vec::new(),
        },
        modulators: Vec::new(),
    };
    let mut r = Recorder::create(&spec, path, "", &RecordOptions::default()).expect("created");
    for tick in 1..=1000 {
        r.spikes(&[(tick, (tick % 10) as u32)]);
    }
    r.finish(&Summary {
        reached: 1000,
        spike_hash: Some(1),
    })
    .expect("finished");
}

#[test]
fn pictures_and_figures_come_from_a_run_directory() {
    let dir = tempfile::tempdir().expect("dir");
    let run = dir.path().to_str().expect("text");
    record(&dir.path().join("spikes.h5"));
    call(&["raster", run]).expect("drawn");
    assert!(
        dir.path()
            .join("raster.png")
            .metadata()
            .expect("a file")
            .len()
            > 1000
    );
    call(&[
        "raster",
        run,
        "--from",
        "20 ms",
        "--to",
        "0.05 s",
        "--of",
        "input[2..5]",
    ])
    .expect("drawn");
    call(&["stats", run, "--json"]).expect("shown");
}

#[test]
fn wrong_values_are_answered_with_one_clear_message() {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("spikes.h5");
    record(&file);
    let before = std::fs::read(&file).expect("bytes");
    let run = file.to_str().expect("text");
    let said = refusal(&["raster", run, "--of", "inptu"]);
    assert!(said.contains("did you mean `input`?"), "{said}");
    let said = refusal(&["raster", run, "--of", "input[5..20]"]);
    assert!(said.contains("10 elements"), "{said}");
    let said = refusal(&["raster", run, "--from", "50 ms", "--to", "50 ms"]);
    assert!(said.contains("empty"), "{said}");
    let said = refusal(&["stats", run, "--from", "1 s"]);
    assert!(said.contains("empty"), "{said}");
    for size in ["0x0", "1x1", "99999x10"] {
        let said = refusal(&["raster", run, "--size", size]);
        assert!(said.contains("pixels"), "{said}");
    }
    for scale in ["0", "nan", "1e9"] {
        refusal(&["raster", run, "--scale", scale]);
    }
    let said = refusal(&["raster", run, "-o", run]);
    assert!(said.contains("is what is read"), "{said}");
    match call(&["raster", run, "-o", "/no/such/dir/a.png"]) {
        Err(Failure::Work(e)) => assert!(e.to_string().contains("/no/such/dir/a.png"), "{e}"),
        other => panic!("{other:?}"),
    }
    let said = refusal(&["traces", run]);
    assert!(said.contains("no state variable"), "{said}");
    let said = refusal(&["stats", dir.path().join("none.h5").to_str().expect("text")]);
    assert!(said.contains("there is no file"), "{said}");
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).expect("dir");
    let said = refusal(&["stats", empty.to_str().expect("text")]);
    assert!(said.contains("no recording"), "{said}");
    assert_eq!(
        std::fs::read(&file).expect("bytes"),
        before,
        "never touched"
    );
}
