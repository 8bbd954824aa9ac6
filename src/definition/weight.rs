//! `weight` of a projection or a private stimulus: its dimension is that of the targets.

use super::by_distance;
use super::context::Context;
use super::names::Names;
use super::source::Place;
use super::syntax::{Node, Table};
use super::values::{self, Each, Wanted};
use crate::network::spec::{Slice, Values, Weight};
use crate::units::Dimension;

/// Largest weight: drawn ones are held in single precision.
pub(super) const LARGEST: f64 = f32::MAX as f64;

/// The key `weight` of `table`. `each`: how many weights a list or file may have, if one is allowed; `to_place`
/// is where the targets are named, `place` where a missing weight would belong.
///
/// Targets that ignore weights need none.
pub(super) fn read(
    ctx: &mut Context,
    table: &Table,
    names: &Names,
    to: &[Slice],
    to_place: &Place,
    place: &Place,
    each: Option<Each>,
) -> Option<Values> {
    let stated = table.entry("weight").map(|e| (&e.key_place, &e.node));
    one(ctx, stated, names, to, to_place, place, each)
}

/// The same for a weight that stands at `stated`: the place of its key, and the value.
pub(super) fn one(
    ctx: &mut Context,
    stated: Option<(&Place, &Node)>,
    names: &Names,
    to: &[Slice],
    to_place: &Place,
    place: &Place,
    each: Option<Each>,
) -> Option<Values> {
    let dimension = names.weight_dimension(ctx, to, to_place)?;
    let Some((key_place, node)) = stated else {
        let Some(dimension) = dimension else {
            return Some(Values::Constant(1.0));
        };
        let example = match dimension {
            Dimension::VOLTAGE => "weight = \"0.1 mV\"".to_string(),
            other => format!("weight = {}", other.example()),
        };
        ctx.missing(place, "the weight", &example);
        return None;
    };
    let Some(dimension) = dimension else {
        ctx.reports
            .warning(
                key_place,
                "the weight is ignored: relay neurons repeat every spike whatever its weight",
            )
            .label("ignored");
        return Some(Values::Constant(1.0));
    };
    let wanted = Wanted::any("weight", dimension, None, "targets");
    let values = values::read_each(ctx, node, &wanted, each)?;
    let (low, high) = values.practical();
    if low.abs().max(high.abs()) > LARGEST {
        ctx.reports
            .error(&node.place, "weight: values this large cannot be held")
            .help("weights lie within 3.4e38 of their unit, practically all draws included");
        return None;
    }
    Some(values)
}

/// The weight of a projection, which may depend on distance.
pub(super) fn of_projection(
    ctx: &mut Context,
    stated: Option<(&Place, &Node)>,
    names: &Names,
    to: &[Slice],
    to_place: &Place,
    place: &Place,
    each: Option<Each>,
) -> Option<Weight> {
    if let Some((_, node)) = stated
        && by_distance::is_meant(node)
        && let Some(dimension) = names.weight_dimension(ctx, to, to_place)?
    {
        return by_distance::weight(ctx, node, dimension).map(Weight::ByDistance);
    }
    one(ctx, stated, names, to, to_place, place, each).map(Weight::Values)
}
