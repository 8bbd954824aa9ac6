//! What a model is, in words, and how numbers are written.

use serde_json::{Value, json};

use crate::cli::convert::row;
use crate::cli::progress::time;
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
                    time(latency_ms(model)),
                    model.network.windows(),
                    time(f64::from(*window) * *tick_ps as f64 / PS_PER_MS),
                    window,
                    time(*tick_ps as f64 / PS_PER_MS),
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

pub(in crate::cli) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
