//! What a network will need, told from its specification alone, before anything is allocated.
//!
//! The cost is that of the specification (statements and slices), never of the synapses, and all
//! counts are `f64`: a network of 1e15 synapses is estimated, and refused, like any other.

use super::build::UNCUT;
use super::class::{Class, classify};
use super::connect::{self, expected};
use super::plastic_bytes::{plastic_bytes, snapshot_bytes};
pub use super::rates::ASSUMED_RATE;
use super::rates::{drive_events, rate_of};
use super::space::{OPEN, Point};
use super::spec::{
    Delay, DriveKind, NetworkSpec, PopulationKind, PopulationSpec, ProjectionSpec, Rule, Slice,
    SourceSpec, StateRecording, Values, Weight,
};
use crate::synapse::builder::WeightKind;

/// State, parameters and bookkeeping of one neuron.
const BYTES_PER_NEURON: f64 = 100.0;
/// Current, driving term and accumulator of a receptor port, per neuron.
const BYTES_PER_PORT: f64 = 24.0;
/// One spike in the double buffer of a window or waiting to be written.
const BYTES_PER_SPIKE: f64 = 16.0;
/// A synapse that is due in a window, dealt to a cell: lists grow by doubling.
const BYTES_PER_DEALT: f64 = 16.0;
/// Start of a row and of its segments, for every element of the network in every table.
const BYTES_PER_ROW: f64 = 12.0;
/// Delay and length of a segment: short ones, and those of delays beyond 65,535 ticks.
const BYTES_PER_SEGMENT: f64 = 4.0;
const BYTES_PER_LONG_SEGMENT: f64 = 16.0;
/// Synapses that are collected on their way to their rows: a share of all, and at most so many.
const COLLECTED: f64 = 2_097_152.0;
const SHARE_COLLECTED: f64 = 1.0 / 96.0;
const BYTES_PER_COLLECTED: f64 = 16.0;
/// Counters of the two passes of building, per source and per target of a projection.
const BUILD_BYTES_PER_END: f64 = 16.0;
/// An explicit spike or synapse of a list, as it lies in the specification.
const BYTES_PER_LISTED: f64 = 16.0;
/// A value of recorded state.
const BYTES_PER_VALUE: f64 = 8.0;
/// Frames that wait for the disk at most, those that are being put together included.
const FRAMES_UNDER_WAY: f64 = 12.0;
/// Three coordinates.
const BYTES_PER_POINT: f64 = 24.0;
/// Coordinates twice, and the share of the tree.
const BYTES_PER_CELLED: f64 = 72.0;
/// Slots of a shard that 16-bit targets reach.
const MOST_U16: f64 = 65_536.0;

/// What a projection will need.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectionEstimate {
    /// Expected number of synapses.
    pub synapses: f64,
    /// Is that the number itself, not a mean?
    pub exact: bool,
    /// Shortest and longest delay in ticks; of drawn delays what practically comes up.
    pub delay: (u64, u64),
    pub table_bytes: f64,
    pub build_bytes: f64,
    /// A graph that is grown before building and held until its end.
    pub graph_bytes: f64,
}

/// What a network will need.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// One for each projection, in order.
    pub projections: Vec<ProjectionEstimate>,
    /// Elements of all populations.
    pub neurons: f64,
    pub synapses: f64,
    /// Length of the window in ticks: the shortest delay. `None` without projections.
    pub window: Option<u64>,
    pub table_bytes: f64,
    /// Needed while building, free afterwards.
    pub build_bytes: f64,
    pub state_bytes: f64,
    /// Spikes, and state and weights on their way to a recorder.
    pub spike_bytes: f64,
    /// Part of `state_bytes` of each population.
    pub population_bytes: Vec<f64>,
    /// Part of `spike_bytes` of each recording of state.
    pub recording_bytes: Vec<f64>,
    /// Events per second of simulated time from private stimuli: rate times targets.
    pub external_events: f64,
    /// Synaptic events per second of simulated time: exact for sources whose rate is stated, and
    /// with `ASSUMED_RATE` for neurons.
    pub recurrent_events: f64,
}

impl Estimate {
    /// The most memory needed at one time.
    pub fn memory(&self) -> f64 {
        self.table_bytes + self.build_bytes + self.state_bytes + self.spike_bytes
    }

    /// All input events per second of simulated time.
    pub fn events(&self) -> f64 {
        self.external_events + self.recurrent_events
    }
}

/// The longest window: ticks of 10 ms, so that a run without delays soon answers to Ctrl-C.
pub(super) fn patience(tick_ms: f64) -> u64 {
    ((10.0 / tick_ms) as u64).clamp(1, 1 << 30)
}

/// Estimates all of `spec`.
pub fn estimate(spec: &NetworkSpec) -> Estimate {
    let neurons: f64 = spec.populations.iter().map(|p| f64::from(p.size)).sum();
    let slots = Slots::of(spec);
    let (classes, _) = classify(spec);
    let projections: Vec<ProjectionEstimate> = spec
        .projections
        .iter()
        .zip(&classes)
        .map(|(p, class)| estimate_projection(p, class, spec, &slots))
        .collect();
    let sum = |f: fn(&ProjectionEstimate) -> f64| projections.iter().map(f).sum::<f64>();
    let window = projections.iter().map(|p| p.delay.0.max(1)).min();
    let recurrent_events = spec
        .projections
        .iter()
        .zip(&projections)
        .map(|(p, e)| {
            let sources = length(&p.from);
            if sources == 0.0 {
                return 0.0;
            }
            // The synapses of a statement are spread evenly over its sources.
            let spikes: f64 = p
                .from
                .iter()
                .map(|s| f64::from(s.len()) * rate_of(s, spec))
                .sum();
            e.synapses * spikes / sources
        })
        .sum();
    let external_events = spec
        .drives
        .iter()
        .map(|d| drive_events(&d.kind, length(&d.to), spec))
        .sum();
    let window_s = window.unwrap_or(1) as f64 * spec.tick_ms() / 1e3;
    let spikes_per_s: f64 = spec
        .populations
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let all = Slice {
                population: i,
                start: 0,
                end: p.size,
            };
            f64::from(p.size) * rate_of(&all, spec)
        })
        .sum();
    let listed: f64 = spec
        .drives
        .iter()
        .map(|d| match &d.kind {
            DriveKind::SpikeList { list, .. } => list.events.len() as f64,
            _ => 0.0,
        })
        .sum();
    let population_bytes: Vec<f64> = spec.populations.iter().map(population_bytes).collect();
    let recording_bytes = recording_bytes(spec, window.unwrap_or(u64::MAX));
    Estimate {
        neurons,
        synapses: sum(|p| p.synapses),
        window,
        table_bytes: sum(|p| p.table_bytes) + row_bytes(spec, &projections, neurons),
        // Projections are built one after the other: the largest decides.
        build_bytes: projections
            .iter()
            .map(|p| p.build_bytes)
            .fold(0.0, f64::max)
            + sum(|p| p.graph_bytes)
            + delay_bytes(spec, &projections)
            + collected_bytes(&projections),
        state_bytes: population_bytes.iter().sum::<f64>() + listed * BYTES_PER_LISTED,
        // Two windows, at most one spike per neuron and tick, usually what the rates say.
        spike_bytes: 2.0 * BYTES_PER_SPIKE * (spikes_per_s * window_s).max(neurons)
            + if neurons > f64::from(UNCUT) {
                BYTES_PER_DEALT * recurrent_events * window_s
            } else {
                0.0
            }
            + snapshot_bytes(spec, |i| projections.get(i).map_or(0.0, |p| p.synapses))
            + recording_bytes.iter().sum::<f64>(),
        population_bytes,
        recording_bytes,
        external_events,
        recurrent_events,
        projections,
    }
}

/// State of the elements of a population.
fn population_bytes(p: &PopulationSpec) -> f64 {
    let more = match &p.kind {
        PopulationKind::Neurons(n) => f64::from(p.size) * n.receptors.len() as f64 * BYTES_PER_PORT,
        PopulationKind::Source(SourceSpec::SpikeList(l)) => {
            l.events.len() as f64 * BYTES_PER_LISTED
        }
        PopulationKind::Source(_) => 0.0,
    };
    f64::from(p.size) * BYTES_PER_NEURON + more
}

/// Samples of a window, which shards keep until they meet (in two buffers), and those on their way to the
/// file.
fn recording_bytes(spec: &NetworkSpec, window: u64) -> Vec<f64> {
    // However long delays are, a run answers to Ctrl-C.
    let window = window.min(patience(spec.tick_ms()));
    let each = |r: &StateRecording| {
        let frames = (window.min(spec.duration) / r.every.max(1)) as f64 + 1.0;
        let frame = f64::from(r.of.len()) * BYTES_PER_VALUE;
        2.0 * frames * frame + FRAMES_UNDER_WAY * frame
    };
    spec.recording.state.iter().map(each).collect()
}

/// Bytes of the column that holds delays until the rows are cut, for the largest group of statements
/// with common sources: none if all have the same.
fn delay_bytes(spec: &NetworkSpec, projections: &[ProjectionEstimate]) -> f64 {
    let shortest = projections.iter().map(|p| p.delay.0).min();
    let longest = projections.iter().map(|p| p.delay.1).max();
    let bytes = match longest {
        _ if shortest == longest => return 0.0,
        Some(d) if d > u64::from(u16::MAX) => 8.0,
        Some(d) if d > u64::from(u8::MAX) => 2.0,
        _ => 1.0,
    };
    let mut of_sources = vec![0.0; spec.populations.len()];
    for (p, e) in spec.projections.iter().zip(projections) {
        if let Some(first) = p.from.first() {
            of_sources[first.population] += e.synapses;
        }
    }
    bytes * of_sources.into_iter().fold(0.0, f64::max)
}

fn length(slices: &[Slice]) -> f64 {
    slices.iter().map(|s| f64::from(s.len())).sum()
}

/// Targets that are also sources.
fn shared(p: &ProjectionSpec) -> f64 {
    let mut count = 0.0;
    for a in &p.from {
        for b in p.to.iter().filter(|b| b.population == a.population) {
            count += f64::from(a.end.min(b.end).saturating_sub(a.start.max(b.start)));
        }
    }
    count
}

/// Is the projection held as counts of one weight?
fn is_counted(p: &ProjectionSpec) -> bool {
    matches!(&p.weight, Weight::Values(Values::Constant(_)))
}

/// Places for the input of a tick, if one shard has all of them.
struct Slots {
    weighted: f64,
    counted: f64,
}

impl Slots {
    fn of(spec: &NetworkSpec) -> Self {
        let mut slots = Self {
            weighted: 0.0,
            counted: 0.0,
        };
        let mut weighted = vec![false; spec.populations.len()];
        for p in &spec.projections {
            if is_counted(p) {
                slots.counted += length(&p.to);
            } else {
                p.to.iter().for_each(|s| weighted[s.population] = true);
            }
        }
        slots.counted += spec.drives.iter().map(|d| length(&d.to)).sum::<f64>();
        for (population, _) in spec.populations.iter().zip(weighted).filter(|p| p.1) {
            if let PopulationKind::Neurons(n) = &population.kind {
                slots.weighted += f64::from(population.size) * n.channels() as f64;
            }
        }
        slots
    }
}

/// Starts of rows, and segments: one for each different delay of a source, as far as its rows are long
/// enough. Rows are merged over all targets.
fn row_bytes(spec: &NetworkSpec, projections: &[ProjectionEstimate], elements: f64) -> f64 {
    let mut bytes = 0.0;
    for counted in [true, false] {
        let of_kind = || {
            let all = spec.projections.iter().zip(projections);
            all.filter(|(p, _)| is_counted(p) == counted)
        };
        let delays = of_kind().fold(None, |range: Option<(u64, u64)>, (_, e)| {
            let (low, high) = range.unwrap_or(e.delay);
            Some((low.min(e.delay.0), high.max(e.delay.1)))
        });
        let Some((low, high)) = delays else {
            continue;
        };
        bytes += elements * BYTES_PER_ROW;
        let different = (high - low) as f64 + 1.0;
        if different == 1.0 {
            continue;
        }
        let mut synapses = vec![0.0; spec.populations.len()];
        for (p, e) in of_kind() {
            let sources = length(&p.from).max(1.0);
            for s in &p.from {
                synapses[s.population] += e.synapses * f64::from(s.len()) / sources;
            }
        }
        let segments: f64 = spec
            .populations
            .iter()
            .zip(synapses)
            .map(|(p, n)| n.min(different * f64::from(p.size)))
            .sum();
        let each = if high > u64::from(u16::MAX) {
            BYTES_PER_LONG_SEGMENT
        } else {
            BYTES_PER_SEGMENT
        };
        bytes += segments * each;
    }
    bytes
}

/// Synapses on their way to their rows.
fn collected_bytes(projections: &[ProjectionEstimate]) -> f64 {
    let synapses: f64 = projections.iter().map(|e| e.synapses).sum();
    (synapses * SHARE_COLLECTED).min(COLLECTED) * BYTES_PER_COLLECTED
}

fn estimate_projection(
    p: &ProjectionSpec,
    class: &Class,
    spec: &NetworkSpec,
    slots: &Slots,
) -> ProjectionEstimate {
    let (sources, targets) = (length(&p.from), length(&p.to));
    let pairs = sources * targets - if p.allow_autapses { 0.0 } else { shared(p) };
    let (synapses, exact) = match &p.rule {
        Rule::AllToAll => (pairs, true),
        Rule::OneToOne => (sources.min(targets), true),
        Rule::FixedIndegree(k) => (f64::from(*k) * targets, true),
        Rule::FixedOutdegree(k) => (f64::from(*k) * sources, true),
        Rule::FixedTotalNumber(n) => (*n as f64, true),
        Rule::PairwiseBernoulli(x) => (pairs * x, *x == 0.0 || *x == 1.0),
        Rule::IndegreeByDistance { indegree, .. } => (f64::from(*indegree) * targets, true),
        Rule::BernoulliByDistance(kernel) => {
            let autapses = if p.allow_autapses { 0.0 } else { shared(p) };
            (expected(spec, p) - autapses * kernel.at(0.0), false)
        }
        Rule::PairwisePoisson(x) => (pairs * x, *x == 0.0),
        Rule::SymmetricPairwiseBernoulli(x) => (expected(spec, p), *x == 0.0 || *x == 1.0),
        Rule::RandomGraph { .. } | Rule::SmallWorld { .. } | Rule::ScaleFree { .. } => {
            (expected(spec, p), true)
        }
        Rule::List(l) => (l.source.len() as f64, true),
    };
    let delay = delay_range(p, spec);
    let listed = match &p.rule {
        Rule::List(_) => synapses * BYTES_PER_LISTED,
        _ => 0.0,
    };
    ProjectionEstimate {
        synapses,
        exact,
        delay,
        table_bytes: match plastic_bytes(spec, p) {
            Some(plastic) => synapses * f64::from(plastic.per_synapse) + plastic.ends,
            None => table_bytes(p, class, synapses, slots),
        },
        graph_bytes: connect::graph_bytes(&p.rule, targets),
        build_bytes: (sources + targets) * BUILD_BYTES_PER_END + listed + space_bytes(p),
    }
}

/// Bytes of the synapses of a statement in the tables.
///
/// A target takes two bytes where the slots of a shard fit 16 bits (here: those of the network, since
/// the number of shards is not known yet), else four. A constant weight is held once for the
/// projection. A drawn weight is an f32, since the drawn f32 is the weight; a listed one is what the
/// arithmetic says. A packed synapse is one word. Of a bitmap, what counts is the number of pairs, and
/// two bytes for every further synapse of a pair.
fn table_bytes(p: &ProjectionSpec, class: &Class, synapses: f64, slots: &Slots) -> f64 {
    let target = |slots: f64| if slots <= MOST_U16 { 2.0 } else { 4.0 };
    if class.procedural {
        return 0.0;
    }
    if class.bitmap {
        let pairs = (length(&p.from) * length(&p.to)).max(1.0);
        let mean = synapses / pairs;
        let further = if p.allow_multapses {
            pairs * (mean + libm::expm1(-mean))
        } else {
            0.0
        };
        return pairs / 8.0 + 2.0 * further + 8.0 * length(&p.from);
    }
    synapses
        * match class.kind {
            WeightKind::Count16 | WeightKind::Count32 => 2.0,
            WeightKind::F32 => target(slots.weighted) + 4.0,
            WeightKind::F64 => target(slots.weighted) + 8.0,
            WeightKind::Packed { .. } => 4.0,
        }
}

fn delay_range(p: &ProjectionSpec, spec: &NetworkSpec) -> (u64, u64) {
    let ticks = |ms: f64| {
        // A cast of a float saturates, so nothing can overflow here.
        ((ms / spec.tick_ms()).round() as u64).max(1)
    };
    match (&p.delay, &p.rule) {
        (Delay::Ticks(t), _) => (*t, *t),
        (Delay::Drawn(values), _) => {
            let (low, high) = drawn_range(values);
            (ticks(low), ticks(high.max(low)))
        }
        (Delay::ByDistance(profile), _) => {
            let (low, high) = profile.range(farthest(p, spec), drawn_range);
            (ticks(low.max(0.0)), ticks(high.max(0.0)))
        }
        (Delay::FromList, Rule::List(l)) => (
            l.delay.iter().copied().min().unwrap_or(1),
            l.delay.iter().copied().max().unwrap_or(1),
        ),
        (Delay::FromList, _) => (1, 1),
    }
}

/// A bound on the distance between the two sides of a projection, in um.
pub(super) fn farthest(p: &ProjectionSpec, spec: &NetworkSpec) -> f64 {
    let boxed = |side: &[Slice]| {
        let positions = |s: &Slice| spec.populations.get(s.population)?.positions.as_ref();
        side.iter().filter_map(positions).fold(
            ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3], [OPEN; 3]),
            |(low, high, _), p| {
                let (a, b): (Point, Point) = p.bounds();
                (
                    std::array::from_fn(|k| low[k].min(a[k])),
                    std::array::from_fn(|k| high[k].max(b[k])),
                    p.period,
                )
            },
        )
    };
    let ((a, b, period), (c, d, _)) = (boxed(&p.from), boxed(&p.to));
    let sum: f64 = (0..3)
        .map(|k| {
            (b[k] - c[k])
                .abs()
                .max((d[k] - a[k]).abs())
                .min(0.5 * period[k])
        })
        .map(|gap: f64| gap * gap)
        .sum();
    let mask = match &p.rule {
        Rule::BernoulliByDistance(k) | Rule::IndegreeByDistance { kernel: k, .. } => k.within,
        _ => f64::INFINITY,
    };
    sum.sqrt().min(mask)
}

/// Points of both sides, and sources in cells, where distances matter.
fn space_bytes(p: &ProjectionSpec) -> f64 {
    if p.needs_positions() {
        length(&p.from) * BYTES_PER_CELLED + length(&p.to) * BYTES_PER_POINT
    } else {
        0.0
    }
}

/// The hard lower limit, and what is practically the upper one. The window hangs on the lower
/// limit, so that has to hold for every draw.
fn drawn_range(values: &Values) -> (f64, f64) {
    // exp(-15) is the chance of a normal draw beyond five standard deviations.
    let (low, high) = values.reach(5.0, 15.0);
    let low = match values {
        Values::Constant(_) | Values::Uniform { .. } | Values::Array(_) => low,
        Values::Normal { min, .. }
        | Values::Lognormal { min, .. }
        | Values::TruncatedNormal { min, .. }
        | Values::Exponential { min, .. }
        | Values::Gamma { min, .. } => min.max(0.0),
    };
    (low, high)
}

/// Bytes that can still be allocated on this machine; `None` if the system does not tell.
pub fn available_memory() -> Option<u64> {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    Some(system.available_memory()).filter(|bytes| *bytes > 0)
}

/// A number of bytes for people: `"1.5 GB"`.
pub fn show_bytes(bytes: f64) -> String {
    // An empty sum is -0.
    scaled(bytes + 0.0, &["B", "kB", "MB", "GB", "TB", "PB"])
}

/// A large number for people: `"12.5 million"`.
pub fn show_count(count: f64) -> String {
    if count < 1e6 {
        return format!("{:.0}", count + 0.0);
    }
    scaled(
        count / 1e6,
        &["million", "billion", "trillion", "quadrillion"],
    )
}

fn scaled(mut value: f64, names: &[&str]) -> String {
    let mut names = names.iter();
    let mut name = names.next().copied().unwrap_or_default();
    for larger in names {
        if value < 1000.0 {
            break;
        }
        value /= 1000.0;
        name = larger;
    }
    if name == "B" {
        format!("{value:.0} {name}")
    } else {
        format!("{value:.1} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::afford::refuse_above;
    use crate::network::spec::{Arithmetic, Rate, RecordingSpec};

    fn spec(size: u32, rule: Rule, delay: Delay) -> NetworkSpec {
        let all = Slice {
            population: 0,
            start: 0,
            end: size,
        };
        NetworkSpec {
            name: String::new(),
            seed: 1,
            resolution_ps: 100_000_000,
            duration: 10_000,
            arithmetic: Arithmetic::Double,
            populations: vec![PopulationSpec {
                name: "p".into(),
                size,
                kind: PopulationKind::Source(SourceSpec::Poisson {
                    rate: Rate::Constant {
                        hz: 8.0,
                        start: 0,
                        stop: 5_000,
                    },
                }),
                labels: None,
                positions: None,
            }],
            projections: vec![ProjectionSpec {
                from: vec![all],
                to: vec![all],
                rule,
                allow_autapses: false,
                allow_multapses: true,
                weight: Weight::Values(Values::Constant(1.0)),
                delay,
                receptor: None,
                table: Default::default(),
                plasticity: None,
            }],
            drives: Vec::new(),
            recording: RecordingSpec::default(),
            modulators: Vec::new(),
        }
    }

    #[test]
    fn counts_are_those_of_the_rule() {
        let e = estimate(&spec(100, Rule::AllToAll, Delay::Ticks(15)));
        assert_eq!(e.synapses, 9900.0);
        assert_eq!(e.window, Some(15));
        // Active for half of the run.
        assert_eq!(e.recurrent_events, 9900.0 * 4.0);
        let e = estimate(&spec(100, Rule::PairwiseBernoulli(0.1), Delay::Ticks(15)));
        assert!(!e.projections[0].exact && (e.synapses - 990.0).abs() < 1e-9);
    }

    #[test]
    fn building_needs_a_column_of_delays_and_the_graphs_that_are_grown() {
        let uniform = |high| Delay::Drawn(Values::Uniform { low: 1.0, high });
        let build = |delay| estimate(&spec(1000, Rule::AllToAll, delay)).build_bytes;
        let fixed = build(Delay::Ticks(15));
        assert_eq!(build(uniform(2.0)) - fixed, 999_000.0);
        assert_eq!(build(uniform(30.0)) - fixed, 2.0 * 999_000.0);
        assert_eq!(build(uniform(1e4)) - fixed, 8.0 * 999_000.0);
        let grown = Rule::ScaleFree {
            m: 10,
            directed: false,
        };
        let e = estimate(&spec(1000, grown, Delay::Ticks(15)));
        assert_eq!((e.synapses, e.projections[0].exact), (2.0 * 9900.0, true));
        let drawn = estimate(&spec(
            1000,
            Rule::FixedTotalNumber(19_800),
            Delay::Ticks(15),
        ));
        assert_eq!(e.build_bytes - drawn.build_bytes, 4.0 * 9900.0);
    }

    #[test]
    fn drawn_delays_take_the_hard_lower_limit() {
        let delay = Delay::Drawn(Values::Normal {
            mean: 1.5,
            std: 0.5,
            min: 0.05,
            max: f64::INFINITY,
        });
        let e = estimate(&spec(10, Rule::AllToAll, delay));
        assert_eq!(e.projections[0].delay, (1, 40));
    }

    #[test]
    fn absurd_sizes_are_refused_with_the_numbers_and_the_names() {
        let told = |spec: &NetworkSpec| {
            let e = estimate(spec);
            assert!(e.memory().is_finite());
            refuse_above(spec, &e, 16e9).err().unwrap_or_default()
        };
        let all = spec(u32::MAX, Rule::AllToAll, Delay::Ticks(1));
        let text = told(&all);
        assert!(estimate(&all).synapses > 1e19);
        assert!(text.contains("PB") && text.contains("16.0 GB"), "{text}");
        assert!(text.contains("projection 1 from `p` to `p`"), "{text}");
        let text = told(&spec(
            10,
            Rule::FixedTotalNumber(u64::MAX),
            Delay::Ticks(u64::MAX),
        ));
        assert!(text.contains("projection 1"), "{text}");
        let text = told(&spec(u32::MAX, Rule::OneToOne, Delay::Ticks(1)));
        assert!(text.contains("population `p`"), "{text}");
        assert_eq!(told(&spec(10, Rule::OneToOne, Delay::Ticks(1))), "");
        // Every potential of ten million neurons at each of the hundred ticks of a window.
        let mut many = spec(10_000_000, Rule::OneToOne, Delay::Ticks(1000));
        many.recording.state.push(StateRecording {
            of: many.projections[0].from[0],
            variable: 0,
            every: 1,
        });
        let text = told(&many);
        assert!(text.contains("recorded state of `p` (17"), "{text}");
    }
}
