//! The two visitors of building: one counts the synapses of each row, one draws their weights and
//! places them. Both need the delays.

use super::connect;
use super::connect::batch::{BATCH, Batch, End, Visitor};
use super::connect::site::Site;
use super::fixed::{Quantum, Rounding};
use super::space::{ByDistance, Space};
use super::spec::{Arithmetic, Delay, NetworkSpec, Rule, Values, Weight};
use crate::rng::Domain;
use crate::rng::numbered::{Numbered, Numbers};
use crate::simd::{Kernel, vectorized};
use crate::synapse::bitmap::BitRows;
use crate::synapse::builder::Placer;
use crate::synapse::counter::Counter;
use crate::synapse::rows::key;
use crate::synapse::slots::NARROW;

/// Where the targets of one own range of a statement find their slots.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Indices into the statement's targets.
    pub(super) range: std::ops::Range<u32>,
    /// Slot of the first for weights that are not negative, and for negative ones. The same for
    /// counted synapses, and where the sign does not choose the channel.
    pub(super) slot: [usize; 2],
    /// Where weights are whole numbers.
    pub(super) quantum: Option<Quantum>,
}

/// Counts the synapses of each element of the network.
pub(super) struct Degrees<'a> {
    pub(super) site: &'a Site<'a>,
    /// By global id.
    pub(super) of: &'a mut [u32],
}

impl Visitor for Degrees<'_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        for i in 0..batch.len {
            self.of[self.site.from.id(batch.sources.get(i)) as usize] += 1;
        }
    }
}

/// Places the synapses of own targets in a bitmap.
pub(super) struct Marking<'a> {
    pub(super) places: &'a [Place],
    pub(super) rows: &'a mut BitRows,
}

impl Visitor for Marking<'_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        let mut found = Finder::new(self.places);
        match (batch.sources, batch.targets) {
            (End::Each(rows), End::One(target)) => {
                let slot = found.slot(target) as usize;
                self.rows.place_column(&rows[..batch.len], slot);
            }
            (End::One(row), End::Each(targets)) => {
                let slots = targets[..batch.len].iter().map(|t| found.slot(*t) as usize);
                self.rows.place_row(row, slots);
            }
            _ => {
                for i in 0..batch.len {
                    let slot = found.slot(batch.targets.get(i)) as usize;
                    self.rows
                        .place_row(batch.sources.get(i), [slot].into_iter());
                }
            }
        }
    }
}

/// A delay beyond every run that can still be added to a tick.
const NEVER: u64 = 1 << 62;

/// Where the weights or delays of a statement come from.
#[derive(Clone, Copy)]
enum Origin<'a> {
    /// All are this.
    Constant(f64),
    Values(&'a Values, Numbered),
    ByDistance(&'a ByDistance, &'a Space<'a>, Numbered),
    /// One for each synapse.
    Stated(&'a [f64]),
}

impl<'a> Origin<'a> {
    fn values(site: &Site<'_>, values: &'a Values, domain: Domain) -> Self {
        match values {
            Values::Constant(v) => Self::Constant(*v),
            Values::Array(all) => Self::Stated(all),
            _ => Self::Values(values, numbered(site, domain)),
        }
    }

    fn by_distance(site: &'a Site<'_>, profile: &'a ByDistance, domain: Domain) -> Self {
        match &site.space {
            Some(space) => Self::ByDistance(profile, space, numbered(site, domain)),
            None => Self::Constant(0.0),
        }
    }

    /// The values of a batch.
    fn column(&self, site: &Site<'_>, batch: &Batch<'_>, words: &mut Vec<u64>, out: &mut [f64]) {
        match self {
            Self::Constant(v) => out.fill(*v),
            Self::Values(values, from) => {
                values.fill(from, batch.unit, batch.numbers, words, out);
            }
            Self::ByDistance(profile, space, from) => {
                words.resize(out.len(), 0);
                from.words(batch.unit, batch.numbers, words);
                for (i, (v, &w)) in out.iter_mut().zip(&*words).enumerate() {
                    let d = space.distance(batch.sources.get(i), batch.targets.get(i));
                    *v = profile.draw(d, &mut from.nth(w));
                }
            }
            Self::Stated(all) => {
                if let Some(part) = run(site, batch, all) {
                    out.copy_from_slice(part);
                    return;
                }
                for (i, v) in out.iter_mut().enumerate() {
                    let at = position(site, batch, i);
                    *v = all.get(at).copied().unwrap_or(0.0);
                }
            }
        }
    }
}

fn numbered(site: &Site<'_>, domain: Domain) -> Numbered {
    Numbered::new(site.seed, domain, site.index)
}

/// Where the stated value of the `i`-th synapse of a batch is.
#[inline(always)]
fn position(site: &Site<'_>, batch: &Batch<'_>, i: usize) -> usize {
    let k = (batch.unit << 32) as usize + batch.numbers.get(i) as usize;
    let (source, target) = (batch.sources.get(i), batch.targets.get(i));
    connect::position(&site.spec.rule, source, target, site.to.len(), k)
}

/// The stated values of a batch, if they stand in a row.
fn run<'a, T>(site: &Site<'_>, batch: &Batch<'_>, all: &'a [T]) -> Option<&'a [T]> {
    match (&site.spec.rule, batch.numbers) {
        (Rule::List(_), Numbers::From(_)) => {
            let first = position(site, batch, 0);
            all.get(first..first + batch.len)
        }
        _ => None,
    }
}

/// The delays of a statement.
struct Delays<'a> {
    origin: DelayOrigin<'a>,
    tick_ms: f64,
    values: Vec<f64>,
    words: Vec<u64>,
    /// Delays of the batch at hand, in ticks.
    ticks: Vec<u64>,
}

enum DelayOrigin<'a> {
    Ticks(u64),
    /// In milliseconds. `hair`: see `Ticks`.
    Drawn {
        origin: Origin<'a>,
        hair: f64,
    },
    Listed(&'a [u64]),
}

impl<'a> Delays<'a> {
    fn new(spec: &NetworkSpec, site: &'a Site<'a>) -> Self {
        Self {
            origin: match (&site.spec.delay, &site.spec.rule) {
                (Delay::Ticks(d), _) => DelayOrigin::Ticks(*d),
                (Delay::Drawn(v), _) => DelayOrigin::Drawn {
                    origin: Origin::values(site, v, Domain::Delay),
                    hair: 0.0,
                },
                (Delay::ByDistance(p), _) => DelayOrigin::Drawn {
                    origin: Origin::by_distance(site, p, Domain::Delay),
                    hair: 1e-9,
                },
                (_, Rule::List(edges)) => DelayOrigin::Listed(&edges.delay),
                _ => DelayOrigin::Ticks(1),
            },
            tick_ms: spec.tick_ms(),
            values: vec![0.0; BATCH],
            words: Vec::new(),
            ticks: Vec::new(),
        }
    }

    /// The delays of a batch.
    fn of(&mut self, site: &Site<'_>, batch: &Batch<'_>) -> &[u64] {
        match &self.origin {
            DelayOrigin::Ticks(d) => {
                if self.ticks.len() < batch.len {
                    self.ticks.resize(batch.len, *d);
                }
            }
            DelayOrigin::Listed(all) => {
                self.ticks.clear();
                match run(site, batch, all) {
                    Some(part) => self.ticks.extend(part.iter().map(|d| (*d).max(1))),
                    None => self.ticks.extend((0..batch.len).map(|i| {
                        let at = position(site, batch, i);
                        all.get(at).copied().unwrap_or(1).max(1)
                    })),
                }
            }
            DelayOrigin::Drawn { origin, hair } => {
                let values = &mut self.values[..batch.len];
                origin.column(site, batch, &mut self.words, values);
                self.ticks.resize(batch.len, 0);
                let ticks = Ticks {
                    values,
                    tick_ms: self.tick_ms,
                    half: 0.5 + hair,
                    out: &mut self.ticks,
                };
                ticks.convert();
            }
        }
        &self.ticks[..batch.len]
    }
}

/// Milliseconds to whole ticks, at least one, halves up. A distance is a square root: what should be
/// a half falls short of it by rounding as often as not, so there a hair is added. What a distance
/// gives may be out of all bounds: then it is never.
///
/// As vector code ticks are found by multiplication. The quotient is as good as the same, unless it is so
/// close to a half that it matters, or very large: then the batch is done over again, by division.
struct Ticks<'a> {
    values: &'a [f64],
    tick_ms: f64,
    half: f64,
    out: &'a mut [u64],
}

impl Kernel for Ticks<'_> {
    /// Were all so small that they are right?
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut all = true;
        let per_tick = 1.0 / self.tick_ms;
        for (out, v) in self.out.iter_mut().zip(self.values) {
            let ticks = v * per_tick;
            let ticks = if ticks >= 1.0 { ticks } else { 1.0 };
            let exact = ticks + self.half;
            // Conversions of numbers that may not fit are not vector code. Adding WHOLE rounds to a whole
            // number, up or down, and leaves it in the low bits.
            let near = exact + Self::WHOLE - Self::WHOLE;
            all &= (ticks < Self::FAR) & ((near - exact).abs() > Self::CLOSE);
            let below = if near > exact { near - 1.0 } else { near };
            *out = (below + Self::WHOLE).to_bits() ^ Self::WHOLE.to_bits();
        }
        all
    }
}

impl Ticks<'_> {
    /// From here on there are no halves, and adding one would lead to the next whole number.
    const WHOLE: f64 = (1u64 << 52) as f64;
    /// Below `FAR`, product and quotient differ by less than three of their last places, which are less
    /// than `CLOSE` together.
    const FAR: f64 = (1u64 << 30) as f64;
    const CLOSE: f64 = 1.0 / (1u64 << 20) as f64;

    fn convert(self) {
        const LAST: f64 = NEVER as f64;
        let Self {
            values,
            tick_ms,
            half,
            out,
        } = self;
        let fast = Ticks {
            values,
            tick_ms,
            half,
            out: &mut *out,
        };
        if vectorized(fast) {
            return;
        }
        for (out, v) in out.iter_mut().zip(values) {
            let ticks = v / tick_ms;
            let ticks = if ticks >= 1.0 { ticks } else { 1.0 };
            let ticks = if ticks < LAST { ticks } else { LAST };
            *out = (ticks + if ticks < Self::WHOLE { half } else { 0.0 }) as u64;
        }
    }
}

/// Finds the places of targets.
pub(super) struct Finder<'a> {
    places: &'a [Place],
    /// The place found last: consecutive synapses mostly go to one target.
    last: usize,
}

impl<'a> Finder<'a> {
    pub(super) fn new(places: &'a [Place]) -> Self {
        Self { places, last: 0 }
    }

    #[inline(always)]
    fn place(&mut self, target: u32) -> &'a Place {
        if !self.places[self.last].range.contains(&target) {
            let found = self.places.iter().position(|p| p.range.contains(&target));
            self.last = found.unwrap_or(0);
        }
        &self.places[self.last]
    }

    /// The slot of a target whose weights all go to one.
    #[inline(always)]
    pub(super) fn slot(&mut self, target: u32) -> u32 {
        let place = self.place(target);
        place.slot[0] as u32 + (target - place.range.start)
    }
}

/// Slots of a block, as a shift.
const BLOCK: u32 = NARROW.trailing_zeros();

/// Counts the synapses of each row.
pub(super) struct Counting<'a> {
    site: &'a Site<'a>,
    finder: Finder<'a>,
    blocks: u64,
    counter: &'a mut Counter,
    delays: Delays<'a>,
    rows: Vec<u32>,
    keys: Vec<u64>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(
        spec: &NetworkSpec,
        site: &'a Site<'a>,
        places: &'a [Place],
        blocks: u64,
        counter: &'a mut Counter,
    ) -> Self {
        Self {
            delays: Delays::new(spec, site),
            rows: vec![0; BATCH],
            keys: Vec::with_capacity(BATCH),
            finder: Finder::new(places),
            blocks,
            site,
            counter,
        }
    }
}

impl Visitor for Counting<'_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        let rows = &mut self.rows[..batch.len];
        self.site.from.ids(batch.sources, rows);
        let delays = if self.counter.by_delay() {
            self.delays.of(self.site, batch)
        } else {
            &[]
        };
        if self.blocks == 1 || delays.is_empty() {
            self.counter.add(rows, delays);
            return;
        }
        self.keys.clear();
        for (i, &delay) in delays.iter().enumerate() {
            let block = self.finder.slot(batch.targets.get(i)) >> BLOCK;
            self.keys.push(key(delay, u64::from(block), self.blocks));
        }
        self.counter.add(rows, &self.keys);
    }
}

/// How the synapses of a statement are held.
pub(super) struct Held<'a> {
    /// Are weights held?
    pub(super) weighted: bool,
    /// Slots are told within one of so many blocks.
    pub(super) blocks: u64,
    /// Of each slot, a bound on the sum of its whole-number weights so far: as if each were the largest there can
    /// be. Empty where nobody asks.
    pub(super) bounds: &'a mut [u64],
}

/// Draws weights and delays, and places the synapses of own targets.
pub(super) struct Placing<'a> {
    site: &'a Site<'a>,
    finder: Finder<'a>,
    blocks: u64,
    placer: &'a mut Placer,
    /// `None`: all have the same, which is not held.
    weights: Option<Origin<'a>>,
    delays: Delays<'a>,
    /// Weights are rounded to single precision.
    single: bool,
    pub(super) rounding: Rounding,
    bounds: &'a mut [u64],
    rows: Vec<u32>,
    keys: Vec<u64>,
    slots: Vec<u32>,
    values: Vec<f64>,
    words: Vec<u64>,
}

impl<'a> Placing<'a> {
    pub(super) fn new(
        spec: &NetworkSpec,
        site: &'a Site<'a>,
        places: &'a [Place],
        placer: &'a mut Placer,
        held: Held<'a>,
    ) -> Self {
        let weights = match (&site.spec.weight, &site.spec.rule) {
            (Weight::Values(v), _) => Origin::values(site, v, Domain::Weight),
            (Weight::ByDistance(p), _) => Origin::by_distance(site, p, Domain::Weight),
            (Weight::FromList, Rule::List(edges)) => Origin::Stated(&edges.weight),
            (Weight::FromList, _) => Origin::Constant(0.0),
        };
        let drawn = matches!(weights, Origin::Values(..) | Origin::ByDistance(..));
        Self {
            delays: Delays::new(spec, site),
            single: drawn || spec.arithmetic != Arithmetic::Double,
            weights: held.weighted.then_some(weights),
            rounding: Rounding::default(),
            bounds: held.bounds,
            finder: Finder::new(places),
            blocks: held.blocks,
            keys: Vec::with_capacity(BATCH),
            rows: vec![0; BATCH],
            slots: vec![0; BATCH],
            values: vec![0.0; BATCH],
            words: Vec::new(),
            site,
            placer,
        }
    }
}

impl Visitor for Placing<'_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        let n = batch.len;
        self.site.from.ids(batch.sources, &mut self.rows[..n]);
        if let Some(weights) = &self.weights {
            let values = &mut self.values[..n];
            weights.column(self.site, batch, &mut self.words, values);
            if self.single {
                vectorized(ToSingle(values));
            }
        }
        match batch.targets {
            End::One(target) => {
                let place = self.finder.place(target);
                let slot = place.slot.map(|s| s as u32 + (target - place.range.start));
                let slots = &mut self.slots[..n];
                if self.weights.is_none() || slot[0] == slot[1] {
                    slots.fill(slot[0]);
                } else {
                    for (s, w) in slots.iter_mut().zip(&self.values) {
                        *s = slot[usize::from(*w < 0.0)];
                    }
                }
                if let Some(quantum) = place.quantum {
                    let values = &mut self.values[..n];
                    self.rounding.round(values, quantum);
                    if slot[0] != slot[1] {
                        bound(self.bounds, slots, quantum);
                    } else if let Some(sum) = self.bounds.get_mut(slot[0] as usize) {
                        *sum += n as u64 * quantum.most as u64;
                    }
                }
            }
            End::Each(targets) => {
                let mut from = 0;
                while let Some(&target) = targets.get(from) {
                    let place = self.finder.place(target);
                    let rest = &targets[from..];
                    let run = if vectorized(Within(&place.range, rest)) {
                        from..n
                    } else {
                        let others = rest.iter().position(|t| !place.range.contains(t));
                        from..others.map_or(n, |k| from + k.max(1))
                    };
                    from = run.end;
                    let first = place
                        .slot
                        .map(|s| (s as u32).wrapping_sub(place.range.start));
                    let (slots, targets) = (&mut self.slots[run.clone()], &targets[run.clone()]);
                    if self.weights.is_none() || first[0] == first[1] {
                        for (slot, target) in slots.iter_mut().zip(targets) {
                            *slot = first[0].wrapping_add(*target);
                        }
                    } else {
                        let values = self.values[run.clone()].iter();
                        for ((slot, target), w) in slots.iter_mut().zip(targets).zip(values) {
                            *slot = first[usize::from(*w < 0.0)].wrapping_add(*target);
                        }
                    }
                    if let Some(quantum) = place.quantum {
                        self.rounding.round(&mut self.values[run], quantum);
                        bound(self.bounds, slots, quantum);
                    }
                }
            }
        }
        let mut delays = self.delays.of(self.site, batch);
        if self.blocks > 1 {
            self.keys.clear();
            for (slot, &delay) in self.slots[..n].iter_mut().zip(delays) {
                self.keys
                    .push(key(delay, u64::from(*slot >> BLOCK), self.blocks));
                *slot &= (1 << BLOCK) - 1;
            }
            delays = &self.keys;
        }
        let values = if self.weights.is_some() {
            &self.values[..n]
        } else {
            &[]
        };
        self.placer
            .place(&self.rows[..n], &self.slots[..n], values, delays);
    }
}

/// Do all targets lie in a range?
struct Within<'a>(&'a std::ops::Range<u32>, &'a [u32]);

impl Kernel for Within<'_> {
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let (start, len) = (self.0.start, self.0.end - self.0.start);
        let mut all = true;
        for target in self.1 {
            all &= target.wrapping_sub(start) < len;
        }
        all
    }
}

/// Adds the largest weight there can be to the bounds of these slots, if there are bounds.
fn bound(bounds: &mut [u64], slots: &[u32], quantum: Quantum) {
    if bounds.is_empty() {
        return;
    }
    for &slot in slots {
        bounds[slot as usize] += quantum.most as u64;
    }
}

struct ToSingle<'a>(&'a mut [f64]);

impl Kernel for ToSingle<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for w in self.0 {
            *w = f64::from(*w as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(ms: f64, tick_ms: f64, half: f64) -> u64 {
        let ticks = (ms / tick_ms).max(1.0).min(NEVER as f64);
        (ticks
            + if ticks < 4503599627370496.0 {
                half
            } else {
                0.0
            }) as u64
    }

    proptest! {
        #[test]
        fn delays_are_whole_ticks_with_halves_up(
            mut values in prop::collection::vec(
                prop_oneof![
                    -1.0..50.0f64,
                    (0u32..4000).prop_map(|n| f64::from(n) * 0.05),
                    (0u32..4000).prop_map(|n| (f64::from(n) * 0.05).next_down()),
                ],
                0..100,
            ),
            far in prop::option::of(prop_oneof![
                1e10..1e30f64,
                Just(f64::INFINITY),
                Just(f64::NAN),
                (0u32..9).prop_map(|n| 0.1 * (4503599627370490.0 + f64::from(n))),
                (0u32..9).prop_map(|n| 0.1 * (1125899906842620.0 + f64::from(n))),
            ]),
            half in prop::sample::select(vec![0.5, 0.5 + 1e-9]),
        ) {
            values.extend(far);
            let mut out = vec![0; values.len()];
            Ticks { values: &values, tick_ms: 0.1, half, out: &mut out }.convert();
            for (v, got) in values.iter().zip(out) {
                prop_assert_eq!(got, plain(*v, 0.1, half), "{}", v);
            }
        }
    }
}
