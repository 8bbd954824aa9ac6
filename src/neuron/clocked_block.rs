//! The neurons of one clocked population in one shard, whatever their model: one dispatch per chunk
//! and step.

use super::ModelKind;
use super::adex::AdexExp;
use super::adex_alpha::AdexAlpha;
use super::clocked::{Clocked, Model};
use super::izhikevich::Izhikevich;
use super::lif_cond_alpha::LifCondAlpha;
use super::lif_cond_exp::LifCondExp;
use super::membrane::Columns;
use super::real::Real;
use crate::network::spec::NeuronOptions;

pub enum ClockedBlock {
    CondExp(Clocked<LifCondExp>),
    CondAlpha(Clocked<LifCondAlpha>),
    Izhikevich(Clocked<Izhikevich>),
    Adex(Clocked<AdexExp>),
    AdexAlpha(Clocked<AdexAlpha>),
}

macro_rules! each {
    ($self:expr, $b:ident => $body:expr) => {
        match $self {
            ClockedBlock::CondExp($b) => $body,
            ClockedBlock::CondAlpha($b) => $body,
            ClockedBlock::Izhikevich($b) => $body,
            ClockedBlock::Adex($b) => $body,
            ClockedBlock::AdexAlpha($b) => $body,
        }
    };
}

impl ClockedBlock {
    /// `n` neurons of `model`, which must be a clocked one, in their initial state.
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
            ModelKind::LifCondExp => Self::CondExp(Clocked::new(n, tick_ms, options, columns, d)),
            ModelKind::LifCondAlpha => {
                Self::CondAlpha(Clocked::new(n, tick_ms, options, columns, d))
            }
            ModelKind::Izhikevich => {
                Self::Izhikevich(Clocked::new(n, tick_ms, options, columns, d))
            }
            ModelKind::Adex => Self::Adex(Clocked::new(n, tick_ms, options, columns, d)),
            ModelKind::AdexAlpha => Self::AdexAlpha(Clocked::new(n, tick_ms, options, columns, d)),
            solved => unreachable!("{solved:?} has no local step"),
        }
    }

    pub fn len(&self) -> usize {
        each!(self, b => b.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ticks from step to step.
    pub fn period(&self) -> u64 {
        each!(self, b => b.period())
    }

    /// See `Clocked::sweep`.
    pub fn sweep<R: Real>(&mut self, t: u64, lo: usize, input: [&mut [R]; 2], out: &mut Vec<u32>) {
        each!(self, b => b.sweep(t, lo, input, out));
    }

    /// See `Clocked::inject`.
    pub fn inject(&mut self, i: usize, by: f64) {
        each!(self, b => b.inject(i, by));
    }

    /// See `Clocked::inject_all`.
    pub fn inject_all(&mut self, first: usize, by: &[f64]) {
        each!(self, b => b.inject_all(first, by));
    }

    /// See `Clocked::peek`.
    pub fn peek(&self, i: usize, variable: &str) -> f64 {
        each!(self, b => b.peek(i, variable))
    }
}

/// Receptor channels of a clocked model.
pub fn channels(model: ModelKind) -> usize {
    match model {
        ModelKind::Izhikevich => Izhikevich::CHANNELS,
        _ => LifCondExp::CHANNELS,
    }
}
