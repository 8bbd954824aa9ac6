//! `[simulation]`: how long, how fine, which random numbers, which arithmetic.

use super::context::{Context, round_to_ticks, show, show_ticks};
use super::learning;
use super::source::Place;
use super::syntax::Table;
use crate::network::spec::{Arithmetic, PS_PER_MS, TableChoice};
use crate::units::Dimension;

/// Keys of the section.
pub(super) const KEYS: [&str; 6] = [
    "duration",
    "resolution",
    "seed",
    "arithmetic",
    "table",
    "plasticity",
];

/// What `plasticity` may say: do the weights of the network change?
pub(super) const PLASTICITY: [&str; 2] = ["learning", learning::FROZEN];

/// 0.1 ms.
const DEFAULT_RESOLUTION_PS: u64 = 100_000_000;

/// What the section says; times on the grid are in the context.
#[derive(Debug)]
pub(super) struct Simulation {
    pub seed: u64,
    pub arithmetic: Arithmetic,
}

/// Reads the section and sets resolution, duration and seed of `ctx`. `place` is where a missing key
/// would belong.
pub(super) fn read(ctx: &mut Context, table: &Table, place: &Place) -> Simulation {
    table.only(&KEYS, "[simulation]", &mut ctx.reports);
    ctx.resolution_ps = match table.get("resolution") {
        None => Some(DEFAULT_RESOLUTION_PS),
        Some(node) => ctx
            .scalar(node, Dimension::TIME, "the resolution")
            .and_then(|ms| {
                let ps = ms * PS_PER_MS;
                let whole = ps.round();
                let fine = (1.0..1e18).contains(&whole) && (ps - whole).abs() <= 1e-9 * whole;
                if !fine {
                    ctx.reports
                        .error(
                            &node.place,
                            format!("the resolution must be a whole number of picoseconds, at least one, not {} ps", show(ps)),
                        )
                        .help("write for example \"0.1 ms\" or \"1 us\"");
                }
                fine.then_some(whole as u64)
            }),
    };
    ctx.duration = match table.get("duration") {
        None => {
            ctx.missing(
                place,
                "the duration of the simulation",
                "[simulation] duration = \"1 s\"",
            );
            None
        }
        Some(node) => ctx
            .scalar(node, Dimension::TIME, "the duration")
            .and_then(|ms| {
                if ms <= 0.0 {
                    ctx.reports.error(
                        &node.place,
                        format!("the duration must be positive, not {} ms", show(ms)),
                    );
                    return None;
                }
                let resolution = ctx.resolution_ps?;
                let rounded = round_to_ticks(ms, resolution);
                if rounded.is_none() {
                    ctx.reports
                        .error(
                            &node.place,
                            "the duration is more ticks than can be counted",
                        )
                        .help("choose a coarser resolution or a shorter duration");
                }
                if let Some(r) = &rounded
                    && r.ticks >= 1
                    && r.shift != 0.0
                {
                    ctx.reports.warning(
                        &node.place,
                        format!(
                            "the duration of {} ms is no multiple of the resolution: rounded to {}",
                            show(ms),
                            show_ticks(r.ticks, resolution)
                        ),
                    );
                }
                if rounded.as_ref().is_some_and(|r| r.ticks == 0) {
                    ctx.reports
                        .error(&node.place, "the duration is less than one tick")
                        .help(format!("the resolution is {}", show_ticks(1, resolution)));
                    return None;
                }
                rounded.map(|r| r.ticks)
            }),
    };
    let seed = match table.get("seed") {
        Some(node) => ctx.whole(node, "the seed", 0, u64::MAX).unwrap_or(1),
        None => 1,
    };
    ctx.seed = seed;
    let arithmetic = match table.get("arithmetic") {
        Some(node) => match ctx.choice(node, "arithmetic", &Arithmetic::NAMES) {
            Some(1) => Arithmetic::Single,
            Some(2) => Arithmetic::Fixed,
            _ => Arithmetic::Double,
        },
        None => Arithmetic::default(),
    };
    if let Some(k) = table
        .get("table")
        .and_then(|node| ctx.choice(node, "table", &TableChoice::NAMES))
    {
        ctx.table = TableChoice::ALL[k];
    }
    if let Some(node) = table.get("plasticity") {
        ctx.frozen = ctx.choice(node, "plasticity", &PLASTICITY) == Some(1);
    }
    Simulation { seed, arithmetic }
}
