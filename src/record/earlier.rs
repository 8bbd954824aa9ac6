//! The beginning of a recording that goes on: what an earlier one holds up to a tick, copied part by part.
//!
//! What the earlier recording holds beyond that tick is left behind: the run makes it anew, with the same
//! bits.

use std::fs::File;
use std::io::{BufRead, BufReader};

use super::error::RecordError;
use super::hdf5_file::{Input, Layout};
use super::recorder::{Earlier, Writer};
use super::weights::{SavedSynapse, Weights};
use crate::engine::sink::WeightOf;
use crate::network::spec::{NetworkSpec, PS_PER_MS};

/// Elements that are copied at a time.
const PART: u64 = 1 << 16;

impl Writer {
    /// Fills the empty files with the beginning.
    pub(super) fn begin_with(
        &mut self,
        spec: &NetworkSpec,
        layout: &Layout,
        earlier: &Earlier,
    ) -> Result<(), RecordError> {
        if earlier.tick == 0 {
            return Ok(());
        }
        let input = Input::open(&earlier.spikes)?;
        for (column, group) in layout.spikes.iter().enumerate() {
            self.copy_spikes(column, &group.name, &input, earlier)?;
        }
        for (at, (report, state)) in layout.reports.iter().zip(&spec.recording.state).enumerate() {
            self.copy_frames(at, &report.name, state.every, &input, earlier)?;
        }
        if self.csv.is_some() {
            self.copy_text(earlier)?;
        }
        if self.weights.is_some() {
            self.copy_weights(spec, earlier)?;
        }
        Ok(())
    }

    fn copy_spikes(
        &mut self,
        column: usize,
        name: &str,
        input: &Input,
        earlier: &Earlier,
    ) -> Result<(), RecordError> {
        let dataset = |which: &str| format!("spikes/{name}/{which}");
        let (ids, ticks) = (dataset("node_ids"), dataset("ticks"));
        let all = input.len(&ids)?.min(input.len(&ticks)?);
        let mut at = 0;
        while at < all {
            let n = PART.min(all - at);
            let mut tick = input.ints_in(&ticks, at, n)?;
            let id = input.ints_in(&ids, at, n)?;
            let kept = tick.partition_point(|t| *t <= earlier.tick);
            tick.truncate(kept);
            let id: Result<Vec<u32>, _> = id.into_iter().take(kept).map(u32::try_from).collect();
            let id = id.map_err(|_| lacks(earlier, &format!("the ids of `{name}`")))?;
            let ms: Vec<f64> = tick.iter().map(|t| self.ms(*t)).collect();
            if !ms.is_empty() {
                self.output.spikes(column, &ms, &id, &tick)?;
                self.recorded[column] += kept as u64;
            }
            if (kept as u64) < n {
                break;
            }
            at += n;
        }
        match earlier.recorded.get(column) {
            Some(wanted) if *wanted != self.recorded[column] => {
                Err(lacks(earlier, &format!("the spikes of `{name}`")))
            }
            _ => Ok(()),
        }
    }

    fn copy_frames(
        &mut self,
        at: usize,
        name: &str,
        every: u64,
        input: &Input,
        earlier: &Earlier,
    ) -> Result<(), RecordError> {
        let every = every.max(1);
        let (frames, width) = (earlier.tick / every, self.widths[at] as u64);
        let values = format!("report/{name}/values");
        if input.len(&values)? < frames * width {
            return Err(lacks(earlier, &format!("the frames of `{name}`")));
        }
        let first = self.ms(every);
        let part = (PART / width.max(1)).max(1);
        let mut frame = 0;
        while frame < frames && width > 0 {
            let n = part.min(frames - frame);
            let part = input.reals_in(&values, frame * width, n * width)?;
            self.output.frames(at, first, &part)?;
            frame += n;
        }
        Ok(())
    }

    fn copy_text(&mut self, earlier: &Earlier) -> Result<(), RecordError> {
        let last = self.ms(earlier.tick);
        let open = |source| RecordError::Open {
            path: earlier.csv.clone(),
            source,
        };
        let Some((csv, path)) = &mut self.csv else {
            return Ok(());
        };
        let from = BufReader::new(File::open(&earlier.csv).map_err(open)?);
        for line in from.lines().skip(1) {
            let line = line.map_err(open)?;
            let time = line.split(' ').next().and_then(|t| t.parse::<f64>().ok());
            if time.is_none_or(|t| t > last) {
                break;
            }
            csv.line(&line).map_err(|e| RecordError::Write {
                path: path.clone(),
                reason: e.to_string(),
            })?;
        }
        Ok(())
    }

    fn copy_weights(&mut self, spec: &NetworkSpec, earlier: &Earlier) -> Result<(), RecordError> {
        let old = Weights::open(&earlier.weights)?;
        let offsets = spec.offsets();
        let ticks = |ms: f64| (ms * PS_PER_MS / spec.resolution_ps as f64).round() as u64;
        let id = |(population, element): &(String, u32)| {
            let p = spec.population(population);
            p.map_or(u32::MAX, |p| offsets[p] as u32 + element)
        };
        let synapse = |s: SavedSynapse| WeightOf {
            source: id(&s.source),
            target: id(&s.target),
            delay: ticks(s.delay),
            weight: s.weight,
        };
        let last = self.ms(earlier.tick);
        for (k, recording) in spec.recording.weights.iter().enumerate() {
            let Some(writer) = &mut self.weights else {
                return Ok(());
            };
            let wanted = recording.at.iter().filter(|t| **t <= earlier.tick);
            let there = old.recording(&recording.name);
            for tick in wanted {
                let snapshot = there.and_then(|r| r.snapshots.iter().find(|s| s.tick == *tick));
                let Some(snapshot) = snapshot else {
                    let what = format!("weights of `{}` at tick {tick}", recording.name);
                    return Err(lacks(earlier, &what));
                };
                let all = old.synapses(snapshot)?;
                let mut all: Vec<WeightOf> = all.into_iter().map(synapse).collect();
                all.sort_by_key(|w| (w.source, w.target, w.delay));
                writer.snapshot(k, *tick, &all, all.len() as u64, true, true)?;
            }
            let traces = there.and_then(|r| r.traces.as_ref());
            if let (Some(_), Some(traces)) = (&recording.traces, traces) {
                let n = traces.synapses.len();
                let all: Vec<WeightOf> = traces.synapses.iter().cloned().map(synapse).collect();
                writer.traced(k, &all)?;
                for (s, ms) in traces
                    .times
                    .iter()
                    .enumerate()
                    .filter(|(_, ms)| **ms <= last)
                {
                    writer.sample(k, ticks(*ms), &traces.values[s * n..(s + 1) * n])?;
                }
            }
        }
        Ok(())
    }
}

fn lacks(earlier: &Earlier, what: &str) -> RecordError {
    RecordError::Damaged {
        path: earlier.spikes.clone(),
        reason: format!("it does not hold {what} up to the checkpoint"),
    }
}
