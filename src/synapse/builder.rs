//! Fills a table in two passes over the same synapses: count, then place.

use super::rows::Rows;
use super::table::{Codec, Table, Targets};

/// First pass: how long each row will be.
#[derive(Debug)]
pub struct Counter {
    lengths: Vec<u32>,
    total: u64,
}

impl Counter {
    pub fn new(sources: usize) -> Self {
        Self {
            lengths: vec![0; sources],
            total: 0,
        }
    }
    #[inline(always)]
    pub fn add(&mut self, source: u32) {
        self.lengths[source as usize] += 1;
        self.total += 1;
    }
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// What the weights of the table will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightKind {
    Count16,
    Count32,
    F32,
    F64,
}

/// Second pass: synapses take their places in the order in which they come.
#[derive(Debug)]
pub struct Placer {
    start: Vec<u64>,
    /// Next free place of each row.
    next: Vec<u64>,
    targets: Targets,
    codec: Codec,
    /// Delay of each synapse; empty while all have `uniform`.
    delays: Vec<u64>,
    uniform: Option<u64>,
}

impl Placer {
    /// `uniform`: the delay that all synapses of the table have, if it is known to be one.
    pub fn new(counter: &Counter, kind: WeightKind, narrow: bool, uniform: Option<u64>) -> Self {
        let n = counter.total as usize;
        let mut start = Vec::with_capacity(counter.lengths.len() + 1);
        let mut at = 0u64;
        for &len in &counter.lengths {
            start.push(at);
            at += u64::from(len);
        }
        start.push(at);
        Self {
            next: start[..start.len() - 1].to_vec(),
            start,
            targets: Targets::zeroed(n, narrow),
            codec: match kind {
                WeightKind::Count16 => Codec::Count16,
                WeightKind::Count32 => Codec::Count32,
                WeightKind::F32 => Codec::F32(vec![0.0; n]),
                WeightKind::F64 => Codec::F64(vec![0.0; n]),
            },
            delays: if uniform.is_some() {
                Vec::new()
            } else {
                vec![0; n]
            },
            uniform,
        }
    }

    #[inline(always)]
    pub fn place(&mut self, source: u32, slot: usize, weight: f64, delay: u64) {
        let next = &mut self.next[source as usize];
        let at = *next as usize;
        *next += 1;
        self.targets.set(at, slot);
        match &mut self.codec {
            Codec::Count16 | Codec::Count32 => {}
            Codec::F32(w) => w[at] = weight as f32,
            Codec::F64(w) => w[at] = weight,
        }
        if self.uniform.is_none() {
            self.delays[at] = delay;
        }
    }

    /// Sorts each row by delay, keeping the order of placing within a delay, and cuts it.
    pub fn finish(self) -> Table {
        let Self {
            start,
            mut targets,
            mut codec,
            delays,
            uniform,
            ..
        } = self;
        if let Some(delay) = uniform {
            return Table {
                rows: Rows::uniform(start, delay),
                targets,
                codec,
            };
        }
        let mut first = Vec::with_capacity(start.len());
        let (mut seg_delay, mut seg_end) = (Vec::new(), Vec::new());
        let mut order: Vec<(u64, u32)> = Vec::new();
        for row in start.windows(2) {
            first.push(seg_delay.len() as u32);
            let (lo, hi) = (row[0] as usize, row[1] as usize);
            order.clear();
            order.extend(delays[lo..hi].iter().zip(0u32..).map(|(&d, k)| (d, k)));
            order.sort_unstable();
            permute(&mut targets, &mut codec, lo, &order);
            for (k, &(delay, _)) in order.iter().enumerate() {
                if k == 0 || order[k - 1].0 != delay {
                    seg_delay.push(delay);
                    seg_end.push(k as u32 + 1);
                } else if let Some(end) = seg_end.last_mut() {
                    *end = k as u32 + 1;
                }
            }
        }
        first.push(seg_delay.len() as u32);
        Table {
            rows: Rows::segmented(start, first, seg_delay, seg_end),
            targets,
            codec,
        }
    }
}

/// Brings the row that starts at `lo` into the given order.
fn permute(targets: &mut Targets, codec: &mut Codec, lo: usize, order: &[(u64, u32)]) {
    fn apply<T: Copy>(all: &mut [T], lo: usize, order: &[(u64, u32)]) {
        let sorted: Vec<T> = order.iter().map(|&(_, k)| all[lo + k as usize]).collect();
        all[lo..lo + sorted.len()].copy_from_slice(&sorted);
    }
    match targets {
        Targets::Narrow(t) => apply(t, lo, order),
        Targets::Wide(t) => apply(t, lo, order),
    }
    match codec {
        Codec::Count16 | Codec::Count32 => {}
        Codec::F32(w) => apply(w, lo, order),
        Codec::F64(w) => apply(w, lo, order),
    }
}
