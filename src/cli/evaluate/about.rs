//! What a model is, in words, and how numbers are written.

use serde_json::{Value, json};

use crate::cli::convert::row;
use crate::model::{CodeSpec, Model};
use crate::network::spec::PS_PER_MS;

/// Rows that say how values are coded.
pub(in crate::cli) fn code_text(model: &Model) -> Vec<Vec<String>> {
    match &model.code {
        CodeSpec::Exact {
            window,
            tick_ps,
            headroom,
        } => vec![
            row([
                "code",
                &format!(
                    "exact: one spike per neuron, whose time is the value; scales {headroom} times the \
                     largest value seen"
                ),
            ]),
            row([
                "latency",
                &format!(
                    "{}: {} windows of {} ({} ticks of {})",
                    span(latency_ms(model) * PS_PER_MS),
                    model.network.windows(),
                    span(f64::from(*window) * *tick_ps as f64),
                    window,
                    span(*tick_ps as f64),
                ),
            ]),
        ],
    }
}

pub(in crate::cli) fn code_json(model: &Model) -> Value {
    json!({
        "kind": model.network.code(),
        "parameters": model.code,
        "windows": model.network.windows(),
        "latency_ms": latency_ms(model),
    })
}

/// Time from the beginning of a sample until the output is there.
pub(super) fn latency_ms(model: &Model) -> f64 {
    model.network.ticks() as f64 * model.code.tick_ps() as f64 / PS_PER_MS
}

/// A time in ps, in the unit in which it reads best.
fn span(ps: f64) -> String {
    const UNITS: [(&str, f64); 5] = [
        ("s", 1e12),
        ("ms", 1e9),
        ("us", 1e6),
        ("ns", 1e3),
        ("ps", 1.0),
    ];
    let (unit, length) = UNITS.into_iter().find(|u| ps >= u.1).unwrap_or(UNITS[4]);
    format!("{} {unit}", (ps / length * 1e4).round() / 1e4)
}

/// Four figures at most, whole numbers as they are.
pub(in crate::cli) fn figure(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e15 {
        format!("{x}")
    } else if x.abs() >= 1000.0 {
        format!("{x:.0}")
    } else if x.abs() >= 0.001 {
        let digits = (3 - x.abs().log10().floor() as i32).clamp(0, 6) as usize;
        format!("{x:.digits$}")
    } else {
        format!("{x:.2e}")
    }
}

/// An error: mostly tiny.
pub(in crate::cli) fn error(x: f64) -> String {
    if x == 0.0 || x >= 0.001 {
        figure(x)
    } else {
        format!("{x:.1e}")
    }
}

pub(in crate::cli) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
