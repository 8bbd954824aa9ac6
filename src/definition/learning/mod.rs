//! `plasticity` of a projection: a rule that changes its weights, a rule that scales each spike on its
//! way, or one of each; and `[plasticity.NAME]`, a rule that projections share by its name.

mod check;
mod homeostasis;
mod rule;

use std::borrow::Cow;

use super::context::Context;
use super::diagnostics::suggest;
use super::names::Names;
use super::source::Place;
use super::syntax::{Entry, Node, Table, Value};
use crate::network::spec::{Axonal, PlasticitySpec, Slice};
use crate::plasticity::RULES;
use crate::units::Dimension;

pub(super) use check::check;
pub(super) use homeostasis::{NORMALISE, SCALING};
pub(super) use rule::{KEYS, Read};

/// Says of a projection that its weights stay, and of `[simulation]` that all weights do.
pub(super) const FROZEN: &str = "frozen";

/// A rule as it is written: its table, and where to point to.
struct Stated<'n> {
    table: Cow<'n, Table>,
    place: &'n Place,
}

/// Reads `plasticity` and `axonal_delay` of a projection. `None` after an error.
pub(super) fn of_projection(
    ctx: &mut Context,
    table: &Table,
    names: &Names,
    to: &[Slice],
    to_place: &Place,
) -> Option<Option<PlasticitySpec>> {
    let axonal = table.entry("axonal_delay");
    let Some(entry) = table.entry("plasticity") else {
        if let Some(e) = axonal {
            ctx.reports
                .error(
                    &e.key_place,
                    "axonal_delay has no meaning without plasticity",
                )
                .help("where a delay lies matters only to learning rules");
            return None;
        }
        return Some(None);
    };
    if is_frozen(&entry.node) {
        return Some(None);
    }
    let stated = stated(ctx, &entry.node, names);
    let dimension = weight_dimension(ctx, names, to, to_place);
    let axonal = axonal.map_or(Some(Axonal::None), |e| read_axonal(ctx, &e.node));
    let (mut learning, mut short_term) = (None, None);
    let mut complete = true;
    for one in stated? {
        let second = match rule::read(ctx, names, &one.table, one.place, dimension) {
            Some(Read::Learning(spec)) => learning.replace(spec).is_some(),
            Some(Read::ShortTerm(spec)) => short_term.replace(spec).is_some(),
            None => {
                complete = false;
                continue;
            }
        };
        if second {
            ctx.reports
                .error(one.place, "two rules of one kind on the same synapses")
                .help("a projection has at most one rule that changes weights, and one of short-term plasticity beside it");
            complete = false;
        }
    }
    if let Some(e) = table.entry("axonal_delay")
        && complete
        && learning.is_none()
    {
        ctx.reports
            .error(
                &e.key_place,
                "axonal_delay has no meaning for short-term plasticity",
            )
            .help("where a delay lies matters only to rules that change weights");
        return None;
    }
    complete.then_some(())?;
    dimension?;
    Some(Some(PlasticitySpec {
        learning,
        short_term,
        axonal: axonal?,
    }))
}

/// Reads `[plasticity]`: rules with names of their own. Each is checked as far as that is possible
/// without knowing its targets, and again wherever it is used.
pub(super) fn named(ctx: &mut Context, entries: &[Entry], names: &Names) {
    for (k, e) in entries.iter().enumerate() {
        let taken = e.key == FROZEN || RULES.iter().any(|(_, d)| d.name == e.key);
        if taken {
            ctx.reports.error(
                &e.key_place,
                format!(
                    "`{}` cannot be the name of a rule of yours: it means something already",
                    e.key
                ),
            );
        }
        if let Some(first) = entries.iter().take(k).find(|f| f.key == e.key) {
            ctx.reports
                .error(
                    &e.key_place,
                    format!("the plasticity `{}` is defined twice", e.key.escape_debug()),
                )
                .also(&first.key_place, "first defined");
        }
        match e.node.table() {
            Some(table) => {
                rule::read(ctx, names, table, &e.key_place, None);
            }
            None => ctx.expected(&e.node, "a plasticity", "a table { rule = \"stdp\", ... }"),
        }
    }
}

fn is_frozen(node: &Node) -> bool {
    matches!(&node.value, Value::Text(t) if t == FROZEN)
}

/// The rules that a node names or spells out.
fn stated<'n>(ctx: &mut Context, node: &'n Node, names: &'n Names) -> Option<Vec<Stated<'n>>> {
    let Value::List(_) = &node.value else {
        return Some(vec![stated_one(ctx, node, names)?]);
    };
    let mut all = Vec::new();
    let mut complete = true;
    for item in ctx.list(node, "plasticity")? {
        match stated_one(ctx, item, names) {
            Some(one) => all.push(one),
            None => complete = false,
        }
    }
    complete.then_some(all)
}

fn stated_one<'n>(ctx: &mut Context, node: &'n Node, names: &'n Names) -> Option<Stated<'n>> {
    match &node.value {
        Value::Table(table) => Some(Stated {
            table: Cow::Borrowed(table),
            place: &node.place,
        }),
        Value::Text(name) => {
            if let Some(entry) = names.plasticity.iter().find(|e| e.key == *name) {
                let table = entry.node.table()?;
                return Some(Stated {
                    table: Cow::Borrowed(table),
                    place: &entry.key_place,
                });
            }
            if RULES.iter().any(|(_, d)| d.name == name) {
                // The name alone: everything else is as the table of the rule says.
                let entry = Entry {
                    key: "rule".into(),
                    key_place: node.place.clone(),
                    node: node.clone(),
                };
                return Some(Stated {
                    table: Cow::Owned(Table {
                        entries: vec![entry],
                    }),
                    place: &node.place,
                });
            }
            let own = names.plasticity.iter().map(|e| e.key.as_str());
            let rules = RULES.iter().map(|(_, d)| d.name);
            let valid: Vec<&str> = own.chain(rules).chain([FROZEN]).collect();
            ctx.reports
                .error(
                    &node.place,
                    format!("there is no plasticity `{}`", name.escape_debug()),
                )
                .label("unknown")
                .help(suggest(name, &valid));
            None
        }
        _ => {
            ctx.expected(
                node,
                "plasticity",
                "a table { rule = \"stdp\", ... }, the name of one, or \"frozen\"",
            );
            None
        }
    }
}

/// What weights onto the targets are measured in. Relay neurons have none.
fn weight_dimension(
    ctx: &mut Context,
    names: &Names,
    to: &[Slice],
    to_place: &Place,
) -> Option<Dimension> {
    for slice in to {
        let def = names.model(slice)?.def();
        if def.weight.is_none() {
            let name = names.at(slice.population).map_or("", |n| n.name.as_str());
            ctx.reports
                .error(
                    to_place,
                    format!(
                        "synapses onto `{name}` cannot be plastic: a {} ignores weights",
                        def.name
                    ),
                )
                .help("leave out plasticity, or give the targets another model");
            return None;
        }
    }
    names.weight_dimension(ctx, to, to_place).flatten()
}

fn read_axonal(ctx: &mut Context, node: &Node) -> Option<Axonal> {
    if matches!(&node.value, Value::Text(t) if t == "all") {
        return Some(Axonal::All);
    }
    Some(match ctx.ticks(node, "axonal_delay", 0)? {
        0 => Axonal::None,
        ticks => Axonal::Ticks(ticks),
    })
}
