//! The neurons of a shard, with the parameters of each.

use super::spec::{NetworkSpec, PopulationKind, Values};
use crate::engine::unit::Unit;
use crate::neuron::block::Block;
use crate::neuron::def::StateDefault;
use crate::neuron::lif_multisynapse::{PORTS, TAU_DECAY, TAU_RISE};
use crate::neuron::membrane::{Column, Columns};
use crate::neuron::real::Real;
use crate::rng::Domain;
use crate::synapse::local::MOST_CELLS;

pub(super) struct UnitPlan<R: Real> {
    pub units: Vec<Unit<R>>,
}

/// Number of the first parameter of a receptor port in the keys of draws; those of the models' own
/// tables lie below.
const FIRST_OF_PORTS: usize = 1 << 12;

/// Slots of a plane are reserved in groups of so many, which one unit has for itself.
const GROUP: u32 = 64;

/// The neurons among the ids by population and cell: (population, cell, ids). Cells have `most` neurons or, with those of
/// several populations, a little less. `None`: one cell.
fn parts(
    spec: &NetworkSpec,
    offsets: &[u64],
    ids: &std::ops::Range<u32>,
    most: Option<u32>,
) -> Vec<(usize, usize, std::ops::Range<u32>)> {
    let most = match most {
        Some(most) => {
            // Some cells are not full.
            let least = (ids.len() / (MOST_CELLS / 2)) as u32;
            most.max(least).max(GROUP)
        }
        None => u32::MAX,
    };
    let (mut parts, mut cell, mut room) = (Vec::new(), 0, most);
    for (p, population) in spec.populations.iter().enumerate() {
        if !matches!(population.kind, PopulationKind::Neurons(_)) {
            continue;
        }
        let first = offsets[p] as u32;
        let mut lo = ids.start.max(first);
        let hi = ids.end.min(first + population.size);
        while lo < hi {
            if hi - lo > room && room < GROUP {
                (cell, room) = (cell + 1, most);
            }
            let n = if hi - lo <= room {
                hi - lo
            } else {
                room / GROUP * GROUP
            };
            parts.push((p, cell, lo..lo + n));
            (lo, room) = (lo + n, room - n);
        }
    }
    parts
}

/// One unit per population that has neurons among the ids; with cells of so many neurons one per population
/// and cell.
pub(super) fn make_units<R: Real>(
    spec: &NetworkSpec,
    offsets: &[u64],
    ids: &std::ops::Range<u32>,
    cell: Option<u32>,
) -> UnitPlan<R> {
    let mut units = Vec::new();
    for (p, cell, std::ops::Range { start: lo, end: hi }) in parts(spec, offsets, ids, cell) {
        let population = &spec.populations[p];
        let PopulationKind::Neurons(neurons) = &population.kind else {
            continue;
        };
        let first = offsets[p] as u32;
        let def = neurons.model.def();
        let range = (lo - first) as usize..(hi - first) as usize;
        let column = |values: &Values, domain: Domain, k: usize| {
            // The key holds population and parameter, so that no two columns share draws.
            let of = (p as u64) << 16 | k as u64;
            match values {
                Values::Constant(v) => Column::One(*v),
                _ => Column::Each(
                    range
                        .clone()
                        .map(|i| values.element(spec.seed, domain, of, i))
                        .collect(),
                ),
            }
        };
        let columns = |all: &[Values], domain: Domain| -> Vec<Column> {
            all.iter()
                .enumerate()
                .map(|(k, values)| column(values, domain, k))
                .collect()
        };
        let mut params = columns(&neurons.params, Domain::Parameter);
        let mut state = columns(&neurons.initial, Domain::InitialState);
        // A state variable that starts at a drawn parameter starts at that neuron's value of it, not
        // at another draw from the same distribution.
        for (k, d) in def.state.iter().enumerate() {
            if let StateDefault::Param(name) = d.default
                && let Some(at) = def.param(name)
                && neurons.initial[k] == neurons.params[at]
            {
                state[k] = params[at].clone();
            }
        }
        let mut param_names: Vec<&'static str> = def.params.iter().map(|d| d.name).collect();
        for (k, receptor) in neurons.receptors.iter().take(PORTS).enumerate() {
            for (j, (values, name)) in [
                (&receptor.tau_decay, TAU_DECAY[k]),
                (&receptor.tau_rise, TAU_RISE[k]),
            ]
            .into_iter()
            .enumerate()
            {
                param_names.push(name);
                params.push(column(
                    values,
                    Domain::Parameter,
                    FIRST_OF_PORTS + 2 * k + j,
                ));
            }
        }
        let state_names: Vec<&'static str> = def.state.iter().map(|d| d.name).collect();
        let injected = spec
            .drives
            .iter()
            .any(|d| d.kind.is_current() && d.to.iter().any(|s| s.population == p));
        let block = Block::new(
            neurons.model,
            range.len(),
            spec.tick_ms(),
            neurons.options,
            &Columns {
                params: &params,
                param_names: &param_names,
                state: &state,
                state_names: &state_names,
                first_id: lo,
                seed: spec.seed,
            },
            injected,
        );
        let ports = def.ports > 0;
        let in_use = neurons.channels();
        let mut unit = Unit::new(p, range.start as u32, lo, block, in_use, ports);
        unit.cell = cell;
        units.push(unit);
    }
    UnitPlan { units }
}
