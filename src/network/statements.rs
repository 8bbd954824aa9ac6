//! What building asks of the statements of a network.

use super::connect::site::Site;
use super::space::{Point, Points, Space};
use super::spec::{NetworkSpec, ProjectionSpec};

/// The points of every population whose distances from others matter.
pub(super) fn points(spec: &NetworkSpec) -> Vec<Option<Vec<Point>>> {
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
pub(super) fn space<'a>(
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

/// Synapses that a shard expects of a statement that has `all`.
pub(super) fn own_share(site: &Site<'_>, all: f64) -> f64 {
    let own: u32 = site.own.iter().map(|r| r.end - r.start).sum();
    all * f64::from(own) / f64::from(site.to.len().max(1))
}

/// Statements by common rows: ranges of source ids that do not overlap, in rising order, and the
/// statements whose sources lie there.
pub(super) fn groups(
    sites: &[Site<'_>],
    of_kind: &[usize],
) -> Vec<(std::ops::Range<u32>, Vec<usize>)> {
    let mut all: Vec<(std::ops::Range<u32>, Vec<usize>)> = of_kind
        .iter()
        .filter(|&&i| !sites[i].from.is_empty())
        .map(|&i| (sites[i].from.span(), vec![i]))
        .collect();
    all.sort_by_key(|(rows, _)| rows.start);
    let mut groups: Vec<(std::ops::Range<u32>, Vec<usize>)> = Vec::new();
    for (rows, statements) in all {
        match groups.last_mut() {
            Some((last, of_last)) if rows.start < last.end => {
                last.end = last.end.max(rows.end);
                of_last.extend(statements);
            }
            _ => groups.push((rows, statements)),
        }
    }
    // The order of the statements is that of the synapses in a row.
    for (_, statements) in &mut groups {
        statements.sort_unstable();
    }
    groups
}
