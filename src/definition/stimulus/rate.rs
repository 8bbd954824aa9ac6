//! Rates of Poisson stimuli: constant, per element, over time, sinusoidal.

use std::path::Path;
use std::sync::Arc;

use super::super::arrays;
use super::super::context::{Context, round_to_ticks, show, show_in};
use super::super::syntax::{Node, Table, Value};
use super::super::values::{self, Wanted};
use super::{Known, read_window, required, scalar_or, stated};
use crate::network::spec::{PS_PER_MS, Rate, Values};
use crate::neuron::def::Bound;
use crate::stimulus::poisson::MOST_PER_TICK;
use crate::units::Dimension;

/// How a rate goes on between the times of a course.
const INTERPOLATE: [&str; 2] = ["constant", "linear"];

/// Hz from 1/ms. What a person wrote as `8 Hz` must not become 8.000000000000002: a result within
/// rounding errors of a decimal with six digits is that decimal.
pub(in crate::definition) fn hertz(per_ms: f64) -> f64 {
    let hz = per_ms * 1e3;
    let decimal = (hz * 1e6).round() / 1e6;
    if (decimal - hz).abs() <= 4.0 * f64::EPSILON * hz.abs() {
        decimal
    } else {
        hz
    }
}

/// The largest rate per ms. Beyond that the counts of a tick would not fit, and nobody means it.
pub(super) fn most(ctx: &Context) -> Bound {
    ctx.resolution_ps.map_or(Bound::None, |ps| {
        Bound::Inclusive(MOST_PER_TICK * PS_PER_MS / ps as f64)
    })
}

/// What a rate may be.
pub(super) fn wanted<'a>(ctx: &Context, what: &'a str, elements: Option<usize>) -> Wanted<'a> {
    Wanted {
        min: Bound::Inclusive(0.0),
        max: most(ctx),
        file_unit: 1e-3,
        ..Wanted::any(what, Dimension::RATE, elements, "elements")
    }
}

/// The rate of a `poisson` stimulus.
pub(super) fn read(ctx: &mut Context, s: &Known<'_>, elements: Option<usize>) -> Option<Rate> {
    let node = required(ctx, s, "rate", "rate = \"10 Hz\"")?;
    let wanted = wanted(ctx, "rate", elements);
    match &node.value {
        Value::Table(t) if t.get("course").is_some() => {
            t.only(
                &["course", "interpolate"],
                "a rate over time",
                &mut ctx.reports,
            );
            no_window(ctx, s);
            let linear = interpolate(ctx, t);
            let course = read_course(ctx, t, &wanted)?;
            course.into_rate(ctx, node, linear?, elements)
        }
        Value::Table(t) if t.get("times").is_some() || t.get("values").is_some() => {
            t.only(
                &["times", "values", "interpolate"],
                "a rate over time",
                &mut ctx.reports,
            );
            no_window(ctx, s);
            let linear = interpolate(ctx, t);
            let (at, values) = read_step_lists(ctx, node, t, "values", &wanted)?;
            let hz = values.into_iter().map(hertz).collect();
            Some(if linear? {
                Rate::Linear { at, hz }
            } else {
                Rate::Steps { at, hz }
            })
        }
        Value::Table(t) if t.get("file").is_none() => {
            ctx.expected(
                node,
                "rate",
                "a rate, a rate over time { times, values } or { course }, or one per element { file }",
            );
            None
        }
        // The number of elements is in error, so a list cannot be compared with it.
        Value::Table(_) | Value::List(_) if elements.is_none() => None,
        _ => {
            let window = read_window(ctx, s);
            let values = values::read(ctx, node, &wanted);
            let (start, stop) = window?;
            Some(match stated(ctx, values?, node, "rate")? {
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

/// A rate over time says itself when it begins and ends.
fn no_window(ctx: &mut Context, s: &Known<'_>) {
    for key in ["start", "stop"] {
        if let Some(e) = s.table.entry(key) {
            ctx.reports
                .error(&e.key_place, format!("a stepped rate has no {key}"))
                .help("the times of the steps say it: end with a rate of \"0 Hz\"");
        }
    }
}

fn interpolate(ctx: &mut Context, t: &Table) -> Option<bool> {
    match t.get("interpolate") {
        Some(n) => ctx.choice(n, "interpolate", &INTERPOLATE).map(|k| k == 1),
        None => Some(false),
    }
}

/// Rates over time from a file.
struct Course {
    at: Vec<u64>,
    /// Rows of rates in Hz.
    hz: Vec<f64>,
    columns: usize,
}

fn read_course(ctx: &mut Context, t: &Table, wanted: &Wanted<'_>) -> Option<Course> {
    let node = t.get("course")?;
    let name = ctx.text(node, "course")?;
    let path = node.place.file.resolve(name);
    let table = match course_table(&path) {
        Ok(table) => table,
        Err(errors) => {
            for e in errors {
                ctx.reports.error(&node.place, e);
            }
            return None;
        }
    };
    let resolution = ctx.resolution_ps?;
    let columns = table.columns - 1;
    let (mut at, mut hz): (Vec<u64>, Vec<f64>) = (Vec::new(), Vec::new());
    let (mut faults, mut shifted, mut largest) = (Vec::new(), 0usize, 0.0f64);
    for (k, row) in table.data.chunks(table.columns).enumerate() {
        let ms = row[0];
        match round_to_ticks(ms, resolution) {
            None => faults.push(format!(
                "row {}: the time {} ms is no time of the run",
                k + 1,
                show(ms)
            )),
            Some(r) if at.last().is_some_and(|last| r.ticks <= *last) => faults.push(format!(
                "row {}: the time {} ms is not after the one before it",
                k + 1,
                show(ms)
            )),
            Some(r) => {
                if r.shift != 0.0 {
                    shifted += 1;
                    largest = largest.max(r.shift.abs());
                }
                at.push(r.ticks);
            }
        }
        for v in &row[1..] {
            let per_ms = v * wanted.file_unit;
            if !(wanted.min.allows_above(per_ms) && wanted.max.allows_below(per_ms)) {
                faults.push(format!(
                    "row {}: the rate must be {}, not {} Hz",
                    k + 1,
                    wanted.range(),
                    show(*v)
                ));
            }
            hz.push(*v);
        }
    }
    if !faults.is_empty() {
        let more = faults.len().saturating_sub(5);
        let more = if more > 0 {
            format!("; and {more} more")
        } else {
            String::new()
        };
        faults.truncate(5);
        ctx.reports.error(
            &node.place,
            format!("{}: {}{more}", path.display(), faults.join("; ")),
        );
        return None;
    }
    if shifted > 0 {
        ctx.reports
            .warning(
                &node.place,
                format!(
                    "{shifted} of {} times are no multiples of the resolution: rounded, by up to {}",
                    at.len(),
                    show_in(largest, Dimension::TIME)
                ),
            )
            .label("rounded");
    }
    Some(Course { at, hz, columns })
}

/// Rows of a time in ms and rates in Hz.
struct CourseTable {
    columns: usize,
    data: Vec<f64>,
}

fn course_table(path: &Path) -> Result<CourseTable, Vec<String>> {
    let array = arrays::read(path, None)?;
    if let Some(first) = array.header.as_ref().and_then(|h| h.first())
        && first != "time_ms"
    {
        return Err(vec![format!(
            "{}: the first column must be time_ms, not `{first}`",
            path.display()
        )]);
    }
    match array.shape[..] {
        [rows, columns] if rows > 0 && columns > 1 => Ok(CourseTable {
            columns,
            data: array.values(0..rows * columns),
        }),
        _ => Err(vec![format!(
            "{} must have rows of a time in ms and one rate in Hz, or one for each element; its shape is {}",
            path.display(),
            array.shape_text()
        )]),
    }
}

impl Course {
    fn into_rate(
        self,
        ctx: &mut Context,
        node: &Node,
        linear: bool,
        elements: Option<usize>,
    ) -> Option<Rate> {
        let Self { at, hz, columns } = self;
        if columns == 1 {
            return Some(if linear {
                Rate::Linear { at, hz }
            } else {
                Rate::Steps { at, hz }
            });
        }
        if linear {
            ctx.reports
                .error(
                    &node.place,
                    "interpolate = \"linear\" needs one rate that is common to all elements",
                )
                .help(format!("the file has {columns} columns of rates"));
            return None;
        }
        let elements = elements?;
        if columns != elements {
            ctx.reports.error(
                &node.place,
                format!("rate has {columns} columns for {elements} elements"),
            );
            return None;
        }
        Some(Rate::Table {
            row: (0..at.len() as u32).map(Some).collect(),
            at,
            hz: Arc::new(hz),
            elements: u32::try_from(elements).ok()?,
        })
    }
}

/// The rate of a `sinusoidal_poisson` stimulus.
pub(super) fn sinusoid(ctx: &mut Context, s: &Known<'_>) -> Option<Rate> {
    let mut one = |key: &str, example: &str| {
        required(ctx, s, key, example).and_then(|n| ctx.scalar(n, Dimension::RATE, key))
    };
    let mean = one("rate", "rate = \"20 Hz\"");
    let amplitude = one("amplitude", "amplitude = \"10 Hz\"");
    let frequency = one("frequency", "frequency = \"8 Hz\"");
    let phase = scalar_or(ctx, s, "phase", Dimension::NONE, 0.0);
    let window = read_window(ctx, s);
    if let (Some(frequency), Some(node)) = (frequency, s.table.get("frequency"))
        && frequency < 0.0
    {
        ctx.reports
            .error(&node.place, "frequency must not be negative");
        return None;
    }
    let (mean, amplitude, frequency, phase) = (mean?, amplitude?, frequency?, phase?);
    let (start, stop) = window?;
    let largest = mean + amplitude.abs();
    if !most(ctx).allows_below(largest) {
        let wanted = wanted(ctx, "rate", None);
        ctx.reports.error(
            &s.entry.key_place,
            format!(
                "rate + amplitude must be {}, not {}",
                wanted.range(),
                show_in(largest, Dimension::RATE)
            ),
        );
        return None;
    }
    if largest <= 0.0 {
        ctx.reports
            .warning(&s.entry.key_place, "the rate is never above zero")
            .label("silent");
    }
    Some(Rate::Sinusoid {
        hz: hertz(mean),
        amplitude: hertz(amplitude),
        frequency: hertz(frequency),
        phase,
        start,
        stop,
    })
}

/// `times` and a list of values of the same length; the times rise.
pub(super) fn read_step_lists(
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
