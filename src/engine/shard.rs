//! One shard: a contiguous range of targets, everything that reaches them, and the sources among
//! its ids.
//!
//! A shard knows no threads. It is told to process a window of ticks, then it is told which spikes
//! everybody emitted in that window.

use super::agenda::{Agenda, Kind};
use super::cells::Cells;
use super::currents::{CurrentFeed, CurrentStep};
use super::modulator::Modulators;
use super::regime::Regime;
use super::report::{Phase, Profile};
use super::unit::{NEVER, Unit};
use super::visits::{RowRun, Touched, rescheduling};
use super::wheel::{Entry, Wheel};
use crate::neuron::real::Real;
use crate::stimulus::counts::Counts;
use crate::stimulus::keep::Of;
use crate::stimulus::train::Train;
use crate::synapse::bitmap::Planes;
use crate::synapse::learner::{Arrival, Learner};
use crate::synapse::table::{Accumulators, Codec, Table};

/// A spike as the shards exchange it: ticks since the start of the window, and the global id.
pub type Emitted = (u32, u32);

/// A train and what becomes of its events.
#[derive(Debug)]
pub struct Feed {
    pub of: Of,
    pub train: Train,
    pub into: Into,
}

#[derive(Debug)]
pub enum Into {
    /// Element e of the source emits as `first_id + e`, if this shard owns it.
    Spikes {
        first_id: u32,
        own: std::ops::Range<u32>,
    },
    /// Element e adds a count to a slot, if a run of this shard holds it.
    Input { wide: bool, runs: Vec<Run> },
}

/// Consecutive elements of a private stimulus whose targets lie in this shard.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub first: u32,
    pub end: u32,
    /// Slot of the first.
    pub slot: usize,
    pub unit: usize,
}

/// Private Poisson input drawn for every tick.
#[derive(Debug)]
pub struct CountFeed {
    pub counts: Counts,
    pub run: Run,
    /// The slots are 32-bit ones, which gather what is drawn until the unit is due.
    pub wide: bool,
}

/// A state variable of this shard's part of a recorded slice.
#[derive(Clone, Debug)]
pub struct Probe {
    pub recording: usize,
    pub unit: usize,
    pub neurons: std::ops::Range<u32>,
    /// Where this part begins within the recorded slice.
    pub offset: usize,
    pub variable: &'static str,
    pub every: u64,
}

/// Samples of one probe at one tick.
#[derive(Clone, Debug)]
pub struct Sample {
    pub tick: u64,
    pub recording: usize,
    pub offset: usize,
    pub values: Vec<f64>,
}

pub struct Shard<R: Real> {
    pub units: Vec<Unit<R>>,
    pub tables: Vec<Table>,
    /// Synapses that learn. Entries of the queue count them behind the tables.
    pub learners: Vec<Learner<R>>,
    pub modulators: Modulators,
    pub tick_ms: f64,
    pub slots: Accumulators<R>,
    pub wheel: Wheel,
    pub feeds: Vec<Feed>,
    pub count_feeds: Vec<CountFeed>,
    pub steps: Vec<CurrentStep>,
    pub currents: Vec<CurrentFeed>,
    pub probes: Vec<Probe>,
    /// Which populations are swept; the same in every shard.
    pub regime: Regime,
    /// Wake-ups and actions, by tick, of each cell.
    pub agendas: Vec<Agenda>,
    /// Its neurons in parts, if there are so many that they are gone through part by part.
    pub cells: Option<Cells>,
    /// The cell that is being gone through, and its units.
    pub at_hand: (usize, std::ops::Range<usize>),
    /// Next events of the feeds.
    pub sources: Agenda,
    pub profile: Profile,
    /// Synaptic events delivered.
    pub delivered: u64,
    /// Neurons updated; see `RunReport::neuron_updates`.
    pub updated: u64,
    pub scratch: Scratch,
}

/// Buffers that live as long as the shard, so that a window allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Entries of the tick. Filled from the wheel, emptied by delivery.
    pub(super) due: Vec<Entry>,
    /// The same by blocks of slots, and where each block has come to.
    sorted: Vec<Entry>,
    ends: Vec<usize>,
    /// Input events of the window of each cell: (tick - start of window, wide flag and slot), sorted. Filled when
    /// a window opens, read tick by tick.
    inputs: Vec<Vec<(u32, u32)>>,
    /// Spikes that sources emit in the window.
    source_spikes: Vec<Emitted>,
    /// Actions due at the end of the tick.
    pub(super) actions: Vec<u64>,
    /// How the only segment of a tick is cut into planes, and its neurons with their input.
    pub(super) runs: Vec<RowRun>,
    /// How the logs of a tick are cut into planes.
    pub(super) touched: Vec<Touched>,
    pub(super) hits: Vec<(u32, f64)>,
    /// Sources whose bitmaps arrive at the tick, by table, and the tables that have any. Filled and
    /// emptied by delivery.
    rows: Vec<Vec<u32>>,
    with_rows: Vec<u16>,
    planes: Planes,
    /// A row that was made anew.
    row: Vec<u32>,
    /// Private counts of a tick on their way to 32-bit slots.
    drawn: Vec<u16>,
}

impl Scratch {
    pub(super) fn prepare(&mut self, tables: usize, cells: usize) {
        self.rows.resize_with(tables, Vec::new);
        self.inputs.resize_with(cells, Vec::new);
    }

    /// Brings what is due at a tick together by blocks of slots, so that the accumulators of a block stay in the
    /// cache. What is due in a block keeps its order, so the addends of a slot do: where sums hang on the
    /// order, all segments that add to a slot have its block.
    #[inline]
    fn sort_by_block(&mut self) {
        let last = self.due.iter().map(|e| e.block).max().unwrap_or(0);
        if last == 0 {
            return;
        }
        self.ends.clear();
        self.ends.resize(usize::from(last) + 2, 0);
        for entry in &self.due {
            self.ends[usize::from(entry.block) + 1] += 1;
        }
        for k in 1..self.ends.len() {
            self.ends[k] += self.ends[k - 1];
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.due);
        for entry in &self.due {
            let to = &mut self.ends[usize::from(entry.block)];
            self.sorted[*to] = *entry;
            *to += 1;
        }
        std::mem::swap(&mut self.due, &mut self.sorted);
    }
}

const WIDE: u32 = 1 << 31;

/// Entries of learning synapses hold the first synapse in the low 40 bits, and above them the number of
/// the flight, of which no more than 2^24 can be under way.
pub(super) const FLIGHT: u64 = 1 << 40;
pub(super) const FLIGHTS: u64 = 1 << 24;

/// Entries between asking for a row and delivering it.
pub(super) const AHEAD: usize = 3;

impl<R: Real> Shard<R> {
    /// To be called once, after the parts are in place and before the first window.
    pub fn prepare(&mut self) {
        self.scratch.prepare(self.tables.len(), self.agendas.len());
        for (i, feed) in self.feeds.iter().enumerate() {
            self.sources
                .schedule(Kind::Source, i as u64, feed.train.next());
        }
        for unit in &mut self.units {
            unit.swept = self.regime.swept(unit.population);
            if !unit.swept {
                unit.block.become_lazy(0);
            }
        }
        for i in 0..self.steps.len() {
            if self.steps[i].tick == 0 {
                self.step_current(i, 0);
            } else {
                let tick = self.steps[i].tick;
                let cell = self.units[self.steps[i].unit].cell;
                self.agendas[cell].schedule(Kind::Action, i as u64, Some(tick));
            }
        }
        for u in 0..self.units.len() {
            if !self.units[u].swept {
                self.predict_all(u);
            }
        }
        for c in 0..self.currents.len() {
            match self.next_current_change(c, 0) {
                Some(0) => self.change_current(c, 0),
                next => self.schedule_current(c, next),
            }
        }
    }

    /// The first tick >= `from` at which this shard has anything to do.
    pub fn next_event(&mut self, from: u64) -> Option<u64> {
        let sweep = self.next_sweep(from, 0..self.units.len());
        if sweep == Some(from) {
            return sweep;
        }
        let agendas = self.agendas.iter().filter_map(Agenda::next).min();
        let mut next = [sweep, self.wheel.next(from), agendas, self.sources.next()]
            .into_iter()
            .flatten()
            .min();
        let mut earlier = |t: u64| next = Some(next.map_or(t, |n| n.min(t)));
        for f in &self.count_feeds {
            if let Some(t) = f.counts.active_from(from) {
                earlier(t);
            }
        }
        for p in &self.probes {
            earlier(from.next_multiple_of(p.every));
        }
        next
    }

    /// Processes the ticks `start .. end`. Spikes are appended to `out` in the order (tick, id),
    /// samples of recorded variables to `samples`.
    ///
    /// At each tick at which anything is due, in this order: what was sent arrives in the
    /// accumulators; private input is added; neurons are updated (swept populations whole, if the tick
    /// is one of theirs; others where there is input or a wake-up); currents change; variables are sampled.
    pub fn process(
        &mut self,
        start: u64,
        end: u64,
        out: &mut Vec<Emitted>,
        samples: &mut Vec<Sample>,
    ) {
        self.open_window(start, end);
        if self.cells.is_some() {
            self.deal_window(start, end);
            self.profile.end(Phase::Deliver);
            let first = out.len();
            for cell in 0..self.agendas.len() {
                self.go_through(cell, start, end, out, samples);
            }
            // Cell after cell, each in the order of time.
            out[first..].sort_unstable();
        } else {
            self.go_through(0, start, end, out, samples);
        }
        self.settle(end);
        self.merge_sources(out);
    }

    /// Goes through the ticks of a window with the neurons of a cell.
    fn go_through(
        &mut self,
        cell: usize,
        start: u64,
        end: u64,
        out: &mut Vec<Emitted>,
        samples: &mut Vec<Sample>,
    ) {
        self.at_hand = (cell, self.units_of(cell));
        self.swap_slots(cell);
        self.expect(cell);
        let mark = self.units[self.at_hand.1.clone()].iter().any(|u| !u.swept);
        let mut inputs = std::mem::take(&mut self.scratch.inputs[cell]);
        let mut next_input = 0;
        let mut tick = start;
        loop {
            tick = match self.next_in_window(tick, start, inputs.get(next_input)) {
                Some(t) if t < end => t,
                _ => break,
            };
            self.profile.begin();
            let waiting = inputs[next_input..].iter();
            let noted = waiting
                .take_while(|i| start + u64::from(i.0) == tick)
                .count();
            let events = noted + self.take_due(tick);
            let dense = mark && self.is_dense(tick, events);
            let late = !dense && self.is_late(tick, events);
            let alone = mark && !dense && noted == 0 && self.is_alone(tick);
            let mark = (mark && !dense) || late;
            if alone && self.visit_row(tick, self.scratch.due[0]) {
                self.profile.end(Phase::Update);
            } else {
                self.deliver(tick, mark);
                self.profile.end(Phase::Deliver);
            }
            self.prefetch_due(tick + 1);
            while let Some(&(dt, slot)) = inputs.get(next_input)
                && start + u64::from(dt) == tick
            {
                self.add_input(slot, mark);
                next_input += 1;
            }
            self.draw_counts(tick, mark);
            self.profile.end(Phase::Sources);
            self.sweep(tick, late);
            if dense {
                self.pass(tick);
            } else if mark {
                self.visit_touched(tick, late);
            }
            self.take_wakes(tick);
            self.take_fired(tick, start, out);
            for k in 0..self.scratch.actions.len() {
                let action = self.scratch.actions[k] as usize;
                match action.checked_sub(self.steps.len()) {
                    None => self.step_current(action, tick),
                    Some(current) => self.change_current(current, tick),
                }
            }
            self.scratch.actions.clear();
            self.profile.end(Phase::Update);
            self.sample(tick, samples);
            self.profile.end(Phase::Record);
            tick += 1;
        }
        inputs.clear();
        self.scratch.inputs[cell] = inputs;
        self.swap_slots(cell);
    }

    /// Takes what is due at the tick from the queue. Returns the number of synapses.
    #[inline]
    fn take_due(&mut self, tick: u64) -> usize {
        if let Some(cells) = &self.cells {
            return cells.due(self.at_hand.0, tick);
        }
        self.settle(tick);
        self.wheel.take(tick, &mut self.scratch.due);
        self.scratch.due.iter().map(|e| e.len as usize).sum()
    }

    /// Is a single segment of synapses that do not learn all that is due at the tick?
    #[inline]
    fn is_alone(&self, tick: u64) -> bool {
        self.cells.is_none()
            && matches!(&self.scratch.due[..], [e] if usize::from(e.table) < self.tables.len())
            && (self.count_feeds.iter()).all(|f| f.counts.active_from(tick) != Some(tick))
    }

    /// Learners tidy up at ticks of their own, which all lie before `tick`: no spike sent later has been
    /// received yet, and nothing later has arrived.
    #[inline]
    fn settle(&mut self, tick: u64) {
        for learner in &mut self.learners {
            learner.settle(tick, self.tick_ms);
        }
    }

    /// Draws everything that sources and private trains do in the window.
    fn open_window(&mut self, start: u64, end: u64) {
        self.profile.begin();
        self.settle(start);
        for learner in &mut self.learners {
            learner.land_before(start);
        }
        self.tell_before(end);
        let Self {
            feeds,
            sources,
            scratch,
            units,
            ..
        } = self;
        scratch.source_spikes.clear();
        while let Some((_, _, id)) = sources.pop_due(end - 1) {
            let feed = &mut feeds[id as usize];
            match &feed.into {
                Into::Spikes { first_id, own } => feed.train.take_before(end, |t, e| {
                    if own.contains(&e) {
                        scratch
                            .source_spikes
                            .push(((t - start) as u32, first_id + e));
                    }
                }),
                Into::Input { wide, runs } => feed.train.take_before(end, |t, e| {
                    let k = runs.partition_point(|r| r.end <= e);
                    if let Some(run) = runs.get(k)
                        && e >= run.first
                    {
                        let slot = (run.slot + (e - run.first) as usize) as u32;
                        let flag = if *wide { WIDE } else { 0 };
                        let inputs = &mut scratch.inputs[units[run.unit].cell];
                        inputs.push(((t - start) as u32, slot | flag));
                    }
                }),
            }
            sources.schedule(Kind::Source, id, feed.train.next());
        }
        // Counts are whole numbers: the order within a tick does not matter, only the tick does.
        scratch.inputs.iter_mut().for_each(|i| i.sort_unstable());
        scratch.source_spikes.sort_unstable();
        self.profile.end(Phase::Sources);
    }

    /// The first tick >= `from` of the window at which there is anything to do.
    #[inline]
    fn next_in_window(&mut self, from: u64, start: u64, input: Option<&(u32, u32)>) -> Option<u64> {
        let (cell, units) = self.at_hand.clone();
        let sweep = self.next_sweep(from, units);
        if sweep == Some(from) {
            return sweep;
        }
        let mut next = match &self.cells {
            Some(cells) => cells.next(cell),
            None => self.wheel.next(from),
        };
        let mut earlier = |t: Option<u64>| {
            if let Some(t) = t {
                next = Some(next.map_or(t, |n| n.min(t)));
            }
        };
        earlier(sweep);
        earlier(self.agendas[cell].next());
        earlier(input.map(|i| start + u64::from(i.0)));
        let own = &self.at_hand.1;
        for f in self
            .count_feeds
            .iter()
            .filter(|f| own.contains(&f.run.unit))
        {
            earlier(f.counts.active_from(from));
        }
        for p in self.probes.iter().filter(|p| own.contains(&p.unit)) {
            earlier(Some(from.next_multiple_of(p.every)));
        }
        next
    }

    /// The first tick >= `from` at which a swept one of these units is updated.
    #[inline]
    fn next_sweep(&self, from: u64, units: std::ops::Range<usize>) -> Option<u64> {
        let mut next: Option<u64> = None;
        for unit in self.units[units].iter().filter(|u| u.swept) {
            if unit.due(from) {
                return Some(from);
            }
            let t = from.next_multiple_of(unit.period);
            next = Some(next.map_or(t, |n| n.min(t)));
        }
        next
    }

    /// Segments due at the tick go to the accumulators, in the order in which they were sent within each block.
    #[inline]
    fn deliver(&mut self, tick: u64, mark: bool) {
        if let Some(cells) = &mut self.cells {
            self.delivered += cells.add(self.at_hand.0, tick, mark, &mut self.slots);
            return;
        }
        self.scratch.sort_by_block();
        for (k, entry) in self.scratch.due.iter().enumerate() {
            if let Some(later) = self.scratch.due.get(k + AHEAD) {
                match self.tables.get(later.table as usize) {
                    Some(table) => table.prefetch(later.start, later.len),
                    None => self.learners[later.table as usize - self.tables.len()]
                        .prefetch(later.start & (FLIGHT - 1), later.len),
                }
            }
            self.delivered += u64::from(entry.len);
            let Some(table) = self.tables.get_mut(entry.table as usize) else {
                let learner = &mut self.learners[entry.table as usize - self.tables.len()];
                let arrival = Arrival {
                    start: entry.start & (FLIGHT - 1),
                    len: entry.len,
                    flight: entry.start / FLIGHT,
                    block: entry.block,
                };
                if mark {
                    learner.arrive::<true>(arrival, tick, &mut self.slots.sums);
                } else {
                    learner.arrive::<false>(arrival, tick, &mut self.slots.sums);
                }
                continue;
            };
            if matches!(table.codec, Codec::Bitmap(_)) && !mark {
                // All rows of the tick are counted together.
                let rows = &mut self.scratch.rows[entry.table as usize];
                if rows.is_empty() {
                    self.scratch.with_rows.push(entry.table);
                }
                rows.push(entry.start as u32);
                continue;
            }
            let (row, to) = (&mut self.scratch.row, &mut self.slots);
            if mark {
                if !table.deliver_row::<R, true>(entry.start, row, to) {
                    table.deliver::<R, true>(entry.start, entry.len, entry.block, to);
                }
            } else if !table.deliver_row::<R, false>(entry.start, row, to) {
                table.deliver::<R, false>(entry.start, entry.len, entry.block, to);
            }
        }
        for table in self.scratch.with_rows.drain(..) {
            let rows = &mut self.scratch.rows[table as usize];
            if let Codec::Bitmap(bits) = &self.tables[table as usize].codec {
                bits.count(rows, &mut self.slots.counts16, &mut self.scratch.planes);
            }
            rows.clear();
        }
    }

    /// Begins to bring the first rows of a tick near, while neurons of the one before are updated.
    #[inline]
    fn prefetch_due(&self, tick: u64) {
        if self.cells.is_some() {
            return;
        }
        for entry in self.wheel.waiting(tick).iter().take(8) {
            if let Some(table) = self.tables.get(entry.table as usize) {
                table.prefetch(entry.start, entry.len);
            }
        }
    }

    #[inline]
    fn add_input(&mut self, slot: u32, mark: bool) {
        let at = (slot & !WIDE) as usize;
        if slot & WIDE != 0 {
            if mark {
                self.slots.counts32.touch(at);
            }
            self.slots.counts32.values[at] += 1;
        } else {
            if mark {
                self.slots.counts16.touch(at);
            }
            self.slots.counts16.values[at] += 1;
        }
    }

    fn draw_counts(&mut self, tick: u64, mark: bool) {
        let own = &self.at_hand.1;
        for feed in (self.count_feeds.iter_mut()).filter(|f| own.contains(&f.run.unit)) {
            let run = feed.run;
            let span = run.slot..run.slot + (run.end - run.first) as usize;
            if feed.wide {
                let drawn = &mut self.scratch.drawn;
                drawn.resize(span.len(), 0);
                if feed.counts.draw(tick, drawn) {
                    let plane = &mut self.slots.counts32.values[span.clone()];
                    for (sum, &n) in plane.iter_mut().zip(&*drawn) {
                        *sum += u32::from(n);
                    }
                    if mark && !self.units[run.unit].swept {
                        for (slot, _) in span.zip(&*drawn).filter(|(_, n)| **n != 0) {
                            self.slots.counts32.touch(slot);
                        }
                    }
                }
                continue;
            }
            let plane = &mut self.slots.counts16.values[span.clone()];
            if feed.counts.draw(tick, plane) && mark && !self.units[run.unit].swept {
                for slot in span {
                    if self.slots.counts16.values[slot] != 0 {
                        self.slots.counts16.touch(slot);
                    }
                }
            }
        }
    }

    pub(super) fn predict(&mut self, unit: usize, i: u32) {
        let u = &mut self.units[unit];
        if let Some(at) = u.block.predict(i as usize) {
            rescheduling(&mut self.agendas[u.cell], unit)(&mut u.scheduled[i as usize], i, at);
        }
    }

    fn predict_all(&mut self, unit: usize) {
        for i in 0..self.units[unit].len() as u32 {
            self.predict(unit, i);
        }
    }

    fn sample(&mut self, tick: u64, samples: &mut Vec<Sample>) {
        for p in &self.probes {
            if !tick.is_multiple_of(p.every) || !self.at_hand.1.contains(&p.unit) {
                continue;
            }
            let unit = &self.units[p.unit];
            let values = p
                .neurons
                .clone()
                .map(|i| {
                    if unit.swept {
                        unit.block.peek_swept(i as usize, p.variable)
                    } else {
                        unit.block.peek(i as usize, tick, p.variable)
                    }
                })
                .collect();
            samples.push(Sample {
                tick,
                recording: p.recording,
                offset: p.offset,
                values,
            });
        }
    }

    /// Puts the sources' spikes of the window among those of the neurons.
    fn merge_sources(&mut self, out: &mut Vec<Emitted>) {
        if !self.scratch.source_spikes.is_empty() {
            out.append(&mut self.scratch.source_spikes);
            // Two sorted runs: the stable sort merges them in one pass.
            out.sort();
        }
    }

    /// Learners get to know what modulators do before tick `end`.
    pub fn tell_before(&mut self, end: u64) {
        let learners = &mut self.learners;
        self.modulators.tell_before(end, |modulator, tick, amount| {
            for learner in learners.iter_mut() {
                if learner.modulator == Some(modulator) {
                    learner.modulate(tick, amount);
                }
            }
        });
    }

    /// Changes between lazy and swept as the regime says, at the end of tick `t`. Every shard does
    /// this at the same tick with the same outcome.
    pub fn adapt(&mut self, t: u64) {
        for u in 0..self.units.len() {
            let swept = self.regime.swept(self.units[u].population);
            if swept == self.units[u].swept {
                continue;
            }
            let unit = &mut self.units[u];
            unit.swept = swept;
            if swept {
                unit.block.become_swept(t);
                for i in 0..unit.scheduled.len() {
                    if std::mem::replace(&mut unit.scheduled[i], NEVER) != NEVER {
                        self.agendas[unit.cell].schedule(Kind::Wake, pack(u, i as u32), None);
                    }
                }
            } else {
                unit.block.become_lazy(t);
                self.predict_all(u);
            }
        }
    }

    pub fn bytes(&self) -> usize {
        let learners = self.learners.iter().map(Learner::bytes);
        self.tables.iter().map(Table::bytes).chain(learners).sum()
    }
}

pub(super) fn pack(unit: usize, neuron: u32) -> u64 {
    (unit as u64) << 32 | u64::from(neuron)
}

pub(super) fn unpack(id: u64) -> (usize, u32) {
    ((id >> 32) as usize, id as u32)
}
