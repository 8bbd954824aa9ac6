//! A file as it is nested, node by node.

use std::path::Path;

use super::graph::{Array, Meta};
use super::primitives::{PRIMITIVES, Primitive};
use crate::definition::Diagnostic;
use crate::definition::diagnostics::nearest;
use crate::definition::h5::File;
use crate::import::findings::{error, error_with, names, suggest};

/// Graphs in graphs, and nodes in all: more is a damaged file.
const MOST_DEEP: usize = 16;
const MOST_NODES: usize = 100_000;

/// A graph of the file.
#[derive(Debug, Default)]
pub struct Nested {
    pub nodes: Vec<(String, Part)>,
    /// Names as they stand in the file.
    pub edges: Vec<(String, String)>,
    pub metadata: Vec<(String, Meta)>,
}

#[derive(Debug)]
pub enum Part {
    Graph(Nested),
    Node(Raw),
}

/// A node before its shapes are known.
#[derive(Debug)]
pub struct Raw {
    pub primitive: &'static Primitive,
    pub parameters: Vec<(&'static str, Array)>,
    /// `same` or `valid`, if `padding` is a word.
    pub padding: Option<String>,
    pub metadata: Vec<(String, Meta)>,
}

pub struct Reader<'f> {
    pub path: &'f Path,
    pub file: &'f File,
    pub errors: Vec<Diagnostic>,
    pub notes: Vec<String>,
    pub nodes: usize,
}

impl Reader<'_> {
    fn fail(&mut self, message: impl std::fmt::Display, help: &str) {
        self.errors.push(error_with(self.path, message, help));
    }

    /// The only text of a dataset.
    pub fn text(&mut self, dataset: &str) -> Option<String> {
        match self.file.texts(dataset) {
            Ok((_, list)) if list.len() == 1 => list.into_iter().next(),
            _ => None,
        }
    }

    pub fn graph(&mut self, at: &str, depth: usize) -> Nested {
        let mut out = Nested::default();
        if depth > MOST_DEEP {
            self.fail(
                format!("{at}: graphs are nested deeper than {MOST_DEEP}"),
                "",
            );
            return out;
        }
        let inside = format!("{at}/nodes");
        let listed = match self.file.groups(&inside) {
            Ok(Some(list)) => list,
            Ok(None) => {
                self.fail(
                    format!("{at} has no group `nodes`"),
                    "a NIR graph has nodes and edges",
                );
                return out;
            }
            Err(e) => {
                self.errors.push(Diagnostic::error(e));
                return out;
            }
        };
        for name in listed {
            self.nodes += 1;
            if self.nodes > MOST_NODES {
                self.fail(format!("there are more than {MOST_NODES} nodes"), "");
                return out;
            }
            let here = format!("{inside}/{name}");
            let Some(kind) = self.text(&format!("{here}/type")) else {
                self.fail(format!("node {} has no type", names(&[&name])), "");
                continue;
            };
            if kind == "NIRGraph" {
                let graph = self.graph(&here, depth + 1);
                out.nodes.push((name, Part::Graph(graph)));
            } else if let Some(node) = self.node(&name, &kind, &here) {
                out.nodes.push((name, Part::Node(node)));
            }
        }
        out.edges = self.edges(&format!("{at}/edges"));
        out.metadata = self.metadata(at);
        out
    }

    fn edges(&mut self, at: &str) -> Vec<(String, String)> {
        match self.file.texts(at) {
            Ok((shape, list)) => {
                if !list.is_empty() && (shape.len() != 2 || shape[1] != 2) {
                    self.fail(format!("{at} has no pairs of names"), "");
                    return Vec::new();
                }
                list.chunks_exact(2)
                    .map(|p| (p[0].clone(), p[1].clone()))
                    .collect()
            }
            Err(e) => {
                self.errors.push(Diagnostic::error(e));
                Vec::new()
            }
        }
    }

    fn node(&mut self, name: &str, kind: &str, at: &str) -> Option<Raw> {
        let all: Vec<&str> = PRIMITIVES.iter().map(|p| p.name).collect();
        let Some(primitive) = PRIMITIVES.iter().find(|p| p.name == kind) else {
            self.fail(
                format!(
                    "node {} is of the unknown type {}",
                    names(&[name]),
                    names(&[kind])
                ),
                &suggest(kind, &all),
            );
            return None;
        };
        let there = match self.file.datasets(at) {
            Ok(list) => list,
            Err(e) => {
                self.errors.push(Diagnostic::error(e));
                return None;
            }
        };
        let mut raw = Raw {
            primitive,
            parameters: Vec::new(),
            padding: None,
            metadata: self.metadata(at),
        };
        let known = primitive.required.iter().chain(primitive.optional);
        let mut missing = Vec::new();
        for p in known.clone() {
            if !there.iter().any(|t| t == p) {
                if primitive.required.contains(p) {
                    missing.push(*p);
                }
                continue;
            }
            let here = format!("{at}/{p}");
            if *p == "padding" && self.file.is_text(&here) {
                raw.padding = self.text(&here);
                continue;
            }
            match self.file.column(&here).and_then(|c| {
                let shape = c.shape().iter().map(|n| *n as usize).collect();
                Ok(Array::new(shape, c.numbers()?))
            }) {
                Ok(array) => raw.parameters.push((p, array)),
                Err(e) => self.errors.push(Diagnostic::error(e)),
            }
        }
        let valid: Vec<&str> = known.copied().collect();
        for t in there.iter().filter(|t| *t != "type") {
            if !valid.contains(&t.as_str()) {
                let near = nearest(t, missing.iter().copied())
                    .map_or(String::new(), |n| format!(" (did you mean `{n}`?)"));
                self.notes.push(format!(
                    "{} of node {} ({kind}) is unknown and was left out{near}",
                    names(&[t]),
                    names(&[name])
                ));
            }
        }
        if !missing.is_empty() {
            self.fail(
                format!(
                    "node {} ({kind}) has no {}",
                    names(&[name]),
                    names(&missing)
                ),
                &format!("it has {}", names(&there)),
            );
            return None;
        }
        if let Some((p, a)) = raw
            .parameters
            .iter()
            .find(|(_, a)| a.values.iter().any(|v| v.is_nan()))
        {
            let i = a.values.iter().position(|v| v.is_nan()).unwrap_or(0);
            self.errors.push(error(
                self.path,
                format!(
                    "element {i} of `{p}` of node {} is not a number",
                    names(&[name])
                ),
            ));
        }
        Some(raw)
    }

    /// What a group `metadata` says, nested groups by dotted names. What cannot be read is left out:
    /// it has no meaning for the network.
    fn metadata(&mut self, at: &str) -> Vec<(String, Meta)> {
        let mut out = Vec::new();
        let mut open = vec![(format!("{at}/metadata"), String::new(), 0)];
        while let Some((group, prefix, depth)) = open.pop() {
            for name in self.file.datasets(&group).unwrap_or_default() {
                let here = format!("{group}/{name}");
                let value = if self.file.is_text(&here) {
                    self.text(&here).map(Meta::Text)
                } else {
                    let read = self.file.column(&here).and_then(|c| c.numbers());
                    read.ok().map(Meta::Numbers)
                };
                if let Some(value) = value {
                    out.push((format!("{prefix}{name}"), value));
                }
            }
            if depth < MOST_DEEP && out.len() < MOST_NODES && open.len() < MOST_NODES {
                let groups = self.file.groups(&group).ok().flatten().unwrap_or_default();
                for name in groups {
                    let path = format!("{group}/{name}");
                    open.push((path, format!("{prefix}{name}."), depth + 1));
                }
            }
        }
        out
    }
}
