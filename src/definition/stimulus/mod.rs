//! `[stimuli.NAME]`: with `to`, private and undelayed input; with `size`, a population to connect
//! from. This file decides which it is; one file each reads what the kinds have of their own.

mod current;
mod gamma;
mod image;
mod packet;
mod rate;
mod spikes;

pub(super) use rate::hertz;

use std::sync::Arc;

use super::context::{Context, show_in};
use super::diagnostics::suggest;
use super::names::{Named, Names, Role};
use super::positions;
use super::syntax::{Entry, Node, Table};
use super::values::Each;
use super::{receptors, weight};
use crate::network::spec::{
    DriveKind, DriveSpec, PopulationKind, PopulationSpec, SourceSpec, SpikeList, Values,
};
use crate::stimulus::STIMULI;
use crate::stimulus::def::StimulusDef;
use crate::units::Dimension;

/// Keys of every stimulus, besides those of its table.
pub(super) const COMMON_KEYS: [&str; 6] =
    ["model", "to", "size", "weight", "receptor", "positions"];

/// What the section gives.
#[derive(Debug, Default)]
pub(super) struct Stimuli {
    pub sources: Vec<PopulationSpec>,
    pub drives: Vec<DriveSpec>,
}

/// A stimulus whose kind and role are known.
struct Known<'e> {
    entry: &'e Entry,
    table: &'e Table,
    def: &'static StimulusDef,
    /// Spikes of a spike list, which may decide the size.
    spikes: Option<Arc<SpikeList>>,
}

impl Known<'_> {
    /// Does it inject a current instead of spikes?
    fn is_current(&self) -> bool {
        !self.def.as_source || image::is_current(self.table)
    }
}

/// Reads all stimuli. `neurons`: number of populations, which come first in the specification.
pub(super) fn read(
    ctx: &mut Context,
    entries: &[Entry],
    names: &mut Names,
    neurons: usize,
) -> Stimuli {
    // Names first: a `to` may name something that comes later, and an error should know what it is.
    let mut known = Vec::with_capacity(entries.len());
    let mut next = neurons;
    for entry in entries {
        let mut named = Named {
            name: entry.key.clone(),
            place: entry.key_place.clone(),
            role: Role::Source,
            size: None,
            labels: None,
            positions: Ok(None),
            receptors: Some(Vec::new()),
            together: false,
            index: next,
        };
        if let Some(stimulus) = identify(ctx, entry, &mut named) {
            known.push(stimulus);
        }
        if named.role == Role::Source {
            next += 1;
        }
        names.add(ctx, named);
    }
    let mut out = Stimuli::default();
    for stimulus in known {
        match names.get(&stimulus.entry.key) {
            Some(n) if n.role == Role::Drive => {
                out.drives.extend(read_drive(ctx, &stimulus, names));
            }
            Some(n) if n.role == Role::Source => {
                out.sources.extend(read_source(ctx, &stimulus, n));
            }
            _ => {}
        }
    }
    out
}

fn identify<'e>(ctx: &mut Context, entry: &'e Entry, named: &mut Named) -> Option<Known<'e>> {
    let Some(table) = entry.node.table() else {
        ctx.expected(&entry.node, &format!("stimulus `{}`", entry.key), "a table");
        return None;
    };
    if table.get("to").is_some() {
        named.role = Role::Drive;
    }
    let Some(node) = table.get("model") else {
        ctx.missing(
            &entry.key_place,
            &format!("the model of stimulus `{}`", entry.key),
            "model = \"poisson\"",
        );
        return None;
    };
    let name = ctx.text(node, "model")?;
    let Some(def) = STIMULI.iter().find(|d| d.name == name) else {
        let valid: Vec<&str> = STIMULI.iter().map(|d| d.name).collect();
        ctx.reports
            .error(
                &node.place,
                format!("there is no stimulus `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(suggest(name, &valid));
        return None;
    };
    let mut valid: Vec<&str> = COMMON_KEYS.to_vec();
    if !def.as_source {
        valid.retain(|k| !matches!(*k, "size" | "weight" | "receptor" | "positions"));
    } else if image::is_current(table) {
        valid.retain(|k| !matches!(*k, "weight" | "receptor"));
    }
    valid.extend(def.keys.iter().map(|k| k.name));
    table.only(
        &valid,
        &format!("a {} stimulus", def.name),
        &mut ctx.reports,
    );

    let (to, size) = (table.entry("to"), table.entry("size"));
    if let (Some(to), Some(size)) = (to, size) {
        ctx.reports
            .error(&size.key_place, "a stimulus has either `to` or `size`, not both")
            .also(&to.key_place, "the other one")
            .help("`to` makes input that is private to each target; `size` makes elements that projections connect from");
        return None;
    }
    if let (Some(to), Some(positions)) = (to, table.entry("positions")) {
        ctx.reports
            .error(
                &positions.key_place,
                "a stimulus with `to` has no positions: it has no elements of its own",
            )
            .also(&to.key_place, "private to each target")
            .help("leave out `to`, and connect the stimulus with a projection");
        return None;
    }
    let is_list = def.name == "spike_list";
    let is_placed = table.get("positions").is_some();
    if to.is_none() && size.is_none() && !is_list && !is_placed {
        let mut wanted = "to = \"population\"".to_string();
        if def.as_source {
            wanted.push_str(" or size = 100");
        }
        ctx.missing(
            &entry.key_place,
            &format!("stimulus `{}`: `to` or `size`", entry.key),
            &wanted,
        );
        return None;
    }
    if let Some(node) = size.map(|e| &e.node) {
        named.size = ctx
            .whole(node, "size", 1, u64::from(u32::MAX))
            .and_then(|n| u32::try_from(n).ok());
    }
    positions::place(ctx, table, named);
    if size.is_none() && named.size.is_none() && is_placed && !is_list && named.positions.is_ok() {
        ctx.missing(
            &entry.key_place,
            &format!("the size of stimulus `{}`", entry.key),
            "size = 100",
        );
    }
    let spikes = if is_list {
        let (list, elements) = spikes::read_spikes(ctx, entry, table)?;
        if let (Some(size), Some(stated)) = (named.size, size.or(table.entry("positions"))) {
            if elements > u64::from(size) {
                ctx.reports.error(
                    &stated.node.place,
                    format!("size is {size}, but the spikes name {elements} elements"),
                );
            }
            if let (Some(times), true) = (table.entry("times"), size > 1 && elements == 1)
                && !spikes::is_nested(&times.node)
            {
                ctx.reports
                    .warning(
                        &times.key_place,
                        format!(
                            "one list of times is that of element 0: the other {} are silent",
                            size - 1
                        ),
                    )
                    .help("times = [[...], [...]] has a list for each element");
            }
        } else if size.is_none() {
            if elements == 0 && named.role == Role::Source {
                ctx.reports
                    .error(
                        &entry.key_place,
                        format!(
                            "stimulus `{}` has no spikes, so its size is unknown",
                            entry.key
                        ),
                    )
                    .help("add size = 1");
            } else {
                named.size = u32::try_from(elements).ok();
            }
        }
        Some(Arc::new(list))
    } else {
        None
    };
    for key in ["weight", "receptor"] {
        if named.role == Role::Source
            && let Some(e) = table.entry(key)
        {
            ctx.reports
                .error(&e.key_place, format!("a stimulus with a size has no {key}"))
                .help(format!("the {key} belongs to the projection from it"));
        }
    }
    Some(Known {
        entry,
        table,
        def,
        spikes,
    })
}

fn read_source(ctx: &mut Context, s: &Known<'_>, named: &Named) -> Option<PopulationSpec> {
    let size = named.size;
    if !s.def.as_source {
        // That `size` is no key of it has been said.
        return None;
    }
    if s.is_current() {
        ctx.reports
            .error(
                &s.entry.key_place,
                format!(
                    "stimulus `{}` is a current: nothing can be connected from it",
                    s.entry.key
                ),
            )
            .help("write to = \"population\" instead of size");
        return None;
    }
    let train = read_train(ctx, s, size.map(|n| n as usize));
    Some(PopulationSpec {
        name: s.entry.key.clone(),
        size: size?,
        kind: PopulationKind::Source(train?),
        labels: None,
        positions: named.positions.clone().ok()?,
    })
}

/// The spikes of a stimulus with so many elements.
fn read_train(ctx: &mut Context, s: &Known<'_>, elements: Option<usize>) -> Option<SourceSpec> {
    Some(match s.def.name {
        "poisson" => SourceSpec::Poisson {
            rate: rate::read(ctx, s, elements)?,
        },
        "sinusoidal_poisson" => SourceSpec::Poisson {
            rate: rate::sinusoid(ctx, s)?,
        },
        "gamma" => SourceSpec::Gamma(gamma::read(ctx, s, elements)?),
        "pulse_packet" => SourceSpec::PulsePacket(packet::read(ctx, s)?),
        "regular" => {
            let (interval, start, stop) = spikes::read_regular(ctx, s)?;
            SourceSpec::Regular {
                interval,
                start,
                stop,
            }
        }
        "image" => image::train(ctx, s, elements)?,
        _ => SourceSpec::SpikeList(Arc::clone(s.spikes.as_ref()?)),
    })
}

fn read_drive(ctx: &mut Context, s: &Known<'_>, names: &Names) -> Option<DriveSpec> {
    let to_node = s.table.get("to")?;
    let to = names.select(ctx, to_node, "to").and_then(|to| {
        names.neurons_only(ctx, &to, &to_node.place, "to")?;
        Some(to)
    });
    let targets = to
        .as_ref()
        .map(|to| to.iter().map(|t| t.len() as usize).sum::<usize>());
    let receptor = match &to {
        Some(to) if !s.is_current() => receptors::port(ctx, s.table, names, to, &s.entry.key_place),
        _ => Some(None),
    };
    let kind = if s.is_current() {
        current::takers(ctx, s, names, to.as_deref().unwrap_or_default(), to_node);
        current::read(ctx, s, targets)
    } else {
        let weight = to.as_ref().and_then(|to| {
            weight::read(
                ctx,
                s.table,
                names,
                to,
                &to_node.place,
                &s.entry.key_place,
                targets.map(Each::of),
            )
        });
        let train = read_train(ctx, s, targets);
        if let Some(list) = &s.spikes {
            let elements = list.events.iter().map(|(_, e)| u64::from(*e) + 1).max();
            if let (Some(elements), Some(targets)) = (elements, targets)
                && elements > targets as u64
            {
                ctx.reports
                    .error(
                        &to_node.place,
                        format!(
                            "the spikes name {elements} elements, but there are {targets} targets"
                        ),
                    )
                    .help("element i of the list drives target i");
            }
        }
        Some(private(train?, weight?))
    };
    Some(DriveSpec {
        name: s.entry.key.clone(),
        to: to?,
        kind: kind?,
        receptor: receptor?,
    })
}

/// The same trains, private to each target.
fn private(train: SourceSpec, weight: Values) -> DriveKind {
    match train {
        SourceSpec::Poisson { rate } => DriveKind::Poisson { rate, weight },
        SourceSpec::SpikeList(list) => DriveKind::SpikeList { list, weight },
        SourceSpec::Regular {
            interval,
            start,
            stop,
        } => DriveKind::Regular {
            interval,
            start,
            stop,
            weight,
        },
        SourceSpec::Gamma(gamma) => DriveKind::Gamma { gamma, weight },
        SourceSpec::PulsePacket(packet) => DriveKind::PulsePacket { packet, weight },
    }
}

/// A key that must be there.
fn required<'e>(ctx: &mut Context, s: &Known<'e>, key: &str, example: &str) -> Option<&'e Node> {
    let found = s.table.get(key);
    if found.is_none() {
        ctx.missing(
            &s.entry.key_place,
            &format!("stimulus `{}`: `{key}`", s.entry.key),
            example,
        );
    }
    found
}

/// `start` and `stop` in ticks. Without a `stop` there is none: a run that goes on longer is then the longer
/// run.
fn read_window(ctx: &mut Context, s: &Known<'_>) -> Option<(u64, u64)> {
    let start = match s.table.get("start") {
        Some(n) => ctx.ticks(n, "start", 0),
        None => Some(0),
    };
    let stop = match s.table.get("stop") {
        Some(n) => ctx.ticks(n, "stop", 0),
        None => Some(u64::MAX),
    };
    let (start, stop) = (start?, stop?);
    if let Some(node) = s.table.get("stop")
        && stop <= start
    {
        ctx.reports.error(
            &node.place,
            "stop is not after start: the stimulus would never be active",
        );
        return None;
    }
    Some((start, stop))
}

/// A value of a key, or `otherwise` if the key is not there.
fn scalar_or(
    ctx: &mut Context,
    s: &Known<'_>,
    key: &str,
    dimension: Dimension,
    otherwise: f64,
) -> Option<f64> {
    match s.table.get(key) {
        Some(n) => ctx.scalar(n, dimension, key),
        None => Some(otherwise),
    }
}

/// The same for a value that must not be negative.
fn positive_or(
    ctx: &mut Context,
    s: &Known<'_>,
    key: &str,
    dimension: Dimension,
    otherwise: f64,
) -> Option<f64> {
    let v = scalar_or(ctx, s, key, dimension, otherwise)?;
    if v < 0.0
        && let Some(n) = s.table.get(key)
    {
        ctx.reports.error(
            &n.place,
            format!("{key} must not be negative: {}", show_in(v, dimension)),
        );
        return None;
    }
    Some(v)
}

/// Drawn values are refused where every element needs one that is stated.
fn stated(ctx: &mut Context, values: Values, node: &Node, what: &str) -> Option<Values> {
    match values {
        Values::Constant(_) | Values::Array(_) => Some(values),
        _ => {
            ctx.reports
                .error(&node.place, format!("{what} cannot be drawn at random"))
                .help("state one value, a list, or { file = \"values.csv\" }");
            None
        }
    }
}
