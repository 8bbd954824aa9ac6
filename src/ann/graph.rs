//! A network as a directed acyclic graph of layers.

use super::finish::Finish;
use super::op::{Op, planes};
use super::shape;

/// A trained network. Shapes are those of one sample, channels first; there is no samples' axis.
///
/// Nodes stand in an order in which every node comes after its inputs; node 0 is the input of the
/// network. Every shape was inferred and checked when the node was added.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub name: String,
    nodes: Vec<Node>,
    output: usize,
    /// What the file does after the output: it changes no decision, so the graph ends before it.
    pub finish: Option<Finish>,
    /// How samples lie where they come from, if not channels first: the axes of the network's input
    /// in the order in which the samples have them (`[1, 2, 0]` for height, width, channels).
    pub layout: Option<Vec<usize>>,
    /// What was changed on the way here, for the report.
    pub notes: Vec<String>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name in the file.
    pub name: String,
    pub op: Op,
    /// Numbers of nodes before this one.
    pub inputs: Vec<usize>,
    /// Of the output for one sample.
    pub shape: Vec<usize>,
    /// Names of layers of the file that were folded into this one.
    pub folded: Vec<String>,
}

impl Node {
    /// Number of elements of the output for one sample.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Never: a node has elements.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Channels, height and width of the output.
    pub fn planes(&self) -> [usize; 3] {
        planes(&self.shape)
    }
}

impl Graph {
    /// A graph whose output is its input.
    pub fn new(name: impl Into<String>, input: &str, shape: &[usize]) -> Result<Self, String> {
        if shape::count(shape)? == 0 || shape.is_empty() {
            return Err(format!(
                "an input of {} has no elements",
                shape::text(shape)
            ));
        }
        Ok(Self {
            name: name.into(),
            nodes: vec![Node {
                name: input.into(),
                op: Op::Input,
                inputs: Vec::new(),
                shape: shape.to_vec(),
                folded: Vec::new(),
            }],
            output: 0,
            finish: None,
            layout: None,
            notes: Vec::new(),
        })
    }

    /// Adds a node behind nodes that are there, and makes it the output. The error says what does not
    /// fit, not which node it is.
    pub fn push(
        &mut self,
        name: impl Into<String>,
        op: Op,
        inputs: &[usize],
    ) -> Result<usize, String> {
        let mut shapes: Vec<&[usize]> = Vec::with_capacity(inputs.len());
        for i in inputs {
            let node = self.nodes.get(*i).ok_or("its input is not there yet")?;
            shapes.push(&node.shape);
        }
        let shape = shape::infer(&op, &shapes)?;
        self.nodes.push(Node {
            name: name.into(),
            op,
            inputs: inputs.to_vec(),
            shape,
            folded: Vec::new(),
        });
        self.output = self.nodes.len() - 1;
        Ok(self.output)
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, i: usize) -> &Node {
        &self.nodes[i]
    }

    /// The input of the network.
    pub fn input(&self) -> &Node {
        &self.nodes[0]
    }

    /// Number of the node that is the output.
    pub fn output(&self) -> usize {
        self.output
    }

    /// Makes another node the output.
    pub fn set_output(&mut self, node: usize) {
        assert!(node < self.nodes.len(), "no such node");
        self.output = node;
    }

    /// Names of the file's layers that were folded into others.
    pub fn all_folded(&self) -> Vec<&str> {
        let names = self.nodes.iter().flat_map(|n| &n.folded);
        names
            .map(String::as_str)
            .filter(|n| !n.is_empty())
            .collect()
    }

    /// States which layers of the file were folded into a node.
    pub fn set_folded(&mut self, node: usize, folded: Vec<String>) {
        self.nodes[node].folded = folded;
    }

    /// For each node, the nodes that read it, in their order (twice if they read it twice).
    pub fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate() {
            for input in &node.inputs {
                readers[*input].push(i);
            }
        }
        readers
    }

    /// Multiplications with weights for one sample, every position of a kernel counted (padding
    /// too), as the field counts dense operations.
    pub fn macs(&self, i: usize) -> u64 {
        let node = &self.nodes[i];
        let before = || self.nodes[node.inputs[0]].len() as u64;
        match &node.op {
            Op::Dense(d) => d.weight.len() as u64,
            Op::Conv(c) => {
                (node.len() as u64) * (c.inputs / c.groups) as u64 * c.window.area() as u64
            }
            Op::ConvTranspose(c) => {
                before() * (c.outputs / c.groups) as u64 * c.window.area() as u64
            }
            _ => 0,
        }
    }

    /// The same, of the whole network.
    pub fn total_macs(&self) -> u64 {
        (0..self.nodes.len()).map(|i| self.macs(i)).sum()
    }

    /// The same nodes with other parameters, and shapes that follow from them. The input stays; one entry
    /// for each node.
    ///
    /// # Errors
    /// The first layer whose parameters do not fit what comes in.
    pub fn with_ops(&self, ops: Vec<Op>) -> Result<Self, String> {
        let drafts = self.nodes.iter().zip(ops).map(|(node, op)| Draft {
            name: node.name.clone(),
            op,
            inputs: node.inputs.clone(),
            shape: node.shape.clone(),
            folded: node.folded.clone(),
        });
        self.with_nodes(drafts.collect(), self.output)
    }

    /// The weights of a dense layer or a convolution, in the order of the layer. None for others.
    pub fn weights_mut(&mut self, i: usize) -> &mut [f32] {
        match &mut self.nodes[i].op {
            Op::Dense(d) => &mut d.weight,
            Op::Conv(c) | Op::ConvTranspose(c) => &mut c.weight,
            _ => &mut [],
        }
    }

    /// The biases of the same layers.
    pub fn biases_mut(&mut self, i: usize) -> &mut [f32] {
        match &mut self.nodes[i].op {
            Op::Dense(d) => &mut d.bias,
            Op::Conv(c) | Op::ConvTranspose(c) => &mut c.bias,
            _ => &mut [],
        }
    }

    /// Builds the graph anew from changed nodes, which must be in order; for the passes.
    pub(super) fn with_nodes(&self, nodes: Vec<Draft>, output: usize) -> Result<Self, String> {
        let mut g = Self::new(self.name.clone(), &nodes[0].name, &nodes[0].shape)?;
        g.nodes[0].folded = nodes[0].folded.clone();
        for draft in nodes.into_iter().skip(1) {
            let i = g.push(draft.name, draft.op, &draft.inputs)?;
            g.nodes[i].folded = draft.folded;
        }
        g.output = output;
        g.finish = self.finish.clone();
        g.layout = self.layout.clone();
        g.notes = self.notes.clone();
        Ok(g)
    }
}

/// A node before its shape is inferred. `shape` is that of the input node only.
pub(super) struct Draft {
    pub name: String,
    pub op: Op,
    pub inputs: Vec<usize>,
    pub shape: Vec<usize>,
    pub folded: Vec<String>,
}
