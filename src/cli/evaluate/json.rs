//! The report for programs. What hangs on the machine is under `time` alone.

use serde_json::{Value, json};

use super::{Task, Told, code_json};
use crate::evaluate::energy;

pub(super) fn to_json(told: &Told<'_>) -> Value {
    let (model, e) = (told.model, &told.evaluation);
    let net = model.network.net();
    let n = e.samples.max(1) as f64;
    let populations: Vec<Value> = net
        .populations
        .iter()
        .zip(&e.of_populations)
        .enumerate()
        .map(|(i, (p, of))| {
            json!({
                "name": p.name,
                "neurons": p.len(),
                "scale": model.network.scale(i),
                "spikes": of.spikes as f64 / n,
                "operations": of.operations as f64 / n,
                "clipped": of.clipped,
                "clipped_samples": of.clipped_samples,
                "saturated": of.saturated,
                "dead": of.dead,
                "mean_error": of.mean_error(e.samples),
                "largest_error": of.largest_error,
                "first_wrong": of.first_wrong,
            })
        })
        .collect();
    json!({
        "model": told.args.model.display().to_string(),
        "network": model.graph.name,
        "origin": model.origin,
        "data": {
            "file": told.args.data.display().to_string(),
            "notes": told.set.notes,
        },
        "task": match told.task { Task::Classify => "classify", Task::Values => "values" },
        "code": code_json(model),
        "summary": told.summary,
        "fit": told.fit.map(|(own, ann)| json!({ "own": own, "ann": ann })),
        "neurobench": told.bench,
        "energy_caveat": energy::CAVEAT,
        "populations": populations,
        "files": told.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>(),
        "time": {
            "per_sample_seconds": e.busy.as_secs_f64() / n,
            "wall_seconds": told.wall.as_secs_f64(),
            "threads": told.threads,
        },
    })
}
