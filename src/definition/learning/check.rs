//! What must hold between a projection and its learning rule: weights within the bounds, signs that
//! stay, delays that are long enough, synapses that can be held.

use std::sync::Arc;

use super::super::context::{Context, show_in, show_ticks};
use super::super::names::Names;
use super::super::source::Place;
use super::super::syntax::Table;
use crate::network::spec::{Axonal, Delay, ProjectionSpec, Rule, TableChoice, Values, Weight};
use crate::neuron::block::channels;
use crate::units::Dimension;

/// A stated weight may exceed a bound by so much of it: weights that a run in single precision left at
/// the bound are rounded ones.
const ROUNDING: f64 = 1e-6;

/// Checks a projection. `weight_at` and `place` are where its weight and the projection itself stand.
pub(in super::super) fn check(
    ctx: &mut Context,
    table: &Table,
    names: &Names,
    spec: &mut ProjectionSpec,
    place: &Place,
) -> Option<()> {
    let plastic = spec.plasticity.as_ref()?;
    let axonal = plastic.axonal;
    let learning = plastic.learning.clone();
    let mut fine = Some(());
    match table.entry("table") {
        Some(e) if !matches!(spec.table, TableChoice::Auto | TableChoice::Index) => {
            ctx.reports
                .error(
                    &e.key_place,
                    "plastic synapses have weights of their own: they are lists of targets",
                )
                .help("leave out the key, or write table = \"auto\"");
            fine = None;
        }
        // What is said of all projections holds where it is possible.
        _ => {
            if !matches!(spec.table, TableChoice::Auto | TableChoice::Index) {
                spec.table = TableChoice::Auto;
            }
        }
    }
    if let (Axonal::Ticks(axonal), Delay::Ticks(delay)) = (axonal, &spec.delay)
        && axonal > *delay
    {
        let at = table.entry("axonal_delay").map_or(place, |e| &e.node.place);
        let resolution = ctx.resolution_ps?;
        ctx.reports
            .error(
                at,
                format!(
                    "axonal_delay of {} is longer than the delay of {}",
                    show_ticks(axonal, resolution),
                    show_ticks(*delay, resolution)
                ),
            )
            .help("it is a part of the delay; \"all\" takes the whole");
        fine = None;
    }
    let Some(learning) = learning else {
        return fine;
    };
    let name = learning.rule.rule.def().name;
    let (low, high) = learning.rule.weight_bounds();
    if low < 0.0 && high > 0.0 {
        let chooses = spec.to.iter().find_map(|s| {
            let model = names.model(s)?;
            let def = model.def();
            let together = names.at(s.population)?.together;
            (def.ports == 0 && !together && channels(model) > 1).then_some(def.name)
        });
        if let Some(model) = chooses {
            let at = table.entry("plasticity").map_or(place, |e| &e.node.place);
            ctx.reports
                .error(
                    at,
                    format!("a weight onto {model} cannot change its sign, but Wmin and Wmax have different ones"),
                )
                .help("the sign of a weight chooses the receptor there: let Wmin or Wmax be 0, or use lif_multisynapse");
            return None;
        }
    }
    let dimension = names
        .common_weight_dimension(&spec.to)
        .unwrap_or(Dimension::NONE);
    let (least, most, drawn) = reach(spec);
    let beyond = |w: f64, bound: f64| {
        // An infinite bound is never reached.
        (w - bound).abs() > ROUNDING * bound.abs()
    };
    let bad = if most > high && beyond(most, high) {
        Some(most)
    } else if least < low && beyond(least, low) {
        Some(least)
    } else {
        None
    };
    let Some(bad) = bad else {
        clamp(spec, low, high);
        return fine;
    };
    let at = table.entry("weight").or(table.entry("rule"));
    let other_sign = (bad > 0.0 && high <= 0.0) || (bad < 0.0 && low >= 0.0);
    let limit = |w: f64| {
        if w.is_finite() {
            show_in(w, dimension)
        } else {
            "any".into()
        }
    };
    let reach = if drawn { "reach" } else { "is" };
    let subject = if drawn { "weights" } else { "the weight" };
    let d = ctx.reports.error(
        at.map_or(place, |e| &e.node.place),
        if other_sign {
            format!(
                "{subject} {reach} {}, but those of the rule {name} are {}",
                show_in(bad, dimension),
                if high > 0.0 { "positive" } else { "negative" }
            )
        } else {
            format!(
                "{subject} {reach} {}, but the rule {name} keeps them between {} and {}",
                show_in(bad, dimension),
                limit(low),
                limit(high)
            )
        },
    );
    d.help(match (&spec.weight, other_sign) {
        (Weight::Values(Values::Constant(_)), true) => {
            "inhibitory synapses have a negative weight and a negative Wmax (W0)"
        }
        (Weight::Values(Values::Constant(_)), false) => "change the weight, or the bounds",
        (Weight::FromList | Weight::Values(Values::Array(_)), _) => {
            "change the weights, or the bounds"
        }
        _ => "state min and max of what is drawn, practically all draws included",
    });
    None
}

/// Least and largest weight, and whether there may be different ones.
fn reach(spec: &ProjectionSpec) -> (f64, f64, bool) {
    let of = |all: &[f64]| {
        all.iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), w| {
                (l.min(*w), h.max(*w))
            })
    };
    match (&spec.weight, &spec.rule) {
        (Weight::Values(values), _) => {
            let (low, high) = values.practical();
            (low, high, values.constant().is_none())
        }
        (Weight::ByDistance(profile), _) => {
            let (low, high) = profile.range(f64::INFINITY, Values::practical);
            (low, high, true)
        }
        (Weight::FromList, Rule::List(edges)) => {
            let (low, high) = of(&edges.weight);
            (low, high, true)
        }
        (Weight::FromList, _) => (0.0, 0.0, false),
    }
}

/// Brings listed weights that rounding left beyond a bound back to it.
fn clamp(spec: &mut ProjectionSpec, low: f64, high: f64) {
    let is_beyond = |all: &[f64]| all.iter().any(|w| *w < low || *w > high);
    let back = |all: &mut Vec<f64>| all.iter_mut().for_each(|w| *w = w.clamp(low, high));
    match (&mut spec.weight, &mut spec.rule) {
        (Weight::FromList, Rule::List(edges)) if is_beyond(&edges.weight) => {
            back(&mut Arc::make_mut(edges).weight);
        }
        (Weight::Values(Values::Array(all)), _) if is_beyond(all) => back(Arc::make_mut(all)),
        (Weight::Values(Values::Constant(w)), _) => *w = w.clamp(low, high),
        _ => {}
    }
}
