//! The part of `spikewheel evaluate` for NIR files: decisions on samples, step by step as the tools do it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use miette::miette;
use serde_json::json;

use super::interrupt::stop_on_ctrl_c;
use super::nir::{DialectArgs, Session, open};
use super::output::{put, put_json, refused};
use super::progress::counted;
use super::{Failure, Outcome};
use crate::ann::Graph;
use crate::convert::nir::Steps;
use crate::definition::describe::table;
use crate::import::{self, DataOptions, DataSet};
use crate::parallel::{Progress, in_blocks};

/// How samples are shown.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "NIR files")]
pub struct ShownArgs {
    /// Steps for which a sample is shown
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub nir_steps: u64,
    /// Samples have an axis of steps before the shape of the input
    #[arg(long)]
    pub nir_frames: bool,
}

/// Samples that a thread takes at a time.
const BLOCK: usize = 16;

/// What is asked for.
pub(super) struct Asked<'a> {
    pub model: &'a Path,
    pub dialect: &'a DialectArgs,
    pub data: &'a Path,
    pub options: DataOptions,
    pub steps: u64,
    /// Samples have an axis for steps of their own.
    pub frames: bool,
    pub threads: usize,
    pub json: bool,
}

/// What came out; whole numbers, so that no order of adding enters.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Right decisions after each step.
    right: Vec<u64>,
    spikes: Vec<u64>,
    operations: u64,
}

impl Tally {
    fn new(steps: usize, layers: usize) -> Self {
        Self {
            right: vec![0; steps],
            spikes: vec![0; layers],
            operations: 0,
        }
    }

    fn add(&mut self, other: &Self) {
        let sum = |a: &mut Vec<u64>, b: &[u64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        sum(&mut self.right, &other.right);
        sum(&mut self.spikes, &other.spikes);
        self.operations += other.operations;
    }
}

pub(super) fn run(asked: &Asked<'_>) -> Outcome {
    let session = open(asked.model, asked.dialect)?;
    let wrong = |what: String| Failure::Input(vec![miette!("{}: {what}", asked.model.display())]);
    let ([entry], [(_, exit)]) = (&session.low.entries[..], &session.low.exits[..]) else {
        return Err(wrong(format!(
            "it has {} inputs and {} outputs, and samples are shown to networks with one of each",
            session.low.entries.len(),
            session.low.exits.len()
        )));
    };
    let steps = asked.steps as usize;
    let mut shape = entry.shape.clone();
    if asked.frames {
        shape.insert(0, steps);
    }
    let graph = Graph::new("nir", &entry.name, &shape).map_err(wrong)?;
    let data = import::data(asked.data, &graph, &asked.options).map_err(refused)?;
    let Some(labels) = &data.labels else {
        return Err(Failure::Input(vec![miette!(
            help = "--labels NAME says which array or column they are",
            "{}: there are no labels to decide against",
            asked.data.display()
        )]));
    };
    let classes = session.low.layers[*exit].size as u32;
    if let Some(label) = labels.iter().find(|l| **l >= classes) {
        return Err(wrong(format!(
            "a label is {label}, and the output has {classes} elements"
        )));
    }
    let progress = Arc::new(Progress::default());
    let ask = Arc::clone(&progress);
    stop_on_ctrl_c(move || ask.stop.swap(true, Ordering::Relaxed))?;
    let (shown, size) = (steps, graph.input().len());
    let tallies = counted(&progress, data.count, "evaluating", || {
        let begin = || Steps::new(&session.net, &session.low, &session.dialect);
        let work = |net: &mut Steps<'_>, items: Range<usize>| {
            some(
                &session,
                *exit,
                &data,
                size,
                net,
                items,
                shown,
                asked.frames,
            )
        };
        in_blocks(data.count, BLOCK, asked.threads, &progress, begin, work)
    })
    .ok_or_else(|| Failure::Work(miette!("stopped")))?;
    let mut total = Tally::new(steps, session.low.layers.len());
    tallies.iter().for_each(|t| total.add(t));
    tell(asked, &session, &data, *exit, &total)
}

/// Some of the samples.
#[allow(clippy::too_many_arguments)]
fn some(
    session: &Session,
    exit: usize,
    data: &DataSet,
    size: usize,
    net: &mut Steps<'_>,
    range: Range<usize>,
    steps: usize,
    frames: bool,
) -> Tally {
    let layers = session.low.layers.len();
    let mut tally = Tally::new(steps, layers);
    let before = net.operations;
    let mut mean = vec![0.0; session.low.layers[exit].size];
    for k in range {
        let sample: Vec<f64> = data.values[k * size..][..size]
            .iter()
            .map(|v| f64::from(*v))
            .collect();
        let each = size / if frames { steps } else { 1 };
        let label = data.labels.as_ref().map_or(0, |l| l[k]) as usize;
        net.restart();
        mean.fill(0.0);
        for n in 0..steps {
            let at = if frames { n * each } else { 0 };
            net.step(&[&sample[at..at + each]]);
            for (m, v) in mean.iter_mut().zip(net.potentials(exit)) {
                *m += v;
            }
            tally.right[n] += u64::from(decision(session, exit, net, &mean) == label);
        }
        for (l, sum) in tally.spikes.iter_mut().enumerate() {
            *sum += net.counts(l).iter().map(|c| u64::from(*c)).sum::<u64>();
        }
    }
    tally.operations = net.operations - before;
    tally
}

/// Most spikes, then the highest potential; without spikes the highest sum, or mean potential.
fn decision(session: &Session, exit: usize, net: &Steps<'_>, mean: &[f64]) -> usize {
    let layer = &session.low.layers[exit];
    let v = net.potentials(exit);
    let score = |i: usize| match &layer.neurons {
        None => (0, v[i]),
        Some(n) if n.kind.spikes() => (net.counts(exit)[i], v[i]),
        Some(_) => (0, mean[i]),
    };
    let better = |a: (u32, f64), b: (u32, f64)| a.0 > b.0 || (a.0 == b.0 && a.1 > b.1);
    (1..layer.size).fold(0, |best, i| {
        if better(score(i), score(best)) {
            i
        } else {
            best
        }
    })
}

fn tell(asked: &Asked<'_>, session: &Session, data: &DataSet, exit: usize, t: &Tally) -> Outcome {
    let n = data.count as f64;
    let accuracy = |right: u64| 100.0 * right as f64 / n;
    let last = t.right.last().copied().unwrap_or(0);
    let layers = session.low.layers.iter().zip(&t.spikes);
    if asked.json {
        return put_json(&json!({
            "model": asked.model.display().to_string(),
            "samples": data.count,
            "steps": asked.steps,
            "accuracy": accuracy(last),
            "accuracy_after_step": t.right.iter().map(|r| accuracy(*r)).collect::<Vec<_>>(),
            "synaptic_operations": t.operations as f64 / n,
            "layers": layers.map(|(l, s)| json!({
                "name": session.net.nodes[l.node].name,
                "neurons": l.size,
                "spikes": *s as f64 / n,
            })).collect::<Vec<_>>(),
            "output": session.low.layers[exit].name,
            "notes": session.told(asked.model),
        }));
    }
    let mut lines = session.told(asked.model);
    lines.push(format!(
        "{} samples of {} steps each",
        data.count, asked.steps
    ));
    lines.extend(data.notes.iter().cloned());
    lines.push(String::new());
    let mut rows = vec![["step", "accuracy %"].map(String::from).to_vec()];
    let mut at = 1;
    while at < t.right.len() {
        rows.push(vec![
            at.to_string(),
            format!("{:.2}", accuracy(t.right[at - 1])),
        ]);
        at *= 2;
    }
    rows.push(vec![
        t.right.len().to_string(),
        format!("{:.2}", accuracy(last)),
    ]);
    lines.push(table(&rows, &[0, 1]));
    let mut rows = vec![
        ["layer", "neurons", "spikes per sample", "per neuron"]
            .map(String::from)
            .to_vec(),
    ];
    for (l, s) in layers {
        let spikes = *s as f64 / n;
        rows.push(vec![
            session.net.nodes[l.node].name.clone(),
            l.size.to_string(),
            format!("{spikes:.1}"),
            format!("{:.3}", spikes / l.size as f64),
        ]);
    }
    lines.push(table(&rows, &[1, 2, 3]));
    lines.push(format!(
        "synaptic operations per sample (values that are not 0 count at every step): {:.0}",
        t.operations as f64 / n
    ));
    put(&lines.join("\n"))
}
