//! The two number formats of neuron state.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// f64 (`arithmetic = "double"`) or f32 (`"single"`).
///
/// Only operations that IEEE 754 rounds correctly are offered, so every machine gives the same
/// bits; anything transcendental is computed in f64 with `libm` and rounded once.
pub trait Real:
    crate::columns::Number
    + super::columnar::Columnar
    + Copy
    + Default
    + Debug
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    const ZERO: Self;
    /// How far (relative to the threshold's distance) a prediction of a crossing keeps off, so that
    /// rounding can only make it early.
    const MARGIN: f64;
    /// What is smaller than this may count as nothing.
    const TINY: Self;
    fn of(v: f64) -> Self;
    fn f64(self) -> f64;
    fn of_count(n: u32) -> Self;
    /// Rounded once, if it does not fit.
    fn of_whole(n: i32) -> Self;
    /// The next larger number: `v > x` is `v >= x.next_up()`.
    fn next_up(self) -> Self;
}

/// Is it no number?
#[inline(always)]
#[allow(clippy::eq_op)]
pub(super) fn is_none<R: Real>(x: R) -> bool {
    x != x
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const MARGIN: f64 = 1e-9;
    const TINY: Self = 1e-200;
    #[inline(always)]
    fn of(v: f64) -> Self {
        v
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn of_count(n: u32) -> Self {
        f64::from(n)
    }
    #[inline(always)]
    fn of_whole(n: i32) -> Self {
        f64::from(n)
    }
    #[inline(always)]
    fn next_up(self) -> Self {
        f64::next_up(self)
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const MARGIN: f64 = 1e-4;
    const TINY: Self = 1e-30;
    #[inline(always)]
    fn of(v: f64) -> Self {
        v as f32
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn of_count(n: u32) -> Self {
        n as f32
    }
    #[inline(always)]
    fn of_whole(n: i32) -> Self {
        n as f32
    }
    #[inline(always)]
    fn next_up(self) -> Self {
        f32::next_up(self)
    }
}
