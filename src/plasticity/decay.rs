//! Exponential decay over whole numbers of ticks, by table.

use crate::neuron::propagator::{Levels, Propagator, PropagatorTable};
use crate::neuron::real::Real;

/// Time constants after which a trace counts as gone: exp(-40) is 4e-18, less than half a unit in the
/// last place of 1. Only so can what is older be forgotten without changing a bit.
pub const GONE: f64 = 40.0;

#[derive(Clone, Copy, Debug)]
pub struct Factor<R>(R);

impl<R: Real> Propagator for Factor<R> {
    #[inline(always)]
    fn then(self, next: Self) -> Self {
        Self(self.0 * next.0)
    }
}

/// exp(-k ticks / tau); 0 after `GONE` time constants.
#[derive(Clone, Debug)]
pub struct Decay<R> {
    table: PropagatorTable<Factor<R>>,
    horizon: u64,
}

impl<R: Real> Decay<R> {
    pub fn new(tau_ms: f64, tick_ms: f64) -> Self {
        let horizon = horizon(tau_ms, tick_ms);
        let exact = |k: u64| Factor(R::of(libm::exp(-(k as f64) * tick_ms / tau_ms)));
        Self {
            table: PropagatorTable::new(horizon, exact),
            horizon,
        }
    }

    #[inline(always)]
    pub fn lookup(&self) -> Lookup<'_, R> {
        Lookup {
            levels: self.table.levels(),
            horizon: self.horizon,
        }
    }

    /// After `k` ticks; a negative time is none at all.
    #[inline]
    pub fn after(&self, k: i64) -> R {
        self.lookup().after(k)
    }

    /// Ticks after which nothing is left.
    pub fn horizon(&self) -> u64 {
        self.horizon
    }
}

/// Ticks after which what decays with `tau_ms` counts as gone.
pub fn horizon(tau_ms: f64, tick_ms: f64) -> u64 {
    (GONE * tau_ms / tick_ms).ceil() as u64
}

/// The table of a decay, at hand.
#[derive(Clone, Copy)]
pub struct Lookup<'a, R> {
    levels: Levels<'a, Factor<R>>,
    horizon: u64,
}

/// Two levels of a table, for loops that are to be vector code.
#[derive(Clone, Copy)]
pub struct Short<'a, R> {
    first: &'a [Factor<R>; 512],
    second: &'a [Factor<R>; 512],
    horizon: i32,
}

impl<R: Real> Short<'_, R> {
    /// The same bits as `Lookup::after`.
    #[inline(always)]
    pub fn after(&self, k: i32) -> R {
        let at = k.clamp(0, self.horizon) as u32 as usize;
        let kept = self.first[at & 511].0 * self.second[at >> 9 & 511].0;
        if k > self.horizon { R::ZERO } else { kept }
    }
}

impl<'a, R: Real> Lookup<'a, R> {
    /// `None` where times are too long for two levels.
    #[inline(always)]
    pub fn short(&self) -> Option<Short<'a, R>> {
        let [first, second] = self.levels.both()?;
        Some(Short {
            first,
            second,
            horizon: i32::try_from(self.horizon).ok()?,
        })
    }
}

impl<R: Real> Lookup<'_, R> {
    /// After `k` ticks.
    #[inline(always)]
    pub fn after(&self, k: i64) -> R {
        let k = k.max(0) as u64;
        // Without a branch: what is gone is looked up all the same.
        let kept = self.levels.get(k.min(self.horizon)).0;
        if k > self.horizon { R::ZERO } else { kept }
    }
}

/// 1 - exp(-x), composed without cancellation.
#[derive(Clone, Copy, Debug)]
struct Lost(f64);

impl Propagator for Lost {
    #[inline(always)]
    fn then(self, next: Self) -> Self {
        Self(self.0 + next.0 - self.0 * next.0)
    }
}

/// 1 - exp(-rate t) over whole numbers of ticks, accurate for short times too.
#[derive(Clone, Debug)]
pub struct Decayed {
    table: PropagatorTable<Lost>,
    reach: u64,
}

impl Decayed {
    /// `rate` in 1/ms.
    pub fn new(rate: f64, tick_ms: f64) -> Self {
        let reach = (GONE / rate / tick_ms).ceil() as u64;
        Self {
            table: PropagatorTable::new(reach, |k| {
                Lost(-libm::expm1(-(k as f64) * tick_ms * rate))
            }),
            reach,
        }
    }

    #[inline]
    pub fn after(&self, k: i64) -> f64 {
        let k = k.max(0) as u64;
        if k > self.reach {
            return 1.0;
        }
        self.table.levels().get(k).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decays_are_exponentials_and_end_where_nothing_is_left() {
        for (tau, tick) in [(20.0, 0.1), (0.5, 0.001), (1000.0, 1.0)] {
            let (decay, lost) = (Decay::<f64>::new(tau, tick), Decayed::new(1.0 / tau, tick));
            let mut k = 0;
            while k <= decay.horizon() as i64 {
                let exact = libm::exp(-(k as f64) * tick / tau);
                assert!((decay.after(k) / exact - 1.0).abs() < 1e-14, "{tau} {k}");
                let exact = -libm::expm1(-(k as f64) * tick / tau);
                assert!((lost.after(k) - exact).abs() <= 1e-14 * exact, "{tau} {k}");
                k += 1 + k / 5;
            }
            assert_eq!(decay.after(decay.horizon() as i64 + 1), 0.0);
            assert_eq!(lost.after(i64::MAX), 1.0);
        }
    }
}
