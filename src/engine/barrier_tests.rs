//! The barrier with threads of the system; `tests/window_model.rs` goes through their interleavings.

use super::barrier::{Barrier, Poisoned};
use super::sync::{AtomicUsize, Ordering};

#[test]
fn nobody_passes_before_all_have_arrived() {
    let barrier = Barrier::new(3);
    let count = AtomicUsize::new(0);
    std::thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for round in 1..=500 {
                    count.fetch_add(1, Ordering::SeqCst);
                    barrier.wait().unwrap();
                    assert_eq!(count.load(Ordering::SeqCst), 3 * round);
                    barrier.wait().unwrap();
                }
            });
        }
    });
}

#[test]
fn a_poisoned_barrier_lets_sleepers_go() {
    let barrier = Barrier::new(2);
    std::thread::scope(|s| {
        let waiting = s.spawn(|| barrier.wait());
        std::thread::sleep(std::time::Duration::from_millis(20));
        barrier.poison();
        assert_eq!(waiting.join().unwrap(), Err(Poisoned));
    });
}
