//! Runs plain loops compiled for the best vector instructions that the CPU has.
//!
//! The loop is written once, without intrinsics; it is compiled several times and the version is
//! chosen at run time. Every version gives the same bits: only exactly rounded operations occur, and
//! neither Rust nor LLVM fuses or reorders floating-point operations on its own.

use std::sync::atomic::{AtomicU8, Ordering};

/// The instruction sets that loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Portable,
    Avx2,
    Avx512,
}

/// What this machine runs.
#[inline]
pub fn level() -> Level {
    #[cfg(test)]
    if let Some(level) = tests::held_down() {
        return level;
    }
    of_machine()
}

/// Asked before every kernel, so what was found is kept: 0 if nobody has looked yet, else the level's number
/// and one.
#[inline(always)]
fn of_machine() -> Level {
    static FOUND: AtomicU8 = AtomicU8::new(0);
    #[cold]
    fn find() -> Level {
        let level = look();
        FOUND.store(level as u8 + 1, Ordering::Relaxed);
        level
    }
    const LEVELS: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];
    match FOUND.load(Ordering::Relaxed) {
        found @ 1..=3 => LEVELS[found as usize - 1],
        _ => find(),
    }
}

fn look() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
            && std::arch::is_x86_feature_detected!("avx512vl")
        {
            return Level::Avx512;
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            return Level::Avx2;
        }
    }
    Level::Portable
}

/// A loop with what it works on. `run` must be `#[inline(always)]`, and so must everything that is
/// to be vector code in it: only what is inlined is compiled for the level.
pub trait Kernel {
    type Output;
    fn run(self) -> Self::Output;
}

/// Runs a kernel, compiled for the level of this machine.
#[inline(always)]
pub fn vectorized<K: Kernel>(kernel: K) -> K::Output {
    vectorized_for(level(), kernel)
}

/// `vectorized` for a stated level, which is lowered to what the machine has.
#[inline(always)]
pub fn vectorized_for<K: Kernel>(wanted: Level, kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        let has = level();
        if wanted == Level::Avx512 && has == Level::Avx512 {
            // SAFETY: `level` has found every feature that `avx512` is compiled for.
            return unsafe { avx512(kernel) };
        }
        if wanted != Level::Portable && has != Level::Portable {
            // SAFETY: both levels above Portable include AVX2.
            return unsafe { avx2(kernel) };
        }
    }
    let _ = wanted;
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

/// `a` if `first`, else `b`, both of which are computed. What one arm of an `if` alone needs is moved into it by the
/// compiler, which then reckons with half of its cost and takes a loop with branches to be cheaper than vector code.
#[inline(always)]
pub fn either(first: bool, a: f64, b: f64) -> f64 {
    std::hint::select_unpredictable(first, a, b)
}

/// Calls `f` with the number of each mark that is set (marks are 0 or 1), in order.
#[inline]
pub fn each_mark(marks: &[u8], mut f: impl FnMut(usize)) {
    let (eights, rest) = marks.as_chunks::<8>();
    for (k, eight) in eights.iter().enumerate() {
        let mut word = u64::from_le_bytes(*eight);
        while word != 0 {
            f(8 * k + word.trailing_zeros() as usize / 8);
            word &= word - 1;
        }
    }
    for (k, _) in rest.iter().enumerate().filter(|(_, mark)| **mark != 0) {
        f(8 * eights.len() + k);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static HELD_DOWN: Cell<Option<Level>> = const { Cell::new(None) };
    }

    pub(super) fn held_down() -> Option<Level> {
        HELD_DOWN.get()
    }

    /// Runs `f` as a machine of a level would, on this thread.
    pub(crate) fn on_a_machine_of<T>(wanted: Level, f: impl FnOnce() -> T) -> T {
        let all = [Level::Portable, Level::Avx2, Level::Avx512];
        let rank = |level| all.iter().position(|l| *l == level);
        if rank(wanted) <= rank(of_machine()) {
            HELD_DOWN.set(Some(wanted));
        }
        let result = f();
        HELD_DOWN.set(None);
        result
    }

    struct Step<'a>(&'a mut [f64], &'a [f64]);

    impl Kernel for Step<'_> {
        type Output = f64;
        #[inline(always)]
        fn run(self) -> f64 {
            let mut total = 0.0;
            for (v, x) in self.0.iter_mut().zip(self.1) {
                *v = *v * 0.99503 + *x;
                if *v >= 20.0 {
                    *v = 10.0;
                }
            }
            for v in self.0 {
                total += *v;
            }
            total
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let input: Vec<f64> = (0..1000).map(|i| f64::from(i % 37) * 0.0173).collect();
        let run = |level| {
            let mut v = vec![0.1; 1000];
            (0..500)
                .map(|_| vectorized_for(level, Step(&mut v, &input)).to_bits())
                .collect::<Vec<_>>()
        };
        let portable = run(Level::Portable);
        assert_eq!(portable, run(Level::Avx2));
        assert_eq!(portable, run(Level::Avx512));
    }
}
