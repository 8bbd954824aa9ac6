//! What the exact code loses as spike times and weights get coarser: what a chip would have.
//!
//! With n bits of time a layer's window has 2^n ticks, and a spike stands for the nearest of as many
//! values. With n bits of weight, weights lie on the grid of `convert::quantise`, before the network is
//! converted.

use serde::Serialize;

use super::trial::{Set, Shown, show};
use crate::ann::Graph;
use crate::convert::quantise::{Fit, Grid, quantise};
use crate::convert::{Calibration, plan};
use crate::parallel::Progress;
use crate::spiking::{Kind, Ramp, Unharmed};

/// What is compared.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bits of time per window, and of weights; `None` is as fine as there is.
    pub time_bits: Vec<Option<u32>>,
    pub weight_bits: Vec<Option<u32>>,
    pub grid: Grid,
    pub fit: Fit,
    /// Ticks of a window where times are fine.
    pub window: u32,
    pub headroom: f64,
    /// Affine layers may be populations.
    pub units: bool,
    pub threads: usize,
}

/// One combination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub time_bits: Option<u32>,
    pub weight_bits: Option<u32>,
    #[serde(flatten)]
    pub shown: Shown,
    /// No output is further off than this because of times; with these weights.
    pub bound: f64,
}

/// Bits of time that a window may have.
pub const TIME_BITS: std::ops::RangeInclusive<u32> = 1..=31;

/// All combinations, those of one number of weight bits after those of another. `None` if it was stopped.
///
/// # Errors
/// Numbers of bits that are impossible, and networks that cannot be converted.
pub fn study(
    graph: &Graph,
    seen: &Calibration,
    set: &Set<'_>,
    options: &Options,
    progress: &Progress,
) -> Result<Option<Vec<Cell>>, String> {
    if let Some(bits) = options
        .time_bits
        .iter()
        .flatten()
        .find(|b| !TIME_BITS.contains(b))
    {
        return Err(format!(
            "times of {bits} bits: {} to {} are possible",
            TIME_BITS.start(),
            TIME_BITS.end()
        ));
    }
    let mut cells = Vec::new();
    for weight_bits in &options.weight_bits {
        let coarse = match weight_bits {
            Some(bits) => quantise(graph, *bits, options.grid, options.fit)?.0,
            None => graph.clone(),
        };
        // Scales are those of the network as it was.
        let net = plan(&coarse, seen, options.units)?.net;
        for time_bits in &options.time_bits {
            let window = time_bits.map_or(options.window, |b| 1 << b);
            let ramp = Ramp::new(net.clone(), window, options.headroom);
            let Some(shown) = show(&ramp, set, |_| Unharmed, options.threads, progress) else {
                return Ok(None);
            };
            cells.push(Cell {
                time_bits: *time_bits,
                weight_bits: *weight_bits,
                shown,
                bound: bounds(&ramp).into_iter().fold(0.0, f64::max),
            });
        }
    }
    Ok(Some(cells))
}

/// How far each output (by neuron) may be off at most because times are whole ticks, if nothing is clipped.
///
/// A spike stands for the nearest multiple of S / D, S being the scale of its population and D the ticks
/// of a window: it is off by half of that. Sums carry what their addends are off times the size of the
/// weight; ramps, caps and first spikes make no difference larger.
pub fn bounds(ramp: &Ramp) -> Vec<f64> {
    let mut all: Vec<Vec<f64>> = Vec::new();
    // What potentials are off, before spikes are rounded.
    let mut potentials: Vec<Vec<f64>> = Vec::new();
    for (p, population) in ramp.net.populations.iter().enumerate() {
        let largest = population.kind == Kind::Largest;
        // One potential may serve two thresholds.
        let (mut off, links) = match population.opposite {
            Some(other) => (potentials[other].clone(), &[][..]),
            None => (vec![0.0f64; population.len()], &population.links[..]),
        };
        for link in links {
            for (id, before) in all[link.from].iter().enumerate() {
                link.kernel.row(id, |to, w| {
                    if largest {
                        off[to] = off[to].max(*before);
                    } else {
                        off[to] += f64::from(w.abs()) * before;
                    }
                });
            }
        }
        potentials.push(off.clone());
        // First spikes are passed on as they come; the read-out has none.
        if !largest && population.kind != Kind::Readout {
            let half = 0.5 * ramp.scales[p] / f64::from(ramp.window);
            off.iter_mut().for_each(|v| *v += half);
        }
        all.push(off);
    }
    all.pop().unwrap_or_default()
}
