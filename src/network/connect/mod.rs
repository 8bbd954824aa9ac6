//! Connection rules: one file each, and the one table that registers them.

/// A connection rule as users see it.
#[derive(Debug)]
pub struct RuleDef {
    pub name: &'static str,
    /// What stands behind the name: `rule = { fixed_indegree = 1000 }`. `None`: the bare name.
    pub argument: Option<&'static str>,
    pub doc: &'static str,
}

/// Every rule, in the order users see.
pub static RULES: [RuleDef; 7] = [
    RuleDef {
        name: "all_to_all",
        argument: None,
        doc: "every source to every target",
    },
    RuleDef {
        name: "one_to_one",
        argument: None,
        doc: "source i to target i; both sides must have the same size",
    },
    RuleDef {
        name: "fixed_indegree",
        argument: Some("sources per target, a whole number"),
        doc: "every target draws its sources at random",
    },
    RuleDef {
        name: "fixed_outdegree",
        argument: Some("targets per source, a whole number"),
        doc: "every source draws its targets at random",
    },
    RuleDef {
        name: "fixed_total_number",
        argument: Some("number of synapses, a whole number"),
        doc: "both ends of every synapse are drawn at random",
    },
    RuleDef {
        name: "pairwise_bernoulli",
        argument: Some("probability in [0, 1]"),
        doc: "each pair is connected with this probability",
    },
    RuleDef {
        name: "list",
        argument: Some("a CSV file with the header source,target and optionally weight, delay_ms"),
        doc: "exactly the synapses in the file; ids start at 0 and count within from and to",
    },
];
