//! The neurons of one population in one shard, whatever their model: one dispatch per block and
//! tick, none per neuron.

use super::ModelKind;
use super::clocked_block::{self, ClockedBlock};
use super::if_neuron::If;
use super::lazy::Look;
use super::lif_alpha::LifAlpha;
use super::lif_delta::LifDelta;
use super::lif_exp::LifExp;
use super::lif_multisynapse::{LifMultisynapse, PORTS, STATE};
use super::membrane::{Columns, Dynamics, Lif};
use super::real::Real;
use super::relay::Relay;
use crate::lines::Lines;
use crate::network::spec::NeuronOptions;

pub enum Block<R: Real> {
    Delta(Lif<LifDelta, R>),
    Exp(Lif<LifExp, R>),
    ExpTogether(Lif<LifExp<1>, R>),
    Alpha(Lif<LifAlpha, R>),
    AlphaTogether(Lif<LifAlpha<1>, R>),
    Multisynapse(Box<Lif<LifMultisynapse, R, STATE, PORTS>>),
    If(Lif<If, R>),
    Relay(Relay),
    /// Models with a local step; always swept.
    Clocked(ClockedBlock),
}

/// Runs `$body` with `$b` bound to the exactly solved population, `$relay` for relays, or `$clocked`
/// for models with a local step.
macro_rules! lif {
    ($self:expr, $b:ident => $body:expr, $r:pat => $relay:expr, $c:pat => $clocked:expr) => {
        match $self {
            Block::Delta($b) => $body,
            Block::Exp($b) => $body,
            Block::ExpTogether($b) => $body,
            Block::Alpha($b) => $body,
            Block::AlphaTogether($b) => $body,
            Block::Multisynapse($b) => $body,
            Block::If($b) => $body,
            Block::Relay($r) => $relay,
            Block::Clocked($c) => $clocked,
        }
    };
}

/// Neurons to visit at a tick, each with its input summed per channel. A neuron may come several times;
/// then all of its input comes with the first.
pub trait Hits<R> {
    /// Puts the next ones in the batch and returns how many they are; 0: that was all.
    fn next(&mut self, batch: &mut Batch<R>) -> usize;
}

/// Neurons that are visited together.
pub struct Batch<R> {
    pub neurons: [u32; BATCH],
    /// For each channel in use.
    pub input: Vec<[R; BATCH]>,
}

/// Most neurons of a batch.
pub const BATCH: usize = 64;

impl<R: Real> Batch<R> {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            neurons: [0; BATCH],
            input: vec![[R::ZERO; BATCH]; channels],
        }
    }

    /// The columns of a model with `C` channels, for which the batch was made.
    #[inline(always)]
    pub(super) fn columns<const C: usize>(&self) -> [&[R; BATCH]; C] {
        std::array::from_fn(|c| &self.input[c])
    }
}

impl<R: Real> Block<R> {
    /// `n` neurons of `model` in their initial state.
    pub fn new(
        model: ModelKind,
        n: usize,
        tick_ms: f64,
        options: NeuronOptions,
        columns: &Columns<'_>,
        individual_drive: bool,
    ) -> Self {
        let d = individual_drive;
        match model {
            ModelKind::LifDelta => Self::Delta(Lif::new(n, tick_ms, options, columns, d)),
            ModelKind::LifExp if options.together => {
                Self::ExpTogether(Lif::new(n, tick_ms, options, columns, d))
            }
            ModelKind::LifExp => Self::Exp(Lif::new(n, tick_ms, options, columns, d)),
            ModelKind::LifAlpha if options.together => {
                Self::AlphaTogether(Lif::new(n, tick_ms, options, columns, d))
            }
            ModelKind::LifAlpha => Self::Alpha(Lif::new(n, tick_ms, options, columns, d)),
            ModelKind::LifMultisynapse => {
                Self::Multisynapse(Box::new(Lif::new(n, tick_ms, options, columns, d)))
            }
            ModelKind::If => Self::If(Lif::new(n, tick_ms, options, columns, d)),
            ModelKind::Relay => Self::Relay(Relay::new(n)),
            ModelKind::LifCondExp
            | ModelKind::LifCondAlpha
            | ModelKind::Izhikevich
            | ModelKind::Adex
            | ModelKind::AdexAlpha => {
                Self::Clocked(ClockedBlock::new(model, n, tick_ms, options, columns, d))
            }
        }
    }

    pub fn len(&self) -> usize {
        lif!(self, b => b.len(), r => r.len(), c => c.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The population is updated at ticks that are multiples of this.
    pub fn period(&self) -> u64 {
        match self {
            Self::Clocked(c) => c.period(),
            _ => 1,
        }
    }

    /// Visits neurons with their input; spiking ones are appended to `out` (a relay as often as it was
    /// hit). `after` hears of those that must be looked at again, and when. Returns how many neurons
    /// `hits` gave.
    #[inline]
    pub fn visit_each(
        &mut self,
        t: u64,
        hits: &mut dyn Hits<R>,
        out: &mut Vec<u32>,
        after: impl FnMut(u32, u64),
    ) -> u64 {
        lif!(self, b => b.visit_each(t, hits, out, after), r => {
            let mut batch = Batch::new(1);
            let mut visits = 0;
            loop {
                let n = hits.next(&mut batch);
                if n == 0 {
                    return visits;
                }
                visits += n as u64;
                for (&i, input) in batch.neurons[..n].iter().zip(&batch.input[0]) {
                    if !r.visited(i as usize, t) {
                        r.visit(i as usize, t);
                        out.extend((0..input.f64() as u64).map(|_| i));
                    }
                }
            }
        }, _ => 0)
    }

    /// Can input come to all neurons at once, by `pass`, while the population is updated lazily?
    pub fn is_still(&self) -> bool {
        lif!(self, b => b.is_still(), _ => false, _ => false)
    }

    /// Begins to bring near what so many visits will need.
    pub fn expect(&self, visits: usize) {
        lif!(self, b => b.lazy.expect(visits), _ => {}, _ => {});
    }

    /// See `Lif::pass`.
    #[inline]
    pub fn pass(
        &mut self,
        t: u64,
        lo: usize,
        input: &[R],
        out: &mut Vec<u32>,
        after: impl FnMut(u32, u64),
    ) -> u64 {
        lif!(self, b => b.pass(t, lo, input, out, after), _ => 0, _ => 0)
    }

    /// Visits neurons whose time has come and that get no input. Returns their number.
    pub fn wake(
        &mut self,
        t: u64,
        wakes: &[u32],
        hits: &mut dyn Hits<R>,
        out: &mut Vec<u32>,
        after: impl FnMut(u32, u64),
    ) -> u64 {
        if self.is_still() {
            lif!(self, b => b.wake_still(t, wakes, out, after), _ => {}, _ => {});
            return wakes.len() as u64;
        }
        self.visit_each(t, hits, out, after)
    }

    /// One tick for `n` neurons from `lo` on; `input` has a column for each channel, at least two.
    #[inline]
    pub fn sweep(
        &mut self,
        t: u64,
        lo: usize,
        n: usize,
        input: &mut [Lines<R>],
        out: &mut Vec<u32>,
    ) {
        lif!(self, b => b.sweep(t, lo, n, input, out), _ => {
            for (k, hits) in input[0][..n].iter().enumerate() {
                let times = hits.f64() as u64;
                out.extend((0..times).map(|_| (lo + k) as u32));
            }
        }, c => {
            if let [first, second, ..] = input {
                c.sweep(t, lo, [&mut first[..n], &mut second[..n]], out);
            }
        });
    }

    /// See `Lif::takes_late`.
    pub fn takes_late(&self) -> bool {
        lif!(self, b => b.takes_late(), _ => false, _ => false)
    }

    /// See `Lif::take_each`.
    #[inline]
    pub fn take_each(&mut self, hits: &mut dyn Hits<R>) {
        lif!(self, b => b.take_each(hits), _ => {}, _ => {});
    }

    /// From now on visited where something happens; so far every neuron has been swept, up to `t`.
    pub fn become_lazy(&mut self, t: u64) {
        lif!(self, b => b.become_lazy(t), _ => {}, _ => {});
    }

    /// From now on swept; nothing happens at `t` any more.
    pub fn become_swept(&mut self, t: u64) {
        lif!(self, b => b.become_swept(t), _ => {}, _ => {});
    }

    /// See `Lif::predict`; relays never wake by themselves, clocked neurons need no waking.
    pub fn predict(&self, i: usize) -> Option<u64> {
        lif!(self, b => b.predict(i), _ => None, _ => None)
    }

    /// See `Lif::look`.
    pub fn look(&self, i: usize, t: u64) -> Look {
        lif!(self, b => b.look(i, t), _ => Look::Again(None), _ => Look::Again(None))
    }

    pub fn inject(&mut self, i: usize, t: u64, by: f64) {
        lif!(self, b => b.inject(i, t, by), _ => {}, c => c.inject(i, by));
    }

    pub fn inject_swept(&mut self, i: usize, by: f64) {
        lif!(self, b => b.inject_swept(i, by), _ => {}, c => c.inject(i, by));
    }

    /// `inject_swept` for neurons from `first` on.
    pub fn inject_all(&mut self, first: usize, by: &[f64]) {
        lif!(self, b => b.inject_all(first, by), _ => {}, c => c.inject_all(first, by));
    }

    pub fn peek_swept(&self, i: usize, variable: &str) -> f64 {
        lif!(self, b => b.peek_swept(i, variable), _ => f64::NAN, c => c.peek(i, variable))
    }

    pub fn peek(&self, i: usize, t: u64, variable: &str) -> f64 {
        lif!(self, b => b.peek(i, t, variable), _ => f64::NAN, c => c.peek(i, variable))
    }
}

/// Updates per neuron and tick above which sweeping a population is cheaper than visiting neurons one
/// by one: cost of a swept neuron-tick over cost of a visit (benches/README.md). A visit of a neuron
/// with currents costs more near its threshold, where a crossing has to be looked for; it always does
/// so if the neuron comes to its threshold by itself (`self_driven`). One that is held `still` costs next to
/// nothing where it gets no input, whether the others are visited or passed through.
pub fn crossover(model: ModelKind, self_driven: bool, still: bool) -> f64 {
    match model {
        ModelKind::LifDelta | ModelKind::If if still => 0.3,
        // A cheap bound says when to look for the crossing; the others look for it at every visit.
        ModelKind::LifExp if self_driven => 0.0015,
        ModelKind::LifAlpha | ModelKind::LifMultisynapse if self_driven => 0.0005,
        ModelKind::LifDelta | ModelKind::If => 0.07,
        ModelKind::LifExp | ModelKind::LifAlpha | ModelKind::LifMultisynapse => 0.03,
        ModelKind::Relay => 0.3,
        // Clocked models are swept whatever their input.
        _ => 0.0,
    }
}

/// Receptor channels of a model whose currents are not held together; the most there can be of one with ports.
pub fn channels(model: ModelKind) -> usize {
    match model {
        ModelKind::LifDelta => <LifDelta as Dynamics<f64>>::CHANNELS,
        ModelKind::LifExp => <LifExp as Dynamics<f64>>::CHANNELS,
        ModelKind::LifAlpha => <LifAlpha as Dynamics<f64>>::CHANNELS,
        ModelKind::LifMultisynapse => PORTS,
        ModelKind::If => <If as Dynamics<f64>>::CHANNELS,
        ModelKind::Relay => 1,
        clocked => clocked_block::channels(clocked),
    }
}
