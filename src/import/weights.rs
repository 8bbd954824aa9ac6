//! Plain lists of weights (.npz): dense layers with ReLU between them.
//!
//! Arrays are named w0, b0, w1, b1, ... or W1, b1, ..., also `weight0`, `fc1.weight`, `dense_1/kernel`,
//! or `arr_0`, `arr_1`, ... (matrix, bias, matrix, ...). A matrix may have a row for each output or a
//! row for each input: biases and neighbours decide; square ones are taken with a row for each output,
//! as PyTorch has them, unless the name says kernel (Keras).

use std::path::Path;

use super::findings::{error, error_with, names};
use crate::ann::graph::Graph;
use crate::ann::op::{Activation, Dense, Op};
use crate::ann::shape;
use crate::definition::Diagnostic;
use crate::definition::arrays;

struct Matrix {
    name: String,
    shape: [usize; 2],
    values: Vec<f64>,
    bias: Option<Vec<f64>>,
}

/// Parts of a name: what is numbers and what is not, so that 10 comes after 9.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
    for c in name.chars() {
        let digit = c.to_digit(10).map(u64::from);
        let Some(last) = parts.last_mut() else { break };
        match digit {
            Some(d) if last.1.is_empty() => last.0 = last.0.saturating_mul(10).saturating_add(d),
            Some(d) => parts.push((d, String::new())),
            None => last.1.push(c.to_ascii_lowercase()),
        }
    }
    parts
}

/// The layer that a name speaks of: its numbers, or all but the last word.
fn layer(name: &str) -> String {
    let digits: String = name
        .chars()
        .map(|c| if c.is_ascii_digit() { c } else { ' ' })
        .collect();
    let digits: Vec<&str> = digits.split_whitespace().collect();
    if digits.is_empty() {
        return name
            .rsplit_once(['.', '/', '_'])
            .map_or(String::new(), |(l, _)| l.to_lowercase());
    }
    digits.join(".")
}

pub fn read(path: &Path) -> Result<Graph, Vec<Diagnostic>> {
    let fail = |m: String| vec![Diagnostic::error(m)];
    let mut all = arrays::names(path).map_err(fail)?;
    all.sort_by_key(|n| natural(n));
    let mut matrices: Vec<Matrix> = Vec::new();
    let mut biases: Vec<(String, Vec<f64>)> = Vec::new();
    let mut odd = Vec::new();
    for name in &all {
        let a = arrays::read(path, Some(name))
            .map_err(|e| e.into_iter().map(Diagnostic::error).collect::<Vec<_>>())?;
        let values = a.values(0..a.len());
        if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
            odd.push(error(
                path,
                format!("array {} has the value {bad}", names(&[name])),
            ));
        }
        match a.shape[..] {
            [r, c] if r > 1 || !matrices.is_empty() || c > 1 => matrices.push(Matrix {
                name: name.clone(),
                shape: [r, c],
                values,
                bias: None,
            }),
            [_] => biases.push((name.clone(), values)),
            _ => odd.push(error_with(
                path,
                format!(
                    "array {} is {}, neither a matrix of weights nor a list of biases",
                    names(&[name]),
                    a.shape_text()
                ),
                "lists of weights hold dense layers only; export other networks as ONNX",
            )),
        }
    }
    if matrices.is_empty() && odd.is_empty() {
        odd.push(error_with(
            path,
            format!("it holds no matrix of weights, but {}", names(&all)),
            "dense layers are read from arrays such as w0, b0, w1, b1",
        ));
    }
    let numbered = all.iter().all(|n| n.starts_with("arr_"));
    for (k, (name, values)) in biases.into_iter().enumerate() {
        let of = matrices.iter().position(|m| layer(&m.name) == layer(&name));
        let of = if numbered {
            Some(k).filter(|k| *k < matrices.len())
        } else {
            of
        };
        match of.filter(|m| matrices[*m].bias.is_none()) {
            Some(m) => matrices[m].bias = Some(values),
            None => odd.push(error_with(
                path,
                format!("array {} belongs to no matrix of weights", names(&[name])),
                "w3 and b3 belong together, and so do fc.weight and fc.bias",
            )),
        }
    }
    if !odd.is_empty() {
        return Err(odd);
    }
    build(path, &matrices)
}

/// Does each matrix have a row for each input? Decided from its bias, its neighbours, its name.
fn by_input(path: &Path, all: &[Matrix]) -> Result<Vec<bool>, Vec<Diagnostic>> {
    let fits = |flipped: bool| -> bool {
        let sides = |m: &Matrix| {
            let [r, c] = m.shape;
            if flipped { (r, c) } else { (c, r) }
        };
        all.iter()
            .all(|m| m.bias.as_ref().is_none_or(|b| b.len() == sides(m).1))
            && all.windows(2).all(|p| sides(&p[0]).1 == sides(&p[1]).0)
    };
    let kernel = all.iter().any(|m| m.name.to_lowercase().contains("kernel"));
    match (fits(false), fits(true)) {
        (true, false) => Ok(vec![false; all.len()]),
        (false, true) => Ok(vec![true; all.len()]),
        (true, true) => Ok(vec![kernel; all.len()]),
        (false, false) => {
            let told: Vec<String> = all
                .iter()
                .map(|m| {
                    let b = m.bias.as_ref();
                    let b = b.map_or(String::new(), |b| format!(" with {} biases", b.len()));
                    format!("{} {}{b}", names(&[&m.name]), shape::text(&m.shape))
                })
                .collect();
            Err(vec![error_with(
                path,
                format!("its matrices do not make a chain: {}", told.join(", ")),
                "each layer must take as many inputs as the one before has outputs",
            )])
        }
    }
}

fn build(path: &Path, all: &[Matrix]) -> Result<Graph, Vec<Diagnostic>> {
    let fail = |e: String| vec![error(path, e)];
    let flipped = by_input(path, all)?;
    let title = path
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    let [r, c] = all[0].shape;
    let first = if flipped[0] { r } else { c };
    let mut g = Graph::new(title, "input", &[first]).map_err(fail)?;
    let mut at = 0;
    for (k, (m, flipped)) in all.iter().zip(flipped).enumerate() {
        let [r, c] = m.shape;
        let (inputs, outputs) = if flipped { (r, c) } else { (c, r) };
        let value = |o: usize, i: usize| m.values[if flipped { i * c + o } else { o * c + i }];
        let dense = Dense {
            inputs,
            outputs,
            weight: (0..inputs * outputs)
                .map(|k| value(k / inputs, k % inputs) as f32)
                .collect(),
            bias: match &m.bias {
                Some(b) => b.iter().map(|v| *v as f32).collect(),
                None => vec![0.0; outputs],
            },
        };
        at = g.push(&m.name, Op::Dense(dense), &[at]).map_err(fail)?;
        if k + 1 < all.len() {
            let relu = Op::Activation(Activation::Relu);
            at = g.push(format!("relu{k}"), relu, &[at]).map_err(fail)?;
        }
    }
    g.notes
        .push("a list of weights says nothing between layers: ReLU is assumed".into());
    Ok(g)
}
