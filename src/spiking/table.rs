//! Weights by source: held row by row, as lists, or shared by a convolution.

use super::conv_rows::ConvRows;
use super::lists::Lists;

/// Synapses of one source population by rows. A network has few of them, so their own size is nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub enum Table {
    /// Every neuron to every other: a row of `width` weights for each source.
    Rows { width: usize, weight: Vec<f32> },
    /// A list of targets for each source.
    Sparse(Lists),
    /// A convolution: weights are shared, rows follow from geometry.
    Conv(ConvRows),
}

/// A function, not a closure, so that it surely becomes part of the loop it is called in.
#[inline(always)]
pub(super) fn share(product: f64, rounder: f64) -> f64 {
    (product + rounder) - rounder
}

/// Runs are short, so whole vectors are written out; a loop would first find out how long it is.
#[inline(always)]
fn add(v: &mut [f64], w: &[f32], x: f64, rounder: f64) {
    const LANES: usize = 8;
    let (mut eights, mut by) = (v.chunks_exact_mut(LANES), w.chunks_exact(LANES));
    for (v, w) in (&mut eights).zip(&mut by) {
        for k in 0..LANES {
            v[k] += share(f64::from(w[k]) * x, rounder);
        }
    }
    for (v, w) in eights.into_remainder().iter_mut().zip(by.remainder()) {
        *v += share(f64::from(*w) * x, rounder);
    }
}

/// Rows of a dense layer, four spikes at a time: potentials are loaded and stored once for them, and
/// every one of them gets its four addends in the order of the spikes.
#[inline(always)]
fn rows<S>(
    width: usize,
    weight: &[f32],
    spikes: &[S],
    of: impl Fn(&S) -> (usize, f64),
    rounder: f64,
    v: &mut [f64],
) {
    let v = &mut v[..width];
    let row = |s: &S| {
        let (id, x) = of(s);
        (&weight[id * width..][..width], x)
    };
    let mut fours = spikes.chunks_exact(4);
    for four in &mut fours {
        let [(a, x), (b, y), (c, z), (d, u)] = [0, 1, 2, 3].map(|k| row(&four[k]));
        for (k, v) in v.iter_mut().enumerate() {
            let first =
                *v + share(f64::from(a[k]) * x, rounder) + share(f64::from(b[k]) * y, rounder);
            *v = first + share(f64::from(c[k]) * z, rounder) + share(f64::from(d[k]) * u, rounder);
        }
    }
    for s in fours.remainder() {
        let (w, x) = row(s);
        add(v, w, x, rounder);
    }
}

impl Table {
    /// As `Kernel::deliver_all`.
    #[inline(always)]
    pub fn deliver_all<S>(
        &self,
        spikes: &[S],
        of: impl Fn(&S) -> (usize, f64),
        rounder: f64,
        v: &mut [f64],
    ) {
        match self {
            Self::Rows { width, weight } => rows(*width, weight, spikes, of, rounder, v),
            Self::Sparse(lists) => lists.deliver(spikes, of, rounder, v),
            Self::Conv(c) => {
                for (id, x) in spikes.iter().map(of) {
                    c.runs(id, |first, w| {
                        add(&mut v[first..][..w.len()], w, x, rounder)
                    });
                }
            }
        }
    }

    /// The row of one source, times x.
    #[inline(always)]
    pub fn deliver(&self, id: usize, x: f64, rounder: f64, v: &mut [f64]) {
        match self {
            Self::Rows { width, weight } => {
                add(
                    &mut v[..*width],
                    &weight[id * width..][..*width],
                    x,
                    rounder,
                );
            }
            Self::Sparse(lists) => lists.row(id, |to, w| v[to] += share(f64::from(w) * x, rounder)),
            Self::Conv(c) => c.runs(id, |first, w| {
                add(&mut v[first..][..w.len()], w, x, rounder)
            }),
        }
    }

    /// The same synapses one by one.
    #[inline(always)]
    pub fn row(&self, id: usize, mut take: impl FnMut(usize, f32)) {
        match self {
            Self::Rows { width, weight } => {
                for (to, w) in weight[id * width..][..*width].iter().enumerate() {
                    take(to, *w);
                }
            }
            Self::Sparse(lists) => lists.row(id, take),
            Self::Conv(c) => c.runs(id, |first, w| {
                for (k, w) in w.iter().enumerate() {
                    take(first + k, *w);
                }
            }),
        }
    }

    /// The most that can come to one of `targets` neurons when each of `sources` brings 1 times the weight,
    /// whatever its sign; an upper bound for neurons at the edge of a convolution.
    pub fn reach(&self, sources: usize, targets: usize) -> f64 {
        let mut sums = vec![0.0; targets];
        match self {
            Self::Conv(c) => c.each(|channel, w| sums[channel] += f64::from(w.abs())),
            _ => {
                for id in 0..sources {
                    self.row(id, |to, w| sums[to] += f64::from(w.abs()));
                }
            }
        }
        sums.into_iter().fold(0.0, f64::max)
    }

    /// Synapses of each source; `zeros`: those of weight 0 too.
    pub fn fan_outs(&self, sources: usize, zeros: bool) -> Vec<u32> {
        if let Self::Conv(c) = self {
            return c.fan_outs(zeros);
        }
        let one = |id: usize| {
            let mut n = 0;
            self.row(id, |_, w| n += u32::from(zeros || w != 0.0));
            n
        };
        (0..sources).map(one).collect()
    }

    /// Sources that have a row.
    pub fn sources(&self) -> usize {
        match self {
            Self::Rows { width, weight } => weight.len() / (*width).max(1),
            Self::Sparse(lists) => lists.sources(),
            Self::Conv(c) => c.from.iter().product(),
        }
    }

    /// Numbers that are held.
    pub fn held(&self) -> usize {
        match self {
            Self::Rows { weight, .. } => weight.len(),
            Self::Sparse(lists) => lists.len(),
            Self::Conv(c) => c.held(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Sparse(lists) => lists.bytes(),
            _ => 4 * self.held(),
        }
    }
}
