//! The `delay` of a projection.

use super::by_distance;
use super::context::{Context, round_to_ticks, show};
use super::syntax::{Node, Value};
use super::values::{self, Wanted};
use crate::network::spec::{Delay, PS_PER_MS, Values};
use crate::units::Dimension;

/// A constant in ticks, a function of distance, or a distribution whose draws round to at least one tick.
pub(super) fn read(ctx: &mut Context, node: &Node) -> Option<Delay> {
    if by_distance::is_meant(node) {
        return by_distance::delay(ctx, node).map(Delay::ByDistance);
    }
    let drawn = match &node.value {
        Value::Table(_) | Value::List(_) => {
            values::read(ctx, node, &Wanted::any("delay", Dimension::TIME, None, ""))?
        }
        _ => return ctx.ticks(node, "delay", 1).map(Delay::Ticks),
    };
    if let Values::Constant(ms) = drawn {
        return ctx.ticks_of(ms, &node.place, "delay", 1).map(Delay::Ticks);
    }
    let resolution = ctx.resolution_ps?;
    // What is at least half a tick rounds to at least one.
    let least = 0.5 * resolution as f64 / PS_PER_MS;
    let (_, longest) = values::support(&drawn);
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
    let clipped = match drawn {
        Values::Uniform { low, .. } if low < 0.0 => {
            ctx.reports.error(
                &node.place,
                format!("delay must not be negative: draws from {} ms on", show(low)),
            );
            return None;
        }
        Values::Uniform { low, high } => Values::Uniform {
            low: low.max(least),
            high,
        },
        Values::Normal {
            mean,
            std,
            min,
            max,
        } => {
            if mean < 0.0 {
                ctx.reports.error(
                    &node.place,
                    format!("delay must not be negative: the mean is {} ms", show(mean)),
                );
                return None;
            }
            Values::Normal {
                mean,
                std,
                min: min.max(least),
                max,
            }
        }
        Values::Lognormal {
            mu,
            sigma,
            scale,
            min,
            max,
        } => {
            if scale < 0.0 {
                ctx.reports.error(
                    &node.place,
                    format!(
                        "delay must not be negative: the median is {} ms",
                        show(scale)
                    ),
                );
                return None;
            }
            Values::Lognormal {
                mu,
                sigma,
                scale,
                min: min.max(least),
                max,
            }
        }
        other => other,
    };
    Some(Delay::Drawn(clipped))
}
