//! A graph while it is rewritten: nodes may be bypassed and changed, but stay where they are.

use crate::ann::graph::{Draft, Graph, Node};
use crate::ann::op::Op;

pub struct Edit {
    /// The graph that was, without its nodes; for what is not rewritten.
    frame: Graph,
    pub nodes: Vec<Node>,
    pub output: usize,
}

impl Edit {
    pub fn of(graph: Graph) -> Self {
        Self {
            nodes: graph.nodes().to_vec(),
            output: graph.output(),
            frame: graph,
        }
    }

    /// Nodes that the output needs.
    pub fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        needed[0] = true;
        needed[self.output] = true;
        for i in (0..self.nodes.len()).rev() {
            if needed[i] {
                for k in &self.nodes[i].inputs {
                    needed[*k] = true;
                }
            }
        }
        needed
    }

    /// The nodes in use, in order.
    pub fn used(&self) -> Vec<usize> {
        let needed = self.needed();
        (0..self.nodes.len()).filter(|i| needed[*i]).collect()
    }

    /// How often each node is read by nodes in use; being the output counts once.
    pub fn reads(&self) -> Vec<usize> {
        let mut reads = vec![0; self.nodes.len()];
        for i in self.used() {
            for k in &self.nodes[i].inputs {
                reads[*k] += 1;
            }
        }
        reads[self.output] += 1;
        reads
    }

    /// The nodes in use that read `i`, each once.
    pub fn readers(&self, i: usize) -> Vec<usize> {
        self.used()
            .into_iter()
            .filter(|r| self.nodes[*r].inputs.contains(&i))
            .collect()
    }

    /// The one node that reads `i`, if there is one and it reads it once.
    pub fn only_reader(&self, i: usize) -> Option<usize> {
        if self.reads()[i] != 1 {
            return None;
        }
        self.readers(i).first().copied()
    }

    /// Everybody who reads `i` reads `instead`, which takes its name into its list.
    pub fn bypass(&mut self, i: usize, instead: usize) {
        for node in &mut self.nodes[i + 1..] {
            for k in &mut node.inputs {
                if *k == i {
                    *k = instead;
                }
            }
        }
        if self.output == i {
            self.output = instead;
        }
    }

    /// Notes that `i` was folded into `into`.
    pub fn folded(&mut self, i: usize, into: usize) {
        let mut names = std::mem::take(&mut self.nodes[i].folded);
        names.insert(0, self.nodes[i].name.clone());
        // One layer of the file may have become several nodes.
        names.retain(|n| *n != self.nodes[into].name);
        self.nodes[into].folded.extend(names);
    }

    /// The graph of the nodes in use.
    pub fn finish(self) -> Result<Graph, String> {
        let used = self.used();
        let mut place = vec![0; self.nodes.len()];
        for (new, old) in used.iter().enumerate() {
            place[*old] = new;
        }
        let mut nodes: Vec<Option<Node>> = self.nodes.into_iter().map(Some).collect();
        let drafts = used
            .iter()
            .filter_map(|i| nodes[*i].take())
            .map(|n| Draft {
                inputs: n.inputs.iter().map(|k| place[*k]).collect(),
                shape: if n.op == Op::Input {
                    n.shape
                } else {
                    Vec::new()
                },
                name: n.name,
                op: n.op,
                folded: n.folded,
            })
            .collect();
        self.frame.with_nodes(drafts, place[self.output])
    }
}
