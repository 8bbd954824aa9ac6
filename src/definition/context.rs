//! Reading single values: numbers with units, whole numbers, times on the grid, choices.
//!
//! Every reader returns `None` after it has reported what is wrong, so that the caller can go on
//! and find the rest.

use super::diagnostics::{Reports, suggest};
use super::expression::{self, Failure, Quantity, Scope};
use super::source::Place;
use super::syntax::{Node, Value};
use crate::network::spec::{PS_PER_MS, TableChoice};
use crate::neuron::def::ModelDef;
use crate::units::Dimension;

/// What every part of a definition is read with.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub scope: Scope,
    pub reports: Reports,
    /// `None` while unknown or in error: then times are not compared with the grid.
    pub resolution_ps: Option<u64>,
    /// Last tick.
    pub duration: Option<u64>,
    /// What random positions are drawn from.
    pub seed: u64,
    /// How synapses are held where a projection does not say.
    pub table: TableChoice,
    /// No weight of the network changes.
    pub frozen: bool,
}

/// The longest time in ticks. Times come from `f64`, so larger ones would not be what they seem.
pub(super) const MOST_TICKS: f64 = 9.2e18;

/// A time in ticks, and how it relates to the time that was asked for.
pub(super) struct Rounded {
    pub ticks: u64,
    /// In ms; zero if the time is on the grid.
    pub shift: f64,
}

/// The nearest tick. `None`: not finite, negative, or too far away.
pub(super) fn round_to_ticks(ms: f64, resolution_ps: u64) -> Option<Rounded> {
    let exact = ms * PS_PER_MS / resolution_ps as f64;
    // The comparison also refuses NaN. Half a tick below zero would round to zero.
    if !(0.0..MOST_TICKS).contains(&exact) {
        return None;
    }
    let ticks = exact.round();
    // A time such as 0.3 ms is no exact binary fraction: a millionth of a tick, or what the
    // f64 of a long time cannot resolve, is not a shift.
    let off = (ticks - exact).abs() > 1e-6 + exact * 1e-12;
    let shift = if off {
        (ticks - exact) * resolution_ps as f64 / PS_PER_MS
    } else {
        0.0
    };
    Some(Rounded {
        ticks: ticks as u64,
        shift,
    })
}

/// A number as a person would write it.
pub(super) fn show(value: f64) -> String {
    // Twelve digits hide the last bits of a conversion; what remains is parsed and printed
    // shortest.
    let short: f64 = format!("{value:.12e}").parse().unwrap_or(value);
    if short.abs() >= 1e16 {
        format!("{short:e}")
    } else {
        short.to_string()
    }
}

/// A value with its canonical unit, as in a file.
pub(super) fn show_in(value: f64, dimension: Dimension) -> String {
    let unit = dimension.canonical_unit();
    if unit.is_empty() {
        show(value)
    } else {
        format!("{} {unit}", show(value))
    }
}

/// A tick in words.
pub(super) fn show_ticks(ticks: u64, resolution_ps: u64) -> String {
    format!(
        "{} ms",
        show(ticks as f64 * resolution_ps as f64 / PS_PER_MS)
    )
}

impl Context {
    /// A number, a number with unit, or an expression.
    pub fn quantity(&mut self, node: &Node, what: &str) -> Option<Quantity> {
        let value = match &node.value {
            Value::Integer(i) => Quantity::plain(*i as f64),
            Value::Float(x) => Quantity::plain(*x),
            Value::Text(text) => match expression::evaluate(text, &self.scope) {
                Ok(q) => q,
                Err(Failure::Poisoned) => return None,
                Err(Failure::Wrong { message, at, help }) => {
                    let place = node.inside(at);
                    let d = self.reports.error(&place, format!("{what}: {message}"));
                    if let Some(help) = help {
                        d.help(help);
                    }
                    return None;
                }
            },
            _ => {
                self.expected(node, what, "a number, a text with a unit, or an expression");
                return None;
            }
        };
        if !value.value.is_finite() {
            self.reports
                .error(&node.place, format!("{what} is not a finite number"));
            return None;
        }
        Some(value)
    }

    /// A value of this dimension, in the canonical unit.
    pub fn scalar(&mut self, node: &Node, dimension: Dimension, what: &str) -> Option<f64> {
        let q = self.quantity(node, what)?;
        if q.dimension == dimension {
            return Some(q.value);
        }
        let wanted = dimension.name();
        let (message, help) = if q.dimension == Dimension::NONE {
            let help = match node.value {
                Value::Integer(_) | Value::Float(_) => {
                    format!("write for example \"{}\"", show_in(q.value, dimension))
                }
                _ => format!("a {wanted} is for example {}", dimension.example()),
            };
            (format!("{what} is a {wanted} and needs a unit"), help)
        } else {
            let article = if dimension == Dimension::NONE {
                ""
            } else {
                "a "
            };
            (
                format!(
                    "{what} must be {article}{wanted}, but this is a {}",
                    q.dimension.name()
                ),
                format!("write for example {}", dimension.example()),
            )
        };
        self.reports
            .error(&node.place, message)
            .label(format!("a {} is expected", wanted.trim_start_matches("a ")))
            .help(help);
        None
    }

    /// A whole number in `least..=most`. A result of arithmetic such as `0.1 * C` may be off by
    /// rounding errors and counts as whole.
    pub fn whole(&mut self, node: &Node, what: &str, least: u64, most: u64) -> Option<u64> {
        if let Value::Integer(i) = node.value {
            if let Ok(i) = u64::try_from(i)
                && (least..=most).contains(&i)
            {
                return Some(i);
            }
            self.reports.error(
                &node.place,
                format!("{what} must be a whole number from {least} to {most}, not {i}"),
            );
            return None;
        }
        let value = self.scalar(node, Dimension::NONE, what)?;
        let rounded = value.round();
        let whole = (value - rounded).abs() <= 1e-9 * rounded.abs().max(1.0);
        // `most as f64` rounds up to a power of two for u64::MAX, hence the strict comparison there.
        let within =
            rounded >= least as f64 && (rounded <= most as f64 && (rounded < u64::MAX as f64));
        if whole && within {
            return Some(rounded as u64);
        }
        self.reports.error(
            &node.place,
            format!(
                "{what} must be a whole number from {least} to {most}, not {}",
                show(value)
            ),
        );
        None
    }

    /// A time in ticks, at least `least`; rounded with a warning if it is no multiple of a tick.
    pub fn ticks(&mut self, node: &Node, what: &str, least: u64) -> Option<u64> {
        let ms = self.scalar(node, Dimension::TIME, what)?;
        self.ticks_of(ms, &node.place, what, least)
    }

    /// The same for a value that has been read.
    pub fn ticks_of(&mut self, ms: f64, place: &Place, what: &str, least: u64) -> Option<u64> {
        if ms < 0.0 {
            self.reports.error(
                place,
                format!("{what} must not be negative: {} ms", show(ms)),
            );
            return None;
        }
        let resolution = self.resolution_ps?;
        let Some(rounded) = round_to_ticks(ms, resolution) else {
            self.reports.error(
                place,
                format!(
                    "{what} is too long: {} ms are more ticks than can be counted",
                    show(ms)
                ),
            );
            return None;
        };
        if rounded.ticks < least {
            self.reports
                .error(
                    place,
                    format!("{what} of {} ms is less than one tick", show(ms)),
                )
                .help(format!(
                    "the resolution is {}; state at least that",
                    show_ticks(1, resolution)
                ));
            return None;
        }
        if rounded.shift != 0.0 {
            self.reports
                .warning(
                    place,
                    format!(
                        "{what} of {} ms is no multiple of the resolution: rounded to {}",
                        show(ms),
                        show_ticks(rounded.ticks, resolution)
                    ),
                )
                .label("rounded");
        }
        Some(rounded.ticks)
    }

    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(t) => Some(t),
            _ => {
                self.expected(node, what, "a text in quotes");
                None
            }
        }
    }

    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.value {
            Value::Boolean(b) => Some(b),
            _ => {
                self.expected(node, what, "true or false");
                None
            }
        }
    }

    /// The position of one of `names`.
    pub fn choice(&mut self, node: &Node, what: &str, names: &[&str]) -> Option<usize> {
        let text = self.text(node, what)?;
        let found = names.iter().position(|n| *n == text);
        if found.is_none() {
            self.reports
                .error(
                    &node.place,
                    format!("{what} cannot be `{}`", text.escape_debug()),
                )
                .help(suggest(text, names));
        }
        found
    }

    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(l) if l.is_empty() => {
                self.reports
                    .error(&node.place, format!("{what} is an empty list"))
                    .help("state at least one element, or leave the key out");
                None
            }
            Value::List(l) => Some(l),
            _ => {
                self.expected(node, what, "a list");
                None
            }
        }
    }

    pub fn expected(&mut self, node: &Node, what: &str, wanted: &str) {
        self.reports
            .error(
                &node.place,
                format!("{what} must be {wanted}, not {}", node.kind()),
            )
            .label(format!("{wanted} is expected"));
    }

    /// Reports a key at `place` that has no meaning for the model: it has no `what`.
    pub fn model_has_no(&mut self, place: &Place, def: &ModelDef, what: &str) {
        self.reports
            .error(place, format!("the model {} has no {what}", def.name))
            .help(format!(
                "spikewheel describe {} shows what it has",
                def.name
            ));
    }

    /// Reports a key that must be there. `place` is where it should stand.
    pub fn missing(&mut self, place: &Place, what: &str, example: &str) {
        self.reports
            .error(place, format!("{what} is missing"))
            .help(format!("add for example {example}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_on_the_grid_are_not_called_rounded() {
        for i in 1..10_000u64 {
            let r = round_to_ticks(i as f64 * 0.1, 100_000_000);
            assert!(r.is_some_and(|r| r.ticks == i && r.shift == 0.0));
        }
        let r = round_to_ticks(1.53, 100_000_000);
        assert!(r.is_some_and(|r| r.ticks == 15 && (r.shift + 0.03).abs() < 1e-9));
        assert!(round_to_ticks(f64::NAN, 1).is_none());
        assert!(round_to_ticks(-1.0, 1).is_none());
        assert!(round_to_ticks(1e30, 1).is_none());
    }

    #[test]
    fn numbers_are_shown_as_written() {
        assert_eq!(show(0.1 + 0.2), "0.3");
        assert_eq!(show(1000.0), "1000");
    }
}
