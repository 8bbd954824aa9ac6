//! `[[projections]]`: who is connected to whom, by which rule, with which weights and delays.

use super::context::Context;
use super::names::Names;
use super::rule::{Ends, Named};
use super::source::Place;
use super::syntax::{Node, Table};
use super::values::Each;
use super::{by_distance, delay, learning, pairs, receptors, rule, weight};
use crate::network::spec::{Delay, ProjectionSpec, Slice, TableChoice, Weight};

/// Keys of a projection.
pub(super) const KEYS: [&str; 12] = [
    "name",
    "from",
    "to",
    "rule",
    "allow_autapses",
    "allow_multapses",
    "weight",
    "delay",
    "receptor",
    "table",
    "plasticity",
    "axonal_delay",
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
/// What every projection states, whether it is read as one or pair by pair.
pub(super) struct Stated<'n> {
    pub node: &'n Node,
    pub table: &'n Table,
    pub from: Option<(Vec<Slice>, Place)>,
    pub to: Option<(Vec<Slice>, Place)>,
    pub allow_autapses: Option<bool>,
    pub allow_multapses: Option<bool>,
    pub rule: Option<Named<'n>>,
    pub choice: TableChoice,
}
impl Stated<'_> {
    /// What may be drawn between some sources and some targets of the statement.
    pub fn ends<'s>(&self, names: &'s Names, from: &'s [Slice], to: &'s [Slice]) -> Ends<'s> {
        Ends {
            names,
            from,
            to,
            sources: from.iter().map(|s| u64::from(s.len())).sum(),
            targets: to.iter().map(|s| u64::from(s.len())).sum(),
            shared: shared(from, to),
            allow_autapses: self.allow_autapses.unwrap_or(true),
            allow_multapses: self.allow_multapses.unwrap_or(true),
            weight_dimension: names.common_weight_dimension(to),
        }
    }
}
/// Where the parts of a statement stand that messages about distances point to.
pub(super) struct Places<'n> {
    pub from: &'n Place,
    pub to: &'n Place,
    pub rule: &'n Place,
}
impl Stated<'_> {
    pub fn places(&self) -> Option<Places<'_>> {
        Some(Places {
            from: &self.from.as_ref()?.1,
            to: &self.to.as_ref()?.1,
            rule: self.rule.as_ref()?.place,
        })
    }
}
/// Reads one statement: a projection, or one for every pair if it speaks in tables.
pub(super) fn read(ctx: &mut Context, node: &Node, names: &Names) -> Vec<ProjectionSpec> {
    let Some(table) = node.table() else {
        ctx.expected(node, "a projection", "a table");
        return Vec::new();
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
    let rule = rule::name(ctx, node, table);
    if let Some(named) = &rule
        && ["random_graph", "small_world", "scale_free"].contains(&named.def.name)
    {
        for (key, allowed) in [
            ("allow_autapses", allow_autapses),
            ("allow_multapses", allow_multapses),
        ] {
            if let (Some(e), Some(true)) = (table.entry(key), allowed) {
                ctx.reports
                    .error(
                        &e.key_place,
                        format!(
                            "{} never makes such synapses, allowed or not",
                            named.def.name
                        ),
                    )
                    .help(format!("leave out {key}"));
            }
        }
    }
    let stated = Stated {
        node,
        table,
        from,
        to,
        allow_autapses,
        allow_multapses,
        rule,
        choice: choice(ctx, table),
    };
    if pairs::speaks_in_tables(&stated) {
        return pairs::read(ctx, &stated, names);
    }
    one(ctx, stated, names).into_iter().collect()
}
/// Reads a statement whose selections are taken together.
fn one(ctx: &mut Context, stated: Stated<'_>, names: &Names) -> Option<ProjectionSpec> {
    let (node, table) = (stated.node, stated.table);
    let ends = match (&stated.from, &stated.to) {
        (Some((from, _)), Some((to, _))) => Some(stated.ends(names, from, to)),
        _ => None,
    };
    let rule = stated
        .rule
        .as_ref()
        .and_then(|named| rule::read(ctx, named, ends.as_ref()));
    // Without its rule it is unknown whether a weight or delay must be stated.
    let (listed_weight, listed_delay) = match &rule {
        Some((_, columns)) => (columns.weight, columns.delay),
        None => (table.get("weight").is_none(), table.get("delay").is_none()),
    };
    let each = match (&rule, &ends) {
        (Some((rule, _)), Some(e)) => Each::synapse(rule, e.sources, e.targets),
        _ => None,
    };
    let weight = match (&stated.to, listed_weight) {
        (_, true) => {
            twice(ctx, table, "weight", rule.is_some());
            Some(Weight::FromList)
        }
        (Some((to, place)), false) => {
            let at = table.entry("weight").map(|e| (&e.key_place, &e.node));
            weight::of_projection(ctx, at, names, to, place, &node.place, each)
        }
        (None, false) => None,
    };
    let receptor = match &stated.to {
        Some((to, _)) => receptors::port(ctx, table, names, to, &node.place),
        None => None,
    };
    let plasticity = match &stated.to {
        Some((to, place)) => learning::of_projection(ctx, table, names, to, place),
        None => None,
    };
    let delay = if listed_delay {
        twice(ctx, table, "delay", rule.is_some());
        Some(Delay::FromList)
    } else {
        match table.get("delay") {
            Some(n) => delay::read(ctx, n, each),
            None => {
                ctx.missing(&node.place, "projection: `delay`", "delay = \"1.5 ms\"");
                None
            }
        }
    };
    let mut spec = ProjectionSpec {
        rule: rule?.0,
        allow_autapses: stated.allow_autapses?,
        allow_multapses: stated.allow_multapses?,
        weight: weight?,
        delay: delay?,
        receptor: receptor?,
        table: stated.choice,
        plasticity: plasticity?,
        from: stated.from.clone()?.0,
        to: stated.to.clone()?.0,
    };
    let plastic = spec.plasticity.is_none()
        || learning::check(ctx, table, names, &mut spec, &node.place).is_some();
    by_distance::check(ctx, names, &spec, &stated.places()?)?;
    plastic.then_some(spec)
}
/// How the synapses are to be held; whether that can be is known when all is read.
fn choice(ctx: &mut Context, table: &Table) -> TableChoice {
    let chosen = table
        .get("table")
        .and_then(|n| ctx.choice(n, "table", &TableChoice::NAMES));
    chosen
        .and_then(|k| TableChoice::ALL.get(k).copied())
        .unwrap_or(ctx.table)
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
