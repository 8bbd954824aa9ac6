//! The parts of the schema that describe neurons: models with their parameters and state, receptors, positions, and
//! values by distance.

use serde_json::{Map, Value, json};

use super::currents::CHOICES;
use super::population::{RESETS, TESTS, range_text};
use super::positions::{LAYOUTS, MODIFIERS};
use super::schema::{choice, object, quantity, values};
use super::{by_distance, escape, population};
use crate::network::space::{KERNELS, KernelDef, SPEED};
use crate::network::spec::Update;
use crate::neuron::MODELS;
use crate::neuron::def::ModelDef;
use crate::neuron::lif_multisynapse::{PORTS, RECEPTOR};
use crate::units::Dimension;

/// `unit, default, range: meaning` of a value of a model.
fn hover(model: &str, doc: &str, d: Dimension, default: &str, range: &str) -> String {
    let unit = d.canonical_unit();
    let unit = if unit.is_empty() {
        "a plain number".to_string()
    } else {
        unit
    };
    format!("{model}: {doc} ({unit}; default {default}; {range})")
}

fn param_lines(def: &ModelDef) -> Vec<(&'static str, String)> {
    def.params
        .iter()
        .map(|p| {
            let range = range_text(p.min, p.max, p.dimension);
            let default = p.default.to_string();
            (
                p.name,
                hover(def.name, p.doc, p.dimension, &default, &range),
            )
        })
        .collect()
}

fn state_lines(def: &ModelDef) -> Vec<(&'static str, String)> {
    use crate::neuron::def::StateDefault;
    def.state
        .iter()
        .map(|s| {
            let default = match s.default {
                StateDefault::Value(v) => v.to_string(),
                StateDefault::Param(name) => name.to_string(),
            };
            (
                s.name,
                hover(def.name, s.doc, s.dimension, &default, "finite"),
            )
        })
        .collect()
}

/// One to three lengths.
fn axes(description: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [
            { "$ref": "#/$defs/quantity" },
            { "type": "array", "minItems": 1, "maxItems": 3, "items": { "$ref": "#/$defs/quantity" } },
        ],
    })
}

pub(super) fn positions_schema() -> Value {
    let points = json!({
        "type": "array", "minItems": 1, "items": axes("Coordinates of an element."),
        "description": LAYOUTS[3].doc,
    });
    let mut forms = vec![points.clone()];
    for layout in &LAYOUTS {
        let mut properties = Map::new();
        for (name, doc) in MODIFIERS {
            if layout.keys.contains(&name) {
                let schema = if name == "periodic" {
                    json!({ "type": "boolean", "default": false, "description": doc })
                } else {
                    axes(doc)
                };
                properties.insert(name.into(), schema);
            }
        }
        let own = match layout.name {
            "file" => json!({ "type": "string", "description": layout.doc }),
            "points" => points.clone(),
            _ => axes(layout.doc),
        };
        properties.insert(layout.name.into(), own);
        forms.push(json!({
            "type": "object", "properties": properties,
            "required": [layout.name], "additionalProperties": false,
        }));
    }
    json!({ "anyOf": forms, "description": "Where the elements are: for rules, weights and delays by distance." })
}

/// A table with one kernel and these other keys.
pub(super) fn by_distance_schema<'k>(
    kernels: impl Iterator<Item = &'k KernelDef>,
    keys: &[(&str, &Value)],
    required: &[&str],
) -> Value {
    let forms: Vec<Value> = kernels
        .map(|k| {
            let mut properties = Map::new();
            properties.insert(
                k.name.into(),
                quantity(&format!("{}: {}", k.doc, k.formula)),
            );
            let mut required = required.to_vec();
            for (key, schema) in keys {
                if k.name == SPEED.name && *key == "peak" {
                    required.retain(|r| r != key);
                    continue;
                }
                let doc = by_distance::KEYS.iter().find(|(name, _)| name == key);
                let mut schema = (*schema).clone();
                schema["description"] = json!(doc.map_or("", |(_, doc)| *doc));
                properties.insert((*key).into(), schema);
            }
            required.push(k.name);
            json!({
                "type": "object", "properties": properties,
                "required": required, "additionalProperties": false,
            })
        })
        .collect();
    json!({ "anyOf": forms })
}

/// A value by distance.
pub(super) fn values_by_distance(speed: bool) -> Value {
    let reference = json!({ "$ref": "#/$defs/values" });
    by_distance_schema(
        KERNELS.iter().chain(speed.then_some(&SPEED)),
        &[("peak", &reference), ("offset", &reference)],
        &["peak"],
    )
}

/// Names of all models under one roof: with `like` the model may stand elsewhere. Where the model
/// is stated, `for_model` narrows the names to its own.
fn named_values(lines: fn(&ModelDef) -> Vec<(&'static str, String)>) -> Value {
    let mut texts: Vec<(&str, Vec<String>)> = Vec::new();
    for (_, def) in MODELS {
        for (name, text) in lines(def) {
            match texts.iter_mut().find(|(n, _)| *n == name) {
                Some((_, all)) => all.push(text),
                None => texts.push((name, vec![text])),
            }
        }
    }
    let properties: Map<String, Value> = texts
        .into_iter()
        .map(|(name, all)| (name.to_string(), values(&all.join("\n"))))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "patternProperties": { RECEPTOR_CURRENT: values("Synaptic current of a named receptor.") },
        "additionalProperties": false,
    })
}

/// Variables that go by the name of a receptor.
const RECEPTOR_CURRENT: &str = "^I_syn_";

fn for_model(def: &ModelDef) -> Value {
    let params: Vec<&str> = def.params.iter().map(|p| p.name).collect();
    let state: Vec<&str> = def.state.iter().map(|s| s.name).collect();
    let mut state = json!({ "enum": state });
    let mut absent: Vec<&str> = Vec::new();
    if def.ports > 0 {
        state = json!({ "anyOf": [state, { "pattern": RECEPTOR_CURRENT }] });
    } else {
        absent.push("receptors");
    }
    if !def.has_escape {
        absent.push("escape");
    }
    if !def.has_two_currents {
        absent.push("currents");
    }
    let mut properties: Map<String, Value> = absent
        .into_iter()
        .map(|key| (key.to_string(), json!(false)))
        .collect();
    properties.insert(
        "params".into(),
        json!({ "propertyNames": { "enum": params } }),
    );
    properties.insert("initial".into(), json!({ "propertyNames": state }));
    json!({
        "if": { "properties": { "model": { "const": def.name } }, "required": ["model"] },
        "then": { "properties": properties },
    })
}

pub(super) fn population_schema() -> Value {
    let models: Vec<Value> = MODELS
        .iter()
        .map(|(_, d)| json!({ "const": d.name, "description": d.summary }))
        .collect();
    let mut s = object(
        [
            (
                "model",
                json!({ "oneOf": models, "description": "Neuron model." }),
            ),
            (
                "like",
                json!({ "type": "string", "description": "Take everything that is not restated from this population." }),
            ),
            (
                "size",
                json!({ "type": ["integer", "string"], "minimum": 1, "description": "Number of neurons." }),
            ),
            ("params", named_values(param_lines)),
            ("initial", named_values(state_lines)),
            (
                "reset",
                choice(
                    &RESETS,
                    "value",
                    "At a spike: V := V_reset, or V := V - (V_th - E_L), or V := V_reset and synaptic currents := 0 (none is taken while refractory).",
                ),
            ),
            (
                "threshold_test",
                choice(
                    &TESTS,
                    "nonstrict",
                    "Spike at V >= V_th, or only at V > V_th.",
                ),
            ),
            (
                "refractory_input",
                json!({ "type": "boolean", "default": false, "description": "Keep input that arrives while refractory." }),
            ),
            (
                "currents",
                choice(
                    &CHOICES,
                    "apart",
                    "Hold the excitatory and the inhibitory current one by one, or as one: the same where tau_syn_ex = tau_syn_in, and faster; then I_syn can be recorded, its parts cannot.",
                ),
            ),
            (
                "update",
                choice(
                    &Update::NAMES,
                    "auto",
                    "How the population is updated; results are the same up to rounding. Clocked models are always swept.",
                ),
            ),
            ("receptors", receptors_schema()),
            ("escape", escape_schema()),
            (
                "step",
                quantity(
                    "Local step of a clocked model, a whole multiple or fraction of the resolution.",
                ),
            ),
            (
                "consistent_integration",
                json!({ "type": "boolean", "default": true, "description": "izhikevich: forward Euler; false: two half steps, as in the paper." }),
            ),
            (
                "labels",
                json!({
                    "description": "One name per neuron.",
                    "anyOf": [
                        { "type": "array", "minItems": 1, "items": { "type": "string" } },
                        { "$ref": "#/$defs/column" },
                    ],
                }),
            ),
            ("positions", json!({ "$ref": "#/$defs/positions" })),
        ],
        &population::KEYS,
    );
    s["allOf"] = MODELS.iter().map(|(_, d)| for_model(d)).collect();
    s
}

fn receptors_schema() -> Value {
    let mut properties = Map::new();
    properties.insert(
        "name".into(),
        json!({ "type": "string", "description": "What `receptor` may call it, besides its number." }),
    );
    for p in &RECEPTOR {
        let range = range_text(p.min, p.max, p.dimension);
        let text = hover(
            "receptor",
            p.doc,
            p.dimension,
            &p.default.to_string(),
            &range,
        );
        properties.insert(p.name.into(), values(&text));
    }
    json!({
        "type": "array", "minItems": 1, "maxItems": PORTS,
        "description": "Receptor ports, counted from 1.",
        "items": { "type": "object", "properties": properties, "additionalProperties": false },
    })
}

/// `receptor` of a projection or a private stimulus.
pub(super) fn receptor_schema() -> Value {
    json!({
        "type": ["string", "integer"],
        "description": "Receptor of the targets, by name or by number from 1; only for models with receptors.",
    })
}

fn escape_schema() -> Value {
    let properties: Map<String, Value> = escape::KEYS
        .iter()
        .map(|(key, text)| ((*key).to_string(), quantity(text)))
        .collect();
    json!({
        "type": "object", "properties": properties,
        "required": escape::KEYS.map(|k| k.0), "additionalProperties": false,
        "description": "Spikes by chance: hazard rate exp((V - threshold) / width).",
    })
}
