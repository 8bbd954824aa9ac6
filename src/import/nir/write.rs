//! NIR files that the reference reader (nir 1.0.8) takes.
//!
//! Its rules: no dataset that it does not know, parameters of one node in one shape and of at least one
//! axis, every edge once, texts of variable length, an empty list of edges as reals of shape (0).

use std::collections::BTreeMap;
use std::path::Path;

use hdf5::FileBuilder;

use super::graph::{Array, Meta, Nir, Node};
use super::primitives::Kind;

/// The version that is written.
const VERSION: &str = "1.0.8";

type Result<T> = std::result::Result<T, String>;

/// Writes a network. `single` stores parameters in single precision, as tools do.
pub fn write(nir: &Nir, path: &Path, single: bool) -> Result<()> {
    let fail = |e: hdf5::Error| format!("{} cannot be written: {e}", path.display());
    let mut file = FileBuilder::new();
    texts(file.create_dataset("version"), &[VERSION], &[]);
    let mut top = file.create_group("node");
    texts(top.create_dataset("type"), &["NIRGraph"], &[]);
    let mut all = top.create_group("nodes");
    for node in &nir.nodes {
        if node.name.is_empty() || node.name.contains('/') {
            return Err(format!(
                "node `{}` cannot be written: a name must not be empty or have a slash",
                node.name.escape_debug()
            ));
        }
        let mut group = all.create_group(&node.name);
        texts(group.create_dataset("type"), &[node.kind.name()], &[]);
        for (name, a) in stated(node) {
            let whole = is_whole(name);
            let set = group.create_dataset(name);
            // Half a row on each side: what only the word can say.
            if name == "padding" && a.values.iter().any(|v| v.fract() != 0.0) {
                texts(set, &["same"], &[]);
                continue;
            }
            if whole {
                let list: Vec<i64> = a.values.iter().map(|v| *v as i64).collect();
                set.with_i64_data(&list);
            } else if single {
                let list: Vec<f32> = a.values.iter().map(|v| *v as f32).collect();
                set.with_f32_data(&list);
            } else {
                set.with_f64_data(&a.values);
            }
            let shape: Vec<u64> = a.shape.iter().map(|n| *n as u64).collect();
            set.with_shape(&shape);
        }
        metadata(&mut group, &node.metadata);
        all.add_group(group.finish());
    }
    top.add_group(all.finish());
    let mut pairs: Vec<&str> = Vec::new();
    for e in &nir.edges {
        pairs.push(&nir.nodes[e.from].name);
        pairs.push(&nir.nodes[e.to].name);
    }
    if pairs.is_empty() {
        top.create_dataset("edges").with_f64_data(&[]);
    } else {
        texts(
            top.create_dataset("edges"),
            &pairs,
            &[nir.edges.len() as u64, 2],
        );
    }
    metadata(&mut top, &nir.metadata);
    file.add_group(top.finish());
    let bytes = file.finish().map_err(fail)?;
    std::fs::write(path, bytes).map_err(|e| format!("{} cannot be written: {e}", path.display()))
}

fn texts(set: &mut hdf5::DatasetBuilder, list: &[&str], shape: &[u64]) {
    set.with_vlen_strings(list).with_shape(shape);
}

fn is_whole(name: &str) -> bool {
    matches!(
        name,
        "shape"
            | "stride"
            | "padding"
            | "dilation"
            | "groups"
            | "kernel_size"
            | "start_dim"
            | "end_dim"
            | "input_type"
            | "input_shape"
    )
}

/// The parameters as the reference wants them.
fn stated(node: &Node) -> Vec<(&'static str, Array)> {
    let sizes = |s: &[usize]| Array::list(s.iter().map(|n| *n as f64).collect());
    let one = |v: f64| Array::new(vec![], vec![v]);
    let shaped = |a: &Array| {
        let shape = if a.shape.is_empty() {
            vec![a.values.len()]
        } else {
            a.shape.clone()
        };
        Array::new(shape, a.values.clone())
    };
    let both = |name: &'static str| {
        let list = match *node.get(name) {
            [x] => vec![x; 2],
            [y, x, ..] => vec![y, x],
            [] => vec![if name == "padding" { 0.0 } else { 1.0 }; 2],
        };
        (name, Array::list(list))
    };
    match node.kind {
        Kind::Input | Kind::Output => vec![("shape", sizes(&node.output))],
        Kind::Flatten => {
            // What was mended may be no merging of single axes any more: all of them is always right.
            let get = |p: &str, missing: f64| node.get(p).first().copied().unwrap_or(missing);
            let whole = node.output.len() == 1;
            let (start, end) = if whole {
                (0.0, -1.0)
            } else {
                (get("start_dim", 1.0), get("end_dim", -1.0))
            };
            vec![
                ("start_dim", one(start)),
                ("end_dim", one(end)),
                ("input_type", sizes(&node.input)),
            ]
        }
        Kind::SumPool2d | Kind::AvgPool2d => {
            vec![both("kernel_size"), both("stride"), both("padding")]
        }
        Kind::Conv2d => {
            let mut out = vec![both("stride"), both("padding"), both("dilation")];
            out.push((
                "groups",
                one(node.get("groups").first().copied().unwrap_or(1.0)),
            ));
            out.push(("input_shape", sizes(&node.input[1..])));
            out.extend(
                ["weight", "bias"]
                    .iter()
                    .filter_map(|p| Some((*p, shaped(node.array(p)?)))),
            );
            out
        }
        Kind::Conv1d => {
            let first = |p: &'static str, missing: f64| {
                (p, one(node.get(p).first().copied().unwrap_or(missing)))
            };
            let mut out = vec![
                first("stride", 1.0),
                first("padding", 0.0),
                first("dilation", 1.0),
                first("groups", 1.0),
                (
                    "input_shape",
                    one(node.input.last().copied().unwrap_or(1) as f64),
                ),
            ];
            out.extend(
                ["weight", "bias"]
                    .iter()
                    .filter_map(|p| Some((*p, shaped(node.array(p)?)))),
            );
            out
        }
        Kind::Affine => {
            // One axis, also where a file had (1, M).
            let mut out: Vec<(&str, Array)> = Vec::new();
            if let Some(w) = node.array("weight") {
                out.push(("weight", shaped(w)));
            }
            out.push((
                "bias",
                Array::new(node.output.clone(), node.get("bias").to_vec()),
            ));
            out
        }
        _ => node
            .parameters
            .iter()
            .map(|(name, a)| (*name, shaped(a)))
            .collect(),
    }
}

/// Dotted names become groups again.
fn metadata(group: &mut hdf5::GroupBuilder, list: &[(String, Meta)]) {
    if list.is_empty() {
        return;
    }
    let mut inside = group.create_group("metadata");
    fill(
        &mut inside,
        list.iter().map(|(k, v)| (k.as_str(), v)).collect(),
    );
    group.add_group(inside.finish());
}

fn fill(group: &mut hdf5::GroupBuilder, list: Vec<(&str, &Meta)>) {
    let mut deeper: BTreeMap<&str, Vec<(&str, &Meta)>> = BTreeMap::new();
    for (key, value) in list {
        if let Some((head, rest)) = key.split_once('.') {
            deeper.entry(head).or_default().push((rest, value));
            continue;
        }
        let set = group.create_dataset(key);
        match value {
            Meta::Text(t) => texts(set, &[t], &[]),
            Meta::Numbers(n) if n.len() == 1 => {
                set.with_f64_data(n).with_shape(&[]);
            }
            Meta::Numbers(n) => {
                set.with_f64_data(n);
            }
        }
    }
    for (head, list) in deeper {
        let mut inside = group.create_group(head);
        fill(&mut inside, list);
        group.add_group(inside.finish());
    }
}
