//! Reading files of weights.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::error::RecordError;
use super::hdf5_file::{Attribute, Input};

/// A file of weights: what was recorded of each projection. Weights themselves are read when they
/// are asked for.
pub struct Weights {
    input: Input,
    path: PathBuf,
    /// What the run was called.
    pub name: String,
    /// By name.
    pub recordings: Vec<RecordedWeights>,
    /// Did the run come to its end?
    pub completed: bool,
    /// Planned end of the run in ms.
    pub t_stop: Option<f64>,
}

/// What was recorded of a projection.
#[derive(Clone, Debug, Default)]
pub struct RecordedWeights {
    pub name: String,
    /// Name of the learning rule.
    pub rule: String,
    /// Unit of the weights.
    pub unit: String,
    /// Bounds of the rule, as far as it has them.
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// In order of time.
    pub snapshots: Vec<Snapshot>,
    pub traces: Option<TracedWeights>,
}

/// All weights of a projection at a time.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// `start`, `end`, `300ms`, `2.5s`.
    pub label: String,
    pub tick: u64,
    /// ms
    pub time: f64,
    /// Groups in the file: one for each pair of populations.
    groups: Vec<String>,
}

/// A synapse and its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedSynapse {
    /// Population and element.
    pub source: (String, u32),
    pub target: (String, u32),
    /// ms
    pub delay: f64,
    pub weight: f64,
}

/// Weights of a few synapses over time.
#[derive(Clone, Debug, Default)]
pub struct TracedWeights {
    /// Their weights are those of the first sample.
    pub synapses: Vec<SavedSynapse>,
    /// ms
    pub times: Vec<f64>,
    /// Sample after sample, each with one value per synapse.
    pub values: Vec<f64>,
}

impl TracedWeights {
    /// The course of one synapse.
    pub fn course(&self, synapse: usize) -> impl Iterator<Item = (f64, f64)> {
        let n = self.synapses.len();
        let at = self.times.iter().enumerate();
        at.map(move |(k, t)| (*t, self.values[k * n + synapse]))
    }
}

impl Weights {
    /// Opens a file that a recorder wrote, also one of a run that was killed.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let input = Input::open(path)?;
        let root = input.attributes("/")?;
        if text(&root, "contents") != "weights" {
            return Err(RecordError::NoWeights { path: path.into() });
        }
        let mut recordings: Vec<RecordedWeights> = Vec::new();
        for group in input.groups("edges")? {
            let group = format!("edges/{group}");
            let own = input.attributes(&group)?;
            // What a killed run left half-written is not there.
            if !matches!(own.get("complete"), Some(Attribute::Int(1))) {
                continue;
            }
            let (Some(Attribute::Int(tick)), Some(time)) = (own.get("tick"), real(&own, "time"))
            else {
                continue;
            };
            let to = of_name(&mut recordings, &own);
            match to.snapshots.iter_mut().find(|s| s.tick == *tick) {
                Some(s) => s.groups.push(group),
                None => to.snapshots.push(Snapshot {
                    label: text(&own, "snapshot"),
                    tick: *tick,
                    time,
                    groups: vec![group],
                }),
            }
        }
        for group in input.groups("traces")? {
            let group = format!("traces/{group}");
            let own = input.attributes(&group)?;
            let traces = traces(&input, &group, path)?;
            of_name(&mut recordings, &own).traces = Some(traces);
        }
        for r in &mut recordings {
            r.snapshots.sort_by_key(|s| s.tick);
        }
        recordings.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            name: text(&root, "name"),
            completed: matches!(root.get("completed"), Some(Attribute::Int(1))),
            t_stop: real(&root, "t_stop"),
            recordings,
            input,
            path: path.into(),
        })
    }

    /// The recording of that name.
    pub fn recording(&self, name: &str) -> Option<&RecordedWeights> {
        self.recordings.iter().find(|r| r.name == name)
    }

    /// All weights of a snapshot, in the order of the file: by populations, sources, targets, delays.
    pub fn weights(&self, of: &Snapshot) -> Result<Vec<f64>, RecordError> {
        let mut all = Vec::new();
        for group in &of.groups {
            all.append(&mut self.input.reals(&format!("{group}/0/syn_weight"))?);
        }
        if all.iter().all(|w| w.is_finite()) {
            return Ok(all);
        }
        Err(self.damaged(format!("the snapshot {} holds no numbers", of.label)))
    }

    /// All synapses of a snapshot, in the same order.
    pub fn synapses(&self, of: &Snapshot) -> Result<Vec<SavedSynapse>, RecordError> {
        let mut all = Vec::new();
        for group in &of.groups {
            let end = |end: &str| -> Result<(String, Vec<u64>), RecordError> {
                let dataset = format!("{group}/{end}_node_id");
                let name = self.input.attribute(&dataset, "node_population");
                Ok((name, self.input.ints(&dataset)?))
            };
            let ((from, sources), (to, targets)) = (end("source")?, end("target")?);
            let weights = self.input.reals(&format!("{group}/0/syn_weight"))?;
            let delays = self.input.reals(&format!("{group}/0/delay"))?;
            let n = weights.len();
            if [sources.len(), targets.len(), delays.len()] != [n; 3] {
                return Err(self.damaged(format!("the columns of {group} differ in length")));
            }
            let id = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
            all.extend((0..n).map(|k| SavedSynapse {
                source: (from.clone(), id(sources[k])),
                target: (to.clone(), id(targets[k])),
                delay: delays[k],
                weight: weights[k],
            }));
        }
        Ok(all)
    }

    fn damaged(&self, reason: String) -> RecordError {
        RecordError::Damaged {
            path: self.path.clone(),
            reason,
        }
    }
}

/// The recording that a group belongs to.
fn of_name<'r>(
    all: &'r mut Vec<RecordedWeights>,
    own: &HashMap<String, Attribute>,
) -> &'r mut RecordedWeights {
    let name = text(own, "recording");
    let at = all.iter().position(|r| r.name == name).unwrap_or_else(|| {
        all.push(RecordedWeights {
            name,
            rule: text(own, "rule"),
            unit: text(own, "unit"),
            lower: real(own, "lower"),
            upper: real(own, "upper"),
            ..RecordedWeights::default()
        });
        all.len() - 1
    });
    &mut all[at]
}

fn text(attributes: &HashMap<String, Attribute>, name: &str) -> String {
    match attributes.get(name) {
        Some(Attribute::Text(v)) => v.clone(),
        _ => String::new(),
    }
}

fn real(attributes: &HashMap<String, Attribute>, name: &str) -> Option<f64> {
    match attributes.get(name) {
        Some(Attribute::Real(v)) if v.is_finite() => Some(*v),
        _ => None,
    }
}

fn traces(input: &Input, group: &str, path: &Path) -> Result<TracedWeights, RecordError> {
    let end = |end: &str| -> Result<(Vec<String>, Vec<u64>), RecordError> {
        let ids = input.ints(&format!("{group}/{end}_node_id"))?;
        let names = if ids.is_empty() {
            Vec::new()
        } else {
            input.texts(&format!("{group}/{end}_population"))?
        };
        Ok((names, ids))
    };
    let ((from, sources), (to, targets)) = (end("source")?, end("target")?);
    let n = sources.len();
    let delays = input.reals(&format!("{group}/delay"))?;
    let mut times = input.reals(&format!("{group}/times"))?;
    let mut values = input.reals(&format!("{group}/values"))?;
    if [from.len(), to.len(), targets.len(), delays.len()] != [n; 4] {
        return Err(RecordError::Damaged {
            path: path.into(),
            reason: format!("the columns of {group} differ in length"),
        });
    }
    // A killed writer may have filled only one of them.
    if let Some(samples) = values.len().checked_div(n) {
        times.truncate(samples);
        values.truncate(times.len() * n);
    }
    let id = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
    let synapses = (0..n)
        .map(|k| SavedSynapse {
            source: (from[k].clone(), id(sources[k])),
            target: (to[k].clone(), id(targets[k])),
            delay: delays[k],
            weight: values.get(k).copied().unwrap_or(f64::NAN),
        })
        .collect();
    Ok(TracedWeights {
        synapses,
        times,
        values,
    })
}
