//! The JSON schema of definition files (draft 2020-12), for completion and hovers in editors.
//!
//! It is made from the same tables as the checks. It knows names and shapes; units, ranges and
//! references between parts are checked when a definition is read.

use serde_json::{Map, Value, json};

use super::distribution::{DISTRIBUTIONS, DistributionDef};
use super::schema_population::{
    by_distance_schema, population_schema, positions_schema, receptor_schema, values_by_distance,
};
use super::{include, projection, recording, schema_learning, simulation};
use crate::network::connect::{Pairs, RULES, RuleKey};
use crate::network::space::KERNELS;
use crate::network::spec::{Arithmetic, TableChoice};
use crate::stimulus::STIMULI;
use crate::stimulus::def::{Shape, StimulusDef};

/// The schema of a definition.
pub fn schema() -> Value {
    let mut root = object(
        [
            (
                "format",
                json!({ "const": 1, "description": "Version of the format." }),
            ),
            (
                "name",
                json!({ "type": "string", "description": "One line that says what this is." }),
            ),
            (
                "include",
                json!({
                    "type": "array", "minItems": 1, "items": { "type": "string" },
                    "description": "Other files, whose parameters, populations and rules of plasticity are taken over.",
                }),
            ),
            ("simulation", simulation_schema()),
            (
                "parameters",
                json!({
                    "type": "object",
                    "description": "Named values; any value may be an expression over them.",
                    "additionalProperties": { "$ref": "#/$defs/quantity" },
                }),
            ),
            (
                "populations",
                json!({
                    "type": "object",
                    "description": "Neurons, in the order in which they are counted.",
                    "additionalProperties": { "$ref": "#/$defs/population" },
                }),
            ),
            (
                "stimuli",
                json!({
                    "type": "object",
                    "description": "Input: with `to` private to each target, with `size` to connect from.",
                    "additionalProperties": { "$ref": "#/$defs/stimulus" },
                }),
            ),
            (
                "plasticity",
                json!({
                    "type": "object",
                    "description": "Learning rules with names of their own, for projections to share.",
                    "additionalProperties": { "$ref": "#/$defs/plasticity" },
                }),
            ),
            (
                "modulators",
                json!({
                    "type": "object",
                    "description": "Rewards and other events with amounts that learning rules listen to.",
                    "additionalProperties": { "$ref": "#/$defs/modulator" },
                }),
            ),
            (
                "projections",
                json!({
                    "type": "array",
                    "description": "Connection statements.",
                    "items": { "$ref": "#/$defs/projection" },
                }),
            ),
            ("recording", recording_schema()),
        ],
        &include::KEYS,
    );
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Spikewheel network definition");
    root["required"] = json!(["format"]);
    root["$defs"] = json!({
        "quantity": {
            "type": ["number", "string"],
            "description": "A number, a number with a unit (\"20 ms\"), or an expression (\"eta * theta / tau_m\").",
        },
        "values": values_schema(),
        "selection": {
            "description": "A population, a slice \"pop[0..100]\", a neuron \"pop[7]\" or \"pop.label\", or a list of these.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "minItems": 1, "items": { "type": "string" } },
            ],
        },
        "column": column_schema(),
        "positions": positions_schema(),
        "population": population_schema(),
        "stimulus": stimulus_schema(),
        "projection": projection_schema(),
        "rule": rule_schema(),
        "plasticity": schema_learning::rule(),
        "modulator": schema_learning::modulator(),
    });
    root
}

/// An object with these properties and no others. `keys` are what the reader accepts: a key that
/// has no description here is still allowed, so that the two cannot contradict each other.
pub(super) fn object<const N: usize>(properties: [(&str, Value); N], keys: &[&str]) -> Value {
    let mut map: Map<String, Value> = keys.iter().map(|k| ((*k).to_string(), json!({}))).collect();
    for (name, schema) in properties {
        map.insert(name.to_string(), schema);
    }
    json!({ "type": "object", "properties": map, "additionalProperties": false })
}

pub(super) fn quantity(description: &str) -> Value {
    json!({ "$ref": "#/$defs/quantity", "description": description })
}

pub(super) fn values(description: &str) -> Value {
    json!({ "$ref": "#/$defs/values", "description": description })
}

pub(super) fn choice(names: &[&str], default: &str, description: &str) -> Value {
    json!({ "enum": names, "default": default, "description": description })
}

fn column_schema() -> Value {
    json!({
        "type": "object",
        "description": "One value per element, from a file relative to this one.",
        "properties": {
            "file": { "type": "string", "description": "The file: .csv, .npy, .npz or .h5." },
            "column": { "type": "string", "description": "Column of a CSV file; not needed if it has one." },
            "dataset": { "type": "string", "description": "Path of the dataset in an HDF5 file." },
            "array": { "type": "string", "description": "Name of the array in a .npz file; not needed if it has one." },
        },
        "required": ["file"],
        "additionalProperties": false,
    })
}

/// What stands behind the name of a distribution.
fn distribution_argument(def: &DistributionDef) -> Value {
    match def.name {
        "exponential" => json!({ "$ref": "#/$defs/quantity" }),
        "gamma" => json!({
            "type": "object",
            "properties": {
                "shape": quantity("Greater than 0; 1 is the exponential distribution."),
                "scale": quantity("Mean divided by shape."),
                "mean": quantity("Shape times scale."),
            },
            "required": ["shape"],
            "oneOf": [{ "required": ["scale"] }, { "required": ["mean"] }],
            "additionalProperties": false,
        }),
        _ => json!({
            "type": "array", "minItems": 2, "maxItems": 2,
            "items": { "$ref": "#/$defs/quantity" },
        }),
    }
}

fn values_schema() -> Value {
    let mut forms = vec![
        json!({ "$ref": "#/$defs/quantity" }),
        json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/quantity" } }),
    ];
    forms.extend(DISTRIBUTIONS.iter().map(|def| {
        let mut argument = distribution_argument(def);
        argument["description"] = json!(format!("{}: {}", def.argument, def.doc));
        let mut properties = Map::new();
        properties.insert(def.name.into(), argument);
        if def.limits {
            properties.insert("min".into(), quantity("No draw lies below this."));
            properties.insert("max".into(), quantity("No draw lies above this."));
        }
        json!({
            "type": "object", "properties": properties,
            "required": [def.name], "additionalProperties": false,
        })
    }));
    forms.push(json!({ "$ref": "#/$defs/column" }));
    json!({
        "description": "A constant, a distribution, a list, or numbers from a file.",
        "anyOf": forms,
    })
}

fn simulation_schema() -> Value {
    let mut s = object(
        [
            ("duration", quantity("Simulated time, for example \"1 s\".")),
            (
                "resolution",
                quantity("Length of a tick, \"0.1 ms\" unless given; from 1 ps up."),
            ),
            (
                "seed",
                json!({
                    "type": ["integer", "string"], "default": 1,
                    "description": "Everything random follows from it.",
                }),
            ),
            (
                "arithmetic",
                choice(
                    &Arithmetic::NAMES,
                    "double",
                    "Number format of state and weights; fixed: single precision, with individual weights as whole numbers of a power of two.",
                ),
            ),
            (
                "table",
                choice(
                    &TableChoice::NAMES,
                    "auto",
                    "How synapses are held where a projection does not say and it is possible. Changes no result.",
                ),
            ),
            (
                "plasticity",
                choice(
                    &simulation::PLASTICITY,
                    "learning",
                    "frozen: no rule changes a weight. Short-term plasticity stays.",
                ),
            ),
        ],
        &simulation::KEYS,
    );
    s["required"] = json!(["duration"]);
    s["description"] = json!("How long, how fine, which random numbers.");
    s
}

/// Shape of a key of a stimulus; what is expected in words comes from its table.
fn stimulus_key(shape: Shape) -> Value {
    let list = |items: Value| json!({ "type": "array", "minItems": 1, "items": items });
    let quantity = json!({ "$ref": "#/$defs/quantity" });
    let quantities = list(quantity.clone());
    let interpolate = choice(&["constant", "linear"], "constant", "Between the times.");
    match shape {
        Shape::Quantity => quantity,
        Shape::Quantities => quantities,
        Shape::Values => json!({ "$ref": "#/$defs/values" }),
        Shape::Rate => json!({ "anyOf": [
            { "$ref": "#/$defs/values" },
            {
                "type": "object",
                "properties": {
                    "times": quantities, "values": quantities, "interpolate": interpolate,
                },
                "required": ["times", "values"],
                "additionalProperties": false,
            },
            {
                "type": "object",
                "properties": { "course": { "type": "string" }, "interpolate": interpolate },
                "required": ["course"],
                "additionalProperties": false,
            },
        ] }),
        Shape::Times | Shape::Numbers => list(json!({ "anyOf": [
            quantity,
            { "type": "array", "items": { "$ref": "#/$defs/quantity" } },
        ] })),
        Shape::Indices => json!({ "anyOf": [{ "type": "string" }, quantities] }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Choice(names) => json!({ "enum": names }),
    }
}

fn one_stimulus(def: &StimulusDef) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "model".into(),
        json!({ "const": def.name, "description": def.summary }),
    );
    properties.insert("to".into(), json!({ "$ref": "#/$defs/selection" }));
    if def.as_source {
        properties.insert("weight".into(), values("Weight onto the targets of `to`."));
        properties.insert("positions".into(), json!({ "$ref": "#/$defs/positions" }));
        properties.insert("receptor".into(), receptor_schema());
        properties.insert("size".into(), json!({ "type": ["integer", "string"], "minimum": 1, "description": "Number of elements, to connect from." }));
    }
    for key in def.keys {
        let mut schema = stimulus_key(key.shape);
        schema["description"] = json!(format!("{}. Expects {}.", key.doc, key.expects));
        properties.insert(key.name.into(), schema);
    }
    json!({
        "type": "object",
        "title": def.name,
        "properties": properties,
        "required": ["model"],
        "additionalProperties": false,
    })
}

fn stimulus_schema() -> Value {
    let kinds: Vec<Value> = STIMULI.iter().map(|d| one_stimulus(d)).collect();
    json!({ "oneOf": kinds })
}

/// A table: a row for each target population.
fn rows_of(item: &str) -> Value {
    let of_row = json!({ "$ref": format!("#/$defs/{item}") });
    json!({
        "type": "array", "minItems": 1,
        "items": { "type": "array", "minItems": 1, "items": of_row },
        "description": "A row for each population of `to`, a column for each of `from`.",
    })
}

/// A key of a rule whose argument is a table of keys.
fn rule_key(key: &RuleKey, pairs: Pairs) -> Value {
    let mut forms = vec![json!({ "type": ["number", "string", "boolean"] })];
    if pairs != Pairs::No {
        forms.push(rows_of("quantity"));
    }
    json!({ "anyOf": forms, "description": format!("{}. Expects {}.", key.doc, key.expects) })
}

fn rule_schema() -> Value {
    let mut forms = Vec::new();
    for rule in &RULES {
        let Some(argument) = rule.argument else {
            forms.push(json!({ "const": rule.name, "description": rule.doc }));
            continue;
        };
        let mut arguments = Vec::new();
        // Where the argument is described by its keys, there is no plain one.
        if !argument.starts_with('{') {
            arguments.push(json!({ "type": ["number", "string"] }));
        }
        if rule.pairs != Pairs::No {
            arguments.push(rows_of("quantity"));
        }
        if !rule.keys.is_empty() {
            let keys: Map<String, Value> = rule
                .keys
                .iter()
                .map(|k| (k.name.to_string(), rule_key(k, rule.pairs)))
                .collect();
            let required = rule.keys.iter().filter(|k| k.required).map(|k| k.name);
            arguments.push(json!({
                "type": "object", "properties": keys, "additionalProperties": false,
                "required": required.collect::<Vec<_>>(),
            }));
        }
        let mut properties = Map::new();
        properties.insert(
            rule.name.into(),
            json!({ "anyOf": arguments, "description": format!("{}: {argument}", rule.doc) }),
        );
        forms.push(json!({
            "type": "object", "properties": properties,
            "required": [rule.name], "additionalProperties": false,
        }));
        if rule.by_distance.is_some() {
            let number = json!({ "$ref": "#/$defs/quantity" });
            let keys: &[(&str, &Value)] = match rule.name {
                "fixed_indegree" => &[("indegree", &number), ("within", &number)],
                _ => &[("peak", &number), ("offset", &number), ("within", &number)],
            };
            let kernel = by_distance_schema(KERNELS.iter(), keys, &[keys[0].0]);
            let mut properties = Map::new();
            properties.insert(rule.name.into(), kernel);
            forms.push(json!({
                "type": "object", "properties": properties,
                "required": [rule.name], "additionalProperties": false,
            }));
        }
    }
    json!({ "anyOf": forms, "description": "Who is connected to whom." })
}

/// A value of all synapses, by distance, or one for each pair of populations.
fn by_pair(description: &str, speed: bool) -> Value {
    let list = json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/values" } });
    let one_side = |key: &str, what: &str| {
        let mut properties = Map::new();
        properties.insert(key.into(), list.clone());
        json!({
            "type": "object", "properties": properties, "required": [key],
            "additionalProperties": false, "description": what,
        })
    };
    json!({
        "anyOf": [
            { "$ref": "#/$defs/values" },
            one_side("per_source", "One for each population of `from`."),
            one_side("per_target", "One for each population of `to`."),
            rows_of("values"),
            values_by_distance(speed),
        ],
        "description": description,
    })
}

fn projection_schema() -> Value {
    let selection = |text: &str| json!({ "$ref": "#/$defs/selection", "description": text });
    let mut s = object(
        [
            (
                "from",
                selection("Sources: populations or stimuli with a size, taken as one list."),
            ),
            ("to", selection("Targets: populations, taken as one list.")),
            ("rule", json!({ "$ref": "#/$defs/rule" })),
            (
                "allow_autapses",
                json!({ "type": "boolean", "default": true, "description": "May a neuron connect to itself?" }),
            ),
            (
                "allow_multapses",
                json!({ "type": "boolean", "default": true, "description": "May a pair be connected more than once?" }),
            ),
            (
                "table",
                choice(
                    &TableChoice::NAMES,
                    "auto",
                    "How the synapses are held: lists of targets, a bit for each target (one weight, one delay), or not at all (procedural: fixed_outdegree or all_to_all, one weight, one delay; rows are made anew at each spike). Changes no result.",
                ),
            ),
            (
                "weight",
                by_pair(
                    "mV onto delta input, pA onto current-based input, nS onto conductances, a plain number onto `if`.",
                    false,
                ),
            ),
            (
                "delay",
                by_pair(
                    "At least one tick; rounded to ticks. Draws never round to less than one tick.",
                    true,
                ),
            ),
            ("receptor", receptor_schema()),
            (
                "name",
                json!({ "type": "string", "description": "What recordings of its weights may call it." }),
            ),
            ("plasticity", schema_learning::plasticity()),
            (
                "axonal_delay",
                quantity(
                    "The part of each delay that lies before the synapse, or \"all\"; none unless given, as in NEST. It matters to learning rules only.",
                ),
            ),
        ],
        &projection::KEYS,
    );
    s["required"] = json!(["from", "to", "rule"]);
    s
}

fn recording_schema() -> Value {
    let mut state = object(
        [
            ("of", json!({ "$ref": "#/$defs/selection" })),
            (
                "variable",
                json!({ "type": "string", "description": "Name of the variable, such as \"V_m\"." }),
            ),
            (
                "every",
                quantity("Time between samples, a multiple of the resolution."),
            ),
        ],
        &recording::STATE_KEYS,
    );
    state["required"] = json!(recording::STATE_KEYS);
    let mut s = object(
        [
            (
                "spikes",
                json!({
                    "description": "\"all\" (unless given), \"none\", or whose.", "default": "all",
                    "$ref": "#/$defs/selection",
                }),
            ),
            (
                "state",
                json!({ "type": "array", "minItems": 1, "items": state, "description": "State variables at fixed intervals." }),
            ),
            ("weights", schema_learning::weights()),
            (
                "csv",
                json!({ "type": "boolean", "default": false, "description": "Also write spikes as CSV." }),
            ),
        ],
        &recording::KEYS,
    );
    s["description"] = json!("What is written down.");
    s
}
