//! `[[projections]]`: who is connected to whom, by which rule, with which weights and delays.

use super::context::Context;
use super::names::Names;
use super::rule::Ends;
use super::source::Place;
use super::syntax::{Node, Table};
use super::{delay, rule, weight};
use crate::network::spec::{Delay, ProjectionSpec, Slice, Weight};

/// Keys of a projection.
pub(super) const KEYS: [&str; 7] = [
    "from",
    "to",
    "rule",
    "allow_autapses",
    "allow_multapses",
    "weight",
    "delay",
];
/// Elements that both lists name. Within each list nothing is named twice.
fn shared(a: &[Slice], b: &[Slice]) -> u64 {
    let mut count = 0;
    for x in a {
        for y in b.iter().filter(|y| y.population == x.population) {
            count += u64::from(x.end.min(y.end).saturating_sub(x.start.max(y.start)));
        }
    }
    count
}
/// Reads one projection.
pub(super) fn read(ctx: &mut Context, node: &Node, names: &Names) -> Option<ProjectionSpec> {
    let Some(table) = node.table() else {
        ctx.expected(node, "a projection", "a table");
        return None;
    };
    table.only(&KEYS, "a projection", &mut ctx.reports);
    let mut end = |key: &str| -> Option<(Vec<Slice>, Place)> {
        let Some(n) = table.get(key) else {
            ctx.missing(
                &node.place,
                &format!("projection: `{key}`"),
                &format!("{key} = \"population\""),
            );
            return None;
        };
        Some((names.select(ctx, n, key)?, n.place.clone()))
    };
    let from = end("from");
    let to = end("to").and_then(|(to, place)| {
        names.neurons_only(ctx, &to, &place, "to")?;
        Some((to, place))
    });
    let mut flag = |key: &str| match table.get(key) {
        Some(n) => ctx.boolean(n, key),
        None => Some(true),
    };
    let (allow_autapses, allow_multapses) = (flag("allow_autapses"), flag("allow_multapses"));
    let ends = match (&from, &to) {
        (Some((from, _)), Some((to, _))) => Some(Ends {
            from,
            to,
            sources: from.iter().map(|s| u64::from(s.len())).sum(),
            targets: to.iter().map(|s| u64::from(s.len())).sum(),
            shared: shared(from, to),
            allow_autapses: allow_autapses.unwrap_or(true),
            allow_multapses: allow_multapses.unwrap_or(true),
        }),
        _ => None,
    };
    let rule = rule::read(ctx, node, table, ends.as_ref());
    // Without its rule it is unknown whether a weight or delay must be stated.
    let (listed_weight, listed_delay) = match &rule {
        Some((_, columns)) => (columns.weight, columns.delay),
        None => (table.get("weight").is_none(), table.get("delay").is_none()),
    };
    let weight = match (&to, listed_weight) {
        (_, true) => {
            twice(ctx, table, "weight", rule.is_some());
            Some(Weight::FromList)
        }
        (Some((to, place)), false) => {
            weight::read(ctx, table, names, to, place, &node.place, None).map(Weight::Values)
        }
        (None, false) => None,
    };
    let delay = if listed_delay {
        twice(ctx, table, "delay", rule.is_some());
        Some(Delay::FromList)
    } else {
        match table.get("delay") {
            Some(n) => delay::read(ctx, n),
            None => {
                ctx.missing(&node.place, "projection: `delay`", "delay = \"1.5 ms\"");
                None
            }
        }
    };
    Some(ProjectionSpec {
        from: from?.0,
        to: to?.0,
        rule: rule?.0,
        allow_autapses: allow_autapses?,
        allow_multapses: allow_multapses?,
        weight: weight?,
        delay: delay?,
    })
}
/// A value that the list has must not be stated again.
fn twice(ctx: &mut Context, table: &Table, key: &str, listed: bool) {
    if let Some(e) = table.entry(key)
        && listed
    {
        ctx.reports
            .error(
                &e.key_place,
                format!("the {key} is stated here and in the file of the list"),
            )
            .help("leave out the key or the column");
    }
}
