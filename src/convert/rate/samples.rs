//! A coded network on many samples.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ann::largest_of;
use crate::spiking::Rate;
use crate::spiking::rate::Room;

/// Shows all samples to the first `populations` of a network, on threads; `look` gets each with its
/// number, in no certain order.
pub fn for_samples(
    rate: &Rate,
    samples: &[f32],
    populations: usize,
    threads: usize,
    look: impl Fn(usize, &Room) + Sync,
) {
    let len = rate.net.populations[0].len();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut room = rate.room();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(sample) = samples.get(i * len..(i + 1) * len) else {
                break;
            };
            rate.run_until(sample, i as u64, populations, &mut room);
            look(i, &room);
        }
    };
    if threads <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }
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
    pub fn of(rate: &Rate, samples: &[f32], outputs: &[f32], after: u32, threads: usize) -> Self {
        let all = rate.net.populations.len();
        let width = rate.net.populations[all - 1].len();
        let count = outputs.len() / width;
        let done = Mutex::new(vec![(false, 0.0, 0.0); count]);
        for_samples(rate, samples, all, threads, |i, room| {
            let want = outputs[i * width..][..width].iter();
            let want: Vec<f64> = want.map(|w| f64::from(*w)).collect();
            let have: Vec<f64> = rate.outputs(room, after, rate.settings.steps).collect();
            let same = largest_of(&have) == largest_of(&want);
            let (mut error, mut power) = (0.0, 0.0);
            for (h, w) in have.iter().zip(&want) {
                error += (h - w).powi(2);
                power += w.powi(2);
            }
            if let Ok(mut done) = done.lock() {
                done[i] = (same, error, power);
            }
        });
        let done = done.into_inner().unwrap_or_else(|e| e.into_inner());
        let power: f64 = done.iter().map(|d| d.2).sum();
        Self {
            samples: count,
            same: done.iter().filter(|d| d.0).count(),
            error: done.iter().map(|d| d.1).sum::<f64>() / power,
        }
    }
}
