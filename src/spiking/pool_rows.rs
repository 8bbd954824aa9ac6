//! Rows of pools from geometry: every source reaches the windows that it lies in.

use super::conv_rows::Sliding;

/// A pool seen from its inputs, channel by channel. Neurons lie channels last, as those of `ConvRows`.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolRows {
    /// Channels, height, width.
    pub from: [usize; 3],
    pub to: [usize; 3],
    pub sliding: Sliding,
    /// Weight of a source in a window: the product of that of the window's row and of its column.
    pub shares: [Vec<f64>; 2],
    /// Of each axis and place of sources: the windows it lies in, with their shares.
    reaches: [Reaches; 2],
}

#[derive(Clone, Debug, PartialEq)]
struct Reaches {
    starts: Vec<u32>,
    windows: Vec<(u32, f64)>,
}

impl Reaches {
    fn of(sliding: &Sliding, axis: usize, sources: usize, shares: &[f64]) -> Self {
        let mut all = Self {
            starts: vec![0],
            windows: Vec::new(),
        };
        for at in 0..sources {
            for k in (0..sliding.kernel[axis]).rev() {
                if let Some(to) = sliding.target(axis, at, k, shares.len()) {
                    all.windows.push((to as u32, shares[to]));
                }
            }
            all.starts.push(all.windows.len() as u32);
        }
        all
    }

    #[inline(always)]
    fn at(&self, place: usize) -> &[(u32, f64)] {
        &self.windows[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    /// Largest sum of shares of a window.
    fn most(&self) -> f64 {
        let end = self.windows.iter().map(|w| w.0 as usize + 1).max();
        let mut sums = vec![0.0f64; end.unwrap_or(0)];
        for (to, share) in &self.windows {
            sums[*to as usize] += share.abs();
        }
        sums.into_iter().fold(0.0, f64::max)
    }
}

impl PoolRows {
    /// Both sides are given as channels (as many on both), height and width; `shares` has one entry for each
    /// row and for each column of windows.
    pub fn new(from: [usize; 3], sliding: Sliding, shares: [Vec<f64>; 2]) -> Self {
        let reaches = [0, 1].map(|a| Reaches::of(&sliding, a, from[a + 1], &shares[a]));
        Self {
            from,
            to: [from[0], shares[0].len(), shares[1].len()],
            sliding,
            shares,
            reaches,
        }
    }

    /// The windows of a source, and its weight in each.
    #[inline(always)]
    pub fn row(&self, id: usize, mut take: impl FnMut(usize, f64)) {
        let [channels, _, width] = self.from;
        let (pixel, channel) = (id / channels, id % channels);
        for (oy, down) in self.reaches[0].at(pixel / width) {
            for (ox, along) in self.reaches[1].at(pixel % width) {
                let window = *oy as usize * self.to[2] + *ox as usize;
                take(window * channels + channel, down * along);
            }
        }
    }

    /// Multiplies all weights.
    pub fn scale(&mut self, factor: f64) {
        self.shares[0].iter_mut().for_each(|s| *s *= factor);
        let windows = self.reaches[0].windows.iter_mut();
        windows.for_each(|(_, s)| *s *= factor);
    }

    /// The largest sum of weights of a window, whatever their sign.
    pub fn reach(&self) -> f64 {
        self.reaches[0].most() * self.reaches[1].most()
    }

    /// Bytes of what is held.
    pub fn bytes(&self) -> usize {
        let windows = self
            .reaches
            .iter()
            .map(|r| std::mem::size_of_val(&r.windows[..]));
        windows.sum()
    }
}
