//! Good files, from which damaged ones are made: those that lie in the repository, and those that the program
//! writes itself.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use spikewheel::definition;
use spikewheel::engine::{Control, run};
use spikewheel::network::{BuildOptions, build};
use spikewheel::record::{RecordOptions, Recorder, Summary};

/// What a corpus begins with.
pub enum Seeds {
    /// Files of the repository.
    Files(&'static [&'static str]),
    Expressions,
    SpikeTable,
    InputTables,
    /// Networks of a single operator, and a small whole one.
    Operators,
    Recording,
    Weights,
    WeightList,
    Picture,
    Checkpoints,
}

/// The top of the repository, whichever package this is compiled in.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors()
        .find(|p| p.join("networks/brunel.toml").is_file())
        .unwrap_or(own)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(root().join(name)).expect("a file of the repository")
}

impl Seeds {
    /// The files.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        let text = |list: &[&str]| list.iter().map(|t| t.as_bytes().to_vec()).collect();
        match self {
            Self::Files(names) => names.iter().map(|n| file(n)).collect(),
            Self::Expressions => text(&[
                "0.1 ms * 3 / (1 s)",
                "sqrt(2) * 20 mV - exp(-1) * 10 mV ^ 1",
                "min(1, max(2 pA / 3 pA, -4e-3)) * 250 pF / 10 ms",
            ]),
            Self::SpikeTable => text(&["time_ms,neuron\n0.1,0\n0.5,3\n12.25,29\n99.9,7\n"]),
            Self::InputTables => text(&[
                "time_ms,neuron\n0.1,0\n0.5,1\n12.2,1\n",
                "step,input\n4,0\n5,1\n",
                "0,1\n1,0\n0,0\n1,1\n",
                "0.5,0.25\n",
                "a,b\n1.5,2\n-1,0\n",
            ]),
            Self::Operators => {
                let bytes = file("tests/data/models/operators.zip");
                let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
                let mut all = Vec::new();
                for i in 0..zip.len() {
                    let mut entry = zip.by_index(i).expect("an entry");
                    let onnx = entry.name().is_ok_and(|n| n.ends_with(".onnx"));
                    let mut bytes = Vec::new();
                    if onnx && entry.read_to_end(&mut bytes).is_ok() {
                        all.push(bytes);
                    }
                }
                all.push(file("networks/models/digits_mlp.onnx"));
                all
            }
            Self::Recording => vec![recorded("spikes.h5")],
            Self::Weights => vec![recorded("weights.h5")],
            Self::WeightList => vec![weight_list()],
            Self::Picture => vec![picture()],
            Self::Checkpoints => vec![super::state::kept(130), super::state::kept(400)],
        }
    }
}

/// What a small learning network leaves.
fn recorded(name: &str) -> Vec<u8> {
    let text = r#"
format = 1
name = "seed"
[simulation]
duration = "60 ms"
[stimuli.in]
model = "poisson"
size = 8
rate = "200 Hz"
[populations.out]
model = "lif_delta"
size = 3
labels = ["x", "y", "z"]
[[projections]]
name = "ff"
from = "in"
to = "out"
rule = "all_to_all"
weight = { uniform = ["0 mV", "1 mV"] }
delay = { uniform = ["1 ms", "2 ms"] }
plasticity = { rule = "stdp", Wmax = "1 mV" }
[recording]
weights = [
    { projection = "ff", at = ["start", "end"] },
    { projection = "ff", of = [["in[0..2]", "out[0]"]], every = "10 ms" },
]
state = [{ of = "out[0..2]", variable = "V_m", every = "1 ms" }]
"#;
    let loaded = definition::parse(text, Path::new("seed.toml"), &[]).expect("a definition");
    let directory = tempfile::tempdir().expect("a directory");
    let path: PathBuf = directory.path().join("spikes.h5");
    let mut recorder =
        Recorder::create(&loaded.spec, &path, text, &RecordOptions::default()).expect("a recorder");
    let network = build(&loaded.spec, &BuildOptions::default()).expect("a network");
    let report = run(network, &mut recorder, &Control::default()).expect("a run");
    recorder
        .finish(&Summary {
            reached: report.reached,
            spike_hash: Some(report.spike_hash),
        })
        .expect("written");
    std::fs::read(directory.path().join(name)).expect("a recording")
}

fn npy(shape: &str, values: &[f32]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend((header.len() as u16).to_le_bytes());
    all.extend(header.as_bytes());
    all.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    all
}

/// Dense layers, 2-3-2.
fn weight_list() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, shape, n) in [
        ("w0", "(3, 2)", 6),
        ("b0", "(3,)", 3),
        ("w1", "(2, 3)", 6),
        ("b1", "(2,)", 2),
    ] {
        let values: Vec<f32> = (0..n).map(|i| i as f32 / 4.0 - 0.5).collect();
        zip.start_file(format!("{name}.npy"), options)
            .expect("an entry");
        zip.write_all(&npy(shape, &values)).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

fn picture() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    let pixels: Vec<u8> = (0..48).map(|i| i * 5).collect();
    writer.write_image_data(&pixels).expect("written");
    writer.finish().expect("an end");
    out
}
