//! `spikewheel check`: is a definition right, and what will it need?

use std::path::PathBuf;

use serde_json::json;

use super::advice::{advice_json, advice_text};
use super::output::{put, put_json, refused, warn};
use super::{Failure, Outcome};
use crate::definition::describe::table;
use crate::definition::{self, Loaded, Override};
use crate::network::afford::refuse_if_too_large;
use crate::network::degrees::{self, Degrees};
use crate::network::estimate::{
    self, ASSUMED_RATE, Estimate, available_memory, show_bytes, show_count,
};
use crate::network::plastic_bytes::{PlasticBytes, plastic_bytes};
use crate::network::spec::{
    Axonal, Homeostasis, NetworkSpec, PlasticitySpec, PopulationKind, ProjectionSpec, RuleSpec,
    Slice, SourceSpec,
};
use crate::network::{Held, held};

/// Check a definition and show what it will need, without running it
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  spikewheel check networks/brunel.toml --set g=4.5")]
pub struct Args {
    /// Definition file (TOML)
    pub file: PathBuf,
    /// Another value for a parameter, or for simulation.seed, simulation.duration, ...
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<Override>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Loads, estimates, prints; fails if the machine is too small.
pub fn run(args: &Args) -> Outcome {
    let mut loaded = definition::load(&args.file, &args.set).map_err(refused)?;
    let warnings = std::mem::take(&mut loaded.warnings);
    let estimate = estimate::estimate(&loaded.spec);
    if args.json {
        let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        put_json(&to_json(&loaded, &estimate, &told))?;
    } else {
        warn(warnings);
        put(&to_text(&loaded, &estimate))?;
    }
    refuse_if_too_large(&loaded.spec, &estimate)
        .map_err(|told| Failure::Input(vec![miette::Report::msg(told)]))
}

/// What a population is: its model, or its kind of source.
fn kind(kind: &PopulationKind) -> &'static str {
    match kind {
        PopulationKind::Neurons(n) => n.model.def().name,
        PopulationKind::Source(SourceSpec::Poisson { .. }) => "poisson",
        PopulationKind::Source(SourceSpec::SpikeList(_)) => "spike_list",
        PopulationKind::Source(SourceSpec::Regular { .. }) => "regular",
        PopulationKind::Source(SourceSpec::Gamma(_)) => "gamma",
        PopulationKind::Source(SourceSpec::PulsePacket(_)) => "pulse_packet",
    }
}

/// Slices as they would be written.
fn selection(slices: &[Slice], spec: &NetworkSpec) -> String {
    const MOST: usize = 4;
    let mut parts: Vec<String> = slices
        .iter()
        .take(MOST)
        .filter_map(|s| {
            let p = spec.populations.get(s.population)?;
            Some(if s.start == 0 && s.end == p.size {
                p.name.clone()
            } else {
                format!("{}[{}..{}]", p.name, s.start, s.end)
            })
        })
        .collect();
    if slices.len() > MOST {
        parts.push(format!("{} more", slices.len() - MOST));
    }
    parts.join(", ")
}

fn ms(ticks: u64, spec: &NetworkSpec) -> String {
    // Twelve digits are more than a resolution has; the rest is the rounding of a product.
    let value = ticks as f64 * spec.tick_ms();
    let value: f64 = format!("{value:.12e}").parse().unwrap_or(value);
    value.to_string()
}

fn row<const N: usize>(cells: [String; N]) -> Vec<String> {
    cells.into()
}

/// How many synapses the neurons have in each list.
fn listed_degrees(spec: &NetworkSpec) -> String {
    let titles = ["from", "to", "in-degree", "out-degree"];
    let mut rows = vec![row(titles.map(String::from))];
    let show = |d: Degrees| {
        let mean = (d.mean * 100.0).round() / 100.0;
        format!("{} to {}, mean {mean}", d.min, d.max)
    };
    for p in &spec.projections {
        if let Some((into, out)) = degrees::of_list(p) {
            rows.push(row([
                selection(&p.from, spec),
                selection(&p.to, spec),
                show(into),
                show(out),
            ]));
        }
    }
    if rows.len() == 1 {
        return String::new();
    }
    format!("\nLists\n{}", table(&rows, &[]))
}

fn to_text(loaded: &Loaded, e: &Estimate) -> String {
    let spec = &loaded.spec;
    let mut out = format!(
        "{}\n{}: right\n\nPopulations\n",
        spec.name,
        loaded.path.display()
    );
    let mut rows = vec![row(["name", "model", "size"].map(String::from))];
    rows.extend(
        spec.populations
            .iter()
            .map(|p| row([p.name.clone(), kind(&p.kind).into(), p.size.to_string()])),
    );
    out.push_str(&table(&rows, &[2]));
    if !spec.drives.is_empty() {
        out.push_str("\nPrivate stimuli\n");
        let rows: Vec<Vec<String>> = spec
            .drives
            .iter()
            .map(|d| row([d.name.clone(), format!("-> {}", selection(&d.to, spec))]))
            .collect();
        out.push_str(&table(&rows, &[]));
    }
    if !spec.projections.is_empty() {
        out.push_str("\nProjections\n");
        let titles = ["from", "to", "synapses", "delay (ms)", "tables", "held as"];
        let held = held(spec);
        let mut rows = vec![row(titles.map(String::from))];
        for ((p, e), held) in spec.projections.iter().zip(&e.projections).zip(&held) {
            let (low, high) = e.delay;
            let delay = if low == high {
                ms(low, spec)
            } else {
                format!("{} to {}", ms(low, spec), ms(high, spec))
            };
            let about = if e.exact { "" } else { "about " };
            rows.push(row([
                selection(&p.from, spec),
                selection(&p.to, spec),
                format!("{about}{}", show_count(e.synapses)),
                delay,
                show_bytes(e.table_bytes),
                held.codec.into(),
            ]));
        }
        out.push_str(&table(&rows, &[2, 3, 4]));
        out.push_str(&reasons(&held));
        out.push_str(&plastic(spec));
        out.push_str(&listed_degrees(spec));
    }
    out.push_str("\nTogether\n");
    let window = match e.window {
        Some(w) => format!(
            "{} ms ({w} tick{})",
            ms(w, spec),
            if w == 1 { "" } else { "s" }
        ),
        None => "none: nothing is connected".into(),
    };
    let available = match available_memory() {
        Some(bytes) => format!(" of {} available", show_bytes(bytes as f64)),
        None => String::new(),
    };
    let rows = vec![
        row([
            "duration".into(),
            format!(
                "{} ms in {} ticks of {} ms",
                ms(spec.duration, spec),
                spec.duration,
                ms(1, spec)
            ),
        ]),
        row(["elements".into(), show_count(e.neurons)]),
        row(["synapses".into(), show_count(e.synapses)]),
        row(["window".into(), window]),
        row([
            "memory".into(),
            format!(
                "{}{available} (tables {}, building {}, state {}, recording {})",
                show_bytes(e.memory()),
                show_bytes(e.table_bytes),
                show_bytes(e.build_bytes),
                show_bytes(e.state_bytes),
                show_bytes(e.spike_bytes)
            ),
        ]),
        row([
            "events".into(),
            format!(
                "{} per second: {} from private stimuli, {} over synapses if neurons fire at {ASSUMED_RATE} Hz",
                show_count(e.events()),
                show_count(e.external_events),
                show_count(e.recurrent_events)
            ),
        ]),
    ];
    out.push_str(&table(&rows, &[]));
    out.push_str(&advice_text(spec));
    out
}

/// Why synapses are held as they are, one line for each reason.
fn reasons(held: &[Held]) -> String {
    let mut told: Vec<&Held> = Vec::new();
    for h in held {
        if !told.contains(&h) {
            told.push(h);
        }
    }
    let rows: Vec<Vec<String>> = told
        .iter()
        .map(|h| row([h.codec.into(), h.why.clone()]))
        .collect();
    format!("\nHow synapses are held\n{}", table(&rows, &[]))
}

/// Names of the rules of a projection, with what they choose.
fn rules(plastic: &PlasticitySpec, spec: &NetworkSpec) -> Vec<String> {
    let of = |rule: &RuleSpec| {
        let def = rule.rule.def();
        let chosen: Vec<&str> = def
            .choices
            .iter()
            .zip(&rule.choices)
            .filter(|(_, k)| **k > 0)
            .filter_map(|(c, k)| c.among.get(*k).copied())
            .collect();
        if chosen.is_empty() {
            def.name.to_string()
        } else {
            format!("{} ({})", def.name, chosen.join(", "))
        }
    };
    let mut all = Vec::new();
    if let Some(l) = &plastic.learning {
        all.push(of(&l.rule));
        if let Some(m) = l.modulator.and_then(|m| spec.modulators.get(m)) {
            all.push(format!("modulated by {}", m.name));
        }
        all.extend(match l.homeostasis {
            Homeostasis::None => None,
            Homeostasis::Normalise { .. } => Some("normalised".to_string()),
            Homeostasis::Scale { .. } => Some("scaled to a rate".to_string()),
        });
        all.extend(match plastic.axonal {
            Axonal::None => None,
            Axonal::All => Some("axonal delay".to_string()),
            Axonal::Ticks(t) => Some(format!("axonal delay {} ms", ms(t, spec))),
        });
    }
    all.extend(plastic.short_term.as_ref().map(of));
    all
}

fn plastic_ones(
    spec: &NetworkSpec,
) -> impl Iterator<Item = (&ProjectionSpec, &PlasticitySpec, PlasticBytes)> {
    spec.projections
        .iter()
        .filter_map(|p| Some((p, p.plasticity.as_ref()?, plastic_bytes(spec, p)?)))
}

/// The rule of each plastic projection, and what its synapses take.
fn plastic(spec: &NetworkSpec) -> String {
    let titles = ["from", "to", "rule", "bytes/synapse", "of these"];
    let mut rows = vec![row(titles.map(String::from))];
    rows.extend(plastic_ones(spec).map(|(p, plastic, bytes)| {
        row([
            selection(&p.from, spec),
            selection(&p.to, spec),
            rules(plastic, spec).join(", "),
            bytes.per_synapse.to_string(),
            bytes.parts,
        ])
    }));
    if rows.len() == 1 {
        return String::new();
    }
    format!("\nPlastic synapses\n{}", table(&rows, &[3]))
}

fn degree_json(d: Degrees) -> serde_json::Value {
    json!({ "min": d.min, "mean": d.mean, "max": d.max })
}

fn to_json(loaded: &Loaded, e: &Estimate, warnings: &[String]) -> serde_json::Value {
    let spec = &loaded.spec;
    json!({
        "name": spec.name,
        "file": loaded.path.display().to_string(),
        "seed": spec.seed,
        "resolution_ms": spec.tick_ms(),
        "duration_ticks": spec.duration,
        "arithmetic": spec.arithmetic.name(),
        "populations": spec.populations.iter().map(|p| json!({
            "name": p.name, "model": kind(&p.kind), "size": p.size,
        })).collect::<Vec<_>>(),
        "stimuli": spec.drives.iter().map(|d| json!({
            "name": d.name, "to": selection(&d.to, spec),
        })).collect::<Vec<_>>(),
        "projections": spec.projections.iter().zip(&e.projections).zip(held(spec)).map(|((p, e), held)| json!({
            "from": selection(&p.from, spec),
            "to": selection(&p.to, spec),
            "synapses": e.synapses,
            "exact": e.exact,
            "delay_ticks": [e.delay.0, e.delay.1],
            "table_bytes": e.table_bytes,
            "codec": held.codec,
            "why": held.why,
            "plasticity": p.plasticity.as_ref().map(|plastic| rules(plastic, spec)),
            "bytes_per_synapse": plastic_bytes(spec, p).map(|b| json!({
                "bytes": b.per_synapse, "parts": b.parts,
            })),
            "in_degree": degrees::of_list(p).map(|(d, _)| degree_json(d)),
            "out_degree": degrees::of_list(p).map(|(_, d)| degree_json(d)),
        })).collect::<Vec<_>>(),
        "elements": e.neurons,
        "synapses": e.synapses,
        "window_ticks": e.window,
        "memory_bytes": e.memory(),
        "table_bytes": e.table_bytes,
        "build_bytes": e.build_bytes,
        "state_bytes": e.state_bytes,
        "spike_bytes": e.spike_bytes,
        "available_bytes": available_memory(),
        "external_events_per_second": e.external_events,
        "recurrent_events_per_second": e.recurrent_events,
        "assumed_rate_hz": ASSUMED_RATE,
        "advice": advice_json(spec),
        "warnings": warnings,
    })
}
