//! NIR files (versions 0.1 to 1.0.8): spiking networks between tools.
//!
//! `read` gives a [`Nir`]: nested graphs written out, shapes of all nodes, parameters one for each
//! neuron. What numbers mean is not in the file: `dialect` tells from them which tool wrote it, and
//! with it the time step and the area of a spike; `neurons` turns parameters into those of exact
//! neurons; `fidelity` says for each node how well that goes. `write` is the way back.

pub mod dialect;
pub mod fidelity;
mod flatten;
pub mod graph;
pub mod input;
mod nested;
pub mod neurons;
pub mod primitives;
mod shapes;
mod write;

use std::path::Path;

pub use dialect::{Choice, Dialect, Reset, Spike, detect};
pub use fidelity::{Fidelity, Verdict, fidelity};
pub use graph::{Array, Edge, Meta, Nir, Node};
pub use input::Feed;
pub use neurons::{Neurons, effective_tau};
pub use primitives::{Kind, PRIMITIVES};
pub use write::write;

use self::nested::{Raw, Reader};
use super::findings::{error, error_with, names};
use crate::ann::shape::text;
use crate::definition::Diagnostic;
use crate::definition::h5::File;

/// Reads a NIR file.
///
/// # Errors
/// All nodes and edges that make no sense, by name. What files in use are known to get wrong is mended,
/// and told in `notes`.
pub fn read(path: &Path) -> Result<Nir, Vec<Diagnostic>> {
    let file = File::open(path).map_err(|e| vec![Diagnostic::error(e)])?;
    let mut reader = Reader {
        path,
        file: &file,
        errors: Vec::new(),
        notes: Vec::new(),
        nodes: 0,
    };
    let version = reader.text("version");
    if reader.text("node/type").as_deref() != Some("NIRGraph") {
        return Err(vec![error_with(
            path,
            "it is no NIR file: there is no NIRGraph in /node",
            "networks are exported with the function `write` of the Python package nir",
        )]);
    }
    let mut top = reader.graph("node", 0);
    let metadata = std::mem::take(&mut top.metadata);
    let flat = flatten::flatten(&mut reader, top);
    let Reader {
        mut errors,
        mut notes,
        ..
    } = reader;
    if !errors.is_empty() {
        return Err(errors);
    }
    let flatten::Flat { nodes, edges, .. } = flat;
    let (nodes, edges) = with_ends(nodes, edges, &mut notes);
    if !nodes.iter().any(|(_, r)| r.primitive.kind == Kind::Input) {
        return Err(vec![error_with(
            path,
            "it has no Input, and every node has one before it",
            "a network needs an entry",
        )]);
    }
    let shapes = infer(path, &nodes, &edges, &mut errors, &mut notes);
    let mut out = Nir {
        version,
        nodes: Vec::new(),
        edges: edges.iter().copied().map(Edge::from).collect(),
        metadata,
        notes,
    };
    for ((name, raw), (input, output)) in nodes.into_iter().zip(shapes) {
        let (Some(input), Some(output)) = (input, output) else {
            continue;
        };
        match shapes::completed(raw, input, output, name.clone()) {
            Ok(node) => out.nodes.push(node),
            Err(e) => errors.push(error(path, format!("node {}: {e}", names(&[name])))),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    out.edges.sort_unstable();
    out.mark_loops();
    Ok(out)
}

type Named = Vec<(String, Raw)>;

/// Roots get an input and leaves an output, as the reference reader does it.
fn with_ends(
    mut nodes: Named,
    mut edges: Vec<(usize, usize)>,
    notes: &mut Vec<String>,
) -> (Named, Vec<(usize, usize)>) {
    let n = nodes.len();
    let end = |kind: Kind| Raw {
        primitive: kind.primitive(),
        parameters: Vec::new(),
        padding: None,
        metadata: Vec::new(),
    };
    for i in 0..n {
        let kind = nodes[i].1.primitive.kind;
        let name = nodes[i].0.clone();
        if kind != Kind::Input && !edges.iter().any(|(_, b)| *b == i) {
            notes.push(format!(
                "node {} reads nothing and got an input",
                names(&[&name])
            ));
            edges.push((nodes.len(), i));
            nodes.push((format!("input_{name}"), end(Kind::Input)));
        }
        if kind != Kind::Output && !edges.iter().any(|(a, _)| *a == i) {
            notes.push(format!(
                "nothing reads node {}; it got an output",
                names(&[&name])
            ));
            edges.push((i, nodes.len()));
            nodes.push((format!("output_{name}"), end(Kind::Output)));
        }
    }
    edges.sort_unstable();
    (nodes, edges)
}

type Shape = Option<Vec<usize>>;

/// Shapes go along edges until nothing changes; then edges are held against them.
fn infer(
    path: &Path,
    nodes: &Named,
    edges: &[(usize, usize)],
    errors: &mut Vec<Diagnostic>,
    notes: &mut Vec<String>,
) -> Vec<(Shape, Shape)> {
    let n = nodes.len();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); n];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (a, b) in edges {
        before[*b].push(*a);
        after[*a].push(*b);
    }
    let mut shapes: Vec<(Shape, Shape)> = vec![(None, None); n];
    let mut bad = vec![false; n];
    let mut open: Vec<usize> = (0..n).rev().collect();
    let mut visits = 0usize;
    while let Some(i) = open.pop() {
        visits += 1;
        if bad[i] || visits > 16 * (n + edges.len() + 1) {
            continue;
        }
        // Neurons take the shape of what comes in first and is known, loops included.
        let from = before[i].iter().find_map(|k| shapes[*k].1.as_ref());
        match shapes::of(&nodes[i].1, from) {
            Ok(new) => {
                let known = new.1.is_some() && new != shapes[i];
                if known {
                    shapes[i] = new;
                    open.extend(&after[i]);
                }
            }
            Err(e) => {
                bad[i] = true;
                errors.push(error(path, format!("node {}: {e}", names(&[&nodes[i].0]))));
            }
        }
    }
    // Ends without a stated shape have that of their neighbour.
    for i in 0..n {
        if shapes[i].0.is_none() {
            let near = before[i].first().and_then(|k| shapes[*k].1.clone());
            let near = near.or(after[i].first().and_then(|k| shapes[*k].0.clone()));
            let kind = nodes[i].1.primitive.kind;
            if matches!(kind, Kind::Input | Kind::Output) {
                shapes[i] = (near.clone(), near);
            }
        }
        if shapes[i].1.is_none() && !bad[i] {
            errors.push(error(
                path,
                format!("the shape of node {} cannot be told", names(&[&nodes[i].0])),
            ));
            bad[i] = true;
        }
    }
    for (a, b) in edges {
        let (Some(out), Some(input)) = (shapes[*a].1.clone(), shapes[*b].0.clone()) else {
            continue;
        };
        if out == input || bad[*a] || bad[*b] {
            continue;
        }
        let count = |s: &[usize]| s.iter().product::<usize>();
        let pair = format!(
            "{} gives {}, and {} takes {}",
            names(&[&nodes[*a].0]),
            text(&out),
            names(&[&nodes[*b].0]),
            text(&input)
        );
        if count(&out) == count(&input) {
            notes.push(format!("{pair}: as many elements, taken in their order"));
            // A flattening that leaves an axis too many means all of them.
            if nodes[*a].1.primitive.kind == Kind::Flatten {
                shapes[*a].1 = Some(input);
            } else if nodes[*b].1.primitive.kind == Kind::Output {
                shapes[*b] = (Some(out.clone()), Some(out));
            }
        } else {
            errors.push(error(path, pair));
        }
    }
    shapes
}
