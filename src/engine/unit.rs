//! A population's neurons in one shard, or in a cell of it, with the planes in which their input arrives.

use crate::lines::Lines;
use crate::neuron::block::Block;
use crate::neuron::lif_multisynapse::PORTS;
use crate::neuron::real::Real;
use crate::simd::{Kernel, vectorized};
use crate::synapse::table::Accumulators;

/// Visits that are handled at a time.
pub(super) const CHUNK: usize = 512;

/// Bytes of input per channel of the neurons that are swept at a time: it stays in the first-level
/// cache.
const SWEPT: usize = 4096;

// Visits put their input together in the same columns.
const _: () = assert!(CHUNK * size_of::<f64>() <= SWEPT);

/// Later than any tick.
pub const NEVER: u64 = u64::MAX;

/// Most receptor channels of any model.
pub(super) const CHANNELS: usize = PORTS;

/// Which channel an input goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    To(usize),
    /// Negative weights to the second of two.
    BySign,
}

impl Route {
    /// Where input goes that names this port, or none, at a model with `channels` channels, which may be
    /// ports with numbers.
    pub fn of(receptor: Option<usize>, ports: bool, channels: usize) -> Self {
        match receptor {
            Some(port) if ports => Self::To(port.min(channels - 1)),
            _ if ports || channels == 1 => Self::To(0),
            _ => Self::BySign,
        }
    }

    #[inline(always)]
    pub fn channel<R: Real>(self, weight: R) -> usize {
        match self {
            Self::To(channel) => channel,
            Self::BySign => usize::from(weight < R::ZERO),
        }
    }
}

/// Input counted per neuron and weighted when the neuron is updated.
#[derive(Debug)]
pub struct CountPlane<R> {
    /// Whose input it is, whatever the shards: number of the projection or, behind all of these, of the
    /// private stimulus, and which of the slices that it lists.
    pub of: (u32, u32),
    pub wide: bool,
    /// First slot.
    pub base: usize,
    pub weight: PlaneWeight<R>,
}

/// Input summed in whole numbers and scaled when the neuron is updated.
#[derive(Clone, Copy, Debug)]
pub struct FixedPlane<R> {
    /// Which of the two kinds of sums, and the first slot there.
    pub group: usize,
    pub base: usize,
    /// Weight of a quantum.
    pub scale: R,
}

#[derive(Debug)]
pub enum PlaneWeight<R> {
    /// All of one channel.
    One { weight: R, channel: usize },
    /// One weight per neuron (private stimuli with drawn weights).
    Each { weights: Vec<R>, route: Route },
}

pub struct Unit<R: Real> {
    pub population: usize,
    /// Part of the shard in which it lies; see `cells`.
    pub cell: usize,
    /// First neuron within the population, and its global id.
    pub start: u32,
    pub first_id: u32,
    pub block: Block<R>,
    /// Receptor channels in use.
    pub channels: usize,
    /// Channels are ports with numbers: the sign of a weight does not choose.
    pub ports: bool,
    /// Plane of individually weighted input, per channel.
    pub sums: [Option<usize>; CHANNELS],
    /// The same for whole-number weights.
    pub fixed: [Option<FixedPlane<R>>; CHANNELS],
    /// Counted input in the order of the definition: projections, then private stimuli.
    pub counts: Vec<CountPlane<R>>,
    /// Every neuron at every tick that is a multiple of `period`, or only where something happens.
    pub swept: bool,
    /// More than 1 for clocked populations with a step of several ticks; their input waits in the
    /// accumulators from step to step.
    pub period: u64,
    /// Neurons to visit at this tick because of wake-ups. Emptied by the update.
    pub wakes: Vec<u32>,
    /// Parts of the logs of this tick that are of this unit, and the neurons of these parts if there are
    /// several. Filled and emptied by `visit_touched`.
    pub(super) parts: u32,
    pub(super) pending: Vec<u32>,
    /// Neurons that spike at this tick. Filled and emptied by the update.
    pub fired: Vec<u32>,
    /// Planes that have input at this tick, for units that get it neuron by neuron. See `hits`.
    pub(super) active: Vec<usize>,
    /// Last tick at which a row was cut that has neurons of this unit.
    pub cut_at: u64,
    /// Learners with synapses onto neurons of this unit, and the slot of the first neuron.
    pub learns: Vec<(usize, usize)>,
    /// The tick for which a neuron is on the agenda, or `NEVER`.
    pub scheduled: Vec<u64>,
    /// Input of a chunk of neurons: a column per channel, and two at least.
    pub(super) input: Vec<Lines<R>>,
    /// The same of a tick without any.
    no_input: Vec<Lines<R>>,
}

impl<R: Real> Unit<R> {
    pub fn new(
        population: usize,
        start: u32,
        first_id: u32,
        block: Block<R>,
        channels: usize,
        ports: bool,
    ) -> Self {
        let n = block.len();
        Self {
            population,
            cell: 0,
            start,
            first_id,
            channels,
            ports,
            sums: [None; CHANNELS],
            fixed: [None; CHANNELS],
            counts: Vec::new(),
            swept: false,
            period: block.period(),
            wakes: Vec::new(),
            parts: 0,
            pending: Vec::new(),
            fired: Vec::new(),
            active: Vec::new(),
            cut_at: u64::MAX,
            learns: Vec::new(),
            scheduled: vec![NEVER; n],
            input: vec![Lines::zeroed(SWEPT / size_of::<R>()); channels.max(2)],
            no_input: if block.takes_late() {
                vec![Lines::zeroed(SWEPT / size_of::<R>()); channels.max(2)]
            } else {
                Vec::new()
            },
            block,
        }
    }

    pub fn len(&self) -> usize {
        self.block.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where input goes that names this port, or none.
    pub fn route(&self, receptor: Option<usize>) -> Route {
        Route::of(receptor, self.ports, self.channels)
    }

    /// Is a swept unit updated at tick `t`?
    #[inline(always)]
    pub fn due(&self, t: u64) -> bool {
        self.period == 1 || t.is_multiple_of(self.period)
    }

    /// Brings the input of neurons from `lo` on to `input`. True if there may be any.
    #[inline]
    fn collect(&mut self, from: &mut Accumulators<R>, lo: usize, len: usize) -> bool {
        vectorized(Collect {
            sums: &self.sums,
            fixed: &self.fixed,
            counts: &self.counts,
            from,
            lo,
            len,
            input: &mut self.input[..self.channels],
        })
    }

    /// Updates all neurons, with what is in the accumulators unless input comes `late` (`Block::take_each`).
    pub fn sweep(&mut self, t: u64, from: &mut Accumulators<R>, late: bool) {
        let n = self.len();
        let mut lo = 0;
        while lo < n {
            let len = (SWEPT / size_of::<R>()).min(n - lo);
            let input = if late {
                &mut self.no_input
            } else {
                self.collect(from, lo, len);
                &mut self.input
            };
            self.block.sweep(t, lo, len, input, &mut self.fired);
            lo += len;
        }
    }

    /// Brings what is in the accumulators to all neurons of a unit that is updated lazily and `is_still`: with
    /// much input cheaper than going to those that have any. Returns how many these are.
    pub(super) fn pass(
        &mut self,
        t: u64,
        from: &mut Accumulators<R>,
        mut after: impl FnMut(&mut u64, u32, u64),
    ) -> u64 {
        let n = self.len();
        let (mut lo, mut hit) = (0, 0);
        while lo < n {
            let len = (SWEPT / size_of::<R>()).min(n - lo);
            let any = self.collect(from, lo, len);
            if any {
                let scheduled = &mut self.scheduled;
                hit += self
                    .block
                    .pass(t, lo, &self.input[0][..len], &mut self.fired, |i, at| {
                        after(&mut scheduled[i as usize], i, at);
                    });
            }
            lo += len;
        }
        hit
    }
}

/// The input of neurons from `lo` on, per channel: individually weighted input first (floating-point
/// sums, then whole-number ones), then counts times weights in the order of the definition. What got
/// nothing is left out: adding a count of zero changes no bit, since a sum that starts at +0 never
/// becomes -0. True if there may be any input.
struct Collect<'a, R: bytemuck::Pod> {
    sums: &'a [Option<usize>; CHANNELS],
    fixed: &'a [Option<FixedPlane<R>>; CHANNELS],
    counts: &'a [CountPlane<R>],
    from: &'a mut Accumulators<R>,
    lo: usize,
    len: usize,
    /// A column for every channel in use.
    input: &'a mut [Lines<R>],
}

impl<R: Real> Kernel for Collect<'_, R> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self {
            sums,
            fixed,
            counts,
            from,
            lo,
            len: n,
            input,
        } = self;
        let mut some = false;
        for (channel, buffer) in input.iter_mut().enumerate() {
            let buffer = &mut buffer[..n];
            // Nothing has been written to the buffer: the first input is, the others are added.
            let mut empty = true;
            if let Some(base) = sums[channel] {
                let own = &mut from.sums.values[base + lo..base + lo + n];
                buffer.copy_from_slice(own);
                own.fill(R::ZERO);
                empty = false;
            }
            if let Some(FixedPlane { group, base, scale }) = fixed[channel] {
                let own = &mut from.fixed[group].values[base + lo..base + lo + n];
                if any(own) {
                    let weigh = |whole| R::of_whole(whole) * scale;
                    take(own, buffer, &mut empty, weigh);
                }
            }
            for plane in counts {
                let span = plane.base + lo..plane.base + lo + n;
                let wide = plane.wide;
                match &plane.weight {
                    PlaneWeight::One { channel: c, .. } if *c != channel => {}
                    PlaneWeight::One { weight, .. } if wide => {
                        let own = &mut from.counts32.values[span];
                        if any(own) {
                            let weigh = |count| R::of_count(count) * *weight;
                            take(own, buffer, &mut empty, weigh);
                        }
                    }
                    PlaneWeight::One { weight, .. } => {
                        let own = &mut from.counts16.values[span];
                        if any(own) {
                            let weigh = |count| R::of_count(u32::from(count)) * *weight;
                            take(own, buffer, &mut empty, weigh);
                        }
                    }
                    PlaneWeight::Each { weights, route } => {
                        let last = match *route {
                            Route::To(c) if c != channel => continue,
                            Route::To(_) => true,
                            Route::BySign => channel == 1,
                        };
                        let weights = &weights[lo..lo + n];
                        let own = |w: R| route.channel(w) == channel;
                        // Counts stay until the last channel has had its part.
                        if wide {
                            let counts = &mut from.counts32.values[span];
                            if any(counts) {
                                weigh_each(counts, weights, R::of_count, own, buffer, &mut empty);
                                if last {
                                    counts.fill(0);
                                }
                            }
                        } else {
                            let counts = &mut from.counts16.values[span];
                            if any(counts) {
                                let count = |n: u16| R::of_count(n.into());
                                weigh_each(counts, weights, count, own, buffer, &mut empty);
                                if last {
                                    counts.fill(0);
                                }
                            }
                        }
                    }
                }
            }
            if empty {
                buffer.fill(R::ZERO);
            }
            some |= !empty;
        }
        some
    }
}

/// Is there anything but zeros?
#[inline(always)]
fn any<T: Copy + Default + std::ops::BitOr<Output = T> + PartialEq>(values: &[T]) -> bool {
    // Where there is much input, the first of these parts tells.
    values.chunks(64).any(|part| {
        let mut all = T::default();
        for v in part {
            all = all | *v;
        }
        all != T::default()
    })
}

/// Adds what slots hold to a buffer and empties them.
#[inline(always)]
fn take<T: Copy + Default, R: Real>(
    slots: &mut [T],
    buffer: &mut [R],
    empty: &mut bool,
    weigh: impl Fn(T) -> R,
) {
    let n = slots.len();
    let buffer = &mut buffer[..n];
    if std::mem::take(empty) {
        for i in 0..n {
            buffer[i] = R::ZERO + weigh(slots[i]);
            slots[i] = T::default();
        }
    } else {
        for i in 0..n {
            buffer[i] += weigh(slots[i]);
            slots[i] = T::default();
        }
    }
}

/// Adds counts times the weights of their own, where these are `own`. To others nothing is added, which changes
/// no bit: see `Collect`.
#[inline(always)]
fn weigh_each<T: Copy, R: Real>(
    counts: &[T],
    weights: &[R],
    count: impl Fn(T) -> R,
    own: impl Fn(R) -> bool,
    buffer: &mut [R],
    empty: &mut bool,
) {
    if std::mem::take(empty) {
        buffer.fill(R::ZERO);
    }
    let n = counts.len();
    let (buffer, weights) = (&mut buffer[..n], &weights[..n]);
    for i in 0..n {
        let w = if own(weights[i]) { weights[i] } else { R::ZERO };
        buffer[i] += count(counts[i]) * w;
    }
}
