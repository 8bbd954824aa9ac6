//! `[modulators.NAME]`: rewards and other events with amounts that learning rules listen to.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::context::{Context, round_to_ticks, show, show_ticks};
use super::files::{self, RowErrors};
use super::names::Names;
use super::source::Place;
use super::syntax::{Entry, Node, Table, Value};
use crate::network::spec::{ModulatorSpec, ReleaseSpec};
use crate::units::Dimension;

/// Keys of a modulator, with what they mean.
pub(super) const KEYS: [(&str, &str); 9] = [
    ("times", "When its events come: a list of times."),
    ("amounts", "The amount of each of `times`, in their order."),
    (
        "amount",
        "The amount of every event that has none of its own.",
    ),
    (
        "file",
        "Events from a CSV file with time_ms, amount and optionally stimulus.",
    ),
    ("from", "Neurons or sources whose spikes are events too."),
    (
        "delay",
        "From a spike of `from` to its event; at least one tick. Of two times one between is drawn for each event.",
    ),
    (
        "after",
        "Spikes of `from` are events only after a spike of these.",
    ),
    (
        "within",
        "How long after a spike of `after` a spike of `from` is an event.",
    ),
    (
        "baseline",
        "What is expected is taken off: { rate = 0.1 }, for each stimulus of the file.",
    ),
];

/// Keys of `baseline`.
pub(super) const BASELINE: [(&str, &str); 2] = [
    (
        "rate",
        "Share by which the baseline follows each amount: an event counts R - B, then B += rate (R - B).",
    ),
    ("start", "B before the first event; 0 unless given."),
];

/// The names of all modulators, which must be different.
pub(super) fn names(ctx: &mut Context, entries: &[Entry]) -> Vec<String> {
    for (k, e) in entries.iter().enumerate() {
        if let Some(first) = entries.iter().take(k).find(|f| f.key == e.key) {
            ctx.reports
                .error(
                    &e.key_place,
                    format!("the modulator `{}` is defined twice", e.key.escape_debug()),
                )
                .also(&first.key_place, "first defined");
        }
    }
    entries.iter().map(|e| e.key.clone()).collect()
}

/// Reads them all. After an error there may be fewer.
pub(super) fn read(ctx: &mut Context, entries: &[Entry], names: &Names) -> Vec<ModulatorSpec> {
    let mut all = Vec::new();
    for e in entries {
        match e.node.table() {
            Some(table) => all.extend(one(ctx, e, table, names)),
            None => ctx.expected(&e.node, "a modulator", "a table with times, file or from"),
        }
    }
    all
}

/// An event as it is stated.
struct Event {
    tick: u64,
    amount: f64,
    /// Number of its stimulus.
    stimulus: usize,
}

fn one(ctx: &mut Context, e: &Entry, table: &Table, names: &Names) -> Option<ModulatorSpec> {
    table.only(
        &KEYS.map(|(key, _)| key),
        &format!("modulator `{}`", e.key.escape_debug()),
        &mut ctx.reports,
    );
    let amount = match table.get("amount") {
        Some(n) => Some(ctx.scalar(n, Dimension::NONE, "amount")?),
        None => None,
    };
    let missing_amount = |ctx: &mut Context, at: &Place, what: &str| {
        ctx.missing(at, what, "amount = 1");
    };
    let mut events = match (table.entry("times"), table.entry("file")) {
        (None, None) if table.get("from").is_none() => {
            ctx.missing(
                &e.key_place,
                &format!("modulator `{}`: `times`, `file` or `from`", e.key),
                "times = [\"1 s\", \"2 s\"] and amount = 1",
            );
            return None;
        }
        (None, None) => Some(Vec::new()),
        (Some(_), Some(file)) => {
            ctx.reports.error(
                &file.key_place,
                "a modulator has either `times` or `file`, not both",
            );
            None
        }
        (None, Some(file)) => from_file(ctx, &file.node),
        (Some(times), None) => {
            let amounts = table.get("amounts");
            if amounts.is_none() && amount.is_none() {
                missing_amount(ctx, &times.key_place, "the amount of these events");
            }
            from_times(ctx, &times.node, amounts, amount)
        }
    };
    if let Some(e) = table.entry("amounts")
        && table.get("times").is_none()
    {
        ctx.reports
            .error(&e.key_place, "amounts belong to times, and there are none");
        events = None;
    }
    if let Some(e) = table.entry("amount")
        && table.get("from").is_none()
        && (table.get("file").is_some() || table.get("amounts").is_some())
    {
        ctx.reports.error(
            &e.key_place,
            "every event has an amount of its own, so this one is not used",
        );
        events = None;
    }
    if let Some(all) = &mut events {
        // Stable: events of one tick stay in the order in which they are stated.
        all.sort_by_key(|e| e.tick);
    }
    if let Some(baseline) = table.entry("baseline") {
        if table.get("times").is_none() && table.get("file").is_none() {
            ctx.reports
                .error(
                    &baseline.key_place,
                    "a baseline is that of stated amounts: it needs times or file",
                )
                .help("what spikes release is not known before the run");
            return None;
        }
        let (rate, start) = read_baseline(ctx, &baseline.node)?;
        if let Some(all) = &mut events {
            take_off(all, rate, start);
        }
    }
    let release = match table.entry("from") {
        None => {
            for key in ["delay", "after", "within"] {
                if let Some(e) = table.entry(key) {
                    ctx.reports.error(
                        &e.key_place,
                        format!("{key} belongs to `from`: stated events come when they are stated"),
                    );
                    events = None;
                }
            }
            None
        }
        Some(from) => {
            if amount.is_none() {
                missing_amount(
                    ctx,
                    &from.key_place,
                    "the amount of what each spike releases",
                );
            }
            let delay = match table.get("delay") {
                Some(n) => read_delay(ctx, n),
                None => {
                    ctx.missing(&from.key_place, "modulator: `delay`", "delay = \"1 ms\"");
                    None
                }
            };
            let of = names.select(ctx, &from.node, "from");
            let after = match (table.get("after"), table.entry("within")) {
                (None, None) => None,
                (Some(n), Some(within)) => {
                    let within = ctx.ticks(&within.node, "within", 1);
                    Some((names.select(ctx, n, "after")?, within?))
                }
                (Some(n), None) => {
                    ctx.missing(&n.place, "modulator: `within`", "within = \"20 ms\"");
                    return None;
                }
                (None, Some(e)) => {
                    ctx.reports
                        .error(&e.key_place, "within belongs to `after`, which is missing");
                    return None;
                }
            };
            Some(ReleaseSpec {
                after,
                of: of?,
                amount: amount?,
                delay: delay?,
            })
        }
    };
    Some(ModulatorSpec {
        name: e.key.clone(),
        events: Arc::new(events?.iter().map(|e| (e.tick, e.amount)).collect()),
        release,
    })
}

/// One time, or two between which each event draws one.
fn read_delay(ctx: &mut Context, node: &Node) -> Option<(u64, u64)> {
    let Value::List(list) = &node.value else {
        return ctx.ticks(node, "delay", 1).map(|d| (d, d));
    };
    let [low, high] = &list[..] else {
        ctx.expected(node, "delay", "a time, or two of them [\"1 s\", \"3 s\"]");
        return None;
    };
    let (low, high) = (ctx.ticks(low, "delay", 1), ctx.ticks(high, "delay", 1));
    let (low, high) = (low?, high?);
    if high < low {
        ctx.reports
            .error(&node.place, "the second delay must not be below the first");
        return None;
    }
    Some((low, high))
}

fn read_baseline(ctx: &mut Context, node: &Node) -> Option<(f64, f64)> {
    let Some(table) = node.table() else {
        ctx.expected(node, "baseline", "a table { rate = 0.1 }");
        return None;
    };
    table.only(&BASELINE.map(|(key, _)| key), "baseline", &mut ctx.reports);
    let start = match table.get("start") {
        Some(n) => ctx.scalar(n, Dimension::NONE, "baseline: start"),
        None => Some(0.0),
    };
    let Some(node) = table.get("rate") else {
        ctx.missing(&node.place, "baseline: `rate`", "rate = 0.1");
        return None;
    };
    let rate = ctx.scalar(node, Dimension::NONE, "baseline: rate")?;
    if !(rate > 0.0 && rate <= 1.0) {
        ctx.reports.error(
            &node.place,
            format!(
                "baseline: rate must be greater than 0 and at most 1, not {}",
                show(rate)
            ),
        );
        return None;
    }
    Some((rate, start?))
}

/// What is expected of each stimulus is taken off its amounts: R - B, then B += rate (R - B).
fn take_off(events: &mut [Event], rate: f64, start: f64) {
    let most = events.iter().map(|e| e.stimulus).max().unwrap_or(0);
    let mut expected = vec![start; most + 1];
    for e in events {
        let b = &mut expected[e.stimulus];
        e.amount -= *b;
        *b += rate * e.amount;
    }
}

fn from_times(
    ctx: &mut Context,
    node: &Node,
    amounts: Option<&Node>,
    amount: Option<f64>,
) -> Option<Vec<Event>> {
    let list = ctx.list(node, "times")?;
    let given = match amounts {
        None => None,
        Some(n) => {
            let all = ctx.list(n, "amounts")?;
            if all.len() != list.len() {
                ctx.reports.error(
                    &n.place,
                    format!("{} amounts for {} times", all.len(), list.len()),
                );
                return None;
            }
            let read: Vec<Option<f64>> = all
                .iter()
                .map(|a| ctx.scalar(a, Dimension::NONE, "an amount"))
                .collect();
            Some(read.into_iter().collect::<Option<Vec<f64>>>()?)
        }
    };
    let mut events = Vec::with_capacity(list.len());
    let mut complete = true;
    for (k, item) in list.iter().enumerate() {
        let amount = given.as_ref().map_or(amount, |all| all.get(k).copied());
        match (ctx.ticks(item, "the time of an event", 1), amount) {
            (Some(tick), Some(amount)) => events.push(Event {
                tick,
                amount,
                stimulus: 0,
            }),
            _ => complete = false,
        }
    }
    complete.then_some(events)
}

/// Rows of a file: number, time in ms, amount, stimulus.
type Rows = Vec<(u64, f64, f64, usize)>;

fn from_file(ctx: &mut Context, node: &Node) -> Option<Vec<Event>> {
    let name = ctx.text(node, "file")?;
    let path = node.place.file.resolve(name);
    let rows = match rows(&path) {
        Ok(rows) => rows,
        Err(errors) => {
            for e in errors {
                ctx.reports.error(&node.place, e);
            }
            return None;
        }
    };
    let resolution = ctx.resolution_ps?;
    let mut events = Vec::with_capacity(rows.len());
    let (mut early, mut count) = (Vec::new(), 0usize);
    let mut shifted = 0u64;
    for (row, ms, amount, stimulus) in rows {
        match round_to_ticks(ms, resolution).filter(|r| r.ticks >= 1) {
            Some(r) => {
                shifted += u64::from(r.shift != 0.0);
                events.push(Event {
                    tick: r.ticks,
                    amount,
                    stimulus,
                });
            }
            None => {
                count += 1;
                if early.len() < files::MOST_ROWS {
                    early.push(row);
                }
            }
        }
    }
    if count > 0 {
        ctx.reports
            .error(
                &node.place,
                format!(
                    "{}: times are before the first tick or too long in row {}",
                    path.display(),
                    files::first_rows(&early, count)
                ),
            )
            .help(format!("the first tick is {}", show_ticks(1, resolution)));
        return None;
    }
    if shifted > 0 {
        ctx.reports
            .warning(
                &node.place,
                format!(
                    "{shifted} of {} times of {} are no multiples of the resolution: rounded",
                    events.len(),
                    path.display()
                ),
            )
            .label("rounded");
    }
    Some(events)
}

fn rows(path: &Path) -> Result<Rows, Vec<String>> {
    let fail = |e: csv::Error| vec![format!("{}: {e}", path.display())];
    let mut reader = files::csv_reader(path).map_err(|e| vec![e])?;
    let mut record = csv::StringRecord::new();
    if !reader.read_record(&mut record).map_err(fail)? {
        return Err(vec![format!("{} has no rows", path.display())]);
    }
    let header = record.clone();
    let find = |names: &[&str]| {
        header
            .iter()
            .position(|h| names.contains(&h.trim_start_matches('\u{feff}')))
    };
    let (Some(time), Some(amount)) = (find(&["time_ms", "time"]), find(&["amount"])) else {
        return Err(vec![format!(
            "{} needs a header with time_ms and amount (and optionally stimulus); it has {}",
            path.display(),
            header.iter().collect::<Vec<_>>().join(", ")
        )]);
    };
    let stimulus = find(&["stimulus"]);
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    let mut errors = RowErrors::default();
    let mut all = Vec::new();
    while reader.read_record(&mut record).map_err(fail)? {
        let row = record.position().map_or(0, csv::Position::line);
        match (
            files::number(record.get(time)),
            files::number(record.get(amount)),
        ) {
            (Ok(time), Ok(amount)) => {
                let label = stimulus.and_then(|i| record.get(i)).unwrap_or_default();
                let next = known.len();
                let stimulus = *known.entry(label.to_string()).or_insert(next);
                all.push((row, time, amount, stimulus));
            }
            (Err(e), _) | (_, Err(e)) => errors.add(path, row, &e),
        }
    }
    errors.finish(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_follows_each_stimulus_on_its_own() {
        let mut events: Vec<Event> = [(1, 1.0, 0), (2, 1.0, 1), (3, 1.0, 0), (4, 0.0, 0)]
            .into_iter()
            .map(|(tick, amount, stimulus)| Event {
                tick,
                amount,
                stimulus,
            })
            .collect();
        take_off(&mut events, 0.5, 0.0);
        let amounts: Vec<f64> = events.iter().map(|e| e.amount).collect();
        assert_eq!(amounts, [1.0, 1.0, 0.5, -0.75]);
    }
}
