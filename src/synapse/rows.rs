//! Where each source's synapses lie in a table, and how the row is cut by delay.

use crate::prefetch::prefetch;

/// Row starts and delay segments of one table.
///
/// A row is sorted by delay, so a spike needs one queue entry per *segment*, however many synapses
/// it has, and delays cost no bytes per synapse. Where targets have 16 bits and there are more slots,
/// a row is sorted by delay and then by block of slots, and a segment has one of each: its *key* is
/// delay times blocks plus block.
#[derive(Debug)]
pub struct Rows {
    /// First synapse of each source's row; one more entry than sources.
    start: Vec<u64>,
    /// Keys of segments stand where the delay does.
    cut: Cut,
    blocks: u64,
}

/// Starts of rows of these lengths.
pub fn starts(lengths: &[u32]) -> Vec<u64> {
    let mut at = 0;
    std::iter::once(0)
        .chain(lengths.iter().map(|&len| {
            at += u64::from(len);
            at
        }))
        .collect()
}

/// Synapses of different blocks have different keys, rising with the delay; delays beyond all bounds
/// stay so.
#[inline(always)]
pub fn key(delay: u64, block: u64, blocks: u64) -> u64 {
    delay.min(u64::MAX / blocks - 1) * blocks + block
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

impl Rows {
    /// Rows that all have one delay; `start` as in the field.
    pub fn uniform(start: Vec<u64>, delay: u64) -> Self {
        Self {
            start,
            cut: Cut::Uniform(delay),
            blocks: 1,
        }
    }

    /// `uniform` for codecs that find the row by its source: segments start at its number.
    pub fn whole(start: Vec<u64>, delay: u64) -> Self {
        Self {
            start,
            cut: Cut::Whole(delay),
            blocks: 1,
        }
    }

    /// What was told as delays were keys of so many blocks.
    pub fn in_blocks(self, blocks: u64) -> Self {
        Self { blocks, ..self }
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

    pub fn is_row_empty(&self, source: usize) -> bool {
        self.start[source] == self.start[source + 1]
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

    /// Calls `f(delay, first synapse, length, block)` for each segment of `source`, by rising delay.
    #[inline(always)]
    pub fn each_segment(&self, source: usize, mut f: impl FnMut(u64, u64, u32, u16)) {
        if self.blocks == 1 {
            self.each_key(source, |key, start, len| f(key, start, len, 0));
        } else {
            self.each_key(source, |key, start, len| {
                f(key / self.blocks, start, len, (key % self.blocks) as u16);
            });
        }
    }

    #[inline(always)]
    fn each_key(&self, source: usize, mut f: impl FnMut(u64, u64, u32)) {
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

/// Collects the segments of one row after the other.
#[derive(Debug)]
pub(super) struct Cuts {
    first: Vec<u32>,
    segments: Segments,
    /// End of the last segment, counted from the start of its row.
    end: u32,
}

impl Default for Cuts {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            segments: Segments::Short(Vec::new()),
            end: 0,
        }
    }
}

impl Cuts {
    /// Makes room for so many segments.
    pub fn reserve(&mut self, segments: usize) {
        match &mut self.segments {
            Segments::Short(all) => all.reserve_exact(segments),
            Segments::Long(all) => all.reserve_exact(segments),
        }
    }

    /// The rows up to this one are empty.
    pub fn skip_to(&mut self, row: usize) {
        self.first.resize(row, self.segments.len() as u32);
    }

    /// Begins the next row.
    pub fn row(&mut self) {
        self.first.push(self.segments.len() as u32);
        self.end = 0;
    }

    /// The next segment of the row, by rising delay; `end` counts from the start of the row.
    pub fn segment(&mut self, delay: u64, end: u32) {
        let len = end - std::mem::replace(&mut self.end, end);
        if let Segments::Short(all) = &mut self.segments {
            if let (Ok(delay), Ok(len)) = (u16::try_from(delay), u16::try_from(len)) {
                all.push((delay, len));
                return;
            }
            let long = |&(delay, len): &(u16, u16)| (delay.into(), len.into());
            self.segments = Segments::Long(all.iter().map(long).collect());
        }
        if let Segments::Long(all) = &mut self.segments {
            all.push((delay, len));
        }
    }

    /// Rows that start there.
    pub fn rows(mut self, start: Vec<u64>) -> Rows {
        self.skip_to(start.len());
        match &mut self.segments {
            Segments::Short(all) => all.shrink_to_fit(),
            Segments::Long(all) => all.shrink_to_fit(),
        }
        Rows {
            start,
            cut: Cut::Segments {
                first: self.first,
                segments: self.segments,
            },
            blocks: 1,
        }
    }
}
