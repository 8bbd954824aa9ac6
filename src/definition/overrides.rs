//! `--set name=value`: other values for parameters and for keys of `[simulation]`.

use std::path::PathBuf;
use std::sync::Arc;

use super::Override;
use super::context::Context;
use super::diagnostics::suggest;
use super::simulation;
use super::source::{Place, SourceFile};
use super::syntax::{Entry, Node, Table, Value};

/// Puts the values into the tables, where they are read like everything else; errors then point
/// into the text of the override.
pub(super) fn apply(
    ctx: &mut Context,
    overrides: &[Override],
    parameters: &mut [Entry],
    simulation: &mut Table,
) {
    for o in overrides {
        let file = Arc::new(SourceFile {
            name: format!("--set {}", o.name),
            path: PathBuf::new(),
            text: o.value.clone(),
            files: Arc::default(),
        });
        let place = Place::new(&file, 0, o.value.len());
        let key = o.name.strip_prefix("simulation.");
        if let Some(key) = key.filter(|k| simulation::KEYS.contains(k)) {
            let value = match o.value.trim().parse::<i128>() {
                Ok(i) => Value::Integer(i),
                Err(_) => Value::Text(o.value.clone()),
            };
            let node = Node {
                value,
                place: place.clone(),
            };
            simulation.entries.retain(|e| e.key != key);
            simulation.entries.push(Entry {
                key: key.to_string(),
                key_place: place,
                node,
            });
            continue;
        }
        let mut found = false;
        for p in parameters.iter_mut().filter(|p| p.key == o.name) {
            found = true;
            p.node = Node {
                value: Value::Text(o.value.clone()),
                place: place.clone(),
            };
        }
        if !found {
            let mut valid: Vec<String> = parameters.iter().map(|p| p.key.clone()).collect();
            valid.extend(simulation::KEYS.iter().map(|k| format!("simulation.{k}")));
            let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
            ctx.reports
                .general_error(format!(
                    "--set {}: there is no parameter of that name",
                    o.name.escape_debug()
                ))
                .help(suggest(&o.name, &valid));
        }
    }
}
