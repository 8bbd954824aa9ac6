//! From a specification to shards ready to run.
//!
//! Every shard is built alone, in parallel, from the counter streams of its own targets: first the
//! synapses of each row are counted, then the same streams are replayed and the synapses placed.
//! The network is the same for any number of shards.

use super::connect::graph::Graph;
use super::connect::site::{Side, Site, Visitor};
use super::connect::{self, most_per_target};
use super::partition::partition;
use super::space::{ByDistance, Point, Points, Space};
use super::spec::{
    Arithmetic, Delay, NetworkSpec, PopulationKind, ProjectionSpec, SourceSpec, Values, Weight,
};
use super::units::{UnitPlan, make_units};
use super::{feeds, load};
use crate::engine::Plan;
use crate::engine::report::Profile;
use crate::engine::shard::{Scratch, Shard};
use crate::engine::unit::{CountPlane, PlaneWeight, Route, Unit};
use crate::engine::wheel::Wheel;
use crate::neuron::ModelKind;
use crate::neuron::real::Real;
use crate::rng::{Domain, Stream};
use crate::stimulus::poisson::MOST_PER_TICK;
use crate::synapse::builder::{Counter, Placer, WeightKind};
use crate::synapse::table::Accumulators;

/// How a network is divided. Changes no result.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Worker threads, one shard each; at least 1.
    pub shards: usize,
    /// Cuts within a population lie at multiples of this many neurons.
    pub granule: u32,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            shards: 1,
            // SIMD groups, bitmap words and blocks of random numbers never straddle shards.
            granule: 512,
        }
    }
}

/// What a specification can still get wrong after the definition has been checked.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("the network has {0} neurons and source elements; ids have 32 bits, {max} fit", max = u32::MAX / 2)]
    TooManyIds(u64),
    #[error("a shard would need {0} input slots; 2^31 fit: use more threads")]
    TooManySlots(usize),
    #[error(
        "a Poisson stimulus expects {0} events per element and tick; {MOST_PER_TICK} are allowed"
    )]
    TooManyEvents(f64),
    #[error("projection {0} depends on distances, but its populations are not in one space")]
    NoPositions(usize),
    #[error("building failed: {0}")]
    Worker(String),
}

/// Shards in the number format of the run.
pub enum Network {
    Double(NetworkOf<f64>),
    Single(NetworkOf<f32>),
}

/// A built network.
pub struct NetworkOf<R: Real> {
    pub shards: Vec<Shard<R>>,
    pub plan: Plan,
}

/// One synapse of a built network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synapse {
    /// Global ids.
    pub source: u32,
    pub target: u32,
    pub weight: f64,
    /// Ticks.
    pub delay: u64,
}

/// Builds a network. The specification must have passed the checks of the definition layer:
/// indices in range, sizes positive, delays of at least one tick.
pub fn build(spec: &NetworkSpec, options: &BuildOptions) -> Result<Network, BuildError> {
    let total = spec.offsets().last().copied().unwrap_or(0);
    if total > u64::from(u32::MAX / 2) {
        return Err(BuildError::TooManyIds(total));
    }
    let most = feeds::largest_expectation(spec);
    if most > MOST_PER_TICK {
        return Err(BuildError::TooManyEvents(most));
    }
    Ok(match spec.arithmetic {
        Arithmetic::Double => Network::Double(build_shards(spec, options)?),
        Arithmetic::Single => Network::Single(build_shards(spec, options)?),
    })
}

fn build_shards<R: Real>(
    spec: &NetworkSpec,
    options: &BuildOptions,
) -> Result<NetworkOf<R>, BuildError> {
    let offsets = spec.offsets();
    let expected: Vec<f64> = spec
        .projections
        .iter()
        .map(|p| connect::expected(spec, p))
        .collect();
    let ranges = partition(spec, &expected, options.shards.max(1), options.granule);
    let statements = classify(spec);
    let graphs: Vec<Option<Graph>> = (0..)
        .zip(&spec.projections)
        .map(|(i, p)| connect::grow(&p.rule, spec.seed, i, p.targets() as u32))
        .collect();
    let points = points(spec);
    for (i, p) in spec.projections.iter().enumerate() {
        if p.needs_positions() && space(spec, p, &points).is_none() {
            return Err(BuildError::NoPositions(i));
        }
    }
    let built = crossbeam::thread::scope(|scope| {
        let workers: Vec<_> = ranges
            .iter()
            .map(|ids| {
                let (offsets, statements) = (&offsets, &statements);
                let graphs = &graphs;
                let (points, expected) = (&points, &expected);
                scope.spawn(move |_| {
                    ShardBuilder::new(spec, offsets, ids.clone())
                        .build(statements, points, expected, graphs)
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|w| {
                w.join()
                    .unwrap_or_else(|_| Err(BuildError::Worker("a worker thread failed".into())))
            })
            .collect::<Result<Vec<_>, _>>()
    })
    .map_err(|_| BuildError::Worker("a worker thread failed".into()))??;
    let (mut shards, mut shortest, mut longest) = (Vec::new(), u64::MAX, 1);
    for (shard, min, max) in built {
        shortest = shortest.min(min);
        longest = longest.max(max);
        shards.push(shard);
    }
    for shard in &mut shards {
        shard.wheel = Wheel::new(longest);
    }
    // Without projections there is nothing to wait for; still, a run should answer to Ctrl-C.
    let patience = ((10.0 / spec.tick_ms()) as u64).clamp(1, 1 << 30);
    Ok(NetworkOf {
        shards,
        plan: Plan {
            duration: spec.duration,
            window: shortest.min(patience),
            offsets,
            recordings: spec
                .recording
                .state
                .iter()
                .map(|s| s.of.len() as usize)
                .collect(),
        },
    })
}

/// The points of every population whose distances from others matter.
fn points(spec: &NetworkSpec) -> Vec<Option<Vec<Point>>> {
    let mut wanted = vec![false; spec.populations.len()];
    for p in spec.projections.iter().filter(|p| p.needs_positions()) {
        for s in p.from.iter().chain(&p.to) {
            wanted[s.population] = true;
        }
    }
    spec.populations
        .iter()
        .enumerate()
        .map(|(i, p)| match &p.positions {
            Some(at) if wanted[i] => Some(at.all(spec.seed, i, p.size)),
            _ => None,
        })
        .collect()
}

/// The space of a statement, if both sides lie in one.
fn space<'a>(
    spec: &NetworkSpec,
    p: &ProjectionSpec,
    points: &'a [Option<Vec<Point>>],
) -> Option<Space<'a>> {
    let mut all = p
        .from
        .iter()
        .chain(&p.to)
        .map(|s| spec.populations[s.population].positions.as_ref());
    let first = all.next()??;
    if !all.all(|p| p.is_some_and(|p| p.fits(first))) {
        return None;
    }
    Some(Space {
        from: Points::new(&p.from, points)?,
        to: Points::new(&p.to, points)?,
        period: first.period,
    })
}

/// How the synapses of a statement are held.
#[derive(Clone, Copy, Debug)]
struct Class {
    kind: WeightKind,
    /// Of counted synapses.
    weight: f64,
}

/// Can all of them be held in single precision?
fn is_single(all: &[f64]) -> bool {
    all.iter().all(|&w| f64::from(w as f32) == w)
}

/// One class per projection: a function of the specification only.
fn classify(spec: &NetworkSpec) -> Vec<Class> {
    let relays = |p: &ProjectionSpec| {
        p.to.iter().all(|s| {
            matches!(&spec.populations[s.population].kind,
                PopulationKind::Neurons(n) if n.model == ModelKind::Relay)
        })
    };
    // A source population's weighted synapses all lie in one table, f64 if any of them needs it.
    let mut needs_f64 = vec![false; spec.populations.len()];
    for p in &spec.projections {
        let exact = match (&p.weight, &p.rule) {
            (Weight::FromList, super::spec::Rule::List(edges)) => is_single(&edges.weight),
            (Weight::Values(Values::Array(all)), _) => is_single(all),
            _ => true,
        };
        if !exact && spec.arithmetic == Arithmetic::Double {
            for s in &p.from {
                needs_f64[s.population] = true;
            }
        }
    }
    // Statements from several populations tie their tables together.
    loop {
        let mut changed = false;
        for p in &spec.projections {
            if p.from.iter().any(|s| needs_f64[s.population]) {
                for s in &p.from {
                    changed |= !std::mem::replace(&mut needs_f64[s.population], true);
                }
            }
        }
        if !changed {
            break;
        }
    }
    spec.projections
        .iter()
        .map(|p| {
            let constant = if relays(p) {
                Some(1.0)
            } else {
                match &p.weight {
                    Weight::Values(v) => v.constant(),
                    Weight::FromList | Weight::ByDistance(_) => None,
                }
            };
            match constant {
                Some(weight) => Class {
                    kind: count_kind(spec, p),
                    weight,
                },
                None => Class {
                    kind: if p.from.iter().any(|s| needs_f64[s.population]) {
                        WeightKind::F64
                    } else {
                        WeightKind::F32
                    },
                    weight: 0.0,
                },
            }
        })
        .collect()
}

/// 16-bit counts where a target provably gets at most 65,535 inputs of the statement from one update
/// to the next: a neuron spikes at most once per tick (a clocked one at most once per step), other
/// sources may do so several times, and a clocked target may gather the input of many ticks.
fn count_kind(spec: &NetworkSpec, p: &ProjectionSpec) -> WeightKind {
    let once = p
        .from
        .iter()
        .all(|s| match &spec.populations[s.population].kind {
            PopulationKind::Neurons(n) => n.model != ModelKind::Relay,
            PopulationKind::Source(SourceSpec::Regular { .. }) => true,
            PopulationKind::Source(_) => false,
        });
    let most = most_per_target(&p.rule, p.sources(), p.allow_multapses);
    let most = most.saturating_mul(most_per_source(spec, p));
    // Drawn delays may bring several spikes of one source to one tick, but not more than there are
    // synapses times delays; such statements are rare enough for wide counters.
    if once && matches!(p.delay, Delay::Ticks(_)) && most <= u64::from(u16::MAX) {
        WeightKind::Count16
    } else {
        WeightKind::Count32
    }
}

/// Spikes that an element of the statement can send between two updates of a target, if it spikes at
/// most once per tick. With one delay for all, what arrives in a span of ticks was sent in a span of
/// the same length.
fn most_per_source(spec: &NetworkSpec, p: &ProjectionSpec) -> u64 {
    let step = |population: usize| match &spec.populations[population].kind {
        PopulationKind::Neurons(n) if n.model.def().clock.is_some() => n.options.clock.ticks,
        PopulationKind::Source(SourceSpec::Regular { interval, .. }) => (*interval).max(1),
        _ => 1,
    };
    let gathered = |population: usize| match &spec.populations[population].kind {
        PopulationKind::Neurons(_) => step(population),
        PopulationKind::Source(_) => 1,
    };
    let span = p.to.iter().map(|s| gathered(s.population)).max();
    let between = p.from.iter().map(|s| step(s.population)).min();
    span.unwrap_or(1).div_ceil(between.unwrap_or(1))
}

struct ShardBuilder<'a, R: Real> {
    spec: &'a NetworkSpec,
    offsets: &'a [u64],
    ids: std::ops::Range<u32>,
    units: Vec<Unit<R>>,
    slots: Accumulators<R>,
}

/// Where the targets of one own range of a statement find their slots.
struct Place {
    /// Indices into the statement's targets.
    range: std::ops::Range<u32>,
    /// Slot of the first for weights that are not negative, and for negative ones. The same for
    /// counted synapses, and where the sign does not choose the channel.
    slot: [usize; 2],
}

impl<'a, R: Real> ShardBuilder<'a, R> {
    fn new(spec: &'a NetworkSpec, offsets: &'a [u64], ids: std::ops::Range<u32>) -> Self {
        let UnitPlan { units } = make_units(spec, offsets, &ids);
        Self {
            spec,
            offsets,
            ids,
            units,
            slots: Accumulators::default(),
        }
    }

    /// The shard, its shortest and its longest delay.
    fn build(
        mut self,
        classes: &[Class],
        points: &[Option<Vec<Point>>],
        expected: &[f64],
        graphs: &[Option<Graph>],
    ) -> Result<(Shard<R>, u64, u64), BuildError> {
        let sites: Vec<Site<'_>> = self
            .spec
            .projections
            .iter()
            .enumerate()
            .map(|(i, p)| {
                let to = Side::new(&p.to, self.offsets);
                Site {
                    seed: self.spec.seed,
                    index: i as u64,
                    spec: p,
                    from: Side::new(&p.from, self.offsets),
                    own: to.within(&self.ids),
                    to,
                    space: if p.needs_positions() {
                        space(self.spec, p, points)
                    } else {
                        None
                    },
                    graph: graphs[i].as_ref(),
                }
            })
            .collect();
        let places: Vec<Vec<Place>> = sites
            .iter()
            .zip(classes)
            .map(|(site, class)| self.places(site, class))
            .collect();
        let feeds = feeds::make(
            self.spec,
            self.offsets,
            &self.ids,
            &mut self.units,
            &mut self.slots,
        );
        let most = self
            .slots
            .sums
            .len()
            .max(self.slots.counts16.len())
            .max(self.slots.counts32.len());
        if most >= 1 << 31 {
            return Err(BuildError::TooManySlots(most));
        }
        self.slots.sums.seal();
        self.slots.counts16.seal();
        self.slots.counts32.seal();

        let (mut tables, mut shortest, mut longest) = (Vec::new(), u64::MAX, 1);
        for kind in [
            WeightKind::Count16,
            WeightKind::Count32,
            WeightKind::F32,
            WeightKind::F64,
        ] {
            let of_kind: Vec<usize> = (0..sites.len())
                .filter(|&i| classes[i].kind == kind)
                .collect();
            let mut counter = Counter::new(*self.offsets.last().unwrap_or(&0) as usize);
            for &i in &of_kind {
                connect::visit(
                    &sites[i],
                    &mut Counting {
                        site: &sites[i],
                        counter: &mut counter,
                    },
                );
            }
            if counter.total() == 0 {
                continue;
            }
            let uniform = common_delay(of_kind.iter().map(|&i| &self.spec.projections[i].delay));
            let narrow = match kind {
                WeightKind::Count16 => self.slots.counts16.narrow(),
                WeightKind::Count32 => self.slots.counts32.narrow(),
                _ => self.slots.sums.narrow(),
            };
            let mut placer = Placer::new(&counter, kind, narrow, uniform);
            for &i in &of_kind {
                let mut placing = Placing::new(self.spec, &sites[i], &places[i], &mut placer);
                connect::visit(&sites[i], &mut placing);
                shortest = shortest.min(placing.shortest);
                longest = longest.max(placing.longest);
            }
            tables.push(placer.finish());
        }
        let shard = Shard {
            units: self.units,
            tables,
            slots: self.slots,
            // Replaced when the longest delay of all shards is known.
            wheel: Wheel::new(1),
            feeds: feeds.trains,
            count_feeds: feeds.counts,
            steps: feeds.steps,
            currents: feeds.currents,
            probes: feeds.probes,
            regime: load::regime(self.spec, expected),
            agenda: Default::default(),
            sources: Default::default(),
            profile: Profile::default(),
            delivered: 0,
            updated: 0,
            scratch: Scratch::default(),
        };
        Ok((shard, shortest, longest))
    }

    /// Reserves the planes that a statement needs and says where its targets find them.
    fn places(&mut self, site: &Site<'_>, class: &Class) -> Vec<Place> {
        let mut planes: Vec<Option<usize>> = vec![None; self.units.len()];
        site.own
            .iter()
            .map(|range| {
                let id = site.to.id(range.start);
                let unit = self
                    .units
                    .iter()
                    .position(|u| id >= u.first_id && id - u.first_id < u.len() as u32)
                    .unwrap_or(0);
                let Self { units, slots, .. } = self;
                let u = &mut units[unit];
                let local = (id - u.first_id) as usize;
                let n = u.len();
                let route = u.route(site.spec.receptor);
                let slot = match class.kind {
                    WeightKind::F32 | WeightKind::F64 => {
                        let mut base =
                            |c: usize| *u.sums[c].get_or_insert_with(|| slots.sums.plane(unit, n));
                        match route {
                            Route::To(channel) => [base(channel) + local; 2],
                            Route::BySign => [base(0) + local, base(1) + local],
                        }
                    }
                    kind => {
                        let wide = kind == WeightKind::Count32;
                        let base = *planes[unit].get_or_insert_with(|| {
                            let base = if wide {
                                slots.counts32.plane(unit, n)
                            } else {
                                slots.counts16.plane(unit, n)
                            };
                            let weight = R::of(class.weight);
                            u.counts.push(CountPlane {
                                wide,
                                base,
                                weight: PlaneWeight::One {
                                    weight,
                                    channel: route.channel(weight),
                                },
                            });
                            base
                        });
                        [base + local; 2]
                    }
                };
                Place {
                    range: range.clone(),
                    slot,
                }
            })
            .collect()
    }
}

/// The one delay of several statements, if it is one.
fn common_delay<'d>(mut delays: impl Iterator<Item = &'d Delay>) -> Option<u64> {
    let Some(Delay::Ticks(first)) = delays.next() else {
        return None;
    };
    delays
        .all(|d| matches!(d, Delay::Ticks(t) if t == first))
        .then_some(*first)
}

struct Counting<'a> {
    site: &'a Site<'a>,
    counter: &'a mut Counter,
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

/// A delay beyond every run that can still be added to a tick.
const NEVER: u64 = 1 << 62;

/// What the weights or delays of a statement are drawn from.
#[derive(Clone, Copy)]
enum Draws<'a> {
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
}

/// Draws weights and delays, and places the synapses of own targets.
struct Placing<'a> {
    site: &'a Site<'a>,
    places: &'a [Place],
    placer: &'a mut Placer,
    weights: Option<(Draws<'a>, Stream)>,
    /// Stated weights: of a list, or one for each synapse.
    stated: Option<&'a [f64]>,
    delays: Option<(Draws<'a>, Stream)>,
    listed: Option<&'a super::spec::EdgeList>,
    /// Number of the synapse within its unit.
    at: usize,
    constant_delay: u64,
    tick_ms: f64,
    single: bool,
    shortest: u64,
    longest: u64,
    /// The place found last: consecutive synapses mostly go to one target.
    last: usize,
}

impl<'a> Placing<'a> {
    fn new(
        spec: &NetworkSpec,
        site: &'a Site<'a>,
        places: &'a [Place],
        placer: &'a mut Placer,
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
                (Weight::FromList, super::spec::Rule::List(edges)) => Some(&edges.weight),
                _ => None,
            },
            delays: match &site.spec.delay {
                Delay::Drawn(v) => Some((Draws::Values(v), stream(Domain::Delay))),
                Delay::ByDistance(p) => by_distance(p, Domain::Delay),
                _ => None,
            },
            listed: match &site.spec.rule {
                super::spec::Rule::List(edges) => Some(edges),
                _ => None,
            },
            at: 0,
            constant_delay: match site.spec.delay {
                Delay::Ticks(d) => d,
                _ => 0,
            },
            tick_ms: spec.tick_ms(),
            single: spec.arithmetic == Arithmetic::Single,
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
                let ticks = (draws.draw(stream, position(), source, target) / self.tick_ms).round();
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
        self.placer
            .place(self.site.from.id(source), slot, weight, delay);
    }
}

impl Network {
    /// All synapses, read back from the tables: for inspection and tests. Sorted by source, target
    /// and delay; those of one statement stay in its order.
    pub fn synapses(&self) -> Vec<Synapse> {
        let mut all = match self {
            Self::Double(n) => n.synapses(),
            Self::Single(n) => n.synapses(),
        };
        all.sort_by_key(|s| (s.source, s.target, s.delay));
        all
    }

    /// Bytes of all synapse tables.
    pub fn table_bytes(&self) -> usize {
        match self {
            Self::Double(n) => n.shards.iter().map(Shard::bytes).sum(),
            Self::Single(n) => n.shards.iter().map(Shard::bytes).sum(),
        }
    }

    /// Number of synapses.
    pub fn synapse_count(&self) -> u64 {
        fn count<R: Real>(n: &NetworkOf<R>) -> u64 {
            n.shards
                .iter()
                .flat_map(|s| &s.tables)
                .map(|t| t.rows.synapses())
                .sum()
        }
        match self {
            Self::Double(n) => count(n),
            Self::Single(n) => count(n),
        }
    }

    pub fn plan(&self) -> &Plan {
        match self {
            Self::Double(n) => &n.plan,
            Self::Single(n) => &n.plan,
        }
    }
}

impl<R: Real> NetworkOf<R> {
    fn synapses(&self) -> Vec<Synapse> {
        let total = self.plan.offsets.last().copied().unwrap_or(0) as usize;
        let mut all = Vec::new();
        for shard in &self.shards {
            for table in &shard.tables {
                for source in 0..total {
                    table.rows.each_segment(source, |delay, start, len| {
                        for k in start..start + u64::from(len) {
                            if let Some((target, weight)) = shard.describe(table, k as usize) {
                                all.push(Synapse {
                                    source: source as u32,
                                    target,
                                    weight,
                                    delay,
                                });
                            }
                        }
                    });
                }
            }
        }
        all
    }
}
