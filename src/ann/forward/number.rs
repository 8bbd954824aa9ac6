//! The numbers that a forward pass may be computed in.

use std::ops::{Add, Div, Mul};

use super::product::{Product, kernel};
use crate::simd;

/// Storage and accumulation of a forward pass: `f32` is fast, `f64` is the reference.
pub trait Number:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::fmt::Debug
    + Add<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + 'static
{
    /// Columns that the matrix product computes side by side.
    const LANES: usize;
    fn of(x: f32) -> Self;
    fn of_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
    /// The product, compiled for a level.
    fn multiply(level: simd::Level, p: Product<'_, Self>);
}

impl Number for f32 {
    // Of 16 the compiler makes scalar code here.
    const LANES: usize = 8;
    fn of(x: f32) -> Self {
        x
    }
    fn of_f64(x: f64) -> Self {
        x as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn multiply(level: simd::Level, p: Product<'_, Self>) {
        kernel::<Self, 8>(level, p);
    }
}

impl Number for f64 {
    const LANES: usize = 8;
    fn of(x: f32) -> Self {
        Self::from(x)
    }
    fn of_f64(x: f64) -> Self {
        x
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn multiply(level: simd::Level, p: Product<'_, Self>) {
        kernel::<Self, 8>(level, p);
    }
}
