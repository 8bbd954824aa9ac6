//! Learning rules: one file each, and the one table that registers them.
//!
//! Rules know traces, weights and times in ticks. They know no queue, no threads and no files.

pub mod decay;
pub mod def;
pub mod eligibility;
pub mod history;
pub mod pair;
pub mod r_stdp;
pub mod short_term;
pub mod source;
pub mod stdp;
pub mod stdp_dopamine;
pub mod stdp_power_law;
pub mod stdp_triplet;
pub mod tsodyks;
pub mod tsodyks2;
pub mod vogels;

use def::RuleDef;

/// Every rule, in the order users see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    Stdp,
    StdpPowerLaw,
    StdpTriplet,
    Vogels,
    StdpDopamine,
    RStdp,
    Tsodyks2,
    Tsodyks,
}

/// The registry: adding a rule is its file, a variant above and a line here.
pub static RULES: [(RuleKind, &RuleDef); 8] = [
    (RuleKind::Stdp, &stdp::DEF),
    (RuleKind::StdpPowerLaw, &stdp_power_law::DEF),
    (RuleKind::StdpTriplet, &stdp_triplet::DEF),
    (RuleKind::Vogels, &vogels::DEF),
    (RuleKind::StdpDopamine, &stdp_dopamine::DEF),
    (RuleKind::RStdp, &r_stdp::DEF),
    (RuleKind::Tsodyks2, &tsodyks2::DEF),
    (RuleKind::Tsodyks, &tsodyks::DEF),
];

impl RuleKind {
    /// The table of this rule.
    pub fn def(self) -> &'static RuleDef {
        RULES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map(|(_, def)| *def)
            .expect("every kind is registered")
    }

    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        RULES
            .iter()
            .find(|(_, def)| def.name == name)
            .map(|(kind, _)| *kind)
    }
}

/// A rule with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSpec {
    pub rule: RuleKind,
    /// One for each parameter of the rule's table, in its order.
    pub params: Vec<f64>,
    /// One for each choice of the rule's table: the number of the name that was chosen.
    pub choices: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_registered_once_under_its_own_name_with_defaults_in_range() {
        for (kind, def) in RULES {
            assert_eq!(RuleKind::from_name(def.name), Some(kind));
            assert_eq!(kind.def().name, def.name);
            for p in def.params {
                let default = p.default.unwrap_or(1.0);
                assert!(p.min.allows_above(default), "{} {}", def.name, p.name);
                assert!(p.max.allows_below(default), "{} {}", def.name, p.name);
            }
            for set in def.sets {
                for (name, _) in set.values {
                    assert!(def.param(name).is_some(), "{} {name}", def.name);
                }
            }
        }
    }
}
