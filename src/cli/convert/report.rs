//! What a conversion did, as text and as JSON.

use serde_json::{Value, json};

use super::{Args, Converted};
use crate::ann::shape;
use crate::cli::evaluate::{code_json, code_text, error, figure, percent};
use crate::definition::describe::table;
use crate::spiking::Kind;

pub(super) fn to_text(args: &Args, c: &Converted) -> String {
    let graph = &c.model.graph;
    let net = c.model.network.net();
    let mut out = format!(
        "{} -> {}\n\nLayers\n",
        args.model.display(),
        args.out.display()
    );
    let mut rows = vec![row(["layer", "kind", "gives", "became", "of population"])];
    for (node, fate) in graph.nodes().iter().zip(&c.fates) {
        let of: Vec<&str> = fate
            .populations()
            .iter()
            .map(|p| net.populations[*p].name.as_str())
            .collect();
        rows.push(vec![
            node.name.clone(),
            node.op.name().into(),
            shape::text(&node.shape),
            fate.name().into(),
            of.join(", "),
        ]);
    }
    out.push_str(&table(&rows, &[]));
    out.push_str("\nPopulations\n");
    let checked = c.checked.as_ref().map(|(e, _)| e);
    let mut rows = vec![row([
        "population",
        "neurons",
        "synapses",
        "weights held",
        "largest",
        "scale",
    ])];
    if checked.is_some() {
        rows[0].extend(["dead", "saturated", "mean spikes", "largest error"].map(String::from));
    }
    for (i, p) in net.populations.iter().enumerate() {
        let synapses: u64 = p
            .links
            .iter()
            .flat_map(|l| &l.fan_out)
            .map(|n| u64::from(*n))
            .sum();
        let held = p.held();
        let spikes_at_all = p.kind != Kind::Readout;
        let scale = c.model.network.scale(i);
        let mut cells = vec![
            p.name.clone(),
            p.len().to_string(),
            synapses.to_string(),
            held.to_string(),
            figure(p.largest),
            if spikes_at_all {
                figure(scale)
            } else {
                String::new()
            },
        ];
        if let Some(e) = checked {
            let of = &e.of_populations[i];
            let spikes = of.spikes as f64 / e.samples.max(1) as f64;
            let count = |n: usize| {
                if spikes_at_all {
                    n.to_string()
                } else {
                    String::new()
                }
            };
            cells.extend([
                count(of.dead),
                count(of.saturated),
                if spikes_at_all {
                    format!("{spikes:.1}")
                } else {
                    String::new()
                },
                error(of.largest_error),
            ]);
        }
        rows.push(cells);
    }
    out.push_str(&table(&rows, &[1, 2, 3, 4, 5, 6, 7, 8, 9]));
    out.push_str("\nTogether\n");
    let mut rows = code_text(&c.model);
    rows.push(row([
        "neurons",
        &format!("{}, and {} inputs", net.hidden(), inputs(c)),
    ]));
    rows.push(row([
        "synapses",
        &format!("{}, by {} numbers", net.synapses(), held(c)),
    ]));
    rows.push(row(["calibrated", &calibrated(args, c)]));
    rows.extend(c.data.iter().map(|n| row(["data", n])));
    if let Some(same) = c.cheaper.as_ref().and_then(|l| l.same_decision) {
        let accuracy = c.cheaper.as_ref().and_then(|l| l.accuracy);
        let accuracy = accuracy.map_or(String::new(), |(old, new)| {
            format!("; accuracy {}, before {}", percent(new), percent(old))
        });
        rows.push(row([
            "what is left",
            &format!(
                "decides {} of the calibration samples as before{accuracy}",
                percent(same)
            ),
        ]));
    }
    if let Some((_, s)) = &c.checked {
        rows.push(row([
            "agreement",
            &format!(
                "{} of {} calibration samples are decided as by the trained network; outputs differ by {} of \
                 a sample's largest at most",
                s.same_decision, s.samples, error(s.largest_relative_deviation)
            ),
        ]));
        rows.push(row([
            "operations",
            &format!(
                "{} per sample; the trained network has {} MACs, {} of them without a zero ({})",
                figure(s.operations.mean),
                s.ann_macs,
                figure(s.ann_effective_macs.mean),
                percent(s.ann_effective_macs.mean / s.ann_macs.max(1) as f64),
            ),
        ]));
    }
    let folded = graph.all_folded();
    if !folded.is_empty() {
        rows.push(row(["folded", &folded.join(", ")]));
    }
    let notes = graph.notes.iter().chain(&c.model.origin.notes);
    rows.extend(notes.map(|n| row(["note", n])));
    out.push_str(&table(&rows, &[]));
    out
}

/// Cells of a table.
pub(in crate::cli) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(String::from).to_vec()
}

fn inputs(c: &Converted) -> usize {
    let of = |p: &&crate::spiking::Population| matches!(p.kind, Kind::Input { .. });
    let all = c.model.network.net().populations.iter();
    all.filter(of).map(|p| p.len()).sum()
}

fn held(c: &Converted) -> usize {
    let populations = c.model.network.net().populations.iter();
    populations.map(|p| p.held()).sum()
}

fn calibrated(args: &Args, c: &Converted) -> String {
    match &c.model.calibrated {
        Some(with) => {
            let by = with
                .divide_by
                .map_or(String::new(), |by| format!(", divided by {by}"));
            let (low, high) = (c.model.seen.low[0], c.model.seen.high[0]);
            format!(
                "with {} samples of {}{by}: inputs from {} to {}",
                with.samples,
                with.file,
                figure(low),
                figure(high)
            )
        }
        None => format!(
            "not; bounds for inputs from {} to {}",
            args.input_range.0, args.input_range.1
        ),
    }
}

pub(super) fn to_json(args: &Args, c: &Converted) -> Value {
    let graph = &c.model.graph;
    let net = c.model.network.net();
    let layers: Vec<Value> = graph
        .nodes()
        .iter()
        .zip(&c.fates)
        .enumerate()
        .map(|(i, (node, fate))| {
            json!({
                "name": node.name,
                "kind": node.op.name(),
                "shape": node.shape,
                "became": fate.name(),
                "populations": fate.populations(),
                "folded": node.folded,
                "low": c.model.seen.low[i],
                "high": c.model.seen.high[i],
                "active": c.model.seen.active[i],
            })
        })
        .collect();
    let populations: Vec<Value> = (0..net.populations.len())
        .map(|i| {
            let p = &net.populations[i];
            let of = c.checked.as_ref().map(|(e, _)| &e.of_populations[i]);
            json!({
                "name": p.name,
                "neurons": p.len(),
                "synapses": p.links.iter().flat_map(|l| &l.fan_out).map(|n| u64::from(*n)).sum::<u64>(),
                "weights_held": p.held(),
                "largest": p.largest,
                "scale": c.model.network.scale(i),
                "dead": of.map(|o| o.dead),
                "saturated": of.map(|o| o.saturated),
                "largest_error": of.map(|o| o.largest_error),
            })
        })
        .collect();
    json!({
        "model": args.model.display().to_string(),
        "out": args.out.display().to_string(),
        "code": code_json(&c.model),
        "layers": layers,
        "populations": populations,
        "neurons": net.hidden(),
        "inputs": inputs(c),
        "synapses": net.synapses(),
        "weights_held": held(c),
        "calibrated": c.model.calibrated,
        "data": c.data,
        "sparsify": c.cheaper,
        "notes": graph.notes.iter().chain(&c.model.origin.notes).collect::<Vec<_>>(),
        "checked": c.checked.as_ref().map(|(_, s)| s),
    })
}
