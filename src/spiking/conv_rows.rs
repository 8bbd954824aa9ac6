//! Rows of convolutions, and of transposed ones, from geometry.

/// How a kernel lies over the rows and columns of a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sliding {
    /// Height and width.
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// Top and left.
    pub pads: [usize; 2],
    /// Sources are where targets are otherwise: strides are between targets.
    pub transposed: bool,
}

impl Sliding {
    /// The place of targets that place `k` of the kernel leads to from place `at` of sources, along an
    /// axis with `end` places of targets.
    pub fn target(&self, axis: usize, at: usize, k: usize, end: usize) -> Option<usize> {
        let (stride, moved) = (self.stride[axis], k * self.dilation[axis]);
        let target = if self.transposed {
            (at * stride + moved).checked_sub(self.pads[axis])?
        } else {
            let from = (at + self.pads[axis]).checked_sub(moved)?;
            if !from.is_multiple_of(stride) {
                return None;
            }
            from / stride
        };
        (target < end).then_some(target)
    }

    /// The columns of the kernel in the order in which a source reaches targets one after another.
    fn order(&self) -> Vec<usize> {
        let (columns, stride) = (self.kernel[1], self.stride[1]);
        if self.transposed {
            return (0..columns).collect();
        }
        let class = |r: usize| {
            let same = move |k: &usize| k * self.dilation[1] % stride == r;
            (0..columns).rev().filter(same)
        };
        (0..stride.min(columns * self.dilation[1]))
            .flat_map(class)
            .collect()
    }
}

/// A convolution seen from its inputs: weights are shared, and where they go follows from where the
/// source is. Neurons of both sides lie channels last: number (y width + x) channels + c, so that all
/// channels of neighbouring targets are one run of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvRows {
    /// Channels, height, width.
    pub from: [usize; 3],
    pub to: [usize; 3],
    pub groups: usize,
    pub sliding: Sliding,
    /// Of each column of the kernel: where it is in a row of weights.
    place: Vec<usize>,
    /// Channels and width of the sources.
    channels: u32,
    width: u32,
    /// Of each source channel: where its weights begin, and the first target channel.
    offsets: Vec<(u32, u32)>,
    /// Of each source row: its lines are `starts[y]..starts[y + 1]`.
    starts: Vec<u32>,
    /// A row of the kernel that reaches a row of targets: offsets to add to weights and targets.
    lines: Vec<(u32, u32)>,
    /// Of each source column: the columns of targets that it reaches are `firsts[x]..firsts[x + 1]`, one
    /// after another unless the kernel is dilated.
    firsts: Vec<u32>,
    columns: Vec<Columns>,
    /// Target channels of a group, and of all groups.
    group: u32,
    outputs: u32,
    /// (source channel, kernel row, kernel column in the order of target columns, target channel of the
    /// group).
    weight: Vec<f32>,
}

/// Neighbouring columns of targets.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Columns {
    /// Offsets to add to weights and targets.
    weights: u32,
    first: u32,
    /// Target columns.
    many: u32,
}

impl ConvRows {
    /// Both sides are given as channels, height and width.
    /// `weight(output, input of its group, row, column)` is asked for each weight.
    pub fn new(
        from: [usize; 3],
        to: [usize; 3],
        groups: usize,
        sliding: Sliding,
        weight: impl Fn(usize, usize, usize, usize) -> f32,
    ) -> Self {
        let [channels, height, width] = from;
        let [outputs, oh, ow] = to;
        let (gin, gout) = (channels / groups, outputs / groups);
        let [kh, kw] = sliding.kernel;
        let order = sliding.order();
        let mut place = vec![0; kw];
        for (at, kx) in order.iter().enumerate() {
            place[*kx] = at;
        }
        let mut all = Vec::with_capacity(channels * kh * kw * gout);
        for i in 0..channels {
            for ky in 0..kh {
                for kx in &order {
                    all.extend((0..gout).map(|o| weight(i / gin * gout + o, i % gin, ky, *kx)));
                }
            }
        }
        let (mut starts, mut lines) = (vec![0], Vec::new());
        for y in 0..height {
            for ky in 0..kh {
                if let Some(oy) = sliding.target(0, y, ky, oh) {
                    lines.push(((ky * kw * gout) as u32, (oy * ow * outputs) as u32));
                }
            }
            starts.push(lines.len() as u32);
        }
        let (mut firsts, mut columns) = (vec![0], Vec::<Columns>::new());
        for x in 0..width {
            let own = columns.len();
            for (at, kx) in order.iter().enumerate() {
                let Some(ox) = sliding.target(1, x, *kx, ow) else {
                    continue;
                };
                let (weights, first) = ((at * gout) as u32, (ox * outputs) as u32);
                match columns[own..].last_mut() {
                    Some(c)
                        if c.weights + c.many * gout as u32 == weights
                            && c.first + c.many * outputs as u32 == first =>
                    {
                        c.many += 1;
                    }
                    _ => columns.push(Columns {
                        weights,
                        first,
                        many: 1,
                    }),
                }
            }
            firsts.push(columns.len() as u32);
        }
        Self {
            from,
            to,
            groups,
            sliding,
            place,
            channels: channels as u32,
            width: width as u32,
            offsets: (0..channels)
                .map(|i| ((i * kh * kw * gout) as u32, (i / gin * gout) as u32))
                .collect(),
            starts,
            lines,
            firsts,
            columns,
            group: gout as u32,
            outputs: outputs as u32,
            weight: all,
        }
    }

    /// The weight from input channel `i` of a group to output channel `o`, at a place of the kernel.
    pub fn weight(&self, o: usize, i: usize, y: usize, x: usize) -> f32 {
        let (gin, gout) = (self.from[0] / self.groups, self.to[0] / self.groups);
        let input = o / gout * gin + i;
        let [kh, kw] = self.sliding.kernel;
        let row = (input * kh + y) * kw + self.place[x];
        self.weight[row * gout + o % gout]
    }

    /// Hands out the targets of a source as runs: number of the first target, and weights.
    #[inline(always)]
    pub fn runs(&self, id: usize, mut take: impl FnMut(usize, &[f32])) {
        let id = id as u32;
        let pixel = id / self.channels;
        let (weights, channel) = self.offsets[(id % self.channels) as usize];
        let (y, x) = ((pixel / self.width) as usize, (pixel % self.width) as usize);
        let lines = &self.lines[self.starts[y] as usize..self.starts[y + 1] as usize];
        let (group, outputs) = (self.group as usize, self.outputs as usize);
        for columns in &self.columns[self.firsts[x] as usize..self.firsts[x + 1] as usize] {
            let len = columns.many as usize * group;
            let weights = &self.weight[(weights + columns.weights) as usize..];
            let first = (columns.first + channel) as usize;
            for (w, to) in lines {
                let (w, first) = (&weights[*w as usize..][..len], first + *to as usize);
                if group == outputs {
                    take(first, w);
                } else {
                    for (k, w) in w.chunks_exact(group).enumerate() {
                        take(first + k * outputs, w);
                    }
                }
            }
        }
    }

    /// Hands out every weight with its target channel.
    pub fn each(&self, mut take: impl FnMut(usize, f32)) {
        let group = self.group as usize;
        let area: usize = self.sliding.kernel.iter().product();
        for (begin, channel) in &self.offsets {
            let all = &self.weight[*begin as usize..][..area * group];
            for (k, w) in all.iter().enumerate() {
                take(*channel as usize + k % group, *w);
            }
        }
    }

    /// Synapses of each source, by counting every weight once. `zeros`: those of weight 0 too.
    pub fn fan_outs(&self, zeros: bool) -> Vec<u32> {
        let group = self.group as usize;
        let some = |w: &[f32]| w.iter().filter(|w| zeros || **w != 0.0).count() as u32;
        let counts: Vec<u32> = self.weight.chunks_exact(group).map(some).collect();
        let [channels, height, width] = self.from;
        let mut all = Vec::with_capacity(channels * height * width);
        for y in 0..height {
            let lines = &self.lines[self.starts[y] as usize..self.starts[y + 1] as usize];
            for x in 0..width {
                let columns = &self.columns[self.firsts[x] as usize..self.firsts[x + 1] as usize];
                for (begin, _) in &self.offsets {
                    let mut n = 0;
                    for c in columns {
                        for (line, _) in lines {
                            let at = (begin + c.weights + line) as usize / group;
                            n += counts[at..][..c.many as usize].iter().sum::<u32>();
                        }
                    }
                    all.push(n);
                }
            }
        }
        all
    }

    /// Numbers that are held.
    pub fn held(&self) -> usize {
        self.weight.len()
    }
}
