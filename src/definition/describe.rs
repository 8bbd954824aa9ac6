//! The tables of models, rules and stimuli as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::context::show;
use super::describe_learning;
use super::distribution::{DISTRIBUTIONS, DistributionDef};
use super::population::range_text;
use super::positions::{LAYOUTS, LayoutDef, MODIFIERS};
use crate::network::connect::{Pairs, RULES, RuleDef};
use crate::network::space::{KERNELS, KernelDef, SPEED};
use crate::neuron::MODELS;
use crate::neuron::def::{ModelDef, ParamDef, StateDefault};
use crate::neuron::lif_multisynapse::RECEPTOR;
use crate::plasticity;
use crate::stimulus::STIMULI;
use crate::stimulus::def::StimulusDef;
use crate::units::Dimension;

/// Something that has a page of its own.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    Model(&'static ModelDef),
    Rule(&'static RuleDef),
    Learning(&'static plasticity::def::RuleDef),
    Stimulus(&'static StimulusDef),
    Layout(&'static LayoutDef),
    Kernel(&'static KernelDef),
    Distribution(&'static DistributionDef),
}

/// Every page, in the order users see: models, connection rules, learning rules, stimuli, positions,
/// kernels, distributions.
pub fn pages() -> impl Iterator<Item = Page> {
    let models = MODELS.iter().map(|(_, d)| Page::Model(d));
    let rules = RULES.iter().map(Page::Rule);
    let learning = plasticity::RULES.iter().map(|(_, d)| Page::Learning(d));
    let stimuli = STIMULI.iter().map(|d| Page::Stimulus(d));
    let layouts = LAYOUTS.iter().map(Page::Layout);
    let kernels = KERNELS.iter().chain([&SPEED]).map(Page::Kernel);
    models
        .chain(rules)
        .chain(learning)
        .chain(stimuli)
        .chain(layouts)
        .chain(kernels)
        .chain(DISTRIBUTIONS.iter().map(Page::Distribution))
}

/// The pages of that name: `exponential` is a distribution and a kernel.
pub fn find_all(name: &str) -> Vec<Page> {
    pages().filter(|p| p.name() == name).collect()
}

/// The first page of that name.
pub fn find(name: &str) -> Option<Page> {
    pages().find(|p| p.name() == name)
}

/// Help for a name without a page.
pub fn suggestion(name: &str) -> String {
    let names: Vec<&str> = pages().map(Page::name).collect();
    super::diagnostics::suggest(name, &names)
}

impl Page {
    /// The name under which it is used and found.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model(d) => d.name,
            Self::Rule(d) => d.name,
            Self::Learning(d) => d.name,
            Self::Stimulus(d) => d.name,
            Self::Layout(d) => d.name,
            Self::Kernel(d) => d.name,
            Self::Distribution(d) => d.name,
        }
    }

    /// The heading under which it is listed.
    fn group(self) -> &'static str {
        match self {
            Self::Model(_) => "Neuron models",
            Self::Rule(_) => "Connection rules",
            Self::Learning(_) => "Learning rules",
            Self::Stimulus(_) => "Stimuli",
            Self::Layout(_) => "Positions",
            Self::Kernel(_) => "Kernels (what depends on distance)",
            Self::Distribution(_) => "Distributions",
        }
    }

    /// One line that says what it is.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Model(d) => d.summary,
            Self::Rule(d) => d.doc,
            Self::Learning(d) => d.summary,
            Self::Stimulus(d) => d.summary,
            Self::Layout(d) => d.doc,
            Self::Kernel(d) => d.doc,
            Self::Distribution(d) => d.doc,
        }
    }

    /// The whole page for a terminal.
    pub fn text(self) -> String {
        match self {
            Self::Model(d) => model_text(d),
            Self::Rule(d) => rule_text(d),
            Self::Learning(d) => describe_learning::text(d),
            Self::Stimulus(d) => stimulus_text(d),
            Self::Layout(d) => layout_text(d),
            Self::Kernel(d) => kernel_text(d),
            Self::Distribution(d) => distribution_text(d),
        }
    }

    /// The whole page for a program.
    pub fn json(self) -> Value {
        match self {
            Self::Model(d) => model_json(d),
            Self::Rule(d) => json!({
                "kind": "rule",
                "name": d.name,
                "argument": d.argument,
                "keys": d.keys.iter().map(|k| json!({
                    "name": k.name, "expects": k.expects, "required": k.required, "doc": k.doc,
                })).collect::<Vec<_>>(),
                "table": d.argument.is_some() && d.pairs != Pairs::No,
                "by_distance": d.by_distance,
                "doc": d.doc,
                "details": (d.name == "list").then_some(super::edge_files::HELP),
            }),
            Self::Learning(d) => describe_learning::json(d),
            Self::Stimulus(d) => json!({
                "kind": "stimulus",
                "name": d.name,
                "summary": d.summary,
                "as_source": d.as_source,
                "as_drive": d.as_drive,
                "keys": d.keys.iter().map(|k| json!({
                    "name": k.name, "expects": k.expects, "doc": k.doc,
                })).collect::<Vec<_>>(),
                "reference": d.reference,
            }),
            Self::Layout(d) => json!({
                "kind": "positions", "name": d.name, "example": d.example, "doc": d.doc,
            }),
            Self::Kernel(d) => json!({
                "kind": "kernel", "name": d.name, "formula": d.formula, "doc": d.doc,
            }),
            Self::Distribution(d) => json!({
                "kind": "distribution",
                "name": d.name,
                "argument": d.argument,
                "example": d.example,
                "limits": d.limits,
                "doc": d.doc,
                "reference": d.reference,
            }),
        }
    }
}

/// The list of all pages for a terminal.
pub fn overview() -> String {
    let mut out = String::new();
    let mut titles: Vec<&str> = pages().map(Page::group).collect();
    titles.dedup();
    for title in titles {
        let rows: Vec<Vec<String>> = pages()
            .filter(|p| p.group() == title)
            .map(|p| vec![p.name().to_string(), p.summary().to_string()])
            .collect();
        let _ = writeln!(out, "{title}\n{}", table(&rows, &[]));
    }
    out
}

/// The list of all pages for a program.
pub fn overview_json() -> Value {
    Value::Array(pages().map(Page::json).collect())
}

/// Columns side by side, indented by two; columns named in `right` are aligned to the right.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        rows.iter()
            .filter_map(|r| r.get(c))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::from(" ");
        for (c, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
            line.push(' ');
            if right.contains(&c) {
                line.push_str(&gap);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&gap);
            }
            line.push(' ');
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn unit(d: Dimension) -> String {
    let unit = d.canonical_unit();
    if unit.is_empty() { "-".into() } else { unit }
}

fn range(p: &ParamDef) -> String {
    match range_text(p.min, p.max, p.dimension) {
        text if text == "finite" => "any".into(),
        text => text,
    }
}

fn header(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|c| (*c).to_string()).collect()
}

fn param_row(p: &ParamDef) -> Vec<String> {
    vec![
        p.name.into(),
        unit(p.dimension),
        show(p.default),
        range(p),
        p.doc.into(),
    ]
}

fn model_text(d: &ModelDef) -> String {
    let mut out = format!("{}: {}\n\n", d.name, d.summary);
    for line in d.equations.lines() {
        let _ = writeln!(out, "  {line}");
    }
    if !d.params.is_empty() {
        let mut rows = vec![header(&[
            "parameter",
            "unit",
            "default",
            "range",
            "meaning",
        ])];
        rows.extend(d.params.iter().map(param_row));
        let _ = write!(out, "\nParameters (params)\n{}", table(&rows, &[2]));
    }
    if d.ports > 0 {
        let mut rows = vec![header(&["key", "unit", "default", "range", "meaning"])];
        rows.push(
            [
                "name",
                "-",
                "none",
                "a word",
                "what `receptor` may call it, besides its number from 1",
            ]
            .map(String::from)
            .to_vec(),
        );
        rows.extend(RECEPTOR.iter().map(param_row));
        let _ = write!(
            out,
            "\nReceptors (receptors): a list of 1 to {}\n{}",
            d.ports,
            table(&rows, &[2])
        );
    }
    if !d.state.is_empty() {
        let mut rows = vec![header(&["variable", "unit", "default", "meaning"])];
        rows.extend(d.state.iter().map(|s| {
            let default = match s.default {
                StateDefault::Value(v) => show(v),
                StateDefault::Param(name) => name.to_string(),
            };
            vec![s.name.into(), unit(s.dimension), default, s.doc.into()]
        }));
        let _ = write!(out, "\nInitial values (initial)\n{}", table(&rows, &[2]));
    }
    if !d.recordables.is_empty() {
        let mut rows = vec![header(&["variable", "unit", "meaning"])];
        rows.extend(
            d.recordables
                .iter()
                .map(|r| vec![r.name.into(), unit(r.dimension), r.doc.into()]),
        );
        let _ = write!(out, "\nCan be recorded\n{}", table(&rows, &[]));
    }
    if let Some(clock) = &d.clock {
        let default = if clock.follows_resolution {
            format!(
                "the resolution, or {} ms where that is finer",
                show(clock.default_ms)
            )
        } else {
            format!("at most {} ms", show(clock.default_ms))
        };
        let _ = write!(
            out,
            "\nClocked: integrated with a local step, not exact.\n  {}\n  step = \"0.1 ms\": a whole multiple or a whole fraction of the resolution; {default} unless given\n",
            clock.method
        );
    }
    let weight = match d.weight {
        None => "ignored".to_string(),
        Some(Dimension::NONE) => "a plain number".into(),
        Some(w) => format!("a {} ({})", w.name(), w.canonical_unit()),
    };
    let mut keys = match &d.clock {
        None => vec!["update"],
        Some(c) if c.has_consistent_integration => vec!["step", "consistent_integration"],
        Some(_) => vec!["step"],
    };
    if d.has_threshold {
        keys.extend(["reset", "threshold_test"]);
    }
    if d.has_refractory_input {
        keys.push("refractory_input");
    }
    if d.has_two_currents {
        keys.push("currents");
    }
    if d.has_escape {
        keys.push("escape");
    }
    if d.ports > 0 {
        keys.push("receptors");
    }
    let current = if d.takes_current { "yes" } else { "no" };
    let _ = write!(
        out,
        "\nWeight of a synapse: {weight}\nTakes an injected current: {current}\nOptions: {}\nReference: {}\n",
        keys.join(", "),
        d.reference
    );
    out
}

fn rule_text(d: &RuleDef) -> String {
    let example = match d.argument {
        None => format!("rule = \"{}\"", d.name),
        Some(what) => format!("rule = {{ {} = ... }}    ({what})", d.name),
    };
    let mut out = format!("{}: {}\n\n  {example}\n", d.name, d.doc);
    if !d.keys.is_empty() {
        let mut rows = vec![header(&["key", "expects", "meaning"])];
        rows.extend(
            d.keys
                .iter()
                .map(|k| vec![k.name.into(), k.expects.into(), k.doc.into()]),
        );
        let _ = write!(
            out,
            "\nKeys of an argument {{ key = ... }}\n{}",
            table(&rows, &[])
        );
    }
    out.push_str(match d.pairs {
        Pairs::No => "",
        Pairs::Table | Pairs::Any if d.argument.is_some() => {
            "\nOver lists of populations the argument may be a table, [[...], ...]: a row for each\n\
             population of `to`, a column for each of `from`, 0 for no projection. Then weight and\n\
             delay may be tables too, or { per_source = [...] } or { per_target = [...] }.\n"
        }
        Pairs::Table | Pairs::Any => {
            "\nOver lists of populations weight and delay may be tables, [[...], ...]: a row for each\n\
             population of `to`, a column for each of `from`; or { per_source = [...] } or\n\
             { per_target = [...] }.\n"
        }
    });
    if d.name == "list" {
        let _ = write!(out, "\n{}", super::edge_files::HELP);
    }
    if let Some(keys) = d.by_distance {
        let _ = writeln!(
            out,
            "  rule = {{ {} = {{ {keys} }} }}    (by distance: a kernel, and optionally within = a mask radius)",
            d.name
        );
    }
    out
}

fn layout_text(d: &LayoutDef) -> String {
    let mut out = format!("{}: {}\n\n  {}\n\n", d.name, d.doc, d.example);
    let rows: Vec<Vec<String>> = MODIFIERS
        .iter()
        .filter(|(key, _)| d.keys.contains(key))
        .map(|(key, doc)| vec![(*key).to_string(), (*doc).to_string()])
        .collect();
    out.push_str(&table(&rows, &[]));
    out
}

fn kernel_text(d: &KernelDef) -> String {
    let uses: &[&str] = if d.name == SPEED.name {
        &["delay = { speed = \"0.3 m/s\", offset = \"0.5 ms\" }"]
    } else {
        &[
            "rule = { pairwise_bernoulli = { NAME = \"0.2 mm\", peak = 0.6, within = \"1 mm\" } }",
            "rule = { fixed_indegree = { indegree = 100, NAME = \"0.2 mm\" } }",
            "weight = { NAME = \"0.2 mm\", peak = \"20 pA\", offset = \"1 pA\" }",
        ]
    };
    let mut out = format!("{}: {}\n\n  {}\n\n", d.name, d.doc, d.formula);
    for line in uses {
        let _ = writeln!(out, "  {}", line.replace("NAME", d.name));
    }
    out.push_str("\nBoth sides need positions. Peak and offset of weights and delays may be distributions.\n");
    out
}

fn distribution_text(d: &DistributionDef) -> String {
    let mut out = format!(
        "{}: {}\n\n  {{ {} = {} }}\n  {}\n\n",
        d.name, d.doc, d.name, d.argument, d.example
    );
    if d.limits {
        out.push_str("With min or max beside it, draws lie between them.\n");
    }
    out.push_str(
        "It may stand wherever a value may differ from element to element: params, initial, weight,\n\
         delay. Draws depend on the seed and on what is drawn for, never on threads.\n\
         Instead of a distribution there may be one value, a list, or a file:\n\
         { file = \"v.csv\", column = \"v\" }, { file = \"v.npy\" }, { file = \"v.h5\", dataset = \"cells/v\" }.\n",
    );
    if !d.reference.is_empty() {
        let _ = writeln!(out, "Reference: {}", d.reference);
    }
    out
}

fn stimulus_text(d: &StimulusDef) -> String {
    let mut out = format!("{}: {}\n\n", d.name, d.summary);
    let mut rows = vec![header(&["key", "expects", "meaning"])];
    rows.extend(
        d.keys
            .iter()
            .map(|k| vec![k.name.into(), k.expects.into(), k.doc.into()]),
    );
    out.push_str(&table(&rows, &[]));
    out.push('\n');
    if d.as_drive {
        out.push_str("With `to`: private to each target, without delay.\n");
    }
    if d.as_source {
        out.push_str("Without `to`: a population that projections connect from; `size` is its number of elements.\n");
    }
    if !d.reference.is_empty() {
        let _ = writeln!(out, "Reference: {}", d.reference);
    }
    out
}

fn param_json(p: &ParamDef) -> Value {
    json!({
        "name": p.name,
        "unit": p.dimension.canonical_unit(),
        "dimension": p.dimension.name(),
        "default": p.default,
        "range": range(p),
        "doc": p.doc,
    })
}

fn model_json(d: &ModelDef) -> Value {
    json!({
        "kind": "model",
        "name": d.name,
        "summary": d.summary,
        "equations": d.equations,
        "params": d.params.iter().map(param_json).collect::<Vec<_>>(),
        "state": d.state.iter().map(|s| json!({
            "name": s.name,
            "unit": s.dimension.canonical_unit(),
            "default": match s.default {
                StateDefault::Value(v) => json!(v),
                StateDefault::Param(name) => json!(name),
            },
            "doc": s.doc,
        })).collect::<Vec<_>>(),
        "recordables": d.recordables.iter().map(|r| json!({
            "name": r.name, "unit": r.dimension.canonical_unit(), "doc": r.doc,
        })).collect::<Vec<_>>(),
        "weight_unit": d.weight.map(|w| w.canonical_unit()),
        "reset": d.has_threshold,
        "refractory_input": d.has_refractory_input,
        "currents": d.has_two_currents,
        "escape": d.has_escape,
        "ports": d.ports,
        "receptor": if d.ports > 0 { RECEPTOR.iter().map(param_json).collect() } else { vec![] },
        "takes_current": d.takes_current,
        "clocked": d.clock.as_ref().map(|c| json!({
            "method": c.method,
            "default_step_ms": c.default_ms,
            "follows_resolution": c.follows_resolution,
            "consistent_integration": c.has_consistent_integration,
        })),
        "reference": d.reference,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_shows_every_name_of_its_table() {
        for page in pages() {
            let text = page.text();
            assert!(text.starts_with(page.name()));
            if let Page::Model(d) = page {
                assert!(d.params.iter().all(|p| text.contains(p.doc)));
            }
        }
        assert!(find_all("lif_delta").len() == 1 && find_all("LIF").is_empty());
        assert!(suggestion("lif_delt").contains("`lif_delta`"));
    }

    #[test]
    fn names_of_pages_of_a_group_are_different() {
        let mut names: Vec<(&str, &str)> = pages().map(|p| (p.group(), p.name())).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
