//! Weights on their way to the file: ids within populations, one edge population for each pair of
//! populations and snapshot.

use std::path::Path;

use super::error::RecordError;
use super::hdf5_file::{Attribute, Attributes};
use super::weights_hdf5::{Edges, Rows, Traced, Traces, WeightOutput};
use crate::engine::sink::WeightOf;
use crate::network::spec::{NetworkSpec, PS_PER_MS, PopulationKind, WeightRecording};

/// Values of traces that are collected before they go to the file.
const COLLECT: usize = 1 << 15;

/// Writes what the weight recordings of a network give.
pub(super) struct WeightWriter {
    output: WeightOutput,
    resolution_ps: u64,
    duration: u64,
    /// Name and global id of the first element of each population, and the total.
    populations: Vec<(String, u64)>,
    recordings: Vec<One>,
}

/// A recording.
struct One {
    name: String,
    attributes: Attributes,
    unit: String,
    /// Pairs of populations that the projection connects.
    pairs: Vec<(usize, usize)>,
    /// The snapshot under way: one for each of `pairs`.
    open: Vec<Edges>,
    traces: Option<Trace>,
}

struct Trace {
    to: Traces,
    times: Vec<f64>,
    values: Vec<f64>,
}

impl WeightWriter {
    /// Creates the file; `root` is what it says of the run.
    pub(super) fn create(
        spec: &NetworkSpec,
        path: &Path,
        root: &Attributes,
    ) -> Result<Self, RecordError> {
        let names = spec.populations.iter().map(|p| p.name.clone());
        let names = names.chain([String::new()]);
        let recordings = spec
            .recording
            .weights
            .iter()
            .map(|r| One::new(spec, r))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            output: WeightOutput::create(path, root)?,
            resolution_ps: spec.resolution_ps,
            duration: spec.duration,
            populations: names.zip(spec.offsets()).collect(),
            recordings,
        })
    }

    fn ms(&self, tick: u64) -> f64 {
        (u128::from(tick) * u128::from(self.resolution_ps)) as f64 / PS_PER_MS
    }

    /// What a snapshot is called: `start`, `end`, `300ms`, `2.5s`.
    fn label(&self, tick: u64) -> String {
        if tick == 0 {
            return "start".into();
        }
        if tick == self.duration {
            return "end".into();
        }
        let ms = self.ms(tick);
        if ms >= 1000.0 {
            let ps = u128::from(tick) * u128::from(self.resolution_ps);
            format!("{}s", ps as f64 / (PS_PER_MS * 1e3))
        } else {
            format!("{ms}ms")
        }
    }

    /// Population and element of a global id.
    fn element(&self, id: u32) -> (usize, u64) {
        let id = u64::from(id);
        let last = self.populations.len() - 1;
        let at = self.populations[..last].partition_point(|(_, first)| *first <= id);
        let at = at.saturating_sub(1);
        (at, id - self.populations[at].1)
    }

    fn recording(&mut self, recording: usize) -> Result<&mut One, RecordError> {
        self.recordings
            .get_mut(recording)
            .ok_or_else(|| RecordError::Unknown {
                what: format!("weight recording {recording}"),
            })
    }

    /// A part of a snapshot of `total` synapses. `first` begins it and `last` ends it.
    pub(super) fn snapshot(
        &mut self,
        recording: usize,
        tick: u64,
        synapses: &[WeightOf],
        total: u64,
        first: bool,
        last: bool,
    ) -> Result<(), RecordError> {
        self.recording(recording)?;
        if first {
            self.begin(recording, tick, total)?;
        }
        let pairs = self.recordings[recording].pairs.clone();
        let mut rows = Rows::default();
        // Sources ascend, so that parts of one pair mostly lie together.
        let mut at = 0;
        let mut open = std::mem::take(&mut self.recordings[recording].open);
        while at < synapses.len() {
            let pair_of = |s: &WeightOf| (self.element(s.source).0, self.element(s.target).0);
            let pair = pair_of(&synapses[at]);
            rows.clear();
            while let Some(s) = synapses.get(at).filter(|s| pair_of(s) == pair) {
                rows.source.push(self.element(s.source).1);
                rows.target.push(self.element(s.target).1);
                rows.weight.push(s.weight);
                rows.delay.push(self.ms(s.delay));
                at += 1;
            }
            let to = pairs.iter().position(|p| *p == pair);
            let Some(to) = to.and_then(|k| open.get_mut(k)) else {
                return Err(RecordError::Unknown {
                    what: format!(
                        "synapses from `{}` to `{}`",
                        self.populations[pair.0].0, self.populations[pair.1].0
                    ),
                });
            };
            self.output.append(to, &rows)?;
        }
        if last {
            for edges in open {
                self.output.end(edges)?;
            }
        } else {
            self.recordings[recording].open = open;
        }
        Ok(())
    }

    fn begin(&mut self, recording: usize, tick: u64, total: u64) -> Result<(), RecordError> {
        let label = self.label(tick);
        let one = &self.recordings[recording];
        let mut open = Vec::with_capacity(one.pairs.len());
        for &(from, to) in &one.pairs {
            let ends = [&self.populations[from].0, &self.populations[to].0];
            let name = if one.pairs.len() == 1 {
                format!("{}.{label}", one.name)
            } else {
                format!("{}.{}_to_{}.{label}", one.name, ends[0], ends[1])
            };
            let mut attributes = one.attributes.clone();
            attributes.extend([
                ("snapshot", Attribute::Text(label.clone())),
                ("tick", Attribute::Int(tick)),
                ("time", Attribute::Real(self.ms(tick))),
                // Readers that count ids within whatever they connect have to know.
                ("ids", Attribute::Text("population".into())),
            ]);
            let ends = [ends[0].as_str(), ends[1].as_str()];
            open.push(
                self.output
                    .begin(&name, total, &attributes, ends, &one.unit)?,
            );
        }
        self.recordings[recording].open = open;
        Ok(())
    }

    /// Which synapses the traces of a recording follow.
    pub(super) fn traced(
        &mut self,
        recording: usize,
        synapses: &[WeightOf],
    ) -> Result<(), RecordError> {
        self.recording(recording)?;
        let mut of = Traced {
            rows: Rows::default(),
            source_population: Vec::new(),
            target_population: Vec::new(),
        };
        for s in synapses {
            let ((from, source), (to, target)) = (self.element(s.source), self.element(s.target));
            of.rows.source.push(source);
            of.rows.target.push(target);
            of.rows.delay.push(self.ms(s.delay));
            of.source_population.push(self.populations[from].0.clone());
            of.target_population.push(self.populations[to].0.clone());
        }
        let one = &mut self.recordings[recording];
        let to = self
            .output
            .begin_traces(&one.name, &one.attributes, &of, &one.unit)?;
        one.traces = Some(Trace {
            to,
            times: Vec::new(),
            values: Vec::new(),
        });
        Ok(())
    }

    /// Weights of the traced synapses after a tick.
    pub(super) fn sample(
        &mut self,
        recording: usize,
        tick: u64,
        values: &[f64],
    ) -> Result<(), RecordError> {
        let ms = self.ms(tick);
        let Some(trace) = &mut self.recording(recording)?.traces else {
            return Err(RecordError::Unknown {
                what: format!("traces of weight recording {recording}"),
            });
        };
        trace.times.push(ms);
        trace.values.extend_from_slice(values);
        if trace.values.len() + trace.times.len() >= COLLECT {
            self.flush_one(recording)?;
        }
        Ok(())
    }

    fn flush_one(&mut self, recording: usize) -> Result<(), RecordError> {
        if let Some(trace) = &mut self.recordings[recording].traces {
            self.output
                .samples(&mut trace.to, &trace.times, &trace.values)?;
            trace.times.clear();
            trace.values.clear();
        }
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) -> Result<(), RecordError> {
        for recording in 0..self.recordings.len() {
            self.flush_one(recording)?;
        }
        Ok(())
    }

    /// What has come is on the disk when this returns.
    pub(super) fn sync(&mut self) -> Result<(), RecordError> {
        self.flush()?;
        self.output.sync()
    }

    /// Closes the file.
    pub(super) fn finish(mut self, last: &[(&str, Attribute)]) -> Result<(), RecordError> {
        self.flush()?;
        self.recordings.clear();
        self.output.finish(last)
    }
}

impl One {
    fn new(spec: &NetworkSpec, r: &WeightRecording) -> Result<Self, RecordError> {
        if r.name.is_empty() || r.name.starts_with('.') || r.name.contains(['/', '\0']) {
            return Err(RecordError::Name {
                name: r.name.clone(),
            });
        }
        let unknown = || RecordError::Unknown {
            what: format!("projection {}", r.projection),
        };
        let p = spec.projections.get(r.projection).ok_or_else(unknown)?;
        let mut pairs = Vec::new();
        for from in &p.from {
            for to in &p.to {
                let pair = (from.population, to.population);
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        let dimension =
            p.to.iter()
                .find_map(|s| match &spec.populations.get(s.population)?.kind {
                    PopulationKind::Neurons(n) => n.model.def().weight,
                    PopulationKind::Source(_) => None,
                });
        let unit = dimension.map_or_else(String::new, crate::units::Dimension::canonical_unit);
        let mut attributes: Attributes = vec![
            ("recording", Attribute::Text(r.name.clone())),
            ("projection", Attribute::Int(r.projection as u64)),
            ("unit", Attribute::Text(unit.clone())),
        ];
        let learning = p.plasticity.as_ref().and_then(|p| p.learning.as_ref());
        if let Some(learning) = learning {
            let (low, high) = learning.rule.weight_bounds();
            let name = learning.rule.rule.def().name;
            attributes.push(("rule", Attribute::Text(name.into())));
            for (name, bound) in [("lower", low), ("upper", high)] {
                if bound.is_finite() {
                    attributes.push((name, Attribute::Real(bound)));
                }
            }
        }
        Ok(Self {
            name: r.name.clone(),
            attributes,
            unit,
            pairs,
            open: Vec::new(),
            traces: None,
        })
    }
}
