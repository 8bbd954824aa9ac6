//! A column of numbers, one per synapse, in pages as large as the system gives.
//!
//! A table is read in rows that start anywhere, so with pages of 4 KiB nearly every row begins with a
//! miss of the address cache; with pages of 2 MiB a table of gigabytes is covered by a few hundred
//! entries. Where the system has no such pages, the column is in common ones.

use crate::lines::Lines;
use bytemuck::Pod;
use memmap2::MmapMut;

/// Columns below this many bytes are common vectors: they would not fill a large page.
const MAPPED_FROM: usize = 4 << 20;
/// What is read and written at random all the time has a large page of its own from this size on.
const BUSY_FROM: usize = 256 << 10;
/// A large page.
const PAGE: usize = 2 << 20;

/// Numbers of one type, zero at first, of a fixed length.
#[derive(Debug)]
pub struct Column<T>(Store<T>);

#[derive(Debug)]
enum Store<T> {
    Vector(Lines<T>),
    /// `len` numbers from the start of the map.
    Mapped {
        map: MmapMut,
        len: usize,
    },
}

impl<T: Pod> Column<T> {
    /// `n` zeros. Pages are taken from the system when they are first written.
    pub fn zeroed(n: usize) -> Self {
        Self::of_bytes(n, n * size_of::<T>(), MAPPED_FROM)
    }

    /// `n` zeros that are read and written at random at every tick: in whole large pages even where
    /// they fill a part of one, because each miss of the address cache costs as much as the access.
    pub fn busy(n: usize) -> Self {
        Self::of_bytes(n, (n * size_of::<T>()).next_multiple_of(PAGE), BUSY_FROM)
    }

    /// In a map of so many bytes if the numbers take `from` or more.
    fn of_bytes(n: usize, bytes: usize, from: usize) -> Self {
        if n * size_of::<T>() >= from
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // A system that refuses gives common pages: slower, and as right.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            return Self(Store::Mapped { map, len: n });
        }
        Self(Store::Vector(Lines::zeroed(n)))
    }
}

impl<T: Pod> std::ops::Deref for Column<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Store::Vector(all) => all,
            // A map begins at a page, so it is aligned for every number.
            Store::Mapped { map, len } => bytemuck::cast_slice(&map[..len * size_of::<T>()]),
        }
    }
}

impl<T: Pod> std::ops::DerefMut for Column<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Store::Vector(all) => all,
            Store::Mapped { map, len } => {
                bytemuck::cast_slice_mut(&mut map[..*len * size_of::<T>()])
            }
        }
    }
}

impl<T: Pod> Default for Column<T> {
    fn default() -> Self {
        Self::zeroed(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_mapped_columns_hold_what_is_written() {
        for n in [0, 1, 1000, (MAPPED_FROM / 8) + 3] {
            let mut column = Column::<u64>::zeroed(n);
            assert_eq!(column.len(), n);
            assert!(column.iter().all(|&x| x == 0));
            for (i, x) in column.iter_mut().enumerate() {
                *x = i as u64 * 7;
            }
            assert!(column.iter().enumerate().all(|(i, &x)| x == i as u64 * 7));
        }
        let mut busy = Column::<u32>::busy(BUSY_FROM / 4 + 5);
        assert_eq!(busy.len(), BUSY_FROM / 4 + 5);
        busy[BUSY_FROM / 4 + 4] = 3;
        assert_eq!(busy.iter().sum::<u32>(), 3);
        assert!(matches!(busy.0, Store::Mapped { .. }));
        assert!(matches!(
            Column::<u16>::zeroed(MAPPED_FROM).0,
            Store::Mapped { .. }
        ));
    }
}
