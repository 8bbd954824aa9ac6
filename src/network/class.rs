//! How the synapses of each statement are held: a function of the specification only.

use super::connect::{expected, most_per_target};
use super::fixed::FixedPlan;
use super::procedural::no_procedure;
use super::spec::{
    Arithmetic, Delay, NetworkSpec, PopulationKind, ProjectionSpec, Slice, SourceSpec, TableChoice,
    Values, Weight,
};
use crate::neuron::ModelKind;
use crate::synapse::builder::WeightKind;

/// How the synapses of a statement are held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Class {
    pub(super) kind: WeightKind,
    /// Of counted synapses.
    pub(super) weight: f64,
    /// Rows are bitmaps.
    pub(super) bitmap: bool,
    /// Rows are made anew at each spike.
    pub(super) procedural: bool,
    /// Weights change, or what is transmitted of them does.
    pub(super) plastic: bool,
}

/// How the synapses of a statement are held, for those who ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Name of the codec, as in `RunReport::tables`.
    pub codec: &'static str,
    pub why: String,
}

/// One for each statement of a network.
pub fn held(spec: &NetworkSpec) -> Vec<Held> {
    let (classes, fixed) = classify(spec);
    classes
        .iter()
        .zip(&spec.projections)
        .map(|(class, p)| {
            let (codec, why) = match class.kind {
                _ if class.plastic => ("plastic", "its synapses change".into()),
                _ if class.bitmap => ("bitmap", why_bitmap(spec, p)),
                _ if class.procedural => (
                    "procedural",
                    "as asked for: rows are made anew at each spike".into(),
                ),
                WeightKind::Count16 => ("count16", "one weight for all of them".into()),
                WeightKind::Count32 => (
                    "count32",
                    "one weight; a target may get more than 65,535 spikes of it at a time".into(),
                ),
                WeightKind::F32 if spec.arithmetic == Arithmetic::Fixed => (
                    "f32",
                    "weights of their own that whole numbers cannot hold: of both signs where the sign chooses the receptor, or of sources that may spike twice at a tick".into(),
                ),
                WeightKind::F32 => ("f32", "weights of their own, which single precision holds".into()),
                WeightKind::F64 => ("f64", "listed weights that need double precision".into()),
                WeightKind::Packed { group, bits } => (
                    "packed",
                    format!(
                        "weights of their own, of {} bits and a sign, with {} bits for the target",
                        31 - fixed.bits[group],
                        bits
                    ),
                ),
            };
            Held { codec, why }
        })
        .collect()
}

fn why_bitmap(spec: &NetworkSpec, p: &ProjectionSpec) -> String {
    let pairs = p.sources() as f64 * p.targets() as f64;
    let share = 100.0 * expected(spec, p) / pairs.max(1.0);
    let asked = match p.table {
        TableChoice::Bitmap => "as asked for",
        _ => "one weight and delay, dense",
    };
    format!("{asked}: {} % of the pairs", (share * 10.0).round() / 10.0)
}

/// Synapses per pair of a source and a target from which on bitmaps are taken: at 1/16 a bitmap is as
/// large as a list of 16-bit targets, and it is counted several times as fast (benches/README.md).
const DENSE: f64 = 1.0 / 16.0;

/// Why a statement cannot have bitmaps for rows.
fn no_bitmap(spec: &NetworkSpec, p: &ProjectionSpec) -> Option<&'static str> {
    if !matches!(&p.weight, Weight::Values(v) if v.constant().is_some()) {
        return Some("a bitmap holds one weight for all of its synapses");
    }
    if !matches!(p.delay, Delay::Ticks(_)) {
        return Some("a bitmap holds one delay for all of its synapses");
    }
    if count_kind(spec, p) != WeightKind::Count16 {
        return Some("its targets may get more than 65,535 spikes of it at a time");
    }
    let twice = |all: &[Slice]| {
        let overlap = |a: &Slice, b: &Slice| {
            a.population == b.population && a.start < b.end && b.start < a.end
        };
        (1..all.len()).any(|k| all[..k].iter().any(|a| overlap(a, &all[k])))
    };
    twice(&p.from).then_some("it names sources twice")
}

/// Why statement `i` cannot be held as it asks to be.
pub fn impossible(spec: &NetworkSpec, i: usize) -> Option<&'static str> {
    let p = spec.projections.get(i)?;
    match p.table {
        TableChoice::Auto | TableChoice::Index => None,
        TableChoice::Bitmap => no_bitmap(spec, p),
        TableChoice::Procedural => no_procedure(p),
    }
}

/// Are the rows of the statement bitmaps?
fn is_bitmap(spec: &NetworkSpec, p: &ProjectionSpec) -> bool {
    let dense = || {
        let pairs = p.sources() as f64 * p.targets() as f64;
        expected(spec, p) >= DENSE * pairs
    };
    let wanted = match p.table {
        TableChoice::Index | TableChoice::Procedural => false,
        TableChoice::Bitmap => true,
        TableChoice::Auto => dense(),
    };
    wanted && no_bitmap(spec, p).is_none()
}

/// Can all of them be held in single precision?
pub(super) fn is_single(all: &[f64]) -> bool {
    all.iter().all(|&w| f64::from(w as f32) == w)
}

/// One class per projection: a function of the specification only.
pub(super) fn classify(spec: &NetworkSpec) -> (Vec<Class>, FixedPlan) {
    let relays = |p: &ProjectionSpec| {
        p.to.iter().all(|s| {
            matches!(&spec.populations[s.population].kind,
                PopulationKind::Neurons(n) if n.model == ModelKind::Relay)
        })
    };
    // A source population's weighted synapses all lie in one table, f64 if any of them needs it.
    let mut needs_f64 = vec![false; spec.populations.len()];
    for p in &spec.projections {
        if p.plasticity.is_some() {
            continue;
        }
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
        for p in spec.projections.iter().filter(|p| p.plasticity.is_none()) {
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
    let constants: Vec<Option<f64>> = spec
        .projections
        .iter()
        .map(|p| match &p.weight {
            // Held with the others that are not counted, but each for itself.
            _ if p.plasticity.is_some() => None,
            _ if relays(p) => Some(1.0),
            Weight::Values(v) => v.constant(),
            Weight::FromList | Weight::ByDistance(_) => None,
        })
        .collect();
    let counted: Vec<bool> = match spec.arithmetic {
        Arithmetic::Fixed => (constants.iter().zip(&spec.projections))
            .map(|(c, p)| c.is_some() || p.plasticity.is_some())
            .collect(),
        _ => vec![true; constants.len()],
    };
    let fixed = FixedPlan::new(spec, &counted);
    let classes = (0..)
        .zip(&spec.projections)
        .map(|(i, p): (usize, _)| {
            let plastic = p.plasticity.is_some();
            let kind = match (constants[i], fixed.group[i]) {
                _ if plastic && spec.arithmetic == Arithmetic::Double => WeightKind::F64,
                _ if plastic => WeightKind::F32,
                (Some(_), _) => count_kind(spec, p),
                (None, Some(group)) => WeightKind::Packed {
                    group,
                    bits: fixed.bits[group],
                },
                (None, None) if p.from.iter().any(|s| needs_f64[s.population]) => WeightKind::F64,
                (None, None) => WeightKind::F32,
            };
            Class {
                kind,
                weight: constants[i].unwrap_or(0.0),
                plastic,
                bitmap: !plastic && is_bitmap(spec, p),
                procedural: !plastic
                    && p.table == TableChoice::Procedural
                    && no_procedure(p).is_none(),
            }
        })
        .collect();
    (classes, fixed)
}

/// Does no source of the statement spike more than once at a tick?
pub(super) fn once_per_tick(spec: &NetworkSpec, p: &ProjectionSpec) -> bool {
    p.from
        .iter()
        .all(|s| match &spec.populations[s.population].kind {
            PopulationKind::Neurons(n) => n.model != ModelKind::Relay,
            PopulationKind::Source(SourceSpec::Regular { .. }) => true,
            PopulationKind::Source(_) => false,
        })
}

/// 16-bit counts where a target provably gets at most 65,535 inputs of the statement from one update
/// to the next: a neuron spikes at most once per tick (a clocked one at most once per step), other
/// sources may do so several times, and a clocked target may gather the input of many ticks.
pub(super) fn count_kind(spec: &NetworkSpec, p: &ProjectionSpec) -> WeightKind {
    let once = once_per_tick(spec, p);
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
pub(super) fn most_per_source(spec: &NetworkSpec, p: &ProjectionSpec) -> u64 {
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
