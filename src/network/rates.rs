//! How many events a specification lets expect: of sources and private stimuli as stated, of neurons as assumed.

use super::load;
use super::spec::{
    DriveKind, GammaSpec, NetworkSpec, PacketSpec, PopulationKind, Rate, Slice, SourceSpec,
};
use crate::stimulus::rate::Course;

/// Rate that neurons are taken to fire at, in Hz: what they do in fact is only known after a run.
pub const ASSUMED_RATE: f64 = 10.0;

/// Mean rate in Hz over the run: of sources as stated, of neurons as assumed.
pub(super) fn rate_of(slice: &Slice, spec: &NetworkSpec) -> f64 {
    let Some(population) = spec.populations.get(slice.population) else {
        return 0.0;
    };
    match &population.kind {
        PopulationKind::Neurons(_) => ASSUMED_RATE,
        PopulationKind::Source(SourceSpec::Poisson { rate }) => mean_rate(rate, spec),
        PopulationKind::Source(SourceSpec::Regular {
            interval,
            start,
            stop,
        }) => regular_rate(*interval, *start, *stop, spec),
        PopulationKind::Source(SourceSpec::SpikeList(list)) => {
            list_rate(list.events.len(), f64::from(population.size), spec)
        }
        PopulationKind::Source(SourceSpec::Gamma(gamma)) => gamma_rate(gamma, spec),
        PopulationKind::Source(SourceSpec::PulsePacket(packet)) => packet_rate(packet, spec),
    }
}

fn list_rate(events: usize, elements: f64, spec: &NetworkSpec) -> f64 {
    let seconds = spec.duration as f64 * spec.tick_ms() / 1e3;
    if elements > 0.0 && seconds > 0.0 {
        events as f64 / elements / seconds
    } else {
        0.0
    }
}

fn gamma_rate(gamma: &GammaSpec, spec: &NetworkSpec) -> f64 {
    load::gamma_hz(gamma) * active(gamma.start, gamma.stop, spec)
}

fn packet_rate(packet: &PacketSpec, spec: &NetworkSpec) -> f64 {
    let seconds = spec.duration as f64 * spec.tick_ms() / 1e3;
    load::packet_spikes(packet) / seconds.max(1e-12)
}

/// Part of the run in which a stimulus is active.
fn active(start: u64, stop: u64, spec: &NetworkSpec) -> f64 {
    let stop = stop.min(spec.duration);
    stop.saturating_sub(start) as f64 / (spec.duration as f64).max(1.0)
}

fn regular_rate(interval: u64, start: u64, stop: u64, spec: &NetworkSpec) -> f64 {
    active(start, stop, spec) * 1e3 / (interval.max(1) as f64 * spec.tick_ms())
}

fn mean_rate(rate: &Rate, spec: &NetworkSpec) -> f64 {
    match rate {
        Rate::Constant { hz, start, stop } => hz * active(*start, *stop, spec),
        Rate::PerElement { hz, start, stop } => {
            let mean = hz.iter().sum::<f64>() / (hz.len() as f64).max(1.0);
            mean * active(*start, *stop, spec)
        }
        Rate::Steps { at, hz } => at
            .iter()
            .enumerate()
            .zip(hz)
            .map(|((i, from), hz)| {
                let to = at.get(i + 1).copied().unwrap_or(spec.duration);
                hz * active(*from, to, spec)
            })
            .sum(),
        Rate::Linear { .. } | Rate::Sinusoid { .. } | Rate::Table { .. } => {
            let seconds = spec.duration as f64 * spec.tick_ms() / 1e3;
            let course = Course::of_mean(rate, spec.resolution_ps);
            course.expected(0, spec.duration) / seconds.max(1e-12)
        }
    }
}

pub(super) fn drive_events(kind: &DriveKind, targets: f64, spec: &NetworkSpec) -> f64 {
    match kind {
        DriveKind::Poisson { rate, .. } => mean_rate(rate, spec) * targets,
        DriveKind::Regular {
            interval,
            start,
            stop,
            ..
        } => regular_rate(*interval, *start, *stop, spec) * targets,
        DriveKind::SpikeList { list, .. } => list_rate(list.events.len(), 1.0, spec),
        DriveKind::Gamma { gamma, .. } => gamma_rate(gamma, spec) * targets,
        DriveKind::PulsePacket { packet, .. } => packet_rate(packet, spec) * targets,
        DriveKind::StepCurrent { .. } | DriveKind::Current(_) => 0.0,
    }
}
