//! Draws what rasters have to cope with, from one spike to ten million of them.
//!
//! `SPIKEWHEEL_PICTURES=dir cargo test --test pictures` keeps the pictures to look at.

use std::path::{Path, PathBuf};

use spikewheel::plot::{PlotError, Theme, raster, traces};
use spikewheel::record::{Population, Recording, StateTrace};

/// A small generator: the pictures must be the same on every run.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn population(name: &str, size: u32, spikes: Vec<(f64, u32)>) -> Population {
    let (times, ids) = spikes.into_iter().unzip();
    Population::new(name, size, times, ids)
}

/// Irregular activity; `rate(t)` in Hz, at most `most`.
fn irregular(
    size: u32,
    ms: f64,
    most: f64,
    seed: u64,
    rate: impl Fn(f64) -> f64,
) -> Vec<(f64, u32)> {
    let mut draw = Draw(seed);
    let n = (f64::from(size) * most * ms / 1e3) as usize;
    let mut all = Vec::with_capacity(n);
    for _ in 0..n {
        let (t, id) = (draw.unit() * ms, (draw.unit() * f64::from(size)) as u32);
        if draw.unit() * most < rate(t) {
            all.push(((t * 10.0).ceil() / 10.0, id));
        }
    }
    all
}

fn run(name: &str, t_stop: f64, populations: Vec<Population>) -> Recording {
    Recording {
        name: name.into(),
        populations,
        t_stop: Some(t_stop),
        resolution: Some(0.1),
        attributes: [(
            "reached".to_owned(),
            spikewheel::record::Attribute::Real(t_stop),
        )]
        .into(),
        ..Recording::default()
    }
}

struct Place {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

fn place() -> Place {
    match std::env::var_os("SPIKEWHEEL_PICTURES") {
        Some(dir) => Place {
            path: dir.into(),
            _temporary: None,
        },
        None => {
            let dir = tempfile::tempdir().expect("dir");
            Place {
                path: dir.path().into(),
                _temporary: Some(dir),
            }
        }
    }
}

fn sizes(dir: &Path, name: &str, recording: &Recording, options: &raster::RasterOptions) {
    for (width, height) in [(480, 320), (900, 600), (2400, 1400)] {
        let path = dir.join(format!("{name}-{width}.png"));
        let options = raster::RasterOptions {
            width,
            height,
            ..options.clone()
        };
        raster::draw(recording, &options, &path).expect("drawn");
        let bytes = std::fs::read(&path).expect("a file");
        assert_eq!(&bytes[1..4], b"PNG");
        let size = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        assert_eq!((size(16), size(20)), (width, height));
    }
}

#[test]
fn rasters_of_every_kind_can_be_drawn() {
    let to = place();
    let plain = raster::RasterOptions::default();
    let two = || {
        let a = (1..=20).map(|i| (f64::from(i) * 9.7, 0));
        let b = (1..=7).map(|i| (f64::from(i * i) * 3.9, 1));
        population("pair", 2, a.chain(b).collect())
    };
    sizes(
        &to.path,
        "two",
        &run("Two neurons", 200.0, vec![two()]),
        &plain,
    );

    let ai = |ms: f64| {
        vec![
            population(
                "excitatory",
                10_000,
                irregular(10_000, ms, 40.0, 1, |_| 40.0),
            ),
            population("inhibitory", 2_500, irregular(2_500, ms, 40.0, 2, |_| 40.0)),
        ]
    };
    let brunel = run(
        "Balanced random network (Brunel 2000), asynchronous irregular",
        1000.0,
        ai(1000.0),
    );
    sizes(&to.path, "irregular", &brunel, &plain);
    let dark = raster::RasterOptions {
        theme: Theme::Dark,
        ..plain.clone()
    };
    sizes(&to.path, "dark", &brunel, &dark);
    let part = raster::RasterOptions {
        select: vec!["excitatory[0..50]".parse().expect("a slice")],
        from: Some(100.0),
        to: Some(400.0),
        ..plain.clone()
    };
    sizes(&to.path, "slice", &brunel, &part);
    let short = raster::RasterOptions {
        from: Some(500.0),
        to: Some(503.0),
        ..plain.clone()
    };
    sizes(&to.path, "short", &brunel, &short);

    let burst = |t: f64| if t % 125.0 < 12.0 { 160.0 } else { 1.5 };
    let bursts = run(
        "Synchronous bursts",
        1000.0,
        vec![
            population("excitatory", 4000, irregular(4000, 1000.0, 160.0, 3, burst)),
            population(
                "inhibitory",
                1000,
                irregular(1000, 1000.0, 160.0, 4, |t| burst(t - 5.0)),
            ),
        ],
    );
    sizes(&to.path, "bursts", &bursts, &plain);

    let eight = [
        ("L2/3e", 20683, 0.9),
        ("L2/3i", 5834, 3.0),
        ("L4e", 21915, 4.4),
        ("L4i", 5479, 5.9),
        ("L5e", 4850, 7.6),
        ("L5i", 1065, 8.6),
        ("L6e", 14395, 1.1),
        ("a population with a rather long name", 48, 7.9),
    ];
    let eight = eight.into_iter().enumerate().map(|(i, (name, n, hz))| {
        population(name, n, irregular(n, 1000.0, hz, i as u64 + 9, |_| hz))
    });
    sizes(
        &to.path,
        "eight",
        &run("Cortical microcircuit", 1000.0, eight.collect()),
        &plain,
    );

    let silent = vec![
        population("awake", 100, irregular(100, 500.0, 12.0, 5, |_| 12.0)),
        population("asleep", 300, vec![]),
        population("sparse", 100, irregular(40, 500.0, 3.0, 6, |_| 3.0)),
    ];
    sizes(
        &to.path,
        "silent",
        &run("A silent population", 500.0, silent),
        &plain,
    );

    let one = run(
        "One spike",
        100.0,
        vec![population("neuron", 1, vec![(42.0, 0)])],
    );
    sizes(&to.path, "one", &one, &plain);
    let none = run("", 100.0, vec![population("neurons", 1000, vec![])]);
    sizes(&to.path, "none", &none, &plain);

    let hour = run(
        "An hour",
        3.6e6,
        vec![population(
            "slow",
            50,
            irregular(50, 3.6e6, 0.5, 7, |t| 0.25 + 0.25 * (t / 3e5).sin()),
        )],
    );
    sizes(&to.path, "hour", &hour, &plain);
}

#[test]
fn ten_million_spikes_are_drawn_in_seconds() {
    let to = place();
    let rate = |t: f64| 80.0 + 20.0 * (t / 160.0).sin();
    let all = run(
        "Ten million spikes",
        10_000.0,
        vec![
            population(
                "excitatory",
                10_000,
                irregular(10_000, 10_000.0, 100.0, 8, rate),
            ),
            population(
                "inhibitory",
                2_500,
                irregular(2_500, 10_000.0, 100.0, 9, rate),
            ),
        ],
    );
    let start = std::time::Instant::now();
    sizes(&to.path, "many", &all, &raster::RasterOptions::default());
    let each = start.elapsed().as_secs_f64() / 3.0;
    assert!(each < 10.0, "{each} s for a picture");
    eprintln!("10 million spikes: {each:.2} s");
}

#[test]
fn traces_can_be_drawn() {
    let to = place();
    let (mut values, mut current) = (vec![], vec![]);
    let mut v = [-70.0, -66.0, -62.0];
    let mut spikes = vec![];
    for i in 1..=3000u32 {
        let t = f64::from(i) * 0.1;
        for (k, v) in v.iter_mut().enumerate() {
            let drive = [18.0, 14.0, 21.0][k] + 6.0 * (t / [7.0, 11.0, 5.0][k]).sin();
            *v += 0.1 * (-70.0 - *v + drive) / 10.0;
            if *v >= -55.0 {
                *v = -70.0;
                spikes.push((t, k as u32));
            }
            values.push(*v);
            current.push(drive * 25.0);
        }
    }
    let mut run = run(
        "Three neurons",
        300.0,
        vec![population("excitatory", 10, spikes)],
    );
    let trace = |variable: &str, unit: &str, values: Vec<f64>, threshold| StateTrace {
        population: "excitatory".into(),
        variable: variable.into(),
        unit: unit.into(),
        ids: vec![0, 1, 2],
        start: 0.1,
        step: 0.1,
        values,
        threshold,
    };
    run.traces = vec![
        trace("V_m", "mV", values, Some(-55.0)),
        trace("I_syn", "pA", current, None),
    ];
    for (width, height) in [(480, 320), (900, 600), (2400, 1400)] {
        let options = traces::TraceOptions {
            width,
            height,
            ..traces::TraceOptions::default()
        };
        let path = to.path.join(format!("traces-{width}.png"));
        traces::draw(&run, &options, &path).expect("drawn");
    }
    let wrong = traces::TraceOptions {
        variables: vec!["nothing".into()],
        ..traces::TraceOptions::default()
    };
    let said = traces::draw(&run, &wrong, &to.path.join("no.png"));
    assert!(matches!(said, Err(PlotError::Nothing(_))), "{said:?}");
}

#[test]
fn impossible_pictures_are_refused() {
    let to = place();
    let one = run("One", 100.0, vec![population("neuron", 1, vec![(42.0, 0)])]);
    let plain = raster::RasterOptions::default;
    let draw = |options, name: &str| {
        raster::draw(&one, &options, &to.path.join(name))
            .expect_err("an error")
            .to_string()
    };
    let mut o = plain();
    o.width = 0;
    assert!(draw(o, "a.png").contains("0 x 800"));
    let mut o = plain();
    (o.from, o.to) = (Some(5.0), Some(5.0));
    assert!(draw(o, "a.png").contains("empty"));
    let mut o = plain();
    o.select = vec!["neurom".parse().expect("a name")];
    assert!(draw(o, "a.png").contains("did you mean `neuron`?"));
    assert!(draw(plain(), "a.jpg").contains(".png"));
    assert!(draw(plain(), "no/such/a.png").contains("cannot write"));
    let mut o = plain();
    o.bin = Some(0.0);
    assert!(draw(o, "a.png").contains("bin"));
}

#[test]
fn labels_stand_beside_the_rows_where_there_is_room() {
    let to = place();
    let spikes: Vec<(f64, u32)> = (0..60)
        .map(|i| (f64::from(i) * 3.0 + 1.0, i % 12))
        .collect();
    let file = |name: &str, size: u32, labelled: bool, select: &[&str]| {
        let mut p = population("motor", size, spikes.clone());
        if labelled {
            p.labels = (0..size).map(|i| format!("DA{i:03}")).collect();
        }
        let options = raster::RasterOptions {
            select: select
                .iter()
                .map(|s| s.parse().expect("a selection"))
                .collect(),
            ..raster::RasterOptions::default()
        };
        let path = to.path.join(format!("labels-{name}.png"));
        raster::draw(&run("Motor neurons", 200.0, vec![p]), &options, &path)
            .map(|()| std::fs::read(&path).expect("a file"))
    };
    let same = |a: Result<Vec<u8>, PlotError>, b: Result<Vec<u8>, PlotError>| {
        a.expect("drawn") == b.expect("drawn")
    };
    assert!(!same(
        file("few", 12, true, &[]),
        file("plain", 12, false, &[])
    ));
    // A thousand names would be unreadable.
    assert!(same(
        file("many", 1000, true, &[]),
        file("many-plain", 1000, false, &[])
    ));
    assert!(!same(
        file("slice", 1000, true, &["motor[0..12]"]),
        file("slice-plain", 1000, false, &["motor[0..12]"])
    ));
    // One neuron by its label, and a label that is none.
    assert!(!same(
        file("one", 12, true, &["motor.DA003"]),
        file("one-plain", 12, false, &["motor[3]"])
    ));
    let wrong = file("none", 12, true, &["motor.DA012"])
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("no neuron labelled `DA012`; did you mean `DA01"),
        "{wrong}"
    );
}
