//! `spikewheel traces`: a picture of recorded state variables.

use super::Outcome;
use super::output::put;
use super::recorded::{PictureArgs, size, undrawn};
use crate::plot::traces::{TraceOptions, draw};

/// Draw recorded state variables, such as membrane potentials, as a PNG.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    spikewheel traces runs/pair-001\n  \
    spikewheel traces runs/brunel-001 --of 'excitatory[0..2]' --variable V_m --to '200 ms'")]
pub struct Args {
    #[command(flatten)]
    pub picture: PictureArgs,
    /// Variable, such as V_m; may be repeated [default: all that were recorded]
    #[arg(long, value_name = "NAME")]
    pub variable: Vec<String>,
    /// Neurons per panel
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub most: usize,
    /// Width and height
    #[arg(long, value_name = "WxH", default_value = "1200x600", value_parser = size)]
    pub size: (u32, u32),
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let of = &args.picture;
    let (recording, out) = of.open("traces.png")?;
    let options = TraceOptions {
        from: of.from,
        to: of.to,
        select: of.of.clone(),
        variables: args.variable.clone(),
        most: args.most,
        width: args.size.0,
        height: args.size.1,
        scale: of.look.scale,
        title: of.look.title.clone(),
        theme: of.look.theme(),
    };
    draw(&recording, &options, &out).map_err(undrawn)?;
    put(&out.display().to_string())
}
