//! The synapses that learn, and what they listen to, as parts of a shard.

use super::connect;
use super::connect::site::Site;
use super::placing::{Counting, Held, Place, Placing};
use super::spec::{Axonal, Homeostasis, NetworkSpec, ProjectionSpec, Slice, WeightRecording};
use crate::engine::modulator::{Modulator, Modulators, Release};
use crate::engine::weights::WeightPlan;
use crate::rng::{Domain, Stream};
use crate::synapse::builder::{Placer, WeightKind};
use crate::synapse::counter::Counter;
use crate::synapse::gain::Gains;
use crate::synapse::keep::TargetIds;
use crate::synapse::learner::{self, Axon, Held as Weights, Learner, Plan};
use crate::synapse::slots::Slots;

/// Are the weights of a plastic statement negative?
pub(super) fn is_negative(p: &ProjectionSpec) -> bool {
    let learning = p.plasticity.as_ref().and_then(|p| p.learning.as_ref());
    match learning {
        Some(learning) => learner::is_negative(&learning.rule),
        // Short-term plasticity alone leaves weights as they are.
        None => match &p.weight {
            super::spec::Weight::Values(v) => v.practical().0 < 0.0,
            super::spec::Weight::FromList => match &p.rule {
                super::spec::Rule::List(edges) => edges.weight.iter().any(|&w| w < 0.0),
                _ => false,
            },
            super::spec::Weight::ByDistance(_) => false,
        },
    }
}

/// A learner with its shortest and longest delay; `None`: it has no synapses here.
pub(super) fn build<R: Weights>(
    spec: &NetworkSpec,
    site: &Site<'_>,
    places: &[Place],
    kind: WeightKind,
    sums: &Slots<R>,
    expected: f64,
) -> Option<(Learner<R>, u64, u64)> {
    if site.from.is_empty() || places.is_empty() {
        return None;
    }
    let mut counter = Counter::new(site.from.span(), expected);
    connect::visit(
        site,
        &mut Counting::new(spec, site, places, 1, &mut counter),
    );
    if counter.total() == 0 {
        return None;
    }
    let elements = *spec.offsets().last().unwrap_or(&0) as usize;
    let mut placer = Placer::new(
        elements,
        vec![counter],
        kind,
        sums.len(),
        sums.blocks() == 1,
    );
    placer.group();
    let held = Held {
        weighted: true,
        blocks: 1,
        bounds: &mut [],
    };
    connect::visit(
        site,
        &mut Placing::new(spec, site, places, &mut placer, held),
    );
    let (table, least, most) = placer.finish();
    let plasticity = site.spec.plasticity.as_ref()?;
    let learning = plasticity.learning.as_ref();
    let end = |p: &Place| p.slot[0] + p.range.len();
    let slots = places.iter().map(|p| p.slot[0]).min()?..places.iter().map(end).max()?;
    let n = slots.len();
    let plan = Plan {
        statement: site.index as usize,
        rule: learning.map(|l| &l.rule),
        short_term: plasticity.short_term.as_ref(),
        axon: match plasticity.axonal {
            Axonal::None => Axon::None,
            Axonal::All => Axon::All,
            Axonal::Ticks(t) => Axon::Ticks(t),
        },
        modulator: learning.and_then(|l| l.modulator),
        tick_ms: spec.tick_ms(),
        elements,
        slots,
        target_ids: TargetIds::new(
            places
                .iter()
                .map(|p| {
                    let id = site.to.id(p.range.start);
                    let n = p.range.end - p.range.start;
                    (id..id + n, p.slot[0])
                })
                .collect(),
        ),
    };
    let mut learner = Learner::new(table, &plan)?;
    learner.gains = match learning.map(|l| l.homeostasis) {
        Some(Homeostasis::Normalise { sum, every }) => {
            Some(Gains::normalise(sum, every, learner.sums_of_weights(n)))
        }
        Some(Homeostasis::Scale { rate, tau_ms, eta }) => {
            Some(Gains::scale(n, rate, tau_ms, eta, spec.tick_ms()))
        }
        Some(Homeostasis::None) | None => None,
    };
    Some((learner, least, most))
}

/// What learning rules listen to.
pub(super) fn modulators(spec: &NetworkSpec, offsets: &[u64]) -> Modulators {
    let ids = |all: &[Slice]| -> Vec<std::ops::Range<u32>> {
        all.iter()
            .map(|s| {
                let first = offsets[s.population] as u32;
                first + s.start..first + s.end
            })
            .collect()
    };
    let all = spec.modulators.iter().enumerate().map(|(k, m)| {
        let release = m.release.as_ref().map(|r| {
            let after = r.after.as_ref().map(|(of, within)| (ids(of), *within));
            let stream = Stream::new(spec.seed, Domain::Release, k as u64, 0);
            Release::new(ids(&r.of), r.amount, r.delay, after, stream)
        });
        Modulator::new(m.events.clone(), release)
    });
    Modulators { all: all.collect() }
}

/// What is wanted of the weights of a statement.
pub(super) fn watched(recording: &WeightRecording) -> WeightPlan {
    WeightPlan {
        statement: recording.projection,
        at: recording.at.clone(),
        traces: recording.traces.as_ref().map(|t| {
            let mut pairs = t.pairs.clone();
            pairs.sort_unstable();
            pairs.dedup();
            (pairs, t.every.max(1))
        }),
    }
}
