//! The part of the JSON schema that is about learning: rules, modulators, recorded weights.

use serde_json::{Map, Value, json};

use super::learning::{FROZEN, KEYS, NORMALISE, SCALING};
use super::population::range_text;
use super::{modulators, weights};
use crate::plasticity::RULES;
use crate::plasticity::def::{RuleDef, RuleParam, Unit};

fn quantity(description: &str) -> Value {
    json!({ "$ref": "#/$defs/quantity", "description": description })
}

fn doc(keys: &[(&'static str, &'static str)], key: &str) -> &'static str {
    keys.iter()
        .find(|(name, _)| *name == key)
        .map_or("", |(_, doc)| *doc)
}

/// A table all of whose keys are quantities; those of `optional` may be left out.
fn quantities(
    keys: &[(&'static str, &'static str)],
    optional: &[&str],
    description: &str,
) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, text)| ((*key).to_string(), quantity(text)))
        .collect();
    let required: Vec<&str> = keys
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| !optional.contains(key))
        .collect();
    json!({
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": false, "description": description,
    })
}

/// `meaning (unit; default; range)` of a parameter.
fn hover(p: &RuleParam) -> String {
    let (unit, range) = match p.unit {
        Unit::Of(d) => {
            let unit = d.canonical_unit();
            let unit = if unit.is_empty() {
                "a plain number".into()
            } else {
                unit
            };
            (unit, range_text(p.min, p.max, d))
        }
        Unit::Weight => ("that of the weight".into(), "finite".into()),
    };
    match p.default {
        Some(default) => format!("{} ({unit}; default {default}; {range})", p.doc),
        None => format!("{} ({unit}; must be stated; {range})", p.doc),
    }
}

fn one_rule(def: &RuleDef) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "rule".into(),
        json!({ "const": def.name, "description": def.summary }),
    );
    for p in def.params {
        properties.insert(p.name.into(), quantity(&hover(p)));
    }
    for c in def.choices {
        properties.insert(
            c.name.into(),
            json!({ "enum": c.among, "default": c.among.first(), "description": c.doc }),
        );
    }
    if !def.sets.is_empty() {
        let names: Vec<&str> = def.sets.iter().map(|s| s.name).collect();
        properties.insert(
            "set".into(),
            json!({ "enum": names, "description": doc(&KEYS, "set") }),
        );
        properties.insert("scale".into(), quantity(doc(&KEYS, "scale")));
    }
    if def.modulated {
        properties.insert(
            "modulator".into(),
            json!({ "type": "string", "description": doc(&KEYS, "modulator") }),
        );
    }
    if !def.short_term {
        properties.insert(
            "normalise".into(),
            quantities(&NORMALISE, &[], doc(&KEYS, "normalise")),
        );
        properties.insert(
            "scaling".into(),
            quantities(&SCALING, &[], doc(&KEYS, "scaling")),
        );
    }
    let mut required = vec!["rule"];
    required.extend(
        def.params
            .iter()
            .filter(|p| p.default.is_none())
            .map(|p| p.name),
    );
    if def.modulated {
        required.push("modulator");
    }
    json!({
        "type": "object", "title": def.name, "properties": properties,
        "required": required, "additionalProperties": false,
    })
}

/// A rule that is spelt out.
pub(super) fn rule() -> Value {
    let all: Vec<Value> = RULES.iter().map(|(_, def)| one_rule(def)).collect();
    json!({ "oneOf": all })
}

/// `plasticity` of a projection.
pub(super) fn plasticity() -> Value {
    let one = json!({ "anyOf": [
        { "$ref": "#/$defs/plasticity" },
        { "type": "string" },
    ] });
    json!({
        "description": format!("How the synapses change: a rule, the name of one, \"{FROZEN}\", or a list of a rule that changes weights and a short-term one."),
        "anyOf": [
            { "$ref": "#/$defs/plasticity" },
            { "type": "string" },
            { "type": "array", "minItems": 1, "maxItems": 2, "items": one },
        ],
    })
}

/// An entry of `[modulators]`.
pub(super) fn modulator() -> Value {
    let text = |key: &str| doc(&modulators::KEYS, key);
    let list = json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/quantity" } });
    let mut properties: Map<String, Value> = modulators::KEYS
        .iter()
        .map(|(key, text)| ((*key).to_string(), quantity(text)))
        .collect();
    for key in ["times", "amounts"] {
        let mut list = list.clone();
        list["description"] = json!(text(key));
        properties.insert(key.into(), list);
    }
    properties.insert(
        "file".into(),
        json!({ "type": "string", "description": text("file") }),
    );
    for key in ["from", "after"] {
        properties.insert(
            key.into(),
            json!({ "$ref": "#/$defs/selection", "description": text(key) }),
        );
    }
    properties.insert(
        "delay".into(),
        json!({
            "description": text("delay"),
            "anyOf": [
                { "$ref": "#/$defs/quantity" },
                {
                    "type": "array", "minItems": 2, "maxItems": 2,
                    "items": { "$ref": "#/$defs/quantity" },
                },
            ],
        }),
    );
    properties.insert(
        "baseline".into(),
        quantities(&modulators::BASELINE, &["start"], text("baseline")),
    );
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// `weights` of `[recording]`.
pub(super) fn weights() -> Value {
    let text = |key: &str| doc(&weights::KEYS, key);
    let pair = json!({
        "type": "array", "minItems": 2, "maxItems": 2, "items": { "$ref": "#/$defs/selection" },
    });
    let properties = json!({
        "projection": { "type": ["integer", "string"], "minimum": 0, "description": text("projection") },
        "at": {
            "description": text("at"),
            "anyOf": [
                { "$ref": "#/$defs/quantity" },
                { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/quantity" } },
                {
                    "type": "object", "properties": { "every": { "$ref": "#/$defs/quantity" } },
                    "required": ["every"], "additionalProperties": false,
                },
            ],
        },
        "of": { "type": "array", "minItems": 1, "items": pair, "description": text("of") },
        "every": quantity(text("every")),
        "name": { "type": "string", "description": text("name") },
    });
    json!({
        "type": "array", "minItems": 1,
        "description": "Weights of plastic projections, as snapshots and as traces of a chosen few.",
        "items": {
            "type": "object", "properties": properties, "required": ["projection"],
            "anyOf": [{ "required": ["at"] }, { "required": ["of", "every"] }],
            "additionalProperties": false,
        },
    })
}
