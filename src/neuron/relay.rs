//! # `relay`: repeats its input
//!
//! Every spike that arrives at tick t is emitted at tick t, as often as it arrived; weights are
//! ignored. NEST's parrot_neuron.

use super::def::ModelDef;

pub static DEF: ModelDef = ModelDef {
    name: "relay",
    summary: "repeats every spike that it receives, at the tick of arrival; the weight is ignored",
    equations: "\
an input spike that arrives at tick t is emitted at tick t, once for each synapse that delivers it",
    params: &[],
    state: &[],
    recordables: &[],
    weight: None,
    has_threshold: false,
    has_refractory_input: false,
    takes_current: false,
    reference: "NEST's parrot_neuron",
};
