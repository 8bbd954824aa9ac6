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
