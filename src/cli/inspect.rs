//! `spikewheel inspect`: the layers of a trained network, and whether it is read as it was written.

use std::path::PathBuf;

use miette::Report;
use serde_json::json;

use super::data_args::{DataArgs, NetworkArgs, ThreadArgs};
use super::inspect_nir;
use super::output::{put, put_json, refused};
use super::{Failure, Outcome};
use crate::ann::{Finish, Forward, Graph, largest_of, shape};
use crate::definition::describe::table;
use crate::import::{self, DataSet};

/// Show the layers of a trained network (ONNX, weights in .npz, NIR) and check its outputs
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel inspect net.onnx --data test.npz --divide-by 255 --expect logits.npy"
)]
pub struct Args {
    /// File of the network
    pub model: PathBuf,
    /// Samples to compute: .npz, .npy or .csv
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Outputs that the network should give for the samples (.npy, .csv)
    #[arg(long, value_name = "FILE", requires = "data")]
    pub expect: Option<PathBuf>,
    #[command(flatten)]
    pub samples: DataArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Compute in double precision
    #[arg(long)]
    pub double: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub dialect: super::nir::DialectArgs,
}

/// What the samples say.
struct Checked {
    samples: usize,
    notes: Vec<String>,
    accuracy: Option<f64>,
    /// Largest deviation from the expected outputs, and the same over the sample's largest output.
    deviation: Option<(f64, f64)>,
    same_decision: Option<usize>,
}

/// Reads, computes, prints. Spiking networks have no forward pass to check.
pub fn run(args: &Args) -> Outcome {
    let found = import::format(&args.model).map_err(refused)?;
    if found == import::Format::Nir {
        if args.data.is_some() {
            return Err(Failure::Input(vec![Report::msg(format!(
                "{}: a spiking network has no forward pass that --data could check",
                args.model.display()
            ))]));
        }
        return inspect_nir::run(&args.model, &args.dialect, args.json);
    }
    let graph = import::model(&args.model, &args.network.options()).map_err(refused)?;
    let checked = match &args.data {
        Some(_) => Some(check(args, &graph)?),
        None => None,
    };
    if args.json {
        put_json(&to_json(args, &graph, checked.as_ref()))
    } else {
        put(&to_text(args, &graph, checked.as_ref()))
    }
}

fn check(args: &Args, graph: &Graph) -> Result<Checked, Failure> {
    let path = args.data.clone().unwrap_or_default();
    let set = import::data(&path, graph, &args.samples.options()).map_err(refused)?;
    let threads = args.threads.count();
    let outputs: Vec<f64> = if args.double {
        let input: Vec<f64> = set.values.iter().map(|v| f64::from(*v)).collect();
        Forward::<f64>::new(graph).outputs(&input, threads)
    } else {
        let outputs = Forward::<f32>::new(graph).outputs(&set.values, threads);
        outputs.into_iter().map(f64::from).collect()
    };
    compare(args, graph, set, &outputs)
}

fn compare(args: &Args, graph: &Graph, set: DataSet, outputs: &[f64]) -> Result<Checked, Failure> {
    let width = graph.node(graph.output()).len();
    let rows: Vec<&[f64]> = outputs.chunks_exact(width).collect();
    let accuracy = set.labels.as_ref().map(|labels| {
        let right = rows
            .iter()
            .zip(labels)
            .filter(|(row, label)| largest_of(row) == **label as usize);
        right.count() as f64 / set.count as f64
    });
    let mut deviation = None;
    let mut same_decision = None;
    if let Some(path) = &args.expect {
        let (shape_of, expected) = import::expected(path).map_err(refused)?;
        // Logits are compared with logits; what sums up to 1 with the finished outputs.
        let given = shape_of.first().copied().unwrap_or(0);
        let wide = expected.len() / given.max(1);
        let fits = given >= set.count && (wide == width || graph.finish == Some(Finish::ArgMax));
        if !fits {
            return Err(Failure::Input(vec![Report::msg(format!(
                "{}: it holds {}, and the network gives {} outputs for {} samples",
                path.display(),
                shape::text(&shape_of),
                width,
                set.count
            ))]));
        }
        let mut largest = (0.0f64, 0.0f64);
        let mut same = 0;
        for (row, want) in rows.iter().zip(expected.chunks_exact(wide)) {
            let differ = |have: &[f64]| {
                let top = want.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
                let d = have
                    .iter()
                    .zip(want)
                    .fold(0.0f64, |m, (h, w)| m.max((h - w).abs()));
                (d, d / top)
            };
            let mut d = differ(row);
            if let Some(f) = &graph.finish {
                let finished = differ(&f.apply(row));
                if finished.0 < d.0 {
                    d = finished;
                }
            }
            largest = (largest.0.max(d.0), largest.1.max(d.1));
            let chosen = if wide == width {
                largest_of(want)
            } else {
                want[0] as usize
            };
            same += usize::from(largest_of(row) == chosen);
        }
        deviation = Some(largest);
        same_decision = Some(same);
    }
    Ok(Checked {
        samples: set.count,
        notes: set.notes,
        accuracy,
        deviation,
        same_decision,
    })
}

fn nonzero(weights: &[f32]) -> usize {
    weights.iter().filter(|w| **w != 0.0).count()
}

fn to_text(args: &Args, graph: &Graph, checked: Option<&Checked>) -> String {
    let mut out = format!("{}\n{}\n\nLayers\n", graph.name, args.model.display());
    let titles = ["layer", "kind", "reads", "gives", "parameters", "MACs"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for (i, node) in graph.nodes().iter().enumerate() {
        let reads: Vec<&str> = node
            .inputs
            .iter()
            .map(|k| graph.node(*k).name.as_str())
            .collect();
        rows.push(vec![
            node.name.clone(),
            node.op.name().into(),
            reads.join(", "),
            shape::text(&node.shape),
            node.op.parameters().to_string(),
            graph.macs(i).to_string(),
        ]);
    }
    out.push_str(&table(&rows, &[4, 5]));
    out.push_str("\nTogether\n");
    let weights: usize = graph.nodes().iter().map(|n| n.op.weights().len()).sum();
    let some: usize = graph.nodes().iter().map(|n| nonzero(n.op.weights())).sum();
    let mut rows = vec![
        vec![
            "parameters".into(),
            graph
                .nodes()
                .iter()
                .map(|n| n.op.parameters())
                .sum::<usize>()
                .to_string(),
        ],
        vec!["weights".into(), format!("{weights}, {some} of them not 0")],
        vec!["MACs".into(), format!("{} per sample", graph.total_macs())],
    ];
    let folded = graph.all_folded();
    if !folded.is_empty() {
        rows.push(vec!["folded".into(), folded.join(", ")]);
    }
    rows.extend(graph.notes.iter().map(|n| vec!["note".into(), n.clone()]));
    if let Some(c) = checked {
        rows.push(vec!["samples".into(), c.samples.to_string()]);
        rows.extend(c.notes.iter().map(|n| vec!["data".into(), n.clone()]));
        if let Some(a) = c.accuracy {
            rows.push(vec!["accuracy".into(), format!("{:.2} %", 100.0 * a)]);
        }
        if let Some((absolute, relative)) = c.deviation {
            rows.push(vec![
                "deviation".into(),
                format!("at most {absolute:.3e}, {relative:.3e} of the sample's largest output"),
            ]);
        }
        if let Some(same) = c.same_decision {
            rows.push(vec![
                "decisions".into(),
                format!("{same} of {} as expected", c.samples),
            ]);
        }
    }
    out.push_str(&table(&rows, &[]));
    out
}

fn to_json(args: &Args, graph: &Graph, checked: Option<&Checked>) -> serde_json::Value {
    json!({
        "name": graph.name,
        "file": args.model.display().to_string(),
        "layers": graph.nodes().iter().enumerate().map(|(i, n)| json!({
            "name": n.name,
            "kind": n.op.name(),
            "reads": n.inputs.iter().map(|k| graph.node(*k).name.as_str()).collect::<Vec<_>>(),
            "shape": n.shape,
            "parameters": n.op.parameters(),
            "weights": n.op.weights().len(),
            "nonzero_weights": nonzero(n.op.weights()),
            "macs": graph.macs(i),
            "folded": n.folded,
        })).collect::<Vec<_>>(),
        "output": graph.node(graph.output()).name,
        "finish": graph.finish.as_ref().map(Finish::name),
        "layout": graph.layout,
        "notes": graph.notes,
        "macs": graph.total_macs(),
        "check": checked.map(|c| json!({
            "samples": c.samples,
            "notes": c.notes,
            "accuracy": c.accuracy,
            "deviation": c.deviation.map(|d| d.0),
            "relative_deviation": c.deviation.map(|d| d.1),
            "same_decision": c.same_decision,
        })),
    })
}
