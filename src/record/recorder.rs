//! The sink that writes a run to its file while the run goes on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::csv::CsvWriter;
use super::error::RecordError;
use super::hdf5_file::{Attribute, Attributes, Output, unfinished};
use super::layout::{Range, layout};
use super::weight_writer::WeightWriter;
use crate::engine::sink::{Sink, WeightOf};
use crate::network::spec::{NetworkSpec, PS_PER_MS};

/// Spikes or values in one batch. Together with `QUEUE` it bounds the memory of a recorder.
const BATCH: usize = 1 << 16;
/// Batches under way before the run waits for the disk.
const QUEUE: usize = 8;
/// Spikes of a population that are collected before they go to the file.
const COLLECT: usize = 1 << 15;
/// The longest that a batch waits in the hands of the run.
const HAND_OVER: Duration = Duration::from_millis(200);

/// What a recorder may do.
#[derive(Clone, Debug)]
pub struct RecordOptions {
    /// Replace an existing file.
    pub overwrite: bool,
    /// Also write the spikes as text to this file.
    pub csv: Option<PathBuf>,
    /// The file for weights; `weights.h5` beside the other unless given.
    pub weights: Option<PathBuf>,
    /// A run that is killed loses at most what the last interval of this length produced.
    pub flush_every: Duration,
    /// Deflate every column. Such a file is much smaller, and h5py reads it, but the
    /// Python package of libsonata does not, because it comes without zlib.
    pub compress: bool,
    /// A recording of the same network that this one goes on with.
    pub continues: Option<Earlier>,
}

/// What a recording begins with: that of an earlier run, up to a tick. It may be the file that is
/// written; then it stands until the new one holds as much.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub spikes: PathBuf,
    pub csv: PathBuf,
    pub weights: PathBuf,
    pub tick: u64,
    /// Spikes of each recorded population that it must hold up to there; empty: that is not known.
    pub recorded: Vec<u64>,
}

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            overwrite: false,
            csv: None,
            weights: None,
            flush_every: Duration::from_secs(2),
            compress: false,
            continues: None,
        }
    }
}

/// What is known of a run only when it ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// The last tick that was processed. A run that stopped short is not marked as completed.
    pub reached: u64,
    /// Hash over all spikes of the run, recorded or not.
    pub spike_hash: Option<u64>,
}

/// Writes spikes and state to one HDF5 file, weights to another if any are recorded, and the spikes to a
/// CSV file on request.
///
/// The file work happens on a thread of its own; a full queue makes the run wait. Dropped without
/// [`finish`](Self::finish), it writes what it has and leaves the file marked as not completed.
pub struct Recorder {
    batch: Batch,
    sent: Instant,
    full: Option<Sender<Message>>,
    empty: Receiver<Batch>,
    failed: Arc<AtomicBool>,
    told: Option<Arc<Mutex<Option<Vec<u64>>>>>,
    thread: Option<JoinHandle<Result<(), RecordError>>>,
}

#[derive(Default)]
struct Batch {
    spikes: Vec<(u64, u32)>,
    /// (recording, tick) of each frame whose values follow one another in `values`.
    frames: Vec<(usize, u64)>,
    values: Vec<f64>,
    /// (recording, tick, number of values) of weight traces, in `trace_values`.
    traces: Vec<(usize, u64, usize)>,
    trace_values: Vec<f64>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.spikes.is_empty() && self.frames.is_empty() && self.traces.is_empty()
    }
    fn clear(&mut self) {
        self.spikes.clear();
        self.frames.clear();
        self.values.clear();
        self.traces.clear();
        self.trace_values.clear();
    }
}

enum Message {
    Batch(Batch),
    /// A part of a snapshot of weights.
    Weights {
        recording: usize,
        tick: u64,
        synapses: Vec<WeightOf>,
        /// Of the whole snapshot.
        total: u64,
        first: bool,
        last: bool,
    },
    Traced(usize, Vec<WeightOf>),
    /// Everything so far is to be on the disk; the answer is how many spikes that are.
    Sync(Sender<Vec<u64>>),
    Finish(Summary),
}

impl Recorder {
    /// Creates the file and starts the thread.
    ///
    /// `definition` is the text of the definition, which is kept in the file.
    pub fn create(
        spec: &NetworkSpec,
        path: &Path,
        definition: &str,
        options: &RecordOptions,
    ) -> Result<Self, RecordError> {
        let weights = (!spec.recording.weights.is_empty()).then(|| {
            let to = options.weights.clone();
            to.unwrap_or_else(|| path.with_file_name("weights.h5"))
        });
        let files = [Some(path), options.csv.as_deref(), weights.as_deref()];
        for file in files.into_iter().flatten() {
            if !options.overwrite && file.exists() {
                return Err(RecordError::Exists { path: file.into() });
            }
        }
        Self::begin(spec, path, weights.as_deref(), definition, options).inspect_err(|_| {
            for file in files.into_iter().flatten() {
                let _ = std::fs::remove_file(unfinished(file));
            }
        })
    }

    fn begin(
        spec: &NetworkSpec,
        path: &Path,
        weights_path: Option<&Path>,
        definition: &str,
        options: &RecordOptions,
    ) -> Result<Self, RecordError> {
        let (layout, ranges) = layout(spec, definition, options.compress)?;
        // Under another name until anybody can open them, and until they hold what they go on with.
        let output = Output::create(path, &layout)?;
        let csv = match &options.csv {
            None => None,
            Some(path) => Some((
                CsvWriter::create(&unfinished(path), true).map_err(|source| {
                    RecordError::Create {
                        path: path.clone(),
                        source,
                    }
                })?,
                path.clone(),
            )),
        };
        let weights = match weights_path {
            None => None,
            Some(to) => {
                let mut root = layout.root.clone();
                root.push(("contents", Attribute::Text("weights".into())));
                Some(WeightWriter::create(spec, to, &root)?)
            }
        };
        let (full, from_run) = bounded(QUEUE);
        let (give_back, empty) = bounded(QUEUE + 1);
        let failed = Arc::new(AtomicBool::new(false));
        let mut writer = Writer {
            output,
            csv,
            weights,
            columns: layout.spikes.iter().map(|_| Columns::default()).collect(),
            widths: layout.reports.iter().map(|r| r.ids.len()).collect(),
            frames: layout.reports.iter().map(|_| (0, Vec::new())).collect(),
            names: layout.spikes.iter().map(|g| g.name.clone()).collect(),
            ranges,
            resolution_ps: spec.resolution_ps,
            duration: spec.duration,
            recorded: vec![0; layout.spikes.len()],
        };
        if let Some(earlier) = &options.continues {
            writer.begin_with(spec, &layout, earlier)?;
        }
        writer.take_names(path, weights_path)?;
        let (flag, every) = (Arc::clone(&failed), options.flush_every);
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || {
                let done = writer.serve(&from_run, &give_back, every);
                if done.is_err() {
                    flag.store(true, Ordering::Release);
                    // The run must not block on a queue that nobody empties.
                    while from_run.recv().is_ok() {}
                }
                done
            })
            .map_err(|source| RecordError::Create {
                path: path.into(),
                source,
            })?;
        Ok(Self {
            batch: Batch::default(),
            sent: Instant::now(),
            full: Some(full),
            empty,
            failed,
            told: None,
            thread: Some(thread),
        })
    }

    /// Has writing failed? The reason comes from [`finish`](Self::finish); until then the run goes
    /// on for nothing and may as well be stopped.
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// The same answer for somebody who does not hold the recorder, such as a progress display.
    pub fn failure_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.failed)
    }

    /// Writes the rest, marks the file as completed if the run was, and closes it.
    pub fn finish(mut self, summary: &Summary) -> Result<(), RecordError> {
        self.hand_over();
        if let Some(full) = self.full.take() {
            // A closed queue means that the thread is gone; joining it says why.
            let _ = full.send(Message::Finish(*summary));
        }
        self.join()
    }

    /// Where what is safe is told at each checkpoint: spikes of each recorded population, or nothing if
    /// writing has failed.
    pub fn tell(&mut self, to: Arc<Mutex<Option<Vec<u64>>>>) {
        self.told = Some(to);
    }

    fn join(&mut self) -> Result<(), RecordError> {
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(done)) => done,
            Some(Err(_)) => Err(RecordError::Thread {
                reason: "it panicked".into(),
            }),
        }
    }

    fn hand_over(&mut self) {
        self.sent = Instant::now();
        if self.batch.is_empty() {
            return;
        }
        let next = self.empty.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        if let Some(full) = &self.full {
            let _ = full.send(Message::Batch(batch));
        }
    }
}

impl Sink for Recorder {
    fn spikes(&mut self, mut spikes: &[(u64, u32)]) {
        while !spikes.is_empty() {
            let n = spikes.len().min(BATCH - self.batch.spikes.len().min(BATCH));
            self.batch.spikes.extend_from_slice(&spikes[..n]);
            spikes = &spikes[n..];
            if self.batch.spikes.len() >= BATCH {
                self.hand_over();
            }
        }
    }

    fn sample(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.batch.frames.push((recording, tick));
        self.batch.values.extend_from_slice(values);
        if self.batch.values.len() >= BATCH {
            self.hand_over();
        }
    }

    fn weights(&mut self, recording: usize, tick: u64, synapses: &[WeightOf]) {
        self.hand_over();
        let Some(full) = &self.full else {
            return;
        };
        // A network without synapses has snapshots, too.
        let parts = synapses.len().div_ceil(BATCH).max(1);
        for part in 0..parts {
            let from = part * BATCH;
            let to = (from + BATCH).min(synapses.len());
            let _ = full.send(Message::Weights {
                recording,
                tick,
                synapses: synapses[from..to].to_vec(),
                total: synapses.len() as u64,
                first: part == 0,
                last: part + 1 == parts,
            });
        }
    }

    fn weight_trace_synapses(&mut self, recording: usize, synapses: &[WeightOf]) {
        self.hand_over();
        if let Some(full) = &self.full {
            let _ = full.send(Message::Traced(recording, synapses.to_vec()));
        }
    }

    fn weight_traces(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.batch.traces.push((recording, tick, values.len()));
        self.batch.trace_values.extend_from_slice(values);
        if self.batch.trace_values.len() + self.batch.traces.len() >= BATCH {
            self.hand_over();
        }
    }

    fn checkpoint(&mut self, _: u64) {
        self.hand_over();
        let (answer, answered) = bounded(1);
        let asked = self.full.as_ref().map(|f| f.send(Message::Sync(answer)));
        let safe = match asked {
            Some(Ok(())) => answered.recv().ok(),
            _ => None,
        };
        if let Some(told) = &self.told {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = safe;
        }
    }

    fn reached(&mut self, _: u64) {
        if self.sent.elapsed() >= HAND_OVER {
            self.hand_over();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.hand_over();
        self.full = None;
        let _ = self.join();
    }
}

#[derive(Default)]
struct Columns {
    ms: Vec<f64>,
    ids: Vec<u32>,
    ticks: Vec<u64>,
}

/// The half that lives on the recorder's thread.
pub(super) struct Writer {
    pub(super) output: Output,
    pub(super) csv: Option<(CsvWriter, PathBuf)>,
    pub(super) weights: Option<WeightWriter>,
    columns: Vec<Columns>,
    pub(super) widths: Vec<usize>,
    /// Tick of the first waiting frame of each recording, and the values that wait.
    frames: Vec<(u64, Vec<f64>)>,
    names: Vec<String>,
    /// Sorted and disjoint.
    ranges: Vec<Range>,
    resolution_ps: u64,
    duration: u64,
    /// Spikes in the file, of each population.
    pub(super) recorded: Vec<u64>,
}

impl Writer {
    fn serve(
        mut self,
        full: &Receiver<Message>,
        empty: &Sender<Batch>,
        every: Duration,
    ) -> Result<(), RecordError> {
        let mut flushed = Instant::now();
        loop {
            match full.recv_timeout(every.saturating_sub(flushed.elapsed())) {
                Ok(Message::Batch(mut batch)) => {
                    self.take(&batch)?;
                    batch.clear();
                    let _ = empty.try_send(batch);
                }
                Ok(Message::Weights {
                    recording,
                    tick,
                    synapses,
                    total,
                    first,
                    last,
                }) => self
                    .weights()?
                    .snapshot(recording, tick, &synapses, total, first, last)?,
                Ok(Message::Traced(recording, synapses)) => {
                    self.weights()?.traced(recording, &synapses)?;
                }
                Ok(Message::Sync(answer)) => {
                    self.sync()?;
                    let _ = answer.send(self.recorded.clone());
                }
                Ok(Message::Finish(summary)) => return self.finish(Some(summary)),
                Err(RecvTimeoutError::Disconnected) => return self.finish(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if flushed.elapsed() >= every {
                self.flush()?;
                flushed = Instant::now();
            }
        }
    }

    fn weights(&mut self) -> Result<&mut WeightWriter, RecordError> {
        self.weights.as_mut().ok_or_else(|| RecordError::Unknown {
            what: "weights".into(),
        })
    }

    pub(super) fn ms(&self, tick: u64) -> f64 {
        ms(tick, self.resolution_ps)
    }

    fn take(&mut self, batch: &Batch) -> Result<(), RecordError> {
        self.take_spikes(&batch.spikes)?;
        let mut at = 0;
        for &(recording, tick) in &batch.frames {
            let Some(&width) = self.widths.get(recording) else {
                return Err(RecordError::Unknown {
                    what: format!("state recording {recording}"),
                });
            };
            let values = batch.values.get(at..at + width).unwrap_or_default();
            at += width;
            let (first, waiting) = &mut self.frames[recording];
            if waiting.is_empty() {
                *first = tick;
            }
            waiting.extend_from_slice(values);
            if waiting.len() >= COLLECT {
                self.write_frames(recording)?;
            }
        }
        let mut at = 0;
        for &(recording, tick, n) in &batch.traces {
            let values = batch.trace_values.get(at..at + n).unwrap_or_default();
            at += n;
            self.weights()?.sample(recording, tick, values)?;
        }
        Ok(())
    }

    /// Ids rise within a tick, so spikes are taken by runs of one range.
    fn take_spikes(&mut self, mut rest: &[(u64, u32)]) -> Result<(), RecordError> {
        while let Some(&(_, id)) = rest.first() {
            let id = u64::from(id);
            let at = self.ranges.partition_point(|r| r.end <= id);
            let Some(&range) = self.ranges.get(at).filter(|r| r.start <= id) else {
                // Up to the next range, or to the next tick.
                let next = self.ranges.get(at).map_or(u64::MAX, |r| r.start);
                let skip = |&(_, i): &(u64, u32)| u64::from(i) >= id && u64::from(i) < next;
                let n = rest.iter().take_while(|s| skip(s)).count();
                rest = &rest[n..];
                continue;
            };
            let room = COLLECT - self.columns[range.column].ids.len();
            let inside = |&(_, i): &(u64, u32)| (range.start..range.end).contains(&u64::from(i));
            let n = rest.iter().take(room).take_while(|s| inside(s)).count();
            let (run, after) = rest.split_at(n);
            rest = after;
            let resolution = self.resolution_ps;
            let to = &mut self.columns[range.column];
            to.ticks.extend(run.iter().map(|s| s.0));
            // A population begins at an id of 32 bits.
            to.ids.extend(run.iter().map(|s| s.1 - range.offset as u32));
            to.ms.extend(run.iter().map(|s| ms(s.0, resolution)));
            if let Some((csv, path)) = &mut self.csv {
                for &(tick, id) in run {
                    csv.spike(
                        ms(tick, resolution),
                        &self.names[range.column],
                        u64::from(id) - range.offset,
                    )
                    .map_err(|e| text_failed(path, &e))?;
                }
            }
            if self.columns[range.column].ids.len() >= COLLECT {
                self.write_spikes(range.column)?;
            }
        }
        Ok(())
    }

    fn write_spikes(&mut self, column: usize) -> Result<(), RecordError> {
        let c = &mut self.columns[column];
        if c.ids.is_empty() {
            return Ok(());
        }
        self.output.spikes(column, &c.ms, &c.ids, &c.ticks)?;
        self.recorded[column] += c.ids.len() as u64;
        c.ms.clear();
        c.ids.clear();
        c.ticks.clear();
        Ok(())
    }

    fn write_frames(&mut self, recording: usize) -> Result<(), RecordError> {
        let first = self.ms(self.frames[recording].0);
        let values = &mut self.frames[recording].1;
        if !values.is_empty() {
            self.output.frames(recording, first, values)?;
            values.clear();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), RecordError> {
        for column in 0..self.columns.len() {
            self.write_spikes(column)?;
        }
        for recording in 0..self.frames.len() {
            self.write_frames(recording)?;
        }
        if let Some(weights) = &mut self.weights {
            weights.flush()?;
        }
        if let Some((csv, path)) = &mut self.csv {
            csv.flush().map_err(|e| text_failed(path, &e))?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), RecordError> {
        self.flush()?;
        self.output.sync()?;
        if let Some(weights) = &mut self.weights {
            weights.sync()?;
        }
        if let Some((csv, path)) = &mut self.csv {
            csv.sync().map_err(|e| text_failed(path, &e))?;
        }
        Ok(())
    }

    /// Gives the files their names. From here on they hold at least what those held that they replace.
    fn take_names(&mut self, path: &Path, weights: Option<&Path>) -> Result<(), RecordError> {
        self.sync()?;
        let rename = |path: &Path| {
            std::fs::rename(unfinished(path), path).map_err(|source| RecordError::Create {
                path: path.into(),
                source,
            })
        };
        if let Some(path) = weights {
            rename(path)?;
        }
        if let Some((_, path)) = &self.csv {
            rename(path)?;
        }
        rename(path)
    }

    fn finish(mut self, summary: Option<Summary>) -> Result<(), RecordError> {
        self.flush()?;
        let mut last: Attributes = vec![(
            "recorded_spikes",
            Attribute::Int(self.recorded.iter().sum()),
        )];
        if let Some(s) = summary {
            last.push(("reached_ticks", Attribute::Int(s.reached)));
            last.push(("reached", Attribute::Real(self.ms(s.reached))));
            if let Some(hash) = s.spike_hash {
                last.push(("spike_hash", Attribute::Text(format!("{hash:016x}"))));
            }
            let whole = s.reached >= self.duration;
            last.push(("completed", Attribute::Word(u32::from(whole))));
        }
        if let Some(weights) = self.weights {
            weights.finish(&last)?;
        }
        self.output.finish(&last)
    }
}

/// The product is exact, so that tick 3 of 0.1 ms reads 0.3 and not 0.30000000000000004.
pub(super) fn ms(tick: u64, resolution_ps: u64) -> f64 {
    // Few runs are so long that the product takes more than 64 bits.
    let long = || (u128::from(tick) * u128::from(resolution_ps)) as f64;
    tick.checked_mul(resolution_ps)
        .map_or_else(long, |ps| ps as f64)
        / PS_PER_MS
}

fn text_failed(path: &Path, e: &std::io::Error) -> RecordError {
    RecordError::Write {
        path: path.into(),
        reason: e.to_string(),
    }
}
