//! What is lost as spike times and weights get coarser: what a chip would have.
//!
//! With n bits of time a layer's window of the exact code has 2^n ticks, and a spike stands for the nearest of
//! as many values. A network with the rate code has steps instead, and is looked at after some of them. With n bits
//! of weight, weights lie on the grid of `convert::quantise`, before the network is converted.

use serde::Serialize;

use super::subject::Subject;
use super::trial::{Set, Shown, show, show_at};
use crate::convert::plan;
use crate::convert::quantise::{Fit, Grid, quantise};
use crate::parallel::Progress;
use crate::spiking::{Kind, Network, Ramp, Unharmed};

/// What is compared.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bits of time per window (exact code), and of weights; `None` is as fine as there is.
    pub time_bits: Vec<Option<u32>>,
    /// Steps after which the rate code is looked at.
    pub steps: Vec<u32>,
    pub weight_bits: Vec<Option<u32>>,
    pub grid: Grid,
    pub fit: Fit,
    pub threads: usize,
}

/// One combination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub time_bits: Option<u32>,
    /// Steps of the rate code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    pub weight_bits: Option<u32>,
    #[serde(flatten)]
    pub shown: Shown,
    /// No output is further off than this because of times; with these weights. Of the exact code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
}

impl Options {
    /// How often all samples are shown.
    pub fn times(&self, network: &Network) -> usize {
        let of_times = match network {
            Network::Exact(_) => self.time_bits.len(),
            Network::Rate(_) => 1,
        };
        of_times * self.weight_bits.len()
    }
}

/// Bits of time that a window may have.
pub const TIME_BITS: std::ops::RangeInclusive<u32> = 1..=31;

/// All combinations, those of one number of weight bits after those of another. `None` if it was stopped.
///
/// # Errors
/// Numbers of bits or steps that are impossible, and networks that cannot be converted.
pub fn study(
    subject: &Subject<'_>,
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
    if let Network::Rate(rate) = subject.network {
        let most = rate.settings.steps;
        if let Some(bad) = options.steps.iter().find(|t| !(1..=most).contains(t)) {
            return Err(format!("after {bad} steps: the network has {most}"));
        }
    }
    let threads = options.threads;
    let mut cells = Vec::new();
    for weight_bits in &options.weight_bits {
        let coarse = match weight_bits {
            Some(bits) => quantise(subject.graph, *bits, options.grid, options.fit)?.0,
            None => subject.graph.clone(),
        };
        let cell = |shown: Shown| Cell {
            time_bits: None,
            steps: None,
            weight_bits: *weight_bits,
            shown,
            bound: None,
        };
        let own = match subject.network {
            Network::Exact(ramp) => ramp.window,
            Network::Rate(_) => {
                let network = subject.with_weights(&coarse)?;
                let steps = &options.steps;
                let shown = show_at(&network, steps, set, |_| Unharmed, threads, progress);
                let Some(shown) = shown else {
                    return Ok(None);
                };
                cells.extend(shown.into_iter().zip(steps).map(|(shown, step)| Cell {
                    steps: Some(*step),
                    ..cell(shown)
                }));
                continue;
            }
        };
        // Scales are those of the network as it was.
        let net = plan(&coarse, subject.seen, true)?.net;
        for time_bits in &options.time_bits {
            let ramp = subject.ramp(net.clone(), time_bits.map_or(own, |b| 1 << b));
            let bound = bounds(&ramp).into_iter().fold(0.0, f64::max);
            let network = Network::Exact(ramp);
            let Some(shown) = show(&network, set, |_| Unharmed, threads, progress) else {
                return Ok(None);
            };
            cells.push(Cell {
                time_bits: *time_bits,
                bound: Some(bound),
                ..cell(shown)
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
