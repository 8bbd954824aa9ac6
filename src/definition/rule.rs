//! The `rule` of a projection: its name, its argument, and what must hold for it to be carried out.

use super::context::{Context, show};
use super::diagnostics::suggest;
use super::edges;
use super::syntax::{Node, Table, Value};
use crate::network::connect::RULES;
use crate::network::spec::{Rule, Slice};
use crate::units::Dimension;

/// Both ends and what may be drawn between them.
pub(super) struct Ends<'s> {
    pub from: &'s [Slice],
    pub to: &'s [Slice],
    pub sources: u64,
    pub targets: u64,
    /// Targets that are also sources.
    pub shared: u64,
    pub allow_autapses: bool,
    pub allow_multapses: bool,
}
impl Ends<'_> {
    /// Sources that every target may choose from.
    pub fn sources_per_target(&self) -> u64 {
        self.sources - u64::from(!self.allow_autapses && self.shared > 0)
    }

    /// Targets that every source may choose from.
    pub fn targets_per_source(&self) -> u64 {
        self.targets - u64::from(!self.allow_autapses && self.shared > 0)
    }

    /// Different synapses that are possible.
    pub fn pairs(&self) -> u128 {
        let all = u128::from(self.sources) * u128::from(self.targets);
        if self.allow_autapses {
            all
        } else {
            all - u128::from(self.shared)
        }
    }
}
/// Columns that a list brings.
#[derive(Clone, Copy, Default)]
pub(super) struct Columns {
    pub weight: bool,
    pub delay: bool,
}
/// Reads the rule, and says which columns it brings.
pub(super) fn read(
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
        ("list", Some(n)) => return edges::read(ctx, n, ends),
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
