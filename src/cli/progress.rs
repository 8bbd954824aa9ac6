//! What a terminal shows while something takes its time. In a pipe it shows nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::Control;
use crate::parallel::Progress;

/// A line that says that something is going on; gone when dropped.
pub(super) struct Busy(ProgressBar);

impl Busy {
    pub(super) fn new(what: impl Into<String>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(what.into());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Calls `run` and shows how far it has come until it returns.
pub(super) fn watched<T>(
    control: &Control,
    duration: u64,
    tick_ms: f64,
    run: impl FnOnce() -> T,
) -> T {
    let tick = || control.tick.load(Ordering::Relaxed);
    let told = |wall: f64, left: &str| {
        let spikes = control.spikes.load(Ordering::Relaxed);
        format!(
            "{} of {} simulated, {left} left, {} spikes/s",
            time(tick() as f64 * tick_ms),
            time(duration as f64 * tick_ms),
            super::summary::short(spikes as f64 / wall.max(1e-9)),
        )
    };
    drawn(duration, tick, told, run)
}

/// The same for work on many samples; `what` is said beside their number.
pub(super) fn counted<T>(
    progress: &Progress,
    samples: usize,
    what: &str,
    run: impl FnOnce() -> T,
) -> T {
    progress.done.store(0, Ordering::Relaxed);
    let done = || progress.done.load(Ordering::Relaxed);
    let told = |_: f64, left: &str| format!("{what}: {} of {samples} samples, {left} left", done());
    drawn(samples as u64, done, told, run)
}

/// Calls `run`, and on a terminal shows what `told` makes of the wall time and the time left.
fn drawn<T>(
    end: u64,
    position: impl Fn() -> u64 + Sync,
    told: impl Fn(f64, &str) -> String + Sync,
    run: impl FnOnce() -> T,
) -> T {
    let done = AtomicBool::new(false);
    let bar = ProgressBar::with_draw_target(Some(end.max(1)), ProgressDrawTarget::stderr());
    if bar.is_hidden() {
        return run();
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {percent:>3}%  {msg}") {
        bar.set_style(style);
    }
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let started = Instant::now();
            while !done.load(Ordering::Acquire) {
                let at = position();
                let wall = started.elapsed().as_secs_f64();
                let left = if at == 0 {
                    String::from("?")
                } else {
                    seconds(wall * end.saturating_sub(at) as f64 / at as f64)
                };
                bar.set_position(at);
                bar.set_message(told(wall, &left));
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        let result = run();
        done.store(true, Ordering::Release);
        watcher.thread().unpark();
        let _ = watcher.join();
        bar.finish_and_clear();
        result
    })
}

/// Wall time.
pub(super) fn seconds(s: f64) -> String {
    // Rounded first: 119.7 s are two minutes, not 1 min 60 s.
    let (whole, minutes) = (s.round() as u64, (s / 60.0).round() as u64);
    if s < 0.9995 {
        format!("{:.0} ms", s * 1000.0)
    } else if s < 90.0 {
        format!("{s:.2} s")
    } else if s < 5400.0 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", minutes / 60, minutes % 60)
    }
}

/// Simulated time.
pub(super) fn time(ms: f64) -> String {
    if ms == 0.0 || (0.1..1000.0).contains(&ms) {
        format!("{} ms", (ms * 1e4).round() / 1e4)
    } else if ms >= 1000.0 {
        format!("{} s", (ms / 10.0).round() / 100.0)
    } else {
        format!("{ms:e} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_as_a_whole() {
        assert_eq!(seconds(0.25), "250 ms");
        assert_eq!(seconds(119.7), "2 min 00 s");
        assert_eq!(seconds(7199.9), "2 h 00 min");
        assert_eq!(seconds(3661.0), "61 min 01 s");
    }
}
