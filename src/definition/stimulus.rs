//! `[stimuli.NAME]`: with `to`, private and undelayed input; with `size`, a population to connect
//! from.

use std::sync::Arc;

use super::context::{Context, round_to_ticks, show, show_in, show_ticks};
use super::diagnostics::suggest;
use super::files::{self, SpikeRows};
use super::names::{Named, Names, Role};
use super::positions;
use super::source::Place;
use super::syntax::{Entry, Node, Table, Value};
use super::values::{self, Wanted};
use super::{receptors, weight};
use crate::network::spec::{
    DriveKind, DriveSpec, PS_PER_MS, PopulationKind, PopulationSpec, Rate, SourceSpec, SpikeList,
    Values,
};
use crate::neuron::def::Bound;
use crate::stimulus::STIMULI;
use crate::stimulus::def::StimulusDef;
use crate::stimulus::poisson::MOST_PER_TICK;
use crate::units::Dimension;

/// Keys of every stimulus, besides those of its table.
pub(super) const COMMON_KEYS: [&str; 6] =
    ["model", "to", "size", "weight", "receptor", "positions"];

/// What the section gives.
#[derive(Debug, Default)]
pub(super) struct Stimuli {
    pub sources: Vec<PopulationSpec>,
    pub drives: Vec<DriveSpec>,
}

/// A stimulus whose kind and role are known.
struct Known<'e> {
    entry: &'e Entry,
    table: &'e Table,
    def: &'static StimulusDef,
    /// Spikes of a spike list, which may decide the size.
    spikes: Option<SpikeList>,
}

/// Reads all stimuli. `neurons`: number of populations, which come first in the specification.
pub(super) fn read(
    ctx: &mut Context,
    entries: &[Entry],
    names: &mut Names,
    neurons: usize,
) -> Stimuli {
    // Names first: a `to` may name something that comes later, and an error should know what it is.
    let mut known = Vec::with_capacity(entries.len());
    let mut next = neurons;
    for entry in entries {
        let mut named = Named {
            name: entry.key.clone(),
            place: entry.key_place.clone(),
            role: Role::Source,
            size: None,
            labels: None,
            positions: Ok(None),
            receptors: Some(Vec::new()),
            index: next,
        };
        if let Some(stimulus) = identify(ctx, entry, &mut named) {
            known.push(stimulus);
        }
        if named.role == Role::Source {
            next += 1;
        }
        names.add(ctx, named);
    }
    let mut out = Stimuli::default();
    for stimulus in known {
        match names.get(&stimulus.entry.key) {
            Some(n) if n.role == Role::Drive => {
                out.drives.extend(read_drive(ctx, stimulus, names));
            }
            Some(n) if n.role == Role::Source => {
                out.sources.extend(read_source(ctx, stimulus, n));
            }
            _ => {}
        }
    }
    out
}

fn identify<'e>(ctx: &mut Context, entry: &'e Entry, named: &mut Named) -> Option<Known<'e>> {
    let Some(table) = entry.node.table() else {
        ctx.expected(&entry.node, &format!("stimulus `{}`", entry.key), "a table");
        return None;
    };
    if table.get("to").is_some() {
        named.role = Role::Drive;
    }
    let Some(node) = table.get("model") else {
        ctx.missing(
            &entry.key_place,
            &format!("the model of stimulus `{}`", entry.key),
            "model = \"poisson\"",
        );
        return None;
    };
    let name = ctx.text(node, "model")?;
    let Some(def) = STIMULI.iter().find(|d| d.name == name) else {
        let valid: Vec<&str> = STIMULI.iter().map(|d| d.name).collect();
        ctx.reports
            .error(
                &node.place,
                format!("there is no stimulus `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(suggest(name, &valid));
        return None;
    };
    let mut valid: Vec<&str> = COMMON_KEYS.to_vec();
    if !def.as_source {
        valid.retain(|k| !matches!(*k, "size" | "weight" | "receptor" | "positions"));
    }
    valid.extend(def.keys.iter().map(|k| k.name));
    table.only(
        &valid,
        &format!("a {} stimulus", def.name),
        &mut ctx.reports,
    );

    let (to, size) = (table.entry("to"), table.entry("size"));
    if let (Some(to), Some(size)) = (to, size) {
        ctx.reports
            .error(&size.key_place, "a stimulus has either `to` or `size`, not both")
            .also(&to.key_place, "the other one")
            .help("`to` makes input that is private to each target; `size` makes elements that projections connect from");
        return None;
    }
    if let (Some(to), Some(positions)) = (to, table.entry("positions")) {
        ctx.reports
            .error(
                &positions.key_place,
                "a stimulus with `to` has no positions: it has no elements of its own",
            )
            .also(&to.key_place, "private to each target")
            .help("leave out `to`, and connect the stimulus with a projection");
        return None;
    }
    let is_list = def.name == "spike_list";
    let is_placed = table.get("positions").is_some();
    if to.is_none() && size.is_none() && !is_list && !is_placed {
        let mut wanted = "to = \"population\"".to_string();
        if def.as_source {
            wanted.push_str(" or size = 100");
        }
        ctx.missing(
            &entry.key_place,
            &format!("stimulus `{}`: `to` or `size`", entry.key),
            &wanted,
        );
        return None;
    }
    if let Some(node) = size.map(|e| &e.node) {
        named.size = ctx
            .whole(node, "size", 1, u64::from(u32::MAX))
            .and_then(|n| u32::try_from(n).ok());
    }
    positions::place(ctx, table, named);
    if size.is_none() && named.size.is_none() && is_placed && !is_list && named.positions.is_ok() {
        ctx.missing(
            &entry.key_place,
            &format!("the size of stimulus `{}`", entry.key),
            "size = 100",
        );
    }
    let spikes = if is_list {
        let (list, elements) = read_spikes(ctx, entry, table)?;
        if let (Some(size), Some(stated)) = (named.size, size.or(table.entry("positions"))) {
            if elements > u64::from(size) {
                ctx.reports.error(
                    &stated.node.place,
                    format!("size is {size}, but the spikes name {elements} elements"),
                );
            }
        } else if size.is_none() {
            if elements == 0 && named.role == Role::Source {
                ctx.reports
                    .error(
                        &entry.key_place,
                        format!(
                            "stimulus `{}` has no spikes, so its size is unknown",
                            entry.key
                        ),
                    )
                    .help("add size = 1");
            } else {
                named.size = u32::try_from(elements).ok();
            }
        }
        Some(list)
    } else {
        None
    };
    for key in ["weight", "receptor"] {
        if named.role == Role::Source
            && let Some(e) = table.entry(key)
        {
            ctx.reports
                .error(&e.key_place, format!("a stimulus with a size has no {key}"))
                .help(format!("the {key} belongs to the projection from it"));
        }
    }
    Some(Known {
        entry,
        table,
        def,
        spikes,
    })
}

fn read_source(ctx: &mut Context, s: Known<'_>, named: &Named) -> Option<PopulationSpec> {
    let size = named.size;
    let source = match s.def.name {
        "poisson" => SourceSpec::Poisson {
            rate: read_rate(ctx, &s, size.map(|n| n as usize))?,
        },
        "regular" => {
            let (interval, start, stop) = read_regular(ctx, &s)?;
            SourceSpec::Regular {
                interval,
                start,
                stop,
            }
        }
        _ => SourceSpec::SpikeList(Arc::new(s.spikes?)),
    };
    Some(PopulationSpec {
        name: s.entry.key.clone(),
        size: size?,
        kind: PopulationKind::Source(source),
        labels: None,
        positions: named.positions.clone().ok()?,
    })
}

fn read_drive(ctx: &mut Context, s: Known<'_>, names: &Names) -> Option<DriveSpec> {
    let to_node = s.table.get("to")?;
    let to = names.select(ctx, to_node, "to").and_then(|to| {
        names.neurons_only(ctx, &to, &to_node.place, "to")?;
        Some(to)
    });
    let targets = to
        .as_ref()
        .map(|to| to.iter().map(|t| t.len() as usize).sum::<usize>());
    let weight = match &to {
        Some(to) if s.def.name != "step_current" => weight::read(
            ctx,
            s.table,
            names,
            to,
            &to_node.place,
            &s.entry.key_place,
            targets,
        ),
        _ => None,
    };
    let receptor = match &to {
        Some(to) if s.def.name != "step_current" => {
            receptors::port(ctx, s.table, names, to, &s.entry.key_place)
        }
        _ => Some(None),
    };
    let kind = match s.def.name {
        "poisson" => {
            let rate = read_rate(ctx, &s, targets);
            DriveKind::Poisson {
                rate: rate?,
                weight: weight?,
            }
        }
        "regular" => {
            let (interval, start, stop) = read_regular(ctx, &s)?;
            DriveKind::Regular {
                interval,
                start,
                stop,
                weight: weight?,
            }
        }
        "step_current" => {
            for slice in to.iter().flatten() {
                if let Some(model) = names.model(slice)
                    && !model.def().takes_current
                {
                    ctx.reports.error(
                        &to_node.place,
                        format!("the model {} takes no current", model.def().name),
                    );
                }
            }
            let (at, amplitude) = read_steps(ctx, &s)?;
            DriveKind::StepCurrent { at, amplitude }
        }
        _ => {
            let list = s.spikes?;
            let elements = list
                .events
                .iter()
                .map(|(_, e)| u64::from(*e) + 1)
                .max()
                .unwrap_or(0);
            if let Some(targets) = targets
                && elements > targets as u64
            {
                ctx.reports
                    .error(
                        &to_node.place,
                        format!(
                            "the spikes name {elements} elements, but there are {targets} targets"
                        ),
                    )
                    .help("element i of the list drives target i");
            }
            DriveKind::SpikeList {
                list: Arc::new(list),
                weight: weight?,
            }
        }
    };
    Some(DriveSpec {
        name: s.entry.key.clone(),
        to: to?,
        kind,
        receptor: receptor?,
    })
}

/// A key that must be there.
fn required<'e>(ctx: &mut Context, s: &Known<'e>, key: &str, example: &str) -> Option<&'e Node> {
    let found = s.table.get(key);
    if found.is_none() {
        ctx.missing(
            &s.entry.key_place,
            &format!("stimulus `{}`: `{key}`", s.entry.key),
            example,
        );
    }
    found
}

/// `start` and `stop` in ticks.
fn read_window(ctx: &mut Context, s: &Known<'_>) -> Option<(u64, u64)> {
    let start = match s.table.get("start") {
        Some(n) => ctx.ticks(n, "start", 0),
        None => Some(0),
    };
    let stop = match s.table.get("stop") {
        Some(n) => ctx.ticks(n, "stop", 0),
        None => ctx.duration,
    };
    let (start, stop) = (start?, stop?);
    if let Some(node) = s.table.get("stop")
        && stop <= start
    {
        ctx.reports.error(
            &node.place,
            "stop is not after start: the stimulus would never be active",
        );
        return None;
    }
    Some((start, stop))
}

/// Hz from 1/ms. What a person wrote as `8 Hz` must not become 8.000000000000002: a result within
/// rounding errors of a decimal with six digits is that decimal.
pub(super) fn hertz(per_ms: f64) -> f64 {
    let hz = per_ms * 1e3;
    let decimal = (hz * 1e6).round() / 1e6;
    if (decimal - hz).abs() <= 4.0 * f64::EPSILON * hz.abs() {
        decimal
    } else {
        hz
    }
}

fn read_rate(ctx: &mut Context, s: &Known<'_>, elements: Option<usize>) -> Option<Rate> {
    let node = required(ctx, s, "rate", "rate = \"10 Hz\"")?;
    // Beyond that the counts of a tick would not fit, and nobody means it.
    let most = ctx.resolution_ps.map_or(Bound::None, |ps| {
        Bound::Inclusive(MOST_PER_TICK * PS_PER_MS / ps as f64)
    });
    let wanted = Wanted {
        min: Bound::Inclusive(0.0),
        max: most,
        file_unit: 1e-3,
        ..Wanted::any("rate", Dimension::RATE, elements, "elements")
    };
    match &node.value {
        Value::Table(t) if t.get("times").is_some() || t.get("values").is_some() => {
            t.only(&["times", "values"], "a stepped rate", &mut ctx.reports);
            for key in ["start", "stop"] {
                if let Some(e) = s.table.entry(key) {
                    ctx.reports
                        .error(&e.key_place, format!("a stepped rate has no {key}"))
                        .help("the times of the steps say it: end with a rate of \"0 Hz\"");
                }
            }
            let (at, values) = read_step_lists(ctx, node, t, "values", &wanted)?;
            Some(Rate::Steps {
                at,
                hz: values.into_iter().map(hertz).collect(),
            })
        }
        Value::Table(t) if t.get("file").is_none() => {
            ctx.expected(node, "rate", "a rate, steps { times, values }, or { file }");
            None
        }
        // The number of elements is in error, so a list cannot be compared with it.
        Value::Table(_) | Value::List(_) if elements.is_none() => None,
        _ => {
            let window = read_window(ctx, s);
            let values = values::read(ctx, node, &wanted);
            let (start, stop) = window?;
            Some(match values? {
                Values::Array(all) => Rate::PerElement {
                    hz: Arc::new(all.iter().copied().map(hertz).collect()),
                    start,
                    stop,
                },
                other => Rate::Constant {
                    hz: hertz(other.constant()?),
                    start,
                    stop,
                },
            })
        }
    }
}

fn read_regular(ctx: &mut Context, s: &Known<'_>) -> Option<(u64, u64, u64)> {
    let interval = required(ctx, s, "interval", "interval = \"10 ms\"")
        .and_then(|n| ctx.ticks(n, "interval", 1));
    let (start, stop) = read_window(ctx, s)?;
    Some((interval?, start, stop))
}

fn read_steps(ctx: &mut Context, s: &Known<'_>) -> Option<(Vec<u64>, Vec<f64>)> {
    let times = required(ctx, s, "times", "times = [\"100 ms\", \"200 ms\"]");
    let amplitudes = required(ctx, s, "amplitudes", "amplitudes = [\"200 pA\", \"0 pA\"]");
    times?;
    amplitudes?;
    let wanted = Wanted::any("amplitude", Dimension::CURRENT, None, "");
    read_step_lists(ctx, &s.entry.node, s.table, "amplitudes", &wanted)
}

/// `times` and a list of values of the same length; the times rise.
fn read_step_lists(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    values_key: &str,
    wanted: &Wanted<'_>,
) -> Option<(Vec<u64>, Vec<f64>)> {
    let (Some(times_node), Some(values_node)) = (table.get("times"), table.get(values_key)) else {
        ctx.missing(
            &node.place,
            &format!("times or {values_key}"),
            &format!("times = [\"0 ms\", \"500 ms\"], {values_key} = [a, b]"),
        );
        return None;
    };
    let times = ctx.list(times_node, "times").map(|list| {
        let mut all: Vec<Option<u64>> = Vec::with_capacity(list.len());
        let mut last: Option<u64> = None;
        for item in list {
            let tick = ctx.ticks(item, "a time", 0);
            if let (Some(last), Some(tick)) = (last, tick)
                && tick <= last
            {
                ctx.reports.error(
                    &item.place,
                    "times must rise: this one is not after the one before it",
                );
            }
            last = tick.or(last);
            all.push(tick);
        }
        all.into_iter().collect::<Option<Vec<u64>>>()
    });
    let values = match ctx.list(values_node, values_key) {
        None => None,
        Some(list) => {
            let wanted = Wanted {
                count: Some(list.len()),
                ..*wanted
            };
            match values::read(ctx, values_node, &wanted) {
                Some(Values::Array(all)) => Some(all.to_vec()),
                _ => None,
            }
        }
    };
    let (times, values) = (times??, values?);
    if times.len() != values.len() {
        ctx.reports.error(
            &values_node.place,
            format!("{} times but {} {values_key}", times.len(), values.len()),
        );
        return None;
    }
    Some((times, values))
}

/// The spikes of a list and the number of elements they name.
fn read_spikes(ctx: &mut Context, entry: &Entry, table: &Table) -> Option<(SpikeList, u64)> {
    match (table.get("times"), table.entry("file")) {
        (Some(node), None) => {
            if let Some(e) = table.entry("population") {
                ctx.reports.error(
                    &e.key_place,
                    "population belongs to a file, and there is none",
                );
            }
            let rows = inline_spikes(ctx, node)?;
            let elements = match &node.value {
                Value::List(l) if l.iter().any(|n| matches!(n.value, Value::List(_))) => {
                    l.len() as u64
                }
                _ => 1,
            };
            Some((to_events(ctx, rows, &node.place, "spike")?, elements))
        }
        (None, Some(file)) => {
            let name = ctx.text(&file.node, "file")?;
            let population = match table.get("population") {
                Some(n) => Some(ctx.text(n, "population")?),
                None => None,
            };
            match files::spikes(&file.node.place.file.resolve(name), population) {
                Ok(rows) => {
                    let list = to_events(ctx, rows, &file.node.place, "row")?;
                    let elements = list.events.iter().map(|(_, e)| u64::from(*e) + 1).max();
                    Some((list, elements.unwrap_or(0)))
                }
                Err(errors) => {
                    for e in errors {
                        ctx.reports.error(&file.node.place, e);
                    }
                    None
                }
            }
        }
        (Some(_), Some(file)) => {
            ctx.reports.error(
                &file.key_place,
                "a spike list has either `times` or `file`, not both",
            );
            None
        }
        (None, None) => {
            ctx.missing(
                &entry.key_place,
                &format!("stimulus `{}`: `times` or `file`", entry.key),
                "times = [\"10 ms\", \"20 ms\"]",
            );
            None
        }
    }
}

fn inline_spikes(ctx: &mut Context, node: &Node) -> Option<SpikeRows> {
    let list = ctx.list(node, "times")?;
    let mut rows = SpikeRows::default();
    let nested = list.iter().any(|n| matches!(n.value, Value::List(_)));
    let mut complete = true;
    for (element, item) in list.iter().enumerate() {
        let times: &[Node] = match &item.value {
            // An element may have no spikes, so an empty inner list is fine.
            Value::List(inner) => inner,
            _ if nested => {
                ctx.expected(item, "times", "a list of times for every element");
                complete = false;
                continue;
            }
            _ => std::slice::from_ref(item),
        };
        for time in times {
            match ctx.scalar(time, Dimension::TIME, "a spike time") {
                Some(ms) => {
                    rows.row.push(rows.row.len() as u64 + 1);
                    rows.time_ms.push(ms);
                    rows.element.push(if nested { element as u64 } else { 0 });
                }
                None => complete = false,
            }
        }
    }
    complete.then_some(rows)
}

/// Rounds spike times to ticks and sorts them. `row` is what the numbers of `rows` count.
fn to_events(ctx: &mut Context, rows: SpikeRows, place: &Place, row: &str) -> Option<SpikeList> {
    let resolution = ctx.resolution_ps?;
    let mut events = Vec::with_capacity(rows.row.len());
    let (mut faults, mut fault_count) = (Vec::new(), 0usize);
    let (mut shifted, mut largest) = (0u64, 0.0f64);
    for ((number, ms), element) in rows.row.iter().zip(&rows.time_ms).zip(&rows.element) {
        let rounded = round_to_ticks(*ms, resolution).filter(|r| r.ticks >= 1);
        match (rounded, u32::try_from(*element)) {
            (Some(r), Ok(element)) if element < u32::MAX => {
                if r.shift != 0.0 {
                    shifted += 1;
                    largest = largest.max(r.shift.abs());
                }
                events.push((r.ticks, element));
            }
            (rounded, _) => {
                fault_count += 1;
                if faults.len() < 5 {
                    let why = if rounded.is_some() {
                        format!("{row} {number}: the id {element} is too large")
                    } else if *ms < 0.0 {
                        format!("{row} {number}: the time {} ms is negative", show(*ms))
                    } else if !ms.is_finite() {
                        format!("{row} {number}: the time {ms} is not finite")
                    } else if *ms > 1.0 {
                        format!("{row} {number}: the time {} ms is too long", show(*ms))
                    } else {
                        format!(
                            "{row} {number}: the time {} ms comes before the first tick, which is {}",
                            show(*ms),
                            show_ticks(1, resolution)
                        )
                    };
                    faults.push(why);
                }
            }
        }
    }
    if fault_count > 0 {
        let more = fault_count - faults.len();
        let more = if more > 0 {
            format!("; and {more} more")
        } else {
            String::new()
        };
        ctx.reports
            .error(place, format!("spike times: {}{more}", faults.join("; ")));
        return None;
    }
    if shifted > 0 {
        ctx.reports
            .warning(
                place,
                format!(
                    "{shifted} of {} spike times are no multiples of the resolution: rounded, by up to {}",
                    events.len(),
                    show_in(largest, Dimension::TIME)
                ),
            )
            .label("rounded");
    }
    events.sort_unstable();
    Some(SpikeList { events })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_in_hertz_survives_the_way_through_the_canonical_unit() {
        for i in 0..100_000u32 {
            let hz = f64::from(i) * 0.1;
            let written: f64 = format!("{hz:.1}").parse().unwrap_or(f64::NAN);
            assert_eq!(hertz(written / 1e3), written);
        }
    }
}
