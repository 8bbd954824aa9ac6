//! Reading recordings: our own, and SONATA spike files of others.

use std::collections::HashMap;
use std::path::Path;

use super::error::RecordError;
pub use super::hdf5_file::Attribute;
use super::hdf5_file::Input;

/// A recorded run in memory.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What the run was called; empty in files of others.
    pub name: String,
    /// In the order of the definition, or of the file if it does not say.
    pub populations: Vec<Population>,
    pub traces: Vec<StateTrace>,
    /// Planned end of the run in ms, if the file says it.
    pub t_stop: Option<f64>,
    /// Tick in ms, if the file says it.
    pub resolution: Option<f64>,
    /// Whether the run came to its end; `None` in files of others.
    pub completed: Option<bool>,
    /// Every attribute of the root.
    pub attributes: HashMap<String, Attribute>,
}

/// The spikes of a population.
#[derive(Clone, Debug, Default)]
pub struct Population {
    pub name: String,
    /// Number of elements; for files that do not say it, the largest id plus one.
    pub size: u32,
    /// Half-open ranges of the elements whose spikes are recorded, sorted and disjoint.
    pub recorded: Vec<(u32, u32)>,
    /// ms, ascending.
    pub times: Vec<f64>,
    /// Element of each spike; ascending where times are equal.
    pub ids: Vec<u32>,
    /// One name per element, or none at all.
    pub labels: Vec<String>,
}

impl Population {
    /// A population all of whose elements were recorded. Sorts the spikes if need be.
    pub fn new(name: impl Into<String>, size: u32, times: Vec<f64>, ids: Vec<u32>) -> Self {
        let (times, ids) = sorted(times, ids);
        Self {
            name: name.into(),
            size,
            recorded: vec![(0, size)],
            times,
            ids,
            labels: Vec::new(),
        }
    }

    /// The element of that label.
    pub fn labelled(&self, label: &str) -> Option<u32> {
        let at = self.labels.iter().position(|l| l == label)?;
        u32::try_from(at).ok()
    }

    /// How an element is called in pictures and tables: by its label, or `population[3]`.
    pub fn element(&self, id: u32) -> String {
        match self.labels.get(id as usize) {
            Some(label) => label.clone(),
            None => format!("{}[{id}]", self.name),
        }
    }

    /// Number of elements whose spikes were recorded.
    pub fn recorded_size(&self) -> u32 {
        self.recorded.iter().map(|(a, b)| b - a).sum()
    }

    /// The range of spikes with `from < t <= to`: the ticks of a span are those after its start.
    pub fn span(&self, from: f64, to: f64) -> std::ops::Range<usize> {
        let start = self.times.partition_point(|t| *t <= from);
        let end = self.times.partition_point(|t| *t <= to);
        start..end.max(start)
    }
}

/// One state variable of some elements of a population.
#[derive(Clone, Debug, Default)]
pub struct StateTrace {
    pub population: String,
    pub variable: String,
    pub unit: String,
    /// Elements, in the order of the values of a frame.
    pub ids: Vec<u32>,
    /// ms of the first frame.
    pub start: f64,
    /// ms between frames.
    pub step: f64,
    /// Frame after frame.
    pub values: Vec<f64>,
    /// The firing threshold, if all elements have the same.
    pub threshold: Option<f64>,
}

impl StateTrace {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.values.len().checked_div(self.ids.len()).unwrap_or(0)
    }

    /// ms of a frame.
    pub fn time(&self, frame: usize) -> f64 {
        self.start + self.step * frame as f64
    }

    /// The value of the element in column `column`.
    pub fn value(&self, frame: usize, column: usize) -> f64 {
        self.values[frame * self.ids.len() + column]
    }
}

impl Recording {
    /// Does a file say that its run came to its end? Nothing else of it is read.
    pub fn says_completed(path: &Path) -> Result<bool, RecordError> {
        let attributes = Input::open(path)?.attributes("/")?;
        Ok(matches!(
            attributes.get("completed"),
            Some(Attribute::Int(1))
        ))
    }

    /// Reads a whole file.
    ///
    /// Understands what [`Recorder`](super::Recorder) writes, also if the run was killed, and SONATA
    /// spike files of other programs in the present and the older layout, sorted or not.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let input = Input::open(path)?;
        let attributes = input.attributes("/")?;
        let known = known_sizes(&attributes);
        let damaged = |reason: String| RecordError::Damaged {
            path: path.into(),
            reason,
        };
        let mut populations = Vec::new();
        let names = input.groups("spikes")?;
        for name in &names {
            let group = format!("spikes/{name}");
            let ids = [format!("{group}/node_ids"), format!("{group}/gids")];
            let times = format!("{group}/timestamps");
            let Some(ids) = ids.iter().find(|d| input.has(d)) else {
                continue;
            };
            if !input.has(&times) {
                continue;
            }
            let own = input.attributes(&group)?;
            let size = match own.get("size") {
                Some(Attribute::Int(n)) => Some(*n),
                _ => known.iter().find(|(n, _)| n == name).map(|(_, s)| *s),
            };
            let (times, ids) = columns(&input, &times, ids)?;
            let mut all =
                population(name, size, own.get("recorded"), times, ids).map_err(damaged)?;
            let labels = format!("{group}/labels");
            if input.has(&labels) {
                all.labels = input.texts(&labels)?;
                // Names for some of the elements only would be names of the wrong ones.
                if all.labels.len() != all.size as usize {
                    all.labels.clear();
                }
            }
            populations.push(all);
        }
        if input.has("spikes/timestamps") {
            for ids in ["spikes/gids", "spikes/node_ids"] {
                if input.has(ids) {
                    let (times, ids) = columns(&input, "spikes/timestamps", ids)?;
                    populations.push(population("all", None, None, times, ids).map_err(damaged)?);
                    break;
                }
            }
        }
        let ours =
            matches!(attributes.get("program"), Some(Attribute::Text(p)) if p == "spikewheel");
        if populations.is_empty() && !ours {
            return Err(RecordError::NoSpikes { path: path.into() });
        }
        // A group that lists a population but lacks its columns is damage, not silence.
        if let Some(lost) = names
            .iter()
            .find(|n| ours && !populations.iter().any(|p| p.name == **n))
        {
            return Err(damaged(format!("the spikes of `{lost}` are missing")));
        }
        let place = |p: &Population| known.iter().position(|(n, _)| *n == p.name);
        populations.sort_by_key(|p| place(p).unwrap_or(usize::MAX));
        let real = |name| match attributes.get(name) {
            Some(Attribute::Real(v)) if v.is_finite() => Some(*v),
            _ => None,
        };
        Ok(Self {
            name: text(&attributes, "name"),
            populations,
            traces: traces(&input)?,
            t_stop: real("t_stop"),
            resolution: real("resolution"),
            completed: match attributes.get("completed") {
                Some(Attribute::Int(v)) => Some(*v != 0),
                _ => None,
            },
            attributes,
        })
    }

    /// The population of that name.
    pub fn population(&self, name: &str) -> Option<&Population> {
        self.populations.iter().find(|p| p.name == name)
    }

    /// Time in ms that the run reached, if it ended in order and the file says so.
    pub fn reached(&self) -> Option<f64> {
        match self.attributes.get("reached") {
            Some(Attribute::Real(t)) if t.is_finite() => Some(*t),
            _ => None,
        }
    }

    /// Time in ms of the last thing that the file knows of: the time that the run reached if it
    /// ended in order, else the last spike or frame.
    pub fn end(&self) -> f64 {
        if let Some(t) = self.reached() {
            return t;
        }
        let spikes = self.populations.iter().filter_map(|p| p.times.last());
        let frames = self
            .traces
            .iter()
            .filter(|t| t.frames() > 0)
            .map(|t| t.time(t.frames() - 1));
        spikes.copied().chain(frames).fold(0.0, f64::max)
    }
}

fn text(attributes: &HashMap<String, Attribute>, name: &str) -> String {
    match attributes.get(name) {
        Some(Attribute::Text(v)) => v.clone(),
        _ => String::new(),
    }
}

fn known_sizes(attributes: &HashMap<String, Attribute>) -> Vec<(String, u64)> {
    match (
        attributes.get("population_names"),
        attributes.get("population_sizes"),
    ) {
        (Some(Attribute::Texts(names)), Some(Attribute::Ints(sizes))) => {
            names.iter().cloned().zip(sizes.iter().copied()).collect()
        }
        _ => Vec::new(),
    }
}

/// Two columns cut to the length of the shorter: a killed writer may have filled only one.
fn columns(input: &Input, times: &str, ids: &str) -> Result<(Vec<f64>, Vec<u64>), RecordError> {
    let (mut times, mut ids) = (input.reals(times)?, input.ints(ids)?);
    let n = times.len().min(ids.len());
    times.truncate(n);
    ids.truncate(n);
    Ok((times, ids))
}

fn population(
    name: &str,
    size: Option<u64>,
    recorded: Option<&Attribute>,
    times: Vec<f64>,
    ids: Vec<u64>,
) -> Result<Population, String> {
    if times.iter().any(|t| !t.is_finite()) {
        return Err(format!(
            "population `{name}` has a spike time that is not a number"
        ));
    }
    let needed = ids.iter().max().map_or(0, |m| m.saturating_add(1));
    let size = u32::try_from(size.unwrap_or(needed))
        .map_err(|_| format!("population `{name}` has ids beyond 32 bits"))?;
    if needed > u64::from(size) {
        return Err(format!(
            "population `{name}` has {size} elements and a spike of element {}",
            needed - 1
        ));
    }
    let ids = ids.into_iter().map(|i| i as u32).collect();
    let mut all = Population::new(name, size, times, ids);
    if let Some(Attribute::Ints(bounds)) = recorded {
        let ranges: Vec<(u32, u32)> = bounds
            .chunks_exact(2)
            .map(|b| (b[0].min(size.into()) as u32, b[1].min(size.into()) as u32))
            .filter(|(a, b)| a < b)
            .collect();
        if ranges.windows(2).all(|w| w[0].1 <= w[1].0) {
            all.recorded = ranges;
        }
    }
    Ok(all)
}

fn sorted(times: Vec<f64>, ids: Vec<u32>) -> (Vec<f64>, Vec<u32>) {
    let key = |i: usize| (times[i], ids[i]);
    let n = times.len().min(ids.len());
    let before = |a: (f64, u32), b: (f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if (1..n).all(|i| before(key(i - 1), key(i)).is_le()) {
        return (times, ids);
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| before(key(a), key(b)));
    (
        order.iter().map(|&i| times[i]).collect(),
        order.iter().map(|&i| ids[i]).collect(),
    )
}

fn traces(input: &Input) -> Result<Vec<StateTrace>, RecordError> {
    let mut all = Vec::new();
    for name in input.groups("report")? {
        let group = format!("report/{name}");
        let values = format!("{group}/values");
        // Reports of others have the rounded block only.
        let dataset = if input.has(&values) {
            values
        } else {
            format!("{group}/data")
        };
        let time = format!("{group}/mapping/time");
        let nodes = format!("{group}/mapping/node_ids");
        if !input.has(&dataset) || !input.has(&time) || !input.has(&nodes) {
            continue;
        }
        let own = input.attributes(&group)?;
        let ids: Vec<u32> = input
            .ints(&nodes)?
            .into_iter()
            .map(|i| u32::try_from(i).unwrap_or(u32::MAX))
            .collect();
        let axis = input.reals(&time)?;
        let (Some(&start), Some(&step)) = (axis.first(), axis.get(2)) else {
            continue;
        };
        let mut values = input.reals(&dataset)?;
        if ids.is_empty() || !start.is_finite() || !(step.is_finite() && step > 0.0) {
            continue;
        }
        values.truncate(values.len() / ids.len() * ids.len());
        let population = match own.get("population") {
            Some(Attribute::Text(p)) => p.clone(),
            _ => name,
        };
        all.push(StateTrace {
            population,
            variable: match own.get("variable") {
                Some(Attribute::Text(v)) => v.clone(),
                _ => "data".into(),
            },
            unit: input.unit(&dataset),
            ids,
            start,
            step,
            values,
            threshold: match own.get("threshold") {
                // One that no potential reaches is that of neurons without threshold.
                Some(Attribute::Real(v)) if v.abs() < 1e100 => Some(*v),
                _ => None,
            },
        });
    }
    Ok(all)
}
