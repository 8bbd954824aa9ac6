//! Values that may differ from element to element: constants, distributions, lists, columns.

use std::sync::Arc;

use super::context::{Context, show_in};
use super::distribution::{self, DISTRIBUTIONS};
use super::source::Place;
use super::syntax::{Node, Table, Value};
use super::value_files;
use crate::network::spec::{Rule, Values};
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

    pub fn allows(&self, v: f64) -> bool {
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

/// One value for each of so many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Each {
    pub count: usize,
    /// They may stand in a matrix of this shape, row by row.
    pub matrix: Option<[usize; 2]>,
    /// What they belong to, if that is not what is wanted in general.
    pub elements: Option<&'static str>,
}

impl Each {
    pub fn of(count: usize) -> Self {
        Self {
            count,
            matrix: None,
            elements: None,
        }
    }

    /// One value for each synapse of a rule that says which and how many they are: in the order of a
    /// list, of the targets of `one_to_one`, or in a matrix [source][target] for `all_to_all`.
    pub fn synapse(rule: &Rule, sources: u64, targets: u64) -> Option<Self> {
        let [s, t] = [
            usize::try_from(sources).ok()?,
            usize::try_from(targets).ok()?,
        ];
        let (count, matrix) = match rule {
            Rule::List(edges) => (edges.source.len(), None),
            Rule::OneToOne => (t, None),
            Rule::AllToAll => (s.checked_mul(t)?, Some([s, t])),
            _ => return None,
        };
        Some(Self {
            count,
            matrix,
            elements: Some("synapses"),
        })
    }
}

/// Reads a constant, a distribution such as `{ uniform = [low, high] }`, `{ file, column }`, or a
/// list.
pub(super) fn read(ctx: &mut Context, node: &Node, wanted: &Wanted<'_>) -> Option<Values> {
    read_each(ctx, node, wanted, wanted.count.map(Each::of))
}

/// The same, where what stands for `each` is not told by a count alone.
pub(super) fn read_each(
    ctx: &mut Context,
    node: &Node,
    wanted: &Wanted<'_>,
    each: Option<Each>,
) -> Option<Values> {
    match &node.value {
        Value::Table(table) => read_table(ctx, node, table, wanted, each),
        Value::List(items) => {
            let mut complete = list_length(ctx, &node.place, items.len(), wanted, each).is_some();
            // Where a list has the wrong length, what is wrong within it is told, too.
            each.as_ref()?;
            let mut all = Vec::with_capacity(items.len());
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

/// Is that value allowed?
pub(super) fn inside(ctx: &mut Context, v: f64, place: &Place, wanted: &Wanted<'_>) -> bool {
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

/// Is that the length of a list of values?
pub(super) fn list_length(
    ctx: &mut Context,
    place: &Place,
    got: usize,
    wanted: &Wanted<'_>,
    each: Option<Each>,
) -> Option<usize> {
    match each {
        Some(e) if e.count == got => Some(got),
        Some(e) => {
            ctx.reports.error(
                place,
                format!(
                    "{} has {got} values for {} {}",
                    wanted.what,
                    e.count,
                    e.elements.unwrap_or(wanted.elements)
                ),
            );
            None
        }
        None => {
            ctx.reports
                .error(place, format!("{} cannot be a list of values", wanted.what))
                .help("one value for each synapse needs the rule list, one_to_one or all_to_all; one for each source population is { per_source = [...] }, one for each pair a list of rows");
            None
        }
    }
}

fn read_table(
    ctx: &mut Context,
    node: &Node,
    table: &Table,
    wanted: &Wanted<'_>,
    each: Option<Each>,
) -> Option<Values> {
    let what = wanted.what;
    let names: Vec<&str> = DISTRIBUTIONS.iter().map(|d| d.name).collect();
    let mut forms = table
        .entries
        .iter()
        .filter(|e| e.key == "file" || names.contains(&e.key.as_str()));
    let (Some(form), None) = (forms.next(), forms.next()) else {
        ctx.reports
            .error(
                &node.place,
                format!("{what}: exactly one of {} or file is expected", names.join(", ")),
            )
            .help("for example { uniform = [low, high] }, { normal = [mean, std] }, { exponential = mean } or { file = \"values.csv\", column = \"name\" }");
        return None;
    };
    let Some(def) = DISTRIBUTIONS.iter().find(|d| d.name == form.key) else {
        table.only(
            &value_files::KEYS,
            &format!("{what} (file)"),
            &mut ctx.reports,
        );
        return value_files::read(ctx, node, table, wanted, each);
    };
    let valid: &[&str] = if def.limits {
        &[def.name, "min", "max"]
    } else {
        &[def.name]
    };
    table.only(valid, &format!("{what} ({})", def.name), &mut ctx.reports);
    distribution::read(ctx, def, form, table, wanted)
}
