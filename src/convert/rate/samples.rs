//! A coded network on many samples.

use crate::ann::largest_of;
use crate::parallel::{Progress, in_blocks};
use crate::spiking::Rate;
use crate::spiking::rate::Room;

/// Samples that a thread takes at once.
const BLOCK: usize = 4;

/// Shows all samples to the first `populations` of a network, on threads; `look` gets each with its
/// number. Answers come in the order of the samples; `None` if it was stopped.
pub fn for_samples<R: Send>(
    rate: &Rate,
    samples: &[f32],
    populations: usize,
    threads: usize,
    progress: &Progress,
    look: impl Fn(usize, &Room) -> R + Sync,
) -> Option<Vec<R>> {
    let len = rate.net.populations[0].len();
    let count = samples.len() / len;
    let all = in_blocks(
        count,
        BLOCK,
        threads,
        progress,
        || rate.room(),
        |room, numbers| {
            let one = |i: usize| {
                rate.run_until(&samples[i * len..][..len], i as u64, populations, room);
                look(i, room)
            };
            numbers.map(one).collect::<Vec<R>>()
        },
    )?;
    Some(all.into_iter().flatten().collect())
}

/// How near a coded network is to the trained one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    pub samples: usize,
    /// Samples with the same decision.
    pub same: usize,
    /// Squared error of outputs, over their squares.
    pub error: f64,
}

impl Agreement {
    /// After the last step. `outputs`: of the trained network.
    pub fn of(
        rate: &Rate,
        samples: &[f32],
        outputs: &[f32],
        threads: usize,
        progress: &Progress,
    ) -> Option<Self> {
        let all = rate.net.populations.len();
        let width = rate.net.populations[all - 1].len();
        let done = for_samples(rate, samples, all, threads, progress, |i, room| {
            let want = outputs[i * width..][..width].iter();
            let want: Vec<f64> = want.map(|w| f64::from(*w)).collect();
            let have: Vec<f64> = rate.outputs(room, rate.settings.steps).collect();
            let same = largest_of(&have) == largest_of(&want);
            let (mut error, mut power) = (0.0, 0.0);
            for (h, w) in have.iter().zip(&want) {
                error += (h - w).powi(2);
                power += w.powi(2);
            }
            (same, error, power)
        })?;
        let power: f64 = done.iter().map(|d| d.2).sum();
        Some(Self {
            samples: done.len(),
            same: done.iter().filter(|d| d.0).count(),
            error: done.iter().map(|d| d.1).sum::<f64>() / power,
        })
    }
}
