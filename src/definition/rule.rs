//! The `rule` of a projection: its name, its argument, and what must hold for it to be carried out.

use super::by_distance;
use super::context::{Context, show};
use super::diagnostics::suggest;
use super::names::Names;
use super::source::Place;
use super::syntax::{Node, Table, Value};
use super::{edges, graph};
use crate::network::connect::{RULES, RuleDef};
use crate::network::spec::{Rule, Slice};
use crate::units::Dimension;

/// Both ends and what may be drawn between them.
pub(super) struct Ends<'s> {
    pub names: &'s Names,
    pub from: &'s [Slice],
    pub to: &'s [Slice],
    pub sources: u64,
    pub targets: u64,
    /// Targets that are also sources.
    pub shared: u64,
    pub allow_autapses: bool,
    pub allow_multapses: bool,
    /// Of the targets, if they agree on one.
    pub weight_dimension: Option<Dimension>,
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
/// The rule as it is written.
pub(super) struct Named<'n> {
    pub def: &'static RuleDef,
    pub place: &'n Place,
    pub argument: Option<&'n Node>,
}
/// Finds the rule and sees that it has an argument if it needs one.
pub(super) fn name<'n>(ctx: &mut Context, node: &Node, table: &'n Table) -> Option<Named<'n>> {
    let valid: Vec<&str> = RULES.iter().map(|r| r.name).collect();
    let Some(rule_node) = table.get("rule") else {
        ctx.missing(
            &node.place,
            "projection: `rule`",
            "rule = \"all_to_all\" or rule = { fixed_indegree = 100 }",
        );
        return None;
    };
    let (name, place, argument) = match &rule_node.value {
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
                place,
                format!("there is no connection rule `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(suggest(name, &valid));
        return None;
    };
    match (def.argument, argument) {
        (None, Some(_)) => {
            ctx.reports
                .error(
                    &rule_node.place,
                    format!("the rule {name} takes no argument"),
                )
                .help(format!("write rule = \"{name}\""));
            None
        }
        (Some(what), None) => {
            ctx.reports
                .error(
                    &rule_node.place,
                    format!("the rule {name} needs its argument: {what}"),
                )
                .help(format!("write rule = {{ {name} = ... }}"));
            None
        }
        _ => Some(Named {
            def,
            place,
            argument,
        }),
    }
}
/// Reads the rule between two ends, and says which columns it brings.
pub(super) fn read(
    ctx: &mut Context,
    named: &Named<'_>,
    ends: Option<&Ends<'_>>,
) -> Option<(Rule, Columns)> {
    let rule = match (named.def.name, named.argument) {
        ("all_to_all", _) => Rule::AllToAll,
        ("one_to_one", _) => {
            if let Some(e) = ends
                && e.sources != e.targets
            {
                ctx.reports.error(
                    named.place,
                    format!(
                        "one_to_one needs sides of equal size, but there are {} sources and {} targets",
                        e.sources, e.targets
                    ),
                );
                return None;
            }
            Rule::OneToOne
        }
        ("list", Some(n)) => return edges::read(ctx, named.def, n, ends),
        ("symmetric_pairwise_bernoulli", Some(n)) => {
            let p = probability(ctx, n);
            graph::within(ctx, named, ends)?;
            graph::without_autapses(ctx, named, ends)?;
            Rule::SymmetricPairwiseBernoulli(p?)
        }
        ("random_graph" | "small_world" | "scale_free", Some(n)) => {
            graph::read(ctx, named, n, ends)?
        }
        ("fixed_total_number", Some(n)) if n.table().is_some() => {
            let p = probability_key(ctx, n)?;
            let value = probability(ctx, p)?;
            with_probability(ctx, value, &p.place, ends?)?
        }
        (_, Some(n)) => number(ctx, named, n, ends)?,
        (_, None) => return unread(ctx, named),
    };
    Some((rule, Columns::default()))
}
/// A rule of the table that is not read here would be a mistake of this file.
fn unread<T>(ctx: &mut Context, named: &Named<'_>) -> Option<T> {
    ctx.reports.error(
        named.place,
        format!("the rule {} cannot be used in a definition", named.def.name),
    );
    None
}
/// A rule whose argument is one number, or a kernel that gives it by distance.
pub(super) fn number(
    ctx: &mut Context,
    named: &Named<'_>,
    n: &Node,
    ends: Option<&Ends<'_>>,
) -> Option<Rule> {
    Some(match named.def.name {
        "fixed_indegree" if let Value::Table(t) = &n.value => {
            let rule = by_distance::indegree(ctx, n, t)?;
            if let (Rule::IndegreeByDistance { indegree, .. }, Some(e)) = (&rule, ends) {
                let at = t.get("indegree").unwrap_or(n);
                check_degree(ctx, at, u64::from(*indegree), e, true)?;
            }
            rule
        }
        "pairwise_bernoulli" if let Value::Table(t) = &n.value => {
            Rule::BernoulliByDistance(by_distance::probability(ctx, n, t)?)
        }
        "fixed_indegree" => Rule::FixedIndegree(read_degree(ctx, n, ends.map(|e| (e, true)))?),
        "fixed_outdegree" => Rule::FixedOutdegree(read_degree(ctx, n, ends.map(|e| (e, false)))?),
        "fixed_total_number" => {
            let count = ctx.whole(n, "the number of synapses", 0, u64::MAX)?;
            fits(ctx, count, &n.place, ends)?;
            Rule::FixedTotalNumber(count)
        }
        "pairwise_bernoulli" => Rule::PairwiseBernoulli(probability(ctx, n)?),
        "pairwise_poisson" => Rule::PairwisePoisson(mean(ctx, named, n, ends)?),
        _ => return unread(ctx, named),
    })
}
/// That many synapses must find room.
fn fits(ctx: &mut Context, count: u64, place: &Place, ends: Option<&Ends<'_>>) -> Option<()> {
    let Some(e) = ends else {
        return Some(());
    };
    let room = e.pairs();
    let too_many = !e.allow_multapses && u128::from(count) > room;
    if too_many || (count > 0 && room == 0) {
        ctx.reports
            .error(place, format!("{count} synapses do not fit between {} sources and {} targets: only {room} different ones are possible", e.sources, e.targets))
            .help("allow multapses, or ask for fewer");
        return None;
    }
    Some(())
}
pub(super) fn probability(ctx: &mut Context, n: &Node) -> Option<f64> {
    let p = ctx.scalar(n, Dimension::NONE, "the probability")?;
    if !(0.0..=1.0).contains(&p) {
        ctx.reports.error(
            &n.place,
            format!("a probability lies between 0 and 1, not at {}", show(p)),
        );
        return None;
    }
    Some(p)
}
/// A mean number of synapses, 0 or more.
fn mean(ctx: &mut Context, named: &Named<'_>, n: &Node, ends: Option<&Ends<'_>>) -> Option<f64> {
    let mean = ctx.scalar(n, Dimension::NONE, "the mean number of synapses");
    if ends.is_some_and(|e| !e.allow_multapses) {
        ctx.reports
            .error(
                named.place,
                "pairwise_poisson makes multapses, which are not allowed here",
            )
            .help("leave out allow_multapses = false, or use pairwise_bernoulli");
        return None;
    }
    let mean = mean?;
    // Beyond this the synapses of a single pair would not fit their count.
    if !(0.0..=1e9).contains(&mean) {
        ctx.reports.error(
            &n.place,
            format!(
                "the mean number of synapses of a pair lies between 0 and 1e9, not at {}",
                show(mean)
            ),
        );
        return None;
    }
    Some(mean)
}
/// What stands behind `fixed_total_number = { probability = ... }`.
pub(super) fn probability_key<'n>(ctx: &mut Context, n: &'n Node) -> Option<&'n Node> {
    let table = n.table()?;
    table.only(&["probability"], "fixed_total_number", &mut ctx.reports);
    if table.entries.is_empty() {
        ctx.missing(
            &n.place,
            "fixed_total_number: `probability`",
            "probability = 0.1",
        );
    }
    table.get("probability")
}
/// As many synapses as give each possible pair the probability `p` of being connected.
///
/// With multapses N synapses miss a pair with probability (1 - 1/P)^N, P being the number of
/// possible pairs, so N = ln(1 - p) / ln(1 - 1/P) (Potjans & Diesmann 2014, Cereb. Cortex 24:785,
/// equation 1); without them N = p P. Rounded to a whole number.
pub(super) fn with_probability(
    ctx: &mut Context,
    p: f64,
    place: &Place,
    ends: &Ends<'_>,
) -> Option<Rule> {
    let pairs = ends.pairs() as f64;
    let count = if !ends.allow_multapses {
        p * pairs
    } else if p < 1.0 {
        // One pair is hit by any synapse; none can be hit at all.
        if pairs <= 1.0 {
            pairs * f64::from(p > 0.0)
        } else {
            libm::log1p(-p) / libm::log1p(-1.0 / pairs)
        }
    } else {
        ctx.reports
            .error(
                place,
                "no number of synapses connects every pair for certain",
            )
            .help("lower the probability, set allow_multapses = false, or use all_to_all");
        return None;
    };
    Some(Rule::FixedTotalNumber(count.round() as u64))
}
/// An in-degree (`true`) or out-degree.
fn read_degree(ctx: &mut Context, node: &Node, ends: Option<(&Ends<'_>, bool)>) -> Option<u32> {
    let what = match ends {
        Some((_, false)) => "the out-degree",
        _ => "the in-degree",
    };
    let degree = ctx.whole(node, what, 0, u64::from(u32::MAX))?;
    if let Some((e, is_in)) = ends {
        check_degree(ctx, node, degree, e, is_in)?;
    }
    u32::try_from(degree).ok()
}
/// Are there enough partners for an in-degree (`is_in`) or out-degree?
fn check_degree(
    ctx: &mut Context,
    node: &Node,
    degree: u64,
    e: &Ends<'_>,
    is_in: bool,
) -> Option<()> {
    let (what, partners, room) = if is_in {
        ("the in-degree", "sources", e.sources_per_target())
    } else {
        ("the out-degree", "targets", e.targets_per_source())
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
                format!("{what} of {degree} is more than the {room} {partners} there are ({why})"),
            )
            .help("lower it, or allow multapses");
        return None;
    }
    Some(())
}
