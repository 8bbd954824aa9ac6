//! `[populations.NAME]`: a model, a size, parameters, initial values.

use std::collections::HashMap;
use std::sync::Arc;

use super::clock;
use super::context::{Context, round_to_ticks, show, show_in, show_ticks};
use super::diagnostics::suggest;
use super::files;
use super::names::{Named, Names, Role};
use super::positions;
use super::source::Place;
use super::syntax::{Entry, Node, Table, Value};
use super::value_files;
use super::values::{self, Wanted};
use super::{currents, escape, receptors};
use crate::network::spec::{
    Clock, NeuronOptions, NeuronSpec, PopulationKind, PopulationSpec, ResetMode, ThresholdTest,
    Update, Values,
};
use crate::neuron::def::{Bound, ModelDef, StateDefault};
use crate::neuron::{MODELS, ModelKind};
use crate::units::Dimension;

/// Keys of a population.
pub(super) const KEYS: [&str; 16] = [
    "model",
    "like",
    "size",
    "params",
    "initial",
    "reset",
    "threshold_test",
    "refractory_input",
    "currents",
    "update",
    "step",
    "consistent_integration",
    "labels",
    "positions",
    "receptors",
    "escape",
];
/// Names of `ResetMode`.
pub(super) const RESETS: [&str; 3] = ["value", "subtract", "all"];
/// Names of `ThresholdTest`.
pub(super) const TESTS: [&str; 2] = ["nonstrict", "strict"];

/// Parameters that the engine holds as a number of ticks.
const ON_THE_GRID: [&str; 1] = ["t_ref"];

/// Reads all populations, registers their names, and returns those that are right.
pub(super) fn read(ctx: &mut Context, entries: &[Entry], names: &mut Names) -> Vec<PopulationSpec> {
    let merged = inherit(ctx, entries);
    let mut specs = Vec::new();
    for (entry, table) in entries.iter().zip(&merged) {
        let mut named = Named {
            name: entry.key.clone(),
            place: entry.key_place.clone(),
            role: Role::Neurons(None),
            size: None,
            labels: None,
            positions: Ok(None),
            receptors: None,
            together: false,
            index: names.all.len(),
        };
        if let Some(table) = table {
            let spec = read_one(ctx, entry, table, &mut named);
            specs.extend(spec);
        }
        names.add(ctx, named);
    }
    specs
}

/// The table of every population with what `like` brings in; `None` where that is in error.
fn inherit(ctx: &mut Context, entries: &[Entry]) -> Vec<Option<Table>> {
    let mut index: HashMap<&str, usize> = HashMap::new();
    for (i, e) in entries.iter().enumerate() {
        index.entry(e.key.as_str()).or_insert(i);
    }
    let names: Vec<&str> = entries.iter().map(|e| e.key.as_str()).collect();
    let mut parents: Vec<Result<Option<usize>, ()>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(table) = entry.node.table() else {
            ctx.expected(
                &entry.node,
                &format!("population `{}`", entry.key),
                "a table",
            );
            parents.push(Err(()));
            continue;
        };
        parents.push(match table.get("like") {
            None => Ok(None),
            Some(node) => match ctx.text(node, "like") {
                None => Err(()),
                Some(name) => match index.get(name) {
                    Some(&i) => Ok(Some(i)),
                    None => {
                        ctx.reports
                            .error(
                                &node.place,
                                format!("like: there is no population `{}`", name.escape_debug()),
                            )
                            .help(suggest(name, &names));
                        Err(())
                    }
                },
            },
        });
    }
    let mut in_told_circle = vec![false; entries.len()];
    (0..entries.len())
        .map(|i| {
            let mut chain = vec![i];
            let mut at = i;
            while let Some(parent) = parents.get(at).copied()?.ok()? {
                if let Some(from) = chain.iter().position(|&c| c == parent) {
                    report_circle(ctx, entries, chain.get(from..)?, &mut in_told_circle);
                    return None;
                }
                chain.push(parent);
                at = parent;
            }
            let mut table = Table::default();
            for &link in chain.iter().rev() {
                restate(&mut table, entries.get(link)?.node.table()?);
            }
            Some(table)
        })
        .collect()
}

fn report_circle(ctx: &mut Context, entries: &[Entry], circle: &[usize], told: &mut [bool]) {
    let is_told = circle.iter().any(|&i| told.get(i).copied().unwrap_or(true));
    for &i in circle {
        if let Some(t) = told.get_mut(i) {
            *t = true;
        }
    }
    let mut shown: Vec<&str> = circle
        .iter()
        .chain(circle.first())
        .filter_map(|&i| entries.get(i))
        .map(|e| e.key.as_str())
        .collect();
    if shown.len() > 12 {
        shown.drain(6..shown.len() - 5);
        shown.insert(6, "...");
    }
    if let Some(first) = circle.first().and_then(|&i| entries.get(i))
        && !is_told
    {
        let place = first
            .node
            .table()
            .and_then(|t| t.get("like"))
            .map_or(&first.key_place, |n| &n.place);
        ctx.reports.error(
            place,
            format!(
                "populations inherit from each other in a circle: {}",
                shown.join(" -> ")
            ),
        );
    }
}

/// Entries of `child` replace those of `base`; `params` and `initial` are merged name by name.
fn restate(base: &mut Table, child: &Table) {
    for entry in &child.entries {
        let old = base.entries.iter_mut().find(|e| e.key == entry.key);
        let Some(old) = old else {
            base.entries.push(entry.clone());
            continue;
        };
        let merge = matches!(entry.key.as_str(), "params" | "initial");
        match (&mut old.node.value, &entry.node.value) {
            (Value::Table(a), Value::Table(b)) if merge => {
                for e in &b.entries {
                    a.entries.retain(|x| x.key != e.key);
                    a.entries.push(e.clone());
                }
            }
            _ => *old = entry.clone(),
        }
    }
}

fn read_one(
    ctx: &mut Context,
    entry: &Entry,
    table: &Table,
    named: &mut Named,
) -> Option<PopulationSpec> {
    table.only(&KEYS, "a population", &mut ctx.reports);
    let place = &entry.key_place;
    let size = table.entry("size");
    named.size = size.and_then(|e| {
        ctx.whole(&e.node, "size", 1, u64::from(u32::MAX))
            .and_then(|n| u32::try_from(n).ok())
    });
    positions::place(ctx, table, named);
    if size.is_none() && named.size.is_none() && named.positions.is_ok() {
        ctx.missing(
            place,
            &format!("the size of population `{}`", entry.key),
            "size = 100",
        );
    }
    let model = read_model(ctx, entry, table);
    named.role = Role::Neurons(model);
    if let (Some(node), Some(size)) = (table.get("labels"), named.size) {
        named.labels = read_labels(ctx, node, size);
    }
    let model = model?;
    let def = model.def();
    let mut options = read_options(ctx, table, def);
    clock::read(ctx, table, def, &mut options);
    let update = match table.get("update") {
        Some(node) => match ctx.choice(node, "update", &Update::NAMES) {
            Some(1) => Update::Lazy,
            Some(2) => Update::Sweep,
            _ => Update::Auto,
        },
        None => Update::Auto,
    };
    clock::check_update(ctx, table, def, update);
    options.escape = escape::read(ctx, table, def, update);
    let receptors = receptors::read(ctx, entry, table, def, named.size);
    named.receptors = receptors
        .as_ref()
        .map(|all| all.iter().map(|r| r.name.clone()).collect());
    let params = read_params(ctx, table, def, named.size, options.clock);
    options.together = currents::read(ctx, table, def, &params);
    named.together = options.together;
    let initial = read_initial(ctx, table, def, named, &params);
    check_reset(ctx, entry, table, def, &params, options);
    clock::check_params(ctx, entry, table, def, &params, options.clock);
    Some(PopulationSpec {
        name: entry.key.clone(),
        size: named.size?,
        kind: PopulationKind::Neurons(NeuronSpec {
            model,
            params: params.into_iter().collect::<Option<_>>()?,
            initial: initial.into_iter().collect::<Option<_>>()?,
            options,
            update,
            receptors: receptors?,
        }),
        labels: named.labels.clone(),
        positions: named.positions.clone().ok()?,
    })
}

fn read_model(ctx: &mut Context, entry: &Entry, table: &Table) -> Option<ModelKind> {
    let names: Vec<&str> = MODELS.iter().map(|(_, def)| def.name).collect();
    let Some(node) = table.get("model") else {
        ctx.missing(
            &entry.key_place,
            &format!("the model of population `{}`", entry.key),
            "model = \"lif_delta\" (or like = \"another population\")",
        );
        return None;
    };
    let name = ctx.text(node, "model")?;
    let found = ModelKind::from_name(name);
    if found.is_none() {
        ctx.reports
            .error(
                &node.place,
                format!("there is no neuron model `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(suggest(name, &names));
    }
    found
}

fn read_labels(ctx: &mut Context, node: &Node, size: u32) -> Option<Arc<Vec<String>>> {
    let labels: Vec<String> = match &node.value {
        Value::Table(table) => {
            table.only(&["file", "column"], "labels", &mut ctx.reports);
            let (file, column) = value_files::file_and_column(ctx, node, table, "labels")?;
            let name = ctx.text(file, "labels: file")?;
            match files::text_column(&file.place.file.resolve(name), column) {
                Ok(labels) => labels,
                Err(errors) => {
                    for e in errors {
                        ctx.reports.error(&file.place, e);
                    }
                    return None;
                }
            }
        }
        _ => {
            let mut labels = Vec::new();
            for item in ctx.list(node, "labels")? {
                labels.push(ctx.text(item, "a label")?.to_string());
            }
            labels
        }
    };
    if labels.len() != size as usize {
        ctx.reports.error(
            &node.place,
            format!("labels has {} names for {size} neurons", labels.len()),
        );
        return None;
    }
    let mut sorted: Vec<&String> = labels.iter().collect();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if let [a, b] = pair
            && a == b
        {
            ctx.reports.error(
                &node.place,
                format!("the label `{}` is given twice", a.escape_debug()),
            );
            return None;
        }
    }
    Some(Arc::new(labels))
}

fn read_options(ctx: &mut Context, table: &Table, def: &ModelDef) -> NeuronOptions {
    let mut options = NeuronOptions::default();
    let allowed = |ctx: &mut Context, key: &str, has: bool| -> Option<Node> {
        let entry = table.entry(key)?;
        if !has {
            ctx.model_has_no(&entry.key_place, def, key);
            return None;
        }
        Some(entry.node.clone())
    };
    if let Some(node) = allowed(ctx, "reset", def.has_threshold) {
        let currents = def.weight == Some(Dimension::CURRENT);
        match ctx.choice(&node, "reset", &RESETS) {
            Some(1) => options.reset = ResetMode::Subtract,
            Some(2) if currents => options.reset = ResetMode::All,
            Some(2) => {
                ctx.reports
                    .error(
                        &node.place,
                        format!("the model {} has no synaptic currents to reset", def.name),
                    )
                    .help("reset = \"value\" sets V_m to V_reset");
            }
            _ => {}
        }
    }
    if let Some(node) = allowed(ctx, "threshold_test", def.has_threshold)
        && ctx.choice(&node, "threshold_test", &TESTS) == Some(1)
    {
        options.threshold_test = ThresholdTest::Strict;
    }
    if let Some(node) = allowed(ctx, "refractory_input", def.has_refractory_input) {
        options.refractory_input = ctx.boolean(&node, "refractory_input").unwrap_or(false);
    }
    options
}

/// The table under `key`, whose names must be among `valid`.
fn section<'t>(
    ctx: &mut Context,
    table: &'t Table,
    key: &str,
    kind: &str,
    def: &ModelDef,
    valid: &[&str],
) -> Option<&'t Table> {
    let node = table.get(key)?;
    let Some(inner) = node.table() else {
        ctx.expected(node, key, "a table of names and values");
        return None;
    };
    for e in &inner.entries {
        if !valid.contains(&e.key.as_str()) {
            ctx.reports
                .error(
                    &e.key_place,
                    format!(
                        "the model {} has no {kind} `{}`",
                        def.name,
                        e.key.escape_debug()
                    ),
                )
                .label("unknown")
                .help(suggest(&e.key, valid));
        }
    }
    Some(inner)
}

fn read_params(
    ctx: &mut Context,
    table: &Table,
    def: &ModelDef,
    size: Option<u32>,
    clock: Clock,
) -> Vec<Option<Values>> {
    let valid: Vec<&str> = def.params.iter().map(|p| p.name).collect();
    let given = section(ctx, table, "params", "parameter", def, &valid);
    let mut all = Vec::with_capacity(def.params.len());
    for p in def.params {
        let Some(node) = given.and_then(|t| t.get(p.name)) else {
            all.push(Some(Values::Constant(p.default)));
            continue;
        };
        let wanted = Wanted {
            what: p.name,
            dimension: p.dimension,
            min: p.min,
            max: p.max,
            count: size.map(|n| n as usize),
            elements: "neurons",
            file_unit: 1.0,
        };
        let value = read_sized(ctx, node, &wanted, size);
        all.push(match value {
            Some(v) if ON_THE_GRID.contains(&p.name) => {
                Some(to_grid(ctx, v, &node.place, p.name, clock.ticks))
            }
            other => other,
        });
    }
    all
}

/// A list cannot be compared with a size that is in error: then it is only read where that is not
/// needed.
fn read_sized(
    ctx: &mut Context,
    node: &Node,
    wanted: &Wanted<'_>,
    size: Option<u32>,
) -> Option<Values> {
    let is_list = match &node.value {
        Value::List(_) => true,
        Value::Table(t) => t.get("file").is_some(),
        _ => false,
    };
    if size.is_none() && is_list {
        return None;
    }
    values::read(ctx, node, wanted)
}

/// Rounds times to ticks, or to steps of several ticks, with one warning. Drawn values are rounded
/// when they are drawn.
fn to_grid(ctx: &mut Context, values: Values, place: &Place, what: &str, step: u64) -> Values {
    let Some(resolution) = ctx.resolution_ps.and_then(|r| r.checked_mul(step)) else {
        return values;
    };
    let grid = if step > 1 { "step" } else { "resolution" };
    let mut first: Option<(f64, u64)> = None;
    let mut count = 0usize;
    let mut too_long = false;
    let mut one = |ms: f64| match round_to_ticks(ms, resolution) {
        Some(r) => {
            if r.shift != 0.0 {
                count += 1;
                first.get_or_insert((ms, r.ticks));
                r.ticks as f64 * resolution as f64 / crate::network::spec::PS_PER_MS
            } else {
                ms
            }
        }
        None => {
            too_long = true;
            ms
        }
    };
    let rounded = match &values {
        Values::Constant(ms) => Values::Constant(one(*ms)),
        Values::Array(all) => Values::Array(Arc::new(all.iter().map(|ms| one(*ms)).collect())),
        drawn => drawn.clone(),
    };
    if too_long {
        ctx.reports
            .error(place, format!("{what} is more ticks than can be counted"));
    }
    if let Some((ms, ticks)) = first {
        let more = if count > 1 {
            format!(" (and {} more values)", count - 1)
        } else {
            String::new()
        };
        ctx.reports
            .warning(
                place,
                format!(
                    "{what} of {} ms is no multiple of the {grid}: rounded to {}{more}",
                    show(ms),
                    show_ticks(ticks, resolution)
                ),
            )
            .label("rounded");
    }
    rounded
}

fn read_initial(
    ctx: &mut Context,
    table: &Table,
    def: &ModelDef,
    named: &Named,
    params: &[Option<Values>],
) -> Vec<Option<Values>> {
    let size = named.size;
    let state = def.state.iter().map(|s| s.name);
    // Without its receptors it is unknown what else there is.
    let (known, given) = match &named.receptors {
        Some(ports) => {
            let known = receptors::variables(state, ports);
            let also = known.iter().filter_map(|(_, also)| also.as_deref());
            let valid: Vec<&str> = known.iter().map(|(name, _)| *name).chain(also).collect();
            let given = section(ctx, table, "initial", "state variable", def, &valid);
            (known, given)
        }
        None => (Vec::new(), None),
    };
    let mut all = Vec::with_capacity(def.state.len());
    for s in def.state {
        let also = known
            .iter()
            .find(|(name, _)| *name == s.name)
            .and_then(|(_, also)| also.as_deref());
        let node = given.and_then(|t| t.get(s.name).or_else(|| t.get(also?)));
        if let (Some(node), Some(again)) = (node, given.and_then(|t| t.entry(also?)))
            && given.is_some_and(|t| t.get(s.name).is_some())
        {
            ctx.reports
                .error(
                    &again.key_place,
                    format!("{} is {}, which is given already", again.key, s.name),
                )
                .also(&node.place, "first given");
        }
        all.push(match node {
            Some(node) => {
                let count = size.map(|n| n as usize);
                let mut wanted = Wanted::any(s.name, s.dimension, count, "neurons");
                if s.name.starts_with("g_") || s.name.starts_with("dg_") {
                    // Conductances: negative ones let the potential run away.
                    wanted.min = Bound::Inclusive(0.0);
                }
                read_sized(ctx, node, &wanted, size)
            }
            None => match s.default {
                StateDefault::Value(v) => Some(Values::Constant(v)),
                StateDefault::Param(name) => def
                    .param(name)
                    .and_then(|i| params.get(i).cloned())
                    .flatten(),
            },
        });
    }
    all
}

/// After a spike the potential must lie below the threshold, or the neuron would fire for ever.
fn check_reset(
    ctx: &mut Context,
    entry: &Entry,
    table: &Table,
    def: &ModelDef,
    params: &[Option<Values>],
    options: NeuronOptions,
) {
    if !def.has_threshold {
        return;
    }
    let get = |name: &str| -> Option<Option<&Values>> {
        def.param(name)
            .map(|i| params.get(i).and_then(Option::as_ref))
    };
    // With subtraction V falls by V_th - E_L (V_th, where there is no E_L), which must be positive.
    let zero = Values::Constant(0.0);
    let (name, low) = match options.reset {
        ResetMode::Value | ResetMode::All => ("V_reset", get("V_reset")),
        ResetMode::Subtract => match get("E_L") {
            Some(v) => ("E_L", Some(v)),
            None => ("zero", Some(Some(&zero))),
        },
    };
    let (Some(Some(low)), Some(Some(threshold))) = (low, get("V_th")) else {
        return;
    };
    let dimension = def
        .param("V_th")
        .and_then(|i| def.params.get(i))
        .map_or(Dimension::NONE, |p| p.dimension);
    let pair = violation(low, threshold, false);
    let Some((low, threshold, neuron)) = pair else {
        return;
    };
    let params_table = table.get("params").and_then(Node::table);
    let place = params_table
        .and_then(|t| t.get(name).or_else(|| t.get("V_th")))
        .map_or(&entry.key_place, |n| &n.place);
    let whom = neuron.map_or(String::new(), |i| format!(" of neuron {i}"));
    ctx.reports
        .error(
            place,
            format!(
                "{name}{whom} must be below V_th: {} is not below {}",
                show_in(low, dimension),
                show_in(threshold, dimension)
            ),
        )
        .help(match options.reset {
            ResetMode::Value | ResetMode::All => "a neuron that is reset to its threshold would fire for ever; for drawn values state min and max",
            ResetMode::Subtract => "with reset = \"subtract\" the potential must fall at a spike",
        });
}

/// The first pair with `low >= threshold` (`low > threshold` if they may be equal), and its neuron if
/// it is one.
pub(super) fn violation(
    low: &Values,
    threshold: &Values,
    may_be_equal: bool,
) -> Option<(f64, f64, Option<usize>)> {
    let wrong = |a: f64, b: f64| a > b || (a == b && !may_be_equal);
    let at = |v: &Values, i: usize| match v {
        Values::Constant(c) => Some(*c),
        Values::Array(a) => a.get(i).copied(),
        _ => None,
    };
    let length = match (low, threshold) {
        (Values::Array(a), Values::Array(_) | Values::Constant(_)) => a.len(),
        (Values::Constant(_), Values::Array(a)) => a.len(),
        _ => {
            let (_, highest) = low.practical();
            let (lowest, _) = threshold.practical();
            // A uniform distribution never reaches its upper limit.
            let touching = matches!(low, Values::Uniform { .. }) && highest == lowest;
            return (wrong(highest, lowest) && !touching).then_some((highest, lowest, None));
        }
    };
    (0..length).find_map(|i| match (at(low, i), at(threshold, i)) {
        (Some(a), Some(b)) if wrong(a, b) => Some((a, b, Some(i))),
        _ => None,
    })
}

/// The allowed range of a parameter in words, for tables.
pub(super) fn range_text(min: Bound, max: Bound, dimension: Dimension) -> String {
    Wanted {
        min,
        max,
        ..Wanted::any("", dimension, None, "")
    }
    .range()
}
