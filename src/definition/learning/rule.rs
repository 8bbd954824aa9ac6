//! One rule of `plasticity`: its parameters, choices, named set, modulator and homeostasis, all by
//! the table of the rule.

use super::super::context::{Context, show_in};
use super::super::diagnostics::suggest;
use super::super::names::Names;
use super::super::source::Place;
use super::super::syntax::{Node, Table};
use super::super::values::{self, Wanted};
use super::homeostasis;
use crate::network::spec::{LearningSpec, RuleSpec};
use crate::plasticity::def::{ParamSet, RuleDef, RuleParam, Unit};
use crate::plasticity::{RULES, RuleKind};
use crate::units::Dimension;

/// Keys besides the parameters and choices of the rule, with what they mean.
pub(in super::super) const KEYS: [(&str, &str); 6] = [
    ("rule", "Name of the rule."),
    (
        "set",
        "Published parameters under a name; what is stated beside it goes before.",
    ),
    (
        "scale",
        "The weight that the amplitudes of `set` are multiples of.",
    ),
    (
        "modulator",
        "Name of the entry of [modulators] that the rule listens to.",
    ),
    (
        "normalise",
        "The plastic weights of each target sum to this: { sum = \"78 mV\", every = \"1 s\" }.",
    ),
    (
        "scaling",
        "A gain drives each target to a rate: { rate = \"5 Hz\", tau = \"10 s\", eta = 1e-4 }.",
    ),
];

/// What a rule turned out to be.
pub(in super::super) enum Read {
    Learning(LearningSpec),
    ShortTerm(RuleSpec),
}

/// Reads a rule. `dimension` is that of weights onto the targets; without it there is no result, but
/// all that can be checked is.
pub(super) fn read(
    ctx: &mut Context,
    names: &Names,
    table: &Table,
    place: &Place,
    dimension: Option<Dimension>,
) -> Option<Read> {
    let kind = kind(ctx, table, place)?;
    let def = kind.def();
    keys(ctx, table, def);
    let set = read_set(ctx, table, def, dimension);
    let mut params = Vec::with_capacity(def.params.len());
    for p in def.params {
        params.push(param(ctx, table, place, def, p, &set, dimension));
    }
    let mut choices = Vec::with_capacity(def.choices.len());
    for c in def.choices {
        let of_set = || {
            let name = set.as_ref().ok()?.as_ref()?.0.choices.iter();
            let name = name.clone().find(|(name, _)| *name == c.name)?.1;
            c.among.iter().position(|n| *n == name)
        };
        choices.push(match table.get(c.name) {
            Some(node) => ctx.choice(node, c.name, c.among),
            None => Some(of_set().unwrap_or(0)),
        });
    }
    let modulator = read_modulator(ctx, names, table, place, def);
    let homeostasis = if def.short_term {
        Some(crate::network::spec::Homeostasis::None)
    } else {
        homeostasis::read(ctx, table, dimension)
    };
    set.ok()?;
    let rule = RuleSpec {
        rule: kind,
        params: params.into_iter().collect::<Option<_>>()?,
        choices: choices.into_iter().collect::<Option<_>>()?,
    };
    values_fit(ctx, table, place, &rule, dimension?)?;
    if def.short_term {
        return Some(Read::ShortTerm(rule));
    }
    let homeostasis = homeostasis?;
    homeostasis::fits(ctx, table, &rule, homeostasis)?;
    Some(Read::Learning(LearningSpec {
        rule,
        modulator: modulator?,
        homeostasis,
    }))
}

fn kind(ctx: &mut Context, table: &Table, place: &Place) -> Option<RuleKind> {
    let Some(node) = table.get("rule") else {
        ctx.missing(place, "plasticity: `rule`", "rule = \"stdp\"");
        return None;
    };
    let name = ctx.text(node, "rule")?;
    let found = RuleKind::from_name(name);
    if found.is_none() {
        let valid: Vec<&str> = RULES.iter().map(|(_, d)| d.name).collect();
        ctx.reports
            .error(
                &node.place,
                format!("there is no learning rule `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(suggest(name, &valid));
    }
    found
}

/// Every key must be one of the rule; those of other rules are told apart from misspelt ones.
fn keys(ctx: &mut Context, table: &Table, def: &RuleDef) {
    let own = |key: &str| match key {
        "rule" => true,
        "set" | "scale" => !def.sets.is_empty(),
        "modulator" => def.modulated,
        "normalise" | "scaling" => !def.short_term,
        other => def.param(other).is_some() || def.choice(other).is_some(),
    };
    for e in &table.entries {
        if own(&e.key) {
            continue;
        }
        let name = def.name;
        let why = match e.key.as_str() {
            "set" | "scale" => format!("the rule {name} has no named sets of parameters"),
            "modulator" => format!("the rule {name} listens to no modulator"),
            "normalise" | "scaling" => {
                format!(
                    "{} has no meaning here: the rule {name} leaves weights alone",
                    e.key
                )
            }
            other => {
                let valid: Vec<&str> = KEYS
                    .iter()
                    .map(|(key, _)| *key)
                    .filter(|key| own(key))
                    .chain(def.params.iter().map(|p| p.name))
                    .chain(def.choices.iter().map(|c| c.name))
                    .collect();
                ctx.reports
                    .error(
                        &e.key_place,
                        format!(
                            "the rule {name} has no parameter `{}`",
                            other.escape_debug()
                        ),
                    )
                    .label("unknown")
                    .help(suggest(other, &valid));
                continue;
            }
        };
        ctx.reports
            .error(&e.key_place, why)
            .help(format!("spikewheel describe {name} shows what it has"));
    }
}

/// A named set with its scale, if the targets are known; `Err` after an error.
type Set = Result<Option<(&'static ParamSet, Option<f64>)>, ()>;

fn read_set(ctx: &mut Context, table: &Table, def: &RuleDef, dimension: Option<Dimension>) -> Set {
    let (set, scale) = (table.entry("set"), table.entry("scale"));
    if def.sets.is_empty() {
        return Ok(None);
    }
    let Some(set) = set else {
        let Some(e) = scale else {
            return Ok(None);
        };
        let valid: Vec<&str> = def.sets.iter().map(|s| s.name).collect();
        ctx.reports
            .error(&e.key_place, "scale has no meaning without set")
            .help(format!("sets of {}: {}", def.name, valid.join(", ")));
        return Err(());
    };
    let valid: Vec<&str> = def.sets.iter().map(|s| s.name).collect();
    let found = ctx.choice(&set.node, "set", &valid);
    let Some(scale) = scale else {
        ctx.missing(
            &set.key_place,
            "the scale of a set of parameters",
            &format!("scale = {}", example(dimension)),
        );
        return Err(());
    };
    let scale = match dimension {
        Some(dimension) => {
            let value = ctx.scalar(&scale.node, dimension, "scale").ok_or(())?;
            if value <= 0.0 {
                ctx.reports.error(
                    &scale.node.place,
                    format!("scale must be positive, not {}", show_in(value, dimension)),
                );
                return Err(());
            }
            Some(value)
        }
        None => {
            ctx.quantity(&scale.node, "scale").ok_or(())?;
            None
        }
    };
    let found = found.ok_or(())?;
    Ok(Some((&def.sets[found], scale)))
}

/// A weight as an example in a message.
fn example(dimension: Option<Dimension>) -> String {
    match dimension {
        Some(Dimension::VOLTAGE) | None => "\"1 mV\"".into(),
        Some(Dimension::NONE) => "1".into(),
        Some(other) => format!("\"1 {}\"", other.canonical_unit()),
    }
}

#[allow(clippy::too_many_arguments)]
fn param(
    ctx: &mut Context,
    table: &Table,
    place: &Place,
    def: &RuleDef,
    p: &RuleParam,
    set: &Set,
    weights: Option<Dimension>,
) -> Option<f64> {
    let dimension = match p.unit {
        Unit::Of(d) => Some(d),
        Unit::Weight => weights,
    };
    if let Some(node) = table.get(p.name) {
        let Some(dimension) = dimension else {
            ctx.quantity(node, p.name)?;
            return None;
        };
        let value = ctx.scalar(node, dimension, p.name)?;
        let wanted = Wanted {
            min: p.min,
            max: p.max,
            ..Wanted::any(p.name, dimension, None, "")
        };
        return values::inside(ctx, value, &node.place, &wanted).then_some(value);
    }
    if let Some((set, scale)) = set.as_ref().ok()?
        && let Some((_, value)) = set.values.iter().find(|(name, _)| *name == p.name)
    {
        return match p.unit {
            Unit::Of(_) => Some(*value),
            Unit::Weight => scale.map(|scale| value * scale),
        };
    }
    if p.default.is_none() {
        ctx.missing(
            place,
            &format!("{} of the rule {}", p.name, def.name),
            &format!("{} = {}", p.name, example(weights)),
        );
    }
    p.default
}

/// The modulator; `Some(None)` for rules without one.
fn read_modulator(
    ctx: &mut Context,
    names: &Names,
    table: &Table,
    place: &Place,
    def: &RuleDef,
) -> Option<Option<usize>> {
    if !def.modulated {
        return Some(None);
    }
    let valid: Vec<&str> = names.modulators.iter().map(String::as_str).collect();
    let Some(node) = table.get("modulator") else {
        let example = format!("modulator = \"{}\"", valid.first().unwrap_or(&"dopamine"));
        ctx.missing(
            place,
            &format!("the modulator that {} listens to", def.name),
            &example,
        );
        return None;
    };
    let name = ctx.text(node, "modulator")?;
    let found = valid.iter().position(|n| *n == name);
    if found.is_none() {
        let help = if valid.is_empty() {
            "define it: [modulators.dopamine] with times and amounts, file, or from".into()
        } else {
            suggest(name, &valid)
        };
        ctx.reports
            .error(
                &node.place,
                format!("there is no modulator `{}`", name.escape_debug()),
            )
            .label("unknown")
            .help(help);
    }
    found.map(Some)
}

/// What must hold between the parameters of a rule.
fn values_fit(
    ctx: &mut Context,
    table: &Table,
    place: &Place,
    rule: &RuleSpec,
    dimension: Dimension,
) -> Option<()> {
    let at = |names: &[&str]| -> &Place {
        let found = names.iter().find_map(|n| table.get(n));
        found.map_or(place, |n: &Node| &n.place)
    };
    let mut wrong = |at: &Place, message: String, help: &str| {
        ctx.reports.error(at, message).help(help);
        None
    };
    let shown = |w: f64| show_in(w, dimension);
    match (rule.param("Wmin"), rule.param("Wmax")) {
        (Some(low), Some(high)) if low >= high => {
            return wrong(
                at(&["Wmin", "Wmax"]),
                format!(
                    "Wmin must be below Wmax: {} is not below {}",
                    shown(low),
                    shown(high)
                ),
                "inhibitory weights are negative: their Wmax is the one nearer to zero",
            );
        }
        (None, Some(0.0)) => {
            return wrong(
                at(&["Wmax"]),
                "Wmax must not be zero".into(),
                "weights stay between 0 and Wmax; a negative one is for inhibitory synapses",
            );
        }
        _ => {}
    }
    if rule.param("W0") == Some(0.0) {
        return wrong(
            at(&["W0"]),
            "W0 must not be zero".into(),
            "it is the weight that others are compared with; negative for inhibitory synapses",
        );
    }
    if let (RuleKind::Vogels, Some(eta)) = (rule.rule, rule.param("eta"))
        && eta <= 0.0
    {
        return wrong(
            at(&["eta"]),
            format!("eta must be positive, not {}", shown(eta)),
            "with a negative Wmax it is the step of the absolute weight",
        );
    }
    if let (Some(x), Some(y)) = (rule.param("x"), rule.param("y"))
        && x + y > 1.0
    {
        return wrong(
            at(&["y", "x"]),
            format!(
                "x and y are shares of the same resources, but x + y = {}",
                x + y
            ),
            "state x, which is 1 unless given",
        );
    }
    Some(())
}
