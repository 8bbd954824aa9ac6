//! Accuracy against operations as fewer and fewer weights, neurons or channels are left.

use serde::Serialize;

use super::trial::{Set, Shown, show};
use crate::ann::{Forward, Graph};
use crate::convert::sparsify::{Sparsify, range_of};
use crate::convert::{Calibration, plan};
use crate::parallel::Progress;
use crate::spiking::{Ramp, Unharmed};

/// How networks are converted.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Ticks of a window.
    pub window: u32,
    pub headroom: f64,
    pub units: bool,
    pub threads: usize,
}

/// One network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The curve to which it belongs, and the share that was asked for.
    pub curve: String,
    pub share: f64,
    /// Weights other than 0.
    pub weights: usize,
    /// Neurons that may spike.
    pub neurons: usize,
    #[serde(flatten)]
    pub shown: Shown,
    /// The network of artificial neurons with the same weights.
    pub ann_accuracy: Option<f64>,
}

/// All networks: of each curve a name, and what is done to the graph for each share. `None` if it was
/// stopped.
///
/// # Errors
/// What is impossible to do, and networks that cannot be converted.
pub fn study(
    graph: &Graph,
    calibration: &[f32],
    set: &Set<'_>,
    curves: &[(String, Vec<(f64, Sparsify)>)],
    options: &Options,
    progress: &Progress,
) -> Result<Option<Vec<Point>>, String> {
    let threads = options.threads;
    let inputs = range_of(calibration);
    let mut points = Vec::new();
    for (curve, steps) in curves {
        for (share, what) in steps {
            let (thin, report) = what.apply(graph, Some(calibration), inputs, threads)?;
            let seen = Calibration::of(&thin, calibration, threads);
            let ramp = Ramp::new(
                plan(&thin, &seen, options.units)?.net,
                options.window,
                options.headroom,
            );
            let Some(shown) = show(&ramp, set, |_| Unharmed, threads, progress) else {
                return Ok(None);
            };
            let outputs = Forward::<f32>::new(&thin).outputs(set.samples, threads);
            points.push(Point {
                curve: curve.clone(),
                share: *share,
                weights: report.after,
                neurons: ramp.net.hidden(),
                shown,
                ann_accuracy: set.judge(&outputs).accuracy,
            });
        }
    }
    Ok(Some(points))
}
