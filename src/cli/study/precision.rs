//! `spikewheel study precision`: what is lost with few bits.

use serde_json::json;

use super::{Common, Work, hundredths, score};
use crate::cli::convert::GridArgs;
use crate::cli::output::put;
use crate::cli::recorded::refuse;
use crate::cli::{Failure, Outcome};
use crate::definition::describe::table;
use crate::plot::Theme;
use crate::plot::heatmap::{self, Heatmap};
use crate::spiking::Network;
use crate::study::precision::{Cell, Options, TIME_BITS, study};

/// What is lost as spike times and weights get coarser, as they are on a chip
///
/// With n bits of time a layer's window of the exact code has 2^n ticks; the rate code is looked at after numbers of
/// steps. Scales and thresholds stay those of the network as it is.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel study precision net.snn --data test.npz --time-bits 3,4,5,6,8,full --weight-bits 3,4,6,8,full --plot precision.png"
)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    /// Bits of time per window of the exact code, with commas; `full` is the network's own tick [default:
    /// 2,3,4,5,6,7,8,10,12,full]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = time_bits)]
    pub time_bits: Vec<Bits>,
    /// Steps of the rate code after which outputs are looked at, with commas [default: powers of two up to all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: Vec<u32>,
    /// Bits of weights, with commas; `full` is single precision
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = weight_bits, default_value = "2,3,4,5,6,8,full")]
    pub weight_bits: Vec<Bits>,
    #[command(flatten)]
    pub grid: GridArgs,
}

/// A number of bits, or as fine as there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits(Option<u32>);

fn bits(text: &str, possible: std::ops::RangeInclusive<u32>) -> Result<Bits, String> {
    if text.trim() == "full" {
        return Ok(Bits(None));
    }
    text.trim()
        .parse::<u32>()
        .ok()
        .filter(|b| possible.contains(b))
        .map(|b| Bits(Some(b)))
        .ok_or_else(|| {
            format!(
                "`{text}` is neither `full` nor a number from {} to {}",
                possible.start(),
                possible.end()
            )
        })
}

fn time_bits(text: &str) -> Result<Bits, String> {
    bits(text, TIME_BITS)
}

fn weight_bits(text: &str) -> Result<Bits, String> {
    bits(text, crate::convert::quantise::BITS)
}

fn name(bits: Option<u32>) -> String {
    bits.map_or("full".into(), |b| b.to_string())
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let work = Work::new(&args.common)?;
    let rows = rows(args, &work.model.network)?;
    let set = work.set()?;
    let options = Options {
        time_bits: rows.time_bits.clone(),
        steps: rows.steps.clone(),
        weight_bits: args.weight_bits.iter().map(|b| b.0).collect(),
        grid: args.grid.grid(),
        fit: args.grid.fit(),
        threads: work.threads,
    };
    let times = options.times(&work.model.network);
    let cells = work.watched(times, |progress| {
        study(&work.subject(), &set, &options, progress)
    })?;
    let map = picture(&work, &options, &rows, &cells);
    work.draw(&args.common, |path| {
        heatmap::draw(&map, Theme::Light, 2.0, path)
    })?;
    if args.common.json {
        let more = json!({
            "weight_step": options.grid,
            "weight_fit": options.fit,
            "cells": cells,
        });
        return work.put_json(&args.common, more);
    }
    let mut out = work.head(&args.common);
    type Show = fn(&Cell) -> String;
    let tables: [(&str, Show); 3] = [
        ("Accuracy (%)", |c| format!("{:.2}", score(&c.shown))),
        ("Decisions as those of the trained network (%)", |c| {
            hundredths(c.shown.agreement)
        }),
        ("Deviation of outputs, over a sample's largest, mean", |c| {
            format!("{:.1e}", c.shown.deviation)
        }),
    ];
    let skip = usize::from(work.data.labels.is_none());
    for (title, show) in &tables[skip..] {
        out.push_str(&format!(
            "\n{title}; rows: {}, columns: bits of weights\n",
            rows.what
        ));
        out.push_str(&matrix(&options, &rows, &cells, *show));
    }
    let last = cells.chunks(rows.names.len()).next_back().unwrap_or(&[]);
    let bounds: Vec<Vec<String>> = last
        .iter()
        .zip(&rows.names)
        .filter_map(|(c, name)| Some(vec![name.clone(), format!("{:.1e}", c.bound?)]))
        .collect();
    if !bounds.is_empty() {
        out.push_str("\nOutputs are off by at most, because of times alone\n");
        out.push_str(&table(&bounds, &[0, 1]));
    }
    put(&out)
}

/// What the rows of tables are: times of the exact code, or steps of the rate code.
struct Rows {
    time_bits: Vec<Option<u32>>,
    steps: Vec<u32>,
    names: Vec<String>,
    what: &'static str,
}

fn rows(args: &Args, network: &Network) -> Result<Rows, Failure> {
    let rate = match network {
        Network::Exact(_) if !args.steps.is_empty() => {
            return Err(refuse(
                "--steps is of the rate code, and this network has the exact code: say --time-bits",
            ));
        }
        Network::Exact(_) => None,
        Network::Rate(_) if !args.time_bits.is_empty() => {
            return Err(refuse(
                "--time-bits is of the exact code, and this network has the rate code: say --steps",
            ));
        }
        Network::Rate(rate) => Some(rate),
    };
    let Some(rate) = rate else {
        let usual = [2, 3, 4, 5, 6, 7, 8, 10, 12].map(Some);
        let time_bits: Vec<Option<u32>> = match &args.time_bits[..] {
            [] => usual.into_iter().chain([None]).collect(),
            some => some.iter().map(|b| b.0).collect(),
        };
        return Ok(Rows {
            names: time_bits.iter().map(|b| name(*b)).collect(),
            time_bits,
            steps: Vec::new(),
            what: "bits of time per window",
        });
    };
    let all = rate.settings.steps;
    let mut steps = args.steps.clone();
    if steps.is_empty() {
        let below = std::iter::successors(Some(1), |t: &u32| t.checked_mul(2));
        steps = below.take_while(|t| *t < all).chain([all]).collect();
    }
    Ok(Rows {
        names: steps.iter().map(u32::to_string).collect(),
        time_bits: Vec::new(),
        steps,
        what: "steps",
    })
}

fn matrix(options: &Options, of: &Rows, cells: &[Cell], show: fn(&Cell) -> String) -> String {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(options.weight_bits.iter().map(|b| name(*b)));
    for (r, name) in of.names.iter().enumerate() {
        let mut row = vec![name.clone()];
        let columns = cells.chunks(of.names.len());
        row.extend(columns.map(|of_weights| show(&of_weights[r])));
        rows.push(row);
    }
    table(&rows, &(0..=options.weight_bits.len()).collect::<Vec<_>>())
}

/// Shares below the best by more than this have one colour.
const SPAN: f64 = 0.1;

fn picture(work: &Work, options: &Options, of: &Rows, cells: &[Cell]) -> Heatmap {
    let share = |c: &Cell| score(&c.shown) / 100.0;
    let best = cells.iter().map(share).fold(0.0, f64::max);
    let least = cells.iter().map(share).fold(1.0, f64::min);
    let row = |r: usize| -> Vec<f64> {
        let columns = cells.chunks(of.names.len());
        columns.map(|of_weights| share(&of_weights[r])).collect()
    };
    let values: Vec<Vec<f64>> = (0..of.names.len()).map(row).collect();
    Heatmap {
        title: work.model.graph.name.clone(),
        facts: work.facts(&format!(": {}", work.score(" (%)"))),
        x: "bits of weights".into(),
        y: of.what.into(),
        columns: options.weight_bits.iter().map(|b| name(*b)).collect(),
        rows: of.names.clone(),
        texts: values
            .iter()
            .map(|row| row.iter().map(|v| hundredths(*v)).collect())
            .collect(),
        values,
        range: (least.max(best - SPAN), best),
    }
}
