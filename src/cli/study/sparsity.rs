//! `spikewheel study sparsity`: accuracy against operations with fewer weights, neurons and channels.

use std::path::PathBuf;

use serde_json::json;

use super::{Common, Work, hundredths, score};
use crate::ann::Cost;
use crate::cli::convert::{MeasureArg, share};
use crate::cli::output::{put, refused};
use crate::cli::{Failure, Outcome};
use crate::convert::prune::Amount;
use crate::convert::sparsify::Sparsify;
use crate::definition::describe::table;
use crate::import;
use crate::plot::grouped;
use crate::plot::panels::{Curve, Panel};
use crate::study::sparsity::{Point, study};

/// Accuracy against synaptic operations as fewer weights, or neurons and channels, are left
///
/// Nothing is trained; what is left is fitted, so that each layer gives for the calibration samples what
/// it gave. Networks with the rate code get thresholds of their own; biases are not calibrated.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel study sparsity net.snn --data test.npz --calibrate train.npz --keep 0.5,0.2,0.1,0.05 --by magnitude,effect --plot sparsity.png"
)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    /// Samples by which it is judged what matters, and what is left is fitted; the first 10,000
    #[arg(short, long, value_name = "FILE")]
    pub calibrate: PathBuf,
    /// Array of samples in the .npz file of --calibrate
    #[arg(long, value_name = "NAME")]
    pub calibrate_samples: Option<String>,
    /// Shares of the weights that are kept, with commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = share, default_value = "1,0.5,0.3,0.2,0.15,0.1,0.07,0.05,0.025")]
    pub keep: Vec<f64>,
    /// How weights are compared, with commas
    #[arg(
        long,
        value_enum,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "effect,lamp,magnitude"
    )]
    pub by: Vec<MeasureArg>,
    /// Shares of the neurons and channels that are taken out, with commas; `none` for no such curve
    #[arg(
        long,
        value_name = "LIST",
        default_value = "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7"
    )]
    pub structured: String,
    /// Also with weights as they were, without fitting
    #[arg(long)]
    pub unfitted: bool,
}

/// Samples that are calibrated with.
const CALIBRATE: usize = 10_000;

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let structured = structured(&args.structured)?;
    let work = Work::new(&args.common)?;
    let mut options = args.common.samples.options();
    options.training = true;
    options.samples = args.calibrate_samples.clone();
    options.labels = None;
    options.limit = Some(CALIBRATE);
    let calibration =
        import::data(&args.calibrate, &work.model.graph, &options).map_err(refused)?;
    let set = work.set()?;
    let curves = asked(args, &structured);
    let times = curves.iter().map(|(_, list)| list.len()).sum();
    let points = work.watched(times, |progress| {
        let subject = work.subject();
        let samples = &calibration.values;
        study(&subject, samples, &set, &curves, work.threads, progress)
    })?;
    let cost = Cost::of(&work.model.graph, &work.data.values, work.threads);
    let facts = work.facts(&format!(
        "; the network has {} weights and {} MACs",
        grouped(&weights(&work).to_string()),
        grouped(&cost.dense.to_string())
    ));
    work.draw_panels(&args.common, &panels(&work, &curves, &points), facts)?;
    if args.common.json {
        let more = json!({
            "calibration": {
                "file": args.calibrate.display().to_string(),
                "samples": calibration.count,
            },
            "weights": weights(&work),
            "ann": cost,
            "points": points,
        });
        return work.put_json(&args.common, more);
    }
    let mut out = work.head(&args.common);
    out.push_str(&format!(
        "calibrated with {} samples of {}; the trained network: {} weights, {} MACs, {:.0} of them \
         effective\n",
        calibration.count,
        args.calibrate.display(),
        weights(&work),
        cost.dense,
        cost.effective_macs + cost.effective_acs
    ));
    for (name, _) in &curves {
        out.push_str(&format!("\n{name}\n"));
        out.push_str(&rows(points.iter().filter(|p| p.curve == *name)));
    }
    put(&out)
}

fn weights(work: &Work) -> usize {
    let nodes = work.model.graph.nodes().iter();
    nodes.map(|n| n.op.weights().len()).sum()
}

fn structured(text: &str) -> Result<Vec<f64>, Failure> {
    if text.trim() == "none" {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|t| {
            share(t).and_then(|s| {
                if s < 1.0 {
                    Ok(s)
                } else {
                    Err("1 would leave nothing".into())
                }
            })
        })
        .collect::<Result<_, _>>()
        .map_err(|e| crate::cli::recorded::refuse(format_args!("--structured: {e}")))
}

/// The curves with what is done for each point.
fn asked(args: &Args, structured: &[f64]) -> Vec<(String, Vec<(f64, Sparsify)>)> {
    let mut all = Vec::new();
    let fits: &[bool] = if args.unfitted {
        &[true, false]
    } else {
        &[true]
    };
    for by in &args.by {
        for refit in fits {
            let one = |share: &f64| {
                let what = Sparsify {
                    weights: Some(Amount::Keep(*share)),
                    by: by.measure(),
                    refit: *refit,
                    dead: true,
                    ..Sparsify::default()
                };
                (*share, what)
            };
            let name = format!("weights kept, by {}", measure(*by));
            all.push((fitted(name, *refit), args.keep.iter().map(one).collect()));
        }
    }
    for refit in fits.iter().filter(|_| !structured.is_empty()) {
        let one = |share: &f64| {
            let what = Sparsify {
                units: Some(*share),
                refit: *refit,
                dead: true,
                ..Sparsify::default()
            };
            (*share, what)
        };
        let name = "neurons and channels taken out".to_string();
        all.push((fitted(name, *refit), structured.iter().map(one).collect()));
    }
    all
}

fn fitted(name: String, refit: bool) -> String {
    if refit {
        name
    } else {
        format!("{name}, not fitted")
    }
}

fn measure(by: MeasureArg) -> &'static str {
    match by {
        MeasureArg::Magnitude => "magnitude",
        MeasureArg::Layer => "magnitude in each layer",
        MeasureArg::Lamp => "lamp",
        MeasureArg::Effect => "effect",
    }
}

fn rows<'a>(points: impl Iterator<Item = &'a Point>) -> String {
    let titles = [
        "share",
        "weights",
        "neurons",
        "accuracy %",
        "agreement %",
        "spikes/neuron",
        "operations",
    ];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for p in points {
        rows.push(vec![
            p.share.to_string(),
            p.weights.to_string(),
            p.neurons.to_string(),
            p.shown.accuracy.map_or("-".into(), hundredths),
            hundredths(p.shown.agreement),
            format!("{:.3}", p.shown.spikes_per_neuron),
            format!("{:.0}", p.shown.operations),
        ]);
    }
    table(&rows, &[0, 1, 2, 3, 4, 5, 6])
}

fn panels(work: &Work, curves: &[(String, Vec<(f64, Sparsify)>)], points: &[Point]) -> Vec<Panel> {
    let panel = |x: &str, of: fn(&Point) -> f64| Panel {
        x: x.into(),
        y: work.score(" (%)"),
        log_x: true,
        curves: curves
            .iter()
            .enumerate()
            .map(|(i, (name, _))| Curve {
                name: name.clone(),
                points: points
                    .iter()
                    .filter(|p| p.curve == *name)
                    .map(|p| (of(p), score(&p.shown)))
                    .collect(),
                colour: i,
                ..Curve::default()
            })
            .collect(),
        ..Panel::default()
    };
    vec![
        panel("synaptic operations per sample", |p| p.shown.operations),
        panel("weights other than 0", |p| p.weights as f64),
    ]
}
