//! Spikes of single samples as a recording.
//!
//! Samples follow one another; each takes as long as the network needs for an output. A spike at the very
//! beginning of a sample is written one tick later, as all of its spikes are: tick 0 is before a run.

use std::path::{Path, PathBuf};

use miette::miette;

use super::Told;
use crate::cli::Failure;
use crate::cli::convert::pair;
use crate::engine::sink::Sink;
use crate::network::spec::{
    Arithmetic, NetworkSpec, PopulationKind, PopulationSpec, RecordingSpec, Slice, SourceSpec,
    SpikeList,
};
use crate::record::{Population, RecordOptions, Recorder, Recording, Summary};
use crate::spiking::{Kind, Session};

/// Writes the spikes of the samples `chosen`.
pub(super) fn write(told: &Told<'_>, chosen: &[usize], path: &Path) -> Result<(), Failure> {
    let failed = |e: String| Failure::Work(miette!("{}: {e}", path.display()));
    let (spec, order) = spec(told, chosen);
    let partial = partial(path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| failed(e.to_string()))?;
    }
    let options = RecordOptions {
        overwrite: true,
        ..RecordOptions::default()
    };
    let text = format!("samples {chosen:?} of {}", told.args.data.display());
    let mut recorder =
        Recorder::create(&spec, &partial, &text, &options).map_err(|e| failed(e.to_string()))?;
    let offsets = spec.offsets();
    let mut session = pair(told.model).network.session();
    let len = told.model.graph.input().len();
    let (mut all, mut own) = (Vec::new(), Vec::new());
    for (k, sample) in chosen.iter().enumerate() {
        session.show_numbered(&told.set.values[sample * len..][..len], *sample as u64);
        let begin = k as u64 * told.model.network.ticks() + 1;
        all.clear();
        for (at, population) in order.iter().enumerate() {
            session.spikes(*population, &mut own);
            let id = |id: u32| offsets[at] as u32 + id;
            all.extend(own.iter().map(|(t, i)| (begin + t, id(*i))));
        }
        all.sort_unstable();
        recorder.spikes(&all);
    }
    recorder.reached(spec.duration);
    let summary = Summary {
        reached: spec.duration,
        spike_hash: None,
    };
    recorder
        .finish(&summary)
        .map_err(|e| failed(e.to_string()))?;
    std::fs::rename(&partial, path).map_err(|e| failed(e.to_string()))
}

/// The spikes of one sample, to be drawn.
pub(super) fn in_memory(told: &Told<'_>, sample: usize, session: &mut Session<'_>) -> Recording {
    let (spec, order) = spec(told, &[sample]);
    let len = told.model.graph.input().len();
    session.show_numbered(&told.set.values[sample * len..][..len], sample as u64);
    let mut spikes = Vec::new();
    let net = told.model.network.net();
    let populations = order.iter().map(|i| {
        let p = &net.populations[*i];
        session.spikes(*i, &mut spikes);
        let times = spikes.iter().map(|(t, _)| (*t + 1) as f64 * spec.tick_ms());
        let ids = spikes.iter().map(|(_, id)| *id).collect();
        Population::new(p.name.clone(), p.len() as u32, times.collect(), ids)
    });
    Recording {
        populations: populations.collect(),
        name: spec.name.clone(),
        t_stop: Some(spec.duration as f64 * spec.tick_ms()),
        resolution: Some(spec.tick_ms()),
        completed: Some(true),
        ..Recording::default()
    }
}

fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

/// A network of the same populations without synapses, which says what the recording holds, and the
/// populations' numbers in the model.
fn spec(told: &Told<'_>, chosen: &[usize]) -> (NetworkSpec, Vec<usize>) {
    let net = told.model.network.net();
    let spiking = |i: &usize| net.populations[*i].kind != Kind::Readout;
    let order: Vec<usize> = (0..net.populations.len()).filter(spiking).collect();
    let mut names: Vec<String> = Vec::new();
    let mut populations = Vec::new();
    for i in &order {
        let name = unique(&net.populations[*i].name, &names);
        names.push(name.clone());
        populations.push(PopulationSpec {
            name,
            size: net.populations[*i].len() as u32,
            kind: PopulationKind::Source(SourceSpec::SpikeList(SpikeList::default().into())),
            labels: None,
            positions: None,
        });
    }
    let whole = |population| Slice {
        population,
        start: 0,
        end: net.populations[order[population]].len() as u32,
    };
    let samples: Vec<String> = chosen.iter().map(usize::to_string).collect();
    let spec = NetworkSpec {
        name: format!(
            "{}, {} {}",
            told.model.origin.file,
            if chosen.len() == 1 {
                "sample"
            } else {
                "samples"
            },
            samples.join(", ")
        ),
        seed: 0,
        resolution_ps: told.model.code.tick_ps(),
        duration: chosen.len() as u64 * told.model.network.ticks() + 1,
        arithmetic: Arithmetic::default(),
        recording: RecordingSpec {
            spikes: (0..populations.len()).map(whole).collect(),
            ..RecordingSpec::default()
        },
        populations,
        projections: Vec::new(),
        drives: Vec::new(),
        modulators: Vec::new(),
    };
    (spec, order)
}

/// Names of layers as a recording takes them: without slashes, and no two the same.
fn unique(name: &str, taken: &[String]) -> String {
    let plain: String = name
        .trim_matches(['/', '.'])
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "_-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let plain = if plain.is_empty() {
        "layer".into()
    } else {
        plain
    };
    let mut name = plain.clone();
    let mut n = 2;
    while taken.contains(&name) {
        name = format!("{plain}_{n}");
        n += 1;
    }
    name
}
