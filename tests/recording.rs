//! What is promised of a recording: that it comes back as it was, and that a killed run leaves a
//! readable file.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use spikewheel::engine::sink::Sink;
use spikewheel::network::spec::{
    Arithmetic, NetworkSpec, NeuronOptions, NeuronSpec, PopulationKind, PopulationSpec, Rate,
    RecordingSpec, Slice, SourceSpec, StateRecording, Update,
};
use spikewheel::neuron::ModelKind;
use spikewheel::record::{Attribute, RecordError, RecordOptions, Recorder, Recording, Summary};

fn slice(population: usize, start: u32, end: u32) -> Slice {
    Slice {
        population,
        start,
        end,
    }
}

/// `excitatory` (80), `inhibitory` (20) and a source `input` (5), for 1000 ticks of 0.1 ms.
fn network(recording: RecordingSpec) -> NetworkSpec {
    let model = ModelKind::LifDelta;
    let neurons = || {
        PopulationKind::Neurons(NeuronSpec {
            model,
            params: model
                .def()
                .params
                .iter()
                .map(|p| p.default.into())
                .collect(),
            initial: model.def().state.iter().map(|_| 0.0.into()).collect(),
            options: NeuronOptions::default(),
            update: Update::Auto,
            receptors: vec![],
        })
    };
    let population = |name: &str, size, kind| PopulationSpec {
        name: name.into(),
        size,
        kind,
        labels: None,
        positions: None,
    };
    let source = SourceSpec::Poisson {
        rate: Rate::Constant {
            hz: 1.0,
            start: 0,
            stop: 1000,
        },
    };
    NetworkSpec {
        name: "ein Netz · test".into(),
        seed: u64::MAX - 1,
        resolution_ps: 100_000_000,
        duration: 1000,
        arithmetic: Arithmetic::Double,
        populations: vec![
            population("excitatory", 80, neurons()),
            population("inhibitory", 20, neurons()),
            population("input", 5, PopulationKind::Source(source)),
        ],
        projections: vec![],
        drives: vec![],
        recording,
        modulators: Vec::new(),
    }
}

fn everything() -> RecordingSpec {
    let v = ModelKind::LifDelta.def().recordable("V_m").expect("V_m");
    RecordingSpec {
        spikes: vec![slice(0, 0, 80), slice(1, 0, 20), slice(2, 0, 5)],
        state: vec![StateRecording {
            of: slice(0, 3, 6),
            variable: v,
            every: 10,
        }],
        weights: Vec::new(),
    }
}

/// Spikes of a tick in the order of ids, from a small generator.
fn spikes_at(tick: u64) -> Vec<(u64, u32)> {
    let mixed = tick.wrapping_mul(6364136223846793005) >> 33;
    (0..105u32)
        .filter(|id| (mixed + u64::from(*id) * 7919).is_multiple_of(23))
        .map(|id| (tick, id))
        .collect()
}

fn potential(tick: u64, id: u32) -> f64 {
    -70.0 + f64::from(id) / 3.0 + (tick as f64).sin() / 7.0
}

fn feed(sink: &mut dyn Sink, ticks: std::ops::RangeInclusive<u64>) {
    for tick in ticks {
        sink.spikes(&spikes_at(tick));
        if tick % 10 == 0 {
            let v: Vec<f64> = (3..6).map(|id| potential(tick, id)).collect();
            sink.sample(0, tick, &v);
        }
        sink.reached(tick);
    }
}

fn write(path: &Path, spec: &NetworkSpec, options: &RecordOptions) -> Result<(), RecordError> {
    let mut recorder = Recorder::create(spec, path, "format = 1\n# µ", options)?;
    feed(&mut recorder, 1..=1000);
    recorder.finish(&Summary {
        reached: 1000,
        spike_hash: Some(0xABC),
    })
}

fn expected(start: u32, end: u32) -> (Vec<f64>, Vec<u32>) {
    (1..=1000)
        .flat_map(spikes_at)
        .filter(|(_, id)| (start..end).contains(id))
        .map(|(t, id)| (t as f64 / 10.0, id))
        .unzip()
}

#[test]
fn what_is_recorded_comes_back() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("spikes.h5");
    write(&path, &network(everything()), &RecordOptions::default()).expect("written");
    let back = Recording::open(&path).expect("read");
    assert_eq!(back.name, "ein Netz · test");
    assert_eq!(back.completed, Some(true));
    assert_eq!(back.t_stop, Some(100.0));
    assert_eq!(back.end(), 100.0);
    let attribute = |name: &str| back.attributes.get(name).cloned();
    assert_eq!(
        attribute("spike_hash"),
        Some(Attribute::Text("0000000000000abc".into()))
    );
    assert_eq!(attribute("seed"), Some(Attribute::Int(u64::MAX - 1)));
    assert_eq!(
        attribute("definition"),
        Some(Attribute::Text("format = 1\n# µ".into()))
    );
    let names: Vec<&str> = back.populations.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["excitatory", "inhibitory", "input"]);
    for (p, (start, end)) in back
        .populations
        .iter()
        .zip([(0, 80), (80, 100), (100, 105)])
    {
        let (times, ids) = expected(start, end);
        assert_eq!(p.size, end - start);
        assert_eq!(p.times, times, "{}", p.name);
        let local: Vec<u32> = ids.iter().map(|i| i - start).collect();
        assert_eq!(p.ids, local, "{}", p.name);
    }
    let trace = &back.traces[0];
    assert_eq!(
        (trace.population.as_str(), trace.variable.as_str()),
        ("excitatory", "V_m")
    );
    assert_eq!((trace.unit.as_str(), trace.threshold), ("mV", Some(-55.0)));
    assert_eq!((trace.frames(), &trace.ids[..]), (100, &[3, 4, 5][..]));
    for frame in 0..100 {
        let tick = 10 * (frame as u64 + 1);
        assert!((trace.time(frame) - tick as f64 / 10.0).abs() < 1e-9);
        for (column, id) in (3..6).enumerate() {
            assert_eq!(trace.value(frame, column), potential(tick, id));
        }
    }
}

#[test]
fn only_the_slices_asked_for_are_written_and_overlaps_once() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("spikes.h5");
    let spec = network(RecordingSpec {
        spikes: vec![slice(0, 10, 30), slice(0, 20, 40), slice(0, 70, 80)],
        state: vec![],
        weights: Vec::new(),
    });
    let said = write(&path, &spec, &RecordOptions::default());
    assert!(
        matches!(said, Err(RecordError::Unknown { .. })),
        "samples that nobody asked for: {said:?}"
    );
    let path = dir.path().join("again.h5");
    let mut recorder =
        Recorder::create(&spec, &path, "", &RecordOptions::default()).expect("created");
    for tick in 1..=1000 {
        recorder.spikes(&spikes_at(tick));
    }
    recorder
        .finish(&Summary {
            reached: 500,
            spike_hash: None,
        })
        .expect("finished");
    let back = Recording::open(&path).expect("read");
    assert_eq!(back.completed, Some(false), "stopped short of the duration");
    assert_eq!(back.populations.len(), 1);
    let p = &back.populations[0];
    assert_eq!(p.recorded, [(10, 40), (70, 80)]);
    assert_eq!((p.size, p.recorded_size()), (80, 40));
    let (mut times, mut ids) = (vec![], vec![]);
    for (t, id) in (1..=1000).flat_map(spikes_at) {
        if (10..40).contains(&id) || (70..80).contains(&id) {
            times.push(t as f64 / 10.0);
            ids.push(id);
        }
    }
    assert_eq!((&p.times, &p.ids), (&times, &ids));
}

#[test]
fn the_text_twin_holds_the_same_spikes() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("spikes.h5");
    let csv = dir.path().join("spikes.csv");
    let options = RecordOptions {
        csv: Some(csv.clone()),
        ..RecordOptions::default()
    };
    write(&path, &network(everything()), &options).expect("written");
    let text = std::fs::read_to_string(&csv).expect("text");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("timestamps population node_ids"));
    let all: Vec<(u64, u32)> = (1..=1000).flat_map(spikes_at).collect();
    for (line, (tick, id)) in lines.by_ref().zip(&all) {
        let (population, start) = match id {
            0..80 => ("excitatory", 0),
            80..100 => ("inhibitory", 80),
            _ => ("input", 100),
        };
        let ms = *tick as f64 / 10.0;
        assert_eq!(line, format!("{ms:?} {population} {}", id - start));
    }
    assert_eq!(text.lines().count(), all.len() + 1);
}

#[test]
fn an_existing_file_is_kept_unless_told() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("spikes.h5");
    std::fs::write(&path, "precious").expect("written");
    let spec = network(everything());
    let refused = write(&path, &spec, &RecordOptions::default());
    assert!(
        matches!(refused, Err(RecordError::Exists { .. })),
        "{refused:?}"
    );
    assert_eq!(std::fs::read(&path).expect("kept"), b"precious");
    let overwrite = RecordOptions {
        overwrite: true,
        ..RecordOptions::default()
    };
    write(&path, &spec, &overwrite).expect("told to");
    Recording::open(&path).expect("read");
    let nowhere = write(&dir.path().join("no/such/dir.h5"), &spec, &overwrite);
    assert!(
        matches!(nowhere, Err(RecordError::Create { .. })),
        "{nowhere:?}"
    );
}

#[test]
fn wrong_paths_have_their_own_errors() {
    let dir = tempfile::tempdir().expect("dir");
    let text = dir.path().join("text.h5");
    std::fs::write(&text, "not a file of that kind").expect("written");
    let open = |p: &Path| Recording::open(p).expect_err("an error");
    assert!(matches!(open(&text), RecordError::NotHdf5 { .. }));
    assert!(matches!(open(dir.path()), RecordError::Open { .. }));
    assert!(matches!(
        open(&dir.path().join("none.h5")),
        RecordError::Open { .. }
    ));
    std::fs::write(&text, "").expect("written");
    assert!(matches!(open(&text), RecordError::NotHdf5 { .. }));
}

#[test]
fn a_recorder_that_is_dropped_leaves_an_unfinished_file() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("spikes.h5");
    let spec = network(everything());
    let mut recorder =
        Recorder::create(&spec, &path, "", &RecordOptions::default()).expect("created");
    feed(&mut recorder, 1..=500);
    drop(recorder);
    let back = Recording::open(&path).expect("read");
    assert_eq!(back.completed, Some(false));
    assert_eq!(back.end(), 50.0);
}

const VICTIM: &str = "SPIKEWHEEL_TEST_VICTIM";

/// Not a test by itself: records without end when started by the test below.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else {
        return;
    };
    let mut spec = network(everything());
    spec.duration = u64::MAX;
    let options = RecordOptions {
        flush_every: Duration::from_millis(100),
        ..RecordOptions::default()
    };
    let mut recorder =
        Recorder::create(&spec, Path::new(&path), "text", &options).expect("created");
    for first in (1..).step_by(10) {
        feed(&mut recorder, first..=first + 9);
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn a_killed_run_leaves_what_was_flushed() {
    for pause in [250, 420, 830] {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("spikes.h5");
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "victim"])
            .env(VICTIM, &path)
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        let start = Instant::now();
        // The first flush must have happened; the rest of the pause hits any moment of the cycle.
        while start.elapsed() < Duration::from_secs(20)
            && !Recording::open(&path).is_ok_and(|r| r.end() > 1.0)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(pause));
        // `kill` sends SIGKILL: nothing in the process can react to it.
        child.kill().expect("killed");
        child.wait().expect("gone");
        let back = Recording::open(&path).expect("a killed run's file opens");
        assert_eq!(back.completed, Some(false));
        assert!(back.end() > 1.0, "it holds something: {}", back.end());
        for (p, (start, end)) in back
            .populations
            .iter()
            .zip([(0, 80), (80, 100), (100, 105)])
        {
            let written = (1..).flat_map(spikes_at);
            let own = written.filter(|(_, id)| (start..end).contains(id));
            for ((t, id), (tick, global)) in p.times.iter().zip(&p.ids).zip(own) {
                assert_eq!((*t, *id), (tick as f64 / 10.0, global - start));
            }
        }
    }
}

/// `SPIKEWHEEL_RECORDING=dir cargo test --test recording a_file_for_others` leaves a recording and
/// its text twin there, for `tools/check_recording.py`.
#[test]
fn a_file_for_others() {
    let Some(dir) = std::env::var_os("SPIKEWHEEL_RECORDING") else {
        return;
    };
    let dir = Path::new(&dir);
    let mut recording = everything();
    let second = StateRecording {
        of: slice(1, 0, 2),
        every: 5,
        ..recording.state[0].clone()
    };
    recording.state.push(second.clone());
    recording.state.push(StateRecording {
        of: slice(1, 0, 1),
        ..second
    });
    let options = RecordOptions {
        overwrite: true,
        csv: Some(dir.join("spikes.csv")),
        ..RecordOptions::default()
    };
    let spec = network(recording);
    let mut recorder =
        Recorder::create(&spec, &dir.join("spikes.h5"), "text", &options).expect("created");
    for tick in 1..=1000 {
        feed(&mut recorder, tick..=tick);
        if tick % 5 == 0 {
            recorder.sample(1, tick, &[potential(tick, 80), potential(tick, 81)]);
            recorder.sample(2, tick, &[potential(tick, 80)]);
        }
    }
    recorder
        .finish(&Summary {
            reached: 1000,
            spike_hash: Some(0xDEF),
        })
        .expect("finished");
}

#[test]
fn a_deflated_file_holds_the_same() {
    let dir = tempfile::tempdir().expect("dir");
    let (plain, small) = (dir.path().join("plain.h5"), dir.path().join("small.h5"));
    let spec = network(everything());
    write(&plain, &spec, &RecordOptions::default()).expect("written");
    let options = RecordOptions {
        compress: true,
        ..RecordOptions::default()
    };
    write(&small, &spec, &options).expect("written");
    let length = |p: &Path| p.metadata().expect("a file").len();
    assert!(length(&small) < length(&plain));
    let (a, b) = (
        Recording::open(&plain).expect("read"),
        Recording::open(&small).expect("read"),
    );
    for (p, q) in a.populations.iter().zip(&b.populations) {
        assert_eq!((&p.times, &p.ids), (&q.times, &q.ids));
    }
}

/// Speed on this machine: `cargo test --release --test recording -- --ignored --nocapture many`.
#[test]
#[ignore = "takes seconds and says something only in release"]
fn many_spikes_are_written_faster_than_a_simulation_makes_them() {
    let dir = tempfile::tempdir().expect("dir");
    for compress in [false, true] {
        let path = dir.path().join("many.h5");
        let mut spec = network(everything());
        spec.populations[0].size = 12_500;
        spec.recording = RecordingSpec {
            spikes: vec![slice(0, 0, 12_500)],
            state: vec![],
            weights: Vec::new(),
        };
        let options = RecordOptions {
            overwrite: true,
            compress,
            ..RecordOptions::default()
        };
        let mut recorder = Recorder::create(&spec, &path, "", &options).expect("created");
        let start = Instant::now();
        let mut batch = Vec::new();
        for tick in 1..=200_000u64 {
            batch.clear();
            batch.extend((0..50u32).map(|i| (tick, (i * 250 + (tick as u32 * 97) % 250) % 12_500)));
            recorder.spikes(&batch);
            recorder.reached(tick);
        }
        recorder.finish(&Summary::default()).expect("finished");
        let bytes = path.metadata().expect("a file").len();
        eprintln!(
            "10 million spikes, compress {compress}: {:?}, {bytes} bytes",
            start.elapsed()
        );
    }
}

#[test]
fn a_recorder_that_cannot_write_says_so_while_the_run_goes_on() {
    let dir = tempfile::tempdir().expect("dir");
    let spec = network(RecordingSpec {
        spikes: vec![slice(0, 0, 80)],
        state: vec![],
        weights: Vec::new(),
    });
    let options = RecordOptions::default();
    let path = dir.path().join("spikes.h5");
    let mut recorder = Recorder::create(&spec, &path, "", &options).expect("created");
    let flag = recorder.failure_flag();
    assert!(!recorder.failed());
    // A sample of a recording that does not exist stands for any failure on the thread.
    recorder.sample(5, 1, &[0.0]);
    let start = Instant::now();
    while !recorder.failed() && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
        recorder.reached(1);
    }
    assert!(flag.load(std::sync::atomic::Ordering::Acquire));
    // The run is not held up by the queue that nobody writes out any more.
    for tick in 1..200_000 {
        recorder.spikes(&[(tick, 0), (tick, 1), (tick, 2), (tick, 3), (tick, 4)]);
    }
    assert!(recorder.finish(&Summary::default()).is_err());
    let back = Recording::open(&path).expect("a valid file");
    assert_eq!(back.completed, Some(false));
}
