//! `escape` of a population: spikes by chance.

use super::context::Context;
use super::stimulus::hertz;
use super::syntax::Table;
use super::values::{self, Wanted};
use crate::network::spec::{EscapeNoise, Update};
use crate::neuron::def::{Bound, ModelDef};
use crate::units::Dimension;

/// Keys of the table, with what they mean.
pub(super) const KEYS: [(&str, &str); 2] = [
    ("rate", "Hazard at the threshold, for example \"100 Hz\"."),
    (
        "width",
        "How far above the threshold the hazard is e times as high; the unit is that of V_th.",
    ),
];

/// Reads `escape`, which has a meaning for integrate-and-fire models only.
pub(super) fn read(
    ctx: &mut Context,
    table: &Table,
    def: &ModelDef,
    update: Update,
) -> Option<EscapeNoise> {
    let entry = table.entry("escape")?;
    if !def.has_escape {
        ctx.model_has_no(&entry.key_place, def, "escape noise");
        return None;
    }
    if update == Update::Lazy
        && let Some(e) = table.entry("update")
    {
        ctx.reports
            .error(
                &e.node.place,
                "a population with escape noise cannot be updated lazily",
            )
            .also(&entry.key_place, "spikes by chance")
            .help("at every tick chance may make any neuron fire, so every neuron is visited: leave out update");
    }
    if let Some(e) = table.entry("threshold_test") {
        ctx.reports
            .error(
                &e.key_place,
                "threshold_test has no meaning where spikes come by chance",
            )
            .also(&entry.key_place, "spikes by chance")
            .help("leave out one of the two");
    }
    let Some(inner) = entry.node.table() else {
        ctx.expected(
            &entry.node,
            "escape",
            "a table { rate = \"100 Hz\", width = \"2 mV\" }",
        );
        return None;
    };
    inner.only(&KEYS.map(|k| k.0), "escape", &mut ctx.reports);
    let voltage = def
        .param("V_th")
        .and_then(|i| def.params.get(i))
        .map_or(Dimension::VOLTAGE, |p| p.dimension);
    let mut positive = |key: &str, dimension: Dimension, example: &str| -> Option<f64> {
        let Some(node) = inner.get(key) else {
            ctx.missing(&entry.key_place, &format!("escape: `{key}`"), example);
            return None;
        };
        let wanted = Wanted {
            min: Bound::Exclusive(0.0),
            ..Wanted::any(key, dimension, None, "")
        };
        if node.table().is_some() {
            ctx.expected(node, key, "one value for the population");
            return None;
        }
        values::read(ctx, node, &wanted)?.constant()
    };
    let rate = positive("rate", Dimension::RATE, "rate = \"100 Hz\"");
    let width = positive(
        "width",
        voltage,
        if voltage == Dimension::NONE {
            "width = 0.1"
        } else {
            "width = \"2 mV\""
        },
    );
    Some(EscapeNoise {
        rate: hertz(rate?),
        width: width?,
    })
}
