//! Ctrl-C.

use miette::miette;

use super::{Failure, Outcome};

/// The first Ctrl-C asks for an end in order, the second one ends at once. `ask` sets what the work looks
/// at, and says whether it was set before.
pub(super) fn stop_on_ctrl_c(ask: impl Fn() -> bool + Send + 'static) -> Outcome {
    ctrlc::set_handler(move || {
        if ask() {
            std::process::exit(1);
        }
    })
    .map_err(|e| Failure::Work(miette!("cannot listen for Ctrl-C: {e}")))
}
