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
    has_two_currents: false,
    has_escape: false,
    ports: 0,
    takes_current: false,
    clock: None,
    reference: "NEST's parrot_neuron",
};

/// Relays of one shard: they hold no state but the tick of the last visit.
pub struct Relay {
    last: Vec<u64>,
}

impl Relay {
    pub fn new(n: usize) -> Self {
        Self { last: vec![0; n] }
    }
    pub fn len(&self) -> usize {
        self.last.len()
    }
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }
    #[inline(always)]
    pub fn visited(&self, i: usize, t: u64) -> bool {
        self.last[i] == t
    }
    #[inline(always)]
    pub fn visit(&mut self, i: usize, t: u64) {
        self.last[i] = t;
    }
}
