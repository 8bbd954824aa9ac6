//! The synapses of a statement that learn, in one shard: rows by source, weights that change, and the
//! memories that learning needs.
//!
//! Learning happens when a segment arrives, once for all of its synapses, as if at the moments at which
//! the spikes of source and target met (`plasticity::source::Flight` says which these were). Times of a
//! synapse are those at which spikes reach it: a pre spike after the axonal part of the delay, a post
//! spike after the dendritic one. Learnt first, then transmitted. What a target does after the last spike
//! of a source waits in its history (`plasticity::history`) until the next one arrives.
//!
//! | memory | bytes |
//! | --- | --- |
//! | synapse | target 2 or 4, weight 4 or 8; eligibility 4 or 8, twice if alpha-shaped; trace for `pre_centred` |
//! | source | 64 |
//! | target | 48 or 56, and 16 or 24 for each spike that is still needed |

use super::column::Column;
use super::gain::Gains;
use super::keep::TargetIds;
use super::learning::{Ground, Meeting, eligible, paired, pre_centred, restricted};
use super::rows::Rows;
use super::slots::{NARROW, Slots};
use super::table::{Codec, Table, Targets};
use crate::neuron::real::Real;
use crate::plasticity::decay::Decay;
use crate::plasticity::eligibility::{Level, Modulated};
use crate::plasticity::history::{History, NEVER, PostTraces};
use crate::plasticity::pair::Pair;
use crate::plasticity::short_term::ShortTerm;
use crate::plasticity::source::{Flight, Flights, PreTraces, Source};
use crate::plasticity::{RuleKind, RuleSpec, r_stdp, stdp, stdp_dopamine, stdp_triplet, vogels};

/// Number formats of weights that change.
pub trait Held: Real {
    /// The weights of a table.
    fn of_codec(codec: Codec) -> Option<Column<Self>>;
}

impl Held for f32 {
    fn of_codec(codec: Codec) -> Option<Column<Self>> {
        match codec {
            Codec::F32(all) => Some(all),
            _ => None,
        }
    }
}

impl Held for f64 {
    fn of_codec(codec: Codec) -> Option<Column<Self>> {
        match codec {
            Codec::F64(all) => Some(all),
            _ => None,
        }
    }
}

/// Which pairs of spikes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pairing {
    /// As traces say.
    Traces,
    Restricted,
    PreCentred,
}

/// What a synapse does when a spike arrives.
#[derive(Debug)]
enum Learning<R> {
    Pairs(Pair<R>, Pairing),
    Modulated(Box<Modulated>),
}

/// Which part of a delay is that of the axon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axon {
    None,
    All,
    Ticks(u64),
}

/// What a learner is made from.
pub struct Plan<'a> {
    /// Index of the statement.
    pub statement: usize,
    pub rule: Option<&'a RuleSpec>,
    pub short_term: Option<&'a RuleSpec>,
    pub axon: Axon,
    pub modulator: Option<usize>,
    pub tick_ms: f64,
    /// Ids of the network.
    pub elements: usize,
    /// Slots of the targets.
    pub slots: std::ops::Range<usize>,
    pub target_ids: TargetIds,
}

/// Ticks between two sweeps of what silent sources have not met, at least: so many ms.
const SETTLE_MS: f64 = 2000.0;

#[derive(Debug)]
pub struct Learner<R> {
    pub statement: usize,
    pub rows: Rows,
    pub(super) targets: Targets,
    /// Magnitudes: `sign` turns them.
    pub(super) weights: Column<R>,
    /// Eligibility, or the trace that is the synapse's own; empty where a rule has none.
    pub(super) own: [Vec<R>; 2],
    pub(super) sign: R,
    axon: Axon,
    learning: Option<Learning<R>>,
    pre: Option<PreTraces>,
    /// Decay of the trace of pre spikes.
    plus: Option<Decay<R>>,
    short_term: Option<ShortTerm>,
    pub(super) sources: Vec<Source>,
    pub(super) flights: Flights,
    pub(super) history: History<R>,
    pub(super) first_slot: usize,
    pub(super) target_ids: TargetIds,
    pub modulator: Option<usize>,
    pub(super) level: Level,
    pub gains: Option<Gains>,
    /// Ticks after which a source that was silent has nothing left to learn.
    horizon: u64,
    pub(super) longest: u64,
    pub(super) next_settling: u64,
}

/// A segment that has arrived, with its spike.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub start: u64,
    pub len: u32,
    /// Number of the flight.
    pub flight: u64,
    /// Block of slots.
    pub block: u16,
}

impl<R: Held> Learner<R> {
    /// Takes over a table that was built for weights in `R`.
    pub fn new(table: Table, plan: &Plan<'_>) -> Option<Self> {
        let Table {
            rows,
            targets,
            codec,
        } = table;
        let mut weights = R::of_codec(codec)?;
        let (tick_ms, rule) = (plan.tick_ms, plan.rule);
        let (pre, plus, post) = traces::<R>(rule, tick_ms);
        let learning = rule.and_then(|rule| {
            let pairing = match (rule.rule, rule.choices.first()) {
                (RuleKind::Stdp, Some(2)) => Pairing::Restricted,
                (RuleKind::Stdp, Some(3)) => Pairing::PreCentred,
                _ => Pairing::Traces,
            };
            Pair::new(rule)
                .map(|pair| Learning::Pairs(pair, pairing))
                .or_else(|| Modulated::new(rule, tick_ms).map(|m| Learning::Modulated(Box::new(m))))
        });
        let sign = if rule.is_some_and(is_negative) {
            R::of(-1.0)
        } else {
            R::of(1.0)
        };
        if sign < R::ZERO {
            for w in weights.iter_mut() {
                *w = R::ZERO - *w;
            }
        }
        let states = match &learning {
            Some(Learning::Modulated(m)) => 1 + usize::from(m.is_alpha()),
            Some(Learning::Pairs(_, Pairing::PreCentred | Pairing::Restricted)) => 1,
            _ => 0,
        };
        let n = weights.len();
        let own = [0, 1].map(|k| vec![R::ZERO; if k < states { n } else { 0 }]);
        let horizon = match &learning {
            Some(Learning::Modulated(m)) => m.horizon(),
            _ => pre.as_ref().map_or(0, |p| p.x.horizon()),
        };
        let short_term = plan.short_term.and_then(|s| ShortTerm::new(s, tick_ms));
        let learns = learning.is_some();
        Some(Self {
            statement: plan.statement,
            rows,
            targets,
            weights,
            own,
            sign,
            axon: plan.axon,
            learning,
            pre,
            plus,
            sources: vec![Source::new(short_term.as_ref()); plan.elements],
            short_term,
            flights: Flights::default(),
            history: History::new(if learns { plan.slots.len() } else { 0 }, post),
            first_slot: plan.slots.start,
            target_ids: plan.target_ids.clone(),
            modulator: plan.modulator,
            level: Level::default(),
            gains: None,
            horizon,
            // Set when all shards are known.
            longest: 0,
            next_settling: 0,
        })
    }
}

impl<R: Real> Learner<R> {
    /// Do post spikes matter?
    pub fn learns(&self) -> bool {
        self.learning.is_some()
    }

    /// The longest delay of the network, which says how long a spike may be under way.
    pub fn set_longest(&mut self, longest: u64, tick_ms: f64) {
        self.longest = longest;
        self.next_settling = self.period(tick_ms);
    }

    fn period(&self, tick_ms: f64) -> u64 {
        // What may be settled at a time must have been sent, and met, long before the next time.
        let least = (SETTLE_MS / tick_ms) as u64;
        least.max(self.horizon + 4 * self.longest).max(1)
    }

    pub fn bytes(&self) -> usize {
        self.rows.bytes()
            + self.targets.bytes()
            + (self.weights.len() + self.own[0].len() + self.own[1].len()) * size_of::<R>()
    }

    pub fn memory_bytes(&self) -> usize {
        self.sources.len() * size_of::<Source>() + self.history.bytes()
    }

    /// Sum of the magnitudes of the weights onto each of `n` targets.
    pub fn sums_of_weights(&self, n: usize) -> Vec<f64> {
        let mut sums = vec![0.0; n];
        for source in 0..self.sources.len() {
            self.rows.each_segment(source, |_, start, len, block| {
                for k in start as usize..start as usize + len as usize {
                    let target = self.targets.get(k, block) - self.first_slot;
                    sums[target] += self.weights[k].f64();
                }
            });
        }
        sums
    }

    /// `source` spikes: its spike takes off. `None` if it has no synapses here.
    #[inline]
    pub fn send(&mut self, tick: u64, source: u32) -> Option<u64> {
        if self.rows.is_row_empty(source as usize) {
            return None;
        }
        let state = &mut self.sources[source as usize];
        let flight = state.spike(
            source,
            tick as i64,
            self.pre.as_ref(),
            self.short_term.as_ref(),
        );
        Some(self.flights.push(flight))
    }

    /// Begins to bring `len` synapses from `start` on near.
    #[inline(always)]
    pub fn prefetch(&self, start: u64, len: u32) {
        let (start, len) = (start as usize, len as usize);
        self.targets.prefetch(start, len);
        super::table::lines(&self.weights, start, len);
    }

    /// A target spikes; slots are told from `base` on.
    #[inline(always)]
    pub fn post(&mut self, slot: usize, tick: u64) {
        // Populations spike as a whole; synapses may reach a slice of one only.
        let i = slot.wrapping_sub(self.first_slot);
        if i >= self.history.heads().len() {
            return;
        }
        self.history.push(i, tick as i64);
        if let Some(gains) = &mut self.gains {
            gains.spike(i, tick as i64);
        }
    }

    /// What the modulator does.
    pub fn modulate(&mut self, tick: u64, amount: f64) {
        if let Some(Learning::Modulated(m)) = &self.learning {
            m.event(&mut self.level, tick as i64, amount);
        }
    }

    /// The parts of a delay: axon and dendrite.
    #[inline(always)]
    fn parts(&self, delay: i64) -> (i64, i64) {
        let axon = match self.axon {
            Axon::None => 0,
            Axon::All => delay,
            Axon::Ticks(t) => (t as i64).min(delay),
        };
        (axon, delay - axon)
    }

    /// A segment of a flight that was sent `delay` ticks ago.
    fn meeting(&self, flight: &Flight, delay: i64) -> Meeting<R> {
        let (axon, dendrite) = self.parts(delay);
        let shift = axon - dendrite;
        // Without a dendrite between, what a target does at the tick of an arrival is not known yet: it
        // comes after the arrival.
        let open = i64::from(dendrite == 0);
        let upper = flight.tick + shift;
        let lower = match flight.previous {
            NEVER => NEVER,
            previous => previous + shift,
        };
        Meeting {
            lower,
            upper,
            spike: true,
            after_lower: lower - open,
            last: upper - open,
            before: R::of(flight.before),
            after: R::of(flight.after),
            second: R::of(flight.second),
            dendrite,
        }
    }

    /// What has come together by the end of tick `now` after the last spike before `flight`, which has
    /// not met its synapses yet.
    fn rest(&self, flight: &Flight, delay: i64, now: i64) -> Meeting<R> {
        let meeting = self.meeting(flight, delay);
        let upper = now - meeting.dendrite;
        Meeting {
            upper,
            last: upper,
            spike: false,
            ..meeting
        }
    }

    /// A segment arrives at tick `now`: its synapses learn, and transmit to the sums.
    pub fn arrive<const MARK: bool>(&mut self, arrival: Arrival, now: u64, sums: &mut Slots<R>) {
        let flight = *self.flights.get(arrival.flight);
        let delay = now as i64 - flight.tick;
        if let Some(gains) = &mut self.gains {
            gains.reach(now as i64);
        }
        let span = arrival.start as usize..arrival.start as usize + arrival.len as usize;
        if self.learning.is_some() {
            let meeting = self.meeting(&flight, delay);
            self.learn(span.clone(), arrival.block, &meeting);
        }
        let share = R::of(flight.share) * self.sign;
        let Self {
            weights,
            targets,
            gains,
            first_slot,
            ..
        } = self;
        let weights = &weights[span.clone()];
        let gains = gains.as_ref().map(|g| (g, *first_slot, now as i64));
        match targets {
            Targets::Within(all) => {
                let all = &all[span];
                let shift = usize::from(arrival.block) * NARROW;
                let slot = |k: usize| usize::from(all[k]) + shift;
                transmit::<R, MARK>(sums, weights, slot, share, gains);
            }
            Targets::Wide(all) => {
                let all = &all[span];
                transmit::<R, MARK>(sums, weights, |k| all[k] as usize, share, gains);
            }
            Targets::Packed { .. } => {}
        }
    }

    /// Synapses learn from what has come together.
    fn learn(&mut self, span: std::ops::Range<usize>, block: u16, meeting: &Meeting<R>) {
        let mut weights = std::mem::take(&mut self.weights);
        let mut own = std::mem::take(&mut self.own);
        let first_slot = self.first_slot;
        if let Some(gains) = &mut self.gains
            && gains.sums()
        {
            gains.keep(&weights[span.clone()]);
        }
        let [c, c2] = &mut own;
        let part = |all: &Vec<R>| if all.is_empty() { 0..0 } else { span.clone() };
        let (c_part, c2_part) = (part(c), part(c2));
        self.teach(
            span.start,
            block,
            meeting,
            &mut weights[span.clone()],
            [&mut c[c_part], &mut c2[c2_part]],
        );
        let targets = &self.targets;
        if let Some(gains) = &mut self.gains
            && gains.sums()
        {
            let target = |k: usize| targets.get(span.start + k, block) - first_slot;
            gains.follow(target, &weights[span.clone()]);
        }
        self.weights = weights;
        self.own = own;
    }

    /// What weights (and what is the synapses' own) become, of synapses from `start` on.
    fn teach(
        &self,
        start: usize,
        block: u16,
        meeting: &Meeting<R>,
        weights: &mut [R],
        own: [&mut [R]; 2],
    ) {
        let (Some(learning), Some(plus)) = (&self.learning, &self.plus) else {
            return;
        };
        let ground = Ground {
            history: &self.history,
            plus: plus.lookup(),
            minus: self.history.decay().lookup(),
        };
        match &self.targets {
            Targets::Within(all) => {
                let all = &all[start..start + weights.len()];
                let shift = usize::from(block) * NARROW;
                let target = |k: usize| usize::from(all[k]) + shift - self.first_slot;
                taught(learning, &self.level, ground, meeting, target, weights, own);
            }
            Targets::Wide(all) => {
                let all = &all[start..start + weights.len()];
                let target = |k: usize| all[k] as usize - self.first_slot;
                taught(learning, &self.level, ground, meeting, target, weights, own);
            }
            Targets::Packed { .. } => {}
        }
    }

    /// What silent sources have not met is brought up to date from time to time, so that histories can end.
    /// To be called before anything arrives at tick `before`, and before a spike of then is sent.
    pub fn settle(&mut self, before: u64, tick_ms: f64) {
        while self.learning.is_some() && self.next_settling < before {
            let now = self.next_settling as i64;
            if let Some(gains) = &mut self.gains {
                // Gains are taken before weights change, as at an arrival.
                gains.reach(now);
            }
            self.next_settling += self.period(tick_ms);
            let old = now - (self.horizon + 2 * self.longest) as i64;
            for source in 0..self.sources.len() {
                let last = self.sources[source].last;
                if last == NEVER || last > old {
                    continue;
                }
                let flight = self.sources[source].waiting();
                let mut segments = Vec::new();
                self.rows.each_segment(source, |delay, start, len, block| {
                    segments.push((delay, start as usize..start as usize + len as usize, block));
                });
                for (delay, span, block) in segments {
                    let rest = self.rest(&flight, delay as i64, now);
                    self.learn(span, block, &rest);
                }
                self.sources[source].forget();
            }
            self.history.forget_before(old - self.longest as i64);
        }
    }

    /// What was sent before `tick` has arrived.
    pub fn land_before(&mut self, tick: u64) {
        let longest = self.longest as i64;
        self.flights.land_before(tick as i64 - longest);
    }

    /// Source, delay, slot and weight of each synapse as they stand at the end of tick `now`, without a
    /// change to anything. Everything up to `now` must have arrived.
    pub fn each_weight(
        &self,
        now: u64,
        sources: Option<&[u32]>,
        mut f: impl FnMut(u32, u64, usize, f64),
    ) {
        let mut waiting: Vec<(u32, u64)> = self
            .flights
            .iter()
            .map(|(n, flight)| (flight.source, n))
            .collect();
        waiting.sort_unstable();
        let (mut weights, mut own) = (Vec::new(), [Vec::new(), Vec::new()]);
        let all = 0..self.sources.len() as u32;
        let some = sources.unwrap_or(&[]).iter().copied();
        for source in all.filter(|_| sources.is_none()).chain(some) {
            let source = source as usize;
            let from = waiting.partition_point(|w| w.0 < source as u32);
            let to = waiting.partition_point(|w| w.0 <= source as u32);
            self.rows.each_segment(source, |delay, start, len, block| {
                let span = start as usize..start as usize + len as usize;
                weights.clear();
                weights.extend_from_slice(&self.weights[span.clone()]);
                for (copy, all) in own.iter_mut().zip(&self.own) {
                    copy.clear();
                    if !all.is_empty() {
                        copy.extend_from_slice(&all[span.clone()]);
                    }
                }
                if self.learning.is_some() {
                    let flights = waiting[from..to].iter().map(|w| *self.flights.get(w.1));
                    let under_way = flights.filter(|f| f.tick + delay as i64 > now as i64);
                    let mut meetings = Vec::new();
                    let mut next = self.sources[source].waiting();
                    for flight in under_way {
                        let (axon, _) = self.parts(delay as i64);
                        if flight.tick + axon > now as i64 {
                            next = flight;
                            break;
                        }
                        meetings.push(self.meeting(&flight, delay as i64));
                    }
                    meetings.push(self.rest(&next, delay as i64, now as i64));
                    for meeting in &meetings {
                        let [c, c2] = &mut own;
                        self.teach(span.start, block, meeting, &mut weights, [c, c2]);
                    }
                }
                for (k, w) in weights.iter().enumerate() {
                    let slot = self.targets.get(span.start + k, block);
                    f(source as u32, delay, slot, (*w * self.sign).f64());
                }
            });
        }
    }
}

#[inline(always)]
fn taught<R: Real>(
    learning: &Learning<R>,
    level: &Level,
    ground: Ground<'_, R>,
    meeting: &Meeting<R>,
    target: impl Fn(usize) -> usize,
    weights: &mut [R],
    own: [&mut [R]; 2],
) {
    /// Runs some code with the rule in its own type.
    macro_rules! with {
        ($pair:expr, $rule:ident => $code:expr) => {
            match $pair {
                Pair::Additive($rule) => $code,
                Pair::Weighted($rule) => $code,
                Pair::PowerLaw($rule) => $code,
                Pair::Triplet($rule) => $code,
                Pair::Vogels($rule) => $code,
            }
        };
    }
    match learning {
        Learning::Pairs(pair, Pairing::Traces) => {
            with!(pair, rule => paired(*rule, ground, meeting, target, weights));
        }
        Learning::Pairs(pair, Pairing::Restricted) => {
            let [seen, _] = own;
            with!(pair, rule => restricted(*rule, ground, meeting, target, weights, seen));
        }
        Learning::Pairs(pair, Pairing::PreCentred) => {
            let [trace, _] = own;
            with!(pair, rule => pre_centred(*rule, ground, meeting, target, weights, trace));
        }
        Learning::Modulated(rule) => {
            eligible(rule, level, ground, meeting, target, weights, own);
        }
    }
}

#[inline(always)]
fn transmit<R: Real, const MARK: bool>(
    sums: &mut Slots<R>,
    weights: &[R],
    slot: impl Fn(usize) -> usize,
    share: R,
    gains: Option<(&Gains, usize, i64)>,
) {
    match gains {
        Some((gains, first_slot, now)) => {
            let gain = |k| R::of(gains.of(slot(k) - first_slot, now));
            add::<R, MARK>(sums, weights, &slot, |k, w| w * share * gain(k));
        }
        None => add::<R, MARK>(sums, weights, slot, |_, w| w * share),
    }
}

/// Adds what a segment transmits to the sums.
#[inline(always)]
fn add<R: Real, const MARK: bool>(
    sums: &mut Slots<R>,
    weights: &[R],
    slot: impl Fn(usize) -> usize,
    transmitted: impl Fn(usize, R) -> R,
) {
    if MARK {
        let (values, mut log) = sums.with_log(weights.len());
        for (k, w) in weights.iter().enumerate() {
            let slot = slot(k);
            let value = &mut values[slot];
            log.note(slot as u32, *value == R::ZERO);
            *value += transmitted(k, *w);
        }
        return;
    }
    let values: &mut [R] = &mut sums.values;
    for (k, w) in weights.iter().enumerate() {
        values[slot(k)] += transmitted(k, *w);
    }
}

/// Are the weights of a rule negative?
pub fn is_negative(rule: &RuleSpec) -> bool {
    let bound = match rule.rule {
        RuleKind::Stdp => stdp::W_MAX,
        RuleKind::StdpPowerLaw => crate::plasticity::stdp_power_law::W0,
        RuleKind::StdpTriplet => stdp_triplet::W_MAX,
        RuleKind::Vogels => vogels::W_MAX,
        // Bounds of their own on both sides.
        _ => return false,
    };
    rule.params[bound] < 0.0
}

/// How traces run under a rule.
fn traces<R: Real>(
    rule: Option<&RuleSpec>,
    tick_ms: f64,
) -> (Option<PreTraces>, Option<Decay<R>>, PostTraces<R>) {
    let Some(rule) = rule else {
        let y = Decay::new(1.0, tick_ms);
        let post = PostTraces {
            y,
            z: None,
            nearest: false,
        };
        return (None, None, post);
    };
    let p = |i: usize| rule.params[i];
    // Time constants: pre, post, second of both.
    let (plus, minus, second) = match rule.rule {
        RuleKind::StdpTriplet => (
            p(stdp_triplet::TAU_PLUS),
            p(stdp_triplet::TAU_MINUS),
            Some((p(stdp_triplet::TAU_X), p(stdp_triplet::TAU_Y))),
        ),
        RuleKind::Vogels => (p(vogels::TAU), p(vogels::TAU), None),
        RuleKind::StdpDopamine => (
            p(stdp_dopamine::TAU_PLUS),
            p(stdp_dopamine::TAU_MINUS),
            None,
        ),
        RuleKind::RStdp => (p(r_stdp::TAU_PLUS), p(r_stdp::TAU_MINUS), None),
        _ => (p(stdp::TAU_PLUS), p(stdp::TAU_MINUS), None),
    };
    let chosen = rule.choices.first().copied().unwrap_or(0);
    let (nearest_pre, nearest_post) = match rule.rule {
        // Pre-centred: the trace of pre spikes is the synapse's own.
        RuleKind::Stdp => (chosen == 1 || chosen == 2, chosen != 0),
        RuleKind::StdpTriplet => (chosen == 1, chosen == 1),
        _ => (false, false),
    };
    let pre = PreTraces {
        x: Decay::new(plus, tick_ms),
        r: second.map(|s| Decay::new(s.0, tick_ms)),
        nearest: nearest_pre,
    };
    let post = PostTraces {
        y: Decay::new(minus, tick_ms),
        z: second.map(|s| Decay::new(s.1, tick_ms)),
        nearest: nearest_post,
    };
    (Some(pre), Some(Decay::new(plus, tick_ms)), post)
}
