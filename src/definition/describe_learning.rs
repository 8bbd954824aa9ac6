//! The pages of learning rules.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::context::show;
use super::describe::table;
use super::learning::{KEYS, NORMALISE, SCALING};
use super::modulators;
use super::population::range_text;
use crate::plasticity::def::{RuleDef, RuleParam, Unit};

fn unit(p: &RuleParam) -> String {
    match p.unit {
        Unit::Weight => "weight".into(),
        Unit::Of(d) if d.canonical_unit().is_empty() => "-".into(),
        Unit::Of(d) => d.canonical_unit(),
    }
}

fn range(p: &RuleParam) -> String {
    let text = match p.unit {
        Unit::Weight => "finite".into(),
        Unit::Of(d) => range_text(p.min, p.max, d),
    };
    if text == "finite" { "any".into() } else { text }
}

/// A number, in powers of ten where it is small.
fn short(v: f64) -> String {
    if v != 0.0 && v.abs() < 1e-3 {
        format!("{v:e}")
    } else {
        show(v)
    }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|c| (*c).to_string()).collect()
}

fn keys(out: &mut String, title: &str, keys: &[(&str, &str)]) {
    let rows: Vec<Vec<String>> = keys.iter().map(|(key, text)| row(&[key, text])).collect();
    let _ = write!(out, "\n{title}\n{}", table(&rows, &[]));
}

/// The page for a terminal.
pub(super) fn text(d: &RuleDef) -> String {
    let mut out = format!("{}: {}\n\n", d.name, d.summary);
    for line in d.equations.lines() {
        let _ = writeln!(out, "  {line}");
    }
    let needed: Vec<String> = d
        .params
        .iter()
        .filter(|p| p.default.is_none())
        .map(|p| format!(", {} = \"1 mV\"", p.name))
        .collect();
    let modulator = if d.modulated {
        ", modulator = \"dopamine\""
    } else {
        ""
    };
    let _ = write!(
        out,
        "\n  plasticity = {{ rule = \"{}\"{}{modulator} }}    (key of a projection)\n",
        d.name,
        needed.concat()
    );
    let mut rows = vec![row(&["parameter", "unit", "default", "range", "meaning"])];
    rows.extend(d.params.iter().map(|p| {
        let default = p.default.map_or_else(|| "stated".into(), short);
        vec![p.name.into(), unit(p), default, range(p), p.doc.into()]
    }));
    let _ = write!(out, "\nParameters\n{}", table(&rows, &[2]));
    for c in d.choices {
        let _ = write!(
            out,
            "\n{}: {}\n  one of {}; {} unless given\n",
            c.name,
            c.doc,
            c.among.join(", "),
            c.among.first().unwrap_or(&"")
        );
    }
    if !d.sets.is_empty() {
        let mut header = vec!["set".to_string()];
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in d.sets.iter().flat_map(|s| s.values) {
            if !names.contains(name) {
                names.push(name);
            }
        }
        header.extend(names.iter().map(|n| (*n).to_string()));
        let mut rows = vec![header];
        rows.extend(d.sets.iter().map(|s| {
            let value = |name: &&str| {
                s.values
                    .iter()
                    .find(|(n, _)| n == name)
                    .map_or_else(String::new, |(_, v)| short(*v))
            };
            std::iter::once(s.name.to_string())
                .chain(names.iter().map(value))
                .collect()
        }));
        let right: Vec<usize> = (1..=names.len()).collect();
        let _ = write!(
            out,
            "\nSets: set = \"NAME\", scale = \"1 mV\"; amplitudes are these numbers times scale,\nand what is stated beside a set goes before it\n{}",
            table(&rows, &right)
        );
    }
    if d.modulated {
        keys(
            &mut out,
            "It listens to a modulator: [modulators.dopamine] with these keys",
            &modulators::KEYS,
        );
        keys(&mut out, "Keys of its baseline", &modulators::BASELINE);
    }
    if d.short_term {
        out.push_str(
            "\nIt may stand beside a rule that changes weights: plasticity = [{ ... }, { ... }].\n",
        );
    } else {
        keys(
            &mut out,
            "Homeostasis: normalise = { ... }, by a gain of each target",
            &NORMALISE,
        );
        keys(
            &mut out,
            "or scaling = { ... }, by a gain of each target",
            &SCALING,
        );
        out.push_str(
            "\nDelays are dendritic unless the projection says axonal_delay = \"0.5 ms\" or \"all\".\n\
             plasticity = \"frozen\" in a projection, or in [simulation] for all of them, keeps weights as\n\
             they are. A short-term rule (tsodyks2, tsodyks) may stand beside: plasticity = [{ ... }, { ... }].\n",
        );
    }
    let _ = writeln!(out, "Reference: {}", d.reference);
    out
}

/// The page for a program.
pub(super) fn json(d: &RuleDef) -> Value {
    let own: Vec<&str> = KEYS
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| match *key {
            "set" | "scale" => !d.sets.is_empty(),
            "modulator" => d.modulated,
            "normalise" | "scaling" => !d.short_term,
            _ => true,
        })
        .collect();
    json!({
        "kind": "learning_rule",
        "name": d.name,
        "summary": d.summary,
        "equations": d.equations,
        "params": d.params.iter().map(|p| json!({
            "name": p.name,
            "unit": unit(p),
            "default": p.default,
            "range": range(p),
            "doc": p.doc,
        })).collect::<Vec<_>>(),
        "choices": d.choices.iter().map(|c| json!({
            "name": c.name, "among": c.among, "doc": c.doc,
        })).collect::<Vec<_>>(),
        "sets": d.sets.iter().map(|s| json!({
            "name": s.name,
            "values": s.values.iter().map(|(n, v)| ((*n).to_string(), json!(v))).collect::<serde_json::Map<_, _>>(),
            "choices": s.choices.iter().map(|(n, v)| ((*n).to_string(), json!(v))).collect::<serde_json::Map<_, _>>(),
            "reference": s.reference,
        })).collect::<Vec<_>>(),
        "keys": own,
        "modulated": d.modulated,
        "short_term": d.short_term,
        "reference": d.reference,
    })
}
