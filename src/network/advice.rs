//! What a definition could say so that its network takes less time, with no other result but for rounding.

use super::spec::{NetworkSpec, NeuronSpec, PARTS, PopulationKind};

/// A change that some populations could make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Indices of the populations.
    pub populations: Vec<usize>,
    /// What they should say.
    pub say: &'static str,
    pub why: &'static str,
}

/// Neurons of a population from which on it is worth a word.
const MANY: u32 = 1000;

/// Everything that would help.
pub fn advice(spec: &NetworkSpec) -> Vec<Advice> {
    let populations: Vec<usize> = (spec.populations.iter().enumerate())
        .filter(|(p, population)| {
            population.size >= MANY
                && matches!(&population.kind, PopulationKind::Neurons(n) if could_be_together(spec, *p, n))
        })
        .map(|(p, _)| p)
        .collect();
    let together = Advice {
        populations,
        say: "currents = \"together\"",
        why: "tau_syn_ex = tau_syn_in, so the sum of both currents is all that is needed: half of the input to gather, fewer numbers to update",
    };
    [together]
        .into_iter()
        .filter(|advice| !advice.populations.is_empty())
        .collect()
}

/// Has the population two currents with one time constant, and does nobody ask for each of them?
fn could_be_together(spec: &NetworkSpec, population: usize, neurons: &NeuronSpec) -> bool {
    let def = neurons.model.def();
    let tau = |name| {
        def.param(name)
            .and_then(|i| neurons.params.get(i)?.constant())
    };
    let is_part = |variable: usize| PARTS.contains(&def.recordables[variable].name);
    let mut recorded = (spec.recording.state.iter()).filter(|s| s.of.population == population);
    def.has_two_currents
        && !neurons.options.together
        && tau("tau_syn_ex").is_some()
        && tau("tau_syn_ex") == tau("tau_syn_in")
        && !recorded.any(|s| is_part(s.variable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::parse;
    use std::path::Path;

    /// Populations to which something is said.
    fn advised(rest: &str) -> Vec<String> {
        let text = format!(
            "format = 1\n[simulation]\nduration = \"1 ms\"\nresolution = \"0.1 ms\"\n{rest}"
        );
        let spec = parse(&text, Path::new("x.toml"), &[]).expect("right").spec;
        let names = |a: Advice| -> Vec<String> {
            let names = a.populations.into_iter();
            names.map(|p| spec.populations[p].name.clone()).collect()
        };
        advice(&spec).into_iter().flat_map(names).collect()
    }

    #[test]
    fn what_could_hold_its_currents_together_is_told_so() {
        let sized = |name: &str, model: &str, size: u32, more: &str| {
            format!("[populations.{name}]\nmodel = \"{model}\"\nsize = {size}\n{more}\n")
        };
        let one = |name: &str, model: &str, more: &str| sized(name, model, MANY, more);
        let network = [
            one("exp", "lif_exp", ""),
            one("alpha", "lif_alpha", ""),
            sized("few", "lif_exp", MANY - 1, ""),
            one("delta", "lif_delta", ""),
            one("already", "lif_exp", "currents = \"together\""),
            one("unlike", "lif_exp", "params = { tau_syn_ex = \"3 ms\" }"),
            one(
                "drawn",
                "lif_exp",
                "params = { tau_syn_ex = { uniform = [\"1 ms\", \"3 ms\"] } }",
            ),
            one("asked", "lif_exp", ""),
        ]
        .concat();
        let recorded = |variable: &str| {
            format!(
                "{network}[recording]\nstate = [{{ of = \"asked\", variable = \"{variable}\", every = \"1 ms\" }}]\n"
            )
        };
        assert_eq!(advised(&recorded("I_syn_in")), ["exp", "alpha"]);
        for variable in ["V_m", "I_syn"] {
            assert_eq!(advised(&recorded(variable)), ["exp", "alpha", "asked"]);
        }
    }
}
