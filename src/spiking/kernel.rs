//! What a spike of a source does to its targets: rows of weights, held or computed from geometry.

/// Synapses from one population to another, by source.
#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    /// Each neuron to the one of the same number.
    Same(f32),
    /// Every neuron to every other: a row of `width` weights for each source.
    Rows { width: usize, weight: Vec<f32> },
    /// Lists of targets; the row of source i is `starts[i]..starts[i + 1]`.
    Sparse {
        starts: Vec<u32>,
        targets: Vec<u32>,
        weights: Vec<f32>,
    },
    /// A convolution: weights are shared, rows follow from geometry.
    Conv(ConvRows),
}

/// A convolution seen from its inputs. Neurons of both sides lie channels last: number
/// (y width + x) channels + c, so that all channels of neighbouring targets are one run of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvRows {
    /// Channels, height, width.
    pub from: [usize; 3],
    pub to: [usize; 3],
    pub groups: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// Top and left.
    pub pads: [usize; 2],
    /// Columns of the kernel by their remainder modulo the stride, and within one from the last to the
    /// first: this is the order of rising target columns.
    classes: Vec<usize>,
    /// (input channel, kernel row, kernel column in the order of `classes`, output channel of the group).
    weight: Vec<f32>,
}

impl ConvRows {
    /// `weight(output, input of its group, row, column)` is asked for each weight.
    pub fn new(
        from: [usize; 3],
        to: [usize; 3],
        groups: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        pads: [usize; 2],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
    ) -> Self {
        let (gin, gout) = (from[0] / groups, to[0] / groups);
        let (kw, step) = (kernel[1], stride[1]);
        let mut classes = vec![0];
        let mut columns = Vec::with_capacity(kw);
        for r in 0..step {
            columns.extend((r..kw).step_by(step).rev());
            classes.push(columns.len());
        }
        let mut all = Vec::with_capacity(from[0] * kernel[0] * kw * gout);
        for i in 0..from[0] {
            for ky in 0..kernel[0] {
                for kx in &columns {
                    for o in 0..gout {
                        all.push(weight(i / gin * gout + o, i % gin, ky, *kx));
                    }
                }
            }
        }
        Self {
            from,
            to,
            groups,
            kernel,
            stride,
            pads,
            classes,
            weight: all,
        }
    }

    /// The weight from input channel `i` of a group to output channel `o`, at a place of the kernel.
    pub fn weight(&self, o: usize, i: usize, y: usize, x: usize) -> f32 {
        let (gin, gout) = (self.from[0] / self.groups, self.to[0] / self.groups);
        let (class, back) = (x % self.stride[1], x / self.stride[1]);
        let column = self.classes[class + 1] - 1 - back;
        let input = o / gout * gin + i;
        let row = (input * self.kernel[0] + y) * self.kernel[1] + column;
        self.weight[row * gout + o % gout]
    }

    /// Hands out the targets of a source as runs: number of the first target, and weights.
    #[inline(always)]
    fn runs(&self, id: usize, mut take: impl FnMut(usize, &[f32])) {
        let [channels, _, width] = self.from;
        let [outputs, oh, ow] = self.to;
        let (pixel, i) = (id / channels, id % channels);
        let (y, x) = (pixel / width + self.pads[0], pixel % width + self.pads[1]);
        let gout = outputs / self.groups;
        let group = i / (channels / self.groups) * gout;
        let (r, q) = (x % self.stride[1], x / self.stride[1]);
        let (begin, end) = (self.classes[r], self.classes[r + 1]);
        let n = end - begin;
        // Column r + j stride of the kernel reaches target column q - j.
        let (least, most) = ((q + 1).saturating_sub(ow), (q + 1).min(n));
        if least >= most {
            return;
        }
        for ky in (y % self.stride[0]..self.kernel[0]).step_by(self.stride[0]) {
            let Some(oy) = (y / self.stride[0]).checked_sub(ky / self.stride[0]) else {
                break;
            };
            if oy >= oh {
                continue;
            }
            let row = ((i * self.kernel[0] + ky) * self.kernel[1] + begin) * gout;
            let weights = &self.weight[row..][(n - most) * gout..(n - least) * gout];
            let first = oy * ow + q + 1 - most;
            if self.groups == 1 {
                take(first * outputs, weights);
            } else {
                for (k, w) in weights.chunks_exact(gout).enumerate() {
                    take((first + k) * outputs + group, w);
                }
            }
        }
    }
}

#[inline(always)]
fn add(v: &mut [f64], w: &[f32], x: f64) {
    for (v, w) in v.iter_mut().zip(w) {
        *v += f64::from(*w) * x;
    }
}

impl Kernel {
    /// A spike of source `id` brings `x` times the weight to each target.
    #[inline(always)]
    pub fn deliver(&self, id: usize, x: f64, v: &mut [f64]) {
        match self {
            Self::Same(w) => v[id] += f64::from(*w) * x,
            Self::Rows { width, weight } => add(v, &weight[id * width..][..*width], x),
            Self::Sparse {
                starts,
                targets,
                weights,
            } => {
                let row = starts[id] as usize..starts[id + 1] as usize;
                for (to, w) in targets[row.clone()].iter().zip(&weights[row]) {
                    v[*to as usize] += f64::from(*w) * x;
                }
            }
            Self::Conv(c) => c.runs(id, |first, w| add(&mut v[first..][..w.len()], w, x)),
        }
    }

    /// The same synapses one by one.
    #[inline(always)]
    pub fn row(&self, id: usize, mut take: impl FnMut(usize, f32)) {
        match self {
            Self::Same(w) => take(id, *w),
            Self::Rows { width, weight } => {
                for (to, w) in weight[id * width..][..*width].iter().enumerate() {
                    take(to, *w);
                }
            }
            Self::Sparse {
                starts,
                targets,
                weights,
            } => {
                let row = starts[id] as usize..starts[id + 1] as usize;
                for (to, w) in targets[row.clone()].iter().zip(&weights[row]) {
                    take(*to as usize, *w);
                }
            }
            Self::Conv(c) => c.runs(id, |first, w| {
                for (k, w) in w.iter().enumerate() {
                    take(first + k, *w);
                }
            }),
        }
    }

    /// Number of synapses of a source, those of weight 0 left out.
    pub fn fan_out(&self, id: usize) -> u32 {
        let mut n = 0;
        self.row(id, |_, w| n += u32::from(w != 0.0));
        n
    }

    /// Numbers that are held.
    pub fn held(&self) -> usize {
        match self {
            Self::Same(_) => 1,
            Self::Rows { weight, .. } => weight.len(),
            Self::Sparse { weights, .. } => weights.len(),
            Self::Conv(c) => c.weight.len(),
        }
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Sparse { starts, .. } => 8 * self.held() + 4 * starts.len(),
            _ => 4 * self.held(),
        }
    }
}
