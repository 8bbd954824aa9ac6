//! Values that may differ from element to element: constants, distributions, lists, columns.

use std::sync::Arc;

use super::context::{Context, show, show_in};
use super::files;
use super::source::Place;
use super::syntax::{Node, Table, Value};
use crate::network::spec::Values;
use crate::neuron::def::Bound;
use crate::units::Dimension;

/// What is asked of the values of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// What messages call it.
    pub what: &'a str,
    pub dimension: Dimension,
    pub min: Bound,
    pub max: Bound,
    /// Length of a list of values; `None`: a list is not allowed.
    pub count: Option<usize>,
    /// What the elements are: "neurons", "targets".
    pub elements: &'a str,
    /// Numbers in files are multiplied by this to get the canonical unit (rates are in Hz there).
    pub file_unit: f64,
}

impl<'a> Wanted<'a> {
    /// Any finite value of the dimension.
    pub fn any(
        what: &'a str,
        dimension: Dimension,
        count: Option<usize>,
        elements: &'a str,
    ) -> Self {
        Self {
            what,
            dimension,
            min: Bound::None,
            max: Bound::None,
            count,
            elements,
            file_unit: 1.0,
        }
    }

    fn allows(&self, v: f64) -> bool {
        self.min.allows_above(v) && self.max.allows_below(v)
    }

    /// The allowed range in words.
    pub fn range(&self) -> String {
        let low = match self.min {
            Bound::None => None,
            Bound::Inclusive(b) => Some(format!("at least {}", show_in(b, self.dimension))),
            Bound::Exclusive(b) => Some(format!("greater than {}", show_in(b, self.dimension))),
        };
        let high = match self.max {
            Bound::None => None,
            Bound::Inclusive(b) => Some(format!("at most {}", show_in(b, self.dimension))),
            Bound::Exclusive(b) => Some(format!("less than {}", show_in(b, self.dimension))),
        };
        match (low, high) {
            (Some(l), Some(h)) => format!("{l} and {h}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => "finite".into(),
        }
    }
}

/// Forms a value may have, for messages.
const FORMS: [&str; 4] = ["uniform", "normal", "lognormal", "file"];

/// Below this chance of a draw to fall between `min` and `max`, redrawing would take for ever.
const RAREST: f64 = 1e-4;

/// Reads a constant, `{ uniform = [low, high] }`, `{ normal = [mean, std], min, max }`,
/// `{ lognormal = [median, sigma], min, max }`, `{ file, column }`, or a list.
pub(super) fn read(ctx: &mut Context, node: &Node, wanted: &Wanted<'_>) -> Option<Values> {
    match &node.value {
        Value::Table(table) => read_table(ctx, node, table, wanted),
        Value::List(items) => {
            let count = list_length(ctx, &node.place, items.len(), wanted)?;
            let mut all = Vec::with_capacity(count);
            let mut complete = true;
            for item in items {
                match one(ctx, item, wanted) {
                    Some(v) => all.push(v),
                    None => complete = false,
                }
            }
            complete.then(|| Values::Array(Arc::new(all)))
        }
        _ => one(ctx, node, wanted).map(Values::Constant),
    }
}

fn one(ctx: &mut Context, node: &Node, wanted: &Wanted<'_>) -> Option<f64> {
    let v = ctx.scalar(node, wanted.dimension, wanted.what)?;
    inside(ctx, v, &node.place, wanted).then_some(v)
}

fn inside(ctx: &mut Context, v: f64, place: &Place, wanted: &Wanted<'_>) -> bool {
    let fine = wanted.allows(v);
    if !fine {
        ctx.reports.error(
            place,
            format!(
                "{} must be {}, not {}",
                wanted.what,
                wanted.range(),
                show_in(v, wanted.dimension)
            ),
        );
    }
    fine
}

fn list_length(ctx: &mut Context, place: &Place, got: usize, wanted: &Wanted<'_>) -> Option<usize> {
    match wanted.count {
        Some(n) if n == got => Some(n),
        Some(n) => {
            ctx.reports.error(
                place,
                format!(
                    "{} has {got} values for {n} {}",
                    wanted.what, wanted.elements
                ),
            );
            None
        }
        None => {
            ctx.reports
                .error(place, format!("{} cannot be a list of values", wanted.what))
                .help("one value for each synapse comes from rule = { list = \"file.csv\" }; one for each source population is { per_source = [...] }, one for each pair a list of rows");
            None
        }
    }
}

fn read_table(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    wanted: &Wanted<'_>,
) -> Option<Values> {
    let what = wanted.what;
    let mut forms = table
        .entries
        .iter()
        .filter(|e| FORMS.contains(&e.key.as_str()));
    let (Some(form), None) = (forms.next(), forms.next()) else {
        ctx.reports
            .error(&node.place, format!("{what}: exactly one of uniform, normal, lognormal or file is expected"))
            .help("for example { uniform = [low, high] }, { normal = [mean, std] }, { lognormal = [median, sigma] } or { file = \"values.csv\", column = \"name\" }");
        return None;
    };
    let valid: &[&str] = match form.key.as_str() {
        "uniform" => &["uniform"],
        "file" => &["file", "column"],
        "normal" => &["normal", "min", "max"],
        _ => &["lognormal", "min", "max"],
    };
    table.only(valid, &format!("{what} ({})", form.key), &mut ctx.reports);
    if form.key == "file" {
        return from_file(ctx, node, table, wanted);
    }
    let second_dimension = match form.key.as_str() {
        "lognormal" => Dimension::NONE,
        _ => wanted.dimension,
    };
    let pair = match &form.node.value {
        Value::List(pair) => pair.as_slice(),
        _ => &[],
    };
    let [first, second] = pair else {
        let names = match form.key.as_str() {
            "uniform" => "[low, high]",
            "normal" => "[mean, std]",
            _ => "[median, sigma]",
        };
        ctx.expected(
            &form.node,
            &format!("{what}: {}", form.key),
            &format!("a list of two values, {names}"),
        );
        return None;
    };
    let a = ctx.scalar(first, wanted.dimension, what);
    let b = ctx.scalar(second, second_dimension, what);
    let limit = |ctx: &mut Context, key: &str, otherwise: f64| match table.get(key) {
        Some(n) => ctx.scalar(n, wanted.dimension, &format!("{what}: {key}")),
        None => Some(otherwise),
    };
    let min = limit(ctx, "min", f64::NEG_INFINITY);
    let max = limit(ctx, "max", f64::INFINITY);
    let (a, b, min, max) = (a?, b?, min?, max?);
    if min > max {
        ctx.reports
            .error(&node.place, format!("{what}: min is greater than max"));
        return None;
    }
    match form.key.as_str() {
        "uniform" => uniform(ctx, &form.node, a, b, wanted),
        "normal" => normal(ctx, &form.node, [a, b, min, max], wanted),
        _ => lognormal(ctx, &form.node, [a, b, min, max], wanted),
    }
}

fn uniform(
    ctx: &mut Context,
    node: &Node,
    low: f64,
    high: f64,
    wanted: &Wanted<'_>,
) -> Option<Values> {
    if low > high {
        ctx.reports.error(
            &node.place,
            format!(
                "{}: the lower limit {} is greater than the upper limit {}",
                wanted.what,
                show(low),
                show(high)
            ),
        );
        return None;
    }
    // The upper limit itself is never drawn, so an exclusive bound may stand there.
    let high_allowed = match wanted.max {
        Bound::Exclusive(b) => high <= b,
        bound => bound.allows_below(high),
    };
    if !(wanted.allows(low) && high_allowed && wanted.min.allows_above(high)) {
        ctx.reports.error(
            &node.place,
            format!(
                "{} must be {}, and this draws from {} to {}",
                wanted.what,
                wanted.range(),
                show(low),
                show(high)
            ),
        );
        return None;
    }
    Some(if low == high {
        Values::Constant(low)
    } else {
        Values::Uniform { low, high }
    })
}

/// The tails of a drawn distribution must stay in the allowed range: `min` and `max` cut them.
fn tails_inside(ctx: &mut Context, node: &Node, low: f64, high: f64, wanted: &Wanted<'_>) -> bool {
    let (key, bound) = if !(wanted.min.allows_above(low)) {
        ("min", wanted.min)
    } else if !(wanted.max.allows_below(high)) {
        ("max", wanted.max)
    } else {
        return true;
    };
    let limit = match bound {
        Bound::Inclusive(b) | Bound::Exclusive(b) => b,
        Bound::None => 0.0,
    };
    ctx.reports
        .error(
            &node.place,
            format!(
                "{} must be {}, and this distribution can leave that range",
                wanted.what,
                wanted.range()
            ),
        )
        .help(match bound {
            Bound::Exclusive(_) => format!(
                "add {key} beside it; {} itself is not allowed",
                show_in(limit, wanted.dimension)
            ),
            _ => format!("add {key} = \"{}\"", show_in(limit, wanted.dimension)),
        });
    false
}

/// Chance of a standard normal draw in [low, high].
fn chance(low: f64, high: f64) -> f64 {
    let upper = |x: f64| 0.5 * libm::erfc(x / std::f64::consts::SQRT_2);
    // The difference of upper tails cancels on the far left; mirrored it does not.
    if high <= 0.0 {
        upper(-high) - upper(-low)
    } else {
        upper(low) - upper(high)
    }
}

fn too_rare(ctx: &mut Context, node: &Node, what: &str) {
    ctx.reports
        .error(
            &node.place,
            format!("{what}: almost no draw of this distribution lies between min and max"),
        )
        .help("values are drawn again until they do; widen the limits");
}

fn spread_valid(ctx: &mut Context, node: &Node, spread: f64, name: &str, what: &str) -> bool {
    if spread < 0.0 {
        ctx.reports.error(
            &node.place,
            format!("{what}: {name} must not be negative: {}", show(spread)),
        );
    }
    spread >= 0.0
}

fn normal(
    ctx: &mut Context,
    node: &Node,
    [mean, std, min, max]: [f64; 4],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    if !spread_valid(ctx, node, std, "the standard deviation", wanted.what) {
        return None;
    }
    if std == 0.0 {
        if !(min..=max).contains(&mean) {
            too_rare(ctx, node, wanted.what);
            return None;
        }
        return inside(ctx, mean, &node.place, wanted).then_some(Values::Constant(mean));
    }
    if !tails_inside(ctx, node, min, max, wanted) {
        return None;
    }
    if chance((min - mean) / std, (max - mean) / std) < RAREST {
        too_rare(ctx, node, wanted.what);
        return None;
    }
    Some(Values::Normal {
        mean,
        std,
        min,
        max,
    })
}

/// `median * exp(sigma * N(0, 1))`. A negative median gives negative values.
fn lognormal(
    ctx: &mut Context,
    node: &Node,
    [median, sigma, min, max]: [f64; 4],
    wanted: &Wanted<'_>,
) -> Option<Values> {
    let what = wanted.what;
    if !spread_valid(ctx, node, sigma, "sigma", what) {
        return None;
    }
    if median == 0.0 {
        ctx.reports.error(
            &node.place,
            format!("{what}: the median of a lognormal distribution cannot be zero"),
        );
        return None;
    }
    if sigma == 0.0 {
        if !(min..=max).contains(&median) {
            too_rare(ctx, node, what);
            return None;
        }
        return inside(ctx, median, &node.place, wanted).then_some(Values::Constant(median));
    }
    // Zero itself is never drawn: the smallest number beyond it stands for the open end.
    let tiny = f64::MIN_POSITIVE;
    let (low, high) = if median > 0.0 {
        (min.max(tiny), max)
    } else {
        (min, max.min(-tiny))
    };
    if low > high {
        too_rare(ctx, node, what);
        return None;
    }
    if !tails_inside(ctx, node, low, high, wanted) {
        return None;
    }
    let z = |x: f64| libm::log(x / median) / sigma;
    let (from, to) = (z(low).min(z(high)), z(low).max(z(high)));
    // Both ratios are positive, so neither logarithm is NaN.
    if chance(from, to) < RAREST {
        too_rare(ctx, node, what);
        return None;
    }
    Some(Values::Lognormal {
        mu: 0.0,
        sigma,
        scale: median,
        min,
        max,
    })
}

fn from_file(ctx: &mut Context, node: &Node, table: &Table, wanted: &Wanted<'_>) -> Option<Values> {
    let (file_node, column) = file_and_column(ctx, node, table, wanted.what)?;
    wanted.count.or_else(|| {
        let _ = list_length(ctx, &node.place, 0, wanted);
        None
    })?;
    let name = ctx.text(file_node, wanted.what)?;
    let path = file_node.place.file.resolve(name);
    match files::number_column(&path, column) {
        Ok(mut numbers) => {
            list_length(ctx, &file_node.place, numbers.len(), wanted)?;
            for (row, v) in numbers.iter_mut().enumerate() {
                *v *= wanted.file_unit;
                if !wanted.allows(*v) {
                    let message = format!(
                        "{} must be {}, and value {} of {} is {}",
                        wanted.what,
                        wanted.range(),
                        row + 1,
                        path.display(),
                        show_in(*v, wanted.dimension)
                    );
                    ctx.reports.error(&file_node.place, message);
                    return None;
                }
            }
            Some(Values::Array(Arc::new(numbers)))
        }
        Err(errors) => {
            for e in errors {
                ctx.reports.error(&file_node.place, e);
            }
            None
        }
    }
}

/// The `file` and the optional `column` of a table.
pub(super) fn file_and_column<'n>(
    ctx: &mut Context,
    node: &Node,
    table: &'n Table,
    what: &str,
) -> Option<(&'n Node, Option<&'n str>)> {
    let column = match table.get("column") {
        Some(n) => Some(ctx.text(n, &format!("{what}: column"))?),
        None => None,
    };
    match table.get("file") {
        Some(n) => Some((n, column)),
        None => {
            ctx.missing(
                &node.place,
                &format!("{what}: file"),
                "file = \"values.csv\"",
            );
            None
        }
    }
}

/// The interval that drawn values practically stay in: six standard deviations, or the limits.
pub(super) fn support(values: &Values) -> (f64, f64) {
    const FAR: f64 = 6.0;
    match values {
        Values::Constant(v) => (*v, *v),
        Values::Uniform { low, high } => (*low, *high),
        Values::Normal {
            mean,
            std,
            min,
            max,
        } => ((mean - FAR * std).max(*min), (mean + FAR * std).min(*max)),
        Values::Lognormal {
            mu,
            sigma,
            scale,
            min,
            max,
        } => {
            let a = scale * libm::exp(mu - FAR * sigma);
            let b = scale * libm::exp(mu + FAR * sigma);
            (a.min(b).max(*min), a.max(b).min(*max))
        }
        Values::Array(all) => all
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                (l.min(*v), h.max(*v))
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_a_normal_draw_is_right_in_both_tails() {
        assert!((chance(-1.0, 1.0) - 0.682_689_492_137).abs() < 1e-9);
        assert!((chance(f64::NEG_INFINITY, f64::INFINITY) - 1.0).abs() < 1e-12);
        assert!((chance(-10.0, -9.0) / chance(9.0, 10.0) - 1.0).abs() < 1e-9);
        assert!(chance(9.0, 10.0) > 0.0);
    }
}
