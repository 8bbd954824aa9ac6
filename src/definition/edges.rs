//! `rule = { list = FILE }`: explicit synapses, checked against both ends.

use std::collections::HashSet;
use std::sync::Arc;

use super::context::{Context, round_to_ticks, show, show_in};
use super::files::{self, EdgeRows};
use super::rule::{Columns, Ends};
use super::syntax::Node;
use crate::network::spec::{EdgeList, PS_PER_MS, Rule, Slice};
use crate::units::Dimension;

/// Reads the file of a list.
pub(super) fn read(
    ctx: &mut Context,
    node: &Node,
    ends: Option<&Ends<'_>>,
) -> Option<(Rule, Columns)> {
    let name = ctx.text(node, "list")?;
    let path = node.place.file.resolve(name);
    let rows = match files::edges(&path) {
        Ok(rows) => rows,
        Err(errors) => {
            for e in errors {
                ctx.reports.error(&node.place, e);
            }
            return None;
        }
    };
    if !rows.ignored.is_empty() {
        ctx.reports
            .warning(
                &node.place,
                format!(
                    "columns of {} that have no meaning here: {}",
                    path.display(),
                    rows.ignored.join(", ")
                ),
            )
            .label("ignored");
    }
    let columns = Columns {
        weight: rows.weight.is_some(),
        delay: rows.delay_ms.is_some(),
    };
    let ends = ends?;
    let in_range = ids_in_range(ctx, node, &rows.source, &rows, "source", ends.sources)
        & ids_in_range(ctx, node, &rows.target, &rows, "target", ends.targets);
    let delay = list_delays(ctx, node, &rows);
    check_multapses(ctx, node, &rows, ends);
    check_autapses(ctx, node, &rows, ends);
    if !in_range {
        return None;
    }
    let narrow =
        |ids: &[u64]| -> Option<Vec<u32>> { ids.iter().map(|i| u32::try_from(*i).ok()).collect() };
    let list = EdgeList {
        source: narrow(&rows.source)?,
        target: narrow(&rows.target)?,
        delay: delay?,
        weight: rows.weight.unwrap_or_default(),
    };
    Some((Rule::List(Arc::new(list)), columns))
}
fn ids_in_range(
    ctx: &mut Context,
    node: &Node,
    ids: &[u64],
    rows: &EdgeRows,
    what: &str,
    size: u64,
) -> bool {
    let bad: Vec<u64> = ids
        .iter()
        .zip(&rows.row)
        .filter(|(id, _)| **id >= size)
        .map(|(_, row)| *row)
        .collect();
    if !bad.is_empty() {
        ctx.reports
            .error(
                &node.place,
                format!(
                    "{what} ids are out of range in row {}",
                    files::first_rows(&bad, bad.len())
                ),
            )
            .help(format!(
                "there are {size} {what}s: ids go from 0 to {}",
                size.saturating_sub(1)
            ));
    }
    bad.is_empty()
}
fn list_delays(ctx: &mut Context, node: &Node, rows: &EdgeRows) -> Option<Vec<u64>> {
    let Some(delays) = &rows.delay_ms else {
        return Some(Vec::new());
    };
    let resolution = ctx.resolution_ps?;
    let mut ticks = Vec::with_capacity(delays.len());
    let mut bad = Vec::new();
    let (mut shifted, mut largest) = (0u64, 0.0f64);
    for (ms, row) in delays.iter().zip(&rows.row) {
        match round_to_ticks(*ms, resolution) {
            Some(r) if r.ticks >= 1 => {
                if r.shift != 0.0 {
                    shifted += 1;
                    largest = largest.max(r.shift.abs());
                }
                ticks.push(r.ticks);
            }
            _ => bad.push(*row),
        }
    }
    if !bad.is_empty() {
        ctx.reports
            .error(
                &node.place,
                format!(
                    "delays are less than one tick or too long in row {}",
                    files::first_rows(&bad, bad.len())
                ),
            )
            .help(format!(
                "the resolution is {} ms",
                show(resolution as f64 / PS_PER_MS)
            ));
        return None;
    }
    if shifted > 0 {
        ctx.reports
            .warning(
                &node.place,
                format!(
                    "{shifted} of {} delays are no multiples of the resolution: rounded, by up to {}",
                    ticks.len(),
                    show_in(largest, Dimension::TIME)
                ),
            )
            .label("rounded");
    }
    Some(ticks)
}
/// Population and id of the element at a place of a concatenated list.
fn element(slices: &[Slice], mut at: u64) -> Option<(usize, u64)> {
    for s in slices {
        let length = u64::from(s.len());
        if at < length {
            return Some((s.population, u64::from(s.start) + at));
        }
        at -= length;
    }
    None
}
fn check_autapses(ctx: &mut Context, node: &Node, rows: &EdgeRows, ends: &Ends<'_>) {
    if ends.allow_autapses {
        return;
    }
    let own: Vec<u64> = rows
        .source
        .iter()
        .zip(&rows.target)
        .zip(&rows.row)
        .filter(|((s, t), _)| {
            let source = element(ends.from, **s);
            source.is_some() && source == element(ends.to, **t)
        })
        .map(|(_, row)| *row)
        .collect();
    if !own.is_empty() {
        ctx.reports.error(
            &node.place,
            format!(
                "autapses are not allowed, but the list has an autapse in row {}",
                files::first_rows(&own, own.len())
            ),
        );
    }
}
fn check_multapses(ctx: &mut Context, node: &Node, rows: &EdgeRows, ends: &Ends<'_>) {
    if ends.allow_multapses {
        return;
    }
    let mut seen = HashSet::with_capacity(rows.row.len());
    let repeated: Vec<u64> = rows
        .source
        .iter()
        .zip(&rows.target)
        .zip(&rows.row)
        .filter(|(pair, _)| !seen.insert(*pair))
        .map(|(_, row)| *row)
        .collect();
    if !repeated.is_empty() {
        ctx.reports.error(
            &node.place,
            format!(
                "multapses are not allowed, but the list repeats a synapse in row {}",
                files::first_rows(&repeated, repeated.len())
            ),
        );
    }
}
