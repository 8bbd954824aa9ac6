//! Neuron models: one file each, and the one table that registers them.

pub mod adex;
pub mod adex_alpha;
pub mod block;
pub mod clocked;
pub mod clocked_block;
pub mod columnar;
pub mod conductance;
pub mod crossing;
pub mod def;
pub mod escape;
pub mod exponential;
mod halted;
pub mod if_neuron;
pub mod izhikevich;
mod keep;
pub mod lazy;
pub mod lif_alpha;
pub mod lif_cond_alpha;
pub mod lif_cond_exp;
pub mod lif_delta;
pub mod lif_exp;
pub mod lif_multisynapse;
pub mod membrane;
pub mod propagator;
pub mod reach;
pub mod real;
pub mod relay;
mod still;
mod sweep;

use def::ModelDef;

/// Every neuron model, in the order users see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelKind {
    LifDelta,
    LifExp,
    LifAlpha,
    LifMultisynapse,
    If,
    Relay,
    LifCondExp,
    LifCondAlpha,
    Izhikevich,
    Adex,
    AdexAlpha,
}

/// The registry: adding a model is its file, a variant above and a line here.
pub static MODELS: [(ModelKind, &ModelDef); 11] = [
    (ModelKind::LifDelta, &lif_delta::DEF),
    (ModelKind::LifExp, &lif_exp::DEF),
    (ModelKind::LifAlpha, &lif_alpha::DEF),
    (ModelKind::LifMultisynapse, &lif_multisynapse::DEF),
    (ModelKind::If, &if_neuron::DEF),
    (ModelKind::Relay, &relay::DEF),
    (ModelKind::LifCondExp, &lif_cond_exp::DEF),
    (ModelKind::LifCondAlpha, &lif_cond_alpha::DEF),
    (ModelKind::Izhikevich, &izhikevich::DEF),
    (ModelKind::Adex, &adex::DEF),
    (ModelKind::AdexAlpha, &adex_alpha::DEF),
];

impl ModelKind {
    /// The table of this model.
    pub fn def(self) -> &'static ModelDef {
        MODELS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map(|(_, def)| *def)
            .expect("every kind is registered")
    }

    /// The model of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        MODELS
            .iter()
            .find(|(_, def)| def.name == name)
            .map(|(kind, _)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_registered_once_under_its_own_name() {
        for (kind, def) in MODELS {
            assert_eq!(ModelKind::from_name(def.name), Some(kind));
            assert_eq!(kind.def().name, def.name);
        }
    }

    #[test]
    fn every_default_lies_in_its_range() {
        for (_, def) in MODELS {
            for p in def.params {
                assert!(p.min.allows_above(p.default), "{} {}", def.name, p.name);
                assert!(p.max.allows_below(p.default), "{} {}", def.name, p.name);
            }
        }
    }
}
