//! The attributes of one node: asked for by name and type; what nobody asked for is an error.

use std::cell::RefCell;

use super::proto::{Attribute, TensorProto};

pub struct Attributes<'m> {
    all: &'m [Attribute],
    asked: RefCell<Vec<&'static str>>,
}

/// Attributes that change nothing here: what training does, hints, and documentation.
const HARMLESS: [&str; 4] = ["momentum", "consumed_inputs", "seed", "doc_string"];

impl<'m> Attributes<'m> {
    pub fn new(all: &'m [Attribute]) -> Self {
        Self {
            all,
            asked: RefCell::new(Vec::new()),
        }
    }

    fn find(&self, name: &'static str, kind: i32) -> Result<Option<&'m Attribute>, String> {
        self.asked.borrow_mut().push(name);
        let Some(a) = self.all.iter().find(|a| a.name == name) else {
            return Ok(None);
        };
        if !a.ref_attr_name.is_empty() {
            return Err(format!(
                "its attribute `{name}` stands for `{}` of a function, which was not given",
                a.ref_attr_name.escape_debug()
            ));
        }
        if a.kind != 0 && a.kind != kind {
            const KINDS: [&str; 8] = [
                "undefined",
                "a float",
                "an integer",
                "a string",
                "a tensor",
                "a graph",
                "floats",
                "integers",
            ];
            let text = |k: i32| KINDS.get(k as usize).copied().unwrap_or("of another kind");
            return Err(format!(
                "its attribute `{name}` is {}, and {} is expected",
                text(a.kind),
                text(kind)
            ));
        }
        Ok(Some(a))
    }

    pub fn float(&self, name: &'static str) -> Result<Option<f32>, String> {
        Ok(self.find(name, 1)?.map(|a| a.f))
    }

    pub fn int(&self, name: &'static str) -> Result<Option<i64>, String> {
        Ok(self.find(name, 2)?.map(|a| a.i))
    }

    /// An integer that means yes or no.
    pub fn flag(&self, name: &'static str, default: bool) -> Result<bool, String> {
        Ok(self.int(name)?.map_or(default, |i| i != 0))
    }

    pub fn string(&self, name: &'static str) -> Result<Option<String>, String> {
        Ok(self
            .find(name, 3)?
            .map(|a| String::from_utf8_lossy(&a.s).into_owned()))
    }

    pub fn tensor(&self, name: &'static str) -> Result<Option<&'m TensorProto>, String> {
        match self.find(name, 4)? {
            None => Ok(None),
            Some(a) => {
                a.t.as_ref()
                    .map(Some)
                    .ok_or_else(|| format!("its attribute `{name}` has no tensor"))
            }
        }
    }

    pub fn floats(&self, name: &'static str) -> Result<Option<Vec<f32>>, String> {
        Ok(self.find(name, 6)?.map(|a| a.floats.clone()))
    }

    pub fn ints(&self, name: &'static str) -> Result<Option<Vec<i64>>, String> {
        Ok(self.find(name, 7)?.map(|a| a.ints.clone()))
    }

    /// Sizes: whole numbers from 0, as many as axes.
    pub fn sizes(&self, name: &'static str, n: usize) -> Result<Option<Vec<usize>>, String> {
        let Some(list) = self.ints(name)? else {
            return Ok(None);
        };
        if list.len() != n {
            return Err(format!(
                "its attribute `{name}` has {} entries, and {n} are expected",
                list.len()
            ));
        }
        list.iter()
            .map(|i| {
                usize::try_from(*i)
                    .map_err(|_| format!("its attribute `{name}` has the negative entry {i}"))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Attributes that the reader of the node does not know.
    pub fn unknown(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        self.all
            .iter()
            .map(|a| a.name.clone())
            .filter(|n| !asked.contains(&n.as_str()) && !HARMLESS.contains(&n.as_str()))
            .collect()
    }

    /// What the reader asked for.
    pub fn known(&self) -> Vec<&'static str> {
        self.asked.borrow().clone()
    }
}
