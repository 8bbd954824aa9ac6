//! What depends on distance: the kernel of a rule, of a weight, of a delay.

use super::context::{Context, show};
use super::distribution::DISTRIBUTIONS;
use super::names::Names;
use super::positions::show_space;
use super::projection::Places;
use super::source::Place;
use super::syntax::{Entry, Node, Table};
use super::values::{self, Wanted};
use crate::network::connect::first_without_sources;
use crate::network::space::{KERNELS, Points, SPEED, Space};
use crate::network::spec::{
    ByDistance, Kernel, Positions, ProjectionSpec, Rule, Shape, Slice, Values,
};
use crate::units::Dimension;

/// Keys of a kernel besides its shape.
pub(super) const KEYS: [(&str, &str); 3] = [
    ("peak", "What the kernel starts from at distance zero."),
    ("offset", "Added at every distance; zero unless given."),
    (
        "within",
        "Mask radius: pairs farther apart are never connected.",
    ),
];

/// Elements up to which it is checked before building whether all targets have sources in reach.
const MOST_CHECKED: u64 = 10_000_000;

/// Is this a value by distance? A shape that is also the name of a distribution is one only with
/// `peak` or `offset`.
pub(super) fn is_meant(node: &Node) -> bool {
    node.table().is_some_and(|t| {
        t.entries
            .iter()
            .any(|e| only_a_shape(&e.key) || e.key == "peak" || e.key == "offset")
    })
}

fn only_a_shape(key: &str) -> bool {
    shape_name(key) && !DISTRIBUTIONS.iter().any(|d| d.name == key)
}

fn shape_name(key: &str) -> bool {
    key == SPEED.name || KERNELS.iter().any(|k| k.name == key)
}

/// The one shape in `table`; reports other keys than `more`.
fn shape(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    what: &str,
    more: &[&str],
    speed: bool,
) -> Option<Shape> {
    let mut valid: Vec<&str> = KERNELS.iter().map(|k| k.name).collect();
    if speed {
        valid.push(SPEED.name);
    }
    let names = valid.join(", ");
    let mut found = table.entries.iter().filter(|e| shape_name(&e.key));
    let one = (found.next(), found.next());
    valid.extend(more);
    if let (Some(_), Some(second)) = one {
        ctx.reports.error(
            &second.key_place,
            format!("{what}: only one of {names} can be given"),
        );
        return None;
    }
    table.only(&valid, what, &mut ctx.reports);
    let Some(Entry {
        key,
        node: length,
        key_place,
        ..
    }) = one.0
    else {
        // A misspelt name has been told already.
        if table
            .entries
            .iter()
            .all(|e| valid.contains(&e.key.as_str()))
        {
            ctx.reports
                .error(&node.place, format!("{what}: one of {names} is expected"))
                .help("for example gaussian = \"0.2 mm\"");
        }
        return None;
    };
    let def = KERNELS.iter().chain([&SPEED]).find(|k| k.name == key)?;
    if key == SPEED.name && !speed {
        // `only` has told it.
        let _ = key_place;
        return None;
    }
    let dimension = if key == SPEED.name {
        Dimension::SPEED
    } else {
        Dimension::LENGTH
    };
    let x = ctx.scalar(length, dimension, &format!("{what}: {key}"))?;
    if x <= 0.0 {
        ctx.reports.error(
            &length.place,
            format!("{what}: {key} must be positive, not {}", show(x)),
        );
        return None;
    }
    Some((def.shape)(x))
}

/// `{ gaussian = "0.2 mm", peak = 0.6, offset = 0.01, within = "1 mm" }`
pub(super) fn probability(ctx: &mut Context, node: &Node, table: &Table) -> Option<Kernel> {
    let what = "the probability";
    let shape = shape(ctx, node, table, what, &["peak", "offset", "within"], false);
    let peak = match table.get("peak") {
        Some(n) => ctx.scalar(n, Dimension::NONE, "peak"),
        None => {
            ctx.missing(&node.place, "the probability: peak", "peak = 0.6");
            None
        }
    };
    let offset = match table.get("offset") {
        Some(n) => ctx.scalar(n, Dimension::NONE, "offset"),
        None => Some(0.0),
    };
    let within = mask(ctx, table);
    let kernel = Kernel {
        shape: shape?,
        peak: peak?,
        offset: offset?,
        within: within?,
    };
    let ends = [kernel.offset + kernel.peak, kernel.offset];
    if let Some(bad) = ends.into_iter().find(|p| !(0.0..=1.0).contains(p)) {
        let which = if kernel.offset == 0.0 {
            ""
        } else {
            " (peak and offset together, and the offset alone)"
        };
        let place = table.get("peak").map_or(&node.place, |n| &n.place);
        ctx.reports.error(
            place,
            format!(
                "a probability lies between 0 and 1, not at {}{which}",
                show(bad)
            ),
        );
        return None;
    }
    Some(kernel)
}

/// `{ indegree = 100, gaussian = "0.2 mm", within = "1 mm" }`
pub(super) fn indegree(ctx: &mut Context, node: &Node, table: &Table) -> Option<Rule> {
    let what = "the in-degree by distance";
    let shape = shape(ctx, node, table, what, &["indegree", "within"], false);
    let indegree = match table.get("indegree") {
        Some(n) => ctx.whole(n, "the in-degree", 0, u64::from(u32::MAX)),
        None => {
            ctx.missing(&node.place, "indegree", "indegree = 100");
            None
        }
    };
    let within = mask(ctx, table);
    Some(Rule::IndegreeByDistance {
        indegree: u32::try_from(indegree?).ok()?,
        kernel: Kernel {
            shape: shape?,
            peak: 1.0,
            offset: 0.0,
            within: within?,
        },
    })
}

fn mask(ctx: &mut Context, table: &Table) -> Option<f64> {
    let Some(n) = table.get("within") else {
        return Some(f64::INFINITY);
    };
    let radius = ctx.scalar(n, Dimension::LENGTH, "within")?;
    if radius <= 0.0 {
        ctx.reports.error(
            &n.place,
            format!("within must be positive, not {} um", show(radius)),
        );
        return None;
    }
    Some(radius)
}

/// `{ gaussian = "0.2 mm", peak = "1 nA", offset = "0.1 nA" }`; peak and offset may be distributions.
pub(super) fn weight(ctx: &mut Context, node: &Node, dimension: Dimension) -> Option<ByDistance> {
    value(ctx, node, "weight", dimension, false)
}

/// The same in time, or `{ speed = "0.3 m/s", offset = "0.5 ms" }`.
pub(super) fn delay(ctx: &mut Context, node: &Node) -> Option<ByDistance> {
    let delay = value(ctx, node, "delay", Dimension::TIME, true)?;
    // Every draw must be a delay; what is less than a tick is one tick.
    let (low, _) = delay.range(f64::MAX, Values::practical);
    let is_drawn = |v: &Values| matches!(v, Values::Normal { .. } | Values::Lognormal { .. });
    if low < 0.0 {
        let drawn = is_drawn(&delay.peak) || is_drawn(&delay.offset);
        ctx.reports
            .error(
                &node.place,
                format!(
                    "delay must not be negative: this gives delays from {} ms on",
                    show(low)
                ),
            )
            .help(if drawn {
                "state min and max of what is drawn"
            } else {
                "peak and offset together, and the offset alone, must not be negative"
            });
        return None;
    }
    Some(delay)
}

fn value(
    ctx: &mut Context,
    node: &Node,
    what: &str,
    dimension: Dimension,
    speed: bool,
) -> Option<ByDistance> {
    let table = node.table()?;
    let travels = table.get(SPEED.name).is_some() && speed;
    let more: &[&str] = if travels {
        &["offset"]
    } else {
        &["peak", "offset"]
    };
    let shape = shape(
        ctx,
        node,
        table,
        &format!("{what} by distance"),
        more,
        speed,
    );
    let mut read = |key: &str| {
        let name = format!("{what}: {key}");
        table
            .get(key)
            .map(|n| values::read(ctx, n, &Wanted::any(&name, dimension, None, "")))
    };
    let offset = read("offset").unwrap_or(Some(Values::Constant(0.0)));
    let peak = if travels {
        Some(Values::Constant(1.0))
    } else {
        match read("peak") {
            Some(peak) => peak,
            None => {
                let example = format!("peak = {}", dimension.example());
                ctx.missing(&node.place, &format!("{what}: peak"), &example);
                None
            }
        }
    };
    Some(ByDistance {
        shape: shape?,
        peak: peak?,
        offset: offset?,
    })
}

/// Where distances matter, both ends must lie in one space, and every target that draws sources must
/// have them in its reach.
pub(super) fn check(
    ctx: &mut Context,
    names: &Names,
    spec: &ProjectionSpec,
    at: &Places<'_>,
) -> Option<()> {
    if !spec.needs_positions() {
        return Some(());
    }
    let mut first: Option<(Positions, String)> = None;
    let mut fine = Some(());
    let sources = spec.from.iter().map(|s| (s, at.from));
    let targets = spec.to.iter().map(|s| (s, at.to));
    for (slice, place) in sources.chain(targets) {
        let named = names.at(slice.population)?;
        let Some(positions) = named.positions.as_ref().ok()? else {
            ctx.reports
                .error(
                    place,
                    format!("`{}` has no positions, and this projection depends on distance", named.name),
                )
                .help("add for example positions = { grid = [40, 40], extent = [\"1 mm\", \"1 mm\"] } to it");
            return None;
        };
        match &first {
            Some((p, other)) if !p.fits(positions) => {
                ctx.reports.error(
                    place,
                    format!(
                        "no distance between different spaces: `{other}` has {}, `{}` has {}",
                        show_space(p),
                        named.name,
                        show_space(positions)
                    ),
                );
                fine = None;
            }
            Some(_) => {}
            None => first = Some((positions.clone(), named.name.clone())),
        }
    }
    fine?;
    match &spec.rule {
        Rule::IndegreeByDistance { indegree, kernel } => {
            reach(ctx, names, spec, *indegree, kernel, at.rule)
        }
        _ => Some(()),
    }
}

fn reach(
    ctx: &mut Context,
    names: &Names,
    spec: &ProjectionSpec,
    indegree: u32,
    kernel: &Kernel,
    place: &Place,
) -> Option<()> {
    if spec.sources() + spec.targets() > MOST_CHECKED {
        return Some(());
    }
    let most = spec
        .from
        .iter()
        .chain(&spec.to)
        .map(|s| s.population)
        .max()?;
    let points: Vec<_> = (0..=most)
        .map(|i| {
            let used = spec.from.iter().chain(&spec.to).any(|s| s.population == i);
            let named = names.at(i).filter(|_| used)?;
            let positions = named.positions.as_ref().ok()?.as_ref()?;
            Some(positions.all(ctx.seed, i, named.size?))
        })
        .collect();
    let at = spec.to.first()?.population;
    let period = names.at(at)?.positions.as_ref().ok()?.as_ref()?.period;
    let space = Space {
        from: Points::new(&spec.from, &points)?,
        to: Points::new(&spec.to, &points)?,
        period,
    };
    let element = |side: &[Slice], mut i: u32| {
        side.iter().find_map(|s| {
            if i < s.len() {
                return Some((s.population, s.start + i));
            }
            i -= s.len();
            None
        })
    };
    let itself = |t: u32| {
        !spec.allow_autapses
            && element(&spec.to, t).is_some_and(|(p, i)| {
                spec.from
                    .iter()
                    .any(|s| s.population == p && (s.start..s.end).contains(&i))
            })
    };
    let wanted = if spec.allow_multapses {
        indegree.min(1)
    } else {
        indegree
    };
    let Some((t, found)) = first_without_sources(&space, kernel, wanted, itself) else {
        return Some(());
    };
    let (p, i) = element(&spec.to, t)?;
    let name = names.at(p).map_or("", |n| n.name.as_str());
    ctx.reports
        .error(
            place,
            format!("an in-degree of {indegree} cannot be had: {name}[{i}] has {found} sources within reach"),
        )
        .help("widen the kernel or its mask, lower the in-degree, or allow multapses");
    None
}
