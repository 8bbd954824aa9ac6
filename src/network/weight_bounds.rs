//! Between which weights a learning rule keeps its synapses.

use super::spec::RuleSpec;

impl RuleSpec {
    /// The value of a parameter of the rule.
    pub fn param(&self, name: &str) -> Option<f64> {
        self.params.get(self.rule.def().param(name)?).copied()
    }

    /// Lower and upper bound: `Wmin` and `Wmax`; 0 and `Wmax`, which may be negative; or 0 and
    /// infinity on the side of `W0`. Rules that leave weights alone bound nothing.
    pub fn weight_bounds(&self) -> (f64, f64) {
        let one_sided = |w: f64| (w.min(0.0), w.max(0.0));
        match (self.param("Wmin"), self.param("Wmax"), self.param("W0")) {
            (Some(low), Some(high), _) => (low, high),
            (None, Some(w), _) => one_sided(w),
            (_, None, Some(w)) => one_sided(f64::INFINITY.copysign(w)),
            (_, None, None) => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plasticity::RuleKind;

    fn bounds(rule: RuleKind, name: &str, value: f64) -> (f64, f64) {
        let def = rule.def();
        let mut params: Vec<f64> = def
            .params
            .iter()
            .map(|p| p.default.unwrap_or(2.0))
            .collect();
        params[def.param(name).unwrap()] = value;
        let choices = vec![0; def.choices.len()];
        RuleSpec {
            rule,
            params,
            choices,
        }
        .weight_bounds()
    }

    #[test]
    fn the_sign_of_the_bound_is_that_of_the_weights() {
        assert_eq!(bounds(RuleKind::Stdp, "Wmax", 3.0), (0.0, 3.0));
        assert_eq!(bounds(RuleKind::Vogels, "Wmax", -3.0), (-3.0, 0.0));
        assert_eq!(bounds(RuleKind::RStdp, "Wmin", -1.0), (-1.0, 2.0));
        assert_eq!(
            bounds(RuleKind::StdpPowerLaw, "W0", -1.0),
            (f64::NEG_INFINITY, 0.0)
        );
        assert_eq!(
            bounds(RuleKind::Tsodyks2, "U", 0.1),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
    }
}
