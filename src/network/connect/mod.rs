//! Connection rules: one file each, and the one table that registers them.
//!
//! A rule shows its synapses to a visitor, twice (first they are counted, then placed), each time
//! from the same counter streams; so there is no edge list, and each shard makes its own part. Two
//! rules grow a graph in which each link depends on those before it: they do so once, beforehand.

mod all_to_all;
pub mod batch;
mod bernoulli_by_distance;
mod binomial;
mod divide;
mod expected;
mod fixed_indegree;
pub(super) mod fixed_outdegree;
mod fixed_total_number;
pub mod graph;
mod hypergeometric;
mod indegree_by_distance;
mod list;
mod one_to_one;
mod pairwise_bernoulli;
mod pairwise_poisson;
mod poisson;
mod random_graph;
mod sample;
mod scale_free;
pub mod site;
mod small_world;
mod symmetric_pairwise_bernoulli;

use super::spec::Rule;
use crate::rng::{Domain, Stream};
use batch::Visitor;
pub use expected::expected;
use graph::Graph;
pub use indegree_by_distance::first_without_sources;
use site::Site;

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
        Rule::PairwisePoisson(mean) => pairwise_poisson::visit(site, *mean, to),
        Rule::SymmetricPairwiseBernoulli(p) => symmetric_pairwise_bernoulli::visit(site, *p, to),
        Rule::RandomGraph { edges, directed } => random_graph::visit(site, *edges, *directed, to),
        Rule::SmallWorld {
            k,
            p,
            directed: true,
        } => small_world::visit_directed(site, *k, *p, to),
        Rule::SmallWorld {
            directed: false, ..
        } => graph::visit(site, true, to),
        Rule::ScaleFree { directed, .. } => graph::visit(site, !directed, to),
        Rule::List(edges) => list::visit(site, edges, to),
    }
}

/// What a rule has to grow before any shard can be built. `index` is the number of the statement,
/// `n` that of its neurons.
pub fn grow(rule: &Rule, seed: u64, index: u64, n: u32) -> Option<Graph> {
    let mut stream = Stream::new(seed, Domain::Connectivity, index, 0);
    match rule {
        Rule::SmallWorld {
            k,
            p,
            directed: false,
        } => Some(small_world::grow(&mut stream, n, *k, *p)),
        Rule::ScaleFree { m, .. } => Some(scale_free::grow(&mut stream, n, *m)),
        _ => None,
    }
}

/// Bytes of what `grow` makes, with `n` neurons.
pub fn graph_bytes(rule: &Rule, n: f64) -> f64 {
    match rule {
        Rule::SmallWorld {
            k, directed: false, ..
        } => n * (2.0 * f64::from(*k) + 4.0),
        Rule::ScaleFree { m, .. } => 4.0 * (n - f64::from(*m)) * f64::from(*m),
        _ => 0.0,
    }
}

/// Where the value of a synapse stands in an array with one value for each: entry `k` for synapse
/// `k` of a list, the target's for `one_to_one`, row `source` and column `target` for `all_to_all`.
#[inline(always)]
pub fn position(rule: &Rule, source: u32, target: u32, targets: u32, k: usize) -> usize {
    match rule {
        Rule::OneToOne => target as usize,
        Rule::AllToAll => source as usize * targets as usize + target as usize,
        _ => k,
    }
}

/// A bound on the synapses that one target can get from a statement.
pub fn most_per_target(rule: &Rule, sources: u64, multapses: bool) -> u64 {
    match rule {
        Rule::FixedIndegree(k) | Rule::IndegreeByDistance { indegree: k, .. } => u64::from(*k),
        Rule::OneToOne => 1,
        Rule::AllToAll | Rule::PairwiseBernoulli(_) | Rule::BernoulliByDistance(_) => sources,
        Rule::SymmetricPairwiseBernoulli(_) | Rule::ScaleFree { .. } => sources,
        Rule::SmallWorld {
            k, directed: true, ..
        } => u64::from(*k),
        Rule::SmallWorld { .. } => sources,
        Rule::RandomGraph { edges, .. } => sources.min(*edges),
        // There is none.
        Rule::PairwisePoisson(_) => u64::MAX,
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
pub static RULES: [RuleDef; 12] = [
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
        name: "pairwise_poisson",
        argument: Some("mean number of synapses of a pair"),
        keys: &[],
        pairs: Pairs::Any,
        by_distance: None,
        doc: "each pair has a Poisson number of synapses; multapses must be allowed",
    },
    RuleDef {
        name: "symmetric_pairwise_bernoulli",
        argument: Some("probability in [0, 1]"),
        keys: &[],
        pairs: Pairs::No,
        by_distance: None,
        doc: "each unordered pair of neurons of a population is connected with this probability, in both directions; needs allow_autapses = false (NEST tries each pair once from either side, which makes about twice as many synapses)",
    },
    RuleDef {
        name: "random_graph",
        argument: Some("{ m = connections, directed }"),
        keys: &[
            RuleKey {
                name: "m",
                expects: "a whole number",
                required: true,
                doc: "number of connected pairs, all choices being equally likely",
            },
            RuleKey {
                name: "directed",
                expects: "true (the default) or false",
                required: false,
                doc: "true: m one-way connections; false: m links, each a synapse in both directions",
            },
        ],
        pairs: Pairs::No,
        by_distance: None,
        doc: "Erdős–Rényi graph G(n, m): m different pairs of neurons, none with itself (Erdős & Rényi 1959)",
    },
    RuleDef {
        name: "small_world",
        argument: Some("{ k = neighbours, p = probability, directed }"),
        keys: &[
            RuleKey {
                name: "k",
                expects: "an even number, less than there are neurons",
                required: true,
                doc: "neighbours of each neuron on the ring, half of them on either side",
            },
            RuleKey {
                name: "p",
                expects: "a probability in [0, 1]",
                required: true,
                doc: "chance of each link to be moved to a random neuron",
            },
            RuleKey {
                name: "directed",
                expects: "true or false (the default)",
                required: false,
                doc: "false: each link is a synapse in both directions; true: one-way links, of which each neuron receives k, and the source of each is redrawn with probability p",
            },
        ],
        pairs: Pairs::No,
        by_distance: None,
        doc: "ring of neighbours with random shortcuts (Watts & Strogatz 1998)",
    },
    RuleDef {
        name: "scale_free",
        argument: Some("{ m = links, directed }"),
        keys: &[
            RuleKey {
                name: "m",
                expects: "a whole number from 1, less than there are neurons",
                required: true,
                doc: "links that each neuron after the first m makes with earlier ones, in proportion to their links",
            },
            RuleKey {
                name: "directed",
                expects: "true or false (the default)",
                required: false,
                doc: "false: each link is a synapse in both directions; true: only from the later neuron to the earlier, so that hubs gather input",
            },
        ],
        pairs: Pairs::No,
        by_distance: None,
        doc: "growth with preferential attachment: degrees with a tail of k^-3, hubs among the first neurons (Barabási & Albert 1999)",
    },
    RuleDef {
        name: "list",
        argument: Some(
            "a file: .csv, .h5 (SONATA), .mtx, .npy, .txt and others; or { file = ..., ... }",
        ),
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
                name: "rows",
                expects: "\"source\" or \"target\"",
                required: false,
                doc: "what the rows of a matrix are; source unless stated",
            },
            RuleKey {
                name: "ids",
                expects: "\"index\" or \"label\"",
                required: false,
                doc: "what numbers in a text file are: indices, unless stated, or labels",
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
