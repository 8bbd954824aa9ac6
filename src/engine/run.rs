//! The window schedule: how shards advance together.
//!
//! ```text
//! window w:   process   every shard, alone: ticks start .. end, spikes to its own list [w & 1]
//!             barrier   after it, all lists of w are complete
//!             exchange  every shard reads all lists of w, in shard order (= order of ids), and
//!                       queues what its rows make of them; all decide the next window alike
//! ```
//!
//! What holds:
//! - a window is no longer than the shortest delay, so nothing sent in it arrives in it: during
//!   `process` shards need nothing from each other;
//! - lists are double-buffered by the parity of the window: list [w & 1] is written again in
//!   w + 2, after the barrier of w + 1, which no shard reaches before it has read the list of w;
//! - on entry to `process` every spike of a tick before `start` is in the queues;
//! - windows end at the ticks at which the regime is decided, and nothing else about the cut into
//!   windows enters a result. If a window brought no spike, the next one starts at the first tick
//!   at which any shard has anything to do: silence costs nothing;
//! - a checkpoint is taken between two windows, when every spike is in the queues and nothing waits
//!   anywhere else; shards hand out their parts one after the other.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::barrier::{Barrier, Poisoned};
use super::keep::{Done, Keeper, Rest};
use super::outboxes::{Boxes, Outboxes, read};
use super::report::{Phase, Profile, RunReport, TableReport};
use super::shard::{Emitted, Sample, Shard};
use super::sink::Sink;
use super::sync::RwLockReadGuard;
use super::weights::{self, WeightPlan};
use crate::network::{Network, NetworkOf};
use crate::neuron::real::Real;
use crate::synapse::keep::Common;

/// How a run is watched and stopped from outside.
#[derive(Debug, Default)]
pub struct Control {
    /// Set it and the run ends with the present window.
    pub stop: AtomicBool,
    /// The last tick that is complete; written by the run.
    pub tick: AtomicU64,
    /// Spikes so far; written by the run.
    pub spikes: AtomicU64,
    /// Measure where the time goes.
    pub profile: bool,
}

/// When the state of a run is kept, and where. It is also kept when the run ends, stopped or not. That
/// changes no result.
pub struct Checkpoints<'a> {
    /// Ticks from one to the next.
    pub every: Option<u64>,
    /// Wall time from one to the next.
    pub every_wall: Option<Duration>,
    pub keeper: &'a mut dyn Keeper,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("a worker thread failed: {0}")]
    Worker(String),
}

/// Runs a network to the end of its duration, or until `control.stop`; from the beginning, or from
/// where the state that it has taken back was kept.
pub fn run(
    network: Network,
    sink: &mut dyn Sink,
    control: &Control,
) -> Result<RunReport, RunError> {
    run_kept(network, sink, control, None)
}

/// `run` with checkpoints.
pub fn run_kept(
    network: Network,
    sink: &mut dyn Sink,
    control: &Control,
    checkpoints: Option<Checkpoints<'_>>,
) -> Result<RunReport, RunError> {
    match network {
        Network::Double(n) => run_shards(n, sink, control, checkpoints),
        Network::Single(n) => run_shards(n, sink, control, checkpoints),
    }
}

/// What a shard leaves for the others at the end of a window.
#[derive(Debug, Default)]
struct Outbox {
    spikes: Vec<Emitted>,
    samples: Vec<Sample>,
    /// First tick at which this shard has something to do, if nothing is sent to it.
    next_event: Option<u64>,
    /// Only shard 0 decides about stopping, and about checkpoints by wall time.
    stop: bool,
    keep: bool,
}

/// Everything that the workers share.
struct Shared<'a> {
    outboxes: Outboxes<Outbox>,
    barrier: Barrier,
    /// Weights that are wanted, by shard.
    weights: Vec<Mutex<weights::Part>>,
    /// The state that is being put together, and who receives it.
    keeping: Option<Mutex<(&'a mut dyn Keeper, Rest)>>,
    panic: Mutex<Option<String>>,
}

/// The parts of a run that only shard 0 handles: hash, recording, progress.
struct Ledger<'a> {
    sink: &'a mut dyn Sink,
    control: &'a Control,
    batch: Vec<(u64, u32)>,
    /// The same as it is hashed: tick and id of each spike, little-endian.
    words: Vec<[u64; 2]>,
    /// Values of the samples of one tick of one recording, put together from the shards.
    row: Vec<f64>,
    rows: Vec<(u64, usize, usize, usize, usize)>,
    done: Done,
    /// Spikes of the last ticks, as many as the longest delay has, if states are kept.
    recent: Option<VecDeque<(u64, u32)>>,
    /// When a checkpoint by wall time is due, and the time from one to the next.
    wall: Option<(Instant, Duration)>,
}

fn run_shards<R: Real>(
    network: NetworkOf<R>,
    sink: &mut dyn Sink,
    control: &Control,
    checkpoints: Option<Checkpoints<'_>>,
) -> Result<RunReport, RunError> {
    let started = Instant::now();
    let NetworkOf {
        mut shards,
        mut plan,
        start,
        ..
    } = network;
    let n = shards.len();
    let (mut keeping, mut wall) = (None, None);
    if let Some(Checkpoints {
        every,
        every_wall,
        keeper,
    }) = checkpoints
    {
        plan.checkpoint_every = every;
        wall = every_wall.map(|every| (Instant::now() + every, every));
        keeping = Some(Mutex::new((keeper, Rest::default())));
    }
    plan.goes_on_after = start.as_ref().map(|s| s.0);
    let shared = Shared {
        outboxes: Outboxes::new(n),
        barrier: Barrier::new(n),
        weights: (0..n).map(|_| Mutex::default()).collect(),
        keeping,
        panic: Mutex::new(None),
    };
    let mut ledger = Ledger {
        sink,
        control,
        batch: Vec::new(),
        words: Vec::new(),
        row: Vec::new(),
        rows: Vec::new(),
        recent: shared
            .keeping
            .is_some()
            .then(|| plan.recent.drain(..).collect()),
        wall,
        done: start.map_or_else(
            || Done {
                per_population: vec![0; plan.offsets.len() - 1],
                ..Done::default()
            },
            |s| s.1,
        ),
    };
    for shard in &mut shards {
        shard.profile = Profile::switched(control.profile);
        if plan.goes_on_after.is_none() {
            shard.prepare();
        }
    }
    let mut reached = 0;
    let mut first = None;
    let mut rest = shards.iter_mut().enumerate();
    if let Some((_, shard)) = rest.next() {
        first = Some(shard);
    }
    let scope = crossbeam::thread::scope(|scope| {
        for (k, shard) in rest {
            let (shared, plan) = (&shared, &plan);
            scope.spawn(move |_| guarded(shared, || work(k, shard, plan, shared, None)));
        }
        if let Some(shard) = first {
            reached = guarded(&shared, || {
                work(0, shard, &plan, &shared, Some(&mut ledger))
            });
        }
    });
    let failed = shared
        .panic
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(message) = failed {
        return Err(RunError::Worker(message));
    }
    if scope.is_err() {
        return Err(RunError::Worker("unknown cause".into()));
    }
    for shard in &mut shards {
        shard.tell_before(reached + 1);
    }
    let tables = shards
        .iter()
        .enumerate()
        .flat_map(|(shard, s)| {
            let tables = s.tables.iter().map(move |t| TableReport {
                shard,
                codec: t.codec.name(),
                synapses: t.rows.synapses(),
                segments: t.rows.segments(),
                bytes: t.bytes(),
            });
            tables.chain(s.learners.iter().map(move |l| TableReport {
                shard,
                codec: "plastic",
                synapses: l.rows.synapses(),
                segments: l.rows.segments(),
                bytes: l.bytes(),
            }))
        })
        .collect();
    let done = ledger.done;
    Ok(RunReport {
        spike_hash: done.hash.digest(),
        weight_hash: weights::hash(&shards, reached),
        spikes: done.spikes,
        spikes_per_population: done.per_population,
        synaptic_events: done.delivered + shards.iter().map(|s| s.delivered).sum::<u64>(),
        neuron_updates: done.updated + shards.iter().map(|s| s.updated).sum::<u64>(),
        reached,
        stopped: reached < plan.duration,
        wall: started.elapsed(),
        regimes: shards
            .first()
            .map(|s| s.regime.report(reached))
            .unwrap_or_default(),
        cells: (shards.iter())
            .map(|s| s.cells.as_ref().map_or(0, |c| c.len()))
            .collect(),
        profiles: shards.into_iter().map(|s| s.profile).collect(),
        tables,
        windows: done.windows,
        window: plan.window,
    })
}

/// Runs a worker; if it panics, the others are sent home and the message is kept.
fn guarded(shared: &Shared<'_>, work: impl FnOnce() -> Result<u64, Poisoned>) -> u64 {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(reached)) => reached,
        Ok(Err(Poisoned)) => 0,
        Err(cause) => {
            let message = cause
                .downcast_ref::<&str>()
                .map(|s| (*s).to_string())
                .or_else(|| cause.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "a panic without a message".into());
            if let Ok(mut slot) = shared.panic.lock() {
                slot.get_or_insert(message);
            }
            shared.barrier.poison();
            0
        }
    }
}

/// The part of the network that every worker knows.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Last tick of the run.
    pub duration: u64,
    /// Longest window in ticks: the shortest delay, or less for the sake of responsiveness.
    pub window: u64,
    /// First global id of each population, and the total.
    pub offsets: Vec<u64>,
    /// Length of each recorded slice of state.
    pub recordings: Vec<usize>,
    /// Recordings of weights.
    pub weights: Vec<WeightPlan>,
    /// Longest delay in ticks.
    pub longest: u64,
    /// Ticks between checkpoints, if any are taken by simulated time.
    pub checkpoint_every: Option<u64>,
    /// The last tick that was done before this run; `None`: it begins at the beginning.
    pub goes_on_after: Option<u64>,
    /// Spikes that were under way then.
    pub recent: Vec<(u64, u32)>,
}

impl Plan {
    /// Elements of each population.
    pub fn sizes(&self) -> Vec<u64> {
        self.offsets.windows(2).map(|w| w[1] - w[0]).collect()
    }
}

/// One worker: returns the last complete tick.
fn work<R: Real>(
    me: usize,
    shard: &mut Shard<R>,
    plan: &Plan,
    shared: &Shared<'_>,
    mut ledger: Option<&mut Ledger<'_>>,
) -> Result<u64, Poisoned> {
    let before = plan.goes_on_after.unwrap_or(0);
    let mut start = before + 1;
    let mut parity = 0;
    let due_after = |tick: u64| match plan.checkpoint_every {
        Some(every) => (tick / every.max(1) + 1).saturating_mul(every.max(1)),
        None => u64::MAX,
    };
    let mut checkpoint = due_after(before);
    if before == 0 && weights::next(&plan.weights, 0) == Some(0) {
        hand_out_weights(me, shard, plan, shared, ledger.as_deref_mut(), 0, None)?;
    }
    // What ended at a tick of a decision and goes on now has to decide first.
    if before > 0 && before < plan.duration {
        while shard.regime.next_decision() <= before {
            let at = shard.regime.next_decision();
            shard.regime.decide();
            shard.adapt(at);
        }
    }
    while start <= plan.duration {
        let end = (start + plan.window)
            .min(plan.duration + 1)
            .min(shard.regime.next_decision() + 1);
        let wanted = weights::next(&plan.weights, start).unwrap_or(u64::MAX);
        let end = end.min(wanted.saturating_add(1));
        {
            let mut out = shared.outboxes.write(parity, me);
            let Outbox {
                spikes, samples, ..
            } = &mut *out;
            spikes.clear();
            samples.clear();
            shard.process(start, end, spikes, samples);
            out.next_event = shard.next_event(end);
            if let Some(ledger) = &mut ledger {
                out.stop = ledger.control.stop.load(Ordering::Relaxed);
                out.keep = ledger.is_checkpoint_due();
            }
        }
        shard.profile.begin();
        shared.barrier.wait()?;
        shard.profile.end(Phase::Wait);
        let boxes = shared.outboxes.of(parity);
        let any = exchange(shard, plan, start, boxes);
        shard.profile.end(Phase::Exchange);
        let mut next = end;
        let (mut stop, mut keep) = (false, false);
        let mut earliest = None;
        for b in boxes {
            let b = read(b);
            stop |= b.stop;
            keep |= b.keep;
            earliest = match (earliest, b.next_event) {
                (None, e) | (e, None) => e,
                (Some(a), Some(b)) => Some(u64::min(a, b)),
            };
        }
        if !any {
            next = earliest.unwrap_or(u64::MAX).clamp(end, plan.duration + 1);
            next = next.min(wanted.saturating_add(1)).max(end);
        }
        // The decisions of silent epochs are made too, so that they do not depend on the cut. Silence
        // ends where a population begins to be swept.
        while shard.regime.next_decision() < next && shard.regime.next_decision() < plan.duration {
            let at = shard.regime.next_decision();
            shard.regime.decide();
            shard.adapt(at);
            if shard.regime.any_swept() {
                next = at + 1;
            }
        }
        if let Some(ledger) = ledger.as_deref_mut() {
            ledger.note(plan, start, next, boxes);
            shard.profile.end(Phase::Record);
        }
        if next - 1 == wanted || (stop && !plan.weights.is_empty()) {
            let last = (stop && next - 1 != wanted).then_some(plan.duration);
            hand_out_weights(
                me,
                shard,
                plan,
                shared,
                ledger.as_deref_mut(),
                next - 1,
                last,
            )?;
        }
        keep |= stop || next > plan.duration || next > checkpoint;
        if keep && shared.keeping.is_some() {
            take_checkpoint(me, shard, plan, shared, ledger.as_deref_mut(), next - 1)?;
            checkpoint = due_after(next - 1);
        }
        if stop {
            return Ok(next - 1);
        }
        start = next;
        parity ^= 1;
    }
    Ok(plan.duration)
}

/// Hands out the state at the end of tick `now`, which all shards have reached: each in its turn, so that
/// columns are in the order of ids. Nobody goes on before the last part is out.
fn take_checkpoint<R: Real>(
    me: usize,
    shard: &mut Shard<R>,
    plan: &Plan,
    shared: &Shared<'_>,
    ledger: Option<&mut Ledger<'_>>,
    now: u64,
) -> Result<(), Poisoned> {
    let Some(keeping) = &shared.keeping else {
        return Ok(());
    };
    let lock = || keeping.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ledger = ledger;
    if let Some(ledger) = &mut ledger {
        ledger.sink.checkpoint(now);
        let (keeper, rest) = &mut *lock();
        keeper.begin(now);
        *rest = ledger.rest(plan, now);
    }
    for turn in 0..shared.weights.len() {
        if turn == me {
            let (keeper, rest) = &mut *lock();
            shard.keep(now, rest, &mut **keeper);
        }
        shared.barrier.wait()?;
    }
    if ledger.is_some() {
        let (keeper, rest) = &mut *lock();
        rest.projections.values_mut().for_each(Common::finish);
        keeper.end(rest);
    }
    Ok(())
}

/// Hands out the weights that are wanted at a tick, which all shards have reached.
fn hand_out_weights<R: Real>(
    me: usize,
    shard: &mut Shard<R>,
    plan: &Plan,
    shared: &Shared<'_>,
    ledger: Option<&mut Ledger<'_>>,
    now: u64,
    last: Option<u64>,
) -> Result<(), Poisoned> {
    let part = weights::part(shard, &plan.weights, now, last);
    let lock = |w: &Mutex<weights::Part>, part| {
        std::mem::replace(&mut *w.lock().unwrap_or_else(PoisonError::into_inner), part)
    };
    lock(&shared.weights[me], part);
    shared.barrier.wait()?;
    if let Some(ledger) = ledger {
        let parts = shared.weights.iter().map(|w| lock(w, Vec::new())).collect();
        let traced = &mut ledger.done.traced;
        weights::hand_out(ledger.sink, &plan.weights, now, parts, traced);
    }
    Ok(())
}

/// Queues the spikes of the window in the order (tick, id). True if there were any.
fn exchange<R: Real>(shard: &mut Shard<R>, plan: &Plan, start: u64, boxes: &Boxes<Outbox>) -> bool {
    let guards: Vec<_> = boxes.iter().map(read).collect();
    let lists = guards.iter().map(|g| &g.spikes[..]);
    let any = lists.clone().any(|l| !l.is_empty());
    shard.announce(lists.clone());
    let mut populations = Populations::new(&plan.offsets);
    each_in_order(lists, |dt, id, later| {
        shard.foresee(later);
        shard.receive(start + u64::from(dt), id);
        shard.regime.spiked(populations.of(id));
    });
    any
}

/// Finds the population of one id after the other. Ids rise within a tick, so it is mostly that of the one before.
struct Populations<'a> {
    offsets: &'a [u64],
    last: usize,
    ids: std::ops::Range<u64>,
}

impl<'a> Populations<'a> {
    fn new(offsets: &'a [u64]) -> Self {
        Self {
            offsets,
            last: 0,
            ids: 0..0,
        }
    }

    #[inline(always)]
    fn of(&mut self, id: u32) -> usize {
        let id = u64::from(id);
        if !self.ids.contains(&id) {
            self.last = self.offsets.partition_point(|&o| o <= id) - 1;
            self.ids = self.offsets[self.last]..self.offsets[self.last + 1];
        }
        self.last
    }
}

/// Merges lists that are each sorted by (tick, id), and whose ids rise from list to list. `f` also sees what follows in
/// the same list.
fn each_in_order<'a>(
    lists: impl Iterator<Item = &'a [Emitted]> + Clone,
    mut f: impl FnMut(u32, u32, &[Emitted]),
) {
    let count = lists.clone().count();
    if count == 1 {
        for mut list in lists {
            while let Some((&(dt, id), later)) = list.split_first() {
                f(dt, id, later);
                list = later;
            }
        }
        return;
    }
    let mut rest: Vec<&[Emitted]> = lists.collect();
    while let Some(dt) = rest.iter().filter_map(|l| l.first()).map(|e| e.0).min() {
        for list in &mut rest {
            while let Some((&(t, id), tail)) = list.split_first()
                && t == dt
            {
                f(dt, id, tail);
                *list = tail;
            }
        }
    }
}

impl Ledger<'_> {
    /// Is it time for a checkpoint by wall time?
    fn is_checkpoint_due(&mut self) -> bool {
        let Some((due, every)) = &mut self.wall else {
            return false;
        };
        let now = Instant::now();
        let is_due = now >= *due;
        if is_due {
            *due = now + *every;
        }
        is_due
    }

    /// The parts of a state that only shard 0 knows.
    fn rest(&self, plan: &Plan, now: u64) -> Rest {
        Rest {
            tick: now,
            sizes: plan.sizes(),
            spikes: self.recent.iter().flatten().copied().collect(),
            done: self.done.clone(),
            ..Rest::default()
        }
    }

    /// Hashes and hands out what the window brought.
    fn note(&mut self, plan: &Plan, start: u64, next: u64, boxes: &Boxes<Outbox>) {
        self.done.windows += 1;
        let guards: Vec<_> = boxes.iter().map(read).collect();
        self.batch.clear();
        self.words.clear();
        let (batch, words, per_population) = (
            &mut self.batch,
            &mut self.words,
            &mut self.done.per_population,
        );
        let mut populations = Populations::new(&plan.offsets);
        each_in_order(guards.iter().map(|g| &g.spikes[..]), |dt, id, _| {
            let (tick, long) = (start + u64::from(dt), u64::from(id));
            batch.push((tick, id));
            words.push([tick.to_le(), long.to_le()]);
            per_population[populations.of(id)] += 1;
        });
        self.done.hash.update(&self.words);
        self.done.spikes += self.batch.len() as u64;
        if let Some(recent) = &mut self.recent {
            let since = (next - 1).saturating_sub(plan.longest);
            while recent.front().is_some_and(|s| s.0 <= since) {
                recent.pop_front();
            }
            recent.extend(self.batch.iter().filter(|s| s.0 > since));
        }
        if !self.batch.is_empty() {
            self.sink.spikes(&self.batch);
        }
        self.hand_out_samples(plan, &guards);
        self.sink.reached(next - 1);
        self.control.tick.store(next - 1, Ordering::Relaxed);
        self.control
            .spikes
            .store(self.done.spikes, Ordering::Relaxed);
    }

    /// Puts the parts of each sample together, in the order (tick, recording).
    fn hand_out_samples(&mut self, plan: &Plan, guards: &[RwLockReadGuard<'_, Outbox>]) {
        self.rows.clear();
        for (g, guard) in guards.iter().enumerate() {
            for (k, s) in guard.samples.iter().enumerate() {
                self.rows.push((s.tick, s.recording, s.offset, g, k));
            }
        }
        self.rows.sort_unstable();
        let mut at = 0;
        while let Some(&(tick, recording, ..)) = self.rows.get(at) {
            self.row.clear();
            self.row.resize(plan.recordings[recording], f64::NAN);
            while let Some(&(t, r, offset, g, k)) = self.rows.get(at)
                && (t, r) == (tick, recording)
            {
                let values = &guards[g].samples[k].values;
                self.row[offset..offset + values.len()].copy_from_slice(values);
                at += 1;
            }
            self.sink.sample(recording, tick, &self.row);
        }
    }
}
