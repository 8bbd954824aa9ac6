//! How many synapses a statement will have, as far as that can be known before they are drawn.

use crate::network::space::{Cells, Kernel, Point, Points};
use crate::network::spec::{NetworkSpec, ProjectionSpec, Rule, Slice};
use crate::rng::{Domain, Stream};

/// Expected number of synapses of a statement.
pub fn expected(spec: &NetworkSpec, p: &ProjectionSpec) -> f64 {
    let (s, t) = (p.sources() as f64, p.targets() as f64);
    match &p.rule {
        Rule::AllToAll => s * t,
        Rule::OneToOne => s.min(t),
        Rule::FixedIndegree(k) | Rule::IndegreeByDistance { indegree: k, .. } => f64::from(*k) * t,
        Rule::FixedOutdegree(k) => f64::from(*k) * s,
        Rule::FixedTotalNumber(n) => *n as f64,
        Rule::PairwiseBernoulli(p) | Rule::PairwisePoisson(p) => p * s * t,
        Rule::SymmetricPairwiseBernoulli(p) => p * s * (s - 1.0),
        Rule::RandomGraph { edges, directed } => *edges as f64 * per_link(*directed),
        Rule::SmallWorld { k, .. } => f64::from(*k) * t,
        Rule::ScaleFree { m, directed } => {
            (t - f64::from(*m)) * f64::from(*m) * per_link(*directed)
        }
        Rule::BernoulliByDistance(kernel) => by_distance(spec, p, kernel),
        Rule::List(edges) => edges.source.len() as f64,
    }
}

/// Synapses of a link.
fn per_link(directed: bool) -> f64 {
    if directed { 1.0 } else { 2.0 }
}

/// Sources and targets that are looked at; where there are more, a sample stands for all.
const SOURCES: u64 = 1 << 17;
const TARGETS: u64 = 256;
/// Pairs that are summed up one by one.
const PAIRS: u64 = 1 << 21;
/// A group of sources counts as one distance if the kernel does not change by more in it.
const COARSE: f64 = 0.02;

/// The sum of the kernel over all pairs, from the positions themselves: of every element in small
/// networks, of a random sample in large ones (then to about a hundredth).
fn by_distance(spec: &NetworkSpec, p: &ProjectionSpec, kernel: &Kernel) -> f64 {
    let all = p.sources().saturating_mul(p.targets()) <= PAIRS;
    let limit = |most: u64| if all { u64::MAX } else { most };
    let (Some(from), Some(to)) = (
        sample(spec, &p.from, limit(SOURCES), 0),
        sample(spec, &p.to, limit(TARGETS), 1),
    ) else {
        return 0.0;
    };
    let period =
        p.to.first()
            .and_then(|s| spec.populations[s.population].positions.as_ref())
            .map_or([f64::INFINITY; 3], |p| p.period);
    let whole = [Slice {
        population: 0,
        start: 0,
        end: from.len() as u32,
    }];
    let of = [Some(from)];
    let Some(points) = Points::new(&whole, &of) else {
        return 0.0;
    };
    let cells = Cells::new(&points, period);
    let mut sum = 0.0;
    for x in &to {
        sum += cells.sum(x, kernel, if all { 0.0 } else { COARSE });
    }
    let scale = |side: u64, looked_at: usize| side as f64 / (looked_at as f64).max(1.0);
    sum * scale(p.sources(), points.len() as usize) * scale(p.targets(), to.len())
}

/// Positions of a side: of all its elements, or of `most` that are drawn. `None`: not in space.
fn sample(spec: &NetworkSpec, side: &[Slice], most: u64, which: u64) -> Option<Vec<Point>> {
    let at = |s: &Slice, i: u32| {
        let positions = spec.populations[s.population].positions.as_ref()?;
        Some(positions.at(spec.seed, s.population, s.start + i))
    };
    let total: u64 = side.iter().map(|s| u64::from(s.len())).sum();
    if total <= most {
        return side
            .iter()
            .flat_map(|s| (0..s.len()).map(move |i| at(s, i)))
            .collect();
    }
    let mut stream = Stream::new(spec.seed, Domain::Estimate, which, total);
    (0..most)
        .map(|_| {
            let mut i = stream.below_u64(total);
            let s = side.iter().find(|s| {
                let here = i < u64::from(s.len());
                if !here {
                    i -= u64::from(s.len());
                }
                here
            })?;
            at(s, i as u32)
        })
        .collect()
}
