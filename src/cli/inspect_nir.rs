//! The part of `spikewheel inspect` for NIR files: nodes, the dialect, and how exact each node will be.

use std::path::Path;

use serde_json::json;

use super::Outcome;
use super::output::{put, put_json, refused};
use crate::ann::shape::text;
use crate::definition::describe::table;
use crate::import::nir::{self, Dialect, Fidelity, Nir, Reset, Spike};

/// Prints a spiking network.
pub(super) fn run(path: &Path, dialect: &super::nir::DialectArgs, as_json: bool) -> Outcome {
    let net = nir::read(path).map_err(refused)?;
    let dialect = Dialect::chosen(&net, &dialect.choice());
    let verdicts = nir::fidelity(&net, &dialect);
    if as_json {
        put_json(&to_json(path, &net, &dialect, &verdicts))
    } else {
        put(&to_text(path, &net, &dialect, &verdicts))
    }
}

fn spike(d: &Dialect) -> &'static str {
    match d.spike {
        Spike::Box => "held for one step",
        Spike::Dirac => "a pulse of area 1",
    }
}

fn reset(d: &Dialect) -> &'static str {
    match d.reset {
        Reset::ToValue => "to v_reset",
        Reset::Subtract => "subtract",
    }
}

fn to_text(path: &Path, net: &Nir, d: &Dialect, verdicts: &[Fidelity]) -> String {
    let version = net.version.as_deref().unwrap_or("unknown");
    let mut out = format!("{}\nNIR, version {version}\n\nNodes\n", path.display());
    let titles = ["node", "type", "reads", "gives", "simulated", "as"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for (i, (node, v)) in net.nodes.iter().zip(verdicts).enumerate() {
        let reads: Vec<String> = net
            .edges
            .iter()
            .filter(|e| e.to == i)
            .map(|e| {
                let name = net.nodes[e.from].name.clone();
                if e.recurrent {
                    format!("{name} (a step ago)")
                } else {
                    name
                }
            })
            .collect();
        rows.push(vec![
            node.name.clone(),
            node.kind.name().into(),
            reads.join(", "),
            text(&node.output),
            v.verdict.name().into(),
            v.reason.clone(),
        ]);
    }
    out.push_str(&table(&rows, &[]));
    out.push_str("\nHow its numbers are read\n");
    let unit = if d.in_steps { "" } else { " s" };
    let mut rows = vec![
        vec!["written by".into(), d.producer.into()],
        vec!["time step".into(), format!("{}{unit}", d.time_step)],
        vec!["a spike is".into(), spike(d).into()],
        vec!["reset".into(), reset(d).into()],
    ];
    rows.extend(d.evidence.iter().map(|e| vec!["because".into(), e.clone()]));
    rows.extend(net.notes.iter().map(|n| vec!["mended".into(), n.clone()]));
    out.push_str(&table(&rows, &[]));
    out
}

fn to_json(path: &Path, net: &Nir, d: &Dialect, verdicts: &[Fidelity]) -> serde_json::Value {
    json!({
        "file": path.display().to_string(),
        "format": "nir",
        "version": net.version,
        "nodes": net.nodes.iter().zip(verdicts).map(|(n, v)| json!({
            "name": n.name,
            "type": n.kind.name(),
            "input": n.input,
            "output": n.output,
            "verdict": v.verdict.name(),
            "reason": v.reason,
        })).collect::<Vec<_>>(),
        "edges": net.edges.iter().map(|e| json!({
            "from": net.nodes[e.from].name,
            "to": net.nodes[e.to].name,
            "recurrent": e.recurrent,
        })).collect::<Vec<_>>(),
        "dialect": {
            "producer": d.producer,
            "time_step": d.time_step,
            "in_steps": d.in_steps,
            "spike": match d.spike { Spike::Box => "box", Spike::Dirac => "dirac" },
            "reset": match d.reset { Reset::ToValue => "to_value", Reset::Subtract => "subtract" },
            "step_equivalent": d.step_equivalent,
            "evidence": d.evidence,
        },
        "notes": net.notes,
    })
}
