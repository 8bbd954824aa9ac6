//! `spikewheel raster`: a picture of the spikes of a recording.

use super::Outcome;
use super::output::put;
use super::recorded::{PictureArgs, size, time, undrawn};
use crate::plot::raster::{RasterOptions, draw};

/// Draw the spikes of a recording as a PNG.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    spikewheel raster runs/brunel-001\n  \
    spikewheel raster runs/brunel-001 --from '200 ms' --to '400 ms' --of 'excitatory[0..100]' -o detail.png\n  \
    spikewheel raster spikes.h5 --size 2400x1400 --dark")]
pub struct Args {
    #[command(flatten)]
    pub picture: PictureArgs,
    /// Width and height
    #[arg(long, value_name = "WxH", default_value = "1200x800", value_parser = size)]
    pub size: (u32, u32),
    /// Bin of the rates [default: from the time range]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub bin: Option<f64>,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let of = &args.picture;
    let (recording, out) = of.open("raster.png")?;
    let options = RasterOptions {
        from: of.from,
        to: of.to,
        select: of.of.clone(),
        width: args.size.0,
        height: args.size.1,
        scale: of.look.scale,
        bin: args.bin,
        title: of.look.title.clone(),
        theme: of.look.theme(),
    };
    draw(&recording, &options, &out).map_err(undrawn)?;
    put(&out.display().to_string())
}
