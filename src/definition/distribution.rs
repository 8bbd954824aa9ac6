//! Distributions that values are drawn from: their table, what they are stated with, and what must
//! hold for them to be drawn.
//!
//! Any of them but `uniform` may have `min` and `max`: draws are then from the distribution under the
//! condition that they lie between. How that is done is `network/draw.rs`.

use super::context::{Context, show, show_in};
use super::incomplete::gamma_below;
use super::syntax::{Entry, Node, Table, Value};
use super::values::{Wanted, inside};
use crate::network::spec::Values;
use crate::neuron::def::Bound;
use crate::units::Dimension;

/// A distribution as users see it.
#[derive(Debug)]
pub struct DistributionDef {
    pub name: &'static str,
    /// What stands behind the name.
    pub argument: &'static str,
    pub example: &'static str,
    pub doc: &'static str,
    /// May it have `min` and `max`?
    pub limits: bool,
    pub reference: &'static str,
}

/// Every distribution, in the order users see.
pub static DISTRIBUTIONS: [DistributionDef; 6] = [
    DistributionDef {
        name: "uniform",
        argument: "[low, high]",
        example: "{ uniform = [\"0.5 ms\", \"2 ms\"] }",
        doc: "evenly in [low, high)",
        limits: false,
        reference: "",
    },
    DistributionDef {
        name: "normal",
        argument: "[mean, std]",
        example: "{ normal = [\"50 pA\", \"5 pA\"], min = \"0 pA\" }",
        doc: "mean and standard deviation; drawn again until it lies in [min, max]",
        limits: true,
        reference: "ziggurat: Marsaglia & Tsang 2000, J. Stat. Softw. 5(8)",
    },
    DistributionDef {
        name: "truncated_normal",
        argument: "[mean, std]",
        example: "{ truncated_normal = [\"-50 mV\", \"5 mV\"], max = \"-65 mV\" }",
        doc: "the part of a normal distribution in [min, max], of which one at least is needed; also where that part is small",
        limits: true,
        reference: "Robert 1995, Stat. Comput. 5:121",
    },
    DistributionDef {
        name: "lognormal",
        argument: "[median, sigma]",
        example: "{ lognormal = [\"50 pA\", 0.5], max = \"1 nA\" }",
        doc: "exp(ln median + sigma N(0, 1)); sigma is a plain number; a negative median gives negative values",
        limits: true,
        reference: "",
    },
    DistributionDef {
        name: "exponential",
        argument: "mean",
        example: "{ exponential = \"5 ms\", min = \"0.1 ms\" }",
        doc: "density exp(-x / mean) / mean for x > 0; a negative mean gives negative values",
        limits: true,
        reference: "by inversion, under min and max too",
    },
    DistributionDef {
        name: "gamma",
        argument: "{ shape, scale } or { shape, mean }",
        example: "{ gamma = { shape = 2, mean = \"50 pA\" } }",
        doc: "density x^(shape - 1) exp(-x / scale) for x > 0; mean = shape * scale, variance = shape * scale^2; a negative scale gives negative values",
        limits: true,
        reference: "Marsaglia & Tsang 2000, ACM Trans. Math. Softw. 26:363",
    },
];

/// Below this chance of a draw to fall between `min` and `max`, redrawing would take for ever.
const RAREST: f64 = 1e-4;

/// Reads the distribution that stands at `form`, an entry of `table`.
pub(super) fn read(
    ctx: &mut Context,
    def: &DistributionDef,
    form: &Entry,
    table: &Table,
    wanted: &Wanted<'_>,
) -> Option<Values> {
    let node = &form.node;
    let numbers = numbers(ctx, def, node, wanted);
    let mut limit = |key: &str, otherwise: f64| match table.get(key) {
        Some(n) if def.limits => {
            ctx.scalar(n, wanted.dimension, &format!("{}: {key}", wanted.what))
        }
        _ => Some(otherwise),
    };
    let (min, max) = (limit("min", f64::NEG_INFINITY), limit("max", f64::INFINITY));
    let ([a, b], min, max) = (numbers?, min?, max?);
    if min > max {
        ctx.reports.error(
            &node.place,
            format!("{}: min is greater than max", wanted.what),
        );
        return None;
    }
    match def.name {
        "uniform" => uniform(ctx, node, a, b, wanted),
        "normal" => normal(ctx, node, [a, b, min, max], wanted),
        "truncated_normal" => truncated_normal(ctx, node, [a, b, min, max], wanted),
        "lognormal" => lognormal(ctx, node, [a, b, min, max], wanted),
        "exponential" => exponential(ctx, node, [a, min, max], wanted),
        "gamma" => gamma(ctx, node, [a, b, min, max], wanted),
        // A distribution of the table that is not read here would be a mistake of this file.
        other => {
            ctx.reports.error(
                &form.key_place,
                format!("{other} cannot be used in a definition"),
            );
            None
        }
    }
}

/// The one or two numbers of a distribution.
fn numbers(
    ctx: &mut Context,
    def: &DistributionDef,
    node: &Node,
    wanted: &Wanted<'_>,
) -> Option<[f64; 2]> {
    let what = wanted.what;
    match def.name {
        "exponential" => {
            if matches!(node.value, Value::List(_) | Value::Table(_)) {
                ctx.expected(
                    node,
                    &format!("{what}: exponential"),
                    "one value, the mean,",
                );
                return None;
            }
            Some([ctx.scalar(node, wanted.dimension, what)?, 0.0])
        }
        "gamma" => shape_and_scale(ctx, node, wanted),
        _ => {
            let pair = match &node.value {
                Value::List(pair) => pair.as_slice(),
                _ => &[],
            };
            let [first, second] = pair else {
                ctx.expected(
                    node,
                    &format!("{what}: {}", def.name),
                    &format!("a list of two values, {}", def.argument),
                );
                return None;
            };
            let second_dimension = match def.name {
                "lognormal" => Dimension::NONE,
                _ => wanted.dimension,
            };
            let a = ctx.scalar(first, wanted.dimension, what);
            let b = ctx.scalar(second, second_dimension, what);
            Some([a?, b?])
        }
    }
}

/// `{ shape, scale }` or `{ shape, mean }`.
fn shape_and_scale(ctx: &mut Context, node: &Node, wanted: &Wanted<'_>) -> Option<[f64; 2]> {
    let what = format!("{}: gamma", wanted.what);
    let Some(table) = node.table() else {
        ctx.expected(node, &what, "a table { shape, scale } or { shape, mean }");
        return None;
    };
    table.only(&["shape", "scale", "mean"], &what, &mut ctx.reports);
    let shape = match table.get("shape") {
        Some(n) => ctx.scalar(n, Dimension::NONE, &format!("{what}: shape")),
        None => {
            ctx.missing(&node.place, &format!("{what}: shape"), "shape = 2");
            None
        }
    };
    let (scale, mean) = (table.get("scale"), table.get("mean"));
    let (stated, key) = match (scale, mean) {
        (Some(n), None) => (n, "scale"),
        (None, Some(n)) => (n, "mean"),
        _ => {
            ctx.reports
                .error(&node.place, format!("{what} needs one of scale and mean"));
            return None;
        }
    };
    let value = ctx.scalar(stated, wanted.dimension, &format!("{what}: {key}"));
    let (shape, value) = (shape?, value?);
    if shape <= 0.0 {
        ctx.reports.error(
            &node.place,
            format!("{what}: shape must be greater than 0, not {}", show(shape)),
        );
        return None;
    }
    Some([shape, if key == "mean" { value / shape } else { value }])
}

fn uniform(
    ctx: &mut Context,
    node: &Node,
    low: f64,
    high: f64,
    wanted: &Wanted<'_>,
) -> Option<Values> {
    if low > high {
        ctx.reports.error(
            &node.place,
            format!(
                "{}: the lower limit {} is greater than the upper limit {}",
                wanted.what,
                show(low),
                show(high)
            ),
        );
        return None;
    }
    // The upper limit itself is never drawn, so an exclusive bound may stand there.
    let high_allowed = match wanted.max {
        Bound::Exclusive(b) => high <= b,
        bound => bound.allows_below(high),
    };
    if !(wanted.allows(low) && high_allowed && wanted.min.allows_above(high)) {
        ctx.reports.error(
            &node.place,
            format!(
                "{} must be {}, and this draws from {} to {}",
                wanted.what,
                wanted.range(),
                show(low),
                show(high)
            ),
        );
        return None;
    }
    Some(if low == high {
        Values::Constant(low)
    } else {
        Values::Uniform { low, high }
    })
}

/// The tails of a drawn distribution must stay in the allowed range: `min` and `max` cut them.
fn tails_inside(ctx: &mut Context, node: &Node, low: f64, high: f64, wanted: &Wanted<'_>) -> bool {
    let (key, bound) = if !(wanted.min.allows_above(low)) {
        ("min", wanted.min)
    } else if !(wanted.max.allows_below(high)) {
        ("max", wanted.max)
    } else {
        return true;
    };
    let limit = match bound {
        Bound::Inclusive(b) | Bound::Exclusive(b) => b,
        Bound::None => 0.0,
    };
    ctx.reports
        .error(
            &node.place,
            format!(
                "{} must be {}, and this distribution can leave that range",
                wanted.what,
                wanted.range()
            ),
        )
        .help(match bound {
            Bound::Exclusive(_) => format!(
                "add {key} beside it; {} itself is not allowed",
                show_in(limit, wanted.dimension)
            ),
            _ => format!("add {key} = \"{}\"", show_in(limit, wanted.dimension)),
        });
    false
}

/// Chance of a standard normal draw in [low, high].
fn chance(low: f64, high: f64) -> f64 {
    let upper = |x: f64| 0.5 * libm::erfc(x / std::f64::consts::SQRT_2);
    // The difference of upper tails cancels on the far left; mirrored it does not.
    if high <= 0.0 {
        upper(-high) - upper(-low)
    } else {
        upper(low) - upper(high)
    }
}

fn too_rare(ctx: &mut Context, node: &Node, what: &str) {
    ctx.reports
        .error(
            &node.place,
            format!("{what}: almost no draw of this distribution lies between min and max"),
        )
        .help("values are drawn again until they do; widen the limits");
}

fn spread_valid(ctx: &mut Context, node: &Node, spread: f64, name: &str, what: &str) -> bool {
    if spread < 0.0 {
        ctx.reports.error(
            &node.place,
            format!("{what}: {name} must not be negative: {}", show(spread)),
        );
    }
    spread >= 0.0
}

fn normal(
    ctx: &mut Context,
    node: &Node,
    [mean, std, min, max]: [f64; 4],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    if !spread_valid(ctx, node, std, "the standard deviation", wanted.what) {
        return None;
    }
    if std == 0.0 {
        return always(ctx, node, mean, [min, max], wanted);
    }
    if !tails_inside(ctx, node, min, max, wanted) {
        return None;
    }
    if chance((min - mean) / std, (max - mean) / std) < RAREST {
        too_rare(ctx, node, wanted.what);
        return None;
    }
    Some(Values::Normal {
        mean,
        std,
        min,
        max,
    })
}

/// A distribution without spread: the one value it has, if the limits let it through.
fn always(
    ctx: &mut Context,
    node: &Node,
    only: f64,
    [min, max]: [f64; 2],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    if !(min..=max).contains(&only) {
        too_rare(ctx, node, wanted.what);
        return None;
    }
    inside(ctx, only, &node.place, wanted).then_some(Values::Constant(only))
}

/// The part of a normal distribution between `min` and `max`, however small it is.
fn truncated_normal(
    ctx: &mut Context,
    node: &Node,
    [mean, std, min, max]: [f64; 4],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    if !spread_valid(ctx, node, std, "the standard deviation", wanted.what) {
        return None;
    }
    if min == f64::NEG_INFINITY && max == f64::INFINITY {
        ctx.reports
            .error(
                &node.place,
                format!("{}: a truncated normal needs min or max", wanted.what),
            )
            .help("without limits it is { normal = [mean, std] }");
        return None;
    }
    if std == 0.0 || min == max {
        let only = if std == 0.0 { mean } else { min };
        return always(ctx, node, only, [min, max], wanted);
    }
    if !tails_inside(ctx, node, min, max, wanted) {
        return None;
    }
    // Beyond this many standard deviations the squares that decide lose their digits.
    const FARTHEST: f64 = 1e6;
    if ((min - mean) / std).max((mean - max) / std) > FARTHEST {
        too_rare(ctx, node, wanted.what);
        return None;
    }
    Some(Values::TruncatedNormal {
        mean,
        std,
        min,
        max,
    })
}

/// `median * exp(sigma * N(0, 1))`. A negative median gives negative values.
fn lognormal(
    ctx: &mut Context,
    node: &Node,
    [median, sigma, min, max]: [f64; 4],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    let what = wanted.what;
    if !spread_valid(ctx, node, sigma, "sigma", what) {
        return None;
    }
    if median == 0.0 {
        ctx.reports.error(
            &node.place,
            format!("{what}: the median of a lognormal distribution cannot be zero"),
        );
        return None;
    }
    if sigma == 0.0 {
        return always(ctx, node, median, [min, max], wanted);
    }
    // Zero itself is never drawn: the smallest number beyond it stands for the open end.
    let tiny = f64::MIN_POSITIVE;
    let (low, high) = if median > 0.0 {
        (min.max(tiny), max)
    } else {
        (min, max.min(-tiny))
    };
    if low > high {
        too_rare(ctx, node, what);
        return None;
    }
    if !tails_inside(ctx, node, low, high, wanted) {
        return None;
    }
    let z = |x: f64| libm::log(x / median) / sigma;
    let (from, to) = (z(low).min(z(high)), z(low).max(z(high)));
    // Both ratios are positive, so neither logarithm is NaN.
    if chance(from, to) < RAREST {
        too_rare(ctx, node, what);
        return None;
    }
    Some(Values::Lognormal {
        mu: 0.0,
        sigma,
        scale: median,
        min,
        max,
    })
}

/// The limits of a distribution over the positive numbers, or the negative ones if `sign` is.
fn one_sided(
    ctx: &mut Context,
    node: &Node,
    [sign, min, max]: [f64; 3],
    name: &str,
    wanted: &Wanted<'_>,
) -> Option<()> {
    if sign == 0.0 {
        ctx.reports.error(
            &node.place,
            format!("{}: {name} cannot be zero", wanted.what),
        );
        return None;
    }
    // Zero itself is never drawn: the smallest number beyond it stands for the open end.
    let tiny = f64::MIN_POSITIVE;
    let (low, high) = if sign > 0.0 {
        (min.max(tiny), max)
    } else {
        (min, max.min(-tiny))
    };
    if low > high {
        too_rare(ctx, node, wanted.what);
        return None;
    }
    tails_inside(ctx, node, low, high, wanted).then_some(())
}

fn exponential(
    ctx: &mut Context,
    node: &Node,
    [mean, min, max]: [f64; 3],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    one_sided(ctx, node, [mean, min, max], "the mean", wanted)?;
    Some(Values::Exponential { mean, min, max })
}

fn gamma(
    ctx: &mut Context,
    node: &Node,
    [shape, scale, min, max]: [f64; 4],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    one_sided(ctx, node, [scale, min, max], "the scale", wanted)?;
    let (a, b) = (min / scale, max / scale);
    let (from, to) = (a.min(b).max(0.0), a.max(b));
    if gamma_below(shape, to) - gamma_below(shape, from) < RAREST {
        too_rare(ctx, node, wanted.what);
        return None;
    }
    Some(Values::Gamma {
        shape,
        scale,
        min,
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_a_normal_draw_is_right_in_both_tails() {
        assert!((chance(-1.0, 1.0) - 0.682_689_492_137).abs() < 1e-9);
        assert!((chance(f64::NEG_INFINITY, f64::INFINITY) - 1.0).abs() < 1e-12);
        assert!((chance(-10.0, -9.0) / chance(9.0, 10.0) - 1.0).abs() < 1e-9);
        assert!(chance(9.0, 10.0) > 0.0);
    }
}
