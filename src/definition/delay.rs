//! The `delay` of a projection.

use super::by_distance;
use super::context::{Context, round_to_ticks, show, show_in};
use super::files;
use super::source::Place;
use super::syntax::{Node, Value};
use super::values::{self, Each, Wanted};
use crate::network::spec::{Delay, PS_PER_MS, Values};
use crate::units::Dimension;

/// A constant in ticks, a function of distance, a distribution whose draws round to at least one tick,
/// or one delay for each synapse.
pub(super) fn read(ctx: &mut Context, node: &Node, each: Option<Each>) -> Option<Delay> {
    if by_distance::is_meant(node) {
        return by_distance::delay(ctx, node).map(Delay::ByDistance);
    }
    let drawn = match &node.value {
        Value::Table(_) | Value::List(_) => {
            let wanted = Wanted::any("delay", Dimension::TIME, None, "synapses");
            values::read_each(ctx, node, &wanted, each)?
        }
        _ => return ctx.ticks(node, "delay", 1).map(Delay::Ticks),
    };
    if let Values::Constant(ms) = drawn {
        return ctx.ticks_of(ms, &node.place, "delay", 1).map(Delay::Ticks);
    }
    let resolution = ctx.resolution_ps?;
    if let Values::Array(all) = &drawn {
        ticks(ctx, &node.place, all, "value", |k| k as u64 + 1)?;
        return Some(Delay::Drawn(drawn));
    }
    let mut drawn = drawn;
    let (from, what) = match &drawn {
        Values::Uniform { low, .. } => (*low, "draws from"),
        Values::Normal { mean, .. } | Values::Exponential { mean, .. } => (*mean, "the mean is"),
        Values::Lognormal { scale, .. } => (*scale, "the median is"),
        Values::Gamma { scale, .. } => (*scale, "the scale is"),
        // Its limits say what it draws.
        Values::TruncatedNormal { min, .. } => (min.max(0.0), ""),
        Values::Constant(_) | Values::Array(_) => (0.0, ""),
    };
    if from < 0.0 {
        ctx.reports.error(
            &node.place,
            format!("delay must not be negative: {what} {} ms", show(from)),
        );
        return None;
    }
    // What is at least half a tick rounds to at least one.
    let least = 0.5 * resolution as f64 / PS_PER_MS;
    let (_, longest) = drawn.practical();
    if round_to_ticks(longest.max(0.0), resolution).is_none() {
        ctx.reports.error(
            &node.place,
            "delay is too long: more ticks than can be counted",
        );
        return None;
    }
    if longest < least {
        ctx.reports.error(
            &node.place,
            "delay: practically all draws are less than one tick",
        );
        return None;
    }
    match &mut drawn {
        Values::Uniform { low: min, .. }
        | Values::Normal { min, .. }
        | Values::TruncatedNormal { min, .. }
        | Values::Lognormal { min, .. }
        | Values::Exponential { min, .. }
        | Values::Gamma { min, .. } => *min = min.max(least),
        Values::Constant(_) | Values::Array(_) => {}
    }
    Some(Delay::Drawn(drawn))
}

/// Delays in ticks, with one warning for all that are rounded. Messages call delay k by the
/// word and its number.
pub(super) fn ticks(
    ctx: &mut Context,
    place: &Place,
    delays: &[f64],
    word: &str,
    number: impl Fn(usize) -> u64,
) -> Option<Vec<u64>> {
    let resolution = ctx.resolution_ps?;
    let mut all = Vec::with_capacity(delays.len());
    let (mut bad, mut first_bad) = (0usize, Vec::new());
    let (mut shifted, mut largest) = (0u64, 0.0f64);
    for (k, ms) in delays.iter().enumerate() {
        match round_to_ticks(*ms, resolution) {
            Some(r) if r.ticks >= 1 => {
                if r.shift != 0.0 {
                    shifted += 1;
                    largest = largest.max(r.shift.abs());
                }
                all.push(r.ticks);
            }
            _ => {
                bad += 1;
                if first_bad.len() < files::MOST_ROWS {
                    first_bad.push(number(k));
                }
            }
        }
    }
    if bad > 0 {
        let shown = files::first_rows(&first_bad, bad);
        ctx.reports
            .error(
                place,
                format!("delays are less than one tick or too long in {word} {shown}"),
            )
            .help(format!(
                "the resolution is {} ms",
                show(resolution as f64 / PS_PER_MS)
            ));
        return None;
    }
    if shifted > 0 {
        ctx.reports
            .warning(
                place,
                format!(
                    "{shifted} of {} delays are no multiples of the resolution: rounded, by up to {}",
                    all.len(),
                    show_in(largest, Dimension::TIME)
                ),
            )
            .label("rounded");
    }
    Some(all)
}
