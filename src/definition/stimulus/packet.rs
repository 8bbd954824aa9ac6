//! `pulse_packet`: times, activity and deviation of volleys.

use super::super::context::{Context, show};
use super::{Known, positive_or, required};
use crate::network::spec::PacketSpec;
use crate::units::Dimension;

/// Spikes of an element in one volley.
const MOST_SPIKES: u64 = 1_000_000;

pub(super) fn read(ctx: &mut Context, s: &Known<'_>) -> Option<PacketSpec> {
    let times = required(ctx, s, "pulse_times", "pulse_times = [\"100 ms\"]")
        .and_then(|n| ctx.list(n, "pulse_times"))
        .map(|list| {
            let mut all = Vec::with_capacity(list.len());
            for node in list {
                let ms = ctx.scalar(node, Dimension::TIME, "a pulse time");
                if let Some(ms) = ms
                    && ms < 0.0
                {
                    ctx.reports.error(
                        &node.place,
                        format!("a pulse time must not be negative: {} ms", show(ms)),
                    );
                }
                all.push(ms.filter(|ms| *ms >= 0.0));
            }
            all.into_iter().collect::<Option<Vec<f64>>>()
        });
    let activity = required(ctx, s, "activity", "activity = 10")
        .and_then(|n| ctx.whole(n, "activity", 1, MOST_SPIKES));
    required(ctx, s, "sdev", "sdev = \"1 ms\"");
    let sdev = positive_or(ctx, s, "sdev", Dimension::TIME, 0.0);
    s.table.get("sdev")?;
    Some(PacketSpec {
        at_ms: times??,
        activity: u32::try_from(activity?).ok()?,
        sdev_ms: sdev?,
    })
}
