//! From a specification to shards ready to run.
//!
//! Every shard is built alone, in parallel, from the counter streams of its own targets: first the
//! synapses of each row are counted, then the same streams are replayed and the synapses placed.
//! The network is the same for any number of shards.

use std::sync::Arc;

use super::class::{Class, classify};
use super::connect;
use super::connect::graph::Graph;
use super::connect::site::{Side, Site};
use super::fixed::{FixedPlan, Rounding};
use super::partition::partition;
use super::placing::{Counting, Degrees, Held, Marking, Place, Placing};
use super::procedural::Maker;
use super::space::Point;
use super::spec::{Arithmetic, Delay, NetworkSpec, PopulationKind};
use super::statements::{groups, own_share, points, space};
use super::units::{UnitPlan, make_units};
use super::{feeds, learners, load};
use crate::engine::Plan;
use crate::engine::agenda::Agenda;
use crate::engine::cells::Cells;
use crate::engine::keep::Done;
use crate::engine::regime::Regime;
use crate::engine::report::Profile;
use crate::engine::shard::{Scratch, Shard};
use crate::engine::unit::Unit;
use crate::engine::wheel::Wheel;
use crate::neuron::real::Real;
use crate::stimulus::poisson::MOST_PER_TICK;
use crate::synapse::bitmap::BitRows;
use crate::synapse::builder::{Placer, WeightKind};
use crate::synapse::counter::Counter;
use crate::synapse::learner::Held as Weights;
use crate::synapse::procedural::ProceduralRows;
use crate::synapse::rows::{Rows, starts};
use crate::synapse::table::{Accumulators, Codec, Table, Targets};

/// Visited neurons from which on cells are faster, measured: benches/README.md, `cells`.
pub(super) const UNCUT: u32 = 300_000;

/// Input events per neuron and tick from which on they are not, measured there, too.
const MUCH: f64 = 0.1;

/// How a network is divided. Changes no result.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Worker threads, one shard each; at least 1.
    pub shards: usize,
    /// Cuts within a population lie at multiples of this many neurons.
    pub granule: u32,
    /// Neurons of the cells into which shards of very many are cut, at least 64; see `engine::cells`.
    pub cell: u32,
    /// A shard of more neurons that are visited, and get little input, is cut into cells.
    pub uncut: u32,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            shards: 1,
            // SIMD groups, bitmap words and blocks of random numbers never straddle shards.
            granule: 512,
            cell: 1 << 15,
            uncut: UNCUT,
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
    #[error(
        "the inputs of a neuron may sum up to {0} quanta in a tick, more than 31 bits hold: set arithmetic to single or double"
    )]
    Overflow(u64),
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
    /// Of each projection: what rounding to whole numbers did to its weights, if they were.
    pub rounding: Vec<Option<Rounding>>,
    /// The tick after which it goes on, and what was done up to there; `None`: from the beginning.
    pub start: Option<(u64, Done)>,
}

/// What a shard's builder hands over.
struct Built<R: Real> {
    shard: Shard<R>,
    shortest: u64,
    longest: u64,
    rounding: Vec<Rounding>,
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
        Arithmetic::Single | Arithmetic::Fixed => Network::Single(build_shards(spec, options)?),
    })
}

fn build_shards<R: Weights>(
    spec: &NetworkSpec,
    options: &BuildOptions,
) -> Result<NetworkOf<R>, BuildError> {
    let offsets = spec.offsets();
    let expected: Vec<f64> = spec
        .projections
        .iter()
        .map(|p| connect::expected(spec, p))
        .collect();
    let regime = load::regime(spec, &expected);
    let shards = options.shards.max(1);
    let ranges = partition(spec, &expected, &regime, shards, options.granule);
    let (statements, fixed) = classify(spec);
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
    let common = Common {
        classes: &statements,
        fixed: &fixed,
        points: &points,
        expected: &expected,
        regime: &regime,
        graphs: &graphs,
    };
    // What learns, bitmaps and rows that are not held go to a shard as a whole.
    let whole = |c: &Class| c.plastic || c.bitmap || c.procedural;
    let cell = |ids: &std::ops::Range<u32>| {
        let visited = visited(spec, &regime, &offsets, ids);
        let cut = visited > options.uncut && !statements.iter().any(whole);
        cut.then_some(options.cell)
    };
    let built = crossbeam::thread::scope(|scope| {
        let workers: Vec<_> = ranges
            .iter()
            .map(|ids| {
                let (offsets, common) = (&offsets, &common);
                let cell = cell(ids);
                let builder = move || ShardBuilder::new(spec, offsets, ids.clone(), cell);
                scope.spawn(move |_| builder().build(common))
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
    let mut rounding: Vec<Option<Rounding>> = fixed
        .group
        .iter()
        .map(|group| group.map(|_| Rounding::default()))
        .collect();
    for part in built {
        shortest = shortest.min(part.shortest);
        longest = longest.max(part.longest);
        shards.push(part.shard);
        for (all, own) in rounding.iter_mut().zip(&part.rounding) {
            if let Some(all) = all {
                all.merge(own);
            }
        }
    }
    for modulator in &spec.modulators {
        if let Some(release) = &modulator.release {
            shortest = shortest.min(release.delay.0.max(1));
        }
    }
    for shard in &mut shards {
        shard.cells = Cells::cut(shard);
        match &shard.cells {
            Some(cells) => shard.agendas.resize_with(cells.len(), Agenda::default),
            None => shard.units.iter_mut().for_each(|u| u.cell = 0),
        }
        shard.wheel = Wheel::new(longest);
        for learner in &mut shard.learners {
            learner.set_longest(longest, spec.tick_ms());
        }
    }
    // Without projections there is nothing to wait for; still, a run should answer to Ctrl-C.
    let patience = super::estimate::patience(spec.tick_ms());
    Ok(NetworkOf {
        shards,
        rounding,
        start: None,
        plan: Plan {
            duration: spec.duration,
            window: shortest.min(patience),
            longest,
            checkpoint_every: None,
            goes_on_after: None,
            recent: Vec::new(),
            offsets,
            recordings: spec
                .recording
                .state
                .iter()
                .map(|s| s.of.len() as usize)
                .collect(),
            weights: spec
                .recording
                .weights
                .iter()
                .map(learners::watched)
                .collect(),
        },
    })
}

/// Neurons among the ids that are not swept at first, and of which few are expected to get input at a tick: with much of
/// it, lines of accumulators are used more than once a tick, and dealing costs more than it gains.
fn visited(
    spec: &NetworkSpec,
    regime: &Regime,
    offsets: &[u64],
    ids: &std::ops::Range<u32>,
) -> u32 {
    let populations = spec.populations.iter().zip(offsets).enumerate();
    populations
        .filter(|(p, (population, _))| {
            matches!(population.kind, PopulationKind::Neurons(_))
                && !regime.swept(*p)
                && regime.load(*p) < MUCH
        })
        .map(|(_, (population, first))| {
            let first = *first as u32;
            let end = ids.end.min(first + population.size);
            end.saturating_sub(ids.start.max(first))
        })
        .sum()
}

/// What all shards are built from, by statement or by population.
struct Common<'a> {
    classes: &'a [Class],
    fixed: &'a FixedPlan,
    points: &'a [Option<Vec<Point>>],
    /// Synapses.
    expected: &'a [f64],
    regime: &'a Regime,
    graphs: &'a [Option<Graph>],
}

pub(super) struct ShardBuilder<'a, R: Real> {
    pub(super) spec: &'a NetworkSpec,
    offsets: &'a [u64],
    ids: std::ops::Range<u32>,
    pub(super) units: Vec<Unit<R>>,
    pub(super) slots: Accumulators<R>,
}

impl<'a, R: Weights> ShardBuilder<'a, R> {
    fn new(
        spec: &'a NetworkSpec,
        offsets: &'a [u64],
        ids: std::ops::Range<u32>,
        cell: Option<u32>,
    ) -> Self {
        let UnitPlan { units } = make_units(spec, offsets, &ids, cell);
        Self {
            spec,
            offsets,
            ids,
            units,
            slots: Accumulators::default(),
        }
    }

    fn build(mut self, common: &Common<'_>) -> Result<Built<R>, BuildError> {
        let &Common {
            classes,
            fixed,
            points,
            expected,
            regime,
            graphs,
        } = common;
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
                    spec: Arc::new(p.clone()),
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
            .map(|(site, class)| self.places(site, class, fixed))
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
            .max(self.slots.counts32.len())
            .max(self.slots.fixed[0].len())
            .max(self.slots.fixed[1].len());
        if most >= 1 << 31 {
            return Err(BuildError::TooManySlots(most));
        }
        self.slots.sums.seal();
        let mut bitmaps: Vec<(usize, BitRows)> = (0..sites.len())
            .filter(|&i| classes[i].bitmap)
            .filter_map(|i| {
                let (base, slots) = self.span(&places[i])?;
                Some((i, BitRows::new(&sites[i].from.runs(), base, slots)))
            })
            .collect();
        let spanned = bitmaps.iter().map(|(_, rows)| rows.slots_needed()).max();
        let counts16 = &mut self.slots.counts16;
        counts16.seal_to(counts16.places().max(spanned.unwrap_or(0)));
        self.slots.counts32.seal();
        for (slots, bits) in self.slots.fixed.iter_mut().zip(fixed.bits) {
            slots.seal_to(1 << bits);
        }

        let weighted_blocks = self.weighted_blocks(&sites, classes, &places, expected);
        let mut rounding = vec![Rounding::default(); sites.len()];
        let (mut tables, mut shortest, mut longest) = (Vec::new(), u64::MAX, 1);
        for kind in [
            WeightKind::Count16,
            WeightKind::Count32,
            WeightKind::F32,
            WeightKind::F64,
            WeightKind::Packed {
                group: 0,
                bits: fixed.bits[0],
            },
            WeightKind::Packed {
                group: 1,
                bits: fixed.bits[1],
            },
        ] {
            let of_kind: Vec<usize> = (0..sites.len())
                .filter(|&i| {
                    let c = &classes[i];
                    c.kind == kind && !c.bitmap && !c.procedural && !c.plastic
                })
                .collect();
            let weighted = !matches!(kind, WeightKind::Count16 | WeightKind::Count32);
            let blocks = match kind {
                WeightKind::Count16 => self.slots.counts16.blocks() as u64,
                WeightKind::Count32 => self.slots.counts32.blocks() as u64,
                WeightKind::F32 | WeightKind::F64 => weighted_blocks,
                WeightKind::Packed { .. } => 1,
            };
            let groups = groups(&sites, &of_kind);
            let mut counters = Vec::new();
            for (rows, of_group) in &groups {
                let share = |&i: &usize| own_share(&sites[i], expected[i]);
                let mut counter = Counter::new(rows.clone(), of_group.iter().map(share).sum());
                for &i in of_group {
                    let mut counting =
                        Counting::new(self.spec, &sites[i], &places[i], blocks, &mut counter);
                    connect::visit(&sites[i], &mut counting);
                }
                counters.push(counter);
            }
            if counters.iter().all(|c| c.total() == 0) {
                continue;
            }
            let narrow = !weighted || self.slots.sums.blocks() as u64 == blocks;
            let sources = *self.offsets.last().unwrap_or(&0) as usize;
            let slots = match kind {
                WeightKind::Count16 => self.slots.counts16.len(),
                WeightKind::Count32 => self.slots.counts32.len(),
                _ => self.slots.sums.len(),
            };
            let mut placer = Placer::new(sources, counters, kind, slots, narrow);
            let (group, mut bounds) = match kind {
                WeightKind::Packed { group, bits } if !fixed.proven[group] => {
                    (group, vec![0; 1 << bits])
                }
                _ => (0, Vec::new()),
            };
            for (_, of_group) in &groups {
                placer.group();
                for &i in of_group {
                    let (site, places) = (&sites[i], &places[i]);
                    let mut placing = Placing::new(
                        self.spec,
                        site,
                        places,
                        &mut placer,
                        Held {
                            weighted,
                            blocks,
                            bounds: &mut bounds,
                        },
                    );
                    connect::visit(site, &mut placing);
                    rounding[i] = placing.rounding;
                }
            }
            let (mut table, least, most) = placer.finish();
            table.rows = table.rows.in_blocks(blocks);
            shortest = shortest.min(least / blocks);
            longest = longest.max(most / blocks);
            let gathered = |sum: u64| sum.saturating_mul(fixed.gathered[group]);
            let fits = |sum: u64| gathered(sum) <= i32::MAX as u64;
            if !bounds.into_iter().all(fits) {
                let most = table.heaviest();
                if !fits(most) {
                    return Err(BuildError::Overflow(gathered(most)));
                }
            }
            tables.push(table);
        }
        let elements = *self.offsets.last().unwrap_or(&0) as usize;
        for (i, mut rows) in bitmaps.drain(..) {
            let Delay::Ticks(delay) = self.spec.projections[i].delay else {
                continue;
            };
            connect::visit(
                &sites[i],
                &mut Marking {
                    places: &places[i],
                    rows: &mut rows,
                },
            );
            rows.finish();
            shortest = shortest.min(delay);
            longest = longest.max(delay);
            tables.push(Table {
                rows: Rows::whole(rows.starts(elements), delay),
                targets: Targets::zeroed(0, true),
                codec: Codec::Bitmap(Box::new(rows)),
            });
        }
        for i in (0..sites.len()).filter(|&i| classes[i].procedural) {
            let Delay::Ticks(delay) = self.spec.projections[i].delay else {
                continue;
            };
            let mut degrees = vec![0; elements];
            connect::visit(
                &sites[i],
                &mut Degrees {
                    site: &sites[i],
                    of: &mut degrees,
                },
            );
            shortest = shortest.min(delay);
            longest = longest.max(delay);
            let maker = Maker::new(sites[i].alone(), places[i].clone());
            let wide = classes[i].kind == WeightKind::Count32;
            tables.push(Table {
                rows: Rows::whole(starts(&degrees), delay),
                targets: Targets::zeroed(0, true),
                codec: Codec::Procedural(Box::new(ProceduralRows::new(wide, Box::new(maker)))),
            });
        }
        let mut learners = Vec::new();
        for i in (0..sites.len()).filter(|&i| classes[i].plastic) {
            let Some((learner, least, most)) = learners::build(
                self.spec,
                &sites[i],
                &places[i],
                classes[i].kind,
                &self.slots.sums,
                own_share(&sites[i], expected[i]),
            ) else {
                continue;
            };
            for (place, site) in places[i].iter().zip([&sites[i]].into_iter().cycle()) {
                let id = site.to.id(place.range.start);
                let unit = self
                    .units
                    .iter_mut()
                    .find(|u| id >= u.first_id && id - u.first_id < u.len() as u32);
                if let Some(unit) = unit
                    && learner.learns()
                {
                    let base = place.slot[0] - (id - unit.first_id) as usize;
                    let entry = (learners.len(), base);
                    if !unit.learns.contains(&entry) {
                        unit.learns.push(entry);
                    }
                }
            }
            shortest = shortest.min(least);
            longest = longest.max(most);
            learners.push(learner);
        }
        let shard = Shard {
            units: self.units,
            tables,
            learners,
            modulators: learners::modulators(self.spec, self.offsets),
            tick_ms: self.spec.tick_ms(),
            slots: self.slots,
            // Replaced when the longest delay of all shards is known.
            wheel: Wheel::new(1),
            feeds: feeds.trains,
            count_feeds: feeds.counts,
            steps: feeds.steps,
            currents: feeds.currents,
            probes: feeds.probes,
            regime: regime.clone(),
            agendas: vec![Agenda::default()],
            cells: None,
            at_hand: (0, 0..0),
            sources: Default::default(),
            profile: Profile::default(),
            delivered: 0,
            updated: 0,
            scratch: Scratch::default(),
        };
        Ok(Built {
            shard,
            shortest,
            longest,
            rounding,
        })
    }
}
