//! What the engine hands out while it runs. The engine does no I/O: a sink decides what to do.

/// Receives what a run produces, in order, from one thread at a time.
///
/// Calls come at window boundaries. A sink that is slow slows the run, so recorders that write
/// files hand the data to a thread of their own. What a sink does never changes a result.
pub trait Sink: Send {
    /// All spikes of a window in the order (tick, global id), also those nobody asked to record.
    fn spikes(&mut self, spikes: &[(u64, u32)]);

    /// One sample of one recorded slice: `values[i]` belongs to neuron `slice.start + i`, after
    /// tick `tick`. `recording` indexes `RecordingSpec::state`. Samples of one recording come in
    /// time order and whole.
    fn sample(&mut self, recording: usize, tick: u64, values: &[f64]);

    /// Everything up to and including `tick` has been handed over.
    fn reached(&mut self, tick: u64);

    /// All synapses of the statement that `RecordingSpec::weights[recording]` names, sorted by source,
    /// target and delay: once for each tick of its `at`, in order, and whole. Tick 0 is before the run.
    fn weights(&mut self, _recording: usize, _tick: u64, _synapses: &[WeightOf]) {}

    /// Which synapses the traces of `recording` follow: once, before their first values.
    fn weight_trace_synapses(&mut self, _recording: usize, _synapses: &[WeightOf]) {}

    /// Their weights after `tick`, in that order; in time order and whole.
    fn weight_traces(&mut self, _recording: usize, _tick: u64, _values: &[f64]) {}

    /// The state of the run is kept at the end of `tick`, up to which everything has been handed over.
    /// Whoever wants to go on from there makes sure that it is safe before this returns.
    fn checkpoint(&mut self, _tick: u64) {}
}

/// A synapse with the weight that it has at some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightOf {
    /// Global ids.
    pub source: u32,
    pub target: u32,
    /// Ticks.
    pub delay: u64,
    /// Canonical unit of the target's input.
    pub weight: f64,
}

/// Drops everything.
#[derive(Debug, Default)]
pub struct NullSink;

impl Sink for NullSink {
    fn spikes(&mut self, _: &[(u64, u32)]) {}
    fn sample(&mut self, _: usize, _: u64, _: &[f64]) {}
    fn reached(&mut self, _: u64) {}
}

/// Keeps everything in memory: for tests and for programs that use the library.
#[derive(Debug, Default)]
pub struct MemorySink {
    /// (tick, global id) in this order.
    pub spikes: Vec<(u64, u32)>,
    /// (recording, tick, values).
    pub samples: Vec<(usize, u64, Vec<f64>)>,
    /// (recording, tick, synapses).
    pub weights: Vec<(usize, u64, Vec<WeightOf>)>,
    /// (recording, synapses).
    pub traced: Vec<(usize, Vec<WeightOf>)>,
    /// (recording, tick, weights).
    pub traces: Vec<(usize, u64, Vec<f64>)>,
    pub reached: u64,
}

impl Sink for MemorySink {
    fn spikes(&mut self, spikes: &[(u64, u32)]) {
        self.spikes.extend_from_slice(spikes);
    }
    fn sample(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.samples.push((recording, tick, values.to_vec()));
    }
    fn reached(&mut self, tick: u64) {
        self.reached = tick;
    }
    fn weights(&mut self, recording: usize, tick: u64, synapses: &[WeightOf]) {
        self.weights.push((recording, tick, synapses.to_vec()));
    }
    fn weight_trace_synapses(&mut self, recording: usize, synapses: &[WeightOf]) {
        self.traced.push((recording, synapses.to_vec()));
    }
    fn weight_traces(&mut self, recording: usize, tick: u64, values: &[f64]) {
        self.traces.push((recording, tick, values.to_vec()));
    }
}
