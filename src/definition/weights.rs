//! `[recording] weights`: which weights are written down, and when.

use std::ops::Range;

use super::context::{Context, show_ticks};
use super::diagnostics::suggest;
use super::names::Names;
use super::source::Place;
use super::syntax::{Node, Value};
use crate::network::spec::{ProjectionSpec, Slice, WeightRecording, WeightTraces};

/// Keys of an entry, with what they mean.
pub(super) const KEYS: [(&str, &str); 5] = [
    (
        "projection",
        "Which one: its `name`, or its number in the file, from 0.",
    ),
    (
        "at",
        "When all its weights are written: \"start\", \"end\" and times, or { every = \"10 s\" }.",
    ),
    (
        "of",
        "Pairs [source, target] whose weights are followed closely.",
    ),
    ("every", "Time between the samples of `of`."),
    (
        "name",
        "What the recording is called; that of the projection, or FROM_TO, unless given.",
    ),
];

/// Pairs that may be followed, and snapshots of one projection: more would be a mistake.
const MOST_PAIRS: usize = 100_000;
const MOST_SNAPSHOTS: u64 = 100_000;

/// A `[[projections]]` statement and what became of it.
pub(super) struct Statement {
    pub name: Option<String>,
    /// Its projections in the specification; none if it is in error.
    pub range: Range<usize>,
}

/// Reads the list. `projections` are as they are stated, also where learning is frozen.
pub(super) fn read(
    ctx: &mut Context,
    node: &Node,
    names: &Names,
    statements: &[Statement],
    projections: &[ProjectionSpec],
) -> Vec<WeightRecording> {
    let mut all: Vec<WeightRecording> = Vec::new();
    for item in ctx.list(node, "weights").unwrap_or_default() {
        for one in entry(ctx, item, names, statements, projections).unwrap_or_default() {
            add(&mut all, one);
        }
    }
    if ctx.frozen && !all.is_empty() {
        ctx.reports
            .warning(
                &node.place,
                "weights are not recorded: learning is frozen, so they stay as they are",
            )
            .label("frozen");
        return Vec::new();
    }
    all
}

/// Joins what is said of one projection in two entries, one of snapshots and one of traces; other
/// recordings of one name are told apart by a number.
fn add(all: &mut Vec<WeightRecording>, mut new: WeightRecording) {
    let partner = all.iter_mut().find(|old| {
        old.name == new.name
            && old.projection == new.projection
            && (old.traces.is_none() || new.traces.is_none())
    });
    if let Some(old) = partner {
        old.at.append(&mut new.at);
        old.at.sort_unstable();
        old.at.dedup();
        old.traces = old.traces.take().or(new.traces);
        return;
    }
    let base = new.name.clone();
    let mut copy = 2;
    while all.iter().any(|old| old.name == new.name) {
        new.name = format!("{base}_{copy}");
        copy += 1;
    }
    all.push(new);
}

fn entry(
    ctx: &mut Context,
    node: &Node,
    names: &Names,
    statements: &[Statement],
    projections: &[ProjectionSpec],
) -> Option<Vec<WeightRecording>> {
    let Some(table) = node.table() else {
        ctx.expected(
            node,
            "an entry of weights",
            "a table { projection = \"name\", at = [\"start\", \"end\"] }",
        );
        return None;
    };
    table.only(
        &KEYS.map(|(key, _)| key),
        "an entry of weights",
        &mut ctx.reports,
    );
    let statement = match table.get("projection") {
        Some(n) => find(ctx, n, statements),
        None => {
            ctx.missing(&node.place, "weights: `projection`", "projection = 0");
            None
        }
    };
    let at = match table.get("at") {
        Some(n) => snapshots(ctx, n),
        None => Some(Vec::new()),
    };
    let pairs = table.get("of").map(|n| pairs(ctx, n, names));
    let every = match (table.entry("of"), table.entry("every")) {
        (Some(of), None) => {
            ctx.missing(&of.key_place, "weights: `every`", "every = \"10 ms\"");
            return None;
        }
        (_, Some(e)) => {
            if pairs.is_none() {
                ctx.reports
                    .error(
                        &e.key_place,
                        "every belongs to `of`, the pairs that are followed",
                    )
                    .help("snapshots of all weights are at = { every = \"10 s\" }");
                return None;
            }
            Some(ctx.ticks(&e.node, "every", 1)?)
        }
        (None, None) => None,
    };
    if table.get("at").is_none() && pairs.is_none() {
        ctx.missing(
            &node.place,
            "weights: `at` or `of`",
            "at = [\"start\", \"end\"]",
        );
        return None;
    }
    let name = match table.get("name") {
        Some(n) => {
            let name = ctx.text(n, "name")?;
            if !super::names::is_name(name) {
                ctx.reports
                    .error(
                        &n.place,
                        format!(
                            "`{}` cannot be the name of a recording",
                            name.escape_debug()
                        ),
                    )
                    .help("names consist of letters, digits, _ and -");
                return None;
            }
            Some(name)
        }
        None => None,
    };
    let (statement, at) = (statement?, at?);
    let pairs = match pairs {
        Some(read) => read?,
        None => Vec::new(),
    };
    let place = table.get("projection").map_or(&node.place, |n| &n.place);
    let several = statement.range.len() > 1;
    let mut all = Vec::new();
    let mut used = vec![false; pairs.len()];
    let mut learns = false;
    for index in statement.range.clone() {
        let p = projections.get(index)?;
        if p.plasticity.as_ref().is_none_or(|p| p.learning.is_none()) {
            continue;
        }
        learns = true;
        let base = name.or(statement.name.as_deref());
        let name = match base {
            Some(base) if several => format!("{base}_{}", label(names, p)),
            Some(base) => base.to_string(),
            None => label(names, p),
        };
        let inside = |side: &[Slice], end: &End| {
            side.iter()
                .any(|s| s.population == end.population && (s.start..s.end).contains(&end.element))
        };
        let mut chosen = Vec::new();
        for (k, (source, target, _)) in pairs.iter().enumerate() {
            if inside(&p.from, source) && inside(&p.to, target) {
                used[k] = true;
                chosen.push((source.global, target.global));
            }
        }
        let traces = every
            .filter(|_| !chosen.is_empty())
            .map(|every| WeightTraces {
                pairs: chosen,
                every,
            });
        if traces.is_some() || !at.is_empty() {
            all.push(WeightRecording {
                name,
                projection: index,
                at: at.clone(),
                traces,
            });
        }
    }
    if !learns && !statement.range.is_empty() {
        ctx.reports
            .error(place, "the weights of this projection stay as they are")
            .help("give it plasticity that changes weights, or leave out the entry");
        return None;
    }
    if let Some((_, (source, target, place))) = used.iter().zip(&pairs).find(|(used, _)| !**used)
        && !statement.range.is_empty()
    {
        ctx.reports.error(
            place,
            format!(
                "the projection connects no {} to {}",
                source.shown, target.shown
            ),
        );
        return None;
    }
    Some(all)
}

/// The statement that a name or number means.
fn find<'s>(ctx: &mut Context, node: &Node, statements: &'s [Statement]) -> Option<&'s Statement> {
    if let Value::Text(text) = &node.value {
        let found = statements
            .iter()
            .find(|s| s.name.as_deref() == Some(text.as_str()));
        if found.is_none() {
            let valid: Vec<&str> = statements
                .iter()
                .filter_map(|s| s.name.as_deref())
                .collect();
            let help = if valid.is_empty() {
                "no projection has a name: give it one, name = \"...\", or state its number from 0"
                    .into()
            } else {
                suggest(text, &valid)
            };
            ctx.reports
                .error(
                    &node.place,
                    format!("there is no projection `{}`", text.escape_debug()),
                )
                .label("unknown")
                .help(help);
        }
        return found;
    }
    let Some(last) = (statements.len() as u64).checked_sub(1) else {
        ctx.reports.error(&node.place, "there are no projections");
        return None;
    };
    let number = ctx.whole(node, "the number of the projection", 0, last)?;
    statements.get(number as usize)
}

/// Ticks in order.
fn snapshots(ctx: &mut Context, node: &Node) -> Option<Vec<u64>> {
    let duration = ctx.duration?;
    if let Some(table) = node.table() {
        table.only(&["every"], "at", &mut ctx.reports);
        let Some(n) = table.get("every") else {
            ctx.missing(&node.place, "at: `every`", "every = \"10 s\"");
            return None;
        };
        let every = ctx.ticks(n, "every", 1)?;
        if duration / every > MOST_SNAPSHOTS {
            ctx.reports.error(
                &n.place,
                format!("these are {} snapshots of all weights", duration / every),
            );
            return None;
        }
        let mut all: Vec<u64> = (0..=duration / every).map(|k| k * every).collect();
        if all.last() != Some(&duration) {
            all.push(duration);
        }
        return Some(all);
    }
    let items: Vec<&Node> = match &node.value {
        Value::Text(_) => vec![node],
        _ => ctx.list(node, "at")?.iter().collect(),
    };
    let mut all = Vec::with_capacity(items.len());
    let mut complete = true;
    for item in items {
        let tick = match &item.value {
            Value::Text(t) if t == "start" => Some(0),
            Value::Text(t) if t == "end" => Some(duration),
            _ => ctx.ticks(item, "at", 0).filter(|tick| {
                let inside = *tick <= duration;
                if !inside && let Some(resolution) = ctx.resolution_ps {
                    ctx.reports
                        .error(&item.place, "at is after the end of the run")
                        .help(format!("it ends at {}", show_ticks(duration, resolution)));
                }
                inside
            }),
        };
        match tick {
            Some(tick) => all.push(tick),
            None => complete = false,
        }
    }
    all.sort_unstable();
    all.dedup();
    complete.then_some(all)
}

/// One side of a pair.
#[derive(Clone)]
struct End {
    population: usize,
    element: u32,
    global: u32,
    shown: String,
}

/// Every pair of elements that the list names, with the place of its entry.
fn pairs<'n>(
    ctx: &mut Context,
    node: &'n Node,
    names: &Names,
) -> Option<Vec<(End, End, &'n Place)>> {
    let mut all = Vec::new();
    let mut complete = true;
    for item in ctx.list(node, "of")? {
        let Value::List(two) = &item.value else {
            ctx.expected(
                item,
                "a pair of `of`",
                "a list [\"source[0]\", \"target[0]\"]",
            );
            complete = false;
            continue;
        };
        let [source, target] = two.as_slice() else {
            ctx.reports
                .error(
                    &item.place,
                    format!("a pair has a source and a target, not {} ends", two.len()),
                )
                .help("write of = [[\"input[3]\", \"output[0]\"]]");
            complete = false;
            continue;
        };
        let sources = names.select(ctx, source, "of");
        let targets = names.select(ctx, target, "of");
        let (Some(sources), Some(targets)) = (sources, targets) else {
            complete = false;
            continue;
        };
        let length = |side: &[Slice]| side.iter().map(|s| s.len() as usize).sum::<usize>();
        if all.len() + length(&sources).saturating_mul(length(&targets)) > MOST_PAIRS {
            ctx.reports
                .error(
                    &item.place,
                    format!("more than {MOST_PAIRS} pairs cannot be followed"),
                )
                .help("snapshots of all weights are at = [\"start\", \"end\"]");
            return None;
        }
        for s in ends(names, &sources) {
            for t in ends(names, &targets) {
                all.push((s.clone(), t, &item.place));
            }
        }
    }
    complete.then_some(all)
}

fn ends(names: &Names, slices: &[Slice]) -> Vec<End> {
    let offset = |population: usize| -> u64 {
        (0..population)
            .filter_map(|i| names.at(i)?.size)
            .map(u64::from)
            .sum()
    };
    let mut all = Vec::new();
    for s in slices {
        let first = offset(s.population);
        let name = names.at(s.population).map_or("", |n| n.name.as_str());
        for element in s.start..s.end {
            all.push(End {
                population: s.population,
                element,
                global: u32::try_from(first + u64::from(element)).unwrap_or(u32::MAX),
                shown: format!("{name}[{element}]"),
            });
        }
    }
    all
}

/// `FROM_TO`: what a projection is called that has no name.
pub(super) fn label(names: &Names, p: &ProjectionSpec) -> String {
    let side = |slices: &[Slice]| {
        let mut all: Vec<&str> = Vec::new();
        for s in slices {
            let name = names.at(s.population).map_or("", |n| n.name.as_str());
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all.join("-")
    };
    format!("{}_{}", side(&p.from), side(&p.to))
}
