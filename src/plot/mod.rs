//! Pictures: rasters of spikes, traces of state variables, distributions and courses of weights, decisions
//! and costs of converted networks, as PNG.
//!
//! Marks are accumulated into pixels here, because millions of them must cost no more than the
//! memory they touch; text comes from `plotters` with a font that is part of the program.

mod axis;
mod canvas;
pub mod confusion;
pub mod cost;
pub mod curves;
pub mod heatmap;
pub mod panels;
pub mod raster;
mod theme;
pub mod traces;
pub mod weights;
pub mod weights_over_time;

pub(crate) use axis::grouped;

pub use crate::record::Selection;
pub use theme::Theme;

use std::path::PathBuf;

use crate::record::SelectError;

/// Why a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    #[error(transparent)]
    Select(#[from] SelectError),
    #[error("the time range from {from} ms to {to} ms is empty")]
    Range { from: f64, to: f64 },
    #[error(
        "a picture of {width} x {height} pixels cannot be drawn: 160 x 120 to 16000 x 16000 is possible"
    )]
    Size { width: u32, height: u32 },
    #[error("a bin of {0} ms is impossible")]
    Bin(f64),
    #[error("there is nothing to draw: {0}")]
    Nothing(String),
    #[error("cannot write `{}`: the name of a picture ends in .png", path.display())]
    Name { path: PathBuf },
    #[error("cannot write `{}`: {reason}", path.display())]
    Write { path: PathBuf, reason: String },
}

/// A unit, for labels.
struct Shown<'a>(&'a str);

impl Shown<'_> {
    /// `weight (mV)`, or `weight` for plain numbers.
    fn weight(&self) -> String {
        if self.0.is_empty() {
            "weight".into()
        } else {
            format!("weight ({})", self.0)
        }
    }
}
