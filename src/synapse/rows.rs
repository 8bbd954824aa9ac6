//! Where each source's synapses lie in a table, and how the row is cut by delay.

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
        delay: Vec<u64>,
        /// End of the segment, counted from the start of its row.
        end: Vec<u32>,
    },
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

    pub(super) fn segmented(
        start: Vec<u64>,
        first: Vec<u32>,
        delay: Vec<u64>,
        end: Vec<u32>,
    ) -> Self {
        Self {
            start,
            cut: Cut::Segments { first, delay, end },
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
            Cut::Segments { delay, .. } => delay.len() as u64,
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
            Cut::Segments { first, delay, end } => {
                let mut at = 0;
                for k in first[source] as usize..first[source + 1] as usize {
                    f(delay[k], row + u64::from(at), end[k] - at);
                    at = end[k];
                }
            }
        }
    }

    pub fn bytes(&self) -> usize {
        let cut = match &self.cut {
            Cut::Uniform(_) | Cut::Whole(_) => 0,
            Cut::Segments { first, delay, end } => {
                first.len() * 4 + delay.len() * 8 + end.len() * 4
            }
        };
        self.start.len() * 8 + cut
    }
}
