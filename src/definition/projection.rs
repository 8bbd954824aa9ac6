//! `[[projections]]`: who is connected to whom, by which rule, with which weights and delays.

use std::collections::HashSet;
use std::sync::Arc;

use super::context::{Context, round_to_ticks, show, show_in};
use super::diagnostics::suggest;
use super::files::{self, EdgeRows};
use super::names::Names;
use super::source::Place;
use super::syntax::{Node, Table, Value};
use super::values::{self, Wanted};
use super::weight;
use crate::network::connect::RULES;
use crate::network::spec::{
    Delay, EdgeList, PS_PER_MS, ProjectionSpec, Rule, Slice, Values, Weight,
};
use crate::units::Dimension;

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

/// Both ends and what may be drawn between them.
struct Ends<'s> {
    from: &'s [Slice],
    to: &'s [Slice],
    sources: u64,
    targets: u64,
    /// Targets that are also sources.
    shared: u64,
    allow_autapses: bool,
    allow_multapses: bool,
}

impl Ends<'_> {
    /// Sources that every target may choose from.
    fn sources_per_target(&self) -> u64 {
        self.sources - u64::from(!self.allow_autapses && self.shared > 0)
    }

    /// Targets that every source may choose from.
    fn targets_per_source(&self) -> u64 {
        self.targets - u64::from(!self.allow_autapses && self.shared > 0)
    }

    /// Different synapses that are possible.
    fn pairs(&self) -> u128 {
        let all = u128::from(self.sources) * u128::from(self.targets);
        if self.allow_autapses {
            all
        } else {
            all - u128::from(self.shared)
        }
    }
}

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
    let rule = read_rule(ctx, node, table, ends.as_ref());
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
            Some(n) => read_delay(ctx, n),
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

/// Columns that a list brings.
#[derive(Clone, Copy, Default)]
struct Columns {
    weight: bool,
    delay: bool,
}

fn read_rule(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    ends: Option<&Ends<'_>>,
) -> Option<(Rule, Columns)> {
    let valid: Vec<&str> = RULES.iter().map(|r| r.name).collect();
    let Some(rule_node) = table.get("rule") else {
        ctx.missing(
            &node.place,
            "projection: `rule`",
            "rule = \"all_to_all\" or rule = { fixed_indegree = 100 }",
        );
        return None;
    };
    let (name, name_place, argument) = match &rule_node.value {
        Value::Text(t) => (t.as_str(), &rule_node.place, None),
        Value::Table(t) => match t.entries.as_slice() {
            [only] => (only.key.as_str(), &only.key_place, Some(&only.node)),
            _ => {
                ctx.reports
                    .error(&rule_node.place, "a rule has exactly one name")
                    .help("write for example rule = { fixed_indegree = 100 }");
                return None;
            }
        },
        _ => {
            ctx.expected(rule_node, "rule", "a name, or a table { name = argument }");
            return None;
        }
    };
    let Some(def) = RULES.iter().find(|r| r.name == name) else {
        ctx.reports
            .error(
                name_place,
                format!("there is no connection rule `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(suggest(name, &valid));
        return None;
    };
    let argument = match (def.argument, argument) {
        (None, Some(_)) => {
            ctx.reports
                .error(
                    &rule_node.place,
                    format!("the rule {name} takes no argument"),
                )
                .help(format!("write rule = \"{name}\""));
            return None;
        }
        (Some(what), None) => {
            ctx.reports
                .error(
                    &rule_node.place,
                    format!("the rule {name} needs its argument: {what}"),
                )
                .help(format!("write rule = {{ {name} = ... }}"));
            return None;
        }
        (_, argument) => argument,
    };
    let rule = match (name, argument) {
        ("all_to_all", _) => Rule::AllToAll,
        ("one_to_one", _) => {
            if let Some(e) = ends
                && e.sources != e.targets
            {
                ctx.reports.error(
                    name_place,
                    format!(
                        "one_to_one needs sides of equal size, but there are {} sources and {} targets",
                        e.sources, e.targets
                    ),
                );
                return None;
            }
            Rule::OneToOne
        }
        ("fixed_indegree", Some(n)) => {
            Rule::FixedIndegree(read_degree(ctx, n, ends.map(|e| (e, true)))?)
        }
        ("fixed_outdegree", Some(n)) => {
            Rule::FixedOutdegree(read_degree(ctx, n, ends.map(|e| (e, false)))?)
        }
        ("fixed_total_number", Some(n)) => {
            let count = ctx.whole(n, "the number of synapses", 0, u64::MAX)?;
            if let Some(e) = ends {
                let room = e.pairs();
                let too_many = !e.allow_multapses && u128::from(count) > room;
                if too_many || (count > 0 && room == 0) {
                    ctx.reports
                        .error(&n.place, format!("{count} synapses do not fit between {} sources and {} targets: only {room} different ones are possible", e.sources, e.targets))
                        .help("allow multapses, or ask for fewer");
                    return None;
                }
            }
            Rule::FixedTotalNumber(count)
        }
        ("pairwise_bernoulli", Some(n)) => {
            let p = ctx.scalar(n, Dimension::NONE, "the probability")?;
            if !(0.0..=1.0).contains(&p) {
                ctx.reports.error(
                    &n.place,
                    format!("a probability lies between 0 and 1, not at {}", show(p)),
                );
                return None;
            }
            Rule::PairwiseBernoulli(p)
        }
        ("list", Some(n)) => return read_list(ctx, n, ends),
        _ => {
            // A rule of the table that is not read here would be a mistake of this file.
            ctx.reports.error(
                name_place,
                format!("the rule {name} cannot be used in a definition"),
            );
            return None;
        }
    };
    Some((rule, Columns::default()))
}

/// An in-degree (`true`) or out-degree.
fn read_degree(ctx: &mut Context, node: &Node, ends: Option<(&Ends<'_>, bool)>) -> Option<u32> {
    let (what, partners) = match ends {
        Some((_, false)) => ("the out-degree", "targets"),
        _ => ("the in-degree", "sources"),
    };
    let degree = ctx.whole(node, what, 0, u64::from(u32::MAX))?;
    if let Some((e, is_in)) = ends {
        let room = if is_in {
            e.sources_per_target()
        } else {
            e.targets_per_source()
        };
        let too_many = !e.allow_multapses && degree > room;
        if too_many || (degree > 0 && room == 0) {
            let why = match (e.allow_autapses, e.allow_multapses) {
                (true, _) => "without multapses",
                (false, false) => "without autapses and multapses",
                (false, true) => "without autapses",
            };
            ctx.reports
                .error(
                    &node.place,
                    format!(
                        "{what} of {degree} is more than the {room} {partners} there are ({why})"
                    ),
                )
                .help("lower it, or allow multapses");
            return None;
        }
    }
    u32::try_from(degree).ok()
}

fn read_list(ctx: &mut Context, node: &Node, ends: Option<&Ends<'_>>) -> Option<(Rule, Columns)> {
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

/// A constant in ticks, or a distribution whose draws round to at least one tick.
fn read_delay(ctx: &mut Context, node: &Node) -> Option<Delay> {
    let drawn = match &node.value {
        Value::Table(_) | Value::List(_) => {
            values::read(ctx, node, &Wanted::any("delay", Dimension::TIME, None, ""))?
        }
        _ => return ctx.ticks(node, "delay", 1).map(Delay::Ticks),
    };
    if let Values::Constant(ms) = drawn {
        return ctx.ticks_of(ms, &node.place, "delay", 1).map(Delay::Ticks);
    }
    let resolution = ctx.resolution_ps?;
    // What is at least half a tick rounds to at least one.
    let least = 0.5 * resolution as f64 / PS_PER_MS;
    let (_, longest) = values::support(&drawn);
    if round_to_ticks(longest.max(0.0), resolution).is_none() {
        ctx.reports.error(
            &node.place,
            "delay is too long: more ticks than can be counted",
        );
        return None;
    }
    if longest < least {
        ctx.reports.error(
            &node.place,
            "delay: practically all draws are less than one tick",
        );
        return None;
    }
    let clipped = match drawn {
        Values::Uniform { low, .. } if low < 0.0 => {
            ctx.reports.error(
                &node.place,
                format!("delay must not be negative: draws from {} ms on", show(low)),
            );
            return None;
        }
        Values::Uniform { low, high } => Values::Uniform {
            low: low.max(least),
            high,
        },
        Values::Normal {
            mean,
            std,
            min,
            max,
        } => {
            if mean < 0.0 {
                ctx.reports.error(
                    &node.place,
                    format!("delay must not be negative: the mean is {} ms", show(mean)),
                );
                return None;
            }
            Values::Normal {
                mean,
                std,
                min: min.max(least),
                max,
            }
        }
        Values::Lognormal {
            mu,
            sigma,
            scale,
            min,
            max,
        } => {
            if scale < 0.0 {
                ctx.reports.error(
                    &node.place,
                    format!(
                        "delay must not be negative: the median is {} ms",
                        show(scale)
                    ),
                );
                return None;
            }
            Values::Lognormal {
                mu,
                sigma,
                scale,
                min: min.max(least),
                max,
            }
        }
        other => other,
    };
    Some(Delay::Drawn(clipped))
}
