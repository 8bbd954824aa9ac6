//! What would make a network faster, as `check` and `run --profile` tell it.

use serde_json::{Value, json};

use crate::network::advice::{Advice, advice};
use crate::network::spec::NetworkSpec;

/// A section of its own, or nothing.
pub(super) fn advice_text(spec: &NetworkSpec) -> String {
    let all = advice(spec);
    let line = |a: &Advice| format!("  {}: {}\n    {}\n", names(spec, a), a.say, a.why);
    match all.is_empty() {
        true => String::new(),
        false => format!(
            "\nWould be faster with\n{}",
            all.iter().map(line).collect::<String>()
        ),
    }
}

pub(super) fn advice_json(spec: &NetworkSpec) -> Value {
    let name = |p: &usize| spec.populations[*p].name.clone();
    let of = |a: &Advice| {
        json!({
            "populations": a.populations.iter().map(name).collect::<Vec<_>>(),
            "say": a.say,
            "why": a.why,
        })
    };
    advice(spec).iter().map(of).collect()
}

/// The first of them; more would be read by nobody.
fn names(spec: &NetworkSpec, advice: &Advice) -> String {
    const MOST: usize = 8;
    let mut names: Vec<String> = (advice.populations.iter().take(MOST))
        .map(|p| spec.populations[*p].name.clone())
        .collect();
    if advice.populations.len() > MOST {
        names.push(format!("{} more", advice.populations.len() - MOST));
    }
    names.join(", ")
}
