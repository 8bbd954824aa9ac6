//! What plastic synapses take, told from the specification alone.

use super::spec::{Arithmetic, LearningSpec, NetworkSpec, ProjectionSpec};

/// Trace and last spike of a source; trace and recent spikes of a target.
const BYTES_PER_SOURCE: f64 = 64.0;
const BYTES_PER_TARGET: f64 = 64.0;
/// A synapse of a snapshot: in the hands of a shard, and in those of the recorder.
const BYTES_PER_SNAPSHOT: f64 = 48.0;

/// What the synapses of a plastic statement take.
#[derive(Clone, Debug, PartialEq)]
pub struct PlasticBytes {
    pub per_synapse: u32,
    /// What these bytes are: `weight 8, target 4`.
    pub parts: String,
    /// Of sources and targets, beside the synapses.
    pub ends: f64,
}

/// For statement `i`, if it is plastic.
pub fn plastic_bytes(spec: &NetworkSpec, p: &ProjectionSpec) -> Option<PlasticBytes> {
    let plastic = p.plasticity.as_ref()?;
    let real = match spec.arithmetic {
        Arithmetic::Double => 8,
        Arithmetic::Single | Arithmetic::Fixed => 4,
    };
    let mut parts = vec![("weight", real), ("target", 4)];
    if let Some(learning) = &plastic.learning {
        parts.extend(state(learning).map(|(what, numbers)| (what, numbers * real)));
    }
    let told: Vec<String> = parts
        .iter()
        .map(|(what, bytes)| format!("{what} {bytes}"))
        .collect();
    Some(PlasticBytes {
        per_synapse: parts.iter().map(|(_, bytes)| bytes).sum(),
        parts: told.join(", "),
        ends: BYTES_PER_SOURCE * p.sources() as f64 + BYTES_PER_TARGET * p.targets() as f64,
    })
}

/// Bytes of the largest snapshot of weights, which is put together before it is written. `synapses`
/// of each statement.
pub(super) fn snapshot_bytes(spec: &NetworkSpec, synapses: impl Fn(usize) -> f64) -> f64 {
    let whole = spec.recording.weights.iter().filter(|w| !w.at.is_empty());
    whole
        .map(|w| BYTES_PER_SNAPSHOT * synapses(w.projection))
        .fold(0.0, f64::max)
}

/// What a rule keeps of each synapse beside its weight, and how many numbers that are.
fn state(learning: &LearningSpec) -> Option<(&'static str, u32)> {
    let rule = &learning.rule;
    let chosen = |choice: &str| {
        let def = rule.rule.def();
        let k = def.choice(choice)?;
        def.choices[k].among.get(*rule.choices.get(k)?).copied()
    };
    match (chosen("eligibility"), chosen("pairing")) {
        (Some("alpha"), _) => Some(("eligibility", 2)),
        (Some(_), _) => Some(("eligibility", 1)),
        (_, Some("pre_centred")) => Some(("trace", 1)),
        _ => None,
    }
}
