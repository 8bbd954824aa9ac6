//! Receptor ports: `receptors` of a population, and who names one of them: `receptor` of a
//! projection or a private stimulus, and the variables `I_syn_NAME`.

use super::context::Context;
use super::diagnostics::suggest;
use super::names::Names;
use super::source::Place;
use super::syntax::{Entry, Node, Table, Value};
use super::values::{self, Wanted};
use crate::network::spec::{ReceptorSpec, Slice, Values};
use crate::neuron::MODELS;
use crate::neuron::def::{ModelDef, ParamDef};
use crate::neuron::lif_multisynapse::RECEPTOR;

/// Keys of a receptor, besides the name.
fn keys() -> Vec<&'static str> {
    let shape = RECEPTOR.iter().map(|p| p.name);
    ["name"].into_iter().chain(shape).collect()
}

/// Reads `receptors`: empty for a model without ports, `None` after an error.
pub(super) fn read(
    ctx: &mut Context,
    entry: &Entry,
    table: &Table,
    def: &ModelDef,
    size: Option<u32>,
) -> Option<Vec<ReceptorSpec>> {
    let given = table.entry("receptors");
    if def.ports == 0 {
        let Some(e) = given else {
            return Some(Vec::new());
        };
        let with: Vec<&str> = MODELS
            .iter()
            .filter(|(_, d)| d.ports > 0)
            .map(|(_, d)| d.name)
            .collect();
        ctx.reports
            .error(
                &e.key_place,
                format!("the model {} has no receptor ports", def.name),
            )
            .help(format!("models with ports: {}", with.join(", ")));
        return None;
    }
    let Some(given) = given else {
        ctx.missing(
            &entry.key_place,
            &format!("`receptors` of population `{}`", entry.key),
            "receptors = [{ name = \"ampa\", tau_decay = \"2 ms\" }]",
        );
        return None;
    };
    let list = ctx.list(&given.node, "receptors")?;
    if list.len() > def.ports {
        ctx.reports.error(
            &given.node.place,
            format!(
                "{} receptors: the model {} has up to {}",
                list.len(),
                def.name,
                def.ports
            ),
        );
        return None;
    }
    let mut all: Vec<ReceptorSpec> = Vec::with_capacity(list.len());
    let mut complete = true;
    for node in list {
        match read_one(ctx, node, &all, size) {
            Some(receptor) => all.push(receptor),
            None => complete = false,
        }
    }
    complete.then_some(all)
}

fn read_one(
    ctx: &mut Context,
    node: &Node,
    before: &[ReceptorSpec],
    size: Option<u32>,
) -> Option<ReceptorSpec> {
    let Some(table) = node.table() else {
        ctx.expected(
            node,
            "a receptor",
            "a table { name = \"nmda\", tau_rise = \"2 ms\", tau_decay = \"100 ms\" }",
        );
        return None;
    };
    table.only(&keys(), "a receptor", &mut ctx.reports);
    let name = match table.get("name") {
        Some(n) => Some(read_name(ctx, n, before)?),
        None => None,
    };
    let mut time = |p: &ParamDef| -> Option<Values> {
        let Some(node) = table.get(p.name) else {
            return Some(Values::Constant(p.default));
        };
        if size.is_none() && matches!(node.value, Value::List(_) | Value::Table(_)) {
            return None;
        }
        let wanted = Wanted {
            min: p.min,
            max: p.max,
            ..Wanted::any(p.name, p.dimension, size.map(|n| n as usize), "neurons")
        };
        values::read(ctx, node, &wanted)
    };
    let [decay, rise] = &RECEPTOR;
    let (tau_decay, tau_rise) = (time(decay), time(rise));
    Some(ReceptorSpec {
        name,
        tau_rise: tau_rise?,
        tau_decay: tau_decay?,
    })
}

fn read_name(ctx: &mut Context, node: &Node, before: &[ReceptorSpec]) -> Option<String> {
    let name = ctx.text(node, "the name of a receptor")?;
    let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && name.chars().next().is_some_and(char::is_alphabetic);
    if !is_word {
        ctx.reports
            .error(
                &node.place,
                format!("`{}` cannot be the name of a receptor", name.escape_debug()),
            )
            .help("letters, digits and _, beginning with a letter");
        return None;
    }
    if before.iter().any(|r| r.name.as_deref() == Some(name)) {
        ctx.reports
            .error(&node.place, format!("two receptors are called `{name}`"));
        return None;
    }
    Some(name.to_string())
}

/// Reads `receptor`: the port at which input arrives, `Some(None)` where the targets have no ports.
/// `place` is where a missing key would belong.
pub(super) fn port(
    ctx: &mut Context,
    table: &Table,
    names: &Names,
    to: &[Slice],
    place: &Place,
) -> Option<Option<usize>> {
    let node = table.get("receptor");
    let mut found: Option<(usize, &str)> = None;
    let mut without = None;
    for slice in to {
        let def = names.model(slice)?.def();
        let named = names.at(slice.population)?;
        if def.ports == 0 {
            without.get_or_insert((def.name, named.name.as_str()));
            continue;
        }
        // In error, and told already.
        let ports = named.receptors.as_deref()?;
        let Some(node) = node else {
            let example = match ports.first() {
                Some(Some(name)) => format!("receptor = \"{name}\""),
                _ => "receptor = 1".into(),
            };
            ctx.missing(
                place,
                &format!(
                    "the receptor of `{}` that this input arrives at",
                    named.name
                ),
                &example,
            );
            return None;
        };
        let port = find(ctx, node, &named.name, ports)?;
        match found {
            Some((first, other)) if first != port => {
                ctx.reports
                    .error(
                        &node.place,
                        format!(
                            "this receptor is number {} of `{other}` and number {} of `{}`",
                            first + 1,
                            port + 1,
                            named.name
                        ),
                    )
                    .help("make one statement for each of the two");
                return None;
            }
            _ => found = Some((port, &named.name)),
        }
    }
    if let (Some(node), Some((model, name))) = (table.entry("receptor"), without) {
        let d = ctx.reports.error(
            &node.key_place,
            format!("`{name}` has no receptor ports: its model is {model}"),
        );
        d.help("leave out the key; the sign of a weight chooses where it acts");
        return None;
    }
    Some(found.map(|(port, _)| port))
}

/// The port that `node` names, by name or by number from 1.
fn find(
    ctx: &mut Context,
    node: &Node,
    population: &str,
    ports: &[Option<String>],
) -> Option<usize> {
    match &node.value {
        Value::Text(text) => {
            let found = ports.iter().position(|p| p.as_deref() == Some(text));
            if found.is_none() {
                let known: Vec<&str> = ports.iter().flatten().map(String::as_str).collect();
                let help = if known.is_empty() {
                    format!(
                        "its receptors have no names, only numbers from 1 to {}",
                        ports.len()
                    )
                } else {
                    suggest(text, &known)
                };
                ctx.reports
                    .error(
                        &node.place,
                        format!("`{population}` has no receptor `{}`", text.escape_debug()),
                    )
                    .label("unknown")
                    .help(help);
            }
            found
        }
        Value::Integer(number) => {
            let found = usize::try_from(*number)
                .ok()
                .filter(|n| (1..=ports.len()).contains(n));
            if found.is_none() {
                let most = ports.len();
                let has = if most == 1 {
                    "one receptor, number 1".to_string()
                } else {
                    format!("receptors 1 to {most}")
                };
                ctx.reports
                    .error(
                        &node.place,
                        format!("there is no receptor {number}: `{population}` has {has}"),
                    )
                    .label("out of range");
            }
            found.map(|n| n - 1)
        }
        _ => {
            ctx.expected(node, "receptor", "a name or a number from 1");
            None
        }
    }
}

/// What users may call the variables of a model with these ports: the name in its table, and what
/// else it goes by. Variables of ports that are not there are left out.
pub(super) fn variables(
    all: impl Iterator<Item = &'static str>,
    ports: &[Option<String>],
) -> Vec<(&'static str, Option<String>)> {
    all.filter_map(
        |name| match crate::neuron::lif_multisynapse::port_of(name) {
            None => Some((name, None)),
            Some(port) => {
                let port = ports.get(port)?;
                Some((name, port.as_ref().map(|p| format!("I_syn_{p}"))))
            }
        },
    )
    .collect()
}
