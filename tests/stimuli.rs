//! Stimuli of definition files: what each kind means, and what is said about wrong ones.

use std::path::Path;

use spikewheel::definition::{self, Diagnostic, Loaded, Severity};
use spikewheel::network::spec::*;

/// A definition of seven lines with a population of 4 cells and 3 relays, and `more`.
fn with(more: &str) -> String {
    format!(
        "format = 1\n\
         simulation = {{ duration = \"1 s\" }}\n\
         parameters = {{ w = \"0.1 mV\" }}\n\
         populations.a = {{ model = \"lif_delta\", size = 4 }}\n\
         populations.r = {{ model = \"relay\", size = 3 }}\n\
         \n\
         [stimuli.s]\n{more}"
    )
}
/// Line on which `more` of `with` begins.
const FIRST: usize = 8;

fn show(all: &[Diagnostic]) -> String {
    all.iter()
        .map(|d| format!("{:?}: {d} [{:?}]\n", d.line(), d.help))
        .collect()
}

#[track_caller]
fn ok_at(path: &Path, more: &str) -> Loaded {
    match definition::parse(&with(more), path, &[]) {
        Ok(loaded) => loaded,
        Err(all) => panic!("{more}\n{}", show(&all)),
    }
}

#[track_caller]
fn ok(more: &str) -> Loaded {
    ok_at(Path::new("test.toml"), more)
}

/// The errors, of which there must be one: on that line of `more` (from 0; -1 is the name of the
/// stimulus), with that in its message or help.
#[track_caller]
fn wrong_at(path: &Path, more: &str, line: i32, part: &str) {
    let mut all = definition::parse(&with(more), path, &[]).expect_err(more);
    all.retain(|d| d.severity == Severity::Error);
    assert_eq!(all.len(), 1, "{more}\n{}", show(&all));
    let told = format!("{} {}", all[0], all[0].help.clone().unwrap_or_default());
    let at = all[0].line().map(|l| l as i32 - FIRST as i32);
    assert!(
        told.contains(part) && at == Some(line),
        "no `{part}` on {line} in\n{}",
        show(&all)
    );
}

#[track_caller]
fn wrong(more: &str, line: i32, part: &str) {
    wrong_at(Path::new("test.toml"), more, line, part);
}

fn source(loaded: &Loaded) -> &SourceSpec {
    match &loaded.spec.populations[2].kind {
        PopulationKind::Source(s) => s,
        PopulationKind::Neurons(_) => panic!("the third population is the stimulus"),
    }
}

fn rate(loaded: &Loaded) -> &Rate {
    match source(loaded) {
        SourceSpec::Poisson { rate } => rate,
        other => panic!("{other:?}"),
    }
}

fn current(loaded: &Loaded) -> &CurrentSpec {
    match &loaded.spec.drives[0].kind {
        DriveKind::Current(c) => c,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rates_over_time_come_from_lists_and_files() {
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("main.toml");
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put(
        "one.csv",
        "# a comment\ntime_ms,rate_hz\n0,10\n50.02,20\n100,0\n",
    );
    put("each.csv", "time_ms,a,b\n0,1,2\n10,3,4\n");
    put("bad.csv", "time_ms,rate\n10,1\n10,2\n20,-3\n");
    put("head.csv", "t,rate\n10,1\n");
    let l = ok(
        "model = \"poisson\"\nsize = 2\nrate = { times = [\"0 ms\", \"10 ms\"], values = [\"5 Hz\", \"9 Hz\"], interpolate = \"linear\" }",
    );
    assert!(matches!(rate(&l), Rate::Linear { at, hz } if at == &[0, 100] && hz == &[5.0, 9.0]));
    let l = ok_at(
        &main,
        "model = \"poisson\"\nsize = 2\nrate = { course = \"one.csv\", interpolate = \"linear\" }",
    );
    assert!(
        matches!(rate(&l), Rate::Linear { at, hz } if at == &[0, 500, 1000] && hz == &[10.0, 20.0, 0.0])
    );
    assert_eq!(l.warnings.len(), 1, "{}", show(&l.warnings));
    let l = ok_at(
        &main,
        "model = \"poisson\"\nsize = 2\nrate = { course = \"each.csv\" }",
    );
    let Rate::Table {
        at,
        row,
        hz,
        elements,
    } = rate(&l)
    else {
        panic!("{:?}", rate(&l));
    };
    assert_eq!(
        (&at[..], &row[..], *elements),
        (&[0, 100][..], &[Some(0), Some(1)][..], 2)
    );
    assert_eq!(hz[..], [1.0, 2.0, 3.0, 4.0]);
    let bad = |rate: &str, part: &str| {
        wrong_at(
            &main,
            &format!("model = \"poisson\"\nsize = 3\nrate = {rate}"),
            2,
            part,
        )
    };
    bad("{ course = \"each.csv\" }", "2 columns for 3 elements");
    bad(
        "{ course = \"each.csv\", interpolate = \"linear\" }",
        "one rate that is common",
    );
    bad("{ course = \"bad.csv\" }", "not after the one before it");
    bad(
        "{ course = \"bad.csv\" }",
        "row 3: the rate must be at least 0",
    );
    bad(
        "{ course = \"head.csv\" }",
        "the first column must be time_ms",
    );
    bad("{ course = \"none.csv\" }", "there is no file");
    bad(
        "{ course = \"one.csv\", interpolate = \"cubic\" }",
        "interpolate cannot be `cubic`",
    );
    bad(
        "{ course = \"one.csv\", interpolat = \"linear\" }",
        "did you mean `interpolate`",
    );
}

#[test]
fn a_sinusoidal_rate_is_read_in_the_fields_units() {
    let l = ok(
        "model = \"sinusoidal_poisson\"\nsize = 5\nrate = \"20 Hz\"\namplitude = \"30 Hz\"\nfrequency = \"8 Hz\"\nphase = 90\nstop = \"0.5 s\"",
    );
    let Rate::Sinusoid {
        hz,
        amplitude,
        frequency,
        phase,
        start,
        stop,
    } = rate(&l)
    else {
        panic!("{:?}", rate(&l));
    };
    assert_eq!(
        (*hz, *amplitude, *frequency, *phase, *start, *stop),
        (20.0, 30.0, 8.0, 90.0, 0, 5000)
    );
    let l = ok(
        "model = \"sinusoidal_poisson\"\nto = \"a\"\nweight = \"w\"\nrate = \"20 Hz\"\namplitude = \"30 Hz\"\nfrequency = \"8 Hz\"",
    );
    assert!(matches!(l.spec.drives[0].kind, DriveKind::Poisson { .. }));
    let s = |body: &str, line, part: &str| {
        wrong(
            &format!("model = \"sinusoidal_poisson\"\nsize = 1\n{body}"),
            line,
            part,
        )
    };
    s(
        "rate = \"1 Hz\"\namplitude = \"1 Hz\"",
        -1,
        "`frequency` is missing",
    );
    s(
        "rate = \"1 Hz\"\namplitude = \"1 mV\"\nfrequency = \"1 Hz\"",
        3,
        "must be a rate, but this is a voltage",
    );
    s(
        "rate = \"1 Hz\"\namplitude = \"1 Hz\"\nfrequency = \"-1 Hz\"",
        4,
        "must not be negative",
    );
    s(
        "rate = \"60 MHz\"\namplitude = \"60 MHz\"\nfrequency = \"1 Hz\"",
        -1,
        "rate + amplitude must be",
    );
    s(
        "rate = \"1 Hz\"\namplitude = \"1 Hz\"\nfreqency = \"1 Hz\"\nfrequency = \"1 Hz\"",
        4,
        "did you mean `frequency`",
    );
}

#[test]
fn gamma_trains_and_volleys_are_read_and_checked() {
    let l = ok(
        "model = \"gamma\"\nsize = 2\nrate = [\"10 Hz\", \"0 Hz\"]\nshape = 3\ndead_time = \"2 ms\"\nn_proc = 4\nequilibrium = false\nstart = \"1 ms\"",
    );
    assert_eq!(
        format!("{:?}", source(&l)),
        "Gamma(GammaSpec { hz: Array([10.0, 0.0]), shape: 3.0, dead_ms: 2.0, n_proc: 4, equilibrium: false, start: 10, stop: 18446744073709551615 })"
    );
    let l = ok("model = \"gamma\"\nto = \"a\"\nweight = \"w\"\nrate = \"10 Hz\"");
    assert!(
        matches!(&l.spec.drives[0].kind, DriveKind::Gamma { gamma, .. }
        if gamma.shape == 1.0 && gamma.equilibrium && gamma.n_proc == 1)
    );
    let g = |body: &str, line, part: &str| {
        wrong(&format!("model = \"gamma\"\nsize = 2\n{body}"), line, part)
    };
    g("shape = 2", -1, "`rate` is missing");
    g(
        "rate = \"10 Hz\"\nshape = 0",
        3,
        "shape must be at least 0.01",
    );
    g(
        "rate = \"100 Hz\"\ndead_time = \"10 ms\"",
        3,
        "shorter than the mean interval, which is 10 ms",
    );
    g("rate = \"10 Hz\"\nn_proc = 0", 3, "from 1 to");
    g(
        "rate = \"50 MHz\"\nn_proc = 1000",
        3,
        "more spikes per tick",
    );
    g(
        "rate = { uniform = [\"10 Hz\", \"11 Hz\"] }",
        2,
        "cannot be drawn",
    );
    g("rate = \"10 Hz\"\nequilibrium = 1", 3, "true or false");

    let l = ok(
        "model = \"pulse_packet\"\nto = \"r\"\npulse_times = [\"100 ms\", \"0.2 s\"]\nactivity = 10\nsdev = \"500 us\"",
    );
    assert!(
        matches!(&l.spec.drives[0].kind, DriveKind::PulsePacket { packet, .. }
        if packet.at_ms == [100.0, 200.0] && packet.activity == 10 && packet.sdev_ms == 0.5)
    );
    let p = |body: &str, line, part: &str| {
        wrong(
            &format!("model = \"pulse_packet\"\nsize = 1\n{body}"),
            line,
            part,
        )
    };
    p(
        "activity = 1\nsdev = \"1 ms\"",
        -1,
        "`pulse_times` is missing",
    );
    p(
        "pulse_times = [\"-1 ms\"]\nactivity = 1\nsdev = \"1 ms\"",
        2,
        "must not be negative",
    );
    p(
        "pulse_times = [\"1 ms\"]\nactivity = 0\nsdev = \"1 ms\"",
        3,
        "from 1 to",
    );
    p(
        "pulse_times = [\"1 ms\"]\nactivity = 1\nsdev = \"-1 ms\"",
        4,
        "must not be negative",
    );
    p(
        "pulse_times = [\"1 ms\"]\nactivity = 1.5\nsdev = \"1 ms\"",
        3,
        "whole number",
    );
}

#[test]
fn currents_are_read_and_checked() {
    let l = ok("model = \"noise_current\"\nto = \"a\"\nmean = \"10 pA\"\nstd = \"0.1 nA\"");
    let CurrentSpec::Noise {
        mean,
        std,
        dt,
        start,
        stop,
        ..
    } = current(&l)
    else {
        panic!("{:?}", current(&l));
    };
    assert_eq!(
        (*mean, *std, *dt, *start, *stop),
        (10.0, 100.0, 10, 0, u64::MAX)
    );
    let l = ok("model = \"sine_current\"\nto = \"a\"\namplitude = \"10 pA\"\nfrequency = \"5 Hz\"");
    assert!(matches!(current(&l), CurrentSpec::Sine { dt: 1, hz, .. } if *hz == 5.0));
    let l = ok("model = \"dc_current\"\nto = \"a\"\namplitude = \"10 pA\"\nstart = \"5 ms\"");
    assert!(
        matches!(&l.spec.drives[0].kind, DriveKind::StepCurrent { at, amplitude }
        if at == &[50, u64::MAX] && amplitude == &[10.0, 0.0])
    );
    let l = ok("model = \"dc_current\"\nto = \"a[0..2]\"\namplitude = [\"10 pA\", \"20 pA\"]");
    assert!(
        matches!(current(&l), CurrentSpec::Table { amplitude, elements: 2, .. } if amplitude[..] == [10.0, 20.0])
    );

    let n = |body: &str, line, part: &str| {
        wrong(
            &format!("model = \"noise_current\"\nto = \"a\"\n{body}"),
            line,
            part,
        )
    };
    n("mean = \"1 pA\"", -1, "`std` is missing");
    n("std = \"-1 pA\"", 2, "must not be negative");
    n("std = \"1 mV\"", 2, "must be a current");
    n("std = \"1 pA\"\ndt = \"0.01 ms\"", 3, "less than one tick");
    n(
        "std = \"1 pA\"\nstd_mod = \"2 pA\"\nfrequency = \"1 Hz\"",
        3,
        "at most std",
    );
    n("std = \"1 pA\"\nstd_mod = \"1 pA\"", 3, "frequency = ");
    n("std = \"1 pA\"\nfrequency = \"1 Hz\"", 3, "there is none");
    n("std = \"1 pA\"\nweight = \"w\"", 3, "unknown key `weight`");
    wrong(
        "model = \"noise_current\"\nto = \"r\"\nstd = \"1 pA\"",
        1,
        "the model relay takes no current",
    );
    wrong(
        "model = \"noise_current\"\nsize = 3\nstd = \"1 pA\"",
        1,
        "unknown key `size`",
    );
    wrong(
        "model = \"dc_current\"\nto = \"a\"\namplitude = [\"1 pA\"]",
        2,
        "1 values for 4 targets",
    );
    wrong(
        "model = \"dc_curent\"\nto = \"a\"",
        0,
        "did you mean `dc_current`",
    );
    wrong(
        "model = \"sine_current\"\nto = \"a\"\namplitude = \"10 pA\"",
        -1,
        "`frequency` is missing",
    );
}

/// A file of NumPy's `save` with bytes.
fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend((header.len() as u16).to_le_bytes());
    all.extend(header.as_bytes());
    all.extend(data);
    all
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn png(width: u32, color: png::ColorType, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let height = data.len() as u32 / width / color.samples() as u32;
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

fn spikes(loaded: &Loaded) -> Vec<(u64, u32)> {
    match source(loaded) {
        SourceSpec::SpikeList(l) => l.events.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_image_becomes_rates_latencies_or_currents() {
    let values = "values = [[0, 0.25, 0.5, 1], [1, 0, 0, 0.5]]";
    let shown = format!("{values}\nduration = \"100 ms\"\ngap = \"20 ms\"\nstart = \"10 ms\"");
    let l = ok(&format!(
        "model = \"image\"\nsize = 4\n{shown}\nencode = \"rate\"\nmax_rate = \"80 Hz\"\nsamples = [1, 0, 1]"
    ));
    let Rate::Table {
        at,
        row,
        hz,
        elements,
    } = rate(&l)
    else {
        panic!("{:?}", rate(&l));
    };
    assert_eq!(at[..], [100, 1100, 1300, 2300, 2500, 3500]);
    assert_eq!(row[..], [Some(1), None, Some(0), None, Some(1), None]);
    assert_eq!(hz[..], [0.0, 20.0, 40.0, 80.0, 80.0, 0.0, 0.0, 40.0]);
    assert_eq!(*elements, 4);

    // Linear: (1 - x) 40 ms after onsets at 10 and 130 ms, and never at the onset itself.
    let l = ok(&format!(
        "model = \"image\"\nsize = 4\n{shown}\nencode = \"latency\"\nspan = \"40 ms\""
    ));
    assert_eq!(
        spikes(&l),
        [(101, 3), (300, 2), (400, 1), (1301, 0), (1500, 3)]
    );
    // Logarithmic, tau = 10 ms and theta = 0.2: ln(1 / 0.8), ln(0.5 / 0.3), ln(0.25 / 0.05).
    let l = ok(&format!(
        "model = \"image\"\nsize = 4\n{shown}\nencode = \"latency\"\ncurve = \"logarithmic\"\ntau = \"10 ms\"\ntheta = 0.2\nsamples = \"0..1\""
    ));
    assert_eq!(spikes(&l), [(122, 3), (151, 2), (261, 1)]);
    // A slow one ends with its sample: 100 ms are 1,000 ticks, tau ln 5 are 1,609.
    let l = ok(&format!(
        "model = \"image\"\nsize = 4\n{shown}\nencode = \"latency\"\ncurve = \"logarithmic\"\ntau = \"100 ms\"\ntheta = 0.2\nsamples = \"..1\""
    ));
    assert_eq!(spikes(&l), [(323, 3), (611, 2)]);

    let l = ok(&format!(
        "model = \"image\"\nto = \"a\"\n{shown}\nencode = \"current\"\namplitude = \"200 pA\"\ninvert = true"
    ));
    let CurrentSpec::Table { at, amplitude, .. } = current(&l) else {
        panic!("{:?}", current(&l));
    };
    assert_eq!(at[..], [100, 1100, 1300, 2300]);
    assert_eq!(
        amplitude[..],
        [200.0, 150.0, 100.0, 0.0, 0.0, 200.0, 200.0, 100.0]
    );
    // One sample stays for the rest of the run; samples beyond the run are told about.
    let l = ok(
        "model = \"image\"\nto = \"a\"\nvalues = [0, 1, 0, 1]\nencode = \"current\"\namplitude = \"1 pA\"",
    );
    assert!(matches!(current(&l), CurrentSpec::Table { at, .. } if at[..] == [0, u64::MAX]));
    let l = ok(&format!(
        "model = \"image\"\nsize = 4\n{values}\nduration = \"600 ms\"\nencode = \"rate\"\nmax_rate = \"80 Hz\""
    ));
    assert!(
        l.warnings[0]
            .to_string()
            .contains("ends after 1 of 2 samples")
    );
}

#[test]
fn images_are_read_from_every_kind_of_file() {
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("main.toml");
    let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    put("a.npy", &npy("(2, 2, 2)", &[0, 255, 51, 102, 255, 0, 0, 0]));
    put(
        "a.npz",
        &npz(&[
            ("x_train", npy("(1, 2, 2)", &[0, 4, 8, 16])),
            ("y", npy("(1,)", &[7])),
        ]),
    );
    put(
        "grey.png",
        &png(2, png::ColorType::Grayscale, &[0, 255, 51, 102]),
    );
    put(
        "rgb.png",
        &png(
            2,
            png::ColorType::Rgb,
            &[255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255],
        ),
    );
    put("a.csv", b"0,1\n0.2,0.4\n");
    let rates = |file: &str| {
        let l = ok_at(
            &main,
            &format!(
                "model = \"image\"\nsize = 4\n{file}\nduration = \"10 ms\"\nencode = \"rate\"\nmax_rate = \"100 Hz\""
            ),
        );
        match rate(&l) {
            Rate::Table { hz, .. } => hz.iter().map(|v| v.round()).collect::<Vec<f64>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        rates("file = \"a.npy\""),
        [0.0, 100.0, 20.0, 40.0, 100.0, 0.0, 0.0, 0.0]
    );
    assert_eq!(
        rates("file = \"a.npz\"\narray = \"x_train\"\nscale = [0, 16]"),
        [0.0, 25.0, 50.0, 100.0]
    );
    assert_eq!(rates("file = \"grey.png\""), [0.0, 100.0, 20.0, 40.0]);
    // ITU-R BT.601: 0.299, 0.587, 0.114.
    assert_eq!(rates("file = \"rgb.png\""), [30.0, 59.0, 11.0, 100.0]);
    assert_eq!(rates("file = \"a.csv\""), [0.0, 100.0, 20.0, 40.0]);

    let bad = |body: &str, line: i32, part: &str| {
        let rest = "encode = \"rate\"\nmax_rate = \"100 Hz\"\nduration = \"10 ms\"";
        wrong_at(
            &main,
            &format!("model = \"image\"\n{rest}\n{body}"),
            line + 4,
            part,
        );
    };
    bad(
        "size = 4\nfile = \"a.npz\"",
        1,
        "say which one with array = \"name\" (x_train, y)",
    );
    bad(
        "size = 4\nfile = \"a.npz\"\narray = \"x_tran\"",
        2,
        "did you mean `x_train`",
    );
    bad(
        "size = 4\nfile = \"a.npy\"\narray = \"x\"",
        2,
        "only a .npz file holds several",
    );
    bad(
        "size = 5\nfile = \"a.npy\"",
        1,
        "the shape of the array is 2 x 2 x 2",
    );
    bad("size = 4\nfile = \"none.png\"", 1, "there is no file");
    bad(
        "size = 4\nfile = \"a.jpg\"",
        1,
        "the kind of file is unknown",
    );
    bad(
        "size = 4\nfile = \"a.npy\"\nscale = [0, 100]",
        1,
        "3 numbers lie outside the scale from 0 to 100",
    );
    bad(
        "size = 4\nfile = \"a.npy\"\nscale = [1, 0]",
        2,
        "1 is not less than 0",
    );
    bad(
        "size = 4\nfile = \"a.npy\"\nsamples = \"0..3\"",
        2,
        "out of range: there are 2",
    );
    bad(
        "size = 4\nfile = \"a.npy\"\nsamples = [0, 2]",
        2,
        "from 0 to 1",
    );
    bad("size = 4\nfile = \"a.npy\"\nsamples = 1", 2, "a list");
    bad("size = 4", -5, "`file` or `values` is missing");
    bad(
        "size = 4\nvalues = [0, 1, 2, 0]",
        1,
        "1 numbers lie outside the scale",
    );
    bad(
        "size = 2\nvalues = [[0, 1], [1]]",
        1,
        "1 numbers, but the sample before has 2",
    );
    bad(
        "size = 4\nfile = \"a.npy\"\namplitude = \"1 pA\"",
        2,
        "amplitude belongs to encode = \"current\"",
    );
    std::fs::write(dir.path().join("broken.png"), b"not a picture").unwrap();
    bad(
        "size = 4\nfile = \"broken.png\"",
        1,
        "is no image that can be read",
    );
}

#[test]
fn encodings_are_checked() {
    let i = |body: &str, line, part: &str| {
        wrong(
            &format!("model = \"image\"\nsize = 2\nvalues = [0, 1]\n{body}"),
            line,
            part,
        )
    };
    i("max_rate = \"1 Hz\"", -1, "`encode` is missing");
    i("encode = \"rates\"", 3, "did you mean `rate`");
    i("encode = \"rate\"", -1, "`max_rate` is missing");
    i(
        "encode = \"rate\"\nmax_rate = \"-1 Hz\"",
        4,
        "max_rate must be at least 0",
    );
    i(
        "encode = \"latency\"\ncurve = \"logarithmic\"\ntau = \"1 ms\"",
        -1,
        "`theta` is missing",
    );
    i(
        "encode = \"latency\"\ncurve = \"logarithmic\"\ntau = \"0 ms\"\ntheta = 0.1",
        5,
        "tau must be greater than 0 ms",
    );
    i(
        "encode = \"latency\"\ntheta = 1",
        4,
        "theta must be less than 1",
    );
    i(
        "encode = \"latency\"\ntau = \"1 ms\"",
        4,
        "tau belongs to curve = \"logarithmic\"",
    );
    i(
        "encode = \"current\"\namplitude = \"1 pA\"",
        -1,
        "nothing can be connected from it",
    );
    wrong(
        "model = \"image\"\nto = \"r\"\nvalues = [0, 1, 0]\nencode = \"current\"\namplitude = \"1 pA\"",
        1,
        "takes no current",
    );
    wrong(
        "model = \"image\"\nto = \"a\"\nvalues = [[0, 1, 0, 1], [0, 0, 0, 0]]\nencode = \"current\"\namplitude = \"1 pA\"",
        -1,
        "`duration` of a sample is missing",
    );
}

#[test]
fn the_network_of_encoders_gives_what_its_head_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/encoders.toml");
    let loaded = definition::load(&path, &[]).unwrap_or_else(|all| panic!("{}", show(&all)));
    let network = spikewheel::network::build(&loaded.spec, &Default::default()).unwrap();
    let mut sink = spikewheel::engine::sink::MemorySink::default();
    let report = spikewheel::engine::run(network, &mut sink, &Default::default()).unwrap();
    let of = |name: &str| report.spikes_per_population[loaded.spec.population(name).unwrap()];
    assert_eq!(
        (of("latencies"), of("logarithms"), of("cells")),
        (311, 311, 879)
    );
    // 181.9375 intensities in all, 200 Hz, 100 ms: 3,638.75 with a deviation of 60.3.
    assert!(
        (of("rates") as f64 - 3638.75).abs() < 4.0 * 60.3,
        "{}",
        of("rates")
    );
}
