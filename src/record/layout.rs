//! What a recording holds from the start, as its definition says.

use std::collections::HashSet;

use super::error::RecordError;
use super::hdf5_file::{Attribute, Attributes, Layout, Report, SpikeGroup};
use super::recorder::ms;
use crate::network::spec::{NetworkSpec, PopulationKind};

/// A run of global ids whose spikes are recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub start: u64,
    pub end: u64,
    /// Global id of the first element of the population.
    pub offset: u64,
    /// Index among the recorded populations.
    pub column: usize,
}

/// What the file holds from the start, and where each recorded spike goes.
pub(super) fn layout(
    spec: &NetworkSpec,
    definition: &str,
    compress: bool,
) -> Result<(Layout, Vec<Range>), RecordError> {
    for p in &spec.populations {
        if p.name.is_empty() || p.name.starts_with('.') || p.name.contains(['/', '\0']) {
            return Err(RecordError::Name {
                name: p.name.clone(),
            });
        }
    }
    let ms = |ticks: u64| ms(ticks, spec.resolution_ps);
    let names = spec.populations.iter().map(|p| p.name.clone()).collect();
    let sizes = spec.populations.iter().map(|p| p.size.into()).collect();
    let root = vec![
        ("magic", Attribute::Word(0x0A7A)),
        ("version", Attribute::Words(vec![0, 1])),
        ("completed", Attribute::Word(0)),
        ("program", Attribute::Text("spikewheel".into())),
        (
            "program_version",
            Attribute::Text(env!("CARGO_PKG_VERSION").into()),
        ),
        ("name", Attribute::Text(spec.name.clone())),
        ("definition", Attribute::Text(definition.into())),
        ("seed", Attribute::Int(spec.seed)),
        ("resolution_ps", Attribute::Int(spec.resolution_ps)),
        ("resolution", Attribute::Real(spec.tick_ms())),
        (
            "arithmetic",
            Attribute::Text(spec.arithmetic.name().to_owned()),
        ),
        ("duration_ticks", Attribute::Int(spec.duration)),
        ("t_stop", Attribute::Real(ms(spec.duration))),
        ("population_names", Attribute::Texts(names)),
        ("population_sizes", Attribute::Ints(sizes)),
    ];
    let (spikes, ranges) = recorded_spikes(spec)?;
    Ok((
        Layout {
            root,
            spikes,
            reports: reports(spec, ms)?,
            compress,
        },
        ranges,
    ))
}

type RecordedSpikes = (Vec<SpikeGroup>, Vec<Range>);

fn recorded_spikes(spec: &NetworkSpec) -> Result<RecordedSpikes, RecordError> {
    let offsets = spec.offsets();
    let mut groups = Vec::new();
    let mut ranges = Vec::new();
    for slice in &spec.recording.spikes {
        check_slice(spec, slice)?;
    }
    for (index, population) in spec.populations.iter().enumerate() {
        let mut parts: Vec<(u32, u32)> = spec
            .recording
            .spikes
            .iter()
            .filter(|s| s.population == index && !s.is_empty())
            .map(|s| (s.start, s.end))
            .collect();
        if parts.is_empty() {
            continue;
        }
        // Slices may overlap; a spike is recorded once.
        parts.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (start, end) in parts {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        let offset = offsets[index];
        ranges.extend(merged.iter().map(|&(start, end)| Range {
            start: offset + u64::from(start),
            end: offset + u64::from(end),
            offset,
            column: groups.len(),
        }));
        let recorded = merged
            .iter()
            .flat_map(|&(a, b)| [u64::from(a), u64::from(b)])
            .collect();
        groups.push(SpikeGroup {
            name: population.name.clone(),
            attributes: vec![
                ("size", Attribute::Int(population.size.into())),
                ("recorded", Attribute::Ints(recorded)),
            ],
            labels: population.labels.clone(),
        });
    }
    Ok((groups, ranges))
}

fn reports(spec: &NetworkSpec, ms: impl Fn(u64) -> f64) -> Result<Vec<Report>, RecordError> {
    let mut taken = HashSet::new();
    let mut all = Vec::new();
    for state in &spec.recording.state {
        check_slice(spec, &state.of)?;
        let population = &spec.populations[state.of.population];
        let unknown = || RecordError::Unknown {
            what: format!("state variable {} of `{}`", state.variable, population.name),
        };
        let PopulationKind::Neurons(neurons) = &population.kind else {
            return Err(unknown());
        };
        let model = neurons.model.def();
        let variable = model.recordables.get(state.variable).ok_or_else(unknown)?;
        let variable_name = neurons
            .recordable_name(state.variable)
            .ok_or_else(unknown)?;
        let alone = spec
            .recording
            .state
            .iter()
            .filter(|s| s.of.population == state.of.population)
            .count()
            == 1;
        let base = if alone {
            population.name.clone()
        } else {
            format!("{}.{variable_name}", population.name)
        };
        let mut name = base.clone();
        let mut copy = 2;
        while !taken.insert(name.clone()) {
            name = format!("{base}.{copy}");
            copy += 1;
        }
        let mut attributes: Attributes = vec![
            ("population", Attribute::Text(population.name.clone())),
            ("variable", Attribute::Text(variable_name)),
            ("every_ticks", Attribute::Int(state.every)),
        ];
        let threshold = model
            .param("V_th")
            .and_then(|at| neurons.params.get(at)?.constant());
        if let Some(v) = threshold.filter(|_| variable.name == "V_m") {
            attributes.push(("threshold", Attribute::Real(v)));
        }
        all.push(Report {
            name,
            attributes,
            unit: variable.dimension.canonical_unit(),
            ids: (state.of.start..state.of.end).map(u64::from).collect(),
            step: ms(state.every),
        });
    }
    Ok(all)
}

fn check_slice(spec: &NetworkSpec, slice: &crate::network::spec::Slice) -> Result<(), RecordError> {
    let fits = spec
        .populations
        .get(slice.population)
        .is_some_and(|p| slice.start <= slice.end && slice.end <= p.size);
    if fits {
        return Ok(());
    }
    Err(RecordError::Unknown {
        what: format!(
            "elements {}..{} of population {}",
            slice.start, slice.end, slice.population
        ),
    })
}
