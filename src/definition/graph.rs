//! Rules that make a graph within one list of neurons: what their keys mean, and what must hold.

use super::context::{Context, show};
use super::rule::{Ends, Named, probability};
use super::syntax::{Node, Table};
use crate::network::spec::Rule;

/// Both sides must be the same neurons in the same order.
pub(super) fn within(ctx: &mut Context, named: &Named<'_>, ends: Option<&Ends<'_>>) -> Option<()> {
    let ends = ends?;
    if ends.from == ends.to {
        return Some(());
    }
    ctx.reports
        .error(
            named.place,
            format!(
                "{} connects neurons among themselves: `from` and `to` must be the same",
                named.def.name
            ),
        )
        .help("name the same populations in the same order on both sides");
    None
}

/// A rule that promises both directions cannot make a synapse of a neuron with itself.
pub(super) fn without_autapses(
    ctx: &mut Context,
    named: &Named<'_>,
    ends: Option<&Ends<'_>>,
) -> Option<()> {
    if !ends?.allow_autapses {
        return Some(());
    }
    ctx.reports
        .error(named.place, format!("{} makes no autapses", named.def.name))
        .help("add allow_autapses = false");
    None
}

/// The keys of a graph.
struct Keys<'n> {
    table: &'n Table,
    node: &'n Node,
    name: &'static str,
}

impl<'n> Keys<'n> {
    fn get(&self, ctx: &mut Context, key: &str, example: &str) -> Option<&'n Node> {
        let found = self.table.get(key);
        if found.is_none() {
            let what = format!("{}: `{key}`", self.name);
            ctx.missing(&self.node.place, &what, example);
        }
        found
    }

    fn directed(&self, ctx: &mut Context, otherwise: bool) -> Option<bool> {
        match self.table.get("directed") {
            Some(n) => ctx.boolean(n, "directed"),
            None => Some(otherwise),
        }
    }
}

/// Reads `random_graph`, `small_world` or `scale_free`, with all errors at once.
pub(super) fn read(
    ctx: &mut Context,
    named: &Named<'_>,
    node: &Node,
    ends: Option<&Ends<'_>>,
) -> Option<Rule> {
    let name = named.def.name;
    let Some(table) = node.table() else {
        let example = match name {
            "small_world" => "a table such as { k = 10, p = 0.1 }",
            _ => "a table such as { m = 10 }",
        };
        ctx.expected(node, name, example);
        return None;
    };
    let known: Vec<&str> = named.def.keys.iter().map(|k| k.name).collect();
    table.only(&known, name, &mut ctx.reports);
    let keys = Keys { table, node, name };
    let size = within(ctx, named, ends).and(ends).map(|e| e.targets);
    match name {
        "small_world" => small_world(ctx, &keys, size),
        "scale_free" => scale_free(ctx, &keys, size),
        _ => random_graph(ctx, &keys, size),
    }
}

fn random_graph(ctx: &mut Context, keys: &Keys<'_>, size: Option<u64>) -> Option<Rule> {
    let directed = keys.directed(ctx, true);
    let m = keys.get(ctx, "m", "m = 1000")?;
    let edges = ctx.whole(m, "the number of connections", 0, u64::MAX);
    let (directed, edges, size) = (directed?, edges?, size?);
    let pairs = size * size.saturating_sub(1) / if directed { 1 } else { 2 };
    if edges > pairs {
        let kind = if directed { "pairs" } else { "unordered pairs" };
        ctx.reports.error(
            &m.place,
            format!("{edges} connections are more than the {pairs} {kind} of {size} neurons"),
        );
        return None;
    }
    Some(Rule::RandomGraph { edges, directed })
}

fn small_world(ctx: &mut Context, keys: &Keys<'_>, size: Option<u64>) -> Option<Rule> {
    let directed = keys.directed(ctx, false);
    let p = keys
        .get(ctx, "p", "p = 0.1")
        .and_then(|n| probability(ctx, n));
    let node = keys.get(ctx, "k", "k = 10")?;
    let k = ctx.whole(node, "k", 2, u64::from(u32::MAX))?;
    if !k.is_multiple_of(2) {
        ctx.reports
            .error(
                &node.place,
                format!("k must be even, not {k}: half of the neighbours are on either side"),
            )
            .help(format!("write {} or {}", k - 1, k + 1));
        return None;
    }
    below_size(ctx, node, "k", k, size?)?;
    Some(Rule::SmallWorld {
        k: u32::try_from(k).ok()?,
        p: p?,
        directed: directed?,
    })
}

fn scale_free(ctx: &mut Context, keys: &Keys<'_>, size: Option<u64>) -> Option<Rule> {
    let directed = keys.directed(ctx, false);
    let node = keys.get(ctx, "m", "m = 3")?;
    let m = ctx.whole(node, "m", 1, u64::from(u32::MAX))?;
    below_size(ctx, node, "m", m, size?)?;
    Some(Rule::ScaleFree {
        m: u32::try_from(m).ok()?,
        directed: directed?,
    })
}

fn below_size(ctx: &mut Context, node: &Node, key: &str, value: u64, size: u64) -> Option<()> {
    if value < size {
        return Some(());
    }
    ctx.reports.error(
        &node.place,
        format!(
            "{key} = {} must be less than the number of neurons, which is {size}",
            show(value as f64)
        ),
    );
    None
}
