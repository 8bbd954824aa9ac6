//! `currents` of a population: are the excitatory and the inhibitory one held as one?

use super::context::{Context, show_in};
use super::syntax::{Entry, Table};
use crate::network::spec::Values;
use crate::neuron::def::ModelDef;

/// What may be said.
pub(super) const CHOICES: [&str; 2] = ["apart", "together"];

/// True: together. `params`: those of the model's table, as far as they are right.
pub(super) fn read(
    ctx: &mut Context,
    table: &Table,
    def: &ModelDef,
    params: &[Option<Values>],
) -> bool {
    let Some(entry) = table.entry("currents") else {
        return false;
    };
    if !def.has_two_currents {
        ctx.model_has_no(&entry.key_place, def, "two currents");
        return false;
    }
    let together = ctx.choice(&entry.node, "currents", &CHOICES) == Some(1);
    if together {
        check(ctx, table, entry, def, params);
    }
    together
}

/// Two currents can be held together if they decay with one time constant.
fn check(
    ctx: &mut Context,
    table: &Table,
    entry: &Entry,
    def: &ModelDef,
    params: &[Option<Values>],
) {
    let names = ["tau_syn_ex", "tau_syn_in"];
    // What is in error was told already.
    let of = |name: &str| params.get(def.param(name)?)?.as_ref();
    let (Some(ex), Some(inh)) = (of(names[0]), of(names[1])) else {
        return;
    };
    let each = [ex, inh].map(|v| v.constant());
    if let [Some(a), Some(b)] = each
        && a == b
    {
        return;
    }
    let why = match each {
        [Some(a), Some(b)] => {
            let shown = |v| {
                let unit = def.params.iter().find(|p| p.name == names[0]);
                unit.map_or_else(String::new, |p| show_in(v, p.dimension))
            };
            format!("tau_syn_ex is {}, tau_syn_in {}", shown(a), shown(b))
        }
        _ => "tau_syn_ex and tau_syn_in differ from neuron to neuron".into(),
    };
    let params = table.get("params").and_then(|n| n.table());
    let at = names.iter().rev().find_map(|name| params?.entry(name));
    let report = ctx.reports.error(
        &entry.node.place,
        format!("currents that are held together must decay alike: {why}"),
    );
    let report = match at {
        Some(at) => report.also(&at.key_place, "one of the two"),
        None => report,
    };
    report.help("give both one time constant, the same for all neurons, or leave out currents");
}
