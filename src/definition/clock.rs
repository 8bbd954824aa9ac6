//! What populations of clocked models have beside others: their step, and pairs of parameters that
//! must be in order.

use super::context::{Context, show, show_in, show_ticks};
use super::population::violation;
use super::syntax::{Entry, Node, Table};
use crate::network::spec::{Clock, NeuronOptions, PS_PER_MS, Update, Values};
use crate::neuron::adex::MOST_EXPONENT;
use crate::neuron::def::{ClockDef, ModelDef};
use crate::units::Dimension;

/// Finer steps are better served by a finer resolution.
const MOST_SUBSTEPS: u64 = 10_000;

/// `step` and `consistent_integration` of a population, into its options.
pub(super) fn read(ctx: &mut Context, table: &Table, def: &ModelDef, options: &mut NeuronOptions) {
    let Some(clock) = &def.clock else {
        refuse(
            ctx,
            table,
            def,
            "step",
            "it is solved exactly, without steps",
        );
        refuse(
            ctx,
            table,
            def,
            "consistent_integration",
            "it is solved exactly",
        );
        return;
    };
    if clock.has_consistent_integration {
        if let Some(node) = table.get("consistent_integration") {
            let consistent = ctx.boolean(node, "consistent_integration");
            options.two_half_steps = consistent == Some(false);
        }
    } else {
        let why = "only izhikevich has two ways of being integrated";
        refuse(ctx, table, def, "consistent_integration", why);
    }
    let stated = table.get("step");
    let found = match stated {
        Some(node) => stated_clock(ctx, node),
        None => ctx.resolution_ps.map(|r| default_clock(clock, r)),
    };
    options.clock = found.unwrap_or_default();
    if let (Some(duration), Some(node)) = (ctx.duration, stated)
        && options.clock.ticks > duration
    {
        ctx.reports
            .warning(
                &node.place,
                "the step is longer than the simulation: these neurons never change",
            )
            .label("no step is taken");
    }
}

fn refuse(ctx: &mut Context, table: &Table, def: &ModelDef, key: &str, why: &str) {
    if let Some(entry) = table.entry(key) {
        ctx.reports
            .error(
                &entry.key_place,
                format!("the model {} has no {key}: {why}", def.name),
            )
            .help(format!(
                "spikewheel describe {} shows what it has",
                def.name
            ));
    }
}

/// The longest step that is not above the model's default and fits the resolution.
fn default_clock(clock: &ClockDef, resolution_ps: u64) -> Clock {
    let default_ps = (clock.default_ms * PS_PER_MS).round() as u64;
    match default_ps / resolution_ps.max(1) {
        0 if clock.follows_resolution => Clock::default(),
        0 => Clock {
            ticks: 1,
            substeps: u32::try_from(resolution_ps.div_ceil(default_ps)).unwrap_or(u32::MAX),
        },
        ticks => Clock { ticks, substeps: 1 },
    }
}

/// The stated step as a whole multiple or a whole fraction of the resolution.
fn stated_clock(ctx: &mut Context, node: &Node) -> Option<Clock> {
    let ms = ctx.scalar(node, Dimension::TIME, "step")?;
    let resolution = ctx.resolution_ps?;
    let tick = resolution as f64 / PS_PER_MS;
    if !(ms > 0.0 && ms.is_finite()) {
        ctx.reports.error(
            &node.place,
            format!("the step must be positive, not {} ms", show(ms)),
        );
        return None;
    }
    let (ratio, is_multiple) = if ms >= tick {
        (ms / tick, true)
    } else {
        (tick / ms, false)
    };
    let whole = ratio.round();
    if (ratio - whole).abs() > 1e-6 || whole > 9e15 {
        let near = |n: f64| {
            let step = if is_multiple { tick * n } else { tick / n };
            format!("{} ms", show(step))
        };
        ctx.reports
            .error(
                &node.place,
                format!(
                    "the step of {} ms is neither a whole multiple nor a whole fraction of the resolution, {}",
                    show(ms),
                    show_ticks(1, resolution)
                ),
            )
            .help(format!(
                "the nearest are {} and {}",
                near(ratio.floor()),
                near(ratio.ceil())
            ));
        return None;
    }
    let whole = whole as u64;
    if is_multiple {
        return Some(Clock {
            ticks: whole,
            substeps: 1,
        });
    }
    if whole > MOST_SUBSTEPS {
        ctx.reports
            .error(
                &node.place,
                format!("the step is a {whole}th of the resolution; {MOST_SUBSTEPS} steps to a tick are allowed"),
            )
            .help("choose a finer resolution");
        return None;
    }
    Some(Clock {
        ticks: 1,
        substeps: u32::try_from(whole).ok()?,
    })
}

/// Clocked populations are always swept.
pub(super) fn check_update(ctx: &mut Context, table: &Table, def: &ModelDef, update: Update) {
    if def.clock.is_some()
        && update == Update::Lazy
        && let Some(node) = table.get("update")
    {
        ctx.reports
            .error(
                &node.place,
                format!("{} cannot be updated lazily: it is integrated step by step, whether there is input or not", def.name),
            )
            .help("leave out update; a longer step is what makes a clocked population cheaper");
    }
}

/// Pairs of parameters that must be in order, and the exponent of the AdEx neuron.
pub(super) fn check_params(
    ctx: &mut Context,
    entry: &Entry,
    table: &Table,
    def: &ModelDef,
    params: &[Option<Values>],
    step: Clock,
) {
    let Some(clock) = &def.clock else {
        return;
    };
    let given = table.get("params").and_then(Node::table);
    let place = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|n| given.and_then(|t| t.get(n)))
            .map_or(&entry.key_place, |n| &n.place)
    };
    let value = |name: &str| {
        let at = def.param(name)?;
        params.get(at)?.as_ref()
    };
    // Euler steps of the recovery, U <- U + a h (b V - U), grow without limit beyond a h = 2.
    if def.name == "izhikevich"
        && let (Some(a), Some(resolution)) = (value("a"), ctx.resolution_ps)
    {
        let h = resolution as f64 / PS_PER_MS * step.ticks as f64 / f64::from(step.substeps.max(1));
        let (low, high) = a.practical();
        if low < 0.0 || high * h > 2.0 {
            ctx.reports
                .error(
                    place(["a", "a"]),
                    format!(
                        "a must lie between 0 and {} at a step of {} ms, or the recovery grows without limit",
                        show(2.0 / h),
                        show(h)
                    ),
                )
                .help("a is a rate per ms; for larger ones take a finer step");
        }
    }
    for order in clock.orders {
        let (Some(low), Some(high)) = (value(order.low), value(order.high)) else {
            continue;
        };
        let Some((low, high, neuron)) = violation(low, high, order.may_be_equal) else {
            continue;
        };
        let whom = neuron.map_or(String::new(), |i| format!(" of neuron {i}"));
        let (must, is) = if order.may_be_equal {
            ("must not be above", "is above")
        } else {
            ("must be below", "is not below")
        };
        ctx.reports
            .error(
                place([order.low, order.high]),
                format!(
                    "{}{whom} {must} {}: {} {is} {}",
                    order.low,
                    order.high,
                    show_in(low, Dimension::VOLTAGE),
                    show_in(high, Dimension::VOLTAGE)
                ),
            )
            .help(order.why);
    }
    if let (Some(peak), Some(threshold), Some(slope)) =
        (value("V_peak"), value("V_th"), value("Delta_T"))
        && let Some(exponent) = largest_exponent(peak, threshold, slope)
        && exponent > MOST_EXPONENT
    {
        ctx.reports
            .error(
                place(["Delta_T", "V_peak"]),
                format!(
                    "(V_peak - V_th) / Delta_T is {}, and {MOST_EXPONENT} is allowed: the exponential current would leave the range of numbers",
                    show(exponent.round())
                ),
            )
            .help("raise Delta_T or lower V_peak; Delta_T = \"0 mV\" switches the exponential off");
    }
}

/// The largest (V_peak - V_th) / Delta_T of any neuron; `None` if none has an exponential.
fn largest_exponent(peak: &Values, threshold: &Values, slope: &Values) -> Option<f64> {
    let all = [peak, threshold, slope];
    let length = all.iter().filter_map(|v| match v {
        Values::Array(a) => Some(a.len()),
        _ => None,
    });
    // Of drawn values the worst that may be drawn.
    let at = |v: &Values, i: usize, highest: bool| match v {
        Values::Array(a) => a.get(i).copied().unwrap_or(0.0),
        v => {
            let (low, high) = v.practical();
            if highest { high } else { low }
        }
    };
    (0..length.max().unwrap_or(1))
        .filter_map(|i| {
            let slope_value = at(slope, i, false);
            let none = slope_value == 0.0 && !matches!(slope, Values::Uniform { .. });
            (!none).then(|| (at(peak, i, true) - at(threshold, i, false)) / slope_value)
        })
        .reduce(f64::max)
}
