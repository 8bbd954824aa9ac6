//! What a model is, in words, and how numbers are written.

use serde_json::{Value, json};

use crate::cli::convert::row;
use crate::convert::rate::BiasCalibration;
use crate::model::{CodeSpec, Model};
use crate::network::spec::PS_PER_MS;
use crate::spiking::rate::{Encoding, Reset, Settings};

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
        CodeSpec::Rate {
            settings,
            tick_ps,
            threshold,
            per_channel,
            bias_calibration,
        } => {
            let mut rows = vec![
                row(["code", &rate(settings)]),
                row([
                    "thresholds",
                    &format!(
                        "{threshold}, one for each {}",
                        if *per_channel { "channel" } else { "layer" }
                    ),
                ]),
                row([
                    "latency",
                    &format!(
                        "{}: {} steps of {}",
                        span(latency_ms(model) * PS_PER_MS),
                        model.network.ticks(),
                        span(*tick_ps as f64),
                    ),
                ]),
            ];
            let calibrated = match bias_calibration {
                BiasCalibration::None => None,
                BiasCalibration::Light => Some("biases by channel"),
                BiasCalibration::Advanced => Some("biases by channel, and where potentials start"),
            };
            rows.extend(calibrated.map(|text| row(["calibrated", text])));
            rows
        }
    }
}

/// The rate code in a sentence.
fn rate(s: &Settings) -> String {
    let mut text = format!(
        "rate: a value is a number of spikes in {} steps; input as {}, reset {}",
        s.steps,
        match s.encoding {
            Encoding::Current => "constant currents",
            Encoding::Spikes => "regular spikes",
            Encoding::Poisson => "spikes by chance",
        },
        match s.reset {
            Reset::Subtract => "by subtraction",
            Reset::Zero => "to zero",
        }
    );
    if s.encoding == Encoding::Poisson {
        text.push_str(&format!(" (seed {})", s.seed));
    }
    if s.negative {
        text.push_str("; negative spikes take others back");
    }
    if s.wait > 0 {
        text.push_str(&format!(
            "; each layer fires {} steps after the one before",
            s.wait
        ));
    }
    if s.after > 0 {
        text.push_str(&format!("; the output counts from step {} on", s.after + 1));
    }
    text
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
