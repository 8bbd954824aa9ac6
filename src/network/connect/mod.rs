//! Connection rules: one file each, and the one table that registers them.
//!
//! A rule shows its synapses to a visitor, twice (first they are counted, then placed), each time
//! from the same counter streams; so there is no edge list, and each shard makes its own part.

mod all_to_all;
mod bernoulli_by_distance;
mod binomial;
mod expected;
mod fixed_indegree;
mod fixed_outdegree;
mod fixed_total_number;
mod indegree_by_distance;
mod list;
mod one_to_one;
mod pairwise_bernoulli;
mod sample;
pub mod site;

use super::spec::Rule;
pub use expected::expected;
pub use indegree_by_distance::first_without_sources;
use site::{Site, Visitor};

/// Shows the synapses of a statement to `to`.
pub fn visit(site: &Site<'_>, to: &mut impl Visitor) {
    match &site.spec.rule {
        Rule::AllToAll => all_to_all::visit(site, to),
        Rule::OneToOne => one_to_one::visit(site, to),
        Rule::FixedIndegree(k) => fixed_indegree::visit(site, *k, to),
        Rule::FixedOutdegree(k) => fixed_outdegree::visit(site, *k, to),
        Rule::FixedTotalNumber(n) => fixed_total_number::visit(site, *n, to),
        Rule::PairwiseBernoulli(p) => pairwise_bernoulli::visit(site, *p, to),
        Rule::BernoulliByDistance(kernel) => bernoulli_by_distance::visit(site, kernel, to),
        Rule::IndegreeByDistance { indegree, kernel } => {
            indegree_by_distance::visit(site, *indegree, kernel, to);
        }
        Rule::List(edges) => list::visit(site, edges, to),
    }
}

/// A bound on the synapses that one target can get from a statement.
pub fn most_per_target(rule: &Rule, sources: u64, multapses: bool) -> u64 {
    match rule {
        Rule::FixedIndegree(k) | Rule::IndegreeByDistance { indegree: k, .. } => u64::from(*k),
        Rule::OneToOne => 1,
        Rule::AllToAll | Rule::PairwiseBernoulli(_) | Rule::BernoulliByDistance(_) => sources,
        Rule::FixedOutdegree(_) if !multapses => sources,
        Rule::FixedTotalNumber(n) if !multapses => sources.min(*n),
        Rule::FixedOutdegree(k) => sources.saturating_mul(u64::from(*k)),
        Rule::FixedTotalNumber(n) => *n,
        Rule::List(edges) => edges.source.len() as u64,
    }
}

/// A connection rule as users see it.
#[derive(Debug)]
pub struct RuleDef {
    pub name: &'static str,
    /// What stands behind the name: `rule = { fixed_indegree = 1000 }`. `None`: the bare name.
    pub argument: Option<&'static str>,
    /// Keys of an argument that is a table.
    pub keys: &'static [RuleKey],
    /// Whether one statement may make a projection for each pair of a source and a target selection.
    pub pairs: Pairs,
    /// What stands behind the name if the distance decides: a table with a kernel.
    pub by_distance: Option<&'static str>,
    pub doc: &'static str,
}

/// A key of `rule = { NAME = { key = ... } }`.
#[derive(Debug)]
pub struct RuleKey {
    pub name: &'static str,
    pub expects: &'static str,
    /// Must it be there?
    pub required: bool,
    /// What it means, and what holds without it.
    pub doc: &'static str,
}

/// How a rule stands to statements over tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Not for them.
    No,
    /// The argument must be a table: one number would mean something else for each pair than for
    /// all populations taken together.
    Table,
    /// The argument may be a table, or one for all pairs.
    Any,
}

/// Every rule, in the order users see.
pub static RULES: [RuleDef; 7] = [
    RuleDef {
        name: "all_to_all",
        argument: None,
        keys: &[],
        pairs: Pairs::Any,
        by_distance: None,
        doc: "every source to every target",
    },
    RuleDef {
        name: "one_to_one",
        argument: None,
        keys: &[],
        pairs: Pairs::No,
        by_distance: None,
        doc: "source i to target i; both sides must have the same size",
    },
    RuleDef {
        name: "fixed_indegree",
        argument: Some("sources per target, a whole number"),
        keys: &[],
        pairs: Pairs::Table,
        by_distance: Some("indegree = 100, gaussian = \"0.2 mm\""),
        doc: "every target draws its sources at random",
    },
    RuleDef {
        name: "fixed_outdegree",
        argument: Some("targets per source, a whole number"),
        keys: &[],
        pairs: Pairs::Table,
        by_distance: None,
        doc: "every source draws its targets at random",
    },
    RuleDef {
        name: "fixed_total_number",
        argument: Some("number of synapses, a whole number, or { probability = p }"),
        keys: &[RuleKey {
            name: "probability",
            expects: "a number in [0, 1), or a table of such numbers",
            required: true,
            doc: "as many synapses as give a pair this probability of at least one: ln(1 - p) / ln(1 - 1 / (N_source N_target)), rounded; p N_source N_target without multapses",
        }],
        pairs: Pairs::Table,
        by_distance: None,
        doc: "both ends of every synapse are drawn at random",
    },
    RuleDef {
        name: "pairwise_bernoulli",
        argument: Some("probability in [0, 1]"),
        keys: &[],
        pairs: Pairs::Any,
        by_distance: Some("gaussian = \"0.2 mm\", peak = 0.6"),
        doc: "each pair is connected with this probability",
    },
    RuleDef {
        name: "list",
        argument: Some("a file: .csv or .h5 (SONATA), or { file = ... }"),
        keys: &[
            RuleKey {
                name: "file",
                expects: "a text",
                required: true,
                doc: "the file, relative to the definition",
            },
            RuleKey {
                name: "population",
                expects: "a text",
                required: false,
                doc: "edge population of a SONATA file; not needed if it has one",
            },
            RuleKey {
                name: "types",
                expects: "a text",
                required: false,
                doc: "table of edge types of a SONATA file, whose syn_weight and delay hold where an edge has none of its own",
            },
            RuleKey {
                name: "weight_scale",
                expects: "a weight or a number",
                required: false,
                doc: "multiplies the weights of the file, for example \"0.275 mV\" where it counts synapses",
            },
        ],
        pairs: Pairs::No,
        by_distance: None,
        doc: "exactly the synapses in the file; ids start at 0 and count within from and to",
    },
];
