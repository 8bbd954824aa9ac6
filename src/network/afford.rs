//! Whether this machine can hold a network, and what needs the memory if it cannot.

use super::estimate::{Estimate, available_memory, show_bytes, show_count};
use super::spec::{NetworkSpec, Slice};

/// Parts that are named in a refusal.
const MOST_NAMED: usize = 3;

/// Refuses a network that the memory of this machine cannot hold, with the numbers.
///
/// # Errors
/// What is needed and what there is, and the projections, populations and recordings that need most of it.
pub fn refuse_if_too_large(spec: &NetworkSpec, estimate: &Estimate) -> Result<(), String> {
    match available_memory() {
        Some(available) => refuse_above(spec, estimate, available as f64),
        None => Ok(()),
    }
}

/// The same for a machine of so many bytes.
pub fn refuse_above(spec: &NetworkSpec, estimate: &Estimate, available: f64) -> Result<(), String> {
    // The comparison also refuses what is no number.
    if estimate.memory() <= available {
        return Ok(());
    }
    let mut told = format!(
        "the network needs about {} of memory, and {} are available: {} for {} synapses, {} while building, {} for {} neurons",
        show_bytes(estimate.memory()),
        show_bytes(available),
        show_bytes(estimate.table_bytes),
        show_count(estimate.synapses),
        show_bytes(estimate.build_bytes),
        show_bytes(estimate.state_bytes),
        show_count(estimate.neurons),
    );
    if estimate.spike_bytes > 0.01 * estimate.memory() {
        told.push_str(&format!(
            ", {} for spikes and recordings",
            show_bytes(estimate.spike_bytes)
        ));
    }
    let largest = largest(spec, estimate);
    if !largest.is_empty() {
        told.push_str("; most of it by ");
        told.push_str(&largest.join(", "));
    }
    Err(told)
}

/// The parts that need most, in words.
fn largest(spec: &NetworkSpec, estimate: &Estimate) -> Vec<String> {
    let mut parts: Vec<(f64, String)> = Vec::new();
    for (i, (p, e)) in spec
        .projections
        .iter()
        .zip(&estimate.projections)
        .enumerate()
    {
        parts.push((
            e.table_bytes + e.build_bytes + e.graph_bytes,
            format!(
                "projection {} from {} to {}, {} synapses",
                i + 1,
                named(spec, &p.from),
                named(spec, &p.to),
                show_count(e.synapses)
            ),
        ));
    }
    for (p, bytes) in spec.populations.iter().zip(&estimate.population_bytes) {
        parts.push((
            *bytes,
            format!(
                "population `{}`, {} elements",
                p.name,
                show_count(f64::from(p.size))
            ),
        ));
    }
    for (r, bytes) in spec.recording.state.iter().zip(&estimate.recording_bytes) {
        parts.push((
            *bytes,
            format!("recorded state of {}", named(spec, &[r.of])),
        ));
    }
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let least = 0.1 * estimate.memory();
    parts
        .into_iter()
        .take(MOST_NAMED)
        .enumerate()
        .filter(|(k, (bytes, _))| *k == 0 || *bytes >= least)
        .map(|(_, (bytes, what))| format!("{what} ({})", show_bytes(bytes)))
        .collect()
}

/// Slices as a sentence names them.
fn named(spec: &NetworkSpec, slices: &[Slice]) -> String {
    let name = |s: &Slice| {
        spec.populations
            .get(s.population)
            .map_or_else(String::new, |p| format!("`{}`", p.name))
    };
    let mut all: Vec<String> = slices.iter().take(MOST_NAMED).map(name).collect();
    all.dedup();
    if slices.len() > MOST_NAMED {
        all.push("others".into());
    }
    all.join(" and ")
}
