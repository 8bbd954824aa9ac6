//! Asking for memory ahead of its use.

/// Begins to bring the cache line of element `at` near. A hint: nothing else happens, whatever `at` is.
#[inline(always)]
pub fn prefetch<T>(all: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = all.as_ptr().wrapping_add(at);
        // SAFETY: a prefetch reads nothing and faults at no address; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (all, at);
}

/// Begins to bring all of it near, in order, if so many accesses at random are worth it.
#[inline]
pub fn prefetch_all<T>(all: &[T], accesses: usize) {
    /// Lines in order that take as long as an access at random.
    const LINES: usize = 4;
    let (bytes, line) = (size_of_val(all), 64);
    if accesses * LINES * line < bytes {
        return;
    }
    let step = (line / size_of::<T>().max(1)).max(1);
    (0..all.len())
        .step_by(step)
        .for_each(|at| prefetch(all, at));
}
