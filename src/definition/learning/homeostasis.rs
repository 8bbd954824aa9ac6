//! What holds the weights of a target in check beside its rule: `normalise` or `scaling`.

use super::super::context::{Context, show_in};
use super::super::syntax::{Node, Table};
use super::super::values::{self, Wanted};
use crate::network::spec::{Homeostasis, RuleSpec};
use crate::neuron::def::Bound;
use crate::units::Dimension;

/// Keys of `normalise`.
pub(in super::super) const NORMALISE: [(&str, &str); 2] = [
    ("sum", "What the plastic weights of a target sum to."),
    (
        "every",
        "Time between corrections, a multiple of the resolution.",
    ),
];

/// Keys of `scaling`.
pub(in super::super) const SCALING: [(&str, &str); 3] = [
    ("rate", "The rate that each target is driven to."),
    ("tau", "Time constant over which its rate is measured."),
    (
        "eta",
        "Relative change of the gain per missing spike: dg/dt = eta g (rate - r), a plain number.",
    ),
];

/// Reads the one that is there. `dimension`: that of weights, if it is known.
pub(super) fn read(
    ctx: &mut Context,
    table: &Table,
    dimension: Option<Dimension>,
) -> Option<Homeostasis> {
    match (table.entry("normalise"), table.entry("scaling")) {
        (None, None) => Some(Homeostasis::None),
        (Some(e), None) => normalise(ctx, &e.node, dimension),
        (None, Some(e)) => scaling(ctx, &e.node),
        (Some(_), Some(e)) => {
            ctx.reports
                .error(
                    &e.key_place,
                    "either normalise or scaling: both would set the gain of a target",
                )
                .help("leave one of them out");
            None
        }
    }
}

/// The keys of a table, all of which must be there.
fn inside<'n, const N: usize>(
    ctx: &mut Context,
    node: &'n Node,
    what: &str,
    keys: &[(&str, &str); N],
    examples: [&str; N],
) -> Option<[&'n Node; N]> {
    let example: Vec<String> = keys
        .iter()
        .zip(examples)
        .map(|((key, _), e)| format!("{key} = {e}"))
        .collect();
    let Some(table) = node.table() else {
        ctx.expected(node, what, &format!("a table {{ {} }}", example.join(", ")));
        return None;
    };
    let names = keys.map(|(key, _)| key);
    table.only(&names, what, &mut ctx.reports);
    for (name, example) in names.iter().zip(&example) {
        if table.get(name).is_none() {
            ctx.missing(&node.place, &format!("{what}: `{name}`"), example);
        }
    }
    let found: Option<Vec<&Node>> = names.iter().map(|n| table.get(n)).collect();
    found?.try_into().ok()
}

fn normalise(ctx: &mut Context, node: &Node, dimension: Option<Dimension>) -> Option<Homeostasis> {
    let [sum, every] = inside(ctx, node, "normalise", &NORMALISE, ["\"78 mV\"", "\"1 s\""])?;
    let every = ctx.ticks(every, "normalise: every", 1);
    let sum = match dimension {
        Some(d) => ctx.scalar(sum, d, "normalise: sum"),
        None => ctx.quantity(sum, "normalise: sum").map(|q| q.value),
    };
    Some(Homeostasis::Normalise {
        sum: sum?,
        every: every?,
    })
}

fn scaling(ctx: &mut Context, node: &Node) -> Option<Homeostasis> {
    let examples = ["\"5 Hz\"", "\"10 s\"", "1e-4"];
    let nodes = inside(ctx, node, "scaling", &SCALING, examples)?;
    let mut positive = |node: &Node, what: &str, dimension| {
        let value = ctx.scalar(node, dimension, what)?;
        let wanted = Wanted {
            min: Bound::Exclusive(0.0),
            ..Wanted::any(what, dimension, None, "")
        };
        values::inside(ctx, value, &node.place, &wanted).then_some(value)
    };
    let rate = positive(nodes[0], "scaling: rate", Dimension::RATE);
    let tau_ms = positive(nodes[1], "scaling: tau", Dimension::TIME);
    let eta = positive(nodes[2], "scaling: eta", Dimension::NONE);
    // kHz to Hz; and a number per spike is one per kHz and ms, a thousandth of it one per Hz and ms.
    Some(Homeostasis::Scale {
        rate: rate? * 1e3,
        tau_ms: tau_ms?,
        eta: eta? / 1e3,
    })
}

/// A sum that weights of these bounds can have by a positive gain.
pub(super) fn fits(
    ctx: &mut Context,
    table: &Table,
    rule: &RuleSpec,
    homeostasis: Homeostasis,
) -> Option<()> {
    let Homeostasis::Normalise { sum, .. } = homeostasis else {
        return Some(());
    };
    let node = table.get("normalise")?;
    let (low, high) = rule.weight_bounds();
    if low < 0.0 && high > 0.0 {
        ctx.reports
            .error(
                &node.place,
                "normalise needs weights of one sign: a sum of both signs may be zero",
            )
            .help("state a Wmin that is not negative, or a Wmax that is not positive");
        return None;
    }
    let sign = if high > 0.0 { 1.0 } else { -1.0 };
    if sum * sign <= 0.0 {
        let place = node.table().and_then(|t| t.get("sum")).unwrap_or(node);
        ctx.reports
            .error(
                &place.place,
                format!(
                    "the sum of the weights must be {}, as they are",
                    if sign > 0.0 { "positive" } else { "negative" }
                ),
            )
            .help(format!(
                "the rule keeps weights between {} and {}",
                show_in(low, Dimension::NONE),
                show_in(high, Dimension::NONE)
            ));
        return None;
    }
    Some(())
}
