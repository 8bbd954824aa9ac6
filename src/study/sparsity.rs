//! Accuracy against operations as fewer and fewer weights, neurons or channels are left.

use serde::Serialize;

use super::subject::Subject;
use super::trial::{Set, Shown, show};
use crate::ann::Forward;
use crate::convert::sparsify::{Sparsify, range_of};
use crate::parallel::Progress;
use crate::spiking::Unharmed;

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
    subject: &Subject<'_>,
    calibration: &[f32],
    set: &Set<'_>,
    curves: &[(String, Vec<(f64, Sparsify)>)],
    threads: usize,
    progress: &Progress,
) -> Result<Option<Vec<Point>>, String> {
    let inputs = range_of(calibration);
    let mut points = Vec::new();
    for (curve, steps) in curves {
        for (share, what) in steps {
            let cut =
                what.apply_while(subject.graph, Some(calibration), inputs, threads, progress)?;
            let Some((thin, report)) = cut else {
                return Ok(None);
            };
            let network = subject.converted(&thin, calibration, threads, progress)?;
            let Some(network) = network else {
                return Ok(None);
            };
            let Some(shown) = show(&network, set, |_| Unharmed, threads, progress) else {
                return Ok(None);
            };
            let outputs = Forward::<f32>::new(&thin).outputs(set.samples, threads);
            points.push(Point {
                curve: curve.clone(),
                share: *share,
                weights: report.after,
                neurons: network.net().hidden(),
                shown,
                ann_accuracy: set.judge(&outputs).accuracy,
            });
        }
    }
    Ok(Some(points))
}
