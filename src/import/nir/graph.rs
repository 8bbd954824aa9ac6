//! A NIR network after reading: nodes with their parameters and shapes, edges, no nesting.

use super::primitives::Kind;

/// Numbers with a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Array {
    pub fn new(shape: Vec<usize>, values: Vec<f64>) -> Self {
        Self { shape, values }
    }

    pub fn list(values: Vec<f64>) -> Self {
        Self {
            shape: vec![values.len()],
            values,
        }
    }
}

/// A value of metadata.
#[derive(Clone, Debug, PartialEq)]
pub enum Meta {
    Text(String),
    Numbers(Vec<f64>),
}

/// A node. Parameters with one number for each element have as many as the layer has elements; those
/// that a file may leave out are there with their default.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Nested graphs are written out: `layer.neuron`.
    pub name: String,
    pub kind: Kind,
    pub parameters: Vec<(&'static str, Array)>,
    /// Shape of what comes in and of what goes out; one sample, channels first.
    pub input: Vec<usize>,
    pub output: Vec<usize>,
    pub metadata: Vec<(String, Meta)>,
}

impl Node {
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.parameters
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, a)| a)
    }

    /// The numbers of a parameter; none if the kind does not have it.
    pub fn get(&self, name: &str) -> &[f64] {
        self.array(name).map_or(&[], |a| &a.values)
    }

    /// A parameter with one entry for height and one for width.
    pub fn pair(&self, name: &str) -> [usize; 2] {
        match *self.get(name) {
            [x] => [x as usize; 2],
            [y, x, ..] => [y as usize, x as usize],
            [] => [1; 2],
        }
    }

    /// A text of the metadata.
    pub fn meta_text(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find_map(|(k, v)| match v {
            Meta::Text(t) if k == key => Some(t.as_str()),
            _ => None,
        })
    }

    /// Number of elements that go out.
    pub fn len(&self) -> usize {
        self.output.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What one node gives is what another gets; several edges into a node add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// It closes a loop, behind neurons: tools that compute in steps deliver it one step later.
    pub recurrent: bool,
}

/// A network.
#[derive(Clone, Debug, PartialEq)]
pub struct Nir {
    pub version: Option<String>,
    pub nodes: Vec<Node>,
    /// Sorted.
    pub edges: Vec<Edge>,
    pub metadata: Vec<(String, Meta)>,
    /// What was mended while reading: files in use break the rules of the reference in known ways.
    pub notes: Vec<String>,
}

impl Nir {
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }

    /// Marks the edges that close loops.
    pub(super) fn mark_loops(&mut self) {
        let component = components(self.nodes.len(), &self.edges);
        for e in &mut self.edges {
            e.recurrent =
                component[e.from] == component[e.to] && self.nodes[e.from].kind.is_neuron();
        }
    }
}

/// The strongly connected component of each node (two depth-first walks, Kosaraju).
pub(crate) fn components(n: usize, edges: &[Edge]) -> Vec<usize> {
    let mut ahead = vec![Vec::new(); n];
    let mut back = vec![Vec::new(); n];
    for e in edges {
        ahead[e.from].push(e.to);
        back[e.to].push(e.from);
    }
    let mut seen = vec![false; n];
    let mut order = Vec::with_capacity(n);
    for start in 0..n {
        let mut stack = vec![(start, 0)];
        while let Some((i, k)) = stack.pop() {
            if k == 0 {
                if seen[i] {
                    continue;
                }
                seen[i] = true;
            }
            match ahead[i].get(k) {
                Some(next) => {
                    stack.push((i, k + 1));
                    if !seen[*next] {
                        stack.push((*next, 0));
                    }
                }
                None => order.push(i),
            }
        }
    }
    let mut component = vec![usize::MAX; n];
    for (c, start) in order.into_iter().rev().enumerate() {
        let mut stack = vec![start];
        while let Some(i) = stack.pop() {
            if component[i] == usize::MAX {
                component[i] = c;
                stack.extend(&back[i]);
            }
        }
    }
    component
}
