//! The walk over the nodes of a file, and what is told about those in error.

use std::path::Path;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::attributes::Attributes;
use super::build::Build;
use super::constants;
use super::literal;
use super::ops;
use super::proto::{NodeProto, TensorProto};
use super::value::{Call, Data, Value, Wrong};
use crate::definition::Diagnostic;
use crate::import::findings::{self, names};

pub struct Translation<'m> {
    pub path: &'m Path,
    pub nodes: &'m [NodeProto],
    pub initializers: FxHashMap<&'m str, &'m TensorProto>,
    pub opset: i64,
    pub build: Build,
    pub values: FxHashMap<&'m str, Value>,
    pub findings: Vec<Diagnostic>,
}

/// Findings that are told one by one; the rest is counted.
const MOST_FINDINGS: usize = 40;

impl<'m> Translation<'m> {
    /// Translates what `output` needs, in an order in which inputs come first.
    pub fn run(&mut self, output: &'m str) -> Option<Data> {
        let order = self.order(output)?;
        let mut alike: FxHashMap<(String, String), (usize, Vec<String>)> = FxHashMap::default();
        for i in order {
            let node = &self.nodes[i];
            let results = match self.translate(node) {
                Ok(results) => results,
                Err(wrong) => {
                    self.tell(node, wrong, &mut alike);
                    Vec::new()
                }
            };
            // A node in error, or with an output that it did not give, leaves unknowns.
            let mut results = results.into_iter();
            for name in &node.output {
                let value = match results.next() {
                    Some(Value::Absent) | None => Value::Unknown,
                    Some(value) => value,
                };
                if !name.is_empty() {
                    self.values.insert(name, value);
                }
            }
        }
        for (at, more) in alike.into_values() {
            if !more.is_empty()
                && let Some(d) = self.findings.get_mut(at)
            {
                d.message.push_str(&format!("; so do {}", names(&more)));
            }
        }
        if self.findings.len() > MOST_FINDINGS {
            let rest = self.findings.len() - MOST_FINDINGS;
            self.findings.truncate(MOST_FINDINGS);
            self.findings.push(findings::error(
                self.path,
                format!("{rest} more nodes cannot be converted"),
            ));
        }
        if !self.findings.is_empty() {
            return None;
        }
        match self.look_up(output) {
            Ok(Value::Data(d)) => Some(d),
            Ok(Value::Unknown) => {
                self.problem(format!("the output {} is never computed", names(&[output])));
                None
            }
            Ok(_) => {
                self.problem(format!(
                    "the output {} does not depend on the input",
                    names(&[output])
                ));
                None
            }
            Err(e) => {
                self.problem(e);
                None
            }
        }
    }

    fn problem(&mut self, message: String) {
        self.findings.push(findings::error(self.path, message));
    }

    /// Nodes that `output` needs, each after those it reads.
    fn order(&mut self, output: &str) -> Option<Vec<usize>> {
        let mut maker: FxHashMap<&str, usize> = FxHashMap::default();
        for (i, node) in self.nodes.iter().enumerate() {
            for name in node.output.iter().filter(|n| !n.is_empty()) {
                if maker.insert(name, i).is_some() {
                    self.problem(format!("{} is computed twice", names(&[name])));
                    return None;
                }
            }
        }
        let mut order = Vec::new();
        let mut done: FxHashSet<usize> = FxHashSet::default();
        let mut open: FxHashSet<usize> = FxHashSet::default();
        // (node, number of its input to look at next); no recursion, files may be deep.
        let mut stack: Vec<(usize, usize)> =
            maker.get(output).map(|i| (*i, 0)).into_iter().collect();
        while let Some((i, k)) = stack.pop() {
            if done.contains(&i) {
                continue;
            }
            open.insert(i);
            let Some(name) = self.nodes[i].input.get(k) else {
                open.remove(&i);
                done.insert(i);
                order.push(i);
                continue;
            };
            stack.push((i, k + 1));
            if let Some(next) = maker.get(name.as_str())
                && !done.contains(next)
            {
                if open.contains(next) {
                    let here = label(&self.nodes[i]).to_string();
                    self.problem(format!(
                        "node {} reads its own result, by way of {}",
                        names(&[here]),
                        names(&[name])
                    ));
                    return None;
                }
                stack.push((*next, 0));
            }
        }
        Some(order)
    }

    /// The value of a name: computed before, or a constant of the file.
    fn look_up(&mut self, name: &'m str) -> Result<Value, String> {
        if name.is_empty() {
            return Ok(Value::Absent);
        }
        if let Some(v) = self.values.get(name) {
            return Ok(v.clone());
        }
        let Some(t) = self.initializers.get(name).copied() else {
            let all: Vec<&str> = self.values.keys().copied().collect();
            let near = crate::definition::diagnostics::nearest(name, all.iter().copied());
            let hint = near.map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            return Err(format!("there is no {}{hint}", names(&[name])));
        };
        let beside = self.path.parent().unwrap_or(Path::new(""));
        let value = match literal::read(t, beside) {
            Ok(tensor) => Value::Const(Rc::new(tensor)),
            Err(e) => {
                self.values.insert(name, Value::Unknown);
                return Err(format!("the constant {}: {e}", names(&[name])));
            }
        };
        self.values.insert(name, value.clone());
        Ok(value)
    }

    fn translate(&mut self, node: &'m NodeProto) -> Result<Vec<Value>, Wrong> {
        let foreign = !matches!(node.domain.as_str(), "" | "ai.onnx");
        if foreign {
            return Err(Wrong::new(
                format!("operators of `{}` are unknown", node.domain.escape_debug()),
                "only the operators of ONNX itself can be converted; export without optimisation for \
                 one runtime",
            ));
        }
        // Before its inputs: a constant in error would hide that the operator is unknown.
        let translator = ops::find(&node.op_type);
        let mut inputs = Vec::with_capacity(node.input.len());
        let mut missing = None;
        for name in &node.input {
            match self.look_up(name) {
                Ok(v) => inputs.push(v),
                Err(e) => {
                    missing.get_or_insert(e);
                    inputs.push(Value::Unknown);
                }
            }
        }
        let call = Call {
            name: label(node),
            op: &node.op_type,
            inputs,
            outputs: node.output.len(),
            attributes: Attributes::new(&node.attribute),
            opset: self.opset,
        };
        if node.op_type == "Constant" {
            return self.constant(&call);
        }
        let active = call
            .inputs
            .iter()
            .any(|v| matches!(v, Value::Data(_) | Value::Unknown));
        if active && translator.is_none() {
            return Err(Wrong::new(
                "cannot be converted",
                ops::advice(&node.op_type),
            ));
        }
        if let Some(e) = missing {
            return Err(e.into());
        }
        if call.inputs.iter().any(|v| matches!(v, Value::Unknown)) {
            return Ok(vec![Value::Unknown; node.output.len()]);
        }
        let results = if active {
            match translator {
                Some(translate) => translate(&mut self.build, &call)?,
                None => Vec::new(),
            }
        } else {
            constants::fold(&call)?.ok_or_else(|| {
                Wrong::new("cannot be computed at import", ops::advice(&node.op_type))
            })?
        };
        let unknown = call.attributes.unknown();
        if let Some(first) = unknown.first() {
            return Err(Wrong::new(
                format!("has attributes that are unknown: {}", names(&unknown)),
                format!(
                    "its attributes: {}",
                    findings::suggest(first, &call.attributes.known())
                ),
            ));
        }
        Ok(results)
    }

    fn constant(&self, call: &Call<'_>) -> Result<Vec<Value>, Wrong> {
        use super::tensor::{Int, Tensor};
        let a = &call.attributes;
        let beside = self.path.parent().unwrap_or(Path::new(""));
        let tensor = if let Some(t) = a.tensor("value")? {
            literal::read(t, beside)?
        } else if let Some(x) = a.float("value_float")? {
            Tensor::real(vec![], vec![x])
        } else if let Some(list) = a.floats("value_floats")? {
            Tensor::real(vec![list.len()], list)
        } else if let Some(i) = a.int("value_int")? {
            Tensor::whole(vec![], vec![Int::known(i)])
        } else if let Some(list) = a.ints("value_ints")? {
            Tensor::ints(list.into_iter().map(Int::known).collect())
        } else {
            return Err("it has no value of numbers".into());
        };
        Ok(vec![tensor.into()])
    }

    /// One finding for a node; more of the same are named in it.
    fn tell(
        &mut self,
        node: &NodeProto,
        wrong: Wrong,
        alike: &mut FxHashMap<(String, String), (usize, Vec<String>)>,
    ) {
        let (name, op, blamed) = match wrong.blame {
            Some((name, op)) => (name, op.to_string(), true),
            None => (label(node).to_string(), node.op_type.clone(), false),
        };
        match alike.get_mut(&(op.clone(), wrong.message.clone())) {
            Some((_, more)) => {
                if !more.contains(&name) {
                    more.push(name);
                }
                return;
            }
            None => {
                alike.insert(
                    (op.clone(), wrong.message.clone()),
                    (self.findings.len(), Vec::new()),
                );
            }
        }
        let message = format!(
            "node {} ({}): {}",
            names(&[name]),
            op.escape_debug(),
            wrong.message
        );
        let mut help = if blamed {
            String::new()
        } else {
            format!(
                "it reads {} and gives {}",
                names(&node.input),
                names(&node.output)
            )
        };
        if let Some(h) = wrong.help.filter(|h| !h.is_empty()) {
            if !help.is_empty() {
                help.push_str("; ");
            }
            help.push_str(&h);
        }
        self.findings
            .push(findings::error_with(self.path, message, &help));
    }
}

/// What a node is called: its name, or its first output.
pub fn label(node: &NodeProto) -> &str {
    if node.name.is_empty() {
        node.output.first().map_or("", String::as_str)
    } else {
        &node.name
    }
}
