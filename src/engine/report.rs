//! What a run has done and where its time went.

use std::time::{Duration, Instant};

/// Parts of the work of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Deliver,
    Sources,
    Update,
    Record,
    Exchange,
    /// Waiting for the other shards.
    Wait,
}

impl Phase {
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Deliver, "deliver"),
        (Self::Sources, "sources"),
        (Self::Update, "update"),
        (Self::Record, "record"),
        (Self::Exchange, "exchange"),
        (Self::Wait, "wait"),
    ];
}

/// Stop-watches of one shard; they cost nothing unless switched on.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    since: Option<Instant>,
    on: bool,
    spent: [Duration; Phase::ALL.len()],
}

impl Profile {
    pub fn switched(on: bool) -> Self {
        Self {
            on,
            ..Self::default()
        }
    }

    #[inline(always)]
    pub fn begin(&mut self) {
        if self.on {
            self.since = Some(Instant::now());
        }
    }

    /// The time since the last call belongs to `phase`.
    #[inline(always)]
    pub fn end(&mut self, phase: Phase) {
        if self.on {
            let now = Instant::now();
            if let Some(since) = self.since.replace(now) {
                self.spent[phase as usize] += now - since;
            }
        }
    }

    pub fn spent(&self, phase: Phase) -> Duration {
        self.spent[phase as usize]
    }
}

/// How a population was updated.
#[derive(Clone, Debug, PartialEq)]
pub struct RegimeReport {
    pub population: usize,
    /// Ticks during which it was swept, of all ticks run.
    pub swept_ticks: u64,
    /// Expected updates per neuron and tick at the last decision, and the value above which
    /// sweeping is cheaper.
    pub load: f64,
    pub crossover: f64,
    /// The user decided, not the engine.
    pub forced: bool,
}

/// A synapse table of one shard.
#[derive(Clone, Debug, PartialEq)]
pub struct TableReport {
    pub shard: usize,
    pub codec: &'static str,
    pub synapses: u64,
    pub segments: u64,
    pub bytes: usize,
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// XXH3 (64 bits) over (tick u64, global id u64), little-endian, of all spikes in the order
    /// (tick, id).
    pub spike_hash: u64,
    /// The same for the weights of everything that learns, at the end; `None` if nothing does.
    pub weight_hash: Option<u64>,
    /// All spikes, those of sources included.
    pub spikes: u64,
    pub spikes_per_population: Vec<u64>,
    /// Synapses that delivered something.
    pub synaptic_events: u64,
    /// Neurons brought forward: the size of a population for every tick of a sweep, and one for
    /// each entry of a list of visits (an input of each kind that a neuron gets at a tick, or a
    /// wake-up). What a run costs apart from its synaptic events and sources.
    pub neuron_updates: u64,
    /// The last tick that was processed.
    pub reached: u64,
    /// The run was stopped before its end.
    pub stopped: bool,
    pub wall: Duration,
    /// Per shard.
    pub profiles: Vec<Profile>,
    /// Parts in which each shard is gone through (`cells`); 0: it is not cut.
    pub cells: Vec<usize>,
    pub regimes: Vec<RegimeReport>,
    pub tables: Vec<TableReport>,
    /// Windows processed, and their largest length in ticks.
    pub windows: u64,
    pub window: u64,
}
