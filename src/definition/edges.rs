//! `rule = { list = FILE }`: explicit synapses, checked against both ends.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::context::Context;
use super::delay;
use super::edge_files::{self, EdgeRows, Options, Part, Places};
use super::files;
use super::names::Names;
use super::rule::{Columns, Ends};
use super::syntax::{Node, Table, Value};
use super::weight::LARGEST;
use crate::network::connect::RuleDef;
use crate::network::spec::{EdgeList, Rule, Slice};
use crate::units::Dimension;

/// Reads a list: the name of its file, or a table with `file` and what else there is to say.
pub(super) fn read(
    ctx: &mut Context,
    def: &RuleDef,
    node: &Node,
    ends: Option<&Ends<'_>>,
) -> Option<(Rule, Columns)> {
    let nothing = Table::default();
    let (name, table) = match &node.value {
        Value::Table(table) => {
            let keys: Vec<&str> = def.keys.iter().map(|k| k.name).collect();
            table.only(&keys, "a list", &mut ctx.reports);
            let Some(file) = table.get("file") else {
                ctx.missing(&node.place, "list: `file`", "file = \"edges.h5\"");
                return None;
            };
            (ctx.text(file, "list: file")?, table)
        }
        Value::Text(name) => (name.as_str(), &nothing),
        _ => {
            ctx.expected(node, "list", "the name of a file, or a table with file");
            return None;
        }
    };
    let path = node.place.file.resolve(name);
    let population = match table.get("population") {
        Some(n) => Some(ctx.text(n, "list: population")?),
        None => None,
    };
    let types = match table.get("types") {
        Some(n) => Some(node.place.file.resolve(ctx.text(n, "list: types")?)),
        None => None,
    };
    let rows_are_targets = match table.get("rows") {
        Some(n) => ctx.choice(n, "list: rows", &["source", "target"])? == 1,
        None => false,
    };
    let only_labels = match table.get("ids") {
        Some(n) => ctx.choice(n, "list: ids", &["index", "label"])? == 1,
        None => false,
    };
    let labels = ends.map(|e| [places(e.names, e.from), places(e.names, e.to)]);
    let populations = ends.map(|e| [parts(e.names, e.from), parts(e.names, e.to)]);
    let options = Options {
        population,
        types: types.as_deref(),
        rows_are_targets,
        labels: labels.as_ref(),
        only_labels,
        populations: populations.as_ref(),
    };
    let mut rows = match edge_files::read(&path, options) {
        Ok(rows) => rows,
        Err(errors) => {
            for e in errors {
                ctx.reports.error(&node.place, e);
            }
            return None;
        }
    };
    if let Some(scale) = table.entry("weight_scale") {
        let factor = weight_scale(ctx, &scale.node, ends)?;
        let Some(weights) = &mut rows.weight else {
            ctx.reports
                .error(
                    &scale.key_place,
                    format!("{} has no weights to scale", path.display()),
                )
                .help("state the weight of the projection instead");
            return None;
        };
        for w in weights {
            *w *= factor;
        }
    }
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
    if !shape_fits(ctx, node, &rows, ends) {
        return None;
    }
    let in_range = ids_in_range(ctx, node, &rows.source, &rows, "source", ends.sources)
        & ids_in_range(ctx, node, &rows.target, &rows, "target", ends.targets);
    let in_range = in_range & weights_hold(ctx, node, &rows);
    let delay = list_delays(ctx, node, &rows);
    check_multapses(ctx, node, &rows, ends);
    check_autapses(ctx, node, &rows, ends);
    if !in_range {
        return None;
    }
    let list = EdgeList {
        source: rows.source,
        target: rows.target,
        delay: delay?,
        weight: rows.weight.unwrap_or_default(),
    };
    Some((Rule::List(Arc::new(list)), columns))
}

/// The size of a matrix is that of the sides.
fn shape_fits(ctx: &mut Context, node: &Node, rows: &EdgeRows, ends: &Ends<'_>) -> bool {
    let Some((sources, targets)) = rows.shape else {
        return true;
    };
    let fits = (sources, targets) == (ends.sources, ends.targets);
    if !fits {
        ctx.reports
            .error(
                &node.place,
                format!(
                    "the matrix is from {sources} sources to {targets} targets, but there are {} sources and {} targets",
                    ends.sources, ends.targets
                ),
            )
            .help("its rows are sources, unless rows = \"target\" is stated");
    }
    fits
}

fn weights_hold(ctx: &mut Context, node: &Node, rows: &EdgeRows) -> bool {
    let all = rows.weight.iter().flatten().enumerate();
    let bad: Vec<usize> = all
        .filter(|(_, w)| w.abs() > LARGEST)
        .map(|(k, _)| k)
        .collect();
    if !bad.is_empty() {
        let first: Vec<u64> = bad.iter().take(5).map(|&k| rows.numbering.of(k)).collect();
        ctx.reports.error(
            &node.place,
            format!(
                "weights are too large to be held in {} {}",
                rows.numbering.word,
                files::first_rows(&first, bad.len())
            ),
        );
    }
    bad.is_empty()
}

/// What the numbers of the file are multiplied with: a plain number, or a weight of the targets,
/// such as the "0.275 mV" of one synapse where the file counts synapses.
fn weight_scale(ctx: &mut Context, node: &Node, ends: Option<&Ends<'_>>) -> Option<f64> {
    let q = ctx.quantity(node, "weight_scale")?;
    if q.dimension == Dimension::NONE {
        return Some(q.value);
    }
    let dimension = ends?.weight_dimension?;
    ctx.scalar(node, dimension, "weight_scale")
}

/// What a list of sources or targets consists of.
fn parts<'a>(names: &'a Names, slices: &[Slice]) -> Vec<Part<'a>> {
    let part = |s: &Slice| Part {
        population: names.at(s.population).map_or("", |n| n.name.as_str()),
        start: s.start,
        end: s.end,
    };
    slices.iter().map(part).collect()
}

/// Where the labelled elements stand in a concatenated list.
fn places<'a>(names: &'a Names, slices: &[Slice]) -> Places<'a> {
    let mut places = Places::default();
    let mut first = 0u32;
    for s in slices {
        let labels = names.at(s.population).and_then(|n| n.labels.as_deref());
        let inside = labels
            .into_iter()
            .flatten()
            .take(s.end as usize)
            .skip(s.start as usize);
        for (at, label) in (first..).zip(inside) {
            let seen = places.contains_key(label.as_str());
            places.insert(label, (!seen).then_some(at));
        }
        first = first.saturating_add(s.len());
    }
    places
}

/// The first few synapses of a kind, as messages name them.
fn some(rows: &EdgeRows, is_bad: impl Fn(usize) -> bool) -> Option<String> {
    let mut first = Vec::new();
    let mut count = 0;
    for k in (0..rows.source.len()).filter(|&k| is_bad(k)) {
        if first.len() < files::MOST_ROWS {
            first.push(rows.numbering.of(k));
        }
        count += 1;
    }
    (count > 0).then(|| {
        format!(
            "{} {}",
            rows.numbering.word,
            files::first_rows(&first, count)
        )
    })
}

fn ids_in_range(
    ctx: &mut Context,
    node: &Node,
    ids: &[u32],
    rows: &EdgeRows,
    what: &str,
    size: u64,
) -> bool {
    let bad = some(rows, |k| ids.get(k).is_none_or(|id| u64::from(*id) >= size));
    let Some(bad) = bad else {
        return true;
    };
    ctx.reports
        .error(&node.place, format!("{what} ids are out of range in {bad}"))
        .help(format!(
            "there are {size} {what}s: ids go from 0 to {}",
            size.saturating_sub(1)
        ));
    false
}

fn list_delays(ctx: &mut Context, node: &Node, rows: &EdgeRows) -> Option<Vec<u64>> {
    let Some(delays) = &rows.delay_ms else {
        return Some(Vec::new());
    };
    let numbering = &rows.numbering;
    let number = |k| numbering.of(k);
    delay::ticks(ctx, &node.place, delays, numbering.word, number)
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
    let own = some(rows, |k| {
        let at = |ids: &[u32], slices| element(slices, u64::from(*ids.get(k)?));
        let source = at(&rows.source, ends.from);
        source.is_some() && source == at(&rows.target, ends.to)
    });
    if let Some(own) = own {
        ctx.reports.error(
            &node.place,
            format!("autapses are not allowed, but the list has an autapse in {own}"),
        );
    }
}

fn check_multapses(ctx: &mut Context, node: &Node, rows: &EdgeRows, ends: &Ends<'_>) {
    if ends.allow_multapses {
        return;
    }
    let pair = |k: usize| {
        let id = |ids: &[u32]| u64::from(ids.get(k).copied().unwrap_or(0));
        (id(&rows.source) << 32) | id(&rows.target)
    };
    // Sorting takes a third of the memory of a set; the order of the file matters only for messages.
    let mut pairs: Vec<u64> = (0..rows.source.len()).map(pair).collect();
    pairs.sort_unstable();
    let repeats: FxHashSet<u64> = pairs
        .windows(2)
        .filter_map(|w| (w.first() == w.last()).then(|| w.first().copied())?)
        .collect();
    if repeats.is_empty() {
        return;
    }
    drop(pairs);
    let seen = RefCell::new(FxHashSet::default());
    let again = some(rows, |k| {
        repeats.contains(&pair(k)) && !seen.borrow_mut().insert(pair(k))
    });
    if let Some(again) = again {
        ctx.reports.error(
            &node.place,
            format!("multapses are not allowed, but the list repeats a synapse in {again}"),
        );
    }
}
