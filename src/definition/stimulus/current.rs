//! Injected currents.

use std::sync::Arc;

use super::super::context::{Context, show_in};
use super::super::names::Names;
use super::super::syntax::Node;
use super::super::values::{self, Wanted};
use super::{Known, image, positive_or, rate, read_window, required, scalar_or, stated};
use crate::network::spec::{CurrentSpec, DriveKind, PS_PER_MS, Slice, Values};
use crate::stimulus::current::constant;
use crate::units::Dimension;

/// Only some models take a current.
pub(super) fn takers(ctx: &mut Context, s: &Known<'_>, names: &Names, to: &[Slice], node: &Node) {
    for slice in to {
        if let Some(model) = names.model(slice)
            && !model.def().takes_current
        {
            let what = if s.def.name == "image" {
                "give it spikes: encode = \"rate\" or \"latency\""
            } else {
                "give it spikes instead"
            };
            ctx.reports
                .error(
                    &node.place,
                    format!("the model {} takes no current", model.def().name),
                )
                .help(what);
        }
    }
}

pub(super) fn read(ctx: &mut Context, s: &Known<'_>, targets: Option<usize>) -> Option<DriveKind> {
    match s.def.name {
        "step_current" => steps(ctx, s),
        "dc_current" => dc(ctx, s, targets),
        "sine_current" => sine(ctx, s).map(DriveKind::Current),
        "noise_current" => noise(ctx, s).map(DriveKind::Current),
        _ => image::current(ctx, s, targets).map(DriveKind::Current),
    }
}

fn steps(ctx: &mut Context, s: &Known<'_>) -> Option<DriveKind> {
    let times = required(ctx, s, "times", "times = [\"100 ms\", \"200 ms\"]");
    let amplitudes = required(ctx, s, "amplitudes", "amplitudes = [\"200 pA\", \"0 pA\"]");
    times?;
    amplitudes?;
    let wanted = Wanted::any("amplitude", Dimension::CURRENT, None, "");
    let (at, amplitude) =
        rate::read_step_lists(ctx, &s.entry.node, s.table, "amplitudes", &wanted)?;
    Some(DriveKind::StepCurrent { at, amplitude })
}

fn dc(ctx: &mut Context, s: &Known<'_>, targets: Option<usize>) -> Option<DriveKind> {
    let node = required(ctx, s, "amplitude", "amplitude = \"200 pA\"");
    let window = read_window(ctx, s);
    let node = node?;
    let wanted = Wanted::any("amplitude", Dimension::CURRENT, targets, "targets");
    let values = values::read(ctx, node, &wanted)?;
    let values = stated(ctx, values, node, "amplitude")?;
    let (start, stop) = window?;
    Some(match values {
        Values::Array(all) => DriveKind::Current(constant(Arc::unwrap_or_clone(all), start, stop)),
        other => DriveKind::StepCurrent {
            at: vec![start, stop],
            amplitude: vec![other.constant()?, 0.0],
        },
    })
}

/// `dt` in ticks, at least one.
fn interval(ctx: &mut Context, s: &Known<'_>, otherwise_ms: f64) -> Option<u64> {
    match s.table.get("dt") {
        Some(n) => ctx.ticks(n, "dt", 1),
        None => {
            let ticks = otherwise_ms * PS_PER_MS / ctx.resolution_ps? as f64;
            Some(ticks.round().max(1.0) as u64)
        }
    }
}

fn sine(ctx: &mut Context, s: &Known<'_>) -> Option<CurrentSpec> {
    let amplitude = required(ctx, s, "amplitude", "amplitude = \"100 pA\"")
        .and_then(|n| ctx.scalar(n, Dimension::CURRENT, "amplitude"));
    required(ctx, s, "frequency", "frequency = \"10 Hz\"");
    let frequency = positive_or(ctx, s, "frequency", Dimension::RATE, 0.0);
    let offset = scalar_or(ctx, s, "offset", Dimension::CURRENT, 0.0);
    let phase = scalar_or(ctx, s, "phase", Dimension::NONE, 0.0);
    let dt = interval(ctx, s, 0.0);
    let (start, stop) = read_window(ctx, s)?;
    s.table.get("frequency")?;
    Some(CurrentSpec::Sine {
        offset: offset?,
        amplitude: amplitude?,
        hz: rate::hertz(frequency?),
        phase: phase?,
        dt: dt?,
        start,
        stop,
    })
}

fn noise(ctx: &mut Context, s: &Known<'_>) -> Option<CurrentSpec> {
    required(ctx, s, "std", "std = \"100 pA\"");
    let std = positive_or(ctx, s, "std", Dimension::CURRENT, 0.0);
    let mean = scalar_or(ctx, s, "mean", Dimension::CURRENT, 0.0);
    let std_mod = positive_or(ctx, s, "std_mod", Dimension::CURRENT, 0.0);
    let frequency = positive_or(ctx, s, "frequency", Dimension::RATE, 0.0);
    let phase = scalar_or(ctx, s, "phase", Dimension::NONE, 0.0);
    let dt = interval(ctx, s, 1.0);
    let window = read_window(ctx, s);
    match (s.table.entry("std_mod"), s.table.entry("frequency")) {
        (Some(e), None) => ctx.missing(
            &e.key_place,
            "the frequency of the modulation std_mod",
            "frequency = \"10 Hz\"",
        ),
        (None, Some(e)) => {
            ctx.reports
                .error(
                    &e.key_place,
                    "frequency belongs to a modulation, and there is none",
                )
                .help("add for example std_mod = \"50 pA\", or leave frequency out");
        }
        _ => {}
    }
    if let (Some(std), Some(std_mod), Some(node)) = (std, std_mod, s.table.get("std_mod"))
        && std_mod > std
    {
        ctx.reports.error(
            &node.place,
            format!(
                "std_mod must be at most std, which is {}: the variance would be negative",
                show_in(std, Dimension::CURRENT)
            ),
        );
        return None;
    }
    s.table.get("std")?;
    let (start, stop) = window?;
    Some(CurrentSpec::Noise {
        mean: mean?,
        std: std?,
        std_mod: std_mod?,
        hz: rate::hertz(frequency?),
        phase: phase?,
        dt: dt?,
        start,
        stop,
    })
}
