//! Synapse tables: one per codec and shard. Dispatch happens once per segment, never per synapse.
//!
//! | codec | bytes per synapse | holds |
//! | --- | --- | --- |
//! | count, 16-bit | 2 or 4 | target; one weight per projection, applied when the neuron is updated |
//! | count, 32-bit | 2 or 4 | the same where a neuron's count in a tick may exceed 65,535 |
//! | f32 | 6 or 8 | target and weight; drawn weights, and listed ones that f32 holds exactly |
//! | f64 | 10 or 12 | target and weight; listed weights in double arithmetic |
//!
//! Which codec holds a weight never changes a result: f32 is chosen only where it loses nothing.
//! All weighted synapses of a source population lie in one table, so that the addends of a target
//! come in the order (emission tick, source, projection, position). Further codecs (bitmap, packed,
//! procedural, plastic) are further variants of `Codec` with their kernel in `deliver`.

use super::rows::Rows;
use super::slots::{NARROW, Slots};
use crate::neuron::real::Real;

/// Slot numbers of synapses.
#[derive(Debug)]
pub enum Targets {
    /// For shards with at most 65,536 slots of the kind.
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Targets {
    pub fn zeroed(n: usize, narrow: bool) -> Self {
        if narrow {
            Self::Narrow(vec![0; n])
        } else {
            Self::Wide(vec![0; n])
        }
    }
    #[inline(always)]
    pub fn set(&mut self, at: usize, slot: usize) {
        match self {
            Self::Narrow(all) => all[at] = slot as u16,
            Self::Wide(all) => all[at] = slot as u32,
        }
    }
    pub fn get(&self, at: usize) -> usize {
        match self {
            Self::Narrow(all) => usize::from(all[at]),
            Self::Wide(all) => all[at] as usize,
        }
    }
    pub fn len(&self) -> usize {
        match self {
            Self::Narrow(all) => all.len(),
            Self::Wide(all) => all.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn bytes(&self) -> usize {
        match self {
            Self::Narrow(all) => all.len() * 2,
            Self::Wide(all) => all.len() * 4,
        }
    }
}

/// What a synapse adds.
#[derive(Debug)]
pub enum Codec {
    Count16,
    Count32,
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Codec {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count16 => "count16",
            Self::Count32 => "count32",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
        }
    }
    pub fn bytes(&self) -> usize {
        match self {
            Self::Count16 | Self::Count32 => 0,
            Self::F32(w) => w.len() * 4,
            Self::F64(w) => w.len() * 8,
        }
    }
}

#[derive(Debug)]
pub struct Table {
    pub rows: Rows,
    pub targets: Targets,
    pub codec: Codec,
}

/// The accumulators of a shard, by kind.
#[derive(Debug, Default)]
pub struct Accumulators<R> {
    pub sums: Slots<R>,
    pub counts16: Slots<u16>,
    pub counts32: Slots<u32>,
}

impl Table {
    pub fn bytes(&self) -> usize {
        self.rows.bytes() + self.targets.bytes() + self.codec.bytes()
    }

    /// Delivers `len` synapses from `start` on to the accumulators of the current tick. `MARK`:
    /// note the touched slots for lazily updated populations.
    #[inline]
    pub fn deliver<R: Real, const MARK: bool>(
        &self,
        start: u64,
        len: u32,
        to: &mut Accumulators<R>,
    ) {
        let span = start as usize..start as usize + len as usize;
        match (&self.codec, &self.targets) {
            (Codec::Count16, Targets::Narrow(t)) => {
                narrow::<_, _, MARK>(&t[span], &mut to.counts16, |_, c| *c += 1);
            }
            (Codec::Count16, Targets::Wide(t)) => {
                wide::<_, _, MARK>(&t[span], &mut to.counts16, |_, c| *c += 1);
            }
            (Codec::Count32, Targets::Narrow(t)) => {
                narrow::<_, _, MARK>(&t[span], &mut to.counts32, |_, c| *c += 1);
            }
            (Codec::Count32, Targets::Wide(t)) => {
                wide::<_, _, MARK>(&t[span], &mut to.counts32, |_, c| *c += 1);
            }
            (Codec::F32(w), Targets::Narrow(t)) => {
                let w = &w[span.clone()];
                narrow::<_, _, MARK>(&t[span], &mut to.sums, |k, s| {
                    *s += R::of(f64::from(w[k]));
                });
            }
            (Codec::F32(w), Targets::Wide(t)) => {
                let w = &w[span.clone()];
                wide::<_, _, MARK>(&t[span], &mut to.sums, |k, s| {
                    *s += R::of(f64::from(w[k]));
                });
            }
            (Codec::F64(w), Targets::Narrow(t)) => {
                let w = &w[span.clone()];
                narrow::<_, _, MARK>(&t[span], &mut to.sums, |k, s| *s += R::of(w[k]));
            }
            (Codec::F64(w), Targets::Wide(t)) => {
                let w = &w[span.clone()];
                wide::<_, _, MARK>(&t[span], &mut to.sums, |k, s| *s += R::of(w[k]));
            }
        }
    }
}

/// 16-bit slots into an array of exactly 65,536: no bounds check is needed or made.
#[inline(always)]
fn narrow<T: Copy + Default, F: FnMut(usize, &mut T), const MARK: bool>(
    targets: &[u16],
    slots: &mut Slots<T>,
    mut add: F,
) {
    let Some(values) = slots.values.first_chunk_mut::<NARROW>() else {
        return;
    };
    for (k, &slot) in targets.iter().enumerate() {
        add(k, &mut values[usize::from(slot)]);
    }
    if MARK {
        for &slot in targets {
            slots.touch(usize::from(slot));
        }
    }
}

#[inline(always)]
fn wide<T: Copy + Default, F: FnMut(usize, &mut T), const MARK: bool>(
    targets: &[u32],
    slots: &mut Slots<T>,
    mut add: F,
) {
    for (k, &slot) in targets.iter().enumerate() {
        add(k, &mut slots.values[slot as usize]);
    }
    if MARK {
        for &slot in targets {
            slots.touch(slot as usize);
        }
    }
}
