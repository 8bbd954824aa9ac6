//! `[recording]`: whose spikes and which state variables are written down.

use super::OutputOptions;
use super::context::Context;
use super::diagnostics::suggest;
use super::names::{Names, Role};
use super::receptors;
use super::syntax::{Node, Table, Value};
use super::weights::{self, Statement};
use crate::network::spec::{PARTS, ProjectionSpec, RecordingSpec, Slice, StateRecording};

/// Keys of the section.
pub(super) const KEYS: [&str; 4] = ["spikes", "state", "weights", "csv"];
/// Keys of an entry of `state`.
pub(super) const STATE_KEYS: [&str; 3] = ["of", "variable", "every"];

/// Reads the section; without one all spikes are recorded, also those of sized stimuli.
pub(super) fn read(
    ctx: &mut Context,
    table: &Table,
    names: &Names,
    statements: &[Statement],
    projections: &[ProjectionSpec],
) -> (RecordingSpec, OutputOptions) {
    table.only(&KEYS, "[recording]", &mut ctx.reports);
    let spikes = match table.get("spikes") {
        None => all(names),
        Some(node) => match &node.value {
            Value::Text(t) if t == "all" && names.get("all").is_none() => all(names),
            Value::Text(t) if t == "none" && names.get("none").is_none() => Vec::new(),
            Value::List(l) if l.is_empty() => {
                ctx.reports
                    .error(&node.place, "spikes is an empty list")
                    .help("write spikes = \"none\" to record no spikes");
                Vec::new()
            }
            _ => names.select(ctx, node, "spikes").unwrap_or_default(),
        },
    };
    let mut state = Vec::new();
    if let Some(node) = table.get("state") {
        for item in ctx.list(node, "state").unwrap_or_default() {
            state.extend(read_state(ctx, item, names).unwrap_or_default());
        }
    }
    let weights = match table.get("weights") {
        Some(node) => weights::read(ctx, node, names, statements, projections),
        None => Vec::new(),
    };
    let csv = match table.get("csv") {
        Some(node) => ctx.boolean(node, "csv").unwrap_or(false),
        None => false,
    };
    (
        RecordingSpec {
            spikes,
            state,
            weights,
        },
        OutputOptions { csv },
    )
}

fn all(names: &Names) -> Vec<Slice> {
    let mut slices: Vec<Slice> = names
        .all
        .iter()
        .filter(|n| n.role != Role::Drive)
        .filter_map(|n| {
            n.size.map(|size| Slice {
                population: n.index,
                start: 0,
                end: size,
            })
        })
        .collect();
    slices.sort_by_key(|s| s.population);
    slices
}

fn read_state(ctx: &mut Context, node: &Node, names: &Names) -> Option<Vec<StateRecording>> {
    let Some(table) = node.table() else {
        ctx.expected(
            node,
            "an entry of state",
            "a table { of = \"population[0..10]\", variable = \"V_m\", every = \"1 ms\" }",
        );
        return None;
    };
    table.only(&STATE_KEYS, "an entry of state", &mut ctx.reports);
    let required = |ctx: &mut Context, key: &str, example: &str| {
        let found = table.get(key);
        if found.is_none() {
            ctx.missing(&node.place, &format!("state: `{key}`"), example);
        }
        found
    };
    let of = required(ctx, "of", "of = \"population[0..10]\"");
    let variable = required(ctx, "variable", "variable = \"V_m\"");
    let every = required(ctx, "every", "every = \"1 ms\"").and_then(|n| ctx.ticks(n, "every", 1));
    let of_place = of.map(|n| n.place.clone());
    let of = of.and_then(|n| names.select(ctx, n, "of"));
    let variable = variable.and_then(|n| ctx.text(n, "variable").map(|t| (n, t)));
    let (of, (variable_node, variable), every) = (of?, variable?, every?);
    names.neurons_only(ctx, &of, of_place.as_ref().unwrap_or(&node.place), "of")?;
    let mut out = Vec::with_capacity(of.len());
    for slice in of {
        let def = names.model(&slice)?.def();
        let named = names.at(slice.population)?;
        let ports = named.receptors.as_deref()?;
        let known = receptors::variables(def.recordables.iter().map(|r| r.name), ports);
        let found = known
            .iter()
            .find(|(name, also)| *name == variable || also.as_deref() == Some(variable));
        if named.together && PARTS.contains(&variable) {
            ctx.reports
                .error(
                    &variable_node.place,
                    format!(
                        "population `{}` holds its currents together: there is no {variable} to record",
                        named.name.escape_debug()
                    ),
                )
                .help("record I_syn, or leave out currents = \"together\"");
            continue;
        }
        match found.and_then(|(name, _)| def.recordable(name)) {
            Some(variable) => out.push(StateRecording {
                of: slice,
                variable,
                every,
            }),
            None => {
                let also = known.iter().filter_map(|(_, also)| also.as_deref());
                let valid: Vec<&str> = known.iter().map(|(name, _)| *name).chain(also).collect();
                ctx.reports
                    .error(
                        &variable_node.place,
                        format!(
                            "the model {} has no variable `{}` to record",
                            def.name,
                            variable.escape_debug()
                        ),
                    )
                    .label("unknown")
                    .help(suggest(variable, &valid));
            }
        }
    }
    Some(out)
}
