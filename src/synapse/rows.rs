//! Where each source's synapses lie in a table, and how the row is cut by delay.

use super::prefetch::prefetch;

/// Row starts and delay segments of one table.
///
/// A row is sorted by delay, so a spike needs one queue entry per *segment*, however many synapses
/// it has, and delays cost no bytes per synapse.
#[derive(Debug, Default)]
pub struct Rows {
    /// First synapse of each source's row; one more entry than sources.
    start: Vec<u64>,
    cut: Cut,
}

#[derive(Debug)]
enum Cut {
    /// Every synapse of the table has this delay: a row is one segment.
    Uniform(u64),
    /// The same, and a row goes by the number of its source.
    Whole(u64),
    Segments {
        /// First segment of each row; one more entry than sources.
        first: Vec<u32>,
        segments: Segments,
    },
}

/// Delay and length of each segment: four bytes where that is enough.
#[derive(Debug)]
enum Segments {
    Short(Vec<(u16, u16)>),
    Long(Vec<(u64, u32)>),
}

impl Segments {
    fn len(&self) -> usize {
        match self {
            Self::Short(all) => all.len(),
            Self::Long(all) => all.len(),
        }
    }
}

impl Default for Cut {
    fn default() -> Self {
        Self::Uniform(1)
    }
}

impl Rows {
    /// Rows that all have one delay; `start` as in the field.
    pub fn uniform(start: Vec<u64>, delay: u64) -> Self {
        Self {
            start,
            cut: Cut::Uniform(delay),
        }
    }

    /// `uniform` for codecs that find the row by its source: segments start at its number.
    pub fn whole(start: Vec<u64>, delay: u64) -> Self {
        Self {
            start,
            cut: Cut::Whole(delay),
        }
    }

    /// `delay` and `end` (counted from the start of the row) of every segment.
    pub(super) fn segmented(
        start: Vec<u64>,
        first: Vec<u32>,
        delay: Vec<u64>,
        end: Vec<u32>,
    ) -> Self {
        let each = || {
            first.windows(2).flat_map(|row| {
                let mut from = 0;
                (row[0] as usize..row[1] as usize).map({
                    let (delay, end) = (&delay, &end);
                    move |k| {
                        let len = end[k] - from;
                        from = end[k];
                        (delay[k], len)
                    }
                })
            })
        };
        let most = u64::from(u16::MAX);
        let segments = if each().all(|(delay, len)| delay <= most && u64::from(len) <= most) {
            Segments::Short(
                each()
                    .map(|(delay, len)| (delay as u16, len as u16))
                    .collect(),
            )
        } else {
            Segments::Long(each().collect())
        };
        Self {
            start,
            cut: Cut::Segments { first, segments },
        }
    }

    /// Begins to bring what `each_segment` reads near: where the row starts, or, nearer to its use, its
    /// segments.
    #[inline(always)]
    pub fn prefetch(&self, source: usize, segments: bool) {
        match (&self.cut, segments) {
            (Cut::Segments { first, segments }, true) => {
                let k = first[source] as usize;
                match segments {
                    Segments::Short(all) => (0..5).for_each(|line| prefetch(all, k + 16 * line)),
                    Segments::Long(all) => (0..8).for_each(|line| prefetch(all, k + 4 * line)),
                }
            }
            (Cut::Segments { first, .. }, false) => {
                prefetch(&self.start, source);
                prefetch(first, source);
            }
            (_, false) => prefetch(&self.start, source),
            (_, true) => {}
        }
    }

    pub fn synapses(&self) -> u64 {
        self.start.last().copied().unwrap_or(0)
    }

    pub fn segments(&self) -> u64 {
        match &self.cut {
            Cut::Uniform(_) | Cut::Whole(_) => {
                self.start.windows(2).filter(|w| w[0] < w[1]).count() as u64
            }
            Cut::Segments { segments, .. } => segments.len() as u64,
        }
    }

    /// Calls `f(delay, first synapse, length)` for each segment of `source`, by rising delay.
    #[inline(always)]
    pub fn each_segment(&self, source: usize, mut f: impl FnMut(u64, u64, u32)) {
        let row = self.start[source];
        match &self.cut {
            Cut::Uniform(delay) => {
                let len = self.start[source + 1] - row;
                if len > 0 {
                    f(*delay, row, len as u32);
                }
            }
            Cut::Whole(delay) => {
                let len = self.start[source + 1] - row;
                if len > 0 {
                    f(*delay, source as u64, len as u32);
                }
            }
            Cut::Segments { first, segments } => {
                let span = first[source] as usize..first[source + 1] as usize;
                let mut at = row;
                match segments {
                    Segments::Short(all) => {
                        for &(delay, len) in &all[span] {
                            f(u64::from(delay), at, u32::from(len));
                            at += u64::from(len);
                        }
                    }
                    Segments::Long(all) => {
                        for &(delay, len) in &all[span] {
                            f(delay, at, len);
                            at += u64::from(len);
                        }
                    }
                }
            }
        }
    }

    pub fn bytes(&self) -> usize {
        let cut = match &self.cut {
            Cut::Uniform(_) | Cut::Whole(_) => 0,
            Cut::Segments { first, segments } => {
                let each = match segments {
                    Segments::Short(_) => size_of::<(u16, u16)>(),
                    Segments::Long(_) => size_of::<(u64, u32)>(),
                };
                first.len() * 4 + segments.len() * each
            }
        };
        self.start.len() * 8 + cut
    }
}
