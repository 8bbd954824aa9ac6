//! Functions that a file defines for itself (exporters of PyTorch do) are written out, node by node.

use rustc_hash::FxHashMap;

use super::proto::{Function, NodeProto};

/// Functions that call functions, and nodes in all: more is a damaged file.
const MOST_DEEP: usize = 16;
const MOST_NODES: usize = 200_000;

/// Domain, name and overload.
type Key<'m> = (&'m str, &'m str, &'m str);

/// The nodes with all functions written out.
pub fn inline(nodes: &[NodeProto], functions: &[Function]) -> Result<Vec<NodeProto>, String> {
    let known: FxHashMap<Key<'_>, &Function> = functions
        .iter()
        .map(|f| ((f.domain.as_str(), f.name.as_str(), f.overload.as_str()), f))
        .collect();
    let mut out = Vec::new();
    let mut calls = 0;
    for node in nodes {
        write(node, &known, 0, &mut calls, &mut out)?;
    }
    Ok(out)
}

fn write(
    node: &NodeProto,
    known: &FxHashMap<Key<'_>, &Function>,
    depth: usize,
    calls: &mut usize,
    out: &mut Vec<NodeProto>,
) -> Result<(), String> {
    let key = (
        node.domain.as_str(),
        node.op_type.as_str(),
        node.overload.as_str(),
    );
    let Some(f) = known.get(&key) else {
        if out.len() >= MOST_NODES {
            return Err(format!("its functions make more than {MOST_NODES} nodes"));
        }
        out.push(node.clone());
        return Ok(());
    };
    if depth >= MOST_DEEP {
        return Err(format!(
            "its function `{}` calls itself",
            f.name.escape_debug()
        ));
    }
    *calls += 1;
    if *calls > MOST_NODES {
        return Err(format!("it calls functions more than {MOST_NODES} times"));
    }
    // Names within a call are its own.
    let prefix = format!("{}#{calls}", node.op_type);
    let mut names: FxHashMap<&str, String> = FxHashMap::default();
    names.insert("", String::new());
    for (k, formal) in f.input.iter().enumerate() {
        names.insert(formal, node.input.get(k).cloned().unwrap_or_default());
    }
    for (formal, given) in f.output.iter().zip(&node.output) {
        names.insert(formal, given.clone());
    }
    let renamed = |name: &String| {
        names
            .get(name.as_str())
            .filter(|n| !n.is_empty() || name.is_empty() || f.input.contains(name))
            .cloned()
            .unwrap_or_else(|| format!("{prefix}/{name}"))
    };
    for inner in &f.node {
        let mut n = inner.clone();
        n.input = n.input.iter().map(renamed).collect();
        n.output = n.output.iter().map(renamed).collect();
        let own = if n.name.is_empty() {
            &n.op_type
        } else {
            &n.name
        };
        let outer = if node.name.is_empty() {
            &prefix
        } else {
            &node.name
        };
        n.name = format!("{outer}/{own}");
        n.attribute.retain_mut(|a| {
            if a.ref_attr_name.is_empty() {
                return true;
            }
            let wanted = &a.ref_attr_name;
            let given = node.attribute.iter().find(|g| g.name == *wanted);
            let given = given.or_else(|| f.attribute_proto.iter().find(|g| g.name == *wanted));
            match given {
                Some(g) => {
                    let name = std::mem::take(&mut a.name);
                    *a = g.clone();
                    a.name = name;
                    true
                }
                // Not given: as if it were not there.
                None => false,
            }
        });
        write(&n, known, depth + 1, calls, out)?;
    }
    Ok(())
}
