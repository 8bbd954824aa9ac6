//! Rows of convolutions from geometry.

/// A convolution seen from its inputs: weights are shared, and where they go follows from where the
/// source is. Neurons of both sides lie channels last: number (y width + x) channels + c, so that all
/// channels of neighbouring targets are one run of memory.
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
    /// Where the columns of the kernel begin that have a remainder modulo the stride.
    classes: Vec<usize>,
    /// Channels and width of the sources.
    channels: u32,
    width: u32,
    /// Of each source channel: where its weights begin, and the first target channel.
    offsets: Vec<(u32, u32)>,
    /// Of each source row: its lines are `starts[y]..starts[y + 1]`.
    starts: Vec<u32>,
    /// A row of the kernel that reaches a row of targets: offsets to add to weights and targets.
    lines: Vec<(u32, u32)>,
    /// Of each source column: the columns of targets that it reaches.
    columns: Vec<Columns>,
    /// Target channels of a group, and of all groups.
    group: u32,
    outputs: u32,
    /// (source channel, kernel row, kernel column in the order of target columns, target channel of the
    /// group).
    weight: Vec<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Columns {
    /// Offsets to add to weights and targets.
    weights: u32,
    first: u32,
    /// Target columns.
    many: u32,
}

impl ConvRows {
    /// Both sides are given as channels, height and width; `pads` is top and left.
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
        let [channels, height, width] = from;
        let [outputs, oh, ow] = to;
        let (gin, gout) = (channels / groups, outputs / groups);
        let [kh, kw] = kernel;
        // Columns of the kernel by their remainder modulo the stride, and within one from the last to
        // the first: then they reach targets in their order.
        let mut classes = vec![0];
        let mut order = Vec::with_capacity(kw);
        for r in 0..stride[1] {
            order.extend((r..kw).step_by(stride[1]).rev());
            classes.push(order.len());
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
        for y in (0..height).map(|y| y + pads[0]) {
            for ky in (y % stride[0]..kh).step_by(stride[0]) {
                let row = (y / stride[0]).checked_sub(ky / stride[0]);
                if let Some(oy) = row.filter(|oy| *oy < oh) {
                    lines.push(((ky * kw * gout) as u32, (oy * ow * outputs) as u32));
                }
            }
            starts.push(lines.len() as u32);
        }
        let columns = (0..width).map(|x| {
            let (r, q) = ((x + pads[1]) % stride[1], (x + pads[1]) / stride[1]);
            // Column r + j stride of the kernel reaches target column q - j.
            let n = classes[r + 1] - classes[r];
            let (least, most) = ((q + 1).saturating_sub(ow), (q + 1).min(n));
            let many = most.saturating_sub(least);
            Columns {
                weights: ((classes[r] + n - most) * gout) as u32,
                first: ((q + 1 - most) * outputs) as u32,
                many: many as u32,
            }
        });
        Self {
            from,
            to,
            groups,
            kernel,
            stride,
            pads,
            channels: channels as u32,
            width: width as u32,
            offsets: (0..channels)
                .map(|i| ((i * kh * kw * gout) as u32, (i / gin * gout) as u32))
                .collect(),
            starts,
            lines,
            columns: columns.collect(),
            classes,
            group: gout as u32,
            outputs: outputs as u32,
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
    pub fn runs(&self, id: usize, mut take: impl FnMut(usize, &[f32])) {
        let id = id as u32;
        let pixel = id / self.channels;
        let (weights, channel) = self.offsets[(id % self.channels) as usize];
        let (y, x) = ((pixel / self.width) as usize, (pixel % self.width) as usize);
        let columns = self.columns[x];
        let (group, outputs) = (self.group as usize, self.outputs as usize);
        let len = columns.many as usize * group;
        if len == 0 {
            return;
        }
        let weights = &self.weight[(weights + columns.weights) as usize..];
        let first = (columns.first + channel) as usize;
        for (w, to) in &self.lines[self.starts[y] as usize..self.starts[y + 1] as usize] {
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

    /// Hands out every weight with its target channel.
    pub fn each(&self, mut take: impl FnMut(usize, f32)) {
        let group = self.group as usize;
        for (begin, channel) in &self.offsets {
            let all = &self.weight[*begin as usize..][..self.kernel[0] * self.kernel[1] * group];
            for (k, w) in all.iter().enumerate() {
                take(*channel as usize + k % group, *w);
            }
        }
    }

    /// Numbers that are held.
    pub fn held(&self) -> usize {
        self.weight.len()
    }
}
