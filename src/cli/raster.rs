//! `spikewheel raster`: a picture of the spikes of a recording.

use std::path::PathBuf;

use super::Outcome;
use super::output::{put, spares};
use super::recorded::{open, size, time, undrawn};
use crate::plot::raster::{RasterOptions, draw};
use crate::plot::{Selection, Theme};

/// Draw the spikes of a recording as a PNG.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    spikewheel raster runs/brunel-001\n  \
    spikewheel raster runs/brunel-001 --from '200 ms' --to '400 ms' --of 'excitatory[0..100]' -o detail.png\n  \
    spikewheel raster spikes.h5 --size 2400x1400 --dark")]
pub struct Args {
    /// Recording (.h5) or run directory
    pub recording: PathBuf,
    /// Picture to write [default: raster.png beside the recording]
    #[arg(short, long, value_name = "PNG")]
    pub out: Option<PathBuf>,
    /// Start of the time range, such as '200 ms'
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<f64>,
    /// End of the time range
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<f64>,
    /// Population, slice or labelled neuron, such as excitatory[0..100] or command.AVAL; may be repeated
    #[arg(long = "of", value_name = "POPULATION")]
    pub of: Vec<Selection>,
    /// Width and height
    #[arg(long, value_name = "WxH", default_value = "1200x800", value_parser = size)]
    pub size: (u32, u32),
    /// Enlarge everything by this factor, for print or dense screens
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub scale: f64,
    /// Bin of the rates [default: from the time range]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub bin: Option<f64>,
    /// Title [default: the name of the run]
    #[arg(long)]
    pub title: Option<String>,
    /// Light marks on a dark ground
    #[arg(long)]
    pub dark: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (file, recording) = open(&args.recording)?;
    let out = match &args.out {
        Some(path) => path.clone(),
        None => file.with_file_name("raster.png"),
    };
    spares(&out, &[&file])?;
    let options = RasterOptions {
        from: args.from,
        to: args.to,
        select: args.of.clone(),
        width: args.size.0,
        height: args.size.1,
        scale: args.scale,
        bin: args.bin,
        title: args.title.clone(),
        theme: if args.dark { Theme::Dark } else { Theme::Light },
    };
    draw(&recording, &options, &out).map_err(undrawn)?;
    put(&out.display().to_string())
}
