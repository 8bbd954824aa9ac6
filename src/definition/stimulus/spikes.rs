//! `spike_list` and `regular`: spikes at stated times.

use super::super::context::{Context, round_to_ticks, show, show_in, show_ticks};
use super::super::files::{self, SpikeRows};
use super::super::source::Place;
use super::super::syntax::{Entry, Node, Table, Value};
use super::{Known, read_window, required};
use crate::network::spec::SpikeList;
use crate::units::Dimension;

/// Interval, start and stop in ticks.
pub(super) fn read_regular(ctx: &mut Context, s: &Known<'_>) -> Option<(u64, u64, u64)> {
    let interval = required(ctx, s, "interval", "interval = \"10 ms\"")
        .and_then(|n| ctx.ticks(n, "interval", 1));
    let (start, stop) = read_window(ctx, s)?;
    Some((interval?, start, stop))
}

/// The spikes of a list and the number of elements they name.
pub(super) fn read_spikes(
    ctx: &mut Context,
    entry: &Entry,
    table: &Table,
) -> Option<(SpikeList, u64)> {
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
                Value::List(l) if is_nested(node) => l.len() as u64,
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

/// Is it a list of lists, one for each element?
pub(super) fn is_nested(node: &Node) -> bool {
    matches!(&node.value, Value::List(l) if l.iter().any(|n| matches!(n.value, Value::List(_))))
}

fn inline_spikes(ctx: &mut Context, node: &Node) -> Option<SpikeRows> {
    let list = ctx.list(node, "times")?;
    let mut rows = SpikeRows::default();
    let nested = is_nested(node);
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
