//! Graphs in graphs are written out: one list of nodes, edges by number.

use rustc_hash::FxHashMap;

use super::graph::Edge;
use super::nested::{Nested, Part, Raw, Reader};
use super::primitives::Kind;
use crate::import::findings::{error_with, names, suggest};

/// Nodes and edges without nesting; ports of inner graphs are still nodes.
#[derive(Debug, Default)]
pub struct Flat {
    pub nodes: Vec<(String, Raw)>,
    pub edges: Vec<(usize, usize)>,
    /// Ports of inner graphs: they pass on what they get.
    pub ports: Vec<bool>,
}

/// What an edge may call by a name: a node, or a graph with its entries and exits.
#[derive(Clone, Debug, Default)]
struct Ends {
    entries: Vec<usize>,
    exits: Vec<usize>,
}

pub fn flatten(reader: &mut Reader<'_>, graph: Nested) -> Flat {
    let mut flat = Flat::default();
    add(reader, graph, "", &mut flat);
    without_ports(flat)
}

fn add(reader: &mut Reader<'_>, graph: Nested, prefix: &str, flat: &mut Flat) -> Ends {
    let mut ends: FxHashMap<String, Ends> = FxHashMap::default();
    let mut own = Ends::default();
    for (name, part) in graph.nodes {
        let full = format!("{prefix}{name}");
        match part {
            Part::Graph(inner) => {
                let inner = add(reader, inner, &format!("{full}."), flat);
                ends.insert(name, inner);
            }
            Part::Node(raw) => {
                let i = flat.nodes.len();
                let kind = raw.primitive.kind;
                if kind == Kind::Input {
                    own.entries.push(i);
                }
                if kind == Kind::Output {
                    own.exits.push(i);
                }
                let port = matches!(kind, Kind::Input | Kind::Output) && !prefix.is_empty();
                flat.ports.push(port);
                flat.nodes.push((full, raw));
                ends.insert(
                    name,
                    Ends {
                        entries: vec![i],
                        exits: vec![i],
                    },
                );
            }
        }
    }
    if let Some((called, meant)) = misnamed(&ends, &graph.edges, flat, prefix) {
        reader.notes.push(format!(
            "edges speak of {}, which is not there; {} is the only node without edges and was taken",
            names(&[&called]),
            names(&[&meant])
        ));
        let same = ends[&meant].clone();
        ends.insert(called, same);
    }
    let mut valid: Vec<&str> = ends.keys().map(String::as_str).collect();
    valid.sort_unstable();
    let mut seen = rustc_hash::FxHashSet::default();
    for (from, to) in &graph.edges {
        let mut found = |name: &String, exits: bool| -> Option<usize> {
            let Some(e) = ends.get(name) else {
                // `graph.node` names a node of an inner graph.
                let full = format!("{prefix}{name}");
                if let Some(i) = flat.nodes.iter().position(|(n, _)| *n == full) {
                    return Some(i);
                }
                reader.errors.push(error_with(
                    reader.path,
                    format!(
                        "an edge goes from {} to {}, and there is no node {}",
                        names(&[from]),
                        names(&[to]),
                        names(&[name])
                    ),
                    &suggest(name, &valid),
                ));
                return None;
            };
            let list = if exits { &e.exits } else { &e.entries };
            match list[..] {
                [one] => Some(one),
                _ => {
                    reader.errors.push(error_with(
                        reader.path,
                        format!(
                            "graph {} has {} {}, and an edge does not say which",
                            names(&[name]),
                            list.len(),
                            if exits { "outputs" } else { "inputs" }
                        ),
                        "name the node: graph.node",
                    ));
                    None
                }
            }
        };
        if let (Some(a), Some(b)) = (found(from, true), found(to, false)) {
            if seen.insert((a, b)) {
                flat.edges.push((a, b));
            } else {
                reader.notes.push(format!(
                    "the edge from {} to {} stands twice and counts once",
                    names(&[from]),
                    names(&[to])
                ));
            }
        }
    }
    own
}

/// The one name in edges that no node has, and the one node that no edge names: files in use call the
/// neurons of an inner graph by two names. Anything less plain is an error.
fn misnamed(
    ends: &FxHashMap<String, Ends>,
    edges: &[(String, String)],
    flat: &Flat,
    prefix: &str,
) -> Option<(String, String)> {
    let mut called: Vec<&String> = edges.iter().flat_map(|(a, b)| [a, b]).collect();
    called.sort_unstable();
    called.dedup();
    let mut nowhere = called.iter().filter(|n| {
        let full = format!("{prefix}{n}");
        !ends.contains_key(**n) && !flat.nodes.iter().any(|(m, _)| *m == full)
    });
    let mut unread = ends.keys().filter(|n| called.binary_search(n).is_err());
    match (nowhere.next(), nowhere.next(), unread.next(), unread.next()) {
        (Some(called), None, Some(meant), None) => Some(((*called).clone(), meant.clone())),
        _ => None,
    }
}

/// Joins the edges that meet at ports of inner graphs.
fn without_ports(flat: Flat) -> Flat {
    let n = flat.nodes.len();
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (a, b) in &flat.edges {
        out[*a].push(*b);
    }
    let mut place = Vec::with_capacity(n);
    let mut kept = 0;
    for port in &flat.ports {
        place.push(kept);
        kept += usize::from(!port);
    }
    let mut edges = Vec::new();
    for a in (0..n).filter(|a| !flat.ports[*a]) {
        let mut seen = vec![false; n];
        let mut open = out[a].clone();
        while let Some(b) = open.pop() {
            if std::mem::replace(&mut seen[b], true) {
                continue;
            }
            if flat.ports[b] {
                open.extend(&out[b]);
            } else {
                edges.push((place[a], place[b]));
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let ports = flat.ports.clone();
    Flat {
        nodes: flat
            .nodes
            .into_iter()
            .zip(&ports)
            .filter(|(_, port)| !**port)
            .map(|(n, _)| n)
            .collect(),
        ports: vec![false; kept],
        edges,
    }
}

impl From<(usize, usize)> for Edge {
    fn from((from, to): (usize, usize)) -> Self {
        Self {
            from,
            to,
            recurrent: false,
        }
    }
}
