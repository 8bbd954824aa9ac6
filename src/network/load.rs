//! What is known of the input of each population before a run: the basis of the choice between
//! sweeping and lazy updates.

use super::spec::{
    CurrentSpec, DriveKind, GammaSpec, NetworkSpec, NeuronSpec, PacketSpec, PopulationKind, Rate,
    SourceSpec, Update, Values,
};
use crate::engine::regime::{PopulationLoad, PrivateLoad, Regime};
use crate::neuron::ModelKind;
use crate::neuron::block::crossover;
use crate::stimulus::rate::{Course, per_tick};

/// Do typical neurons of the population reach their threshold without any input?
fn self_driven(neurons: &NeuronSpec) -> bool {
    let def = neurons.model.def();
    let value = |name: &str| Some(neurons.params.get(def.param(name)?)?.typical());
    let all = (|| {
        let steady = value("E_L")? + value("I_e")? * value("tau_m")? / value("C_m")?;
        Some((steady, value("V_th")?))
    })();
    all.is_some_and(|(steady, threshold)| steady >= threshold)
}

/// Does every neuron of population `p` have the same constants and nothing but its potential, so that it can be held
/// still between inputs?
fn holds_still(spec: &NetworkSpec, p: usize, neurons: &NeuronSpec) -> bool {
    let def = neurons.model.def();
    let is_zero = |v: Option<&Values>| matches!(v, None | Some(Values::Constant(0.0)));
    let param = |name| def.param(name).and_then(|i| neurons.params.get(i));
    let rise = def.state.iter().position(|s| s.name == "threshold_rise");
    let currents = spec.drives.iter().any(|d| {
        let kind = matches!(
            d.kind,
            DriveKind::Current(_) | DriveKind::StepCurrent { .. }
        );
        kind && d.to.iter().any(|to| to.population == p)
    });
    matches!(neurons.model, ModelKind::LifDelta | ModelKind::If)
        && neurons
            .params
            .iter()
            .all(|v| matches!(v, Values::Constant(_)))
        && is_zero(param("q_sfa"))
        && is_zero(rise.and_then(|i| neurons.initial.get(i)))
        && !neurons.options.refractory_input
        && !currents
        && !self_driven(neurons)
}

/// `expected`: synapses of each projection.
pub(super) fn regime(spec: &NetworkSpec, expected: &[f64]) -> Regime {
    let n = spec.populations.len();
    let mut loads: Vec<PopulationLoad> = spec
        .populations
        .iter()
        .enumerate()
        .map(|(i, p)| match &p.kind {
            PopulationKind::Neurons(neurons) => PopulationLoad {
                neurons: p.size,
                update: match neurons.model.def().clock {
                    Some(_) => Update::Sweep,
                    // A spike by chance can come at any tick.
                    None if neurons.options.escape.is_some() => Update::Sweep,
                    None => neurons.update,
                },
                crossover: crossover(
                    neurons.model,
                    self_driven(neurons),
                    holds_still(spec, i, neurons),
                ),
                fan_in: vec![0.0; n],
                private: Vec::new(),
            },
            PopulationKind::Source(_) => PopulationLoad {
                neurons: 0,
                update: Update::Lazy,
                crossover: 1.0,
                fan_in: vec![0.0; n],
                private: Vec::new(),
            },
        })
        .collect();
    for (p, synapses) in spec.projections.iter().zip(expected) {
        let (sources, targets) = (p.sources(), p.targets());
        for from in &p.from {
            for to in &p.to {
                let share = f64::from(from.len()) / sources.max(1) as f64 * f64::from(to.len())
                    / targets.max(1) as f64;
                loads[to.population].fan_in[from.population] +=
                    synapses * share / f64::from(spec.populations[to.population].size.max(1));
            }
        }
    }
    for drive in &spec.drives {
        for to in &drive.to {
            let share =
                f64::from(to.len()) / f64::from(spec.populations[to.population].size.max(1));
            let private = &mut loads[to.population].private;
            match &drive.kind {
                DriveKind::Poisson { rate, .. } => private.push(PrivateLoad::Course(
                    Course::of_mean(rate, spec.resolution_ps),
                    share * individual_mean(rate, spec.resolution_ps),
                )),
                DriveKind::SpikeList { list, .. } => {
                    let targets: u64 = drive.to.iter().map(|s| u64::from(s.len())).sum();
                    private.push(PrivateLoad::PerTick(
                        share * list.events.len() as f64
                            / (targets.max(1) as f64 * spec.duration.max(1) as f64),
                    ));
                }
                DriveKind::Regular { interval, .. } => {
                    private.push(PrivateLoad::PerTick(share / (*interval).max(1) as f64));
                }
                DriveKind::Gamma { gamma, .. } => {
                    private.push(PrivateLoad::PerTick(
                        share * gamma_hz(gamma) * spec.tick_ms() / 1000.0,
                    ));
                }
                DriveKind::PulsePacket { packet, .. } => {
                    private.push(PrivateLoad::PerTick(
                        share * packet_spikes(packet) / spec.duration.max(1) as f64,
                    ));
                }
                // A lazy neuron has to be visited when its current changes.
                DriveKind::Current(current) => {
                    private.push(PrivateLoad::PerTick(
                        share * changes_per_tick(current, spec),
                    ));
                }
                DriveKind::StepCurrent { .. } => {}
            }
        }
    }
    let hz: Vec<Option<f64>> = spec
        .populations
        .iter()
        .map(|p| match &p.kind {
            PopulationKind::Neurons(_) => None,
            PopulationKind::Source(s) => Some(source_hz(spec, s, p.size)),
        })
        .collect();
    let sizes = spec.populations.iter().map(|p| p.size).collect();
    Regime::new(loads, sizes, &hz, spec.tick_ms())
}

/// Mean of individual rates per tick; 1 for common rates, which the course holds already.
fn individual_mean(rate: &Rate, resolution_ps: u64) -> f64 {
    match rate {
        Rate::PerElement { hz, .. } => {
            hz.iter().map(|r| per_tick(*r, resolution_ps)).sum::<f64>() / hz.len().max(1) as f64
        }
        _ => 1.0,
    }
}

/// Mean events per element and tick of a rate.
pub(super) fn mean_per_tick(rate: &Rate, resolution_ps: u64, duration: u64) -> f64 {
    Course::of_mean(rate, resolution_ps).expected(0, duration)
        * individual_mean(rate, resolution_ps)
        / duration.max(1) as f64
}

fn source_hz(spec: &NetworkSpec, source: &SourceSpec, size: u32) -> f64 {
    let seconds = spec.duration as f64 * spec.tick_ms() / 1000.0;
    let elements = f64::from(size.max(1));
    match source {
        SourceSpec::Poisson { rate } => {
            Course::of_mean(rate, spec.resolution_ps).expected(0, spec.duration)
                * individual_mean(rate, spec.resolution_ps)
                / seconds.max(1e-12)
        }
        SourceSpec::SpikeList(list) => list.events.len() as f64 / (elements * seconds.max(1e-12)),
        SourceSpec::Regular { interval, .. } => 1000.0 / (*interval as f64 * spec.tick_ms()),
        SourceSpec::Gamma(gamma) => gamma_hz(gamma),
        SourceSpec::PulsePacket(packet) => packet_spikes(packet) / seconds.max(1e-12),
    }
}

/// Mean rate of an element while the stimulus is on.
pub(super) fn gamma_hz(gamma: &GammaSpec) -> f64 {
    let mean = match &gamma.hz {
        Values::Array(all) => all.iter().sum::<f64>() / all.len().max(1) as f64,
        other => other.constant().unwrap_or(0.0),
    };
    mean * f64::from(gamma.n_proc)
}

/// Spikes of an element in all.
pub(super) fn packet_spikes(packet: &PacketSpec) -> f64 {
    packet.at_ms.len() as f64 * f64::from(packet.activity)
}

fn changes_per_tick(current: &CurrentSpec, spec: &NetworkSpec) -> f64 {
    let ticks = spec.duration.max(1) as f64;
    match current {
        CurrentSpec::Noise {
            dt, start, stop, ..
        }
        | CurrentSpec::Sine {
            dt, start, stop, ..
        } => {
            let active = (*stop).min(spec.duration).saturating_sub(*start) as f64;
            active / ticks / (*dt).max(1) as f64
        }
        CurrentSpec::Table { at, .. } => at.len() as f64 / ticks,
    }
}
