//! What sources and private stimuli do in one shard, and which variables are recorded there.

use super::connect::site::Side;
use super::spec::{DriveKind, NetworkSpec, PopulationKind, Rate, SourceSpec, SpikeList, Values};
use crate::engine::currents::{CurrentFeed, CurrentStep};
use crate::engine::shard::{CountFeed, Feed, Into, Probe, Run};
use crate::engine::unit::{CountPlane, PlaneWeight, Unit};
use crate::neuron::block::Block;
use crate::neuron::real::Real;
use crate::rng::{Domain, of_stimulus};
use crate::stimulus::counts::Counts;
use crate::stimulus::current::Injection;
use crate::stimulus::gamma::Renewal;
use crate::stimulus::keep::Of;
use crate::stimulus::poisson::{BLOCK, COUNTS_ABOVE, Gaps};
use crate::stimulus::pulse_packet::Packets;
use crate::stimulus::rate::{Course, Rows};
use crate::stimulus::train::Train;
use crate::stimulus::varying::Varying;
use crate::synapse::table::Accumulators;

pub(super) struct Feeds {
    pub trains: Vec<Feed>,
    pub counts: Vec<CountFeed>,
    pub steps: Vec<CurrentStep>,
    pub currents: Vec<CurrentFeed>,
    pub probes: Vec<Probe>,
}

/// Reserves the planes of private stimuli (behind those of the projections) and makes the feeds.
pub(super) fn make<R: Real>(
    spec: &NetworkSpec,
    offsets: &[u64],
    ids: &std::ops::Range<u32>,
    units: &mut [Unit<R>],
    slots: &mut Accumulators<R>,
) -> Feeds {
    let mut feeds = Feeds {
        trains: Vec::new(),
        counts: Vec::new(),
        steps: Vec::new(),
        currents: Vec::new(),
        probes: probes(spec, units),
    };
    for (p, population) in spec.populations.iter().enumerate() {
        let PopulationKind::Source(source) = &population.kind else {
            continue;
        };
        let first_id = offsets[p] as u32;
        let lo = ids.start.max(first_id);
        let hi = ids.end.min(first_id + population.size);
        if lo < hi {
            let own = lo - first_id..hi - first_id;
            let mut add = |train| {
                feeds.trains.push(Feed {
                    of: Of::source(p),
                    train,
                    into: Into::Spikes {
                        first_id,
                        own: own.clone(),
                    },
                });
            };
            match source {
                SourceSpec::Poisson { rate } => {
                    let at = (Domain::PoissonSource, p as u64);
                    let wanted = |first, end| first < own.end && own.start < end;
                    for train in poisson_blocks(spec, at, rate, population.size, wanted) {
                        add(train);
                    }
                }
                SourceSpec::SpikeList(list) => add(listed(list, |e| own.contains(&e))),
                SourceSpec::Regular {
                    interval,
                    start,
                    stop,
                } => add(Train::Regular {
                    next: start.saturating_add(*interval),
                    interval: *interval,
                    stop: *stop,
                    first: own.start,
                    end: own.end,
                }),
                SourceSpec::Gamma(gamma) => {
                    let of = of_stimulus(false, p as u64);
                    let (a, b) = (own.start, own.end);
                    let train = Renewal::new(gamma, spec.seed, of, spec.resolution_ps, a, b);
                    add(Train::Renewal(Box::new(train)));
                }
                SourceSpec::PulsePacket(packet) => {
                    let of = of_stimulus(false, p as u64);
                    let (a, b) = (own.start, own.end);
                    let train = Packets::new(packet, spec.seed, of, spec.resolution_ps, a, b);
                    add(Train::Packets(Box::new(train)));
                }
            }
        }
    }
    for (d, drive) in spec.drives.iter().enumerate() {
        let side = Side::new(&drive.to, offsets);
        // Ranges of targets, each of one unit, with the first of them in there.
        let mut own: Vec<(std::ops::Range<u32>, usize, u32)> = Vec::new();
        for range in side.within(ids) {
            let mut at = range.start;
            while at < range.end {
                let id = side.id(at);
                let holds = |u: &Unit<R>| id >= u.first_id && id - u.first_id < u.len() as u32;
                let Some(unit) = units.iter().position(holds) else {
                    break;
                };
                let local = id - units[unit].first_id;
                let end = range.end.min(at + units[unit].len() as u32 - local);
                own.push((at..end, unit, local));
                at = end;
            }
        }
        let weight = match &drive.kind {
            DriveKind::StepCurrent { at, amplitude } => {
                let mut before = 0.0;
                for (&tick, &now) in at.iter().zip(amplitude) {
                    for (range, unit, local) in &own {
                        // A clocked unit feels it from its next step on.
                        let period = units[*unit].period;
                        feeds.steps.push(CurrentStep {
                            tick: tick.checked_next_multiple_of(period).unwrap_or(u64::MAX),
                            unit: *unit,
                            neurons: *local..local + (range.end - range.start),
                            by: now - before,
                        });
                    }
                    before = now;
                }
                continue;
            }
            DriveKind::Current(current) => {
                feeds
                    .currents
                    .extend(own.iter().map(|(range, unit, local)| {
                        let injection =
                            Injection::new(current, spec.seed, d as u64, spec.resolution_ps);
                        let run = Run {
                            first: range.start,
                            end: range.end,
                            slot: *local as usize,
                            unit: *unit,
                        };
                        CurrentFeed::new(injection, run)
                    }));
                continue;
            }
            DriveKind::Poisson { weight, .. }
            | DriveKind::SpikeList { weight, .. }
            | DriveKind::Regular { weight, .. }
            | DriveKind::Gamma { weight, .. }
            | DriveKind::PulsePacket { weight, .. } => weight,
        };
        // These may have any number of spikes for one tick, and units that are not updated at every
        // tick gather those of many.
        let wide = matches!(
            drive.kind,
            DriveKind::SpikeList { .. } | DriveKind::Gamma { .. } | DriveKind::PulsePacket { .. }
        ) || own.iter().any(|(_, unit, _)| units[*unit].period > 1);
        let runs: Vec<Run> = own
            .iter()
            .map(|(range, unit, local)| {
                let base = plane(spec, d, weight, range, *local, *unit, wide, units, slots);
                Run {
                    first: range.start,
                    end: range.end,
                    slot: base + *local as usize,
                    unit: *unit,
                }
            })
            .collect();
        if runs.is_empty() {
            continue;
        }
        let mut add = |train| {
            feeds.trains.push(Feed {
                of: Of::drive(d),
                train,
                into: Into::Input {
                    wide,
                    runs: runs.clone(),
                },
            });
        };
        match &drive.kind {
            DriveKind::Poisson { rate, .. } => {
                let (course, rows, largest) = rates(spec, rate);
                if largest > COUNTS_ABOVE {
                    feeds.counts.extend(runs.iter().map(|&run| CountFeed {
                        counts: Counts::new(
                            spec.seed,
                            d as u64,
                            run.first,
                            run.end - run.first,
                            course.clone(),
                            rows.clone(),
                        ),
                        run,
                        wide,
                    }));
                } else {
                    let at = (Domain::PoissonDrive, d as u64);
                    let wanted =
                        |first, end| runs.iter().any(|r: &Run| r.first < end && first < r.end);
                    for train in poisson_blocks(spec, at, rate, side.len(), wanted) {
                        add(train);
                    }
                }
            }
            DriveKind::SpikeList { list, .. } => {
                add(listed(list, |e| {
                    runs.iter().any(|r| (r.first..r.end).contains(&e))
                }));
            }
            DriveKind::Regular {
                interval,
                start,
                stop,
                ..
            } => {
                for run in &runs {
                    add(Train::Regular {
                        next: start.saturating_add(*interval),
                        interval: *interval,
                        stop: *stop,
                        first: run.first,
                        end: run.end,
                    });
                }
            }
            DriveKind::Gamma { gamma, .. } => {
                let of = of_stimulus(true, d as u64);
                for r in &runs {
                    let (a, b) = (r.first, r.end);
                    let train = Renewal::new(gamma, spec.seed, of, spec.resolution_ps, a, b);
                    add(Train::Renewal(Box::new(train)));
                }
            }
            DriveKind::PulsePacket { packet, .. } => {
                let of = of_stimulus(true, d as u64);
                for r in &runs {
                    let (a, b) = (r.first, r.end);
                    let train = Packets::new(packet, spec.seed, of, spec.resolution_ps, a, b);
                    add(Train::Packets(Box::new(train)));
                }
            }
            DriveKind::StepCurrent { .. } | DriveKind::Current(_) => {}
        }
    }
    feeds
}

/// Reserves the plane of a run of a private stimulus; returns the slot of the unit's first neuron.
#[expect(
    clippy::too_many_arguments,
    reason = "one call, where all of it is at hand"
)]
fn plane<R: Real>(
    spec: &NetworkSpec,
    drive: usize,
    weight: &Values,
    range: &std::ops::Range<u32>,
    local: u32,
    unit: usize,
    wide: bool,
    units: &mut [Unit<R>],
    slots: &mut Accumulators<R>,
) -> usize {
    let u = &mut units[unit];
    let n = u.len();
    let route = u.route(spec.drives[drive].receptor);
    let base = if wide {
        slots.counts32.plane(unit, n)
    } else {
        slots.counts16.plane(unit, n)
    };
    let weight = match weight {
        // A relay counts its input, whatever the weight.
        _ if matches!(u.block, Block::Relay(_)) => PlaneWeight::One {
            weight: R::of(1.0),
            channel: 0,
        },
        Values::Constant(w) => PlaneWeight::One {
            weight: R::of(*w),
            channel: route.channel(R::of(*w)),
        },
        drawn => {
            let mut weights = vec![R::ZERO; n];
            for i in range.clone() {
                let w = drawn.element(spec.seed, Domain::DriveWeight, drive as u64, i as usize);
                weights[(local + i - range.start) as usize] = R::of(w);
            }
            PlaneWeight::Each { weights, route }
        }
    };
    // Which slice of the list an element belongs to: slices follow one another.
    let mut behind = 0;
    let mut slices = spec.drives[drive].to.iter();
    let slice = slices.position(|s| {
        behind += s.len();
        range.start < behind
    });
    let slice = slice.unwrap_or(0) as u32;
    u.counts.push(CountPlane {
        of: ((spec.projections.len() + drive) as u32, slice),
        wide,
        base,
        weight,
    });
    base
}

/// Course, individual rates and the largest expectation per tick of a rate.
fn rates(spec: &NetworkSpec, rate: &Rate) -> (Course, Option<Rows>, f64) {
    let course = Course::new(rate, spec.resolution_ps);
    let rows = course.rows(rate, spec.resolution_ps);
    let largest = match &rows {
        Some(rows) => rows.largest(),
        None => course.largest(),
    };
    (course, rows, largest)
}

/// The largest expectation per element and tick of any Poisson stimulus.
pub(super) fn largest_expectation(spec: &NetworkSpec) -> f64 {
    let of_drives = spec.drives.iter().filter_map(|d| match &d.kind {
        DriveKind::Poisson { rate, .. } => Some(rate),
        _ => None,
    });
    let of_sources = spec.populations.iter().filter_map(|p| match &p.kind {
        PopulationKind::Source(SourceSpec::Poisson { rate }) => Some(rate),
        _ => None,
    });
    of_drives
        .chain(of_sources)
        .map(|rate| rates(spec, rate).2)
        .fold(0.0, f64::max)
}

/// The blocks of a Poisson process that are wanted.
fn poisson_blocks(
    spec: &NetworkSpec,
    (domain, of): (Domain, u64),
    rate: &Rate,
    total: u32,
    wanted: impl Fn(u32, u32) -> bool,
) -> Vec<Train> {
    let (course, rows, _) = rates(spec, rate);
    (0..total.div_ceil(BLOCK))
        .filter(|b| wanted(b * BLOCK, (b * BLOCK + BLOCK).min(total)))
        .map(|b| {
            let course = course.clone();
            if course.is_flat() {
                let gaps = Gaps::new(spec.seed, domain, of, b, total, course, rows.clone());
                Train::Gaps(Box::new(gaps))
            } else {
                let train = Varying::new(spec.seed, domain, of, b, total, course);
                Train::Varying(Box::new(train))
            }
        })
        .collect()
}

fn listed(list: &SpikeList, own: impl Fn(u32) -> bool) -> Train {
    Train::List {
        events: list
            .events
            .iter()
            .copied()
            .filter(|&(_, e)| own(e))
            .collect(),
        at: 0,
    }
}

/// This shard's parts of the recorded variables.
fn probes<R: Real>(spec: &NetworkSpec, units: &[Unit<R>]) -> Vec<Probe> {
    let mut all = Vec::new();
    for (recording, r) in spec.recording.state.iter().enumerate() {
        let PopulationKind::Neurons(neurons) = &spec.populations[r.of.population].kind else {
            continue;
        };
        let Some(variable) = neurons.model.def().recordables.get(r.variable) else {
            continue;
        };
        for (unit, u) in units.iter().enumerate() {
            let lo = r.of.start.max(u.start);
            let hi = r.of.end.min(u.start + u.len() as u32);
            if u.population == r.of.population && lo < hi {
                all.push(Probe {
                    recording,
                    unit,
                    neurons: lo - u.start..hi - u.start,
                    offset: (lo - r.of.start) as usize,
                    variable: variable.name,
                    every: r.every.max(1),
                });
            }
        }
    }
    all
}
