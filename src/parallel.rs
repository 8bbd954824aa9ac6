//! Many independent items, dealt to threads in blocks. Answers come in the order of the items, so what
//! is made of them does not depend on the number of threads.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// How far work has come, for whoever watches it, and how to end it early.
#[derive(Debug, Default)]
pub struct Progress {
    /// Items that are done; written by the work.
    pub done: AtomicU64,
    /// Set it and the work ends after the blocks that are under way.
    pub stop: AtomicBool,
}

impl Progress {
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Calls `work` for blocks of `size` items until all `count` are done. Each thread has a state of its
/// own, which `begin` makes. `None` if the work was stopped.
pub fn in_blocks<S, R: Send>(
    count: usize,
    size: usize,
    threads: usize,
    progress: &Progress,
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Range<usize>) -> R + Sync,
) -> Option<Vec<R>> {
    let size = size.max(1);
    let blocks = count.div_ceil(size);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(blocks));
    let each = || {
        let mut state = begin();
        while !progress.stopped() {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= blocks {
                break;
            }
            let items = i * size..((i + 1) * size).min(count);
            let n = items.len() as u64;
            let answer = work(&mut state, items);
            progress.done.fetch_add(n, Ordering::Relaxed);
            if let Ok(mut done) = done.lock() {
                done.push((i, answer));
            }
        }
    };
    if threads <= 1 {
        each();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads.min(blocks) {
                scope.spawn(each);
            }
        });
    }
    let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
    done.sort_by_key(|(i, _)| *i);
    (done.len() == blocks).then(|| done.into_iter().map(|(_, answer)| answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_answer_in_order_for_any_number_of_threads() {
        for threads in [0, 1, 3, 8] {
            let progress = Progress::default();
            let all = in_blocks(10, 3, threads, &progress, || (), |(), items| items);
            assert_eq!(all, Some(vec![0..3, 3..6, 6..9, 9..10]));
            assert_eq!(progress.done.into_inner(), 10);
        }
    }

    #[test]
    fn stopped_work_has_no_answer() {
        let progress = Progress::default();
        let work = |(): &mut (), items: Range<usize>| {
            if items.start == 4 {
                progress.stop.store(true, Ordering::Relaxed);
            }
        };
        assert_eq!(in_blocks(100, 1, 1, &progress, || (), work), None);
        assert_eq!(progress.done.load(Ordering::Relaxed), 5);
    }
}
