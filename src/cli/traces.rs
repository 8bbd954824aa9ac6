//! `spikewheel traces`: a picture of recorded state variables.

use std::path::PathBuf;

use super::Outcome;
use super::output::{put, spares};
use super::recorded::{open, size, time, undrawn};
use crate::plot::traces::{TraceOptions, draw};
use crate::plot::{Selection, Theme};

/// Draw recorded state variables, such as membrane potentials, as a PNG.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    spikewheel traces runs/pair-001\n  \
    spikewheel traces runs/brunel-001 --of 'excitatory[0..2]' --variable V_m --to '200 ms'")]
pub struct Args {
    /// Recording (.h5) or run directory
    pub recording: PathBuf,
    /// Picture to write [default: traces.png beside the recording]
    #[arg(short, long, value_name = "PNG")]
    pub out: Option<PathBuf>,
    /// Start of the time range, such as '200 ms'
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<f64>,
    /// End of the time range
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<f64>,
    /// Population, slice or labelled neuron, such as excitatory[0..3] or command.AVAL; may be repeated
    #[arg(long = "of", value_name = "POPULATION")]
    pub of: Vec<Selection>,
    /// Variable, such as V_m; may be repeated [default: all that were recorded]
    #[arg(long, value_name = "NAME")]
    pub variable: Vec<String>,
    /// Neurons per panel
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub most: usize,
    /// Width and height
    #[arg(long, value_name = "WxH", default_value = "1200x600", value_parser = size)]
    pub size: (u32, u32),
    /// Enlarge everything by this factor, for print or dense screens
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub scale: f64,
    /// Title [default: the name of the run]
    #[arg(long)]
    pub title: Option<String>,
    /// Light lines on a dark ground
    #[arg(long)]
    pub dark: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (file, recording) = open(&args.recording)?;
    let out = match &args.out {
        Some(path) => path.clone(),
        None => file.with_file_name("traces.png"),
    };
    spares(&out, &[&file])?;
    let options = TraceOptions {
        from: args.from,
        to: args.to,
        select: args.of.clone(),
        variables: args.variable.clone(),
        most: args.most,
        width: args.size.0,
        height: args.size.1,
        scale: args.scale,
        title: args.title.clone(),
        theme: if args.dark { Theme::Dark } else { Theme::Light },
    };
    draw(&recording, &options, &out).map_err(undrawn)?;
    put(&out.display().to_string())
}
