//! The end of a run in words and figures.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::advice::advice_text;
use super::progress::{seconds, time};
use crate::analysis::stats::RunStats;
use crate::definition::Loaded;
use crate::engine::RunReport;
use crate::engine::report::Phase;
use crate::network::estimate::show_bytes;
use crate::network::fixed::Rounding;
use crate::network::held;
use crate::network::spec::{NetworkSpec, PopulationKind, Slice};

/// Everything that the summary tells.
pub(super) struct Told<'a> {
    pub loaded: &'a Loaded,
    pub report: RunReport,
    pub threads: usize,
    pub built: Duration,
    pub synapses: u64,
    /// Of each projection whose weights are whole numbers.
    pub rounding: Vec<Option<Rounding>>,
    pub stats: Option<RunStats>,
    pub files: Vec<PathBuf>,
    /// Before statistics and pictures, which read the recording back.
    pub memory: Option<u64>,
}

pub(super) fn reached_ms(spec: &NetworkSpec, report: &RunReport) -> f64 {
    report.reached as f64 * spec.tick_ms()
}

/// A number that is meant to be read, not copied: `15.6 M`.
pub(super) fn short(n: f64) -> String {
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if n >= 0.99995 * unit {
            let v = n / unit;
            return format!("{v:.*} {name}", if v < 10.0 { 2 } else { 1 });
        }
    }
    if n >= 1000.0 || n.fract() == 0.0 {
        let digits = format!("{n:.0}");
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(c);
        }
        return out;
    }
    format!("{n:.1}")
}

/// The most memory that this process has held so far, in bytes; where the system does not tell, what
/// it holds now.
pub(super) fn memory() -> Option<u64> {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:"))
            .and_then(|v| v.trim().strip_suffix("kB"))
            .and_then(|v| v.trim().parse::<u64>().ok());
        if let Some(kib) = peak {
            return Some(kib * 1024);
        }
    }
    let pid = sysinfo::get_current_pid().ok()?;
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), false);
    system.process(pid).map(sysinfo::Process::memory)
}

pub(super) fn to_text(told: &Told<'_>, profile: bool) -> String {
    let (spec, report) = (&told.loaded.spec, &told.report);
    let (simulated, wall) = (reached_ms(spec, report) / 1000.0, report.wall.as_secs_f64());
    let mut out = format!("{}\n\n", spec.name);
    let mut line = |what: &str, text: String| {
        let _ = writeln!(out, "  {what:<16} {text}");
    };
    line(
        "network",
        format!(
            "{} neurons and sources, {} synapses, built in {}",
            short(spec.offsets().last().copied().unwrap_or(0) as f64),
            short(told.synapses as f64),
            seconds(told.built.as_secs_f64())
        ),
    );
    line(
        "simulated",
        format!(
            "{} in {} on {} thread{}: {:.3} s per simulated second",
            time(simulated * 1000.0),
            seconds(wall),
            told.threads,
            if told.threads == 1 { "" } else { "s" },
            wall / simulated.max(1e-12)
        ),
    );
    line("spikes", short(report.spikes as f64));
    line(
        "synaptic events",
        format!(
            "{}, {} per second of wall time",
            short(report.synaptic_events as f64),
            short(report.synaptic_events as f64 / wall.max(1e-9))
        ),
    );
    if let Some(bytes) = told.memory {
        line("memory", format!("{} at most", show_bytes(bytes as f64)));
    }
    line("spike hash", format!("{:016x}", report.spike_hash));
    if let Some(hash) = report.weight_hash {
        line("weight hash", format!("{hash:016x}"));
    }
    for (i, file) in told.files.iter().enumerate() {
        line(
            if i == 0 { "files" } else { "" },
            file.display().to_string(),
        );
    }
    out.push('\n');
    let name_width = spec
        .populations
        .iter()
        .map(|p| p.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(10);
    let _ = writeln!(
        out,
        "  {:<name_width$} {:>10} {:>12} {:>10} {:>8}",
        "population", "size", "spikes", "rate (Hz)", "CV ISI"
    );
    for (p, population) in spec.populations.iter().enumerate() {
        let spikes = report.spikes_per_population[p];
        let rate = spikes as f64 / (f64::from(population.size) * simulated.max(1e-12));
        let cv = told
            .stats
            .as_ref()
            .and_then(|s| s.populations.iter().find(|q| q.name == population.name))
            .and_then(|q| q.cv)
            .map_or_else(|| "-".into(), |cv| format!("{cv:.3}"));
        let _ = writeln!(
            out,
            "  {:<name_width$} {:>10} {:>12} {:>10.2} {:>8}",
            population.name,
            short(f64::from(population.size)),
            short(spikes as f64),
            rate,
            cv
        );
    }
    if profile {
        out.push_str(&profile_text(told));
        out.push_str(&advice_text(spec));
    }
    out
}

fn profile_text(told: &Told<'_>) -> String {
    let (spec, report) = (&told.loaded.spec, &told.report);
    let mut out = String::from("\nWhere the time went (seconds per thread)\n  thread");
    for (_, name) in Phase::ALL {
        let _ = write!(out, " {name:>9}");
    }
    out.push('\n');
    for (k, profile) in report.profiles.iter().enumerate() {
        let _ = write!(out, "  {k:<6}");
        for (phase, _) in Phase::ALL {
            let _ = write!(out, " {:>9.3}", profile.spent(phase).as_secs_f64());
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "  {} windows of at most {} ticks ({})",
        short(report.windows as f64),
        report.window,
        time(report.window as f64 * spec.tick_ms())
    );
    let _ = writeln!(
        out,
        "  {} updates of neurons",
        short(report.neuron_updates as f64)
    );
    for (k, cells) in report.cells.iter().enumerate().filter(|(_, n)| **n > 0) {
        let _ = writeln!(
            out,
            "  thread {k} goes through its neurons in {cells} cells, a window each, so that their input stays at hand"
        );
    }
    out.push_str("\nHow populations were updated\n");
    for r in &report.regimes {
        let name = &spec.populations[r.population].name;
        if let Some(step) = spec.step_ms(r.population) {
            let _ = writeln!(
                out,
                "  {name}: clocked, a step every {} ms",
                (step * 1e9).round() / 1e9
            );
            continue;
        }
        let share = 100.0 * r.swept_ticks as f64 / report.reached.max(1) as f64;
        let why = if r.forced {
            "as the definition says".to_string()
        } else {
            format!(
                "{:.3} of its neurons get input per tick; sweeping is cheaper above about {:.2}",
                r.load, r.crossover
            )
        };
        let how = match share {
            s if s > 99.9 => "swept".to_string(),
            s if s < 0.1 => "lazy".to_string(),
            s => format!("swept in {s:.0} % of the ticks, else lazy"),
        };
        let _ = writeln!(out, "  {name}: {how} ({why})");
    }
    out.push_str("\nSynapse tables\n");
    let _ = writeln!(
        out,
        "  {:<6} {:<8} {:>12} {:>12} {:>12} {:>15}",
        "thread", "codec", "synapses", "segments", "bytes", "bytes/synapse"
    );
    for t in &report.tables {
        let _ = writeln!(
            out,
            "  {:<6} {:<8} {:>12} {:>12} {:>12} {:>15.2}",
            t.shard,
            t.codec,
            short(t.synapses as f64),
            short(t.segments as f64),
            show_bytes(t.bytes as f64),
            t.bytes as f64 / t.synapses.max(1) as f64
        );
    }
    out.push_str(&held_text(told));
    out
}

/// Why synapses are held as they are, and what rounding did to their weights.
fn held_text(told: &Told<'_>) -> String {
    let spec = &told.loaded.spec;
    let mut reasons: Vec<String> = Vec::new();
    for h in held(spec) {
        let line = format!("  {}: {}", h.codec, h.why);
        if !reasons.contains(&line) {
            reasons.push(line);
        }
    }
    let mut out = reasons.join("\n");
    out.push('\n');
    let rounded: Vec<(usize, Rounding)> = (0..)
        .zip(&told.rounding)
        .filter_map(|(i, r)| Some((i, (*r)?)))
        .collect();
    if !rounded.is_empty() {
        out.push_str("\nRounding of weights to whole numbers (relative error)\n");
        let _ = writeln!(
            out,
            "  {:<10} {:<32} {:>12} {:>12}",
            "projection", "from -> to", "largest", "mean"
        );
    }
    for (i, r) in rounded {
        let p = &spec.projections[i];
        let names = |side: &[Slice]| {
            let names: Vec<&str> = side
                .iter()
                .map(|s| spec.populations[s.population].name.as_str())
                .collect();
            names.join(", ")
        };
        let _ = writeln!(
            out,
            "  {:<10} {:<32} {:>10.5} % {:>10.5} %",
            i,
            format!("{} -> {}", names(&p.from), names(&p.to)),
            100.0 * r.largest,
            100.0 * r.mean()
        );
    }
    out
}

pub(super) fn to_json(told: &Told<'_>) -> serde_json::Value {
    let (spec, report) = (&told.loaded.spec, &told.report);
    let simulated = reached_ms(spec, report) / 1000.0;
    let wall = report.wall.as_secs_f64();
    json!({
        "name": spec.name,
        "definition": told.loaded.path.display().to_string(),
        "seed": spec.seed,
        "threads": told.threads,
        "arithmetic": spec.arithmetic.name(),
        "simulated_s": simulated,
        "build_s": told.built.as_secs_f64(),
        "wall_s": wall,
        "real_time_factor": wall / simulated.max(1e-12),
        "spikes": report.spikes,
        "synapses": told.synapses,
        "synaptic_events": report.synaptic_events,
        "neuron_updates": report.neuron_updates,
        "events_per_s": report.synaptic_events as f64 / wall.max(1e-9),
        "memory_bytes": told.memory,
        "spike_hash": format!("{:016x}", report.spike_hash),
        "weight_hash": report.weight_hash.map(|hash| format!("{hash:016x}")),
        "stopped": report.stopped,
        "files": told.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>(),
        "populations": spec.populations.iter().enumerate().map(|(p, population)| json!({
            "name": population.name,
            "size": population.size,
            "source": matches!(population.kind, PopulationKind::Source(_)),
            "spikes": report.spikes_per_population[p],
            "rate_hz": report.spikes_per_population[p] as f64
                / (f64::from(population.size) * simulated.max(1e-12)),
        })).collect::<Vec<_>>(),
        "stats": told.stats,
        "phases_s": report.profiles.iter().map(|profile| {
            Phase::ALL.iter().map(|(phase, name)| {
                ((*name).to_string(), json!(profile.spent(*phase).as_secs_f64()))
            }).collect::<serde_json::Map<_, _>>()
        }).collect::<Vec<_>>(),
        "cells": report.cells,
        "regimes": report.regimes.iter().map(|r| json!({
            "population": spec.populations[r.population].name,
            "swept_ticks": r.swept_ticks,
            "load": r.load,
            "crossover": r.crossover,
            "forced": r.forced,
            "step_ms": spec.step_ms(r.population),
        })).collect::<Vec<_>>(),
        "projections": held(spec).iter().enumerate().map(|(i, h)| json!({
            "codec": h.codec,
            "why": h.why,
            "rounding": told.rounding.get(i).copied().flatten().map(|r| json!({
                "largest": r.largest,
                "mean": r.mean(),
            })),
        })).collect::<Vec<_>>(),
        "tables": report.tables.iter().map(|t| json!({
            "thread": t.shard,
            "codec": t.codec,
            "synapses": t.synapses,
            "segments": t.segments,
            "bytes": t.bytes,
        })).collect::<Vec<_>>(),
    })
}
