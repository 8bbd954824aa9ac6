//! What an edge of the file carries while it is translated.

use std::rc::Rc;

use super::attributes::Attributes;
use super::tensor::Tensor;
use crate::ann::Finish;

#[derive(Clone, Debug)]
pub enum Value {
    /// An optional input that is left out.
    Absent,
    /// What a node in error gives: reported there, and not again.
    Unknown,
    Const(Rc<Tensor>),
    Data(Data),
}

/// The output of a node of the graph, under axes of the file.
///
/// Transposing only renames axes: axis k of the file (the samples' axis left out) is axis `axes[k]` of
/// the node. Elements are moved only where a layer asks for an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    pub node: usize,
    pub axes: Vec<usize>,
    /// A last step such as softmax that was seen, with the name of the node of the file.
    pub finish: Option<(Finish, String)>,
}

impl From<Tensor> for Value {
    fn from(t: Tensor) -> Self {
        Self::Const(Rc::new(t))
    }
}

impl From<Data> for Value {
    fn from(d: Data) -> Self {
        Self::Data(d)
    }
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub message: String,
    pub help: Option<String>,
    /// Name and operator of another node that is to blame.
    pub blame: Option<(String, &'static str)>,
}

impl Wrong {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Some(help.into()),
            blame: None,
        }
    }
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Self {
            message,
            help: None,
            blame: None,
        }
    }
}

impl From<&str> for Wrong {
    fn from(message: &str) -> Self {
        message.to_string().into()
    }
}

/// One node of the file, ready to be translated.
pub struct Call<'m> {
    /// Its name, or that of its first output.
    pub name: &'m str,
    pub op: &'m str,
    pub inputs: Vec<Value>,
    pub outputs: usize,
    pub attributes: Attributes<'m>,
    /// Version of the operator set.
    pub opset: i64,
}

impl Call<'_> {
    pub fn input(&self, i: usize) -> &Value {
        self.inputs.get(i).unwrap_or(&Value::Absent)
    }

    /// Input `i` if it is given.
    pub fn given(&self, i: usize) -> Option<&Value> {
        match self.input(i) {
            Value::Absent => None,
            value => Some(value),
        }
    }

    /// Input `i`, which must be an activation.
    pub fn data(&self, i: usize) -> Result<Data, Wrong> {
        match self.input(i) {
            Value::Data(d) => plain(d),
            Value::Const(_) => {
                Err(format!("its input {i} is a constant, not an activation").into())
            }
            _ => Err(format!("its input {i} is missing").into()),
        }
    }

    /// Input `i`, which must be a constant.
    pub fn constant(&self, i: usize, what: &str) -> Result<Rc<Tensor>, Wrong> {
        self.optional(i, what)?
            .ok_or_else(|| format!("its {what} (input {i}) are missing").into())
    }

    /// Input `i`, which must be a constant if it is given.
    pub fn optional(&self, i: usize, what: &str) -> Result<Option<Rc<Tensor>>, Wrong> {
        match self.input(i) {
            Value::Const(t) => Ok(Some(Rc::clone(t))),
            Value::Data(_) => Err(Wrong::new(
                format!("its {what} (input {i}) are computed from the network's input"),
                "only layers whose parameters are constants can be converted",
            )),
            _ => Ok(None),
        }
    }

    /// Whole numbers that are an attribute in old files and input `i` in new ones.
    pub fn ints(&self, attribute: &'static str, i: usize) -> Result<Option<Vec<i64>>, Wrong> {
        if let Some(list) = self.attributes.ints(attribute)? {
            return Ok(Some(list));
        }
        match self.optional(i, attribute)? {
            Some(t) => Ok(Some(t.known()?)),
            None => Ok(None),
        }
    }
}

/// An activation that is nobody's softmax.
pub fn plain(d: &Data) -> Result<Data, Wrong> {
    match &d.finish {
        None => Ok(d.clone()),
        Some((finish, name)) => Err(Wrong {
            message: format!(
                "{} stands inside the network: its result is computed with further on",
                finish.name()
            ),
            help: Some(
                "it can be converted only as the last step; train the network with ReLU (or leaky \
                 ReLU, ReLU6) inside"
                    .into(),
            ),
            blame: Some((
                name.clone(),
                match finish {
                    Finish::Softmax => "Softmax",
                    Finish::LogSoftmax => "LogSoftmax",
                    Finish::Sigmoid => "Sigmoid",
                    Finish::ArgMax => "ArgMax",
                },
            )),
        }),
    }
}
