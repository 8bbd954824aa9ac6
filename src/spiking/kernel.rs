//! What a spike of a source does to its targets: rows of weights, held or computed from geometry.

use std::sync::Arc;

use super::lists::Lists;
use super::pool_rows::PoolRows;
use super::table::{Table, share};

/// Synapses from one population to another, by source.
#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    /// Each neuron to the one of the same number.
    Same(f32),
    Table(Shared),
    /// Each neuron to the windows that it lies in.
    Pool(PoolRows),
    /// Through what only sums: `first` says to which of its places a source leads, and with what weight;
    /// the rows of these places are in `then`. So means before a layer cost neither neurons nor a table.
    Through {
        first: First,
        then: Shared,
    },
}

/// A table that several links may use, each with a factor of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    pub table: Arc<Table>,
    pub factor: f64,
}

impl From<Table> for Shared {
    fn from(table: Table) -> Self {
        Self {
            table: Arc::new(table),
            factor: 1.0,
        }
    }
}

/// What leads to the places of a table.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub enum First {
    Pool(PoolRows),
    Lists(Lists),
}

impl First {
    #[inline(always)]
    fn row(&self, id: usize, mut take: impl FnMut(usize, f64)) {
        match self {
            Self::Pool(p) => p.row(id, take),
            Self::Lists(l) => l.row(id, |place, w| take(place, f64::from(w))),
        }
    }

    /// See `Kernel::reach`.
    fn reach(&self, sources: usize) -> f64 {
        let lists = match self {
            Self::Pool(p) => return p.reach(),
            Self::Lists(l) => l,
        };
        let mut sums: Vec<f64> = Vec::new();
        for id in 0..sources {
            lists.row(id, |place, w| {
                sums.resize(sums.len().max(place + 1), 0.0);
                sums[place] += f64::from(w.abs());
            });
        }
        sums.into_iter().fold(0.0, f64::max)
    }
}

impl Kernel {
    /// A spike of source `id` brings `x` times the weight to each target.
    #[inline(always)]
    pub fn deliver(&self, id: usize, x: f64, v: &mut [f64]) {
        self.deliver_all(&[(id, x)], |s| *s, 0.0, v);
    }

    /// `deliver` for spikes one after another; `of` gives source and x of a spike, and products are
    /// rounded by adding and subtracting `rounder` (0 leaves them as they are).
    #[inline(always)]
    pub fn deliver_all<S>(
        &self,
        spikes: &[S],
        of: impl Fn(&S) -> (usize, f64),
        rounder: f64,
        v: &mut [f64],
    ) {
        match self {
            Self::Same(w) => {
                let w = f64::from(*w);
                for (id, x) in spikes.iter().map(of) {
                    v[id] += share(w * x, rounder);
                }
            }
            Self::Table(Shared { table, factor }) => {
                let of = |s: &S| {
                    let (id, x) = of(s);
                    (id, factor * x)
                };
                table.deliver_all(spikes, of, rounder, v);
            }
            Self::Pool(pool) => {
                for (id, x) in spikes.iter().map(of) {
                    pool.row(id, |to, w| v[to] += share(w * x, rounder));
                }
            }
            Self::Through { first, then } => {
                let Shared { table, factor } = then;
                for (id, x) in spikes.iter().map(of) {
                    let x = factor * x;
                    first.row(id, |place, w| table.deliver(place, w * x, rounder, v));
                }
            }
        }
    }

    /// The same synapses one by one. Where windows overlap, a target behind them comes several times.
    #[inline(always)]
    pub fn row(&self, id: usize, mut take: impl FnMut(usize, f32)) {
        match self {
            Self::Same(w) => take(id, *w),
            Self::Table(t) => t.table.row(id, |to, w| take(to, scaled(t.factor, w))),
            Self::Pool(pool) => pool.row(id, |to, w| take(to, w as f32)),
            Self::Through { first, then } => first.row(id, |place, share| {
                let factor = share * then.factor;
                then.table.row(place, |to, w| take(to, scaled(factor, w)));
            }),
        }
    }

    /// The most that can come to one of `targets` neurons when every source spikes once and brings 1
    /// times the weight, whatever its sign; an upper bound for neurons at the edge of a convolution.
    pub fn reach(&self, sources: usize, targets: usize) -> f64 {
        match self {
            Self::Same(w) => f64::from(w.abs()),
            Self::Table(t) => t.factor.abs() * t.table.reach(sources, targets),
            Self::Pool(pool) => pool.reach(),
            Self::Through { first, then } => {
                let table = &then.table;
                first.reach(sources) * then.factor.abs() * table.reach(table.sources(), targets)
            }
        }
    }

    /// Number of synapses of each of `sources` neurons, those of weight 0 left out.
    pub fn fan_outs(&self, sources: usize) -> Vec<u32> {
        self.counts(sources, false)
    }

    /// The same, with those of weight 0, of all sources together.
    pub fn pairs(&self, sources: usize) -> u64 {
        self.counts(sources, true).into_iter().map(u64::from).sum()
    }

    fn counts(&self, sources: usize, zeros: bool) -> Vec<u32> {
        match self {
            Self::Same(w) => vec![u32::from(zeros || *w != 0.0); sources],
            Self::Table(t) => t.table.fan_outs(sources, zeros),
            Self::Pool(pool) => {
                let one = |id: usize| {
                    let mut n = 0;
                    pool.row(id, |_, _| n += 1);
                    n
                };
                (0..sources).map(one).collect()
            }
            Self::Through { first, then } => {
                let behind = then.table.fan_outs(then.table.sources(), zeros);
                let one = |id: usize| {
                    let mut n = 0;
                    first.row(id, |place, _| n += behind[place]);
                    n
                };
                (0..sources).map(one).collect()
            }
        }
    }

    /// Numbers that are held besides the table.
    pub fn held(&self) -> usize {
        let shares = |pool: &PoolRows| pool.shares.iter().map(Vec::len).sum();
        match self {
            Self::Same(_) => 1,
            Self::Table(_) => 0,
            Self::Pool(pool) => shares(pool),
            Self::Through { first, .. } => match first {
                First::Pool(pool) => shares(pool),
                First::Lists(lists) => lists.len(),
            },
        }
    }

    /// The table of weights, if there is one.
    pub fn table(&self) -> Option<&Shared> {
        match self {
            Self::Table(t) | Self::Through { then: t, .. } => Some(t),
            Self::Same(_) | Self::Pool(_) => None,
        }
    }

    /// Bytes besides the table.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Same(_) => 4,
            Self::Table(_) => 0,
            Self::Pool(pool) => pool.bytes(),
            Self::Through { first, .. } => match first {
                First::Pool(pool) => pool.bytes(),
                First::Lists(lists) => lists.bytes(),
            },
        }
    }
}

#[inline(always)]
fn scaled(factor: f64, w: f32) -> f32 {
    (factor * f64::from(w)) as f32
}
