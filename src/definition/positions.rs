//! `positions` of a population: a grid, a random scatter, a file, or a list of points.

use std::sync::Arc;

use super::context::{Context, show, show_in};
use super::files;
use super::names::Named;
use super::syntax::{Entry, Node, Table, Value};
use crate::network::space::Point;
use crate::network::spec::{Layout, OPEN, Positions};
use crate::units::Dimension;

/// A way to state positions, as users see it.
#[derive(Debug)]
pub struct LayoutDef {
    pub name: &'static str,
    pub example: &'static str,
    pub doc: &'static str,
    /// Keys that may stand beside the name.
    pub(super) keys: &'static [&'static str],
}

/// Every layout, in the order users see.
pub static LAYOUTS: [LayoutDef; 4] = [
    LayoutDef {
        name: "grid",
        example: "positions = { grid = [40, 40], extent = [\"1 mm\", \"1 mm\"] }",
        doc: "cell centres of a regular grid in the box `extent`; the last axis runs fastest (element i of [nx, ny] lies in column i / ny, row i % ny); gives the size",
        keys: &["grid", "extent", "center", "origin", "periodic"],
    },
    LayoutDef {
        name: "random",
        example: "positions = { random = [\"1 mm\", \"1 mm\"] }",
        doc: "evenly scattered in a box, drawn from the seed",
        keys: &["random", "center", "origin", "periodic"],
    },
    LayoutDef {
        name: "file",
        example: "positions = { file = \"positions.csv\" }",
        doc: "a CSV file with the columns x, y, z (or x, y; or x) in um; row i is element i; gives the size",
        keys: &["file", "extent", "periodic"],
    },
    LayoutDef {
        name: "points",
        example: "positions = { points = [[\"0 um\", \"0 um\"], [\"50 um\", \"0 um\"]] }, or the list alone",
        doc: "one point per element; gives the size",
        keys: &["points", "extent", "periodic"],
    },
];

/// Keys that may stand beside several layouts, and what they mean.
pub(super) const MODIFIERS: [(&str, &str); 4] = [
    ("extent", "Lengths of the sides of the box."),
    (
        "center",
        "Where the middle of the box is; the zero point unless given.",
    ),
    (
        "origin",
        "Where the corner with the lowest coordinates is, instead of center.",
    ),
    (
        "periodic",
        "Space closes upon itself (a ring, a torus): distances are those of the shorter way.",
    ),
];

/// Reads the key `positions` of `table` into `named`; positions may decide the size.
pub(super) fn place(ctx: &mut Context, table: &Table, named: &mut Named) {
    let Some(entry) = table.entry("positions") else {
        return;
    };
    let Some((positions, count)) = read(ctx, &entry.node) else {
        named.positions = Err(());
        return;
    };
    match (count, named.size, table.entry("size")) {
        (Some(n), None, None) => named.size = Some(n),
        (Some(n), Some(size), Some(stated)) if n != size => {
            ctx.reports
                .error(
                    &entry.node.place,
                    format!("there are {n} positions for {size} elements"),
                )
                .also(&stated.key_place, "the size")
                .help("they must be equal; the size may be left out");
            named.positions = Err(());
            return;
        }
        _ => {}
    }
    named.positions = Ok(Some(positions));
}

/// Positions, and how many there are where that is known.
fn read(ctx: &mut Context, node: &Node) -> Option<(Positions, Option<u32>)> {
    let empty = Table::default();
    let (def, table, node) = match &node.value {
        Value::List(_) => (&LAYOUTS[3], &empty, node),
        Value::Table(t) => {
            let mut named = t.entries.iter().filter_map(|e| {
                let def = LAYOUTS.iter().find(|d| d.name == e.key)?;
                Some((def, &e.node))
            });
            let (Some((def, inner)), None) = (named.next(), named.next()) else {
                ctx.reports
                    .error(
                        &node.place,
                        "positions: exactly one of grid, random, file or points is expected",
                    )
                    .help(format!("write for example {}", LAYOUTS[0].example));
                return None;
            };
            t.only(
                def.keys,
                &format!("positions ({})", def.name),
                &mut ctx.reports,
            );
            (def, t, inner)
        }
        _ => {
            ctx.expected(node, "positions", "a table, or a list of points");
            return None;
        }
    };
    let periodic = match table.get("periodic") {
        Some(n) => ctx.boolean(n, "positions: periodic")?,
        None => false,
    };
    match def.name {
        "grid" => grid(ctx, node, table, periodic),
        "random" => random(ctx, node, table, periodic),
        _ => listed(ctx, node, table, periodic),
    }
}

fn grid(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    periodic: bool,
) -> Option<(Positions, Option<u32>)> {
    let mut shape = [1u32; 3];
    let (items, dimensions) = axes(ctx, node, "positions: grid", "numbers of elements")?;
    for (n, item) in shape.iter_mut().zip(items) {
        let wanted = ctx.whole(item, "positions: grid", 1, u64::from(u32::MAX))?;
        *n = u32::try_from(wanted).ok()?;
    }
    let Some(n) = table.get("extent") else {
        ctx.missing(
            &node.place,
            "positions: extent",
            "extent = [\"1 mm\", \"1 mm\"]",
        );
        return None;
    };
    let extent = sides(ctx, n, "positions: extent", Some(dimensions))?.0;
    let count = shape.iter().map(|&n| u128::from(n)).product::<u128>();
    let Ok(count) = u32::try_from(count) else {
        ctx.reports.error(
            &node.place,
            format!("positions: a grid of {count} elements is too large: ids have 32 bits"),
        );
        return None;
    };
    let corner = corner(ctx, table, &extent, dimensions)?;
    let positions = Positions {
        dimensions,
        layout: Layout::Grid {
            shape,
            extent,
            corner,
        },
        period: period(&extent, dimensions, periodic),
    };
    Some((positions, Some(count)))
}

fn random(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    periodic: bool,
) -> Option<(Positions, Option<u32>)> {
    let (extent, dimensions) = sides(ctx, node, "positions: random", None)?;
    let corner = corner(ctx, table, &extent, dimensions)?;
    let positions = Positions {
        dimensions,
        layout: Layout::Random { extent, corner },
        period: period(&extent, dimensions, periodic),
    };
    Some((positions, None))
}

/// A file or a list of points.
fn listed(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    periodic: bool,
) -> Option<(Positions, Option<u32>)> {
    let (dimensions, points) = match &node.value {
        Value::Text(name) => match files::points(&node.place.file.resolve(name)) {
            Ok(read) => read,
            Err(errors) => {
                for e in errors {
                    ctx.reports.error(&node.place, e);
                }
                return None;
            }
        },
        _ => inline(ctx, node)?,
    };
    let extent = match table.entry("extent") {
        Some(e) => Some((
            e,
            sides(ctx, &e.node, "positions: extent", Some(dimensions))?.0,
        )),
        None => None,
    };
    let period = match (extent, periodic) {
        (Some((_, extent)), true) => period(&extent, dimensions, true),
        (None, true) => {
            ctx.missing(
                &node.place,
                "positions: the extent that closes upon itself",
                "extent = [\"1 mm\", \"1 mm\"]",
            );
            return None;
        }
        (Some((Entry { key_place, .. }, _)), false) => {
            ctx.reports
                .error(
                    key_place,
                    "positions: points need an extent only where space is periodic",
                )
                .help("leave it out, or add periodic = true");
            return None;
        }
        (None, false) => [OPEN; 3],
    };
    let reach = |k: usize| {
        let along = || points.iter().map(|p| p[k]);
        along().fold(f64::NEG_INFINITY, f64::max) - along().fold(f64::INFINITY, f64::min)
    };
    if let Some(k) = (0..dimensions).find(|&k| reach(k) > period[k] * (1.0 + 1e-9)) {
        ctx.reports
            .error(
                &node.place,
                format!(
                    "positions: the points span {}, and space closes after {}",
                    show_in(reach(k), Dimension::LENGTH),
                    show_in(period[k], Dimension::LENGTH)
                ),
            )
            .help("files of positions are in um; make the extent as large as the space");
        return None;
    }
    let Ok(count) = u32::try_from(points.len()) else {
        ctx.reports
            .error(&node.place, "positions: too many points: ids have 32 bits");
        return None;
    };
    let positions = Positions {
        dimensions,
        layout: Layout::Listed(Arc::new(points)),
        period,
    };
    Some((positions, Some(count)))
}

fn inline(ctx: &mut Context, node: &Node) -> Option<(usize, Vec<Point>)> {
    let items = ctx.list(node, "positions")?;
    let mut points = Vec::with_capacity(items.len());
    let mut dimensions = None;
    for item in items {
        let (coordinates, n) = axes(ctx, item, "a position", "lengths")?;
        if *dimensions.get_or_insert(n) != n {
            ctx.reports.error(
                &item.place,
                format!(
                    "this position has {n} coordinates, those before it have {}",
                    dimensions.unwrap_or(n)
                ),
            );
            return None;
        }
        let mut point = [0.0; 3];
        for (x, c) in point.iter_mut().zip(coordinates) {
            *x = ctx.scalar(c, Dimension::LENGTH, "a position")?;
        }
        points.push(point);
    }
    Some((dimensions?, points))
}

/// One to three values: a list, or one value alone.
fn axes<'n>(
    ctx: &mut Context,
    node: &'n Node,
    what: &str,
    of: &str,
) -> Option<(&'n [Node], usize)> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Table(_) | Value::Boolean(_) | Value::Date => {
            ctx.expected(node, what, &format!("a list of one to three {of}"));
            return None;
        }
        _ => std::slice::from_ref(node),
    };
    if !(1..=3).contains(&items.len()) {
        ctx.reports.error(
            &node.place,
            format!(
                "{what} has {} values: space has one to three dimensions",
                items.len()
            ),
        );
        return None;
    }
    Some((items, items.len()))
}

/// One to three lengths (unused ones are zero), as many as `dimensions` says.
fn lengths(
    ctx: &mut Context,
    node: &Node,
    what: &str,
    dimensions: Option<usize>,
) -> Option<(Point, usize)> {
    let (items, n) = axes(ctx, node, what, "lengths")?;
    if let Some(wanted) = dimensions
        && wanted != n
    {
        ctx.reports.error(
            &node.place,
            format!("{what} has {n} values, but the positions have {wanted} dimensions"),
        );
        return None;
    }
    let mut all = [0.0; 3];
    for (x, item) in all.iter_mut().zip(items) {
        *x = ctx.scalar(item, Dimension::LENGTH, what)?;
    }
    Some((all, n))
}

/// Positive lengths.
fn sides(
    ctx: &mut Context,
    node: &Node,
    what: &str,
    dimensions: Option<usize>,
) -> Option<(Point, usize)> {
    let (all, n) = lengths(ctx, node, what, dimensions)?;
    if let Some(bad) = all.iter().take(n).find(|x| **x <= 0.0) {
        ctx.reports.error(
            &node.place,
            format!(
                "{what} must be positive, not {}",
                show_in(*bad, Dimension::LENGTH)
            ),
        );
        return None;
    }
    Some((all, n))
}

fn corner(ctx: &mut Context, table: &Table, extent: &Point, dimensions: usize) -> Option<Point> {
    let centred = |c: Point| std::array::from_fn(|k| c[k] - 0.5 * extent[k]);
    match (table.entry("center"), table.entry("origin")) {
        (Some(a), Some(b)) => {
            ctx.reports
                .error(&b.key_place, "positions: either center or origin, not both")
                .also(&a.key_place, "the other one");
            None
        }
        (Some(e), None) => {
            lengths(ctx, &e.node, "positions: center", Some(dimensions)).map(|(c, _)| centred(c))
        }
        (None, Some(e)) => {
            lengths(ctx, &e.node, "positions: origin", Some(dimensions)).map(|(c, _)| c)
        }
        (None, None) => Some(centred([0.0; 3])),
    }
}

fn period(extent: &Point, dimensions: usize, periodic: bool) -> Point {
    std::array::from_fn(|k| {
        if periodic && k < dimensions {
            extent[k]
        } else {
            OPEN
        }
    })
}

/// A space in words: `"2 dimensions, periodic over 1000 x 1000 um"`.
pub(super) fn show_space(p: &Positions) -> String {
    let n = p.dimensions;
    let dimensions = format!("{n} dimension{}", if n == 1 { "" } else { "s" });
    let sides: Vec<String> = p
        .period
        .iter()
        .filter(|x| x.is_finite())
        .map(|x| show(*x))
        .collect();
    if sides.is_empty() {
        dimensions
    } else {
        format!("{dimensions}, periodic over {} um", sides.join(" x "))
    }
}
