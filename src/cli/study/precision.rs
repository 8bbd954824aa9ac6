//! `spikewheel study precision`: what the exact code loses with few bits.

use serde_json::json;

use super::{Common, Work, draw, hundredths};
use crate::cli::Outcome;
use crate::cli::convert::GridArgs;
use crate::cli::output::{put, put_json};
use crate::definition::describe::table;
use crate::plot::Theme;
use crate::plot::heatmap::{self, Heatmap};
use crate::study::precision::{Cell, Options, TIME_BITS, study};

/// What is lost as spike times and weights get coarser, as they are on a chip
///
/// With n bits of time a layer's window has 2^n ticks. Scales stay those of the network as it is.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel study precision net.snn --data test.npz --time-bits 3,4,5,6,8,full --weight-bits 3,4,6,8,full --plot precision.png"
)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    /// Bits of time per window, with commas; `full` is the network's own tick
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = time_bits, default_value = "2,3,4,5,6,7,8,10,12,full")]
    pub time_bits: Vec<Bits>,
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
    let set = work.set();
    let options = Options {
        time_bits: args.time_bits.iter().map(|b| b.0).collect(),
        weight_bits: args.weight_bits.iter().map(|b| b.0).collect(),
        grid: args.grid.grid(),
        fit: args.grid.fit(),
        window: work.window,
        headroom: work.headroom,
        units: true,
        threads: work.threads,
    };
    let times = options.time_bits.len() * options.weight_bits.len();
    let cells = work.watched(times, |progress| {
        study(
            &work.model.graph,
            &work.model.seen,
            &set,
            &options,
            progress,
        )
    })?;
    if let Some(file) = &args.common.plot {
        let map = picture(&work, &options, &cells);
        draw(file, |path| heatmap::draw(&map, Theme::Light, 2.0, path))?;
    }
    if args.common.json {
        return put_json(&json!({
            "model": args.common.model.display().to_string(),
            "network": work.model.graph.name,
            "data": args.common.data.display().to_string(),
            "samples": work.data.count,
            "weight_step": options.grid,
            "weight_fit": options.fit,
            "cells": cells,
            "plot": args.common.plot,
        }));
    }
    let mut out = work.head(&args.common);
    let what = if work.data.labels.is_some() {
        "Accuracy (%)"
    } else {
        "Decisions as those of the trained network (%)"
    };
    type Show = fn(&Cell) -> String;
    let tables: [(&str, Show); 3] = [
        (what, |c| hundredths(score(c))),
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
            "\n{title}; rows: bits of time, columns: bits of weights\n"
        ));
        out.push_str(&matrix(&options, &cells, *show));
    }
    out.push_str("\nOutputs are off by at most, because of times alone\n");
    let last = options.weight_bits.len() - 1;
    let rows: Vec<Vec<String>> = of_weights(&options, &cells, last)
        .iter()
        .map(|c| vec![name(c.time_bits), format!("{:.1e}", c.bound)])
        .collect();
    out.push_str(&table(&rows, &[0, 1]));
    put(&out)
}

fn score(c: &Cell) -> f64 {
    c.shown.accuracy.unwrap_or(c.shown.agreement)
}

/// The cells of one number of weight bits.
fn of_weights<'a>(options: &Options, cells: &'a [Cell], column: usize) -> &'a [Cell] {
    let n = options.time_bits.len();
    &cells[column * n..][..n]
}

fn matrix(options: &Options, cells: &[Cell], show: fn(&Cell) -> String) -> String {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(options.weight_bits.iter().map(|b| name(*b)));
    for (r, bits) in options.time_bits.iter().enumerate() {
        let mut row = vec![name(*bits)];
        let columns = 0..options.weight_bits.len();
        row.extend(columns.map(|c| show(&of_weights(options, cells, c)[r])));
        rows.push(row);
    }
    table(&rows, &(0..=options.weight_bits.len()).collect::<Vec<_>>())
}

/// Shares below the best by more than this have one colour.
const SPAN: f64 = 0.1;

fn picture(work: &Work, options: &Options, cells: &[Cell]) -> Heatmap {
    let best = cells.iter().map(score).fold(0.0, f64::max);
    let least = cells.iter().map(score).fold(1.0, f64::min);
    let columns = 0..options.weight_bits.len();
    let rows = |show: &dyn Fn(&Cell) -> f64| -> Vec<Vec<f64>> {
        (0..options.time_bits.len())
            .map(|r| {
                columns
                    .clone()
                    .map(|c| show(&of_weights(options, cells, c)[r]))
                    .collect()
            })
            .collect()
    };
    let values = rows(&score);
    let what = if work.data.labels.is_some() {
        "accuracy (%)"
    } else {
        "agreement with the trained network (%)"
    };
    Heatmap {
        title: work.model.graph.name.clone(),
        facts: format!("exact code, {} samples: {what}", work.data.count),
        x: "bits of weights".into(),
        y: "bits of time per window".into(),
        columns: options.weight_bits.iter().map(|b| name(*b)).collect(),
        rows: options.time_bits.iter().map(|b| name(*b)).collect(),
        texts: values
            .iter()
            .map(|row| row.iter().map(|v| hundredths(*v)).collect())
            .collect(),
        values,
        range: (least.max(best - SPAN), best),
    }
}
