//! `[parameters]`: named values in any order, each an expression over the others.

use std::collections::HashMap;

use super::context::Context;
use super::expression;
use super::syntax::{Entry, Value};

/// Evaluates all parameters into the scope of `ctx`: first those that depend on none, then those
/// whose parameters are known, and what remains in the end is circular. Chains may be of any
/// length: nothing here calls itself.
pub(super) fn evaluate(ctx: &mut Context, entries: &[Entry]) {
    let mut index: HashMap<&str, usize> = HashMap::new();
    for (i, entry) in entries.iter().enumerate() {
        if let Some(why) = expression::reserved(&entry.key) {
            ctx.reports
                .error(
                    &entry.key_place,
                    format!("a parameter cannot have this name: {why}"),
                )
                .help("units and functions are reserved words in expressions");
            continue;
        }
        if let Some(&first) = index.get(entry.key.as_str()) {
            let d = ctx.reports.error(
                &entry.key_place,
                format!("the parameter `{}` is defined twice", entry.key),
            );
            if let Some(first) = entries.get(first) {
                d.also(&first.key_place, "first defined");
            }
            continue;
        }
        index.insert(&entry.key, i);
    }

    let needs: Vec<Vec<usize>> = entries
        .iter()
        .map(|e| match &e.node.value {
            Value::Text(text) => {
                let mut needed: Vec<usize> = expression::names(text)
                    .iter()
                    .filter_map(|n| index.get(n.as_str()).copied())
                    .collect();
                needed.sort_unstable();
                needed.dedup();
                needed
            }
            _ => Vec::new(),
        })
        .collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
    let mut waits: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (i, needed) in needs.iter().enumerate() {
        for &n in needed {
            if let Some(list) = users.get_mut(n) {
                list.push(i);
            }
        }
    }
    // Known names whose values are not there yet must not be called unknown in an expression.
    for name in index.keys() {
        ctx.scope.insert((*name).to_string(), None);
    }
    let mut ready: Vec<usize> = (0..entries.len())
        .filter(|&i| needs.get(i).is_some_and(Vec::is_empty))
        .collect();
    let mut done = vec![false; entries.len()];
    while let Some(i) = ready.pop() {
        let Some(entry) = entries.get(i) else {
            continue;
        };
        if let Some(d) = done.get_mut(i) {
            *d = true;
        }
        let value = ctx.quantity(
            &entry.node,
            &format!("the parameter `{}`", entry.key.escape_debug()),
        );
        if index.get(entry.key.as_str()) == Some(&i) {
            ctx.scope.insert(entry.key.clone(), value);
        }
        for &user in users.get(i).into_iter().flatten() {
            if let Some(w) = waits.get_mut(user) {
                *w -= 1;
                if *w == 0 {
                    ready.push(user);
                }
            }
        }
    }
    report_cycles(ctx, entries, &needs, &done);
}

/// Names each circle once. What only depends on a circle is left without a value, quietly.
fn report_cycles(ctx: &mut Context, entries: &[Entry], needs: &[Vec<usize>], done: &[bool]) {
    let is_done = |i: usize| done.get(i).copied().unwrap_or(true);
    let mut seen = vec![false; entries.len()];
    for start in 0..entries.len() {
        let mut path: Vec<usize> = Vec::new();
        let mut at_step: HashMap<usize, usize> = HashMap::new();
        let mut at = start;
        // Every unfinished parameter needs another unfinished one: walking them ends in a circle,
        // or in one that an earlier walk has passed.
        while !is_done(at) && !seen.get(at).copied().unwrap_or(true) {
            if let Some(s) = seen.get_mut(at) {
                *s = true;
            }
            at_step.insert(at, path.len());
            path.push(at);
            let next = needs
                .get(at)
                .and_then(|n| n.iter().copied().find(|&n| !is_done(n)));
            match next {
                Some(n) => at = n,
                None => break,
            }
        }
        let Some(&from) = at_step.get(&at) else {
            continue;
        };
        let circle: Vec<&Entry> = path
            .iter()
            .skip(from)
            .filter_map(|&i| entries.get(i))
            .collect();
        let (Some(first), Some(place)) = (circle.first(), entries.get(at)) else {
            continue;
        };
        let mut names: Vec<&str> = circle.iter().map(|e| e.key.as_str()).collect();
        names.push(&first.key);
        let shown = if names.len() > 12 {
            format!(
                "{} -> ... -> {}",
                names
                    .iter()
                    .take(10)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(" -> "),
                first.key
            )
        } else {
            names.join(" -> ")
        };
        ctx.reports
            .error(
                &place.node.place,
                format!("parameters depend on each other in a circle: {shown}"),
            )
            .label("part of the circle");
    }
}
