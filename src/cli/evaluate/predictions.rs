//! What came out for each sample, as a table.

use std::path::Path;

use super::{Task, Told};
use crate::cli::Failure;
use crate::cli::output::write_whole;
use crate::evaluate::decision;

/// Writes the table.
pub(super) fn write(told: &Told<'_>, path: &Path) -> Result<(), Failure> {
    let e = &told.evaluation;
    let mut head: Vec<String> = vec!["sample".into()];
    let decided = told.task == Task::Classify;
    if told.set.labels.is_some() {
        head.push("label".into());
    }
    if decided {
        head.extend(["decision", "ann_decision"].map(String::from));
    }
    let columns = [
        "relative_deviation",
        "spikes",
        "input_spikes",
        "operations",
        "ann_effective_macs",
        "clipped",
    ];
    head.extend(columns.map(String::from));
    head.extend((0..e.width).map(|k| format!("output_{k}")));
    head.extend((0..e.width).map(|k| format!("ann_output_{k}")));
    let mut text = head.join(",");
    text.push('\n');
    let width = e.width.max(1);
    let rows = e
        .outputs
        .chunks_exact(width)
        .zip(e.reference.chunks_exact(width));
    for (i, ((own, ann), of)) in rows.zip(&e.of_samples).enumerate() {
        let mut cells = vec![i.to_string()];
        if let Some(labels) = &told.set.labels {
            cells.push(labels[i].to_string());
        }
        if decided {
            cells.extend([decision(own).to_string(), decision(ann).to_string()]);
        }
        cells.extend([
            of.relative.to_string(),
            of.spikes.to_string(),
            of.input_spikes.to_string(),
            of.operations.to_string(),
            of.macs.to_string(),
            of.clipped.to_string(),
        ]);
        cells.extend(own.iter().chain(ann).map(f64::to_string));
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    write_whole(path, told.args.force, text.as_bytes())
}
