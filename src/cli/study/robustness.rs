//! `spikewheel study robustness`: accuracy under noise.

use serde_json::json;

use super::{Common, Work, hundredths, score, strengths};
use crate::cli::Outcome;
use crate::cli::output::put;
use crate::definition::describe::table;
use crate::plot::panels::{Curve, Panel};
use crate::study::robustness::{Disturbance, Options, Point, study};

/// Accuracy under noise of inputs, lost and jittered spikes, and noise of weights
///
/// Without any of the four lists all are studied, with usual strengths.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel study robustness net.snn --data test.npz --spike-loss 0,0.01,0.1 --plot loss.png"
)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    /// Standard deviations of what is added to each input, as shares of the range of inputs
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = strengths)]
    pub input_noise: Vec<f64>,
    /// Probabilities that a spike is lost: it leaves its neuron and arrives nowhere
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = crate::cli::convert::share)]
    pub spike_loss: Vec<f64>,
    /// Standard deviations of spike times: shares of a layer's window (exact code), or steps (rate code);
    /// what would come too early comes at the beginning, what would come too late never
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = strengths)]
    pub spike_jitter: Vec<f64>,
    /// Standard deviations of weights, relative to each weight (device mismatch)
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = strengths)]
    pub weight_noise: Vec<f64>,
    /// Sets of weights that are drawn for each strength
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub trials: u32,
    /// Seed of all draws
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let work = Work::new(&args.common)?;
    let set = work.set()?;
    let network = &work.model.network;
    let lists = [
        &args.input_noise,
        &args.spike_loss,
        &args.spike_jitter,
        &args.weight_noise,
    ];
    let all = lists.iter().all(|l| l.is_empty());
    let disturbances = Disturbance::ALL
        .into_iter()
        .zip(lists)
        .map(|(d, list)| match all {
            true => (d, d.usual(network).to_vec()),
            false => (d, list.clone()),
        })
        .filter(|(_, list)| !list.is_empty())
        .collect();
    let options = Options {
        disturbances,
        seed: args.seed,
        trials: args.trials,
        threads: work.threads,
    };
    let times = options.disturbances.iter().map(|(d, list)| {
        let each = if *d == Disturbance::WeightNoise {
            args.trials as usize
        } else {
            1
        };
        list.len() * each
    });
    let points = work.watched(times.sum(), |progress| {
        study(&work.subject(), &set, &options, progress)
    })?;
    let facts = work.facts(&format!(", seed {}", args.seed));
    work.draw_panels(&args.common, &panels(&work, &options, &points), facts)?;
    if args.common.json {
        let more = json!({ "seed": args.seed, "trials": args.trials, "points": points });
        return work.put_json(&args.common, more);
    }
    let mut out = work.head(&args.common);
    for (d, _) in &options.disturbances {
        out.push_str(&format!(
            "\n{}: {}\n",
            capital(d.name()),
            d.strength(network)
        ));
        out.push_str(&rows(points.iter().filter(|p| p.disturbance == *d)));
    }
    put(&out)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

fn rows<'a>(points: impl Iterator<Item = &'a Point>) -> String {
    let titles = [
        "strength",
        "accuracy %",
        "trained network %",
        "over trials",
        "agreement %",
        "spikes/neuron",
        "operations",
    ];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for p in points {
        let some = |v: Option<f64>| v.map_or(String::new(), hundredths);
        rows.push(vec![
            p.strength.to_string(),
            some(p.shown.accuracy),
            some(p.ann_accuracy),
            p.deviation_over_trials
                .map_or(String::new(), |d| format!("+- {}", hundredths(d))),
            hundredths(p.shown.agreement),
            format!("{:.3}", p.shown.spikes_per_neuron),
            format!("{:.0}", p.shown.operations),
        ]);
    }
    // Columns that say nothing are left out.
    let said: Vec<usize> = (0..titles.len())
        .filter(|c| rows[1..].iter().any(|r| !r[*c].is_empty()))
        .collect();
    let kept: Vec<Vec<String>> = rows
        .iter()
        .map(|r| said.iter().map(|c| r[*c].clone()).collect())
        .collect();
    table(&kept, &(0..said.len()).collect::<Vec<_>>())
}

fn panels(work: &Work, options: &Options, points: &[Point]) -> Vec<Panel> {
    let panel = |d: Disturbance| {
        let of: Vec<&Point> = points.iter().filter(|p| p.disturbance == d).collect();
        let mut lines = vec![Curve {
            name: "spiking network".into(),
            points: of.iter().map(|p| (p.strength, score(&p.shown))).collect(),
            spread: of
                .iter()
                .map(|p| 100.0 * p.deviation_over_trials.unwrap_or(0.0))
                .collect(),
            dashed: false,
            colour: 0,
        }];
        if of.iter().any(|p| p.ann_accuracy.is_some()) {
            let ann = |p: &&Point| Some((p.strength, 100.0 * p.ann_accuracy?));
            lines.push(Curve {
                name: "trained network".into(),
                points: of.iter().filter_map(ann).collect(),
                dashed: true,
                colour: 1,
                ..Curve::default()
            });
        }
        Panel {
            title: capital(d.name()),
            x: d.strength(&work.model.network).into(),
            y: work.score(" (%)"),
            curves: lines,
            ..Panel::default()
        }
    };
    options
        .disturbances
        .iter()
        .map(|(d, _)| panel(*d))
        .collect()
}
