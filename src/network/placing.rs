//! The two visitors of building: one counts the synapses of each row, one draws their weights and
//! delays and places them.

use super::connect;
use super::connect::site::{Site, Visitor};
use super::fixed::Rounding;
use super::space::{ByDistance, Space};
use super::spec::{Arithmetic, Delay, EdgeList, NetworkSpec, Rule, Values, Weight};
use crate::rng::{Domain, Stream};
use crate::synapse::bitmap::BitRows;
use crate::synapse::builder::{Counter, Placer};

/// Where the targets of one own range of a statement find their slots.
pub(super) struct Place {
    /// Indices into the statement's targets.
    pub(super) range: std::ops::Range<u32>,
    /// Slot of the first for weights that are not negative, and for negative ones. The same for
    /// counted synapses, and where the sign does not choose the channel.
    pub(super) slot: [usize; 2],
    /// Weight of a quantum, where weights are whole numbers.
    pub(super) quantum: f64,
}

pub(super) struct Counting<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) counter: &'a mut Counter,
}

impl Visitor for Counting<'_> {
    #[inline(always)]
    fn unit(&mut self, _: u64) {}
    #[inline(always)]
    fn synapse(&mut self, source: u32, _: u32, own: bool) {
        if own {
            self.counter.add(self.site.from.id(source));
        }
    }
}

/// Places the synapses of own targets in a bitmap.
pub(super) struct Marking<'a> {
    pub(super) places: &'a [Place],
    pub(super) rows: &'a mut BitRows,
}

impl Visitor for Marking<'_> {
    #[inline(always)]
    fn unit(&mut self, _: u64) {}
    #[inline(always)]
    fn synapse(&mut self, source: u32, target: u32, own: bool) {
        if own && let Some(p) = self.places.iter().find(|p| p.range.contains(&target)) {
            self.rows
                .place(source, p.slot[0] + (target - p.range.start) as usize);
        }
    }
}

/// A delay beyond every run that can still be added to a tick.
const NEVER: u64 = 1 << 62;

/// What the weights or delays of a statement are drawn from.
#[derive(Clone, Copy)]
pub(super) enum Draws<'a> {
    Values(&'a Values),
    ByDistance(&'a ByDistance, &'a Space<'a>),
}

impl Draws<'_> {
    /// The value of synapse `k` of its unit.
    #[inline(always)]
    fn draw(&self, stream: &mut Stream, k: usize, source: u32, target: u32) -> f64 {
        match self {
            Self::Values(values) => values.draw(stream, k),
            Self::ByDistance(profile, space) => {
                profile.draw(space.distance(source, target), stream)
            }
        }
    }

    /// To whole ticks, halves up. A distance is a square root: what should be a half falls short of it
    /// by rounding as often as not, so a hair is added.
    #[inline(always)]
    fn round(&self, ticks: f64) -> f64 {
        match self {
            Self::Values(_) => ticks.round(),
            Self::ByDistance(..) => (ticks + (0.5 + 1e-9)).floor(),
        }
    }
}

/// Draws weights and delays, and places the synapses of own targets.
pub(super) struct Placing<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) places: &'a [Place],
    pub(super) placer: &'a mut Placer,
    pub(super) weights: Option<(Draws<'a>, Stream)>,
    /// Stated weights: of a list, or one for each synapse.
    pub(super) stated: Option<&'a [f64]>,
    pub(super) delays: Option<(Draws<'a>, Stream)>,
    pub(super) listed: Option<&'a EdgeList>,
    /// Number of the synapse within its unit.
    pub(super) at: usize,
    pub(super) constant_delay: u64,
    pub(super) tick_ms: f64,
    pub(super) single: bool,
    /// Weights are held as whole numbers up to this.
    pub(super) largest: Option<f64>,
    pub(super) rounding: Rounding,
    pub(super) shortest: u64,
    pub(super) longest: u64,
    /// The place found last: consecutive synapses mostly go to one target.
    pub(super) last: usize,
}

impl<'a> Placing<'a> {
    pub(super) fn new(
        spec: &NetworkSpec,
        site: &'a Site<'a>,
        places: &'a [Place],
        placer: &'a mut Placer,
        largest: Option<i32>,
    ) -> Self {
        let stream = |domain| Stream::new(site.seed, domain, site.index, 0);
        let random = |v: &'a Values, domain| {
            (!matches!(v, Values::Constant(_) | Values::Array(_)))
                .then(|| (Draws::Values(v), stream(domain)))
        };
        let by_distance = |profile: &'a ByDistance, domain| {
            let space = site.space.as_ref()?;
            Some((Draws::ByDistance(profile, space), stream(domain)))
        };
        Self {
            weights: match &site.spec.weight {
                Weight::Values(v) => random(v, Domain::Weight),
                Weight::ByDistance(p) => by_distance(p, Domain::Weight),
                Weight::FromList => None,
            },
            stated: match (&site.spec.weight, &site.spec.rule) {
                (Weight::Values(Values::Array(all)), _) => Some(all),
                (Weight::FromList, Rule::List(edges)) => Some(&edges.weight),
                _ => None,
            },
            delays: match &site.spec.delay {
                Delay::Drawn(v) => Some((Draws::Values(v), stream(Domain::Delay))),
                Delay::ByDistance(p) => by_distance(p, Domain::Delay),
                _ => None,
            },
            listed: match &site.spec.rule {
                Rule::List(edges) => Some(edges),
                _ => None,
            },
            at: 0,
            constant_delay: match site.spec.delay {
                Delay::Ticks(d) => d,
                _ => 0,
            },
            tick_ms: spec.tick_ms(),
            single: spec.arithmetic != Arithmetic::Double,
            largest: largest.map(f64::from),
            rounding: Rounding::default(),
            shortest: u64::MAX,
            longest: 1,
            last: 0,
            site,
            places,
            placer,
        }
    }
}

impl Visitor for Placing<'_> {
    #[inline(always)]
    fn unit(&mut self, unit: u64) {
        let (seed, index) = (self.site.seed, self.site.index);
        if let Some((_, stream)) = &mut self.weights {
            *stream = Stream::new(seed, Domain::Weight, index, unit);
        }
        if let Some((_, stream)) = &mut self.delays {
            *stream = Stream::new(seed, Domain::Delay, index, unit);
        }
        self.at = 0;
    }

    #[inline(always)]
    fn synapse(&mut self, source: u32, target: u32, own: bool) {
        let k = self.at;
        self.at += 1;
        let position = || {
            let targets = self.site.to.len();
            connect::position(&self.site.spec.rule, source, target, targets, k)
        };
        let weight = match (&mut self.weights, self.stated) {
            (Some((draws, stream)), _) => f64::from(draws.draw(stream, k, source, target) as f32),
            (None, Some(all)) => {
                let w = all.get(position()).copied().unwrap_or(0.0);
                if self.single { f64::from(w as f32) } else { w }
            }
            (None, None) => 0.0,
        };
        let delay = match (&mut self.delays, self.listed) {
            (Some((draws, stream)), _) => {
                let ticks = draws.draw(stream, position(), source, target) / self.tick_ms;
                let ticks = draws.round(ticks);
                if ticks >= 1.0 {
                    // What a distance gives may be out of all bounds: then it is never.
                    (ticks as u64).min(NEVER)
                } else {
                    1
                }
            }
            (None, Some(edges)) if self.constant_delay == 0 => {
                edges.delay.get(k).copied().unwrap_or(1).max(1)
            }
            _ => self.constant_delay,
        };
        if !own {
            return;
        }
        if !self.places[self.last].range.contains(&target) {
            self.last = self
                .places
                .iter()
                .position(|p| p.range.contains(&target))
                .unwrap_or(0);
        }
        let place = &self.places[self.last];
        let slot = place.slot[usize::from(weight < 0.0)] + (target - place.range.start) as usize;
        self.shortest = self.shortest.min(delay);
        self.longest = self.longest.max(delay);
        let weight = match self.largest {
            None => weight,
            Some(largest) => {
                let whole = (weight / place.quantum)
                    .round_ties_even()
                    .clamp(-largest, largest);
                self.rounding.note(weight, whole * place.quantum);
                whole
            }
        };
        self.placer
            .place(self.site.from.id(source), slot, weight, delay);
    }
}
