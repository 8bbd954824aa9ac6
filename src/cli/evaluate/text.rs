//! The report for people.

use std::fmt::Write as _;

use super::about::{code_text, error, figure, percent};
use super::{Task, Told};
use crate::cli::convert::row;
use crate::cli::progress::seconds;
use crate::definition::describe::table;
use crate::evaluate::{Confusion, Fit, Spread, Step, energy};
use crate::spiking::Kind;

pub(super) fn to_text(told: &Told<'_>) -> String {
    let (model, s, e) = (told.model, &told.summary, &told.evaluation);
    let mut out = format!(
        "{}, from {}\n\n",
        told.args.model.display(),
        model.origin.file
    );
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut line = |what: &str, text: String| rows.push(row([what, &text]));
    line(
        "samples",
        format!("{} of {}", s.samples, told.args.data.display()),
    );
    for note in &told.set.notes {
        line("", note.clone());
    }
    if let (Some(own), Some(ann)) = (s.accuracy, s.ann_accuracy) {
        line(
            "accuracy",
            format!("{}, the trained network {}", percent(own), percent(ann)),
        );
    }
    if told.task == Task::Classify {
        line(
            "agreement",
            format!("{} of {} decisions", s.same_decision, s.samples),
        );
    }
    line(
        "outputs",
        format!(
            "differ from the trained network's by {} at most, {} of a sample's largest; root mean square {}",
            error(s.largest_deviation),
            error(s.largest_relative_deviation),
            error(s.rms_deviation)
        ),
    );
    if let Some((own, ann)) = &told.fit {
        let r2 = |f: &Fit| f.r2.map_or(String::new(), |r| format!(", R2 {r:.4}"));
        let text = |f: &Fit| format!("{:.4e}{}", f.mean_square_error, r2(f));
        line(
            if told.args.targets.is_some() {
                "to targets"
            } else {
                "to samples"
            },
            format!(
                "mean square error {}; the trained network {}",
                text(own),
                text(ann)
            ),
        );
    }
    line(
        "clipped",
        match s.clipped {
            0 => "no value".into(),
            n => format!(
                "{n} values, in {} samples: calibrate with more samples, or with a larger --headroom",
                s.clipped_samples
            ),
        },
    );
    out.push_str(&table(&rows, &[]));
    out.push_str("\nCost of a sample\n");
    let mut rows = code_text(model);
    let mut line = |what: &str, text: String| rows.push(row([what, &text]));
    line(
        "spikes",
        format!(
            "{}; {:.3} per neuron ({} neurons), and {} of inputs",
            spread(&s.spikes),
            s.spikes_per_neuron,
            s.neurons,
            spread(&s.input_spikes)
        ),
    );
    line(
        "operations",
        format!(
            "{}; {} of them from inputs",
            spread(&s.operations),
            figure(s.input_operations.mean)
        ),
    );
    line(
        "trained network",
        format!(
            "{} MACs; {} of them without a zero",
            s.ann_macs,
            spread(&s.ann_effective_macs)
        ),
    );
    line(
        "energy proxy",
        format!(
            "{}; the trained network {}, {} without zeros",
            joules(s.energy),
            joules(s.ann_energy),
            joules(s.ann_effective_energy)
        ),
    );
    line("", energy::CAVEAT.into());
    let each = e.busy.as_secs_f64() / e.samples.max(1) as f64;
    line(
        "time",
        format!(
            "{} of one thread; {} for all, on {} thread{}, with the trained network",
            micro(each),
            seconds(told.wall.as_secs_f64()),
            told.threads,
            if told.threads == 1 { "" } else { "s" }
        ),
    );
    for (i, file) in told.files.iter().enumerate() {
        line(
            if i == 0 { "files" } else { "" },
            file.display().to_string(),
        );
    }
    out.push_str(&table(&rows, &[]));
    out.push_str("\nNeuroBench metrics, per sample\n");
    out.push_str(&neurobench(told));
    if let Some(all) = &s.steps {
        out.push_str("\nOver time\n");
        out.push_str(&steps(all));
    }
    out.push_str("\nPopulations\n");
    out.push_str(&populations(told));
    if s.same_decision < s.samples && told.task == Task::Classify {
        out.push_str("\nDecisions that differ, by the first population with a wrong value\n");
        out.push_str(&first_wrong(told));
    }
    if let (Some(confusion), Task::Classify) = (&s.confusion, told.task) {
        out.push_str("\nConfusion: rows are labels, columns decisions\n");
        out.push_str(&matrix(confusion));
    }
    out
}

fn spread(s: &Spread) -> String {
    format!(
        "{} ({} to {})",
        figure(s.mean),
        figure(s.min),
        figure(s.max)
    )
}

fn joules(j: f64) -> String {
    let (unit, factor) = match j {
        j if j < 1e-9 => ("pJ", 1e12),
        j if j < 1e-6 => ("nJ", 1e9),
        j if j < 1e-3 => ("uJ", 1e6),
        _ => ("mJ", 1e3),
    };
    format!("{} {unit}", figure(j * factor))
}

fn micro(s: f64) -> String {
    if s < 1e-3 {
        format!("{:.1} us", s * 1e6)
    } else {
        format!("{:.2} ms", s * 1e3)
    }
}

fn neurobench(told: &Told<'_>) -> String {
    let (snn, ann) = (&told.bench.snn, &told.bench.ann);
    let share = |s: f64| format!("{s:.4}");
    let activation = ann.activation_sparsity.map_or("-".into(), share);
    let rows = vec![
        row(["", "spiking", "trained"]),
        row([
            "footprint (bytes)",
            &snn.footprint.to_string(),
            &ann.footprint.to_string(),
        ]),
        row([
            "connection sparsity",
            &share(snn.connection_sparsity),
            &share(ann.connection_sparsity),
        ]),
        row([
            "activation sparsity",
            &share(snn.activation_sparsity),
            &activation,
        ]),
        row([
            "synaptic operations: dense",
            &snn.dense.to_string(),
            &ann.dense.to_string(),
        ]),
        row([
            "  effective MACs",
            &figure(snn.effective_macs),
            &figure(ann.effective_macs),
        ]),
        row([
            "  effective ACs",
            &figure(snn.effective_acs),
            &figure(ann.effective_acs),
        ]),
    ];
    table(&rows, &[1, 2])
}

/// Some steps of many: the first, each twice as late as the one before, and the last.
fn steps(all: &[Step]) -> String {
    let titles = [
        "step",
        "accuracy",
        "agreement",
        "spikes",
        "operations",
        "spikes so far",
        "operations so far",
    ];
    let mut rows = vec![row(titles)];
    for s in all {
        if s.step.is_power_of_two() || s.step as usize == all.len() {
            rows.push(vec![
                s.step.to_string(),
                s.accuracy.map_or(String::new(), percent),
                percent(s.agreement),
                format!("{:.1}", s.spikes),
                format!("{:.1}", s.operations),
                format!("{:.1}", s.spikes_so_far),
                format!("{:.1}", s.operations_so_far),
            ]);
        }
    }
    table(&rows, &[0, 1, 2, 3, 4, 5, 6])
}

fn populations(told: &Told<'_>) -> String {
    let net = told.model.network.net();
    let n = told.evaluation.samples.max(1);
    let titles = [
        "population",
        "neurons",
        "scale",
        "spikes",
        "operations",
        "clipped",
        "dead",
        "mean error",
        "largest error",
    ];
    let mut rows = vec![row(titles)];
    for (i, (p, of)) in net
        .populations
        .iter()
        .zip(&told.evaluation.of_populations)
        .enumerate()
    {
        let spiking = |text: String| {
            if p.kind == Kind::Readout {
                String::new()
            } else {
                text
            }
        };
        rows.push(vec![
            p.name.clone(),
            p.len().to_string(),
            spiking(figure(told.model.network.scale(i))),
            spiking(format!("{:.1}", of.spikes as f64 / n as f64)),
            format!("{:.1}", of.operations as f64 / n as f64),
            spiking(of.clipped.to_string()),
            spiking(of.dead.to_string()),
            error(of.mean_error(n)),
            error(of.largest_error),
        ]);
    }
    table(&rows, &[1, 2, 3, 4, 5, 6, 7, 8])
}

fn first_wrong(told: &Told<'_>) -> String {
    let net = told.model.network.net();
    let mut rows = Vec::new();
    for (p, of) in net.populations.iter().zip(&told.evaluation.of_populations) {
        if of.first_wrong > 0 {
            rows.push(vec![p.name.clone(), of.first_wrong.to_string()]);
        }
    }
    table(&rows, &[1])
}

/// More classes than this are for the picture and the JSON.
const MOST_CLASSES: usize = 20;

fn matrix(confusion: &Confusion) -> String {
    let n = confusion.counts.len();
    if n > MOST_CLASSES {
        let mut out = String::new();
        let _ = writeln!(out, "  {n} classes: see --json");
        return out;
    }
    let mut rows = vec![
        (0..=n)
            .map(|c| c.checked_sub(1).map_or(String::new(), |c| c.to_string()))
            .collect::<Vec<_>>(),
    ];
    for (label, counts) in confusion.counts.iter().enumerate() {
        let mut cells = vec![label.to_string()];
        cells.extend(counts.iter().map(|c| match c {
            0 => ".".into(),
            c => c.to_string(),
        }));
        rows.push(cells);
    }
    table(&rows, &(0..=n).collect::<Vec<_>>())
}
