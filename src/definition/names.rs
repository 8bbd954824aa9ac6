//! The names of populations and stimuli, and what they stand for in `from`, `to` and `of`:
//! `"pop"`, `"pop[0..100]"`, `"pop[7]"`, `"pop.label"`, or a list of these.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::Context;
use super::diagnostics::suggest;
use super::expression::{self, Failure};
use super::source::Place;
use super::syntax::{Entry, Node, Value};
use crate::network::spec::{Positions, Slice};
use crate::neuron::ModelKind;
use crate::units::Dimension;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Neurons; the model is unknown while in error.
    Neurons(Option<ModelKind>),
    /// A stimulus with elements of its own.
    Source,
    /// A stimulus that acts on its targets directly: nothing can be connected from it.
    Drive,
}

#[derive(Debug)]
pub(super) struct Named {
    pub name: String,
    pub place: Place,
    pub role: Role,
    /// `None`: in error, and told already.
    pub size: Option<u32>,
    pub labels: Option<Arc<Vec<String>>>,
    /// `Err`: stated, but in error and told already.
    pub positions: Result<Option<Positions>, ()>,
    /// Names of the receptor ports, if there are any; `None`: in error, and told already.
    pub receptors: Option<Vec<Option<String>>>,
    /// Excitatory and inhibitory current are held as one.
    pub together: bool,
    /// Index in `NetworkSpec::populations`; meaningless for a drive.
    pub index: usize,
}

/// Everything that has a name, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub all: Vec<Named>,
    /// Rules of `[plasticity]`.
    pub plasticity: Vec<Entry>,
    /// Modulators, in the order of the specification.
    pub modulators: Vec<String>,
    by_name: HashMap<String, usize>,
}

/// May a population have this name? Dots, brackets and slashes have a meaning where names are used:
/// labels, slices, and groups in a recording.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl Names {
    pub fn add(&mut self, ctx: &mut Context, named: Named) {
        if !is_name(&named.name) {
            ctx.reports
                .error(
                    &named.place,
                    format!("`{}` cannot be a name", named.name.escape_debug()),
                )
                .help("names of populations and stimuli consist of letters, digits, _ and -");
        }
        if let Some(first) = self.get(&named.name) {
            ctx.reports
                .error(
                    &named.place,
                    format!("the name `{}` is used twice", named.name.escape_debug()),
                )
                .also(&first.place, "first used")
                .help("populations and stimuli share one set of names");
            return;
        }
        self.by_name.insert(named.name.clone(), self.all.len());
        self.all.push(named);
    }

    pub fn get(&self, name: &str) -> Option<&Named> {
        self.by_name.get(name).and_then(|&i| self.all.get(i))
    }

    /// The population with this index in the specification.
    pub fn at(&self, index: usize) -> Option<&Named> {
        self.all
            .iter()
            .find(|n| n.role != Role::Drive && n.index == index)
    }

    /// Reads a selection. Overlapping parts are an error: the same neuron would count twice.
    pub fn select(&self, ctx: &mut Context, node: &Node, what: &str) -> Option<Vec<Slice>> {
        let items: Vec<&Node> = match &node.value {
            Value::Text(_) => vec![node],
            Value::List(_) => ctx.list(node, what)?.iter().collect(),
            _ => {
                ctx.expected(node, what, "the name of a population or a list of names");
                return None;
            }
        };
        let mut slices: Vec<(Slice, &Node)> = Vec::with_capacity(items.len());
        let mut complete = true;
        for item in items {
            match self.select_one(ctx, item, what) {
                Some(slice) => slices.push((slice, item)),
                None => complete = false,
            }
        }
        let mut sorted: Vec<&(Slice, &Node)> = slices.iter().collect();
        sorted.sort_by_key(|(s, _)| (s.population, s.start));
        for pair in sorted.windows(2) {
            if let [(a, first), (b, second)] = pair
                && a.population == b.population
                && b.start < a.end
            {
                ctx.reports
                    .error(
                        &second.place,
                        format!("{what} names the same neurons twice"),
                    )
                    .also(&first.place, "also named");
                complete = false;
            }
        }
        complete.then(|| slices.into_iter().map(|(s, _)| s).collect())
    }

    fn select_one(&self, ctx: &mut Context, node: &Node, what: &str) -> Option<Slice> {
        let text = ctx.text(node, what)?;
        if let Some(named) = self.get(text.trim()) {
            let size = self.sized(ctx, named, node, what)?;
            return Some(Slice {
                population: named.index,
                start: 0,
                end: size,
            });
        }
        if let Some((name, bounds)) = text.split_once('[') {
            let named = self.find(ctx, node, name.trim(), what)?;
            let size = self.sized(ctx, named, node, what)?;
            let Some(bounds) = bounds.trim_end().strip_suffix(']') else {
                ctx.reports
                    .error(&node.place, format!("{what}: the bracket is not closed"))
                    .help(format!("write for example \"{}[0..{size}]\"", named.name));
                return None;
            };
            return slice(ctx, node, named, size, bounds, name.len() + 1, what);
        }
        if let Some((name, label)) = text.split_once('.') {
            let named = self.find(ctx, node, name.trim(), what)?;
            self.sized(ctx, named, node, what)?;
            return labelled(ctx, node, named, label.trim(), what);
        }
        self.find(ctx, node, text.trim(), what)?;
        None
    }

    fn find(&self, ctx: &mut Context, node: &Node, name: &str, what: &str) -> Option<&Named> {
        let found = self.get(name);
        if found.is_none() {
            let known: Vec<&str> = self
                .all
                .iter()
                .filter(|n| n.role != Role::Drive)
                .map(|n| n.name.as_str())
                .collect();
            ctx.reports
                .error(
                    &node.place,
                    format!("{what}: there is no population `{}`", name.escape_debug()),
                )
                .label("unknown")
                .help(suggest(name, &known));
        }
        found
    }

    fn sized(&self, ctx: &mut Context, named: &Named, node: &Node, what: &str) -> Option<u32> {
        if named.role == Role::Drive {
            ctx.reports
                .error(
                    &node.place,
                    format!(
                        "{what}: the stimulus `{}` acts on its own targets and has no elements",
                        named.name
                    ),
                )
                .help("give it a size instead of `to`, and connect it with a projection");
            return None;
        }
        named.size
    }

    /// The model of a slice of neurons.
    pub fn model(&self, slice: &Slice) -> Option<ModelKind> {
        match self.at(slice.population).map(|n| n.role) {
            Some(Role::Neurons(model)) => model,
            _ => None,
        }
    }

    /// All of `slices` must be neurons: a source takes no input.
    pub fn neurons_only(
        &self,
        ctx: &mut Context,
        slices: &[Slice],
        place: &Place,
        what: &str,
    ) -> Option<()> {
        let mut fine = Some(());
        for slice in slices {
            if let Some(named) = self.at(slice.population)
                && named.role == Role::Source
            {
                ctx.reports.error(
                    place,
                    format!(
                        "{what}: `{}` is a stimulus, which takes no input",
                        named.name
                    ),
                );
                fine = None;
            }
        }
        fine
    }

    /// The one dimension of weights onto these neurons, if it is one. Says nothing.
    pub fn common_weight_dimension(&self, slices: &[Slice]) -> Option<Dimension> {
        let mut all = slices
            .iter()
            .filter_map(|s| self.model(s).and_then(|m| m.def().weight));
        let first = all.next()?;
        all.all(|d| d == first).then_some(first)
    }

    /// The dimension of a weight onto these neurons: `Some(None)` if none of them uses one.
    pub fn weight_dimension(
        &self,
        ctx: &mut Context,
        slices: &[Slice],
        place: &Place,
    ) -> Option<Option<Dimension>> {
        let mut found: Option<(Dimension, &str)> = None;
        for slice in slices {
            let Some(dimension) = self.model(slice)?.def().weight else {
                continue;
            };
            let name = self.at(slice.population).map_or("", |n| n.name.as_str());
            match found {
                None => found = Some((dimension, name)),
                Some((first, other)) if first != dimension => {
                    ctx.reports
                        .error(
                            place,
                            format!(
                                "one weight cannot serve all targets: for `{other}` it is {}, for `{name}` {}",
                                with_article(first),
                                with_article(dimension)
                            ),
                        )
                        .help("make one projection for each kind of target");
                    return None;
                }
                Some(_) => {}
            }
        }
        Some(found.map(|(d, _)| d))
    }
}

fn with_article(d: Dimension) -> String {
    if d == Dimension::NONE {
        d.name()
    } else {
        format!("a {}", d.name())
    }
}

/// `bounds` is what stands between the brackets, `offset` where it begins in the text of `node`.
fn slice(
    ctx: &mut Context,
    node: &Node,
    named: &Named,
    size: u32,
    bounds: &str,
    offset: usize,
    what: &str,
) -> Option<Slice> {
    let mut bound = |text: &str, at: usize, otherwise: u32| -> Option<u32> {
        if text.trim().is_empty() {
            return Some(otherwise);
        }
        let wrong = match expression::evaluate(text, &ctx.scope) {
            Err(Failure::Poisoned) => return None,
            Err(Failure::Wrong { message, .. }) => message,
            Ok(q) => {
                let whole = q.value.round();
                if q.dimension == Dimension::NONE
                    && (q.value - whole).abs() <= 1e-9 * whole.abs().max(1.0)
                    && (0.0..=f64::from(u32::MAX)).contains(&whole)
                {
                    return Some(whole as u32);
                }
                "it must be a whole number from 0".into()
            }
        };
        let place = node.inside(at..at + text.len());
        ctx.reports.error(
            &place,
            format!(
                "{what}: `{}` is no bound of a slice: {wrong}",
                text.trim().escape_debug()
            ),
        );
        None
    };
    let (start, end) = match bounds.split_once("..") {
        Some((low, high)) => {
            let start = bound(low, offset, 0);
            let end = bound(high, offset + low.len() + 2, size);
            (start?, end?)
        }
        None if bounds.trim().is_empty() => {
            ctx.reports
                .error(&node.place, format!("{what}: the brackets are empty"))
                .help(format!("write for example \"{}[0..{size}]\"", named.name));
            return None;
        }
        None => {
            let at = bound(bounds, offset, 0)?;
            (at, at.saturating_add(1))
        }
    };
    if start >= end {
        ctx.reports
            .error(
                &node.place,
                format!("{what}: the slice {start}..{end} is empty"),
            )
            .help("ranges are half-open: 0..10 are the first ten");
        return None;
    }
    if end > size {
        ctx.reports
            .error(
                &node.place,
                format!(
                    "{what}: the slice {start}..{end} is out of range: `{}` has {size} elements",
                    named.name
                ),
            )
            .help(format!("ids go from 0 to {}", size.saturating_sub(1)));
        return None;
    }
    Some(Slice {
        population: named.index,
        start,
        end,
    })
}

fn labelled(
    ctx: &mut Context,
    node: &Node,
    named: &Named,
    label: &str,
    what: &str,
) -> Option<Slice> {
    let labels: &[String] = named.labels.as_deref().map_or(&[], Vec::as_slice);
    let Some(i) = labels.iter().position(|l| l == label) else {
        let known: Vec<&str> = labels.iter().map(String::as_str).collect();
        let help = if labels.is_empty() {
            format!("`{}` has no labels", named.name)
        } else {
            suggest(label, &known)
        };
        ctx.reports
            .error(
                &node.place,
                format!(
                    "{what}: `{}` has no neuron labelled `{}`",
                    named.name,
                    label.escape_debug()
                ),
            )
            .help(help);
        return None;
    };
    let start = u32::try_from(i).ok()?;
    Some(Slice {
        population: named.index,
        start,
        end: start + 1,
    })
}
