//! A lowered network as a definition with files beside it, which `spikewheel run` takes.

use std::fmt::Write as _;

use crate::network::spec::{
    Delay, NetworkSpec, NeuronSpec, PS_PER_MS, PopulationKind, PopulationSpec, ResetMode, Rule,
    Slice, SourceSpec, Values,
};

/// A definition in parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The definition itself.
    pub definition: String,
    /// (name, text) of the files that it names.
    pub files: Vec<(String, String)>,
}

/// Writes what `network` makes. `notes` become comments at the beginning.
pub fn written(spec: &NetworkSpec, notes: &[String]) -> Written {
    let mut out = Written::default();
    let mut text = String::new();
    for note in notes {
        for line in note.lines() {
            let _ = writeln!(text, "# {line}");
        }
    }
    let ms = |ticks: u64| ticks as f64 * spec.resolution_ps as f64 / PS_PER_MS;
    let _ = write!(
        text,
        "\nformat = 1\nname = {}\n\n[simulation]\nduration = \"{} ms\"\nresolution = \"{} ms\"\n",
        quoted(&spec.name),
        ms(spec.duration),
        spec.resolution_ps as f64 / PS_PER_MS
    );
    for p in &spec.populations {
        match &p.kind {
            PopulationKind::Neurons(n) => population(&mut text, &mut out.files, p, n),
            PopulationKind::Source(s) => source(&mut text, &mut out.files, p, s, &ms),
        }
    }
    for (k, p) in spec.projections.iter().enumerate() {
        let name = |s: &[Slice]| spec.populations[s[0].population].name.clone();
        let Rule::List(list) = &p.rule else { continue };
        let (from, to) = (name(&p.from), name(&p.to));
        let file = format!("{k:03}_{from}_to_{to}.csv");
        let mut rows = String::from("source,target,weight");
        if matches!(p.delay, Delay::FromList) {
            rows.push_str(",delay_ms");
        }
        rows.push('\n');
        for i in 0..list.source.len() {
            let _ = write!(
                rows,
                "{},{},{}",
                list.source[i], list.target[i], list.weight[i]
            );
            if let Some(d) = list.delay.get(i) {
                let _ = write!(rows, ",{}", ms(*d));
            }
            rows.push('\n');
        }
        let _ = write!(
            text,
            "\n[[projections]]\nfrom = {}\nto = {}\nrule = {{ list = {} }}\n",
            quoted(&from),
            quoted(&to),
            quoted(&file)
        );
        if let Delay::Ticks(d) = p.delay {
            let _ = writeln!(text, "delay = \"{} ms\"", ms(d));
        }
        out.files.push((file, rows));
    }
    let names: Vec<String> = spec
        .recording
        .spikes
        .iter()
        .map(|s| quoted(&spec.populations[s.population].name))
        .collect();
    let _ = write!(text, "\n[recording]\nspikes = [{}]\n", names.join(", "));
    if !spec.recording.state.is_empty() {
        text.push_str("state = [\n");
        for s in &spec.recording.state {
            let p = &spec.populations[s.of.population];
            let PopulationKind::Neurons(n) = &p.kind else {
                continue;
            };
            let _ = writeln!(
                text,
                "    {{ of = {}, variable = {}, every = \"{} ms\" }},",
                quoted(&p.name),
                quoted(n.model.def().recordables[s.variable].name),
                ms(s.every)
            );
        }
        text.push_str("]\n");
    }
    out.definition = text;
    out
}

/// A text of TOML: characters that would end it or the line are escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn population(
    text: &mut String,
    files: &mut Vec<(String, String)>,
    p: &PopulationSpec,
    n: &NeuronSpec,
) {
    let def = n.model.def();
    let _ = write!(
        text,
        "\n[populations.{}]\nmodel = {}\nsize = {}\nthreshold_test = \"strict\"\n",
        p.name,
        quoted(def.name),
        p.size
    );
    if n.options.reset == ResetMode::Subtract {
        text.push_str("reset = \"subtract\"\n");
    }
    let file = format!("{}.csv", p.name);
    let value = |name: &str, unit: String, v: &Values| match v {
        Values::Array(_) => {
            format!(
                "{name} = {{ file = {}, column = {} }}",
                quoted(&file),
                quoted(name)
            )
        }
        v => {
            let v = v.constant().unwrap_or(0.0);
            if unit.is_empty() {
                format!("{name} = {v:?}")
            } else {
                format!("{name} = \"{v:?} {unit}\"")
            }
        }
    };
    let unit = |d: crate::units::Dimension| d.canonical_unit();
    let params: Vec<String> = def
        .params
        .iter()
        .zip(&n.params)
        .filter(|(d, v)| v.constant() != Some(d.default))
        .map(|(d, v)| value(d.name, unit(d.dimension), v))
        .collect();
    let initial: Vec<String> = def
        .state
        .iter()
        .zip(&n.initial)
        .filter(|(d, _)| d.name == "V_m")
        .map(|(d, v)| value(d.name, unit(d.dimension), v))
        .collect();
    let _ = write!(
        text,
        "params = {{ {} }}\ninitial = {{ {} }}\n",
        params.join(", "),
        initial.join(", ")
    );
    let all = def.params.iter().map(|d| d.name).zip(&n.params);
    let state = def.state.iter().map(|d| d.name).zip(&n.initial);
    let columns: Vec<(&str, &[f64])> = all
        .chain(state.filter(|(name, _)| *name == "V_m"))
        .filter_map(|(name, v)| match v {
            Values::Array(list) => Some((name, &list[..])),
            _ => None,
        })
        .collect();
    if columns.is_empty() {
        return;
    }
    let names: Vec<&str> = columns.iter().map(|c| c.0).collect();
    let mut rows = names.join(",");
    rows.push('\n');
    for i in 0..p.size as usize {
        let row: Vec<String> = columns.iter().map(|(_, c)| c[i].to_string()).collect();
        rows.push_str(&row.join(","));
        rows.push('\n');
    }
    files.push((file, rows));
}

fn source(
    text: &mut String,
    files: &mut Vec<(String, String)>,
    p: &PopulationSpec,
    source: &SourceSpec,
    ms: &dyn Fn(u64) -> f64,
) {
    let _ = write!(text, "\n[stimuli.{}]\nsize = {}\n", p.name, p.size);
    match source {
        SourceSpec::Regular { interval, .. } => {
            let _ = writeln!(
                text,
                "model = \"regular\"\ninterval = \"{} ms\"",
                ms(*interval)
            );
        }
        SourceSpec::SpikeList(list) => {
            let file = format!("{}.csv", p.name);
            let mut rows = String::from("time_ms,neuron\n");
            for (tick, element) in &list.events {
                let _ = writeln!(rows, "{},{element}", ms(*tick));
            }
            let _ = writeln!(text, "model = \"spike_list\"\nfile = {}", quoted(&file));
            files.push((file, rows));
        }
        _ => {}
    }
}
