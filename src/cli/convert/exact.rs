//! Options of the exact code.

use crate::cli::Failure;
use crate::cli::recorded::{refuse, time};
use crate::model::CodeSpec;

/// The exact code
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Exact code")]
pub struct ExactArgs {
    /// Scale of each layer, in multiples of the largest value that calibration saw: larger values
    /// are clipped
    #[arg(long, value_name = "FACTOR", default_value_t = 1.5)]
    pub headroom: f64,
    /// Time in which a layer spikes; sets the latency
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "1 ms")]
    pub window: f64,
    /// Resolution of spike times [default: 1 ps]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub tick: Option<f64>,
    /// 2^BITS ticks to a window, in place of --tick: what a chip would have
    #[arg(long, value_name = "BITS", conflicts_with = "tick", value_parser = clap::value_parser!(u8).range(1..=31))]
    pub window_bits: Option<u8>,
}

/// Picoseconds in a millisecond.
const PS: f64 = 1e9;

impl ExactArgs {
    /// The code with these parameters.
    pub fn code(&self) -> Result<CodeSpec, Failure> {
        let whole = |ms: f64| (ms * PS).round().max(1.0);
        let (window, tick) = match self.window_bits {
            // A tick is a whole number of picoseconds, and the window follows.
            Some(bits) => {
                let ticks = f64::from(1u32 << bits);
                (ticks, whole(self.window / ticks))
            }
            None => {
                let tick = whole(self.tick.unwrap_or(1.0 / PS));
                let ticks = self.window * PS / tick;
                if (ticks - ticks.round()).abs() > 1e-6 * ticks {
                    return Err(refuse(format_args!(
                        "a window of {} ms is no whole number of ticks of {} ps",
                        self.window, tick
                    )));
                }
                (ticks.round(), tick)
            }
        };
        if !(1.0..=f64::from(CodeSpec::MOST_TICKS)).contains(&window) {
            return Err(refuse(format_args!(
                "a window of {window} ticks is impossible: 1 to {} are possible; choose --tick to suit \
                 --window",
                CodeSpec::MOST_TICKS
            )));
        }
        let code = CodeSpec::Exact {
            window: window as u32,
            tick_ps: tick as u64,
            headroom: self.headroom,
        };
        code.check().map_err(refuse)?;
        Ok(code)
    }
}
