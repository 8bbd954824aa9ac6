//! `gamma`: rate, shape, dead time, number of components.

use std::sync::Arc;

use super::super::context::{Context, show, show_in};
use super::super::values;
use super::{Known, positive_or, rate, read_window, required, scalar_or, stated};
use crate::network::spec::{GammaSpec, Values};
use crate::units::Dimension;

/// Smaller shapes put thousands of spikes into one tick.
const LEAST_SHAPE: f64 = 0.01;

/// A train is the sum of at most so many processes.
const MOST_PROCESSES: u64 = 100_000;

pub(super) fn read(ctx: &mut Context, s: &Known<'_>, elements: Option<usize>) -> Option<GammaSpec> {
    let node = required(ctx, s, "rate", "rate = \"20 Hz\"");
    let rates = node.and_then(|node| {
        let wanted = rate::wanted(ctx, "rate", elements);
        let values = values::read(ctx, node, &wanted)?;
        stated(ctx, values, node, "rate")
    });
    let shape = scalar_or(ctx, s, "shape", Dimension::NONE, 1.0);
    let dead_ms = positive_or(ctx, s, "dead_time", Dimension::TIME, 0.0);
    let n_proc = match s.table.get("n_proc") {
        Some(n) => ctx.whole(n, "n_proc", 1, MOST_PROCESSES),
        None => Some(1),
    };
    let equilibrium = match s.table.get("equilibrium") {
        Some(n) => ctx.boolean(n, "equilibrium"),
        None => Some(true),
    };
    let window = read_window(ctx, s);
    if let (Some(shape), Some(node)) = (shape, s.table.get("shape"))
        && shape < LEAST_SHAPE
    {
        ctx.reports.error(
            &node.place,
            format!("shape must be at least {LEAST_SHAPE}, not {}", show(shape)),
        );
        return None;
    }
    let (rates, dead_ms, n_proc) = (rates?, dead_ms?, n_proc?);
    let largest = match &rates {
        Values::Array(all) => all.iter().copied().fold(0.0, f64::max),
        other => other.constant().unwrap_or(0.0),
    };
    if largest * dead_ms >= 1.0
        && let Some(node) = s.table.get("dead_time")
    {
        ctx.reports.error(
            &node.place,
            format!(
                "dead_time must be shorter than the mean interval, which is {}",
                show_in(1.0 / largest, Dimension::TIME)
            ),
        );
        return None;
    }
    if !rate::most(ctx).allows_below(largest * n_proc as f64)
        && let Some(node) = s.table.get("n_proc")
    {
        ctx.reports.error(
            &node.place,
            format!(
                "{n_proc} processes of {} are more spikes per tick than can be counted",
                show_in(largest, Dimension::RATE)
            ),
        );
        return None;
    }
    if let Some(elements) = elements
        && elements as u64 * n_proc > u64::from(u32::MAX)
        && let Some(node) = s.table.get("n_proc")
    {
        ctx.reports.error(
            &node.place,
            format!("{n_proc} processes for each of {elements} elements are too many"),
        );
        return None;
    }
    let (start, stop) = window?;
    Some(GammaSpec {
        hz: match rates {
            Values::Array(all) => {
                Values::Array(Arc::new(all.iter().map(|r| rate::hertz(*r)).collect()))
            }
            other => Values::Constant(rate::hertz(other.constant()?)),
        },
        shape: shape?,
        dead_ms,
        n_proc: u32::try_from(n_proc).ok()?,
        equilibrium: equilibrium?,
        start,
        stop,
    })
}
