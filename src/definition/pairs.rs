//! A statement over tables: `from` and `to` are lists of selections, and it makes a projection for
//! every pair of them.
//!
//! A table has one row for each selection of `to` and one column for each of `from`, as connection
//! probabilities are published. What the projections are is what they would be if they were written
//! out row by row: all sources of the first target selection, then those of the second. A rule of
//! 0 makes none, and what stands there as weight or delay is not read.

use super::context::Context;
use super::names::Names;
use super::projection::Stated;
use super::rule::{self, Ends, Named};
use super::syntax::{Entry, Node, Value};
use super::{by_distance, delay, learning, receptors, weight};
use crate::network::connect::Pairs;
use crate::network::spec::{Delay, ProjectionSpec, Rule, Slice};

/// One value for each selection of one side.
const PER_SOURCE: &str = "per_source";
const PER_TARGET: &str = "per_target";

/// Does any part of the statement say something for each pair?
///
/// A rule's argument is never a flat list, and neither is a weight or delay: one value for each
/// synapse comes from a list of synapses. So a list of lists can only be a table.
pub(super) fn speaks_in_tables(stated: &Stated<'_>) -> bool {
    let by_rule = stated.rule.as_ref().is_some_and(|named| {
        let argument = named.argument.map(|n| match n.table() {
            Some(t) => t.get("probability").unwrap_or(n),
            None => n,
        });
        named.def.pairs != Pairs::No && argument.is_some_and(|n| matches!(n.value, Value::List(_)))
    });
    by_rule
        || ["weight", "delay"]
            .iter()
            .any(|key| stated.table.get(key).is_some_and(is_by_pair))
}

fn is_by_pair(node: &Node) -> bool {
    match &node.value {
        Value::List(rows) => rows.iter().any(|r| matches!(r.value, Value::List(_))),
        Value::Table(t) => t
            .entries
            .iter()
            .any(|e| e.key == PER_SOURCE || e.key == PER_TARGET),
        _ => false,
    }
}

/// The selections of one side, with what messages call them.
struct Side<'s> {
    slices: &'s [Slice],
    names: &'s Names,
    key: &'static str,
}

impl Side<'_> {
    fn len(&self) -> usize {
        self.slices.len()
    }

    fn name(&self, i: usize) -> &str {
        self.slices
            .get(i)
            .and_then(|s| self.names.at(s.population))
            .map_or("", |n| n.name.as_str())
    }

    /// Is that what a list has for this side?
    fn fits(&self, ctx: &mut Context, node: &Node, got: usize, what: &str) -> bool {
        if got == self.len() {
            return true;
        }
        ctx.reports
            .error(
                &node.place,
                format!(
                    "{what}, but `{}` names {} population{}",
                    self.key,
                    self.len(),
                    if self.len() == 1 { "" } else { "s" }
                ),
            )
            .label(format!("{} expected", self.len()))
            .help("a table has one row for each target population and one column for each source population");
        false
    }
}

/// Where the value of a pair stands.
enum Cells<'n> {
    One(&'n Node),
    PerSource(&'n [Node]),
    PerTarget(&'n [Node]),
    Table(Vec<&'n [Node]>),
}

impl<'n> Cells<'n> {
    fn at(&self, target: usize, source: usize) -> Option<&'n Node> {
        match self {
            Self::One(n) => Some(n),
            Self::PerSource(list) => list.get(source),
            Self::PerTarget(list) => list.get(target),
            Self::Table(rows) => rows.get(target).and_then(|r| r.get(source)),
        }
    }
}

/// Reads the shape of a table, with all its errors at once.
fn table<'n>(
    ctx: &mut Context,
    node: &Node,
    rows: &'n [Node],
    what: &str,
    [from, to]: [&Side<'_>; 2],
) -> Option<Cells<'n>> {
    // A flat list is one mistake, not as many as it has values.
    if !rows.is_empty() && !rows.iter().any(|r| matches!(r.value, Value::List(_))) {
        let other = match what {
            "weight" | "delay" => {
                "; one value for each source population is { per_source = [...] }"
            }
            _ => "",
        };
        ctx.reports
            .error(&node.place, format!("{what} is a flat list, not a table"))
            .label("[[...], ...] is expected")
            .help(format!(
                "a table is a list of rows, one for each target population{other}"
            ));
        return None;
    }
    let mut complete = to.fits(
        ctx,
        node,
        rows.len(),
        &format!("{what} has {}", counted(rows.len(), "row")),
    );
    let mut all = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let Value::List(cells) = &row.value else {
            ctx.expected(
                row,
                &format!("{what}: row {} of the table", i + 1),
                "a list with a value for each source population",
            );
            complete = false;
            continue;
        };
        let onto = match to.name(i) {
            "" => String::new(),
            name => format!(" (onto `{name}`)"),
        };
        let told = format!(
            "{what}: row {}{onto} has {}",
            i + 1,
            counted(cells.len(), "value")
        );
        complete &= from.fits(ctx, row, cells.len(), &told);
        all.push(cells.as_slice());
    }
    complete.then_some(Cells::Table(all))
}

fn counted(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}

/// The values of `weight` or `delay`.
fn cells<'n>(
    ctx: &mut Context,
    node: &'n Node,
    what: &str,
    sides: [&Side<'_>; 2],
) -> Option<Cells<'n>> {
    let [from, to] = sides;
    match &node.value {
        Value::List(rows) => table(ctx, node, rows, what, sides),
        Value::Table(t) if is_by_pair(node) => {
            t.only(&[PER_SOURCE, PER_TARGET], what, &mut ctx.reports);
            let [Entry { key, node, .. }] = t.entries.as_slice() else {
                ctx.reports
                    .error(
                        &node.place,
                        format!("{what}: either {PER_SOURCE} or {PER_TARGET}, and nothing else"),
                    )
                    .help("a full table, [[...], ...], gives each pair its own value");
                return None;
            };
            let list = ctx.list(node, &format!("{what}: {key}"))?;
            let told = format!("{what}: {key} has {}", counted(list.len(), "value"));
            if key == PER_SOURCE {
                from.fits(ctx, node, list.len(), &told)
                    .then_some(Cells::PerSource(list))
            } else {
                to.fits(ctx, node, list.len(), &told)
                    .then_some(Cells::PerTarget(list))
            }
        }
        _ => Some(Cells::One(node)),
    }
}

/// Where the rule of each pair stands.
struct Rules<'s, 'n> {
    named: &'s Named<'n>,
    /// `None`: the rule has no argument.
    cells: Option<Cells<'n>>,
    /// Are they probabilities, to be made into numbers of synapses?
    by_probability: bool,
}

impl<'s, 'n> Rules<'s, 'n> {
    fn read(ctx: &mut Context, named: &'s Named<'n>, sides: [&Side<'_>; 2]) -> Option<Self> {
        let name = named.def.name;
        if named.def.pairs == Pairs::No {
            ctx.reports
                .error(
                    named.place,
                    format!("the rule {name} cannot be combined with values for each pair of populations"),
                )
                .help("write a projection for each pair");
            return None;
        }
        let Some(argument) = named.argument else {
            return Some(Self {
                named,
                cells: None,
                by_probability: false,
            });
        };
        let key = match argument.table() {
            Some(_) if name == "fixed_total_number" => Some(rule::probability_key(ctx, argument)?),
            _ => None,
        };
        let node = key.unwrap_or(argument);
        let cells = match &node.value {
            Value::List(rows) => table(ctx, node, rows, name, sides)?,
            _ if named.def.pairs == Pairs::Table && key.is_none() => {
                ctx.reports
                    .error(
                        &node.place,
                        format!("{name} must be a table here, since weight or delay is stated for each pair of populations"),
                    )
                    .help("one row for each target population, one column for each source population");
                return None;
            }
            _ => Cells::One(node),
        };
        Some(Self {
            named,
            cells: Some(cells),
            by_probability: key.is_some(),
        })
    }

    /// The rule of a pair.
    fn at(&self, ctx: &mut Context, target: usize, source: usize, ends: &Ends<'_>) -> Option<Rule> {
        let Some(cells) = &self.cells else {
            return rule::read(ctx, self.named, Some(ends)).map(|(rule, _)| rule);
        };
        let node = cells.at(target, source)?;
        if self.by_probability {
            let p = rule::probability(ctx, node)?;
            return rule::with_probability(ctx, p, &node.place, ends);
        }
        rule::number(ctx, self.named, node, Some(ends))
    }
}

fn makes_none(rule: &Rule) -> bool {
    match rule {
        Rule::FixedIndegree(k) | Rule::FixedOutdegree(k) => *k == 0,
        Rule::FixedTotalNumber(n) => *n == 0,
        Rule::PairwiseBernoulli(p) | Rule::PairwisePoisson(p) => *p == 0.0,
        _ => false,
    }
}

/// Reads the statement. A finding that several pairs share is told once: `Reports` sees to that.
pub(super) fn read(ctx: &mut Context, stated: &Stated<'_>, names: &Names) -> Vec<ProjectionSpec> {
    let (Some((from, _)), Some((to, to_place))) = (&stated.from, &stated.to) else {
        return Vec::new();
    };
    let side = |slices, key| Side { slices, names, key };
    let (sources, targets) = (side(from.as_slice(), "from"), side(to.as_slice(), "to"));
    let sides = [&sources, &targets];
    let rules = stated
        .rule
        .as_ref()
        .and_then(|named| Rules::read(ctx, named, sides));
    let weight = stated.table.entry("weight");
    let weights = match weight {
        Some(e) => cells(ctx, &e.node, "weight", sides).map(Some),
        None => Some(None),
    };
    let delays = match stated.table.get("delay") {
        Some(n) => cells(ctx, n, "delay", sides),
        None => {
            ctx.missing(
                &stated.node.place,
                "projection: `delay`",
                "delay = \"1.5 ms\"",
            );
            None
        }
    };
    let mut all = Vec::new();
    for (t, one_target) in to.iter().enumerate() {
        for (s, one_source) in from.iter().enumerate() {
            let (one_from, one_to) = ([*one_source], [*one_target]);
            let ends = stated.ends(names, &one_from, &one_to);
            let rule = rules.as_ref().and_then(|r| r.at(ctx, t, s, &ends));
            if rule.as_ref().is_some_and(makes_none) {
                continue;
            }
            let value = weights.as_ref().and_then(|cells| {
                let at = weight
                    .zip(cells.as_ref().and_then(|c| c.at(t, s)))
                    .map(|(e, node)| (&e.key_place, node));
                weight::of_projection(ctx, at, names, &one_to, to_place, &stated.node.place, None)
            });
            let place = &stated.node.place;
            let receptor = receptors::port(ctx, stated.table, names, &one_to, place);
            let delay: Option<Delay> = delays
                .as_ref()
                .and_then(|cells| delay::read(ctx, cells.at(t, s)?, None));
            let plasticity = learning::of_projection(ctx, stated.table, names, &one_to, to_place);
            if let (Some(rule), Some(weight), Some(delay), Some(receptor), Some(plasticity)) =
                (rule, value, delay, receptor, plasticity)
                && let (Some(allow_autapses), Some(allow_multapses)) =
                    (stated.allow_autapses, stated.allow_multapses)
            {
                let mut spec = ProjectionSpec {
                    from: one_from.into(),
                    to: one_to.into(),
                    rule,
                    allow_autapses,
                    allow_multapses,
                    weight,
                    delay,
                    receptor,
                    table: stated.choice,
                    plasticity,
                };
                let is_right = stated
                    .places()
                    .and_then(|at| by_distance::check(ctx, names, &spec, &at));
                let plastic = spec.plasticity.is_none()
                    || learning::check(ctx, stated.table, names, &mut spec, place).is_some();
                if is_right.is_some() && plastic {
                    all.push(spec);
                }
            }
        }
    }
    all
}
