//! Thresholds from the values of a trained network.

use std::sync::Mutex;

use super::{Options, Threshold};
use crate::ann::{Forward, Graph};
use crate::convert::plan::Plan;
use crate::parallel::Progress;
use crate::spiking::Kind;
use crate::spiking::rate::compared;

/// Bins of a histogram from 0 to the largest value of a channel.
const BINS: usize = 2048;
/// Thresholds that are tried for the least squared error, as shares of the largest value.
const TRIES: usize = 200;

/// The values above 0 of one channel.
#[derive(Clone, Debug, Default, PartialEq)]
struct Channel {
    largest: f64,
    bins: Vec<u64>,
}

impl Channel {
    fn middle(&self, bin: usize) -> f64 {
        self.largest * (bin as f64 + 0.5) / BINS as f64
    }
}

/// Of each population, the values of its channels over all samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    populations: Vec<Vec<Channel>>,
}

impl Values {
    /// Computes the network for all samples, twice: for the largest values, and for histograms up to
    /// these. Both are the same in whatever order samples come.
    pub fn of(
        graph: &Graph,
        plan: &Plan,
        samples: &[f32],
        threads: usize,
        progress: &Progress,
    ) -> Option<Self> {
        let empty =
            |p: &crate::spiking::Population| Mutex::new(vec![Channel::default(); p.planes[0]]);
        let all: Vec<Mutex<Vec<Channel>>> = plan.net.populations.iter().map(empty).collect();
        let pass = Forward::<f32>::new(graph);
        let look = |fill: bool| {
            pass.for_blocks_while(samples, threads, progress, |_, room| {
                for (i, channels) in all.iter().enumerate() {
                    let source = plan.sources[i];
                    let [c, h, w] = plan.net.populations[i].planes;
                    let Ok(mut channels) = channels.lock() else {
                        continue;
                    };
                    for (k, plane) in room.of(source.node).chunks_exact(h * w).enumerate() {
                        let channel = &mut channels[k % c];
                        for x in plane {
                            let v = source.value(f64::from(*x));
                            if v > 0.0 && fill {
                                let bin = (v / channel.largest * BINS as f64) as usize;
                                channel.bins[bin.min(BINS - 1)] += 1;
                            } else {
                                channel.largest = channel.largest.max(v);
                            }
                        }
                    }
                }
            })
        };
        look(false)?;
        for channels in &all {
            if let Ok(mut channels) = channels.lock() {
                channels.iter_mut().for_each(|c| c.bins = vec![0; BINS]);
            }
        }
        look(true)?;
        let done = |m: Mutex<Vec<Channel>>| m.into_inner().unwrap_or_else(|e| e.into_inner());
        Some(Self {
            populations: all.into_iter().map(done).collect(),
        })
    }

    /// A threshold for every channel of every population.
    pub fn thresholds(&self, plan: &Plan, options: &Options) -> Vec<Vec<f64>> {
        let mut all: Vec<Vec<f64>> = Vec::new();
        for (p, channels) in plan.net.populations.iter().zip(&self.populations) {
            let largest = channels.iter().fold(0.0f64, |m, c| m.max(c.largest));
            let largest = if largest > 0.0 { largest } else { 1.0 };
            let whole = |rule: Threshold| {
                let layer = best(&channels.iter().collect::<Vec<_>>(), rule, options);
                if layer > 0.0 { layer } else { largest }
            };
            all.push(match p.kind {
                // The sample is coded as it is, and so are outputs.
                Kind::Input { .. } | Kind::Readout => vec![largest; channels.len()],
                _ if options.per_channel => {
                    let layer = whole(options.threshold);
                    let one = |c: &Channel| best(&[c], options.threshold, options);
                    let or_layer = |v: f64| if v > 0.0 { v } else { layer };
                    channels.iter().map(one).map(or_layer).collect()
                }
                _ => vec![whole(options.threshold); channels.len()],
            });
        }
        // Counts that are compared are on one scale: the largest. Seen from the end, so that a chain of
        // comparisons ends up on one.
        let maxima = plan.net.populations.iter().enumerate().rev();
        let maxima = maxima.filter(|(_, p)| p.kind == Kind::Largest);
        let pairs: Vec<_> = maxima
            .flat_map(|(i, _)| {
                let all = compared(&plan.net, i).into_iter();
                all.map(move |(from, theirs, own)| ((from, theirs), (i, own)))
            })
            .collect();
        loop {
            let mut changed = false;
            for (a, b) in &pairs {
                let most = all[a.0][a.1].max(all[b.0][b.1]);
                for (population, channel) in [a, b] {
                    changed |= all[*population][*channel] != most;
                    all[*population][*channel] = most;
                }
            }
            if !changed {
                return all;
            }
        }
    }
}

/// The threshold for values of some channels together; 0 if none of them is above 0.
fn best(channels: &[&Channel], rule: Threshold, options: &Options) -> f64 {
    let largest = channels.iter().fold(0.0f64, |m, c| m.max(c.largest));
    // A value and how often it occurs, by rising value.
    let mut values: Vec<(f64, u64)> = Vec::new();
    for c in channels {
        let some = c.bins.iter().enumerate().filter(|(_, n)| **n > 0);
        values.extend(some.map(|(bin, n)| (c.middle(bin), *n)));
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    if values.is_empty() {
        return largest;
    }
    match rule {
        Threshold::Max => largest,
        Threshold::Percentile(percent) => {
            let count: u64 = values.iter().map(|v| v.1).sum();
            let below = (count as f64 * percent / 100.0).ceil() as u64;
            let mut sum = 0;
            let reached = values.iter().find(|v| {
                sum += v.1;
                sum >= below
            });
            match reached {
                Some((v, _)) if percent < 100.0 => *v,
                _ => largest,
            }
        }
        Threshold::SquaredError => {
            let steps = f64::from(options.settings.steps);
            let error = |threshold: f64| -> f64 {
                let one = |(x, n): &(f64, u64)| {
                    let count = (x / threshold * steps + options.start).floor().min(steps);
                    let d = x - count * threshold / steps;
                    d * d * *n as f64
                };
                values.iter().map(one).sum()
            };
            let tries = (1..=TRIES).map(|k| largest * k as f64 / TRIES as f64);
            tries
                .map(|t| (error(t), t))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map_or(largest, |(_, t)| t)
        }
    }
}
