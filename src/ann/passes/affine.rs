//! Factors and offsets on their way through a graph, one pair for each element.

use crate::ann::op::{AvgPool, Scale, planes, spread};

#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
}

impl Affine {
    /// That of a node over a tensor of `len` elements.
    pub fn of(s: &Scale, len: usize) -> Self {
        let full = |list: &[f32]| {
            (0..len)
                .map(|i| f64::from(list[spread(i, len, list.len())]))
                .collect()
        };
        Self {
            scale: full(&s.scale),
            shift: full(&s.shift),
        }
    }

    /// Changes nothing.
    pub fn neutral(len: usize) -> Self {
        Self {
            scale: vec![1.0; len],
            shift: vec![0.0; len],
        }
    }

    /// As a node, with lists as short as they can be.
    pub fn into_scale(self, channels: usize) -> Scale {
        let short = |list: Vec<f64>| -> Vec<f32> {
            let per = list.len() / channels.max(1);
            let of_channel = |c: &[f64]| c.iter().all(|v| *v == c[0]);
            if list.iter().all(|v| *v == list[0]) {
                vec![list[0] as f32]
            } else if per > 1 && list.chunks_exact(per).all(of_channel) {
                list.iter().step_by(per).map(|v| *v as f32).collect()
            } else {
                list.iter().map(|v| *v as f32).collect()
            }
        };
        Scale {
            scale: short(self.scale),
            shift: short(self.shift),
        }
    }

    pub fn shifts(&self) -> bool {
        self.shift.iter().any(|b| *b != 0.0)
    }

    pub fn all_positive(&self) -> bool {
        self.scale.iter().all(|s| *s > 0.0)
    }

    /// One pair for each channel, if the elements of a channel agree.
    pub fn per_channel(&self, channels: usize) -> Option<Self> {
        let per = self.scale.len() / channels.max(1);
        let agree = |list: &[f64]| {
            list.chunks_exact(per.max(1))
                .all(|c| c.iter().all(|v| *v == c[0]))
        };
        (agree(&self.scale) && agree(&self.shift)).then(|| Self {
            scale: self.scale.iter().step_by(per.max(1)).copied().collect(),
            shift: self.shift.iter().step_by(per.max(1)).copied().collect(),
        })
    }

    /// From one pair for each channel to one for each element.
    pub fn over(&self, len: usize) -> Self {
        let n = self.scale.len();
        let full = |list: &[f64]| (0..len).map(|i| list[spread(i, len, n)]).collect();
        Self {
            scale: full(&self.scale),
            shift: full(&self.shift),
        }
    }

    /// Through an average pool in either direction, to a tensor of `len` elements: a mean of channels
    /// scaled alike is scaled alike, unless zeros of the padding take part and there is an offset.
    pub fn through_avg_pool(&self, p: &AvgPool, shape: &[usize], len: usize) -> Option<Self> {
        if self.shifts() && p.include_pad && p.window.pads != [0; 4] {
            return None;
        }
        self.through_window(shape, len)
    }

    /// Through a max pool: order is kept by positive factors only.
    pub fn through_max_pool(&self, shape: &[usize], len: usize) -> Option<Self> {
        if !self.all_positive() {
            return None;
        }
        self.through_window(shape, len)
    }

    fn through_window(&self, shape: &[usize], len: usize) -> Option<Self> {
        Some(self.per_channel(planes(shape)[0])?.over(len))
    }
}
