//! Numbers that begin at a line of the cache. Common vectors, and arrays on the stack, begin at a multiple of 16 bytes, mostly
//! not of 64: then every vector of 64 bytes that is loaded or stored lies in two lines, and every other one of 32.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::{Pod, Zeroable};

/// The bytes of a line.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// An array on the stack.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct OnLine<T>(pub T);

/// A column: numbers of one type, of which a whole number fits a line.
#[derive(Clone)]
pub struct Lines<T> {
    all: Vec<Line>,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Pod> Lines<T> {
    const EACH: usize = {
        assert!(size_of::<Line>().is_multiple_of(size_of::<T>()) && align_of::<T>() <= 64);
        size_of::<Line>() / size_of::<T>()
    };

    /// `n` zeros.
    pub fn zeroed(n: usize) -> Self {
        Self {
            all: vec![Line::zeroed(); n.div_ceil(Self::EACH)],
            len: n,
            of: PhantomData,
        }
    }

    /// Makes them `n`, the new ones 0.
    pub fn resize(&mut self, n: usize) {
        let old = self.len.min(n);
        self.all.resize(n.div_ceil(Self::EACH), Line::zeroed());
        self.len = n;
        // What was cut off earlier may still stand in the last line.
        self[old..].fill(T::zeroed());
    }
}

impl<T: Pod> Deref for Lines<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        &bytemuck::cast_slice(&self.all)[..self.len]
    }
}

impl<T: Pod> DerefMut for Lines<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.all)[..self.len]
    }
}

impl<T: Pod> Default for Lines<T> {
    fn default() -> Self {
        Self::zeroed(0)
    }
}

impl<T: Pod> From<&[T]> for Lines<T> {
    fn from(from: &[T]) -> Self {
        let mut all = Self::zeroed(from.len());
        all.copy_from_slice(from);
        all
    }
}

impl<T: Pod> From<Vec<T>> for Lines<T> {
    fn from(from: Vec<T>) -> Self {
        Self::from(&from[..])
    }
}

impl<T: Pod> FromIterator<T> for Lines<T> {
    fn from_iter<I: IntoIterator<Item = T>>(from: I) -> Self {
        Self::from(from.into_iter().collect::<Vec<T>>())
    }
}

/// How many there are: nobody wants to read a million of them.
impl<T> std::fmt::Debug for Lines<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lines").field(&self.len).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a common vector.
        #[test]
        fn numbers_stay_what_they_are_and_begin_at_a_line(
            from in prop::collection::vec(any::<u16>(), 0..200),
            sizes in prop::collection::vec((0usize..200, any::<u16>()), 0..8),
        ) {
            let (mut lines, mut plain) = (from.iter().copied().collect::<Lines<u16>>(), from);
            for (n, last) in sizes {
                lines.resize(n);
                plain.resize(n, 0);
                if n > 0 {
                    lines[n - 1] = last;
                    plain[n - 1] = last;
                }
                prop_assert_eq!(&lines[..], &plain[..]);
                prop_assert_eq!(&lines.clone()[..], &plain[..]);
                prop_assert!(n == 0 || lines.as_ptr().addr().is_multiple_of(64));
            }
        }
    }
}
